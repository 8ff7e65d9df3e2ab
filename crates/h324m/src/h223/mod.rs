//! The multiplex: octets of the line to SDUs per logical channel and back (ITU-T H.223 with Annexes A and B).
//!
//! Octets in here are in H.223 order, the least significant bit first on the line; [`BitOrder`] converts
//! them to and from RTP CLEARMODE. Start at [`Demultiplexer`] for what comes in, at [`Multiplexer`] for
//! what goes out and at [`Detector`] for the set-up of the level.
//!
//! Inside, on the way in: `deframe` finds the PDUs of a level, `channels` deals their octets out by the
//! table, `layer` makes SDUs of them; on the way out `layer` and `frame` do the reverse.
//!
//! Not built: level 3 (Annexes C and D) and its adaptation layers AL1M, AL2M and AL3M.

mod bits;
mod channels;
mod crc;
mod deframe;
mod demultiplexer;
mod detector;
mod frame;
mod golay;
mod layer;
mod level;
mod multiplexer;
mod sender;
mod statistics;
mod table;
#[cfg(test)]
mod tests;

pub use bits::{BitOrder, OrderDetector};
pub use crc::crc16;
pub use demultiplexer::{Demultiplexer, Received};
pub use detector::Detector;
pub use level::{AdaptationLayer, Level};
pub use multiplexer::{Class, Multiplexer, Refused};
pub use statistics::{ReceiveStatistics, SendStatistics};
pub use table::{Content, Element, Invalid, MultiplexEntry, Repeat};

/// Logical channel of H.245 control, always open (H.223 §6.4.1).
pub const CONTROL: u16 = 0;
/// Multiplex code that WNSRP frames travel by until the peer gives it another meaning (H.324 Annex A).
pub const WNSRP_CODE: u8 = 15;
