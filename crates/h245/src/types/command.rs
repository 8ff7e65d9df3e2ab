//! Commands, loops, round trips and roles (H.245 §7.2, §7.8, §7.9, §7.11).

use rasn::prelude::*;

use super::common::{Channel, NonStandardParameter};
use super::open::{Opaque, Open};

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MasterSlaveDetermination {
    pub(crate) terminal_type: u8,
    #[rasn(value("0..=16777215"))]
    pub(crate) status_determination_number: u32,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MasterSlaveDeterminationAck {
    pub(crate) decision: Decision,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum Decision {
    Master,
    Slave,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MasterSlaveDeterminationReject {
    pub(crate) cause: Open<DeterminationCause>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum DeterminationCause {
    IdenticalNumbers,
}

/// A message that says nothing but its name: several releases, `MaintenanceLoopOffCommand`.
#[derive(AsnType, Clone, Debug, Default, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Empty {}

/// A message that says its sequence number and nothing else: `RoundTripDelayRequest` and its response.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Sequence {
    pub(crate) sequence_number: u8,
}

/// `MaintenanceLoopRequest` and its `Ack`.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MaintenanceLoop {
    pub(crate) kind: Open<LoopType>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MaintenanceLoopReject {
    pub(crate) kind: Open<LoopType>,
    pub(crate) cause: Open<LoopCause>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum LoopType {
    System,
    Media(Channel),
    LogicalChannel(Channel),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum LoopCause {
    CanNotPerformLoop,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum SendTerminalCapabilitySet {
    SpecificRequest(SpecificRequest),
    GenericRequest,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct SpecificRequest {
    pub(crate) multiplex_capability: bool,
    #[rasn(size("1..=65535"))]
    pub(crate) capability_table_entry_numbers: Option<Vec<super::capability::EntryNumber>>,
    #[rasn(size("1..=256"))]
    pub(crate) capability_descriptor_numbers: Option<Vec<u8>>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum EncryptionCommand {
    Se(OctetString),
    IvRequest,
    AlgorithmId(EncryptionAlgorithmId),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct EncryptionAlgorithmId {
    pub(crate) h233_algorithm_identifier: u8,
    pub(crate) associated_algorithm: NonStandardParameter,
}

/// `FlowControlCommand` and `FlowControlIndication`.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct FlowControl {
    pub(crate) scope: Scope,
    pub(crate) restriction: Restriction,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum Scope {
    LogicalChannelNumber(Channel),
    ResourceId(u16),
    WholeMultiplex,
}

/// In 100 bit/s.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum Restriction {
    #[rasn(value("0..=16777215"))]
    MaximumBitRate(u32),
    NoRestriction,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum EndSessionCommand {
    NonStandard(NonStandardParameter),
    Disconnect,
    GstnOptions(Open<GstnOptions>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum GstnOptions {
    TelephonyMode,
    V8bis,
    V34Dsvd,
    V34DuplexFax,
    V34H324,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MiscellaneousCommand {
    pub(crate) logical_channel_number: Channel,
    pub(crate) kind: Open<CommandType>,
    #[rasn(extension_addition)]
    pub(crate) direction: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum CommandType {
    EqualiseDelay,
    ZeroDelay,
    MultipointModeCommand,
    CancelMultipointModeCommand,
    VideoFreezePicture,
    VideoFastUpdatePicture,
    VideoFastUpdateGob(FastUpdateGob),
    #[rasn(value("0..=31"))]
    VideoTemporalSpatialTradeOff(u8),
    VideoSendSyncEveryGob,
    VideoSendSyncEveryGobCancel,
    #[rasn(extension_addition)]
    VideoFastUpdateMb(FastUpdateMb),
    #[rasn(extension_addition, value("1..=65535"))]
    MaxH223MuxPduSize(u16),
    #[rasn(extension_addition)]
    EncryptionUpdate(Opaque),
    #[rasn(extension_addition)]
    EncryptionUpdateRequest(Opaque),
    #[rasn(extension_addition)]
    SwitchReceiveMediaOff,
    #[rasn(extension_addition)]
    SwitchReceiveMediaOn,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct FastUpdateGob {
    #[rasn(value("0..=17"))]
    pub(crate) first_gob: u8,
    #[rasn(value("1..=18"))]
    pub(crate) number_of_gobs: u8,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct FastUpdateMb {
    pub(crate) first_gob: Option<u8>,
    #[rasn(value("1..=8192"))]
    pub(crate) first_mb: Option<u16>,
    #[rasn(value("1..=8192"))]
    pub(crate) number_of_mbs: u16,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum H223MultiplexReconfiguration {
    H223ModeChange(Open<H223ModeChange>),
    H223AnnexADoubleFlag(Open<DoubleFlag>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum H223ModeChange {
    ToLevel0,
    ToLevel1,
    ToLevel2,
    ToLevel2WithOptionalHeader,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum DoubleFlag {
    Start,
    Stop,
}
