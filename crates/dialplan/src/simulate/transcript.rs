//! Transcripts: calls written down with what must come of them, in `*.sim` files beside the flows.
//!
//! ```text
//! # Anything about the call that a person wants to say.
//! call 1008621, from 13800138000, language en
//!   node welcome
//! wait
//!   node main
//!   row 1 Balance
//! press 1
//!   node balance
//! ```
//!
//! A line at the margin is something that happens: `call` begins one, then what the caller does. The indented lines
//! below it are facts (see [`FactKind`]) that come of it. Of a kind that is written down there must come exactly what is
//! written, in this order; of a kind that is not, anything may come. A `#` line is a comment, blank lines are free.
//!
//! It is lines and not YAML because [`update`] rewrites facts in place, so that a person's order, keys and comments
//! stay, and because a call reads as what it is. Start at [`check`].

mod compare;
mod script;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::wall::told;
use super::{Act, Cannot, Moment, Walk, What, facts, outcome_name};
use crate::problem::{Finding, Problems};
use crate::source::{Source, SourceFile, Sources, Span};
use crate::{Facts, Flow, Service, limits};
use script::{Beat, Deed, Script, Telephone};

/// What became of all transcripts of a service.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Calls that were made.
    pub calls: usize,
    /// Nodes that a call came through: flow and node.
    pub nodes: BTreeSet<(String, String)>,
    /// What is wrong, at most one for each call that could be read.
    pub problems: Problems,
}

/// Whether a path is that of a transcript.
#[must_use]
pub fn is_transcript(path: &str) -> bool {
    path.ends_with(".sim")
}

/// Makes the calls of all `files`. `base` is any time: nothing is waited for.
#[must_use]
pub fn check(service: &Arc<Service>, files: &[SourceFile], base: Instant) -> Verdict {
    let mut verdict = Verdict::default();
    let mut findings = Vec::new();
    for (index, file) in files.iter().enumerate().take(limits::FILES_MAX) {
        let script = match read(service, index, file) {
            Ok(script) => script,
            Err(wrong) => {
                findings.extend(wrong);
                continue;
            }
        };
        for call in &script.calls {
            verdict.calls += 1;
            let mut stand = Stand::new(service, call, base);
            let wrong = call.iter().find_map(|beat| match stand.play(beat) {
                Ok(moments) => compare::judge(service, stand.telephone, beat, &facts(&moments)),
                Err(why) => Some(impossible(beat, &why)),
            });
            findings.extend(wrong);
            verdict.nodes.append(&mut stand.nodes);
        }
    }
    verdict.problems = Problems::new(findings, &sources(files));
    verdict
}

/// One file as it is true now: facts that differ are replaced, where none are written all are. Keys, comments and what
/// is still true stay as they are.
///
/// # Errors
/// When a line cannot be read, or is not possible in the call.
pub fn update(service: &Arc<Service>, file: &SourceFile, base: Instant) -> Result<String, Problems> {
    let mut findings = Vec::new();
    let mut text = String::new();
    match read(service, 0, file) {
        Err(wrong) => findings = wrong,
        Ok(script) => {
            text.push_str(&file.text[..script.head]);
            for call in &script.calls {
                let mut stand = Stand::new(service, call, base);
                for beat in call {
                    text.push_str(&file.text[beat.line.clone()]);
                    match stand.play(beat) {
                        Ok(moments) => {
                            let block = &file.text[beat.block.clone()];
                            let ended_line = text.is_empty() || text.ends_with('\n');
                            text.push_str(if ended_line { "" } else { "\n" });
                            text.push_str(&compare::renewed(beat, block, &facts(&moments)));
                        }
                        Err(why) => {
                            findings.push(impossible(beat, &why));
                            break;
                        }
                    }
                }
            }
        }
    }
    match findings.is_empty() {
        true => Ok(text),
        false => Err(Problems::new(findings, &sources(std::slice::from_ref(file)))),
    }
}

fn sources(files: &[SourceFile]) -> Sources {
    let source =
        |file: &SourceFile| Source { path: file.path.as_str().into(), text: file.text.as_str().into() };
    Sources(files.iter().map(source).collect())
}

fn read(service: &Service, index: usize, file: &SourceFile) -> Result<Script, Vec<Finding>> {
    if file.text.len() > limits::FILE_BYTES_MAX {
        let at = Span { file: index, start: 0, end: 0 };
        let message = format!("a file has at most {} octets", limits::FILE_BYTES_MAX);
        return Err(vec![Finding::error("too-many", at, message, "too large")]);
    }
    script::read(service, index, &file.text)
}

