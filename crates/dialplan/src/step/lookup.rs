//! `lookup`: asks a connector and goes on by what came of it; shows and says nothing.

use super::{Cue, Field, Kind, Next, Outcome, Step};
use crate::Presentations;
use crate::ask::{Ask, read_send};
use crate::check::Checker;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::service::Queues;
use crate::target::Exits;
use crate::text::Telling;
use crate::types::check_identifier;

pub(super) static KIND: Kind = Kind {
    name: "lookup",
    docs: "Asks a connector and goes on by what came of it; shows and says nothing.",
    fields: &[&[
        Field { name: "call", docs: "`connector.call`" },
        Field { name: "send", docs: "what it takes: expressions by name" },
        Field { name: "into", docs: "what the answer is called from here on" },
    ]],
    outcomes: &[
        Outcome { name: "done", docs: "the answer is there", waits: false },
        Outcome {
            name: "refused",
            docs: "the other side says no: a status that the call lists",
            waits: false,
        },
        Outcome { name: "failed", docs: "no answer in time, or none that fits", waits: false },
    ],
    example: "lookup:
  call: crm.subscriber
  into: sub
  exits: { done: main, refused: stranger, failed: sorry }",
    read,
};

#[derive(Debug)]
struct Lookup {
    ask: Ask,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let what = fields.need(reader, "call").and_then(|tree| reader.word("`call`", tree));
    let into = fields.need(reader, "into").and_then(|tree| reader.word("`into`", tree));
    if let Some(into) = &into {
        check_identifier(reader, "an answer", into);
    }
    let send = fields.get("send").map(|tree| read_send(reader, tree)).unwrap_or_default();
    let exits = Exits::read(reader, "a lookup", fields, KIND.outcomes);
    Some(Box::new(Lookup { ask: Ask::new(into?, what?, send), exits }))
}

impl Step for Lookup {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn ask(&self) -> Option<&Ask> {
        Some(&self.ask)
    }

    fn needs_caller(&self) -> bool {
        false
    }

    fn check(&self, _: &mut Checker<'_>) {}

    fn presentations(&self, _: &Telling<'_>, _: &Queues, _: &mut Presentations) {}

    /// The answer is there by now.
    fn start<'a>(&'a self, _: &mut Stage<'_>) -> Next<'a> {
        Next::Outcome("done")
    }

    fn resume<'a>(&'a self, _: &mut Stage<'_>, _: Cue) -> Next<'a> {
        Next::Wait
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, seeing};

    const NODES: &str = "  main: { lookup: { call: crm.balance, send: { month: times + 1 }, into: bal, exits: { done: rich, refused: menu } } }
  rich: { branch: { cases: [{ when: bal.yuan > 50, to: page }], exits: { else: bye } } }
  page: { play: { slide: page.svg, title: hi, lines: yuan, for: 3s, next: bye } }
  menu: { menu: { items: { \"1\": { say: one, to: bye } } } }
";

    #[test]
    fn goes_on_by_what_is_answered() {
        check(NODES, seeing(), "", "main ?crm.balance caller=138 month=1?");
        let asked = "main ?crm.balance caller=138 month=1?";
        check(NODES, seeing(), "+", &format!("{asked} rich page (page.svg HI CNY 58.20)"));
        check(NODES, seeing(), "-", &format!("{asked} menu (one=1)"));
        check(NODES, seeing(), "!", &format!("{asked} bye END"));
        check(NODES, seeing(), "~~", &format!("{asked} (wait) bye END"));
    }

    #[test]
    fn a_node_waits_for_what_it_fetches_and_shows_that_it_does() {
        let nodes = "  main: { menu: { slide: page.svg, fetch: { bal: crm.balance }, lines: yuan, items: { \"1\": { say: one, to: bye } } } }\n";
        let asked = "main ?crm.balance caller=138?";
        check(nodes, seeing(), "+", &format!("{asked} (page.svg CNY 58.20 1:ONE one=1)"));
        check(nodes, seeing(), "~+", &format!("{asked} (wait) (page.svg CNY 58.20 1:ONE one=1)"));
        check(nodes, seeing(), "1+", &format!("{asked} bye END"));
        check(nodes, seeing(), "-", &format!("{asked} bye END"));
    }
}
