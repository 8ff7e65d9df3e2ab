//! Where each word of a YAML file stands, and what it is part of.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle};

/// What a word is to what holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Key,
    Value,
    /// Of a list.
    Item,
}

/// A scalar.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// In octets, with its quotes.
    pub(crate) at: Range<usize>,
    pub(crate) text: String,
    pub(crate) quoted: bool,
    pub(crate) role: Role,
    /// The keys above it, from the file's top; a value's own key is the last.
    pub(crate) path: Vec<String>,
    /// Of a key: it and its value.
    pub(crate) entry: Range<usize>,
    /// The words that hold this mapping or list, the nearest first; on the top level the first word of the file.
    pub(crate) holders: Vec<Range<usize>>,
    /// All that the nearest of them holds, below the top level.
    pub(crate) held: Option<Range<usize>>,
    /// The value is a mapping or a list.
    pub(crate) holds: bool,
}

/// A list, for mutations of a list as a whole.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) at: Range<usize>,
    pub(crate) path: Vec<String>,
}

/// Everything in a file.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) words: Vec<Word>,
    pub(crate) lists: Vec<List>,
}

enum Level {
    /// The key that a value is awaited for, as its index in `words`.
    Mapping {
        key: Option<usize>,
    },
    List {
        begin: usize,
    },
}

impl Tree {
    pub(crate) fn of(text: &str) -> Tree {
        let octets: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut tree = Tree::default();
        let mut levels: Vec<Level> = Vec::new();
        let mut path: Vec<String> = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.expect("the file is sound");
            let at = octets[span.start.index()]..octets[span.end.index().min(octets.len() - 1)];
            match event {
                Event::Scalar(value, style, ..) => tree.word(&mut levels, &mut path, at, &value, style),
                Event::SequenceStart(..) => levels.push(Level::List { begin: at.start }),
                Event::MappingStart(..) => levels.push(Level::Mapping { key: None }),
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(Level::List { begin }) = levels.pop() {
                        tree.lists.push(List { at: begin..at.end.max(begin), path: path.clone() });
                    }
                    tree.end_of_value(&mut levels, &mut path, at.end, true);
                }
                _ => {}
            }
        }
        for index in 0..tree.words.len() {
            let holder = tree.words[index].holders.first().cloned();
            let held = holder
                .and_then(|holder| tree.words.iter().find(|word| word.at == holder && !word.path.is_empty()));
            tree.words[index].held = held.map(|holder| holder.entry.clone());
        }
        for word in &mut tree.words {
            // The end of a block is told at the next word: what is between is none of it.
            let inside = text[word.entry.clone()].trim_end().len();
            word.entry.end = word.entry.start + inside;
        }
        tree
    }

    fn word(
        &mut self,
        levels: &mut [Level],
        path: &mut Vec<String>,
        at: Range<usize>,
        value: &str,
        style: ScalarStyle,
    ) {
        let above = levels.iter().rev().skip(1).filter_map(|level| match level {
            Level::Mapping { key } => *key,
            Level::List { .. } => None,
        });
        let mut holders: Vec<_> = above.map(|key| self.words[key].at.clone()).collect();
        if holders.is_empty() {
            holders.extend(self.words.first().map(|first| first.at.clone()));
        }
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let role = match levels.last() {
            Some(Level::Mapping { key: None }) => Role::Key,
            Some(Level::Mapping { key: Some(_) }) => Role::Value,
            _ => Role::Item,
        };
        let entry = at.clone();
        let word = Word {
            at,
            text: value.to_owned(),
            quoted,
            role,
            path: path.clone(),
            entry,
            holders,
            held: None,
            holds: false,
        };
        let end = word.at.end;
        let index = self.words.len();
        self.words.push(word);
        match levels.last_mut() {
            Some(Level::Mapping { key: key @ None }) => {
                *key = Some(index);
                path.push(value.to_owned());
            }
            Some(Level::Mapping { key: Some(_) }) => self.end_of_value(levels, path, end, false),
            _ => {}
        }
    }

    /// A value is over: its key's entry ends here.
    fn end_of_value(&mut self, levels: &mut [Level], path: &mut Vec<String>, end: usize, holds: bool) {
        if let Some(Level::Mapping { key }) = levels.last_mut()
            && let Some(key) = key.take()
        {
            self.words[key].entry.end = end;
            self.words[key].holds = holds;
            path.pop();
        }
    }
}
