//! Where boxes, labels and lines lie: a layered layout after Sugiyama, Tagawa and Toda (1981).
//!
//! Ranks are counted from the start; a way that leads back up is turned around for the layout alone. Between two ranks of
//! boxes lies one of labels, and whatever passes a rank has a place of its own in it, so nothing can run over a box or a
//! label. Ways to the same node share one line from the rank behind their labels on: a hotline has `0` for an agent in
//! every menu. Start at [`layout`].

use std::collections::{BTreeMap, VecDeque};

use super::gather::LABEL_H;
use super::{Place, order};

/// Between the outer boxes and the edge of the picture.
const MARGIN: f64 = 16.0;
/// Between two ranks, for lines to bend in.
const GAP: f64 = 28.0;
/// Between neighbours in a rank.
const SEPARATION: f64 = 14.0;
/// What a passing line takes.
const LINE_W: f64 = 4.0;
/// Between two lines where they meet a box.
const PORT: f64 = 12.0;
/// What a loop at a box takes beside it, its label aside.
const LOOP_W: f64 = 18.0;
/// How much a passing line wants to be straight, where 1 is what a label wants to be near its box.
const STRAIGHT: f64 = 40.0;
/// Rounds of moving things to where their neighbours are.
const ROUNDS: usize = 60;

/// What is to be laid out.
pub(super) struct Request {
    /// Width and height of each box.
    pub(super) nodes: Vec<(f64, f64)>,
    pub(super) links: Vec<Link>,
    /// The box that comes first.
    pub(super) start: usize,
}

/// A way from box to box; at most one for each pair.
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Of its label.
    pub(super) size: (f64, f64),
}

/// Where everything lies, in the order of the [`Request`].
pub(super) struct Drawn {
    pub(super) size: (f64, f64),
    /// With the rank.
    pub(super) nodes: Vec<(Place, usize)>,
    /// The label's place, and the line as [`super::Edge::points`] has it.
    pub(super) edges: Vec<(Place, Vec<(f64, f64)>)>,
}

/// Something with a place of its own in a layer.
pub(super) struct Piece {
    pub(super) layer: usize,
    w: f64,
    h: f64,
    /// Part of a line that passes, which wants to be straight.
    line: Option<usize>,
    /// The box that it is the label of a way out of; it wants to stay there.
    pub(super) source: Option<usize>,
}

/// Everything that has a place, and what hangs together.
#[derive(Default)]
struct Net {
    pieces: Vec<Piece>,
    /// Upper and lower end, in neighbouring layers, once each.
    joints: Vec<(usize, usize)>,
    /// How many lines there can be: two for each box, from above and from below.
    lines: usize,
    /// For each link the pieces from one end to the other; empty for a loop.
    chains: Vec<Vec<usize>>,
}

/// Lays out a graph; none when it takes more than `pieces_max` places.
pub(super) fn layout(request: &Request, pieces_max: usize) -> Option<Drawn> {
    let ranks = ranks(request);
    let net = net(request, &ranks, pieces_max)?;
    let layers = order::order(&net.pieces, &net.joints);
    let middles = middles(&net, &layers);
    Some(draw(request, &ranks, &net, &layers, &middles))
}

/// The rank of each box: below all that lead there, ways back up aside.
fn ranks(request: &Request) -> Vec<usize> {
    let count = request.nodes.len();
    let line = line_up(request);
    let mut place = vec![0; count];
    for (at, node) in line.iter().enumerate() {
        place[*node] = at;
    }
    let mut after = vec![Vec::new(); count];
    for link in request.links.iter().filter(|link| link.from != link.to) {
        let down = place[link.from] < place[link.to];
        let (upper, lower) = if down { (link.from, link.to) } else { (link.to, link.from) };
        after[upper].push(lower);
    }
    let mut ranks = vec![0; count];
    for upper in line {
        for lower in &after[upper] {
            ranks[*lower] = ranks[*lower].max(ranks[upper] + 1);
        }
    }
    ranks
}

