//! What a caller sees and hears, as lines of a terminal.
//!
//! Widths count in columns, of which a hanzi takes two. Without a terminal nothing depends on the machine.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use console::{Alignment, Style, Term, measure_text_width, pad_str, truncate_str};
use dialplan::simulate::{Act, Awaits, Moment, Walk, What, outcome_name};
use dialplan::{Facts, Flow, Presentation, Row, Slide};
use media::{Asset, Size};

use super::keyboard::{IN_QUEUE, IN_TRANSFER};
use super::picture::half_blocks;
use crate::cli::render;

/// How slides are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Look {
    /// Drawn where the terminal has 24-bit colours, else as text.
    Auto,
    /// Drawn, with the text beside.
    Drawn,
    /// As text.
    Text,
}

/// Columns before what belongs to a moment; the time stands there.
const MARGIN: usize = 10;
/// Columns where nobody says how many there are.
const COLUMNS: usize = 100;
/// Fewer columns than this are not laid out for.
const COLUMNS_MIN: usize = 40;
/// Columns of a drawn slide at most: each is two pixels of 176.
const PICTURE_COLUMNS: usize = 88;
/// Columns that text needs to stand beside a picture.
const BESIDE_COLUMNS: usize = 34;

/// Lines kept for what stands above and below a picture.
const LINES_AROUND: usize = 6;

/// Where a walk is printed.
pub(super) struct Screen<W> {
    out: W,
    columns: usize,
    /// Lines that are seen at once, where that is known.
    lines: usize,
    drawing: Option<Drawing>,
    /// Whether a line of keys waits to be overwritten.
    prompted: bool,
}

/// What slides are drawn with.
struct Drawing {
    renderer: slides::Renderer,
    folder: PathBuf,
}

fn dim() -> Style {
    Style::new().dim()
}

impl<W: Write> Screen<W> {
    /// A screen of the width that standard output has; slides lie in `media`.
    ///
    /// # Errors
    /// When slides shall be drawn and the font for them is not there.
    pub(super) fn new(out: W, look: Look, media: &Path) -> anyhow::Result<Self> {
        let terminal = Term::stdout();
        let (lines, columns) = terminal
            .size_checked()
            .map_or((usize::MAX, COLUMNS), |(lines, columns)| (usize::from(lines), usize::from(columns)));
        let able = io::stdout().is_terminal() && console::true_colors_enabled();
        let folder = media.join("slides");
        let drawing = match look {
            Look::Text => None,
            Look::Auto if !able => None,
            // A machine without the font shows text instead.
            Look::Auto => render::renderer().ok().map(|renderer| Drawing { renderer, folder }),
            Look::Drawn => Some(Drawing { renderer: render::renderer()?, folder }),
        };
        Ok(Self { out, columns: columns.max(COLUMNS_MIN), lines, drawing, prompted: false })
    }

    /// Who calls what.
    pub(super) fn opening(&mut self, flow: &Flow, facts: &Facts) -> io::Result<()> {
        let caller = facts.caller.as_deref().unwrap_or("a withheld number");
        let called = if facts.called.is_empty() { String::new() } else { format!(" ({})", facts.called) };
        let sight = if facts.has_video { "" } else { ", without video" };
        writeln!(self.out, "{caller} calls {}{called}{sight}", Style::new().bold().apply_to(flow.name()))
    }

    /// What somebody does.
    pub(super) fn act(&mut self, at: Duration, act: Act) -> io::Result<()> {
        let what = match act {
            Act::Press(key) => format!("key {key}"),
            Act::Code => "the code".to_owned(),
            Act::Listen | Act::Wait => "time passes".to_owned(),
            Act::Queue(outcome) => format!("the queue ends: {}", outcome_name(outcome)),
            Act::Transfer(outcome) => format!("the transfer ends: {}", outcome.word()),
            Act::Hangup => "the caller hangs up".to_owned(),
        };
        self.clear_prompt()?;
        writeln!(self.out)?;
        self.line(at, &Style::new().yellow().bold().apply_to(format!("▸ {what}")).to_string())
    }

