//! What callers see, judged: whether slides can be read on the screens they are drawn for, and how long callers wait for
//! them.
//!
//! Pure: whoever draws and encodes the slides says what became of them ([`Look`], [`Wait`]); this says what is wrong with
//! that, and where in the service it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::check::changes;
use crate::flow::Body;
use crate::limits;
use crate::problem::Finding;
use crate::source::Span;
use crate::{Problems, Service, Slide};

/// Size of a caller's screen in pixels. Displays as `176x144`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Screen {
    /// Across.
    pub width: u16,
    /// Down.
    pub height: u16,
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl Screen {
    /// Of a 3G phone (ITU-T H.263 §4.1), the smallest that callers have.
    pub const QCIF: Screen = Screen { width: 176, height: 144 };
}

/// One slide on a screen.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// Which slide.
    pub slide: &'a Slide,
    /// On which screen.
    pub screen: Screen,
    /// What was drawn, or why nothing was.
    pub drawn: Result<Drawn, String>,
}

/// What a person would have to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// Every line that is written.
    pub letterings: Vec<Lettering>,
    /// Texts that are there in part only, whole.
    pub cut: Vec<String>,
    /// Values that the template was given and has not looked at.
    pub spare: Vec<String>,
}

/// One line as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Lettering {
    /// What is written.
    pub text: String,
    /// Size of its type in pixels.
    pub height: f32,
    /// Contrast to its ground, 1 to 21 (WCAG 2.2).
    pub contrast: f32,
    /// How many pixels of it lie outside the picture.
    pub outside: f32,
}

/// A picture that gives way to another in a caller's call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What is seen before; nothing at a call's beginning and after a clip.
    pub from: Option<Slide>,
    /// What comes.
    pub to: Slide,
}

/// How long callers of one kind wait for a slide at most.
#[derive(Clone, Debug)]
pub struct Wait<'a> {
    /// What changes.
    pub change: &'a Change,
    /// Codec, size and way in words, such as `H263 176x144 on circuits`.
    pub format: String,
    /// What is sent until the slide is there.
    pub octets: usize,
    /// How long that takes.
    pub time: Duration,
}

/// Where slides are shown, by slide.
type Places<'a> = BTreeMap<Slide, (&'a Body, Span)>;

impl Service {
    /// Every picture that can follow another in a call, as far as is known beforehand.
    pub fn changes(&self) -> BTreeSet<Change> {
        let used = self.texts.variables();
        let mut all = BTreeSet::new();
        for flow in &self.flows {
            for language in flow.languages() {
                let asks = self.asks_of(&flow.body, language, &used);
                let shown = asks
                    .filter(|asks| !asks.all.slides.is_empty())
                    .map(|asks| (asks.node.name.value.as_str(), asks.all));
                all.extend(changes::changes(&flow.body, &shown.collect()));
            }
        }
        all
    }

    /// What is wrong with what was drawn, and with the time it takes.
    pub fn judge_pictures(&self, looks: &[Look<'_>], waits: &[Wait<'_>]) -> Problems {
        let places = self.places();
        let mut findings: Vec<Finding> =
            looks.iter().flat_map(|look| self.judge_look(look, &places)).collect();
        findings.extend(spare(looks, &places));
        let mut slowest: BTreeMap<&Slide, &Wait<'_>> = BTreeMap::new();
        for wait in waits {
            let known = slowest.entry(&wait.change.to).or_insert(wait);
            if wait.time > known.time {
                *known = wait;
            }
        }
        findings.extend(slowest.into_values().filter_map(|wait| judge_wait(wait, &places)));
        Problems::new(findings, &self.sources)
    }

