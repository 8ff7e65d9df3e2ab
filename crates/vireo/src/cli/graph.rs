//! `vireo graph`: a flow as a picture, or as data for one.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use dialplan::{Flow, Service};
use gateway::service::Folder;

/// Draw a flow: its nodes, and what leads from one to the next.
///
/// Ways that a flow's `defaults` give are drawn lighter; those that stay at a node or end the call are small signs on it.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Example:\n  vireo graph hotline -o hotline.svg\n  vireo graph dialplans/hotline.yaml --json -o -"
)]
pub(crate) struct Args {
    /// A flow by name, or its file
    flow: PathBuf,

    /// The folder of the service, for flows given by name
    #[arg(long, value_name = "DIR", default_value = ".")]
    service: PathBuf,

    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Write where everything lies as JSON instead of a picture
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let by_file = self.flow.is_file();
        let service = crate::service::load(&Folder::find(if by_file { &self.flow } else { &self.service }))?;
        let flow = if by_file { in_file(&service, &self.flow) } else { named(&service, &self.flow) }?;
        let graph = service.graph(flow.id()).ok_or_else(|| anyhow!("the flow is gone"))??;
        let text =
            if self.json { format!("{}\n", serde_json::to_string_pretty(&graph)?) } else { graph.svg() };
        write(&self.output, &text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn named<'s>(service: &'s Service, name: &Path) -> anyhow::Result<&'s Flow> {
    let found = service.flows().iter().find(|flow| Path::new(flow.name()) == name);
    found.ok_or_else(|| {
        let known = crate::service::name(service);
        anyhow!("there is no flow `{}`; there is: {known}", name.display())
    })
}

fn in_file<'s>(service: &'s Service, file: &Path) -> anyhow::Result<&'s Flow> {
    let file = file.canonicalize().with_context(|| format!("cannot read {}", file.display()))?;
    for flow in service.flows() {
        if service
            .path(flow.id())
            .is_some_and(|path| Path::new(path).canonicalize().is_ok_and(|path| path == file))
        {
            return Ok(flow);
        }
    }
    bail!("{} holds no flow", file.display())
}

/// Writes `text` to a file, or to standard output for `-`.
pub(super) fn write(output: &Path, text: &str) -> anyhow::Result<()> {
    if output == Path::new("-") {
        return io::stdout().write_all(text.as_bytes()).context("cannot write");
    }
    fs::write(output, text).with_context(|| format!("cannot write {}", output.display()))
}
