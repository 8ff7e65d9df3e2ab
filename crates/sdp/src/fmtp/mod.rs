//! Format parameters (`a=fmtp`) by codec (RFC 8866 §6.15).
//!
//! Unknown parameters of a known codec are kept, in order, behind the known ones. A value that cannot be
//! read counts as missing: phones in the field write odd ones, and the defaults are always safe.

mod amr;
mod h263;
mod h264;
mod mpeg4;
mod opus;
pub(crate) mod text;
mod vp8;

pub use amr::AmrParameters;
pub use h263::H263Parameters;
pub use h264::{H264Parameters, ProfileLevelId};
pub use mpeg4::Mpeg4Parameters;
pub use opus::OpusParameters;
pub use vp8::Vp8Parameters;

use media::Codec;
use media::amr::Band;

use crate::Coding;

/// The parameters of one payload type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Parameters {
    /// No `a=fmtp`, and none needed.
    #[default]
    None,
    /// RFC 6184 §8.1.
    H264(H264Parameters),
    /// H.263 picture sizes, of either version (RFC 4629 §8.1).
    H263(H263Parameters),
    /// RFC 6416 §7.1.
    Mpeg4(Mpeg4Parameters),
    /// RFC 4867 §8.1 and §8.2, either band.
    Amr(AmrParameters),
    /// RFC 7587 §6.1.
    Opus(OpusParameters),
    /// RFC 7741 §6.1.
    Vp8(Vp8Parameters),
    /// The event codes of RFC 4733 §2.4.1 as a list of numbers and ranges, such as `0-15`.
    TelephoneEvent {
        /// The list.
        events: String,
    },
    /// Any other codec's and those of real-time text, as they are written.
    Raw(String),
}

/// What a telephone-event format without fmtp stands for (RFC 4733 §2.4.1).
pub(crate) const EVENTS_DEFAULT: &str = "0-15";

impl Parameters {
    /// What holds when no fmtp line is there.
    pub(crate) fn default_for(coding: &Coding) -> Self {
        match coding {
            Coding::Media(Codec::H264) => Parameters::H264(H264Parameters::default()),
            Coding::Media(Codec::H263 | Codec::H263p) | Coding::H263Of2000 => {
                Parameters::H263(H263Parameters::default())
            }
            Coding::Media(Codec::Mpeg4) => Parameters::Mpeg4(Mpeg4Parameters::default()),
            Coding::Media(Codec::Amr) => Parameters::Amr(AmrParameters::default()),
            Coding::Media(Codec::AmrWb) => Parameters::Amr(AmrParameters::new(Band::Wide)),
            Coding::Media(Codec::Opus) => Parameters::Opus(OpusParameters::default()),
            Coding::Media(Codec::Vp8) => Parameters::Vp8(Vp8Parameters::default()),
            Coding::TelephoneEvent => Parameters::TelephoneEvent { events: EVENTS_DEFAULT.to_owned() },
            Coding::Media(Codec::Pcmu | Codec::Pcma | Codec::G722 | Codec::Clearmode)
            | Coding::Circuit(_)
            | Coding::ComfortNoise
            | Coding::T140
            | Coding::Redundancy
            | Coding::Other(_) => Parameters::None,
        }
    }

    /// Reads what follows the payload type in an fmtp line.
    pub(crate) fn parse(coding: &Coding, text: &str) -> Self {
        let text = text.trim();
        match coding {
            Coding::Media(Codec::H264) => Parameters::H264(H264Parameters::parse(text)),
            Coding::Media(Codec::H263 | Codec::H263p) | Coding::H263Of2000 => {
                Parameters::H263(H263Parameters::parse(text))
            }
            Coding::Media(Codec::Mpeg4) => Parameters::Mpeg4(Mpeg4Parameters::parse(text)),
            Coding::Media(Codec::Amr) => Parameters::Amr(AmrParameters::parse(Band::Narrow, text)),
            Coding::Media(Codec::AmrWb) => Parameters::Amr(AmrParameters::parse(Band::Wide, text)),
            Coding::Media(Codec::Opus) => Parameters::Opus(OpusParameters::parse(text)),
            Coding::Media(Codec::Vp8) => Parameters::Vp8(Vp8Parameters::parse(text)),
            Coding::TelephoneEvent if text.is_empty() => Parameters::default_for(coding),
            Coding::TelephoneEvent => Parameters::TelephoneEvent { events: text.to_owned() },
            Coding::Media(Codec::Pcmu | Codec::Pcma | Codec::G722 | Codec::Clearmode)
            | Coding::Circuit(_)
            | Coding::ComfortNoise
            | Coding::T140
            | Coding::Redundancy
            | Coding::Other(_) => match text {
                "" => Parameters::None,
                text => Parameters::Raw(text.to_owned()),
            },
        }
    }

    /// The text of the fmtp line after the payload type; `None` when there is nothing to write.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Parameters::None => None,
            Parameters::H264(parameters) => Some(parameters.to_string()),
            Parameters::H263(parameters) => Some(parameters.to_string()),
            Parameters::Mpeg4(parameters) => Some(parameters.to_string()),
            Parameters::Amr(parameters) => Some(parameters.to_string()).filter(|text| !text.is_empty()),
            Parameters::Opus(parameters) => Some(parameters.to_string()).filter(|text| !text.is_empty()),
            Parameters::Vp8(parameters) => Some(parameters.to_string()).filter(|text| !text.is_empty()),
            Parameters::TelephoneEvent { events } => Some(events.clone()),
            Parameters::Raw(text) => Some(text.clone()),
        }
    }

    /// Whether both belong to one bitstream configuration; what only bounds it may differ.
    pub(crate) fn same_configuration(&self, other: &Parameters) -> bool {
        match (self, other) {
            (Parameters::H264(a), Parameters::H264(b)) => a.same_configuration(b),
            (Parameters::Amr(a), Parameters::Amr(b)) => a.same_configuration(b),
            (Parameters::Raw(a), Parameters::Raw(b)) => a == b,
            (
                Parameters::None
                | Parameters::H264(_)
                | Parameters::H263(_)
                | Parameters::Mpeg4(_)
                | Parameters::Amr(_)
                | Parameters::Opus(_)
                | Parameters::Vp8(_)
                | Parameters::TelephoneEvent { .. }
                | Parameters::Raw(_),
                _,
            ) => true,
        }
    }
}
