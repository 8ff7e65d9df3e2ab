//! `vireo simulate`, as a person or a script starts it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn vireo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    command
}

fn simulate(arguments: &[&str], typed: &str) -> (String, bool) {
    let mut command = vireo();
    let mut child = command
        .arg("simulate")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("piped").write_all(typed.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    (String::from_utf8(output.stdout).expect("UTF-8"), output.status.success())
}

#[test]
fn the_balance_page_is_behind_key_1() {
    let (text, ended_well) = simulate(&["dialplans/hotline.yaml", "--keys", "1"], "");
    assert!(ended_well, "{text}");
    let parts: Vec<&str> = text.split("▸ key 1").collect();
    assert!(parts[0].contains("│ 1 话费余额"), "{text}");
    assert!(parts[1].contains("highlight: 58.20元") && parts[1].contains("剩余流量十二点六G"), "{text}");
    assert!(parts[1].contains("balance menu  dialplans/hotline.yaml:"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours where there is no terminal");
    assert_eq!(simulate(&["dialplans/hotline.yaml", "--keys", "1"], "").0, text, "the same again");
}

#[test]
fn keys_are_typed_where_none_are_given() {
    let (text, _) = simulate(&["dialplans", "--lang", "en", "--no-video"], "t1*9\n0 s t");
    assert!(text.contains("Your balance is fifty-eight yuan and twenty fen."), "{text}");
    assert!(text.contains("language = zh-CN") && text.contains("in the queue video-general"), "{text}");
    assert!(text.contains("the queue ends: served") && text.trim_end().ends_with("the call ends"), "{text}");
}

#[test]
fn a_queue_ends_as_it_is_told() {
    let (text, _) = simulate(&["dialplans", "--keys", "0,1,t,t", "--queue", "full", "--queue", "served"], "");
    assert!(text.contains("the queue ends: full") && text.contains("the queue ends: served"), "{text}");
    assert!(text.trim_end().ends_with("the call ends"), "{text}");
}

#[test]
fn slides_are_drawn_in_blocks_of_colour() {
    let (text, _) = simulate(&["dialplans", "--keys", "1", "--slides", "drawn"], "");
    let blocks: Vec<usize> =
        text.lines().map(|line| line.matches('▀').count()).filter(|blocks| *blocks > 0).collect();
    assert!(blocks.len() >= 3 * 20 && blocks.iter().all(|columns| *columns == blocks[0]), "{blocks:?}");
    let colours: std::collections::BTreeSet<&str> = text.split("\x1b[38;2;").skip(1).collect();
    assert!(colours.len() > 50, "a slide is more than a few colours: {}", colours.len());
}

#[test]
fn a_flow_that_is_not_there_is_named() {
    let output = vireo().args(["simulate", "hotlnie"]).output().expect("it starts");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("there is no flow `hotlnie`; there is: hotline"), "{said}");
    assert!(!output.status.success());
}
