//! Mode requests (H.245 §7.7, §B.7).

use rasn::prelude::*;

use super::channel::{EncryptionMode, H223LogicalChannelParameters};
use super::common::{GenericCapability, NonStandardParameter};
use super::data::{DataProtocolCapability, Nlpid};
use super::open::{Opaque, Open};

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct RequestMode {
    pub(crate) sequence_number: u8,
    #[rasn(size("1..=256"))]
    pub(crate) requested_modes: Vec<ModeDescription>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(delegate, size("1..=256"))]
pub(crate) struct ModeDescription(pub(crate) Vec<ModeElement>);

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct ModeElement {
    pub(crate) kind: Open<ModeElementType>,
    pub(crate) h223_mode_parameters: Option<H223LogicalChannelParameters>,
    #[rasn(extension_addition)]
    pub(crate) v76_mode_parameters: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) h2250_mode_parameters: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) generic_mode_parameters: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) multiplexed_stream_mode_parameters: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) logical_channel_number: Option<super::common::Channel>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ModeElementType {
    NonStandard(NonStandardParameter),
    VideoMode(Open<VideoMode>),
    AudioMode(Open<AudioMode>),
    DataMode(DataMode),
    EncryptionMode(Open<EncryptionMode>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum VideoMode {
    NonStandard(NonStandardParameter),
    H261(H261VideoMode),
    H262(H262VideoMode),
    H263(H263VideoMode),
    Is11172(super::video::Is11172VideoCapability),
    #[rasn(extension_addition)]
    Generic(Box<GenericCapability>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H261VideoMode {
    pub(crate) resolution: H261Resolution,
    #[rasn(value("1..=19200"))]
    pub(crate) bit_rate: u16,
    pub(crate) still_image_transmission: bool,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum H261Resolution {
    Qcif,
    Cif,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H262VideoMode {
    pub(crate) profile_and_level: Open<ProfileAndLevel>,
    #[rasn(value("0..=1073741823"))]
    pub(crate) video_bit_rate: Option<u32>,
    #[rasn(value("0..=262143"))]
    pub(crate) vbv_buffer_size: Option<u32>,
    #[rasn(value("0..=16383"))]
    pub(crate) samples_per_line: Option<u16>,
    #[rasn(value("0..=16383"))]
    pub(crate) lines_per_frame: Option<u16>,
    #[rasn(value("0..=15"))]
    pub(crate) frames_per_second: Option<u8>,
    pub(crate) luminance_sample_rate: Option<u32>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ProfileAndLevel {
    SpAtMl,
    MpAtLl,
    MpAtMl,
    MpAtH14,
    MpAtHl,
    SnrAtLl,
    SnrAtMl,
    SpatialAtH14,
    HpAtMl,
    HpAtH14,
    HpAtHl,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H263VideoMode {
    pub(crate) resolution: Open<H263Resolution>,
    #[rasn(value("1..=19200"))]
    pub(crate) bit_rate: u16,
    pub(crate) unrestricted_vector: bool,
    pub(crate) arithmetic_coding: bool,
    pub(crate) advanced_prediction: bool,
    pub(crate) pb_frames: bool,
    #[rasn(extension_addition)]
    pub(crate) error_compensation: Option<bool>,
    #[rasn(extension_addition)]
    pub(crate) enhancement_layer_info: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) h263_options: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum H263Resolution {
    Sqcif,
    Qcif,
    Cif,
    Cif4,
    Cif16,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum AudioMode {
    NonStandard(NonStandardParameter),
    G711Alaw64k,
    G711Alaw56k,
    G711Ulaw64k,
    G711Ulaw56k,
    G722At64k,
    G722At56k,
    G722At48k,
    G728,
    G729,
    G729AnnexA,
    G7231(G7231Mode),
    Is11172(Is11172AudioMode),
    Is13818(Is13818AudioMode),
    #[rasn(extension_addition)]
    G729wAnnexB(super::audio::Frames),
    #[rasn(extension_addition)]
    G729AnnexAwAnnexB(super::audio::Frames),
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
#[rasn(choice, automatic_tags)]
pub(crate) enum G7231Mode {
    NoSilenceSuppressionLow,
    NoSilenceSuppressionHigh,
    SilenceSuppressionLow,
    SilenceSuppressionHigh,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Is11172AudioMode {
    pub(crate) audio_layer: MpegLayer,
    pub(crate) audio_sampling: Is11172Sampling,
    pub(crate) multichannel_type: Is11172Channels,
    #[rasn(value("1..=448"))]
    pub(crate) bit_rate: u16,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum MpegLayer {
    AudioLayer1,
    AudioLayer2,
    AudioLayer3,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum Is11172Sampling {
    At32k,
    At44k1,
    At48k,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum Is11172Channels {
    SingleChannel,
    TwoChannelStereo,
    TwoChannelDual,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Is13818AudioMode {
    pub(crate) audio_layer: MpegLayer,
    pub(crate) audio_sampling: Is13818Sampling,
    pub(crate) multichannel_type: Is13818Channels,
    pub(crate) low_frequency_enhancement: bool,
    pub(crate) multilingual: bool,
    #[rasn(value("1..=1130"))]
    pub(crate) bit_rate: u16,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum Is13818Sampling {
    At16k,
    At22k05,
    At24k,
    At32k,
    At44k1,
    At48k,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum Is13818Channels {
    SingleChannel,
    TwoChannelStereo,
    TwoChannelDual,
    ThreeChannels2To1,
    ThreeChannels3To0,
    FourChannels2To0To2To0,
    FourChannels2To2,
    FourChannels3To1,
    FiveChannels3To0To2To0,
    FiveChannels3To2,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct DataMode {
    pub(crate) application: Open<DataModeApplication>,
    pub(crate) bit_rate: u32,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum DataModeApplication {
    NonStandard(NonStandardParameter),
    T120(Open<DataProtocolCapability>),
    DsmCc(Open<DataProtocolCapability>),
    UserData(Open<DataProtocolCapability>),
    T84(Open<DataProtocolCapability>),
    T434(Open<DataProtocolCapability>),
    H224(Open<DataProtocolCapability>),
    Nlpid(Nlpid),
    DsvdControl,
    H222DataPartitioning(Open<DataProtocolCapability>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct RequestModeAck {
    pub(crate) sequence_number: u8,
    pub(crate) response: Open<ModeResponse>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ModeResponse {
    WillTransmitMostPreferredMode,
    WillTransmitLessPreferredMode,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct RequestModeReject {
    pub(crate) sequence_number: u8,
    pub(crate) cause: Open<ModeRejectCause>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ModeRejectCause {
    ModeUnavailable,
    MultipointConstraint,
    RequestDenied,
}
