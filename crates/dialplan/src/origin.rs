//! Where in its files a service asks for something, for whoever finds that it cannot be made.

use crate::text::Telling;
use crate::{Position, Presentations, Service, Slide, Utterance};

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

    fn node_with(&self, wanted: impl Fn(&Presentations) -> bool) -> Option<Position> {
        let used = self.texts.variables();
        self.flows.iter().find_map(|flow| {
            flow.body.nodes.values().find_map(|node| {
                let asks = flow.languages().any(|language| {
                    let mut all = Presentations::default();
                    for scope in flow.body.samples(language, &used, &self.connectors) {
                        let telling = Telling::new(&self.texts, language, scope);
                        node.step.presentations(&telling, &self.queues, &mut all);
                    }
                    wanted(&all)
                });
                asks.then(|| self.position(node.name.span))
            })
        })
    }
}
