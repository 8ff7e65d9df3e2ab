//! `walk_menu`: one scripted call, from the INVITE to the report.

use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use h324m::{Channels, Level, Way};
use media::{Codec, Now, Picture};
use sip::{Host, Uri};

use crate::limits::{GOODBYE_MAX, KEYS_MAX, PICTURES_MAX, SOUND_LEN_MAX};
use crate::walk::{Pace, Step, Walk};
use crate::{CircuitReport, Config, End, Entry, Error, Event, Terminal, Timeline};

/// Where an address without port is reached (RFC 3261 §19.1.2).
const SIP_PORT: u16 = 5060;

/// A scripted call.
#[derive(Clone, Debug)]
pub struct Trip {
    /// What is called, such as `sip:1008621@127.0.0.1:5060`.
    pub uri: String,
    /// The telephone; its addresses and seed are chosen when it calls.
    pub phone: Config,
    /// What is typed, each entry when the page before it stands still.
    pub entries: Vec<Entry>,
    /// Where pages are written as `01-menu.png`, `02-key-1.png`, `03-keys-2580.png` and so on, and the sound as
    /// `sound.wav`; made when missing.
    pub out: Option<PathBuf>,
    /// Whether each picture is written there too, as `pictures/00001.png` and so on.
    pub every_picture: bool,
    /// The call ends then at the latest, counted from its INVITE.
    pub length_max: Duration,
    /// How long the call goes on after its last page.
    pub linger: Duration,
}

/// One page of the walk.
#[derive(Clone, Debug)]
pub struct Page {
    /// What was typed to come to it; `None` for the first.
    pub entry: Option<Entry>,
    /// Time from the INVITE until it stood still.
    pub at: Duration,
    /// False when that changed nothing on the screen.
    pub changed: bool,
    /// What it looked like.
    pub picture: Picture,
    /// Where it was written.
    pub file: Option<PathBuf>,
}

/// What a scripted call saw and heard.
#[derive(Clone, Debug)]
pub struct Report {
    /// When what happened.
    pub timeline: Timeline,
    /// The pages in order.
    pub pages: Vec<Page>,
    /// Sound received, 8 kHz, at most [`SOUND_LEN_MAX`] samples.
    pub sound: Vec<i16>,
    /// Pictures decoded.
    pub pictures: usize,
    /// What the 3G terminal and its line counted.
    pub circuit: Option<CircuitReport>,
    /// How the call ended.
    pub end: End,
}

/// Makes the call; `tell` is handed one line for everything that happens.
///
/// # Errors
/// When the call cannot be begun or a file cannot be written. A call that is refused or breaks off is
/// no error: see [`Report::end`].
pub fn walk_menu(trip: &Trip, tell: &mut dyn FnMut(&str)) -> Result<Report, Error> {
    let keys = trip.entries.iter().map(|entry| entry.keys().len()).sum();
    if keys > KEYS_MAX {
        return Err(Error::TooManyKeys(keys));
    }
    if let Some(dir) = &trip.out {
        let dir = if trip.every_picture { dir.join(PICTURES) } else { dir.clone() };
        std::fs::create_dir_all(&dir).map_err(|why| Error::File { path: dir, why })?;
    }
    let (uri, destination) = resolve(&trip.uri)?;
    let sip = SocketAddr::new(local_address(destination)?, 0);
    let mut terminal = Terminal::with(sip, trip.phone.clone())?;
    let now = net::clock::now();
    terminal.phone().call(now, &uri, destination)?;
    Caller::new(trip, now, terminal, tell).run()
}

/// The folder of all pictures.
const PICTURES: &str = "pictures";

struct Caller<'a> {
    trip: &'a Trip,
    terminal: Terminal,
    tell: &'a mut dyn FnMut(&str),
    walk: Option<Walk>,
    hang_up_at: Instant,
    report: Report,
    over: bool,
}

impl<'a> Caller<'a> {
    fn new(trip: &'a Trip, now: Now, terminal: Terminal, tell: &'a mut dyn FnMut(&str)) -> Self {
        let report = Report {
            timeline: Timeline::new(now.mono),
            pages: Vec::new(),
            sound: Vec::new(),
            pictures: 0,
            circuit: None,
            end: End::Local,
        };
        Caller {
            trip,
            terminal,
            tell,
            walk: None,
            hang_up_at: now.mono + trip.length_max,
            report,
            over: false,
        }
    }

