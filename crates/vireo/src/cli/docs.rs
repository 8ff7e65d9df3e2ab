//! `vireo docs` (hidden): regions of the project's documents, as `cargo xtask docs` writes them.

use std::path::PathBuf;
use std::process::ExitCode;

use super::slide_weights;

/// Print a generated part of the project's documents.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which part
    #[arg(value_enum)]
    part: Part,

    /// The service whose slides are weighed
    #[arg(default_value = ".")]
    service: PathBuf,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Part {
    /// The steps of the dialplan language.
    Steps,
    /// What the slides of a service weigh in each codec.
    Slides,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        match self.part {
            Part::Steps => print!("{}", dialplan::docs::step_table()),
            Part::Slides => print!("{}", slide_weights::table(&self.service)?),
        }
        Ok(ExitCode::SUCCESS)
    }
}
