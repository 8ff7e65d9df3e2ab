//! Messages to [`View`]s.

use bytes::Bytes;

use super::types::channel::*;
use super::types::command::*;
use super::types::common::*;
use super::types::indication::*;
use super::types::mode::*;
use super::types::open::Open;
use super::types::table::*;
use super::types::*;
use super::view::{self, View};
use super::{names, oid, read_media};

/// What a message says.
pub(super) fn message(message: &Open<MultimediaSystemControlMessage>) -> View {
    match message.known() {
        Some(MultimediaSystemControlMessage::Request(message)) => {
            message.known().map_or(View::OtherRequest, request)
        }
        Some(MultimediaSystemControlMessage::Response(message)) => {
            message.known().map_or(View::Other, response)
        }
        Some(MultimediaSystemControlMessage::Command(message)) => {
            message.known().map_or(View::Other, command)
        }
        Some(MultimediaSystemControlMessage::Indication(message)) => {
            message.known().map_or(View::Other, indication)
        }
        None => View::OtherRequest,
    }
}

fn request(message: &RequestMessage) -> View {
    match message {
        RequestMessage::NonStandard(_) => View::OtherRequest,
        RequestMessage::MasterSlaveDetermination(message) => View::MasterSlaveDetermination {
            terminal_type: message.terminal_type,
            number: message.status_determination_number,
        },
        RequestMessage::TerminalCapabilitySet(message) => View::TerminalCapabilitySet {
            sequence: message.sequence_number,
            capabilities: Box::new(read_media::capabilities(message)),
        },
        RequestMessage::OpenLogicalChannel(message) => {
            View::OpenLogicalChannel(Box::new(read_media::channel_request(message)))
        }
        RequestMessage::CloseLogicalChannel(message) => {
            View::CloseLogicalChannel { channel: message.forward_logical_channel_number.0 }
        }
        RequestMessage::RequestChannelClose(message) => {
            View::RequestChannelClose { channel: message.forward_logical_channel_number.0 }
        }
        RequestMessage::MultiplexEntrySend(message) => View::MultiplexEntrySend {
            sequence: message.sequence_number,
            entries: message.multiplex_entry_descriptors.iter().map(entry).collect(),
        },
        RequestMessage::RequestMultiplexEntry(message) => {
            View::RequestMultiplexEntry { entries: numbers(&message.entry_numbers) }
        }
        RequestMessage::RequestMode(message) => View::RequestMode {
            sequence: message.sequence_number,
            modes: message.requested_modes.iter().map(|modes| modes.0.iter().map(mode).collect()).collect(),
        },
        RequestMessage::RoundTripDelayRequest(message) => {
            View::RoundTripDelayRequest { sequence: message.sequence_number }
        }
        RequestMessage::MaintenanceLoopRequest(message) => {
            View::MaintenanceLoopRequest(looped(&message.kind))
        }
    }
}

