//! Comfort noise of RFC 3389 (payload type 13): what plays while a peer sends no speech. Read only; we send speech
//! throughout. Start at [`Noise::parse`], then [`Generator`].

use crate::limits;

/// What a silence descriptor says.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// Below overload (dBov), 0..=127 dB (§3.1).
    pub level_db: u8,
    /// Reflection coefficients, each within -1..1, at most [`limits::NOISE_ORDER_MAX`] (§3.2).
    pub reflection: Vec<f32>,
}

impl Noise {
    /// Reads a payload; `None` for an empty one. Further coefficients than the limit are passed over.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (&level, coefficients) = payload.split_first()?;
        // §3.2: 0..=254, of which 127 is zero; 255 is not used.
        let real = |&octet: &u8| (f32::from(octet.min(254)) - 127.0) * 258.0 / 32_768.0;
        let reflection = coefficients.iter().take(limits::NOISE_ORDER_MAX).map(real).collect();
        Some(Noise { level_db: level & 0x7F, reflection })
    }
}

/// Makes noise, the same for the same descriptors.
#[derive(Clone, Debug)]
pub struct Generator {
    /// Of the predictor 1 + a1 z^-1 + ..., from the reflection coefficients.
    predictor: Vec<f32>,
    gain: f32,
    past: Vec<f32>,
    seed: u32,
}

impl Generator {
    /// Noise as `noise` describes it.
    #[must_use]
    pub fn new(noise: &Noise) -> Self {
        let mut generator =
            Generator { predictor: Vec::new(), gain: 0.0, past: vec![0.0; limits::NOISE_ORDER_MAX], seed: 1 };
        generator.set(noise);
        generator
    }

    /// Goes over to another description without a break.
    pub fn set(&mut self, noise: &Noise) {
        self.predictor = predictor(&noise.reflection);
        // The filter adds power; white noise into it is weaker by as much.
        let shaping: f32 = noise.reflection.iter().map(|k| 1.0 - k * k).product();
        // 0 dBov is the power of a square wave at full scale (§3.1).
        let wanted = 32_767.0 * 10f32.powf(-f32::from(noise.level_db) / 20.0);
        // Uniform noise in -1..1 has a power of a third.
        self.gain = wanted * 3f32.sqrt() * shaping.max(0.0).sqrt();
    }

    /// The next `count` samples.
    pub fn generate(&mut self, count: usize) -> Vec<i16> {
        (0..count).map(|_| self.next().clamp(-32_768.0, 32_767.0) as i16).collect()
    }

    fn next(&mut self) -> f32 {
        let order = self.predictor.len();
        let predicted: f32 = self.predictor.iter().zip(&self.past).map(|(a, old)| a * old).sum();
        let sample = self.white() * self.gain - predicted;
        if order > 0 {
            self.past[..order].rotate_right(1);
            self.past[0] = sample;
        }
        sample
    }

    /// Uniform in -1..1: the generator of Numerical Recipes, which is even enough for noise.
    fn white(&mut self) -> f32 {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.seed >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// Reflection to predictor coefficients, by Levinson's step-up recursion.
fn predictor(reflection: &[f32]) -> Vec<f32> {
    let mut predictor: Vec<f32> = Vec::with_capacity(reflection.len());
    for &k in reflection {
        let before = predictor.clone();
        for (at, coefficient) in predictor.iter_mut().enumerate() {
            *coefficient += k * before[before.len() - 1 - at];
        }
        predictor.push(k);
    }
    predictor
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(samples: &[i16]) -> f64 {
        let power =
            samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / samples.len() as f64;
        20.0 * (power.sqrt() / 32_767.0).log10()
    }

    #[test]
    fn white_and_shaped_noise_have_the_level_that_was_said() {
        for payload in [&[40u8][..], &[60], &[50, 127, 200], &[50, 30, 160, 127]] {
            let noise = Noise::parse(payload).unwrap();
            let made = Generator::new(&noise).generate(16_000);
            let got = level(&made);
            assert!((got + f64::from(payload[0])).abs() < 1.0, "{payload:?}: {got} dBov");
        }
    }

    #[test]
    fn a_negative_first_coefficient_makes_it_low() {
        let (low, high) = (Noise::parse(&[40, 20]).unwrap(), Noise::parse(&[40, 234]).unwrap());
        let alike = |noise: &Noise| {
            let made = Generator::new(noise).generate(8_000);
            made.windows(2).map(|two| i64::from(two[0]) * i64::from(two[1])).sum::<i64>()
        };
        assert!(alike(&low) > 0 && alike(&high) < 0);
    }

    #[test]
    fn any_payload_makes_bounded_noise() {
        assert_eq!(Noise::parse(&[]), None);
        let extreme: Vec<u8> = (0..40).map(|at| if at % 2 == 0 { 0 } else { 255 }).collect();
        let noise = Noise::parse(&extreme).unwrap();
        assert_eq!(noise.reflection.len(), limits::NOISE_ORDER_MAX);
        assert!(noise.reflection.iter().all(|k| k.abs() <= 1.0));
        assert_eq!(Generator::new(&noise).generate(1_000).len(), 1_000);
    }
}
