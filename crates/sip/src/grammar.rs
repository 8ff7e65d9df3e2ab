//! Small scanners of the SIP grammar (RFC 3261 §25.1).
//!
//! All scanners take text whose lines are already unfolded, so that linear white space is SP and HTAB only.

use std::borrow::Cow;

use crate::class::Class;
use crate::error::Syntax;
use crate::limits::DIGITS_MAX;

/// `token`: not empty and of token characters only.
#[inline]
pub(crate) fn is_token_text(text: &str) -> bool {
    !text.is_empty() && Class::TOKEN.all(text)
}

/// Cuts white space at both ends.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut end = bytes.len();
    while end > 0 && is_lws(bytes[end - 1]) {
        end -= 1;
    }
    trim_start(&text[..end])
}

/// Cuts white space at the start.
#[inline]
pub(crate) fn trim_start(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() && is_lws(bytes[start]) {
        start += 1;
    }
    &text[start..]
}

/// Linear white space of an unfolded line.
fn is_lws(octet: u8) -> bool {
    octet == b' ' || octet == b'\t'
}

/// Where `octet` occurs first.
#[inline]
pub(crate) fn find(text: &[u8], octet: u8) -> Option<usize> {
    let wanted = u64::from(octet) * ONES;
    first_hit(text, |word| zeros(word ^ wanted), |candidate| candidate == octet)
}

/// Where the first control character is: an octet below space, or DEL.
#[inline]
pub(crate) fn find_control(text: &[u8]) -> Option<usize> {
    let below_space = |word: u64| word.wrapping_sub(ONES * 0x20) & !word;
    let delete = |word: u64| zeros(word ^ (ONES * 0x7f));
    first_hit(text, |word| below_space(word) | delete(word), |octet| octet.is_ascii_control())
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// The highest bit of each zero octet; those above the first such octet mean nothing.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word
}

/// The first octet that is searched for. `hits` sets the highest bit of that octet in a word, if none before it
/// is one. Eight octets a step without any preparation, which for the short texts that headers are made of is
/// quicker than `memchr` with its choice of vector instructions.
#[inline]
fn first_hit(text: &[u8], hits: impl Fn(u64) -> u64, is_hit: impl Fn(u8) -> bool) -> Option<usize> {
    let hits = |word: &[u8; 8]| hits(u64::from_le_bytes(*word)) & (ONES << 7);
    let index = |bits: u64| (bits.trailing_zeros() / 8) as usize;
    let Some(last) = text.last_chunk() else { return text.iter().position(|octet| is_hit(*octet)) };
    for (at, word) in text.as_chunks().0.iter().enumerate() {
        let bits = hits(word);
        if bits != 0 {
            return Some(at * 8 + index(bits));
        }
    }
    let bits = hits(last);
    (bits != 0).then(|| text.len() - 8 + index(bits))
}

/// The text before and after the first `separator` (an ASCII octet). Like `split_once`, but quick on the short
/// texts that headers are made of.
#[inline]
pub(crate) fn cut(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = find(text.as_bytes(), separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// The texts between separators (an ASCII octet), like `split`.
#[inline]
pub(crate) fn pieces(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (piece, after) = cut(text, separator).map_or((text, None), |(piece, after)| (piece, Some(after)));
        rest = after;
        Some(piece)
    })
}

/// Splits `text` before the first `separator`, which stays in the second part; that is empty without one.
#[inline]
pub(crate) fn split_before(text: &str, separator: u8) -> (&str, &str) {
    text.split_at(find(text.as_bytes(), separator).unwrap_or(text.len()))
}

/// Splits `text` after the longest start whose octets are all in `class`. (A class holds all octets above
/// ASCII or none, so this never cuts a character.)
#[inline]
pub(crate) fn take_while(text: &str, class: Class) -> (&str, &str) {
    let cut = text.bytes().position(|octet| !class.has(octet)).unwrap_or(text.len());
    text.split_at(cut)
}

/// Splits after the quoted string that `text` starts with; `None` when there is none or it is not closed.
pub(crate) fn take_quoted(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    while let Some(b) = bytes.get(at) {
        match b {
            b'\\' => at += 2,
            b'"' => return Some(text.split_at(at + 1)),
            _ => at += 1,
        }
    }
    None
}

/// The text that a quoted string stands for; other text is returned as it is.
pub(crate) fn unquote(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    Cow::Owned(out)
}

