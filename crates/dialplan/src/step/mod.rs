//! The steps of the language: what a node can do. One file per step, one line in [`STEPS`].
//!
//! A step file holds its row of the manual ([`Kind`]), how its fields are read, what the checker must
//! know of it and how it runs: `start` when its node is entered, `resume` for everything that happens
//! until it answers something else than [`Next::Wait`]. A step has no state of its own; what changes
//! during a call is in the [`Stage`].

mod branch;
mod clip;
mod collect;
mod echo;
mod flash;
mod hangup;
mod hours;
mod language;
mod lookup;
mod menu;
mod notify;
mod order;
mod play;
mod priority;
mod queue;
mod rate;
mod run;
mod say;
mod set;
mod show_place;
mod transfer;
mod while_waiting;

use std::collections::BTreeSet;
use std::fmt;

pub(crate) use menu::read_when;
pub(crate) use order::Confirmation;
pub(crate) use run::Part;
pub(crate) use say::{CURRENCY_FIELD, VALUE_FIELDS};

use crate::ask::Ask;
use crate::check::Checker;
use crate::presentation::{Presentation, Presentations};
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;
use crate::{QueueOutcome, TransferOutcome};

/// Every step of the language. The manual's table is made from it.
pub static STEPS: [&Kind; 19] = [
    &menu::KIND,
    &play::KIND,
    &say::KIND,
    &collect::KIND,
    &rate::KIND,
    &branch::KIND,
    &set::KIND,
    &language::KIND,
    &hours::KIND,
    &lookup::KIND,
    &run::KIND,
    &order::KIND,
    &notify::KIND,
    &queue::KIND,
    &transfer::KIND,
    &flash::KIND,
    &hangup::KIND,
    &clip::KIND,
    &echo::KIND,
];

/// One step of the language: a row of the manual.
#[derive(Debug)]
pub struct Kind {
    /// The word in the node.
    pub name: &'static str,
    /// What it does, for operators.
    pub docs: &'static str,
    /// What can stand under it, `exits` and `next` aside.
    pub fields: &'static [&'static [Field]],
    /// How it can end. `hangup` has none, and those of `run` are the other flow's.
    pub outcomes: &'static [Outcome],
    /// One valid use, without the name of its node.
    pub example: &'static str,
    pub(crate) read: fn(&mut Reader, &Fields<'_>) -> Option<Box<dyn Step>>,
}

/// A field of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The word.
    pub name: &'static str,
    /// What it is, for operators.
    pub docs: &'static str,
}

/// A way a step can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The word under `exits`.
    pub name: &'static str,
    /// When it happens, for operators.
    pub docs: &'static str,
    /// Whether time for the caller to act has passed before it; a loop needs one that has.
    pub waits: bool,
}

/// The field of steps that can show what a connector answers.
pub(crate) const FETCH_FIELD: Field = Field {
    name: "fetch",
    docs: "`name: connector.call` or `name: { call, send }`: asked before it begins; exit `failed`",
};

/// What happened while a step was on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cue {
    /// One of `0`..`9`, `*`, `#`.
    Key(char),
    /// The sound is over.
    PlayEnded,
    /// The time set by [`Stage::wake_after`] has come.
    Time,
    /// The echo is over, or could not be; see [`Stage::take_quality`].
    Echoed,
    /// The wait in the queue is over.
    Queue(QueueOutcome),
    /// What became of putting the caller through.
    Transferred(TransferOutcome),
    /// What came of the question that the step itself has asked ([`Stage::ask`]).
    Answered(Came),
    /// Whether a message was taken.
    Notified(bool),
}

/// What came of a step's own question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// An answer; [`Stage::know_answer`] gives it a name.
    Done,
    /// The other side says no.
    Refused,
    /// It did not happen, for certain.
    Failed,
    /// It may have happened.
    Unknown,
}

/// Where the run goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next<'a> {
    /// Something else has to happen first.
    Wait,
    /// By an exit of the step or the flow's defaults.
    Outcome(&'static str),
    /// To a target.
    Go(&'a Word),
    /// Into another flow, and on by what it returns.
    Part(&'a Part),
    /// To the same node again, back from a flow that it ran beside its own work.
    Again,
    /// To the end of the call.
    Hangup,
}

/// A way out of a step that is not an outcome, such as a menu item.
#[derive(Clone, Debug)]
pub(crate) struct Way<'a> {
    pub(crate) to: &'a Word,
    /// As [`Outcome::waits`].
    pub(crate) waits: bool,
    /// The variables that are given a value on it.
    pub(crate) sets: Vec<&'a str>,
}

/// A step as one node has it.
pub(crate) trait Step: fmt::Debug + Send + Sync {
    /// Its row of the manual.
    fn kind(&self) -> &'static Kind;

    /// Its exits.
    fn exits(&self) -> &Exits;

    /// Its ways out that are not outcomes.
    fn ways(&self) -> Vec<Way<'_>> {
        Vec::new()
    }

    /// What it asks of a connector before it begins, `fetch` aside.
    fn ask(&self) -> Option<&Ask> {
        None
    }

    /// What it asks of a connector itself, bound to a confirmation; its answer is known behind `done`.
    fn orders(&self) -> Option<&Ask> {
        None
    }

    /// The variables that have a value behind its outcome `done`.
    fn sets(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The names whose values it tells without a text.
    fn tells(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// The flow that it runs.
    fn part(&self) -> Option<&Part> {
        None
    }

    /// Whether it shows or says something, or waits for a key: nothing for a call that is never answered.
    fn needs_caller(&self) -> bool {
        true
    }

    /// Flows that it runs and that lead back to it, whatever they return.
    fn asides(&self) -> Vec<&Part> {
        Vec::new()
    }

    /// Whether an outcome of its row can come about, as it is written.
    fn has_outcome(&self, _: &str) -> bool {
        true
    }

    /// Notes whatever is wrong with it, targets and outcomes aside.
    fn check(&self, checker: &mut Checker<'_>);

    /// Whether `$back` can lead here.
    fn is_menu(&self) -> bool {
        false
    }

    /// What a caller with pictures is given as soon as they come here; of a menu up to its first key. `None`: nothing.
    fn prompt(&self, _: &Telling<'_>) -> Option<Presentation> {
        None
    }

    /// Everything it can show and say in one language with one group of values.
    fn presentations(&self, telling: &Telling<'_>, queues: &Queues, all: &mut Presentations);

    /// The node is entered.
    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a>;

    /// Something happened.
    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a>;
}

impl Kind {
    /// Every word that can stand under the step.
    pub(crate) fn field_names(&self) -> Vec<&'static str> {
        let own = self.fields.iter().flat_map(|group| group.iter().map(|field| field.name));
        let exits = (!self.outcomes.is_empty()).then_some("exits");
        let next = self.outcomes.iter().any(|outcome| outcome.name == "done").then_some("next");
        own.chain(exits).chain(next).collect()
    }
}
