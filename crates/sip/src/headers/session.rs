//! Session-Expires and Min-SE (RFC 4028 §4, §5).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::params::{Params, Style};
use crate::error::Syntax;
use crate::grammar;

/// Session-Expires: how long the session lives without a refresh, and who refreshes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionExpires {
    /// Whole seconds on the wire; `delta-seconds` of RFC 3261 end at 2^32 - 1.
    pub interval: Duration,
    /// `refresher` and others; also those of Min-SE.
    pub params: Params,
}

impl SessionExpires {
    /// The UAC is named as refresher.
    #[must_use]
    pub fn refreshed_by_uac(&self) -> bool {
        self.refresher("uac")
    }

    /// The UAS is named as refresher.
    #[must_use]
    pub fn refreshed_by_uas(&self) -> bool {
        self.refresher("uas")
    }

    fn refresher(&self, role: &str) -> bool {
        self.params.get("refresher").flatten().is_some_and(|value| value.eq_ignore_ascii_case(role))
    }
}

impl FromStr for SessionExpires {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        let value = grammar::trim(value);
        let (seconds, params) = grammar::split_before(value, b';');
        let seconds = grammar::number_u32(grammar::trim(seconds))?;
        let interval = Duration::from_secs(u64::from(seconds));
        Ok(SessionExpires { interval, params: Params::read(params, Style::Strict)? })
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.interval.as_secs(), self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_and_refresher_are_read() {
        let timer: SessionExpires = "1800 ; Refresher=UAC".parse().expect("well formed");
        assert_eq!(timer.interval, Duration::from_secs(1800));
        assert!(timer.refreshed_by_uac() && !timer.refreshed_by_uas());
        assert_eq!(timer.to_string(), "1800;Refresher=UAC");
    }

    #[test]
    fn other_than_seconds_is_refused() {
        for bad in ["", "-1", "1.5", "4294967296", "90 s"] {
            assert!(bad.parse::<SessionExpires>().is_err(), "{bad}");
        }
    }
}
