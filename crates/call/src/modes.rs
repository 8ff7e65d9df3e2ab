//! `Modes`: which mode of AMR or AMR-WB a stream sends next: as its peer asks (CMR), within what was agreed on, and no
//! faster than the peer can follow (RFC 4867 §4.3.1, §8.1).
//!
//! Frames are made elsewhere, one edition of a prompt for each mode; this only says which. Comfort noise and
//! frames without data may be sent at any time. What another leg sends is passed on as it comes: there the
//! peer's request goes on to that leg. Start at [`Modes::next`].

use media::amr::{self, Band};
use media::{AudioFormat, Format, Frame};
use sdp::AgreedStream;

/// Frames from one change of mode to the next where the peer says `mode-change-period=2`.
const PERIOD: u32 = 2;

/// The mode of what one stream sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Modes {
    band: Band,
    allowed: amr::ModeSet,
    /// The peer follows changes at every second frame only.
    every_second: bool,
    /// It follows changes to the next mode of the set only.
    neighbor: bool,
    /// What it asks for; `None` when it likes them all.
    request: Option<u8>,
    /// The mode sent last, and frames since that began.
    current: Option<u8>,
    frames: u32,
}

impl Modes {
    /// Of a stream of AMR or AMR-WB that has sent nothing; `None` of any other codec.
    pub(crate) fn of(agreed: &AgreedStream) -> Option<Self> {
        let (band, amr) = (Band::of(agreed.codec())?, agreed.amr()?);
        Some(Modes {
            band,
            allowed: amr.modes(),
            every_second: amr.mode_change_every_second,
            neighbor: amr.mode_change_neighbor,
            request: None,
            current: None,
            frames: 0,
        })
    }

    /// What stands after another agreement on the same stream: the peer's request, where it is still allowed.
    pub(crate) fn renewed(this: Option<&Self>, agreed: &AgreedStream) -> Option<Self> {
        let fresh = Modes::of(agreed)?;
        let Some(old) = this else { return Some(fresh) };
        if old.band != fresh.band {
            return Some(fresh);
        }
        let request = old.request.filter(|mode| fresh.allowed.contains(*mode));
        Some(Modes { request, current: old.current, frames: old.frames, ..fresh })
    }

    /// Takes the peer's request, which stands until the next; false when nothing changes by it. One outside
    /// the agreed set is passed over (RFC 4867 §4.3.1).
    pub(crate) fn ask(&mut self, request: Option<u8>) -> bool {
        if request == self.request || request.is_some_and(|mode| !self.allowed.contains(mode)) {
            return false;
        }
        self.request = request;
        true
    }

    /// What the peer asks for.
    pub(crate) fn request(&self) -> Option<u8> {
        self.request
    }

    /// The mode to come to: what is asked for, else the usual one, and never more than that, since a request is for so
    /// much at most; or what comes nearest to it of the set.
    fn target(&self) -> u8 {
        let usual = self.band.mode_usual();
        let most = self.request.map_or(usual, |request| request.min(usual));
        let within = self.allowed.modes().filter(|mode| *mode <= most).last();
        within.or_else(|| self.allowed.modes().next()).unwrap_or(self.allowed.highest())
    }

    /// The editions of a prompt that are needed from now on, that of the mode to come to first.
    pub(crate) fn editions(&self) -> Vec<Format> {
        let (target, from) = (self.target(), self.current.unwrap_or(self.target()));
        let way = from.min(target)..=from.max(target);
        let between =
            self.allowed.modes().filter(|mode| self.neighbor && *mode != target && way.contains(mode));
        let format = |mode| Format::Audio(AudioFormat::in_mode(self.band, mode));
        std::iter::once(target).chain(between).map(format).collect()
    }

    /// The mode of the next frame.
    pub(crate) fn next(&self) -> u8 {
        let target = self.target();
        match self.current {
            Some(current) if self.every_second && self.frames < PERIOD => current,
            Some(current) if self.neighbor && current < target => {
                self.allowed.modes().find(|mode| *mode > current).unwrap_or(target)
            }
            Some(current) if self.neighbor && current > target => {
                self.allowed.modes().filter(|mode| *mode < current).last().unwrap_or(target)
            }
            Some(_) | None => target,
        }
    }

