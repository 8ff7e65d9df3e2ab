//! Redundant payloads: blocks of earlier packets beside the new one (RFC 2198 §3).
//!
//! A header of four octets for each earlier block, one octet for the new one, then the blocks in the same
//! order, the oldest first. What the blocks are is not known here. Start at [`Red::parse`].

use bytes::{BufMut, Bytes, BytesMut};

use super::Malformed;
use crate::limits;

/// Longest redundant block in octets: its length has ten bits (§3).
pub const BLOCK_MAX: usize = (1 << 10) - 1;
/// How far back a redundant block can be, in timestamp units: the offset has fourteen bits (§3).
pub const OFFSET_MAX: u16 = (1 << 14) - 1;
/// Another header follows this one.
const FOLLOWS: u8 = 0x80;

/// A block of an earlier packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is, 0..=127.
    pub payload_type: u8,
    /// By how much its timestamp is before that of the packet, 0..=[`OFFSET_MAX`].
    pub offset: u16,
    /// At most [`BLOCK_MAX`] octets.
    pub data: Bytes,
}

/// The payload of one packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Red {
    /// The oldest first, at most [`limits::RED_BLOCKS_MAX`].
    pub redundant: Vec<Block>,
    /// What the new block is, 0..=127.
    pub payload_type: u8,
    /// The new block.
    pub primary: Bytes,
}

impl Red {
    /// Reads the payload of a packet; its blocks share the packet's memory.
    ///
    /// # Errors
    /// [`Malformed`]: it ends within its headers or blocks, or has more than [`limits::RED_BLOCKS_MAX`].
    pub fn parse(payload: &Bytes) -> Result<Self, Malformed> {
        let mut rest = payload.clone();
        let mut headers = Vec::new();
        let payload_type = loop {
            match *rest {
                [last, ..] if last & FOLLOWS == 0 => {
                    let _ = rest.split_to(1);
                    break last;
                }
                [first, a, b, c, ..] if headers.len() < limits::RED_BLOCKS_MAX => {
                    let word = u32::from_be_bytes([0, a, b, c]);
                    headers.push((first & !FOLLOWS, (word >> 10) as u16, word as usize & BLOCK_MAX));
                    let _ = rest.split_to(4);
                }
                _ => return Err(Malformed),
            }
        };
        let mut redundant = Vec::with_capacity(headers.len());
        for (payload_type, offset, len) in headers {
            if rest.len() < len {
                return Err(Malformed);
            }
            redundant.push(Block { payload_type, offset, data: rest.split_to(len) });
        }
        Ok(Red { redundant, payload_type, primary: rest })
    }

    /// The payload on the wire.
    ///
    /// # Errors
    /// [`Malformed`]: more or longer blocks, or a larger offset, than the headers can say.
    pub fn to_bytes(&self) -> Result<Bytes, Malformed> {
        if self.redundant.len() > limits::RED_BLOCKS_MAX {
            return Err(Malformed);
        }
        let mut out = BytesMut::new();
        for block in &self.redundant {
            if block.data.len() > BLOCK_MAX || block.offset > OFFSET_MAX {
                return Err(Malformed);
            }
            let word = u32::from(block.offset) << 10 | block.data.len() as u32;
            out.put_u32(u32::from(FOLLOWS | block.payload_type) << 24 | word);
        }
        out.put_u8(self.payload_type & !FOLLOWS);
        for block in &self.redundant {
            out.put_slice(&block.data);
        }
        out.put_slice(&self.primary);
        Ok(out.freeze())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_stand_before_all_blocks() {
        // 600 and 300 units back, of two octets and one.
        let octets = [0xE2, 0x09, 0x60, 0x02, 0xE2, 0x04, 0xB0, 0x01, 0x62, b'a', b'b', b'c', b'd', b'e'];
        let block = |offset, data| Block { payload_type: 98, offset, data: Bytes::from_static(data) };
        let red = Red {
            redundant: vec![block(600, b"ab"), block(300, b"c")],
            payload_type: 98,
            primary: Bytes::from_static(b"de"),
        };
        assert_eq!(Red::parse(&Bytes::copy_from_slice(&octets)), Ok(red.clone()));
        assert_eq!(red.to_bytes().as_deref(), Ok(&octets[..]));
    }

    #[test]
    fn what_ends_too_early_is_malformed() {
        for octets in [&[][..], &[0xE2], &[0xE2, 0, 0, 1], &[0xE2, 0, 0, 1, 0x62], &[0xE2, 0, 0]] {
            assert_eq!(Red::parse(&Bytes::copy_from_slice(octets)), Err(Malformed), "{octets:?}");
        }
        assert_eq!(Red::parse(&Bytes::from_static(&[0x62])).map(|red| red.primary.len()), Ok(0));
    }

    #[test]
    fn what_the_headers_cannot_say_is_not_written() {
        let of = |offset, len| Block { payload_type: 98, offset, data: vec![b'x'; len].into() };
        let write = |redundant| Red { redundant, payload_type: 98, primary: Bytes::new() }.to_bytes();
        assert!(write(vec![of(OFFSET_MAX, BLOCK_MAX); limits::RED_BLOCKS_MAX]).is_ok());
        assert_eq!(write(vec![of(OFFSET_MAX + 1, 0)]), Err(Malformed));
        assert_eq!(write(vec![of(0, BLOCK_MAX + 1)]), Err(Malformed));
        assert_eq!(write(vec![of(0, 0); limits::RED_BLOCKS_MAX + 1]), Err(Malformed));
        let many = [[0xE2, 0, 0, 0]; limits::RED_BLOCKS_MAX + 1].concat();
        assert_eq!(Red::parse(&[many, vec![0x62]].concat().into()), Err(Malformed));
    }

    proptest! {
        #[test]
        fn parse_after_write_is_identity(
            blocks in vec((0u8..128, 0..=OFFSET_MAX, vec(any::<u8>(), 0..40)), 0..5),
            payload_type in 0u8..128, primary in vec(any::<u8>(), 0..40),
        ) {
            let redundant = blocks
                .into_iter()
                .map(|(payload_type, offset, data)| Block { payload_type, offset, data: data.into() })
                .collect();
            let red = Red { redundant, payload_type, primary: primary.into() };
            let octets = red.to_bytes().unwrap();
            prop_assert_eq!(Red::parse(&octets), Ok(red));
        }

        #[test]
        fn arbitrary_octets_never_panic(octets in vec(any::<u8>(), 0..80)) {
            let octets = Bytes::from(octets);
            if let Ok(red) = Red::parse(&octets) {
                prop_assert_eq!(red.to_bytes(), Ok(octets));
            }
        }
    }
}
