//! Our channels: opening, refusal, conflict, closing (H.245 §8.4, §8.5), and our multiplex table (§8.6).
//!
//! Logical channel numbers are our own choice in each direction: speech, pictures, and the way back of a
//! picture channel that the peer opened both ways. Each has the multiplex entry of its own number.

use std::collections::VecDeque;
use std::time::Instant;

use media::{Codec, Kind};

use super::capabilities::{self, Attempt};
use super::send::{Pictures, Speech};
use super::timers::Timer;
use super::{EndCause, Event, Session, Way};
use crate::h223::{AdaptationLayer, Class, MultiplexEntry};
use crate::h245::build;
use crate::h245::view::{self, Adaptation, ChannelRequest, Content, Element, RejectCause, TableEntry};
use crate::limits;

/// Our speech channel.
pub(super) const AUDIO: u16 = 1;
/// Our picture channel.
pub(super) const VIDEO: u16 = 2;
/// Our way back of a picture channel both ways.
pub(super) const REVERSE: u16 = 3;

/// Everything that is about sending media.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) audio: Own,
    pub(super) video: Own,
    pub(super) speech: Option<Speech>,
    pub(super) pictures: Option<Pictures>,
    table: Table,
}

/// One channel of ours.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) lcn: u16,
    attempts: VecDeque<Attempt>,
    pub(super) state: State,
}

/// How far it is.
#[derive(Debug)]
pub(super) enum State {
    /// Not asked for yet.
    Idle,
    /// OpenLogicalChannel is out.
    Requested(Attempt),
    /// The peer leads and opens the same both ways: its channel is waited for.
    Yielded,
    /// The peer took it; it is used once the table entry is taken, too.
    Accepted(Attempt),
    /// CloseLogicalChannel is out.
    Closing,
    /// The peer takes none, or we have none.
    Refused,
}

/// Our multiplex table.
#[derive(Debug, Default)]
struct Table {
    sequence: u8,
    tries: u32,
    /// Numbers of the entries that were sent last and are not confirmed.
    waiting: Vec<u8>,
    confirmed: Vec<u8>,
}

impl Sending {
    pub(super) fn new() -> Self {
        let own = |lcn| Own { lcn, attempts: VecDeque::new(), state: State::Idle };
        Sending {
            audio: own(AUDIO),
            video: own(VIDEO),
            speech: None,
            pictures: None,
            table: Table::default(),
        }
    }

    fn of(&mut self, lcn: u16) -> Option<&mut Own> {
        [&mut self.audio, &mut self.video].into_iter().find(|own| own.lcn == lcn)
    }
}

impl State {
    /// Nothing more will come of it by itself.
    pub(super) fn is_settled(&self) -> bool {
        match self {
            State::Accepted(_) | State::Refused => true,
            State::Idle | State::Requested(_) | State::Yielded | State::Closing => false,
        }
    }
}

impl Session {
    /// Asks for both channels and their table entries, once the peer's capabilities and the roles are known.
    pub(super) fn open_channels(&mut self, now: Instant) {
        let Some(peer) = self.peer.as_ref() else { return };
        if !matches!(self.sending.audio.state, State::Idle) || self.mastership.role().is_none() {
            return;
        }
        self.sending.audio.attempts = capabilities::audio_attempts(&self.config, peer).into();
        self.sending.video.attempts = capabilities::video_attempts(&self.config, peer).into();
        if self.sending.audio.attempts.is_empty() {
            self.end(EndCause::NoCommonAudio);
            return;
        }
        self.request(now, Kind::Audio);
        if matches!(self.sending.video.state, State::Idle) {
            self.request(now, Kind::Video);
        }
        self.send_entries(now);
    }

    /// The peer wants no media for now (H.245 §5.1.6): our channels are closed.
    pub(super) fn pause(&mut self, now: Instant) {
        for kind in [Kind::Audio, Kind::Video] {
            self.close_own(now, kind);
        }
    }

