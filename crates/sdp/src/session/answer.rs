//! Our answer to an offer, line by line (RFC 3264 §6).

use std::net::IpAddr;

use media::{Codec, Kind};

use super::{NotAcceptable, Session, agree, text};
use crate::description::{Description, Direction, MediaKind, MediaLine};
use crate::fmtp::EVENTS_DEFAULT;
use crate::{
    Agreed, AgreedText, AmrParameters, Coding, H264Parameters, Local, Mpeg4Parameters, OpusParameters,
    Parameters, Payload, ProfileLevelId, Vp8Parameters,
};

/// Why a line is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The offer itself has port 0.
    Removed,
    MediaType,
    Format,
    Transport,
    Address,
    Multicast,
}

impl Refusal {
    /// Codes and texts of RFC 3261 §20.43.
    fn warning(self) -> NotAcceptable {
        let (warning_code, text) = match self {
            Refusal::Removed | Refusal::MediaType => (304, "Media type not available"),
            Refusal::Format => (305, "Incompatible media format"),
            Refusal::Transport => (302, "Incompatible transport protocol"),
            Refusal::Address => (301, "Incompatible network address formats"),
            Refusal::Multicast => (330, "Multicast not available"),
        };
        NotAcceptable { warning_code, text: text.to_owned() }
    }
}

/// What we answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// Our lines, as many and in the order of the offer's.
    pub(super) lines: Vec<MediaLine>,
    /// What they come to, text aside.
    pub(super) agreed: Agreed,
    /// What the text line comes to.
    pub(super) text: Option<AgreedText>,
}

/// The answer to an offer; why there is none.
pub(super) fn to(session: &Session, offer: &Description, local: &Local) -> Result<Answer, NotAcceptable> {
    let judged: Vec<_> =
        offer.media.iter().enumerate().map(|(index, line)| judge(session, index, line, local)).collect();
    let mut used = [Kind::Audio, Kind::Video].map(|kind| line_to_use(session, offer, &judged, kind));
    let circuit = used[0].is_some_and(|index| judged[index].as_ref().is_ok_and(is_circuit));
    if circuit {
        // Pictures come through the circuit.
        used[1] = None;
    }
    if used == [None, None] && !is_removal(session, &judged) {
        return Err(reason(&judged).warning());
    }
    let beside = !circuit && used != [None, None];
    let mut text = beside.then(|| text::answered(session, offer, local)).flatten();
    let mut answer = Answer { lines: Vec::new(), agreed: Agreed::default(), text: None };
    for (index, (offered, judged)) in offer.media.iter().zip(judged).enumerate() {
        let line = match judged {
            Ok(chosen) if used.contains(&Some(index)) => {
                let line = accepted(offered, &chosen, local);
                answer.agreed.streams.extend(agree::stream(index, &line, offered));
                line
            }
            Ok(_) | Err(_) => match text.take_if(|(at, _)| *at == index) {
                Some((_, line)) => {
                    answer.text = text::agreed(index, &line, offered);
                    line
                }
                None => refused(offered, local.address),
            },
        };
        answer.lines.push(line);
    }
    Ok(answer)
}

/// A later offer with nothing but port 0 ends all media and is to be granted (RFC 3264 §8.2).
fn is_removal(session: &Session, judged: &[Result<Payload, Refusal>]) -> bool {
    session.agreed.is_some() && judged.iter().all(|line| line.as_ref().err() == Some(&Refusal::Removed))
}

/// What is most worth telling: of the refusals that concern audio or video the first.
fn reason(judged: &[Result<Payload, Refusal>]) -> Refusal {
    let refusals = judged.iter().filter_map(|line| line.as_ref().err().copied());
    let mut telling = refusals.filter(|refusal| !matches!(refusal, Refusal::Removed | Refusal::MediaType));
    telling.next().unwrap_or(Refusal::MediaType)
}

