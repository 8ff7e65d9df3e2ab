//! A clip that the subscriber winds by keys: sound and pictures are entered at the same position and stay together.
//!
//! Pictures can be entered at a key picture only, so sound is entered there, too. While a clip is stopped nothing is sent:
//! the last picture stays on the screen, and the time stamps behind it go on by the time that has passed.

use std::time::Duration;

use dialplan::Wind;
use media::Now;

use crate::call::Call;
use crate::leg::CALLER;
use crate::playout::Playout;
use crate::stream::{Source, Stream};

impl Call {
    /// Winds what is played, if it has begun and has an end.
    pub(crate) fn wind(&mut self, now: Now, wind: Wind) {
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.id == CALLER) else { return };
        // Pictures first: they say where the clip can be entered.
        let mut streams: Vec<&mut Stream> = leg.video.iter_mut().chain(&mut leg.audio).collect();
        let Some(clip) = streams.iter_mut().find_map(|stream| stream.clip()) else { return };
        let stopped = clip.is_stopped();
        let from = clip.position(now.mono);
        let to = match wind {
            Wind::Pause => from,
            Wind::Back(step) => clip.entry(from, from.saturating_sub(step)),
            Wind::Forward(step) => clip.entry(from, from + step),
            Wind::Replay => clip.entry(from, Duration::ZERO),
        };
        for stream in streams {
            match wind {
                Wind::Pause if stopped => stream.rewind(now, |clip| clip.go_on(now.mono)),
                Wind::Pause => stream.clip().into_iter().for_each(|clip| clip.stop(now.mono)),
                Wind::Back(_) | Wind::Forward(_) | Wind::Replay => {
                    stream.rewind(now, |clip| clip.go_to(now.mono, to));
                }
            }
        }
    }
}

impl Stream {
    /// What can be wound: a prompt with an end that has not been reached.
    fn clip(&mut self) -> Option<&mut Playout> {
        match &mut self.source {
            Source::Prompt(playout) if !playout.ended() && !playout.loops() => Some(playout),
            Source::Prompt(_)
            | Source::Silence
            | Source::Mix { .. }
            | Source::Still(_)
            | Source::Drawn { .. }
            | Source::Leg { .. } => None,
        }
    }

    /// A clip whose sound is over stands still, until another picture takes its turn.
    pub(crate) fn freeze(&mut self, now: Now) {
        if let Some(clip) = self.clip() {
            clip.freeze(now.mono);
        }
    }

    /// Does something to the clip, which is on another time line from then on.
    fn rewind(&mut self, now: Now, change: impl FnOnce(&mut Playout)) {
        if let Some(clip) = self.clip() {
            change(clip);
            self.carrier.source_changed();
            self.play_due(now);
        }
    }
}
