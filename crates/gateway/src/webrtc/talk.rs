//! `Talk`: the media of one call of a session: a peer connection and its lines.

use std::time::{Duration, Instant};

use call::web::{FromBrowser, Media, SessionId};
use media::Kind;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use tokio::sync::mpsc;
use tracing::info;

use super::config::Config;
use super::lane::Passed;
use super::limits;
use super::line::{Line, Wanted, is_of};
use super::negotiation::{Plan, Unusable, pictures_kbps};
use super::peer::{Happening, Peer, PeerError, Sinks, Sources};
use super::tap::Tapped;
use super::word::{Candidate, Pictures};

/// What comes from the peer connection.
pub(crate) enum Incoming {
    Packet(Tapped),
    Happening(Happening),
    /// It has ended by itself.
    Ended,
}

/// How far the connection is.
enum Stage {
    /// ICE and DTLS are at work; given up at the time named.
    Connecting { until: Instant },
    /// Media flows.
    Up,
    /// ICE hears nothing; given up at the time named.
    Lost { until: Instant },
}

/// One call's media.
pub(crate) struct Talk {
    peer: Peer,
    plan: Plan,
    lines: Vec<Line>,
    packets: mpsc::Receiver<Tapped>,
    happenings: mpsc::Receiver<Happening>,
    stage: Stage,
    begun: Instant,
    ever_up: bool,
    candidates: u32,
    pictures: Option<Pictures>,
    /// Frames that the shard had no room for left a gap in this line.
    gaps: [bool; 2],
}

impl Talk {
    /// Answers the planned offer. `like` is what the other side of the call can do, when that is known.
    pub(crate) async fn begin(
        plan: Plan,
        config: &Config,
        like: Option<&Media>,
        session: SessionId,
    ) -> Result<(Self, String), PeerError> {
        let begun = net::clock::now().mono;
        let mut random = StdRng::seed_from_u64(config.seed ^ session.0.rotate_left(32) ^ seed_of(begun));
        let sources = Sources::draw(&mut random);
        let (packets_to, packets) = mpsc::channel(limits::PACKETS);
        let (happenings_to, happenings) = mpsc::channel(limits::HAPPENINGS);
        let sinks = Sinks { packets: packets_to, happenings: happenings_to };
        let (peer, answer) = Peer::answer(&plan, sources, config, sinks).await?;
        let cname = format!("vireo-{:016x}", random.next_u64());
        let lines = [Kind::Audio, Kind::Video]
            .into_iter()
            .filter_map(|kind| plan.stream(kind))
            .map(|agreed| Line::new(agreed, sources.of(agreed.kind), &cname, random.next_u64()))
            .collect();
        let talk = Talk {
            peer,
            lines,
            packets,
            happenings,
            stage: Stage::Connecting { until: begun + limits::CONNECT },
            begun,
            ever_up: false,
            candidates: 0,
            pictures: pictures(&plan, like),
            gaps: [false; 2],
            plan,
        };
        Ok((talk, answer))
    }

    /// What the browser's pictures must keep to.
    pub(crate) fn pictures(&self) -> Option<Pictures> {
        self.pictures
    }

    /// A new offer on the same connection; what was agreed must stay.
    pub(crate) async fn restart(&mut self, offer: &str) -> Result<String, PeerError> {
        let plan = Plan::new(offer, Some(&self.plan.media))?;
        let same = [Kind::Audio, Kind::Video].into_iter().all(|kind| {
            let format = |plan: &Plan| plan.format(kind).map(|format| format.pt);
            format(&plan) == format(&self.plan)
        });
        if !same {
            return Err(Unusable::AnswerDiffers.into());
        }
        self.candidates = 0;
        let answer = self.peer.accept(&plan).await?;
        if ice_user(&plan.offer) != ice_user(&self.plan.offer) {
            // ICE begins anew. Should it lead nowhere, the crate says so after half a minute only.
            self.disconnected();
        }
        self.plan.offer = plan.offer;
        Ok(answer)
    }

    /// Whether an offer comes from the browser's end of this very connection (RFC 8842 §5.2: another fingerprint,
    /// another DTLS association).
    pub(crate) fn is_of(&self, offer: &str) -> bool {
        fingerprint(offer) == fingerprint(&self.plan.offer)
    }

