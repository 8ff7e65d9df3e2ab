//! The header section: lines to fields (RFC 3261 §7.3.1).
//!
//! Unfolds, expands compact names, splits comma lists, counts single headers and takes Content-Length out.
//! The first fault is noted and reading goes on, so that an answer can carry what was readable.

use std::ops::Range;

use bytes::Bytes;

use super::fault::Fault;
use crate::grammar;
use crate::headers::{Headers, KNOWN, Name, Rule, known, row};
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
    fault: Option<Fault>,
}

/// A typical INVITE has about twenty header fields.
const FIELDS_EXPECTED: usize = 24;

const CONTENT_LENGTH: usize = row("Content-Length");

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
            fault: None,
        };
        let mut rest = text;
        while let Some((line, after)) = take_line(rest) {
            section.note_line_end(line);
            if line.text.is_empty() {
                section.complete = true;
                section.len = text.len() - after.len();
                break;
            }
            rest = section.field(text, line, after);
        }
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

    fn note_line_end(&mut self, line: Line<'_>) {
        if !line.crlf {
            self.note(Fault::bad("line does not end with CRLF"));
        }
    }

    /// Keeps the field that `line` and those that continue it make; answers what follows them.
    fn field<'a>(&mut self, text: &str, line: Line<'_>, rest: &'a str) -> &'a str {
        if is_continued(line.text) {
            self.note(Fault::bad("white space before the first header"));
            return rest;
        }
        let Some((name, row, value)) = name_and_value(line.text) else {
            self.note(Fault::bad("line is no header field"));
            return rest;
        };
        if !is_continued(rest) {
            self.keep(text, (name, row), value, line.clean);
            return rest;
        }
        let (mut value, mut clean, mut rest) = (value.to_owned(), line.clean, rest);
        while is_continued(rest)
            && let Some((line, after)) = take_line(rest)
        {
            self.note_line_end(line);
            unfold(&mut value, line.text);
            clean &= line.clean;
            rest = after;
        }
        self.keep(text, (name, row), &value, clean);
        rest
    }

    /// Keeps a whole field; `row` is that of its name in [`KNOWN`].
    fn keep(&mut self, text: &str, (name, row): (&str, Option<usize>), value: &str, clean: bool) {
        if !clean && has_stray_control(value) {
            self.note(Fault::bad("control character in a header field"));
        }
        match row {
            Some(at) => self.known_field(text, at, value),
            None => self.push(text, Name::Other(name.into()), value),
        }
    }

    fn known_field(&mut self, text: &str, at: usize, value: &str) {
        let row = &KNOWN[at];
        let repeated = self.seen & (1 << at) != 0;
        self.seen |= 1 << at;
        match row.rule {
            Rule::Single if repeated => self.note(Fault::of(row.name, "occurs more than once")),
            Rule::Single if at == CONTENT_LENGTH => match grammar::number(grammar::trim(value)) {
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

/// What follows begins with a line that continues the one before it (RFC 3261 §7.3.1).
fn is_continued(rest: &str) -> bool {
    matches!(rest.as_bytes(), [b' ' | b'\t', ..])
}

/// `token ":" value`, with the row of the name in [`KNOWN`]; `None` when the line is none.
fn name_and_value(line: &str) -> Option<(&str, Option<usize>, &str)> {
    let (name, value) = grammar::cut(line, b':')?;
    let name = grammar::trim(name);
    let row = known(name);
    (row.is_some() || grammar::is_token_text(name)).then_some((name, row, value))
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
    /// No control characters but HTAB are in it.
    clean: bool,
}

/// The text up to the next line end and what follows it.
pub(super) fn take_line(text: &str) -> Option<(Line<'_>, &str)> {
    let bytes = text.as_bytes();
    let (mut from, mut clean) = (0, true);
    loop {
        let at = from + grammar::find_control(&bytes[from..])?;
        let line = |crlf| Line { text: &text[..at], crlf, clean };
        match bytes[at..] {
            [b'\n', ..] => return Some((line(false), &text[at + 1..])),
            [b'\r', b'\n', ..] => return Some((line(true), &text[at + 2..])),
            [b'\t', ..] => {}
            _ => clean = false,
        }
        from = at + 1;
    }
}

/// Appends a continuation line: the line break and the white space around it are one space.
fn unfold(value: &mut String, line: &str) {
    value.truncate(value.trim_end_matches([' ', '\t']).len());
    value.push(' ');
    value.push_str(grammar::trim(line));
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
