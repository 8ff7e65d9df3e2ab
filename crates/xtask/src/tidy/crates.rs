//! Rules on manifests: dependencies come from the workspace's table, all of that table is used, every
//! crate uses what it names and keeps the workspace's lints.

use super::{File, Problem};
use crate::manifest::{dependencies, tables};
use crate::source::{code_only, has_word};

const ROOT: &str = "Cargo.toml";

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let (root, crates): (Vec<&File>, Vec<&File>) =
        files.iter().filter(|file| file.path.ends_with("Cargo.toml")).partition(|file| file.path == ROOT);
    let mut problems: Vec<Problem> =
        crates.iter().flat_map(|manifest| check_crate(manifest, files)).collect();
    for root in root {
        problems.extend(unused_in_workspace(root, &crates));
    }
    problems
}

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

fn unused_in_workspace(root: &File, crates: &[&File]) -> Vec<Problem> {
    let named = |name: &&str| {
        crates
            .iter()
            .any(|manifest| KINDS.iter().any(|kind| dependencies(&manifest.text, kind).contains(name)))
    };
    let table = tables(&root.text).into_iter().filter(|table| table.name == "workspace.dependencies");
    let unused = table.flat_map(|table| table.keys).filter(|name| !named(name) && !is_ours(name, crates));
    unused.map(|name| Problem::of_file(ROOT, format!("no crate uses the dependency `{name}`"))).collect()
}

/// Our own crates may wait in the table for their first user.
fn is_ours(name: &str, crates: &[&File]) -> bool {
    crates.iter().any(|manifest| manifest.crate_name() == Some(name))
}

fn check_crate(manifest: &File, files: &[File]) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !manifest.text.contains("[lints]\nworkspace = true") {
        problems.push(Problem::of_file(&manifest.path, "the crate does not take the workspace's lints"));
    }
    let sources = files.iter().filter(|file| file.is_rust() && belongs(file, manifest));
    let code: Vec<String> = sources.map(|file| code_only(&file.text)).collect();
    for kind in KINDS {
        for name in dependencies(&manifest.text, kind) {
            let as_written = name.replace('-', "_");
            if !code.iter().any(|code| has_word(code, &as_written)) {
                problems.push(Problem::of_file(&manifest.path, format!("`{name}` is named and not used")));
            }
            if !manifest.text.contains(&format!("{name}.workspace = true"))
                && !manifest.text.contains(&format!("{name} = {{ workspace = true"))
            {
                let what = format!("`{name}` does not come from the workspace's table");
                problems.push(Problem::of_file(&manifest.path, what));
            }
        }
    }
    problems
}

/// A crate's sources, and the benchmarks that lie at the top for all crates.
fn belongs(file: &File, manifest: &File) -> bool {
    let of_benches = file.path.strip_prefix("benches/").is_some_and(|name| manifest.text.contains(name));
    of_benches || file.crate_name().is_some_and(|name| manifest.crate_name() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    const LINTS: &str = "[lints]\nworkspace = true\n";

    fn problems(files: &[File]) -> Vec<String> {
        check(files).into_iter().map(|problem| problem.what).collect()
    }

    fn net(dependencies: &str, code: &str) -> Vec<String> {
        let manifest = format!("{LINTS}[dependencies]\n{dependencies}\n");
        problems(&[file("crates/net/Cargo.toml", &manifest), file("crates/net/src/lib.rs", code)])
    }

    #[test]
    fn what_is_named_is_used() {
        assert_eq!(net("serde-saphyr.workspace = true", "use serde_saphyr::X;"), [""; 0]);
        assert_eq!(
            net("serde.workspace = true", "// serde\nuse serde_saphyr::X;"),
            ["`serde` is named and not used"]
        );
    }

    #[test]
    fn versions_stand_in_one_table() {
        assert_eq!(net("mio = { workspace = true, features = [] }", "use mio;"), [""; 0]);
        assert_eq!(net("mio = \"1\"", "use mio;"), ["`mio` does not come from the workspace's table"]);
    }

    #[test]
    fn the_table_holds_nothing_unused() {
        let root =
            file(ROOT, "[workspace.dependencies]\nmio = \"1\"\ntokio = \"1\"\nnet = { path = \"x\" }\n");
        let manifest = format!("{LINTS}[dependencies]\nmio.workspace = true\n");
        let files =
            [root, file("crates/net/Cargo.toml", &manifest), file("crates/net/src/lib.rs", "use mio;")];
        assert_eq!(problems(&files), ["no crate uses the dependency `tokio`"]);
    }

    #[test]
    fn lints_are_the_workspaces() {
        let all = problems(&[file("crates/net/Cargo.toml", "[dependencies]\n")]);
        assert_eq!(all, ["the crate does not take the workspace's lints"]);
    }

    #[test]
    fn a_benchmark_at_the_top_counts_for_its_crate() {
        let manifest = format!(
            "{LINTS}[dev-dependencies]\ncriterion.workspace = true\n[[bench]]\npath = \"../../benches/sip.rs\"\n"
        );
        let bench = file("benches/sip.rs", "use criterion::X;");
        assert_eq!(problems(&[file("crates/sip/Cargo.toml", &manifest), bench]), [""; 0]);
    }
}
