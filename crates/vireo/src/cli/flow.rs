//! `vireo flow`: the versions that were published.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, bail};
use similar::TextDiff;

use super::publish::{Place, switch};
use crate::service;
use crate::versions::{Version, Versions};

/// See what was published, what differs, and go back.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// All versions, the newest first; `*` is live
    List {
        #[command(flatten)]
        place: Place,
    },
    /// What differs from one version to another
    Diff {
        /// The older one; by default the one before the newer
        #[arg(value_name = "OLDER")]
        older: Option<u64>,
        /// The newer one; by default the live one
        #[arg(value_name = "NEWER")]
        newer: Option<u64>,
        #[command(flatten)]
        place: Place,
    },
    /// Make an older version live again; by default the one before the live one
    Rollback {
        #[arg(value_name = "VERSION")]
        to: Option<u64>,
        #[command(flatten)]
        place: Place,
    },
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        match &self.what {
            What::List { place } => list(&Versions::new(&place.data()?))?,
            What::Diff { older, newer, place } => diff(&Versions::new(&place.data()?), *older, *newer)?,
            What::Rollback { to, place } => {
                let data = place.data()?;
                rollback(&data, &Versions::new(&data), *to)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(versions: &Versions) -> anyhow::Result<()> {
    let (all, live) = (versions.list()?, versions.live()?);
    if all.is_empty() {
        println!("nothing was published yet");
    }
    for Version { number, at, sha256, comment } in all {
        let mark = if live == Some(number) { '*' } else { ' ' };
        let line = format!("{mark} {number:>4}  {}  {}  {comment}", super::time(at), &sha256[..12]);
        println!("{}", line.trim_end());
    }
    Ok(())
}

/// The number of the version before one.
fn before(versions: &Versions, number: u64) -> anyhow::Result<u64> {
    let all = versions.list()?;
    let older = all.iter().map(|version| version.number).find(|older| *older < number);
    older.with_context(|| format!("there is no version before {number}"))
}

fn live(versions: &Versions) -> anyhow::Result<u64> {
    versions.live()?.context("nothing was published yet")
}

fn diff(versions: &Versions, older: Option<u64>, newer: Option<u64>) -> anyhow::Result<()> {
    let newer = newer.map_or_else(|| live(versions), Ok)?;
    let older = older.map_or_else(|| before(versions, newer), Ok)?;
    let (from, to) = (versions.files(older)?, versions.files(newer)?);
    let mut names: Vec<&String> = from.iter().chain(&to).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    for name in names {
        let content = |files: &[(String, std::path::PathBuf)]| {
            let found = files.iter().find(|(own, _)| own == name);
            found.map(|(_, path)| fs::read(path)).transpose()
        };
        let (before, after) = (content(&from)?, content(&to)?);
        if before == after {
            continue;
        }
        let text = |content: &Option<Vec<u8>>| match content {
            None => Some(String::new()),
            Some(content) => String::from_utf8(content.clone()).ok(),
        };
        match (text(&before), text(&after)) {
            (Some(before), Some(after)) => {
                let (from, to) = (format!("{older}/{name}"), format!("{newer}/{name}"));
                print!("{}", TextDiff::from_lines(&before, &after).unified_diff().header(&from, &to));
            }
            (None, _) | (_, None) => println!("{name}: differs"),
        }
    }
    Ok(())
}

fn rollback(data: &std::path::Path, versions: &Versions, to: Option<u64>) -> anyhow::Result<()> {
    let to = to.map_or_else(|| before(versions, live(versions)?), Ok)?;
    let folder = versions.folder(to);
    if !folder.dialplans.is_dir() {
        bail!("there is no version {to}; `vireo flow list` says which there are");
    }
    // What an older gateway took, this one may not.
    service::load(&folder)?;
    switch(data, versions, to)
}
