//! Received SDUs to pictures. An SDU is not a picture: peers cut where they like, so pictures are found by
//! their start codes: H.263 §5.1.1, ISO/IEC 14496-2 §6.2.1.
//!
//! A picture is known to be over when the next one begins, which costs a picture's time. A peer that begins
//! every picture with a new SDU and fills all SDUs but the last shows where a picture ends: after
//! [`PROOFS`] pictures like that, a short SDU ends a picture at once, until the peer breaks the habit.
//!
//! What is damaged is cut out up to the next place where a decoder can start again (GOB header, resync
//! marker, picture); the picture around it is handed on as damaged, and [`Assembler::take_damage`] tells.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use media::{Codec, Frame, h263};

use super::clock::Clock;
use super::{mpeg4, scan};
use crate::limits;

/// Pictures in a row that must end with a short SDU before such an end is trusted.
const PROOFS: u8 = 8;

/// Puts the pictures of one channel together.
#[derive(Debug)]
pub struct Assembler {
    codec: Codec,
    /// VOS, VO and VOL of MPEG-4: put before key pictures that come without.
    headers: Option<Bytes>,
    /// From the start of a picture, when there is one; what is being skipped stands at the end.
    buffer: Vec<u8>,
    /// Everything from here on is of no use until a decoder can start again.
    skipping_from: Option<usize>,
    /// The buffer was searched for the next picture up to here.
    searched: usize,
    /// The first octet of the picture came at this time.
    began: Duration,
    damaged: bool,
    /// Something is missing before the picture in the buffer.
    lost_before: bool,
    damage: bool,
    habit: Habit,
    time: Time,
    ready: VecDeque<Frame>,
}

/// How the peer cuts its pictures.
#[derive(Debug)]
struct Habit {
    len_max: usize,
    /// The SDU before was shorter than the longest, and nothing is missing since.
    short: bool,
    proofs: u8,
    broken: bool,
}

/// The time line of the pictures.
#[derive(Debug)]
struct Time {
    clock: Clock,
    /// Temporal reference of the last picture (H.263 §5.1.2).
    reference: Option<u8>,
    /// Ticks a second (MPEG-4), and the time within its second of the last VOP.
    ticks: Option<u16>,
    within: Option<Duration>,
}

impl Assembler {
    /// Nothing received. `headers` are the decoderConfigurationInformation of an MPEG-4 channel.
    #[must_use]
    pub fn new(codec: Codec, headers: Option<Bytes>) -> Self {
        let ticks = headers.as_deref().and_then(mpeg4::ticks_per_second);
        Assembler {
            codec,
            headers,
            buffer: Vec::new(),
            skipping_from: Some(0),
            searched: 0,
            began: Duration::ZERO,
            damaged: false,
            lost_before: false,
            damage: false,
            habit: Habit { len_max: 0, short: false, proofs: 0, broken: false },
            time: Time { clock: Clock::new(limits::PICTURE_LATE_MAX), reference: None, ticks, within: None },
            ready: VecDeque::new(),
        }
    }

    /// Takes the next SDU, which came at `now` (since the session was made). `lost`: SDUs are missing before
    /// it. The octets of a damaged one are not used.
    pub fn push(&mut self, now: Duration, sdu: &[u8], damaged: bool, lost: bool) {
        if lost || damaged {
            self.gap();
        }
        if damaged {
            return;
        }
        let starts = self.starts_picture(sdu);
        // A picture handed on too early misses what comes now.
        self.damage |= self.habit.observe(sdu.len(), starts);
        if self.buffer.is_empty() {
            self.began = now;
        }
        self.buffer.extend_from_slice(sdu);
        self.resume(now);
        self.split(now);
        if self.habit.ends_here(sdu.len()) && self.skipping_from.is_none() {
            self.emit(self.buffer.len());
            self.skipping_from = Some(0);
        }
        self.limit();
    }