    /// What comes of it.
    pub(super) fn moments(&mut self, moments: &[Moment]) -> io::Result<()> {
        moments.iter().try_for_each(|moment| self.moment(moment))
    }

    fn moment(&mut self, moment: &Moment) -> io::Result<()> {
        self.clear_prompt()?;
        match &moment.what {
            What::Entered { part, node, step, span } => {
                let name = part.as_ref().map_or_else(|| node.clone(), |part| format!("{part}/{node}"));
                let name = Style::new().cyan().bold().apply_to(name);
                writeln!(self.out)?;
                self.line(moment.at, &format!("{name} {}", dim().apply_to(format!("{step}  {span}"))))
            }
            What::Language(language) => self.note(&format!("language = {language}")),
            What::Variable { name, value } => self.note(&format!("{name} = {value}")),
            What::Transferred { to, waiting } => {
                self.note(&format!("is put through to {to}"))?;
                self.presentation(waiting)
            }
            What::Written { to, text } => self.note(&format!("writes to {to}: {text}")),
            What::Ordered(ordered) => {
                let confirmed = ordered.confirmed.iter().map(|(name, value)| format!(" {name}={value}"));
                let confirmed: String = confirmed.collect();
                self.note(&format!("orders {}{confirmed}: {}", ordered.call, ordered.outcome))
            }
            What::Rings => self.note("the phone rings, and is not going to be answered"),
            What::Declined(why) => self.note(&format!("the caller is turned away: {}", why.word())),
            What::Asked(question) => self.note(&format!("asks {}", question.told())),
            What::Shown(presentation) => self.presentation(presentation),
            What::Queued { queue, waiting, places } => {
                self.note(&format!("in the queue {queue}"))?;
                self.presentation(waiting)?;
                match places.as_ref().and_then(|places| places.slide(1)) {
                    Some(slide) => {
                        self.presentation(&Presentation { slide: Some(slide.clone()), ..Default::default() })
                    }
                    None => Ok(()),
                }
            }
            What::Wound(wind) => self.note(&format!("the clip: {wind}")),
            What::CallBack { queue, number } => {
                self.note(&format!("wants to be called back at {number} by {queue}"))
            }
            What::Doubt { span, message } => {
                let text = format!("{span}: warning: {message}");
                self.note(&Style::new().red().apply_to(text).to_string())
            }
            What::Ended => {
                writeln!(self.out)?;
                self.line(moment.at, &Style::new().bold().apply_to("the call ends").to_string())
            }
        }
    }

