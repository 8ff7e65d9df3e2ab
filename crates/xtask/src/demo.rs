//! `cargo xtask demo`: from a fresh machine to a hotline that takes calls.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use crate::{Error, apt, demo_call, process, workspace};

/// Sets the machine up, builds, and becomes the gateway (or calls it, with `--call`).
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Error> {
    let (ours, theirs): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|word| *word == "--call");
    apt::install(apt::BUILD)?;
    println!("Building (a few minutes the first time) ...");
    process::run(&mut process::cargo(&["build", "--package", "vireo"]))?;
    if !ours.is_empty() {
        return demo_call::run(&theirs);
    }
    // Replacing this process leaves signals and the exit code to the gateway itself.
    let error = Command::new(workspace::vireo()).arg("demo").args(theirs).exec();
    Err(format!("cannot start {}: {error}", workspace::vireo().display()).into())
}
