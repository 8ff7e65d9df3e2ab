//! G.711: mu-law and A-law companding of 16-bit samples (ITU-T G.711 tables 1a to 2b).
//!
//! Linear samples are 16 bits with the law's 14 (mu) or 13 (A) bits at the top.
//! No concealment ([`crate::plc`]), no tone detection ([`crate::dtmf`]). Start at [`encode`] and [`decode`].

use media::Codec;

use crate::Error;

/// Samples to octets, one each.
///
/// # Errors
/// [`Error::WrongCodec`] unless `codec` is [`Codec::Pcmu`] or [`Codec::Pcma`].
pub fn encode(codec: Codec, samples: &[i16]) -> Result<Vec<u8>, Error> {
    let law = Law::of(codec)?;
    Ok(samples.iter().map(|&sample| law.compress(sample)).collect())
}

/// Octets to samples, one each.
///
/// # Errors
/// [`Error::WrongCodec`] unless `codec` is [`Codec::Pcmu`] or [`Codec::Pcma`].
pub fn decode(codec: Codec, octets: &[u8]) -> Result<Vec<i16>, Error> {
    let table = match Law::of(codec)? {
        Law::Mu => &MU_EXPANDED,
        Law::A => &A_EXPANDED,
    };
    Ok(octets.iter().map(|&octet| table[usize::from(octet)]).collect())
}

/// The octet of silence: the smallest positive value of the law.
///
/// # Errors
/// [`Error::WrongCodec`] unless `codec` is [`Codec::Pcmu`] or [`Codec::Pcma`].
pub fn silence(codec: Codec) -> Result<u8, Error> {
    Ok(Law::of(codec)?.compress(0))
}

#[derive(Clone, Copy)]
enum Law {
    Mu,
    A,
}

impl Law {
    fn of(codec: Codec) -> Result<Law, Error> {
        match codec {
            Codec::Pcmu => Ok(Law::Mu),
            Codec::Pcma => Ok(Law::A),
            Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263
            | Codec::H263p
            | Codec::H264
            | Codec::Mpeg4
            | Codec::Vp8 => Err(Error::WrongCodec { codec, job: "sound" }),
        }
    }

    fn compress(self, sample: i16) -> u8 {
        match self {
            Law::Mu => mu_compress(sample),
            Law::A => a_compress(sample),
        }
    }
}

/// Added before the segment is found, in 16-bit scale: 33 in the 14-bit scale of G.711 table 2a.
const MU_BIAS: i32 = 33 << 2;
/// The largest magnitude that has a code, 8159 of table 2a in 16-bit scale, less the bias.
const MU_CLIP: i32 = 0x7FFF - MU_BIAS;

fn mu_compress(sample: i16) -> u8 {
    let magnitude = i32::from(sample).abs().min(MU_CLIP) + MU_BIAS;
    // The bias makes bit 7 the lowest possible leading bit, that of segment 0.
    let segment = (31 - magnitude.leading_zeros()).saturating_sub(7);
    let step = (magnitude >> (segment + 3)) & 0x0F;
    let sign = if sample < 0 { 0x80 } else { 0 };
    // All bits are sent inverted (table 2a, note 1).
    !(sign | (segment << 4) as u8 | step as u8)
}

fn a_compress(sample: i16) -> u8 {
    // 11 bits of magnitude; negative values count from -1, so that both signs have 128 codes.
    let (sign, magnitude) = if sample < 0 { (0, !(sample >> 4)) } else { (0x80, sample >> 4) };
    let magnitude = u32::from(magnitude as u16) & 0x7FF;
    // Segments 0 and 1 share one step size, so there the magnitude is the code.
    let code = if magnitude < 32 {
        magnitude
    } else {
        let segment = 31 - magnitude.leading_zeros() - 3;
        segment << 4 | (magnitude >> (segment - 1)) & 0x0F
    };
    // Even bits are sent inverted (table 1a, note 2).
    (sign | code as u8) ^ 0x55
}

static MU_EXPANDED: [i16; 256] = mu_expanded();
static A_EXPANDED: [i16; 256] = a_expanded();

const fn mu_expanded() -> [i16; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let code = !(octet as u8);
        let segment = (code >> 4) & 7;
        let step = (code & 0x0F) as i32;
        let magnitude = (((2 * step + 33) << segment) - 33) << 2;
        table[octet] = if code & 0x80 != 0 { -magnitude } else { magnitude } as i16;
        octet += 1;
    }
    table
}

