//! Calls of real browsers over networks that lose packets, break, or lead by a relay; and with a service that
//! changes meanwhile. Datagrams are dropped inside the lab's own namespace.

use std::time::Duration;

use media::Size;
use serde_json::Value;

use crate::common::browser::{Browser, assert_plays, lab};
use crate::common::gateway::Gateway;
use crate::common::slides::Deck;
use crate::common::{ADDRESS, Lab, wait};

/// One scenario, on two busy cores.
const LIMIT: Duration = Duration::from_secs(150);
/// Every datagram.
const ALL: u32 = 100;

fn number(value: &Value, at: &str) -> f64 {
    value.pointer(at).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {at}: {value}"))
}

fn text<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

/// A lab whose network can be made bad.
fn weather(test: &str) -> Option<Lab> {
    lab(test, &["nft"])
}

#[test]
fn media_that_comes_back_within_ten_seconds_keeps_the_call_by_an_ice_restart() {
    let Some(lab) = weather("network-restart") else { return };
    let mut gateway = Gateway::start(&lab);
    let mut visitor = Browser::start(&lab, "outage", &[]);
    visitor.wait_for("up", LIMIT);
    lab.net.lose_udp(ALL);
    visitor.wait_for("interrupted", LIMIT);
    lab.net.lose_udp(0);
    let seen = visitor.result(LIMIT);
    println!("media again {} ms after the network", seen["took"]);
    assert_eq!(text(&seen, "/state/phase"), "live", "{seen}");
    assert!(seen["before"]["user"].is_string() && seen["before"]["user"] != seen["after"]["user"], "{seen}");
    assert_plays(&seen["plays"], "the visitor, back again,");
    gateway.assert_alive();
}

#[test]
fn media_that_stays_away_ends_the_call_after_ten_seconds() {
    let Some(lab) = weather("network-outage") else { return };
    let mut gateway = Gateway::start(&lab);
    let mut visitor = Browser::start(&lab, "outage", &[]);
    visitor.wait_for("up", LIMIT);
    lab.net.lose_udp(ALL);
    let seen = visitor.result(LIMIT);
    println!("ended {} ms after the page noticed", seen["took"]);
    assert_eq!(text(&seen, "/state/phase"), "idle", "{seen}");
    assert!(text(&seen, "/state/over/why").contains("lost"), "{seen}");
    // The page may notice some seconds before the gateway, whose ten seconds begin when it is told or notices.
    assert!((7_000.0..16_000.0).contains(&number(&seen, "/took")), "{seen}");
    gateway.assert_alive();
}

#[test]
fn a_call_whose_media_never_comes_ends_after_twenty_seconds_with_a_reason() {
    let Some(lab) = weather("network-no-media") else { return };
    let mut gateway = Gateway::start(&lab);
    lab.net.lose_udp(ALL);
    let seen = Browser::run(&lab, "no-media", &[], LIMIT);
    assert!((19_000.0..26_000.0).contains(&number(&seen, "/ms")), "{seen}");
    assert!(text(&seen, "/state/over/why").contains("media connection"), "{seen}");
    gateway.assert_alive();
}

#[test]
fn a_talk_goes_on_while_five_packets_of_a_hundred_are_lost() {
    let Some(lab) = weather("network-loss") else { return };
    let mut gateway = Gateway::start(&lab);
    let mut browser = Browser::start(&lab, "loss", &["--seconds", "10"]);
    browser.wait_for("joined", LIMIT);
    lab.net.lose_udp(5);
    browser.wait_for("enough", LIMIT);
    lab.net.lose_udp(0);
    let seen = browser.result(LIMIT);
    for (index, who) in ["the visitor", "the agent"].into_iter().enumerate() {
        let (during, after) = (&seen["during"][index], &seen["after"][index]);
        assert_plays(during, who);
        assert_plays(after, who);
        println!("{who}: {} pictures and {} packets of sound in 10 s", during["pictures"], during["packets"]);
        // Some 500 packets are sent, 475 arrive; asking again brings pictures at a good half of their rate at least.
        assert!(number(during, "/packets") > 400.0, "{who} hears gaps: {during}");
        assert!(number(during, "/pictures") > 40.0, "{who} sees a frozen picture: {during}");
        assert!(number(after, "/pictures") > 20.0, "{who}'s picture recovers: {after}");
    }
    assert_ne!(seen["state"]["with"], Value::Null, "{seen}");
    gateway.assert_alive();
}

