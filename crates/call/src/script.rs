//! Carrying out what the dialplan run asks for: presentations on the subscriber's leg, queues, hanging up.
//!
//! A presentation is fetched whole before it starts, so that its picture and its sound begin at the same
//! instant and stay together; a key that arrives meanwhile simply replaces it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dialplan::{Action, Presentation};
use media::{Asset, AssetKey, Format, Now, Row, SlideValues, Track};
use tracing::{debug, info, warn};

use crate::agent_leg::Entry;
use crate::call::{Call, Output};
use crate::cdr::{CallBack, Cause};
use crate::leg::CALLER;
use crate::modes::Modes;
use crate::playout::{AtEnd, Playout};
use crate::stream::{Source, Stream};
use crate::web::ToBrowser;
use crate::{Live, limits};

/// The presentation on the subscriber's leg.
pub(crate) struct Showing {
    presentation: Presentation,
    plan: Plan,
    phase: Phase,
    /// A picture over a conversation, whose sound goes on.
    over: bool,
}

enum Phase {
    /// Some tracks are still being fetched; it starts without the rest at the deadline.
    Loading { deadline: Instant, tracks: BTreeMap<AssetKey, Option<Arc<Track>>> },
    /// Started; the run waits for `PlayEnded` unless it loops.
    Running { end_owed: bool },
}

/// The encoded pieces of a presentation, in the formats of the subscriber's streams.
#[derive(Default)]
struct Plan {
    /// What is heard, one after another: what is said, and the sound of the clip.
    sounds: Vec<Asset>,
    /// How much of it is said.
    speech: usize,
    /// In which formats that is had: of AMR an edition for each mode that is needed.
    editions: Vec<Format>,
    clip_video: Option<AssetKey>,
    slide: Option<AssetKey>,
}

impl Plan {
    fn keys(&self) -> impl Iterator<Item = AssetKey> {
        let sounds = self.editions.iter().flat_map(|format| self.in_format(*format));
        sounds.chain(self.clip_video.clone()).chain(self.slide.clone())
    }

    fn in_format(&self, format: Format) -> impl Iterator<Item = AssetKey> {
        self.sounds.iter().map(move |asset| AssetKey { asset: asset.clone(), format })
    }
}

impl Showing {
    /// Whether it has started.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }

    /// Whether nothing more of it is waited for.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Running { end_owed: false })
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        match self.phase {
            Phase::Loading { deadline, .. } => Some(deadline),
            Phase::Running { .. } => None,
        }
    }
}

impl Call {
    /// Hands `event` to the dialplan run and does what it then asks for.
    pub(crate) fn advance(&mut self, now: Now, event: dialplan::Event) {
        if self.parting.is_some() || !self.run.has_begun() {
            return;
        }
        self.run.run.handle_input(now.mono, event);
        for _ in 0..limits::ACTIONS_PER_EVENT {
            if self.ended {
                return;
            }
            match self.run.run.poll_output() {
                Action::Enter { flow, node, .. } => {
                    debug!(flow, node, "enters");
                    self.facts.enter(&node);
                    let (call, at) = (self.facts.call, now.wall);
                    self.out.push_back(Output::Live(Live::Node { call, flow, node, at }));
                }
                Action::Play(presentation) => {
                    self.cover_place();
                    self.present(now, presentation);
                }
                Action::Queue { queue, priority, stars, waiting, places } => {
                    self.present(now, waiting.clone());
                    let priority = acd::Priority { base: priority.base, per_minute: priority.per_minute };
                    self.enter_queue(now, Entry { queue, priority, stars, waiting, places });
                }
                Action::Wind(wind) => self.wind(now, wind),
                Action::Echo => {
                    if !self.begin_echo(now) {
                        self.tell_run(now, dialplan::Event::Echoed(None));
                    }
                }
                Action::EndEcho => {
                    let quality = self.end_echo(now);
                    self.tell_run(now, dialplan::Event::Echoed(quality));
                }
                Action::Hold { waiting, places } => {
                    self.uncover_place(places);
                    self.present(now, waiting);
                }
                Action::LeaveQueue => self.leave_queue(now),
                Action::CallBack { queue, number } => {
                    info!(queue, "wants to be called back");
                    self.facts.callback = Some(CallBack { queue, number });
                }
                Action::Transfer { to, waiting, ring_timeout } => {
                    self.present(now, waiting);
                    self.begin_transfer(now, to, ring_timeout);
                }
                Action::Notify { to, text } => self.write(now, &to, text),
                Action::Ordered(ordered) => self.note_order(now, ordered),
                // The phone rings since the INVITE came.
                Action::Ring => {}
                Action::Decline(why) => self.decline_caller(now, why),
                Action::Ask(question) => {
                    let service = self.run.run.service().clone();
                    self.out.push_back(Output::Ask { service, question });
                }
                Action::Doubt { span, message } => {
                    warn!(%span, message, "a text is told with its plain values");
                }
                Action::Hangup => return self.end(now, Cause::Completed),
                Action::Timeout(due) => {
                    self.run_due = due;
                    return;
                }
            }
        }
        warn!("the flow goes on without ever waiting; the call is ended");
        self.end(now, Cause::Fault);
    }

