//! The session's peer connection: what comes of it, when it is given up, what is sent.

use std::time::Instant;

use call::web::FromBrowser;
use tracing::{debug, info, warn};
use webrtc::peer_connection::RTCPeerConnectionState;

use super::super::peer::Happening;
use super::super::talk::Incoming;
use super::super::word::Event;
use super::Task;

impl Task {
    pub(super) async fn incoming(&mut self, incoming: Incoming) {
        let state = match incoming {
            Incoming::Packet(packet) => {
                if let Some(talk) = &mut self.talk {
                    talk.receive(&packet);
                }
                return;
            }
            Incoming::Happening(Happening::Candidate(candidate)) => {
                return self.tell(Event::Candidate(candidate));
            }
            Incoming::Happening(Happening::State(state)) => state,
            Incoming::Ended => RTCPeerConnectionState::Failed,
        };
        debug!(%state, "the peer connection");
        let Some(talk) = &mut self.talk else { return };
        match state {
            RTCPeerConnectionState::Connected if talk.connected() => {
                info!(ms = talk.age().as_millis() as u64, "a browser is connected");
                // Who joins a call again has missed the picture that is shown.
                let word = match std::mem::replace(&mut self.joined, true) {
                    false => FromBrowser::Connected,
                    true => FromBrowser::KeyPictureWanted,
                };
                self.to_shard(word);
            }
            RTCPeerConnectionState::Disconnected | RTCPeerConnectionState::Failed => talk.disconnected(),
            // By the page: which may be loading anew, and whose socket tells when it is not.
            RTCPeerConnectionState::Closed => talk.closed(),
            _ => {} // on the way; the crate's enum is open
        }
    }

    pub(super) async fn talk_due(&mut self, now: Instant) {
        let Some(talk) = &mut self.talk else { return };
        if let Some(why) = talk.overdue(now) {
            return self.give_up(why).await;
        }
        talk.on_timeout();
    }

    /// The connection is gone for good.
    async fn give_up(&mut self, why: &str) {
        warn!(why, "a browser's connection is given up");
        self.part(FromBrowser::Lost);
        self.end_talk().await;
        self.tell(Event::Ended { why: why.to_owned() });
    }

    /// Carries out what the lines want.
    pub(super) async fn flush(&mut self) {
        let Some(talk) = &mut self.talk else { return };
        for word in talk.flush().await {
            let underway = match &word {
                FromBrowser::Frame { .. } => match self.backlog.enter() {
                    Some(underway) => Some(underway),
                    None => {
                        talk.overflowed(&word);
                        continue;
                    }
                },
                FromBrowser::Call { .. }
                | FromBrowser::Connected
                | FromBrowser::Accept { .. }
                | FromBrowser::Reject { .. }
                | FromBrowser::KeyPictureWanted
                | FromBrowser::RateLimit { .. }
                | FromBrowser::Report { .. }
                | FromBrowser::Digit(_)
                | FromBrowser::Wish(_)
                | FromBrowser::Listen(_)
                | FromBrowser::Part(_)
                | FromBrowser::Text(_)
                | FromBrowser::HangUp
                | FromBrowser::Lost => None,
            };
            if self.leg {
                self.shared.to_shard(self.id, word, underway);
            }
        }
    }
}
