//! What must come against what came.

use std::collections::BTreeSet;

use super::script::{Beat, Expected, Telephone};
use crate::problem::Finding;
use crate::read::unknown;
use crate::simulate::{Fact, FactKind};
use crate::source::{Span, Word};
use crate::{Flow, Service};

/// Places that one mistake points at, at most.
const LABELS_MAX: usize = 6;

/// What is wrong with a beat, as one mistake.
pub(super) fn judge(service: &Service, telephone: &Telephone, beat: &Beat, came: &[Fact]) -> Option<Finding> {
    let kinds: BTreeSet<FactKind> = beat.expected.iter().map(|expected| expected.fact.kind).collect();
    let mut gaps: Vec<Gap<'_>> = Vec::new();
    for kind in kinds {
        let wanted: Vec<&Expected> =
            beat.expected.iter().filter(|expected| expected.fact.kind == kind).collect();
        let got: Vec<&Fact> = came.iter().filter(|fact| fact.kind == kind).collect();
        gaps.extend(differences(&wanted, &got));
        // Elsewhere in the flow everything differs: that is one mistake, not ten.
        if kind == FactKind::Node && !gaps.is_empty() {
            break;
        }
    }
    let first = gaps.first()?;
    if let Some(finding) = misspelt(service, telephone, first) {
        return Some(finding);
    }
    let mut finding = Finding::error("not-as-written", first.at.span, first.told(), first.label());
    for gap in gaps.iter().skip(1).take(LABELS_MAX - 1) {
        finding = finding.also(gap.at.span, gap.label());
    }
    Some(finding.help("if this is how it should be, `vireo check --update` writes it down"))
}

/// A line and what came in its place.
struct Gap<'a> {
    /// The line, or the last one of its kind when too much came.
    at: &'a Expected,
    /// What is written and did not come.
    wanted: Option<&'a Fact>,
    got: Option<&'a Fact>,
}

impl Gap<'_> {
    fn told(&self) -> String {
        match (self.wanted, self.got) {
            (Some(wanted), Some(got)) => format!("expected `{wanted}`, and got `{got}`"),
            (Some(wanted), None) => format!("expected `{wanted}`, which did not come"),
            (None, Some(got)) => format!("`{got}` came too"),
            (None, None) => String::new(),
        }
    }

    fn label(&self) -> String {
        match (self.wanted, self.got) {
            (Some(_), Some(got)) => format!("got `{got}`"),
            (Some(_), None) => "did not come".to_owned(),
            (None, Some(got)) => format!("then came `{got}`"),
            (None, None) => String::new(),
        }
    }
}

/// Facts of one kind, pair by pair from where they begin to differ to where they end to.
fn differences<'a>(wanted: &[&'a Expected], got: &[&'a Fact]) -> Vec<Gap<'a>> {
    let same = |(wanted, got): &(&&Expected, &&Fact)| wanted.fact == ***got;
    let head = wanted.iter().zip(got).take_while(same).count();
    let (wanted_rest, got_rest) = (&wanted[head..], &got[head..]);
    let tail = wanted_rest.iter().rev().zip(got_rest.iter().rev()).take_while(same).count();
    let (wanted_rest, got_rest) =
        (&wanted_rest[..wanted_rest.len() - tail], &got_rest[..got_rest.len() - tail]);
    let gap = |at: usize| {
        let (expected, got) = (wanted_rest.get(at).copied(), got_rest.get(at).copied());
        let before = wanted[..(head + at.min(wanted_rest.len())).max(1)].last().copied();
        Some(Gap { at: expected.or(before)?, wanted: expected.map(|expected| &expected.fact), got })
    };
    (0..wanted_rest.len().max(got_rest.len())).filter_map(gap).collect()
}

/// A name that the service does not have cannot come, whatever the flow does.
fn misspelt(service: &Service, telephone: &Telephone, gap: &Gap<'_>) -> Option<Finding> {
    let flow = telephone.flow(service)?;
    let wanted = gap.wanted?;
    let parts = || service.flows().iter().filter(|part| !part.body.outcomes.is_empty());
    let (code, what, known): (_, _, Vec<String>) = match wanted.kind {
        FactKind::Node => {
            let of_parts =
                parts().flat_map(|part| part.nodes().map(|node| format!("{}/{node}", part.name())));
            ("unknown-node", "node", flow.nodes().map(str::to_owned).chain(of_parts).collect())
        }
        FactKind::Queue => ("unknown-queue", "queue", service.queues.queues.keys().cloned().collect()),
        FactKind::Variable => {
            let name = |part: &Flow, name: &String| format!("{}.{name}", part.name());
            let of_parts =
                parts().flat_map(|part| part.body.variables.keys().map(move |own| name(part, own)));
            let own = flow.body.variables.keys().cloned();
            ("unknown-variable", "variable", own.chain(of_parts).collect())
        }
        FactKind::Language => ("unknown-language", "language", flow.languages().map(str::to_owned).collect()),
        FactKind::Transfer
        | FactKind::Rings
        | FactKind::Declines
        | FactKind::Writes
        | FactKind::Orders
        | FactKind::Slide
        | FactKind::Title
        | FactKind::Line
        | FactKind::Row
        | FactKind::Foot
        | FactKind::Value
        | FactKind::Says
        | FactKind::Plays
        | FactKind::CallBack
        | FactKind::Winds
        | FactKind::Asks
        | FactKind::Doubt
        | FactKind::Ends => return None,
    };
    let name = wanted.text.split(' ').next().unwrap_or_default();
    if known.iter().any(|known| known == name) {
        return None;
    }
    let span = Span { end: gap.at.rest.start + name.len(), ..gap.at.rest };
    let word = Word { value: name.to_owned(), span };
    Some(unknown(code, what, &word, known.iter().map(String::as_str)))
}

/// The lines below a beat as they are true now.
pub(super) fn renewed(beat: &Beat, block: &str, came: &[Fact]) -> String {
    let kinds: BTreeSet<FactKind> = beat.expected.iter().map(|expected| expected.fact.kind).collect();
    let kept = |fact: &&Fact| kinds.is_empty() || kinds.contains(&fact.kind);
    let mut left: Vec<&Fact> = came.iter().filter(kept).collect();
    if kinds.is_empty() {
        return left.iter().map(|fact| format!("  {fact}\n")).collect::<String>() + block;
    }
    let mut to_come = beat.expected.iter().map(|expected| expected.fact.kind).collect::<Vec<_>>().into_iter();
    let mut text = String::new();
    for line in block.split_inclusive('\n') {
        let is_fact = !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let Some(kind) = is_fact.then(|| to_come.next()).flatten() else {
            text.push_str(line);
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let last = !to_come.as_slice().contains(&kind);
        // One for one, and what is more behind the last one of its kind.
        while let Some(at) = left.iter().position(|fact| fact.kind == kind) {
            let fact = left.remove(at).to_string();
            let same = Fact::new(kind, line.trim_start().trim_start_matches(kind.word())).to_string() == fact;
            text.push_str(&if same { line.trim_end().to_owned() } else { format!("{indent}{fact}") });
            text.push('\n');
            if !last {
                break;
            }
        }
    }
    text
}
