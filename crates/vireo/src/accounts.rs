//! The accounts that a gateway begins with: an admin whose password is told once, or those of a demo.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use dialplan::{Address, Service};
use store::Store;
use store::accounts::{Account, AccountError, Change, Hashed, Role, readable_password};
use store::audit::Entry;

/// Who may sign in at a gateway that nobody has signed in at yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// `admin`, with a password that is told once and changed at the first sign-in.
    Admin,
    /// The agents of the service, a supervisor and an admin, with passwords that lie in a file.
    Demo,
}

/// An account that a person is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) password: String,
    /// It takes this agent's desk.
    pub(crate) agent: Option<String>,
}

/// Makes the accounts that are lacking; answers those to tell a person of.
///
/// # Errors
/// When the database or the file of a demo's passwords fails.
pub(crate) async fn begin(
    store: &Store,
    beginning: Beginning,
    data: &Path,
    service: &Service,
) -> anyhow::Result<Vec<Given>> {
    match beginning {
        Beginning::Admin => first_admin(store).await,
        Beginning::Demo => of_a_demo(store, &data.join("accounts.txt"), service).await,
    }
}

async fn first_admin(store: &Store) -> anyhow::Result<Vec<Given>> {
    let password = readable_password();
    let admin = account("admin", Role::Admin, None, true);
    let made = store.add_first_admin(admin, Hashed::new(&password)?, entry("account made", "admin")).await?;
    Ok(if made { vec![Given { name: "admin".to_owned(), password, agent: None }] } else { Vec::new() })
}

async fn of_a_demo(store: &Store, file: &Path, service: &Service) -> anyhow::Result<Vec<Given>> {
    let browser = |agent: &dialplan::Agent| matches!(agent.address, Address::Browser);
    let agents = service.queues().agents.iter().filter(|(_, agent)| browser(agent));
    let agents = agents.map(|(name, _)| (name.clone(), Role::Agent, Some(name.clone())));
    let others = [("supervisor", Role::Supervisor), ("admin", Role::Admin)];
    let others = others.map(|(name, role)| (name.to_owned(), role, None));
    let known = Passwords::read(file)?;
    let mut given = Vec::new();
    for (name, role, agent) in agents.chain(others) {
        let kept = known.find(&name);
        let password = kept.map_or_else(readable_password, str::to_owned);
        let (hashed, told) = (Hashed::new(&password)?, entry("account made", &name));
        match store.add_account(account(&name, role, agent.clone(), false), hashed.clone(), told).await? {
            Ok(()) => {}
            // The file was lost, and nobody knows the old one any more.
            Err(AccountError::Exists(_)) if kept.is_none() => {
                let change = Change { password: Some((hashed, false)), ..Change::default() };
                store.change_account(&name, change, entry("another password", &name)).await??;
            }
            Err(AccountError::Exists(_)) => {}
            // An agent may be called what no account may; it has no desk then.
            Err(AccountError::Name) => continue,
            Err(why) => bail!(why),
        }
        given.push(Given { name, password, agent });
    }
    Passwords::write(file, &given)?;
    Ok(given)
}

pub(crate) fn account(name: &str, role: Role, agent: Option<String>, must_change: bool) -> Account {
    let created_at = net::clock::now().wall.as_secs();
    Account { name: name.to_owned(), role, agent, must_change, locked: false, created_at }
}

/// What a command on this machine did.
pub(crate) fn entry(what: &str, about: &str) -> Entry {
    let at = net::clock::now().wall.as_secs();
    let (account, address) = ("this machine".to_owned(), String::new());
    Entry { at, account, what: what.to_owned(), about: about.to_owned(), address }
}

/// A demo's passwords in a file that only its owner reads: a name and a password on each line.
struct Passwords(Vec<(String, String)>);

impl Passwords {
    fn read(file: &Path) -> anyhow::Result<Passwords> {
        let text = match fs::read_to_string(file) {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => String::new(),
            text => text.with_context(|| format!("cannot read {}", file.display()))?,
        };
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        Ok(Passwords(lines.map(|(name, password)| (name.to_owned(), password.to_owned())).collect()))
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, password)| password.as_str())
    }

    fn write(file: &Path, given: &[Given]) -> anyhow::Result<()> {
        let text: String = given.iter().map(|one| format!("{} {}\n", one.name, one.password)).collect();
        let aside: PathBuf = file.with_extension("new");
        let written = || {
            let mut options = OpenOptions::new();
            let mut fresh = options.write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
            fresh.write_all(text.as_bytes())?;
            fs::rename(&aside, file)
        };
        written().with_context(|| format!("cannot write {}", file.display()))
    }
}
