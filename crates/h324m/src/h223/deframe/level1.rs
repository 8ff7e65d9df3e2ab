//! Level 1: a flag of two octets, content as it is (H.223 Annex A).
//!
//! Nothing keeps content from looking like a flag. What stands behind a flag tells: another flag, or a
//! header with a right HEC. If it is neither, it was content, unless the CRC says that the SDU ended there.

use super::{Buffer, FLAG, header};
use crate::h223::channels::Channels;
use crate::limits;

/// The deframer of level 1.
#[derive(Debug, Default)]
pub(in crate::h223) struct Level1 {
    buffer: Buffer,
    state: State,
    /// A flag is searched from here.
    scan: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No flag seen yet, or too long ago.
    #[default]
    Hunting,
    /// `buffer.start` is what follows a flag.
    Behind,
}

/// What an occurrence of the flag's octets is.
enum Verdict {
    Flag,
    Content,
    /// Not known before more comes.
    Later,
}

impl Level1 {
    pub(super) fn push(&mut self, octets: &[u8], channels: &mut Channels) {
        self.scan -= self.buffer.start;
        self.buffer.push(octets);
        self.advance(channels);
    }

    pub(super) fn lost(&mut self, filled: Option<usize>, channels: &mut Channels) {
        match filled {
            Some(octets) => {
                self.scan -= self.buffer.start;
                self.buffer.push_lost(octets);
                self.advance(channels);
            }
            None => {
                *self = Self::default();
                channels.pdu_lost();
            }
        }
    }

    /// A flag at the very end need not be doubted any longer.
    pub(super) fn flush(&mut self, channels: &mut Channels) {
        if self.state == State::Behind && self.buffer.pair(self.scan) == Some(FLAG) {
            self.deliver(self.scan, channels);
        }
        *self = Self::default();
    }

    fn advance(&mut self, channels: &mut Channels) {
        loop {
            let Some(at) = self.find_flag() else { return self.bound(channels) };
            match self.judge(at, channels) {
                Verdict::Later => return self.scan = at,
                Verdict::Content => self.scan = at + 1,
                Verdict::Flag => {
                    match self.state {
                        State::Behind => self.deliver(at, channels),
                        State::Hunting => {}
                    }
                    self.state = State::Behind;
                    self.buffer.start = at + 2;
                    self.scan = at + 2;
                }
            }
        }
    }

    fn find_flag(&mut self) -> Option<usize> {
        let rest = self.buffer.octets.get(self.scan..)?;
        let found = rest.windows(2).position(|pair| u16::from_le_bytes([pair[0], pair[1]]) == FLAG);
        match found {
            Some(offset) => Some(self.scan + offset),
            None => {
                self.scan = self.scan.max(self.buffer.octets.len().saturating_sub(1));
                None
            }
        }
    }

    fn judge(&self, at: usize, channels: &Channels) -> Verdict {
        let (from, behind) = (self.buffer.start, &self.buffer.octets[at + 2..]);
        // Directly behind a flag, it is stuffing.
        if self.state == State::Behind && at == from {
            return Verdict::Flag;
        }
        match behind {
            [first, ..] if header(*first).is_some() => Verdict::Flag,
            [0xE1, 0x4D, ..] => Verdict::Flag,
            _ if self.state == State::Behind && self.is_vouched(at, channels) => Verdict::Flag,
            [] | [0xE1] => Verdict::Later,
            _ => Verdict::Content,
        }
    }

    fn is_vouched(&self, at: usize, channels: &Channels) -> bool {
        let content = &self.buffer.octets[self.buffer.start..at];
        let Some((first, payload)) = content.split_first() else { return false };
        header(*first).is_some_and(|(code, _)| channels.is_whole(code, payload))
    }

    /// Hands on what lies before the flag at `at`.
    fn deliver(&mut self, at: usize, channels: &mut Channels) {
        let from = self.buffer.start;
        let Some((first, payload)) = self.buffer.octets[from..at].split_first() else {
            channels.statistics.stuffing += 1;
            return;
        };
        let Some((code, marker)) = header(*first) else {
            channels.statistics.hec_errors += 1;
            channels.pdu_lost();
            return self.deliver_behind_hole(at, channels);
        };
        if marker {
            channels.marker();
        }
        channels.pdu(code, payload, self.buffer.is_holed(from, at));
        self.deliver_behind_hole(at, channels);
    }

    /// A flag may have been the last of what was lost: then a right SDU stands behind it.
    fn deliver_behind_hole(&self, at: usize, channels: &mut Channels) {
        let Some(from) = self.buffer.end_of_holes(self.buffer.start, at) else { return };
        let Some((first, payload)) = self.buffer.octets[from..at].split_first() else { return };
        let Some((code, _)) = header(*first) else { return };
        if channels.is_whole(code, payload) {
            channels.pdu(code, payload, false);
        }
    }

    /// Gives up what grew too long, and keeps nothing while it hunts.
    fn bound(&mut self, channels: &mut Channels) {
        match self.state {
            State::Hunting => self.buffer.start = self.scan,
            State::Behind if self.scan - self.buffer.start > limits::PDU_MAX => {
                channels.statistics.malformed += 1;
                channels.statistics.resyncs += 1;
                channels.pdu_lost();
                self.state = State::Hunting;
                self.buffer.start = self.scan;
            }
            State::Behind => {}
        }
    }
}
