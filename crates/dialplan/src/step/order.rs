//! `order`: the caller confirms twice, by a key and by a code, and a connector is asked once for what was confirmed.
//!
//! What is sent is what it was when it was shown, whatever happens to variables meanwhile, and under one idempotency key
//! for each confirmation. No answer in time is `unknown`: it may have happened. A caller who hangs up before the code is
//! complete has ordered nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::{Came, Cue, Field, Kind, Next, Outcome, Step};
use crate::ask::{Ask, Wanted, read_send};
use crate::check::Checker;
use crate::limits;
use crate::problem::Finding;
use crate::read::{Fields, Reader, unknown};
use crate::run::Stage;
use crate::scene::{SLIDE_FIELDS, Scene};
use crate::service::Queues;
use crate::source::{Span, Word};
use crate::target::Exits;
use crate::text::{PRESS, Telling};
use crate::types::check_identifier;
use crate::yaml::Value;
use crate::{Ordered, Presentation, Presentations};

pub(super) static KIND: Kind = Kind {
    name: "order",
    docs: "Has the caller confirm something twice, by the key 1 and by a code, and asks a connector for it once.",
    fields: &[
        &SLIDE_FIELDS,
        &[
            Field { name: "say", docs: "texts that are said" },
            Field { name: "yes", docs: "text for the key 1, which confirms; `confirm` by default" },
            Field { name: "no", docs: "text for the key 9, which declines; `decline` by default" },
            Field { name: "call", docs: "`connector.call` with `order: true`" },
            Field { name: "send", docs: "what it takes: expressions by name" },
            Field { name: "show", docs: "those of `send` that the caller is shown or told; all but secrets" },
            Field {
                name: "code_by",
                docs: "how the code is told: `picture`, `sms`, `speech`; the first that the caller can take",
            },
            Field {
                name: "code",
                docs: "`{ slide, title, lines, values, say, message }` for the code: the slide gets `values.code`, an SMS is the text `message` and the code",
            },
            Field { name: "into", docs: "what the answer is called behind `done`" },
            Field { name: "timeout", docs: "time for a key after the prompt" },
            Field { name: "tries", docs: "how often the caller is asked, silence and wrong codes together" },
            Field { name: "barge_in", docs: "`false`: the prompt is heard to its end" },
        ],
    ],
    outcomes: &[
        Outcome { name: "done", docs: "it is ordered", waits: true },
        Outcome { name: "declined", docs: "the caller does not want it", waits: true },
        Outcome {
            name: "refused",
            docs: "the other side says no: a status that the call lists",
            waits: true,
        },
        Outcome { name: "unknown", docs: "no answer in time: it may be ordered, or not", waits: true },
        Outcome {
            name: "failed",
            docs: "it is not ordered: it could not be asked for, or the caller can take no code",
            waits: false,
        },
        Outcome { name: "exhausted", docs: "silence or a wrong key or code on the last try", waits: true },
    ],
    example: "order:
  slide: page.svg
  title: packs
  lines: order_line
  yes: balance
  no: packs
  call: crm.order
  send: { pack: pack }
  show: pack
  code_by: [picture, speech]
  code: { slide: page.svg, title: packs, say: balance }
  exits: { done: main, declined: main, refused: sorry, unknown: sorry }",
    read,
};

/// Digits of a code.
const CODE_DIGITS: usize = 4;
const CONFIRM: char = '1';
const DECLINE: char = '9';
const CANCEL: char = '*';

/// How a code is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Picture,
    Sms,
    Speech,
}

const WAYS: [(&str, Way); 3] = [("picture", Way::Picture), ("sms", Way::Sms), ("speech", Way::Speech)];

impl Way {
    fn word(self) -> &'static str {
        WAYS.iter().find(|(_, way)| *way == self).map_or("", |(word, _)| word)
    }
}

#[derive(Debug)]
struct Order {
    scene: Scene,
    yes: Word,
    no: Word,
    ask: Ask,
    /// Whether the answer has a name.
    keeps: bool,
    show: Vec<Word>,
    show_at: Span,
    code_by: Vec<(Word, Way)>,
    code: Scene,
    message: Option<Word>,
    timeout: Option<Duration>,
    tries: Option<u32>,
    barge_in: bool,
    exits: Exits,
}

