//! Random calls over bad networks, with hang-ups at every moment: nothing is left behind.

use std::time::Duration;

use call::web::{FromBrowser, Part, Wish};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::browser::{Browser, Desk, Leg};
use crate::hotline;
use crate::phone::{Manner, Phone};
use crate::world::World;

const SEEDS: u64 = 150;

fn manner(rng: &mut StdRng) -> Manner {
    let after = Duration::from_millis(rng.random_range(0..4_000));
    match rng.random_range(0..6) {
        0 => Manner::Rings,
        1 => Manner::Refuses(after, 603),
        2 => Manner::Refuses(after, 486),
        _ => Manner::Answers(after),
    }
}

fn bad_link(rng: &mut StdRng) -> netsim::Link {
    netsim::Link {
        loss: rng.random_range(0.0..0.25),
        delay: Duration::from_millis(rng.random_range(1..80)),
        jitter: Duration::from_millis(rng.random_range(0..60)),
        reorder: rng.random_range(0.0..0.2),
        reorder_by: Duration::from_millis(40),
        duplicate: rng.random_range(0.0..0.1),
    }
}

fn storm(seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut world = World::new(&hotline(), seed);
    world.network.set_default_link(bad_link(&mut rng));
    let agents = ["10.0.0.21", "10.0.0.22"].map(|host| {
        let mut phone = Phone::new(host);
        phone.manner = manner(&mut rng);
        phone.talks = true;
        world.add_phone(phone)
    });
    let callers: Vec<_> = (0..3).map(|n| world.call(&format!("10.0.0.{}", 11 + n), "1008621")).collect();
    for _ in 0..rng.random_range(1..14) {
        world.run_for(Duration::from_millis(rng.random_range(0..3_000)));
        let caller = callers[rng.random_range(0..callers.len())];
        let agent = agents[rng.random_range(0..2)];
        match rng.random_range(0..6) {
            0 => world.with_phone(caller, Phone::hang_up),
            1 => world.with_phone(agent, Phone::hang_up),
            2 => world.phones[agent].manner = manner(&mut rng),
            _ => {
                let key = ['0', '0', '1', '9', '#'][rng.random_range(0..5)];
                world.with_phone(caller, |phone, _| phone.press(key));
            }
        }
    }
    // The network heals, every caller hangs up, and the last timers run out.
    world.network.set_default_link(netsim::Link::perfect());
    for caller in &callers {
        world.with_phone(*caller, Phone::hang_up);
    }
    world.run_for(Duration::from_secs(240));
    assert_eq!(world.shard.usage().calls, 0, "seed {seed}: calls are left");
    assert_eq!(world.shard.usage().faults, 0, "seed {seed}");
    let accepted = world.shard.usage().accepted as usize;
    assert_eq!(world.cdrs.len(), accepted, "seed {seed}: one record for each call");
    let taken = 64 - world.shard.usage().spare_ports;
    assert_eq!(world.lent.len(), taken, "seed {seed}: every port comes back");
    for agent in agents {
        let phone = &world.phones[agent];
        assert!(phone.dialog.is_none(), "seed {seed}: an agent is left in a call: {:#?}", phone.log);
    }
}

fn desk(rng: &mut StdRng) -> Desk {
    let after = Duration::from_millis(rng.random_range(0..4_000));
    match rng.random_range(0..5) {
        0 => Desk::Rings,
        1 => Desk::Rejects(after),
        _ => Desk::Accepts(after),
    }
}

fn browser(rng: &mut StdRng, session: u64) -> Browser {
    let ice = rng.random_range(0..3_000);
    Browser {
        desk: desk(rng),
        camera: rng.random_range(0..5) > 0,
        connects_after: (ice > 200).then_some(Duration::from_millis(ice)),
        ..Browser::new(session)
    }
}

fn part(rng: &mut StdRng) -> Part {
    match rng.random_range(0..6) {
        0 => Part::TakeOver,
        1 => Part::Monitor { agent: rng.random() },
        2 => Part::Whisper { agent: rng.random() },
        _ => Part::BargeIn { seen: rng.random() },
    }
}

