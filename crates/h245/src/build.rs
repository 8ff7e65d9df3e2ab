//! Makers of the messages that a terminal sends. Values out of range are brought into it.

use std::time::Duration;

use super::build_media;
use super::oid;
use super::types::capability::*;
use super::types::channel::*;
use super::types::command::*;
use super::types::common::*;
use super::types::indication::*;
use super::types::mode::*;
use super::types::open::Open;
use super::types::table::*;
use super::types::*;
use super::view::{self, Capabilities, ChannelRequest, Element, Loop, Role, TableEntry, Unsupported};
use super::{KEYS, Message, encode};

fn request(message: RequestMessage) -> Message {
    Message(Open::Known(MultimediaSystemControlMessage::Request(Open::Known(message))))
}

fn response(message: ResponseMessage) -> Message {
    Message(Open::Known(MultimediaSystemControlMessage::Response(Open::Known(message))))
}

fn command_message(message: CommandMessage) -> Message {
    Message(Open::Known(MultimediaSystemControlMessage::Command(Open::Known(message))))
}

fn indication_message(message: IndicationMessage) -> Message {
    Message(Open::Known(MultimediaSystemControlMessage::Indication(Open::Known(message))))
}

/// A channel number, 1..=65535.
pub(super) fn number(channel: u16) -> Channel {
    Channel(channel.max(1))
}

/// Entry numbers, 1..=15 of 1..=15.
fn table_numbers(entries: &[u8]) -> Vec<TableNumber> {
    let mut numbers: Vec<_> =
        entries.iter().take(15).map(|entry| TableNumber((*entry).clamp(1, 15))).collect();
    if numbers.is_empty() {
        numbers.push(TableNumber(1));
    }
    numbers
}

fn channel_only(channel: u16) -> ChannelOnly {
    ChannelOnly { forward_logical_channel_number: number(channel) }
}

/// Milliseconds, 1..=65535.
fn milliseconds(duration: Duration) -> u16 {
    duration.as_millis().clamp(1, 65_535) as u16
}

/// `masterSlaveDetermination` (§7.2.1); of the number, the lower 24 bits.
pub fn master_slave_determination(terminal_type: u8, number: u32) -> Message {
    request(RequestMessage::MasterSlaveDetermination(MasterSlaveDetermination {
        terminal_type,
        status_determination_number: number & 0xff_ffff,
    }))
}

/// `masterSlaveDeterminationAck` (§7.2.2): what the receiver of this message is.
pub fn master_slave_determination_ack(role: Role) -> Message {
    let decision = match role {
        Role::Master => Decision::Master,
        Role::Slave => Decision::Slave,
    };
    response(ResponseMessage::MasterSlaveDeterminationAck(MasterSlaveDeterminationAck { decision }))
}

/// `masterSlaveDeterminationReject` (§7.2.3): identical numbers.
pub fn master_slave_determination_reject() -> Message {
    response(ResponseMessage::MasterSlaveDeterminationReject(MasterSlaveDeterminationReject {
        cause: Open::Known(DeterminationCause::IdenticalNumbers),
    }))
}

/// `masterSlaveDeterminationRelease` (§7.2.4).
pub fn master_slave_determination_release() -> Message {
    indication_message(IndicationMessage::MasterSlaveDeterminationRelease(Empty {}))
}

/// `terminalCapabilitySet` (§7.3.1).
pub fn terminal_capability_set(sequence: u8, capabilities: &Capabilities) -> Message {
    request(RequestMessage::TerminalCapabilitySet(Box::new(build_media::capabilities(
        sequence,
        capabilities,
    ))))
}

/// `terminalCapabilitySetAck` (§7.3.2).
pub fn terminal_capability_set_ack(sequence: u8) -> Message {
    response(ResponseMessage::TerminalCapabilitySetAck(TerminalCapabilitySetAck {
        sequence_number: sequence,
        generic_information: None,
    }))
}

/// `terminalCapabilitySetReject` (§7.3.3), without a reason.
pub fn terminal_capability_set_reject(sequence: u8) -> Message {
    response(ResponseMessage::TerminalCapabilitySetReject(TerminalCapabilitySetReject {
        sequence_number: sequence,
        cause: Open::Known(CapabilityRejectCause::Unspecified),
        generic_information: None,
    }))
}

