//! `queues.yaml`: agents with their SIP telephones or browsers, the queues they serve, and opening hours (see [`hours`]).

pub(crate) mod desk;
pub(crate) mod distribution;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::hours;
use crate::limits;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::scene::Scene;
use crate::service::{Address, Agent, Intent, Queue, Queues, Skills};
use crate::source::{Span, Word};
use crate::yaml::{Tree, Value};

pub(crate) const QUEUE_FIELDS: [&str; 15] = [
    "agents",
    "ring_timeout",
    "wait_max",
    "capacity",
    "wrap_up",
    "wrap_up_codes",
    "hold",
    "intent",
    "hours",
    "strategy",
    "needs",
    "sticky",
    "pause_after",
    "overflow",
    "service_level",
];

const AGENT_FIELDS: [&str; 6] = ["address", "browser", "registers", "skills", "number", "auto_answer"];
/// How an agent is reached: by one of them.
const WAYS: [&str; 3] = ["address", "browser", "registers"];
const FIELDS: [&str; 5] = ["agents", "queues", "hours", "plate", "shelf"];

/// What callers of a queue may come for.
pub(crate) const INTENTS: [(&str, Intent); 2] = [("talk", Intent::Talk), ("sign", Intent::Sign)];

/// Reads the file into `queues`.
pub(crate) fn read(reader: &mut Reader, tree: &Tree, queues: &mut Queues) {
    let noted = reader.findings.len();
    let Some(fields) = reader.fields("queues.yaml", tree.span, tree, &FIELDS) else {
        return;
    };
    // A misspelt `agents` is one mistake: then no agent is unknown.
    let whole = fields.entry("agents").is_some() || reader.findings.len() == noted;
    if let Some((key, tree)) = fields.entry("agents") {
        for (name, value) in reader.entries("`agents`", key.span, tree).unwrap_or_default() {
            // An agent whose address is wrong is noted and known all the same.
            queues.agents.insert(name.value.clone(), read_agent(reader, name, value));
        }
    }
    if let Some((key, tree)) = fields.entry("hours") {
        queues.hours = hours::read(reader, key.span, tree);
    }
    queues.desk = desk::read(reader, &fields);
    let Some((key, tree)) = fields.entry("queues") else { return };
    let entries = reader.entries("`queues`", key.span, tree).unwrap_or_default();
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.value.as_str()).collect();
    for (name, value) in entries {
        reader.check_name("a queue", name);
        let what = format!("the queue `{}`", name.value);
        let Some(fields) = reader.fields(what, name.span, value, &QUEUE_FIELDS) else { continue };
        let known = Known { agents: whole.then_some(&queues.agents), hours: &queues.hours, queues: &names };
        let queue = read_queue(reader, name, &fields, &known);
        queues.queues.insert(name.value.clone(), queue);
        if let Some((key, tree)) = fields.entry("hold") {
            let hold = read_hold(reader, key.span, tree);
            queues.holds.extend(hold.map(|hold| (name.value.clone(), hold)));
        }
    }
}

fn read_agent(reader: &mut Reader, name: &Word, value: &Tree) -> Agent {
    let plain = Agent {
        name: name.value.clone(),
        number: name.value.clone(),
        address: Address::Browser,
        skills: Skills::new(),
        auto_answer: false,
    };
    reader.check_name("an agent", name);
    let what = format!("the agent `{}`", name.value);
    let Some(fields) = reader.fields(what, name.span, value, &AGENT_FIELDS) else {
        return plain;
    };
    let skills = fields.entry("skills");
    let skills = skills.map(|(key, tree)| distribution::read_skills(reader, "`skills`", key.span, tree));
    let number = fields.get("number").and_then(|tree| reader.word("`number`", tree));
    Agent {
        number: number.map_or(name.value.clone(), |number| number.value),
        address: read_way(reader, name, &fields).unwrap_or(Address::Browser),
        skills: skills.unwrap_or_default(),
        auto_answer: fields
            .get("auto_answer")
            .and_then(|tree| reader.flag("`auto_answer`", tree))
            .unwrap_or(false),
        ..plain
    }
}

