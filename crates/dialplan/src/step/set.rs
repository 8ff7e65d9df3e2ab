//! `set`: gives variables values; as a step, and as `set: { variable: value }` on menu items and branch cases.

use super::{Cue, Field, Kind, Next, Outcome, Step};
use crate::Presentations;
use crate::check::Checker;
use crate::expression::Expression;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;
use crate::types::Type;
use crate::yaml::Tree;

pub(super) static KIND: Kind = Kind {
    name: "set",
    docs: "Gives variables other values; shows and says nothing.",
    fields: &[&[Field { name: "vars", docs: "`variable: value`, a word of its `one_of` or an expression" }]],
    outcomes: &[Outcome { name: "done", docs: "always", waits: false }],
    example: "set:
  vars: { pack: 10GB }
  next: main",
    read,
};

/// The step.
#[derive(Debug)]
struct Values {
    vars: Set,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let vars = fields.need(reader, "vars");
    let vars = Set::read(reader, vars);
    Some(Box::new(Values { vars, exits: Exits::read(reader, "a `set`", fields, KIND.outcomes) }))
}

impl Step for Values {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn sets(&self) -> Vec<&str> {
        self.vars.names()
    }

    fn needs_caller(&self) -> bool {
        false
    }

    fn check(&self, checker: &mut Checker<'_>) {
        self.vars.check(checker);
    }

    fn presentations(&self, _: &Telling<'_>, _: &Queues, _: &mut Presentations) {}

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        self.vars.apply(stage);
        Next::Outcome("done")
    }

    fn resume<'a>(&'a self, _: &mut Stage<'_>, _: Cue) -> Next<'a> {
        Next::Wait
    }
}

/// The variables that are given a value together, one after the other.
#[derive(Debug, Default)]
pub(super) struct Set(Vec<Assignment>);

/// One of them. For a variable with `one_of` the value is one of its words, else an expression; which
/// it is, is known when the flow's variables are.
#[derive(Debug)]
struct Assignment {
    variable: Word,
    word: Word,
    expression: Result<Expression, Finding>,
}

impl Set {
    /// Reads it; nothing when the field is missing.
    pub(super) fn read(reader: &mut Reader, tree: Option<&Tree>) -> Self {
        let Some(tree) = tree else { return Self::default() };
        let mut assignments = Vec::new();
        for (variable, value) in reader.entries("`set`", tree.span, tree).unwrap_or_default() {
            if let Some(word) = reader.word("a value of `set`", value) {
                let expression = Expression::new(word.clone());
                assignments.push(Assignment { variable: variable.clone(), word, expression });
            }
        }
        Self(assignments)
    }

    /// The variables.
    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|assignment| assignment.variable.value.as_str()).collect()
    }

    /// Checks variables and values.
    pub(super) fn check(&self, checker: &mut Checker<'_>) {
        for assignment in &self.0 {
            let Some(ty) = checker.variable(&assignment.variable) else { continue };
            match (ty, &assignment.expression) {
                (Type::OneOf(words), _) => {
                    checker.one_of(&assignment.variable.value, words, &assignment.word);
                }
                (ty, Ok(expression)) => {
                    checker.value(expression, ty, &format!("`{}`", assignment.variable.value));
                }
                (_, Err(finding)) => checker.note(finding.clone()),
            }
        }
    }

    /// Gives the variables their values. One whose expression fails keeps what it had.
    pub(super) fn apply(&self, stage: &mut Stage<'_>) {
        for Assignment { variable, word, expression } in &self.0 {
            match expression {
                Ok(expression) => stage.assign(&variable.value, &word.value, Some(expression)),
                Err(_) => stage.assign(&variable.value, &word.value, None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, seeing};

    #[test]
    fn a_step_sets_too() {
        let nodes = "  main: { set: { vars: { pack: 30GB, times: times + 2 }, next: well } }
  well: { branch: { cases: [{ when: pack == \"30GB\" and times == 2, to: good }], exits: { else: bye } } }
  good: { hangup: { say: hi } }
";
        check(nodes, seeing(), "", "main well good (hi)");
    }

    #[test]
    fn words_of_one_of_are_taken_as_they_stand_and_others_are_computed() {
        let nodes = "  main:
    menu:
      items:
        \"1\": { say: one, set: { pack: 30GB, times: times + 2 }, to: $repeat }
        \"2\": { say: two, when: pack == \"30GB\" and times == 4, to: bye }
";
        check(nodes, seeing(), "112", "main (one=1) main (one=1) main (one=1 two=2) bye END");
    }
}
