//! Every diagnostic as the operator sees it. A case is one mistake; its report is compared with a
//! snapshot, and it is at most two problems.

use crate::common::{assets, compile, demo_files, file, flow, queues, texts};
use dialplan::{Problems, Service, SourceFile};

/// A snapshot without the source of the cases, which would only repeat them.
macro_rules! snapshot {
    ($text:expr) => {
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($text) })
    };
}

/// A flow with one mistake, or other files with one.
enum Case {
    Flow(String),
    Files(Vec<SourceFile>),
}

fn nodes(text: &str) -> Case {
    Case::Flow(flow(text))
}

fn raw(text: &str) -> Case {
    Case::Flow(text.to_owned())
}

/// A sound flow with its own queues.yaml.
fn with_queues(text: &str) -> Case {
    let sound = flow(
        "  main: { queue: { name: video, exits: { served: $hangup, timeout: $hangup, full: $hangup, closed: $hangup, no_agents: $hangup, failed: $hangup } } }\n",
    );
    let mut files = vec![file("flow.yaml", &sound), file("queues.yaml", text)];
    files.extend(texts());
    Case::Files(files)
}

/// A sound flow with something added to or replaced in the English texts.
fn with_english(text: &str) -> Case {
    let sound =
        flow("  main: { menu: { slide: menu.svg, items: { \"1\": { say: balance, to: $hangup } } } }\n");
    let mut files = vec![file("flow.yaml", &sound), queues()];
    files.extend(texts());
    let english = files.last_mut().expect("texts");
    english.text.push_str(text);
    Case::Files(files)
}

/// A flow with a variable `left` and an English text `left` that tells of it.
fn with_value(first: &str, text: &str) -> Case {
    let nodes = "  main: { menu: { slide: page.svg, lines: left, items: { \"1\": { say: balance, to: $hangup } } } }\n";
    let head = flow(nodes).replace("defaults:", &format!("vars: {{ left: {first} }}\ndefaults:"));
    let mut files = vec![file("flow.yaml", &head.replace("[zh-CN, en]", "[en]")), queues()];
    files.extend(texts());
    files.last_mut().expect("texts").text.push_str(&format!("left: \"{text}\"\n"));
    Case::Files(files)
}

/// A flow with variables.
fn with_vars(vars: &str, nodes: &str) -> Case {
    Case::Flow(flow(nodes).replace("defaults:", &format!("vars: {{ {vars} }}\ndefaults:")))
}

fn problems(case: &Case) -> Problems {
    let compiled = match case {
        Case::Flow(flow) => compile(flow),
        Case::Files(files) => Service::compile(files, &assets()),
    };
    match compiled {
        Ok(service) => service.warnings().clone(),
        Err(problems) => problems,
    }
}

/// All reports of a group in one text.
fn reports(cases: &[(&str, Case)]) -> String {
    let mut text = String::new();
    for (title, case) in cases {
        let problems = problems(case);
        assert!(
            (1..=2).contains(&problems.len()),
            "{title}: {} problems\n{}",
            problems.len(),
            problems.report()
        );
        let report = problems.report();
        for (problem, shown) in problems.iter().zip(report.split("\n\n")) {
            let start = problem.position().to_string();
            assert!(shown.starts_with(&start), "{title} begins with its place:\n{shown}");
        }
        text.push_str(&format!("## {title}\n{report}"));
    }
    text
}

#[test]
fn mistakes_of_plate_and_shelf() {
    let queues = |desk: &str| {
        with_queues(&format!(
            "agents: {{ anna: {{ browser: true }} }}\nqueues: {{ video: {{ agents: [anna] }} }}\n{desk}\n"
        ))
    };
    snapshot!(reports(&[
        ("a plate without a slide", queues("plate: { say: hello }")),
        ("a plate with a clip", queues("plate: { slide: title.svg, clip: hold.mp4 }")),
        ("a template that is not there", queues("plate: { slide: titel.svg, title: hello }")),
        ("a text that is not there", queues("shelf: { help: { slide: page.svg, title: helo } }")),
        ("neither slide nor clip", queues("shelf: { help: { title: hello } }")),
        ("both", queues("shelf: { help: { slide: page.svg, clip: hold.mp4 } }")),
        ("a clip that is not there", queues("shelf: { film: { clip: welcom.mp4 } }")),
    ]));
}

#[test]
fn mistakes_of_yaml() {
    snapshot!(reports(&[
        ("bracket not closed", raw("flow: test\nnumbers: [\"100\"\nstart: main\n")),
        ("wrong indentation", nodes("  main:\n    menu:\n      items:\n     footer: { \"0\": main }\n")),
        ("tab", nodes("  main:\n\t\tmenu: { items: { \"1\": { say: balance, to: main } } }\n")),
        (
            "unquoted hash",
            nodes(
                "  main:\n    menu:\n      items: { \"1\": { say: balance, to: main } }\n      footer:\n        \"0\": $back\n        # : $repeat\n"
            )
        ),
        ("unquoted hash in braces", nodes("  main:\n    menu:\n      footer: { \"0\": main, #: $repeat }\n")),
        ("unquoted star", nodes("  main:\n    menu:\n      footer: { \"0\": main, *: $language }\n")),
        ("anchor", nodes("  main: &m { hangup: {} }\n")),
        ("alias", nodes("  main: *m\n")),
        ("merge key", nodes("  main: { <<: { hangup: {} } }\n")),
        ("tag", nodes("  main: !node { hangup: {} }\n")),
        ("second document", raw("flow: test\n---\nflow: other\n")),
        ("duplicate field", nodes("  main:\n    hangup:\n      say: hello\n      say: hello\n")),
        ("duplicate node", nodes("  main: { hangup: {} }\n  main: { hangup: {} }\n")),
        ("too deep", raw(&format!("flow: {}\n", "[".repeat(40) + &"]".repeat(40)))),
    ]));
}

