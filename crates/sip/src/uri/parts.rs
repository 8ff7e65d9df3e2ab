//! Reading a URI: cut into checked pieces that still lie in the text; [`Parts::to_uri`] copies them out.
//!
//! The split exists so that the wire front end can check every URI of a message without allocating, and note
//! where the pieces lie.

use super::escape::{take, well_formed};
use super::host::{HostRef, take_host_port};
use super::{Host, Scheme, Uri};
use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;
use crate::headers::own_name;
use crate::limits::{PARAMS_MAX, URI_LEN_MAX};

/// Checked pieces of a URI; `T` is a piece's text or where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<T> {
    scheme: SchemeRef<T>,
    user: Option<T>,
    password: Option<T>,
    host: Option<(HostRef<T>, Option<u16>)>,
    params: T,
    headers: T,
}

#[derive(Clone, Copy, Debug)]
enum SchemeRef<T> {
    Sip,
    Sips,
    Tel,
    Other(T),
}

impl<T: Copy> Parts<T> {
    /// The same pieces in another form; `None` if one has none.
    #[inline]
    pub(crate) fn try_map<U>(&self, change: impl Fn(T) -> Option<U>) -> Option<Parts<U>> {
        let scheme = match self.scheme {
            SchemeRef::Sip => SchemeRef::Sip,
            SchemeRef::Sips => SchemeRef::Sips,
            SchemeRef::Tel => SchemeRef::Tel,
            SchemeRef::Other(name) => SchemeRef::Other(change(name)?),
        };
        let optional = |part: Option<T>| match part {
            Some(part) => change(part).map(Some),
            None => Some(None),
        };
        let host = match self.host {
            Some((host, port)) => Some((host.try_map(&change)?, port)),
            None => None,
        };
        let (user, password) = (optional(self.user)?, optional(self.password)?);
        Some(Parts {
            scheme,
            user,
            password,
            host,
            params: change(self.params)?,
            headers: change(self.headers)?,
        })
    }
}

impl<'a> Parts<&'a str> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Syntax> {
        if text.len() > URI_LEN_MAX {
            return Err(Syntax("URI too long"));
        }
        // What nearly every URI of a message starts with.
        if let Some(rest) = text.strip_prefix("sip:") {
            return read_sip(SchemeRef::Sip, rest);
        }
        let (name, rest) = grammar::cut(text, b':').ok_or(Syntax("URI without a scheme"))?;
        match scheme(name)? {
            scheme @ (SchemeRef::Sip | SchemeRef::Sips) => read_sip(scheme, rest),
            scheme @ SchemeRef::Tel => read_tel(scheme, rest),
            scheme @ SchemeRef::Other(_) => read_opaque(scheme, rest),
        }
    }

    pub(crate) fn to_uri(self) -> Uri {
        let (host, port) = match self.host {
            Some((host, port)) => (Host::from(host), port),
            None => (Host::None, None),
        };
        Uri {
            scheme: match self.scheme {
                SchemeRef::Sip => Scheme::Sip,
                SchemeRef::Sips => Scheme::Sips,
                SchemeRef::Tel => Scheme::Tel,
                SchemeRef::Other(name) => Scheme::Other(name.to_owned()),
            },
            user: self.user.map(str::to_owned),
            password: self.password.map(str::to_owned),
            host,
            port,
            params: pieces(self.params, b';', |name, value| (own_name(name), value.map(str::to_owned))),
            headers: pieces(self.headers, b'&', |name, value| {
                (name.to_owned(), value.unwrap_or_default().to_owned())
            }),
        }
    }
}

/// The pieces of checked parameters or header fields; empty text has none.
fn pieces<T>(text: &str, separator: u8, own: impl Fn(&str, Option<&str>) -> T) -> Vec<T> {
    let mut owned = Vec::new();
    if text.is_empty() {
        return owned;
    }
    for piece in grammar::pieces(text, separator) {
        let (name, value) =
            grammar::cut(piece, b'=').map_or((piece, None), |(name, value)| (name, Some(value)));
        owned.push(own(name, value));
    }
    owned
}

fn scheme(name: &str) -> Result<SchemeRef<&str>, Syntax> {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
    if !first || !bytes.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) {
        return Err(Syntax("bad URI scheme"));
    }
    Ok(if name.eq_ignore_ascii_case("sip") {
        SchemeRef::Sip
    } else if name.eq_ignore_ascii_case("sips") {
        SchemeRef::Sips
    } else if name.eq_ignore_ascii_case("tel") {
        SchemeRef::Tel
    } else {
        SchemeRef::Other(name)
    })
}

