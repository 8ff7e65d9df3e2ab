//! The text line of an offer or answer of ours, and what the two sides come to (RFC 4103 §7.2).
//!
//! Text goes beside sound or pictures: an offer of text alone is not taken. At most one text line is used.
//! A `red` format counts where all its blocks are the line's `t140`, and is named first, being preferred.

use super::{Session, agree, answer, offer};
use crate::description::{Description, MediaKind, MediaLine};
use crate::fmtp::text as parameters;
use crate::text::{AgreedText, LocalText, Redundancy, TextFormat};
use crate::{Coding, Local, Payload, limits};

/// The numbers of a first offer; like those of the codecs they differ from all others, whatever the line.
const T140: u8 = 112;
const RED: u8 = 113;

/// The m-line that carries text, or a refused one of it that can be used again (RFC 3264 §8.1).
pub(super) fn place(session: &Session) -> Option<usize> {
    let current = session.text.as_ref().map(|text| text.index);
    current.or_else(|| session.lines.iter().position(|line| line.kind == MediaKind::Text))
}

/// The text line of our offer, at `index`; `None` when this side has no text.
pub(super) fn offered(session: &mut Session, index: usize, local: &Local) -> Option<MediaLine> {
    let text = local.caps.text.as_ref()?;
    let before = session.lines.get(index).filter(|line| line.port != 0).cloned();
    let standing = before.as_ref().and_then(format);
    let payloads = session.numbers_mut(index).assign(&[numbered(text, standing)]);
    // Which number redundancy is of is known only now.
    let t140 = payloads.first()?.clone();
    let red = text.redundancy.then(|| {
        let standing = standing.and_then(|format| format.red);
        let pt = standing.map_or(RED, |red| red.pt);
        let generations = standing.map_or(limits::TEXT_GENERATIONS, |red| red.generations);
        redundant(pt, t140.pt, generations)
    });
    // With both at once, so that they get different numbers.
    let formats: Vec<Payload> = std::iter::once(t140).chain(red).collect();
    let mut payloads = session.numbers_mut(index).assign(&formats);
    payloads.reverse();
    let proto = before.as_ref().map_or(offer::PROFILE, |line| line.proto.as_str());
    let mut line = offer::blank(MediaKind::Text, text.port, proto, local);
    line.mid = before.as_ref().and_then(|line| line.mid.clone());
    line.payloads = payloads;
    line.direction = text.direction;
    line.rtcp_mux = local.caps.rtcp_mux;
    Some(line)
}

/// The index of the offered line that we answer with text, and our line: that which is in use already, else
/// the first that can be.
pub(super) fn answered(session: &Session, offer: &Description, local: &Local) -> Option<(usize, MediaLine)> {
    let text = local.caps.text.as_ref()?;
    let answer = |index: usize| {
        let offered = offer.media.get(index).filter(|line| line.kind == MediaKind::Text)?;
        answer::can_be_carried(offered, local).ok()?;
        Some((index, accepted(offered, format(offered)?, text, local)))
    };
    let current = session.text.as_ref().and_then(|text| answer(text.index));
    current.or_else(|| (0..offer.media.len()).find_map(answer))
}

/// What our line and the peer's to it come to; `None` when either side refuses, or lacks text or an address.
pub(super) fn agreed(index: usize, ours: &MediaLine, theirs: &MediaLine) -> Option<AgreedText> {
    if ours.kind != MediaKind::Text || theirs.kind != MediaKind::Text {
        return None;
    }
    let remote_rtp = agree::remote_rtp(ours, theirs)?;
    let (receive, send) = (format(ours)?, format(theirs)?);
    let rtcp_mux = ours.rtcp_mux && theirs.rtcp_mux;
    Some(AgreedText {
        index,
        remote_rtp,
        remote_rtcp: if rtcp_mux { remote_rtp } else { agree::remote_rtcp(theirs, remote_rtp) },
        rtcp_mux,
        direction: agree::direction(ours, theirs),
        send: TextFormat { red: send.red.filter(|_| receive.red.is_some()), ..send },
        receive,
        cps: t140(theirs).map_or(limits::TEXT_CPS_DEFAULT, |payload| parameters::cps(&payload.parameters)),
        held: theirs.holds(),
    })
}

/// The same over all lines of our offer and its answer.
pub(super) fn from_answer(ours: &[MediaLine], theirs: &[MediaLine]) -> Option<AgreedText> {
    let mut lines = ours.iter().zip(theirs).enumerate();
    lines.find_map(|(index, (ours, theirs))| agreed(index, ours, theirs))
}

fn accepted(offered: &MediaLine, format: TextFormat, text: &LocalText, local: &Local) -> MediaLine {
    let mut line = offer::blank(MediaKind::Text, text.port, &offered.proto, local);
    let red = format.red.filter(|_| text.redundancy);
    let red = red.map(|red| redundant(red.pt, format.t140, red.generations.min(limits::TEXT_GENERATIONS)));
    line.payloads = red.into_iter().chain([numbered(text, Some(format))]).collect();
    line.direction = answer::answered_direction(offered).and(text.direction);
    line.rtcp_mux = offered.rtcp_mux && local.caps.rtcp_mux;
    line.mid.clone_from(&offered.mid);
    line
}

/// What a line says: its first `t140`, and the first `red` of that.
fn format(line: &MediaLine) -> Option<TextFormat> {
    let t140 = t140(line)?.pt;
    let red = line.payloads.iter().filter(|payload| payload.coding == Coding::Redundancy);
    let mut red = red.filter_map(|payload| {
        let generations = parameters::generations(&payload.parameters, t140)?;
        Some(Redundancy { pt: payload.pt, generations })
    });
    Some(TextFormat { t140, red: red.next() })
}

fn t140(line: &MediaLine) -> Option<&Payload> {
    line.payloads.iter().find(|payload| payload.coding == Coding::T140)
}

/// Our `t140`, by the number that stands.
fn numbered(text: &LocalText, standing: Option<TextFormat>) -> Payload {
    let pt = standing.map_or(T140, |format| format.t140);
    Payload { parameters: parameters::of_cps(text.cps), ..Payload::t140(pt) }
}

fn redundant(pt: u8, t140: u8, generations: u8) -> Payload {
    Payload { parameters: parameters::of_generations(t140, generations), ..Payload::redundancy(pt) }
}
