//! `vireo crm`: the demo's CRM alone, to try connectors against.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use tokio::runtime::Builder;

use super::demo;
use crate::demo_crm;

/// Serve the demo's CRM alone, to try connectors against.
///
/// It has no login: keep it on loopback. Prints `ready` alone on a line once it answers. Ends on Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  vireo crm --http 127.0.0.1:8790\n  \
                             curl http://127.0.0.1:8790/subscribers/13800138000/balance")]
pub(crate) struct Args {
    /// TCP address to answer at
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8790")]
    http: SocketAddr,

    /// Where crm.sqlite is kept [default: that of the demo]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let data = match &self.data {
            Some(data) => data.clone(),
            None => demo::default_data()?,
        };
        fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (listener, address) = demo_crm::listen(&runtime, self.http)?;
        println!("http://{address}");
        println!("ready");
        let database = data.join("crm.sqlite");
        runtime.block_on(async {
            tokio::select! {
                served = crm::serve(listener, &database) => Ok(served?),
                told = tokio::signal::ctrl_c() => Ok(told?),
            }
            .map(|()| ExitCode::SUCCESS)
        })
    }
}
