//! `vireo account`: who may sign in, from the machine of the gateway.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use store::accounts::{Account, Change, Hashed, Role, readable_password};
use store::{Place, Store};

use super::{demo, time};
use crate::accounts::{account, entry};
use crate::config::Config;
use crate::service;

/// List, make and change the accounts of people who sign in at the web side.
///
/// Works on the gateway's database, whether it runs or not: whoever may write there needs no password. The same is on
/// the page /accounts.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  vireo account list\n  vireo account add anna agent --agent anna\n  vireo account password admin --config /etc/vireo/vireo.toml"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,

    /// The folder of the gateway's data [default: that of `vireo demo`]
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,

    /// The configuration that says where the data is
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print every account
    List,
    /// Make an account; its first password is printed, and asked to be changed at the first sign-in
    Add {
        /// What it signs in with
        #[arg(value_name = "NAME")]
        name: String,
        /// agent, supervisor, operator or admin
        #[arg(value_name = "ROLE", value_parser = role)]
        role: Role,
        /// The agent of queues.yaml whose desk it may take
        #[arg(long, value_name = "AGENT")]
        agent: Option<String>,
        #[command(flatten)]
        given: Given,
    },
    /// Give an account another password, which is printed
    Password {
        /// Of the account
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        given: Given,
    },
    /// Keep an account from signing in, and sign it out
    Lock {
        /// Of the account
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Let an account sign in again
    Unlock {
        /// Of the account
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Remove an account
    Remove {
        /// Of the account
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// Where a password comes from.
#[derive(Debug, clap::Args)]
struct Given {
    /// The password is the first line of standard input; it is not printed and need not be changed
    #[arg(long)]
    stdin: bool,
}

impl Given {
    /// A password, and whether the person must change it.
    fn password(&self) -> anyhow::Result<(String, bool)> {
        if !self.stdin {
            return Ok((readable_password(), true));
        }
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("cannot read the password")?;
        Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
    }
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|why: store::accounts::AccountError| why.to_string())
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let place = match (&self.data, &self.config) {
            (Some(data), _) => service::database(data),
            (None, Some(config)) => Config::load(config)?.database(),
            (None, None) => service::database(&demo::default_data()?),
        };
        if let Place::File(path) = &place
            && !path.exists()
        {
            if !matches!(self.what, What::Add { .. }) {
                bail!("there are no accounts at {place}: no gateway has run with this folder yet");
            }
            let folder = path.parent().context("the database lies in a folder")?;
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let (store, thread) = Store::open(&place)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let done = runtime.block_on(self.what.carry_out(&store));
        store.stop();
        if thread.join().is_err() {
            bail!("the thread of the database has ended by a panic");
        }
        done.map(|()| ExitCode::SUCCESS)
    }
}

impl What {
    async fn carry_out(&self, store: &Store) -> anyhow::Result<()> {
        match self {
            What::List => print(&store.accounts().await?),
            What::Add { name, role, agent, given } => {
                let (password, must_change) = given.password()?;
                let made = account(name, *role, agent.clone(), must_change);
                let told = entry("account made", &format!("{name}, {role}"));
                store.add_account(made, Hashed::new(&password)?, told).await??;
                tell(name, &password, must_change);
            }
            What::Password { name, given } => {
                let (password, must_change) = given.password()?;
                let change =
                    Change { password: Some((Hashed::new(&password)?, must_change)), ..Change::default() };
                store
                    .change_account(
                        name,
                        change,
                        entry("account changed", &format!("{name}: another password")),
                    )
                    .await??;
                tell(name, &password, must_change);
            }
            What::Lock { name } => lock(store, name, true).await?,
            What::Unlock { name } => lock(store, name, false).await?,
            What::Remove { name } => {
                store.remove_account(name, entry("account removed", name)).await??;
                println!("{name} is removed");
            }
        }
        Ok(())
    }
}

fn tell(name: &str, password: &str, must_change: bool) {
    if must_change {
        println!("{name} signs in with {password}, and is asked for another one");
    } else {
        println!("{name} signs in with the password that was given");
    }
}

async fn lock(store: &Store, name: &str, locked: bool) -> anyhow::Result<()> {
    let word = if locked { "locked" } else { "unlocked" };
    let change = Change { locked: Some(locked), ..Change::default() };
    store.change_account(name, change, entry("account changed", &format!("{name}: {word}"))).await??;
    println!("{name} is {word}");
    Ok(())
}

fn print(accounts: &[Account]) {
    let width = accounts.iter().map(|account| account.name.chars().count()).max().unwrap_or(0).max(4);
    println!("{:width$}  {:10}  {:12}  {:20}  state", "name", "role", "desk", "made");
    for Account { name, role, agent, must_change, locked, created_at } in accounts {
        let state = match (locked, must_change) {
            (true, _) => "locked",
            (false, true) => "must change its password",
            (false, false) => "",
        };
        let desk = agent.as_deref().unwrap_or("-");
        let line = format!("{name:width$}  {:10}  {desk:12}  {:20}  {state}", role.name(), time(*created_at));
        println!("{}", line.trim_end());
    }
}
