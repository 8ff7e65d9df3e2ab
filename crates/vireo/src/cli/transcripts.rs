//! The transcripts of a service: calls that `vireo check` makes, and rewrites with `--update`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use dialplan::Service;
use dialplan::simulate::transcript;
use gateway::service::Folder;

/// Makes the calls of all transcripts; whether all went as they are written. With `update` they are rewritten before.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn run(service: &Arc<Service>, folder: &Folder, update: bool) -> anyhow::Result<bool> {
    let base = net::clock::now().mono;
    let mut files = folder.transcripts()?;
    if files.is_empty() {
        return Ok(true);
    }
    if update {
        for file in &mut files {
            // What is wrong with one that cannot be rewritten is told below.
            let Ok(text) = transcript::update(service, file, base) else { continue };
            if text != file.text {
                replace(Path::new(&file.path), &text)?;
                println!("rewritten: {}", file.path);
                file.text = text;
            }
        }
    }
    let verdict = transcript::check(service, &files, base);
    print!("{}", verdict.problems.report());
    if !verdict.problems.is_empty() {
        println!("{}", verdict.problems);
        return Ok(false);
    }
    let nodes: usize = service.flows().iter().map(|flow| flow.nodes().count()).sum();
    let calls = if verdict.calls == 1 { "1 call".to_owned() } else { format!("{} calls", verdict.calls) };
    println!("{calls} of transcripts went as written, through {} of {nodes} nodes", verdict.nodes.len());
    Ok(true)
}

/// As a whole or not at all: a transcript is a person's work.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let half = path.with_extension("sim.incomplete");
    let written = fs::write(&half, text).and_then(|()| fs::rename(&half, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}
