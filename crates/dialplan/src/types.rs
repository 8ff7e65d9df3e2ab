//! What a value can be: the types of variables, and of what connectors are asked and answer.
//!
//! A type is written as a word (`money`, `text?` for one that may be missing), as `{ one_of: [a, b] }`, as a list with
//! the type of its items (`[{ name: text }]`), or as a map of fields. Values come from outside as JSON and are read
//! by their type, so that a flow never meets one that it was not checked with.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::Value;
use serde_json::Value as Json;

use crate::limits;
use crate::problem::Finding;
use crate::read::Reader;
use crate::source::{Span, Word};
use crate::yaml::{Tree, Value as Yaml};

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// An amount of money; a number with hundredths.
    Money,
    /// `true` or `false`.
    Flag,
    /// A day, `2028-02-29`.
    Date,
    /// A time of the day, `14:05`, also behind a day.
    Time,
    /// A text that nobody may see, hear or log: it is only compared, or sent where a secret is expected.
    Secret,
    /// One of these words.
    OneOf(Arc<[String]>),
    /// Any number of these, up to [`limits::ITEMS_MAX`].
    List(Box<Type>),
    /// Named parts.
    Record(BTreeMap<String, Type>),
    /// May be missing, and is then `none`.
    Optional(Box<Type>),
    /// Not known, since what is wrong is noted elsewhere; fits everything.
    Unknown,
}

/// The types that are a word.
pub(crate) const TYPES: [(&str, Type, &str); 7] = [
    ("text", Type::Text, "any text"),
    ("number", Type::Number, "a number, such as 3 or 12.5"),
    ("money", Type::Money, "an amount of money, such as 58.20"),
    ("flag", Type::Flag, "`true` or `false`"),
    ("date", Type::Date, "a day, such as 2028-02-29"),
    ("time", Type::Time, "a time of the day, such as 14:05 or 2028-02-29T14:05"),
    ("secret", Type::Secret, "a text that is never shown, said or logged: a PIN"),
];

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, ..)) = TYPES.iter().find(|(_, ty, _)| ty == self) {
            return f.write_str(name);
        }
        match self {
            Type::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Type::List(item) => write!(f, "a list of {item}"),
            Type::Record(fields) => {
                let names: Vec<&str> = fields.keys().map(String::as_str).collect();
                write!(f, "a record of {}", names.join(", "))
            }
            Type::Optional(inner) => write!(f, "{inner}, or none"),
            Type::Unknown => f.write_str("anything"),
            Type::Text | Type::Number | Type::Money | Type::Flag | Type::Date | Type::Time | Type::Secret => {
                Ok(())
            }
        }
    }
}

/// Reads a type.
pub(crate) fn read(reader: &mut Reader, what: &str, tree: &Tree) -> Option<Type> {
    match &tree.value {
        Yaml::Empty | Yaml::Scalar(_) => read_word(reader, what, tree),
        Yaml::List(items) => match &items[..] {
            [item] => Some(Type::List(Box::new(read(reader, what, item)?))),
            [] | [_, _, ..] => {
                let message = format!("{what}: a list is written with the type of its items");
                let finding = Finding::error("wrong-shape", tree.span, message, "not one type");
                reader.note(
                    finding.help("for example `[text]`; words to choose from are `{ one_of: [a, b] }`"),
                );
                None
            }
        },
        Yaml::Map(entries) => match &entries[..] {
            [(key, words)] if key.value == "one_of" => read_one_of(reader, what, words),
            _ => read_record(reader, what, tree).map(Type::Record),
        },
    }
}

fn read_word(reader: &mut Reader, what: &str, tree: &Tree) -> Option<Type> {
    let word = reader.word(what, tree)?;
    let (name, optional) = match word.value.strip_suffix('?') {
        Some(name) => (name, true),
        None => (word.value.as_str(), false),
    };
    match TYPES.iter().find(|(known, ..)| *known == name) {
        Some((_, ty, _)) if optional => Some(Type::Optional(Box::new(ty.clone()))),
        Some((_, ty, _)) => Some(ty.clone()),
        None => {
            reader.unknown("unknown-type", "type", &word, TYPES.map(|(name, ..)| name));
            None
        }
    }
}

fn read_one_of(reader: &mut Reader, what: &str, tree: &Tree) -> Option<Type> {
    let words: Vec<String> = reader.words("`one_of`", tree).into_iter().map(|word| word.value).collect();
    if words.is_empty() {
        reader.note(Finding::error("empty", tree.span, format!("{what} can have no value"), "no words"));
        return None;
    }
    Some(Type::OneOf(words.into()))
}

/// Reads a map of names to types.
pub(crate) fn read_record(reader: &mut Reader, what: &str, tree: &Tree) -> Option<BTreeMap<String, Type>> {
    let mut fields = BTreeMap::new();
    let entries = reader.entries(what, tree.span, tree)?;
    for (name, tree) in entries {
        if check_identifier(reader, "a field", name) {
            let ty = read(reader, &format!("`{}`", name.value), tree).unwrap_or(Type::Unknown);
            fields.insert(name.value.clone(), ty);
        }
    }
    Some(fields)
}

