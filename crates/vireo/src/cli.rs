//! The command line: one file per command, each with its `Args` and an `execute`.

mod account;
mod audit;
mod call;
mod check;
mod crm;
mod demo;
mod docs;
mod doctor;
mod flow;
mod graph;
mod media;
mod new;
mod notice;
mod pictures;
mod publish;
mod render;
mod run;
mod schema;
mod simulate;
mod slide_weights;
mod stats;
mod transcripts;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A video hotline for browsers and SIP phones: callers see a menu, press keys, and talk to a video agent.
///
/// An operator writes the service as a folder: dialplans/ says what happens in a call, media/ holds the
/// slides, clips and recordings. Try `vireo demo` first: it brings a service of its own. If something does
/// not work, `vireo doctor` looks at the machine.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Run(run::Args),
    Check(check::Args),
    New(new::Args),
    Publish(publish::Args),
    Flow(flow::Args),
    Notice(notice::Args),
    Graph(graph::Args),
    Schema(schema::Args),
    Simulate(simulate::Args),
    Render(render::Args),
    Media(media::Args),
    Stats(stats::Args),
    Account(account::Args),
    Audit(audit::Args),
    Call(call::Args),
    Crm(crm::Args),
    Doctor(doctor::Args),
    #[command(hide = true)]
    Docs(docs::Args),
}

/// A time of the wall, for a person.
fn time(seconds: u64) -> String {
    let at = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    at.map_or_else(|| "?".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// For standard error, in words for a person.
    pub(crate) fn execute(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Demo(args) => args.execute(),
            Command::Run(args) => args.execute(),
            Command::Check(args) => Ok(args.execute()),
            Command::New(args) => args.execute(),
            Command::Graph(args) => args.execute(),
            Command::Schema(args) => args.execute(),
            Command::Simulate(args) => args.execute(),
            Command::Render(args) => args.execute(),
            Command::Media(args) => args.execute(),
            Command::Notice(args) => args.execute(),
            Command::Account(args) => args.execute(),
            Command::Audit(args) => args.execute(),
            Command::Publish(args) => args.execute(),
            Command::Flow(args) => args.execute(),
            Command::Stats(args) => args.execute(),
            Command::Call(args) => args.execute(),
            Command::Crm(args) => args.execute(),
            Command::Doctor(args) => args.execute(),
            Command::Docs(args) => args.execute(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_option_is_explained() {
        let cli = Cli::command();
        let commands = cli
            .get_subcommands()
            .flat_map(|command| std::iter::once(command).chain(command.get_subcommands()));
        for command in commands {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
