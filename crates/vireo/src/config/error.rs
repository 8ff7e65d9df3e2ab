//! Mistakes in a configuration file, as an editor or a person can jump to them.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file says something wrong.
    #[error("{0}")]
    Mistake(Box<Mistake>),
}

/// One mistake with its place.
#[derive(Debug)]
pub(crate) struct Mistake {
    file: String,
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
    /// The whole line.
    quoted: String,
    what: String,
    help: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mistake { file, line, column, quoted, what, help } = self;
        writeln!(f, "{file}:{line}:{column}: {what}")?;
        writeln!(f, "    {quoted}")?;
        write!(f, "    {:width$}^", "", width = column - 1)?;
        help.iter().try_for_each(|help| write!(f, "\n  help: {help}"))
    }
}

impl ConfigError {
    /// A mistake at octet `offset` of `text`.
    pub(super) fn mistake(file: &str, text: &str, offset: usize, what: String, help: Option<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let quoted = text[start..].lines().next().unwrap_or_default().to_owned();
        ConfigError::Mistake(Box::new(Mistake {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            quoted,
            what,
            help,
        }))
    }

    /// What the TOML reader found; unknown names get a suggestion.
    pub(super) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let offset = error.span().map_or(0, |span| span.start);
        // Its second line repeats what the first expects.
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        match unknown_name(&message) {
            Some((name, known)) => {
                let help = suggestion(name, &known);
                Self::mistake(file, text, offset, format!("unknown setting `{name}`"), Some(help))
            }
            None => Self::mistake(file, text, offset, message, None),
        }
    }
}

/// The unknown name and those that were expected, out of serde's
/// "unknown field `a`, expected one of `b`, `c`".
fn unknown_name(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut names = rest.split('`').skip(1).step_by(2);
    Some((names.next()?, names.collect()))
}

fn suggestion(name: &str, known: &[&str]) -> String {
    let near = known.iter().map(|other| (distance(name, other), other)).min();
    match near {
        // Up to a third of the letters wrong is a slip, more is another word.
        Some((distance, other)) if distance * 3 <= name.chars().count() => {
            format!("did you mean `{other}`?")
        }
        _ => format!(
            "known here: {}",
            known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// Letters to insert, remove, replace or swap with their neighbour until `a` reads `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_near() {
        for (a, b, letters) in [
            ("", "", 0),
            ("ports", "ports", 0),
            ("prots", "ports", 1),
            ("port", "ports", 1),
            ("abc", "xyz", 3),
        ] {
            assert_eq!(distance(a, b), letters, "{a} {b}");
        }
    }

    #[test]
    fn another_word_gets_the_list() {
        assert_eq!(suggestion("adress", &["ports", "address"]), "did you mean `address`?");
        assert_eq!(suggestion("colour", &["ports", "address"]), "known here: `ports`, `address`");
    }

    #[test]
    fn names_are_read_from_serdes_words() {
        assert_eq!(unknown_name("unknown field `a`, expected `b` or `c`"), Some(("a", vec!["b", "c"])));
        assert_eq!(
            unknown_name("unknown field `a`, expected one of `b`, `c`, `d`"),
            Some(("a", vec!["b", "c", "d"]))
        );
        assert_eq!(unknown_name("missing field `a`"), None);
    }
}
