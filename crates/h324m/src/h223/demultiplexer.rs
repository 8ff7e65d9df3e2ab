//! What comes in: octets of the line to SDUs of the logical channels. Start at `Demultiplexer::push`.

use bytes::Bytes;

use super::channels::Channels;
use super::deframe::Deframer;
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
    deframer: Deframer,
    channels: Channels,
}

impl Demultiplexer {
    /// Nothing received yet, nothing open but control.
    pub fn new(level: Level) -> Self {
        Self { level, deframer: Deframer::new(level), channels: Channels::new() }
    }

    /// The level it reads.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Changes the level: what was half received is dropped, tables and channels stay.
    pub fn set_level(&mut self, level: Level) {
        self.level = level;
        self.deframer = Deframer::new(level);
        self.channels.restart();
    }

    /// Sets or (`None`) deactivates entry `code` (1..=15; others are passed over) of the peer's table.
    ///
    /// Without an entry, code 15 brings SDUs of control: WNSRP.
    pub fn set_entry(&mut self, code: u8, entry: Option<MultiplexEntry>) {
        self.channels.set_entry(code, entry);
    }

    /// Codes of the peer without an entry by which PDUs keep coming: it has not sent its table, or what it sent
    /// was lost (RequestMultiplexEntry).
    pub fn missing_entries(&self) -> Vec<u8> {
        self.channels.missing_entries()
    }

    /// Opens a logical channel (1..=65535; 0 is open from the start). Open again, it starts anew. Beyond
    /// [`CHANNELS_MAX`](crate::limits::CHANNELS_MAX) it is not opened and the answer is false.
    pub fn open(&mut self, channel: u16, layer: AdaptationLayer, segmentable: bool) -> bool {
        self.channels.open(channel, layer, segmentable)
    }

    /// Closes a logical channel (not control); what is half received on it is dropped.
    pub fn close(&mut self, channel: u16) {
        self.channels.close(channel);
    }

    /// Takes octets of the line, in H.223 order.
    pub fn push(&mut self, octets: &[u8]) {
        self.channels.statistics.octets += octets.len() as u64;
        self.deframer.push(octets, &mut self.channels);
        self.channels.tick();
    }

    /// Takes note that so many octets of the line are missing here (a lost RTP packet).
    pub fn lost(&mut self, octets: usize) {
        self.channels.statistics.octets_lost += octets as u64;
        self.deframer.lost(octets, &mut self.channels);
        self.channels.tick();
    }

    /// The end of the line: what waits for its closing flag is delivered.
    pub fn flush(&mut self) {
        self.deframer.flush(&mut self.channels);
    }

    /// What came in, in order. Not polled, it keeps [`RECEIVED_MAX`](crate::limits::RECEIVED_MAX) and drops
    /// the oldest.
    pub fn poll(&mut self) -> Option<Received> {
        self.channels.poll()
    }

    /// Counters.
    pub fn statistics(&self) -> ReceiveStatistics {
        self.channels.statistics
    }
}
