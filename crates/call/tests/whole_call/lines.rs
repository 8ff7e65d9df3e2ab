//! Media of a phone of any codec: a session of RTP for sound and one for pictures.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{AudioFormat, Codec, Format, Frame, Kind, Now};
use sdp::{Agreed, AgreedStream};

use crate::live::{Decoder, Maker};

const KINDS: [Kind; 2] = [Kind::Audio, Kind::Video];
const TICK: Duration = Duration::from_millis(20);

struct Line {
    agreed: AgreedStream,
    session: rtp::Session,
    due: Option<Instant>,
}

/// The lines of one phone, and what it does on them.
pub(crate) struct Lines {
    pub(crate) maker: Maker,
    pub(crate) frames: Vec<(Instant, Frame)>,
    /// It was asked for a key picture, by PLI, FIR or INFO; when.
    pub(crate) asked: Vec<Instant>,
    /// The mode that its peer asked for last, of AMR.
    pub(crate) mode: Option<u8>,
    /// Key pictures that it sends and the network loses.
    pub(crate) lose_keys: u32,
    /// The same of other pictures.
    pub(crate) lose_deltas: u32,
    /// It asks for a key picture when it cannot show what comes.
    pub(crate) asks: bool,
    decoder: Decoder,
    /// Pictures for it that the network loses.
    pub(crate) lose_pictures: u32,
    pub(crate) keys: Vec<rtp::Digit>,
    pub(crate) key_wanted: bool,
    lines: [Option<Line>; 2],
    started: Option<Instant>,
    next_tick: Option<Instant>,
    ticks: u32,
    exchanges: u64,
}

impl Lines {
    pub(crate) fn new(mark: u8) -> Self {
        Lines {
            maker: Maker::new(mark),
            frames: Vec::new(),
            asked: Vec::new(),
            mode: None,
            lose_keys: 0,
            lose_deltas: 0,
            asks: false,
            decoder: Decoder::default(),
            lose_pictures: 0,
            keys: Vec::new(),
            key_wanted: true,
            lines: [None, None],
            started: None,
            next_tick: None,
            ticks: 0,
            exchanges: 0,
        }
    }

    /// Takes over what was agreed on.
    pub(crate) fn agree(&mut self, now: Instant, agreed: &Agreed) {
        self.exchanges += 1;
        self.started.get_or_insert(now);
        self.next_tick.get_or_insert(now);
        for (at, stream) in [agreed.audio(), agreed.video()].into_iter().enumerate() {
            let Some(stream) = stream else {
                self.lines[at] = None;
                continue;
            };
            let seed = u64::from(self.maker.mark) << 8 | self.exchanges << 1 | at as u64;
            let config = call::rtp_config(stream, "phone", seed);
            match &mut self.lines[at] {
                Some(line) => {
                    // Another codec has no picture to build on.
                    self.key_wanted |= line.agreed.codec() != stream.codec();
                    line.session.reconfigure(wall(now), config);
                    line.agreed = stream.clone();
                }
                none => {
                    self.key_wanted |= at == 1;
                    let session = rtp::Session::new(config);
                    *none = Some(Line { agreed: stream.clone(), session, due: None });
                }
            }
        }
    }

    /// The call is over.
    pub(crate) fn hang_up(&mut self) {
        self.lines = [None, None];
        (self.next_tick, self.key_wanted) = (None, true);
    }

    /// Asks the gateway for a key picture by RTCP.
    pub(crate) fn ask(&mut self, now: Instant) -> bool {
        self.lines[1].as_mut().is_some_and(|line| line.session.request_key_frame(wall(now)))
    }

    /// Asks for AMR of this mode from now on.
    pub(crate) fn ask_for_mode(&mut self, mode: Option<u8>) {
        self.lines[0].as_mut().expect("a line for sound").session.request_mode(mode);
    }

    /// Its camera takes so long longer than its microphone.
    pub(crate) fn delay_camera(&mut self, by: Duration) {
        self.lines[1].as_mut().expect("a line for pictures").session.set_age(by);
    }

    /// By how many ms pictures come later than sound, as the reports tell that came with them.
    pub(crate) fn apart(&self) -> Option<i64> {
        let age = |line: &Option<Line>| line.as_ref().and_then(|line| line.session.age());
        Some((age(&self.lines[1])? - age(&self.lines[0])?) / 1_000_000)
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        let sessions = self.lines.iter().flatten().filter_map(|line| line.due);
        sessions.chain(self.next_tick).min()
    }

