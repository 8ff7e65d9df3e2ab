//! Every bound of call control, and what happens there.

use std::time::Duration;

/// How far behind its schedule a play-out still sends what it missed; older frames are skipped.
pub(crate) const CATCH_UP: Duration = Duration::from_millis(200);

/// Longest call; a longer one is hung up, so that a stuck peer does not hold its ports for ever.
pub(crate) const CALL_LONGEST: Duration = Duration::from_secs(4 * 3600);

/// How long a party that ought to send may be silent, RTCP included, before it is asked whether it is there.
/// Load generators send no media at all and need not know OPTIONS: their calls are shorter than this.
pub(crate) const SILENCE_LONGEST: Duration = Duration::from_secs(60);

/// The same for a party that holds us or only receives. RFC 3550 §6.2 has it send reports then too; many
/// phones send none.
pub(crate) const HELD_SILENCE_LONGEST: Duration = Duration::from_secs(5 * 60);

/// How long the agent pool may take for its first word of a ticket; then the queue has failed. It answers
/// at once as long as its thread lives and keeps up.
pub(crate) const POOL_ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// How long a browser's media may take to flow after it was agreed on; then its leg is over.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// Octets of a browser's name for itself that are kept.
pub(crate) const NAME_LEN_MAX: usize = 64;

/// Octets of a frame that a browser may send; a longer one is dropped.
pub(crate) const FRAME_LEN_MAX: usize = 1 << 20;

/// How long a 3G phone may take to hear that its call is over, before its dialog is ended (H.324 §7.6.5).
pub(crate) const PARTING_LONGEST: Duration = Duration::from_millis(5_500);

/// How long the flow of a call that is not answered may go on without the subscriber: a few questions to connectors and
/// a message.
pub(crate) const EPILOGUE_LONGEST: Duration = Duration::from_secs(120);

/// Octets of a circuit in 20 ms.
pub(crate) const CIRCUIT_PACKET: usize = 160;

/// Packets in which a 3G phone that is not waited for is told that its session ends, all at once: what says so takes
/// one or two, and a trunk's jitter buffer holds 60 ms.
pub(crate) const FAREWELL_PACKETS: usize = 3;

/// Bits a second that are left for pictures on a circuit, beside speech and control.
pub(crate) const CIRCUIT_VIDEO_BPS: u32 = 44_000;

/// How long a presentation may wait for tracks that are still being made; then it starts without them.
pub(crate) const LOADING_LONGEST: Duration = Duration::from_secs(5);

/// How often a hold that is still being loaded is looked at before the caller's place is shown over it.
pub(crate) const PLACE_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// Shortest time between two key pictures that one stream is made to send on request.
pub(crate) const KEY_PICTURE_EVERY: Duration = Duration::from_millis(500);

/// After so many requests without a key picture each waits twice as long as the one before, so many times.
pub(crate) const KEY_PICTURE_TRIES: u32 = 2;
pub(crate) const KEY_PICTURE_DOUBLED: u32 = 4;

/// How often a source that owes a key picture is asked again.
pub(crate) const ASK_AGAIN_AFTER: Duration = Duration::from_millis(700);

/// How long a bridge drops undecodable pictures while it waits for a key picture; then they pass, because
/// a peer that ignores every request still refreshes its picture some day.
pub(crate) const WAIT_FOR_KEY: Duration = Duration::from_secs(4);

/// Frames remembered on their way through a transcoder, to say how long it takes; older ones are forgotten.
pub(crate) const FRAMES_UNDERWAY: usize = 64;

/// An encoder is told a rate that differs by more than this part of the one before, since each change costs it its
/// balance for a moment.
pub(crate) const RATE_STEP: u32 = 20;

/// The largest difference between sound and pictures that a record tells, in ms.
pub(crate) const SKEW_MS_MAX: i64 = 10_000;

/// Shortest time between two changes of a bridge because frames come in another codec than the one before; what
/// comes in between is dropped.
pub(crate) const REPLAN_EVERY: Duration = Duration::from_secs(1);

/// Digits of one leg that count within a second; more are dropped.
pub(crate) const DIGITS_PER_SECOND: u32 = 20;

/// Keys kept of a subscriber who presses before the flow begins; more are dropped.
pub(crate) const EARLY_DIGITS: usize = 16;

/// How long a play-out towards a circuit waits for the circuit's own time, at most 20 ms away while it runs.
pub(crate) const CIRCUIT_SLACK: Duration = Duration::from_millis(25);

/// Edges between slides that a shard keeps, and octets of them; the oldest is forgotten for a new one.
pub(crate) const EDGES_MAX: usize = 4_096;
pub(crate) const EDGES_LEN_MAX: usize = 8 << 20;

/// Node names kept in a call's record; later ones are counted only.
pub(crate) const PATH_LEN_MAX: usize = 200;

/// Actions of a dialplan run handled for one event; a flow that goes on longer is ended as faulty.
pub(crate) const ACTIONS_PER_EVENT: usize = 64;

/// Rounds in which a shard lets its cores answer each other before it goes back to its sockets.
pub(crate) const SETTLE_ROUNDS: usize = 1_000;

/// Octets of an INFO body that are looked at.
pub(crate) const INFO_LEN_MAX: usize = 4_096;

/// Octets of RTP payload in one packet: an Ethernet path with room for IPv6, UDP, RTP and a tunnel.
pub(crate) const RTP_PAYLOAD_LEN_MAX: usize = 1_200;

/// How often those who see and hear another party are told how far sound and pictures are apart.
pub(crate) const LIPS_EVERY: Duration = Duration::from_secs(1);

/// What sound and pictures of one phone may be apart by its own reports, in nanoseconds; more is a fault of its clocks.
pub(crate) const APART_MAX: u64 = 2_000_000_000;

/// A browser's session is told another age when it differs by this.
pub(crate) const AGE_STEP: Duration = Duration::from_millis(5);

/// How long a caller sees the agent's plate at least before the agent.
pub(crate) const PLATE_SHOWN: Duration = Duration::from_secs(3);

/// Nodes of a caller's way that an agent is told.
pub(crate) const PATH_TOLD: usize = 12;

/// Characters that caller and agent write at once; more is not passed on.
pub const TEXT_CHARS_MAX: usize = 300;
/// How long each character of a text stays in a caller's picture: people read some fifteen a second.
pub(crate) const TEXT_SHOWN_FOR_EACH: Duration = Duration::from_millis(90);
/// How long a text stays there at least.
pub(crate) const TEXT_SHOWN_LEAST: Duration = Duration::from_secs(4);
/// How long it stays there at most.
pub(crate) const TEXT_SHOWN_MOST: Duration = Duration::from_secs(20);
/// Latin letters of a text that are drawn at once into a picture of 352 by 288 dots.
pub(crate) const TEXT_ROOM: usize = 120;
/// The same of 176 by 144.
pub(crate) const TEXT_ROOM_SMALL: usize = 60;
