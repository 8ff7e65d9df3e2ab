//! One call walking a flow.
//!
//! A [`Run`] enters nodes, hands what happens to the step of the node it is in, and follows the answer
//! to the next. The steps themselves are under `step/`; what they may do to the call is in
//! [`Stage`]. Start at [`Run::handle_input`].

mod desk;
mod frames;
mod journal;
mod stage;
mod values;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use desk::CAPTION_SLIDE;
use frames::Frame;
pub use journal::{Journal, Rated, Stay};
use stage::{Held, Memory, Presence};
pub(crate) use stage::{QueueEntry, Stage};
pub use words::{
    Action, Decline, Event, Facts, Ordered, Priority, Quality, QueueOutcome, TransferOutcome, Wind,
};

use crate::ask::Ask;
use crate::connector::{Answer, Answered, Question};
use crate::expression::Scope;
use crate::flow::{FETCH_FAILED, FirstLanguage, Node};
use crate::limits;
use crate::step::{Came, Cue, Next};
use crate::target::{Builtin, Target, target};
use crate::{Flow, FlowId, Presentation, Service};

/// The target of [`Next::Again`].
const AGAIN: &str = "$repeat";

/// The walk of one call through a flow.
///
/// Between two rounds it either waits for a key, the end of a presentation, a time or a queue, or it has
/// ended with [`Action::Hangup`]; after that it answers nothing any more. It keeps its version of the
/// service alive.
#[derive(Debug)]
pub struct Run {
    service: Arc<Service>,
    flow: FlowId,
    node: Option<String>,
    state: State,
    memory: Memory,
    /// Menus entered, the last one last; what `$back` goes through.
    history: Vec<String>,
    /// The flows that wait for the one that is walked now, the one that was called first.
    frames: Vec<Frame>,
    /// Questions that have not been answered: how many flows waited when they were asked, and the name of the answer.
    asked: BTreeMap<u32, (usize, String)>,
    /// What is asked at the start has been asked.
    asked_at_start: bool,
    /// What the node waits for before its step begins.
    fetching: Option<Fetching>,
}

/// A node that waits for connectors.
#[derive(Debug)]
struct Fetching {
    /// Not answered yet.
    questions: Vec<u32>,
    /// When something is shown meanwhile; none once it is.
    show_at: Option<Instant>,
    /// When it is given up.
    until: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    /// A notice is on, before the first node.
    Noticing,
    Running,
    Ended,
}

impl Run {
    /// A run that waits for [`Event::Start`]. `flow` must be of `service`; the run of a flow that is not
    /// there hangs up at its start. `seed` is what codes and idempotency keys are drawn from, so no two calls share one.
    pub fn new(service: Arc<Service>, flow: FlowId, facts: Facts, seed: u64) -> Self {
        let variables = service.flow(flow).map(|flow| flow.body.first_values()).unwrap_or_default();
        let mut memory = Memory::new(facts, variables, seed);
        memory.language = service
            .flow(flow)
            .map(|flow| first_language(flow, &memory.facts, &memory.scope()))
            .unwrap_or_default();
        Self {
            service,
            flow,
            node: None,
            state: State::New,
            memory,
            history: Vec::new(),
            frames: Vec::new(),
            asked: BTreeMap::new(),
            asked_at_start: false,
            fetching: None,
        }
    }

    /// The code that the caller of an `order` is to type now; for simulators and tests.
    pub fn code(&self) -> Option<&str> {
        self.memory.confirmation.as_ref()?.code()
    }

    /// What the caller has done so far, node by node.
    pub fn journal(&self) -> &Journal {
        &self.memory.journal
    }

    /// The service that this run began with and keeps.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The edition of the service that this run began with and keeps.
    pub fn version(&self) -> u64 {
        self.service.version()
    }

    /// The language the caller hears now.
    pub fn language(&self) -> &str {
        &self.memory.language
    }

