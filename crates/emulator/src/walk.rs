//! `Walk`: presses the keys of a script, one after each page that has come to rest; the digits of a number all together.
//!
//! A page is what stands on the screen between two keys. It is at rest when nothing has changed on it for as
//! long as the [`Pace`] says; a moving one is taken as it is after a while. Where few pictures come, the gateway
//! or this machine is behind its time, or the gateway is one that repeats nothing: then the walk is more
//! patient, or it would press its key before the menu is there. No sockets, no clock: pictures are handed in
//! with the time, [`Walk::poll`] says what to do.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use media::Picture;
use rtp::Digit;

use crate::Entry;
use crate::limits::{FIRST_PICTURE_MAX, PATIENCE, SETTLE_MAX};

/// A page that has changed so often moves; a welcome that gives way to the menu changes once or twice.
const MOVING: u32 = 4;

/// What the walk wants done.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// This page was reached; `changed` is false when what was typed before it changed nothing on the screen.
    Page {
        /// 1 for the first.
        number: usize,
        /// What was typed to come to it; `None` for the first.
        entry: Option<Entry>,
        /// What it looks like.
        picture: Picture,
        /// Whether it differs from the page before.
        changed: bool,
    },
    /// Press this key.
    Press(Digit),
    /// The script is over, or no picture has come within [`FIRST_PICTURE_MAX`].
    Done,
}

/// How patient a walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long the first page must stand still: a welcome of some seconds may come before the menu.
    pub first: Duration,
    /// How long every other page must stand still.
    pub page: Duration,
    /// How long after a key the picture may stay the same before the key is taken for one that changes
    /// nothing.
    pub change_max: Duration,
    /// How often at least a gateway that is up to its time sends a picture that stands still.
    pub picture_every: Duration,
}

impl Pace {
    /// By packets a page is there within one picture.
    pub const PACKETS: Pace = Pace {
        first: Duration::from_secs(5),
        page: Duration::from_millis(600),
        change_max: Duration::from_secs(5),
        picture_every: Duration::from_millis(200),
    };
    /// On a circuit of 64 kbit/s a key picture takes about a second, and better ones follow it.
    pub const CIRCUIT: Pace = Pace {
        first: Duration::from_secs(6),
        page: Duration::from_millis(2_000),
        change_max: Duration::from_secs(8),
        picture_every: Duration::from_secs(1),
    };

    /// `time`, or more of it as long as only `seen` pictures came.
    fn watched(self, time: Duration, seen: u32) -> Duration {
        if self.picture_every * seen < time { time + PATIENCE } else { time }
    }
}

/// A script on its way.
pub struct Walk {
    pace: Pace,
    entries: VecDeque<Entry>,
    pages: usize,
    /// What was typed last.
    entry: Option<Entry>,
    /// The page before the current one.
    before: Option<Picture>,
    state: State,
    steps: VecDeque<Step>,
}

enum State {
    /// Nothing, or only the page before, has been seen since.
    Waiting { since: Instant, seen: u32 },
    /// A new page shows: how often it changed since its first picture, and pictures since its last change.
    Settling { first: Instant, changed_at: Instant, picture: Picture, changes: u32, seen_still: u32 },
    /// The last page was reached.
    Over,
}

impl Walk {
    /// A walk that begins when the call is up.
    #[must_use]
    pub fn new(now: Instant, entries: &[Entry], pace: Pace) -> Self {
        Walk {
            pace,
            entries: entries.iter().cloned().collect(),
            pages: 0,
            entry: None,
            before: None,
            state: State::Waiting { since: now, seen: 0 },
            steps: VecDeque::new(),
        }
    }

    /// A picture was received.
    pub fn see(&mut self, now: Instant, picture: &Picture) {
        match &mut self.state {
            State::Waiting { seen, .. } => {
                *seen += 1;
                if self.before.as_ref().is_none_or(|before| differs(before, picture)) {
                    let picture = picture.clone();
                    self.state =
                        State::Settling { first: now, changed_at: now, picture, changes: 0, seen_still: 0 };
                }
            }
            State::Settling { changed_at, picture: last, changes, seen_still, .. } => {
                *seen_still += 1;
                if differs(last, picture) {
                    (*changed_at, *changes, *seen_still) = (now, *changes + 1, 0);
                }
                last.clone_from(picture);
            }
            State::Over => {}
        }
    }

    /// What to do now, if anything. To be asked until it answers `None`.
    pub fn poll(&mut self, now: Instant) -> Option<Step> {
        if self.steps.is_empty() && self.due().is_some_and(|due| due <= now) {
            self.arrive(now);
        }
        self.steps.pop_front()
    }

    /// When [`Walk::poll`] will have something to do without another picture.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        match &self.state {
            State::Waiting { since, .. } if self.before.is_none() => Some(*since + FIRST_PICTURE_MAX),
            State::Waiting { since, seen } => Some(*since + self.pace.watched(self.pace.change_max, *seen)),
            State::Settling { first, changed_at, changes, seen_still, .. } => {
                let still = if self.before.is_none() { self.pace.first } else { self.pace.page };
                let at_rest = *changed_at + self.pace.watched(still, *seen_still);
                let moving = *changes >= MOVING;
                Some(if moving { at_rest.min(*first + SETTLE_MAX + still) } else { at_rest })
            }
            State::Over => None,
        }
    }

    fn arrive(&mut self, now: Instant) {
        let (picture, changed) = match std::mem::replace(&mut self.state, State::Over) {
            State::Settling { picture, .. } => (Some(picture), true),
            State::Waiting { .. } | State::Over => (self.before.clone(), false),
        };
        let Some(picture) = picture else {
            self.steps.push_back(Step::Done);
            return;
        };
        self.pages += 1;
        self.before = Some(picture.clone());
        self.steps.push_back(Step::Page { number: self.pages, entry: self.entry.take(), picture, changed });
        self.entry = self.entries.pop_front();
        match &self.entry {
            Some(entry) => {
                self.steps.extend(entry.keys().iter().map(|key| Step::Press(*key)));
                self.state = State::Waiting { since: now, seen: 0 };
            }
            None => self.steps.push_back(Step::Done),
        }
    }
}

