//! Text to payloads: gathered for 300 ms, repeated in the packets that follow (RFC 4103 §4, §5), no faster
//! than the receiver reads (§6).
//!
//! The first text after a pause goes out at once. Afterwards a packet is due each interval as long as there
//! is new text, or text that has not been in all its generations; such a packet has an empty new block. The
//! number of blocks never changes, so that a receiver counts them back by sequence number. Start at
//! [`Sender::push`].

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use thiserror::Error;

use super::{CLOCK_RATE, CPS_DEFAULT, Format, NEW_LINE};
use crate::limits;
use crate::payload::red::{Block, OFFSET_MAX, Red};
use crate::source::ticks;

/// Between packets (RFC 4103 §5.1).
pub const INTERVAL: Duration = Duration::from_millis(300);
/// What characters per second are a mean of (RFC 4103 §6).
const CPS_WINDOW: Duration = Duration::from_secs(10);

/// How text goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// As the peer numbers it.
    pub format: Format,
    /// How often text is repeated where `format` has redundancy: brought into 1..=
    /// [`limits::TEXT_GENERATIONS_MAX`].
    pub generations: u8,
    /// Characters per second that the peer takes, as a mean of any ten seconds; at least 1.
    pub cps: u16,
    /// Between packets: brought into [`limits::TEXT_INTERVAL_MIN`]..=[`limits::TEXT_INTERVAL_MAX`].
    pub interval: Duration,
}

impl Config {
    /// Two generations (RFC 4103 §4.2), 30 characters per second, a packet each 300 ms.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Config { format, generations: 2, cps: CPS_DEFAULT, interval: INTERVAL }
    }

    fn blocks_repeated(&self) -> usize {
        let generations = self.generations.clamp(1, limits::TEXT_GENERATIONS_MAX);
        self.format.red.map_or(0, |_| generations.into())
    }
}

/// A packet to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Of `t140`, or of `red`.
    pub payload_type: u8,
    /// First packet of the stream or after a pause (RFC 4103 §3.5).
    pub marker: bool,
    /// At 1000 Hz.
    pub timestamp: u32,
    /// The payload, at most 1100 octets.
    pub payload: Bytes,
}

/// There is no room for so much text: [`limits::TEXT_WAITING_MAX`] characters. Nothing of it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too much text waits to be sent")]
pub struct Full;

/// One direction of a text line.
///
/// Each packet has to get the sequence number after that of the one before, even one that is not sent:
/// receivers count by it which packets the redundancy is of.
#[derive(Clone, Debug)]
pub struct Sender {
    config: Config,
    /// Timestamp of the stream's beginning, and when that was.
    timestamp: u32,
    began: Option<Instant>,
    waiting: VecDeque<char>,
    /// Since when something waits.
    since: Option<Instant>,
    /// When the last packet was sent.
    last: Option<Instant>,
    /// Timestamps and blocks of the last packets, oldest first, as many as are repeated.
    sent: VecDeque<(u32, Bytes)>,
    /// When how many characters were sent, within the last [`CPS_WINDOW`].
    counted: VecDeque<(Instant, usize)>,
}

impl Sender {
    /// Timestamps begin at `timestamp`, which should be random (RFC 3550 §5.1).
    #[must_use]
    pub fn new(config: Config, timestamp: u32) -> Self {
        Sender {
            config,
            timestamp,
            began: None,
            waiting: VecDeque::new(),
            since: None,
            last: None,
            sent: VecDeque::new(),
            counted: VecDeque::new(),
        }
    }

    /// The line was agreed on anew: later packets go out so.
    pub fn set_config(&mut self, config: Config) {
        self.config = config;
    }

    /// Queues text that was written at `now`. A line end (LF, CR LF or CR) becomes U+2028; U+0008 erases the
    /// character before. To open the stream with U+FEFF, as T.140 does, push that.
    ///
    /// # Errors
    /// [`Full`]: nothing was queued.
    pub fn push(&mut self, now: Instant, text: &str) -> Result<(), Full> {
        if self.waiting.len() + text.chars().count() > limits::TEXT_WAITING_MAX {
            return Err(Full);
        }
        let mut before = None;
        for c in text.chars() {
            match (before, c) {
                (Some('\r'), '\n') => {}
                (_, '\r' | '\n') => self.waiting.push_back(NEW_LINE),
                (_, c) => self.waiting.push_back(c),
            }
            before = Some(c);
        }
        self.since = self.since.or(Some(now)).filter(|_| !self.waiting.is_empty());
        self.began = self.began.or(self.since);
        Ok(())
    }

