//! Makers of the messages that a terminal sends. Values out of range are brought into it.

use std::time::Duration;

use super::Message;
use super::view::*;

/// `masterSlaveDetermination` (§7.2.1); of the number, the lower 24 bits.
pub fn master_slave_determination(terminal_type: u8, number: u32) -> Message {
    let _ = (terminal_type, number);
    Message::default()
}

/// `masterSlaveDeterminationAck` (§7.2.2): what the receiver of this message is.
pub fn master_slave_determination_ack(role: Role) -> Message {
    let _ = role;
    Message::default()
}

/// `masterSlaveDeterminationReject` (§7.2.3): identical numbers.
pub fn master_slave_determination_reject() -> Message {
    Message::default()
}

/// `masterSlaveDeterminationRelease` (§7.2.4).
pub fn master_slave_determination_release() -> Message {
    Message::default()
}

/// `terminalCapabilitySet` (§7.3.1).
pub fn terminal_capability_set(sequence: u8, capabilities: &Capabilities) -> Message {
    let _ = (sequence, capabilities);
    Message::default()
}

/// `terminalCapabilitySetAck` (§7.3.2).
pub fn terminal_capability_set_ack(sequence: u8) -> Message {
    let _ = sequence;
    Message::default()
}

/// `terminalCapabilitySetReject` (§7.3.3), without a reason.
pub fn terminal_capability_set_reject(sequence: u8) -> Message {
    let _ = sequence;
    Message::default()
}

/// `terminalCapabilitySetRelease` (§7.3.4).
pub fn terminal_capability_set_release() -> Message {
    Message::default()
}

/// `openLogicalChannel` (§7.4.1), one way or both.
pub fn open_logical_channel(request: &ChannelRequest) -> Message {
    let _ = request;
    Message::default()
}

/// `openLogicalChannelAck` (§7.4.2); `reverse` is our number for the way back of a channel both ways.
pub fn open_logical_channel_ack(channel: u16, reverse: Option<u16>) -> Message {
    let _ = (channel, reverse);
    Message::default()
}

/// `openLogicalChannelReject` (§7.4.3).
pub fn open_logical_channel_reject(channel: u16, cause: RejectCause) -> Message {
    let _ = (channel, cause);
    Message::default()
}

/// `openLogicalChannelConfirm` (§7.4.4).
pub fn open_logical_channel_confirm(channel: u16) -> Message {
    let _ = channel;
    Message::default()
}

/// `closeLogicalChannel` (§7.4.5), by the user's wish.
pub fn close_logical_channel(channel: u16) -> Message {
    let _ = channel;
    Message::default()
}

/// `closeLogicalChannelAck` (§7.4.6).
pub fn close_logical_channel_ack(channel: u16) -> Message {
    let _ = channel;
    Message::default()
}

/// `requestChannelClose` (§7.4.7).
pub fn request_channel_close(channel: u16) -> Message {
    let _ = channel;
    Message::default()
}

/// `requestChannelCloseAck` (§7.4.8).
pub fn request_channel_close_ack(channel: u16) -> Message {
    let _ = channel;
    Message::default()
}

/// `requestChannelCloseReject` (§7.4.9).
pub fn request_channel_close_reject(channel: u16) -> Message {
    let _ = channel;
    Message::default()
}

/// `multiplexEntrySend` (§7.5.1), 1..=15 entries; further ones are left out.
pub fn multiplex_entry_send(sequence: u8, entries: &[TableEntry]) -> Message {
    let _ = (sequence, entries);
    Message::default()
}

/// `multiplexEntrySendAck` (§7.5.2), 1..=15 entry numbers.
pub fn multiplex_entry_send_ack(sequence: u8, entries: &[u8]) -> Message {
    let _ = (sequence, entries);
    Message::default()
}

/// `multiplexEntrySendReject` (§7.5.3): too complex where `complex` says so, else no reason.
pub fn multiplex_entry_send_reject(sequence: u8, entries: &[u8], complex: bool) -> Message {
    let _ = (sequence, entries, complex);
    Message::default()
}

/// `multiplexEntrySendRelease` (§7.5.4).
pub fn multiplex_entry_send_release(entries: &[u8]) -> Message {
    let _ = entries;
    Message::default()
}