    fn run(mut self) -> Result<Report, Error> {
        while !self.over {
            let due = self
                .walk
                .as_ref()
                .and_then(Walk::due)
                .map_or(self.hang_up_at, |due| due.min(self.hang_up_at));
            for event in self.terminal.turn(due)? {
                self.take(event)?;
            }
            let now = net::clock::now();
            self.step(now)?;
            if now.mono >= self.hang_up_at && !self.over {
                self.terminal.phone().hang_up(now);
                self.hang_up_at = now.mono + GOODBYE_MAX;
            }
        }
        self.say_goodbye()?;
        self.report.circuit = self.terminal.phone().circuit_report();
        if let Some(dir) = &self.trip.out {
            codec::file::write_wav(dir.join("sound.wav"), &self.report.sound, codec::SAMPLE_RATE)?;
        }
        Ok(self.report)
    }

    /// Lets the BYE, its repetitions and the answer to a BYE go out.
    fn say_goodbye(&mut self) -> Result<(), Error> {
        let end = net::clock::now().mono + GOODBYE_MAX / 4;
        while net::clock::now().mono < end {
            self.terminal.turn(end)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event) -> Result<(), Error> {
        let now = net::clock::now().mono;
        let timeline = &mut self.report.timeline;
        match event {
            Event::Ringing(_) => timeline.reach(now, |line| &mut line.ringing),
            Event::Up => {
                timeline.reach(now, |line| &mut line.answered);
                if self.trip.phone.access.has_pictures_apart() {
                    self.walk = Some(Walk::new(now, &self.trip.entries, Pace::PACKETS));
                }
            }
            Event::Sound(pcm) => {
                timeline.reach(now, |line| &mut line.sound);
                let room = SOUND_LEN_MAX - self.report.sound.len();
                self.report.sound.extend(pcm.into_iter().take(room));
            }
            Event::Picture(picture) => {
                timeline.reach(now, |line| &mut line.picture);
                self.see(now, &picture)?;
            }
            Event::Circuit(event) => self.follow(now, &event),
            Event::Key(_) | Event::Frame(_) => {}
            Event::Over(end) => {
                timeline.reach(now, |line| &mut line.ended);
                self.report.end = end;
                self.over = true;
            }
        }
        Ok(())
    }

    fn see(&mut self, now: Instant, picture: &Picture) -> Result<(), Error> {
        self.report.pictures += 1;
        if let Some(walk) = &mut self.walk {
            walk.see(now, picture);
        }
        let number = self.report.pictures;
        if let Some(dir) =
            self.trip.out.as_ref().filter(|_| self.trip.every_picture && number <= PICTURES_MAX)
        {
            codec::png::write(dir.join(PICTURES).join(format!("{number:05}.png")), picture)?;
        }
        Ok(())
    }

    /// Tells how the 3G terminal fares.
    fn follow(&mut self, now: Instant, event: &h324m::Event) {
        use h324m::Event as Told;
        let timeline = &mut self.report.timeline;
        let what = match event {
            Told::LevelUp(level) => {
                timeline.reach(now, |line| &mut line.level);
                format!("multiplex at level {}", level_name(*level))
            }
            Told::Up { audio, video, .. } => {
                timeline.reach(now, |line| &mut line.open);
                self.walk = Some(Walk::new(now, &self.trip.entries, Pace::CIRCUIT));
                let video = video.map_or("no pictures".to_owned(), channels);
                format!("channels open: {}, {video}", channels(*audio))
            }
            Told::VideoOpened { codec, way: Way::Sends } => format!("our {codec} is open"),
            Told::VideoOpened { codec, way: Way::Receives } => format!("the peer's {codec} is open"),
            Told::VideoClosed { way: Way::Sends } => "our pictures are closed".to_owned(),
            Told::VideoClosed { way: Way::Receives } => "the peer's pictures are closed".to_owned(),
            Told::Vendor(name) => format!("the peer is {name:?}"),
            Told::RateLimit { bps: Some(bps) } => format!("pictures are limited to {bps} bit/s"),
            Told::PeerVideoActive(_)
            | Told::RateLimit { bps: None }
            | Told::TradeOffWanted(_)
            | Told::PeerTradeOff(_)
            | Told::PeerJitter { .. }
            | Told::Answered { .. }
            | Told::RoundTrip(_)
            | Told::KeyPictureWanted
            | Told::Digit { .. }
            | Told::Ended(_) => return,
        };
        let at = self.report.timeline.at(now).as_millis();
        (self.tell)(&format!("{at:>7} ms  {what}"));
    }

    fn step(&mut self, now: Now) -> Result<(), Error> {
        while let Some(step) = self.walk.as_mut().and_then(|walk| walk.poll(now.mono)) {
            match step {
                Step::Page { number, entry, picture, changed } => {
                    self.page(now, number, entry, picture, changed)?;
                }
                Step::Press(key) => {
                    let pressed = self.terminal.phone().press(now, key);
                    let at = self.report.timeline.at(now.mono).as_millis();
                    let how = if pressed { "" } else { ", but the other side takes no keys" };
                    (self.tell)(&format!("{at:>7} ms  key {key}{how}"));
                }
                Step::Done => self.hang_up_at = self.hang_up_at.min(now.mono + self.trip.linger),
            }
        }
        Ok(())
    }

    fn page(
        &mut self,
        now: Now,
        number: usize,
        entry: Option<Entry>,
        picture: Picture,
        changed: bool,
    ) -> Result<(), Error> {
        let file = self.trip.out.as_deref().map(|dir| dir.join(file_name(number, entry.as_ref())));
        if let Some(file) = &file {
            codec::png::write(file, &picture)?;
        }
        let at = self.report.timeline.at(now.mono);
        let what = if changed { "page" } else { "same page" };
        let shown = file.as_deref().unwrap_or(Path::new("")).display();
        (self.tell)(&format!("{:>7} ms  {what} {number} {shown}", at.as_millis()));
        self.report.pages.push(Page { entry, at, changed, picture, file });
        Ok(())
    }
}

fn channels(channels: Channels) -> String {
    let name = |codec: Option<Codec>| codec.map_or("nothing".to_owned(), |codec| codec.to_string());
    format!("{} out, {} in", name(channels.sends), name(channels.receives))
}

/// As `--level` has it: `0`, `1`, `2`, `2oh`.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::Zero => "0",
        Level::One { .. } => "1",
        Level::Two { optional_header: false } => "2",
        Level::Two { optional_header: true } => "2oh",
    }
}