#[test]
fn a_browsers_call_keeps_its_version_of_the_service_and_the_next_has_the_new_one() {
    let Some(lab) = lab("network-edited", &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let mut browser = Browser::start(&lab, "edited", &[]);
    browser.wait_for("shown", LIMIT);
    gateway.edit("dialplans/hotline.yaml", |flow| {
        assert!(flow.contains("58.20"), "what the balance is");
        flow.replace("58.20", "77.70")
    });
    let seen = browser.result(LIMIT);
    assert!(text(&seen, "/before").contains("五十八元二角"), "{seen}");
    assert_eq!(seen["before"], seen["same"]);
    assert!(text(&seen, "/next").contains("七十七元七角"), "{seen}");
    assert_plays(&seen["plays"], "who called before");
    assert_plays(&seen["next_plays"], "who called after");
    gateway.assert_alive();
}

#[test]
fn a_visitor_with_sound_alone_hears_the_menu_and_is_answered_at_the_desk() {
    let Some(lab) = lab("network-sound", &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let seen = Browser::run(&lab, "sound", &[], LIMIT);
    for (heard, who) in [("menu", "the menu"), ("talk", "the agent"), ("at_desk", "the visitor")] {
        assert!(number(&seen[heard], "/packets") > 100.0, "{who} is not heard: {seen}");
        assert!(number(&seen[heard], "/level") > 0.0005, "{who} is silent: {seen}");
    }
    assert_eq!(seen["ring"]["video"], false, "the desk is told: {seen}");
    gateway.assert_alive();
}

#[test]
fn a_page_by_https_of_another_address_calls_too() {
    let Some(lab) = lab("network-https", &[]) else { return };
    let mut gateway = Gateway::for_all(&lab);
    let deck = Deck::draw(&gateway.service, Size::CIF);
    let menu = lab.dir.join("menu.png");
    deck.save(deck.find("menu.svg", "请按键"), &menu);
    let pages = format!("https://{ADDRESS}:8080");
    let args = ["--slide", menu.to_str().expect("UTF-8")];
    let seen = Browser::start_at(&lab, &pages, "menu", &args).result(LIMIT);
    assert!(number(&seen, "/first/ssim") >= 0.9, "{seen}");
    assert_plays(&seen["plays"], "the visitor");
    assert_eq!(text(&seen, "/over/kind"), "hung_up");
    gateway.assert_alive();
}

#[test]
fn a_browser_that_is_reached_by_a_relay_alone_sees_the_menu() {
    let Some(lab) = lab("network-relay", &["turnserver"]) else { return };
    let log = lab.dir.join("turnserver.log");
    let words = [
        "-n",
        "--listening-ip",
        ADDRESS,
        "--relay-ip",
        ADDRESS,
        "--listening-port",
        "3478",
        "--lt-cred-mech",
        "--realm",
        "vireo.test",
        "--user",
        "visitor:hotline",
        "--no-cli",
        "--no-tls",
        "--no-dtls",
        "--log-file",
        "stdout",
        "--pidfile",
        "turnserver.pid",
        "--userdb",
        "turnserver.db",
        "--verbose",
    ];
    let relay = lab.net.start(&lab.dir, &log, "turnserver", &words);
    wait::until("the relay", LIMIT, || relay.output().contains("UDP listener opened").then_some(()));
    let mut gateway = Gateway::configured(
        &lab,
        &format!(
            "ice_servers = [{{ urls = [\"turn:{ADDRESS}:3478?transport=udp\"], username = \"visitor\", \
             credential = \"hotline\" }}]"
        ),
    );
    let seen = Browser::run(&lab, "relay", &[], LIMIT);
    assert_eq!(text(&seen, "/ice/local"), "relay", "{seen}");
    assert_plays(&seen["plays"], "the visitor");
    gateway.assert_alive();
}
