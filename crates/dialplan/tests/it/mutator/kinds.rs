//! The mistakes that are made, one at a time.

use std::collections::BTreeSet;
use std::ops::Range;

use super::tree::{Role, Tree, Word};

/// A kind of mistake, as the table names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Swap,
    Drop,
    Add,
    Delete,
    Retype,
    Unquote,
    Bypass,
    Leak,
}

impl Kind {
    pub(crate) const ALL: [Kind; 8] = [
        Kind::Swap,
        Kind::Drop,
        Kind::Add,
        Kind::Delete,
        Kind::Retype,
        Kind::Unquote,
        Kind::Bypass,
        Kind::Leak,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Swap => "rename: two letters swapped",
            Kind::Drop => "rename: a letter dropped",
            Kind::Add => "rename: a letter added",
            Kind::Delete => "delete an entry",
            Kind::Retype => "another type",
            Kind::Unquote => "without quotes",
            Kind::Bypass => "a way round a proof or an order",
            Kind::Leak => "a secret is told",
        }
    }
}

/// A mistake at one place.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    pub(crate) kind: Kind,
    /// What is replaced, in octets.
    pub(crate) at: Range<usize>,
    pub(crate) by: String,
    /// Where the mutant may be told of: the word itself, or what held it.
    pub(crate) places: Vec<Range<usize>>,
    /// The name that is gone or another one now; wherever else it stands, the mutant may be told of, too.
    pub(crate) name: Option<String>,
    /// Names that went with it, such as of nodes that an item led to: where they stand, too.
    pub(crate) more: Vec<String>,
    /// The word itself is among the uses of its name ([`uses`]).
    pub(crate) is_use: bool,
}

/// What files are free to say: a change of it is no mistake that anybody could know of.
fn is_free(word: &Word) -> bool {
    let below = |name: &str| word.path.iter().any(|key| key == name);
    let is = |name: &str| word.role == Role::Value && word.path.last().is_some_and(|key| key == name);
    // The answer that checks are given is looked at for its types, not for its content; what goals are called is the
    // author's business.
    (below("example") || below("or")) && word.role != Role::Key
        || below("comment")
        || below("base")
        || is("goal")
}

/// Letters, digits and a few signs, as names are written.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && chars.clone().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        && text.len() >= 2
        && !matches!(
            text,
            "true" | "false" | "and" | "or" | "not" | "in" | "is" | "if" | "else" | "endif" | "elif"
        )
}

/// Names in a stretch of text: words of an expression, outside of its own quoted texts.
fn names_in(text: &str, from: usize) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut begin = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let inside =
            quote.is_none() && (c.is_ascii_alphanumeric() || c == '_' || (c == '$' && begin.is_none()));
        match (inside, begin) {
            (true, None) => begin = Some(at),
            (false, Some(start)) => {
                let name = &text[start..at];
                if is_name(name) {
                    found.push((from + start..from + at, name.to_owned()));
                }
                begin = None;
            }
            _ => {}
        }
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    found
}

/// The inside of each `{{ ... }}` of a text.
fn holes(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = text[from..].find("{{").map(|at| from + at + 2) {
        let Some(end) = text[begin..].find("}}").map(|at| begin + at) else { break };
        found.push(begin..end);
        from = end + 2;
    }
    found
}

/// Names of a file and where they stand.
fn names(file: &str, text: &str, tree: &Tree) -> Vec<(Range<usize>, String, Word)> {
    let is_texts = file.contains("texts/");
    let mut found = Vec::new();
    for word in &tree.words {
        if is_free(word) {
            continue;
        }
        let own = &text[word.at.clone()];
        if is_texts && word.role != Role::Key {
            for hole in holes(own) {
                let inside = names_in(&own[hole.clone()], word.at.start + hole.start);
                found.extend(inside.into_iter().map(|(at, name)| (at, name, word.clone())));
            }
        } else if is_name(&word.text) && !word.quoted && word.text.contains('-') {
            // A language or a queue.
            found.push((word.at.clone(), word.text.clone(), word.clone()));
        } else if is_name(&word.text) && !word.quoted {
            for (at, name) in names_in(own, word.at.start) {
                found.push((at, name, word.clone()));
            }
        } else if word.role != Role::Key && !word.quoted && own.contains(' ') {
            // An expression, or `$return ok`.
            let inside = names_in(own, word.at.start);
            found.extend(inside.into_iter().map(|(at, name)| (at, name, word.clone())));
        } else if word.role != Role::Key && word.quoted {
            for hole in holes(own) {
                let inside = names_in(&own[hole.clone()], word.at.start + hole.start);
                found.extend(inside.into_iter().map(|(at, name)| (at, name, word.clone())));
            }
        }
    }
    found
}

