//! `Crowd`: several [`Phone`]s on one thread, each with sockets of its own, and the real clock.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::Kind;
use net::{Channel, Component, PairId, Pairs, Poller, Socket};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::limits::{CROWD_MAX, GRID, HEARD_MAX};
use crate::{Config, Error, Event, Input, Output, Phone};

/// Where the ports of media are looked for.
const MEDIA_PORTS: std::ops::RangeInclusive<u16> = 40_000..=48_999;

/// Telephones that share a thread.
pub struct Crowd {
    poller: Poller,
    ports: Pairs,
    members: Vec<Member>,
    /// Whose a pair of media ports is, and for what.
    owners: HashMap<PairId, (usize, Kind)>,
    arrived: Vec<(Channel, SocketAddr, Bytes)>,
    random: StdRng,
    /// Whose packets of pictures are kept, with the time at which each was read.
    listened_to: Option<usize>,
    heard: VecDeque<(Instant, Bytes)>,
    /// Everything that is due or has come within such a time is done at once; counted from the beginning.
    grid: Option<(Instant, Duration)>,
}

struct Member {
    phone: Phone,
    sip: Channel,
    audio: PairId,
    video: Option<PairId>,
    due: Option<Instant>,
    /// It was talked to, and may have something to send.
    touched: bool,
}

impl Crowd {
    /// Nobody yet; media ports will be at `address`.
    ///
    /// # Errors
    /// [`Error::Network`] when the system has no file descriptor left.
    pub fn new(address: IpAddr) -> Result<Self, Error> {
        let mut random = StdRng::from_os_rng();
        let ports = ports(address, &mut random)?;
        Ok(Crowd {
            poller: Poller::new()?,
            ports,
            members: Vec::new(),
            owners: HashMap::new(),
            arrived: Vec::new(),
            random,
            listened_to: None,
            heard: VecDeque::new(),
            grid: None,
        })
    }

    /// The same for a load: it wakes once in [`GRID`] instead of for each packet, which costs a large crowd a
    /// fraction of the CPU and a packet up to that much of delay.
    ///
    /// # Errors
    /// As for [`Crowd::new`].
    pub fn on_grid(address: IpAddr) -> Result<Self, Error> {
        let start = net::clock::now().mono;
        Ok(Crowd { grid: Some((start, GRID)), ..Crowd::new(address)? })
    }

    /// Adds a telephone with a SIP socket at `sip` (port 0: any free one) and media ports beside it. The
    /// addresses and the seed of `config` are set here. Answers its number, counted from 0.
    ///
    /// # Errors
    /// [`Error::Crowded`] beyond [`CROWD_MAX`]; [`Error::Bind`], [`Error::Ports`] or [`Error::Network`] when
    /// a socket cannot be had; [`Error::Codec`] as for [`Phone::new`].
    pub fn add(&mut self, sip: SocketAddr, config: Config) -> Result<usize, Error> {
        let number = self.members.len();
        let local = u8::try_from(number).ok().filter(|_| number < CROWD_MAX).ok_or(Error::Crowded)?;
        let (socket, _) = Socket::bind(sip, net::limits::MEDIA_RECEIVE_BUFFER)?;
        let sip = socket.local();
        let (audio, audio_port) = self.pair(number, Kind::Audio)?;
        let video =
            if config.access.has_pictures_apart() { Some(self.pair(number, Kind::Video)?) } else { None };
        let video_port = video.map_or(0, |(_, port)| port);
        let phone = Phone::new(Config { sip, audio_port, video_port, seed: self.random.random(), ..config })?;
        self.poller.add_signalling(local, socket)?;
        let (sip, video) = (Channel::Signalling(local), video.map(|(id, _)| id));
        self.members.push(Member { phone, sip, audio, video, due: None, touched: true });
        Ok(number)
    }

    fn pair(&mut self, owner: usize, kind: Kind) -> Result<(PairId, u16), Error> {
        let pair = self.ports.take()?;
        let (id, port) = (pair.id, pair.rtp.local().port());
        self.poller.add_pair(pair)?;
        self.owners.insert(id, (owner, kind));
        Ok((id, port))
    }

    /// A telephone, to call, press keys and hang up. What it wants sent goes out with the next
    /// [`Crowd::turn`].
    ///
    /// # Panics
    /// When there is none of this number.
    pub fn phone(&mut self, number: usize) -> &mut Phone {
        let member = &mut self.members[number];
        member.touched = true;
        &mut member.phone
    }

