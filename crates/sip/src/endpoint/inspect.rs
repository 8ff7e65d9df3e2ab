//! What is refused before anybody is asked (RFC 3261 §8.2.1 to §8.2.3).

use rsip::StatusCode;

use super::{Endpoint, Reply, served};
use crate::{ContentType, Method, Request, limits};

impl Endpoint {
    /// The refusal that `request` deserves, if any; `len` is its length on the wire in octets.
    pub(super) fn inspect(&self, request: &Request, len: usize) -> Option<Reply> {
        self.method(request)
            .or_else(|| too_large(request, len))
            .or_else(|| self.extensions(request))
            .or_else(|| if carries_offer(request.method) { self.content(request) } else { None })
    }

    /// 405 (§8.2.1).
    fn method(&self, request: &Request) -> Option<Reply> {
        if served(&self.config).any(|method| method == request.method) {
            return None;
        }
        Some(Reply::new(StatusCode::MethodNotAllowed).with_header("Allow", self.allow.as_str()))
    }

    /// 420 with every option tag that is not understood (§8.2.2.3); ACK and CANCEL are exempt.
    fn extensions(&self, request: &Request) -> Option<Reply> {
        if matches!(request.method, Method::Ack | Method::Cancel) {
            return None;
        }
        let known = |tag: &str| self.config.supported.iter().any(|ours| ours.eq_ignore_ascii_case(tag));
        let required = request.headers.require();
        let mut unknown = required.iter().filter(|tag| !known(tag)).peekable();
        unknown.peek()?;
        let refusal = Reply::new(StatusCode::BadExtension);
        Some(unknown.fold(refusal, |refusal, tag| refusal.with_header("Unsupported", *tag)))
    }

    /// 415 for a body that is not understood and not optional (§8.2.3), 406 when the caller understands no
    /// body of ours (§20.1).
    fn content(&self, request: &Request) -> Option<Reply> {
        let headers = &request.headers;
        if !request.body.is_empty() && !is_optional(request) {
            let readable = match headers.content_type() {
                Ok(Some(content)) => self.config.accept.iter().any(|ours| covers(ours, &content)),
                Ok(None) => true, // taken as the default, application/sdp (§20.15 leaves it to the method)
                Err(_) => false,
            };
            let encoded = headers.get("Content-Encoding").is_some_and(|coding| coding != "identity");
            if encoded || !readable {
                return Some(self.unsupported_media());
            }
        }
        let accepted = match headers.accept() {
            Ok(Some(ranges)) => ranges.iter().any(|range| self.produces(range)),
            Ok(None) => true,
            Err(_) => false,
        };
        if accepted { None } else { Some(Reply::new(StatusCode::NotAcceptable)) }
    }

    fn unsupported_media(&self) -> Reply {
        let refusal = Reply::new(StatusCode::UnsupportedMediaType).with_header("Accept-Encoding", "identity");
        self.config.accept.iter().fold(refusal, |refusal, ours| refusal.with_header("Accept", ours.as_str()))
    }

    /// Whether the first of our types, the one that we write, lies in a range of Accept.
    fn produces(&self, range: &ContentType) -> bool {
        let ours = self.config.accept.first().and_then(|ours| ours.split_once('/'));
        ours.is_none_or(|(kind, subtype)| range.covers(kind, subtype))
    }
}

/// Methods whose body is an offer or answer that we must understand; the bodies of others are judged by
/// the user.
fn carries_offer(method: Method) -> bool {
    matches!(method, Method::Invite | Method::Update | Method::PRack)
}

/// Whether the configured type or range `ours` covers a received content type.
fn covers(ours: &str, content: &ContentType) -> bool {
    ours.parse::<ContentType>().is_ok_and(|ours| ours.covers(&content.kind, &content.subtype))
}

/// The sender says that the body may be ignored (§20.11).
fn is_optional(request: &Request) -> bool {
    request.headers.get("Content-Disposition").is_some_and(|disposition| {
        let mut params = disposition.split(';').skip(1);
        params.any(|param| {
            let (name, value) = param.split_once('=').unwrap_or((param, ""));
            name.trim().eq_ignore_ascii_case("handling") && value.trim().eq_ignore_ascii_case("optional")
        })
    })
}

/// 513 for a message and 413 for a body that is longer than we are ready to handle (§21.5.7, §21.4.11).
fn too_large(request: &Request, len: usize) -> Option<Reply> {
    let routes = request.headers.get_all("Record-Route").count();
    if len > limits::REQUEST_LEN_MAX || routes > limits::ROUTES_MAX {
        return Some(Reply::new(StatusCode::MessageTooLarge));
    }
    (request.body.len() > limits::BODY_LEN_MAX).then(|| Reply::new(StatusCode::RequestEntityTooLarge))
}
