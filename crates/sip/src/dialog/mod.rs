//! Dialogs (RFC 3261 §12): what two user agents know of each other, and the requests made from it.
//!
//! [`Dialog`] is the pair of tags with its sequence numbers, target and routes; [`session`] is the call that
//! INVITE makes of it. Names of next hops are not resolved: a request whose next hop is no numeric address
//! goes to where the peer was last heard.

mod route;
pub(crate) mod session;

use std::net::SocketAddr;

use crate::endpoint::LocalId;
use crate::vocabulary::method_name;
use crate::{HeaderError, Host, Method, NameAddr, Request, Response, Scheme, Syntax, Uri, Via};

pub(crate) use route::RouteSet;

/// Hops of a request of ours (RFC 3261 §8.1.1.6).
pub(crate) const MAX_FORWARDS: &str = "70";
/// Port of SIP over UDP (RFC 3261 §19.1.2).
pub(crate) const PORT: u16 = 5060;

/// One dialog, early or confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    call_id: String,
    /// From of our requests, with our tag.
    local: String,
    /// To of our requests, with the peer's tag if it has one.
    remote: String,
    remote_tag: Option<String>,
    local_seq: u32,
    remote_seq: Option<u32>,
    target: Uri,
    routes: RouteSet,
    contact: String,
    socket: LocalId,
    peer: SocketAddr,
    /// The INVITE came straight from a phone whose own address is not the one that it is seen at, or went straight to one:
    /// its Contact cannot be reached, so requests go where responses go (RFC 3581 §4). A deviation from
    /// §12.2.1.1, without which a phone behind a NAT never hears our ACK and BYE.
    behind_nat: bool,
    /// We made the Call-ID: it sets who waits longer after a 491 (§14.1).
    pub(crate) owns_call_id: bool,
}

impl Dialog {
    /// The dialog that answering `invite` makes (§12.1.1). `to` is its To with our tag. Without Contact, as
    /// in RFC 2543, the From URI is the target.
    pub(crate) fn uas(
        invite: &Request,
        to: String,
        contact: String,
        socket: LocalId,
        peer: SocketAddr,
    ) -> Result<Self, HeaderError> {
        let headers = &invite.headers;
        let remote_tag = headers.tag_of_from()?.map(str::to_owned);
        let target = match headers.contact()?.filter(|contact| contact.uri.is_sip()) {
            Some(contact) => contact.uri,
            None => headers.from_()?.uri,
        };
        if !matches!(target.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel) {
            let why = Syntax("no SIP URI to send requests to");
            return Err(HeaderError::Invalid { name: "Contact", why });
        }
        Ok(Dialog {
            call_id: headers.call_id()?.to_owned(),
            local: to,
            remote: headers.get("From").unwrap_or_default().to_owned(),
            remote_tag,
            local_seq: 0,
            remote_seq: Some(headers.cseq()?.number),
            target,
            routes: RouteSet::new(headers.get_all("Record-Route").map(str::to_owned).collect())?,
            contact,
            socket,
            peer,
            behind_nat: behind_nat(headers)?,
            owns_call_id: false,
        })
    }

    /// The dialog that `response` to our `invite` makes (§12.1.2). A response must be acknowledged whatever
    /// is in it: without a readable Contact the Request-URI stays the target, unreadable routes are left out.
    pub(crate) fn uac(invite: &Request, response: &Response, socket: LocalId, peer: SocketAddr) -> Self {
        let (sent, headers) = (&invite.headers, &response.headers);
        let mut routes: Vec<String> = headers.get_all("Record-Route").map(str::to_owned).collect();
        routes.reverse();
        let contact = headers.contact().ok().flatten().filter(|contact| contact.uri.is_sip());
        let remote_tag = headers.tag_of_to().ok().flatten().map(str::to_owned);
        // It was sent elsewhere than its URI says, and no proxy wants to stay on the way.
        let elsewhere = address_of(&invite.uri).is_some_and(|own| own.ip() != peer.ip());
        let behind_nat = elsewhere && routes.is_empty();
        Dialog {
            call_id: sent.call_id().unwrap_or_default().to_owned(),
            local: sent.get("From").unwrap_or_default().to_owned(),
            remote: headers.get("To").unwrap_or_default().to_owned(),
            remote_tag,
            local_seq: sent.cseq().map_or(1, |cseq| cseq.number),
            remote_seq: None,
            target: contact.map_or_else(|| invite.uri.clone(), |contact| contact.uri),
            routes: RouteSet::new(routes).unwrap_or_default(),
            contact: sent.get("Contact").unwrap_or_default().to_owned(),
            socket,
            peer,
            behind_nat,
            owns_call_id: true,
        }
    }

