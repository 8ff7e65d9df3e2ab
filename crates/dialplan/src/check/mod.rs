//! The checker: everything a flow names exists, in every language, and its graph holds together.
//!
//! Reading has noted what is wrong with single values; here things are judged against each other.
//! Start at [`flow`]; what a step must know is asked of the [`Checker`].

pub(crate) mod changes;
mod flash;
mod goals;
mod graph;
mod names;
mod outage;
pub(crate) mod parts;
pub(crate) mod requires;
mod speech;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Value;

use crate::Assets;
use crate::ask::{Ask, Connectors};
use crate::expression::{Expression, FACTS, Scope};
use crate::flow::{Body, FirstLanguage};
use crate::limits;
use crate::problem::Finding;
use crate::queues::desk::AGENT;
use crate::read::unknown;
use crate::reading::{Filter, Sense};
use crate::service::Queues;
use crate::source::{Sources, Span, Word};
use crate::target::{BUILTINS, Builtin, Target, target};
use crate::text::{Telling, Texts, columns};
use crate::types::Type;
use crate::typing::{self, Mistake, Names};
use crate::words::suggest;
pub(crate) use flash::FLASH;
use parts::Parts;

/// What flows are checked against.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) texts: &'a Texts,
    pub(crate) queues: &'a Queues,
    /// False when queues.yaml could not be read: then no queue is unknown.
    pub(crate) queues_whole: bool,
    pub(crate) assets: &'a Assets,
    pub(crate) connectors: &'a Connectors,
    /// False when a connector's file could not be read: then none is unknown.
    pub(crate) connectors_whole: bool,
    /// All flows of the service.
    pub(crate) flows: &'a [Body],
    /// False when the file of one could not be read: then none is unknown.
    pub(crate) flows_whole: bool,
    pub(crate) parts: &'a Parts<'a>,
    pub(crate) sources: &'a Sources,
}

/// What a step asks while it is checked.
pub(crate) struct Checker<'a> {
    context: Context<'a>,
    flow: Option<&'a Body>,
    /// What can be used in the place that is checked now.
    names: Names,
    languages: Vec<&'a str>,
    findings: Vec<Finding>,
    /// (language, text) pairs already noted as missing: one note is enough.
    missing: BTreeSet<(String, String)>,
    /// (language, text) pairs already filled in.
    told: BTreeSet<(String, String)>,
    samples: BTreeMap<String, Vec<Scope>>,
}

/// Checks one flow.
pub(crate) fn flow(context: Context<'_>, flow: &Body) -> Vec<Finding> {
    // One without texts is noted, and nothing else is looked for in it.
    let languages = flow.languages.iter().map(|language| language.value.as_str());
    let languages = languages.filter(|language| context.texts.book(language).is_some()).collect();
    let mut checker = Checker::new(context, Some(flow), languages);
    checker.head(flow);
    let edges = graph::edges(flow, context.parts);
    let everywhere = checker.names.clone();
    let mut names = names::by_node(flow, context.connectors, &edges, &everywhere);
    for (name, node) in &flow.nodes {
        checker.names = names.remove(name.as_str()).unwrap_or_default();
        for ask in node.asks() {
            ask.check(&mut checker);
            checker.not_an_order(ask);
        }
        if let Some(order) = node.step.orders() {
            checker.an_order(order);
        }
        for ask in node.asks() {
            if let Some(known) = checker.names.get_mut(&ask.into.value) {
                known.lacking = None;
            }
        }
        node.step.check(&mut checker);
        for way in node.step.ways() {
            checker.target(way.to);
        }
        for to in node.step.exits().targets() {
            checker.target(to);
        }
    }
    graph::check(&mut checker, flow, &edges);
    goals::check(&mut checker, flow, &edges);
    flash::check(&mut checker, flow, &edges);
    requires::check(&mut checker, flow, &edges);
    outage::check(&mut checker, flow, &edges);
    checker.returned(flow);
    checker.findings
}

/// Checks how much is said before the first key; of a flow that is sound.
pub(crate) fn speech(context: Context<'_>, flow: &Body) -> Option<Finding> {
    let edges = graph::edges(flow, context.parts);
    let used = context.texts.variables();
    let sample = |language: &str| flow.samples(language, &used, context.connectors).into_iter().next();
    speech::check(flow, &edges, context.texts, sample)
}

/// Checks what the queues themselves show and play, in `languages`.
pub(crate) fn holds(context: Context<'_>, languages: &BTreeSet<&str>) -> Vec<Finding> {
    let languages = languages.iter().copied().collect();
    let mut checker = Checker::new(context, None, languages);
    for hold in context.queues.holds.values() {
        hold.check(&mut checker);
    }
    for scene in context.queues.desk.shelf.values() {
        scene.check(&mut checker);
    }
    if let Some(plate) = &context.queues.desk.plate {
        checker.knows_agent();
        plate.check(&mut checker);
    }
    checker.findings
}

