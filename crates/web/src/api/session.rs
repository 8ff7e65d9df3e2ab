//! Signing in and out, and one's own password.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use store::accounts::{Account, Change, Hashed, Role};
use tower_sessions::Session;
use utoipa::ToSchema;

use super::{Api, Problem};
use crate::auth::{Peer, Signed};

/// A name and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// Of the account.
    #[schema(example = "anna")]
    name: String,
    /// Never kept as it is.
    password: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// Of the account.
    name: String,
    /// What it may do: `agent`, `supervisor`, `operator` or `admin`.
    #[schema(value_type = String, example = "agent")]
    role: Role,
    /// The agent whose desk it may take.
    agent: Option<String>,
    /// Nothing else is possible before the password is changed.
    must_change: bool,
    /// To be sent as `X-CSRF-Token` with every request that changes something.
    csrf: String,
}

impl Me {
    fn new(signed: Signed) -> Json<Me> {
        let Signed { account: Account { name, role, agent, must_change, .. }, csrf, .. } = signed;
        Json(Me { name, role, agent, must_change, csrf })
    }
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// The one that was right so far.
    old: String,
    /// At least 10 characters.
    new: String,
}

/// Sign in: the answer sets a cookie.
#[utoipa::path(post, path = "/api/v1/session", request_body = SignIn, security(()), responses(
    (status = 200, body = Me), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 429, description = "with Retry-After", body = Problem)))]
pub(crate) async fn sign_in(
    State(api): State<Api>,
    Extension(peer): Extension<Peer>,
    session: Session,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Json<Me>, Problem> {
    let Json(SignIn { name, password }) = body?;
    Ok(Me::new(api.auth.sign_in(&session, &name, password, peer).await?))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", security(()),
    responses((status = 200, body = Me), (status = 204, description = "nobody is")))]
pub(crate) async fn me(
    State(api): State<Api>,
    Extension(peer): Extension<Peer>,
    session: Session,
) -> Result<Result<Json<Me>, StatusCode>, Problem> {
    // Every page asks this first, and being a stranger is no mistake.
    Ok(api.auth.signed(&session, peer).await?.map(Me::new).ok_or(StatusCode::NO_CONTENT))
}

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/session",
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn sign_out(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    session: Session,
) -> Result<StatusCode, Problem> {
    session.flush().await.map_err(|why| Problem::of_store(&why))?;
    let noted = api.auth.store().note(signed.entry("signed out", String::new())).await;
    noted.map_err(|why| Problem::of_store(&why))?;
    api.auth.changed();
    Ok(StatusCode::NO_CONTENT)
}

/// Change one's own password; every session of the account ends, this one too.
#[utoipa::path(put, path = "/api/v1/session/password", request_body = NewPassword, responses(
    (status = 204), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn change_password(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    session: Session,
    body: Result<Json<NewPassword>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(NewPassword { old, new }) = body?;
    let hashed = api.auth.hashing(move || Hashed::new(&new)).await??;
    // As often as signing in, and as strictly.
    api.auth.sign_in(&session, &signed.account.name, old, signed.peer).await?;
    let change = Change { password: Some((hashed, false)), ..Change::default() };
    api.change(&signed.account.name, change, signed.entry("password changed", String::new())).await?;
    Ok(StatusCode::NO_CONTENT)
}
