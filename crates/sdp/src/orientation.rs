//! Whether pictures come with the way they are to be turned: coordination of video orientation (3GPP TS 26.114
//! §6.2.3, §7.4.5) among the header extensions of RFC 8285.
//!
//! Both granularities are taken; steps finer than 90 degrees are read as the quarter they lie in. Numbers are those of
//! the offer, for the life of the line. Start at [`of`].

use crate::description::{Direction, Extension, MediaLine};

/// Turns in steps of 90 degrees, and in 64 steps.
const URIS: [&str; 2] = ["urn:3gpp:video-orientation", "urn:3gpp:video-orientation:6"];

/// The number of our own first offer.
const ID: u16 = 1;

/// Header extension elements that carry the turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// That of what we send, 1..=255; `None` when the peer does not read any.
    pub send: Option<u8>,
    /// That of what the peer sends.
    pub receive: Option<u8>,
}

/// What both lines have; the coarser of both granularities where there is a choice.
pub(crate) fn of(ours: &MediaLine, theirs: &MediaLine) -> Orientation {
    let both = |uri| Some((named(ours, uri)?, named(theirs, uri)?));
    let Some((ours, theirs)) = URIS.into_iter().find_map(both) else { return Orientation::default() };
    let direction = ours.direction.and(theirs.direction.reversed());
    // What is sent and received with one number (RFC 8285 §5); an answer that renumbers is its maker's own word.
    Orientation {
        send: u8::try_from(theirs.id).ok().filter(|_| direction.sends()),
        receive: u8::try_from(ours.id).ok().filter(|_| direction.receives()),
    }
}

/// Our line to an offer: one of what is offered, with its number (RFC 8285 §6). One that is `inactive` there, or has a
/// number that stands for none yet, is left out.
pub(crate) fn answered(offered: &MediaLine) -> Vec<Extension> {
    let usable =
        |uri: &&str| named(offered, uri).filter(|it| it.id <= 255 && it.direction != Direction::Inactive);
    let chosen = URIS.iter().find_map(|uri| usable(uri));
    let answer =
        |it: &Extension| Extension { direction: it.direction.reversed(), attributes: None, ..it.clone() };
    chosen.map(answer).into_iter().collect()
}

/// Our offer: what the line has already, else the coarser one.
pub(crate) fn offered(before: Option<&MediaLine>) -> Vec<Extension> {
    let fresh =
        || Extension { id: ID, direction: Direction::SendRecv, uri: URIS[0].to_owned(), attributes: None };
    match before {
        Some(line) => line.extensions.clone(),
        None => vec![fresh()],
    }
}

fn named<'a>(line: &'a MediaLine, uri: &str) -> Option<&'a Extension> {
    line.extensions.iter().find(|extension| extension.uri.eq_ignore_ascii_case(uri))
}