/// Whether a word is where a text is written down.
fn is_text(file: &str, word: &Word) -> bool {
    file.contains("texts/") && word.role == Role::Key && word.path.is_empty()
}

/// Every name that a file uses; a text that is there in several languages is not used by that.
pub(crate) fn uses(file: &str, text: &str, tree: &Tree) -> Vec<String> {
    let is_text = |word: &Word| file.contains("texts/") && word.role == Role::Key;
    names(file, text, tree)
        .into_iter()
        .filter(|(_, _, word)| !is_text(word))
        .map(|(_, name, _)| name)
        .collect()
}

/// Where a name stands in a file, as a whole word.
pub(crate) fn places_of(name: &str, text: &str) -> Vec<Range<usize>> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let alone =
        |at: &usize| !text[..*at].ends_with(is_inner) && !text[at + name.len()..].starts_with(is_inner);
    text.match_indices(name).map(|(at, _)| at).filter(alone).map(|at| at..at + name.len()).collect()
}

/// Every mistake that can be made in a file.
pub(crate) fn mutations(file: &str, text: &str, secrets: &BTreeSet<String>) -> Vec<Mutation> {
    let tree = Tree::of(text);
    let mut all = Vec::new();
    for (at, name, word) in names(file, text, &tree) {
        // `agents: [desk2]` and `desk2:` tell a person's name: another digit may be another person, so letters change.
        let mut make = |kind, by: String| {
            if by != name && !by.is_empty() {
                // The rest of the word, such as `crm.` before a call, belongs to it.
                let places = vec![at.clone(), word.at.clone()];
                all.push(Mutation {
                    kind,
                    at: at.clone(),
                    by,
                    places,
                    name: Some(name.clone()),
                    is_use: !is_text(file, &word),
                    more: Vec::new(),
                });
            }
        };
        make(Kind::Swap, swapped(&name));
        make(Kind::Drop, dropped(&name));
        make(Kind::Add, added(&name));
    }
    for word in tree.words.iter().filter(|word| !is_free(word)) {
        delete(file, text, word, &mut all);
        retype(file, text, word, &mut all);
        unquote(text, word, &mut all);
        bypass(file, text, word, &mut all);
        leak(file, text, word, secrets, &mut all);
    }
    for list in &tree.lists {
        let holder = tree.words.iter().rfind(|word| {
            word.role == Role::Key && word.entry.end >= list.at.end && word.at.end <= list.at.start
        });
        // A single text may stand for a list of one.
        let lenient = ["lines", "say", "title", "show", "code_by", "languages", "parts", "one_of"];
        let is_lenient = list.path.last().is_some_and(|key| lenient.contains(&key.as_str()));
        if let Some(holder) = holder.filter(|_| !is_lenient) {
            let places = vec![holder.at.clone(), list.at.clone()];
            all.push(Mutation {
                kind: Kind::Retype,
                at: list.at.clone(),
                by: "5".to_owned(),
                places,
                name: None,
                is_use: false,
                more: Vec::new(),
            });
        }
    }
    all
}

fn swapped(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    // The last two that differ: people notice mistakes at the beginning.
    if let Some(at) = (1..letters.len()).rev().find(|at| letters[*at] != letters[at - 1]) {
        letters.swap(at, at - 1);
    }
    letters.into_iter().collect()
}

fn dropped(name: &str) -> String {
    let middle = name.len() / 2;
    name.chars().enumerate().filter(|(at, _)| *at != middle).map(|(_, c)| c).collect()
}

fn added(name: &str) -> String {
    format!("{name}x")
}

/// Whether a key is a name that the author has given, not a field of the language.
fn is_given(file: &str, word: &Word) -> bool {
    const GIVING: [&str; 9] =
        ["nodes", "vars", "queues", "agents", "calls", "takes", "at_start", "fetch", "hours"];
    let returned = word.path.iter().any(|key| key == "returns");
    file.contains("texts/") && word.path.is_empty()
        || returned && word.text != "one_of"
        || word.path.last().is_some_and(|key| GIVING.contains(&key.as_str()))
}

