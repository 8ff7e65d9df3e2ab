//! Offers and answers of a leg (RFC 3264) inside its SIP messages, and the small bodies of INFO.

use std::time::Duration;

use media::amr::ModeSet;
use media::{Codec, Now};
use sdp::{AgreedStream, Capabilities, Description, Parameters, Payload, Want};
use sip::{Body, Reply, Request, Response, StatusCode};

use crate::call::Refusal;
use crate::leg::{Bearer, Leg};
use crate::limits;

/// Content type of RFC 5168 requests for a key picture.
pub(crate) const MEDIA_CONTROL: &str = "application/media_control+xml";

/// What an INFO may carry.
pub(crate) const INFO_BODIES: &str =
    "application/dtmf-relay, application/dtmf, application/media_control+xml";

const SDP: &str = "application/sdp";

/// Answers the offer of an INVITE or re-INVITE, or makes one when it brought none; returns the body of
/// the 2xx. After an error nothing has changed.
///
/// # Errors
/// The 4xx to answer: 400 for a description that is none, 488 with Warning (RFC 3261 §20.43) for one that
/// has nothing usable.
pub(crate) fn answer(
    leg: &mut Leg,
    now: Now,
    message: &Request,
    cname: &str,
    seed: u64,
) -> Result<Body, Refusal> {
    let local = leg.local_media();
    if message.body.is_empty() {
        leg.offer_pending = true;
        return Ok(body(&leg.sdp.offer(&local, &Want::all())));
    }
    let kind = message.headers.get("Content-Type").unwrap_or(SDP);
    let Some(text) = sdp::body::find(kind, &message.body) else {
        return Err(Reply::new(StatusCode::UnsupportedMediaType).with_header("Accept", SDP).into());
    };
    let offer = Description::parse(text).map_err(|error| {
        let mut reply = Reply::new(StatusCode::BadRequest);
        reply.reason = Some(format!("Bad SDP: {error}"));
        Refusal::from(reply)
    })?;
    let (description, agreed) = leg.sdp.answer(&offer, &local).map_err(|why| {
        let warning = format!("{} vireo \"{}\"", why.warning_code, why.text.replace('"', "'"));
        Refusal::from(Reply::new(StatusCode::NotAcceptableHere).with_header("Warning", warning))
    })?;
    leg.offer_pending = false;
    leg.apply(now, &agreed, cname, seed);
    Ok(body(&description))
}

/// Takes the answer to an offer of ours; false when it does not fit the offer.
pub(crate) fn accept(leg: &mut Leg, now: Now, answer: &Description, cname: &str, seed: u64) -> bool {
    leg.offer_pending = false;
    match leg.sdp.accept(answer) {
        Ok(agreed) => {
            leg.apply(now, &agreed, cname, seed);
            true
        }
        Err(error) => {
            tracing::warn!(%error, "an SDP answer does not fit its offer");
            false
        }
    }
}

/// Takes the answer in the 2xx to an INVITE of ours.
pub(crate) fn take_answer(leg: &mut Leg, now: Now, message: &Response, cname: &str, seed: u64) -> bool {
    let kind = message.headers.get("Content-Type").unwrap_or(SDP);
    parse(kind, &message.body).is_some_and(|answer| accept(leg, now, &answer, cname, seed))
}

/// The description in a body, if there is one.
pub(crate) fn parse(content_type: &str, octets: &[u8]) -> Option<Description> {
    Description::parse(sdp::body::find(content_type, octets)?).ok()
}

/// What an agent's phone is offered after that which the caller has; no more, since the INVITE is to stay short.
const AGENT_AUDIO: [Codec; 6] =
    [Codec::Pcmu, Codec::Pcma, Codec::Opus, Codec::AmrWb, Codec::G722, Codec::Amr];
const AGENT_VIDEO: [Codec; 5] = [Codec::H264, Codec::Vp8, Codec::H263, Codec::Mpeg4, Codec::H263p];

/// An offer of what `leg` has agreed to first, so that frames can pass unchanged, then of what can be transcoded.
pub(crate) fn preferring(leg: &Leg) -> Want {
    let agreed = match leg.bearer {
        Bearer::Rtp(_) if leg.circuit.is_none() => leg.sdp.agreed().cloned(),
        Bearer::Rtp(_) | Bearer::WebRtc(_) => Some(leg.all_agreed()),
    };
    let caps =
        Capabilities { audio: AGENT_AUDIO.into(), video: AGENT_VIDEO.into(), ..Capabilities::default() };
    agreed.map_or_else(Want::all, |agreed| Want::preferring(&agreed, &caps))
}

