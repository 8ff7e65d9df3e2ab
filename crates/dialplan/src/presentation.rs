//! What a caller is shown and told at one moment, before any codec is chosen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One moment of the service: picture and sound that start together.
///
/// The speech is spoken in order; a clip follows it. The picture is the slide's if there is one, else
/// the clip's; with a slide a clip gives only its sound. `PlayEnded` is due when the sound is over (at
/// once when there is none); the picture stays until the next presentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presentation {
    /// The still picture; none for a caller without video.
    pub slide: Option<Slide>,
    /// What is said, in order. Each part is fixed text, so that it can be encoded ahead.
    pub speech: Vec<Utterance>,
    /// A clip by file name.
    pub clip: Option<String>,
    /// Starts again from its beginning for ever; then there is no `PlayEnded`.
    pub looped: bool,
}

/// A slide template filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slide {
    /// File name of the template, such as `menu.svg`.
    pub template: String,
    /// BCP 47 tag, such as `zh-CN`.
    pub language: String,
    /// Heading; empty for none.
    pub title: String,
    /// Lines of running text.
    pub lines: Vec<String>,
    /// Menu rows.
    pub rows: Vec<Row>,
    /// Keys named at the foot of the slide.
    pub footer: Vec<Row>,
    /// Named values for the template.
    pub values: BTreeMap<String, String>,
}

/// One key with its label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row {
    /// `0`..`9`, `*` or `#`.
    pub key: String,
    /// What it does, in the caller's language.
    pub label: String,
}

/// One spoken text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Utterance {
    /// The name an operator's recording of it has: the text's own name, or `press_KEY_TEXT` for the
    /// sentence of a menu item (with `star` and `hash` for `*` and `#`).
    pub name: Option<String>,
    /// What is said.
    pub text: String,
    /// BCP 47 tag.
    pub language: String,
}

/// The slides that tell a caller who waits how many are before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The slide changes no more often than this.
    pub every: Duration,
    /// Drawn over the clip of the hold, where the slide is not black, instead of taking its turn.
    pub over_clip: bool,
    /// From the first place on; the last one is for all places behind it.
    pub slides: Vec<Slide>,
}

impl Places {
    /// The slide of a place; 1 is next.
    pub fn slide(&self, place: u32) -> Option<&Slide> {
        let at = usize::try_from(place).unwrap_or(usize::MAX).saturating_sub(1);
        self.slides.get(at).or(self.slides.last())
    }
}

/// Everything a service can ever ask for, so that it can be made before the first call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presentations {
    /// Every slide in every language, with every combination of its conditional rows.
    pub slides: BTreeSet<Slide>,
    /// Every utterance in every language.
    pub speech: BTreeSet<Utterance>,
    /// Every clip by file name.
    pub clips: BTreeSet<String>,
}

impl Presentations {
    /// Adds what `presentation` needs.
    pub(crate) fn add(&mut self, presentation: Presentation) {
        self.slides.extend(presentation.slide);
        self.speech.extend(presentation.speech);
        self.clips.extend(presentation.clip);
    }
}
