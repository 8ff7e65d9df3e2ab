//! The limits of ITU-T Q.24, one by one, and what is no key.

use super::*;

/// Full scale is 3.17 dBm0.
fn amplitude(dbm0: f32) -> f32 {
    32_767.0 * 10f32.powf((dbm0 - 3.17) / 20.0)
}

struct Tone {
    key: char,
    ms: usize,
    low_dbm0: f32,
    high_dbm0: f32,
    /// Both frequencies times this.
    shift: f32,
}

impl Default for Tone {
    fn default() -> Self {
        Tone { key: '5', ms: 80, low_dbm0: -10.0, high_dbm0: -10.0, shift: 1.0 }
    }
}

impl Tone {
    fn samples(&self) -> Vec<i16> {
        let (row, column) =
            (0..16).map(|at| (at / 4, at % 4)).find(|&(r, c)| KEYS[r][c] == self.key).unwrap();
        let (low, high) = (amplitude(self.low_dbm0), amplitude(self.high_dbm0));
        let step = TAU * self.shift / RATE as f32;
        let sample = |n: usize| {
            let n = n as f32 * step;
            (low * (n * LOW[row]).sin() + high * (n * HIGH[column]).sin()) as i16
        };
        (0..self.ms * 8).map(sample).collect()
    }
}

fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * 8]
}

fn keys(sound: &[i16]) -> Vec<Key> {
    let mut detector = Detector::default();
    sound.chunks(160).flat_map(|packet| detector.push(packet)).collect()
}

fn down(sound: &[Vec<i16>]) -> String {
    let pressed = |key| match key {
        Key::Down(key) => Some(key),
        Key::Up(_) => None,
    };
    // A lead of every length within a packet: what is found must not hang on where tones begin.
    let found: Vec<String> = (0..40)
        .step_by(7)
        .map(|lead| keys(&[vec![0; 400 + lead], sound.concat(), silence(100)].concat()))
        .map(|keys| keys.into_iter().filter_map(pressed).collect())
        .collect();
    assert!(found.windows(2).all(|two| two[0] == two[1]), "{found:?}");
    found[0].clone()
}

#[test]
fn every_key_is_heard_once_and_goes_up_again() {
    for key in KEYS.concat() {
        let sound = [silence(50), Tone { key, ..Tone::default() }.samples(), silence(80)].concat();
        assert_eq!(keys(&sound), [Key::Down(key), Key::Up(key)]);
    }
}

#[test]
fn a_number_at_the_fastest_pace_is_heard() {
    let pressed = "0123456789*#ABCD5566";
    let sound: Vec<_> = pressed
        .chars()
        .flat_map(|key| [Tone { key, ms: 40, ..Tone::default() }.samples(), silence(40)])
        .collect();
    assert_eq!(down(&sound), pressed);
}

#[test]
fn short_tones_are_none_and_short_breaks_do_not_double() {
    assert_eq!(down(&[Tone { ms: 20, ..Tone::default() }.samples()]), "");
    assert_eq!(down(&[Tone::default().samples(), silence(8), Tone::default().samples()]), "5");
}

#[test]
fn frequencies_are_taken_to_one_and_a_half_percent_and_not_from_three_and_a_half() {
    for key in KEYS.concat() {
        for shift in [0.985, 1.015] {
            assert_eq!(down(&[Tone { key, shift, ..Tone::default() }.samples()]), key.to_string(), "{shift}");
        }
        for shift in [0.965, 1.035] {
            assert_eq!(down(&[Tone { key, shift, ..Tone::default() }.samples()]), "", "{key} {shift}");
        }
    }
}

#[test]
fn levels_and_twist_are_bounded() {
    let check = |low_dbm0, high_dbm0, want: &str| {
        assert_eq!(
            down(&[Tone { low_dbm0, high_dbm0, ..Tone::default() }.samples()]),
            want,
            "{low_dbm0} {high_dbm0}"
        );
    };
    check(-3.0, -3.0, "5");
    check(-26.0, -26.0, "5");
    check(-33.0, -33.0, "");
    check(-10.0, -6.5, "5");
    check(-10.0, -17.5, "5");
    check(-14.0, -6.0, "5");
    check(-18.0, -4.0, "");
    check(-8.0, -18.0, "");
}

#[test]
fn noise_one_tone_chords_and_sweeps_are_no_keys() {
    let mut seed = 1u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as i16 / 3
    };
    assert_eq!(keys(&(0..80_000).map(|_| noise()).collect::<Vec<_>>()), []);
    let sound = |voices: &[(f32, f32)], sweep: f32| -> Vec<i16> {
        (0..16_000)
            .map(|n| {
                let at = n as f32 / RATE as f32;
                let sum: f32 =
                    voices.iter().map(|(hz, level)| level * (TAU * hz * at * (1.0 + sweep * at)).sin()).sum();
                sum as i16
            })
            .collect()
    };
    assert_eq!(keys(&sound(&[(697.0, 8_000.0)], 0.0)), []);
    assert_eq!(
        keys(&sound(&[(440.0, 5_000.0), (880.0, 4_000.0), (1_320.0, 4_000.0), (1_760.0, 3_000.0)], 0.0)),
        []
    );
    // A voice whose harmonics pass over both groups.
    let vowel: Vec<(f32, f32)> = (1..16).map(|n| (110.0 * n as f32, 6_000.0 / n as f32)).collect();
    assert_eq!(keys(&sound(&vowel, 0.3)), []);
}

#[test]
fn keys_are_heard_in_noise_and_through_amr() {
    let mut seed = 1u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from((seed >> 16) as i16) / 32_768.0
    };
    let pressed: String = KEYS.concat().into_iter().collect();
    let sound: Vec<i16> = pressed
        .chars()
        .flat_map(|key| [Tone { key, ms: 100, ..Tone::default() }.samples(), silence(100)])
        .flatten()
        .collect();
    // 15 dB below both tones (Q.24: 23 dB below is to be borne).
    let noisy: Vec<i16> =
        sound.iter().map(|&sample| (f32::from(sample) + noise() * amplitude(-22.0)) as i16).collect();
    assert_eq!(down(&[noisy]), pressed);
    for mode in [0, 7] {
        let (mut encoder, mut decoder) =
            (crate::amr::Encoder::new().unwrap(), crate::amr::Decoder::new().unwrap());
        let heard: Vec<i16> = sound
            .chunks_exact(crate::amr::SAMPLES)
            .flat_map(|samples| decoder.decode(&encoder.encode(mode, samples.try_into().unwrap())))
            .collect();
        let found: String = keys(&heard)
            .into_iter()
            .filter_map(|key| if let Key::Down(key) = key { Some(key) } else { None })
            .collect();
        assert_eq!(found, pressed, "mode {mode}");
    }
}
