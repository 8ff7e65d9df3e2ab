//! The peer's channels: opening and closing (H.245 §8.4, §8.5), its multiplex table (§8.6), and what comes.

use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Codec, Frame, Kind};

use super::capabilities::{self, Attempt};
use super::outgoing::{REVERSE, State, both_ways, layer};
use super::{Event, Output, Session, Way};
use crate::frames::amr;
use crate::frames::clock::Clock;
use crate::frames::pictures::Assembler;
use crate::h223::{self, CONTROL, MultiplexEntry, Received, Repeat};
use crate::h245::build;
use crate::h245::view::{
    self, Adaptation, ChannelRequest, Content, Element, Media, RejectCause, Role, TableEntry, Video,
};
use crate::limits;

/// One channel of the peer.
#[derive(Debug)]
pub(super) struct Incoming {
    lcn: u16,
    codec: Codec,
    /// What it was opened with, to know a repetition; `None` for the way back of ours.
    request: Option<ChannelRequest>,
    /// Our channel of the other direction, in a channel both ways.
    pair: Option<u16>,
    sink: Sink,
    /// How much later than it is told the medium belongs (h223SkewIndication).
    behind: Duration,
}

/// Where SDUs go.
#[derive(Debug)]
enum Sink {
    Speech(Clock),
    /// And how much of the line had come when the last one did.
    Pictures(Box<Assembler>, u64),
}

impl Incoming {
    fn new(lcn: u16, codec: Codec, media: &Media, request: Option<ChannelRequest>) -> Self {
        let headers = match media {
            Media::Video(Video::Mpeg4(mpeg4)) => mpeg4.config.clone(),
            Media::Video(_) | Media::Audio(_) | Media::Null | Media::Data | Media::Unknown => None,
        };
        let sink = match codec.kind() {
            Kind::Audio => Sink::Speech(Clock::new(limits::SPEECH_LATE_MAX)),
            Kind::Video => Sink::Pictures(Box::new(Assembler::new(codec, headers)), 0),
        };
        Incoming { lcn, codec, request, pair: None, sink, behind: Duration::ZERO }
    }
}

impl Session {
    /// Everything the demultiplexer has.
    pub(super) fn drain_line(&mut self, now: Instant) {
        while let Some(received) = self.line.poll() {
            match received {
                // A frame that is marked as damaged may yet be whole: the control channel has its own checksum.
                Received::Sdu { channel: CONTROL, data, mc, .. } => self.control.received(now, data, mc),
                Received::Sdu { channel, data, damaged, lost, .. } => {
                    self.media_arrived(now, channel, &data, damaged, lost);
                }
                Received::RetransmissionWanted { channel, sequence } => {
                    if let Some(own) = self.pair_of(channel) {
                        self.line.mux.request_retransmission(own, sequence);
                    }
                }
                Received::Srej { channel, sequence } => {
                    if let Some(own) = self.pair_of(channel) {
                        self.line.mux.answer_srej(own, sequence);
                    }
                }
            }
        }
    }

    /// The peer's OpenLogicalChannel.
    pub(super) fn open_requested(&mut self, now: Instant, request: ChannelRequest) {
        if let Some(known) = self.incoming.iter().find(|known| known.lcn == request.channel) {
            if known.request.as_ref() == Some(&request) {
                let answer = build::open_logical_channel_ack(request.channel, known.pair);
                self.control.post(&answer);
                return;
            }
            self.close_incoming(request.channel);
        }
        match self.examine(&request) {
            Ok(codec) => self.accept(now, codec, request),
            Err(cause) => self.control.post(&build::open_logical_channel_reject(request.channel, cause)),
        }
    }

    /// The peer's CloseLogicalChannel.
    pub(super) fn close_requested(&mut self, channel: u16) {
        self.close_incoming(channel);
        self.control.post(&build::close_logical_channel_ack(channel));
    }

    /// The peer's table.
    pub(super) fn entries_requested(&mut self, sequence: u8, entries: &[TableEntry]) {
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for entry in entries {
            let known = entry.elements.as_ref().map(|list| MultiplexEntry::new(elements(list)));
            match known {
                Some(Err(_)) => refused.push(entry.number),
                Some(Ok(list)) => {
                    if entry.number == h223::WNSRP_CODE {
                        self.control.entry_15_defined();
                    }
                    self.line.demux.set_entry(entry.number, Some(list));
                    taken.push(entry.number);
                }
                None => {
                    self.line.demux.set_entry(entry.number, None);
                    taken.push(entry.number);
                }
            }
        }
        if !taken.is_empty() {
            self.control.post(&build::multiplex_entry_send_ack(sequence, &taken));
        }
        if !refused.is_empty() {
            self.control.post(&build::multiplex_entry_send_reject(sequence, &refused, true));
        }
    }

