//! Where the database is: a file of SQLite, or a server of PostgreSQL.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Executor};

use crate::{StoreError, limits};

/// The schema, one file a step, for both kinds.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// What a connection to SQLite begins with. A writer waits for another process, such as a command of the operator's.
const FILE_MANNERS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; \
                            PRAGMA foreign_keys = ON";

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// SQLite, in a file and two beside it.
    File(PathBuf),
    /// PostgreSQL, `postgres://user:password@host/database`.
    Server(String),
}

impl Place {
    /// Several gateways may have it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        match self {
            Place::File(_) => false,
            Place::Server(_) => true,
        }
    }

    /// A connection that may write; the tables are made or brought up to date.
    pub(crate) async fn open(&self) -> Result<AnyConnection, StoreError> {
        let mut connection = self.connect("rwc").await?;
        let migrated = MIGRATIONS.run(&mut connection).await;
        migrated.map_err(|why| StoreError::Schema { place: self.clone(), why })?;
        Ok(connection)
    }

    /// The same after the first time, without a look at the tables.
    pub(crate) async fn open_again(&self) -> Result<AnyConnection, StoreError> {
        self.connect("rw").await
    }

    /// A connection to look at what is there; an error when there is nothing.
    pub(crate) async fn look(&self) -> Result<AnyConnection, StoreError> {
        self.connect("rw").await
    }

    /// Connections that read, made when they are needed.
    pub(crate) fn readers(&self) -> Result<AnyPool, StoreError> {
        let manners = self.manners();
        let pool =
            AnyPoolOptions::new().max_connections(limits::READERS_MAX).after_connect(move |connection, _| {
                Box::pin(async move {
                    if let Some(manners) = manners {
                        connection.execute(manners).await?;
                    }
                    Ok(())
                })
            });
        Ok(pool.connect_lazy_with(self.options("rw")?))
    }

    /// `why` with the place's name.
    pub(crate) fn failed(&self, why: sqlx::Error) -> StoreError {
        StoreError::Database { place: self.clone(), why }
    }

    async fn connect(&self, mode: &str) -> Result<AnyConnection, StoreError> {
        let opened = AnyConnection::connect_with(&self.options(mode)?).await;
        let mut connection = opened.map_err(|why| self.failed(why))?;
        if let Some(manners) = self.manners() {
            connection.execute(manners).await.map_err(|why| self.failed(why))?;
        }
        Ok(connection)
    }

    fn manners(&self) -> Option<&'static str> {
        match self {
            Place::File(_) => Some(FILE_MANNERS),
            Place::Server(_) => None,
        }
    }

    fn options(&self, mode: &str) -> Result<AnyConnectOptions, StoreError> {
        install_default_drivers();
        let url = match self {
            Place::File(path) => format!("sqlite://{}?mode={mode}", escaped(path)),
            Place::Server(url) => url.clone(),
        };
        let options = AnyConnectOptions::from_str(&url).map_err(|why| self.failed(why))?;
        Ok(options.disable_statement_logging())
    }
}

/// A path inside a URL (RFC 3986 §2.1): what could be read as something else is written by its octets.
fn escaped(path: &Path) -> String {
    let one = |octet: &u8| match octet {
        b'/' | b'.' | b'-' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
            char::from(*octet).to_string()
        }
        other => format!("%{other:02X}"),
    };
    path.as_os_str().as_encoded_bytes().iter().map(one).collect()
}

/// As people are told of it: without the password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Server(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                write!(f, "{scheme}://{}", host.split('?').next().unwrap_or(host))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_the_password() {
        let place = Place::Server("postgres://vireo:top@secret@db.example/vireo?sslmode=disable".to_owned());
        assert_eq!(place.to_string(), "postgres://db.example/vireo");
        assert_eq!(Place::File("data/vireo.sqlite".into()).to_string(), "data/vireo.sqlite");
    }

    #[test]
    fn a_path_is_no_query() {
        assert_eq!(escaped(Path::new("/a b/c?d#e%/值.sqlite")), "/a%20b/c%3Fd%23e%25/%E5%80%BC.sqlite");
    }
}
