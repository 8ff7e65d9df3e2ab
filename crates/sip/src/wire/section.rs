//! The header section: lines to fields (RFC 3261 §7.3.1).
//!
//! Unfolds, expands compact names, splits comma lists, counts single headers and takes Content-Length out.
//! The first fault is noted and reading goes on, so that an answer can carry what was readable.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use super::fault::Fault;
use crate::grammar;
use crate::headers::{Headers, KNOWN, Name, Rule, known};
use crate::limits::HEADERS_MAX;

/// What was read between the start line and the body.
pub(super) struct Section {
    pub(super) headers: Headers,
    /// Octets up to the body, with the empty line.
    pub(super) len: usize,
    /// The empty line was there.
    pub(super) complete: bool,
    content_length: Option<u64>,
    /// One bit a row of `KNOWN`.
    seen: u128,
    /// No control characters but HTAB and whole line ends are anywhere in the text.
    clean: bool,
    fault: Option<Fault>,
}

/// A typical INVITE has about twenty header fields.
const FIELDS_EXPECTED: usize = 24;

const _: () = assert!(KNOWN.len() <= 128, "`seen` has a bit for each known header");

impl Section {
    /// Reads the lines after the start line.
    pub(super) fn read(text: &str) -> Self {
        let mut section = Section {
            headers: Headers::with_capacity(FIELDS_EXPECTED),
            len: text.len(),
            complete: false,
            content_length: None,
            seen: 0,
            clean: is_clean(text.as_bytes()),
            fault: None,
        };
        let mut pending = None;
        let mut rest = text;
        while let Some((line, after)) = take_line(rest) {
            rest = after;
            if !line.crlf {
                section.note(Fault::bad("line does not end with CRLF"));
            }
            if line.text.is_empty() {
                section.complete = true;
                section.len = text.len() - rest.len();
                break;
            }
            section.line(text, line.text, &mut pending);
        }
        section.flush(text, pending);
        section.headers.set_received(&text[..section.len]);
        if !section.complete {
            section.note(Fault::bad("header section does not end with an empty line"));
        }
        section
    }

    /// Notes a fault unless there was an earlier one.
    pub(super) fn note(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// No fault was found in the lines themselves.
    pub(super) fn sound(&self) -> Result<(), Fault> {
        self.fault.map_or(Ok(()), Err)
    }

    /// Whether the header of this row of `KNOWN` occurred.
    pub(super) fn has(&self, row: usize) -> bool {
        self.seen & (1 << row) != 0
    }

    /// The body by §18.3: Content-Length octets; all that is left of the datagram when it is not given.
    pub(super) fn body(&self, data: &Bytes, body_at: usize) -> Result<Bytes, Fault> {
        let left = data.len().saturating_sub(body_at);
        let len = match self.content_length {
            None => left,
            Some(len) => usize::try_from(len)
                .ok()
                .filter(|len| *len <= left)
                .ok_or(Fault::of("Content-Length", "body is shorter"))?,
        };
        Ok(data.slice(data.len() - left..data.len() - left + len))
    }

    fn line<'a>(&mut self, text: &str, line: &'a str, pending: &mut Option<Field<'a>>) {
        if matches!(line.as_bytes(), [b' ' | b'\t', ..]) {
            match pending {
                Some(field) => unfold(field.value.to_mut(), line),
                None => self.note(Fault::bad("white space before the first header")),
            }
            return;
        }
        self.flush(text, pending.take());
        *pending = Field::read(line);
        if pending.is_none() {
            self.note(Fault::bad("line is no header field"));
        }
    }

    /// Keeps a field that no line continues any more.
    fn flush(&mut self, text: &str, field: Option<Field<'_>>) {
        let Some(Field { name, row, value }) = field else { return };
        if !self.clean && has_stray_control(&value) {
            self.note(Fault::bad("control character in a header field"));
        }
        match row {
            Some(at) => self.known_field(text, at, &value),
            None => self.push(text, Name::Other(name.into()), &value),
        }
    }