    /// Whether nothing waits, neither new text nor text that has to be repeated.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.repeats()
    }

    /// When [`Sender::poll`] has the next packet.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let next = self.last.map(|last| last + self.interval());
        if self.repeats() {
            return next;
        }
        let since = self.since?;
        [next, self.rate_allows()].into_iter().flatten().max().max(Some(since))
    }

    /// The packet that is due, if one is.
    pub fn poll(&mut self, now: Instant) -> Option<Outgoing> {
        let due = self.deadline().filter(|due| *due <= now)?;
        let marker = self.last.is_none_or(|last| due > last + self.interval());
        let block = self.take(now);
        let timestamp = self.timestamp(now);
        let payload = self.payload(timestamp, &block);
        self.last = Some(now);
        self.sent.push_back((timestamp, block));
        let surplus = self.sent.len().saturating_sub(self.config.blocks_repeated());
        self.sent.drain(..surplus);
        let Format { t140, red } = self.config.format;
        Some(Outgoing { payload_type: red.unwrap_or(t140), marker, timestamp, payload })
    }

    fn interval(&self) -> Duration {
        self.config.interval.clamp(limits::TEXT_INTERVAL_MIN, limits::TEXT_INTERVAL_MAX)
    }

    /// Whether a block that was sent has to be repeated.
    fn repeats(&self) -> bool {
        let kept = self.sent.len().min(self.config.blocks_repeated());
        self.sent.iter().rev().take(kept).any(|(_, block)| !block.is_empty())
    }

    fn characters_max(&self) -> usize {
        usize::from(self.config.cps.max(1)) * CPS_WINDOW.as_secs() as usize
    }

    /// When at least one character may be sent; `None`: at any time.
    fn rate_allows(&self) -> Option<Instant> {
        let mut count: usize = self.counted.iter().map(|(_, count)| count).sum();
        let mut at = None;
        for (sent, characters) in &self.counted {
            if count < self.characters_max() {
                break;
            }
            count -= characters;
            at = Some(*sent + CPS_WINDOW);
        }
        at
    }

    /// The new block: as much as the peer takes, at most [`limits::TEXT_BLOCK_SENT_MAX`] octets.
    fn take(&mut self, now: Instant) -> Bytes {
        while self.counted.front().is_some_and(|(sent, _)| *sent + CPS_WINDOW <= now) {
            self.counted.pop_front();
        }
        let counted: usize = self.counted.iter().map(|(_, count)| count).sum();
        let allowed = self.characters_max().saturating_sub(counted);
        let (mut text, mut count) = (String::new(), 0);
        while let Some(c) = self.waiting.front().filter(|_| count < allowed) {
            if text.len() + c.len_utf8() > limits::TEXT_BLOCK_SENT_MAX {
                break;
            }
            text.push(*c);
            self.waiting.pop_front();
            count += 1;
        }
        if count > 0 {
            self.counted.push_back((now, count));
        }
        self.since = self.since.filter(|_| !self.waiting.is_empty());
        text.into()
    }

    /// `block` with those before it. A block that the offset cannot reach back to is repeated no more.
    fn payload(&self, timestamp: u32, block: &Bytes) -> Bytes {
        if self.config.format.red.is_none() {
            return block.clone();
        }
        let payload_type = self.config.format.t140;
        let empty = Block { payload_type, offset: 0, data: Bytes::new() };
        let repeated = self.config.blocks_repeated();
        let mut redundant = vec![empty; repeated.saturating_sub(self.sent.len())];
        for (sent, data) in self.sent.iter().skip(self.sent.len().saturating_sub(repeated)) {
            let age = u16::try_from(timestamp.wrapping_sub(*sent)).ok().filter(|age| *age <= OFFSET_MAX);
            let data = age.map_or(Bytes::new(), |_| data.clone());
            redundant.push(Block { payload_type, offset: age.unwrap_or(OFFSET_MAX), data });
        }
        let red = Red { redundant, payload_type, primary: block.clone() };
        red.to_bytes().expect("blocks are within TEXT_BLOCK_SENT_MAX, and offsets within OFFSET_MAX")
    }

    fn timestamp(&self, now: Instant) -> u32 {
        let began = self.began.unwrap_or(now);
        self.timestamp.wrapping_add(ticks(now.saturating_duration_since(began), CLOCK_RATE) as u32)
    }
}
