//! What a caller did on the way through a service: one line for each stay in a node, for statistics.
//!
//! A node that is repeated (`$repeat`, `$language`) is one stay. Kept short: after [`limits::STAYS_MAX`] stays the rest is
//! left out, which only a call of hours comes to.

use std::time::{Duration, Instant};

use crate::limits;

/// One stay in a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Name of the flow.
    pub flow: String,
    /// Name of the node.
    pub node: String,
    /// What callers come here for, where the flow says that they do.
    pub goal: Option<String>,
    /// Menu choices made before.
    pub choices: u32,
    /// Keys that were pressed here.
    pub keys: u32,
    /// How often nothing was pressed in time.
    pub timeouts: u32,
    /// Keys and digits that were not among those asked for.
    pub invalid: u32,
    /// A key led from here to a queue, with nothing asked in between.
    pub to_agent: bool,
    /// It ends the call by itself: whoever hangs up here leaves nothing unfinished.
    pub is_end: bool,
}

/// Stars that were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// Name of the flow.
    pub flow: String,
    /// Name of the node that asked.
    pub node: String,
    /// So many, from 1 on.
    pub stars: u32,
    /// Of so many.
    pub most: u32,
}

/// All stays of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// In their order.
    pub stays: Vec<Stay>,
    /// In their order; the first [`limits::RATINGS_MAX`] of them.
    pub ratings: Vec<Rated>,
    /// From the beginning of the flow to the first key.
    pub first_key: Option<Duration>,
    choices: u32,
    /// The stay whose key is being followed.
    followed: Option<usize>,
    /// No more is written.
    full: bool,
}

impl Journal {
    /// A node was entered; true when it is another stay than the one before.
    pub(super) fn enter(&mut self, stay: Stay, waits_for_agent: bool) {
        if let (true, Some(from)) = (waits_for_agent, self.followed) {
            self.stays[from].to_agent = true;
        }
        let same = self.stays.last().is_some_and(|last| last.flow == stay.flow && last.node == stay.node);
        self.full = self.stays.len() >= limits::STAYS_MAX;
        if !same && !self.full {
            self.stays.push(Stay { choices: self.choices, ..stay });
        }
    }

    /// A key was pressed.
    pub(super) fn key(&mut self, started: Option<Instant>, now: Instant) {
        let since = started.map(|started| now.saturating_duration_since(started));
        self.first_key = self.first_key.or(since);
        self.last(|stay| stay.keys += 1);
    }

    /// The node that the caller is in was given stars.
    pub(super) fn rated(&mut self, stars: u32, most: u32) {
        if let Some(Stay { flow, node, .. }) = self.stays.last()
            && self.ratings.len() < limits::RATINGS_MAX
        {
            self.ratings.push(Rated { flow: flow.clone(), node: node.clone(), stars, most });
        }
    }

    /// The key was a choice of a menu, and is followed to where it leads.
    pub(super) fn chosen(&mut self) {
        self.choices += 1;
        self.followed = self.stays.len().checked_sub(1).filter(|_| !self.full);
    }

    /// The caller is asked again, or waits.
    pub(super) fn settled(&mut self) {
        self.followed = None;
    }

    /// Silence, or a key that is not asked for.
    pub(super) fn failed(&mut self, outcome: &str) {
        let silent = outcome == "silence";
        self.last(|stay| *(if silent { &mut stay.timeouts } else { &mut stay.invalid }) += 1);
    }

    fn last(&mut self, change: impl FnOnce(&mut Stay)) {
        if let Some(stay) = self.stays.last_mut().filter(|_| !self.full) {
            change(stay);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{seeing, service, some_time};
    use crate::{Event, Journal, Run};
    use std::time::Duration;

    const NODES: &str = "  main: { play: { say: two, next: menu } }
  menu:
    menu:
      say: hi
      items:
        \"1\": { say: one, to: card }
        \"2\": { say: two, to: $language }
      footer: { \"0\": { say: two, to: clock } }
  card: { goal: card, collect: { say: hi, into: card, digits: 2, next: menu } }
  clock: { hours: { name: business, exits: { open: wait, closed: wait, holiday: wait } } }
  wait: { queue: { name: video, exits: { served: bye, timeout: bye, full: menu, closed: bye, no_agents: bye } } }
";

    fn journal(script: &str) -> Journal {
        let service = service(NODES);
        let mut run = Run::new(service.clone(), service.flows()[0].id(), seeing(), 0);
        let mut now = some_time();
        run.handle_input(now, Event::Start);
        for sign in script.chars() {
            now += Duration::from_secs(1);
            let event = match sign {
                '.' => Event::PlayEnded,
                '~' => {
                    now += Duration::from_secs(60);
                    Event::Timeout
                }
                'f' => Event::Queue(crate::QueueOutcome::Full),
                key => Event::Digit(key),
            };
            while !matches!(run.poll_output(), crate::Action::Timeout(_)) {}
            run.handle_input(now, event);
        }
        run.journal().clone()
    }

    fn told(journal: &Journal) -> Vec<String> {
        let stay = |stay: &super::Stay| {
            let agent = if stay.to_agent { " agent" } else { "" };
            let (keys, silent, wrong) = (stay.keys, stay.timeouts, stay.invalid);
            format!("{} after {}: {keys} {silent} {wrong}{agent}", stay.node, stay.choices)
        };
        journal.stays.iter().map(stay).collect()
    }

    #[test]
    fn a_repeated_node_is_one_stay() {
        let journal = journal("..~5.~");
        assert_eq!(told(&journal), ["main after 0: 0 0 0", "menu after 0: 1 1 1", "bye after 0: 0 0 0"]);
        assert_eq!(journal.first_key, Some(Duration::from_secs(64)));
        assert!(journal.stays[2].is_end);
    }

    #[test]
    fn keys_are_counted_where_they_are_pressed_and_choices_up_to_a_goal() {
        let journal = journal(".21345");
        assert_eq!(
            told(&journal),
            ["main after 0: 0 0 0", "menu after 0: 2 0 0", "card after 2: 2 0 0", "menu after 2: 1 0 1"]
        );
        assert_eq!(journal.stays[2].goal.as_deref(), Some("card"));
    }

    #[test]
    fn a_key_that_leads_to_an_agent_is_followed_through_nodes_that_ask_nothing() {
        let journal = journal(".0f1");
        assert_eq!(
            told(&journal),
            [
                "main after 0: 0 0 0",
                "menu after 0: 1 0 0 agent",
                "clock after 1: 0 0 0",
                "wait after 1: 0 0 0",
                "menu after 1: 1 0 0",
                "card after 2: 0 0 0"
            ]
        );
        // Typed ahead, into the welcome.
        let journal = super::tests::journal("0");
        assert_eq!(told(&journal)[..2], ["main after 0: 1 0 0", "menu after 0: 0 0 0 agent"]);
    }

    #[test]
    fn a_call_without_end_stops_writing() {
        let script = ".".to_owned() + &"112".repeat(crate::limits::STAYS_MAX);
        let journal = journal(&script);
        assert_eq!(journal.stays.len(), crate::limits::STAYS_MAX);
    }
}
