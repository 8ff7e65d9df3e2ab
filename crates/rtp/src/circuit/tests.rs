//! Circuits in virtual time, against a far end with a clock of its own.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use media::{Kind, Now};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::clock::testing::start;
use crate::packet::{Header, Packet};
use crate::{Feedback, H264Mode, SendFormat, Sound};

const THEIRS: u32 = 0x2222_2222;

fn at(time: Duration) -> Now {
    Now { mono: start(), wall: Duration::from_secs(1_700_000_000) }.plus(time)
}

fn ms(count: u64) -> Now {
    at(Duration::from_millis(count))
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

fn config(packet_ms: u64) -> Config {
    let mode = H264Mode::NonInterleaved;
    Config {
        ssrc: Some(7),
        cname: "us@vireo".into(),
        kind: Kind::Audio,
        send: SendFormat { pt: 125, codec: Codec::Clearmode, mode },
        receive: vec![(125, Codec::Clearmode, mode)],
        sound: Sound { packet: Duration::from_millis(packet_ms), ..Sound::default() },
        dtmf_send: Some(101),
        dtmf_receive: vec![101],
        noise_send: None,
        noise_receive: None,
        remote_rtp: address(4000),
        remote_rtcp: address(4001),
        rtcp_mux: false,
        feedback: Feedback::default(),
        mtu: 1_200,
        seed: 7,
    }
}

fn packet(sequence: u16, timestamp: u32, payload: Vec<u8>) -> Bytes {
    let header = Header { marker: false, payload_type: 125, sequence, timestamp, ssrc: THEIRS };
    Packet { header, csrc: Bytes::new(), extension: None, payload: payload.into() }.to_bytes()
}

fn arrive(circuit: &mut Circuit, now: Now, data: Bytes) {
    circuit.handle_input(now, Input::Rtp { from: address(4000), data });
}

fn drain(circuit: &mut Circuit) -> Vec<Output> {
    std::iter::from_fn(|| match circuit.poll_output() {
        Output::Timeout(_) => None,
        output => Some(output),
    })
    .collect()
}

fn events(circuit: &mut Circuit) -> Vec<Event> {
    let events = drain(circuit).into_iter().filter_map(|output| match output {
        Output::Event(Event::Latched { .. }) => None,
        Output::Event(event) => Some(event),
        Output::Rtp { .. } | Output::Rtcp { .. } | Output::Timeout(_) => None,
    });
    events.collect()
}

/// Sends all that is due, octets counting up; answers the packets.
fn send_due(circuit: &mut Circuit, now: Now) -> Vec<Packet> {
    while let Some(octets) = circuit.octets_due(now) {
        circuit.send(now, vec![5; octets].into());
    }
    let packets = drain(circuit).into_iter().filter_map(|output| match output {
        Output::Rtp { data, .. } => Some(Packet::parse(&data).expect("our own packet")),
        Output::Rtcp { .. } | Output::Event(_) | Output::Timeout(_) => None,
    });
    packets.collect()
}

#[test]
fn what_comes_is_octets_in_order_and_erasures() {
    let mut circuit = Circuit::new(config(20));
    for (time, number) in [(0, 0u16), (40, 2), (41, 1), (60, 3), (61, 3), (100, 5)] {
        arrive(&mut circuit, ms(time), packet(number, u32::from(number) * 160, vec![number as u8; 160]));
    }
    let octets = |number: u8| Event::Octets(vec![number; 160].into());
    assert_eq!(events(&mut circuit), [octets(0), octets(1), octets(2), octets(3)]);
    let Output::Timeout(Some(due)) = circuit.poll_output() else { panic!("packet 5 waits") };
    assert_eq!(due, ms(160).mono, "for {:?}", limits::REORDER_HOLD);
    circuit.handle_input(ms(160), Input::Timeout);
    assert_eq!(events(&mut circuit), [Event::Lost { octets: 160 }, octets(5)]);
    let counted = circuit.statistics();
    assert_eq!((counted.octets, counted.octets_lost, counted.restarts), (800, 160, 0));
    assert_eq!((counted.session.late, counted.session.lost), (1, 0), "a repetition and a loss");
}

#[test]
fn another_source_and_a_jump_begin_the_line_anew() {
    let mut circuit = Circuit::new(config(20));
    arrive(&mut circuit, ms(0), packet(0, 0, vec![1; 160]));
    arrive(&mut circuit, ms(20), packet(1, 160 + 16_001, vec![2; 160]));
    assert_eq!(
        events(&mut circuit),
        [Event::Octets(vec![1; 160].into()), Event::Restarted, Event::Octets(vec![2; 160].into())]
    );
    for number in [9_000u16, 9_001] {
        let header =
            Header { marker: false, payload_type: 125, sequence: number, timestamp: 5, ssrc: 0x3333 };
        let one = Packet { header, csrc: Bytes::new(), extension: None, payload: vec![3; 80].into() };
        arrive(&mut circuit, ms(40), one.to_bytes());
    }
    let seen = events(&mut circuit);
    assert_eq!(seen[..2], [Event::Restarted, Event::Octets(vec![3; 80].into())]);
    assert_eq!(circuit.statistics().restarts, 2);
}

#[test]
fn packets_of_every_time_are_sent_without_a_gap() {
    for (packet_ms, octets) in [(5, 40), (10, 80), (20, 160)] {
        let mut circuit = Circuit::new(config(packet_ms));
        assert_eq!((circuit.due(), circuit.octets_due(ms(50))), (None, None), "not started");
        circuit.start(ms(100));
        let mut sent = Vec::new();
        for time in 100..1_100 {
            sent.extend(send_due(&mut circuit, ms(time)));
        }
        assert_eq!(sent.len(), 1_000 / packet_ms as usize);
        assert!(sent.iter().all(|one| one.payload.len() == octets && !one.header.marker));
        for two in sent.windows(2) {
            assert_eq!(two[1].header.sequence, two[0].header.sequence.wrapping_add(1));
            assert_eq!(two[1].header.timestamp, two[0].header.timestamp.wrapping_add(octets as u32));
        }
    }
}

#[test]
fn a_change_of_packet_time_keeps_the_line() {
    let mut circuit = Circuit::new(config(20));
    circuit.start(ms(0));
    let mut sent = send_due(&mut circuit, ms(100));
    circuit.reconfigure(ms(101), config(5));
    sent.extend(send_due(&mut circuit, ms(200)));
    let line: Vec<_> = sent
        .windows(2)
        .map(|two| (&two[0], &two[1]))
        .map(|(a, b)| (a.payload.len() as u32, b.header.timestamp.wrapping_sub(a.header.timestamp)))
        .collect();
    assert!(line.iter().all(|(len, step)| len == step));
    assert_eq!(sent.last().map(|one| one.payload.len()), Some(40));
}

#[test]
fn what_is_overdue_is_left_out_but_the_line_is_not_broken() {
    let mut circuit = Circuit::new(config(20));
    circuit.start(ms(0));
    let before = send_due(&mut circuit, ms(0));
    let after = send_due(&mut circuit, ms(1_000));
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!(after[0].header.timestamp, before[0].header.timestamp.wrapping_add(160));
    assert_eq!(circuit.statistics().octets_skipped, 49 * 160);
    assert_eq!(circuit.due(), Some(ms(1_020).mono));
    assert_eq!(send_due(&mut circuit, ms(1_180)).len(), 9, "a short stall is made up for");
}

#[test]
fn keys_come_by_event_but_none_is_sent_and_goodbye_ends_all() {
    let mut circuit = Circuit::new(config(20));
    arrive(&mut circuit, ms(0), packet(0, 0, vec![1; 160]));
    let header = Header { marker: true, payload_type: 101, sequence: 1, timestamp: 160, ssrc: THEIRS };
    let payload = Bytes::from_static(&[5, 10, 0, 160]);
    arrive(&mut circuit, ms(20), Packet { header, csrc: Bytes::new(), extension: None, payload }.to_bytes());
    arrive(&mut circuit, ms(21), packet(2, 160, vec![2; 160]));
    let seen = events(&mut circuit);
    assert!(matches!(seen[1], Event::Digit(digit) if digit.as_char() == '5'));
    assert_eq!(seen[2], Event::Octets(vec![2; 160].into()), "the line has no hole");
    circuit.start(ms(30));
    send_due(&mut circuit, ms(30));
    circuit.goodbye(ms(40));
    assert!(drain(&mut circuit).iter().any(|output| matches!(output, Output::Rtcp { .. })));
    circuit.handle_input(ms(500), Input::Timeout);
    assert!(matches!(drain(&mut circuit)[..], [Output::Event(Event::DigitEnd { .. })]));
    assert_eq!((circuit.octets_due(ms(500)), circuit.poll_output()), (None, Output::Timeout(None)));
}

/// A TDM gateway: its clock is off, it plays what we send at its rate from a buffer, and its packets and
/// ours are late by a random delay.
struct Gateway {
    ppm: f64,
    jitter_ms: f64,
    random: StdRng,
}

/// The least and the most that the gateway's buffer held, in ms, after the loop had settled.
fn buffer(gateway: &mut Gateway, seconds: u64, silence: std::ops::Range<u64>) -> (f64, f64, i32) {
    let mut circuit = Circuit::new(config(20));
    circuit.start(ms(0));
    let tick = Duration::from_secs_f64(0.020 / (1.0 + gateway.ppm * 1e-6));
    let (mut least, mut most) = (f64::MAX, f64::MIN);
    let mut sent = 0u64;
    // Everything that happens, by time: packets of the gateway, one each of its ticks.
    let mut coming: Vec<(Duration, u32)> = Vec::new();
    for number in 0..(seconds as f64 / 0.020) as u32 {
        let left = tick.mul_f64(f64::from(number));
        let late = Duration::from_secs_f64(gateway.random.random_range(0.0..=gateway.jitter_ms) / 1e3);
        coming.push((left + Duration::from_millis(30) + late, number));
    }
    coming.sort();
    for (time, number) in coming {
        if !silence.contains(&time.as_secs()) {
            arrive(&mut circuit, at(time), packet(number as u16, number * 160, vec![1; 160]));
        }
        // The shell wakes up when something is due.
        while let Some(due) = circuit.due().filter(|due| *due <= at(time).mono) {
            let now = at(due - start());
            sent += circuit.octets_due(now).map_or(0, |octets| octets as u64);
            circuit.send(now, vec![5; 160].into());
            let played = (due - start()).as_secs_f64() * 8_000.0 * (1.0 + gateway.ppm * 1e-6);
            if due - start() > Duration::from_secs(60) {
                let held = (sent as f64 - played) / 8.0;
                (least, most) = (least.min(held), most.max(held));
            }
        }
        drain(&mut circuit);
    }
    (least, most, circuit.statistics().rate_ppm)
}

#[test]
fn no_slip_in_ten_minutes_of_a_drifting_clock() {
    for (ppm, jitter_ms) in [(0.0, 5.0), (-50.0, 20.0), (-180.0, 5.0), (180.0, 30.0)] {
        let mut gateway = Gateway { ppm, jitter_ms, random: StdRng::seed_from_u64(11) };
        let (least, most, rate_ppm) = buffer(&mut gateway, 600, 0..0);
        println!("{ppm} ppm, {jitter_ms} ms: {least:.2}..{most:.2} ms, learnt {rate_ppm} ppm");
        assert!(most - least < 5.0, "{ppm} ppm: the buffer moved from {least} to {most} ms");
        assert!((f64::from(rate_ppm) - ppm).abs() < 25.0, "{rate_ppm} instead of {ppm} ppm");
    }
}

#[test]
fn the_rate_is_kept_while_nothing_comes() {
    let mut gateway = Gateway { ppm: 100.0, jitter_ms: 3.0, random: StdRng::seed_from_u64(5) };
    let (least, most, _) = buffer(&mut gateway, 420, 240..360);
    println!("{least:.2}..{most:.2} ms");
    assert!(most - least < 5.0, "without it the buffer would lose 12 ms: {least}..{most}");
}

#[test]
fn the_rate_never_leaves_its_bounds() {
    let mut gateway = Gateway { ppm: 2_000.0, jitter_ms: 0.0, random: StdRng::seed_from_u64(5) };
    let (_, _, rate_ppm) = buffer(&mut gateway, 120, 0..0);
    assert!(rate_ppm <= 200, "{rate_ppm}");
    let mut circuit = Circuit::new(config(20));
    circuit.start(ms(0));
    let mut last = circuit.due();
    for number in 0..30_000u32 {
        // A far end that is wild: hours ahead, then hours behind.
        let timestamp = if number % 3_000 < 1_500 { number * 160 } else { number * 161 };
        arrive(&mut circuit, ms(u64::from(number) * 20), packet(number as u16, timestamp, vec![1; 160]));
        while circuit.octets_due(ms(u64::from(number) * 20)).is_some() {
            circuit.send(ms(u64::from(number) * 20), vec![5; 160].into());
            let due = circuit.due();
            let step =
                due.zip(last).map_or(0.02, |(due, last)| due.saturating_duration_since(last).as_secs_f64());
            // A measurement bends the line at once, by what the second before was off.
            assert!((step - 0.02).abs() < 0.0006, "{step}");
            last = due;
        }
        drain(&mut circuit);
    }
}

#[test]
fn a_step_of_the_delay_is_not_followed() {
    let mut circuit = Circuit::new(config(20));
    circuit.start(ms(0));
    for number in 0..6_000u64 {
        let delay = if number > 2_000 { 80 } else { 20 };
        arrive(
            &mut circuit,
            ms(number * 20 + delay),
            packet(number as u16, number as u32 * 160, vec![1; 160]),
        );
        send_due(&mut circuit, ms(number * 20 + delay));
    }
    assert_eq!(circuit.statistics().rate_ppm, 0);
    assert!(
        circuit
            .due()
            .is_some_and(|due| due.saturating_duration_since(ms(120_000).mono) < Duration::from_millis(85))
    );
}

proptest! {
    #[test]
    fn the_octet_count_is_exact_under_loss_reordering_and_repetition(
        first: u16, origin: u32,
        packets in proptest::collection::vec((0u8..20, 0u64..55, 1usize..6), 40..200),
    ) {
        // Each packet: fate (lost, repeated), delay, size in units of 40 octets.
        let mut link = Vec::new();
        let (mut sequence, mut timestamp, mut time) = (first, origin, 0u64);
        let mut line = Vec::new();
        for (index, (fate, delay, units)) in packets.iter().enumerate() {
            let octets: Vec<u8> = (0..units * 40).map(|octet| (line.len() + octet) as u8 | 1).collect();
            let data = packet(sequence, timestamp, octets.clone());
            let ends = index == 0 || index + 1 == packets.len();
            let delay = if index == 0 { 0 } else { *delay };
            if *fate > 1 || ends {
                link.push((time + delay, data.clone()));
            }
            if *fate == 2 {
                link.push((time + delay + 3, data));
            }
            line.extend(octets);
            sequence = sequence.wrapping_add(1);
            timestamp = timestamp.wrapping_add(*units as u32 * 40);
            time += *units as u64 * 5;
        }
        link.sort_by_key(|(time, _)| *time);
        let mut circuit = Circuit::new(config(20));
        for (time, data) in link {
            circuit.handle_input(ms(time), Input::Timeout);
            arrive(&mut circuit, ms(time), data);
        }
        circuit.handle_input(ms(time + 1_000), Input::Timeout);
        let mut stood = 0;
        for event in events(&mut circuit) {
            match event {
                Event::Octets(octets) => {
                    prop_assert_eq!(&octets[..], &line[stood..stood + octets.len()]);
                    stood += octets.len();
                }
                Event::Lost { octets } => stood += octets,
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert_eq!(stood, line.len());
        let counted = circuit.statistics();
        prop_assert_eq!((counted.octets + counted.octets_lost) as usize, line.len());
    }

    #[test]
    fn arbitrary_datagrams_never_panic(
        datagrams in proptest::collection::vec(
            (0u8..4, 0u64..400, any::<u16>(), any::<u32>(), proptest::collection::vec(any::<u8>(), 0..60)), 0..60),
    ) {
        let mut circuit = Circuit::new(config(5));
        circuit.start(ms(0));
        let mut time = 0;
        for (kind, wait, sequence, timestamp, octets) in datagrams {
            time += wait;
            match kind {
                0 => arrive(&mut circuit, ms(time), octets.into()),
                1 => circuit.handle_input(ms(time), Input::Rtcp { from: address(4001), data: octets.into() }),
                2 => arrive(&mut circuit, ms(time), packet(sequence, timestamp, octets)),
                _ => arrive(&mut circuit, ms(time), packet(time as u16 / 9, time as u32 * 8, octets)),
            }
            send_due(&mut circuit, ms(time));
        }
        circuit.handle_input(ms(time + 100_000), Input::Timeout);
    }
}
