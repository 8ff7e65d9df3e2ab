//! Small flows and large ones, drawn.

use super::*;
use crate::testing::service;
use crate::{Assets, SourceFile};

fn graph(nodes: &str) -> Graph {
    let service = service(nodes);
    service.graph(service.flows()[0].id()).expect("it is its own").expect("it is small")
}

/// A flow of `count` menus as hotlines have them: a tree of pages, a way to the agent and back everywhere, and shortcuts.
fn large(count: usize) -> String {
    let mut nodes = String::new();
    for at in 0..count {
        let name = if at == 0 { "main".to_owned() } else { format!("page_{at}") };
        let below: Vec<String> = (1..=4)
            .map(|key| (key, 4 * at + key))
            .filter(|(_, to)| *to < count)
            .map(|(key, to)| format!("\"{key}\": {{ say: one, to: page_{to} }}"))
            .collect();
        let shortcut = (at * 7 + 3) % count;
        let more = if at % 5 == 2 && shortcut > 0 {
            format!(", \"8\": {{ say: two, to: page_{shortcut} }}")
        } else {
            String::new()
        };
        let items =
            if below.is_empty() { "\"1\": { say: one, to: $repeat }".to_owned() } else { below.join(", ") };
        nodes += &format!(
            "  {name}: {{ menu: {{ slide: page.svg, title: hi, items: {{ {items}{more} }}, footer: {{ \"0\": {{ say: one, to: agent }}, \"9\": {{ say: two, to: main }} }} }} }}\n"
        );
    }
    nodes
        + "  agent: { queue: { name: video, exits: { served: bye, timeout: sorry, full: sorry, closed: sorry, no_agents: sorry } } }\n  sorry: { play: { say: hi, next: main } }\n"
}

fn meet(a: Place, b: Place) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

fn place(node: &Node) -> Place {
    Place { x: node.x, y: node.y, w: node.w, h: node.h }
}

/// Where the line is at so much of its way between two points.
fn bend(a: (f64, f64), b: (f64, f64), t: f64) -> (f64, f64) {
    let ease = t * t * (3.0 - 2.0 * t);
    let y = |t: f64| 1.5 * t * (1.0 - t) * (1.0 - t) + 1.5 * t * t * (1.0 - t) + t * t * t;
    (a.0 + (b.0 - a.0) * ease, a.1 + (b.1 - a.1) * y(t))
}

/// Nothing lies on anything else, and no line runs through a box.
fn is_clear(graph: &Graph) {
    is_clear_of_boxes(graph);
    runs_beside_boxes(graph);
}

fn is_clear_of_boxes(graph: &Graph) {
    let mut places: Vec<(String, Place)> = Vec::new();
    places.extend(graph.nodes.iter().map(|node| (node.name.clone(), place(node))));
    places.extend(graph.edges.iter().map(|edge| (format!("{} -> {}", edge.from, edge.to), edge.place)));
    for (at, (name, one)) in places.iter().enumerate() {
        assert!(one.x >= 0.0 && one.y >= 0.0, "{name}");
        assert!(one.x + one.w <= graph.width && one.y + one.h <= graph.height, "{name}");
        for (other, two) in &places[at + 1..] {
            assert!(!meet(*one, *two), "{name} and {other}: {one:?} {two:?}");
        }
    }
}

fn runs_beside_boxes(graph: &Graph) {
    for edge in graph.edges.iter().filter(|edge| edge.from != edge.to) {
        for pair in edge.points.windows(2) {
            for part in 1..20 {
                let (x, y) = bend(pair[0], pair[1], f64::from(part) / 20.0);
                let inside = |node: &&Node| {
                    x > node.x && x < node.x + node.w && y > node.y + 0.5 && y < node.y + node.h - 0.5
                };
                let hit = graph.nodes.iter().find(inside).map(|node| &node.name);
                assert_eq!(hit, None, "the way {} -> {} at {x} {y}", edge.from, edge.to);
            }
        }
    }
}

fn ways(graph: &Graph) -> Vec<String> {
    let light = |edge: &Edge| if edge.default { " (default)" } else { "" };
    graph
        .edges
        .iter()
        .map(|edge| format!("{} -{}-> {}{}", edge.from, edge.label, edge.to, light(edge)))
        .collect()
}

#[test]
fn ways_are_called_by_key_condition_and_outcome() {
    let graph = graph(
        "  main: { menu: { items: { \"1\": { say: one, to: gate }, \"2\": { say: two, to: bye }, \"3\": { say: two, to: main } }, footer: { \"#\": $repeat } } }
  gate: { branch: { cases: [{ when: has_video, to: hello }, { when: times > 3, to: bye }], exits: { else: $hangup } } }
  hello: { play: { say: hi, next: main } }
",
    );
    assert_eq!(
        ways(&graph),
        [
            "gate -has_video-> hello",
            "gate -times > 3-> bye",
            "hello -done-> main",
            "main -1-> gate",
            "main -2, exhausted-> bye",
            "main -3-> main",
        ]
    );
    let node = |name: &str| graph.nodes.iter().find(|node| node.name == name).expect("it is there");
    let marks = |name: &str| {
        node(name)
            .marks
            .iter()
            .map(|mark| (mark.target.clone(), mark.label.clone(), mark.default))
            .collect::<Vec<_>>()
    };
    assert_eq!(marks("main"), [("repeat".into(), "#, silence, invalid".into(), false)]);
    assert_eq!(marks("gate"), [("hangup".into(), "else".into(), false)]);
    assert_eq!((node("hello").title.as_str(), node("hello").kind), ("HI", "play"));
    assert!(node("main").start && node("main").rank == 0 && node("gate").rank == 1);
    let bye = service("  main: { play: { say: hi, next: bye } }\n").graph(crate::FlowId(0)).unwrap().unwrap();
    assert_eq!(bye.nodes[0].line, 9, "the line of `bye:` in the file");
    is_clear(&graph);
}

