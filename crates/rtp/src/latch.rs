//! Which source a session listens to, and where it sends (symmetric RTP, RFC 4961; probation of
//! RFC 3550 §A.1).
//!
//! The negotiated address is taken at its first packet, even while another address is latched. Any other
//! address (a phone behind a NAT), and another SSRC from the latched address, must first send two packets
//! in sequence. Once latched, other addresses are refused until the source has been silent for
//! [`limits::LATCH_SILENCE`].
//!
//! When another address is negotiated ([`Latch::renegotiate`]: Asterisk's direct media, a transfer), the one
//! that was latched is left for good, so that its last packets do not bring it back. The unspecified
//! address is no place but a hold (RFC 2543 §B.5, RFC 3264 §8.4): nothing is sent, and the latch is kept.

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

/// Whether nothing can be sent there: `0.0.0.0` or `::`, as in a hold by RFC 2543.
#[must_use]
pub fn is_nowhere(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_unspecified()
}

/// The state of latching.
#[derive(Clone, Copy, Debug)]
pub struct Latch {
    /// The negotiated address; during a hold the one before it.
    expected: SocketAddr,
    /// The unspecified address, while it is the negotiated one.
    hold: Option<SocketAddr>,
    latched: Option<(Peer, Instant)>,
    left: Option<Left>,
    /// A source on probation and the sequence number that would prove it.
    candidate: Option<(Peer, u16)>,
}

/// The place that the peer was at before it was negotiated to another one.
#[derive(Clone, Copy, Debug)]
struct Left {
    /// Refused from then on.
    latched: SocketAddr,
    /// When this is negotiated again, the peer is back and `latched` may be too.
    negotiated: SocketAddr,
}

impl Latch {
    /// Not latched; `expected` is the negotiated address.
    #[must_use]
    pub fn new(expected: SocketAddr) -> Self {
        let hold = is_nowhere(expected).then_some(expected);
        Latch { expected, hold, latched: None, left: None, candidate: None }
    }

    /// Takes the address that was negotiated anew. Answers whether the latched one is not the peer's place
    /// any more; it stays with the same address, with a hold and with the latched address itself.
    pub fn renegotiate(&mut self, expected: SocketAddr) -> bool {
        self.hold = is_nowhere(expected).then_some(expected);
        if self.hold.is_some() || expected == self.expected {
            return false;
        }
        let before = std::mem::replace(&mut self.expected, expected);
        if self.peer().is_some_and(|peer| peer.from == expected) {
            return false;
        }
        self.candidate = None;
        if let Some((peer, _)) = self.latched.take()
            && !is_nowhere(before)
        {
            self.left = Some(Left { latched: peer.from, negotiated: before });
        }
        self.left = self.left.filter(|left| left.negotiated != expected && left.latched != expected);
        true
    }

    /// The latched source.
    #[must_use]
    pub fn peer(&self) -> Option<Peer> {
        self.latched.map(|(peer, _)| peer)
    }

