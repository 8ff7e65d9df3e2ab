//! What an endpoint is told once: its addresses, its limits and what it accepts.

use std::net::SocketAddr;
use std::time::Duration;

use rsip::Method;

use crate::limits;

/// Index of a [`Local`] in [`Config::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u8);

/// One address that requests arrive at and leave from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The address of the socket.
    pub bind: SocketAddr,
    /// What goes into our Via and Contact: `host`, `host:port`, `1.2.3.4:5060` or `[2001:db8::1]:5060`.
    /// Differs from `bind` behind a NAT or when all interfaces are bound.
    pub advertised: String,
}

impl Local {
    /// A local that advertises the address it is bound to.
    #[must_use]
    pub fn new(bind: SocketAddr) -> Self {
        Local { bind, advertised: bind.to_string() }
    }

    /// The same socket, known to others as `advertised`.
    #[must_use]
    pub fn advertised_as(self, advertised: impl Into<String>) -> Self {
        Local { advertised: advertised.into(), ..self }
    }
}

/// Everything that an [`Endpoint`](crate::Endpoint) is configured with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Text of User-Agent and Server (RFC 3261 §20.41, §20.35); empty means neither is sent.
    pub user_agent: String,
    /// The addresses; a [`LocalId`] is an index into them. At least one.
    pub locals: Vec<Local>,
    /// Start of our tags and branches, so that a thread in front can route a datagram without a table.
    /// Letters and digits only.
    pub tag_prefix: String,
    /// Seed of tags, branches, Call-IDs and random delays. Two endpoints must not share one.
    pub seed: u64,
    /// Methods that are served; others are answered 405 (RFC 3261 §8.2.1). ACK and CANCEL are implied.
    pub allow: Vec<Method>,
    /// Content types accepted in the body of an INVITE, in lower case; `type/*` is understood.
    /// Others are answered 415 (RFC 3261 §8.2.3).
    pub accept: Vec<String>,
    /// Option tags that are understood in Require; others are answered 420 (RFC 3261 §8.2.2.3).
    pub supported: Vec<String>,
    /// INVITEs beyond this number of live transactions are refused with 503 and Retry-After.
    pub transactions_max: usize,
    /// INVITEs beyond this number of live calls are refused with 503 and Retry-After.
    pub dialogs_max: usize,
    /// What Retry-After says in such a 503; whole seconds.
    pub retry_after: Duration,
}

impl Config {
    /// A configuration for `locals` with the defaults of [`limits`].
    #[must_use]
    pub fn new(locals: Vec<Local>, seed: u64) -> Self {
        let types = ["application/sdp", "multipart/mixed", "multipart/alternative", "multipart/related"];
        Config {
            user_agent: "Vireo".to_owned(),
            locals,
            tag_prefix: String::new(),
            seed,
            allow: vec![
                Method::Invite,
                Method::Ack,
                Method::Cancel,
                Method::Bye,
                Method::Options,
                Method::Info,
            ],
            accept: types.map(str::to_owned).to_vec(),
            supported: Vec::new(),
            transactions_max: limits::TRANSACTIONS_MAX,
            dialogs_max: limits::DIALOGS_MAX,
            retry_after: limits::RETRY_AFTER,
        }
    }
}
