//! `%HH` escapes (RFC 3261 §19.1.2).

use std::borrow::Cow;

use crate::class::Class;

/// Decodes every escape. A `%` without two hex digits stays as it is; octets that are not UTF-8 become U+FFFD.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        match escaped(rest) {
            Some(octet) => {
                octets.push(octet);
                rest = rest.get(3..).unwrap_or_default();
            }
            None => {
                octets.push(*first);
                rest = tail;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&octets).into_owned())
}

/// The octet that `text` starts with in escaped form.
pub(super) fn escaped(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(*high)? << 4 | digit(*low)?)
}

/// Escapes a user part: `unreserved` and `user-unreserved` (RFC 3261 §25.1) stay.
pub(super) fn user(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if Class::USER.has(b) {
            out.push(char::from(b));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(b >> 4)]));
            out.push(char::from(HEX[usize::from(b & 15)]));
        }
    }
    out
}

/// Each octet is in `class` or starts a whole escape.
pub(super) fn well_formed(text: &str, class: Class) -> bool {
    take(text, class).1.is_empty()
}

/// Splits after the longest start of octets in `class`, which is of ASCII, and whole escapes.
pub(super) fn take(text: &str, class: Class) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(b) = bytes.get(at) {
        if class.has(*b) {
            at += 1;
        } else if *b == b'%' && escaped(&bytes[at..]).is_some() {
            at += 3;
        } else {
            break;
        }
    }
    text.split_at(at)
}
