//! What a service is compiled from, and where in it something stands.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// One file of the service folder. Its path says what it is: `texts/LANG.yaml` holds texts,
/// `queues.yaml` agents and queues, every other `*.yaml` one flow; other files are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// As the operator would write it; problems begin with it.
    pub path: String,
    /// The whole content.
    pub text: String,
}

/// The media that exist, by file name, so that a name in the dialplan can be checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// Slide templates, such as `menu.svg`.
    pub slides: BTreeSet<String>,
    /// Clips, such as `welcome.mp4`.
    pub clips: BTreeSet<String>,
    /// Recorded prompts as (language, name), such as `("zh-CN", "welcome")`. A recording that nothing
    /// in the service would ever say is a warning.
    pub prompts: BTreeSet<(String, String)>,
}

/// A place in a source file; prints as `path:line:column`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The path of the [`SourceFile`].
    pub path: Arc<str>,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// A stretch of one source file, in octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// Index into [`Sources`].
    pub(crate) file: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// A plain word of the language: the name of a node, text, slide ...
pub(crate) type Word = Spanned<String>;

/// One source as problems show it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: Arc<str>,
    pub(crate) text: Arc<str>,
}

/// All sources, by index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(pub(crate) Vec<Source>);

impl Sources {
    /// Where the octets `part` of a word's value stand; the whole word where it is not written as it is.
    pub(crate) fn part(&self, word: &Word, part: Range<usize>) -> Span {
        let span = word.span;
        let written = self.0[span.file].text.get(span.start..span.end).unwrap_or_default();
        match written.find(&word.value) {
            Some(at) if part.end <= word.value.len() => {
                Span { start: span.start + at + part.start, end: span.start + at + part.end, ..span }
            }
            Some(_) | None => span,
        }
    }

    /// Line and column of the start of `span`.
    pub(crate) fn position(&self, span: Span) -> Position {
        let source = &self.0[span.file];
        let before = source.text.get(..span.start).unwrap_or(&source.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            path: source.path.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}
