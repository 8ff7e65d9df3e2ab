//! `queue`: the caller waits for a video agent and talks to them.
//!
//! What is seen and heard meanwhile is the queue's `hold` in queues.yaml, or the step's own `hold`.

use super::priority::{Points, Stars};
use super::show_place::ShowPlace;
use super::while_waiting::{Deed, Keys};
use super::{Cue, Field, Kind, Next, Outcome, Part, Step, Way};
use crate::check::Checker;
use crate::queues::read_hold;
use crate::read::{Fields, Reader};
use crate::run::{QueueEntry, Stage};
use crate::scene::Scene;
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;
use crate::{Presentation, Presentations, QueueOutcome};

pub(super) static KIND: Kind = Kind {
    name: "queue",
    docs: "Puts the caller into a queue of queues.yaml, and through to an agent when one is free.",
    fields: &[&[
        Field { name: "name", docs: "the queue" },
        Field {
            name: "hold",
            docs: "instead of the queue's: `{ clip }` or `{ slide, title, lines, values, music }`",
        },
        Field {
            name: "priority",
            docs: "`{ base, per_minute: 10 }`: points at entry, an expression, and what each minute of waiting adds; who has the most is next",
        },
        Field { name: "stars", docs: "the caller's level, an expression: 1 to 5; whoever answers sees it" },
        Field {
            name: "show_place",
            docs: "shows the caller's place over the hold's sound: `{ slide, title, lines, values, every: 10s, each: 2m, over_clip: true }`; the slide gets `values.place`, and with `each`, how long one caller takes an agent, `values.wait` in minutes; with `over_clip` it is drawn over the hold's clip where it is not black",
        },
        Field {
            name: "while_waiting",
            docs: "`\"key\": { run, with }`, a flow that is walked while the place is kept, or `\"key\": target`",
        },
    ]],
    outcomes: &[
        Outcome { name: "served", docs: "the agent ended the conversation", waits: true },
        Outcome { name: "timeout", docs: "waited for `wait_max`", waits: true },
        Outcome { name: "full", docs: "`capacity` callers are waiting", waits: false },
        Outcome { name: "closed", docs: "nobody works in it now", waits: false },
        Outcome { name: "no_agents", docs: "none of its agents could be reached", waits: false },
        Outcome {
            name: "failed",
            docs: "the pool of agents did not take the caller, or the agent vanished",
            waits: false,
        },
        Outcome { name: CALLBACK, docs: "the caller pressed a key that leads to `$callback`", waits: true },
        Outcome {
            name: WITHHELD,
            docs: "the same, but the caller's number is withheld; by `$repeat` they wait on in their place",
            waits: true,
        },
    ],
    example: "queue:
  name: video-general
  exits: { served: bye, timeout: sorry, full: sorry, closed: sorry, no_agents: sorry, failed: sorry }",
    read,
};

/// Outcomes that come about only where a key leads to `$callback`.
const CALLBACK: &str = "callback";
const WITHHELD: &str = "invalid";

#[derive(Debug)]
struct Queue {
    name: Word,
    hold: Option<Scene>,
    show_place: Option<ShowPlace>,
    priority: Points,
    stars: Stars,
    keys: Keys,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let name = fields.need(reader, "name").and_then(|tree| reader.word("`name`", tree));
    let hold = fields.entry("hold").and_then(|(key, tree)| read_hold(reader, key.span, tree));
    let show_place = ShowPlace::read(reader, fields);
    let priority = Points::read(reader, fields);
    let stars = Stars::read(reader, fields);
    let keys = Keys::read(reader, fields);
    let exits = Exits::read(reader, "a queue", fields, KIND.outcomes);
    Some(Box::new(Queue { name: name?, hold, show_place, priority, stars, keys, exits }))
}

impl Queue {
    fn waiting(&self, telling: &Telling<'_>, queues: &Queues, has_video: bool) -> Presentation {
        let hold = self.hold.as_ref().or_else(|| queues.hold(&self.name.value));
        let presentation = hold.map(|hold| hold.present(telling, has_video)).unwrap_or_default();
        Presentation { looped: true, ..presentation }
    }
}