const fn a_expanded() -> [i16; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let code = octet as u8 ^ 0x55;
        let segment = (code >> 4) & 7;
        let step = (code & 0x0F) as i32;
        let magnitude = match segment {
            0 => (2 * step + 1) << 3,
            _ => (2 * step + 33) << (segment - 1) << 3,
        };
        table[octet] = if code & 0x80 != 0 { magnitude } else { -magnitude } as i16;
        octet += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sequences of G.711 tables 5 and 6: a 1 kHz sine wave at 0 dBm0.
    const SINE_A: [u8; 8] = [0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4];
    const SINE_MU: [u8; 8] = [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E];

    fn rms(samples: &[i16]) -> f64 {
        (samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
    }

    #[test]
    fn the_standards_one_kilohertz_sine_is_a_sine_at_zero_dbm0() {
        // In hundredths of dB: overload is +3.14 dBm0 for A-law and +3.17 for mu-law (G.711 §3).
        for (codec, wave, overload, full) in
            [(Codec::Pcma, SINE_A, 314, 32_256.0), (Codec::Pcmu, SINE_MU, 317, 32_124.0)]
        {
            let samples = decode(codec, &wave).unwrap();
            let level_db =
                20.0 * (rms(&samples) / (full / 2f64.sqrt())).log10() + f64::from(overload) / 100.0;
            assert!(level_db.abs() < 0.15, "{codec}: {level_db} dBm0 from {samples:?}");
            assert_eq!(encode(codec, &samples).unwrap(), wave);
            for half in 0..4 {
                assert_eq!(samples[half], -samples[half + 4], "{codec} is symmetric");
            }
        }
    }

    #[test]
    fn decision_values_of_the_tables_have_their_codes() {
        // Table 2a/2b: 0 is 11111111, the most positive 10000000, the most negative 00000000.
        for (sample, code) in [(0, 0xFF), (-1, 0x7F), (32_767, 0x80), (-32_768, 0x00), (4 * 4063, 0x8F)] {
            assert_eq!(encode(Codec::Pcmu, &[sample]).unwrap(), [code], "mu-law of {sample}");
        }
        // Table 1a/1b with even bits inverted: smallest positive 11010101, largest 10101010.
        for (sample, code) in [(0, 0xD5), (-1, 0x55), (32_767, 0xAA), (-32_768, 0x2A), (16 * 32, 0xF5)] {
            assert_eq!(encode(Codec::Pcma, &[sample]).unwrap(), [code], "A-law of {sample}");
        }
        assert_eq!(decode(Codec::Pcmu, &[0x80, 0x00, 0xFF, 0x7F]).unwrap(), [32_124, -32_124, 0, 0]);
        assert_eq!(decode(Codec::Pcma, &[0xAA, 0x2A, 0xD5, 0x55]).unwrap(), [32_256, -32_256, 8, -8]);
    }

    #[test]
    fn every_code_comes_back_as_itself() {
        for codec in [Codec::Pcmu, Codec::Pcma] {
            let all: Vec<u8> = (0..=255).collect();
            let back = encode(codec, &decode(codec, &all).unwrap()).unwrap();
            for (octet, back) in all.iter().zip(back) {
                // Mu-law has a negative zero, 0x7F, whose value is that of 0xFF.
                let want = if codec == Codec::Pcmu && *octet == 0x7F { 0xFF } else { *octet };
                assert_eq!(back, want, "{codec}");
            }
        }
    }

    #[test]
    fn every_sample_lies_within_half_a_step_of_its_code() {
        // Steps double from segment to segment (tables 1a and 2a); beyond 8159 of mu-law's 14 bits
        // there is only clipping.
        for (codec, range, half_step) in [
            (Codec::Pcmu, -32_635..=32_635, (|segment| 4 << segment) as fn(u32) -> u32),
            (Codec::Pcma, -32_768..=32_767, |segment| 8 << segment.saturating_sub(1)),
        ] {
            for sample in range {
                let code = encode(codec, &[sample]).unwrap()[0];
                let value = decode(codec, &[code]).unwrap()[0];
                let invert = if codec == Codec::Pcmu { 0xFF } else { 0x55 };
                let segment = u32::from((code ^ invert) >> 4 & 7);
                let error = i32::from(value).abs_diff(i32::from(sample));
                assert!(error <= half_step(segment), "{codec} {sample}: {value} is off by {error}");
            }
        }
    }

    #[test]
    fn silence_is_the_smallest_value_and_video_is_refused() {
        assert_eq!(silence(Codec::Pcmu).unwrap(), 0xFF);
        assert_eq!(silence(Codec::Pcma).unwrap(), 0xD5);
        assert!(matches!(encode(Codec::H264, &[0]), Err(Error::WrongCodec { .. })));
    }
}