#[test]
fn mistakes_of_shape() {
    let item = "\"1\": { say: balance, to: $hangup }";
    snapshot!(reports(&[
        ("empty file", raw("# nothing here\n")),
        ("flow without nodes", raw("flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en]\nnodes:\n")),
        ("not a map", raw("- flow\n- test\n")),
        (
            "unknown field of a flow",
            raw(
                "flow: test\nnumber: [\"100\"]\nstart: main\nlanguages: [en]\nnodes:\n  main: { hangup: {} }\n"
            )
        ),
        (
            "missing start",
            raw("flow: test\nnumbers: [\"100\"]\nlanguages: [en]\nnodes:\n  main: { hangup: {} }\n")
        ),
        (
            "missing languages",
            raw("flow: test\nnumbers: [\"100\"]\nstart: main\nnodes:\n  main: { hangup: {} }\n")
        ),
        (
            "unknown field of a step",
            nodes(&format!("  main: {{ menu: {{ itmes: {{ {item} }}, footer: {{ {item} }} }} }}\n"))
        ),
        ("unknown step", nodes("  main: { manu: { slide: menu.svg } }\n")),
        ("two steps", nodes("  main:\n    hangup: {}\n    play: { say: hello }\n")),
        ("no step", nodes("  main: {}\n")),
        ("step without a map", nodes("  main: { hangup: goodbye }\n")),
        ("menu without keys", nodes("  main: { menu: { say: hello } }\n")),
        ("play of nothing", nodes("  main: { play: { next: $hangup } }\n")),
        ("silent slide", nodes("  main: { play: { slide: page.svg, next: $hangup } }\n")),
        ("text without a slide", nodes("  main: { hangup: { title: hello, say: hello } }\n")),
        ("item without a target", nodes("  main: { menu: { items: { \"1\": { say: balance } } } }\n")),
        ("not a key", nodes("  main: { menu: { items: { \"12\": { say: balance, to: $hangup } } } }\n")),
        (
            "key in items and footer",
            nodes(&format!("  main: {{ menu: {{ items: {{ {item} }}, footer: {{ \"1\": $back }} }} }}\n"))
        ),
        ("key twice", nodes(&format!("  main:\n    menu:\n      items:\n        {item}\n        {item}\n"))),
        (
            "invalid duration",
            nodes(&format!("  main: {{ menu: {{ timeout: 6 seconds, items: {{ {item} }} }} }}\n"))
        ),
        (
            "duration without a unit",
            nodes(&format!("  main: {{ menu: {{ timeout: 6, items: {{ {item} }} }} }}\n"))
        ),
        (
            "duration too long",
            nodes(&format!("  main: {{ menu: {{ timeout: 100h, items: {{ {item} }} }} }}\n"))
        ),
        ("tries out of range", nodes(&format!("  main: {{ menu: {{ tries: 0, items: {{ {item} }} }} }}\n"))),
        (
            "neither true nor false",
            nodes(&format!("  main: {{ menu: {{ barge_in: yes, items: {{ {item} }} }} }}\n"))
        ),
        (
            "next and exits.done",
            nodes("  main: { play: { say: hello, next: $hangup, exits: { done: $hangup } } }\n")
        ),
        ("invalid node name", nodes("  main: { play: { say: hello, next: a b } }\n  a b: { hangup: {} }\n")),
        (
            "ringing for ever",
            raw(
                "flow: test\nnumbers: [\"100\"]\nring: 5m\nstart: main\nlanguages: [en]\nnodes:\n  main: { hangup: {} }\n"
            )
        ),
        (
            "invalid number",
            raw(
                "flow: test\nnumbers: [hotline]\nstart: main\nlanguages: [en]\nnodes:\n  main: { hangup: {} }\n"
            )
        ),
        (
            "cases not a list",
            nodes(
                "  main: { branch: { cases: { when: has_video, to: $hangup }, exits: { else: $hangup } } }\n"
            )
        ),
        ("empty value", nodes("  main: { play: { say: hello, next: } }\n")),
        (
            "five rows",
            nodes(
                "  main: { menu: { slide: menu.svg, items: { \"1\": { say: balance, to: $hangup }, \"2\": { say: balance, to: $hangup }, \"3\": { say: balance, to: $hangup }, \"4\": { say: balance, to: $hangup }, \"5\": { say: balance, to: $hangup } } } }\n"
            )
        ),
    ]));
}

#[test]
fn mistakes_of_names() {
    let menu = |inside: &str| nodes(&format!("  main: {{ menu: {{ {inside} }} }}\n"));
    snapshot!(reports(&[
        (
            "unknown node",
            nodes(
                "  main: { play: { say: hello, next: gooodbye } }\n  goodbye: { play: { say: hello, next: main } }\n"
            )
        ),
        (
            "unknown start",
            raw(
                "flow: test\nnumbers: [\"100\"]\nstart: mian\nlanguages: [en]\nnodes:\n  main: { hangup: {} }\n"
            )
        ),
        ("unknown built-in", menu("items: { \"1\": { say: balance, to: $hangpu } }")),
        ("unknown text", menu("items: { \"1\": { say: blance, to: $hangup } }")),
        ("unknown text of a footer", menu("footer: { \"0\": main }")),
        ("unknown slide", menu("slide: manu.svg, items: { \"1\": { say: balance, to: $hangup } }")),
        ("unknown clip", nodes("  main: { play: { clip: welcom.mp4, next: $hangup } }\n")),
        (
            "unknown queue",
            nodes(
                "  main: { queue: { name: vidoe, exits: { served: $hangup, timeout: $hangup, full: $hangup, closed: $hangup, no_agents: $hangup, failed: $hangup } } }\n"
            )
        ),
        (
            "unknown outcome",
            nodes("  main: { play: { say: hello, next: $hangup, exits: { doen: $hangup } } }\n")
        ),
        (
            "unknown language",
            raw(
                "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en, fr]\nnodes:\n  main: { hangup: {} }\n"
            )
        ),
        (
            "unknown first language",
            raw(
                "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en]\nlanguage: zh-CN\nnodes:\n  main: { hangup: {} }\n"
            )
        ),
        (
            "only one language",
            raw(
                "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en]\ndefaults: { exits: { silence: $repeat, invalid: $repeat, exhausted: $hangup } }\nnodes:\n  main: { menu: { footer: { \"*\": $language } } }\n"
            )
        ),
        ("unknown variable", menu("items: { \"1\": { say: balance, when: has_vidoe, to: $hangup } }")),
        ("not an expression", menu("items: { \"1\": { say: balance, when: \"language ==\", to: $hangup } }")),
        (
            "failing expression",
            menu("items: { \"1\": { say: balance, when: \"called + 1 > 2\", to: $hangup } }")
        ),
        (
            "unknown filter",
            menu("items: { \"1\": { say: balance, when: \"called | reversed\", to: $hangup } }")
        ),
        (
            "unknown variable to set",
            menu("items: { \"1\": { say: balance, set: { pack: 1 }, to: $hangup } }")
        ),
        ("set of a fact", menu("items: { \"1\": { say: balance, set: { caller: 1 }, to: $hangup } }")),
        (
            "value not in one_of",
            raw(
                "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en]\nvars: { pack: { one_of: [10GB, 30GB] } }\ndefaults: { exits: { silence: $repeat, invalid: $repeat, exhausted: $hangup } }\nnodes:\n  main: { menu: { items: { \"1\": { say: packs, set: { pack: 10gb }, to: $hangup } } } }\n"
            )
        ),
        (
            "default not in one_of",
            raw(
                "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en]\nvars: { pack: { one_of: [10GB, 30GB], default: 20GB } }\nnodes:\n  main: { hangup: {} }\n"
            )
        ),
        (
            "variable called like a fact",
            raw(
                "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en]\nvars: { caller: 1 }\nnodes:\n  main: { hangup: {} }\n"
            )
        ),
    ]));
}

#[test]
fn mistakes_of_the_graph() {
    let play = |name: &str, next: &str| format!("  {name}: {{ play: {{ say: hello, next: {next} }} }}\n");
    let conditions: String = (1..=5)
        .map(|key| format!("\"{key}\": {{ say: balance, when: \"called == '{key}'\", to: $hangup }}, "))
        .collect();
    snapshot!(reports(&[
        ("unreachable node", nodes(&(play("main", "$hangup") + &play("lost", "main")))),
        ("uncovered outcome", nodes("  main: { play: { say: hello } }\n")),
        (
            "uncovered outcome of a menu",
            raw(
                "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en]\ndefaults: { exits: { silence: $repeat, invalid: $repeat } }\nnodes:\n  main: { menu: { items: { \"1\": { say: balance, to: $hangup } } } }\n"
            )
        ),
        ("no exits at all", {
            let head = "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en]\nnodes:\n";
            let menu = |name: &str, to: &str| {
                format!("  {name}: {{ menu: {{ items: {{ \"1\": {{ say: hello, to: {to} }} }} }} }}\n")
            };
            raw(&(head.to_owned() + &menu("main", "b") + &menu("b", "c") + &menu("c", "main")))
        }),
        ("loop", nodes(&(play("main", "second") + &play("second", "third") + &play("third", "second")))),
        ("loop on itself", nodes(&play("main", "$repeat"))),
        ("loop by $back", nodes(&(play("main", "second") + &play("second", "$back")))),
        (
            "loop of a closed queue",
            nodes(
                "  main: { queue: { name: video, exits: { served: $hangup, timeout: $hangup, full: $hangup, closed: $repeat, no_agents: $hangup, failed: $hangup } } }\n"
            )
        ),
        ("too many conditions", nodes(&format!("  main: {{ menu: {{ items: {{ {conditions} }} }} }}\n"))),
        ("number twice", {
            let one = flow("  main: { hangup: {} }\n");
            let other = one.replace("flow: test", "flow: other");
            let mut files = vec![file("a.yaml", &one), file("b.yaml", &other)];
            files.extend(texts());
            Case::Files(files)
        }),
        ("flow twice", {
            let one = flow("  main: { hangup: {} }\n");
            let other = one.replace("\"100\"", "\"101\"");
            let mut files = vec![file("a.yaml", &one), file("b.yaml", &other)];
            files.extend(texts());
            Case::Files(files)
        }),
        ("file twice", {
            let mut files = vec![file("a.yaml", &flow("  main: { hangup: {} }\n"))];
            files.extend(texts());
            files.push(file("more/texts/en.yml", "hello: Hello\n"));
            Case::Files(files)
        }),
        ("no flow", Case::Files(texts())),
    ]));
}

