//! What a step sees of the call and may do to it.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

use minijinja::value::Value;

use super::{Action, Decline, Facts, Journal};
use crate::ask::{Ask, Wanted};
use crate::connector::Call;
use crate::expression::{Expression, Scope, render};
use crate::flow::Defaults;
use crate::limits;
use crate::reading::{Manner, Sense};
use crate::service::Queues;
use crate::step::{Confirmation, Next};
use crate::text::Telling;
use crate::types::Type;
use crate::{Flow, Places, Presentation, Priority, Quality, Service, Wind};

/// Everything about a call that changes.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) facts: Facts,
    pub(super) language: String,
    pub(super) out: VecDeque<Action>,
    /// While the sound of a presentation is on: when it counts as over at the latest.
    pub(super) playing: Option<Instant>,
    /// When the step wants to be woken.
    pub(super) due: Option<Instant>,
    /// When the flow began.
    pub(super) started: Option<Instant>,
    /// In a queue.
    pub(super) queued: Option<Queued>,
    /// What the caller sends is sent back.
    pub(super) echoing: bool,
    /// What was measured of it last, until the step has taken it.
    pub(super) quality: Option<Quality>,
    /// A message is on its way.
    pub(super) notifying: bool,
    /// The number of the next question to a connector.
    pub(super) next_question: u32,
    /// The question that the step itself has asked, and its answer.
    pub(super) own_question: Option<u32>,
    pub(super) answer: Option<Held>,
    /// What the caller of an order confirms.
    pub(super) confirmation: Option<Confirmation>,
    /// The codes that were told.
    codes: Codes,
    /// Whence codes and keys are drawn.
    random: u64,
    /// Being put through to a telephone.
    pub(super) transferring: bool,
    pub(super) presence: Presence,
    /// Silences and invalid keys in this menu.
    pub(super) failures: u32,
    /// A key that ended a presentation and may act in the menu behind it.
    pub(super) ahead: Option<char>,
    /// Nodes entered since somebody was there.
    pub(super) unattended: u32,
    /// The caller has chosen the language.
    pub(super) language_chosen: bool,
    /// Digits of this node, from the first one on.
    pub(super) typed: Option<Typed>,
    pub(super) journal: Journal,
    /// What the caller has proved, for nodes that require it.
    pub(super) proved: BTreeSet<String>,
    /// A key that means nothing until this time.
    pub(super) overheard: Option<(char, Instant)>,
    variables: Variables,
}

/// Whether the caller is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// The call is answered, or is about to be.
    OnLine,
    /// Their phone rings, and is not going to be answered.
    Ringing,
    /// The call is over for them, and the flow goes on.
    Gone,
}

/// A wait in a queue.
#[derive(Debug)]
pub(super) struct Queued {
    /// How many flows waited for the one that entered it.
    pub(super) depth: usize,
    /// An agent talks with the caller.
    pub(super) attended: bool,
}

/// The values of a flow in a call by name. Its `Debug` shows no value: some are secrets, and all are the caller's.
pub(super) struct Variables(Scope);

impl Variables {
    pub(super) fn new(values: Scope) -> Self {
        Variables(values)
    }

    /// A name has a value from now on.
    pub(super) fn know(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

/// Codes that a call was told, the latest last; beyond the limit the oldest is forgotten. Its `Debug` shows none.
#[derive(Default)]
struct Codes(VecDeque<String>);

impl Codes {
    /// Notes a code; false when it is among them.
    fn tell(&mut self, code: &str) -> bool {
        if self.0.iter().any(|told| told == code) {
            return false;
        }
        if self.0.len() >= limits::CODES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(code.to_owned());
        true
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} codes", self.0.len())
    }
}

/// What a connector answered. Its `Debug` shows nothing: it is the caller's.
pub(super) struct Held(pub(super) Value);

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }
}

