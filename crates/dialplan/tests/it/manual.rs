//! What `dialplans/README.md` tells operators is true: its examples hold together, its tables are those
//! of the language.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::common::{assets, file, some_time};
use dialplan::simulate::{FactKind, transcript};
use dialplan::{Service, SourceFile, docs, step};

fn manual_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dialplans/README.md")
}

fn manual() -> String {
    std::fs::read_to_string(manual_path()).expect("the manual is part of the project")
}

/// The YAML blocks, each of which begins with its file name in a comment.
fn examples() -> Vec<SourceFile> {
    let manual = manual();
    let blocks = manual.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let named = |block: &str| {
        let path = block.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a file name");
        file(path, block)
    };
    blocks.map(named).collect()
}

#[test]
fn examples_of_the_manual_are_sound() {
    let examples = examples();
    assert!(examples.len() >= 5);
    let service =
        Service::compile(&examples, &assets()).unwrap_or_else(|problems| panic!("{}", problems.report()));
    assert!(service.warnings().is_empty(), "{}", service.warnings().report());
    assert_eq!(service.flows().len(), 13);
}

#[test]
fn transcript_of_the_manual_goes_as_written() {
    let service = Service::compile(&examples(), &assets()).expect("another test says what is wrong");
    let manual = manual();
    let (_, block) = manual.split_once("```sim\n").expect("there is one");
    let text = block.split("```").next().unwrap_or_default();
    let verdict = transcript::check(&Arc::new(service), &[file("first.sim", text)], some_time());
    assert!(verdict.problems.is_empty(), "{}", verdict.problems.report());
    assert_eq!(verdict.calls, 2);
}

#[test]
fn manual_names_every_word_of_transcripts() {
    let manual = manual();
    for (_, word, _) in FactKind::ALL {
        let named = [format!("`{word} "), format!("`{word}`")].iter().any(|text| manual.contains(text));
        assert!(named, "{word}");
    }
}

#[test]
fn generated_region_of_the_manual_is_fresh() {
    let manual = manual();
    let (before, region) = manual.split_once("<!-- generated: steps -->\n").expect("the region begins");
    let (region, behind) = region.split_once("<!-- /generated -->").expect("the region ends");
    // As the snapshots beside it are.
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        let fresh = docs::step_table();
        let text = format!("{before}<!-- generated: steps -->\n{fresh}<!-- /generated -->{behind}");
        return std::fs::write(manual_path(), text).expect("the manual can be written");
    }
    assert_eq!(region, docs::step_table(), "run `cargo xtask docs`");
}

/// What the examples ask.
const CRM: &str = "connector: crm
base: http://127.0.0.1:1
calls: { subscriber: { get: /subscriber, takes: { caller: text }, returns: { star: number }, example: { star: 3 } }, order: { post: /orders, order: true, takes: { pack: text }, example: {} } }
";

/// What the examples run.
const PART: &str = "flow: ask_pin
takes: { times: number }
outcomes: [ok, wrong]
start: it
languages: [zh-CN]
nodes: { it: { branch: { cases: [{ when: times > 0, to: $return ok }], exits: { else: $return wrong } } } }
";

#[test]
fn example_of_every_step_is_sound() {
    for kind in step::STEPS {
        let indented: String = kind.example.lines().map(|line| format!("    {line}\n")).collect();
        let mut flow = format!(
            "flow: test\nnumbers: [\"100\"]\nstart: it\nlanguages: [zh-CN]\nvars: {{ card: {{ type: text }}, stars: {{ type: number }}, pack: {{ one_of: [10GB, 30GB] }} }}\ndefaults: {{ exits: {{ silence: $repeat, invalid: $repeat, exhausted: bye, failed: bye }} }}\nnodes:\n  it:\n{indented}"
        );
        for name in ["main", "bye", "sorry", "balance", "agent", "stranger"] {
            flow.push_str(&format!("  {name}: {{ hangup: {{}} }}\n"));
        }
        let mut files = vec![file("flow.yaml", &flow), file("crm.yaml", CRM), file("part.yaml", PART)];
        files.extend(
            crate::common::demo_files().into_iter().filter(|file| !file.path.ends_with("hotline.yaml")),
        );
        let queues = files.iter_mut().find(|file| file.path.ends_with("queues.yaml")).expect("queues");
        queues
            .text
            .push_str("hours: { business: { zone: Asia/Shanghai, open: { mon-fri: 09:00-18:00 } } }\n");
        let chinese = files.iter_mut().find(|file| file.path.ends_with("zh-CN.yaml")).expect("texts");
        chinese.text.push_str("enter_card: 请输入卡号\nhow_was_it: 请评价\norder_line: \"{{ pack }}\"\n");
        if let Err(problems) = Service::compile(&files, &assets()) {
            let real: Vec<_> =
                problems.errors().filter(|problem| problem.code() != "unreachable-node").collect();
            assert!(real.is_empty(), "{}:\n{}", kind.name, problems.report());
        }
    }
}