#[test]
fn mistakes_of_texts() {
    snapshot!(reports(&[
        ("missing translation", {
            let mut files = vec![file("flow.yaml", &flow("  main: { hangup: { say: only_chinese } }\n"))];
            files.extend(texts());
            files[1].text.push_str("only_chinese: 再见\n");
            Case::Files(files)
        }),
        ("no file for a language", {
            let mut files = vec![file("flow.yaml", &flow("  main: { hangup: { say: hello } }\n"))];
            files.extend(texts());
            files.pop();
            Case::Files(files)
        }),
        ("no press", {
            let mut files = vec![file(
                "flow.yaml",
                &flow("  main: { menu: { items: { \"1\": { say: hello, to: $hangup } } } }\n"),
            )];
            files.push(file("texts/zh-CN.yaml", "hello: 您好\n"));
            files.push(file("texts/en.yaml", "hello: Hello\n"));
            Case::Files(files)
        }),
        ("unknown value", with_english("goodbye: Goodbye {{ name }}\n")),
        ("unknown filter", with_english("goodbye: Goodbye {{ 5 | cash }}\n")),
        ("a word is no money", with_english("goodbye: \"{{ 'abc' | money }}\"\n")),
        ("a variable holds no money", with_value("abc", "{{ left | money }}")),
        (
            "a word of a variable is no day",
            with_value("{ one_of: [2028-02-29, 2027-02-29] }", "{{ left | date }}")
        ),
        ("a value of a menu's sentence", {
            let Case::Files(mut files) = with_value("5", "{{ left | money }}") else {
                unreachable!("made of files")
            };
            let english = files.last_mut().expect("texts");
            english.text = english.text.replace("press {{ key }}", "press {{ left }}");
            Case::Files(files)
        }),
        ("a variable in a queue's hold", {
            let Case::Files(mut files) = with_value("5", "{{ left | money }}") else {
                unreachable!("made of files")
            };
            files[1].text = files[1].text.replace("{ clip: hold.mp4 }", "{ slide: hold.svg, title: left }");
            Case::Files(files)
        }),
        ("a value that is not set on every way", {
            let nodes = "  main: { menu: { items: { \"1\": { say: balance, to: type }, \"2\": { say: packs, to: told } } } }
  type: { collect: { into: left, digits: 4, next: told } }
  told: { hangup: { say: left } }
";
            let Case::Files(mut files) = with_value("{ type: text }", "{{ left | digits }}") else {
                unreachable!("made of files")
            };
            let head = files[0].text.find("nodes:\n").expect("it has some") + "nodes:\n".len();
            files[0].text.replace_range(head.., nodes);
            Case::Files(files)
        }),
        ("broken template", with_english("goodbye: \"Goodbye {{ name\"\n")),
        ("unknown field of a text", with_english("goodbye: { show: Goodbye, spoken: Goodbye }\n")),
        ("text twice", with_english("hello: Hi\n")),
        ("text is a list", with_english("goodbye: [Goodbye]\n")),
        ("too long for a row", {
            let Case::Files(mut files) = with_english("") else { unreachable!("made of files") };
            let english = files.last_mut().expect("texts");
            english.text = english.text.replace("balance: Balance", "balance: Balance of your account");
            Case::Files(files)
        }),
    ]));
}

#[test]
fn a_recording_that_nothing_says_is_a_warning() {
    let mut assets = assets();
    let name = |name: &str| ("en".to_owned(), name.to_owned());
    assets.prompts = [name("press_1_balance"), name("press_1_blance")].into();
    let Case::Files(files) = with_english("") else { unreachable!("made of files") };
    let service = Service::compile(&files, &assets).expect("sound");
    snapshot!(service.warnings().report());
}

#[test]
fn mistakes_of_queues() {
    let agent = "agents: { anna: { address: \"sip:anna@127.0.0.1:5070\" } }\n";
    snapshot!(reports(&[
        (
            "invalid address",
            with_queues(
                "agents: { anna: { address: anna@127.0.0.1 } }\nqueues: { video: { agents: [anna] } }\n"
            )
        ),
        (
            "host name",
            with_queues(
                "agents: { anna: { address: \"sip:anna@host.example:5070\" } }\nqueues: { video: { agents: [anna] } }\n"
            )
        ),
        ("unknown agent", with_queues(&format!("{agent}queues: {{ video: {{ agents: [ana] }} }}\n"))),
        ("agent twice", with_queues(&format!("{agent}queues: {{ video: {{ agents: [anna, anna] }} }}\n"))),
        ("no agents", with_queues(&format!("{agent}queues: {{ video: {{ agents: [] }} }}\n"))),
        (
            "unknown field",
            with_queues(&format!("{agent}queues: {{ video: {{ agents: [anna], ring: 15s }} }}\n"))
        ),
        (
            "strategy",
            with_queues(&format!("{agent}queues: {{ video: {{ agents: [anna], strategy: longest }} }}\n"))
        ),
        (
            "needs that are a list",
            with_queues(&format!("{agent}queues: {{ video: {{ agents: [anna], needs: [sign] }} }}\n"))
        ),
        (
            "paused after none",
            with_queues(&format!("{agent}queues: {{ video: {{ agents: [anna], pause_after: 0 }} }}\n"))
        ),
        (
            "overflow to nowhere",
            with_queues(&format!(
                "{agent}queues: {{ video: {{ agents: [anna], overflow: {{ after: 1m, to: vidio }} }} }}\n"
            ))
        ),
        (
            "overflow to itself",
            with_queues(&format!(
                "{agent}queues: {{ video: {{ agents: [anna], overflow: {{ after: 1m, to: video }} }} }}\n"
            ))
        ),
        (
            "overflow by two rules",
            with_queues(&format!(
                "{agent}queues: {{ video: {{ agents: [anna], overflow: [{{ after: 1m, longer: 3 }}] }} }}\n"
            ))
        ),
        (
            "overflow without a rule",
            with_queues(&format!(
                "{agent}queues: {{ video: {{ agents: [anna], overflow: {{ to: video-sign }} }}, video-sign: {{ agents: [anna] }} }}\n"
            ))
        ),
        (
            "too long by less than none",
            with_queues(&format!(
                "{agent}queues: {{ video: {{ agents: [anna], overflow: {{ longer: -1 }} }} }}\n"
            ))
        ),
        (
            "level of a skill",
            with_queues(
                "agents: { anna: { browser: true, skills: { sign: 10 } } }\nqueues: { video: { agents: [anna] } }\n"
            )
        ),
        (
            "agent without address",
            with_queues("agents: { anna: {} }\nqueues: { video: { agents: [anna] } }\n")
        ),
        (
            "agent with an address and a browser",
            with_queues(
                "agents: { anna: { address: \"sip:anna@127.0.0.1:5070\", browser: true } }\nqueues: { video: { agents: [anna] } }\n"
            )
        ),
        (
            "agent with a telephone and a browser",
            with_queues(
                "agents: { anna: { registers: { password: \"${A}\" }, browser: true } }\nqueues: { video: { agents: [anna] } }\n"
            )
        ),
        (
            "password in the file",
            with_queues(
                "agents: { anna: { registers: { password: abc } } }\nqueues: { video: { agents: [anna] } }\n"
            )
        ),
        (
            "empty password",
            with_queues(
                "agents: { anna: { registers: { password: \"\" } } }\nqueues: { video: { agents: [anna] } }\n"
            )
        ),
        (
            "telephone without a password",
            with_queues("agents: { anna: { registers: {} } }\nqueues: { video: { agents: [anna] } }\n")
        ),
        (
            "agent with neither",
            with_queues("agents: { anna: { browser: false } }\nqueues: { video: { agents: [anna] } }\n")
        ),
        (
            "capacity",
            with_queues(&format!("{agent}queues: {{ video: {{ agents: [anna], capacity: many }} }}\n"))
        ),
        (
            "unknown clip of a hold",
            with_queues(&format!(
                "{agent}queues: {{ video: {{ agents: [anna], hold: {{ clip: hold.mp3 }} }} }}\n"
            ))
        ),
        (
            "hold with two sounds",
            with_queues(&format!(
                "{agent}queues: {{ video: {{ agents: [anna], hold: {{ clip: hold.mp4, music: hold.mp4 }} }} }}\n"
            ))
        ),
        (
            "empty hold",
            with_queues(&format!("{agent}queues: {{ video: {{ agents: [anna], hold: {{}} }} }}\n"))
        ),
    ]));
}

