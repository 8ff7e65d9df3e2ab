//! A caller of our own that a test leads step by step: it looks, presses a key, and goes on looking.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use emulator::{Event, Terminal};
use media::{Codec, Picture, Size};
use rtp::Digit;

use super::gateway::HOTLINE;
use super::picture::ssim;

/// Until a page has come and stands still.
const PAGE_LIMIT: Duration = Duration::from_secs(60);
/// A page that has not changed for so long is the whole page.
const STILL: Duration = Duration::from_millis(800);
/// The welcome stands for as long as it is spoken; the menu comes after it.
const STILL_FIRST: Duration = Duration::from_secs(6);

/// From one key to the next of a number that is typed.
const BETWEEN_KEYS: Duration = Duration::from_millis(250);

/// A call in progress.
pub(crate) struct Caller {
    terminal: Terminal,
    shows: Option<Picture>,
    /// All of the call so far, 8 kHz.
    pub(crate) heard: Vec<i16>,
    since: Instant,
    over: bool,
}

impl Caller {
    /// Calls the hotline and waits for its menu.
    pub(crate) fn at_menu(hotline: SocketAddr) -> (Caller, Picture) {
        Caller::call(hotline, STILL_FIRST)
    }

    /// Calls the hotline and waits for the first that it shows.
    pub(crate) fn at_first_picture(hotline: SocketAddr) -> (Caller, Picture) {
        Caller::call(hotline, STILL)
    }

    fn call(hotline: SocketAddr, still: Duration) -> (Caller, Picture) {
        let mut caller = Caller::of("13800000000", hotline);
        let page = caller.page(still, &Picture::black(Size::CIF));
        (caller, page)
    }

    /// Calls the hotline from `number`, and waits for nothing yet.
    pub(crate) fn of(number: &str, hotline: SocketAddr) -> Caller {
        let mut terminal = Terminal::open((Ipv4Addr::LOCALHOST, 0).into(), number, Codec::H264, Size::CIF)
            .expect("ports are free");
        let uri = format!("sip:{HOTLINE}@{hotline}").parse().expect("a SIP URI");
        let now = net::clock::now();
        terminal.phone().call(now, &uri, hotline).expect("the call begins");
        Caller { terminal, shows: None, heard: Vec::new(), since: now.mono, over: false }
    }

    /// Presses a key; the page that it leads to, which is unlike `before`.
    pub(crate) fn press(&mut self, key: char, before: &Picture) -> Picture {
        let key = Digit::try_from(key).expect("a key");
        assert!(self.terminal.phone().press(net::clock::now(), key), "the hotline takes keys");
        self.page(STILL, before)
    }

    /// Presses the keys one after another, as a hand does, and looks on meanwhile.
    pub(crate) fn type_in(&mut self, keys: &str) {
        for key in keys.chars() {
            let key = Digit::try_from(key).expect("a key");
            assert!(self.terminal.phone().press(net::clock::now(), key), "the hotline takes keys");
            self.look(BETWEEN_KEYS);
        }
    }

    /// Presses a key whose page differs little from `before`; how alike the two are after two seconds.
    pub(crate) fn press_for_change(&mut self, key: char, before: &Picture) -> f64 {
        let key = Digit::try_from(key).expect("a key");
        assert!(self.terminal.phone().press(net::clock::now(), key), "the hotline takes keys");
        let end = net::clock::now().mono + Duration::from_secs(2);
        while net::clock::now().mono < end {
            self.turn();
        }
        ssim(self.shows.as_ref().expect("a page is shown"), before)
    }

    /// Listens until so many samples have been heard in all.
    pub(crate) fn listen_until(&mut self, samples: usize) {
        let end = net::clock::now().mono + PAGE_LIMIT;
        while self.heard.len() < samples {
            assert!(net::clock::now().mono < end, "no sound comes any more");
            self.turn();
        }
    }

    /// Looks on for so long; a call that ends meanwhile has ended.
    pub(crate) fn look(&mut self, time: Duration) {
        let end = net::clock::now().mono + time;
        while !self.over && net::clock::now().mono < end {
            self.turn();
        }
    }

    /// Looks on while another thread is at `work`; what that comes to.
    pub(crate) fn look_while<T: Send>(&mut self, work: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let working = scope.spawn(work);
            while !self.over && !working.is_finished() {
                self.turn();
            }
            working.join().expect("it does not panic")
        })
    }

    /// Looks on until the page stands still; what it shows.
    pub(crate) fn rests(&mut self) -> Picture {
        self.page(STILL, &Picture::black(Size::CIF))
    }

    /// What is shown now.
    pub(crate) fn shows(&self) -> Option<&Picture> {
        self.shows.as_ref()
    }

    /// Whether the hotline has hung up.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Looks on until `is_it` is true.
    pub(crate) fn look_until(&mut self, what: &str, limit: Duration, is_it: impl Fn() -> bool) {
        let end = net::clock::now().mono + limit;
        while !is_it() {
            assert!(net::clock::now().mono < end, "waited {limit:?} in vain for {what}");
            self.turn();
        }
    }

    fn page(&mut self, still: Duration, before: &Picture) -> Picture {
        let end = net::clock::now().mono + PAGE_LIMIT;
        loop {
            self.turn();
            let now = net::clock::now().mono;
            assert!(now < end, "no page has come to rest within {PAGE_LIMIT:?}");
            if let Some(shows) = self.shows.as_ref().filter(|shows| ssim(shows, before) < 0.97)
                && now >= self.since + still
            {
                return shows.clone();
            }
        }
    }

    fn turn(&mut self) {
        assert!(!self.over, "the hotline has hung up");
        let now = net::clock::now().mono;
        for event in self.terminal.turn(now + Duration::from_millis(50)).expect("the network works") {
            match event {
                Event::Picture(picture) => {
                    // Pictures of a page that stands still are mostly equal, which is told at once.
                    let is_other = |shows: &Picture| shows.y != picture.y && ssim(shows, &picture) < 0.97;
                    if self.shows.as_ref().is_none_or(is_other) {
                        self.since = now;
                    }
                    self.shows = Some(picture);
                }
                Event::Over(_) => self.over = true,
                Event::Sound(pcm) => self.heard.extend(pcm),
                Event::Ringing(_) | Event::Up | Event::Key(_) | Event::Frame(_) | Event::Circuit(_) => {}
            }
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.terminal.phone().hang_up(net::clock::now());
        // One turn sends the BYE; a test that is failing need not hear the answer.
        let _ = self.terminal.turn(net::clock::now().mono + Duration::from_millis(50));
    }
}
