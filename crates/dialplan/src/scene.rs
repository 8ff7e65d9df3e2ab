//! Picture and sound of a node: the fields that menu, play, hangup and the hold of a queue share.

use crate::check::Checker;
use crate::read::{Fields, Reader};
use crate::source::Word;
use crate::step::Field;
use crate::text::Telling;
use crate::{Presentation, Row, Slide};

/// The fields for the picture.
pub(crate) const SLIDE_FIELDS: [Field; 4] = [
    Field { name: "slide", docs: "template of `media/slides`" },
    Field { name: "title", docs: "text for the heading" },
    Field { name: "lines", docs: "texts for the lines" },
    Field { name: "values", docs: "texts by the name the template knows them by" },
];

/// What is seen and heard; every word names a text, a slide or a clip.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    pub(crate) slide: Option<Word>,
    title: Option<Word>,
    lines: Vec<Word>,
    values: Vec<(Word, Word)>,
    pub(crate) say: Vec<Word>,
    pub(crate) clip: Option<Word>,
}

impl Scene {
    /// Reads whichever of the fields are there; `clip` is called `music` in a hold.
    pub(crate) fn read(reader: &mut Reader, fields: &Fields<'_>) -> Self {
        let mut word = |name: &str| fields.get(name).and_then(|tree| reader.word(&format!("`{name}`"), tree));
        let (slide, title) = (word("slide"), word("title"));
        let clip = word("clip").or_else(|| word("music"));
        let mut words = |name: &str| match fields.get(name) {
            Some(tree) => reader.words(&format!("`{name}`"), tree),
            None => Vec::new(),
        };
        let (lines, say) = (words("lines"), words("say"));
        let values = match fields.get("values") {
            Some(tree) => reader.entries("`values`", tree.span, tree).unwrap_or_default(),
            None => Vec::new(),
        };
        let values = values
            .into_iter()
            .filter_map(|(name, tree)| Some((name.clone(), reader.word("a value", tree)?)))
            .collect();
        Self { slide, title, lines, values, say, clip }
    }

    /// Whether there is nothing to see or hear.
    pub(crate) fn is_empty(&self) -> bool {
        self.slide.is_none() && self.say.is_empty() && self.clip.is_none()
    }

    /// Checks every name.
    pub(crate) fn check(&self, checker: &mut Checker<'_>) {
        if let Some(slide) = &self.slide {
            checker.slide(slide);
        }
        if let Some(clip) = &self.clip {
            checker.clip(clip);
        }
        let values = self.values.iter().map(|(_, text)| text);
        let shown: Vec<&Word> = self.title.iter().chain(&self.lines).chain(values).collect();
        if self.slide.is_none()
            && let Some(text) = shown.first()
        {
            checker.text_without_slide(text);
        }
        for text in shown.into_iter().chain(&self.say) {
            checker.text(text);
        }
    }

    /// Every text that it shows or says.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Word> {
        let values = self.values.iter().map(|(_, text)| text);
        self.title.iter().chain(&self.lines).chain(values).chain(&self.say)
    }

    /// What a caller is given. Without video there is no slide; a clip still sounds.
    pub(crate) fn present(&self, telling: &Telling<'_>, has_video: bool) -> Presentation {
        Presentation {
            slide: self.slide.as_ref().filter(|_| has_video).map(|template| Slide {
                template: template.value.clone(),
                language: telling.language().to_owned(),
                title: self.title.as_ref().map(|text| telling.shown(&text.value)).unwrap_or_default(),
                lines: self.lines.iter().map(|text| telling.shown(&text.value)).collect(),
                rows: Vec::<Row>::new(),
                footer: Vec::new(),
                values: self
                    .values
                    .iter()
                    .map(|(name, text)| (name.value.clone(), telling.shown(&text.value)))
                    .collect(),
            }),
            speech: self.say.iter().filter_map(|text| telling.utterance(&text.value)).collect(),
            clip: self.clip.as_ref().map(|clip| clip.value.clone()),
            looped: false,
        }
    }
}
