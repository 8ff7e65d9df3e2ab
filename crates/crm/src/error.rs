//! Why a request is not answered with what it asked for.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::error;

/// What the other side is told: a status, and a word for programs.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// 404: no such subscriber, card, ticket, area.
    Unknown,
    /// 400: not as this route takes it; why, for whoever writes the connector.
    Malformed(&'static str),
    /// 402: it costs more than there is.
    NoCredit,
    /// 403: the PIN was not given, or not lately.
    Closed,
    /// 403: the number is blocked.
    Blocked,
    /// 409: the card was used, the ticket rated, the price changed.
    Conflict(&'static str),
    /// 507: nothing more can be kept.
    Full,
    /// 500: the database does not work.
    Broken(sqlx::Error),
}

#[derive(Serialize)]
struct Told {
    error: &'static str,
}

impl From<sqlx::Error> for Refusal {
    fn from(why: sqlx::Error) -> Refusal {
        match why {
            sqlx::Error::RowNotFound => Refusal::Unknown,
            why => Refusal::Broken(why),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Refusal::Unknown => (StatusCode::NOT_FOUND, "unknown"),
            Refusal::Malformed(why) => (StatusCode::BAD_REQUEST, why),
            Refusal::NoCredit => (StatusCode::PAYMENT_REQUIRED, "no_credit"),
            Refusal::Closed => (StatusCode::FORBIDDEN, "pin_needed"),
            Refusal::Blocked => (StatusCode::FORBIDDEN, "blocked"),
            Refusal::Conflict(what) => (StatusCode::CONFLICT, what),
            Refusal::Full => (StatusCode::INSUFFICIENT_STORAGE, "full"),
            Refusal::Broken(why) => {
                error!(%why, "the database of the CRM does not work");
                (StatusCode::INTERNAL_SERVER_ERROR, "broken")
            }
        };
        (status, Json(Told { error })).into_response()
    }
}
