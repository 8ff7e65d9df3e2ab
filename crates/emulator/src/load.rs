//! `run_load`: many calls at once, on few threads, and what came of them.
//!
//! The telephones decode nothing: a call counts as good when it was set up and frames of both kinds came.
//! Start at [`run_load`].

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use media::Kind;
use rtp::Digit;
use sip::Uri;

use crate::caller::{local_address, resolve};
use crate::limits::{BLIND_KEY_EVERY, CALLS_MAX, CROWD_MAX, GOODBYE_MAX, KEYS_MAX, REASONS_MAX};
use crate::{CircuitReport, Config, Crowd, End, Error, Event};

/// How often a load says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Many calls.
#[derive(Clone, Debug)]
pub struct Load {
    /// What is called, such as `sip:1008621@127.0.0.1:5060`.
    pub uri: String,
    /// The telephones. A number counts up from call to call.
    pub phone: Config,
    /// Keys that each call presses, one every [`BLIND_KEY_EVERY`] once it is up.
    pub keys: Vec<Digit>,
    /// How many calls: 1..=[`CALLS_MAX`].
    pub calls: usize,
    /// Calls begun in a second; at least one in a hundred seconds.
    pub rate: f64,
    /// How long each call lasts, from its INVITE.
    pub length: Duration,
}

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub struct LoadReport {
    /// Calls made.
    pub calls: usize,
    /// Of them set up and with media of both kinds.
    pub good: usize,
    /// Why the others failed, and how many did.
    pub failures: BTreeMap<String, usize>,
    /// INVITE to the 200 by packets, to open channels on a circuit.
    pub setup: Spread,
    /// First octet on the circuit to open channels.
    pub session: Spread,
    /// What was received and counted, all calls together.
    pub totals: Totals,
}

/// Sums over calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Frames of sound received.
    pub sound: u64,
    /// Pictures received.
    pub pictures: u64,
    /// Frames of either kind that were damaged.
    pub damaged: u64,
    /// Headers that Golay repaired.
    pub golay_corrected: u64,
    /// Headers beyond repair.
    pub headers_failed: u64,
    /// SDUs with a false checksum.
    pub crc_errors: u64,
    /// SDUs that never came.
    pub sdus_lost: u64,
    /// Times that flags were searched anew.
    pub resyncs: u64,
    /// Octets that the line lost.
    pub octets_lost: u64,
    /// Control frames and SDUs sent again.
    pub retransmissions: u64,
}

/// How long something took, over many calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    times: Vec<Duration>,
}

/// Makes the calls; `tell` is handed a line on how far they are, now and then.
///
/// # Errors
/// When nothing can be called at all. A call that fails is in the report.
pub fn run_load(load: &Load, tell: &mut dyn FnMut(&str)) -> Result<LoadReport, Error> {
    if !(1..=CALLS_MAX).contains(&load.calls) {
        return Err(Error::Calls(load.calls));
    }
    if load.keys.len() > KEYS_MAX {
        return Err(Error::TooManyKeys(load.keys.len()));
    }
    let (uri, destination) = resolve(&load.uri)?;
    let sip = SocketAddr::new(local_address(destination)?, 0);
    let mut load = Load { phone: Config { decodes: false, ..load.phone.clone() }, ..load.clone() };
    load.phone.prepare()?;
    let (threads, start) = (load.calls.div_ceil(CROWD_MAX), net::clock::now().mono);
    let (news, told) = mpsc::channel();
    thread::scope(|scope| {
        for first in 0..threads {
            let (load, uri, news) = (&load, &uri, news.clone());
            let calls: Vec<usize> = (first..load.calls).step_by(threads).collect();
            scope.spawn(move || Batch { load, uri, destination, sip, start, news }.run(&calls));
        }
        drop(news);
        Ok(sum(start, load.calls, &told, tell))
    })
}

