//! What a subscriber has: who they are, money, bills, what is left of packages.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::sqlite::SqlitePool;

use super::{Amount, fen, known, note, yuan};
use crate::error::Refusal;
use crate::number::Number;

#[derive(Serialize, FromRow)]
pub(super) struct Subscriber {
    name: String,
    star: i64,
    language: String,
    deaf: bool,
    prepaid: bool,
    /// `active`, `blocked` or `roaming`.
    state: String,
}

pub(super) async fn subscriber(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
) -> Result<Json<Subscriber>, Refusal> {
    let row = sqlx::query_as(
        "SELECT name, star, language, deaf, prepaid, state FROM subscribers WHERE number = $1",
    );
    Ok(Json(row.bind(&number.0).fetch_one(&store).await?))
}

#[derive(Serialize)]
pub(super) struct Balance {
    /// What there is; never below zero.
    yuan: f64,
    /// What is owed.
    owed: f64,
    /// `credit`, `empty` or `debt`.
    state: &'static str,
}

pub(super) async fn balance(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
) -> Result<Json<Balance>, Refusal> {
    let row = sqlx::query_scalar("SELECT balance FROM subscribers WHERE number = $1").bind(&number.0);
    let fen: i64 = row.fetch_one(&store).await?;
    let state = match fen {
        1.. => "credit",
        0 => "empty",
        _ => "debt",
    };
    Ok(Json(Balance { yuan: yuan(fen.max(0)), owed: yuan((-fen).max(0)), state }))
}

/// For whoever tries the demo: the next call tells this balance. Below zero is debt.
pub(super) async fn set_balance(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
    Json(Amount { yuan }): Json<Amount>,
) -> Result<StatusCode, Refusal> {
    let balance = fen(yuan).ok_or(Refusal::Malformed("too much"))?;
    let mut tx = store.begin_with("BEGIN IMMEDIATE").await?;
    known(&mut tx, &number).await?;
    let set = sqlx::query("UPDATE subscribers SET balance = $2 WHERE number = $1");
    set.bind(&number.0).bind(balance).execute(&mut *tx).await?;
    note(&mut tx, &number, &format!("balance set to {yuan:.2}")).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Which {
    /// Months ago: 1, the usual, is the last whole one.
    #[serde(default = "last_month")]
    back: i64,
}

fn last_month() -> i64 {
    1
}

/// Amounts by what they are for, in yuan; `yuan` is their sum.
#[derive(Serialize)]
pub(super) struct Bill {
    month: String,
    yuan: f64,
    plan: f64,
    calls: f64,
    data: f64,
    extras: f64,
    /// Shares of the sum, in percent.
    plan_share: i64,
    calls_share: i64,
    data_share: i64,
    extras_share: i64,
}

pub(super) async fn bill(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
    Query(which): Query<Which>,
) -> Result<Json<Bill>, Refusal> {
    // The first day of that month, by the clock of China.
    let row = sqlx::query_as(
        "SELECT date('now', '+8 hours', 'start of month', '-' || back || ' months'), plan, calls, data, extras
         FROM bills WHERE number = $1 AND back = $2",
    );
    let row: (String, i64, i64, i64, i64) = row.bind(&number.0).bind(which.back).fetch_one(&store).await?;
    let (month, plan, calls, data, extras) = row;
    let sum = plan + calls + data + extras;
    let share = |fen: i64| if sum == 0 { 0 } else { (fen * 100 + sum / 2) / sum };
    Ok(Json(Bill {
        month,
        yuan: yuan(sum),
        plan: yuan(plan),
        calls: yuan(calls),
        data: yuan(data),
        extras: yuan(extras),
        plan_share: share(plan),
        calls_share: share(calls),
        data_share: share(data),
        extras_share: share(extras),
    }))
}

/// What is left of one kind of package; all zero without one.
#[derive(Serialize)]
pub(super) struct Package<T> {
    left: T,
    total: T,
    /// Of the total.
    percent_left: i64,
}

#[derive(Serialize)]
pub(super) struct Remainder {
    /// Amounts such as `12.6GB`.
    data: Package<String>,
    /// Minutes.
    calls: Package<i64>,
    messages: Package<i64>,
    /// How many kinds there are.
    packages: usize,
}

pub(super) async fn remainder(
    State(store): State<SqlitePool>,
    Path(number): Path<Number>,
) -> Result<Json<Remainder>, Refusal> {
    let mut connection = store.acquire().await?;
    known(&mut connection, &number).await?;
    let rows = sqlx::query_as("SELECT kind, used, total FROM packages WHERE number = $1").bind(&number.0);
    let rows: Vec<(String, i64, i64)> = rows.fetch_all(&mut *connection).await?;
    let of = |kind: &str| {
        let row = rows.iter().find(|(name, ..)| name == kind);
        let (used, total) = row.map_or((0, 0), |(_, used, total)| (*used, *total));
        let left = (total - used).max(0);
        Package { left, total, percent_left: if total == 0 { 0 } else { left * 100 / total } }
    };
    let data = of("data");
    let data =
        Package { left: amount(data.left), total: amount(data.total), percent_left: data.percent_left };
    Ok(Json(Remainder { data, calls: of("calls"), messages: of("messages"), packages: rows.len() }))
}

/// Megabytes as people say them: `12.6GB`, `500MB`.
fn amount(megabytes: i64) -> String {
    if megabytes < 1024 {
        return format!("{megabytes}MB");
    }
    let tenths = (megabytes * 10 + 512) / 1024;
    if tenths % 10 == 0 { format!("{}GB", tenths / 10) } else { format!("{}.{}GB", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn data_is_told_in_one_place_behind_the_point_at_most() {
        let told = [0, 500, 1024, 12_902, 30_720, 102_400].map(amount);
        assert_eq!(told, ["0MB", "500MB", "1GB", "12.6GB", "30GB", "100GB"]);
    }
}
