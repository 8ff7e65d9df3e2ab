//! The non-INVITE client transaction (RFC 3261 §17.1.2).

use std::time::Duration;

use super::{Action, Class, ClientEvent as Event, linger};
use crate::timer::{T2, Timer, backed_off};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Sent, nothing heard; `interval` is timer E's.
    Trying {
        /// Time to the next retransmission.
        interval: Duration,
    },
    /// A provisional response came; retransmission goes on every T2.
    Proceeding,
    /// A final response came; copies of it are absorbed.
    Completed,
    /// Over.
    Terminated,
}

/// One non-INVITE client transaction.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) state: State,
    reliable: bool,
}

impl Machine {
    pub(crate) fn new(reliable: bool) -> Self {
        Machine { state: State::Trying { interval: Timer::E.row().unreliable }, reliable }
    }

    /// One transition; what is to be done is appended to `out`.
    pub(crate) fn handle(&mut self, event: Event, out: &mut Vec<Action>) {
        match (self.state, event) {
            (State::Trying { interval }, Event::Start) => {
                out.extend([Action::Send, Action::Set(Timer::F, Timer::F.row().unreliable)]);
                if !self.reliable {
                    out.push(Action::Set(Timer::E, interval));
                }
            }
            (State::Trying { interval }, Event::Timer(Timer::E)) => {
                let interval = backed_off(interval);
                out.extend([Action::Send, Action::Set(Timer::E, interval)]);
                self.state = State::Trying { interval };
            }
            (State::Proceeding, Event::Timer(Timer::E)) => {
                out.extend([Action::Send, Action::Set(Timer::E, T2)]);
            }
            (State::Trying { .. } | State::Proceeding, Event::Timer(Timer::F)) => {
                out.extend([Action::TimedOut, Action::Terminate]);
                self.state = State::Terminated;
            }
            (State::Trying { .. } | State::Proceeding, Event::Response(Class::Provisional)) => {
                out.push(Action::Deliver);
                self.state = State::Proceeding;
            }
            (State::Trying { .. } | State::Proceeding, Event::Response(Class::Success | Class::Failure)) => {
                self.complete(out);
            }
            (State::Completed, Event::Timer(Timer::K)) => {
                out.push(Action::Terminate);
                self.state = State::Terminated;
            }
            (State::Trying { .. }, Event::Timer(_))
            | (State::Proceeding, Event::Start | Event::Timer(_))
            | (State::Completed | State::Terminated, Event::Start | Event::Response(_) | Event::Timer(_)) => {
            }
        }
    }

    fn complete(&mut self, out: &mut Vec<Action>) {
        out.extend([Action::Clear(Timer::E), Action::Clear(Timer::F), Action::Deliver]);
        self.state = match linger(Timer::K, self.reliable, out) {
            true => State::Completed,
            false => State::Terminated,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::{T1, T4, TRY};

    fn run(machine: &mut Machine, event: Event) -> Vec<Action> {
        let mut out = Vec::new();
        machine.handle(event, &mut out);
        out
    }

    const TRYING: Event = Event::Response(Class::Provisional);
    const START: Event = Event::Start;
    const OK: Event = Event::Response(Class::Success);
    const REFUSED: Event = Event::Response(Class::Failure);

    #[test]
    fn retransmits_with_back_off_to_t2_until_timer_f() {
        let mut machine = Machine::new(false);
        let started = run(&mut machine, Event::Start);
        assert_eq!(started, [Action::Send, Action::Set(Timer::F, TRY), Action::Set(Timer::E, T1)]);
        for interval in [T1 * 2, T1 * 4, T2, T2] {
            let fired = run(&mut machine, Event::Timer(Timer::E));
            assert_eq!(fired, [Action::Send, Action::Set(Timer::E, interval)]);
        }
        assert_eq!(run(&mut machine, Event::Timer(Timer::F)), [Action::TimedOut, Action::Terminate]);
    }

    #[test]
    fn follows_the_transition_table() {
        let done = vec![
            Action::Clear(Timer::E),
            Action::Clear(Timer::F),
            Action::Deliver,
            Action::Set(Timer::K, T4),
        ];
        let rows: Vec<(&[Event], Event, Vec<Action>, State)> = vec![
            (&[START], TRYING, vec![Action::Deliver], State::Proceeding),
            (&[START], OK, done.clone(), State::Completed),
            (&[START], REFUSED, done.clone(), State::Completed),
            (
                &[START, TRYING],
                Event::Timer(Timer::E),
                vec![Action::Send, Action::Set(Timer::E, T2)],
                State::Proceeding,
            ),
            (
                &[START, TRYING],
                Event::Timer(Timer::F),
                vec![Action::TimedOut, Action::Terminate],
                State::Terminated,
            ),
            (&[START, TRYING], OK, done, State::Completed),
            (&[START, OK], OK, vec![], State::Completed),
            (&[START, OK], TRYING, vec![], State::Completed),
            (&[START, OK], Event::Timer(Timer::E), vec![], State::Completed),
            (&[START, OK], Event::Timer(Timer::K), vec![Action::Terminate], State::Terminated),
        ];
        for (before, event, actions, state) in rows {
            let mut machine = Machine::new(false);
            for earlier in before {
                run(&mut machine, *earlier);
            }
            assert_eq!(run(&mut machine, event), actions, "{before:?} then {event:?}");
            assert_eq!(machine.state, state, "{before:?} then {event:?}");
        }
    }

    #[test]
    fn neither_retransmits_nor_lingers_on_a_reliable_transport() {
        let mut machine = Machine::new(true);
        assert_eq!(run(&mut machine, Event::Start), [Action::Send, Action::Set(Timer::F, TRY)]);
        assert!(run(&mut machine, OK).contains(&Action::Terminate));
    }
}