/// A confirmation under way. Its `Debug` shows neither values nor the code.
pub(crate) struct Confirmation {
    /// What is sent, as it was when it was shown.
    wanted: Wanted,
    /// The same for a person.
    confirmed: Vec<(String, String)>,
    round: Round,
}

enum Round {
    /// The caller is asked whether they want it.
    Asked,
    /// The code was told.
    Code { code: String, way: Way },
    /// The connector was asked.
    Sent { way: Way, waited: bool },
}

impl fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.round {
            Round::Asked => "asked",
            Round::Code { .. } => "code told",
            Round::Sent { .. } => "sent",
        })
    }
}

impl Confirmation {
    /// The code that the caller is to type.
    pub(crate) fn code(&self) -> Option<&str> {
        match &self.round {
            Round::Code { code, .. } => Some(code),
            Round::Asked | Round::Sent { .. } => None,
        }
    }

    fn is_sent(&self) -> bool {
        matches!(self.round, Round::Sent { .. })
    }

    /// Whether the answer was waited for before; from now on it was.
    fn has_waited(&mut self) -> bool {
        match &mut self.round {
            Round::Sent { waited, .. } => std::mem::replace(waited, true),
            Round::Asked | Round::Code { .. } => false,
        }
    }

    /// What is written down of it, once it was sent.
    pub(crate) fn record(&self, outcome: &'static str) -> Option<Ordered> {
        let Round::Sent { way, .. } = self.round else { return None };
        Some(Ordered {
            call: self.wanted.name(),
            confirmed: self.confirmed.clone(),
            code_by: way.word(),
            key: self.wanted.idempotency_key.clone().unwrap_or_default(),
            outcome,
        })
    }
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let what = fields.need(reader, "call").and_then(|tree| reader.word("`call`", tree));
    let send = fields.get("send").map(|tree| read_send(reader, tree)).unwrap_or_default();
    let into = fields.get("into").and_then(|tree| reader.word("`into`", tree));
    let into = into.filter(|into| check_identifier(reader, "an answer", into));
    let mut text = |name: &str, usual: &str| {
        let given = fields.get(name).and_then(|tree| reader.word(&format!("`{name}`"), tree));
        given.unwrap_or_else(|| Word { value: usual.to_owned(), span: fields.span() })
    };
    let (yes, no) = (text("yes", "confirm"), text("no", "decline"));
    let show = fields.get("show").map(|tree| reader.words("`show`", tree)).unwrap_or_default();
    let code_by = read_ways(reader, fields);
    let (code, message) = read_code(reader, fields);
    let step = Order {
        scene: Scene::read(reader, fields),
        yes,
        no,
        keeps: into.is_some(),
        ask: Ask::new(
            into.unwrap_or_else(|| Word { value: String::new(), span: fields.span() }),
            what?,
            send,
        ),
        show,
        show_at: fields.get("show").map_or(fields.span(), |tree| tree.span),
        code_by,
        code,
        message,
        timeout: fields.get("timeout").and_then(|tree| reader.duration("`timeout`", tree)),
        tries: fields.get("tries").and_then(|tree| reader.number("`tries`", tree, 1..=limits::TRIES_MAX)),
        barge_in: fields.get("barge_in").and_then(|tree| reader.flag("`barge_in`", tree)).unwrap_or(true),
        exits: Exits::read(reader, "an order", fields, KIND.outcomes),
    };
    Some(Box::new(step))
}

fn read_ways(reader: &mut Reader, fields: &Fields<'_>) -> Vec<(Word, Way)> {
    let Some(tree) = fields.need(reader, "code_by") else { return Vec::new() };
    let words = reader.words("`code_by`", tree);
    if words.is_empty() && matches!(&tree.value, Value::List(items) if items.is_empty()) {
        let finding = Finding::error("empty", tree.span, "the caller is told no code", "in no way");
        reader.note(finding.help("one or more of `picture`, `sms`, `speech`"));
    }
    let mut ways = Vec::new();
    for word in words {
        match WAYS.iter().find(|(name, _)| *name == word.value) {
            Some((_, way)) => ways.push((word, *way)),
            None => {
                reader.note(unknown("unknown-value", "way for a code", &word, WAYS.map(|(name, _)| name)));
            }
        }
    }
    ways
}