    /// The way back of a picture channel that we opened both ways: the peer's pictures.
    pub(super) fn open_way_back(&mut self, now: Instant, lcn: u16, ours: &Attempt, own: u16) {
        let Some(layer) = layer(ours.adaptation) else { return };
        self.close_incoming(lcn);
        if self.incoming.len() == limits::INCOMING_MAX || !self.line.demux.open(lcn, layer, true) {
            return;
        }
        let media = Media::Null;
        self.incoming.push(Incoming { pair: Some(own), ..Incoming::new(lcn, ours.codec, &media, None) });
        self.video_opened(now, ours.codec);
    }

    /// A way back of the peer's channel that we do not use so far.
    pub(super) fn has_spare_reverse(&self) -> bool {
        self.incoming.iter().any(|incoming| incoming.pair == Some(REVERSE))
    }

    /// The codec of the medium that comes, when a channel is open.
    pub(super) fn receives(&self, kind: Kind) -> Option<Codec> {
        self.incoming.iter().rev().map(|incoming| incoming.codec).find(|codec| codec.kind() == kind)
    }

    /// The peer's picture channel.
    pub(super) fn picture_channel(&self) -> Option<u16> {
        let mut pictures = self.incoming.iter().rev().filter(|incoming| incoming.codec.kind() == Kind::Video);
        pictures.next().map(|incoming| incoming.lcn)
    }

    /// h223SkewIndication: one channel runs behind the other.
    pub(super) fn skewed(&mut self, earlier: u16, later: u16, skew: Duration) {
        for incoming in &mut self.incoming {
            if incoming.lcn == later {
                incoming.behind = skew;
            } else if incoming.lcn == earlier {
                incoming.behind = Duration::ZERO;
            }
        }
    }

    /// Pictures that are over because nothing follows. What counts is the line, whose octets may come late.
    pub(super) fn expire_pictures(&mut self) {
        for at in 0..self.incoming.len() {
            if let Sink::Pictures(assembler, heard) = &mut self.incoming[at].sink
                && self.line_octets - *heard >= limits::PICTURE_SILENCE
            {
                assembler.expire();
                self.hand_on_pictures(at);
            }
        }
    }

    fn examine(&self, request: &ChannelRequest) -> Result<Codec, RejectCause> {
        let forward = &request.forward;
        let codec = capabilities::accepts(&self.config, &forward.media).ok_or(match forward.media {
            Media::Unknown => RejectCause::UnknownDataType,
            Media::Null | Media::Audio(_) | Media::Video(_) | Media::Data => {
                RejectCause::DataTypeNotSupported
            }
        })?;
        match (codec.kind(), forward.adaptation) {
            (_, Adaptation::Al2 { .. }) | (Kind::Video, Adaptation::Al3 { .. }) => {}
            (
                Kind::Audio | Kind::Video,
                Adaptation::Al1Framed | Adaptation::Al1NotFramed | Adaptation::Al3 { .. } | Adaptation::Other,
            ) => return Err(RejectCause::DataTypeAlCombinationNotSupported),
        }
        if let Some(reverse) = &request.reverse {
            self.examine_reverse(codec, reverse)?;
        }
        if self.incoming.len() == limits::INCOMING_MAX {
            return Err(RejectCause::DataTypeNotAvailable);
        }
        Ok(codec)
    }

    fn examine_reverse(&self, codec: Codec, reverse: &view::Way) -> Result<(), RejectCause> {
        if codec.kind() == Kind::Audio || layer(reverse.adaptation).is_none() || self.has_spare_reverse() {
            return Err(RejectCause::UnsuitableReverseParameters);
        }
        let conflicts = match &self.sending.video.state {
            State::Requested(attempt) => both_ways(attempt.adaptation),
            State::Idle | State::Yielded | State::Accepted(_) | State::Closing | State::Refused => false,
        };
        if conflicts && self.mastership.role() == Some(Role::Master) {
            return Err(RejectCause::MasterSlaveConflict);
        }
        Ok(())
    }

    fn accept(&mut self, now: Instant, codec: Codec, request: ChannelRequest) {
        let (lcn, forward) = (request.channel, request.forward.clone());
        let open = layer(forward.adaptation)
            .is_some_and(|layer| self.line.demux.open(lcn, layer, forward.segmentable));
        if !open {
            self.control.post(&build::open_logical_channel_reject(lcn, RejectCause::DataTypeNotAvailable));
            return;
        }
        let pair = request.reverse.is_some().then_some(REVERSE);
        self.control.post(&build::open_logical_channel_ack(lcn, pair));
        let reverse = request.reverse.clone();
        self.incoming.push(Incoming { pair, ..Incoming::new(lcn, codec, &forward.media, Some(request)) });
        if codec.kind() == Kind::Video {
            self.video_opened(now, codec);
        }
        if let Some(reverse) = reverse {
            self.offer_reverse(now, reverse);
        }
    }