impl<'a> Checker<'a> {
    fn new(context: Context<'a>, flow: Option<&'a Body>, languages: Vec<&'a str>) -> Self {
        let names = names::everywhere(flow, context.connectors);
        let (missing, told) = (BTreeSet::new(), BTreeSet::new());
        let samples = BTreeMap::new();
        Checker { context, flow, names, languages, findings: Vec::new(), missing, told, samples }
    }

    /// What is checked from now on is told by an agent.
    fn knows_agent(&mut self) {
        let known = typing::Known { ty: Type::Text, lacking: None, unset: false };
        self.names.insert(AGENT.to_owned(), known);
        for language in self.languages.clone() {
            self.samples(language);
        }
        let desk = &self.context.queues.desk;
        self.samples.values_mut().flatten().for_each(|scope| desk.knows(scope));
    }

    /// The connectors of the service.
    pub(crate) fn connectors(&self) -> &'a Connectors {
        self.context.connectors
    }

    /// Whether all of them could be read.
    pub(crate) fn knows_connectors(&self) -> bool {
        self.context.connectors_whole
    }

    /// Notes what is wrong in an expression or text, at the words it is about.
    fn mistakes(&mut self, source: &Word, mistakes: Vec<Mistake>) {
        for mistake in mistakes {
            let at = self.context.sources.part(source, mistake.at);
            let finding = Finding::error(mistake.code, at, mistake.message, mistake.label);
            self.note(finding.maybe_help(mistake.help));
        }
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
            self.value(expression, &Type::Text, "`language`");
        }
        for ask in &flow.at_start {
            ask.check(self);
            self.not_an_order(ask);
            if flow.variables.contains_key(&ask.into.value) {
                let message = format!("`{}` is a variable already", ask.into.value);
                let finding = Finding::error("invalid-name", ask.into.span, message, "taken");
                self.note(finding.help("choose another name"));
            }
        }
        if let Some(sms) = &flow.sms {
            self.sms(sms);
        }
        for farewell in &flow.on_hangup {
            farewell.when.iter().for_each(|when| self.condition(when));
            farewell.ask.check(self);
            self.not_an_order(&farewell.ask);
        }
        if let Some(wait) = &flow.defaults.wait {
            wait.check(self);
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

    /// What only an `order` may ask, since it has the caller confirm it.
    fn not_an_order(&mut self, ask: &Ask) {
        if ask.call(self.context.connectors).is_some_and(|call| call.order) {
            let message = format!("`{}` orders something, which the caller has to confirm", ask.what.value);
            let finding = Finding::error("order-bypassed", ask.what.span, message, "without confirmation");
            self.note(finding.help("ask it by the step `order`"));
        }
    }

    /// What an `order` asks can be had by no other way.
    fn an_order(&mut self, ask: &Ask) {
        if let Some(call) = ask.call(self.context.connectors).filter(|call| !call.order) {
            let message =
                format!("`{}` is not marked as an order, so that other steps may ask it", ask.what.value);
            let finding = Finding::error("unmarked-order", ask.what.span, message, "not marked");
            self.note(
                finding.into_warning().also(call.span(), "here").help("add `order: true` to that call"),
            );
        }
    }

    /// The call that sends an SMS takes a number and a text, and nothing else that it cannot do without.
    fn sms(&mut self, sms: &Ask) {
        let count = self.findings.len();
        sms.check(self);
        if self.findings.len() > count {
            return;
        }
        let Some(call) = sms.call(self.context.connectors) else { return };
        let fits = |name: &str| call.takes().get(name).is_some_and(|ty| *ty == Type::Text);
        if !fits("to") || !fits("text") {
            let message = format!("`{}` does not take `to: text` and `text: text`", sms.what.value);
            let finding = Finding::error("wrong-type", sms.what.span, message, "no way to send an SMS");
            self.note(finding.also(call.span(), "this call"));
        }
    }

    /// Each outcome that a flow declares comes about.
    fn returned(&mut self, flow: &Body) {
        if !flow.broken.is_empty() || !flow.shaky.is_empty() {
            return;
        }
        let ways = |node| graph::ways_out(flow, node, self.context.parts);
        let returned: BTreeSet<&str> = flow
            .nodes
            .values()
            .flat_map(ways)
            .filter_map(|out| match target(&out.word.value)? {
                Target::Return(outcome) => Some(outcome),
                Target::Node(_) | Target::Builtin(_) => None,
            })
            .collect();
        // One that is misspelt may be any of them.
        if returned.iter().any(|outcome| !flow.outcomes.iter().any(|known| known.value == *outcome)) {
            return;
        }
        for outcome in flow.outcomes.iter().filter(|outcome| !returned.contains(outcome.value.as_str())) {
            let message = format!("nothing in this flow leads to `$return {}`", outcome.value);
            let finding = Finding::error("unused-outcome", outcome.span, message, "never happens");
            self.note(finding.into_warning().help("lead to it, or remove it here"));
        }
    }

    /// `$return ok`.
    fn return_target(&mut self, flow: &Body, to: &Word, outcome: &str) {
        let known = flow.outcomes.iter().map(|known| known.value.as_str());
        let finding = if flow.outcomes.is_empty() {
            let message = "no other flow runs this one, so that it cannot return to any";
            Finding::error("unknown-outcome", to.span, message, "returns to nobody")
                .help("declare `outcomes: [...]` in this flow, or lead to `$hangup`")
        } else if outcome.is_empty() {
            let example = flow.outcomes.first().map(|first| format!("for example `$return {}`", first.value));
            Finding::error("unknown-outcome", to.span, "`$return` names no outcome", "which one?")
                .maybe_help(example)
        } else if !known.clone().any(|known| known == outcome) {
            let span = Span { start: to.span.end.saturating_sub(outcome.len()), ..to.span };
            let message = format!("this flow has no outcome `{outcome}`");
            Finding::error("unknown-outcome", span, message, "returns nothing")
                .maybe_help(suggest(outcome, known))
        } else {
            return;
        };
        self.note(finding);
    }

    /// A word that leads somewhere.
    fn target(&mut self, to: &Word) {
        let Some(flow) = self.flow else { return };
        match target(&to.value) {
            Some(Target::Node(name)) if flow.has_node(name) => {}
            // Without any node that is the mistake, and it is noted.
            Some(Target::Node(_)) if flow.node_names().next().is_none() => {}
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
            Some(Target::Return(outcome)) => self.return_target(flow, to, outcome),
            None => {
                let known: Vec<&str> = BUILTINS.iter().map(|(name, ..)| *name).chain(["$return"]).collect();
                self.note(unknown("unknown-node", "built-in target", to, known));
            }
        }
    }

    /// The languages of the flow.
    pub(crate) fn languages(&self) -> Vec<&'a str> {
        self.languages.clone()
    }

    /// Whether the flow says how an SMS is sent.
    pub(crate) fn has_sms(&self) -> bool {
        // A misspelt `sms` is noted as such.
        self.flow.is_some_and(|flow| flow.sms.is_some() || !flow.shaky.is_empty())
    }

    /// The names that a text uses in one language.
    pub(crate) fn names_in(&self, language: &str, text: &str) -> BTreeSet<String> {
        self.context.texts.names_in(language, text)
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
        let texts = self.context.texts;
        for language in self.languages.clone() {
            let count = self.findings.len();
            for source in texts.templates_of(language, name) {
                self.mistakes(source, typing::template(&source.value, &self.names));
            }
            if self.findings.len() == count && self.told.insert((language.to_owned(), name.to_owned())) {
                let finding = texts.judge(language, name, self.samples(language));
                self.findings.extend(finding);
            }
        }
    }

    /// What a call could know here. What is shown in a queue is for callers of every flow, who have only the facts
    /// in common.
    fn samples(&mut self, language: &str) -> &[Scope] {
        let Context { texts, connectors, .. } = self.context;
        let flow = self.flow;
        self.samples.entry(language.to_owned()).or_insert_with(|| match flow {
            Some(flow) => flow.samples(language, &texts.variables(), connectors),
            None => vec![FACTS.iter().map(|(name, _)| ((*name).to_owned(), Value::from(""))).collect()],
        })
    }

    /// A text that labels a row of a slide: it is legible there in every language.
    pub(crate) fn row_label(&mut self, name: &str) {
        let texts = self.context.texts;
        for language in self.languages.clone() {
            let samples = self.samples(language).iter();
            let shown = |scope: &Scope| Telling::new(texts, language, scope.clone()).shown(name);
            let widest = samples.map(|scope| columns(&shown(scope))).max();
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

    /// A word that names a flow which can be run; none when there is no such flow, which is noted.
    pub(crate) fn part(&mut self, name: &Word) -> Option<&'a Body> {
        let flows = self.context.flows;
        let Some(flow) = flows.iter().find(|flow| flow.name.value == name.value) else {
            if self.context.flows_whole {
                let parts = flows.iter().filter(|flow| !flow.outcomes.is_empty());
                let names: Vec<&str> = parts.map(|flow| flow.name.value.as_str()).collect();
                self.note(unknown("unknown-flow", "flow", name, names));
            }
            return None;
        };
        if flow.outcomes.is_empty() {
            let message = format!("the flow `{}` has no `outcomes`, so that it never returns", name.value);
            let finding = Finding::error("unknown-flow", name.span, message, "cannot be run");
            self.note(finding.also(flow.name.span, "this flow").help("add `outcomes: [...]` to that flow"));
            return None;
        }
        Some(flow)
    }

    /// Where a flow, or one that it runs, enters a queue.
    pub(crate) fn queue_in(&self, flow: &Body) -> Option<Span> {
        parts::queue_in(self.context.flows, flow)
    }

    /// A flow that is run speaks to the caller in the language they have.
    pub(crate) fn speaks(&mut self, name: &Word, part: &Body) {
        let spoken = |language: &&&str| !part.languages.iter().any(|own| own.value == ***language);
        let lacking: Vec<&str> = self.languages.iter().filter(spoken).copied().collect();
        if !lacking.is_empty() {
            let message = format!("the flow `{}` does not speak {}", name.value, lacking.join(", "));
            let finding = Finding::error("missing-language", name.span, message, "callers would not be told");
            self.note(finding.help(format!("add {} to its `languages:`", lacking.join(", "))));
        }
    }

    /// Whether an expression is sound as far as its names and types go.
    pub(crate) fn knows(&self, expression: &Expression) -> bool {
        typing::value(&expression.source.value, &self.names).1.is_empty()
    }

    /// A word that names one of the flow's languages.
    pub(crate) fn language(&mut self, name: &Word) {
        if !self.languages.contains(&name.value.as_str()) {
            self.note(unknown("unknown-language", "language", name, self.languages.clone()));
        }
    }

    /// A word that names opening hours.
    pub(crate) fn hours(&mut self, name: &Word) {
        let hours = &self.context.queues.hours;
        if self.context.queues_whole && !hours.contains_key(&name.value) {
            let finding = unknown("unknown-hours", "hours", name, hours.keys().map(String::as_str));
            let none = hours.is_empty().then(|| "define them under `hours:` of queues.yaml".to_owned());
            self.note(finding.maybe_help(none));
        }
    }

    /// A variable that is set: what it holds. `None` when there is none of this name, which is noted.
    pub(crate) fn variable(&mut self, name: &Word) -> Option<&'a Type> {
        let flow = self.flow?;
        if let Some(variable) = flow.variables.get(&name.value) {
            return Some(&variable.ty);
        }
        let known = if FACTS.iter().any(|(fact, _)| *fact == name.value) {
            Some("it is known of the call")
        } else {
            let asked = flow.asks().any(|ask| ask.into.value == name.value);
            asked.then_some("it is what a connector answers")
        };
        if let Some(known) = known {
            let message = format!("`{}` cannot be set: {known}", name.value);
            self.note(Finding::error("unknown-variable", name.span, message, "not a variable"));
            return None;
        }
        if flow.shaky.contains(&name.value) {
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

    /// A template that is no text, such as an address with values of the call in it.
    pub(crate) fn template(&mut self, template: &Word) {
        self.mistakes(template, typing::template(&template.value, &self.names));
    }

    /// An expression that holds or does not.
    pub(crate) fn condition(&mut self, expression: &Expression) {
        let source = &expression.source;
        self.mistakes(source, typing::condition(&source.value, &self.names));
    }

    /// An expression whose value a filter of texts reads out; `word` is what the filter has in parentheses.
    pub(crate) fn value_told(&mut self, expression: &Expression, filter: &Filter, word: &str) {
        let source = &expression.source;
        let mistakes = typing::told(&source.value, filter, &self.names);
        if !mistakes.is_empty() {
            return self.mistakes(source, mistakes);
        }
        let texts = self.context.texts;
        let Some(language) = self.languages.first().copied() else { return };
        let used = expression.names();
        // What a caller types is not known beforehand.
        let is_known = |scope: &&Scope| !used.iter().any(|name| scope.get(name).is_some_and(Value::is_none));
        let read = |scope: &Scope| {
            Telling::new(texts, language, scope.clone()).value(expression, filter, word, Sense::Ear)
        };
        let unreadable = self.samples(language).iter().filter(is_known).find_map(|scope| read(scope).err());
        if let Some(why) = unreadable {
            self.note(Finding::error("invalid-value", source.span, why, "cannot be said so"));
        }
    }

    /// An expression whose value is given to something that takes `ty`; `what` names it.
    pub(crate) fn value(&mut self, expression: &Expression, ty: &Type, what: &str) {
        let source = &expression.source;
        let (given, mistakes) = typing::value(&source.value, &self.names);
        let sound = mistakes.is_empty();
        self.mistakes(source, mistakes);
        if sound && !typing::fits(&given, ty) {
            let (code, message) = match given.is_secret() {
                true => ("secret-used", format!("{what} is no secret, and must not get one")),
                false => ("wrong-type", format!("{what} takes {ty}, and this is {given}")),
            };
            self.note(Finding::error(code, source.span, message, format!("this is {given}")));
        }
    }
}
