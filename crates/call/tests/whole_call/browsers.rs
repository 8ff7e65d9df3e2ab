//! Visitors and agents in browsers, with SIP phones on the other side and among themselves.

use std::time::Duration;

use acd::AgentState;
use call::web::{Ended, FromBrowser, StopRinging, ToBrowser};
use call::{Cause, Live};
use media::Codec;

use crate::browser::{Browser, Desk, Leg, media};
use crate::phone::{Manner, Phone};
use crate::world::{World, service};

const SECOND: Duration = Duration::from_secs(1);
const NUMBER: &str = "1008621";

/// The hotline with these agents.
pub(crate) fn hotline(agents: &[&str]) -> std::sync::Arc<dialplan::Service> {
    let queues = format!(
        "agents:\n  desk1: {{ browser: true }}\n  desk2: {{ browser: true }}\n  anna: {{ address: \"sip:anna@10.0.0.21:5060\" }}\nqueues:\n  help: {{ agents: [{}], ring_timeout: 10s, wait_max: 60s, capacity: 5, wrap_up: 1s, hold: {{ clip: hold.mp4 }} }}\n",
        agents.join(", ")
    );
    service(&[("hotline.yaml", crate::FLOW), ("queues.yaml", &queues), ("texts/en.yaml", crate::TEXTS)])
}

/// A world with a desk that is signed in as `desk1`.
fn with_desk(seed: u64, agents: &[&str], desk: Desk) -> (World, usize) {
    let mut world = World::new(&hotline(agents), seed);
    let at = world.add_browser(Browser { desk, ..Browser::new(1) });
    world.sign_in(at, "desk1");
    (world, at)
}

/// A visitor who waits for an agent.
fn visitor(world: &mut World, session: u64) -> usize {
    let at = world.visit(Browser::new(session), NUMBER);
    world.run_for(SECOND);
    world.press(at, '0');
    at
}

/// A SIP caller who waits for an agent.
fn caller(world: &mut World) -> usize {
    let at = world.call("10.0.0.11", NUMBER);
    world.run_for(SECOND);
    world.with_phone(at, |phone, _| phone.press('0'));
    at
}

fn accepts() -> Desk {
    Desk::Accepts(SECOND)
}

/// Whether a browser gets sound and pictures of this mark now.
fn gets(world: &World, browser: usize, mark: u8) -> bool {
    let browser = &world.browsers[browser];
    browser.sounds().last().is_some_and(|frame| frame.data[1] == mark)
        && browser.pictures().last().is_some_and(|frame| frame.data.get(6) == Some(&mark))
}

/// The same for a phone.
fn phone_gets(world: &World, phone: usize, mark: u8) -> bool {
    let phone = &world.phones[phone];
    phone.sounds().last().is_some_and(|heard| heard.payload.get(1) == Some(&mark))
        && phone.pictures().last().is_some_and(|heard| heard.payload.get(2) == Some(&mark))
}

#[test]
fn a_visitor_sees_the_menu_only_once_media_flows_and_walks_it_by_keys() {
    let mut world = World::new(&hotline(&["anna"]), 1);
    let at = world.visit(Browser { connects_after: Some(3 * SECOND), ..Browser::new(1) }, NUMBER);
    world.run_for(2 * SECOND);
    assert_eq!(world.browsers[at].leg, Leg::Agreed);
    assert!(world.fetched.is_empty(), "no prompt is played to nobody");
    world.run_for(2 * SECOND);
    let browser = &world.browsers[at];
    assert!(browser.pictures().next().expect("a picture").keyframe);
    assert!(browser.sounds().count() > 40);
    assert_eq!(browser.captions()[0].0, "main");
    assert!(browser.captions()[0].1.contains("press 1"), "{:?}", browser.captions());
    world.press(at, '1');
    world.run_for(SECOND / 2);
    let captions = world.browsers[at].captions();
    assert_eq!(captions.last().expect("captions").0, "balance");
    assert!(captions.last().expect("captions").1.starts_with("Your balance is twelve."));
    world.say(at, FromBrowser::HangUp);
    assert_eq!(world.browsers[at].ended(), Some(Ended::HungUp));
    let cdr = world.cdrs.last().expect("a record");
    assert_eq!((cdr.cause, cdr.caller.as_deref()), (Cause::CallerHungUp, Some("Visitor")));
    assert_eq!(cdr.path, ["main", "balance"]);
    assert!(cdr.answered.is_some() && cdr.packets.sent > 0 && cdr.packets.received > 0, "{cdr:?}");
}

