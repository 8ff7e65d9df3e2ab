//! Frames and digits to packets.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use media::amr::{Band, FRAME_MS};
use media::{Codec, Frame, Kind, Now, Rotation};
use rand::Rng;
use rand::rngs::StdRng;

use super::{Config, Output, Session};
use crate::clock::SendClock;
use crate::latch::is_nowhere;
use crate::packet::{HEADER_LEN, Header};
use crate::payload::{Payload, amr, clearmode, g711, h263, h263p, h264, mpeg4, opus, vp8};
use crate::source::ticks;
use crate::{Digit, dtmf, limits, orientation};

/// The sending half of a session.
#[derive(Debug)]
pub(super) struct Sending {
    packetizer: Packetizer,
    clock: SendClock,
    sequence: u16,
    pub(super) digits: dtmf::Sender,
    digit_timestamp: u64,
    /// Kept to spare an allocation for each frame.
    pictures: Vec<Payload>,
    sounds: Vec<(u64, Payload)>,
    /// Element of the header extension that says how pictures are turned, and what was said last.
    orientation_id: Option<u8>,
    rotation: Option<Rotation>,
    /// How long ago what is sent now was captured.
    pub(super) age: Duration,
}

#[derive(Debug)]
enum Packetizer {
    G711(g711::Packetizer),
    Amr(amr::Packetizer),
    /// Without talk spurts.
    Clearmode(g711::Packetizer),
    H263(h263::Packetizer),
    H263p(h263p::Packetizer),
    H264(h264::Packetizer),
    Mpeg4(mpeg4::Packetizer),
    Opus(opus::Packetizer),
    Vp8(vp8::Packetizer),
}

impl Packetizer {
    fn new(config: &Config) -> Self {
        match config.send.codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => Packetizer::G711(g711::Packetizer::default()),
            Codec::Amr => Packetizer::Amr(amr::Packetizer::new(Band::Narrow, &config.sound)),
            Codec::AmrWb => Packetizer::Amr(amr::Packetizer::new(Band::Wide, &config.sound)),
            Codec::Opus => Packetizer::Opus(opus::Packetizer::default()),
            Codec::Clearmode => {
                Packetizer::Clearmode(g711::Packetizer::new(clearmode::packet_len(config.sound.packet)))
            }
            Codec::Mpeg4 => Packetizer::Mpeg4(mpeg4::Packetizer::new(config.mtu)),
            Codec::H263 => Packetizer::H263(h263::Packetizer::new(config.mtu)),
            Codec::H263p => Packetizer::H263p(h263p::Packetizer::new(config.mtu)),
            Codec::H264 => Packetizer::H264(h264::Packetizer::new(config.send.mode, config.mtu)),
            // The number of the first picture is drawn as sequence numbers are: from the seed.
            Codec::Vp8 => Packetizer::Vp8(vp8::Packetizer::new(config.mtu, config.seed as u16)),
        }
    }
}

impl Sending {
    pub(super) fn new(config: &Config, random: &mut StdRng) -> Self {
        Sending {
            packetizer: Packetizer::new(config),
            // Both start at random (RFC 3550 §5.1).
            clock: SendClock::new(config.send.codec.clock_rate(), random.random()),
            sequence: random.random(),
            digits: dtmf::Sender::new(config.send.codec.clock_rate()),
            digit_timestamp: 0,
            pictures: Vec::new(),
            sounds: Vec::new(),
            orientation_id: None,
            rotation: None,
            age: Duration::ZERO,
        }
    }

    pub(super) fn reconfigure(&mut self, old: &Config, new: &Config) {
        if (old.send.codec, old.send.mode, old.mtu) != (new.send.codec, new.send.mode, new.mtu) {
            self.packetizer = Packetizer::new(new);
            self.clock.source_changed();
        } else if old.sound != new.sound {
            self.packetizer = Packetizer::new(new);
        }
        if new.dtmf_send.is_none() || is_nowhere(new.remote_rtp) {
            self.digits = dtmf::Sender::new(new.send.codec.clock_rate());
        }
        if is_nowhere(old.remote_rtp) && !is_nowhere(new.remote_rtp) {
            self.resume(new.kind);
        }
    }

