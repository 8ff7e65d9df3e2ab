//! Every bound of this crate in one place, with what happens when it is reached.

use std::time::Duration;

/// Header field values in one message, after comma lists are split; more are answered with 400.
pub const HEADERS_MAX: usize = 256;
/// Parameters of one URI or one header value; more make the value a syntax error.
pub const PARAMS_MAX: usize = 64;
/// Digits of a number in a header; more make it a syntax error before it is converted (a `u64` has 20).
pub const DIGITS_MAX: usize = 20;
/// Octets of a URI; longer ones are a syntax error.
pub const URI_LEN_MAX: usize = 4096;

/// Live transactions of an endpoint; INVITEs beyond it are refused with 503. Other requests have a quarter
/// more, so that calls can still end; beyond that they are dropped.
pub const TRANSACTIONS_MAX: usize = 40_000;
/// Live calls of an endpoint; INVITEs beyond it are refused with 503.
pub const DIALOGS_MAX: usize = 10_000;
/// Requests of one call that wait for the user's answer; further ones are answered 500 with Retry-After.
pub const PENDING_MAX: usize = 16;
/// Branches of one outgoing INVITE that are kept as early dialogs; further ones are shown but not kept.
pub const EARLY_DIALOGS_MAX: usize = 16;
/// Branches of one outgoing INVITE that may answer 2xx and are ended again; further ones are ignored.
pub const FORKS_MAX: usize = 16;
/// Longest request that is served; longer ones are answered 513. Octets.
pub const REQUEST_LEN_MAX: usize = 32 * 1024;
/// Longest request body that is served; longer ones are answered 413. Octets.
pub const BODY_LEN_MAX: usize = 16 * 1024;
/// Longest message that is sent: what one UDP datagram over IPv4 carries. Octets.
pub const DATAGRAM_LEN_MAX: usize = 65_507;
/// Longest route set that is followed; a request with more is answered 513.
pub const ROUTES_MAX: usize = 32;
/// Stateless answers a second (to unreadable requests, and refusals at a limit); beyond it they are dropped.
pub const STATELESS_PER_SECOND: u32 = 500;
/// How many times a re-INVITE that meets 491 is tried again.
pub const GLARE_RETRIES_MAX: u8 = 4;
/// Default of Retry-After in refusals for want of capacity.
pub const RETRY_AFTER: Duration = Duration::from_secs(10);
/// Octets of one `Authorization`; a longer one proves nothing.
pub const CREDENTIALS_LEN_MAX: usize = 4_096;
/// Nonces that served a proof and are remembered with their count; beyond it the oldest are refused from then on, and the
/// telephone is given another.
pub const NONCES_MAX: usize = 4_096;
/// Telephones of one user; one more is refused with 403.
pub const BINDINGS_MAX: usize = 10;
/// How long a registration lasts when the telephone says nothing (RFC 3261 §10.3).
pub const BINDING_USUAL: Duration = Duration::from_secs(3_600);
/// A telephone that wants less is told to ask for this (423).
pub const BINDING_SHORTEST: Duration = Duration::from_secs(60);
/// A telephone that wants more gets this.
pub const BINDING_LONGEST: Duration = Duration::from_secs(3_600);
