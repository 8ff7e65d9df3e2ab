//! Our offer, first or later (RFC 3264 §5, §8).

use media::Kind;

use super::{Session, text};
use crate::agreed::Feedback;
use crate::description::{Direction, MediaKind, MediaLine};
use crate::{Local, Payload, Want, WantedStream};

/// The profile of our own offers. Feedback lines are put on it although they belong to RTP/AVPF: many SIP
/// phones refuse AVPF, and those that know feedback read it on AVP too.
pub(super) const PROFILE: &str = "RTP/AVP";

/// Formats for each of which feedback is named; of more it is said once for all (RFC 4585 §4.2), to keep the offer
/// short.
const FEEDBACK_EACH_MAX: usize = 2;

/// Our lines: those the dialog has, in place, then new ones.
pub(super) fn lines(session: &mut Session, local: &Local, want: &Want) -> Vec<MediaLine> {
    let mut lines: Vec<MediaLine> = session.lines.iter().map(removed).collect();
    for kind in [Kind::Audio, Kind::Video] {
        let place = place(session, kind);
        let index = place.unwrap_or(lines.len());
        let wanted = want.stream(kind);
        let Some(line) = wanted.and_then(|wanted| line(session, index, kind, local, wanted)) else {
            continue;
        };
        match place {
            Some(index) => lines[index] = line,
            None => lines.push(line),
        }
    }
    if lines.iter().any(|line| line.port != 0) {
        let place = text::place(session);
        let line = text::offered(session, place.unwrap_or(lines.len()), local);
        match (line, place) {
            (Some(line), Some(index)) => lines[index] = line,
            (Some(line), None) => lines.push(line),
            (None, _) => {}
        }
    }
    lines
}

/// The m-line that carries this kind, or a refused one of it that can be used again (RFC 3264 §8.1).
fn place(session: &Session, kind: Kind) -> Option<usize> {
    let agreed = session.agreed.iter().flat_map(|agreed| &agreed.streams);
    let current = agreed.filter(|stream| stream.kind == kind).map(|stream| stream.index).next();
    current.or_else(|| session.lines.iter().position(|line| line.kind.kind() == Some(kind)))
}

fn removed(line: &MediaLine) -> MediaLine {
    MediaLine {
        port: 0,
        direction: Direction::Inactive,
        feedback: Vec::new(),
        extensions: Vec::new(),
        rtcp_mux: false,
        ..line.clone()
    }
}

/// `None` when there is no port or no format for it.
fn line(
    session: &mut Session,
    index: usize,
    kind: Kind,
    local: &Local,
    wanted: &WantedStream,
) -> Option<MediaLine> {
    let port = local.port(kind)?;
    let formats = match &wanted.payloads {
        Some(payloads) => payloads.clone(),
        None => standing_formats(session, index).unwrap_or_else(|| local.caps.formats(kind)),
    };
    let payloads = session.numbers_mut(index).assign(&formats);
    if payloads.iter().all(|payload| payload.codec().is_none()) {
        return None;
    }
    // The profile of a line stays what it was answered with.
    let before = session.lines.get(index).filter(|line| line.port != 0);
    let proto = before.map_or(PROFILE, |line| line.proto.as_str());
    let mut line = blank(MediaKind::from(kind), port, proto, local);
    line.mid = before.and_then(|line| line.mid.clone());
    if kind == Kind::Video {
        let both = Feedback { pli: true, fir: true, tmmbr: true, remb: false };
        line.feedback = if payloads.len() <= FEEDBACK_EACH_MAX {
            payloads.iter().flat_map(|payload| feedback_lines(Some(payload.pt), both)).collect()
        } else {
            feedback_lines(None, both)
        };
        line.extensions = crate::orientation::offered(before);
    }
    line.payloads = payloads;
    line.direction = wanted.direction;
    line.rtcp_mux = local.caps.rtcp_mux;
    Some(line)
}

/// What the line has agreed already: codecs first, then comfort noise and keys.
fn standing_formats(session: &Session, index: usize) -> Option<Vec<Payload>> {
    let stream = session.agreed.as_ref()?.streams.iter().find(|stream| stream.index == index)?;
    let keys = session.lines.get(index)?.payloads.iter();
    let keys = keys.filter(|payload| {
        stream.dtmf_receive.contains(&payload.pt) || stream.noise_receive == Some(payload.pt)
    });
    Some(stream.receive.iter().chain(keys).cloned().collect())
}

/// A line with address, bandwidth and packet time of ours, and nothing agreed.
pub(super) fn blank(kind: MediaKind, port: u16, proto: &str, local: &Local) -> MediaLine {
    let mut line = MediaLine::new(kind, port, proto);
    line.connection = Some(local.address);
    match line.kind {
        MediaKind::Audio => line.ptime = Some(local.caps.ptime_ms.into()),
        MediaKind::Video => {
            line.bandwidth.tias_bps = local.caps.video_bps;
            // A tenth for packet headers.
            line.bandwidth.as_kbps =
                local.caps.video_bps.map(|bps| bps.div_ceil(1_000).saturating_mul(11) / 10);
        }
        MediaKind::Text | MediaKind::Other(_) => {}
    }
    line
}

/// RFC 4585 §4.2, RFC 5104 §7.1, draft-alvestrand-rmcat-remb-03 §2.1.
pub(super) fn feedback_lines(pt: Option<u8>, feedback: Feedback) -> Vec<(Option<u8>, String)> {
    let names = [
        (feedback.pli, "nack pli"),
        (feedback.fir, "ccm fir"),
        (feedback.tmmbr, "ccm tmmbr"),
        (feedback.remb, "goog-remb"),
    ];
    names.into_iter().filter(|(on, _)| *on).map(|(_, name)| (pt, name.to_owned())).collect()
}