/// The call of a transcript while it is made.
struct Stand<'s> {
    service: &'s Arc<Service>,
    base: Instant,
    walk: Option<Walk>,
    telephone: &'s Telephone,
    nodes: BTreeSet<(String, String)>,
}

impl<'s> Stand<'s> {
    fn new(service: &'s Arc<Service>, call: &'s script::Call, base: Instant) -> Self {
        Self { service, base, walk: None, telephone: call.telephone(), nodes: BTreeSet::new() }
    }

    fn play(&mut self, beat: &Beat) -> Result<Vec<Moment>, Cannot> {
        let mut moments = Vec::new();
        match (&beat.deed, &mut self.walk) {
            (Deed::Call(telephone), _) => {
                let (walk, first) = Walk::begin(self.service, telephone.setup(), self.base);
                self.walk = Some(walk);
                moments = first;
            }
            (Deed::Act(acts), Some(walk)) => {
                for act in acts {
                    moments.extend(walk.act(*act)?);
                }
            }
            (Deed::Answer(call, answer), Some(walk)) => walk.answers(call, answer.clone()),
            (Deed::Act(_) | Deed::Answer(..), None) => return Err(Cannot::Ended),
        }
        self.nodes.extend(moments.iter().filter_map(|moment| match &moment.what {
            What::Entered { part, node, .. } => {
                Some((part.as_ref().unwrap_or(&self.telephone.flow).clone(), node.clone()))
            }
            What::Language(_)
            | What::Variable { .. }
            | What::Shown(_)
            | What::Queued { .. }
            | What::Transferred { .. }
            | What::Rings
            | What::Written { .. }
            | What::Ordered(_)
            | What::Declined(_)
            | What::CallBack { .. }
            | What::Wound(_)
            | What::Asked(_)
            | What::Doubt { .. }
            | What::Ended => None,
        }));
        Ok(moments)
    }
}

fn impossible(beat: &Beat, why: &Cannot) -> Finding {
    let help = match (why, &beat.deed) {
        (Cannot::InQueue(_), _) => "say how the queue ends: `queue served`",
        (Cannot::Silent, _) => "`wait` lets the time for a key pass",
        (Cannot::InTransfer(_), _) => "say how the transfer ends: `transfer done`",
        (Cannot::NoCode, _) => "confirm the order by its key before",
        (Cannot::NoTransfer, _) => "lead into the transfer before",
        (Cannot::NoQueue, _) => "press the key that leads into the queue before",
        (Cannot::Ended, _) => "remove this line, or begin another call above it",
        (Cannot::Nothing, _) => "remove this line",
    };
    let what = match &beat.deed {
        Deed::Call(_) => "`call`".to_owned(),
        Deed::Answer(..) => "`answer`".to_owned(),
        Deed::Act(acts) => format!("`{}`", acts.first().map_or("", |act| word(*act))),
    };
    Finding::error("impossible-act", beat.span, format!("{what} is not possible here: {why}"), "not possible")
        .help(help)
}

fn word(act: Act) -> &'static str {
    match act {
        Act::Press(_) | Act::Code => "press",
        Act::Listen => "listen",
        Act::Wait => "wait",
        Act::Queue(_) => "queue",
        Act::Transfer(_) => "transfer",
        Act::Hangup => "hangup",
    }
}

/// The line at the margin for who calls a flow.
#[must_use]
pub fn opening(service: &Service, flow: &Flow, facts: &Facts) -> String {
    let called = if flow.numbers().contains(&facts.called) { &facts.called } else { flow.name() };
    let mut line = format!("call {called}");
    line.extend(facts.caller.iter().map(|caller| format!(", from {caller}")));
    line.extend(facts.language.iter().map(|language| format!(", language {language}")));
    line.push_str(if facts.has_video { "" } else { ", without video" });
    line.extend(told(service, facts.wall).map(|time| format!(", at {time}")));
    line
}

/// The line at the margin for what happens.
#[must_use]
pub fn line(act: Act) -> String {
    match act {
        Act::Press(key) => format!("press {key}"),
        Act::Code => "press code".to_owned(),
        Act::Queue(outcome) => format!("queue {}", outcome_name(outcome)),
        Act::Transfer(outcome) => format!("transfer {}", outcome.word()),
        Act::Listen | Act::Wait | Act::Hangup => word(act).to_owned(),
    }
}
