//! One key of a sixteen-key pad.

use std::fmt;

use thiserror::Error;

/// `0`..`9`, `*`, `#` or `A`..`D`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digit(u8);

/// The character is on no telephone key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a telephone key")]
pub struct NotADigit(pub char);

/// Keys in the order of their event codes (RFC 4733 table 3).
const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

impl Digit {
    /// The key of an event code; `None` from 16 up, which are no keys.
    #[must_use]
    pub fn from_event(code: u8) -> Option<Self> {
        (usize::from(code) < KEYS.len()).then_some(Digit(code))
    }

    /// The event code, 0..=15.
    #[must_use]
    pub fn event(self) -> u8 {
        self.0
    }

    /// The key's character, letters in upper case.
    #[must_use]
    pub fn as_char(self) -> char {
        KEYS[usize::from(self.0)]
    }
}

impl TryFrom<char> for Digit {
    type Error = NotADigit;

    fn try_from(key: char) -> Result<Self, NotADigit> {
        let upper = key.to_ascii_uppercase();
        let code = KEYS.iter().position(|&known| known == upper).ok_or(NotADigit(key))?;
        Ok(Digit(code as u8))
    }
}

impl From<Digit> for char {
    fn from(digit: Digit) -> char {
        digit.as_char()
    }
}

impl fmt::Display for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digit({})", self.as_char())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_the_code_of_rfc_4733() {
        for (code, key) in "0123456789*#ABCD".chars().enumerate() {
            let digit = Digit::try_from(key).expect("a key");
            assert_eq!(usize::from(digit.event()), code);
            assert_eq!(Digit::from_event(code as u8), Some(digit));
            assert_eq!(digit.to_string(), key.to_string());
        }
        assert_eq!(Digit::try_from('d').map(char::from), Ok('D'));
        assert_eq!(Digit::try_from('x'), Err(NotADigit('x')));
        assert_eq!(Digit::from_event(16), None);
    }
}
