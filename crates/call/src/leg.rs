//! `Leg`: one party of a call: its SIP dialog or browser's session, its offer/answer state and its streams.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use media::{Format, Kind, Now, VideoFormat};
use sdp::{Agreed, AgreedStream};
use sip::{DialogId, LocalId};

use crate::carrier::{self, Carrier};
use crate::circuit::Circuit;
use crate::dtmf::Digits;
use crate::stream::Stream;
use crate::vigil::{Expected, Vigil};
use crate::web::{self, SessionId};
use crate::{LegPorts, MediaPort, PortId};

/// A leg within its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u8);

/// The subscriber's leg of every call.
pub(crate) const CALLER: LegId = LegId(0);

/// How far a leg's dialog has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// We have answered its INVITE and wait for the ACK; a browser has agreed and media is yet to flow.
    Answering,
    /// We have sent it an INVITE, or its desk rings.
    Dialing,
    /// Talking.
    Up,
}

/// What carries a party's signalling and media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearer {
    /// SIP, and RTP over these ports.
    Rtp(LegPorts),
    /// A browser: words and frames.
    WebRtc(SessionId),
}

/// What a browser is told when its leg ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastWords {
    pub(crate) ended: web::Ended,
    /// For a desk that has not been joined.
    pub(crate) stop: web::StopRinging,
}

/// What is sent on sound and pictures.
pub(crate) type Formats = [Option<sdp::Payload>; 2];

/// One party.
pub(crate) struct Leg {
    pub(crate) id: LegId,
    /// `None` before the INVITE is out and after the dialog has ended.
    pub(crate) dialog: Option<DialogId>,
    pub(crate) phase: Phase,
    /// The socket its signalling uses, and the address its SDP names.
    pub(crate) local: LocalId,
    pub(crate) address: IpAddr,
    pub(crate) sdp: sdp::Session,
    pub(crate) bearer: Bearer,
    pub(crate) audio: Option<Stream>,
    pub(crate) video: Option<Stream>,
    /// Streams whose line or channel is gone, until the call has ended them.
    pub(crate) over: Vec<Stream>,
    /// What carries the streams of a 3G phone.
    pub(crate) circuit: Option<Box<Circuit>>,
    /// What its terminal is made of, should there be a circuit.
    pub(crate) terminals: Option<Arc<h324m::Config>>,
    /// It is offered a circuit and nothing else.
    pub(crate) circuit_only: bool,
    /// `b=AS` of our video line: what the party at the other end can be sent.
    pub(crate) video_bps: Option<u32>,
    pub(crate) digits: Digits,
    pub(crate) vigil: Vigil,
    /// Its Allow header names INFO, so that RFC 5168 requests may be tried.
    pub(crate) takes_info: bool,
    /// Offer/answer exchanges that have taken effect.
    exchanges: u64,
    /// An offer of ours waits for its answer.
    pub(crate) offer_pending: bool,
    /// When media of a browser must flow.
    pub(crate) connect_due: Option<Instant>,
    pub(crate) last_words: LastWords,
    /// It is a supervisor's, who is no party of the conversation.
    pub(crate) listens: bool,
}

impl Leg {
    pub(crate) fn new(id: LegId, phase: Phase, local: LocalId, address: IpAddr, ports: LegPorts) -> Self {
        let sdp = sdp::Session::new(u64::from(ports.audio.rtp) << 16 | u64::from(id.0));
        Leg::with_bearer(id, phase, local, address, sdp, Bearer::Rtp(ports))
    }

    /// A leg without streams to a browser.
    pub(crate) fn of_browser(id: LegId, phase: Phase, session: SessionId) -> Self {
        // Signalling and description of a browser are the shell's.
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Leg::with_bearer(id, phase, LocalId(0), nowhere, sdp::Session::new(0), Bearer::WebRtc(session))
    }

