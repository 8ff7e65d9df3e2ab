//! YAML text to a tree of words, lists and maps, each with its span. The one place that knows the YAML
//! library.
//!
//! The tree is read by hand (see `read`) instead of being derived into structs, because a derived
//! reader stops at the first mistake and the checker must name all of them. Scalars keep the text the
//! operator wrote: `no`, `007` and `1e3` are words here, not booleans and numbers. Anchors, aliases,
//! merge keys and tags are not part of the language.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, MergeKeyPolicy, NonFiniteFloatPolicy, Options};

use crate::limits;
use crate::problem::Finding;
use crate::source::{Span, Spanned, Word};

/// A value with its span.
pub(crate) type Tree = Spanned<Value>;

/// What a YAML node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing, as in `key:`.
    Empty,
    /// A scalar as it was written, quotes and escapes undone.
    Scalar(String),
    /// `[...]` or `- ...`.
    List(Vec<Tree>),
    /// `{...}` or `key: ...`, in order and with repetitions.
    Map(Vec<(Word, Tree)>),
}

impl Tree {
    /// Adds every word in it: keys, scalars, and the names in scalars that are expressions.
    pub(crate) fn words(&self, words: &mut BTreeSet<String>) {
        let mut add = |text: &str| {
            let names = text.split(|c: char| !(c.is_alphanumeric() || "_-$".contains(c)));
            words.extend(names.chain([text]).filter(|name| !name.is_empty()).map(str::to_owned));
        };
        match &self.value {
            Value::Empty => {}
            Value::Scalar(text) => add(text),
            Value::List(items) => items.iter().for_each(|item| item.words(words)),
            Value::Map(entries) => {
                for (key, value) in entries {
                    words.insert(key.value.clone());
                    value.words(words);
                }
            }
        }
    }

    /// Whether it is a map with this field.
    pub(crate) fn has(&self, field: &str) -> bool {
        matches!(&self.value, Value::Map(entries) if entries.iter().any(|(key, _)| key.value == field))
    }
}

