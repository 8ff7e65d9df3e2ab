//! What the links do to datagrams.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use netsim::{Link, Network, Step};

const SENT: u16 = 2_000;
const SPACING: Duration = Duration::from_millis(20);

fn base() -> Instant {
    #[allow(clippy::disallowed_methods)] // what virtual time is counted from
    Instant::now()
}

fn addresses() -> (SocketAddr, SocketAddr) {
    (SocketAddr::from(([192, 0, 2, 1], 4_000)), SocketAddr::from(([192, 0, 2, 2], 4_000)))
}

/// Numbers and times of arrival of a stream of numbered datagrams, one each 20 ms.
fn stream(link: Link, seed: u64) -> (Vec<(u16, Duration)>, Network) {
    let (a, b) = addresses();
    let start = base();
    let mut network = Network::new(start, seed);
    network.set_default_link(link);
    let (mut arrived, mut sent) = (Vec::new(), 0);
    loop {
        let timer = (sent < SENT).then(|| start + SPACING * u32::from(sent));
        match network.step(timer) {
            Some(Step::Timer) => {
                network.send(a, b, Bytes::copy_from_slice(&sent.to_be_bytes()));
                sent += 1;
            }
            Some(Step::Deliver(datagram)) => {
                assert_eq!((datagram.from, datagram.to), (a, b));
                let number = [datagram.data[0], datagram.data[1]];
                arrived.push((u16::from_be_bytes(number), network.elapsed()));
            }
            None => return (arrived, network),
        }
    }
}

#[test]
fn a_perfect_link_delivers_everything_in_order_after_its_delay() {
    let (arrived, network) = stream(Link::perfect().with_delay(Duration::from_millis(50)), 1);
    assert_eq!(arrived.len(), usize::from(SENT));
    for (index, (number, at)) in (0u16..).zip(arrived) {
        assert_eq!((number, at), (index, SPACING * u32::from(index) + Duration::from_millis(50)));
    }
    assert_eq!(network.counts().delivered, u64::from(SENT));
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let link = Link::lossy(0.1);
    assert_eq!(stream(link, 5).0, stream(link, 5).0);
    assert_ne!(stream(link, 5).0, stream(link, 6).0);
}

#[test]
fn loss_is_near_its_probability_and_is_counted() {
    for (loss, range) in [(0.0, 0..=0), (0.1, 140..=260), (1.0, 2_000..=2_000)] {
        let (arrived, network) = stream(Link { loss, ..Link::perfect() }, 3);
        let lost = u64::from(SENT) - arrived.len() as u64;
        assert!(range.contains(&lost), "{lost} of {SENT} lost at {loss}");
        assert_eq!(network.counts().lost, lost);
    }
}

#[test]
fn jitter_varies_the_delay_but_keeps_the_order() {
    let jitter = Duration::from_millis(100);
    let (arrived, _) = stream(Link { jitter, ..Link::perfect() }, 4);
    assert!(arrived.is_sorted(), "overtaken");
    let delays: Vec<_> = arrived.iter().map(|&(number, at)| at - SPACING * u32::from(number)).collect();
    let (least, most) = (delays.iter().min().expect("arrivals"), delays.iter().max().expect("arrivals"));
    assert!(*least < Duration::from_millis(40) && *most > Duration::from_millis(60), "{least:?}..{most:?}");
    assert!(*most <= jitter + Duration::from_millis(1));
}

#[test]
fn reordering_lets_later_ones_overtake() {
    let link = Link { reorder: 0.05, reorder_by: Duration::from_millis(45), ..Link::perfect() };
    let (arrived, network) = stream(link, 8);
    let overtaken = arrived.windows(2).filter(|pair| pair[0].0 > pair[1].0).count();
    assert!((50..=150).contains(&overtaken), "{overtaken}");
    assert_eq!(arrived.len(), usize::from(SENT));
    assert!(network.counts().reordered >= overtaken as u64);
}

#[test]
fn duplicates_come_beside_the_originals() {
    let (arrived, network) = stream(Link { duplicate: 0.05, ..Link::perfect() }, 9);
    let mut numbers: Vec<u16> = arrived.iter().map(|&(number, _)| number).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), usize::from(SENT));
    let duplicated = arrived.len() as u64 - u64::from(SENT);
    assert!((60..=140).contains(&duplicated), "{duplicated}");
    assert_eq!(network.counts().duplicated, duplicated);
}

#[test]
fn a_link_of_its_own_holds_for_one_direction() {
    let (a, b) = addresses();
    let mut network = Network::new(base(), 1);
    network.set_link(a.ip(), b.ip(), Link::dead());
    network.send(a, b, Bytes::from_static(b"lost"));
    network.send(b, a, Bytes::from_static(b"kept"));
    assert!(matches!(network.step(None), Some(Step::Deliver(datagram)) if datagram.from == b));
    assert_eq!(network.step(None), None);
}

#[test]
fn a_timer_in_the_past_is_due_at_once_and_turns_nothing_back() {
    let (a, b) = addresses();
    let start = base();
    let mut network = Network::new(start, 1);
    network.send(a, b, Bytes::from_static(b"x"));
    network.advance(Duration::from_secs(5));
    assert_eq!(network.step(Some(start + Duration::from_secs(1))), Some(Step::Timer));
    assert_eq!(network.elapsed(), Duration::from_secs(5));
    assert!(matches!(network.step(None), Some(Step::Deliver(_))), "late, not lost");
    assert_eq!(network.elapsed(), Duration::from_secs(5));
}
