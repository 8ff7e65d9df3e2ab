//! `Circuit`: the bearer of a 3G-324M phone: a clear-mode line by RTP (RFC 4040) and the terminal at its end.
//!
//! Sound and pictures of such a leg are channels of the terminal, which come and go with H.245; its one
//! m-line is the line. What the terminal tells the call is handled here too: the flow begins when the
//! channels are open, and a call that is hung up says so to the phone before its dialog ends.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use h324m::{Channels, EndCause, Event, Way};
use media::amr::{self, ModeSet};
use media::{Codec, Frame, Kind, Now, Size};
use rtp::circuit as line;
use sdp::{AgreedStream, Direction};
use tracing::{debug, info};

use crate::agent_leg::Parting;
use crate::call::{Call, Output};
use crate::carrier::{Carrier, Channel};
use crate::cdr::{Cause, Terminal};
use crate::governor::Limit;
use crate::leg::{CALLER, Leg, Phase};
use crate::stream::{Source, Stream};
use crate::{Component, LegId, PortId, dtmf, limits};

/// The line and the terminal of one leg.
pub(crate) struct Circuit {
    port: PortId,
    /// Where the SDP says that the line's packets go.
    peer: SocketAddr,
    rtcp_mux: bool,
    line: line::Circuit,
    line_due: Option<Instant>,
    terminal: Box<h324m::Session>,
    terminal_due: Option<Instant>,
    stage: Stage,
    answered: bool,
    /// The open channels for pictures, once up.
    video: Channels,
    /// What the phone takes of them, in bit/s.
    video_bps: Option<u32>,
}

/// How far a circuit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing is sent before the answer.
    Quiet,
    /// Levels, capabilities and channels are being agreed on.
    SettingUp,
    /// Frames flow.
    Up,
    /// The terminal has ended the session.
    Over,
}

/// What a circuit has for its call.
pub(crate) enum News {
    Frame(Frame),
    Event(Event),
    /// A key by telephone event, which a trunk may have made of it.
    Digit(rtp::Digit),
    /// The line is taken from this address from now on.
    Latched(SocketAddr),
}

impl Circuit {
    /// A line that is silent until [`Circuit::start`].
    pub(crate) fn new(
        now: Now,
        port: PortId,
        line: &AgreedStream,
        cname: &str,
        terminal: h324m::Config,
        seed: u64,
    ) -> Self {
        let terminal = h324m::Config { answered: false, seed, ..terminal };
        let peer = line.remote_rtp;
        let rtcp_mux = line.rtcp_mux;
        let line = line_config(line, cname, seed);
        Circuit {
            port,
            peer,
            rtcp_mux,
            line: line::Circuit::new(line),
            line_due: None,
            terminal: Box::new(h324m::Session::new(now.mono, terminal)),
            terminal_due: None,
            stage: Stage::Quiet,
            answered: false,
            video: Channels::default(),
            video_bps: None,
        }
    }

    /// Begins to send although the call is not answered.
    pub(crate) fn open(&mut self, now: Now) {
        if self.stage == Stage::Quiet {
            self.stage = Stage::SettingUp;
            self.line.start(now);
            self.run_timers(now);
        }
    }

    /// The call is answered: the bearer is through both ways, and the phone's time to say something begins.
    pub(crate) fn start(&mut self, now: Now) {
        if !std::mem::replace(&mut self.answered, true) {
            self.terminal.handle_input(now.mono, h324m::Input::Answered);
        }
        self.open(now);
    }

    /// Takes over what a re-INVITE agreed on.
    pub(crate) fn reconfigure(&mut self, now: Now, line: &AgreedStream, cname: &str, seed: u64) {
        self.peer = line.remote_rtp;
        self.rtcp_mux = line.rtcp_mux;
        self.line.reconfigure(now, line_config(line, cname, seed));
    }

