//! Packets to frames and digits.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::amr::{Band, FRAME_MS};
use media::{Codec, Frame, Now, Rotation};

use super::{Config, Event, Session, Statistics};
use crate::clock::ReceiveClock;
use crate::dtmf::{self, EventPayload, Key};
use crate::latch::{Latch, Peer, Verdict, is_nowhere};
use crate::limits;
use crate::packet::Packet;
use crate::payload::{Assembled, Malformed, Part, amr, clearmode, g711, h263, h263p, h264, mpeg4, opus, vp8};
use crate::reorder::{Buffer, Pushed};
use crate::source::{Arrival, Source};

const AMR_FRAME: Duration = Duration::from_millis(FRAME_MS);

/// The receiving half of a session.
#[derive(Debug)]
pub(super) struct Receiving {
    latch: Latch,
    /// A packet of a source on probation.
    held: Option<Packet>,
    pub(super) source: Option<Source>,
    reorder: Buffer<Packet>,
    clock: ReceiveClock,
    depacketizer: Depacketizer,
    digits: dtmf::Receiver,
    /// A packet was lost since the last one that was handed to the depacketizer.
    lost: bool,
    /// So many.
    missing: u32,
    rate: u32,
    assembled: Vec<Assembled>,
    /// Element of the header extension that says how pictures are turned, and what it said last.
    orientation_id: Option<u8>,
    rotation: Rotation,
}

/// What packets of one payload type hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    /// Something for the depacketizer.
    Media,
    /// A telephone event (RFC 4733).
    Keys,
    /// Comfort noise (RFC 3389).
    Noise,
}

#[derive(Debug)]
enum Depacketizer {
    /// A packet is a frame.
    G711(Codec),
    Opus,
    Amr(amr::Depacketizer),
    Clearmode(clearmode::Depacketizer),
    H263(h263::Depacketizer),
    H263p(h263p::Depacketizer),
    H264(h264::Depacketizer),
    Mpeg4(mpeg4::Depacketizer),
    Vp8(vp8::Depacketizer),
}

impl Depacketizer {
    fn new(codec: Codec, config: &Config) -> Self {
        let amr = |band| Depacketizer::Amr(amr::Depacketizer::new(band, config.sound.amr_octet_aligned));
        match codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => Depacketizer::G711(codec),
            Codec::Opus => Depacketizer::Opus,
            Codec::Amr => amr(Band::Narrow),
            Codec::AmrWb => amr(Band::Wide),
            Codec::Clearmode => Depacketizer::Clearmode(clearmode::Depacketizer::default()),
            Codec::Mpeg4 => Depacketizer::Mpeg4(mpeg4::Depacketizer::default()),
            Codec::H263 => Depacketizer::H263(h263::Depacketizer::default()),
            Codec::H263p => Depacketizer::H263p(h263p::Depacketizer::default()),
            Codec::H264 => Depacketizer::H264(h264::Depacketizer::default()),
            Codec::Vp8 => Depacketizer::Vp8(vp8::Depacketizer::default()),
        }
    }

    fn codec(&self) -> Codec {
        match self {
            Depacketizer::G711(codec) => *codec,
            Depacketizer::H263(_) => Codec::H263,
            Depacketizer::H263p(_) => Codec::H263p,
            Depacketizer::H264(_) => Codec::H264,
            Depacketizer::Vp8(_) => Codec::Vp8,
            Depacketizer::Amr(frames) => frames.band().codec(),
            Depacketizer::Opus => Codec::Opus,
            Depacketizer::Clearmode(_) => Codec::Clearmode,
            Depacketizer::Mpeg4(_) => Codec::Mpeg4,
        }
    }

    /// `missing`: packets that were given up before this one.
    fn push(&mut self, part: &Part, missing: u32, out: &mut Vec<Assembled>) -> Result<(), Malformed> {
        match self {
            Depacketizer::Amr(frames) => frames.push(part, out),
            Depacketizer::Clearmode(line) => line.push(part, missing, out),
            Depacketizer::Mpeg4(pictures) => pictures.push(part, out),
            Depacketizer::H263(pictures) => pictures.push(part, out),
            Depacketizer::H263p(pictures) => pictures.push(part, out),
            Depacketizer::Vp8(frames) => frames.push(part, out),
            Depacketizer::Opus => {
                out.push(opus::depacketize(part)?);
                Ok(())
            }
            Depacketizer::H264(units) => units.push(part, out),
            Depacketizer::G711(_) if !g711::is_valid_len(part.payload.len()) => Err(Malformed),
            Depacketizer::G711(_) => {
                out.push(Assembled {
                    timestamp: part.timestamp,
                    keyframe: true,
                    damaged: false,
                    lost_before: part.lost_before,
                    data: part.payload.clone(),
                });
                Ok(())
            }
        }
    }

    fn interrupt(&mut self) {
        match self {
            Depacketizer::G711(_) | Depacketizer::Opus => {}
            Depacketizer::H263(pictures) => pictures.interrupt(),
            Depacketizer::H263p(pictures) => pictures.interrupt(),
            Depacketizer::Vp8(frames) => frames.interrupt(),
            Depacketizer::H264(units) => units.interrupt(),
            Depacketizer::Amr(frames) => frames.interrupt(),
            Depacketizer::Clearmode(line) => line.interrupt(),
            Depacketizer::Mpeg4(pictures) => pictures.interrupt(),
        }
    }
}

