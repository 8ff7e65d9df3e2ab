//! Names of messages, as the module has them.

use super::types::open::Open;
use super::types::*;

/// Additions to the requests that are kept undecoded, by their number.
const LATER_REQUESTS: [&str; 5] = [
    "request.communicationModeRequest",
    "request.conferenceRequest",
    "request.multilinkRequest",
    "request.logicalChannelRateRequest",
    "request.genericRequest",
];
const LATER_RESPONSES: [&str; 6] = [
    "response.communicationModeResponse",
    "response.conferenceResponse",
    "response.multilinkResponse",
    "response.logicalChannelRateAcknowledge",
    "response.logicalChannelRateReject",
    "response.genericResponse",
];
const LATER_COMMANDS: [&str; 6] = [
    "command.communicationModeCommand",
    "command.conferenceCommand",
    "command.h223MultiplexReconfiguration",
    "command.newATMVCCommand",
    "command.mobileMultilinkReconfigurationCommand",
    "command.genericCommand",
];
const LATER_INDICATIONS: [&str; 10] = [
    "indication.h2250MaximumSkewIndication",
    "indication.mcLocationIndication",
    "indication.conferenceIndication",
    "indication.vendorIdentification",
    "indication.functionNotSupported",
    "indication.multilinkIndication",
    "indication.logicalChannelRateRelease",
    "indication.flowControlIndication",
    "indication.mobileMultilinkReconfigurationIndication",
    "indication.genericIndication",
];

/// The name of a message, kind first.
pub(super) fn of(message: &Open<MultimediaSystemControlMessage>) -> &'static str {
    match message {
        Open::Known(MultimediaSystemControlMessage::Request(message)) => request(message),
        Open::Known(MultimediaSystemControlMessage::Response(message)) => response(message),
        Open::Known(MultimediaSystemControlMessage::Command(message)) => command(message),
        Open::Known(MultimediaSystemControlMessage::Indication(message)) => indication(message),
        Open::Later { .. } => "unknown",
    }
}

fn later(names: &[&'static str], index: u8, otherwise: &'static str) -> &'static str {
    names.get(usize::from(index)).copied().unwrap_or(otherwise)
}

pub(super) fn request(message: &Open<RequestMessage>) -> &'static str {
    use RequestMessage as M;
    let message = match message {
        Open::Known(message) => message,
        Open::Later { index, .. } => return later(&LATER_REQUESTS, *index, "request.unknown"),
    };
    match message {
        M::NonStandard(_) => "request.nonStandard",
        M::MasterSlaveDetermination(_) => "request.masterSlaveDetermination",
        M::TerminalCapabilitySet(_) => "request.terminalCapabilitySet",
        M::OpenLogicalChannel(_) => "request.openLogicalChannel",
        M::CloseLogicalChannel(_) => "request.closeLogicalChannel",
        M::RequestChannelClose(_) => "request.requestChannelClose",
        M::MultiplexEntrySend(_) => "request.multiplexEntrySend",
        M::RequestMultiplexEntry(_) => "request.requestMultiplexEntry",
        M::RequestMode(_) => "request.requestMode",
        M::RoundTripDelayRequest(_) => "request.roundTripDelayRequest",
        M::MaintenanceLoopRequest(_) => "request.maintenanceLoopRequest",
    }
}

