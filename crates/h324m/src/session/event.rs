//! What goes into a terminal and what comes out of it.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Codec, Frame};

use crate::Level;

/// What happens to a terminal.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Octets of the line as RTP carried them, in order, any number.
    Line(Bytes),
    /// So many octets of the line never came.
    Lost {
        /// How many.
        octets: usize,
    },
    /// A frame for the peer: AMR, H.263 or MPEG-4. One of another codec than the open channel's is dropped.
    Frame(Frame),
    /// Ask the peer for a key picture; asked at most once a second ([`crate::limits::KEY_PICTURE_INTERVAL`]).
    KeyPictureWanted,
    /// The source of our pictures changed: what waits is dropped, the half-sent picture too, and nothing
    /// but a key picture is sent next.
    AbandonVideo,
    /// Send a digit as user input: `0`..`9`, `*`, `#`, `A`..`D`.
    Digit {
        /// Which.
        digit: char,
        /// How. A peer that takes only the other form gets that.
        by: DigitForm,
        /// How long it is down, 1 ms to 65.535 s; only said by [`DigitForm::Signal`].
        duration: Duration,
    },
    /// Ask the peer to send pictures of this codec instead (RequestMode); answered by [`Event::Answered`].
    AskMode(Codec),
    /// Ask the peer to close its picture channel (RequestChannelClose); answered by [`Event::Answered`].
    AskVideoClosed,
    /// Ask the peer to send our speech back (MaintenanceLoopRequest), answered by [`Event::Answered`]; `false`
    /// ends it. For tests of a line.
    AskLoop(bool),
    /// Ask the peer's encoder for better pictures (0) up to more of them (31), `videoTemporalSpatialTradeOff`.
    AskTradeOff(u8),
    /// Ask the peer for no more than this of pictures, in bit/s (flowControlCommand for its channel, H.245 §7.11.3);
    /// `None` lifts it. Comes to nothing while it has no picture channel.
    LimitVideo(Option<u32>),
    /// Our encoder now works at this trade-off, 0..=31: the peer is told.
    TradeOff(u8),
    /// The bearer was answered; needed only when [`crate::Config::answered`] was `false`.
    Answered,
    /// End the call: says EndSession, then [`Event::Ended`] within five seconds.
    Hangup,
    /// The time named by [`Output::Timeout`] has come; harmless when early.
    Timeout,
}

/// What a terminal wants done. The line's octets are not here: see [`crate::Session::take_line`].
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A frame of the peer. `pts` is the time since the session was made.
    Frame(Frame),
    /// Something for the call.
    Event(Event),
    /// Nothing more to do before this time; `None`: nothing is scheduled.
    Timeout(Option<Instant>),
}

