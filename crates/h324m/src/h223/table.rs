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

    /// The list.
    pub fn elements(&self) -> &[Element] {
        &self.elements
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
