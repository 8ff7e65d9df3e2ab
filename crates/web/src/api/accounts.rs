//! Accounts, for admins.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Deserializer, Serialize};
use store::accounts::{Account, Change, Hashed, Role, check_name, readable_password};
use store::audit::{Entry, READ_MAX};
use utoipa::{IntoParams, ToSchema};

use super::{Api, Problem};
use crate::auth::Signed;

/// An account as it is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountShown {
    /// What it signs in with.
    name: String,
    /// `agent`, `supervisor`, `operator` or `admin`.
    #[schema(value_type = String, example = "agent")]
    role: Role,
    /// The agent of queues.yaml whose desk it may take.
    agent: Option<String>,
    /// It has not changed the password that it was given yet.
    must_change: bool,
    /// It cannot sign in.
    locked: bool,
    /// Seconds since 1970-01-01T00:00:00Z.
    created_at: u64,
}

impl From<Account> for AccountShown {
    fn from(account: Account) -> AccountShown {
        let Account { name, role, agent, must_change, locked, created_at } = account;
        AccountShown { name, role, agent, must_change, locked, created_at }
    }
}

/// Every account.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountList {
    accounts: Vec<AccountShown>,
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// 1 to 64 letters, digits, dots, dashes or underscores.
    #[schema(example = "anna")]
    name: String,
    /// `agent`, `supervisor`, `operator` or `admin`.
    #[schema(value_type = String, example = "agent")]
    role: Role,
    /// The agent of queues.yaml whose desk it may take.
    #[serde(default)]
    agent: Option<String>,
}

/// What an admin hands to the person.
#[derive(Serialize, ToSchema)]
pub(crate) struct GivenPassword {
    /// Told this once; to be changed at the first sign-in.
    password: String,
}

/// What is changed; what is missing stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountChange {
    /// Another role.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// Another desk; null takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    agent: Option<Option<String>>,
    /// Whether it cannot sign in.
    #[serde(default)]
    locked: Option<bool>,
    /// True: gets another password, which the answer tells.
    #[serde(default)]
    new_password: bool,
}

/// Tells null from nothing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Every account, by name.
#[utoipa::path(get, path = "/api/v1/accounts", responses((status = 200, body = AccountList),
    (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn list(State(api): State<Api>) -> Result<Json<AccountList>, Problem> {
    let accounts = api.auth.store().accounts().await.map_err(|why| Problem::of_store(&why))?;
    Ok(Json(AccountList { accounts: accounts.into_iter().map(AccountShown::from).collect() }))
}

/// Make an account; its first password is told once.
#[utoipa::path(post, path = "/api/v1/accounts", request_body = NewAccount, responses(
    (status = 201, body = GivenPassword), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 409, description = "the name is taken", body = Problem)))]
pub(crate) async fn add(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    body: Result<Json<NewAccount>, JsonRejection>,
) -> Result<(StatusCode, Json<GivenPassword>), Problem> {
    let Json(NewAccount { name, role, agent }) = body?;
    check_name(&name)?;
    check_agent(agent.as_deref())?;
    let (password, hashed) = given_password(&api).await?;
    let entry = signed.entry("account made", format!("{name}, {role}"));
    let created_at = net::clock::now().wall.as_secs();
    let account = Account { name, role, agent, must_change: true, locked: false, created_at };
    api.auth.store().add_account(account, hashed, entry).await.map_err(|why| Problem::of_store(&why))??;
    Ok((StatusCode::CREATED, Json(GivenPassword { password })))
}

/// Change an account; unless only its desk changes, it is signed out.
#[utoipa::path(patch, path = "/api/v1/accounts/{name}", params(("name" = String, Path)), request_body = AccountChange,
    responses((status = 200, description = "with another password", body = GivenPassword), (status = 204),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, description = "the last admin", body = Problem)))]
