//! Text to [`Description`]: limits and cleaning first, then the line grammar of `sdp-types`, then meaning.
//!
//! An attribute that we know but cannot read counts as unknown and is kept as text; nothing a peer writes
//! in an attribute makes a description unreadable.

use std::net::IpAddr;

use sdp_types as lines;

use crate::description::{
    Attribute, Bandwidth, Description, Direction, Extension, MediaKind, MediaLine, Origin,
};
use crate::{Parameters, Payload, limits};

/// The attribute of RFC 8285 §8.
const EXTENSION: &str = "extmap";

/// Why a description cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session description line {line}: {why}")]
pub struct ParseError {
    /// Counted from 1; 0 when the whole text is meant.
    pub line: usize,
    /// What is wrong, in words.
    pub why: String,
}

pub(crate) fn description(text: &[u8]) -> Result<Description, ParseError> {
    let session = lines::Session::parse(&cleaned(text)?).map_err(|error| from_grammar(&error))?;
    if session.medias.len() > limits::MEDIA_LINES_MAX {
        return Err(whole(format!("more than {} m-lines", limits::MEDIA_LINES_MAX)));
    }
    let connection = session.connection.as_ref().and_then(address);
    let mut direction = Direction::SendRecv;
    let mut attributes = Vec::new();
    let mut extensions = Vec::new();
    for attribute in session.attributes {
        match (Direction::from_name(&attribute.attribute), attribute.value.as_deref().and_then(extension)) {
            (Some(named), _) if attribute.value.is_none() => direction = named,
            (_, Some(extension)) if attribute.attribute.eq_ignore_ascii_case(EXTENSION) => {
                add_extension(&mut extensions, extension);
            }
            _ => attributes.push(Attribute { name: attribute.attribute, value: attribute.value }),
        }
    }
    let mut times: Vec<_> = session.times.iter().map(|time| (time.start_time, time.stop_time)).collect();
    if times.is_empty() {
        times.push((0, 0));
    }
    let mut media: Vec<MediaLine> =
        session.medias.into_iter().map(|media| media_line(media, connection, direction)).collect();
    for line in media.iter_mut().filter(|line| line.is_rtp()) {
        extensions.iter().for_each(|extension| add_extension(&mut line.extensions, extension.clone()));
    }
    Ok(Description {
        origin: origin(session.origin),
        name: session.session_name,
        connection,
        bandwidth: bandwidth(&session.bandwidths),
        times,
        attributes,
        media,
    })
}

fn whole(why: String) -> ParseError {
    ParseError { line: 0, why }
}

/// Checks the limits and takes out what need not be read and is often written wrongly: blanks at line ends,
/// NUL at the end, text in other charsets, lines without use to a call. Lines keep their numbers.
fn cleaned(text: &[u8]) -> Result<Vec<u8>, ParseError> {
    if text.len() > limits::DESCRIPTION_LEN_MAX {
        return Err(whole(format!("longer than {} octets", limits::DESCRIPTION_LEN_MAX)));
    }
    let end = text.iter().rposition(|&octet| octet != 0).map_or(0, |last| last + 1);
    let mut cleaned = Vec::with_capacity(end);
    for (index, line) in text[..end].split(|&octet| octet == b'\n').enumerate() {
        if index >= limits::LINES_MAX {
            return Err(whole(format!("more than {} lines", limits::LINES_MAX)));
        }
        let line = String::from_utf8_lossy(line.trim_ascii_end());
        if !is_useless(&line) {
            cleaned.extend_from_slice(line.as_bytes());
        }
        cleaned.extend_from_slice(b"\r\n");
    }
    Ok(cleaned)
}

/// Titles, contacts, repeat times, zones, keys; and bandwidths that are no number.
fn is_useless(line: &str) -> bool {
    match line.split_once('=') {
        Some(("i" | "u" | "e" | "p" | "r" | "z" | "k", _)) => true,
        Some(("b", value)) => value.split_once(':').is_none_or(|(_, number)| number.parse::<u64>().is_err()),
        _ => false,
    }
}