fn read_way(reader: &mut Reader, name: &Word, fields: &Fields<'_>) -> Option<Address> {
    let ways = WAYS.iter().filter_map(|way| Some((*way, fields.entry(way)?)));
    let mut ways: Vec<_> = ways.collect();
    ways.sort_by_key(|(_, (key, _))| key.span.start);
    match &ways[..] {
        [("address", (_, tree))] => read_address(reader, name, tree),
        [("browser", (_, tree))] => read_browser(reader, tree),
        [(_, (key, tree))] => read_registers(reader, key, tree),
        [(one, (first, _)), (other, (second, _)), ..] => {
            let finding = Finding::error(
                "duplicate-key",
                second.span,
                format!("the agent `{}` has `{one}` or `{other}`, not both", name.value),
                "this too",
            );
            reader.note(finding.also(first.span, "this"));
            None
        }
        [] => {
            let finding = Finding::error(
                "missing-field",
                fields.span(),
                format!("the agent `{}` has neither `address` nor `browser` nor `registers`", name.value),
                "one of them belongs here",
            );
            reader.note(finding.help("add `browser: true`, or the address of a SIP phone"));
            None
        }
    }
}

/// `registers: { password }` of an agent's telephone. A password that stands in the file itself is warned of: these files
/// are copied, compared and published.
fn read_registers(reader: &mut Reader, key: &Word, tree: &Tree) -> Option<Address> {
    let fields = reader.fields("`registers`", key.span, tree, &["password"])?;
    let password = fields.need(reader, "password")?;
    let password = reader.word("`password`", password)?;
    if !password.value.contains("${") {
        let message = "this password can be read by whoever reads the service's files";
        let finding = Finding::error("password-in-file", password.span, message, "here").into_warning();
        reader.note(
            finding.help("name a variable of the environment, `${AGENT_PASSWORD}`, or `${file:/path}`"),
        );
    }
    Some(Address::Registered { password: password.value })
}

/// `browser: true` is a way to be called, `browser: false` none.
fn read_browser(reader: &mut Reader, tree: &Tree) -> Option<Address> {
    if reader.flag("`browser`", tree)? {
        return Some(Address::Browser);
    }
    let finding = Finding::error("invalid-value", tree.span, "`browser` can only be true", "here");
    reader.note(finding.help("an agent without a browser has an `address`"));
    None
}

fn read_address(reader: &mut Reader, name: &Word, tree: &Tree) -> Option<Address> {
    let address = reader.word("`address`", tree)?;
    let finding = match sip_address(&address.value) {
        Ok(Host::Address) => return Some(Address::Sip(address.value)),
        // Nothing looks names up on the way to an agent: this one would never ring.
        Ok(Host::Name) => Finding::error(
            "host-name",
            address.span,
            format!("the agent `{}` is called by a host name, and names are not looked up", name.value),
            "a numeric address is needed after the `@`",
        ),
        Err(why) => Finding::error(
            "invalid-address",
            address.span,
            format!("this is not a SIP address: {why}"),
            "here",
        ),
    };
    reader.note(finding.help("for example `sip:agent1@192.0.2.10:5060`"));
    None
}

/// What a queue may name.
struct Known<'a> {
    /// `None` where they could not be read.
    agents: Option<&'a BTreeMap<String, Agent>>,
    hours: &'a BTreeMap<String, hours::Hours>,
    queues: &'a [&'a str],
}

