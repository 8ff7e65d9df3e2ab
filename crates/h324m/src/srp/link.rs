//! One end of the control channel: which form is spoken, and when something is sent.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::frame::{Form, Frame};
use super::receiver::{Receiver, Verdict};
use super::sender::{Pending, Sender};
use super::{Config, Input, Mode, Output, Statistics};
use crate::limits;

/// What is known of the forms that the peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forms {
    /// WNSRP is being tried: commands go in both forms. So many were answered in the plain form only.
    Trying { plain_answers: u32 },
    /// SRP or NSRP.
    Plain,
    /// WNSRP.
    Windowed,
}

/// One end of the control channel.
#[derive(Debug)]
pub struct Link {
    config: Config,
    forms: Forms,
    /// The peer answers with numbers, or said that it can.
    numbered: bool,
    told: Option<Mode>,
    sender: Sender,
    receiver: Receiver,
    failed: bool,
    /// T401: as configured until an answer was timed.
    t401: Duration,
    /// The time of the last input.
    now: Option<Instant>,
    out: VecDeque<Output>,
    statistics: Statistics,
}

impl Link {
    /// An end that has neither sent nor received.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Link {
            forms: if config.wnsrp && config.ccsrl {
                Forms::Trying { plain_answers: 0 }
            } else {
                Forms::Plain
            },
            numbered: false,
            told: None,
            sender: Sender::default(),
            receiver: Receiver::new(),
            failed: false,
            t401: config.t401,
            now: None,
            out: VecDeque::new(),
            statistics: Statistics::default(),
            config,
        }
    }

    /// Takes a frame, octets to send, or the time alone.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.now = Some(now);
        match input {
            Input::Sdu { data, mc: _ } => self.received(&data),
            Input::Send(sdu) => {
                if !self.failed && (1..=limits::CONTROL_SDU_MAX).contains(&sdu.len()) {
                    self.sender.push(sdu, self.config.ccsrl);
                }
            }
            Input::Timeout => {}
        }
        self.send_again(now);
        self.send_next(now);
    }

    /// The next thing to do, until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.out.pop_front() {
            return output;
        }
        let again = |pending: &Pending| pending.sent_at + patience(self.t401, pending.tries);
        Output::Timeout(self.sender.pending().map(again).min())
    }

    /// Something waits for its answer, and what is sent now will have to wait as well: better collect.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.sender.pending_len() >= self.window()
    }

    /// Nothing waits to be sent or answered.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.sender.is_idle()
    }

    /// How it is acknowledged, as far as is known.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.forms {
            Forms::Windowed => Mode::Wnsrp,
            Forms::Trying { .. } => Mode::Nsrp,
            Forms::Plain if self.numbered => Mode::Nsrp,
            Forms::Plain if self.config.ccsrl && self.told != Some(Mode::Srp) => Mode::Nsrp,
            Forms::Plain => Mode::Srp,
        }
    }

    /// The peer gave multiplex code 15 a meaning: WNSRP is not used any more.
    pub fn entry_15_defined(&mut self) {
        self.config.wnsrp = false;
        self.speak(Forms::Plain);
    }

    /// The peer declared `nsrpSupport`: answers are numbered at level 0 as well.
    pub fn nsrp_supported(&mut self) {
        self.numbered = true;
    }

    /// The level fell to 0, or rose from it: segments and numbers change. What is under way is sent anew.
    pub fn set_ccsrl(&mut self, ccsrl: bool) {
        if self.config.ccsrl == ccsrl {
            return;
        }
        self.config.ccsrl = ccsrl;
        self.sender.recut(ccsrl);
        if self.receiver.is_new() && self.told.is_none() {
            let fresh = Link::new(self.config.clone());
            self.forms = fresh.forms;
        } else if !ccsrl {
            self.forms = Forms::Plain;
        }
        if let Some(now) = self.now {
            self.send_next(now);
        }
    }

    /// Counters since the link was made.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Commands under way at a time (H.324 §A.4).
    fn window(&self) -> usize {
        match self.forms {
            Forms::Trying { .. } | Forms::Plain => 1,
            Forms::Windowed => usize::from(limits::SRP_WINDOW),
        }
    }

    fn received(&mut self, sdu: &Bytes) {
        match Frame::parse(sdu) {
            Some(Frame::Command { form, number, information }) => self.command(form, number, information),
            Some(Frame::Response) => self.unnumbered_answer(),
            Some(Frame::NumberedResponse { form, number }) => self.answer(form, number),
            None => self.statistics.invalid += 1,
        }
    }

    fn command(&mut self, form: Form, number: u8, information: Bytes) {
        if form == Form::Windowed && !(self.config.wnsrp && self.config.ccsrl) {
            return;
        }
        let first = self.receiver.is_new();
        let out = &mut self.out;
        let mut deliver = |sdu| out.push_back(Output::Message(sdu));
        let verdict = self.receiver.command(form, number, information, self.config.ccsrl, &mut deliver);
        match verdict {
            Verdict::New => self.statistics.received += 1,
            Verdict::Again => self.statistics.duplicates += 1,
            Verdict::Stray => {
                self.statistics.invalid += 1;
                return;
            }
        }
        self.respond(form, number);
        match (form, self.forms) {
            (Form::Windowed, Forms::Trying { .. }) => self.speak(Forms::Windowed),
            (Form::Windowed, Forms::Plain) if verdict == Verdict::New => self.speak(Forms::Windowed),
            // Commands after the first go in the plain form alone when the peer gave WNSRP up.
            (Form::Plain, Forms::Trying { .. } | Forms::Windowed) if verdict == Verdict::New && !first => {
                self.speak(Forms::Plain);
            }
            (Form::Windowed | Form::Plain, _) => {}
        }
    }

    fn respond(&mut self, form: Form, number: u8) {
        let response = match form {
            Form::Plain if !self.config.ccsrl && !self.numbered => Frame::Response,
            Form::Plain | Form::Windowed => Frame::NumberedResponse { form, number },
        };
        self.out.push_back(Output::Frame { data: response.to_bytes(), mc15: false });
    }

    /// SRP's answer, which counts until the peer has numbered one.
    fn unnumbered_answer(&mut self) {
        if let Some(number) = self.sender.only().filter(|_| !self.numbered) {
            self.settle(number);
            self.plain_answer(Mode::Srp);
        }
    }

    fn answer(&mut self, form: Form, number: u8) {
        let known = self.settle(number);
        match form {
            Form::Plain => {
                self.numbered = true;
                if known {
                    self.plain_answer(Mode::Nsrp);
                }
            }
            Form::Windowed if !(self.config.wnsrp && self.config.ccsrl) => {}
            Form::Windowed => match self.forms {
                Forms::Trying { .. } => self.speak(Forms::Windowed),
                Forms::Plain if known => self.speak(Forms::Windowed),
                Forms::Plain | Forms::Windowed => {}
            },
        }
    }

    /// The command of this number is answered; whether one was under way. The answer to one that was sent once
    /// is timed: where errors are many, what is lost is sent again much sooner than after the T401 that has to do
    /// for every line.
    fn settle(&mut self, number: u8) -> bool {
        let Some(answered) = self.sender.answered(number) else { return false };
        if let (0, Some(now)) = (answered.tries, self.now) {
            let took = now.saturating_duration_since(answered.sent_at);
            let shortest = limits::T401_MIN.min(self.config.t401);
            self.t401 = (2 * took + limits::T401_MARGIN).clamp(shortest, self.config.t401);
        }
        true
    }

    /// Counts an answer in the plain form; N402 of them end the trial of the other one (H.324 §A.5).
    fn plain_answer(&mut self, mode: Mode) {
        match self.forms {
            Forms::Trying { plain_answers } if plain_answers + 1 >= limits::N402 => self.speak(Forms::Plain),
            Forms::Trying { plain_answers } => {
                self.forms = Forms::Trying { plain_answers: plain_answers + 1 };
            }
            Forms::Plain => self.tell(mode),
            Forms::Windowed => {}
        }
    }

    fn speak(&mut self, forms: Forms) {
        if self.forms != forms {
            self.forms = forms;
            self.tell(self.mode());
        }
    }

    fn tell(&mut self, mode: Mode) {
        if self.told != Some(mode) {
            self.told = Some(mode);
            self.out.push_back(Output::Mode(mode));
        }
    }

    /// Sends again what T401 is over for, and what the windowed form knows to be lost.
    fn send_again(&mut self, now: Instant) {
        let t401 = self.t401;
        let (n401, ccsrl, forms) = (self.config.n401, self.config.ccsrl, self.forms);
        let due = |pending: &Pending| {
            now.saturating_duration_since(pending.sent_at) >= patience(t401, pending.tries)
        };
        if self.sender.pending().any(|pending| pending.tries >= n401 && due(pending)) {
            self.fail();
            return;
        }
        let (out, count) = (&mut self.out, &mut self.statistics.retransmitted);
        self.sender.again(now, due, ccsrl, |number, information| {
            *count += 1;
            emit(out, forms, number, &information);
        });
    }

    fn send_next(&mut self, now: Instant) {
        while let Some((number, information)) = self.sender.next(now, self.window(), self.config.ccsrl) {
            self.statistics.sent += 1;
            emit(&mut self.out, self.forms, number, &information);
        }
    }

    fn fail(&mut self) {
        self.failed = true;
        self.sender.clear();
        self.out.push_back(Output::Failed);
    }
}

/// How long a command waits for its answer. Sent again a few times in vain, it is on a bad line rather than on a
/// slow one: then many tries help.
fn patience(t401: Duration, tries: u32) -> Duration {
    if tries < limits::T401_TRIES { t401 } else { t401.min(limits::T401_MIN) }
}

/// One command in the forms that are spoken. While both are, the windowed one goes first: a peer that knows it
/// answers it first, so that a plain answer alone means that it does not.
fn emit(out: &mut VecDeque<Output>, forms: Forms, number: u8, information: &Bytes) {
    let frame = |form| Frame::Command { form, number, information: information.clone() }.to_bytes();
    match forms {
        Forms::Trying { .. } => {
            out.push_back(Output::Frame { data: frame(Form::Windowed), mc15: true });
            out.push_back(Output::Frame { data: frame(Form::Plain), mc15: false });
        }
        Forms::Plain => out.push_back(Output::Frame { data: frame(Form::Plain), mc15: false }),
        Forms::Windowed => out.push_back(Output::Frame { data: frame(Form::Windowed), mc15: false }),
    }
}
