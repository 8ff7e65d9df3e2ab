//! Grammar of the headers that every message lives by, checked without copying them.
//!
//! Other headers are checked where they are used: a fault in a header that nobody needs is no reason to
//! refuse a call (RFC 4475 §3.1.2.12).

use super::fault::Fault;
use super::section::Section;
use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;
use crate::headers::{KNOWN, check_cseq, check_name_addr, check_via, row};

/// RFC 3261 §8.1.1, without Max-Forwards, which RFC 2543 peers leave out.
const MANDATORY: [usize; 5] = [row("Via"), row("From"), row("To"), row("Call-ID"), row("CSeq")];

/// All mandatory headers are there and all essential ones are well formed. `method` is the request's, empty
/// for a response. Answers the method in CSeq.
pub(super) fn headers<'a>(section: &'a Section, method: &str) -> Result<&'a str, Fault> {
    if let Some(row) = MANDATORY.into_iter().find(|row| !section.has(*row)) {
        return Err(Fault::of(KNOWN[row].name, "missing"));
    }
    let mut cseq_method = "";
    for (name, value) in section.headers.iter() {
        match name {
            "CSeq" => cseq_method = check_cseq(value).map_err(|why| Fault::syntax("CSeq", why))?.1,
            "Via" => check_via(value).map_err(|why| Fault::syntax("Via", why))?,
            "From" => address(value).map_err(|why| Fault::syntax("From", why))?,
            "To" => address(value).map_err(|why| Fault::syntax("To", why))?,
            "Call-ID" => call_id(value)?,
            "Contact" => contact(value, method)?,
            "Route" => route(value).map_err(|why| Fault::syntax("Route", why))?,
            "Record-Route" => route(value).map_err(|why| Fault::syntax("Record-Route", why))?,
            "Max-Forwards" => max_forwards(value)?,
            _ => {}
        }
    }
    Ok(cseq_method)
}

fn address(value: &str) -> Result<(), Syntax> {
    check_name_addr(value).map(|_| ())
}

/// Call-ID: beyond the grammar any visible characters, since there are peers that use base64 with `=`.
fn call_id(value: &str) -> Result<(), Fault> {
    match !value.is_empty() && Class::VISIBLE.all(value) {
        true => Ok(()),
        false => Err(Fault::of("Call-ID", "not one word")),
    }
}

/// `*` stands alone and in REGISTER only (§10.2.2).
fn contact(value: &str, method: &str) -> Result<(), Fault> {
    if value == "*" && method == "REGISTER" {
        return Ok(());
    }
    address(value).map_err(|why| Fault::syntax("Contact", why))
}

/// Route and Record-Route are always in angle brackets (§20.30).
fn route(value: &str) -> Result<(), Syntax> {
    match check_name_addr(value)?.bracketed {
        true => Ok(()),
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
