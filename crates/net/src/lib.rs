//! The sockets and the clock: everything that touches the machine's network or its time.
//!
//! [`clock`] is the one place that reads clocks. [`udp`] is a non-blocking socket with counted drops,
//! [`ports`] hands out even/odd pairs for RTP and RTCP (RFC 3550 §11), [`poll`] waits on all sockets of
//! a shard and delivers what arrived in batches. No protocol is known here: a datagram is octets.
//! Start at [`poll::Poller`].
//!
//! UDP only; TCP, TLS and WebSocket are not built yet.

pub mod clock;
pub mod descriptors;
pub mod interfaces;
pub mod limits;
pub mod poll;
pub mod ports;
pub mod udp;

pub use poll::{Channel, Component, PairId, Poller, Unwatched, Waker, Woken};
pub use ports::{Pair, Pairs};
pub use udp::{Drops, Socket};
