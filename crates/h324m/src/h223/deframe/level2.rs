//! Level 2: a flag of two octets and a header with the length, under a Golay code (H.223 Annex B).
//!
//! The flag has to be where the header before says; there it may have three wrong bits. If it is not, it
//! is searched, and believed when header and next flag bear it out.

use super::{Buffer, FLAG};
use crate::h223::channels::Channels;
use crate::h223::crc::HEC;
use crate::h223::golay;
use crate::limits;

/// Wrong bits of a flag where one has to be.
const EXPECTED_ERRORS_MAX: u32 = 3;
/// Wrong bits of a flag that is searched.
const SEARCHED_ERRORS_MAX: u32 = 1;
/// Wrong bits of the header behind a flag that is searched.
const SEARCHED_HEADER_ERRORS_MAX: u32 = 2;
/// Longest content (Annex B.3.2.1); 255 is no length.
const LENGTH_MAX: usize = 254;

/// The deframer of level 2.
#[derive(Debug)]
pub(in crate::h223) struct Level2 {
    optional_header: bool,
    buffer: Buffer,
    state: State,
}

#[derive(Debug)]
enum State {
    /// `buffer.start` is at a flag that is believed.
    Aligned,
    /// The flag is searched.
    Hunting {
        /// From here on.
        scan: usize,
        /// What was read before the flag went missing.
        held: Option<Held>,
    },
}

/// A PDU without its closing flag.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// `None`: the header was beyond correction; the optional header behind may tell it.
    code: Option<u8>,
    from: usize,
    /// Where the flag was to be.
    to: usize,
}

enum Verdict {
    /// A flag, and whether it is the complemented one.
    Flag(bool),
    No,
    Later,
}

impl Level2 {
    pub(super) fn new(optional_header: bool) -> Self {
        Self { optional_header, buffer: Buffer::default(), state: State::Hunting { scan: 0, held: None } }
    }

    pub(super) fn push(&mut self, octets: &[u8], channels: &mut Channels) {
        self.rebase();
        self.buffer.push(octets);
        self.advance(channels);
    }

    pub(super) fn lost(&mut self, filled: Option<usize>, channels: &mut Channels) {
        self.rebase();
        match filled {
            Some(octets) => self.buffer.push_lost(octets),
            None => {
                self.deliver_held(None, channels);
                self.buffer.clear();
                self.state = State::Hunting { scan: 0, held: None };
                channels.pdu_lost();
            }
        }
        self.advance(channels);
    }

    pub(super) fn flush(&mut self, channels: &mut Channels) {
        if let (State::Aligned, Some(Some((code, length)))) = (&self.state, self.header(self.buffer.start)) {
            let from = self.buffer.start + self.overhead();
            if self.buffer.octets.len() >= from + length {
                self.deliver(Some(code), from, from + length, false, channels);
            }
        }
        self.deliver_held(None, channels);
        *self = Self::new(self.optional_header);
    }

    /// Octets before the content: flag and header.
    fn overhead(&self) -> usize {
        if self.optional_header { 6 } else { 5 }
    }

    /// Positions move when the buffer drops what was read.
    fn rebase(&mut self) {
        let start = self.buffer.start;
        if let State::Hunting { scan, held } = &mut self.state {
            *scan -= start;
            if let Some(held) = held {
                (held.from, held.to) = (held.from - start, held.to - start);
            }
        }
    }

