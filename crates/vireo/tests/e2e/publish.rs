//! `vireo publish` and `vireo flow`: what is live changes under calls, and is the same after a restart.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use media::Picture;
use rustix::process::Signal;

use crate::common::caller::Caller;
use crate::common::demo::Demo;
use crate::common::gateway::{READY_LIMIT, copy_service, rewrite};
use crate::common::picture::ssim;
use crate::common::process::Process;
use crate::common::wait;

fn vireo(demo: &Demo, words: &[&str]) -> Output {
    let config = demo.dir().join("data/vireo.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    command.args(words).arg("--config").arg(config).current_dir(demo.dir()).output().expect("it runs")
}

/// What a command that succeeds prints.
fn says(demo: &Demo, words: &[&str]) -> String {
    let done = vireo(demo, words);
    let printed = String::from_utf8(done.stdout).expect("UTF-8");
    assert!(done.status.success(), "{words:?}: {printed}{}", String::from_utf8_lossy(&done.stderr));
    printed
}

fn flow(service: &Path, from: &str, to: &str) {
    rewrite(service, "dialplans/hotline.yaml", |text| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
}

#[test]
fn a_published_version_is_for_new_calls_and_outlives_the_gateway() {
    let mut demo = Demo::configured("publish", "", |_| {});
    assert!(says(&demo, &["flow", "list"]).contains("nothing was published yet"));
    let (mut old, menu) = Caller::at_menu(demo.sip);

    // The operator's folder is anywhere; the gateway's own is not touched.
    let own = copy_service(&demo.dir().join("operator"));
    // Its transcripts tell of other amounts, and would keep it back.
    fs::remove_file(own.join("dialplans/hotline.sim")).expect("the service has one");
    flow(&own, "money: 58.20", "money: 77.70");
    let service = own.to_str().expect("test folders are UTF-8");
    let told = says(&demo, &["publish", service, "--comment", "dearer"]);
    assert!(told.contains("version 1 is live\ncalls that go on with an older version: 1\n"), "{told}");
    let old_page = old.press('1', &menu);
    let (mut new, menu) = Caller::at_menu(demo.sip);
    let new_page = new.press('1', &menu);
    let alike = ssim(&old_page, &new_page);
    assert!(alike < 0.999, "the call of before has the amount of before: {alike}");
    drop((old, new));

    // A mistake changes nothing.
    flow(&own, "to: balance", "to: balanse");
    let refused = vireo(&demo, &["publish", service]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("did you mean `balance`?"));
    flow(&own, "to: balanse", "to: balance");
    assert!(says(&demo, &["publish", service]).contains("version 1 is live"), "the same is the same version");

    flow(&own, "money: 77.70", "money: 66.60");
    assert!(says(&demo, &["publish", service]).contains("version 2 is live"));
    let diff = says(&demo, &["flow", "diff"]);
    for line in [
        "--- 1/dialplans/hotline.yaml",
        "+++ 2/dialplans/hotline.yaml",
        "-vars: { money: 77.70",
        "+vars: { money: 66.60",
    ] {
        assert!(diff.contains(line), "{line}: {diff}");
    }
    assert!(says(&demo, &["flow", "rollback"]).contains("version 1 is live"));
    let list = says(&demo, &["flow", "list"]);
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("     2 "), "{list}");
    assert!(lines[1].starts_with("*    1 ") && lines[1].ends_with("dearer"), "{list}");

    // Killed, and started again on the same data while the operator's folder says something else.
    demo.process.end(Signal::KILL, Duration::from_secs(5));
    let told = says(&demo, &["flow", "rollback", "2"]);
    assert!(told.contains("version 2 will be live; no gateway runs"), "{told}");
    let config = demo.dir().join("data/vireo.toml");
    let words = ["run", "--config", config.to_str().expect("test folders are UTF-8")];
    let log = demo.dir().join("again.log");
    let mut again = Process::start(demo.dir(), &log, env!("CARGO_BIN_EXE_vireo"), &words);
    again.wait_for_line("ready", READY_LIMIT, |line| line == "ready");
    assert!(again.output().contains("version 2 was published, and is live"), "{}", again.output());
    let twice = Command::new(env!("CARGO_BIN_EXE_vireo")).args(words).output().expect("it runs");
    assert!(!twice.status.success(), "one gateway for one folder of data");
    assert!(fs::exists(demo.dir().join("data/versions/2/version.json")).expect("it can be looked at"));
}

/// Whether a picture is that of a notice: nothing else of the service has a yellow bar across its top.
fn is_a_notice(picture: &Picture) -> bool {
    let (width, row) = (usize::from(picture.size.width) / 2, usize::from(picture.size.height) / 2 / 40);
    let at = row * width + width / 8;
    picture.u[at] < 100 && picture.v[at] > 135
}

#[test]
fn a_notice_comes_first_until_it_is_taken_back_and_outlives_the_gateway() {
    let mut demo = Demo::configured("notice", "", |_| {});
    let first = |demo: &Demo| Caller::at_first_picture(demo.sip).1;
    assert!(!is_a_notice(&first(&demo)));
    assert!(says(&demo, &["notice"]).contains("callers are told nothing first"));

    let words =
        ["notice", "国际漫游业务暂时中断", "--lang", "en=No calls abroad at present.", "--until", "23:59"];
    let told = says(&demo, &[&words[..], &["--zone", "UTC"]].concat());
    assert!(told.contains("new callers are told it until") && told.contains("23:59 UTC"), "{told}");
    let (mut caller, picture) = Caller::at_first_picture(demo.sip);
    assert!(is_a_notice(&picture));
    // A key skips it; what comes then is the service.
    assert!(!is_a_notice(&caller.press('1', &picture)));
    drop(caller);
    let shown = says(&demo, &["notice"]);
    assert!(shown.contains("国际漫游业务暂时中断") && shown.contains("en: No calls abroad"), "{shown}");

    for (wrong, why) in [
        (vec!["notice", "x", "--until", "soon"], "is no time"),
        (vec!["notice", "x", "--lang", "fr=y", "--until", "23:59"], "speaks `fr`"),
        (vec!["notice", "x", "--until", "2001-01-01T00:00"], "is over already"),
        (vec!["notice", &"国".repeat(201), "--until", "23:59"], "at most 200 characters"),
        (vec!["notice", &"国际漫游".repeat(30), "--until", "23:59"], "does not fit a picture"),
    ] {
        let refused = vireo(&demo, &wrong);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(why), "{wrong:?}: {said}");
    }
    assert!(is_a_notice(&first(&demo)), "a refused one changes nothing");

    demo.process.end(Signal::KILL, Duration::from_secs(5));
    demo.restart();
    assert!(is_a_notice(&first(&demo)), "it is told after a restart");
    assert!(says(&demo, &["notice", "--clear"]).contains("nothing first any more"));
    assert!(!is_a_notice(&first(&demo)));
}

#[test]
fn a_notice_said_while_nothing_runs_is_told_from_the_start_on_and_one_that_is_over_is_not() {
    let mut demo = Demo::configured("notice-time", "", |_| {});
    let first = |demo: &Demo| Caller::at_first_picture(demo.sip).1;
    demo.process.end(Signal::INT, Duration::from_secs(10));
    let far = says(&demo, &["notice", "国际漫游业务暂时中断", "--until", "2100-01-01T00:00"]);
    assert!(far.contains("the next start takes it"), "{far}");
    demo.restart();
    assert!(is_a_notice(&first(&demo)));

    let soon = jiff::Timestamp::from_second(net::clock::now().wall.as_secs() as i64 + 3).expect("a time");
    let soon = soon.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    says(&demo, &["notice", "国际漫游业务暂时中断", "--until", &soon, "--zone", "UTC"]);
    let gone = wait::within(Duration::from_secs(30), || (!is_a_notice(&first(&demo))).then_some(()));
    assert_eq!(gone, Some(()), "nobody took it back, and it is over");
    assert!(says(&demo, &["notice"]).contains("callers are told nothing first"));
}
