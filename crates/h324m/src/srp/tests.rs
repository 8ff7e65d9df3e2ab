//! The control channel against itself over bad lines, and against peers as they are met (FACTS of the forms:
//! H.324 Annexes A and C).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

#[allow(clippy::disallowed_methods)]
fn base() -> Instant {
    Instant::now()
}

fn from_hex(text: &str) -> Bytes {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Everything a link wants now: frames as text (`15:` in front of those by MC 15), SDUs and the rest.
fn drain(link: &mut Link) -> (Vec<String>, Vec<Bytes>, Vec<Output>) {
    let (mut frames, mut sdus, mut others) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        match link.poll_output() {
            Output::Frame { data, mc15: true } => frames.push(format!("15:{}", hex(&data))),
            Output::Frame { data, mc15: false } => frames.push(hex(&data)),
            Output::Message(sdu) => sdus.push(sdu),
            Output::Timeout(_) => return (frames, sdus, others),
            other => others.push(other),
        }
    }
}

fn nsrp() -> Config {
    Config { wnsrp: false, ..Config::default() }
}

fn level0() -> Config {
    Config { wnsrp: false, ccsrl: false, ..Config::default() }
}

fn command(form: frame::Form, number: u8, information: &[u8]) -> Input {
    let frame = frame::Frame::Command { form, number, information: Bytes::copy_from_slice(information) };
    Input::Sdu { data: frame.to_bytes(), mc: 0 }
}

fn sdu(text: &str) -> Input {
    Input::Sdu { data: from_hex(text), mc: 0 }
}

use frame::Form::{Plain, Windowed};

#[test]
fn the_first_command_goes_in_both_forms() {
    let now = base();
    let mut link = Link::new(Config::default());
    link.handle_input(now, Input::Send(Bytes::from_static(&[0x4a, 0x40])));
    let (frames, ..) = drain(&mut link);
    assert_eq!(frames.len(), 2);
    assert!(frames[0].starts_with("15:f100ff4a40"), "{frames:?}");
    assert!(frames[1].starts_with("f900ff4a40"), "{frames:?}");
    assert!(link.busy() && !link.idle());
}

#[test]
fn answers_are_the_octets_that_everybody_sends() {
    let now = base();
    let mut link = Link::new(Config::default());
    link.handle_input(now, command(Plain, 0, &[0xff, 1]));
    link.handle_input(now, command(Windowed, 0, &[0xff, 1]));
    link.handle_input(now, command(Windowed, 1, &[0xff, 2]));
    let (frames, sdus, others) = drain(&mut link);
    assert_eq!(frames, ["f700473e", "f3002759", "f301ae48"]);
    assert_eq!(sdus, [vec![1], vec![2]]);
    assert_eq!(others, [Output::Mode(Mode::Wnsrp)]);

    let mut link = Link::new(level0());
    link.handle_input(now, command(Plain, 0, &[2, 1]));
    let (frames, sdus, _) = drain(&mut link);
    assert_eq!((frames, sdus), (vec!["fb24b9".to_owned()], vec![Bytes::from_static(&[2, 1])]));
    link.nsrp_supported();
    link.handle_input(now, command(Plain, 0, &[2, 1]));
    assert_eq!(drain(&mut link).0, ["f700473e"]);
}

#[test]
fn a_windowed_answer_or_command_settles_wnsrp() {
    let now = base();
    for proof in [sdu("f3002759"), command(Windowed, 0, &[0xff, 1])] {
        let mut link = Link::new(Config::default());
        link.handle_input(now, Input::Send(Bytes::from_static(&[1])));
        drain(&mut link);
        link.handle_input(now, proof);
        assert_eq!(drain(&mut link).2, [Output::Mode(Mode::Wnsrp)]);
        assert_eq!(link.mode(), Mode::Wnsrp);
        for octet in 2..9 {
            link.handle_input(now, Input::Send(Bytes::copy_from_slice(&[octet])));
        }
        let (frames, ..) = drain(&mut link);
        assert!(frames.iter().all(|frame| frame.starts_with("f1")), "by MC 0 from now on: {frames:?}");
        assert!(link.busy());
    }
}