    /// The peer's OpenLogicalChannelAck; `reverse` is its number of the way back.
    pub(super) fn own_acknowledged(&mut self, now: Instant, lcn: u16, reverse: Option<u16>) {
        let Some(own) = self.sending.of(lcn) else {
            self.control.post(&build::close_logical_channel(lcn));
            return;
        };
        let State::Requested(attempt) = &own.state else { return };
        let attempt = attempt.clone();
        own.state = State::Accepted(attempt.clone());
        let kind = attempt.codec.kind();
        self.timers.stop(timer_of(kind));
        if let (Some(reverse), true) = (reverse, both_ways(attempt.adaptation)) {
            self.open_way_back(now, reverse, &attempt, lcn);
            self.control.post(&build::open_logical_channel_confirm(lcn));
        }
        self.try_open(now, kind);
    }

    /// The peer's OpenLogicalChannelReject.
    pub(super) fn own_rejected(&mut self, now: Instant, lcn: u16, cause: RejectCause) {
        let Some(own) = self.sending.of(lcn) else { return };
        let State::Requested(attempt) = &own.state else { return };
        let (codec, kind) = (attempt.codec, attempt.codec.kind());
        match cause {
            RejectCause::MasterSlaveConflict => {
                own.state = State::Yielded;
                self.timers.start(timer_of(kind), now, limits::YIELD);
                return;
            }
            RejectCause::DataTypeNotSupported
            | RejectCause::DataTypeNotAvailable
            | RejectCause::UnknownDataType => own.attempts.retain(|other| other.codec != codec),
            RejectCause::Unspecified
            | RejectCause::UnsuitableReverseParameters
            | RejectCause::DataTypeAlCombinationNotSupported
            | RejectCause::InsufficientBandwidth
            | RejectCause::Other => {}
        }
        self.timers.stop(timer_of(kind));
        self.request(now, kind);
    }

    /// T103: no answer, or the peer's channel both ways never came.
    pub(super) fn own_timed_out(&mut self, now: Instant, kind: Kind) {
        let own = self.own(kind);
        if let State::Yielded = own.state {
            own.attempts.retain(|attempt| !both_ways(attempt.adaptation));
            self.request(now, kind);
            return;
        }
        own.attempts.clear();
        let lcn = own.lcn;
        self.control.post(&build::close_logical_channel(lcn));
        self.refuse(kind, EndCause::NoAudioChannel);
    }

    /// Closes a channel of ours; the peer's acknowledgement lets it be opened again.
    pub(super) fn close_own(&mut self, now: Instant, kind: Kind) {
        let own = self.own(kind);
        if !matches!(own.state, State::Accepted(_) | State::Requested(_)) {
            return;
        }
        own.state = State::Closing;
        let lcn = own.lcn;
        self.line.mux.close(lcn);
        self.control.post(&build::close_logical_channel(lcn));
        self.timers.stop(timer_of(kind));
        self.timers.start(Timer::T103Closing, now, limits::T103_CLOSING);
        match kind {
            Kind::Audio => self.sending.speech = None,
            Kind::Video if self.sending.pictures.take().is_some() => {
                self.event(Event::VideoClosed { way: Way::Sends });
            }
            Kind::Video => {}
        }
    }

    /// CloseLogicalChannelAck, or T103: whatever the peer takes now is opened again.
    pub(super) fn own_closed(&mut self, now: Instant, lcn: Option<u16>) {
        self.timers.stop(Timer::T103Closing);
        for own in [&mut self.sending.audio, &mut self.sending.video] {
            if matches!(own.state, State::Closing) && lcn.is_none_or(|lcn| own.lcn == lcn) {
                own.state = State::Idle;
            }
        }
        let Some(peer) = self.peer.as_ref() else { return };
        let speechless = self.up && capabilities::audio_attempts(&self.config, peer).is_empty();
        if speechless && matches!(self.sending.audio.state, State::Idle) {
            self.sending.audio.state = State::Refused;
        }
        if matches!(self.sending.audio.state, State::Idle) {
            self.open_channels(now);
        } else if matches!(self.sending.video.state, State::Idle) {
            if self.sending.video.attempts.is_empty() {
                self.sending.video.state = State::Refused;
            } else {
                self.request(now, Kind::Video);
            }
        }
    }