#[test]
fn a_visitor_is_told_when_the_flow_is_over() {
    let mut world = World::new(&hotline(&["anna"]), 2);
    let at = world.visit(Browser::new(1), NUMBER);
    assert!(world.run_until(60 * SECOND, |world| !world.cdrs.is_empty()));
    assert_eq!(world.browsers[at].ended(), Some(Ended::Over));
    assert_eq!(world.cdrs[0].cause, Cause::Completed);
    assert_eq!(world.browsers[at].captions().last().map(|caption| caption.1), Some("Goodbye."));
}

#[test]
fn a_visitor_talks_to_a_sip_agent() {
    for seed in 0..10 {
        let mut world = World::new(&hotline(&["anna"]), seed);
        let mut anna = Phone::new("10.0.0.21");
        (anna.manner, anna.talks) = (Manner::Answers(SECOND), true);
        let anna = world.add_phone(anna);
        let at = visitor(&mut world, 7);
        world.run_for(4 * SECOND);
        assert!(gets(&world, at, 21) && phone_gets(&world, anna, 107), "seed {seed}");
        assert_eq!(world.browsers[at].talks_with(), Some("anna"));
        assert!(world.browsers[at].keys_asked > 0, "the agent needs a key picture of the visitor");
        let first = world.phones[anna].pictures().next().expect("a picture");
        assert_eq!(first.payload[0] & 0x1F, 7, "seed {seed}: the first picture can be decoded");
        let bridged = world.browsers[at].pictures().find(|frame| frame.data.contains(&21));
        assert!(bridged.expect("bridged").keyframe, "seed {seed}: in both directions");
        world.with_phone(anna, Phone::hang_up);
        assert!(world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()));
        assert_eq!(world.cdrs[0].path.last().map(String::as_str), Some("bye"));
        assert_eq!(world.browsers[at].ended(), Some(Ended::Over));
    }
}

#[test]
fn a_sip_caller_talks_to_a_desk_and_hears_music_until_its_media_flows() {
    for seed in 0..10 {
        let (mut world, desk) = with_desk(seed, &["desk1"], accepts());
        world.browsers[desk].connects_after = Some(2 * SECOND);
        let at = caller(&mut world);
        world.run_for(2 * SECOND);
        assert_eq!(world.browsers[desk].leg, Leg::Agreed);
        let heard = world.phones[at].heard.len();
        world.run_for(SECOND);
        assert!(world.phones[at].heard.len() > heard + 40, "seed {seed}: the music goes on");
        world.run_for(2 * SECOND);
        assert!(gets(&world, desk, 11) && phone_gets(&world, at, 101), "seed {seed}");
        assert_eq!(world.browsers[desk].talks_with(), Some("13800000000"));
        assert!(world.browsers[desk].pictures().next().expect("a picture").keyframe);
        assert!(world.browsers[desk].keys_asked > 0);
        assert_eq!(world.agent_states(1).last(), Some(&AgentState::Talking));
        world.say(desk, FromBrowser::HangUp);
        assert_eq!(world.browsers[desk].ended(), Some(Ended::HungUp));
        assert!(world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()));
        assert_eq!(world.cdrs[0].agent.as_deref(), Some("desk1"));
        assert_eq!(world.cdrs[0].path.last().map(String::as_str), Some("bye"));
        assert_eq!(world.agent_states(1).last(), Some(&AgentState::Ready), "after its wrap-up");
    }
}

