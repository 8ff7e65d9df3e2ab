//! What a page wants, carried out.

use call::CallId;
use call::web::{FromBrowser, Listen, Media, Wish};
use tracing::{info, warn};

use super::super::limits;
use super::super::negotiation::{Plan, Unusable};
use super::super::peer::PeerError;
use super::super::talk::Talk;
use super::super::word::{Command, Event, Part, Role};
use super::Task;

impl Task {
    pub(super) async fn command(&mut self, command: Command) {
        match (self.role, command) {
            (Role::Phone, Command::Call { number, sdp, name }) => self.call(number, name, &sdp).await,
            (Role::Lead, Command::Listen { call, sdp, part, by }) => self.listen(call, &sdp, part, by).await,
            (Role::Lead, Command::Part(part)) => self.part_wanted(part),
            (Role::Desk, Command::Accept { call, sdp }) => self.accept(call, &sdp).await,
            (Role::Desk, Command::Reject { call }) => self.reject(call),
            (Role::Desk, Command::SignIn { agent, ready }) => self.sign_in(agent, ready),
            (Role::Desk, Command::SignOut {}) => self.pool(acd::Input::SignOut { session: self.id.0 }),
            (Role::Desk, Command::Ready { ready, reason }) => self.ready(ready, reason),
            // Who has taken a conversation over leads it as its agent did.
            (Role::Desk | Role::Lead, Command::Hold { on }) => self.wish(Wish::Hold { on }),
            (Role::Desk | Role::Lead, Command::Curtain { on }) => self.wish(Wish::Curtain { on }),
            (Role::Desk | Role::Lead, Command::Show { name }) => self.wish(Wish::Show { name }),
            (Role::Desk | Role::Lead, Command::TakeBack {}) => self.wish(Wish::TakeBack),
            (Role::Desk, Command::Shield {}) => self.wish(Wish::Shield),
            (Role::Desk | Role::Lead, Command::HandOn { queue }) => self.wish(Wish::HandOn { queue }),
            (_, Command::Key { digit }) => self.key(digit),
            (_, Command::Text { text }) => self.write(&text),
            (_, Command::HangUp {}) => self.hang_up().await,
            (_, Command::Restart { sdp }) => self.restart(&sdp).await,
            (_, Command::Away {}) => self.go_away().await,
            (_, Command::Candidate(candidate)) => {
                if let Some(talk) = &mut self.talk {
                    talk.candidate(candidate).await;
                }
            }
            // Taken out before: it ends the session.
            (_, Command::Leave {}) => {}
            (Role::Phone, _) => self.complain("wrong_role", "this is for an agent's desk only"),
            (Role::Lead, _) => self.complain("wrong_role", "this is not for who listens"),
            (Role::Desk, Command::Listen { .. } | Command::Part(_)) => {
                self.complain("wrong_role", "supervisors listen, desks do not");
            }
            (Role::Desk, Command::Call { .. }) => {
                self.complain("wrong_role", "a desk takes calls and makes none");
            }
        }
    }

    async fn call(&mut self, number: String, name: Option<String>, sdp: &str) {
        if self.leg || self.talk.is_some() {
            return self.complain("busy", "there is a call in progress already");
        }
        if number.is_empty() || number.chars().count() > limits::NUMBER_LEN_MAX {
            return self.refuse(404, "no such number");
        }
        let media = match self.answer(sdp, None).await {
            Ok(media) => media,
            Err(error) => return self.refuse(status(&error), &error.to_string()),
        };
        let name = name.unwrap_or_default().trim().chars().take(limits::NAME_LEN_MAX).collect();
        (self.leg, self.joined) = (true, false);
        self.to_shard(FromBrowser::Call { number, name, media: media.into() });
    }

    async fn listen(&mut self, call: u64, sdp: &str, part: Part, by: String) {
        if self.leg || self.talk.is_some() {
            return self.complain("busy", "a call is listened to already");
        }
        let media = match self.answer(sdp, None).await {
            Ok(media) => Box::new(media),
            Err(error) => return self.refuse(status(&error), &error.to_string()),
        };
        (self.leg, self.joined) = (true, false);
        self.to_shard(FromBrowser::Listen(Listen { call: CallId(call), by, part: part.into(), media }));
    }

    fn part_wanted(&mut self, part: Part) {
        match self.leg {
            true => self.to_shard(FromBrowser::Part(part.into())),
            false => self.complain("no_call", "no call is listened to"),
        }
    }

    fn refuse(&mut self, status: u16, reason: &str) {
        self.tell(Event::Refused { status, reason: reason.to_owned(), retry_after: None });
    }

    /// Makes the peer connection for an offer and sends the answer.
    async fn answer(&mut self, sdp: &str, like: Option<&Media>) -> Result<Media, PeerError> {
        let plan = Plan::new(sdp, like)?;
        let media = plan.media.clone();
        let (talk, answer) = Talk::begin(plan, &self.shared.config, like, self.id).await?;
        let pictures = talk.pictures();
        self.talk = Some(talk);
        self.tell(Event::Answer { sdp: answer, pictures });
        Ok(media)
    }

