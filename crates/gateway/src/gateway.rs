//! Starting and stopping the threads of a gateway.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use call::Shard;
use media::{Codec, VideoFormat};
use net::udp::BindError;
use net::{Pairs, Poller, Socket};
use rand::TryRngCore;
use rand::rngs::OsRng;
use store::{Store, StoreError};
use thiserror::Error;
use tracing::{info, warn};

use crate::calls::Calls;
use crate::config::{Config, Listen};
use crate::connector::{Connectors, Environment};
use crate::editions::Editions;
use crate::limits;
use crate::pool::{self, PoolView, ToPool};
use crate::telephones::Telephones;
use crate::transcoding::Transcoding;
use crate::webrtc::{self, Hub, Threads};
use crate::worker::{Gauges, Supply, ToShard, Worker, WorkerHandle};

/// Why a gateway does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// No address to listen on was given.
    #[error("no SIP address to listen on is configured")]
    NoAddress,
    /// A SIP address cannot be bound.
    #[error("cannot listen for SIP: {0}")]
    Sip(#[source] BindError),
    /// The RTP ports cannot be used.
    #[error("cannot use the RTP ports: {0}")]
    Rtp(#[from] net::ports::PairsError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refuses threads or an epoll descriptor.
    #[error("the system refuses a thread or an epoll descriptor: {0}")]
    System(#[from] std::io::Error),
}

/// A running gateway; stops when told, or when dropped.
pub struct Gateway {
    shards: Vec<(WorkerHandle, Option<JoinHandle<()>>)>,
    pool: (mpsc::Sender<ToPool>, Option<JoinHandle<()>>),
    /// Ends with the shards.
    editions: Vec<JoinHandle<()>>,
    /// Ends with the shards.
    connectors: Option<JoinHandle<()>>,
    /// Ends after the shards and the pool.
    store: Option<(Store, Option<JoinHandle<()>>)>,
    /// End with their shard.
    transcoding: Vec<JoinHandle<()>>,
    addresses: Vec<SocketAddr>,
    gauges: Arc<Gauges>,
    calls: Calls,
    browsers: Threads,
}

impl Gateway {
    /// Binds the addresses and starts the threads; calls are taken when this returns.
    ///
    /// # Errors
    /// [`StartError`], which names the address or port in the way.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let store = config.store.as_ref().map(Store::open).transpose()?;
        let store = store.map(|(store, thread)| (store, Some(thread)));
        if let Some((store, _)) = &store {
            store.know(&config.service);
        }
        let mut poller = Poller::new()?;
        let locals = bind_sip(&mut poller, &config.listen)?;
        let addresses: Vec<_> = locals.iter().map(|local| local.bind).collect();
        let mut pairs = Pairs::new(media_bind_address(&addresses), config.rtp_ports.clone())?;
        // A wrong address or a full range shows now, not at the first call.
        let probe = pairs.take()?;
        pairs.give_back(probe);
        let pairs_max =
            net::descriptors::pairs_within(net::descriptors::raise_limit(), limits::RESERVED_FILES);

        let (to_pool, pool_inbox) = mpsc::channel();
        let (to_shard, inbox) = mpsc::channel();
        let handle = WorkerHandle::new(to_shard, poller.waker());
        let gauges = Arc::new(Gauges::default());
        let browsers = Threads::start(browser_config(&config), vec![handle.clone()], to_pool.clone())?;
        let calls = Calls::default();
        let (connectors, connectors_thread) = Connectors::start(&gauges, config.environment.clone())?;
        let (editions, editions_threads) = Editions::start(Arc::clone(&config.library), &gauges)?;
        let (transcoding, transcoding_threads) = Transcoding::start(&handle, &gauges)?;
        let mut shard = Shard::new(shard_config(&config, locals), Arc::clone(&config.service));
        shard.handle_input(net::clock::now(), call::Input::Notice(config.notice.clone()));
        let worker = Worker {
            poller,
            shard,
            pairs,
            pairs_max,
            library: config.library,
            editions,
            connectors,
            store: store.as_ref().map(|(store, _)| store.clone()),
            own: handle.clone(),
            inbox,
            pool: to_pool.clone(),
            gauges: Arc::clone(&gauges),
            calls: calls.clone(),
            hub: browsers.hub().clone(),
            transcoding,
            supply: Supply::default(),
        };
        let thread = thread::Builder::new().name("shard-0".into()).spawn(move || worker.run())?;
        let hub = browsers.hub().clone();
        let telephones = Telephones::new(Environment(config.environment), draw_key(), net::clock::now().mono);
        let kept = store.as_ref().map(|(store, _)| store.clone());
        if let (Some(store), Some(place)) = (&kept, &config.store) {
            let node = if place.is_shared() { addresses[0].to_string() } else { String::new() };
            store.begin(net::clock::now().wall, &node);
        }
        let inbox = pool_inbox;
        let pool_thread = pool::start(
            Arc::clone(&config.service),
            inbox,
            vec![handle.clone()],
            Arc::clone(&gauges),
            hub,
            telephones,
            kept,
        )?;
        Ok(Gateway {
            shards: vec![(handle, Some(thread))],
            pool: (to_pool, Some(pool_thread)),
            editions: editions_threads,
            connectors: Some(connectors_thread),
            store,
            transcoding: transcoding_threads,
            addresses,
            gauges,
            calls,
            browsers,
        })
    }

    /// The SIP addresses, with the ports that were bound.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Live counts.
    #[must_use]
    pub fn gauges(&self) -> Arc<Gauges> {
        Arc::clone(&self.gauges)
    }

    /// The calls in progress.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }

    /// The way for browsers to call and to take calls.
    #[must_use]
    pub fn hub(&self) -> Hub {
        self.browsers.hub().clone()
    }

    /// The way to look at the agent pool.
    #[must_use]
    pub fn pool(&self) -> PoolView {
        PoolView(self.pool.0.clone())
    }

    /// The database, if it has one.
    #[must_use]
    pub fn store(&self) -> Option<Store> {
        self.store.as_ref().map(|(store, _)| store.clone())
    }

    /// Makes `service` live for new calls; calls in flight keep the version they began with.
    pub fn publish(&self, service: &Arc<dialplan::Service>) {
        if let Some((store, _)) = &self.store {
            store.know(service);
        }
        for (shard, _) in &self.shards {
            shard.send(ToShard::Service(Arc::clone(service)));
        }
        // The pool outlives this handle.
        let told = self.pool.0.send(ToPool::Reload(Arc::clone(service)));
        if told.is_err() {
            warn!("the agent pool has ended");
        }
    }

    /// Has new callers told this first, or nothing any more; calls in flight are left alone. What it shows and says is
    /// to be prepared before.
    pub fn announce(&self, notice: Option<&Arc<dialplan::Notice>>) {
        for (shard, _) in &self.shards {
            shard.send(ToShard::Notice(notice.cloned()));
        }
    }

    /// Takes no new calls from now on; those in progress go on.
    pub fn drain(&self) {
        self.shards.iter().for_each(|(shard, _)| shard.send(ToShard::Drain));
    }

    /// Hangs up every call and ends all threads.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        self.shards.iter().for_each(|(shard, _)| shard.send(ToShard::Stop));
        for (_, thread) in &mut self.shards {
            join(thread.take(), "a shard");
        }
        join(self.connectors.take(), "the thread of connectors");
        self.editions.drain(..).for_each(|thread| join(Some(thread), "a maker of prompts"));
        self.transcoding.drain(..).for_each(|thread| join(Some(thread), "a transcoding thread"));
        // The shards have said goodbye to browsers by now.
        self.browsers.stop();
        // Ignored: a pool that is gone needs no word.
        let _ = self.pool.0.send(ToPool::Stop);
        join(self.pool.1.take(), "the agent pool");
        // What the pool decided of the last calls is written, too.
        if let Some((store, thread)) = &mut self.store {
            store.stop();
            join(thread.take(), "the thread of the database");
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shut_down();
    }
}

fn join(thread: Option<JoinHandle<()>>, who: &str) {
    if thread.is_some_and(|thread| thread.join().is_err()) {
        tracing::error!("{who} ended by a panic");
    }
}

/// A secret of this start of the gateway.
fn draw_key() -> [u8; 32] {
    let mut key = [0; 32];
    OsRng.try_fill_bytes(&mut key).expect("the system's random numbers are always there");
    key
}

fn bind_sip(poller: &mut Poller, listen: &[Listen]) -> Result<Vec<sip::Local>, StartError> {
    if listen.is_empty() {
        return Err(StartError::NoAddress);
    }
    let mut locals = Vec::new();
    for (at, address) in listen.iter().enumerate() {
        let (socket, capped) =
            Socket::bind(address.bind, net::limits::SIGNALLING_RECEIVE_BUFFER).map_err(StartError::Sip)?;
        if let Some(capped) = capped {
            warn!("{capped}");
        }
        let bound = socket.local();
        info!(address = %bound, "listens for SIP over UDP");
        let local = sip::Local::new(bound);
        locals.push(match &address.advertise {
            Some(advertised) => local.advertised_as(advertised.clone()),
            None => local,
        });
        poller.add_signalling(at as u8, socket)?;
    }
    Ok(locals)
}

/// Media sockets are bound to the one address all signalling uses, else to any.
fn media_bind_address(addresses: &[SocketAddr]) -> IpAddr {
    let first = addresses[0].ip();
    if addresses.iter().all(|address| address.ip() == first) {
        return first;
    }
    let all_v4 = addresses.iter().all(SocketAddr::is_ipv4);
    if all_v4 { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

/// Browsers are reached at the addresses of SIP, at every one where none is named; a page on this machine
/// by the loopback address.
fn browser_config(config: &Config) -> webrtc::Config {
    let mut addresses: Vec<IpAddr> = config.listen.iter().map(|listen| listen.bind.ip()).collect();
    if addresses.iter().any(IpAddr::is_unspecified) {
        addresses.push(Ipv4Addr::LOCALHOST.into());
    }
    addresses.sort_unstable();
    addresses.dedup();
    webrtc::Config {
        addresses,
        ports: config.rtp_ports.clone(),
        ice_servers: config.ice_servers.clone(),
        seed: config.seed.rotate_left(31),
    }
}

fn shard_config(config: &Config, locals: Vec<sip::Local>) -> call::Config {
    let media_addresses = config
        .listen
        .iter()
        .zip(&locals)
        .map(|(listen, local)| listen.media_address.unwrap_or(local.bind.ip()))
        .collect();
    let mut sip = sip::Config::new(locals, config.seed);
    sip.allow.push(sip::Method::Register);
    call::Config {
        sip,
        media_addresses,
        shard: 0,
        calls_max: config.calls_max,
        seed: config.seed.rotate_left(17),
        retry_after: limits::RETRY_AFTER,
        terminals: Arc::new(terminals()),
        trunks: config.trunks.clone(),
    }
}

/// What the terminals towards 3G phones are made of: they are told beforehand how our MPEG-4 is made.
fn terminals() -> h324m::Config {
    let common = h324m::Config::default();
    match codec::mpeg4_config(VideoFormat::circuit(Codec::Mpeg4)) {
        Ok(headers) => h324m::Config { mpeg4_config: Some(headers), ..common },
        Err(error) => {
            warn!(%error, "3G phones get H.263 alone");
            h324m::Config { video: vec![Codec::H263], ..common }
        }
    }
}
