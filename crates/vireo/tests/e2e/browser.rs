//! Calls from a web page and to a desk in another tab, by headless Chromium.

use std::fs;
use std::time::Duration;

use media::{Codec, Picture, Size};
use serde_json::{Value, json};

use crate::common::Lab;
use crate::common::baresip::{Phone, Setup};
use crate::common::browser::{Browser, assert_plays, lab, shots};
use crate::common::gateway::{AGENT_PORT, Gateway};
use crate::common::picture::{Pattern, read_snapshot};
use crate::common::slides::Deck;
use crate::common::sound::{AUDIBLE, loudness};
use crate::common::wait;

/// One scenario, on two busy cores.
const LIMIT: Duration = Duration::from_secs(120);
/// From here on two pictures count as the same.
const ALIKE: f64 = 0.9;

fn text<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, at: &str) -> f64 {
    value.pointer(at).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {at}: {value}"))
}

fn nothing(value: &Value, list: &str) {
    assert_eq!(value[list].as_array().map(Vec::len), Some(0), "{list}: {value}");
}

#[test]
fn every_page_loads_from_its_own_host_and_fits_a_phone() {
    let Some(lab) = lab("browser-pages", &[]) else { return };
    let _gateway = Gateway::start(&lab);
    let out = shots();
    let seen = Browser::run(&lab, "pages", &["--out", out.to_str().expect("UTF-8")], LIMIT);
    for list in ["errors", "foreign", "wide", "serious"] {
        nothing(&seen, list);
    }
    assert_eq!(seen["shots"].as_array().map(Vec::len), Some(20), "ten pages, wide and narrow");
    println!("the largest page with all its files: {} octets", seen["bytes"]);
    assert!(number(&seen, "/bytes") < 200_000.0);
}

