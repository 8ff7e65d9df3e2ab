//! From files to a service: each file is read for what it is, then all are checked together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ask::Connectors;
use crate::check::{self, Context};
use crate::expression::FACTS;
use crate::flow::{self, Body};
use crate::problem::{Finding, Problems, Severity};
use crate::queues::desk::AGENT;
use crate::read::{Reader, unknown};
use crate::service::{Flow, FlowId, Queues, Service};
use crate::source::{Source, SourceFile, Sources, Span, Word};
use crate::text::{Telling, Texts};
use crate::{Assets, Presentations, connector, limits, queues, scan, yaml};

/// What a file is by its path.
enum Role<'a> {
    Flow,
    Queues,
    Texts { language: &'a str },
    Connector,
    Other,
}

/// Everything read so far.
#[derive(Default)]
struct Draft {
    reader: Reader,
    flows: Vec<Body>,
    queues: Queues,
    queues_broken: bool,
    flows_broken: bool,
    connectors: Connectors,
    connectors_broken: bool,
    texts: Texts,
    /// Queues and languages whose file has been read.
    only_once: BTreeSet<String>,
}

/// See [`Service::compile`].
pub(crate) fn compile(files: &[SourceFile], assets: &Assets) -> Result<Service, Problems> {
    let mut sources = sources(files);
    let mut draft = Draft::default();
    if files.len() > limits::FILES_MAX {
        let message = format!("a service has at most {} files", limits::FILES_MAX);
        let finding = Finding::error("too-many", whole(&mut sources), message, "too many files");
        return Err(Problems::new(vec![finding], &sources));
    }
    for (index, file) in files.iter().enumerate() {
        draft.read(index, file);
    }
    if draft.flows.is_empty() && !draft.flows_broken {
        let finding = Finding::error("no-flow", whole(&mut sources), "there is no flow in this service", "");
        draft
            .reader
            .note(finding.help("add a file such as hotline.yaml with `flow:`, `numbers:` and `nodes:`"));
    }
    let presentations = draft.check(assets, &mut sources);
    draft.finish(sources, presentations)
}

fn sources(files: &[SourceFile]) -> Sources {
    let source = |file: &SourceFile| Source {
        path: file.path.as_str().into(),
        text: if file.text.len() > limits::FILE_BYTES_MAX {
            Arc::from("")
        } else {
            file.text.as_str().into()
        },
    };
    Sources(files.iter().map(source).collect())
}

/// A place for what concerns no file: an empty source of its own.
fn whole(sources: &mut Sources) -> Span {
    sources.0.push(Source { path: "dialplans".into(), text: Arc::from("") });
    Span { file: sources.0.len() - 1, start: 0, end: 0 }
}

fn role(path: &str) -> Role<'_> {
    let mut parts = path.rsplit(['/', '\\']);
    let name = parts.next().unwrap_or_default();
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else {
        return Role::Other;
    };
    match (parts.next(), stem) {
        (Some("texts"), language) => Role::Texts { language },
        (_, "queues") => Role::Queues,
        _ => Role::Flow,
    }
}

impl Draft {
    fn read(&mut self, index: usize, file: &SourceFile) {
        let role = role(&file.path);
        if matches!(role, Role::Other) {
            return;
        }
        let only = match role {
            Role::Queues => Some("queues.yaml"),
            Role::Texts { language } => Some(language),
            Role::Flow | Role::Connector | Role::Other => None,
        };
        if let Some(only) = only
            && !self.only_once.insert(only.to_owned())
        {
            let at = Span { file: index, start: 0, end: 0 };
            let finding = Finding::error("file-twice", at, "there is a second file of this name", "not read");
            return self.reader.note(finding.help("put both into one file"));
        }
        let (tree, broken) = self.parse(index, &file.text, matches!(role, Role::Flow));
        // What a file of this kind is, only its first field says.
        let role = match (role, &tree) {
            (Role::Flow, Some(tree)) if tree.has("connector") && !tree.has("flow") => Role::Connector,
            (role, _) => role,
        };
        match role {
            Role::Connector => match tree.and_then(|tree| connector::read(&mut self.reader, &tree)) {
                Some(read) => self.add_connector(read),
                None => self.connectors_broken = true,
            },
            Role::Flow => match tree {
                Some(tree) => match flow::read(&mut self.reader, &tree) {
                    Some(body) => self.flows.push(body),
                    None => self.flows_broken = true,
                },
                None if broken => self.flows_broken = true,
                None => {
                    self.flows_broken = true;
                    let at = Span { file: index, start: 0, end: 0 };
                    let finding = Finding::error("empty-flow", at, "this file is empty", "no flow here");
                    self.reader
                        .note(finding.help("write `flow:`, `numbers:` and `nodes:`, or remove the file"));
                }
            },
            Role::Queues => {
                let noted = self.reader.findings.len();
                if let Some(tree) = tree {
                    queues::read(&mut self.reader, &tree, &mut self.queues);
                }
                // A misspelt `queues` is noted, and no queue is unknown besides.
                let none = self.queues.queues.is_empty() && self.reader.findings.len() > noted;
                self.queues_broken |= broken || none;
            }
            Role::Texts { language } => {
                self.texts.read(&mut self.reader, language, tree.as_ref(), broken);
            }
            Role::Other => {}
        }
    }