    /// Hands a run that has not started something that makes it ask at most.
    pub(crate) fn ask_early(&mut self, now: Now, event: dialplan::Event) {
        let run = &mut self.run.run;
        run.handle_input(now.mono, event);
        for _ in 0..limits::ACTIONS_PER_EVENT {
            match run.poll_output() {
                Action::Ask(question) => {
                    let service = run.service().clone();
                    self.out.push_back(Output::Ask { service, question });
                }
                Action::Timeout(_) => return,
                // Nothing else comes of a flow that has not started.
                _ => {}
            }
        }
    }

    /// A connector has answered, perhaps before the call is.
    pub(crate) fn on_answer(&mut self, now: Now, answer: dialplan::Event) {
        if self.run.has_begun() { self.advance(now, answer) } else { self.ask_early(now, answer) }
    }

    /// Answers the run at once, before anything else happens.
    fn tell_run(&mut self, now: Now, event: dialplan::Event) {
        if self.run.has_begun() {
            self.run.run.handle_input(now.mono, event);
        }
    }

    /// Replaces what the subscriber sees and hears. The old sound stops at once, the old picture stays
    /// until the new one is there.
    pub(crate) fn present(&mut self, now: Now, presentation: Presentation) {
        self.end_echo(now);
        let plan = self.plan(&presentation);
        let leg = self.legs.iter_mut().find(|leg| leg.id == CALLER);
        let (audio, video) = leg.map(|leg| (leg.audio.as_mut(), leg.video.as_mut())).unwrap_or_default();
        if let Some(audio) = audio {
            audio.assign(now, Source::Silence);
        }
        if let Some(video) = video {
            video.freeze(now);
        }
        self.caption(&presentation);
        self.load(now, presentation, plan, false);
    }

    /// Replaces what the subscriber sees, and nothing of what they hear.
    pub(crate) fn show_over(&mut self, now: Now, presentation: Presentation) {
        let Plan { clip_video, slide, .. } = self.plan(&presentation);
        self.load(now, presentation, Plan { clip_video, slide, ..Plan::default() }, true);
    }

    fn load(&mut self, now: Now, presentation: Presentation, plan: Plan, over: bool) {
        let wanted: Vec<_> = plan.keys().collect();
        let phase = Phase::Loading { deadline: now.mono + limits::LOADING_LONGEST, tracks: BTreeMap::new() };
        self.showing = Some(Showing { presentation, plan, phase, over });
        self.place_is_hidden(now);
        self.out.extend(wanted.into_iter().map(Output::Fetch));
        self.check_showing(now);
    }

    /// Tells a browser in words what it is about to see and hear.
    fn caption(&mut self, presentation: &Presentation) {
        let run = &self.run.run;
        let (node, language) = (run.node().unwrap_or_default().to_owned(), run.language().to_owned());
        self.say(CALLER, || ToBrowser::Showing { node, text: words(presentation), language });
    }

    /// Starts the presentation from its beginning, after the streams have changed.
    pub(crate) fn present_again(&mut self, now: Now) {
        // Whoever sees them now may have seen nothing of what was sent before.
        if let Some(video) = self.leg(CALLER).and_then(|leg| leg.video.as_mut()) {
            video.assign(now, Source::Silence);
        }
        if let Some(showing) = &self.showing {
            let presentation = showing.presentation.clone();
            self.present(now, presentation);
        }
    }

