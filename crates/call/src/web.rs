//! Words between a browser's session and call control.
//!
//! A browser's signalling, ICE, DTLS, SRTP and packets are the shell's; only words and frames come here.
//! Words of one session arrive in the order they were spoken. A word that does not fit (a frame of a leg
//! that is over, an answer to a ring that has stopped) changes nothing, so the shell need not care who
//! was faster.

use std::time::Duration;

use media::{Frame, Kind};
use sdp::AgreedStream;

use crate::CallId;

/// A browser's session; the shell chooses it and never uses one twice. It has at most one leg at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// What a browser and the gateway agreed on, as the streams of a SIP phone are described, so that one
/// function decides about passthrough. Addresses are unspecified: ICE finds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// Sound. A leg without it is refused.
    pub audio: Option<AgreedStream>,
    /// Pictures.
    pub video: Option<AgreedStream>,
}

impl Media {
    /// The stream of one kind.
    #[must_use]
    pub fn stream(&self, kind: Kind) -> Option<&AgreedStream> {
        match kind {
            Kind::Audio => self.audio.as_ref(),
            Kind::Video => self.video.as_ref(),
        }
    }
}

/// What a session says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromBrowser {
    /// A visitor calls. Answered by [`ToBrowser::Accepted`] or [`ToBrowser::Refused`].
    Call {
        /// The number that is called.
        number: String,
        /// The caller in records and lists; empty for one who gives no name.
        name: String,
        /// What was agreed on.
        media: Box<Media>,
    },
    /// ICE and DTLS are up: media flows from now on. A visitor's flow begins, since no prompt shall be
    /// played to nobody; an agent who accepted is joined with the caller.
    Connected,
    /// The agent takes the ring. Media flows once [`FromBrowser::Connected`] comes, too.
    Accept {
        /// Of [`ToBrowser::Ring`].
        call: CallId,
        /// What was agreed on.
        media: Box<Media>,
    },
    /// The agent does not take the ring.
    Reject {
        /// Of [`ToBrowser::Ring`].
        call: CallId,
    },
    /// A picture, or a packet's worth of sound.
    Frame {
        /// Of which stream.
        kind: Kind,
        /// With `lost_before` where packets are missing.
        frame: Frame,
    },
    /// The browser cannot decode on (PLI or FIR).
    KeyPictureWanted,
    /// The browser takes no more pictures than this, in bit/s of payload (REMB, or TMMBR of RFC 5104 §4.2.1).
    RateLimit {
        /// Bit/s.
        bps: u32,
        /// How it said so.
        by: rtp::RateLimitBy,
    },
    /// The browser reports how the gateway's pictures fare; as [`rtp::Event::Report`].
    Report {
        /// Lost since its report before, in 1/256.
        fraction_lost: u8,
        /// Round-trip time, once it is known.
        rtt: Option<Duration>,
    },
    /// A key of the page's keypad, or an RFC 4733 event of the browser.
    Digit(rtp::Digit),
    /// What the agent wants of the conversation; from anybody else it is nothing.
    Wish(Wish),
    /// Caller or agent writes to the other, 1 to [`TEXT_CHARS_MAX`](crate::TEXT_CHARS_MAX) characters.
    Text(String),
    /// A supervisor wants to listen to a call. Answered by [`ToBrowser::Accepted`] or [`ToBrowser::Refused`].
    Listen(Listen),
    /// A supervisor who listens wants another part.
    Part(Part),
    /// The visitor or agent has hung up. While it rings: the agent does not take it.
    HangUp,
    /// The session is gone, for longer than the grace time.
    Lost,
}

/// A supervisor's wish to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// To which call.
    pub call: CallId,
    /// The supervisor's account, for records and for who is told.
    pub by: String,
    /// The part to begin with.
    pub part: Part,
    /// What was agreed on.
    pub media: Box<Media>,
}

/// What a supervisor is to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Sees and hears the two, unnoticed.
    Monitor {
        /// The agent is seen, and not the caller.
        agent: bool,
    },
    /// The agent hears the supervisor, the caller does not.
    Whisper {
        /// The agent is seen, and not the caller.
        agent: bool,
    },
    /// Both hear the supervisor.
    BargeIn {
        /// The caller sees the supervisor in place of the agent.
        seen: bool,
    },
    /// The supervisor goes on alone with the caller; of the agent it was all.
    TakeOver,
}

impl Part {
    /// Whether the supervisor sees the agent, and not the caller.
    #[must_use]
    pub fn sees_agent(self) -> bool {
        match self {
            Part::Monitor { agent } | Part::Whisper { agent } => agent,
            Part::BargeIn { .. } | Part::TakeOver => false,
        }
    }
}

/// What a supervisor is to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartNow {
    /// From now on.
    pub part: Part,
    /// The caller's number or name; empty when withheld.
    pub caller: String,
    /// The agent's name.
    pub agent: String,
}

/// What an agent wants of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The caller sees and hears what those who wait do, the agent nothing.
    Hold {
        /// From now on, or no longer.
        on: bool,
    },
    /// The caller sees the agent's plate instead of the camera, and hears the agent.
    Curtain {
        /// From now on, or no longer.
        on: bool,
    },
    /// The caller sees this instead, and hears the agent. A clip gives way to the camera at its end.
    Show {
        /// Of [`DeskNow::shelf`].
        name: String,
    },
    /// The caller sees the agent again.
    TakeBack,
    /// The caller insults or threatens: sees the plate from now on, and the agent sees and hears nothing more of them.
    /// Ended by [`Wish::Curtain`].
    Shield,
    /// The caller waits in another queue, with the points of before; of this agent it was all.
    HandOn {
        /// Of [`DeskNow::queues`].
        queue: String,
    },
}