    /// The flow the caller is in: the one that was called, or one that it runs.
    pub fn flow(&self) -> FlowId {
        self.flow
    }

    /// The node the caller is in, once started.
    pub fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// Whether [`Action::Hangup`] was or is about to be answered.
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    #[cfg(test)]
    pub(crate) fn last_question(&self) -> u32 {
        self.memory.next_question - 1
    }

    /// Takes what happened; then poll.
    pub fn handle_input(&mut self, now: Instant, event: Event) {
        match (self.state, event) {
            (State::New, Event::Ringing) => self.ask_at_start(),
            (State::New | State::Noticing | State::Running, Event::Answer { id, answer }) => {
                self.answered(now, id, answer);
            }
            (State::New, Event::Start) => {
                self.memory.started = Some(now);
                self.begin(now);
            }
            (State::Noticing, Event::Digit(key @ ('0'..='9' | '*' | '#'))) => {
                self.memory.journal.key(self.memory.started, now);
                self.memory.ahead = Some(key);
                self.go_to_start(now);
            }
            (State::Noticing, Event::PlayEnded) => self.go_to_start(now),
            (State::Noticing, Event::Timeout) => {
                if self.memory.playing.is_none_or(|at| at <= now) {
                    self.go_to_start(now);
                }
            }
            (State::Noticing, Event::HungUp) => self.end(),
            (State::Running, Event::Digit(key @ ('0'..='9' | '*' | '#')))
                if self.memory.overhears(now, key) => {}
            (State::Running, Event::Digit(key @ ('0'..='9' | '*' | '#'))) => {
                self.memory.journal.key(self.memory.started, now);
                match self.fetching {
                    // It acts in the step, if that is a menu that has it.
                    Some(_) => self.memory.ahead = Some(key),
                    None => self.cue(now, Cue::Key(key)),
                }
            }
            (State::Running, Event::PlayEnded) => self.play_ended(now),
            (State::Running, Event::Timeout) => self.time(now),
            (State::Running, Event::Queue(outcome)) => {
                if self.back_to_queue().is_some() {
                    self.memory.queued = None;
                    self.cue(now, Cue::Queue(outcome));
                }
            }
            (State::Running, Event::Attended) => {
                if let Some(queued) = self.back_to_queue() {
                    queued.attended = true;
                }
            }
            (State::Running, Event::WaitsOn) => {
                if let Some(queued) = self.back_to_queue() {
                    queued.attended = false;
                    let service = self.service.clone();
                    self.follow(&service, now, Next::Again);
                }
            }
            (State::Running, Event::Echoed(quality)) => {
                if std::mem::take(&mut self.memory.echoing) {
                    self.memory.quality = quality;
                    self.cue(now, Cue::Echoed);
                }
            }
            (State::Running, Event::Transferred(outcome)) if self.memory.transferring => {
                self.memory.transferring = false;
                self.cue(now, Cue::Transferred(outcome));
            }
            (State::Running, Event::Notified(taken)) if self.memory.notifying => {
                self.memory.notifying = false;
                self.cue(now, Cue::Notified(taken));
            }
            (State::Running, Event::HungUp) => self.hung_up(now),
            (
                State::Running,
                Event::Ringing | Event::Start | Event::Digit(_) | Event::Notified(_) | Event::Transferred(_),
            )
            | (
                State::Noticing,
                Event::Ringing
                | Event::Start
                | Event::Notified(_)
                | Event::Transferred(_)
                | Event::Digit(_)
                | Event::Queue(_)
                | Event::Attended
                | Event::WaitsOn
                | Event::Echoed(_),
            )
            | (
                State::New | State::Ended,
                Event::Ringing
                | Event::Start
                | Event::Notified(_)
                | Event::Transferred(_)
                | Event::Digit(_)
                | Event::PlayEnded
                | Event::Timeout
                | Event::Queue(_)
                | Event::Attended
                | Event::WaitsOn
                | Event::Echoed(_)
                | Event::HungUp
                | Event::Answer { .. },
            ) => {}
        }
    }

