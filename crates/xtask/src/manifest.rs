//! Reads Cargo manifests as far as the house rules need: which names stand in which table. Manifests
//! here are written one entry a line, which the rules that use this would show when it fails.

/// The entries of one `[table]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table<'a> {
    /// The name between the brackets.
    pub(crate) name: &'a str,
    /// The left sides, up to the first dot: `tokio` of `tokio.workspace = true`.
    pub(crate) keys: Vec<&'a str>,
}

/// All tables of a manifest, in order.
pub(crate) fn tables(text: &str) -> Vec<Table<'_>> {
    let mut all: Vec<Table> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            all.push(Table { name: name.trim_start_matches('['), keys: Vec::new() });
        } else if let (Some(table), Some(key)) = (all.last_mut(), key(line)) {
            table.keys.push(key);
        }
    }
    all
}

/// The name an entry is about; none for comments, blank lines and the inner lines of lists.
fn key(line: &str) -> Option<&str> {
    let (left, _) = line.split_once('=')?;
    let name = left.trim().split('.').next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// Names of all tables whose name ends in `kind`, those for one target only included.
pub(crate) fn dependencies<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let fits = |table: &Table| match table.name.strip_suffix(kind) {
        Some(before) => before.is_empty() || (before.starts_with("target.") && before.ends_with('.')),
        None => false,
    };
    tables(text).into_iter().filter(fits).flat_map(|table| table.keys).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
[package]
name = "x"

[dependencies]
# a = "comment"
bytes.workspace = true
serde-saphyr = { workspace = true }

[target.'cfg(unix)'.dependencies]
rustix = "1"

[dev-dependencies]
proptest.workspace = true

[[bench]]
name = "parse"
"#;

    #[test]
    fn finds_names_by_kind_of_dependency() {
        assert_eq!(dependencies(MANIFEST, "dependencies"), ["bytes", "serde-saphyr", "rustix"]);
        assert_eq!(dependencies(MANIFEST, "dev-dependencies"), ["proptest"]);
        assert_eq!(dependencies(MANIFEST, "build-dependencies"), [""; 0]);
    }

    #[test]
    fn names_tables_of_both_forms() {
        let names: Vec<&str> = tables(MANIFEST).iter().map(|table| table.name).collect();
        assert_eq!(
            names,
            ["package", "dependencies", "target.'cfg(unix)'.dependencies", "dev-dependencies", "bench"]
        );
    }
}
