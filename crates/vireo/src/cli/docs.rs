//! `vireo docs` (hidden): regions of the project's documents, as `cargo xtask docs` writes them.

use std::process::ExitCode;

/// Print a generated part of the project's documents.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which part
    #[arg(value_enum)]
    part: Part,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Part {
    /// The steps of the dialplan language.
    Steps,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        match self.part {
            Part::Steps => print!("{}", dialplan::docs::step_table()),
        }
        Ok(ExitCode::SUCCESS)
    }
}