/// Whether two pictures show different things: one pixel in 200 is clearly lighter or darker, which coding
/// noise of a still picture never makes.
fn differs(a: &Picture, b: &Picture) -> bool {
    const LUMA_STEP: u8 = 28;
    const PIXELS: usize = 200;
    if a.size != b.size {
        return true;
    }
    let changed = a.y.iter().zip(&b.y).filter(|(p, q)| p.abs_diff(**q) > LUMA_STEP).count();
    changed * PIXELS > a.y.len()
}

#[cfg(test)]
mod tests {
    use media::Size;

    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn base() -> Instant {
        Instant::now()
    }

    fn page(luma: u8) -> Picture {
        let mut picture = Picture::black(Size::QCIF);
        picture.y.fill(luma);
        picture
    }

    fn key(key: char) -> Digit {
        Digit::try_from(key).expect("a key")
    }

    /// Shows `luma(ms)` at 5 pictures/s and gives the steps with their times.
    fn walk(entries: &[Entry], luma: impl Fn(u64) -> Option<u8>) -> Vec<(u64, Step)> {
        let start = base();
        let mut walk = Walk::new(start, entries, Pace::PACKETS);
        let mut steps = Vec::new();
        for ms in (0..30_000).step_by(200) {
            let now = start + Duration::from_millis(ms);
            if let Some(luma) = luma(ms) {
                walk.see(now, &page(luma));
            }
            while let Some(step) = walk.poll(now) {
                steps.push((ms, step));
            }
        }
        steps
    }

    #[test]
    fn a_key_follows_each_page_that_stands_still_and_a_welcome_is_none() {
        let steps = walk(&[key('1').into()], |ms| {
            Some(if ms < 2_000 {
                10
            } else if ms < 8_000 {
                50
            } else {
                150
            })
        });
        let page = |number, entry, luma| Step::Page { number, entry, picture: page(luma), changed: true };
        let expected = [
            (7_000, page(1, None, 50)),
            (7_000, Step::Press(key('1'))),
            (8_600, page(2, Some(key('1').into()), 150)),
            (8_600, Step::Done),
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn the_digits_of_a_number_lead_to_one_page() {
        let pin = Entry::new(vec![key('2'), key('5')]).expect("two keys");
        let steps = walk(std::slice::from_ref(&pin), |ms| Some(if ms < 5_400 { 50 } else { 150 }));
        assert_eq!(steps[1..3], [(5_000, Step::Press(key('2'))), (5_000, Step::Press(key('5')))]);
        let page = Step::Page { number: 2, entry: Some(pin), picture: page(150), changed: true };
        assert_eq!(steps[3..], [(6_000, page), (6_000, Step::Done)]);
    }

    #[test]
    fn a_key_that_changes_nothing_is_told_as_such() {
        let steps = walk(&[key('9').into()], |_| Some(50));
        assert!(matches!(&steps[2], (10_000, Step::Page { number: 2, changed: false, .. })), "{steps:?}");
        assert_eq!(steps.last(), Some(&(10_000, Step::Done)));
    }

    #[test]
    fn a_moving_page_is_taken_as_it_is() {
        let steps = walk(&[], |ms| Some((ms / 100 * 60 % 240) as u8));
        assert!(matches!(&steps[0], (9_000, Step::Page { number: 1, .. })), "{steps:?}");
    }

    #[test]
    fn a_gateway_behind_its_time_is_waited_for() {
        // The welcome stands for four seconds of its own time; from 1.5 s to 6 s nothing of it comes.
        let steps = walk(&[key('1').into()], |ms| match ms {
            0..1_500 => Some(10),
            1_500..6_000 => None,
            6_000..9_000 => Some(10),
            _ => Some(50),
        });
        assert_eq!(steps[1], (14_000, Step::Press(key('1'))), "the menu has stood for five seconds");
        // After a key, too.
        let steps = walk(&[key('1').into()], |ms| match ms {
            0..5_200 => Some(10),
            5_200..11_000 => None,
            _ => Some(50),
        });
        assert!(matches!(&steps[2], (_, Step::Page { number: 2, changed: true, .. })), "{steps:?}");
    }

    #[test]
    fn a_gateway_that_shows_a_page_once_is_waited_for_in_vain_but_not_for_ever() {
        let steps = walk(&[key('1').into()], |ms| match ms {
            0 => Some(10),
            12_000 => Some(50),
            _ => None,
        });
        let at = |ms: u64| Duration::from_millis(ms);
        let patient = Pace::PACKETS.first + PATIENCE;
        assert_eq!(steps[1], (patient.as_millis() as u64, Step::Press(key('1'))));
        let page = at(12_000) + Pace::PACKETS.page + PATIENCE;
        assert!(matches!(&steps[2], (ms, Step::Page { changed: true, .. }) if at(*ms) == page), "{steps:?}");
    }

    #[test]
    fn a_call_without_pictures_is_given_up() {
        assert_eq!(walk(&[key('1').into()], |_| None), [(15_000, Step::Done)]);
    }
}
