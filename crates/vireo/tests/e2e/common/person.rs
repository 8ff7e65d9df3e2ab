//! Somebody who is signed in at the web side, without a browser.

use std::fs;
use std::net::SocketAddr;

use serde_json::{Value, json};

use super::demo::{Demo, exchange, try_exchange};

/// A signed-in person; their cookie and token come along with each request.
pub(crate) struct Person {
    http: SocketAddr,
    /// `name=value`.
    pub(crate) cookie: String,
    /// Of requests that change something.
    pub(crate) csrf: String,
}

impl Person {
    /// With an account of a demo.
    pub(crate) fn of(demo: &Demo, name: &str) -> Person {
        let list =
            fs::read_to_string(demo.service.with_file_name("accounts.txt")).expect("a demo has accounts");
        let own = list.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Person::sign_in(demo.http, name, own.expect("it is one of them"))
    }

    /// With a password that is right.
    pub(crate) fn sign_in(http: SocketAddr, name: &str, password: &str) -> Person {
        Person::try_sign_in(http, name, password).expect("name and password are right")
    }

    /// `None` when the password is wrong.
    pub(crate) fn try_sign_in(http: SocketAddr, name: &str, password: &str) -> Option<Person> {
        let body = json!({ "name": name, "password": password }).to_string();
        let answer = exchange(http, "POST /api/v1/session", "Content-Type: application/json\r\n", &body);
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "))?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let me: Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
        Some(Person { http, cookie, csrf: me["csrf"].as_str()?.to_owned() })
    }

    /// Status and body of what comes back.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "")
    }

    /// The same with another method, and JSON to send.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.try_ask(method, path, body).expect("the web side answers")
    }

    /// The same with a gateway that may be gone.
    pub(crate) fn try_ask(&self, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
        let mut fields = format!("Cookie: {}\r\nX-CSRF-Token: {}\r\n", self.cookie, self.csrf);
        if !body.is_empty() {
            fields.push_str("Content-Type: application/json\r\n");
        }
        let answer = try_exchange(self.http, &format!("{method} {path}"), &fields, body)?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Ok((status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned())))
    }
}
