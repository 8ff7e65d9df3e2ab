//! Privacy (RFC 3323 §4.2, RFC 3325 §9.3).

use std::fmt;
use std::str::FromStr;

use crate::error::Syntax;
use crate::grammar;

/// What the caller wants hidden: the `priv-value`s in order, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Privacy(pub Vec<String>);

impl Privacy {
    /// Whether this `priv-value` is asked for (`id`, `user`, `header`, `session`, `none`, `critical`,
    /// `history`), without regard to case.
    #[must_use]
    pub fn asks(&self, value: &str) -> bool {
        self.0.iter().any(|own| own.eq_ignore_ascii_case(value))
    }

    /// The caller's number must not be shown to anyone outside the trust domain.
    #[must_use]
    pub fn hides_identity(&self) -> bool {
        self.asks("id") || self.asks("user")
    }
}

impl FromStr for Privacy {
    type Err = Syntax;

    /// Values are separated by semicolons; commas, which some gateways send, are taken too.
    fn from_str(value: &str) -> Result<Self, Syntax> {
        let values: Vec<String> = value.split([';', ',']).map(|v| grammar::trim(v).to_owned()).collect();
        match values.iter().all(|value| grammar::is_token_text(value)) {
            true => Ok(Privacy(values)),
            false => Err(Syntax("bad privacy value")),
        }
    }
}

impl fmt::Display for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(";"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_separated_by_semicolons() {
        let privacy: Privacy = "header; ID;critical".parse().expect("well formed");
        assert!(privacy.hides_identity() && privacy.asks("critical") && !privacy.asks("none"));
        assert_eq!(privacy.to_string(), "header;ID;critical");
        assert!("id;".parse::<Privacy>().is_err());
    }
}
