//! Transcoders of a call from beginning to end: none outlives its use, none works for nobody, and a call goes on
//! without one that fails. Modes of AMR through them.

use std::sync::{Arc, Mutex};

use call::CallId;
use media::{Codec, Kind};
use sdp::Direction;

use crate::live::Got;
use crate::pairs::{MS, Party, SECOND, Scene, Type};
use crate::phone::Phone;

const G711: Type = Type::Phone(Codec::Pcmu, Codec::H264);
const AMR: Type = Type::Phone(Codec::Amr, Codec::H263);

fn phone(party: Party) -> usize {
    let Party::Phone(at) = party else { panic!("a phone") };
    at
}

fn running(scene: &Scene) -> usize {
    scene.world.transcoders.running.len()
}

#[test]
fn a_fault_in_one_call_ends_its_transcoders_and_no_others() {
    let mut scene = Scene::talking(AMR, [G711; 2], 1);
    let gateway = scene.world.gateway();
    let other = scene.world.add_phone(Phone::of("10.0.0.12", 13, Codec::Amr, Codec::H263));
    scene.world.with_phone(other, |phone, now| phone.call(now, "1008621", gateway, None));
    scene.world.run_for(SECOND);
    scene.world.with_phone(other, |phone, _| phone.press('0'));
    scene.world.run_for(4 * SECOND);
    assert_eq!(running(&scene), 8, "four for each call");
    scene.world.shard.plant_panic();
    scene.world.run_for(SECOND);
    let left: Vec<_> = scene.world.transcoders.running.keys().map(|id| id.call).collect();
    assert_eq!(left, [CallId(2); 4]);
    assert_eq!(scene.world.shard.usage().faults, 1);
    scene.world.with_phone(other, Phone::hang_up);
    scene.world.run_for(SECOND);
    assert_eq!(running(&scene), 0);
}

#[test]
fn whoever_hangs_up_all_transcoders_end() {
    for of_caller in [true, false] {
        let mut scene = Scene::talking(AMR, [G711; 2], 2);
        assert_eq!(running(&scene), 4);
        let party = if of_caller { scene.caller } else { scene.agent };
        scene.hang_up(party);
        scene.world.run_for(200 * MS);
        assert_eq!(running(&scene), 0, "of the caller: {of_caller}");
    }
}

/// Keeps what is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Text<'a>(&'a mut String);

impl tracing::field::Visit for Text<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = format!("{} ", event.metadata().level());
        event.record(&mut Text(&mut text));
        self.0.lock().unwrap().push(text);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_transcoder_that_fails_leaves_the_call_with_what_is_left_and_says_why() {
    let log = Log::default();
    let vp8 = Type::Phone(Codec::Pcmu, Codec::Vp8);
    let mut scene = tracing::subscriber::with_default(log.clone(), || {
        let mut scene = Scene::menu(G711, [vp8; 2], 3, |world| world.transcoders.broken = true);
        scene.put_through();
        scene.world.run_for(2 * SECOND);
        scene
    });
    let said =
        |line: &String| line.starts_with("WARN") && line.contains("no such codec") && line.contains("Video");
    assert!(log.0.lock().unwrap().iter().any(said), "{:?}", log.0.lock().unwrap());
    let now = scene.world.now().mono;
    scene.world.run_for(SECOND);
    for party in [scene.caller, scene.agent] {
        let Got { pictures, sounds } = scene.got(party, now);
        assert!(pictures.is_empty() && sounds.len() > 40, "they hear each other");
    }
    // The next change brings back what can be had.
    let since = scene.world.now().mono;
    let agent = phone(scene.agent);
    scene.world.with_phone(agent, |phone, now| phone.change_codecs(now, Codec::Pcmu, Codec::H264));
    scene.judge("with codecs that pass", since);
}

#[test]
fn nothing_is_transcoded_for_a_party_that_does_not_listen() {
    for direction in [Direction::SendOnly, Direction::Inactive] {
        let mut scene = Scene::talking(AMR, [G711; 2], 4);
        let caller = phone(scene.caller);
        scene.world.with_phone(caller, |phone, now| phone.reinvite(now, direction));
        scene.world.run_for(SECOND);
        let taken = |scene: &Scene| -> Vec<u32> {
            let for_caller = |codec| matches!(codec, Codec::Amr | Codec::H263);
            let running = scene.world.transcoders.running.values();
            running.filter(|one| for_caller(one.job.to.codec())).map(|one| one.taken).collect()
        };
        let before = taken(&scene);
        scene.world.run_for(SECOND);
        assert_eq!(before.len(), 2);
        assert_eq!(taken(&scene), before, "{direction:?}");
        let since = scene.world.now().mono;
        scene.world.with_phone(caller, |phone, now| phone.reinvite(now, Direction::SendRecv));
        scene.judge("after the hold", since);
        assert!(taken(&scene).iter().zip(&before).all(|(now, before)| now > before));
    }
}

/// The mode of the sound that the caller heard last.
fn heard_mode(scene: &Scene) -> Option<u8> {
    let lines = scene.world.phones[phone(scene.caller)].lines.as_ref().expect("its lines");
    let last = lines.frames.iter().rev().find(|(_, frame)| frame.codec.kind() == Kind::Audio);
    last.and_then(|(_, frame)| media::amr::mode(&frame.data))
}

#[test]
fn a_mode_that_is_asked_for_is_asked_of_the_transcoder_not_of_a_source_without_modes() {
    for agent in [G711, Type::Phone(Codec::Opus, Codec::H263)] {
        let mut scene = Scene::talking(AMR, [agent; 2], 5);
        assert_eq!(heard_mode(&scene), Some(7));
        for mode in [Some(2), Some(0), None] {
            let caller = phone(scene.caller);
            scene.world.phones[caller].lines().ask_for_mode(mode);
            scene.world.run_for(SECOND / 2);
            assert_eq!(heard_mode(&scene), Some(mode.unwrap_or(7)), "{agent:?}");
        }
        assert_eq!(scene.world.phones[phone(scene.agent)].lines().mode, None);
    }
}

#[test]
fn a_mode_that_is_asked_for_is_asked_of_a_source_that_has_it() {
    let mut scene = Scene::talking(AMR, [AMR; 2], 6);
    assert_eq!(running(&scene), 0);
    let (caller, agent) = (phone(scene.caller), phone(scene.agent));
    scene.world.phones[caller].lines().ask_for_mode(Some(4));
    scene.world.run_for(SECOND / 2);
    assert_eq!(scene.world.phones[agent].lines().mode, Some(4));
    assert_eq!(heard_mode(&scene), Some(4));
}

#[test]
fn a_change_of_pictures_leaves_the_transcoders_of_sound_alone_whatever_mode_was_asked_for() {
    let mut scene = Scene::talking(AMR, [G711; 2], 7);
    let caller = phone(scene.caller);
    scene.world.phones[caller].lines().ask_for_mode(Some(2));
    scene.world.run_for(SECOND / 2);
    let sounds = |scene: &Scene| {
        let begun = scene.world.transcoders.begun.iter();
        begun.filter(|job| job.kind() == Kind::Audio).count()
    };
    assert_eq!(sounds(&scene), 2);
    scene.world.with_phone(caller, |phone, now| phone.change_codecs(now, Codec::Amr, Codec::H264));
    scene.world.run_for(SECOND);
    assert_eq!(sounds(&scene), 2);
    assert_eq!(heard_mode(&scene), Some(2));
}