    /// The node that shows a slide first, else where it is waited with, or a desk has it; with the flow.
    fn places(&self) -> Places<'_> {
        let used = self.texts.variables();
        let mut places = Places::new();
        for flow in self.flows.iter().map(|flow| &flow.body) {
            for language in flow.languages.iter().map(|language| language.value.as_str()) {
                for asks in self.asks_of(flow, language, &used) {
                    for slide in asks.all.slides {
                        places.entry(slide).or_insert((flow, asks.node.name.span));
                    }
                }
            }
            let desk = self.queues.desk.plate.iter().chain(self.queues.desk.shelf.values());
            let templates = flow.defaults.wait.iter().chain(desk).filter_map(|scene| scene.slide.as_ref());
            for template in templates {
                let shown = self.presentations.slides.iter().filter(|slide| slide.template == template.value);
                for slide in shown {
                    places.entry(slide.clone()).or_insert((flow, template.span));
                }
            }
        }
        places
    }

    fn judge_look(&self, look: &Look<'_>, places: &Places<'_>) -> Vec<Finding> {
        let (slide, screen) = (look.slide, look.screen);
        let node = places.get(slide).map(|(_, span)| *span).unwrap_or_default();
        let language = &slide.language;
        let drawn = match &look.drawn {
            Ok(drawn) => drawn,
            Err(why) => {
                let message =
                    format!("the slide {} cannot be drawn at {screen} in {language}: {why}", slide.template);
                return vec![Finding::error("slide-fails", node, message, "shown here")];
            }
        };
        let at = |text: &str| self.texts.place(language, text).unwrap_or(node);
        let finding = |code, text: &str, what: String, help: &str| {
            let message = format!("\u{201c}{text}\u{201d} {what} on a screen of {screen}");
            Finding::error(code, at(text), message, "shown like this").into_warning().help(help)
        };
        let cut = drawn.cut.iter().map(|text| {
            finding("text-cut", text, "is cut off".to_owned(), "use fewer words, or another template")
        });
        let letterings = drawn.letterings.iter().filter_map(|lettering| {
            let Lettering { text, height, contrast, outside } = lettering;
            let least = least_height(text);
            if *outside > limits::OUTSIDE_MAX {
                let what = format!("reaches {outside:.0} pixels beyond the edge");
                Some(finding("text-outside", text, what, "use fewer words, or mend the template"))
            } else if *height < least {
                let what = format!("is written {height:.1} pixels high, and {least} can be read,");
                Some(finding("small-type", text, what, "use fewer words, or mend the template"))
            } else if *contrast < limits::CONTRAST_MIN {
                let what = format!(
                    "has a contrast of {contrast:.1} to its ground, and {:.1} can be read,",
                    limits::CONTRAST_MIN
                );
                Some(finding("low-contrast", text, what, "choose other colours in the template"))
            } else {
                None
            }
        });
        cut.chain(letterings).collect()
    }
}

/// Values that a template looks at on no screen: a name that it does not know by this spelling.
fn spare(looks: &[Look<'_>], places: &Places<'_>) -> Vec<Finding> {
    let mut never: BTreeMap<&Slide, BTreeSet<&str>> = BTreeMap::new();
    for (slide, drawn) in looks.iter().filter_map(|look| Some((look.slide, look.drawn.as_ref().ok()?))) {
        let spare = drawn.spare.iter().map(String::as_str).collect();
        match never.get_mut(slide) {
            Some(known) => known.retain(|name| BTreeSet::contains(&spare, name)),
            None => drop(never.insert(slide, spare)),
        }
    }
    let named = never.into_iter().flat_map(|(slide, names)| names.into_iter().map(move |name| (slide, name)));
    let finding = |(slide, name): (&Slide, &str)| {
        let at = places.get(slide).map(|(_, span)| *span).unwrap_or_default();
        let message = format!("the template {} does not look at the value `{name}`", slide.template);
        let finding = Finding::error("unused-value", at, message, "given here").into_warning();
        finding.help("write it as the template does, or leave it out")
    };
    named.map(finding).collect()
}

fn judge_wait(wait: &Wait<'_>, places: &Places<'_>) -> Option<Finding> {
    let shown = places.get(&wait.change.to);
    let budget = shown.and_then(|(flow, _)| flow.picture_budget).unwrap_or(limits::PICTURE_BUDGET_USUAL);
    if wait.time <= budget {
        return None;
    }
    let at = shown.map(|(_, span)| *span).unwrap_or_default();
    let (time, budget, octets) = (wait.time.as_millis(), budget.as_millis(), wait.octets);
    let message = format!(
        "callers wait {time} ms for this slide ({octets} octets, {}, {}), and {budget} ms are enough",
        wait.format, wait.change.to.language
    );
    let finding = Finding::error("slow-picture", at, message, "shown here").into_warning();
    Some(finding.help("fewer rows and words, a plainer template, or set `picture_budget`"))
}

/// How high a text must be written to be read on a small screen: strokes of hanzi, kana and hangul lie closer together.
fn least_height(text: &str) -> f32 {
    if text.chars().any(|c| c >= '\u{2E80}') { limits::TYPE_MIN_DENSE } else { limits::TYPE_MIN }
}
