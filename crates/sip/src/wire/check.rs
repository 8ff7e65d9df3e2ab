//! Grammar of the headers that every message lives by, checked without copying them.
//!
//! Other headers are checked where they are used: a fault in a header that nobody needs is no reason to
//! refuse a call (RFC 4475 §3.1.2.12).

use super::fault::Fault;
use super::section::Section;
use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;
use crate::headers::{KNOWN, Layout, check_cseq, check_name_addr, check_via, row};

/// RFC 3261 §8.1.1, without Max-Forwards, which RFC 2543 peers leave out.
const MANDATORY: [usize; 5] = [row("Via"), row("From"), row("To"), row("Call-ID"), row("CSeq")];

const VIA: usize = row("Via");
const FROM: usize = row("From");
const TO: usize = row("To");
const CALL_ID: usize = row("Call-ID");
const CSEQ: usize = row("CSeq");
const CONTACT: usize = row("Contact");
const ROUTE: usize = row("Route");
const RECORD_ROUTE: usize = row("Record-Route");
const MAX_FORWARDS: usize = row("Max-Forwards");

/// The headers that are checked, one bit a row.
const ESSENTIAL: u128 = 1 << VIA
    | 1 << FROM
    | 1 << TO
    | 1 << CONTACT
    | 1 << ROUTE
    | 1 << RECORD_ROUTE
    | 1 << CALL_ID
    | 1 << CSEQ
    | 1 << MAX_FORWARDS;

/// So many values of a typical request get a layout.
const LAYOUTS_EXPECTED: usize = 8;

/// What the check leaves for those who read the headers.
pub(super) struct Checked<'a> {
    /// The method in CSeq.
    pub(super) cseq_method: &'a str,
    /// How the essential values are cut, each with the index of its field.
    pub(super) layouts: Vec<(usize, Layout)>,
}

/// All mandatory headers are there and all essential ones are well formed. `method` is the request's, empty
/// for a response.
pub(super) fn headers<'a>(section: &'a Section, method: &str) -> Result<Checked<'a>, Fault> {
    if let Some(row) = MANDATORY.into_iter().find(|row| !section.has(*row)) {
        return Err(Fault::of(KNOWN[row].name, "missing"));
    }
    let mut checked = Checked { cseq_method: "", layouts: Vec::with_capacity(LAYOUTS_EXPECTED) };
    for (index, row, value) in section.headers.rows(ESSENTIAL) {
        let layout = match row {
            VIA => via(value)?,
            FROM | TO => address(value).map_err(|why| Fault::syntax(KNOWN[row].name, why))?,
            CONTACT => contact(value, method)?,
            ROUTE | RECORD_ROUTE => route(value).map_err(|why| Fault::syntax(KNOWN[row].name, why))?,
            CSEQ => {
                checked.cseq_method = check_cseq(value).map_err(|why| Fault::syntax("CSeq", why))?.1;
                None
            }
            CALL_ID => call_id(value).map(|()| None)?,
            MAX_FORWARDS => max_forwards(value).map(|()| None)?,
            _ => None,
        };
        checked.layouts.extend(layout.map(|layout| (index, layout)));
    }
    Ok(checked)
}

fn via(value: &str) -> Result<Option<Layout>, Fault> {
    let pieces = check_via(value).map_err(|why| Fault::syntax("Via", why))?;
    Ok(Layout::via(value, &pieces))
}

fn address(value: &str) -> Result<Option<Layout>, Syntax> {
    Ok(Layout::address(value, &check_name_addr(value)?.0))
}

/// Call-ID: beyond the grammar any visible characters, since there are peers that use base64 with `=`.
fn call_id(value: &str) -> Result<(), Fault> {
    match !value.is_empty() && Class::VISIBLE.all(value) {
        true => Ok(()),
        false => Err(Fault::of("Call-ID", "not one word")),
    }
}

/// `*` stands alone and in REGISTER only (§10.2.2).
fn contact(value: &str, method: &str) -> Result<Option<Layout>, Fault> {
    if value == "*" && method == "REGISTER" {
        return Ok(None);
    }
    address(value).map_err(|why| Fault::syntax("Contact", why))
}

/// Route and Record-Route are always in angle brackets (§20.30).
fn route(value: &str) -> Result<Option<Layout>, Syntax> {
    let (pieces, _) = check_name_addr(value)?;
    match pieces.bracketed {
        true => Ok(Layout::address(value, &pieces)),
        false => Err(Syntax("URI needs angle brackets")),
    }
}

/// 0..=255 (§20.22).
fn max_forwards(value: &str) -> Result<(), Fault> {
    match grammar::number(value) {
        Ok(0..=255) => Ok(()),
        Ok(_) | Err(_) => Err(Fault::of("Max-Forwards", "not a number up to 255")),
    }
}
