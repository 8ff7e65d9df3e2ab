//! `run`: another flow as a part of this one; it goes on by what that flow returns.
//!
//! A flow that is run declares what it `takes` and its `outcomes`, has variables of its own, and ends by `$return
//! OUTCOME`. That no flow runs itself, and what each can come to, is checked in `check::parts`.

use super::{Cue, Field, Kind, Next, Step, Way};
use crate::Presentations;
use crate::check::Checker;
use crate::expression::{Expression, Scope};
use crate::flow::Body;
use crate::problem::Finding;
use crate::read::{Fields, Reader, unknown};
use crate::run::Stage;
use crate::service::Queues;
use crate::source::{Span, Word};
use crate::target::Exits;
use crate::text::Telling;
use crate::types::Type;
use crate::words::suggest;

pub(super) static KIND: Kind = Kind {
    name: "run",
    docs: "Runs another flow as a part of this one, and goes on by what it returns.",
    fields: &[&[
        Field { name: "flow", docs: "a flow with `outcomes`" },
        Field { name: "with", docs: "what it takes: words of a `one_of`, or expressions, by name" },
        Field { name: "exits", docs: "where each of its `outcomes` leads" },
    ]],
    outcomes: &[],
    example: "run:
  flow: ask_pin
  with: { times: 3 }
  exits: { ok: main, wrong: bye }",
    read,
};

/// A flow that is run, and where its outcomes lead.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) flow: Word,
    with: Vec<Given>,
    at: Span,
    /// Where each outcome of the flow leads.
    pub(crate) returns: Exits,
    /// The step has no outcomes of its own.
    exits: Exits,
}

/// A value for something that the flow takes. Which of the two it is, is known when the types are.
#[derive(Debug)]
pub(super) struct Given {
    name: Word,
    word: Word,
    expression: Result<Expression, Finding>,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let flow = fields.need(reader, "flow").and_then(|tree| reader.word("`flow`", tree));
    let with = read_with(reader, fields);
    let returns = fields.get("exits").map(|tree| Exits::read_any(reader, tree)).unwrap_or_default();
    Some(Box::new(Part { flow: flow?, with, at: fields.span(), returns, exits: Exits::default() }))
}

