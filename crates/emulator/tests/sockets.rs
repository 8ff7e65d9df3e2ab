//! A scripted call and a small load on loopback, with real sockets and the real clock, to a telephone of
//! ours that answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use emulator::{Config, Event, Load, Material, Terminal, Trip, run_load, walk_menu};
use rtp::Digit;

/// A 3G phone that answers every call until it is dropped.
struct Callee {
    address: SocketAddr,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<Vec<char>>>,
}

impl Callee {
    fn start() -> Callee {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let config = Config { answers: true, material: Material::test(900), ..Config::three_g("1008621") };
        let mut terminal = Terminal::with(loopback, config).expect("ports are free");
        let (address, (stop, stopped)) = (terminal.sip(), mpsc::channel());
        let thread = thread::spawn(move || {
            let mut keys = Vec::new();
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                let end = net::clock::now().mono + Duration::from_millis(100);
                for event in terminal.turn(end).expect("the network works") {
                    if let Event::Key(key) = event {
                        keys.push(key.as_char());
                    }
                }
            }
            keys
        });
        Callee { address, stop: Some(stop), thread: Some(thread) }
    }

    fn uri(&self) -> String {
        format!("sip:1008621@{}", self.address)
    }

    /// The keys it was told.
    fn stop(mut self) -> Vec<char> {
        drop(self.stop.take());
        self.thread.take().map(|thread| thread.join().expect("no panic")).unwrap_or_default()
    }
}

fn keys(text: &str) -> Vec<Digit> {
    text.chars().map(|key| Digit::try_from(key).expect("a key")).collect()
}

#[test]
fn a_3g_phone_walks_and_keeps_what_it_saw_and_heard() {
    let callee = Callee::start();
    let out = std::env::temp_dir().join(format!("vireo-walk-{}", std::process::id()));
    let trip = Trip {
        uri: callee.uri(),
        phone: Config::three_g("13800000000"),
        entries: keys("1").into_iter().map(Into::into).collect(),
        out: Some(out.clone()),
        every_picture: true,
        length_max: Duration::from_secs(60),
        linger: Duration::from_millis(100),
    };
    let mut told = Vec::new();
    let report = walk_menu(&trip, &mut |line| told.push(line.to_owned())).expect("it can be called");
    assert_eq!(callee.stop(), ['1'], "{told:#?}");
    assert_eq!(report.end, emulator::End::Local, "{told:#?}");
    assert_eq!(report.pages.len(), 2, "{told:#?}");
    assert!(report.timeline.level <= report.timeline.open && report.timeline.open.is_some());
    assert!(told.iter().any(|line| line.contains("channels open: AMR out, AMR in, H263 out, H263 in")));
    let counted = report.circuit.expect("it has a circuit").terminal;
    assert!(counted.audio_received > 300 && counted.pictures_received > 60, "{counted:?}");
    assert!(out.join("01-menu.png").exists() && out.join("02-key-1.png").exists());
    assert!(out.join("pictures/00020.png").exists());
    let sound = codec::file::read_wav(out.join("sound.wav")).expect("it was written");
    assert!(sound.len() > 6 * 8_000, "{}", sound.len());
    std::fs::remove_dir_all(out).expect("it is ours");
}

#[test]
fn a_load_says_how_many_calls_were_good_and_why_the_others_were_not() {
    let callee = Callee::start();
    let load = Load {
        uri: callee.uri(),
        phone: Config::three_g("13800000000"),
        keys: Vec::new(),
        calls: 3,
        rate: 4.0,
        length: Duration::from_secs(4),
    };
    let report = run_load(&load, &mut |_| {}).expect("it can be called");
    callee.stop();
    assert_eq!((report.calls, report.good), (3, 1), "{report}");
    let busy = report.failures.iter().find(|(why, _)| why.contains("486"));
    assert_eq!(busy.map(|(_, calls)| *calls), Some(2), "{report}");
    assert_eq!((report.setup.len(), report.session.len()), (1, 1));
    assert!(report.totals.sound > 100 && report.totals.pictures > 10, "{report}");
}
