//! `language`: the caller is spoken to in another language from here on; shows and says nothing.

use super::{Cue, Field, Kind, Next, Outcome, Step};
use crate::Presentations;
use crate::check::Checker;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;

pub(super) static KIND: Kind = Kind {
    name: "language",
    docs: "Speaks another of the flow's languages from here on; shows and says nothing.",
    fields: &[&[Field { name: "to", docs: "one of the flow's `languages`" }]],
    outcomes: &[Outcome { name: "done", docs: "always", waits: false }],
    example: "language: { to: zh-CN, next: main }",
    read,
};

#[derive(Debug)]
struct Language {
    to: Word,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let to = fields.need(reader, "to").and_then(|tree| reader.word("`to`", tree));
    let exits = Exits::read(reader, "a change of language", fields, KIND.outcomes);
    Some(Box::new(Language { to: to?, exits }))
}

impl Step for Language {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn needs_caller(&self) -> bool {
        false
    }

    fn check(&self, checker: &mut Checker<'_>) {
        checker.language(&self.to);
    }

    fn presentations(&self, _: &Telling<'_>, _: &Queues, _: &mut Presentations) {}

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        stage.speak(&self.to.value);
        Next::Outcome("done")
    }

    fn resume<'a>(&'a self, _: &mut Stage<'_>, _: Cue) -> Next<'a> {
        Next::Wait
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, seeing};

    #[test]
    fn what_follows_is_in_the_other_language() {
        let nodes = "  main: { language: { to: zh-CN, next: there } }
  there: { branch: { cases: [{ when: language == \"zh-CN\", to: good }], exits: { else: bye } } }
  good: { hangup: { say: hi } }
";
        check(nodes, seeing(), "", "main there good (hi)");
    }
}
