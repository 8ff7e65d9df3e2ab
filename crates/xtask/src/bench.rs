//! `cargo xtask bench`: the benchmarks, in the release profile. Figures, never pass or fail.

use std::process::ExitCode;

use crate::{Error, apt, process};

/// Runs `cargo bench` over the workspace; `arguments` are passed on.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Error> {
    apt::install(apt::BUILD)?;
    process::run(process::cargo(&["bench", "--workspace"]).args(arguments))?;
    Ok(ExitCode::SUCCESS)
}
