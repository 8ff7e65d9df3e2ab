//! What a run and whoever drives it say to each other: facts, events, actions, and their parts.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::connector::{Answer, Question};
use crate::{Notice, Places, Position, Presentation};

/// What is known of a call before it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The caller's number, if it is not withheld.
    pub caller: Option<String>,
    /// The number that was called.
    pub called: String,
    /// Whether the caller can see.
    pub has_video: bool,
    /// A language known beforehand (BCP 47).
    pub language: Option<String>,
    /// Wall time since 1970-01-01T00:00:00Z at [`Event::Start`]; from there on it goes with the time of events.
    pub wall: Duration,
    /// What is told first, unless it is over by then.
    pub notice: Option<Arc<Notice>>,
}

/// What happened to the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// There is a call, and it is not answered yet: what the flow asks at the start is asked, so that the answers
    /// are there when it begins. Left out, [`Event::Start`] asks.
    Ringing,
    /// Media can flow: the flow begins. A flash ([`Flow::is_flash`]) begins while the phone rings.
    Start,
    /// A key: `0`..`9`, `*`, `#`; others are ignored.
    Digit(char),
    /// The sound of the last [`Action::Play`] is over.
    PlayEnded,
    /// The time of the last [`Action::Timeout`] has come; harmless when early.
    Timeout,
    /// What became of the wait in a queue.
    Queue(QueueOutcome),
    /// An agent of the queue talks with the caller now: whatever they did while waiting is over.
    Attended,
    /// The agent is gone again, and the caller waits on in the same place.
    WaitsOn,
    /// What was measured of an [`Action::Echo`], after [`Action::EndEcho`]; none at any time when nothing can be sent back.
    Echoed(Option<Quality>),
    /// What became of an [`Action::Transfer`].
    Transferred(TransferOutcome),
    /// The caller has hung up: what the flow asks at the end is asked, and [`Action::Hangup`] follows. A flash goes on
    /// without the caller before that.
    HungUp,
    /// Whether an [`Action::Notify`] was taken.
    Notified(bool),
    /// What came of an [`Action::Ask`]; once for each, or never, which counts as a failure after a while.
    Answer {
        /// Of the question.
        id: u32,
        /// What came.
        answer: Answer,
    },
}

/// How a queue ended for this caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueueOutcome {
    /// Talked to an agent, and the agent hung up.
    Served,
    /// Waited as long as `wait_max` allows.
    Timeout,
    /// Too many were waiting.
    Full,
    /// Nobody works in this queue now.
    Closed,
    /// No agent could be reached.
    NoAgents,
    /// Something broke.
    Failed,
}

/// How a transfer ended for this caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferOutcome {
    /// Talked to the other party, who hung up.
    Done,
    /// The other party is busy or does not want to.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// It could not be reached.
    Failed,
}

impl TransferOutcome {
    /// All of them.
    pub const ALL: [TransferOutcome; 4] =
        [TransferOutcome::Done, TransferOutcome::Busy, TransferOutcome::NoAnswer, TransferOutcome::Failed];

    /// The outcome of the step, as the language calls it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            TransferOutcome::Done => "done",
            TransferOutcome::Busy => "busy",
            TransferOutcome::NoAnswer => "no_answer",
            TransferOutcome::Failed => "failed",
        }
    }
}

/// What is written down of an order that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// What was asked, as `connector.call`.
    pub call: String,
    /// What the caller confirmed, by name.
    pub confirmed: Vec<(String, String)>,
    /// How the code was told: `picture`, `sms` or `speech`.
    pub code_by: &'static str,
    /// The idempotency key under which it was sent.
    pub key: String,
    /// `done`, `refused`, `unknown` or `failed`, as the step's outcomes.
    pub outcome: &'static str,
}

/// Why a call is not answered, as the caller's network is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decline {
    /// ITU-T Q.850 cause 17, 486 in SIP.
    Busy,
    /// Cause 19, 480.
    NoAnswer,
    /// Cause 21, 603.
    Rejected,
}

impl Decline {
    /// As the language calls it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Decline::Busy => "busy",
            Decline::NoAnswer => "no_answer",
            Decline::Rejected => "rejected",
        }
    }
}

