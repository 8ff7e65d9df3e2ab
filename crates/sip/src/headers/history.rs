//! How a call came here: History-Info (RFC 7044) and its forerunner Diversion (RFC 5806).

use std::fmt;
use std::str::FromStr;

use super::NameAddr;
use crate::error::Syntax;

/// One entry of History-Info: a target that the request had.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HistoryInfo(
    /// The target with `index`, `rc`, `mp` ...; the reason for leaving it is a header in its URI.
    pub NameAddr,
);

/// One Diversion: who sent the call on, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diversion(
    /// The diverting party with `reason`, `counter`, `privacy` ...
    pub NameAddr,
);

impl HistoryInfo {
    /// The place in the tree of targets, such as `1.2` (RFC 7044 §10.3).
    #[must_use]
    pub fn index(&self) -> Option<&str> {
        self.0.params.get("index").flatten()
    }

    /// The status code in the URI's `Reason` header, escaped there as `SIP%3Bcause%3D302` (RFC 7044 §10.2),
    /// or in its `cause` parameter (RFC 4458).
    #[must_use]
    pub fn cause(&self) -> Option<u16> {
        let uri = &self.0.uri;
        let header = uri.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Reason"));
        let text = header.map(|(_, value)| crate::uri::decode(value));
        let reason = text.and_then(|text| text.parse::<super::Reason>().ok());
        reason.and_then(|reason| reason.cause()).or_else(|| uri.param("cause").flatten()?.parse().ok())
    }
}

impl Diversion {
    /// `user-busy`, `no-answer`, `unconditional` ... as written (RFC 5806 §4.1).
    #[must_use]
    pub fn reason(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.0.params.text("reason")
    }

    /// How many diversions this entry stands for; 1 when it does not say (RFC 5806 §4.1).
    #[must_use]
    pub fn counter(&self) -> u32 {
        self.0.params.get("counter").flatten().and_then(|digits| digits.parse().ok()).unwrap_or(1)
    }
}

impl FromStr for HistoryInfo {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        value.parse().map(HistoryInfo)
    }
}

impl FromStr for Diversion {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        value.parse().map(Diversion)
    }
}

impl fmt::Display for HistoryInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Diversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_tells_place_and_cause() {
        let text = "<sip:bob@192.0.2.3?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1";
        let entry: HistoryInfo = text.parse().expect("well formed");
        assert_eq!((entry.index(), entry.cause()), (Some("1.1"), Some(302)));
        assert_eq!(entry.to_string(), text);
        let entry: HistoryInfo = "<sip:bob@h;cause=486>;index=1".parse().expect("well formed");
        assert_eq!(entry.cause(), Some(486));
    }

    #[test]
    fn diversion_tells_reason_and_count() {
        let entry: Diversion = "<tel:+8610086>;reason=\"no-answer\";counter=2".parse().expect("well formed");
        assert_eq!((entry.reason().as_deref(), entry.counter()), (Some("no-answer"), 2));
        let entry: Diversion = "<tel:+8610086>".parse().expect("well formed");
        assert_eq!((entry.reason(), entry.counter()), (None, 1));
    }
}
