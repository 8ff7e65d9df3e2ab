//! One m-line of ours and the peer's to it, put together: what may be sent and received.
//!
//! Which of the two was the offer makes no difference here: each side says what it can receive.

use std::net::SocketAddr;

use media::Codec;

use super::AnswerError;
use crate::agreed::{Agreed, AgreedStream, Feedback};
use crate::description::{Direction, MediaLine};
use crate::{H264Parameters, Parameters, Payload, ProfileLevelId};

/// Packet time when nothing is said (RFC 3551 §4.2), and the range that we follow, in ms.
const PTIME_DEFAULT: u16 = 20;
const PTIME_MIN: u16 = 10;
const PTIME_MAX: u16 = 60;
/// What telephone-event is nearly always offered at, in Hz.
pub(super) const KEYS_RATE_USUAL: u32 = 8_000;
/// A circuit's packets may be shorter.
const PTIME_CIRCUIT_MIN: u16 = 5;

/// What the answer to our lines comes to.
pub(super) fn from_answer(ours: &[MediaLine], theirs: &[MediaLine]) -> Result<Agreed, AnswerError> {
    if theirs.len() > ours.len() {
        return Err(AnswerError::LineCount { offered: ours.len(), answered: theirs.len() });
    }
    let mut agreed = Agreed::default();
    for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        if ours.kind != theirs.kind {
            return Err(AnswerError::WrongKind { index });
        }
        agreed.streams.extend(stream(index, ours, theirs));
    }
    if agreed.streams.is_empty() { Err(AnswerError::NothingAgreed) } else { Ok(agreed) }
}

/// `None` when either side refuses the line, or they have no codec or address family in common.
pub(super) fn stream(index: usize, ours: &MediaLine, theirs: &MediaLine) -> Option<AgreedStream> {
    let kind = ours.kind.kind()?;
    let remote_rtp = remote_rtp(ours, theirs)?;
    let pairs: Vec<_> =
        theirs.payloads.iter().filter_map(|sent| Some((counterpart(ours, sent)?, sent))).collect();
    let &(received, sent) = pairs.first()?;
    let mut receive: Vec<Payload> = Vec::new();
    for &(received, sent) in &pairs {
        if receive.iter().all(|listed| listed.pt != received.pt) {
            receive.push(bounded(received, sent));
        }
    }
    let rtcp_mux = ours.rtcp_mux && theirs.rtcp_mux;
    let noise = noise(ours, received).zip(noise(theirs, sent));
    let keys_rate = keys_rate(ours, theirs, received.clock_rate);
    let (a, b) = (feedback_of(ours, received.pt), feedback_of(theirs, sent.pt));
    Some(AgreedStream {
        kind,
        index,
        remote_rtp,
        remote_rtcp: if rtcp_mux { remote_rtp } else { remote_rtcp(theirs, remote_rtp) },
        rtcp_mux,
        direction: direction(ours, theirs),
        send: bounded(sent, received),
        receive,
        dtmf_send: keys_rate.and_then(|rate| keys(theirs, rate).next()),
        dtmf_receive: keys_rate.into_iter().flat_map(|rate| keys(ours, rate)).collect(),
        noise_send: noise.map(|(_, theirs)| theirs.pt),
        noise_receive: noise.map(|(ours, _)| ours.pt),
        feedback: Feedback {
            pli: a.pli && b.pli,
            fir: a.fir && b.fir,
            tmmbr: a.tmmbr && b.tmmbr,
            remb: a.remb && b.remb,
        },
        orientation: crate::orientation::of(ours, theirs),
        bandwidth_bps: bandwidth(theirs, sent),
        ptime_ms: ptime(theirs, sent.codec()?),
        held: theirs.holds(),
    })
}

/// Where our RTP goes; `None` when either side refuses the line, or they have no address family in common.
pub(super) fn remote_rtp(ours: &MediaLine, theirs: &MediaLine) -> Option<SocketAddr> {
    let address = theirs.connection?;
    let family_fits =
        address.is_unspecified() || ours.connection.is_some_and(|own| own.is_ipv4() == address.is_ipv4());
    if ours.port == 0 || theirs.port == 0 || !family_fits || address.is_multicast() {
        return None;
    }
    Some(SocketAddr::new(address, theirs.port))
}

/// Our payload that a payload of the peer's answers or is answered by: the same format, by the same number
/// where several fit; else the same codec, for peers that write their own profile whatever was offered.
fn counterpart<'a>(ours: &'a MediaLine, theirs: &Payload) -> Option<&'a Payload> {
    let codec = theirs.codec()?;
    let of_codec = || ours.payloads.iter().filter(|payload| payload.codec() == Some(codec));
    let same_format = || of_codec().filter(|payload| payload.same_format(theirs));
    same_format()
        .find(|payload| payload.pt == theirs.pt)
        .or_else(|| same_format().next())
        .or_else(|| of_codec().find(|payload| payload.pt == theirs.pt))
        .or_else(|| of_codec().next())
        .filter(|_| is_usable(&theirs.parameters))
}

fn is_usable(parameters: &Parameters) -> bool {
    match parameters {
        Parameters::H264(h264) => h264.is_usable(),
        Parameters::Amr(amr) => amr.is_usable(),
        Parameters::None
        | Parameters::H263(_)
        | Parameters::Mpeg4(_)
        | Parameters::Opus(_)
        | Parameters::Vp8(_)
        | Parameters::TelephoneEvent { .. }
        | Parameters::Raw(_) => true,
    }
}

