//! `Stream`: one medium of one leg, and the one source it plays.
//!
//! Changing what a peer sees or hears is assigning [`Source`] through [`Stream::assign`]; asking for the
//! key picture that the change needs is part of the assignment (see `picture_request`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Format, Frame, Kind, Now, Rotation, Sizes, Track};
use sdp::AgreedStream;

use crate::bridge::Bridge;
use crate::call::Output;
use crate::carrier::Carrier;
use crate::edges::Edges;
use crate::governor::Governor;
use crate::meter::Meter;
use crate::modes::Modes;
use crate::picture_request::KeyPictures;
use crate::playout::{AtEnd, Playout};
use crate::transcode::{Job, Relay, ToTranscoder, TranscoderId};
use crate::{LegId, limits};

/// Where a stream's frames come from; exactly one at a time.
#[derive(Debug)]
pub(crate) enum Source {
    /// Nothing is sent.
    Silence,
    /// A slide that is shown until something else is.
    Still(Playout),
    /// Speech or a clip, with an end.
    Prompt(Playout),
    /// The clip of a hold, with a slide drawn over it by a transcoder of its own.
    Drawn {
        /// The clip.
        playout: Playout,
        /// What draws.
        relay: Box<Relay>,
    },
    /// What two other legs say, as one sound.
    Mix {
        /// Those legs.
        parties: [LegId; 2],
        /// What mixes.
        relay: Box<Relay>,
    },
    /// What another leg of this call sends.
    Leg {
        /// That leg.
        from: LegId,
        /// How its frames get here.
        bridge: Bridge,
    },
}

/// What became of another leg's frame.
#[derive(Debug)]
pub(crate) enum Taken {
    /// Sent on, dropped, or none of this stream's business.
    Done,
    /// To be told to the shell's transcoders.
    Relayed(ToTranscoder),
    /// It is of another codec than the bridge was built for.
    Strange,
    /// Sent on; but what passes unchanged is more than the peer's bearer carries.
    TooMuch,
    /// Sent on; but it is to be turned, and the peer has no ear for that.
    Turned,
    /// The talker leaves pauses out, and the peer has no ear for that: it would hear holes.
    Unheard,
}

impl Source {
    /// The leg whose frames are sent.
    pub(crate) fn leg(&self) -> Option<LegId> {
        match self {
            Source::Leg { from, .. } => Some(*from),
            Source::Silence
            | Source::Still(_)
            | Source::Prompt(_)
            | Source::Drawn { .. }
            | Source::Mix { .. } => None,
        }
    }
}

/// One medium of one leg.
pub(crate) struct Stream {
    pub(crate) kind: Kind,
    pub(crate) agreed: AgreedStream,
    pub(crate) carrier: Carrier,
    pub(crate) source: Source,
    pub(crate) keys: KeyPictures,
    /// How fast pictures may be sent.
    pub(crate) governor: Governor,
    /// Of AMR: which mode is sent.
    pub(crate) modes: Option<Modes>,
    /// Words for its own transcoders.
    words: Vec<ToTranscoder>,
    /// Transcoders that fed it and are to be told that they are over.
    retired: Vec<TranscoderId>,
    /// What passes unchanged.
    meter: Meter,
    /// When the bridge was last found to be of another codec than what comes.
    strange_at: Option<Instant>,
}

impl Stream {
    /// A silent stream.
    pub(crate) fn new(agreed: &AgreedStream, carrier: Carrier) -> Self {
        Stream {
            kind: agreed.kind,
            agreed: agreed.clone(),
            carrier,
            source: Source::Silence,
            keys: KeyPictures::default(),
            governor: Governor::new(ceiling(agreed)),
            modes: Modes::of(agreed),
            words: Vec::new(),
            retired: Vec::new(),
            meter: Meter::default(),
            strange_at: None,
        }
    }

    /// Takes over what was agreed on anew. The peer gets a key picture; after a hold nothing before it, since
    /// what came meanwhile was not sent and is missing.
    pub(crate) fn renew(&mut self, now: Now, agreed: &AgreedStream) {
        let resumes = !self.may_send() && agreed.direction.sends();
        self.agreed = agreed.clone();
        self.modes = Modes::renewed(self.modes.as_ref(), agreed);
        self.move_ceiling();
        if self.kind == Kind::Audio {
            return;
        }
        if resumes {
            let live = self.source.leg().is_some();
            self.keys.source_changed(now.mono, live);
            if let Some(relay) = self.relay() {
                relay.upstream.source_changed(now.mono, true);
            }
        }
        // What begins a hold must not use up the request that its end needs.
        if self.may_send() {
            self.keys.want(now.mono);
        }
    }

