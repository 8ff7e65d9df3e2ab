//! The API as browsers, programs and strangers meet it.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::json;
use store::accounts::Role;

use super::access::{Access, TABLE, access};
use super::split;
use crate::testing::{PASSWORD, World};

/// A path with something in place of its parameters.
fn filled(path: &str) -> String {
    path.replace("{name}", "nobody").replace("{id}", "1-1").replace("{number}", "1")
}

#[test]
fn every_route_is_documented_and_has_its_access() {
    let document = serde_json::to_value(split().1).expect("a document");
    let mut documented = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            documented.insert((method.to_uppercase(), path.clone()));
        }
    }
    let table = TABLE.iter().map(|(method, path, _)| (method.to_string(), (*path).to_owned())).collect();
    assert_eq!(documented, table);
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            assert!(operation["summary"].is_string(), "{method} {path} says what it does");
        }
    }
    assert_eq!(access(&Method::GET, "/api/v1/nowhere"), None);
    assert_eq!(access(&Method::HEAD, "/api/v1/calls"), access(&Method::GET, "/api/v1/calls"));
}

#[test]
fn every_refusal_is_documented_as_what_it_is() {
    let world = World::new();
    let mut admin = world.signed_in(Role::Admin);
    let document = serde_json::to_value(split().1).expect("a document");
    let responses = |path: &str, method: &str| document["paths"][path][method]["responses"].clone();
    for (method, path, body, status) in [
        ("POST", "/api/v1/accounts", Some(json!({ "name": 7 })), "422"),
        ("POST", "/api/v1/accounts", None, "415"),
        ("PUT", "/api/v1/queues/{name}/doors", Some(json!({ "doors": "closed" })), "404"),
        ("GET", "/api/v1/wallboard", None, "400"),
    ] {
        let answer = admin.ask(method, &filled(path), body);
        assert_eq!(answer.status.to_string(), status, "{method} {path}: {answer:?}");
        let told = &responses(path, &method.to_lowercase())[status]["content"];
        assert_eq!(
            told.as_object().map(|told| told.keys().collect::<Vec<_>>()).unwrap_or_default(),
            ["application/problem+json"]
        );
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{method} {path}");
    }
}

#[test]
fn every_role_meets_every_route_as_the_table_says() {
    let world = World::new();
    for (method, path, access) in TABLE {
        let (method, path) = (method.as_str(), filled(path));
        let stranger = world.stranger().ask(method, &path, None);
        match access {
            Access::Anyone => assert!(stranger.status != 401 && stranger.status != 403, "{method} {path}"),
            _ => assert_eq!(
                (stranger.status, &stranger.body["code"]),
                (401, &json!("sign_in")),
                "{method} {path}"
            ),
        }
        for role in Role::ALL {
            // Some routes end the session.
            let answer = world.signed_in(role).ask(method, &path, None);
            let may = match access {
                Access::Anyone | Access::Signed => true,
                Access::Roles(roles) => roles.contains(&role),
            };
            if may {
                assert!(answer.status != 401 && answer.status != 403, "{role}: {method} {path}: {answer:?}");
            } else {
                let told = (answer.status, &answer.body["code"]);
                assert_eq!(told, (403, &json!("forbidden")), "{role}: {method} {path}");
            }
        }
    }
}

#[test]
fn a_change_needs_the_token_and_one_of_our_pages() {
    let world = World::new();
    let mut admin = world.signed_in(Role::Admin);
    let body = json!({ "name": "eve", "role": "admin" });
    let csrf = format!("X-CSRF-Token: {}\r\n", admin.csrf);
    let wrong = format!("X-CSRF-Token: {}\r\n", "0".repeat(admin.csrf.len()));
    let other = world.signed_in(Role::Admin).csrf;
    for more in [
        String::new(),
        wrong,
        format!("X-CSRF-Token: {other}\r\n"),
        format!("Origin: http://evil.example\r\n{csrf}"),
    ] {
        let answer = admin.ask_with("POST", "/api/v1/accounts", Some(&body), &more);
        assert_eq!((answer.status, &answer.body["code"]), (403, &json!("csrf")), "{more}");
    }
    // Signing in with somebody else's name from a foreign page is refused, too.
    let planted = json!({ "name": "admin", "password": PASSWORD });
    let answer = world.stranger().ask_with(
        "POST",
        "/api/v1/session",
        Some(&planted),
        "Origin: http://evil.example\r\n",
    );
    assert_eq!(answer.status, 403);
    let own = format!("Origin: http://{}\r\n{csrf}", world.address);
    assert_eq!(admin.ask_with("POST", "/api/v1/accounts", Some(&body), &own).status, 201);
    assert_eq!(admin.get("/api/v1/accounts").body["accounts"].as_array().map(Vec::len), Some(5));
}