    /// Something that is no moment of its own.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        self.clear_prompt()?;
        for line in wrapped(text, self.columns - MARGIN) {
            writeln!(self.out, "{:MARGIN$}{line}", "")?;
        }
        Ok(())
    }

    fn line(&mut self, at: Duration, text: &str) -> io::Result<()> {
        self.clear_prompt()?;
        let time = dim().apply_to(format!("{:6.1} s", at.as_secs_f64()));
        writeln!(self.out, "{time}  {}", truncate_str(text, self.columns - MARGIN, "…"))
    }

    fn presentation(&mut self, presentation: &Presentation) -> io::Result<()> {
        let room = self.columns - MARGIN - 1;
        let below = room * 2 / 5 < BESIDE_COLUMNS;
        let columns = self.picture_columns(if below { room } else { room * 3 / 5 });
        let picture = presentation.slide.as_ref().and_then(|slide| self.drawn(slide, columns));
        let width = if below || picture.is_none() { room } else { room - columns - 2 };
        let mut text = presentation.slide.as_ref().map(|slide| boxed(slide, width)).unwrap_or_default();
        text.extend(presentation.speech.iter().flat_map(|said| wrapped(&format!("“{}”", said.text), width)));
        text.extend(presentation.clip.iter().map(|clip| {
            let again = if presentation.looped { ", again and again" } else { "" };
            dim().apply_to(format!("♪ {clip}{again}")).to_string()
        }));
        let lines = match picture {
            None => text,
            Some(picture) if below => picture.into_iter().chain(text).collect(),
            Some(picture) => side_by_side(&picture, &text, columns),
        };
        lines.iter().try_for_each(|line| writeln!(self.out, "{:MARGIN$}{line}", ""))
    }

    /// How wide a picture is, so that it and what is around it are seen at once.
    fn picture_columns(&self, room: usize) -> usize {
        let size = Size::QCIF;
        let lines = self.lines.saturating_sub(LINES_AROUND).clamp(1, usize::from(size.height));
        let of_lines = lines * 2 * usize::from(size.width) / usize::from(size.height);
        PICTURE_COLUMNS.min(room).min(of_lines)
    }

    /// The slide drawn for the smallest screens, whose letters are the largest.
    fn drawn(&self, slide: &Slide, columns: usize) -> Option<Vec<String>> {
        let drawing = self.drawing.as_ref()?;
        let Asset::Slide { template, values, language } = call::slide(slide) else { return None };
        let template = fs::read_to_string(drawing.folder.join(template)).ok()?;
        let picture = drawing.renderer.render(&template, &values, &language, Size::QCIF).ok()?;
        Some(half_blocks(&picture, columns))
    }

    /// What can be pressed now; it disappears with the next line.
    pub(super) fn prompt(&mut self, walk: &Walk) -> io::Result<()> {
        let keys = match walk.awaits() {
            Awaits::Queue(_) => choices(IN_QUEUE.map(|(letter, _, word)| (letter, word))),
            Awaits::Transfer(_) => choices(IN_TRANSFER.map(|(letter, _, word)| (letter, word))),
            Awaits::Sound(left) => format!("{} to hear   [t] hear it", seconds(left)) + KEYS,
            Awaits::Time(left) => format!("{} for a key   [t]ime passes", seconds(left)) + KEYS,
            Awaits::Nothing | Awaits::End => format!("nothing happens by itself{KEYS}"),
        };
        let keys = truncate_str(&keys, self.columns - 1, "…").into_owned();
        if io::stdout().is_terminal() {
            write!(self.out, "{}", Style::new().reverse().apply_to(keys))?;
            self.prompted = true;
        }
        self.out.flush()
    }

    fn clear_prompt(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.prompted) {
            write!(self.out, "\r\x1b[2K")?;
        }
        Ok(())
    }

    /// How it stands when nothing more is pressed.
    pub(super) fn closing(&mut self, walk: &Walk) -> io::Result<()> {
        self.clear_prompt()?;
        let node = walk.node().unwrap_or_default();
        let text = match walk.awaits() {
            Awaits::End => return Ok(()),
            Awaits::Queue(queue) => format!("the caller waits in the queue {queue}"),
            Awaits::Transfer(to) => format!("the caller is put through to {to}"),
            Awaits::Sound(left) => {
                format!("the caller is in {node}, {} before the sound is over", seconds(left))
            }
            Awaits::Time(left) => format!("the caller is in {node} and has {} for a key", seconds(left)),
            Awaits::Nothing => format!("the caller is in {node}"),
        };
        writeln!(self.out)?;
        self.line(walk.elapsed(), &text)
    }
}

/// The letters for what can become of something.
fn choices<const N: usize>(letters: [(char, &str); N]) -> String {
    let words = letters.map(|(letter, word)| match word.strip_prefix(letter) {
        Some(rest) => format!("[{letter}]{rest}"),
        None => format!("[{letter}] {word}"),
    });
    format!("{}   [h]ang up   [q]uit", words.join(" "))
}