    /// What is made for it need not stay below more than it is made for.
    fn move_ceiling(&mut self) {
        let made = self.relay().and_then(|relay| relay.job.rate_bps());
        let ceiling = ceiling(&self.agreed);
        self.governor.set_ceiling(made.map_or(ceiling, |made| made.min(ceiling)));
    }

    /// The word that has its transcoder keep to what may be sent now, if it does not yet.
    pub(crate) fn govern(&mut self) -> Option<ToTranscoder> {
        let relay = match &mut self.source {
            Source::Leg { bridge, .. } => bridge.relay()?,
            Source::Drawn { relay, .. } | Source::Mix { relay, .. } => relay,
            Source::Silence | Source::Still(_) | Source::Prompt(_) => return None,
        };
        relay.govern(&mut self.governor)
    }

    /// The most that another leg may send, if its pictures go on from here unchanged.
    pub(crate) fn passes_at_most(&self) -> Option<u32> {
        [self.agreed.bandwidth_bps, self.governor.said()].into_iter().flatten().min()
    }

    /// The peer tells how the pictures that it is sent fare.
    pub(crate) fn reported(&mut self, now: Now, fraction_lost: u8, rtt: Option<Duration>) {
        self.governor.report(now.mono, fraction_lost, rtt);
        // A slide comes in parts that build on each other, and not every decoder notices that one is missing.
        if fraction_lost > 0 && matches!(self.source, Source::Still(_)) {
            self.keys.want(now.mono);
        }
    }

    /// Makes `source` the one source from now on.
    pub(crate) fn assign(&mut self, now: Now, source: Source) {
        self.carrier.source_changed();
        // What a transcoder makes begins with a key picture by itself.
        let live = matches!(source, Source::Leg { bridge: Bridge::Passthrough, .. });
        self.keys.source_changed(now.mono, live && self.kind == Kind::Video);
        let fed_by = self.relay().map(|relay| relay.id);
        self.retired.extend(fed_by);
        self.meter = Meter::default();
        self.source = source;
        self.move_ceiling();
    }

    /// The transcoder that feeds it.
    pub(crate) fn relay(&mut self) -> Option<&mut Relay> {
        match &mut self.source {
            Source::Leg { bridge, .. } => bridge.relay(),
            Source::Drawn { relay, .. } | Source::Mix { relay, .. } => Some(relay),
            Source::Silence | Source::Still(_) | Source::Prompt(_) => None,
        }
    }

    /// How long what it sends of another leg took within this gateway; `None` when nothing does.
    pub(crate) fn delay(&mut self) -> Option<Duration> {
        match &mut self.source {
            Source::Leg { bridge: Bridge::Passthrough, .. } => Some(Duration::ZERO),
            Source::Leg { bridge: Bridge::Transcode(relay), .. } | Source::Mix { relay, .. } => relay.delay(),
            Source::Silence | Source::Still(_) | Source::Prompt(_) | Source::Drawn { .. } => None,
        }
    }

    /// The formats that its prompts are needed in now; of AMR one for each mode.
    pub(crate) fn sound_formats(&self) -> Vec<Format> {
        match &self.modes {
            Some(modes) => modes.editions(),
            None => self.agreed.audio_format().map(Format::Audio).into_iter().collect(),
        }
    }

    /// Shows a slide from now on. `pending`: octets of pictures that are still to reach the line, `None` when nothing
    /// can build on what was sent. A peer that can say when it has lost something is sent what differs from the slide
    /// before, and then the parts of the slide in turn instead of its key picture again and again.
    pub(crate) fn show(&mut self, now: Now, slide: Arc<Track>, pending: Option<usize>, edges: &mut Edges) {
        let feedback = self.agreed.feedback;
        let can_ask = feedback.pli || feedback.fir || matches!(self.carrier, Carrier::Channel(_));
        if can_ask && pending.is_some() && self.shows(&slide) {
            // Begun anew, a menu that is said again and again would never get to the last of its parts.
            return;
        }
        let edge = pending.filter(|_| can_ask).and_then(|pending| self.edge_to(&slide, pending, edges));
        let continues = edge.is_some();
        let at_end = if can_ask { AtEnd::LoopRefreshed } else { AtEnd::Loop };
        let playout = Playout::new([slide], at_end, now.mono).by_edge(edge);
        if continues {
            self.carrier.source_continues();
            self.keys.source_changed(now.mono, false);
            self.source = Source::Still(playout);
        } else {
            self.assign(now, Source::Still(playout));
        }
    }

