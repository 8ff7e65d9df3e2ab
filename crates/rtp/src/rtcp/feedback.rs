//! Requests for a key picture: PLI (RFC 4585 §6.3.1) and FIR (RFC 5104 §4.3.1).

use bytes::{BufMut, BytesMut};

use super::{Reader, packet_type, write_packet};

/// Feedback message types of payload-specific feedback.
pub(super) const PLI: u8 = 1;
pub(super) const FIR: u8 = 4;

/// Picture Loss Indication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pli {
    /// Who asks.
    pub sender: u32,
    /// The source that is to send a key picture.
    pub media: u32,
}

/// Full Intra Request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fir {
    /// Who asks.
    pub sender: u32,
    /// Whom.
    pub entries: Vec<FirEntry>,
}

/// One source that is asked by a [`Fir`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirEntry {
    /// The source that is to send a key picture.
    pub ssrc: u32,
    /// Goes up with each new request and stays when one is repeated.
    pub sequence: u8,
}

impl Pli {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Pli { sender: reader.u32()?, media: reader.u32()? })
    }

    /// Appends the packet.
    pub fn write(&self, out: &mut BytesMut) {
        write_packet(out, packet_type::PAYLOAD_FEEDBACK, PLI, |out| {
            out.put_u32(self.sender);
            out.put_u32(self.media);
        });
    }
}

impl Fir {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let sender = reader.u32()?;
        reader.u32()?; // media source: unused, zero (RFC 5104 §4.3.1.2)
        let mut entries = Vec::new();
        while !reader.0.is_empty() {
            let ssrc = reader.u32()?;
            let [sequence, ..] = reader.array::<4>()?;
            entries.push(FirEntry { ssrc, sequence });
        }
        Some(Fir { sender, entries })
    }

    /// Appends the packet.
    pub fn write(&self, out: &mut BytesMut) {
        write_packet(out, packet_type::PAYLOAD_FEEDBACK, FIR, |out| {
            out.put_u32(self.sender);
            out.put_u32(0);
            for entry in &self.entries {
                out.put_u32(entry.ssrc);
                out.put_u32(u32::from(entry.sequence) << 24);
            }
        });
    }
}
