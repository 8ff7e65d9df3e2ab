//! `Record`: what one telephone received, with the times at which it came.
//!
//! Start at [`Record::take`].

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use codec::SAMPLE_RATE;
use media::{Picture, Size};

use crate::limits::{PICTURES_KEPT, SOUND_LEN_MAX};
use crate::{Card, Event, measure};

/// What was received since [`Record::new`] or [`Record::begin`]. All times are counted from there.
#[derive(Clone, Debug)]
pub struct Record {
    begun: Instant,
    /// Size of the pictures that the other side sends, for its lamp.
    sent: Size,
    /// The newest pictures, at most [`PICTURES_KEPT`].
    pictures: VecDeque<Picture>,
    picture_times: Vec<Duration>,
    flashes: Vec<Duration>,
    flashing: bool,
    sound: Vec<i16>,
    /// When the sample of this number came.
    packets: Vec<(Duration, usize)>,
    keys: String,
    over: bool,
}

impl Record {
    /// Nothing was received yet; the other side is going to send pictures of size `sent`.
    #[must_use]
    pub fn new(now: Instant, sent: Size) -> Self {
        Record {
            begun: now,
            sent,
            pictures: VecDeque::new(),
            picture_times: Vec::new(),
            flashes: Vec::new(),
            flashing: true,
            sound: Vec::new(),
            packets: Vec::new(),
            keys: String::new(),
            over: false,
        }
    }

    /// Begins anew, as when another side is connected.
    pub fn begin(&mut self, now: Instant, sent: Size) {
        *self = Record::new(now, sent);
    }

    /// Keeps what happened. Sound beyond [`SOUND_LEN_MAX`] is not kept, nor anything that comes with it.
    pub fn take(&mut self, now: Instant, event: &Event) {
        let at = now.saturating_duration_since(self.begun);
        match event {
            Event::Sound(pcm) if self.sound.len() + pcm.len() <= SOUND_LEN_MAX => {
                self.packets.push((at, self.sound.len()));
                self.sound.extend(pcm);
            }
            Event::Picture(picture) if self.sound.len() < SOUND_LEN_MAX => self.see(at, picture),
            Event::Key(key) => self.keys.push(key.as_char()),
            Event::Over(_) => self.over = true,
            Event::Sound(_)
            | Event::Picture(_)
            | Event::Ringing(_)
            | Event::Up
            | Event::Frame(_)
            | Event::Circuit(_) => {}
        }
    }

    fn see(&mut self, at: Duration, picture: &Picture) {
        let flashing = Card::flashes(self.sent, picture);
        if flashing && !self.flashing {
            self.flashes.push(at);
        }
        self.flashing = flashing;
        self.picture_times.push(at);
        if self.pictures.len() == PICTURES_KEPT {
            self.pictures.pop_front();
        }
        self.pictures.push_back(picture.clone());
    }

    /// The newest picture.
    #[must_use]
    pub fn picture(&self) -> Option<&Picture> {
        self.pictures.back()
    }

    /// When the first picture came that could be decoded.
    #[must_use]
    pub fn first_picture(&self) -> Option<Duration> {
        self.picture_times.first().copied()
    }

    /// How many pictures came.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.picture_times.len()
    }

    /// The longest time without a picture, and without sound.
    #[must_use]
    pub fn longest_gaps(&self) -> [Duration; 2] {
        let packets: Vec<Duration> = self.packets.iter().map(|(at, _)| *at).collect();
        [&self.picture_times, &packets].map(|times| measure::longest_gap(times))
    }

    /// All sound, 8 kHz.
    #[must_use]
    pub fn sound(&self) -> &[i16] {
        &self.sound
    }

    /// The newest `length` of it, or less.
    #[must_use]
    pub fn newest_sound(&self, length: Duration) -> &[i16] {
        let samples = length.as_millis() as usize * SAMPLE_RATE as usize / 1_000;
        &self.sound[self.sound.len().saturating_sub(samples)..]
    }

    /// The keys that the other side pressed.
    #[must_use]
    pub fn keys(&self) -> &str {
        &self.keys
    }

    /// Whether the call is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// The likeness of the newest picture to a card that was sent at the size given before; 0 without one.
    #[must_use]
    pub fn likeness(&self, card: Card) -> f64 {
        self.picture().and_then(|picture| card.likeness(self.sent, picture)).unwrap_or(0.0)
    }

    /// Amplitude of the tone of a card in the newest second.
    #[must_use]
    pub fn tone_level(&self, card: Card) -> f64 {
        measure::tone_level(self.newest_sound(Duration::from_secs(1)), card.tone_hz().into())
    }

    /// How much later pictures come than the sound that belongs to them, in ms: each flash against its beep.
    /// Play-out buffers, which a receiver has behind this, are not in it.
    #[must_use]
    pub fn skews(&self) -> Vec<f64> {
        let beeps: Vec<Duration> = measure::beeps(&self.sound).into_iter().map(|at| self.came(at)).collect();
        measure::skews(&self.flashes, &beeps)
    }

    /// When a sample came, if its packet is played from the time at which it came.
    fn came(&self, sample: usize) -> Duration {
        let after = self.packets.partition_point(|(_, first)| *first <= sample);
        let Some((at, first)) = after.checked_sub(1).map(|before| self.packets[before]) else {
            return Duration::ZERO;
        };
        at + Duration::from_secs((sample - first) as u64) / SAMPLE_RATE
    }
}
