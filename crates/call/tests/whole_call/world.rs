//! The whole of it in virtual time: a shard, the agent pool, phones, and a network between them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call::web::FromBrowser;
use call::{Cdr, Component, Config, Input, Live, MediaPort, Output, PortId, Shard};
use dialplan::{Assets, Service, SourceFile};
use media::{Asset, AssetKey, Codec, Format, Frame, Kind, Now, Track, amr};
use netsim::{Link, Network, Step};
use sip::LocalId;

use crate::browser::Browser;
use crate::phone::Phone;
use crate::transcoders::Transcoders;

pub(crate) const GATEWAY: &str = "10.0.0.1";
/// Who answers here is a 3G phone.
const CIRCUITS: &str = "10.0.1.0";

pub(crate) struct World {
    pub(crate) network: Network,
    pub(crate) shard: Shard,
    pub(crate) pool: acd::Pool,
    pub(crate) phones: Vec<Phone>,
    pub(crate) browsers: Vec<Browser>,
    /// What the desks were told of themselves, by session.
    pub(crate) desk_words: Vec<(u64, acd::AgentState)>,
    pub(crate) not_signed_in: Vec<(u64, acd::NotSignedIn)>,
    pub(crate) live: Vec<Live>,
    pub(crate) orders: Vec<call::OrderRecord>,
    pub(crate) cdrs: Vec<Cdr>,
    pub(crate) fetched: Vec<AssetKey>,
    /// Questions to connectors, each answered by the example of its call.
    pub(crate) asked: Vec<dialplan::connector::Question>,
    /// Tracks that were fetched, which all calls share.
    pub(crate) library: BTreeMap<AssetKey, Arc<Track>>,
    pub(crate) lent: HashSet<PortId>,
    /// Sound in lower modes of AMR waits for [`World::bring_editions`].
    pub(crate) editions_are_slow: bool,
    editions_due: Vec<(call::CallId, AssetKey)>,
    /// Words to the agent pool are lost: its thread has died or is stuck.
    pub(crate) pool_lost: bool,
    pub(crate) transcoders: Transcoders,
    /// RTP sockets that are tied to a peer: the kernel keeps everything else from them.
    pub(crate) tied: HashMap<PortId, SocketAddr>,
    base: Instant,
    shard_due: Option<Instant>,
    pool_due: Option<Instant>,
}

#[allow(clippy::disallowed_methods)]
fn base() -> Instant {
    Instant::now()
}

impl World {
    pub(crate) fn new(service: &Arc<Service>, seed: u64) -> Self {
        Self::with_ports(service, seed, 64)
    }

    pub(crate) fn with_trunks(service: &Arc<Service>, seed: u64, trunks: Vec<call::Trunk>) -> Self {
        Self::with(service, seed, 64, trunks)
    }

    pub(crate) fn with_ports(service: &Arc<Service>, seed: u64, pairs: u32) -> Self {
        Self::with(service, seed, pairs, Vec::new())
    }

    /// A world whose gateway has MPEG-4 for 3G phones, of which those at [`CIRCUITS`] are agents, at a distance of `delay` from everyone.
    pub(crate) fn with_distance(service: &Arc<Service>, seed: u64, delay: Duration) -> Self {
        let network = call::Network::new(CIRCUITS.parse().unwrap(), 24).unwrap();
        let trunk = call::Trunk { networks: vec![network], circuits_out: true, ..call::Trunk::default() };
        let mut world = Self::with(service, seed, 64, vec![trunk]);
        world.network.set_default_link(Link::perfect().with_delay(delay));
        world
    }

    fn with(service: &Arc<Service>, seed: u64, pairs: u32, trunks: Vec<call::Trunk>) -> Self {
        let base = base();
        let ip: IpAddr = GATEWAY.parse().unwrap();
        let mut sip = sip::Config::new(vec![sip::Local::new(SocketAddr::new(ip, 5060))], seed);
        sip.user_agent = "vireo-test".into();
        let mpeg4_config = Some(Bytes::from_static(&crate::live::MPEG4_HEADERS));
        let config = Config {
            sip,
            media_addresses: vec![ip],
            shard: 0,
            calls_max: 20,
            seed,
            retry_after: Duration::from_secs(5),
            terminals: Arc::new(h324m::Config { mpeg4_config, ..h324m::Config::default() }),
            trunks,
        };
        let mut world = World {
            network: Network::new(base, seed),
            shard: Shard::new(config, Arc::clone(service)),
            pool: acd::Pool::new(&call::pool_config(service)),
            phones: Vec::new(),
            browsers: Vec::new(),
            desk_words: Vec::new(),
            not_signed_in: Vec::new(),
            live: Vec::new(),
            orders: Vec::new(),
            cdrs: Vec::new(),
            fetched: Vec::new(),
            asked: Vec::new(),
            library: BTreeMap::new(),
            lent: HashSet::new(),
            editions_are_slow: false,
            editions_due: Vec::new(),
            pool_lost: false,
            transcoders: Transcoders::default(),
            tied: HashMap::new(),
            base,
            shard_due: None,
            pool_due: None,
        };
        world.network.set_default_link(Link::perfect());
        let ports = (0..pairs).map(|n| MediaPort { id: PortId(20_000 + 2 * n), rtp: 20_000 + 2 * n as u16 });
        world.feed(Input::Ports(ports.collect()));
        world
    }