    /// The peer said anew what it can: speech that it takes no more is closed while pictures go on, and opened when it
    /// takes it again.
    pub(super) fn revise_audio(&mut self, now: Instant) {
        let Some(peer) = self.peer.as_ref().filter(|_| self.up) else { return };
        let attempts = capabilities::audio_attempts(&self.config, peer);
        match &self.sending.audio.state {
            State::Accepted(_) if attempts.is_empty() => self.close_own(now, Kind::Audio),
            State::Refused if !attempts.is_empty() => {
                self.sending.audio.attempts = attempts.into();
                self.request(now, Kind::Audio);
                self.send_entries(now);
            }
            State::Idle
            | State::Requested(_)
            | State::Yielded
            | State::Accepted(_)
            | State::Closing
            | State::Refused => {}
        }
    }

    /// The highest mode of AMR that our open channel was agreed on for, in bit/s.
    pub(super) fn speech_bps(&self) -> u32 {
        match &self.sending.audio.state {
            State::Accepted(Attempt {
                media: view::Media::Audio(view::Audio::Amr { bps_max, .. }), ..
            }) => *bps_max,
            State::Idle
            | State::Requested(_)
            | State::Yielded
            | State::Accepted(_)
            | State::Closing
            | State::Refused => limits::SPEECH_BPS_MAX,
        }
    }

    /// The peer said anew what it can: pictures that it takes no more are closed, and opened in what it does
    /// take. Pictures are opened, too, when it took none before (`unseen`) and does now.
    pub(super) fn revise_video(&mut self, now: Instant, unseen: bool) {
        let Some(peer) = self.peer.as_ref() else { return };
        if self.sending.video.lcn != VIDEO || matches!(self.sending.audio.state, State::Idle) {
            return;
        }
        let attempts = capabilities::video_attempts(&self.config, peer);
        let same = |codec| attempts.iter().any(|attempt: &Attempt| attempt.codec == codec);
        let video = &mut self.sending.video;
        match &video.state {
            State::Accepted(attempt) | State::Requested(attempt) if !same(attempt.codec) => {
                video.attempts = attempts.into();
                self.close_own(now, Kind::Video);
            }
            State::Refused if unseen && !attempts.is_empty() => {
                video.attempts = attempts.into();
                self.request(now, Kind::Video);
                self.send_entries(now);
            }
            State::Idle
            | State::Requested(_)
            | State::Yielded
            | State::Accepted(_)
            | State::Closing
            | State::Refused => {}
        }
    }

    /// The peer would rather have this codec: our picture channel is closed and opened anew. False when
    /// that cannot be.
    pub(super) fn change_video(&mut self, now: Instant, codec: Codec) -> bool {
        let Some(peer) = self.peer.as_ref() else { return false };
        let mut attempts = capabilities::video_attempts(&self.config, peer);
        attempts.retain(|attempt| attempt.codec == codec);
        if attempts.is_empty() || self.sending.video.lcn != VIDEO {
            return false;
        }
        if !matches!(&self.sending.video.state, State::Accepted(now) if now.codec == codec) {
            self.sending.video.attempts = attempts.into();
            self.close_own(now, Kind::Video);
        }
        true
    }

    /// Sends pictures by the way back of a channel that the peer opened.
    pub(super) fn adopt_reverse(&mut self, now: Instant, attempt: Attempt) {
        self.timers.stop(Timer::T103Video);
        self.sending.video.lcn = REVERSE;
        self.sending.video.attempts.clear();
        self.sending.video.state = State::Accepted(attempt);
        self.send_entries(now);
    }

