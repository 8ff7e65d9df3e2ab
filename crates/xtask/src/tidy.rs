//! The house rules that no compiler checks. Each rule is a function from what it reads to problems, so
//! each can be shown a breach in its tests; [`check`] applies all of them to a checkout.

mod crates;
mod files;
mod layers;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use layers::{LAYERS, Layer, table};

/// One breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, from the project's root.
    pub file: String,
    /// The line, from 1; none for the file as a whole.
    pub line: Option<usize>,
    /// What is wrong, and where it is not plain, what to do.
    pub what: String,
}

impl Problem {
    fn of_file(file: &str, what: impl Into<String>) -> Problem {
        Problem { file: file.into(), line: None, what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// A text file of the project.
#[derive(Clone, Debug)]
struct File {
    /// From the project's root, with `/`.
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Files that hold tests, or what tests share, and nothing else.
    fn is_test(&self) -> bool {
        self.path.contains("/tests/")
            || ["/tests.rs", "/testing.rs"].iter().any(|name| self.path.ends_with(name))
    }

    /// `sip` for everything below `crates/sip`.
    fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split_once('/').map(|(name, _)| name)
    }
}

/// Applies every rule to the checkout at `root`.
///
/// # Errors
/// When a file cannot be read.
pub fn check(root: &Path) -> io::Result<Vec<Problem>> {
    let all = read(root)?;
    let mut problems: Vec<Problem> = all.iter().flat_map(files::check).collect();
    problems.extend(layers::check(&all));
    problems.extend(crates::check(&all));
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(problems)
}

/// What is written by people and read by machines; pictures and sounds are not text.
const EXTENSIONS: &[&str] = &["rs", "toml", "md", "yaml", "yml", "svg", "sh", "sim", "xml", "csv", "txt"];

/// Text files without an extension.
const NAMES: &[&str] = &["run", "cc"];

fn read(root: &Path) -> io::Result<Vec<File>> {
    let mut all = Vec::new();
    let mut dirs = vec![PathBuf::new()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(root.join(&dir))? {
            let entry = entry?;
            let path = dir.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() && !is_foreign(&path) {
                dirs.push(path);
            } else if kind.is_file() && is_text(&path) {
                let text = fs::read_to_string(root.join(&path))?;
                all.push(File { path: path.to_string_lossy().into_owned(), text });
            }
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(all)
}

fn is_foreign(dir: &Path) -> bool {
    dir == Path::new("target") || dir == Path::new(".git") || dir.ends_with("node_modules")
}

fn is_text(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let extension = path.extension().and_then(|extension| extension.to_str());
    NAMES.contains(&name) || extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.into() }
}
