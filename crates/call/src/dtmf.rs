//! Where digits meet: RFC 4733 events of a stream, SIP INFO of a dialog, a page's keypad and H.245 user input, with one
//! memory, so that a phone that sends both ways presses each key once.

use std::time::{Duration, Instant};

use crate::limits;

/// How long a digit by the other way counts as the same press.
const SAME_PRESS: Duration = Duration::from_millis(400);

/// The way a digit came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// RTP telephone-event (RFC 4733).
    Rtp,
    /// SIP INFO with `application/dtmf-relay` or `application/dtmf`.
    SipInfo,
    /// The keypad of a page.
    Page,
    /// H.245 user input of a 3G phone.
    UserInput,
}

/// The digits of one leg.
#[derive(Debug, Default)]
pub(crate) struct Digits {
    last: Option<(char, Way, Instant)>,
    window_start: Option<Instant>,
    in_window: u32,
}

impl Digits {
    /// The digit to act on, or `None` when it is the same press by another way, or one too many.
    pub(crate) fn accept(&mut self, now: Instant, digit: char, way: Way) -> Option<char> {
        if let Some((last, last_way, at)) = self.last
            && last == digit
            && last_way != way
            && now.saturating_duration_since(at) < SAME_PRESS
        {
            return None;
        }
        match self.window_start {
            Some(start) if now.saturating_duration_since(start) < Duration::from_secs(1) => {
                self.in_window += 1;
            }
            Some(_) | None => {
                self.window_start = Some(now);
                self.in_window = 1;
            }
        }
        self.last = Some((digit, way, now));
        (self.in_window <= limits::DIGITS_PER_SECOND).then_some(digit)
    }
}

/// The digit of an INFO body: `Signal=5` lines of `application/dtmf-relay`, or the bare key of
/// `application/dtmf`. `None` when there is none.
pub(crate) fn parse_info(kind: &str, body: &[u8]) -> Option<char> {
    let text = std::str::from_utf8(body).ok()?;
    let value = match kind {
        "application/dtmf-relay" => text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then_some(value.trim())
        })?,
        "application/dtmf" => text.trim(),
        _ => return None,
    };
    let key = match value {
        // Some phones send the RFC 4733 event code instead of the key.
        "10" => '*',
        "11" => '#',
        _ => {
            let mut keys = value.chars();
            let key = keys.next()?;
            keys.next().is_none().then_some(key)?
        }
    };
    matches!(key, '0'..='9' | '*' | '#' | 'A'..='D').then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn base() -> Instant {
        Instant::now()
    }

    #[test]
    fn the_same_press_by_two_ways_counts_once_and_twice_by_one_way_counts_twice() {
        let (now, mut digits) = (base(), Digits::default());
        assert_eq!(digits.accept(now, '1', Way::Rtp), Some('1'));
        assert_eq!(digits.accept(now, '1', Way::SipInfo), None);
        assert_eq!(digits.accept(now, '1', Way::Rtp), Some('1'));
        assert_eq!(digits.accept(now + SAME_PRESS, '1', Way::SipInfo), Some('1'));
    }

    #[test]
    fn a_flood_of_digits_is_cut_off() {
        let (now, mut digits) = (base(), Digits::default());
        let taken = (0..100).filter(|_| digits.accept(now, '5', Way::Rtp).is_some()).count();
        assert_eq!(taken, limits::DIGITS_PER_SECOND as usize);
        assert!(digits.accept(now + Duration::from_secs(1), '5', Way::Rtp).is_some());
    }

    #[test]
    fn info_bodies() {
        for (kind, body, want) in [
            ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", Some('5')),
            ("application/dtmf-relay", "Signal= #\nDuration= 250", Some('#')),
            ("application/dtmf-relay", "Signal=11\r\n", Some('#')),
            ("application/dtmf-relay", "Duration=160\r\n", None),
            ("application/dtmf", "7", Some('7')),
            ("application/dtmf", "77", None),
            ("application/sdp", "5", None),
        ] {
            assert_eq!(parse_info(kind, body.as_bytes()), want, "{kind} {body:?}");
        }
    }
}