    /// What to do next; [`Action::Timeout`] ends a round.
    pub fn poll_output(&mut self) -> Action {
        let fetching = self.fetching.as_ref().map(|fetching| fetching.show_at.unwrap_or(fetching.until));
        let due = || [self.memory.next_timeout(), fetching].into_iter().flatten().min();
        let due = due();
        self.memory.out.pop_front().unwrap_or(Action::Timeout(due))
    }

    fn begin(&mut self, now: Instant) {
        self.ask_at_start();
        let Some(notice) = self.notice() else { return self.go_to_start(now) };
        self.state = State::Noticing;
        self.memory.playing = Some(now + limits::PLAY_MAX);
        self.memory.out.push_back(Action::Play(notice));
    }

    /// What is told before the first node, if anything is.
    fn notice(&self) -> Option<Presentation> {
        let Facts { notice, has_video, wall, .. } = &self.memory.facts;
        let notice = notice.as_ref().filter(|notice| *wall < notice.until())?;
        let flow = self.service.flow(self.flow).filter(|flow| !flow.is_flash())?;
        Some(notice.present(flow, &self.memory.language, *has_video))
    }

    fn go_to_start(&mut self, now: Instant) {
        self.state = State::Running;
        let service = self.service.clone();
        match service.flow(self.flow).and_then(|flow| flow.body.start.as_ref()) {
            Some(start) => self.follow(&service, now, Next::Go(start)),
            None => self.end(),
        }
    }

    /// Asks what the flow asks at the start, once.
    fn ask_at_start(&mut self) {
        let service = self.service.clone();
        if let Some(flow) = service.flow(self.flow).filter(|_| !self.asked_at_start) {
            self.asked_at_start = true;
            let asks: Vec<&Ask> = flow.body.at_start.iter().collect();
            self.ask(&service, &asks);
        }
    }

    /// The call is answered, and now it is known whether the caller can see. Before [`Event::Start`].
    pub fn answer(&mut self, has_video: bool, wall: Duration) {
        if self.state == State::New {
            (self.memory.facts.has_video, self.memory.facts.wall) = (has_video, wall);
            self.find_language();
        }
    }

    /// The caller has gone; a flash goes on without them.
    fn hung_up(&mut self, now: Instant) {
        match self.memory.presence {
            Presence::OnLine => self.end(),
            Presence::Ringing => {
                self.memory.presence = Presence::Gone;
                self.memory.due = None;
                self.cue(now, Cue::Time);
            }
            Presence::Gone => {}
        }
    }

    /// Sends questions, and answers their numbers.
    fn ask(&mut self, service: &Service, asks: &[&Ask]) -> Vec<u32> {
        let scope = self.memory.scope();
        let mut questions = Vec::new();
        for ask in asks {
            if let Some(question) = self.question(service, ask, &scope) {
                self.asked.insert(question.id, (self.frames.len(), ask.into.value.clone()));
                questions.push(question.id);
                self.memory.out.push_back(Action::Ask(question));
            }
        }
        questions
    }

    fn question(&mut self, service: &Service, ask: &Ask, scope: &Scope) -> Option<Question> {
        let wanted = ask.wanted(&service.connectors, scope)?;
        Some(wanted.question(self.memory.draw_question()))
    }