    /// The SIP address of a telephone.
    ///
    /// # Panics
    /// When there is none of this number.
    #[must_use]
    pub fn sip(&self, number: usize) -> SocketAddr {
        let channel = self.members[number].sip;
        self.poller.local(channel).expect("the socket is bound as long as the crowd lives")
    }

    /// From now on the RTP packets of pictures that come to this telephone are kept for [`Crowd::heard`].
    pub fn listen(&mut self, number: usize) {
        self.listened_to = Some(number);
    }

    /// What has come since this was asked last, as it came, and when it was read; of more than [`HEARD_MAX`] the newest.
    pub fn heard(&mut self) -> VecDeque<(Instant, Bytes)> {
        mem::take(&mut self.heard)
    }

    fn hear(&mut self, at: Instant, packet: &Bytes) {
        if self.heard.len() >= HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back((at, packet.clone()));
    }

    /// Sends what is due, waits for the network until `end` at the latest, and returns what happened to
    /// whom. Returns early, perhaps with nothing, whenever a telephone had something to do.
    ///
    /// # Errors
    /// [`Error::Network`] when the system refuses to wait.
    pub fn turn(&mut self, end: Instant) -> Result<Vec<(usize, Event)>, Error> {
        let mut events = Vec::new();
        self.drain(&mut events);
        if !events.is_empty() {
            return Ok(events);
        }
        let wait = self.wait(end);
        let arrived = &mut self.arrived;
        self.poller.wait(Some(wait), &mut |channel, from, data| arrived.push((channel, from, data)))?;
        let now = net::clock::now();
        for member in self.members.iter_mut().filter(|member| member.due.is_some_and(|due| due <= now.mono)) {
            member.phone.handle_input(now, Input::Timeout);
            member.touched = true;
        }
        for (channel, from, data) in mem::take(&mut self.arrived) {
            let (number, input) = match channel {
                Channel::Signalling(local) => (usize::from(local), Input::Sip { from, data }),
                Channel::Media(id, component) => {
                    let Some(&(number, kind)) = self.owners.get(&id) else { continue };
                    let pictures = (kind, component) == (Kind::Video, Component::Rtp);
                    if pictures && self.listened_to == Some(number) {
                        self.hear(now.mono, &data);
                    }
                    (number, Input::Media { kind, component, from, data })
                }
            };
            self.phone(number).handle_input(now, input);
        }
        self.drain(&mut events);
        Ok(events)
    }

    /// How long the network is waited for; on a grid everything is waited for beforehand.
    fn wait(&self, end: Instant) -> Duration {
        let now = net::clock::now().mono;
        if let Some((start, grid)) = self.grid {
            let into = now.saturating_duration_since(start).as_nanos() % grid.as_nanos();
            std::thread::sleep(grid - Duration::from_nanos(into as u64));
            return Duration::ZERO;
        }
        let due = self.members.iter().filter_map(|member| member.due).min();
        due.map_or(end, |due| due.min(end)).saturating_duration_since(now)
    }

    fn drain(&mut self, events: &mut Vec<(usize, Event)>) {
        let now = net::clock::now();
        let touched = self.members.iter_mut().enumerate().filter(|(_, member)| member.touched);
        for (number, member) in touched {
            member.touched = false;
            member.due = loop {
                match member.phone.poll_output(now) {
                    Output::Sip { to, data } => {
                        self.poller.send(member.sip, to, &data);
                    }
                    Output::Media { kind, component, to, data } => {
                        if let Some(channel) = member.media(kind, component) {
                            self.poller.send(channel, to, &data);
                        }
                    }
                    Output::Event(event) => events.push((number, event)),
                    Output::Timeout(due) => break due,
                }
            };
        }
    }
}

impl Member {
    fn media(&self, kind: Kind, component: Component) -> Option<Channel> {
        let id = match kind {
            Kind::Audio => Some(self.audio),
            Kind::Video => self.video,
        };
        id.map(|id| Channel::Media(id, component))
    }
}

/// The media ports at `address`, begun at a random one: terminals on one machine that close and open
/// would meet each other's late packets otherwise.
fn ports(address: IpAddr, random: &mut StdRng) -> Result<Pairs, Error> {
    let (first, last) = (*MEDIA_PORTS.start(), *MEDIA_PORTS.end());
    let start = random.random_range(first..first + (last - first) / 2);
    Ok(Pairs::new(address, start..=last)?)
}
