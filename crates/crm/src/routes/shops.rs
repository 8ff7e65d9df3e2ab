//! Shops by the area of a telephone number.

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::sqlite::SqlitePool;

use crate::error::Refusal;
use crate::limits;

#[derive(Deserialize)]
pub(super) struct Where {
    /// Such as `010`.
    area: String,
    language: String,
}

#[derive(Serialize, FromRow)]
pub(super) struct Shop {
    name: String,
    address: String,
    opens: String,
    closes: String,
    phone: String,
}

#[derive(Serialize)]
pub(super) struct Shops {
    /// The nearest first; at least one.
    shops: Vec<Shop>,
}

pub(super) async fn near(
    State(store): State<SqlitePool>,
    Query(Where { area, language }): Query<Where>,
) -> Result<Json<Shops>, Refusal> {
    let rows = sqlx::query_as(
        "SELECT name, address, opens, closes, phone FROM shops
         WHERE area = $1 AND language = $2 ORDER BY place LIMIT $3",
    );
    let rows = rows.bind(area).bind(language).bind(limits::ROWS_TOLD_MAX);
    let shops: Vec<Shop> = rows.fetch_all(&store).await?;
    if shops.is_empty() { Err(Refusal::Unknown) } else { Ok(Json(Shops { shops })) }
}
