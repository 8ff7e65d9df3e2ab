//! `Leg`: one party of a call: its SIP dialog, its offer/answer state and its streams.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use media::{Kind, Now};
use sdp::{Agreed, AgreedStream};
use sip::{DialogId, LocalId};

use crate::dtmf::Digits;
use crate::stream::{Source, Stream};
use crate::vigil::{Expected, Vigil};
use crate::{LegPorts, PortId};

/// A leg within its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u8);

/// The subscriber's leg of every call.
pub(crate) const CALLER: LegId = LegId(0);

/// How far a leg's dialog has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// We have answered its INVITE and wait for the ACK.
    Answering,
    /// We have sent it an INVITE.
    Dialing,
    /// Talking.
    Up,
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
    pub(crate) ports: LegPorts,
    pub(crate) audio: Option<Stream>,
    pub(crate) video: Option<Stream>,
    pub(crate) digits: Digits,
    pub(crate) vigil: Vigil,
    /// Its Allow header names INFO, so that RFC 5168 requests may be tried.
    pub(crate) takes_info: bool,
    /// Offer/answer exchanges that have taken effect.
    exchanges: u64,
    /// An offer of ours waits for its answer.
    pub(crate) offer_pending: bool,
}

impl Leg {
    pub(crate) fn new(id: LegId, phase: Phase, local: LocalId, address: IpAddr, ports: LegPorts) -> Self {
        Leg {
            id,
            dialog: None,
            phase,
            local,
            address,
            sdp: sdp::Session::new(u64::from(ports.audio.rtp) << 16 | u64::from(id.0)),
            ports,
            audio: None,
            video: None,
            digits: Digits::default(),
            vigil: Vigil::default(),
            takes_info: false,
            exchanges: 0,
            offer_pending: false,
        }
    }

    /// What this side can do on this leg, with the addresses and ports it offers.
    pub(crate) fn local_media(&self) -> sdp::Local {
        sdp::Local {
            address: self.address,
            audio_port: Some(self.ports.audio.rtp),
            video_port: Some(self.ports.video.rtp),
            caps: sdp::Capabilities::default(),
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

    /// What is sent now, to see whether it has changed.
    pub(crate) fn formats(&self) -> Formats {
        [Kind::Audio, Kind::Video].map(|kind| self.agreed(kind).map(|agreed| agreed.send.clone()))
    }

    /// Each pair of ports with the address that its peer has named.
    pub(crate) fn places(&self) -> [(PortId, Option<SocketAddr>); 2] {
        let named = |kind| self.agreed(kind).map(|agreed| agreed.remote_rtp);
        [(self.ports.audio.id, named(Kind::Audio)), (self.ports.video.id, named(Kind::Video))]
    }

    pub(crate) fn streams(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.audio.iter_mut().chain(self.video.iter_mut())
    }

    /// Puts a finished offer/answer exchange into effect: new streams begin, changed ones go on with their
    /// SSRC and sequence numbers, refused ones end.
    pub(crate) fn apply(&mut self, now: Now, agreed: &Agreed, cname: &str, seed: u64) {
        let ports = self.ports;
        self.exchanges += 1;
        // A line that comes back is a new source: receivers would take its first packets for old ones.
        let seed = seed ^ self.exchanges << 8 ^ u64::from(self.id.0) << 1;
        apply_stream(&mut self.audio, agreed.audio(), Kind::Audio, ports.audio.id, now, cname, seed);
        apply_stream(&mut self.video, agreed.video(), Kind::Video, ports.video.id, now, cname, seed ^ 1);
    }

    /// Whether its party has been silent for so long that it must be asked whether it is there.
    pub(crate) fn must_be_asked(&mut self, now: Instant) -> bool {
        let streams = || self.audio.iter().chain(&self.video);
        let heard = streams().filter_map(|stream| stream.rtp.heard_at()).max();
        let sends = streams().any(|stream| stream.agreed.direction.receives() && !stream.agreed.held);
        let expected = if sends { Expected::Media } else { Expected::Reports };
        self.vigil.must_ask(now, heard, expected)
    }

    /// When a stream of this leg has something to do.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.audio.iter().chain(&self.video).filter_map(Stream::next_due).min()
    }
}

fn apply_stream(
    stream: &mut Option<Stream>,
    agreed: Option<&AgreedStream>,
    kind: Kind,
    port: PortId,
    now: Now,
    cname: &str,
    seed: u64,
) {
    let Some(agreed) = agreed else {
        *stream = None;
        return;
    };
    let config = crate::offer::rtp_config(agreed, cname, seed);
    match stream {
        Some(stream) => {
            stream.rtp.reconfigure(now, config);
            learn_parameter_sets(&mut stream.rtp, agreed);
            stream.agreed = agreed.clone();
            if kind == Kind::Video {
                stream.keys.want(now.mono);
            }
        }
        None => {
            let mut rtp = rtp::Session::new(config);
            learn_parameter_sets(&mut rtp, agreed);
            *stream = Some(Stream {
                kind,
                port,
                agreed: agreed.clone(),
                rtp,
                rtp_due: None,
                source: Source::Silence,
                keys: crate::picture_request::KeyPictures::default(),
            });
        }
    }
}

/// Some phones send their H.264 parameter sets in the description alone (RFC 6184 §8.2.2).
fn learn_parameter_sets(rtp: &mut rtp::Session, agreed: &AgreedStream) {
    if let sdp::Parameters::H264(h264) = &agreed.send.parameters {
        rtp.learn_parameter_sets(&h264.sprop);
    }
}
