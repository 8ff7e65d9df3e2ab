//! Frames on their way to the line: speech at its pace, pictures through a bounded queue.
//!
//! The multiplex takes only what the next tick needs, so that pictures can be given up until the last moment.
//! A picture that does not fit the queue is dropped and with it every one up to the next key picture, which
//! is asked for when the queue has drained: asking sooner would only fill it again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Codec, Frame};

use super::Counters;
use crate::frames::{amr, cut::cut};
use crate::h223::Multiplexer;
use crate::limits;

/// Octets of the line in the time of one speech frame.
const OCTETS_PER_FRAME: usize = 160;

/// Our open speech channel.
#[derive(Debug)]
pub(super) struct Speech {
    lcn: u16,
    waiting: VecDeque<Bytes>,
    /// Octets of the line that passed since the last speech frame went.
    passed: usize,
}

impl Speech {
    pub(super) fn new(lcn: u16) -> Self {
        Speech { lcn, waiting: VecDeque::new(), passed: 0 }
    }

    /// Queues a frame in storage form; the oldest makes room for it.
    pub(super) fn push(&mut self, frame: &Frame, counters: &mut Counters) {
        let Some(sdu) = amr::to_if2(&frame.data) else {
            counters.audio_dropped += 1;
            return;
        };
        self.waiting.push_back(sdu);
        if self.waiting.len() > limits::SPEECH_QUEUE_MAX {
            self.waiting.pop_front();
            counters.audio_dropped += 1;
        }
    }

    /// Gives the multiplex what is due within the next `octets` of the line: a frame for each 20 ms, two
    /// when they pile up.
    pub(super) fn feed(&mut self, mux: &mut Multiplexer, octets: usize, counters: &mut Counters) {
        self.passed = (self.passed + octets).min(2 * OCTETS_PER_FRAME.max(octets));
        while self.passed >= OCTETS_PER_FRAME || self.waiting.len() > limits::SPEECH_QUEUE_MAX / 2 {
            let Some(sdu) = self.waiting.pop_front() else { return };
            self.passed = self.passed.saturating_sub(OCTETS_PER_FRAME);
            match mux.push(self.lcn, sdu) {
                Ok(()) => counters.audio_sent += 1,
                Err(_) => counters.audio_dropped += 1,
            }
        }
    }
}

/// Our open picture channel.
#[derive(Debug)]
pub(super) struct Pictures {
    pub(super) lcn: u16,
    pub(super) codec: Codec,
    sdu_max: usize,
    waiting: VecDeque<Picture>,
    /// SDUs of the picture that is being sent.
    current: VecDeque<Bytes>,
    /// Nothing but a key picture helps: one was dropped or abandoned.
    need_key: bool,
    /// The key picture is to be asked for once there is room.
    ask_for_key: bool,
    limit: Option<Limit>,
    /// How long the first pictures took from here to the multiplex.
    delay: Delay,
}

#[derive(Debug)]
struct Picture {
    data: Bytes,
    keyframe: bool,
    since: Instant,
}

/// The mean delay of the first pictures.
#[derive(Debug, Default)]
struct Delay {
    began: Option<Instant>,
    sum: Duration,
    pictures: u32,
}

/// A bit rate that the peer allows (flowControlCommand): a bucket of a quarter second.
#[derive(Debug)]
struct Limit {
    bps: u32,
    octets: f64,
    at: Instant,
}

impl Pictures {
    /// For SDUs of at most `sdu_max` octets.
    pub(super) fn new(lcn: u16, codec: Codec, sdu_max: usize) -> Self {
        Pictures {
            lcn,
            codec,
            sdu_max,
            waiting: VecDeque::new(),
            current: VecDeque::new(),
            need_key: true,
            ask_for_key: false,
            limit: None,
            delay: Delay::default(),
        }
    }

    /// Queues a picture, or drops it.
    pub(super) fn push(&mut self, now: Instant, frame: &Frame, counters: &mut Counters) {
        if frame.codec != self.codec || frame.data.is_empty() || frame.data.len() > limits::PICTURE_LEN_MAX {
            counters.pictures_dropped += 1;
            return;
        }
        if frame.keyframe {
            // It needs none of those that wait.
            counters.pictures_dropped += self.waiting.len() as u64;
            self.waiting.clear();
            (self.need_key, self.ask_for_key) = (false, false);
        } else if self.need_key || self.octets_waiting() + frame.data.len() > limits::PICTURE_QUEUE_MAX {
            counters.pictures_dropped += 1;
            (self.need_key, self.ask_for_key) = (true, true);
            return;
        }
        self.waiting.push_back(Picture { data: frame.data.clone(), keyframe: frame.keyframe, since: now });
    }

