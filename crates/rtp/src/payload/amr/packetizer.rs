//! Frames to packets (RFC 4867 §4).

use bytes::Bytes;
use media::amr::{Band, FRAME_MS, ModeSet};
use thiserror::Error;

use super::bits::Writer;
use super::{ENTRY_BITS, Entry, REQUEST_BITS, REQUEST_NONE};
use crate::limits;
use crate::payload::{Payload, Prefix};
use crate::session::Sound;

/// Why a frame is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsendable {
    /// Not one frame of AMR in storage format.
    #[error("no AMR frame")]
    Malformed,
    /// Its mode is not in the agreed set.
    #[error("AMR mode {0} was not agreed on")]
    Mode(u8),
}

/// Puts frames into packets, as many into each as were asked for.
#[derive(Clone, Debug)]
pub struct Packetizer {
    band: Band,
    octet_aligned: bool,
    modes: ModeSet,
    request: u8,
    frames: usize,
    pending: Vec<Bytes>,
    /// Timestamp after the last frame of `pending`, or of the last packet.
    end: u64,
    /// The next packet with speech starts a talk spurt.
    marker: bool,
}

impl Packetizer {
    /// With the packing, modes, request and packet time of `sound`.
    #[must_use]
    pub fn new(band: Band, sound: &Sound) -> Self {
        let frames = (sound.packet.as_millis() as u64 / FRAME_MS) as usize;
        Packetizer {
            band,
            octet_aligned: sound.amr_octet_aligned,
            modes: sound.amr_modes,
            request: sound
                .amr_mode_request
                .filter(|mode| band.modes().contains(*mode))
                .unwrap_or(REQUEST_NONE),
            frames: frames.clamp(1, limits::AMR_FRAMES_MAX),
            pending: Vec::new(),
            end: 0,
            marker: true,
        }
    }

    /// Asks the peer for this mode from the next packet on; `None`, or what is no mode, for none in particular.
    pub fn set_mode_request(&mut self, mode: Option<u8>) {
        self.request = mode.filter(|mode| self.band.modes().contains(*mode)).unwrap_or(REQUEST_NONE);
    }

    /// Appends to `out` each packet that `frame` completes, with its timestamp.
    ///
    /// `timestamp` is that of the frame's first sample. When it is not where the frame before ended, or
    /// starts something new (`fresh`), what waits is sent as it is. A frame without data begins no packet. A clock that
    /// is slewed, such as that of a circuit, puts a frame some samples beside the end of the one before: such frames
    /// follow each other, for a receiver may take an overlap for a repetition (§3.7).
    ///
    /// # Errors
    /// [`Unsendable`]: the frame is left out.
    pub fn packetize(
        &mut self,
        timestamp: u64,
        fresh: bool,
        frame: &Bytes,
        out: &mut Vec<(u64, Payload)>,
    ) -> Result<(), Unsendable> {
        let entry = self.check(frame)?;
        let beside = timestamp.abs_diff(self.end);
        let follows = !fresh && beside < u64::from(self.band.frame_samples() / 2);
        let timestamp = if follows { self.end } else { timestamp };
        if !follows {
            out.extend(self.flush());
            self.marker = true;
        }
        if self.pending.is_empty() && entry.is_no_data() {
            self.marker = true;
            return Ok(());
        }
        self.pending.push(frame.clone());
        self.end = timestamp + u64::from(self.band.frame_samples());
        if self.pending.len() >= self.frames {
            out.extend(self.flush());
        }
        Ok(())
    }

    fn check(&self, frame: &Bytes) -> Result<Entry, Unsendable> {
        let entry = frame.first().map(|first| Entry::from_storage(*first)).ok_or(Unsendable::Malformed)?;
        let bits = self.band.bits(entry.frame_type).ok_or(Unsendable::Malformed)?;
        if frame.len() != 1 + bits.div_ceil(8) {
            return Err(Unsendable::Malformed);
        }
        if entry.is_speech(self.band) && !self.modes.contains(entry.frame_type) {
            return Err(Unsendable::Mode(entry.frame_type));
        }
        Ok(entry)
    }

    fn flush(&mut self) -> Option<(u64, Payload)> {
        let frames = std::mem::take(&mut self.pending);
        let entries: Vec<Entry> = frames.iter().map(|frame| Entry::from_storage(frame[0])).collect();
        let speech = entries.first()?.is_speech(self.band);
        let marker = speech && std::mem::take(&mut self.marker);
        let body = self.write(&frames, &entries).into();
        let timestamp = self.end - u64::from(self.band.frame_samples()) * frames.len() as u64;
        Some((timestamp, Payload { prefix: Prefix::default(), body, marker }))
    }

    fn write(&self, frames: &[Bytes], entries: &[Entry]) -> Vec<u8> {
        let mut writer = Writer::default();
        let align = |writer: &mut Writer| {
            if self.octet_aligned {
                writer.align();
            }
        };
        writer.put(self.request, REQUEST_BITS);
        align(&mut writer);
        for (index, entry) in entries.iter().enumerate() {
            writer.put(entry.to_bits(index + 1 < entries.len()), ENTRY_BITS);
            align(&mut writer);
        }
        for (frame, entry) in frames.iter().zip(entries) {
            writer.copy(&frame[1..], self.band.bits(entry.frame_type).unwrap_or_default());
            align(&mut writer);
        }
        writer.into_octets()
    }
}
