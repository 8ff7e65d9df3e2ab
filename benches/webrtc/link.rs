//! `Link`: a peer connection of the bare crate with one sound and one picture track.
//!
//! Its interceptors are those that the gateway uses: packets are asked for again, and counted as soon as they are
//! decrypted.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rtc::interceptor::{
    Interceptor, NackGeneratorBuilder, NackResponderBuilder, Packet, Registry, Slot, StreamInfo, TaggedPacket,
};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use tokio::sync::mpsc;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
    RTCPeerConnectionIceEvent, RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder,
};

use crate::Word;
use crate::recording::Recording;

/// Payload types of sound and pictures, as Chromium numbers them.
pub(crate) const PAYLOAD_TYPES: [u8; 2] = [0, 108];
const SOURCES: [u32; 2] = [0x0A0A_0A0A, 0x0B0B_0B0B];

/// What a link tells.
pub(crate) enum Happening {
    Candidate(Word),
    Connected,
}

/// What all links of a process received, and what the first of them heard in the window.
#[derive(Default)]
pub(crate) struct Counts {
    received: AtomicU64,
    sent: AtomicU64,
    /// The window has begun.
    pub(crate) record: AtomicBool,
    /// Shared by the crate's threads, which push, and the end, which takes.
    packets: Mutex<Recording>,
}

impl Counts {
    pub(crate) fn rtp(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn recording(&self) -> Recording {
        std::mem::take(&mut *self.packets.lock().expect("nobody panics with it"))
    }
}

/// The two tracks that a link sends: sound, pictures.
pub(crate) type Tracks = [Arc<TrackLocalStaticRTP>; 2];

/// One peer connection.
pub(crate) struct Link {
    connection: Arc<dyn PeerConnection>,
    pub(crate) tracks: Tracks,
    pub(crate) answered: bool,
}

impl Link {
    pub(crate) async fn new(
        peer: usize,
        counts: Arc<Counts>,
        told: mpsc::UnboundedSender<Happening>,
    ) -> Self {
        let mut engine = MediaEngine::default();
        for (kind, codec) in codecs() {
            engine.register_codec(codec, kind).expect("it is a codec");
        }
        let registry = Registry::new()
            .with(Slot::NackResponder, NackResponderBuilder::new().build())
            .with(Slot::NackGenerator, NackGeneratorBuilder::new().build())
            .with(Slot::from(14_000), Sink { counts, records: peer == 0, out: VecDeque::new() });
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_setting_engine(SettingEngineBuilder::new().with_include_loopback_candidate(true).build())
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Handler { peer, told }))
            .with_udp_addrs(vec!["127.0.0.1:0"])
            .build()
            .await
            .expect("a connection can be made");
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);
        let tracks = codecs().map(|(kind, codec)| track(kind, &codec.rtp_codec));
        for track in &tracks {
            let track = Arc::clone(track) as Arc<dyn TrackLocal>;
            connection.add_track(track).await.expect("the track fits");
        }
        Link { connection, tracks, answered: false }
    }

    pub(crate) async fn offer(&self) -> String {
        let offer = self.connection.create_offer(None).await.expect("an offer");
        self.connection.set_local_description(offer.clone()).await.expect("our own offer");
        offer.sdp
    }

    pub(crate) async fn answer(&mut self, offer: String) -> String {
        let offer = RTCSessionDescription::offer(offer).expect("an offer");
        self.connection.set_remote_description(offer).await.expect("the offer fits");
        self.answered = true;
        let answer = self.connection.create_answer(None).await.expect("an answer");
        self.connection.set_local_description(answer.clone()).await.expect("our own answer");
        answer.sdp
    }

    pub(crate) async fn accept(&mut self, answer: String) {
        let answer = RTCSessionDescription::answer(answer).expect("an answer");
        self.connection.set_remote_description(answer).await.expect("the answer fits");
        self.answered = true;
    }

    pub(crate) async fn candidate(&self, word: Word) {
        let Word::Candidate { candidate, mid, line, .. } = word else { return };
        let init =
            RTCIceCandidateInit { candidate, sdp_mid: mid, sdp_mline_index: line, ..Default::default() };
        self.connection.add_ice_candidate(init).await.expect("a host candidate");
    }

    pub(crate) async fn close(self) {
        self.connection.close().await.expect("it closes");
    }
}

