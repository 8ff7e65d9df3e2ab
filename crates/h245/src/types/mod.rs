//! The types of the module `MULTIMEDIA-SYSTEM-CONTROL` (H.245 Annex A), by their names there.
//!
//! Fields named `type` are called `kind`. Lists that the module calls sets are vectors: they are encoded alike,
//! and their order is kept. Alternatives beyond the last one named are kept undecoded by [`Open`].

pub(super) mod audio;
pub(super) mod capability;
pub(super) mod channel;
pub(super) mod command;
pub(super) mod common;
pub(super) mod data;
pub(super) mod indication;
pub(super) mod mode;
pub(super) mod multiplex;
pub(super) mod open;
pub(super) mod table;
pub(super) mod video;

use rasn::prelude::*;

use capability::*;
use channel::*;
use command::*;
use common::NonStandardMessage;
use indication::*;
use mode::*;
use open::{Opaque, Open};
use table::*;

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum MultimediaSystemControlMessage {
    Request(Open<RequestMessage>),
    Response(Open<ResponseMessage>),
    Command(Open<CommandMessage>),
    Indication(Open<IndicationMessage>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum RequestMessage {
    NonStandard(NonStandardMessage),
    MasterSlaveDetermination(MasterSlaveDetermination),
    TerminalCapabilitySet(Box<TerminalCapabilitySet>),
    OpenLogicalChannel(Box<OpenLogicalChannel>),
    CloseLogicalChannel(CloseLogicalChannel),
    RequestChannelClose(RequestChannelClose),
    MultiplexEntrySend(MultiplexEntrySend),
    RequestMultiplexEntry(EntryNumbers),
    RequestMode(RequestMode),
    RoundTripDelayRequest(Sequence),
    MaintenanceLoopRequest(MaintenanceLoop),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ResponseMessage {
    NonStandard(NonStandardMessage),
    MasterSlaveDeterminationAck(MasterSlaveDeterminationAck),
    MasterSlaveDeterminationReject(MasterSlaveDeterminationReject),
    TerminalCapabilitySetAck(TerminalCapabilitySetAck),
    TerminalCapabilitySetReject(TerminalCapabilitySetReject),
    OpenLogicalChannelAck(Box<OpenLogicalChannelAck>),
    OpenLogicalChannelReject(OpenLogicalChannelReject),
    CloseLogicalChannelAck(ChannelOnly),
    RequestChannelCloseAck(ChannelOnly),
    RequestChannelCloseReject(RequestChannelCloseReject),
    MultiplexEntrySendAck(MultiplexEntrySendAck),
    MultiplexEntrySendReject(MultiplexEntrySendReject),
    RequestMultiplexEntryAck(EntryNumbers),
    RequestMultiplexEntryReject(RequestMultiplexEntryReject),
    RequestModeAck(RequestModeAck),
    RequestModeReject(RequestModeReject),
    RoundTripDelayResponse(Sequence),
    MaintenanceLoopAck(MaintenanceLoop),
    MaintenanceLoopReject(MaintenanceLoopReject),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum CommandMessage {
    NonStandard(NonStandardMessage),
    MaintenanceLoopOffCommand(Empty),
    SendTerminalCapabilitySet(Open<SendTerminalCapabilitySet>),
    EncryptionCommand(Open<EncryptionCommand>),
    FlowControlCommand(FlowControl),
    EndSessionCommand(Open<EndSessionCommand>),
    MiscellaneousCommand(MiscellaneousCommand),
    #[rasn(extension_addition)]
    CommunicationModeCommand(Opaque),
    #[rasn(extension_addition)]
    ConferenceCommand(Opaque),
    #[rasn(extension_addition)]
    H223MultiplexReconfiguration(Open<H223MultiplexReconfiguration>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum IndicationMessage {
    NonStandard(NonStandardMessage),
    FunctionNotUnderstood(FunctionNotUnderstood),
    MasterSlaveDeterminationRelease(Empty),
    TerminalCapabilitySetRelease(TerminalCapabilitySetRelease),
    OpenLogicalChannelConfirm(OpenLogicalChannelConfirm),
    RequestChannelCloseRelease(ChannelOnly),
    MultiplexEntrySendRelease(EntryNumbers),
    RequestMultiplexEntryRelease(EntryNumbers),
    RequestModeRelease(Empty),
    MiscellaneousIndication(MiscellaneousIndication),
    JitterIndication(JitterIndication),
    H223SkewIndication(SkewIndication),
    NewAtmVcIndication(Box<NewAtmVcIndication>),
    UserInput(Open<UserInputIndication>),
    #[rasn(extension_addition)]
    H2250MaximumSkewIndication(SkewIndication),
    #[rasn(extension_addition)]
    McLocationIndication(Opaque),
    #[rasn(extension_addition)]
    ConferenceIndication(Opaque),
    #[rasn(extension_addition)]
    VendorIdentification(VendorIdentification),
    #[rasn(extension_addition)]
    FunctionNotSupported(FunctionNotSupported),
    #[rasn(extension_addition)]
    MultilinkIndication(Opaque),
    #[rasn(extension_addition)]
    LogicalChannelRateRelease(Opaque),
    #[rasn(extension_addition)]
    FlowControlIndication(FlowControl),
}
