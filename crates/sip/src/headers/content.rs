//! Content-Type and the ranges of Accept (RFC 3261 §20.15, §20.1).

use std::fmt;
use std::str::FromStr;

use super::params::{Params, Style};
use crate::error::Syntax;
use crate::grammar;

/// A media type: `kind/subtype;params`. In Accept either part may be `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContentType {
    /// `application`, as written.
    pub kind: String,
    /// `sdp`, as written.
    pub subtype: String,
    /// Such as `boundary` and `charset`.
    pub params: Params,
}

impl ContentType {
    /// Whether this is `kind/subtype`, without regard to case and parameters (RFC 2045 §5.1).
    #[must_use]
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    /// Whether this, as a range of Accept, covers a type.
    #[must_use]
    pub fn covers(&self, kind: &str, subtype: &str) -> bool {
        let part = |range: &str, value: &str| range == "*" || range.eq_ignore_ascii_case(value);
        part(&self.kind, kind) && part(&self.subtype, subtype)
    }
}

impl FromStr for ContentType {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        let value = grammar::trim(value);
        let (media, params) = grammar::split_before(value, b';');
        let (kind, subtype) = grammar::cut(media, b'/').ok_or(Syntax("no slash in the media type"))?;
        let (kind, subtype) = (grammar::trim(kind), grammar::trim(subtype));
        if !grammar::is_token_text(kind) || !grammar::is_token_text(subtype) {
            return Err(Syntax("bad media type"));
        }
        let params = Params::read(params, Style::Loose)?;
        Ok(ContentType { kind: kind.to_owned(), subtype: subtype.to_owned(), params })
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.kind, self.subtype, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_compare_without_case() {
        let multipart: ContentType = "Multipart / Mixed ; boundary=\"a b\"".parse().expect("well formed");
        assert!(multipart.is("multipart", "mixed"));
        assert_eq!(multipart.params.text("boundary").as_deref(), Some("a b"));
        assert_eq!(multipart.to_string(), "Multipart/Mixed;boundary=\"a b\"");
    }

    #[test]
    fn ranges_cover() {
        let range: ContentType = "application/*".parse().expect("well formed");
        assert!(range.covers("application", "sdp"));
        assert!(!range.covers("text", "plain"));
        assert!("*/*;q=0.1".parse::<ContentType>().expect("well formed").covers("x", "y"));
    }

    #[test]
    fn half_a_type_is_refused() {
        for bad in ["", "application", "application/", "/sdp", "a b/c", "a/b;"] {
            assert!(bad.parse::<ContentType>().is_err(), "{bad}");
        }
    }
}
