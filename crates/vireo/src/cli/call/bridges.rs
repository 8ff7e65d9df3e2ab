//! Callers that are bridged to agents of our own.

use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use emulator::{Bridges, Model};

use super::{Args, SECONDS_OF_MANY};

/// Agents of our own.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Bridged calls")]
pub(super) struct BridgeOptions {
    /// Answer as so many agents, the first at this address and each further one at the next port
    #[arg(long, value_name = "ADDRESS", requires = "calls")]
    desks: Option<SocketAddr>,

    /// What the callers are
    #[arg(long, value_name = "MODEL", default_value = "3g-h263", requires = "desks", value_parser = models())]
    caller: String,

    /// What the agents are
    #[arg(long, value_name = "MODEL", default_value = "pcmu-h264", requires = "desks", value_parser = models())]
    agent: String,

    /// The gateway's process, to print what it takes of the CPU
    #[arg(long, value_name = "PID", requires = "desks")]
    watch: Option<u32>,
}

impl BridgeOptions {
    /// What the options ask for, unless it is something else.
    pub(super) fn bridges(&self, args: &Args) -> Option<Bridges> {
        Some(Bridges {
            uri: args.uri.clone(),
            caller: Model::find(&self.caller)?,
            agent: Model::find(&self.agent)?,
            desks: self.desks?,
            calls: args.calls?,
            rate: args.rate,
            length: Duration::from_secs(args.seconds.unwrap_or(SECONDS_OF_MANY)),
            gateway: self.watch,
        })
    }
}

fn models() -> PossibleValuesParser {
    PossibleValuesParser::new(Model::ALL.map(Model::name))
}
