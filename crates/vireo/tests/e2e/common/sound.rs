//! Sounds that peers send and what they recorded: 8 kHz mono WAV files, tones and their detection, and
//! how alike a prompt and a recording are. Start at [`Voiceprint::of`] for the latter.

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

/// The samples of a 16-bit WAV file brought to one channel of [`RATE`], also while libsndfile is still writing it:
/// then the size of the data chunk reads zero and means "to the end".
pub(crate) fn read_wav(path: &Path) -> Vec<i16> {
    let wav = std::fs::read(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let (Some(format), Some(at)) = (place(&wav, b"fmt "), place(&wav, b"data")) else { return Vec::new() };
    let half = |at: usize| usize::from(u16::from_le_bytes([wav[at], wav[at + 1]]));
    let (channels, rate) = (half(format + 2).max(1), half(format + 4) | half(format + 6) << 16);
    let data = wav.get(at..).unwrap_or_default();
    let samples: Vec<i16> = data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    // The mean over what one sample stands for: enough of a filter for tones and speech.
    let mean =
        |some: &[i16]| (some.iter().map(|&sample| i32::from(sample)).sum::<i32>() / some.len() as i32) as i16;
    samples.chunks_exact(channels * (rate / RATE).max(1)).map(mean).collect()
}

/// Where the content of a chunk begins.
fn place(wav: &[u8], name: &[u8; 4]) -> Option<usize> {
    wav.windows(4).position(|four| four == name).map(|at| at + 8)
}

/// Root mean square; 1 is full scale.
pub(crate) fn loudness(pcm: &[i16]) -> f64 {
    let sum: f64 = pcm.iter().map(|&sample| (f64::from(sample) / 32_768.0).powi(2)).sum();
    (sum / pcm.len().max(1) as f64).sqrt()
}

/// The share of the energy of `pcm` at `hz`, from 0 to 1.
pub(crate) fn tone_share(pcm: &[i16], hz: f64) -> f64 {
    let energy: f64 = pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    if energy == 0.0 {
        return 0.0;
    }
    let samples: Vec<f64> = pcm.iter().map(|&sample| f64::from(sample)).collect();
    // A sine of amplitude A over n samples has energy n A^2 / 2 and power (n A / 2)^2.
    2.0 * power_at(&samples, hz) / (pcm.len() as f64 * energy)
}

/// The squared magnitude of the spectrum at `hz` (Goertzel's algorithm).
fn power_at(samples: &[f64], hz: f64) -> f64 {
    let turn = 2.0 * (TAU * hz / RATE as f64).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in samples {
        (last, before) = (sample + turn * last - before, last);
    }
    // Rounding may take silence below zero.
    (last * last + before * before - turn * last * before).max(0.0)
}

/// Levels in [`BANDS`] bands of one short stretch of sound.
type Levels = [f64; BANDS];

/// One every 200 Hz up to 3200 Hz: the telephone band.
const BANDS: usize = 16;
/// Samples from one stretch to the next: 10 ms.
const STEP: usize = RATE / 100;
/// Samples of one stretch: 20 ms, which tells bands 200 Hz apart.
const STRETCH: usize = 2 * STEP;
/// Stretches that are moved together: a quarter of a second.
const PIECE: usize = 25;
/// Steps by which a piece may lie beside its place: a packet of 20 ms that was lost or put in.
const SLACK: usize = 2;
/// Below this amplitude of a sine all is taken for silence, so that coding noise does not count.
const QUIET: f64 = 100.0;

/// What a sound sounds like: its short-time spectrum.
pub(crate) struct Voiceprint(Vec<Levels>);

impl Voiceprint {
    /// The spectrum of `pcm`, one row of levels each 10 ms.
    pub(crate) fn of(pcm: &[i16]) -> Voiceprint {
        // Hann's window, so that a loud band does not show in all others.
        let window: Vec<f64> =
            (0..STRETCH).map(|at| 0.5 - 0.5 * (TAU * at as f64 / STRETCH as f64).cos()).collect();
        let levels = |stretch: &[i16]| {
            let shaped: Vec<f64> = stretch.iter().zip(&window).map(|(&s, w)| f64::from(s) * w).collect();
            std::array::from_fn(|band| {
                // A sine of amplitude A has the power (n A / 4)^2 behind the window.
                let power = power_at(&shaped, 200.0 * (band + 1) as f64) * (4.0 / STRETCH as f64).powi(2);
                (power / QUIET.powi(2)).ln_1p()
            })
        };
        Voiceprint(pcm.windows(STRETCH).step_by(STEP).map(levels).collect())
    }

    /// How much the best place of `heard` sounds like this whole sound: the correlation of their levels,
    /// each less the mean of its band; 1 is the same. Zero when `heard` is too short to hold it.
    pub(crate) fn likeness(&self, heard: &Voiceprint) -> f64 {
        let Some(spare) = heard.0.len().checked_sub(self.0.len()) else { return 0.0 };
        let distances: Vec<Vec<f64>> = self.pieces().map(|(_, piece)| distances(piece, &heard.0)).collect();
        let at = |place: usize| {
            let pairs = self.pieces().zip(&distances).flat_map(|((start, piece), distances)| {
                let near = (place + start).saturating_sub(SLACK)..distances.len();
                let nearest = near.take(2 * SLACK + 1).min_by(|a, b| distances[*a].total_cmp(&distances[*b]));
                piece.iter().zip(&heard.0[nearest.expect("its own place at least")..])
            });
            correlation(&pairs.collect::<Vec<_>>())
        };
        (0..=spare).map(at).fold(0.0, f64::max)
    }

    /// [`Voiceprint::likeness`] of as much of the beginning of this sound as `heard` has room for.
    pub(crate) fn likeness_of_beginning(&self, heard: &Voiceprint) -> f64 {
        let len = self.0.len().min(heard.0.len());
        Voiceprint(self.0[..len].to_vec()).likeness(heard)
    }

    fn pieces(&self) -> impl Iterator<Item = (usize, &[Levels])> {
        self.0.chunks(PIECE).enumerate().map(|(count, piece)| (count * PIECE, piece))
    }
}

/// How far `piece` is from each place of `heard`.
fn distances(piece: &[Levels], heard: &[Levels]) -> Vec<f64> {
    let cells = |place: &[Levels]| -> f64 {
        piece.iter().flatten().zip(place.iter().flatten()).map(|(a, b)| (a - b).powi(2)).sum()
    };
    heard.windows(piece.len()).map(cells).collect()
}

/// Pearson's correlation over all bands, with a mean for each band: speech has the same long-term
/// spectrum whatever it says.
fn correlation(pairs: &[(&Levels, &Levels)]) -> f64 {
    let count = pairs.len() as f64;
    let (mut both, mut left, mut right) = (0.0, 0.0, 0.0);
    for band in 0..BANDS {
        let (mut a, mut b, mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (x, y) in pairs.iter().map(|(x, y)| (x[band], y[band])) {
            (a, b, ab, aa, bb) = (a + x, b + y, ab + x * y, aa + x * x, bb + y * y);
        }
        both += ab - a * b / count;
        left += aa - a * a / count;
        right += bb - b * b / count;
    }
    // Nothing is like silence, whose levels do not vary; what rounding leaves of them is no variation.
    if left.min(right) < 1e-6 { 0.0 } else { both / (left * right).sqrt() }
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

    /// Numbers that look random and are the same each time (Knuth's MMIX generator).
    fn numbers(seed: u64) -> impl Iterator<Item = f64> {
        let next = |state: &u64| {
            Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
        };
        std::iter::successors(Some(seed), next)
            .skip(8)
            .map(|state| (state >> 11) as f64 / (1u64 << 53) as f64)
    }

    /// A second and a half of "speech": syllables of two tones and a loudness, 100 ms each.
    fn babble(seed: u64) -> Vec<i16> {
        let mut numbers = numbers(seed);
        let mut next = || numbers.next().expect("it is endless");
        let mut pcm = Vec::new();
        for _ in 0..15 {
            let (low, high, loud) = (200.0 + 800.0 * next(), 1_000.0 + 2_000.0 * next(), 6_000.0 * next());
            pcm.extend((0..RATE / 10).map(|at| {
                let turn = TAU * at as f64 / RATE as f64;
                (loud * ((turn * low).sin() + 0.5 * (turn * high).sin())) as i16
            }));
        }
        pcm
    }

    fn noise(seed: u64, len: usize) -> Vec<i16> {
        numbers(seed).take(len).map(|number| (8_000.0 * (number - 0.5)) as i16).collect()
    }

    fn likeness(prompt: &[i16], heard: &[i16]) -> f64 {
        Voiceprint::of(prompt).likeness(&Voiceprint::of(heard))
    }

    #[test]
    fn a_prompt_is_found_wherever_it_begins() {
        let (prompt, other) = (babble(1), babble(2));
        for before in [0, 160, 1_000, 4_037] {
            let heard = [&other[..before], &prompt, &other[..800]].concat();
            let (right, wrong) = (likeness(&prompt, &heard), likeness(&other, &heard));
            assert!(right > 0.85, "{before} samples before it: {right:.3}");
            assert!(wrong < 0.5, "{before} samples before it: {wrong:.3}");
        }
    }

    #[test]
    fn a_prompt_is_found_although_a_packet_is_lost_and_the_level_and_coding_are_others() {
        let prompt = babble(1);
        let cut = [&prompt[..4_800], &prompt[4_960..], &[0; 800]].concat();
        let softer: Vec<i16> = cut.iter().map(|sample| sample / 2).collect();
        let coded = codec::g711::encode(media::Codec::Pcma, &softer).expect("it is a sound codec");
        let heard = codec::g711::decode(media::Codec::Pcma, &coded).expect("it is a sound codec");
        assert!(likeness(&prompt, &heard) > 0.85, "{:.3}", likeness(&prompt, &heard));
    }

    #[test]
    fn other_speech_noise_tones_and_silence_are_not_the_prompt() {
        let prompt = babble(1);
        let len = 2 * prompt.len();
        let tone: Vec<i16> = (0..len).map(|at| ((0.4 * at as f64).sin() * 8_000.0) as i16).collect();
        for (what, heard) in [
            ("other speech", [babble(2), babble(3)].concat()),
            ("the prompt backwards", [babble(1), babble(1)].concat().into_iter().rev().collect()),
            ("noise", noise(4, len)),
            ("a tone", tone),
            ("silence", vec![0; len]),
        ] {
            let found = likeness(&prompt, &heard);
            assert!(found < 0.5, "{what}: {found:.3}");
        }
    }

    #[test]
    fn half_a_prompt_is_not_the_prompt_but_its_beginning() {
        let prompt = babble(1);
        let heard = &prompt[..prompt.len() / 2];
        assert!(likeness(&prompt, heard) < 0.01, "there is no room for it");
        let padded = [heard, &vec![0; prompt.len()]].concat();
        assert!(likeness(&prompt, &padded) < 0.8, "{:.3}", likeness(&prompt, &padded));
        let [whole, heard] = [&prompt[..], heard].map(Voiceprint::of);
        assert!(whole.likeness_of_beginning(&heard) > 0.99);
    }
}
