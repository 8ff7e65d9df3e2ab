//! Pictures to packets (RFC 2190 §4).

use bytes::Bytes;
use media::h263::{self, Macroblock, PictureHeader, StartCode, start_codes, walk};
use thiserror::Error;

use super::{Common, Header, ModeB};
use crate::limits;
use crate::payload::Payload;

/// Octets of the headers of modes A and B.
const HEADER_A: usize = 4;
const HEADER_B: usize = 8;

/// Why a picture cannot be packetised; nothing of it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsendable {
    /// No H.263 picture, or a GOB that is too large for a packet cannot be walked.
    #[error("the picture cannot be read: {0}")]
    Unreadable(h263::Error),
    /// One macroblock is larger than a packet; where it starts, in bits.
    #[error("the macroblock at bit {0} is larger than a packet")]
    TooLarge(usize),
}

impl From<h263::Error> for Unsendable {
    fn from(error: h263::Error) -> Self {
        Unsendable::Unreadable(error)
    }
}

/// Cuts pictures into packets of at most `mtu` octets of payload.
#[derive(Clone, Copy, Debug)]
pub struct Packetizer {
    mtu: usize,
}

impl Packetizer {
    /// `mtu` is the largest payload in octets, its header included.
    #[must_use]
    pub fn new(mtu: usize) -> Self {
        Packetizer { mtu: mtu.max(limits::MTU_MIN) }
    }

    /// Appends the packets of `picture` to `out`, the last one with the marker.
    ///
    /// # Errors
    /// [`Unsendable`]; `out` is then as it was.
    pub fn packetize(&self, picture: &Bytes, out: &mut Vec<Payload>) -> Result<(), Unsendable> {
        let first = out.len();
        let header = PictureHeader::parse(picture)?;
        let cutter = Cutter { mtu: self.mtu, picture, header, common: Common::of(&header) };
        if let Err(unsendable) = cutter.cut(out) {
            out.truncate(first);
            return Err(unsendable);
        }
        if let Some(last) = out[first..].last_mut() {
            last.marker = true;
        }
        Ok(())
    }
}

struct Cutter<'a> {
    mtu: usize,
    picture: &'a Bytes,
    header: PictureHeader,
    common: Common,
}

impl Cutter<'_> {
    fn cut(&self, out: &mut Vec<Payload>) -> Result<(), Unsendable> {
        let starts: Vec<StartCode> = start_codes(self.picture).collect();
        let end_of = |index: usize| starts.get(index + 1).map_or(self.picture.len() * 8, |next| next.bit);
        let mut index = 0;
        while let Some(&start) = starts.get(index) {
            let fitting =
                (index..starts.len()).take_while(|last| self.fits(start.bit, end_of(*last), HEADER_A)).last();
            match fitting {
                Some(last) => {
                    self.emit(start.bit, end_of(last), None, out);
                    index = last + 1;
                }
                None => {
                    self.cut_group(start, end_of(index), out)?;
                    index += 1;
                }
            }
        }
        Ok(())
    }

    /// Cuts what stands between two start codes at macroblocks: mode A, then mode B.
    fn cut_group(&self, start: StartCode, end: usize, out: &mut Vec<Payload>) -> Result<(), Unsendable> {
        let macroblocks = walk(self.picture, &self.header, start)?;
        let mut rest = &macroblocks[..];
        let (mut from, mut at): (usize, Option<Macroblock>) = (start.bit, None);
        loop {
            let header = if at.is_some() { HEADER_B } else { HEADER_A };
            if self.fits(from, end, header) {
                self.emit(from, end, at, out);
                return Ok(());
            }
            let count = rest.partition_point(|macroblock| self.fits(from, macroblock.bit, header));
            let next =
                *count.checked_sub(1).and_then(|last| rest.get(last)).ok_or(Unsendable::TooLarge(from))?;
            self.emit(from, next.bit, at, out);
            rest = &rest[count..];
            (from, at) = (next.bit, Some(next));
        }
    }

    /// Whether the octets that hold bits `from..to` go into one packet.
    fn fits(&self, from: usize, to: usize, header: usize) -> bool {
        to.div_ceil(8) - from / 8 + header <= self.mtu
    }

    /// An octet that two packets share goes into both; SBIT and EBIT say whose bits are whose (§4).
    fn emit(&self, from: usize, to: usize, at: Option<Macroblock>, out: &mut Vec<Payload>) {
        let common = Common {
            start_bits: (from % 8) as u8,
            end_bits: (to.next_multiple_of(8) - to) as u8,
            ..self.common
        };
        let header = match at {
            None => Header::A(common),
            Some(Macroblock { group, address, quantiser, predictor, .. }) => {
                Header::B(common, ModeB { quantiser, group, address, predictor })
            }
        };
        if let Some(prefix) = header.write(&self.header) {
            out.push(Payload { prefix, body: self.picture.slice(from / 8..to.div_ceil(8)), marker: false });
        }
    }
}