fn read_queue(reader: &mut Reader, name: &Word, fields: &Fields<'_>, known: &Known<'_>) -> Queue {
    let Known { agents, hours, queues } = *known;
    let mut serving = Vec::new();
    let named = match fields.need(reader, "agents") {
        Some(tree) if matches!(&tree.value, Value::List(items) if items.is_empty()) => {
            let finding = Finding::error("empty", tree.span, "this queue has no agents", "nobody serves it");
            reader.note(finding.help("name at least one of `agents:`"));
            Vec::new()
        }
        Some(tree) => reader.words("`agents`", tree),
        None => Vec::new(),
    };
    for agent in named {
        if let Some(agents) = agents.filter(|agents| !agents.contains_key(&agent.value)) {
            reader.unknown("unknown-agent", "agent", &agent, agents.keys().map(String::as_str));
        } else if serving.contains(&agent.value) {
            let message = format!("the agent `{}` is named twice", agent.value);
            reader.note(Finding::error("duplicate-agent", agent.span, message, "the second time"));
        } else {
            serving.push(agent.value);
        }
    }
    let intent = fields.get("intent").and_then(|tree| reader.word("`intent`", tree));
    let intent = intent.and_then(|word| match INTENTS.iter().find(|(name, _)| *name == word.value) {
        Some((_, intent)) => Some(*intent),
        None => {
            reader.unknown("unknown-value", "intent", &word, INTENTS.map(|(name, _)| name));
            None
        }
    });
    let distribution = distribution::read(reader, name, fields, queues);
    let codes = read_codes(reader, fields);
    let hours = fields.get("hours").and_then(|tree| reader.word("`hours`", tree)).filter(|word| {
        let is_known = hours.contains_key(&word.value);
        if !is_known {
            reader.unknown("unknown-hours", "hours", word, hours.keys().map(String::as_str));
        }
        is_known
    });
    let mut duration = |field: &str, usual: u64| {
        let tree = fields.get(field);
        let given = tree.and_then(|tree| reader.duration(&format!("`{field}`"), tree));
        given.unwrap_or(Duration::from_secs(usual))
    };
    Queue {
        intent: intent.unwrap_or(Intent::Talk),
        distribution,
        name: name.value.clone(),
        codes,
        hours: hours.map(|hours| hours.value),
        agents: serving,
        ring_timeout: duration("ring_timeout", 20),
        wait_max: duration("wait_max", 300),
        wrap_up: duration("wrap_up", 10),
        capacity: fields
            .get("capacity")
            .and_then(|tree| reader.number("`capacity`", tree, 1..=limits::CAPACITY_MAX))
            .unwrap_or(100),
    }
}

/// `wrap_up_codes`: what an agent may say of a conversation, in the order of the file.
fn read_codes(reader: &mut Reader, fields: &Fields<'_>) -> Vec<String> {
    let Some((key, tree)) = fields.entry("wrap_up_codes") else { return Vec::new() };
    let mut codes: Vec<String> = Vec::new();
    for word in reader.words("`wrap_up_codes`", tree) {
        let wrong = match word.value.chars().count() {
            1..=limits::WRAP_UP_CODE_CHARS_MAX if codes.contains(&word.value) => "it is there twice",
            1..=limits::WRAP_UP_CODE_CHARS_MAX => {
                codes.push(word.value);
                continue;
            }
            _ => "it is empty or too long for a list",
        };
        let message = format!("`{}` is no wrap-up code: {wrong}", word.value);
        reader.note(Finding::error("invalid-value", word.span, message, "here"));
    }
    if codes.len() > limits::WRAP_UP_CODES_MAX {
        let message = format!("a queue has at most {} wrap-up codes", limits::WRAP_UP_CODES_MAX);
        reader.note(Finding::error("too-many", key.span, message, "more than a person finds"));
    }
    codes
}

/// Reads what is seen and heard while waiting: a clip, or a slide with music.
pub(crate) fn read_hold(reader: &mut Reader, at: Span, tree: &Tree) -> Option<Scene> {
    let fields =
        reader.fields("`hold`", at, tree, &["clip", "slide", "title", "lines", "values", "music"])?;
    let scene = Scene::read(reader, &fields);
    if scene.is_empty() {
        reader.note(
            Finding::error("empty", at, "nothing is seen or heard while waiting", "nothing to play")
                .help("add `clip: hold.mp4`, or `slide:` and `music:`"),
        );
        return None;
    }
    if let (Some((clip, _)), Some((music, _))) = (fields.entry("clip"), fields.entry("music")) {
        reader.note(
            Finding::error("duplicate-key", music.span, "a hold has `clip` or `music`, not both", "this too")
                .also(clip.span, "this"),
        );
    }
    Some(scene)
}

/// What stands between `@` and the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// IPv4 or IPv6.
    Address,
    /// To be looked up in the DNS.
    Name,
}