/// Digits of a caller. They may be a secret, so its `Debug` shows none.
pub(super) struct Typed(String);

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} digits", self.0.len())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Memory {
    pub(super) fn new(facts: Facts, variables: Scope, seed: u64) -> Self {
        Self {
            facts,
            language: String::new(),
            out: VecDeque::new(),
            playing: None,
            due: None,
            started: None,
            queued: None,
            echoing: false,
            quality: None,
            notifying: false,
            next_question: 0,
            own_question: None,
            answer: None,
            confirmation: None,
            codes: Codes::default(),
            random: seed,
            transferring: false,
            presence: Presence::OnLine,
            failures: 0,
            ahead: None,
            unattended: 0,
            language_chosen: false,
            typed: None,
            journal: Journal::default(),
            proved: BTreeSet::new(),
            overheard: None,
            variables: Variables(variables),
        }
    }

    /// A name has a value from now on.
    pub(super) fn know(&mut self, name: &str, value: Value) {
        self.variables.know(name, value);
    }

    /// Goes on with these variables; the ones before.
    pub(super) fn exchange(&mut self, variables: Variables) -> Variables {
        std::mem::replace(&mut self.variables, variables)
    }

    pub(super) fn variables(&self) -> &Variables {
        &self.variables
    }

    /// When time has to pass on its own.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        [self.playing, self.due].into_iter().flatten().min()
    }

    /// Whether a key is the one that means nothing just now; once, and any other key is the end of that.
    pub(super) fn overhears(&mut self, now: Instant, key: char) -> bool {
        self.overheard.take().is_some_and(|(own, until)| own == key && now < until)
    }

    /// Nothing is waited for any more.
    pub(super) fn clear_waits(&mut self) {
        self.playing = None;
        self.due = None;
        self.echoing = false;
        self.transferring = false;
        self.notifying = false;
        self.own_question = None;
        self.answer = None;
    }

    /// The number of one more question.
    pub(super) fn draw_question(&mut self) -> u32 {
        let id = self.next_question;
        self.next_question = id.wrapping_add(1);
        id
    }

    /// The next of a sequence that the seed begins (SplitMix64).
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.random ^ self.random >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// What an expression can use.
    pub(super) fn scope(&self) -> Scope {
        self.scope_of(&self.variables)
    }

    /// The same with the variables of another flow of the call.
    pub(super) fn scope_of(&self, variables: &Variables) -> Scope {
        let mut scope = variables.0.clone();
        scope.insert("caller".to_owned(), Value::from(self.facts.caller.as_deref().unwrap_or_default()));
        scope.insert("called".to_owned(), Value::from(self.facts.called.as_str()));
        scope.insert("language".to_owned(), Value::from(self.language.as_str()));
        scope.insert("has_video".to_owned(), Value::from(self.facts.has_video));
        scope
    }
}

/// A caller's wish to wait.
pub(crate) struct QueueEntry {
    pub(crate) priority: Priority,
    /// The caller's level.
    pub(crate) stars: Option<u8>,
    /// What is seen and heard meanwhile.
    pub(crate) waiting: Presentation,
    /// What tells the place.
    pub(crate) places: Option<Places>,
}

/// One step's view of the call for one moment.
pub(crate) struct Stage<'a> {
    pub(super) service: &'a Service,
    pub(super) flow: &'a Flow,
    pub(super) now: Instant,
    /// How many flows wait for this one.
    pub(super) depth: usize,
    pub(super) memory: &'a mut Memory,
}