#[test]
fn the_cookie_is_for_our_pages_and_worth_nothing_after_signing_out() {
    let world = World::new();
    let mut admin = world.stranger();
    let signed_in = admin.sign_in("admin", PASSWORD);
    let cookie = signed_in.header("set-cookie").expect("a cookie").to_owned();
    for part in ["vireo=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "this is HTTP on loopback: {cookie}");
    let stolen = admin.clone();
    let before = admin.cookie.clone();
    admin.sign_in("admin", PASSWORD);
    assert_ne!(admin.cookie, before, "a session that was planted is not signed in");
    assert_eq!(stolen.clone().get("/api/v1/session").status, 204, "the one before has ended");

    let stolen = admin.clone();
    assert_eq!(admin.ask("DELETE", "/api/v1/session", None).status, 204);
    assert_eq!(stolen.clone().get("/api/v1/calls").status, 401);
    let mut made_up = world.stranger();
    for cookie in ["vireo=AAAAAAAAAAAAAAAAAAAAAA", "vireo=1", "vireo=", "vireo=%00"] {
        made_up.cookie = cookie.to_owned();
        assert_eq!(made_up.get("/api/v1/status").status, 401, "{cookie}");
    }
}

#[test]
fn wrong_passwords_cost_time_and_are_written_down() {
    let world = World::new();
    let mut eve = world.stranger();
    for name in ["admin", "nobody"] {
        for _ in 0..5 {
            let answer = eve.sign_in(name, "wrong password");
            assert_eq!((answer.status, &answer.body["code"]), (401, &json!("sign_in")));
            assert_eq!(
                answer.body["detail"], "name or password is wrong",
                "whether there is one is not told"
            );
        }
        eve.sign_in(name, "wrong password");
        let answer = eve.sign_in(name, PASSWORD);
        assert_eq!(answer.status, 429, "{answer:?}");
        let wait: u64 = answer.header("retry-after").and_then(|wait| wait.parse().ok()).expect("seconds");
        assert!((1..=300).contains(&wait), "{wait}");
    }
    let audit = world.signed_in(Role::Supervisor).get("/api/v1/audit");
    assert_eq!(audit.status, 403);
    assert_eq!(eve.sign_in("admin", &"x".repeat(20_000)).status, 413, "a body has its limit");
    for body in [
        json!({}),
        json!({ "name": 1, "password": "x" }),
        json!([]),
        json!({ "name": "a", "password": "b", "more": 1 }),
    ] {
        let answer = world.stranger().ask("POST", "/api/v1/session", Some(body));
        assert_eq!((answer.status, &answer.body["code"]), (422, &json!("bad_request")));
    }
}

#[test]
fn who_was_given_a_password_changes_it_first() {
    let world = World::new();
    let mut admin = world.signed_in(Role::Admin);
    let new = json!({ "name": "bert", "role": "supervisor", "agent": "bert" });
    let made = admin.ask("POST", "/api/v1/accounts", Some(new.clone()));
    let given = made.body["password"].as_str().expect("it is told once").to_owned();
    assert_eq!(admin.ask("POST", "/api/v1/accounts", Some(new)).status, 409);

    let mut bert = world.stranger();
    let me = bert.sign_in("bert", &given);
    assert_eq!((&me.body["must_change"], &me.body["agent"]), (&json!(true), &json!("bert")));
    let calls = bert.get("/api/v1/calls");
    assert_eq!((calls.status, &calls.body["code"]), (403, &json!("change_password")));
    let mut put = |old: &str, new: &str| {
        bert.ask("PUT", "/api/v1/session/password", Some(json!({ "old": old, "new": new }))).status
    };
    assert_eq!(put(&given, "short"), 400);
    assert_eq!(put("wrong password", "a better password"), 401);
    assert_eq!(put(&given, "a better password"), 204);
    assert_eq!(bert.get("/api/v1/status").status, 401, "it signs in anew");
    assert_eq!(bert.sign_in("bert", &given).status, 401);
    assert_eq!(bert.sign_in("bert", "a better password").body["must_change"], json!(false));
    assert_eq!(bert.get("/api/v1/calls").status, 200);

    // What an admin does to an account is felt at once.
    let mut change = |body| admin.ask("PATCH", "/api/v1/accounts/bert", Some(body));
    assert_eq!(change(json!({ "agent": null })).status, 204);
    assert_eq!(bert.get("/api/v1/session").body["agent"], json!(null));
    assert_eq!(change(json!({ "role": "agent" })).status, 204);
    assert_eq!(bert.get("/api/v1/status").status, 401);
    bert.sign_in("bert", "a better password");
    assert_eq!(bert.get("/api/v1/calls").status, 403);
    let reset = change(json!({ "new_password": true }));
    assert!(reset.status == 200 && reset.body["password"].is_string());
    assert_eq!(change(json!({ "locked": true })).status, 204);
    assert_eq!(bert.sign_in("bert", reset.body["password"].as_str().expect("told")).status, 401);
    assert_eq!(change(json!({ "role": "king" })).status, 422);
    assert_eq!(admin.ask("DELETE", "/api/v1/accounts/bert", None).status, 204);
    assert_eq!(admin.ask("DELETE", "/api/v1/accounts/bert", None).status, 404);
    assert_eq!(admin.ask("DELETE", "/api/v1/accounts/admin", None).status, 409, "the last admin");

    let audit = admin.get("/api/v1/audit?limit=4").body;
    let told = |at: usize, key: &str| audit["entries"][at][key].clone();
    assert_eq!(audit["entries"].as_array().map(Vec::len), Some(4));
    assert_eq!(told(0, "what"), "account removed");
    assert!(
        (0..4).any(|at| told(at, "what") == "account changed" && told(at, "about") == "bert: locked"),
        "{audit}"
    );
    assert_eq!(admin.get("/api/v1/audit?limit=many").status, 400);
}

#[test]
fn figures_of_today_are_for_those_who_see_calls() {
    let world = World::new();
    assert_eq!(world.signed_in(Role::Agent).get("/api/v1/dialplans/figures?since=0").status, 403);
    let mut supervisor = world.signed_in(Role::Supervisor);
    let figures = supervisor.get("/api/v1/dialplans/figures?since=900");
    assert_eq!((figures.status, &figures.body), (200, &json!({ "flows": {} })), "{figures:?}");
    for wrong in ["", "?since=-1", "?since=today"] {
        let answer = supervisor.get(&format!("/api/v1/dialplans/figures{wrong}"));
        assert_eq!(answer.status, 400, "{wrong}: {answer:?}");
    }
}

#[test]
fn what_a_supervisor_says_and_orders_is_looked_at_first() {
    let world = World::new();
    let mut supervisor = world.signed_in(Role::Supervisor);
    let long = "x".repeat(201);
    for (method, path, body, status) in [
        ("PUT", "/api/v1/agents/nobody/ready", json!({ "ready": true }), 404),
        ("PUT", "/api/v1/agents/nobody/ready", json!({ "ready": false, "reason": long }), 400),
        ("PUT", "/api/v1/agents/nobody/ready", json!({ "ready": "yes" }), 422),
        ("PUT", "/api/v1/agents/nobody/ready", json!({ "ready": true, "more": 1 }), 422),
        ("PUT", "/api/v1/queues/none/doors", json!({ "doors": "closed" }), 404),
        ("PUT", "/api/v1/queues/none/doors", json!({ "doors": "ajar" }), 422),
        ("POST", "/api/v1/agents/nobody/message", json!({ "text": "hello" }), 404),
        ("POST", "/api/v1/agents/nobody/message", json!({ "text": "  " }), 400),
        ("POST", "/api/v1/agents/nobody/message", json!({ "text": "a\nb" }), 400),
    ] {
        let answer = supervisor.ask(method, path, Some(body.clone()));
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
    }
}
