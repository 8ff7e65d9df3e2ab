//! Multiplex table entries: which octets of a PDU belong to which channel (H.223 §6.4.2, H.245 `MultiplexEntrySend`).

use thiserror::Error;

use crate::limits;

/// One entry of a multiplex table: a list of elements, of which at least one octet comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiplexEntry {
    elements: Vec<Element>,
}

/// One element of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// What it stands for.
    pub what: Content,
    /// How often.
    pub repeat: Repeat,
}

/// What an element stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// One octet of this logical channel.
    Channel(u16),
    /// A list in turn.
    Nested(Vec<Element>),
}

/// How often an element stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// So many times, 1..=65535.
    Times(u16),
    /// Until the flag that ends the PDU.
    UntilClosingFlag,
}

/// Why an entry is no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Invalid {
    /// A list without elements, or an element of zero repeats.
    #[error("an empty list or zero repeats")]
    Empty,
    /// More than [`ENTRY_ELEMENTS_MAX`](crate::limits::ENTRY_ELEMENTS_MAX) elements, or deeper than
    /// [`ENTRY_DEPTH_MAX`](crate::limits::ENTRY_DEPTH_MAX).
    #[error("too many elements or too deeply nested")]
    TooLarge,
}

impl MultiplexEntry {
    /// An entry of this list.
    ///
    /// # Errors
    /// [`Invalid`] when the list cannot be walked, or only with too much work.
    pub fn new(elements: Vec<Element>) -> Result<Self, Invalid> {
        let mut budget = limits::ENTRY_ELEMENTS_MAX;
        check(&elements, limits::ENTRY_DEPTH_MAX, &mut budget)?;
        Ok(Self { elements })
    }

    /// The entry `{channel, until closing flag}`, the one that everybody uses.
    pub fn single(channel: u16) -> Self {
        Self { elements: vec![Element { what: Content::Channel(channel), repeat: Repeat::UntilClosingFlag }] }
    }

    /// The channel of an entry that carries nothing else.
    pub(super) fn only_channel(&self) -> Option<u16> {
        match self.elements.as_slice() {
            [Element { what: Content::Channel(channel), repeat: Repeat::UntilClosingFlag }] => Some(*channel),
            _ => None,
        }
    }

    /// The list.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }
}

/// A run of octets of one channel within a PDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) channel: u16,
    /// Octets; `None`: all that follow.
    pub(super) octets: Option<usize>,
}

/// Walks an entry, run after run. It may never end: every step yields at least one octet, so that the
/// length of the PDU bounds it.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    /// The lists that are open, the innermost last.
    open: Vec<Open<'a>>,
    /// Read ahead, to join what belongs to the same channel.
    ahead: Option<Run>,
}

#[derive(Debug)]
struct Open<'a> {
    list: &'a [Element],
    index: usize,
    /// Repeats of the whole list still to come; `None`: without end.
    again: Option<u16>,
}

impl<'a> Runs<'a> {
    pub(super) fn new(entry: &'a MultiplexEntry) -> Self {
        Self { open: vec![Open { list: &entry.elements, index: 0, again: Some(0) }], ahead: None }
    }

    /// One element's run.
    fn step(&mut self) -> Option<Run> {
        loop {
            let open = self.open.last_mut()?;
            let Some(element) = open.list.get(open.index) else {
                match &mut open.again {
                    Some(0) => drop(self.open.pop()),
                    again => {
                        *again = again.map(|times| times - 1);
                        open.index = 0;
                    }
                }
                continue;
            };
            open.index += 1;
            let times = match element.repeat {
                Repeat::Times(times) => Some(times),
                Repeat::UntilClosingFlag => None,
            };
            match &element.what {
                Content::Channel(channel) => {
                    return Some(Run { channel: *channel, octets: times.map(usize::from) });
                }
                Content::Nested(list) => {
                    self.open.push(Open { list, index: 0, again: times.map(|times| times - 1) });
                }
            }
        }
    }
}

