//! What is kept beyond the log: a database, written by one thread.
//!
//! Whatever waits is written in one transaction, so that a disk that takes its time slows nobody down, and is
//! acknowledged when that transaction is over: what was acknowledged survives a `kill -9` (SQLite, WAL,
//! `synchronous=FULL`). The shards never wait: an ended call that finds no room is counted and lost. Schema and SQL run on
//! PostgreSQL, too ([`Place`]). Start at [`Store::open`].

pub mod accounts;
pub mod audit;
pub mod contacts;
mod limits;
pub mod orders;
mod place;
pub mod sessions;
pub mod statistics;
pub mod tickets;
pub mod today;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use call::{Cdr, OrderRecord};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Row};
use thiserror::Error;
use tokio::sync::{OnceCell, oneshot};
use tracing::{error, warn};

pub use limits::SNAPSHOTS_MAX;
pub use place::Place;
use writer::{Job, Word, Writer};

/// Why there is no database, or not what was asked of it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It cannot be opened, or says something else than SQL.
    #[error("cannot use the database {place}: {why}")]
    Database {
        /// Where it is.
        place: Place,
        /// What it says.
        #[source]
        why: sqlx::Error,
    },
    /// It was made by another version of the gateway.
    #[error("the database {place} cannot be brought up to date: {why}")]
    Schema {
        /// Where it is.
        place: Place,
        /// What is wrong.
        #[source]
        why: MigrateError,
    },
    /// The system refuses a thread.
    #[error("the system refuses a thread: {0}")]
    System(#[from] std::io::Error),
    /// It was not written.
    #[error("the database did not take it: {0}")]
    Refused(Arc<sqlx::Error>),
    /// Too much waits to be written.
    #[error("the database does not keep up; try again")]
    Busy,
    /// The thread that writes has ended.
    #[error("the database is closed")]
    Closed,
}

/// The way to the database, for anyone to clone.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    place: Place,
    words: SyncSender<Word>,
    lost: AtomicU64,
    readers: OnceCell<AnyPool>,
}

impl Store {
    /// Opens the database, makes its tables where they are lacking, and starts the thread that writes.
    ///
    /// # Errors
    /// [`StoreError`], for a person.
    pub fn open(place: &Place) -> Result<(Store, JoinHandle<()>), StoreError> {
        let runtime = runtime()?;
        let connection = runtime.block_on(place.open())?;
        let (words, inbox) = sync_channel(limits::WAITING_MAX);
        let mut writer = Writer::new(place.clone(), connection);
        let thread = thread::Builder::new()
            .name("store".into())
            .spawn(move || runtime.block_on(writer.serve(&inbox)))?;
        let shared =
            Shared { place: place.clone(), words, lost: AtomicU64::new(0), readers: OnceCell::new() };
        Ok((Store(Arc::new(shared)), thread))
    }

    /// Calls of this edition of the service may end from now on.
    pub fn know(&self, service: &Arc<dialplan::Service>) {
        // It must not be lost, and comes seldom.
        if self.0.words.send(Word::Service(Arc::clone(service))).is_err() {
            error!("the thread of the database has ended");
        }
    }

    /// A call has ended.
    pub fn keep(&self, cdr: Box<Cdr>) {
        self.tell(Word::Call(cdr), "the database does not keep up; calls are missing in its statistics");
    }

    /// A caller ordered something.
    pub fn keep_order(&self, order: Box<OrderRecord>) {
        self.tell(Word::Order(order), "the database does not keep up; orders are in the log only");
    }

    /// A word of a shard, which does not wait; `lost` is said of the first that finds no room.
    fn tell(&self, word: Word, lost: &str) {
        match self.0.words.try_send(word) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                if self.0.lost.fetch_add(1, Ordering::Relaxed) == 0 {
                    warn!("{lost}");
                }
            }
            Err(TrySendError::Disconnected(_)) => error!("the thread of the database has ended"),
        }
    }

    /// Changes something; answered when it is on the disk. `job` is part of a larger transaction, of which it is taken
    /// back alone when it fails.
    ///
    /// # Errors
    /// [`StoreError::Refused`], and nothing was changed; [`StoreError::Busy`] and [`StoreError::Closed`] likewise.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut AnyConnection) -> Result<T, sqlx::Error> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        self.0.words.try_send(Word::Job(Job::new(job, tell))).map_err(|full| match full {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        told.await.map_err(|_| StoreError::Closed)?.map_err(StoreError::Refused)
    }

    /// A connection that sees what was acknowledged. To be asked for inside a tokio runtime, always the same.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn reader(&self) -> Result<PoolConnection<Any>, StoreError> {
        let readers = self.0.readers.get_or_try_init(async || self.0.place.readers()).await?;
        readers.acquire().await.map_err(|why| self.0.place.failed(why))
    }

    /// What waits is written, then the thread ends.
    pub fn stop(&self) {
        // Ignored: a thread that is gone needs no word.
        let _ = self.0.words.send(Word::Stop);
    }

    fn failed(&self, why: sqlx::Error) -> StoreError {
        self.0.place.failed(why)
    }
}

/// A runtime for the one thread that it is made on.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().enable_io().build()
}

/// A column that counts.
pub(crate) fn count(row: &AnyRow, at: usize) -> Result<u64, sqlx::Error> {
    Ok(row.try_get::<i64, _>(at)?.unsigned_abs())
}

/// A count as databases have it.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
