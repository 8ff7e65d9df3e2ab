//! One call in virtual time.
//!
//! The clock stands still while something is done and jumps to the next moment at which something happens when the
//! caller is patient. Start at [`Walk::act`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::length;
use crate::connector::{Answer, Call, Question};
use crate::{
    Action, Decline, Event, Facts, Flow, FlowId, Ordered, Places, Position, Presentation, Quality,
    QueueOutcome, Run, Service, TransferOutcome, Wind, limits,
};

/// What a queue can end with, as the language calls it.
pub const OUTCOMES: [(&str, QueueOutcome); 6] = [
    ("served", QueueOutcome::Served),
    ("timeout", QueueOutcome::Timeout),
    ("full", QueueOutcome::Full),
    ("closed", QueueOutcome::Closed),
    ("no_agents", QueueOutcome::NoAgents),
    ("failed", QueueOutcome::Failed),
];

/// The word for an outcome of a queue.
#[must_use]
pub fn outcome_name(outcome: QueueOutcome) -> &'static str {
    OUTCOMES.iter().find(|(_, known)| *known == outcome).map_or("", |(name, _)| name)
}

/// What a connector can answer, as transcripts call it; none is the example of its file.
pub const ANSWERS: [(&str, Option<Answer>); 4] = [
    ("done", None),
    ("refused", Some(Answer::Refused)),
    ("failed", Some(Answer::Failed)),
    ("unknown", Some(Answer::Unknown)),
];

/// Who calls which flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The flow, of the service that is walked.
    pub flow: FlowId,
    /// What is known of the call before it starts.
    pub facts: Facts,
    /// What calls of connectors answer instead of their example, by `connector.call`.
    pub answers: BTreeMap<String, Answer>,
}

/// What the caller does, or what happens outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A key is pressed at once, also into what is being said.
    Press(char),
    /// The code that was told is typed.
    Code,
    /// What is being said is heard to its end.
    Listen,
    /// Time passes until the flow goes on by itself: what is said ends, then the time for a key.
    Wait,
    /// The wait in the queue is over.
    Queue(QueueOutcome),
    /// What becomes of putting the caller through.
    Transfer(TransferOutcome),
    /// The caller hangs up.
    Hangup,
}

/// Why an [`Act`] is not possible now. Nothing has happened then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Cannot {
    /// There is nobody any more.
    #[error("the call has ended")]
    Ended,
    /// For [`Act::Listen`].
    #[error("nothing is being said")]
    Silent,
    /// For [`Act::Wait`] in a queue.
    #[error("nothing happens by itself while the caller is in the queue `{0}`")]
    InQueue(String),
    /// For [`Act::Wait`] elsewhere.
    #[error("nothing happens by itself now")]
    Nothing,
    /// For [`Act::Queue`].
    #[error("the caller is in no queue")]
    NoQueue,
    /// For [`Act::Wait`] while the caller is put through.
    #[error("nothing happens by itself while `{0}` is called")]
    InTransfer(String),
    /// For [`Act::Code`].
    #[error("no code was told")]
    NoCode,
    /// For [`Act::Transfer`].
    #[error("the caller is not put through to anybody")]
    NoTransfer,
}

/// What a call is waiting for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaits {
    /// What is said goes on for so long.
    Sound(Duration),
    /// It is over, and so much time is left for a key, or until a slide has been seen long enough.
    Time(Duration),
    /// What becomes of the wait in this queue.
    Queue(String),
    /// What becomes of putting the caller through to this address.
    Transfer(String),
    /// Nothing that could come by itself.
    Nothing,
    /// The call has ended.
    End,
}

