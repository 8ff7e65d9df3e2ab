//! A 3G-324M phone behind a gateway of its network, in virtual time: a line of clear mode by RTP with a
//! terminal at its end. Signalling is its [`crate::phone::Phone`]'s.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use h324m::{EndCause, Event, Input, Output};
use media::{AudioFormat, Codec, Format, Frame, Kind, Now, VideoFormat};
use rtp::circuit as line;

use crate::live::Maker;

/// Line and terminal.
pub(crate) struct Handset {
    pub(crate) terminal: h324m::Session,
    pub(crate) events: Vec<(Instant, Event)>,
    pub(crate) frames: Vec<(Instant, Frame)>,
    /// It sends a speech frame every 20 ms and a picture every 100 ms.
    pub(crate) talks: bool,
    /// Nothing of H.324 is sent, only idle fill.
    pub(crate) dumb: bool,
    line: line::Circuit,
    due: Option<Instant>,
    ticks: u32,
    key_wanted: bool,
    pub(crate) maker: Maker,
    /// When it was asked for a key picture.
    pub(crate) asked: Vec<Instant>,
}

impl Handset {
    pub(crate) fn new(now: Instant, config: h324m::Config, line: line::Config) -> Self {
        let mut line = line::Circuit::new(line);
        line.start(at(now));
        Handset {
            terminal: h324m::Session::new(now, config),
            events: Vec::new(),
            frames: Vec::new(),
            talks: true,
            dumb: false,
            line,
            due: Some(now),
            ticks: 0,
            key_wanted: true,
            maker: Maker::new(0x25),
            asked: Vec::new(),
        }
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(crate) fn receive(&mut self, now: Instant, from: SocketAddr, data: Bytes) {
        self.line.handle_input(at(now), rtp::Input::Rtp { from, data });
        self.pump(now, &mut Vec::new());
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up_since().is_some()
    }

    /// When its channels were open.
    pub(crate) fn up_since(&self) -> Option<Instant> {
        self.events.iter().find(|(_, event)| matches!(event, Event::Up { .. })).map(|(at, _)| *at)
    }

    /// How its session ended, if it did.
    pub(crate) fn ended(&self) -> Option<EndCause> {
        self.events.iter().find_map(|(_, event)| match event {
            Event::Ended(cause) => Some(*cause),
            _ => None,
        })
    }

    /// The frames of one kind.
    pub(crate) fn seen(&self, kind: Kind) -> impl Iterator<Item = &(Instant, Frame)> {
        self.frames.iter().filter(move |(_, frame)| frame.codec.kind() == kind)
    }

    /// Does what is due; `out` takes the packets.
    pub(crate) fn tick(&mut self, now: Instant, out: &mut Vec<(SocketAddr, Bytes)>) {
        if self.due.is_some_and(|due| due <= now) {
            self.line.handle_input(at(now), rtp::Input::Timeout);
            self.terminal.handle_input(now, Input::Timeout);
        }
        while let Some(octets) = self.line.octets_due(at(now)) {
            self.talk(now);
            let octets =
                if self.dumb { vec![0; octets].into() } else { self.terminal.take_line(now, octets) };
            self.line.send(at(now), octets);
        }
        self.pump(now, out);
    }

    fn talk(&mut self, now: Instant) {
        self.ticks += 1;
        if !self.talks || !self.is_up() {
            return;
        }
        let pts = std::time::Duration::from_millis(20) * self.ticks;
        let speech = self.maker.frame(Format::Audio(AudioFormat::amr(7)), pts, true, 0);
        self.terminal.handle_input(now, Input::Frame(speech));
        if let (Some(codec), true) = (self.video(), self.ticks.is_multiple_of(5)) {
            let key = std::mem::take(&mut self.key_wanted);
            let picture = self.maker.frame(Format::Video(VideoFormat::circuit(codec)), pts, key, 0);
            self.terminal.handle_input(now, Input::Frame(picture));
        }
    }

    /// What it sends pictures as.
    fn video(&self) -> Option<Codec> {
        self.events.iter().find_map(|(_, event)| match event {
            Event::Up { video, .. } => video.and_then(|channels| channels.sends),
            _ => None,
        })
    }

    fn pump(&mut self, now: Instant, out: &mut Vec<(SocketAddr, Bytes)>) {
        let line_due = loop {
            match self.line.poll_output() {
                line::Output::Rtp { to, data } => out.push((to, data)),
                line::Output::Rtcp { .. } => {}
                line::Output::Event(line::Event::Octets(octets)) => {
                    self.terminal.handle_input(now, Input::Line(octets));
                }
                line::Output::Event(line::Event::Lost { octets }) => {
                    self.terminal.handle_input(now, Input::Lost { octets });
                }
                line::Output::Event(_) => {}
                line::Output::Timeout(due) => break due,
            }
        };
        let terminal_due = loop {
            match self.terminal.poll_output() {
                Output::Frame(frame) => self.frames.push((now, frame)),
                Output::Event(event) => {
                    if event == Event::KeyPictureWanted {
                        self.key_wanted = true;
                        self.asked.push(now);
                    }
                    self.events.push((now, event));
                }
                Output::Timeout(due) => break due,
            }
        };
        self.due = [line_due, terminal_due].into_iter().flatten().min();
    }
}

/// A QCIF picture of H.263 as far as its header goes (ITU-T H.263 §5.1), with a mark in it.
pub(crate) fn picture(key: bool, mark: u8) -> Bytes {
    let coding = if key { 0x08 } else { 0x0A };
    vec![0, 0, 0x80, 0x02, coding, 0x0C, 0x15, mark | 1, 0x55].into()
}

/// A whole INTRA picture of H.263 at QCIF (§5.1 to §5.4) as large as those of slides: each block of luminance has its
/// coefficients, and the first one of the second group is as light as `mark` says.
pub(crate) fn still(mark: u8) -> Bytes {
    let mut bits = String::from("0000000000000000100000");
    bits.push_str("00000000 10000 010 00000 01100 00");
    for macroblock in 0..99 {
        let light = if macroblock == 11 { mark.clamp(1, 127) } else { 64 };
        let coefficients = format!("{} 01110", "100".repeat(18));
        bits.push_str(&format!("1 11 {light:08b} {coefficients}"));
        (1..4).for_each(|_| bits.push_str(&format!("01000000 {coefficients}")));
        (4..6).for_each(|_| bits.push_str("01000000"));
    }
    bits.retain(|bit| bit != ' ');
    let octet =
        |chunk: &[u8]| chunk.iter().enumerate().fold(0, |octet, (at, bit)| octet | (bit - b'0') << (7 - at));
    bits.as_bytes().chunks(8).map(octet).collect()
}

fn at(mono: Instant) -> Now {
    Now { mono, wall: std::time::Duration::from_secs(1_800_000_000) }
}
