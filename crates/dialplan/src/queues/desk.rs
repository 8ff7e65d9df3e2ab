//! What callers see of a desk beside its camera: `plate`, with which an agent comes on and hides, and `shelf`, what agents
//! can show.

use std::collections::BTreeMap;

use minijinja::value::Value;

use crate::Presentation;
use crate::expression::Scope;
use crate::limits;
use crate::presentation::Presentations;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::scene::Scene;
use crate::service::Agent;
use crate::text::Telling;

/// The name under which texts of the plate know the agent.
pub(crate) const AGENT: &str = "agent";

pub(crate) const PLATE_FIELDS: [&str; 5] = ["slide", "title", "lines", "values", "say"];
pub(crate) const SHELF_FIELDS: [&str; 5] = ["slide", "title", "lines", "values", "clip"];

/// Both, as queues.yaml has them.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) plate: Option<Scene>,
    pub(crate) shelf: BTreeMap<String, Scene>,
}

/// Reads them from the fields of queues.yaml.
pub(super) fn read(reader: &mut Reader, fields: &Fields<'_>) -> Desk {
    let plate = fields.entry("plate").and_then(|(key, tree)| {
        let fields = reader.fields("`plate`", key.span, tree, &PLATE_FIELDS)?;
        // It hides the camera, too.
        fields.need(reader, "slide")?;
        Some(Scene::read(reader, &fields))
    });
    let mut shelf = BTreeMap::new();
    let entries = fields
        .entry("shelf")
        .and_then(|(key, tree)| Some((key.span, reader.entries("`shelf`", key.span, tree)?)));
    let (at, entries) = entries.map_or((fields.span(), Vec::new()), |(at, entries)| (at, entries));
    if entries.len() > limits::SHELF_MAX {
        let message = format!("a shelf has at most {} things", limits::SHELF_MAX);
        reader.note(Finding::error("too-many", at, message, "more than a person finds"));
    }
    for (name, tree) in entries.into_iter().take(limits::SHELF_MAX) {
        reader.check_name("a thing on the shelf", name);
        let what = format!("`{}` on the shelf", name.value);
        let Some(fields) = reader.fields(what, name.span, tree, &SHELF_FIELDS) else { continue };
        let scene = Scene::read(reader, &fields);
        if scene.slide.is_some() == scene.clip.is_some() {
            let message = format!("`{}` is a slide or a clip", name.value);
            let finding = Finding::error("invalid-value", name.span, message, "one of the two");
            reader.note(finding.help("`{ slide: page.svg, title: ... }` or `{ clip: ... }`"));
            continue;
        }
        shelf.insert(name.value.clone(), scene);
    }
    Desk { plate, shelf }
}

impl Desk {
    /// With what the agent of this number comes on. The texts know it by `agent`.
    pub(crate) fn plate(&self, telling: &Telling<'_>, number: &str, has_video: bool) -> Option<Presentation> {
        let mut scope = telling.scope().clone();
        scope.insert(AGENT.to_owned(), Value::from(number));
        Some(self.plate.as_ref()?.present(&telling.with(scope), has_video))
    }

    /// Everything of either for the callers of one language.
    pub(crate) fn presentations<'a>(
        &self,
        telling: &Telling<'_>,
        agents: impl Iterator<Item = &'a Agent>,
        all: &mut Presentations,
    ) {
        agents.filter_map(|agent| self.plate(telling, &agent.number, true)).for_each(|plate| all.add(plate));
        self.shelf.values().for_each(|scene| all.add(scene.present(telling, true)));
    }

    /// What is known when a plate is drawn: what every flow has, and the agent.
    pub(crate) fn knows(&self, scope: &mut Scope) {
        scope.insert(AGENT.to_owned(), Value::from("0042"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::testing::{seeing, some_time};
    use crate::{Assets, Event, Run, Service, SourceFile};

    const FLOW: &str = "flow: f
numbers: [\"1\"]
start: wait
languages: [en]
nodes: { wait: { queue: { name: video, exits: { served: $hangup, timeout: $hangup, full: $hangup, closed: $hangup, no_agents: $hangup, failed: $hangup } } } }
";
    const QUEUES: &str = "agents: { anna: { browser: true, number: \"0042\" }, bo: { browser: true } }
queues: { video: { agents: [anna, bo] } }
plate: { slide: title.svg, title: engineer, say: engineer }
shelf: { help: { slide: page.svg, title: help }, film: { clip: welcome.mp4 } }
";
    const TEXTS: &str = "engineer: \"Engineer {{ agent }}\"\nhelp: Help\n";

    #[test]
    fn an_agent_comes_on_by_number_and_shows_what_is_on_the_shelf() {
        let files = [("f.yaml", FLOW), ("queues.yaml", QUEUES), ("texts/en.yaml", TEXTS)];
        let files = files.map(|(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() });
        let assets = Assets {
            slides: ["title.svg", "page.svg"].map(str::to_owned).into(),
            clips: ["welcome.mp4".to_owned()].into(),
            ..Assets::default()
        };
        let service = Arc::new(Service::compile(&files, &assets).expect("sound"));
        let mut run = Run::new(service.clone(), service.flows()[0].id(), seeing(), 1);
        run.handle_input(some_time(), Event::Start);
        let title = |agent: &str| run.plate(agent).and_then(|plate| plate.slide).map(|slide| slide.title);
        assert_eq!(title("anna").as_deref(), Some("Engineer 0042"));
        assert_eq!(title("bo").as_deref(), Some("Engineer bo"), "the name, where no number is given");
        assert_eq!(title("nobody"), None);
        assert_eq!(run.shelf().collect::<Vec<_>>(), ["film", "help"]);
        assert_eq!(run.from_shelf("film").and_then(|film| film.clip).as_deref(), Some("welcome.mp4"));
        let help = run.from_shelf("help").and_then(|help| help.slide).expect("a slide");
        assert!(service.presentations().slides.contains(&help), "it is made ahead");
        let plate = run.plate("anna").expect("a plate");
        assert!(plate.slide.iter().all(|slide| service.presentations().slides.contains(slide)));
        assert!(plate.speech.iter().all(|said| service.presentations().speech.contains(said)));
    }
}
