//! `name-addr` and `addr-spec` with header parameters: From, To, Contact, Route, Record-Route and the
//! identities (RFC 3261 §20.10, §25.1).

use std::fmt;
use std::str::FromStr;

use super::params::{Params, Style, scan};
use crate::Uri;
use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;
use crate::uri::Parts;

/// An address: display name, URI and header parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameAddr {
    /// What is shown to people, quotes and escapes removed; `None` when there is none.
    pub display: Option<String>,
    /// The address itself.
    pub uri: Uri,
    /// Parameters of the header value (not of the URI).
    pub params: Params,
}

impl NameAddr {
    /// Only an address.
    #[must_use]
    pub fn new(uri: Uri) -> Self {
        NameAddr { display: None, uri, params: Params::default() }
    }

    /// The `tag` parameter of From and To.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").flatten()
    }

    /// The same address with this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }

    /// The `q` of a Contact in thousandths, 0..=1000 (RFC 3261 §20.10); `None` when absent or not a qvalue.
    #[must_use]
    pub fn q_thousandths(&self) -> Option<u16> {
        let text = self.params.get("q").flatten()?;
        let (whole, fraction) = grammar::cut(text, b'.').unwrap_or((text, ""));
        let digits = fraction.len() <= 3 && fraction.bytes().all(|b| b.is_ascii_digit());
        let fraction: u16 = format!("{fraction:0<3}").parse().ok().filter(|_| digits)?;
        match (whole, fraction) {
            ("0", _) => Some(fraction),
            ("1", 0) => Some(1000),
            _ => None,
        }
    }
}

impl FromStr for NameAddr {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        Pieces::read(value)?.to_address()
    }
}

impl fmt::Display for NameAddr {
    /// Always in the bracketed form, which is right everywhere (§20: "even if the display-name is empty").
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            grammar::push_quoted(f, display)?;
            f.write_str(" ")?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

/// The pieces of an address whose grammar is checked throughout, without copying them, and its last tag.
pub(crate) fn check(value: &str) -> Result<(Pieces<&str>, Option<&str>), Syntax> {
    let pieces = Pieces::read(value)?;
    let mut tag = None;
    scan(pieces.params, Style::Strict, |name, value| {
        if name.eq_ignore_ascii_case("tag") {
            tag = value;
        }
    })?;
    Ok((pieces, tag))
}

/// The value of the first `tag` in these parameters.
pub(super) fn first_tag(params: &str) -> Result<Option<&str>, Syntax> {
    let mut tag = None;
    scan(params, Style::Strict, |name, value| {
        if tag.is_none() && name.eq_ignore_ascii_case("tag") {
            tag = Some(value);
        }
    })?;
    Ok(tag.flatten())
}

/// The value cut up, its parameters still unread; `T` is a piece's text or where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pieces<T> {
    display: Option<T>,
    uri: Parts<T>,
    pub(crate) bracketed: bool,
    pub(super) params: T,
}

impl<T: Copy> Pieces<T> {
    /// The same pieces in another form; `None` if one has none.
    #[inline]
    pub(super) fn try_map<U>(&self, change: impl Fn(T) -> Option<U>) -> Option<Pieces<U>> {
        let display = match self.display {
            Some(display) => Some(change(display)?),
            None => None,
        };
        let (uri, params) = (self.uri.try_map(&change)?, change(self.params)?);
        Some(Pieces { display, uri, bracketed: self.bracketed, params })
    }
}

impl<'a> Pieces<&'a str> {
    pub(super) fn to_address(self) -> Result<NameAddr, Syntax> {
        Ok(NameAddr {
            display: self.display.map(|text| grammar::unquote(text).into_owned()),
            uri: self.uri.to_uri(),
            params: Params::read(self.params, Style::Strict)?,
        })
    }

    fn read(value: &'a str) -> Result<Self, Syntax> {
        let value = grammar::trim(value);
        if value.starts_with('"') {
            let (display, rest) = grammar::take_quoted(value).ok_or(Syntax("unbalanced quote"))?;
            return bracketed(Some(display), grammar::trim_start(rest));
        }
        let (words, rest) = take_words(value);
        match rest.starts_with('<') {
            true => bracketed(Some(grammar::trim(words)).filter(|words| !words.is_empty()), rest),
            false => plain(value),
        }
    }
}