    /// Brings the editions that were waited for, the last first.
    pub(crate) fn bring_editions(&mut self) {
        for (call, key) in std::mem::take(&mut self.editions_due).into_iter().rev() {
            let track = Some(Arc::new(track(&key)));
            self.feed(Input::Track { call, key, track });
        }
    }

    pub(crate) fn now(&self) -> Now {
        let mono = self.network.now();
        Now { mono, wall: Duration::from_secs(1_800_000_000) + (mono - self.base) }
    }

    pub(crate) fn gateway(&self) -> SocketAddr {
        SocketAddr::new(GATEWAY.parse().unwrap(), 5060)
    }

    pub(crate) fn add_phone(&mut self, phone: Phone) -> usize {
        self.phones.push(phone);
        self.phones.len() - 1
    }

    /// Calls the hotline with a fresh phone.
    pub(crate) fn call(&mut self, host: &str, number: &str) -> usize {
        let mut phone = Phone::new(host);
        phone.talks = true;
        phone.call(self.now().mono, number, self.gateway(), None);
        let at = self.add_phone(phone);
        self.flush_phone(at);
        at
    }

    pub(crate) fn add_browser(&mut self, browser: Browser) -> usize {
        self.browsers.push(browser);
        self.browsers.len() - 1
    }

    /// A visitor's browser calls.
    pub(crate) fn visit(&mut self, browser: Browser, number: &str) -> usize {
        let at = self.add_browser(browser);
        let word = self.browsers[at].call(number);
        self.say(at, word);
        at
    }

    pub(crate) fn say(&mut self, at: usize, word: FromBrowser) {
        let session = self.browsers[at].session;
        self.feed(Input::Web { session, word });
    }

    pub(crate) fn press(&mut self, at: usize, key: char) {
        self.say(at, FromBrowser::Digit(rtp::Digit::try_from(key).unwrap()));
    }

    pub(crate) fn sign_in(&mut self, at: usize, agent: &str) {
        let session = self.browsers[at].session.0;
        self.tell_pool(acd::Input::SignIn { agent: agent.into(), session, ready: true });
    }

    /// The socket of a desk is gone for good: the shell tells both.
    pub(crate) fn lose(&mut self, at: usize) {
        self.say(at, FromBrowser::Lost);
        let session = self.browsers[at].session.0;
        self.tell_pool(acd::Input::SignOut { session });
    }

    pub(crate) fn tell_pool(&mut self, word: acd::Input) {
        let now = self.now().mono;
        self.pool.handle_input(now, word);
        self.drain();
    }

    /// What a desk was told of itself.
    pub(crate) fn agent_states(&self, session: u64) -> Vec<acd::AgentState> {
        self.desk_words.iter().filter(|(to, _)| *to == session).map(|(_, state)| *state).collect()
    }

    pub(crate) fn with_phone<T>(&mut self, at: usize, act: impl FnOnce(&mut Phone, Instant) -> T) -> T {
        let now = self.now().mono;
        let done = act(&mut self.phones[at], now);
        self.flush_phone(at);
        done
    }

    pub(crate) fn run_for(&mut self, span: Duration) {
        let until = self.network.now() + span;
        while self.step(until) {}
    }

    /// Runs until `done` or for `at_most`; says whether it came true.
    pub(crate) fn run_until(&mut self, at_most: Duration, done: impl Fn(&World) -> bool) -> bool {
        let until = self.network.now() + at_most;
        while !done(self) {
            if !self.step(until) {
                return done(self);
            }
        }
        true
    }

