//! What the WebRTC legs of a gateway are told once.

use std::net::IpAddr;
use std::ops::RangeInclusive;

/// A STUN or TURN server that both sides of a WebRTC leg may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceServer {
    /// Such as `stun:stun.example.org:3478` or `turn:turn.example.org?transport=udp` (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// User name of TURN; empty for STUN.
    pub username: String,
    /// Password of TURN; empty for STUN.
    pub credential: String,
}

/// Addresses, ports and servers of ICE.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Host candidates; an unspecified address stands for all of the machine's but loopback.
    pub(crate) addresses: Vec<IpAddr>,
    /// UDP ports, the same as for RTP.
    pub(crate) ports: RangeInclusive<u16>,
    pub(crate) ice_servers: Vec<IceServer>,
    /// Seed of the session tokens, of SSRCs and RTP timestamps.
    pub(crate) seed: u64,
}
