//! The PIN, and what only its owner may see. A right PIN opens the details of its number for a while, because a flow's
//! part that asked for it returns an outcome and no values.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqlitePool;

use super::{note, yuan};
use crate::error::Refusal;
use crate::limits;
use crate::number::Number;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pin {
    pin: String,
}

#[derive(Serialize)]
pub(super) struct Checked {
    /// `ok`, `wrong` or `locked`; once locked, the right one is not told from a wrong one.
    result: &'static str,
    /// Tries that are left.
    left: i64,
}

pub(super) async fn check_pin(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
    Json(Pin { pin }): Json<Pin>,
) -> Result<Json<Checked>, Refusal> {
    let mut tx = store.begin_with("BEGIN IMMEDIATE").await?;
    let row = sqlx::query_as("SELECT pin, pin_wrong FROM subscribers WHERE number = $1").bind(&number.0);
    let (right, wrong): (String, i64) = row.fetch_one(&mut *tx).await?;
    let (result, wrong) = match () {
        () if wrong >= limits::PIN_TRIES => ("locked", wrong),
        () if pin == right => ("ok", 0),
        () if wrong + 1 >= limits::PIN_TRIES => ("locked", wrong + 1),
        () => ("wrong", wrong + 1),
    };
    let opens = if result == "ok" { limits::PIN_OPENS.as_secs() as i64 } else { 0 };
    let row = sqlx::query(
        "UPDATE subscribers SET pin_wrong = $2, open_until = iif($3 > 0, unixepoch() + $3, 0) WHERE number = $1",
    );
    row.bind(&number.0).bind(wrong).bind(opens).execute(&mut *tx).await?;
    note(&mut tx, &number, &format!("pin {result}")).await?;
    tx.commit().await?;
    Ok(Json(Checked { result, left: limits::PIN_TRIES - wrong }))
}

#[derive(Serialize)]
pub(super) struct Details {
    name: String,
    /// What the plan costs a month.
    plan: f64,
    /// Subscriber since this day.
    since: String,
    state: String,
}

pub(super) async fn details(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
) -> Result<Json<Details>, Refusal> {
    let row = sqlx::query_as(
        "SELECT name, plan_fen, since, state, open_until >= unixepoch() FROM subscribers WHERE number = $1",
    );
    let row: (String, i64, String, String, bool) = row.bind(&number.0).fetch_one(&store).await?;
    let (name, plan, since, state, open) = row;
    if !open {
        return Err(Refusal::Closed);
    }
    Ok(Json(Details { name, plan: yuan(plan), since, state }))
}
