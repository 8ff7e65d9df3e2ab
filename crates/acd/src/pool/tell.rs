//! What the outside is asked to do, and what it may ask.

use std::time::{Duration, Instant};

use super::{Doing, Pool};
use crate::event::{AgentId, OfferTo, Output, QueueStatus, TicketId};
use crate::limits::PLACES_TOLD;
use crate::log::What;
use crate::queue::{Queue, Stage};
use crate::{Address, Level};

impl Pool {
    /// How long this caller will wait about: place × median of the last conversations with their rest, divided by the
    /// agents at work in the queue (ready, ringing, talking or resting); zero where as many are free. `None` while
    /// nobody is at work or nobody has been served yet, and for a ticket that does not wait.
    #[must_use]
    pub fn estimate(&self, now: Instant, ticket: TicketId) -> Option<Duration> {
        let known = self.state.tickets.get(&ticket)?;
        if matches!(known.stage, Stage::Talking(..)) {
            return None;
        }
        let queue = self.state.queues.get(&known.queue)?;
        let needs = known.needs(queue);
        let able =
            queue.members.iter().filter_map(|id| self.state.agent(*id)).filter(|agent| agent.can(&needs));
        let (mut at_work, mut free) = (0, 0);
        for agent in able {
            at_work += u32::from(agent.takes_calls());
            free += u32::from(agent.is_available());
        }
        let place = queue.line.place(known.standing, ticket, self.clock.peek(now));
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        if place <= free {
            return Some(Duration::ZERO);
        }
        (queue.figures.handling_time()?.saturating_mul(place)).checked_div(at_work)
    }

    /// What a queue has achieved in the last `window`; of the last [`limits::ENDS_KEPT`](crate::limits::ENDS_KEPT)
    /// ends at most. `None` for a queue that is not known.
    #[must_use]
    pub fn level(&self, now: Instant, queue: &str, window: Duration) -> Option<Level> {
        let queue = self.state.queues.get(queue)?;
        let since = self.clock.peek(now).checked_sub(window);
        Some(queue.figures.level(since, queue.config.service_level))
    }

    /// All queues in order of their names.
    #[must_use]
    pub fn queues(&self, now: Instant) -> Vec<QueueStatus> {
        let at = self.clock.peek(now);
        let status = |(name, queue): (&String, &Queue)| {
            let entered =
                queue.line.all().filter_map(|id| self.state.tickets.get(&id)).map(|ticket| ticket.entered);
            QueueStatus {
                name: name.clone(),
                doors: queue.doors,
                waiting: u32::try_from(queue.line.len()).unwrap_or(u32::MAX),
                longest: entered.min().map(|entered| at.saturating_sub(entered)),
                service_level: queue.config.service_level,
            }
        };
        self.state.queues.iter().map(status).collect()
    }

    /// What follows outside from a decision; looked at before it is folded in.
    pub(super) fn tell(&mut self, what: &What) {
        match what {
            What::Entered { ticket, queue, .. } | What::Moved { ticket, queue } => {
                self.place_changes(*ticket);
                self.places.remove(ticket);
                self.moved.insert(queue.clone());
                self.newcomers.insert(queue.clone(), *ticket);
            }
            What::Refused { ticket, outcome, .. } => {
                self.out.push_back(Output::Done { ticket: *ticket, outcome: *outcome });
            }
            What::Offered { ticket, agent } => self.tell_offer(*ticket, *agent),
            What::Withdrawn { ticket, agent } => {
                if self.state.agent(*agent).is_some_and(|agent| agent.rings_for(*ticket)) {
                    self.withdraw(*ticket, *agent);
                }
            }
            What::NotTaken { ticket, .. } => self.place_changes(*ticket),
            What::Connected { ticket, agent } => {
                self.place_changes(*ticket);
                self.out.push_back(Output::Connected { ticket: *ticket, agent: *agent });
            }
            What::Ended { ticket, outcome } => {
                self.place_changes(*ticket);
                self.places.remove(ticket);
                self.out.push_back(Output::Done { ticket: *ticket, outcome: *outcome });
            }
            What::Dialled { ticket, .. } => {
                let ticket_of = self.state.tickets.get(ticket);
                let number = ticket_of.and_then(|ticket| ticket.caller.number.clone()).unwrap_or_default();
                self.out.push_back(Output::Dial { ticket: *ticket, number });
            }
            What::SignedOut { agent } => {
                if let Some(Doing::Ringing { ticket, .. }) =
                    self.state.agent(*agent).map(|agent| &agent.state)
                {
                    self.withdraw(*ticket, *agent);
                }
            }
            What::Configured { .. }
            | What::NotMoved { .. }
            | What::Held { .. }
            | What::Abused { .. }
            | What::Lost { .. }
            | What::CallBack { .. }
            | What::Reached { .. }
            | What::NotReached { .. }
            | What::SignedIn { .. }
            | What::Ready { .. }
            | What::Paused { .. }
            | What::Rested { .. }
            | What::Doors { .. }
            | What::Restarted => {}
        }
    }

    pub(super) fn withdraw(&mut self, ticket: TicketId, agent: AgentId) {
        self.out.push_back(Output::Withdraw { ticket, agent });
    }

    fn tell_offer(&mut self, ticket: TicketId, id: AgentId) {
        let Some(agent) = self.state.agent(id) else { return };
        let address = match &agent.config.address {
            Address::Sip(uri) => OfferTo::Sip(uri.clone()),
            Address::Browser | Address::Telephone => {
                OfferTo::Session(agent.session.expect("only an agent who is there is offered"))
            }
        };
        let (name, auto_answer) = (agent.config.name.clone(), agent.config.auto_answer);
        self.out.push_back(Output::Offer { ticket, agent: id, address, name, auto_answer });
    }

    fn place_changes(&mut self, ticket: TicketId) {
        self.moved.extend(self.state.tickets.get(&ticket).map(|ticket| ticket.queue.clone()));
    }

    /// Tells the callers whose place matters: the newcomer, and the first few when they have moved. One more is looked
    /// at, who may just have been overtaken.
    pub(super) fn tell_places(&mut self) {
        for name in std::mem::take(&mut self.moved) {
            let newcomer = self.newcomers.remove(&name);
            let Some(queue) = self.state.queues.get(&name) else { continue };
            let waiting = u32::try_from(queue.line.len()).unwrap_or(u32::MAX);
            let first = (1..).zip(queue.line.first(PLACES_TOLD as usize + 1, self.at));
            let newcomer = newcomer.and_then(|id| {
                let ticket = self.state.tickets.get(&id).filter(|ticket| ticket.queue == name)?;
                let place = queue.line.place(ticket.standing, id, self.at);
                Some((u32::try_from(place).unwrap_or(u32::MAX), id))
            });
            for (place, id) in first.chain(newcomer.filter(|(place, _)| *place > PLACES_TOLD + 1)) {
                let told = self.places.get(&id).copied();
                let matters = told.is_none_or(|told| place.min(told) <= PLACES_TOLD);
                let has_call = self.state.tickets.get(&id).is_some_and(|ticket| ticket.call_back.is_none());
                if matters && has_call && told != Some(place) {
                    self.places.insert(id, place);
                    self.out.push_back(Output::Place { ticket: id, place, waiting });
                }
            }
        }
    }
}
