//! Octets of text in their order to [`TextEvent`]s: UTF-8, and the control codes of T.140 §8.

use std::collections::VecDeque;

use super::{LOST, TextEvent};
use crate::limits;

/// What of the text before bears on the text that follows.
#[derive(Clone, Debug, Default)]
pub(super) struct Decoder {
    /// The first octets of a character whose others are in the next block: at most three.
    begun: Vec<u8>,
    control: Control,
    /// A CR was a new line already; an LF right after it is none.
    after_cr: bool,
}

/// Where in a control sequence the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Control {
    #[default]
    None,
    /// After ESC.
    Escape,
    /// After CSI, before the final character: SGR and the like; so many characters so far.
    Sequence(u16),
    /// After SOS or its kin, before ST.
    String(u16),
}

const ESC: char = '\u{1B}';
const CSI: char = '\u{9B}';
const ST: char = '\u{9C}';

impl Decoder {
    /// Takes the next octets.
    pub(super) fn push(&mut self, octets: &[u8], out: &mut VecDeque<TextEvent>) {
        let joined = [&std::mem::take(&mut self.begun)[..], octets].concat();
        let mut rest = &joined[..];
        while let Err(error) = std::str::from_utf8(rest) {
            let (valid, bad) = rest.split_at(error.valid_up_to());
            self.text(std::str::from_utf8(valid).expect("valid up to there"), out);
            let Some(len) = error.error_len() else {
                self.begun = bad.to_vec();
                return;
            };
            self.character(LOST, out);
            rest = &bad[len..];
        }
        self.text(std::str::from_utf8(rest).expect("the loop ends with valid text"), out);
    }

    /// What comes next does not follow what was pushed: some text between is lost.
    pub(super) fn lost(&mut self, out: &mut VecDeque<TextEvent>) {
        *self = Decoder::default();
        out.push_back(TextEvent::Character(LOST));
    }

    fn text(&mut self, text: &str, out: &mut VecDeque<TextEvent>) {
        for c in text.chars() {
            self.character(c, out);
        }
    }

    fn character(&mut self, c: char, out: &mut VecDeque<TextEvent>) {
        self.control = match (self.control, c) {
            (Control::Sequence(limits::TEXT_CONTROL_MAX..), _)
            | (Control::String(limits::TEXT_CONTROL_MAX..), _)
            | (Control::None, _) => self.plain(c, out),
            (Control::Escape, '[') => Control::Sequence(0),
            (Control::Escape, 'X' | 'P' | ']' | '^' | '_') => Control::String(0),
            (Control::Escape, ' '..='/') => Control::Escape,
            // Among them INT (ESC a) and the end of a string (ESC \).
            (Control::Escape, '0'..='~') => Control::None,
            (Control::Sequence(count), ' '..='?') => Control::Sequence(count + 1),
            (Control::Sequence(_), '@'..='~') => Control::None,
            // It was none after all.
            (Control::Escape | Control::Sequence(_), _) => self.plain(c, out),
            (Control::String(_), ST) => Control::None,
            (Control::String(_), ESC) => Control::Escape,
            (Control::String(count), _) => Control::String(count + 1),
        };
        self.after_cr = c == '\r';
    }

    /// A character outside of control sequences; what begins with it.
    fn plain(&mut self, c: char, out: &mut VecDeque<TextEvent>) -> Control {
        match c {
            ESC => return Control::Escape,
            CSI => return Control::Sequence(0),
            // SOS; DCS, OSC, PM and APC of ISO 6429 §5.6 end likewise.
            '\u{98}' | '\u{90}' | '\u{9D}'..='\u{9F}' => return Control::String(0),
            '\u{8}' => out.push_back(TextEvent::Backspace),
            '\n' if self.after_cr => {}
            '\r' | '\n' | '\u{85}' | super::NEW_LINE | '\u{2029}' => out.push_back(TextEvent::NewLine),
            // Words would run together without it.
            '\t' => out.push_back(TextEvent::Character(' ')),
            '\u{FEFF}' => {}
            c if c.is_control() => {}
            c => out.push_back(TextEvent::Character(c)),
        }
        Control::None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The events of blocks: `<` erases, `/` is a new line.
    fn decoded<T: AsRef<[u8]>>(blocks: &[T]) -> String {
        let (mut decoder, mut out) = (Decoder::default(), VecDeque::new());
        blocks.iter().for_each(|block| decoder.push(block.as_ref(), &mut out));
        let shown = |event| match event {
            TextEvent::Character(c) => c,
            TextEvent::Backspace => '<',
            TextEvent::NewLine => '/',
        };
        out.into_iter().map(shown).collect()
    }

    #[test]
    fn control_codes_of_t140() {
        for (text, expected) in [
            ("\u{FEFF}Hi\u{8}ello", "Hi<ello"),
            ("a\u{2028}b\r\nc\rd\ne\r\r\n\nf", "a/b/c/d/e///f"),
            ("a\u{9B}1;31mb\u{1B}[0mc", "abc"),
            ("a\u{98}secret\r\u{8}\u{9C}b\u{1B}Xs\u{1B}\\c", "abc"),
            ("a\u{1B}ab\u{7}\u{0}\u{7F}c\td", "abc d"),
            ("a\u{1B}(Bb", "ab"),
            ("a\u{9B}\u{8}b\u{1B}\u{8}c", "a<b<c"),
            ("日本語é😀", "日本語é😀"),
        ] {
            assert_eq!(decoded(&[text]), expected, "{text:?}");
            let single: Vec<_> = text.bytes().map(|octet| [octet]).collect();
            assert_eq!(decoded(&single), expected, "octet by octet: {text:?}");
        }
    }

    #[test]
    fn a_control_string_without_end_does_not_swallow_the_talk() {
        for start in ["\u{98}", "\u{9B}"] {
            let text = format!("{start}{}after", "1".repeat(limits::TEXT_CONTROL_MAX.into()));
            assert_eq!(decoded(&[&text]), "after");
        }
    }

    #[test]
    fn octets_that_are_no_text_become_replacements() {
        assert_eq!(decoded(&[&b"a\xFFb\xC3"[..], b"c\xE2\x82", b"\xACd\xF0\x9F"]), "a\u{FFFD}b\u{FFFD}c€d");
    }

    #[test]
    fn what_was_begun_before_a_loss_is_not_ended_after_it() {
        let (mut decoder, mut out) = (Decoder::default(), VecDeque::new());
        decoder.push(b"\xE2\x82", &mut out);
        decoder.lost(&mut out);
        decoder.push(b"a\x1B[1", &mut out);
        decoder.lost(&mut out);
        decoder.push(b"2\r", &mut out);
        decoder.lost(&mut out);
        decoder.push(b"\n", &mut out);
        let character = TextEvent::Character;
        let lost = character(LOST);
        let expected =
            [lost, character('a'), lost, character('2'), TextEvent::NewLine, lost, TextEvent::NewLine];
        assert_eq!(out, expected);
    }

    proptest! {
        #[test]
        fn however_octets_are_cut_they_say_the_same(
            octets in proptest::collection::vec(any::<u8>(), 0..60), cut in 0usize..60,
        ) {
            let (a, b) = octets.split_at(cut.min(octets.len()));
            prop_assert_eq!(decoded(&[a, b]), decoded(&[&octets]));
        }
    }
}
