//! The non-INVITE server transaction (RFC 3261 §17.2.2).
//!
//! Addition: a request that the user leaves unanswered is forgotten after 64*T1, when its client has given
//! up; a 408 would only harm (RFC 4320 §4.2).

use super::{Action, Class, linger};
use crate::timer::Timer;

/// What the machine reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The request came for the first time.
    Start,
    /// The request came again.
    Request,
    /// The user answers.
    Respond(Class),
    /// A timer that this machine set fired.
    Timer(Timer),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing answered yet.
    Trying,
    /// A provisional response was sent.
    Proceeding,
    /// The final response was sent; copies of the request are answered with it.
    Completed,
    /// Over.
    Terminated,
}

/// One non-INVITE server transaction.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) state: State,
    reliable: bool,
}

impl Machine {
    pub(crate) fn new(reliable: bool) -> Self {
        Machine { state: State::Trying, reliable }
    }

    /// One transition; what is to be done is appended to `out`.
    pub(crate) fn handle(&mut self, event: Event, out: &mut Vec<Action>) {
        match (self.state, event) {
            (State::Trying, Event::Start) => {
                out.push(Action::Set(Timer::Unanswered, Timer::Unanswered.row().unreliable));
            }
            (State::Trying | State::Proceeding, Event::Respond(Class::Provisional)) => {
                out.push(Action::Send);
                self.state = State::Proceeding;
            }
            (State::Trying | State::Proceeding, Event::Respond(Class::Success | Class::Failure)) => {
                self.complete(out);
            }
            (State::Proceeding | State::Completed, Event::Request) => out.push(Action::Send),
            (State::Trying | State::Proceeding, Event::Timer(Timer::Unanswered))
            | (State::Completed, Event::Timer(Timer::J)) => {
                out.push(Action::Terminate);
                self.state = State::Terminated;
            }
            (State::Trying, Event::Request | Event::Timer(_))
            | (State::Proceeding, Event::Start | Event::Timer(_))
            | (State::Completed, Event::Start | Event::Respond(_) | Event::Timer(_))
            | (State::Terminated, Event::Start | Event::Request | Event::Respond(_) | Event::Timer(_)) => {}
        }
    }

    fn complete(&mut self, out: &mut Vec<Action>) {
        out.extend([Action::Clear(Timer::Unanswered), Action::Send]);
        self.state = match linger(Timer::J, self.reliable, out) {
            true => State::Completed,
            false => State::Terminated,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::TRY;

    fn run(machine: &mut Machine, event: Event) -> Vec<Action> {
        let mut out = Vec::new();
        machine.handle(event, &mut out);
        out
    }

    const TRYING: Event = Event::Respond(Class::Provisional);
    const START: Event = Event::Start;
    const OK: Event = Event::Respond(Class::Success);
    const REFUSED: Event = Event::Respond(Class::Failure);

    #[test]
    fn follows_the_transition_table() {
        let done = vec![Action::Clear(Timer::Unanswered), Action::Send, Action::Set(Timer::J, TRY)];
        let rows: Vec<(&[Event], Event, Vec<Action>, State)> = vec![
            (&[], START, vec![Action::Set(Timer::Unanswered, TRY)], State::Trying),
            (&[START], Event::Request, vec![], State::Trying),
            (&[START], TRYING, vec![Action::Send], State::Proceeding),
            (&[START, TRYING], Event::Request, vec![Action::Send], State::Proceeding),
            (&[START], OK, done.clone(), State::Completed),
            (&[START], REFUSED, done.clone(), State::Completed),
            (&[START, TRYING], OK, done, State::Completed),
            (&[START, OK], Event::Request, vec![Action::Send], State::Completed),
            (&[START, OK], REFUSED, vec![], State::Completed),
            (&[START, OK], Event::Timer(Timer::J), vec![Action::Terminate], State::Terminated),
            (&[START], Event::Timer(Timer::Unanswered), vec![Action::Terminate], State::Terminated),
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
    fn does_not_linger_on_a_reliable_transport() {
        let mut machine = Machine::new(true);
        run(&mut machine, Event::Start);
        assert!(run(&mut machine, OK).contains(&Action::Terminate));
    }
}
