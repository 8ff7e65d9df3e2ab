//! What the dialplan language costs: reading and checking a large flow, and walking through nodes with texts.
//!
//! The flow has as many nodes as one may have, 2,000, each a menu with a slide and texts of its own in two languages; the
//! goal is below 200 ms for all of it. A visit is a key that leads to a page whose texts tell values of the call, with all
//! that comes of it; the goal is 200,000 a second on one core. Prints, asserts nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dialplan::{Action, Assets, Event, Facts, Run, Service, SourceFile};

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NODES: usize = 2_000;
/// Visits of one call, fewer than keep a journal from growing.
const VISITS: u64 = 100;

fn file(path: &str, text: String) -> SourceFile {
    SourceFile { path: path.to_owned(), text }
}

fn assets() -> Assets {
    let slides = ["menu.svg", "page.svg"].map(str::to_owned).into();
    Assets { slides, ..Assets::default() }
}

/// A tree of menus: behind each two others, and the way back.
fn large() -> Vec<SourceFile> {
    let mut flow =
        "flow: large\nnumbers: [\"1\"]\nstart: n0\nlanguages: [zh-CN, en]\nvars: { money: 58.20 }\n\
                    defaults: { exits: { silence: $repeat, invalid: $repeat, exhausted: $hangup } }\nnodes:\n"
            .to_owned();
    let mut texts = "press: \"{{ key }}: {{ label }}\"\nback: back\n".to_owned();
    for node in 0..NODES {
        flow.push_str(&format!(
            " n{node}: {{menu: {{slide: menu.svg, title: t{node}, say: s{node}, items: {{"
        ));
        for (key, to) in [(1, 2 * node + 1), (2, 2 * node + 2)].into_iter().filter(|(_, to)| *to < NODES) {
            flow.push_str(&format!("\"{key}\": {{say: t{to}, to: n{to}}}, "));
        }
        flow.push_str("\"9\": {say: back, to: $back}}}}\n");
        texts
            .push_str(&format!("t{node}: Page {node}\ns{node}: \"Page {node}, {{{{ money | money }}}}.\"\n"));
    }
    vec![file("large.yaml", flow), file("texts/zh-CN.yaml", texts.clone()), file("texts/en.yaml", texts)]
}

const WALK: &str = "flow: walk
numbers: [\"1\"]
start: main
languages: [en]
vars: { money: 58.20, left: 12.6GB, times: 0 }
defaults: { exits: { silence: $repeat, invalid: $repeat, exhausted: $hangup } }
nodes:
  main:
    menu: { slide: menu.svg, title: title, items: { \"1\": { say: page, set: { times: times + 1 }, to: page } } }
  page:
    menu: { slide: page.svg, title: page, lines: [money, left], say: spoken, items: { \"1\": { say: title, to: main } } }
";
const WALK_TEXTS: &str = "press: \"For {{ label }}, press {{ key }}.\"
title: Press a key
page: { shown: Balance, spoken: your balance }
money: \"{{ money | money }}\"
left: \"{{ left | bytes }}\"
spoken: \"Your balance is {{ money | money }}.\"
";

/// One call that presses a key so many times, from its start to its end.
fn walk(service: &Arc<Service>, base: Instant) {
    let facts = Facts { has_video: true, ..Facts::default() };
    let mut run = Run::new(Arc::clone(service), service.flows()[0].id(), facts, 1);
    run.handle_input(base, Event::Start);
    for visit in 0..VISITS {
        while !matches!(run.poll_output(), Action::Timeout(_)) {}
        run.handle_input(base + Duration::from_secs(visit), Event::Digit('1'));
    }
    while !matches!(run.poll_output(), Action::Timeout(_)) {}
    assert!(!run.is_ended(), "it walks on and on");
}

fn compile(files: &[SourceFile]) -> Service {
    Service::compile(files, &assets()).unwrap_or_else(|problems| panic!("{}", problems.report()))
}

#[allow(clippy::disallowed_methods)] // a base for virtual time
fn benches(criterion: &mut Criterion) {
    let files = large();
    let mut group = criterion.benchmark_group("dialplan");
    group.sample_size(20);
    group.bench_function("parse and check 2,000 nodes", |bencher| bencher.iter(|| compile(&files)));
    let service = Arc::new(compile(&[
        file("walk.yaml", WALK.to_owned()),
        file("texts/en.yaml", WALK_TEXTS.to_owned()),
    ]));
    let base = Instant::now();
    group.throughput(Throughput::Elements(VISITS));
    group.bench_function("visits with texts", |bencher| bencher.iter(|| walk(&service, base)));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
