//! Sender and receiver reports (RFC 3550 §6.4).

use bytes::{BufMut, BytesMut};

use super::{Reader, packet_type, write_packet};

/// Most report blocks of one report: its count has five bits.
const BLOCKS_MAX: usize = 31;

/// How one source is received (§6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source that this is about.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost since the beginning, 24 bits with sign.
    pub cumulative_lost: i32,
    /// Highest sequence number with the count of its wraps above it.
    pub highest_sequence: u32,
    /// Interarrival jitter in units of the timestamp.
    pub jitter: u32,
    /// Middle half of the NTP timestamp of the last sender report; 0 when there was none.
    pub last_sender_report: u32,
    /// Since that report came, in 1/65536 s.
    pub delay_since_last_sender_report: u32,
}

/// What a source sent, and how it receives others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderReport {
    /// The sender.
    pub ssrc: u32,
    /// Wall time, 64-bit NTP.
    pub ntp: u64,
    /// The same time on the line of its RTP timestamps.
    pub rtp_timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload octets sent.
    pub octets: u32,
    /// What it receives, at most 31 (further ones are not written).
    pub blocks: Vec<ReportBlock>,
}

/// How a participant receives others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiverReport {
    /// The participant.
    pub ssrc: u32,
    /// What it receives, at most 31 (further ones are not written).
    pub blocks: Vec<ReportBlock>,
}

impl ReportBlock {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let ssrc = reader.u32()?;
        let loss = reader.u32()?;
        Some(ReportBlock {
            ssrc,
            fraction_lost: (loss >> 24) as u8,
            cumulative_lost: (loss << 8) as i32 >> 8,
            highest_sequence: reader.u32()?,
            jitter: reader.u32()?,
            last_sender_report: reader.u32()?,
            delay_since_last_sender_report: reader.u32()?,
        })
    }

    fn write(&self, out: &mut BytesMut) {
        out.put_u32(self.ssrc);
        out.put_u32(u32::from(self.fraction_lost) << 24 | (self.cumulative_lost as u32 & 0xFF_FFFF));
        out.put_u32(self.highest_sequence);
        out.put_u32(self.jitter);
        out.put_u32(self.last_sender_report);
        out.put_u32(self.delay_since_last_sender_report);
    }
}

impl SenderReport {
    pub(super) fn read(reader: &mut Reader<'_>, count: u8) -> Option<Self> {
        Some(SenderReport {
            ssrc: reader.u32()?,
            ntp: u64::from(reader.u32()?) << 32 | u64::from(reader.u32()?),
            rtp_timestamp: reader.u32()?,
            packets: reader.u32()?,
            octets: reader.u32()?,
            blocks: read_blocks(reader, count)?,
        })
    }

    /// Appends the packet.
    pub fn write(&self, out: &mut BytesMut) {
        let blocks = &self.blocks[..self.blocks.len().min(BLOCKS_MAX)];
        write_packet(out, packet_type::SENDER_REPORT, blocks.len() as u8, |out| {
            out.put_u32(self.ssrc);
            out.put_u64(self.ntp);
            out.put_u32(self.rtp_timestamp);
            out.put_u32(self.packets);
            out.put_u32(self.octets);
            blocks.iter().for_each(|block| block.write(out));
        });
    }
}

impl ReceiverReport {
    pub(super) fn read(reader: &mut Reader<'_>, count: u8) -> Option<Self> {
        Some(ReceiverReport { ssrc: reader.u32()?, blocks: read_blocks(reader, count)? })
    }

    /// Appends the packet.
    pub fn write(&self, out: &mut BytesMut) {
        let blocks = &self.blocks[..self.blocks.len().min(BLOCKS_MAX)];
        write_packet(out, packet_type::RECEIVER_REPORT, blocks.len() as u8, |out| {
            out.put_u32(self.ssrc);
            blocks.iter().for_each(|block| block.write(out));
        });
    }
}

fn read_blocks(reader: &mut Reader<'_>, count: u8) -> Option<Vec<ReportBlock>> {
    (0..count).map(|_| ReportBlock::read(reader)).collect()
}
