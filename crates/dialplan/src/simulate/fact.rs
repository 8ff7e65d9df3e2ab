//! What can be noticed of a call, as the words of a transcript.

use std::fmt;

use super::walk::{Moment, What};
use crate::{Presentation, Row, Slide};

/// The kinds of facts; each is a word of transcripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactKind {
    /// `node main`: a node was entered; `node ask_pin/main` in a flow that the called one runs.
    Node,
    /// `language en`: the language changed.
    Language,
    /// `var pack 10GB`: a variable has another value.
    Variable,
    /// `queue video`: a queue was entered.
    Queue,
    /// `transfer sip:...`: the caller is put through to a telephone.
    Transfer,
    /// `rings`: the caller's phone rings, and is not going to be answered.
    Rings,
    /// `declines busy`: the caller is turned away.
    Declines,
    /// `writes 138...: text`: a message is sent.
    Writes,
    /// `orders crm.order pack=10GB done`: something was ordered, and what came of it.
    Orders,
    /// `callback 13800138000`: the caller wants to be called back.
    CallBack,
    /// `slide menu.svg`: a slide is shown.
    Slide,
    /// `title ...`: its heading.
    Title,
    /// `line ...`: a line of it.
    Line,
    /// `row 1 ...`: a key and its label in its rows.
    Row,
    /// `foot 0 ...`: a key and its label in its footer.
    Foot,
    /// `value highlight ...`: a named value of it.
    Value,
    /// `says ...`: a text is said.
    Says,
    /// `plays hold.mp4`: a clip or music is played.
    Plays,
    /// `winds forward 10s`: a clip was wound.
    Winds,
    /// `asks crm.bill caller=138`: a connector was asked.
    Asks,
    /// `doubt ...`: a text could not be told as it was meant.
    Doubt,
    /// `ends`: the call is over.
    Ends,
}

impl FactKind {
    /// Every kind with its word, and what it is, for operators.
    pub const ALL: [(FactKind, &'static str, &'static str); 22] = [
        (FactKind::Node, "node", "the node that is entered"),
        (FactKind::Language, "language", "the language, where it changes"),
        (FactKind::Variable, "var", "name and value of a variable, where it changes"),
        (FactKind::Queue, "queue", "the queue that is entered"),
        (FactKind::Transfer, "transfer", "the address that the caller is put through to"),
        (FactKind::Rings, "rings", "the caller's phone rings, and is not going to be answered"),
        (FactKind::Declines, "declines", "the caller is turned away, and why, as the network is told"),
        (FactKind::Writes, "writes", "number and text of a message that is sent"),
        (FactKind::Orders, "orders", "what was ordered, what was confirmed, and what came of it"),
        (FactKind::CallBack, "callback", "the number at which the caller wants to be called back"),
        (FactKind::Slide, "slide", "the template that is shown"),
        (FactKind::Title, "title", "its heading"),
        (FactKind::Line, "line", "a line of its running text"),
        (FactKind::Row, "row", "key and label of a row"),
        (FactKind::Foot, "foot", "key and label at its foot"),
        (FactKind::Value, "value", "name and text of another value of the slide"),
        (FactKind::Says, "says", "a text that is said"),
        (FactKind::Plays, "plays", "a clip, or the music of a queue"),
        (FactKind::Winds, "winds", "which way a clip is wound by a key"),
        (FactKind::Asks, "asks", "a call of a connector, and what it is given"),
        (FactKind::Doubt, "doubt", "what is wrong with a text that could not be told as it was meant"),
        (FactKind::Ends, "ends", "the call is over"),
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, word, _)| word)
    }

    /// The kind of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map(|(kind, ..)| *kind)
    }
}

/// One fact; displays as a transcript has it, such as `row 1 Balance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What kind of.
    pub kind: FactKind,
    /// What stands behind its word, on one line.
    pub text: String,
}