fn codecs() -> [(RtpCodecKind, RTCRtpCodecParameters); 2] {
    let codec = |kind, mime: &str, clock_rate, fmtp: &str, feedback: &[&str], payload_type| {
        let rtp_codec = RTCRtpCodec {
            mime_type: mime.into(),
            clock_rate,
            channels: u16::from(kind == RtpCodecKind::Audio),
            sdp_fmtp_line: fmtp.into(),
            rtcp_feedback: feedback
                .iter()
                .map(|parameter| RTCPFeedback { typ: "nack".into(), parameter: (*parameter).into() })
                .collect(),
        };
        (kind, RTCRtpCodecParameters { rtp_codec, payload_type })
    };
    let h264 = "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f";
    [
        codec(RtpCodecKind::Audio, "audio/PCMU", 8_000, "", &[], PAYLOAD_TYPES[0]),
        codec(RtpCodecKind::Video, "video/H264", 90_000, h264, &["", "pli"], PAYLOAD_TYPES[1]),
    ]
}

fn track(kind: RtpCodecKind, codec: &RTCRtpCodec) -> Arc<TrackLocalStaticRTP> {
    let (id, ssrc) = match kind {
        RtpCodecKind::Video => ("camera", SOURCES[1]),
        _ => ("mic", SOURCES[0]), // the crate's enum is open
    };
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: codec.clone(),
        ..Default::default()
    };
    let track = MediaStreamTrack::new("bench".into(), id.into(), id.into(), kind, vec![coding]);
    Arc::new(TrackLocalStaticRTP::new(track))
}

/// Our source of a payload type.
pub(crate) fn source_of(payload_type: u8) -> u32 {
    SOURCES[usize::from(payload_type == PAYLOAD_TYPES[1])]
}

struct Handler {
    peer: usize,
    told: mpsc::UnboundedSender<Happening>,
}

impl Handler {
    fn tell(&self, happening: Happening) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        // Whoever has all that it waited for listens no more.
        let _ = self.told.send(happening);
        Box::pin(std::future::ready(()))
    }
}

impl PeerConnectionEventHandler for Handler {
    fn on_ice_candidate<'a: 'b, 'b>(
        &'a self,
        event: RTCPeerConnectionIceEvent,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'b>>
    where
        Self: 'b,
    {
        let init = event.candidate.to_json().expect("a candidate can be written");
        self.tell(Happening::Candidate(Word::Candidate {
            peer: self.peer,
            candidate: init.candidate,
            mid: init.sdp_mid,
            line: init.sdp_mline_index,
        }))
    }

    fn on_connection_state_change<'a: 'b, 'b>(
        &'a self,
        state: RTCPeerConnectionState,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'b>>
    where
        Self: 'b,
    {
        match state {
            RTCPeerConnectionState::Connected => self.tell(Happening::Connected),
            _ => Box::pin(std::future::ready(())), // on the way, or over
        }
    }
}

/// Counts every packet and lets none further.
struct Sink {
    counts: Arc<Counts>,
    records: bool,
    out: VecDeque<TaggedPacket>,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Sink {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, tagged: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtp(packet) = tagged.message.packet {
            self.counts.received.fetch_add(1, Ordering::Relaxed);
            if self.records && self.counts.record.load(Ordering::Relaxed) {
                self.counts.packets.lock().expect("nobody panics with it").push(&packet);
            }
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        None
    }

    fn handle_write(&mut self, tagged: TaggedPacket) -> Result<(), Error> {
        if matches!(tagged.message.packet, Packet::Rtp(_)) {
            self.counts.sent.fetch_add(1, Ordering::Relaxed);
        }
        self.out.push_back(tagged);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.out.pop_front()
    }
}

impl Interceptor for Sink {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