#[test]
fn three_plain_answers_end_the_trial() {
    let now = base();
    let mut link = Link::new(Config::default());
    for number in 0..3 {
        link.handle_input(now, Input::Send(Bytes::copy_from_slice(&[number])));
        assert_eq!(drain(&mut link).0.len(), 2, "both forms, command {number}");
        let answer = frame::Frame::NumberedResponse { form: Plain, number };
        link.handle_input(now, Input::Sdu { data: answer.to_bytes(), mc: 0 });
    }
    assert_eq!(drain(&mut link).2, [Output::Mode(Mode::Nsrp)]);
    link.handle_input(now, Input::Send(Bytes::from_static(&[3])));
    assert_eq!(drain(&mut link).0.len(), 1);
}

#[test]
fn a_later_command_in_the_plain_form_alone_ends_the_trial() {
    let now = base();
    let mut link = Link::new(Config::default());
    link.handle_input(now, command(Plain, 0, &[0xff, 1]));
    assert_eq!(drain(&mut link).2, []);
    link.handle_input(now, command(Plain, 1, &[0xff, 1]));
    assert_eq!(drain(&mut link).2, [Output::Mode(Mode::Nsrp)]);
}

#[test]
fn an_entry_15_of_the_peer_turns_wnsrp_off() {
    let now = base();
    let mut link = Link::new(Config::default());
    link.entry_15_defined();
    link.handle_input(now, Input::Send(Bytes::from_static(&[1])));
    link.handle_input(now, command(Windowed, 0, &[0xff, 1]));
    let (frames, sdus, _) = drain(&mut link);
    assert_eq!((frames.len(), sdus.len()), (1, 0));
    assert!(frames[0].starts_with("f9"));
}

#[test]
fn what_came_before_is_answered_again_and_what_is_stray_is_not() {
    let now = base();
    let mut link = Link::new(nsrp());
    for number in [7, 7, 8, 8, 6, 11] {
        link.handle_input(now, command(Plain, number, &[0xff, number]));
    }
    let (frames, sdus, _) = drain(&mut link);
    assert_eq!(sdus, [vec![7], vec![8]], "the first number is the start");
    assert_eq!(frames.len(), 4, "6 and 11 are strays: {frames:?}");
    assert_eq!((link.statistics().duplicates, link.statistics().invalid), (2, 2));
}

