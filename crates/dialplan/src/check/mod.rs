//! The checker: everything a flow names exists, in every language, and its graph holds together.
//!
//! Reading has noted what is wrong with single values; here things are judged against each other.
//! Start at [`flow`]; what a step must know is asked of the [`Checker`].

mod graph;

use std::collections::BTreeSet;

use minijinja::value::Value;

use crate::Assets;
use crate::expression::{Expression, FACTS, Scope, detail};
use crate::flow::{Body, FirstLanguage};
use crate::limits;
use crate::problem::Finding;
use crate::read::unknown;
use crate::service::Queues;
use crate::source::{Span, Word};
use crate::target::{BUILTINS, Builtin, Target, target};
use crate::text::{Telling, Texts, columns};
use crate::words::suggest;

/// What flows are checked against.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) texts: &'a Texts,
    pub(crate) queues: &'a Queues,
    /// False when queues.yaml could not be read: then no queue is unknown.
    pub(crate) queues_whole: bool,
    pub(crate) assets: &'a Assets,
}

/// What a step asks while it is checked.
pub(crate) struct Checker<'a> {
    context: Context<'a>,
    flow: Option<&'a Body>,
    languages: Vec<&'a str>,
    findings: Vec<Finding>,
    /// (language, text) pairs already noted as missing: one note is enough.
    missing: BTreeSet<(String, String)>,
    /// (language, text) pairs already filled in.
    told: BTreeSet<(String, String)>,
}

/// Checks one flow.
pub(crate) fn flow(context: Context<'_>, flow: &Body) -> Vec<Finding> {
    let languages = flow.languages.iter().map(|language| language.value.as_str()).collect();
    let mut checker = Checker::new(context, Some(flow), languages);
    checker.head(flow);
    for node in flow.nodes.values() {
        node.step.check(&mut checker);
        for way in node.step.ways() {
            checker.target(way.to);
        }
        for to in node.step.exits().targets() {
            checker.target(to);
        }
    }
    graph::check(&mut checker, flow);
    checker.findings
}

/// Checks what the queues themselves show and play, in `languages`.
pub(crate) fn holds(context: Context<'_>, languages: &BTreeSet<&str>) -> Vec<Finding> {
    let languages = languages.iter().copied().collect();
    let mut checker = Checker::new(context, None, languages);
    for hold in context.queues.holds.values() {
        hold.check(&mut checker);
    }
    checker.findings
}

impl<'a> Checker<'a> {
    fn new(context: Context<'a>, flow: Option<&'a Body>, languages: Vec<&'a str>) -> Self {
        let (missing, told) = (BTreeSet::new(), BTreeSet::new());
        Checker { context, flow, languages, findings: Vec::new(), missing, told }
    }

    /// Notes a mistake.
    pub(crate) fn note(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The queues of the service.
    pub(crate) fn queues(&self) -> &'a Queues {
        self.context.queues
    }

    fn head(&mut self, flow: &Body) {
        for language in &flow.languages {
            if self.context.texts.book(&language.value).is_none() {
                let finding = unknown(
                    "unknown-language",
                    "file of texts for",
                    language,
                    self.context.texts.languages().collect::<Vec<_>>(),
                );
                self.note(finding.help(format!("add the file texts/{}.yaml", language.value)));
            }
        }
        if let Some(FirstLanguage::By(expression)) = &flow.language {
            self.expression(expression);
        }
        // Without any node that is the mistake, and it is noted.
        let start = flow.start.as_ref().filter(|_| flow.node_names().next().is_some());
        for to in start.into_iter().chain(flow.defaults.exits.targets()) {
            self.target(to);
        }
        if let Some(start) = &flow.start
            && start.value.starts_with('$')
        {
            self.note(Finding::error(
                "unknown-node",
                start.span,
                "`start` is the name of a node",
                "not a node",
            ));
        }
    }

    /// A word that leads somewhere.
    fn target(&mut self, to: &Word) {
        let Some(flow) = self.flow else { return };
        match target(&to.value) {
            Some(Target::Node(name)) if flow.has_node(name) => {}
            Some(Target::Node(_)) => {
                self.note(unknown("unknown-node", "node", to, flow.node_names().collect::<Vec<_>>()));
            }
            Some(Target::Builtin(Builtin::Language)) if flow.languages.len() == 1 => {
                let finding = Finding::error(
                    "one-language",
                    to.span,
                    "this flow has only one language",
                    "changes nothing",
                );
                self.note(finding.help("add a second one to `languages:`, or remove this key"));
            }
            Some(Target::Builtin(_)) => {}
            None => {
                self.note(unknown("unknown-node", "built-in target", to, BUILTINS.map(|(name, ..)| name)));
            }
        }
    }

    /// A word that names a text: it exists in every language of the flow.
    pub(crate) fn text(&mut self, name: &Word) {
        self.text_named(&name.value, name.span);
    }

    /// As [`Checker::text`], for a text that the language itself needs.
    pub(crate) fn text_named(&mut self, name: &str, at: Span) {
        let texts = self.context.texts;
        let books: Vec<_> =
            self.languages.iter().filter_map(|language| Some((*language, texts.book(language)?))).collect();
        let lacking: Vec<&str> = books
            .iter()
            .filter(|(_, book)| book.whole && !book.has(name))
            .map(|(language, _)| *language)
            .collect();
        if lacking.is_empty() {
            return self.told(name);
        }
        if lacking.len() == books.len() {
            let word = Word { value: name.to_owned(), span: at };
            let finding = unknown("unknown-text", "text", &word, texts.names());
            let first = lacking[0];
            let help = match crate::words::nearest(name, texts.names()) {
                Some(_) => None,
                None => Some(format!("add `{name}: ...` to texts/{first}.yaml")),
            };
            return self.note(finding.maybe_help(help));
        }
        for language in lacking {
            if self.missing.insert((language.to_owned(), name.to_owned())) {
                let message = format!("the text `{name}` is missing in {language}");
                let finding = Finding::error("missing-translation", at, message, "used here");
                self.note(finding.help(format!("add `{name}: ...` to texts/{language}.yaml")));
            }
        }
    }