/// Appends `text` as a quoted string. CR and LF have no form in it (`quoted-pair`) and become spaces.
pub(crate) fn push_quoted(out: &mut impl std::fmt::Write, text: &str) -> std::fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '\r' | '\n' => out.write_char(' ')?,
            '"' | '\\' | '\0'..='\x08' | '\x0b'..='\x1f' | '\x7f' => {
                out.write_char('\\')?;
                out.write_char(c)?;
            }
            _ => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

/// The elements of a comma list, trimmed. Commas in quoted strings and between `<` and `>` separate nothing.
pub(crate) fn split_list(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let cut = list_comma(text.as_bytes());
        rest = cut.map(|at| &text[at + 1..]);
        Some(trim(&text[..cut.unwrap_or(text.len())]))
    })
}

/// Where the first comma is that separates list elements.
fn list_comma(text: &[u8]) -> Option<usize> {
    let (mut at, mut quoted, mut angle) = (0, false, false);
    while let Some(b) = text.get(at) {
        match (b, quoted, angle) {
            (b'\\', true, _) => at += 1,
            (b'"', _, false) => quoted = !quoted,
            (b'<', false, false) => angle = true,
            (b'>', false, true) => angle = false,
            (b',', false, false) => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// `1*DIGIT` as a number; leading zeros are fine, more than [`DIGITS_MAX`] digits are not.
pub(crate) fn number(text: &str) -> Result<u64, Syntax> {
    if text.is_empty() || !Class::DIGIT.all(text) {
        return Err(Syntax("not a number"));
    }
    let significant = if text.starts_with('0') { text.trim_start_matches('0') } else { text };
    if significant.len() > DIGITS_MAX {
        return Err(Syntax("number too large"));
    }
    let digits = significant.bytes().map(|digit| u64::from(digit - b'0'));
    let value = digits.into_iter().try_fold(0u64, |value, digit| value.checked_mul(10)?.checked_add(digit));
    value.ok_or(Syntax("number too large"))
}

/// A number that fits 32 bits.
pub(crate) fn number_u32(text: &str) -> Result<u32, Syntax> {
    u32::try_from(number(text)?).map_err(|_| Syntax("number too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_octet_is_found_wherever_it_is() {
        let text = "\u{80}\u{ff};0123456789:abcdefghijklmnopqrstuvwxyz,;,".as_bytes();
        for start in 0..text.len() {
            for end in start..=text.len() {
                let part = &text[start..end];
                for octet in [b':', b';', b',', b'z', b'0', 0x80, 0xc2, 0, 0xff] {
                    assert_eq!(find(part, octet), part.iter().position(|b| *b == octet), "{part:?} {octet}");
                }
            }
        }
    }

    #[test]
    fn the_first_control_character_is_found_wherever_it_is() {
        let all: Vec<u8> = (0..=255).collect();
        for octet in 0..=255u8 {
            for len in 0..20 {
                for at in 0..=len {
                    let mut text = vec![b' '; at];
                    text.extend([octet, 0x80, b'~', 0xff]);
                    text.resize(at + 4 + len, b'!');
                    let found = octet.is_ascii_control().then_some(at);
                    assert_eq!(find_control(&text), found, "{octet:#x} at {at} of {}", text.len());
                }
            }
        }
        assert_eq!(find_control(&all[0x20..0x7f]), None);
        assert_eq!(find_control(&all[0x20..]), Some(0x5f));
    }

    #[test]
    fn commas_in_quotes_and_angle_brackets_do_not_split() {
        let list: Vec<&str> = split_list(r#""a, \", b" <sip:x,y@h> , <sip:z@h>;p="1,2",c"#).collect();
        assert_eq!(list, [r#""a, \", b" <sip:x,y@h>"#, r#"<sip:z@h>;p="1,2""#, "c"]);
    }

    #[test]
    fn an_apostrophe_or_a_quote_inside_brackets_is_no_quotation() {
        let list: Vec<&str> = split_list(r#"<sip:a"b@h>,c"#).collect();
        assert_eq!(list.len(), 2);
    }

    #[test]
    fn quoted_strings_round_trip() {
        let mut out = String::new();
        push_quoted(&mut out, r#"J "R" \ ö"#).expect("writing to a string");
        assert_eq!(unquote(&out), r#"J "R" \ ö"#);
        assert_eq!(take_quoted(&out).map(|(_, rest)| rest), Some(""));
        assert_eq!(take_quoted(r#""open\""#), None);
    }

    #[test]
    fn numbers_have_bounds_and_leading_zeros() {
        assert_eq!(number("0000000000000000000000000068"), Ok(68));
        assert_eq!(number("000"), Ok(0));
        assert!(number("18446744073709551616").is_err());
        assert!(number("-1").is_err());
        assert!(number_u32("4294967296").is_err());
    }
}
