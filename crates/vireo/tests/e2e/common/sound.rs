//! Sounds that peers send and what they recorded: 8 kHz mono WAV files, tones and their detection.

use std::f64::consts::TAU;
use std::path::Path;
use std::time::Duration;

/// Samples a second of everything here.
pub(crate) const RATE: usize = 8_000;

/// Loudness from which a second of telephone sound is taken for speech or a tone; full scale is 1.
pub(crate) const AUDIBLE: f64 = 0.01;

/// Writes `length` of a sine of half amplitude.
pub(crate) fn write_tone(path: &Path, hz: f64, length: Duration) {
    let count = (length.as_secs_f64() * RATE as f64) as usize;
    let pcm: Vec<i16> =
        (0..count).map(|at| ((TAU * hz * at as f64 / RATE as f64).sin() * 16_384.0) as i16).collect();
    write_wav(path, &pcm);
}

fn write_wav(path: &Path, pcm: &[i16]) {
    let octets = u32::try_from(2 * pcm.len()).expect("test sounds are short");
    let rate = RATE as u32;
    let mut wav = Vec::with_capacity(44 + 2 * pcm.len());
    wav.extend(b"RIFF");
    wav.extend((36 + octets).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    // PCM, one channel.
    wav.extend([1, 0, 1, 0]);
    wav.extend(rate.to_le_bytes());
    wav.extend((2 * rate).to_le_bytes());
    // Octets a sample over all channels, bits a sample.
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(octets.to_le_bytes());
    pcm.iter().for_each(|sample| wav.extend(sample.to_le_bytes()));
    std::fs::write(path, wav).expect("the test's folder is writable");
}

/// The samples of a 16-bit WAV file, also while libsndfile is still writing it: then the size of the
/// data chunk reads zero and means "to the end".
pub(crate) fn read_wav(path: &Path) -> Vec<i16> {
    let wav = std::fs::read(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let Some(at) = wav.windows(4).position(|four| four == b"data") else { return Vec::new() };
    let data = wav.get(at + 8..).unwrap_or_default();
    data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// Root mean square; 1 is full scale.
pub(crate) fn loudness(pcm: &[i16]) -> f64 {
    let sum: f64 = pcm.iter().map(|&sample| (f64::from(sample) / 32_768.0).powi(2)).sum();
    (sum / pcm.len().max(1) as f64).sqrt()
}

/// The share of the energy of `pcm` at `hz`, from 0 to 1 (Goertzel's algorithm).
pub(crate) fn tone_share(pcm: &[i16], hz: f64) -> f64 {
    let energy: f64 = pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    if energy == 0.0 {
        return 0.0;
    }
    let turn = 2.0 * (TAU * hz / RATE as f64).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in pcm {
        (last, before) = (f64::from(sample) + turn * last - before, last);
    }
    let power = last * last + before * before - turn * last * before;
    // A sine of amplitude A over n samples has energy n A^2 / 2 and power (n A / 2)^2.
    2.0 * power / (pcm.len() as f64 * energy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_found_at_its_frequency_only() {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tone-{}.wav", std::process::id()));
        write_tone(&dir, 500.0, Duration::from_millis(500));
        let pcm = read_wav(&dir);
        std::fs::remove_file(&dir).expect("just written");
        assert_eq!(pcm.len(), RATE / 2);
        assert!(tone_share(&pcm, 500.0) > 0.99);
        assert!(tone_share(&pcm, 900.0) < 0.01);
        assert!((loudness(&pcm) - 0.5 / 2f64.sqrt()).abs() < 0.001);
        assert!(tone_share(&[0; 100], 500.0) < 0.01);
    }
}
