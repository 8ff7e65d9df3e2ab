//! What a gateway is started with; read from a file or from arguments by the binary.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::library::Library;
use crate::limits;
use crate::webrtc::IceServer;

/// One address that calls arrive at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address of the SIP socket; port 0 takes any free one.
    pub bind: SocketAddr,
    /// What Via and Contact name instead, such as `203.0.113.5:5060`, behind a NAT.
    pub advertise: Option<String>,
    /// What SDP names instead of the address of `bind`, behind a NAT.
    pub media_address: Option<IpAddr>,
}

/// Everything a gateway needs to know.
pub struct Config {
    /// Addresses of SIP over UDP; at least one.
    pub listen: Vec<Listen>,
    /// UDP ports of RTP and RTCP.
    pub rtp_ports: RangeInclusive<u16>,
    /// The service that is live at the start.
    pub service: Arc<dialplan::Service>,
    /// What callers are told first from the start on.
    pub notice: Option<Arc<dialplan::Notice>>,
    /// Prompts and slides.
    pub library: Arc<Library>,
    /// Calls at once; more are refused with 500 and Retry-After.
    pub calls_max: usize,
    /// The gateways that 3G phones come through, where they need settings of their own.
    pub trunks: Vec<call::Trunk>,
    /// STUN and TURN servers of WebRTC legs; none are needed where browsers reach this machine.
    pub ice_servers: Vec<IceServer>,
    /// The file of the database, which is made when it is not there; none is kept without.
    pub store: Option<store::Place>,
    /// What `${NAME}` means in the addresses and headers of connectors and in passwords of agents, before what the process's environment says.
    pub environment: BTreeMap<String, String>,
    /// Seed of tags, tickets and tie-breaks; drawn from the system in production.
    pub seed: u64,
}

impl Listen {
    /// A local that advertises the address it is bound to.
    #[must_use]
    pub fn new(bind: SocketAddr) -> Self {
        Listen { bind, advertise: None, media_address: None }
    }
}

impl Config {
    /// The defaults around what must be given.
    #[must_use]
    pub fn new(
        listen: Vec<Listen>,
        service: Arc<dialplan::Service>,
        library: Arc<Library>,
        seed: u64,
    ) -> Self {
        Config {
            listen,
            rtp_ports: 20_000..=29_999,
            service,
            notice: None,
            library,
            calls_max: limits::CALLS_MAX,
            trunks: Vec::new(),
            ice_servers: Vec::new(),
            store: None,
            environment: BTreeMap::new(),
            seed,
        }
    }
}