/// `terminalCapabilitySetRelease` (§7.3.4).
pub fn terminal_capability_set_release() -> Message {
    indication_message(IndicationMessage::TerminalCapabilitySetRelease(
        TerminalCapabilitySetRelease::default(),
    ))
}

/// `openLogicalChannel` (§7.4.1), one way or both.
pub fn open_logical_channel(channel: &ChannelRequest) -> Message {
    request(RequestMessage::OpenLogicalChannel(Box::new(build_media::open_logical_channel(channel))))
}

/// `openLogicalChannelAck` (§7.4.2); `reverse` is our number for the way back of a channel both ways.
pub fn open_logical_channel_ack(channel: u16, reverse: Option<u16>) -> Message {
    response(ResponseMessage::OpenLogicalChannelAck(Box::new(OpenLogicalChannelAck {
        forward_logical_channel_number: number(channel),
        reverse_logical_channel_parameters: reverse.map(|reverse| AckReverseParameters {
            reverse_logical_channel_number: number(reverse),
            port_number: None,
            multiplex_parameters: None,
            replacement_for: None,
        }),
        separate_stack: None,
        forward_multiplex_ack_parameters: None,
        encryption_sync: None,
        generic_information: None,
    })))
}

/// `openLogicalChannelReject` (§7.4.3).
pub fn open_logical_channel_reject(channel: u16, cause: view::RejectCause) -> Message {
    use view::RejectCause as Cause;
    let cause = match cause {
        Cause::Unspecified | Cause::Other => OpenRejectCause::Unspecified,
        Cause::UnsuitableReverseParameters => OpenRejectCause::UnsuitableReverseParameters,
        Cause::DataTypeNotSupported => OpenRejectCause::DataTypeNotSupported,
        Cause::DataTypeNotAvailable => OpenRejectCause::DataTypeNotAvailable,
        Cause::UnknownDataType => OpenRejectCause::UnknownDataType,
        Cause::DataTypeAlCombinationNotSupported => OpenRejectCause::DataTypeAlCombinationNotSupported,
        Cause::InsufficientBandwidth => OpenRejectCause::InsufficientBandwidth,
        Cause::MasterSlaveConflict => OpenRejectCause::MasterSlaveConflict,
    };
    response(ResponseMessage::OpenLogicalChannelReject(OpenLogicalChannelReject {
        forward_logical_channel_number: number(channel),
        cause: Open::Known(cause),
        generic_information: None,
    }))
}

/// `openLogicalChannelConfirm` (§7.4.4).
pub fn open_logical_channel_confirm(channel: u16) -> Message {
    indication_message(IndicationMessage::OpenLogicalChannelConfirm(OpenLogicalChannelConfirm {
        forward_logical_channel_number: number(channel),
        generic_information: None,
    }))
}

/// `closeLogicalChannel` (§7.4.5), by the user's wish.
pub fn close_logical_channel(channel: u16) -> Message {
    request(RequestMessage::CloseLogicalChannel(CloseLogicalChannel {
        forward_logical_channel_number: number(channel),
        source: CloseSource::User,
        reason: None,
    }))
}

/// `closeLogicalChannelAck` (§7.4.6).
pub fn close_logical_channel_ack(channel: u16) -> Message {
    response(ResponseMessage::CloseLogicalChannelAck(channel_only(channel)))
}

/// `requestChannelClose` (§7.4.7).
pub fn request_channel_close(channel: u16) -> Message {
    request(RequestMessage::RequestChannelClose(RequestChannelClose {
        forward_logical_channel_number: number(channel),
        qos_capability: None,
        reason: None,
    }))
}

/// `requestChannelCloseAck` (§7.4.8).
pub fn request_channel_close_ack(channel: u16) -> Message {
    response(ResponseMessage::RequestChannelCloseAck(channel_only(channel)))
}

/// `requestChannelCloseReject` (§7.4.9).
pub fn request_channel_close_reject(channel: u16) -> Message {
    response(ResponseMessage::RequestChannelCloseReject(RequestChannelCloseReject {
        forward_logical_channel_number: number(channel),
        cause: Open::Known(UnspecifiedCause::Unspecified),
    }))
}

/// `requestChannelCloseRelease` (§7.4.10).
pub fn request_channel_close_release(channel: u16) -> Message {
    indication_message(IndicationMessage::RequestChannelCloseRelease(channel_only(channel)))
}

