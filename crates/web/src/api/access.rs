//! Who may use which route of the API: one table. A route that is not in it is refused.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use store::accounts::Role;
use tower_sessions::Session;

use super::Problem;
use crate::auth::{Auth, Peer, carries};
use crate::ws_gate;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Strangers, too.
    Anyone,
    /// Every account, also one whose password must be changed first.
    Signed,
    /// These roles.
    Roles(&'static [Role]),
}

use Access::{Anyone, Roles, Signed};

const EVERY: Access = Roles(&Role::ALL);
const SEES_CALLS: Access = Roles(&[Role::Supervisor, Role::Operator, Role::Admin]);
const LEADS: Access = Roles(&[Role::Supervisor, Role::Admin]);
const ADMIN: Access = Roles(&[Role::Admin]);

/// Method, path, who may.
pub(crate) const TABLE: &[(Method, &str, Access)] = &[
    (Method::GET, "/api/v1/service", Anyone),
    (Method::POST, "/api/v1/session", Anyone),
    (Method::GET, "/api/v1/session", Anyone),
    (Method::DELETE, "/api/v1/session", Signed),
    (Method::PUT, "/api/v1/session/password", Signed),
    (Method::GET, "/api/v1/openapi.json", EVERY),
    (Method::GET, "/api/v1/status", EVERY),
    (Method::GET, "/api/v1/calls", SEES_CALLS),
    (Method::GET, "/api/v1/dialplans", SEES_CALLS),
    (Method::GET, "/api/v1/dialplans/figures", SEES_CALLS),
    (Method::GET, "/api/v1/wallboard", SEES_CALLS),
    (Method::GET, "/api/v1/agents", SEES_CALLS),
    (Method::PUT, "/api/v1/agents/{name}/ready", LEADS),
    (Method::POST, "/api/v1/agents/{name}/message", LEADS),
    (Method::GET, "/api/v1/queues", SEES_CALLS),
    (Method::PUT, "/api/v1/queues/{name}/doors", LEADS),
    (Method::GET, "/api/v1/contacts", EVERY),
    (Method::PUT, "/api/v1/contacts/{id}", EVERY),
    (Method::POST, "/api/v1/contacts/{id}/snapshots", EVERY),
    (Method::GET, "/api/v1/contacts/{id}/snapshots/{number}", EVERY),
    (Method::GET, "/api/v1/alerts", LEADS),
    (Method::GET, "/api/v1/events", SEES_CALLS),
    (Method::GET, "/api/v1/accounts", ADMIN),
    (Method::POST, "/api/v1/accounts", ADMIN),
    (Method::PATCH, "/api/v1/accounts/{name}", ADMIN),
    (Method::DELETE, "/api/v1/accounts/{name}", ADMIN),
    (Method::GET, "/api/v1/audit", ADMIN),
];

/// Who may use a route; `None`: nobody.
pub(crate) fn access(method: &Method, path: &str) -> Option<Access> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    TABLE.iter().find(|(m, p, _)| m == method && *p == path).map(|(_, _, access)| *access)
}

/// Lets a request through with whoever sent it (`Extension<Signed>`), or answers it.
pub(crate) async fn guard(
    State(auth): State<Auth>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    let access = path.and_then(|path| access(&method, &path));
    let access = access.ok_or_else(|| Problem::forbidden("forbidden", "nobody may do this"))?;
    let changes = !method.is_safe();
    if changes && !ws_gate::same_origin(request.headers()) {
        return Err(Problem::forbidden("csrf", "this is for pages of this host only"));
    }
    if access == Anyone {
        return Ok(next.run(request).await);
    }
    let session = request.extensions().get::<Session>().cloned();
    let peer = request.extensions().get::<Peer>().copied();
    let (Some(session), Some(peer)) = (session, peer) else {
        return Err(Problem::unauthorized("sign in first"));
    };
    let signed = auth.signed(&session, peer).await?.ok_or_else(|| Problem::unauthorized("sign in first"))?;
    if changes && !carries(request.headers(), &signed.csrf) {
        return Err(Problem::forbidden("csrf", "the X-CSRF-Token header of this session is missing"));
    }
    if let Roles(roles) = access {
        if signed.account.must_change {
            return Err(Problem::forbidden(
                "change_password",
                "change the password that you were given first",
            ));
        }
        if !roles.contains(&signed.account.role) {
            let role = signed.account.role;
            return Err(Problem::forbidden("forbidden", format!("this is not for the role `{role}`")));
        }
    }
    request.extensions_mut().insert(signed);
    Ok(next.run(request).await)
}