#[test]
fn mistakes_of_waiting() {
    let vars = "star: { type: number }, level: { one_of: [gold, plain] }, pin: { type: secret }";
    let exits = "exits: { served: $hangup, timeout: $hangup, full: $hangup, closed: $hangup, no_agents: $hangup, failed: $hangup }";
    let it = |fields: &str| {
        with_vars(vars, &format!("  main: {{ queue: {{ name: video, {fields}, {exits} }} }}\n"))
    };
    assert!(problems(&it("priority: { base: 10 * star, per_minute: 10 }")).is_empty());
    snapshot!(reports(&[
        ("points of a word", it("priority: { base: level }")),
        ("points of a secret", it("priority: { base: pin }")),
        ("unknown name", it("priority: { base: 10 * stars }")),
        ("no points", it("priority: { per_minute: 10 }")),
        ("points that never grow", it("priority: { base: star, per_minute: 0 }")),
        ("a number alone", it("priority: 10")),
        ("misspelt", it("priority: { base: star, per_min: 10 }")),
        ("no key of a telephone", it("while_waiting: { \"A\": $callback }")),
        ("a key without quotes", it("while_waiting: { # : $callback\n }")),
        ("nothing behind `$callback`", it("while_waiting: { \"1\": $callback }")),
        ("`$callback` misspelt", it("while_waiting: { \"1\": $calback }")),
        ("unknown node", it("while_waiting: { \"1\": mian }")),
        ("two ways", it("while_waiting: { \"1\": { run: ask, to: main } }")),
        ("no way", it("while_waiting: { \"1\": {} }")),
        ("unknown flow", it("while_waiting: { \"1\": { run: aks } }")),
        ("a flow that is no part", it("while_waiting: { \"1\": { run: test } }")),
    ]));
}

#[test]
fn mistakes_of_flows_that_are_run_while_waiting() {
    let queue = "queue: { name: video, while_waiting: { \"1\": { run: ask, with: { times: 3, pack: 10GB } } }, exits: { served: $hangup, timeout: $hangup, full: $hangup, closed: $hangup, no_agents: $hangup, failed: $hangup } }";
    let run = "run: { flow: ask, with: { times: 3, pack: 10GB }, exits: { ok: $hangup, wrong: again } }";
    let it = |changes: &[(&str, &str)]| {
        let all: Vec<_> =
            [(run, queue), ("\n  again: { menu: { items: { \"1\": { say: balance, to: main } } } }\n", "\n")]
                .into_iter()
                .chain(changes.iter().copied())
                .collect();
        with_part(&all)
    };
    assert!(problems(&it(&[])).is_empty(), "{}", problems(&it(&[])).report());
    let part_queue = "main: { queue: { name: video, exits: { served: $return ok, timeout: $return wrong, full: $return wrong, closed: $return wrong, no_agents: $return wrong, failed: $return wrong } } }";
    snapshot!(reports(&[
        ("no argument", it(&[("times: 3, ", "")])),
        (
            "a language that it lacks",
            it(&[("languages: [zh-CN, en]\nnodes: { main", "languages: [en]\nnodes: { main")])
        ),
        (
            "a queue in it",
            it(&[(
                "main: { branch: { cases: [{ when: times > 1, to: $return ok }], exits: { else: $return wrong } } }",
                part_queue
            )])
        ),
    ]));
}

#[test]
fn mistakes_of_collect() {
    let vars = "card: { type: text }, pin: { type: secret }, sum: { type: money }, day: { type: date }";
    let collect = |fields: &str| {
        with_vars(vars, &format!("  main: {{ collect: {{ say: hello, {fields}, next: $hangup }} }}\n"))
    };
    snapshot!(reports(&[
        ("no variable", collect("digits: 4")),
        ("unknown variable", collect("into: crad")),
        ("a fact is no variable", collect("into: caller")),
        ("no digits fit", collect("into: day")),
        ("a secret that would be shown", collect("into: pin, digits: 4")),
        ("a secret in a text", collect("into: card, digits: 4, secret: true")),
        ("too many for a number", collect("into: sum, digits: { min: 1, max: 16 }")),
        ("none at all", collect("into: card, digits: 0")),
        ("least and most", collect("into: card, digits: { min: 6, max: 4 }")),
        ("a misspelt bound", collect("into: card, digits: { mni: 6 }")),
        ("a digit as the last key", collect("into: card, end: 0")),
        ("one key for both", collect("into: card, end: \"*\", correct: \"*\"")),
        ("no unit", collect("into: card, between: 3")),
        ("unknown outcome", collect("into: card, exits: { to_few: $hangup }")),
        (
            "a secret that is said",
            with_vars(
                "pin: { type: secret }, note: { type: text }",
                "  main: { collect: { into: pin, digits: 4, secret: true, next: told } }\n  told: { branch: { cases: [{ when: has_video, to: $hangup, set: { note: pin } }], exits: { else: $hangup } } }\n"
            )
        ),
    ]));
}

#[test]
fn mistakes_of_small_steps() {
    let vars = "pack: { one_of: [10GB, 30GB] }, stars: { type: number }, note: { type: text }";
    let it = |step: &str| with_vars(vars, &format!("  main: {{ {step} }}\n"));
    snapshot!(reports(&[
        ("unknown language", it("language: { to: zh-TW, next: $hangup }")),
        ("no language", it("language: { next: $hangup }")),
        ("unknown variable", it("set: { vars: { pcak: 10GB }, next: $hangup }")),
        ("a variable beside `vars`", it("set: { pack: 10GB, next: $hangup }")),
        ("no word of the variable", it("set: { vars: { pack: 10gb }, next: $hangup }")),
        ("a number for a text", it("set: { vars: { stars: '\"five\"' }, next: $hangup }")),
        ("stars in a text", it("rate: { say: hello, into: note, next: $hangup }")),
        ("unknown variable for stars", it("rate: { say: hello, into: star, next: $hangup }")),
        ("too many stars", it("rate: { say: hello, into: stars, stars: 6, next: $hangup }")),
        ("too few labels", it("rate: { say: hello, into: stars, labels: [hello, balance], next: $hangup }")),
        (
            "unknown label",
            it("rate: { say: hello, into: stars, stars: 2, labels: [hello, balanse], next: $hangup }")
        ),
        ("nothing behind the stars", it("rate: { say: hello, into: stars }")),
        (
            "a measure that is not there",
            it("echo: { into: { lost: stars }, exits: { done: $hangup, failed: $hangup } }")
        ),
        (
            "a number for a text",
            it("echo: { into: { sound: stars }, exits: { done: $hangup, failed: $hangup } }")
        ),
        ("an echo that is too long", it("echo: { for: 10m, exits: { done: $hangup, failed: $hangup } }")),
        ("no clip", it("clip: { next: $hangup }")),
        ("unknown clip", it("clip: { clip: welcom.mp4, next: $hangup }")),
        (
            "a button that is not there",
            it("clip: { clip: welcome.mp4, keys: { stop: \"5\" }, next: $hangup }")
        ),
        ("two buttons with one key", it("clip: { clip: welcome.mp4, keys: { end: \"5\" }, next: $hangup }")),
        ("no key of a telephone", it("clip: { clip: welcome.mp4, keys: { end: x }, next: $hangup }")),
        ("a step that is too short", it("clip: { clip: welcome.mp4, step: 2s, next: $hangup }")),
    ]));
}