#[test]
fn a_visitor_talks_to_a_desk_and_either_side_hangs_up() {
    for agent_first in [false, true] {
        let (mut world, desk) = with_desk(3, &["desk1"], accepts());
        let at = visitor(&mut world, 2);
        world.run_for(4 * SECOND);
        assert!(gets(&world, at, 101) && gets(&world, desk, 102));
        assert_eq!(world.browsers[at].talks_with(), Some("desk1"));
        assert_eq!(world.browsers[desk].talks_with(), Some("Visitor"));
        assert!(world.browsers[at].keys_asked > 0 && world.browsers[desk].keys_asked > 0);
        let (first, other) = if agent_first { (desk, at) } else { (at, desk) };
        world.say(first, FromBrowser::HangUp);
        assert!(world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()));
        assert_eq!(world.browsers[first].ended(), Some(Ended::HungUp));
        assert_eq!(world.browsers[other].ended(), Some(Ended::Over));
        let next = visitor(&mut world, 3);
        world.run_for(5 * SECOND);
        assert!(gets(&world, next, 101), "the desk is free for the next one");
    }
}

#[test]
fn a_desk_that_rejects_or_lets_it_ring_is_followed_by_the_next_agent() {
    for (bad, why) in [(Desk::Rejects(SECOND), StopRinging::Rejected), (Desk::Rings, StopRinging::NoAnswer)] {
        let (mut world, desk) = with_desk(4, &["desk1", "desk2"], bad);
        let second = world.add_browser(Browser { desk: accepts(), ..Browser::new(2) });
        world.sign_in(second, "desk2");
        let at = visitor(&mut world, 3);
        world.run_for(15 * SECOND);
        assert_eq!(world.browsers[desk].stopped(), Some(why));
        assert!(gets(&world, at, 102), "{bad:?}");
        assert_eq!(world.browsers[at].talks_with(), Some("desk2"));
    }
}

#[test]
fn a_desk_lost_while_it_rings_gives_the_caller_to_the_next() {
    let (mut world, desk) = with_desk(5, &["desk1", "desk2"], Desk::Rings);
    let second = world.add_browser(Browser { desk: accepts(), ..Browser::new(2) });
    world.sign_in(second, "desk2");
    let at = caller(&mut world);
    world.run_for(SECOND);
    assert!(matches!(world.browsers[desk].leg, Leg::Ringing(_)));
    world.lose(desk);
    world.run_for(4 * SECOND);
    assert!(phone_gets(&world, at, 102));
    assert_eq!(world.browsers[desk].leg, Leg::None);
}

#[test]
fn the_only_desk_lost_while_it_rings_lets_the_caller_go() {
    let (mut world, desk) = with_desk(6, &["desk1"], Desk::Rings);
    let at = visitor(&mut world, 2);
    world.run_for(SECOND);
    world.lose(desk);
    assert!(world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()));
    assert_eq!(world.cdrs[0].path, ["main", "agent", "bye"]);
    assert_eq!(world.browsers[at].ended(), Some(Ended::Over));
}

#[test]
fn a_desk_lost_in_mid_conversation_lets_the_flow_go_on() {
    let (mut world, desk) = with_desk(7, &["desk1"], accepts());
    let at = visitor(&mut world, 2);
    world.run_for(4 * SECOND);
    assert!(gets(&world, at, 101));
    world.lose(desk);
    assert_eq!(world.browsers[desk].ended(), Some(Ended::Lost));
    assert!(world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()));
    assert_eq!(world.cdrs[0].path, ["main", "agent", "bye"]);
    // A fresh session under the same name serves the next.
    let again = world.add_browser(Browser { desk: accepts(), ..Browser::new(3) });
    world.sign_in(again, "desk1");
    let next = visitor(&mut world, 4);
    world.run_for(5 * SECOND);
    assert!(gets(&world, next, 103));
}

#[test]
fn a_visitor_lost_while_the_desk_rings_or_talks_frees_the_desk() {
    for desk in [Desk::Rings, accepts()] {
        let (mut world, at_desk) = with_desk(8, &["desk1"], desk);
        let at = visitor(&mut world, 2);
        world.run_for(3 * SECOND);
        world.say(at, FromBrowser::Lost);
        assert_eq!(world.cdrs[0].cause, Cause::CallerLost);
        assert_eq!(world.browsers[at_desk].leg, Leg::None);
        match desk {
            Desk::Rings => assert_eq!(world.browsers[at_desk].stopped(), Some(StopRinging::CallerGone)),
            Desk::Accepts(_) | Desk::Rejects(_) => {
                assert_eq!(world.browsers[at_desk].ended(), Some(Ended::Over));
            }
        }
        world.run_for(2 * SECOND);
        assert_eq!(world.agent_states(1).last(), Some(&AgentState::Ready));
    }
}

