//! Where a flow goes on: a node, or one of the built-in targets; and which outcome leads where.

use crate::flow::FETCH_FAILED;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::source::Word;
use crate::step::Outcome;
use crate::words::suggest;

/// What a target word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    Node(&'a str),
    Builtin(Builtin),
    /// Back to the flow that runs this one, with this outcome.
    Return(&'a str),
}

/// Targets that every flow has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    Repeat,
    Back,
    Language,
    Hangup,
}

/// The built-in targets with what they do, for the manual.
pub(crate) const BUILTINS: [(&str, Builtin, &str); 4] = [
    ("$repeat", Builtin::Repeat, "the same node again"),
    ("$back", Builtin::Back, "the menu before this one; the start of the flow when there was none"),
    ("$language", Builtin::Language, "the next of the flow's languages, and the same node again"),
    ("$hangup", Builtin::Hangup, "the end of the call"),
];

/// How a flow that is run ends, for the manual.
pub(crate) const RETURN: (&str, &str) =
    ("$return OUTCOME", "the end of a flow that is run by another, with one of its `outcomes`");

/// What a key of `while_waiting` can lead to besides, for the manual.
pub(crate) const CALLBACK: (&str, &str) = (
    "$callback",
    "under `while_waiting` of a queue: out of the queue, to be called back; the outcome `callback`",
);

/// Reads a target word; `None` is a `$word` that is not built in.
pub(crate) fn target(word: &str) -> Option<Target<'_>> {
    if !word.starts_with('$') {
        return Some(Target::Node(word));
    }
    if let Some(outcome) = word.strip_prefix("$return")
        && (outcome.is_empty() || outcome.starts_with(' '))
    {
        return Some(Target::Return(outcome.trim()));
    }
    BUILTINS.iter().find(|(name, ..)| *name == word).map(|(_, builtin, _)| Target::Builtin(*builtin))
}

/// Which outcome leads where. Outcomes without an exit take the flow's `defaults.exits`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exits {
    list: Vec<(Word, Word)>,
    /// Outcomes whose target could not be read, which is noted.
    broken: Vec<String>,
}

impl Exits {
    /// Reads `exits:` and its short form `next:` of a step that has `outcomes`.
    pub(crate) fn read(reader: &mut Reader, step: &str, fields: &Fields<'_>, outcomes: &[Outcome]) -> Self {
        let mut exits = match fields.get("exits") {
            Some(tree) => {
                let fetch = fields.get("fetch").map(|_| FETCH_FAILED);
                let outcomes: Vec<Outcome> = outcomes.iter().copied().chain(fetch).collect();
                Self::read_map(reader, step, tree, &outcomes)
            }
            None => Self::default(),
        };
        let Some((key, tree)) = fields.entry("next") else { return exits };
        let Some(to) = reader.word("`next`", tree) else {
            exits.broken.push("done".to_owned());
            return exits;
        };
        if let Some((done, _)) = exits.list.iter().find(|(outcome, _)| outcome.value == "done") {
            let finding =
                Finding::error("duplicate-key", key.span, "`next` is the exit `done`", "the second time");
            reader.note(finding.also(done.span, "the first time").help("remove one of the two"));
            return exits;
        }
        exits.list.push((Word { value: "done".to_owned(), span: key.span }, to));
        exits
    }

    /// Reads a map of outcomes to targets; `of` says whose, for the messages.
    pub(crate) fn read_map(
        reader: &mut Reader,
        of: &str,
        tree: &crate::yaml::Tree,
        outcomes: &[Outcome],
    ) -> Self {
        let mut exits = Self::default();
        for (outcome, to) in reader.entries("`exits`", tree.span, tree).unwrap_or_default() {
            if !outcomes.iter().any(|known| known.name == outcome.value) {
                let known = outcomes.iter().map(|known| known.name);
                reader.note(
                    Finding::error(
                        "unknown-outcome",
                        outcome.span,
                        format!("{of} has no outcome `{}`", outcome.value),
                        "never happens",
                    )
                    .maybe_help(suggest(&outcome.value, known)),
                );
            } else if let Some(to) = reader.word("an exit", to) {
                exits.list.push((outcome.clone(), to));
            } else {
                exits.broken.push(outcome.value.clone());
            }
        }
        exits
    }

    /// Reads a map of outcomes that are known only when all flows are.
    pub(crate) fn read_any(reader: &mut Reader, tree: &crate::yaml::Tree) -> Self {
        let mut exits = Self::default();
        for (outcome, to) in reader.entries("`exits`", tree.span, tree).unwrap_or_default() {
            match reader.word("an exit", to) {
                Some(to) => exits.list.push((outcome.clone(), to)),
                None => exits.broken.push(outcome.value.clone()),
            }
        }
        exits
    }

    /// Outcomes with their targets.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Word, Word)> {
        self.list.iter()
    }

    /// Whether `outcome` leads somewhere, readable or not.
    pub(crate) fn covers(&self, outcome: &str) -> bool {
        self.get(outcome).is_some() || self.broken.iter().any(|broken| broken == outcome)
    }

    /// Where `outcome` leads.
    pub(crate) fn get(&self, outcome: &str) -> Option<&Word> {
        self.list.iter().find(|(name, _)| name.value == outcome).map(|(_, to)| to)
    }

    /// All targets.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Word> {
        self.list.iter().map(|(_, to)| to)
    }
}
