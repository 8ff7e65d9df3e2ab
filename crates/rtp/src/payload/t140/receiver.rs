//! Packets of text to events: in order, each block once, what is lost out of redundancy (RFC 4103 §5.3, §5.4).
//!
//! Redundant blocks are those of the packets right before theirs, counted by sequence number (§5.3). Which
//! SSRC may be heard is decided elsewhere; one that changes begins anew. Start at [`Receiver::push`].

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use thiserror::Error;

use super::Format;
use super::decoder::Decoder;
use crate::limits;
use crate::packet::Packet;
use crate::payload::Malformed;
use crate::payload::red::Red;

/// What a writer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEvent {
    /// Wrote a character; [`super::LOST`] once for each gap that nothing could fill.
    Character(char),
    /// Erased the last character, or new line.
    Backspace,
    /// Began a new line.
    NewLine,
}

/// Why a packet was not taken; it is to be dropped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Not a payload type of this line, on the packet or on one of its blocks.
    #[error("payload type {0} is no text")]
    PayloadType(u8),
    /// Longer than [`limits::TEXT_PAYLOAD_MAX`], in octets.
    #[error("text of {0} octets is too long")]
    TooLong(usize),
    /// Its redundancy cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// [`limits::TEXT_BLOCKS_MAX`] blocks or [`limits::TEXT_EVENTS_MAX`] events wait for [`Receiver::poll`].
    #[error("too much text waits to be read")]
    Full,
}

/// One direction of a text line.
#[derive(Clone, Debug)]
pub struct Receiver {
    format: Format,
    ssrc: Option<u32>,
    /// The block that is due; `None` before the first packet.
    next: Option<u16>,
    /// Where a packet far from all others says that the next one is.
    jumped_to: Option<u16>,
    /// Ascending from `next`, each number once.
    waiting: VecDeque<Block>,
    decoder: Decoder,
    events: VecDeque<TextEvent>,
}

#[derive(Clone, Debug)]
struct Block {
    sequence: u16,
    came: Instant,
    octets: Bytes,
}

/// How a sequence number stands to the one that is due.
enum Arrival {
    /// Near it, before or after.
    Expected,
    /// Far from it: to be dropped unless the next packet follows this one.
    Jumped,
    /// The second in a row there: the peer counts anew.
    Restarted,
}

impl Receiver {
    /// `format` as our own description numbers it.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Receiver {
            format,
            ssrc: None,
            next: None,
            jumped_to: None,
            waiting: VecDeque::new(),
            decoder: Decoder::default(),
            events: VecDeque::new(),
        }
    }

    /// The line was agreed on anew: later packets have these payload types.
    pub fn set_format(&mut self, format: Format) {
        self.format = format;
    }

    /// Takes a packet that came at `now`. One that is late or a duplicate adds nothing and is no error.
    ///
    /// # Errors
    /// As [`Error`] says; the packet is as good as lost.
    pub fn push(&mut self, now: Instant, packet: &Packet) -> Result<(), Error> {
        let blocks = self.blocks(packet)?;
        if self.waiting.len() >= limits::TEXT_BLOCKS_MAX || self.events.len() >= limits::TEXT_EVENTS_MAX {
            return Err(Error::Full);
        }
        let header = &packet.header;
        if self.ssrc.replace(header.ssrc).is_some_and(|before| before != header.ssrc) {
            self.begin_anew();
        }
        match self.arrival(header.sequence) {
            Arrival::Expected => {}
            Arrival::Jumped => return Ok(()),
            Arrival::Restarted => {
                self.begin_anew();
                self.decoder.lost(&mut self.events);
            }
        }
        let earlier = blocks.len() as u16 - 1;
        let mut sequence = header.sequence.wrapping_sub(earlier);
        let next = *self.next.get_or_insert(sequence);
        for octets in blocks {
            self.keep(next, Block { sequence, came: now, octets });
            sequence = sequence.wrapping_add(1);
        }
        Ok(())
    }

    /// The next event, in the order of writing; to be asked until `None` after each packet and at the
    /// [`Receiver::deadline`].
    pub fn poll(&mut self, now: Instant) -> Option<TextEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let front = self.waiting.front()?;
            if self.next != Some(front.sequence) && !self.gives_up(now) {
                return None;
            }
            self.decode_front();
        }
    }

    /// When [`Receiver::poll`] gives up what is missing; `None` while nothing is waited for.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let front = self.waiting.front().filter(|front| self.next != Some(front.sequence))?;
        let came = self.waiting.iter().map(|block| block.came).min().unwrap_or(front.came);
        Some(came + limits::TEXT_HOLD)
    }

    /// The blocks of a packet, the oldest first; at least one.
    fn blocks(&self, packet: &Packet) -> Result<Vec<Bytes>, Error> {
        let (payload_type, payload) = (packet.header.payload_type, &packet.payload);
        if payload.len() > limits::TEXT_PAYLOAD_MAX {
            return Err(Error::TooLong(payload.len()));
        }
        if payload_type == self.format.t140 {
            return Ok(vec![payload.clone()]);
        }
        if Some(payload_type) != self.format.red {
            return Err(Error::PayloadType(payload_type));
        }
        let red = Red::parse(payload)?;
        let mut types = red.redundant.iter().map(|block| block.payload_type).chain([red.payload_type]);
        if let Some(foreign) = types.find(|payload_type| *payload_type != self.format.t140) {
            return Err(Error::PayloadType(foreign));
        }
        Ok(red.redundant.into_iter().map(|block| block.data).chain([red.primary]).collect())
    }

    /// As RFC 3550 §A.1 judges sequence numbers.
    fn arrival(&mut self, sequence: u16) -> Arrival {
        let ahead = self.next.map_or(0, |next| sequence.wrapping_sub(next));
        if ahead < limits::DROPOUT_MAX || ahead >= 0u16.wrapping_sub(limits::MISORDER_MAX) {
            self.jumped_to = None;
            return Arrival::Expected;
        }
        if self.jumped_to.take() == Some(sequence) {
            return Arrival::Restarted;
        }
        self.jumped_to = Some(sequence.wrapping_add(1));
        Arrival::Jumped
    }

    /// Reads what waits, whatever is missing in between; the next packet sets where the order begins.
    fn begin_anew(&mut self) {
        while !self.waiting.is_empty() {
            self.decode_front();
        }
        self.decoder = Decoder::default();
        (self.next, self.jumped_to) = (None, None);
    }

    fn keep(&mut self, next: u16, block: Block) {
        let distance = block.sequence.wrapping_sub(next);
        if distance >= 1 << 15 {
            return;
        }
        let at = self.waiting.partition_point(|other| other.sequence.wrapping_sub(next) < distance);
        if self.waiting.get(at).is_none_or(|other| other.sequence != block.sequence) {
            self.waiting.insert(at, block);
        }
    }

    fn gives_up(&self, now: Instant) -> bool {
        self.waiting.len() > limits::TEXT_REORDER_MAX || self.deadline().is_some_and(|at| at <= now)
    }

    fn decode_front(&mut self) {
        let Some(block) = self.waiting.pop_front() else { return };
        if self.next != Some(block.sequence) {
            self.decoder.lost(&mut self.events);
        }
        self.next = Some(block.sequence.wrapping_add(1));
        self.decoder.push(&block.octets, &mut self.events);
    }
}