    fn answered(&mut self, now: Instant, id: u32, answer: Answer) {
        if self.memory.own_question.take_if(|own| *own == id).is_some() {
            return self.own_answer(now, answer);
        }
        let Some((depth, into)) = self.asked.remove(&id) else { return };
        let waited_for = self.fetching.as_mut().is_some_and(|fetching| {
            let before = fetching.questions.len();
            fetching.questions.retain(|question| *question != id);
            fetching.questions.len() < before
        });
        let outcome = match answer {
            Answer::Done(Answered(value)) => {
                match self.frames.get_mut(depth) {
                    Some(frame) => frame.variables.know(&into, value),
                    None => self.memory.know(&into, value),
                }
                None
            }
            Answer::Refused => Some("refused"),
            Answer::Failed | Answer::Unknown => Some("failed"),
        };
        match (waited_for, outcome) {
            (true, Some(outcome)) => self.fetch_failed(now, outcome),
            (true, None) if self.fetching.as_ref().is_some_and(|fetching| fetching.questions.is_empty()) => {
                self.fetched(now);
            }
            (true, None) => {}
            // Of the start: the language may be known by it now, unless the caller has chosen one.
            (false, _) => self.find_language(),
        }
    }

    /// What the step itself has asked.
    fn own_answer(&mut self, now: Instant, answer: Answer) {
        let came = match answer {
            Answer::Done(Answered(value)) => {
                self.memory.answer = Some(Held(value));
                Came::Done
            }
            Answer::Refused => Came::Refused,
            Answer::Failed => Came::Failed,
            Answer::Unknown => Came::Unknown,
        };
        self.cue(now, Cue::Answered(came));
    }

    fn find_language(&mut self) {
        if self.memory.language_chosen {
            return;
        }
        let (id, scope) = self.called();
        if let Some(flow) = self.service.flow(id) {
            self.memory.language = first_language(flow, &self.memory.facts, &scope);
        }
    }

    /// The flow that was called, which says how the language is found and what is asked at the end, and what it knows.
    fn called(&self) -> (FlowId, Scope) {
        match self.frames.first() {
            Some(frame) => (frame.flow, self.memory.scope_of(&frame.variables)),
            None => (self.flow, self.memory.scope()),
        }
    }

    /// What a node asked for is there: its step begins.
    fn fetched(&mut self, now: Instant) {
        self.fetching = None;
        let service = self.service.clone();
        let Some(flow) = service.flow(self.flow) else { return self.end() };
        let Some(node) = self.node.as_deref().and_then(|name| flow.body.nodes.get(name)) else {
            return self.end();
        };
        self.memory.clear_waits();
        let next = self.start_step(&service, flow, now, node);
        self.follow(&service, now, next);
    }

    fn fetch_failed(&mut self, now: Instant, outcome: &'static str) {
        self.fetching = None;
        let service = self.service.clone();
        let node = self.node.as_deref().and_then(|name| service.flow(self.flow)?.body.nodes.get(name));
        let has = |outcome| node.is_some_and(|node| node.outcomes().any(|own| own.name == outcome));
        let outcome = if has(outcome) { outcome } else { FETCH_FAILED.name };
        self.memory.clear_waits();
        self.follow(&service, now, Next::Outcome(outcome));
    }

    fn play_ended(&mut self, now: Instant) {
        if self.memory.playing.take().is_some() && self.fetching.is_none() {
            self.cue(now, Cue::PlayEnded);
        }
    }

    fn time(&mut self, now: Instant) {
        if let Some(fetching) = &mut self.fetching {
            if fetching.until <= now {
                return self.fetch_failed(now, FETCH_FAILED.name);
            }
            if fetching.show_at.take_if(|at| *at <= now).is_some() {
                self.show_wait(now);
            }
        }
        if self.memory.playing.is_some_and(|at| at <= now) {
            self.play_ended(now);
        }
        if self.state == State::Running && self.memory.due.is_some_and(|at| at <= now) {
            self.memory.due = None;
            self.cue(now, Cue::Time);
        }
    }

    /// Lets the step of the current node act.
    fn cue(&mut self, now: Instant, cue: Cue) {
        let service = self.service.clone();
        let Some(flow) = service.flow(self.flow) else { return self.end() };
        let Some(node) = self.node.as_deref().and_then(|name| flow.body.nodes.get(name)) else {
            return self.end();
        };
        let depth = self.frames.len();
        let mut stage = Stage { service: &service, flow, now, depth, memory: &mut self.memory };
        let next = node.step.resume(&mut stage, cue);
        self.note_choice(node, next);
        self.follow(&service, now, next);
    }

