//! `show_place` of `queue`: slides that tell a caller how many are before them, and how long that may take.
//!
//! Each place has its slide, so that all can be drawn and encoded before the first call; the last one stands for all
//! places behind it. What takes their turn of the template are `values.place` and `values.wait`.

use std::time::Duration;

use crate::check::Checker;
use crate::limits;
use crate::presentation::{Places, Presentations};
use crate::read::{Fields, Reader};
use crate::scene::Scene;
use crate::text::Telling;

/// The slides as they are written in a node.
#[derive(Debug)]
pub(super) struct ShowPlace {
    scene: Scene,
    every: Duration,
    over_clip: bool,
    /// How long one caller keeps an agent busy; none where no wait is foretold.
    each: Option<Duration>,
}

impl ShowPlace {
    /// Reads the field, if it is there.
    pub(super) fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Self> {
        let (key, tree) = fields.entry("show_place")?;
        let known = ["slide", "title", "lines", "values", "every", "each", "over_clip"];
        let fields = reader.fields("`show_place`", key.span, tree, &known)?;
        fields.need(reader, "slide")?;
        let scene = Scene::read(reader, &fields);
        let mut duration =
            |name: &str| fields.get(name).and_then(|tree| reader.duration(&format!("`{name}`"), tree));
        let every = duration("every").unwrap_or(limits::SHOW_PLACE_EVERY);
        let each = duration("each");
        let over_clip = fields.get("over_clip").and_then(|tree| reader.flag("`over_clip`", tree));
        Some(ShowPlace { scene, every, each, over_clip: over_clip.unwrap_or(false) })
    }

    pub(super) fn check(&self, checker: &mut Checker<'_>) {
        self.scene.check(checker);
    }

    /// The slides as they are told now, for a queue that this many agents serve.
    pub(super) fn places(&self, telling: &Telling<'_>, agents: usize) -> Option<Places> {
        let blank = self.scene.present(telling, true).slide?;
        let slide = |place: u32| {
            let mut slide = blank.clone();
            let more = if place > limits::PLACES_SHOWN { "+" } else { "" };
            let shown = format!("{}{more}", place.min(limits::PLACES_SHOWN));
            slide.values.insert("place".to_owned(), shown);
            if let Some(each) = self.each {
                slide.values.insert("wait".to_owned(), minutes(place, each, agents).to_string());
            }
            slide
        };
        Some(Places {
            every: self.every,
            over_clip: self.over_clip,
            slides: (1..=limits::PLACES_SHOWN + 1).map(slide).collect(),
        })
    }

    pub(super) fn presentations(&self, telling: &Telling<'_>, agents: usize, all: &mut Presentations) {
        all.slides.extend(self.places(telling, agents).into_iter().flat_map(|places| places.slides));
    }
}

/// How long somebody in this place may wait, in minutes begun.
fn minutes(place: u32, each: Duration, agents: usize) -> u64 {
    let wait = each.saturating_mul(place) / u32::try_from(agents.max(1)).unwrap_or(u32::MAX);
    wait.as_secs().div_ceil(60).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_told_in_minutes_begun() {
        let each = Duration::from_secs(90);
        let wait = |place, agents| minutes(place, each, agents);
        assert_eq!((wait(1, 1), wait(2, 1), wait(3, 1), wait(3, 2), wait(1, 4)), (2, 3, 5, 3, 1));
        assert_eq!(wait(4, 0), 6, "a queue without agents counts as one of one");
    }
}