    /// Drops everything, the half-sent picture too.
    pub(super) fn abandon(&mut self, mux: &mut Multiplexer, counters: &mut Counters) {
        counters.pictures_dropped += self.waiting.len() as u64;
        self.waiting.clear();
        if !self.current.is_empty() || mux.queued(self.lcn) > 0 {
            counters.pictures_abandoned += 1;
            self.current.clear();
            mux.abandon(self.lcn);
        }
        (self.need_key, self.ask_for_key) = (true, false);
    }

    /// Octets that are not on the line yet; `None` when one of what was handed in never will be.
    pub(super) fn pending(&self, mux: &Multiplexer) -> Option<usize> {
        let waiting: usize = self.waiting.iter().map(|picture| picture.data.len()).sum();
        let current: usize = self.current.iter().map(Bytes::len).sum();
        (!self.need_key).then(|| waiting + current + mux.queued(self.lcn))
    }

    /// The peer's limit in bit/s, `None` for none.
    pub(super) fn set_limit(&mut self, now: Instant, bps: Option<u32>) {
        self.limit = bps.map(|bps| Limit { bps, octets: 0.0, at: now });
    }

    /// Gives the multiplex what may be needed within the next `octets` of the line.
    pub(super) fn feed(
        &mut self,
        now: Instant,
        mux: &mut Multiplexer,
        octets: usize,
        counters: &mut Counters,
    ) {
        while mux.queued(self.lcn) < octets {
            if self.current.is_empty() && !self.next_picture() {
                return;
            }
            let Some(sdu) = self.current.front().cloned() else { return };
            if !self.limit.as_mut().is_none_or(|limit| limit.allows(now, sdu.len())) {
                return;
            }
            if mux.push(self.lcn, sdu).is_err() {
                return;
            }
            self.current.pop_front();
            if self.current.is_empty() {
                counters.pictures_sent += 1;
                self.delay.ended(now);
            }
        }
    }

    /// How much later than speech our pictures reach the line; told once, when enough have gone.
    pub(super) fn take_delay(&mut self) -> Option<Duration> {
        if self.delay.pictures != limits::SKEW_PICTURES {
            return None;
        }
        self.delay.pictures += 1;
        Some(self.delay.sum / limits::SKEW_PICTURES)
    }

    /// Whether a key picture is to be asked of the source now.
    pub(super) fn take_key_wish(&mut self) -> bool {
        let idle = self.waiting.is_empty() && self.current.is_empty();
        idle && std::mem::take(&mut self.ask_for_key)
    }

    fn next_picture(&mut self) -> bool {
        let Some(picture) = self.waiting.pop_front() else { return false };
        self.current = cut(&picture.data, self.sdu_max).into();
        self.delay.began = Some(picture.since);
        true
    }

    fn octets_waiting(&self) -> usize {
        let waiting: usize =
            self.waiting.iter().filter(|picture| !picture.keyframe).map(|p| p.data.len()).sum();
        waiting + self.current.iter().map(Bytes::len).sum::<usize>()
    }
}

impl Delay {
    fn ended(&mut self, now: Instant) {
        if let Some(began) = self.began.take().filter(|_| self.pictures < limits::SKEW_PICTURES) {
            self.sum += now.saturating_duration_since(began);
            self.pictures += 1;
        }
    }
}

impl Limit {
    fn allows(&mut self, now: Instant, octets: usize) -> bool {
        const BUCKET: f64 = 0.25;
        let rate = f64::from(self.bps) / 8.0;
        let passed = now.saturating_duration_since(self.at);
        self.at = now;
        self.octets = (self.octets + rate * passed.as_secs_f64()).min((rate * BUCKET).max(octets as f64));
        if self.bps == 0 || self.octets < octets as f64 {
            return false;
        }
        self.octets -= octets as f64;
        true
    }
}

/// A gate that lets a wish pass at most once an interval; wishes meanwhile are one.
#[derive(Debug)]
pub(super) struct Gate {
    interval: Duration,
    last: Option<Instant>,
    wanted: Option<Instant>,
}

impl Gate {
    pub(super) fn new(interval: Duration) -> Self {
        Gate { interval, last: None, wanted: None }
    }

    /// Notes the wish; it passes by [`Self::pass`].
    pub(super) fn want(&mut self, now: Instant) {
        self.wanted = self.wanted.or(Some(now));
    }

    /// Whether a wish passes now.
    pub(super) fn pass(&mut self, now: Instant) -> bool {
        if self.deadline().is_none_or(|at| at > now) {
            return false;
        }
        self.wanted = None;
        self.last = Some(now);
        true
    }

    /// When the wish that waits may pass.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let wanted = self.wanted?;
        Some(self.last.map_or(wanted, |last| wanted.max(last + self.interval)))
    }
}

#[cfg(test)]
mod tests;