    fn with_bearer(
        id: LegId,
        phase: Phase,
        local: LocalId,
        address: IpAddr,
        sdp: sdp::Session,
        bearer: Bearer,
    ) -> Self {
        Leg {
            id,
            dialog: None,
            phase,
            local,
            address,
            sdp,
            bearer,
            audio: None,
            video: None,
            over: Vec::new(),
            circuit: None,
            terminals: None,
            circuit_only: false,
            video_bps: None,
            digits: Digits::default(),
            vigil: Vigil::default(),
            takes_info: false,
            exchanges: 0,
            offer_pending: false,
            connect_due: None,
            last_words: LastWords { ended: web::Ended::Over, stop: web::StopRinging::CallerGone },
            listens: false,
        }
    }

    /// What this side can do on this leg, with the addresses and ports it offers.
    pub(crate) fn local_media(&self) -> sdp::Local {
        let caps = sdp::Capabilities { video_bps: self.video_bps, ..sdp::Capabilities::default() };
        sdp::Local {
            address: self.address,
            audio_port: self.ports().map(|ports| ports.audio.rtp),
            video_port: self.ports().and_then(|ports| ports.video).map(|port| port.rtp),
            caps: if self.circuit_only { sdp::Capabilities::circuit() } else { caps },
        }
    }

    fn ports(&self) -> Option<LegPorts> {
        match self.bearer {
            Bearer::Rtp(ports) => Some(ports),
            Bearer::WebRtc(_) => None,
        }
    }

    pub(crate) fn session(&self) -> Option<SessionId> {
        match self.bearer {
            Bearer::Rtp(_) => None,
            Bearer::WebRtc(session) => Some(session),
        }
    }

    pub(crate) fn stream(&mut self, kind: Kind) -> Option<&mut Stream> {
        match kind {
            Kind::Audio => self.audio.as_mut(),
            Kind::Video => self.video.as_mut(),
        }
    }

    pub(crate) fn agreed(&self, kind: Kind) -> Option<&AgreedStream> {
        match kind {
            Kind::Audio => self.audio.as_ref().map(|stream| &stream.agreed),
            Kind::Video => self.video.as_ref().map(|stream| &stream.agreed),
        }
    }

    /// What all its streams agreed on.
    pub(crate) fn all_agreed(&self) -> Agreed {
        let streams = [Kind::Audio, Kind::Video].into_iter().filter_map(|kind| self.agreed(kind).cloned());
        Agreed { streams: streams.collect() }
    }

    /// What is sent now, to see whether it has changed.
    pub(crate) fn formats(&self) -> Formats {
        [Kind::Audio, Kind::Video].map(|kind| self.agreed(kind).map(|agreed| agreed.send.clone()))
    }

    /// Each pair of ports with the address that its peer has named.
    pub(crate) fn places(&self) -> Vec<(PortId, Option<SocketAddr>)> {
        let named = |kind| match (&self.circuit, kind) {
            (Some(circuit), Kind::Audio) => Some(circuit.peer()),
            (Some(_), Kind::Video) => None,
            (None, kind) => self.agreed(kind).map(|agreed| agreed.remote_rtp),
        };
        let places = |ports: LegPorts| {
            let video = ports.video.map(|port| (port.id, named(Kind::Video)));
            std::iter::once((ports.audio.id, named(Kind::Audio))).chain(video)
        };
        self.ports().into_iter().flat_map(places).collect()
    }

    /// The pair for pictures, which a leg over a circuit never uses.
    pub(crate) fn take_idle_port(&mut self) -> Option<MediaPort> {
        match &mut self.bearer {
            Bearer::Rtp(ports) if self.circuit.is_some() => ports.video.take(),
            Bearer::Rtp(_) | Bearer::WebRtc(_) => None,
        }
    }

    pub(crate) fn streams(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.audio.iter_mut().chain(self.video.iter_mut())
    }