    /// Where the SDP says that the line's packets go.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(crate) fn take_datagram(&mut self, now: Now, input: rtp::Input) {
        self.line.handle_input(now, input);
    }

    /// Hands the terminal a word of one of its channels.
    pub(crate) fn tell(&mut self, now: Now, word: h324m::Input) {
        self.terminal.handle_input(now.mono, word);
    }

    /// When line or terminal has something to do by itself.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        [self.line_due, self.terminal_due].into_iter().flatten().min()
    }

    pub(crate) fn run_timers(&mut self, now: Now) {
        if self.line_due.is_some_and(|due| due <= now.mono) {
            self.line.handle_input(now, rtp::Input::Timeout);
        }
        if self.terminal_due.is_some_and(|due| due <= now.mono) {
            self.terminal.handle_input(now.mono, h324m::Input::Timeout);
        }
        if self.stage != Stage::Quiet {
            while let Some(octets) = self.line.octets_due(now) {
                let octets = self.terminal.take_line(now.mono, octets);
                self.line.send(now, octets);
            }
        }
    }

    /// Moves what there is to send to `out`, up to the next thing that the call must know.
    pub(crate) fn poll(&mut self, now: Now, out: &mut VecDeque<Output>) -> Option<News> {
        if let Some(news) = self.poll_line(now, out) {
            return Some(news);
        }
        match self.terminal.poll_output() {
            h324m::Output::Frame(frame) => Some(News::Frame(frame)),
            h324m::Output::Event(event) => {
                if let Event::Up { .. } = event {
                    self.stage = Stage::Up;
                }
                if let Event::Ended(_) = event {
                    self.stage = Stage::Over;
                }
                Some(News::Event(event))
            }
            h324m::Output::Timeout(due) => {
                self.terminal_due = due;
                None
            }
        }
    }
}

impl Circuit {
    fn poll_line(&mut self, now: Now, out: &mut VecDeque<Output>) -> Option<News> {
        let port = self.port;
        loop {
            let (component, to, data) = match self.line.poll_output() {
                line::Output::Rtp { to, data } => (Component::Rtp, to, data),
                line::Output::Rtcp { to, data } if self.rtcp_mux => (Component::Rtp, to, data),
                line::Output::Rtcp { to, data } => (Component::Rtcp, to, data),
                line::Output::Event(event) => {
                    if let Some(news) = self.take_line(now, event) {
                        return Some(news);
                    }
                    continue;
                }
                line::Output::Timeout(due) => {
                    self.line_due = due;
                    return None;
                }
            };
            if !to.ip().is_unspecified() {
                out.push_back(Output::Media { port, component, to, data });
            }
        }
    }

    fn take_line(&mut self, now: Now, event: line::Event) -> Option<News> {
        let octets = match event {
            line::Event::Octets(octets) => h324m::Input::Line(octets),
            line::Event::Lost { octets } => h324m::Input::Lost { octets },
            // As much as a packet: that the multiplex looks for its flags anew is all that matters.
            line::Event::Restarted => h324m::Input::Lost { octets: limits::CIRCUIT_PACKET },
            line::Event::Digit(digit) => return Some(News::Digit(digit)),
            line::Event::Latched { from } => return Some(News::Latched(from)),
            line::Event::DigitEnd { .. } | line::Event::Bye => return None,
        };
        self.terminal.handle_input(now.mono, octets);
        None
    }

    /// Whether frames flow, or have.
    pub(crate) fn is_up(&self) -> bool {
        self.stage == Stage::Up
    }

    /// Octets of the pictures that are still to be sent; `None` when the next one must be a key picture.
    pub(crate) fn pictures_pending(&self) -> Option<usize> {
        self.terminal.pictures_pending()
    }

    /// Begins to end the session; false when there is none to end.
    pub(crate) fn hang_up(&mut self, now: Now) -> bool {
        match self.stage {
            Stage::Up => {
                self.terminal.handle_input(now.mono, h324m::Input::Hangup);
                true
            }
            Stage::Quiet | Stage::SettingUp | Stage::Over => false,
        }
    }

