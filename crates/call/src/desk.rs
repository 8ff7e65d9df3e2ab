//! What an agent does to a conversation from a desk: comes on behind a plate, draws a curtain before the camera, shows
//! something instead of it, puts the caller on hold, hands the caller on to another queue.
//!
//! All of it is what the subscriber's streams and the agent's have as their source, and [`Call::arrange`] is the one place
//! that says which: a plate before everything, then hold, then what is shown, then the curtain, then the camera.

use std::time::Instant;

use dialplan::Presentation;
use media::{Kind, Now};
use tracing::{debug, info};

use crate::agent_leg::{Entry, Parting};
use crate::call::{Call, Output};
use crate::leg::CALLER;
use crate::stream::Source;
use crate::web::{DeskNow, Ended, ToBrowser, Wish};
use crate::{LegId, limits};

/// What the agent has made of the conversation.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// The agent comes on when this is over, and all was said of them.
    coming_on: Option<Instant>,
    held: bool,
    curtain: bool,
    shielded: bool,
    /// From the shelf.
    shown: Option<String>,
}

/// What the subscriber has of the agent.
enum View {
    /// Who comes on.
    Plate(Presentation),
    /// What those who wait see and hear.
    Hold(Presentation),
    /// The agent's sound, with this instead of the camera.
    Instead(Presentation),
    /// The same, and the agent has nothing of the caller.
    Shield(Presentation),
    Camera,
}

impl Call {
    /// The agent has come to the phone: from now on the two see and hear each other, behind a plate at first if the service
    /// has one.
    pub(crate) fn come_on(&mut self, now: Now, name: &str) {
        (self.showing, self.echo) = (None, None);
        let plate = self.run.run.plate(name).is_some();
        let coming_on = plate.then(|| now.mono + limits::PLATE_SHOWN);
        self.desk = Desk { coming_on, ..Desk::default() };
        self.arrange(now);
    }

    /// Gives every stream of the conversation the source that it is to have now.
    pub(crate) fn arrange(&mut self, now: Now) {
        let Some(agent) = self.agent() else { return };
        match self.view() {
            View::Camera => {
                self.showing = None;
                self.show_caller(now, agent);
                self.hear(now, agent, CALLER);
                let face = self.face(agent);
                self.join_kind(now, face, CALLER, Kind::Video);
            }
            View::Instead(presentation) => {
                self.show_caller(now, agent);
                self.hear(now, agent, CALLER);
                self.cover(now, presentation);
            }
            View::Shield(presentation) => {
                self.hush(now, agent);
                self.hear(now, agent, CALLER);
                self.cover(now, presentation);
            }
            View::Plate(presentation) => {
                self.show_caller(now, agent);
                self.present(now, presentation);
            }
            View::Hold(presentation) => {
                self.hush(now, agent);
                self.present(now, presentation);
            }
        }
        self.arrange_lead(now);
        self.tell_desk();
    }

    /// The same when only who hears and sees whom has changed: what is played to the subscriber goes on.
    pub(crate) fn regroup(&mut self, now: Now) {
        let Some(agent) = self.agent() else { return };
        match self.view() {
            View::Camera => return self.arrange(now),
            View::Instead(_) => {
                self.show_caller(now, agent);
                self.hear(now, agent, CALLER);
            }
            View::Shield(_) => self.hear(now, agent, CALLER),
            View::Plate(_) => self.show_caller(now, agent),
            View::Hold(_) => {}
        }
        self.arrange_lead(now);
    }

    /// The agent sees and hears the subscriber.
    fn show_caller(&mut self, now: Now, agent: LegId) {
        self.hear(now, CALLER, agent);
        self.join_kind(now, CALLER, agent, Kind::Video);
    }

    fn view(&self) -> View {
        let name = self.agent_name();
        let plate = || self.run.run.plate(name);
        if self.desk.coming_on.is_some() {
            return plate().map_or(View::Camera, View::Plate);
        }
        if self.desk.held {
            return View::Hold(self.queued_with().1);
        }
        let shown = self.desk.shown.as_ref().and_then(|name| self.run.run.from_shelf(name));
        let nothing = || Presentation { looped: true, ..Presentation::default() };
        let curtain = || self.run.run.curtain(name).unwrap_or_else(nothing);
        if self.desk.shielded {
            return View::Shield(curtain());
        }
        match (shown, self.desk.curtain) {
            (Some(shown), _) => View::Instead(Presentation { looped: shown.clip.is_none(), ..shown }),
            (None, true) => View::Instead(curtain()),
            (None, false) => View::Camera,
        }
    }

