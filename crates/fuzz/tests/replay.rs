//! Every target over its corpus, and over mutations of it for some seconds (`FUZZ_SECONDS`, default 2 a
//! target; `FUZZ_SEED` starts elsewhere). What fails is printed as hexadecimal: put it into the corpus.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fuzz::{TARGETS, Target};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Longest input that is made.
const LEN_MAX: usize = 2_048;

#[allow(clippy::disallowed_methods)]
fn now() -> Instant {
    Instant::now()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The files of a target, `*.hex` of hexadecimal digits with spaces and `#` comments, others as they are; and the empty
/// input.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.expect("the folder can be read").path())
        .collect();
    files.sort();
    let read = |file: &PathBuf| {
        if file.extension().is_none_or(|extension| extension != "hex") {
            return fs::read(file).expect("it can be read");
        }
        let text = fs::read_to_string(file).expect("text");
        let digits: String = text.lines().map(|line| line.split('#').next().unwrap_or("")).collect();
        octets(&digits.split_whitespace().collect::<String>())
    };
    let mut corpus: Vec<Vec<u8>> = files.iter().map(read).collect();
    corpus.push(Vec::new());
    corpus
}

fn octets(digits: &str) -> Vec<u8> {
    let pair = |pair: &[u8]| {
        u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("hexadecimal")
    };
    digits.as_bytes().chunks(2).map(pair).collect()
}

fn hexadecimal(data: &[u8]) -> String {
    data.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Runs one input; prints it when it fails.
fn run(target: &str, function: Target, data: &[u8]) {
    let data = data.to_vec();
    let shown = hexadecimal(&data);
    if let Err(panic) = std::panic::catch_unwind(move || function(&data)) {
        eprintln!("{target} fails on {shown}");
        std::panic::resume_unwind(panic);
    }
}

fn mutate(random: &mut StdRng, corpus: &[Vec<u8>]) -> Vec<u8> {
    const TELLING: [u8; 12] = [0, 1, 0x7E, 0x7F, 0x80, 0xE1, 0x4D, 0xF9, 0xF1, 0xF3, 0xF7, 0xFF];
    let mut data = corpus[random.random_range(0..corpus.len())].clone();
    for _ in 0..random.random_range(1..8) {
        let at = random.random_range(0..=data.len());
        match random.random_range(0..7) {
            0 => data.insert(at, random.random()),
            1 => data.insert(at, TELLING[random.random_range(0..TELLING.len())]),
            2 if at < data.len() => data[at] ^= 1 << random.random_range(0..8),
            3 if at < data.len() => data[at] = random.random(),
            4 => data.truncate(at),
            5 => {
                let other = &corpus[random.random_range(0..corpus.len())];
                let from = random.random_range(0..=other.len());
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            _ => {
                let len = random.random_range(0..=(data.len() - at).min(64));
                let copy = data[at..at + len].to_vec();
                data.splice(at..at, copy);
            }
        }
    }
    data.truncate(LEN_MAX);
    data
}

fn fuzz_target(name: &str) {
    let (_, function) = TARGETS.into_iter().find(|(target, _)| *target == name).expect("a target");
    let corpus = corpus(name);
    for data in &corpus {
        run(name, function, data);
    }
    let seed = number("FUZZ_SEED", 1);
    let mut random = StdRng::seed_from_u64(seed);
    let (start, seconds) = (now(), Duration::from_secs(number("FUZZ_SECONDS", 2)));
    let mut runs = 0;
    while start.elapsed() < seconds {
        run(name, function, &mutate(&mut random, &corpus));
        runs += 1;
    }
    eprintln!("{name}: {} of the corpus, {runs} mutations, seed {seed}", corpus.len());
}

#[test]
fn demultiplexer() {
    fuzz_target("demultiplexer");
}

#[test]
fn h245() {
    fuzz_target("h245");
}

#[test]
fn wnsrp() {
    fuzz_target("wnsrp");
}

#[test]
fn session() {
    fuzz_target("session");
}

#[test]
fn dialplan() {
    fuzz_target("dialplan");
}

#[test]
fn expression() {
    fuzz_target("expression");
}
