//! Which crate may use which: arrows go downward only. The table here is the rule; ARCHITECTURE.md
//! shows it (written by `cargo xtask docs`), every crate's manifest is held to it.

use super::{File, Problem};
use crate::{docs, manifest};

/// One crate and what it may name in its `[dependencies]`.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// Height: a crate uses lower ones only. `None` for tools outside the product.
    pub height: Option<u8>,
    /// The crate.
    pub name: &'static str,
    /// Crates of this workspace that it may use.
    pub uses: &'static [&'static str],
    /// No socket, file, thread, clock or async runtime.
    pub pure: bool,
    /// What it is, in a few words.
    pub about: &'static str,
}

const fn pure(height: u8, name: &'static str, uses: &'static [&'static str], about: &'static str) -> Layer {
    Layer { height: Some(height), name, uses, pure: true, about }
}

const fn shell(height: u8, name: &'static str, uses: &'static [&'static str], about: &'static str) -> Layer {
    Layer { height: Some(height), name, uses, pure: false, about }
}

/// Every crate, highest first.
pub const LAYERS: &[Layer] = &[
    shell(
        6,
        "vireo",
        &[
            "acd", "call", "codec", "crm", "dialplan", "emulator", "gateway", "h324m", "media", "net", "rtp",
            "sdp", "sip", "slides", "store", "web",
        ],
        "the binary: commands and configuration",
    ),
    shell(5, "web", &["acd", "gateway", "net", "store"], "HTTP: what goes on in the gateway"),
    shell(
        4,
        "gateway",
        &[
            "acd", "call", "codec", "dialplan", "h324m", "media", "net", "rtp", "sdp", "sip", "slides",
            "store",
        ],
        "the shell: shards, the library of prompts, metrics",
    ),
    shell(
        3,
        "emulator",
        &["codec", "h324m", "media", "net", "rtp", "sdp", "sip"],
        "callers for tests, demos and load",
    ),
    shell(3, "store", &["acd", "call", "dialplan"], "the database: accounts, audit, statistics"),
    shell(3, "crm", &[], "a demo's other side: subscribers, orders, tickets by HTTP"),
    shell(2, "fuzz", &["dialplan", "h324m", "media"], "fuzz targets with their corpus"),
    pure(2, "call", &["acd", "dialplan", "h324m", "media", "rtp", "sdp", "sip"], "call control"),
    shell(2, "net", &["media", "sip"], "sockets, and the one place that reads clocks"),
    pure(1, "sdp", &["media"], "session descriptions, offer and answer"),
    pure(1, "rtp", &["media"], "RTP, RTCP, payload formats, telephone-event"),
    pure(1, "h324m", &["h245", "media"], "the 3G-324M terminal: H.223, procedures, frames"),
    shell(1, "codec", &["media"], "encoding, decoding, scaling; the one place with foreign code"),
    pure(1, "slides", &["media"], "templates and values to pictures"),
    pure(0, "media", &[], "frames, formats, pictures"),
    pure(0, "h245", &[], "control messages of video telephones, in aligned PER"),
    pure(0, "sip", &[], "messages, transactions, dialogs"),
    pure(0, "dialplan", &[], "the service language: parse, check, run"),
    pure(0, "acd", &[], "agents and queues"),
    Layer {
        height: None,
        name: "netsim",
        uses: &[],
        pure: true,
        about: "virtual time and lossy links for tests",
    },
    Layer { height: None, name: "xtask", uses: &[], pure: false, about: "the project's own commands" },
];

/// The table as ARCHITECTURE.md shows it.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("| layer | crate | may use | pure | what it is |\n|---|---|---|---|---|\n");
    for layer in LAYERS {
        let height = layer.height.map_or("-".into(), |height| height.to_string());
        let uses = if layer.uses.is_empty() { "-".into() } else { layer.uses.join(" ") };
        let pure = if layer.pure { "yes" } else { "" };
        text += &format!("| {height} | `{}` | {uses} | {pure} | {} |\n", layer.name, layer.about);
    }
    text
}

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let manifests = files.iter().filter(|file| is_crate_manifest(&file.path));
    let mut problems: Vec<Problem> = manifests.clone().flat_map(check_manifest).collect();
    for layer in LAYERS {
        if !manifests.clone().any(|file| file.crate_name() == Some(layer.name)) {
            let what = format!("the layer table names `{}`, which is no crate", layer.name);
            problems.push(Problem::of_file("crates/xtask/src/tidy/layers.rs", what));
        }
    }
    problems
        .extend(files.iter().filter(|file| file.path == "ARCHITECTURE.md").filter_map(check_architecture));
    problems
}

