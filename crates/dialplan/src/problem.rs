//! What is wrong with a service: each mistake with its place, reason and suggestion.
//!
//! A [`Problem`] is a [`miette::Diagnostic`] that carries its source, so that any miette handler can
//! print it; [`Problems::report`] is how `vireo check` prints them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::limits;
use crate::source::{Position, Sources, Span};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The service cannot go live.
    Error,
    /// It can, but something is probably not as it was meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One mistake. Displays as `path:line:column: error: message [code]`.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{position}: {}: {} [{}]", finding.severity, finding.message, finding.code)]
pub struct Problem {
    finding: Finding,
    position: Position,
    /// From where to where, for each label of the finding.
    places: Vec<(Position, Position)>,
    text: NamedSource<Arc<str>>,
}

/// A stretch of a file that a problem is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) start: &'a Position,
    /// Behind its last character.
    pub(crate) end: &'a Position,
    /// What is said of it; may be empty.
    pub(crate) label: &'a str,
}

/// All problems of a service, in order of file and place. Displays as their number.
#[derive(Clone, Debug, Default, thiserror::Error)]
#[error("{} error(s), {} warning(s)", self.errors().count(), self.len() - self.errors().count())]
pub struct Problems {
    list: Vec<Problem>,
}

/// A mistake as the checker notes it, before it is joined with its source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    code: &'static str,
    severity: Severity,
    message: String,
    labels: Vec<(Span, String)>,
    help: Option<String>,
}

impl Finding {
    /// An error at `span`. `code` is a stable word for scripts, such as `unknown-node`.
    pub(crate) fn error(
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        let labels = vec![(span, label.into())];
        Self { code, severity: Severity::Error, message: message.into(), labels, help: None }
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what to do about it, if that is known.
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Adds a second place that has to do with it; only shown when it is in the same file.
    pub(crate) fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push((span, label.into()));
        self
    }

    /// The same, but the service may go live.
    pub(crate) fn into_warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// A stable word for the kind of mistake.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong.
    pub(crate) fn what(&self) -> &str {
        &self.message
    }

    /// Where it is.
    pub(crate) fn span(&self) -> Span {
        self.labels[0].0
    }

    /// How bad it is.
    pub(crate) fn severity(&self) -> Severity {
        self.severity
    }
}

impl Problem {
    fn new(mut finding: Finding, sources: &Sources) -> Self {
        let span = finding.span();
        finding.labels.retain(|(other, _)| other.file == span.file);
        let source = &sources.0[span.file];
        let place = |(span, _): &(Span, String)| {
            let end = Span { start: span.end.max(span.start), ..*span };
            (sources.position(*span), sources.position(end))
        };
        Self {
            places: finding.labels.iter().map(place).collect(),
            position: sources.position(span),
            text: NamedSource::new(&source.path, source.text.clone()).with_language("YAML"),
            finding,
        }
    }

    /// A stable word for the kind of mistake, such as `unknown-node`.
    pub fn code(&self) -> &'static str {
        self.finding.code
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.finding.severity
    }

    /// Where it is.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// What is wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.finding.message
    }

    /// What could be done about it.
    pub fn suggestion(&self) -> Option<&str> {
        self.finding.help.as_deref()
    }

    /// What it is about, the first place first.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place<'_>> {
        let labels = self.finding.labels.iter().map(|(_, label)| label);
        self.places.iter().zip(labels).map(|((start, end), label)| Place { start, end, label })
    }

    /// For the terminal: `path:line:column: error: message`, the lines it is about, and the suggestion.
    pub fn report(&self) -> String {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
            .with_wrap_lines(false)
            .with_context_lines(1);
        let mut drawn = String::new();
        if handler.render_report(&mut drawn, self).is_err() {
            drawn.clear();
        }
        // The handler opens with the code and the message, which are said here in the shape that
        // editors and scripts understand; what follows is the quoted source.
        let quoted =
            drawn.find("╭─[").and_then(|corner| drawn[..corner].rfind('\n')).map(|at| &drawn[at + 1..]);
        let mut text = format!("{self}\n{}", quoted.unwrap_or_default());
        if quoted.is_none()
            && let Some(help) = self.suggestion()
        {
            text.push_str(&format!("  help: {help}\n"));
        }
        text
    }
}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.finding.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.suggestion().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.finding.labels.iter().enumerate().map(|(index, (span, label))| {
            let length = span.end.saturating_sub(span.start);
            match index {
                0 => LabeledSpan::new_primary_with_span(Some(label.clone()), (span.start, length)),
                _ => LabeledSpan::new(Some(label.clone()), span.start, length),
            }
        });
        Some(Box::new(labels))
    }
}

impl Problems {
    /// Joins findings with their sources; sorted, without repetitions, at most
    /// [`limits::PROBLEMS_MAX`], errors before warnings when that is exceeded.
    pub(crate) fn new(mut findings: Vec<Finding>, sources: &Sources) -> Self {
        if findings.len() > limits::PROBLEMS_MAX {
            findings.sort_by_key(|finding| finding.severity);
            findings.truncate(limits::PROBLEMS_MAX);
        }
        let path = |finding: &Finding| sources.0[finding.span().file].path.clone();
        findings.sort_by_key(|finding| (path(finding), finding.span(), finding.code));
        findings.dedup();
        let findings = one_for_each_mistake(findings);
        Self { list: findings.into_iter().map(|finding| Problem::new(finding, sources)).collect() }
    }

    /// The problems in order of file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Those that keep the service from going live.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter().filter(|problem| problem.severity() == Severity::Error)
    }

    /// For the terminal: every problem begins with `path:line:column`, and an empty line follows it.
    pub fn report(&self) -> String {
        self.list.iter().map(|problem| problem.report() + "\n").collect()
    }
}

/// A name that is misspelt where it is defined is unknown wherever it is used: that is told once, with the other places.
fn one_for_each_mistake(findings: Vec<Finding>) -> Vec<Finding> {
    let mut said: BTreeMap<(&'static str, String), (usize, usize)> = BTreeMap::new();
    let mut kept: Vec<Finding> = Vec::new();
    let mut secret = None;
    for finding in findings {
        // Of a secret that is told nothing else matters.
        if finding.code == "secret-used" {
            secret = Some(finding.span());
        } else if secret == Some(finding.span()) {
            continue;
        }
        match said.entry((finding.code, finding.message.clone())) {
            Entry::Vacant(first) => {
                first.insert((kept.len(), 0));
                kept.push(finding);
            }
            Entry::Occupied(mut more) => {
                let (at, count) = more.get_mut();
                *count += 1;
                let first = &mut kept[*at];
                // An error here is one, whatever it is elsewhere.
                first.severity = first.severity.min(finding.severity);
                let span = finding.span();
                if span.file == first.span().file && first.labels.len() <= limits::PLACES_SHOWN_MAX {
                    first.labels.push((span, "and here".to_owned()));
                }
            }
        }
    }
    for (at, count) in said.into_values().filter(|(_, count)| *count > 0) {
        let places = format!("in {count} more {}", if count == 1 { "place" } else { "places" });
        let finding = &mut kept[at];
        finding.help = Some(finding.help.take().map_or(places.clone(), |help| format!("{help} ({places})")));
    }
    kept
}

impl Diagnostic for Problems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.list.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}
