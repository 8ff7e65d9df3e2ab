//! `Lane`: the way from a shard's thread, and from the agent pool's, to one session; it never makes them wait.
//!
//! A session that does not keep up loses pictures, from one that finds no room to the next key picture;
//! sound has room of its own and is lost only beyond it. A session that does not read its words is given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use call::web::ToBrowser;
use media::{Frame, Kind};
use tokio::sync::mpsc;

use super::limits;
use super::word::{AgentNow, Message};

/// What a session hears besides frames.
#[derive(Debug)]
pub(crate) enum Word {
    /// Of its shard, on its leg.
    Leg(ToBrowser),
    /// Of the agent pool.
    Agent(AgentNow),
    /// Of a supervisor.
    Message(Message),
}

/// What became of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// It is on its way, or was a frame that is not worth a word.
    Taken,
    /// Pictures are dropped from now on: ask whoever sends them for a key picture.
    WantsKeyPicture,
    /// There is nobody to hear it.
    Gone,
}

/// The shard's end.
#[derive(Debug)]
pub(crate) struct Lane {
    words: mpsc::Sender<Word>,
    frames: mpsc::Sender<Passed>,
    /// The next frame of sound, of pictures is of another source.
    fresh: [AtomicBool; 2],
    /// Pictures are dropped up to the next key picture.
    skips: AtomicBool,
    /// Sound was dropped since the last that was taken.
    sound_lost: AtomicBool,
}

/// One frame on its way to a browser.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) kind: Kind,
    pub(crate) frame: Frame,
    /// It is the first of its source.
    pub(crate) fresh: bool,
}

/// The session's end.
#[derive(Debug)]
pub(crate) struct LaneEnd {
    pub(crate) words: mpsc::Receiver<Word>,
    pub(crate) frames: mpsc::Receiver<Passed>,
}

impl Lane {
    pub(crate) fn new() -> (Self, LaneEnd) {
        let (words, words_end) = mpsc::channel(limits::WORDS);
        let (frames, frames_end) = mpsc::channel(limits::FRAMES);
        let fresh = [AtomicBool::new(false), AtomicBool::new(false)];
        let lane =
            Lane { words, frames, fresh, skips: AtomicBool::new(false), sound_lost: AtomicBool::new(false) };
        (lane, LaneEnd { words: words_end, frames: frames_end })
    }

    /// Called by the shard's thread only.
    pub(crate) fn deliver(&self, word: ToBrowser) -> Delivered {
        match word {
            ToBrowser::Frame { kind: Kind::Audio, frame } => self.sound(frame),
            ToBrowser::Frame { kind: Kind::Video, frame } => self.picture(frame),
            ToBrowser::SourceChanged { kind } => {
                self.fresh[kind as usize].store(true, Ordering::Relaxed);
                Delivered::Taken
            }
            word => self.say(Word::Leg(word)),
        }
    }

    /// Called by the agent pool's thread only.
    pub(crate) fn agent(&self, now: AgentNow) -> Delivered {
        self.say(Word::Agent(now))
    }

    /// Called by anybody.
    pub(crate) fn message(&self, message: Message) -> Delivered {
        self.say(Word::Message(message))
    }

    /// A session that has not read so many words will not make sense of the next: it is given up.
    fn say(&self, word: Word) -> Delivered {
        match self.words.try_send(word) {
            Ok(()) => Delivered::Taken,
            Err(_) => Delivered::Gone,
        }
    }

