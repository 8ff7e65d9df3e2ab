//! Pictures that turn one still into another on the screen of a decoder, made from bits that exist already.
//!
//! An INTRA macroblock of the baseline depends on nothing but the quantiser (H.263 §5.3, §5.4): its CBPY and blocks
//! mean the same in an INTER picture, where a macroblock that is not coded repeats what is there. So whoever shows one
//! INTRA picture exactly is brought to another one of the same quantiser by the macroblocks in which they differ, and
//! then shows that one exactly. Nothing is encoded and no drift can arise. Start at [`Still`].

use std::ops::Range;

use bytes::Bytes;

use super::bits::{Reader, Writer};
use super::walker::{self, Body};
use super::{Error, PictureHeader, start_codes, tables};

/// Bits of the start code of picture and group (§5.1.1, §5.2.2), without the group number.
const START: (u32, u32) = (1, 17);
const GROUP_NUMBER_BITS: u32 = 5;
/// GFID (§5.2.5) of our INTER pictures. Those of INTRA pictures of libavcodec say 1, and a change of picture type
/// asks for a change of GFID.
const FRAME_ID: (u32, u32) = (0, 2);
/// COD of a macroblock that is not coded, and of one that is (§5.3.1).
const NOT_CODED: (u32, u32) = (1, 1);
const CODED: (u32, u32) = (0, 1);

/// An INTRA picture of one quantiser, taken apart.
#[derive(Clone, Debug)]
pub struct Still {
    header: PictureHeader,
    data: Bytes,
    bodies: Vec<Body>,
}

impl Still {
    /// Takes an INTRA picture apart.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for INTER pictures, optional modes, and a quantiser that changes within the picture;
    /// the others as for [`walk`](super::walk).
    pub fn parse(data: Bytes) -> Result<Self, Error> {
        let header = PictureHeader::parse(&data)?;
        if !header.intra {
            return Err(Error::Unsupported);
        }
        let mut bodies = Vec::with_capacity(Self::count(&header));
        let mut same = true;
        for start in start_codes(&data) {
            walker::each(&data, &header, start, |macroblock, body| {
                same &= macroblock.quantiser == header.quantiser;
                bodies.extend(body.filter(|body| body.kind & tables::MCBPC_QUANT == 0));
            })?;
        }
        if !same || bodies.len() != Self::count(&header) {
            return Err(Error::Unsupported);
        }
        Ok(Still { header, data, bodies })
    }

    fn count(header: &PictureHeader) -> usize {
        usize::from(header.source.groups()) * usize::from(header.source.macroblocks_in_group())
    }

    /// Groups of blocks in the picture.
    #[must_use]
    pub fn groups(&self) -> u8 {
        self.header.source.groups()
    }

    /// The INTER picture with which a decoder that shows `shown` exactly shows this one exactly, with TR
    /// `temporal_reference`. `None` when they differ in size or quantiser.
    #[must_use]
    pub fn edge_from(&self, shown: &Still, temporal_reference: u8) -> Option<Bytes> {
        let alike =
            self.header.source == shown.header.source && self.header.quantiser == shown.header.quantiser;
        let differs = |index: usize| {
            let (ours, theirs) = (self.bodies[index], shown.bodies[index]);
            ours.kind != theirs.kind || !self.bits(ours).same_as(shown.bits(theirs))
        };
        alike.then(|| self.update(temporal_reference, differs))
    }

    /// An INTER picture that shows these groups of blocks as they are in this one, whatever stood there, and leaves
    /// the others: a cyclic refresh, with TR `temporal_reference`.
    #[must_use]
    pub fn refresh(&self, groups: Range<u8>, temporal_reference: u8) -> Bytes {
        let in_group = usize::from(self.header.source.macroblocks_in_group());
        self.update(temporal_reference, |index| groups.contains(&((index / in_group) as u8)))
    }

    fn bits(&self, body: Body) -> Reader<'_> {
        Reader::new(&self.data, body.from, body.to)
    }

    /// An INTER picture of those macroblocks that are `wanted`. Each group that holds one has a header, so that it
    /// can be sent and lost by itself.
    fn update(&self, temporal_reference: u8, wanted: impl Fn(usize) -> bool) -> Bytes {
        let mut out = Writer::default();
        self.write_header(&mut out, temporal_reference);
        let in_group = usize::from(self.header.source.macroblocks_in_group());
        for group in 0..usize::from(self.header.source.groups()) {
            let macroblocks = group * in_group..(group + 1) * in_group;
            if group > 0 && macroblocks.clone().any(&wanted) {
                self.write_group_header(&mut out, group as u32);
            }
            for index in macroblocks {
                if !wanted(index) {
                    out.put(NOT_CODED.0, NOT_CODED.1);
                    continue;
                }
                let body = self.bodies[index];
                let (word, length) =
                    tables::MCBPC_INTRA_IN_INTER[usize::from(body.kind & tables::MCBPC_CHROMA)];
                out.put(CODED.0, CODED.1);
                out.put(word, length);
                out.copy(self.bits(body));
            }
        }
        out.finish().into()
    }

    /// PSC to PEI (§5.1).
    fn write_header(&self, out: &mut Writer, temporal_reference: u8) {
        out.put(START.0, START.1);
        out.put(0, GROUP_NUMBER_BITS);
        out.put(u32::from(temporal_reference), 8);
        out.put(0b10, 2);
        out.put(0, 3); // split screen, document camera, freeze release
        out.put(u32::from(self.header.source.code()), 3);
        out.put(1, 1); // INTER
        out.put(0, 4); // no optional mode
        out.put(u32::from(self.header.quantiser), 5);
        out.put(0, 2); // no CPM, no PEI
    }

    /// GBSC to GQUANT (§5.2), at the start of an octet.
    fn write_group_header(&self, out: &mut Writer, group: u32) {
        out.align();
        out.put(START.0, START.1);
        out.put(group, GROUP_NUMBER_BITS);
        out.put(FRAME_ID.0, FRAME_ID.1);
        out.put(u32::from(self.header.quantiser), 5);
    }
}
