//! `Playout`: one stream's walk through encoded tracks, paced by the clock it is handed.
//!
//! It owns no timer and no socket: [`Playout::pop_due`] yields what is due, [`Playout::next_due`] says
//! when to come back. Several play-outs that start at the same instant stay together, because each frame
//! is due at `start + pts` whatever happened before it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::{Format, Frame, Track, amr};

use crate::limits;

/// What happens when the last track has been played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtEnd {
    /// Report the end once and fall silent.
    Stop,
    /// Begin again with the first track.
    Loop,
    /// The same, from where a track says that it may be looped for who asks for key pictures.
    LoopRefreshed,
}

/// A track, of AMR in several modes: frame by frame the same sound.
#[derive(Debug)]
pub(crate) struct Piece {
    /// Its place in the list that was handed in.
    ordinal: usize,
    /// Never empty.
    editions: Vec<Arc<Track>>,
}

/// A list of tracks being played on one stream.
#[derive(Debug)]
pub(crate) struct Playout {
    tracks: VecDeque<Piece>,
    at_end: AtEnd,
    /// The AMR mode that is wanted.
    mode: u8,
    /// When frame zero of the current track is (or was) due.
    track_start: Instant,
    /// Next frame of the current track.
    next: usize,
    /// Presentation time of the current track's frame zero, counted from the start of the play-out.
    pts_base: Duration,
    /// Takes the place of the very first picture, for whoever shows what was played before.
    edge: Option<Frame>,
    /// The next frame must be a key picture: after a restart in the middle of a clip.
    skip_to_key: bool,
    /// Where it was stopped in the current track, while it is.
    stopped: Option<Duration>,
    ended: bool,
}

impl Playout {
    /// Plays `tracks` in order, the first frame due at `start`. Without tracks it has ended at once.
    pub(crate) fn new(tracks: impl IntoIterator<Item = Arc<Track>>, at_end: AtEnd, start: Instant) -> Self {
        Playout::of_editions(tracks.into_iter().map(|track| vec![track]), at_end, start)
    }

    /// The same of tracks that are there in several modes, or in none: then what cannot be played is left out.
    pub(crate) fn of_editions(
        tracks: impl IntoIterator<Item = Vec<Arc<Track>>>,
        at_end: AtEnd,
        start: Instant,
    ) -> Self {
        let piece = |(ordinal, mut editions): (usize, Vec<Arc<Track>>)| {
            editions.retain(|track| !track.frames.is_empty());
            (!editions.is_empty()).then_some(Piece { ordinal, editions })
        };
        let tracks: VecDeque<_> = tracks.into_iter().enumerate().filter_map(piece).collect();
        let ended = tracks.is_empty();
        Playout {
            tracks,
            at_end,
            mode: amr::MODE_MAX,
            track_start: start,
            next: 0,
            pts_base: Duration::ZERO,
            edge: None,
            skip_to_key: false,
            stopped: None,
            ended,
        }
    }

    /// The first picture is `edge`, which says the same to whoever shows what was played before.
    pub(crate) fn by_edge(mut self, edge: Option<Frame>) -> Self {
        self.edge = edge;
        self
    }

    /// The slide that is shown, once its key picture, or the edge that led to it, has been handed out.
    pub(crate) fn shown(&self) -> Option<&Arc<Track>> {
        self.track().filter(|_| self.next > 0 && !self.skip_to_key)
    }

    /// The next frame of AMR is to be of `mode`. Where there is none, one of a lower mode takes its place,
    /// else one of the next higher.
    pub(crate) fn prefer(&mut self, mode: u8) {
        self.mode = mode;
    }

    /// Another edition of the track that was handed in as number `ordinal`, from its next frame on.
    pub(crate) fn add_edition(&mut self, ordinal: usize, track: &Arc<Track>) {
        let piece = self.tracks.iter_mut().find(|piece| piece.ordinal == ordinal);
        if let Some(piece) = piece.filter(|_| !track.frames.is_empty()) {
            piece.editions.push(Arc::clone(track));
        }
    }

    fn track(&self) -> Option<&Arc<Track>> {
        self.tracks.front().map(|piece| piece.edition(self.mode))
    }