impl<'a> Stage<'a> {
    /// The texts as this caller is told them now. Goes back with the presentation.
    pub(crate) fn telling(&self) -> Telling<'a> {
        let spoken = &self.memory.language;
        let mut languages = self.flow.languages();
        let language = languages.find(|language| language == spoken).unwrap_or_default();
        Telling::new(&self.service.texts, language, self.memory.scope())
    }

    pub(crate) fn queues(&self) -> &'a Queues {
        &self.service.queues
    }

    pub(crate) fn defaults(&self) -> &'a Defaults {
        &self.flow.body.defaults
    }

    pub(crate) fn has_video(&self) -> bool {
        self.memory.facts.has_video
    }

    /// Wall time since 1970-01-01T00:00:00Z.
    pub(crate) fn wall(&self) -> Duration {
        let passed = self.memory.started.map(|started| self.now.saturating_duration_since(started));
        self.memory.facts.wall.saturating_add(passed.unwrap_or_default())
    }

    /// What an expression can use now.
    pub(crate) fn scope(&self) -> Scope {
        self.memory.scope()
    }

    /// Whether a condition holds now.
    pub(crate) fn holds(&self, expression: &Expression) -> bool {
        expression.holds(&self.memory.scope())
    }

    /// The caller is spoken to in this language from now on.
    pub(crate) fn speak(&mut self, language: &str) {
        language.clone_into(&mut self.memory.language);
        self.memory.language_chosen = true;
    }

    /// Shows and says something in place of whatever was on.
    pub(crate) fn play(&mut self, presentation: Presentation, told: Telling<'_>) {
        self.doubt(told);
        self.memory.playing = Some(self.now + limits::PLAY_MAX);
        self.memory.out.push_back(Action::Play(presentation));
    }

    /// Sends callers back what they send.
    pub(crate) fn echo(&mut self) {
        self.memory.echoing = true;
        self.memory.out.push_back(Action::Echo);
    }

    /// Ends that; [`crate::step::Cue::Echoed`] comes with what was measured.
    pub(crate) fn end_echo(&mut self) {
        self.wake_after(limits::ECHO_MEASURED);
        self.memory.out.push_back(Action::EndEcho);
    }

    /// What was measured, once; none when nothing could be sent back.
    pub(crate) fn take_quality(&mut self) -> Option<Quality> {
        self.memory.quality.take()
    }

    /// Winds the clip that is played; the time until it counts as over begins anew.
    pub(crate) fn wind(&mut self, wind: Wind) {
        if self.memory.playing.is_some() {
            self.memory.playing = Some(self.now + limits::PLAY_MAX);
            self.memory.out.push_back(Action::Wind(wind));
        }
    }

    /// Whether the sound of the presentation is still on.
    pub(crate) fn is_playing(&self) -> bool {
        self.memory.playing.is_some()
    }

    /// [`crate::step::Cue::Time`] comes after `wait`, in place of an earlier wish.
    pub(crate) fn wake_after(&mut self, wait: Duration) {
        self.memory.due = Some(self.now + wait);
    }

    /// Whether [`crate::step::Cue::Time`] is still to come.
    pub(crate) fn is_waking(&self) -> bool {
        self.memory.due.is_some()
    }

    /// Puts the caller into a queue, or shows the wait again to one who is in it.
    pub(crate) fn enter_queue(&mut self, queue: &str, entry: QueueEntry, told: Telling<'_>) {
        let QueueEntry { priority, stars, waiting, places } = entry;
        self.doubt(told);
        if self.memory.queued.is_some() {
            return self.memory.out.push_back(Action::Hold { waiting, places });
        }
        self.memory.queued = Some(Queued { depth: self.depth, attended: false });
        let queue = queue.to_owned();
        self.memory.out.push_back(Action::Queue { queue, priority, stars, waiting, places });
    }

    /// Whether the caller waits in a queue and no agent talks with them.
    pub(crate) fn waits(&self) -> bool {
        self.memory.queued.as_ref().is_some_and(|queued| !queued.attended)
    }

    /// Notes that the caller wants to be called back; false when nobody knows at which number.
    pub(crate) fn call_back(&mut self, queue: &str) -> bool {
        let Some(number) = self.memory.facts.caller.clone().filter(|number| !number.is_empty()) else {
            return false;
        };
        self.memory.out.push_back(Action::CallBack { queue: queue.to_owned(), number });
        true
    }

    /// The caller's number, if it is known.
    pub(crate) fn caller(&self) -> Option<&str> {
        self.memory.facts.caller.as_deref().filter(|caller| !caller.is_empty())
    }

    /// Whether the flow says how an SMS is sent.
    pub(crate) fn has_sms(&self) -> bool {
        self.flow.body.sms.is_some()
    }

    /// What an expression gives as text; none when it gives nothing.
    pub(crate) fn text_of(&self, expression: &Expression) -> Option<String> {
        let value = expression.evaluate(&self.memory.scope()).ok()?;
        (!value.is_none() && !value.is_undefined()).then(|| value.to_string())
    }

    /// A question with the values of now.
    pub(crate) fn wanted(&self, ask: &Ask) -> Option<Wanted> {
        ask.wanted(&self.service.connectors, &self.memory.scope())
    }

    /// Whether everything that a call cannot do without has a value.
    pub(crate) fn is_complete(&self, ask: &Ask, wanted: &Wanted) -> bool {
        let takes = ask.call(&self.service.connectors).map(Call::takes);
        let needed = takes.into_iter().flatten().filter(|(_, ty)| !matches!(ty, Type::Optional(_)));
        needed.map(|(name, _)| name).all(|name| wanted.arguments.contains_key(name))
    }

    /// The question that sends an SMS.
    pub(crate) fn sms(&self, to: &str, text: &str) -> Option<Wanted> {
        let mut wanted = self.wanted(self.flow.body.sms.as_ref()?)?;
        wanted.arguments.insert("to".to_owned(), Value::from(to));
        wanted.arguments.insert("text".to_owned(), Value::from(text));
        Some(wanted)
    }

    /// Sends an SMS without waiting for what comes of it.
    pub(crate) fn send_sms(&mut self, to: &str, text: &str) {
        if let Some(wanted) = self.sms(to, text) {
            let question = wanted.question(self.memory.draw_question());
            self.memory.out.push_back(Action::Ask(question));
        }
    }

    /// Asks a connector; [`crate::step::Cue::Answered`] comes.
    pub(crate) fn ask(&mut self, wanted: Wanted) {
        let question = wanted.question(self.memory.draw_question());
        self.memory.own_question = Some(question.id);
        self.memory.out.push_back(Action::Ask(question));
    }

    /// The answer of that question has this name from now on.
    pub(crate) fn know_answer(&mut self, name: &str) {
        if let Some(Held(value)) = self.memory.answer.take() {
            self.memory.know(name, value);
        }
    }

    /// Sends a message; [`crate::step::Cue::Notified`] comes.
    pub(crate) fn send_message(&mut self, to: String, text: String) {
        self.memory.notifying = true;
        self.memory.out.push_back(Action::Notify { to, text });
    }

    /// Something to see and hear while a connector is slow.
    pub(crate) fn show_wait(&mut self) {
        if let Some(wait) = self.defaults().wait.as_ref().filter(|_| self.memory.presence == Presence::OnLine)
        {
            let telling = self.telling();
            let presentation = wait.present(&telling, self.has_video());
            self.play(presentation, telling);
        }
    }

    /// What is being said counts as over.
    pub(crate) fn silence(&mut self) {
        self.memory.playing = None;
    }

    /// The caller is asked to confirm this.
    pub(crate) fn confirm(&mut self, confirmation: Confirmation) {
        self.memory.confirmation = Some(confirmation);
    }

    /// What the caller is asked to confirm in this node.
    pub(crate) fn confirmation(&mut self) -> Option<&mut Confirmation> {
        self.memory.confirmation.as_mut()
    }

    /// The order is over: what came of it is written down.
    pub(crate) fn record_order(&mut self, outcome: &'static str) {
        let record = self.memory.confirmation.take().and_then(|confirmation| confirmation.record(outcome));
        self.memory.out.extend(record.map(Action::Ordered));
    }

    /// A code of so many digits, which this call has not had lately: who types an old one confirms nothing new.
    pub(crate) fn draw_code(&mut self, digits: usize) -> String {
        loop {
            let drawn = self.memory.draw();
            let digit = |at: usize| char::from(b'0' + ((drawn >> (8 * at)) as u16 % 10) as u8);
            let code: String = (0..digits).map(digit).collect();
            if self.memory.codes.tell(&code) {
                return code;
            }
        }
    }

    /// An idempotency key: 128 bits in hexadecimal digits.
    pub(crate) fn draw_key(&mut self) -> String {
        format!("{:016x}{:016x}", self.memory.draw(), self.memory.draw())
    }

    /// What was typed is taken back.
    pub(crate) fn forget_typed(&mut self) {
        self.memory.typed = None;
    }

    /// Puts the caller through to a telephone.
    pub(crate) fn transfer(
        &mut self,
        to: String,
        waiting: Presentation,
        ring_timeout: Duration,
        told: Telling<'_>,
    ) {
        self.doubt(told);
        self.memory.transferring = true;
        self.memory.out.push_back(Action::Transfer { to, waiting, ring_timeout });
    }

    /// Lets the caller's phone ring for so long; then [`crate::step::Cue::Time`] comes, or when the caller hangs up.
    pub(crate) fn ring(&mut self, longest: Duration) {
        self.memory.presence = Presence::Ringing;
        self.memory.out.push_back(Action::Ring);
        self.wake_after(longest);
    }

    /// The ringing is over: a caller who is still there is turned away.
    pub(crate) fn decline(&mut self, cause: Decline) {
        if self.memory.presence == Presence::Ringing {
            self.memory.out.push_back(Action::Decline(cause));
        }
        self.memory.presence = Presence::Gone;
    }

    /// A template that is neither seen nor heard, such as an address, with values of now.
    pub(crate) fn filled_in(&self, template: &str) -> Option<String> {
        render(template, &self.memory.scope(), Sense::Eye, Manner::Strict).ok()
    }

    /// Texts that could not be told as they were meant are for the log, never the end of a call.
    fn doubt(&mut self, told: Telling<'_>) {
        for doubt in told.into_doubts() {
            let span = self.service.position(doubt.span);
            self.memory.out.push_back(Action::Doubt { span, message: doubt.message });
        }
    }

    /// Keeps a key for the menu that comes next.
    pub(crate) fn type_ahead(&mut self, key: char) {
        self.memory.ahead = Some(key);
    }

    /// The key kept by [`Stage::type_ahead`], once.
    pub(crate) fn take_ahead(&mut self) -> Option<char> {
        self.memory.ahead.take()
    }

    /// The digits that the caller has typed in this node; none before the first one.
    pub(crate) fn typed(&self) -> Option<&str> {
        self.memory.typed.as_ref().map(|typed| typed.0.as_str())
    }

    /// Keeps the digits typed so far, while the node stays the same.
    pub(crate) fn set_typed(&mut self, typed: String) {
        self.memory.typed = Some(Typed(typed));
    }

    /// If the next key is this one and comes at once, it does nothing.
    pub(crate) fn overhear(&mut self, key: char) {
        self.memory.overheard = Some((key, self.now + limits::OVERHEARD));
    }

    /// Gives a variable what `value` makes of its type.
    pub(crate) fn give(&mut self, variable: &str, value: impl FnOnce(&Type) -> Option<Value>) {
        let declared = self.flow.body.variables.get(variable);
        if let Some(value) = declared.and_then(|declared| value(&declared.ty)).filter(fits) {
            self.memory.know(variable, value);
        }
    }

    /// One more silence or invalid key: the outcome `exhausted` on the last try, else `outcome`. `tries` is the step's
    /// own number of them.
    pub(crate) fn fail(&mut self, tries: Option<u32>, outcome: &'static str) -> Next<'static> {
        self.memory.failures += 1;
        self.memory.journal.failed(outcome);
        let is_last = self.memory.failures >= tries.unwrap_or(self.flow.body.defaults.tries);
        Next::Outcome(if is_last { "exhausted" } else { outcome })
    }

    /// Stars were given, of so many.
    pub(crate) fn rated(&mut self, stars: u32, most: u32) {
        self.memory.journal.rated(stars, most);
    }

    /// The caller has chosen: the tries start afresh.
    pub(crate) fn forget_failures(&mut self) {
        self.memory.failures = 0;
        self.attended();
    }

    /// Somebody is there.
    pub(crate) fn attended(&mut self) {
        self.memory.unattended = 0;
    }

    /// Gives a variable a value: `word` itself where the variable lists it, else what the expression
    /// gives; what fails leaves the variable alone.
    pub(crate) fn assign(&mut self, variable: &str, word: &str, expression: Option<&Expression>) {
        let declared = self.flow.body.variables.get(variable);
        let value = match declared.map(|declared| declared.words()) {
            Some(Some(words)) => words.iter().any(|known| known == word).then(|| Value::from(word)),
            Some(None) => expression.and_then(|expression| expression.evaluate(&self.memory.scope()).ok()),
            None => None,
        };
        if let Some(value) = value.filter(fits) {
            self.memory.know(variable, value);
        }
    }
}

/// Bounded, however often `set` adds to it.
fn fits(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.len() <= limits::VALUE_BYTES_MAX)
}
