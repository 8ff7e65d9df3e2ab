//! The INVITE client transaction (RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2).
//!
//! Knows no message: it is told what class of response came and says what to do with it.

use std::time::Duration;

use super::{Action, Class, ClientEvent as Event, linger};
use crate::timer::Timer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Sent, nothing heard; `interval` is timer A's.
    Calling {
        /// Time to the next retransmission.
        interval: Duration,
    },
    /// A provisional response came.
    Proceeding,
    /// Failed and acknowledged; copies of the failure are acknowledged again.
    Completed,
    /// A 2xx came; copies and forks of it go to the user (RFC 6026 §7.2).
    Accepted,
    /// Over.
    Terminated,
}

/// One INVITE client transaction.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) state: State,
    reliable: bool,
}

impl Machine {
    pub(crate) fn new(reliable: bool) -> Self {
        Machine { state: State::Calling { interval: Timer::A.row().unreliable }, reliable }
    }

    /// One transition; what is to be done is appended to `out`.
    pub(crate) fn handle(&mut self, event: Event, out: &mut Vec<Action>) {
        match (self.state, event) {
            (State::Calling { interval }, Event::Start) => {
                out.extend([Action::Send, Action::Set(Timer::B, Timer::B.row().unreliable)]);
                if !self.reliable {
                    out.push(Action::Set(Timer::A, interval));
                }
            }
            (State::Calling { interval }, Event::Timer(Timer::A)) => {
                let interval = interval * 2; // no cap here, unlike timers E and G
                out.extend([Action::Send, Action::Set(Timer::A, interval)]);
                self.state = State::Calling { interval };
            }
            (State::Calling { .. }, Event::Timer(Timer::B)) => {
                out.extend([Action::TimedOut, Action::Terminate]);
                self.state = State::Terminated;
            }
            (State::Calling { .. } | State::Proceeding, Event::Response(class)) => {
                out.extend([Action::Clear(Timer::A), Action::Clear(Timer::B)]);
                self.first_of_class(class, out);
            }
            (State::Completed, Event::Response(Class::Failure)) => out.push(Action::Acknowledge),
            (State::Accepted, Event::Response(Class::Success)) => out.push(Action::Deliver),
            (State::Completed, Event::Timer(Timer::D))
            | (State::Accepted, Event::Timer(Timer::M))
            | (State::Calling { .. } | State::Proceeding, Event::Timer(Timer::Cancelled)) => {
                out.push(Action::Terminate);
                self.state = State::Terminated;
            }
            (State::Calling { .. }, Event::Timer(_))
            | (State::Proceeding | State::Terminated, Event::Start | Event::Timer(_))
            | (State::Completed | State::Accepted, Event::Start | Event::Response(_) | Event::Timer(_))
            | (State::Terminated, Event::Response(_)) => {}
        }
    }