/// A storm with visitors and desks among the phones: sessions come, go, and say anything at any time.
fn web_storm(seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut world = World::new(&crate::browsers::hotline(&["desk1", "desk2", "anna"]), seed);
    world.network.set_default_link(bad_link(&mut rng));
    let mut anna = Phone::new("10.0.0.21");
    (anna.manner, anna.talks) = (manner(&mut rng), true);
    let anna = world.add_phone(anna);
    let phones: Vec<_> = (0..2).map(|n| world.call(&format!("10.0.0.{}", 11 + n), "1008621")).collect();
    let mut desks = vec![];
    for session in 1..=2 {
        desks.push(world.add_browser(browser(&mut rng, session)));
        world.sign_in(desks[desks.len() - 1], &format!("desk{session}"));
    }
    let leads: Vec<usize> = (901..903).map(|session| world.add_browser(browser(&mut rng, session))).collect();
    let mut visitors: Vec<usize> =
        (3..5).map(|session| world.visit(browser(&mut rng, session), "1008621")).collect();
    for _ in 0..rng.random_range(5..40) {
        world.run_for(Duration::from_millis(rng.random_range(0..2_000)));
        let session = world.browsers.len() as u64 + 1;
        let visitor = visitors[rng.random_range(0..visitors.len())];
        let desk = desks[rng.random_range(0..desks.len())];
        let name = format!("desk{}", rng.random_range(1..=2));
        let lead = leads[rng.random_range(0..leads.len())];
        match rng.random_range(0..24) {
            16..=18 if world.browsers[lead].leg == Leg::None => {
                let call = world.browsers[desk].rang_for().unwrap_or(call::CallId(rng.random_range(0..6)));
                let word = world.browsers[lead].listen(call, part(&mut rng));
                world.say(lead, word);
            }
            16..=20 => world.say(lead, FromBrowser::Part(part(&mut rng))),
            21 => world.say(lead, FromBrowser::HangUp),
            22 => world.say(lead, FromBrowser::Lost),
            23 => world.say(lead, FromBrowser::Wish(Wish::HandOn { queue: "help".into() })),
            0 => world.lose(desk),
            1 => {
                desks.push(world.add_browser(browser(&mut rng, session)));
                world.sign_in(desks[desks.len() - 1], &name);
            }
            2 => visitors.push(world.visit(browser(&mut rng, session), "1008621")),
            3 => world.say(visitor, FromBrowser::HangUp),
            4 => world.say(visitor, FromBrowser::Lost),
            5 => world.say(desk, FromBrowser::HangUp),
            6 => world.say(desk, FromBrowser::KeyPictureWanted),
            7 => world.browsers[visitor].loses = true,
            8 => world.with_phone(anna, Phone::hang_up),
            9 => world.with_phone(phones[rng.random_range(0..2)], Phone::hang_up),
            10 => world.with_phone(phones[rng.random_range(0..2)], |phone, _| phone.press('0')),
            11 => {
                let (session, ready) = (world.browsers[desk].session.0, rng.random_range(0..3) > 0);
                world.tell_pool(acd::Input::SetReady { session, ready, reason: String::new() });
            }
            12 => world.sign_in(desk, &name),
            13 if seed.is_multiple_of(10) => world.shard.plant_panic(),
            _ => world.press(visitor, ['0', '0', '1', '9', '#'][rng.random_range(0..5)]),
        }
    }
    world.network.set_default_link(netsim::Link::perfect());
    for phone in phones {
        world.with_phone(phone, Phone::hang_up);
    }
    for visitor in visitors {
        world.say(visitor, FromBrowser::HangUp);
    }
    world.run_for(Duration::from_secs(240));
    assert_eq!(world.shard.usage().calls, 0, "seed {seed}: calls are left");
    assert!(seed.is_multiple_of(10) || world.shard.usage().faults == 0, "seed {seed}: faults");
    assert_eq!(world.cdrs.len(), world.shard.usage().accepted as usize, "seed {seed}: one record each");
    let taken = 64 - world.shard.usage().spare_ports;
    assert_eq!(world.lent.len(), taken, "seed {seed}: every port comes back");
    for browser in &world.browsers {
        assert_eq!(browser.leg, Leg::None, "seed {seed}: {:?} is left in a call", browser.session);
    }
    // Every agent who is there takes the next caller.
    for status in world.pool.agents().iter().filter(|status| status.browser) {
        let idle = [None, Some(acd::AgentState::Ready), Some(acd::AgentState::NotReady)];
        assert!(idle.contains(&status.state), "seed {seed}: {status:?}");
    }
}

#[test]
fn nothing_is_left_behind_with_browsers_among_the_phones() {
    over_seeds(web_storm);
}

#[test]
fn nothing_is_left_behind_whatever_happens() {
    over_seeds(storm);
}

fn over_seeds(storm: fn(u64)) {
    for seed in 0..SEEDS {
        let run = std::panic::catch_unwind(|| storm(seed));
        if let Err(panic) = run {
            eprintln!("failing seed: {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
