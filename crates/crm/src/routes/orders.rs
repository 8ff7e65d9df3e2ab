//! Packs for sale, and ordering one. An order happens once for each `Idempotency-Key`, however often it is sent.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::{Amount, fen, known, note, yuan};
use crate::error::Refusal;
use crate::limits;
use crate::number::Number;

#[derive(Serialize)]
pub(super) struct Pack {
    pack: String,
    yuan: f64,
}

#[derive(Serialize)]
pub(super) struct Packs {
    packs: Vec<Pack>,
}

pub(super) async fn packs(State(store): State<SqlitePool>) -> Result<Json<Packs>, Refusal> {
    let rows = sqlx::query_as("SELECT pack, price FROM packs ORDER BY price LIMIT $1");
    let rows: Vec<(String, i64)> = rows.bind(limits::ROWS_TOLD_MAX).fetch_all(&store).await?;
    let packs = rows.into_iter().map(|(pack, price)| Pack { pack, yuan: yuan(price) }).collect();
    Ok(Json(Packs { packs }))
}

pub(super) async fn pack(
    State(store): State<SqlitePool>,
    Path(pack): Path<String>,
) -> Result<Json<Pack>, Refusal> {
    let row = sqlx::query_scalar("SELECT price FROM packs WHERE pack = $1").bind(&pack);
    let price = row.fetch_one(&store).await?;
    Ok(Json(Pack { pack, yuan: yuan(price) }))
}

/// For whoever tries the demo: what the pack costs from now on. Who was told another price is refused.
pub(super) async fn set_price(
    State(store): State<SqlitePool>,
    Path(pack): Path<String>,
    Json(Amount { yuan }): Json<Amount>,
) -> Result<StatusCode, Refusal> {
    let price = fen(yuan).filter(|price| *price > 0).ok_or(Refusal::Malformed("no price"))?;
    let set = sqlx::query("UPDATE packs SET price = $2 WHERE pack = $1").bind(&pack).bind(price);
    match set.execute(&store).await?.rows_affected() {
        0 => Err(Refusal::Unknown),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    pack: String,
    /// As it was confirmed: at another price it is refused.
    yuan: f64,
}

#[derive(Serialize)]
pub(super) struct Ordered {
    /// Such as `D1`.
    order: String,
    pack: String,
    yuan: f64,
}

/// A row of `orders`.
#[derive(FromRow)]
struct Order {
    id: i64,
    number: String,
    pack: String,
    price: i64,
    outcome: String,
}

pub(super) async fn order(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
    headers: HeaderMap,
    Json(wish): Json<Wish>,
) -> Result<Json<Ordered>, Refusal> {
    let key = headers.get("Idempotency-Key").and_then(|key| key.to_str().ok());
    let key = key.filter(|key| (1..=limits::KEY_LEN_MAX).contains(&key.len()));
    let key = key.ok_or(Refusal::Malformed("an order needs an Idempotency-Key"))?;
    // Writers wait here for each other, so that nobody looks for a key that another is about to write.
    let mut tx = store.begin_with("BEGIN IMMEDIATE").await?;
    let price = (wish.yuan * 100.0).round() as i64;
    let order = match by_key(&mut tx, key).await? {
        Some(order) if order.number == number.0 && order.pack == wish.pack && order.price == price => order,
        Some(_) => return Err(Refusal::Conflict("key_of_another_order")),
        None => make(&mut tx, key, &number, &wish.pack, price).await?,
    };
    tx.commit().await?;
    match order.outcome.as_str() {
        "done" => {
            Ok(Json(Ordered { order: format!("D{}", order.id), pack: order.pack, yuan: yuan(order.price) }))
        }
        "no_credit" => Err(Refusal::NoCredit),
        "blocked" => Err(Refusal::Blocked),
        _ => Err(Refusal::Conflict("price_changed")),
    }
}

async fn by_key(connection: &mut SqliteConnection, key: &str) -> Result<Option<Order>, sqlx::Error> {
    let row = sqlx::query_as("SELECT id, number, pack, price, outcome FROM orders WHERE key = $1");
    row.bind(key).fetch_optional(connection).await
}

/// Decides about an order that is new and writes it down, whatever comes of it.
async fn make(
    connection: &mut SqliteConnection,
    key: &str,
    number: &Number,
    pack: &str,
    price: i64,
) -> Result<Order, Refusal> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&mut *connection).await?;
    if count >= limits::ORDERS_MAX {
        return Err(Refusal::Full);
    }
    let who = sqlx::query_as("SELECT balance, state FROM subscribers WHERE number = $1").bind(&number.0);
    let (balance, state): (i64, String) = who.fetch_one(&mut *connection).await?;
    let sold = sqlx::query_as("SELECT price, megabytes FROM packs WHERE pack = $1").bind(pack);
    let (now, megabytes): (i64, i64) = sold.fetch_one(&mut *connection).await?;
    let outcome = match () {
        () if state == "blocked" => "blocked",
        () if now != price => "price_changed",
        () if balance < price => "no_credit",
        () => "done",
    };
    if outcome == "done" {
        let pay = sqlx::query("UPDATE subscribers SET balance = balance - $2 WHERE number = $1");
        pay.bind(&number.0).bind(price).execute(&mut *connection).await?;
        let give = sqlx::query(
            "INSERT INTO packages (number, kind, used, total) VALUES ($1, 'data', 0, $2)
             ON CONFLICT (number, kind) DO UPDATE SET total = total + excluded.total",
        );
        give.bind(&number.0).bind(megabytes).execute(&mut *connection).await?;
    }
    let row =
        sqlx::query("INSERT INTO orders (key, number, pack, price, outcome) VALUES ($1, $2, $3, $4, $5)");
    let row = row.bind(key).bind(&number.0).bind(pack).bind(price).bind(outcome);
    let id = row.execute(&mut *connection).await?.last_insert_rowid();
    note(connection, number, &format!("order {pack} at {:.2}: {outcome}", yuan(price))).await?;
    Ok(Order { id, number: number.0.clone(), pack: pack.to_owned(), price, outcome: outcome.to_owned() })
}

#[derive(Serialize, FromRow)]
pub(super) struct Made {
    pack: String,
    outcome: String,
}

/// The orders of a number, the newest first.
pub(super) async fn made(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
) -> Result<Json<Vec<Made>>, Refusal> {
    let mut connection = store.acquire().await?;
    known(&mut connection, &number).await?;
    let rows = sqlx::query_as("SELECT pack, outcome FROM orders WHERE number = $1 ORDER BY id DESC LIMIT $2");
    Ok(Json(rows.bind(&number.0).bind(limits::ROWS_TOLD_MAX).fetch_all(&mut *connection).await?))
}

#[derive(Serialize, FromRow)]
pub(super) struct Noted {
    /// UTC.
    at: String,
    what: String,
}

/// What was done with a number's money or refused, the newest first.
pub(super) async fn audit(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
) -> Result<Json<Vec<Noted>>, Refusal> {
    let rows = sqlx::query_as("SELECT at, what FROM audit WHERE number = $1 ORDER BY id DESC LIMIT $2");
    Ok(Json(rows.bind(&number.0).bind(limits::ROWS_TOLD_MAX).fetch_all(&store).await?))
}
