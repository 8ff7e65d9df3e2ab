//! Mono sound from one sampling rate to another.

use ffmpeg_next::format::sample::{Sample, Type};
use ffmpeg_next::software::resampling::Context;
use ffmpeg_next::{ChannelLayout, frame};

use crate::{Error, limits};

/// The rate of all sound inside Vireo, in Hz: that of G.711.
pub const SAMPLE_RATE: u32 = 8_000;

/// `samples` of `from` Hz at `to` Hz; as long as before, rounded up to a sample.
///
/// # Errors
/// [`Error::Convert`] when a rate is outside [`limits::SAMPLE_RATES`] or the library fails.
pub fn resample(samples: &[i16], from: u32, to: u32) -> Result<Vec<i16>, Error> {
    if from == to || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    let mut resampler = Resampler::new(Sample::I16(Type::Packed), ChannelLayout::MONO, from, to)?;
    let mut out = Vec::new();
    for block in samples.chunks(from as usize) {
        let mut frame = frame::Audio::new(Sample::I16(Type::Packed), block.len(), ChannelLayout::MONO);
        frame.set_rate(from);
        frame.plane_mut(0).copy_from_slice(block);
        resampler.push(&frame, &mut out)?;
    }
    resampler.finish(&mut out)?;
    let len = (samples.len() as u64 * u64::from(to)).div_ceil(u64::from(from)) as usize;
    out.resize(len, 0);
    Ok(out)
}

/// A stream of mono sound at another rate, block by block without a seam. It holds back a few milliseconds.
pub struct Stream {
    inner: Resampler,
    from: u32,
}

impl Stream {
    /// From `from` Hz to `to` Hz.
    ///
    /// # Errors
    /// [`Error::Convert`] when a rate is outside [`limits::SAMPLE_RATES`] or the library fails.
    pub fn new(from: u32, to: u32) -> Result<Self, Error> {
        let inner = Resampler::new(Sample::I16(Type::Packed), ChannelLayout::MONO, from, to)?;
        Ok(Stream { inner, from })
    }

    /// Appends what `samples` come to, and what was held back, to `to`.
    ///
    /// # Errors
    /// [`Error::Convert`] when the library fails.
    pub fn push(&mut self, samples: &[i16], to: &mut Vec<i16>) -> Result<(), Error> {
        if samples.is_empty() {
            return Ok(());
        }
        let mut frame = frame::Audio::new(Sample::I16(Type::Packed), samples.len(), ChannelLayout::MONO);
        frame.set_rate(self.from);
        frame.plane_mut(0).copy_from_slice(samples);
        self.inner.push(&frame, to)
    }
}

/// Frames of any layout and rate to mono samples of 16 bits.
pub(crate) struct Resampler {
    context: Context,
    /// Room for one second, used again and again.
    out: frame::Audio,
}

impl Resampler {
    pub(crate) fn new(format: Sample, layout: ChannelLayout, from: u32, to: u32) -> Result<Self, Error> {
        if ![from, to].iter().all(|rate| limits::SAMPLE_RATES.contains(rate)) {
            return Err(Error::Convert {
                what: "sound",
                why: format!("{from} Hz to {to} Hz is out of range"),
            });
        }
        let target = Sample::I16(Type::Packed);
        let context = Context::get(format, layout, from, target, ChannelLayout::MONO, to).map_err(failed)?;
        Ok(Resampler { context, out: frame::Audio::empty() })
    }

    pub(crate) fn push(&mut self, frame: &frame::Audio, to: &mut Vec<i16>) -> Result<(), Error> {
        // Room for all that comes out: the binding would make as much as went in, and the rest would pile up inside.
        let (from, target) = (u64::from(self.context.input().rate), u64::from(self.context.output().rate));
        let held = self.context.delay().map_or(0, |delay| usize::try_from(delay.output).unwrap_or(0));
        let room = (frame.samples() as u64 * target).div_ceil(from.max(1)) as usize + held + 32;
        self.out = frame::Audio::new(Sample::I16(Type::Packed), room, ChannelLayout::MONO);
        self.out.set_rate(self.context.output().rate);
        self.context.run(frame, &mut self.out).map_err(failed)?;
        self.take(to);
        Ok(())
    }

    /// What is still inside the filter.
    pub(crate) fn finish(&mut self, to: &mut Vec<i16>) -> Result<(), Error> {
        while let Some(delay) = self.context.delay() {
            let samples = usize::try_from(delay.output).unwrap_or(0).max(1);
            self.out = frame::Audio::new(Sample::I16(Type::Packed), samples, ChannelLayout::MONO);
            self.out.set_rate(self.context.output().rate);
            let before = to.len();
            self.context.flush(&mut self.out).map_err(failed)?;
            self.take(to);
            if to.len() == before {
                break;
            }
        }
        Ok(())
    }

    fn take(&self, to: &mut Vec<i16>) {
        if self.out.samples() > 0 {
            to.extend_from_slice(&self.out.plane::<i16>(0)[..self.out.samples()]);
        }
    }
}

fn failed(why: ffmpeg_next::Error) -> Error {
    Error::Convert { what: "sound", why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate: u32, seconds: f64) -> Vec<i16> {
        let count = (f64::from(rate) * seconds) as usize;
        let step = hz * std::f64::consts::TAU / f64::from(rate);
        (0..count).map(|n| (10_000.0 * (step * n as f64).sin()) as i16).collect()
    }

    /// Amplitude of `hz` in the middle half of `samples`.
    fn amplitude(samples: &[i16], hz: f64, rate: u32) -> f64 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        let step = hz * std::f64::consts::TAU / f64::from(rate);
        let (mut re, mut im) = (0.0, 0.0);
        for (n, &sample) in middle.iter().enumerate() {
            let phase = step * n as f64;
            re += f64::from(sample) * phase.cos();
            im += f64::from(sample) * phase.sin();
        }
        2.0 * re.hypot(im) / middle.len() as f64
    }

    #[test]
    fn a_tone_keeps_its_pitch_level_and_length() {
        for from in [11_025, 16_000, 22_050, 44_100, 48_000] {
            let out = resample(&tone(1_000.0, from, 2.5), from, SAMPLE_RATE).unwrap();
            assert_eq!(out.len(), 20_000, "from {from} Hz");
            let level = amplitude(&out, 1_000.0, SAMPLE_RATE);
            assert!((level / 10_000.0 - 1.0).abs() < 0.02, "from {from} Hz: {level}");
        }
    }

    #[test]
    fn what_8_khz_cannot_carry_is_not_folded_back() {
        let out = resample(&tone(6_000.0, 44_100, 2.0), 44_100, SAMPLE_RATE).unwrap();
        let alias = amplitude(&out, 2_000.0, SAMPLE_RATE);
        assert!(alias < 50.0, "6 kHz comes back at 2 kHz with {alias}");
    }

    #[test]
    fn the_start_stays_where_it_was() {
        let mut samples = vec![0; 48_000];
        samples[24_000..24_480].fill(16_000);
        let out = resample(&samples, 48_000, SAMPLE_RATE).unwrap();
        let first = out.iter().position(|&s| s > 8_000).unwrap();
        assert!(first.abs_diff(4_000) <= 2, "the click is at {first}");
    }

    #[test]
    fn rates_out_of_range_are_errors_and_equal_rates_change_nothing() {
        assert!(resample(&[1, 2], 8_000, 1).is_err());
        assert_eq!(resample(&[1, 2], 8_000, 8_000).unwrap(), [1, 2]);
    }
}
