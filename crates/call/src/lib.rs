//! Call control: calls, legs, streams and their sources; bridge, digits, transfer to agents, teardown.
//!
//! Pure: datagrams and time come in, datagrams and wishes go out. [`Shard`] holds the calls of one core
//! together with their SIP endpoint, so that whole calls run in virtual time in tests: INVITE octets in,
//! RTP octets out. Not here: sockets, codecs, files, the agent pool itself (it is one for all shards).
//! Start at [`Shard::handle_input`]; then `call.rs`, and `script.rs` for what the dialplan asks for.

mod agent_leg;
mod bridge;
mod call;
mod carrier;
mod cdr;
mod circuit;
mod desk;
mod dtmf;
mod echo;
mod edges;
mod flash;
pub mod governor;
mod leg;
mod limits;
mod live;
mod message;
mod meter;
mod modes;
mod offer;
mod picture_request;
mod place;
mod playout;
mod pool;
mod relays;
mod script;
mod shard;
mod sip_events;
mod stream;
mod supervise;
mod teardown;
mod telephone;
mod text;
mod transcode;
mod transfer;
mod trunk;
mod vigil;
pub mod web;
mod web_legs;
mod winding;

pub use call::CallId;
pub use cdr::{CallBack, Cause, Cdr, Packets, Terminal};
pub use leg::LegId;
pub use limits::TEXT_CHARS_MAX;
pub use live::Live;
pub use message::OrderRecord;
pub use offer::rtp_config;
pub use pool::pool_config;
pub use script::{slide, speech};
pub use shard::{Config, Input, Output, Shard, Usage};
pub use telephone::Telephone;
pub use transcode::{FromTranscoder, Job, ToTranscoder, TranscoderId};
pub use trunk::{Network, Trunk};

/// A bound pair of media sockets, as the shell names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortId(pub u32);

/// A bound pair of media sockets that a call may take: RTP on `rtp`, RTCP on `rtp + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaPort {
    /// Its name towards the shell.
    pub id: PortId,
    /// UDP port of RTP.
    pub rtp: u16,
}

/// The pairs of one leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegPorts {
    /// For sound, or for the circuit of a 3G phone.
    pub audio: MediaPort,
    /// For pictures; a circuit carries them itself.
    pub video: Option<MediaPort>,
}

/// Which socket of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// RTP, and RTCP too when multiplexed (RFC 5761).
    Rtp,
    /// RTCP.
    Rtcp,
}
