//! Reads Rust source as far as the house rules need: code without its comments and literals, and where
//! the tests of a file begin. No parser: a scanner over characters.

/// `text` with comments, string and character literals blanked out; lines stay where they are.
pub(crate) fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        match literal_or_comment(rest, code.chars().next_back()) {
            Some(len) => {
                code.extend(rest[..len].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
                rest = &rest[len..];
            }
            None => {
                let mut chars = rest.chars();
                code.extend(chars.next());
                rest = chars.as_str();
            }
        }
    }
    code
}

/// The octets of the comment or literal that `rest` starts with.
fn literal_or_comment(rest: &str, before: Option<char>) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    if rest.starts_with('"') {
        return Some(string(rest));
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    // `r"`, `r#"`, and with `b` or `c` in front, unless that letter ends a longer name.
    if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return raw_string(rest);
    }
    None
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let tail = &rest.as_bytes()[at..];
        match tail {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character literal, not a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        let (at, _) = chars.skip(1).find(|(_, c)| *c == '\'')?;
        return Some(at + 1);
    }
    let (at, second) = chars.next()?;
    (second == '\'').then_some(at + 1)
}

fn raw_string(rest: &str) -> Option<usize> {
    let after =
        rest.strip_prefix("br").or_else(|| rest.strip_prefix("cr")).or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - body.len();
    Some(body.find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

/// Number of lines before the file's test module (`#[cfg(test)]`, then `mod NAME {`), or all.
pub(crate) fn lines_before_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let is_test_module = |at: usize| {
        let mut after = lines[at + 1..].iter().skip_while(|line| line.starts_with("#["));
        after.next().is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    };
    let starts = |at: &usize| lines[*at] == "#[cfg(test)]" && is_test_module(*at);
    (0..lines.len()).find(starts).unwrap_or(lines.len())
}

/// Does `code` hold `word` with no letter, digit or underscore at either side?
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(in_name)
            && !code[at + word.len()..].chars().next().is_some_and(in_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, gone: &[&str], kept: &[&str]) {
        let code = code_only(text);
        assert_eq!(code.lines().count(), text.lines().count(), "{code}");
        gone.iter().for_each(|word| assert!(!code.contains(word), "{word} is left in: {code}"));
        kept.iter().for_each(|word| assert!(code.contains(word), "{word} is gone from: {code}"));
    }

    #[test]
    fn comments_go() {
        check("a // unsafe\nb", &["unsafe"], &["a", "b"]);
        check("a /* x /* y */ unsafe */ b", &["unsafe", "x", "y"], &["a", "b"]);
        check("a // to the end", &["end"], &["a"]);
    }

    #[test]
    fn literals_go_and_lifetimes_stay() {
        check(r#"f("unsafe \" still") + b"#, &["unsafe", "still"], &["f(", ") + b"]);
        check("f(r#\"a \" unsafe\"#) + b", &["unsafe"], &["f(", ") + b"]);
        check(r#"x = br"unsafe\"; unsafe2"#, &["unsafe\\"], &["unsafe2"]);
        check(
            r"match c { '\'' => 1, '\u{41}' => 2, '/' => 3, '中' => 4 } fn f<'a>(x: &'a str)",
            &["41", "中"],
            &["=> 4", "<'a>", "&'a str"],
        );
        check("\"line\nunsafe\nend\" tail", &["unsafe"], &["tail"]);
        check("var\"unsafe\"", &["unsafe"], &["var"]);
    }

    #[test]
    fn the_test_module_ends_the_count_and_a_test_item_does_not() {
        let text =
            "//! x\n#[cfg(test)]\nmod support;\nfn a() {}\n#[cfg(test)]\n#[expect(x)]\nmod tests {\n}\n";
        assert_eq!(lines_before_tests(text), 4);
        assert_eq!(lines_before_tests("a\nb\n"), 2);
        assert_eq!(lines_before_tests("#[cfg(test)]"), 1);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("unsafe { x }", "unsafe"));
        assert!(!has_word("unsafe_code; not_unsafe", "unsafe"));
        assert!(has_word("rustix::net", "rustix"));
    }
}