#[test]
fn a_window_is_put_in_order_and_a_gap_is_filled_at_once() {
    let now = base();
    let mut link = Link::new(Config::default());
    for number in [0, 3, 5, 2, 1, 4, 3, 12] {
        link.handle_input(now, command(Windowed, number, &[0xff, number]));
    }
    let (frames, sdus, _) = drain(&mut link);
    assert_eq!(sdus.concat(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(frames.len(), 7, "12 is beyond the window");

    link.handle_input(now, sdu("f3002759"));
    for octet in 1..=4 {
        link.handle_input(now, Input::Send(Bytes::copy_from_slice(&[octet])));
    }
    drain(&mut link);
    let answer = |number| Input::Sdu {
        data: frame::Frame::NumberedResponse { form: Windowed, number }.to_bytes(),
        mc: 0,
    };
    link.handle_input(now, answer(2));
    let (frames, ..) = drain(&mut link);
    assert_eq!(frames.len(), 2, "0 and 1 are lost: {frames:?}");
    link.handle_input(now, answer(3));
    assert_eq!(drain(&mut link).0.len(), 0, "they are under way again");
}

#[test]
fn a_windowed_first_command_that_was_lost_is_waited_for() {
    let now = base();
    let mut link = Link::new(Config::default());
    link.handle_input(now, command(Windowed, 1, &[0xff, 2]));
    assert_eq!(drain(&mut link).1, Vec::<Bytes>::new());
    link.handle_input(now, command(Windowed, 0, &[0xff, 1]));
    assert_eq!(drain(&mut link).1, [vec![1], vec![2]]);
}

#[test]
fn long_sdus_are_cut_and_joined() {
    let now = base();
    let (mut link, mut other) = (Link::new(nsrp()), Link::new(nsrp()));
    let long: Bytes = (0..700u32).map(|octet| octet as u8).collect();
    link.handle_input(now, Input::Send(long.clone()));
    let (mut lengths, mut joined) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let frame = drain(&mut link).0.remove(0);
        lengths.push((frame.len() / 2 - 5, frame[4..6].to_owned()));
        other.handle_input(now, sdu(&frame));
        let (answers, sdus, _) = drain(&mut other);
        joined.extend(sdus);
        link.handle_input(now, sdu(&answers[0]));
    }
    assert_eq!(lengths, [(256, "00".to_owned()), (256, "00".to_owned()), (188, "ff".to_owned())]);
    assert_eq!(joined, [long]);
}

#[test]
fn an_endless_sdu_is_dropped_and_the_next_one_is_not() {
    let now = base();
    let mut link = Link::new(nsrp());
    let mut part = vec![0u8; 257];
    for number in 0..200u8 {
        link.handle_input(now, command(Plain, number, &part));
    }
    part[0] = 0xff;
    link.handle_input(now, command(Plain, 200, &part));
    assert_eq!(drain(&mut link).1.len(), 0);
    link.handle_input(now, command(Plain, 201, &[0xff, 9]));
    assert_eq!(drain(&mut link).1, [vec![9]]);
}

#[test]
fn retransmits_until_answered_and_gives_up_after_n401() {
    let mut now = base();
    let mut link = Link::new(Config { n401: 4, ..nsrp() });
    link.handle_input(now, Input::Send(Bytes::from_static(&[1])));
    let mut frames = drain(&mut link).0.len();
    // A line that loses so much is tried more often.
    for wait in [800, 800, 800, 400] {
        link.handle_input(now + Duration::from_millis(wait - 1), Input::Timeout);
        assert_eq!(drain(&mut link).0.len(), 0, "too early");
        now += Duration::from_millis(wait);
        link.handle_input(now, Input::Timeout);
        frames += drain(&mut link).0.len();
    }
    assert_eq!(frames, 5);
    link.handle_input(now + Duration::from_millis(400), Input::Timeout);
    assert_eq!(drain(&mut link).2, [Output::Failed]);
    assert_eq!(link.poll_output(), Output::Timeout(None));
    link.handle_input(now, Input::Send(Bytes::from_static(&[2])));
    assert_eq!(drain(&mut link).0.len(), 0);
}

#[test]
fn a_timed_answer_shortens_the_wait_for_the_next() {
    let now = base();
    let mut link = Link::new(nsrp());
    link.handle_input(now, Input::Send(Bytes::from_static(&[1])));
    drain(&mut link);
    let answered = now + Duration::from_millis(150);
    link.handle_input(answered, sdu("f700473e"));
    link.handle_input(answered, Input::Send(Bytes::from_static(&[2])));
    drain(&mut link);
    assert_eq!(link.poll_output(), Output::Timeout(Some(answered + Duration::from_millis(500))));
}

#[test]
fn damaged_frames_say_nothing() {
    let now = base();
    let mut link = Link::new(Config::default());
    for bad in ["", "f9", "f700473f", "f9473e", "fb24b8", "00", "f1002759"] {
        link.handle_input(now, sdu(bad));
    }
    assert_eq!(drain(&mut link), (vec![], vec![], vec![]));
    assert_eq!(link.statistics().invalid, 7);
}

#[test]
fn a_fall_to_level_0_sends_what_waits_anew_without_segments() {
    let now = base();
    let mut link = Link::new(Config::default());
    link.handle_input(now, Input::Send(Bytes::from(vec![2; 300])));
    drain(&mut link);
    link.set_ccsrl(false);
    let (frames, ..) = drain(&mut link);
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].len(), 2 * 304);
    assert!(frames[0].starts_with("f9000202"), "{frames:?}");
    link.handle_input(now, sdu("fb24b9"));
    assert_eq!(drain(&mut link).2, [Output::Mode(Mode::Srp)]);
    assert!(link.idle());
}