    /// Whether a request with this Call-ID and From tag belongs here; our own tag is checked by the caller.
    pub(crate) fn matches(&self, call_id: &str, remote_tag: Option<&str>) -> bool {
        self.call_id == call_id && self.remote_tag.as_deref() == remote_tag
    }

    /// The peer's tag; absent with RFC 2543 peers.
    pub(crate) fn remote_tag(&self) -> Option<&str> {
        self.remote_tag.as_deref()
    }

    /// The socket that this dialog's requests leave from.
    pub(crate) fn socket(&self) -> LocalId {
        self.socket
    }

    /// Our Contact in this dialog.
    pub(crate) fn contact(&self) -> &str {
        &self.contact
    }

    /// The sequence number for a new request (§12.2.1.1).
    pub(crate) fn next_number(&mut self) -> u32 {
        self.local_seq = self.local_seq.saturating_add(1);
        self.local_seq
    }

    /// Checks the order of a request from the peer and notes where it came from; `false` means that its
    /// number is lower than one seen before, which is answered 500 (§12.2.2).
    pub(crate) fn take_in(&mut self, number: u32, from: SocketAddr) -> bool {
        if self.remote_seq.is_some_and(|seen| number < seen) {
            return false;
        }
        self.remote_seq = Some(number);
        self.peer = from;
        true
    }

    /// The peer's new Contact (§12.2.1.2, §12.2.2); without one nothing changes.
    pub(crate) fn refresh(&mut self, contact: Option<NameAddr>) {
        // Only a SIP or SIPS URI can be a target (§12.1.1); anything else is as good as none.
        if let Some(contact) = contact.filter(|contact| contact.uri.is_sip()) {
            self.target = contact.uri;
        }
    }

    /// A request inside the dialog, without Via (§12.2.1.1), and where it goes.
    pub(crate) fn request(&self, method: Method, number: u32) -> (Request, SocketAddr) {
        let (uri, routes, hop) = self.routes.apply(&self.target);
        let to = address_of(hop).filter(|_| !self.behind_nat).unwrap_or(self.peer);
        let mut request = Request::new(method, uri);
        let headers = &mut request.headers;
        for route in routes {
            headers.push("Route", route);
        }
        headers.push("Max-Forwards", MAX_FORWARDS);
        headers.push("From", self.local.as_str());
        headers.push("To", self.remote.as_str());
        headers.push("Call-ID", self.call_id.as_str());
        headers.push("CSeq", format!("{number} {}", method_name(method)));
        if refreshes_target(method) {
            headers.push("Contact", self.contact.as_str());
        }
        (request, to)
    }
}

/// One hop, no route, and another source than the numeric address in its Via (`received` is filled in by then). Proxies would
/// have recorded a route or added a Via.
fn behind_nat(headers: &crate::Headers) -> Result<bool, HeaderError> {
    let vias = headers.vias()?;
    let recorded = headers.get("Record-Route").is_some();
    let elsewhere =
        |via: &Via| via.received().is_some_and(|seen| via.host.ip().is_some_and(|own| own != seen));
    Ok(!recorded && matches!(&vias[..], [only] if elsewhere(only)))
}

/// Methods whose Contact moves the dialog's target (§12.2, RFC 3311 §5.1).
fn refreshes_target(method: Method) -> bool {
    matches!(method, Method::Invite | Method::Update)
}

/// The numeric address of a URI: its host or `maddr`, port 5060 unless another is given (RFC 3263 §4 without
/// its look-ups).
pub(crate) fn address_of(uri: &Uri) -> Option<SocketAddr> {
    let maddr = uri.param("maddr").flatten().and_then(|text| text.parse().ok());
    let ip = maddr.or_else(|| match uri.host {
        Host::V4(_) | Host::V6(_) => uri.host.ip(),
        Host::Name(_) | Host::None => None,
    })?;
    Some(SocketAddr::new(ip, uri.port.unwrap_or(PORT)))
}

#[cfg(test)]
mod tests;