    fn add_connector(&mut self, read: connector::Connector) {
        // A misspelt `calls` is noted, and no call is unknown besides.
        self.connectors_broken |= read.calls.is_empty() && read.broken.is_empty();
        match self.connectors.get(&read.name) {
            Some(first) => {
                let message = format!("the connector `{}` is given twice", read.name);
                let finding = Finding::error("duplicate-connector", read.span, message, "the second time");
                self.reader
                    .note(finding.also(first.span, "the first time").help("choose another name for one"));
            }
            None => {
                self.connectors.insert(read.name.clone(), read);
            }
        }
    }

    /// The tree of a file, and whether something is wrong with its YAML. An unquoted key explains a
    /// syntax error on its own line; then only the key is noted.
    fn parse(&mut self, index: usize, text: &str, has_keys: bool) -> (Option<yaml::Tree>, bool) {
        if text.len() > limits::FILE_BYTES_MAX {
            let at = Span { file: index, start: 0, end: 0 };
            let message = format!("a file has at most {} octets", limits::FILE_BYTES_MAX);
            self.reader.note(Finding::error("too-many", at, message, "too large"));
            return (None, true);
        }
        let unquoted = if has_keys { scan::unquoted_keys(index, text) } else { Vec::new() };
        let explained = unquoted.first().map(|finding| {
            let key = finding.span().start;
            text[..key].rfind('\n').map_or(0, |newline| newline + 1)
        });
        for finding in unquoted {
            self.reader.note(finding);
        }
        match yaml::parse(index, text) {
            Ok(tree) => (tree, false),
            Err(finding) => {
                if explained.is_none_or(|line| finding.span().start < line) {
                    self.reader.note(finding);
                }
                (None, true)
            }
        }
    }

    /// What the service can ask for comes with it, where it holds together.
    fn check(&mut self, assets: &Assets, sources: &mut Sources) -> Option<Presentations> {
        self.same_twice(sources);
        for ask in self.flows.iter_mut().flat_map(|body| &mut body.at_start) {
            ask.resolve(&mut self.reader, &self.connectors);
        }
        let parts = check::parts::Parts::new(&self.flows);
        let context = Context {
            texts: &self.texts,
            queues: &self.queues,
            queues_whole: !self.queues_broken,
            assets,
            connectors: &self.connectors,
            connectors_whole: !self.connectors_broken,
            flows: &self.flows,
            flows_whole: !self.flows_broken,
            parts: &parts,
            sources,
        };
        let mut findings = Vec::new();
        for body in &self.flows {
            findings.extend(check::flow(context, body));
        }
        findings.extend(check::parts::check(&self.flows));
        findings.extend(check::holds(context, &languages(&self.flows)));
        if !self.flows_broken {
            // An error where it is used, and then not said again here.
            let mut known = self.known_names();
            let noted: Vec<&str> = findings
                .iter()
                .filter(|finding| finding.code() == "unknown-variable")
                .filter_map(|finding| {
                    finding.what().strip_prefix("there is no variable `")?.strip_suffix('`')
                })
                .collect();
            known.extend(noted);
            let unknown = self.texts.unknown_names(&known);
            findings.extend(unknown.into_iter().map(Finding::into_warning));
        }
        // Several flows may use one text; what is wrong with it is said once.
        let mut said = BTreeSet::new();
        findings.retain(|finding| said.insert((finding.span(), finding.what().to_owned())));
        self.reader.findings.extend(findings);
        if !self.is_sound() {
            return None;
        }
        let long: Vec<Finding> = self.flows.iter().filter_map(|body| check::speech(context, body)).collect();
        self.reader.findings.extend(long);
        let presentations = self.presentations();
        let spare = recordings(assets, &presentations);
        for (language, name, known) in spare {
            let path = format!("media/prompts/{language}/{name}.wav");
            sources.0.push(Source { path: path.into(), text: Arc::from("") });
            let span = Span { file: sources.0.len() - 1, start: 0, end: 0 };
            let word = Word { value: name, span };
            let finding = unknown(
                "unused-recording",
                "text for the recording",
                &word,
                known.iter().map(String::as_str),
            );
            self.reader.note(finding.into_warning());
        }
        Some(presentations)
    }