/// `requestMultiplexEntryAck` (§7.6.2).
pub fn request_multiplex_entry_ack(entries: &[u8]) -> Message {
    let _ = entries;
    Message::default()
}

/// `requestMultiplexEntryReject` (§7.6.3).
pub fn request_multiplex_entry_reject(entries: &[u8]) -> Message {
    let _ = entries;
    Message::default()
}

/// `requestModeAck` (§7.7.2): the most preferred mode, or a less preferred one.
pub fn request_mode_ack(sequence: u8, most_preferred: bool) -> Message {
    let _ = (sequence, most_preferred);
    Message::default()
}

/// `requestModeReject` (§7.7.3): mode unavailable.
pub fn request_mode_reject(sequence: u8) -> Message {
    let _ = sequence;
    Message::default()
}

/// `roundTripDelayRequest` (§7.8.1).
pub fn round_trip_delay_request(sequence: u8) -> Message {
    let _ = sequence;
    Message::default()
}

/// `roundTripDelayResponse` (§7.8.2).
pub fn round_trip_delay_response(sequence: u8) -> Message {
    let _ = sequence;
    Message::default()
}

/// `maintenanceLoopReject` (§7.9.3): cannot be done. [`Loop::Other`] is answered as the system loop.
pub fn maintenance_loop_reject(which: Loop) -> Message {
    let _ = which;
    Message::default()
}

/// `sendTerminalCapabilitySet` (§7.11.1): the whole of it.
pub fn send_terminal_capability_set() -> Message {
    Message::default()
}

/// `flowControlCommand` (§7.11.3); `None` lifts the limit.
pub fn flow_control(scope: Scope, bps_max: Option<u32>) -> Message {
    let _ = (scope, bps_max);
    Message::default()
}

/// `endSessionCommand` (§7.11.4): disconnect.
pub fn end_session() -> Message {
    Message::default()
}

/// `miscellaneousCommand` (§7.11.5). [`Command::Other`] goes as a fast update.
pub fn command(channel: u16, command: Command) -> Message {
    let _ = (channel, command);
    Message::default()
}

/// `h223MultiplexReconfiguration` (§7.11.8). [`Reconfiguration::Other`] goes as level 2.
pub fn multiplex_reconfiguration(change: Reconfiguration) -> Message {
    let _ = change;
    Message::default()
}

/// `miscellaneousIndication` (§7.12.2). [`Indication::Other`] goes as active.
pub fn indication(channel: u16, indication: Indication) -> Message {
    let _ = (channel, indication);
    Message::default()
}

/// `h223SkewIndication` (§7.12.4), 0..=4095 ms.
pub fn skew(earlier: u16, later: u16, skew: Duration) -> Message {
    let _ = (earlier, later, skew);
    Message::default()
}

/// `userInput` with `alphanumeric` (§7.12.6).
pub fn alphanumeric(text: &str) -> Message {
    let _ = text;
    Message::default()
}

/// `userInput` with `signal` (§7.12.6), 1..=65535 ms. A key that none is goes as `!`, which phones take
/// for the hook-flash: check before.
pub fn signal(key: char, duration: Option<Duration>) -> Message {
    let _ = (key, duration);
    Message::default()
}

/// `userInput` with `signalUpdate` (§7.12.6), 1..=65535 ms in all.
pub fn signal_update(duration: Duration) -> Message {
    let _ = duration;
    Message::default()
}

/// `vendorIdentification` (§7.12.10) under this object identifier, texts of 1..=256 octets.
pub fn vendor_identification(vendor: &[u32], product: &str, version: &str) -> Message {
    let _ = (vendor, product, version);
    Message::default()
}

/// `functionNotUnderstood` (§7.12.1): a request, response or command sent back. An indication goes back
/// by [`function_not_supported`].
pub fn function_not_understood(message: &Message) -> Message {
    let _ = message;
    Message::default()
}

/// `functionNotSupported` (§7.12.11): the octets of what was not known, or could not be read.
pub fn function_not_supported(cause: Unsupported, returned: &[u8]) -> Message {
    let _ = (cause, returned);
    Message::default()
}