fn is_crate_manifest(path: &str) -> bool {
    path.starts_with("crates/") && path.ends_with("/Cargo.toml") && path.split('/').count() == 3
}

fn check_manifest(file: &File) -> Vec<Problem> {
    let name = file.crate_name().unwrap_or_default();
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
        let what = format!("`{name}` has no row in the layer table of crates/xtask/src/tidy/layers.rs");
        return vec![Problem::of_file(&file.path, what)];
    };
    let mut problems = Vec::new();
    let ours = |name: &&str| LAYERS.iter().any(|layer| layer.name == *name);
    for kind in ["dependencies", "build-dependencies"] {
        for used in manifest::dependencies(&file.text, kind) {
            if ours(&used) && !layer.uses.contains(&used) {
                problems.push(Problem::of_file(&file.path, format!("`{name}` may not use `{used}`")));
            } else if layer.pure && IMPURE.contains(&used) {
                problems.push(Problem::of_file(&file.path, format!("pure `{name}` may not use `{used}`")));
            }
        }
    }
    for used in manifest::dependencies(&file.text, "dev-dependencies").into_iter().filter(ours) {
        if !tests_may_use(layer, used) {
            let what = format!("tests of `{name}` may not use `{used}`, which stands above it");
            problems.push(Problem::of_file(&file.path, what));
        }
    }
    problems
}

/// Outside crates that do input or output, or read clocks.
const IMPURE: &[&str] =
    &["mio", "rustix", "socket2", "tokio", "ffmpeg-next", "openh264", "indicatif", "arc-swap"];

/// Tests may use what stands lower, and the virtual network.
fn tests_may_use(layer: &Layer, used: &str) -> bool {
    let height_of = |name| LAYERS.iter().find(|layer| layer.name == name).and_then(|layer| layer.height);
    used == "netsim" || height_of(used) < layer.height
}

fn check_architecture(file: &File) -> Option<Problem> {
    match docs::region(&file.text, "layers") {
        None => Some(Problem::of_file(&file.path, "there is no generated region `layers`")),
        Some(shown) if shown != table() => {
            Some(Problem::of_file(&file.path, "the layer table is stale; run `cargo xtask docs`"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    fn problems(path: &str, text: &str) -> Vec<String> {
        check_manifest(&file(path, text)).into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn the_table_itself_points_downward() {
        for layer in LAYERS {
            for used in layer.uses {
                let below = LAYERS.iter().find(|other| other.name == *used).expect("every name has a row");
                assert!(below.height < layer.height, "{} -> {used}", layer.name);
                assert!(!layer.pure || below.pure, "pure {} -> {used}", layer.name);
            }
        }
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_is_a_problem() {
        let upward = "[dependencies]\ncall.workspace = true\n";
        assert_eq!(problems("crates/sip/Cargo.toml", upward), ["`sip` may not use `call`"]);
        assert_eq!(problems("crates/gateway/Cargo.toml", upward), [""; 0]);
        let build = "[build-dependencies]\nsip.workspace = true\n";
        assert_eq!(problems("crates/sdp/Cargo.toml", build), ["`sdp` may not use `sip`"]);
    }

    #[test]
    fn a_pure_crate_has_no_runtime() {
        let tokio = "[dependencies]\ntokio.workspace = true\n";
        assert_eq!(problems("crates/call/Cargo.toml", tokio), ["pure `call` may not use `tokio`"]);
        assert_eq!(problems("crates/net/Cargo.toml", tokio), [""; 0]);
    }

    #[test]
    fn tests_look_down_and_to_the_virtual_network() {
        let tests = "[dev-dependencies]\nnetsim.workspace = true\nsip.workspace = true\n";
        assert_eq!(problems("crates/call/Cargo.toml", tests), [""; 0]);
        let upward = "[dev-dependencies]\nvireo.workspace = true\n";
        assert_eq!(problems("crates/call/Cargo.toml", upward).len(), 1);
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_crate_are_problems() {
        assert_eq!(problems("crates/extra/Cargo.toml", "").len(), 1);
        assert_eq!(check(&[]).len(), LAYERS.len());
    }

    #[test]
    fn a_document_that_shows_another_table_is_a_problem() {
        let shown = |table: &str| {
            let text = format!("# x\n<!-- generated: layers -->\n{table}<!-- /generated -->\n");
            check_architecture(&file("ARCHITECTURE.md", &text))
        };
        assert_eq!(shown(&table()), None);
        assert!(shown(&table().replace("call control", "phone calls")).is_some());
        assert!(check_architecture(&file("ARCHITECTURE.md", "# x\n")).is_some());
    }
}
