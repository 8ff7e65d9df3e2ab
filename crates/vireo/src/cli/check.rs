//! `vireo check`: finds the mistakes of a service before it is live.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use dialplan::report::Report;
use dialplan::{Problem, Problems};
use gateway::service::{Folder, ServiceError};

use super::{pictures, transcripts};

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

    /// Draw and encode every slide too: what cannot be read on a small screen, and what callers wait for too long
    #[arg(long)]
    media: bool,

    /// Rewrite what transcripts expect by what comes now; keys and comments stay
    #[arg(long)]
    update: bool,

    /// How it is told: for people, as one JSON object, or as a SARIF 2.1.0 log for editors and code reviews
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// What came of it, before it is told.
struct Found {
    /// Of the service.
    problems: Problems,
    /// One line for each part that is sound.
    summary: Vec<String>,
    /// Of the transcripts.
    calls: Problems,
    /// Of what is seen.
    pictures: Problems,
    rewritten: Vec<String>,
    /// Why there is nothing to judge.
    unreadable: Option<String>,
}

/// The service has mistakes.
const MISTAKES: u8 = 1;
/// There is nothing to judge.
const UNREADABLE: u8 = 2;

impl Args {
    pub(crate) fn execute(&self) -> ExitCode {
        let found = self.find();
        match self.format {
            Format::Text => found.print(),
            Format::Json | Format::Sarif => {
                let all: Vec<&Problem> = found.all().flat_map(Problems::iter).collect();
                let summary = (found.mistakes() == 0).then(|| found.summary.join("; "));
                let report = Report {
                    problems: &all,
                    summary: summary.as_deref(),
                    unreadable: found.unreadable.as_deref(),
                };
                let told = match self.format {
                    Format::Sarif => report.sarif(env!("CARGO_PKG_VERSION")),
                    Format::Text | Format::Json => report.json(),
                };
                println!("{told:#}");
            }
        }
        found.exit()
    }

    fn find(&self) -> Found {
        let folder = Folder::find(&self.path);
        let mut found = Found {
            problems: Problems::default(),
            summary: Vec::new(),
            calls: Problems::default(),
            pictures: Problems::default(),
            rewritten: Vec::new(),
            unreadable: None,
        };
        let service = match folder.load() {
            Ok(service) => Arc::new(service),
            Err(ServiceError::Problems(problems)) => return Found { problems, ..found },
            Err(error @ (ServiceError::Read { .. } | ServiceError::Empty { .. })) => {
                return Found { unreadable: Some(error.to_string()), ..found };
            }
        };
        found.problems = service.warnings().clone();
        found.summary.push(service.summary());
        match transcripts::run(&service, &folder, self.update) {
            Ok(made) => {
                found.rewritten = made.rewritten;
                if let Some(verdict) = made.verdict {
                    if verdict.problems.is_empty() {
                        found.summary.push(transcripts::summary(&service, &verdict));
                    }
                    found.calls = verdict.problems;
                }
            }
            Err(error) => found.unreadable = Some(format!("{error:#}")),
        }
        if self.media {
            match pictures::check(&service, &folder.media) {
                Ok(seen) => {
                    found.summary.push(seen.summary);
                    found.pictures = seen.problems;
                }
                Err(error) => found.unreadable = Some(format!("{error:#}")),
            }
        }
        found
    }
}

impl Found {
    fn all(&self) -> impl Iterator<Item = &Problems> {
        [&self.problems, &self.calls, &self.pictures].into_iter()
    }

    fn mistakes(&self) -> usize {
        self.all().map(|problems| problems.errors().count()).sum()
    }

    fn exit(&self) -> ExitCode {
        match (&self.unreadable, self.mistakes()) {
            (Some(_), _) => ExitCode::from(UNREADABLE),
            (None, 0) => ExitCode::SUCCESS,
            (None, _) => ExitCode::from(MISTAKES),
        }
    }

    fn print(&self) {
        if self.problems.errors().count() > 0 {
            print!("{}", self.problems.report());
            println!("{}", self.problems);
        } else {
            // Warnings go the other way, so that what it amounts to is alone on the output.
            eprint!("{}", self.problems.report());
        }
        let mut summary = self.summary.iter();
        summary.next().into_iter().for_each(|line| println!("{line}"));
        self.rewritten.iter().for_each(|path| println!("rewritten: {path}"));
        summary.for_each(|line| println!("{line}"));
        for problems in [&self.calls, &self.pictures].into_iter().filter(|problems| !problems.is_empty()) {
            print!("{}", problems.report());
            println!("{problems}");
        }
        if let Some(why) = &self.unreadable {
            eprintln!("{why}");
        }
    }
}
