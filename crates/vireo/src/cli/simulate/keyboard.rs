//! The keys of a person: single ones of a terminal, else the letters of standard input.

use std::io::{BufRead, IsTerminal, StdinLock};

use console::{Key, Term};
use dialplan::simulate::{Act, Awaits};
use dialplan::{QueueOutcome, TransferOutcome};

/// What somebody at the keyboard wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// A key of the telephone.
    Key(char),
    /// The code of an order.
    Code,
    /// Time passes.
    Time,
    /// The wait in the queue ends so.
    Queue(QueueOutcome),
    /// Putting the caller through ends so.
    Transfer(TransferOutcome),
    /// The caller hangs up.
    Hangup,
}

/// The letters for a caller who waits in a queue; each begins its word on the screen.
pub(super) const IN_QUEUE: [(char, QueueOutcome, &str); 6] = [
    ('s', QueueOutcome::Served, "served"),
    ('t', QueueOutcome::Timeout, "timeout"),
    ('f', QueueOutcome::Full, "full"),
    ('c', QueueOutcome::Closed, "closed"),
    ('n', QueueOutcome::NoAgents, "no agents"),
    ('x', QueueOutcome::Failed, "failed"),
];

/// The letters for a caller who is put through.
pub(super) const IN_TRANSFER: [(char, TransferOutcome, &str); 4] = [
    ('d', TransferOutcome::Done, "done"),
    ('b', TransferOutcome::Busy, "busy"),
    ('n', TransferOutcome::NoAnswer, "no answer"),
    ('x', TransferOutcome::Failed, "failed"),
];

impl Wish {
    /// What a sign means outside of queues.
    pub(super) fn of(sign: char) -> Option<Self> {
        match sign {
            '0'..='9' | '*' | '#' => Some(Self::Key(sign)),
            'c' => Some(Self::Code),
            't' => Some(Self::Time),
            'h' => Some(Self::Hangup),
            _ => None,
        }
    }

    fn in_queue(sign: char) -> Option<Self> {
        let letter = IN_QUEUE.iter().find(|(letter, ..)| *letter == sign);
        letter.map(|(_, outcome, _)| Self::Queue(*outcome)).or(Self::of(sign))
    }

    fn in_transfer(sign: char) -> Option<Self> {
        let letter = IN_TRANSFER.iter().find(|(letter, ..)| *letter == sign);
        letter.map(|(_, outcome, _)| Self::Transfer(*outcome)).or(Self::of(sign))
    }

    /// What is done for it.
    pub(super) fn act(self, awaits: &Awaits) -> Act {
        match self {
            Self::Key(key) => Act::Press(key),
            Self::Code => Act::Code,
            Self::Time if matches!(awaits, Awaits::Sound(_)) => Act::Listen,
            Self::Time => Act::Wait,
            Self::Queue(outcome) => Act::Queue(outcome),
            Self::Transfer(outcome) => Act::Transfer(outcome),
            Self::Hangup => Act::Hangup,
        }
    }
}

/// Where keys come from.
pub(super) enum Keyboard {
    /// A person's terminal.
    Terminal(Term),
    /// Anything else; spaces and line ends do not count.
    Input {
        input: StdinLock<'static>,
        /// Read and not yet pressed.
        line: std::vec::IntoIter<char>,
    },
}

impl Keyboard {
    pub(super) fn open() -> Self {
        let stdin = std::io::stdin();
        match stdin.is_terminal() {
            true => Self::Terminal(Term::stdout()),
            false => Self::Input { input: stdin.lock(), line: Vec::new().into_iter() },
        }
    }

    /// The next wish; none when the person has had enough. Other keys are passed over.
    pub(super) fn next(&mut self, awaits: &Awaits) -> std::io::Result<Option<Wish>> {
        loop {
            let sign = match self.sign()? {
                None | Some('q') => return Ok(None),
                Some(sign) => sign,
            };
            let wish = match awaits {
                Awaits::Queue(_) => Wish::in_queue(sign),
                Awaits::Transfer(_) => Wish::in_transfer(sign),
                Awaits::Sound(_) | Awaits::Time(_) | Awaits::Nothing | Awaits::End => Wish::of(sign),
            };
            if wish.is_some() {
                return Ok(wish);
            }
        }
    }

    fn sign(&mut self) -> std::io::Result<Option<char>> {
        match self {
            Self::Terminal(terminal) => match terminal.read_key()? {
                Key::Char(sign) => Ok(Some(sign)),
                Key::Enter | Key::ArrowRight => Ok(Some('t')),
                Key::Escape => Ok(None),
                // Not ours: a key that is none of the above is passed over.
                _ => Ok(Some(' ')),
            },
            Self::Input { input, line } => loop {
                if let Some(sign) = line.find(|sign| !sign.is_whitespace()) {
                    return Ok(Some(sign));
                }
                let mut text = String::new();
                if input.read_line(&mut text)? == 0 {
                    return Ok(None);
                }
                *line = text.chars().collect::<Vec<_>>().into_iter();
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_mean_another_thing_in_a_queue() {
        assert_eq!(Wish::of('s'), None);
        assert_eq!(Wish::in_queue('s'), Some(Wish::Queue(QueueOutcome::Served)));
        assert_eq!(Wish::in_queue('h'), Some(Wish::Hangup));
        assert_eq!(Wish::Time.act(&Awaits::Sound(std::time::Duration::ZERO)), Act::Listen);
        assert_eq!(Wish::Time.act(&Awaits::Nothing), Act::Wait);
    }

    #[test]
    fn every_outcome_has_a_letter_that_no_key_has() {
        for (outcome, count) in dialplan::simulate::OUTCOMES
            .map(|(_, outcome)| (outcome, IN_QUEUE.iter().filter(|(_, known, _)| *known == outcome).count()))
        {
            assert_eq!(count, 1, "{outcome:?}");
        }
        assert!(IN_QUEUE.iter().all(|(letter, ..)| !matches!(letter, 'q' | 'h') && !letter.is_ascii_digit()));
    }
}
