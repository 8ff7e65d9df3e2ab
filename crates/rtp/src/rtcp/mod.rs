//! RTCP packets: SR, RR, SDES, BYE (RFC 3550 §6), PLI (RFC 4585 §6.3.1), FIR, TMMBR and TMMBN (RFC 5104 §4.3.1,
//! §4.2), REMB.
//!
//! Other packets are passed over by their length. A datagram may also begin with feedback (reduced size,
//! RFC 5506), which some phones send. Not read: the profile-specific extensions of reports, SDES items
//! other than CNAME. Start at [`parse`] and the `write` of each packet.

mod feedback;
mod interval;
mod rate;
mod report;
mod source_description;

pub use feedback::{Fir, FirEntry, Pli};
pub use interval::{Interval, Members};
pub use rate::{RateEntry, RateRequest, Remb};
pub use report::{ReceiverReport, ReportBlock, SenderReport};
pub use source_description::{Bye, Sdes};

use bytes::{BufMut, BytesMut};
use thiserror::Error;

use crate::limits;

/// Packet types (RFC 3550 §12.1, RFC 4585 §6.1).
mod packet_type {
    pub(super) const SENDER_REPORT: u8 = 200;
    pub(super) const RECEIVER_REPORT: u8 = 201;
    pub(super) const SOURCE_DESCRIPTION: u8 = 202;
    pub(super) const BYE: u8 = 203;
    pub(super) const TRANSPORT_FEEDBACK: u8 = 205;
    pub(super) const PAYLOAD_FEEDBACK: u8 = 206;
}

/// Why a datagram is no RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// A packet is shorter than its header says or its type needs; where it starts.
    #[error("RTCP packet at octet {0} is cut")]
    Truncated(usize),
    /// Longer than [`limits::RTCP_MAX`].
    #[error("RTCP of {0} octets is too long")]
    TooLong(usize),
    /// Version is not 2; where the packet starts.
    #[error("RTCP packet at octet {0} is of another version")]
    Version(usize),
    /// The packet type is outside 192..=223; where the packet starts.
    #[error("octet {0} starts no RTCP packet")]
    PacketType(usize),
    /// Padding that is not there, or not in the last packet (RFC 3550 §6.4.1).
    #[error("RTCP packet at octet {0} has wrong padding")]
    Padding(usize),
}

/// One packet of a compound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// What a source has sent, and how it receives.
    SenderReport(SenderReport),
    /// How a participant that does not send receives.
    ReceiverReport(ReceiverReport),
    /// Names.
    Sdes(Sdes),
    /// Sources that leave.
    Bye(Bye),
    /// A key picture is wanted because some were damaged.
    Pli(Pli),
    /// A key picture is wanted.
    Fir(Fir),
    /// A source is to send no more than so much.
    Tmmbr(RateRequest),
    /// What a source keeps to.
    Tmmbn(RateRequest),
    /// What is thought to get through.
    Remb(Remb),
    /// Something else, by its packet type.
    Unknown(u8),
}

/// Reads all packets of a datagram.
///
/// # Errors
/// As [`Error`] says; a compound with one bad packet is refused whole (RFC 3550 §A.2).
pub fn parse(datagram: &[u8]) -> Result<Vec<Packet>, Error> {
    if datagram.len() > limits::RTCP_MAX {
        return Err(Error::TooLong(datagram.len()));
    }
    let mut packets = Vec::new();
    let mut at = 0;
    while packets.len() < limits::RTCP_PACKETS_MAX && (at < datagram.len() || at == 0) {
        let (packet, len) = parse_one(&datagram[at..], at)?;
        packets.push(packet);
        at += len;
    }
    Ok(packets)
}

fn parse_one(data: &[u8], at: usize) -> Result<(Packet, usize), Error> {
    let (&[first, kind, l0, l1], _) = data.split_first_chunk::<4>().ok_or(Error::Truncated(at))?;
    if first >> 6 != 2 {
        return Err(Error::Version(at));
    }
    if !(192..=223).contains(&kind) {
        return Err(Error::PacketType(at));
    }
    let len = 4 + 4 * usize::from(u16::from_be_bytes([l0, l1]));
    let mut body = data.get(4..len).ok_or(Error::Truncated(at))?;
    if first & 0x20 != 0 {
        let padding = usize::from(body.last().copied().unwrap_or(0));
        let last = data.len() == len;
        if !last || padding == 0 || padding > body.len() {
            return Err(Error::Padding(at));
        }
        body = &body[..body.len() - padding];
    }
    let packet = read_body(kind, first & 0x1F, body).ok_or(Error::Truncated(at))?;
    Ok((packet, len))
}

fn read_body(kind: u8, count: u8, body: &[u8]) -> Option<Packet> {
    let mut reader = Reader(body);
    Some(match (kind, count) {
        (packet_type::SENDER_REPORT, _) => Packet::SenderReport(SenderReport::read(&mut reader, count)?),
        (packet_type::RECEIVER_REPORT, _) => {
            Packet::ReceiverReport(ReceiverReport::read(&mut reader, count)?)
        }
        (packet_type::SOURCE_DESCRIPTION, _) => Packet::Sdes(Sdes::read(&mut reader, count)?),
        (packet_type::BYE, _) => Packet::Bye(Bye::read(&mut reader, count)?),
        (packet_type::PAYLOAD_FEEDBACK, feedback::PLI) => Packet::Pli(Pli::read(&mut reader)?),
        (packet_type::PAYLOAD_FEEDBACK, feedback::FIR) => Packet::Fir(Fir::read(&mut reader)?),
        (packet_type::TRANSPORT_FEEDBACK, rate::TMMBR) => Packet::Tmmbr(RateRequest::read(&mut reader)?),
        (packet_type::TRANSPORT_FEEDBACK, rate::TMMBN) => Packet::Tmmbn(RateRequest::read(&mut reader)?),
        (packet_type::PAYLOAD_FEEDBACK, rate::REMB) => {
            Remb::read(&mut reader).map_or(Packet::Unknown(kind), Packet::Remb)
        }
        (other, _) => Packet::Unknown(other),
    })
}

/// Octets that are taken from the front.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[octet]| octet)
    }
}

/// Writes a packet: `body` appends whole words, the header's length is filled in afterwards.
fn write_packet(out: &mut BytesMut, kind: u8, count: u8, body: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u8(2 << 6 | (count & 0x1F));
    out.put_u8(kind);
    out.put_u16(0);
    body(out);
    debug_assert!((out.len() - start).is_multiple_of(4), "RTCP packets are whole words");
    let words = ((out.len() - start) / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

#[cfg(test)]
mod tests;