/// `*(token LWS)` in front of a bracket.
fn take_words(value: &str) -> (&str, &str) {
    grammar::take_while(value, Class::WORDS)
}

fn bracketed<'a>(display: Option<&'a str>, rest: &'a str) -> Result<Pieces<&'a str>, Syntax> {
    let inner = rest.strip_prefix('<').ok_or(Syntax("no < after the display name"))?;
    let (uri, params) = grammar::cut(inner, b'>').ok_or(Syntax("no > after the URI"))?;
    Ok(Pieces { display, uri: Parts::read(uri)?, bracketed: true, params })
}

/// `addr-spec` without brackets: semicolons belong to the header, and a URI with comma or question mark is
/// not allowed (§20).
fn plain(value: &str) -> Result<Pieces<&str>, Syntax> {
    let (uri, params) = grammar::split_before(value, b';');
    let uri = grammar::trim(uri);
    match uri.contains([',', '?']) {
        true => Err(Syntax("URI needs angle brackets")),
        false => Ok(Pieces { display: None, uri: Parts::read(uri)?, bracketed: false, params }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> NameAddr {
        value.parse().unwrap_or_else(|why| panic!("{value}: {why}"))
    }

    #[test]
    fn user_with_a_dot_is_no_host() {
        let address = parse("sip:j.user@example.com;tag=1");
        assert_eq!(address.uri.user.as_deref(), Some("j.user"));
        assert_eq!(address.tag(), Some("1"));
    }

    #[test]
    fn parameters_in_brackets_are_the_uris() {
        let address = parse("<sip:+1@gw;user=phone>;x");
        assert_eq!(address.uri.param("user"), Some(Some("phone")));
        assert!(address.params.contains("x"));
        assert!(parse("sip:+1@gw;user=phone").uri.params.is_empty());
    }

    #[test]
    fn display_names_are_words_or_quoted() {
        assert_eq!(parse("caller<sip:a@b>").display.as_deref(), Some("caller"));
        assert_eq!(parse("A. Bell  <sip:a@b>").display.as_deref(), Some("A. Bell"));
        assert_eq!(parse(r#""a \"b\" <c>, d" <sip:a@b>"#).display.as_deref(), Some(r#"a "b" <c>, d"#));
        assert_eq!(parse("\"王小明\" <sip:a@b>").display.as_deref(), Some("王小明"));
        assert_eq!(parse("王小明 <sip:a@b>").display.as_deref(), Some("王小明"));
        assert_eq!(parse("<sip:a@b>").display, None);
    }

    #[test]
    fn printing_quotes_the_display_name() {
        let address = parse(r#""J \"R\"" <sip:a@b;lr>;tag=x"#);
        assert_eq!(address.to_string(), r#""J \"R\"" <sip:a@b;lr>;tag=x"#);
        assert_eq!(parse("sip:a@b").with_tag("t").to_string(), "<sip:a@b>;tag=t");
    }

    #[test]
    fn broken_addresses_are_refused() {
        for bad in [
            "",
            "\"open <sip:a@b>",
            "Bell, A <sip:a@b>",
            "\"x\" < sip:a@b >",
            "<sip:a@b",
            "sip:a@b?Route=x",
            "<sip:a@b>;;",
            "<sip:a@b> x",
            "\"x\" sip:a@b",
        ] {
            assert!(bad.parse::<NameAddr>().is_err(), "{bad}");
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn q_is_read_in_thousandths() {
        for (value, q) in [("0.33", Some(330)), ("1", Some(1000)), ("1.000", Some(1000)), ("0", Some(0))] {
            assert_eq!(parse(&format!("<sip:a@b>;q={value}")).q_thousandths(), q);
        }
        for bad in ["1.1", "0.3333", "2", "0.x"] {
            assert_eq!(parse(&format!("<sip:a@b>;q={bad}")).q_thousandths(), None);
        }
    }
}
