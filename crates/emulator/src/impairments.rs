//! `Impairments`: a bad line between a telephone and its network.
//!
//! Packets are lost and overtaken in both directions, bits of a circuit are turned over. All of it is drawn
//! from one seed. No delay: that is the network's. Start at [`Impairments`].

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// How bad a line is, in each direction. Probabilities are 0.0..=1.0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Impairments {
    /// Probability that a bit of a circuit is wrong; 1e-3 is the worst a 3G phone lives with.
    pub bit_errors: f64,
    /// Probability that an RTP packet is lost.
    pub loss: f64,
    /// Probability that an RTP packet is overtaken by the one behind it.
    pub reorder: f64,
}

/// Turns bits over, each with the same probability.
#[derive(Debug)]
pub(crate) struct BitErrors {
    probability: f64,
    random: StdRng,
    /// Good bits before the next bad one.
    good: u64,
}

impl BitErrors {
    pub(crate) fn new(probability: f64, seed: u64) -> Self {
        let mut errors = BitErrors { probability, random: StdRng::seed_from_u64(seed), good: 0 };
        errors.good = errors.distance();
        errors
    }

    /// Turns over what the line does, in `octets`.
    pub(crate) fn strike(&mut self, octets: &mut [u8]) {
        let bits = octets.len() as u64 * 8;
        let mut at = 0;
        while self.good < bits - at {
            at += self.good;
            octets[(at / 8) as usize] ^= 1 << (at % 8);
            at += 1;
            self.good = self.distance();
        }
        self.good -= bits - at;
    }

    /// Whether anything will ever be turned over.
    pub(crate) fn is_clean(&self) -> bool {
        self.probability <= 0.0
    }

    /// Good bits in a row, which are distributed geometrically.
    fn distance(&mut self) -> u64 {
        if self.probability <= 0.0 {
            return u64::MAX;
        }
        let draw = 1.0 - self.random.random::<f64>();
        (draw.ln() / (1.0 - self.probability).ln()) as u64
    }
}

/// Loses and delays the packets of one direction.
#[derive(Debug)]
pub(crate) struct Mishaps<T> {
    loss: f64,
    reorder: f64,
    random: StdRng,
    late: Option<T>,
}

impl<T> Mishaps<T> {
    pub(crate) fn new(impairments: Impairments, seed: u64) -> Self {
        let Impairments { bit_errors: _, loss, reorder } = impairments;
        Mishaps { loss, reorder, random: StdRng::seed_from_u64(seed), late: None }
    }

    /// What comes out, in order, when `packet` goes in: nothing, itself, or itself and the one it overtook.
    pub(crate) fn pass(&mut self, packet: T) -> impl Iterator<Item = T> + use<T> {
        let (lost, overtaken) = (self.happens(self.loss), self.happens(self.reorder));
        if !lost && overtaken && self.late.is_none() {
            self.late = Some(packet);
            return [None, None].into_iter().flatten();
        }
        [(!lost).then_some(packet), self.late.take()].into_iter().flatten()
    }

    fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.random.random::<f64>() < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_bits_are_turned_over_as_said() {
        for (probability, most) in [(0.0, 0..=0), (1e-3, 600..=1_000), (1.0, 800_000..=800_000)] {
            let mut errors = BitErrors::new(probability, 7);
            let mut line = vec![0u8; 100_000];
            line.chunks_mut(160).for_each(|packet| errors.strike(packet));
            let wrong: u32 = line.iter().map(|octet| octet.count_ones()).sum();
            assert!(most.contains(&wrong), "{probability}: {wrong}");
        }
    }

    #[test]
    fn packets_are_lost_and_overtaken_and_none_comes_twice() {
        let line = Impairments { loss: 0.1, reorder: 0.1, ..Impairments::default() };
        let mut mishaps = Mishaps::new(line, 7);
        let out: Vec<u32> = (0..10_000).flat_map(|packet| mishaps.pass(packet)).collect();
        assert!((8_800..9_200).contains(&out.len()), "{}", out.len());
        let backwards = out.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert!((600..1_000).contains(&backwards), "{backwards}");
        assert_eq!(out.iter().collect::<std::collections::HashSet<_>>().len(), out.len());
    }

    #[test]
    fn a_good_line_changes_nothing() {
        let mut mishaps = Mishaps::new(Impairments::default(), 7);
        let out: Vec<u32> = (0..100).flat_map(|packet| mishaps.pass(packet)).collect();
        assert_eq!(out, (0..100).collect::<Vec<_>>());
    }
}
