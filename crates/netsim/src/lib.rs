//! A network in virtual time for tests: datagrams between socket addresses over links that delay, lose,
//! reorder and double them, the same way for the same seed.
//!
//! Minutes of a call pass in milliseconds, since nobody sleeps: [`Network::step`] moves the clock to
//! whatever comes next. Does not do: TCP, fragmentation, NAT, congestion (a link takes any rate). Pure like
//! the cores it connects; it knows none of them.
//!
//! Start at [`Network::step`]; its example is the whole loop of a pair test.

pub mod limits;
mod link;
mod network;

pub use link::Link;
pub use network::{Counts, Datagram, Network, Step};
