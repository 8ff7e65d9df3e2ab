//! The 3G-324M terminal without a line (ITU-T H.324 with Annex C, 3GPP TS 26.110, TS 26.111).
//!
//! Octets of a 64 kbit/s circuit in and out, frames and events beside them. It knows neither RTP nor SIP.

pub mod frames;
pub mod h223;
pub mod h245;
pub mod limits;
pub mod session;
pub mod srp;
