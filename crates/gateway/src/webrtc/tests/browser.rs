//! `Browser`: a peer connection of the crate with every codec of a browser, which offers.

use std::sync::Arc;

use media::{Frame, Kind};
use rtc::interceptor::{Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use rtc::shared::marshal::Unmarshal;
use tokio::sync::mpsc;
use tokio::time::timeout;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, RTCIceCandidateInit, RTCPeerConnectionState,
    RTCSessionDescription, SettingEngineBuilder,
};

use super::PATIENCE;
use crate::webrtc::line::{Line, Wanted, is_of};
use crate::webrtc::negotiation::Plan;
use crate::webrtc::peer::{Handler, Happening};
use crate::webrtc::tap::{Tap, Tapped};
use crate::webrtc::{Candidate, Command, Event, Session};

const SOURCES: [u32; 2] = [0x0A0A_0A0A, 0x0B0B_0B0B];

/// A stand-in for a page.
pub(crate) struct Browser {
    connection: Arc<dyn PeerConnection>,
    tracks: [Arc<TrackLocalStaticRTP>; 2],
    lines: Vec<Line>,
    agreed: Vec<sdp::AgreedStream>,
    packets: mpsc::Receiver<Tapped>,
    happenings: mpsc::Receiver<Happening>,
    skip: [bool; 2],
}

fn codecs() -> Vec<(RtpCodecKind, RTCRtpCodecParameters)> {
    let feedback = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.into(), parameter: parameter.into() };
    let codec = |kind, mime: &str, clock_rate, fmtp: &str, payload_type| {
        let video = kind == RtpCodecKind::Video;
        let rtp_codec = RTCRtpCodec {
            mime_type: mime.into(),
            clock_rate,
            channels: u16::from(!video),
            sdp_fmtp_line: fmtp.into(),
            rtcp_feedback: match video {
                true => vec![feedback("nack", ""), feedback("nack", "pli"), feedback("ccm", "fir")],
                false => Vec::new(),
            },
        };
        (kind, RTCRtpCodecParameters { rtp_codec, payload_type })
    };
    let h264 = |mode, profile, pt| {
        let fmtp = format!("level-asymmetry-allowed=1;packetization-mode={mode};profile-level-id={profile}");
        codec(RtpCodecKind::Video, "video/H264", 90_000, &fmtp, pt)
    };
    vec![
        codec(RtpCodecKind::Audio, "audio/opus", 48_000, "minptime=10", 111),
        codec(RtpCodecKind::Audio, "audio/PCMU", 8_000, "", 0),
        codec(RtpCodecKind::Audio, "audio/PCMA", 8_000, "", 8),
        codec(RtpCodecKind::Video, "video/VP8", 90_000, "", 96),
        h264(1, "42001f", 102),
        h264(0, "42001f", 104),
        h264(1, "42e01f", 106),
        h264(0, "42e01f", 108),
    ]
}

fn track(kind: RtpCodecKind, id: &str, ssrc: u32, codec: &RTCRtpCodec) -> Arc<TrackLocalStaticRTP> {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: codec.clone(),
        ..Default::default()
    };
    Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        "page".into(),
        id.into(),
        id.into(),
        kind,
        vec![coding],
    )))
}

