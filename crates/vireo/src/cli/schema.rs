//! `vireo schema`: the JSON Schema of a service's files.

use std::path::PathBuf;
use std::process::ExitCode;

/// Write the JSON Schema of a service's files, for editors.
///
/// With yaml-language-server (VS Code, Neovim, ...), a file that begins with the line
/// `# yaml-language-server: $schema=vireo.schema.json` is completed and underlined while it is typed.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  vireo schema -o dialplans/vireo.schema.json")]
pub(crate) struct Args {
    /// The file to write; `-`, as by default, is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let text = serde_json::to_string_pretty(&dialplan::schema::schema())?;
        super::graph::write(&self.output, &format!("{text}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