fn from_grammar(error: &lines::ParserError) -> ParseError {
    use lines::ParserError as E;
    let line = match error {
        E::InvalidVersion(line, _) => *line,
        E::InvalidLineFormat(line, _) | E::InvalidFieldEncoding(line, _) | E::InvalidFieldFormat(line, _) => {
            *line
        }
        E::MissingField(line, _) | E::FieldTrailingData(line, _) => *line,
        E::MultipleVersions(line) | E::MultipleOrigins(line) | E::MultipleSessionNames(line) => *line,
        E::MultipleSessionDescription(line) | E::MultipleUris(line) | E::MultipleConnections(line) => *line,
        E::MultipleTimeZones(line) | E::MultipleMediaTitles(line) | E::MultipleKeys(line) => *line,
        E::RepeatWithoutTime(line) => *line,
        _ => 0, // NoVersion, and variants that the grammar keeps but no longer makes
    };
    ParseError { line, why: error.to_string() }
}

fn origin(origin: lines::Origin) -> Origin {
    Origin {
        username: origin.username.unwrap_or_else(|| "-".to_owned()),
        session_id: origin.sess_id,
        version: origin.sess_version,
        address: origin.unicast_address,
    }
}

/// `None` for a name: this crate resolves nothing.
fn address(connection: &lines::Connection) -> Option<IpAddr> {
    connection.try_address().ok().map(|address| address.ip)
}

fn bandwidth(lines: &[lines::Bandwidth]) -> Bandwidth {
    let mut bandwidth = Bandwidth::default();
    for line in lines {
        let value = u32::try_from(line.bandwidth).unwrap_or(u32::MAX);
        match line.bwtype.as_str() {
            "AS" if bandwidth.as_kbps.is_none() => bandwidth.as_kbps = Some(value),
            "TIAS" if bandwidth.tias_bps.is_none() => bandwidth.tias_bps = Some(value),
            _ => bandwidth.others.push((line.bwtype.clone(), line.bandwidth)),
        }
    }
    bandwidth
}

fn media_line(media: lines::Media, connection: Option<IpAddr>, direction: Direction) -> MediaLine {
    let kind = match media.media.to_ascii_lowercase().as_str() {
        "audio" => MediaKind::Audio,
        "video" => MediaKind::Video,
        "text" => MediaKind::Text,
        _ => MediaKind::Other(media.media),
    };
    let mut line = MediaLine::new(kind, media.port, &media.proto);
    // Of several (layered multicast, RFC 8866 §5.7) the first is the base layer.
    line.connection = media.connections.first().map_or(connection, address);
    line.bandwidth = bandwidth(&media.bandwidths);
    line.direction = direction;
    if line.is_rtp() {
        line.payloads = payloads(&media.fmt, &media.attributes);
    }
    if line.payloads.is_empty() {
        line.formats = media.fmt.split_ascii_whitespace().map(str::to_owned).collect();
    }
    for attribute in media.attributes {
        apply(&mut line, Attribute { name: attribute.attribute, value: attribute.value });
    }
    line
}

/// The formats of the m-line with the rtpmap and fmtp lines that name them. Words that are no payload
/// type and repeated numbers are dropped.
fn payloads(formats: &str, attributes: &[lines::Attribute]) -> Vec<Payload> {
    let mut payloads: Vec<Payload> = Vec::new();
    for word in formats.split_ascii_whitespace() {
        let Some(pt) = payload_type(word) else { continue };
        if payloads.len() < limits::PAYLOADS_MAX && payloads.iter().all(|payload| payload.pt != pt) {
            let mapped = values(attributes, "rtpmap", pt).find_map(|value| rtpmap(pt, value));
            payloads.push(mapped.unwrap_or_else(|| Payload::without_rtpmap(pt)));
        }
    }
    for payload in &mut payloads {
        if let Some(text) = values(attributes, "fmtp", payload.pt).next() {
            payload.parameters = Parameters::parse(&payload.coding, text);
        }
    }
    payloads
}

