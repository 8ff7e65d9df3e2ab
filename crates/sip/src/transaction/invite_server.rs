//! The INVITE server transaction (RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1).
//!
//! 100 Trying is sent by the endpoint before anything else, so there always is a response to repeat.

use std::time::Duration;

use super::{Action, Class, linger};
use crate::timer::{Timer, backed_off};

/// What the machine reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The INVITE came again.
    Request,
    /// An ACK that matches came.
    Ack,
    /// The user answers, or repeats its 2xx.
    Respond(Class),
    /// A timer that this machine set fired.
    Timer(Timer),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No final response yet.
    Proceeding,
    /// Refused; repeated until ACK. `interval` is timer G's.
    Completed {
        /// Time to the next retransmission.
        interval: Duration,
    },
    /// The refusal was acknowledged; copies of the ACK are absorbed.
    Confirmed,
    /// A 2xx went out; copies of the INVITE are absorbed, the user repeats the 2xx (RFC 6026 §7.1).
    Accepted,
    /// Over.
    Terminated,
}

/// One INVITE server transaction.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) state: State,
    reliable: bool,
}

impl Machine {
    pub(crate) fn new(reliable: bool) -> Self {
        Machine { state: State::Proceeding, reliable }
    }

    /// One transition; what is to be done is appended to `out`.
    pub(crate) fn handle(&mut self, event: Event, out: &mut Vec<Action>) {
        match (self.state, event) {
            (State::Proceeding, Event::Respond(class)) => self.respond(class, out),
            (State::Proceeding | State::Completed { .. }, Event::Request)
            | (State::Accepted, Event::Respond(Class::Success)) => out.push(Action::Send),
            (State::Completed { interval }, Event::Timer(Timer::G)) => {
                let interval = backed_off(interval);
                out.extend([Action::Send, Action::Set(Timer::G, interval)]);
                self.state = State::Completed { interval };
            }
            (State::Completed { .. }, Event::Ack) => {
                out.extend([Action::Clear(Timer::G), Action::Clear(Timer::H)]);
                self.confirm(out);
            }
            (State::Completed { .. }, Event::Timer(Timer::H))
            | (State::Confirmed, Event::Timer(Timer::I))
            | (State::Accepted, Event::Timer(Timer::L)) => {
                out.push(Action::Terminate);
                self.state = State::Terminated;
            }
            (State::Accepted, Event::Ack) => out.push(Action::Deliver),
            (State::Proceeding, Event::Ack | Event::Timer(_))
            | (State::Completed { .. }, Event::Respond(_) | Event::Timer(_))
            | (State::Accepted, Event::Request | Event::Respond(_) | Event::Timer(_))
            | (
                State::Confirmed | State::Terminated,
                Event::Request | Event::Ack | Event::Respond(_) | Event::Timer(_),
            ) => {}
        }
    }

    fn respond(&mut self, class: Class, out: &mut Vec<Action>) {
        out.push(Action::Send);
        match class {
            Class::Provisional => {}
            Class::Success => {
                out.push(Action::Set(Timer::L, Timer::L.row().unreliable));
                self.state = State::Accepted;
            }
            Class::Failure => {
                out.push(Action::Set(Timer::H, Timer::H.row().unreliable));
                if let Some(interval) = Timer::G.first(self.reliable) {
                    out.push(Action::Set(Timer::G, interval));
                }
                self.state = State::Completed { interval: Timer::G.row().unreliable };
            }
        }
    }

    fn confirm(&mut self, out: &mut Vec<Action>) {
        self.state = match linger(Timer::I, self.reliable, out) {
            true => State::Confirmed,
            false => State::Terminated,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::{T1, T2, T4, TRY};

    fn run(machine: &mut Machine, event: Event) -> Vec<Action> {
        let mut out = Vec::new();
        machine.handle(event, &mut out);
        out
    }

    const RINGING: Event = Event::Respond(Class::Provisional);
    const OK: Event = Event::Respond(Class::Success);
    const BUSY: Event = Event::Respond(Class::Failure);

    #[test]
    fn repeats_a_refusal_with_back_off_until_timer_h() {
        let mut machine = Machine::new(false);
        let refused = run(&mut machine, BUSY);
        assert_eq!(refused, [Action::Send, Action::Set(Timer::H, TRY), Action::Set(Timer::G, T1)]);
        for interval in [T1 * 2, T1 * 4, T2, T2] {
            let fired = run(&mut machine, Event::Timer(Timer::G));
            assert_eq!(fired, [Action::Send, Action::Set(Timer::G, interval)]);
        }
        assert_eq!(run(&mut machine, Event::Timer(Timer::H)), [Action::Terminate]);
    }

    #[test]
    fn follows_the_transition_table() {
        let acked = vec![Action::Clear(Timer::G), Action::Clear(Timer::H), Action::Set(Timer::I, T4)];
        let interval = T1;
        let rows: Vec<(&[Event], Event, Vec<Action>, State)> = vec![
            (&[], Event::Request, vec![Action::Send], State::Proceeding),
            (&[], Event::Ack, vec![], State::Proceeding),
            (&[], RINGING, vec![Action::Send], State::Proceeding),
            (&[], OK, vec![Action::Send, Action::Set(Timer::L, TRY)], State::Accepted),
            (&[BUSY], Event::Request, vec![Action::Send], State::Completed { interval }),
            (&[BUSY], OK, vec![], State::Completed { interval }),
            (&[BUSY], Event::Ack, acked, State::Confirmed),
            (&[BUSY, Event::Ack], Event::Ack, vec![], State::Confirmed),
            (&[BUSY, Event::Ack], Event::Request, vec![], State::Confirmed),
            (&[BUSY, Event::Ack], Event::Timer(Timer::G), vec![], State::Confirmed),
            (&[BUSY, Event::Ack], Event::Timer(Timer::I), vec![Action::Terminate], State::Terminated),
            (&[OK], Event::Request, vec![], State::Accepted),
            (&[OK], OK, vec![Action::Send], State::Accepted),
            (&[OK], BUSY, vec![], State::Accepted),
            (&[OK], Event::Ack, vec![Action::Deliver], State::Accepted),
            (&[OK], Event::Timer(Timer::L), vec![Action::Terminate], State::Terminated),
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
    fn neither_repeats_nor_lingers_on_a_reliable_transport() {
        let mut machine = Machine::new(true);
        assert_eq!(run(&mut machine, BUSY), [Action::Send, Action::Set(Timer::H, TRY)]);
        assert!(run(&mut machine, Event::Ack).contains(&Action::Terminate));
    }
}
