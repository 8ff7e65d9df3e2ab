//! `vireo media build` as an operator runs it before a gateway's first start.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::demo::Folder;

const FLOW: &str = "flow: small
numbers: [\"100\"]
start: main
languages: [en]
vars: { left: 12.34 }
nodes:
  main: { hangup: { slide: title.svg, title: thanks, say: [thanks, left] } }
";
const TEXTS: &str = "thanks: Thank you.\nleft: \"{{ left | money }} are left.\"\n";

/// A service of one slide and two spoken texts.
fn service(name: &str) -> Folder {
    let folder = Folder::new(name);
    let (texts, slides) = (folder.0.join("dialplans/texts"), folder.0.join("media/slides"));
    fs::create_dir_all(&texts).expect("the test's folder is writable");
    fs::create_dir_all(&slides).expect("the test's folder is writable");
    fs::write(folder.0.join("dialplans/small.yaml"), FLOW).expect("the test's folder is writable");
    fs::write(texts.join("en.yaml"), TEXTS).expect("the test's folder is writable");
    let slide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media/slides/title.svg");
    fs::copy(slide, slides.join("title.svg")).expect("the demo has this slide");
    folder
}

fn build(folder: &Folder, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    command.args(["media", "build"]).arg(&folder.0).arg("--data").arg(folder.0.join("data")).args(words);
    command.output().expect("it starts")
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).expect("UTF-8")
}

fn tracks(folder: &Folder) -> usize {
    fs::read_dir(folder.0.join("data/cache")).map_or(0, Iterator::count)
}

#[test]
fn makes_what_is_lacking_once_and_says_how_much_there_is() {
    let folder = service("media-build");
    let dry = build(&folder, &["--dry-run"]);
    let listed = text(&dry.stdout);
    assert_eq!((dry.status.code(), tracks(&folder)), (Some(0), 0), "{listed}");
    for part in
        ["slide title.svg (en): ", "speech thanks (en): PCMU", "speech \"twelve yuan and thirty-four fen"]
    {
        assert!(listed.contains(part), "{part}:\n{listed}");
    }
    let count: usize =
        listed.lines().last().and_then(|line| line.split(' ').next()?.parse().ok()).expect("a count");

    let first = build(&folder, &[]);
    let said = text(&first.stdout);
    assert_eq!(first.status.code(), Some(0), "{said}{}", text(&first.stderr));
    assert!(said.ends_with(&format!("{count} made\n")), "{said}");
    assert_eq!(tracks(&folder), count);
    assert!(
        text(&first.stderr).contains("3 of 3 slides, spoken texts and clips"),
        "lines where no terminal is"
    );
    let row = |kind: &str, format: &str| {
        let row = said.lines().find(|line| line.starts_with(kind) && line.contains(format));
        let words: Vec<&str> =
            row.unwrap_or_else(|| panic!("{kind} {format}:\n{said}")).split_whitespace().collect();
        let at = words.len() - 3;
        (words[at].parse::<usize>().expect("a number"), words[at + 1].parse::<f64>().expect("kB"))
    };
    assert_eq!(row("speech", "PCMU").0, 2);
    let (slides, kilobytes) = row("slides", "H263 176x144 on circuits");
    assert!(slides == 1 && (0.5..20.0).contains(&kilobytes), "{kilobytes} kB");
    assert_eq!(row("all", "").0, count);

    let second = build(&folder, &[]);
    assert!(second.status.success() && text(&second.stdout).ends_with("everything was there\n"));
    let written = |pair: &Output| text(&pair.stdout).lines().count();
    assert_eq!((written(&second), tracks(&folder)), (written(&first), count));
}

#[test]
fn what_cannot_be_made_is_named_by_its_place() {
    let folder = service("media-build-broken");
    fs::write(folder.0.join("media/slides/title.svg"), "<svg").expect("the test's folder is writable");
    let output = build(&folder, &[]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let error = said.lines().find(|line| line.contains(": error: ")).unwrap_or_else(|| panic!("{said}"));
    assert!(error.contains("dialplans/small.yaml:7:3: error: ") && error.contains("title.svg"), "{error}");
    assert!(said.ends_with("1 of 3 slides, spoken texts and clips cannot be made\n"), "{said}");

    fs::write(folder.0.join("dialplans/small.yaml"), FLOW.replace("12.34", "abc")).expect("writable");
    let output = build(&folder, &[]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("texts/en.yaml:2:7: error: ") && said.contains("is not an amount of money"),
        "{said}"
    );
}

#[test]
fn a_folder_without_a_service_is_another_exit_code() {
    let folder = Folder::new("media-build-empty");
    let output = build(&folder, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("holds no dialplan"), "{}", text(&output.stderr));
    assert_eq!(build(&folder, &["--nonsense"]).status.code(), Some(2));
}