pub(super) fn response(message: &Open<ResponseMessage>) -> &'static str {
    use ResponseMessage as M;
    let message = match message {
        Open::Known(message) => message,
        Open::Later { index, .. } => return later(&LATER_RESPONSES, *index, "response.unknown"),
    };
    match message {
        M::NonStandard(_) => "response.nonStandard",
        M::MasterSlaveDeterminationAck(_) => "response.masterSlaveDeterminationAck",
        M::MasterSlaveDeterminationReject(_) => "response.masterSlaveDeterminationReject",
        M::TerminalCapabilitySetAck(_) => "response.terminalCapabilitySetAck",
        M::TerminalCapabilitySetReject(_) => "response.terminalCapabilitySetReject",
        M::OpenLogicalChannelAck(_) => "response.openLogicalChannelAck",
        M::OpenLogicalChannelReject(_) => "response.openLogicalChannelReject",
        M::CloseLogicalChannelAck(_) => "response.closeLogicalChannelAck",
        M::RequestChannelCloseAck(_) => "response.requestChannelCloseAck",
        M::RequestChannelCloseReject(_) => "response.requestChannelCloseReject",
        M::MultiplexEntrySendAck(_) => "response.multiplexEntrySendAck",
        M::MultiplexEntrySendReject(_) => "response.multiplexEntrySendReject",
        M::RequestMultiplexEntryAck(_) => "response.requestMultiplexEntryAck",
        M::RequestMultiplexEntryReject(_) => "response.requestMultiplexEntryReject",
        M::RequestModeAck(_) => "response.requestModeAck",
        M::RequestModeReject(_) => "response.requestModeReject",
        M::RoundTripDelayResponse(_) => "response.roundTripDelayResponse",
        M::MaintenanceLoopAck(_) => "response.maintenanceLoopAck",
        M::MaintenanceLoopReject(_) => "response.maintenanceLoopReject",
    }
}

pub(super) fn command(message: &Open<CommandMessage>) -> &'static str {
    use CommandMessage as M;
    let message = match message {
        Open::Known(message) => message,
        Open::Later { index, .. } => return later(&LATER_COMMANDS, *index, "command.unknown"),
    };
    match message {
        M::NonStandard(_) => "command.nonStandard",
        M::MaintenanceLoopOffCommand(_) => "command.maintenanceLoopOffCommand",
        M::SendTerminalCapabilitySet(_) => "command.sendTerminalCapabilitySet",
        M::EncryptionCommand(_) => "command.encryptionCommand",
        M::FlowControlCommand(_) => "command.flowControlCommand",
        M::EndSessionCommand(_) => "command.endSessionCommand",
        M::MiscellaneousCommand(_) => "command.miscellaneousCommand",
        M::CommunicationModeCommand(_) => "command.communicationModeCommand",
        M::ConferenceCommand(_) => "command.conferenceCommand",
        M::H223MultiplexReconfiguration(_) => "command.h223MultiplexReconfiguration",
    }
}

fn indication(message: &Open<IndicationMessage>) -> &'static str {
    use IndicationMessage as M;
    let message = match message {
        Open::Known(message) => message,
        Open::Later { index, .. } => return later(&LATER_INDICATIONS, *index, "indication.unknown"),
    };
    match message {
        M::NonStandard(_) => "indication.nonStandard",
        M::FunctionNotUnderstood(_) => "indication.functionNotUnderstood",
        M::MasterSlaveDeterminationRelease(_) => "indication.masterSlaveDeterminationRelease",
        M::TerminalCapabilitySetRelease(_) => "indication.terminalCapabilitySetRelease",
        M::OpenLogicalChannelConfirm(_) => "indication.openLogicalChannelConfirm",
        M::RequestChannelCloseRelease(_) => "indication.requestChannelCloseRelease",
        M::MultiplexEntrySendRelease(_) => "indication.multiplexEntrySendRelease",
        M::RequestMultiplexEntryRelease(_) => "indication.requestMultiplexEntryRelease",
        M::RequestModeRelease(_) => "indication.requestModeRelease",
        M::MiscellaneousIndication(_) => "indication.miscellaneousIndication",
        M::JitterIndication(_) => "indication.jitterIndication",
        M::H223SkewIndication(_) => "indication.h223SkewIndication",
        M::NewAtmVcIndication(_) => "indication.newATMVCIndication",
        M::UserInput(_) => "indication.userInput",
        M::H2250MaximumSkewIndication(_) => "indication.h2250MaximumSkewIndication",
        M::McLocationIndication(_) => "indication.mcLocationIndication",
        M::ConferenceIndication(_) => "indication.conferenceIndication",
        M::VendorIdentification(_) => "indication.vendorIdentification",
        M::FunctionNotSupported(_) => "indication.functionNotSupported",
        M::MultilinkIndication(_) => "indication.multilinkIndication",
        M::LogicalChannelRateRelease(_) => "indication.logicalChannelRateRelease",
        M::FlowControlIndication(_) => "indication.flowControlIndication",
    }
}