    /// Ends the session of a phone that is not waited for: what says so leaves at once, ahead of the line's clock.
    pub(crate) fn hang_up_at_once(&mut self, now: Now) {
        if !self.hang_up(now) {
            return;
        }
        for _ in 0..limits::FAREWELL_PACKETS {
            let octets = self.terminal.take_line(now.mono, limits::CIRCUIT_PACKET);
            self.line.send(now, octets);
        }
    }

    /// When the line was last heard.
    pub(crate) fn heard_at(&self) -> Option<Instant> {
        self.line.heard_at()
    }

    /// The circuit is over; what its line counted.
    pub(crate) fn end(&mut self, now: Now, out: &mut VecDeque<Output>) -> rtp::Statistics {
        self.line.goodbye(now);
        while self.poll_line(now, out).is_some() {}
        self.line.statistics().session
    }

    /// How the terminals got on.
    pub(crate) fn record(&self) -> Terminal {
        Terminal { counters: self.terminal.counters(), ended: self.terminal.ended() }
    }
}

impl Call {
    /// The bearer of the subscriber is through: what carries a 3G phone begins to send.
    pub(crate) fn start_circuit(&mut self, now: Now) {
        if let Some(circuit) = self.leg(CALLER).and_then(|leg| leg.circuit.as_mut()) {
            circuit.start(now);
        }
    }

    /// The same before the call is answered, on trunks that are through by then.
    pub(crate) fn open_circuit(&mut self, now: Now) {
        if let Some(circuit) = self.leg(CALLER).and_then(|leg| leg.circuit.as_mut()) {
            circuit.open(now);
        }
    }

    /// The next thing that the circuit of the leg at `at` has for its call.
    pub(crate) fn next_news(&mut self, now: Now, at: usize) -> Option<(LegId, News)> {
        let leg = self.legs.get_mut(at)?;
        let circuit = leg.circuit.as_mut()?;
        for stream in leg.audio.iter_mut().chain(&mut leg.video) {
            while let Some(word) = stream.carrier.next_word() {
                circuit.tell(now, word);
            }
        }
        circuit.poll(now, &mut self.out).map(|news| (leg.id, news))
    }

    pub(crate) fn on_news(&mut self, now: Now, id: LegId, news: News) {
        match news {
            News::Frame(frame) => self.forward(now, id, frame.codec.kind(), &frame),
            News::Latched(from) => {
                let circuit = self.leg(id).and_then(|leg| leg.circuit.as_ref());
                // As of any stream: a socket is tied to the address that the SDP names alone.
                let latched = circuit.filter(|circuit| circuit.peer == from).map(|circuit| circuit.port);
                self.out.extend(latched.map(|port| Output::Latched { port, peer: from }));
            }
            News::Digit(digit) => self.on_digit(now, id, digit.as_char(), dtmf::Way::Rtp),
            News::Event(event) => self.on_terminal(now, id, event),
        }
    }

    fn on_terminal(&mut self, now: Now, id: LegId, event: Event) {
        match event {
            Event::LevelUp(level) => debug!(?level, "the multiplex is up"),
            Event::Up { audio, speech_bps, video } => {
                self.on_channels_up(now, id, audio, speech_bps, video);
            }
            Event::VideoOpened { codec, way } => self.on_video_channel(now, id, way, Some(codec)),
            Event::VideoClosed { way } => self.on_video_channel(now, id, way, None),
            Event::KeyPictureWanted => {
                if let Some(stream) = self.leg(id).and_then(|leg| leg.stream(Kind::Video)) {
                    stream.keys.want(now.mono);
                }
            }
            Event::Digit { digit, .. } => self.on_digit(now, id, digit, dtmf::Way::UserInput),
            Event::PeerVideoActive(active) => debug!(active, "the phone's camera"),
            Event::RateLimit { bps } => {
                if let Some(circuit) = self.leg(id).and_then(|leg| leg.circuit.as_mut()) {
                    circuit.video_bps = bps;
                }
                self.on_rate_limit(id, Limit::FlowControl, bps);
            }
            Event::TradeOffWanted(value) | Event::PeerTradeOff(value) => {
                debug!(value, "trade-off of pictures");
            }
            Event::PeerJitter { mantissa, exponent } => {
                debug!(mantissa, exponent, "the phone's line trembles");
            }
            Event::Answered { wish, followed } => debug!(?wish, followed, "the phone's answer"),
            Event::Vendor(vendor) => debug!(vendor, "the phone's maker"),
            Event::RoundTrip(time) => debug!(?time, "round trip"),
            Event::Ended(cause) => self.on_terminal_ended(now, id, cause),
        }
    }