impl Receiving {
    pub(super) fn new(config: &Config) -> Self {
        let codec = config.receive.first().map_or(config.send.codec, |(_, codec, _)| *codec);
        Receiving {
            latch: Latch::new(config.remote_rtp),
            held: None,
            source: None,
            reorder: Buffer::default(),
            clock: ReceiveClock::new(codec.clock_rate()),
            depacketizer: Depacketizer::new(codec, config),
            digits: dtmf::Receiver::new(codec.clock_rate()),
            lost: false,
            missing: 0,
            rate: codec.clock_rate(),
            assembled: Vec::new(),
            orientation_id: None,
            rotation: Rotation::None,
        }
    }

    /// Answers whether the peer has moved: its latched address does not count any more.
    pub(super) fn reconfigure(&mut self, config: &Config) -> bool {
        let moved = self.latch.renegotiate(config.remote_rtp);
        if moved {
            self.held = None;
        }
        if let Depacketizer::Amr(frames) = &mut self.depacketizer {
            frames.set_octet_aligned(config.sound.amr_octet_aligned);
        }
        moved
    }

    /// Where to send; [`is_nowhere`] during a hold.
    pub(super) fn remote(&self) -> SocketAddr {
        self.latch.remote()
    }

    /// The negotiated address is unspecified: a hold by RFC 2543.
    pub(super) fn is_on_hold(&self) -> bool {
        is_nowhere(self.latch.remote())
    }

    pub(super) fn peer(&self) -> Option<Peer> {
        self.latch.peer()
    }

    pub(super) fn reorder_deadline(&self) -> Option<Instant> {
        self.reorder.deadline()
    }

    pub(super) fn digit_deadline(&self) -> Option<Instant> {
        self.digits.deadline()
    }

    pub(super) fn add_to(&self, statistics: &mut Statistics) {
        if let Some(source) = &self.source {
            statistics.lost = source.lost();
            statistics.jitter = source.jitter();
        }
    }

    /// Another source took over, or the same one began again.
    fn begin_anew(&mut self) {
        self.reorder.reset();
        self.clock.source_changed();
        self.depacketizer.interrupt();
        self.digits = dtmf::Receiver::new(self.rate);
        self.rotation = Rotation::None;
        self.lost = true;
        self.missing = 0;
    }

    /// What a packet of this type holds; `None`: it was not agreed on.
    fn contents(config: &Config, payload_type: u8) -> Option<Contents> {
        if config.receive.iter().any(|(known, ..)| *known == payload_type) {
            Some(Contents::Media)
        } else if config.noise_receive == Some(payload_type) {
            Some(Contents::Noise)
        } else {
            config.dtmf_receive.contains(&payload_type).then_some(Contents::Keys)
        }
    }
}

