//! What is kept beyond the log: a database in one file, written by one thread.
//!
//! Whatever waits is written in one transaction, so that a disk that takes its time slows nobody down; what was
//! written is on the disk when that transaction is over (SQLite, WAL, `synchronous=FULL`). The shards never wait: what
//! does not fit into the queue is counted and lost. Start at [`Store::open`].

pub mod statistics;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use call::Cdr;
use sqlx::ConnectOptions;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use thiserror::Error;
use tracing::{error, warn};

use crate::limits;
use statistics::Editions;

/// The schema, one file a step; also for PostgreSQL.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations");

/// Why there is no database.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It cannot be opened, or says something else than SQL.
    #[error("cannot use the database {path}: {why}")]
    Database {
        /// Its file.
        path: PathBuf,
        /// What it says.
        #[source]
        why: sqlx::Error,
    },
    /// It was made by another version of the gateway.
    #[error("the database {path} cannot be brought up to date: {why}")]
    Schema {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        why: MigrateError,
    },
    /// The system refuses a thread.
    #[error("the system refuses a thread: {0}")]
    System(#[from] std::io::Error),
}

enum Word {
    Service(Arc<dialplan::Service>),
    Call(Box<Cdr>),
    Stop,
}

/// The way to the thread that writes.
#[derive(Clone)]
pub(crate) struct Store {
    words: SyncSender<Word>,
    lost: Arc<AtomicU64>,
}

impl Store {
    /// Opens the file, makes its tables where they are lacking, and starts the thread.
    ///
    /// # Errors
    /// [`StoreError`], for a person.
    pub(crate) fn open(path: &Path) -> Result<(Store, JoinHandle<()>), StoreError> {
        let runtime = runtime()?;
        let mut connection = runtime.block_on(connect(path))?;
        let migrated = runtime.block_on(MIGRATIONS.run(&mut connection));
        migrated.map_err(|why| StoreError::Schema { path: path.to_owned(), why })?;
        let (words, inbox) = sync_channel(limits::STORE_WAITS_MAX);
        let thread = thread::Builder::new().name("store".into()).spawn(move || {
            let mut writer = Writer { connection, editions: Editions::default() };
            runtime.block_on(writer.serve(&inbox));
        })?;
        Ok((Store { words, lost: Arc::default() }, thread))
    }

    /// Calls of this edition of the service may end from now on.
    pub(crate) fn know(&self, service: &Arc<dialplan::Service>) {
        // It must not be lost, and comes seldom.
        if self.words.send(Word::Service(Arc::clone(service))).is_err() {
            error!("the thread of the database has ended");
        }
    }

    /// A call has ended.
    pub(crate) fn keep(&self, cdr: Box<Cdr>) {
        match self.words.try_send(Word::Call(cdr)) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                if self.lost.fetch_add(1, Ordering::Relaxed) == 0 {
                    warn!("the database does not keep up; calls are missing in its statistics");
                }
            }
            Err(TrySendError::Disconnected(_)) => error!("the thread of the database has ended"),
        }
    }

    /// What waits is written, then the thread ends.
    pub(crate) fn stop(&self) {
        // Ignored: a thread that is gone needs no word.
        let _ = self.words.send(Word::Stop);
    }
}

struct Writer {
    connection: SqliteConnection,
    editions: Editions,
}

impl Writer {
    async fn serve(&mut self, inbox: &Receiver<Word>) {
        while let Ok(first) = inbox.recv() {
            let waiting = inbox.try_iter().take(limits::STORE_GROUP_MAX);
            let mut calls = Vec::new();
            let mut stop = false;
            for word in std::iter::once(first).chain(waiting) {
                match word {
                    Word::Service(service) => self.editions.know(&service),
                    Word::Call(cdr) => calls.push(cdr),
                    Word::Stop => stop = true,
                }
            }
            if !calls.is_empty()
                && let Err(why) = statistics::write(&mut self.connection, &self.editions, &calls).await
            {
                error!(%why, calls = calls.len(), "calls are missing in the statistics");
            }
            if stop {
                return;
            }
        }
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().build()
}

async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let opened = options.disable_statement_logging().connect().await;
    opened.map_err(|why| StoreError::Database { path: path.to_owned(), why })
}