    /// The next whole picture.
    pub fn poll(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    /// Nothing more came for [`limits::PICTURE_SILENCE`]: the picture in hand is over although none follows.
    pub fn expire(&mut self) {
        if !self.buffer.is_empty() && self.skipping_from != Some(0) {
            let end = self.skipping_from.unwrap_or(self.buffer.len());
            self.emit(end);
            self.start_over();
        }
    }

    /// Whether something was lost or damaged since last asked: a key picture would help.
    pub fn take_damage(&mut self) -> bool {
        std::mem::take(&mut self.damage)
    }

    fn gap(&mut self) {
        self.damage = true;
        self.habit.short = false;
        match self.skipping_from {
            Some(0) => self.lost_before = true,
            Some(_) => {}
            None => {
                self.damaged |= !self.buffer.is_empty();
                self.lost_before |= self.buffer.is_empty();
                self.skipping_from = Some(self.buffer.len());
            }
        }
    }

    /// Ends skipping where a decoder can start again.
    fn resume(&mut self, now: Duration) {
        let Some(from) = self.skipping_from else { return };
        let found = if from == 0 {
            self.find_picture(0)
        } else {
            scan::find(&self.buffer, from, |third| self.restarts(third))
        };
        match found {
            Some(at) => {
                self.buffer.drain(from..at);
                self.skipping_from = None;
                self.searched = from;
                if from == 0 {
                    self.began = now;
                }
            }
            None => {
                // The last octets may be the first of a start code.
                let keep = self.buffer.len().saturating_sub(3).max(from);
                self.buffer.drain(from..keep);
            }
        }
    }

    /// Hands on every picture that is followed by another one.
    fn split(&mut self, now: Duration) {
        if self.skipping_from.is_some() {
            return;
        }
        while let Some(at) = self.next_picture() {
            let damaged = self.damaged;
            self.emit(at);
            self.began = now;
            // The gap in the picture before may have swallowed others.
            self.lost_before = damaged;
        }
    }

    /// Where the picture in the buffer ends, once the next has begun.
    fn next_picture(&mut self) -> Option<usize> {
        let from = self.searched.max(1);
        let found = match self.codec {
            Codec::Mpeg4 => self.after_vop(from),
            Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263
            | Codec::H263p
            | Codec::H264
            | Codec::Vp8 => scan::find(&self.buffer, from, is_picture_start),
        };
        if found.is_none() && self.codec != Codec::Mpeg4 {
            self.searched = self.buffer.len().saturating_sub(2);
        }
        found
    }

    /// The first start code behind the VOP in the buffer.
    fn after_vop(&self, from: usize) -> Option<usize> {
        let (mut at, mut code) = mpeg4::start_code(&self.buffer, 0)?;
        while code != mpeg4::VOP {
            (at, code) = mpeg4::start_code(&self.buffer, at + 3)?;
        }
        scan::find(&self.buffer, from.max(at + 3), |third| third == 1)
    }

    fn emit(&mut self, end: usize) {
        let rest = self.buffer.split_off(end.min(self.buffer.len()));
        let picture = std::mem::replace(&mut self.buffer, rest);
        self.searched = 0;
        let (damaged, lost_before) =
            (std::mem::take(&mut self.damaged), std::mem::take(&mut self.lost_before));
        if picture.is_empty() {
            return;
        }
        let advance = self.time.advance(self.codec, &picture);
        let pts = self.time.clock.stamp(self.began, advance);
        let keyframe = self.is_keyframe(&picture);
        let data = self.with_headers(picture, keyframe);
        let frame = Frame::new(self.codec, pts, Duration::ZERO, keyframe, data);
        self.ready.push_back(Frame { damaged, lost_before, ..frame });
        if self.ready.len() > limits::PICTURES_READY_MAX {
            self.ready.pop_front();
        }
    }

    fn with_headers(&mut self, picture: Vec<u8>, keyframe: bool) -> Bytes {
        if self.codec != Codec::Mpeg4 || !keyframe {
            return picture.into();
        }
        if mpeg4::has_layer_header(&picture) {
            self.time.ticks = mpeg4::ticks_per_second(&picture);
            return picture.into();
        }
        match &self.headers {
            Some(headers) => [&headers[..], &picture].concat().into(),
            None => picture.into(),
        }
    }

    /// A stream without start codes must not fill the memory.
    fn limit(&mut self) {
        if self.buffer.len() > limits::PICTURE_LEN_MAX {
            self.damage = true;
            self.lost_before = true;
            self.start_over();
        }
    }

    fn start_over(&mut self) {
        self.buffer.clear();
        self.searched = 0;
        self.damaged = false;
        self.skipping_from = Some(0);
    }

    fn is_keyframe(&self, picture: &[u8]) -> bool {
        match self.codec {
            Codec::Mpeg4 => mpeg4::is_keyframe(picture),
            Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263
            | Codec::H263p
            | Codec::H264
            | Codec::Vp8 => h263::is_keyframe(picture),
        }
    }

    fn find_picture(&self, from: usize) -> Option<usize> {
        scan::find(&self.buffer, from, |third| self.begins(third))
    }

    fn starts_picture(&self, sdu: &[u8]) -> bool {
        sdu.len() > 2 && sdu[..2] == [0, 0] && self.begins(sdu[2])
    }

    fn begins(&self, third: u8) -> bool {
        match self.codec {
            Codec::Mpeg4 => third == 1,
            Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263
            | Codec::H263p
            | Codec::H264
            | Codec::Vp8 => is_picture_start(third),
        }
    }

    fn restarts(&self, third: u8) -> bool {
        third & 0x80 != 0 || self.begins(third)
    }
}

/// The third octet of an H.263 picture start code, 22 bits `0000 0000 0000 0000 1 00000` (§5.1.1).
fn is_picture_start(third: u8) -> bool {
    third & 0xFC == 0x80
}

impl Habit {
    /// Takes the length of the next SDU; true when a trusted habit is broken by it.
    fn observe(&mut self, len: usize, starts_picture: bool) -> bool {
        let trusted = !self.broken && self.proofs >= PROOFS;
        if self.short {
            if starts_picture {
                self.proofs = self.proofs.saturating_add(1);
            } else {
                self.broken = true;
            }
        }
        self.len_max = self.len_max.max(len);
        self.short = len < self.len_max;
        trusted && self.broken
    }

    fn ends_here(&self, len: usize) -> bool {
        !self.broken && self.proofs >= PROOFS && len < self.len_max
    }
}

impl Time {
    /// How far this picture lies behind the last on the medium's own time line.
    fn advance(&mut self, codec: Codec, picture: &[u8]) -> Option<Duration> {
        match codec {
            Codec::Mpeg4 => self.advance_vop(picture),
            Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263
            | Codec::H263p
            | Codec::H264
            | Codec::Vp8 => {
                let reference = h263::PictureHeader::parse(picture).ok()?.temporal_reference;
                let last = self.reference.replace(reference)?;
                // One tick of the picture clock is 1001/30000 s (H.263 §5.1.2).
                Some(Duration::from_micros(u64::from(reference.wrapping_sub(last)) * 1_001_000 / 30))
            }
        }
    }

    fn advance_vop(&mut self, unit: &[u8]) -> Option<Duration> {
        let (seconds, within) = mpeg4::vop_time(unit, self.ticks?)?;
        let last = self.within.replace(within)?;
        (Duration::from_secs(seconds.into()) + within).checked_sub(last)
    }
}

#[cfg(test)]
mod tests;
