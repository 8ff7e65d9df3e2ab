//! `vireo check`: finds the mistakes of a service before it is live.

use std::path::PathBuf;
use std::process::ExitCode;

use gateway::service::{Folder, ServiceError};

/// Find the mistakes of a service before it is live.
///
/// Prints each with its file, line and column, the lines it is about, and a suggestion. Exit code 0:
/// the service is sound, one summary line is printed. 1: it has mistakes. 2: it cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of a service, its dialplans folder, or one file of it
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
}

/// The service has mistakes.
const MISTAKES: u8 = 1;
/// There is nothing to judge.
const UNREADABLE: u8 = 2;

impl Args {
    pub(crate) fn execute(&self) -> ExitCode {
        match Folder::find(&self.path).load() {
            Ok(service) => {
                // Warnings go the other way, so that the summary is the one line of the output.
                eprint!("{}", service.warnings().report());
                println!("{}", service.summary());
                ExitCode::SUCCESS
            }
            Err(ServiceError::Problems(problems)) => {
                print!("{}", problems.report());
                println!("{problems}");
                ExitCode::from(MISTAKES)
            }
            Err(error @ (ServiceError::Read { .. } | ServiceError::Empty { .. })) => {
                eprintln!("{error}");
                ExitCode::from(UNREADABLE)
            }
        }
    }
}
