//! The telephones of agents that register: who they are, where they are, and what the agent pool is told of them.
//!
//! To the pool a registered telephone is what a browser's session is: it signs in, and is signed out when its registration
//! ends. Its sessions have numbers of their own, from [`FIRST_SESSION`] on.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use call::Telephone;
use dialplan::{Address, Service};
use sip::digest::{Algorithm, Guard};
use sip::registrar::{Arrived, Change, Registrar};
use sip::{LocalId, Reply, Request, StatusCode};
use tracing::{error, info, warn};

use crate::connector::Environment;
use crate::limits;

/// Sessions of browsers are counted from 1.
const FIRST_SESSION: u64 = 1 << 63;

/// What is protected (RFC 7616 §3.3).
const REALM: &str = "vireo";

/// Whether a session of the pool is a telephone's.
pub(crate) fn is_telephone(session: u64) -> bool {
    session >= FIRST_SESSION
}

/// All of them. Times are those of the pool's thread.
pub(crate) struct Telephones {
    registrar: Registrar,
    environment: Environment,
    /// Of those who may register.
    passwords: BTreeMap<String, String>,
    sessions: BTreeMap<String, u64>,
    next_session: u64,
    tries: Tries,
    start: Instant,
}

impl Telephones {
    /// With nobody registered. `key` is random and known to nobody else.
    pub(crate) fn new(environment: Environment, key: [u8; 32], start: Instant) -> Telephones {
        Telephones {
            registrar: Registrar::new(Guard::new(REALM, key, limits::NONCE_LIFETIME)),
            environment,
            passwords: BTreeMap::new(),
            sessions: BTreeMap::new(),
            next_session: FIRST_SESSION,
            tries: Tries::default(),
            start,
        }
    }

    /// Those of `service` may register from now on, and nobody else; what the pool is told of it.
    pub(crate) fn know(&mut self, service: &Service) -> Vec<acd::Input> {
        self.passwords.clear();
        for (name, agent) in &service.queues().agents {
            let Address::Registered { password } = &agent.address else { continue };
            match self.environment.filled(password).map(|password| password.into_owned()) {
                Ok(password) if !password.is_empty() => {
                    self.passwords.insert(name.clone(), password);
                }
                Ok(_) => error!(agent = name, "its telephone cannot register: the password is empty"),
                Err(why) => error!(agent = name, why, "its telephone cannot register"),
            }
        }
        let gone: Vec<String> =
            self.sessions.keys().filter(|name| !self.passwords.contains_key(*name)).cloned().collect();
        gone.into_iter().filter_map(|name| self.sign_out(&name)).collect()
    }

    /// A REGISTER; what to answer, and what the pool is told.
    pub(crate) fn on_register(
        &mut self,
        now: Instant,
        request: &Request,
        local: LocalId,
        source: SocketAddr,
    ) -> (Reply, Vec<acd::Input>) {
        let proves = request.headers.get("Authorization").is_some();
        if proves && let Some(wait) = self.tries.wait(now, source.ip()) {
            let seconds = wait.as_secs().max(1).to_string();
            return (
                Reply::new(StatusCode::ServiceUnavailable).with_header("Retry-After", seconds),
                Vec::new(),
            );
        }
        let passwords = &self.passwords;
        let algorithms = algorithms_for(request.headers.get("User-Agent"));
        let arrived = Arrived { request, source, local, algorithms };
        let since = now.saturating_duration_since(self.start);
        let outcome =
            self.registrar.on_register(since, arrived, |user| passwords.get(user).map(String::as_str));
        if outcome.wrong {
            warn!(%source, "somebody registers with a wrong name or password");
            self.tries.failed(now, source.ip());
        }
        let mut words = self.signed_out(outcome.changes);
        if let Some(agent) = outcome.reachable {
            let session = self.session_of(&agent, source);
            words.push(acd::Input::SignIn { agent, session, ready: true });
        }
        (outcome.reply, words)
    }