fn read_code(reader: &mut Reader, fields: &Fields<'_>) -> (Scene, Option<Word>) {
    let Some((key, tree)) = fields.entry("code") else { return (Scene::default(), None) };
    let known = ["slide", "title", "lines", "values", "say", "message"];
    let Some(fields) = reader.fields("`code`", key.span, tree, &known) else {
        return (Scene::default(), None);
    };
    let message = fields.get("message").and_then(|tree| reader.word("`message`", tree));
    (Scene::read(reader, &fields), message)
}

impl Order {
    /// What is asked about, and the two keys.
    fn question(&self, telling: &Telling<'_>, has_video: bool) -> Presentation {
        let keys = [(&self.yes, CONFIRM), (&self.no, DECLINE)];
        let mut presentation = self.scene.present(telling, has_video);
        presentation.speech.extend(keys.iter().filter_map(|(text, key)| telling.press(&text.value, *key)));
        if let Some(slide) = &mut presentation.slide {
            slide.rows = keys.iter().map(|(text, key)| telling.row(&text.value, *key)).collect();
        }
        presentation
    }

    /// The code, as far as it is told here, and the digits typed so far.
    fn told(
        &self,
        telling: &Telling<'_>,
        has_video: bool,
        code: &str,
        way: Way,
        typed: &str,
    ) -> Presentation {
        let mut presentation = self.code.present(telling, has_video);
        if way == Way::Speech {
            presentation.speech.extend(telling.digits(code));
        }
        if let Some(slide) = &mut presentation.slide {
            let shown = if way == Way::Picture { code } else { "" };
            slide.values.insert("code".to_owned(), shown.to_owned());
            slide.values.insert("typed".to_owned(), typed.to_owned());
        }
        if !typed.is_empty() {
            presentation.speech.clear();
        }
        presentation
    }

    fn way(&self, stage: &Stage<'_>) -> Option<Way> {
        self.code_by.iter().map(|(_, way)| *way).find(|way| match way {
            Way::Picture => stage.has_video() && self.code.slide.is_some(),
            Way::Sms => stage.caller().is_some() && stage.has_sms(),
            Way::Speech => true,
        })
    }

    /// Begins, or begins anew after silence.
    fn show(&self, stage: &mut Stage<'_>) {
        let telling = stage.telling();
        let presentation = self.question(&telling, stage.has_video());
        stage.play(presentation, telling);
    }

