//! Names of sources and their leaving (RFC 3550 §6.5, §6.6).

use bytes::{BufMut, BytesMut};

use super::{Reader, packet_type, write_packet};
use crate::limits;

const ITEM_END: u8 = 0;
const ITEM_CNAME: u8 = 1;
/// Most sources of one packet: its count has five bits.
const SOURCES_MAX: usize = 31;

/// Canonical names: each source and its CNAME, if it has one that is UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sdes(pub Vec<(u32, Option<String>)>);

/// Sources that leave, with the reason they give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bye {
    /// At most 31 (further ones are not written).
    pub sources: Vec<u32>,
    /// For people; empty for none.
    pub reason: String,
}

impl Sdes {
    pub(super) fn read(reader: &mut Reader<'_>, count: u8) -> Option<Self> {
        (0..count).map(|_| read_chunk(reader)).collect::<Option<Vec<_>>>().map(Sdes)
    }

    /// Appends the packet; names are cut to [`limits::CNAME_MAX`] octets.
    pub fn write(&self, out: &mut BytesMut) {
        let chunks = &self.0[..self.0.len().min(SOURCES_MAX)];
        write_packet(out, packet_type::SOURCE_DESCRIPTION, chunks.len() as u8, |out| {
            for (ssrc, name) in chunks {
                let start = out.len();
                out.put_u32(*ssrc);
                if let Some(name) = name {
                    put_text(out, Some(ITEM_CNAME), name);
                }
                // At least one zero ends the items, then up to a whole word.
                let used = out.len() - start;
                out.put_bytes(ITEM_END, 4 - used % 4);
            }
        });
    }
}

/// One source's items; they end with a zero octet and zeros up to a whole word.
fn read_chunk(reader: &mut Reader<'_>) -> Option<(u32, Option<String>)> {
    let ssrc = reader.u32()?;
    let mut name = None;
    let mut used = 0;
    loop {
        let kind = reader.u8()?;
        used += 1;
        if kind == ITEM_END {
            break;
        }
        let text = read_text(reader)?;
        used += 1 + text.len();
        if kind == ITEM_CNAME {
            name = std::str::from_utf8(text).ok().map(str::to_owned);
        }
    }
    while used % 4 != 0 {
        reader.u8()?;
        used += 1;
    }
    Some((ssrc, name))
}

impl Bye {
    pub(super) fn read(reader: &mut Reader<'_>, count: u8) -> Option<Self> {
        let sources = (0..count).map(|_| reader.u32()).collect::<Option<Vec<_>>>()?;
        let reason = if reader.0.is_empty() { &[][..] } else { read_text(reader)? };
        Some(Bye { sources, reason: String::from_utf8_lossy(reason).into_owned() })
    }

    /// Appends the packet; the reason is cut to 255 octets.
    pub fn write(&self, out: &mut BytesMut) {
        let sources = &self.sources[..self.sources.len().min(SOURCES_MAX)];
        write_packet(out, packet_type::BYE, sources.len() as u8, |out| {
            sources.iter().for_each(|ssrc| out.put_u32(*ssrc));
            if !self.reason.is_empty() {
                let start = out.len();
                put_text(out, None, &self.reason);
                let used = out.len() - start;
                out.put_bytes(0, used.next_multiple_of(4) - used);
            }
        });
    }
}

fn put_text(out: &mut BytesMut, kind: Option<u8>, text: &str) {
    let text = &text[..text.floor_char_boundary(limits::CNAME_MAX)];
    kind.into_iter().for_each(|kind| out.put_u8(kind));
    out.put_u8(text.len() as u8);
    out.put_slice(text.as_bytes());
}

fn read_text<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let len = usize::from(reader.u8()?);
    let (text, rest) = reader.0.split_at_checked(len)?;
    reader.0 = rest;
    Some(text)
}
