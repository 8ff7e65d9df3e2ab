//! How wide texts are in the font they will be drawn in, and how to make them fit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use resvg::usvg::{self, fontdb};

use crate::limits::WIDTHS_MAX;

/// Measures texts at a size of 1.
pub(crate) struct Measure {
    fonts: Arc<fontdb::Database>,
    /// Shared by every slide that the renderer draws, on whichever thread: the same few labels come
    /// again and again, and measuring shapes the text.
    widths: Mutex<HashMap<(String, String), f32>>,
}

/// A text with the size it is to be drawn at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fitted {
    pub(crate) text: String,
    pub(crate) size: f32,
}

/// Paragraphs broken into lines, with the size they are to be drawn at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    pub(crate) lines: Vec<String>,
    pub(crate) size: f32,
    /// Whether some of the text is lacking.
    pub(crate) cut: bool,
}

/// The box a block of text goes into, in view units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) size_max: f32,
    pub(crate) size_min: f32,
}

/// Distance of lines in sizes.
pub(crate) const LEADING: f32 = 1.3;

const ELLIPSIS: char = '…';

impl Measure {
    pub(crate) fn new(fonts: Arc<fontdb::Database>) -> Self {
        Measure { fonts, widths: Mutex::default() }
    }

    /// Width of `text` in `family` at size 1, bold.
    pub(crate) fn width(&self, family: &str, text: &str) -> f32 {
        let key = (family.to_owned(), text.to_owned());
        let mut widths = self.widths.lock().unwrap_or_else(PoisonError::into_inner);
        if widths.len() >= WIDTHS_MAX {
            widths.clear();
        }
        *widths.entry(key).or_insert_with(|| self.shape(family, text))
    }

    fn shape(&self, family: &str, text: &str) -> f32 {
        // Large, so that hinting or rounding cannot matter; visible marks on both sides, because
        // spaces at an end would not count.
        const SIZE: f32 = 100.0;
        let framed = |inner: &str| self.box_width(family, &format!("|{inner}|"), SIZE);
        ((framed(text) - framed("")) / SIZE).max(0.0)
    }

    fn box_width(&self, family: &str, text: &str, size: f32) -> f32 {
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text xml:space='preserve' \
             font-family='{}' font-weight='bold' font-size='{size}'>{}</text></svg>",
            escaped(family),
            escaped(text)
        );
        let options = usvg::Options { fontdb: self.fonts.clone(), ..usvg::Options::default() };
        let Ok(tree) = usvg::Tree::from_str(&svg, &options) else { return 0.0 };
        match tree.root().children().first() {
            Some(node) => node.bounding_box().width(),
            None => 0.0,
        }
    }

    /// `text` in one line of `width`: at `size_max` if it fits, else smaller, but not below `size_min`,
    /// where its end is replaced by an ellipsis.
    pub(crate) fn fit(&self, family: &str, text: &str, width: f32, size_max: f32, size_min: f32) -> Fitted {
        let natural = self.width(family, text);
        let size = if natural * size_max <= width { size_max } else { (width / natural).max(size_min) };
        // Half units: sizes in between make neighbouring rows look uneven.
        let size = ((size * 2.0).floor() / 2.0).clamp(size_min.min(size_max), size_max);
        Fitted { text: self.shortened(family, text, width / size), size }
    }

    /// `text`, or as much of it as fits with an ellipsis into `width` at size 1.
    fn shortened(&self, family: &str, text: &str, width: f32) -> String {
        if self.width(family, text) <= width {
            return text.to_owned();
        }
        let chars: Vec<char> = text.chars().collect();
        let candidate = |count: usize| -> String {
            let kept: String = chars[..count].iter().collect();
            format!("{}{ELLIPSIS}", kept.trim_end())
        };
        let (mut low, mut high) = (0, chars.len().saturating_sub(1));
        while low < high {
            let middle = (low + high).div_ceil(2);
            if self.width(family, &candidate(middle)) <= width {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        candidate(low)
    }

    /// Paragraphs in a box: the largest size at which all lines fit, in steps of one unit; at the
    /// smallest the last line that has room ends in an ellipsis.
    pub(crate) fn block(&self, family: &str, paragraphs: &[String], bounds: Bounds) -> Block {
        let mut size = bounds.size_max;
        loop {
            let lines = self.wrapped(family, paragraphs, bounds.width / size);
            // The last line needs no leading below it.
            let room = ((bounds.height / size - 1.0) / LEADING).floor().max(0.0) as usize + 1;
            if lines.len() <= room {
                let cut = lines.iter().any(|line| line.ends_with(ELLIPSIS))
                    && !paragraphs.iter().any(|paragraph| paragraph.contains(ELLIPSIS));
                return Block { lines, size, cut };
            }
            if size <= bounds.size_min {
                let lines = self.cut(family, lines, room, bounds.width / size);
                return Block { lines, size, cut: true };
            }
            size = (size - 1.0).max(bounds.size_min);
        }
    }

    fn cut(&self, family: &str, mut lines: Vec<String>, room: usize, width: f32) -> Vec<String> {
        lines.truncate(room);
        if let Some(last) = lines.last_mut() {
            *last = self.shortened(family, &format!("{last}{ELLIPSIS}"), width);
        }
        lines
    }

    fn wrapped(&self, family: &str, paragraphs: &[String], width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in paragraphs {
            let mut line = String::new();
            for token in tokens(paragraph) {
                let longer = format!("{line}{token}");
                if line.is_empty() || self.width(family, longer.trim_end()) <= width {
                    line = longer;
                } else {
                    lines.push(std::mem::replace(&mut line, token.trim_start().to_owned()));
                }
            }
            lines.push(line);
        }
        for line in &mut lines {
            // A single word wider than the box.
            *line = self.shortened(family, line.trim(), width.max(1.0) + 1.0);
        }
        lines
    }
}

/// Where a line may be broken: after a space, and around each character of East Asian scripts but
/// before punctuation.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut joins = false;
    for c in text.chars() {
        match tokens.last_mut() {
            Some(last) if never_first(c) || (joins && !is_wide(c)) => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        joins = !is_wide(c) && !c.is_whitespace();
    }
    tokens
}

/// Scripts without spaces between words: CJK and its punctuation, kana, hangul, full-width forms.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0xFE30..=0xFE4F
        | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
}

/// Punctuation that must not start a line (GB/T 15834): it goes with the character before it.
fn never_first(c: char) -> bool {
    "，。、；：？！）》」』”’…,.;:?!)%".contains(c)
}

pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_hanzi_and_after_spaces_only() {
        assert_eq!(tokens("查10GB ok包，好。"), ["查", "10GB ", "ok", "包，", "好。"]);
    }

    #[test]
    fn markup_in_a_text_is_escaped() {
        assert_eq!(escaped("<a b='&'>"), "&lt;a b=&#39;&amp;&#39;&gt;");
    }
}