#[test]
fn media_that_never_flows_ends_the_leg() {
    let mut world = World::new(&hotline(&["anna"]), 9);
    let at = world.visit(Browser { connects_after: None, ..Browser::new(1) }, NUMBER);
    world.run_for(31 * SECOND);
    assert_eq!(world.browsers[at].ended(), Some(Ended::NotConnected));
    assert_eq!(world.cdrs[0].cause, Cause::CallerLost);
    assert_eq!(world.cdrs[0].answered, None);

    let (mut world, desk) = with_desk(9, &["desk1", "desk2"], Desk::Accepts(SECOND));
    world.browsers[desk].connects_after = None;
    let second = world.add_browser(Browser { desk: accepts(), ..Browser::new(2) });
    world.sign_in(second, "desk2");
    let at = caller(&mut world);
    world.run_for(36 * SECOND);
    assert_eq!(world.browsers[desk].stopped(), Some(StopRinging::NotConnected));
    assert!(phone_gets(&world, at, 102), "the other desk was tried");
}

#[test]
fn a_visitor_without_a_camera_is_heard() {
    let (mut world, desk) = with_desk(11, &["desk1"], accepts());
    let at = world.visit(Browser { camera: false, ..Browser::new(2) }, NUMBER);
    world.run_for(SECOND);
    world.press(at, '0');
    world.run_for(3 * SECOND);
    assert!(world.browsers[desk].sounds().last().is_some_and(|frame| frame.data[1] == 102));
    assert!(world.browsers[at].sounds().last().is_some_and(|frame| frame.data[1] == 101));
    assert_eq!(world.browsers[at].pictures().count(), 0);
    assert_eq!(world.browsers[desk].pictures().count(), 0);
}

#[test]
fn a_desk_that_agrees_on_another_sound_is_joined_by_transcoders_both_ways() {
    let (mut world, desk) = with_desk(12, &["desk1", "anna"], accepts());
    let mut other = media(true);
    let alaw = sdp::Payload::media(8, Codec::Pcma, sdp::Parameters::None);
    if let Some(audio) = &mut other.audio {
        (audio.send, audio.receive) = (alaw.clone(), vec![alaw]);
    }
    world.browsers[desk].answers = Some(other);
    let at = visitor(&mut world, 2);
    world.run_for(4 * SECOND);
    let last =
        |at: usize| world.browsers[at].sounds().last().map(|frame| (frame.codec, frame.data.last().copied()));
    assert_eq!(last(at), Some((Codec::Pcmu, Some(101))));
    assert_eq!(last(desk), Some((Codec::Pcma, Some(102))));
    let mut jobs: Vec<_> = world.transcoders.begun.iter().map(|job| (job.from, job.to.codec())).collect();
    jobs.sort_unstable();
    assert_eq!(jobs, [(Codec::Pcmu, Codec::Pcma), (Codec::Pcma, Codec::Pcmu)], "sound alone");
}

#[test]
fn a_camera_that_is_turned_is_turned_back_for_who_cannot_be_told() {
    let (mut world, desk) = with_desk(15, &["desk1", "anna"], accepts());
    let at = visitor(&mut world, 2);
    world.run_for(4 * SECOND);
    assert!(gets(&world, desk, 102));
    assert_eq!(world.transcoders.begun, [], "upright pictures pass");
    world.browsers[at].rotation = media::Rotation::Quarter;
    world.run_for(2 * SECOND);
    let jobs: Vec<_> = world.transcoders.begun.iter().map(|job| (job.from, job.to.codec())).collect();
    assert_eq!(jobs, [(Codec::H264, Codec::H264)], "the visitor's pictures alone, once");
    let before = world.browsers[desk].pictures().count();
    world.run_for(SECOND);
    assert!(world.browsers[desk].pictures().count() > before + 5, "and they go on");
}