    /// When the next frame, or the end of the last track, is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let track = self.track().filter(|_| !self.ended && self.stopped.is_none())?;
        Some(match track.frames.get(self.next) {
            Some(frame) => self.track_start + frame.pts,
            None => self.track_start + track.duration,
        })
    }

    /// The next frame whose time has come, on the play-out's own time line.
    ///
    /// A shard that was held up sends at most [`limits::CATCH_UP`] of the past and skips the rest, so
    /// that a hiccup does not become a burst.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Frame> {
        while self.next_due()? <= now {
            let track = Arc::clone(self.track()?);
            let Some(frame) = track.frames.get(self.next) else {
                self.finish_track(track.duration);
                continue;
            };
            let late = now.saturating_duration_since(self.track_start + frame.pts);
            if late > limits::CATCH_UP && self.at_end == AtEnd::LoopRefreshed {
                self.restart_at_key(now);
                continue;
            }
            self.next += 1;
            let decodable = frame.keyframe || !self.skip_to_key;
            if late > limits::CATCH_UP || !decodable {
                self.skip_to_key |= !frame.keyframe || late > limits::CATCH_UP;
                continue;
            }
            self.skip_to_key = false;
            let frame = self.edge.take().unwrap_or_else(|| frame.clone());
            return Some(Frame { pts: self.pts_base + frame.pts, ..frame });
        }
        None
    }

    /// Begins the track again, and so with a key picture; for a slide, which no sound goes with.
    pub(crate) fn restart_at_key(&mut self, now: Instant) {
        self.pts_base += now.saturating_duration_since(self.track_start);
        self.track_start = now;
        self.next = 0;
        self.edge = None;
        self.skip_to_key = false;
    }

    /// The last key picture once more, for a clip, whose sound must not be left behind. What follows it
    /// cannot be decoded by who has missed pictures, so it is left out up to the next key picture.
    pub(crate) fn repeat_key(&mut self, now: Instant) -> Option<Frame> {
        let track = self.track().filter(|_| !self.ended)?;
        let key = track.frames.get(..self.next)?.iter().rfind(|frame| frame.keyframe)?.clone();
        let pts = self.pts_base + now.saturating_duration_since(self.track_start);
        self.skip_to_key = true;
        Some(Frame { pts, ..key })
    }

    /// How far the current track has been played.
    pub(crate) fn position(&self, now: Instant) -> Duration {
        self.stopped.unwrap_or_else(|| now.saturating_duration_since(self.track_start))
    }

    /// Stands still from now on, up to [`Playout::go_on`].
    pub(crate) fn stop(&mut self, now: Instant) {
        self.stopped = Some(self.position(now));
    }

    /// The same for good: nobody waits for its end any more.
    pub(crate) fn freeze(&mut self, now: Instant) {
        self.stop(now);
        self.at_end = AtEnd::Loop;
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// Goes on where it was stopped. What it was stopped for is missing from its time line.
    pub(crate) fn go_on(&mut self, now: Instant) {
        if let Some(position) = self.stopped.take() {
            self.track_start = now.checked_sub(position).unwrap_or(now);
        }
    }

    /// Where the current track can be entered to be near `wanted`: the key picture at or before it, but on the same side
    /// of `from`; else the next one behind it, else the end.
    pub(crate) fn entry(&self, from: Duration, wanted: Duration) -> Duration {
        let Some(track) = self.track() else { return wanted };
        let keys = || track.frames.iter().filter(|frame| frame.keyframe).map(|frame| frame.pts);
        let before = keys().take_while(|key| *key <= wanted).last();
        let ahead = |key: &Duration| wanted <= from || *key > from;
        let behind = || keys().find(|key| *key > wanted);
        if wanted >= track.duration {
            return track.duration;
        }
        before.filter(ahead).or_else(behind).unwrap_or(track.duration)
    }

    /// Goes on from `position` of the current track, on a time line of its own. Pictures have to begin at a key picture.
    pub(crate) fn go_to(&mut self, now: Instant, position: Duration) {
        let Some(track) = self.track() else { return };
        self.next = track.frames.partition_point(|frame| frame.pts < position);
        (self.stopped, self.edge, self.skip_to_key) = (None, None, false);
        self.track_start = now.checked_sub(position).unwrap_or(now);
    }

    /// Whether everything has been played; never true for a loop.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Whether it goes on for ever.
    pub(crate) fn loops(&self) -> bool {
        self.at_end != AtEnd::Stop
    }

    fn finish_track(&mut self, lasted: Duration) {
        self.track_start += lasted;
        self.pts_base += lasted;
        self.next = 0;
        let finished = self.tracks.pop_front();
        match self.at_end {
            AtEnd::Loop => self.tracks.extend(finished),
            AtEnd::LoopRefreshed => {
                self.tracks.extend(finished);
                self.pass_over_key();
            }
            AtEnd::Stop => self.ended = self.tracks.is_empty(),
        }
    }

    /// Begins the track where it says that it may be looped, now.
    fn pass_over_key(&mut self) {
        let Some(track) = self.track() else { return };
        let from = track.loop_from;
        let Some(skipped) = track.frames.get(from).map(|frame| frame.pts) else { return };
        self.next = from;
        self.track_start = self.track_start.checked_sub(skipped).unwrap_or(self.track_start);
        self.pts_base = self.pts_base.saturating_sub(skipped);
    }
}

