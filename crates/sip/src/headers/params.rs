//! `;name=value` parameters of header values (`generic-param`, RFC 3261 §25.1).

use std::borrow::Cow;
use std::fmt;

use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;
use crate::limits::PARAMS_MAX;

/// Which characters an unquoted value may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `token` or `host`.
    Strict,
    /// All visible characters that end no value; for headers whose users ignore the grammar (the P- headers).
    Loose,
}

impl Style {
    fn class(self) -> Class {
        match self {
            Style::Strict => Class::VALUE,
            Style::Loose => Class::LOOSE_VALUE,
        }
    }
}

/// Parameters in order. Values are kept as written, a quoted string with its quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params(pub Vec<(Cow<'static, str>, Option<String>)>);

impl Params {
    /// Reads what follows a header's main value: empty, or starting with a semicolon.
    pub(crate) fn read(text: &str, style: Style) -> Result<Self, Syntax> {
        let mut params = Vec::new();
        scan(text, style, |name, value| params.push((own_name(name), value.map(str::to_owned))))?;
        Ok(Params(params))
    }

    /// The value of a parameter as written: `None` when absent, `Some(None)` when it has no value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Option<&str>> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_deref())
    }

    /// What a parameter's value stands for, quotes and escapes removed; `None` when absent or without value.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).flatten().map(grammar::unquote)
    }

    /// Whether a parameter is there, with or without a value.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a parameter in place or adds it. `value` is written as it is: a token, a host, or an already
    /// quoted string.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match self.0.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            Some(slot) => slot.1 = value,
            None => self.0.push((own_name(name), value)),
        }
    }

    /// Sets a parameter to a text, quoted unless it is a token.
    pub fn set_text(&mut self, name: &str, text: &str) {
        if grammar::is_token_text(text) {
            return self.set(name, Some(text));
        }
        let mut quoted = String::with_capacity(text.len() + 2);
        grammar::push_quoted(&mut quoted, text).expect("writing to a string never fails");
        self.set(name, Some(&quoted));
    }

    /// Takes a parameter out.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| match value {
            Some(value) => write!(f, ";{name}={value}"),
            None => write!(f, ";{name}"),
        })
    }
}

/// A parameter's name, without an allocation if it is one of those that nearly every message has.
pub(crate) fn own_name(name: &str) -> Cow<'static, str> {
    const USUAL: [&str; 8] = ["tag", "branch", "rport", "lr", "user", "transport", "received", "ob"];
    match USUAL.into_iter().find(|usual| *usual == name) {
        Some(usual) => Cow::Borrowed(usual),
        None => Cow::Owned(name.to_owned()),
    }
}

/// Walks `*( SEMI generic-param )` to the end of `text`.
pub(crate) fn scan<'a>(
    text: &'a str,
    style: Style,
    mut each: impl FnMut(&'a str, Option<&'a str>),
) -> Result<(), Syntax> {
    let mut rest = grammar::trim_start(text);
    let mut count = 0;
    while !rest.is_empty() {
        let after = rest.strip_prefix(';').ok_or(Syntax("text between parameters"))?;
        let (name, value, after) = param(grammar::trim_start(after), style)?;
        each(name, value);
        rest = after;
        count += 1;
        if count > PARAMS_MAX {
            return Err(Syntax("too many parameters"));
        }
    }
    Ok(())
}

/// One `token [ EQUAL gen-value ]`, and what follows it.
pub(crate) fn param(text: &str, style: Style) -> Result<(&str, Option<&str>, &str), Syntax> {
    let (name, rest) = grammar::take_while(text, Class::TOKEN);
    if name.is_empty() {
        return Err(Syntax("empty parameter"));
    }
    let rest = grammar::trim_start(rest);
    let Some(rest) = rest.strip_prefix('=') else { return Ok((name, None, rest)) };
    let rest = grammar::trim_start(rest);
    let (value, rest) = if rest.starts_with('"') {
        grammar::take_quoted(rest).ok_or(Syntax("unbalanced quote"))?
    } else {
        grammar::take_while(rest, style.class())
    };
    match value.is_empty() {
        true => Err(Syntax("parameter without its value")),
        false => Ok((name, Some(value), grammar::trim_start(rest))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_quotes_are_read_around_and_kept_inside() {
        let params = Params::read(r#" ; a = 1;b ;C="x;\"y" "#, Style::Strict).expect("well formed");
        assert_eq!(params.get("A"), Some(Some("1")));
        assert_eq!(params.get("b"), Some(None));
        assert_eq!(params.text("c").as_deref(), Some(r#"x;"y"#));
        assert_eq!(params.to_string(), r#";a=1;b;C="x;\"y""#);
    }

    #[test]
    fn empty_parameters_are_refused() {
        for bad in [";", ";;a", ";a=", "a", ";a b", ";a=\"", ";=1"] {
            assert!(Params::read(bad, Style::Strict).is_err(), "{bad}");
        }
    }

    #[test]
    fn texts_are_quoted_when_needed() {
        let mut params = Params::default();
        params.set_text("cause", "200");
        params.set_text("text", "a \"b\"");
        assert_eq!(params.to_string(), r#";cause=200;text="a \"b\"""#);
        params.remove("CAUSE");
        assert!(!params.contains("cause"));
    }
}