    /// Where to send: the latched address, else the negotiated one. During a hold this is the unspecified
    /// address ([`is_nowhere`]), whatever is latched.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        self.hold.unwrap_or_else(|| self.peer().map_or(self.expected, |peer| peer.from))
    }

    /// Judges a valid packet of `peer` that came at `now`.
    pub fn judge(&mut self, now: Instant, peer: Peer, sequence: u16) -> Verdict {
        match self.latched {
            Some((latched, _)) if latched == peer => {
                self.latched = Some((peer, now));
                Verdict::Accept
            }
            Some((latched, _)) if latched.from != peer.from && peer.from == self.expected => {
                self.latch(now, peer, false)
            }
            Some(_) | None if self.left.is_some_and(|left| left.latched == peer.from) => Verdict::Refuse,
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
        assert_eq!(latch.judge(start(), peer(30, 1), 5), Verdict::Refuse, "then only that source");
    }

    #[test]
    fn the_negotiated_address_wins_over_a_latched_one_at_once() {
        let mut latch = Latch::new(address(10));
        latch.judge(start(), peer(20, 2), 5);
        assert_eq!(latch.judge(start(), peer(20, 2), 6), PROVEN);
        assert_eq!(latch.judge(start(), peer(20, 3), 1), Verdict::Hold);
        assert_eq!(latch.judge(start(), peer(10, 1), 900), LATCHED);
        assert_eq!(latch.remote(), address(10));
        assert_eq!(latch.judge(start(), peer(20, 2), 7), Verdict::Refuse);
        assert_eq!(latch.judge(start(), peer(10, 1), 901), Verdict::Accept);
    }

    #[test]
    fn a_place_that_was_left_is_refused_even_after_silence() {
        let mut latch = Latch::new(address(10));
        latch.judge(start(), peer(10, 1), 5);
        assert!(latch.renegotiate(address(30)));
        assert_eq!((latch.peer(), latch.remote()), (None, address(30)));
        let late = start() + limits::LATCH_SILENCE;
        for (at, sequence) in [(start(), 6), (start(), 7), (late, 8), (late, 9)] {
            assert_eq!(latch.judge(at, peer(10, 1), sequence), Verdict::Refuse);
        }
        assert!(latch.renegotiate(address(40)), "without a packet from 30");
        assert_eq!(latch.judge(late, peer(10, 1), 10), Verdict::Refuse);
        assert_eq!(latch.judge(late, peer(20, 1), 1), Verdict::Hold, "a NAT before the new place");
        assert_eq!(latch.judge(late, peer(20, 1), 2), PROVEN);
    }

    #[test]
    fn a_probation_ends_when_another_address_is_negotiated() {
        let mut latch = Latch::new(address(10));
        assert_eq!(latch.judge(start(), peer(20, 1), 5), Verdict::Hold);
        assert!(latch.renegotiate(address(30)));
        assert_eq!(latch.judge(start(), peer(20, 1), 6), Verdict::Hold);
    }

    #[test]
    fn a_place_that_is_negotiated_again_is_not_left_any_more() {
        for there_and_back in [address(20), address(10)] {
            let mut latch = Latch::new(address(10));
            latch.judge(start(), peer(20, 1), 5);
            latch.judge(start(), peer(20, 1), 6);
            assert!(latch.renegotiate(address(30)));
            assert!(latch.renegotiate(there_and_back));
            assert_ne!(latch.judge(start(), peer(20, 1), 7), Verdict::Refuse);
            assert_ne!(latch.judge(start(), peer(20, 1), 8), Verdict::Refuse);
            assert_eq!(latch.remote(), address(20));
        }
    }

    #[test]
    fn the_latch_is_kept_when_its_own_address_is_negotiated() {
        let mut latch = Latch::new(address(10));
        latch.judge(start(), peer(20, 1), 5);
        latch.judge(start(), peer(20, 1), 6);
        assert!(!latch.renegotiate(address(20)));
        assert_eq!(latch.judge(start(), peer(20, 1), 7), Verdict::Accept);
        assert_eq!(latch.judge(start(), peer(10, 1), 7), Verdict::Refuse, "it is not negotiated any more");
    }

    #[test]
    fn a_hold_sends_nowhere_and_keeps_the_latch() {
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 10));
        let mut latch = Latch::new(address(10));
        latch.judge(start(), peer(20, 1), 5);
        latch.judge(start(), peer(20, 1), 6);
        assert!(!latch.renegotiate(nowhere));
        assert_eq!(latch.judge(start(), peer(20, 1), 7), Verdict::Accept);
        assert!(is_nowhere(latch.remote()));
        assert!(!latch.renegotiate(address(10)));
        assert_eq!(latch.remote(), address(20));
        latch.renegotiate(nowhere);
        assert!(latch.renegotiate(address(30)), "resumed elsewhere");
        assert_eq!(latch.judge(start(), peer(20, 1), 8), Verdict::Refuse);
        assert_eq!(latch.remote(), address(30));
    }

    #[test]
    fn who_begins_on_hold_is_latched_and_gets_nothing_until_it_has_a_place() {
        let mut latch = Latch::new(SocketAddr::from(([0; 16], 10)));
        latch.judge(start(), peer(20, 1), 5);
        assert_eq!(latch.judge(start(), peer(20, 1), 6), PROVEN);
        assert!(is_nowhere(latch.remote()));
        assert!(latch.renegotiate(address(10)));
        assert_eq!(latch.remote(), address(10));
        assert_eq!(latch.judge(start(), peer(20, 1), 7), Verdict::Hold, "it left no negotiated place");
    }

    #[test]
    fn the_unspecified_address_of_every_family_is_nowhere() {
        for text in ["0.0.0.0:4000", "[::]:4000", "[::ffff:0.0.0.0]:4000"] {
            assert!(is_nowhere(text.parse().expect("an address")), "{text}");
        }
        assert!(!is_nowhere(address(0)));
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
        assert_eq!(latch.judge(later, peer(30, 1), 6), Verdict::Refuse);
    }
}
