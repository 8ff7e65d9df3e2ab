//! `Peer`: one `webrtc` peer connection that answers a browser: ICE, DTLS, SRTP.
//!
//! What it carries is decided before it is made ([`Plan`]); packets come out of its [`Tap`] and go in ready
//! made. It is always closed: by [`Peer::close`], or when dropped.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use media::{Codec, Kind};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{NackGeneratorBuilder, NackResponderBuilder, Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use rtc::shared::marshal::Unmarshal;
use sdp::{AgreedStream, Parameters};
use thiserror::Error;
use tokio::sync::mpsc;
use tracing::{debug, warn};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceCandidateInit, RTCIceServer, RTCPeerConnectionIceEvent, RTCPeerConnectionState,
    RTCSessionDescription, SettingEngineBuilder,
};

use super::config::{Config, IceServer};
use super::limits;
use super::negotiation::{Plan, Unusable};
use super::tap::{Tap, Tapped};
use super::word::Candidate;

/// Why there is no peer connection.
#[derive(Debug, Error)]
pub(crate) enum PeerError {
    /// The browser's description, or what the crate makes of it.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The crate refuses, in its words.
    #[error("the peer connection cannot be made: {0}")]
    Crate(#[from] webrtc::error::Error),
    /// Every port that was tried is taken.
    #[error("no UDP port is free for this connection")]
    NoPort,
}

/// What a peer connection tells about itself.
#[derive(Debug)]
pub(crate) enum Happening {
    State(RTCPeerConnectionState),
    Candidate(Candidate),
}

/// Where a peer connection's packets and news go.
pub(crate) struct Sinks {
    pub(crate) packets: mpsc::Sender<Tapped>,
    pub(crate) happenings: mpsc::Sender<Happening>,
}

/// One peer connection.
pub(crate) struct Peer {
    connection: Arc<dyn PeerConnection>,
    audio: Option<Arc<TrackLocalStaticRTP>>,
    video: Option<Arc<TrackLocalStaticRTP>>,
}

/// Our synchronisation sources of one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources {
    pub(crate) audio: u32,
    pub(crate) video: u32,
}

impl Sources {
    /// Two that differ (RFC 3550 §8).
    pub(crate) fn draw(random: &mut impl Rng) -> Self {
        let audio: u32 = random.random_range(1..u32::MAX);
        Sources { audio, video: audio ^ (random.random_range(1..u32::MAX)) }
    }

    pub(crate) fn of(self, kind: Kind) -> u32 {
        match kind {
            Kind::Audio => self.audio,
            Kind::Video => self.video,
        }
    }
}

/// The name of our streams towards browsers.
const STREAM: &str = "vireo";
/// Behind every interceptor that reads packets (the crate's last one stands at 13000).
const TAP_SLOT: usize = 14_000;

impl Peer {
    /// Makes a connection that answers the planned offer; returns it with the answer.
    pub(crate) async fn answer(
        plan: &Plan,
        sources: Sources,
        config: &Config,
        sinks: Sinks,
    ) -> Result<(Self, String), PeerError> {
        let connection = build(plan, config, sinks).await?;
        let mut peer = Peer { connection, audio: None, video: None };
        match peer.begin(plan, sources).await {
            Ok(answer) => Ok((peer, answer)),
            Err(error) => {
                peer.close().await;
                Err(error)
            }
        }
    }

    async fn begin(&mut self, plan: &Plan, sources: Sources) -> Result<String, PeerError> {
        self.audio = self.add(plan, Kind::Audio, sources.audio).await?;
        self.video = self.add(plan, Kind::Video, sources.video).await?;
        self.accept(plan).await
    }