    fn step(&mut self, until: Instant) -> bool {
        let now = self.network.now();
        let phones = self.phones.iter_mut().filter_map(|phone| phone.pump(now)).min();
        let browsers = self.browsers.iter().filter_map(Browser::next_due).min();
        let made = self.transcoders.next_due();
        let timer = [self.shard_due, self.pool_due, phones, browsers, made].into_iter().flatten().min();
        let timer = timer.map_or(until, |due| due.min(until));
        match self.network.step(Some(timer)) {
            Some(Step::Deliver(datagram)) => self.deliver(datagram.from, datagram.to, datagram.data),
            Some(Step::Timer) | None => {
                let now = self.now();
                if self.shard_due.is_some_and(|due| due <= now.mono) {
                    self.feed(Input::Timeout);
                }
                if self.pool_due.is_some_and(|due| due <= now.mono) {
                    self.pool.handle_input(now.mono, acd::Input::Timeout);
                    self.drain();
                }
                while let Some(word) = self.transcoders.take_due(now.mono) {
                    self.feed(Input::Transcoded(word));
                }
                for at in 0..self.browsers.len() {
                    for word in self.browsers[at].tick(now.mono) {
                        self.say(at, word);
                    }
                }
                for at in 0..self.phones.len() {
                    self.phones[at].tick(now.mono);
                    self.flush_phone(at);
                }
            }
        }
        self.network.now() < until
    }

    fn deliver(&mut self, from: SocketAddr, to: SocketAddr, data: Bytes) {
        if to == self.gateway() {
            return self.feed(Input::Sip { local: LocalId(0), from, data });
        }
        if to.ip() == self.gateway().ip() {
            let even = to.port() & !1;
            let component = if to.port() == even { Component::Rtp } else { Component::Rtcp };
            let port = PortId(u32::from(even));
            if component == Component::Rtp && self.tied.get(&port).is_some_and(|peer| *peer != from) {
                return;
            }
            return self.feed(Input::Media { port, component, from, data });
        }
        let now = self.now().mono;
        if let Some(at) = self.phones.iter().position(|phone| phone.sip.ip() == to.ip()) {
            self.phones[at].receive(now, from, to, &data);
            self.flush_phone(at);
        }
    }

