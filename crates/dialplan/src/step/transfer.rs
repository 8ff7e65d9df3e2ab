//! `transfer`: the caller is put through to a telephone, without a queue (a blind transfer).
//!
//! The gateway calls that telephone itself and joins the two, rather than send the caller there by REFER (RFC 3515): a
//! handset behind a circuit and a browser know no REFER, many networks refuse it, and so the pictures can be transcoded.

use std::time::Duration;

use super::{Cue, Field, Kind, Next, Outcome, Step};
use crate::check::Checker;
use crate::limits;
use crate::presentation::Presentations;
use crate::problem::Finding;
use crate::queues::{Host, read_hold, sip_address};
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::scene::Scene;
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;
use crate::{Presentation, TransferOutcome};

pub(super) static KIND: Kind = Kind {
    name: "transfer",
    docs: "Puts the caller through to a telephone, without a queue.",
    fields: &[&[
        Field {
            name: "to",
            docs: "its SIP address, with a numeric host; values of the call can stand in it: `sip:{{ shop.phone }}@192.0.2.7`",
        },
        Field { name: "ring_timeout", docs: "how long it rings at most; 30s by default" },
        Field {
            name: "hold",
            docs: "what is seen and heard meanwhile: `{ clip }` or `{ slide, title, lines, values, music }`",
        },
    ]],
    outcomes: &[
        Outcome { name: "done", docs: "they talked, and the other party hung up", waits: true },
        Outcome { name: "busy", docs: "it is busy or does not want to", waits: false },
        Outcome { name: "no_answer", docs: "nobody answered within `ring_timeout`", waits: true },
        Outcome {
            name: "failed",
            docs: "it could not be reached, or is no telephone for this caller",
            waits: false,
        },
    ],
    example: "transfer:
  to: \"sip:5551@192.0.2.7\"
  hold: { clip: hold.mp4 }
  exits: { done: bye, busy: sorry, no_answer: sorry, failed: sorry }",
    read,
};

#[derive(Debug)]
struct Transfer {
    to: Word,
    ring_timeout: Duration,
    hold: Option<Scene>,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let to = fields.need(reader, "to").and_then(|tree| reader.word("`to`", tree));
    let to = to.filter(|to| match usable(&blanked(&to.value)) {
        Ok(()) => true,
        Err(why) => {
            let message = format!("`{}` is not the address of a telephone: {why}", to.value);
            let finding = Finding::error("invalid-address", to.span, message, "cannot be called");
            reader.note(finding.help("for example `sip:5551@192.0.2.7:5060`"));
            false
        }
    });
    let ring_timeout = fields.get("ring_timeout").and_then(|tree| reader.duration("`ring_timeout`", tree));
    let hold = fields.entry("hold").and_then(|(key, tree)| read_hold(reader, key.span, tree));
    let exits = Exits::read(reader, "a transfer", fields, KIND.outcomes);
    let ring_timeout = ring_timeout.unwrap_or(limits::TRANSFER_RING).min(limits::RING_MAX);
    Some(Box::new(Transfer { to: to?, ring_timeout, hold, exits }))
}

/// An address that can be called without looking a name up.
fn usable(address: &str) -> Result<(), &'static str> {
    match sip_address(address)? {
        Host::Address => Ok(()),
        Host::Name => Err("its host is a name, and names are not looked up"),
    }
}

/// The address with a digit for each value of the call, which is enough to judge the rest.
fn blanked(address: &str) -> String {
    let mut blanked = String::new();
    let mut rest = address;
    while let Some((before, behind)) = rest.split_once("{{") {
        blanked.push_str(before);
        blanked.push('0');
        rest = behind.split_once("}}").map_or("", |(_, behind)| behind);
    }
    blanked + rest
}

impl Transfer {
    fn waiting(&self, telling: &Telling<'_>, has_video: bool) -> Presentation {
        let hold = self.hold.as_ref().map(|hold| hold.present(telling, has_video)).unwrap_or_default();
        Presentation { looped: true, ..hold }
    }
}

impl Step for Transfer {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn check(&self, checker: &mut Checker<'_>) {
        checker.template(&self.to);
        if let Some(hold) = &self.hold {
            hold.check(checker);
        }
    }

    fn presentations(&self, telling: &Telling<'_>, _: &Queues, all: &mut Presentations) {
        all.add(self.waiting(telling, true));
    }

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        // What a value has made of it may be no address any more.
        let Some(to) = stage.filled_in(&self.to.value).filter(|to| usable(to).is_ok()) else {
            return Next::Outcome("failed");
        };
        let telling = stage.telling();
        let waiting = self.waiting(&telling, stage.has_video());
        stage.transfer(to, waiting, self.ring_timeout, telling);
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Transferred(outcome) => {
                if outcome == TransferOutcome::Done {
                    stage.attended();
                }
                Next::Outcome(outcome.word())
            }
            Cue::Key(_)
            | Cue::PlayEnded
            | Cue::Time
            | Cue::Queue(_)
            | Cue::Answered(_)
            | Cue::Notified(_)
            | Cue::Echoed => Next::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, seeing};

    const NODES: &str = "  main: { transfer: { to: \"sip:{{ called }}9@127.0.0.1:5090\", hold: { clip: hold.mp4 }, exits: { done: thanks, busy: busy, no_answer: bye } } }
  thanks: { hangup: { say: hi } }
  busy: { hangup: { say: two } }
";

    #[test]
    fn the_caller_is_put_through_and_comes_back() {
        check(NODES, seeing(), "1.", "main <sip:1009@127.0.0.1:5090 hold.mp4>");
        check(NODES, seeing(), "T", "main <sip:1009@127.0.0.1:5090 hold.mp4> thanks (hi)");
        check(NODES, seeing(), "B.", "main <sip:1009@127.0.0.1:5090 hold.mp4> busy (two) END");
    }

    #[test]
    fn what_is_no_address_with_its_values_fails() {
        let nodes = NODES.replace("{{ called }}9", "{{ caller }}");
        check(&nodes, crate::Facts { caller: Some("a b".to_owned()), ..seeing() }, "", "main bye END");
        check(&nodes, crate::Facts { caller: None, ..seeing() }, "", "main bye END");
        check(&nodes, seeing(), "T", "main <sip:138@127.0.0.1:5090 hold.mp4> thanks (hi)");
    }

    #[test]
    fn every_outcome_has_its_word() {
        use TransferOutcome::{Busy, Done, Failed, NoAnswer};
        for outcome in [Done, Busy, NoAnswer, Failed] {
            assert!(KIND.outcomes.iter().any(|known| known.name == outcome.word()), "{outcome:?}");
        }
        assert_eq!(KIND.outcomes.len(), 4);
    }

    #[test]
    fn values_are_left_out_of_what_is_judged() {
        assert_eq!(blanked("sip:{{ a }}1{{ b | x }}@h"), "sip:010@h");
        assert_eq!(blanked("sip:{{ a"), "sip:0");
    }
}
