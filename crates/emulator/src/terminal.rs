//! `Terminal`: a [`Phone`] with sockets of its own and the real clock.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use bytes::Bytes;
use media::{Codec, Kind, Size};
use net::{Channel, PairId, Pairs, Poller, Socket};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::{Config, Error, Event, Input, Output, Phone};

/// Where the ports of a terminal's media are looked for.
const MEDIA_PORTS: std::ops::RangeInclusive<u16> = 40_000..=48_999;

/// The only SIP socket.
const SIP: Channel = Channel::Signalling(0);

/// A telephone on the network.
pub struct Terminal {
    phone: Phone,
    poller: Poller,
    audio: PairId,
    video: PairId,
    arrived: Vec<(Channel, SocketAddr, Bytes)>,
}

impl Terminal {
    /// Binds a SIP socket at `sip` (port 0: any free one) and two pairs of media ports beside it.
    ///
    /// # Errors
    /// [`Error::Bind`], [`Error::Ports`] or [`Error::Network`] when a socket cannot be had;
    /// [`Error::Codec`] as for [`Phone::new`].
    pub fn open(sip: SocketAddr, user: &str, codec: Codec, size: Size, tone_hz: f64) -> Result<Self, Error> {
        Terminal::with(sip, |config| Config { user: user.to_owned(), codec, size, tone_hz, ..config })
    }

    /// The same, with every property of the telephone but its addresses chosen by `adapt`.
    ///
    /// # Errors
    /// As [`Terminal::open`].
    pub fn with(sip: SocketAddr, adapt: impl FnOnce(Config) -> Config) -> Result<Self, Error> {
        let (socket, _) = Socket::bind(sip, net::limits::MEDIA_RECEIVE_BUFFER)?;
        let sip = socket.local();
        let mut random = StdRng::from_os_rng();
        let mut pairs = ports(sip.ip(), &mut random)?;
        let (audio, video) = (pairs.take()?, pairs.take()?);
        let config = adapt(Config {
            user: "anonymous".to_owned(),
            sip,
            audio_port: audio.rtp.local().port(),
            video_port: video.rtp.local().port(),
            codec: Codec::H264,
            size: Size::CIF,
            tone_hz: 0.0,
            answers: false,
            seed: random.random(),
        });
        let (audio_id, video_id) = (audio.id, video.id);
        let mut poller = Poller::new()?;
        poller.add_signalling(0, socket)?;
        poller.add_pair(audio)?;
        poller.add_pair(video)?;
        Ok(Terminal {
            phone: Phone::new(config)?,
            poller,
            audio: audio_id,
            video: video_id,
            arrived: Vec::new(),
        })
    }

    /// The telephone, to call, press keys and hang up. What it wants sent goes out with the next
    /// [`Terminal::turn`].
    pub fn phone(&mut self) -> &mut Phone {
        &mut self.phone
    }

    /// Its SIP address.
    ///
    /// # Panics
    /// Never: the socket is bound as long as the terminal lives.
    #[must_use]
    pub fn sip(&self) -> SocketAddr {
        self.poller.local(SIP).expect("the socket is bound as long as the terminal lives")
    }

    /// Sends what is due, waits for the network until `end` at the latest, and returns what happened.
    /// Returns early, perhaps with nothing, whenever the telephone had something to do.
    ///
    /// # Errors
    /// [`Error::Network`] when the system refuses to wait.
    pub fn turn(&mut self, end: Instant) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        let due = self.drain(&mut events);
        if !events.is_empty() {
            return Ok(events);
        }
        let until = due.map_or(end, |due| due.min(end));
        let wait = until.saturating_duration_since(net::clock::now().mono);
        let arrived = &mut self.arrived;
        self.poller.wait(Some(wait), &mut |channel, from, data| arrived.push((channel, from, data)))?;
        let now = net::clock::now();
        self.phone.handle_input(now, Input::Timeout);
        for (channel, from, data) in std::mem::take(&mut self.arrived) {
            let input = match channel {
                Channel::Signalling(_) => Input::Sip { from, data },
                Channel::Media(id, component) => {
                    let kind = if id == self.audio { Kind::Audio } else { Kind::Video };
                    Input::Media { kind, component, from, data }
                }
            };
            self.phone.handle_input(now, input);
        }
        self.drain(&mut events);
        Ok(events)
    }

    fn drain(&mut self, events: &mut Vec<Event>) -> Option<Instant> {
        let now = net::clock::now();
        loop {
            match self.phone.poll_output(now) {
                Output::Sip { to, data } => {
                    self.poller.send(SIP, to, &data);
                }
                Output::Media { kind, component, to, data } => {
                    let id = match kind {
                        Kind::Audio => self.audio,
                        Kind::Video => self.video,
                    };
                    self.poller.send(Channel::Media(id, component), to, &data);
                }
                Output::Event(event) => events.push(event),
                Output::Timeout(due) => return due,
            }
        }
    }
}

/// The media ports at `address`, begun at a random one: terminals on one machine that close and open
/// would meet each other's late packets otherwise.
fn ports(address: IpAddr, random: &mut StdRng) -> Result<Pairs, Error> {
    let (first, last) = (*MEDIA_PORTS.start(), *MEDIA_PORTS.end());
    let start = random.random_range(first..first + (last - first) / 2);
    Ok(Pairs::new(address, start..=last)?)
}
