//! Short messages: nothing is sent, they are kept to be looked at.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::sqlite::SqlitePool;

use crate::error::Refusal;
use crate::limits;
use crate::number::Number;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    to: Number,
    text: String,
}

#[derive(Serialize)]
pub(super) struct Taken {
    /// Such as `M1`.
    id: String,
}

pub(super) async fn send(
    State(store): State<SqlitePool>,
    Json(Message { to, text }): Json<Message>,
) -> Result<Json<Taken>, Refusal> {
    if text.chars().count() > limits::TEXT_LEN_MAX {
        return Err(Refusal::Malformed("too long"));
    }
    let row = sqlx::query("INSERT INTO messages (recipient, text) VALUES ($1, $2)").bind(&to.0).bind(text);
    let id = row.execute(&store).await?.last_insert_rowid();
    let old = sqlx::query("DELETE FROM messages WHERE id <= $1").bind(id - limits::LOG_ROWS_MAX);
    old.execute(&store).await?;
    Ok(Json(Taken { id: format!("M{id}") }))
}

#[derive(Serialize, FromRow)]
pub(super) struct Sent {
    text: String,
}

/// What was sent to a number, the newest first.
pub(super) async fn sent(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
) -> Result<Json<Vec<Sent>>, Refusal> {
    let rows = sqlx::query_as("SELECT text FROM messages WHERE recipient = $1 ORDER BY id DESC LIMIT $2");
    Ok(Json(rows.bind(&number.0).bind(limits::ROWS_TOLD_MAX).fetch_all(&store).await?))
}