    /// The facts and the variables of all flows.
    fn known_names(&self) -> BTreeSet<&str> {
        let variables = self.flows.iter().flat_map(|body| body.variables.keys().map(String::as_str));
        let asked = self.flows.iter().flat_map(Body::asks).map(|ask| ask.into.value.as_str());
        let shaky = self.flows.iter().flat_map(|body| body.shaky.iter().map(String::as_str));
        let agent = self.queues.desk.plate.is_some().then_some(AGENT);
        FACTS.iter().map(|(name, _)| *name).chain(variables).chain(asked).chain(shaky).chain(agent).collect()
    }

    /// Flow names and called numbers are unique in the service.
    fn same_twice(&mut self, sources: &Sources) {
        let mut names: BTreeMap<&str, Span> = BTreeMap::new();
        let mut numbers: BTreeMap<&str, Span> = BTreeMap::new();
        let mut findings = Vec::new();
        for body in &self.flows {
            let name = (!body.name.value.is_empty()).then_some(&body.name);
            findings.extend(
                name.and_then(|name| again("duplicate-flow", "flow name", &mut names, name, sources)),
            );
            for number in &body.numbers {
                findings.extend(again("duplicate-number", "number", &mut numbers, number, sources));
            }
        }
        self.reader.findings.extend(findings);
    }

    fn is_sound(&self) -> bool {
        self.reader.findings.iter().all(|finding| finding.severity() == Severity::Warning)
    }

    fn presentations(&self) -> Presentations {
        let mut all = Presentations::default();
        let used = self.texts.variables();
        for body in &self.flows {
            for language in &body.languages {
                for scope in body.samples(&language.value, &used, &self.connectors) {
                    let telling = Telling::new(&self.texts, &language.value, scope);
                    if let Some(wait) = &body.defaults.wait {
                        all.add(wait.present(&telling, true));
                    }
                    self.queues.desk.presentations(&telling, self.queues.agents.values(), &mut all);
                    for node in body.nodes.values() {
                        node.step.presentations(&telling, &self.queues, &mut all);
                    }
                }
            }
        }
        all
    }

    fn finish(self, sources: Sources, presentations: Option<Presentations>) -> Result<Service, Problems> {
        let problems = Problems::new(self.reader.findings, &sources);
        let Some(presentations) = presentations else { return Err(problems) };
        let flow = |(index, body): (usize, Body)| Flow {
            id: FlowId(index),
            numbers: body.numbers.iter().map(|number| number.value.clone()).collect(),
            body,
        };
        Ok(Service {
            version: 1,
            flows: self.flows.into_iter().enumerate().map(flow).collect(),
            queues: self.queues,
            connectors: self.connectors,
            texts: self.texts,
            sources,
            presentations,
            warnings: problems,
        })
    }
}

fn again<'a>(
    code: &'static str,
    what: &str,
    seen: &mut BTreeMap<&'a str, Span>,
    word: &'a Word,
    sources: &Sources,
) -> Option<Finding> {
    let first = seen.insert(&word.value, word.span)?;
    let message = format!("the {what} `{}` is given twice, first in {}", word.value, sources.position(first));
    Some(
        Finding::error(code, word.span, message, "the second time")
            .also(first, "the first time")
            .help(format!("choose another {what} for one of the two")),
    )
}

fn languages(flows: &[Body]) -> BTreeSet<&str> {
    flows.iter().flat_map(|body| &body.languages).map(|language| language.value.as_str()).collect()
}

/// The recordings that nothing would ever play: language, name, and the names of that language.
fn recordings(assets: &Assets, all: &Presentations) -> Vec<(String, String, Vec<String>)> {
    let names = |language: &str| -> Vec<String> {
        let spoken = all.speech.iter().filter(|utterance| utterance.language == language);
        spoken.filter_map(|utterance| utterance.name.clone()).collect()
    };
    let mut spare = Vec::new();
    for (language, name) in &assets.prompts {
        let known = names(language);
        if !known.contains(name) {
            spare.push((language.clone(), name.clone(), known));
        }
    }
    spare
}