    /// The peer's answer to our table.
    pub(super) fn entries_acknowledged(&mut self, now: Instant, sequence: u8, entries: &[u8]) {
        let table = &mut self.sending.table;
        if sequence != table.sequence {
            return;
        }
        table.waiting.retain(|number| !entries.contains(number));
        table.confirmed.extend(entries.iter().filter(|&&number| number <= REVERSE as u8));
        table.confirmed.sort_unstable();
        table.confirmed.dedup();
        if table.waiting.is_empty() {
            table.tries = 0;
            self.timers.stop(Timer::T104);
        }
        for kind in [Kind::Audio, Kind::Video] {
            self.try_open(now, kind);
        }
    }

    /// T104: the table is sent again, a few times. A peer that took our speech channel and never says that it has
    /// the entries has most likely read them: better sent to than given up.
    pub(super) fn entries_unanswered(&mut self, now: Instant) {
        let last = self.sending.table.tries + 1 >= limits::TABLE_TRIES_MAX;
        if !(last && self.sending.audio.is_accepted()) {
            return self.send_entries_again(now);
        }
        let (sequence, entries) = (self.sending.table.sequence, self.sending.table.waiting.clone());
        self.entries_acknowledged(now, sequence, &entries);
    }

    /// T104, or a rejection: the table is sent again, a few times.
    pub(super) fn send_entries_again(&mut self, now: Instant) {
        self.sending.table.tries += 1;
        if self.sending.table.tries < limits::TABLE_TRIES_MAX {
            self.send_entries(now);
        } else if self.sending.speech.is_none() {
            self.end(EndCause::NoAudioChannel);
        }
    }

    /// Sends those entries of the table that are not confirmed.
    pub(super) fn send_entries(&mut self, now: Instant) {
        let wanted = [&self.sending.audio, &self.sending.video].into_iter().filter(|own| own.is_wanted());
        let numbers: Vec<u8> = wanted.map(|own| own.lcn as u8).collect();
        let table = &mut self.sending.table;
        table.waiting = numbers.into_iter().filter(|number| !table.confirmed.contains(number)).collect();
        if table.waiting.is_empty() {
            return;
        }
        table.sequence = table.sequence.wrapping_add(1);
        let entries: Vec<TableEntry> = table.waiting.iter().map(|&number| entry(number)).collect();
        self.control.post(&build::multiplex_entry_send(table.sequence, &entries));
        self.timers.start(Timer::T104, now, limits::T104);
    }

    /// The peer asks for entries of our table again (RequestMultiplexEntry).
    pub(super) fn forget_entries(&mut self, entries: &[u8]) {
        self.sending.table.confirmed.retain(|number| !entries.contains(number));
    }

    fn request(&mut self, now: Instant, kind: Kind) {
        let own = self.own(kind);
        let Some(attempt) = own.attempts.pop_front() else {
            self.refuse(kind, EndCause::NoCommonAudio);
            return;
        };
        let lcn = own.lcn;
        own.state = State::Requested(attempt.clone());
        let way = view::Way {
            media: attempt.media,
            adaptation: attempt.adaptation,
            segmentable: kind == Kind::Video,
        };
        let reverse = both_ways(attempt.adaptation)
            .then(|| view::Way { media: without_config(&way.media), ..way.clone() });
        self.control.post(&build::open_logical_channel(&ChannelRequest {
            channel: lcn,
            forward: way,
            reverse,
        }));
        self.timers.start(timer_of(kind), now, limits::T103);
    }

    /// Nothing is left to try.
    fn refuse(&mut self, kind: Kind, cause: EndCause) {
        self.own(kind).state = State::Refused;
        match kind {
            Kind::Audio => self.end(cause),
            Kind::Video => {
                if !self.has_spare_reverse() {
                    self.event(Event::VideoClosed { way: Way::Sends });
                }
            }
        }
    }