fn delete(file: &str, text: &str, word: &Word, all: &mut Vec<Mutation>) {
    if word.role != Role::Key {
        return;
    }
    let (mut begin, mut end) = (word.entry.start, word.entry.end);
    let before = text[..begin].trim_end_matches([' ', '\t']);
    let alone = before.is_empty() || before.ends_with('\n');
    if alone {
        begin = before.len();
        end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    } else {
        let behind = text[end..].trim_start();
        if behind.starts_with(',') {
            end = text.len() - behind.len() + 1;
        } else if before.ends_with(',') {
            begin = before.len() - 1;
        }
    }
    let before = word.holders.first().map(|holder| holder.start.min(begin)..begin + 1);
    // A field's siblings may be what cannot do without it.
    let held = before.into_iter().chain(word.held.clone().filter(|_| !is_given(file, word)));
    let places = word.holders.iter().cloned().chain(held).chain(std::iter::once(begin..begin + 1)).collect();
    let more = names_in(&text[begin..end], begin).into_iter().map(|(_, name)| name).collect();
    let name = Some(word.text.clone()).filter(|name| is_name(name) && is_given(file, word));
    all.push(Mutation {
        kind: Kind::Delete,
        at: begin..end,
        by: String::new(),
        places,
        name,
        is_use: !is_text(file, word),
        more,
    });
}

fn retype(file: &str, text: &str, word: &Word, all: &mut Vec<Mutation>) {
    if word.role == Role::Key || word.quoted || file.contains("texts/") {
        return;
    }
    let own = &text[word.at.clone()];
    let digits = own.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = own.parse::<f64>().is_ok();
    let by = if is_number {
        "many"
    } else if matches!(own, "true" | "false") {
        "perhaps"
    } else if digits.parse::<u32>().is_ok() && matches!(&own[digits.len()..], "s" | "ms" | "m" | "h") {
        digits
    } else {
        return;
    };
    let places = vec![word.at.clone()];
    all.push(Mutation {
        kind: Kind::Retype,
        at: word.at.clone(),
        by: by.to_owned(),
        places,
        name: None,
        is_use: false,
        more: Vec::new(),
    });
}

fn unquote(text: &str, word: &Word, all: &mut Vec<Mutation>) {
    let own = &text[word.at.clone()];
    if word.quoted && matches!(word.text.as_str(), "#" | "*") {
        let line = text[..word.at.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[word.at.end..].find('\n').map_or(text.len(), |at| word.at.end + at);
        // What comes after it on its line may be a comment now.
        let places = vec![word.at.start..word.at.start + 1, line..end];
        let by = own.trim_matches('"').to_owned();
        all.push(Mutation {
            kind: Kind::Unquote,
            at: word.at.clone(),
            by,
            places,
            name: None,
            is_use: false,
            more: Vec::new(),
        });
    }
}

/// Nodes of the hotline that are behind a proof, and calls that are orders.
fn bypass(file: &str, text: &str, word: &Word, all: &mut Vec<Mutation>) {
    if !file.ends_with("hotline.yaml") || word.role != Role::Value {
        return;
    }
    let key = word.path.last().map_or("", String::as_str);
    let parent = word.path.iter().rev().nth(1).map_or("", String::as_str);
    let by = if key == "to" || key == "next" || parent == "footer" || parent == "exits" {
        // The way of the proof itself.
        if word.text == "details" || word.path.iter().any(|key| key == "details") {
            return;
        }
        "details"
    } else if key == "call" && word.path.iter().any(|key| key == "lookup") {
        "crm.order"
    } else {
        return;
    };
    let places = vec![word.at.clone()];
    let own = &text[word.at.clone()];
    if own != by {
        all.push(Mutation {
            kind: Kind::Bypass,
            at: word.at.clone(),
            by: by.to_owned(),
            places,
            name: None,
            is_use: false,
            more: Vec::new(),
        });
    }
}

/// The secret of the part is told in its texts, asked of others, compared.
fn leak(file: &str, text: &str, word: &Word, secrets: &BTreeSet<String>, all: &mut Vec<Mutation>) {
    let own = &text[word.at.clone()];
    let holder = word.path.first().map_or("", String::as_str);
    let places = vec![word.at.clone()];
    if file.contains("texts/") && word.role == Role::Value && secrets.contains(holder) {
        let by = match own.strip_suffix('"') {
            Some(open) => format!("{open} {{{{ pin }}}}\""),
            None => format!("\"{} {{{{ pin }}}}\"", own.replace('"', "\\\"")),
        };
        all.push(Mutation {
            kind: Kind::Leak,
            at: word.at.clone(),
            by,
            places,
            name: None,
            is_use: false,
            more: Vec::new(),
        });
    } else if file.ends_with("crm.yaml") && word.role == Role::Value && own == "secret" {
        all.push(Mutation {
            kind: Kind::Leak,
            at: word.at.clone(),
            by: "text".to_owned(),
            places,
            name: Some("pin".into()),
            is_use: true,
            more: Vec::new(),
        });
    }
}