    /// Goes on until a step waits or the call ends.
    fn follow<'a>(&mut self, service: &'a Service, now: Instant, mut next: Next<'a>) {
        loop {
            let Some(flow) = service.flow(self.flow) else { return self.end() };
            let to = match next {
                Next::Wait => return self.memory.journal.settled(),
                Next::Hangup => return self.end(),
                Next::Go(word) => Some(word.value.as_str()),
                Next::Outcome(outcome) => self.exit(flow, outcome),
                Next::Part(part) => self.go_into(service, part).map(|word| word.value.as_str()),
                Next::Again => Some(AGAIN),
            };
            if let Some(Target::Return(outcome)) = to.and_then(target) {
                next = self.go_back(service, outcome).unwrap_or(Next::Hangup);
                continue;
            }
            let Some(flow) = service.flow(self.flow) else { return self.end() };
            let Some(node) = to.and_then(|to| self.resolve(flow, to)) else { return self.end() };
            next = self.enter(service, flow, now, &node);
        }
    }

    /// Where an outcome of the current node leads.
    fn exit<'a>(&self, flow: &'a Flow, outcome: &str) -> Option<&'a str> {
        let node = flow.body.nodes.get(self.node.as_deref()?)?;
        let exits = [node.step.exits(), &flow.body.defaults.exits];
        exits.into_iter().find_map(|exits| exits.get(outcome)).map(|word| word.value.as_str())
    }

    /// The node a target word means now; none for the end of the call.
    fn resolve(&mut self, flow: &Flow, to: &str) -> Option<String> {
        match target(to)? {
            Target::Node(name) => Some(name.to_owned()),
            Target::Builtin(Builtin::Repeat) => self.node.clone(),
            Target::Builtin(Builtin::Back) => {
                if self.history.last() == self.node.as_ref() {
                    self.history.pop();
                }
                self.history.pop().or_else(|| Some(flow.body.start.as_ref()?.value.clone()))
            }
            Target::Builtin(Builtin::Language) => {
                let languages = &flow.body.languages;
                let now = languages.iter().position(|language| language.value == self.memory.language);
                let next = now.map_or(0, |index| (index + 1) % languages.len());
                self.memory.language = languages.get(next)?.value.clone();
                self.memory.language_chosen = true;
                self.node.clone()
            }
            Target::Builtin(Builtin::Hangup) | Target::Return(_) => None,
        }
    }

    /// Something to see and hear while connectors are slow.
    fn show_wait(&mut self, now: Instant) {
        let service = self.service.clone();
        let Some(flow) = service.flow(self.flow) else { return };
        let depth = self.frames.len();
        Stage { service: &service, flow, now, depth, memory: &mut self.memory }.show_wait();
    }

    fn enter<'a>(&mut self, service: &'a Service, flow: &'a Flow, now: Instant, name: &str) -> Next<'a> {
        let Some(node) = flow.body.nodes.get(name) else { return Next::Hangup };
        if node.requires.as_ref().is_some_and(|proof| !self.memory.proved.contains(&proof.value)) {
            // The checker has seen to it that no way leads here; if one does, nobody sees what is here.
            return Next::Hangup;
        }
        self.memory.unattended += 1;
        if self.memory.unattended > limits::UNATTENDED_MAX {
            return Next::Hangup;
        }
        self.leave_queue(name);
        if self.node.as_deref() != Some(name) {
            self.memory.failures = 0;
        }
        self.node = Some(name.to_owned());
        if node.step.is_menu() && self.history.last().map(String::as_str) != Some(name) {
            self.history.push(name.to_owned());
            if self.history.len() > limits::HISTORY_MAX {
                self.history.remove(0);
            }
        }
        self.memory.journal.enter(
            Stay {
                flow: flow.name().to_owned(),
                node: name.to_owned(),
                goal: node.goal.as_ref().map(|goal| goal.value.clone()),
                choices: 0,
                keys: 0,
                timeouts: 0,
                invalid: 0,
                to_agent: false,
                is_end: node.step.kind().outcomes.is_empty() && node.step.part().is_none(),
            },
            node.step.kind().name == "queue",
        );
        self.memory.clear_waits();
        self.memory.typed = None;
        self.memory.confirmation = None;
        let (flow_name, span) = (flow.name().to_owned(), service.position(node.name.span));
        self.memory.out.push_back(Action::Enter { flow: flow_name, node: name.to_owned(), span });
        let asks: Vec<&Ask> = node.asks().collect();
        if !asks.is_empty() {
            let questions = self.ask(service, &asks);
            self.fetching = Some(Fetching {
                questions,
                show_at: Some(now + limits::WAIT_SHOWN_AFTER),
                until: now + limits::ANSWER_LONGEST,
            });
            return Next::Wait;
        }
        self.start_step(service, flow, now, node)
    }

    fn start_step<'a>(
        &mut self,
        service: &'a Service,
        flow: &'a Flow,
        now: Instant,
        node: &'a Node,
    ) -> Next<'a> {
        let depth = self.frames.len();
        let next = node.step.start(&mut Stage { service, flow, now, depth, memory: &mut self.memory });
        if matches!(next, Next::Wait) {
            self.memory.ahead = None;
        }
        self.note_choice(node, next);
        next
    }

    /// A menu that sends the caller somewhere else than by an outcome does so by a key.
    fn note_choice(&mut self, node: &Node, next: Next<'_>) {
        if let (true, Next::Go(_)) = (node.step.is_menu(), next) {
            self.memory.journal.chosen();
        }
    }

    fn end(&mut self) {
        self.state = State::Ended;
        self.fetching = None;
        // A caller who hangs up while an order is on its way does not hear what comes of it.
        let record = self.memory.confirmation.take().and_then(|confirmation| confirmation.record("unknown"));
        self.memory.out.extend(record.map(Action::Ordered));
        self.memory.queued = None;
        self.memory.clear_waits();
        let service = self.service.clone();
        let (flow, scope) = self.called();
        for farewell in service.flow(flow).into_iter().flat_map(|flow| &flow.body.on_hangup) {
            if farewell.when.as_ref().is_none_or(|when| when.holds(&scope)) {
                let question = self.question(&service, &farewell.ask, &scope);
                self.memory.out.extend(question.map(Action::Ask));
            }
        }
        self.memory.out.push_back(Action::Hangup);
    }
}

/// The language a call begins in: what the flow's expression gives, else what is known of the caller,
/// else what the flow names, else its first.
fn first_language(flow: &Flow, facts: &Facts, scope: &Scope) -> String {
    let languages: Vec<&str> = flow.body.languages.iter().map(|language| language.value.as_str()).collect();
    let (by_expression, always) = match &flow.body.language {
        Some(FirstLanguage::By(expression)) => (expression.evaluate(scope).ok(), None),
        Some(FirstLanguage::Always(language)) => (None, Some(language.as_str())),
        None => (None, None),
    };
    let wanted = by_expression.as_ref().and_then(|value| value.as_str());
    let matching = |wanted: &str| {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let exact = languages.iter().find(|language| language.eq_ignore_ascii_case(wanted));
        exact.or_else(|| languages.iter().find(|language| primary(language) == primary(wanted))).copied()
    };
    wanted
        .and_then(matching)
        .or_else(|| facts.language.as_deref().and_then(matching))
        .or(always)
        .or(languages.first().copied())
        .unwrap_or_default()
        .to_owned()
}