impl Piece {
    fn edition(&self, wanted: u8) -> &Arc<Track> {
        let rank = |track: &&Arc<Track>| match mode(track) {
            // Within: the highest first. Above: the lowest first, after all of those.
            mode if mode <= wanted => wanted - mode,
            mode => mode,
        };
        let above = |track: &&Arc<Track>| mode(track) > wanted;
        let best = self.editions.iter().min_by_key(|track| (above(track), rank(track)));
        best.expect("a piece has an edition")
    }
}

/// The mode of an edition; 0 of all other codecs, which have one edition.
fn mode(track: &Track) -> u8 {
    match track.format {
        Format::Audio(audio) => audio.amr_mode.unwrap_or(0),
        Format::Video(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::{AudioFormat, Codec, Format};

    use super::*;

    fn track(frames: u32, key_every: u32) -> Arc<Track> {
        let step = Duration::from_millis(20);
        let frames: Vec<_> = (0..frames)
            .map(|n| Frame::new(Codec::Pcmu, step * n, step, n % key_every == 0, Bytes::from_static(b"x")))
            .collect();
        let duration = step * frames.len() as u32;
        Arc::new(Track::new(Format::Audio(AudioFormat::new(Codec::Pcmu)), frames.into(), duration))
    }

    #[allow(clippy::disallowed_methods)]
    fn base() -> Instant {
        Instant::now()
    }

    fn run(playout: &mut Playout, start: Instant, ms: u64) -> Vec<(u64, u64)> {
        let mut got = Vec::new();
        while let Some(due) = playout.next_due().filter(|due| *due <= start + Duration::from_millis(ms)) {
            while let Some(frame) = playout.pop_due(due) {
                got.push(((due - start).as_millis() as u64, frame.pts.as_millis() as u64));
            }
        }
        got
    }

    #[test]
    fn plays_each_frame_at_its_time_and_ends_after_the_last_lasted() {
        let start = base();
        let mut playout = Playout::new([track(2, 1), track(1, 1)], AtEnd::Stop, start);
        assert_eq!(run(&mut playout, start, 59), [(0, 0), (20, 20), (40, 40)]);
        assert!(!playout.ended());
        assert_eq!(run(&mut playout, start, 60), []);
        assert!(playout.ended());
        assert_eq!(playout.next_due(), None);
    }

    #[test]
    fn a_loop_goes_on_without_a_gap() {
        let start = base();
        let mut playout = Playout::new([track(2, 1)], AtEnd::Loop, start);
        assert_eq!(run(&mut playout, start, 80), [(0, 0), (20, 20), (40, 40), (60, 60), (80, 80)]);
    }

    #[test]
    fn a_slide_begins_again_when_a_key_picture_is_wanted() {
        let start = base();
        let mut playout = Playout::new([track(100, 100)], AtEnd::Loop, start);
        run(&mut playout, start, 50);
        let now = start + Duration::from_millis(55);
        playout.restart_at_key(now);
        let frame = playout.pop_due(now).unwrap();
        assert!(frame.keyframe);
        assert_eq!(frame.pts, Duration::from_millis(55), "the time line never goes back");
    }

    fn refreshed() -> Arc<Track> {
        Arc::new(Track { loop_from: 1, ..(*track(5, 5)).clone() })
    }

    #[test]
    fn a_slide_that_is_refreshed_goes_round_without_its_key_picture() {
        let start = base();
        let mut playout = Playout::new([refreshed()], AtEnd::LoopRefreshed, start);
        let mut keys = Vec::new();
        for n in 0..12 {
            let now = start + Duration::from_millis(20 * n);
            let frame = playout.pop_due(now).expect("one each 20 ms");
            assert_eq!(frame.pts, now - start);
            assert!(playout.shown().is_some());
            keys.extend(frame.keyframe.then_some(n));
        }
        assert_eq!(keys, [0]);
        playout.restart_at_key(start + Duration::from_millis(240));
        assert!(playout.pop_due(start + Duration::from_millis(240)).is_some_and(|frame| frame.keyframe));
    }

    #[test]
    fn a_slide_that_is_refreshed_begins_anew_after_a_long_hiccup() {
        let start = base();
        let mut playout = Playout::new([refreshed()], AtEnd::LoopRefreshed, start);
        run(&mut playout, start, 50);
        let now = start + Duration::from_millis(1_955);
        assert!(playout.pop_due(now).is_some_and(|frame| frame.keyframe && frame.pts == now - start));
        assert!(playout.pop_due(now).is_none());
    }

    #[test]
    fn a_clip_repeats_its_key_picture_and_stays_with_its_sound() {
        let start = base();
        let mut playout = Playout::new([track(100, 50)], AtEnd::Loop, start);
        run(&mut playout, start, 410);
        let frame = playout.repeat_key(start + Duration::from_millis(415)).unwrap();
        assert!(frame.keyframe);
        assert_eq!(frame.pts, Duration::from_millis(415));
        assert_eq!(run(&mut playout, start, 1_020), [(1_000, 1_000), (1_020, 1_020)]);
    }

    #[test]
    fn after_a_long_hiccup_it_resumes_at_a_key_picture_instead_of_bursting() {
        let start = base();
        let mut playout = Playout::new([track(200, 50)], AtEnd::Stop, start);
        let now = start + Duration::from_millis(1_900);
        let mut frames = Vec::new();
        while let Some(frame) = playout.pop_due(now) {
            frames.push(frame);
        }
        assert!(frames.is_empty(), "frames of the past are skipped up to the next key picture");
        assert_eq!(run(&mut playout, start, 2_020).first(), Some(&(2_000, 2_000)));
    }

    fn edition(mode: u8) -> Arc<Track> {
        let step = Duration::from_millis(20);
        let data = Bytes::from(vec![mode << 3 | 4]);
        let frames: Vec<_> =
            (0..5).map(|n| Frame::new(Codec::Amr, step * n, step, true, data.clone())).collect();
        Arc::new(Track::new(Format::Audio(AudioFormat::amr(mode)), frames.into(), step * 5))
    }

    #[test]
    fn the_edition_may_change_with_every_frame_and_the_time_line_does_not() {
        let start = base();
        let pieces = [vec![edition(7), edition(2)], Vec::new(), vec![edition(7)]];
        let mut playout = Playout::of_editions(pieces, AtEnd::Stop, start);
        let mut heard = Vec::new();
        for (n, wanted) in [7, 2, 0, 4, 7, 2, 2].into_iter().enumerate() {
            if n == 6 {
                playout.add_edition(1, &edition(2));
                playout.add_edition(2, &edition(2));
            }
            playout.prefer(wanted);
            let now = start + Duration::from_millis(20 * n as u64);
            let frame = playout.pop_due(now).expect("a frame");
            assert_eq!(frame.pts, now - start);
            assert!(playout.pop_due(now).is_none());
            heard.push(amr::mode(&frame.data).expect("speech"));
        }
        assert_eq!(heard, [7, 2, 2, 2, 7, 7, 2], "what there is: below before above");
    }

    #[test]
    fn it_stands_still_while_it_is_stopped_and_goes_on_with_the_next_frame() {
        let start = base();
        let at = |ms| start + Duration::from_millis(ms);
        let mut playout = Playout::new([track(5, 5)], AtEnd::Stop, start);
        assert_eq!(run(&mut playout, start, 30), [(0, 0), (20, 20)]);
        playout.stop(at(30));
        assert_eq!((playout.next_due(), playout.pop_due(at(5_000))), (None, None));
        assert!(playout.is_stopped() && !playout.ended());
        playout.go_on(at(5_000));
        assert_eq!(playout.position(at(5_000)), Duration::from_millis(30));
        assert_eq!(run(&mut playout, start, 5_050), [(5_010, 40), (5_030, 60), (5_050, 80)]);
        assert_eq!(run(&mut playout, start, 5_070), []);
        assert!(playout.ended());
    }

    #[test]
    fn it_is_entered_at_key_pictures_and_ends_at_its_end() {
        let start = base();
        let ms = Duration::from_millis;
        let mut playout = Playout::new([track(10, 4)], AtEnd::Stop, start);
        let entry = |from, wanted| playout.entry(ms(from), ms(wanted)).as_millis();
        assert_eq!((entry(0, 90), entry(0, 160), entry(100, 190)), (80, 160, 160));
        assert_eq!((entry(90, 130), entry(170, 190), entry(0, 200)), (160, 200, 200), "never the wrong way");
        assert_eq!((entry(190, 170), entry(100, 0)), (160, 0));
        playout.go_to(start + ms(7), ms(80));
        assert_eq!(run(&mut playout, start, 50), [(7, 80), (27, 100), (47, 120)]);
        playout.stop(start + ms(50));
        playout.go_to(start + ms(60), ms(200));
        assert_eq!(run(&mut playout, start, 60), []);
        assert!(playout.ended());
    }

    #[test]
    fn nothing_to_play_has_ended() {
        assert!(Playout::new([], AtEnd::Loop, base()).ended());
    }
}