/// `payload` of the receiving side with what the sending side's description takes away from it.
///
/// H.264: without level asymmetry on both sides the lower level holds both ways (RFC 6184 §8.2.2). AMR:
/// the modes of either side hold both ways (RFC 4867 §8.3.1).
fn bounded(payload: &Payload, sender: &Payload) -> Payload {
    let parameters = match (&payload.parameters, &sender.parameters) {
        (Parameters::H264(receiver), Parameters::H264(sender)) => {
            let asymmetric = receiver.level_asymmetry_allowed && sender.level_asymmetry_allowed;
            let own = receiver.profile_level_id;
            let lower = ProfileLevelId::level_min(own.level(), sender.profile_level_id.level());
            let profile_level_id = if asymmetric { own } else { own.with_level(lower) };
            Parameters::H264(H264Parameters { profile_level_id, ..receiver.clone() })
        }
        (Parameters::Amr(receiver), Parameters::Amr(sender)) => Parameters::Amr(receiver.bounded(sender)),
        (receiver, _) => receiver.clone(),
    };
    Payload { parameters, ..payload.clone() }
}

pub(super) fn direction(ours: &MediaLine, theirs: &MediaLine) -> Direction {
    let direction = ours.direction.and(theirs.direction.reversed());
    let zero = theirs.connection.is_some_and(|address| address.is_unspecified());
    Direction::new(direction.sends() && !zero, direction.receives())
}

/// `a=rtcp`, else the port above (RFC 3550 §11).
pub(super) fn remote_rtcp(theirs: &MediaLine, rtp: SocketAddr) -> SocketAddr {
    let port = theirs.rtcp_port.unwrap_or_else(|| rtp.port().saturating_add(1));
    let address = theirs.rtcp_address.filter(|address| address.is_ipv4() == rtp.is_ipv4());
    SocketAddr::new(address.unwrap_or(rtp.ip()), port)
}

/// The clock rate of keys that both sides have: that of the codec, as RFC 4733 §2.1 wants it, else the 8 kHz that many
/// phones have beside any codec.
fn keys_rate(ours: &MediaLine, theirs: &MediaLine, codec: u32) -> Option<u32> {
    let both = |rate: &u32| keys(ours, *rate).next().is_some() && keys(theirs, *rate).next().is_some();
    [codec, KEYS_RATE_USUAL].into_iter().find(both)
}

fn keys(line: &MediaLine, clock_rate: u32) -> impl Iterator<Item = u8> {
    let keys = line.payloads.iter().filter(|payload| payload.is_telephone_event());
    keys.filter(move |payload| payload.clock_rate == clock_rate).map(|payload| payload.pt)
}

/// The comfort noise that goes with `chosen`.
pub(super) fn noise<'a>(line: &'a MediaLine, chosen: &Payload) -> Option<&'a Payload> {
    let codec = chosen.codec()?;
    line.payloads.iter().find(|payload| payload.is_comfort_noise_for(codec))
}

/// What the line says for this payload type or for all.
pub(super) fn feedback_of(line: &MediaLine, pt: u8) -> Feedback {
    let says = |what: &str| {
        let mut lines = line.feedback.iter().filter(|(named, _)| named.is_none_or(|named| named == pt));
        // `ccm tmmbr` may have a parameter, `smaxpr=120` (RFC 5104 §7.1).
        let is_it = |said: &str| {
            let (head, rest) = said.split_at_checked(what.len()).unwrap_or((said, ""));
            head.eq_ignore_ascii_case(what) && (rest.is_empty() || rest.starts_with(' '))
        };
        lines.any(|(_, said)| is_it(said))
    };
    Feedback {
        pli: says("nack pli"),
        fir: says("ccm fir"),
        tmmbr: says("ccm tmmbr"),
        remb: says("goog-remb"),
    }
}

/// The least of the line's `b=` and the codec's own bound.
fn bandwidth(theirs: &MediaLine, sent: &Payload) -> Option<u32> {
    let of_codec = match &sent.parameters {
        Parameters::H263(h263) => h263.max_br.map(|rate| rate.saturating_mul(100)),
        Parameters::Opus(opus) => opus.max_average_bitrate,
        Parameters::None
        | Parameters::H264(_)
        | Parameters::Mpeg4(_)
        | Parameters::Amr(_)
        | Parameters::Vp8(_)
        | Parameters::TelephoneEvent { .. }
        | Parameters::Raw(_) => None,
    };
    [theirs.bandwidth.bits_per_second(), of_codec].into_iter().flatten().min()
}

/// The packet time that the peer asks for, in whole frames of the codec.
pub(super) fn ptime(theirs: &MediaLine, codec: Codec) -> u8 {
    let most = theirs.max_ptime.unwrap_or(PTIME_MAX);
    let asked = theirs.ptime.unwrap_or(PTIME_DEFAULT).min(most);
    let asked = match codec {
        Codec::Clearmode => asked.clamp(PTIME_CIRCUIT_MIN, PTIME_MAX),
        Codec::Amr | Codec::AmrWb => (asked - asked % 20).clamp(20, PTIME_MAX),
        // Frames of 10 or 20 ms and whole multiples of 20 (RFC 7587 §4.2).
        Codec::Opus if asked < 20 => PTIME_MIN,
        Codec::Opus => (asked - asked % 20).min(PTIME_MAX),
        Codec::Pcmu
        | Codec::Pcma
        | Codec::G722
        | Codec::H263
        | Codec::H263p
        | Codec::H264
        | Codec::Mpeg4
        | Codec::Vp8 => asked.clamp(PTIME_MIN, PTIME_MAX),
    };
    u8::try_from(asked).expect("clamped to 60")
}
