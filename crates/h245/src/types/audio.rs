//! Audio capabilities (H.245 §7.3.1, §B.2.2.5). The integers are frames per SDU in an H.223 multiplex.

use rasn::prelude::*;

use super::common::{GenericCapability, NonStandardParameter};
use super::open::Opaque;

/// Frames in one SDU, 1..=256.
#[derive(AsnType, Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(delegate, value("1..=256"))]
pub(crate) struct Frames(pub(crate) u16);

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum AudioCapability {
    NonStandard(NonStandardParameter),
    G711Alaw64k(Frames),
    G711Alaw56k(Frames),
    G711Ulaw64k(Frames),
    G711Ulaw56k(Frames),
    G722At64k(Frames),
    G722At56k(Frames),
    G722At48k(Frames),
    G7231(G7231),
    G728(Frames),
    G729(Frames),
    G729AnnexA(Frames),
    Is11172(Is11172AudioCapability),
    Is13818(Is13818AudioCapability),
    #[rasn(extension_addition)]
    G729wAnnexB(Frames),
    #[rasn(extension_addition)]
    G729AnnexAwAnnexB(Frames),
    #[rasn(extension_addition)]
    G7231AnnexC(Opaque),
    #[rasn(extension_addition)]
    GsmFullRate(Opaque),
    #[rasn(extension_addition)]
    GsmHalfRate(Opaque),
    #[rasn(extension_addition)]
    GsmEnhancedFullRate(Opaque),
    #[rasn(extension_addition)]
    Generic(Box<GenericCapability>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct G7231 {
    pub(crate) max_al_sdu_audio_frames: Frames,
    pub(crate) silence_suppression: bool,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Is11172AudioCapability {
    pub(crate) audio_layer1: bool,
    pub(crate) audio_layer2: bool,
    pub(crate) audio_layer3: bool,
    pub(crate) audio_sampling32k: bool,
    pub(crate) audio_sampling44k1: bool,
    pub(crate) audio_sampling48k: bool,
    pub(crate) single_channel: bool,
    pub(crate) two_channels: bool,
    #[rasn(value("1..=448"))]
    pub(crate) bit_rate: u16,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Is13818AudioCapability {
    pub(crate) audio_layer1: bool,
    pub(crate) audio_layer2: bool,
    pub(crate) audio_layer3: bool,
    pub(crate) audio_sampling16k: bool,
    pub(crate) audio_sampling22k05: bool,
    pub(crate) audio_sampling24k: bool,
    pub(crate) audio_sampling32k: bool,
    pub(crate) audio_sampling44k1: bool,
    pub(crate) audio_sampling48k: bool,
    pub(crate) single_channel: bool,
    pub(crate) two_channels: bool,
    pub(crate) three_channels2_1: bool,
    pub(crate) three_channels3_0: bool,
    pub(crate) four_channels2_0_2_0: bool,
    pub(crate) four_channels2_2: bool,
    pub(crate) four_channels3_1: bool,
    pub(crate) five_channels3_0_2_0: bool,
    pub(crate) five_channels3_2: bool,
    pub(crate) low_frequency_enhancement: bool,
    pub(crate) multilingual: bool,
    #[rasn(value("1..=1130"))]
    pub(crate) bit_rate: u16,
}
