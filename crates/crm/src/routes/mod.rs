//! What can be asked, one file for each matter. Answers are JSON; a refusal is a status and `{"error": ...}`.

mod account;
mod feedback;
mod messages;
mod orders;
mod recharge;
mod secrets;
mod shops;
mod tickets;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use serde::Deserialize;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use crate::error::Refusal;
use crate::limits;
use crate::number::Number;

/// Every route.
pub(crate) fn table(store: SqlitePool) -> Router {
    Router::new()
        .route("/subscribers/{number}", get(account::subscriber))
        .route("/subscribers/{number}/balance", get(account::balance).put(account::set_balance))
        .route("/subscribers/{number}/bill", get(account::bill))
        .route("/subscribers/{number}/remainder", get(account::remainder))
        .route("/packs", get(orders::packs))
        .route("/packs/{pack}", get(orders::pack).put(orders::set_price))
        .route("/subscribers/{number}/orders", get(orders::made).post(orders::order))
        .route("/subscribers/{number}/recharges", post(recharge::recharge))
        .route("/subscribers/{number}/pin", post(secrets::check_pin))
        .route("/subscribers/{number}/details", get(secrets::details))
        .route("/subscribers/{number}/ticket", get(tickets::ticket))
        .route("/tickets/{ticket}/rating", post(tickets::rate))
        .route("/shops", get(shops::near))
        .route("/complaints", post(feedback::complain))
        .route("/complaints/{number}", get(feedback::complaints))
        .route("/satisfaction", post(feedback::rate))
        .route("/satisfaction/{number}", get(feedback::ratings))
        .route("/sms", post(messages::send))
        .route("/sms/{number}", get(messages::sent))
        .route("/audit/{number}", get(orders::audit))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .with_state(store)
}

/// A subscriber there is.
async fn known(connection: &mut SqliteConnection, number: &Number) -> Result<(), Refusal> {
    let found = sqlx::query("SELECT 1 FROM subscribers WHERE number = $1").bind(&number.0);
    found.fetch_one(connection).await?;
    Ok(())
}

/// Money as JSON has it: yuan.
fn yuan(fen: i64) -> f64 {
    fen as f64 / 100.0
}

/// Of yuan as JSON has them; `None` beyond what a demo has.
fn fen(yuan: f64) -> Option<i64> {
    (yuan.abs() <= limits::YUAN_MAX).then(|| (yuan * 100.0).round() as i64)
}

/// An amount that whoever tries the demo wants.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    yuan: f64,
}

/// Writes down what was done with money, or refused.
async fn note(connection: &mut SqliteConnection, number: &Number, what: &str) -> Result<(), sqlx::Error> {
    let row = sqlx::query("INSERT INTO audit (number, what) VALUES ($1, $2)").bind(&number.0).bind(what);
    let id = row.execute(&mut *connection).await?.last_insert_rowid();
    let old = sqlx::query("DELETE FROM audit WHERE id <= $1").bind(id - limits::LOG_ROWS_MAX);
    old.execute(connection).await?;
    Ok(())
}
