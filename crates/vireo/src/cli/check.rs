//! `vireo check`: finds the mistakes of a service before it is live.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use gateway::service::{Folder, ServiceError};

use super::transcripts;

/// Find the mistakes of a service before it is live.
///
/// Prints each with its file, line and column, the lines it is about, and a suggestion. A service without mistakes
/// is then walked as its transcripts (*.sim) say. Exit code 0: the service is sound, one line sums it up, and a second
/// one the transcripts. 1: it has mistakes. 2: it cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of a service, its dialplans folder, or one file of it
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,

    /// Rewrite what transcripts expect by what comes now; keys and comments stay
    #[arg(long)]
    update: bool,
}

/// The service has mistakes.
const MISTAKES: u8 = 1;
/// There is nothing to judge.
const UNREADABLE: u8 = 2;

impl Args {
    pub(crate) fn execute(&self) -> ExitCode {
        let folder = Folder::find(&self.path);
        match folder.load() {
            Ok(service) => {
                // Warnings go the other way, so that the summary is the one line of the output.
                eprint!("{}", service.warnings().report());
                println!("{}", service.summary());
                match transcripts::run(&Arc::new(service), &folder, self.update) {
                    Ok(true) => ExitCode::SUCCESS,
                    Ok(false) => ExitCode::from(MISTAKES),
                    Err(error) => {
                        eprintln!("{error:#}");
                        ExitCode::from(UNREADABLE)
                    }
                }
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
