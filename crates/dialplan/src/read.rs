//! From the tree to typed values, noting every mistake on the way instead of stopping at the first.
//!
//! A reading function answers `None` when it has noted why; the caller goes on with the rest.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::limits;
use crate::problem::Finding;
use crate::source::{Span, Word};
use crate::words::{nearest, suggest};
use crate::yaml::{Tree, Value};

/// Collects the mistakes of a reading.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) findings: Vec<Finding>,
}

/// The fields of one map, each at most once and each known.
#[derive(Debug)]
pub(crate) struct Fields<'t> {
    what: String,
    span: Span,
    entries: Vec<(&'t Word, &'t Tree)>,
}

impl<'t> Fields<'t> {
    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&'t Tree> {
        self.entry(name).map(|(_, tree)| tree)
    }

    /// Name and value of a field.
    pub(crate) fn entry(&self, name: &str) -> Option<(&'t Word, &'t Tree)> {
        self.entries.iter().find(|(word, _)| word.value == name).copied()
    }

    /// The value of a field that must be there.
    pub(crate) fn need(&self, reader: &mut Reader, name: &str) -> Option<&'t Tree> {
        let value = self.get(name);
        if value.is_none() {
            reader.note(
                Finding::error(
                    "missing-field",
                    self.span,
                    format!("{} has no `{name}`", self.what),
                    format!("`{name}:` belongs here"),
                )
                .help(format!("add `{name}: ...`")),
            );
        }
        value
    }

    /// Where the map begins.
    pub(crate) fn span(&self) -> Span {
        self.span
    }
}

impl Reader {
    pub(crate) fn note(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The entries of a map; a repeated key is noted and its first value kept. `at` is where to point
    /// when there is no map.
    pub(crate) fn entries<'t>(
        &mut self,
        what: &str,
        at: Span,
        tree: &'t Tree,
    ) -> Option<Vec<(&'t Word, &'t Tree)>> {
        let map = match &tree.value {
            Value::Map(map) => map.as_slice(),
            Value::Empty => &[],
            Value::Scalar(_) | Value::List(_) => return self.not_a_map(what, at),
        };
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut kept = Vec::new();
        for (key, value) in map {
            match seen.get(key.value.as_str()) {
                Some(first) => self.note(
                    Finding::error(
                        "duplicate-key",
                        key.span,
                        format!("`{}` is given twice in {what}", key.value),
                        "the second time",
                    )
                    .also(*first, "the first time")
                    .help("remove one of the two"),
                ),
                None => {
                    seen.insert(&key.value, key.span);
                    kept.push((key, value));
                }
            }
        }
        Some(kept)
    }

    fn not_a_map<T>(&mut self, what: &str, at: Span) -> Option<T> {
        let label = "expected `name: value` lines or `{ name: value }`";
        self.note(Finding::error("wrong-shape", at, format!("{what} is not a map"), label));
        None
    }

