//! How values are put into texts: words for the ear, figures for the eye.
//!
//! A text says `{{ balance | money }}` and does not say for whom: where it is spoken the filter gives "fifty-eight
//! yuan", on a slide `CNY 58.00`. So one text serves both, and a slide never carries a number in words. Chinese and
//! English have words; in other languages the figures are left to the voice. A value that cannot be read as the
//! filter says is an error under [`Manner::Strict`], which the checker uses, and comes out as it is under
//! [`Manner::Lenient`], so that no call is lost by it. Start at [`add_filters`].

mod chinese;
mod english;
mod quantity;
#[cfg(test)]
mod tests;

use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind, State};

use quantity::{CURRENCIES, Quantity, Unreadable};

use crate::types::Type;

/// For whom a text is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sense {
    /// It is drawn.
    Eye,
    /// It is said.
    Ear,
}

/// What becomes of a value that a filter cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// The text fails, and says why.
    Strict,
    /// The value stands as it is.
    Lenient,
}

/// The name under which filters find the language of a text.
pub(crate) const LANGUAGE: &str = "language";

type Parse = fn(&Value, &str) -> Result<Quantity, Unreadable>;

/// A filter of texts.
#[derive(Debug)]
pub(crate) struct Filter {
    /// As it is written behind `|`.
    pub(crate) name: &'static str,
    /// What it takes, in a few words.
    pub(crate) docs: &'static str,
    /// Uses of it, for the manual: what stands between `{{` and `}}`.
    pub(crate) examples: &'static [&'static str],
    /// Whether it takes a word in parentheses.
    takes_word: bool,
    /// What it can read beside text.
    pub(crate) reads: &'static [Type],
    parse: Parse,
}

/// Every filter that puts values into texts.
pub(crate) static FILTERS: [Filter; 7] = [
    Filter {
        name: "money",
        docs: "an amount, rounded to hundredths; in parentheses another currency: `USD`, `EUR`, `HKD`",
        examples: &["12.34 | money", "2 | money(\"USD\")"],
        takes_word: true,
        reads: &[Type::Money, Type::Number],
        parse: Quantity::money,
    },
    Filter {
        name: "number",
        docs: "a number; in parentheses what is counted",
        examples: &["105 | number", "2 | number(\"个\")"],
        takes_word: true,
        reads: &[Type::Number, Type::Money],
        parse: Quantity::number,
    },
    Filter {
        name: "digits",
        docs: "a telephone or ticket number, sign by sign; quote it, so that it keeps its zeros",
        examples: &["\"10086\" | digits", "\"R2041\" | digits"],
        takes_word: false,
        reads: &[Type::Number],
        parse: |value, _| Quantity::digits(value),
    },
    Filter {
        name: "date",
        docs: "a day, written year-month-day; `date(\"short\")` leaves the year out",
        examples: &["\"2028-02-29\" | date", "\"2028-02-29\" | date(\"short\")"],
        takes_word: true,
        reads: &[Type::Date],
        parse: Quantity::date,
    },
    Filter {
        name: "time",
        docs: "a time of the day, `14:05`, also behind a day, `2028-02-29T14:05`",
        examples: &["\"14:05\" | time"],
        takes_word: false,
        reads: &[Type::Time],
        parse: |value, _| Quantity::time(value),
    },
    Filter {
        name: "duration",
        docs: "seconds, or a duration such as `1h30m`",
        examples: &["150 | duration", "\"2h\" | duration"],
        takes_word: false,
        reads: &[Type::Number],
        parse: |value, _| Quantity::duration(value),
    },
    Filter {
        name: "bytes",
        docs: "octets, or an amount of data such as `12.6GB`",
        examples: &["\"12.6GB\" | bytes", "524288000 | bytes"],
        takes_word: false,
        reads: &[Type::Number],
        parse: |value, _| Quantity::bytes(value),
    },
];

impl Filter {
    /// A value in words or figures; `word` is what stands in parentheses, or empty. The error says for the operator
    /// why it cannot be read so.
    pub(crate) fn read(
        &self,
        value: &Value,
        word: &str,
        sense: Sense,
        language: &str,
    ) -> Result<String, String> {
        (self.parse)(value, word).map(|quantity| rendered(&quantity, sense, language))
    }
}

/// The codes of ISO 4217 that `money` knows.
pub(crate) fn currencies() -> impl Iterator<Item = &'static str> + Clone {
    CURRENCIES.iter().map(|currency| currency.code)
}

/// Makes the filters known to an environment whose texts are for `sense`.
pub(crate) fn add_filters(environment: &mut Environment<'static>, sense: Sense, manner: Manner) {
    for filter in &FILTERS {
        let apply = move |state: &State<'_, '_>, value: Value, words: Rest<String>| -> Result<Value, Error> {
            let word = match (&words[..], filter.takes_word) {
                ([], _) => "",
                ([word], true) => word,
                ([_, ..], _) => return Err(ErrorKind::TooManyArguments.into()),
            };
            let language = state.lookup(LANGUAGE);
            let language = language.as_ref().and_then(Value::as_str).unwrap_or_default();
            match (filter.read(&value, word, sense, language), manner) {
                (Ok(text), _) => Ok(Value::from(text)),
                (Err(why), Manner::Strict) => Err(Error::new(ErrorKind::InvalidOperation, why)),
                (Err(_), Manner::Lenient) => Ok(value),
            }
        };
        environment.add_filter(filter.name, apply);
    }
}

/// Whether a text is a day or a time, whichever the type says.
pub(crate) fn is_moment(text: &str, ty: &Type) -> bool {
    let value = Value::from(text);
    if *ty == Type::Date { Quantity::date(&value, "").is_ok() } else { Quantity::time(&value).is_ok() }
}

/// In words or figures. The figures of a language without words of its own are those of English.
fn rendered(quantity: &Quantity, sense: Sense, language: &str) -> String {
    let primary = language.split('-').next().unwrap_or_default().to_ascii_lowercase();
    match (sense, primary.as_str()) {
        (Sense::Ear, "zh" | "cmn") => chinese::spoken(quantity),
        (Sense::Eye, "zh" | "cmn" | "yue") => chinese::shown(quantity),
        (Sense::Ear, "en") => english::spoken(quantity),
        (Sense::Eye | Sense::Ear, _) => english::shown(quantity),
    }
}

/// Days, hours, minutes and seconds with their names, without those that are zero; zero itself is in seconds.
fn parts<'a>(seconds: u64, names: &[&'a str; 4]) -> Vec<(u64, &'a str)> {
    let counts = [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60];
    let all: Vec<_> = counts.into_iter().zip(*names).filter(|(count, _)| *count > 0).collect();
    if all.is_empty() { vec![(0, names[3])] } else { all }
}
