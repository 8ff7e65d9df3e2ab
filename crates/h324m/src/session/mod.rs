//! The terminal: what happens on the line becomes a call (H.324 §7, Annex C; H.245 §8 and Annex C).
//!
//! Octets, frames and time go in by [`Session::handle_input`]; frames and events come out of
//! [`Session::poll_output`]; the line is filled by [`Session::take_line`], which sets the pace of everything
//! that is sent and must be called for every octet of the circuit, before the call is up and after it ended.
//! Poll after either.
//!
//! Set-up is as parallel as the peer allows: capabilities and master/slave determination go out with the
//! level, channels and multiplex table in one SDU as soon as the peer's are known, answers together.
//! Refused: level 3 with its adaptation layers, a change to level 0 in mid-call, maintenance loops.
//! Never sent: jitterIndication (H.245 §B.12.3). It tells a sender how its packets tremble, for its rate and its
//! buffers; over H.223 the circuit has one clock and nothing trembles, and what the packets before the circuit do
//! is put in order before the octets come here. The peer's is told to the owner.
//! Read `messages` for what each control message does, `outgoing` and `incoming` for the channels.

mod capabilities;
mod config;
mod control;
mod counters;
mod digits;
mod event;
mod incoming;
mod line;
mod mastership;
mod messages;
mod outgoing;
mod send;
mod timers;
mod wishes;

pub use config::{AudioChoice, Config};
pub use counters::Counters;
pub use event::{Channels, DigitForm, EndCause, Event, Input, Output, Way, Wish};

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use media::{Frame, Kind};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::h245::build;
use crate::h245::view::{Capabilities, Command, Indication};
use crate::{Level, limits};
use control::{Control, Happened};
use digits::Digits;
use incoming::Incoming;
use line::Line;
use mastership::Mastership;
use outgoing::Sending;
use send::Gate;
use timers::{Timer, Timers};
use wishes::Wishes;

/// How far the call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The peer's level is not known.
    Searching,
    /// Control messages go both ways.
    Talking,
    /// We said EndSession.
    Ending,
    /// Nothing is done any more, but the line is filled.
    Over(EndCause),
}

/// What the peer lets us send (flowControlCommand), bit/s.
#[derive(Debug, Default)]
struct Flow {
    pictures: Option<u32>,
    whole: Option<u32>,
}

/// One terminal on one circuit.
#[derive(Debug)]
pub struct Session {
    config: Config,
    start: Instant,
    phase: Phase,
    line: Line,
    control: Control,
    mastership: Mastership,
    /// `terminalCapabilitySet` sequence number.
    capability_sequence: u8,
    /// What the peer can; `None` before it said so, and while it wants no media.
    peer: Option<Capabilities>,
    sending: Sending,
    incoming: Vec<Incoming>,
    flow: Flow,
    digits: Digits,
    wishes: Wishes,
    /// Key pictures that we want of the peer.
    key_asked: Gate,
    /// Key pictures that the peer wants of us.
    key_wanted: Gate,
    /// The round trip request that is out.
    probe: Option<(u8, Instant)>,
    probe_wanted: bool,
    complaints: u32,
    /// H.223 sequences heard so far, and when the last one was.
    heard: (u64, Instant),
    /// Octets of the line so far, lost ones too.
    line_octets: u64,
    first_taken: Option<Instant>,
    up: bool,
    timers: Timers,
    random: StdRng,
    tallies: Counters,
    out: VecDeque<Output>,
}

impl Session {
    /// A terminal that has neither sent nor received. Its time line starts at `now`.
    #[must_use]
    pub fn new(now: Instant, config: Config) -> Self {
        let mut random = StdRng::seed_from_u64(config.seed);
        let mut timers = Timers::default();
        if config.answered {
            timers.start(Timer::Level, now, limits::LEVEL_WAIT);
        }
        Session {
            start: now,
            phase: Phase::Searching,
            line: Line::new(config.level, config.bit_order),
            control: Control::new(config.level, config.wnsrp),
            mastership: Mastership::new(config.terminal_type, &mut random),
            capability_sequence: 0,
            peer: None,
            sending: Sending::new(),
            incoming: Vec::new(),
            flow: Flow::default(),
            digits: Digits::default(),
            wishes: Wishes::default(),
            key_asked: Gate::new(limits::KEY_PICTURE_INTERVAL),
            key_wanted: Gate::new(limits::KEY_PICTURE_INTERVAL),
            probe: None,
            probe_wanted: false,
            complaints: 0,
            heard: (0, now),
            line_octets: 0,
            first_taken: None,
            up: false,
            timers,
            random,
            tallies: Counters::default(),
            out: VecDeque::new(),
            config,
        }
    }