#[test]
fn mistakes_of_what_is_said() {
    let vars = "left: 58.20, pin: { type: secret }, card: { type: text }, day: soon, on_line: true";
    let it = |fields: &str| with_vars(vars, &format!("  main: {{ say: {{ {fields}, next: $hangup }} }}\n"));
    snapshot!(reports(&[
        ("nothing to say", it("slide: page.svg")),
        ("two values", it("money: left, number: left")),
        ("a value beside parts", it("parts: [hello], money: left")),
        ("no parts", it("parts: []")),
        ("a part of two values", it("parts: [hello, { money: left, number: left }]")),
        ("a misspelt part", it("parts: [{ mony: left }]")),
        ("an unknown text", it("parts: [helo, { money: left }]")),
        ("an unknown variable", it("money: lefd")),
        ("a currency that nobody knows", it("money: left, currency: USB")),
        ("a currency of no money", it("number: left, currency: USD")),
        ("a flag is no amount", it("money: on_line")),
        ("no day", it("date: day")),
        ("a secret", it("digits: pin")),
        ("a variable that may have no value", it("digits: card")),
        ("no expression", it("money: left +")),
        ("too many parts", it(&format!("parts: [{}]", ["hello"; 17].join(", ")))),
        ("nothing behind it", with_vars(vars, "  main: { say: { money: left } }\n")),
        ("a filter of texts", it("money: left | money")),
    ]));
}

