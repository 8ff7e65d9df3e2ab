//! Every bound of the web side, and what happens there.

use std::time::Duration;

/// Connections at once; one more is closed unanswered. Each page takes a few, each WebSocket one.
pub(crate) const CONNECTIONS_MAX: usize = 1_000;

/// How long a connection may take for the whole head of a request, also the next one on a connection that
/// is kept alive; then it is closed.
pub(crate) const HEAD_TIME_MAX: Duration = Duration::from_secs(15);

/// How long TLS may take to agree; then the connection is closed.
pub(crate) const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a peer may leave what was sent to it unread; then the kernel closes the connection.
pub(crate) const UNREAD_TIME_MAX: Duration = Duration::from_secs(30);

/// Octets of the head of a request; a longer one is answered with 431.
pub(crate) const HEAD_LEN_MAX: usize = 16 << 10;

/// Fields of the head of a request; more are answered with 431.
pub(crate) const HEAD_FIELDS_MAX: usize = 64;

/// Octets of the body of a request; a longer one is answered with 413.
pub(crate) const BODY_LEN_MAX: usize = 16 << 10;

/// Pause before connections are taken again after the system refused one (no file descriptor left).
pub(crate) const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Days that a self-signed certificate is valid: what browsers accept at most.
pub(crate) const CERTIFICATE_DAYS: u64 = 397;

/// Days before its end that a certificate is made anew at a start.
pub(crate) const CERTIFICATE_DAYS_LEFT_MIN: u64 = 14;

/// Addresses that one certificate names; more are left out.
pub(crate) const CERTIFICATE_NAMES_MAX: usize = 64;

/// How long a person stays signed in: one shift.
pub(crate) const fn session_time() -> time::Duration {
    time::Duration::hours(12)
}

/// How often sessions that have expired are taken out of the database.
pub(crate) const SESSIONS_SWEPT_EVERY: Duration = Duration::from_secs(600);

/// Passwords that are worked on at once; one more waits for [`PASSWORD_WAIT`].
pub(crate) const PASSWORDS_AT_ONCE: usize = 2;

/// How long a password waits to be worked on; then it is answered with 429.
pub(crate) const PASSWORD_WAIT: Duration = Duration::from_secs(5);

/// Names and addresses whose failed sign-ins are counted; when there are more, nobody new signs in for a while.
pub(crate) const ATTEMPTS_KNOWN_MAX: usize = 10_000;

/// How often an open socket of a desk looks whether its account may still have it, besides at each change.
pub(crate) const DESK_LOOKS_EVERY: Duration = Duration::from_secs(30);

/// Characters of what a supervisor says to an agent, or of an agent; longer is refused.
pub(crate) const WORDS_CHARS_MAX: usize = 200;

/// Characters of a wrap-up code.
pub(crate) const CODE_CHARS_MAX: usize = 40;

/// Characters of an agent's note; a longer one is refused.
pub(crate) const NOTE_CHARS_MAX: usize = 2_000;

/// Octets of a picture that an agent keeps; a larger one is answered with 413.
pub(crate) const PICTURE_LEN_MAX: usize = 512 << 10;

/// Codes and words of conversations that a wallboard shows.
pub(crate) const HOT_WORDS_MAX: usize = 8;

/// Sockets of events at once; one more is answered with 503.
pub(crate) const LISTENERS_MAX: usize = 200;

/// How often it is looked whether something has changed that they are told.
pub(crate) const EVENTS_EVERY: Duration = Duration::from_millis(500);

/// Octets of what such a socket says, which is nothing but pings; more closes it.
pub(crate) const HEARD_LEN_MAX: usize = 1 << 10;

/// How long such a socket may take to take a message; then it is closed.
pub(crate) const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// After so long without a word it is pinged, so that a listener that is gone is noticed.
pub(crate) const PINGED_EVERY: Duration = Duration::from_secs(20);