fn response(message: &ResponseMessage) -> View {
    match message {
        ResponseMessage::NonStandard(_) => View::Other,
        ResponseMessage::MasterSlaveDeterminationAck(message) => View::MasterSlaveDeterminationAck {
            role: match message.decision {
                Decision::Master => view::Role::Master,
                Decision::Slave => view::Role::Slave,
            },
        },
        ResponseMessage::MasterSlaveDeterminationReject(_) => View::MasterSlaveDeterminationReject,
        ResponseMessage::TerminalCapabilitySetAck(message) => {
            View::TerminalCapabilitySetAck { sequence: message.sequence_number }
        }
        ResponseMessage::TerminalCapabilitySetReject(message) => {
            View::TerminalCapabilitySetReject { sequence: message.sequence_number }
        }
        ResponseMessage::OpenLogicalChannelAck(message) => View::OpenLogicalChannelAck {
            channel: message.forward_logical_channel_number.0,
            reverse: message
                .reverse_logical_channel_parameters
                .as_ref()
                .map(|reverse| reverse.reverse_logical_channel_number.0),
        },
        ResponseMessage::OpenLogicalChannelReject(message) => View::OpenLogicalChannelReject {
            channel: message.forward_logical_channel_number.0,
            cause: reject_cause(&message.cause),
        },
        ResponseMessage::CloseLogicalChannelAck(message) => {
            View::CloseLogicalChannelAck { channel: message.forward_logical_channel_number.0 }
        }
        ResponseMessage::RequestChannelCloseAck(message) => {
            View::RequestChannelCloseAck { channel: message.forward_logical_channel_number.0 }
        }
        ResponseMessage::RequestChannelCloseReject(message) => {
            View::RequestChannelCloseReject { channel: message.forward_logical_channel_number.0 }
        }
        ResponseMessage::MultiplexEntrySendAck(message) => View::MultiplexEntrySendAck {
            sequence: message.sequence_number,
            entries: numbers(&message.multiplex_table_entry_number),
        },
        ResponseMessage::MultiplexEntrySendReject(message) => View::MultiplexEntrySendReject {
            sequence: message.sequence_number,
            entries: message
                .rejection_descriptions
                .iter()
                .map(|one| one.multiplex_table_entry_number.0)
                .collect(),
        },
        ResponseMessage::RequestMultiplexEntryAck(message) => {
            View::RequestMultiplexEntryAck { entries: numbers(&message.entry_numbers) }
        }
        ResponseMessage::RequestMultiplexEntryReject(message) => {
            View::RequestMultiplexEntryReject { entries: numbers(&message.entry_numbers) }
        }
        ResponseMessage::RequestModeAck(message) => {
            View::RequestModeAck { sequence: message.sequence_number }
        }
        ResponseMessage::RequestModeReject(message) => {
            View::RequestModeReject { sequence: message.sequence_number }
        }
        ResponseMessage::RoundTripDelayResponse(message) => {
            View::RoundTripDelayResponse { sequence: message.sequence_number }
        }
        ResponseMessage::MaintenanceLoopAck(message) => View::MaintenanceLoopAck(looped(&message.kind)),
        ResponseMessage::MaintenanceLoopReject(message) => View::MaintenanceLoopReject(looped(&message.kind)),
    }
}

fn command(message: &CommandMessage) -> View {
    match message {
        CommandMessage::NonStandard(_)
        | CommandMessage::EncryptionCommand(_)
        | CommandMessage::CommunicationModeCommand(_)
        | CommandMessage::ConferenceCommand(_) => View::Other,
        CommandMessage::MaintenanceLoopOffCommand(_) => View::MaintenanceLoopOffCommand,
        CommandMessage::SendTerminalCapabilitySet(_) => View::SendTerminalCapabilitySet,
        CommandMessage::FlowControlCommand(message) => {
            View::FlowControl { scope: scope(&message.scope), bps_max: bps(&message.restriction) }
        }
        CommandMessage::EndSessionCommand(message) => View::EndSession {
            disconnect: !matches!(message.known(), Some(EndSessionCommand::GstnOptions(_))),
        },
        CommandMessage::MiscellaneousCommand(message) => View::Command {
            channel: message.logical_channel_number.0,
            command: message.kind.known().map_or(view::Command::Other, command_type),
        },
        CommandMessage::H223MultiplexReconfiguration(message) => View::MultiplexReconfiguration(
            message.known().map_or(view::Reconfiguration::Other, reconfiguration),
        ),
    }
}

