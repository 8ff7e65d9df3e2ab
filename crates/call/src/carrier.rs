//! `Carrier`: how the frames of one stream travel: as RTP of ours, as frames to and from the shell that
//! serves a browser, or through a channel of a 3G phone's terminal. What a stream is played from, and when,
//! is the same for all.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Frame, Kind, Now};
use sdp::AgreedStream;

use crate::call::Output;
use crate::web::{SessionId, ToBrowser};
use crate::{Component, PortId, limits};

/// How the frames of a stream travel.
pub(crate) enum Carrier {
    Rtp(Rtp),
    Web(Box<Web>),
    Channel(Channel),
}

/// RTP over a pair of ports.
pub(crate) struct Rtp {
    pub(crate) port: PortId,
    pub(crate) session: Box<rtp::Session>,
    /// When the session has something to do by itself.
    due: Option<Instant>,
}

/// A logical channel of a 3G phone's terminal, both ways; the leg's [`crate::circuit::Circuit`] carries it.
pub(crate) struct Channel {
    kind: Kind,
    /// What the terminal is to be handed, in order.
    out: VecDeque<h324m::Input>,
    /// What the phone was asked to keep its pictures to.
    limit: Option<u32>,
}

/// Frames of a browser's session, whose packets the shell makes and reads.
pub(crate) struct Web {
    session: SessionId,
    kind: Kind,
    out: VecDeque<ToBrowser>,
    heard_at: Option<Instant>,
    counted: rtp::Statistics,
    /// As the browser's session was told last.
    age: Duration,
    limit: Option<u32>,
}

impl Rtp {
    pub(crate) fn new(port: PortId, config: rtp::Config) -> Self {
        Rtp { port, session: Box::new(rtp::Session::new(config)), due: None }
    }

    /// Moves what the session has to send to `out`, up to its next event.
    fn flush(&mut self, out: &mut VecDeque<Output>, rtcp_mux: bool) -> Option<rtp::Event> {
        let port = self.port;
        loop {
            let (component, to, data) = match self.session.poll_output() {
                rtp::Output::Rtp { to, data } => (Component::Rtp, to, data),
                rtp::Output::Rtcp { to, data } if rtcp_mux => (Component::Rtp, to, data),
                rtp::Output::Rtcp { to, data } => (Component::Rtcp, to, data),
                rtp::Output::Event(event) => return Some(event),
                rtp::Output::Timeout(due) => {
                    self.due = due;
                    return None;
                }
            };
            // An RFC 2543 hold: the peer has no address (0.0.0.0) until it resumes.
            if !to.ip().is_unspecified() {
                out.push_back(Output::Media { port, component, to, data });
            }
        }
    }
}

impl Web {
    pub(crate) fn new(session: SessionId, kind: Kind) -> Self {
        Web {
            session,
            kind,
            out: VecDeque::new(),
            heard_at: None,
            counted: rtp::Statistics::default(),
            age: Duration::ZERO,
            limit: None,
        }
    }

    fn say(&mut self, word: ToBrowser) {
        self.out.push_back(word);
    }
}

impl Channel {
    pub(crate) fn new(kind: Kind) -> Self {
        Channel { kind, out: VecDeque::new(), limit: None }
    }
}

impl Carrier {
    /// Sends a frame now.
    pub(crate) fn send(&mut self, now: Now, frame: &Frame) {
        match self {
            Carrier::Rtp(rtp) => rtp.session.send(now, frame),
            Carrier::Web(web) => {
                web.counted.sent_packets += 1;
                let kind = web.kind;
                web.say(ToBrowser::Frame { kind, frame: frame.clone() });
            }
            Carrier::Channel(channel) => channel.out.push_back(h324m::Input::Frame(frame.clone())),
        }
    }

    /// The next frame is of another source, with a time line of its own, but builds on what was sent before.
    pub(crate) fn source_continues(&mut self) {
        match self {
            Carrier::Rtp(_) | Carrier::Web(_) => self.source_changed(),
            // Nothing waits, and the terminal must not be told to wait for a key picture.
            Carrier::Channel(_) => {}
        }
    }

    /// The next frame is of another source, with a time line of its own.
    pub(crate) fn source_changed(&mut self) {
        match self {
            Carrier::Rtp(rtp) => rtp.session.source_changed(),
            Carrier::Web(web) => {
                let kind = web.kind;
                web.say(ToBrowser::SourceChanged { kind });
            }
            Carrier::Channel(channel) => match channel.kind {
                // What waits to be sent of the old picture would only delay the new one.
                Kind::Video => channel.out.push_back(h324m::Input::AbandonVideo),
                Kind::Audio => {}
            },
        }
    }

