//! What it costs to play prompts: the whole core of a shard, from timer to RTP octets, without sockets.
//!
//! A hundred calls each play PCMU sound and H.264 CIF pictures at 15 a second; one iteration is one
//! second of all of them. The goal is below 0.3 ms a call-second, so below 30 ms an iteration; beside it
//! stands the floor, the same octets copied packet by packet. Prints, asserts nothing.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call::{Config, Input, MediaPort, Output, PortId, Shard};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dialplan::{Assets, Service, SourceFile};
use media::{AssetKey, Format, Frame, Now, Track};
use sip::{Endpoint, Host, Invite, LocalId, NameAddr, Uri};

const CALLS: usize = 100;

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

/// A shard with its calls, and the virtual time they live in.
struct World {
    shard: Shard,
    now: Now,
    due: Option<Instant>,
    packets: u64,
    octets: u64,
}

impl World {
    #[allow(clippy::disallowed_methods)] // The base of the virtual time.
    fn new() -> Self {
        let files = [("hold.yaml", FLOW), ("queues.yaml", QUEUES), ("texts/en.yaml", TEXTS)]
            .map(|(path, text)| SourceFile { path: path.into(), text: text.into() });
        let assets = Assets { clips: ["hold.mp4".to_owned()].into(), ..Assets::default() };
        let service = match Service::compile(&files, &assets) {
            Ok(service) => service,
            Err(problems) => panic!("{}", problems.report()),
        };
        let gateway: SocketAddr = "10.0.0.1:5060".parse().expect("an address");
        let config = Config {
            sip: sip::Config::new(vec![sip::Local::new(gateway)], 1),
            media_addresses: vec![gateway.ip()],
            shard: 0,
            calls_max: CALLS,
            seed: 1,
            retry_after: Duration::from_secs(1),
            terminals: std::sync::Arc::default(),
            trunks: Vec::new(),
        };
        let shard = Shard::new(config, Arc::new(service));
        let now = Now { mono: Instant::now(), wall: Duration::from_secs(1_800_000_000) };
        let mut world = World { shard, now, due: None, packets: 0, octets: 0 };
        let ports = (0..2 * CALLS as u32).map(|n| MediaPort { id: PortId(n), rtp: 20_000 + 2 * n as u16 });
        world.feed(Input::Ports(ports.collect()));
        (0..CALLS).for_each(|n| world.call(n as u8, gateway));
        assert_eq!(world.shard.usage().calls, CALLS);
        world
    }

    /// One phone calls; its endpoint lives as long as INVITE, 200 and ACK take.
    fn call(&mut self, n: u8, gateway: SocketAddr) {
        let phone: SocketAddr = SocketAddr::new(IpAddr::from([10, 0, 1, n]), 5060);
        let mut endpoint = Endpoint::new(sip::Config::new(vec![sip::Local::new(phone)], 100 + u64::from(n)));
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n\
             m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
             a=fmtp:96 profile-level-id=42e01f;packetization-mode=1\r\n",
            ip = phone.ip()
        );
        let uri = Uri::sip("1", Host::from(gateway.ip()), Some(gateway.port()));
        let invite = Invite {
            local: LocalId(0),
            uri: uri.clone(),
            destination: gateway,
            from: NameAddr::new(Uri::sip("bench", Host::from(phone.ip()), None)),
            to: NameAddr::new(uri),
            headers: sip::Headers::new(),
            body: Some(sip::Body::new("application/sdp", body)),
        };
        endpoint.invite(self.now.mono, invite).expect("room for a call");
        let mut to_phone = VecDeque::new();
        for _ in 0..4 {
            while let sip::Output::Send { data, .. } = next_send(&mut endpoint) {
                to_phone.extend(self.feed(Input::Sip { local: LocalId(0), from: phone, data }));
            }
            while let Some(data) = to_phone.pop_front() {
                let input = sip::Input::Datagram { local: LocalId(0), from: gateway, data: &data };
                endpoint.handle_input(self.now.mono, input);
            }
        }
    }

    /// Hands an input in, drains all outputs, returns the SIP datagrams.
    fn feed(&mut self, input: Input) -> Vec<Bytes> {
        self.shard.handle_input(self.now, input);
        let mut sip = Vec::new();
        loop {
            match self.shard.poll_output() {
                Output::Sip { data, .. } => sip.push(data),
                Output::Media { data, .. } => {
                    self.packets += 1;
                    self.octets += data.len() as u64;
                }
                Output::Fetch { call, key, .. } => {
                    let track = Some(Arc::new(track(&key)));
                    self.shard.handle_input(self.now, Input::Track { call, key, track });
                }
                Output::Timeout(due) => {
                    self.due = due;
                    return sip;
                }
                Output::Latched { .. }
                | Output::Unlatched(_)
                | Output::Release(_)
                | Output::Pool(_)
                | Output::Web { .. }
                | Output::Transcode(_)
                | Output::Ask { .. }
                | Output::Live(_)
                | Output::Ended(_) => {}
            }
        }
    }

    /// One second of virtual time on the 5 ms grid of a shard's thread.
    fn second(&mut self) {
        for _ in 0..200 {
            self.now = self.now.plus(Duration::from_millis(5));
            if self.due.is_some_and(|due| due <= self.now.mono) {
                self.feed(Input::Timeout);
            }
        }
    }
}

fn next_send(endpoint: &mut Endpoint) -> sip::Output {
    loop {
        match endpoint.poll_output() {
            sip::Output::Event(_) => {}
            other => return other,
        }
    }
}

fn playback(criterion: &mut Criterion) {
    let mut world = World::new();
    world.second();
    (world.packets, world.octets) = (0, 0);
    world.second();
    let (packets, octets) = (world.packets, world.octets);
    println!("one second of {CALLS} calls is {packets} packets, {octets} octets");

    let mut group = criterion.benchmark_group("playback");
    group.sample_size(20).throughput(Throughput::Elements(CALLS as u64));
    group.bench_function("100 calls, one second", |bench| bench.iter(|| world.second()));
    let payload = vec![0x55_u8; (octets / packets.max(1)) as usize];
    group.bench_function("floor: the same octets copied", |bench| {
        bench.iter(|| {
            for _ in 0..packets {
                std::hint::black_box(Bytes::copy_from_slice(std::hint::black_box(&payload)));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, playback);
criterion_main!(benches);
