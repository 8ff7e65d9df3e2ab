//! Answers without a transaction (RFC 3261 §8.2.7): to what cannot be read, and refusals at a limit.
//!
//! Their number a second is bounded: a flood of rubbish must not make us a source of one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rsip::StatusCode;

use super::{Endpoint, LocalId};
use crate::dialog::PORT;
use crate::transaction::head;
use crate::{Headers, Request, Response, Via, limits};

/// A bucket that holds one second's worth of tokens.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: u32,
    filled: Option<Instant>,
}

impl Bucket {
    pub(super) fn new() -> Self {
        Bucket { tokens: limits::STATELESS_PER_SECOND, filled: None }
    }

    /// Takes a token if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let filled = *self.filled.get_or_insert(now);
        let interval = Duration::from_secs(1) / limits::STATELESS_PER_SECOND;
        let fresh = now.saturating_duration_since(filled).as_nanos() / interval.as_nanos();
        let fresh = u32::try_from(fresh).unwrap_or(u32::MAX).min(limits::STATELESS_PER_SECOND);
        if fresh > 0 {
            self.tokens = (self.tokens + fresh).min(limits::STATELESS_PER_SECOND);
            self.filled = Some(now);
        }
        let taken = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        taken
    }
}

impl Endpoint {
    /// Answers a datagram that is no valid request with what could be read of its headers.
    pub(super) fn answer_unreadable(
        &mut self,
        now: Instant,
        (local, from): (LocalId, SocketAddr),
        status: StatusCode,
        reason: String,
        headers: Headers,
    ) {
        if !self.stateless.take(now) {
            return;
        }
        let mut response = Response { reason, headers, ..Response::new(status) };
        let to = match response.headers.via() {
            Ok(mut via) => {
                let to = note_source(&mut via, from);
                response.headers.set_first("Via", via.to_string());
                to
            }
            Err(_) => from,
        };
        self.tag_statelessly(&mut response.headers);
        self.push_server(&mut response.headers);
        let data = printable(&response.to_bytes());
        self.io.send(local, to, data);
    }

    /// 503 with Retry-After to a request that there is no room for (RFC 3261 §21.5.4).
    pub(super) fn refuse_statelessly(
        &mut self,
        now: Instant,
        local: LocalId,
        to: SocketAddr,
        request: &Request,
    ) {
        if !self.stateless.take(now) {
            return;
        }
        let mut response = Response::new(StatusCode::ServiceUnavailable);
        response.headers = head(&request.headers);
        self.tag_statelessly(&mut response.headers);
        response.headers.push("Retry-After", self.config.retry_after.as_secs().max(1).to_string());
        self.push_server(&mut response.headers);
        self.io.send(local, to, response.to_bytes());
    }

    /// A To tag that is the same for every copy of the request (§8.2.7).
    fn tag_statelessly(&self, headers: &mut Headers) {
        let Some(to) = headers.get("To").map(str::to_owned) else { return };
        if headers.to().map_or(true, |to| to.tag().is_some()) {
            return;
        }
        let mut hasher = DefaultHasher::new();
        self.config.seed.hash(&mut hasher);
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            headers.get(name).hash(&mut hasher);
        }
        headers.set("To", format!("{to};tag={}{:016x}", self.config.tag_prefix, hasher.finish()));
    }
}

/// Control characters of a faulty header are not sent back; whoever sent them finds a question mark.
fn printable(data: &[u8]) -> Bytes {
    let wanted = |octet: u8| !octet.is_ascii_control() || b"\r\n\t".contains(&octet);
    data.iter().map(|&octet| if wanted(octet) { octet } else { b'?' }).collect()
}

/// Notes the source in the top Via and answers where responses go: back to the source port if the client
/// asked for that by `rport`, else to the port of `sent-by` (RFC 3261 §18.2, RFC 3581 §4).
pub(super) fn note_source(via: &mut Via, from: SocketAddr) -> SocketAddr {
    via.note_source(from.ip(), from.port());
    match via.rport() {
        Some(_) => from,
        None => SocketAddr::new(from.ip(), via.port.unwrap_or(PORT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)] // one base instant for virtual time
    fn base() -> Instant {
        Instant::now()
    }

    #[test]
    fn bucket_is_empty_after_a_second_s_worth_and_fills_again() {
        let (start, mut bucket) = (base(), Bucket::new());
        let taken = (0..limits::STATELESS_PER_SECOND * 2).filter(|_| bucket.take(start)).count();
        assert_eq!(taken, usize::try_from(limits::STATELESS_PER_SECOND).unwrap());
        assert!(!bucket.take(start));
        assert!(bucket.take(start + Duration::from_millis(10)));
        let later = start + Duration::from_secs(60);
        let taken = (0..limits::STATELESS_PER_SECOND * 2).filter(|_| bucket.take(later)).count();
        assert_eq!(taken, usize::try_from(limits::STATELESS_PER_SECOND).unwrap());
    }

    #[test]
    fn responses_go_to_the_source_port_only_when_rport_asks_for_it() {
        let from: SocketAddr = "198.51.100.7:40000".parse().unwrap();
        let mut via: Via = "SIP/2.0/UDP 10.0.0.9:5066;branch=z9hG4bKa".parse().unwrap();
        assert_eq!(note_source(&mut via, from).to_string(), "198.51.100.7:5066");
        assert_eq!(via.received(), Some(from.ip()));
        let mut via: Via = "SIP/2.0/UDP 10.0.0.9:5066;rport;branch=z9hG4bKa".parse().unwrap();
        assert_eq!(note_source(&mut via, from), from);
        assert_eq!(via.rport(), Some(Some(40000)));
        let mut via: Via = "SIP/2.0/UDP pc33.example;branch=z9hG4bKa".parse().unwrap();
        assert_eq!(note_source(&mut via, from).to_string(), "198.51.100.7:5060");
    }
}