    /// A new connection for the same call, for a page that was loaded anew; what was agreed must stay.
    pub(crate) async fn again(
        &self,
        offer: &str,
        config: &Config,
        session: SessionId,
    ) -> Result<(Self, String), PeerError> {
        let like = &self.plan.media;
        let (mut again, answer) =
            Self::begin(Plan::new(offer, Some(like))?, config, Some(like), session).await?;
        again.pictures = self.pictures;
        // Whoever sees this browser is to go on with a picture that needs none before it.
        again.gaps = [true; 2];
        Ok((again, answer))
    }

    pub(crate) async fn candidate(&mut self, candidate: Candidate) {
        self.candidates += 1;
        let fits = candidate.candidate.len() <= limits::CANDIDATE_LEN_MAX;
        if fits && self.candidates <= limits::CANDIDATES_MAX && !candidate.candidate.is_empty() {
            self.peer.candidate(candidate).await;
        }
    }

    /// Waits for what comes next.
    pub(crate) async fn incoming(&mut self) -> Incoming {
        tokio::select! {
            happening = self.happenings.recv() => happening.map_or(Incoming::Ended, Incoming::Happening),
            packet = self.packets.recv() => packet.map_or(Incoming::Ended, Incoming::Packet),
        }
    }

    pub(crate) fn receive(&mut self, packet: &Tapped) {
        let now = net::clock::now();
        for line in &mut self.lines {
            let is_its = match packet {
                Tapped::Rtp(data) => self.plan.stream(line.kind).is_some_and(|agreed| is_of(agreed, data)),
                Tapped::Rtcp(_) => true,
            };
            if is_its {
                line.receive(now, packet);
            }
        }
    }

    pub(crate) fn send(&mut self, passed: &Passed) {
        if !self.ever_up {
            return;
        }
        let now = net::clock::now();
        if let Some(line) = self.lines.iter_mut().find(|line| line.kind == passed.kind) {
            line.send(now, &passed.frame, passed.fresh);
        }
    }

    pub(crate) fn want_key_picture(&mut self) {
        let now = net::clock::now();
        self.lines
            .iter_mut()
            .filter(|line| line.kind == Kind::Video)
            .for_each(|line| line.want_key_picture(now));
    }

    /// What is sent of `kind` was captured so long before, compared with the other stream.
    pub(crate) fn set_age(&mut self, kind: Kind, age: Duration) {
        self.lines.iter_mut().filter(|line| line.kind == kind).for_each(|line| line.set_age(age));
    }

    /// Asks the browser for no more pictures than this, in bit/s of payload.
    pub(crate) fn limit_pictures(&mut self, bps: Option<u32>) {
        let now = net::clock::now();
        self.lines
            .iter_mut()
            .filter(|line| line.kind == Kind::Video)
            .for_each(|line| line.limit_peer(now, bps));
    }

    /// True when it is up for the first time.
    pub(crate) fn connected(&mut self) -> bool {
        self.stage = Stage::Up;
        !std::mem::replace(&mut self.ever_up, true)
    }

    pub(crate) fn disconnected(&mut self) {
        match self.stage {
            Stage::Up => self.stage = Stage::Lost { until: net::clock::now().mono + limits::GRACE },
            Stage::Connecting { .. } | Stage::Lost { .. } => {}
        }
    }

    /// The browser has closed it.
    pub(crate) fn closed(&mut self) {
        self.stage = Stage::Lost { until: net::clock::now().mono + limits::RELOAD };
    }

