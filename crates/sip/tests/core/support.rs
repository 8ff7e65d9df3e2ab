//! An endpoint under test with a hand on its clock, and messages of a scripted peer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::{
    Body, Config, DialogId, Endpoint, Event, Input, Invite, Local, LocalId, Message, Method, Output, Reply,
    Request, RequestId, Response, StatusCode, Uri, wire,
};

pub(crate) const T1: Duration = Duration::from_millis(500);
pub(crate) const US: &str = "10.0.0.1:5060";
pub(crate) const PEER: &str = "10.0.0.2:5060";

#[allow(clippy::disallowed_methods)] // one base instant for virtual time
pub(crate) fn base() -> Instant {
    Instant::now()
}

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().expect("as the test wants it")
}

pub(crate) fn sdp() -> Body {
    Body::new("application/sdp", Bytes::from_static(b"v=0\r\n"))
}

pub(crate) fn config() -> Config {
    let mut config = Config::new(vec![Local::new(address(US))], 7);
    config.allow.push(Method::Message);
    config
}

/// A datagram that the endpoint wants sent, read back.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Duration,
    pub(crate) local: LocalId,
    pub(crate) to: SocketAddr,
    pub(crate) message: Message,
}

impl Sent {
    pub(crate) fn response(&self) -> &Response {
        match &self.message {
            Message::Response(response) => response,
            Message::Request(request) => panic!("a request: {}", request.method),
        }
    }

    pub(crate) fn request(&self) -> &Request {
        match &self.message {
            Message::Request(request) => request,
            Message::Response(response) => panic!("a response: {}", response.status),
        }
    }

    /// `180` or `BYE`.
    pub(crate) fn word(&self) -> String {
        match &self.message {
            Message::Request(request) => sip::vocabulary::method_name(request.method).to_owned(),
            Message::Response(response) => response.status.code().to_string(),
        }
    }
}

pub(crate) struct Lab {
    pub(crate) endpoint: Endpoint,
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    pub(crate) sent: Vec<Sent>,
    pub(crate) events: Vec<Event>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Lab::with(config())
    }

    pub(crate) fn with(config: Config) -> Self {
        let now = base();
        Lab { endpoint: Endpoint::new(config), start: now, now, sent: Vec::new(), events: Vec::new() }
    }

    /// Takes out all that waits; answers the next deadline.
    pub(crate) fn poll(&mut self) -> Option<Instant> {
        loop {
            match self.endpoint.poll_output() {
                Output::Send { local, to, data } => {
                    let message = match wire::parse_datagram(&data) {
                        Ok(message) => message,
                        // A stateless refusal repeats the faults that it is about.
                        Err(_) if data.starts_with(b"SIP/2.0 4") || data.starts_with(b"SIP/2.0 5") => {
                            continue;
                        }
                        Err(reject) => panic!("we send what we cannot read: {reject:?}"),
                    };
                    self.sent.push(Sent { at: self.now - self.start, local, to, message });
                }
                Output::Event(event) => self.events.push(event),
                Output::Timeout(next) => return next,
            }
        }
    }

    pub(crate) fn feed_from(&mut self, local: u8, from: &str, text: &str) {
        let data = Bytes::from(text.to_owned());
        let (local, from) = (LocalId(local), address(from));
        self.endpoint.handle_input(self.now, Input::Datagram { local, from, data: &data });
        self.poll();
    }

    /// A datagram of the peer.
    pub(crate) fn feed(&mut self, text: &str) {
        self.feed_from(0, PEER, text);
    }

    /// Lets time pass, firing timers when they are due.
    pub(crate) fn pass(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(next) = self.poll().filter(|next| *next <= end) {
            self.now = next.max(self.now);
            self.endpoint.handle_input(self.now, Input::Timeout);
        }
        self.now = end;
        self.poll();
    }

    /// What was sent since last asked.
    pub(crate) fn take_sent(&mut self) -> Vec<Sent> {
        self.poll();
        std::mem::take(&mut self.sent)
    }

    /// The same in short: `["100", "BYE"]`.
    pub(crate) fn words(&mut self) -> Vec<String> {
        self.take_sent().iter().map(Sent::word).collect()
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        self.poll();
        std::mem::take(&mut self.events)
    }

    /// The only event since last asked.
    pub(crate) fn event(&mut self) -> Event {
        let mut events = self.take_events();
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }

    pub(crate) fn respond(&mut self, request: RequestId, status: u16) -> Result<(), sip::Gone> {
        let mut reply = Reply::new(StatusCode::from(status));
        if status == 200 {
            reply = reply.with_body(sdp());
        }
        self.endpoint.respond(self.now, request, reply)
    }

    /// Feeds an INVITE; answers the call and the request.
    pub(crate) fn rung(&mut self, text: &str) -> (DialogId, RequestId) {
        self.feed(text);
        match self.event() {
            Event::Invite { dialog, request, .. } => (dialog, request),
            other => panic!("{other:?}"),
        }
    }

    /// An incoming call, answered and acknowledged; answers it and our tag.
    pub(crate) fn answered(&mut self) -> (DialogId, String) {
        let (dialog, request) = self.rung(&invite("1"));
        self.respond(request, 200).expect("as the test wants it");
        let tag = tag_of(self.take_sent().last().expect("as the test wants it"));
        self.feed(&within("ACK", 1, &tag, ""));
        assert!(matches!(self.event(), Event::Acked { .. }));
        (dialog, tag)
    }

    /// Starts an outgoing call; answers it and its INVITE.
    pub(crate) fn call(&mut self, body: Option<Body>) -> (DialogId, Request) {
        let invite = Invite {
            local: LocalId(0),
            uri: "sip:bob@b.example".parse::<Uri>().expect("as the test wants it"),
            destination: address(PEER),
            from: "<sip:gw@a.example>".parse().expect("as the test wants it"),
            to: "<sip:bob@b.example>".parse().expect("as the test wants it"),
            headers: sip::Headers::new(),
            body,
        };
        let dialog = self.endpoint.invite(self.now, invite).expect("as the test wants it");
        let sent = self.take_sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].to, address(PEER));
        (dialog, sent[0].request().clone())
    }

    /// An outgoing call that was answered with this tag; its INVITE.
    pub(crate) fn connected(&mut self) -> (DialogId, Request) {
        let (dialog, invite) = self.call(Some(sdp()));
        self.feed(&answer(&invite, 200, "tb"));
        assert!(matches!(self.event(), Event::Answered { .. }));
        assert_eq!(self.words(), ["ACK"]);
        (dialog, invite)
    }

    /// Nothing is left after all timers have run.
    pub(crate) fn assert_empty(&mut self) {
        self.pass(Duration::from_secs(200));
        assert_eq!((self.endpoint.dialogs(), self.endpoint.transactions()), (0, 0));
        assert_eq!(self.poll(), None, "no timer is left");
    }
}