impl Iterator for Runs<'_> {
    type Item = Run;

    /// The next run; neighbours of the same channel are one.
    fn next(&mut self) -> Option<Run> {
        let mut run = self.ahead.take().or_else(|| self.step())?;
        while let Some(octets) = run.octets.filter(|octets| *octets < limits::SDU_MAX) {
            match self.step() {
                Some(more) if more.channel == run.channel => run.octets = more.octets.map(|n| octets + n),
                other => {
                    self.ahead = other;
                    break;
                }
            }
        }
        Some(run)
    }
}

fn check(elements: &[Element], depth: usize, budget: &mut usize) -> Result<(), Invalid> {
    if elements.is_empty() {
        return Err(Invalid::Empty);
    }
    *budget = budget.checked_sub(elements.len()).ok_or(Invalid::TooLarge)?;
    for element in elements {
        if element.repeat == Repeat::Times(0) {
            return Err(Invalid::Empty);
        }
        match &element.what {
            Content::Channel(_) => {}
            Content::Nested(list) => check(list, depth.checked_sub(1).ok_or(Invalid::TooLarge)?, budget)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(channel: u16, repeat: Repeat) -> Element {
        Element { what: Content::Channel(channel), repeat }
    }

    fn nested(list: Vec<Element>, repeat: Repeat) -> Element {
        Element { what: Content::Nested(list), repeat }
    }

    fn runs(elements: Vec<Element>, most: usize) -> Vec<(u16, Option<usize>)> {
        let entry = MultiplexEntry::new(elements).unwrap();
        Runs::new(&entry).take(most).map(|run| (run.channel, run.octets)).collect()
    }

    use Repeat::{Times, UntilClosingFlag};

    #[test]
    fn counted_then_open() {
        let list = vec![channel(1, Times(33)), channel(2, UntilClosingFlag)];
        assert_eq!(runs(list, 9), [(1, Some(33)), (2, None)]);
    }

    #[test]
    fn nested_lists_turn_over() {
        let inner = vec![channel(1, Times(2)), channel(2, Times(3))];
        let list = vec![channel(3, Times(1)), nested(inner, UntilClosingFlag)];
        assert_eq!(runs(list, 5), [(3, Some(1)), (1, Some(2)), (2, Some(3)), (1, Some(2)), (2, Some(3))]);
        let inner = vec![channel(1, Times(2)), channel(2, Times(3))];
        assert_eq!(runs(vec![nested(inner, Times(1)), channel(4, Times(9))], 9).len(), 3);
    }

    #[test]
    fn neighbours_of_one_channel_are_one_run() {
        let list =
            vec![channel(1, Times(2)), nested(vec![channel(1, Times(3))], Times(2)), channel(2, Times(1))];
        assert_eq!(runs(list, 9), [(1, Some(8)), (2, Some(1))]);
    }

    #[test]
    fn endless_repeats_of_one_channel_end() {
        let list = vec![nested(vec![channel(1, Times(1))], UntilClosingFlag)];
        assert_eq!(runs(list, 1), [(1, Some(limits::SDU_MAX))]);
        let deep = (0..10).fold(channel(1, Times(65_535)), |inner, _| nested(vec![inner], Times(65_535)));
        assert_eq!(runs(vec![deep], 1), [(1, Some(65_535))]);
    }

    #[test]
    fn what_cannot_be_walked_is_refused() {
        assert_eq!(MultiplexEntry::new(vec![]), Err(Invalid::Empty));
        assert_eq!(MultiplexEntry::new(vec![channel(1, Times(0))]), Err(Invalid::Empty));
        assert_eq!(MultiplexEntry::new(vec![nested(vec![], Times(1))]), Err(Invalid::Empty));
        let wide = vec![channel(1, Times(1)); limits::ENTRY_ELEMENTS_MAX + 1];
        assert_eq!(MultiplexEntry::new(wide), Err(Invalid::TooLarge));
        let deep = (0..=limits::ENTRY_DEPTH_MAX)
            .fold(channel(1, Times(1)), |inner, _| nested(vec![inner], Times(1)));
        assert_eq!(MultiplexEntry::new(vec![deep]), Err(Invalid::TooLarge));
    }
}