pub(crate) async fn change(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    Path(name): Path<String>,
    body: Result<Json<AccountChange>, JsonRejection>,
) -> Result<Result<Json<GivenPassword>, StatusCode>, Problem> {
    let Json(AccountChange { role, agent, locked, new_password }) = body?;
    check_name(&name).map_err(|_| Problem::not_found("there is no such account"))?;
    check_agent(agent.as_ref().and_then(Option::as_deref))?;
    let given = if new_password { Some(given_password(&api).await?) } else { None };
    let (password, hashed) = given.unzip();
    let mut told = Vec::new();
    told.extend(role.map(|role| format!("role {role}")));
    told.extend(agent.as_ref().map(|agent| format!("desk {}", agent.as_deref().unwrap_or("none"))));
    told.extend(locked.map(|locked| (if locked { "locked" } else { "unlocked" }).to_owned()));
    told.extend(hashed.as_ref().map(|_| "another password".to_owned()));
    let entry = signed.entry("account changed", format!("{name}: {}", told.join(", ")));
    let change = Change { role, agent, locked, password: hashed.map(|hashed| (hashed, true)) };
    api.change(&name, change, entry).await?;
    Ok(password.map(|password| Json(GivenPassword { password })).ok_or(StatusCode::NO_CONTENT))
}

/// Remove an account; it is signed out.
#[utoipa::path(delete, path = "/api/v1/accounts/{name}", params(("name" = String, Path)), responses((status = 204),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "the last admin", body = Problem)))]
pub(crate) async fn remove(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    check_name(&name).map_err(|_| Problem::not_found("there is no such account"))?;
    let entry = signed.entry("account removed", name.clone());
    api.auth.store().remove_account(&name, entry).await.map_err(|why| Problem::of_store(&why))??;
    api.auth.changed();
    Ok(StatusCode::NO_CONTENT)
}

/// Which part of the audit.
#[derive(Deserialize, IntoParams)]
pub(crate) struct AuditQuery {
    /// Entries before this time, in seconds since 1970-01-01T00:00:00Z; by default all.
    #[param(minimum = 0)]
    before: Option<u64>,
    /// At most so many, and never more than 1,000; by default 100.
    #[param(minimum = 0)]
    limit: Option<u64>,
}

/// What somebody did.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Seconds since 1970-01-01T00:00:00Z.
    at: u64,
    /// Who; the name that was tried where nobody was signed in.
    account: String,
    /// What, in a few words.
    #[schema(example = "account made")]
    what: String,
    /// Whom or what it was done to.
    about: String,
    /// Where it came from; empty for a command on the gateway's machine.
    address: String,
}

/// The audit, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Audit {
    entries: Vec<AuditEntry>,
}

/// What people did.
#[utoipa::path(get, path = "/api/v1/audit", params(AuditQuery), responses((status = 200, body = Audit),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn audit(
    State(api): State<Api>,
    query: Result<Query<AuditQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Audit>, Problem> {
    let Query(AuditQuery { before, limit }) = query.map_err(|why| Problem::bad_request(why.body_text()))?;
    let (before, limit) = (before.unwrap_or(u64::MAX), limit.unwrap_or(100).min(READ_MAX));
    let read = api.auth.store().audit(before, limit).await.map_err(|why| Problem::of_store(&why))?;
    let shown =
        |Entry { at, account, what, about, address }| AuditEntry { at, account, what, about, address };
    Ok(Json(Audit { entries: read.into_iter().map(shown).collect() }))
}

async fn given_password(api: &Api) -> Result<(String, Hashed), Problem> {
    let password = readable_password();
    let own = password.clone();
    let hashed = api.auth.hashing(move || Hashed::new(&own)).await??;
    Ok((password, hashed))
}

/// Agents that queues.yaml does not name may come with its next version; what can never be one is refused.
fn check_agent(agent: Option<&str>) -> Result<(), Problem> {
    match agent {
        Some(agent) if agent.is_empty() || agent.chars().count() > store::accounts::NAME_CHARS_MAX => {
            Err(Problem::bad_request("an agent has a name of 1 to 64 characters"))
        }
        _ => Ok(()),
    }
}