    fn shows(&self, slide: &Arc<Track>) -> bool {
        match &self.source {
            Source::Still(playout) => playout.shown().is_some_and(|shown| Arc::ptr_eq(shown, slide)),
            Source::Silence
            | Source::Prompt(_)
            | Source::Drawn { .. }
            | Source::Mix { .. }
            | Source::Leg { .. } => false,
        }
    }

    /// Draws a slide over the clip that is shown, by a transcoder that is called `id` when there is none yet. False when
    /// no clip is shown.
    pub(crate) fn draw_over(&mut self, now: Now, id: TranscoderId, slide: Arc<Track>) -> bool {
        let Format::Video(to) = slide.format else { return false };
        let (playout, relay) = match std::mem::replace(&mut self.source, Source::Silence) {
            Source::Drawn { playout, relay } => (playout, relay),
            Source::Prompt(playout) => {
                let job = Job { from: to.codec, sizes: Sizes::Any, to: slide.format };
                self.words.push(ToTranscoder::Begin { id, job: job.clone() });
                (playout, Box::new(Relay::new(now.mono, id, job)))
            }
            other @ (Source::Silence | Source::Still(_) | Source::Mix { .. } | Source::Leg { .. }) => {
                self.source = other;
                return false;
            }
        };
        self.words.push(ToTranscoder::Overlay { id: relay.id, slide });
        self.source = Source::Drawn { playout, relay };
        self.move_ceiling();
        true
    }

    fn edge_to(&self, slide: &Arc<Track>, pending: usize, edges: &mut Edges) -> Option<Frame> {
        let Source::Still(playout) = &self.source else { return None };
        if !self.may_send() || self.keys.next_due().is_some() {
            return None;
        }
        let (data, key) = (edges.between(playout.shown()?, slide)?, slide.frames.first()?);
        // One that comes hardly sooner is not worth what a key picture mends.
        let sooner = (pending + data.len()) * 4 < key.data.len() * 3;
        sooner.then(|| Frame { keyframe: false, data, ..key.clone() })
    }

    /// Whether the peer wants to receive: not on hold, not receive-only the other way round.
    pub(crate) fn may_send(&self) -> bool {
        self.agreed.direction.sends()
    }

    /// Sends what the play-out owes by now.
    pub(crate) fn play_due(&mut self, now: Now) {
        let sends = self.may_send();
        if let Source::Drawn { playout, relay } = &mut self.source {
            while let Some(frame) = playout.pop_due(now.mono) {
                self.words.extend(relay.take(now.mono, &frame).filter(|_| sends));
            }
            return;
        }
        let (Source::Still(playout) | Source::Prompt(playout)) = &mut self.source else { return };
        loop {
            if let Some(modes) = &self.modes {
                playout.prefer(modes.next());
            }
            let Some(frame) = playout.pop_due(now.mono) else { return };
            if sends {
                if let Some(modes) = &mut self.modes {
                    modes.sent(&frame);
                }
                self.carrier.send(now, &frame);
            }
        }
    }

    /// Sends the last key picture of a clip again; the clip goes on at its next one, with its sound.
    pub(crate) fn repeat_key_picture(&mut self, now: Now) {
        let sends = self.may_send();
        if let Source::Drawn { playout, .. } = &mut self.source {
            // A clip may be one long chain, and the music of a hold does not belong to one picture of it.
            playout.restart_at_key(now.mono);
            return self.play_due(now);
        }
        let Source::Prompt(playout) = &mut self.source else { return };
        if let Some(frame) = playout.repeat_key(now.mono).filter(|_| sends) {
            self.carrier.send(now, &frame);
        }
    }

    /// Takes a frame of `origin`, if that leg is its source.
    pub(crate) fn take_from(&mut self, now: Now, origin: LegId, frame: &Frame) -> Taken {
        let (sends, codec) = (self.may_send(), self.agreed.codec());
        if let Source::Mix { parties, relay } = &mut self.source {
            let word = match parties.iter().position(|party| *party == origin).filter(|_| sends) {
                Some(0) => relay.take(now.mono, frame),
                Some(_) => Some(ToTranscoder::Beside { id: relay.id, frame: frame.clone() }),
                None => None,
            };
            return word.map_or(Taken::Done, Taken::Relayed);
        }
        let limit = self.passes_at_most().filter(|_| self.kind == Kind::Video && sends);
        let Source::Leg { from, bridge } = &mut self.source else { return Taken::Done };
        if *from != origin {
            return Taken::Done;
        }
        let expected = match bridge {
            Bridge::Passthrough => codec,
            Bridge::Transcode(relay) => relay.job.from,
        };
        if frame.codec != expected {
            let again = self.strange_at.is_some_and(|at| now.mono < at + limits::REPLAN_EVERY);
            self.strange_at = Some(now.mono).filter(|_| !again).or(self.strange_at);
            return if again { Taken::Done } else { Taken::Strange };
        }
        let Bridge::Transcode(relay) = bridge else {
            self.pass_on(now, frame);
            if frame.rotation != Rotation::None && self.agreed.orientation.send.is_none() {
                return Taken::Turned;
            }
            let above = limit.is_some_and(|limit| self.meter.is_above(now.mono, frame.data.len(), limit));
            return if above { Taken::TooMuch } else { Taken::Done };
        };
        if !sends {
            return Taken::Done;
        }
        relay.take(now.mono, frame).map_or(Taken::Done, Taken::Relayed)
    }

