//! Conversations as agents look back on them: what they were about, what was kept of them; and who was insulted.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;
use serde::{Deserialize, Serialize};
use store::accounts::Role;
use store::contacts::{Alert, Contact, ContactId, NotKept};
use utoipa::ToSchema;

use super::live::FiguresQuery;
use super::{Api, Problem};
use crate::auth::Signed;
use crate::limits;

/// Conversations, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactList {
    contacts: Vec<ContactShown>,
}

/// A conversation. Times are seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize, ToSchema)]
struct ContactShown {
    #[schema(example = "1764000000000-1")]
    id: String,
    queue: String,
    /// Null when withheld.
    caller: Option<String>,
    agent: String,
    answered_at: u64,
    /// Null while they talk.
    ended_at: Option<u64>,
    /// What it was about: one of the queue's `wrap_up_codes`.
    code: Option<String>,
    note: Option<String>,
    /// How many pictures were kept.
    snapshots: u64,
}

/// What an agent says of a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remark {
    /// What it was about; at most 40 characters.
    #[serde(default)]
    code: Option<String>,
    /// At most 2,000 characters.
    #[serde(default)]
    note: String,
}

/// The number of a picture.
#[derive(Serialize, ToSchema)]
pub(crate) struct Kept {
    number: u64,
}

/// Agents who were insulted or threatened, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertList {
    alerts: Vec<AlertShown>,
}

/// An agent was insulted or threatened.
#[derive(Serialize, ToSchema)]
struct AlertShown {
    /// Seconds since 1970-01-01T00:00:00Z.
    at: u64,
    agent: String,
    /// Null when withheld.
    caller: Option<String>,
    queue: String,
}

/// Conversations: an agent's own; everybody's for other roles.
#[utoipa::path(get, path = "/api/v1/contacts", responses((status = 200, body = ContactList),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn contacts(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
) -> Result<Json<ContactList>, Problem> {
    let contacts = match whose(&signed) {
        Some(None) => Vec::new(),
        Some(Some(agent)) => {
            api.site.store.contacts(Some(&agent)).await.map_err(|why| Problem::of_store(&why))?
        }
        None => api.site.store.contacts(None).await.map_err(|why| Problem::of_store(&why))?,
    };
    Ok(Json(ContactList { contacts: contacts.into_iter().map(ContactShown::from).collect() }))
}

/// Say what one of your conversations was about, in place of what you said before.
#[utoipa::path(put, path = "/api/v1/contacts/{id}", params(("id" = String, Path,
    description = "of a conversation, or the `ticket` of a ring")), request_body = Remark,
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn wrap_up(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    Path(id): Path<String>,
    body: Result<Json<Remark>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(Remark { code, note }) = body?;
    let code = code.map(|code| code.trim().to_owned()).filter(|code| !code.is_empty());
    let note = Some(note.trim().to_owned()).filter(|note| !note.is_empty());
    if code.as_ref().is_some_and(|code| code.chars().count() > limits::CODE_CHARS_MAX) {
        return Err(Problem::bad_request(format!(
            "a code has at most {} characters",
            limits::CODE_CHARS_MAX
        )));
    }
    let is_long = |note: &String| note.chars().count() > limits::NOTE_CHARS_MAX;
    if note.as_ref().is_some_and(is_long) {
        return Err(Problem::bad_request(format!(
            "a note has at most {} characters",
            limits::NOTE_CHARS_MAX
        )));
    }
    let strange = |text: &String| text.chars().any(|char| char.is_control() && char != '\n');
    if code.iter().chain(&note).any(strange) {
        return Err(Problem::bad_request("codes and notes have no control characters but ends of lines"));
    }
    let (id, agent) = own(&id, &signed)?;
    let known = api.site.store.wrap_up(id, agent, code, note).await.map_err(|why| Problem::of_store(&why))?;
    known.then_some(StatusCode::NO_CONTENT).ok_or_else(unknown)
}

/// Keep a picture of one of your conversations.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/snapshots", params(("id" = String, Path,
    description = "of a conversation, or the `ticket` of a ring")),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 201, body = Kept), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, description =
    "as many as are kept are there", body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn keep_snapshot(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Kept>), Problem> {
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != JPEG) {
        return Err(Problem::media_type("a picture is image/jpeg"));
    }
    let picture = body.map_err(|why| Problem::of_body(why.status(), why.body_text()))?;
    // SOI and the marker that follows, and EOI at the end (ITU-T T.81, B.2.1).
    if !picture.starts_with(&[0xFF, 0xD8, 0xFF]) || !picture.ends_with(&[0xFF, 0xD9]) {
        return Err(Problem::bad_request("this is no JPEG"));
    }
    let (contact, agent) = own(&id, &signed)?;
    let at = net::clock::now().wall;
    let entry = signed.entry("snapshot kept", id);
    let kept = api.site.store.add_snapshot(contact, agent, at, &picture, entry).await;
    match kept.map_err(|why| Problem::of_store(&why))? {
        Ok(number) => Ok((StatusCode::CREATED, Json(Kept { number }))),
        Err(NotKept::Unknown) => Err(unknown()),
        Err(NotKept::Full) => {
            Err(Problem::conflict(format!("{} pictures of a conversation are kept", store::SNAPSHOTS_MAX)))
        }
    }
}

/// A picture that was kept: an agent's own; anybody's for other roles.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/snapshots/{number}", params(("id" = String, Path),
    ("number" = String, Path, description = "from 1")), responses((status = 200, body = Vec<u8>, content_type = "image/jpeg"),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 503, body = Problem)))]
