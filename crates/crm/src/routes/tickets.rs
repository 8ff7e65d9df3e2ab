//! Repairs: how far they are, and how content the subscriber was.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::sqlite::SqlitePool;

use crate::error::Refusal;
use crate::number::Number;

#[derive(Deserialize)]
pub(super) struct Reader {
    /// Names are told in it.
    language: String,
}

#[derive(Serialize, FromRow)]
pub(super) struct Ticket {
    ticket: String,
    /// `received`, `assigned`, `on_the_way` or `done`.
    state: String,
    /// 1 to 4, in this order.
    step: i64,
    crew: Option<String>,
    /// `line`, `router`, `power` or `area`.
    cause: Option<String>,
    /// When the crew comes, today.
    visit: Option<String>,
    rated: bool,
    /// Stars, once they are given.
    arrival: Option<i64>,
    efficiency: Option<i64>,
    attitude: Option<i64>,
}

pub(super) async fn ticket(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
    Query(Reader { language }): Query<Reader>,
) -> Result<Json<Ticket>, Refusal> {
    let row = sqlx::query_as(
        "SELECT ticket, state, crews.name AS crew, cause, visit, arrival IS NOT NULL AS rated,
            arrival, efficiency, attitude,
            CASE state WHEN 'received' THEN 1 WHEN 'assigned' THEN 2 WHEN 'on_the_way' THEN 3 ELSE 4 END AS step
         FROM tickets LEFT JOIN crews ON crews.crew = tickets.crew AND crews.language = $2
         WHERE number = $1 ORDER BY ticket DESC LIMIT 1",
    );
    Ok(Json(row.bind(&number.0).bind(language).fetch_one(&store).await?))
}

/// One to five stars each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stars {
    arrival: i64,
    efficiency: i64,
    attitude: i64,
}

pub(super) async fn rate(
    State(store): State<SqlitePool>,
    Path(ticket): Path<String>,
    Json(stars): Json<Stars>,
) -> Result<StatusCode, Refusal> {
    let Stars { arrival, efficiency, attitude } = stars;
    if ![arrival, efficiency, attitude].iter().all(|stars| (1..=5).contains(stars)) {
        return Err(Refusal::Malformed("one to five stars"));
    }
    let there = sqlx::query("SELECT 1 FROM tickets WHERE ticket = $1").bind(&ticket);
    there.fetch_one(&store).await?;
    let row = sqlx::query(
        "UPDATE tickets SET arrival = $2, efficiency = $3, attitude = $4
         WHERE ticket = $1 AND state = 'done' AND arrival IS NULL",
    );
    let row = row.bind(&ticket).bind(arrival).bind(efficiency).bind(attitude);
    match row.execute(&store).await?.rows_affected() {
        0 => Err(Refusal::Conflict("not_to_be_rated")),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
