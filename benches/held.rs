//! A shard whose calls all wait in a queue and are played its clip, in virtual time and without sockets.
//!
//! The clip is PCMU sound and H.264 CIF pictures at 15 a second. Start at [`World::new`].

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call::{Component, Config, Input, MediaPort, Output, PortId, Shard};
use dialplan::{Assets, Service, SourceFile};
use media::{AssetKey, Format, Frame, Now, Track};
use sip::{Endpoint, Host, Invite, LocalId, NameAddr, Uri};

/// What a thread of a shard wakes up by.
pub(crate) const GRID: Duration = Duration::from_millis(5);

const GATEWAY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5060);

/// Where phones hear.
const SOUND_PORT: u16 = 4000;

const FLOW: &str = "flow: hold\nnumbers: [\"1\"]\nstart: wait\nlanguages: [en]\nnodes:\n  wait:\n    \
                    queue: { name: q, exits: { served: end, timeout: end, full: end, closed: end, \
                    no_agents: end, failed: end } }\n  end:\n    hangup: {}\n";

const TEXTS: &str = "press: \"{{ label }} {{ key }}\"\n";

/// Nobody answers here, so that the hold clip plays on and on.
const QUEUES: &str = "agents:\n  a: { address: \"sip:a@10.0.0.2\" }\nqueues:\n  q: { agents: [a], hold: { clip: \
                      hold.mp4 } }\n";

/// A clip of ten seconds: 160 octets of sound every 20 ms, pictures of 2 kB with a larger one each second.
fn track(key: &AssetKey) -> Track {
    let (step, count): (Duration, u32) = match key.format {
        Format::Audio(_) => (Duration::from_millis(20), 500),
        Format::Video(_) => (Duration::from_nanos(66_666_667), 150),
    };
    let frames = (0..count).map(|n| {
        let (key_picture, data) = match key.format {
            Format::Audio(_) => (true, vec![0x55; 160]),
            Format::Video(_) if n % 15 == 0 => (true, slices(0x65, 8)),
            Format::Video(_) => (false, slices(0x41, 2)),
        };
        Frame::new(key.format.codec(), step * n, step, key_picture, data.into())
    });
    Track::new(key.format, frames.collect(), step * count)
}

fn slices(header: u8, count: usize) -> Vec<u8> {
    let mut unit = vec![0, 0, 0, 1, header];
    unit.resize(1_000, 0x5A);
    unit.repeat(count)
}

/// The service that is called; what stands in `more` is part of it.
pub(crate) fn service(more: &[SourceFile]) -> Service {
    let own = [("hold.yaml", FLOW), ("queues.yaml", QUEUES), ("texts/en.yaml", TEXTS)]
        .map(|(path, text)| SourceFile { path: path.into(), text: text.into() });
    let assets = Assets { clips: ["hold.mp4".to_owned()].into(), ..Assets::default() };
    match Service::compile(&[&own, more].concat(), &assets) {
        Ok(service) => service,
        Err(problems) => panic!("{}", problems.report()),
    }
}

/// A shard with its calls, and the virtual time they live in.
pub(crate) struct World {
    pub(crate) shard: Shard,
    now: Now,
    due: Option<Instant>,
    tracks: HashMap<AssetKey, Arc<Track>>,
    /// Where the sound of each call goes out, and to whom.
    phones: Vec<(PortId, SocketAddr)>,
    /// Packets that phones have sent.
    heard: usize,
}

/// Is told each packet: where it goes out and to whom, and its octets.
pub(crate) type Sent<'a> = &'a mut dyn FnMut(PortId, SocketAddr, usize);

impl World {
    /// `calls` calls (65,000 at most) that are up and are played to.
    #[allow(clippy::disallowed_methods)] // The base of the virtual time.
    pub(crate) fn new(service: Arc<Service>, calls: u16) -> Self {
        let config = Config {
            sip: sip::Config::new(vec![sip::Local::new(GATEWAY)], 1),
            media_addresses: vec![GATEWAY.ip()],
            shard: 0,
            calls_max: usize::from(calls),
            seed: 1,
            retry_after: Duration::from_secs(1),
            terminals: Arc::default(),
            trunks: Vec::new(),
        };
        let now = Now { mono: Instant::now(), wall: Duration::from_secs(1_800_000_000) };
        let mut world = World {
            shard: Shard::new(config, service),
            now,
            due: None,
            tracks: HashMap::new(),
            phones: Vec::new(),
            heard: 0,
        };
        // Sound and pictures; port numbers mean nothing here.
        let ports = (0..2 * u32::from(calls))
            .map(|n| MediaPort { id: PortId(n), rtp: 20_000 + (n % 20_000) as u16 * 2 });
        world.feed(Input::Ports(ports.collect()), &mut |_, _, _| {});
        // Phones do not begin at once, so that packets are not due at once.
        for n in 0..calls {
            world.call(n);
            world.step(&mut |_, _, _| {});
        }
        let mut phones = HashMap::new();
        (0..200).for_each(|_| {
            world.step(&mut |port, to, _| {
                if to.port() == SOUND_PORT {
                    phones.insert(port, to);
                }
            });
        });
        world.phones = phones.into_iter().collect();
        assert_eq!((world.shard.usage().calls, world.phones.len()), (usize::from(calls), usize::from(calls)));
        world
    }

