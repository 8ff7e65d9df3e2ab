//! Looks at the raw text for keys that YAML cannot see: an unquoted `#` begins a comment, an unquoted
//! `*` an alias, so `# : agent` as a key of a menu would silently be nothing.

use crate::problem::Finding;
use crate::source::Span;

/// Every unquoted `#` or `*` that stands where a key was meant.
pub(crate) fn unquoted_keys(file: usize, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        findings.extend(key_in(line).map(|at| finding(file, offset + at, &line[at..=at])));
        offset += line.len();
    }
    findings
}

fn finding(file: usize, start: usize, key: &str) -> Finding {
    let why = match key {
        "#" => "an unquoted # begins a comment: this line does nothing",
        _ => "an unquoted * is an alias to YAML",
    };
    Finding::error(
        "unquoted-key",
        Span { file, start, end: start + 1 },
        format!("the key `{key}` needs quotes"),
        why,
    )
    .help(format!("write `\"{key}\":`"))
}

/// Where in one line an unquoted `#` or `*` is followed by a colon and a target, at the start of the
/// line or of an entry in braces.
fn key_in(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut entry_begins = true;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '#' | '*') if entry_begins => {
                if is_entry(&line[at + 1..]) {
                    return Some(at);
                }
                if c == '#' {
                    return None;
                }
            }
            (None, '#') if line[..at].ends_with([' ', '\t']) => return None,
            (None, _) => {}
        }
        entry_begins = matches!(c, '{' | ',') || (entry_begins && c.is_whitespace());
    }
    None
}

/// Whether what follows the sign reads like `: target` and not like a sentence in a comment.
fn is_entry(rest: &str) -> bool {
    let Some(target) = rest.trim_start_matches([' ', '\t']).strip_prefix(':') else { return false };
    if !target.starts_with([' ', '\t']) {
        return false;
    }
    let target = target.trim();
    target.starts_with('{')
        || target.starts_with('$')
        || target.starts_with('"')
        || (!target.is_empty() && !target.trim_end_matches(['}', ',', ' ']).contains([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(text: &str) -> Vec<usize> {
        unquoted_keys(0, text).iter().map(|finding| finding.span().start).collect()
    }

    #[test]
    fn finds_a_key_that_is_a_comment() {
        assert_eq!(starts("footer:\n  # : $repeat\n"), [10]);
        assert_eq!(starts("  #: agent\n"), [2]);
        assert_eq!(starts("  # : { say: x, to: y }\n"), [2]);
        assert_eq!(starts("footer: { \"0\": agent, # : $repeat, \"*\": $language }\n"), [22]);
        assert_eq!(starts("footer: { \"0\": agent, *: $language }\n"), [22]);
        assert_eq!(starts("  * : $language\n"), [2]);
    }

    #[test]
    fn leaves_comments_and_quoted_keys_alone() {
        for text in [
            "# a comment\n",
            "# note: this is a comment\n",
            "# yaml-language-server: $schema=./vireo.schema.json\n",
            "\"#\": $repeat\n",
            "footer: { \"#\": $repeat, '*': $language }  # : agent\n",
            "say: \"press # : now\"\n",
            "#: see the manual\n",
            "#\n",
            "a: b # : c\n",
        ] {
            assert_eq!(starts(text), [0_usize; 0], "{text}");
        }
    }
}
