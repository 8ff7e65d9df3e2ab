//! The tutorial of `dialplans/TUTORIAL.md`, step by step as it stands there: its edits are made, its commands are run, and
//! what it says that they print is printed.
//!
//! What a block is stands behind its fence: `console` (`$` runs a command that succeeds, `!` one that must not), `yaml
//! replace FILE` with `yaml by` behind it, `yaml append FILE`, `yaml new FILE`, `sim FILE`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::demo::Folder;

/// A fenced block: what stands behind the fence, and what it holds.
struct Block {
    info: String,
    text: String,
    line: usize,
}

fn blocks(manual: &str) -> Vec<Block> {
    let (mut blocks, mut open): (Vec<Block>, Option<Block>) = (Vec::new(), None);
    for (at, line) in manual.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => {
                open = Some(Block { info: info.to_owned(), text: String::new(), line: at + 1 });
            }
            (None, Some(block)) => block.text.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "the last block is closed");
    blocks
}

/// The words of a command line; only double quotes are known.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

/// Runs a command of the tutorial; what it printed on both outputs.
fn run(folder: &Path, line: &str, succeeds: bool) -> String {
    let words = words(line);
    assert_eq!(words[0], "vireo", "{line}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    let done = command.args(&words[1..]).current_dir(folder).output().expect("it runs");
    let printed = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.success(), succeeds, "{line}\n{printed}");
    printed
}

fn console(folder: &Path, block: &Block) -> usize {
    let mut printed = String::new();
    let mut commands = 0;
    for line in block.text.lines() {
        match (line.strip_prefix("$ "), line.strip_prefix("! ")) {
            (Some(command), _) => printed = run(folder, command, true),
            (None, Some(command)) => printed = run(folder, command, false),
            (None, None) => {
                let at = printed
                    .find(line)
                    .unwrap_or_else(|| panic!("line {}: `{line}` is not in\n{printed}", block.line));
                // What follows stands behind it.
                printed.drain(..at + line.len());
                continue;
            }
        }
        commands += 1;
    }
    commands
}

#[test]
fn every_step_of_the_tutorial_does_what_it_says() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dialplans/TUTORIAL.md");
    let manual = fs::read_to_string(manual).expect("the tutorial is part of the project");
    let folder = Folder::new("tutorial");
    let mut commands = 0;
    let mut instead_of: Option<(PathBuf, String)> = None;
    for block in blocks(&manual) {
        let words: Vec<&str> = block.info.split_whitespace().collect();
        let file = words.last().map(|file| folder.0.join(file)).unwrap_or_default();
        let text =
            |path: &Path| fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let write = |path: &Path, text: String| fs::write(path, text).expect("the test's folder is writable");
        match words[..] {
            ["console"] => commands += console(&folder.0, &block),
            ["yaml", "replace", _] => instead_of = Some((file, block.text)),
            ["yaml", "by"] => {
                let (file, before) = instead_of.take().expect("`by` stands behind `replace`");
                let old = text(&file);
                let (before, after) = (before.trim_end_matches('\n'), block.text.trim_end_matches('\n'));
                assert_eq!(old.matches(before).count(), 1, "line {}: {before}", block.line);
                write(&file, old.replacen(before, after, 1));
            }
            ["yaml", "append", _] => write(&file, text(&file) + &block.text),
            ["yaml", "new", _] | ["sim", _] => {
                assert!(!file.exists(), "line {}: {} is there already", block.line, file.display());
                write(&file, block.text);
            }
            _ => panic!("line {}: a block of an unknown kind, `{}`", block.line, block.info),
        }
    }
    assert!(instead_of.is_none() && commands >= 10, "{commands} commands");
}