impl Fact {
    /// A fact; stretches of space and line ends count as one space.
    #[must_use]
    pub fn new(kind: FactKind, text: &str) -> Self {
        Self { kind, text: text.split_whitespace().collect::<Vec<_>>().join(" ") }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text.is_empty() {
            true => f.write_str(self.kind.word()),
            false => write!(f, "{} {}", self.kind.word(), self.text),
        }
    }
}

/// Everything that is told by moments, in their order.
#[must_use]
pub fn facts(moments: &[Moment]) -> Vec<Fact> {
    moments.iter().flat_map(|moment| of(&moment.what)).collect()
}

fn of(what: &What) -> Vec<Fact> {
    let one = |kind, text: &str| vec![Fact::new(kind, text)];
    match what {
        What::Entered { part: None, node, .. } => one(FactKind::Node, node),
        What::Entered { part: Some(part), node, .. } => one(FactKind::Node, &format!("{part}/{node}")),
        What::Language(language) => one(FactKind::Language, language),
        What::Variable { name, value } => one(FactKind::Variable, &format!("{name} {value}")),
        What::Shown(presentation) => of_presentation(presentation),
        What::Queued { queue, waiting, .. } => {
            let mut facts = one(FactKind::Queue, queue);
            facts.extend(of_presentation(waiting));
            facts
        }
        What::Transferred { to, waiting } => {
            let mut facts = one(FactKind::Transfer, to);
            facts.extend(of_presentation(waiting));
            facts
        }
        What::Written { to, text } => one(FactKind::Writes, &format!("{to} {text}")),
        What::Ordered(ordered) => {
            let confirmed = ordered.confirmed.iter().map(|(name, value)| format!("{name}={value} "));
            let confirmed: String = confirmed.collect();
            one(FactKind::Orders, &format!("{} {confirmed}{}", ordered.call, ordered.outcome))
        }
        What::Rings => one(FactKind::Rings, ""),
        What::Declined(why) => one(FactKind::Declines, why.word()),
        What::Wound(wind) => one(FactKind::Winds, &wind.to_string()),
        What::CallBack { number, .. } => one(FactKind::CallBack, number),
        What::Asked(question) => one(FactKind::Asks, &question.told()),
        What::Doubt { message, .. } => one(FactKind::Doubt, message),
        What::Ended => one(FactKind::Ends, ""),
    }
}

fn of_presentation(presentation: &Presentation) -> Vec<Fact> {
    let mut facts = presentation.slide.as_ref().map(of_slide).unwrap_or_default();
    facts.extend(presentation.speech.iter().map(|said| Fact::new(FactKind::Says, &said.text)));
    facts.extend(presentation.clip.iter().map(|clip| Fact::new(FactKind::Plays, clip)));
    facts
}

fn of_slide(slide: &Slide) -> Vec<Fact> {
    let mut facts = vec![Fact::new(FactKind::Slide, &slide.template)];
    facts.extend((!slide.title.is_empty()).then(|| Fact::new(FactKind::Title, &slide.title)));
    facts.extend(slide.lines.iter().map(|line| Fact::new(FactKind::Line, line)));
    let row = |kind, row: &Row| Fact::new(kind, &format!("{} {}", row.key, row.label));
    facts.extend(slide.rows.iter().map(|item| row(FactKind::Row, item)));
    let value = |(name, text): (&String, &String)| Fact::new(FactKind::Value, &format!("{name} {text}"));
    facts.extend(slide.values.iter().map(value));
    facts.extend(slide.footer.iter().map(|item| row(FactKind::Foot, item)));
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for (kind, word, _) in FactKind::ALL {
            assert_eq!((kind.word(), FactKind::of(word)), (word, Some(kind)));
        }
    }

    #[test]
    fn a_fact_is_one_line() {
        assert_eq!(Fact::new(FactKind::Says, " one\n two ").to_string(), "says one two");
        assert_eq!(Fact::new(FactKind::Ends, "").to_string(), "ends");
    }
}