    /// The subscriber wants another AMR mode: what is lacking for it is fetched, and meanwhile what there is
    /// goes on.
    pub(crate) fn fetch_editions(&mut self) {
        let modes = self.leg(CALLER).and_then(|leg| leg.audio.as_ref()?.modes.as_ref());
        let (Some(wanted), Some(showing)) = (modes.map(Modes::editions), &mut self.showing) else { return };
        for format in wanted {
            if !showing.plan.editions.contains(&format) {
                self.out.extend(showing.plan.in_format(format).map(Output::Fetch));
                showing.plan.editions.push(format);
            }
        }
    }

    /// A track has come, or will not come.
    pub(crate) fn on_track(&mut self, now: Now, key: AssetKey, track: Option<Arc<Track>>) {
        self.show_place(now, &key, track.as_ref());
        self.show_caption(now, &key, track.as_ref());
        let Some(showing) = &mut self.showing else { return };
        if track.is_none() {
            warn!(asset = ?key.asset, format = ?key.format, "is not there; the presentation goes on without it");
        }
        match (&mut showing.phase, track) {
            (Phase::Loading { tracks, .. }, track) => {
                tracks.insert(key, track);
            }
            (Phase::Running { .. }, Some(track)) => self.add_edition(&key.asset, &track),
            (Phase::Running { .. }, None) => {}
        }
        self.check_showing(now);
    }

    /// What is being played can go on in another mode.
    fn add_edition(&mut self, asset: &Asset, track: &Arc<Track>) {
        let Some(showing) = &self.showing else { return };
        let leg = self.legs.iter_mut().find(|leg| leg.id == CALLER);
        let Some(audio) = leg.and_then(|leg| leg.audio.as_mut()) else { return };
        if let (Source::Prompt(playout), Format::Audio(_)) = (&mut audio.source, track.format) {
            let sounds = showing.plan.sounds.iter().enumerate();
            sounds.filter(|(_, own)| *own == asset).for_each(|(at, _)| playout.add_edition(at, track));
        }
    }

    /// Starts what has been loaded, reports the end of what has been played; true when there was such.
    pub(crate) fn check_showing(&mut self, now: Now) -> bool {
        let Some(showing) = &mut self.showing else { return false };
        match &mut showing.phase {
            Phase::Loading { deadline, tracks } => {
                let complete = showing.plan.keys().all(|key| tracks.contains_key(&key));
                let starts = complete || *deadline <= now.mono;
                if starts {
                    let tracks = std::mem::take(tracks);
                    self.start_showing(now, &tracks);
                }
                starts
            }
            Phase::Running { end_owed } => {
                let ended = *end_owed && !self.playing();
                if ended {
                    self.report_play_ended(now);
                }
                ended
            }
        }
    }

    fn start_showing(&mut self, now: Now, tracks: &BTreeMap<AssetKey, Option<Arc<Track>>>) {
        let Some(showing) = &mut self.showing else { return };
        let get = |key: &AssetKey| tracks.get(key).and_then(Option::clone);
        let plan = &showing.plan;
        let editions = |asset: &Asset| {
            let keys = plan.editions.iter().map(|format| AssetKey { asset: asset.clone(), format: *format });
            keys.filter_map(|key| get(&key)).collect::<Vec<_>>()
        };
        let sounds: Vec<_> = plan.sounds.iter().map(editions).collect();
        let said = sounds[..plan.speech].iter().filter_map(|editions| editions.first());
        let clip_start = now.mono + said.map(|track| track.duration).sum::<Duration>();
        let clip_video = showing.plan.clip_video.as_ref().and_then(get);
        let slide = showing.plan.slide.as_ref().and_then(get);
        let (looped, over) = (showing.presentation.looped, showing.over);
        showing.phase = Phase::Running { end_owed: !looped };
        let at_end = if looped { AtEnd::Loop } else { AtEnd::Stop };

        let Some(leg) = self.legs.iter_mut().find(|leg| leg.id == CALLER) else { return };
        if let Some(audio) = leg.audio.as_mut().filter(|_| !over) {
            let playout = Playout::of_editions(sounds, at_end, now.mono);
            audio.assign(now, Source::Prompt(playout));
            audio.play_due(now);
        }
        let pending = leg.circuit.as_ref().map_or(Some(0), |circuit| circuit.pictures_pending());
        if let Some(video) = &mut leg.video {
            match (slide, clip_video) {
                (Some(slide), _) => video.show(now, slide, pending, &mut self.edges),
                (None, Some(clip)) => {
                    video.assign(now, Source::Prompt(Playout::new([clip], at_end, clip_start)));
                }
                // Sound alone: the picture stays.
                (None, None) => {}
            }
            video.play_due(now);
        }
        self.check_showing(now);
    }

