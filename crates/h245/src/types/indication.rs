//! Indications (H.245 §7.12, §B.12 and following).

use rasn::prelude::*;

use super::common::{Channel, NonStandardIdentifier, NonStandardParameter};
use super::multiplex::Aal5;
use super::open::{Opaque, Open};
use super::{CommandMessage, RequestMessage, ResponseMessage};

/// Sends a whole message back. What it holds cannot hold another one, so that this ends.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum FunctionNotUnderstood {
    Request(Open<RequestMessage>),
    Response(Open<ResponseMessage>),
    Command(Open<CommandMessage>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct FunctionNotSupported {
    pub(crate) cause: Open<NotSupportedCause>,
    pub(crate) returned_function: Option<OctetString>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum NotSupportedCause {
    SyntaxError,
    SemanticError,
    UnknownFunction,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MiscellaneousIndication {
    pub(crate) logical_channel_number: Channel,
    pub(crate) kind: Open<IndicationType>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum IndicationType {
    LogicalChannelActive,
    LogicalChannelInactive,
    MultipointConference,
    CancelMultipointConference,
    MultipointZeroComm,
    CancelMultipointZeroComm,
    MultipointSecondaryStatus,
    CancelMultipointSecondaryStatus,
    VideoIndicateReadyToActivate,
    #[rasn(value("0..=31"))]
    VideoTemporalSpatialTradeOff(u8),
    #[rasn(extension_addition)]
    VideoNotDecodedMbs(NotDecodedMbs),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct NotDecodedMbs {
    #[rasn(value("1..=8192"))]
    pub(crate) first_mb: u16,
    #[rasn(value("1..=8192"))]
    pub(crate) number_of_mbs: u16,
    pub(crate) temporal_reference: u8,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct JitterIndication {
    pub(crate) scope: super::command::Scope,
    #[rasn(value("0..=3"))]
    pub(crate) estimated_received_jitter_mantissa: u8,
    #[rasn(value("0..=7"))]
    pub(crate) estimated_received_jitter_exponent: u8,
    #[rasn(value("0..=15"))]
    pub(crate) skipped_frame_count: Option<u8>,
    #[rasn(value("0..=262143"))]
    pub(crate) additional_decoder_buffer: Option<u32>,
}

/// `H223SkewIndication` and `H2250MaximumSkewIndication`.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct SkewIndication {
    pub(crate) logical_channel_number1: Channel,
    pub(crate) logical_channel_number2: Channel,
    #[rasn(value("0..=4095"))]
    pub(crate) skew: u16,
}

/// Of ATM, read so that what follows can be.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct NewAtmVcIndication {
    pub(crate) resource_id: u16,
    #[rasn(value("1..=65535"))]
    pub(crate) bit_rate: u16,
    pub(crate) bit_rate_locked_to_pcr_clock: bool,
    pub(crate) bit_rate_locked_to_network_clock: bool,
    pub(crate) aal: Open<Aal>,
    pub(crate) multiplex: Open<AtmMultiplex>,
    #[rasn(extension_addition)]
    pub(crate) reverse_parameters: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum Aal {
    Aal1(NewAal1),
    Aal5(Aal5),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct NewAal1 {
    pub(crate) clock_recovery: Open<ClockRecovery>,
    pub(crate) error_correction: Open<ErrorCorrection>,
    pub(crate) structured_data_transfer: bool,
    pub(crate) partially_filled_cells: bool,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ClockRecovery {
    Null,
    Srts,
    Adaptive,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ErrorCorrection {
    Null,
    LongInterleaver,
    ShortInterleaver,
    Only,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum AtmMultiplex {
    NoMultiplex,
    TransportStream,
    ProgramStream,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum UserInputIndication {
    NonStandard(NonStandardParameter),
    /// A general string, whatever its characters: phones send what they like.
    Alphanumeric(OctetString),
    #[rasn(extension_addition)]
    UserInputSupportIndication(Opaque),
    #[rasn(extension_addition)]
    Signal(Signal),
    #[rasn(extension_addition)]
    SignalUpdate(SignalUpdate),
    #[rasn(extension_addition)]
    ExtendedAlphanumeric(ExtendedAlphanumeric),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Signal {
    /// One of 17 characters, eight bits wide in this variant of PER (X.691 §30.5.2).
    #[rasn(size("1"))]
    pub(crate) signal_type: OctetString,
    #[rasn(value("1..=65535"))]
    pub(crate) duration: Option<u16>,
    pub(crate) rtp: Option<SignalRtp>,
    #[rasn(extension_addition)]
    pub(crate) rtp_payload_indication: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) params: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) encrypted_signal_type: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) algorithm_oid: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct SignalRtp {
    pub(crate) timestamp: Option<u32>,
    pub(crate) expiration_time: Option<u32>,
    pub(crate) logical_channel_number: Channel,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct SignalUpdate {
    #[rasn(value("1..=65535"))]
    pub(crate) duration: u16,
    pub(crate) rtp: Option<SignalUpdateRtp>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct SignalUpdateRtp {
    pub(crate) logical_channel_number: Channel,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct ExtendedAlphanumeric {
    pub(crate) alphanumeric: OctetString,
    pub(crate) rtp_payload_indication: Option<()>,
    #[rasn(extension_addition)]
    pub(crate) encrypted_alphanumeric: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct VendorIdentification {
    pub(crate) vendor: NonStandardIdentifier,
    #[rasn(size("1..=256"))]
    pub(crate) product_number: Option<OctetString>,
    #[rasn(size("1..=256"))]
    pub(crate) version_number: Option<OctetString>,
}