/// What follows the payload type in the attributes of that name that are about `pt`.
fn values<'a>(attributes: &'a [lines::Attribute], name: &'a str, pt: u8) -> impl Iterator<Item = &'a str> {
    let named = attributes.iter().filter(move |attribute| attribute.attribute.eq_ignore_ascii_case(name));
    named.filter_map(move |attribute| {
        let value = attribute.value.as_deref()?.trim_start();
        let (number, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
        (payload_type(number)? == pt).then_some(rest)
    })
}

fn payload_type(word: &str) -> Option<u8> {
    word.parse().ok().filter(|&pt: &u8| pt <= 127)
}

/// `H264/90000` or `opus/48000/2`.
fn rtpmap(pt: u8, value: &str) -> Option<Payload> {
    let mut words = value.trim().split('/');
    let name = words.next().filter(|name| !name.is_empty())?;
    let clock_rate = words.next()?.trim().parse().ok()?;
    let channels = words.next().and_then(|word| word.trim().parse().ok()).unwrap_or(1);
    Some(Payload::named(pt, name, clock_rate, channels))
}

fn apply(line: &mut MediaLine, attribute: Attribute) {
    let value = attribute.value.as_deref().map(str::trim);
    let known = match (attribute.name.to_ascii_lowercase().as_str(), value) {
        // Those of listed formats are in `payloads`; those of other numbers say nothing (RFC 8866 §6.6).
        ("rtpmap" | "fmtp", Some(_)) => line.is_rtp(),
        ("rtcp-mux", None) => set(&mut line.rtcp_mux, Some(true)),
        ("rtcp", Some(value)) => apply_rtcp(line, value),
        ("rtcp-fb", Some(value)) => apply_feedback(line, value),
        (EXTENSION, Some(value)) => apply_extension(line, value),
        ("ptime", Some(value)) => set(&mut line.ptime, milliseconds(value).map(Some)),
        ("maxptime", Some(value)) => set(&mut line.max_ptime, milliseconds(value).map(Some)),
        ("mid", Some(value)) if !value.is_empty() => set(&mut line.mid, Some(Some(value.to_owned()))),
        (name, None) => set(&mut line.direction, Direction::from_name(name)),
        _ => false,
    };
    if !known {
        line.attributes.push(attribute);
    }
}

fn set<T>(field: &mut T, value: Option<T>) -> bool {
    let known = value.is_some();
    if let Some(value) = value {
        *field = value;
    }
    known
}

/// Whole milliseconds; some write `20.0`.
fn milliseconds(value: &str) -> Option<u16> {
    value.split('.').next()?.parse().ok().filter(|&ms| ms > 0)
}

/// `53020` or `53020 IN IP6 2001:db8::1` (RFC 3605 §2.1).
fn apply_rtcp(line: &mut MediaLine, value: &str) -> bool {
    let mut words = value.split_ascii_whitespace();
    let Some(port) = words.next().and_then(|word| word.parse().ok()).filter(|&port: &u16| port > 0) else {
        return false;
    };
    line.rtcp_port = Some(port);
    line.rtcp_address = words.nth(2).and_then(|word| word.parse().ok());
    true
}

/// `96 nack pli` or `* ccm fir` (RFC 4585 §4.2).
fn apply_feedback(line: &mut MediaLine, value: &str) -> bool {
    let Some((number, rest)) = value.split_once([' ', '\t']) else { return false };
    let pt = match number {
        "*" => None,
        _ => match payload_type(number) {
            Some(pt) => Some(pt),
            None => return false,
        },
    };
    line.feedback.push((pt, rest.trim().to_owned()));
    true
}

fn apply_extension(line: &mut MediaLine, value: &str) -> bool {
    let Some(extension) = extension(value).filter(|_| line.is_rtp()) else { return false };
    add_extension(&mut line.extensions, extension);
    true
}

/// A number has the meaning that it is given first (RFC 8285 §5).
fn add_extension(extensions: &mut Vec<Extension>, extension: Extension) {
    let is_new = extensions.iter().all(|known| known.id != extension.id);
    if is_new && extensions.len() < limits::EXTENSIONS_MAX {
        extensions.push(extension);
    }
}

/// `7 urn:3gpp:video-orientation` or `2/sendrecv http://example.com/ext short` (RFC 8285 §8).
fn extension(value: &str) -> Option<Extension> {
    let mut words = value.trim().splitn(3, [' ', '\t']);
    let (head, uri) = (words.next()?, words.next().filter(|uri| !uri.is_empty())?);
    let (number, direction) = match head.split_once('/') {
        Some((number, direction)) => (number, Direction::from_name(direction)?),
        None => (head, Direction::SendRecv),
    };
    let id = number.parse().ok().filter(|id| matches!(id, 1..=255 | 4_096..=4_351))?;
    let attributes = words.next().map(|rest| rest.trim().to_owned()).filter(|rest| !rest.is_empty());
    Some(Extension { id, direction, uri: uri.to_owned(), attributes })
}
