//! A whole terminal: anything on its line, in its control channel and on its media channels.

use std::time::{Duration, Instant};

use bytes::Bytes;
use h324m::h223::{AdaptationLayer, CONTROL, Class, Demultiplexer, MultiplexEntry, Multiplexer, Received};
use h324m::srp::{self, Link};
use h324m::{BitOrder, Config, DigitForm, Event, Input, Level, Output, Session};
use media::{Codec, Frame};

const TWO: Level = Level::Two { optional_header: false };
const OCTETS: usize = 160;

/// A terminal and a peer that speaks H.223 and SRP rightly, and says whatever the data says.
struct Call {
    now: Instant,
    session: Session,
    mux: Multiplexer,
    demux: Demultiplexer,
    link: Link,
    events: usize,
    over: bool,
}

/// A list of steps: an octet that says what, one that says how long, and so many octets.
pub fn session(data: &[u8]) {
    let Some((&choice, mut rest)) = data.split_first() else { return };
    let mut call = Call::new(choice);
    for _ in 0..4 {
        call.tick();
    }
    while let [what, len, behind @ ..] = rest {
        let (octets, next) = behind.split_at(usize::from(*len).min(behind.len()));
        rest = next;
        call.step(*what, octets);
        call.tick();
    }
    // Whatever was said, it ends when it is hung up.
    call.session.handle_input(call.now, Input::Hangup);
    call.tick();
    call.now += Duration::from_secs(5);
    call.tick();
    assert!(call.session.ended().is_some(), "hung up and still there");
}

impl Call {
    fn new(choice: u8) -> Self {
        let now = crate::base();
        let config = Config {
            bit_order: Some(BitOrder::Lsb),
            wnsrp: choice & 1 == 0,
            al3_video: choice & 2 != 0,
            video: vec![Codec::H263, Codec::Mpeg4],
            mpeg4_config: Some(Bytes::from_static(&[0, 0, 1, 0x20, 0, 0x84, 0x40, 0xFA, 0x28])),
            ..Config::default()
        };
        let mut mux = Multiplexer::new(TWO);
        for channel in 1..=3u16 {
            mux.open(
                channel,
                AdaptationLayer::Al2 { sequence_numbers: channel != 3 },
                channel != 1,
                Class::Video,
            );
            mux.set_entry(channel as u8, Some(MultiplexEntry::single(channel)));
        }
        let link = Link::new(srp::Config { wnsrp: choice & 4 == 0, ..srp::Config::default() });
        let session = Session::new(now, config);
        Call { now, session, mux, demux: Demultiplexer::new(TWO), link, events: 0, over: false }
    }

    fn step(&mut self, what: u8, octets: &[u8]) {
        let first = octets.first().copied().unwrap_or(0);
        let bytes = Bytes::copy_from_slice(octets);
        match what % 12 {
            0..=2 => self.link.handle_input(self.now, srp::Input::Send(bytes)),
            3 | 4 => drop(self.mux.push(u16::from(what >> 4) % 4, bytes)),
            5 => self.session.handle_input(self.now, Input::Line(bytes)),
            6 => self.session.handle_input(self.now, Input::Lost { octets: usize::from(first) * 16 }),
            7 => self.now += Duration::from_millis(u64::from(first) * 40),
            8 => {
                let codec = Codec::ALL[usize::from(first) % Codec::ALL.len()];
                let frame = Frame::new(codec, Duration::ZERO, Duration::ZERO, first & 8 != 0, bytes);
                self.session.handle_input(self.now, Input::Frame(frame));
            }
            9 => self.session.handle_input(self.now, Input::AbandonVideo),
            10 => self.session.handle_input(self.now, Input::KeyPictureWanted),
            _ => {
                let by = if first & 0x80 == 0 { DigitForm::Signal } else { DigitForm::Alphanumeric };
                let (digit, duration) = (char::from(first & 0x7F), Duration::from_secs(u64::from(first)));
                self.session.handle_input(self.now, Input::Digit { digit, by, duration });
            }
        }
    }

    /// 20 ms of line both ways.
    fn tick(&mut self) {
        self.now += Duration::from_millis(20);
        self.link.handle_input(self.now, srp::Input::Timeout);
        self.poll_link();
        let mut line = vec![0; OCTETS];
        self.mux.fill(&mut line);
        self.session.handle_input(self.now, Input::Line(line.into()));
        let line = self.session.take_line(self.now, OCTETS);
        assert_eq!(line.len(), OCTETS);
        self.demux.push(&line);
        while let Some(received) = self.demux.poll() {
            if let Received::Sdu { channel: CONTROL, data, mc, .. } = received {
                self.link.handle_input(self.now, srp::Input::Sdu { data, mc });
            }
        }
        self.poll_link();
        self.poll_session();
    }

    fn poll_link(&mut self) {
        loop {
            match self.link.poll_output() {
                srp::Output::Frame { data, mc15 } if mc15 => drop(self.mux.push_with(15, CONTROL, data)),
                srp::Output::Frame { data, .. } => drop(self.mux.push(CONTROL, data)),
                srp::Output::Message(_) | srp::Output::Mode(_) | srp::Output::Failed => {}
                srp::Output::Timeout(_) => return,
            }
        }
    }

    fn poll_session(&mut self) {
        for count in 0.. {
            assert!(count < 10_000, "the terminal never stops");
            match self.session.poll_output() {
                Output::Frame(frame) => assert!(!frame.data.is_empty()),
                Output::Event(event) => {
                    assert!(!self.over, "{event:?} after the end");
                    self.over = matches!(event, Event::Ended(_));
                    self.events += 1;
                }
                Output::Timeout(at) => {
                    assert!(
                        at.is_none_or(|at| at + Duration::from_secs(1) > self.now),
                        "a deadline that is long over"
                    );
                    return;
                }
            }
        }
    }
}
