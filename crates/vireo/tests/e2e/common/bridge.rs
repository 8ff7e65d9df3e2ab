//! A caller and an agent of our own, of any two models, on either side of the demo hotline.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use emulator::{Card, Config, Crowd, Event, Model, Record};
use media::Picture;
use rtp::Digit;

use super::demo::{Demo, free_udp};
use super::gateway::{HOTLINE, rewrite};

/// What each shows and sounds like.
pub(crate) const CARDS: [Card; 2] = [Card::new(0), Card::new(4)];

/// The two telephones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Caller,
    Agent,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Caller, Side::Agent];

    pub(crate) fn other(self) -> Side {
        match self {
            Side::Caller => Side::Agent,
            Side::Agent => Side::Caller,
        }
    }

    pub(crate) fn card(self) -> Card {
        CARDS[self as usize]
    }
}

/// The demo with one agent, whoever answers at its address.
pub(crate) struct Desk {
    pub(crate) demo: Demo,
    agent: SocketAddr,
}

impl Desk {
    pub(crate) fn start(test: &str) -> Desk {
        Desk::with_demo(|edit| Demo::edited(test, edit))
    }

    /// The same; who answers is a 3G phone behind a trunk.
    pub(crate) fn for_3g_agents(test: &str) -> Desk {
        let trunk = "[[trunk]]\naddresses = [\"127.0.0.1\"]\ncircuits_out = true";
        Desk::with_demo(|edit| Demo::configured(test, trunk, edit))
    }

    fn with_demo(start: impl Fn(&dyn Fn(&Path)) -> Demo) -> Desk {
        let agent = free_udp();
        let demo = start(&|service| {
            rewrite(service, "dialplans/queues.yaml", |text| {
                let text = text.replace("[desk1, desk2, agent1, agent2]", "[agent1]");
                let text = text.replace("wrap_up: 5s", "wrap_up: 1s");
                let edited = text.replace("127.0.0.1:5070", &agent.to_string());
                assert_ne!(edited, text, "the first agent of the demo is at port 5070");
                edited
            });
        });
        Desk { demo, agent }
    }
}

/// One call, from the INVITE on.
pub(crate) struct Talk {
    crowd: Crowd,
    models: [Model; 2],
    records: [Record; 2],
    up: [bool; 2],
}

impl Talk {
    /// The agent is on its hook, the caller calls.
    pub(crate) fn begin(desk: &Desk, models: [Model; 2]) -> Talk {
        let loopback = (Ipv4Addr::LOCALHOST, 0).into();
        let mut crowd = Crowd::new(Ipv4Addr::LOCALHOST.into()).expect("there are descriptors");
        let places = [("13800000000", loopback), ("agent1", desk.agent)];
        for (side, (user, sip)) in Side::BOTH.into_iter().zip(places) {
            let model = models[side as usize];
            let config = Config { answers: side == Side::Agent, ..model.with_card(user, side.card()) };
            crowd.add(sip, config).expect("ports are free");
        }
        let uri = format!("sip:{HOTLINE}@{}", desk.demo.sip).parse().expect("a SIP URI");
        let now = net::clock::now();
        crowd.phone(Side::Caller as usize).call(now, &uri, desk.demo.sip).expect("the call begins");
        let records = Side::BOTH.map(|side| Record::new(now.mono, models[side.other() as usize].size()));
        Talk { crowd, models, records, up: [false; 2] }
    }

    /// Lets both go on until `is_it`; false when `limit` has passed before.
    pub(crate) fn within(&mut self, limit: Duration, is_it: impl Fn(&Talk) -> bool) -> bool {
        let end = net::clock::now().mono + limit;
        while !is_it(self) {
            let now = net::clock::now().mono;
            if now >= end {
                return false;
            }
            for (number, event) in
                self.crowd.turn(now + Duration::from_millis(20)).expect("the network works")
            {
                self.up[number] |= matches!(event, Event::Up);
                self.records[number].take(net::clock::now().mono, &event);
            }
        }
        true
    }

    /// The same, where nothing else may happen.
    pub(crate) fn until(&mut self, what: &str, limit: Duration, is_it: impl Fn(&Talk) -> bool) {
        let came = self.within(limit, is_it);
        assert!(came, "waited {limit:?} in vain for {what}; {}", self.tell());
    }

    pub(crate) fn press(&mut self, side: Side, key: char) {
        let key = Digit::try_from(key).expect("a key");
        assert!(
            self.crowd.phone(side as usize).press(net::clock::now(), key),
            "{side:?} has a peer for keys"
        );
    }

    pub(crate) fn is_up(&self, side: Side) -> bool {
        self.up[side as usize]
    }

    /// Forgets what both have received.
    pub(crate) fn begin_anew(&mut self) {
        let now = net::clock::now().mono;
        for side in Side::BOTH {
            self.records[side as usize].begin(now, self.models[side.other() as usize].size());
        }
    }

    pub(crate) fn record(&self, side: Side) -> &Record {
        &self.records[side as usize]
    }

    pub(crate) fn picture(&self, side: Side) -> Option<&Picture> {
        self.record(side).picture()
    }

    /// How much of the other's card this side sees.
    pub(crate) fn likeness(&self, side: Side) -> f64 {
        self.record(side).likeness(side.other().card())
    }

    /// Amplitude of the other's tone at this side.
    pub(crate) fn tone(&self, side: Side) -> f64 {
        self.record(side).tone_level(side.other().card())
    }

    /// Ends the call, and waits until both know.
    pub(crate) fn hang_up(mut self) {
        self.crowd.phone(Side::Caller as usize).hang_up(net::clock::now());
        let over = |talk: &Talk| Side::BOTH.iter().all(|side| talk.record(*side).is_over());
        self.until("the end of the call", Duration::from_secs(20), over);
    }

    /// What both have received, for a person.
    pub(crate) fn tell(&self) -> String {
        let tell = |side: Side| {
            let (record, model) = (self.record(side), self.models[side as usize]);
            let [pictures, sound] = record.longest_gaps().map(|gap| gap.as_millis());
            let mut skews = record.skews();
            skews.sort_by(f64::total_cmp);
            let skew = |at: usize| skews.get(at).map_or("-".to_owned(), |skew| format!("{skew:.0}"));
            format!(
                "{side:?} {model}: SSIM {:.3}, tone {:.0}, first picture {:?}, {} pictures, gaps {pictures} and \
                 {sound} ms, skew {} ({} to {}) ms, keys {:?}",
                self.likeness(side),
                self.tone(side),
                record.first_picture(),
                record.seen(),
                skew(skews.len() / 2),
                skew(0),
                skew(skews.len().saturating_sub(1)),
                record.keys(),
            )
        };
        Side::BOTH.map(tell).join("\n  ")
    }
}
