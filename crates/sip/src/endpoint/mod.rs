//! The user-agent core (RFC 3261 §8, §9, §11-15): one object that holds all transactions and calls of a shard.
//!
//! Feed it with [`Endpoint::handle_input`], then poll [`Endpoint::poll_output`] until it answers
//! `Output::Timeout`; the same after every other call. It answers by itself whatever needs no decision: 100
//! Trying, OPTIONS, CANCEL, BYE, copies, and requests that the RFC refuses. Everything else is an [`Event`].
//!
//! Where to look: `receive` routes what comes in, `inspect` refuses, `uas` and `uac` are the two sides of a
//! new call, `within` is what happens inside one, `hang_up` ends it, `outside` sends what belongs to none, `answer` makes
//! responses.
//!
//! Deviations: `maddr` in a Via is not followed, so that nobody can aim our responses (RFC 4475 §3.3.10).
//! Max-Forwards is not looked at: this is no proxy (RFC 4475 §3.3.11).

mod answer;
mod api;
mod config;
mod hang_up;
mod inspect;
pub(crate) mod io;
mod outside;
mod receive;
mod stateless;
mod timers;
mod uac;
mod uas;
mod within;

use std::collections::HashMap;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

pub use api::{Body, DialogId, Ended, Event, Gone, HangUp, Input, Invite, Output, Refused, Reply, RequestId};
pub use config::{Config, Local, LocalId};
pub use outside::Outside;

use crate::dialog::PORT;
use crate::dialog::session::Session;
use crate::number::ByNumber;
use crate::transaction::Table;
use crate::vocabulary::method_name;
use crate::{Host, Method, uri};
use io::{Io, Owner};
use stateless::Bucket;

/// A SIP user agent, sans IO.
#[derive(Debug)]
pub struct Endpoint {
    config: Config,
    /// What Via and responses must name, one for each local.
    sent_by: Vec<(Host, u16)>,
    /// Value of Allow.
    allow: String,
    draining: bool,
    table: Table,
    sessions: HashMap<DialogId, Session, ByNumber>,
    /// Our tags, to find the call of a request by its To.
    tags: HashMap<String, DialogId>,
    last_dialog: u64,
    io: Io,
    rng: StdRng,
    stateless: Bucket,
}

impl Endpoint {
    /// An endpoint without calls.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let sent_by = config.locals.iter().map(sent_by).collect();
        let allow: Vec<_> = served(&config).map(method_name).collect();
        Endpoint {
            sent_by,
            allow: allow.join(", "),
            draining: false,
            table: Table::default(),
            sessions: HashMap::default(),
            tags: HashMap::new(),
            last_dialog: 0,
            io: Io::new(),
            rng: StdRng::seed_from_u64(config.seed),
            stateless: Bucket::new(),
            config,
        }
    }

    /// Takes in a datagram, or fires the timers whose time has come by `now`.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Datagram { local, from, data } => self.receive(now, local, from, data),
            Input::Timeout => self.fire(now),
        }
    }

    /// The next thing to do; `Output::Timeout` comes last.
    pub fn poll_output(&mut self) -> Output {
        self.io.out.pop_front().unwrap_or_else(|| Output::Timeout(self.io.timers.next()))
    }

    /// While draining, new calls are refused with 503 and OPTIONS is answered so, too; calls go on.
    pub fn set_draining(&mut self, draining: bool) {
        self.draining = draining;
    }

    /// How many calls live, those that wait for the answer to their BYE included.
    #[must_use]
    pub fn dialogs(&self) -> usize {
        self.sessions.len()
    }

    /// How many transactions live, those that only absorb copies included.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.table.len()
    }

    fn new_dialog_id(&mut self) -> DialogId {
        self.last_dialog += 1;
        DialogId(self.last_dialog)
    }

    /// A fresh tag, unguessable from others (RFC 3261 §19.3).
    fn new_tag(&mut self) -> String {
        format!("{}{:016x}", self.config.tag_prefix, self.rng.random::<u64>())
    }

    /// A fresh branch and the Via value that carries it (RFC 3261 §8.1.1.7, RFC 3581 §3).
    fn new_via(&mut self, local: LocalId) -> (String, String) {
        let branch = format!("z9hG4bK{}{:016x}", self.config.tag_prefix, self.rng.random::<u64>());
        let via = format!("SIP/2.0/UDP {};branch={branch};rport", self.advertised(local));
        (branch, via)
    }

    fn advertised(&self, local: LocalId) -> &str {
        self.config.locals.get(usize::from(local.0)).map_or("", |local| local.advertised.as_str())
    }

    /// Our Contact for a call of this user part on this local.
    fn contact(&self, user: Option<&str>, local: LocalId) -> String {
        match user {
            Some(user) => format!("<sip:{user}@{}>", self.advertised(local)),
            None => format!("<sip:{}>", self.advertised(local)),
        }
    }

    fn insert_session(&mut self, dialog: DialogId, session: Session) {
        self.tags.insert(session.tag.clone(), dialog);
        self.sessions.insert(dialog, session);
    }

    fn remove_session(&mut self, dialog: DialogId) -> Option<Session> {
        self.io.timers.clear_all(Owner::Call(dialog));
        let session = self.sessions.remove(&dialog)?;
        self.tags.remove(&session.tag);
        Some(session)
    }
}

/// The methods that are served: those of the configuration and those that a call cannot do without.
fn served(config: &Config) -> impl Iterator<Item = Method> + '_ {
    const ALWAYS: [Method; 4] = [Method::Ack, Method::Cancel, Method::Bye, Method::Options];
    let configured = config.allow.iter().copied();
    configured.chain(ALWAYS.into_iter().filter(|method| !config.allow.contains(method)))
}

/// Host and port that our Vias carry for a local.
fn sent_by(local: &Local) -> (Host, u16) {
    match uri::host_port(&local.advertised) {
        Ok((host, port)) => (host.into(), port.unwrap_or(PORT)),
        Err(_) => (Host::Name(local.advertised.clone()), PORT),
    }
}