/// Something that can be noticed of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Since the call began.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// See [`Moment`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A node was entered.
    Entered {
        /// The flow it stands in, when that is not the one that was called.
        part: Option<String>,
        /// Its name.
        node: String,
        /// The word of its step, such as `menu`.
        step: &'static str,
        /// Where it stands.
        span: Position,
    },
    /// The language changed to this one (BCP 47).
    Language(String),
    /// A variable has another value.
    Variable {
        /// Its name.
        name: String,
        /// As a person reads it.
        value: String,
    },
    /// Something is shown and said.
    Shown(Presentation),
    /// A queue was entered.
    Queued {
        /// Its name.
        queue: String,
        /// What is seen and heard meanwhile.
        waiting: Presentation,
        /// What tells the caller's place.
        places: Option<Places>,
    },
    /// The caller is put through to a telephone.
    Transferred {
        /// Its address.
        to: String,
        /// What is seen and heard meanwhile.
        waiting: Presentation,
    },
    /// The caller's phone rings, and is not going to be answered.
    Rings,
    /// The caller is turned away.
    Declined(Decline),
    /// A message was sent, and taken.
    Written {
        /// Whom it is for.
        to: String,
        /// Plain text.
        text: String,
    },
    /// Something was ordered.
    Ordered(Ordered),
    /// A clip was wound.
    Wound(Wind),
    /// The caller wants to be called back.
    CallBack {
        /// Of this queue.
        queue: String,
        /// At this number.
        number: String,
    },
    /// A connector was asked; the example of the call is its answer.
    Asked(Question),
    /// A text could not be told as it was meant.
    Doubt {
        /// Where the text stands.
        span: Position,
        /// What is wrong.
        message: String,
    },
    /// The flow ended the call, or the caller did.
    Ended,
}

/// A call through one flow.
#[derive(Debug)]
pub struct Walk {
    service: Arc<Service>,
    flow: FlowId,
    run: Run,
    base: Instant,
    now: Instant,
    /// When what is said is over.
    sound_ends: Option<Instant>,
    /// How long it is in all.
    sound_length: Duration,
    /// How much of it is left when the caller has stopped it.
    stopped: Option<Duration>,
    /// What the run asked to be woken for.
    due: Option<Instant>,
    queue: Option<String>,
    transfer: Option<String>,
    ended: bool,
    language: String,
    values: BTreeMap<String, String>,
    answers: BTreeMap<String, Answer>,
    moments: Vec<Moment>,
}

impl Walk {
    /// The call begins; the moments up to where it waits for the first time. `base` is any time: nothing waits.
    #[must_use]
    pub fn begin(service: &Arc<Service>, setup: Setup, base: Instant) -> (Self, Vec<Moment>) {
        let run = Run::new(service.clone(), setup.flow, setup.facts, 0);
        let mut walk = Self {
            service: service.clone(),
            flow: setup.flow,
            language: run.language().to_owned(),
            values: run.values(),
            answers: setup.answers,
            run,
            base,
            now: base,
            sound_ends: None,
            sound_length: Duration::ZERO,
            stopped: None,
            due: None,
            queue: None,
            transfer: None,
            ended: false,
            moments: Vec::new(),
        };
        walk.happen(Event::Ringing);
        walk.happen(Event::Start);
        let moments = std::mem::take(&mut walk.moments);
        (walk, moments)
    }

    /// Does something; what can be noticed of it, in order.
    ///
    /// # Errors
    /// When it is not possible now; then nothing has happened.
    pub fn act(&mut self, act: Act) -> Result<Vec<Moment>, Cannot> {
        if self.ended {
            return Err(Cannot::Ended);
        }
        match act {
            Act::Press(key) => self.happen(Event::Digit(key)),
            Act::Code => {
                let code = self.run.code().ok_or(Cannot::NoCode)?.to_owned();
                code.chars().for_each(|digit| self.happen(Event::Digit(digit)));
            }
            Act::Listen => self.listen()?,
            Act::Wait => self.wait()?,
            Act::Queue(outcome) => {
                self.queue.take().ok_or(Cannot::NoQueue)?;
                self.happen(Event::Queue(outcome));
            }
            Act::Transfer(outcome) => {
                self.transfer.take().ok_or(Cannot::NoTransfer)?;
                self.happen(Event::Transferred(outcome));
            }
            Act::Hangup => self.happen(Event::HungUp),
        }
        Ok(std::mem::take(&mut self.moments))
    }

    /// From now on a call of a connector, named `connector.call`, answers so; none is the example of its file.
    pub fn answers(&mut self, call: &str, answer: Option<Answer>) {
        match answer {
            Some(answer) => self.answers.insert(call.to_owned(), answer),
            None => self.answers.remove(call),
        };
    }

    /// What a polite caller does before pressing a key: everything is heard to its end, through every `play`. None where
    /// the call waits for a key or a queue, or has ended.
    #[must_use]
    pub fn patience(&self) -> Option<Act> {
        match self.awaits() {
            Awaits::Sound(_) => Some(Act::Listen),
            // It goes on by itself; whatever else has a time is a question to the caller.
            Awaits::Time(_) if ["play", "flash", "echo"].contains(&self.step()) => Some(Act::Wait),
            Awaits::Time(_) | Awaits::Queue(_) | Awaits::Transfer(_) | Awaits::Nothing | Awaits::End => None,
        }
    }

