//! `vireo publish`: what an operator has written becomes live.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use gateway::service::Folder;

use super::transcripts;
use crate::config::Config;
use crate::control::{self, Answer, Wish};
use crate::service;
use crate::versions::Versions;

/// Make a service live: check it, keep it as a version, switch to it.
///
/// The gateway that runs with the same data takes it for new calls; calls in progress keep what they began with. What is
/// live stays so after a restart, whatever lies in the folder by then. When no gateway runs, the next start takes it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  vireo publish care --config vireo.toml --comment \"new prices\"")]
pub(crate) struct Args {
    /// The folder of the service
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// What is said of it in `vireo flow list`
    #[arg(long, value_name = "TEXT", default_value = "")]
    comment: String,

    #[command(flatten)]
    place: Place,
}

/// Which gateway is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The gateway's configuration, which says where its data is
    #[arg(long, value_name = "FILE", default_value = "vireo.toml")]
    config: PathBuf,

    /// The folder of its data, instead
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Place {
    /// The folder of the gateway's data.
    ///
    /// # Errors
    /// When the configuration cannot be read, or says that what is saved goes live.
    pub(crate) fn data(&self) -> anyhow::Result<PathBuf> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        let config = Config::load(&self.config)?;
        if config.watch {
            bail!(
                "{} says `watch = true`: what is saved in {} is live at once, and nothing is published",
                self.config.display(),
                config.service.display()
            );
        }
        Ok(config.data)
    }
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let data = self.place.data()?;
        let folder = Folder::find(&self.folder);
        let service = Arc::new(service::load(&folder)?);
        let made = transcripts::run(&service, &folder, false)?;
        if let Some(verdict) = made.verdict.filter(|verdict| !verdict.problems.is_empty()) {
            eprint!("{}", verdict.problems.report());
            bail!("its transcripts go another way: nothing was published");
        }
        std::fs::create_dir_all(&data)?;
        let versions = Versions::new(&data);
        let version = versions.add(&folder, &self.comment, net::clock::now().wall.as_secs())?;
        switch(&data, &versions, version.number)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Makes a stored version live, by the gateway that runs or else for the next start.
pub(crate) fn switch(data: &std::path::Path, versions: &Versions, number: u64) -> anyhow::Result<()> {
    match control::ask(data, &Wish::Switch(number))? {
        Some(Answer::Live { older }) => {
            println!("version {number} is live");
            if older > 0 {
                println!("calls that go on with an older version: {older}");
            }
        }
        Some(Answer::Announced) => return Err(anyhow!("the gateway answers something else")),
        Some(Answer::Refused(why)) => return Err(anyhow!("{}\nwhat was live stays live", why.trim_end())),
        None => {
            versions.switch(number)?;
            println!("version {number} will be live; no gateway runs with {}", data.display());
        }
    }
    Ok(())
}
