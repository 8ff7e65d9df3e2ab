//! Packets to frames (RFC 4867 §4).

use bytes::Bytes;
use media::amr::Band;

use super::bits::Reader;
use super::{ENTRY_BITS, Entry, REQUEST_BITS, REQUEST_NONE};
use crate::limits;
use crate::payload::{Assembled, Malformed, Part};

/// Takes packets apart. Frames that were there already (redundancy, §3.7) are left out.
#[derive(Clone, Debug)]
pub struct Depacketizer {
    band: Band,
    octet_aligned: bool,
    /// Timestamp after the last frame given out.
    next: Option<u32>,
    /// What the peer asked for last (`None`: whatever we like), and whether that was told.
    request: Option<u8>,
    request_news: bool,
}

/// A packet as it was read.
struct Packet {
    request: u8,
    /// In storage format.
    frames: Vec<Bytes>,
    /// Padding is zero (as it has to be), and nothing is left over.
    exact: bool,
}

impl Depacketizer {
    /// `octet_aligned` is how packets are agreed to look.
    #[must_use]
    pub fn new(band: Band, octet_aligned: bool) -> Self {
        Depacketizer { band, octet_aligned, next: None, request: None, request_news: false }
    }

    /// AMR or AMR-WB.
    #[must_use]
    pub fn band(&self) -> Band {
        self.band
    }

    /// Takes over another agreement.
    pub fn set_octet_aligned(&mut self, octet_aligned: bool) {
        self.octet_aligned = octet_aligned;
    }

    /// Takes a packet; appends its frames to `out`.
    ///
    /// # Errors
    /// [`Malformed`]: it is shorter than it says, has a frame that is not AMR, or too many.
    pub fn push(&mut self, part: &Part, out: &mut Vec<Assembled>) -> Result<(), Malformed> {
        let packet = self.read(&part.payload).ok_or(Malformed)?;
        self.take_request(packet.request);
        let frame_samples = self.band.frame_samples();
        // Frames this far back are a repetition; further ones are a new time line, and nearer ones follow by a clock
        // that is slewed.
        let redundant_max = frame_samples as i32 * limits::AMR_FRAMES_MAX as i32;
        let slewed_max = frame_samples as i32 * 3 / 4;
        let mut lost_before = part.lost_before;
        for (data, timestamp) in packet.frames.into_iter().zip(self.frame_times(part.timestamp)) {
            let ahead = timestamp.wrapping_sub(self.next.unwrap_or(timestamp)) as i32;
            if (-redundant_max..-slewed_max).contains(&ahead) {
                continue;
            }
            self.next = Some(timestamp.wrapping_add(frame_samples));
            let entry = Entry::from_storage(data[0]);
            let damaged = !entry.good && !entry.is_no_data();
            // What was lost is here again when the line has no gap.
            let lost_before = std::mem::take(&mut lost_before) && ahead != 0;
            out.push(Assembled { timestamp, keyframe: true, damaged, lost_before, data });
        }
        Ok(())
    }

    /// Another source begins.
    pub fn interrupt(&mut self) {
        self.next = None;
    }

    /// The mode that the peer asked for, when that has changed since this was asked; within, `None`
    /// when it likes them all.
    pub fn take_mode_request(&mut self) -> Option<Option<u8>> {
        std::mem::take(&mut self.request_news).then_some(self.request)
    }

    /// Each request takes the place of the one before, "no preference" too; others are passed over (§4.3.1).
    fn take_request(&mut self, request: u8) {
        let request = match request {
            mode if self.band.modes().contains(mode) => Some(mode),
            REQUEST_NONE => None,
            _ => return,
        };
        self.request_news |= self.request != request;
        self.request = request;
    }

    fn frame_times(&self, first: u32) -> impl Iterator<Item = u32> + use<> {
        let step = self.band.frame_samples();
        (0u32..).map(move |index| first.wrapping_add(index * step))
    }

    /// As agreed if it fits exactly, else the other way if that does: there are peers that write what they
    /// did not agree to.
    fn read(&self, payload: &[u8]) -> Option<Packet> {
        let agreed = read(self.band, payload, self.octet_aligned);
        if agreed.as_ref().is_some_and(|packet| packet.exact) {
            return agreed;
        }
        read(self.band, payload, !self.octet_aligned).filter(|packet| packet.exact).or(agreed)
    }
}

fn read(band: Band, payload: &[u8], octet_aligned: bool) -> Option<Packet> {
    let mut reader = Reader::new(payload);
    let mut exact = true;
    let mut align = |reader: &mut Reader<'_>| {
        if octet_aligned {
            exact &= reader.align();
        }
    };
    let request = reader.take(REQUEST_BITS)?;
    align(&mut reader);
    let mut entries = Vec::with_capacity(1);
    loop {
        let (entry, follows) = Entry::from_bits(reader.take(ENTRY_BITS)?);
        align(&mut reader);
        entries.push(entry);
        if !follows {
            break;
        }
        if entries.len() >= limits::AMR_FRAMES_MAX {
            return None;
        }
    }
    let mut frames = Vec::with_capacity(entries.len());
    for entry in entries {
        let bits = band.bits(entry.frame_type)?;
        let mut frame = Vec::with_capacity(1 + bits.div_ceil(8));
        frame.push(entry.to_storage());
        reader.copy(bits, &mut frame)?;
        align(&mut reader);
        frames.push(Bytes::from(frame));
    }
    let exact = exact && reader.align() && reader.left() == 0;
    Some(Packet { request, frames, exact })
}