/// `01-menu.png`, `02-key-1.png`, `03-keys-021-hash.png`; `*` and `#` become words, which every file system takes.
fn file_name(number: usize, entry: Option<&Entry>) -> String {
    let Some(entry) = entry else { return format!("{number:02}-menu.png") };
    let what = if entry.keys().len() == 1 { "key" } else { "keys" };
    let typed = entry.to_string().replace('*', "-star-").replace('#', "-hash-").replace("--", "-");
    format!("{number:02}-{what}-{}.png", typed.trim_matches('-'))
}

/// The URI and the numeric address it leads to.
pub(crate) fn resolve(text: &str) -> Result<(Uri, SocketAddr), Error> {
    let wrong = || Error::Uri { uri: text.to_owned() };
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    if !uri.is_sip() {
        return Err(wrong());
    }
    let port = uri.port.unwrap_or(SIP_PORT);
    let destination = match (uri.host.ip(), &uri.host) {
        (Some(address), _) => SocketAddr::new(address, port),
        (None, Host::Name(name)) => {
            let found = (name.as_str(), port)
                .to_socket_addrs()
                .ok()
                .and_then(|mut all| all.find(SocketAddr::is_ipv4));
            found.ok_or_else(|| Error::Host { host: name.clone() })?
        }
        (None, Host::V4(_) | Host::V6(_) | Host::None) => return Err(wrong()),
    };
    Ok((uri, destination))
}

/// The address that this machine uses towards `to`: what the routing table says.
pub(crate) fn local_address(to: SocketAddr) -> Result<std::net::IpAddr, Error> {
    let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let probe = || {
        let socket = UdpSocket::bind(any)?;
        socket.connect(to)?;
        socket.local_addr()
    };
    probe().map(|local| local.ip()).map_err(|why| Error::Unreachable { to, why })
}

#[cfg(test)]
mod tests {
    use rtp::Digit;

    use super::*;

    #[test]
    fn addresses_are_resolved_with_the_port_of_sip() {
        let (uri, to) = resolve("sip:1008621@127.0.0.1").expect("a SIP URI");
        assert_eq!((uri.user_text().as_deref(), to), (Some("1008621"), "127.0.0.1:5060".parse().unwrap()));
        assert_eq!(resolve("sip:x@localhost:5070").expect("a SIP URI").1, "127.0.0.1:5070".parse().unwrap());
        for wrong in ["1008621", "tel:1008621", "mailto:a@b", ""] {
            assert!(matches!(resolve(wrong), Err(Error::Uri { .. })), "{wrong}");
        }
    }

    #[test]
    fn pages_are_named_by_number_and_key() {
        let named = |number, keys: &str| {
            let keys = keys.chars().map(|key| Digit::try_from(key).expect("a key")).collect();
            file_name(number, Entry::new(keys).as_ref())
        };
        assert_eq!(named(1, ""), "01-menu.png");
        assert_eq!(named(2, "1"), "02-key-1.png");
        assert_eq!(named(12, "#"), "12-key-hash.png");
        assert_eq!(named(3, "021#"), "03-keys-021-hash.png");
        assert_eq!(named(3, "1*#2"), "03-keys-1-star-hash-2.png");
    }
}
