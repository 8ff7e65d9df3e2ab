//! Calls by baresip: what is seen and heard, keys, and the way to a second baresip as the agent.

use std::time::Duration;

use media::{Codec, Picture, Size};

use crate::common::baresip::{Phone, Setup};
use crate::common::gateway::{AGENT_PORT, Gateway};
use crate::common::picture::{Pattern, draw, ssim};
use crate::common::prompts::Prompts;
use crate::common::slides::Deck;
use crate::common::sound::{AUDIBLE, loudness, tone_share};
use crate::common::{Lab, wait};

/// A slide must be seen within this time of the 200 or of the key.
const SEEN_LIMIT: Duration = Duration::from_secs(3);
/// The other's tone must be clear within this time. A decoder of Opus that goes over from a prompt to a steady tone may
/// ring for some seconds.
const TONE_LIMIT: Duration = Duration::from_secs(12);
/// The demo's time for a key, and a little more.
const SAID_AGAIN_AFTER: Duration = Duration::from_secs(8);
/// From here on two pictures count as the same.
const ALIKE: f64 = 0.9;
/// From here on a prompt counts as heard. A recording on another grid than the prompt's comes to 0.88
/// and more, with a few packets lost; the same voice saying something else to 0.8 and less.
const HEARD: f64 = 0.85;
/// So much less must every other prompt be found in the same recording.
const HEARD_APART: f64 = 0.1;

/// Titles of the demo's slides, as its Chinese texts have them.
const WELCOME: (&str, &str) = ("title.svg", "视频客服");
const MENU: (&str, &str) = ("menu.svg", "请按键");
/// What is said with them: the welcome, the menu's first sentence, and the page behind key 1.
const WELCOME_SAID: &str = "zh-CN/welcome";
const MENU_SAID: &str = "zh-CN/press_1_balance";
const BALANCE_SAID: &str = "zh-CN/您的话费余额是五十八元二角，剩余流量十二点六G。";

/// What a telephone has: its only codecs of sound and pictures, and the size of the latter.
#[derive(Clone, Copy, Debug)]
struct Kit(Codec, Codec, Size);

/// Of this gateway's own kind, of 3GPP's narrow and wide band, and of browsers.
const PLAIN: Kit = Kit(Codec::Pcmu, Codec::H264, Size::CIF);
const MOBILE: Kit = Kit(Codec::Amr, Codec::H263, Size::QCIF);
const WIDE: Kit = Kit(Codec::AmrWb, Codec::H263, Size::QCIF);
const OPEN: Kit = Kit(Codec::Opus, Codec::Vp8, Size::CIF);

fn caller(Kit(sound, codec, size): Kit) -> Setup {
    Setup {
        name: "caller",
        port: 5090,
        sound,
        codec,
        size,
        pattern: Pattern::Upright,
        tone_hz: 500.0,
        answers: false,
    }
}

fn agent(Kit(sound, codec, size): Kit) -> Setup {
    Setup {
        name: "agent1",
        port: AGENT_PORT,
        sound,
        codec,
        size,
        pattern: Pattern::Level,
        tone_hz: 900.0,
        answers: true,
    }
}

/// Waits until `phone` shows slide `index`, then checks that it is like no other.
fn sees(phone: &mut Phone, deck: &Deck, index: usize, limit: Duration) {
    let mut last = 0.0;
    let seen: Option<Picture> = wait::within(limit, || {
        let seen = phone.picture();
        last = deck.likeness(index, &seen);
        (last >= ALIKE).then_some(seen)
    });
    let seen = seen.unwrap_or_else(|| panic!("slide {index} was not seen within {limit:?}: SSIM {last:.3}"));
    let (other, likeness) = deck.best_other(index, &seen);
    assert!(likeness < last, "as much like {other:?}: {likeness:.3} against {last:.3}");
}

/// Waits until the whole prompt `name` has been heard since sample `from`; answers the sound since then.
fn hears(phone: &Phone, prompts: &Prompts, name: &str, from: usize) -> Vec<i16> {
    let (prompt, mut likeness) = (prompts.find(name), 0.0);
    // A page says it again to a caller who presses nothing: what a busy machine garbled once may come whole then.
    let heard = wait::within(2 * SEEN_LIMIT + SAID_AGAIN_AFTER + 2 * prompt.length, || {
        let heard = phone.heard().split_off(from);
        likeness = prompt.likeness(&heard);
        (likeness >= HEARD).then_some(heard)
    });
    heard.unwrap_or_else(|| panic!("{name} was not heard: likeness {likeness:.3}"))
}

