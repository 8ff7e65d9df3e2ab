//! `vireo media build` as an operator runs it before a gateway's first start, and `vireo check --media`.

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

fn check(path: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    let output = command.args(["check", "--media"]).arg(path).output().expect("it starts");
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn slides_that_cannot_be_read_are_told_with_their_words() {
    let folder = service("check-media");
    let (code, said) = check(&folder.0);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("1 slide drawn, 1 change between them; the slowest, `Thank you.`, takes "),
        "{said}"
    );
    assert!(!said.contains("warning"), "{said}");

    let template = folder.0.join("media/slides/title.svg");
    let sound = fs::read_to_string(&template).expect("the test's folder is readable");
    let svg = |text: &str| {
        let slide = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {{{{ width }}}} {{{{ height }}}}' \
             font-family='{{{{ font }}}}'><rect width='100%' height='100%' fill='#202020'/>{text}</svg>"
        );
        fs::write(&template, slide).expect("the test's folder is writable");
        check(&folder.0)
    };
    let place = "dialplans/texts/en.yaml:1:1: warning: \u{201c}Thank you.\u{201d}";
    for (slide, problem) in [
        ("<text x='9' y='60' font-size='20' fill='#444444'>{{ title }}</text>", "[low-contrast]"),
        ("<text x='9' y='60' font-size='8' fill='#ffffff'>{{ title }}</text>", "[small-type]"),
        (
            "<text x='120' y='60' font-size='20' fill='#ffffff'>{{ title }}</text>",
            "on a screen of 176x144 [text-outside]",
        ),
        ("{{ fit(title, 20, 20, 16).size and '' }}", "[text-cut]"),
    ] {
        let (code, said) = svg(slide);
        assert_eq!(code, Some(0), "a warning is no mistake: {said}");
        assert!(said.contains(place) && said.contains(problem), "{problem}: {said}");
    }
    let (code, said) = svg("{{ fail('no room') }}");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("small.yaml:7:3: error: the slide title.svg cannot be drawn at 176x144"), "{said}");

    fs::write(&template, sound).expect("the test's folder is writable");
    let flow = FLOW.replace("start:", "picture_budget: 100ms\nstart:");
    fs::write(folder.0.join("dialplans/small.yaml"), flow).expect("the test's folder is writable");
    let (_, said) = check(&folder.0);
    assert!(said.contains("and 100 ms are enough [slow-picture]"), "{said}");
}

#[test]
fn the_slides_of_the_demo_can_be_read() {
    let (code, said) = check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dialplans"));
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("warning"), "{said}");
}
