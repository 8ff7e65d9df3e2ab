//! H.263 (RFC 2190): pictures to packets and back, bit-exact.
//!
//! Written are mode A at picture and GOB starts, and mode B inside a GOB that is too large for one packet.
//! Read are modes A, B and C. A picture in a mode that [`media::h263::walk`] does not read, with a GOB too
//! large, cannot be sent. Start at [`Packetizer`] or [`Depacketizer`].

mod depacketizer;
mod header;
mod packetizer;

pub use depacketizer::Depacketizer;
pub use header::{Common, Header, ModeB};
pub use packetizer::{Packetizer, Unsendable};

#[cfg(test)]
mod tests;