    async fn accept(&mut self, call: u64, sdp: &str) {
        let Some((_, like)) = self.ring.take_if(|(ringing, _)| *ringing == call) else {
            return self.complain("no_call", "this call rings no more");
        };
        self.state.ring = None;
        self.end_talk().await;
        match self.answer(sdp, Some(&like)).await {
            Ok(media) => {
                (self.leg, self.joined) = (true, false);
                self.to_shard(FromBrowser::Accept { call: CallId(call), media: media.into() });
            }
            Err(error) => {
                warn!(%error, "an agent's browser cannot take the call");
                self.complain("bad_description", error.to_string());
                self.to_shard(FromBrowser::Reject { call: CallId(call) });
            }
        }
    }

    fn reject(&mut self, call: u64) {
        match self.ring.take_if(|(ringing, _)| *ringing == call) {
            Some(_) => {
                self.state.ring = None;
                self.to_shard(FromBrowser::Reject { call: CallId(call) });
            }
            None => self.complain("no_call", "this call rings no more"),
        }
    }

    fn sign_in(&mut self, agent: String, ready: bool) {
        if agent.is_empty() || agent.chars().count() > limits::NUMBER_LEN_MAX {
            return self.complain("bad_field", "the agent's name is empty or too long");
        }
        self.pool(acd::Input::SignIn { agent, session: self.id.0, ready });
    }

    fn ready(&mut self, ready: bool, reason: Option<String>) {
        let reason = reason.unwrap_or_default().chars().take(limits::NAME_LEN_MAX).collect();
        self.pool(acd::Input::SetReady { session: self.id.0, ready, reason });
    }

    /// What is wished of a conversation is a matter of the call, which knows whether there is one.
    fn wish(&mut self, wish: Wish) {
        let named = match &wish {
            Wish::Show { name } => Some(name),
            Wish::HandOn { queue } => Some(queue),
            Wish::Hold { .. } | Wish::Curtain { .. } | Wish::TakeBack | Wish::Shield => None,
        };
        let known = |name: &String| {
            let desk = self.state.desk.as_ref();
            desk.is_some_and(|desk| desk.shelf.contains(name) || desk.queues.contains(name))
        };
        if !self.leg || self.state.desk.is_none() {
            return self.complain("no_call", "nobody is talked to");
        }
        if !named.is_none_or(known) {
            return self.complain("bad_field", "there is nothing of this name");
        }
        self.to_shard(FromBrowser::Wish(wish));
    }

    fn key(&mut self, digit: char) {
        match rtp::Digit::try_from(digit) {
            Ok(digit) if self.leg => self.to_shard(FromBrowser::Digit(digit)),
            Ok(_) => self.complain("no_call", "there is no call"),
            Err(_) => self.complain("bad_field", "keys are 0-9, * and #"),
        }
    }

    fn write(&mut self, text: &str) {
        let text = text.trim().to_owned();
        let fits = (1..=call::TEXT_CHARS_MAX).contains(&text.chars().count());
        if !self.leg || self.state.talking.is_none() {
            self.complain("no_call", "nobody is talked to");
        } else if !fits || text.chars().any(char::is_control) {
            let most = call::TEXT_CHARS_MAX;
            self.complain("bad_field", format!("a text is one line of 1 to {most} characters"));
        } else {
            self.to_shard(FromBrowser::Text(text));
        }
    }

    /// The page is closed. A visitor who leaves has hung up; a desk that is left is a lost agent, whose caller
    /// has not been served.
    pub(super) fn leave(&mut self) {
        if matches!(self.role, Role::Phone | Role::Lead) {
            self.part(FromBrowser::HangUp);
        }
    }

    async fn hang_up(&mut self) {
        self.part(FromBrowser::HangUp);
        if self.end_talk().await {
            self.tell(Event::Ended { why: "hung up".into() });
        }
    }

    async fn restart(&mut self, sdp: &str) {
        let Some(talk) = &mut self.talk else {
            return self.complain("no_call", "there is no call");
        };
        let answer = match talk.is_of(sdp) {
            true => talk.restart(sdp).await,
            false => match talk.again(sdp, &self.shared.config, self.id).await {
                Ok((again, answer)) => {
                    info!("a page that was loaded anew joins its call again");
                    std::mem::replace(talk, again).close().await;
                    Ok(answer)
                }
                Err(error) => Err(error),
            },
        };
        let pictures = talk.pictures();
        match answer {
            Ok(sdp) => self.tell(Event::Answer { sdp, pictures }),
            Err(error) => self.complain("bad_description", error.to_string()),
        }
    }
}

/// The status of a refusal, as SIP would have it.
fn status(error: &PeerError) -> u16 {
    match error {
        PeerError::Unusable(Unusable::TooLong) => 413,
        PeerError::Unusable(Unusable::Unreadable(_)) => 400,
        PeerError::Unusable(
            Unusable::NothingInCommon | Unusable::NotAsTheCaller(_) | Unusable::AnswerDiffers,
        ) => 488,
        PeerError::Crate(_) => 400,
        PeerError::NoPort => 503,
    }
}
