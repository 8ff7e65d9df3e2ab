//! Regions of the documents that code writes: the layer table, the table of dialplan steps, the weight of slides. A region
//! stands between `<!-- generated: NAME -->` and `<!-- /generated -->`, and is never edited by hand.

use std::fs;
use std::process::{Command, ExitCode};

use crate::{Error, process, tidy, workspace};

/// Where a region stands, and who writes it.
struct Region {
    file: &'static str,
    name: &'static str,
    write: fn() -> Result<String, Error>,
    /// Other codec libraries or fonts write other figures, so that nobody is told that it is stale.
    varies: bool,
}

const REGIONS: &[Region] = &[
    Region { file: "ARCHITECTURE.md", name: "layers", write: || Ok(tidy::table()), varies: false },
    Region { file: "dialplans/README.md", name: "steps", write: || from_vireo("steps"), varies: false },
    Region { file: "README.md", name: "slides", write: || from_vireo("slides"), varies: true },
];

const END: &str = "<!-- /generated -->";

/// `cargo xtask docs [--check]`: writes all regions, or says which are stale.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Error> {
    let check = match arguments {
        [] => false,
        [word] if word == "--check" => true,
        _ => return Err("usage: cargo xtask docs [--check]".into()),
    };
    process::run(&mut process::cargo(&["build", "--package", "vireo"]))?;
    let stale = stale(|region| !check || !region.varies)?;
    for (region, text) in &stale {
        if check {
            println!("{}: region `{}` is stale; run `cargo xtask docs`", region.file, region.name);
        } else {
            println!("{}: region `{}` written", region.file, region.name);
            fs::write(workspace::root().join(region.file), text)?;
        }
    }
    Ok(if check && !stale.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Lines naming the stale regions; for the test run, which has built the binary.
pub(crate) fn stale_lines() -> Result<Vec<String>, Error> {
    Ok(stale(|region| !region.varies)?
        .iter()
        .map(|(region, _)| format!("{}: region `{}`", region.file, region.name))
        .collect())
}

/// The wanted regions that differ from what is written now, with the file's text as it should be.
fn stale(wanted: impl Fn(&Region) -> bool) -> Result<Vec<(&'static Region, String)>, Error> {
    let mut all = Vec::new();
    for region in REGIONS.iter().filter(|region| wanted(region)) {
        let path = workspace::root().join(region.file);
        let text =
            fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", region.file))?;
        let fresh = with_region(&text, region.name, &(region.write)()?)
            .ok_or_else(|| format!("{} has no generated region `{}`", region.file, region.name))?;
        if fresh != text {
            all.push((region, fresh));
        }
    }
    Ok(all)
}

fn from_vireo(what: &str) -> Result<String, Error> {
    let vireo = workspace::vireo();
    let output = Command::new(&vireo)
        .args(["docs", what])
        .arg(workspace::root())
        .output()
        .map_err(|error| format!("cannot start {}: {error}", vireo.display()))?;
    if !output.status.success() {
        return Err(format!("`vireo docs {what}`: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The text inside region `name`, without its marks.
pub(crate) fn region<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("<!-- generated: {name} -->\n"))?;
    after.split_once(END).map(|(inside, _)| inside)
}

/// `text` with the inside of region `name` replaced.
pub(crate) fn with_region(text: &str, name: &str, fresh: &str) -> Option<String> {
    let inside = region(text, name)?;
    let start = inside.as_ptr().addr() - text.as_ptr().addr();
    let newline = if fresh.ends_with('\n') { "" } else { "\n" };
    Some(format!("{}{fresh}{newline}{}", &text[..start], &text[start + inside.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a\n<!-- generated: one -->\nold\n<!-- /generated -->\nb\n<!-- generated: two -->\n<!-- /generated -->\n";

    #[test]
    fn only_the_named_region_changes() {
        let written = with_region(TEXT, "two", "new").expect("it is there");
        assert_eq!(written, TEXT.replace("two -->\n", "two -->\nnew\n"));
        assert_eq!(
            with_region(&written, "two", "new\n").as_deref(),
            Some(&*written),
            "writing again changes nothing"
        );
        assert_eq!(region(&written, "one"), Some("old\n"));
    }

    #[test]
    fn a_missing_or_open_region_is_none() {
        assert_eq!(region(TEXT, "three"), None);
        assert_eq!(region("<!-- generated: one -->\nno end", "one"), None);
    }
}