    async fn add(
        &self,
        plan: &Plan,
        kind: Kind,
        ssrc: u32,
    ) -> Result<Option<Arc<TrackLocalStaticRTP>>, PeerError> {
        let Some(codec) = plan.stream(kind).and(plan.format(kind)).and_then(|format| codec(plan, format.pt))
        else {
            return Ok(None);
        };
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
            codec: codec.rtp_codec,
            ..Default::default()
        };
        let id = match kind {
            Kind::Audio => "sound",
            Kind::Video => "pictures",
        };
        let track = MediaStreamTrack::new(STREAM.into(), id.into(), id.into(), of(kind), vec![coding]);
        let track = Arc::new(TrackLocalStaticRTP::new(track));
        self.connection.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await?;
        Ok(Some(track))
    }

    /// Answers an offer on this connection: the first one, or a later one that restarts ICE.
    pub(crate) async fn accept(&self, plan: &Plan) -> Result<String, PeerError> {
        let offer = RTCSessionDescription::offer(plan.offer.clone())?;
        self.connection.set_remote_description(offer).await?;
        let answer = self.connection.create_answer(None).await?;
        let finished = plan.finish(&answer.sdp)?;
        self.connection.set_local_description(answer).await?;
        Ok(finished)
    }

    /// Takes a candidate of the browser's. One that cannot be used (a name of mDNS) is passed over: the
    /// browser reaches us all the same.
    pub(crate) async fn candidate(&self, candidate: Candidate) {
        let init = RTCIceCandidateInit {
            candidate: candidate.candidate,
            sdp_mid: candidate.mid,
            sdp_mline_index: candidate.line,
            ..Default::default()
        };
        if let Err(error) = self.connection.add_ice_candidate(init).await {
            debug!(%error, "a candidate of a browser is passed over");
        }
    }

    /// Sends one packet of ours.
    pub(crate) async fn send_rtp(&self, kind: Kind, mut data: Bytes) {
        let Some(track) = self.track(kind) else { return };
        match rtc::rtp::Packet::unmarshal(&mut data) {
            Ok(packet) => told(track.write_rtp(packet).await),
            Err(error) => warn!(%error, "a packet of ours cannot be read"),
        }
    }

    /// Sends one compound of ours.
    pub(crate) async fn send_rtcp(&self, kind: Kind, mut data: Bytes) {
        let Some(track) = self.track(kind) else { return };
        match rtc::rtcp::packet::unmarshal(&mut data) {
            Ok(packets) => told(track.write_rtcp(packets).await),
            Err(error) => warn!(%error, "a report of ours cannot be read"),
        }
    }

    fn track(&self, kind: Kind) -> Option<&Arc<TrackLocalStaticRTP>> {
        match kind {
            Kind::Audio => self.audio.as_ref(),
            Kind::Video => self.video.as_ref(),
        }
    }

    /// Says goodbye and gives everything back.
    pub(crate) async fn close(self) {
        if let Err(error) = self.connection.close().await {
            debug!(%error, "a peer connection does not close in order");
        }
    }
}

/// A connection that has ended takes nothing more, which its state tells too.
fn told(sent: webrtc::error::Result<()>) {
    if let Err(error) = sent {
        debug!(%error, "a packet is not sent");
    }
}

fn of(kind: Kind) -> RtpCodecKind {
    match kind {
        Kind::Audio => RtpCodecKind::Audio,
        Kind::Video => RtpCodecKind::Video,
    }
}

/// The crate's words for a payload type of the plan.
fn codec(plan: &Plan, pt: u8) -> Option<RTCRtpCodecParameters> {
    let mut streams = [Kind::Audio, Kind::Video].into_iter().filter_map(|kind| plan.stream(kind));
    let stream = streams.find(|stream| plan.format(stream.kind).is_some_and(|format| format.pt == pt))?;
    let format = plan.format(stream.kind)?;
    let codec = format.codec()?;
    let (mime, channels) = match codec {
        Codec::Pcmu => ("audio/PCMU", 1),
        Codec::Pcma => ("audio/PCMA", 1),
        Codec::G722 => ("audio/G722", 1),
        Codec::Opus => ("audio/opus", 2),
        Codec::H264 => ("video/H264", 0),
        Codec::Vp8 => ("video/VP8", 0),
        Codec::Amr | Codec::AmrWb | Codec::Clearmode | Codec::H263 | Codec::H263p | Codec::Mpeg4 => {
            return None;
        }
    };
    let sdp_fmtp_line = match &format.parameters {
        Parameters::H264(h264) => h264.to_string(),
        Parameters::Opus(opus) => opus.to_string(),
        Parameters::Vp8(vp8) => vp8.to_string(),
        Parameters::None
        | Parameters::H263(_)
        | Parameters::Mpeg4(_)
        | Parameters::Amr(_)
        | Parameters::TelephoneEvent { .. }
        | Parameters::Raw(_) => String::new(),
    };
    Some(RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: mime.to_owned(),
            clock_rate: codec.clock_rate(),
            channels,
            sdp_fmtp_line,
            rtcp_feedback: feedback(stream),
        },
        payload_type: pt,
    })
}