/// A name that an expression can use: letters, digits and `_`, beginning with a letter.
pub(crate) fn check_identifier(reader: &mut Reader, what: &str, name: &Word) -> bool {
    let fits = name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.value.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.value.len() <= limits::NAME_CHARS_MAX;
    if !fits {
        let finding =
            Finding::error("invalid-name", name.span, format!("{what} cannot be called so"), "invalid name");
        reader.note(finding.help("use letters a to z, digits and `_`, beginning with a letter"));
    }
    fits
}

impl Type {
    /// Whether a value of it is to be kept from everybody.
    pub(crate) fn is_secret(&self) -> bool {
        match self {
            Type::Secret => true,
            Type::List(inner) | Type::Optional(inner) => inner.is_secret(),
            Type::Record(fields) => fields.values().any(Type::is_secret),
            Type::Text
            | Type::Number
            | Type::Money
            | Type::Flag
            | Type::Date
            | Type::Time
            | Type::OneOf(_)
            | Type::Unknown => false,
        }
    }

    /// Reads a value that came from outside. The error says what does not fit, never the value itself, which may be a
    /// secret.
    ///
    /// Numbers may come as text and text as a number: other people's JSON does so.
    pub(crate) fn accept(&self, json: &Json) -> Result<Value, String> {
        self.accept_at(json, &mut String::new())
    }

    fn accept_at(&self, json: &Json, at: &mut String) -> Result<Value, String> {
        let wrong = |at: &str| {
            let place = if at.is_empty() { "it".to_owned() } else { format!("`{at}`") };
            Err(format!("{place} is not {self}, but {}", describe(json)))
        };
        match (self, json) {
            (Type::Optional(_), Json::Null) => Ok(Value::from(())),
            (Type::Optional(inner), _) => inner.accept_at(json, at),
            (Type::Unknown, _) => Ok(Value::from(())),
            (Type::Text | Type::Secret, Json::String(text)) if text.len() <= limits::VALUE_BYTES_MAX => {
                Ok(Value::from(text.as_str()))
            }
            (Type::Text | Type::Secret, Json::Number(number)) => Ok(Value::from(number.to_string())),
            (Type::Number, Json::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Ok(Value::from(whole)),
                (None, Some(number)) => Ok(Value::from(number)),
                (None, None) => wrong(at),
            },
            (Type::Number, Json::String(text)) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(number_value(number)),
                Ok(_) | Err(_) => wrong(at),
            },
            (Type::Money, Json::Number(number)) => match number.as_f64() {
                Some(number) => Ok(Value::from(hundredths(number))),
                None => wrong(at),
            },
            (Type::Money, Json::String(text)) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::from(hundredths(number))),
                Ok(_) | Err(_) => wrong(at),
            },
            (Type::Flag, Json::Bool(flag)) => Ok(Value::from(*flag)),
            (Type::Flag, Json::String(text)) if text == "true" || text == "false" => {
                Ok(Value::from(text == "true"))
            }
            (Type::Date | Type::Time, Json::String(text)) => match crate::reading::is_moment(text, self) {
                true => Ok(Value::from(text.as_str())),
                false => wrong(at),
            },
            (Type::OneOf(words), Json::String(text)) if words.contains(text) => {
                Ok(Value::from(text.as_str()))
            }
            (Type::List(item), Json::Array(items)) if items.len() <= limits::ITEMS_MAX => {
                let mut values = Vec::with_capacity(items.len());
                for (index, json) in items.iter().enumerate() {
                    let length = at.len();
                    at.push_str(&format!("[{index}]"));
                    values.push(item.accept_at(json, at)?);
                    at.truncate(length);
                }
                Ok(Value::from(values))
            }
            (Type::Record(fields), Json::Object(parts)) => {
                let mut values = BTreeMap::new();
                for (name, ty) in fields {
                    let length = at.len();
                    if !at.is_empty() {
                        at.push('.');
                    }
                    at.push_str(name);
                    let part = parts.get(name).unwrap_or(&Json::Null);
                    values.insert(name.clone(), ty.accept_at(part, at)?);
                    at.truncate(length);
                }
                Ok(Value::from(values))
            }
            (
                Type::Text
                | Type::Number
                | Type::Money
                | Type::Flag
                | Type::Date
                | Type::Time
                | Type::Secret
                | Type::OneOf(_)
                | Type::List(_)
                | Type::Record(_),
                _,
            ) => wrong(at),
        }
    }

    /// A value that an operator wrote, such as the example of an answer; mistakes are noted.
    pub(crate) fn literal(&self, reader: &mut Reader, at: Span, tree: Option<&Tree>) -> Option<Value> {
        match (self, tree.map(|tree| &tree.value)) {
            (Type::Optional(_), None | Some(Yaml::Empty)) => Some(Value::from(())),
            (Type::Optional(inner), Some(_)) => inner.literal(reader, at, tree),
            (Type::Record(fields), Some(Yaml::Map(_))) => {
                let tree = tree?;
                let names: Vec<&str> = fields.keys().map(String::as_str).collect();
                let entries = reader.fields("the example", at, tree, &names)?;
                let mut values = BTreeMap::new();
                for (name, ty) in fields {
                    let part = match ty {
                        Type::Optional(_) => entries.get(name),
                        _ => Some(entries.need(reader, name)?),
                    };
                    let at = part.map_or(at, |part| part.span);
                    values.insert(name.clone(), ty.literal(reader, at, part)?);
                }
                Some(Value::from(values))
            }
            (Type::List(item), Some(Yaml::List(items))) => {
                let values: Option<Vec<Value>> =
                    items.iter().map(|tree| item.literal(reader, tree.span, Some(tree))).collect();
                values.map(Value::from)
            }
            (_, Some(Yaml::Scalar(text))) => match self.accept(&Json::String(text.clone())) {
                Ok(value) => Some(value),
                Err(_) => {
                    let message = format!("this is not {self}");
                    reader.note(Finding::error("wrong-type", at, message, format!("expected {self}")));
                    None
                }
            },
            (_, None | Some(Yaml::Empty | Yaml::List(_) | Yaml::Map(_))) => {
                let message = format!("this is not {self}");
                reader.note(Finding::error("wrong-type", at, message, format!("expected {self}")));
                None
            }
        }
    }
}

