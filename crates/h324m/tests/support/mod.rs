//! Two terminals over a network in virtual time: each takes 160 octets off its line every 20 ms, numbers
//! them and sends them; what comes is put in order within 60 ms, and what is missing then is told as lost.

pub(crate) mod media;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ::media::{Codec, Frame, Kind};
use bytes::Bytes;
use h324m::{Config, EndCause, Event, Input, Output, Session};
use netsim::{Link, Network, Step};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Time and octets of one packet.
pub(crate) const TICK: Duration = Duration::from_millis(20);
pub(crate) const OCTETS: usize = 160;
/// How long a packet is waited for that others have overtaken.
const REORDER: Duration = Duration::from_millis(60);

#[allow(clippy::disallowed_methods)]
pub(crate) fn base() -> Instant {
    Instant::now()
}

/// What a side of the pair does beside being a terminal.
#[derive(Clone, Debug)]
pub(crate) struct Habits {
    /// When it starts.
    pub(crate) starts: Duration,
    /// Wrong bits on what it sends.
    pub(crate) bit_errors: f64,
    /// Sends speech and pictures once its channels are open.
    pub(crate) media: bool,
    /// Falls silent: the line carries nothing at all from then on.
    pub(crate) dies: Option<Duration>,
}

impl Default for Habits {
    fn default() -> Self {
        Habits { starts: Duration::ZERO, bit_errors: 0.0, media: true, dies: None }
    }
}

/// One terminal with its line.
pub(crate) struct Side {
    pub(crate) session: Session,
    pub(crate) habits: Habits,
    start: Instant,
    address: SocketAddr,
    next_tick: Instant,
    timeout: Option<Instant>,
    sent: u32,
    expected: u32,
    waiting: BTreeMap<u32, (Instant, Bytes)>,
    random: StdRng,
    pub(crate) source: media::Source,
    pub(crate) events: Vec<(Duration, Event)>,
    pub(crate) frames: Vec<(Duration, Frame)>,
    /// Every octet that went out, if `record` is set.
    pub(crate) record: bool,
    pub(crate) recorded: Vec<u8>,
}

/// Both of them.
pub(crate) struct Pair {
    pub(crate) network: Network,
    pub(crate) sides: [Side; 2],
    start: Instant,
}

impl Pair {
    pub(crate) fn new(seed: u64, link: Link, configs: [Config; 2], habits: [Habits; 2]) -> Self {
        let start = base();
        let mut network = Network::new(start, seed);
        network.set_default_link(link);
        let mut random = StdRng::seed_from_u64(seed);
        let mut number = 0;
        let sides = configs.into_iter().zip(habits).map(|(config, habits)| {
            number += 1;
            Side::new(start, number, Config { seed: random.random(), ..config }, habits, random.random())
        });
        let sides: Vec<Side> = sides.collect();
        let sides = sides.try_into().unwrap_or_else(|_| unreachable!("two configs make two sides"));
        Pair { network, sides, start }
    }

    /// Two gateways that differ in nothing.
    pub(crate) fn equal(seed: u64, link: Link, config: &Config) -> Self {
        Pair::new(seed, link, [config.clone(), config.clone()], [Habits::default(), Habits::default()])
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.network.elapsed()
    }

    /// Runs until the time is over or `done` says so, which is the answer.
    pub(crate) fn run_until(&mut self, end: Duration, mut done: impl FnMut(&Pair) -> bool) -> bool {
        let end = self.start + end;
        loop {
            if done(self) {
                return true;
            }
            let due = self.sides.iter().map(Side::due).min().expect("two sides");
            if due > end && self.network.next_arrival().is_none_or(|at| at > end) {
                return false;
            }
            match self.network.step(Some(due)) {
                Some(Step::Deliver(datagram)) => {
                    let now = self.network.now();
                    let to = usize::from(datagram.to == self.sides[1].address);
                    self.sides[to].arrived(now, &datagram.data);
                }
                Some(Step::Timer) | None => self.timer(),
            }
        }
    }

    /// Runs for so long from the start.
    pub(crate) fn run(&mut self, end: Duration) {
        self.run_until(end, |_| false);
    }

    pub(crate) fn input(&mut self, side: usize, input: Input) {
        let now = self.network.now();
        self.sides[side].session.handle_input(now, input);
        self.sides[side].drain(now);
    }

    fn timer(&mut self) {
        let now = self.network.now();
        for at in 0..2 {
            let to = self.sides[1 - at].address;
            let side = &mut self.sides[at];
            if let Some(packet) = side.timer(now) {
                let from = side.address;
                self.network.send(from, to, packet);
            }
        }
    }
}