fn indication(message: &IndicationMessage) -> View {
    match message {
        IndicationMessage::FunctionNotUnderstood(message) => View::FunctionNotUnderstood(match message {
            FunctionNotUnderstood::Request(message) => names::request(message),
            FunctionNotUnderstood::Response(message) => names::response(message),
            FunctionNotUnderstood::Command(message) => names::command(message),
        }),
        IndicationMessage::MasterSlaveDeterminationRelease(_) => View::MasterSlaveDeterminationRelease,
        IndicationMessage::TerminalCapabilitySetRelease(_) => View::TerminalCapabilitySetRelease,
        IndicationMessage::OpenLogicalChannelConfirm(message) => {
            View::OpenLogicalChannelConfirm { channel: message.forward_logical_channel_number.0 }
        }
        IndicationMessage::RequestChannelCloseRelease(message) => {
            View::RequestChannelCloseRelease { channel: message.forward_logical_channel_number.0 }
        }
        IndicationMessage::MultiplexEntrySendRelease(message) => {
            View::MultiplexEntrySendRelease { entries: numbers(&message.entry_numbers) }
        }
        IndicationMessage::RequestMultiplexEntryRelease(message) => {
            View::RequestMultiplexEntryRelease { entries: numbers(&message.entry_numbers) }
        }
        IndicationMessage::RequestModeRelease(_) => View::RequestModeRelease,
        IndicationMessage::MiscellaneousIndication(message) => View::Indication {
            channel: message.logical_channel_number.0,
            indication: message.kind.known().map_or(view::Indication::Other, indication_type),
        },
        IndicationMessage::JitterIndication(message) => View::Jitter {
            scope: scope(&message.scope),
            jitter: (message.estimated_received_jitter_mantissa, message.estimated_received_jitter_exponent),
            skipped_frames: message.skipped_frame_count,
        },
        IndicationMessage::H223SkewIndication(message) => View::Skew {
            earlier: message.logical_channel_number1.0,
            later: message.logical_channel_number2.0,
            skew_ms: message.skew,
        },
        IndicationMessage::UserInput(message) => {
            View::UserInput(message.known().map_or(view::UserInput::Other, user_input))
        }
        IndicationMessage::VendorIdentification(message) => View::Vendor(vendor(message)),
        IndicationMessage::FunctionNotSupported(message) => View::FunctionNotSupported {
            returned: message.returned_function.as_ref().map(|octets| Bytes::copy_from_slice(octets)),
        },
        IndicationMessage::FlowControlIndication(message) => {
            View::FlowControlIndication { scope: scope(&message.scope), bps_max: bps(&message.restriction) }
        }
        IndicationMessage::NonStandard(_)
        | IndicationMessage::NewAtmVcIndication(_)
        | IndicationMessage::H2250MaximumSkewIndication(_)
        | IndicationMessage::McLocationIndication(_)
        | IndicationMessage::ConferenceIndication(_)
        | IndicationMessage::MultilinkIndication(_)
        | IndicationMessage::LogicalChannelRateRelease(_) => View::Other,
    }
}

fn numbers(entries: &[TableNumber]) -> Vec<u8> {
    entries.iter().map(|number| number.0).collect()
}

fn entry(descriptor: &MultiplexEntryDescriptor) -> view::TableEntry {
    view::TableEntry {
        number: descriptor.multiplex_table_entry_number.0,
        elements: descriptor.element_list.as_ref().map(|list| list.iter().map(element).collect()),
    }
}

fn element(element_: &MultiplexElement) -> view::Element {
    view::Element {
        what: match &element_.kind {
            ElementType::LogicalChannelNumber(channel) => view::Content::Channel(*channel),
            ElementType::SubElementList(list) => view::Content::Nested(list.iter().map(element).collect()),
        },
        times: match element_.repeat_count {
            RepeatCount::Finite(times) => Some(times),
            RepeatCount::UntilClosingFlag => None,
        },
    }
}

fn mode(mode: &ModeElement) -> view::Mode {
    match mode.kind.known() {
        Some(ModeElementType::VideoMode(video)) => match video.known() {
            Some(VideoMode::H263(mode)) => view::Mode::H263 {
                bps_max: u32::from(mode.bit_rate) * 100,
                qcif: mode.resolution == Open::Known(H263Resolution::Qcif),
            },
            Some(VideoMode::Generic(generic)) => {
                view::Mode::GenericVideo(Box::new(read_media::generic_video(generic)))
            }
            Some(
                VideoMode::NonStandard(_) | VideoMode::H261(_) | VideoMode::H262(_) | VideoMode::Is11172(_),
            )
            | None => view::Mode::Other,
        },
        Some(ModeElementType::AudioMode(audio)) => {
            view::Mode::Audio(audio.known().map_or("unknown", audio_mode))
        }
        Some(
            ModeElementType::NonStandard(_)
            | ModeElementType::DataMode(_)
            | ModeElementType::EncryptionMode(_),
        )
        | None => view::Mode::Other,
    }
}

