//! `notify`: writes to the caller or somebody else: a SIP MESSAGE (RFC 3428), or an SMS by a connector.

use super::{Came, Cue, Field, Kind, Next, Outcome, Step};
use crate::check::Checker;
use crate::expression::Expression;
use crate::limits;
use crate::presentation::Presentations;
use crate::problem::Finding;
use crate::read::{Fields, Reader, unknown};
use crate::run::Stage;
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;
use crate::types::Type;

pub(super) static KIND: Kind = Kind {
    name: "notify",
    docs: "Writes to the caller, or to another number; shows and says nothing.",
    fields: &[&[
        Field {
            name: "by",
            docs: "`message`, which a SIP phone shows, or `sms`, by the connector that the flow's `sms` names",
        },
        Field {
            name: "to",
            docs: "an expression for the number, `caller` by default; with `message` also a SIP address",
        },
        Field { name: "text", docs: "texts, one after another, as they are shown" },
    ]],
    outcomes: &[
        Outcome { name: "done", docs: "it was taken", waits: false },
        Outcome { name: "withheld", docs: "there is no number to write to", waits: false },
        Outcome { name: "failed", docs: "it was not taken, or nobody knows", waits: false },
    ],
    example: "notify:
  by: message
  text: balance
  exits: { done: main, withheld: main, failed: sorry }",
    read,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Message,
    Sms,
}

const BYS: [(&str, By); 2] = [("message", By::Message), ("sms", By::Sms)];

#[derive(Debug)]
struct Notify {
    by: (Word, By),
    to: Option<Expression>,
    text: Vec<Word>,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let word = fields.need(reader, "by").and_then(|tree| reader.word("`by`", tree))?;
    let Some((_, by)) = BYS.iter().find(|(name, _)| *name == word.value) else {
        reader.note(unknown("unknown-value", "way to write", &word, BYS.map(|(name, _)| name)));
        return None;
    };
    let to = fields.get("to").and_then(|tree| reader.word("`to`", tree));
    let to = to.and_then(|to| Expression::new(to).map_err(|finding| reader.note(finding)).ok());
    let text = fields.need(reader, "text").map(|tree| reader.words("`text`", tree)).unwrap_or_default();
    let exits = Exits::read(reader, "a notify", fields, KIND.outcomes);
    Some(Box::new(Notify { by: (word, *by), to, text, exits }))
}

impl Step for Notify {
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
        if let Some(to) = &self.to {
            checker.value(to, &Type::Text, "`to`");
        }
        self.text.iter().for_each(|text| checker.text(text));
        let (word, by) = &self.by;
        if *by == By::Sms && !checker.has_sms() {
            let message = "nothing says how an SMS is sent";
            let finding = Finding::error("missing-field", word.span, message, "by whom?");
            checker.note(finding.help("add `sms: connector.call` to the head of the flow"));
        }
    }

    fn presentations(&self, _: &Telling<'_>, _: &Queues, _: &mut Presentations) {}

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        let to = match &self.to {
            Some(to) => stage.text_of(to).unwrap_or_default(),
            None => stage.caller().unwrap_or_default().to_owned(),
        };
        if to.is_empty() {
            return Next::Outcome("withheld");
        }
        let telling = stage.telling();
        let words: Vec<String> = self.text.iter().map(|text| telling.shown(&text.value)).collect();
        let text = words.join(" ");
        match self.by.1 {
            By::Message => stage.send_message(to, text),
            By::Sms => {
                let Some(wanted) = stage.sms(&to, &text) else { return Next::Outcome("failed") };
                stage.ask(wanted);
            }
        }
        stage.wake_after(limits::ANSWER_LONGEST);
        Next::Wait
    }

    fn resume<'a>(&'a self, _: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Answered(Came::Done) | Cue::Notified(true) => Next::Outcome("done"),
            Cue::Answered(_) | Cue::Notified(false) | Cue::Time => Next::Outcome("failed"),
            Cue::Key(_) | Cue::PlayEnded | Cue::Queue(_) | Cue::Transferred(_) | Cue::Echoed => Next::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Facts;
    use crate::testing::{check, seeing};

    fn nodes(fields: &str) -> String {
        format!(
            "  main: {{ notify: {{ {fields}, exits: {{ done: told, withheld: bye }} }} }}
  told: {{ hangup: {{ say: hi }} }}\n"
        )
    }

    #[test]
    fn a_message_goes_to_the_caller() {
        let nodes = nodes("by: message, text: [hi, two]");
        check(&nodes, seeing(), "1.", "main WRITE:138:HI TWO");
        check(&nodes, seeing(), "y", "main WRITE:138:HI TWO told (hi)");
        check(&nodes, seeing(), "n", "main WRITE:138:HI TWO bye END");
        check(&nodes, seeing(), "~", "main WRITE:138:HI TWO bye END");
        check(&nodes, Facts { caller: None, ..seeing() }, "", "main bye END");
    }

    #[test]
    fn an_sms_goes_by_the_connector_that_the_flow_names() {
        let nodes = nodes("by: sms, to: '\"139\" if times == 0 else caller', text: two");
        let asked = "main ?crm.sms text=TWO to=139?";
        check(&nodes, seeing(), "", asked);
        check(&nodes, seeing(), "o", &format!("{asked} told (hi)"));
        check(&nodes, seeing(), "!", &format!("{asked} bye END"));
        check(&nodes, seeing(), "-", &format!("{asked} bye END"));
    }
}