    /// One phone calls; its endpoint lives as long as INVITE, 200 and ACK take.
    fn call(&mut self, n: u16) {
        let [high, low] = n.to_be_bytes();
        let phone = SocketAddr::new(IpAddr::from([10, 1, high, low]), 5060);
        let mut endpoint = Endpoint::new(sip::Config::new(vec![sip::Local::new(phone)], 100 + u64::from(n)));
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {SOUND_PORT} RTP/AVP 0\r\n\
             m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
             a=fmtp:96 profile-level-id=42e01f;packetization-mode=1\r\n",
            ip = phone.ip()
        );
        let uri = Uri::sip("1", Host::from(GATEWAY.ip()), Some(GATEWAY.port()));
        let invite = Invite {
            local: LocalId(0),
            uri: uri.clone(),
            destination: GATEWAY,
            from: NameAddr::new(Uri::sip("bench", Host::from(phone.ip()), None)),
            to: NameAddr::new(uri),
            headers: sip::Headers::new(),
            body: Some(sip::Body::new("application/sdp", body)),
        };
        endpoint.invite(self.now.mono, invite).expect("room for a call");
        let mut to_phone = VecDeque::new();
        for _ in 0..4 {
            while let sip::Output::Send { data, .. } = next_send(&mut endpoint) {
                let input = Input::Sip { local: LocalId(0), from: phone, data };
                to_phone.extend(self.feed(input, &mut |_, _, _| {}));
            }
            while let Some(data) = to_phone.pop_front() {
                let input = sip::Input::Datagram { local: LocalId(0), from: GATEWAY, data: &data };
                endpoint.handle_input(self.now.mono, input);
            }
        }
    }

    /// Hands an input in, drains all outputs, returns the SIP datagrams.
    pub(crate) fn feed(&mut self, input: Input, sent: Sent<'_>) -> Vec<Bytes> {
        self.shard.handle_input(self.now, input);
        let mut sip = Vec::new();
        loop {
            match self.shard.poll_output() {
                Output::Sip { data, .. } => sip.push(data),
                Output::Media { port, to, data, .. } => sent(port, to, data.len()),
                Output::Fetch { call, key, .. } => {
                    let made = self.tracks.entry(key.clone()).or_insert_with(|| Arc::new(track(&key)));
                    let track = Some(Arc::clone(made));
                    self.shard.handle_input(self.now, Input::Track { call, key, track });
                }
                Output::Pool(acd::Input::Enter { ticket, .. }) => {
                    let waits = acd::Output::Place { ticket, place: 1, waiting: 1 };
                    self.shard.handle_input(self.now, Input::Pool(waits));
                }
                Output::Timeout(due) => {
                    self.due = due;
                    return sip;
                }
                Output::Latched { .. }
                | Output::Unlatched(_)
                | Output::Release(_)
                | Output::Pool(_)
                | Output::Register { .. }
                | Output::Web { .. }
                | Output::Transcode(_)
                | Output::Ask { .. }
                | Output::Live(_)
                | Output::Ordered(_)
                | Output::Ended(_) => {}
            }
        }
    }

    /// The next 5 ms of virtual time. One phone after the other sends a packet: who is silent for long is hung up on.
    pub(crate) fn step(&mut self, sent: Sent<'_>) {
        self.now = self.now.plus(GRID);
        if let Some(&(port, from)) = self.phones.get(self.heard % self.phones.len().max(1)) {
            let data = sound(self.heard / self.phones.len());
            self.heard += 1;
            self.feed(Input::Media { port, component: Component::Rtp, from, data }, sent);
        }
        if self.due.is_some_and(|due| due <= self.now.mono) {
            self.feed(Input::Timeout, sent);
        }
    }
}

/// The nth packet of a phone (RFC 3550 §5.1).
fn sound(n: usize) -> Bytes {
    let mut packet = vec![0x80, 0];
    packet.extend((n as u16).to_be_bytes());
    packet.extend((n as u32 * 160).to_be_bytes());
    packet.extend([0, 0, 0, 1]);
    packet.resize(12 + 160, 0xFF);
    packet.into()
}

fn next_send(endpoint: &mut Endpoint) -> sip::Output {
    loop {
        match endpoint.poll_output() {
            sip::Output::Event(_) => {}
            other => return other,
        }
    }
}
