//! What a dialplan asks to be seen and heard, before and after a codec is chosen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::{Format, Frame};

/// Something to be seen or heard, before any codec is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Asset {
    /// A slide: a template of `media/slides` filled in.
    Slide {
        /// File name of the template, such as `menu.svg`.
        template: String,
        /// BCP 47 tag, such as `zh-CN`.
        language: String,
        /// What is filled in.
        values: SlideValues,
    },
    /// A spoken text: the operator's recording `media/prompts/LANGUAGE/NAME.wav` if there is one,
    /// else synthesised offline.
    Speech {
        /// Name of the text, when it has one.
        name: Option<String>,
        /// What is said.
        text: String,
        /// BCP 47 tag.
        language: String,
    },
    /// The sound of a clip of `media/clips`, by file name.
    ClipAudio(String),
    /// The pictures of a clip of `media/clips`, by file name.
    ClipVideo(String),
}

/// The values of one slide, in the shape every template can count on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlideValues {
    /// Heading; empty for none.
    pub title: String,
    /// Lines of running text.
    pub lines: Vec<String>,
    /// Menu rows: key and label.
    pub rows: Vec<Row>,
    /// Keys named at the foot of the slide.
    pub footer: Vec<Row>,
    /// Named values of the node.
    pub values: BTreeMap<String, String>,
}

/// One key of a menu with its label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row {
    /// `0`..`9`, `*` or `#`.
    pub key: String,
    /// What the key does, in the caller's language.
    pub label: String,
}

/// An asset in one codec with one set of parameters: what a cache is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetKey {
    /// What.
    pub asset: Asset,
    /// In which encoding.
    pub format: Format,
}

/// An encoded prompt or slide, shared by every call that plays it.
///
/// The first frame is a key picture with `pts` zero; `pts` ascends; a track may be looped from its
/// end to its start. A slide's track is a few seconds of the same picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Codec and parameters of every frame.
    pub format: Format,
    /// In order of `pts`.
    pub frames: Arc<[Frame]>,
    /// From the start of the first to the end of the last frame.
    pub duration: Duration,
    /// The frame that follows the last one when the track is looped for a peer that asks for key pictures by itself:
    /// 0, or 1 where the frames from there on say again all that the first one shows.
    pub loop_from: usize,
    /// Every call that shows it is given this very track; else it was made for one.
    pub shared: bool,
}

impl Track {
    /// A track of all calls, looped from its first frame.
    #[must_use]
    pub fn new(format: Format, frames: Arc<[Frame]>, duration: Duration) -> Self {
        Track { format, frames, duration, loop_from: 0, shared: true }
    }
}
