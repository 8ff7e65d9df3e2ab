//! Every goal of the demo hotline, walked by callers as people walk it: they see a page, press a key, see the next. What is
//! told is what the CRM knows, amounts that are drawn for each run among it, and what they did is in the CRM afterwards.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use emulator::{Config, End, Event, Terminal};
use media::{Codec, Size};
use serde_json::json;

use crate::common::browser;
use crate::common::hotline::{Hotline, Walk};
use crate::common::reading::{amount, code, reads_chinese, says};
use crate::common::tabs::Tab;
use crate::common::{not_run, wait};

/// Until what a call did has come to the CRM.
const DONE_LIMIT: Duration = Duration::from_secs(20);
/// How long a telephone waits for what it is called for.
const CALL_LIMIT: Duration = Duration::from_secs(90);

/// A call, or a few, of one subscriber.
type Goal = fn(&Hotline);

/// The walks, each by a subscriber of its own.
const WALKS: [(&str, Goal); 10] = [
    ("money", money),
    ("recharge", recharge),
    ("sign", sign),
    ("repair", repair),
    ("details", details),
    ("wrong PIN", wrong_pin),
    ("order", order),
    ("complaint", complaint),
    ("flash", flash),
    ("locked PIN", locked_pin),
];

#[test]
fn every_goal_of_the_hotline_is_reached_by_telephone() {
    if !reads_chinese() {
        return not_run("hotline", "needs tesseract with chi_sim");
    }
    let hotline = Hotline::start("hotline");
    let hotline = &hotline;
    let failed: Vec<&str> = thread::scope(|scope| {
        let walks = WALKS.map(|(name, walk)| {
            let thread = thread::Builder::new().name(name.to_owned());
            (name, thread.spawn_scoped(scope, move || walk(hotline)).expect("a thread"))
        });
        walks.into_iter().filter_map(|(name, walk)| walk.join().is_err().then_some(name)).collect()
    });
    assert!(failed.is_empty(), "{failed:?} did not go as they should");
}

#[test]
fn a_browser_walks_through_goals_and_orders_a_pack() {
    if !reads_chinese() {
        return not_run("hotline (browser)", "needs tesseract with chi_sim");
    }
    if !browser::is_ready("hotline (browser)") {
        return;
    }
    const WHO: &str = "13800138000";
    let hotline = Hotline::start("hotline-browser");
    let (balance, price) = (amount(), amount());
    let account = format!("/subscribers/{WHO}/balance");
    hotline.set(&account, &balance);
    hotline.set("/packs/30GB", &price);
    let mut tab = Tab::phone(&hotline.demo, &hotline.pages);
    tab.call("1008621", WHO);
    tab.reaches("main");
    let text = tab.press("1", "balance");
    assert!(says(&text, &balance), "{balance}: {text}");
    tab.reads(&balance);
    // Enough for any price.
    let before = fen(&balance) + 10_000;
    hotline.set(&account, &yuan(before));
    tab.press("1", "bill");
    tab.reads("153.20");
    tab.press("9", "balance");
    tab.press("9", "main");
    tab.press("3", "ticket");
    tab.reads("R2041");
    tab.press("9", "main");
    tab.press("2", "remainder");
    tab.press("1", "packs");
    tab.press("2", "buy");
    tab.reads(&price);
    tab.press("1", "buy");
    let code = tab.code();
    assert_eq!(hotline.crm(&format!("/subscribers/{WHO}/orders")), json!([]), "nothing without the code");
    let said = tab.press(&code, "ordered");
    assert!(said.contains("办理成功"), "{said}");
    tab.press("9", "main");
    tab.press("1", "balance");
    let after = before - fen(&price);
    tab.reads(&yuan(after));
    tab.hang_up();
    let path = hotline.path(WHO);
    let end = ["packs", "price", "buy", "ordered", "main", "balance"];
    assert!(path.ends_with(&end.map(str::to_owned)), "{path:?}");
    has_ordered(&hotline, WHO, "30GB", &price);
    assert_eq!(hotline.balance(WHO), after);
}

/// One order stands in the CRM and in the audit, and no other.
fn has_ordered(hotline: &Hotline, number: &str, pack: &str, price: &str) {
    let orders = hotline.crm(&format!("/subscribers/{number}/orders"));
    assert_eq!(orders, json!([{ "pack": pack, "outcome": "done" }]));
    let noted = hotline.orders(number);
    assert_eq!(noted.len(), 1, "{noted:?}");
    let price: f64 = price.parse().expect("an amount");
    let order = format!("done: {number} at 1008621, crm.order pack={pack} yuan={price:?} by picture, key ");
    assert!(noted[0].contains(&order), "{order}: {noted:?}");
}

