//! `Terminal`: one [`Phone`] with sockets of its own and the real clock.

use std::net::SocketAddr;
use std::time::Instant;

use media::{Codec, Size};

use crate::{Config, Crowd, Error, Event, Phone};

/// A telephone on the network.
pub struct Terminal {
    crowd: Crowd,
}

impl Terminal {
    /// Binds a SIP socket at `sip` (port 0: any free one) and media ports beside it. The telephone sends a
    /// test picture of `codec` and no sound.
    ///
    /// # Errors
    /// As [`Crowd::add`].
    pub fn open(sip: SocketAddr, user: &str, codec: Codec, size: Size) -> Result<Self, Error> {
        Terminal::with(sip, Config::new(user, codec, size))
    }

    /// The same, with every property of the telephone chosen but its addresses and its seed.
    ///
    /// # Errors
    /// As [`Crowd::add`].
    pub fn with(sip: SocketAddr, config: Config) -> Result<Self, Error> {
        let mut crowd = Crowd::new(sip.ip())?;
        crowd.add(sip, config)?;
        Ok(Terminal { crowd })
    }

    /// The telephone, to call, press keys and hang up. What it wants sent goes out with the next
    /// [`Terminal::turn`].
    pub fn phone(&mut self) -> &mut Phone {
        self.crowd.phone(0)
    }

    /// Its SIP address.
    #[must_use]
    pub fn sip(&self) -> SocketAddr {
        self.crowd.sip(0)
    }

    /// Sends what is due, waits for the network until `end` at the latest, and returns what happened.
    /// Returns early, perhaps with nothing, whenever the telephone had something to do.
    ///
    /// # Errors
    /// [`Error::Network`] when the system refuses to wait.
    pub fn turn(&mut self, end: Instant) -> Result<Vec<Event>, Error> {
        Ok(self.crowd.turn(end)?.into_iter().map(|(_, event)| event).collect())
    }
}
