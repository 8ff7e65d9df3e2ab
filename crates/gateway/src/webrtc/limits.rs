//! Every bound of the WebRTC leg, and what happens there.

use std::time::Duration;

/// Sessions at once, those within their grace included; one more is refused as busy.
pub const SESSIONS_MAX: usize = 400;

/// Octets of a browser's session description; a longer one is refused. Chromium writes about 8 kB.
pub const DESCRIPTION_LEN_MAX: usize = 64 * 1024;

/// Octets of one ICE candidate line (RFC 8839 §5.1 lines are below 200); a longer one is refused.
pub const CANDIDATE_LEN_MAX: usize = 1024;

/// Candidates taken for one description of the browser's; further ones are passed over.
pub const CANDIDATES_MAX: u32 = 64;

/// Characters of a visitor's name that are kept.
pub const NAME_LEN_MAX: usize = 64;

/// Characters of a number or of an agent's name; a longer one is refused.
pub const NUMBER_LEN_MAX: usize = 64;

/// How long ICE and DTLS may take before the call ends with a reason.
pub const CONNECT: Duration = Duration::from_secs(20);

/// How long a session outlives its socket, and a call its ICE connection.
pub const GRACE: Duration = Duration::from_secs(10);

/// How long a session outlives its page: a page that is loaded anew is back sooner.
pub const RELOAD: Duration = Duration::from_secs(5);

/// Commands of one browser that wait for its session; one more is refused as too fast.
pub(crate) const COMMANDS: usize = 64;

/// Events that wait for one browser; with one more the browser is too slow and its socket is closed.
pub(crate) const EVENTS: usize = 256;

/// Words of the shard and of the agent pool that wait for one session; with one more the session is given up:
/// its page is closed, its call ends, its agent is signed out.
pub(crate) const WORDS: usize = 256;

/// Frames of the shard that wait for one session: about a second of sound and pictures.
pub(crate) const FRAMES: usize = 128;

/// Pictures are taken only while at least this much of [`FRAMES`] is free; the rest is for sound.
pub(crate) const FRAMES_FOR_SOUND: usize = 48;

/// Frames of one browser that wait for its shard; pictures beyond are dropped up to a key picture, sound
/// beyond is dropped.
pub(crate) const FRAMES_TO_SHARD: usize = 64;

/// Packets of one browser that wait for its session; more count as lost on the way.
pub(crate) const PACKETS: usize = 512;

/// Changes of a connection's state and candidates of ours that wait for the session; never reached.
pub(crate) const HAPPENINGS: usize = 64;

/// Ports tried before a session is refused for want of one.
pub(crate) const PORT_ATTEMPTS: usize = 16;

/// Largest RTP payload in octets: an SRTP packet stays below the 1200 octets that every path carries
/// (RFC 8834 §4.6.1 asks for care; browsers use the same bound).
pub(crate) const RTP_PAYLOAD_LEN_MAX: usize = 1_150;

/// `b=AS` of the pictures that a browser is asked to send, in kbit/s, when the other side names no bound.
pub(crate) const PICTURES_KBPS: u32 = 512;

/// Threads of all sessions and their connections.
pub(crate) const THREADS: usize = 2;

/// How long a stopping hub waits for its connections to close.
pub(crate) const GOODBYE: Duration = Duration::from_secs(1);

/// How often it looks whether they have.
pub(crate) const GOODBYE_STEP: Duration = Duration::from_millis(5);
