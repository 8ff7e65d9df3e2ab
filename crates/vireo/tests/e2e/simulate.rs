//! `vireo simulate`, and `vireo check` with its transcripts, as a person or a script starts them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::demo::Folder;

/// A service whose words are fixed, whatever the demo says today.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/service")
}

fn vireo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    command.current_dir(root());
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

/// A copy of the demo's service that a test may change.
fn copy(name: &str) -> Folder {
    let folder = Folder::new(name);
    let copied =
        Command::new("cp").args(["-rL", "dialplans", "media"]).arg(&folder.0).current_dir(root()).status();
    assert!(copied.expect("cp is part of every system").success());
    folder
}

fn check(folder: &Folder, words: &[&str]) -> (String, Option<i32>) {
    let output = vireo().arg("check").arg(&folder.0).args(words).output().expect("it starts");
    (String::from_utf8(output.stdout).expect("UTF-8"), output.status.code())
}

#[test]
fn check_makes_the_calls_of_transcripts_and_rewrites_them_when_it_is_told() {
    let folder = copy("transcripts");
    let (said, code) = check(&folder, &[]);
    assert!(said.contains("4 calls of transcripts went as written, through 9 of 9 nodes"), "{said}");
    assert_eq!(code, Some(0));
    let (flow, transcript) =
        (folder.0.join("dialplans/hotline.yaml"), folder.0.join("dialplans/hotline.sim"));
    let read = |path| fs::read_to_string(path).expect("it is there");
    let (flow_before, transcript_before) = (read(&flow), read(&transcript));
    fs::write(&flow, flow_before.replace("money: 58.20", "money: 60.20")).expect("the copy is ours");
    let (said, code) = check(&folder, &[]);
    assert!(said.contains("expected `value highlight 58.20元`, and got `value highlight 60.20元`"), "{said}");
    assert!(said.contains("hotline.sim:") && code == Some(1), "{said}");
    assert_eq!(read(&transcript), transcript_before, "nothing is written without being asked for");
    let (said, code) = check(&folder, &["--update"]);
    assert!(said.contains("rewritten: ") && code == Some(0), "{said}");
    let expected = transcript_before.replace("58.20", "60.20").replace("五十八元", "六十元");
    assert_eq!(read(&transcript), expected.replace("fifty-eight", "sixty"));
}

#[test]
fn check_tells_programs_what_it_tells_people() {
    let folder = copy("formats");
    let json = |words: &[&str]| {
        let (said, code) = check(&folder, words);
        (serde_json::from_str::<serde_json::Value>(&said).unwrap_or_else(|_| panic!("{said}")), code)
    };
    let (sound, code) = json(&["--format", "json"]);
    assert_eq!((code, sound["errors"].as_u64()), (Some(0), Some(0)));
    assert!(
        sound["summary"].as_str().is_some_and(|text| text.contains("calls of transcripts went as written"))
    );
    let flow = folder.0.join("dialplans/hotline.yaml");
    let before = fs::read_to_string(&flow).expect("it is there");
    fs::write(&flow, before.replace("to: packs }", "to: pakcs }")).expect("the copy is ours");
    let (wrong, code) = json(&["--format", "json"]);
    let problem = &wrong["problems"][0];
    assert_eq!((code, problem["code"].as_str()), (Some(1), Some("unknown-node")));
    assert_eq!(problem["suggestion"], "did you mean `packs`?");
    let (log, code) = json(&["--format", "sarif"]);
    let result = &log["runs"][0]["results"][0];
    assert_eq!((code, result["ruleId"].as_str()), (Some(1), Some("unknown-node")));
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&problem["line"], &problem["column"]));
    // A transcript that goes another way is told likewise.
    fs::write(&flow, before.replace("money: 58.20", "money: 60.20")).expect("the copy is ours");
    let (wrong, code) = json(&["--format", "json"]);
    assert_eq!((code, wrong["problems"][0]["code"].as_str()), (Some(1), Some("not-as-written")));
    let output = vireo().args(["check", "no/such/folder", "--format", "json"]).output().expect("it starts");
    let nothing: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON all the same");
    assert!(nothing["unreadable"].is_string() && output.status.code() == Some(2), "{nothing}");
}

#[test]
fn a_walk_is_recorded_as_a_transcript_that_holds() {
    let folder = copy("record");
    let path = folder.0.join("dialplans/new.sim");
    let arguments = ["dialplans", "--keys", "1,0", "--queue", "full", "--record", &path.to_string_lossy()];
    assert!(simulate(&arguments, "").1);
    let text = fs::read_to_string(&path).expect("it was written");
    assert!(text.starts_with("call 1008621\n  node welcome\n"), "{text}");
    assert!(text.contains("press 0\n  node agent\n  queue video-general\n"), "{text}");
    let (said, _) = check(&folder, &[]);
    assert!(said.contains("5 calls of transcripts went as written"), "{said}");
    assert!(!simulate(&arguments, "").1, "what is there is not overwritten");
}
