//! "Did you mean": the nearest of the names that exist.

/// The known name nearest to `wrong`, if it is near enough to be meant.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let far = (wrong.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(steps, _)| *steps <= far)
        .min()
        .map(|(_, name)| name)
}

/// The suggestion for `wrong`: the nearest name, else all of them while they are few.
pub(crate) fn suggest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(name) = nearest(wrong, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    (!known.is_empty() && known.len() <= 12).then(|| format!("there is: {}", known.join(", ")))
}

/// Levenshtein distance in characters, with letters of either case alike; a swap of neighbours counts
/// as one, for it is the commonest slip.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_insertions_replacements_and_swaps_as_one() {
        assert_eq!(distance("balance", "blance"), 1);
        assert_eq!(distance("balance", "balence"), 1);
        assert_eq!(distance("agent", "agnet"), 1);
        assert_eq!(distance("Agent", "agent"), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("余额", "余额页"), 1);
    }

    #[test]
    fn names_only_what_could_be_meant() {
        assert_eq!(nearest("blance", ["packs", "balance", "repair"]), Some("balance"));
        assert_eq!(nearest("xyz", ["packs", "balance", "repair"]), None);
        assert_eq!(suggest("xyz", ["packs", "repair"]).as_deref(), Some("there is: packs, repair"));
        assert_eq!(suggest("xyz", []), None);
    }
}