    /// Why it is to be given up, when it is.
    pub(crate) fn overdue(&self, now: Instant) -> Option<&'static str> {
        match self.stage {
            Stage::Connecting { until } if until <= now => {
                Some("no media connection could be made within 20 seconds; a firewall may be in the way")
            }
            Stage::Lost { until } if until <= now => Some("the media connection was lost"),
            Stage::Connecting { .. } | Stage::Lost { .. } | Stage::Up => None,
        }
    }

    pub(crate) fn age(&self) -> Duration {
        net::clock::now().mono.saturating_duration_since(self.begun)
    }

    /// When it has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        let stage = match self.stage {
            Stage::Connecting { until } | Stage::Lost { until } => Some(until),
            Stage::Up => None,
        };
        self.lines.iter().filter_map(|line| line.due).chain(stage).min()
    }

    pub(crate) fn on_timeout(&mut self) {
        let now = net::clock::now();
        self.lines.iter_mut().for_each(|line| line.on_timeout(now));
    }

    /// Sends what the lines have to send; returns what the call is to be told.
    pub(crate) async fn flush(&mut self) -> Vec<FromBrowser> {
        let now = net::clock::now();
        let mut words = Vec::new();
        for line in &mut self.lines {
            let kind = line.kind;
            while let Some(wanted) = line.next(now) {
                match wanted {
                    Wanted::Rtp(data) => self.peer.send_rtp(kind, data).await,
                    Wanted::Rtcp(data) if self.ever_up => self.peer.send_rtcp(kind, data).await,
                    Wanted::Rtcp(_) => {}
                    Wanted::Frame(mut frame) => {
                        if self.gaps[kind as usize] && (kind == Kind::Audio || frame.keyframe) {
                            self.gaps[kind as usize] = false;
                            frame.lost_before = true;
                        }
                        if !self.gaps[kind as usize] {
                            words.push(FromBrowser::Frame { kind, frame });
                        }
                    }
                    Wanted::KeyPicture => words.push(FromBrowser::KeyPictureWanted),
                    Wanted::RateLimit { bps, by } => words.push(FromBrowser::RateLimit { bps, by }),
                    Wanted::Report { fraction_lost, rtt } => {
                        words.push(FromBrowser::Report { fraction_lost, rtt });
                    }
                    Wanted::Digit(digit) => words.push(FromBrowser::Digit(digit)),
                }
            }
        }
        words
    }

    /// The shard had no room for this frame: pictures are left out up to the next key picture.
    pub(crate) fn overflowed(&mut self, word: &FromBrowser) {
        if let FromBrowser::Frame { kind, .. } = word {
            let news = !std::mem::replace(&mut self.gaps[*kind as usize], true);
            if news && *kind == Kind::Video {
                self.want_key_picture();
            }
        }
    }

    /// Says goodbye and gives the connection back.
    pub(crate) async fn close(mut self) {
        let now = net::clock::now();
        self.lines.iter_mut().for_each(|line| line.goodbye(now));
        self.flush().await;
        for line in &self.lines {
            let counted = line.statistics();
            info!(
                kind = ?line.kind, sent = counted.sent_packets, received = counted.received,
                lost = counted.lost, damaged = counted.damaged, remote_lost = counted.remote_lost,
                key_pictures_asked = counted.key_frames_requested, key_pictures_wanted = counted.key_frames_wanted,
                "a browser's stream has ended"
            );
        }
        self.peer.close().await;
    }
}

/// What the other side shows at most: of a caller that is known its own bound, else what prompts are made in.
fn pictures(plan: &Plan, like: Option<&Media>) -> Option<Pictures> {
    let agreed = plan.stream(Kind::Video)?;
    let bound = like.and_then(|like| like.video.as_ref()).unwrap_or(agreed);
    let format = bound.video_format()?;
    // What is transcoded is the better for a better original.
    let rate_of = if bound.codec() == agreed.codec() { bound } else { agreed };
    Some(Pictures {
        width: format.size.width,
        height: format.size.height,
        fps: u32::from(format.fps),
        kbps: pictures_kbps(rate_of),
    })
}

/// The DTLS certificate of an offer (RFC 8122 §5).
fn fingerprint(offer: &str) -> Option<&str> {
    offer.lines().find_map(|line| line.strip_prefix("a=fingerprint:"))
}

/// The user fragment of an offer, which is another one when ICE restarts (RFC 8839 §4.4.1.1.1). One transport
/// carries all lines, so the first stands for all.
fn ice_user(offer: &str) -> Option<&str> {
    offer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:"))
}

/// Something that differs from talk to talk of one session.
fn seed_of(begun: Instant) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    begun.hash(&mut hasher);
    hasher.finish()
}
