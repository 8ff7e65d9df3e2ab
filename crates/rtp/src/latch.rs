//! Which source a session listens to, and where it sends (symmetric RTP, RFC 4961; probation of
//! RFC 3550 §A.1).
//!
//! The negotiated address is taken at its first packet. Any other address (a phone behind a NAT), and
//! another SSRC from the latched address, must first send two packets in sequence. Once latched, other
//! addresses are refused until the source has been silent for [`limits::LATCH_SILENCE`].

use std::net::SocketAddr;
use std::time::Instant;

use crate::limits;

/// Address and SSRC of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where its packets come from.
    pub from: SocketAddr,
    /// Its synchronisation source.
    pub ssrc: u32,
}

/// What is to be done with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is of the latched source.
    Accept,
    /// It may be of a new source: keep it until the next packet's verdict.
    Hold,
    /// Its source is latched from now on. A packet that was held before it, if `with_held`, is of the same
    /// source and comes first.
    Latched {
        /// The packet before was of this source too.
        with_held: bool,
    },
    /// Of another source.
    Refuse,
}

/// The state of latching.
#[derive(Clone, Copy, Debug)]
pub struct Latch {
    expected: SocketAddr,
    latched: Option<(Peer, Instant)>,
    /// A source on probation and the sequence number that would prove it.
    candidate: Option<(Peer, u16)>,
}

impl Latch {
    /// Not latched; `expected` is the negotiated address.
    #[must_use]
    pub fn new(expected: SocketAddr) -> Self {
        Latch { expected, latched: None, candidate: None }
    }

    /// The latched source.
    #[must_use]
    pub fn peer(&self) -> Option<Peer> {
        self.latched.map(|(peer, _)| peer)
    }

    /// Where to send: the latched address, else the negotiated one.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        self.peer().map_or(self.expected, |peer| peer.from)
    }

    /// Judges a valid packet of `peer` that came at `now`.
    pub fn judge(&mut self, now: Instant, peer: Peer, sequence: u16) -> Verdict {
        match self.latched {
            Some((latched, _)) if latched == peer => {
                self.latched = Some((peer, now));
                Verdict::Accept
            }
            Some((latched, last))
                if latched.from != peer.from
                    && now.saturating_duration_since(last) < limits::LATCH_SILENCE =>
            {
                Verdict::Refuse
            }
            None if peer.from == self.expected => self.latch(now, peer, false),
            Some(_) | None if self.candidate == Some((peer, sequence)) => self.latch(now, peer, true),
            Some(_) | None => {
                self.candidate = Some((peer, sequence.wrapping_add(1)));
                Verdict::Hold
            }
        }
    }

    fn latch(&mut self, now: Instant, peer: Peer, with_held: bool) -> Verdict {
        self.latched = Some((peer, now));
        self.candidate = None;
        Verdict::Latched { with_held }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::start;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn peer(port: u16, ssrc: u32) -> Peer {
        Peer { from: address(port), ssrc }
    }

    const LATCHED: Verdict = Verdict::Latched { with_held: false };
    const PROVEN: Verdict = Verdict::Latched { with_held: true };

    #[test]
    fn the_negotiated_address_is_taken_at_once() {
        let mut latch = Latch::new(address(10));
        assert_eq!(latch.judge(start(), peer(10, 1), 5), LATCHED);
        assert_eq!(latch.judge(start(), peer(10, 1), 6), Verdict::Accept);
        assert_eq!(latch.judge(start(), peer(20, 1), 7), Verdict::Refuse);
    }

    #[test]
    fn another_address_needs_two_packets_in_sequence() {
        let mut latch = Latch::new(address(10));
        assert_eq!(latch.judge(start(), peer(20, 1), 5), Verdict::Hold);
        assert_eq!(latch.judge(start(), peer(20, 1), 7), Verdict::Hold);
        assert_eq!(latch.remote(), address(10));
        assert_eq!(latch.judge(start(), peer(20, 1), 8), PROVEN);
        assert_eq!(latch.remote(), address(20));
        assert_eq!(latch.judge(start(), peer(10, 1), 5), Verdict::Refuse, "then only that source");
    }

    #[test]
    fn another_ssrc_from_the_same_address_takes_over_after_probation() {
        let mut latch = Latch::new(address(10));
        latch.judge(start(), peer(10, 1), 5);
        assert_eq!(latch.judge(start(), peer(10, 2), 65_535), Verdict::Hold);
        assert_eq!(latch.judge(start(), peer(10, 1), 6), Verdict::Accept);
        assert_eq!(latch.judge(start(), peer(10, 2), 0), PROVEN);
        assert_eq!(latch.peer(), Some(peer(10, 2)));
    }

    #[test]
    fn silence_opens_the_latch_to_other_addresses() {
        let mut latch = Latch::new(address(10));
        latch.judge(start(), peer(10, 1), 5);
        let later = start() + limits::LATCH_SILENCE;
        assert_eq!(latch.judge(later, peer(20, 2), 1), Verdict::Hold);
        assert_eq!(latch.judge(later, peer(20, 2), 2), PROVEN);
        assert_eq!(latch.judge(later, peer(10, 1), 6), Verdict::Refuse);
    }
}
