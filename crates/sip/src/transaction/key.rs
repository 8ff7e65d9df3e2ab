//! Matching messages to transactions (RFC 3261 §17.1.3, §17.2.3, §8.2.2.2).

use crate::dialog::PORT;
use crate::vocabulary::method_name;
use crate::{HeaderError, Method, Request, Response, Via};

/// The key of the server transaction that `request` belongs to, if its method were `method`.
/// ACK belongs to the INVITE's, and CANCEL's target is found by asking for INVITE (§9.2).
/// Must be asked before `received` and `rport` are written into the Via.
pub(crate) fn server(request: &Request, via: &Via, method: Method) -> Result<String, HeaderError> {
    let method = method_name(if method == Method::Ack { Method::Invite } else { method });
    match via.unique_branch() {
        Some(branch) => Ok(format!("s|{branch}|{}|{}|{method}", via.host, via.port.unwrap_or(PORT))),
        None => rfc2543(request, method),
    }
}

/// Start of the keys of requests without a unique branch.
const RFC2543: &str = "o|";

/// Whether this key was made without a unique branch: then an ACK must carry our To tag (§17.2.3).
pub(crate) fn is_rfc2543(key: &str) -> bool {
    key.starts_with(RFC2543)
}

/// Without a unique branch everything that a retransmission repeats must agree (§17.2.3). The To tag is
/// left out: an ACK carries the one of our response.
fn rfc2543(request: &Request, method: &str) -> Result<String, HeaderError> {
    let headers = &request.headers;
    let tag = headers.tag_of_from()?.unwrap_or("");
    let (call_id, number) = (headers.call_id()?, headers.cseq()?.number);
    let via = headers.get("Via").unwrap_or("");
    Ok(format!("{RFC2543}{}|{tag}|{call_id}|{number}|{via}|{method}", request.uri))
}

/// What requests that reached us over different paths have in common (§8.2.2.2); `None` inside a dialog.
pub(crate) fn merged(request: &Request) -> Result<Option<String>, HeaderError> {
    let headers = &request.headers;
    if headers.tag_of_to()?.is_some() {
        return Ok(None);
    }
    let tag = headers.tag_of_from()?.unwrap_or("");
    let (number, method) = (headers.cseq()?.number, method_name(request.method));
    Ok(Some(format!("{tag}|{}|{number}|{method}", headers.call_id()?)))
}

/// The key of the client transaction that sent `method` with `branch`.
pub(crate) fn client(branch: &str, method: Method) -> String {
    format!("c|{branch}|{}", method_name(method))
}

/// The key of the client transaction that `response` belongs to; `None` if it names no branch.
pub(crate) fn of_response(response: &Response, via: &Via) -> Option<String> {
    let method = response.headers.cseq().ok()?.method;
    Some(client(via.branch()?, method))
}
