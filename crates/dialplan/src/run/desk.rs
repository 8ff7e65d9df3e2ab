//! What a caller is shown by an agent, in the caller's language and with what the call knows.

use crate::queues::desk::Desk;
use crate::text::Telling;
use crate::{Presentation, Run, Slide};

/// The template of [`Run::caption`].
pub const CAPTION_SLIDE: &str = "caption.svg";

impl Run {
    /// With what the agent called `agent` comes on and hides, as `plate` of queues.yaml has it.
    pub fn plate(&self, agent: &str) -> Option<Presentation> {
        let agent = self.service.queues.agents.get(agent)?;
        self.of_desk(|desk, telling, has_video| desk.plate(telling, &agent.number, has_video))?
    }

    /// What hides whoever talks to the caller, without a word: the plate, with the name of one who is no agent.
    pub fn curtain(&self, who: &str) -> Option<Presentation> {
        let number = self.service.queues.agents.get(who).map_or(who, |agent| &agent.number);
        let plate = self.of_desk(|desk, telling, has_video| desk.plate(telling, number, has_video))??;
        Some(Presentation { speech: Vec::new(), looped: true, ..plate })
    }

    /// A text of the agent's as a slide to be drawn over pictures; a service may have its own [`CAPTION_SLIDE`].
    pub fn caption(&self, text: &str) -> Option<Slide> {
        let flow = self.service.flow(self.flow)?;
        let language = flow.languages().find(|language| *language == self.memory.language)?.to_owned();
        let (template, lines) = (CAPTION_SLIDE.to_owned(), vec![text.to_owned()]);
        Some(Slide { template, language, lines, ..Slide::default() })
    }

    /// What agents can show, by the names of `shelf` of queues.yaml.
    pub fn shelf(&self) -> impl Iterator<Item = &str> {
        self.service.queues.desk.shelf.keys().map(String::as_str)
    }

    /// One thing of it.
    pub fn from_shelf(&self, name: &str) -> Option<Presentation> {
        let scene = self.service.queues.desk.shelf.get(name)?;
        self.of_desk(|_, telling, has_video| scene.present(telling, has_video))
    }

    /// What is seen and heard while waiting in any queue, as queues.yaml has it.
    pub fn hold(&self, queue: &str) -> Option<Presentation> {
        let hold = self.service.queues.hold(queue)?;
        let hold = self.of_desk(|_, telling, has_video| hold.present(telling, has_video))?;
        Some(Presentation { looped: true, ..hold })
    }

    fn of_desk<T>(&self, tell: impl FnOnce(&Desk, &Telling<'_>, bool) -> T) -> Option<T> {
        let flow = self.service.flow(self.flow)?;
        let language = flow.languages().find(|language| *language == self.memory.language)?;
        let telling = Telling::new(&self.service.texts, language, self.memory.scope());
        Some(tell(&self.service.queues.desk, &telling, self.memory.facts.has_video))
    }
}