    /// Asks the peer for a key picture; false when it agreed to no way of asking.
    pub(crate) fn request_key_frame(&mut self, now: Now) -> bool {
        match self {
            Carrier::Rtp(rtp) => rtp.session.request_key_frame(now),
            Carrier::Web(web) => {
                web.say(ToBrowser::KeyPictureWanted);
                true
            }
            Carrier::Channel(channel) => {
                channel.out.push_back(h324m::Input::KeyPictureWanted);
                true
            }
        }
    }

    /// Asks the peer for AMR of this mode at most; `None` for whatever it likes. On a circuit there is no such
    /// request.
    pub(crate) fn request_mode(&mut self, mode: Option<u8>) {
        match self {
            Carrier::Rtp(rtp) => rtp.session.request_mode(mode),
            Carrier::Web(_) | Carrier::Channel(_) => {}
        }
    }

    /// Tells the peer what a pause of the talker sounds like; false when it cannot be told.
    pub(crate) fn send_noise(&mut self, now: Now, pts: Duration, noise: &Bytes) -> bool {
        match self {
            Carrier::Rtp(rtp) => rtp.session.send_comfort_noise(now, pts, noise),
            Carrier::Web(_) | Carrier::Channel(_) => false,
        }
    }

    /// See [`rtp::Session::age`]: what is compared with the other stream of the same peer.
    pub(crate) fn age(&self) -> Option<i64> {
        match self {
            Carrier::Rtp(rtp) => rtp.session.age(),
            // A browser's reports stay with the shell; a circuit has no clock but its octets.
            Carrier::Web(_) | Carrier::Channel(_) => None,
        }
    }

    /// What is sent from now on was captured so long before, compared with the other stream. A 3G phone is told how
    /// long pictures wait for the line by its terminal.
    pub(crate) fn set_age(&mut self, age: Duration) {
        match self {
            Carrier::Rtp(rtp) => rtp.session.set_age(age),
            Carrier::Web(web) => {
                if web.age.abs_diff(age) >= limits::AGE_STEP {
                    web.age = age;
                    let kind = web.kind;
                    web.say(ToBrowser::Age { kind, age });
                }
            }
            Carrier::Channel(_) => {}
        }
    }

    /// Asks the peer for no more than `bps` of pictures; `None` for what was agreed on.
    pub(crate) fn limit_peer(&mut self, now: Now, bps: Option<u32>) {
        match self {
            Carrier::Rtp(rtp) => {
                rtp.session.limit_peer(now, bps);
            }
            Carrier::Channel(channel) => {
                // Its line carries no more by itself.
                let bps = bps.filter(|bps| *bps < limits::CIRCUIT_VIDEO_BPS);
                if std::mem::replace(&mut channel.limit, bps) != bps {
                    channel.out.push_back(h324m::Input::LimitVideo(bps));
                }
            }
            Carrier::Web(web) => {
                if std::mem::replace(&mut web.limit, bps) != bps {
                    web.say(ToBrowser::RateLimit { bps });
                }
            }
        }
    }

    /// Presses a key towards the peer. A page has no ear for keys.
    pub(crate) fn send_digit(&mut self, now: Now, digit: rtp::Digit, lasts: Duration) {
        match self {
            Carrier::Rtp(rtp) => {
                rtp.session.send_digit(now, digit, lasts);
            }
            Carrier::Channel(channel) => {
                let by = h324m::DigitForm::Alphanumeric;
                channel.out.push_back(h324m::Input::Digit { digit: digit.as_char(), by, duration: lasts });
            }
            Carrier::Web(_) => {}
        }
    }

    /// A datagram of a SIP phone.
    pub(crate) fn take_datagram(&mut self, now: Now, input: rtp::Input) {
        match self {
            Carrier::Rtp(rtp) => rtp.session.handle_input(now, input),
            Carrier::Web(_) | Carrier::Channel(_) => {}
        }
    }

    /// Takes note of a frame of a browser.
    pub(crate) fn note_frame(&mut self, now: Now, taken: bool) {
        match self {
            Carrier::Rtp(_) | Carrier::Channel(_) => {}
            Carrier::Web(web) => {
                web.heard_at = Some(now.mono);
                let counter =
                    if taken { &mut web.counted.received } else { &mut web.counted.wrong_payload_type };
                *counter += 1;
            }
        }
    }

