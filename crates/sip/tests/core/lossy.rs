//! Two endpoints over a link that loses, doubles, delays and reorders datagrams, over many seeds: every call
//! comes to one defined end on both sides and nothing is left behind.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sip::{
    Config, DialogId, Endpoint, Event, HangUp, Headers, Input, Invite, Local, LocalId, Method, Output, Reply,
    RequestId, StatusCode,
};

use crate::support::{address, base, sdp};

const ADDRESSES: [&str; 2] = ["10.0.0.1:5060", "10.0.0.2:5060"];
const CALLS: usize = 12;

/// How bad the link is.
#[derive(Clone, Copy)]
struct Link {
    loss: f64,
    double: f64,
    delay_max_ms: u64,
}

/// What the user of one endpoint has seen of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Early,
    Established,
    Over,
}

/// What a user will do at a certain time.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Answer(RequestId, u16),
    HangUp(DialogId),
    Reinvite(DialogId),
    Info(DialogId),
}

struct World {
    seed: u64,
    link: Link,
    now: Instant,
    start: Instant,
    rng: StdRng,
    ends: [Endpoint; 2],
    views: [HashMap<DialogId, View>; 2],
    flying: BTreeMap<(Instant, u64), (usize, SocketAddr, Bytes)>,
    plans: BTreeMap<(Instant, u64), (usize, Plan)>,
    count: u64,
    timeouts: [Option<Instant>; 2],
    answered: usize,
}

impl World {
    fn new(seed: u64, link: Link) -> Self {
        let now = base();
        let end = |side: usize| {
            let local = Local::new(address(ADDRESSES[side]));
            Endpoint::new(Config::new(vec![local], seed * 2 + side as u64))
        };
        World {
            seed,
            link,
            now,
            start: now,
            rng: StdRng::seed_from_u64(seed),
            ends: [end(0), end(1)],
            views: [HashMap::new(), HashMap::new()],
            flying: BTreeMap::new(),
            plans: BTreeMap::new(),
            count: 0,
            timeouts: [None, None],
            answered: 0,
        }
    }

    fn plan(&mut self, side: usize, from_ms: u64, to_ms: u64, plan: Plan) {
        let wait = Duration::from_millis(self.rng.random_range(from_ms..=to_ms));
        self.count += 1;
        self.plans.insert((self.now + wait, self.count), (side, plan));
    }

    /// Sends a datagram into the link.
    fn throw(&mut self, from: usize, to: SocketAddr, data: &Bytes) {
        let Some(side) = ADDRESSES.iter().position(|known| address(known) == to) else {
            panic!("seed {}: sent to {to}", self.seed);
        };
        let copies = 1 + usize::from(self.rng.random_bool(self.link.double));
        for _ in 0..copies {
            if self.rng.random_bool(self.link.loss) {
                continue;
            }
            let delay = Duration::from_millis(self.rng.random_range(1..=self.link.delay_max_ms));
            self.count += 1;
            let key = (self.now + delay, self.count);
            self.flying.insert(key, (side, address(ADDRESSES[from]), data.clone()));
        }
    }

    fn poll(&mut self, side: usize) {
        loop {
            match self.ends[side].poll_output() {
                Output::Send { to, data, .. } => self.throw(side, to, &data),
                Output::Event(event) => self.take(side, &event),
                Output::Timeout(next) => {
                    self.timeouts[side] = next;
                    return;
                }
            }
        }
    }

    /// The user's part: checks that the event fits what it knows, and makes up its mind.
    fn take(&mut self, side: usize, event: &Event) {
        let seed = self.seed;
        let view = |dialog: &DialogId| self.views[side].get(dialog).copied();
        match *event {
            Event::Invite { dialog, request, .. } => {
                assert_eq!(view(&dialog), None, "seed {seed}: a call begins once");
                self.views[side].insert(dialog, View::Early);
                self.plan(side, 0, 3_000, Plan::Answer(request, 180));
                let status = if self.rng.random_bool(0.8) { 200 } else { 486 };
                self.plan(side, 0, 12_000, Plan::Answer(request, status));
                self.plan(side, 0, 60_000, Plan::HangUp(dialog));
            }
            Event::Progress { dialog, .. } => assert_eq!(view(&dialog), Some(View::Early), "seed {seed}"),
            Event::Answered { dialog, .. } => {
                assert_eq!(view(&dialog), Some(View::Early), "seed {seed}: answered once");
                self.answered += 1;
                self.establish(side, dialog);
            }
            Event::Acked { dialog, .. } => {
                assert!(matches!(view(&dialog), Some(View::Early | View::Established)), "seed {seed}");
                self.establish(side, dialog);
            }
            Event::Request { dialog, request, .. } => {
                assert!(dialog.is_some(), "seed {seed}");
                let status = if self.rng.random_bool(0.8) { 200 } else { 488 };
                self.plan(side, 0, 2_000, Plan::Answer(request, status));
            }
            Event::Response { dialog, .. } => {
                assert_eq!(view(&dialog), Some(View::Established), "seed {seed}");
            }
            Event::Answer { .. } => panic!("seed {seed}: nothing was sent outside of calls"),
            Event::Cancelled { dialog } | Event::Failed { dialog, .. } | Event::Ended { dialog, .. } => {
                let before = self.views[side].insert(dialog, View::Over);
                assert!(matches!(before, Some(View::Early | View::Established)), "seed {seed}: ends once");
            }
        }
    }