    /// A hold is over: the line goes on from now. Pictures leave out a sequence number, so that the far
    /// decoder notices what it missed; sound begins a talk spurt.
    fn resume(&mut self, kind: Kind) {
        self.clock.source_changed();
        if kind == Kind::Video {
            self.sequence = self.sequence.wrapping_add(1);
        }
    }

    /// The timestamp of what is captured now.
    pub(super) fn timestamp_at(&self, now: Now) -> u32 {
        self.clock.at(now.mono).wrapping_add(ticks(self.age, self.clock.rate())) as u32
    }
}

/// The fields of an RTP header that differ from packet to packet.
struct Stamped {
    payload_type: u8,
    timestamp: u64,
    marker: bool,
}

impl Session {
    /// Sends a frame of the agreed codec, now.
    ///
    /// [`Frame::lost_before`] leaves out one sequence number, so that the far decoder notices too. Audio is
    /// held back, and lost, while a digit is sent. A frame that cannot be sent is counted and leaves out a
    /// sequence number as well. During a hold by RFC 2543 (an unspecified `remote_rtp`) frames come to
    /// nothing: no sequence number is used, and timestamps keep pace.
    pub fn send(&mut self, now: Now, frame: &Frame) {
        if self.closed || (self.sending.digits.is_active() && frame.codec.kind() == Kind::Audio) {
            return;
        }
        let sequence_before = self.sending.sequence;
        let sendable = frame.codec == self.config.send.codec
            && !frame.data.is_empty()
            && self.out.len() < limits::OUTPUTS_MAX;
        if frame.lost_before {
            self.sending.sequence = sequence_before.wrapping_add(1);
        }
        if !sendable || !self.packetize(now, frame) {
            self.counters.unsendable += 1;
            self.sending.sequence = sequence_before.wrapping_add(1);
        }
        if self.receiving.is_on_hold() {
            self.sending.sequence = sequence_before;
        }
        self.run_timers(now);
    }

    /// Asks the peer for AMR or AMR-WB of this mode at most, in every packet from now on (CMR, RFC 4867 §4.3.1);
    /// `None` for whatever it likes. Other codecs have no such request.
    pub fn request_mode(&mut self, mode: Option<u8>) {
        match &mut self.sending.packetizer {
            Packetizer::Amr(packetizer) => packetizer.set_mode_request(mode),
            Packetizer::G711(_)
            | Packetizer::Opus(_)
            | Packetizer::Clearmode(_)
            | Packetizer::H263(_)
            | Packetizer::H263p(_)
            | Packetizer::H264(_)
            | Packetizer::Mpeg4(_)
            | Packetizer::Vp8(_) => {}
        }
    }

    /// Under which element of the header extension the peer is told how pictures are turned
    /// ([`crate::orientation::URI`]); `None`, as in the beginning, tells it nothing.
    pub fn write_orientation(&mut self, id: Option<u8>) {
        if std::mem::replace(&mut self.sending.orientation_id, id) != id {
            self.sending.rotation = None;
        }
    }

    /// The next frame is of another source: its timestamps go on from now, audio starts with a marker, and
    /// parameter sets of the source before are forgotten.
    pub fn source_changed(&mut self) {
        self.sending.clock.source_changed();
        match &mut self.sending.packetizer {
            Packetizer::H264(packetizer) => packetizer.source_changed(),
            Packetizer::Mpeg4(packetizer) => packetizer.source_changed(),
            Packetizer::G711(_)
            | Packetizer::Amr(_)
            | Packetizer::Opus(_)
            | Packetizer::Clearmode(_)
            | Packetizer::H263(_)
            | Packetizer::H263p(_)
            | Packetizer::Vp8(_) => {}
        }
    }