/// `multiplexEntrySend` (§7.5.1), 1..=15 entries; further ones are left out.
pub fn multiplex_entry_send(sequence: u8, entries: &[TableEntry]) -> Message {
    let mut descriptors: Vec<_> = entries.iter().take(15).map(descriptor).collect();
    if descriptors.is_empty() {
        descriptors.push(MultiplexEntryDescriptor {
            multiplex_table_entry_number: TableNumber(1),
            element_list: None,
        });
    }
    request(RequestMessage::MultiplexEntrySend(MultiplexEntrySend {
        sequence_number: sequence,
        multiplex_entry_descriptors: descriptors,
    }))
}

/// `multiplexEntrySendAck` (§7.5.2), 1..=15 entry numbers.
pub fn multiplex_entry_send_ack(sequence: u8, entries: &[u8]) -> Message {
    response(ResponseMessage::MultiplexEntrySendAck(MultiplexEntrySendAck {
        sequence_number: sequence,
        multiplex_table_entry_number: table_numbers(entries),
    }))
}

/// `multiplexEntrySendReject` (§7.5.3): too complex where `complex` says so, else no reason.
pub fn multiplex_entry_send_reject(sequence: u8, entries: &[u8], complex: bool) -> Message {
    let cause = if complex { RejectionCause::DescriptorTooComplex } else { RejectionCause::UnspecifiedCause };
    let rejection = |number| RejectionDescription {
        multiplex_table_entry_number: number,
        cause: Open::Known(cause.clone()),
    };
    response(ResponseMessage::MultiplexEntrySendReject(MultiplexEntrySendReject {
        sequence_number: sequence,
        rejection_descriptions: table_numbers(entries).into_iter().map(rejection).collect(),
    }))
}

/// `multiplexEntrySendRelease` (§7.5.4).
pub fn multiplex_entry_send_release(entries: &[u8]) -> Message {
    indication_message(IndicationMessage::MultiplexEntrySendRelease(EntryNumbers {
        entry_numbers: table_numbers(entries),
    }))
}

/// `requestMultiplexEntry` (§7.6.1), 1..=15 entry numbers.
pub fn request_multiplex_entry(entries: &[u8]) -> Message {
    request(RequestMessage::RequestMultiplexEntry(EntryNumbers { entry_numbers: table_numbers(entries) }))
}

/// `requestMultiplexEntryRelease` (§7.6.4), 1..=15 entry numbers.
pub fn request_multiplex_entry_release(entries: &[u8]) -> Message {
    indication_message(IndicationMessage::RequestMultiplexEntryRelease(EntryNumbers {
        entry_numbers: table_numbers(entries),
    }))
}

/// `requestMultiplexEntryAck` (§7.6.2).
pub fn request_multiplex_entry_ack(entries: &[u8]) -> Message {
    response(ResponseMessage::RequestMultiplexEntryAck(EntryNumbers {
        entry_numbers: table_numbers(entries),
    }))
}

/// `requestMultiplexEntryReject` (§7.6.3).
pub fn request_multiplex_entry_reject(entries: &[u8]) -> Message {
    let numbers = table_numbers(entries);
    let rejection = |number: &TableNumber| RequestRejection {
        multiplex_table_entry_number: *number,
        cause: Open::Known(UnspecifiedCause::Unspecified),
    };
    response(ResponseMessage::RequestMultiplexEntryReject(RequestMultiplexEntryReject {
        rejection_descriptions: numbers.iter().map(rejection).collect(),
        entry_numbers: numbers,
    }))
}

/// `requestMode` (§7.7.1): descriptions by preference, 1..=256, each of 1..=256 elements. What cannot be asked
/// for is left out: an empty description, [`Other`](view::Mode::Other), speech that is not AMR, a codec known by
/// its name alone. `None` when nothing is left.
pub fn request_mode(sequence: u8, modes: &[Vec<view::Mode>]) -> Option<Message> {
    let description = |mode: &Vec<view::Mode>| {
        let elements: Vec<_> = mode.iter().filter_map(build_media::mode).take(256).collect();
        (!elements.is_empty()).then_some(ModeDescription(elements))
    };
    let requested_modes: Vec<_> = modes.iter().filter_map(description).take(256).collect();
    let message = RequestMode { sequence_number: sequence, requested_modes };
    (!message.requested_modes.is_empty()).then(|| request(RequestMessage::RequestMode(message)))
}