#[test]
fn a_loss_in_the_browser_stays_one_and_asks_for_a_key_picture() {
    let (mut world, desk) = with_desk(13, &["desk1"], accepts());
    let at = visitor(&mut world, 2);
    world.run_for(5 * SECOND);
    let asked = world.browsers[at].keys_asked;
    world.browsers[at].loses = true;
    world.run_for(SECOND);
    assert!(world.browsers[desk].pictures().any(|frame| frame.lost_before));
    assert_eq!(world.browsers[at].keys_asked, asked + 1);
    let asked = world.browsers[at].keys_asked;
    world.say(desk, FromBrowser::KeyPictureWanted);
    world.run_for(SECOND);
    assert_eq!(world.browsers[at].keys_asked, asked + 1, "a wish of the desk reaches the visitor");
}

#[test]
fn a_wish_for_a_key_picture_repeats_the_menu() {
    let mut world = World::new(&hotline(&["anna"]), 14);
    let at = world.visit(Browser::new(1), NUMBER);
    world.run_for(SECOND);
    let keys = |world: &World| world.browsers[at].pictures().filter(|frame| frame.keyframe).count();
    let before = keys(&world);
    world.say(at, FromBrowser::KeyPictureWanted);
    world.run_for(Duration::from_millis(100));
    assert_eq!(keys(&world), before + 1);
}

#[test]
fn what_is_refused_and_how() {
    let mut world = World::new(&hotline(&["anna"]), 15);
    let refusal = |world: &World, at: usize| {
        world.browsers[at].words.iter().find_map(|word| match word {
            ToBrowser::Refused { status, retry_after, .. } => Some((*status, retry_after.is_some())),
            _ => None,
        })
    };
    let unknown = world.visit(Browser::new(1), "4711");
    assert_eq!(refusal(&world, unknown), Some((404, false)));
    let silent = world.add_browser(Browser::new(2));
    let word = FromBrowser::Call { number: NUMBER.into(), name: String::new(), media: Default::default() };
    world.say(silent, word);
    assert_eq!(refusal(&world, silent), Some((488, false)));
    let calls: Vec<_> = (3..23).map(|session| world.visit(Browser::new(session), NUMBER)).collect();
    assert!(calls.iter().all(|at| world.browsers[*at].leg == Leg::Agreed));
    let twice = world.browsers[calls[0]].session;
    let word = FromBrowser::Call { number: NUMBER.into(), name: String::new(), media: media(true).into() };
    world.feed(call::Input::Web { session: twice, word });
    assert_eq!(refusal(&world, calls[0]), Some((486, false)));
    let many = world.visit(Browser::new(50), NUMBER);
    assert_eq!(refusal(&world, many), Some((500, true)));
    assert_eq!(world.shard.usage().calls, 20);
    world.feed(call::Input::Drain);
    let late = world.visit(Browser::new(51), NUMBER);
    assert_eq!(refusal(&world, late), Some((503, true)));
    world.feed(call::Input::HangUpAll);
    assert!(calls.iter().all(|at| world.browsers[*at].ended() == Some(Ended::Shutdown)));
    assert_eq!(world.cdrs.len(), 20);
}

#[test]
fn words_that_come_too_late_or_out_of_place_change_nothing() {
    let (mut world, desk) = with_desk(16, &["desk1"], Desk::Rings);
    let at = visitor(&mut world, 2);
    world.run_for(SECOND);
    let Leg::Ringing(call) = world.browsers[desk].leg else { panic!("it rings") };
    let frame = media::Frame::new(Codec::Pcmu, Duration::ZERO, SECOND / 50, true, vec![1; 160].into());
    for word in [
        FromBrowser::Connected,
        FromBrowser::Reject { call: call::CallId(999) },
        FromBrowser::Accept { call: call::CallId(999), media: media(true).into() },
        FromBrowser::Frame { kind: media::Kind::Audio, frame },
        FromBrowser::KeyPictureWanted,
    ] {
        world.say(desk, word);
        assert_eq!(world.browsers[desk].leg, Leg::Ringing(call));
    }
    world.say(at, FromBrowser::Connected);
    world.say(at, FromBrowser::Reject { call });
    world.say(at, FromBrowser::Accept { call, media: media(true).into() });
    assert_eq!(world.browsers[at].leg, Leg::Up);
    for word in [FromBrowser::Connected, FromBrowser::HangUp, FromBrowser::Lost] {
        world.feed(call::Input::Web { session: call::web::SessionId(99), word });
    }
    assert_eq!(world.shard.usage().calls, 1);
}

