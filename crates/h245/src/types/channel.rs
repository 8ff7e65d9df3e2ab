//! Logical channels (H.245 §7.4, §B.3). What other networks than the circuit need is read past.

use rasn::prelude::*;

use super::audio::AudioCapability;
use super::common::{Channel, NonStandardParameter};
use super::data::DataApplicationCapability;
use super::open::{Opaque, Open};
use super::video::VideoCapability;

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct OpenLogicalChannel {
    pub(crate) forward_logical_channel_number: Channel,
    pub(crate) forward_logical_channel_parameters: ForwardParameters,
    pub(crate) reverse_logical_channel_parameters: Option<ReverseParameters>,
    #[rasn(extension_addition)]
    pub(crate) separate_stack: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) encryption_sync: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) generic_information: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct ForwardParameters {
    pub(crate) port_number: Option<u16>,
    pub(crate) data_type: Open<DataType>,
    pub(crate) multiplex_parameters: Open<ForwardMultiplexParameters>,
    #[rasn(extension_addition)]
    pub(crate) forward_logical_channel_dependency: Option<Channel>,
    #[rasn(extension_addition)]
    pub(crate) replacement_for: Option<Channel>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ForwardMultiplexParameters {
    H222(H222LogicalChannelParameters),
    H223(H223LogicalChannelParameters),
    V76(Box<V76LogicalChannelParameters>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct ReverseParameters {
    pub(crate) data_type: Open<DataType>,
    pub(crate) multiplex_parameters: Option<Open<ReverseMultiplexParameters>>,
    #[rasn(extension_addition)]
    pub(crate) reverse_logical_channel_dependency: Option<Channel>,
    #[rasn(extension_addition)]
    pub(crate) replacement_for: Option<Channel>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ReverseMultiplexParameters {
    H223(H223LogicalChannelParameters),
    V76(Box<V76LogicalChannelParameters>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum DataType {
    NonStandard(NonStandardParameter),
    NullData,
    VideoData(Open<VideoCapability>),
    AudioData(Open<AudioCapability>),
    Data(DataApplicationCapability),
    EncryptionData(Open<EncryptionMode>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum EncryptionMode {
    NonStandard(NonStandardParameter),
    H233Encryption,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H222LogicalChannelParameters {
    pub(crate) resource_id: u16,
    #[rasn(value("0..=8191"))]
    pub(crate) sub_channel_id: u16,
    #[rasn(value("0..=8191"))]
    pub(crate) pcr_pid: Option<u16>,
    pub(crate) program_descriptors: Option<OctetString>,
    pub(crate) stream_descriptors: Option<OctetString>,
}

/// The parameters of a mode request are the same (`H223ModeParameters`).
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H223LogicalChannelParameters {
    pub(crate) adaptation_layer_type: Open<AdaptationLayerType>,
    pub(crate) segmentable_flag: bool,
}

/// AL1M, AL2M and AL3M are additions, kept undecoded: level 3 is not built.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum AdaptationLayerType {
    NonStandard(NonStandardParameter),
    Al1Framed,
    Al1NotFramed,
    Al2WithoutSequenceNumbers,
    Al2WithSequenceNumbers,
    Al3(Al3),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct Al3 {
    #[rasn(value("0..=2"))]
    pub(crate) control_field_octets: u8,
    #[rasn(value("0..=16777215"))]
    pub(crate) send_buffer_size: u32,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct V76LogicalChannelParameters {
    pub(crate) hdlc_parameters: V76HdlcParameters,
    pub(crate) suspend_resume: Open<SuspendResume>,
    pub(crate) uih: bool,
    pub(crate) mode: Open<V76Mode>,
    pub(crate) v75_parameters: super::multiplex::V75Capability,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct V76HdlcParameters {
    pub(crate) crc_length: Open<CrcLength>,
    #[rasn(value("1..=4095"))]
    pub(crate) n401: u16,
    pub(crate) loopback_test_procedure: bool,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum CrcLength {
    Crc8bit,
    Crc16bit,
    Crc32bit,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum SuspendResume {
    Not,
    WithAddress,
    WithoutAddress,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum V76Mode {
    Erm(Erm),
    Unerm,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Erm {
    #[rasn(value("1..=127"))]
    pub(crate) window_size: u8,
    pub(crate) recovery: Open<Recovery>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum Recovery {
    Rej,
    Srej,
    Msrej,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct OpenLogicalChannelAck {
    pub(crate) forward_logical_channel_number: Channel,
    pub(crate) reverse_logical_channel_parameters: Option<AckReverseParameters>,
    #[rasn(extension_addition)]
    pub(crate) separate_stack: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) forward_multiplex_ack_parameters: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) encryption_sync: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) generic_information: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct AckReverseParameters {
    pub(crate) reverse_logical_channel_number: Channel,
    pub(crate) port_number: Option<u16>,
    pub(crate) multiplex_parameters: Option<Open<AckMultiplexParameters>>,
    #[rasn(extension_addition)]
    pub(crate) replacement_for: Option<Channel>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum AckMultiplexParameters {
    H222(H222LogicalChannelParameters),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct OpenLogicalChannelReject {
    pub(crate) forward_logical_channel_number: Channel,
    pub(crate) cause: Open<OpenRejectCause>,
    #[rasn(extension_addition)]
    pub(crate) generic_information: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum OpenRejectCause {
    Unspecified,
    UnsuitableReverseParameters,
    DataTypeNotSupported,
    DataTypeNotAvailable,
    UnknownDataType,
    DataTypeAlCombinationNotSupported,
    #[rasn(extension_addition)]
    MulticastChannelNotAllowed,
    #[rasn(extension_addition)]
    InsufficientBandwidth,
    #[rasn(extension_addition)]
    SeparateStackEstablishmentFailed,
    #[rasn(extension_addition)]
    InvalidSessionId,
    #[rasn(extension_addition)]
    MasterSlaveConflict,
    #[rasn(extension_addition)]
    WaitForCommunicationMode,
    #[rasn(extension_addition)]
    InvalidDependentChannel,
    #[rasn(extension_addition)]
    ReplacementForRejected,
    #[rasn(extension_addition)]
    SecurityDenied,
    #[rasn(extension_addition)]
    QosControlNotSupported,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct OpenLogicalChannelConfirm {
    pub(crate) forward_logical_channel_number: Channel,
    #[rasn(extension_addition)]
    pub(crate) generic_information: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct CloseLogicalChannel {
    pub(crate) forward_logical_channel_number: Channel,
    pub(crate) source: CloseSource,
    #[rasn(extension_addition)]
    pub(crate) reason: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum CloseSource {
    User,
    Lcse,
}

/// A message that names a channel and nothing else: `CloseLogicalChannelAck`, `RequestChannelCloseAck`,
/// `RequestChannelCloseRelease`.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct ChannelOnly {
    pub(crate) forward_logical_channel_number: Channel,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct RequestChannelClose {
    pub(crate) forward_logical_channel_number: Channel,
    #[rasn(extension_addition)]
    pub(crate) qos_capability: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) reason: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct RequestChannelCloseReject {
    pub(crate) forward_logical_channel_number: Channel,
    pub(crate) cause: Open<UnspecifiedCause>,
}

/// A cause that says nothing, and may be added to.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum UnspecifiedCause {
    Unspecified,
}