/// `requestModeRelease` (§7.7.4).
pub fn request_mode_release() -> Message {
    indication_message(IndicationMessage::RequestModeRelease(Empty {}))
}

/// `requestModeAck` (§7.7.2): the most preferred mode, or a less preferred one.
pub fn request_mode_ack(sequence: u8, most_preferred: bool) -> Message {
    let answer = match most_preferred {
        true => ModeResponse::WillTransmitMostPreferredMode,
        false => ModeResponse::WillTransmitLessPreferredMode,
    };
    response(ResponseMessage::RequestModeAck(RequestModeAck {
        sequence_number: sequence,
        response: Open::Known(answer),
    }))
}

/// `requestModeReject` (§7.7.3): mode unavailable.
pub fn request_mode_reject(sequence: u8) -> Message {
    response(ResponseMessage::RequestModeReject(RequestModeReject {
        sequence_number: sequence,
        cause: Open::Known(ModeRejectCause::ModeUnavailable),
    }))
}

/// `roundTripDelayRequest` (§7.8.1).
pub fn round_trip_delay_request(sequence: u8) -> Message {
    request(RequestMessage::RoundTripDelayRequest(Sequence { sequence_number: sequence }))
}

/// `roundTripDelayResponse` (§7.8.2).
pub fn round_trip_delay_response(sequence: u8) -> Message {
    response(ResponseMessage::RoundTripDelayResponse(Sequence { sequence_number: sequence }))
}

/// `maintenanceLoopRequest` (§7.9.1). [`Loop::Other`] goes as the system loop.
pub fn maintenance_loop_request(which: Loop) -> Message {
    let kind = Open::Known(loop_type(which));
    request(RequestMessage::MaintenanceLoopRequest(MaintenanceLoop { kind }))
}

/// `maintenanceLoopOffCommand` (§7.9.4).
pub fn maintenance_loop_off() -> Message {
    command_message(CommandMessage::MaintenanceLoopOffCommand(Empty {}))
}

/// `maintenanceLoopReject` (§7.9.3): cannot be done. [`Loop::Other`] is answered as the system loop.
pub fn maintenance_loop_reject(which: Loop) -> Message {
    response(ResponseMessage::MaintenanceLoopReject(MaintenanceLoopReject {
        kind: Open::Known(loop_type(which)),
        cause: Open::Known(LoopCause::CanNotPerformLoop),
    }))
}

/// `sendTerminalCapabilitySet` (§7.11.1): the whole of it.
pub fn send_terminal_capability_set() -> Message {
    command_message(CommandMessage::SendTerminalCapabilitySet(Open::Known(
        SendTerminalCapabilitySet::GenericRequest,
    )))
}

/// `flowControlCommand` (§7.11.3); `None` lifts the limit.
pub fn flow_control(scope: view::Scope, bps_max: Option<u32>) -> Message {
    let scope = match scope {
        view::Scope::Channel(channel) => Scope::LogicalChannelNumber(number(channel)),
        view::Scope::Resource(resource) => Scope::ResourceId(resource),
        view::Scope::WholeMultiplex => Scope::WholeMultiplex,
    };
    let restriction = match bps_max {
        Some(bps) => Restriction::MaximumBitRate((bps / 100).min(0xff_ffff)),
        None => Restriction::NoRestriction,
    };
    command_message(CommandMessage::FlowControlCommand(FlowControl { scope, restriction }))
}

/// `endSessionCommand` (§7.11.4): disconnect.
pub fn end_session() -> Message {
    command_message(CommandMessage::EndSessionCommand(Open::Known(EndSessionCommand::Disconnect)))
}

/// `miscellaneousCommand` (§7.11.5). [`Other`](view::Command::Other) goes as a fast update.
pub fn command(channel: u16, command: view::Command) -> Message {
    command_message(CommandMessage::MiscellaneousCommand(MiscellaneousCommand {
        logical_channel_number: number(channel),
        kind: Open::Known(command_type(command)),
        direction: None,
    }))
}

