//! `run_bridges`: many callers who are bridged to as many agents of ours, and what that costs the gateway.
//!
//! All send what was encoded beforehand and only the first pair decodes, so that the telephones cost little beside the
//! gateway. Start at [`run_bridges`].

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::caller::{local_address, resolve};
use crate::limits::{BRIDGES_MAX, GOODBYE_MAX};
use crate::{Card, Config, Crowd, Error, Event, Material, Model, Record, measure};

/// After the last call was bridged, until the gateway is watched: key pictures are over, and the agents' are, too.
const SETTLE: Duration = Duration::from_secs(3);
/// The longest that a call may take until it is bridged.
const BRIDGED_WITHIN: Duration = Duration::from_secs(30);
/// A telephone beside the clock: how often it is looked whether anything happened.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Many bridged calls.
#[derive(Clone, Debug)]
pub struct Bridges {
    /// What is called, such as `sip:200@127.0.0.1:5060`; it leads to the agents without a key.
    pub uri: String,
    /// The callers.
    pub caller: Model,
    /// The agents.
    pub agent: Model,
    /// The SIP address of the first agent; each further one has the next port.
    pub desks: SocketAddr,
    /// How many calls: 1..=[`BRIDGES_MAX`].
    pub calls: usize,
    /// Calls begun in a second; at least one in ten seconds.
    pub rate: f64,
    /// How long all are held.
    pub length: Duration,
    /// The gateway's process on this machine, whose CPU is read.
    pub gateway: Option<u32>,
}

/// What came of them.
#[derive(Clone, Debug)]
pub struct BridgesReport {
    /// Calls made.
    pub calls: usize,
    /// Of them bridged, with frames of both kinds at both ends, until the end.
    pub good: usize,
    /// CPU of the gateway while all were held, per call, as a share of one core.
    pub cpu: Option<f64>,
    /// CPU of the telephones, of one core.
    pub own_cpu: f64,
    /// Packets that came to the telephones, and those that did not.
    pub packets: [u64; 2],
    /// Of the first pair: caller, then agent.
    pub seen: [Seen; 2],
}

/// What one telephone saw and heard while all calls were held.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Pictures decoded.
    pub pictures: usize,
    /// Sound decoded, which should be as long as the calls were held.
    pub sound: Duration,
    /// Likeness of the last one to the other's card: [`Card::likeness`].
    pub likeness: f64,
    /// Amplitude of the other's tone, of 8000.
    pub tone: f64,
    /// The longest time without a picture, and without sound.
    pub gaps: [Duration; 2],
    /// How much later pictures came than sound: the median, in ms.
    pub skew_ms: Option<f64>,
}

/// Makes the calls, waits until all are bridged, holds them and hangs up; `tell` is handed a line now and then.
///
/// # Errors
/// When nothing can be called at all, or an agent's port is taken.
pub fn run_bridges(bridges: &Bridges, tell: &mut dyn FnMut(&str)) -> Result<BridgesReport, Error> {
    if !(1..=BRIDGES_MAX).contains(&bridges.calls) {
        return Err(Error::Calls(bridges.calls));
    }
    let (uri, destination) = resolve(&bridges.uri)?;
    let here = SocketAddr::new(local_address(destination)?, 0);
    let mut hall = Hall::new(bridges, here)?;
    let start = net::clock::now().mono;
    for number in 0..bridges.calls {
        let due = start + Duration::from_secs_f64(number as f64 / bridges.rate.max(0.1));
        hall.until(due, |_| false)?;
        hall.crowd.phone(caller(number)).call(net::clock::now(), &uri, destination)?;
    }
    let bridged = hall.until(net::clock::now().mono + BRIDGED_WITHIN, Hall::all_bridged)?;
    tell(&format!("{} of {} calls are bridged", hall.bridged(), bridges.calls));
    if bridged {
        hall.until(net::clock::now().mono + SETTLE, |_| false)?;
    }
    hall.begin_anew();
    let watch = Watch::begin(bridges.gateway);
    hall.until(watch.begun + bridges.length, |_| false)?;
    let (cpu, own_cpu) = watch.end();
    let report = BridgesReport {
        calls: bridges.calls,
        good: hall.good(),
        cpu: cpu.map(|cpu| cpu / bridges.calls as f64),
        own_cpu,
        packets: hall.packets(),
        seen: hall.seen(),
    };
    hall.hang_up()?;
    Ok(report)
}

fn caller(number: usize) -> usize {
    2 * number
}

/// All telephones: caller and agent of each call, one after the other. Which agent a caller is bridged to is the
/// gateway's choice.
struct Hall {
    crowd: Crowd,
    ends: Vec<End>,
    models: [Model; 2],
}

/// One telephone.
struct End {
    record: Option<Record>,
    /// Frames since the hall began anew, sound and pictures.
    frames: [u64; 2],
    over: bool,
}

/// What all callers show and sound like, and all agents.
const CARDS: [Card; 2] = [Card::new(0), Card::new(4)];

impl Hall {
    fn new(bridges: &Bridges, here: SocketAddr) -> Result<Self, Error> {
        let models = [bridges.caller, bridges.agent];
        let mut configs: Vec<Config> = Vec::new();
        for (at, user) in [(0, "13800000000"), (1, "agent")] {
            let mut config = models[at].with_card(user, CARDS[at]);
            config.material = Material::replayed(CARDS[at]);
            config.answers = at == 1;
            config.prepare()?;
            configs.push(config);
        }
        let mut crowd = Crowd::on_grid(here.ip())?;
        let (now, mut ends) = (net::clock::now().mono, Vec::new());
        for number in 0..bridges.calls {
            for (at, config) in configs.iter().enumerate() {
                let port = bridges.desks.port().saturating_add(number as u16);
                let sip = if at == 0 { here } else { SocketAddr::new(bridges.desks.ip(), port) };
                let decodes = number == 0;
                crowd.add(sip, Config { decodes, ..config.clone() })?;
                let record = decodes.then(|| Record::new(now, models[1 - at].size()));
                ends.push(End { record, frames: [0; 2], over: false });
            }
        }
        Ok(Hall { crowd, ends, models })
    }

