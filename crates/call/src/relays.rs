//! Frames on their way from one leg of a call to another: joining two legs, passing frames on or through
//! transcoders, and what travels against the stream: wishes for key pictures, requests for AMR modes, limits of
//! bit rates.

use std::time::Duration;

use bytes::Bytes;
use media::{Codec, Frame, Kind, Now};
use tracing::{debug, warn};

use crate::bridge::{Bridge, Plan, Side, plan, plan_within};
use crate::call::{Call, Output};
use crate::leg::{CALLER, Leg};
use crate::stream::{Source, Stream, Taken};
use crate::transcode::{FromTranscoder, Relay, ToTranscoder, TranscoderId};
use crate::{LegId, limits};

/// What is known of a source beyond what was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    AsAgreed,
    /// It sends this codec.
    Codec(Codec),
    /// It does not keep to what the sink's bearer carries, holds its camera in a way that the sink cannot be told, or
    /// leaves pauses out that the sink cannot be told of.
    Unfit,
}

impl Call {
    /// Whether the subscriber and this agent can hear each other.
    pub(crate) fn can_bridge(&mut self, agent: LegId) -> bool {
        let hears = |from, to| self.plan_bridge(from, to, Kind::Audio, Found::AsAgreed).is_some();
        hears(CALLER, agent) && hears(agent, CALLER)
    }

    /// Makes `from` the source of every stream of `to`; a stream whose source cannot be decoded falls silent
    /// rather than show what nobody can see. What stands already goes on.
    pub(crate) fn join(&mut self, now: Now, from: LegId, to: LegId) {
        for kind in [Kind::Audio, Kind::Video] {
            self.join_kind(now, from, to, kind);
        }
    }

    /// The same of one kind.
    pub(crate) fn join_kind(&mut self, now: Now, from: LegId, to: LegId, kind: Kind) {
        self.connect(now, from, to, kind, Found::AsAgreed);
    }

    fn plan_bridge(&self, from: LegId, to: LegId, kind: Kind, found: Found) -> Option<Plan> {
        let side = |id| {
            let leg = self.legs.iter().find(|leg: &&Leg| leg.id == id)?;
            Some(Side { agreed: leg.agreed(kind)?, format: leg.format(kind)? })
        };
        let (source, sink) = (side(from)?, side(to)?);
        match found {
            Found::AsAgreed => plan(source, None, sink),
            Found::Codec(codec) => plan(source, Some(codec), sink),
            Found::Unfit => plan_within(source, sink),
        }
    }

    fn connect(&mut self, now: Now, from: LegId, to: LegId, kind: Kind, found: Found) {
        let captioned = self.has_caption(to, kind);
        let found = if captioned && found == Found::AsAgreed { Found::Unfit } else { found };
        let plan = self.plan_bridge(from, to, kind, found);
        let id = TranscoderId { call: self.facts.call, number: self.transcoders };
        let signs = self.signs;
        let Some(sink) = self.leg(to).and_then(|leg| leg.stream(kind)) else { return };
        sink.governor.set_signs(signs);
        if let (Source::Leg { from: own, bridge }, Some(plan)) = (&sink.source, &plan)
            && *own == from
            && bridge.is(plan)
        {
            return;
        }
        let bridge = match plan {
            Some(Plan::Passthrough) => Some(Bridge::Passthrough),
            Some(Plan::Transcode(job)) => {
                debug!(?kind, from = %job.from, to = %job.to.codec(), "is transcoded");
                let relay = Relay::new(now.mono, id, job);
                Some(Bridge::Transcode(Box::new(relay)))
            }
            None => {
                warn!(?kind, "cannot be passed on and is left out");
                None
            }
        };
        let begins = match &bridge {
            Some(Bridge::Transcode(relay)) => Some(ToTranscoder::Begin { id, job: relay.job.clone() }),
            Some(Bridge::Passthrough) | None => None,
        };
        sink.assign(now, bridge.map_or(Source::Silence, |bridge| Source::Leg { from, bridge }));
        if let Some(word) = begins {
            self.transcoders = self.transcoders.wrapping_add(1);
            self.out.push_back(Output::Transcode(word));
            if captioned {
                self.tell_caption();
            }
        }
    }

