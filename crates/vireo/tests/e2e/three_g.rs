//! Calls of 3G phones by `vireo call`: what they see and hear, keys in every form, bad lines, hundreds at
//! once, and what Wireshark makes of one.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use media::{Picture, Size};

use crate::common::demo::Demo;
use crate::common::gateway::{Gateway, HOTLINE};
use crate::common::slides::Deck;
use crate::common::sound::{AUDIBLE, loudness};
use crate::common::tshark::{Capture, Recording};
use crate::common::{Lab, SIP_PORT, say, wait};

/// From here on a picture counts as the slide, as for all other phones.
const ALIKE: f64 = 0.9;
/// Titles of the demo's slides, as its Chinese texts have them.
const MENU: (&str, &str) = ("menu.svg", "请按键");
const BALANCE: (&str, &str) = ("page.svg", "话费余额");

/// Runs `vireo call` against the demo until it ends.
fn call(demo: &Demo, out: &Path, words: &[&str]) -> Output {
    let uri = format!("sip:{HOTLINE}@{}", demo.sip);
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    command.args(["call", &uri, "--seconds", "90"]).args(words);
    if !words.contains(&"--calls") {
        command.arg("--out").arg(out);
    }
    let output = command.output().expect("vireo starts");
    println!("vireo call {words:?}\n{}{}", text(&output.stdout), text(&output.stderr));
    output
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn picture(file: &Path) -> Picture {
    let clip = codec::file::read(file).unwrap_or_else(|why| panic!("{why}"));
    clip.pictures.into_iter().next().expect("a PNG holds a picture").1
}

/// The page in `file` is slide `which`, and no other.
fn shows(deck: &Deck, file: &Path, which: (&str, &str)) {
    let (slide, seen) = (deck.find(which.0, which.1), picture(file));
    let (likeness, (other, less)) = (deck.likeness(slide, &seen), deck.best_other(slide, &seen));
    println!("{}: SSIM {likeness:.3}, next {other:?} {less:.3}", file.display());
    assert!(likeness >= ALIKE, "{}: SSIM {likeness:.3}", file.display());
    assert!(less < likeness, "{} is as much like {other:?}", file.display());
}

/// Walks to the page behind key 1; what the call printed.
fn walk(demo: &Demo, deck: &Deck, name: &str, words: &[&str]) -> String {
    let out = demo.dir().join(name);
    let output = call(demo, &out, &[words, &["--keys", "1"]].concat());
    assert!(output.status.success(), "{name}: {}", text(&output.stderr));
    shows(deck, &out.join("01-menu.png"), MENU);
    shows(deck, &out.join("02-key-1.png"), BALANCE);
    let sound = codec::file::read_wav(out.join("sound.wav")).expect("it was written");
    assert!(sound.len() > 5 * 8_000 && loudness(&sound) > AUDIBLE, "{name}: the prompts are heard");
    text(&output.stdout)
}

#[test]
fn a_3g_phone_walks_the_menu_and_prints_its_set_up() {
    let demo = Demo::start("three-g-menu");
    let deck = Deck::draw(&demo.service, Size::QCIF);
    let told = walk(&demo, &deck, "h263", &["--3g"]);
    for part in
        ["channels open", "3G set-up: speech ", "WNSRP", "0 headers corrected, 0 lost, 0 checksums false"]
    {
        assert!(told.contains(part), "{part}:\n{told}");
    }
    walk(&demo, &deck, "mpeg4", &["--3g", "--codec", "mpeg4"]);
}

#[test]
fn old_3g_phones_walk_the_menu() {
    let demo = Demo::start("three-g-old");
    let deck = Deck::draw(&demo.service, Size::QCIF);
    for (name, words) in [
        ("level-0", &["--level", "0", "--srp", "nsrp"][..]),
        ("level-1", &["--level", "1", "--key-form", "signal"]),
        ("level-2oh", &["--level", "2oh", "--al2-sn", "off", "--key-form", "both"]),
        ("al3-lsb", &["--al3", "--bit-order", "lsb"]),
    ] {
        walk(&demo, &deck, name, &[&["--3g"], words].concat());
    }
}

#[test]
fn a_3g_phone_on_a_bad_line_sees_the_menu() {
    let demo = Demo::start("three-g-bad-line");
    let out = demo.dir().join("seen");
    let words = ["--3g", "--ber", "1e-5", "--loss", "0.5%", "--reorder", "1%", "--keys", "1"];
    let output = call(&demo, &out, &words);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(out.join("02-key-1.png").exists());
}

#[test]
fn a_sip_phone_with_amr_walks_the_menu() {
    let demo = Demo::start("three-g-amr");
    let deck = Deck::draw(&demo.service, Size::QCIF);
    walk(&demo, &deck, "amr", &["--audio", "amr", "--codec", "h263"]);
}

#[test]
fn a_call_that_cannot_be_is_a_failure_with_its_reason() {
    let demo = Demo::start("three-g-refused");
    let uri = format!("sip:1008699@{}", demo.sip);
    let vireo = env!("CARGO_BIN_EXE_vireo");
    let output = Command::new(vireo).args(["call", "--3g", &uri]).output().expect("vireo starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("the call was refused"), "{}", text(&output.stderr));
}

/// As many as an unoptimised gateway serves beside other tests; `benches/load/run.sh` makes hundreds of calls.
#[test]
fn twelve_3g_phones_at_once_are_all_served() {
    let demo = Demo::start("three-g-load");
    let before = demo.process.cpu_time();
    let words = ["--3g", "--calls", "12", "--rate", "6", "--seconds", "8"];
    let uri = format!("sip:{HOTLINE}@{}", demo.sip);
    let vireo = env!("CARGO_BIN_EXE_vireo");
    let output = Command::new(vireo).args(["call", &uri]).args(words).output().expect("vireo starts");
    let told = text(&output.stdout);
    assert!(output.status.success(), "{told}{}", text(&output.stderr));
    assert!(told.contains("12 calls, 12 good, 0 failed"), "{told}");
    let used = demo.process.cpu_time().saturating_sub(before).as_secs_f64() * 1_000.0 / (12.0 * 8.0);
    say(&format!("12 3G calls of 8 s: {used:.2} ms of CPU a call-second of this build\n{told}"));
}

/// The messages of a set-up that both ends send, by Wireshark's names, and what answers each.
const REQUESTS: [(&str, &str); 4] = [
    ("terminalCapabilitySet", "terminalCapabilitySetAck"),
    ("masterSlaveDetermination", "masterSlaveDeterminationAck"),
    ("openLogicalChannel", "openLogicalChannelAck"),
    ("multiplexEntrySend", "multiplexEntrySendAck"),
];

/// Packets with a header that Wireshark had to correct, or could not. It takes the flag that each way begins
/// with for a header.
fn false_headers(recording: &Recording) -> Vec<String> {
    const FLAG: &str = "0x004de1";
    let fields = ["frame.number", "udp.srcport", "h223.mux.rawhdr", "h223.mux.correctedhdr"];
    let mut ways = Vec::new();
    let mut is_false = |row: &String| {
        let columns: Vec<&str> = row.split('\t').collect();
        let [_, way, raw, corrected] = columns[..] else { return true };
        if ways.contains(&way.to_owned()) {
            return raw != corrected;
        }
        ways.push(way.to_owned());
        raw.strip_prefix(FLAG).is_none_or(|rest| !corrected.ends_with(rest.trim_start_matches(',')))
    };
    recording.fields("h223.mux", &fields).into_iter().filter(|row| is_false(row)).collect()
}

/// Wireshark does not know WNSRP, so the call uses NSRP.
#[test]
fn wireshark_follows_a_3g_call_and_finds_no_error() {
    let Some(lab) = Lab::new("three-g-tshark", &["tshark"]) else { return };
    let gateway = Gateway::start(&lab);
    let capture = Capture::start(&lab);
    let hotline = gateway.hotline();
    let words = ["call", "--3g", "--srp", "nsrp", &hotline, "--keys", "1", "--seconds", "60"];
    let log = lab.dir.join("call.log");
    let mut phone = lab.net.start(&lab.dir, &log, env!("CARGO_BIN_EXE_vireo"), &words);
    let ended = wait::within(Duration::from_secs(80), || phone.exited());
    assert!(ended.is_some_and(|status| status.success()), "{}", phone.output());
    assert!(gateway.stop().success());
    let recording = capture.end();
    let from_gateway = format!("udp.srcport >= 20000 && udp.srcport <= 29999 && udp.srcport != {SIP_PORT}");
    let ways = [from_gateway.clone(), format!("!({from_gateway})")];
    assert!(recording.count("h223.mux") > 500, "Wireshark sees the multiplex");
    assert_eq!(false_headers(&recording), Vec::<String>::new(), "headers that Golay finds at fault");
    for (what, filter) in [
        ("false checksums of SDUs", "h223.bad_checksum || h223.al2.crc.status == 0"),
        ("false checksums of control frames", "srp.crc_bad"),
    ] {
        assert_eq!(recording.fields(filter, &["frame.number"]), Vec::<String>::new(), "{what}");
    }
    for (request, answer) in REQUESTS {
        for (from, back) in [(&ways[0], &ways[1]), (&ways[1], &ways[0])] {
            let first = |name: &str, way: &str| {
                let found = recording.fields(&format!("h245.{name}_element && {way}"), &["frame.number"]);
                found.first().map(|frame| frame.parse::<u32>().expect("a number"))
            };
            let (asked, answered) = (first(request, from), first(answer, back));
            let in_order = matches!((asked, answered), (Some(asked), Some(answered)) if asked < answered);
            assert!(in_order, "{request} in {asked:?}, {answer} in {answered:?}, asked by {from}");
        }
    }
    assert!(recording.count("h245.userInput") > 0, "the key is seen");
}