    /// Sends a digit as telephone event after those that wait; durations are brought within
    /// [`limits::DIGIT_MIN`] and [`limits::DIGIT_SENT_MAX`]. Answers `false` when the peer takes no events,
    /// is on hold by an unspecified `remote_rtp`, or too many digits wait.
    pub fn send_digit(&mut self, now: Now, digit: Digit, duration: Duration) -> bool {
        let taken = !self.closed
            && self.config.dtmf_send.is_some()
            && !self.receiving.is_on_hold()
            && self.sending.digits.push(now.mono, digit, duration);
        self.run_timers(now);
        taken
    }

    /// Tells the peer what the pause that begins at `pts` sounds like (RFC 3389); `pts` is on the time line of the
    /// frames. Answers `false`, and sends nothing, when the peer takes no comfort noise, when it is on hold by an
    /// unspecified `remote_rtp`, while a digit is sent, and for what is empty or longer than
    /// [`limits::COMFORT_NOISE_MAX`].
    pub fn send_comfort_noise(&mut self, now: Now, pts: Duration, noise: &Bytes) -> bool {
        let Some(payload_type) = self.config.noise_send else { return false };
        let sendable = !self.closed
            && !self.sending.digits.is_active()
            && !self.receiving.is_on_hold()
            && (1..=limits::COMFORT_NOISE_MAX).contains(&noise.len())
            && self.out.len() < limits::OUTPUTS_MAX;
        if sendable {
            let stamp = self.sending.clock.stamp(now.mono, pts, Duration::ZERO);
            let stamped = Stamped { payload_type, timestamp: stamp.timestamp, marker: false };
            self.emit(&stamped, None, &[], noise);
        }
        self.run_timers(now);
        sendable
    }

    /// Whether all of the frame could be sent.
    fn packetize(&mut self, now: Now, frame: &Frame) -> bool {
        match &mut self.sending.packetizer {
            Packetizer::G711(_) | Packetizer::Amr(_) | Packetizer::Opus(_) | Packetizer::Clearmode(_) => {
                self.send_sound(now, frame)
            }
            Packetizer::H263p(packetizer) => {
                if packetizer.packetize(&frame.data, &mut self.sending.pictures).is_err() {
                    return false;
                }
                self.send_picture(now, frame);
                true
            }
            Packetizer::Vp8(packetizer) => {
                if packetizer.packetize(&frame.data, &mut self.sending.pictures).is_err() {
                    return false;
                }
                self.send_picture(now, frame);
                true
            }
            Packetizer::Mpeg4(packetizer) => {
                if packetizer.packetize(&frame.data, &mut self.sending.pictures).is_err() {
                    return false;
                }
                self.send_picture(now, frame);
                true
            }
            Packetizer::H263(packetizer) => {
                if packetizer.packetize(&frame.data, &mut self.sending.pictures).is_err() {
                    return false;
                }
                self.send_picture(now, frame);
                true
            }
            Packetizer::H264(packetizer) => {
                let done = packetizer.packetize(&frame.data, &mut self.sending.pictures);
                self.counters.oversize += u64::from(done.oversize);
                let any = !self.sending.pictures.is_empty();
                self.send_picture(now, frame);
                if any && done.left_out > 0 {
                    // The rest of the picture went out: let the receiver notice what is missing after it.
                    self.counters.unsendable += 1;
                    self.sending.sequence = self.sending.sequence.wrapping_add(1);
                }
                any
            }
        }
    }

