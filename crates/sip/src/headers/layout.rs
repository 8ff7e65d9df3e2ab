//! Where the pieces of a checked value lie in it, so that a value whose grammar the wire front end has checked
//! is not taken apart again when somebody wants its type.

use super::{NameAddr, Via, name_addr, via};
use crate::error::Syntax;

/// The cut of one value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// Of a Via.
    Via(via::Pieces<Span>),
    /// Of an address: From, To, Contact, Route and Record-Route.
    Address(name_addr::Pieces<Span>),
}

/// Where a piece lies in its value. Values of more octets than these numbers reach have no layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    start: u16,
    end: u16,
}

impl Span {
    /// The place of `part`, which was cut from `whole`; an empty part may come from anywhere.
    fn of(part: &str, whole: &str) -> Option<Span> {
        if part.is_empty() {
            return Some(Span { start: 0, end: 0 });
        }
        let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
        let end = start + part.len();
        Some(Span { start: u16::try_from(start).ok()?, end: u16::try_from(end).ok()? })
    }

    fn cut(self, whole: &str) -> &str {
        whole.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }
}

impl Layout {
    /// The layout of the Via `value`; `None` when it is too long for one.
    pub(crate) fn via(value: &str, pieces: &via::Pieces<&str>) -> Option<Layout> {
        u16::try_from(value.len()).ok()?;
        pieces.try_map(|part| Span::of(part, value)).map(Layout::Via)
    }

    /// The layout of the address `value`; `None` when it is too long for one.
    pub(crate) fn address(value: &str, pieces: &name_addr::Pieces<&str>) -> Option<Layout> {
        u16::try_from(value.len()).ok()?;
        pieces.try_map(|part| Span::of(part, value)).map(Layout::Address)
    }
}

/// A Via, by its layout if there is one.
pub(super) fn read_via(value: &str, layout: Option<&Layout>) -> Result<Via, Syntax> {
    match layout {
        Some(Layout::Via(pieces)) => {
            pieces.try_map(|span| Some(span.cut(value))).map_or_else(|| value.parse(), via::Pieces::to_via)
        }
        Some(Layout::Address(_)) | None => value.parse(),
    }
}

/// An address, by its layout if there is one.
pub(super) fn read_address(value: &str, layout: Option<&Layout>) -> Result<NameAddr, Syntax> {
    match layout {
        Some(Layout::Address(pieces)) => pieces
            .try_map(|span| Some(span.cut(value)))
            .map_or_else(|| value.parse(), name_addr::Pieces::to_address),
        Some(Layout::Via(_)) | None => value.parse(),
    }
}

/// The tag of an address (the value of its first `tag` parameter), without reading the rest of it.
pub(super) fn read_tag<'a>(value: &'a str, layout: Option<&Layout>) -> Result<Option<&'a str>, Syntax> {
    match layout {
        Some(Layout::Address(pieces)) => name_addr::first_tag(pieces.params.cut(value)),
        Some(Layout::Via(_)) | None => name_addr::first_tag(name_addr::check(value)?.0.params),
    }
}
