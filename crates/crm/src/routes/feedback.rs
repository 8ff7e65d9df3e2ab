//! What callers say of the operator. Also those are heard who are no subscribers.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::sqlite::SqlitePool;

use crate::error::Refusal;
use crate::limits;
use crate::number::Number;

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

#[derive(Serialize, FromRow)]
pub(super) struct Made {
    /// Such as `C1`.
    number: String,
    about: String,
}

/// The complaints of a number, the newest first.
pub(super) async fn complaints(
    State(store): State<SqlitePool>,
    Path(Number(caller)): Path<Number>,
) -> Result<Json<Vec<Made>>, Refusal> {
    let rows = sqlx::query_as(
        "SELECT 'C' || id AS number, about FROM complaints WHERE number = $1 ORDER BY id DESC LIMIT $2",
    );
    Ok(Json(rows.bind(caller).bind(limits::ROWS_TOLD_MAX).fetch_all(&store).await?))
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

#[derive(Serialize, FromRow)]
pub(super) struct Given {
    stars: i64,
}

/// The stars that a number gave for conversations, the newest first.
pub(super) async fn ratings(
    State(store): State<SqlitePool>,
    Path(Number(caller)): Path<Number>,
) -> Result<Json<Vec<Given>>, Refusal> {
    let rows = sqlx::query_as("SELECT stars FROM ratings WHERE number = $1 ORDER BY id DESC LIMIT $2");
    Ok(Json(rows.bind(caller).bind(limits::ROWS_TOLD_MAX).fetch_all(&store).await?))
}
