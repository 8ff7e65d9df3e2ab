//! Speech and pictures whose every octet is known, so that what arrives can be told from what does not.

use std::time::Duration;

use bytes::Bytes;
use h324m::{Event, Way};
use media::{Codec, Frame};

/// Ticks between pictures: 12.5 a second.
const TICKS_PER_PICTURE: u32 = 4;
/// Octets of a picture, key or other.
const KEY_LEN: usize = 2_000;
const OTHER_LEN: usize = 330;

/// What an MPEG-4 stream of [`Source`] begins with: 1000 ticks a second, as a third-party terminal has it.
pub(crate) const MPEG4_CONFIG: [u8; 28] = [
    0x00, 0x00, 0x01, 0xB0, 0x08, 0x00, 0x00, 0x01, 0xB5, 0x09, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01,
    0x20, 0x00, 0x84, 0x40, 0xFA, 0x28, 0x2C, 0x20, 0x90, 0xA2, 0x8F,
];

/// Makes a speech frame every tick and a picture every fourth.
pub(crate) struct Source {
    number: u8,
    ticks: u32,
    codec: Option<Codec>,
    key_wanted: bool,
    pub(crate) sent_speech: Vec<Bytes>,
    pub(crate) sent_pictures: Vec<Bytes>,
}

impl Source {
    pub(crate) fn new(number: u8) -> Self {
        Source {
            number,
            ticks: 0,
            codec: None,
            key_wanted: true,
            sent_speech: Vec::new(),
            sent_pictures: Vec::new(),
        }
    }

    /// Follows what the terminal tells.
    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::VideoOpened { codec, way: Way::Sends } => {
                self.codec = Some(*codec);
                self.key_wanted = true;
            }
            Event::VideoClosed { way: Way::Sends } => self.codec = None,
            Event::KeyPictureWanted => self.key_wanted = true,
            _ => {}
        }
    }

    /// What is due in this tick.
    pub(crate) fn tick(&mut self) -> Vec<Frame> {
        self.ticks += 1;
        let pts = Duration::from_millis(20) * self.ticks;
        let speech = speech(self.number, self.ticks);
        self.sent_speech.push(speech.clone());
        let mut frames = vec![Frame::new(Codec::Amr, pts, Duration::from_millis(20), true, speech)];
        if let (Some(codec), true) = (self.codec, self.ticks.is_multiple_of(TICKS_PER_PICTURE)) {
            let key = std::mem::take(&mut self.key_wanted) || self.ticks.is_multiple_of(400);
            let picture = match codec {
                Codec::Mpeg4 => vop(self.number, self.ticks, key),
                _ => h263(self.number, self.ticks, key),
            };
            self.sent_pictures.push(picture.clone());
            frames.push(Frame::new(codec, pts, Duration::ZERO, key, picture));
        }
        frames
    }
}

/// A speech frame of 12.2 kbit/s in storage form.
pub(crate) fn speech(number: u8, at: u32) -> Bytes {
    let mut data = vec![7 << 3 | 4];
    data.extend((0..31u32).map(|octet| (at.wrapping_mul(2_654_435_761) >> (octet % 24)) as u8 ^ number));
    data[31] &= 0xF0;
    data.into()
}

/// Octets between start codes: neither start codes nor runs of zeros.
fn filler(data: &mut Vec<u8>, until: usize, mut seed: u32) {
    while data.len() < until {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        data.push((seed >> 24) as u8 | 1);
    }
}

/// A QCIF picture of nine GOBs with headers; the blocks in them are none.
pub(crate) fn h263(number: u8, at: u32, key: bool) -> Bytes {
    let reference = (at * 20 * 30 / 1001) as u8;
    let kind = u64::from(!key);
    // PSC, TR, PTYPE 1 0 0 0 0 010 k 0 0 0 0, PQUANT 5, CPM 0, PEI 0: 50 bits in all (H.263 §5.1).
    let bits = 0x20u64 << 28 | u64::from(reference) << 20 | 0b1000_0010 << 12 | kind << 11 | 5 << 2;
    let mut data = (bits << 14).to_be_bytes()[..7].to_vec();
    let len = if key { KEY_LEN } else { OTHER_LEN };
    for gob in 1..=9usize {
        filler(&mut data, len * gob / 9, at ^ u32::from(number) << 16 ^ gob as u32);
        if gob < 9 {
            data.extend([0, 0, 0x80 | (gob as u8) << 2]);
        }
    }
    data.into()
}

/// A VOP; a key one after its headers.
pub(crate) fn vop(number: u8, at: u32, key: bool) -> Bytes {
    let mut data = if key { MPEG4_CONFIG.to_vec() } else { Vec::new() };
    data.extend([0, 0, 1, 0xB6, if key { 0x10 } else { 0x50 }, 0x55]);
    let len = if key { KEY_LEN } else { OTHER_LEN };
    filler(&mut data, len, at ^ u32::from(number) << 16);
    data.into()
}