/// All boxes in one line, so that few ways lead back: what leads nowhere more comes last, else whoever leads to most
/// and is led to by fewest comes next (Eades, Lin and Smyth 1993). Agents and goodbyes end up at the bottom.
fn line_up(request: &Request) -> Vec<usize> {
    let count = request.nodes.len();
    let (mut out, mut into) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for link in request.links.iter().filter(|link| link.from != link.to) {
        out[link.from].push(link.to);
        into[link.to].push(link.from);
    }
    let far = distances(&out, request.start);
    let mut left: Vec<usize> = (0..count).collect();
    left.sort_by_key(|node| far[*node]);
    let (mut degrees, mut first, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for node in 0..count {
        degrees.push((out[node].len(), into[node].len()));
    }
    while !left.is_empty() {
        let sink = left.iter().position(|node| degrees[*node].0 == 0 && *node != request.start);
        let next = || {
            let lead = |at: &usize| {
                let (out, into) = degrees[left[*at]];
                (left[*at] == request.start, into == 0, out as isize - into as isize, std::cmp::Reverse(*at))
            };
            (0..left.len()).max_by_key(lead)
        };
        let Some(at) = sink.or_else(next) else { break };
        let node = left.remove(at);
        if sink.is_some() {
            last.push(node);
        } else {
            first.push(node);
        }
        out[node].iter().for_each(|other| degrees[*other].1 -= 1);
        into[node].iter().for_each(|other| degrees[*other].0 -= 1);
    }
    first.into_iter().chain(last.into_iter().rev()).collect()
}

/// How many ways each box is from the start, and in which order it was found.
fn distances(out: &[Vec<usize>], start: usize) -> Vec<usize> {
    let (mut found, mut queue) = (vec![usize::MAX; out.len()], VecDeque::from([start]));
    let mut count = 0;
    while let Some(node) = queue.pop_front() {
        if found.get(node) == Some(&usize::MAX) {
            found[node] = count;
            count += 1;
            queue.extend(&out[node]);
        }
    }
    found
}

fn net(request: &Request, ranks: &[usize], pieces_max: usize) -> Option<Net> {
    let mut net = Net { lines: 2 * request.nodes.len(), ..Net::default() };
    for (at, (w, h)) in request.nodes.iter().enumerate() {
        let loops = request.links.iter().filter(|link| link.from == at && link.to == at);
        let beside: f64 = loops.map(|link| LOOP_W + link.size.0).sum();
        // The loop lies at the right; as much at the left keeps the box in the middle of its lines.
        net.pieces.push(Piece { layer: 2 * ranks[at], w: w + 2.0 * beside, h: *h, line: None, source: None });
    }
    let mut lines: BTreeMap<(usize, usize, bool), usize> = BTreeMap::new();
    for link in &request.links {
        let (from, to) = (2 * ranks[link.from], 2 * ranks[link.to]);
        if link.from == link.to {
            net.chains.push(Vec::new());
            continue;
        }
        let down = from < to;
        let next = |layer: usize| if down { layer + 1 } else { layer - 1 };
        let mut layer = next(from);
        let mut chain = vec![link.from, net.pieces.len()];
        let (w, h) = link.size;
        net.pieces.push(Piece { layer, w, h, line: None, source: Some(link.from) });
        layer = next(layer);
        while layer != to {
            let line = *lines.entry((link.to, layer, down)).or_insert_with(|| {
                net.pieces.push(Piece {
                    layer,
                    w: LINE_W,
                    h: 0.0,
                    line: Some(2 * link.to + usize::from(down)),
                    source: None,
                });
                net.pieces.len() - 1
            });
            chain.push(line);
            layer = next(layer);
        }
        chain.push(link.to);
        let ends = chain.windows(2).map(|pair| (pair[0], pair[1]));
        net.joints.extend(ends.map(|(a, b)| if down { (a, b) } else { (b, a) }));
        net.chains.push(chain);
        if net.pieces.len() > pieces_max {
            return None;
        }
    }
    net.joints.sort_unstable();
    net.joints.dedup();
    Some(net)
}

/// The middle of each piece: as near to the middle of its neighbours as its place in the layer allows.
fn middles(net: &Net, layers: &[Vec<usize>]) -> Vec<f64> {
    let mut neighbours: Vec<Vec<(usize, f64)>> = (0..net.pieces.len()).map(|_| Vec::new()).collect();
    for (upper, lower) in &net.joints {
        let pull = match (net.pieces[*upper].line, net.pieces[*lower].line) {
            (Some(_), Some(_)) => 8.0,
            (Some(_), None) | (None, Some(_)) => 2.0,
            (None, None) => 1.0,
        };
        let own = net.pieces[*upper].source == Some(*lower) || net.pieces[*lower].source == Some(*upper);
        let pull = if own { 8.0 } else { pull };
        neighbours[*upper].push((*lower, pull));
        neighbours[*lower].push((*upper, pull));
    }
    let apart = |a: usize, b: usize| {
        let boxes = net.pieces[a].h > LABEL_H && net.pieces[b].h > LABEL_H;
        (net.pieces[a].w + net.pieces[b].w) / 2.0 + if boxes { SEPARATION } else { SEPARATION / 2.0 }
    };
    let mut middles = vec![0.0; net.pieces.len()];
    for layer in layers {
        let all: f64 = layer.windows(2).map(|pair| apart(pair[0], pair[1])).sum();
        let mut x = -all / 2.0;
        for (at, piece) in layer.iter().enumerate() {
            middles[*piece] = x;
            x += layer.get(at + 1).map_or(0.0, |next| apart(*piece, *next));
        }
    }
    for round in 0..ROUNDS {
        let forth = round % 2 == 0;
        let straight = straight(net, &middles);
        for step in 0..layers.len() {
            let layer = &layers[if forth { step } else { layers.len() - 1 - step }];
            let wish = |piece: &usize| {
                let all = &neighbours[*piece];
                let line = net.pieces[*piece].line.map(|line| (straight[line], STRAIGHT));
                let pulls = all.iter().map(|(other, pull)| (middles[*other], *pull)).chain(line);
                let (sum, weight) =
                    pulls.fold((0.0, 0.0), |(sum, weight), (x, pull)| (sum + x * pull, weight + pull));
                if weight > 0.0 { (sum / weight, weight) } else { (middles[*piece], 1.0) }
            };
            let wishes: Vec<(f64, f64)> = layer.iter().map(wish).collect();
            let gaps: Vec<f64> = layer.windows(2).map(|pair| apart(pair[0], pair[1])).collect();
            for (piece, x) in layer.iter().zip(spread(&wishes, &gaps)) {
                middles[*piece] = x;
            }
        }
    }
    middles
}

/// Where each passing line is on the whole.
fn straight(net: &Net, middles: &[f64]) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); net.lines];
    for (piece, x) in net.pieces.iter().zip(middles) {
        if let Some(line) = piece.line {
            sums[line] = (sums[line].0 + x, sums[line].1 + 1.0);
        }
    }
    sums.into_iter().map(|(sum, count)| sum / f64::max(count, 1.0)).collect()
}