    /// Takes octets of the line, a frame to send, a wish, or the time alone.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        if let Phase::Over(_) = self.phase {
            return;
        }
        match input {
            Input::Line(octets) => {
                self.line_octets += octets.len() as u64;
                self.line_arrived(now, &octets);
            }
            Input::Lost { octets } => {
                self.line_octets += octets as u64;
                self.line.lost(octets);
                self.drain_line(now);
            }
            Input::Frame(frame) => self.send_frame(now, &frame),
            Input::KeyPictureWanted => self.key_asked.want(now),
            Input::AbandonVideo => self.abandon_video(),
            Input::Digit { digit, by, duration } if self.phase == Phase::Talking => {
                self.send_digit(digit, by, duration);
            }
            Input::AskMode(codec) if self.up => self.ask_mode(now, codec),
            Input::AskVideoClosed if self.up => self.ask_close(now),
            Input::AskLoop(on) if self.up => self.ask_loop(now, on),
            Input::AskTradeOff(value) => self.say_trade_off(self.picture_channel(), value, true),
            Input::LimitVideo(bps) => self.limit_peer(bps),
            Input::TradeOff(value) => {
                self.say_trade_off(self.sending.pictures.as_ref().map(|pictures| pictures.lcn), value, false);
            }
            Input::Answered if self.phase == Phase::Searching && !self.timers.runs(Timer::Level) => {
                self.timers.start(Timer::Level, now, limits::LEVEL_WAIT);
            }
            Input::Hangup => self.hang_up(now),
            Input::Digit { .. }
            | Input::AskMode(_)
            | Input::AskVideoClosed
            | Input::AskLoop(_)
            | Input::Answered
            | Input::Timeout => {}
        }
        self.run(now);
    }

    /// The next octets for the line, exactly so many, in the order RTP carries them. Call it at the line's
    /// pace, 8000 octets a second: 160 every 20 ms.
    #[must_use]
    pub fn take_line(&mut self, now: Instant, octets: usize) -> Bytes {
        self.first_taken.get_or_insert(now);
        if self.phase == Phase::Talking {
            self.feed(now, octets);
            self.run(now);
        }
        self.line.take(octets)
    }

    /// The next thing to do, until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or_else(|| Output::Timeout(self.next_timeout()))
    }

    /// The counters since the session was made.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let (received, sent) = (self.line.demux.statistics(), self.line.mux.statistics());
        let up_round_trips = match (self.tallies.up_after, self.tallies.round_trip) {
            (Some(up), Some(trip)) if !trip.is_zero() => Some(up.as_secs_f32() / trip.as_secs_f32()),
            (Some(_) | None, Some(_) | None) => None,
        };
        Counters {
            up_round_trips,
            level: self.line.level(),
            golay_corrected: received.golay_corrected,
            headers_failed: received.golay_failed + received.hec_errors,
            crc_errors: received.crc_errors,
            sdus_lost: received.lost_sdus,
            resyncs: received.resyncs,
            octets_lost: received.octets_lost,
            retransmissions: self.control.statistics().retransmitted + sent.retransmissions,
            messages_sent: self.control.posted(),
            ..self.tallies
        }
    }

    /// Octets of the pictures that were handed in and are still to be sent, each as a whole, so that the next one may
    /// build on them; `None` when only a key picture would be sent next, or there is no channel.
    #[must_use]
    pub fn pictures_pending(&self) -> Option<usize> {
        self.sending.pictures.as_ref().and_then(|pictures| pictures.pending(&self.line.mux))
    }

    /// Why the call is over, once it is.
    #[must_use]
    pub fn ended(&self) -> Option<EndCause> {
        match self.phase {
            Phase::Over(cause) => Some(cause),
            Phase::Searching | Phase::Talking | Phase::Ending => None,
        }
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    fn line_arrived(&mut self, now: Instant, octets: &[u8]) {
        let settled = self.tallies.messages_received > 0 && self.line.level().is_some();
        let level = self.line.push(octets, settled);
        if let Some(level) = level {
            self.level_agreed(now, level);
        } else if self.phase == Phase::Searching && self.line.is_alive() && !self.timers.runs(Timer::Level) {
            self.timers.start(Timer::Level, now, limits::LEVEL_WAIT);
        }
        let statistics = self.line.demux.statistics();
        let heard = statistics.pdus + statistics.stuffing;
        if heard != self.heard.0 {
            self.heard = (heard, now);
        }
        self.drain_line(now);
    }

    fn level_agreed(&mut self, now: Instant, level: Level) {
        self.control.set_level(level);
        self.event(Event::LevelUp(level));
        if self.phase == Phase::Searching {
            self.phase = Phase::Talking;
            self.heard.1 = now;
            self.timers.stop(Timer::Level);
            self.timers.start(Timer::PeerCapabilities, now, limits::CAPABILITIES_WAIT);
            self.start_control(now);
        }
    }

    /// Everything that follows from what came in.
    fn run(&mut self, now: Instant) {
        self.drain_control(now);
        while let Some(timer) = self.timers.due(now) {
            self.timer_due(now, timer);
        }
        if self.phase == Phase::Talking {
            self.progress(now);
        }
        self.drain_control(now);
    }

    /// Messages in, and frames out.
    fn drain_control(&mut self, now: Instant) {
        if self.phase == Phase::Ending && self.control.is_idle() && !self.timers.runs(Timer::EndHeard) {
            self.timers.start(Timer::EndHeard, now, limits::END_HEARD_WAIT);
        }
        loop {
            if self.phase != Phase::Searching {
                self.control.flush(now);
            }
            let Some(happened) = self.control.poll(&mut self.line.mux) else { return };
            match happened {
                Happened::Messages(sdu) => {
                    if self.phase == Phase::Searching {
                        // Whoever is understood is at our level, stuffing or not.
                        let level = self.line.settle();
                        self.level_agreed(now, level);
                    }
                    self.messages_arrived(now, &sdu);
                }
                Happened::Mode(mode) => self.tallies.srp_mode = Some(mode),
                Happened::Failed => self.end(EndCause::ControlFailed),
            }
        }
    }

    /// What is to be done because nothing hinders it any more.
    fn progress(&mut self, now: Instant) {
        self.open_channels(now);
        self.expire_pictures();
        self.check_up(now);
        self.ask_entries(now);
        // Not behind others that wait, which would be measured, too.
        if self.probe_wanted && self.control.is_idle() {
            self.send_probe(now);
        }
        // One that waits says as much as ten.
        let channel = self.picture_channel().filter(|_| self.control.is_flowing());
        if let (Some(channel), true) = (channel, self.key_asked.pass(now)) {
            self.tallies.key_pictures_asked += 1;
            self.control.post(&build::command(channel, Command::FastUpdatePicture));
        }
        if self.sending.pictures.is_some() && self.key_wanted.pass(now) {
            self.tallies.key_pictures_wanted += 1;
            self.event(Event::KeyPictureWanted);
        }
        if now.saturating_duration_since(self.heard.1) >= limits::SILENCE_MAX {
            self.end(EndCause::Silent);
        }
    }

    /// Whether the call has become what it is going to be.
    fn check_up(&mut self, now: Instant) {
        if self.up || self.sending.speech.is_none() || self.receives(Kind::Audio).is_none() {
            return;
        }
        if self.tallies.audio_up_after.is_none() {
            self.tallies.audio_up_after = self.since_first_octet(now);
            self.timers.start(Timer::Video, now, limits::VIDEO_PATIENCE);
        }
        if self.timers.runs(Timer::Video) && !self.video_is_settled() {
            return;
        }
        self.up = true;
        self.timers.stop(Timer::Video);
        self.tallies.up_after = self.since_first_octet(now);
        let channels = |sends, receives| Channels { sends, receives };
        let audio = channels(Some(media::Codec::Amr), self.receives(Kind::Audio));
        let sends = self.sending.pictures.as_ref().map(|pictures| pictures.codec);
        let video = channels(sends, self.receives(Kind::Video));
        let speech_bps = self.speech_bps();
        self.event(Event::Up { audio, speech_bps, video: (video != Channels::default()).then_some(video) });
        self.probe_wanted = true;
        self.introduce();
    }

    /// Pictures go both ways, or never will.
    fn video_is_settled(&self) -> bool {
        let sends = self.sending.pictures.is_some()
            || (self.sending.video.state.is_settled() && !self.sending.video.is_accepted());
        let expected = self.peer.as_ref().is_some_and(|peer| peer.video().next().is_some());
        sends && (self.receives(Kind::Video).is_some() || !expected || self.config.video.is_empty())
    }

    fn since_first_octet(&self, now: Instant) -> Option<std::time::Duration> {
        Some(now.saturating_duration_since(self.first_taken.unwrap_or(self.start)))
    }

    /// Gives the multiplex what the next octets of the line have room for.
    fn feed(&mut self, now: Instant, octets: usize) {
        if let Some(speech) = &mut self.sending.speech {
            speech.feed(&mut self.line.mux, octets, &mut self.tallies);
        }
        let Some(pictures) = &mut self.sending.pictures else { return };
        pictures.feed(now, &mut self.line.mux, octets, &mut self.tallies);
        if pictures.take_key_wish() {
            self.key_wanted.want(now);
        }
        let lcn = pictures.lcn;
        if let Some(delay) = pictures.take_delay() {
            self.control.post(&build::skew(outgoing::AUDIO, lcn, delay));
        }
    }

    fn send_frame(&mut self, now: Instant, frame: &Frame) {
        let tallies = &mut self.tallies;
        match (frame.codec.kind(), &mut self.sending.speech, &mut self.sending.pictures) {
            (Kind::Audio, Some(speech), _) if frame.codec == media::Codec::Amr => speech.push(frame, tallies),
            (Kind::Audio, _, _) => tallies.audio_dropped += 1,
            (Kind::Video, _, Some(pictures)) => pictures.push(now, frame, tallies),
            (Kind::Video, _, None) => tallies.pictures_dropped += 1,
        }
    }

    fn abandon_video(&mut self) {
        if let Some(pictures) = &mut self.sending.pictures {
            pictures.abandon(&mut self.line.mux, &mut self.tallies);
        }
    }

    /// Tells the picture queue what the peer allows.
    fn limit_pictures(&mut self, now: Instant) {
        let bps = self.flow.for_pictures();
        if let Some(pictures) = &mut self.sending.pictures {
            pictures.set_limit(now, bps);
        }
    }

    /// `videoTemporalSpatialTradeOff` of a channel, as a command or as what is so.
    fn say_trade_off(&mut self, channel: Option<u16>, value: u8, command: bool) {
        let (Some(channel), Phase::Talking) = (channel, self.phase) else { return };
        self.control.post(&match command {
            true => build::command(channel, Command::TemporalSpatialTradeOff(value)),
            false => build::indication(channel, Indication::TemporalSpatialTradeOff(value)),
        });
    }

    fn hang_up(&mut self, now: Instant) {
        match self.phase {
            Phase::Searching => self.end(EndCause::HungUp),
            Phase::Talking => {
                self.control.clear();
                self.control.post(&build::end_session());
                self.phase = Phase::Ending;
                self.timers.stop_all();
                self.timers.start(Timer::End, now, limits::END_WAIT);
            }
            Phase::Ending | Phase::Over(_) => {}
        }
    }

    /// The call is over. What the control channel still has to say goes out with the line.
    fn end(&mut self, cause: EndCause) {
        if let Phase::Over(_) = self.phase {
            return;
        }
        self.phase = Phase::Over(cause);
        self.timers.stop_all();
        self.sending.speech = None;
        self.sending.pictures = None;
        self.event(Event::Ended(cause));
    }

    fn timer_due(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Level => self.end(EndCause::NoH324),
            Timer::PeerCapabilities => self.end(EndCause::NoCapabilities),
            // A peer that says nothing of this, but opened what it needs, is talked to all the same.
            Timer::T101 if self.up => {}
            Timer::T106 if self.mastership.role().is_some() => {}
            Timer::T101 => self.end(EndCause::CapabilitiesUnanswered),
            Timer::T103Audio => self.own_timed_out(now, Kind::Audio),
            Timer::T103Video => self.own_timed_out(now, Kind::Video),
            Timer::T104 => self.entries_unanswered(now),
            Timer::T106 => self.end(EndCause::NoMaster),
            Timer::T103Closing => self.own_closed(now, None),
            Timer::T102 => self.wish_timed_out(Wish::Loop),
            Timer::T107 => self.entries_timed_out(),
            Timer::T108 => self.wish_timed_out(Wish::VideoClosed),
            Timer::T109 => self.wish_timed_out(Wish::Mode),
            Timer::Probe => self.probe_wanted = true,
            Timer::End | Timer::EndHeard => self.end(EndCause::HungUp),
            // An answer that does not come says nothing, and Up is looked at anyway.
            Timer::T105 | Timer::Video => {}
        }
    }

    /// When something is to be done at the latest. Timers that are over are not among them.
    fn next_timeout(&self) -> Option<Instant> {
        if let Phase::Over(_) = self.phase {
            return None;
        }
        let mut deadlines = vec![self.timers.next(), self.control.deadline()];
        if self.phase == Phase::Talking {
            let asks = self.picture_channel().filter(|_| self.control.is_flowing());
            deadlines.push(asks.and(self.key_asked.deadline()));
            deadlines.push(self.sending.pictures.as_ref().and(self.key_wanted.deadline()));
            deadlines.push(Some(self.heard.1 + limits::SILENCE_MAX));
        }
        deadlines.into_iter().flatten().min()
    }
}

impl Flow {
    /// What is left for pictures, bit/s.
    fn for_pictures(&self) -> Option<u32> {
        let whole = self.whole.map(|bps| bps.saturating_sub(limits::SPEECH_BPS));
        [self.pictures, whole].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests;
