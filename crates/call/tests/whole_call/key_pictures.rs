//! Key pictures in a conversation: lost ones, wishes for them by whatever way they come, and codecs and cameras
//! that change in mid-call; with frames that pass unchanged and with transcoders between.

use std::time::{Duration, Instant};

use media::{Codec, Kind};

use crate::pairs::{MS, Party, SECOND, Scene, Type};
use crate::phone::Feedback;

const H264: Type = Type::Phone(Codec::Pcmu, Codec::H264);
const VP8: Type = Type::Phone(Codec::Pcmu, Codec::Vp8);

/// What a source that was asked has to be asked again for.
const ASKED_AGAIN: Duration = Duration::from_millis(700);

/// Shortest time between two key pictures on request.
const EVERY: Duration = Duration::from_millis(500);

fn phone(party: Party) -> usize {
    let Party::Phone(at) = party else { panic!("a phone") };
    at
}

/// How often a party was asked for a key picture since then.
fn asked(scene: &Scene, party: Party, since: Instant) -> usize {
    let asked = match party {
        Party::Phone(at) => match (&scene.world.phones[at].lines, &scene.world.phones[at].handset) {
            (Some(lines), _) => &lines.asked,
            (None, Some(handset)) => &handset.asked,
            (None, None) => panic!("a phone with media"),
        },
        Party::Page(at) => &scene.world.browsers[at].asked,
    };
    asked.iter().filter(|at| **at >= since).count()
}

/// Wishes that the transcoders of pictures were told.
fn wishes(scene: &Scene) -> u32 {
    let pictures = scene.world.transcoders.running.values().filter(|one| one.job.kind() == Kind::Video);
    pictures.map(|one| one.wishes).sum()
}

fn transcoders(scene: &Scene, kind: Kind) -> usize {
    scene.world.transcoders.running.values().filter(|one| one.job.kind() == kind).count()
}

#[test]
fn a_key_picture_that_is_lost_before_the_gateway_is_asked_for_again() {
    for (seed, agent) in [H264, VP8].into_iter().enumerate() {
        let mut scene = Scene::menu(H264, [agent; 2], seed as u64, |_| {});
        scene.world.phones[phone(scene.caller)].lines().lose_keys = 1;
        let answered = scene.put_through();
        scene.world.run_for(3 * SECOND);
        assert_eq!(scene.world.phones[phone(scene.caller)].lines().lose_keys, 0, "it was lost");
        let got = scene.got(scene.agent, answered);
        let took = got.first_picture().expect("a picture") - answered;
        assert!(took > 300 * MS && took < 600 * MS + ASKED_AGAIN, "{agent:?}: {took:?}");
        assert_eq!(got.smears(), 0, "{agent:?}");
    }
}

#[test]
fn a_key_picture_that_is_lost_behind_the_gateway_comes_again_when_it_is_missed() {
    for (seed, agent) in [H264, VP8].into_iter().enumerate() {
        let mut scene = Scene::menu(H264, [agent; 2], seed as u64, |world| {
            for phone in world.phones.iter_mut().take(2) {
                phone.lines().lose_pictures = 1;
                phone.lines().asks = true;
            }
        });
        let answered = scene.put_through();
        scene.world.run_for(3 * SECOND);
        let got = scene.got(scene.agent, answered);
        let took = got.first_picture().expect("a picture") - answered;
        assert!(took < 600 * MS + EVERY, "{agent:?}: {took:?}");
        let first = got.pictures.iter().position(|(.., good)| *good).expect("a picture");
        assert!(got.pictures[first..].iter().all(|(.., good)| *good), "{agent:?}: it is well from then on");
    }
}

#[test]
fn a_loss_before_a_transcoder_is_made_good_and_its_stream_goes_on() {
    let mut scene = Scene::talking(H264, [VP8; 2], 3);
    let (caller, since) = (scene.caller, scene.world.now().mono);
    scene.world.phones[phone(caller)].lines().lose_deltas = 1;
    scene.world.run_for(2 * SECOND);
    assert_eq!(asked(&scene, caller, since), 1, "the source is asked once");
    let got = scene.got(scene.agent, since);
    assert_eq!((got.smears(), got.keys()), (0, 0), "what comes out is whole");
    assert!(got.pictures.len() >= 22, "{} pictures of 25", got.pictures.len());
}

/// The receivers, and two sources for each: one whose frames pass unchanged, one that is transcoded.
fn receivers() -> Vec<(Type, Feedback, [Type; 2])> {
    let h263 = Type::Phone(Codec::Amr, Codec::H263);
    let desks = [Type::Page(Codec::Pcmu, Codec::H264), VP8];
    vec![
        (H264, Feedback::Pli, [H264, VP8]),
        (H264, Feedback::Fir, [H264, VP8]),
        (H264, Feedback::Info, [H264, VP8]),
        (Type::Page(Codec::Pcmu, Codec::H264), Feedback::Pli, desks),
        (Type::Circuit(Codec::H263), Feedback::Pli, [h263, VP8]),
    ]
}

/// The caller, who talks, asks for a key picture.
fn ask(scene: &mut Scene, feedback: Feedback) {
    match scene.caller {
        Party::Page(at) => scene.world.say(at, call::web::FromBrowser::KeyPictureWanted),
        Party::Phone(at) => scene.world.with_phone(at, |phone, now| match (&phone.terminal, feedback) {
            (Some(_), _) => phone.tell(now, h324m::Input::KeyPictureWanted),
            (None, Feedback::Info) => phone.ask_by_info(now),
            (None, Feedback::Pli | Feedback::Fir) => assert!(phone.lines().ask(now)),
        }),
    }
}

