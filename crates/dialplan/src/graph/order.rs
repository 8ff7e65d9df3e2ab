//! Who stands beside whom in a layer: sweeps by barycentre, the arrangement with the fewest crossings kept, and then
//! neighbours exchanged while that helps.

use super::layout::Piece;

/// Sweeps down and up.
const SWEEPS: usize = 24;
/// Rounds of exchanging neighbours.
const EXCHANGES: usize = 8;
/// A layer with more pieces is only swept.
const EXCHANGED_MAX: usize = 120;

/// Each piece's neighbours above and below.
struct Near {
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
}

/// The pieces of each layer from left to right.
pub(super) fn order(pieces: &[Piece], joints: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut near = Near { above: vec![Vec::new(); pieces.len()], below: vec![Vec::new(); pieces.len()] };
    for (upper, lower) in joints {
        near.above[*lower].push(*upper);
        near.below[*upper].push(*lower);
    }
    let count = pieces.iter().map(|piece| piece.layer + 1).max().unwrap_or(0);
    let mut layers = vec![Vec::new(); count];
    for (at, piece) in pieces.iter().enumerate() {
        layers[piece.layer].push(at);
    }
    let (mut best, mut fewest) = (layers.clone(), usize::MAX);
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let mut places = places(&layers, pieces.len());
        for step in 0..count {
            let layer = &mut layers[if down { step } else { count - 1 - step }];
            let others = if down { &near.above } else { &near.below };
            let mean = |piece: usize| {
                let all = &others[piece];
                let sum: f64 = all.iter().map(|other| places[*other]).sum();
                let mean = if all.is_empty() { places[piece] } else { sum / all.len() as f64 };
                match pieces[piece].source {
                    // A label stays with its box; where its way leads only decides among labels.
                    Some(source) => places[source] + mean / 1e3,
                    None => mean,
                }
            };
            let mut keyed: Vec<(f64, usize)> = layer.iter().map(|piece| (mean(*piece), *piece)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            *layer = keyed.into_iter().map(|(_, piece)| piece).collect();
            settle(layer, &mut places);
        }
        let crossings = all_crossings(&layers, &near, pieces.len());
        if crossings < fewest {
            (best, fewest) = (layers.clone(), crossings);
        }
    }
    exchange(&mut best, &near, pieces.len());
    best
}

/// Where each piece stands in its layer, from 0 to 1, so that layers of any length compare.
fn places(layers: &[Vec<usize>], count: usize) -> Vec<f64> {
    let mut places = vec![0.0; count];
    for layer in layers {
        settle(layer, &mut places);
    }
    places
}

fn settle(layer: &[usize], places: &mut [f64]) {
    for (at, piece) in layer.iter().enumerate() {
        places[*piece] = (at as f64 + 0.5) / layer.len() as f64;
    }
}

fn all_crossings(layers: &[Vec<usize>], near: &Near, count: usize) -> usize {
    let places = places(layers, count);
    layers.iter().map(|layer| crossings(layer, near, &places)).sum()
}

/// Crossings of the lines between a layer and the one below: pairs in the wrong order, counted by merging.
fn crossings(layer: &[usize], near: &Near, places: &[f64]) -> usize {
    let mut ends = Vec::new();
    for piece in layer {
        let mut below: Vec<f64> = near.below[*piece].iter().map(|other| places[*other]).collect();
        below.sort_by(f64::total_cmp);
        ends.extend(below);
    }
    inversions(&mut ends)
}

fn inversions(ends: &mut Vec<f64>) -> usize {
    if ends.len() < 2 {
        return 0;
    }
    let mut right = ends.split_off(ends.len() / 2);
    let mut count = inversions(ends) + inversions(&mut right);
    let left = std::mem::take(ends);
    let (mut a, mut b) = (0, 0);
    while a < left.len() || b < right.len() {
        if b == right.len() || (a < left.len() && left[a] <= right[b]) {
            ends.push(left[a]);
            a += 1;
        } else {
            count += left.len() - a;
            ends.push(right[b]);
            b += 1;
        }
    }
    count
}

fn exchange(layers: &mut [Vec<usize>], near: &Near, count: usize) {
    let mut places = places(layers, count);
    for _ in 0..EXCHANGES {
        let mut better = false;
        for layer in layers.iter_mut().filter(|layer| layer.len() <= EXCHANGED_MAX) {
            for at in 1..layer.len() {
                let (a, b) = (layer[at - 1], layer[at]);
                if between(a, b, near, &places) > between(b, a, near, &places) {
                    layer.swap(at - 1, at);
                    settle(layer, &mut places);
                    better = true;
                }
            }
        }
        if !better {
            return;
        }
    }
}

/// Crossings of the lines of two neighbours when `left` stands left.
fn between(left: usize, right: usize, near: &Near, places: &[f64]) -> usize {
    let side = |all: &[Vec<usize>]| {
        let pairs = all[left].iter().flat_map(|a| all[right].iter().map(move |b| (a, b)));
        pairs.filter(|(a, b)| places[**a] > places[**b]).count()
    };
    side(&near.above) + side(&near.below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_are_pairs_in_the_wrong_order() {
        assert_eq!(inversions(&mut vec![1.0, 2.0, 3.0]), 0);
        assert_eq!(inversions(&mut vec![3.0, 2.0, 1.0]), 3);
        assert_eq!(inversions(&mut vec![2.0, 2.0, 1.0]), 2);
    }
}