/// `h223MultiplexReconfiguration` (§7.11.8). [`Other`](view::Reconfiguration::Other) goes as level 2.
pub fn multiplex_reconfiguration(change: view::Reconfiguration) -> Message {
    use view::Reconfiguration as R;
    let mode = |change| H223MultiplexReconfiguration::H223ModeChange(Open::Known(change));
    let flag = |flag| H223MultiplexReconfiguration::H223AnnexADoubleFlag(Open::Known(flag));
    let message = match change {
        R::Level0 => mode(H223ModeChange::ToLevel0),
        R::Level1 => mode(H223ModeChange::ToLevel1),
        R::Level2 | R::Other => mode(H223ModeChange::ToLevel2),
        R::Level2OptionalHeader => mode(H223ModeChange::ToLevel2WithOptionalHeader),
        R::DoubleFlag(true) => flag(DoubleFlag::Start),
        R::DoubleFlag(false) => flag(DoubleFlag::Stop),
    };
    command_message(CommandMessage::H223MultiplexReconfiguration(Open::Known(message)))
}

/// `miscellaneousIndication` (§7.12.2). [`Other`](view::Indication::Other) goes as active.
pub fn indication(channel: u16, indication: view::Indication) -> Message {
    use view::Indication as I;
    let kind = match indication {
        I::Active | I::Other => IndicationType::LogicalChannelActive,
        I::Inactive => IndicationType::LogicalChannelInactive,
        I::ReadyToActivate => IndicationType::VideoIndicateReadyToActivate,
        I::TemporalSpatialTradeOff(value) => IndicationType::VideoTemporalSpatialTradeOff(value.min(31)),
        I::NotDecodedMbs { first, count } => IndicationType::VideoNotDecodedMbs(NotDecodedMbs {
            first_mb: first.clamp(1, 8192),
            number_of_mbs: count.clamp(1, 8192),
            temporal_reference: 0,
        }),
    };
    indication_message(IndicationMessage::MiscellaneousIndication(MiscellaneousIndication {
        logical_channel_number: number(channel),
        kind: Open::Known(kind),
    }))
}

/// `h223SkewIndication` (§7.12.4), 0..=4095 ms.
pub fn skew(earlier: u16, later: u16, skew: Duration) -> Message {
    indication_message(IndicationMessage::H223SkewIndication(SkewIndication {
        logical_channel_number1: number(earlier),
        logical_channel_number2: number(later),
        skew: skew.as_millis().min(4095) as u16,
    }))
}

/// `userInput` with `alphanumeric` (§7.12.6).
pub fn alphanumeric(text: &str) -> Message {
    let text = text.as_bytes().to_vec().into();
    indication_message(IndicationMessage::UserInput(Open::Known(UserInputIndication::Alphanumeric(text))))
}

/// `userInput` with `signal` (§7.12.6), 1..=65535 ms. A key that none is goes as `!`, which phones take
/// for the hook-flash: check before.
pub fn signal(key: char, duration: Option<Duration>) -> Message {
    let key = if KEYS.contains(key) { key as u8 } else { b'!' };
    indication_message(IndicationMessage::UserInput(Open::Known(UserInputIndication::Signal(Signal {
        signal_type: vec![key].into(),
        duration: duration.map(milliseconds),
        rtp: None,
        rtp_payload_indication: None,
        params: None,
        encrypted_signal_type: None,
        algorithm_oid: None,
    }))))
}

/// `userInput` with `signalUpdate` (§7.12.6), 1..=65535 ms in all.
pub fn signal_update(duration: Duration) -> Message {
    indication_message(IndicationMessage::UserInput(Open::Known(UserInputIndication::SignalUpdate(
        SignalUpdate { duration: milliseconds(duration), rtp: None },
    ))))
}

/// `vendorIdentification` (§7.12.10) under this object identifier, texts of 1..=256 octets.
pub fn vendor_identification(vendor: &[u32], product: &str, version: &str) -> Message {
    let text = |text: &str| {
        let octets = &text.as_bytes()[..text.len().min(256)];
        (!octets.is_empty()).then(|| octets.to_vec().into())
    };
    indication_message(IndicationMessage::VendorIdentification(VendorIdentification {
        vendor: NonStandardIdentifier::Object(oid::octets(vendor).into()),
        product_number: text(product),
        version_number: text(version),
    }))
}

/// `functionNotUnderstood` (§7.12.1): a request, response or command sent back. Anything else goes back as
/// [`function_not_supported`].
pub fn function_not_understood(message: &Message) -> Message {
    let returned = match message.0.known() {
        Some(MultimediaSystemControlMessage::Request(message)) => {
            FunctionNotUnderstood::Request(message.clone())
        }
        Some(MultimediaSystemControlMessage::Response(message)) => {
            FunctionNotUnderstood::Response(message.clone())
        }
        Some(MultimediaSystemControlMessage::Command(message)) => {
            FunctionNotUnderstood::Command(message.clone())
        }
        Some(MultimediaSystemControlMessage::Indication(_)) | None => {
            return function_not_supported(Unsupported::UnknownFunction, &encode(message));
        }
    };
    indication_message(IndicationMessage::FunctionNotUnderstood(returned))
}