    /// Takes note of what is sent.
    pub(crate) fn sent(&mut self, frame: &Frame) {
        let mode = self.band.mode(&frame.data);
        if mode.is_some() && mode != self.current {
            (self.current, self.frames) = (mode, 0);
        }
        self.frames = self.frames.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use media::Codec;

    use super::*;

    fn modes(set: &[u8], every_second: bool, neighbor: bool) -> Modes {
        let allowed = amr::ModeSet::new(set.iter().copied()).expect("modes");
        let band = Band::Narrow;
        Modes { band, allowed, every_second, neighbor, request: None, current: None, frames: 0 }
    }

    fn wide(set: &[u8]) -> Modes {
        let allowed = Band::Wide.mode_set(set.iter().copied()).expect("modes");
        Modes { band: Band::Wide, allowed, ..modes(&[0], false, false) }
    }

    /// The next so many frames, each as it is asked for.
    fn send(modes: &mut Modes, frames: usize) -> Vec<u8> {
        let frame = |mode: u8| {
            let at = Duration::ZERO;
            Frame::new(Codec::Amr, at, at, true, Bytes::from(vec![mode << 3 | 4]))
        };
        let mut next = || {
            let mode = modes.next();
            modes.sent(&frame(mode));
            mode
        };
        (0..frames).map(|_| next()).collect()
    }

    #[test]
    fn a_request_stands_until_the_next_and_one_not_agreed_on_is_passed_over() {
        let mut gsm = modes(&[0, 2, 4, 7], false, false);
        assert_eq!(send(&mut gsm, 2), [7, 7]);
        assert!(gsm.ask(Some(2)) && !gsm.ask(Some(2)) && !gsm.ask(Some(5)));
        assert_eq!(send(&mut gsm, 2), [2, 2]);
        assert!(gsm.ask(None));
        assert_eq!(send(&mut gsm, 2), [7, 7]);
        assert_eq!(modes(&[0, 2], false, false).next(), 2, "the best of the set");
    }

    #[test]
    fn changes_keep_their_distance_and_their_step() {
        let mut slow = modes(&[0, 2, 4, 7], true, false);
        send(&mut slow, 1);
        slow.ask(Some(0));
        assert_eq!(send(&mut slow, 3), [7, 0, 0]);
        slow.ask(Some(4));
        assert_eq!(send(&mut slow, 2), [4, 4]);

        let mut stepwise = modes(&[0, 2, 4, 7], true, true);
        send(&mut stepwise, 2);
        stepwise.ask(Some(0));
        assert_eq!(stepwise.editions().len(), 4);
        assert_eq!(send(&mut stepwise, 7), [4, 4, 2, 2, 0, 0, 0]);
        stepwise.ask(None);
        assert_eq!(send(&mut stepwise, 5), [2, 2, 4, 4, 7]);
    }

    #[test]
    fn only_editions_on_the_way_are_needed() {
        let audio = |mode| Format::Audio(AudioFormat::amr(mode));
        let mut stepwise = modes(&[0, 2, 4, 7], false, true);
        assert_eq!(stepwise.editions(), [audio(7)]);
        send(&mut stepwise, 1);
        stepwise.ask(Some(2));
        assert_eq!(stepwise.editions(), [audio(2), audio(4), audio(7)]);
        let mut free = modes(&[0, 2, 4, 7], true, false);
        send(&mut free, 1);
        free.ask(Some(2));
        assert_eq!(free.editions(), [audio(2)]);
    }

    #[test]
    fn wide_band_begins_with_12_65_and_goes_where_the_set_allows() {
        let all = [0, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(wide(&all).next(), 2);
        assert_eq!(wide(&all).editions(), [Format::Audio(AudioFormat::new(Codec::AmrWb))]);
        assert_eq!(wide(&[0, 1]).next(), 1, "12.65 is not allowed");
        assert_eq!(wide(&[4, 8]).next(), 4, "the least above");
        let mut asked = wide(&all);
        assert!(asked.ask(Some(0)));
        assert_eq!(asked.editions(), [Format::Audio(AudioFormat::in_mode(Band::Wide, 0))]);
        asked.ask(Some(8));
        assert_eq!(asked.next(), 2, "a request is for so much at most");
    }

    #[test]
    fn wide_band_modes_are_read_from_what_is_sent() {
        let (at, mut modes) = (Duration::ZERO, wide(&[0, 2, 8]));
        let mut sent = |frame_type: u8| {
            modes.sent(&Frame::new(Codec::AmrWb, at, at, true, Bytes::from(vec![frame_type << 3 | 4])));
            modes.current
        };
        assert_eq!([8, 9, 15, 2].map(&mut sent), [Some(8), Some(8), Some(8), Some(2)]);
    }

    #[test]
    fn comfort_noise_is_no_mode() {
        let mut modes = modes(&[2, 7], false, false);
        send(&mut modes, 1);
        let noise = Bytes::from(vec![amr::SID << 3 | 4; 6]);
        modes.sent(&Frame::new(Codec::Amr, Duration::ZERO, Duration::ZERO, true, noise));
        assert_eq!(modes.current, Some(7));
    }
}