    /// What the call is waiting for.
    #[must_use]
    pub fn awaits(&self) -> Awaits {
        let left = |at: Instant| at.saturating_duration_since(self.now);
        match (&self.queue, self.sound_ends, self.due) {
            _ if self.ended => Awaits::End,
            (Some(queue), _, _) if !self.run.is_aside() => Awaits::Queue(queue.clone()),
            _ if self.transfer.is_some() => Awaits::Transfer(self.transfer.clone().unwrap_or_default()),
            (_, Some(at), _) => Awaits::Sound(left(at)),
            (_, None, Some(at)) => Awaits::Time(left(at)),
            (_, None, None) => Awaits::Nothing,
        }
    }

    /// Time since the call began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.base
    }

    /// The node the caller is in.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.run.node()
    }

    /// The word of the step the caller is in, such as `menu`.
    #[must_use]
    pub fn step(&self) -> &'static str {
        let flow = self.service.flow(self.run.flow()).map_or("", Flow::name);
        self.run.node().map_or("", |node| self.step_of(flow, node))
    }

    /// The flow's variables and what they hold, as a person reads it.
    #[must_use]
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }

    /// The flow that is walked.
    #[must_use]
    pub fn flow(&self) -> Option<&Flow> {
        self.service.flow(self.flow)
    }

    fn step_of(&self, flow: &str, node: &str) -> &'static str {
        let flow = self.service.flows().iter().find(|known| known.name() == flow);
        let node = flow.and_then(|flow| flow.body.nodes.get(node));
        node.map_or("", |node| node.step.kind().name)
    }

    fn listen(&mut self) -> Result<(), Cannot> {
        let Some(end) = self.sound_ends else { return Err(Cannot::Silent) };
        while self.moments.is_empty() && self.sound_ends == Some(end) {
            self.jump();
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<(), Cannot> {
        if let (Some(queue), false) = (&self.queue, self.run.is_aside()) {
            return Err(Cannot::InQueue(queue.clone()));
        }
        if let Some(to) = &self.transfer {
            return Err(Cannot::InTransfer(to.clone()));
        }
        // A step may wish to be woken again and again without anything to be noticed.
        for _ in 0..limits::UNATTENDED_MAX {
            if !self.jump() {
                return Err(Cannot::Nothing);
            }
            if !self.moments.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// The clock jumps to what comes next; false when nothing does.
    fn jump(&mut self) -> bool {
        let sound_first = match (self.sound_ends, self.due) {
            (Some(sound), Some(due)) => sound <= due,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let next = if sound_first { self.sound_ends.take() } else { self.due.take() };
        let Some(next) = next else { return false };
        self.now = self.now.max(next);
        self.happen(if sound_first { Event::PlayEnded } else { Event::Timeout });
        true
    }

    fn happen(&mut self, event: Event) {
        self.run.handle_input(self.now, event);
        self.notice_changes();
        let (mut asked, mut notified) = (VecDeque::new(), false);
        loop {
            match self.run.poll_output() {
                Action::Ask(question) => {
                    asked.push_back(question.clone());
                    self.note(What::Asked(question));
                }
                Action::Enter { flow, node, span } => {
                    (self.transfer, self.sound_ends) = (None, None);
                    let step = self.step_of(&flow, &node);
                    let part = (self.flow().map(Flow::name) != Some(flow.as_str())).then_some(flow);
                    self.note(What::Entered { part, node, step, span });
                }
                Action::Play(presentation) => {
                    self.begin_sound(&presentation);
                    self.note(What::Shown(presentation));
                }
                Action::Queue { queue, waiting, places, .. } => {
                    (self.queue, self.sound_ends) = (Some(queue.clone()), None);
                    self.note(What::Queued { queue, waiting, places });
                }
                Action::Transfer { to, waiting, .. } => {
                    (self.transfer, self.sound_ends) = (Some(to.clone()), None);
                    self.note(What::Transferred { to, waiting });
                }
                Action::Notify { to, text } => {
                    notified = true;
                    self.note(What::Written { to, text });
                }
                Action::Ordered(ordered) => self.note(What::Ordered(ordered)),
                Action::Ring => self.note(What::Rings),
                Action::Decline(why) => self.note(What::Declined(why)),
                Action::Wind(wind) => self.wind(wind),
                Action::Echo => self.sound_ends = None,
                Action::EndEcho => {
                    self.run.handle_input(self.now, Event::Echoed(Some(example())));
                    self.notice_changes();
                }
                Action::Hold { waiting, .. } => {
                    self.sound_ends = None;
                    self.note(What::Shown(waiting));
                }
                Action::LeaveQueue => self.queue = None,
                Action::CallBack { queue, number } => self.note(What::CallBack { queue, number }),
                Action::Doubt { span, message } => self.note(What::Doubt { span, message }),
                Action::Hangup => self.end(),
                Action::Timeout(at) => {
                    self.due = at;
                    if std::mem::take(&mut notified) {
                        self.run.handle_input(self.now, Event::Notified(true));
                        self.notice_changes();
                        continue;
                    }
                    let Some(question) = asked.pop_front() else { return };
                    let event = Event::Answer { id: question.id, answer: self.answer(&question) };
                    self.run.handle_input(self.now, event);
                    self.notice_changes();
                }
            }
        }
    }

    fn begin_sound(&mut self, presentation: &Presentation) {
        let length = length(presentation);
        self.sound_ends = length.map(|length| self.now + length);
        self.sound_length = length.unwrap_or_default();
        self.stopped = None;
    }

    fn wind(&mut self, wind: Wind) {
        self.note(What::Wound(wind));
        let stopped = self.stopped.take();
        let left = stopped.or(self.sound_ends.map(|end| end.saturating_duration_since(self.now)));
        let left = left.unwrap_or_default();
        let left = match wind {
            Wind::Pause if stopped.is_none() => {
                (self.stopped, self.sound_ends) = (Some(left), None);
                return;
            }
            Wind::Pause => left,
            Wind::Back(step) => (left + step).min(self.sound_length),
            Wind::Forward(step) => left.saturating_sub(step),
            Wind::Replay => self.sound_length,
        };
        self.sound_ends = Some(self.now + left);
    }

    /// At once: what was asked for, else the example of the connector's file.
    fn answer(&self, question: &Question) -> Answer {
        let name = format!("{}.{}", question.connector, question.call);
        if let Some(answer) = self.answers.get(&name) {
            return answer.clone();
        }
        let connector = self.service.connectors().get(&question.connector);
        let call = connector.and_then(|connector| connector.call(&question.call));
        call.map_or(Answer::Failed, Call::example)
    }

    fn notice_changes(&mut self) {
        let values = self.run.values();
        for (name, value) in &values {
            if self.values.get(name) != Some(value) {
                self.note(What::Variable { name: name.clone(), value: value.clone() });
            }
        }
        self.values = values;
        if self.run.language() != self.language {
            self.language = self.run.language().to_owned();
            self.note(What::Language(self.language.clone()));
        }
    }

    fn end(&mut self) {
        (self.ended, self.queue, self.transfer, self.sound_ends) = (true, None, None, None);
        self.note(What::Ended);
    }

    fn note(&mut self, what: What) {
        self.moments.push(Moment { at: self.elapsed(), what });
    }
}

/// What is measured of a caller whose line is good.
fn example() -> Quality {
    let (sound, picture) = ("PCMU".to_owned(), "H264".to_owned());
    Quality { loss_permille: 2, jitter_ms: 8, kbps: 320, fps_tenths: 150, sound, picture }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{seeing, service, some_time};

    const NODES: &str = "  main: { play: { slide: page.svg, for: 3s, next: ask } }
  ask:
    menu:
      say: hi
      barge_in: false
      items:
        \"1\": { say: one, set: { times: times + 1 }, to: $repeat }
        \"2\": { say: two, to: wait }
        \"3\": { say: two, to: $language }
  wait: { queue: { name: video, exits: { served: bye, timeout: ask, full: ask, closed: ask, no_agents: ask } } }
";

    fn begin(nodes: &str) -> (Walk, Vec<Moment>) {
        let service = service(nodes);
        let setup = Setup { flow: service.flows()[0].id(), facts: seeing(), answers: BTreeMap::new() };
        Walk::begin(&service, setup, some_time())
    }

    fn nodes(moments: &[Moment]) -> Vec<String> {
        let entered = super::super::facts(moments).into_iter();
        entered.filter(|fact| fact.kind == super::super::FactKind::Node).map(|fact| fact.text).collect()
    }

    #[test]
    fn time_jumps_to_what_comes_next() {
        let (mut walk, first) = begin(NODES);
        assert_eq!((nodes(&first), walk.awaits()), (vec!["main".to_owned()], Awaits::Sound(Duration::ZERO)));
        assert_eq!(nodes(&walk.act(Act::Wait).expect("the slide was seen")), ["ask"]);
        assert_eq!((walk.elapsed(), walk.step()), (Duration::from_secs(3), "menu"));
        assert!(matches!(walk.awaits(), Awaits::Sound(left) if left > Duration::ZERO));
        assert_eq!(walk.act(Act::Press('2')), Ok(vec![]), "not before the prompt has ended");
        assert_eq!(walk.act(Act::Listen), Ok(vec![]));
        assert_eq!(walk.awaits(), Awaits::Time(limits::TIMEOUT_DEFAULT));
        assert_eq!(walk.act(Act::Listen), Err(Cannot::Silent));
        assert_eq!(nodes(&walk.act(Act::Wait).expect("silence repeats")), ["ask"]);
    }

    #[test]
    fn a_polite_caller_hears_everything_up_to_the_question() {
        let settle = |walk: &mut Walk| {
            let mut moments = Vec::new();
            while let Some(act) = walk.patience() {
                moments.extend(walk.act(act).expect("it is possible"));
            }
            nodes(&moments)
        };
        let (mut walk, _) = begin(NODES);
        assert_eq!(settle(&mut walk), ["ask"]);
        assert_eq!(walk.awaits(), Awaits::Time(limits::TIMEOUT_DEFAULT));
        let nodes = "  main: { branch: { cases: [{ when: has_video, to: words }], exits: { else: bye } } }
  words: { play: { say: hi, next: last } }
  last: { hangup: { say: hi } }
";
        let (mut walk, _) = begin(nodes);
        assert_eq!((settle(&mut walk), walk.awaits()), (vec!["last".to_owned()], Awaits::End));
    }

    #[test]
    fn a_queue_ends_by_its_outcome_alone() {
        let (mut walk, _) = begin(NODES);
        walk.act(Act::Wait).and_then(|_| walk.act(Act::Listen)).expect("heard");
        assert_eq!(walk.act(Act::Queue(QueueOutcome::Full)), Err(Cannot::NoQueue));
        assert_eq!(nodes(&walk.act(Act::Press('2')).expect("a key")), ["wait"]);
        assert_eq!(walk.awaits(), Awaits::Queue("video".to_owned()));
        assert_eq!(walk.act(Act::Wait), Err(Cannot::InQueue("video".to_owned())));
        assert_eq!(nodes(&walk.act(Act::Queue(QueueOutcome::Full)).expect("queued")), ["ask"]);
        walk.act(Act::Listen).and_then(|_| walk.act(Act::Press('2'))).expect("again");
        let last = walk.act(Act::Queue(QueueOutcome::Served)).expect("queued");
        assert_eq!(last.last().map(|moment| &moment.what), Some(&What::Ended));
        assert_eq!((walk.act(Act::Press('1')), walk.awaits()), (Err(Cannot::Ended), Awaits::End));
    }

    #[test]
    fn what_changes_is_noticed() {
        let (mut walk, _) = begin(NODES);
        walk.act(Act::Wait).and_then(|_| walk.act(Act::Listen)).expect("heard");
        let moments = walk.act(Act::Press('1')).expect("a key");
        let set = What::Variable { name: "times".to_owned(), value: "1".to_owned() };
        assert_eq!(moments[0].what, set);
        assert_eq!(walk.values()["times"], "1");
        walk.act(Act::Listen).expect("heard");
        let moments = walk.act(Act::Press('3')).expect("a key");
        assert_eq!(moments[0].what, What::Language("zh-CN".to_owned()));
    }

    #[test]
    fn every_outcome_of_the_step_has_its_word() {
        let kind = crate::step::STEPS.iter().find(|kind| kind.name == "queue").expect("it is a step");
        // The others are the caller's own wish.
        for outcome in kind.outcomes.iter().filter(|outcome| !["callback", "invalid"].contains(&outcome.name))
        {
            assert!(OUTCOMES.iter().any(|(name, _)| *name == outcome.name), "{}", outcome.name);
        }
        assert_eq!(outcome_name(QueueOutcome::NoAgents), "no_agents");
    }
}