impl Queue {
    /// A caller who waits has pressed a key.
    fn press<'a>(&'a self, stage: &mut Stage<'_>, key: char) -> Next<'a> {
        let Some(deed) = self.keys.get(key) else { return Next::Wait };
        stage.attended();
        match deed {
            Deed::Run(part) => Next::Part(part),
            Deed::Go(to) => Next::Go(to),
            Deed::CallBack if stage.call_back(&self.name.value) => Next::Outcome(CALLBACK),
            Deed::CallBack => Next::Outcome(WITHHELD),
        }
    }

    fn agents(&self, queues: &Queues) -> usize {
        queues.queues.get(&self.name.value).map_or(0, |queue| queue.agents.len())
    }
}

impl Step for Queue {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn ways(&self) -> Vec<Way<'_>> {
        self.keys.ways()
    }

    fn asides(&self) -> Vec<&Part> {
        self.keys.parts()
    }

    fn has_outcome(&self, outcome: &str) -> bool {
        self.keys.can_call_back() || ![CALLBACK, WITHHELD].contains(&outcome)
    }

    fn check(&self, checker: &mut Checker<'_>) {
        checker.queue(&self.name);
        if let Some(hold) = self.hold.as_ref().or_else(|| checker.queues().hold(&self.name.value)) {
            hold.check(checker);
        }
        if let Some(show_place) = &self.show_place {
            show_place.check(checker);
        }
        self.priority.check(checker);
        self.stars.check(checker);
        self.keys.check(checker);
    }

    fn presentations(&self, telling: &Telling<'_>, queues: &Queues, all: &mut Presentations) {
        all.add(self.waiting(telling, queues, true));
        if let Some(show_place) = &self.show_place {
            show_place.presentations(telling, self.agents(queues), all);
        }
    }

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        let telling = stage.telling();
        let waiting = self.waiting(&telling, stage.queues(), stage.has_video());
        let show_place = self.show_place.as_ref().filter(|_| stage.has_video());
        let places =
            show_place.and_then(|show_place| show_place.places(&telling, self.agents(stage.queues())));
        let scope = stage.scope();
        let entry = QueueEntry {
            priority: self.priority.now(&scope),
            stars: self.stars.now(&scope),
            waiting,
            places,
        };
        stage.enter_queue(&self.name.value, entry, telling);
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Queue(outcome) => {
                if outcome == QueueOutcome::Served {
                    stage.attended();
                }
                Next::Outcome(outcome_name(outcome))
            }
            Cue::Key(key) if stage.waits() => self.press(stage, key),
            Cue::Key(_)
            | Cue::PlayEnded
            | Cue::Time
            | Cue::Transferred(_)
            | Cue::Answered(_)
            | Cue::Notified(_)
            | Cue::Echoed => Next::Wait,
        }
    }
}

