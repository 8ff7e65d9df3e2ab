//! What a publish does to calls in progress: a thousand calls of one shard are played a clip while versions of a service
//! of 2,000 nodes go live, one each second.
//!
//! Time is virtual, but a packet leaves as much later as the work before it took of the CPU: a gap in the sound of a call
//! is that of a gateway with one core for this shard. The version itself is read and checked on another thread of a
//! gateway; what that takes is printed for itself. Prints, asserts nothing.

mod held;

use std::sync::Arc;
use std::time::Duration;

use call::{Input, PortId};
use dialplan::{Service, SourceFile};
use held::{GRID, World};
use rustix::time::{ClockId, clock_gettime};

const CALLS: u16 = 1_000;
const NODES: usize = 2_000;
/// Of each of the three times that are compared.
const SECONDS: u32 = 10;
/// Octets of an RTP packet with 20 ms of PCMU; packets of pictures are longer.
const SOUND_LEN: usize = 12 + 160;

/// A flow as large as one may be.
fn large() -> SourceFile {
    let head = "flow: large\nnumbers: [\"2\"]\nstart: n0\nlanguages: [en]\ndefaults: { exits: { silence: $repeat, \
                invalid: $repeat, exhausted: $hangup } }\nnodes:\n";
    let node = |n: usize| {
        format!("  n{n}: {{ menu: {{ items: {{ \"1\": {{ say: press, to: n{} }} }} }} }}\n", (n + 1) % NODES)
    };
    SourceFile {
        path: "large.yaml".into(),
        text: head.to_owned() + &(0..NODES).map(node).collect::<String>(),
    }
}

/// What a stretch of time was like.
#[derive(Default)]
struct Figures {
    packets: u64,
    /// What each 5 ms took.
    steps: Vec<Duration>,
    /// The longest time between two packets of sound, of each call that has sound.
    gaps: Vec<Duration>,
    publishes: Vec<Duration>,
}

/// The shard, and when its thread is free.
struct Gateway {
    world: World,
    /// Virtual, since the beginning.
    at: Duration,
    /// When the work so far is done; later than `at` when it does not keep up.
    free: Duration,
    /// When the last sound of each port left.
    last: Vec<Option<Duration>>,
}

impl Gateway {
    fn new(service: Arc<Service>) -> Gateway {
        let last = vec![None; 2 * usize::from(CALLS)];
        Gateway { world: World::new(service, CALLS), at: Duration::ZERO, free: Duration::ZERO, last }
    }

    /// Ten seconds; what `publish` gives at a second goes live in its middle.
    fn run(&mut self, mut publish: impl FnMut() -> Option<Arc<Service>>) -> Figures {
        let mut figures = Figures { gaps: vec![Duration::ZERO; self.last.len()], ..Figures::default() };
        for _ in 0..SECONDS {
            let next = publish();
            (0..100).for_each(|_| self.step(&mut figures, None));
            self.step(&mut figures, next);
            (0..99).for_each(|_| self.step(&mut figures, None));
        }
        figures.gaps.retain(|gap| !gap.is_zero());
        figures.steps.sort_unstable();
        figures.publishes.sort_unstable();
        figures
    }

    fn step(&mut self, figures: &mut Figures, next: Option<Arc<Service>>) {
        let (begin, began) = (self.at.max(self.free), worked());
        if let Some(service) = next {
            self.world.feed(Input::Service(service), &mut |_, _, _| {});
            figures.publishes.push(worked() - began);
        }
        let Figures { packets, gaps, .. } = figures;
        let last = &mut self.last;
        self.world.step(&mut |PortId(port), _, len| {
            *packets += 1;
            if len != SOUND_LEN {
                return;
            }
            let (at, port) = (begin + (worked() - began), port as usize);
            if let Some(before) = last[port].replace(at) {
                gaps[port] = gaps[port].max(at.saturating_sub(before));
            }
        });
        let took = worked() - began;
        figures.steps.push(took);
        self.free = begin + took;
        self.at += GRID;
    }
}

impl Figures {
    fn print(&self, name: &str) {
        let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
        let share = |times: &[Duration], share: usize| ms(times.get(times.len() * share / 1_000));
        let mut gaps = self.gaps.clone();
        gaps.sort_unstable();
        println!(
            "{name}: {} packets; 5 ms took p50 {:.2}, p99 {:.2}, most {:.2} ms; longest gap in the sound of {} calls: p50 \
             {:.2}, p99 {:.2}, most {:.2} ms",
            self.packets,
            share(&self.steps, 500),
            share(&self.steps, 990),
            ms(self.steps.last()),
            gaps.len(),
            share(&gaps, 500),
            share(&gaps, 990),
            ms(gaps.last()),
        );
        if let (Some(least), Some(most)) = (self.publishes.first(), self.publishes.last()) {
            println!(
                "  a publish took the shard {:.3} to {:.3} ms, {} of them",
                ms(Some(least)),
                ms(Some(most)),
                self.publishes.len()
            );
        }
    }
}

/// What this thread has worked so far; what else runs on the machine does not count.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

fn main() {
    // `cargo test` runs benches with another word; this one has no tests.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let first = Arc::new(held::service(&[]));
    let mut gateway = Gateway::new(Arc::clone(&first));
    gateway.run(|| None);
    gateway.run(|| None).print("before");

    let began = worked();
    let mut versions: Vec<Arc<Service>> =
        (0..SECONDS).map(|n| Arc::new(held::service(&[large()]).numbered(u64::from(n) + 2))).collect();
    println!(
        "reading and checking {NODES} nodes: {:.1} ms",
        ((worked() - began) / SECONDS).as_secs_f64() * 1e3
    );
    // Nobody else holds a version, so that the shard bears taking the one before it apart, too.
    gateway.run(|| versions.pop()).print("with a publish each second");
    gateway.run(|| None).print("after");

    // This one and a reference of each call, its run and what it waits for.
    println!(
        "{} calls are up, of the version that they began with: {} references to it",
        gateway.world.shard.usage().calls,
        Arc::strong_count(&first) - 1
    );
}