fn audio_mode(mode: &AudioMode) -> &'static str {
    match mode {
        AudioMode::NonStandard(_) => "nonStandard",
        AudioMode::G711Alaw64k => "g711Alaw64k",
        AudioMode::G711Alaw56k => "g711Alaw56k",
        AudioMode::G711Ulaw64k => "g711Ulaw64k",
        AudioMode::G711Ulaw56k => "g711Ulaw56k",
        AudioMode::G722At64k => "g722-64k",
        AudioMode::G722At56k => "g722-56k",
        AudioMode::G722At48k => "g722-48k",
        AudioMode::G728 => "g728",
        AudioMode::G729 => "g729",
        AudioMode::G729AnnexA => "g729AnnexA",
        AudioMode::G7231(_) => "g7231",
        AudioMode::Is11172(_) => "is11172AudioMode",
        AudioMode::Is13818(_) => "is13818AudioMode",
        AudioMode::G729wAnnexB(_) => "g729wAnnexB",
        AudioMode::G729AnnexAwAnnexB(_) => "g729AnnexAwAnnexB",
        AudioMode::G7231AnnexC(_) => "g7231AnnexCMode",
        AudioMode::GsmFullRate(_) => "gsmFullRate",
        AudioMode::GsmHalfRate(_) => "gsmHalfRate",
        AudioMode::GsmEnhancedFullRate(_) => "gsmEnhancedFullRate",
        AudioMode::Generic(_) => "genericAudioMode",
    }
}

fn looped(kind: &Open<LoopType>) -> view::Loop {
    match kind.known() {
        Some(LoopType::System) => view::Loop::System,
        Some(LoopType::Media(channel)) => view::Loop::Media(channel.0),
        Some(LoopType::LogicalChannel(channel)) => view::Loop::LogicalChannel(channel.0),
        None => view::Loop::Other,
    }
}

fn reject_cause(cause: &Open<OpenRejectCause>) -> view::RejectCause {
    use OpenRejectCause as C;
    match cause.known() {
        Some(C::Unspecified) => view::RejectCause::Unspecified,
        Some(C::UnsuitableReverseParameters) => view::RejectCause::UnsuitableReverseParameters,
        Some(C::DataTypeNotSupported) => view::RejectCause::DataTypeNotSupported,
        Some(C::DataTypeNotAvailable) => view::RejectCause::DataTypeNotAvailable,
        Some(C::UnknownDataType) => view::RejectCause::UnknownDataType,
        Some(C::DataTypeAlCombinationNotSupported) => view::RejectCause::DataTypeAlCombinationNotSupported,
        Some(C::InsufficientBandwidth) => view::RejectCause::InsufficientBandwidth,
        Some(C::MasterSlaveConflict) => view::RejectCause::MasterSlaveConflict,
        Some(
            C::MulticastChannelNotAllowed
            | C::SeparateStackEstablishmentFailed
            | C::InvalidSessionId
            | C::WaitForCommunicationMode
            | C::InvalidDependentChannel
            | C::ReplacementForRejected
            | C::SecurityDenied
            | C::QosControlNotSupported,
        )
        | None => view::RejectCause::Other,
    }
}

fn scope(scope: &Scope) -> view::Scope {
    match scope {
        Scope::LogicalChannelNumber(channel) => view::Scope::Channel(channel.0),
        Scope::ResourceId(resource) => view::Scope::Resource(*resource),
        Scope::WholeMultiplex => view::Scope::WholeMultiplex,
    }
}

fn bps(restriction: &Restriction) -> Option<u32> {
    match restriction {
        Restriction::MaximumBitRate(hundreds) => Some(hundreds.saturating_mul(100)),
        Restriction::NoRestriction => None,
    }
}

fn command_type(kind: &CommandType) -> view::Command {
    match kind {
        CommandType::EqualiseDelay => view::Command::EqualiseDelay(true),
        CommandType::ZeroDelay => view::Command::EqualiseDelay(false),
        CommandType::VideoFreezePicture => view::Command::FreezePicture,
        CommandType::VideoFastUpdatePicture => view::Command::FastUpdatePicture,
        CommandType::VideoFastUpdateGob(gobs) => {
            view::Command::FastUpdateGob { first: gobs.first_gob, count: gobs.number_of_gobs }
        }
        CommandType::VideoTemporalSpatialTradeOff(value) => view::Command::TemporalSpatialTradeOff(*value),
        CommandType::VideoSendSyncEveryGob => view::Command::SyncEveryGob(true),
        CommandType::VideoSendSyncEveryGobCancel => view::Command::SyncEveryGob(false),
        CommandType::VideoFastUpdateMb(blocks) => view::Command::FastUpdateMb {
            first_gob: blocks.first_gob,
            first: blocks.first_mb,
            count: blocks.number_of_mbs,
        },
        CommandType::MaxH223MuxPduSize(octets) => view::Command::MaxMuxPduSize(*octets),
        CommandType::SwitchReceiveMediaOff => view::Command::ReceiveMedia(false),
        CommandType::SwitchReceiveMediaOn => view::Command::ReceiveMedia(true),
        CommandType::MultipointModeCommand
        | CommandType::CancelMultipointModeCommand
        | CommandType::EncryptionUpdate(_)
        | CommandType::EncryptionUpdateRequest(_) => view::Command::Other,
    }
}