    fn establish(&mut self, side: usize, dialog: DialogId) {
        self.views[side].insert(dialog, View::Established);
        self.plan(side, 0, 20_000, Plan::Reinvite(dialog));
        self.plan(side, 0, 20_000, Plan::Info(dialog));
    }

    fn act(&mut self, side: usize, plan: Plan) {
        let now = self.now;
        let end = &mut self.ends[side];
        // A user may always be late: `Gone` and `Refused` are answers that it lives with.
        match plan {
            Plan::Answer(request, status) => {
                let mut reply = Reply::new(StatusCode::from(status));
                if status == 200 {
                    reply = reply.with_body(sdp());
                }
                end.respond(now, request, reply).ok();
            }
            Plan::HangUp(dialog) => {
                end.hang_up(now, dialog, HangUp::new(StatusCode::TemporarilyUnavailable));
                // An outgoing call that is not answered yet still reports its end.
                let view = self.views[side].get_mut(&dialog).expect("known");
                if *view == View::Established || side == 1 {
                    *view = View::Over;
                }
            }
            Plan::Reinvite(dialog) => {
                end.request(now, dialog, Method::Invite, Headers::new(), Some(sdp())).ok();
            }
            Plan::Info(dialog) => {
                end.request(now, dialog, Method::Info, Headers::new(), None).ok();
            }
        }
        self.poll(side);
    }

    fn call(&mut self) {
        let invite = Invite {
            local: LocalId(0),
            uri: "sip:1008621@10.0.0.2".parse().expect("a URI"),
            destination: address(ADDRESSES[1]),
            from: "<sip:caller@10.0.0.1>".parse().expect("an address"),
            to: "<sip:1008621@10.0.0.2>".parse().expect("an address"),
            headers: Headers::new(),
            body: Some(sdp()),
        };
        let dialog = self.ends[0].invite(self.now, invite).expect("room");
        self.views[0].insert(dialog, View::Early);
        self.plan(0, 0, 60_000, Plan::HangUp(dialog));
        self.poll(0);
    }

    /// Runs until nothing is left to happen.
    fn run(&mut self) {
        loop {
            let flying = self.flying.keys().next().map(|key| key.0);
            let planned = self.plans.keys().next().map(|key| key.0);
            let soonest = [flying, planned, self.timeouts[0], self.timeouts[1]].into_iter().flatten().min();
            let Some(next) = soonest else { return };
            self.now = next.max(self.now);
            assert!(
                self.now - self.start < Duration::from_secs(600),
                "seed {}: never comes to rest",
                self.seed
            );
            if flying == Some(next) {
                let (_, (side, from, data)) = self.flying.pop_first().expect("just seen");
                let local = LocalId(0);
                self.ends[side].handle_input(self.now, Input::Datagram { local, from, data: &data });
                self.poll(side);
            } else if planned == Some(next) {
                let (_, (side, plan)) = self.plans.pop_first().expect("just seen");
                self.act(side, plan);
            } else {
                let side = usize::from(self.timeouts[0] != Some(next));
                self.ends[side].handle_input(self.now, Input::Timeout);
                self.poll(side);
            }
        }
    }
}

fn run(seed: u64, link: Link) -> usize {
    let mut world = World::new(seed, link);
    for _ in 0..CALLS {
        world.call();
    }
    world.run();
    for side in 0..2 {
        let counts = (world.ends[side].dialogs(), world.ends[side].transactions());
        assert_eq!(counts, (0, 0), "seed {seed}: side {side} leaks");
        let open: Vec<_> = world.views[side].iter().filter(|(_, view)| **view != View::Over).collect();
        assert!(open.is_empty(), "seed {seed}: side {side} never heard the end of {open:?}");
    }
    world.answered
}

#[test]
fn calls_over_a_perfect_link_end_on_both_sides() {
    let link = Link { loss: 0.0, double: 0.0, delay_max_ms: 1 };
    let answered: usize = (0..20).map(|seed| run(seed, link)).sum();
    assert!(answered > 20 * CALLS / 3, "{answered} calls were answered");
}

#[test]
fn calls_over_a_bad_link_end_on_both_sides() {
    let link = Link { loss: 0.15, double: 0.1, delay_max_ms: 700 };
    let answered: usize = (100..160).map(|seed| run(seed, link)).sum();
    assert!(answered > 60 * CALLS / 3, "{answered} calls were answered");
}

#[test]
fn calls_over_a_terrible_link_end_on_both_sides() {
    let link = Link { loss: 0.5, double: 0.3, delay_max_ms: 3_000 };
    let answered: usize = (1000..1050).map(|seed| run(seed, link)).sum();
    assert!(answered > 0);
}

#[test]
fn a_dead_link_ends_every_call_by_its_timers() {
    let link = Link { loss: 1.0, double: 0.0, delay_max_ms: 1 };
    assert_eq!(run(1, link), 0);
}