    fn until(&mut self, end: Instant, is_it: impl Fn(&Hall) -> bool) -> Result<bool, Error> {
        loop {
            let now = net::clock::now().mono;
            if is_it(self) || now >= end {
                return Ok(is_it(self));
            }
            for (number, event) in self.crowd.turn(end.min(now + LOOK_EVERY))? {
                self.ends[number].take(net::clock::now().mono, &event);
            }
        }
    }

    /// All agents have media; a caller has, too, while it waits.
    fn all_bridged(&self) -> bool {
        self.bridged() == self.ends.len() / 2
    }

    fn bridged(&self) -> usize {
        self.ends.iter().skip(1).step_by(2).filter(|agent| agent.is_served()).count()
    }

    fn good(&self) -> usize {
        self.ends.chunks(2).filter(|pair| pair.iter().all(|end| end.is_served() && !end.over)).count()
    }

    fn begin_anew(&mut self) {
        let now = net::clock::now().mono;
        for (number, end) in self.ends.iter_mut().enumerate() {
            end.frames = [0; 2];
            if let Some(record) = &mut end.record {
                record.begin(now, self.models[1 - number % 2].size());
            }
        }
    }

    fn packets(&mut self) -> [u64; 2] {
        let counted = (0..self.ends.len()).map(|number| self.crowd.phone(number).packets());
        counted.fold([0, 0], |sum, one| [sum[0] + one[0], sum[1] + one[1]])
    }

    fn seen(&self) -> [Seen; 2] {
        [0, 1].map(|at| {
            let record = self.ends[at].record.as_ref().expect("the first pair has records");
            Seen {
                pictures: record.seen(),
                sound: Duration::from_secs(record.sound().len() as u64) / codec::SAMPLE_RATE,
                likeness: record.likeness(CARDS[1 - at]),
                tone: record.tone_level(CARDS[1 - at]),
                gaps: record.longest_gaps(),
                skew_ms: measure::median(record.skews()),
            }
        })
    }

    fn hang_up(&mut self) -> Result<(), Error> {
        let now = net::clock::now();
        (0..self.ends.len()).step_by(2).for_each(|number| self.crowd.phone(number).hang_up(now));
        self.until(now.mono + GOODBYE_MAX, |hall| hall.ends.iter().all(|end| end.over))?;
        Ok(())
    }
}

impl End {
    fn take(&mut self, now: Instant, event: &Event) {
        match event {
            Event::Frame(frame) => self.frames[usize::from(frame.codec.kind() == media::Kind::Video)] += 1,
            Event::Sound(_) => self.frames[0] += 1,
            Event::Picture(_) => self.frames[1] += 1,
            Event::Over(_) => self.over = true,
            Event::Ringing(_) | Event::Up | Event::Circuit(_) | Event::Key(_) => {}
        }
        if let Some(record) = &mut self.record {
            record.take(now, event);
        }
    }

    fn is_served(&self) -> bool {
        self.frames.iter().all(|&frames| frames > 0)
    }
}

/// CPU over a time.
struct Watch {
    begun: Instant,
    gateway: Option<(u32, Duration)>,
    own: Option<Duration>,
}

impl Watch {
    fn begin(gateway: Option<u32>) -> Self {
        let gateway = gateway.and_then(|pid| Some((pid, measure::cpu_time(pid)?)));
        Watch { begun: net::clock::now().mono, gateway, own: measure::cpu_time(std::process::id()) }
    }

    /// Shares of a core: the gateway's and our own.
    fn end(&self) -> (Option<f64>, f64) {
        let lasted = net::clock::now().mono.saturating_duration_since(self.begun).as_secs_f64();
        let share = |pid, before: Duration| {
            Some(measure::cpu_time(pid)?.saturating_sub(before).as_secs_f64() / lasted.max(0.001))
        };
        let own = self.own.and_then(|before| share(std::process::id(), before));
        (self.gateway.and_then(|(pid, before)| share(pid, before)), own.unwrap_or(0.0))
    }
}

impl fmt::Display for BridgesReport {
    /// Some lines for a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} calls, {} good", self.calls, self.good)?;
        if let Some(cpu) = self.cpu {
            let all = cpu * self.calls as f64;
            writeln!(f, "gateway: {:.2} % of a core a call, {:.1} % in all", cpu * 100.0, all * 100.0)?;
        }
        let [came, lost] = self.packets;
        let share = lost as f64 / (came + lost).max(1) as f64;
        writeln!(f, "telephones: {:.1} % of a core", self.own_cpu * 100.0)?;
        writeln!(f, "packets: {came} came, {lost} lost ({:.3} %)", share * 100.0)?;
        for (who, seen) in ["caller", "agent"].iter().zip(&self.seen) {
            let [pictures, sound] = seen.gaps.map(|gap| gap.as_millis());
            let skew = seen.skew_ms.map_or("unknown".to_owned(), |skew| format!("{skew:.0} ms"));
            writeln!(
                f,
                "{who}: {} pictures and {:.2} s of sound, SSIM {:.3}, tone {:.0}, longest gaps {pictures} ms of pictures and {sound} ms of \
                 sound, skew {skew}",
                seen.pictures,
                seen.sound.as_secs_f64(),
                seen.likeness,
                seen.tone
            )?;
        }
        Ok(())
    }
}