    fn known_field(&mut self, text: &str, at: usize, value: &str) {
        let row = &KNOWN[at];
        let repeated = self.seen & (1 << at) != 0;
        self.seen |= 1 << at;
        match row.rule {
            Rule::Single if repeated => self.note(Fault::of(row.name, "occurs more than once")),
            Rule::Single if row.name == "Content-Length" => match grammar::number(grammar::trim(value)) {
                Ok(len) => self.content_length = Some(len),
                Err(why) => self.note(Fault::syntax(row.name, why)),
            },
            Rule::List if grammar::find(value.as_bytes(), b',').is_some() => {
                grammar::split_list(value).for_each(|value| self.push(text, Name::Known(at), value));
            }
            Rule::List | Rule::Single | Rule::Repeated => self.push(text, Name::Known(at), value),
        }
    }

    fn push(&mut self, text: &str, name: Name, value: &str) {
        if self.headers.len() >= HEADERS_MAX {
            return self.note(Fault::bad("too many header fields"));
        }
        let value = grammar::trim(value);
        match range_in(text, value) {
            Some(range) => self.headers.push_received(name, range),
            None => self.headers.push_named(name, value.to_owned()),
        }
    }
}

/// A field that following lines may continue.
struct Field<'a> {
    name: &'a str,
    /// The row of `name` in [`KNOWN`].
    row: Option<usize>,
    value: Cow<'a, str>,
}

impl<'a> Field<'a> {
    /// `token ":" value`; `None` when the line is none.
    fn read(line: &'a str) -> Option<Self> {
        let (name, value) = grammar::cut(line, b':')?;
        let name = grammar::trim(name);
        let row = known(name);
        let is_token = row.is_some() || grammar::is_token_text(name);
        is_token.then_some(Field { name, row, value: Cow::Borrowed(value) })
    }
}

/// Where `part` lies in `text`; `None` when it lies elsewhere in memory, as an unfolded value does.
fn range_in(text: &str, part: &str) -> Option<Range<u32>> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let end = start + part.len();
    text.get(start..end)?;
    Some(u32::try_from(start).ok()?..u32::try_from(end).ok()?)
}

/// One line of the message's head.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// Without its end.
    pub(super) text: &'a str,
    /// It ended with CRLF, not with LF alone.
    pub(super) crlf: bool,
}

/// The text up to the next line end and what follows it.
pub(super) fn take_line(text: &str) -> Option<(Line<'_>, &str)> {
    let at = memchr::memchr(b'\n', text.as_bytes())?;
    let (line, rest) = (&text[..at], &text[at + 1..]);
    let without = line.strip_suffix('\r');
    Some((Line { text: without.unwrap_or(line), crlf: without.is_some() }, rest))
}

/// Appends a continuation line: the line break and the white space around it are one space.
fn unfold(value: &mut String, line: &str) {
    value.truncate(value.trim_end_matches([' ', '\t']).len());
    value.push(' ');
    value.push_str(grammar::trim(line));
}

/// Whether CR and LF are the only control characters besides HTAB, and CR stands before LF only. Without an
/// early end this runs over many octets at a time, and the answer is nearly always yes.
fn is_clean(text: &[u8]) -> bool {
    let stray = |b: u8| (b < 0x20 && b != b'\t' && b != b'\r' && b != b'\n') || b == 0x7f;
    let lone = |(a, b): (&u8, &u8)| *a == b'\r' && *b != b'\n';
    let pairs = text.iter().zip(text.get(1..).unwrap_or_default());
    !text.iter().fold(false, |found, b| found | stray(*b))
        && !pairs.fold(false, |found, pair| found | lone(pair))
        && text.last() != Some(&b'\r')
}

/// A control character other than HTAB that no backslash in quotes stands before.
fn has_stray_control(value: &str) -> bool {
    let control = |b: u8| (b < 0x20 && b != b'\t') || b == 0x7f;
    let (mut quoted, mut escaped) = (false, false);
    value.bytes().any(|b| {
        let stray = control(b) && !(escaped && b != b'\r' && b != b'\n');
        quoted ^= b == b'"' && !escaped;
        escaped = quoted && b == b'\\' && !escaped;
        stray
    })
}