fn outcome_name(outcome: QueueOutcome) -> &'static str {
    match outcome {
        QueueOutcome::Served => "served",
        QueueOutcome::Timeout => "timeout",
        QueueOutcome::Full => "full",
        QueueOutcome::Closed => "closed",
        QueueOutcome::NoAgents => "no_agents",
        QueueOutcome::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, seeing};

    #[test]
    fn every_outcome_of_the_pool_is_an_outcome_of_the_step() {
        use QueueOutcome::{Closed, Failed, Full, NoAgents, Served, Timeout};
        for outcome in [Served, Timeout, Full, Closed, NoAgents, Failed] {
            assert!(KIND.outcomes.iter().any(|known| known.name == outcome_name(outcome)), "{outcome:?}");
        }
        assert_eq!(KIND.outcomes.len(), 8, "and two of `$callback`");
    }

    const EXITS: &str = "exits: { served: bye, timeout: bye, full: main, closed: bye, no_agents: bye }";

    #[test]
    fn holds_until_the_pool_says_how_it_ended() {
        let nodes = format!(
            "  main: {{ menu: {{ items: {{ \"1\": {{ say: one, to: wait }} }} }} }}\n  wait: {{ queue: {{ name: video, {EXITS} }} }}\n"
        );
        check(&nodes, seeing(), "1", "main (one=1) wait <video hold.mp4>");
        check(&nodes, seeing(), "12#.s", "main (one=1) wait <video hold.mp4> bye END");
        check(&nodes, seeing(), "1f", "main (one=1) wait <video hold.mp4> main (one=1)");
    }

    #[test]
    fn own_hold_comes_before_that_of_the_queue() {
        let exits = EXITS.replace("full: main", "full: bye");
        let nodes = format!(
            "  main: {{ queue: {{ name: video, hold: {{ slide: page.svg, title: hi, music: clip.mp4 }}, {exits} }} }}\n"
        );
        check(&nodes, seeing(), "", "main <video page.svg HI clip.mp4>");
    }

    #[test]
    fn stars_are_those_of_the_caller() {
        let exits = EXITS.replace("full: main", "full: bye");
        let stars = |field: &str| {
            let service = crate::testing::service(&format!(
                "  main: {{ set: {{ vars: {{ times: 4 }}, next: wait }} }}\n  wait: {{ queue: {{ name: video, {field} {exits} }} }}\n"
            ));
            let mut run = crate::Run::new(service.clone(), service.flows()[0].id(), seeing(), 0);
            run.handle_input(crate::testing::some_time(), crate::Event::Start);
            std::iter::repeat_with(|| run.poll_output()).take(5).find_map(|action| match action {
                crate::Action::Queue { stars, .. } => Some(stars),
                _ => None,
            })
        };
        assert_eq!(stars("stars: times,"), Some(Some(4)));
        assert_eq!(stars("stars: times + 7,"), Some(Some(5)), "no more than there are");
        assert_eq!(stars("stars: times - 4,"), Some(None), "none is no level");
        assert_eq!(stars(""), Some(None));
    }

    #[test]
    fn points_are_those_of_the_moment_of_entry() {
        let exits = EXITS.replace("full: main", "full: bye");
        let nodes = |priority: &str| {
            format!(
                "  main: {{ set: {{ vars: {{ times: 4 }}, next: wait }} }}\n  wait: {{ queue: {{ name: video, {priority} {exits} }} }}\n"
            )
        };
        let points = |fields: &str| {
            let service = crate::testing::service(&nodes(fields));
            let mut run = crate::Run::new(service.clone(), service.flows()[0].id(), seeing(), 0);
            run.handle_input(crate::testing::some_time(), crate::Event::Start);
            std::iter::repeat_with(|| run.poll_output()).take(5).find_map(|action| match action {
                crate::Action::Queue { priority, .. } => Some((priority.base, priority.per_minute)),
                _ => None,
            })
        };
        assert_eq!(points("priority: { base: 10 * times, per_minute: 3 },"), Some((40, 3)));
        assert_eq!(points("priority: { base: times },"), Some((4, 10)));
        assert_eq!(points(""), Some((0, 10)), "all gain equally fast unless a step says otherwise");
    }

    /// A queue whose keys do everything that they can.
    fn with_keys() -> String {
        let keys = r##""1": { run: ask, with: { times: 3, pack: 30GB } }, "2": $callback, "3": { to: main }, "*": $language, "5": { run: ask, with: { times: 0, pack: 10GB } }"##;
        let exits = EXITS.replace("no_agents: bye", "no_agents: bye, callback: bye");
        format!(
            "  main: {{ menu: {{ items: {{ \"1\": {{ say: one, to: wait }} }} }} }}\n  wait: {{ queue: {{ name: video, while_waiting: {{ {keys} }}, {exits} }} }}\n"
        )
    }

    const WAITS: &str = "main (one=1) wait <video hold.mp4>";
    const PAGES: &str = "main keys (one=1 two=2 two=9 two=*)";

    #[test]
    fn a_flow_is_walked_while_the_place_is_kept() {
        let nodes = with_keys();
        check(&nodes, seeing(), "117", &format!("{WAITS} {PAGES} keys (one=1 two=2 two=9 two=*)"));
        check(&nodes, seeing(), "111", &format!("{WAITS} {PAGES} wait <hold.mp4>"));
        check(&nodes, seeing(), "15", &format!("{WAITS} main wait <hold.mp4>"));
        // The language that was chosen there goes on, and each time it begins anew.
        check(&nodes, seeing(), "11111", &format!("{WAITS} {PAGES} wait <hold.mp4> {PAGES} wait <hold.mp4>"));
        check(&nodes, seeing(), "111s", &format!("{WAITS} {PAGES} wait <hold.mp4> bye END"));
    }

    #[test]
    fn the_flow_is_left_at_once_when_the_wait_is_over_or_an_agent_answers() {
        let nodes = with_keys();
        check(&nodes, seeing(), "11s", &format!("{WAITS} {PAGES} bye END"));
        check(&nodes, seeing(), "11f", &format!("{WAITS} {PAGES} main (one=1)"));
        // To the agent the caller may say whatever keys they like.
        check(&nodes, seeing(), "11a123*s", &format!("{WAITS} {PAGES} bye END"));
        check(&nodes, seeing(), "11aw", &format!("{WAITS} {PAGES} wait <hold.mp4>"));
        check(&nodes, seeing(), "1a3w3", &format!("{WAITS} wait <hold.mp4> LEFT main (one=1)"));
    }

    #[test]
    fn other_keys_leave_the_queue_or_stay_in_the_node() {
        let nodes = with_keys();
        check(&nodes, seeing(), "17#*", &format!("{WAITS} wait <hold.mp4>"));
        check(&nodes, seeing(), "13s", &format!("{WAITS} LEFT main (one=1)"));
        check(&nodes, seeing(), "12", &format!("{WAITS} !video 138! LEFT bye END"));
        let withheld = crate::Facts { caller: None, ..seeing() };
        check(&nodes, withheld, "12s", &format!("{WAITS} wait <hold.mp4> bye END"));
    }

    #[test]
    fn each_place_has_its_slide_and_all_are_known_ahead() {
        let place = "show_place: { slide: page.svg, title: hi, every: 5s, each: 90s }";
        let exits = EXITS.replace("full: main", "full: bye");
        let nodes = format!("  main: {{ queue: {{ name: video, {place}, {exits} }} }}\n");
        let service = crate::testing::service(&nodes);
        let mut run = crate::Run::new(service.clone(), service.flows()[0].id(), seeing(), 0);
        run.handle_input(crate::testing::some_time(), crate::Event::Start);
        let places = std::iter::repeat_with(|| run.poll_output()).take(5).find_map(|action| match action {
            crate::Action::Queue { places, .. } => places,
            crate::Action::Enter { .. }
            | crate::Action::Transfer { .. }
            | crate::Action::Ring
            | crate::Action::Notify { .. }
            | crate::Action::Ordered(_)
            | crate::Action::Decline(_)
            | crate::Action::Play(_)
            | crate::Action::Hold { .. }
            | crate::Action::LeaveQueue
            | crate::Action::Wind(_)
            | crate::Action::Echo
            | crate::Action::EndEcho
            | crate::Action::CallBack { .. }
            | crate::Action::Ask(_)
            | crate::Action::Doubt { .. }
            | crate::Action::Hangup
            | crate::Action::Timeout(_) => None,
        });
        let places = places.expect("they are shown");
        let values = |place: u32| {
            let slide = places.slide(place).expect("any place");
            (slide.values["place"].clone(), slide.values["wait"].clone())
        };
        let value = |place: &str, wait: &str| (place.to_owned(), wait.to_owned());
        assert_eq!((values(1), values(3)), (value("1", "2"), value("3", "5")));
        assert_eq!(
            (values(10), values(11), values(500)),
            (value("10", "15"), value("10+", "17"), value("10+", "17"))
        );
        assert_eq!(places.every, std::time::Duration::from_secs(5));
        assert!(places.slides.iter().all(|slide| service.presentations().slides.contains(slide)));
    }
}
