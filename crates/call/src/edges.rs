//! `Edges`: the pictures that lead from one slide to another, computed once and shared by all calls of a shard.
//!
//! There are as many as callers find ways through the service, so they are made when one is first gone. Slides that
//! were made for one call lead nowhere twice: theirs are computed each time and never kept. What is too much is
//! forgotten, oldest first.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use media::{Still, Track};
use rustc_hash::FxHashMap;

use crate::limits;

/// The addresses of two tracks. None is used again while an [`Edge`] holds on to its track's place in memory.
type Pair = (usize, usize);

/// What is known of the ways from slide to slide.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    known: FxHashMap<Pair, Edge>,
    /// Oldest first.
    order: VecDeque<Pair>,
    /// Of all pictures in `known`.
    octets: usize,
}

#[derive(Debug)]
struct Edge {
    /// `None` when there is no way but the key picture.
    picture: Option<Bytes>,
    /// They keep the addresses, not the tracks.
    _tracks: [Weak<Track>; 2],
}

impl Edges {
    /// The picture with which whoever shows `shown` exactly shows `next` exactly; `None` when the codec has none.
    pub(crate) fn between(&mut self, shown: &Arc<Track>, next: &Arc<Track>) -> Option<Bytes> {
        if !shown.shared || !next.shared {
            return edge(shown, next);
        }
        let pair = (Arc::as_ptr(shown).addr(), Arc::as_ptr(next).addr());
        if let Some(known) = self.known.get(&pair) {
            return known.picture.clone();
        }
        let picture = edge(shown, next);
        self.keep(pair, Edge { picture: picture.clone(), _tracks: [shown, next].map(Arc::downgrade) });
        picture
    }

    fn keep(&mut self, pair: Pair, edge: Edge) {
        let len = edge.len();
        while self.order.len() >= limits::EDGES_MAX || self.octets + len > limits::EDGES_LEN_MAX {
            let Some(oldest) = self.order.pop_front() else { return };
            self.octets -= self.known.remove(&oldest).map_or(0, |edge| edge.len());
        }
        self.octets += len;
        self.order.push_back(pair);
        self.known.insert(pair, edge);
    }
}

impl Edge {
    fn len(&self) -> usize {
        self.picture.as_ref().map_or(0, Bytes::len)
    }
}

fn edge(shown: &Track, next: &Track) -> Option<Bytes> {
    let still = |track: &Track| Still::parse(track.frames.first().filter(|key| key.keyframe)?);
    still(next)?.edge_from(&still(shown)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use media::{Codec, Format, Frame, VideoFormat};

    use super::*;

    /// A grey QCIF picture of H.263, whose first block is as light as `light` says.
    fn slide(light: u8, shared: bool) -> Arc<Track> {
        let mut bits = String::from("0000000000000000100000 00000000 10000 010 00000 01100 00");
        for macroblock in 0..99 {
            let first = if macroblock == 0 { light } else { 64 };
            bits.push_str(&format!("1 0011 {first:08b}"));
            (1..6).for_each(|_| bits.push_str("01000000"));
        }
        bits.retain(|bit| bit != ' ');
        let octet = |chunk: &[u8]| {
            chunk.iter().enumerate().fold(0, |octet, (at, bit)| octet | (bit - b'0') << (7 - at))
        };
        let data: Bytes = bits.as_bytes().chunks(8).map(octet).collect();
        let format = Format::Video(VideoFormat::circuit(Codec::H263));
        let second = Duration::from_secs(1);
        let key = Frame::new(Codec::H263, Duration::ZERO, second, true, data);
        Arc::new(Track { shared, ..Track::new(format, [key].into(), second) })
    }

    #[test]
    fn an_edge_is_computed_once_for_all() {
        let mut edges = Edges::default();
        let (one, other) = (slide(20, true), slide(90, true));
        let first = edges.between(&one, &other).expect("alike");
        let again = edges.between(&one, &other).expect("alike");
        assert!(first.len() < 40 && std::ptr::eq(&*first, &*again), "the same octets in the same place");
        let back = edges.between(&other, &one).expect("alike");
        assert_ne!(first, back);
        assert_eq!((edges.known.len(), edges.octets), (2, first.len() + back.len()));
    }

    #[test]
    fn slides_of_one_call_leave_nothing_behind() {
        let mut edges = Edges::default();
        let shared = slide(20, true);
        for light in 30..130 {
            let own = slide(light, false);
            assert!(edges.between(&shared, &own).is_some() && edges.between(&own, &shared).is_some());
        }
        assert_eq!((edges.known.len(), edges.octets), (0, 0));
    }

    #[test]
    fn what_is_too_much_is_forgotten_oldest_first() {
        let mut edges = Edges::default();
        let slides: Vec<_> = (0..70).map(|light| slide(light + 1, true)).collect();
        for (from, to) in slides.iter().flat_map(|from| slides.iter().map(move |to| (from, to))) {
            edges.between(from, to);
        }
        assert_eq!((edges.known.len(), edges.order.len()), (limits::EDGES_MAX, limits::EDGES_MAX));
        let left: usize = edges.known.values().map(Edge::len).sum();
        assert_eq!(edges.octets, left);
        let first = (Arc::as_ptr(&slides[0]).addr(), Arc::as_ptr(&slides[1]).addr());
        assert!(!edges.known.contains_key(&first));
    }
}