/// How soon it is a caller's turn in a queue: who has the most points is next, and of equals who came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Priority {
    /// Points at entry.
    pub base: i32,
    /// Points that each minute of waiting adds.
    pub per_minute: u32,
}

/// How well arrives what a caller sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Packets lost, of a thousand.
    pub loss_permille: u32,
    /// The interarrival jitter of the sound.
    pub jitter_ms: u32,
    /// Sound and pictures without their packets' headers.
    pub kbps: u32,
    /// Pictures in ten seconds.
    pub fps_tenths: u32,
    /// Name of the codec; empty without sound.
    pub sound: String,
    /// The same of pictures.
    pub picture: String,
}

/// What a caller does to a clip that is played. All but `Pause` go on playing where it was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wind {
    /// Stops it; when it is stopped already, it goes on.
    Pause,
    /// So far back, to its beginning at most.
    Back(Duration),
    /// So far ahead; beyond its end it is over.
    Forward(Duration),
    /// To its beginning.
    Replay,
}

impl fmt::Display for Wind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wind::Pause => f.write_str("pause"),
            Wind::Back(step) => write!(f, "back {step:?}"),
            Wind::Forward(step) => write!(f, "forward {step:?}"),
            Wind::Replay => f.write_str("replay"),
        }
    }
}

/// What the call shall do. Poll until `Timeout` comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A node was entered; for traces.
    Enter {
        /// Name of the flow.
        flow: String,
        /// Name of the node.
        node: String,
        /// Where the node stands.
        span: Position,
    },
    /// Replaces whatever is playing. In a queue the caller stays in their place.
    Play(Presentation),
    /// Send callers back what they send, in place of what is playing, and measure it.
    Echo,
    /// The echo is over; answer with [`Event::Echoed`].
    EndEcho,
    /// Wind the clip of the last [`Action::Play`]; [`Event::PlayEnded`] is due when its end is reached.
    Wind(Wind),
    /// Enter this queue and play `waiting` meanwhile; answer with [`Event::Queue`].
    Queue {
        /// Name of the queue.
        queue: String,
        /// How soon it is this caller's turn.
        priority: Priority,
        /// The caller's level, 1 to 5, where the service tells one.
        stars: Option<u8>,
        /// Picture and music of the wait, looped.
        waiting: Presentation,
        /// What tells the caller's place in place of that picture.
        places: Option<Places>,
    },
    /// Call this telephone, play `waiting` meanwhile, and join the two; answer with [`Event::Transferred`].
    Transfer {
        /// A SIP URI with a numeric host.
        to: String,
        /// Picture and music of the wait, looped.
        waiting: Presentation,
        /// How long it rings at most.
        ring_timeout: Duration,
    },
    /// The caller's phone goes on ringing; nothing is answered.
    Ring,
    /// The caller, whose phone still rings, is turned away; the flow goes on without them.
    Decline(Decline),
    /// The caller is back from what they did while waiting, still in their place: play `waiting` again.
    Hold {
        /// As [`Action::Queue`] has it.
        waiting: Presentation,
        /// As [`Action::Queue`] has it.
        places: Option<Places>,
    },
    /// The caller leaves the queue by their own wish; no [`Event::Queue`] is wanted any more.
    LeaveQueue,
    /// The caller wants to be called back instead of waiting; for the record.
    CallBack {
        /// Name of the queue.
        queue: String,
        /// The caller's number.
        number: String,
    },
    /// Ask a connector; answer with [`Event::Answer`]. The call goes on meanwhile.
    Ask(Question),
    /// Send this message to a number or a SIP address; answer with [`Event::Notified`].
    Notify {
        /// Whom it is for.
        to: String,
        /// Plain text.
        text: String,
    },
    /// Something was ordered, or may have been; for the record.
    Ordered(Ordered),
    /// A text of what is shown or said next could not be filled in as it was meant; for the log.
    Doubt {
        /// Where the text stands.
        span: Position,
        /// What is wrong with it, and that the plain value takes its place.
        message: String,
    },
    /// The call is over.
    Hangup,
    /// Nothing else to do now; `Event::Timeout` is wanted at this time, if any.
    Timeout(Option<Instant>),
}