const KEYS: &str = "   0-9 * #   [h]ang up   [q]uit";

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A slide as text in a frame.
fn boxed(slide: &Slide, room: usize) -> Vec<String> {
    let row = |row: &Row| format!("{} {}", row.key, row.label);
    let mut lines = Vec::new();
    lines.extend((!slide.title.is_empty()).then(|| Style::new().bold().apply_to(&slide.title).to_string()));
    lines.extend(slide.lines.iter().cloned());
    lines.extend(slide.rows.iter().map(row));
    lines.extend(slide.values.iter().map(|(name, text)| format!("{}: {text}", dim().apply_to(name))));
    if !slide.footer.is_empty() {
        let footer: Vec<String> = slide.footer.iter().map(row).collect();
        lines.push(dim().apply_to(footer.join("   ")).to_string());
    }
    let name = format!(" {} ", slide.template);
    let widest =
        lines.iter().map(|line| measure_text_width(line)).chain([measure_text_width(&name) + 1]).max();
    let width = widest.unwrap_or_default().min(room.saturating_sub(4));
    let edge = |text: &str, from: char, to: char| {
        let rule = "─".repeat((width + 2).saturating_sub(measure_text_width(text)));
        dim().apply_to(format!("{from}{text}{rule}{to}")).to_string()
    };
    let side = dim().apply_to("│").to_string();
    let framed = |line: &String| {
        let text = truncate_str(line, width, "…");
        format!("{side} {} {side}", pad_str(&text, width, Alignment::Left, None))
    };
    let mut framed: Vec<String> = lines.iter().map(framed).collect();
    framed.insert(0, edge(&truncate_str(&name, width + 2, "…"), '┌', '┐'));
    framed.push(edge("", '└', '┘'));
    framed
}

/// Text in lines of at most `room` columns, broken at spaces, and between hanzi, which know none.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(text) {
        let last = lines.last_mut().expect("there is one from the start on");
        if measure_text_width(last) + measure_text_width(piece.trim_end()) > room && !last.is_empty() {
            *last = last.trim_end().to_owned();
            lines.push(piece.to_owned());
        } else {
            last.push_str(piece);
        }
    }
    lines
}

/// What is not to be broken: a word with the space behind it, or one wide character.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let wide = measure_text_width(&text[at..end]) > 1;
        if wide && at > start && !text[start..at].starts_with('“') {
            pieces.push(&text[start..at]);
            start = at;
        }
        if wide || c == ' ' {
            pieces.push(&text[start..end]);
            start = end;
        }
    }
    pieces.extend((start < text.len()).then(|| &text[start..]));
    pieces
}

fn side_by_side(left: &[String], right: &[String], columns: usize) -> Vec<String> {
    let empty = String::new();
    let lines = left.len().max(right.len());
    let line = |at: usize| {
        let picture = left.get(at).cloned().unwrap_or_else(|| " ".repeat(columns));
        format!("{picture}  {}", right.get(at).unwrap_or(&empty)).trim_end().to_owned()
    };
    (0..lines).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_between_hanzi() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("您的话费余额是12.6GB", 8), ["您的话费", "余额是", "12.6GB"]);
        assert_eq!(wrapped("unbreakable", 4), ["unbreakable"]);
        assert_eq!(wrapped("", 4), [""]);
    }

    #[test]
    fn a_frame_is_straight_whatever_stands_in_it() {
        let slide = Slide {
            template: "menu.svg".to_owned(),
            title: "请按键".to_owned(),
            lines: vec!["a line that is longer than there is room for it".to_owned()],
            rows: vec![Row { key: "1".to_owned(), label: "话费余额".to_owned() }],
            ..Slide::default()
        };
        for room in [20, 30, 100] {
            let lines = boxed(&slide, room);
            let widths: Vec<usize> = lines.iter().map(|line| measure_text_width(line)).collect();
            assert!(widths.iter().all(|width| *width == widths[0] && *width <= room), "{lines:#?}");
        }
    }
}