impl Session {
    /// Which element of the header extension tells how pictures are turned
    /// ([`crate::orientation::URI`], RFC 8285 §5); `None`, as in the beginning, reads none.
    pub fn read_orientation(&mut self, id: Option<u8>) {
        if std::mem::replace(&mut self.receiving.orientation_id, id) != id {
            self.receiving.rotation = Rotation::None;
        }
    }

    /// Learns what the peer gave in its SDP, H.264 parameter sets (sprop-parameter-sets) or MPEG-4 headers
    /// (config): they are put before key pictures that come without any.
    pub fn learn_parameter_sets(&mut self, units: &[Bytes]) {
        if let Depacketizer::H264(depacketizer) = &mut self.receiving.depacketizer {
            depacketizer.learn(units);
        }
        if let Depacketizer::Mpeg4(depacketizer) = &mut self.receiving.depacketizer {
            units.iter().for_each(|headers| depacketizer.learn(headers));
        }
    }

    pub(super) fn rtp_arrived(&mut self, now: Now, from: SocketAddr, data: &Bytes) {
        let Ok(packet) = Packet::parse(data) else {
            self.counters.malformed += 1;
            return;
        };
        if Receiving::contents(&self.config, packet.header.payload_type).is_none() {
            self.counters.wrong_payload_type += 1;
            return;
        }
        let peer = Peer { from, ssrc: packet.header.ssrc };
        if peer.ssrc == self.ssrc && !self.resolve_collision(now) {
            self.counters.wrong_source += 1;
            return;
        }
        let address_before = self.receiving.peer().map(|peer| peer.from);
        match self.receiving.latch.judge(now.mono, peer, packet.header.sequence) {
            Verdict::Accept => self.accept(now, packet),
            Verdict::Hold => self.receiving.held = Some(packet),
            Verdict::Refuse => self.counters.wrong_source += 1,
            Verdict::Latched { with_held } => {
                if address_before != Some(from) {
                    self.control.latched(from);
                    self.event(Event::Latched { from });
                }
                let held = self.receiving.held.take().filter(|_| with_held);
                self.latched(now, held.as_ref().unwrap_or(&packet));
                for packet in held.into_iter().chain([packet]) {
                    self.accept(now, packet);
                }
            }
        }
    }

    /// `first` is the first packet of the latched source; one that is known from before goes on.
    fn latched(&mut self, now: Now, first: &Packet) {
        let receiving = &mut self.receiving;
        if receiving.source.as_ref().is_some_and(|source| source.ssrc() == first.header.ssrc) {
            return;
        }
        if receiving.source.is_some() {
            receiving.begin_anew();
        }
        receiving.source = Some(Source::new(first.header.ssrc, receiving.rate, first.header.sequence));
        self.rates.source_changed(now);
    }

    fn accept(&mut self, now: Now, packet: Packet) {
        let receiving = &mut self.receiving;
        let Some(source) = receiving.source.as_mut() else {
            return;
        };
        match source.arrived(packet.header.sequence) {
            Arrival::Expected => {}
            Arrival::Jumped => {
                self.counters.jumped += 1;
                return;
            }
            Arrival::Restarted => receiving.begin_anew(),
        }
        self.heard_at = Some(now.mono);
        if Receiving::contents(&self.config, packet.header.payload_type) == Some(Contents::Media)
            && let Some(source) = receiving.source.as_mut()
        {
            // All packets of a telephone event carry its first timestamp: they say nothing of jitter.
            source.timed(now, packet.header.timestamp);
        }
        let octets = packet.payload.len() as u64;
        match receiving.reorder.push(now.mono, packet.header.sequence, packet) {
            Pushed::Kept => {
                self.counters.received += 1;
                self.counters.received_octets += octets;
            }
            Pushed::Late | Pushed::Duplicate => self.counters.late += 1,
        }
        self.drain_reorder(now);
    }

    pub(super) fn drain_reorder(&mut self, now: Now) {
        while let Some(popped) = self.receiving.reorder.pop(now.mono) {
            self.receiving.lost |= popped.lost > 0;
            self.receiving.missing += u32::from(popped.lost);
            match Receiving::contents(&self.config, popped.item.header.payload_type) {
                Some(Contents::Media) => self.deliver_media(now, popped.item),
                Some(Contents::Keys) => self.deliver_event(now, &popped.item),
                Some(Contents::Noise) => self.deliver_noise(now, popped.item),
                None => self.counters.wrong_payload_type += 1,
            }
        }
    }

