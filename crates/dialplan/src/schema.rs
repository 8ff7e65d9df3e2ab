//! A JSON Schema of the files of a service, for editors that complete and underline what an operator types.
//!
//! Made from the tables that the reader itself uses: steps, their fields and their outcomes, built-in targets. A schema
//! knows one file at a time, so names of nodes, texts and slides are left to the checker. Draft 7, which every editor
//! knows; start at [`schema`].

use serde_json::{Map, Value, json};

use crate::reading::currencies;
use crate::step::{CURRENCY_FIELD, Field, Kind, STEPS, VALUE_FIELDS};
use crate::target::{BUILTINS, RETURN};
use crate::types::TYPES;
use crate::{flow, hours, limits, queues};

/// What a field can hold, as a name under `definitions`.
///
/// By the field's name, which means the same in every step, else by step and name. One that is not here may hold
/// anything.
const SHAPES: [(&str, &str); 66] = [
    ("slide", "word"),
    ("title", "word"),
    ("lines", "words"),
    ("values", "map_of_words"),
    ("say", "words"),
    ("clip", "word"),
    ("items", "items"),
    ("footer", "footer"),
    ("timeout", "duration"),
    ("tries", "count"),
    ("key_budget", "count"),
    ("speech_budget", "duration"),
    ("picture_budget", "duration"),
    ("barge_in", "flag"),
    ("over_clip", "flag"),
    ("for", "duration"),
    ("cases", "cases"),
    ("name", "word"),
    ("hold", "hold"),
    ("show_place", "show_place"),
    ("base", "word"),
    ("per_minute", "count"),
    ("priority", "priority"),
    ("while_waiting", "while_waiting"),
    ("next", "target"),
    ("goal", "word"),
    ("requires", "word"),
    ("ring", "duration"),
    ("fetch", "asks"),
    ("at_start", "asks_at_start"),
    ("call", "word"),
    ("send", "map_of_words"),
    ("on_hangup", "farewells"),
    ("into", "word"),
    ("intent", "intent"),
    ("digits", "digits"),
    ("end", "key_not_digit"),
    ("correct", "key_not_digit"),
    ("between", "duration"),
    ("secret", "flag"),
    ("stars", "star_count"),
    ("labels", "words"),
    ("vars", "map_of_words"),
    ("to", "word"),
    ("flow", "word"),
    ("with", "map_of_words"),
    ("outcomes", "words"),
    ("ring_timeout", "duration"),
    ("cause", "cause"),
    ("sms", "word"),
    ("yes", "word"),
    ("no", "word"),
    ("show", "words"),
    ("code_by", "words"),
    ("code", "code"),
    ("by", "notify_by"),
    ("text", "words"),
    ("money", "word"),
    ("number", "word"),
    ("say.digits", "word"),
    ("date", "word"),
    ("time", "word"),
    ("duration", "word"),
    ("bytes", "word"),
    ("currency", "currency"),
    ("parts", "said_parts"),
];

/// The schema. It fits a flow file, `queues.yaml`, a connector, and a file of texts; which one a file is shows in its first fields.
pub fn schema() -> Value {
    let of_flow = json!({"anyOf": [
        {"required": ["nodes"]}, {"required": ["flow", "start"]}, {"required": ["flow", "numbers"]},
    ]});
    let of_queues = json!({"required": ["queues"], "properties": {"queues": {"type": "object"}}});
    let others = json!({"if": of_queues, "then": reference("queues"), "else": reference("texts")});
    let of_connector = json!({"required": ["connector", "calls"]});
    let others = json!({"if": of_connector, "then": reference("connector"), "else": others});
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A service of Vireo",
        "type": "object",
        "if": of_flow,
        "then": reference("flow"),
        "else": others,
        "definitions": definitions(),
    })
}

fn definitions() -> Map<String, Value> {
    let mut all = shared();
    all.insert("flow".into(), flow());
    all.insert("queues".into(), queues());
    all.insert("texts".into(), texts());
    all.insert("connector".into(), connector());
    all.insert("node".into(), node());
    for kind in STEPS {
        all.insert(format!("step_{}", kind.name), step(kind));
    }
    all
}