/// The line of one kind that is in use already, else the first that can be.
fn line_to_use(
    session: &Session,
    offer: &Description,
    judged: &[Result<Payload, Refusal>],
    kind: Kind,
) -> Option<usize> {
    let is_usable = |&index: &usize| {
        offer.media.get(index).is_some_and(|line| line.kind.kind() == Some(kind)) && judged[index].is_ok()
    };
    let current = session.agreed.iter().flat_map(|agreed| &agreed.streams);
    let current = current.filter(|stream| stream.kind == kind).map(|stream| stream.index).find(is_usable);
    current.or_else(|| (0..judged.len()).find(is_usable))
}

/// The format that the line would be answered with.
fn judge(session: &Session, index: usize, line: &MediaLine, local: &Local) -> Result<Payload, Refusal> {
    if line.port == 0 {
        return Err(Refusal::Removed);
    }
    let kind = line.kind.kind().filter(|&kind| local.port(kind).is_some()).ok_or(Refusal::MediaType)?;
    can_be_carried(line, local)?;
    let is_usable = |payload: &&Payload| {
        payload.codec().is_some_and(|codec| codec.kind() == kind) && local.caps.supports(payload)
    };
    let agreed = session.agreed.iter().flat_map(|agreed| &agreed.streams);
    let agreed = agreed.filter(|stream| stream.index == index).flat_map(|stream| &stream.receive).next();
    let kept =
        agreed.and_then(|agreed| line.payloads.iter().filter(is_usable).find(|p| p.same_format(agreed)));
    kept.or_else(|| best(line, is_usable)).cloned().ok_or(Refusal::Format)
}

/// Whether we can send to where the line says, and receive from there.
pub(super) fn can_be_carried(line: &MediaLine, local: &Local) -> Result<(), Refusal> {
    if line.port == 0 {
        return Err(Refusal::Removed);
    }
    if !is_plain_rtp(&line.proto) {
        return Err(Refusal::Transport);
    }
    let address = line.connection.ok_or(Refusal::Address)?;
    if address.is_multicast() {
        return Err(Refusal::Multicast);
    }
    if !address.is_unspecified() && address.is_ipv4() != local.address.is_ipv4() {
        return Err(Refusal::Address);
    }
    Ok(())
}

/// The first usable format, but AMR, MPEG-4 and the codecs after them only where no other codec is usable: fewer peers have them,
/// and to bridge to those would mean to transcode. A circuit only where it stands first or alone: a gateway
/// that names another codec before it means a telephone call.
fn best(line: &MediaLine, is_usable: impl Fn(&&Payload) -> bool) -> Option<&Payload> {
    let is_extra = |payload: &Payload| payload.is_telephone_event() || payload.coding == Coding::ComfortNoise;
    let first = line.payloads.iter().find(|payload| !is_extra(payload));
    if let Some(circuit) = first.filter(|first| is_circuit(first)).filter(&is_usable) {
        return Some(circuit);
    }
    let usable = || line.payloads.iter().filter(&is_usable);
    let plain = usable().find(|payload| !is_reserve(payload));
    plain.or_else(|| usable().find(|payload| !is_circuit(payload))).or_else(|| usable().next())
}

fn is_reserve(payload: &Payload) -> bool {
    match payload.codec() {
        Some(
            Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263p
            | Codec::Mpeg4
            | Codec::Vp8,
        ) => true,
        Some(Codec::Pcmu | Codec::Pcma | Codec::H263 | Codec::H264) | None => false,
    }
}

fn is_circuit(payload: &Payload) -> bool {
    payload.codec() == Some(Codec::Clearmode)
}

/// The profiles without encryption. `a=crypto` on such a line is a wish that may be passed over.
fn is_plain_rtp(proto: &str) -> bool {
    proto.eq_ignore_ascii_case("RTP/AVP") || proto.eq_ignore_ascii_case("RTP/AVPF")
}