    fn send_sound(&mut self, now: Now, frame: &Frame) -> bool {
        if frame.data.len() > limits::AUDIO_FRAME_MAX {
            return false;
        }
        let lasts = match frame.codec {
            Codec::Amr | Codec::AmrWb => Duration::from_millis(FRAME_MS),
            Codec::Opus => media::opus::duration(&frame.data).unwrap_or_default(),
            codec => crate::clock::duration(frame.data.len() as u64, codec.clock_rate()),
        };
        let stamp = self.sending.clock.stamp(now.mono, frame.pts, lasts);
        let mut sounds = std::mem::take(&mut self.sending.sounds);
        let sent = match &mut self.sending.packetizer {
            Packetizer::G711(packetizer) => {
                packetizer.packetize(stamp.timestamp, stamp.rebased, &frame.data, &mut sounds);
                true
            }
            Packetizer::Clearmode(packetizer) => {
                packetizer.packetize(stamp.timestamp, stamp.rebased, &frame.data, &mut sounds);
                sounds.iter_mut().for_each(|(_, payload)| payload.marker = false);
                true
            }
            Packetizer::Amr(packetizer) => {
                packetizer.packetize(stamp.timestamp, stamp.rebased, &frame.data, &mut sounds).is_ok()
            }
            Packetizer::Opus(packetizer) => {
                packetizer.packetize(stamp.timestamp, stamp.rebased, &frame.data, &mut sounds).is_ok()
            }
            Packetizer::H263(_)
            | Packetizer::H263p(_)
            | Packetizer::H264(_)
            | Packetizer::Mpeg4(_)
            | Packetizer::Vp8(_) => false,
        };
        for (timestamp, payload) in sounds.drain(..) {
            let stamped = Stamped { payload_type: self.config.send.pt, timestamp, marker: payload.marker };
            self.emit(&stamped, None, payload.prefix.as_slice(), &payload.body);
        }
        self.sending.sounds = sounds;
        sent
    }

    fn send_picture(&mut self, now: Now, frame: &Frame) {
        let mut pictures = std::mem::take(&mut self.sending.pictures);
        if !pictures.is_empty() {
            let timestamp = self.sending.clock.stamp(now.mono, frame.pts, frame.duration).timestamp;
            let turn = self.turn_to_tell(frame);
            for payload in pictures.drain(..) {
                let stamped =
                    Stamped { payload_type: self.config.send.pt, timestamp, marker: payload.marker };
                let turn = turn.as_ref().filter(|_| payload.marker);
                self.emit(&stamped, turn, payload.prefix.as_slice(), &payload.body);
            }
        }
        self.sending.pictures = pictures;
    }

    /// The header extension of the last packet of a key picture, of one that is turned otherwise than the one before
    /// (TS 26.114 §7.4.5), and of any that is not upright, should the packet that said so be lost.
    fn turn_to_tell(&mut self, frame: &Frame) -> Option<[u8; 8]> {
        let id = self.sending.orientation_id?;
        let before = self.sending.rotation.replace(frame.rotation);
        let tells = frame.keyframe || frame.rotation != Rotation::None || before != Some(frame.rotation);
        tells.then(|| orientation::write(frame.rotation, id))
    }

    pub(super) fn send_digit_packet(&mut self, now: Now) {
        let outgoing = self.sending.digits.pop(now.mono);
        let (Some(outgoing), Some(payload_type)) = (outgoing, self.config.dtmf_send) else {
            return;
        };
        if outgoing.first {
            self.sending.digit_timestamp = self.sending.clock.take(now.mono, outgoing.event_lasts);
        }
        let stamped =
            Stamped { payload_type, timestamp: self.sending.digit_timestamp, marker: outgoing.first };
        self.emit(&stamped, None, &[], &Bytes::copy_from_slice(&outgoing.payload.to_bytes()));
    }

    /// Sends one packet; during a hold, none, and none is counted.
    fn emit(&mut self, stamped: &Stamped, extension: Option<&[u8; 8]>, prefix: &[u8], body: &Bytes) {
        let to = self.receiving.remote();
        if is_nowhere(to) {
            return;
        }
        let header = Header {
            marker: stamped.marker,
            payload_type: stamped.payload_type,
            sequence: self.sending.sequence,
            timestamp: stamped.timestamp as u32,
            ssrc: self.ssrc,
        };
        let mut data = BytesMut::with_capacity(HEADER_LEN + 8 + prefix.len() + body.len());
        match extension {
            Some(extension) => {
                header.write_extended(&mut data);
                data.put_slice(extension);
            }
            None => header.write(&mut data),
        }
        data.put_slice(prefix);
        data.put_slice(body);
        self.sending.sequence = self.sending.sequence.wrapping_add(1);
        self.counters.sent_packets += 1;
        self.counters.sent_octets += (prefix.len() + body.len()) as u64;
        self.out.push_back(Output::Rtp { to, data: data.freeze() });
    }
}
