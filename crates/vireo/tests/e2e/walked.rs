//! The demo hotline itself, called by telephones and a browser, over a CRM whose balance is another each time, and over one
//! that answers as badly as it can.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::common::browser;
use crate::common::demo::{Demo, with_own_service};
use crate::common::gateway::{HOTLINE, rewrite};
use crate::common::process::Process;
use crate::common::reading::{amount, is_read, picture, reads_chinese, says};
use crate::common::stub::{Manner, Stub};
use crate::common::{not_run, wait};

/// A call of an emulated telephone to its end.
const SECONDS: &str = "90";
/// A scenario of the browser.
const BROWSER_LIMIT: Duration = Duration::from_secs(120);

/// The project's own service over `stub`, instead of the small one of other tests.
fn demo(test: &str, stub: &Stub) -> Demo {
    Demo::edited(test, |service| {
        with_own_service(service);
        rewrite(service, "dialplans/crm.yaml", |text| {
            let base = "base: \"${CRM_URL:-http://127.0.0.1:8790}\"";
            assert!(text.contains(base), "{text}");
            text.replace(base, &format!("base: http://{}", stub.address))
        });
    })
}

/// Calls, waits for the menu and presses 1; the page that is seen then, if the call came so far.
fn page_behind_1(demo: &Demo, name: &str, words: &[&str]) -> PathBuf {
    let out = demo.dir().join(name);
    let uri = format!("sip:{HOTLINE}@{}", demo.sip);
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    command.args(["call", &uri, "--seconds", SECONDS, "--keys", "1"]).args(words).arg("--out").arg(&out);
    let done = command.output().expect("vireo starts");
    let told = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{name}: {told}");
    out.join("02-key-1.png")
}

#[test]
fn a_balance_of_this_moment_is_read_off_the_picture_of_every_phone() {
    if !reads_chinese() {
        return not_run("walked", "needs tesseract with chi_sim");
    }
    let stub = Stub::start(Manner::Balance("0.00".to_owned()));
    let demo = demo("walked", &stub);
    for (name, words) in [("sip", &[][..]), ("3g", &["--3g"][..])] {
        let amount = amount();
        stub.be(Manner::Balance(amount.clone()));
        assert!(is_read(&page_behind_1(&demo, name, words), &amount), "{name}: {amount}");
    }
    if !browser::is_ready("walked (browser)") {
        return;
    }
    let driver = browser::script();
    let amount = amount();
    stub.be(Manner::Balance(amount.clone()));
    let seen = called_from_page(&demo, &driver);
    let text = seen.pointer("/next_caption/text").and_then(Value::as_str).unwrap_or_default();
    println!("browser: {amount} is said as {text:?}");
    assert!(says(text, &amount), "{amount}: {seen}");
    assert!(is_read(&demo.dir().join("phone-page.png"), &amount), "{amount} on the page");
}

/// Calls from the page of the phone and presses 1.
fn called_from_page(demo: &Demo, driver: &Path) -> Value {
    let script = driver.join("drive.mjs");
    let (script, out) = (script.to_str().expect("UTF-8"), demo.dir().to_str().expect("UTF-8"));
    let url = format!("http://{}", demo.http);
    let words = [script, "menu", "--url", &url, "--key", "1", "--out", out];
    let mut process = Process::start(demo.dir(), &demo.dir().join("browser.log"), "node", &words);
    let ended = wait::within(BROWSER_LIMIT, || process.exited());
    let output = process.output();
    assert!(ended.is_some(), "the browser does not come to an end:\n{output}");
    let last = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).next_back();
    let result = last.unwrap_or_else(|| panic!("no result:\n{output}"));
    assert_eq!(result["ok"], true, "{output}");
    result
}

/// Resident memory of the gateway in MiB.
fn memory(demo: &Demo) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", demo.process.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel says so");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1_024
}

#[test]
fn a_crm_that_answers_badly_costs_its_answer_and_nothing_else() {
    let good = || Manner::Balance("47.36".to_owned());
    let stub = Stub::start(good());
    let mut demo = demo("hostile", &stub);
    let balance = picture(&page_behind_1(&demo, "good", &[]));
    let before = memory(&demo);
    let manners = [
        ("endless", Manner::Endless),
        ("drip", Manner::Drip),
        ("silent", Manner::Silent),
        ("wrong-type", Manner::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\n{\"yuan\":\"much\",\"owed\":[],\"state\":\"in credit\"}")),
        ("charset", Manner::Raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=gbk\r\nContent-Length: 12\r\n\r\n{\"yuan\":\xd4\xaa\xd4\xaa}")),
        ("garbage", Manner::Raw(b"\x16\x03\x01 this is no HTTP\x00\xff\r\n\r\n")),
        ("elsewhere", Manner::Raw(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")),
        ("cut off", Manner::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"yuan\": 1")),
    ];
    for (name, manner) in manners {
        stub.be(manner);
        // The call goes on, with a page that says so: not the balance, and the phone is not hung up on.
        let page = picture(&page_behind_1(&demo, name, &[]));
        let alike = crate::common::picture::ssim(&page, &balance);
        println!("{name}: {alike:.3} like the balance");
        assert!(alike < 0.95, "{name}: {alike}");
        assert_eq!(demo.process.exited(), None);
    }
    let after = memory(&demo);
    println!("memory of the gateway: {before} MiB before, {after} MiB after");
    assert!(after < before + 64, "{before} MiB before, {after} MiB after");
    // The breaker lets the first through again after ten seconds.
    stub.be(good());
    let again = wait::within(Duration::from_secs(60), || {
        let page = picture(&page_behind_1(&demo, "again", &[]));
        (crate::common::picture::ssim(&page, &balance) > 0.95).then_some(())
    });
    assert!(again.is_some(), "it is asked again when it is well");
}
