//! What a terminal sends: a tone, and a test picture with a moving bar.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use codec::video::Encoder;
use media::{Codec, Frame, Picture, Size, VideoFormat};

/// Sound of one packet (RFC 3551 §4.2).
pub(crate) const PACKET: Duration = Duration::from_millis(20);
const PACKET_SAMPLES: usize = 160;
const RATE: f64 = 8_000.0;

/// Pictures in the loop of the test picture; the first is the only key picture.
const LOOP_LEN: usize = 30;

/// A sine of a quarter of full scale, or silence at 0 Hz; packets go on without a jump in phase.
#[derive(Clone, Debug)]
pub(crate) struct Tone {
    hz: f64,
    packets: u32,
}

impl Tone {
    pub(crate) fn new(hz: f64) -> Self {
        Tone { hz, packets: 0 }
    }

    pub(crate) fn next(&mut self, codec: Codec) -> Result<Frame, codec::Error> {
        let first = self.packets as usize * PACKET_SAMPLES;
        let sample = |at: usize| ((TAU * self.hz * at as f64 / RATE).sin() * 8_192.0) as i16;
        let pcm: Vec<i16> = (first..first + PACKET_SAMPLES).map(sample).collect();
        let pts = PACKET * self.packets;
        self.packets += 1;
        Ok(Frame::new(codec, pts, PACKET, true, Bytes::from(codec::g711::encode(codec, &pcm)?)))
    }
}

/// The encoded loop of the test picture, shared by all that send it.
#[derive(Clone, Debug)]
pub(crate) struct TestPicture {
    pub(crate) format: VideoFormat,
    frames: Arc<[Frame]>,
    next: usize,
    sent: u32,
}

impl TestPicture {
    /// Draws and encodes the loop: some tenths of a second of work.
    pub(crate) fn new(format: VideoFormat) -> Result<Self, codec::Error> {
        let mut encoder = Encoder::new(format)?;
        let period = Duration::from_secs(1) / u32::from(format.fps);
        let encode = |at: usize| encoder.encode(&draw(format.size, at), period * at as u32, at == 0);
        let frames: Vec<Frame> = (0..LOOP_LEN).map(encode).collect::<Result<_, _>>()?;
        Ok(TestPicture { format, frames: frames.into(), next: 0, sent: 0 })
    }

    pub(crate) fn period(&self) -> Duration {
        Duration::from_secs(1) / u32::from(self.format.fps)
    }

    /// The next picture; after [`TestPicture::restart`] a key picture.
    pub(crate) fn next(&mut self) -> Frame {
        let mut frame = self.frames[self.next].clone();
        frame.pts = self.period() * self.sent;
        self.next = (self.next + 1) % self.frames.len();
        self.sent += 1;
        frame
    }

    /// A key picture is wanted.
    pub(crate) fn restart(&mut self) {
        self.next = 0;
    }
}

/// Blocks of rising brightness, and a bar that wanders down.
pub(crate) fn draw(size: Size, at: usize) -> Picture {
    let mut picture = Picture::black(size);
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    let bar = at * height / LOOP_LEN;
    for (row, line) in picture.y.chunks_exact_mut(width).enumerate() {
        for (col, luma) in line.iter_mut().enumerate() {
            let light = (6 * col / width + 4 * row / height) % 2 == 0;
            *luma = if (bar..bar + height / 12).contains(&row) {
                235
            } else {
                (if light { 120 } else { 40 }) + (60 * col / width) as u8
            };
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_goes_on_where_its_last_packet_ended() {
        let mut tone = Tone::new(430.0);
        let pcm: Vec<i16> = (0..2)
            .flat_map(|_| codec::g711::decode(Codec::Pcmu, &tone.next(Codec::Pcmu).unwrap().data).unwrap())
            .collect();
        let step_max = pcm.windows(2).map(|pair| (pair[1] - pair[0]).abs()).max();
        assert!(step_max < Some(3_200), "{step_max:?}");
    }

    #[test]
    fn the_loop_starts_with_a_key_picture_and_restarts_on_demand() {
        let mut source = TestPicture::new(VideoFormat::prompt(Codec::H264, Size::QCIF)).unwrap();
        assert!(source.next().keyframe);
        let second = source.next();
        assert!(!second.keyframe);
        source.restart();
        let third = source.next();
        assert!(third.keyframe && third.pts > second.pts);
    }
}
