//! The transcripts of a service: calls that `vireo check` makes, and rewrites with `--update`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use dialplan::Service;
use dialplan::simulate::transcript::{self, Verdict};
use gateway::service::Folder;

/// What became of the transcripts of a folder.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Paths of those that were rewritten.
    pub(super) rewritten: Vec<String>,
    /// None where there are no transcripts.
    pub(super) verdict: Option<Verdict>,
}

/// Makes the calls of all transcripts. With `update` they are rewritten before.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn run(service: &Arc<Service>, folder: &Folder, update: bool) -> anyhow::Result<Made> {
    let base = net::clock::now().mono;
    let mut files = folder.transcripts()?;
    let mut made = Made::default();
    if files.is_empty() {
        return Ok(made);
    }
    if update {
        for file in &mut files {
            // What is wrong with one that cannot be rewritten is told below.
            let Ok(text) = transcript::update(service, file, base) else { continue };
            if text != file.text {
                replace(Path::new(&file.path), &text)?;
                made.rewritten.push(file.path.clone());
                file.text = text;
            }
        }
    }
    made.verdict = Some(transcript::check(service, &files, base));
    Ok(made)
}

/// One line about calls that went as they are written.
pub(super) fn summary(service: &Service, verdict: &Verdict) -> String {
    let nodes: usize = service.flows().iter().map(|flow| flow.nodes().count()).sum();
    let calls = if verdict.calls == 1 { "1 call".to_owned() } else { format!("{} calls", verdict.calls) };
    format!("{calls} of transcripts went as written, through {} of {nodes} nodes", verdict.nodes.len())
}

/// As a whole or not at all: a transcript is a person's work.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let half = path.with_extension("sim.incomplete");
    let written = fs::write(&half, text).and_then(|()| fs::rename(&half, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}