    /// Takes a frame of a leg to wherever that leg is the source.
    pub(crate) fn forward(&mut self, now: Now, origin: LegId, kind: Kind, frame: &Frame) {
        if let (CALLER, Some(echo)) = (origin, &mut self.echo) {
            echo.count(frame);
        }
        let mut found = None;
        for leg in &mut self.legs {
            let id = leg.id;
            let Some(stream) = leg.stream(kind) else { continue };
            match stream.take_from(now, origin, frame) {
                Taken::Done => {}
                Taken::Relayed(word) => self.out.push_back(Output::Transcode(word)),
                // Some answers name several codecs, and what comes is not of the first.
                Taken::Strange => found = Some((id, Found::Codec(frame.codec))),
                Taken::TooMuch | Taken::Turned | Taken::Unheard => found = Some((id, Found::Unfit)),
            }
        }
        if let Some((to, found)) = found {
            self.connect(now, origin, to, kind, found);
        }
    }

    /// A talker pauses: who hears it is told what that sounds like, or has it made by a transcoder from now on.
    pub(crate) fn forward_noise(&mut self, now: Now, origin: LegId, pts: Duration, noise: &Bytes) {
        let mut unheard = None;
        for leg in &mut self.legs {
            let id = leg.id;
            let Some(audio) = &mut leg.audio else { continue };
            match audio.take_noise(now, origin, pts, noise) {
                Taken::Relayed(word) => self.out.push_back(Output::Transcode(word)),
                Taken::Unheard => unheard = Some(id),
                Taken::Done | Taken::Strange | Taken::TooMuch | Taken::Turned => {}
            }
        }
        let Some(to) = unheard else { return };
        self.connect(now, origin, to, Kind::Audio, Found::Unfit);
        let audio = self.leg(to).and_then(|leg| leg.audio.as_mut());
        if let Some(Taken::Relayed(word)) = audio.map(|audio| audio.take_noise(now, origin, pts, noise)) {
            self.out.push_back(Output::Transcode(word));
        }
    }

    /// A word of a transcoder; of one that is over it is passed over.
    pub(crate) fn on_transcoded(&mut self, now: Now, word: FromTranscoder) {
        let id = word.id();
        let streams = self.legs.iter_mut().flat_map(Leg::streams);
        let fed = |stream: &'_ mut Stream| stream.relay().is_some_and(|relay| relay.id == id);
        let Some(stream) = { streams }.find_map(|stream| fed(stream).then_some(stream)) else { return };
        match (word, stream.relay()) {
            (FromTranscoder::Frame { frame, .. }, Some(relay)) => {
                relay.made(now.mono, &frame);
                stream.pass_on(now, &frame);
            }
            (FromTranscoder::KeyWanted { .. }, Some(relay)) => relay.upstream.want(now.mono),
            (FromTranscoder::Failed { why, .. }, _) => {
                warn!(kind = ?stream.kind, why, "cannot be transcoded and is left out");
                stream.assign(now, Source::Silence);
            }
            (FromTranscoder::Frame { .. } | FromTranscoder::KeyWanted { .. }, None) => {}
        }
    }

    /// Acts on every wish for a key picture that is due: a prompt is started again at one, a leg or a transcoder
    /// is asked. True when there was one.
    pub(crate) fn serve_key_pictures(&mut self, now: Now) -> bool {
        let mut served = false;
        for at in 0..self.legs.len() {
            let Some(stream) = self.legs[at].video.as_mut() else { continue };
            let source = stream.source.leg();
            let starved = stream.relay().is_some_and(|relay| relay.upstream.take_request(now.mono));
            let mut asks = starved;
            if starved && matches!(stream.source, Source::Drawn { .. }) {
                served = true;
                stream.repeat_key_picture(now);
            }
            if stream.keys.take_request(now.mono) {
                served = true;
                match &mut stream.source {
                    Source::Still(playout) => {
                        playout.restart_at_key(now.mono);
                        stream.keys.served();
                        stream.play_due(now);
                    }
                    Source::Prompt(_) => {
                        stream.keys.served();
                        stream.repeat_key_picture(now);
                    }
                    Source::Leg { bridge: Bridge::Passthrough, .. } => asks = true,
                    Source::Leg { bridge: Bridge::Transcode(relay), .. } | Source::Drawn { relay, .. } => {
                        self.out.push_back(Output::Transcode(ToTranscoder::Key { id: relay.id }));
                    }
                    Source::Silence | Source::Mix { .. } => {}
                }
            }
            if let Some(from) = source.filter(|_| asks) {
                served = true;
                self.ask_for_key_picture(now, from);
            }
        }
        served
    }