fn reconfiguration(message: &H223MultiplexReconfiguration) -> view::Reconfiguration {
    match message {
        H223MultiplexReconfiguration::H223ModeChange(change) => match change.known() {
            Some(H223ModeChange::ToLevel0) => view::Reconfiguration::Level0,
            Some(H223ModeChange::ToLevel1) => view::Reconfiguration::Level1,
            Some(H223ModeChange::ToLevel2) => view::Reconfiguration::Level2,
            Some(H223ModeChange::ToLevel2WithOptionalHeader) => view::Reconfiguration::Level2OptionalHeader,
            None => view::Reconfiguration::Other,
        },
        H223MultiplexReconfiguration::H223AnnexADoubleFlag(flag) => match flag.known() {
            Some(DoubleFlag::Start) => view::Reconfiguration::DoubleFlag(true),
            Some(DoubleFlag::Stop) => view::Reconfiguration::DoubleFlag(false),
            None => view::Reconfiguration::Other,
        },
    }
}

fn indication_type(kind: &IndicationType) -> view::Indication {
    match kind {
        IndicationType::LogicalChannelActive => view::Indication::Active,
        IndicationType::LogicalChannelInactive => view::Indication::Inactive,
        IndicationType::VideoIndicateReadyToActivate => view::Indication::ReadyToActivate,
        IndicationType::VideoTemporalSpatialTradeOff(value) => {
            view::Indication::TemporalSpatialTradeOff(*value)
        }
        IndicationType::VideoNotDecodedMbs(blocks) => {
            view::Indication::NotDecodedMbs { first: blocks.first_mb, count: blocks.number_of_mbs }
        }
        IndicationType::MultipointConference
        | IndicationType::CancelMultipointConference
        | IndicationType::MultipointZeroComm
        | IndicationType::CancelMultipointZeroComm
        | IndicationType::MultipointSecondaryStatus
        | IndicationType::CancelMultipointSecondaryStatus => view::Indication::Other,
    }
}

fn user_input(message: &UserInputIndication) -> view::UserInput {
    match message {
        UserInputIndication::Alphanumeric(text) => view::UserInput::Alphanumeric(latin1(text)),
        UserInputIndication::ExtendedAlphanumeric(message) => {
            view::UserInput::Alphanumeric(latin1(&message.alphanumeric))
        }
        UserInputIndication::Signal(signal) => match signal.signal_type.first() {
            Some(key) if super::KEYS.contains(char::from(*key)) => {
                view::UserInput::Signal { key: char::from(*key), duration_ms: signal.duration }
            }
            _ => view::UserInput::Other,
        },
        UserInputIndication::SignalUpdate(update) => {
            view::UserInput::SignalUpdate { duration_ms: update.duration }
        }
        UserInputIndication::UserInputSupportIndication(_) => view::UserInput::Support,
        UserInputIndication::NonStandard(_) => view::UserInput::Other,
    }
}

/// A general string as text: ASCII and Latin-1 by their codes.
fn latin1(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

fn vendor(message: &VendorIdentification) -> view::Vendor {
    let text = |octets: &[u8]| match std::str::from_utf8(octets) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => oid::hex(octets),
    };
    view::Vendor {
        vendor: match &message.vendor {
            NonStandardIdentifier::Object(identifier) => oid::text(identifier),
            NonStandardIdentifier::H221NonStandard(code) => {
                format!("{}.{}.{}", code.t35_country_code, code.t35_extension, code.manufacturer_code)
            }
        },
        product: message.product_number.as_deref().map(text),
        version: message.version_number.as_deref().map(text),
    }
}