/// An offer of a circuit (RFC 4040) and nothing else.
pub(crate) fn circuit() -> Want {
    Want { audio: Some(sdp::WantedStream::default()), video: None }
}

/// A description as a message body.
pub(crate) fn body(description: &Description) -> Body {
    Body::new(SDP, description.to_bytes())
}

/// Whether a peer says that it takes INFO; one that says nothing is not asked to.
pub(crate) fn allows_info(headers: &sip::Headers) -> bool {
    headers.allow().contains(&sip::Method::Info)
}

/// RFC 5168: asks the peer for a key picture by INFO.
pub(crate) fn fast_update_body() -> Body {
    let xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<media_control><vc_primitive><to_encoder>\
               <picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n";
    Body::new(MEDIA_CONTROL, xml)
}

/// Whether an RFC 5168 body asks for a key picture.
pub(crate) fn wants_fast_update(body: &[u8]) -> bool {
    const WISH: &[u8] = b"picture_fast_update";
    body.len() <= limits::INFO_LEN_MAX && body.windows(WISH.len()).any(|window| window == WISH)
}

/// The RTP session that serves an agreed stream, under the name `cname` (RFC 3550 §6.5.1).
///
/// # Panics
/// When the stream sends no codec of ours: such a stream is never agreed on.
#[must_use]
pub fn rtp_config(agreed: &AgreedStream, cname: &str, seed: u64) -> rtp::Config {
    let coded = |payload: &Payload| Some((payload.pt, payload.codec()?, packetization_mode(payload)));
    let (pt, codec, mode) = coded(&agreed.send).expect("an agreed stream sends a codec of ours");
    rtp::Config {
        ssrc: None,
        cname: cname.to_owned(),
        kind: agreed.kind,
        send: rtp::SendFormat { pt, codec, mode },
        receive: agreed.receive.iter().filter_map(coded).collect(),
        sound: sound(agreed),
        dtmf_send: agreed.dtmf_send,
        dtmf_receive: agreed.dtmf_receive.clone(),
        noise_send: agreed.noise_send,
        noise_receive: agreed.noise_receive,
        remote_rtp: agreed.remote_rtp,
        remote_rtcp: agreed.remote_rtcp,
        rtcp_mux: agreed.rtcp_mux,
        feedback: rtp::Feedback {
            pli: agreed.feedback.pli,
            fir: agreed.feedback.fir,
            tmmbr: agreed.feedback.tmmbr,
            remb: agreed.feedback.remb,
        },
        mtu: limits::RTP_PAYLOAD_LEN_MAX,
        seed,
    }
}

/// The same for a stream that stands and was agreed on anew: packets of the same codec that are under way with a
/// number of before are still taken (RFC 3264 §8.3.2).
pub(crate) fn renewed_config(
    before: &AgreedStream,
    agreed: &AgreedStream,
    cname: &str,
    seed: u64,
) -> rtp::Config {
    let mut config = rtp_config(agreed, cname, seed);
    for payload in &before.receive {
        let Some(codec) = payload.codec() else { continue };
        let named = config.receive.iter().any(|(pt, ..)| *pt == payload.pt)
            || config.dtmf_receive.contains(&payload.pt)
            || config.noise_receive == Some(payload.pt);
        if !named && config.receive.iter().any(|(_, still, _)| *still == codec) {
            config.receive.push((payload.pt, codec, packetization_mode(payload)));
        }
    }
    config
}

/// How sound is packed: packet time, and for AMR what its parameters say.
fn sound(agreed: &AgreedStream) -> rtp::Sound {
    let amr = agreed.amr();
    rtp::Sound {
        packet: Duration::from_millis(agreed.ptime_ms.into()),
        amr_octet_aligned: amr.is_some_and(|amr| amr.octet_align),
        amr_modes: amr.map_or(ModeSet::ALL, |amr| amr.modes()),
        amr_mode_request: None,
    }
}

/// The H.264 packetization mode of a payload type (RFC 6184 §8.1: 0 when it is not named).
fn packetization_mode(payload: &Payload) -> rtp::H264Mode {
    match &payload.parameters {
        Parameters::H264(h264) => rtp::H264Mode::try_from(h264.packetization_mode).unwrap_or_default(),
        Parameters::H263(_)
        | Parameters::Mpeg4(_)
        | Parameters::Amr(_)
        | Parameters::Opus(_)
        | Parameters::Vp8(_)
        | Parameters::TelephoneEvent { .. }
        | Parameters::Raw(_)
        | Parameters::None => rtp::H264Mode::default(),
    }
}
