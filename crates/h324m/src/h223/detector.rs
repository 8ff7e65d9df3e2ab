//! Set-up of the level: what the peer's stuffing says (H.324 Annex C).
//!
//! A level is believed after so many of its stuffing sequences in a row; a constant octet is nobody's, with
//! the exception of the flags of level 0.

use super::Level;

/// The first octet of every sequence of levels 1 and 2.
const FLAG: u8 = 0xE1;
/// Sequences in a row by which a level with a flag of 16 bits is known: 32 octets and more.
const SEQUENCES: u32 = 16;
/// Flags in a row by which level 0 is known; more, as other equipment idles with them, too.
const FLAGS: u32 = 40;
/// Wrong bits that a sequence may have.
const ERRORS_MAX: u32 = 2;

/// Listens for the peer's stuffing. Both ends start at their highest level and settle on the lower one.
#[derive(Debug)]
pub struct Detector {
    level: Level,
    agreed: bool,
    /// From the highest to the lowest.
    listeners: [Listener; 3],
    flags: Flags,
}

impl Detector {
    /// For an end that sends stuffing of level `own`, its highest.
    pub fn new(own: Level) -> Self {
        let two = |optional_header| Level::Two { optional_header };
        let listeners = [
            Listener::new(two(true), &[FLAG, 0x4D, 0, 0, 0, 0]),
            Listener::new(two(false), &[FLAG, 0x4D, 0, 0, 0]),
            // The double flag is the flag, twice as often.
            Listener::new(Level::One { double_flag: false }, &[FLAG, 0x4D]),
        ];
        Self { level: own, agreed: false, listeners, flags: Flags::default() }
    }

    /// Takes octets of the line, in H.223 order. `Some` when the peer is heard at our level or at a lower
    /// one: this is the level of the call from then on; send it by `Multiplexer::set_level` when it is
    /// lower. A peer at a higher level is waited for, it will come down. Asked further, it answers
    /// again only when the peer falls lower still.
    ///
    /// What a double flag is used for is up to each sender: own `One` stays as it is, whichever is heard.
    pub fn push(&mut self, octets: &[u8]) -> Option<Level> {
        let mut lowest = None;
        for octet in octets {
            for listener in &mut self.listeners {
                if listener.push(*octet) && Self::suits(self.level, listener.level) {
                    lowest = Some(listener.level);
                }
            }
            if self.flags.push(*octet) {
                lowest = Some(Level::Zero);
            }
            if let Some(level) = lowest.take().and_then(|heard| self.agree(heard)) {
                return Some(level);
            }
        }
        None
    }

    /// In mid-call: `Some` when the peer's stuffing, unbroken, is that of another level of octets than this
    /// one, which may be higher than what was agreed at the start (H.324 §C.7). Level 0 is not gone to or left:
    /// other equipment may idle with its flags.
    pub fn follow(&mut self, octets: &[u8]) -> Option<Level> {
        if self.level == Level::Zero {
            return None;
        }
        let own = self.level;
        let mut heard = None;
        let mut rest = octets;
        loop {
            let mut others = self.listeners.iter_mut().filter(|listener| !same(own, listener.level));
            // Most of the line is no stuffing of another level: it is passed over up to the next beginning of one.
            if others.all(|listener| listener.is_idle()) {
                let Some(at) = rest.iter().position(|octet| *octet == FLAG) else { break };
                rest = &rest[at..];
            }
            let Some((octet, after)) = rest.split_first() else { break };
            rest = after;
            for listener in self.listeners.iter_mut().filter(|listener| !same(own, listener.level)) {
                if listener.push(*octet) {
                    heard = Some(listener.level);
                }
            }
        }
        self.level = heard?;
        heard
    }

    /// The level is known by other means.
    pub fn settle(&mut self, level: Level) {
        self.agreed = true;
        self.level = level;
    }

    /// The level agreed, or our own while none is.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether the peer has been heard at a level that suits.
    pub fn is_agreed(&self) -> bool {
        self.agreed
    }

    fn suits(own: Level, heard: Level) -> bool {
        heard <= own
    }

    fn agree(&mut self, heard: Level) -> Option<Level> {
        let same = same(self.level, heard);
        if self.agreed && same {
            return None;
        }
        self.agreed = true;
        if !same {
            self.level = heard;
        }
        Some(self.level)
    }
}

/// The double flag is up to each sender.
fn same(level: Level, other: Level) -> bool {
    match (level, other) {
        (Level::One { .. }, Level::One { .. }) => true,
        (Level::Zero | Level::One { .. } | Level::Two { .. }, _) => level == other,
    }
}

/// Counts the stuffing sequences of a level of octets.
#[derive(Debug)]
struct Listener {
    level: Level,
    sequence: &'static [u8],
    at: usize,
    wrong: u32,
    count: u32,
}

impl Listener {
    fn new(level: Level, sequence: &'static [u8]) -> Self {
        Self { level, sequence, at: 0, wrong: 0, count: 0 }
    }

    /// Whether it has heard nothing of its sequence.
    fn is_idle(&self) -> bool {
        self.at == 0 && self.count == 0
    }

    /// Whether the level is known with this octet.
    fn push(&mut self, octet: u8) -> bool {
        self.wrong += (octet ^ self.sequence[self.at]).count_ones();
        if self.wrong > ERRORS_MAX || (self.count == 0 && self.wrong > 0) {
            // The first sequence has to be right; it may begin with this octet.
            (self.wrong, self.count) = (0, 0);
            self.at = usize::from(octet == self.sequence[0]);
            return false;
        }
        self.at += 1;
        if self.at < self.sequence.len() {
            return false;
        }
        (self.at, self.wrong) = (0, 0);
        self.count += 1;
        if self.count < SEQUENCES {
            return false;
        }
        self.count = 1;
        true
    }
}

/// Counts the flags of level 0, on whatever bit they begin, with a zero of their own or a shared one.
#[derive(Debug, Default)]
struct Flags {
    last: u8,
    since: u32,
    count: u32,
}

impl Flags {
    fn push(&mut self, octet: u8) -> bool {
        let mut known = false;
        for bit in 0..8 {
            self.last = self.last >> 1 | (octet >> bit & 1) << 7;
            self.since = self.since.saturating_add(1);
            if self.last == 0x7E {
                self.count = if matches!(self.since, 7 | 8) { self.count + 1 } else { 1 };
                self.since = 0;
            }
            if self.count >= FLAGS {
                (known, self.count) = (true, 1);
            }
        }
        known
    }
}