/// Our tag in a response.
pub(crate) fn tag_of(sent: &Sent) -> String {
    sent.response().headers.to().expect("as the test wants it").tag().expect("our tag").to_owned()
}

/// An INVITE of the peer with this branch suffix.
pub(crate) fn invite(branch: &str) -> String {
    request("INVITE", 1, branch, "", "Content-Type: application/sdp\r\n", "v=0\r\n")
}

/// A request of the peer in the call that `invite` made, with our tag.
pub(crate) fn within(method: &str, number: u32, tag: &str, more: &str) -> String {
    request(method, number, &format!("{method}{number}"), tag, more, "")
}

pub(crate) fn request(method: &str, number: u32, branch: &str, tag: &str, more: &str, body: &str) -> String {
    let tag = if tag.is_empty() { String::new() } else { format!(";tag={tag}") };
    let length = body.len();
    format!(
        "{method} sip:1008621@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK{branch};rport\r\n\
         Max-Forwards: 70\r\nFrom: Alice <sip:alice@a.example>;tag=fa\r\nTo: <sip:1008621@b.example>{tag}\r\n\
         Call-ID: call-1\r\nCSeq: {number} {method}\r\nContact: <sip:alice@10.0.0.2:5070>\r\n{more}\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// The peer's response to a request of ours.
pub(crate) fn answer(request: &Request, status: u16, tag: &str) -> String {
    answer_with(request, status, tag, "Contact: <sip:bob@10.0.0.2:5071>\r\n")
}

pub(crate) fn answer_with(request: &Request, status: u16, tag: &str, more: &str) -> String {
    let mut response = Response::new(StatusCode::from(status));
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        for value in request.headers.get_all(name) {
            response.headers.push(name, value);
        }
    }
    let to = response.headers.get("To").expect("as the test wants it").to_owned();
    if !tag.is_empty() && !to.contains("tag=") {
        response.headers.set("To", format!("{to};tag={tag}"));
    }
    let text = String::from_utf8(response.to_bytes().to_vec()).expect("as the test wants it");
    text.replace("Content-Length", &format!("{more}Content-Length"))
}
