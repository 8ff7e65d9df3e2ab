//! What went wrong, as problem details (RFC 9457).

use std::fmt::Display;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::accounts::AccountError;
use tracing::error;
use utoipa::ToSchema;

/// An answer that is none.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The HTTP status again.
    #[schema(example = 403)]
    pub(crate) status: u16,
    /// For programs: `sign_in`, `forbidden`, `csrf`, `change_password`, `bad_request`, `not_found`, `conflict`,
    /// `too_often`, `failed`.
    #[schema(example = "forbidden")]
    pub(crate) code: &'static str,
    /// For people.
    pub(crate) detail: String,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem { status: status.as_u16(), code, detail: detail.into(), retry_after: None }
    }

    pub(crate) fn unauthorized(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "sign_in", detail)
    }

    pub(crate) fn forbidden(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, code, detail)
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, "conflict", detail)
    }

    pub(crate) fn media_type(detail: impl Into<String>) -> Problem {
        Problem::of_body(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    /// A body that was not taken.
    pub(crate) fn of_body(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem::new(status, "bad_request", detail)
    }

    /// There is no room for more.
    pub(crate) fn busy(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_often", detail)
    }

    /// `wait`: what Retry-After tells (RFC 9110 §10.2.3), in whole seconds.
    pub(crate) fn too_often(wait: Duration) -> Problem {
        let detail = format!("too many attempts; try again in {} s", wait.as_secs().max(1));
        Problem {
            retry_after: Some(wait),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_often", detail)
        }
    }

    /// What the database or the system refused: told in the log, not to strangers.
    pub(crate) fn of_store(why: &impl Display) -> Problem {
        error!(%why, "a request of the API failed");
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "failed",
            "the gateway cannot do this now; its log says why",
        )
    }
}

impl From<AccountError> for Problem {
    fn from(why: AccountError) -> Problem {
        let (status, code) = match why {
            AccountError::Name | AccountError::Role(_) | AccountError::Password => {
                (StatusCode::BAD_REQUEST, "bad_request")
            }
            AccountError::Unknown(_) => (StatusCode::NOT_FOUND, "not_found"),
            AccountError::Exists(_) | AccountError::LastAdmin(_) | AccountError::Full => {
                (StatusCode::CONFLICT, "conflict")
            }
        };
        Problem::new(status, code, why.to_string())
    }
}

impl From<JsonRejection> for Problem {
    fn from(why: JsonRejection) -> Problem {
        Problem::new(why.status(), "bad_request", why.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after.map(|wait| wait.as_secs().max(1));
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(retry) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry));
        }
        response
    }
}
