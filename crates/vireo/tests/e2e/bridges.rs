//! Telephones of every codec pair call the hotline, see and hear its menu, and are bridged to agents of every other
//! pair: both cards, both tones and keys arrive.
//!
//! The agents are SIP telephones or, where the gateway calls them over a circuit, 3G phones. Figures of skew and gaps are printed and not judged, since an unoptimised gateway shares the machine with all other tests.

use std::time::Duration;

use emulator::Model;

use crate::common::bridge::{Desk, Side, Talk};
use crate::common::say;
use crate::common::slides::Deck;
use crate::common::sound::{AUDIBLE, loudness};

/// Structural similarity from which on a card was received, through two lossy codecs and a scaler; another card comes to
/// less than 0.5.
const ALIKE: f64 = 0.8;
/// As for all other phones.
const SLIDE_ALIKE: f64 = 0.9;
/// Amplitude from which on a tone was received, of the 8000 that it was sent with.
const TONE: f64 = 4_000.0;
/// The whole machine may be busy.
const LIMIT: Duration = Duration::from_secs(60);
/// Long enough for some beats, from which skew is taken.
const CONVERSATION: Duration = Duration::from_secs(9);

const AGENTS: [Model; 3] = [Model::PcmuH264, Model::AmrH263, Model::OpusVp8];
/// An agent's phone is offered MPEG-4 only where the caller has it.
const AGENTS_WITH_MPEG4: [Model; 4] = [Model::PcmuH264, Model::AmrH263, Model::OpusVp8, Model::AmrMpeg4];

/// The caller sees the demo's menu, in the format that it has, and hears it.
fn sees_and_hears_the_menu(desk: &Desk, talk: &mut Talk) {
    talk.until("a picture", LIMIT, |talk| talk.picture(Side::Caller).is_some());
    let size = talk.picture(Side::Caller).expect("one has come").size;
    let deck = Deck::draw(&desk.demo.service, size);
    let menu = deck.find("menu.svg", "请按键");
    talk.until("the menu", LIMIT, |talk| {
        talk.picture(Side::Caller).is_some_and(|seen| deck.likeness(menu, seen) >= SLIDE_ALIKE)
    });
    let seen = talk.picture(Side::Caller).expect("one has come");
    let (other, less) = deck.best_other(menu, seen);
    assert!(less < deck.likeness(menu, seen), "the menu is as much like {other:?}: {less:.3}");
    talk.until("speech", LIMIT, |talk| {
        loudness(talk.record(Side::Caller).newest_sound(Duration::from_secs(1))) > AUDIBLE
    });
}

/// Presses 0 and is connected; both see, hear, and are told keys.
fn talks(talk: &mut Talk, models: [Model; 2]) {
    let name = models.map(Model::name).join(" to ");
    talk.press(Side::Caller, '0');
    talk.until("the agent to answer", LIMIT, |talk| talk.is_up(Side::Agent));
    talk.begin_anew();
    for side in Side::BOTH {
        talk.until(&format!("{name}: the other's card at the {side:?}"), LIMIT, |talk| {
            talk.likeness(side) >= ALIKE
        });
        talk.until(&format!("{name}: the other's tone at the {side:?}"), LIMIT, |talk| {
            talk.tone(side) >= TONE
        });
    }
    let first = Side::BOTH.map(|side| talk.record(side).first_picture().unwrap_or_default());
    talk.begin_anew();
    talk.within(CONVERSATION, |_| false);
    for side in Side::BOTH {
        let (card, tone) = (talk.likeness(side), talk.tone(side));
        assert!(card >= ALIKE && tone >= TONE, "{name}: it did not last; {}", talk.tell());
        let own = talk.record(side).likeness(side.card());
        assert!(own < 0.5, "{name}: the {side:?} sees itself: {own:.3}");
    }
    for (side, key) in [(Side::Caller, '5'), (Side::Agent, '7')] {
        talk.press(side, key);
        talk.until(&format!("{name}: key {key}"), LIMIT, |talk| {
            talk.record(side.other()).keys() == key.to_string()
        });
    }
    say(&format!("{name}: first pictures {first:?} after the answer\n  {}", talk.tell()));
}

fn is_bridged_to(caller: Model, agents: &[Model]) {
    let desk = Desk::start(&format!("bridges-{caller}"));
    is_bridged_at(&desk, caller, agents);
}

fn is_bridged_to_3g_phones(caller: Model) {
    let desk = Desk::for_3g_agents(&format!("bridges-{caller}-3g"));
    is_bridged_at(&desk, caller, &[Model::ThreeGH263, Model::ThreeGMpeg4]);
}

fn is_bridged_at(desk: &Desk, caller: Model, agents: &[Model]) {
    for (turn, &agent) in agents.iter().enumerate() {
        let models = [caller, agent];
        let mut talk = Talk::begin(desk, models);
        if turn == 0 {
            sees_and_hears_the_menu(desk, &mut talk);
        } else {
            talk.until("something to see", LIMIT, |talk| talk.picture(Side::Caller).is_some());
        }
        talks(&mut talk, models);
        talk.hang_up();
    }
}

#[test]
fn a_3g_phone_with_h263_is_bridged_to_every_agent() {
    is_bridged_to(Model::ThreeGH263, &AGENTS);
}

#[test]
fn a_3g_phone_with_mpeg4_is_bridged_to_every_agent() {
    is_bridged_to(Model::ThreeGMpeg4, &AGENTS_WITH_MPEG4);
}

#[test]
fn a_telephone_with_g711_and_h264_is_bridged_to_every_agent() {
    is_bridged_to(Model::PcmuH264, &AGENTS);
}

#[test]
fn a_telephone_with_amr_and_h263_is_bridged_to_every_agent() {
    is_bridged_to(Model::AmrH263, &AGENTS);
}

#[test]
fn a_telephone_with_opus_and_vp8_is_bridged_to_every_agent() {
    is_bridged_to(Model::OpusVp8, &AGENTS);
}

#[test]
fn a_telephone_with_amr_and_mpeg4_is_bridged_to_every_agent() {
    is_bridged_to(Model::AmrMpeg4, &AGENTS);
}

#[test]
fn a_3g_phone_with_h263_is_bridged_to_3g_phones() {
    is_bridged_to_3g_phones(Model::ThreeGH263);
}

#[test]
fn a_3g_phone_with_mpeg4_is_bridged_to_3g_phones() {
    is_bridged_to_3g_phones(Model::ThreeGMpeg4);
}

#[test]
fn a_telephone_with_g711_and_h264_is_bridged_to_3g_phones() {
    is_bridged_to_3g_phones(Model::PcmuH264);
}

#[test]
fn a_telephone_with_amr_and_h263_is_bridged_to_3g_phones() {
    is_bridged_to_3g_phones(Model::AmrH263);
}

#[test]
fn a_telephone_with_opus_and_vp8_is_bridged_to_3g_phones() {
    is_bridged_to_3g_phones(Model::OpusVp8);
}

#[test]
fn telephones_with_wide_band_sound_and_newer_h263_are_bridged() {
    is_bridged_to(Model::G722H263p, &[Model::AmrWbH263, Model::PcmuH264]);
}
