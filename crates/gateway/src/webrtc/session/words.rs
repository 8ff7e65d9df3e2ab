//! What the shard says of the session's leg, and the pool of its agent, passed on to the page.

use call::web::{Ended, FromBrowser, StopRinging, ToBrowser};

use super::super::lane::Word;
use super::super::word::{Event, PartNow, Ring, Showing, Waiting};
use super::Task;

impl Task {
    pub(super) async fn word(&mut self, word: Word) {
        match word {
            Word::Leg(word) => self.leg_word(word).await,
            Word::Agent(now) => {
                self.signed_in = now.agent.is_some();
                self.tell(Event::Agent(now));
            }
            Word::Message(message) => self.tell(Event::Message(message)),
        }
    }

    async fn leg_word(&mut self, word: ToBrowser) {
        if self.owed > 0 {
            self.owed -= u32::from(is_last(&word));
            return;
        }
        let event = match word {
            ToBrowser::Refused { status, reason, retry_after } => {
                self.leg = false;
                self.end_talk().await;
                Event::Refused { status, reason, retry_after }
            }
            ToBrowser::Accepted { call } => Event::Accepted { call: call.0 },
            ToBrowser::Ring { call, .. } if self.away => {
                return self.to_shard(FromBrowser::Reject { call });
            }
            ToBrowser::Ring { call, ticket, caller, number, queue, stars, path, auto_answer, media } => {
                let video = media.video.is_some();
                self.ring = Some((call.0, *media));
                let ticket = ticket.0.to_string();
                Event::Ring(Ring {
                    call: call.0,
                    ticket,
                    caller,
                    number,
                    queue,
                    video,
                    stars,
                    path,
                    auto_answer,
                })
            }
            ToBrowser::StopRinging { call, why } => {
                self.ring.take_if(|(ringing, _)| *ringing == call.0);
                self.leg = false;
                self.end_talk().await;
                Event::StopRinging { call: call.0, why: stop_ringing(why).to_owned() }
            }
            ToBrowser::Talking { with } => Event::Talking { with },
            ToBrowser::Desk(now) => Event::Desk(now.into()),
            ToBrowser::Part(now) => {
                Event::Part(PartNow { part: now.part.into(), caller: now.caller, agent_name: now.agent })
            }
            ToBrowser::Text { text } => Event::Text { text },
            ToBrowser::Waiting { place, waiting } => Event::Waiting(Waiting { place, waiting }),
            ToBrowser::Showing { node, text, language } => Event::Showing(Showing { node, text, language }),
            // These have a way of their own in the lane.
            ToBrowser::Frame { .. } | ToBrowser::SourceChanged { .. } => return,
            ToBrowser::Age { kind, age } => {
                if let Some(talk) = &mut self.talk {
                    talk.set_age(kind, age);
                }
                return;
            }
            ToBrowser::RateLimit { bps } => {
                if let Some(talk) = &mut self.talk {
                    talk.limit_pictures(bps);
                }
                return;
            }
            ToBrowser::KeyPictureWanted => {
                if let Some(talk) = &mut self.talk {
                    talk.want_key_picture();
                }
                return;
            }
            ToBrowser::Ended { why } => {
                self.leg = false;
                self.ring = None;
                self.end_talk().await;
                Event::Ended { why: ended(why).to_owned() }
            }
        };
        self.tell(event);
    }
}

/// Whether a leg, or a wish for one, is over with it: each has exactly one such word.
fn is_last(word: &ToBrowser) -> bool {
    match word {
        ToBrowser::Refused { .. } | ToBrowser::StopRinging { .. } | ToBrowser::Ended { .. } => true,
        ToBrowser::Accepted { .. }
        | ToBrowser::Ring { .. }
        | ToBrowser::Talking { .. }
        | ToBrowser::Desk(_)
        | ToBrowser::Part(_)
        | ToBrowser::Text { .. }
        | ToBrowser::Waiting { .. }
        | ToBrowser::Showing { .. }
        | ToBrowser::SourceChanged { .. }
        | ToBrowser::Age { .. }
        | ToBrowser::RateLimit { .. }
        | ToBrowser::Frame { .. }
        | ToBrowser::KeyPictureWanted => false,
    }
}

/// For the agent.
fn stop_ringing(why: StopRinging) -> &'static str {
    match why {
        StopRinging::Rejected => "rejected",
        StopRinging::NoAnswer => "rang too long",
        StopRinging::CallerGone => "the caller has hung up or is served otherwise",
        StopRinging::NotAcceptable => "this browser cannot be joined with the caller's phone",
        StopRinging::NotConnected => "no media connection could be made",
        StopRinging::Fault => "a fault of the gateway",
    }
}

/// For the person at the browser.
fn ended(why: Ended) -> &'static str {
    match why {
        Ended::HungUp => "hung up",
        Ended::Over => "the other side has hung up",
        Ended::NotConnected => "no media connection could be made",
        Ended::Lost => "the connection was lost",
        Ended::TakenOver => "a supervisor has taken over",
        Ended::Shutdown => "the gateway is stopping",
        Ended::TooLong => "the longest time of a call is over",
        Ended::Fault => "a fault of the gateway",
    }
}