    /// A datagram for the line of `kind`, on its RTP port or on the next.
    pub(crate) fn receive(&mut self, now: Instant, kind: Kind, rtcp: bool, from: SocketAddr, data: Bytes) {
        if kind == Kind::Video && !rtcp && !(64..=95).contains(&(data[1] & 0x7F)) && self.lose_pictures > 0 {
            self.lose_pictures -= u32::from(data[1] & 0x80 != 0);
            return;
        }
        let Some(line) = &mut self.lines[usize::from(kind == Kind::Video)] else { return };
        let input = if rtcp { rtp::Input::Rtcp { from, data } } else { rtp::Input::Rtp { from, data } };
        line.session.handle_input(wall(now), input);
    }

    /// Says and shows what is due.
    pub(crate) fn tick(&mut self, now: Instant) {
        for line in self.lines.iter_mut().flatten() {
            if line.due.is_some_and(|due| due <= now) {
                line.session.handle_input(wall(now), rtp::Input::Timeout);
            }
        }
        if self.next_tick.take_if(|due| *due <= now).is_none() {
            return;
        }
        self.next_tick = Some(now + TICK);
        self.ticks += 1;
        if let (Some(line), false) = (&mut self.lines[0], self.keys.is_empty()) {
            line.session.send_digit(wall(now), self.keys.remove(0), Duration::from_millis(60));
        }
        self.send(now, Kind::Audio);
        if self.ticks.is_multiple_of(4) {
            self.send(now, Kind::Video);
        }
    }

    fn send(&mut self, now: Instant, kind: Kind) {
        let Some(line) = &mut self.lines[usize::from(kind == Kind::Video)] else { return };
        if !line.agreed.direction.sends() {
            return;
        }
        let pts = now - self.started.expect("a call");
        let key = kind == Kind::Video && std::mem::take(&mut self.key_wanted);
        let frame = self.maker.frame(format(&line.agreed, self.mode), pts, key, 0);
        line.session.send(wall(now), &frame);
        let lose = if key { &mut self.lose_keys } else { &mut self.lose_deltas };
        if kind == Kind::Video && *lose > 0 {
            *lose -= 1;
            while !matches!(line.session.poll_output(), rtp::Output::Timeout(_)) {}
        }
    }

    /// The packets to send: from sound or pictures, from the RTP port or the next, where to.
    pub(crate) fn pump(&mut self, now: Instant, mut out: impl FnMut(Kind, bool, SocketAddr, Bytes)) {
        for (kind, line) in KINDS.into_iter().zip(&mut self.lines) {
            let Some(line) = line else { continue };
            loop {
                match line.session.poll_output() {
                    rtp::Output::Rtp { to, data } => out(kind, false, to, data),
                    rtp::Output::Rtcp { to, data } => out(kind, !line.agreed.rtcp_mux, to, data),
                    rtp::Output::Event(rtp::Event::Frame(frame)) => {
                        if self.asks && kind == Kind::Video && !self.decoder.takes(&frame) {
                            line.session.request_key_frame(wall(now));
                        }
                        self.frames.push((now, frame));
                    }
                    rtp::Output::Event(rtp::Event::KeyFrameWanted) => {
                        self.key_wanted = true;
                        self.asked.push(now);
                    }
                    rtp::Output::Event(rtp::Event::ModeRequest { mode }) => self.mode = mode,
                    rtp::Output::Event(_) => {}
                    rtp::Output::Timeout(due) => {
                        line.due = due;
                        break;
                    }
                }
            }
        }
    }
}

fn format(agreed: &AgreedStream, mode: Option<u8>) -> Format {
    if agreed.kind == Kind::Video {
        return Format::Video(agreed.video_format().expect("pictures"));
    }
    let best = agreed.amr().filter(|_| agreed.codec() == Codec::Amr).map(|amr| amr.modes().highest());
    Format::Audio(AudioFormat { amr_mode: mode.or(best), ..AudioFormat::new(agreed.codec()) })
}

/// The clock of a phone, which is nobody else's.
fn wall(mono: Instant) -> Now {
    static START: OnceLock<Instant> = OnceLock::new();
    let passed = mono.saturating_duration_since(*START.get_or_init(|| mono));
    Now { mono, wall: Duration::from_secs(1_800_000_000) + passed }
}
