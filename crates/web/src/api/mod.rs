//! `/api/v1`: what programs and the pages ask for and change, with its OpenAPI document.
//!
//! Each route is a function with its document beside it; who may use it stands in [`access`]. Start at [`routes`].

mod access;
mod accounts;
mod contacts;
mod events;
mod live;
mod problem;
mod session;
mod supervisor;
mod wallboard;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::{Extension, Json, Router};
use store::accounts::Change;
use store::audit::Entry;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::auth::Auth;
use crate::limits;
use crate::routes::Site;

pub(crate) use events::Listeners;
pub(crate) use problem::Problem;

/// What every route knows.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) site: Arc<Site>,
    pub(crate) auth: Auth,
    /// Who listens to events.
    pub(crate) listeners: Listeners,
}

impl Api {
    /// Changes an account, and has open sockets look again.
    async fn change(&self, name: &str, change: Change, entry: Entry) -> Result<(), Problem> {
        let changed = self.auth.store().change_account(name, change, entry).await;
        changed.map_err(|why| Problem::of_store(&why))??;
        self.auth.changed();
        Ok(())
    }
}

/// The document's own words.
#[derive(OpenApi)]
#[openapi(
    info(title = "Vireo", description = "What goes on in a gateway, and who may change it. Sign in by `POST \
         /api/v1/session`: it sets a cookie, and its answer holds the token that every request that changes something \
         carries as `X-CSRF-Token`."),
    modifiers(&Cookie), security(("session" = []))
)]
struct Words;

/// How one signs in, for the document.
struct Cookie;

impl Modify for Cookie {
    fn modify(&self, document: &mut Document) {
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("vireo")));
        document.components.get_or_insert_default().add_security_scheme("session", cookie);
    }
}

/// The routes below `/api/v1`.
pub(crate) fn routes(api: Api) -> Router {
    let (router, document) = split();
    let guard = from_fn_with_state(api.auth.clone(), access::guard);
    router.layer(Extension(Arc::new(document))).route_layer(guard).layer(map_response(fresh)).with_state(api)
}

fn split() -> (Router<Api>, Document) {
    let (router, mut document) = OpenApiRouter::with_openapi(Words::openapi())
        .routes(routes!(live::service))
        .routes(routes!(session::me, session::sign_in, session::sign_out))
        .routes(routes!(session::change_password))
        .routes(routes!(live::status))
        .routes(routes!(live::calls))
        .routes(routes!(live::dialplans))
        .routes(routes!(live::figures))
        .routes(routes!(wallboard::wallboard))
        .routes(routes!(supervisor::agents))
        .routes(routes!(supervisor::set_ready))
        .routes(routes!(supervisor::message))
        .routes(routes!(supervisor::queues))
        .routes(routes!(supervisor::set_doors))
        .routes(routes!(contacts::contacts))
        .routes(routes!(contacts::wrap_up))
        .routes(routes!(contacts::keep_snapshot).layer(DefaultBodyLimit::max(limits::PICTURE_LEN_MAX)))
        .routes(routes!(contacts::snapshot))
        .routes(routes!(contacts::alerts))
        .routes(routes!(events::events))
        .routes(routes!(accounts::list, accounts::add))
        .routes(routes!(accounts::change, accounts::remove))
        .routes(routes!(accounts::audit))
        .routes(routes!(openapi))
        .split_for_parts();
    complete(&mut document);
    (router, document)
}

/// What holds for every route alike: problems have a type of their own (RFC 9457 §3), and a body may be too long, of another
/// type, or of another shape, before the route itself looks at it.
fn complete(document: &mut Document) {
    const OF_BODIES: [(&str, &str); 3] = [
        ("413", "the body is too long"),
        ("415", "the body is no JSON"),
        ("422", "the body has another shape"),
    ];
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            let all = &mut operation.responses.responses;
            if operation.request_body.is_some() {
                for (status, words) in OF_BODIES {
                    let content = Content::new(Some(Ref::from_schema_name("Problem")));
                    let response =
                        ResponseBuilder::new().description(words).content("application/json", content);
                    all.entry(status.to_owned()).or_insert(RefOr::T(response.build()));
                }
            }
            let problems = all.iter_mut().filter(|(status, _)| status.as_str() >= "400");
            for (_, response) in problems {
                if let RefOr::T(response) = response
                    && let Some(content) = response.content.shift_remove("application/json")
                {
                    response.content.insert("application/problem+json".to_owned(), content);
                }
            }
        }
    }
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, body = Object),
    (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn openapi(Extension(document): Extension<Arc<Document>>) -> Json<Document> {
    Json(Document::clone(&document))
}

/// Nothing here is kept by a browser or a proxy.
async fn fresh(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests;
