//! A notice: what every caller is shown and told first for a while, such as of an outage.
//!
//! It is no part of a service: an operator says it beside whatever is live, and calls that have begun are left alone.
//! It comes before the first node, once; a key ends it and acts in the first node if that is a menu which has it.
//! A flash has none, for nobody sees or hears one there. Start at [`Notice::new`].

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Flow, Presentation, Presentations, Service, Slide, Utterance, limits};

/// File name of its slide's template.
pub const NOTICE_SLIDE: &str = "notice.svg";

/// What callers are told first until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    text: String,
    texts: BTreeMap<String, String>,
    until: Duration,
}

/// Why a notice cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// A text has no words.
    #[error("a notice says something")]
    Empty,
    /// A text is too long to be listened to.
    #[error("a notice has at most {max} characters, and this one has {0}", max = limits::NOTICE_CHARS_MAX)]
    TooLong(usize),
    /// A language that no flow has.
    #[error("no flow of what is live speaks `{language}`; there is {known}")]
    Language {
        /// As it was written.
        language: String,
        /// The languages of all flows.
        known: String,
    },
}

impl Notice {
    /// `text` is in the first language of each flow, `texts` are by language (BCP 47). It is over at `until`, wall time
    /// since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`NoticeError::Empty`], or [`NoticeError::TooLong`] beyond [`limits::NOTICE_CHARS_MAX`].
    pub fn new(text: &str, texts: BTreeMap<String, String>, until: Duration) -> Result<Self, NoticeError> {
        for text in texts.values().map(String::as_str).chain([text]) {
            match text.chars().count() {
                _ if text.trim().is_empty() => return Err(NoticeError::Empty),
                count if count > limits::NOTICE_CHARS_MAX => return Err(NoticeError::TooLong(count)),
                _ => {}
            }
        }
        Ok(Self { text: text.to_owned(), texts, until })
    }

    /// The text for whoever has none of their own language.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The others, by language.
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// When it is over: wall time since 1970-01-01T00:00:00Z.
    pub fn until(&self) -> Duration {
        self.until
    }

    /// Whether each of its texts can be heard by a caller of a service.
    ///
    /// # Errors
    /// [`NoticeError::Language`], the first that no flow has.
    pub fn check(&self, service: &Service) -> Result<(), NoticeError> {
        let spoken = || service.flows().iter().flat_map(Flow::languages);
        if let Some(language) = self.texts.keys().find(|own| !spoken().any(|known| is_same(known, own))) {
            let mut known: Vec<&str> = spoken().collect();
            known.sort_unstable();
            known.dedup();
            return Err(NoticeError::Language { language: language.clone(), known: known.join(", ") });
        }
        Ok(())
    }

    /// Everything it can show and say to callers of a service, so that it can be made before the first of them.
    pub fn presentations(&self, service: &Service) -> Presentations {
        let mut all = Presentations::default();
        for flow in service.flows() {
            flow.languages().for_each(|language| all.add(self.present(flow, language, true)));
        }
        all
    }

    /// What a caller of `flow` is given, who speaks `language`.
    pub(crate) fn present(&self, flow: &Flow, language: &str, has_video: bool) -> Presentation {
        let first = flow.languages().next().unwrap_or_default();
        let own = |language: &str| {
            let found = self.texts.iter().find(|(own, _)| is_same(own, language));
            found.map(|(_, text)| text.as_str())
        };
        let (language, text) = match own(language) {
            Some(text) => (language, text),
            None => (first, own(first).unwrap_or(&self.text)),
        };
        let slide = Slide {
            template: NOTICE_SLIDE.to_owned(),
            language: language.to_owned(),
            lines: vec![text.to_owned()],
            ..Slide::default()
        };
        let said = Utterance { name: None, text: text.to_owned(), language: language.to_owned() };
        Presentation { slide: has_video.then_some(slide), speech: vec![said], clip: None, looped: false }
    }
}

