//! What each control message does (H.245 §7, §8).

use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Codec, Kind};

use super::capabilities::{merged, video_attempts};
use super::digits::digit;
use super::mastership::Answer;
use super::timers::Timer;
use super::{DigitForm, EndCause, Event, Phase, Session, capabilities};
use crate::h245::view::{
    Capabilities, Command, Indication, Mode, Reconfiguration, Scope, Unsupported, UserInput, UserInputForm,
    Vendor, Video,
};
use crate::h245::{self, Message, View, build};
use crate::{Level, limits};

impl Session {
    /// Says what we can and asks who leads, as soon as the level is settled.
    pub(super) fn start_control(&mut self, now: Instant) {
        self.send_capabilities(now);
        self.determine(now);
    }

    /// What nobody waits for, and what would only make the first messages longer, which are lost more easily.
    pub(super) fn introduce(&mut self) {
        if !self.config.vendor.is_empty() {
            // 2.999 is the arc for examples: there is no number of our own.
            let version = env!("CARGO_PKG_VERSION");
            self.control.post(&build::vendor_identification(&[2, 999], &self.config.vendor, version));
        }
        if self.peer.as_ref().and_then(|peer| peer.multiplex).is_some_and(|multiplex| multiplex.mux_pdu_size)
        {
            // It is about the whole multiplex; any channel number will do (H.245 §7.11.5).
            self.control.post(&build::command(u16::MAX, Command::MaxMuxPduSize(limits::PDU_WANTED)));
        }
    }

    /// Everything in one control SDU.
    pub(super) fn messages_arrived(&mut self, now: Instant, sdu: &Bytes) {
        let (messages, error) = h245::decode(sdu);
        for message in messages {
            self.tallies.messages_received += 1;
            self.message_arrived(now, &message);
        }
        if let Some(error) = error {
            self.tallies.messages_bad += 1;
            let rest = sdu.get(error.offset..).unwrap_or_default();
            self.complain(|| build::function_not_supported(Unsupported::SyntaxError, rest));
        }
    }

    fn message_arrived(&mut self, now: Instant, message: &Message) {
        let view = message.view();
        match self.phase {
            Phase::Talking => self.follow(now, message, view),
            // After EndSession nothing else is said (H.245 §7.11.4).
            Phase::Ending if matches!(view, View::EndSession { .. }) => self.end(EndCause::HungUp),
            Phase::Searching | Phase::Ending | Phase::Over(_) => {}
        }
    }