    /// An agent's wish; of somebody who is not talking it is nothing.
    pub(crate) fn on_wish(&mut self, now: Now, leg: LegId, wish: Wish) {
        if self.agent() != Some(leg) {
            return;
        }
        debug!(?wish, "the agent wishes");
        match wish {
            Wish::Hold { on } if on == self.desk.held => return,
            Wish::Hold { on } => {
                self.desk.held = on;
                self.tell_pool_held(on);
            }
            Wish::Curtain { on } => (self.desk.curtain, self.desk.shielded) = (on, false),
            Wish::Shield if self.desk.shielded => return,
            Wish::Shield => self.shield(),
            Wish::Show { name } => {
                if self.run.run.from_shelf(&name).is_none() {
                    return;
                }
                self.desk.shown = Some(name);
            }
            Wish::TakeBack => self.desk.shown = None,
            Wish::HandOn { queue } => return self.hand_on(now, leg, queue),
        }
        // The plate comes first; what was wished is there when it goes.
        match self.desk.coming_on {
            Some(_) => self.tell_desk(),
            None => self.arrange(now),
        }
    }

    /// The subscriber waits in another queue from now on; of the agent that was the conversation.
    fn hand_on(&mut self, now: Now, leg: LegId, queue: String) {
        if !self.run.run.service().queues().queues.contains_key(&queue) || !self.can_hand_on() {
            return;
        }
        info!(queue, "is handed on");
        if let Some(leg) = self.leg(leg) {
            leg.last_words.ended = Ended::Over;
        }
        let ((priority, waiting), stars) = (self.queued_with(), self.stars());
        let waiting = self.run.run.hold(&queue).unwrap_or(waiting);
        match self.is_in_queue() {
            true => self.agent_parted(now, leg, Parting::HungUp),
            false => self.lead_parted(now, leg),
        }
        self.enter_queue(now, Entry { queue, priority, stars, waiting: waiting.clone(), places: None });
        self.advance(now, dialplan::Event::WaitsOn);
        self.present(now, waiting);
    }

    /// What is played during a conversation has come to its end.
    pub(crate) fn desk_played(&mut self, now: Now) {
        match self.desk.coming_on {
            // The plate stays for its time.
            Some(until) if now.mono < until => {}
            Some(_) => {
                self.desk.coming_on = None;
                self.arrange(now);
            }
            None => {
                self.desk.shown = None;
                self.arrange(now);
            }
        }
    }

    /// When the plate goes, unless something of it is still to be heard.
    pub(crate) fn coming_on_due(&self) -> Option<Instant> {
        self.desk.coming_on.filter(|_| self.showing.as_ref().is_none_or(|showing| showing.is_over()))
    }

    pub(crate) fn check_coming_on(&mut self, now: Now) {
        if self.coming_on_due().is_some_and(|due| due <= now.mono) {
            self.desk_played(now);
        }
    }

    /// Who sees and hears the agent no longer.
    fn hush(&mut self, now: Now, agent: LegId) {
        let Some(agent) = self.leg(agent) else { return };
        agent.streams().for_each(|stream| stream.assign(now, Source::Silence));
    }

    /// A picture instead of the agent's; the sound stays.
    fn cover(&mut self, now: Now, presentation: Presentation) {
        let video = self.leg(CALLER).and_then(|leg| leg.video.as_mut());
        let Some(video) = video else { return };
        // Not one picture more of the camera while the other is fetched.
        if matches!(video.source, Source::Leg { .. }) {
            video.assign(now, Source::Silence);
        }
        self.show_over(now, presentation);
    }

    /// Tells both what they have of each other now.
    fn tell_desk(&mut self) {
        let Some(agent) = self.agent() else { return };
        let Desk { coming_on, held, curtain, shielded, shown } = &self.desk;
        let on_air = coming_on.is_none();
        let talking = on_air && !held;
        let word = DeskNow {
            on_air,
            held: *held,
            curtain: *curtain,
            shielded: *shielded,
            shown: shown.clone(),
            shelf: self.run.run.shelf().map(str::to_owned).collect(),
            queues: self.queues(),
            codes: self.codes(),
        };
        self.say(agent, || ToBrowser::Desk(word));
        let name = self.agent_name().to_owned();
        if talking {
            self.say(CALLER, || ToBrowser::Talking { with: name });
        }
    }

    /// Where the subscriber can be handed on to.
    fn queues(&self) -> Vec<String> {
        match self.can_hand_on() {
            true => self.run.run.service().queues().queues.keys().cloned().collect(),
            false => Vec::new(),
        }
    }

    /// What can be said of a conversation of this queue.
    fn codes(&self) -> Vec<String> {
        let queue = self.run.run.service().queues().queues.get(self.queue_name());
        queue.map(|queue| queue.codes.clone()).unwrap_or_default()
    }

    /// The agent is protected, and the pool is told why.
    fn shield(&mut self) {
        if std::mem::replace(&mut self.desk.held, false) {
            self.tell_pool_held(false);
        }
        (self.desk.curtain, self.desk.shielded, self.desk.shown) = (true, true, None);
        // Not one more sign of the caller while the plate is still on.
        self.desk.coming_on = None;
        if let Some(agent) = self.agent_id().filter(|_| self.is_in_queue()) {
            self.out.push_back(Output::Pool(acd::Input::Abused { ticket: self.ticket, agent }));
        }
    }

    fn tell_pool_held(&mut self, on: bool) {
        if let Some(agent) = self.agent_id().filter(|_| self.is_in_queue()) {
            self.out.push_back(Output::Pool(acd::Input::Hold { ticket: self.ticket, agent, on }));
        }
    }
}
