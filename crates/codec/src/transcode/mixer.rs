//! The sound of two parties as one, for whoever hears both.

use std::time::Duration;

use media::{AudioFormat, Codec, Frame};

use crate::limits::CONCEALED_MAX;
use crate::{Error, ResampleStream, audio};

/// Parties that are mixed.
pub const MIXED: usize = 2;

/// Frames of one party that wait for the other's; then the other is silent or late, and is left out.
const AHEAD: usize = 3;

/// Frames that wait at most; more comes of clocks that differ, and all but [`AHEAD`] are dropped.
const WAITING: usize = 6;

/// A gap this long is one: clocks are slewed, and packets of 10 ms exist.
const GAP_TOLERATED: Duration = Duration::from_millis(8);

/// A pause of both parties this long moves the line on.
const PAUSE: Duration = Duration::from_millis(100);

/// Mixes two streams of sound, of any codecs, which may change.
///
/// It knows no clock: a frame is made when both parties have one, or when one is 60 ms ahead of the other. The frames that
/// it makes are on a time line of their own, which begins at 0.
pub struct Mixer {
    inputs: [Input; MIXED],
    encoder: audio::Encoder,
    /// Time of the next frame that is made.
    start: Duration,
}

/// One party.
#[derive(Default)]
struct Input {
    ear: Option<Ear>,
    /// At the encoder's rate.
    waiting: Vec<i16>,
    /// Where its last frame ended, on its own line.
    end: Option<Duration>,
    /// What its line is behind ours, in nanoseconds.
    behind: i128,
}

/// What decodes one codec.
struct Ear {
    codec: Codec,
    decoder: audio::Decoder,
    resampler: Option<ResampleStream>,
}

impl Ear {
    fn new(codec: Codec, rate: u32) -> Result<Self, Error> {
        let decoder = audio::Decoder::at(codec, rate)?;
        let own = decoder.sample_rate();
        let resampler = if own == rate { None } else { Some(ResampleStream::new(own, rate)?) };
        Ok(Ear { codec, decoder, resampler })
    }

    fn take(&mut self, samples: &[i16], waiting: &mut Vec<i16>) -> Result<(), Error> {
        match &mut self.resampler {
            Some(resampler) => resampler.push(samples, waiting),
            None => {
                waiting.extend_from_slice(samples);
                Ok(())
            }
        }
    }
}

impl Mixer {
    /// That makes frames of `to`.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for what is no sound, [`Error::Sound`] when a library fails.
    pub fn new(to: AudioFormat) -> Result<Self, Error> {
        Ok(Mixer { inputs: Default::default(), encoder: audio::Encoder::new(to)?, start: Duration::ZERO })
    }

    /// Has AMR or AMR-WB use `mode` from the next frame on ([`audio::Encoder::set_mode`]).
    pub fn set_mode(&mut self, mode: u8) {
        self.encoder.set_mode(mode);
    }

    /// Takes the next frame of party 0 or 1, and appends what can be made by now to `out`.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for what is no sound, or of no such party, [`Error::Convert`] when a resampler fails. What
    /// cannot be decoded is no error: it is made up.
    pub fn push(&mut self, party: usize, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        let (rate, each) = (self.encoder.sample_rate(), self.encoder.frame_samples());
        let idle = self.inputs.iter().all(|input| input.waiting.len() < each);
        let wrong = Error::WrongCodec { codec: frame.codec, job: "a mixer" };
        let Some(input) = self.inputs.get_mut(party) else { return Err(wrong) };
        if input.ear.as_ref().is_none_or(|ear| ear.codec != frame.codec) {
            (input.ear, input.end) = (Some(Ear::new(frame.codec, rate)?), None);
        }
        let Some(ear) = &mut input.ear else { return Err(wrong) };
        let nanos = |time: Duration| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
        let due = nanos(frame.pts) + input.behind;
        match input.end {
            Some(end) if frame.lost_before && frame.pts > end + GAP_TOLERATED => {
                let missing = (frame.pts - end).min(CONCEALED_MAX);
                let made_up = ear.decoder.conceal_before(missing, Some(frame));
                ear.take(&made_up, &mut input.waiting)?;
            }
            Some(_) if idle && due > nanos(self.start + PAUSE) => {
                // Both were silent for a while: whoever receives it is to notice that time has passed.
                self.start = Duration::from_nanos(u64::try_from(due).unwrap_or(u64::MAX));
            }
            Some(_) if due.abs_diff(nanos(self.start)) < CONCEALED_MAX.as_nanos() => {}
            _ => input.behind = nanos(self.start) - nanos(frame.pts),
        }
        let samples = match ear.decoder.decode(frame) {
            Ok(samples) => samples,
            Err(_) => ear.decoder.conceal(frame.duration.min(CONCEALED_MAX)),
        };
        ear.take(&samples, &mut input.waiting)?;
        input.end = Some(frame.pts + frame.duration);
        if input.waiting.len() > WAITING * each {
            input.waiting.drain(..input.waiting.len() - AHEAD * each);
        }
        self.make(each, out);
        Ok(())
    }