    fn follow(&mut self, now: Instant, message: &Message, view: View) {
        match view {
            View::MasterSlaveDetermination { terminal_type, number } => {
                let answer = self.mastership.determination(terminal_type, number, &mut self.random);
                self.follow_mastership(now, answer);
            }
            View::MasterSlaveDeterminationAck { role } => {
                let answer = self.mastership.ack(role, &mut self.random);
                self.follow_mastership(now, answer);
            }
            View::MasterSlaveDeterminationReject | View::MasterSlaveDeterminationRelease => {
                if !self.mastership.is_agreed() {
                    let answer = self.mastership.again(&mut self.random);
                    self.follow_mastership(now, answer);
                }
            }
            View::TerminalCapabilitySet { sequence, capabilities } => {
                self.control.post(&build::terminal_capability_set_ack(sequence));
                self.peer_can(now, *capabilities);
            }
            View::TerminalCapabilitySetAck { sequence } if sequence == self.capability_sequence => {
                self.timers.stop(Timer::T101);
            }
            View::TerminalCapabilitySetAck { .. } | View::TerminalCapabilitySetRelease => {}
            View::TerminalCapabilitySetReject { .. } => self.end(EndCause::CapabilitiesUnanswered),
            View::SendTerminalCapabilitySet => self.send_capabilities(now),
            View::OpenLogicalChannel(request) => self.open_requested(now, *request),
            View::OpenLogicalChannelAck { channel, reverse } => self.own_acknowledged(now, channel, reverse),
            View::OpenLogicalChannelReject { channel, cause } => self.own_rejected(now, channel, cause),
            View::CloseLogicalChannel { channel } => self.close_requested(channel),
            View::CloseLogicalChannelAck { channel } => self.own_closed(now, Some(channel)),
            View::RequestChannelClose { channel } => self.close_wanted(now, channel),
            View::MultiplexEntrySend { sequence, entries } => self.entries_requested(sequence, &entries),
            View::MultiplexEntrySendAck { sequence, entries } => {
                self.entries_acknowledged(now, sequence, &entries);
            }
            View::MultiplexEntrySendReject { .. } => self.send_entries_again(now),
            View::RequestMultiplexEntry { entries } => {
                self.control.post(&build::request_multiplex_entry_ack(&entries));
                self.forget_entries(&entries);
                self.send_entries(now);
            }
            View::RequestMode { sequence, modes } => self.mode_wanted(now, sequence, &modes),
            View::RoundTripDelayRequest { sequence } => {
                self.control.post(&build::round_trip_delay_response(sequence));
            }
            View::RoundTripDelayResponse { sequence } => self.round_trip_ended(now, sequence),
            View::MaintenanceLoopRequest(which) => self.control.post(&build::maintenance_loop_reject(which)),
            View::FlowControl { scope, bps_max } => self.flow_limited(now, scope, bps_max),
            View::EndSession { .. } => self.peer_ended(),
            View::Command { command, .. } => self.follow_command(now, command),
            View::Indication { channel, indication } => self.follow_indication(channel, indication),
            View::Skew { earlier, later, skew_ms } => {
                self.skewed(earlier, later, Duration::from_millis(skew_ms.into()));
            }
            View::UserInput(input) => self.user_input(now, &input),
            View::Vendor(vendor) => self.event(Event::Vendor(name_of(&vendor))),
            View::OtherRequest => self.complain(|| build::function_not_understood(message)),
            View::MultiplexReconfiguration(change) => self.reconfigure(message, change),
            View::RequestModeAck { sequence } => self.mode_answered(sequence, true),
            View::RequestModeReject { sequence } => self.mode_answered(sequence, false),
            View::MaintenanceLoopAck(_) => self.loop_answered(true),
            View::MaintenanceLoopReject(_) => self.loop_answered(false),
            View::RequestChannelCloseAck { channel } => self.close_answered(channel, true),
            View::RequestChannelCloseReject { channel } => self.close_answered(channel, false),
            View::RequestMultiplexEntryAck { .. } | View::RequestMultiplexEntryReject { .. } => {
                self.entries_answered();
            }
            View::Jitter { jitter: (mantissa, exponent), .. } => {
                self.event(Event::PeerJitter { mantissa, exponent });
            }
            View::OpenLogicalChannelConfirm { .. }
            | View::RequestChannelCloseRelease { .. }
            | View::MultiplexEntrySendRelease { .. }
            | View::RequestMultiplexEntryRelease { .. }
            | View::RequestModeRelease
            | View::MaintenanceLoopOffCommand
            | View::FunctionNotUnderstood(_)
            | View::FunctionNotSupported { .. }
            | View::FlowControlIndication { .. }
            | View::Other => {}
        }
    }

    pub(super) fn send_capabilities(&mut self, now: Instant) {
        self.capability_sequence = self.capability_sequence.wrapping_add(1);
        let ours = capabilities::ours(&self.config);
        self.control.post(&build::terminal_capability_set(self.capability_sequence, &ours));
        self.timers.start(Timer::T101, now, limits::T101);
    }

    fn determine(&mut self, now: Instant) {
        let number = self.mastership.number();
        self.control.post(&build::master_slave_determination(self.config.terminal_type, number));
        self.timers.start(Timer::T106, now, limits::T106);
    }

    /// What determination came to (H.245 §8.2).
    fn follow_mastership(&mut self, now: Instant, answer: Answer) {
        if self.mastership.is_agreed() {
            self.timers.stop(Timer::T106);
        }
        match answer {
            Answer::Determine(_) => self.determine(now),
            Answer::Ack(role) => self.control.post(&build::master_slave_determination_ack(role)),
            Answer::Nothing => {}
            Answer::Failed => self.end(EndCause::NoMaster),
        }
    }

    fn peer_can(&mut self, now: Instant, capabilities: Capabilities) {
        self.timers.stop(Timer::PeerCapabilities);
        if capabilities.multiplex.as_ref().is_some_and(|multiplex| multiplex.nsrp) {
            self.control.nsrp_supported();
        }
        let before = self.peer.take();
        let unseen = before.as_ref().is_some_and(|peer| video_attempts(&self.config, peer).is_empty());
        self.peer = merged(before, capabilities);
        if self.peer.is_some() {
            self.revise_audio(now);
            self.revise_video(now, unseen);
        } else {
            self.pause(now);
        }
    }

