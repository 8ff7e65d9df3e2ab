//! The few fields of MPEG-4 Visual headers that reassembly needs (ISO/IEC 14496-2 §6.2): which units there
//! are, whether a VOP is INTRA, and when it is.

use std::time::Duration;

use super::scan;

/// `vop_start_code` (§6.2.1, table 6-3), the octet after `00 00 01`.
pub const VOP: u8 = 0xB6;

/// Bits from the most significant one.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let octet = *self.data.get(self.at / 8)?;
            value = value << 1 | u32::from(octet >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at += count;
        (self.at <= self.data.len() * 8).then_some(())
    }
}

/// Where the next start code stands, at or after `from`, with its code; only whole ones.
pub(super) fn start_code(data: &[u8], from: usize) -> Option<(usize, u8)> {
    let at = scan::find(data, from, |third| third == 1)?;
    data.get(at + 3).map(|&code| (at, code))
}

/// Whether the VOP in this unit, headers before it included, is INTRA.
#[must_use]
pub fn is_keyframe(unit: &[u8]) -> bool {
    vop(unit).and_then(<[u8]>::first).is_some_and(|&octet| octet >> 6 == 0)
}

/// Whether a VOL header stands in `data`: a decoder can start with it.
#[must_use]
pub fn has_layer_header(data: &[u8]) -> bool {
    layer(data).is_some()
}

/// `vop_time_increment_resolution` of the VOL header in `data`: ticks a second, never zero (§6.2.3).
#[must_use]
pub fn ticks_per_second(data: &[u8]) -> Option<u16> {
    let mut bits = Bits { data: layer(data)?, at: 0 };
    bits.skip(1 + 8)?;
    let mut version = 1;
    if bits.take(1)? == 1 {
        version = bits.take(4)?;
        bits.skip(3)?;
    }
    if bits.take(4)? == 15 {
        bits.skip(16)?;
    }
    if bits.take(1)? == 1 {
        bits.skip(3)?;
        if bits.take(1)? == 1 {
            bits.skip(79)?;
        }
    }
    const GRAYSCALE: u32 = 3;
    if bits.take(2)? == GRAYSCALE && version != 1 {
        bits.skip(4)?;
    }
    bits.skip(1)?;
    bits.take(16).map(|ticks| ticks as u16).filter(|&ticks| ticks > 0)
}

/// When a VOP is: whole seconds since the VOP before (`modulo_time_base`), and the time within its second.
#[must_use]
pub fn vop_time(unit: &[u8], ticks_per_second: u16) -> Option<(u32, Duration)> {
    let mut bits = Bits { data: vop(unit)?, at: 0 };
    bits.skip(2)?;
    let mut seconds = 0;
    while bits.take(1)? == 1 {
        seconds += 1;
    }
    bits.skip(1)?;
    let width = 16 - (ticks_per_second.max(2) - 1).leading_zeros() as usize;
    let ticks = bits.take(width)?;
    Some((seconds, Duration::from_secs(1) * ticks / u32::from(ticks_per_second.max(1))))
}

fn vop(unit: &[u8]) -> Option<&[u8]> {
    after(unit, |code| code == VOP)
}

fn layer(data: &[u8]) -> Option<&[u8]> {
    after(data, |code| (0x20..=0x2F).contains(&code))
}

/// What follows the first start code of a sort.
fn after(data: &[u8], wanted: impl Fn(u8) -> bool) -> Option<&[u8]> {
    let mut from = 0;
    loop {
        let (at, code) = start_code(data, from)?;
        if wanted(code) {
            return data.get(at + 4..);
        }
        from = at + 3;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// decoderConfigurationInformation of the third-party terminal (its OLC is a golden message).
    const HEADERS: [u8; 37] = [
        0x00, 0x00, 0x01, 0xB0, 0x08, 0x00, 0x00, 0x01, 0xB5, 0x09, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01,
        0x20, 0x00, 0x84, 0x40, 0xFA, 0x28, 0x2C, 0x20, 0x90, 0xA2, 0x8F, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    #[test]
    fn the_clock_of_a_recorded_vol_has_1000_ticks() {
        assert!(has_layer_header(&HEADERS));
        assert_eq!(ticks_per_second(&HEADERS), Some(1000));
    }

    #[test]
    fn a_vop_tells_its_sort_and_time() {
        // coding type 01 (P), one whole second, marker, 500 of 1000 ticks in ten bits.
        let bits = "01".to_string() + "10" + "1" + "0111110100" + "1";
        let vop = unit(&bits);
        assert!(!is_keyframe(&vop));
        assert_eq!(vop_time(&vop, 1000), Some((1, Duration::from_millis(500))));
        assert!(is_keyframe(&unit("0001")));
    }

    #[test]
    fn cut_off_headers_tell_nothing() {
        for len in 0..20 {
            assert_eq!(ticks_per_second(&HEADERS[..len]), None);
        }
        assert_eq!(vop_time(&[0, 0, 1, VOP, 0xFF], 1000), None);
        assert!(!is_keyframe(&[0, 0, 1]));
    }

    fn unit(bits: &str) -> Vec<u8> {
        let mut data = vec![0, 0, 1, VOP];
        let padded = format!("{bits:0<32}");
        data.extend(
            padded
                .as_bytes()
                .chunks(8)
                .map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 2).unwrap()),
        );
        data
    }
}