impl Browser {
    pub(crate) async fn new() -> Self {
        let (to, packets) = mpsc::channel(1024);
        let (told, happenings) = mpsc::channel(64);
        let mut engine = MediaEngine::default();
        let codecs = codecs();
        for (kind, codec) in &codecs {
            engine.register_codec(codec.clone(), *kind).unwrap();
        }
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_setting_engine(SettingEngineBuilder::new().with_include_loopback_candidate(true).build())
            .with_interceptor_registry(Registry::new().with(Slot::from(14_000), Tap::new(to)))
            .with_handler(Arc::new(Handler { to: told }))
            .with_udp_addrs(vec!["127.0.0.1:0"])
            .build()
            .await
            .unwrap();
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);
        let sound = track(RtpCodecKind::Audio, "mic", SOURCES[0], &codecs[1].1.rtp_codec);
        let pictures = track(RtpCodecKind::Video, "camera", SOURCES[1], &codecs[6].1.rtp_codec);
        connection.add_track(Arc::clone(&sound) as Arc<dyn TrackLocal>).await.unwrap();
        connection.add_track(Arc::clone(&pictures) as Arc<dyn TrackLocal>).await.unwrap();
        Browser {
            connection,
            tracks: [sound, pictures],
            lines: Vec::new(),
            agreed: Vec::new(),
            packets,
            happenings,
            skip: [false; 2],
        }
    }

    /// An offer, applied locally.
    pub(crate) async fn offer(&self) -> String {
        let offer = self.connection.create_offer(None).await.unwrap();
        self.connection.set_local_description(offer.clone()).await.unwrap();
        offer.sdp
    }

    /// An offer with new ICE credentials.
    pub(crate) async fn restart(&self) -> String {
        let options = RTCOfferOptions { ice_restart: true };
        let offer = self.connection.create_offer(Some(options)).await.unwrap();
        self.connection.set_local_description(offer.clone()).await.unwrap();
        offer.sdp
    }

    /// Takes the answer and trickles candidates both ways until it is connected.
    pub(crate) async fn accept(&mut self, answer: &str, session: &mut Session) {
        let plan = Plan::new(answer, None).expect("an answer reads like an offer of one format");
        self.agreed = [plan.media.audio.clone(), plan.media.video.clone()].into_iter().flatten().collect();
        self.lines = self
            .agreed
            .iter()
            .map(|agreed| Line::new(agreed, SOURCES[agreed.kind as usize], "page", 3))
            .collect();
        self.connection
            .set_remote_description(RTCSessionDescription::answer(answer.to_owned()).unwrap())
            .await
            .unwrap();
        let connected = timeout(PATIENCE, async {
            loop {
                tokio::select! {
                    event = session.events.recv() => match event {
                        Some(Event::Candidate(candidate)) => self.take(candidate).await,
                        other => panic!("only candidates come before the connection: {other:?}"),
                    },
                    happening = self.happenings.recv() => match happening.unwrap() {
                        Happening::Candidate(candidate) => {
                            session.commands.send(Command::Candidate(candidate)).await.unwrap();
                        }
                        Happening::State(RTCPeerConnectionState::Connected) => break,
                        Happening::State(_) => {}
                    },
                }
            }
        });
        connected.await.expect("connected in time");
    }

    async fn take(&self, candidate: Candidate) {
        let init = RTCIceCandidateInit {
            candidate: candidate.candidate,
            sdp_mid: candidate.mid,
            sdp_mline_index: candidate.line,
            ..Default::default()
        };
        self.connection.add_ice_candidate(init).await.unwrap();
    }

    pub(crate) async fn send(&mut self, kind: Kind, frame: &Frame) {
        let now = net::clock::now();
        self.line(kind).send(now, frame, false);
        self.flush(kind).await;
    }

    /// The next packet of this kind is lost on the way.
    pub(crate) fn skip_packet(&mut self, kind: Kind) {
        self.skip[kind as usize] = true;
    }

    pub(crate) async fn want_key_picture(&mut self) {
        let now = net::clock::now();
        self.line(Kind::Video).want_key_picture(now);
        self.flush(Kind::Video).await;
    }

    /// Waits until the gateway asks for a key picture.
    pub(crate) async fn key_picture_wanted(&mut self) {
        self.until(|wanted| matches!(wanted, Wanted::KeyPicture)).await;
    }

    /// Waits for a frame.
    pub(crate) async fn frame(&mut self, kind: Kind, passes: impl Fn(&Frame) -> bool) -> Frame {
        let is_it = |wanted: &Wanted| matches!(wanted, Wanted::Frame(frame) if frame.codec.kind() == kind && passes(frame));
        match self.until(is_it).await {
            Wanted::Frame(frame) => frame,
            other => panic!("{other:?} is no frame"),
        }
    }

    async fn until(&mut self, is_it: impl Fn(&Wanted) -> bool) -> Wanted {
        let waited = timeout(PATIENCE, async {
            loop {
                let packet = self.packets.recv().await.expect("the connection is open");
                let now = net::clock::now();
                for line in &mut self.lines {
                    let agreed = self.agreed.iter().find(|agreed| agreed.kind == line.kind).unwrap();
                    if match &packet {
                        Tapped::Rtp(data) => is_of(agreed, data),
                        Tapped::Rtcp(_) => true,
                    } {
                        line.receive(now, &packet);
                    }
                    while let Some(wanted) = line.next(now) {
                        if is_it(&wanted) {
                            return wanted;
                        }
                    }
                }
            }
        });
        waited.await.expect("in time")
    }

    fn line(&mut self, kind: Kind) -> &mut Line {
        self.lines.iter_mut().find(|line| line.kind == kind).expect("the line was agreed")
    }

    async fn flush(&mut self, kind: Kind) {
        let now = net::clock::now();
        let track = Arc::clone(&self.tracks[kind as usize]);
        let mut wanted = Vec::new();
        while let Some(one) = self.line(kind).next(now) {
            wanted.push(one);
        }
        for one in wanted {
            match one {
                Wanted::Rtp(_) if std::mem::take(&mut self.skip[kind as usize]) => {}
                Wanted::Rtp(mut data) => {
                    track.write_rtp(rtc::rtp::Packet::unmarshal(&mut data).unwrap()).await.unwrap();
                }
                Wanted::Rtcp(mut data) => {
                    track.write_rtcp(rtc::rtcp::packet::unmarshal(&mut data).unwrap()).await.unwrap();
                }
                Wanted::Frame(_)
                | Wanted::KeyPicture
                | Wanted::Digit(_)
                | Wanted::RateLimit { .. }
                | Wanted::Report { .. } => {}
            }
        }
    }

    pub(crate) async fn close(self) {
        self.connection.close().await.unwrap();
    }
}
