//! Rules on one file: header, length, forbidden words, machine paths.

use super::layers::LAYERS;
use super::{File, Problem};
use crate::source::{code_only, has_word, test_lines};

/// Lines of one file, its tests aside.
const LINES_MAX: usize = 800;

pub(super) fn check(file: &File) -> Vec<Problem> {
    let mut problems = machine_paths(file);
    if file.is_rust() {
        problems.extend(header(file));
        problems.extend(length(file));
        problems.extend(unsafe_code(file));
        problems.extend(skipped_tests(file));
        problems.extend(impurity(file));
    }
    problems
}

/// The first line says what the file is.
fn header(file: &File) -> Option<Problem> {
    let said = file.text.lines().next().and_then(|line| line.strip_prefix("//!"));
    let missing = said.is_none_or(|text| text.trim().is_empty());
    missing
        .then(|| Problem::of_file(&file.path, "the first line is no `//!` header that says what the file is"))
}

fn length(file: &File) -> Option<Problem> {
    let lines = test_lines(&file.text).into_iter().filter(|test| !test).count();
    (lines > LINES_MAX && !file.is_test()).then(|| {
        let what = format!("{lines} lines without the tests, more than {LINES_MAX}: split it by job");
        Problem::of_file(&file.path, what)
    })
}

fn unsafe_code(file: &File) -> Vec<Problem> {
    if file.path.starts_with("crates/codec/src/ffi/") {
        return Vec::new();
    }
    lines_with(file, &["unsafe"], "`unsafe` belongs into crates/codec/src/ffi")
}

fn skipped_tests(file: &File) -> Vec<Problem> {
    let mut problems = lines_with(file, &["#[ignore"], "a test that is not run proves nothing");
    problems.extend(lines_with(file, &["allow(dead_code", "expect(dead_code"], "remove what is not used"));
    problems
}

/// Input, output and clocks, as they are written in code.
const IMPURE: &[&str] = &[
    "tokio::",
    "mio::",
    "socket2::",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "UnixStream",
    "std::fs",
    "std::thread",
    "std::process",
    "std::env::",
    "Instant::now",
    "SystemTime::now",
];

fn impurity(file: &File) -> Vec<Problem> {
    let Some(layer) = file.crate_name().and_then(|name| LAYERS.iter().find(|layer| layer.name == name))
    else {
        return Vec::new();
    };
    if !layer.pure || !file.path.contains("/src/") || file.is_test() {
        return Vec::new();
    }
    let tests = test_lines(&file.text);
    let mut problems = lines_with(file, IMPURE, "a pure crate does no input or output and reads no clock");
    problems.retain(|problem| problem.line.is_none_or(|line| !tests[line - 1]));
    problems
}

/// One problem for each line of code that holds one of `words`, comments and literals aside.
fn lines_with(file: &File, words: &[&str], rule: &str) -> Vec<Problem> {
    let code = code_only(&file.text);
    let holds = |line: &str, word: &&str| {
        let plain = word.chars().all(|c| c.is_alphanumeric() || c == '_');
        if plain { has_word(line, word) } else { line.contains(*word) }
    };
    let mut problems = Vec::new();
    for (number, line) in code.lines().enumerate() {
        if let Some(word) = words.iter().copied().find(|word| holds(line, word)) {
            let what = format!("`{word}`: {rule}");
            problems.push(Problem { file: file.path.clone(), line: Some(number + 1), what });
        }
    }
    problems
}

/// Folders of one person's machine. Written in two halves so that this file passes.
const MACHINE_PATHS: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/t", "mp/"),
    concat!("/Us", "ers/"),
];

fn machine_paths(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        // A path starts there; one inside a longer relative path is another matter.
        let starts = |path: &&str| {
            line.match_indices(*path)
                .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}/".contains(c)))
        };
        if let Some(path) = MACHINE_PATHS.iter().copied().find(starts) {
            let what = format!("`{path}` is a folder of one machine");
            problems.push(Problem { file: file.path.clone(), line: Some(number + 1), what });
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    fn problems(path: &str, text: &str) -> Vec<String> {
        check(&file(path, text)).iter().map(ToString::to_string).collect()
    }

    fn is_fine(path: &str, text: &str) {
        assert_eq!(problems(path, text), [""; 0]);
    }

    fn names_line(path: &str, text: &str, line: usize) {
        let all = problems(path, text);
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(all[0].starts_with(&format!("{path}:{line}: ")), "{all:?}");
    }

    #[test]
    fn every_source_says_what_it_is() {
        is_fine("crates/sip/src/uri.rs", "//! URIs (RFC 3261 §19.1).\n");
        assert_eq!(problems("crates/sip/src/uri.rs", "use x;\n//! late\n").len(), 1);
        assert_eq!(problems("crates/sip/src/uri.rs", "//!\n").len(), 1);
        assert_eq!(problems("crates/sip/src/uri.rs", "").len(), 1);
    }

    #[test]
    fn length_does_not_count_tests() {
        let code = |lines: usize| "//! x\n".to_string() + &"fn a() {}\n".repeat(lines - 1);
        let tests = "#[cfg(test)]\nmod tests {\n".to_string() + &"// t\n".repeat(900) + "}\n";
        is_fine("crates/sip/src/a.rs", &(code(800) + &tests));
        assert_eq!(problems("crates/sip/src/a.rs", &code(801)).len(), 1);
        is_fine("crates/sip/tests/a.rs", &code(801));
        is_fine("crates/sip/src/a/tests.rs", &code(801));
    }

    #[test]
    fn unsafe_stands_in_one_folder() {
        let text = "//! x\nfn f() { unsafe { g() } }\n";
        names_line("crates/rtp/src/a.rs", text, 2);
        names_line("crates/codec/src/a.rs", text, 2);
        is_fine("crates/codec/src/ffi/a.rs", text);
        is_fine(
            "crates/rtp/src/a.rs",
            "//! x\n#![deny(unsafe_code)] // unsafe\nconst X: &str = \"unsafe\";\n",
        );
    }

    #[test]
    fn pure_crates_touch_nothing_outside() {
        for word in IMPURE {
            let text = format!("//! x\nfn f() {{ {word}(); }}\n");
            names_line("crates/call/src/a.rs", &text, 2);
            is_fine("crates/net/src/a.rs", &text);
            is_fine("crates/call/tests/a.rs", &text);
        }
        is_fine("crates/call/src/a.rs", "//! x\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n");
        is_fine("crates/call/src/a.rs", "//! x\n/// Takes what std::fs would read.\nfn f() {}\n");
    }

    #[test]
    fn no_test_is_skipped_and_no_code_is_dead() {
        names_line("crates/net/src/a.rs", "//! x\n#[ignore]\n", 2);
        names_line("crates/net/src/a.rs", "//! x\n#[allow(dead_code)]\n", 2);
    }

    #[test]
    fn no_folder_of_one_machine_in_any_text() {
        for path in MACHINE_PATHS {
            names_line("README.md", &format!("# x\nsee {path}x\n"), 2);
        }
        let inner = format!("# x\nsee crates{}net and https://host{}x\n", MACHINE_PATHS[2], MACHINE_PATHS[0]);
        is_fine("README.md", &inner);
    }
}