fn accepted(offered: &MediaLine, chosen: &Payload, local: &Local) -> MediaLine {
    let kind = chosen.codec().expect("judge chooses among our codecs").kind();
    let port = local.port(kind).expect("judge refuses a kind without a port");
    let mut line = super::offer::blank(MediaKind::from(kind), port, &offered.proto, local);
    if is_circuit(chosen) {
        // What is not slaved to the peer's packets would cost it a buffer.
        line.ptime = Some(agree::ptime(offered, Codec::Clearmode).into());
    }
    line.payloads = vec![Payload { parameters: ours(&chosen.parameters, local), ..chosen.clone() }];
    if local.caps.comfort_noise {
        line.payloads.extend(agree::noise(offered, chosen).cloned());
    }
    if local.caps.telephone_event && kind == Kind::Audio {
        // Of several clock rates the one of the codec: both share the timestamps of the stream (RFC 4733). Some phones
        // have one for all codecs.
        let keys = |rate: u32| {
            let keys = offered.payloads.iter().filter(|payload| payload.is_telephone_event());
            keys.filter(move |payload| payload.clock_rate == rate).take(1)
        };
        let keys = keys(chosen.clock_rate).chain(keys(agree::KEYS_RATE_USUAL)).take(1);
        let parameters = Parameters::TelephoneEvent { events: EVENTS_DEFAULT.to_owned() };
        line.payloads.extend(keys.map(|keys| Payload { parameters: parameters.clone(), ..keys.clone() }));
    }
    let feedback = agree::feedback_of(offered, chosen.pt);
    line.feedback = super::offer::feedback_lines(Some(chosen.pt), feedback);
    if kind == Kind::Video {
        line.extensions = crate::orientation::answered(offered);
    }
    line.direction = answered_direction(offered);
    line.rtcp_mux = offered.rtcp_mux && local.caps.rtcp_mux;
    line.mid.clone_from(&offered.mid);
    line
}

/// RFC 3264 §6.1; to the zero address of RFC 2543 nothing is sent (§8.4).
pub(super) fn answered_direction(offered: &MediaLine) -> Direction {
    let direction = offered.direction.reversed();
    let zero = offered.connection.is_some_and(|address| address.is_unspecified());
    Direction::new(direction.sends() && !zero, direction.receives())
}

/// The parameters of our answer: what this peer may send us.
fn ours(offered: &Parameters, local: &Local) -> Parameters {
    match offered {
        Parameters::H264(h264) => {
            // Profile and mode as offered, the level at most as offered even where asymmetry is allowed: a
            // peer that sends no more than it can take itself can be bridged to one like it.
            let id = h264.profile_level_id;
            let level = ProfileLevelId::level_min(id.level(), local.caps.h264_level);
            Parameters::H264(H264Parameters {
                profile_level_id: id.with_level(level),
                sprop: Vec::new(),
                others: Vec::new(),
                ..h264.clone()
            })
        }
        Parameters::H263(h263) => Parameters::H263(h263.common(&local.caps.h263)),
        // RFC 4867 §8.3.1: packing and mode set as offered. The rest is each side's own to say.
        Parameters::Amr(amr) => Parameters::Amr(AmrParameters {
            octet_align: amr.octet_align,
            mode_set: amr.mode_set,
            ..AmrParameters::new(amr.band)
        }),
        Parameters::Mpeg4(mpeg4) => {
            Parameters::Mpeg4(Mpeg4Parameters { config: None, others: Vec::new(), ..mpeg4.clone() })
        }
        // Each side's own to say, whatever the other said (RFC 7587 §7, RFC 7741 §6.2.2).
        Parameters::Opus(_) => Parameters::Opus(OpusParameters::ours()),
        Parameters::Vp8(_) => Parameters::Vp8(Vp8Parameters::ours()),
        Parameters::None | Parameters::TelephoneEvent { .. } | Parameters::Raw(_) => Parameters::None,
    }
}

/// The offered line with port 0 and its bare formats (RFC 3264 §6).
fn refused(offered: &MediaLine, address: IpAddr) -> MediaLine {
    let mut line = MediaLine::new(offered.kind.clone(), 0, &offered.proto);
    line.payloads = offered.payloads.iter().map(|payload| Payload::without_rtpmap(payload.pt)).collect();
    line.payloads.iter_mut().for_each(|payload| payload.parameters = Parameters::None);
    line.formats.clone_from(&offered.formats);
    line.connection = Some(address);
    line.direction = Direction::Inactive;
    line.mid.clone_from(&offered.mid);
    line
}