    /// The way back of the peer's channel is used unless our own is open, or may yet be.
    fn offer_reverse(&mut self, now: Instant, reverse: view::Way) {
        let Some(codec) = self.can_send(&reverse.media) else { return };
        let free = match &self.sending.video.state {
            State::Idle | State::Yielded | State::Refused => true,
            State::Requested(attempt) => both_ways(attempt.adaptation),
            State::Accepted(_) | State::Closing => false,
        };
        if free {
            self.adopt_reverse(now, Attempt { codec, media: reverse.media, adaptation: reverse.adaptation });
        }
    }

    fn can_send(&self, media: &Media) -> Option<Codec> {
        let codec = capabilities::accepts(&self.config, media)?;
        let known = codec != Codec::Mpeg4 || self.config.mpeg4_config.is_some();
        (codec.kind() == Kind::Video && known).then_some(codec)
    }

    fn video_opened(&mut self, now: Instant, codec: Codec) {
        self.event(Event::VideoOpened { codec, way: Way::Receives });
        // The first picture may have gone before we listened.
        self.key_asked.want(now);
    }

    fn close_incoming(&mut self, lcn: u16) {
        let Some(at) = self.incoming.iter().position(|incoming| incoming.lcn == lcn) else { return };
        let closed = self.incoming.remove(at);
        self.line.demux.close(lcn);
        if closed.codec.kind() == Kind::Video {
            self.event(Event::VideoClosed { way: Way::Receives });
        }
    }

    fn pair_of(&self, channel: u16) -> Option<u16> {
        self.incoming.iter().find(|incoming| incoming.lcn == channel)?.pair
    }

    fn media_arrived(&mut self, now: Instant, channel: u16, sdu: &Bytes, damaged: bool, lost: u16) {
        let Some(at) = self.incoming.iter().position(|incoming| incoming.lcn == channel) else { return };
        let time = now.saturating_duration_since(self.start);
        match &mut self.incoming[at].sink {
            Sink::Speech(_) => self.speech_arrived(at, time, sdu, damaged, lost),
            Sink::Pictures(assembler, heard) => {
                *heard = self.line_octets;
                assembler.push(time, sdu, damaged, lost > 0);
                if assembler.take_damage() {
                    self.key_asked.want(now);
                }
                self.hand_on_pictures(at);
            }
        }
    }

    fn speech_arrived(&mut self, at: usize, time: Duration, sdu: &[u8], damaged: bool, lost: u16) {
        let mut missing = u32::from(lost);
        for speech in amr::from_if2(sdu, damaged) {
            let incoming = &mut self.incoming[at];
            let Sink::Speech(clock) = &mut incoming.sink else { return };
            let pts = clock.stamp(time, Some(amr::FRAME * (missing + 1))).saturating_sub(incoming.behind);
            let frame = Frame::new(Codec::Amr, pts, amr::FRAME, true, speech.data);
            self.tallies.audio_received += 1;
            self.tallies.audio_bad += u64::from(speech.bad);
            let frame = Frame { damaged: speech.bad, lost_before: missing > 0, ..frame };
            self.out.push_back(Output::Frame(frame));
            missing = 0;
        }
    }

    fn hand_on_pictures(&mut self, at: usize) {
        loop {
            let incoming = &mut self.incoming[at];
            let Sink::Pictures(assembler, _) = &mut incoming.sink else { return };
            let Some(mut frame) = assembler.poll() else { return };
            frame.pts = frame.pts.saturating_sub(incoming.behind);
            self.tallies.pictures_received += u64::from(!frame.damaged);
            self.tallies.pictures_damaged += u64::from(frame.damaged);
            self.out.push_back(Output::Frame(frame));
        }
    }
}

/// The list as the multiplex knows it.
pub(super) fn elements(list: &[Element]) -> Vec<h223::Element> {
    let element = |element: &Element| h223::Element {
        what: match &element.what {
            Content::Channel(channel) => h223::Content::Channel(*channel),
            Content::Nested(list) => h223::Content::Nested(elements(list)),
        },
        repeat: element.times.map_or(Repeat::UntilClosingFlag, Repeat::Times),
    };
    list.iter().map(element).collect()
}
