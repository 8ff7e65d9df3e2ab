//! The network: a clock, links, and what is under way.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::{Link, limits};

/// A datagram that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Sender.
    pub from: SocketAddr,
    /// Receiver.
    pub to: SocketAddr,
    /// Payload.
    pub data: Bytes,
}

/// What comes next in virtual time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A datagram arrives now.
    Deliver(Datagram),
    /// The timer handed to [`Network::step`] is due now.
    Timer,
}

/// What has happened to all datagrams so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Handed to [`Network::send`].
    pub sent: u64,
    /// Of them lost.
    pub lost: u64,
    /// Copies made on the way.
    pub duplicated: u64,
    /// Sent the long way.
    pub reordered: u64,
    /// Handed out by [`Network::step`].
    pub delivered: u64,
}

/// Virtual clock and links.
///
/// ```
/// # use netsim::{Network, Step};
/// # use std::time::Duration;
/// # fn base() -> std::time::Instant {
/// #     #[allow(clippy::disallowed_methods)]
/// #     std::time::Instant::now()
/// # }
/// let mut network = Network::new(base(), 7);
/// let (a, b) = ("192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap());
/// network.send(a, b, b"ping".as_slice().into());
/// let hang_up = network.now() + Duration::from_secs(180);
/// loop {
///     match network.step(Some(hang_up)) {
///         Some(Step::Deliver(datagram)) if datagram.to == b => {
///             network.send(b, datagram.from, b"pong".as_slice().into());
///         }
///         Some(Step::Deliver(datagram)) => assert_eq!(datagram.from, b),
///         Some(Step::Timer) | None => break,
///     }
/// }
/// assert_eq!(network.elapsed(), Duration::from_secs(180));
/// ```
#[derive(Debug)]
pub struct Network {
    start: Instant,
    now: Instant,
    random: StdRng,
    default_link: Link,
    links: HashMap<(IpAddr, IpAddr), Link>,
    /// By time of arrival, then by order of sending.
    in_flight: BTreeMap<(Instant, u64), Datagram>,
    /// Last arrival by direction and ports, which jitter does not overtake.
    last_arrival: HashMap<(SocketAddr, SocketAddr), Instant>,
    order: u64,
    counts: Counts,
}

impl Network {
    /// An empty network of perfect links whose clock stands at `start`. The same seed and the same calls
    /// give the same losses and times.
    #[must_use]
    pub fn new(start: Instant, seed: u64) -> Self {
        Network {
            start,
            now: start,
            random: StdRng::seed_from_u64(seed),
            default_link: Link::perfect(),
            links: HashMap::new(),
            in_flight: BTreeMap::new(),
            last_arrival: HashMap::new(),
            order: 0,
            counts: Counts::default(),
        }
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Virtual time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// What has happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The link of every direction that has none of its own. Holds for what is sent from now on.
    pub fn set_default_link(&mut self, link: Link) {
        self.default_link = link;
    }

    /// The link from one host to another, in this direction only. Holds for what is sent from now on.
    pub fn set_link(&mut self, from: IpAddr, to: IpAddr, link: Link) {
        self.links.insert((from, to), link);
    }

    /// Puts a datagram on its way.
    ///
    /// # Panics
    /// With more than [`limits::IN_FLIGHT_MAX`] under way: two endpoints answer each other without end.
    pub fn send(&mut self, from: SocketAddr, to: SocketAddr, data: Bytes) {
        assert!(self.in_flight.len() < limits::IN_FLIGHT_MAX, "{from} and {to} flood the network");
        let link = self.links.get(&(from.ip(), to.ip())).copied().unwrap_or(self.default_link);
        self.counts.sent += 1;
        // Each datagram draws the same number of times, so that one link's loss does not shift the fate
        // of what comes later on another.
        let [lost, reordered, duplicated] =
            [link.loss, link.reorder, link.duplicate].map(|probability| self.happens(probability));
        let jitter = link.jitter.mul_f64(self.random.random());
        if lost {
            self.counts.lost += 1;
            return;
        }
        let datagram = Datagram { from, to, data };
        let arrival = self.arrival(&datagram, link.delay + jitter, reordered.then_some(link.reorder_by));
        if duplicated {
            self.counts.duplicated += 1;
            self.put(arrival + link.reorder_by, datagram.clone());
        }
        self.put(arrival, datagram);
    }

    /// When the next datagram arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Instant> {
        self.in_flight.first_key_value().map(|((arrival, _), _)| (*arrival).max(self.now))
    }

    /// Moves the clock to whichever comes first, the next arrival or `timer`; at the same time the datagram
    /// comes first. `None` when there is neither. A timer in the past is due at once.
    pub fn step(&mut self, timer: Option<Instant>) -> Option<Step> {
        let arrival = self.next_arrival();
        match (arrival, timer) {
            (None, None) => None,
            (Some(arrival), timer) if timer.is_none_or(|timer| arrival <= timer) => {
                self.now = arrival;
                self.counts.delivered += 1;
                self.in_flight.pop_first().map(|(_, datagram)| Step::Deliver(datagram))
            }
            (_, Some(timer)) => {
                self.now = self.now.max(timer);
                Some(Step::Timer)
            }
            (Some(_), None) => unreachable!("the second row takes an arrival without a timer"),
        }
    }

    /// Moves the clock without looking at the network; what is due by then is delivered by the following
    /// steps, late.
    pub fn advance(&mut self, by: Duration) {
        self.now += by;
    }

    fn happens(&mut self, probability: f64) -> bool {
        self.random.random::<f64>() < probability
    }

    /// In order behind the datagram before it, unless it takes the long way.
    fn arrival(&mut self, datagram: &Datagram, takes: Duration, detour: Option<Duration>) -> Instant {
        let direct = self.now + takes;
        if let Some(detour) = detour {
            self.counts.reordered += 1;
            return direct + detour;
        }
        let last = self.last_arrival.entry((datagram.from, datagram.to)).or_insert(direct);
        *last = direct.max(*last);
        *last
    }

    fn put(&mut self, arrival: Instant, datagram: Datagram) {
        self.order += 1;
        self.in_flight.insert((arrival, self.order), datagram);
    }
}