/// An amount in fen.
fn fen(amount: &str) -> i64 {
    amount.replace('.', "").parse().expect("an amount")
}

/// Fen as a page has them.
fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// The balance, the bill, what is left of packages.
fn money(hotline: &Hotline) {
    const WHO: &str = "13800138000";
    let amount = amount();
    hotline.set(&format!("/subscribers/{WHO}/balance"), &amount);
    let bill = hotline.crm(&format!("/subscribers/{WHO}/bill"));
    let mut walk = Walk::begin(hotline, WHO, "main");
    walk.press("1", "balance");
    walk.reads(&amount);
    walk.press("1", "bill");
    walk.reads(&format!("{:.2}", bill["yuan"].as_f64().expect("an amount")));
    walk.press("9", "balance");
    walk.press("9", "main");
    walk.press("2", "remainder");
    walk.reads("12.6GB");
    let path = ["welcome", "welcome_star", "main", "balance", "bill", "balance", "main", "remainder"];
    assert_eq!(walk.ends(), path);
}

/// A card of 100 yuan, in English.
fn recharge(hotline: &Hotline) {
    const WHO: &str = "13800138001";
    let before = amount();
    hotline.set(&format!("/subscribers/{WHO}/balance"), &before);
    let after = fen(&before) + 10_000;
    let mut walk = Walk::begin(hotline, WHO, "main");
    walk.press("1", "balance");
    walk.press("2", "recharge");
    walk.press("100000000002", "recharged");
    walk.reads(&yuan(after));
    assert_eq!(hotline.balance(WHO), after);
    walk.press("9", "main");
    // The same card once more.
    walk.press("1", "balance");
    walk.press("2", "recharge");
    walk.press("100000000002", "card_refused");
    assert_eq!(hotline.balance(WHO), after);
    let path = walk.ends();
    assert_eq!(path[..6], ["welcome", "welcome_all", "main", "balance", "recharge", "recharging"]);
    assert_eq!(path.last().map(String::as_str), Some("card_refused"));
}

/// A deaf subscriber comes to an agent who signs, and gives stars.
fn sign(hotline: &Hotline) {
    const WHO: &str = "13800138002";
    let hangs_up = AtomicBool::new(false);
    thread::scope(|scope| {
        let agent = scope.spawn(|| answer(hotline, &hangs_up));
        let mut walk = Walk::begin(hotline, WHO, "welcome_deaf");
        walk.type_in("1");
        walk.until("an agent", || hotline.call(WHO)["agent"] == "agent2");
        // The hold clip gives way to the agent's picture.
        let left = walk.likeness_after(Duration::from_secs(3));
        assert!(left < 0.9, "{left:.3} of what was shown before the agent is still there");
        assert_eq!(hotline.call(WHO)["node"], "sign");
        hangs_up.store(true, Ordering::Relaxed);
        walk.comes_to("rate");
        walk.type_in("5");
        assert_eq!(walk.waits_for_the_end(), ["welcome", "welcome_deaf", "sign", "rate", "bye"]);
        assert!(agent.join().expect("the agent does not panic") > 5, "the agent sees the caller");
    });
    let given = || (hotline.crm(&format!("/satisfaction/{WHO}")) == json!([{ "stars": 5 }])).then_some(());
    wait::until("the stars", DONE_LIMIT, given);
}

/// The telephone of the agent who signs: answers, and hangs up when told to. How many pictures it was shown.
fn answer(hotline: &Hotline, hangs_up: &AtomicBool) -> usize {
    let config = Config { answers: true, ..Config::new("agent2", Codec::H264, Size::CIF) };
    let mut telephone = Terminal::with(hotline.signer, config).expect("its port is free");
    let end = net::clock::now().mono + CALL_LIMIT;
    let (mut pictures, mut over) = (0, false);
    while !over && net::clock::now().mono < end {
        let now = net::clock::now();
        if hangs_up.load(Ordering::Relaxed) && telephone.phone().is_up() {
            telephone.phone().hang_up(now);
        }
        for event in telephone.turn(now.mono + Duration::from_millis(50)).expect("the network works") {
            pictures += usize::from(matches!(event, Event::Picture(_)));
            over |= matches!(event, Event::Over(_));
        }
    }
    // What it still has to say.
    telephone.turn(net::clock::now().mono + Duration::from_millis(500)).expect("the network works");
    pictures
}

