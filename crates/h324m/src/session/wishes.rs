//! What we ask of the peer beside channels of our own: another mode of sending (H.245 §8.9), a loop (§8.11), its
//! channel closed (§8.6), entries of its table again (§8.8).
//!
//! One of each kind is out at a time; a further one is not asked. A peer that refuses and one that says nothing
//! are the same to the owner; the silent one is told by a release that no answer is waited for any more.

use std::time::Instant;

use media::Codec;

use super::outgoing::AUDIO;
use super::timers::Timer;
use super::{Event, Session, Wish};
use crate::h245::view::{Loop, Mode, Mpeg4, Video};
use crate::h245::{Message, build};
use crate::limits;

/// What is out.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    /// Of the last mode request.
    sequence: u8,
    /// Entries that were asked for in this call, by bits: each once.
    entries_asked: u16,
    /// The peer's channel that it is to close.
    closing: Option<u16>,
    /// The entries that are out.
    entries: Vec<u8>,
}

/// The speech loop: what we say comes back.
const LOOP: Loop = Loop::Media(AUDIO);

impl Session {
    /// RequestMode: pictures of this codec rather than what comes, speech as it is.
    pub(super) fn ask_mode(&mut self, now: Instant, codec: Codec) {
        let bps_max = self.config.video_bps_max;
        let video = match codec {
            Codec::H263 => Mode::H263 { bps_max, qcif: true },
            Codec::Mpeg4 => Mode::GenericVideo(Box::new(Video::Mpeg4(Mpeg4 { bps_max, ..Mpeg4::default() }))),
            Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263p
            | Codec::H264
            | Codec::Vp8 => return,
        };
        let sequence = self.wishes.sequence.wrapping_add(1);
        let modes = [vec![video, Mode::Audio("genericAudioMode")]];
        let Some(request) = build::request_mode(sequence, &modes) else { return };
        if self.ask(now, Timer::T109, &request) {
            self.wishes.sequence = sequence;
        }
    }

    /// MaintenanceLoopRequest of our speech, or the end of all loops.
    pub(super) fn ask_loop(&mut self, now: Instant, on: bool) {
        if on {
            self.ask(now, Timer::T102, &build::maintenance_loop_request(LOOP));
        } else {
            self.timers.stop(Timer::T102);
            self.control.post(&build::maintenance_loop_off());
        }
    }

    /// RequestChannelClose of the peer's pictures.
    pub(super) fn ask_close(&mut self, now: Instant) {
        let Some(channel) = self.picture_channel() else { return };
        if self.ask(now, Timer::T108, &build::request_channel_close(channel)) {
            self.wishes.closing = Some(channel);
        }
    }

    /// RequestMultiplexEntry, when PDUs keep coming by codes that the peer never explained.
    pub(super) fn ask_entries(&mut self, now: Instant) {
        let missing = self.line.demux.missing_entries();
        if missing.is_empty() || self.timers.runs(Timer::T107) {
            return;
        }
        let asked = self.wishes.entries_asked;
        let entries: Vec<u8> = missing.into_iter().filter(|&code| asked >> code & 1 == 0).collect();
        if !entries.is_empty() && self.ask(now, Timer::T107, &build::request_multiplex_entry(&entries)) {
            self.wishes.entries_asked |= entries.iter().fold(0, |bits, &code| bits | 1 << code);
            self.wishes.entries = entries;
        }
    }

    /// RequestModeAck, or RequestModeReject.
    pub(super) fn mode_answered(&mut self, sequence: u8, followed: bool) {
        if sequence == self.wishes.sequence {
            self.answered(Timer::T109, Wish::Mode, followed);
        }
    }

    /// MaintenanceLoopAck, or MaintenanceLoopReject. Peers name the loop as they like: one is out at a time.
    pub(super) fn loop_answered(&mut self, followed: bool) {
        self.answered(Timer::T102, Wish::Loop, followed);
    }

    /// RequestChannelCloseAck, or RequestChannelCloseReject.
    pub(super) fn close_answered(&mut self, channel: u16, followed: bool) {
        if self.wishes.closing == Some(channel) {
            self.answered(Timer::T108, Wish::VideoClosed, followed);
        }
    }

    /// RequestMultiplexEntryAck, or RequestMultiplexEntryReject; the entries themselves come as a table.
    pub(super) fn entries_answered(&mut self) {
        self.timers.stop(Timer::T107);
    }

    /// One of our wishes had no answer.
    pub(super) fn wish_timed_out(&mut self, wish: Wish) {
        let release = match wish {
            Wish::Loop => Some(build::maintenance_loop_off()),
            Wish::VideoClosed => self.wishes.closing.map(build::request_channel_close_release),
            Wish::Mode => Some(build::request_mode_release()),
        };
        if let Some(release) = release {
            self.control.post(&release);
        }
        self.event(Event::Answered { wish, followed: false });
    }

    /// T107: the entries are done without.
    pub(super) fn entries_timed_out(&mut self) {
        self.control.post(&build::request_multiplex_entry_release(&self.wishes.entries));
    }

    /// Asks, unless the same is out.
    fn ask(&mut self, now: Instant, timer: Timer, message: &Message) -> bool {
        if self.timers.runs(timer) {
            return false;
        }
        self.control.post(message);
        self.timers.start(timer, now, limits::WISH_WAIT);
        true
    }

    fn answered(&mut self, timer: Timer, wish: Wish, followed: bool) {
        if self.timers.runs(timer) {
            self.timers.stop(timer);
            self.event(Event::Answered { wish, followed });
        }
    }
}
