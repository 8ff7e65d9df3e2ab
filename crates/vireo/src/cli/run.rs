//! `vireo run`: the gateway with an operator's service.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use gateway::Listen;

use crate::accounts::{Beginning, Given};
use crate::config::{self, Config};
use crate::serve::{self, Greeting, Settings};
use crate::service;

/// Run the gateway with a service of your own.
///
/// Ends cleanly on Ctrl-C and SIGTERM: calls in progress are hung up.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("A whole vireo.toml, with the defaults:\n\n{}", config::EXAMPLE))]
pub(crate) struct Args {
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = "vireo.toml")]
    config: PathBuf,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let config = Config::load(&self.config)?;
        let listen = config.sip.listen().iter().map(|bind| Listen {
            bind: *bind,
            advertise: config.sip.advertised(*bind),
            media_address: config.rtp.address,
        });
        let settings = Settings {
            service: config.service.clone(),
            data: config.data.clone(),
            database: config.database(),
            listen: listen.collect(),
            rtp_ports: config.rtp.ports.range(),
            http: vec![config.http.listen],
            https: config.http.https,
            ice_servers: config.webrtc.ice_servers(),
            trunks: config.trunks.iter().map(config::Trunk::settings).collect(),
            environment: BTreeMap::new(),
            calls_max: Some(config.limits.calls()),
            watch: config.watch,
            beginning: Beginning::Admin,
        };
        serve::until_told_to_stop(settings, |Greeting { sip, service, http, certificate, accounts }| {
            let sip: Vec<_> = sip.iter().map(ToString::to_string).collect();
            let numbers = service::numbers(service).join(", ");
            let scheme = if certificate.is_some() { "https" } else { "http" };
            println!("serves {numbers} at {}; pages at {scheme}://{}", sip.join(", "), http[0]);
            for Given { name, password, .. } in *accounts {
                println!(
                    "sign in there as {name} with the password {password}, and change it: it is told this once"
                );
            }
        })
    }
}