    /// Takes word of `origin` that its talker pauses, and of how that sounds, if that leg is its source.
    pub(crate) fn take_noise(&mut self, now: Now, origin: LegId, pts: Duration, noise: &Bytes) -> Taken {
        let sends = self.may_send();
        let Source::Leg { from, bridge } = &mut self.source else { return Taken::Done };
        if *from != origin || !sends {
            return Taken::Done;
        }
        match bridge {
            Bridge::Transcode(relay) => {
                Taken::Relayed(ToTranscoder::Noise { id: relay.id, noise: noise.clone() })
            }
            Bridge::Passthrough if self.agreed.noise_send.is_none() => Taken::Unheard,
            Bridge::Passthrough => {
                self.carrier.send_noise(now, pts, noise);
                Taken::Done
            }
        }
    }

    /// Passes on a frame of the leg that is this stream's source. Pictures wait for a key picture after a
    /// change of source: what depends on pictures the peer never had would only smear its screen.
    pub(crate) fn pass_on(&mut self, now: Now, frame: &Frame) {
        if self.may_send() && self.keys.admit(now.mono, frame) {
            if let Some(modes) = &mut self.modes {
                modes.sent(frame);
            }
            self.carrier.send(now, frame);
        }
    }

    /// Whether a prompt with an end is still being played on this stream.
    pub(crate) fn prompt_running(&self) -> bool {
        match &self.source {
            Source::Prompt(playout) => !playout.ended() && !playout.loops(),
            Source::Silence
            | Source::Still(_)
            | Source::Drawn { .. }
            | Source::Mix { .. }
            | Source::Leg { .. } => false,
        }
    }

    /// Moves what there is to send to `out`, up to the next event.
    pub(crate) fn flush(&mut self, out: &mut VecDeque<Output>) -> Option<rtp::Event> {
        out.extend(self.words.drain(..).map(Output::Transcode));
        out.extend(self.retired.drain(..).map(|id| Output::Transcode(ToTranscoder::End { id })));
        self.carrier.flush(out, self.agreed.rtcp_mux)
    }

    /// The stream is over; what it counted.
    pub(crate) fn end(&mut self, now: Now, out: &mut VecDeque<Output>) -> rtp::Statistics {
        let fed_by = self.relay().map(|relay| relay.id);
        self.retired.extend(fed_by);
        out.extend(self.words.drain(..).map(Output::Transcode));
        out.extend(self.retired.drain(..).map(|id| Output::Transcode(ToTranscoder::End { id })));
        self.source = Source::Silence;
        self.carrier.end(now, out, self.agreed.rtcp_mux)
    }

    /// When this stream has something to do: a frame is due, a report, a key picture.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let playout = match &self.source {
            Source::Still(playout) | Source::Prompt(playout) | Source::Drawn { playout, .. } => {
                playout.next_due()
            }
            Source::Silence | Source::Mix { .. } | Source::Leg { .. } => None,
        };
        let playout = match self.carrier {
            Carrier::Rtp(_) | Carrier::Web(_) => playout,
            // The circuit takes its octets every 20 ms, and what is due by then is played then: half as many wake-ups.
            Carrier::Channel(_) => playout.map(|due| due + limits::CIRCUIT_SLACK),
        };
        let starved = match &self.source {
            Source::Leg { bridge: Bridge::Transcode(relay), .. } | Source::Drawn { relay, .. } => {
                relay.upstream.next_due()
            }
            Source::Leg { bridge: Bridge::Passthrough, .. }
            | Source::Silence
            | Source::Mix { .. }
            | Source::Still(_)
            | Source::Prompt(_) => None,
        };
        [playout, self.carrier.next_due(), self.keys.next_due(), starved].into_iter().flatten().min()
    }
}

/// The most that pictures for a peer may take, in bit/s: what prompts are made for, within its bandwidth.
fn ceiling(agreed: &AgreedStream) -> u32 {
    let made = agreed.video_format().map_or(u32::MAX, |format| format.rate_bps);
    agreed.bandwidth_bps.map_or(made, |bandwidth| bandwidth.min(made))
}
