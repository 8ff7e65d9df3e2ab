//! Every bound of the WebSocket, and what happens there.

use std::time::Duration;

/// Octets of one message of a browser; a longer one closes the socket. Holds a 64 kB description.
pub(crate) const MESSAGE_LEN_MAX: usize = 128 * 1024;

/// Sockets at once; one more is answered 503.
pub(crate) const SOCKETS_MAX: usize = 300;

/// New sockets a second, and the most in one burst; one more is answered 503.
pub(crate) const SOCKETS_PER_SECOND: u32 = 20;

/// Messages of one browser a second, and the most in one burst; one more closes its socket.
pub(crate) const MESSAGES_PER_SECOND: u32 = 50;

/// Messages that make no sense, with which a socket is closed.
pub(crate) const MISTAKES_MAX: u32 = 10;

/// How long a browser may take for its first message.
pub(crate) const HELLO: Duration = Duration::from_secs(5);

/// A browser that says nothing for this long is gone; pages say `ping` every ten seconds.
pub(crate) const IDLE: Duration = Duration::from_secs(30);

/// How long one message may take to go out before the browser counts as gone.
pub(crate) const SEND: Duration = Duration::from_secs(5);