/// The places in order, each pair at least its gap apart, nearest to the wished ones (place, weight) by weighted
/// squares: an isotonic regression, by pooling neighbours that want to pass each other.
fn spread(wishes: &[(f64, f64)], gaps: &[f64]) -> Vec<f64> {
    let mut offset = 0.0;
    let offsets: Vec<f64> = std::iter::once(0.0)
        .chain(gaps.iter().map(|gap| {
            offset += gap;
            offset
        }))
        .collect();
    // (mean, weight, members)
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for ((wish, weight), offset) in wishes.iter().zip(&offsets) {
        let mut pool = (wish - offset, *weight, 1);
        while let Some(last) = pools.pop_if(|last| last.0 >= pool.0) {
            let weight = last.1 + pool.1;
            pool = ((last.0 * last.1 + pool.0 * pool.1) / weight, weight, last.2 + pool.2);
        }
        pools.push(pool);
    }
    let means = pools.into_iter().flat_map(|(mean, _, members)| std::iter::repeat_n(mean, members));
    means.zip(offsets).map(|(mean, offset)| mean + offset).collect()
}

fn draw(request: &Request, ranks: &[usize], net: &Net, layers: &[Vec<usize>], middles: &[f64]) -> Drawn {
    let edges = |piece: &usize| {
        (middles[*piece] - net.pieces[*piece].w / 2.0, middles[*piece] + net.pieces[*piece].w / 2.0)
    };
    let all = layers.iter().flatten().map(edges);
    let (left, right) = all.fold((f64::MAX, f64::MIN), |(l, r), (a, b)| (l.min(a), r.max(b)));
    let x = |piece: usize| (middles[piece] - left + MARGIN).round();
    let mut y = MARGIN;
    let mut bands = Vec::new();
    for layer in layers {
        let h = layer.iter().map(|piece| net.pieces[*piece].h).fold(0.0, f64::max);
        bands.push((y, y + h));
        y += h + GAP;
    }
    let box_of = |at: usize| {
        let (w, h) = request.nodes[at];
        Place { x: x(at) - (w / 2.0).round(), y: bands[2 * ranks[at]].0, w, h }
    };
    let ports = ports(request, net, &|piece| x(piece));
    let edge = |(link, chain): (&Link, &Vec<usize>)| {
        if chain.is_empty() {
            return round_trip(box_of(link.from), link.size);
        }
        let down = net.pieces[link.from].layer < net.pieces[link.to].layer;
        let turned = |(top, bottom): (f64, f64)| if down { (top, bottom) } else { (bottom, top) };
        let band = |piece: usize| turned(bands[net.pieces[piece].layer]);
        let mut points = vec![(ports[&(link.from, chain[1])], band(link.from).1)];
        for piece in &chain[1..chain.len() - 1] {
            let (near, far) = band(*piece);
            points.extend([(x(*piece), near), (x(*piece), far)]);
        }
        points.push((ports[&(link.to, chain[chain.len() - 2])], band(link.to).0));
        let (w, h) = link.size;
        let (top, bottom) = bands[net.pieces[chain[1]].layer];
        (Place { x: x(chain[1]) - w / 2.0, y: (top + bottom - h) / 2.0, w, h }, points)
    };
    Drawn {
        size: ((right - left + 2.0 * MARGIN).ceil(), (y - GAP + MARGIN).ceil()),
        nodes: (0..request.nodes.len()).map(|at| (box_of(at), ranks[at])).collect(),
        edges: request.links.iter().zip(&net.chains).map(edge).collect(),
    }
}