/// A map with these fields and no others.
fn closed(docs: &str, properties: Map<String, Value>, required: &[&str]) -> Value {
    json!({
        "type": "object", "description": docs, "properties": Value::Object(properties), "required": required,
        "additionalProperties": false,
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

/// A field by the shape of its name; its words for operators stand beside it.
fn shaped(name: &str, docs: &str) -> Value {
    let shape = SHAPES.iter().find(|(field, _)| *field == name).map(|(_, shape)| reference(shape));
    match shape {
        Some(shape) => json!({"description": docs, "allOf": [shape]}),
        None => json!({"description": docs}),
    }
}

/// The same for a field of a step, which may have a shape of its own there.
fn shaped_in(step: &str, name: &str, docs: &str) -> Value {
    let own = format!("{step}.{name}");
    let has_own = SHAPES.iter().any(|(field, _)| *field == own);
    shaped(if has_own { &own } else { name }, docs)
}

fn properties(fields: &[(&str, &str)]) -> Map<String, Value> {
    fields.iter().map(|(name, docs)| ((*name).to_owned(), shaped(name, docs))).collect()
}

fn step(kind: &Kind) -> Value {
    let fields = kind.fields.iter().flat_map(|group| group.iter());
    let mut all: Map<String, Value> = fields
        .map(|Field { name, docs, .. }| ((*name).to_owned(), shaped_in(kind.name, name, docs)))
        .collect();
    for name in kind.field_names() {
        match name {
            "exits" if kind.outcomes.is_empty() => {
                all["exits"]["type"] = json!("object");
                all["exits"]["additionalProperties"] = reference("target");
            }
            "exits" => {
                let fetches =
                    kind.fields.iter().flat_map(|group| group.iter()).any(|field| field.name == "fetch");
                let outcomes = kind.outcomes.iter().chain(fetches.then_some(&flow::FETCH_FAILED));
                let exits = outcomes.map(|outcome| exit(outcome.name, outcome.docs)).collect();
                all.insert("exits".into(), closed("where each outcome leads", exits, &[]));
            }
            "next" => {
                all.insert("next".into(), shaped("next", "short for `exits: { done: ... }`"));
            }
            name => {
                all.entry(name).or_insert_with(|| json!({}));
            }
        }
    }
    let mut step = closed(kind.docs, all, &[]);
    // `hangup:` with nothing behind it is one, too.
    step["type"] = json!(["object", "null"]);
    step
}

fn exit(name: &str, docs: &str) -> (String, Value) {
    (name.to_owned(), json!({"description": docs, "allOf": [reference("target")]}))
}

fn node() -> Value {
    let steps = STEPS.iter().map(|kind| {
        let step = reference(&format!("step_{}", kind.name));
        (kind.name.to_owned(), json!({"description": kind.docs, "allOf": [step]}))
    });
    let beside = flow::NODE_FIELDS.iter().map(|name| ((*name).to_owned(), shaped(name, "")));
    let one: Vec<Value> = STEPS.iter().map(|kind| json!({"required": [kind.name]})).collect();
    let mut node = closed("one step, and where it leads", steps.chain(beside).collect(), &[]);
    node["oneOf"] = Value::Array(one);
    node
}

fn flow() -> Value {
    let mut all = properties(&flow::FIELDS.map(|name| (name, "")));
    let outcomes =
        STEPS.iter().flat_map(|kind| kind.outcomes).map(|outcome| exit(outcome.name, outcome.docs));
    let mut defaults = properties(&flow::DEFAULT_FIELDS.map(|name| (name, "")));
    defaults.insert(
        "exits".into(),
        closed("where an outcome leads that its step says nothing of", outcomes.collect(), &[]),
    );
    let wait = ["slide", "title", "lines", "values", "say"].map(|name| (name, ""));
    let wait = closed("what is seen and heard while a node waits for connectors", properties(&wait), &[]);
    defaults.insert("wait".into(), wait);
    let known = [
        ("flow", json!({"description": "its name", "allOf": [reference("word")]})),
        (
            "numbers",
            json!({"description": "the called numbers that it serves", "allOf": [reference("words")]}),
        ),
        (
            "ring",
            json!({"description": "how long a caller hears ringing before the answer", "allOf": [reference("duration")]}),
        ),
        ("start", json!({"description": "the node that calls begin at", "allOf": [reference("word")]})),
        (
            "languages",
            json!({"description": "what callers can be spoken to in; the first is the usual one", "allOf": [reference("words")]}),
        ),
        (
            "language",
            json!({"description": "the language that a call begins in, or an expression for it", "allOf": [reference("word")]}),
        ),
        (
            "takes",
            json!({"description": "of a flow that others run: what they give it, by type", "type": "object", "additionalProperties": reference("type")}),
        ),
        (
            "outcomes",
            json!({"description": "makes it a flow that others run: what it can return", "allOf": [reference("words")]}),
        ),
        (
            "vars",
            json!({"description": "values of the call: what it begins with, or `{ one_of, default }`", "type": "object"}),
        ),
        ("defaults", closed("what steps take that say nothing themselves", defaults, &[])),
        (
            "nodes",
            json!({"description": "the places of the flow", "type": "object", "additionalProperties": reference("node")}),
        ),
    ];
    all.extend(known.map(|(name, value)| (name.to_owned(), value)));
    closed("A flow: what happens in a call", all, &["flow", "start", "languages", "nodes"])
}

fn queues() -> Value {
    let mut queue = properties(&queues::QUEUE_FIELDS.map(|name| (name, "")));
    let known = [
        ("agents", json!({"description": "the agents who serve it", "allOf": [reference("words")]})),
        (
            "ring_timeout",
            json!({"description": "then the next agent is tried", "allOf": [reference("duration")]}),
        ),
        (
            "wait_max",
            json!({"description": "how long a caller waits at most", "allOf": [reference("duration")]}),
        ),
        ("capacity", json!({"description": "callers waiting at most", "allOf": [reference("count")]})),
        (
            "wrap_up",
            json!({"description": "rest of an agent after a conversation", "allOf": [reference("duration")]}),
        ),
        (
            "wrap_up_codes",
            json!({"description": "what an agent may say that a conversation was about", "allOf": [reference("words")]}),
        ),
        ("hours", json!({"type": "string", "description": "when it takes callers: a name of the hours"})),
        ("hold", json!({"description": "what is seen and heard meanwhile", "allOf": [reference("hold")]})),
    ];
    queue.extend(distribution());
    queue.extend(known.map(|(name, value)| (name.to_owned(), value)));
    let password = json!({"password": {"type": "string", "description": "such as ${AGENT1_PASSWORD}, of the environment"}});
    let registers = json!({"type": "object", "description": "how it proves who it is", "properties": password,
        "required": ["password"], "additionalProperties": false});
    let agent = json!({"oneOf": [
        closed("a SIP phone", with_skills("address", json!({"description": "such as sip:agent1@192.0.2.10:5060"})), &["address"]),
        closed("a SIP phone that registers under this name", with_skills("registers", registers), &["registers"]),
        closed("whoever signs in under this name at /desk", with_skills("browser", json!({"enum": [true]})), &["browser"]),
    ]});
    let all = json!({
        "agents": {"description": "who talks to callers", "type": "object", "additionalProperties": agent},
        "plate": closed("with what an agent comes on and hides", properties(&queues::desk::PLATE_FIELDS.map(|name| (name, ""))), &["slide"]),
        "shelf": {"description": "what agents can show to callers", "type": "object",
            "additionalProperties": closed("a slide or a clip", properties(&queues::desk::SHELF_FIELDS.map(|name| (name, ""))), &[])},
        "hours": {"description": "when somebody is there", "type": "object", "additionalProperties": hours()},
        "queues": {"description": "who waits for whom", "type": "object",
            "additionalProperties": closed("a queue", queue, &["agents"])},
    });
    let Value::Object(all) = all else { return Value::Bool(true) };
    closed("Agents and queues", all, &[])
}

/// How callers are shared out.
fn distribution() -> Vec<(String, Value)> {
    let strategies = queues::distribution::STRATEGIES.map(|(name, _)| name);
    let mut way = properties(&queues::distribution::OVERFLOW_FIELDS.map(|name| (name, "")));
    way.extend([
        (
            "after".to_owned(),
            json!({"description": "after waiting so long", "allOf": [reference("duration")]}),
        ),
        (
            "longer".to_owned(),
            json!({"description": "at entry, where more than so many wait", "allOf": [reference("count")]}),
        ),
        ("to".to_owned(), json!({"description": "another queue; without, waiting ends", "type": "string"})),
    ]);
    let way = closed("a way out of the queue", way, &[]);
    let known = [
        ("strategy", json!({"description": "which free agent is called", "enum": strategies})),
        ("needs", skills("what an agent needs at least")),
        (
            "sticky",
            json!({"description": "so long the agent of last time comes first", "allOf": [reference("duration")]}),
        ),
        (
            "pause_after",
            json!({"description": "calls in a row that a desk may let ring before being paused", "allOf": [reference("count")]}),
        ),
        (
            "overflow",
            json!({"description": "where callers go who wait too long", "anyOf": [way, {"type": "array", "items": way}]}),
        ),
        (
            "service_level",
            json!({"description": "waiting that counts as served in time", "allOf": [reference("duration")]}),
        ),
    ];
    known.map(|(name, value)| (name.to_owned(), value)).into()
}

fn skills(what: &str) -> Value {
    let level = json!({"type": "integer", "minimum": 1, "maximum": 9});
    json!({"description": what, "type": "object", "additionalProperties": level})
}

fn with_skills(name: &str, value: Value) -> Map<String, Value> {
    let number =
        json!({"description": "as callers are told, such as \"0042\"", "allOf": [reference("word")]});
    let skills = skills("what the agent can do, and how well");
    let answers = json!({"description": "calls are taken without being asked", "type": "boolean"});
    [(name, value), ("skills", skills), ("number", number), ("auto_answer", answers)]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

fn hours() -> Value {
    let mut all = properties(&hours::FIELDS);
    let ranges = json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]});
    let by_day = json!({"type": "object", "additionalProperties": ranges});
    for name in ["open", "special"] {
        all[name]["allOf"] = json!([by_day]);
    }
    all["closed"]["allOf"] = json!([reference("words")]);
    all["zone"]["allOf"] = json!([reference("word")]);
    closed("opening hours", all, &["zone", "open"])
}

fn connector() -> Value {
    let mut call = Map::new();
    for (name, docs) in [
        ("get", "the path of what is read"),
        ("post", "the path of what does something"),
        ("put", "the path of what is replaced"),
        ("delete", "the path of what is removed"),
    ] {
        call.insert(name.into(), json!({"description": docs, "type": "string", "pattern": "^/"}));
    }
    call.extend([
        ("takes".to_owned(), json!({"description": "the type of each argument", "type": "object", "additionalProperties": reference("type")})),
        ("returns".to_owned(), json!({"description": "the type of each part of the answer", "type": "object", "additionalProperties": reference("type")})),
        ("refused".to_owned(), json!({"description": "statuses of HTTP that mean no", "anyOf": [reference("status"), {"type": "array", "items": reference("status")}]})),
        ("timeout".to_owned(), shaped("timeout", "how long an answer may take")),
        ("idempotent".to_owned(), json!({"description": "whether it may be sent twice", "type": "boolean"})),
        ("order".to_owned(), json!({"description": "only the step `order` may ask it", "type": "boolean"})),
        ("example".to_owned(), json!({"description": "an answer, for checks and the simulator", "type": "object"})),
    ]);
    let calls = json!({"description": "what can be asked", "type": "object", "additionalProperties": closed("a call", call, &[])});
    let all = [
        ("connector", json!({"description": "its name", "allOf": [reference("word")]})),
        (
            "base",
            json!({"description": "what paths are appended to; `${NAME}` is of the environment", "type": "string"}),
        ),
        (
            "headers",
            json!({"description": "sent with every question", "type": "object", "additionalProperties": reference("word")}),
        ),
        ("timeout", shaped("timeout", "how long an answer may take")),
        ("at_once", json!({"description": "questions on their way at once", "allOf": [reference("count")]})),
        ("calls", calls),
    ];
    let all = all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    closed("What is asked of another system", all, &["connector", "base", "calls"])
}

fn texts() -> Value {
    let both = closed(
        "what is drawn, and what is said",
        properties(&[("shown", "drawn on slides"), ("spoken", "said")]),
        &["shown", "spoken"],
    );
    json!({"description": "Texts of one language", "type": "object",
        "additionalProperties": {"anyOf": [reference("word"), both]}})
}

/// Shapes of single values, and of maps that several steps share.
fn shared() -> Map<String, Value> {
    let builtins: Vec<Value> =
        BUILTINS.iter().map(|(name, _, docs)| json!({"const": name, "description": docs})).collect();
    let node = json!({"type": "string", "pattern": "^[^$]", "description": "a node of this flow"});
    let outcome = json!({"type": "string", "pattern": "^[$]return +[^ ]+$", "description": RETURN.1});
    let item = properties(&[
        ("say", "the text of its row and sentence"),
        ("to", "where the key leads"),
        ("when", "the key is there while this holds"),
        ("set", "what the key gives to variables"),
    ]);
    let mut item = closed("a key", item, &["say", "to"]);
    item["properties"]["to"] = reference("target");
    let mut case = closed(
        "a condition and where it leads",
        properties(&[
            ("when", "an expression"),
            ("to", "where it leads"),
            ("set", "what it gives to variables"),
        ]),
        &["when", "to"],
    );
    case["properties"]["to"] = reference("target");
    let keys = "^[0-9*#]$";
    let scene = ["slide", "title", "lines", "values"].map(|name| (name, ""));
    let hold: Vec<_> =
        scene.into_iter().chain([("clip", "a clip"), ("music", "a clip whose sound is taken")]).collect();
    let place: Vec<_> = scene
        .into_iter()
        .chain([
            ("every", "it changes no more often"),
            ("each", "how long one caller takes an agent"),
            ("over_clip", "drawn over the hold's clip"),
        ])
        .collect();
    let priority = [("base", "points at entry: an expression"), ("per_minute", "what each minute adds")];
    let aside = [("run", "a flow that is walked while the place is kept"), ("with", "what it takes")];
    let mut aside = closed("another flow, and back to the wait", properties(&aside), &["run"]);
    // The step `run` has its name from the same word.
    aside["properties"]["run"] = reference("word");
    let code: Vec<_> = scene
        .into_iter()
        .chain([("say", "texts that are said"), ("message", "text of the SMS, before the code")])
        .collect();
    let said = VALUE_FIELDS.iter().chain([&CURRENCY_FIELD]);
    let said = said.map(|field| (field.name.to_owned(), shaped_in("say", field.name, field.docs))).collect();
    let ask = properties(&[("call", "`connector.call`"), ("send", "what it takes: expressions by name")]);
    let mut farewell = ask.clone();
    farewell.insert("when".into(), shaped("when", "asked only if it holds"));
    let farewell = closed("asked when the call is over", farewell, &["call"]);
    let mut at_start = ask.clone();
    at_start
        .insert("or".into(), json!({"description": "the value until the answer comes", "type": "object"}));
    let digits = [("min", "at least"), ("max", "at most")].map(|(name, docs)| {
        (name.to_owned(), json!({"description": docs, "allOf": [reference("digit_count")]}))
    });
    let digits = digits.into_iter().collect();
    let intents: Vec<&str> = queues::INTENTS.iter().map(|(name, _)| *name).collect();
    let types: Vec<String> =
        TYPES.iter().flat_map(|(name, ..)| [(*name).to_owned(), format!("{name}?")]).collect();
    let all = json!({
        "asks": {"type": "object", "additionalProperties": {"anyOf": [
            {"type": "string", "pattern": "^[^.]+[.][^.]+$"}, closed("a question", ask, &["call"]),
        ]}},
        "farewells": {"anyOf": [farewell.clone(), {"type": "array", "items": farewell}]},
        "asks_at_start": {"type": "object", "additionalProperties": closed("a question", at_start, &["call", "or"])},
        "notify_by": {"enum": ["message", "sms"]},
        "currency": {"enum": currencies().collect::<Vec<_>>()},
        "said_parts": {"type": "array", "minItems": 1, "maxItems": limits::PARTS_MAX, "items": {"anyOf": [
            reference("word"), closed("a value", said, &[]),
        ]}},
        "code": closed("how the code is told", properties(&code), &[]),
        "cause": {"enum": ["busy", "no_answer", "rejected"]},
        "intent": {"enum": intents},
        "status": {"type": "integer", "minimum": 400, "maximum": 499},
        "type": {"anyOf": [
            {"enum": types},
            {"type": "array", "minItems": 1, "maxItems": 1, "items": reference("type")},
            {"type": "object", "properties": {"one_of": reference("words")}, "required": ["one_of"], "additionalProperties": false},
            {"type": "object", "additionalProperties": reference("type")},
        ]},
        "word": {"type": ["string", "number", "boolean"]},
        "words": {"anyOf": [reference("word"), {"type": "array", "items": reference("word")}]},
        "map_of_words": {"type": "object", "additionalProperties": reference("word")},
        "flag": {"type": "boolean"},
        "digits": {"anyOf": [reference("digit_count"), closed("how many", digits, &[])]},
        "digit_count": {"type": "integer", "minimum": 1, "maximum": limits::DIGITS_MAX},
        "star_count": {"type": "integer", "minimum": 2, "maximum": limits::STARS_MAX},
        "key_not_digit": {"enum": ["#", "*"]},
        "count": {"type": "integer", "minimum": 1},
        "duration": {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"},
        "target": {"anyOf": [{"oneOf": builtins}, node, outcome]},
        "items": {"type": "object", "additionalProperties": false, "patternProperties": {keys: item.clone()}},
        "footer": {"type": "object", "additionalProperties": false,
            "patternProperties": {keys: {"anyOf": [reference("target"), item]}}},
        "cases": {"type": "array", "minItems": 1, "items": case},
        "priority": closed("points at entry, and what waiting adds", properties(&priority), &["base"]),
        "while_waiting": {"type": "object", "additionalProperties": false,
            "patternProperties": {keys: {"anyOf": [reference("target"), {"const": "$callback"}, aside]}}},
        "hold": closed("what is seen and heard meanwhile", properties(&hold), &[]),
        "show_place": closed("the caller's place in the queue, shown", properties(&place), &["slide"]),
    });
    match all {
        Value::Object(all) => all,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

#[cfg(test)]
mod tests;
