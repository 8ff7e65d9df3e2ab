//! `hours`: goes on by whether somebody is there now, by the hours of queues.yaml; shows and says nothing.

use super::{Cue, Field, Kind, Next, Outcome, Step};
use crate::Presentations;
use crate::check::Checker;
use crate::hours::State;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;

pub(super) static KIND: Kind = Kind {
    name: "hours",
    docs: "Goes on by whether it is open now, by the `hours` of queues.yaml; shows and says nothing.",
    fields: &[&[Field { name: "name", docs: "the hours" }]],
    outcomes: &[
        Outcome { name: "open", docs: "within the hours of this day", waits: false },
        Outcome { name: "closed", docs: "outside of them", waits: false },
        Outcome { name: "holiday", docs: "a day under `closed`", waits: false },
    ],
    example: "hours:
  name: business
  exits: { open: agent, closed: sorry, holiday: sorry }",
    read,
};

#[derive(Debug)]
struct Hours {
    name: Word,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let name = fields.need(reader, "name").and_then(|tree| reader.word("`name`", tree));
    let exits = Exits::read(reader, "a look at the hours", fields, KIND.outcomes);
    Some(Box::new(Hours { name: name?, exits }))
}

impl Step for Hours {
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
        checker.hours(&self.name);
    }

    fn presentations(&self, _: &Telling<'_>, _: &Queues, _: &mut Presentations) {}

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        let hours = stage.queues().hours.get(&self.name.value);
        let state = hours.map_or(State::Closed, |hours| hours.at(stage.wall()));
        Next::Outcome(match state {
            State::Open => "open",
            State::Closed => "closed",
            State::Holiday => "holiday",
        })
    }

    fn resume<'a>(&'a self, _: &mut Stage<'_>, _: Cue) -> Next<'a> {
        Next::Wait
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::Facts;
    use crate::testing::{check, seeing};

    const NODES: &str =
        "  main: { hours: { name: business, exits: { open: page, closed: shut, holiday: feast } } }
  page: { menu: { slide: page.svg, timeout: 2h, items: { \"1\": { say: one, to: bye } }, exits: { silence: main } } }
  shut: { hangup: { say: one } }
  feast: { hangup: { say: two } }
";

    /// A call so many hours after 1970-01-01 (a Thursday) in UTC; it is open from 09:00 to 17:00 but for 2 January.
    fn after(hours: u64) -> Facts {
        Facts { wall: Duration::from_secs(hours * 3600), ..seeing() }
    }

    #[test]
    fn goes_on_by_the_wall_clock_of_the_call() {
        check(NODES, after(8), "", "main shut (one)");
        check(NODES, after(9), "", "main page (page.svg 1:ONE one=1)");
        check(NODES, after(24 + 9), "", "main feast (two)");
    }

    #[test]
    fn time_goes_on_during_a_call() {
        check(NODES, after(14), ".~", "main page (page.svg 1:ONE one=1) main page (page.svg 1:ONE one=1)");
        check(NODES, after(15), ".~", "main page (page.svg 1:ONE one=1) main shut (one)");
    }
}