fn asking(receiver: Type, feedback: Feedback, source: Type) -> Scene {
    let mut scene = Scene::menu(receiver, [source; 2], 5, |world| {
        world.phones.iter_mut().for_each(|phone| phone.feedback = feedback);
    });
    scene.put_through();
    scene.world.run_for(3 * SECOND);
    scene
}

#[test]
fn a_wish_by_any_way_brings_one_key_picture() {
    for (receiver, feedback, sources) in receivers() {
        for (source, transcoded) in sources.into_iter().zip([false, true]) {
            let about = format!("{receiver:?} {feedback:?} {source:?}");
            let mut scene = asking(receiver, feedback, source);
            assert_eq!(transcoders(&scene, Kind::Video), if transcoded { 2 } else { 0 }, "{about}");
            let (since, before) = (scene.world.now().mono, wishes(&scene));
            ask(&mut scene, feedback);
            scene.world.run_for(2 * SECOND);
            let got = scene.got(scene.caller, since);
            assert_eq!((got.keys(), got.smears()), (1, 0), "{about}");
            let key = got.pictures.iter().find(|(_, frame, _)| frame.keyframe).expect("a key picture");
            assert!(key.0 - since < 600 * MS + 400 * MS, "{about}: {:?}", key.0 - since);
            let told = (wishes(&scene) - before, asked(&scene, scene.agent, since));
            assert_eq!(told, if transcoded { (1, 0) } else { (0, 1) }, "{about}: transcoder and source");
        }
    }
}

#[test]
fn a_storm_of_wishes_brings_few_key_pictures() {
    for (receiver, feedback, sources) in receivers() {
        for source in sources {
            let about = format!("{receiver:?} {feedback:?} {source:?}");
            let mut scene = asking(receiver, feedback, source);
            let since = scene.world.now().mono;
            for _ in 0..200 {
                match scene.caller {
                    Party::Phone(at) if receiver == H264 && feedback == Feedback::Pli => {
                        scene.world.with_phone(at, |phone, _| phone.ask_at_once());
                    }
                    Party::Phone(_) | Party::Page(_) => ask(&mut scene, feedback),
                }
                scene.world.run_for(10 * MS);
            }
            scene.world.run_for(SECOND);
            let got = scene.got(scene.caller, since);
            assert!((2..=5).contains(&got.keys()), "{about}: {} key pictures in two seconds", got.keys());
            assert!(asked(&scene, scene.agent, since) <= 5, "{about}");
        }
    }
}

#[test]
fn a_change_of_codecs_in_mid_call_decides_anew() {
    for of_caller in [true, false] {
        let mut scene = Scene::talking(H264, [H264; 2], 7);
        let party = if of_caller { scene.caller } else { scene.agent };
        assert_eq!(scene.world.transcoders.begun.len(), 0, "all passes");
        // Codecs of one side, and transcoders of sound and of pictures that they need.
        let steps = [
            (Codec::Pcmu, Codec::H263, 0, 2),
            (Codec::Amr, Codec::H263, 2, 2),
            (Codec::Amr, Codec::Vp8, 2, 2),
            (Codec::Amr, Codec::H264, 2, 0),
            (Codec::Pcmu, Codec::H264, 0, 0),
        ];
        for (sound, pictures, of_sound, of_pictures) in steps {
            let what = format!("after a change to {sound} and {pictures}");
            let since = scene.world.now().mono;
            scene.world.with_phone(phone(party), |phone, now| phone.change_codecs(now, sound, pictures));
            scene.judge(&what, since);
            let running = [Kind::Audio, Kind::Video].map(|kind| transcoders(&scene, kind));
            assert_eq!(running, [of_sound, of_pictures], "{what}");
            let got = scene.got(party, since + SECOND);
            assert!(got.pictures.iter().all(|(_, frame, _)| frame.codec == pictures), "{what}");
            assert!(got.sounds.iter().all(|(_, frame)| frame.codec == sound), "{what}");
        }
    }
}

#[test]
fn a_camera_that_is_switched_off_and_on_ends_and_begins_its_transcoders() {
    for (seed, agent) in [H264, VP8].into_iter().enumerate() {
        for of_caller in [true, false] {
            let mut scene = Scene::talking(H264, [agent; 2], seed as u64);
            let party = if of_caller { scene.caller } else { scene.agent };
            let before = transcoders(&scene, Kind::Video);
            scene.world.with_phone(phone(party), |phone, now| phone.set_camera(now, false));
            scene.world.run_for(SECOND);
            assert_eq!(transcoders(&scene, Kind::Video), 0, "{agent:?} {of_caller}: nobody needs them");
            let dark = scene.world.now().mono;
            scene.world.run_for(SECOND / 2);
            let other = if of_caller { scene.agent } else { scene.caller };
            assert!(scene.got(other, dark).pictures.is_empty());
            assert!(scene.got(other, dark).sounds.len() > 20, "they hear each other all the time");
            let since = scene.world.now().mono;
            scene.world.with_phone(phone(party), |phone, now| phone.set_camera(now, true));
            scene.judge("after the camera is on again", since);
            assert_eq!(transcoders(&scene, Kind::Video), before);
        }
    }
}