    /// When something of the peer was last taken.
    pub(crate) fn heard_at(&self) -> Option<Instant> {
        match self {
            Carrier::Rtp(rtp) => rtp.session.heard_at(),
            Carrier::Web(web) => web.heard_at,
            // The circuit is listened to as a whole.
            Carrier::Channel(_) => None,
        }
    }

    /// Its pair of ports.
    pub(crate) fn port(&self) -> Option<PortId> {
        match self {
            Carrier::Rtp(rtp) => Some(rtp.port),
            Carrier::Web(_) | Carrier::Channel(_) => None,
        }
    }

    /// When it has something to do by itself: a report, a request.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        match self {
            Carrier::Rtp(rtp) => rtp.due,
            Carrier::Web(_) | Carrier::Channel(_) => None,
        }
    }

    /// Does what is due.
    pub(crate) fn run_timers(&mut self, now: Now) {
        match self {
            Carrier::Rtp(rtp) if rtp.due.is_some_and(|due| due <= now.mono) => {
                rtp.session.handle_input(now, rtp::Input::Timeout);
            }
            Carrier::Rtp(_) | Carrier::Web(_) | Carrier::Channel(_) => {}
        }
    }

    /// Takes over what a re-INVITE agreed on; the streams of browsers and 3G phones are none of its lines.
    pub(crate) fn reconfigure(&mut self, now: Now, config: rtp::Config) {
        match self {
            Carrier::Rtp(rtp) => rtp.session.reconfigure(now, config),
            Carrier::Web(_) | Carrier::Channel(_) => {}
        }
    }

    /// Takes over what is no part of a session's configuration: how pictures tell which way is up, and parameter sets.
    /// Some phones send their H.264 parameter sets, and their MPEG-4 headers, in the description alone (RFC 6184
    /// §8.2.2, RFC 6416 §7.1).
    pub(crate) fn learn(&mut self, agreed: &AgreedStream) {
        let Carrier::Rtp(rtp) = self else { return };
        rtp.session.read_orientation(agreed.orientation.receive);
        rtp.session.write_orientation(agreed.orientation.send);
        if let sdp::Parameters::H264(h264) = &agreed.send.parameters {
            rtp.session.learn_parameter_sets(&h264.sprop);
        }
        if let Some(config) = agreed.mpeg4().and_then(|mpeg4| mpeg4.config.clone()) {
            rtp.session.learn_parameter_sets(&[config]);
        }
    }

    /// The stream is over; what it counted. Of a browser each frame counts as a packet; what a 3G phone's
    /// channels carry is in the packets of its circuit.
    pub(crate) fn end(&mut self, now: Now, out: &mut VecDeque<Output>, rtcp_mux: bool) -> rtp::Statistics {
        match self {
            Carrier::Rtp(rtp) => {
                rtp.session.goodbye(now);
                // What it still has to say is lost on nobody but us.
                while rtp.flush(out, rtcp_mux).is_some() {}
            }
            Carrier::Web(_) | Carrier::Channel(_) => {}
        }
        self.statistics()
    }

    /// What it has counted so far, as [`Carrier::end`] answers it.
    pub(crate) fn statistics(&self) -> rtp::Statistics {
        match self {
            Carrier::Rtp(rtp) => rtp.session.statistics(),
            Carrier::Web(web) => web.counted,
            Carrier::Channel(_) => rtp::Statistics::default(),
        }
    }

    /// What a 3G phone's terminal is to be handed next.
    pub(crate) fn next_word(&mut self) -> Option<h324m::Input> {
        match self {
            Carrier::Channel(channel) => channel.out.pop_front(),
            Carrier::Rtp(_) | Carrier::Web(_) => None,
        }
    }

    /// Moves what there is to send to `out`, up to the next event.
    pub(crate) fn flush(&mut self, out: &mut VecDeque<Output>, rtcp_mux: bool) -> Option<rtp::Event> {
        match self {
            Carrier::Rtp(rtp) => rtp.flush(out, rtcp_mux),
            Carrier::Web(web) => {
                let session = web.session;
                out.extend(web.out.drain(..).map(|word| Output::Web { session, word }));
                None
            }
            Carrier::Channel(_) => None,
        }
    }
}