#[test]
fn what_comes_from_defaults_is_lighter() {
    let graph = graph(
        "  main: { menu: { items: { \"1\": { say: one, to: next } } } }\n  next: { menu: { items: { \"1\": { say: one, to: bye } }, exits: { exhausted: main } } }\n",
    );
    assert_eq!(
        ways(&graph),
        ["main -1-> next", "main -exhausted-> bye (default)", "next -1-> bye", "next -exhausted-> main"]
    );
    assert!(graph.svg().matches("stroke-dasharray").count() == 1);
    assert!(
        graph.nodes.iter().any(|node| node.marks.iter().any(|mark| mark.target == "repeat" && mark.default))
    );
}

#[test]
fn forty_nodes_stand_clear_of_each_other() {
    for count in [1, 2, 5, 9, 17, 26, 40, 75] {
        let graph = graph(&large(count));
        assert_eq!(graph.nodes.len(), count + 3);
        is_clear(&graph);
    }
}

#[test]
fn the_same_flow_is_drawn_the_same() {
    assert_eq!(graph(&large(40)).svg(), graph(&large(40)).svg());
}

#[test]
fn a_flow_of_many_hundreds_is_drawn_too() {
    let graph = graph(&large(250));
    assert_eq!(graph.nodes.len(), 253);
    is_clear_of_boxes(&graph);
}

#[test]
fn names_cannot_break_the_picture() {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let flow = "flow: test\nstart: main\nlanguages: [en]\nnodes: { main: { hangup: { slide: page.svg, title: hi } } }\n";
    let files = [file("flow.yaml", flow), file("texts/en.yaml", "hi: '<b> & \"c\"'\n")];
    let assets = Assets { slides: ["page.svg".to_owned()].into(), ..Assets::default() };
    let service = Service::compile(&files, &assets).unwrap();
    let svg = service.graph(service.flows()[0].id()).unwrap().unwrap().svg();
    assert!(svg.contains("&lt;b&gt; &amp; &quot;c&quot;"), "{svg}");
}

#[test]
fn a_flow_of_another_service_has_no_drawing() {
    assert!(service("  main: { play: { say: hi, next: bye } }\n").graph(crate::FlowId(7)).is_none());
}

#[test]
fn a_part_is_drawn_with_its_exits_and_returns_are_marks() {
    let nodes =
        "  main: { run: { flow: ask, with: { times: 3, pack: 10GB }, exits: { ok: good, wrong: bye } } }
  good: { hangup: { say: hi } }
";
    let drawn = graph(nodes);
    let labels: Vec<_> = drawn.edges.iter().map(|edge| (edge.to.as_str(), edge.label.as_str())).collect();
    assert_eq!(labels, [("good", "ok"), ("bye", "wrong"), ("→ ask", "run")]);
    let other = drawn.nodes.last().expect("there are some");
    assert_eq!((other.name.as_str(), other.kind, other.flow.as_deref()), ("→ ask", "flow", Some("ask")));
    is_clear(&drawn);
    let main = drawn.nodes.iter().find(|node| node.name == "main").expect("it is drawn");
    assert_eq!((main.kind, main.title.as_str()), ("run", "ask"));
    let service = service(nodes);
    let part = service.flows().iter().find(|flow| flow.name() == "ask").expect("the part");
    let part = service.graph(part.id()).expect("it is its own").expect("it is small");
    let marks = |name: &str| {
        let node = part.nodes.iter().find(|node| node.name == name).expect("it is drawn");
        node.marks.iter().map(|mark| (mark.target.clone(), mark.label.clone())).collect::<Vec<_>>()
    };
    assert!(marks("main").contains(&("return wrong".to_owned(), "else".to_owned())), "{:?}", marks("main"));
    assert!(marks("keys").contains(&("return ok".to_owned(), "1".to_owned())), "{:?}", marks("keys"));
}

#[test]
fn flows_that_are_run_for_who_waits_are_drawn_with_their_keys() {
    let nodes = "  main:
    queue:
      name: video
      while_waiting: { \"1\": { run: ask, with: { times: 3, pack: 10GB } }, \"2\": bye, \"3\": { run: ask, with: { times: 1, pack: 10GB } } }
      exits: { served: bye, timeout: bye, full: bye, closed: bye, no_agents: bye }
";
    let drawn = graph(nodes);
    let ways: Vec<_> = drawn.edges.iter().map(|edge| (edge.to.as_str(), edge.label.as_str())).collect();
    assert!(ways.contains(&("→ ask", "1, 3")), "{ways:?}");
    assert!(ways.iter().any(|(to, label)| *to == "bye" && label.starts_with("2, ")), "{ways:?}");
    is_clear(&drawn);
    assert!(drawn.svg().contains("<g id=\"flow-ask\">"));
}
