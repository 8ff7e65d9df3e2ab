//! The other side of the demo's connectors: a small CRM with invented subscribers, by HTTP and JSON.
//!
//! It does what the hotline of `dialplans/` asks for, and keeps what callers did in a SQLite file. It knows who calls by
//! the number alone and has no login: it is for loopback and for trying. Start at [`serve`]; what can be asked is the
//! table in [`routes`], the people are in `migrations/0002_people.sql`.

mod error;
mod limits;
mod number;
mod routes;
mod server;
mod store;

use std::path::Path;

use thiserror::Error;
use tokio::net::TcpListener;

/// Why the CRM does not serve.
#[derive(Debug, Error)]
pub enum CrmError {
    /// The database cannot be opened, or is no database.
    #[error("cannot use the database: {0}")]
    Database(#[from] sqlx::Error),
    /// It was made by another version.
    #[error("the database cannot be brought up to date: {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
}

/// Answers on `listener` until the future is dropped. The file at `database` is made, with the people of the demo, when
/// there is none.
///
/// # Errors
/// When the database cannot be used. What goes wrong with one connection ends that connection.
pub async fn serve(listener: TcpListener, database: &Path) -> Result<(), CrmError> {
    let store = store::open(database).await?;
    server::run(listener, routes::table(store)).await;
    Ok(())
}