/// What caller and agent have of each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskNow {
    /// The caller sees and hears the agent, as far as nothing below says otherwise; before, the agent's plate.
    pub on_air: bool,
    /// The caller is on hold.
    pub held: bool,
    /// The caller sees the plate.
    pub curtain: bool,
    /// The agent sees and hears nothing of the caller.
    pub shielded: bool,
    /// The caller sees this thing of the shelf.
    pub shown: Option<String>,
    /// What can be shown.
    pub shelf: Vec<String>,
    /// Where the caller can be handed on to.
    pub queues: Vec<String>,
    /// What the agent may say that the conversation was about.
    pub codes: Vec<String>,
}

/// What a session is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToBrowser {
    /// The call of [`FromBrowser::Call`] is not taken.
    Refused {
        /// As a SIP phone would get it: 404 no such number, 486 this session has a leg already, 488 nothing
        /// usable was agreed on, 500 too many calls or a fault, 503 the gateway is stopping.
        status: u16,
        /// For a person.
        reason: String,
        /// When to try again.
        retry_after: Option<Duration>,
    },
    /// The call of [`FromBrowser::Call`] is taken; its flow begins with [`FromBrowser::Connected`].
    Accepted {
        /// The call.
        call: CallId,
    },
    /// A caller is offered to this agent.
    Ring {
        /// To be named in the answer.
        call: CallId,
        /// The caller's stay in the queue, as the pool and the records know it.
        ticket: acd::TicketId,
        /// The caller's number or name; empty when withheld.
        caller: String,
        /// The number that was called.
        number: String,
        /// The queue the caller waits in.
        queue: String,
        /// The caller's level, 1 to 5, if the service tells one.
        stars: Option<u8>,
        /// The nodes of the flows that the caller came by last, in their order.
        path: Vec<String>,
        /// The desk is to take it by itself.
        auto_answer: bool,
        /// What the caller's leg sends and takes. Answered with exactly this, frames pass unchanged; any other codec
        /// of ours is transcoded.
        media: Box<Media>,
    },
    /// The ring is over without a conversation.
    StopRinging {
        /// Of [`ToBrowser::Ring`].
        call: CallId,
        /// Why.
        why: StopRinging,
    },
    /// Joined with the other party.
    Talking {
        /// To a visitor the agent's name, to an agent the caller's number or name; empty when withheld.
        with: String,
    },
    /// To an agent, at each change: what the two have of each other.
    Desk(DeskNow),
    /// To a supervisor, at each change.
    Part(PartNow),
    /// The other party writes.
    Text {
        /// As it was written.
        text: String,
    },
    /// The visitor's place in the queue.
    Waiting {
        /// 1 is next.
        place: u32,
        /// Callers in the queue.
        waiting: u32,
    },
    /// A presentation begins: what is said and shown, for captions.
    Showing {
        /// The node of the flow.
        node: String,
        /// What is said, else what the slide says; empty for a clip.
        text: String,
        /// BCP 47 tag.
        language: String,
    },
    /// The frames that follow come from another source: their time line begins anew, which
    /// `rtp::Session::source_changed` wants to know.
    SourceChanged {
        /// Of which stream.
        kind: Kind,
    },
    /// A picture, or a packet's worth of sound.
    Frame {
        /// Of which stream.
        kind: Kind,
        /// To be sent now.
        frame: Frame,
    },
    /// Whoever sees the browser's pictures takes no more of them: `rtp::Session::limit_peer`.
    RateLimit {
        /// Bit/s of payload; `None` for what was agreed on.
        bps: Option<u32>,
    },
    /// What is sent now was captured so long ago, compared with the other stream: `rtp::Session::set_age`.
    Age {
        /// Of which stream.
        kind: Kind,
        /// So long.
        age: Duration,
    },
    /// Whoever sees the browser's pictures needs a key picture: send a PLI or FIR.
    KeyPictureWanted,
    /// The leg is over; the session lives on. Nothing more is said of the leg. An agent whose leg ends
    /// before it was joined is told [`ToBrowser::StopRinging`] instead.
    Ended {
        /// Why.
        why: Ended,
    },
}

/// Why a ring is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopRinging {
    /// The agent said no.
    Rejected,
    /// It rang too long.
    NoAnswer,
    /// The caller has left, or is served otherwise.
    CallerGone,
    /// What the browser agreed on cannot be joined with what the caller's leg has.
    NotAcceptable,
    /// Media did not flow in time.
    NotConnected,
    /// A fault of the gateway.
    Fault,
}

/// Why a leg is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// This party hung up.
    HungUp,
    /// The other party hung up or was lost, or the flow came to its end.
    Over,
    /// Media did not flow in time.
    NotConnected,
    /// The session was lost.
    Lost,
    /// A supervisor goes on with the caller.
    TakenOver,
    /// The gateway is stopping.
    Shutdown,
    /// The longest time of a call is over.
    TooLong,
    /// A fault of the gateway.
    Fault,
}