/// Where the line to each neighbouring piece meets its box: side by side, in the order of the neighbours.
fn ports(request: &Request, net: &Net, x: &dyn Fn(usize) -> f64) -> BTreeMap<(usize, usize), f64> {
    let mut sides: BTreeMap<(usize, bool), Vec<usize>> = BTreeMap::new();
    let count = request.nodes.len();
    for (upper, lower) in &net.joints {
        if *upper < count {
            sides.entry((*upper, true)).or_default().push(*lower);
        }
        if *lower < count {
            sides.entry((*lower, false)).or_default().push(*upper);
        }
    }
    let mut ports = BTreeMap::new();
    for ((node, _), mut others) in sides {
        others.sort_by(|a, b| x(*a).total_cmp(&x(*b)));
        let half = request.nodes[node].0 / 2.0 - 10.0;
        let (left, right) = (x(node) - half, x(node) + half);
        let gap = PORT.min((right - left) / others.len().max(2).saturating_sub(1) as f64);
        let wishes: Vec<(f64, f64)> = others.iter().map(|other| (x(*other), 1.0)).collect();
        let gaps = vec![gap; others.len() - 1];
        for (at, (other, wish)) in others.iter().zip(spread(&wishes, &gaps)).enumerate() {
            let most = right - gap * (others.len() - 1 - at) as f64;
            ports.insert((node, *other), wish.min(most).max(left + gap * at as f64));
        }
    }
    ports
}

/// A way from a box to itself: out of its right side, and back in below.
fn round_trip(place: Place, (w, h): (f64, f64)) -> (Place, Vec<(f64, f64)>) {
    let (right, middle) = (place.x + place.w, place.y + place.h / 2.0);
    let label = Place { x: right + LOOP_W, y: middle - h / 2.0, w, h };
    let out = right + LOOP_W - 4.0;
    (label, vec![(right, middle - 12.0), (out, middle - 12.0), (out, middle + 12.0), (right, middle + 12.0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wants_to_pass_stands_side_by_side() {
        let one = |x| (x, 1.0);
        assert_eq!(spread(&[one(0.0), one(100.0)], &[10.0]), [0.0, 100.0]);
        assert_eq!(spread(&[one(50.0), one(50.0)], &[10.0]), [45.0, 55.0]);
        assert_eq!(spread(&[one(50.0), one(0.0), one(200.0)], &[10.0, 10.0]), [20.0, 30.0, 200.0]);
        assert_eq!(spread(&[(50.0, 3.0), (50.0, 1.0)], &[10.0]), [47.5, 57.5]);
        assert_eq!(spread(&[], &[]), [0.0; 0]);
    }

    #[test]
    fn ways_back_up_do_not_move_their_target_down() {
        let link = |from, to| Link { from, to, size: (10.0, 10.0) };
        let links = vec![link(0, 1), link(1, 2), link(2, 0), link(0, 2), link(2, 2)];
        let request = Request { nodes: vec![(10.0, 10.0); 3], links, start: 0 };
        assert_eq!(ranks(&request), [0, 1, 2]);
    }

    #[test]
    fn too_many_places_are_refused() {
        let link = |from, to| Link { from, to, size: (10.0, 10.0) };
        let links = (0..99).map(|at| link(at, at + 1)).chain((50..100).map(|at| link(at, at - 50))).collect();
        let request = Request { nodes: vec![(10.0, 10.0); 100], links, start: 0 };
        assert!(layout(&request, 200).is_none());
        assert!(layout(&request, 100_000).is_some());
    }
}
