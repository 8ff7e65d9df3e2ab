//! `while_waiting` of `queue`: what keys do for a caller who waits.
//!
//! A flow that is run keeps the caller's place: its pages take the turn of the hold, and whatever it returns leads back to
//! the hold. It is left at once when an agent answers. Everything else leaves the queue, unless it leads to the same node.

use super::Way;
use super::menu::read_key;
use super::run::{Part, read_with};
use crate::check::Checker;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::source::Word;
use crate::target::CALLBACK;
use crate::yaml::{Tree, Value};

/// The keys with what they do.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<(char, Deed)>);

/// What a key does.
#[derive(Debug)]
pub(super) enum Deed {
    /// Another flow, and back to the wait.
    Run(Part),
    /// The caller wants to be called back.
    CallBack,
    /// To a target.
    Go(Word),
}

impl Keys {
    /// Reads the field, if it is there.
    pub(super) fn read(reader: &mut Reader, fields: &Fields<'_>) -> Self {
        let Some((field, tree)) = fields.entry("while_waiting") else { return Self::default() };
        let mut keys = Vec::new();
        for (key, value) in reader.entries("`while_waiting`", field.span, tree).unwrap_or_default() {
            let (sign, deed) = (read_key(reader, key), read_deed(reader, key, value));
            keys.extend(sign.zip(deed));
        }
        Keys(keys)
    }

    pub(super) fn get(&self, key: char) -> Option<&Deed> {
        self.0.iter().find(|(own, _)| *own == key).map(|(_, deed)| deed)
    }

    /// Whether a caller can ask to be called back.
    pub(super) fn can_call_back(&self) -> bool {
        self.0.iter().any(|(_, deed)| matches!(deed, Deed::CallBack))
    }

    pub(super) fn parts(&self) -> Vec<&Part> {
        self.0
            .iter()
            .filter_map(|(_, deed)| match deed {
                Deed::Run(part) => Some(part),
                Deed::CallBack | Deed::Go(_) => None,
            })
            .collect()
    }

    pub(super) fn ways(&self) -> Vec<Way<'_>> {
        self.0
            .iter()
            .filter_map(|(_, deed)| match deed {
                Deed::Go(to) => Some(Way { to, waits: true, sets: Vec::new() }),
                Deed::CallBack | Deed::Run(_) => None,
            })
            .collect()
    }

    pub(super) fn check(&self, checker: &mut Checker<'_>) {
        for part in self.parts() {
            part.check_aside(checker);
        }
    }
}

/// `$callback`, a target, `{ to: target }` or `{ run: flow, with: ... }`.
fn read_deed(reader: &mut Reader, key: &Word, value: &Tree) -> Option<Deed> {
    if matches!(value.value, Value::Scalar(_)) {
        return reader.word("a target", value).map(leads);
    }
    let fields =
        reader.fields(format!("the key `{}`", key.value), key.span, value, &["run", "with", "to"])?;
    if let Some(tree) = fields.get("run") {
        if let Some((to, _)) = fields.entry("to") {
            let finding =
                Finding::error("wrong-shape", to.span, "this key runs a flow already", "one too many");
            reader.note(finding.help("what the flow returns leads back to the wait: remove `to`"));
        }
        let flow = reader.word("`run`", tree)?;
        return Some(Deed::Run(Part::aside(flow, read_with(reader, &fields), key.span)));
    }
    fields.need(reader, "to").and_then(|tree| reader.word("`to`", tree)).map(leads)
}

fn leads(to: Word) -> Deed {
    if to.value == CALLBACK.0 { Deed::CallBack } else { Deed::Go(to) }
}