    /// RequestChannelClose (§8.5): a picture channel is closed, speech stays.
    fn close_wanted(&mut self, now: Instant, channel: u16) {
        if channel == self.sending.video.lcn {
            self.control.post(&build::request_channel_close_ack(channel));
            self.close_own(now, Kind::Video);
            self.sending.video.give_up();
        } else {
            self.control.post(&build::request_channel_close_reject(channel));
        }
    }

    /// RequestMode (§8.9): the first description that only asks for what we can send.
    pub(super) fn mode_wanted(&mut self, now: Instant, sequence: u8, modes: &[Vec<Mode>]) {
        for (at, mode) in modes.iter().enumerate() {
            let wanted: Option<Vec<Option<Codec>>> = mode.iter().map(codec_of).collect();
            let Some(video) = wanted.map(|codecs| codecs.into_iter().flatten().next()) else { continue };
            if video.is_none_or(|codec| self.change_video(now, codec)) {
                self.control.post(&build::request_mode_ack(sequence, at == 0));
                return;
            }
        }
        self.control.post(&build::request_mode_reject(sequence));
    }

    /// h223MultiplexReconfiguration: what we send is to go at another level (H.324 §C.7). Stuffing of the new one
    /// goes first, by which the peer finds it.
    fn reconfigure(&mut self, message: &Message, change: Reconfiguration) {
        let level = match change {
            Reconfiguration::Level1 => Some(Level::One { double_flag: false }),
            Reconfiguration::Level2 => Some(Level::Two { optional_header: false }),
            Reconfiguration::Level2OptionalHeader => Some(Level::Two { optional_header: true }),
            Reconfiguration::DoubleFlag(double_flag) => match self.line.mux.level() {
                Level::One { .. } => Some(Level::One { double_flag }),
                // Said for the time when level 1 is commanded, which then comes without.
                Level::Zero | Level::Two { .. } => return,
            },
            Reconfiguration::Level0 | Reconfiguration::Other => None,
        };
        if !level.is_some_and(|level| self.line.command(level)) {
            self.complain(|| build::function_not_understood(message));
        }
    }

    fn flow_limited(&mut self, now: Instant, scope: Scope, bps_max: Option<u32>) {
        match scope {
            Scope::Channel(channel) if channel == self.sending.video.lcn => self.flow.pictures = bps_max,
            Scope::WholeMultiplex => self.flow.whole = bps_max,
            Scope::Channel(_) | Scope::Resource(_) => return,
        }
        self.limit_pictures(now);
        let bps = self.flow.for_pictures();
        self.event(Event::RateLimit { bps });
    }

    pub(super) fn limit_peer(&mut self, bps: Option<u32>) {
        if let Some(channel) = self.picture_channel() {
            self.control.post(&build::flow_control(Scope::Channel(channel), bps));
        }
    }

