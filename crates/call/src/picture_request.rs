//! Where every wish for a key picture meets: RTCP PLI and FIR, SIP INFO media_control, a change of
//! source, loss before a bridge. Whatever the reason, one stream has one [`KeyPictures`], which turns a
//! storm of wishes into few requests.

use std::time::{Duration, Instant};

use media::Frame;

use crate::limits;

/// What one sending stream owes its peer in key pictures.
#[derive(Debug, Default)]
pub(crate) struct KeyPictures {
    /// Since when pictures are dropped for want of a key picture; `None` when the peer can decode.
    waiting_since: Option<Instant>,
    /// When the source was last asked or made to send one.
    asked_at: Option<Instant>,
    /// A wish that has not been acted on, with the time it came; kept until it is due.
    owed: Option<Instant>,
    /// Requests since a key picture came.
    unanswered: u32,
}

impl KeyPictures {
    /// The source has changed; a live one must be asked and is held back until it has answered.
    pub(crate) fn source_changed(&mut self, now: Instant, live: bool) {
        let since = live.then_some(now);
        *self = KeyPictures { waiting_since: since, asked_at: None, owed: since, unanswered: 0 };
    }

    /// Notes a wish for a key picture.
    pub(crate) fn want(&mut self, now: Instant) {
        self.owed.get_or_insert(now);
    }

    /// Whether the source is to be asked now; at most once per [`limits::KEY_PICTURE_EVERY`].
    pub(crate) fn take_request(&mut self, now: Instant) -> bool {
        if self.next_due().is_none_or(|due| due > now) {
            return false;
        }
        self.owed = None;
        self.asked_at = Some(now);
        self.unanswered = self.unanswered.saturating_add(1);
        true
    }

    /// What was asked for was sent at once.
    pub(crate) fn served(&mut self) {
        self.unanswered = 0;
    }

    /// How long after a request the next may follow: more and more where requests lead to nothing, since whoever loses
    /// packets would ask a source that has no ear for it for ever.
    fn every(&self) -> Duration {
        let doubled =
            self.unanswered.saturating_sub(limits::KEY_PICTURE_TRIES).min(limits::KEY_PICTURE_DOUBLED);
        limits::KEY_PICTURE_EVERY * (1 << doubled)
    }

    /// When [`Self::take_request`] will say yes.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        match (self.owed, self.waiting_since, self.asked_at) {
            (Some(wish), _, Some(asked)) => Some(wish.max(asked + self.every())),
            (Some(since), _, None) | (None, Some(since), None) => Some(since),
            (None, Some(since), Some(asked)) => {
                // A peer that has not answered by then has no camera, or no ear for requests.
                (asked < since + limits::WAIT_FOR_KEY).then_some(asked + limits::ASK_AGAIN_AFTER)
            }
            (None, None, _) => None,
        }
    }

    /// Whether a frame of a live source may pass.
    pub(crate) fn admit(&mut self, now: Instant, frame: &Frame) -> bool {
        if frame.keyframe {
            // Whoever wished for one has it.
            (self.waiting_since, self.owed) = (None, None);
            self.unanswered = 0;
            return true;
        }
        let Some(since) = self.waiting_since else {
            if frame.lost_before {
                self.want(now);
            }
            return true;
        };
        let pass = now.saturating_duration_since(since) > limits::WAIT_FOR_KEY;
        if pass {
            self.waiting_since = None;
            self.owed = None;
        }
        pass
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::Codec;

    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn base() -> Instant {
        Instant::now()
    }

    fn picture(keyframe: bool, lost_before: bool) -> Frame {
        let frame = Frame::new(Codec::H264, Duration::ZERO, Duration::ZERO, keyframe, Bytes::new());
        Frame { lost_before, ..frame }
    }

    #[test]
    fn a_live_source_is_asked_at_once_and_again_until_it_answers() {
        let (start, mut keys) = (base(), KeyPictures::default());
        keys.source_changed(start, true);
        assert!(keys.take_request(start));
        assert!(!keys.take_request(start));
        assert!(!keys.admit(start, &picture(false, false)));
        assert_eq!(keys.next_due(), Some(start + limits::ASK_AGAIN_AFTER));
        assert!(keys.take_request(start + limits::ASK_AGAIN_AFTER));
        assert!(keys.admit(start + Duration::from_secs(1), &picture(true, false)));
        assert!(keys.admit(start + Duration::from_secs(1), &picture(false, false)));
        assert_eq!(keys.next_due(), None);
    }

    #[test]
    fn a_source_that_never_answers_is_not_asked_for_ever() {
        let (start, mut keys) = (base(), KeyPictures::default());
        keys.source_changed(start, true);
        let mut asked = 0;
        while let Some(due) = keys.next_due() {
            asked += u32::from(keys.take_request(due));
        }
        assert_eq!(asked, 7);
    }

    #[test]
    fn a_storm_of_wishes_becomes_few_requests() {
        let (start, mut keys) = (base(), KeyPictures::default());
        let mut asked = 0;
        for ms in 0..1_000 {
            let now = start + Duration::from_millis(ms);
            keys.want(now);
            asked += u32::from(keys.take_request(now));
        }
        assert_eq!(asked, 2);
    }

    #[test]
    fn a_source_without_an_ear_is_asked_less_and_less_and_one_that_answers_as_before() {
        let (start, mut keys) = (base(), KeyPictures::default());
        let asked = |keys: &mut KeyPictures, from: u64, to: u64| {
            let at = |ms| start + Duration::from_millis(ms);
            (from..to)
                .filter(|ms| {
                    keys.want(at(*ms));
                    keys.take_request(at(*ms))
                })
                .count()
        };
        assert_eq!(asked(&mut keys, 0, 60_000), 12, "at 0, 0.5, 1, 2, 4, 8 and then every 8 s");
        assert!(keys.admit(start + Duration::from_secs(60), &picture(true, false)));
        let asked = asked(&mut keys, 60_000, 62_000);
        assert!((3..=4).contains(&asked), "{asked}");
    }

    #[test]
    fn a_key_picture_settles_a_wish_that_waits() {
        let (start, mut keys) = (base(), KeyPictures::default());
        keys.want(start);
        assert!(keys.take_request(start));
        keys.want(start + Duration::from_millis(10));
        assert!(keys.next_due().is_some());
        assert!(keys.admit(start + Duration::from_millis(100), &picture(true, false)));
        assert_eq!(keys.next_due(), None);
    }

    #[test]
    fn loss_on_a_running_bridge_asks_for_a_key_picture_but_keeps_the_pictures_flowing() {
        let (start, mut keys) = (base(), KeyPictures::default());
        assert!(keys.admit(start, &picture(false, true)));
        assert!(keys.take_request(start));
    }

    #[test]
    fn a_peer_that_never_answers_is_let_through_in_the_end() {
        let (start, mut keys) = (base(), KeyPictures::default());
        keys.source_changed(start, true);
        let later = start + limits::WAIT_FOR_KEY + Duration::from_millis(1);
        assert!(keys.admit(later, &picture(false, false)));
    }
}
