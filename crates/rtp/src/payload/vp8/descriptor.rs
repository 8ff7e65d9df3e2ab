//! The payload descriptor (RFC 7741 §4.2).

use crate::payload::Prefix;

const EXTENDED: u8 = 0x80;
const NON_REFERENCE: u8 = 0x20;
const START: u8 = 0x10;
const PARTITION: u8 = 0x07;
/// Bits of the octet that X announces.
const PICTURE: u8 = 0x80;
const LAYER_ZERO: u8 = 0x40;
const LAYER: u8 = 0x20;
const KEY_INDEX: u8 = 0x10;
/// The picture number has 15 bits.
const LONG: u8 = 0x80;

/// What stands before a piece of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// N: no other frame refers to this one.
    pub non_reference: bool,
    /// S: a partition starts here.
    pub start: bool,
    /// PID: its number, 0..=7; 0 in every packet where the sender does not tell partitions apart.
    pub partition: u8,
    /// The number of the picture, of 7 or 15 bits; written with 15.
    pub picture: Option<u16>,
}

impl Descriptor {
    /// Reads it off the front of a payload, with its length in octets; `None` when it is cut off.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<(Self, usize)> {
        let &first = payload.first()?;
        let mut descriptor = Descriptor {
            non_reference: first & NON_REFERENCE != 0,
            start: first & START != 0,
            partition: first & PARTITION,
            picture: None,
        };
        if first & EXTENDED == 0 {
            return Some((descriptor, 1));
        }
        let &extension = payload.get(1)?;
        let mut at = 2;
        if extension & PICTURE != 0 {
            let &high = payload.get(at)?;
            let (number, len) = if high & LONG != 0 {
                (u16::from(high & !LONG) << 8 | u16::from(*payload.get(at + 1)?), 2)
            } else {
                (u16::from(high), 1)
            };
            descriptor.picture = Some(number);
            at += len;
        }
        at += usize::from(extension & LAYER_ZERO != 0);
        // One octet carries both.
        at += usize::from(extension & (LAYER | KEY_INDEX) != 0);
        (at <= payload.len()).then_some((descriptor, at))
    }

    pub(super) fn to_prefix(self) -> Prefix {
        let flags = if self.non_reference { NON_REFERENCE } else { 0 } | if self.start { START } else { 0 };
        let first = flags | (self.partition & PARTITION);
        match self.picture {
            None => Prefix::new(&[first]),
            Some(number) => {
                let [high, low] = number.to_be_bytes();
                Prefix::new(&[EXTENDED | first, PICTURE, LONG | high, low])
            }
        }
    }
}