    /// Where the telephone of a session is.
    pub(crate) fn reached(&self, now: Instant, session: u64) -> Option<Telephone> {
        let (name, _) = self.sessions.iter().find(|(_, own)| **own == session)?;
        let binding = self.registrar.way_to(now.saturating_duration_since(self.start), name)?;
        Some(Telephone { contact: binding.contact.clone(), source: binding.source, local: binding.local })
    }

    /// Ends what has had its time; what the pool is told of it.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<acd::Input> {
        if self.next_due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        let changes = self.registrar.expire(now.saturating_duration_since(self.start));
        self.signed_out(changes)
    }

    /// When the next registration ends by itself.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.registrar.next_due().map(|due| self.start + due)
    }

    /// Every registration says anew who is there: the pool may have let go of a session meanwhile.
    fn session_of(&mut self, agent: &str, source: SocketAddr) -> u64 {
        if let Some(session) = self.sessions.get(agent) {
            return *session;
        }
        info!(agent, %source, "its telephone has registered");
        let session = self.next_session;
        self.next_session += 1;
        self.sessions.insert(agent.to_owned(), session);
        session
    }

    fn signed_out(&mut self, changes: Vec<Change>) -> Vec<acd::Input> {
        let gone = |change| match change {
            Change::Gone(name) => Some(name),
            Change::Reachable(_) => None,
        };
        changes.into_iter().filter_map(gone).filter_map(|name| self.sign_out(&name)).collect()
    }

    fn sign_out(&mut self, name: &str) -> Option<acd::Input> {
        self.registrar.forget(name);
        let session = self.sessions.remove(name)?;
        info!(agent = name, "its telephone is not registered any more");
        Some(acd::Input::SignOut { session })
    }
}

/// What a telephone is offered to prove itself by, best first (RFC 8760 §2.4).
///
/// It is to pass over what it does not know, but libre up to 3.10, which is baresip's, gives up on SHA-256 wherever it
/// stands, and test tools that do not say who they are, such as SIPp up to 3.6, know the first that is offered or nothing.
fn algorithms_for(user_agent: Option<&str>) -> &'static [Algorithm] {
    let Some(name) = user_agent else { return &[Algorithm::Md5, Algorithm::Sha256] };
    let version = name.strip_prefix("baresip v").map(|version| {
        let mut numbers = version.split(|sign: char| !sign.is_ascii_digit()).map(str::parse::<u32>);
        let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
        (next(), next())
    });
    match version.is_some_and(|version| version < (3, 11)) {
        true => &[Algorithm::Md5],
        false => &Algorithm::ALL,
    }
}

/// Wrong passwords by address: who gave many is not listened to for a while.
#[derive(Debug, Default)]
struct Tries(HashMap<IpAddr, Tally>);

#[derive(Clone, Copy, Debug)]
struct Tally {
    failed: u32,
    since: Instant,
}

impl Tries {
    /// How long this address is not listened to yet.
    fn wait(&self, now: Instant, address: IpAddr) -> Option<Duration> {
        let tally = self.0.get(&address).filter(|tally| tally.failed >= limits::REGISTER_TRIES_MAX)?;
        let end = tally.since + limits::REGISTER_TRIES_WITHIN;
        end.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    fn failed(&mut self, now: Instant, address: IpAddr) {
        let recent =
            |tally: &Tally| now.saturating_duration_since(tally.since) < limits::REGISTER_TRIES_WITHIN;
        if self.0.len() >= limits::REGISTER_ADDRESSES_MAX && !self.0.contains_key(&address) {
            self.0.retain(|_, tally| recent(tally));
            if self.0.len() >= limits::REGISTER_ADDRESSES_MAX {
                self.0.clear();
            }
        }
        let tally = self.0.entry(address).or_insert(Tally { failed: 0, since: now });
        if !recent(tally) {
            *tally = Tally { failed: 0, since: now };
        }
        tally.failed += 1;
    }
}

#[cfg(test)]
mod tests;
