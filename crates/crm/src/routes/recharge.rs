//! Money by the number of a card; each card once.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqlitePool;

use super::{known, note, yuan};
use crate::error::Refusal;
use crate::number::Number;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Card {
    card: String,
}

#[derive(Serialize)]
pub(super) struct Recharged {
    /// What the card was worth.
    yuan: f64,
    /// What there is now; below zero in debt.
    balance: f64,
}

pub(super) async fn recharge(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
    Json(Card { card }): Json<Card>,
) -> Result<Json<Recharged>, Refusal> {
    let mut tx = store.begin_with("BEGIN IMMEDIATE").await?;
    known(&mut tx, &number).await?;
    let row = sqlx::query_as("SELECT amount, used_by FROM cards WHERE card = $1").bind(&card);
    let (amount, used_by): (i64, Option<String>) = row.fetch_one(&mut *tx).await?;
    if used_by.is_some() {
        note(&mut tx, &number, "recharge: the card was used").await?;
        tx.commit().await?;
        return Err(Refusal::Conflict("card_used"));
    }
    let used = sqlx::query("UPDATE cards SET used_by = $2 WHERE card = $1").bind(&card).bind(&number.0);
    used.execute(&mut *tx).await?;
    let add = sqlx::query_scalar(
        "UPDATE subscribers SET balance = balance + $2 WHERE number = $1 RETURNING balance",
    );
    let balance: i64 = add.bind(&number.0).bind(amount).fetch_one(&mut *tx).await?;
    note(&mut tx, &number, &format!("recharge of {:.2}", yuan(amount))).await?;
    tx.commit().await?;
    Ok(Json(Recharged { yuan: yuan(amount), balance: yuan(balance) }))
}
