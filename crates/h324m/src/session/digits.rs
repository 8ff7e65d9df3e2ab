//! Digits of the peer, whichever form they come in (H.245 §7.12.6). A phone that says each key in both forms
//! is heard once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::DigitForm;

/// The second form follows the first within this time.
const PAIR_MAX: Duration = Duration::from_millis(600);
/// Digits that are remembered; the oldest is forgotten.
const REMEMBERED_MAX: usize = 16;

/// What came lately in one form and has not come in the other.
#[derive(Debug, Default)]
pub(super) struct Digits {
    unpaired: VecDeque<(char, DigitForm, Instant)>,
}

impl Digits {
    /// The digit that `key` stands for, when it is one and was not heard in the other form just now.
    pub(super) fn hear(&mut self, now: Instant, key: char, form: DigitForm) -> Option<char> {
        let digit = digit(key)?;
        self.unpaired.retain(|&(_, _, at)| now.saturating_duration_since(at) <= PAIR_MAX);
        let twin = self.unpaired.iter().position(|&(other, said, _)| other == digit && said != form);
        if let Some(twin) = twin {
            self.unpaired.remove(twin);
            return None;
        }
        if self.unpaired.len() == REMEMBERED_MAX {
            self.unpaired.pop_front();
        }
        self.unpaired.push_back((digit, form, now));
        Some(digit)
    }
}

/// `0`..`9`, `*`, `#`, `A`..`D`; letters in either case.
pub(super) fn digit(key: char) -> Option<char> {
    let key = key.to_ascii_uppercase();
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
    fn a_key_in_both_forms_is_heard_once() {
        let mut digits = Digits::default();
        let now = base();
        let ms = |ms| now + Duration::from_millis(ms);
        assert_eq!(digits.hear(ms(0), '1', DigitForm::Alphanumeric), Some('1'));
        assert_eq!(digits.hear(ms(40), '1', DigitForm::Signal), None);
        assert_eq!(digits.hear(ms(300), '1', DigitForm::Alphanumeric), Some('1'));
        assert_eq!(digits.hear(ms(340), '1', DigitForm::Signal), None);
    }

    #[test]
    fn keys_pressed_twice_in_one_form_are_heard_twice() {
        let mut digits = Digits::default();
        let now = base();
        for _ in 0..40 {
            assert_eq!(digits.hear(now, '7', DigitForm::Signal), Some('7'));
        }
        assert_eq!(digits.hear(now + Duration::from_secs(2), '7', DigitForm::Alphanumeric), Some('7'));
    }

    #[test]
    fn only_telephone_keys_are_digits() {
        let mut digits = Digits::default();
        let keys = "0d#*!xé ".chars().filter_map(|key| digits.hear(base(), key, DigitForm::Alphanumeric));
        assert_eq!(keys.collect::<String>(), "0D#*");
    }
}
