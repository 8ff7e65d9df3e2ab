//! Shared by the tests: services from text, and the demo service from the project's own folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use dialplan::{Assets, Problems, Service, SourceFile};

/// The media of the demo service, by name.
pub(crate) fn assets() -> Assets {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Assets {
        slides: names(&["menu.svg", "page.svg", "hold.svg", "title.svg"]),
        clips: names(&["welcome.mp4", "hold.mp4"]),
        prompts: Default::default(),
    }
}

/// A file of a service.
pub(crate) fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

/// Texts that most tests need, in zh-CN and en.
pub(crate) fn texts() -> Vec<SourceFile> {
    let zh = "press: \"{{ label }}请按{{ key }}\"\nhello: 您好\nbalance: 话费余额\npacks: 流量套餐\nagent: 人工\nback: 返回\nrepeat: 重听\nlanguage: English\nkey_star: 星号\n";
    let en = "press: \"For {{ label }}, press {{ key }}.\"\nhello: Hello\nbalance: Balance\npacks: Data packs\nagent: Agent\nback: Back\nrepeat: Again\nlanguage: { shown: 中文, spoken: Chinese }\nkey_star: star\n";
    vec![file("texts/zh-CN.yaml", zh), file("texts/en.yaml", en)]
}

/// A queue called `video` with one agent.
pub(crate) fn queues() -> SourceFile {
    file(
        "queues.yaml",
        "agents:\n  anna: { address: \"sip:anna@127.0.0.1:5070\" }\nqueues:\n  video: { agents: [anna], hold: { clip: hold.mp4 } }\n",
    )
}

/// Compiles `flow` as flow.yaml with the texts and the queue above.
pub(crate) fn compile(flow: &str) -> Result<Service, Problems> {
    let mut files = vec![file("flow.yaml", flow), queues()];
    files.extend(texts());
    Service::compile(&files, &assets())
}

/// The head of a flow in both languages, to be followed by nodes indented by two.
pub(crate) fn flow(nodes: &str) -> String {
    format!(
        "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [zh-CN, en]\ndefaults: {{ exits: {{ silence: $repeat, invalid: $repeat, exhausted: $hangup }} }}\nnodes:\n{nodes}"
    )
}

/// The service that tests walk: small, and its words are fixed, whatever the demo says today.
const SERVICE: &str = "../vireo/tests/service/dialplans";

/// The files of the service that tests walk.
pub(crate) fn demo_files() -> Vec<SourceFile> {
    files_in(SERVICE)
}

/// The flows, connectors, queues and texts below `folder`, which is seen from this crate.
pub(crate) fn files_in(folder: &str) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths = Vec::new();
    for folder in [root.clone(), root.join("texts")] {
        let entries = std::fs::read_dir(&folder).expect("the service is part of the project");
        paths.extend(entries.map(|entry| entry.expect("readable").path()));
    }
    paths.retain(|path: &PathBuf| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(&root).expect("below it").to_string_lossy().into_owned();
        file(&format!("dialplans/{name}"), &std::fs::read_to_string(path).expect("UTF-8"))
    };
    paths.iter().map(read).collect()
}

/// The transcripts of the service that tests walk.
pub(crate) fn transcripts() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(SERVICE);
    let entries = std::fs::read_dir(&root).expect("the service is part of the project");
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.expect("readable").file_name().into_string().ok()).collect();
    names.retain(|name| dialplan::simulate::transcript::is_transcript(name));
    names.sort();
    let read = |name: &String| std::fs::read_to_string(root.join(name)).expect("UTF-8");
    names.iter().map(|name| file(&format!("dialplans/{name}"), &read(name))).collect()
}

/// The service that tests walk, compiled.
pub(crate) fn demo() -> Arc<Service> {
    match Service::compile(&demo_files(), &assets()) {
        Ok(service) => Arc::new(service),
        Err(problems) => panic!("the demo service has problems:\n{}", problems.report()),
    }
}

/// Some moment to begin a call at.
#[allow(clippy::disallowed_methods, reason = "a base to add durations to; nothing here waits for it")]
pub(crate) fn some_time() -> Instant {
    Instant::now()
}