/// A part with outcomes, and a flow that runs it; each `(right, wrong)` is replaced in either.
fn with_part(changes: &[(&str, &str)]) -> Case {
    let vars = "vars: { pin: { type: secret }, pack: { one_of: [10GB, 30GB] } }\ndefaults:";
    let nodes =
        "  main: { run: { flow: ask, with: { times: 3, pack: 10GB }, exits: { ok: $hangup, wrong: again } } }
  again: { menu: { items: { \"1\": { say: balance, to: main } } } }
";
    let part = "flow: ask
takes: { times: number, pack: { one_of: [10GB, 30GB] }, note: text? }
outcomes: [ok, wrong]
start: main
languages: [zh-CN, en]
nodes: { main: { branch: { cases: [{ when: times > 1, to: $return ok }], exits: { else: $return wrong } } } }
";
    let mut files = vec![file("flow.yaml", &flow(nodes).replace("defaults:", vars)), file("part.yaml", part)];
    for (right, wrong) in changes {
        let found = files.iter_mut().find(|file| file.text.contains(right));
        let file = found.unwrap_or_else(|| panic!("{right}"));
        file.text = file.text.replacen(right, wrong, 1);
    }
    files.push(queues());
    files.extend(texts());
    Case::Files(files)
}

#[test]
fn a_part_that_is_sound_has_no_problems() {
    assert!(problems(&with_part(&[])).is_empty());
}

#[test]
fn mistakes_of_parts() {
    let deep = |count: usize| {
        let run = |to: usize| format!("run: {{ flow: p{to}, exits: {{ ok: $return ok }} }}");
        let part = |at: usize| {
            let step = if at + 1 < count {
                run(at + 1)
            } else {
                "play: { say: hello, next: $return ok }".to_owned()
            };
            let text = format!(
                "flow: p{at}\noutcomes: [ok]\nstart: main\nlanguages: [zh-CN, en]\nnodes: {{ main: {{ {step} }} }}\n"
            );
            file(&format!("p{at}.yaml"), &text)
        };
        let nodes = "  main: { run: { flow: p0, exits: { ok: $hangup } } }\n";
        let mut files = vec![file("flow.yaml", &flow(nodes)), queues()];
        files.extend((0..count).map(part));
        files.extend(texts());
        Case::Files(files)
    };
    assert!(problems(&deep(7)).is_empty(), "eight flows in all");
    snapshot!(reports(&[
        ("unknown flow", with_part(&[("flow: ask,", "flow: aks,")])),
        ("a flow that returns nothing", with_part(&[("flow: ask,", "flow: test,")])),
        ("unknown argument", with_part(&[("with: { times: 3,", "with: { time: 3, times: 3,")])),
        ("missing argument", with_part(&[("times: 3, ", "")])),
        ("wrong type", with_part(&[("times: 3", "times: caller")])),
        ("no word of its own", with_part(&[("pack: 10GB }", "pack: 10gb }")])),
        (
            "another variable's words",
            with_part(&[
                ("pack: { one_of: [10GB, 30GB] } }", "pack: { one_of: [5GB, 10GB] } }"),
                ("pack: 10GB }", "pack: pack }")
            ])
        ),
        ("a secret for a text", with_part(&[("pack: 10GB }", "pack: 10GB, note: pin }")])),
        ("unknown outcome", with_part(&[("ok: $hangup", "ok: $hangup, okay: $hangup")])),
        ("uncovered outcome", with_part(&[(", wrong: again }", " }"), ("ok: $hangup", "ok: again")])),
        ("an exit to no node", with_part(&[("wrong: again", "wrong: agian")])),
        (
            "a language that it does not speak",
            with_part(&[("languages: [zh-CN, en]\nnodes: { main", "languages: [en]\nnodes: { main")])
        ),
        ("returns without outcomes", with_part(&[("to: main }", "to: $return ok }")])),
        ("returns nothing", with_part(&[("else: $return wrong", "else: $return")])),
        ("returns a misspelt outcome", with_part(&[("else: $return wrong", "else: $return wrogn")])),
        ("an outcome that never comes", with_part(&[("else: $return wrong", "else: $return ok")])),
        ("a part with numbers", with_part(&[("flow: ask\n", "flow: ask\nnumbers: [\"101\"]\n")])),
        (
            "takes without outcomes",
            with_part(&[
                ("flow: ask,", "flow: other,"),
                ("outcomes: [ok, wrong]\n", ""),
                (
                    "start: main\nlanguages: [zh-CN, en]\nnodes: { main: { branch: { cases: [{ when: times > 1, to: $return ok }], exits: { else: $return wrong } } } }",
                    "start: main\nlanguages: [zh-CN, en]\nnodes: { main: { hangup: {} } }"
                ),
                (
                    "run: { flow: other, with: { times: 3, pack: 10GB }, exits: { ok: $hangup, wrong: again } }",
                    "play: { say: hello, next: again }"
                )
            ])
        ),
        ("taken like a fact", with_part(&[("note: text?", "caller: text?")])),
        ("a variable of the other flow", with_part(&[("when: times > 1", "when: tiems > 1")])),
        (
            "a part that nobody runs",
            with_part(&[(
                "run: { flow: ask, with: { times: 3, pack: 10GB }, exits: { ok: $hangup, wrong: again } }",
                "play: { say: hello, next: again }"
            )])
        ),
        (
            "runs itself",
            with_part(&[(
                "nodes: { main: { branch: { cases: [{ when: times > 1, to: $return ok }], exits: { else: $return wrong } } } }",
                "nodes: { main: { branch: { cases: [{ when: times > 1, to: $return ok }], exits: { else: more } } }, more: { run: { flow: ask, with: { times: times, pack: pack }, exits: { ok: $return ok, wrong: $return wrong } } } }"
            )])
        ),
        ("two that run each other", {
            let Case::Files(mut files) = deep(2) else { unreachable!("made of files") };
            let last = files.iter_mut().find(|file| file.path == "p1.yaml").expect("the second");
            last.text = last.text.replace(
                "play: { say: hello, next: $return ok }",
                "run: { flow: p0, exits: { ok: $return ok } }",
            );
            Case::Files(files)
        }),
        ("too deep", deep(8)),
        (
            "a loop in which the part never waits",
            with_part(&[(
                "again: { menu: { items: { \"1\": { say: balance, to: main } } } }",
                "again: { play: { say: hello, next: main } }"
            )])
        ),
    ]));
}

#[test]
fn mistakes_of_the_end() {
    let ends = |farewell: &str| {
        let head = flow("  main: { hangup: {} }\n")
            .replace("defaults:", &format!("vars: {{ stars: 0 }}\non_hangup: {farewell}\ndefaults:"));
        let crm = "connector: crm\nbase: http://a\ncalls: { left: { post: /left, takes: { caller: text, stars: number }, returns: { ok: flag }, example: { ok: true } } }\n";
        let mut files = vec![file("flow.yaml", &head), file("crm.yaml", crm), queues()];
        files.extend(texts());
        Case::Files(files)
    };
    snapshot!(reports(&[
        ("unknown call", ends("{ call: crm.lft, send: { stars: stars } }")),
        ("no call", ends("{ send: { stars: stars } }")),
        ("missing argument", ends("{ call: crm.left }")),
        ("unknown variable", ends("[{ call: crm.left, send: { stars: star } }]")),
        ("no condition", ends("{ call: crm.left, send: { stars: stars }, when: stars }")),
        ("a node", ends("main")),
        ("too many", ends(&format!("[{}]", ["{ call: crm.left, send: { stars: stars } }"; 9].join(", ")))),
        ("in a part", with_part(&[("flow: ask\n", "flow: ask\non_hangup: { call: crm.left }\n")])),
    ]));
}

#[test]
fn mistakes_of_calls_that_ring_or_are_put_through() {
    let flash = |fields: &str| {
        nodes(&format!("  main: {{ flash: {{ {fields}, next: end }} }}\n  end: {{ hangup: {{}} }}\n"))
    };
    assert!(problems(&flash("ring: 5s, cause: busy")).is_empty());
    let transfer = |fields: &str| {
        nodes(&format!(
            "  main: {{ transfer: {{ {fields}, exits: {{ done: $hangup, busy: $hangup, no_answer: $hangup, failed: $hangup }} }} }}\n"
        ))
    };
    assert!(problems(&transfer("to: \"sip:{{ called }}@127.0.0.1\", hold: { clip: hold.mp4 }")).is_empty());
    snapshot!(reports(&[
        ("unknown cause", flash("cause: bussy")),
        ("rings too long", flash("ring: 2m")),
        (
            "nobody to speak to",
            nodes("  main: { flash: { next: told } }\n  told: { hangup: { say: balance } }\n")
        ),
        (
            "leads back to the ringing",
            nodes(
                "  main: { flash: { next: again } }\n  again: { branch: { cases: [{ when: has_video, to: main }], exits: { else: $hangup } } }\n"
            )
        ),
        (
            "rings inside a call",
            nodes("  main: { play: { say: balance, next: ring } }\n  ring: { flash: { next: $hangup } }\n")
        ),
        ("no address", transfer("to: \"5551\"")),
        ("a host by name", transfer("to: \"sip:5551@example.com\"")),
        ("unknown name in an address", transfer("to: \"sip:{{ caled }}@127.0.0.1\"")),
        ("unknown clip", transfer("to: \"sip:1@127.0.0.1\", hold: { clip: hol.mp4 }")),
        (
            "uncovered outcome",
            nodes(
                "  main: { transfer: { to: \"sip:1@127.0.0.1\", exits: { done: $hangup, busy: $hangup, failed: $hangup } } }\n"
            )
        ),
    ]));
}

#[test]
fn mistakes_of_hours() {
    let hours = |fields: &str| {
        let nodes = "  main: { hours: { name: business, exits: { open: $hangup, closed: $hangup, holiday: $hangup } } }\n";
        let mut files = vec![file("flow.yaml", &flow(nodes)), queues()];
        files.extend(texts());
        files[1].text.push_str(&format!("hours: {{ business: {{ {fields} }} }}\n"));
        Case::Files(files)
    };
    let week = "zone: Asia/Shanghai, open: { mon-fri: \"09:00-18:00\" }";
    snapshot!(reports(&[
        (
            "no hours",
            nodes(
                "  main: { hours: { name: business, exits: { open: $hangup, closed: $hangup, holiday: $hangup } } }\n"
            )
        ),
        ("unknown hours", {
            let Case::Files(mut files) = hours(week) else { unreachable!("made of files") };
            files[0].text = files[0].text.replace("name: business", "name: busines");
            Case::Files(files)
        }),
        ("uncovered holiday", {
            let Case::Files(mut files) = hours(week) else { unreachable!("made of files") };
            files[0].text = files[0].text.replace(", holiday: $hangup", "");
            Case::Files(files)
        }),
        ("unknown zone", hours(&week.replace("Shanghai", "Shanghia"))),
        ("no zone of the database", hours(&week.replace("Asia/Shanghai", "Beijing time"))),
        ("no zone", hours("open: { mon: \"09:00-18:00\" }")),
        ("unknown day of the week", hours(&week.replace("mon-fri", "mon-fry"))),
        ("day twice", hours(&week.replace("open: {", "open: { wed: closed,"))),
        ("no range", hours(&week.replace("09:00-18:00", "09:00-12:00, 9-18"))),
        ("empty range", hours(&week.replace("18:00", "09:00"))),
        ("no such day", hours(&format!("{week}, closed: [2027-01-01, 2027-02-29]"))),
        ("backwards", hours(&format!("{week}, closed: 2026-10-07..2026-10-01"))),
        ("half a year", hours(&format!("{week}, closed: 2026-12-30..01-02"))),
        ("a special day without hours", hours(&format!("{week}, special: {{ 2026-10-10: closed }}"))),
        ("unknown field", hours(&format!("{week}, close: [01-01]"))),
    ]));
}

#[test]
fn all_mistakes_are_named_in_one_run_and_in_order() {
    let mut files = demo_files();
    for file in &mut files {
        file.text =
            file.text.replace("to: balance", "to: blance").replace("clip: hold.mp4", "clip: hold.mp5");
        file.text = file
            .text
            .replace("ring_timeout: 15s", "ring_timeout: 15")
            .replace("say: goodbye\n", "sya: goodbye\n");
    }
    files.reverse();
    let problems = Service::compile(&files, &assets()).expect_err("broken");
    let got: Vec<(String, &str)> =
        problems.iter().map(|problem| (problem.position().path.to_string(), problem.code())).collect();
    let flow = "dialplans/hotline.yaml".to_owned();
    let queues = "dialplans/queues.yaml".to_owned();
    assert_eq!(
        got,
        [
            (flow.clone(), "unknown-node"),
            (flow, "unknown-field"),
            (queues.clone(), "invalid-duration"),
            (queues, "unknown-clip"),
        ],
        "{}",
        problems.report()
    );
}

#[test]
fn a_misspelt_node_is_shown_with_place_and_suggestion() {
    let mut files = demo_files();
    let hotline = files.iter_mut().find(|file| file.path.ends_with("hotline.yaml")).expect("the demo flow");
    hotline.text = hotline.text.replace("{ say: packs, to: packs }", "{ say: packs, to: pakcs }");
    let problems = Service::compile(&files, &assets()).expect_err("broken");
    let first = problems.iter().next().expect("one");
    assert_eq!(first.suggestion(), Some("did you mean `packs`?"));
    assert!(problems.report().starts_with("dialplans/hotline.yaml:28:32: error: "), "{}", problems.report());
}

#[test]
fn line_endings_and_a_byte_order_mark_do_not_move_places() {
    let text = flow("  main: { hangup: { say: helo } }\n");
    let place = |text: &str| {
        let problems = compile(text).expect_err("broken");
        problems.iter().next().expect("one").position().to_string()
    };
    assert_eq!(place(&text), "flow.yaml:7:26");
    assert_eq!(place(&text.replace('\n', "\r\n")), "flow.yaml:7:26");
    assert_eq!(place(&format!("\u{feff}{text}")), "flow.yaml:7:26");
}

#[test]
fn of_several_nodes_with_one_goal_the_nearest_counts() {
    let menu = |name: &str, goal: &str, to: &str| {
        format!(
            "  {name}: {{ goal: {goal}, menu: {{ items: {{ \"1\": {{ say: balance, to: {to} }} }} }} }}\n"
        )
    };
    let nodes =
        [menu("main", "a", "second"), menu("second", "b", "third"), menu("third", "b", "main")].concat();
    let compiled = |budget: u32| {
        compile(&flow(&nodes).replace("defaults:", &format!("key_budget: {budget}\ndefaults:")))
    };
    assert!(compiled(1).is_ok(), "{}", compiled(1).expect_err("refused").report());
}

#[test]
fn mistakes_of_goals() {
    let chain = |budget: &str, goals: [&str; 3]| {
        let menu = |name: &str, goal: &str, to: &str| {
            format!(
                "  {name}:\n    goal: {goal}\n    menu: {{ items: {{ \"1\": {{ say: balance, to: {to} }} }} }}\n"
            )
        };
        let nodes = [
            "  main: { play: { say: hello, next: first } }\n".to_owned(),
            menu("first", goals[0], "second"),
            menu("second", goals[1], "third"),
            menu("third", goals[2], "first"),
        ];
        raw(&flow(&nodes.concat()).replace("defaults:", &format!("key_budget: {budget}\ndefaults:")))
    };
    let cases = [
        ("a goal that is too far", chain("1", ["a", "b", "c"])),
        ("no budget at all", chain("0", ["a", "b", "c"])),
        ("a goal of two words", chain("2", ["a", "b", "two words"])),
        ("a goal misspelt", nodes("  main: { gaol: balance, hangup: {} }\n")),
    ];
    snapshot!(reports(&cases));
}

#[test]
fn mistakes_of_what_is_required() {
    let flow_with = |nodes: &str| {
        let part = "flow: check_pin
outcomes: [ok, wrong]
start: main
languages: [zh-CN, en]
nodes: { main: { branch: { cases: [{ when: has_video, to: $return ok }], exits: { else: $return wrong } } } }
";
        let mut files = vec![file("flow.yaml", &flow(nodes)), file("part.yaml", part), queues()];
        files.extend(texts());
        Case::Files(files)
    };
    let nodes = |requires: &str, ok: &str, second: &str| {
        flow_with(&format!(
            "  main: {{ menu: {{ items: {{ \"1\": {{ say: balance, to: pin }}, \"2\": {{ say: packs, to: {second} }} }} }} }}
  pin: {{ run: {{ flow: check_pin, exits: {{ ok: {ok}, wrong: main }} }} }}
  secure: {{ requires: {requires}, menu: {{ items: {{ \"1\": {{ say: balance, to: more }} }} }} }}
  more: {{ requires: {requires}, menu: {{ items: {{ \"9\": {{ say: balance, to: secure }}, \"8\": {{ say: packs, to: main }} }} }} }}
"
        ))
    };
    assert!(
        problems(&nodes("pin", "secure", "main")).is_empty(),
        "{}",
        problems(&nodes("pin", "secure", "main")).report()
    );
    snapshot!(reports(&[
        ("a key that goes round", nodes("pin", "secure", "secure")),
        ("a key that goes round by another page", nodes("pin", "secure", "more")),
        ("misspelt", nodes("pim", "secure", "main")),
        ("nothing proves it", nodes("password", "secure", "main")),
        (
            "the wrong exit",
            flow_with(
                "  main: { run: { flow: check_pin, exits: { ok: end, wrong: secure } } }\n  secure: { requires: pin, hangup: { say: balance } }\n  end: { hangup: {} }\n"
            )
        ),
        (
            "the start",
            flow_with(
                "  main: { requires: pin, run: { flow: check_pin, exits: { ok: $hangup, wrong: main } } }\n"
            )
        ),
        ("two words", nodes("a pin", "secure", "main")),
    ]));
}

#[test]
fn mistakes_of_orders_and_messages() {
    let with = |changes: &[(&str, &str)]| {
        let nodes = "  main:
    order:
      slide: page.svg
      lines: wanted
      yes: balance
      no: packs
      call: crm.order
      send: { pack: pack }
      show: pack
      code_by: [picture, sms, speech]
      code: { slide: page.svg, title: balance, say: balance, message: packs }
      into: receipt
      exits: { done: wrote, declined: $hangup, refused: $hangup, unknown: $hangup, failed: $hangup, exhausted: $hangup }
  wrote: { notify: { by: sms, text: told, exits: { done: $hangup, withheld: $hangup, failed: $hangup } } }
";
        let head = flow(nodes).replace(
            "defaults:",
            "vars: { pack: { one_of: [10GB, 30GB] }, pin: { type: secret } }\nsms: crm.sms\ndefaults:",
        );
        let crm = "connector: crm
base: http://a
calls:
  order: { post: /orders, order: true, takes: { pack: text, pin: secret? }, returns: { number: text }, example: { number: a } }
  sms: { post: /sms, takes: { to: text, text: text }, example: {} }
";
        let mut files = vec![file("flow.yaml", &head), file("crm.yaml", crm), queues()];
        files.extend(texts().into_iter().map(|book| {
            file(
                &book.path,
                &format!("{}wanted: \"{{{{ pack }}}}\"\ntold: \"{{{{ receipt.number }}}}\"\n", book.text),
            )
        }));
        for (right, wrong) in changes {
            let found = files.iter_mut().find(|file| file.text.contains(right));
            let file = found.unwrap_or_else(|| panic!("{right}"));
            file.text = file.text.replacen(right, wrong, 1);
        }
        Case::Files(files)
    };
    assert!(problems(&with(&[])).is_empty(), "{}", problems(&with(&[])).report());
    let by = |way: &str| with(&[("code_by: [picture, sms, speech]", &format!("code_by: {way}"))]);
    snapshot!(reports(&[
        ("not shown", with(&[("show: pack", "show: []")])),
        ("shown and not told", with(&[("lines: wanted", "lines: balance")])),
        (
            "a secret is shown",
            with(&[
                ("send: { pack: pack }", "send: { pack: pack, pin: pin }"),
                ("show: pack", "show: [pack, pin]")
            ]),
        ),
        ("shown and not sent", with(&[("show: pack", "show: [pack, price]")])),
        ("no way for a code", by("[]")),
        ("unknown way for a code", by("[pictures, speech]")),
        ("a code for those who see alone", by("picture")),
        ("no slide for the code", with(&[("code: { slide: page.svg, title: balance, ", "code: { ")])),
        ("no text for the SMS", with(&[(", message: packs", "")])),
        (
            "nobody sends an SMS",
            with(&[
                ("sms: crm.sms\n", ""),
                ("picture, sms, speech", "picture, speech"),
                (", message: packs", "")
            ])
        ),
        ("an unknown sender of SMS", with(&[("sms: crm.sms", "sms: crm.smss")])),
        (
            "a call that is no sender of SMS",
            with(&[("takes: { to: text, text: text }", "takes: { to: text, text: text, from: text }")])
        ),
        ("an order that others may ask", with(&[("order: true, ", "")])),
        (
            "an order without confirmation",
            with(&[
                ("exits: { done: wrote", "exits: { done: again"),
                (
                    "  wrote:",
                    "  again: { lookup: { call: crm.order, send: { pack: pack }, into: twice, exits: { done: wrote, refused: wrote, failed: $hangup } } }\n  wrote:"
                )
            ])
        ),
        (
            "an order when the call is over",
            with(&[("sms: crm.sms", "on_hangup: { call: crm.order, send: { pack: pack } }\nsms: crm.sms")])
        ),
        ("an answer that is not there", with(&[("declined: $hangup", "declined: wrote")])),
        ("a secret in a message", with(&[("told: \"{{ receipt.number }}", "told: \"{{ pin }}")])),
        ("unknown way to write", with(&[("by: sms", "by: fax")])),
        ("a number that is none", with(&[("by: sms", "by: sms, to: has_video")])),
        ("no text", with(&[("by: sms, text: told", "by: sms")])),
    ]));
}

#[test]
fn an_outage_that_ends_in_a_queue_is_told() {
    let asks = |failed: &str, exhausted: &str| {
        let queue = "served: $hangup, timeout: $hangup, full: $hangup, closed: $hangup, no_agents: $hangup, failed: $hangup";
        let nodes = format!(
            "  main: {{ menu: {{ fetch: {{ bal: crm.balance }}, items: {{ \"0\": {{ say: packs, to: agent }} }}, exits: {{ failed: {failed} }} }} }}
  gate: {{ branch: {{ cases: [{{ when: has_video, to: agent }}], exits: {{ else: sorry }} }} }}
  sorry: {{ menu: {{ say: balance, items: {{ \"1\": {{ say: packs, to: gate }} }}, exits: {{ exhausted: {exhausted} }} }} }}
  agent: {{ queue: {{ name: video, exits: {{ {queue} }} }} }}
"
        );
        let head = flow(&nodes);
        let crm = "connector: crm\nbase: http://a\ncalls: { balance: { get: /balance, returns: { yuan: money }, example: { yuan: 1 } } }\n";
        let mut files = vec![file("flow.yaml", &head), file("crm.yaml", crm), queues()];
        files.extend(texts());
        Case::Files(files)
    };
    let told = |case: &Case| {
        let problems = problems(case);
        problems.iter().filter(|problem| problem.code() == "outage-floods-queue").count()
    };
    assert_eq!(told(&asks("sorry", "$hangup")), 0, "a key is asked for");
    assert_eq!(told(&asks("sorry", "main")), 0, "back at the main menu");
    snapshot!(reports(&[
        ("through a node that asks nothing", asks("gate", "$hangup")),
        ("by waiting on the page that says sorry", asks("sorry", "agent")),
    ]));
}

/// A sound flow with connectors of its own.
fn with_connectors(connectors: &[&str]) -> Case {
    let mut files = vec![file("flow.yaml", &flow("  main: { hangup: { say: hello } }\n")), queues()];
    files.extend(texts());
    let named = connectors.iter().enumerate();
    files.extend(named.map(|(at, text)| file(&format!("connector{at}.yaml"), text)));
    Case::Files(files)
}

#[test]
fn mistakes_of_connectors() {
    let connector = |call: &str| format!("connector: crm\nbase: http://127.0.0.1:1\ncalls: {{ {call} }}\n");
    let one = |call: &str| with_connectors(&[&connector(call)]);
    let sound = connector("ask: { get: /ask, example: {} }");
    let cases = [
        ("a type that there is none of", one("ask: { get: /ask, takes: { when: dat }, example: {} }")),
        ("a path that begins with no slash", one("ask: { get: ask, example: {} }")),
        (
            "a path with a brace left open",
            one("ask: { get: \"/ask/{{ caller\", takes: { caller: text }, example: {} }"),
        ),
        (
            "an argument that is not taken",
            one("ask: { get: \"/ask/{{ caler }}\", takes: { caller: text }, example: {} }"),
        ),
        ("no way to ask", one("ask: { takes: { caller: text }, example: {} }")),
        (
            "an example of another type",
            one("ask: { get: /ask, returns: { star: number }, example: { star: five } }"),
        ),
        ("an example that lacks a part", one("ask: { get: /ask, returns: { star: number }, example: {} }")),
        ("two of one name", with_connectors(&[&sound, &sound])),
        ("returns misspelt", one("ask: { get: /ask, retruns: { star: number }, example: { star: 1 } }")),
        (
            "calls misspelt",
            with_connectors(&[
                "connector: crm\nbase: http://127.0.0.1:1\ncals: { ask: { get: /ask, example: {} } }\n",
            ]),
        ),
    ];
    snapshot!(reports(&cases));
}

/// The kinds of mistakes that the sources name are those that the snapshots show.
#[test]
fn every_kind_of_mistake_has_a_snapshot() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut shown = String::new();
    for entry in std::fs::read_dir(root.join("tests/it/snapshots")).expect("they are part of the project") {
        shown += &std::fs::read_to_string(entry.expect("readable").path()).expect("UTF-8");
    }
    let (mut open, mut kinds) = (vec![root.join("src")], std::collections::BTreeSet::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("sources are part of the project");
            open.extend(entries.map(|entry| entry.expect("readable").path()));
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("UTF-8");
        let own = source.split("#[cfg(test)]").next().unwrap_or_default();
        for maker in ["Finding::error(", "finding(", "unknown(", "again(", "wrong(", "code: "] {
            let behind = own.split(maker).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            kinds.extend(behind.filter_map(|rest| rest.split_once('"').map(|(kind, _)| kind.to_owned())));
        }
    }
    let is_kind = |kind: &&String| kind.chars().all(|c| c.is_ascii_lowercase() || c == '-') && kind.len() > 3;
    let kinds: Vec<String> = kinds.iter().filter(is_kind).cloned().collect();
    assert!(kinds.len() > 80, "the sources name them: {kinds:?}");
    let lacking: Vec<_> = kinds.iter().filter(|kind| !shown.contains(&format!("[{kind}]"))).collect();
    assert!(lacking.is_empty(), "without a snapshot: {lacking:?}");
}

#[test]
fn a_long_speech_before_the_first_key_is_told() {
    let long = "a: \"Welcome to the hotline of our company, which is glad that you call and has been so for many years.\"\npress: \"For {{ label }}, press {{ key }}.\"\nbalance: Balance\n";
    let case = |head: &str| {
        let text = format!(
            "flow: f\nnumbers: [\"1\"]\nstart: hello\nlanguages: [en]\n{head}defaults: {{ exits: {{ silence: $repeat, invalid: $repeat, exhausted: $hangup }} }}\nnodes:\n  hello: {{ play: {{ say: [a, a, a], next: main }} }}\n  main: {{ menu: {{ say: a, items: {{ \"1\": {{ say: balance, to: main }} }} }} }}\n"
        );
        Case::Files(vec![
            file("flow.yaml", &text),
            queues(),
            file("texts/en.yaml", &format!("{long}key_star: star\n")),
        ])
    };
    let cases = [("by the usual measure", case("")), ("by its own", case("speech_budget: 12s\n"))];
    snapshot!(reports(&cases));
    assert!(problems(&case("speech_budget: 40s\n")).is_empty());
}