    fn first_of_class(&mut self, class: Class, out: &mut Vec<Action>) {
        match class {
            Class::Provisional => {
                out.push(Action::Deliver);
                self.state = State::Proceeding;
            }
            Class::Success => {
                out.extend([Action::Set(Timer::M, Timer::M.row().unreliable), Action::Deliver]);
                self.state = State::Accepted;
            }
            Class::Failure => {
                out.extend([Action::Acknowledge, Action::Deliver]);
                self.state = match linger(Timer::D, self.reliable, out) {
                    true => State::Completed,
                    false => State::Terminated,
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::{T1, TRY};

    fn run(machine: &mut Machine, event: Event) -> Vec<Action> {
        let mut out = Vec::new();
        machine.handle(event, &mut out);
        out
    }

    fn reached(events: &[Event], reliable: bool) -> Machine {
        let mut machine = Machine::new(reliable);
        for event in events {
            run(&mut machine, *event);
        }
        machine
    }

    const RINGING: Event = Event::Response(Class::Provisional);
    const START: Event = Event::Start;
    const OK: Event = Event::Response(Class::Success);
    const BUSY: Event = Event::Response(Class::Failure);

    #[test]
    fn retransmits_at_doubling_intervals_until_timer_b() {
        let mut machine = Machine::new(false);
        let started = run(&mut machine, Event::Start);
        assert_eq!(started, [Action::Send, Action::Set(Timer::B, TRY), Action::Set(Timer::A, T1)]);
        for factor in [2, 4, 8, 16, 32, 64] {
            let fired = run(&mut machine, Event::Timer(Timer::A));
            assert_eq!(fired, [Action::Send, Action::Set(Timer::A, T1 * factor)]);
        }
        let given_up = run(&mut machine, Event::Timer(Timer::B));
        assert_eq!((given_up, machine.state), (vec![Action::TimedOut, Action::Terminate], State::Terminated));
    }

    #[test]
    fn does_not_retransmit_on_a_reliable_transport() {
        let started = run(&mut Machine::new(true), Event::Start);
        assert_eq!(started, [Action::Send, Action::Set(Timer::B, TRY)]);
    }

    #[test]
    fn follows_the_transition_table() {
        let clear = [Action::Clear(Timer::A), Action::Clear(Timer::B)];
        let with = |rest: &[Action]| [&clear[..], rest].concat();
        let failure = with(&[Action::Acknowledge, Action::Deliver, Action::Set(Timer::D, TRY)]);
        let success = with(&[Action::Set(Timer::M, TRY), Action::Deliver]);
        let over = vec![Action::Terminate];
        let rows: Vec<(&[Event], Event, Vec<Action>, State)> = vec![
            (&[START], RINGING, with(&[Action::Deliver]), State::Proceeding),
            (&[START], OK, success.clone(), State::Accepted),
            (&[START], BUSY, failure.clone(), State::Completed),
            (&[START, RINGING], RINGING, with(&[Action::Deliver]), State::Proceeding),
            (&[START, RINGING], OK, success, State::Accepted),
            (&[START, RINGING], BUSY, failure, State::Completed),
            (&[START, RINGING], Event::Timer(Timer::A), vec![], State::Proceeding),
            (&[START, RINGING], Event::Timer(Timer::B), vec![], State::Proceeding),
            (&[START, RINGING], Event::Timer(Timer::Cancelled), over.clone(), State::Terminated),
            (&[START, OK], Event::Timer(Timer::Cancelled), vec![], State::Accepted),
            (&[START, OK], OK, vec![Action::Deliver], State::Accepted),
            (&[START, OK], BUSY, vec![], State::Accepted),
            (&[START, OK], RINGING, vec![], State::Accepted),
            (&[START, OK], Event::Timer(Timer::M), over.clone(), State::Terminated),
            (&[START, BUSY], BUSY, vec![Action::Acknowledge], State::Completed),
            (&[START, BUSY], OK, vec![], State::Completed),
            (&[START, BUSY], RINGING, vec![], State::Completed),
            (&[START, BUSY], Event::Timer(Timer::D), over, State::Terminated),
            (&[START, BUSY, Event::Timer(Timer::D)], BUSY, vec![], State::Terminated),
        ];
        for (before, event, actions, state) in rows {
            let mut machine = reached(before, false);
            assert_eq!(run(&mut machine, event), actions, "{before:?} then {event:?}");
            assert_eq!(machine.state, state, "{before:?} then {event:?}");
        }
    }

    #[test]
    fn waits_for_no_copies_of_a_failure_on_a_reliable_transport() {
        let mut machine = reached(&[Event::Start], true);
        assert!(run(&mut machine, BUSY).contains(&Action::Terminate));
        assert_eq!(machine.state, State::Terminated);
    }

    #[test]
    fn waits_for_forks_of_a_2xx_on_a_reliable_transport_too() {
        let mut machine = reached(&[Event::Start], true);
        assert!(run(&mut machine, OK).contains(&Action::Set(Timer::M, TRY)));
        assert_eq!(run(&mut machine, OK), [Action::Deliver]);
    }
}
