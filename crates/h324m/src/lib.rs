//! The 3G-324M terminal without a line (ITU-T H.324 with Annex C, 3GPP TS 26.110, TS 26.111).
//!
//! Octets of a 64 kbit/s circuit in and out, frames and events beside them. It knows neither RTP nor SIP:
//! the octets are handed to it as RTP's clear mode carries them (RFC 4040), and asked for at the line's pace.
//! Not built: H.223 level 3 (Annexes C and D) and MONA (H.324 Annex K), which are refused.
//!
//! From the line upwards: [`h223`] multiplexes, [`srp`] makes the control channel reliable, [`h245`], a crate of its own, is
//! its language, [`frames`] turns SDUs into pictures and speech frames, and [`Session`] runs the procedures.
//! Start at [`Session`].

pub mod frames;
pub mod h223;
pub mod limits;
pub mod session;
pub mod srp;

pub use h245;

pub use h223::{BitOrder, Level};
pub use session::{
    AudioChoice, Channels, Config, Counters, DigitForm, EndCause, Event, Input, Output, Session, Way, Wish,
};
