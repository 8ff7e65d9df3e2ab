//! The offer/answer engine of one dialog (RFC 3264).
//!
//! A session keeps what stands and what was last offered; whatever fails leaves it as it was. m-lines never
//! move or vanish (§8), a payload type never changes its meaning within its line (§8.3.2), and `o=` counts
//! up with each change only (§8). At most one audio, one video and one text line are used; the other lines
//! are refused in place with port 0.
//!
//! One media codec is put into an answer, with the keys' format beside it, so that a peer never changes
//! codec within a talk. Deviations: an answer may leave refused lines at its end out, and may number a
//! format otherwise than the offer did, since phones do both.

mod agree;
mod answer;
mod numbers;
mod offer;
mod text;

use crate::description::{Description, MediaLine, Origin};
use crate::{Agreed, AgreedText, Attribute, Bandwidth, Local, Want};

use numbers::Numbers;

/// Offer/answer state of one dialog.
#[derive(Clone, Debug)]
pub struct Session {
    id: u64,
    /// The last description of ours that went out; `o=` counts from it.
    sent: Option<Description>,
    /// Our last offer: open, or answered and not followed by another exchange.
    offered: Option<Description>,
    /// Our m-lines as they stand.
    lines: Vec<MediaLine>,
    agreed: Option<Agreed>,
    text: Option<AgreedText>,
    /// What each of our payload types stands for, by m-line.
    numbers: Vec<Numbers>,
}

/// An offer without a line that we can use: answer 488 with a Warning header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{warning_code} {text}")]
pub struct NotAcceptable {
    /// 301, 302, 304, 305 or 330 (RFC 3261 §20.43).
    pub warning_code: u16,
    /// Warning text, without quotes.
    pub text: String,
}

/// An answer that does not fit the offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Nothing was offered, or the offer was rolled back.
    #[error("an answer came without an offer")]
    NoOffer,
    /// More lines than offered.
    #[error("{offered} lines offered, {answered} answered")]
    LineCount {
        /// Lines of our offer.
        offered: usize,
        /// Lines of the answer.
        answered: usize,
    },
    /// A line is of another kind than the one it answers.
    #[error("line {index} answers a line of another kind")]
    WrongKind {
        /// Index of the line.
        index: usize,
    },
    /// Every line was refused, or came back without a format that we offered.
    #[error("no line was accepted")]
    NothingAgreed,
}

impl Session {
    /// A dialog without media yet. `session_id` goes into `o=` and should not repeat on this host.
    #[must_use]
    pub fn new(session_id: u64) -> Self {
        Session {
            id: session_id,
            sent: None,
            offered: None,
            lines: Vec::new(),
            agreed: None,
            text: None,
            numbers: Vec::new(),
        }
    }

    /// Answers an offer, first or later. What was agreed before is kept where the offer still has it.
    ///
    /// # Errors
    /// No line can be used; what was agreed before stands. A later offer that removes every line is no
    /// error: the answer then has ports 0 throughout.
    pub fn answer(
        &mut self,
        offer: &Description,
        local: &Local,
    ) -> Result<(Description, Agreed), NotAcceptable> {
        let answer::Answer { lines, agreed, text } = answer::to(self, offer, local)?;
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.port != 0) {
            self.numbers_mut(index).learn(&line.payloads);
        }
        let description = self.describe(local, &lines, offer.times.clone());
        self.lines = lines;
        self.offered = None;
        self.agreed = Some(agreed.clone());
        self.text = text;
        Ok((description, agreed))
    }

    /// Makes an offer, first or later. Nothing changes until [`Session::accept`].
    ///
    /// A kind that is not wanted, or has no port in `local`, is left out or, where the dialog has its line
    /// already, offered with port 0. Text is offered where `local.caps` has it and another line
    /// is offered.
    pub fn offer(&mut self, local: &Local, want: &Want) -> Description {
        let lines = offer::lines(self, local, want);
        let description = self.describe(local, &lines, vec![(0, 0)]);
        self.offered = Some(description.clone());
        description
    }

    /// Takes the answer to our last offer. May be called again when the peer says it again or otherwise
    /// (an answer in a provisional response, then the one in the 2xx).
    ///
    /// # Errors
    /// It does not fit; what was agreed before stands.
    pub fn accept(&mut self, answer: &Description) -> Result<Agreed, AnswerError> {
        let offered = self.offered.as_ref().ok_or(AnswerError::NoOffer)?;
        let agreed = agree::from_answer(&offered.media, &answer.media)?;
        self.lines.clone_from(&offered.media);
        self.agreed = Some(agreed.clone());
        self.text = text::from_answer(&self.lines, &answer.media);
        Ok(agreed)
    }

    /// Our offer was refused: what was agreed before stands.
    pub fn rollback(&mut self) {
        self.offered = None;
    }

    /// What stands now; `None` before the first exchange is over.
    #[must_use]
    pub fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_ref()
    }

    /// What stands for real-time text; `None` where there is none, or before the first exchange is over.
    #[must_use]
    pub fn text(&self) -> Option<&AgreedText> {
        self.text.as_ref()
    }

    fn numbers_mut(&mut self, index: usize) -> &mut Numbers {
        if self.numbers.len() <= index {
            self.numbers.resize_with(index + 1, Numbers::default);
        }
        &mut self.numbers[index]
    }

    /// Our next description. Its version is that of the last one unless something differs (RFC 3264 §8).
    fn describe(&mut self, local: &Local, lines: &[MediaLine], times: Vec<(u64, u64)>) -> Description {
        let version = self.sent.as_ref().map_or(1, |sent| sent.origin.version);
        let mut description = Description {
            origin: Origin {
                username: "-".to_owned(),
                session_id: self.id.to_string(),
                version,
                address: local.address.to_string(),
            },
            name: "-".to_owned(),
            connection: Some(local.address),
            bandwidth: Bandwidth::default(),
            times,
            attributes: Vec::<Attribute>::new(),
            media: lines.to_vec(),
        };
        if self.sent.as_ref().is_some_and(|sent| *sent != description) {
            description.origin.version += 1;
        }
        self.sent = Some(description.clone());
        description
    }
}