    fn deliver_event(&mut self, now: Now, packet: &Packet) {
        let Some(payload) = EventPayload::parse(&packet.payload) else {
            self.counters.malformed += 1;
            return;
        };
        for key in
            self.receiving.digits.push(now.mono, packet.header.timestamp, payload).into_iter().flatten()
        {
            self.key(key);
        }
    }

    fn deliver_noise(&mut self, now: Now, packet: Packet) {
        if !(1..=limits::COMFORT_NOISE_MAX).contains(&packet.payload.len()) {
            self.counters.malformed += 1;
            return;
        }
        if self.out.len() >= limits::OUTPUTS_MAX {
            return;
        }
        // What was lost was before the pause; the frame after it follows from nothing.
        self.receiving.lost = false;
        self.receiving.missing = 0;
        let pts = self.receiving.clock.pts(now.mono, packet.header.timestamp);
        self.event(Event::ComfortNoise { pts, noise: packet.payload });
    }

    pub(super) fn expire_digit(&mut self, now: Now) {
        if let Some(key) = self.receiving.digits.expire(now.mono) {
            self.key(key);
        }
    }

    fn key(&mut self, key: Key) {
        self.event(match key {
            Key::Down(digit) => Event::Digit(digit),
            Key::Up(digit, duration) => Event::DigitEnd { digit, duration },
        });
    }

    fn deliver_media(&mut self, now: Now, packet: Packet) {
        let receiving = &mut self.receiving;
        let agreed = self.config.receive.iter().find(|(known, ..)| *known == packet.header.payload_type);
        if let Some((_, codec, _)) = agreed
            && *codec != receiving.depacketizer.codec()
        {
            receiving.depacketizer = Depacketizer::new(*codec, &self.config);
        }
        if let (Some(id), Some((profile, words))) = (receiving.orientation_id, &packet.extension)
            && let Some(rotation) = crate::orientation::read(*profile, words, id)
        {
            receiving.rotation = rotation;
        }
        let part = Part {
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            lost_before: std::mem::take(&mut receiving.lost),
            payload: packet.payload,
        };
        let mut assembled = std::mem::take(&mut receiving.assembled);
        let missing = std::mem::take(&mut receiving.missing);
        if receiving.depacketizer.push(&part, missing, &mut assembled).is_err() {
            self.counters.malformed += 1;
            self.receiving.lost = true;
        }
        for frame in assembled.drain(..) {
            self.frame(now, frame);
        }
        self.receiving.assembled = assembled;
        if let Depacketizer::Amr(frames) = &mut self.receiving.depacketizer
            && let Some(mode) = frames.take_mode_request()
        {
            self.event(Event::ModeRequest { mode });
        }
    }

    fn frame(&mut self, now: Now, assembled: Assembled) {
        if self.out.len() >= limits::OUTPUTS_MAX {
            self.receiving.lost = true;
            return;
        }
        let codec = self.receiving.depacketizer.codec();
        let duration = match codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 | Codec::Clearmode => {
                crate::clock::duration(assembled.data.len() as u64, codec.clock_rate())
            }
            Codec::Amr | Codec::AmrWb => AMR_FRAME,
            Codec::Opus => media::opus::duration(&assembled.data).unwrap_or_default(),
            Codec::H263 | Codec::H263p | Codec::H264 | Codec::Mpeg4 | Codec::Vp8 => Duration::ZERO,
        };
        let pts = self.receiving.clock.pts(now.mono, assembled.timestamp);
        let mut frame = Frame::new(codec, pts, duration, assembled.keyframe, assembled.data);
        frame.damaged = assembled.damaged;
        frame.lost_before = assembled.lost_before;
        frame.rotation = self.receiving.rotation;
        self.counters.frames += 1;
        self.counters.damaged += u64::from(frame.damaged);
        if frame.keyframe && !frame.damaged {
            self.control.key_frame_came();
        }
        self.event(Event::Frame(frame));
    }
}
