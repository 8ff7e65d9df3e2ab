//! Finds the session description in a message body: RFC 2046 §5.1 multipart, as RFC 5621 uses it in SIP.
//!
//! SIP carries eight bits, so parts come in binary; those in base64 or quoted-printable are passed over.

use crate::limits::{BODY_DEPTH_MAX, BODY_PARTS_MAX, BOUNDARY_LEN_MAX};

/// The octets of the first `application/sdp` part, or the whole body when that is its type.
///
/// `content_type` is the value of the message's Content-Type header. `None` when there is no such part.
#[must_use]
pub fn find<'a>(content_type: &str, body: &'a [u8]) -> Option<&'a [u8]> {
    let mut parts_left = BODY_PARTS_MAX;
    find_within(content_type, body, BODY_DEPTH_MAX, &mut parts_left)
}

fn find_within<'a>(
    content_type: &str,
    body: &'a [u8],
    depth: usize,
    parts_left: &mut usize,
) -> Option<&'a [u8]> {
    let essence = content_type.split(';').next()?.trim().to_ascii_lowercase();
    if essence == "application/sdp" {
        return Some(body);
    }
    if !essence.starts_with("multipart/") || depth == 0 {
        return None;
    }
    let delimiter = format!("--{}", boundary(content_type)?);
    let mut rest = after_line(body, next_delimiter(body, delimiter.as_bytes())?);
    while let Some(start) = rest.filter(|_| *parts_left > 0) {
        *parts_left -= 1;
        let end = next_delimiter(start, delimiter.as_bytes())?;
        let found = find_in_part(trim_line_end(&start[..end]), depth - 1, parts_left);
        if found.is_some() {
            return found;
        }
        let closing = start[end + delimiter.len()..].starts_with(b"--");
        rest = after_line(start, end).filter(|_| !closing);
    }
    None
}

fn find_in_part<'a>(part: &'a [u8], depth: usize, parts_left: &mut usize) -> Option<&'a [u8]> {
    let mut content_type = String::from("text/plain");
    let mut rest = part;
    loop {
        let end = rest.iter().position(|&octet| octet == b'\n').map_or(rest.len(), |at| at + 1);
        let line = String::from_utf8_lossy(rest[..end].trim_ascii());
        rest = &rest[end..];
        if line.is_empty() {
            return find_within(&content_type, rest, depth, parts_left);
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "content-type" | "c" => content_type = value.trim().to_owned(),
            "content-transfer-encoding" if is_coded(value.trim()) => return None,
            _ => {}
        }
    }
}

fn is_coded(encoding: &str) -> bool {
    ["base64", "quoted-printable"].iter().any(|coded| encoding.eq_ignore_ascii_case(coded))
}

/// The boundary parameter, quoted or not.
fn boundary(content_type: &str) -> Option<&str> {
    let at = content_type.to_ascii_lowercase().find("boundary=")? + "boundary=".len();
    let value = content_type.get(at..)?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => value.split(';').next()?.trim(),
    };
    (1..=BOUNDARY_LEN_MAX).contains(&value.len()).then_some(value)
}

/// Where the next line that begins with the delimiter begins.
fn next_delimiter(text: &[u8], delimiter: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let after = text.get(at..)?.strip_prefix(delimiter);
        if after.is_some_and(ends_delimiter) {
            return Some(at);
        }
        at += text[at..].iter().position(|&octet| octet == b'\n')? + 1;
    }
}

/// Only `--` and blanks may stand behind the boundary, so that `b1` is not found in `b10`.
fn ends_delimiter(after: &[u8]) -> bool {
    let line = after.split(|&octet| octet == b'\n').next().unwrap_or_default();
    line.strip_prefix(b"--").unwrap_or(line).trim_ascii().is_empty()
}

/// What follows the line that begins at `at`.
fn after_line(text: &[u8], at: usize) -> Option<&[u8]> {
    let end = at + text[at..].iter().position(|&octet| octet == b'\n')?;
    text.get(end + 1..)
}

/// The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
fn trim_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";

    #[test]
    fn a_plain_body_is_the_description() {
        for kind in ["application/sdp", "Application/SDP; charset=utf-8"] {
            assert_eq!(find(kind, SDP.as_bytes()), Some(SDP.as_bytes()));
        }
        assert_eq!(find("text/plain", SDP.as_bytes()), None);
    }

    #[test]
    fn the_description_is_found_among_binary_parts() {
        let body = format!(
            "preamble\r\n--unique-1\r\nContent-Type: application/isup;version=itu-t92+\r\n\r\n\0\r\n\u{1}\r\n\
             --unique-1 \r\ncontent-type:application/sdp\r\nContent-Disposition: session\r\n\r\n{SDP}\r\n\
             --unique-1--\r\nepilogue"
        );
        for kind in ["multipart/mixed;boundary=unique-1", "multipart/mixed; BOUNDARY=\"unique-1\"; start=x"] {
            assert_eq!(find(kind, body.as_bytes()), Some(SDP.as_bytes()), "{kind}");
        }
        assert_eq!(find("multipart/mixed; boundary=other", body.as_bytes()), None);
        assert_eq!(find("multipart/mixed", body.as_bytes()), None);
    }

    #[test]
    fn nested_parts_are_followed_to_a_depth() {
        let nest = |inner: &str, kind: &str, mark: &str| {
            format!("--{mark}\nContent-Type: {kind}\n\n{inner}\n--{mark}--\n")
        };
        let mut body = nest(SDP, "application/sdp", "b0");
        let mut kind = "multipart/mixed; boundary=b0".to_owned();
        for level in 1..=BODY_DEPTH_MAX {
            assert_eq!(find(&kind, body.as_bytes()), Some(SDP.as_bytes()), "level {level}");
            let mark = format!("b{level}");
            body = nest(&body, &kind, &mark);
            kind = format!("multipart/related; boundary={mark}");
        }
        assert_eq!(find(&kind, body.as_bytes()), None);
    }

    #[test]
    fn a_boundary_that_begins_like_another_is_told_apart() {
        let body = format!("--b10\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n{SDP}\r\n--b10\r\n--b1--");
        let found = find("multipart/mixed; boundary=b1", body.as_bytes());
        assert_eq!(found, Some(format!("{SDP}\r\n--b10").as_bytes()));
    }

    #[test]
    fn a_part_without_end_or_in_a_text_coding_is_not_used() {
        let kind = "multipart/mixed; boundary=b";
        assert_eq!(find(kind, b"--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"), None);
        let coded = b"--b\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\ndj0w\r\n--b--\r\n";
        assert_eq!(find(kind, coded), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bodies_do_no_harm(kind in "multipart/mixed; boundary=.{0,4}", body in "(--|a|b|\r\n|\n|:|Content-Type){0,40}") {
            let _ = find(&kind, body.as_bytes());
        }
    }
}