    fn on_channels_up(
        &mut self,
        now: Now,
        id: LegId,
        audio: Channels,
        speech_bps: u32,
        video: Option<Channels>,
    ) {
        let Some(leg) = self.leg(id) else { return };
        let Some(circuit) = &mut leg.circuit else { return };
        circuit.video = video.unwrap_or_default();
        let pictures = pictures(circuit.video, circuit.video_bps);
        leg.set_stream(Kind::Audio, speech(audio, speech_bps));
        leg.set_stream(Kind::Video, pictures);
        let answered = leg.phase == Phase::Up;
        debug!(?audio, ?video, "channels are open");
        match (answered, id) {
            (true, CALLER) => self.start_run(now),
            (true, agent) => self.agent_channels_up(now, agent),
            // An early circuit: the flow begins with the ACK.
            (false, _) => {}
        }
    }

    /// A channel for pictures came or went. Before the session is up nobody looks.
    fn on_video_channel(&mut self, now: Now, id: LegId, way: Way, codec: Option<Codec>) {
        let Some(leg) = self.leg(id) else { return };
        let before = leg.formats();
        let Some(circuit) = leg.circuit.as_mut().filter(|circuit| circuit.is_up()) else { return };
        match way {
            Way::Sends => circuit.video.sends = codec,
            Way::Receives => circuit.video.receives = codec,
        }
        let (channels, bps) = (circuit.video, circuit.video_bps);
        match (&mut leg.video, agreed(Kind::Video, channels)) {
            (Some(stream), Some(agreed)) => stream.renew(now, &agreed),
            (_, _) => leg.set_stream(Kind::Video, pictures(channels, bps)),
        }
        self.media_changed(now, id, &before);
    }

    fn on_terminal_ended(&mut self, now: Now, id: LegId, cause: EndCause) {
        info!(%cause, "the 3G session is over");
        if id != CALLER {
            let parting = match cause {
                EndCause::PeerEnded | EndCause::HungUp => Parting::HungUp,
                EndCause::NoH324
                | EndCause::Silent
                | EndCause::ControlFailed
                | EndCause::NoCapabilities
                | EndCause::CapabilitiesUnanswered
                | EndCause::NoMaster
                | EndCause::NoCommonAudio
                | EndCause::NoAudioChannel => Parting::Lost,
            };
            return self.agent_parted(now, id, parting);
        }
        self.end(
            now,
            match cause {
                EndCause::PeerEnded => Cause::CallerHungUp,
                EndCause::HungUp => Cause::Completed,
                EndCause::NoH324 => Cause::NoH324,
                EndCause::Silent | EndCause::ControlFailed => Cause::CallerLost,
                EndCause::NoCapabilities
                | EndCause::CapabilitiesUnanswered
                | EndCause::NoMaster
                | EndCause::NoCommonAudio
                | EndCause::NoAudioChannel => Cause::SetupFailed,
            },
        );
    }

