//! Agents and telephones that are offered to a call: the leg towards each, and the socket it leaves by.

use std::net::SocketAddr;

use media::Now;
use sip::LocalId;

use super::{Output, Shard};
use crate::agent_leg::numeric_address;
use crate::call::{self, AgentOffer, Place, Way};
use crate::{CallId, LegId, Telephone, web};

impl Shard {
    pub(super) fn on_pool(&mut self, now: Now, word: acd::Output, telephone: Option<Telephone>) {
        let ticket = match &word {
            acd::Output::Offer { ticket, .. }
            | acd::Output::Withdraw { ticket, .. }
            | acd::Output::Connected { ticket, .. }
            | acd::Output::Done { ticket, .. }
            | acd::Output::Place { ticket, .. } => *ticket,
            // Nobody asks the pool for this yet; the agent who is kept free for it is given back.
            acd::Output::Dial { ticket, .. } => {
                let word = acd::Input::CallerNotReached { ticket: *ticket };
                return self.out.push_back(Output::Pool(word));
            }
            acd::Output::Agent { .. } | acd::Output::NotSignedIn { .. } | acd::Output::Timeout(_) => return,
        };
        let call = CallId((ticket.0 >> 8) & 0xFF_FFFF_FFFF);
        let acd::Output::Offer { ticket, agent, address, name, auto_answer } = word else {
            return self.tell(now, call, call::Input::Pool(word));
        };
        let refused = |why| Output::Pool(acd::Input::NotAnswered { ticket, agent, why });
        let unreachable = acd::NotAnswered::Unreachable;
        let Some(slot) = self.calls.get(&call) else { return self.out.push_back(refused(unreachable)) };
        let (caller_local, leg) = (slot.call.local(), slot.call.next_leg());
        let (address, reached) = match address {
            acd::OfferTo::Sip(address) => (address, None),
            acd::OfferTo::Session(_) if let Some(telephone) = telephone => {
                (telephone.contact.to_string(), Some((telephone.address(), telephone.local)))
            }
            acd::OfferTo::Session(session) if self.is_engaged(web::SessionId(session)) => {
                return self.out.push_back(refused(acd::NotAnswered::Busy));
            }
            acd::OfferTo::Session(session) => {
                let way = Way::Browser(web::SessionId(session));
                return self.tell(
                    now,
                    call,
                    call::Input::Offer(AgentOffer { ticket, agent, name, way, auto_answer }),
                );
            }
        };
        match self.way_to(call, leg, caller_local, address, reached) {
            Some(way) => {
                self.tell(
                    now,
                    call,
                    call::Input::Offer(AgentOffer { ticket, agent, name, way, auto_answer }),
                );
            }
            None => self.out.push_back(refused(unreachable)),
        }
    }

    /// A leg of a call towards a SIP address, which is reached where it says or at `reached`; none when no ports are left.
    fn way_to(
        &mut self,
        call: CallId,
        leg: LegId,
        caller_local: LocalId,
        address: String,
        reached: Option<(SocketAddr, LocalId)>,
    ) -> Option<Way> {
        let ports = self.take_ports()?;
        let named = || address.parse::<sip::Uri>().ok().and_then(|uri| numeric_address(&uri));
        let destination = reached.map(|(to, _)| to).or_else(named);
        let local = match (reached, destination) {
            (Some((_, local)), _) => local,
            (None, Some(to)) => self.local_towards(to, caller_local),
            (None, None) => caller_local,
        };
        let place = Place { ports, local, address: self.media_address(local), destination };
        let (trunks, common) = (&self.config.trunks, &self.config.terminals);
        let terminals = destination.and_then(|to| crate::trunk::outwards(trunks, to.ip(), common));
        self.own_ports(call, leg, ports);
        Some(Way::Sip { address, place, terminals })
    }

    /// A telephone is offered to a call as an agent of a pool is.
    pub(super) fn transfer(&mut self, now: Now, id: CallId, ticket: acd::TicketId, to: &str) {
        let Some(slot) = self.calls.get(&id) else { return };
        let (local, leg) = (slot.call.local(), slot.call.next_leg());
        let word = match self.way_to(id, leg, local, to.to_owned(), None) {
            Some(way) => {
                let agent = crate::transfer::NO_AGENT;
                call::Input::Offer(AgentOffer { ticket, agent, name: to.to_owned(), way, auto_answer: false })
            }
            None => call::Input::Unreachable(ticket),
        };
        self.tell(now, id, word);
    }

    /// The socket from which `to` can be reached: same family, loopback to loopback; else the caller's.
    fn local_towards(&self, to: SocketAddr, fallback: LocalId) -> LocalId {
        let fits = |local: &sip::Local| {
            local.bind.is_ipv4() == to.is_ipv4() && local.bind.ip().is_loopback() == to.ip().is_loopback()
        };
        let locals = &self.config.sip.locals;
        if locals.get(usize::from(fallback.0)).is_some_and(fits) {
            return fallback;
        }
        locals.iter().position(fits).map_or(fallback, |at| LocalId(at as u8))
    }
}