    fn advance(&mut self, channels: &mut Channels) {
        loop {
            let goes_on = match self.state {
                State::Aligned => self.read(channels),
                State::Hunting { scan, held } => self.hunt(scan, held, channels),
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Reads the PDU behind the flag at `start`; false when more octets are needed.
    fn read(&mut self, channels: &mut Channels) -> bool {
        let (flag, from) = (self.buffer.start, self.buffer.start + self.overhead());
        if self.buffer.octets.len() < from {
            return false;
        }
        let Some((code, length)) = self.header(flag).flatten() else {
            channels.statistics.golay_failed += 1;
            self.hunt_from(flag + 2, Held { code: None, from, to: from + LENGTH_MAX }, channels);
            return true;
        };
        let to = from + length;
        let Some(pair) = self.buffer.pair(to) else { return false };
        match is_flag(pair, EXPECTED_ERRORS_MAX) {
            Some(marker) => {
                self.count_corrected(flag, channels);
                self.deliver(Some(code), from, to, marker, channels);
                self.buffer.start = to;
            }
            None => self.hunt_from(flag + 2, Held { code: Some(code), from, to }, channels),
        }
        true
    }

    fn hunt_from(&mut self, scan: usize, held: Held, channels: &mut Channels) {
        channels.statistics.resyncs += 1;
        self.state = State::Hunting { scan, held: Some(held) };
    }

    /// Searches the flag; false when more octets are needed.
    fn hunt(&mut self, mut scan: usize, held: Option<Held>, channels: &mut Channels) -> bool {
        loop {
            match self.judge(scan, held) {
                Verdict::Flag(marker) => {
                    self.deliver_held(Some((scan, marker)), channels);
                    self.buffer.start = scan;
                    self.state = State::Aligned;
                    return true;
                }
                Verdict::No => scan += 1,
                Verdict::Later => break,
            }
        }
        let given_up = held.filter(|held| scan > held.to + limits::HUNT_HOLD_OCTETS);
        self.state = State::Hunting { scan, held };
        if given_up.is_some() {
            self.deliver_held(None, channels);
        }
        if let State::Hunting { held: None, .. } = self.state {
            self.buffer.start = scan;
        }
        false
    }

    /// Whether a flag stands at `at`: the flag nearly right, the header too, and another flag behind the PDU.
    fn judge(&self, at: usize, held: Option<Held>) -> Verdict {
        let Some(pair) = self.buffer.pair(at) else { return Verdict::Later };
        // Where it had to be, a flag may be worse if its header is good; it may have been lost, too.
        let expected = held.is_some_and(|held| held.code.is_some() && held.to == at);
        let lost = self.buffer.is_end_of_hole(at + 2) || self.buffer.is_end_of_hole(at + 1);
        let marker = match is_flag(pair, if expected { 7 } else { SEARCHED_ERRORS_MAX }) {
            Some(marker) => marker && !lost,
            None if lost => false,
            None => return Verdict::No,
        };
        let Some(header) = self.header_octets(at) else { return Verdict::Later };
        let header_errors = if expected || lost { 1 } else { SEARCHED_HEADER_ERRORS_MAX };
        let Some((code_and_length, wrong)) = golay::decode(header) else { return Verdict::No };
        let length = usize::from(code_and_length >> 4);
        if wrong > header_errors || length > LENGTH_MAX {
            return Verdict::No;
        }
        match self.buffer.pair(at + self.overhead() + length) {
            Some(next) if is_flag(next, EXPECTED_ERRORS_MAX).is_some() => Verdict::Flag(marker),
            Some(_) => Verdict::No,
            None => Verdict::Later,
        }
    }

    fn header_octets(&self, flag: usize) -> Option<[u8; 3]> {
        self.buffer.octets.get(flag + 2..flag + 5)?.try_into().ok()
    }

    /// Code and length of the header behind a flag; `Some(None)` when it is beyond correction.
    fn header(&self, flag: usize) -> Option<Option<(u8, usize)>> {
        let decoded = golay::decode(self.header_octets(flag)?);
        let fields = decoded.map(|(data, _)| ((data & 0xF) as u8, usize::from(data >> 4)));
        Some(fields.filter(|(_, length)| *length <= LENGTH_MAX))
    }

    fn count_corrected(&self, flag: usize, channels: &mut Channels) {
        let wrong = self.header_octets(flag).and_then(golay::decode).map_or(0, |(_, wrong)| wrong);
        channels.statistics.golay_corrected += u64::from(wrong > 0);
    }

    /// Delivers what was read before the flag went missing; `found` is where it came again.
    fn deliver_held(&mut self, found: Option<(usize, bool)>, channels: &mut Channels) {
        let State::Hunting { held, .. } = &mut self.state else { return };
        let Some(Held { code, from, to }) = held.take() else { return };
        let end = found.map_or(to, |(at, _)| at).min(to).min(self.buffer.octets.len());
        let told = found.and_then(|(at, _)| self.told_behind(at)).filter(|_| code.is_none());
        // Behind the place of the flag that is missing nothing is known of the PDU's end.
        let marker = match (found, told) {
            (_, Some((_, marker))) => marker,
            (Some((at, marker)), None) => marker && at <= to,
            (None, None) => false,
        };
        let code = code.or(told.map(|(code, _)| code));
        if from > end || code.is_none() {
            return channels.pdu_lost();
        }
        let short = found.is_some_and(|(at, _)| at < to) && told.is_none();
        self.deliver_piece(code, from, end, marker, short, channels);
    }

    /// Code and marker of the PDU before, by the optional header of the one at `flag` (Annex B.3.2.2).
    fn told_behind(&self, flag: usize) -> Option<(u8, bool)> {
        let octet = self.buffer.octets.get(flag + 5).filter(|_| self.optional_header)?;
        let code = octet >> 4;
        (octet >> 1 & 7 == HEC[usize::from(code)]).then_some((code, octet & 1 == 1))
    }

    fn deliver(&self, code: Option<u8>, from: usize, to: usize, marker: bool, channels: &mut Channels) {
        self.deliver_piece(code, from, to, marker, false, channels);
    }

    fn deliver_piece(
        &self,
        code: Option<u8>,
        from: usize,
        to: usize,
        marker: bool,
        damaged: bool,
        channels: &mut Channels,
    ) {
        let Some(code) = code else { return };
        let damaged = damaged || self.buffer.is_holed(from, to);
        channels.pdu(code, &self.buffer.octets[from..to], damaged);
        if marker {
            channels.marker();
        }
    }
}

/// Whether this is a flag with at most so many wrong bits (below 8): `true` for the complemented one.
fn is_flag(pair: u16, errors_max: u32) -> Option<bool> {
    let wrong = (pair ^ FLAG).count_ones();
    if wrong <= errors_max { Some(false) } else { (16 - wrong <= errors_max).then_some(true) }
}
