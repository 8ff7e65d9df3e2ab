//! How the callers of a queue are shared out: which free agent is called, with what skills, and where callers go who wait
//! too long.

use std::collections::BTreeMap;

use crate::limits;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::service::{Distribution, Overflow, Skills, Strategy, When};
use crate::source::{Span, Word};
use crate::yaml::{Tree, Value};

/// How an agent is chosen.
pub(crate) const STRATEGIES: [(&str, Strategy); 4] = [
    ("longest_idle", Strategy::LongestIdle),
    ("round_robin", Strategy::RoundRobin),
    ("fewest_calls", Strategy::FewestCalls),
    ("skill_level", Strategy::SkillLevel),
];

pub(crate) const OVERFLOW_FIELDS: [&str; 3] = ["after", "longer", "to"];

/// Reads what `fields` say about it; `queues` are the names of all.
pub(super) fn read(reader: &mut Reader, name: &Word, fields: &Fields<'_>, queues: &[&str]) -> Distribution {
    let mut all = Distribution::default();
    if let Some(word) = fields.get("strategy").and_then(|tree| reader.word("`strategy`", tree)) {
        match STRATEGIES.iter().find(|(known, _)| *known == word.value) {
            Some((_, strategy)) => all.strategy = *strategy,
            None => reader.unknown("unknown-value", "strategy", &word, STRATEGIES.map(|(known, _)| known)),
        }
    }
    if let Some((key, tree)) = fields.entry("needs") {
        all.needs = read_skills(reader, "`needs`", key.span, tree);
    }
    if let Some(sticky) = fields.get("sticky").and_then(|tree| reader.duration("`sticky`", tree)) {
        all.sticky = sticky;
    }
    if let Some(level) = fields.get("service_level").and_then(|tree| reader.duration("`service_level`", tree))
    {
        all.service_level = level;
    }
    let times = fields.get("pause_after");
    all.pause_after =
        times.and_then(|tree| reader.number("`pause_after`", tree, 1..=limits::PAUSE_AFTER_MAX));
    if let Some((key, tree)) = fields.entry("overflow") {
        all.overflow = read_overflows(reader, name, key.span, tree, queues);
    }
    all
}

/// Skills and their levels.
pub(super) fn read_skills(reader: &mut Reader, what: &str, at: Span, tree: &Tree) -> Skills {
    let mut skills = BTreeMap::new();
    for (name, value) in reader.entries(what, at, tree).unwrap_or_default() {
        reader.check_name("a skill", name);
        let level = reader.number(&format!("`{}`", name.value), value, 1..=9);
        skills.insert(name.value.clone(), level.and_then(|level| u8::try_from(level).ok()).unwrap_or(1));
    }
    skills
}

/// One way out, or a list of them.
fn read_overflows(reader: &mut Reader, name: &Word, at: Span, tree: &Tree, queues: &[&str]) -> Vec<Overflow> {
    let ways: Vec<&Tree> = match &tree.value {
        Value::List(items) => items.iter().collect(),
        Value::Empty | Value::Scalar(_) | Value::Map(_) => vec![tree],
    };
    if ways.len() > limits::OVERFLOWS_MAX {
        let message = format!("a queue has at most {} ways out", limits::OVERFLOWS_MAX);
        reader.note(Finding::error("too-many", at, message, "more than that"));
    }
    ways.into_iter().filter_map(|way| read_overflow(reader, name, way, queues)).collect()
}

fn read_overflow(reader: &mut Reader, name: &Word, tree: &Tree, queues: &[&str]) -> Option<Overflow> {
    let fields = reader.fields("`overflow`", tree.span, tree, &OVERFLOW_FIELDS)?;
    let to = fields.get("to").and_then(|tree| reader.word("`to`", tree));
    if let Some(to) = &to {
        if !queues.contains(&to.value.as_str()) {
            reader.unknown("unknown-queue", "queue", to, queues.iter().copied());
        } else if to.value == name.value {
            let message = format!("the queue `{}` overflows to itself", name.value);
            let finding = Finding::error("overflow-to-itself", to.span, message, "this queue");
            reader.note(finding.help("name another queue, or leave `to` out to end the waiting"));
        }
    }
    let when = match (fields.entry("after"), fields.entry("longer")) {
        (Some((_, tree)), None) => When::After(reader.duration("`after`", tree)?),
        (None, Some((_, tree))) => When::Longer(reader.number("`longer`", tree, 0..=limits::CAPACITY_MAX)?),
        (Some((after, _)), Some((longer, _))) => {
            let message = "a way out has `after` or `longer`, not both";
            let finding = Finding::error("duplicate-key", longer.span, message, "this too");
            reader.note(finding.also(after.span, "this").help("write two ways out"));
            return None;
        }
        (None, None) => {
            let message = "a way out has neither `after` nor `longer`";
            let finding =
                Finding::error("missing-field", fields.span(), message, "one of the two belongs here");
            reader.note(finding.help("for example `{ after: 60s, to: other }`"));
            return None;
        }
    };
    Some(Overflow { when, to: to.map(|to| to.value) })
}