    /// Opens an accepted channel whose table entry is confirmed.
    fn try_open(&mut self, now: Instant, kind: Kind) {
        let own = self.own(kind);
        let State::Accepted(attempt) = &own.state else { return };
        let (lcn, codec, adaptation) = (own.lcn, attempt.codec, attempt.adaptation);
        let Some(layer) = layer(adaptation) else { return };
        if !self.sending.table.confirmed.contains(&(lcn as u8)) {
            return;
        }
        self.line.mux.set_entry(lcn as u8, Some(MultiplexEntry::single(lcn)));
        match kind {
            Kind::Audio if self.sending.speech.is_none() => {
                self.line.mux.open(lcn, layer, false, Class::Audio);
                self.sending.speech = Some(Speech::new(lcn));
            }
            Kind::Video if self.sending.pictures.is_none() => {
                self.line.mux.open(lcn, layer, true, Class::Video);
                self.sending.pictures = Some(Pictures::new(lcn, codec, self.sdu_max(adaptation)));
                self.limit_pictures(now);
                self.event(Event::VideoOpened { codec, way: Way::Sends });
            }
            Kind::Audio | Kind::Video => {}
        }
    }

    /// The longest SDU of pictures: what the peer takes, and not more than is good when one is lost.
    fn sdu_max(&self, adaptation: Adaptation) -> usize {
        let multiplex = self.peer.as_ref().and_then(|peer| peer.multiplex);
        let theirs = multiplex.map_or(0, |multiplex| match adaptation {
            Adaptation::Al3 { .. } => multiplex.al3_sdu_max,
            Adaptation::Al1Framed | Adaptation::Al1NotFramed | Adaptation::Al2 { .. } | Adaptation::Other => {
                multiplex.al2_sdu_max
            }
        });
        let theirs = if theirs == 0 { limits::PICTURE_SDU_MAX } else { usize::from(theirs) };
        theirs.clamp(limits::PICTURE_SDU_MIN, limits::PICTURE_SDU_MAX)
    }

    fn own(&mut self, kind: Kind) -> &mut Own {
        match kind {
            Kind::Audio => &mut self.sending.audio,
            Kind::Video => &mut self.sending.video,
        }
    }
}

impl Own {
    /// Nothing more is tried.
    pub(super) fn give_up(&mut self) {
        self.attempts.clear();
    }

    /// The peer took it.
    pub(super) fn is_accepted(&self) -> bool {
        matches!(self.state, State::Accepted(_))
    }

    fn is_wanted(&self) -> bool {
        match self.state {
            State::Requested(_) | State::Accepted(_) => true,
            State::Idle | State::Yielded | State::Closing | State::Refused => false,
        }
    }
}

/// AL3 needs a way back for its requests (H.223 §7.4).
pub(super) fn both_ways(adaptation: Adaptation) -> bool {
    matches!(adaptation, Adaptation::Al3 { .. })
}

/// The layer as the multiplex knows it; `None` for what is not built.
pub(super) fn layer(adaptation: Adaptation) -> Option<AdaptationLayer> {
    match adaptation {
        Adaptation::Al1Framed => Some(AdaptationLayer::Al1Framed),
        Adaptation::Al1NotFramed => Some(AdaptationLayer::Al1Unframed),
        Adaptation::Al2 { sequence_numbers } => Some(AdaptationLayer::Al2 { sequence_numbers }),
        Adaptation::Al3 { control_octets, send_buffer } => {
            Some(AdaptationLayer::Al3 { control_octets, send_buffer })
        }
        Adaptation::Other => None,
    }
}

fn entry(number: u8) -> TableEntry {
    let element = Element { what: Content::Channel(number.into()), times: None };
    TableEntry { number, elements: Some(vec![element]) }
}

fn timer_of(kind: Kind) -> Timer {
    match kind {
        Kind::Audio => Timer::T103Audio,
        Kind::Video => Timer::T103Video,
    }
}

/// What comes back is the peer's encoder, whose headers we do not know.
fn without_config(media: &view::Media) -> view::Media {
    match media {
        view::Media::Video(view::Video::Mpeg4(mpeg4)) => {
            view::Media::Video(view::Video::Mpeg4(view::Mpeg4 { config: None, ..mpeg4.clone() }))
        }
        view::Media::Video(_)
        | view::Media::Audio(_)
        | view::Media::Null
        | view::Media::Data
        | view::Media::Unknown => media.clone(),
    }
}
