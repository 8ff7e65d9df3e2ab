//! What callers say of the operator. Also those are heard who are no subscribers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqlitePool;

use crate::error::Refusal;
use crate::limits;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Complaint {
    /// Empty when it is withheld.
    caller: String,
    about: String,
}

#[derive(Serialize)]
pub(super) struct Taken {
    /// Such as `C1`.
    number: String,
}

pub(super) async fn complain(
    State(store): State<SqlitePool>,
    Json(Complaint { caller, about }): Json<Complaint>,
) -> Result<Json<Taken>, Refusal> {
    if caller.len() > limits::NUMBER_LEN_MAX || about.chars().count() > limits::TEXT_LEN_MAX {
        return Err(Refusal::Malformed("too long"));
    }
    let row = sqlx::query("INSERT INTO complaints (number, about) VALUES ($1, $2)").bind(caller).bind(about);
    let id = row.execute(&store).await?.last_insert_rowid();
    let old = sqlx::query("DELETE FROM complaints WHERE id <= $1").bind(id - limits::LOG_ROWS_MAX);
    old.execute(&store).await?;
    Ok(Json(Taken { number: format!("C{id}") }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stars {
    caller: String,
    stars: i64,
}

pub(super) async fn rate(
    State(store): State<SqlitePool>,
    Json(Stars { caller, stars }): Json<Stars>,
) -> Result<StatusCode, Refusal> {
    if caller.len() > limits::NUMBER_LEN_MAX || !(1..=5).contains(&stars) {
        return Err(Refusal::Malformed("one to five stars"));
    }
    let row = sqlx::query("INSERT INTO ratings (number, stars) VALUES ($1, $2)").bind(caller).bind(stars);
    let id = row.execute(&store).await?.last_insert_rowid();
    let old = sqlx::query("DELETE FROM ratings WHERE id <= $1").bind(id - limits::LOG_ROWS_MAX);
    old.execute(&store).await?;
    Ok(StatusCode::NO_CONTENT)
}