/// A peer that knows plain commands only, sends its own again at every turn, and never counts: it delivers
/// whatever differs in number from the last, and answers all.
#[test]
fn a_peer_that_repeats_itself_at_every_turn_is_understood() {
    let now = base();
    let mut link = Link::new(Config::default());
    let mut delivered = Vec::new();
    let mut answers = 0;
    for number in 0..10u8 {
        for turn in 0..40 {
            let at = now + Duration::from_millis(u64::from(number) * 800 + turn * 20);
            link.handle_input(at, command(Plain, number, &[0xff, number]));
            let (frames, sdus, _) = drain(&mut link);
            answers += frames.len();
            delivered.extend(sdus.concat());
        }
    }
    assert_eq!(delivered, (0..10).collect::<Vec<u8>>());
    assert_eq!(answers, 400);
    assert_eq!(link.mode(), Mode::Nsrp);
}

/// What a line does to frames.
#[derive(Clone, Copy)]
struct Line {
    loss: f64,
    copies: f64,
    trembles_ms: u64,
}

/// Two links, and the frames under way between them.
struct Pair {
    ends: [Link; 2],
    /// By time in ms and place in line: to whom, what.
    under_way: BTreeMap<(u64, u64), (usize, Bytes, u8)>,
    got: [Vec<Bytes>; 2],
    sequence: u64,
    random: StdRng,
    line: Line,
}

impl Pair {
    fn new(configs: [Config; 2], line: Line, seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed);
        let ends = configs.map(Link::new);
        Pair { ends, under_way: BTreeMap::new(), got: Default::default(), sequence: 0, random, line }
    }

    fn flush(&mut self, end: usize, at: u64) {
        loop {
            match self.ends[end].poll_output() {
                Output::Frame { data, mc15 } => {
                    let copies = 1 + usize::from(self.random.random_bool(self.line.copies));
                    for _ in 0..copies {
                        if !self.random.random_bool(self.line.loss) {
                            let late = self.random.random_range(0..=self.line.trembles_ms);
                            self.sequence += 1;
                            let mc = if mc15 { 15 } else { 0 };
                            self.under_way
                                .insert((at + 50 + late, self.sequence), (1 - end, data.clone(), mc));
                        }
                    }
                }
                Output::Message(sdu) => self.got[end].push(sdu),
                Output::Mode(_) => {}
                Output::Failed => panic!("failed at {at} ms"),
                Output::Timeout(_) => return,
            }
        }
    }

    /// Runs until both ends are idle; the ms it took.
    fn run(&mut self, start: Instant, sdus: &[Vec<Bytes>; 2]) -> u64 {
        let mut left = [sdus[0].iter(), sdus[1].iter()];
        for at in 0..900_000 {
            let now = start + Duration::from_millis(at);
            for (end, left) in left.iter_mut().enumerate() {
                if at.is_multiple_of(70)
                    && let Some(sdu) = left.next()
                {
                    self.ends[end].handle_input(now, Input::Send(sdu.clone()));
                } else if at.is_multiple_of(10) {
                    self.ends[end].handle_input(now, Input::Timeout);
                }
            }
            while let Some(entry) = self.under_way.first_entry().filter(|entry| entry.key().0 <= at) {
                let (end, data, mc) = entry.remove();
                self.ends[end].handle_input(now, Input::Sdu { data, mc });
            }
            (0..2).for_each(|end| self.flush(end, at));
            let idle = self.ends.iter().all(Link::idle) && self.under_way.is_empty();
            if idle && left.iter().all(|left| left.len() == 0) {
                return at;
            }
        }
        panic!("not idle after 900 s");
    }
}

