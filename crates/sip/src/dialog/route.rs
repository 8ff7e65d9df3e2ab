//! Route sets, loose and strict (RFC 3261 §12.2.1.1, §16.12.1).

use crate::{HeaderError, NameAddr, Syntax, Uri};

/// The proxies that a dialog's requests pass, nearest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteSet {
    /// Header values as they were recorded.
    values: Vec<String>,
    /// The URI of the first.
    first: Option<Uri>,
}

impl RouteSet {
    /// Reads the first value only; the others belong to those who wrote them.
    pub(crate) fn new(values: Vec<String>) -> Result<Self, HeaderError> {
        let bad = |why: Syntax| HeaderError::Invalid { name: "Record-Route", why };
        let first = values.first().map(|value| value.parse::<NameAddr>().map_err(bad)).transpose()?;
        if first.as_ref().is_some_and(|first| !first.uri.is_sip()) {
            return Err(bad(Syntax("a route that is no SIP URI")));
        }
        Ok(RouteSet { values, first: first.map(|address| address.uri) })
    }

    /// Request-URI and Route values of a request to `target`, and the URI of the next hop. A first proxy
    /// without `lr` is a strict router: it is put into the Request-URI and the target at the end.
    pub(crate) fn apply<'a>(&'a self, target: &'a Uri) -> (Uri, Vec<String>, &'a Uri) {
        match &self.first {
            None => (target.clone(), Vec::new(), target),
            Some(first) if first.is_loose_router() => (target.clone(), self.values.clone(), first),
            Some(first) => {
                let mut routes = self.values.get(1..).unwrap_or_default().to_vec();
                routes.push(format!("<{target}>"));
                (in_request_line(first), routes, first)
            }
        }
    }
}

/// Without the parts that a Request-URI must not have (§19.1.1 Table 1).
fn in_request_line(uri: &Uri) -> Uri {
    let mut uri = uri.clone();
    uri.headers.clear();
    uri.params.retain(|(name, _)| !name.eq_ignore_ascii_case("method"));
    uri
}
