//! Even/odd port pairs for RTP and RTCP on one address (RFC 3550 §11).
//!
//! The port that was given back longest ago is handed out first, so that late packets of a finished
//! call do not meet the next one. Ports that other programs hold are skipped and tried again in their
//! turn. Start at [`Pairs::take`].

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use crate::limits::MEDIA_RECEIVE_BUFFER;
use crate::poll::PairId;
use crate::udp::{BindError, Socket};

/// Why there is no pair.
#[derive(Debug, thiserror::Error)]
pub enum PairsError {
    /// The range holds no even port with its odd neighbour.
    #[error("the RTP port range {first}-{last} holds no even/odd pair")]
    EmptyRange {
        /// First port of the range.
        first: u16,
        /// Last port of the range.
        last: u16,
    },
    /// Every pair is handed out, or held by other programs.
    #[error("no free RTP port: {in_use} pairs in use, {busy} held by other programs")]
    Exhausted {
        /// Pairs handed out by this allocator.
        in_use: usize,
        /// Pairs that other programs hold.
        busy: usize,
    },
    /// The kernel refuses for a reason that the next port would not change: the address is not of this
    /// machine, or no file descriptor is left.
    #[error(transparent)]
    Bind(#[from] BindError),
}

/// Two bound sockets on neighbouring ports.
#[derive(Debug)]
pub struct Pair {
    /// The pair's name: the number of its RTP port.
    pub id: PairId,
    /// The even port.
    pub rtp: Socket,
    /// The odd port above it.
    pub rtcp: Socket,
}

/// The allocator of pairs on one address.
#[derive(Debug)]
pub struct Pairs {
    address: IpAddr,
    free: VecDeque<u16>,
    in_use: usize,
}

impl Pairs {
    /// All even/odd pairs that lie in `range` as a whole.
    ///
    /// # Errors
    /// [`PairsError::EmptyRange`]. No socket is bound yet, so a wrong address shows at the first
    /// [`Pairs::take`].
    pub fn new(address: IpAddr, range: RangeInclusive<u16>) -> Result<Pairs, PairsError> {
        let (first, last) = (*range.start(), *range.end());
        // Port 0 means "any" to the kernel and cannot be advertised.
        let free: VecDeque<u16> = range.filter(|port| port % 2 == 0 && *port > 0 && *port < last).collect();
        if free.is_empty() {
            return Err(PairsError::EmptyRange { first, last });
        }
        Ok(Pairs { address, free, in_use: 0 })
    }

    /// Pairs that are not handed out; other programs may hold some of them.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free.len()
    }

    /// Pairs that are handed out.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.in_use
    }

    /// Binds the pair that has been free for longest.
    ///
    /// # Errors
    /// [`PairsError::Exhausted`] after one round over all free ports, [`PairsError::Bind`] at once.
    pub fn take(&mut self) -> Result<Pair, PairsError> {
        let round = self.free.len();
        for _ in 0..round {
            let Some(port) = self.free.pop_front() else { break };
            match self.bind(port) {
                Ok(pair) => {
                    self.in_use += 1;
                    return Ok(pair);
                }
                Err(error) => {
                    self.free.push_back(port);
                    if !error.is_busy() {
                        return Err(error.into());
                    }
                }
            }
        }
        Err(PairsError::Exhausted { in_use: self.in_use, busy: round })
    }

    fn bind(&self, port: u16) -> Result<Pair, BindError> {
        let open = |port| Socket::bind(SocketAddr::new(self.address, port), MEDIA_RECEIVE_BUFFER);
        // A capped queue is no news here: the signalling socket has asked for more and has told.
        let (rtp, _) = open(port)?;
        let (rtcp, _) = open(port + 1)?;
        Ok(Pair { id: PairId(u32::from(port)), rtp, rtcp })
    }

    /// Takes a pair back and closes its sockets.
    pub fn give_back(&mut self, pair: Pair) {
        let port = pair.rtp.local().port();
        drop(pair);
        self.free.push_back(port);
        self.in_use -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// Three free pairs in a row, found by asking the kernel, so that parallel tests do not meet.
    fn three_free_pairs() -> Pairs {
        for _ in 0..200 {
            let probe = Socket::bind(SocketAddr::new(LOOPBACK, 0), 4096).expect("a free port").0;
            let first = probe.local().port() & !1;
            drop(probe);
            if first > 65_000 {
                continue;
            }
            let mut pairs = Pairs::new(LOOPBACK, first..=first + 5).expect("three pairs");
            let taken: Vec<Pair> = std::iter::from_fn(|| pairs.take().ok()).collect();
            if taken.len() == 3 {
                taken.into_iter().for_each(|pair| pairs.give_back(pair));
                return pairs;
            }
        }
        panic!("no six free ports in a row in 200 tries");
    }

    #[test]
    fn rtp_is_even_and_rtcp_the_port_above() {
        let mut pairs = three_free_pairs();
        let pair = pairs.take().expect("a free pair");
        assert_eq!(pair.rtp.local().port() % 2, 0);
        assert_eq!(pair.rtcp.local().port(), pair.rtp.local().port() + 1);
        assert_eq!(pair.id, PairId(u32::from(pair.rtp.local().port())));
        assert_eq!((pairs.free(), pairs.in_use()), (2, 1));
    }

    #[test]
    fn a_range_counts_only_whole_pairs() {
        let free = |range| Pairs::new(LOOPBACK, range).map(|pairs| pairs.free()).ok();
        assert_eq!(free(20_000..=29_999), Some(5_000));
        assert_eq!(free(20_001..=20_004), Some(1));
        assert_eq!(free(20_000..=20_002), Some(1));
        assert_eq!(free(20_000..=20_000), None);
        assert_eq!(free(20_001..=20_002), None);
        assert_eq!(free(0..=1), None);
        assert_eq!(free(65_534..=65_535), Some(1));
    }

    #[test]
    fn a_pair_given_back_is_handed_out_last() {
        let mut pairs = three_free_pairs();
        let first = pairs.take().expect("a free pair");
        let id = first.id;
        pairs.give_back(first);
        let next: Vec<Pair> = (0..3).map(|_| pairs.take().expect("a free pair")).collect();
        assert_eq!(next[2].id, id);
    }

    #[test]
    fn a_port_held_by_another_program_is_skipped_and_tried_again_later() {
        let mut pairs = three_free_pairs();
        let held = pairs.take().expect("a free pair");
        let rtcp_port = held.rtcp.local();
        pairs.give_back(held);
        let other_program = Socket::bind(rtcp_port, 4096).expect("just given back").0;

        let taken = [pairs.take().expect("a free pair"), pairs.take().expect("a free pair")];
        let error = pairs.take().expect_err("the third is held");
        assert!(matches!(error, PairsError::Exhausted { in_use: 2, busy: 1 }), "{error}");

        drop(other_program);
        assert_eq!(pairs.take().expect("free again").rtcp.local(), rtcp_port);
        drop(taken);
    }

    #[test]
    fn an_address_of_another_machine_is_an_error_at_once_and_loses_no_port() {
        let mut pairs = Pairs::new([192, 0, 2, 1].into(), 20_000..=20_009).expect("five pairs");
        let error = pairs.take().expect_err("not an address of ours");
        assert!(matches!(error, PairsError::Bind(_)), "{error}");
        assert!(error.to_string().contains("192.0.2.1"), "{error}");
        assert_eq!(pairs.free(), 5);
    }
}