    pub(crate) fn feed(&mut self, input: Input) {
        let now = self.now();
        self.shard.handle_input(now, input);
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            let now = self.now();
            let mut quiet = true;
            loop {
                match self.pool.poll_output() {
                    acd::Output::Timeout(due) => {
                        self.pool_due = due;
                        break;
                    }
                    acd::Output::Agent { session, state, .. } => self.desk_words.push((session, state)),
                    acd::Output::NotSignedIn { session, why } => self.not_signed_in.push((session, why)),
                    word => {
                        quiet = false;
                        self.shard.handle_input(now, Input::Pool(word));
                    }
                }
            }
            loop {
                match self.shard.poll_output() {
                    Output::Sip { to, data, .. } => self.network.send(self.gateway(), to, data),
                    Output::Media { port, component, to, data } => {
                        let offset = u16::from(component == Component::Rtcp);
                        let from = SocketAddr::new(self.gateway().ip(), port.0 as u16 + offset);
                        self.network.send(from, to, data);
                    }
                    Output::Fetch { call, key, version: _ } => {
                        quiet = false;
                        self.fetched.push(key.clone());
                        if self.editions_are_slow && is_made_on_demand(&key) {
                            self.editions_due.push((call, key));
                            continue;
                        }
                        let known = self.library.entry(key.clone());
                        let track = Some(Arc::clone(known.or_insert_with_key(|key| Arc::new(track(key)))));
                        self.shard.handle_input(now, Input::Track { call, key, track });
                    }
                    Output::Ask { call, service, question } => {
                        quiet = false;
                        let connector = &service.connectors()[&question.connector];
                        let answer = connector.calls[&question.call].example();
                        let id = question.id;
                        self.asked.push(question);
                        self.shard.handle_input(now, Input::Answer { call, id, answer });
                    }
                    Output::Register { .. } => panic!("nobody registers here"),
                    Output::Pool(_) if self.pool_lost => {}
                    Output::Pool(word) => {
                        quiet = false;
                        self.pool.handle_input(now.mono, word);
                    }
                    Output::Web { session, word } => {
                        let browser = self.browsers.iter_mut().find(|one| one.session == session);
                        browser.expect("a known session").hear(now.mono, word);
                    }
                    Output::Transcode(word) => self.transcoders.tell(now.mono, word),
                    Output::Live(word) => self.live.push(word),
                    Output::Ordered(order) => self.orders.push(*order),
                    Output::Ended(cdr) => self.cdrs.push(*cdr),
                    Output::Release(port) => {
                        assert!(self.lent.insert(port), "{port:?} was given back twice");
                    }
                    Output::Latched { port, peer } => {
                        self.tied.insert(port, peer);
                    }
                    Output::Unlatched(port) => {
                        self.tied.remove(&port);
                    }
                    Output::Timeout(due) => {
                        self.shard_due = due;
                        break;
                    }
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn flush_phone(&mut self, at: usize) {
        let now = self.now().mono;
        self.phones[at].pump(now);
        while let Some((from, to, data)) = self.phones[at].take_out() {
            self.network.send(from, to, data);
        }
    }
}

impl Drop for World {
    /// Whatever happened in it: transcoders are over when the calls are.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.feed(Input::HangUpAll);
        assert_eq!(self.shard.usage().calls, 0, "calls that cannot be ended");
        let left: Vec<_> = self.transcoders.running.keys().collect();
        assert!(left.is_empty(), "transcoders that were not ended: {left:?}");
    }
}

/// Pictures in the loop of a slide.
const SLIDE_PICTURES: u32 = 12;

/// A track whose octets tell what it is: one second of sound, or a key picture and eleven others.
pub(crate) fn track(key: &AssetKey) -> Track {
    let mark = mark(&key.asset);
    let (step, count) = match key.format {
        Format::Audio(_) => (Duration::from_millis(20), 50),
        Format::Video(video) if video.is_circuit() => (Duration::from_secs(1), SLIDE_PICTURES),
        Format::Video(_) => (Duration::from_millis(250), SLIDE_PICTURES),
    };
    let heals =
        matches!(key.format, Format::Video(video) if video.is_circuit() && video.codec == Codec::H263);
    let frame = |n: u32| {
        let frame = sample(key.format, step * n, step, n == 0, mark);
        if !heals || n == 0 {
            return frame;
        }
        let whole = Frame::new(Codec::H263, step, step, true, crate::handset::still(mark));
        let still = media::Still::parse(&whole).expect("a still");
        Frame { data: still.refresh(n - 1, SLIDE_PICTURES - 1, step), ..frame }
    };
    let frames: Vec<Frame> = (0..count).map(frame).collect();
    Track { loop_from: usize::from(heals), ..Track::new(key.format, frames.into(), step * count) }
}

/// A frame with `mark` in it.
pub(crate) fn sample(format: Format, pts: Duration, step: Duration, key: bool, mark: u8) -> Frame {
    let data: Bytes = match format {
        Format::Audio(audio) => match audio.codec {
            // The storage format (RFC 4867 §5.3).
            Codec::Amr => {
                let mode = audio.amr_mode.expect("AMR has a mode");
                let len = amr::bits(mode).expect("a mode").div_ceil(8);
                Bytes::from([&[mode << 3 | 4][..], &vec![mark; len]].concat())
            }
            // One frame of 20 ms, narrow-band, mono (RFC 6716 §3.1).
            Codec::Opus => Bytes::from([&[0x08][..], &[mark; 40]].concat()),
            _ => Bytes::from(vec![mark; 160]),
        },
        Format::Video(video) => match video.codec {
            Codec::H263 if key => crate::handset::still(mark),
            Codec::H263 => crate::handset::picture(false, mark),
            Codec::Mpeg4 => vec![0, 0, 1, 0xB6, if key { 0x10 } else { 0x50 }, mark, 0x55].into(),
            // A key frame says its size (RFC 6386 §9.1).
            Codec::Vp8 if key => vec![0x10, 0, 0, 0x9D, 1, 0x2A, 176, 0, 144, 0, mark].into(),
            Codec::Vp8 => vec![0x11, 0, 0, mark].into(),
            _ if key => [
                &[0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x0D, mark][..],
                &[0, 0, 0, 1, 0x68, 0xCE, 1],
                &[0, 0, 0, 1, 0x65, 0x88, mark],
            ]
            .concat()
            .into(),
            _ => vec![0, 0, 0, 1, 0x41, 0x9A, mark].into(),
        },
    };
    let key = key || format.kind() == Kind::Audio;
    Frame::new(format.codec(), pts, step, key, data)
}

fn is_made_on_demand(key: &AssetKey) -> bool {
    matches!(key.format, Format::Audio(audio) if audio.amr_mode.is_some_and(|mode| mode < amr::MODE_MAX))
}

/// An octet that stands for an asset; never zero, so that no start code arises.
pub(crate) fn mark(asset: &Asset) -> u8 {
    let text = format!("{asset:?}");
    let sum = text.bytes().fold(7u32, |sum, octet| sum.wrapping_mul(31).wrapping_add(u32::from(octet)));
    (sum % 250 + 3) as u8
}

/// Compiles a service whose slides and clips all exist.
pub(crate) fn service(files: &[(&str, &str)]) -> Arc<Service> {
    let files: Vec<_> =
        files.iter().map(|(path, text)| SourceFile { path: (*path).into(), text: (*text).into() }).collect();
    let assets = Assets {
        slides: ["menu.svg", "page.svg", "hold.svg", "title.svg"].map(String::from).into(),
        clips: ["welcome.mp4", "hold.mp4"].map(String::from).into(),
        prompts: std::collections::BTreeSet::new(),
    };
    match Service::compile(&files, &assets) {
        Ok(service) => Arc::new(service),
        Err(problems) => panic!("{}", problems.report()),
    }
}