/// What is given to a flow that is run.
pub(super) fn read_with(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Given> {
    let Some((key, tree)) = fields.entry("with") else { return Vec::new() };
    let mut with = Vec::new();
    for (name, value) in reader.entries("`with`", key.span, tree).unwrap_or_default() {
        if let Some(word) = reader.word("a value of `with`", value) {
            let expression = Expression::new(word.clone());
            with.push(Given { name: name.clone(), word, expression });
        }
    }
    with
}

impl Part {
    /// A flow whose outcomes all lead back to the node that runs it.
    pub(super) fn aside(flow: Word, with: Vec<Given>, at: Span) -> Self {
        Part { flow, with, at, returns: Exits::default(), exits: Exits::default() }
    }

    /// As the step `run` is checked, but for the exits; and nobody is in two queues.
    pub(super) fn check_aside(&self, checker: &mut Checker<'_>) {
        let Some(flow) = checker.part(&self.flow) else { return };
        self.check_given(checker, flow);
        checker.speaks(&self.flow, flow);
        if let Some(queue) = checker.queue_in(flow) {
            let message = format!("the flow `{}` enters a queue, and the caller is in one", flow.name.value);
            let finding = Finding::error("queue-in-queue", self.flow.span, message, "run while waiting");
            checker.note(finding.also(queue, "here").help("run a flow without a step `queue`"));
        }
    }

    /// What the flow takes, with values of now.
    pub(crate) fn arguments(&self, flow: &Body, scope: &Scope) -> Scope {
        let value = |name: &str, ty: &Type| {
            let given = self.with.iter().find(|given| given.name.value == name)?;
            match ty {
                Type::OneOf(words) if words.contains(&given.word.value) => {
                    Some(given.word.value.as_str().into())
                }
                _ => given.expression.as_ref().ok()?.evaluate(scope).ok(),
            }
        };
        flow.takes().map(|(name, ty)| (name.to_owned(), value(name, ty).unwrap_or_default())).collect()
    }

    fn check_given(&self, checker: &mut Checker<'_>, flow: &Body) {
        for given in &self.with {
            let Some((_, ty)) = flow.takes().find(|(name, _)| *name == given.name.value) else {
                let known: Vec<&str> = flow.takes().map(|(name, _)| name).collect();
                checker.note(unknown("unknown-argument", "argument", &given.name, known));
                continue;
            };
            match (ty, &given.expression) {
                (Type::OneOf(words), _) if words.contains(&given.word.value) => {}
                (Type::OneOf(words), Ok(expression)) if !checker.knows(expression) => {
                    checker.one_of(&given.name.value, words, &given.word);
                }
                (Type::OneOf(words), Err(_)) => checker.one_of(&given.name.value, words, &given.word),
                (ty, Ok(expression)) => {
                    checker.value(expression, ty, &format!("`{}`", given.name.value));
                }
                (_, Err(finding)) => checker.note(finding.clone()),
            }
        }
        for (name, ty) in flow.takes() {
            let given = self.with.iter().any(|given| given.name.value == name);
            if !given && !matches!(ty, Type::Optional(_)) {
                let message = format!("`{}` needs `{name}`", flow.name.value);
                let finding = Finding::error("missing-argument", self.flow.span, message, "not given");
                checker.note(finding.help(format!("add `with: {{ {name}: ... }}`")));
            }
        }
    }

    fn check_exits(&self, checker: &mut Checker<'_>, flow: &Body) {
        let known = || flow.outcomes.iter().map(|outcome| outcome.value.as_str());
        for (outcome, _) in self.returns.iter() {
            if !known().any(|known| known == outcome.value) {
                let message = format!("the flow `{}` has no outcome `{}`", flow.name.value, outcome.value);
                let finding = Finding::error("unknown-outcome", outcome.span, message, "never happens");
                checker.note(finding.maybe_help(suggest(&outcome.value, known())));
            }
        }
        let open: Vec<&str> = known().filter(|outcome| !self.returns.covers(outcome)).collect();
        if !open.is_empty() {
            let message =
                format!("nothing says where `{}` of `{}` leads", open.join("`, `"), flow.name.value);
            let finding = Finding::error("uncovered-outcome", self.at, message, "no exit");
            checker
                .note(finding.help(format!("add `exits: {{ {}: ... }}` to the step", open.join(": ..., "))));
        }
    }
}

impl Step for Part {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn ways(&self) -> Vec<Way<'_>> {
        self.returns.targets().map(|to| Way { to, waits: true, sets: Vec::new() }).collect()
    }

    fn part(&self) -> Option<&Part> {
        Some(self)
    }

    fn needs_caller(&self) -> bool {
        false
    }

    fn check(&self, checker: &mut Checker<'_>) {
        let Some(flow) = checker.part(&self.flow) else { return };
        self.check_given(checker, flow);
        self.check_exits(checker, flow);
        checker.speaks(&self.flow, flow);
    }

    fn presentations(&self, _: &Telling<'_>, _: &Queues, _: &mut Presentations) {}

    fn start<'a>(&'a self, _: &mut Stage<'_>) -> Next<'a> {
        Next::Part(self)
    }

    fn resume<'a>(&'a self, _: &mut Stage<'_>, _: Cue) -> Next<'a> {
        Next::Wait
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, seeing};

    /// Behind each outcome a menu of its own, so that the end is seen to wait.
    fn nodes(with: &str) -> String {
        format!(
            "  main: {{ menu: {{ say: hi, items: {{ \"1\": {{ say: one, to: part }}, \"0\": {{ say: two, to: bye }} }} }} }}
  part: {{ run: {{ flow: ask, with: {{ {with} }}, exits: {{ ok: good, wrong: $back }} }} }}
  good: {{ hangup: {{ say: hi }} }}\n"
        )
    }

    const ASKED: &str = "main (hi one=1 two=0)";

    #[test]
    fn what_is_returned_says_where_it_goes_on() {
        let with = "times: times + 3, pack: 30GB";
        let part = "part main keys (one=1 two=2 two=9 two=star)".replace("star", "*");
        check(&nodes(with), seeing(), "11", &format!("{ASKED} {part} good (hi)"));
        check(
            &nodes(with),
            seeing(),
            "1.~.~",
            &format!("{ASKED} {part} keys (one=1 two=2 two=9 two=*) {ASKED}"),
        );
        check(&nodes("times: 2, pack: 30GB"), seeing(), "1", &format!("{ASKED} part main {ASKED}"));
    }

    #[test]
    fn its_values_and_its_way_back_are_its_own() {
        let (short, all) = ("keys (two=2 two=9 two=*)", "keys (one=1 two=2 two=9 two=*)");
        let with = "times: 3, pack: 10GB";
        check(&nodes(with), seeing(), "11", &format!("{ASKED} part main {short} {short}"));
        check(&nodes(with), seeing(), "121", &format!("{ASKED} part main {short} main {all} good (hi)"));
        // Behind the first menu of a part is its start, and not the menu of the flow that runs it.
        check(&nodes(with), seeing(), "19", &format!("{ASKED} part main {short} main {short}"));
        // Each time it is run it begins anew.
        check(
            &nodes(with),
            seeing(),
            "12.~.~1",
            &format!("{ASKED} part main {short} main {all} {all} {ASKED} part main {short}"),
        );
    }

    #[test]
    fn words_and_variables_are_given_alike() {
        let nodes = nodes("times: 3, pack: pack").replace("to: part", "set: { pack: 30GB }, to: part");
        check(&nodes, seeing(), "11", &format!("{ASKED} part main keys (one=1 two=2 two=9 two=*) good (hi)"));
    }
}
