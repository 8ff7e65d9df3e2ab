//! Who asks: accounts, the cookie that stands for one, and how often a password may be tried.
//!
//! A person signs in by `POST /api/v1/session`; from then on the browser sends a cookie (HttpOnly, SameSite=Strict), and
//! whatever changes something must also carry the session's CSRF token in a header, which no foreign page can
//! send. Start at [`Auth`]; which route needs what stands in `api/access.rs`.

mod attempts;
mod keeper;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use store::Store;
use store::accounts::{Account, Hashed};
use store::audit::Entry;
use tokio::sync::{Semaphore, watch};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use crate::api::Problem;
use crate::limits;
use attempts::Attempts;
pub(crate) use keeper::Keeper;

/// The header that carries the CSRF token.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";

/// Where our data lies inside a session.
const KEY: &str = "who";

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What a session knows of whoever signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Who {
    account: String,
    csrf: String,
}

/// A request of somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) account: Account,
    pub(crate) csrf: String,
    pub(crate) peer: Peer,
}

/// What is needed to know people; for anyone to clone.
#[derive(Clone)]
pub(crate) struct Auth(Arc<Shared>);

struct Shared {
    store: Store,
    attempts: Mutex<Attempts>,
    /// Passwords being worked on: each takes a core for some ten milliseconds and 19 MiB.
    hashing: Arc<Semaphore>,
    /// What is checked where nobody has the name, so that this takes as long.
    nobody: Hashed,
    /// Counts changes of accounts, so that open sockets look again.
    changes: watch::Sender<u64>,
}

impl Signed {
    /// What this person does, for the audit.
    pub(crate) fn entry(&self, what: &str, about: String) -> Entry {
        entry(&self.account.name, what, about, self.peer)
    }
}

/// An entry for the audit.
pub(crate) fn entry(account: &str, what: &str, about: String, Peer(ip): Peer) -> Entry {
    let at = net::clock::now().wall.as_secs();
    Entry { at, account: account.to_owned(), what: what.to_owned(), about, address: ip.to_string() }
}

impl Auth {
    pub(crate) fn new(store: Store) -> Auth {
        let random = store::accounts::readable_password();
        let nobody = Hashed::new(&random).expect("it is as long as a password must be");
        let (attempts, hashing) = (Mutex::default(), Arc::new(Semaphore::new(limits::PASSWORDS_AT_ONCE)));
        Auth(Arc::new(Shared { store, attempts, hashing, nobody, changes: watch::Sender::new(0) }))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    /// The layer that reads and writes the cookie. `secure`: the browser came by HTTPS, and must come so again.
    pub(crate) fn layer(&self, secure: bool) -> SessionManagerLayer<Keeper> {
        SessionManagerLayer::new(Keeper::new(self.0.store.clone()))
            .with_name("vireo")
            .with_same_site(SameSite::Strict)
            .with_http_only(true)
            .with_secure(secure)
            .with_path("/")
            .with_expiry(Expiry::OnInactivity(limits::session_time()))
    }

    /// Whose request this is; `None` when nobody is signed in, or may not be any more.
    pub(crate) async fn signed(&self, session: &Session, peer: Peer) -> Result<Option<Signed>, Problem> {
        let who = session.get::<Who>(KEY).await.map_err(|why| Problem::of_store(&why))?;
        let Some(Who { account, csrf }) = who else { return Ok(None) };
        let known = self.0.store.account(&account).await.map_err(|why| Problem::of_store(&why))?;
        let open = known.map(|(account, _)| account).filter(|account| !account.locked);
        Ok(open.map(|account| Signed { account, csrf, peer }))
    }

    /// Signs in: the session gets another name, so that one that was planted before is worth nothing.
    pub(crate) async fn sign_in(
        &self,
        session: &Session,
        name: &str,
        password: String,
        peer: Peer,
    ) -> Result<Signed, Problem> {
        let name: String = name.chars().take(store::accounts::NAME_CHARS_MAX).collect();
        let now = net::clock::now();
        let begun = self.attempts(|attempts| attempts.begin(&name, peer.0, now.mono));
        begun.map_err(Problem::too_often)?;
        let known = self.0.store.account(&name).await.map_err(|why| Problem::of_store(&why))?;
        let (account, hashed) = known.map_or_else(|| (None, self.0.nobody.clone()), |(a, h)| (Some(a), h));
        let right = self.hashing(move || hashed.is(&password)).await?;
        let account = account.filter(|account| right && !account.locked);
        let Some(account) = account else {
            self.note(&name, "sign-in refused", peer).await?;
            return Err(Problem::unauthorized("name or password is wrong"));
        };
        self.attempts(|attempts| attempts.succeeded(&name, peer.0));
        self.note(&name, "signed in", peer).await?;
        let csrf = token().map_err(|why| Problem::of_store(&why))?;
        let who = Who { account: name, csrf: csrf.clone() };
        let kept = async {
            session.cycle_id().await?;
            session.insert(KEY, &who).await?;
            session.save().await
        };
        kept.await.map_err(|why| Problem::of_store(&why))?;
        Ok(Signed { account, csrf, peer })
    }

    async fn note(&self, account: &str, what: &str, peer: Peer) -> Result<(), Problem> {
        let noted = self.0.store.note(entry(account, what, String::new(), peer)).await;
        noted.map_err(|why| Problem::of_store(&why))
    }

    /// Works on a password beside everything else; refused when too many are waiting for that.
    pub(crate) async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let free = Arc::clone(&self.0.hashing).acquire_owned();
        let permit = tokio::time::timeout(limits::PASSWORD_WAIT, free).await;
        let Ok(Ok(permit)) = permit else { return Err(Problem::too_often(Duration::from_secs(5))) };
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        done.await.map_err(|why| Problem::of_store(&why))
    }

    /// Accounts are not what they were: open sockets look again.
    pub(crate) fn changed(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }

    /// Tells each change of accounts.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    fn attempts<T>(&self, act: impl FnOnce(&mut Attempts) -> T) -> T {
        act(&mut self.0.attempts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// 128 bits that nobody guesses.
fn token() -> Result<String, rand::rand_core::OsError> {
    let mut octets = [0; 16];
    OsRng.try_fill_bytes(&mut octets)?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// Whether the request carries the session's token; compared without telling by time where it differs.
pub(crate) fn carries(headers: &HeaderMap, csrf: &str) -> bool {
    let Some(given) = headers.get(CSRF_HEADER) else { return false };
    let (given, csrf) = (given.as_bytes(), csrf.as_bytes());
    given.len() == csrf.len() && given.iter().zip(csrf).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
