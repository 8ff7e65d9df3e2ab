//! Commands that go: cut, numbered, and kept until they are answered.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};

use super::frame::{LAST, MORE};
use crate::limits;

/// A command under way.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) number: u8,
    segment: Segment,
    /// When it was sent last.
    pub(super) sent_at: Instant,
    /// Its place among all sendings: a command whose last sending is older than that of one which has been
    /// answered is lost.
    order: u64,
    /// So many times sent again.
    pub(super) tries: u32,
}

/// A piece of an SDU.
#[derive(Clone, Debug)]
struct Segment {
    octets: Bytes,
    last: bool,
}

/// The sending half of a link.
#[derive(Debug, Default)]
pub(super) struct Sender {
    waiting: VecDeque<Segment>,
    pending: VecDeque<Pending>,
    next_number: u8,
    sendings: u64,
}

impl Sender {
    /// Queues an SDU, cut for CCSRL or whole.
    pub(super) fn push(&mut self, sdu: Bytes, ccsrl: bool) {
        let mut rest = sdu;
        while ccsrl && rest.len() > limits::CCSRL_SEGMENT_MAX {
            let octets = rest.split_to(limits::CCSRL_SEGMENT_MAX);
            self.waiting.push_back(Segment { octets, last: false });
        }
        self.waiting.push_back(Segment { octets: rest, last: true });
    }

    /// Makes the next command one under way, unless `window` of them are; its number and information.
    pub(super) fn next(&mut self, now: Instant, window: usize, ccsrl: bool) -> Option<(u8, Bytes)> {
        if self.pending.len() >= window {
            return None;
        }
        let segment = self.waiting.pop_front()?;
        let number = self.next_number;
        let information = segment.information(ccsrl);
        self.next_number = number.wrapping_add(1);
        self.sendings += 1;
        self.pending.push_back(Pending { number, segment, sent_at: now, order: self.sendings, tries: 0 });
        Some((number, information))
    }

    /// The command of this number has been answered: that command. `None` when none of that number is under way.
    pub(super) fn answered(&mut self, number: u8) -> Option<Pending> {
        let at = self.pending.iter().position(|pending| pending.number == number)?;
        let answered = self.pending.remove(at)?;
        for older in self.pending.iter_mut().take(at).filter(|older| older.order < answered.order) {
            older.order = 0;
        }
        Some(answered)
    }

    /// The number of the only command under way.
    pub(super) fn only(&self) -> Option<u8> {
        match self.pending.len() {
            1 => self.pending.front().map(|pending| pending.number),
            _ => None,
        }
    }

    /// Sends again what is due, or known to be lost; stops at one that has been sent `tries_max` times.
    pub(super) fn again(
        &mut self,
        now: Instant,
        due: impl Fn(&Pending) -> bool,
        ccsrl: bool,
        mut send: impl FnMut(u8, Bytes),
    ) {
        for pending in self.pending.iter_mut() {
            if pending.order == 0 || due(pending) {
                self.sendings += 1;
                pending.order = self.sendings;
                pending.sent_at = now;
                pending.tries += 1;
                send(pending.number, pending.segment.information(ccsrl));
            }
        }
    }

    /// What is under way, the oldest first.
    pub(super) fn pending(&self) -> impl Iterator<Item = &Pending> {
        self.pending.iter()
    }

    pub(super) fn pending_len(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.waiting.is_empty()
    }

    /// Cuts everything anew, what is under way included: its numbers are given out again.
    pub(super) fn recut(&mut self, ccsrl: bool) {
        if let Some(first) = self.pending.front() {
            self.next_number = first.number;
        }
        let mut sdu = BytesMut::new();
        let under_way = std::mem::take(&mut self.pending).into_iter().map(|pending| pending.segment);
        let all: Vec<_> = under_way.chain(std::mem::take(&mut self.waiting)).collect();
        for segment in all {
            sdu.extend_from_slice(&segment.octets);
            if segment.last {
                self.push(sdu.split().freeze(), ccsrl);
            }
        }
    }

    /// Gives everything up.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
        self.waiting.clear();
    }
}

impl Segment {
    /// With the octet of CCSRL in front, where that is used.
    fn information(&self, ccsrl: bool) -> Bytes {
        if !ccsrl {
            return self.octets.clone();
        }
        let mut information = BytesMut::with_capacity(self.octets.len() + 1);
        information.put_u8(if self.last { LAST } else { MORE });
        information.put_slice(&self.octets);
        information.freeze()
    }
}