/// A repair that is done, and its stars.
fn repair(hotline: &Hotline) {
    const WHO: &str = "13800138003";
    let mut walk = Walk::begin(hotline, WHO, "main");
    walk.press("3", "ticket");
    walk.reads("R2044");
    walk.press("1", "arrival");
    walk.press("5", "efficiency");
    walk.press("4", "attitude");
    walk.press("3", "main");
    let path = [
        "welcome",
        "welcome_all",
        "main",
        "repair",
        "ticket",
        "arrival",
        "efficiency",
        "attitude",
        "rated",
        "thanks",
    ];
    assert_eq!(walk.ends()[..path.len()], path);
    let ticket = hotline.crm(&format!("/subscribers/{WHO}/ticket?language=zh-CN"));
    let stars = ["rated", "arrival", "efficiency", "attitude"].map(|what| ticket[what].clone());
    assert_eq!(stars, [json!(true), json!(5), json!(4), json!(3)], "{ticket}");
}

/// What the owner may see behind the PIN; then the nearest shop. In English.
fn details(hotline: &Hotline) {
    const WHO: &str = "13800138004";
    let mut walk = Walk::begin(hotline, WHO, "main");
    walk.press("4", "more");
    walk.press("1", "ask");
    walk.press("2580", "details");
    walk.reads("59.00");
    walk.press("9", "more");
    walk.press("2", "shops");
    walk.press("021#", "shop");
    walk.reads("Nanjing");
    let path = walk.ends();
    let from_pin = path.iter().position(|node| node == "pin").expect("it was asked for");
    let nodes = ["pin", "ask", "look", "judge", "details", "more", "shops", "seek", "shop"];
    assert_eq!(path[from_pin..], nodes);
    assert_eq!(hotline.crm(&format!("/audit/{WHO}"))[0]["what"], "pin ok");
    by_command(hotline, WHO);
}

/// `vireo call` comes to the same page, with the PIN in brackets.
fn by_command(hotline: &Hotline, number: &str) {
    let out = hotline.pages.join("by-command");
    let uri = format!("sip:1008621@{}", hotline.demo.sip);
    let words = ["call", &uri, "--from", number, "--keys", "4,1,(2580)"];
    let done = Command::new(env!("CARGO_BIN_EXE_vireo")).args(words).arg("--out").arg(&out).output();
    let done = done.expect("it was built");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    let pages = ["01-menu", "02-key-4", "03-key-1", "04-keys-2580"];
    assert!(pages.iter().all(|page| out.join(format!("{page}.png")).exists()), "in {}", out.display());
    let path = || Some(hotline.path(number)).filter(|path| path.last().is_some_and(|last| last == "details"));
    let path = wait::until("the page behind the PIN", DONE_LIMIT, path);
    assert_eq!(path[2..], ["main", "more", "pin", "ask", "look", "judge", "details"]);
}

/// Three wrong PINs lock the number.
fn wrong_pin(hotline: &Hotline) {
    const WHO: &str = "13800138007";
    let mut walk = Walk::begin(hotline, WHO, "main");
    walk.press("4", "more");
    walk.press("1", "ask");
    for _ in 0..2 {
        walk.press("1111", "wrong");
        walk.comes_to("ask");
    }
    walk.press("1111", "pin_locked");
    let path = walk.ends();
    assert_eq!(path.last().map(String::as_str), Some("pin_locked"));
    assert!(!path.iter().any(|node| node == "details"), "{path:?}");
    let audit = hotline.crm(&format!("/audit/{WHO}"));
    let what: Vec<_> = audit.as_array().expect("a list").iter().map(|line| line["what"].clone()).collect();
    assert_eq!(what, ["pin locked", "pin wrong", "pin wrong"]);
}

/// A number that was locked before anybody called takes the right PIN no more.
fn locked_pin(hotline: &Hotline) {
    const WHO: &str = "13800138009";
    let mut walk = Walk::begin(hotline, WHO, "main");
    walk.press("4", "more");
    walk.press("1", "ask");
    walk.press("2580", "pin_locked");
    let path = walk.ends();
    assert!(!path.iter().any(|node| node == "details"), "{path:?}");
}

