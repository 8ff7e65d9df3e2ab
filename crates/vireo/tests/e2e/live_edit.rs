//! Live edit: what a person saves is live for the next call, or refused with the reason; calls keep theirs.

use std::fs;

use crate::common::caller::Caller;
use crate::common::demo::{Demo, EDIT_LIMIT};
use crate::common::picture::ssim;

const FLOW: &str = "dialplans/hotline.yaml";
const TEXTS: &str = "dialplans/texts/zh-CN.yaml";
const PAGE: &str = "media/slides/page.svg";

#[test]
fn a_mistake_is_told_on_terminal_and_page_and_the_live_version_stays() {
    let mut demo = Demo::start("live-mistake");
    assert_eq!(demo.status()["version"], 1);
    demo.save(FLOW, |flow| flow.replacen("to: balance", "to: balanse", 1));
    demo.process.wait_for_output("hotline: version 1 stays live", EDIT_LIMIT);
    assert!(demo.process.output().contains("did you mean"), "{}", demo.process.output());
    let status = demo.status();
    let told = status["diagnostics"].as_str().expect("the page is told").to_owned();
    assert!(told.starts_with("dialplans/hotline.yaml:") && told.contains("balanse"), "{told}");
    assert_eq!(status["version"], 1);

    demo.save(FLOW, |flow| flow.replacen("to: balanse", "to: balance", 1));
    demo.process.wait_for_output("hotline: the mistake is gone", EDIT_LIMIT);
    assert_eq!(demo.status()["diagnostics"], serde_json::Value::Null);

    // A slide that cannot be drawn is found when it is encoded, not when a caller waits for it.
    demo.save(PAGE, |svg| svg.replacen("<svg", "<svg><", 1));
    demo.process.wait_for_output("cannot be made", EDIT_LIMIT);
    assert!(demo.status()["diagnostics"].as_str().expect("the page is told").contains("page.svg"));
    demo.save(PAGE, |svg| svg.replacen("<svg><", "<svg", 1));
    demo.process.wait_for_output("hotline: the mistake is gone", EDIT_LIMIT);

    demo.save(TEXTS, |texts| texts.replace("有效至月底", "有效到下月"));
    demo.process.wait_for_output("hotline: version 2 is live", EDIT_LIMIT);
    assert_eq!((&demo.status()["version"], &demo.status()["diagnostics"]), (&2.into(), &().into()));
}

#[test]
fn a_call_in_flight_keeps_its_version_and_the_next_has_the_new_one() {
    let mut demo = Demo::start("live-in-flight");
    let (mut early, menu) = Caller::at_menu(demo.sip);
    let before = early.press('1', &menu);
    assert!(ssim(&early.press('9', &before), &menu) > 0.9, "9 leads back to the menu");

    // A file of the same name, and the text of another, in one go.
    demo.save(PAGE, |svg| svg.replace("#0F1B2D", "#8A2BE2"));
    demo.save(TEXTS, |texts| texts.replace("有效至月底", "有效到下月"));
    early
        .look_until("version 2", EDIT_LIMIT, || demo.process.output().contains("hotline: version 2 is live"));
    let kept = early.press('1', &menu);
    assert!(ssim(&kept, &before) > 0.97, "the call keeps its page: {}", ssim(&kept, &before));

    let (mut late, menu) = Caller::at_menu(demo.sip);
    let after = late.press('1', &menu);
    assert!(ssim(&after, &before) < 0.95, "the next call has the new one: {}", ssim(&after, &before));
    let mean = |picture: &media::Picture| {
        picture.y.iter().map(|&luma| u64::from(luma)).sum::<u64>() / picture.y.len() as u64
    };
    assert!(mean(&after) > mean(&before) + 20, "its ground is lighter");
    assert_eq!(demo.process.exited(), None);
}

#[test]
fn a_folder_that_goes_and_comes_back_is_one_mistake_and_its_end() {
    let mut demo = Demo::start("live-folder");
    let (folder, aside) = (demo.service.join("dialplans"), demo.dir().join("aside"));
    fs::rename(&folder, &aside).expect("the test's folder is writable");
    demo.process.wait_for_output("hotline: version 1 stays live", EDIT_LIMIT);
    fs::rename(&aside, &folder).expect("the test's folder is writable");
    demo.process.wait_for_output("hotline: the mistake is gone", EDIT_LIMIT);
    demo.save(TEXTS, |texts| texts.replace("有效至月底", "有效到下月"));
    demo.process.wait_for_output("hotline: version 2 is live", EDIT_LIMIT);
}
