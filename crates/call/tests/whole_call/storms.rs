//! Random calls over bad networks, with hang-ups at every moment: nothing is left behind.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

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

#[test]
fn nothing_is_left_behind_whatever_happens() {
    for seed in 0..SEEDS {
        let run = std::panic::catch_unwind(|| storm(seed));
        if let Err(panic) = run {
            eprintln!("failing seed: {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