fn feedback(stream: &AgreedStream) -> Vec<RTCPFeedback> {
    let word = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.into(), parameter: parameter.into() };
    match stream.kind {
        Kind::Audio => Vec::new(),
        // No goog-remb: Chromium begins its estimate with what a slide takes, some kbit/s, and raises it by 8 % a second,
        // so that a conversation would begin in a smear. Its reports of loss say what can be sent.
        Kind::Video => vec![word("nack", ""), word("nack", "pli"), word("ccm", "fir")],
    }
}

fn engine(plan: &Plan) -> Result<MediaEngine, PeerError> {
    let mut engine = MediaEngine::default();
    for kind in [Kind::Audio, Kind::Video] {
        if let Some(codec) = plan.format(kind).and_then(|format| codec(plan, format.pt)) {
            engine.register_codec(codec, of(kind))?;
        }
    }
    if let Some(payload_type) = plan.keys() {
        let rtp_codec = RTCRtpCodec {
            mime_type: "audio/telephone-event".to_owned(),
            clock_rate: plan.format(Kind::Audio).map_or(8_000, |format| format.clock_rate),
            channels: 1,
            sdp_fmtp_line: String::new(),
            rtcp_feedback: Vec::new(),
        };
        engine.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, RtpCodecKind::Audio)?;
    }
    Ok(engine)
}

async fn build(plan: &Plan, config: &Config, sinks: Sinks) -> Result<Arc<dyn PeerConnection>, PeerError> {
    let handler: Arc<dyn PeerConnectionEventHandler> = Arc::new(Handler { to: sinks.happenings });
    let mut last = PeerError::NoPort;
    for _ in 0..limits::PORT_ATTEMPTS {
        let settings = SettingEngineBuilder::new()
            .with_include_loopback_candidate(true)
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .build();
        let registry = Registry::new()
            .with(Slot::NackResponder, NackResponderBuilder::new().build())
            .with(Slot::NackGenerator, NackGeneratorBuilder::new().build())
            .with(Slot::from(TAP_SLOT), Tap::new(sinks.packets.clone()));
        let servers = config.ice_servers.iter().map(server).collect();
        let built = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().with_ice_servers(servers).build())
            .with_media_engine(engine(plan)?)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::clone(&handler))
            .with_udp_addrs(addresses(config))
            .build()
            .await;
        match built {
            Ok(connection) => return Ok(Arc::new(connection)),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

fn server(server: &IceServer) -> RTCIceServer {
    RTCIceServer {
        urls: server.urls.clone(),
        username: server.username.clone(),
        credential: server.credential.clone(),
    }
}

/// One port of the media range, drawn for each attempt, at every address of ours.
fn addresses(config: &Config) -> Vec<SocketAddr> {
    let port = StdRng::from_os_rng().random_range(config.ports.clone());
    config.addresses.iter().map(|&address| SocketAddr::new(address, port)).collect()
}

/// Passes on what the crate tells; it may not wait here, since it runs on the connection's own task.
pub(crate) struct Handler {
    pub(crate) to: mpsc::Sender<Happening>,
}

/// What a handler's method returns.
type Told<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl Handler {
    fn tell(&self, happening: Happening) -> Told<'_> {
        // A session that has ended need not know.
        let _ = self.to.try_send(happening);
        Box::pin(std::future::ready(()))
    }
}

impl PeerConnectionEventHandler for Handler {
    fn on_ice_candidate<'a: 'b, 'b>(&'a self, event: RTCPeerConnectionIceEvent) -> Told<'b>
    where
        Self: 'b,
    {
        match event.candidate.to_json() {
            Ok(init) => self.tell(Happening::Candidate(Candidate {
                candidate: init.candidate,
                mid: init.sdp_mid,
                line: init.sdp_mline_index,
            })),
            Err(_) => Box::pin(std::future::ready(())),
        }
    }

    fn on_connection_state_change<'a: 'b, 'b>(&'a self, state: RTCPeerConnectionState) -> Told<'b>
    where
        Self: 'b,
    {
        self.tell(Happening::State(state))
    }
}