/// Tags of languages do not differ by case (RFC 5646 §2.1.1).
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing::{check, seeing, service};
    use crate::{Event, Facts, Run};

    const MENU: &str = "  main: { menu: { items: { \"1\": { say: one, to: bye } } } }\n";
    const UNTIL: Duration = Duration::from_secs(1_000);

    fn notice(texts: &[(&str, &str)]) -> Notice {
        let texts = texts.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned()));
        Notice::new("no calls abroad", texts.collect(), UNTIL).expect("a sound one")
    }

    fn told(notice: Notice) -> Facts {
        Facts { notice: Some(Arc::new(notice)), ..seeing() }
    }

    #[test]
    fn it_comes_before_the_first_node() {
        let facts = told(notice(&[]));
        check(MENU, facts.clone(), "", "(notice.svg no calls abroad no calls abroad)");
        check(MENU, facts.clone(), ".", "(notice.svg no calls abroad no calls abroad) main (one=1)");
        check(MENU, facts.clone(), "~", "(notice.svg no calls abroad no calls abroad) main (one=1)");
        check(MENU, facts.clone(), "h", "(notice.svg no calls abroad no calls abroad) END");
        check(MENU, Facts { has_video: false, ..facts }, "", "(no calls abroad)");
    }

    #[test]
    fn a_key_ends_it_and_acts_in_the_menu_behind() {
        let facts = told(notice(&[]));
        check(MENU, facts.clone(), "1", "(notice.svg no calls abroad no calls abroad) main bye END");
        check(MENU, facts, "2", "(notice.svg no calls abroad no calls abroad) main (one=1)");
    }

    #[test]
    fn it_is_over_at_its_time() {
        let at = |wall| Facts { wall, ..told(notice(&[])) };
        let before = at(UNTIL.saturating_sub(Duration::from_secs(1)));
        check(MENU, before, ".", "(notice.svg no calls abroad no calls abroad) main (one=1)");
        check(MENU, at(UNTIL), "", "main (one=1)");
    }

    #[test]
    fn nobody_is_told_in_a_flash() {
        let flash = "  main: { flash: { ring: 5s, next: bye } }\n";
        check(flash, seeing(), "", "main RING");
        check(flash, told(notice(&[])), "", "main RING");
    }

    #[test]
    fn a_caller_hears_their_language_else_that_of_the_flow() {
        let service = service(MENU);
        let flow = &service.flows()[0];
        let languages: Vec<&str> = flow.languages().collect();
        assert_eq!(languages, ["en", "zh-CN"]);
        let said = |notice: &Notice, language| {
            let said = notice.present(flow, language, true);
            assert_eq!(said.slide.expect("one who sees").language, said.speech[0].language);
            (said.speech[0].language.clone(), said.speech[0].text.clone())
        };
        let pair = |language: &str, text: &str| (language.to_owned(), text.to_owned());
        let both = notice(&[("zh-cn", "国际漫游中断")]);
        assert_eq!(said(&both, "zh-CN"), pair("zh-CN", "国际漫游中断"));
        assert_eq!(said(&both, "en"), pair("en", "no calls abroad"));
        assert_eq!(said(&notice(&[]), "zh-CN"), pair("en", "no calls abroad"));
        assert_eq!(said(&notice(&[("en", "none abroad")]), "zh-CN"), pair("en", "none abroad"));
        assert_eq!(both.check(&service), Ok(()));
        let all = both.presentations(&service);
        assert_eq!((all.slides.len(), all.speech.len()), (2, 2));
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let new = |text: &str| Notice::new(text, BTreeMap::new(), UNTIL);
        assert_eq!(new(" "), Err(NoticeError::Empty));
        assert!(new(&"字".repeat(limits::NOTICE_CHARS_MAX)).is_ok());
        assert_eq!(new(&"字".repeat(201)), Err(NoticeError::TooLong(201)));
        let why = notice(&[("eng", "none")]).check(&service(MENU)).expect_err("nobody speaks it");
        assert_eq!(why.to_string(), "no flow of what is live speaks `eng`; there is en, zh-CN");
    }

    #[test]
    fn the_first_key_counts_from_the_notice_on() {
        let service = service(MENU);
        let mut run = Run::new(service.clone(), service.flows()[0].id(), told(notice(&[])), 1);
        let now = crate::testing::some_time();
        run.handle_input(now, Event::Start);
        assert_eq!((run.node(), run.journal().stays.len()), (None, 0), "it is no node");
        run.handle_input(now + Duration::from_secs(2), Event::Digit('1'));
        assert_eq!(run.journal().first_key, Some(Duration::from_secs(2)));
        assert_eq!(run.node(), Some("bye"));
    }
}