/// Parses one file. `Ok(None)` is an empty file.
pub(crate) fn parse(file: usize, text: &str) -> Result<Option<Tree>, Finding> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(None);
    }
    let parsed: Result<serde_saphyr::Spanned<Raw>, _> = serde_saphyr::from_str_with_options(text, options());
    match parsed {
        Ok(raw) => Ok(Some(convert(file, text, raw))),
        Err(error) => Err(explain(file, text, &error)),
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: limits::YAML_DEPTH_MAX,
            flow_nesting_limit: limits::YAML_DEPTH_MAX,
            max_nodes: limits::YAML_NODES_MAX,
            max_events: 4 * limits::YAML_NODES_MAX,
            max_aliases: 0,
            max_anchors: 0,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// What the library hands over: scalars that it took for booleans or numbers are marked, because their
/// spelling is only in the source.
enum Raw {
    Empty,
    AsWritten,
    Text(String),
    List(Vec<serde_saphyr::Spanned<Raw>>),
    Map(Vec<(serde_saphyr::Spanned<Raw>, serde_saphyr::Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, a list or a map")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::AsWritten)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::AsWritten)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::AsWritten)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::AsWritten)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::AsWritten)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::AsWritten)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Empty)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Empty)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

fn convert(file: usize, text: &str, raw: serde_saphyr::Spanned<Raw>) -> Tree {
    let span = locate(file, text, raw.referenced);
    let value = match raw.value {
        Raw::Empty => Value::Empty,
        Raw::AsWritten => Value::Scalar(written(text, span)),
        Raw::Text(scalar) => Value::Scalar(scalar),
        Raw::List(items) => Value::List(items.into_iter().map(|item| convert(file, text, item)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key_word(file, text, key), convert(file, text, value)))
                .collect(),
        ),
    };
    Tree { value, span }
}

/// A key as a word; a key that is a list or map comes out as it is written and is then an unknown name.
fn key_word(file: usize, text: &str, key: serde_saphyr::Spanned<Raw>) -> Word {
    let tree = convert(file, text, key);
    let value = match tree.value {
        Value::Scalar(name) => name,
        Value::Empty | Value::List(_) | Value::Map(_) => written(text, tree.span),
    };
    Word { value, span: tree.span }
}

fn written(text: &str, span: Span) -> String {
    text.get(span.start..span.end).unwrap_or_default().trim().to_owned()
}

/// The octets of a location, on one line where a block would stretch over many, and always on
/// character boundaries of `text`.
fn locate(file: usize, text: &str, location: Location) -> Span {
    let span = location.span();
    let octets = span.byte_offset().and_then(|start| usize::try_from(start).ok());
    let start = octets.unwrap_or_else(|| offset_of(text, location));
    let length = span.byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let start = floor_boundary(text, start);
    let end = floor_boundary(text, start.saturating_add(length)).max(start);
    Span { file, start, end }
}

/// The octet at a line and column; errors of the scanner have nothing else.
fn offset_of(text: &str, location: Location) -> usize {
    let nth = |one_based: u64| usize::try_from(one_based.saturating_sub(1)).unwrap_or(usize::MAX);
    let before: usize = text.split_inclusive('\n').take(nth(location.line())).map(str::len).sum();
    let line = text[before..].lines().next().unwrap_or_default();
    before + line.char_indices().nth(nth(location.column())).map_or(line.len(), |(at, _)| at)
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A library error in the operator's words.
fn explain(file: usize, text: &str, error: &serde_saphyr::Error) -> Finding {
    use serde_saphyr::Error;
    use serde_saphyr::budget::BudgetBreach;
    let span = error.location().map_or(Span { file, start: 0, end: 0 }, |at| locate(file, text, at));
    let finding = |message: String, label: &str| Finding::error("yaml", span, message, label);
    match error.without_snippet() {
        Error::Budget { breach: BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. }, .. }
        | Error::UnknownAnchor { .. } => {
            finding("`&name` and `*name` are not part of the language".to_owned(), "an anchor or alias")
                .help("put quotes around a text that begins with `*` or `&`, as in `\"*\"`")
        }
        Error::MergeKeyNotAllowed { .. } => {
            finding("`<<` is not part of the language".to_owned(), "a merge key")
        }
        Error::UnsupportedTag { .. } => {
            finding("`!name` is not part of the language".to_owned(), "a YAML tag")
                .help("put quotes around a text that begins with `!`")
        }
        Error::MultipleDocuments { .. } | Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            finding("one file holds one document".to_owned(), "a second one begins here")
                .help("remove the line `---` or make two files")
        }
        Error::Budget { .. } => finding(TOO_DEEP.to_owned(), "here"),
        other => match reason(&other.to_string()) {
            reason if reason.contains("recursion limit") => finding(TOO_DEEP.to_owned(), "here"),
            reason => finding(format!("this is not YAML: {reason}"), "here")
                .help("look at indentation, closing brackets and quotes at and above this line"),
        },
    }
}

const TOO_DEEP: &str = "this file is nested too deep or too large";

/// What the library says, without the place, which is said already.
fn reason(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.find(" at line ").map_or(line, |place| &line[..place])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        parse(0, text).expect("valid").expect("not empty")
    }

    fn entries(tree: &Tree) -> &[(Word, Tree)] {
        match &tree.value {
            Value::Map(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_flow_of_the_longest_allowed_fits_into_a_file_and_a_longer_list_does_not() {
        let hotline = include_str!("../../../dialplans/hotline.yaml");
        let (head, nodes) = hotline.split_once("\nnodes:\n").expect("a flow");
        let of_each = entries(&tree(nodes)).len();
        let copies = limits::NODES_MAX.div_ceil(of_each);
        let long: String = (0..copies)
            .flat_map(|copy| nodes.lines().map(move |line| (copy, line)))
            .map(|(copy, line)| match line.strip_prefix("  ") {
                Some(name) if name.starts_with(char::is_alphabetic) => format!("  c{copy}_{name}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let long = format!("{head}\nnodes:\n{long}");
        assert!(long.len() <= limits::FILE_BYTES_MAX, "{} octets", long.len());
        let nodes = entries(&tree(&long))
            .iter()
            .find(|(key, _)| key.value == "nodes")
            .map(|(_, all)| entries(all).len());
        assert_eq!(nodes, Some(copies * of_each));

        let list = |items: usize| format!("[{}]", "a,".repeat(items));
        assert!(parse(0, &list(limits::YAML_NODES_MAX - 1)).is_ok());
        assert!(parse(0, &list(limits::YAML_NODES_MAX + 1)).is_err());
        assert!(parse(0, "a: &x [1]\nb: *x\n").is_err(), "an alias");
    }

    #[test]
    fn keeps_what_the_operator_wrote() {
        let text = "no: 007\nyes: 1e3\n1: true\nquoted: \"a\\tb\"\nplain: 1.50\nnan: .inf\nbig: 99999999999999999999\nnone:\n";
        let tree = tree(text);
        let got: Vec<(&str, String)> = entries(&tree)
            .iter()
            .map(|(key, value)| match &value.value {
                Value::Scalar(scalar) => (key.value.as_str(), scalar.clone()),
                other => (key.value.as_str(), format!("{other:?}")),
            })
            .collect();
        assert_eq!(
            got,
            [
                ("no", "007".to_owned()),
                ("yes", "1e3".to_owned()),
                ("1", "true".to_owned()),
                ("quoted", "a\tb".to_owned()),
                ("plain", "1.50".to_owned()),
                ("nan", ".inf".to_owned()),
                ("big", "99999999999999999999".to_owned()),
                ("none", "Empty".to_owned()),
            ]
        );
    }

    #[test]
    fn spans_are_octets_of_the_text() {
        let text = "标题: 余额\nitems: { \"1\": balance }\n";
        let tree = tree(text);
        for (key, value) in entries(&tree) {
            assert!(text[key.span.start..].starts_with(&key.value), "{key:?}");
            if let Value::Scalar(scalar) = &value.value {
                assert_eq!(&text[value.span.start..value.span.end], scalar);
            }
        }
        let (_, items) = &entries(&tree)[1];
        let (_, target) = &entries(items)[0];
        assert_eq!(&text[target.span.start..target.span.end], "balance");
    }

    #[test]
    fn repeated_keys_come_through() {
        assert_eq!(entries(&tree("a: 1\na: 2\n")).len(), 2);
    }

    #[test]
    fn an_empty_file_is_no_tree() {
        assert_eq!(parse(0, ""), Ok(None));
        assert_eq!(parse(0, "# nothing\n\n"), Ok(None));
    }

    #[test]
    fn refuses_what_is_not_part_of_the_language() {
        for text in [
            "a: &x 1\nb: *x\n",
            "a: !t 1\n",
            "a: 1\n---\nb: 2\n",
            "a: [1\n",
            "<<: { a: 1 }\n",
            "a:\n\tb: 1\n",
        ] {
            assert!(parse(0, text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000)]
        {
            assert!(parse(0, &text).is_err());
        }
    }
}