/// The syntax of RFC 3261 §19.1.1 as far as an agent's address needs it: scheme, user, host, port,
/// parameters.
pub(crate) fn sip_address(address: &str) -> Result<Host, &'static str> {
    let rest = address
        .strip_prefix("sip:")
        .or_else(|| address.strip_prefix("sips:"))
        .ok_or("it does not begin with `sip:` or `sips:`")?;
    let (core, parameters) = rest.split_once(';').map_or((rest, None), |(core, tail)| (core, Some(tail)));
    let (user, host) = core.split_once('@').ok_or("there is no `@` between user and host")?;
    if user.is_empty() || !user.chars().all(|c| c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,?/%:".contains(c))
    {
        return Err("the part before `@` is not a user name");
    }
    let host = check_host_port(host)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()[]/:&+$%=;".contains(c);
    if parameters.is_some_and(|text| text.is_empty() || !text.chars().all(plain)) {
        return Err("the part after `;` is not a list of parameters");
    }
    Ok(host)
}

fn check_host_port(text: &str) -> Result<Host, &'static str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let (host, tail) = inner.split_once(']').ok_or("the `[` of an IPv6 address is not closed")?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| "there is no IPv6 address between `[` and `]`")?;
            ("ipv6", if tail.is_empty() { None } else { Some(tail.strip_prefix(':').unwrap_or(tail)) })
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let digits = host.split('.').all(|part| part.chars().all(|c| c.is_ascii_digit()));
    if !host.split('.').all(label) || (digits && host.parse::<std::net::Ipv4Addr>().is_err()) {
        return Err("the part after `@` is not a host");
    }
    match port.map(str::parse::<u16>) {
        None | Some(Ok(1..)) if digits || text.starts_with('[') => Ok(Host::Address),
        None | Some(Ok(1..)) => Ok(Host::Name),
        Some(Ok(0) | Err(_)) => Err("the port is not a number from 1 to 65535"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_open_within_its_hours() {
        let queues = "agents: { anna: { browser: true } }
hours: { office: { zone: UTC, open: { mon-sun: \"09:00-17:00\" } } }
queues: { video: { agents: [anna], hours: office }, other: { agents: [anna] } }
";
        let flow = "flow: f
numbers: [\"1\"]
start: bye
languages: [en]
nodes: { bye: { hangup: {} } }
";
        let load = |queues: &str| {
            let files = [("f.yaml", flow), ("queues.yaml", queues), ("texts/en.yaml", "a: b\n")];
            let files = files.map(|(path, text)| crate::SourceFile { path: path.into(), text: text.into() });
            crate::Service::compile(&files, &crate::Assets::default())
        };
        let service = load(queues).expect("no mistakes");
        let open =
            |queue: &str, hour: u64| service.queues().is_open(queue, Duration::from_secs(hour * 3_600));
        assert_eq!([8, 9, 16, 17].map(|hour| open("video", hour)), [false, true, true, false]);
        assert!(open("other", 3) && open("nobody's", 3));
        let problems = load(&queues.replace("hours: office }", "hours: offise }")).expect_err("a mistake");
        assert!(problems.report().contains("offise"), "{}", problems.report());
    }

    #[test]
    fn accepts_addresses_of_agents() {
        for (good, host) in [
            ("sip:agent1@127.0.0.1:5070", Host::Address),
            ("sip:agent1@127.0.0.1", Host::Address),
            ("sips:a.b+c@agents.example.com", Host::Name),
            ("sip:agent1@[2001:db8::1]:5060", Host::Address),
            ("sip:agent1@[::1]", Host::Address),
            ("sip:agent1@host;transport=udp", Host::Name),
            ("sip:agent1@localhost:5070", Host::Name),
            ("sip:agent1@10.example:5070", Host::Name),
        ] {
            assert_eq!(sip_address(good), Ok(host), "{good}");
        }
    }

    #[test]
    fn refuses_what_could_not_be_called() {
        for bad in [
            "",
            "agent1",
            "agent1@host",
            "sip:host",
            "sip:@host",
            "sip:a@",
            "sip:a@host:0",
            "sip:a@host:70000",
            "sip:a@host:port",
            "sip:a@256.1.1.1",
            "sip:a@1.2.3",
            "sip:a b@host",
            "sip:a@ho st",
            "sip:a@[::1",
            "sip:a@[zz]",
            "sip:a@host;",
            "http://host",
            "sip:a@-x.com",
            "sip:余额@host",
        ] {
            assert!(sip_address(bad).is_err(), "{bad}");
        }
    }
}