/// `functionNotSupported` (§7.12.11): the octets of what was not known, or could not be read.
pub fn function_not_supported(cause: Unsupported, returned: &[u8]) -> Message {
    let cause = match cause {
        Unsupported::SyntaxError => NotSupportedCause::SyntaxError,
        Unsupported::SemanticError => NotSupportedCause::SemanticError,
        Unsupported::UnknownFunction => NotSupportedCause::UnknownFunction,
    };
    let returned = &returned[..returned.len().min(RETURNED_MAX)];
    indication_message(IndicationMessage::FunctionNotSupported(FunctionNotSupported {
        cause: Open::Known(cause),
        returned_function: (!returned.is_empty()).then(|| returned.to_vec().into()),
    }))
}

/// Octets of a message that are sent back at most; the peer knows the rest.
const RETURNED_MAX: usize = 256;

fn loop_type(which: Loop) -> LoopType {
    match which {
        Loop::System | Loop::Other => LoopType::System,
        Loop::Media(channel) => LoopType::Media(number(channel)),
        Loop::LogicalChannel(channel) => LoopType::LogicalChannel(number(channel)),
    }
}

fn descriptor(entry: &TableEntry) -> MultiplexEntryDescriptor {
    let elements = entry.elements.as_ref().filter(|elements| !elements.is_empty());
    MultiplexEntryDescriptor {
        multiplex_table_entry_number: TableNumber(entry.number.clamp(1, 15)),
        element_list: elements.map(|elements| elements.iter().take(256).map(element).collect()),
    }
}

/// A nested list of one element, which the module does not know, is that element as often as both say.
fn element(of: &Element) -> MultiplexElement {
    let kind = match &of.what {
        view::Content::Channel(channel) => ElementType::LogicalChannelNumber(*channel),
        view::Content::Nested(list) => match list.as_slice() {
            [] => ElementType::LogicalChannelNumber(0),
            [one] => return element(&merged(one, of.times)),
            [..] => ElementType::SubElementList(list.iter().take(255).map(element).collect()),
        },
    };
    let repeat_count = match of.times {
        Some(times) => RepeatCount::Finite(times.max(1)),
        None => RepeatCount::UntilClosingFlag,
    };
    MultiplexElement { kind, repeat_count }
}

/// One element, repeated as often as the list that holds it alone.
fn merged(one: &Element, list: Option<u16>) -> Element {
    let times = one.times.zip(list).map(|(one, list)| one.saturating_mul(list));
    Element { what: one.what.clone(), times }
}

fn command_type(command: view::Command) -> CommandType {
    use view::Command as C;
    match command {
        C::FreezePicture => CommandType::VideoFreezePicture,
        C::FastUpdatePicture | C::Other => CommandType::VideoFastUpdatePicture,
        C::FastUpdateGob { first, count } => CommandType::VideoFastUpdateGob(FastUpdateGob {
            first_gob: first.min(17),
            number_of_gobs: count.clamp(1, 18),
        }),
        C::FastUpdateMb { first_gob, first, count } => CommandType::VideoFastUpdateMb(FastUpdateMb {
            first_gob,
            first_mb: first.map(|first| first.clamp(1, 8192)),
            number_of_mbs: count.clamp(1, 8192),
        }),
        C::TemporalSpatialTradeOff(value) => CommandType::VideoTemporalSpatialTradeOff(value.min(31)),
        C::SyncEveryGob(true) => CommandType::VideoSendSyncEveryGob,
        C::SyncEveryGob(false) => CommandType::VideoSendSyncEveryGobCancel,
        C::MaxMuxPduSize(octets) => CommandType::MaxH223MuxPduSize(octets.max(1)),
        C::EqualiseDelay(true) => CommandType::EqualiseDelay,
        C::EqualiseDelay(false) => CommandType::ZeroDelay,
        C::ReceiveMedia(true) => CommandType::SwitchReceiveMediaOn,
        C::ReceiveMedia(false) => CommandType::SwitchReceiveMediaOff,
    }
}