#[test]
fn a_fault_in_one_call_tells_its_browsers_and_leaves_the_others() {
    for desk in [Desk::Rings, accepts()] {
        let (mut world, at_desk) = with_desk(17, &["desk1"], desk);
        let at = visitor(&mut world, 2);
        world.run_for(3 * SECOND);
        let other = world.visit(Browser::new(3), NUMBER);
        world.run_for(SECOND);
        world.shard.plant_panic();
        world.run_for(SECOND);
        assert_eq!(world.browsers[at].ended(), Some(Ended::Fault));
        assert_eq!(world.browsers[at_desk].leg, Leg::None);
        assert_eq!(world.cdrs[0].cause, Cause::Fault);
        assert_eq!(world.browsers[other].leg, Leg::Up);
        world.run_for(3 * SECOND);
        assert_eq!(world.agent_states(1).last(), Some(&AgentState::Ready), "the desk is free again");
    }
}

#[test]
fn a_list_of_live_calls_can_be_kept() {
    let (mut world, _) = with_desk(18, &["desk1"], accepts());
    let at = visitor(&mut world, 2);
    world.run_for(4 * SECOND);
    world.say(at, FromBrowser::HangUp);
    let told: Vec<String> = world
        .live
        .iter()
        .map(|word| match word {
            Live::Began { caller, called, flow, .. } => format!("{caller:?} {called} {flow}"),
            Live::Node { node, .. } => node.clone(),
            Live::Agent { agent, .. } => format!("agent {agent:?}"),
            Live::Ended { .. } => "ended".into(),
        })
        .collect();
    let began = "Some(\"Visitor\") 1008621 hotline";
    assert_eq!(told, [began, "main", "agent", "agent Some(\"desk1\")", "agent None", "ended"]);
}

#[test]
fn a_second_desk_under_the_same_name_is_refused_until_the_first_is_lost() {
    let (mut world, desk) = with_desk(19, &["desk1"], accepts());
    let second = world.add_browser(Browser { desk: accepts(), ..Browser::new(2) });
    world.sign_in(second, "desk1");
    assert_eq!(world.not_signed_in, [(2, acd::NotSignedIn::Taken)]);
    world.lose(desk);
    world.sign_in(second, "desk1");
    let at = visitor(&mut world, 3);
    world.run_for(3 * SECOND);
    assert!(gets(&world, at, 102));
}

#[test]
fn a_desk_that_hangs_up_or_loses_its_leg_before_it_is_joined_gives_the_caller_back() {
    for word in [FromBrowser::HangUp, FromBrowser::Lost] {
        for accepted in [false, true] {
            let (mut world, desk) = with_desk(20, &["desk1", "anna"], Desk::Rings);
            world.browsers[desk].connects_after = None;
            if accepted {
                world.browsers[desk].desk = Desk::Accepts(SECOND / 2);
            }
            let mut anna = Phone::new("10.0.0.21");
            (anna.manner, anna.talks) = (Manner::Answers(SECOND), true);
            world.add_phone(anna);
            let at = visitor(&mut world, 2);
            world.run_for(SECOND);
            assert_eq!(world.browsers[desk].leg == Leg::Agreed, accepted);
            // The session itself stays signed in: the pool hears of it by the call alone.
            world.say(desk, word.clone());
            assert!(world.browsers[desk].stopped().is_some(), "{word:?} accepted {accepted}");
            world.run_for(3 * SECOND);
            assert!(gets(&world, at, 21), "{word:?} accepted {accepted}");
        }
    }
}
