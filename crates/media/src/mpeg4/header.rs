//! Headers of layer, picture and packet (ISO/IEC 14496-2 §6.2.3, §6.2.5).

use crate::h263::{Reader, Writer};

/// Start codes are `00 00 01` and one of these (§6.2.1, table 6-3).
const LAYERS: std::ops::RangeInclusive<u8> = 0x20..=0x2F;
const VOP: u8 = 0xB6;

/// `vop_coding_type` (table 6-20).
const INTRA: u32 = 0;
const PREDICTED: u32 = 1;

/// resync_marker (§6.3.5.2) of pictures whose `vop_fcode_forward` is 1.
const RESYNC: (u32, u32) = (1, 17);

/// Macroblocks of the largest picture of the profile (level 5, table N.1).
const MACROBLOCKS_MAX: usize = 1_620;

/// The one quantiser and the shape of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// `vop_time_increment_resolution`: ticks a second.
    resolution: u32,
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) quantiser: u8,
}

impl Header {
    /// Reads what stands in front of the first macroblock of an I-VOP, its layer's header included, and where that
    /// macroblock starts, in bits. `None` for whatever our own encoder does not use.
    pub(super) fn parse(data: &[u8]) -> Option<(Header, usize)> {
        let starts = |wanted: fn(u8) -> bool| {
            data.windows(4).position(|octets| octets[..3] == [0, 0, 1] && wanted(octets[3]))
        };
        let layer = starts(|code| LAYERS.contains(&code))? + 4;
        let vop = starts(|code| code == VOP)? + 4;
        let header = layer_header(&mut Reader::new(data, layer * 8, data.len() * 8))?;
        let mut bits = Reader::new(data, vop * 8, data.len() * 8);
        let quantiser = vop_header(&mut bits, &header)?;
        Some((Header { quantiser, ..header }, bits.position()))
    }

    pub(super) fn macroblocks(&self) -> usize {
        self.across * self.down
    }

    fn time_bits(&self) -> u32 {
        (u32::BITS - (self.resolution - 1).leading_zeros()).max(1)
    }

    fn number_bits(&self) -> u32 {
        (usize::BITS - (self.macroblocks() - 1).leading_zeros()).max(1)
    }

    /// Reads a packet's header (§6.2.5.2) from its resync_marker on, which `None` says is not there; the number of its
    /// first macroblock.
    pub(super) fn read_packet(&self, bits: &mut Reader<'_>) -> Option<usize> {
        if bits.peek(RESYNC.1) != RESYNC.0 {
            return None;
        }
        bits.skip(RESYNC.1).ok()?;
        let number = bits.read(self.number_bits()).ok()? as usize;
        let quantiser = bits.read(5).ok()?;
        let extension = bits.flag().ok()?;
        (quantiser == u32::from(self.quantiser) && !extension).then_some(number)
    }

    pub(super) fn write_packet(&self, out: &mut Writer, number: usize) {
        out.put(RESYNC.0, RESYNC.1);
        out.put(number as u32, self.number_bits());
        out.put(u32::from(self.quantiser), 5);
        out.put(0, 1); // header_extension_code
    }

    /// The header of a P-VOP whose time is `increment_us` into a second, `seconds` after that of the picture before
    /// (§6.2.5; §6.3.5, modulo_time_base).
    pub(super) fn write_predicted(&self, out: &mut Writer, seconds: u32, increment_us: u32) {
        let ticks = u64::from(increment_us) * u64::from(self.resolution) / 1_000_000;
        out.put(1, 24);
        out.put(u32::from(VOP), 8);
        out.put(PREDICTED, 2);
        (0..seconds).for_each(|_| out.put(1, 1));
        out.put(0b01, 2); // the end of modulo_time_base, marker
        out.put(ticks as u32, self.time_bits());
        out.put(0b11, 2); // marker, vop_coded
        out.put(0, 1); // vop_rounding_type: nothing is interpolated
        out.put(0, 3); // intra_dc_vlc_thr
        out.put(u32::from(self.quantiser), 5);
        out.put(1, 3); // vop_fcode_forward
    }
}

/// video_object_layer (§6.2.3) from behind its start code; the quantiser is yet unknown.
fn layer_header(bits: &mut Reader<'_>) -> Option<Header> {
    bits.skip(1 + 8).ok()?; // random_accessible_vol, video_object_type_indication
    let mut version = 1;
    if bits.flag().ok()? {
        version = bits.read(4).ok()?;
        bits.skip(3).ok()?;
    }
    if bits.read(4).ok()? == 15 {
        bits.skip(16).ok()?; // a pixel's shape of its own
    }
    if bits.flag().ok()? {
        bits.skip(3).ok()?; // chroma_format, low_delay
        if bits.flag().ok()? {
            bits.skip(79).ok()?;
        }
    }
    let rectangular = bits.read(2).ok()? == 0;
    bits.skip(1).ok()?;
    let resolution = bits.read(16).ok()?;
    bits.skip(1).ok()?;
    let mut header = Header { resolution: resolution.max(1), across: 0, down: 0, quantiser: 0 };
    if bits.flag().ok()? {
        bits.skip(header.time_bits()).ok()?; // fixed_vop_time_increment
    }
    for side in [&mut header.across, &mut header.down] {
        bits.skip(1).ok()?;
        *side = (bits.read(13).ok()? as usize).div_ceil(16);
    }
    bits.skip(1).ok()?;
    // interlaced, obmc_disable, sprite_enable, not_8_bit, quant_type; then from version 2 on quarter_sample;
    // complexity_estimation_disable, resync_marker_disable, data_partitioned.
    let tools = if version == 1 { bits.read(5).ok()? } else { bits.read(7).ok()? };
    let plain = if version == 1 { 0b01000 } else { 0b010_0000 };
    let rest = bits.read(3).ok()?;
    let simple = rectangular && tools == plain && rest == 0b100 && resolution > 0;
    (simple && header.across > 0 && header.down > 0 && header.macroblocks() <= MACROBLOCKS_MAX)
        .then_some(header)
}

/// VideoObjectPlane (§6.2.5) of an I-VOP from behind its start code: its quantiser.
fn vop_header(bits: &mut Reader<'_>, layer: &Header) -> Option<u8> {
    let intra = bits.read(2).ok()? == INTRA;
    while bits.flag().ok()? {}
    bits.skip(1 + layer.time_bits() + 1).ok()?;
    let coded = bits.flag().ok()?;
    let threshold = bits.read(3).ok()?;
    let quantiser = bits.read(5).ok()? as u8;
    (intra && coded && threshold == 0 && quantiser > 0).then_some(quantiser)
}