    /// Puts a finished offer/answer exchange into effect: new streams begin, changed ones go on with their
    /// SSRC and sequence numbers, refused ones end.
    pub(crate) fn apply(&mut self, now: Now, agreed: &Agreed, cname: &str, seed: u64) {
        let Some(ports) = self.ports() else { return };
        self.exchanges += 1;
        // A line that comes back is a new source: receivers would take its first packets for old ones.
        let seed = seed ^ self.exchanges << 8 ^ u64::from(self.id.0) << 1;
        if let Some(line) = agreed.audio().filter(|line| line.is_circuit()) {
            return self.apply_circuit(now, line, ports.audio.id, cname, seed);
        }
        self.circuit = None;
        self.apply_stream(Kind::Audio, agreed.audio(), ports.audio.id, now, cname, seed);
        // Without a pair for pictures their line was refused.
        let (video, port) = (ports.video.and(agreed.video()), ports.video.unwrap_or(ports.audio));
        self.apply_stream(Kind::Video, video, port.id, now, cname, seed ^ 1);
    }

    fn apply_stream(
        &mut self,
        kind: Kind,
        agreed: Option<&AgreedStream>,
        port: PortId,
        now: Now,
        cname: &str,
        seed: u64,
    ) {
        let Some(agreed) = agreed else { return self.set_stream(kind, None) };
        match self.stream(kind) {
            Some(stream) => {
                let config = crate::offer::renewed_config(&stream.agreed, agreed, cname, seed);
                stream.carrier.reconfigure(now, config);
                stream.carrier.learn(agreed);
                stream.renew(now, agreed);
            }
            None => {
                let config = crate::offer::rtp_config(agreed, cname, seed);
                let mut carrier = Carrier::Rtp(carrier::Rtp::new(port, config));
                carrier.learn(agreed);
                self.set_stream(kind, Some(Stream::new(agreed, carrier)));
            }
        }
    }

    /// One stream in place of another, which is over then.
    pub(crate) fn set_stream(&mut self, kind: Kind, stream: Option<Stream>) {
        let place = match kind {
            Kind::Audio => &mut self.audio,
            Kind::Video => &mut self.video,
        };
        self.over.extend(std::mem::replace(place, stream));
    }

    /// Puts a circuit into effect; one that stands goes on, at another address perhaps.
    fn apply_circuit(&mut self, now: Now, line: &AgreedStream, port: PortId, cname: &str, seed: u64) {
        if let Some(circuit) = &mut self.circuit {
            return circuit.reconfigure(now, line, cname, seed);
        }
        self.over.extend(self.audio.take().into_iter().chain(self.video.take()));
        let terminal = self.terminals.as_deref().cloned().unwrap_or_default();
        self.circuit = Some(Box::new(Circuit::new(now, port, line, cname, terminal, seed)));
    }

    /// The best that one of its streams can be sent.
    pub(crate) fn format(&self, kind: Kind) -> Option<Format> {
        match kind {
            Kind::Audio => self.audio.as_ref()?.sound_formats().into_iter().next(),
            Kind::Video => self.video_format().map(Format::Video),
        }
    }

    /// What its slides and clips are encoded as.
    pub(crate) fn video_format(&self) -> Option<VideoFormat> {
        let agreed = self.agreed(Kind::Video)?;
        match &self.circuit {
            Some(_) => Some(VideoFormat::circuit(agreed.codec())),
            None => agreed.video_format(),
        }
    }

    /// Whether its party has been silent for so long that it must be asked whether it is there.
    pub(crate) fn must_be_asked(&mut self, now: Instant) -> bool {
        let streams = || self.audio.iter().chain(&self.video);
        let line = self.circuit.as_ref().and_then(|circuit| circuit.heard_at());
        let heard = streams().filter_map(|stream| stream.carrier.heard_at()).chain(line).max();
        let sends = self.circuit.is_some()
            || streams().any(|stream| stream.agreed.direction.receives() && !stream.agreed.held);
        let expected = if sends { Expected::Media } else { Expected::Reports };
        self.vigil.must_ask(now, heard, expected)
    }

    /// When a stream of this leg has something to do.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let streams = self.audio.iter().chain(&self.video).filter_map(Stream::next_due);
        streams.chain(self.circuit.as_ref().and_then(|circuit| circuit.next_due())).min()
    }
}