    /// Each party is asked for the AMR mode that the party who hears it asks for; or its transcoder is.
    pub(crate) fn pass_on_mode_requests(&mut self) {
        for at in 0..self.legs.len() {
            let id = self.legs[at].id;
            let hears = |leg: &Leg| {
                let audio = leg.audio.as_ref()?;
                let Source::Leg { from, bridge: Bridge::Passthrough } = &audio.source else { return None };
                audio.modes.as_ref().filter(|_| *from == id)?.request()
            };
            let mode = self.legs.iter().find_map(hears);
            let Some(audio) = &mut self.legs[at].audio else { continue };
            audio.carrier.request_mode(mode);
            let next = audio.modes.as_ref().map(|modes| modes.next());
            let word = next.and_then(|mode| audio.relay()?.bring_to_mode(mode));
            self.out.extend(word.map(Output::Transcode));
        }
    }

    /// Transcoders keep to what their sink may be sent now; a party whose pictures pass unchanged is asked to.
    pub(crate) fn pass_on_rates(&mut self, now: Now) {
        for at in 0..self.legs.len() {
            let id = self.legs[at].id;
            let sees = |leg: &Leg| {
                let video = leg.video.as_ref()?;
                let Source::Leg { from, bridge: Bridge::Passthrough } = &video.source else { return None };
                video.passes_at_most().filter(|_| *from == id)
            };
            let most = self.legs.iter().filter_map(sees).min();
            let Some(video) = &mut self.legs[at].video else { continue };
            video.carrier.limit_peer(now, most);
            self.out.extend(video.govern().map(Output::Transcode));
        }
    }

    /// Tells those who see and hear another party how much later the one comes than the other, so that they can show
    /// lips and voice together: what the party's own reports say, and what coding takes here.
    pub(crate) fn keep_lips_in_time(&mut self, now: Now) {
        if self.lips_at.is_some_and(|at| now.mono < at + limits::LIPS_EVERY) {
            return;
        }
        self.lips_at = Some(now.mono);
        for at in 0..self.legs.len() {
            let leg = &self.legs[at];
            let source = |stream: &Option<Stream>| stream.as_ref().and_then(|stream| stream.source.leg());
            let from = source(&leg.audio).filter(|from| source(&leg.video) == Some(*from));
            let apart = from.map_or(0, |from| self.apart(at, from));
            let ages = [apart.min(0).unsigned_abs(), apart.max(0).unsigned_abs()].map(Duration::from_nanos);
            let leg = &mut self.legs[at];
            for (stream, age) in [&mut leg.audio, &mut leg.video].into_iter().zip(ages) {
                if let Some(stream) = stream {
                    stream.carrier.set_age(age);
                }
            }
        }
    }

    /// By how many nanoseconds what the leg at `at` sees of `from` is later than what it hears.
    fn apart(&mut self, at: usize, from: LegId) -> i64 {
        let aged = |stream: &Option<Stream>| stream.as_ref().and_then(|stream| stream.carrier.age());
        let origin = self.legs.iter().find(|leg| leg.id == from);
        let ages = origin.and_then(|leg| Some((aged(&leg.audio)?, aged(&leg.video)?)));
        let arrived = ages.map_or(0, |(audio, video)| video.saturating_sub(audio));
        // Some phones report times of two clocks, which tell nothing.
        let arrived = if arrived.unsigned_abs() < limits::APART_MAX { arrived } else { 0 };
        let leg = &mut self.legs[at];
        let delay = |stream: &mut Option<Stream>| {
            let delay = stream.as_mut().and_then(|stream| stream.delay());
            delay.map_or(0, |delay| i64::try_from(delay.as_nanos()).unwrap_or(i64::MAX))
        };
        let took = delay(&mut leg.video).saturating_sub(delay(&mut leg.audio));
        arrived.saturating_add(took)
    }

    /// How much later than the sound the pictures of the worst conversation come out of this gateway, in ms.
    pub(crate) fn note_skew(&mut self) {
        for leg in &mut self.legs {
            let mut delay = |kind| leg.stream(kind).and_then(|stream| stream.delay());
            let (Some(audio), Some(video)) = (delay(Kind::Audio), delay(Kind::Video)) else { continue };
            let skew = video.as_millis() as i64 - audio.as_millis() as i64;
            let worst = self.facts.skew_ms.is_none_or(|worst| skew.abs() > worst.abs());
            if worst {
                self.facts.skew_ms = Some(skew.clamp(-limits::SKEW_MS_MAX, limits::SKEW_MS_MAX));
            }
        }
    }
}