/// `[ userinfo ] hostport uri-parameters [ headers ]`. An unescaped `@` occurs nowhere but behind the user.
fn read_sip<'a>(scheme: SchemeRef<&'a str>, rest: &'a str) -> Result<Parts<&'a str>, Syntax> {
    let (user, password, rest) = match grammar::cut(rest, b'@') {
        Some((info, rest)) => {
            let (user, password) = userinfo(info)?;
            (Some(user), password, rest)
        }
        None => (None, None, rest),
    };
    let (host, port, rest) = take_host_port(rest)?;
    let (params, rest) = match rest.strip_prefix(';') {
        Some(params) => take_params(params)?,
        None => ("", rest),
    };
    let headers = match rest.strip_prefix('?') {
        Some(headers) => check_headers(headers)?,
        None if rest.is_empty() => "",
        None => return Err(Syntax("text after the host")),
    };
    Ok(Parts { scheme, user, password, host: Some((host, port)), params, headers })
}

/// `user [ ":" password ]`.
fn userinfo(info: &str) -> Result<(&str, Option<&str>), Syntax> {
    let (user, rest) = take(info, Class::USER);
    let password = rest.strip_prefix(':');
    if user.is_empty() || (password.is_none() && !rest.is_empty()) {
        return Err(Syntax("bad user in URI"));
    }
    if password.is_some_and(|p| !well_formed(p, Class::PASSWORD)) {
        return Err(Syntax("bad password in URI"));
    }
    Ok((user, password))
}

/// `tel:` number and parameters (RFC 3966 §3): global with `+`, or local with hex digits, `*` and `#`.
fn read_tel<'a>(scheme: SchemeRef<&'a str>, rest: &'a str) -> Result<Parts<&'a str>, Syntax> {
    let (number, params) = match grammar::cut(rest, b';') {
        Some((number, params)) => match take_params(params)? {
            (params, "") => (number, params),
            (_, _) => return Err(Syntax("bad URI parameter")),
        },
        None => (rest, ""),
    };
    let digits = number.strip_prefix('+').unwrap_or(number);
    let inside = digits.bytes().all(|b| b.is_ascii_hexdigit() || b"*#-.()".contains(&b));
    if !inside || !digits.bytes().any(|b| b.is_ascii_hexdigit() || b"*#".contains(&b)) {
        return Err(Syntax("bad telephone number"));
    }
    Ok(Parts { scheme, user: Some(number), password: None, host: None, params, headers: "" })
}

/// Any other scheme: characters that may stand in a URI at all.
fn read_opaque<'a>(scheme: SchemeRef<&'a str>, rest: &'a str) -> Result<Parts<&'a str>, Syntax> {
    if rest.is_empty() || !Class::URI.all(rest) {
        return Err(Syntax("bad character in URI"));
    }
    Ok(Parts { scheme, user: Some(rest), password: None, host: None, params: "", headers: "" })
}

/// Splits after `other-param`s without the leading semicolon. Names and values are `paramchar`s; neither may
/// be empty.
fn take_params(text: &str) -> Result<(&str, &str), Syntax> {
    const BAD: Syntax = Syntax("bad URI parameter");
    let mut next = text;
    for _ in 0..PARAMS_MAX {
        let (name, mut rest) = take(next, Class::URI_PARAM);
        if let Some(value) = rest.strip_prefix('=') {
            let (value, after) = take(value, Class::URI_PARAM);
            rest = if value.is_empty() { return Err(BAD) } else { after };
        }
        if name.is_empty() {
            return Err(BAD);
        }
        match rest.strip_prefix(';') {
            Some(after) => next = after,
            None => return Ok(text.split_at(text.len() - rest.len())),
        }
    }
    Err(BAD)
}

/// `hname=hvalue` pairs without the leading question mark; values may be empty.
fn check_headers(headers: &str) -> Result<&str, Syntax> {
    let mut count = 0;
    for piece in grammar::pieces(headers, b'&') {
        count += 1;
        let good = grammar::cut(piece, b'=').is_some_and(|(name, value)| {
            !name.is_empty() && well_formed(name, Class::URI_HEADER) && well_formed(value, Class::URI_HEADER)
        });
        if !good || count > PARAMS_MAX {
            return Err(Syntax("bad header in URI"));
        }
    }
    Ok(headers)
}