/// Checks that no prompt but `name` can be made out in `heard`.
fn is_no_other(prompts: &Prompts, name: &str, heard: &[i16]) {
    let prompt = prompts.find(name);
    let (likeness, (other, less)) = (prompt.likeness(heard), prompts.best_other(prompt, heard));
    println!("{name}: {likeness:.3}, {other}: {less:.3}");
    assert!(less <= likeness - HEARD_APART, "as much like {other}: {less:.3} against {likeness:.3}");
}

/// To the page behind key 1 and back; answers the prompts with the sound in which each was heard.
fn walk(phone: &mut Phone, deck: &Deck, prompts: &Prompts) -> [(&'static str, Vec<i16>); 4] {
    sees(phone, deck, deck.find(WELCOME.0, WELCOME.1), SEEN_LIMIT);
    phone.wait_to_hear("the welcome", SEEN_LIMIT, |pcm| loudness(pcm) > AUDIBLE);
    let welcome = hears(phone, prompts, WELCOME_SAID, 0);
    // The welcome is spoken before the menu comes.
    sees(phone, deck, deck.find(MENU.0, MENU.1), Duration::from_secs(10));
    let menu = hears(phone, prompts, MENU_SAID, welcome.len());
    let before = phone.heard().len();
    phone.press('1');
    sees(phone, deck, deck.find("page.svg", "话费余额"), SEEN_LIMIT);
    phone.wait_to_hear("the balance", SEEN_LIMIT, |pcm| loudness(pcm) > AUDIBLE);
    assert!(phone.heard().len() > before);
    let balance = hears(phone, prompts, BALANCE_SAID, before);
    let before = phone.heard().len();
    phone.press('9');
    sees(phone, deck, deck.find(MENU.0, MENU.1), SEEN_LIMIT);
    let again = hears(phone, prompts, MENU_SAID, before);
    [(WELCOME_SAID, welcome), (MENU_SAID, menu), (BALANCE_SAID, balance), (MENU_SAID, again)]
}

fn a_caller_walks_the_menu(test: &str, kit: Kit) {
    let Some(lab) = Lab::new(test, &["baresip"]) else { return };
    let mut gateway = Gateway::start(&lab);
    let deck = Deck::draw(&gateway.service, kit.2);
    let prompts = Prompts::load(&gateway.service);
    let mut phone = Phone::start(&lab, &caller(kit));
    phone.call(&gateway.hotline());
    let said = walk(&mut phone, &deck, &prompts);
    phone.hang_up();
    gateway.assert_alive();
    assert!(gateway.stop().success());
    // Not during the call: it takes seconds, and a menu waits for a key no longer than it says.
    said.iter().for_each(|(name, heard)| is_no_other(&prompts, name, heard));
}

#[test]
fn a_caller_with_h264_cif_walks_the_menu() {
    a_caller_walks_the_menu("baresip-menu-h264", PLAIN);
}

#[test]
fn a_caller_with_h263_qcif_walks_the_menu() {
    a_caller_walks_the_menu("baresip-menu-h263", Kit(Codec::Pcmu, Codec::H263, Size::QCIF));
}

#[test]
fn a_caller_with_amr_and_h263_walks_the_menu() {
    a_caller_walks_the_menu("baresip-menu-amr", MOBILE);
}

#[test]
fn a_caller_with_amr_wb_and_h263_walks_the_menu() {
    a_caller_walks_the_menu("baresip-menu-amr-wb", WIDE);
}

#[test]
fn a_caller_with_opus_and_vp8_walks_the_menu() {
    a_caller_walks_the_menu("baresip-menu-opus", OPEN);
}

/// Calls, presses 0 and waits until both see and hear each other.
fn talk(gateway: &Gateway, caller: &mut Phone, agent: &mut Phone, sizes: [Size; 2]) {
    caller.call(&gateway.hotline());
    // During the welcome already: the menu behind it takes the key.
    caller.press('0');
    agent.wait_for("CALL_ESTABLISHED");
    let patterns = [Pattern::Level, Pattern::Upright];
    for ((phone, pattern), size) in [&mut *caller, &mut *agent].into_iter().zip(patterns).zip(sizes) {
        let shown = draw(pattern, size);
        let mut last = 0.0;
        let seen = wait::within(Duration::from_secs(10), || {
            let seen = phone.picture();
            // What was made smaller on its way is shown as it came.
            let shown = if seen.size == size { shown.clone() } else { draw(pattern, seen.size) };
            last = ssim(&seen, &shown);
            (last >= ALIKE).then_some(())
        });
        assert!(seen.is_some(), "the other's picture at {}: SSIM {last:.3}", phone.uri());
    }
    caller.wait_to_hear("the agent's tone", TONE_LIMIT, |pcm| tone_share(pcm, 900.0) > 0.9);
    agent.wait_to_hear("the caller's tone", TONE_LIMIT, |pcm| tone_share(pcm, 500.0) > 0.9);
}

fn caller_and_agent_talk(test: &str, [theirs, ours]: [Kit; 2], agent_ends: bool) {
    let Some(lab) = Lab::new(test, &["baresip"]) else { return };
    let first_only = |queues: String| queues.replace("[desk1, desk2, agent1, agent2]", "[agent1]");
    let mut gateway = Gateway::with(&lab, first_only);
    let mut agent = Phone::start(&lab, &agent(ours));
    let mut caller = Phone::start(&lab, &caller(theirs));
    talk(&gateway, &mut caller, &mut agent, [theirs.2, ours.2]);
    // Keys go from end to end, too.
    caller.press('7');
    wait::until("a key at the agent's", Duration::from_secs(5), || {
        agent.output().contains("event: '7' (end=1)").then_some(())
    });
    if agent_ends {
        agent.hang_up();
        // The caller is thanked, then the gateway hangs up.
        caller.wait_for("CALL_CLOSED");
    } else {
        caller.hang_up();
        agent.wait_for("CALL_CLOSED");
    }
    gateway.assert_alive();
}

#[test]
fn caller_and_agent_see_and_hear_each_other_in_h264_until_the_caller_hangs_up() {
    caller_and_agent_talk("baresip-agent-h264", [PLAIN; 2], false);
}

#[test]
fn caller_and_agent_see_and_hear_each_other_in_h263_until_the_agent_hangs_up() {
    caller_and_agent_talk("baresip-agent-h263", [Kit(Codec::Pcmu, Codec::H263, Size::QCIF); 2], true);
}

#[test]
fn plain_and_mobile_telephones_see_and_hear_each_other() {
    caller_and_agent_talk("baresip-plain-mobile", [PLAIN, MOBILE], false);
    caller_and_agent_talk("baresip-mobile-plain", [MOBILE, PLAIN], true);
}

#[test]
fn mobile_telephones_and_those_of_browsers_kind_see_and_hear_each_other() {
    caller_and_agent_talk("baresip-mobile-open", [MOBILE, OPEN], false);
    caller_and_agent_talk("baresip-open-mobile", [OPEN, MOBILE], true);
}

#[test]
fn plain_telephones_and_those_of_browsers_kind_see_and_hear_each_other() {
    caller_and_agent_talk("baresip-plain-open", [PLAIN, OPEN], true);
    caller_and_agent_talk("baresip-open-plain", [OPEN, PLAIN], false);
}

#[test]
fn wide_band_telephones_see_and_hear_the_others() {
    caller_and_agent_talk("baresip-wide-plain", [WIDE, PLAIN], true);
    caller_and_agent_talk("baresip-open-wide", [OPEN, WIDE], false);
}

#[test]
fn an_agents_telephone_registers_and_takes_calls_until_it_says_goodbye() {
    let Some(lab) = Lab::new("baresip-registered", &["baresip"]) else { return };
    let mut gateway = Gateway::with(&lab, |queues| {
        let mut text = String::new();
        for line in queues.replace("[desk1, desk2, agent1, agent2]", "[agent1, agent2]").lines() {
            text += match line.trim_start().split(':').next() {
                Some("agent1") => "  agent1: { registers: { password: \"${AGENT1_PASSWORD:-s3cret}\" } }",
                Some("agent2") => "  agent2: { registers: { password: \"${AGENT2_PASSWORD:-other}\" } }",
                _ => line,
            };
            text.push('\n');
        }
        text
    });
    // Not where the demo calls its agents: it says itself where it is.
    let mut agent = Phone::registering(&lab, &Setup { port: 5080, ..agent(PLAIN) }, "s3cret");
    // It may have registered before anybody listens to its events.
    let registered = |phone: &Phone| phone.output().contains("[1 binding]").then_some(());
    wait::until("the registration", Duration::from_secs(20), || registered(&agent));
    let guesses = Setup { name: "agent2", port: 5084, ..self::agent(PLAIN) };
    let stranger = Phone::registering(&lab, &guesses, "guess");
    wait::until("a refusal", Duration::from_secs(20), || {
        gateway.output().contains("somebody registers with a wrong name or password").then_some(())
    });
    assert!(registered(&stranger).is_none());
    let mut caller = Phone::start(&lab, &caller(PLAIN));
    talk(&gateway, &mut caller, &mut agent, [PLAIN.2; 2]);
    caller.hang_up();
    agent.wait_for("CALL_CLOSED");
    agent.quit();
    wait::until("the end of the registration", Duration::from_secs(5), || {
        gateway.output().contains("its telephone is not registered any more").then_some(())
    });
    gateway.assert_alive();
}
