//! What editors accept and refuse by the schema.

use jsonschema::Validator;

use super::*;

fn validator() -> Validator {
    jsonschema::draft7::new(&schema()).expect("a schema")
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn faults(text: &str) -> Vec<String> {
    let document = yaml(text);
    validator().iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A flow with one node, whose lines are given without indent.
fn flow_with(node: &str) -> String {
    let node: String = node.lines().map(|line| format!("    {line}\n")).collect();
    format!("flow: f\nnumbers: [\"1\"]\nstart: n\nlanguages: [en]\nnodes:\n  n:\n{node}")
}

const HOTLINE: &str = include_str!("../../../vireo/tests/service/dialplans/hotline.yaml");
const QUEUES: &str = include_str!("../../../vireo/tests/service/dialplans/queues.yaml");

#[test]
fn the_demo_is_valid() {
    let english = include_str!("../../../vireo/tests/service/dialplans/texts/en.yaml");
    let chinese = include_str!("../../../vireo/tests/service/dialplans/texts/zh-CN.yaml");
    for text in [HOTLINE, QUEUES, english, chinese] {
        assert_eq!(faults(text), [""; 0]);
    }
}

#[test]
fn the_examples_of_the_manual_are_valid() {
    let manual = include_str!("../../../../dialplans/README.md");
    let blocks: Vec<_> =
        manual.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.iter().any(|block| block.contains("connector: crm")));
    for block in blocks {
        assert_eq!(faults(block), [""; 0], "{block}");
    }
}

#[test]
fn a_mistake_in_a_connector_is_invalid() {
    let sound = "connector: crm\nbase: http://a\ncalls: { b: { get: /b, returns: { yuan: money }, example: { yuan: 1 } } }\n";
    assert_eq!(faults(sound), [""; 0]);
    for (word, wrong) in [("get", "gett"), ("money", "mony"), ("/b", "b"), ("base", "bass")] {
        assert!(!faults(&sound.replace(word, wrong)).is_empty(), "{wrong}");
    }
}

#[test]
fn the_example_of_every_step_is_valid() {
    for kind in STEPS {
        assert_eq!(faults(&flow_with(kind.example)), [""; 0], "{}", kind.name);
    }
}

/// Every field of every step: known as it is, unknown with a letter more.
#[test]
fn a_mistake_in_a_queues_own_fields_is_invalid() {
    let flow = |queue: &str| flow_with(&format!("queue: {{ name: video, {queue} }}"));
    for sound in [
        "priority: { base: sub.star * 10, per_minute: 3 }",
        "while_waiting: { \"1\": { run: ask }, \"2\": $callback }",
    ] {
        assert_eq!(faults(&flow(sound)), [""; 0], "{sound}");
    }
    for wrong in [
        "priority: { bas: 1 }",
        "priority: 5",
        "while_waiting: { x: main }",
        "while_waiting: { \"1\": { rn: ask } }",
    ] {
        assert!(!faults(&flow(wrong)).is_empty(), "{wrong}");
    }
}

#[test]
fn a_misspelt_field_of_any_step_is_invalid() {
    for kind in STEPS {
        for name in kind.field_names() {
            let misspelt = kind.example.replacen(&format!("{name}:"), &format!("{name}x:"), 1);
            let text = match misspelt == kind.example {
                true if kind.example.contains('\n') => format!("{}\n  {name}x: 1", kind.example),
                true => continue,
                false => misspelt,
            };
            assert!(!faults(&flow_with(&text)).is_empty(), "{} {name}: {text}", kind.name);
        }
        let wrong = kind.example.replacen(kind.name, &format!("{}x", kind.name), 1);
        assert!(!faults(&flow_with(&wrong)).is_empty(), "{wrong}");
    }
}

#[test]
fn mistakes_that_editors_can_see_are_seen() {
    let hotline = [
        ("flow: hotline", "flaw: hotline"),
        ("defaults:", "default:"),
        ("timeout: 6s", "timeout: 6"),
        ("tries: 2", "tries: two"),
        ("silence: $repeat", "silense: $repeat"),
        ("silence: $repeat", "silence: $repaet"),
        ("\"1\": { say: balance", "\"12\": { say: balance"),
        ("{ say: balance, to: balance }", "{ say: balance, too: balance }"),
        ("{ say: balance, to: balance }", "{ say: balance }"),
        ("    menu:", "    meny:"),
        ("    queue:", "    hangup: {}\n    queue:"),
    ];
    let queues = [
        ("browser: true", "browser: false"),
        ("browser: true", "browzer: true"),
        ("wait_max: 3m", "wait: 3m"),
        ("hold: { clip", "hold: { clop"),
    ];
    let both = hotline.map(|pair| (HOTLINE, pair)).into_iter().chain(queues.map(|pair| (QUEUES, pair)));
    for (text, (right, wrong)) in both {
        assert!(text.contains(right), "{right}");
        assert!(!faults(&text.replacen(right, wrong, 1)).is_empty(), "{wrong}");
    }
}

#[test]
fn the_steps_explain_themselves() {
    let schema = schema();
    for kind in STEPS {
        let step = &schema["definitions"][format!("step_{}", kind.name)];
        assert_eq!(step["description"], kind.docs);
        for Field { name, docs, .. } in kind.fields.iter().flat_map(|group| group.iter()) {
            assert_eq!(step["properties"][name]["description"], *docs, "{} {name}", kind.name);
        }
        for outcome in kind.outcomes {
            let exit = &step["properties"]["exits"]["properties"][outcome.name];
            assert_eq!(exit["description"], outcome.docs, "{} {}", kind.name, outcome.name);
        }
    }
}
