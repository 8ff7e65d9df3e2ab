//! One question by HTTP: sent once, or again where that does no harm, and never waited for longer than its call says.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dialplan::Service;
use dialplan::connector::{Answer, Call, Connector, Method, Question, Request};
use reqwest::redirect;
use tracing::warn;

use super::breaker::Breaker;
use super::environment::Environment;

/// How long it is waited before a question is sent again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The other side of one connector.
#[derive(Default)]
pub(super) struct Line {
    /// Questions on their way.
    asking: AtomicU32,
    breaker: Mutex<Breaker>,
}

impl Line {
    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        // Two numbers, written whole: a thread that died left them as they were.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no answer.
#[derive(Debug)]
enum Lost {
    /// The other side has not had the question.
    NotSent(String),
    /// It may have had it.
    Sent(String),
    /// It has done what it was asked, by its status, and the rest of its answer cannot be used.
    Unread(String),
    /// It has answered that it did not.
    Bad(String),
}

impl Lost {
    /// Whether what was asked may have been done, and why there is no answer.
    fn told(self) -> (bool, String) {
        match self {
            Lost::Sent(why) | Lost::Unread(why) => (true, why),
            Lost::NotSent(why) | Lost::Bad(why) => (false, why),
        }
    }
}

/// What all connectors are asked by.
pub(super) struct Client {
    http: reqwest::Client,
    environment: Environment,
}

impl Client {
    /// It follows no redirects: they would carry the headers elsewhere.
    pub(super) fn new(environment: Environment) -> Result<Client, reqwest::Error> {
        // An error means that there is one already, which does as well.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("vireo/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Client { http, environment })
    }
}

/// Asks, and says in the log why there is no answer.
pub(super) async fn ask(client: &Client, line: &Line, service: &Service, question: &Question) -> Answer {
    let connector = service.connectors().get(&question.connector);
    let Some((connector, call)) = connector.and_then(|known| Some((known, known.call(&question.call)?)))
    else {
        return Answer::Failed;
    };
    if !line.breaker().may_ask(net::clock::now().mono) {
        return Answer::Failed;
    }
    if line.asking.fetch_add(1, Ordering::Relaxed) >= connector.at_once {
        line.asking.fetch_sub(1, Ordering::Relaxed);
        warn!(connector = connector.name, at_once = connector.at_once, "too many questions are on their way");
        return Answer::Failed;
    }
    let asked = tokio::time::timeout(call.timeout, attempts(client, connector, call, question)).await;
    line.asking.fetch_sub(1, Ordering::Relaxed);
    let asked = asked.unwrap_or_else(|_| Err(Lost::Sent("no answer in time".to_owned())));
    let alone = line.breaker().note(net::clock::now().mono, asked.is_ok());
    if alone {
        warn!(connector = connector.name, "does not answer; it is left alone for a while");
    }
    asked.unwrap_or_else(|lost| {
        let (may_be_done, why) = lost.told();
        warn!(?question, why, "a connector does not answer");
        // What can be asked again is as good as not done, but for an order, of which the caller is told.
        let matters = !call.idempotent || question.idempotency_key.is_some();
        if may_be_done && matters { Answer::Unknown } else { Answer::Failed }
    })
}

/// Twice where that does no harm; within the time of the whole.
async fn attempts(
    client: &Client,
    connector: &Connector,
    call: &Call,
    question: &Question,
) -> Result<Answer, Lost> {
    let request = call.request(question);
    let first = attempt(client, connector, call, question, &request).await;
    let again = match &first {
        Err(Lost::NotSent(_)) => true,
        Err(Lost::Sent(_)) => call.idempotent || question.idempotency_key.is_some(),
        Ok(_) | Err(Lost::Unread(_) | Lost::Bad(_)) => false,
    };
    if !again {
        return first;
    }
    tokio::time::sleep(AGAIN_AFTER).await;
    match (first, attempt(client, connector, call, question, &request).await) {
        // What was sent once may have been done, whatever became of the second time.
        (Err(Lost::Sent(_)), Err(second)) => Err(Lost::Sent(second.told().1)),
        (_, second) => second,
    }
}

async fn attempt(
    client: &Client,
    connector: &Connector,
    call: &Call,
    question: &Question,
    request: &Request,
) -> Result<Answer, Lost> {
    let Client { http, environment } = client;
    let base = environment.filled(&connector.base).map_err(Lost::NotSent)?;
    let url = format!("{}{}", base.trim_end_matches('/'), request.path);
    let mut builder = match request.method {
        Method::Get => http.get(url),
        Method::Post => http.post(url),
        Method::Put => http.put(url),
        Method::Delete => http.delete(url),
    };
    for (name, value) in &connector.headers {
        builder = builder.header(name, environment.filled(value).map_err(Lost::NotSent)?.as_ref());
    }
    if let Some(key) = &question.idempotency_key {
        builder = builder.header("Idempotency-Key", key);
    }
    if let Some(body) = &request.body {
        builder = builder.header("Content-Type", "application/json").body(body.to_string());
    }
    let mut response = builder.header("Accept", "application/json").send().await.map_err(lost)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        body.extend_from_slice(&chunk);
        if body.len() > dialplan::limits::ANSWER_BYTES_MAX {
            let max = dialplan::limits::ANSWER_BYTES_MAX;
            return Err(unread(status)(format!("it answers with more than {max} octets")));
        }
    }
    if matches!(status, 502..=504) {
        // A machine between says that the other side is not there.
        return Err(Lost::Sent(format!("it answers with the status {status}")));
    }
    call.read(status, &body).map_err(unread(status))
}

/// What an answer with this status that cannot be used means.
fn unread(status: u16) -> fn(String) -> Lost {
    if (200..300).contains(&status) { Lost::Unread } else { Lost::Bad }
}

/// Without the address, in which a caller's number may stand.
fn lost(error: reqwest::Error) -> Lost {
    let error = error.without_url();
    let mut why = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        why = format!("{why}: {cause}");
        source = cause.source();
    }
    if error.is_connect() || error.is_builder() { Lost::NotSent(why) } else { Lost::Sent(why) }
}

#[cfg(test)]
mod tests;
