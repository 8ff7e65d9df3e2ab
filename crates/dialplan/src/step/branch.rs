//! `branch`: goes where the first condition that holds says.

use super::menu::read_when;
use super::set::Set;
use super::{Cue, Field, Kind, Next, Outcome, Step, Way};
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
use crate::yaml::{Tree, Value};

pub(super) static KIND: Kind = Kind {
    name: "branch",
    docs: "Goes where the first condition that holds says; shows and says nothing.",
    fields: &[&[Field { name: "cases", docs: "list of `{ when, to, set }`, tried from the top" }]],
    outcomes: &[Outcome { name: "else", docs: "no condition holds", waits: false }],
    example: "branch:
  cases:
    - { when: has_video, to: main }
  exits: { else: bye }",
    read,
};

#[derive(Debug)]
struct Branch {
    cases: Vec<Case>,
    exits: Exits,
}

#[derive(Debug)]
struct Case {
    when: Expression,
    to: Word,
    set: Set,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let tree = fields.need(reader, "cases");
    let cases: &[Tree] = match tree.map(|tree| (&tree.value, tree.span)) {
        None => &[],
        Some((Value::List(cases), span)) => {
            if cases.is_empty() {
                reader.note(Finding::error("empty", span, "this branch has no cases", "nothing to try"));
            }
            cases
        }
        Some((Value::Empty | Value::Scalar(_) | Value::Map(_), span)) => {
            let finding =
                Finding::error("wrong-shape", span, "`cases` is not a list", "expected `- { when, to }`");
            reader.note(finding.help("begin each case with `- `"));
            &[]
        }
    };
    let cases = cases.iter().filter_map(|tree| read_case(reader, tree)).collect();
    Some(Box::new(Branch { cases, exits: Exits::read(reader, "a branch", fields, KIND.outcomes) }))
}

fn read_case(reader: &mut Reader, tree: &Tree) -> Option<Case> {
    let fields = reader.fields("a case", tree.span, tree, &["when", "to", "set"])?;
    let when = fields.need(reader, "when").and_then(|tree| read_when(reader, tree));
    let to = fields.need(reader, "to").and_then(|tree| reader.word("`to`", tree));
    let set = Set::read(reader, fields.get("set"));
    Some(Case { when: when?, to: to?, set })
}

impl Step for Branch {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn ways(&self) -> Vec<Way<'_>> {
        self.cases.iter().map(|case| Way { to: &case.to, waits: false, sets: case.set.names() }).collect()
    }

    fn needs_caller(&self) -> bool {
        false
    }

    fn check(&self, checker: &mut Checker<'_>) {
        for case in &self.cases {
            checker.condition(&case.when);
            case.set.check(checker);
        }
    }

    fn presentations(&self, _: &Telling<'_>, _: &Queues, _: &mut Presentations) {}

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        match self.cases.iter().find(|case| stage.holds(&case.when)) {
            Some(case) => {
                case.set.apply(stage);
                Next::Go(&case.to)
            }
            None => Next::Outcome("else"),
        }
    }

    fn resume<'a>(&'a self, _: &mut Stage<'_>, _: Cue) -> Next<'a> {
        Next::Wait
    }
}

#[cfg(test)]
mod tests {
    use crate::Facts;
    use crate::testing::{check, seeing};

    #[test]
    fn goes_where_the_first_condition_that_holds_says() {
        let nodes = "  main:
    branch:
      cases:
        - { when: caller is startingwith \"139\", to: $hangup }
        - { when: has_video, set: { pack: 10GB }, to: again }
      exits: { else: bye }
  again: { branch: { cases: [{ when: pack == \"10GB\", to: seen }], exits: { else: bye } } }
  seen: { hangup: { say: hi } }
";
        check(nodes, seeing(), "", "main again seen (hi)");
        check(nodes, Facts { has_video: false, ..seeing() }, "", "main bye END");
        check(nodes, Facts { caller: Some("1391".to_owned()), ..seeing() }, "", "main END");
        check(nodes, Facts { caller: None, has_video: false, ..seeing() }, "", "main bye END");
    }
}
