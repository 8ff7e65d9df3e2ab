//! Session descriptions (RFC 8866) with a typed layer, and offer/answer (RFC 3264) for each dialog.
//!
//! The line grammar is that of `sdp-types`; everything with a meaning to a call is ours. Payload type
//! maps belong to one m-line each. Does not do: SRTP (RTP/SAVP lines are refused), ICE, BUNDLE (RFC 8843),
//! capability negotiation (RFC 5939), DNS names in `c=`.
//!
//! Start at [`Session`]: `answer` for an offer that came in, `offer` and `accept` for one of ours. What
//! came out is an [`Agreed`]; [`passthrough`] tells whether one leg's pictures or sound can be handed to
//! another leg as they are. Real-time text is a line of its own, agreed on beside the others: an [`AgreedText`].

mod agreed;
mod base64;
pub mod body;
mod bridge;
mod capabilities;
mod description;
pub mod fmtp;
pub mod limits;
mod orientation;
mod parse;
mod payload;
mod print;
mod session;
mod text;

pub use agreed::{Agreed, AgreedStream, Feedback};
pub use bridge::passthrough;
pub use capabilities::{Capabilities, Local, Want, WantedStream};
pub use description::{
    Attribute, Bandwidth, Description, Direction, Extension, MediaKind, MediaLine, Origin,
};
pub use fmtp::{
    AmrParameters, H263Parameters, H264Parameters, Mpeg4Parameters, OpusParameters, Parameters,
    ProfileLevelId, Vp8Parameters,
};
pub use orientation::Orientation;
pub use parse::ParseError;
pub use payload::{Coding, Payload};
pub use session::{AnswerError, NotAcceptable, Session};
pub use text::{AgreedText, LocalText, Redundancy, TextFormat};
