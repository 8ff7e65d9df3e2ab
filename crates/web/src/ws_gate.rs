//! Who may open a WebSocket: pages of ours only, not too many, not too fast.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::http::{HeaderMap, StatusCode, header};

use crate::ws_limits as limits;

/// A count that refills with time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    per_second: u32,
    left: f64,
    at: Instant,
}

impl Bucket {
    /// Full.
    pub(crate) fn new(per_second: u32, now: Instant) -> Self {
        Bucket { per_second, left: f64::from(per_second), at: now }
    }

    /// Takes one; false when there is none.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let rate = f64::from(self.per_second);
        let refilled = self.left + now.saturating_duration_since(self.at).as_secs_f64() * rate;
        self.left = refilled.min(rate);
        self.at = now;
        let any = self.left >= 1.0;
        if any {
            self.left -= 1.0;
        }
        any
    }
}

/// Counts sockets.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    open: Arc<AtomicUsize>,
    fresh: Arc<Mutex<Bucket>>,
}

/// One socket that is let in; counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Pass(Arc<AtomicUsize>);

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    pub(crate) fn new(now: Instant) -> Self {
        let fresh = Bucket::new(limits::SOCKETS_PER_SECOND, now);
        Gate { open: Arc::default(), fresh: Arc::new(Mutex::new(fresh)) }
    }

    /// Lets a socket in, or says what to answer instead.
    pub(crate) fn enter(
        &self,
        headers: &HeaderMap,
        now: Instant,
    ) -> Result<Pass, (StatusCode, &'static str)> {
        if !same_origin(headers) {
            return Err((StatusCode::FORBIDDEN, "this WebSocket is for pages of this host only\n"));
        }
        if !self.fresh.lock().unwrap_or_else(PoisonError::into_inner).take(now) {
            return Err((
                StatusCode::SERVICE_UNAVAILABLE,
                "too many new connections; try again in a second\n",
            ));
        }
        let pass = Pass(Arc::clone(&self.open));
        if self.open.fetch_add(1, Ordering::Relaxed) >= limits::SOCKETS_MAX {
            return Err((StatusCode::SERVICE_UNAVAILABLE, "too many connections; try again in a minute\n"));
        }
        Ok(pass)
    }
}

/// Browsers always send an Origin with a WebSocket (RFC 6455 §4.1 point 8); other programs need not.
pub(crate) fn same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let (Ok(origin), Some(Ok(host))) =
        (origin.to_str(), headers.get(header::HOST).map(axum::http::HeaderValue::to_str))
    else {
        return false;
    };
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |name: &str| name.strip_suffix(port).unwrap_or(name).to_ascii_lowercase();
    bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn start() -> Instant {
        Instant::now()
    }

    fn headers(origin: Option<&str>, host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn foreign_pages_are_kept_out() {
        for (origin, host, let_in) in [
            (None, "127.0.0.1:8080", true),
            (Some("http://127.0.0.1:8080"), "127.0.0.1:8080", true),
            (Some("https://Hotline.example"), "hotline.example:443", true),
            (Some("http://127.0.0.1:8081"), "127.0.0.1:8080", false),
            (Some("http://localhost:8080"), "127.0.0.1:8080", false),
            (Some("https://evil.example"), "hotline.example", false),
            (Some("http://hotline.example.evil"), "hotline.example", false),
            (Some("null"), "127.0.0.1:8080", false),
            (Some("file://127.0.0.1:8080"), "127.0.0.1:8080", false),
            (Some(""), "127.0.0.1:8080", false),
        ] {
            assert_eq!(same_origin(&headers(origin, host)), let_in, "{origin:?} at {host}");
        }
        assert!(!same_origin(&[(header::ORIGIN, "http://a".parse().unwrap())].into_iter().collect()));
    }

    #[test]
    fn sockets_are_counted_and_slowed_down() {
        let start = start();
        let gate = Gate::new(start);
        let none = headers(None, "h");
        let burst: Vec<_> = (0..30).map(|_| gate.enter(&none, start)).collect();
        assert_eq!(burst.iter().filter(|one| one.is_ok()).count(), limits::SOCKETS_PER_SECOND as usize);
        let mut passes: Vec<_> = burst.into_iter().flatten().collect();
        for second in 1..40 {
            let now = start + Duration::from_secs(second);
            passes.extend((0..20).filter_map(|_| gate.enter(&none, now).ok()));
        }
        assert_eq!(passes.len(), limits::SOCKETS_MAX);
        passes.pop();
        assert!(gate.enter(&none, start + Duration::from_secs(50)).is_ok(), "a place that is free again");
    }
}