fn sdus(random: &mut StdRng) -> Vec<Bytes> {
    (0..30u8)
        .map(|number| {
            let mut sdu = vec![number; random.random_range(1..900)];
            sdu[0] = 0x55;
            sdu.into()
        })
        .collect()
}

fn pair(configs: &[Config; 2], line: Line, seeds: std::ops::Range<u64>) -> [Mode; 2] {
    let start = base();
    let mut modes = [Mode::Srp; 2];
    for seed in seeds {
        let mut random = StdRng::seed_from_u64(seed ^ 0x5eed);
        let sent = [sdus(&mut random), sdus(&mut random)];
        let mut pair = Pair::new(configs.clone(), line, seed);
        pair.run(start, &sent);
        assert!(pair.got[0] == sent[1] && pair.got[1] == sent[0], "seed {seed}");
        modes = [pair.ends[0].mode(), pair.ends[1].mode()];
    }
    modes
}

const CLEAN: Line = Line { loss: 0.0, copies: 0.0, trembles_ms: 0 };
const BAD: Line = Line { loss: 0.15, copies: 0.1, trembles_ms: 40 };

#[test]
fn two_ends_agree_on_the_best_form_of_both() {
    let wnsrp = Config::default;
    assert_eq!(pair(&[wnsrp(), wnsrp()], CLEAN, 0..3), [Mode::Wnsrp; 2]);
    assert_eq!(pair(&[wnsrp(), nsrp()], CLEAN, 0..3), [Mode::Nsrp; 2]);
    assert_eq!(pair(&[nsrp(), wnsrp()], CLEAN, 0..3), [Mode::Nsrp; 2]);
    assert_eq!(pair(&[nsrp(), nsrp()], CLEAN, 0..3), [Mode::Nsrp; 2]);
    assert_eq!(pair(&[level0(), level0()], CLEAN, 0..3), [Mode::Srp; 2]);
}

#[test]
fn windowed_ends_deliver_all_over_a_bad_line() {
    pair(&[Config::default(), Config::default()], BAD, 0..60);
}

#[test]
fn windowed_and_plain_ends_deliver_all_over_a_bad_line() {
    pair(&[Config::default(), nsrp()], BAD, 0..30);
    pair(&[nsrp(), Config::default()], BAD, 0..30);
}

#[test]
fn plain_ends_deliver_all_over_a_bad_line() {
    pair(&[nsrp(), nsrp()], BAD, 0..40);
}

#[test]
fn unnumbered_answers_deliver_all_where_nothing_is_doubled() {
    // An answer without a number cannot tell a copy from the next one: SRP needs a line in order.
    pair(&[level0(), level0()], Line { loss: 0.15, copies: 0.0, trembles_ms: 0 }, 0..40);
}

#[test]
fn random_sdus_change_nothing_that_lasts() {
    let now = base();
    for seed in 0..200 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut link = Link::new(Config::default());
        for step in 0..200u64 {
            let mut octets = vec![0u8; random.random_range(0..40)];
            random.fill(&mut octets[..]);
            if let Some(first) = octets.first_mut()
                && random.random_bool(0.8)
            {
                *first = [0xf9, 0xfb, 0xf7, 0xf1, 0xf3][random.random_range(0..5)];
            }
            if random.random_bool(0.8) {
                let check = crate::h223::crc16(&octets);
                octets.extend(check.to_le_bytes());
            }
            link.handle_input(
                now + Duration::from_millis(step * 20),
                Input::Sdu { data: octets.into(), mc: 0 },
            );
            drain(&mut link);
        }
        assert!(link.idle());
    }
}