impl Side {
    fn new(start: Instant, number: u8, config: Config, habits: Habits, seed: u64) -> Self {
        let starts = start + habits.starts;
        Side {
            session: Session::new(starts, config),
            start,
            address: SocketAddr::from(([192, 0, 2, number], 9000)),
            next_tick: starts,
            timeout: None,
            sent: 0,
            expected: 0,
            waiting: BTreeMap::new(),
            random: StdRng::seed_from_u64(seed),
            source: media::Source::new(number),
            events: Vec::new(),
            frames: Vec::new(),
            record: false,
            recorded: Vec::new(),
            habits,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.when(|event| matches!(event, Event::Up { .. })).is_some()
    }

    pub(crate) fn ended(&self) -> Option<EndCause> {
        self.session.ended()
    }

    /// When such an event first came.
    pub(crate) fn when(&self, wanted: impl Fn(&Event) -> bool) -> Option<Duration> {
        self.events.iter().find(|(_, event)| wanted(event)).map(|(at, _)| *at)
    }

    pub(crate) fn received(&self, kind: Kind) -> impl Iterator<Item = &Frame> {
        self.frames.iter().map(|(_, frame)| frame).filter(move |frame| frame.codec.kind() == kind)
    }

    fn due(&self) -> Instant {
        let reorder = self.waiting.values().map(|(at, _)| *at + REORDER).min();
        [Some(self.next_tick), self.timeout, reorder].into_iter().flatten().min().expect("ticks go on")
    }

    fn timer(&mut self, now: Instant) -> Option<Bytes> {
        if self.timeout.is_some_and(|at| at <= now) {
            self.session.handle_input(now, Input::Timeout);
        }
        self.release(now);
        let mut packet = None;
        if self.next_tick <= now {
            self.next_tick += TICK;
            packet = self.tick(now);
        }
        self.drain(now);
        packet
    }

    fn tick(&mut self, now: Instant) -> Option<Bytes> {
        if self.habits.media && self.session.ended().is_none() {
            for frame in self.source.tick() {
                self.session.handle_input(now, Input::Frame(frame));
            }
        }
        let mut octets = self.session.take_line(now, OCTETS).to_vec();
        assert_eq!(octets.len(), OCTETS);
        if self.record {
            self.recorded.extend_from_slice(&octets);
        }
        self.spoil(&mut octets);
        let mut packet = self.sent.to_be_bytes().to_vec();
        packet.append(&mut octets);
        self.sent += 1;
        let alive = self.habits.dies.is_none_or(|after| TICK * self.sent < after);
        alive.then(|| packet.into())
    }

    /// Wrong bits, each as likely as any other: the distance to the next one is drawn.
    fn spoil(&mut self, octets: &mut [u8]) {
        if self.habits.bit_errors == 0.0 {
            return;
        }
        let mut bit = 0;
        loop {
            let drawn: f64 = self.random.random_range(f64::MIN_POSITIVE..1.0);
            bit += (drawn.ln() / (1.0 - self.habits.bit_errors).ln()) as usize;
            let Some(octet) = octets.get_mut(bit / 8) else { return };
            *octet ^= 1 << (bit % 8);
            bit += 1;
        }
    }

    fn arrived(&mut self, now: Instant, packet: &Bytes) {
        let number = u32::from_be_bytes(packet[..4].try_into().expect("four octets"));
        if now < self.next_tick && self.sent == 0 {
            // Not answered yet: what comes is not listened to.
            self.expected = number + 1;
            return;
        }
        if number >= self.expected {
            self.waiting.insert(number, (now, packet.slice(4..)));
        }
        self.release(now);
        self.drain(now);
    }

    fn release(&mut self, now: Instant) {
        while let Some((&number, &(at, _))) = self.waiting.first_key_value() {
            let oldest = self.waiting.values().map(|(at, _)| *at).min().unwrap_or(at);
            if number > self.expected && oldest + REORDER > now {
                return;
            }
            let missing = number - self.expected;
            if missing > 0 {
                self.session.handle_input(now, Input::Lost { octets: missing as usize * OCTETS });
            }
            self.expected = number + 1;
            let (_, octets) = self.waiting.pop_first().map(|(_, packet)| packet).expect("looked at just now");
            self.session.handle_input(now, Input::Line(octets));
        }
    }

    fn drain(&mut self, now: Instant) {
        let time = now.saturating_duration_since(self.start);
        loop {
            match self.session.poll_output() {
                Output::Frame(frame) => self.frames.push((time, frame)),
                Output::Event(event) => {
                    self.source.event(&event);
                    self.events.push((time, event));
                }
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
            }
        }
    }
}

/// The codecs of an Up event.
pub(crate) fn up_codecs(side: &Side) -> Option<(Option<Codec>, Option<Codec>)> {
    side.events.iter().find_map(|(_, event)| match event {
        Event::Up { audio, video, .. } => {
            assert!(audio.sends.is_some() && audio.receives.is_some());
            Some(video.map_or((None, None), |video| (video.sends, video.receives)))
        }
        _ => None,
    })
}
