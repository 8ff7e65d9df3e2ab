//! Equivalence of URIs (RFC 3261 §19.1.4, RFC 3966 §5).

use std::borrow::Cow;

use super::escape::escaped;
use super::{Scheme, Uri};

impl Uri {
    /// The same resource by the rules of RFC 3261 §19.1.4: user and password by case, the rest without;
    /// an absent part is not the same as its default written out. Not transitive (see the examples there).
    /// `tel:` numbers are compared without visual separators (RFC 3966 §5); other schemes as text.
    #[must_use]
    pub fn equivalent(&self, other: &Uri) -> bool {
        match (&self.scheme, &other.scheme) {
            (Scheme::Sip, Scheme::Sip) | (Scheme::Sips, Scheme::Sips) => self.equivalent_sip(other),
            (Scheme::Tel, Scheme::Tel) => {
                number(self) == number(other) && params_match(self, other, |_| true)
            }
            (Scheme::Other(a), Scheme::Other(b)) => a.eq_ignore_ascii_case(b) && self.user == other.user,
            (Scheme::Sip | Scheme::Sips | Scheme::Tel | Scheme::Other(_), _) => false,
        }
    }

    fn equivalent_sip(&self, other: &Uri) -> bool {
        same_text(self.user.as_deref(), other.user.as_deref())
            && same_text(self.password.as_deref(), other.password.as_deref())
            && self.host.same(&other.host)
            && self.port == other.port
            && params_match(self, other, matters_alone)
            && headers_match(self, other)
    }
}

/// Parameters that never match when only one side has them; `transport` is among them because its absence
/// is not the same as its default.
fn matters_alone(name: &str) -> bool {
    ["user", "ttl", "method", "maddr", "transport"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn params_match(a: &Uri, b: &Uri, alone: fn(&str) -> bool) -> bool {
    let one_way = |from: &Uri, to: &Uri| {
        from.params.iter().all(|(name, value)| {
            let name = canonical(name);
            let mut same_name =
                to.params.iter().filter(|(n, _)| canonical(n).eq_ignore_ascii_case(&name)).peekable();
            match same_name.peek() {
                Some(_) => same_name.any(|(_, other)| same_param(value.as_deref(), other.as_deref())),
                None => !alone(&name),
            }
        })
    };
    one_way(a, b) && one_way(b, a)
}

fn same_param(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => canonical(a).eq_ignore_ascii_case(&canonical(b)),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Header fields are never ignored: each must be on both sides with the same value.
fn headers_match(a: &Uri, b: &Uri) -> bool {
    a.headers.len() == b.headers.len()
        && a.headers.iter().all(|(name, value)| {
            let name = canonical(name);
            b.headers
                .iter()
                .any(|(n, v)| canonical(n).eq_ignore_ascii_case(&name) && canonical(v) == canonical(value))
        })
}

fn same_text(a: Option<&str>, b: Option<&str>) -> bool {
    a.map(canonical) == b.map(canonical)
}

/// The text with escapes decoded except where the octet is reserved (escaped and plain differ there) or not
/// printable; those that stay are written in upper case.
fn canonical(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match escaped(rest.as_bytes()) {
            Some(octet) if octet.is_ascii_graphic() && !b";/?:@&=+$,%".contains(&octet) => {
                out.push(char::from(octet));
                rest = &rest[3..];
            }
            Some(_) => {
                out.push_str(&rest[..3].to_ascii_uppercase());
                rest = &rest[3..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    Cow::Owned(out)
}

fn number(uri: &Uri) -> String {
    let digits = uri.user.as_deref().unwrap_or_default();
    digits.chars().filter(|c| !"-.()".contains(*c)).map(|c| c.to_ascii_lowercase()).collect()
}