/// Gathers what the threads tell until the last has ended.
fn sum(start: Instant, calls: usize, told: &mpsc::Receiver<News>, tell: &mut dyn FnMut(&str)) -> LoadReport {
    let mut report = LoadReport { calls, ..LoadReport::default() };
    let (mut up, mut over, mut next) = (0, 0, start + TELL_EVERY);
    loop {
        let now = net::clock::now().mono;
        if now >= next {
            let at = now.saturating_duration_since(start).as_secs();
            tell(&format!("{at:>7} s   {up} of {calls} calls were set up, {over} are over"));
            next = now + TELL_EVERY;
        }
        match told.recv_timeout(next.saturating_duration_since(now)) {
            Ok(News::Up) => up += 1,
            Ok(News::Over(outcome)) => {
                over += 1;
                report.add(*outcome);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    report.missing(calls - over);
    report.setup.times.sort_unstable();
    report.session.times.sort_unstable();
    report
}

/// What a thread tells of its calls.
enum News {
    Up,
    Over(Box<Outcome>),
}

/// One call, when it is over.
#[derive(Debug)]
struct Outcome {
    setup: Option<Duration>,
    failure: Option<String>,
    sound: u64,
    pictures: u64,
    damaged: u64,
    circuit: Option<CircuitReport>,
}

/// The calls of one thread.
struct Batch<'a> {
    load: &'a Load,
    uri: &'a Uri,
    destination: SocketAddr,
    sip: SocketAddr,
    start: Instant,
    news: mpsc::Sender<News>,
}

/// One call under way.
struct Call {
    began: Instant,
    /// Hangs up then; once that has passed, the second time is for good.
    end: Instant,
    hung_up: bool,
    keys: std::vec::IntoIter<Digit>,
    next_key: Option<Instant>,
    outcome: Outcome,
    over: bool,
}

impl Batch<'_> {
    /// Makes the calls of these numbers. A thread whose network fails leaves its calls untold.
    fn run(&self, calls: &[usize]) {
        let result = Crowd::on_grid(self.sip.ip()).and_then(|crowd| self.call(crowd, calls));
        if let Err(error) = result {
            tracing::error!(%error, "the load stops on one thread");
        }
    }

    fn call(&self, mut crowd: Crowd, numbers: &[usize]) -> Result<(), Error> {
        let mut waiting = numbers.iter().copied().peekable();
        let mut calls: Vec<Call> = Vec::with_capacity(numbers.len());
        while waiting.peek().is_some() || calls.iter().any(|call| !call.over) {
            let now = net::clock::now().mono;
            while let Some(number) = waiting.next_if(|number| self.begins(*number) <= now) {
                match self.begin(&mut crowd, number) {
                    Ok(call) => calls.push(call),
                    Err(error) => self.tell(News::Over(Box::new(Outcome::failed(error.to_string())))),
                }
            }
            for (number, call) in calls.iter_mut().enumerate().filter(|(_, call)| !call.over) {
                self.step(&mut crowd, number, call);
            }
            let due = calls.iter().filter_map(Call::due).chain(waiting.peek().map(|next| self.begins(*next)));
            let due = due.min().unwrap_or(now + TELL_EVERY);
            for (number, event) in crowd.turn(due)? {
                self.take(&mut crowd, number, &mut calls[number], event);
            }
        }
        let end = net::clock::now().mono + GOODBYE_MAX / 4;
        while net::clock::now().mono < end {
            crowd.turn(end)?;
        }
        Ok(())
    }

    fn begins(&self, number: usize) -> Instant {
        self.start + Duration::from_secs_f64(number as f64 / self.load.rate.max(0.01))
    }

    /// Calls are numbered by their place in the crowd, so one that cannot be added must not be counted.
    fn begin(&self, crowd: &mut Crowd, number: usize) -> Result<Call, Error> {
        let user = count_up(&self.load.phone.user, number);
        let place = crowd.add(self.sip, Config { user, ..self.load.phone.clone() })?;
        let now = net::clock::now();
        let begun = crowd.phone(place).call(now, self.uri, self.destination);
        let mut call = Call::new(now.mono, self.load);
        if let Err(error) = begun {
            call.over = true;
            self.tell(News::Over(Box::new(Outcome::failed(error.to_string()))));
        }
        Ok(call)
    }

    fn step(&self, crowd: &mut Crowd, number: usize, call: &mut Call) {
        let now = net::clock::now();
        if call.next_key.is_some_and(|due| due <= now.mono) {
            call.next_key = call.keys.next().map(|key| {
                crowd.phone(number).press(now, key);
                now.mono + BLIND_KEY_EVERY
            });
        }
        if call.end > now.mono {
            return;
        }
        if call.hung_up {
            // Not even the hanging up was answered.
            call.over = true;
            self.end(crowd, number, call, &End::Failed("hanging up is not answered"));
            return;
        }
        call.hung_up = true;
        call.end = now.mono + GOODBYE_MAX;
        crowd.phone(number).hang_up(now);
    }

    fn take(&self, crowd: &mut Crowd, number: usize, call: &mut Call, event: Event) {
        match event {
            Event::Up if self.load.phone.access.has_pictures_apart() => self.up(call),
            Event::Circuit(h324m::Event::Up { .. }) => self.up(call),
            Event::Frame(frame) => {
                match frame.codec.kind() {
                    Kind::Audio => call.outcome.sound += 1,
                    Kind::Video => call.outcome.pictures += 1,
                }
                call.outcome.damaged += u64::from(frame.damaged);
            }
            Event::Over(end) if !call.over => {
                call.over = true;
                self.end(crowd, number, call, &end);
            }
            Event::Up
            | Event::Ringing(_)
            | Event::Sound(_)
            | Event::Picture(_)
            | Event::Circuit(_)
            | Event::Key(_)
            | Event::Over(_) => {}
        }
    }

    fn up(&self, call: &mut Call) {
        let now = net::clock::now().mono;
        call.outcome.setup = Some(now.saturating_duration_since(call.began));
        call.next_key = Some(now + BLIND_KEY_EVERY);
        self.tell(News::Up);
    }

    fn end(&self, crowd: &mut Crowd, number: usize, call: &mut Call, end: &End) {
        let circuit = crowd.phone(number).circuit_report();
        let mut outcome = std::mem::replace(&mut call.outcome, Outcome::failed(String::new()));
        outcome.failure = failure(&outcome, end, self.load.length);
        outcome.circuit = circuit;
        self.tell(News::Over(Box::new(outcome)));
    }

    fn tell(&self, news: News) {
        // Whoever sums has gone only when the process ends.
        let _ = self.news.send(news);
    }
}

impl Call {
    fn new(now: Instant, load: &Load) -> Self {
        Call {
            began: now,
            end: now + load.length,
            hung_up: false,
            keys: load.keys.clone().into_iter(),
            next_key: None,
            outcome: Outcome { failure: None, ..Outcome::failed(String::new()) },
            over: false,
        }
    }

    fn due(&self) -> Option<Instant> {
        (!self.over).then(|| self.next_key.map_or(self.end, |key| key.min(self.end)))
    }
}

impl Outcome {
    fn failed(why: String) -> Self {
        Outcome { setup: None, failure: Some(why), sound: 0, pictures: 0, damaged: 0, circuit: None }
    }
}

/// Why a call was not what was asked for, if it was not.
fn failure(outcome: &Outcome, end: &End, length: Duration) -> Option<String> {
    match end {
        End::Refused(_) | End::Session(_) | End::Failed(_) => Some(end.to_string()),
        End::Remote { .. } if outcome.setup.is_none() => Some(end.to_string()),
        End::Local if outcome.setup.is_none() => Some(format!("not set up within {length:?}")),
        End::Local | End::Remote { .. } if outcome.sound == 0 => Some("no sound came".to_owned()),
        End::Local | End::Remote { .. } if outcome.pictures == 0 => Some("no picture came".to_owned()),
        End::Local | End::Remote { .. } => None,
    }
}

/// The number `by` above `user`; the same user when it is no number.
fn count_up(user: &str, by: usize) -> String {
    user.parse::<u64>().map_or_else(|_| user.to_owned(), |number| (number + by as u64).to_string())
}

impl LoadReport {
    fn add(&mut self, outcome: Outcome) {
        match outcome.failure {
            None => self.good += 1,
            Some(why) => self.failed(why, 1),
        }
        self.setup.times.extend(outcome.setup);
        self.session.times.extend(outcome.circuit.and_then(|circuit| circuit.terminal.up_after));
        self.totals.add(outcome.sound, outcome.pictures, outcome.damaged, outcome.circuit.as_ref());
    }

    /// Calls of threads that could not go on.
    fn missing(&mut self, calls: usize) {
        if calls > 0 {
            self.failed("the network of this machine failed".to_owned(), calls);
        }
    }

    fn failed(&mut self, why: String, calls: usize) {
        let known = self.failures.len() < REASONS_MAX || self.failures.contains_key(&why);
        let why = if known { why } else { "for other reasons".to_owned() };
        *self.failures.entry(why).or_default() += calls;
    }
}

impl Totals {
    fn add(&mut self, sound: u64, pictures: u64, damaged: u64, circuit: Option<&CircuitReport>) {
        self.sound += sound;
        self.pictures += pictures;
        self.damaged += damaged;
        let Some(CircuitReport { terminal, .. }) = circuit else { return };
        self.golay_corrected += terminal.golay_corrected;
        self.headers_failed += terminal.headers_failed;
        self.crc_errors += terminal.crc_errors;
        self.sdus_lost += terminal.sdus_lost;
        self.resyncs += terminal.resyncs;
        self.octets_lost += terminal.octets_lost;
        self.retransmissions += terminal.retransmissions;
    }
}

impl Spread {
    /// The time that `share` of all calls (0.0..=1.0) stayed within; `None` without calls.
    #[must_use]
    pub fn within(&self, share: f64) -> Option<Duration> {
        let last = self.times.len().checked_sub(1)?;
        let at = (self.times.len() as f64 * share).ceil() as usize;
        self.times.get(at.saturating_sub(1).min(last)).copied()
    }

    /// How many calls it is of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Of no call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |share| self.within(share).map_or(0, |time| time.as_millis());
        write!(f, "p50 {} ms, p99 {} ms, most {} ms ({} calls)", ms(0.5), ms(0.99), ms(1.0), self.len())
    }
}