    /// A text that is there: it can be filled in with what a call knows.
    fn told(&mut self, name: &str) {
        for language in self.languages.clone() {
            if self.told.insert((language.to_owned(), name.to_owned())) {
                let finding = self.context.texts.judge(language, name, &self.samples(language));
                self.findings.extend(finding);
            }
        }
    }

    /// What a call could know here. What is shown in a queue is for callers of every flow, who have only the facts
    /// in common.
    fn samples(&self, language: &str) -> Vec<Scope> {
        match self.flow {
            Some(flow) => flow.samples(language, &self.context.texts.variables()),
            None => vec![FACTS.iter().map(|(name, _)| ((*name).to_owned(), Value::from(""))).collect()],
        }
    }

    /// A text that labels a row of a slide: it is legible there in every language.
    pub(crate) fn row_label(&mut self, name: &str) {
        let texts = self.context.texts;
        for language in self.languages.clone() {
            let samples = self.samples(language).into_iter();
            let widest =
                samples.map(|scope| columns(&Telling::new(texts, language, scope).shown(name))).max();
            if let Some(span) = texts.span(language, name)
                && widest.is_some_and(|widest| widest > limits::LABEL_COLUMNS_LEGIBLE)
            {
                let finding =
                    Finding::error("long-label", span, format!("`{name}` is too wide for a row"), "wide");
                let help = "at most six Chinese characters or twelve letters; `{ shown: ..., spoken: ... }` \
                            says more than it shows";
                self.findings.push(finding.into_warning().help(help));
            }
        }
    }

    /// A heading or line without a slide to stand on.
    pub(crate) fn text_without_slide(&mut self, text: &Word) {
        let finding =
            Finding::error("missing-field", text.span, "there is no slide for this text", "never shown");
        self.note(finding.help("add `slide: ...`"));
    }

    /// A word that names a slide template.
    pub(crate) fn slide(&mut self, name: &Word) {
        let slides = &self.context.assets.slides;
        if !slides.contains(&name.value) {
            self.note(unknown("unknown-slide", "slide", name, slides.iter().map(String::as_str)));
        }
    }

    /// A word that names a clip.
    pub(crate) fn clip(&mut self, name: &Word) {
        let clips = &self.context.assets.clips;
        if !clips.contains(&name.value) {
            self.note(unknown("unknown-clip", "clip", name, clips.iter().map(String::as_str)));
        }
    }

    /// A word that names a queue.
    pub(crate) fn queue(&mut self, name: &Word) {
        let queues = &self.context.queues.queues;
        if self.context.queues_whole && !queues.contains_key(&name.value) {
            let finding = unknown("unknown-queue", "queue", name, queues.keys().map(String::as_str));
            self.note(finding.maybe_help(queues.is_empty().then(|| "define it in queues.yaml".to_owned())));
        }
    }

    /// A variable that is set: the words it can have, if they are listed. `None` when there is none of
    /// this name, which is noted.
    pub(crate) fn variable(&mut self, name: &Word) -> Option<Option<Vec<String>>> {
        let flow = self.flow?;
        if let Some(variable) = flow.variables.get(&name.value) {
            return Some(variable.one_of.clone());
        }
        if FACTS.iter().any(|(fact, _)| *fact == name.value) {
            let message = format!("`{}` cannot be set: it is known of the call", name.value);
            self.note(Finding::error("unknown-variable", name.span, message, "not a variable"));
            return None;
        }
        let finding =
            unknown("unknown-variable", "variable", name, flow.variables.keys().map(String::as_str));
        self.note(
            finding.maybe_help(flow.variables.is_empty().then(|| "declare it under `vars:`".to_owned())),
        );
        None
    }

    /// A value for a variable that can only have `words`.
    pub(crate) fn one_of(&mut self, variable: &str, words: &[String], word: &Word) {
        if !words.contains(&word.value) {
            let message = format!("`{variable}` cannot be `{}`", word.value);
            let finding = Finding::error("unknown-value", word.span, message, "not in its `one_of`");
            self.note(finding.maybe_help(suggest(&word.value, words.iter().map(String::as_str))));
        }
    }

    /// An expression: its names exist, and it works with the values a call begins with.
    pub(crate) fn expression(&mut self, expression: &Expression) {
        let Some(flow) = self.flow else { return };
        let names = || FACTS.iter().map(|(name, _)| *name).chain(flow.variables.keys().map(String::as_str));
        let unknown: Vec<String> =
            expression.variables().into_iter().filter(|name| !names().any(|known| known == name)).collect();
        for name in &unknown {
            let message = format!("there is no variable `{name}`");
            let finding =
                Finding::error("unknown-variable", expression.source.span, message, format!("`{name}`"));
            self.note(finding.maybe_help(suggest(name, names())));
        }
        let language = flow.languages.first().map(|word| word.value.as_str()).unwrap_or_default();
        if unknown.is_empty()
            && let Some(scope) = flow.samples(language, &BTreeSet::new()).first()
            && let Err(error) = expression.evaluate(scope)
        {
            let message = format!("this fails when it is evaluated: {}", detail(&error));
            self.note(Finding::error("expression", expression.source.span, message, "here"));
        }
    }
}