    /// A map that may only have `known` fields.
    pub(crate) fn fields<'t>(
        &mut self,
        what: impl Into<String>,
        at: Span,
        tree: &'t Tree,
        known: &[&str],
    ) -> Option<Fields<'t>> {
        let what = what.into();
        let mut entries = self.entries(&what, at, tree)?;
        entries.retain(|(key, _)| {
            let fits = known.contains(&key.value.as_str());
            if !fits {
                self.unknown_field(&what, key, known);
            }
            fits
        });
        Some(Fields { what, span: at, entries })
    }

    fn unknown_field(&mut self, what: &str, key: &Word, known: &[&str]) {
        self.note(
            Finding::error(
                "unknown-field",
                key.span,
                format!("{what} has no field `{}`", key.value),
                "not a field of it",
            )
            .maybe_help(suggest(&key.value, known.iter().copied())),
        );
    }

    /// A scalar that is not empty.
    pub(crate) fn word(&mut self, what: &str, tree: &Tree) -> Option<Word> {
        match &tree.value {
            Value::Scalar(text) if !text.trim().is_empty() => {
                Some(Word { value: text.trim().to_owned(), span: tree.span })
            }
            Value::Scalar(_) | Value::Empty => {
                self.note(Finding::error("empty", tree.span, format!("{what} is empty"), "nothing is given"));
                None
            }
            Value::List(_) | Value::Map(_) => {
                self.note(Finding::error(
                    "wrong-shape",
                    tree.span,
                    format!("{what} is not a word"),
                    "expected one word or text",
                ));
                None
            }
        }
    }

    /// A word that names something of the operator's: letters, digits, `_` and `-`.
    pub(crate) fn check_name(&mut self, what: &str, name: &Word) -> bool {
        let length = name.value.chars().count();
        let fits = (1..=limits::NAME_CHARS_MAX).contains(&length)
            && name.value.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !fits {
            self.note(
                Finding::error(
                    "invalid-name",
                    name.span,
                    format!("{what} cannot be called so"),
                    "invalid name",
                )
                .help(format!(
                    "use letters, digits, `_` and `-`, at most {} of them",
                    limits::NAME_CHARS_MAX
                )),
            );
        }
        fits
    }

    /// One word, or a list of words.
    pub(crate) fn words(&mut self, what: &str, tree: &Tree) -> Vec<Word> {
        match &tree.value {
            Value::List(items) => items.iter().filter_map(|item| self.word(what, item)).collect(),
            Value::Empty | Value::Scalar(_) | Value::Map(_) => self.word(what, tree).into_iter().collect(),
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, what: &str, tree: &Tree) -> Option<bool> {
        let word = self.word(what, tree)?;
        match word.value.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.note(Finding::error(
                    "invalid-value",
                    word.span,
                    format!("{what} is `true` or `false`"),
                    "neither of them",
                ));
                None
            }
        }
    }

    /// A whole number within `range`.
    pub(crate) fn number(&mut self, what: &str, tree: &Tree, range: RangeInclusive<u32>) -> Option<u32> {
        let word = self.word(what, tree)?;
        let number = word.value.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.note(Finding::error(
                "invalid-value",
                word.span,
                format!("{what} is a number from {} to {}", range.start(), range.end()),
                "not such a number",
            ));
        }
        number
    }

    /// A duration such as `500ms`, `6s`, `3m` or `1h`.
    pub(crate) fn duration(&mut self, what: &str, tree: &Tree) -> Option<Duration> {
        let word = self.word(what, tree)?;
        let duration = parse_duration(&word.value);
        let help = match duration {
            Some(duration) if (limits::DURATION_MIN..=limits::DURATION_MAX).contains(&duration) => {
                return Some(duration);
            }
            Some(_) => "between 100ms and 4h".to_owned(),
            None if word.value.parse::<u64>().is_ok() => {
                format!("write the unit too: `{}s` for seconds", word.value)
            }
            None => "a number and a unit without a space: `500ms`, `6s`, `3m`, `1h`".to_owned(),
        };
        self.note(
            Finding::error(
                "invalid-duration",
                word.span,
                format!("{what}: `{}` is not a usable duration", word.value),
                "not a usable duration",
            )
            .help(help),
        );
        None
    }

    /// Notes that `name` is none of `known`.
    pub(crate) fn unknown<'k>(
        &mut self,
        code: &'static str,
        what: &str,
        name: &Word,
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) {
        self.note(unknown(code, what, name, known));
    }
}

/// `name` is none of `known`.
pub(crate) fn unknown<'k>(
    code: &'static str,
    what: &str,
    name: &Word,
    known: impl IntoIterator<Item = &'k str> + Clone,
) -> Finding {
    let label = match nearest(&name.value, known.clone()) {
        Some(near) => format!("perhaps `{near}`"),
        None => "not known".to_owned(),
    };
    Finding::error(code, name.span, format!("there is no {what} `{}`", name.value), label)
        .maybe_help(suggest(&name.value, known))
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let unit_ms: u64 = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(unit_ms).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("6s"), Some(Duration::from_secs(6)));
        assert_eq!(parse_duration("3m"), Some(Duration::from_secs(180)));
        assert_eq!(parse_duration("1h"), Some(Duration::from_secs(3600)));
        for wrong in ["", "6", "s", "6 s", "-6s", "6sec", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