/// A pack at a price of this moment, confirmed by a key and by the code on the picture: ordered once.
fn order(hotline: &Hotline) {
    const WHO: &str = "13800138006";
    let (price, rest) = (amount(), amount());
    let before = fen(&rest) + 10_000;
    hotline.set(&format!("/subscribers/{WHO}/balance"), &yuan(before));
    hotline.set("/packs/10GB", &price);
    let mut walk = Walk::begin(hotline, WHO, "main");
    walk.press("2", "remainder");
    walk.press("1", "packs");
    walk.press("1", "buy");
    walk.reads(&price);
    walk.turns_page('1', "code");
    let told = walk.looks_for("code", code).expect("four digits can be read");
    // A wrong one orders nothing, and may be mended.
    walk.type_in(if told == "1111" { "2222" } else { "1111" });
    assert_eq!(walk.looks_for("code-again", code).as_ref(), Some(&told));
    assert_eq!(hotline.crm(&format!("/subscribers/{WHO}/orders")), json!([]), "nothing without the code");
    walk.press(&told, "ordered");
    assert_eq!(hotline.balance(WHO), before - fen(&price));
    walk.press("1", "main");
    let sent = hotline.crm(&format!("/sms/{WHO}"))[0]["text"].to_string();
    assert!(sent.contains("D1") && sent.contains("10") && sent.contains(&price), "{price}: {sent}");
    walk.press("2", "remainder");
    // 40 GB were left.
    walk.reads("50GB");
    let path = walk.ends();
    let bought =
        ["main", "remainder", "packs", "price", "buy", "ordered", "send_receipt", "receipt_sent", "main"];
    assert_eq!(path[2..2 + bought.len()], bought);
    has_ordered(hotline, WHO, "10GB", &price);
}

/// The clip that explains the hotline, and a complaint.
fn complaint(hotline: &Hotline) {
    const WHO: &str = "13800138005";
    let mut walk = Walk::begin(hotline, WHO, "main");
    walk.press("4", "more");
    walk.type_in("4");
    walk.until("the clip", || hotline.call(WHO)["node"] == "how_it_works");
    let left = walk.likeness_after(Duration::from_secs(3));
    assert!(left < 0.9, "{left:.3} of the menu is still there");
    walk.comes_to("main");
    walk.press("4", "more");
    walk.press("3", "complaint");
    walk.press("2", "complained");
    let path = walk.ends();
    assert_eq!(
        path[2..],
        ["main", "more", "how_it_works", "main", "more", "complaint", "complain", "complained"]
    );
    let complaints = hotline.crm(&format!("/complaints/{WHO}"));
    assert_eq!(complaints, json!([{ "number": "C1", "about": "network" }]));
}

/// 1008611 rings and is never answered: whoever lets it ring is told that the line is busy, and the balance comes by SMS to
/// them as to one who hangs up.
fn flash(hotline: &Hotline) {
    const WHO: &str = "13800138008";
    let messages = |count: usize| {
        let all = || {
            let all = hotline.crm(&format!("/sms/{WHO}"));
            let texts: Vec<_> =
                all.as_array().expect("a list").iter().map(|one| one["text"].to_string()).collect();
            (texts.len() >= count).then_some(texts)
        };
        let texts = wait::until("the message", DONE_LIMIT, all);
        assert_eq!(texts.len(), count, "{texts:?}");
        texts
    };
    messages(0);
    for (count, flashes) in [(1, false), (2, true)] {
        let amount = amount();
        hotline.set(&format!("/subscribers/{WHO}/balance"), &amount);
        let end = rings(hotline, WHO, flashes);
        // RFC 3261 §9.1: who gives up is answered with 487.
        let status = if flashes { "487" } else { "486" };
        assert!(matches!(end, End::Refused(_)) && end.to_string().contains(status), "{end}");
        let texts = messages(count);
        assert!(texts[0].contains(&amount), "{amount}: {texts:?}");
        assert_eq!(hotline.path(WHO), ["rings", "look", "write"]);
    }
}

/// Lets 1008611 ring, and hangs up at the first ring when `flashes`; how it ends.
fn rings(hotline: &Hotline, number: &str, flashes: bool) -> End {
    let loopback = (Ipv4Addr::LOCALHOST, 0).into();
    let mut telephone = Terminal::open(loopback, number, Codec::H264, Size::CIF).expect("ports are free");
    let uri = format!("sip:1008611@{}", hotline.demo.sip).parse().expect("a SIP URI");
    telephone.phone().call(net::clock::now(), &uri, hotline.demo.sip).expect("the call begins");
    let end = net::clock::now().mono + CALL_LIMIT;
    loop {
        let now = net::clock::now();
        assert!(now.mono < end, "{number} is neither answered nor refused");
        for event in telephone.turn(now.mono + Duration::from_millis(50)).expect("the network works") {
            match event {
                Event::Ringing(_) if flashes => telephone.phone().hang_up(net::clock::now()),
                Event::Over(end) => return end,
                Event::Up => panic!("a flash call is never answered"),
                Event::Ringing(_)
                | Event::Sound(_)
                | Event::Picture(_)
                | Event::Frame(_)
                | Event::Circuit(_)
                | Event::Key(_) => {}
            }
        }
    }
}