fn number_value(number: f64) -> Value {
    // Whole numbers stay whole, so that they are not told as 3.0.
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn describe(json: &Json) -> &'static str {
    match json {
        Json::Null => "missing",
        Json::Bool(_) => "a flag",
        Json::Number(_) => "a number",
        Json::String(text) if text.len() > limits::VALUE_BYTES_MAX => "a text that is too long",
        Json::String(_) => "a text",
        Json::Array(items) if items.len() > limits::ITEMS_MAX => "a list that is too long",
        Json::Array(_) => "a list",
        Json::Object(_) => "a record",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(fields: &[(&str, Type)]) -> Type {
        Type::Record(fields.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone())).collect())
    }

    #[test]
    fn values_are_read_by_their_type() {
        let ty = record(&[
            ("yuan", Type::Money),
            ("until", Type::Date),
            ("packs", Type::List(Box::new(record(&[("name", Type::Text), ("left", Type::Number)])))),
            ("note", Type::Optional(Box::new(Type::Text))),
        ]);
        let answer = json!({
            "yuan": "58.199999", "until": "2028-02-29", "extra": [1],
            "packs": [{ "name": 10, "left": "3" }],
        });
        let value = ty.accept(&answer).expect("it fits");
        let part = |path: &[&str]| {
            path.iter().fold(value.clone(), |value, name| value.get_attr(name).expect("a part"))
        };
        assert_eq!(part(&["yuan"]), Value::from(58.2));
        assert!(part(&["note"]).is_none());
        let pack = part(&["packs"]).get_item(&Value::from(0)).expect("one");
        assert_eq!(pack.get_attr("name").expect("text").as_str(), Some("10"));
        assert_eq!(pack.get_attr("left").expect("number"), Value::from(3));
    }

    #[test]
    fn what_does_not_fit_is_said_without_the_value() {
        let ty = record(&[("pin", Type::Secret), ("rows", Type::List(Box::new(Type::Number)))]);
        let error = |json: Json| ty.accept(&json).expect_err("it does not fit");
        assert_eq!(error(json!({ "pin": ["1234"], "rows": [] })), "`pin` is not secret, but a list");
        assert_eq!(error(json!({ "pin": "1", "rows": [1, "x1234"] })), "`rows[1]` is not number, but a text");
        assert_eq!(error(json!({ "rows": [] })), "`pin` is not secret, but missing");
        assert_eq!(error(json!([])), "it is not a record of pin, rows, but a list");
        let long = "9".repeat(limits::VALUE_BYTES_MAX + 1);
        assert_eq!(
            error(json!({ "pin": long, "rows": [] })),
            "`pin` is not secret, but a text that is too long"
        );
        let many = vec![0; limits::ITEMS_MAX + 1];
        assert_eq!(
            error(json!({ "pin": "1", "rows": many })),
            "`rows` is not a list of number, but a list that is too long"
        );
    }

    #[test]
    fn numbers_days_and_words_are_what_they_say() {
        for (ty, json) in [
            (Type::Number, json!("NaN")),
            (Type::Money, json!("inf")),
            (Type::Date, json!("2028-02-30")),
            (Type::Time, json!("25:00")),
            (Type::Flag, json!(1)),
            (Type::OneOf(["a".to_owned()].into()), json!("b")),
        ] {
            assert!(ty.accept(&json).is_err(), "{ty}: {json}");
        }
        for (ty, json) in [(Type::Time, json!("2028-02-29T14:05")), (Type::Flag, json!(true))] {
            assert!(ty.accept(&json).is_ok(), "{ty}: {json}");
        }
    }
}
