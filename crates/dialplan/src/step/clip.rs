//! `clip`: plays a clip that the caller winds by keys, as on a recorder.
//!
//! The keys do nothing else; without a word from the caller the clip plays to its end.

use std::time::Duration;

use super::menu::read_key;
use super::{Cue, Field, Kind, Next, Outcome, Step};
use crate::check::Checker;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;
use crate::{Presentation, Presentations, Wind, limits};

pub(super) static KIND: Kind = Kind {
    name: "clip",
    docs: "Plays a clip that the caller can stop, wind and hear again by keys.",
    fields: &[&[
        Field { name: "clip", docs: "clip of `media/clips`" },
        Field {
            name: "keys",
            docs: "other keys than `{ pause: \"5\", back: \"4\", forward: \"6\", replay: \"0\", end: \"#\" }`",
        },
        Field { name: "step", docs: "how far `back` and `forward` go, `10s` by default" },
    ]],
    outcomes: &[Outcome { name: "done", docs: "played to its end, or ended by a key", waits: true }],
    example: "clip:
  clip: welcome.mp4
  keys: { end: \"*\" }
  next: main",
    read,
};

#[derive(Debug)]
struct Clip {
    clip: Word,
    keys: [(Button, char); BUTTONS.len()],
    step: Duration,
    exits: Exits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Button {
    Pause,
    Back,
    Forward,
    Replay,
    End,
}

/// The buttons with their words and usual keys.
const BUTTONS: [(&str, Button, char); 5] = [
    ("pause", Button::Pause, '5'),
    ("back", Button::Back, '4'),
    ("forward", Button::Forward, '6'),
    ("replay", Button::Replay, '0'),
    ("end", Button::End, '#'),
];

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let clip = fields.need(reader, "clip").and_then(|tree| reader.word("`clip`", tree));
    let keys = read_keys(reader, fields);
    let step = fields.get("step").and_then(|tree| read_step(reader, tree));
    let exits = Exits::read(reader, "a clip", fields, KIND.outcomes);
    Some(Box::new(Clip { clip: clip?, keys, step: step.unwrap_or(limits::WIND), exits }))
}

fn read_step(reader: &mut Reader, tree: &crate::yaml::Tree) -> Option<Duration> {
    let step = reader.duration("`step`", tree)?;
    if step < limits::WIND_MIN {
        let message = format!("`step` is at least {}s", limits::WIND_MIN.as_secs());
        let finding = Finding::error("invalid-duration", tree.span, message, "too short");
        reader.note(finding.help("a clip can be entered every few seconds only"));
        return None;
    }
    Some(step)
}

fn read_keys(reader: &mut Reader, fields: &Fields<'_>) -> [(Button, char); BUTTONS.len()] {
    let mut keys = BUTTONS.map(|(_, button, key)| (button, key));
    let known = BUTTONS.map(|(name, ..)| name);
    let given = fields.entry("keys").and_then(|(key, tree)| reader.fields("`keys`", key.span, tree, &known));
    let Some(given) = given else { return keys };
    for ((name, ..), (_, key)) in BUTTONS.iter().zip(&mut keys) {
        let word = given.get(name).and_then(|tree| reader.word(&format!("`{name}`"), tree));
        *key = word.and_then(|word| read_key(reader, &word)).unwrap_or(*key);
    }
    for (at, (_, key)) in keys.iter().enumerate() {
        if let Some(first) = keys[..at].iter().position(|(_, other)| other == key) {
            let names = (BUTTONS[first].0, BUTTONS[at].0);
            let message = format!("the key `{key}` is `{}` and `{}`", names.0, names.1);
            let finding = Finding::error("duplicate-key", given.span(), message, "one key for both");
            reader.note(finding.help(format!("give `{}` another key", names.1)));
        }
    }
    keys
}

impl Clip {
    fn presentation(&self) -> Presentation {
        Presentation { clip: Some(self.clip.value.clone()), ..Presentation::default() }
    }

    /// What a key does; none ends the clip.
    fn wind(&self, button: Button) -> Option<Wind> {
        match button {
            Button::Pause => Some(Wind::Pause),
            Button::Back => Some(Wind::Back(self.step)),
            Button::Forward => Some(Wind::Forward(self.step)),
            Button::Replay => Some(Wind::Replay),
            Button::End => None,
        }
    }
}

impl Step for Clip {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn check(&self, checker: &mut Checker<'_>) {
        checker.clip(&self.clip);
    }

    fn prompt(&self, _: &Telling<'_>) -> Option<Presentation> {
        Some(self.presentation())
    }

    fn presentations(&self, _: &Telling<'_>, _: &Queues, all: &mut Presentations) {
        all.add(self.presentation());
    }

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        let telling = stage.telling();
        stage.play(self.presentation(), telling);
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Key(key) => {
                let Some((button, _)) = self.keys.iter().find(|(_, own)| *own == key) else {
                    return Next::Wait;
                };
                stage.attended();
                match self.wind(*button) {
                    Some(wind) => stage.wind(wind),
                    None => return Next::Outcome("done"),
                }
                Next::Wait
            }
            Cue::PlayEnded => Next::Outcome("done"),
            Cue::Queue(_)
            | Cue::Echoed
            | Cue::Time
            | Cue::Transferred(_)
            | Cue::Answered(_)
            | Cue::Notified(_) => Next::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, seeing};

    #[test]
    fn keys_wind_and_only_the_last_one_ends_it() {
        let nodes = "  main: { clip: { clip: clip.mp4, next: bye } }\n";
        check(nodes, seeing(), "12356", "main (clip.mp4) |pause| |forward 10s|");
        check(nodes, seeing(), "540.", "main (clip.mp4) |pause| |back 10s| |replay| bye END");
        check(nodes, seeing(), "6#", "main (clip.mp4) |forward 10s| bye END");
    }

    #[test]
    fn keys_and_steps_can_be_others() {
        let nodes = "  main: { clip: { clip: clip.mp4, keys: { end: \"*\", replay: \"1\" }, step: 30s, next: bye } }\n";
        check(nodes, seeing(), "0#16*", "main (clip.mp4) |replay| |forward 30s| bye END");
    }

    #[test]
    fn whoever_stops_it_and_goes_away_does_not_stay_for_ever() {
        let nodes = "  main: { clip: { clip: clip.mp4, next: bye } }\n";
        check(nodes, seeing(), "5~", "main (clip.mp4) |pause| bye END");
    }
}
