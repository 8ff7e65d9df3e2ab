//! Sessions in the database, as `tower-sessions` asks for them.

use std::collections::HashMap;

use async_trait::async_trait;
use serde_json::Value;
use store::sessions::Kept;
use store::{Store, StoreError};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::{KEY, Who};

/// The database's sessions.
#[derive(Clone)]
pub(crate) struct Keeper(Store);

impl Keeper {
    pub(crate) fn new(store: Store) -> Keeper {
        Keeper(store)
    }

    async fn keep(&self, record: &Record, anew: bool) -> Result<bool> {
        let who = record.data.get(KEY).cloned().and_then(|who| serde_json::from_value::<Who>(who).ok());
        let data = serde_json::to_string(&record.data).map_err(|why| Error::Encode(why.to_string()))?;
        let kept = Kept {
            account: who.map(|who| who.account).unwrap_or_default(),
            data,
            expires_at: u64::try_from(record.expiry_date.unix_timestamp()).unwrap_or(0),
        };
        self.0.keep_session(&token(&record.id), kept, anew).await.map_err(|why| failed(&why))
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keeper")
    }
}

fn token(id: &Id) -> [u8; 16] {
    id.0.to_le_bytes()
}

fn failed(why: &StoreError) -> Error {
    Error::Backend(why.to_string())
}

#[async_trait]
impl SessionStore for Keeper {
    async fn create(&self, record: &mut Record) -> Result<()> {
        while !self.keep(record, true).await? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        // One that was ended meanwhile stays ended.
        self.keep(record, false).await.map(drop)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = net::clock::now().wall.as_secs();
        let Some(kept) = self.0.session(&token(id), now).await.map_err(|why| failed(&why))? else {
            return Ok(None);
        };
        let data: HashMap<String, Value> =
            serde_json::from_str(&kept.data).map_err(|why| Error::Decode(why.to_string()))?;
        let expiry_date =
            i64::try_from(kept.expires_at).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        Ok(expiry_date.map(|expiry_date| Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.end_session(&token(id)).await.map_err(|why| failed(&why))
    }
}