    /// Makes what can be made by now.
    fn make(&mut self, each: usize, out: &mut Vec<Frame>) {
        let waits = |input: &Input| input.waiting.len();
        while self.inputs.iter().all(|input| waits(input) >= each)
            || self.inputs.iter().any(|input| waits(input) >= AHEAD * each)
        {
            let mut mixed = vec![0_i16; each];
            for input in &mut self.inputs {
                let has = each.min(input.waiting.len());
                for (sum, sample) in mixed.iter_mut().zip(input.waiting.drain(..has)) {
                    *sum = sum.saturating_add(sample);
                }
            }
            let frame = self.encoder.encode(&mixed, self.start);
            self.start += frame.duration;
            out.push(frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LASTS: Duration = Duration::from_millis(20);

    /// 20 ms of a tone.
    fn tone(encoder: &mut audio::Encoder, hertz: f64, number: u32) -> Frame {
        let (rate, each) = (f64::from(encoder.sample_rate()), encoder.frame_samples());
        let first = f64::from(number) * each as f64;
        let sample = |at: usize| {
            let turn = (first + at as f64) * hertz / rate * std::f64::consts::TAU;
            (turn.sin() * 6_000.0) as i16
        };
        let samples: Vec<i16> = (0..each).map(sample).collect();
        encoder.encode(&samples, LASTS * number)
    }

    /// How much of a tone is in what was made, from 0 to its amplitude.
    fn level(frames: &[Frame], hertz: f64) -> f64 {
        let mut decoder = audio::Decoder::new(frames[0].codec).expect("a codec");
        let samples: Vec<i16> =
            frames.iter().flat_map(|frame| decoder.decode(frame).expect("sound")).collect();
        let rate = f64::from(decoder.sample_rate());
        let turn = |at: usize| at as f64 * hertz / rate * std::f64::consts::TAU;
        let part = |of: fn(f64) -> f64| {
            let sum: f64 =
                samples.iter().enumerate().map(|(at, sample)| f64::from(*sample) * of(turn(at))).sum();
            sum * 2.0 / samples.len() as f64
        };
        part(f64::sin).hypot(part(f64::cos))
    }

    fn encoder(codec: Codec) -> audio::Encoder {
        audio::Encoder::new(AudioFormat::new(codec)).expect("a codec")
    }

    #[test]
    fn both_are_heard_whatever_their_codecs() {
        for (one, other, to) in [
            (Codec::Pcmu, Codec::Pcma, Codec::Pcmu),
            (Codec::Amr, Codec::Opus, Codec::Pcma),
            (Codec::G722, Codec::Pcmu, Codec::Opus),
        ] {
            let mut mixer = Mixer::new(AudioFormat::new(to)).expect("a codec");
            let (mut first, mut second) = (encoder(one), encoder(other));
            let mut out = Vec::new();
            for number in 0..50 {
                mixer.push(0, &tone(&mut first, 400.0, number), &mut out).expect("sound");
                mixer.push(1, &tone(&mut second, 1_000.0, number), &mut out).expect("sound");
            }
            assert!(out.len() >= 47, "{one} and {other}: {}", out.len());
            let (low, high) = (level(&out, 400.0), level(&out, 1_000.0));
            assert!(low > 3_500.0 && high > 3_500.0, "{one} and {other}: {low} {high}");
            assert!(level(&out, 700.0) < 500.0);
            assert!(out.windows(2).all(|two| two[1].pts == two[0].pts + two[0].duration));
        }
    }

    #[test]
    fn one_is_heard_while_the_other_is_silent_and_little_waits() {
        let mut mixer = Mixer::new(AudioFormat::new(Codec::Pcmu)).expect("a codec");
        let (mut first, mut second) = (encoder(Codec::Pcmu), encoder(Codec::Pcmu));
        let mut out = Vec::new();
        for number in 0..10 {
            mixer.push(1, &tone(&mut second, 1_000.0, number), &mut out).expect("sound");
        }
        assert_eq!(out.len(), 8, "two wait for the other");
        for number in 0..10 {
            mixer.push(0, &tone(&mut first, 400.0, number), &mut out).expect("sound");
        }
        for number in 10..200 {
            mixer.push(1, &tone(&mut second, 1_000.0, number), &mut out).expect("sound");
            for _ in 0..3 {
                mixer.push(0, &tone(&mut first, 400.0, number), &mut out).expect("sound");
            }
        }
        let waits: Vec<usize> = mixer.inputs.iter().map(|input| input.waiting.len()).collect();
        assert!(waits.iter().all(|waits| *waits <= WAITING * 160), "{waits:?}");
    }

    #[test]
    fn what_is_lost_is_made_up_and_a_pause_of_both_moves_the_line_on() {
        let mut mixer = Mixer::new(AudioFormat::new(Codec::Pcmu)).expect("a codec");
        let mut first = encoder(Codec::Pcmu);
        let mut out = Vec::new();
        for number in [0, 1, 2, 5, 6, 7] {
            let frame = Frame { lost_before: number == 5, ..tone(&mut first, 400.0, number) };
            mixer.push(0, &frame, &mut out).expect("sound");
        }
        assert_eq!(out.len(), 6, "eight less the two that wait");
        let before = mixer.start;
        for input in &mut mixer.inputs {
            input.waiting.clear();
        }
        for number in 100..105 {
            mixer.push(0, &tone(&mut first, 400.0, number), &mut out).expect("sound");
        }
        assert!(mixer.start > before + Duration::from_secs(1), "{:?}", mixer.start);
        let wrong = Frame::new(Codec::H264, Duration::ZERO, LASTS, true, vec![0; 9].into());
        assert!(mixer.push(0, &wrong, &mut out).is_err() && mixer.push(2, &wrong, &mut out).is_err());
        let junk = Frame::new(Codec::Amr, LASTS * 105, LASTS, true, vec![0xFF; 3].into());
        mixer.push(1, &junk, &mut out).expect("it is made up");
    }
}
