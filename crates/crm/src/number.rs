//! Telephone numbers as callers have them.

use serde::Deserialize;

use crate::limits;

/// A subscriber's number without the code of the country: `13800138000`, whether it came so, with `86`, `0086` or `+86`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Number(pub(crate) String);

impl TryFrom<String> for Number {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Number, Self::Error> {
        let bare = text.strip_prefix('+').unwrap_or(&text);
        if bare.is_empty() || bare.len() > limits::NUMBER_LEN_MAX || !bare.bytes().all(|b| b.is_ascii_digit())
        {
            return Err("not a telephone number");
        }
        let bare = bare.strip_prefix("00").unwrap_or(bare);
        // A mobile number has 11 digits and begins with 1; no area begins with 86.
        let national = bare.strip_prefix("86").filter(|rest| rest.len() == 11 && rest.starts_with('1'));
        Ok(Number(national.unwrap_or(bare).to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_has_one_number() {
        for text in ["13800138000", "8613800138000", "+8613800138000", "008613800138000"] {
            assert_eq!(Number::try_from(text.to_owned()), Ok(Number("13800138000".into())), "{text}");
        }
        assert_eq!(Number::try_from("861065120088".to_owned()), Ok(Number("861065120088".into())));
        for text in ["", "+", "alice", "1380013800011111111111"] {
            assert!(Number::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
