//! Reads Rust source as far as the house rules need: code without its comments and literals, and which
//! lines of a file are tests. No parser: a scanner over characters.

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

/// For each line of `text`, whether it belongs to a test module: `#[cfg(test)]` and `mod NAME {` at the
/// left edge, down to the `}` at the left edge.
pub(crate) fn test_lines(text: &str) -> Vec<bool> {
    let code = code_only(text);
    let lines: Vec<&str> = code.lines().map(str::trim_end).collect();
    let is_module = |at: usize| {
        let mut after = lines[at + 1..].iter().skip_while(|line| line.starts_with("#["));
        after
            .next()
            .is_some_and(|line| has_word(line, "mod") && !line.starts_with(' ') && line.ends_with('{'))
    };
    let mut inside = false;
    let mut marks = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        inside |= *line == "#[cfg(test)]" && is_module(at);
        marks.push(inside);
        inside &= *line != "}";
    }
    marks
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
    fn test_modules_are_told_from_test_items_and_end_where_they_end() {
        let text = "//! x\n#[cfg(test)]\nmod support;\n#[cfg(test)]\npub(crate) mod testing {\n    fn b() {\n    }\n}\n\
                    fn a() {}\n#[cfg(test)]\n#[expect(x)]\nmod tests {\n    \"\n}\n\";\n}\n";
        let tests: Vec<usize> =
            (1..).zip(test_lines(text)).filter(|(_, test)| *test).map(|(line, _)| line).collect();
        assert_eq!(tests, [4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16]);
        assert_eq!(test_lines("#[cfg(test)]"), [false]);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("unsafe { x }", "unsafe"));
        assert!(!has_word("unsafe_code; not_unsafe", "unsafe"));
        assert!(has_word("rustix::net", "rustix"));
    }
}
