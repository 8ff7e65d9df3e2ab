//! How long what is said takes, as far as can be told without hearing it.

use std::time::Duration;

use crate::Presentation;

/// A hanzi at the pace of a hotline's voice, some 270 a minute.
const HANZI: Duration = Duration::from_millis(220);
/// Any other character, some 160 words a minute.
const LETTER: Duration = Duration::from_millis(65);
/// The pause behind a text.
const PAUSE: Duration = Duration::from_millis(300);
/// A clip, whose file is not looked at.
const CLIP: Duration = Duration::from_secs(10);

/// An estimate of the time until `PlayEnded`; none when it is looped and never ends.
#[must_use]
pub fn length(presentation: &Presentation) -> Option<Duration> {
    if presentation.looped {
        return None;
    }
    let spoken: Duration = presentation.speech.iter().map(|utterance| said(&utterance.text)).sum();
    let clip = if presentation.clip.is_some() { CLIP } else { Duration::ZERO };
    Some(spoken + clip)
}

fn said(text: &str) -> Duration {
    let of = |c: char| if ('\u{3400}'..='\u{9FFF}').contains(&c) { HANZI } else { LETTER };
    text.chars().map(of).sum::<Duration>() + PAUSE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Utterance;

    #[test]
    fn what_is_longer_takes_longer_and_music_never_ends() {
        let say = |text: &str| Presentation {
            speech: vec![Utterance { name: None, text: text.to_owned(), language: "zh-CN".to_owned() }],
            ..Presentation::default()
        };
        assert_eq!(length(&Presentation::default()), Some(Duration::ZERO));
        assert_eq!(length(&say("余额")), Some(HANZI * 2 + PAUSE));
        assert!(length(&say("your balance")) < length(&say("your balance is two yuan")));
        assert_eq!(length(&Presentation { looped: true, ..say("余额") }), None);
    }
}