    fn playing(&mut self) -> bool {
        self.leg(CALLER).is_some_and(|leg| leg.streams().any(|stream| stream.prompt_running()))
    }

    fn report_play_ended(&mut self, now: Now) {
        if let Some(showing) = &mut self.showing {
            showing.phase = Phase::Running { end_owed: false };
        }
        match self.agent() {
            Some(_) => self.desk_played(now),
            None => self.advance(now, dialplan::Event::PlayEnded),
        }
    }

    fn plan(&mut self, presentation: &Presentation) -> Plan {
        let mut plan = Plan::default();
        let Some(leg) = self.leg(CALLER) else { return plan };
        plan.editions = leg.audio.as_ref().map(Stream::sound_formats).unwrap_or_default();
        if !plan.editions.is_empty() {
            plan.speech = presentation.speech.len();
            plan.sounds = presentation.speech.iter().map(speech).collect();
            plan.sounds.extend(presentation.clip.clone().map(Asset::ClipAudio));
        }
        if let Some(format) = leg.video_format() {
            let format = Format::Video(format);
            plan.slide = presentation.slide.as_ref().map(|shown| AssetKey { asset: slide(shown), format });
            let clip = presentation.clip.clone().filter(|_| presentation.slide.is_none());
            plan.clip_video = clip.map(|name| AssetKey { asset: Asset::ClipVideo(name), format });
        }
        plan
    }

    /// Begins the flow, unless what carries the media is yet to be set up: a prompt must not play into the void.
    pub(crate) fn begin_run(&mut self, now: Now) {
        let circuit = self.leg(CALLER).and_then(|leg| leg.circuit.as_ref());
        if circuit.is_none_or(|circuit| circuit.is_up()) {
            self.start_run(now);
        }
    }

    /// Media can flow for the first time: the flow begins.
    pub(crate) fn start_run(&mut self, now: Now) {
        debug!("answered");
        self.facts.answered.get_or_insert(now.wall);
        let mut early = Vec::new();
        if let Some(keys) = self.run.early.take() {
            early = keys;
            let has_video = self.legs.first().is_some_and(|leg| leg.video.is_some());
            self.run.run.answer(has_video, now.wall);
        }
        self.advance(now, dialplan::Event::Start);
        for key in early {
            self.advance(now, dialplan::Event::Digit(key));
        }
    }
}

/// What is said, else what the slide says.
fn words(presentation: &Presentation) -> String {
    let said: Vec<&str> = presentation.speech.iter().map(|said| said.text.as_str()).collect();
    match &presentation.slide {
        Some(slide) if said.is_empty() => {
            let lines = std::iter::once(&slide.title).chain(&slide.lines).filter(|line| !line.is_empty());
            lines.map(String::as_str).collect::<Vec<_>>().join(" ")
        }
        Some(_) | None => said.join(" "),
    }
}

/// An utterance of the dialplan as an asset of the library.
#[must_use]
pub fn speech(said: &dialplan::Utterance) -> Asset {
    Asset::Speech { name: said.name.clone(), text: said.text.clone(), language: said.language.clone() }
}

/// A slide of the dialplan as an asset of the library.
#[must_use]
pub fn slide(shown: &dialplan::Slide) -> Asset {
    let rows = |rows: &[dialplan::Row]| {
        rows.iter().map(|row| Row { key: row.key.clone(), label: row.label.clone() }).collect()
    };
    Asset::Slide {
        template: shown.template.clone(),
        language: shown.language.clone(),
        values: SlideValues {
            title: shown.title.clone(),
            lines: shown.lines.clone(),
            rows: rows(&shown.rows),
            footer: rows(&shown.footer),
            values: shown.values.clone(),
        },
    }
}