    fn sound(&self, mut frame: Frame) -> Delivered {
        frame.lost_before |= self.sound_lost.swap(false, Ordering::Relaxed);
        match self.pass(Kind::Audio, frame) {
            Ok(()) => Delivered::Taken,
            Err(mpsc::error::TrySendError::Full(lost)) => {
                self.sound_lost.store(true, Ordering::Relaxed);
                self.fresh[Kind::Audio as usize].fetch_or(lost.fresh, Ordering::Relaxed);
                Delivered::Taken
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Delivered::Gone,
        }
    }

    fn pass(&self, kind: Kind, frame: Frame) -> Result<(), mpsc::error::TrySendError<Passed>> {
        let fresh = self.fresh[kind as usize].swap(false, Ordering::Relaxed);
        self.frames.try_send(Passed { kind, frame, fresh })
    }

    fn picture(&self, mut frame: Frame) -> Delivered {
        let skips = self.skips.load(Ordering::Relaxed);
        let room = self.frames.capacity() > limits::FRAMES_FOR_SOUND;
        if room && (!skips || frame.keyframe) {
            self.skips.store(false, Ordering::Relaxed);
            frame.lost_before |= skips;
            return match self.pass(Kind::Video, frame) {
                Ok(()) => Delivered::Taken,
                Err(_) => Delivered::Gone,
            };
        }
        self.skips.store(true, Ordering::Relaxed);
        if skips { Delivered::Taken } else { Delivered::WantsKeyPicture }
    }
}

/// How many frames of one browser wait for its shard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backlog(Arc<AtomicUsize>);

/// One frame on its way to the shard; counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Underway(Arc<AtomicUsize>);

impl Backlog {
    /// `None` when too many are on their way already.
    pub(crate) fn enter(&self) -> Option<Underway> {
        if self.0.load(Ordering::Relaxed) >= limits::FRAMES_TO_SHARD {
            return None;
        }
        self.0.fetch_add(1, Ordering::Relaxed);
        Some(Underway(Arc::clone(&self.0)))
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use media::Codec;

    use super::*;

    fn picture(keyframe: bool) -> ToBrowser {
        let frame =
            Frame::new(Codec::H264, Duration::ZERO, Duration::ZERO, keyframe, Bytes::from_static(b"x"));
        ToBrowser::Frame { kind: Kind::Video, frame }
    }

    fn sound() -> ToBrowser {
        let frame = Frame::new(Codec::Pcmu, Duration::ZERO, Duration::ZERO, true, Bytes::from_static(b"x"));
        ToBrowser::Frame { kind: Kind::Audio, frame }
    }

    #[test]
    fn a_slow_session_loses_pictures_up_to_a_key_picture_and_sound_only_beyond_its_room() {
        let (lane, mut end) = Lane::new();
        let pictures = (0..limits::FRAMES).map(|_| lane.deliver(picture(false)));
        let asked = pictures.filter(|told| *told == Delivered::WantsKeyPicture).count();
        assert_eq!(asked, 1, "asked once, not for each picture that is dropped");
        assert_eq!(lane.deliver(picture(true)), Delivered::Taken, "no room, and asked already");
        for _ in 0..limits::FRAMES_FOR_SOUND + 5 {
            assert_eq!(lane.deliver(sound()), Delivered::Taken);
        }
        let mut taken = Vec::new();
        while let Ok(one) = end.frames.try_recv() {
            taken.push(one);
        }
        assert_eq!(taken.iter().filter(|one| one.kind == Kind::Audio).count(), limits::FRAMES_FOR_SOUND);
        lane.deliver(picture(false));
        assert!(end.frames.try_recv().is_err(), "pictures wait for a key picture");
        lane.deliver(picture(true));
        lane.deliver(sound());
        let after: Vec<_> = std::iter::from_fn(|| end.frames.try_recv().ok()).collect();
        assert!(after.iter().all(|one| one.frame.lost_before), "both tell that something is missing");
        assert_eq!(after.len(), 2);
    }

    #[test]
    fn a_change_of_source_is_told_with_the_first_frame_of_it_that_passes() {
        let (lane, mut end) = Lane::new();
        lane.deliver(sound());
        lane.deliver(ToBrowser::SourceChanged { kind: Kind::Audio });
        lane.deliver(picture(true));
        lane.deliver(sound());
        lane.deliver(sound());
        let fresh: Vec<_> = std::iter::from_fn(|| end.frames.try_recv().ok()).map(|one| one.fresh).collect();
        assert_eq!(fresh, [false, false, true, false]);
    }

    #[test]
    fn a_session_that_reads_no_words_is_gone() {
        let (lane, end) = Lane::new();
        for _ in 0..limits::WORDS {
            assert_eq!(lane.deliver(ToBrowser::KeyPictureWanted), Delivered::Taken);
        }
        assert_eq!(lane.deliver(ToBrowser::KeyPictureWanted), Delivered::Gone);
        assert_eq!(lane.agent(AgentNow::signed_out(acd::NotSignedIn::Unknown)), Delivered::Gone);
        drop(end);
        assert_eq!(lane.deliver(sound()), Delivered::Gone);
    }

    #[test]
    fn frames_to_the_shard_are_counted_until_it_took_them() {
        let backlog = Backlog::default();
        let mut underway: Vec<_> = (0..limits::FRAMES_TO_SHARD).filter_map(|_| backlog.enter()).collect();
        assert_eq!(underway.len(), limits::FRAMES_TO_SHARD);
        assert!(backlog.enter().is_none());
        underway.pop();
        assert!(backlog.enter().is_some());
    }
}