    fn follow_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::FastUpdatePicture | Command::FastUpdateGob { .. } | Command::FastUpdateMb { .. } => {
                self.key_wanted.want(now);
            }
            Command::MaxMuxPduSize(octets) => self.line.mux.set_max_pdu(octets),
            Command::TemporalSpatialTradeOff(value) if self.config.trade_off => {
                self.event(Event::TradeOffWanted(value));
            }
            Command::FreezePicture
            | Command::TemporalSpatialTradeOff(_)
            | Command::SyncEveryGob(_)
            | Command::EqualiseDelay(_)
            | Command::ReceiveMedia(_)
            | Command::Other => {}
        }
    }

    fn follow_indication(&mut self, channel: u16, indication: Indication) {
        let pictures = self.picture_channel() == Some(channel);
        match indication {
            Indication::Active if pictures => self.event(Event::PeerVideoActive(true)),
            Indication::Inactive if pictures => self.event(Event::PeerVideoActive(false)),
            Indication::TemporalSpatialTradeOff(value) if pictures => self.event(Event::PeerTradeOff(value)),
            Indication::Active
            | Indication::Inactive
            | Indication::ReadyToActivate
            | Indication::TemporalSpatialTradeOff(_)
            | Indication::NotDecodedMbs { .. }
            | Indication::Other => {}
        }
    }

    fn user_input(&mut self, now: Instant, input: &UserInput) {
        match input {
            UserInput::Alphanumeric(text) => {
                for key in text.chars().take(limits::DIGITS_MAX) {
                    self.key_pressed(now, key, DigitForm::Alphanumeric, None);
                }
            }
            UserInput::Signal { key, duration_ms } => {
                let duration = duration_ms.map(|ms| Duration::from_millis(ms.into()));
                self.key_pressed(now, *key, DigitForm::Signal, duration);
            }
            UserInput::SignalUpdate { .. } | UserInput::Support | UserInput::Other => {}
        }
    }

    fn key_pressed(&mut self, now: Instant, key: char, form: DigitForm, duration: Option<Duration>) {
        if let Some(digit) = self.digits.hear(now, key, form) {
            self.event(Event::Digit { digit, form, duration });
        }
    }

    /// Sends a digit in the form that is wanted, or in the one that the peer takes.
    pub(super) fn send_digit(&mut self, key: char, by: DigitForm, duration: Duration) {
        let (Some(key), Some(peer)) = (digit(key), self.peer.as_ref()) else { return };
        let forms: Vec<UserInputForm> = peer.user_input().collect();
        let signal = forms.contains(&UserInputForm::Dtmf);
        let strings = [UserInputForm::BasicString, UserInputForm::Ia5String, UserInputForm::GeneralString];
        let alphanumeric = strings.iter().any(|form| forms.contains(form));
        let form = match by {
            DigitForm::Alphanumeric if signal && !alphanumeric => DigitForm::Signal,
            DigitForm::Signal if alphanumeric && !signal => DigitForm::Alphanumeric,
            DigitForm::Alphanumeric | DigitForm::Signal => by,
        };
        self.control.post(&match form {
            DigitForm::Alphanumeric => build::alphanumeric(key.encode_utf8(&mut [0; 4])),
            DigitForm::Signal => build::signal(key, Some(duration)),
        });
    }

    fn round_trip_ended(&mut self, now: Instant, sequence: u8) {
        let Some((asked, at)) = self.probe else { return };
        if asked != sequence || !self.timers.runs(Timer::T105) {
            return;
        }
        self.timers.stop(Timer::T105);
        let took = now.saturating_duration_since(at);
        self.tallies.round_trip = Some(took);
        self.event(Event::RoundTrip(took));
    }

    /// Measures the round trip.
    pub(super) fn send_probe(&mut self, now: Instant) {
        self.probe_wanted = false;
        let sequence = self.probe.map_or(1, |(sequence, _)| sequence.wrapping_add(1));
        self.probe = Some((sequence, now));
        self.control.post(&build::round_trip_delay_request(sequence));
        self.timers.start(Timer::T105, now, limits::T105);
        self.timers.start(Timer::Probe, now, limits::PROBE_INTERVAL);
    }

    fn peer_ended(&mut self) {
        self.control.clear();
        self.control.post(&build::end_session());
        self.end(EndCause::PeerEnded);
    }

    /// Tells the peer that something was not understood, a few times a call: two terminals must not complain
    /// about each other's complaints for ever.
    fn complain(&mut self, message: impl FnOnce() -> Message) {
        if self.complaints < limits::COMPLAINTS_MAX && self.phase == Phase::Talking {
            self.complaints += 1;
            self.control.post(&message());
        }
    }
}

/// `Some(None)` for speech that we send anyway, `None` for what we cannot send.
fn codec_of(mode: &Mode) -> Option<Option<Codec>> {
    match mode {
        Mode::Audio("genericAudioMode") => Some(None),
        Mode::Audio(_) | Mode::Other => None,
        Mode::H263 { qcif, .. } => qcif.then_some(Some(Codec::H263)),
        Mode::GenericVideo(video) => match &**video {
            Video::Mpeg4(_) => Some(Some(Codec::Mpeg4)),
            Video::H263(_) => Some(Some(Codec::H263)),
            Video::H264(_) | Video::Other(_) => None,
        },
    }
}

fn name_of(vendor: &Vendor) -> String {
    let parts = [vendor.product.as_deref(), vendor.version.as_deref()];
    let text: Vec<&str> = parts.into_iter().flatten().collect();
    if text.is_empty() { vendor.vendor.clone() } else { text.join(" ") }
}
