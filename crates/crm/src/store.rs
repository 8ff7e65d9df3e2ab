//! The database: one SQLite file, with a log that writers and readers share (WAL).

use std::path::Path;

use sqlx::ConnectOptions;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::{CrmError, limits};

static MIGRATIONS: Migrator = sqlx::migrate!("src/migrations");

/// Opens the file; makes it, its tables and its people where they are lacking.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool, CrmError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(limits::DATABASE_WITHIN)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(limits::DATABASE_CONNECTIONS)
        .acquire_timeout(limits::DATABASE_WITHIN)
        .connect_with(options)
        .await?;
    MIGRATIONS.run(&pool).await?;
    Ok(pool)
}