    fn confirmed(&self, stage: &mut Stage<'_>) -> Next<'_> {
        stage.forget_failures();
        let Some(way) = self.way(stage) else { return Next::Outcome("failed") };
        let code = stage.draw_code(CODE_DIGITS);
        if let (Way::Sms, Some(message)) = (way, &self.message) {
            let telling = stage.telling();
            let text = format!("{} {code}", telling.shown(&message.value));
            let to = stage.caller().unwrap_or_default().to_owned();
            stage.send_sms(&to, &text);
        }
        if let Some(confirmation) = stage.confirmation() {
            confirmation.round = Round::Code { code, way };
        }
        self.tell(stage, "");
        Next::Wait
    }

    /// Tells the code, or shows what was typed of it.
    fn tell(&self, stage: &mut Stage<'_>, typed: &str) {
        let Some(Confirmation { round: Round::Code { code, way }, .. }) = stage.confirmation() else {
            return;
        };
        let (code, way) = (code.clone(), *way);
        let telling = stage.telling();
        let presentation = self.told(&telling, stage.has_video(), &code, way, typed);
        stage.play(presentation, telling);
    }

    fn digit(&self, stage: &mut Stage<'_>, key: char) -> Next<'_> {
        let mut typed = stage.typed().unwrap_or_default().to_owned();
        match key {
            '0'..='9' => typed.push(key),
            CANCEL => return Next::Outcome("declined"),
            _ => return self.wrong(stage, "invalid"),
        }
        stage.attended();
        let code = stage.confirmation().and_then(|confirmation| confirmation.code().map(str::to_owned));
        if typed.len() < CODE_DIGITS {
            stage.set_typed(typed.clone());
            self.tell(stage, &typed);
            stage.wake_after(limits::BETWEEN_DIGITS);
            return Next::Wait;
        }
        if code.is_none_or(|code| code != typed) {
            return self.wrong(stage, "invalid");
        }
        self.send(stage)
    }

    /// Silence, or something that was not asked for.
    fn wrong(&self, stage: &mut Stage<'_>, what: &'static str) -> Next<'_> {
        if let Next::Outcome("exhausted") = stage.fail(self.tries, what) {
            return Next::Outcome("exhausted");
        }
        stage.forget_typed();
        match stage.confirmation().is_some_and(|confirmation| confirmation.code().is_some()) {
            true => self.tell(stage, ""),
            false => self.show(stage),
        }
        Next::Wait
    }

    /// The one moment at which something is ordered.
    fn send(&self, stage: &mut Stage<'_>) -> Next<'_> {
        stage.forget_failures();
        stage.silence();
        let Some(confirmation) = stage.confirmation() else { return Next::Outcome("failed") };
        let Round::Code { way, .. } = confirmation.round else { return Next::Outcome("failed") };
        confirmation.round = Round::Sent { way, waited: false };
        let wanted = confirmation.wanted.clone();
        stage.ask(wanted);
        stage.wake_after(limits::WAIT_SHOWN_AFTER);
        Next::Wait
    }

    /// The connector was asked: nothing that is pressed now orders or declines anything.
    fn resume_sent(&self, stage: &mut Stage<'_>, cue: Cue) -> Next<'_> {
        match cue {
            Cue::Answered(Came::Done) => {
                if self.keeps {
                    stage.know_answer(&self.ask.into.value);
                }
                Order::over(stage, "done")
            }
            Cue::Answered(Came::Refused) => Order::over(stage, "refused"),
            Cue::Answered(Came::Failed) => Order::over(stage, "failed"),
            Cue::Answered(Came::Unknown) => Order::over(stage, "unknown"),
            Cue::Time if stage.confirmation().is_some_and(Confirmation::has_waited) => {
                Order::over(stage, "unknown")
            }
            Cue::Time => {
                stage.show_wait();
                stage.wake_after(limits::ANSWER_LONGEST);
                Next::Wait
            }
            Cue::Key(_)
            | Cue::PlayEnded
            | Cue::Queue(_)
            | Cue::Transferred(_)
            | Cue::Notified(_)
            | Cue::Echoed => Next::Wait,
        }
    }

    fn over(stage: &mut Stage<'_>, outcome: &'static str) -> Next<'static> {
        stage.record_order(outcome);
        Next::Outcome(outcome)
    }

    /// Every variable that stands in a text of the question in one language.
    fn told_names(&self, checker: &Checker<'_>, language: &str) -> BTreeSet<String> {
        self.scene.texts().flat_map(|text| checker.names_in(language, &text.value)).collect()
    }

    /// What is sent is seen: the caller confirms nothing that they were not told.
    fn check_shown(&self, checker: &mut Checker<'_>) {
        // What is sent under a name that is none is noted where it is sent.
        let call = self.ask.call(checker.connectors());
        if call.is_none_or(|call| self.ask.sent_names().any(|name| !call.takes().contains_key(name))) {
            return;
        }
        for word in &self.show {
            if self.ask.sent(&word.value).is_none() {
                let sent: Vec<&str> = self.ask.sent_names().collect();
                checker.note(unknown("unknown-argument", "argument", word, sent));
            }
        }
        let secrets = self.ask.secrets(checker.connectors());
        // What is confirmed is written down, too.
        for word in self.show.iter().filter(|word| secrets.contains(&word.value)) {
            let message = format!("`{}` is a secret, which nobody is shown", word.value);
            checker.note(Finding::error("secret-used", word.span, message, "a secret"));
        }
        for name in self.ask.sent_names().filter(|name| !secrets.contains(*name)) {
            if !self.show.iter().any(|word| word.value == name) {
                let message = format!("`{name}` is sent, and the caller does not confirm it");
                let finding = Finding::error("not-shown", self.show_at, message, "not among them");
                checker.note(finding.help(format!("add `{name}` to `show`, and tell it in a text")));
            }
        }
        for word in &self.show {
            let Some(expression) = self.ask.sent(&word.value) else { continue };
            let used = expression.names();
            for language in checker.languages() {
                let told = self.told_names(checker, language);
                if !used.is_empty() && used.iter().all(|name| !told.contains(name)) {
                    let message = format!("no text of this order tells `{}` in {language}", word.value);
                    let finding = Finding::error("not-shown", word.span, message, "confirmed unseen");
                    let used: Vec<&str> = used.iter().map(String::as_str).collect();
                    checker.note(
                        finding.help(format!("use `{}` in a text of `lines` or `say`", used.join("`, `"))),
                    );
                    break;
                }
            }
        }
    }

    fn check_ways(&self, checker: &mut Checker<'_>) {
        for (word, way) in &self.code_by {
            let lacking = match way {
                Way::Picture if self.code.slide.is_none() => {
                    Some("`slide: ...` to `code`, with `values.code` on it")
                }
                Way::Sms if self.message.is_none() => Some("`message: ...` to `code`, a text for the SMS"),
                Way::Sms if !checker.has_sms() => Some("`sms: connector.call` to the head of the flow"),
                Way::Picture | Way::Sms | Way::Speech => None,
            };
            if let Some(lacking) = lacking {
                let message = format!("a code by `{}` has nothing to be told with", word.value);
                let finding = Finding::error("missing-field", word.span, message, "how?");
                checker.note(finding.help(format!("add {lacking}")));
                break;
            }
        }
        if let [(word, Way::Picture)] = &self.code_by[..] {
            let message = "callers who cannot see, or are blind, can order nothing";
            let finding =
                Finding::error("picture-only", word.span, message, "for those who see").into_warning();
            checker.note(finding.help("add `sms` or `speech`"));
        }
    }
}

impl Step for Order {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn orders(&self) -> Option<&Ask> {
        Some(&self.ask)
    }

    fn check(&self, checker: &mut Checker<'_>) {
        self.scene.check(checker);
        self.code.check(checker);
        self.message.iter().for_each(|message| checker.text(message));
        checker.text(&self.yes);
        checker.text(&self.no);
        checker.text_named(PRESS, self.yes.span);
        self.ask.check(checker);
        self.check_shown(checker);
        self.check_ways(checker);
    }

    fn prompt(&self, telling: &Telling<'_>) -> Option<Presentation> {
        Some(self.question(telling, true))
    }

    fn presentations(&self, telling: &Telling<'_>, _: &Queues, all: &mut Presentations) {
        all.add(self.question(telling, true));
        all.add(self.question(telling, false));
        // Codes are drawn when they are drawn.
        all.add(self.told(telling, true, "", Way::Sms, ""));
    }

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        let Some(mut wanted) = stage.wanted(&self.ask) else { return Next::Outcome("failed") };
        if !stage.is_complete(&self.ask, &wanted) {
            return Next::Outcome("failed");
        }
        wanted.idempotency_key = Some(stage.draw_key());
        let shown = |name: &String| self.show.iter().any(|word| word.value == *name);
        let told = wanted.arguments.iter().filter(|(name, _)| shown(name));
        let confirmed = told.map(|(name, value)| (name.clone(), value.to_string())).collect();
        stage.confirm(Confirmation { wanted, confirmed, round: Round::Asked });
        self.show(stage);
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        let sent = stage.confirmation().is_some_and(|confirmation| confirmation.is_sent());
        if sent {
            return self.resume_sent(stage, cue);
        }
        let told = stage.confirmation().is_some_and(|confirmation| confirmation.code().is_some());
        let unheard = stage.typed().is_none() && stage.is_playing() && !self.barge_in;
        match cue {
            Cue::Key(_) if unheard => Next::Wait,
            Cue::Key(key) if told => self.digit(stage, key),
            Cue::Key(CONFIRM) => self.confirmed(stage),
            Cue::Key(DECLINE) => Next::Outcome("declined"),
            Cue::Key(_) => self.wrong(stage, "invalid"),
            Cue::PlayEnded if stage.typed().is_none() => {
                stage.wake_after(self.timeout.unwrap_or(stage.defaults().timeout));
                Next::Wait
            }
            Cue::Time => self.wrong(stage, "silence"),
            Cue::PlayEnded
            | Cue::Queue(_)
            | Cue::Transferred(_)
            | Cue::Answered(_)
            | Cue::Notified(_)
            | Cue::Echoed => Next::Wait,
        }
    }

    fn sets(&self) -> Vec<&str> {
        if self.keeps { vec![&self.ask.into.value] } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests;