/// What the call is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Both ends run the multiplex at this level; told again when the peer changes what it sends.
    LevelUp(Level),
    /// The call is up; told once: audio both ways is open and, where both ends have video, that too (or two
    /// seconds have passed since audio, [`crate::limits::VIDEO_PATIENCE`]).
    Up {
        /// The speech channels.
        audio: Channels,
        /// The highest mode that the peer takes of AMR, in bit/s of speech: 4 750..=12 200.
        speech_bps: u32,
        /// The picture channels, if any is open. Those that open later are told by [`Event::VideoOpened`].
        video: Option<Channels>,
    },
    /// A picture channel opened, before or after [`Event::Up`].
    VideoOpened {
        /// What it carries.
        codec: Codec,
        /// Whose pictures.
        way: Way,
    },
    /// A picture channel was closed or refused.
    VideoClosed {
        /// Whose pictures.
        way: Way,
    },
    /// The peer asks for a key picture (videoFastUpdatePicture, -GOB, -MB); at most once a second.
    KeyPictureWanted,
    /// The peer pressed a key. A phone that says it in both forms is heard once.
    Digit {
        /// `0`..`9`, `*`, `#`, `A`..`D`.
        digit: char,
        /// In which form it came first.
        form: DigitForm,
        /// How long, where the peer says so.
        duration: Option<Duration>,
    },
    /// The peer's camera is on or off (logicalChannelActive, logicalChannelInactive).
    PeerVideoActive(bool),
    /// The peer limits our video (flowControlCommand), `None` lifts it. The terminal obeys by dropping
    /// pictures; an encoder should follow.
    RateLimit {
        /// Bits a second.
        bps: Option<u32>,
    },
    /// The peer would rather have better pictures (0) up to more of them (31), `videoTemporalSpatialTradeOff`.
    /// Only with [`crate::Config::trade_off`]; say what was done by [`Input::TradeOff`].
    TradeOffWanted(u8),
    /// The trade-off of the peer's encoder, 0..=31.
    PeerTradeOff(u8),
    /// How the peer finds that our line trembles (jitterIndication): mantissa 0..=3 and exponent 0..=7 of H.245
    /// §B.14.3.
    PeerJitter {
        /// 0..=3.
        mantissa: u8,
        /// 0..=7.
        exponent: u8,
    },
    /// The answer to a wish of ours, or its time is over.
    Answered {
        /// What was asked.
        wish: Wish,
        /// The peer will do it.
        followed: bool,
    },
    /// What the peer calls itself (vendorIdentification), for records.
    Vendor(String),
    /// The peer answered a round trip request.
    RoundTrip(Duration),
    /// The call is over and why; nothing more comes, [`crate::Session::take_line`] gives stuffing.
    Ended(EndCause),
}

/// The channels of one medium, both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    /// What we send, once the peer took our channel.
    pub sends: Option<Codec>,
    /// What the peer sends.
    pub receives: Option<Codec>,
}

/// What can be asked of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// [`Input::AskMode`].
    Mode,
    /// [`Input::AskVideoClosed`].
    VideoClosed,
    /// [`Input::AskLoop`].
    Loop,
}

/// A direction, from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From us to the peer.
    Sends,
    /// From the peer to us.
    Receives,
}

/// The two forms of a key press in H.245 user input (§7.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigitForm {
    /// `alphanumeric`: most phones.
    Alphanumeric,
    /// `signal`, with a duration.
    Signal,
}

/// Why a call of this terminal ended. Its `Display` is one line for the log and the record of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    /// The peer said EndSession.
    PeerEnded,
    /// We did ([`Input::Hangup`]).
    HungUp,
    /// No H.324 on the answered line for six seconds (H.324 §C.6); cause 88 towards the network.
    NoH324,
    /// The peer's level was found, but it never said its capabilities.
    NoCapabilities,
    /// The peer never accepted our capabilities.
    CapabilitiesUnanswered,
    /// Master/slave determination came to no end (H.245 §C.2, T106, N100).
    NoMaster,
    /// The peer and we have no speech codec in common, or it refused every channel of ours.
    NoCommonAudio,
    /// Speech channels did not open both ways in time (H.245 T103).
    NoAudioChannel,
    /// The control channel was not acknowledged N401 times (H.324 §A.2).
    ControlFailed,
    /// The line carried nothing of H.223 for [`crate::limits::SILENCE_MAX`].
    Silent,
}

impl fmt::Display for EndCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EndCause::PeerEnded => "the peer ended the H.324 session",
            EndCause::HungUp => "the H.324 session was ended here",
            EndCause::NoH324 => "no H.324 multiplex on the answered line",
            EndCause::NoCapabilities => "the peer never sent its H.245 capabilities",
            EndCause::CapabilitiesUnanswered => "the peer never acknowledged our H.245 capabilities",
            EndCause::NoMaster => "H.245 master/slave determination failed",
            EndCause::NoCommonAudio => "no speech channel that both ends take",
            EndCause::NoAudioChannel => "speech channels were not opened in time",
            EndCause::ControlFailed => "the H.245 control channel was not acknowledged",
            EndCause::Silent => "the peer's multiplex went silent",
        })
    }
}