#[test]
fn the_drawing_tells_who_is_where_and_what_callers_did_today() {
    let Some(lab) = lab("browser-dialplans", &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let out = shots();
    let args = ["--out", out.to_str().expect("UTF-8")];
    let seen = Browser::run(&lab, "dialplans", &args, LIMIT);
    assert_eq!(seen["now"], json!({ "calls": "1", "all": 1 }), "{seen}");
    assert_eq!(seen["today"], json!({ "welcome": "→ 1", "main": "→ 1", "balance": "→ 1 · ✕ 1" }), "{seen}");
    assert_eq!(seen["gone"], true);
    nothing(&seen, "errors");
    gateway.assert_alive();
}

#[test]
fn the_wallboard_tells_who_waits_and_talks_and_what_was_achieved() {
    let Some(lab) = lab("browser-wallboard", &[]) else { return };
    let mut gateway = Gateway::with(&lab, |queues| {
        queues.replace("agents: [desk1, desk2, agent1, agent2]", "agents: [desk1, desk2]")
    });
    let out = shots();
    let args = ["--out", out.to_str().expect("UTF-8")];
    let seen = Browser::run(&lab, "wallboard", &args, LIMIT);
    let tiles = |when: &str| seen[when]["tiles"].clone();
    // Waiting, longest wait, in time, satisfied, self-service, gave up.
    assert_eq!(tiles("idle"), json!(["0", "–", "–", "–", "–", "–"]), "{seen}");
    assert_eq!(seen["idle"]["states"]["signed_out"], 2, "{seen}");
    assert_eq!(tiles("waiting")[0], "1", "{seen}");
    assert_eq!(seen["waiting"]["states"]["ringing"], 1, "{seen}");
    assert_eq!((&tiles("talking")[0], &tiles("talking")[2]), (&json!("0"), &json!("100.0 %")), "{seen}");
    assert_eq!(tiles("after"), json!(["0", "–", "100.0 %", "–", "0.0 %", "0.0 %"]), "{seen}");
    assert_eq!(seen["after"]["queues"][0][3], "100.0 %", "{seen}");
    assert!(number(&seen, "/after/pixels") >= 48.0, "digits for a room: {seen}");
    nothing(&seen, "errors");
    gateway.assert_alive();
}

#[test]
fn a_desk_answers_by_itself_and_tells_the_callers_way() {
    let Some(lab) = lab("browser-answers-itself", &[]) else { return };
    let mut gateway = Gateway::with(&lab, |queues| {
        queues.replace("desk1: { browser: true", "desk1: { browser: true, auto_answer: true")
    });
    let out = shots();
    let seen = Browser::run(&lab, "answers-itself", &["--out", out.to_str().expect("UTF-8")], LIMIT);
    assert_eq!(seen["way"], json!(["welcome", "main", "balance", "agent"]), "{seen}");
    assert_plays(&seen["plays"], "the agent");
    nothing(&seen, "errors");
    gateway.assert_alive();
}

/// What `vireo audit` prints.
fn audit_of(lab: &Lab) -> String {
    let audit = std::process::Command::new(env!("CARGO_BIN_EXE_vireo"))
        .args(["audit", "--data"])
        .arg(lab.dir.join("data"))
        .output()
        .expect("it was built");
    String::from_utf8_lossy(&audit.stdout).into_owned()
}

#[test]
fn a_supervisor_takes_an_agent_off_says_so_and_closes_the_queue() {
    let Some(lab) = lab("browser-supervisor", &[]) else { return };
    let mut gateway = Gateway::with(&lab, |queues| {
        queues.replace("agents: [desk1, desk2, agent1, agent2]", "agents: [desk1, desk2]")
    });
    let out = shots();
    let seen = Browser::run(&lab, "supervisor", &["--out", out.to_str().expect("UTF-8")], LIMIT);
    assert_eq!(text(&seen, "/off"), "not_ready");
    assert!(text(&seen, "/heard").ends_with("Line 2 is down"), "{seen}");
    assert_eq!(text(&seen, "/deaf"), "not_ready", "an agent whose microphone is lost");
    assert_eq!(
        (text(&seen, "/rang"), text(&seen, "/waiting")),
        ("ready", "0"),
        "a closed queue takes nobody"
    );
    nothing(&seen, "errors");
    let audit = audit_of(&lab);
    for deed in
        ["desk1: not ready: fire drill", "desk1: ready", "video-general: closed", "video-general: open"]
    {
        assert!(audit.contains(deed), "{deed}: {audit}");
    }
    gateway.assert_alive();
}

#[test]
fn an_agent_checks_the_equipment_speaks_of_a_conversation_and_is_shielded() {
    let Some(lab) = lab("browser-work", &[]) else { return };
    let mut gateway = Gateway::with(&lab, |queues| {
        queues
            .replace("agents: [desk1, desk2, agent1, agent2]", "agents: [desk1, desk2]")
            .replace("wrap_up: 5s", "wrap_up: 5s\n    wrap_up_codes: [balance, roaming]")
    });
    let out = shots();
    let seen = Browser::run(&lab, "work", &["--out", out.to_str().expect("UTF-8")], LIMIT);
    assert!(number(&seen, "/checked") > -45.0, "the level of the microphone: {seen}");
    let colour = |which: &str| {
        let part = |at: usize| number(&seen, &format!("/{which}/{at}"));
        (part(0), part(1), part(2))
    };
    let (red, green, blue) = colour("own");
    assert!(red > 150.0 && green < 90.0 && blue < 90.0, "the caller sees the agent's own picture: {seen}");
    let (red, green, _) = colour("camera");
    assert!(red < 200.0 || green > 60.0, "and then the camera again: {seen}");
    assert!(text(&seen, "/asked").ends_with("Which country do you go to?"), "{seen}");
    assert!(text(&seen, "/answered").ends_with("新加坡 0159"), "{seen}");
    assert_eq!(seen["snap"], json!({ "status": 200, "type": "image/jpeg", "width": 352 }), "{seen}");
    assert_eq!(text(&seen, "/rests"), "not_ready", "an agent who was insulted rests");
    assert!(text(&seen, "/alert").contains("desk1"), "{seen}");
    let said = seen["said"].as_array().expect("words");
    assert!(said.contains(&json!("roaming")) && said.contains(&json!("咨询")), "words of the note: {seen}");
    nothing(&seen, "errors");
    gateway.assert_alive();
}

#[test]
fn a_supervisor_listens_whispers_joins_in_and_takes_over() {
    let Some(lab) = lab("browser-supervises", &[]) else { return };
    let mut gateway = Gateway::with(&lab, |queues| {
        queues.replace("agents: [desk1, desk2, agent1, agent2]", "agents: [desk1, desk2]")
    });
    let out = shots();
    let args = ["--source", "test", "--out", out.to_str().expect("UTF-8")];
    let seen = Browser::run(&lab, "supervises", &args, LIMIT);
    let heard = |part: &str| {
        let part = &seen[part];
        (part["at_visitor"].clone(), part["at_clerk"].clone(), part["at_lead"].clone())
    };
    let both = json!(["phone", "desk"]);
    let monitor = (json!(["desk"]), json!(["phone"]), both.clone());
    assert_eq!(heard("listens"), monitor, "{seen}");
    assert_eq!(heard("whispers"), (json!(["desk"]), json!(["phone", "lead"]), both.clone()), "{seen}");
    assert_eq!(heard("joins"), (json!(["desk", "lead"]), json!(["phone", "lead"]), both), "{seen}");
    assert_eq!(heard("again"), monitor, "{seen}");
    assert_eq!(seen["alone"]["at_visitor"], json!(["lead"]), "{seen}");
    assert_eq!(seen["alone"]["at_lead"], json!(["phone"]), "{seen}");
    // The agent's test picture has more red than blue, the supervisor's more blue than green.
    let is_lead = |part: &str| {
        let colour = |at: usize| number(&seen, &format!("/{part}/face/{at}"));
        colour(2) > colour(1)
    };
    assert_eq!(
        ["listens", "whispers", "joins", "again", "alone"].map(is_lead),
        [false, false, true, false, true],
        "{seen}"
    );
    assert_eq!(seen["told"], json!({ "kind": "ended", "why": "a supervisor has taken over" }), "{seen}");
    nothing(&seen, "errors");
    let audit = audit_of(&lab);
    for deed in [": monitor", "whisper", "barge in", "take over"] {
        assert!(audit.contains(deed), "{deed}: {audit}");
    }
    gateway.assert_alive();
}

#[test]
fn visitor_agent_and_supervisor_need_no_mouse() {
    let Some(lab) = lab("browser-keyboard", &[]) else { return };
    let mut gateway = Gateway::with(&lab, |queues| {
        queues
            .replace("agents: [desk1, desk2, agent1, agent2]", "agents: [desk1, desk2]")
            .replace("wrap_up: 5s", "wrap_up: 5s\n    wrap_up_codes: [balance, roaming]")
    });
    let seen = Browser::run(&lab, "keyboard", &[], LIMIT);
    assert!(text(&seen, "/read").ends_with("c is a letter here, 1 2 3"), "{seen}");
    assert_eq!(seen["curtain"], true, "what is typed into a field is no key of the desk: {seen}");
    nothing(&seen, "errors");
    gateway.assert_alive();
}

#[test]
fn a_visitor_sees_the_menu_and_the_page_behind_key_1() {
    let Some(lab) = lab("browser-menu", &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let deck = Deck::draw(&gateway.service, Size::CIF);
    let slide = |template: &str, title: &str| {
        let file = lab.dir.join(format!("{template}.png"));
        deck.save(deck.find(template, title), &file);
        file.to_str().expect("UTF-8").to_owned()
    };
    let (menu, page) = (slide("menu.svg", "请按键"), slide("page.svg", "话费余额"));
    let out = shots();
    let args = ["--slide", &menu, "--next", &page, "--out", out.to_str().expect("UTF-8")];
    let seen = Browser::run(&lab, "menu", &args, LIMIT);
    println!("click to first picture: {} ms", seen["timing"]["picture"]);
    assert!(number(&seen, "/first/ssim") >= ALIKE, "{seen}");
    assert!(number(&seen, "/second/ssim") >= ALIKE, "{seen}");
    assert_plays(&seen["plays"], "the visitor");
    assert!(text(&seen, "/caption/text").contains('1'), "the keys are said in the caption: {seen}");
    assert_ne!(seen["caption"]["node"], seen["next_caption"]["node"]);
    assert_eq!(text(&seen, "/over/kind"), "hung_up");
    nothing(&seen, "errors");
    gateway.assert_alive();
}

fn visitor_and_desk_talk(test: &str, ends: &str) {
    let Some(lab) = lab(test, &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let out = shots();
    let args = ["--hang-up", ends, "--out", out.to_str().expect("UTF-8")];
    let seen = Browser::run(&lab, "agent", &args, LIMIT);
    println!("answer to both pictures: {} ms", seen["joined"]["both"]);
    assert_plays(&seen["visitor_plays"], "the visitor");
    assert_plays(&seen["agent_plays"], "the agent");
    nothing(&seen, "errors");
    gateway.assert_alive();
    assert!(gateway.stop().success());
}

#[test]
fn visitor_and_desk_see_and_hear_each_other_until_the_visitor_hangs_up() {
    visitor_and_desk_talk("browser-agent-phone", "phone");
}

#[test]
fn visitor_and_desk_see_and_hear_each_other_until_the_agent_hangs_up() {
    visitor_and_desk_talk("browser-agent-desk", "desk");
}

#[test]
fn an_agent_hides_shows_holds_and_hands_on() {
    let Some(lab) = lab("browser-conduct", &[]) else { return };
    let mut gateway = Gateway::with_shelf(&lab);
    let deck = Deck::draw(&gateway.service, Size::CIF);
    let slide = |title: &str, name: &str| {
        let file = lab.dir.join(name);
        deck.save(deck.find("title.svg", title), &file);
        file.to_str().expect("UTF-8").to_owned()
    };
    let (plate, page) = (slide("客服 0041", "plate.png"), slide("上网设置", "page.png"));
    let out = shots();
    let args = ["--plate", &plate, "--page", &page, "--out", out.to_str().expect("UTF-8")];
    let seen = Browser::run(&lab, "conduct", &args, LIMIT);
    for shown in ["/coming_on/ssim", "/curtain/ssim", "/page/ssim"] {
        assert!(number(&seen, shown) >= ALIKE, "{shown}: {seen}");
    }
    assert!(number(&seen, "/back/ssim") < ALIKE, "the camera is back: {seen}");
    assert_plays(&seen["camera"], "the visitor");
    assert!(number(&seen, "/behind/level") > 0.001, "the agent is heard behind the curtain: {seen}");
    assert_eq!((number(&seen, "/held/pictures"), number(&seen, "/held/packets")), (0.0, 0.0), "{seen}");
    assert_plays(&seen["resumed"]["visitor"], "the visitor after the hold");
    assert_plays(&seen["resumed"]["clerk"], "the agent after the hold");
    assert_plays(&seen["handed"]["expert"], "the second agent");
    assert!(["wrap_up", "ready"].contains(&text(&seen, "/handed/clerk")), "{seen}");
    nothing(&seen, "errors");
    gateway.assert_alive();
}

#[test]
fn a_desk_that_is_closed_while_it_rings_gives_the_call_to_the_next() {
    let Some(lab) = lab("browser-closed-ringing", &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let seen = Browser::run(&lab, "desk-closed-ringing", &[], LIMIT);
    assert_plays(&seen["plays"], "the visitor");
    gateway.assert_alive();
}

#[test]
fn a_desk_that_is_closed_while_it_talks_leaves_no_caller_and_no_agent_stuck() {
    let Some(lab) = lab("browser-closed-talking", &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let seen = Browser::run(&lab, "desk-closed-talking", &[], LIMIT);
    assert_eq!(seen["signed_in_again"], true);
    // A closed tab says so; only a socket that breaks is waited for, for ten seconds.
    assert!(number(&seen, "/noticed") < 8_000.0, "{seen}");
    assert_eq!(seen["after"]["with"], Value::Null, "{seen}");
    let live = text(&seen, "/after/phase") == "live";
    assert!(!live || seen["plays"]["black"] == false, "a caller who stays sees something: {seen}");
    gateway.assert_alive();
}

#[test]
fn a_web_socket_that_is_cut_for_three_seconds_costs_no_call() {
    let Some(lab) = lab("browser-cut", &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let seen = Browser::run(&lab, "cut", &["--seconds", "3"], LIMIT);
    assert_plays(&seen["during"]["plays"], "the visitor, cut off,");
    assert_plays(&seen["plays"], "the visitor, back again,");
    assert_eq!(text(&seen, "/phone/phase"), "live", "{seen}");
    assert_ne!(seen["phone"]["with"], Value::Null, "{seen}");
    assert_eq!(text(&seen, "/desk/mode"), "talking", "{seen}");
    println!("both links open again after {} ms", seen["mended"]);
    gateway.assert_alive();
}

#[test]
fn a_page_that_is_loaded_anew_keeps_its_call_at_the_menu_and_in_conversation() {
    let Some(lab) = lab("browser-reload", &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let deck = Deck::draw(&gateway.service, Size::CIF);
    let menu = lab.dir.join("menu.png");
    deck.save(deck.find("menu.svg", "请按键"), &menu);
    let out = shots();
    let (menu, out) = (menu.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    // A microphone may be heard before anybody has touched the page; a made tone may not.
    let args = ["--slide", menu, "--desk", "camera", "--out", out];
    let seen = Browser::run(&lab, "reload", &args, LIMIT);
    assert!(number(&seen, "/menu/shows/ssim") >= ALIKE, "{seen}");
    assert_plays(&seen["menu"]["plays"], "the visitor, back at the menu,");
    for (who, at) in [("the visitor", "visitor"), ("the agent", "desk")] {
        assert_plays(&seen["after_desk"][at], &format!("{who}, after the desk was loaded anew,"));
        assert_plays(&seen["after_phone"][at], &format!("{who}, after the phone was loaded anew,"));
    }
    assert_eq!(text(&seen, "/desk/agent"), "desk1", "{seen}");
    assert_eq!(text(&seen, "/desk/mode"), "talking", "{seen}");
    nothing(&seen, "errors");
    gateway.assert_alive();
}

#[test]
fn of_two_desks_that_press_at_once_exactly_one_talks() {
    let Some(lab) = lab("browser-race", &[]) else { return };
    let mut gateway = Gateway::with(&lab, |text| text.replace("wrap_up: 5s", "wrap_up: 1s"));
    let seen = Browser::run(&lab, "race", &["--calls", "3"], LIMIT);
    let rounds = seen["rounds"].as_array().expect("a list");
    assert_eq!(rounds.len(), 3);
    assert!(rounds.iter().all(|round| round["talking"] == 1), "{seen}");
    gateway.assert_alive();
}

#[test]
fn times_to_the_first_picture_are_printed() {
    let Some(lab) = lab("browser-timings", &[]) else { return };
    let mut gateway = Gateway::with(&lab, |text| text.replace("wrap_up: 5s", "wrap_up: 1s"));
    let seen = Browser::run(&lab, "timings", &["--calls", "10", "--answers", "3"], LIMIT);
    println!("click to first picture: {}", seen["picture"]);
    println!("its steps (medians): {}", seen["medians"]);
    println!("answer to both pictures: {}", seen["both"]);
    let times = shots().join("timings.json");
    fs::write(times, format!("{seen:#}\n")).expect("the target folder is writable");
    assert_eq!(number(&seen, "/picture/n"), 10.0);
    gateway.assert_alive();
}

/// Chromium's fake camera is a moving shape on green, its fake microphone beeps once a second.
fn sees_and_hears_a_browser(phone: &mut Phone) {
    let spread = wait::within(Duration::from_secs(5), || {
        let seen = phone.picture();
        let darkest = seen.y.iter().min()?;
        let brightest = seen.y.iter().max()?;
        (brightest - darkest > 60).then_some(())
    });
    assert!(spread.is_some(), "the phone's screen is blank");
    phone.wait_to_hear("the browser's beep", Duration::from_secs(5), |pcm| loudness(pcm) > AUDIBLE);
}

fn setup(name: &'static str, port: u16, pattern: Pattern, answers: bool) -> Setup {
    Setup {
        name,
        port,
        sound: Codec::Pcmu,
        codec: Codec::H264,
        size: Size::CIF,
        pattern,
        tone_hz: 500.0,
        answers,
    }
}

fn a_phone_is_answered_at_the_desk(test: &str, caller: &Setup) {
    let Some(lab) = lab(test, &["baresip"]) else { return };
    let mut gateway = Gateway::start(&lab);
    let out = shots();
    let mut desk =
        Browser::start(&lab, "desk", &["--hang-up", "desk", "--out", out.to_str().expect("UTF-8")]);
    desk.wait_for("ready", LIMIT);
    let mut phone = Phone::start(&lab, caller);
    phone.call(&gateway.hotline());
    phone.press('0');
    desk.wait_for("talking", LIMIT);
    sees_and_hears_a_browser(&mut phone);
    let seen = desk.result(LIMIT);
    assert_plays(&seen["plays"], "the agent");
    // The caller is thanked when the agent has hung up.
    phone.wait_for("CALL_CLOSED");
    gateway.assert_alive();
}

#[test]
fn a_sip_phone_is_answered_at_the_desk() {
    a_phone_is_answered_at_the_desk("browser-desk-baresip", &setup("caller", 5090, Pattern::Upright, false));
}

#[test]
fn phones_of_mobile_networks_are_answered_at_the_desk() {
    for (test, sound) in [("browser-desk-amr", Codec::Amr), ("browser-desk-amr-wb", Codec::AmrWb)] {
        let plain = setup("caller", 5090, Pattern::Upright, false);
        let mobile = Setup { sound, codec: Codec::H263, size: Size::QCIF, ..plain };
        a_phone_is_answered_at_the_desk(test, &mobile);
    }
}

/// Whether a caption is drawn upon a picture: a bright line across it with a dark band below.
fn has_band(seen: &Picture) -> bool {
    let width = usize::from(seen.size.width);
    let rows: Vec<&[u8]> = seen.y.chunks(width).collect();
    let share = |row: &[u8], fits: &dyn Fn(u8) -> bool| {
        row.iter().filter(|luma| fits(**luma)).count() as f64 / width as f64
    };
    (rows.len() / 2..rows.len() - 12).any(|at| {
        share(rows[at], &|luma| luma > 130) > 0.95
            && share(rows[at + 4], &|luma| luma < 70) > 0.95
            && rows[at + 6..].iter().any(|row| share(row, &|luma| luma > 180) > 0.05)
    })
}

#[test]
fn a_3g_phone_is_answered_at_the_desk() {
    let Some(lab) = lab("browser-desk-3g", &[]) else { return };
    // Without a plate, whose picture stands still: to the phone the call would have come to its end.
    let mut gateway =
        Gateway::with(&lab, |queues| queues + "shelf: { help: { slide: title.svg, title: main_title } }\n");
    let deck = Deck::draw(&gateway.service, Size::QCIF);
    let out = shots();
    let written = "请把手机卡对准镜头, please";
    let args =
        ["--hang-up", "desk", "--write", written, "--show", "help", "--out", out.to_str().expect("UTF-8")];
    let mut desk = Browser::start(&lab, "desk", &args);
    desk.wait_for("ready", LIMIT);
    let seen_by_phone = lab.dir.join("seen");
    let (hotline, folder) = (gateway.hotline(), seen_by_phone.to_str().expect("UTF-8").to_owned());
    let words = [
        "call",
        "--3g",
        &hotline,
        "--keys",
        "0,5,5,5",
        "--seconds",
        "90",
        "--out",
        &folder,
        "--every-picture",
    ];
    let log = lab.dir.join("call.log");
    let mut phone = lab.net.start(&lab.dir, &log, env!("CARGO_BIN_EXE_vireo"), &words);
    desk.wait_for("talking", LIMIT);
    let seen = desk.result(LIMIT);
    assert_plays(&seen["plays"], "the agent");
    let ended = wait::within(LIMIT, || phone.exited());
    println!("{}", phone.output());
    assert!(ended.is_some(), "the phone's call ends with the agent's");
    let folder = seen_by_phone.join("pictures");
    let files = fs::read_dir(&folder).expect("pictures").map(|file| file.expect("a file").path());
    let pictures: Vec<_> = files.filter_map(|file| Some((read_snapshot(&file)?, file))).collect();
    let page = deck.find("title.svg", "请按键");
    let best = pictures.iter().map(|(seen, _)| deck.likeness(page, seen)).fold(0.0, f64::max);
    assert!(best > 0.85, "what the agent shows is seen on the phone: {best}");
    let captioned: Vec<_> = pictures.iter().filter(|(seen, _)| has_band(seen)).collect();
    if let Some((_, file)) = captioned.get(captioned.len() / 2) {
        fs::copy(file, out.join("3g-caption.png")).expect("a copy");
    }
    assert!(captioned.len() > 10, "what the agent writes is seen: {} of {}", captioned.len(), pictures.len());
    assert!(captioned.len() < pictures.len() * 3 / 4, "and goes again");
    gateway.assert_alive();
}

#[test]
fn a_visitor_is_answered_by_a_sip_phone() {
    let Some(lab) = lab("browser-phone-baresip", &["baresip"]) else { return };
    let mut gateway = Gateway::start(&lab);
    let mut agent = Phone::start(&lab, &setup("agent1", AGENT_PORT, Pattern::Level, true));
    let mut visitor = Browser::start(&lab, "phone", &["--hang-up", "phone"]);
    agent.wait_for("CALL_ESTABLISHED");
    visitor.wait_for("talking", LIMIT);
    sees_and_hears_a_browser(&mut agent);
    let seen = visitor.result(LIMIT);
    assert_plays(&seen["plays"], "the visitor");
    agent.wait_for("CALL_CLOSED");
    gateway.assert_alive();
}