impl fmt::Display for LoadReport {
    /// Some lines for a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { sound, pictures, damaged, .. } = self.totals;
        writeln!(f, "{} calls, {} good, {} failed", self.calls, self.good, self.calls - self.good)?;
        self.failures.iter().try_for_each(|(why, calls)| writeln!(f, "  {calls} x {why}"))?;
        if !self.setup.is_empty() {
            writeln!(f, "INVITE to set up: {}", self.setup)?;
        }
        if !self.session.is_empty() {
            writeln!(f, "3G set-up alone:  {}", self.session)?;
        }
        writeln!(f, "received: {sound} frames of sound, {pictures} pictures, {damaged} damaged")?;
        if !self.session.is_empty() {
            writeln!(f, "circuits: {}", self.totals)?;
        }
        Ok(())
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} headers corrected, {} headers lost, {} checksums false, {} SDUs lost, {} resyncs, {} octets \
             lost, {} sent again",
            self.golay_corrected,
            self.headers_failed,
            self.crc_errors,
            self.sdus_lost,
            self.resyncs,
            self.octets_lost,
            self.retransmissions
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_the_time_that_a_share_of_calls_stayed_within() {
        let times = (1..=200).map(Duration::from_millis).collect();
        let spread = Spread { times };
        assert_eq!(spread.to_string(), "p50 100 ms, p99 198 ms, most 200 ms (200 calls)");
        let one = Spread { times: vec![Duration::from_millis(7)] };
        assert_eq!(
            (one.within(0.0), one.within(0.5), one.within(1.0)),
            (one.within(1.0), one.within(1.0), Some(one.times[0]))
        );
        assert_eq!(Spread::default().within(0.5), None);
    }

    #[test]
    fn a_call_is_good_only_with_media_of_both_kinds() {
        let call = |setup, sound, pictures| Outcome {
            setup: Some(Duration::ZERO).filter(|_| setup),
            sound,
            pictures,
            ..Outcome::failed(String::new())
        };
        let why = |outcome: &Outcome, end: &End| failure(outcome, end, Duration::from_secs(5));
        assert_eq!(why(&call(true, 1, 1), &End::Local), None);
        assert_eq!(why(&call(true, 1, 1), &End::Remote { reason: None }), None);
        for (outcome, end) in [
            (call(true, 0, 1), End::Local),
            (call(true, 1, 0), End::Local),
            (call(false, 0, 0), End::Local),
            (call(false, 0, 0), End::Remote { reason: None }),
            (call(true, 1, 1), End::Failed("x")),
            (call(true, 1, 1), End::Session(h324m::EndCause::Silent)),
        ] {
            assert!(why(&outcome, &end).is_some(), "{outcome:?} {end:?}");
        }
    }

    #[test]
    fn reasons_are_bounded_and_none_is_lost() {
        let mut report = LoadReport::default();
        (0..100).for_each(|number| report.add(Outcome::failed(format!("reason {}", number % 50))));
        assert_eq!(report.failures.len(), REASONS_MAX + 1);
        assert_eq!(report.failures.values().sum::<usize>(), 100);
    }

    #[test]
    fn callers_are_numbered() {
        assert_eq!(count_up("13800000000", 12), "13800000012");
        assert_eq!(count_up("anna", 12), "anna");
    }

    #[test]
    fn no_calls_and_too_many_calls_are_refused() {
        for calls in [0, CALLS_MAX + 1] {
            let load = Load {
                uri: "sip:1@127.0.0.1".into(),
                phone: Config::three_g("1"),
                keys: Vec::new(),
                calls,
                rate: 1.0,
                length: Duration::from_secs(1),
            };
            assert!(matches!(run_load(&load, &mut |_| {}), Err(Error::Calls(_))));
        }
    }
}
