//! The subscriber's place in a queue, as a slide that takes the turn of the hold's picture.
//!
//! The pool tells each change of place; the slide follows, no more often than the flow says. Sound goes on. Where the
//! flow wants it, the slide is drawn over the hold's clip instead, for which each caller who waits has a transcoder.

use std::sync::Arc;
use std::time::Instant;

use media::{AssetKey, Format, Now, Track};

use crate::call::{Call, Output};
use crate::leg::CALLER;
use crate::limits;
use crate::stream::Source;
use crate::transcode::TranscoderId;

/// What a subscriber who waits is shown of their place.
pub(crate) struct Board {
    places: dialplan::Places,
    /// As the pool said last; 1 is next.
    place: Option<u32>,
    /// Whose slide is shown or being fetched.
    shown: Option<u32>,
    fetching: Option<AssetKey>,
    /// When the slide was last changed, and when it is to be.
    changed: Option<Instant>,
    due: Option<Instant>,
    /// The subscriber looks at something else while waiting.
    covered: bool,
}

impl Board {
    pub(crate) fn new(places: dialplan::Places) -> Self {
        Board { places, place: None, shown: None, fetching: None, changed: None, due: None, covered: false }
    }

    /// The pool says which place it is.
    pub(crate) fn note(&mut self, now: Instant, place: u32) {
        self.place = Some(place);
        let changes = self.shown != Some(place);
        self.due = changes.then(|| self.changed.map_or(now, |at| now.max(at + self.places.every)));
    }
}

impl Call {
    /// When another slide is to be shown.
    pub(crate) fn place_due(&self) -> Option<Instant> {
        self.queueing.as_ref()?.board.as_ref().filter(|board| !board.covered)?.due
    }

    /// Something takes the turn of the hold while the subscriber waits on.
    pub(crate) fn cover_place(&mut self) {
        let board = self.queueing.as_mut().and_then(|queueing| queueing.board.as_mut());
        board.into_iter().for_each(|board| board.covered = true);
    }

    /// The hold is to be shown again, with these slides, which may be in another language.
    pub(crate) fn uncover_place(&mut self, places: Option<dialplan::Places>) {
        let board = self.queueing.as_mut().and_then(|queueing| queueing.board.as_mut());
        if let (Some(board), Some(places)) = (board, places) {
            (board.places, board.covered) = (places, false);
        }
    }

    /// Something else is about to be shown; the place comes over it again.
    pub(crate) fn place_is_hidden(&mut self, now: Now) {
        let board = self.queueing.as_mut().and_then(|queueing| queueing.board.as_mut());
        if let Some(board) = board {
            (board.shown, board.fetching) = (None, None);
            board.due = board.place.map(|_| now.mono);
        }
    }

    /// Asks for the slide that is due, once the hold has started.
    pub(crate) fn swap_place(&mut self, now: Now) {
        if self.place_due().is_none_or(|due| due > now.mono) {
            return;
        }
        let started = self.showing.as_ref().map(|showing| showing.is_running());
        let format = self.leg(CALLER).and_then(|leg| leg.video_format());
        let Some(board) = self.queueing.as_mut().and_then(|queueing| queueing.board.as_mut()) else { return };
        board.due = None;
        match (started, format) {
            // Talking, or nothing to see by: the next word of the pool, or the next hold, comes here again.
            (None, _) | (_, None) => {}
            (Some(false), Some(_)) => board.due = Some(now.mono + limits::PLACE_AGAIN_AFTER),
            (Some(true), Some(format)) => {
                board.shown = board.place;
                board.changed = Some(now.mono);
                let slide = board.place.and_then(|place| board.places.slide(place));
                let Some(slide) = slide else { return };
                let key = AssetKey { asset: crate::slide(slide), format: Format::Video(format) };
                board.fetching = Some(key.clone());
                self.out.push_back(Output::Fetch(key));
            }
        }
    }

    /// Shows the slide that was fetched for this; a track that cannot be had leaves the picture as it is.
    pub(crate) fn show_place(&mut self, now: Now, key: &AssetKey, track: Option<&Arc<Track>>) {
        let board = self.queueing.as_mut().and_then(|queueing| queueing.board.as_mut());
        let Some(board) = board.filter(|board| board.fetching.as_ref() == Some(key)) else { return };
        board.fetching = None;
        let (Some(track), Some(_)) = (track, &self.showing) else { return };
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.id == CALLER) else { return };
        let over_clip = board.places.over_clip;
        let id = TranscoderId { call: self.facts.call, number: self.transcoders };
        if over_clip && leg.video.as_mut().is_some_and(|video| video.draw_over(now, id, Arc::clone(track))) {
            self.transcoders = self.transcoders.wrapping_add(1);
            return;
        }
        let pending = leg.circuit.as_ref().map_or(Some(0), |circuit| circuit.pictures_pending());
        let Some(video) = leg.video.as_mut() else { return };
        if !matches!(video.source, Source::Leg { .. }) {
            video.show(now, Arc::clone(track), pending, &mut self.edges);
            video.play_due(now);
        }
    }
}
