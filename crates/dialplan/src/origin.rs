//! Where in its files a service asks for what is made ahead.

use std::collections::BTreeSet;

use crate::flow::{Body, Node};
use crate::source::Position;
use crate::text::Telling;
use crate::{Flow, Presentations, Service, Slide, Utterance};

impl Service {
    /// The node that shows a slide, if one does with the values that are known beforehand.
    pub fn shown_at(&self, slide: &Slide) -> Option<Position> {
        self.node_with(|all| all.slides.contains(slide))
    }

    /// The text that is said, else the node that says it.
    pub fn said_at(&self, utterance: &Utterance) -> Option<Position> {
        let named = utterance.name.as_deref().and_then(|name| {
            // `press_1_balance` is the sentence of an item, and what is said in it the text `balance`.
            let item =
                name.strip_prefix("press_").and_then(|rest| rest.split_once('_')).map(|(_, text)| text);
            let names = [Some(name), item];
            names.into_iter().flatten().find_map(|name| self.texts.span(&utterance.language, name))
        });
        let named = named.map(|span| self.position(span));
        named.or_else(|| self.node_with(|all| all.speech.contains(utterance)))
    }

    /// The node that plays a clip.
    pub fn played_at(&self, clip: &str) -> Option<Position> {
        self.node_with(|all| all.clips.contains(clip))
    }

    /// The first node whose presentations in any language are `wanted`.
    fn node_with(&self, wanted: impl Fn(&Presentations) -> bool) -> Option<Position> {
        let used = self.texts.variables();
        let asks = |flow: &Flow| {
            let mut nodes = flow.languages().flat_map(|language| self.asks_of(&flow.body, language, &used));
            nodes.find(|asks| wanted(&asks.all)).map(|asks| self.position(asks.node.name.span))
        };
        self.flows.iter().find_map(asks)
    }

    /// What each node of a flow can ask for in one language. The texts of the service use the variables `used`.
    pub(crate) fn asks_of<'a>(
        &'a self,
        flow: &'a Body,
        language: &'a str,
        used: &BTreeSet<String>,
    ) -> impl Iterator<Item = Asks<'a>> {
        let scopes = flow.samples(language, used, &self.connectors);
        flow.nodes.values().map(move |node| {
            let mut all = Presentations::default();
            for scope in &scopes {
                let telling = Telling::new(&self.texts, language, scope.clone());
                node.step.presentations(&telling, &self.queues, &mut all);
            }
            Asks { node, all }
        })
    }
}

/// What a node asks for with the values that are known beforehand.
pub(crate) struct Asks<'a> {
    pub(crate) node: &'a Node,
    pub(crate) all: Presentations,
}
