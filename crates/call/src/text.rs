//! What caller and agent write to each other: between browsers as text, to any other caller drawn into the agent's picture
//! for as long as it takes to be read.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::{AssetKey, Format, Kind, Now, Size, Track};
use tracing::debug;

use crate::call::{Call, Output};
use crate::leg::CALLER;
use crate::transcode::ToTranscoder;
use crate::web::ToBrowser;
use crate::{LegId, limits};

/// A text on its way into the caller's picture, or in it.
#[derive(Debug)]
pub(crate) struct Caption {
    key: AssetKey,
    lasts: Duration,
    /// What follows it.
    rest: VecDeque<String>,
    /// Once it is drawn.
    slide: Option<Arc<Track>>,
    until: Option<Instant>,
}

impl Call {
    /// Somebody writes; of whoever is not talking it is nothing.
    pub(crate) fn on_text(&mut self, now: Now, from: LegId, text: &str) {
        let Some(agent) = self.agent() else { return };
        let length = text.chars().count();
        if !(1..=limits::TEXT_CHARS_MAX).contains(&length) || text.chars().any(char::is_control) {
            return;
        }
        let word = || ToBrowser::Text { text: text.to_owned() };
        match from {
            CALLER => self.say(agent, word),
            from if from != agent => {}
            _ if self.leg(CALLER).is_some_and(|leg| leg.session().is_some()) => self.say(CALLER, word),
            _ => {
                let small = self.leg(CALLER).and_then(|leg| leg.video_format());
                let small = small.is_some_and(|format| format.size.width < Size::CIF.width);
                let room = if small { limits::TEXT_ROOM_SMALL } else { limits::TEXT_ROOM };
                self.end_caption(now);
                self.write_into_picture(parts(text, room));
            }
        }
    }

    /// The first of these, and then the others.
    fn write_into_picture(&mut self, mut rest: VecDeque<String>) {
        let format = self.leg(CALLER).and_then(|leg| leg.video_format());
        let Some(text) = rest.pop_front() else { return };
        let (Some(format), Some(slide)) = (format, self.run.run.caption(&text)) else { return };
        let length = text.chars().count();
        let key = AssetKey { asset: crate::slide(&slide), format: Format::Video(format) };
        let reading = limits::TEXT_SHOWN_FOR_EACH * u32::try_from(length).unwrap_or(u32::MAX);
        let lasts = reading.clamp(limits::TEXT_SHOWN_LEAST, limits::TEXT_SHOWN_MOST);
        self.caption = Some(Caption { key: key.clone(), lasts, rest, slide: None, until: None });
        self.out.push_back(Output::Fetch(key));
    }

    /// Shows the text that was drawn for this; one that cannot be drawn is left out.
    pub(crate) fn show_caption(&mut self, now: Now, key: &AssetKey, track: Option<&Arc<Track>>) {
        let Some(caption) = self.caption.as_mut().filter(|caption| caption.key == *key) else { return };
        let (Some(track), true) = (track, caption.until.is_none()) else { return };
        caption.slide = Some(Arc::clone(track));
        caption.until = Some(now.mono + caption.lasts);
        debug!("a text is drawn into the caller's picture");
        self.draw_caption(now);
    }

    /// Whether the caller's picture is to be drawn upon, whatever codecs there are.
    pub(crate) fn has_caption(&self, to: LegId, kind: Kind) -> bool {
        let shown = self.caption.as_ref().is_some_and(|caption| caption.slide.is_some());
        to == CALLER && kind == Kind::Video && shown
    }

    /// Has the agent's picture go through a transcoder that draws the text upon it.
    fn draw_caption(&mut self, now: Now) {
        let source = self.leg(CALLER).and_then(|leg| leg.video.as_ref()?.source.leg());
        let before = self.transcoders;
        if let Some(from) = source {
            self.join_kind(now, from, CALLER, Kind::Video);
        }
        // One that was begun was told of it already.
        if before == self.transcoders {
            self.tell_caption();
        }
    }

    /// Tells the transcoder of the caller's picture what to draw.
    pub(crate) fn tell_caption(&mut self) {
        let slide = self.caption.as_ref().and_then(|caption| caption.slide.clone());
        let video = self.leg(CALLER).and_then(|leg| leg.video.as_mut());
        let relay = video.filter(|video| video.source.leg().is_some()).and_then(|video| video.relay());
        if let (Some(slide), Some(id)) = (slide, relay.map(|relay| relay.id)) {
            self.out.push_back(Output::Transcode(ToTranscoder::Overlay { id, slide }));
        }
    }

    /// When the text has been there long enough.
    pub(crate) fn caption_due(&self) -> Option<Instant> {
        self.caption.as_ref()?.until
    }

    pub(crate) fn check_caption(&mut self, now: Now) {
        if self.caption_due().is_none_or(|due| due > now.mono) {
            return;
        }
        let rest = self.caption.as_mut().map(|caption| std::mem::take(&mut caption.rest)).unwrap_or_default();
        // What is drawn stays until the next part is.
        match (rest.is_empty(), &mut self.caption) {
            (false, Some(caption)) => {
                caption.until = None;
                let shown = caption.slide.take();
                self.write_into_picture(rest);
                if let Some(caption) = &mut self.caption {
                    caption.slide = shown;
                }
            }
            _ => self.end_caption(now),
        }
    }

    /// The picture is the agent's alone again.
    fn end_caption(&mut self, now: Now) {
        let Some(Caption { slide: Some(_), .. }) = self.caption.take() else { return };
        let video = self.leg(CALLER).and_then(|leg| leg.video.as_mut());
        let relay = video.filter(|video| video.source.leg().is_some()).and_then(|video| video.relay());
        if let Some(id) = relay.map(|relay| relay.id) {
            self.out.push_back(Output::Transcode(ToTranscoder::EndOverlay { id }));
        }
        if let Some(from) = self.leg(CALLER).and_then(|leg| leg.video.as_ref()?.source.leg()) {
            self.join_kind(now, from, CALLER, Kind::Video);
        }
    }
}

/// A text in parts that fit a picture with room for so many Latin letters, cut between words where there are any. A
/// Chinese character takes the room of two letters.
fn parts(text: &str, room: usize) -> VecDeque<String> {
    let mut parts = VecDeque::new();
    let (mut part, mut used) = (String::new(), 0);
    for word in text.split_inclusive(' ') {
        let width = |char: char| if char.is_ascii() { 1 } else { 2 };
        if used + word.chars().map(width).sum::<usize>() > room && !part.is_empty() {
            parts.push_back(std::mem::take(&mut part));
            used = 0;
        }
        for char in word.chars() {
            if used + width(char) > room {
                parts.push_back(std::mem::take(&mut part));
                used = 0;
            }
            part.push(char);
            used += width(char);
        }
    }
    parts.push_back(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_long_text_comes_in_parts_and_nothing_of_it_is_lost() {
        assert_eq!(parts("one two three", 8), ["one two ", "three"]);
        assert_eq!(parts("国际漫游资费", 8), ["国际漫游", "资费"]);
        assert_eq!(parts("incomprehensibilities", 8), ["incompre", "hensibil", "ities"]);
        assert_eq!(parts("short", 80), ["short"]);
        for text in ["a b  c 国际", &"word ".repeat(60)] {
            assert_eq!(parts(text, 9).into_iter().collect::<String>(), text);
        }
    }
}
