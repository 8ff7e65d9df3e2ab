//! `flash`: the phone of the caller rings and is never answered, so that the call costs them nothing.
//!
//! It is the start of its flow. The caller hangs up or, after `ring`, is told that the line is busy; either way the flow
//! goes on without them: it looks things up and writes to them. `check::flash` sees to it that nothing in it needs a caller.

use std::time::Duration;

use super::{Cue, Field, Kind, Next, Outcome, Step};
use crate::Decline;
use crate::check::Checker;
use crate::limits;
use crate::presentation::Presentations;
use crate::problem::Finding;
use crate::read::{Fields, Reader, unknown};
use crate::run::Stage;
use crate::service::Queues;
use crate::target::Exits;
use crate::text::Telling;

pub(super) static KIND: Kind = Kind {
    name: "flash",
    docs: "Lets the caller's phone ring and never answers; the flow goes on when the caller has hung up or was turned away. Only as the start of a flow.",
    fields: &[&[
        Field { name: "ring", docs: "how long it rings at most; 8s by default" },
        Field {
            name: "cause",
            docs: "what the caller's network is told then: `busy` (the usual), `no_answer` or `rejected`",
        },
    ]],
    outcomes: &[Outcome { name: "done", docs: "the caller is not on the line any more", waits: true }],
    example: "flash: { ring: 8s, cause: busy, next: balance }",
    read,
};

/// What the network is told, by its word.
const CAUSES: [(&str, Decline); 3] =
    [("busy", Decline::Busy), ("no_answer", Decline::NoAnswer), ("rejected", Decline::Rejected)];

#[derive(Debug)]
struct Flash {
    ring: Duration,
    cause: Decline,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let mut ring = limits::FLASH_RING;
    if let Some(tree) = fields.get("ring") {
        ring = reader.duration("`ring`", tree)?;
        if ring > limits::RING_MAX {
            let message = "`ring`: callers give up before such a ringing ends";
            let finding = Finding::error("ring-too-long", tree.span, message, "too long");
            reader.note(finding.help(format!("at most {}s", limits::RING_MAX.as_secs())));
        }
    }
    let mut cause = Decline::Busy;
    if let Some(word) = fields.get("cause").and_then(|tree| reader.word("`cause`", tree)) {
        match CAUSES.iter().find(|(name, _)| *name == word.value) {
            Some((_, known)) => cause = *known,
            None => reader.note(unknown("unknown-value", "cause", &word, CAUSES.map(|(name, _)| name))),
        }
    }
    let exits = Exits::read(reader, "a flash", fields, KIND.outcomes);
    Some(Box::new(Flash { ring, cause, exits }))
}

impl Step for Flash {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn needs_caller(&self) -> bool {
        false
    }

    fn check(&self, _: &mut Checker<'_>) {}

    fn presentations(&self, _: &Telling<'_>, _: &Queues, _: &mut Presentations) {}

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        stage.ring(self.ring);
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Time => {
                stage.decline(self.cause);
                Next::Outcome("done")
            }
            Cue::Key(_)
            | Cue::PlayEnded
            | Cue::Queue(_)
            | Cue::Transferred(_)
            | Cue::Answered(_)
            | Cue::Notified(_)
            | Cue::Echoed => Next::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, seeing};

    const NODES: &str = "  main: { flash: { ring: 5s, cause: rejected, next: ask } }
  ask: { lookup: { call: crm.balance, into: bal, exits: { done: set, failed: bye, refused: bye } } }
  set: { set: { vars: { times: 1 }, next: bye } }
";

    #[test]
    fn it_rings_and_turns_the_caller_away() {
        check(NODES, seeing(), "", "main RING");
        check(NODES, seeing(), "1.~", "main RING DECLINE:Rejected ask ?crm.balance caller=138?");
        check(NODES, seeing(), "~+", "main RING DECLINE:Rejected ask ?crm.balance caller=138? set bye END");
    }

    #[test]
    fn a_caller_who_hangs_up_is_served_all_the_same() {
        check(NODES, seeing(), "h+", "main RING ask ?crm.balance caller=138? set bye END");
        check(NODES, seeing(), "hh!", "main RING ask ?crm.balance caller=138? bye END");
    }

    #[test]
    fn nobody_is_shown_anything_while_a_connector_is_slow() {
        check(NODES, seeing(), "h~", "main RING ask ?crm.balance caller=138?");
    }
}