    /// Tells a 3G phone that the call is over, before its dialog is; true when that takes time. A subscriber
    /// who is gone, and a gateway that stops, do not wait for it.
    pub(crate) fn part_from_terminal(&mut self, now: Now, cause: Cause) -> bool {
        let polite = match cause {
            Cause::Completed | Cause::TooLong => self.parting.is_none(),
            Cause::CallerHungUp
            | Cause::Cancelled
            | Cause::CallerLost
            | Cause::NotAcceptable
            | Cause::NoH324
            | Cause::SetupFailed
            | Cause::Shutdown
            | Cause::Fault => false,
        };
        let Some(circuit) = self.leg(CALLER).and_then(|leg| leg.circuit.as_mut()).filter(|_| polite) else {
            return false;
        };
        if !circuit.hang_up(now) {
            return false;
        }
        self.leave_queue(now);
        self.showing = None;
        self.run_due = None;
        for stream in self.legs.iter_mut().flat_map(Leg::streams) {
            stream.assign(now, Source::Silence);
        }
        self.parting = Some((now.mono + limits::PARTING_LONGEST, cause));
        true
    }
}

/// A stream over the channels of one medium; `None` when none is open.
fn stream(kind: Kind, channels: Channels) -> Option<Stream> {
    agreed(kind, channels).map(|agreed| Stream::new(&agreed, Carrier::Channel(Channel::new(kind))))
}

/// The same of speech, of which the phone takes modes of at most `bps`.
fn speech(channels: Channels, bps: u32) -> Option<Stream> {
    let mut agreed = agreed(Kind::Audio, channels)?;
    if let sdp::Parameters::Amr(speech) = &mut agreed.send.parameters {
        let modes = amr::modes_within(bps);
        speech.mode_set = Some(modes).filter(|modes| *modes != ModeSet::ALL);
    }
    Some(Stream::new(&agreed, Carrier::Channel(Channel::new(Kind::Audio))))
}

/// The same of pictures, of which the phone may have said how much it takes before they began.
fn pictures(channels: Channels, bps: Option<u32>) -> Option<Stream> {
    let mut stream = stream(Kind::Video, channels)?;
    stream.governor.limit(Limit::FlowControl, bps);
    Some(stream)
}

/// What open channels come to, in the terms of any other leg, so that one function decides about bridges.
fn agreed(kind: Kind, channels: Channels) -> Option<AgreedStream> {
    let direction = match (channels.sends, channels.receives) {
        (Some(_), Some(_)) => Direction::SendRecv,
        (Some(_), None) => Direction::SendOnly,
        (None, Some(_)) => Direction::RecvOnly,
        (None, None) => return None,
    };
    let sends = payload(channels.sends.or(channels.receives)?)?;
    let receives = channels.receives.and_then(payload);
    let nowhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
    Some(AgreedStream {
        kind,
        index: usize::from(kind == Kind::Video),
        remote_rtp: nowhere,
        remote_rtcp: nowhere,
        rtcp_mux: true,
        direction,
        send: sends,
        receive: receives.into_iter().collect(),
        dtmf_send: None,
        dtmf_receive: Vec::new(),
        noise_send: None,
        noise_receive: None,
        feedback: sdp::Feedback { pli: true, fir: true, ..sdp::Feedback::default() },
        orientation: sdp::Orientation::default(),
        bandwidth_bps: (kind == Kind::Video).then_some(limits::CIRCUIT_VIDEO_BPS),
        ptime_ms: 20,
        held: false,
    })
}

/// A codec of a 3G phone with the parameters that 3GPP TS 26.111 lets it have.
fn payload(codec: Codec) -> Option<sdp::Payload> {
    let formats = sdp::Capabilities::default().formats(codec.kind());
    let mut payload = formats.into_iter().find(|payload| payload.codec() == Some(codec))?;
    if let sdp::Parameters::H263(h263) = &mut payload.parameters {
        h263.sizes = vec![(Size::QCIF, 2)];
    }
    Some(payload)
}

/// The session of the line, whose only format is clear mode.
fn line_config(line: &AgreedStream, cname: &str, seed: u64) -> line::Config {
    crate::offer::rtp_config(line, cname, seed)
}
