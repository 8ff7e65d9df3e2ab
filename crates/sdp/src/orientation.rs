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
    let chosen = URIS.iter().find_map(usable);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capabilities, Description, Local, Session, Want};

    fn local() -> Local {
        Local {
            address: [192, 0, 2, 1].into(),
            audio_port: None,
            video_port: Some(20_002),
            caps: Capabilities::default(),
        }
    }

    fn offer(lines: &str) -> Description {
        let text = format!(
            "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\n{}m=video 4000 RTP/AVPF 34\n{}",
            lines.split_once('|').map_or("", |(session, _)| session),
            lines.split_once('|').map_or(lines, |(_, line)| line),
        );
        Description::parse(text.as_bytes()).expect("a legal description")
    }

    /// Our `a=extmap` line to an offer, and what it comes to.
    fn answer(lines: &str) -> (Option<String>, Orientation) {
        let (answer, agreed) = Session::new(1).answer(&offer(lines), &local()).expect("usable");
        let text = String::from_utf8(answer.to_bytes()).expect("text");
        let mut said = text.lines().filter_map(|line| line.strip_prefix("a=extmap:"));
        let first = said.next().map(str::to_owned);
        assert_eq!(said.next(), None, "one at most: {text}");
        (first, agreed.video().expect("pictures").orientation)
    }

    fn both(id: u8) -> Orientation {
        Orientation { send: Some(id), receive: Some(id) }
    }

    #[test]
    fn the_offered_number_is_kept() {
        let plain = "urn:3gpp:video-orientation";
        for (lines, said, agreed) in [
            ("a=extmap:7 urn:3gpp:video-orientation\n", Some(format!("7 {plain}")), both(7)),
            ("a=extmap:200 urn:3gpp:video-orientation\n", Some(format!("200 {plain}")), both(200)),
            ("a=extmap:3 urn:3gpp:video-orientation:6\n", Some(format!("3 {plain}:6")), both(3)),
            (
                "a=extmap:3 urn:3gpp:video-orientation:6\na=extmap:4 urn:3gpp:video-orientation\n",
                Some(format!("4 {plain}")),
                both(4),
            ),
            ("a=extmap:5 urn:3gpp:video-orientation\n|", Some(format!("5 {plain}")), both(5)),
            (
                "a=extmap:2/sendonly urn:3gpp:video-orientation\n",
                Some(format!("2/recvonly {plain}")),
                Orientation { send: None, receive: Some(2) },
            ),
            (
                "a=extmap:2/recvonly urn:3gpp:video-orientation\n",
                Some(format!("2/sendonly {plain}")),
                Orientation { send: Some(2), receive: None },
            ),
            ("a=extmap:2/inactive urn:3gpp:video-orientation\n", None, Orientation::default()),
            ("a=extmap:4096 urn:3gpp:video-orientation\n", None, Orientation::default()),
            ("a=extmap:0 urn:3gpp:video-orientation\n", None, Orientation::default()),
            ("a=extmap:4 urn:ietf:params:rtp-hdrext:toffset\n", None, Orientation::default()),
            ("", None, Orientation::default()),
        ] {
            assert_eq!(answer(lines), (said, agreed), "{lines}");
        }
    }

    #[test]
    fn what_a_number_means_is_what_it_was_given_first() {
        let twice = "a=extmap:4 urn:ietf:params:rtp-hdrext:toffset\na=extmap:4 urn:3gpp:video-orientation\n";
        assert_eq!(answer(twice), (None, Orientation::default()));
    }

    #[test]
    fn two_ends_of_our_own_agree_and_keep_their_number() {
        let (mut caller, mut callee) = (Session::new(1), Session::new(2));
        let mut other = local();
        other.address = [192, 0, 2, 9].into();
        for round in 0..3 {
            let offer = caller.offer(&local(), &Want::all());
            let (answer, theirs) = callee.answer(&offer, &other).expect("usable");
            let ours = caller.accept(&answer).expect("fits");
            let number = both(ID as u8);
            assert_eq!(
                (ours.streams[0].orientation, theirs.streams[0].orientation),
                (number, number),
                "{round}"
            );
            std::mem::swap(&mut caller, &mut callee);
        }
    }

    #[test]
    fn a_phone_that_named_none_is_offered_none_later() {
        let mut session = Session::new(1);
        session.answer(&offer(""), &local()).expect("usable");
        let again = session.offer(&local(), &Want::all());
        assert_eq!(again.media[0].extensions, []);
        let mut session = Session::new(1);
        session.answer(&offer("a=extmap:9 urn:3gpp:video-orientation\n"), &local()).expect("usable");
        assert_eq!(session.offer(&local(), &Want::all()).media[0].extensions[0].id, 9);
    }
}