pub(crate) async fn snapshot(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (Ok(id), Ok(number)) = (id.parse::<ContactId>(), number.parse()) else { return Err(unknown()) };
    let agent = match whose(&signed) {
        Some(None) => return Err(unknown()),
        Some(agent) => agent,
        None => None,
    };
    let picture = api.site.store.snapshot(id, number, agent.as_deref()).await;
    let picture = picture.map_err(|why| Problem::of_store(&why))?.ok_or_else(unknown)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(JPEG))], picture).into_response())
}

/// Agents who were insulted or threatened.
#[utoipa::path(get, path = "/api/v1/alerts", params(FiguresQuery), responses((status = 200, body = AlertList),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 503, body = Problem)))]
pub(crate) async fn alerts(
    State(api): State<Api>,
    query: Result<Query<FiguresQuery>, QueryRejection>,
) -> Result<Json<AlertList>, Problem> {
    let Query(FiguresQuery { since }) = query.map_err(|why| Problem::bad_request(why.body_text()))?;
    let alerts = api.site.store.alerts(since).await.map_err(|why| Problem::of_store(&why))?;
    Ok(Json(AlertList { alerts: alerts.into_iter().map(AlertShown::from).collect() }))
}

const JPEG: &str = "image/jpeg";

/// Whose conversations an account sees: `None` everybody's, `Some(None)` nobody's.
#[expect(clippy::option_option, reason = "an agent without a desk sees nobody's")]
fn whose(signed: &Signed) -> Option<Option<String>> {
    (signed.account.role == Role::Agent).then(|| signed.account.agent.clone())
}

/// Which conversation is meant, and the agent of the account that speaks of it.
fn own(id: &str, signed: &Signed) -> Result<(ContactId, String), Problem> {
    let id = id.parse().map_err(|_| unknown())?;
    Ok((id, signed.account.agent.clone().ok_or_else(unknown)?))
}

fn unknown() -> Problem {
    Problem::not_found("you had no such conversation")
}

/// What conversations were about: how many had each code, and how many of their notes had each word, the most first; at
/// most `most` of each.
pub(super) fn hot(remarks: &[(Option<String>, Option<String>)], most: usize) -> (Counts, Counts) {
    let (mut codes, mut words) = (BTreeMap::new(), BTreeMap::new());
    for (code, note) in remarks {
        if let Some(code) = code {
            *codes.entry(code.clone()).or_default() += 1;
        }
        let mut told = note.iter().flat_map(|note| words_of(note)).collect::<Vec<_>>();
        told.sort();
        told.dedup();
        for word in told {
            *words.entry(word).or_default() += 1;
        }
    }
    (first(codes, most), first(words, most))
}

/// How many conversations had each.
type Counts = Vec<(String, u64)>;

fn first(counts: BTreeMap<String, u64>, most: usize) -> Counts {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(most);
    counts
}

/// The words of a note that tell something: two characters where they are Chinese, else four letters and none of those that
/// every sentence has.
fn words_of(note: &str) -> Vec<String> {
    const EVERYWHERE: &[&str] = &[
        "about", "after", "again", "also", "been", "before", "call", "called", "caller", "could", "does",
        "from", "have", "into", "more", "only", "should", "some", "than", "that", "their", "them", "then",
        "there", "they", "this", "wants", "wanted", "were", "what", "when", "where", "which", "will", "with",
        "would", "your",
    ];
    let note = note.to_lowercase();
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let ends: Vec<usize> = segmenter.segment_str(&note).collect();
    let words = ends.windows(2).map(|ends| &note[ends[0]..ends[1]]);
    let tells = |word: &&str| {
        let han = word.chars().all(|char| ('\u{3400}'..='\u{9FFF}').contains(&char));
        let letters = word.chars().all(char::is_alphabetic);
        letters && word.chars().count() >= if han { 2 } else { 4 } && !EVERYWHERE.contains(word)
    };
    words.filter(tells).map(str::to_owned).collect()
}

impl From<Contact> for ContactShown {
    fn from(contact: Contact) -> Self {
        let Contact { id, queue, caller, agent, answered_at, ended_at, code, note, snapshots } = contact;
        let (answered_at, ended_at) = (answered_at.as_secs(), ended_at.as_ref().map(Duration::as_secs));
        ContactShown { id, queue, caller, agent, answered_at, ended_at, code, note, snapshots }
    }
}

impl From<Alert> for AlertShown {
    fn from(alert: Alert) -> Self {
        AlertShown { at: alert.at.as_secs(), agent: alert.agent, caller: alert.caller, queue: alert.queue }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_tell_something() {
        assert_eq!(
            words_of("Caller wants the ROAMING pack, then asks about roaming!"),
            ["roaming", "pack", "asks", "roaming"]
        );
        let chinese = words_of("客户咨询国际漫游资费，要求退款");
        assert!(chinese.iter().any(|word| word.contains("漫游")), "{chinese:?}");
        assert!(chinese.iter().any(|word| word == "退款"), "{chinese:?}");
        assert!(words_of("").is_empty() && words_of("¿?").is_empty());
    }

    #[test]
    fn a_word_counts_once_for_each_conversation() {
        let remark = |code: &str, note: &str| (Some(code.to_owned()), Some(note.to_owned()));
        let remarks =
            [remark("bill", "invoice invoice"), remark("pack", "invoice, roaming"), remark("bill", "")];
        let (codes, words) = hot(&remarks, 1);
        assert_eq!(codes, [("bill".to_owned(), 2)]);
        assert_eq!(words, [("invoice".to_owned(), 2)]);
    }
}
