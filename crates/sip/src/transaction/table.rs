//! All transactions of an endpoint: finds the one that a message belongs to, runs its machine, sends.
//!
//! An entry goes away by itself when its machine ends; every machine ends by a timer at the latest, except
//! an INVITE that rings: that one ends with its call.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;

use super::{Action, Class, ClientEvent, TransactionId, client, invite_client, invite_server, key, server};
use crate::endpoint::io::{Io, Owner, Purpose};
use crate::endpoint::{DialogId, LocalId};
use crate::number::ByNumber;
use crate::timer::Timer;
use crate::{Headers, Method, Request, Response};

/// All transports so far are UDP.
const RELIABLE: bool = false;

/// The ACK of a 2xx, kept to answer copies of that 2xx (RFC 3261 §13.2.2.4).
#[derive(Debug)]
pub(crate) struct Ack {
    /// The To tag of the 2xx.
    pub(crate) tag: Option<String>,
    /// Where the ACK goes.
    pub(crate) to: SocketAddr,
    /// The ACK.
    pub(crate) data: Bytes,
}

#[derive(Debug)]
enum ClientMachine {
    Invite(invite_client::Machine),
    Other(client::Machine),
}

#[derive(Debug)]
enum ServerMachine {
    Invite(invite_server::Machine),
    Other(server::Machine),
}

/// A request to be sent.
pub(crate) struct Outgoing {
    /// Complete, its own Via on top.
    pub(crate) request: Request,
    pub(crate) branch: String,
    pub(crate) local: LocalId,
    pub(crate) to: SocketAddr,
    pub(crate) purpose: Purpose,
}

/// A request of ours and what became of it.
#[derive(Debug)]
pub(crate) struct Client {
    machine: ClientMachine,
    key: String,
    pub(crate) branch: String,
    pub(crate) local: LocalId,
    pub(crate) to: SocketAddr,
    pub(crate) purpose: Purpose,
    data: Bytes,
    /// The request itself, if it is an INVITE: ACK, CANCEL and dialogs are made from it.
    pub(crate) invite: Option<Box<Request>>,
    /// The ACK of the failure response.
    refusal_ack: Option<Bytes>,
    /// The ACKs of 2xx responses, one for each To tag.
    pub(crate) acks: Vec<Ack>,
}

/// A request of the peer and how far it is answered.
#[derive(Debug)]
pub(crate) struct Server {
    machine: ServerMachine,
    key: String,
    merged: Option<String>,
    pub(crate) local: LocalId,
    /// Where responses go (RFC 3261 §18.2.2, RFC 3581 §4).
    pub(crate) reply_to: SocketAddr,
    pub(crate) method: Method,
    /// Via values, From, To, Call-ID and CSeq, which every response repeats (§8.2.6.2).
    pub(crate) head: Headers,
    /// Record-Route values, which responses that make a dialog repeat (§12.1.1).
    pub(crate) record_routes: Vec<String>,
    /// Our tag, when the request's To had none.
    pub(crate) new_tag: Option<String>,
    /// The call it belongs to.
    pub(crate) dialog: Option<DialogId>,
    data: Bytes,
}

impl Server {
    /// A request that was just received. `merged` is the key of §8.2.2.2; `new_tag` is for a To without tag.
    pub(crate) fn new(
        key: String,
        merged: Option<String>,
        request: &Request,
        (local, reply_to): (LocalId, SocketAddr),
        new_tag: Option<String>,
    ) -> Self {
        let machine = match request.method {
            Method::Invite => ServerMachine::Invite(invite_server::Machine::new(RELIABLE)),
            _ => ServerMachine::Other(server::Machine::new(RELIABLE)),
        };
        let record_routes = request.headers.get_all("Record-Route").map(str::to_owned).collect();
        Server {
            machine,
            key,
            merged,
            local,
            reply_to,
            method: request.method,
            head: head(&request.headers),
            record_routes,
            new_tag,
            dialog: None,
            data: Bytes::new(),
        }
    }

    /// Belongs to no call: it had no To tag when it came, and begins none.
    pub(crate) fn is_stranger(&self) -> bool {
        self.new_tag.is_some() && is_stranger(self.method)
    }

    /// A final response has been sent.
    pub(crate) fn is_answered(&self) -> bool {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.state != invite_server::State::Proceeding,
            ServerMachine::Other(machine) => {
                !matches!(machine.state, server::State::Trying | server::State::Proceeding)
            }
        }
    }
}

/// Whether a request with this method outside a call begins none and ends none.
pub(crate) fn is_stranger(method: Method) -> bool {
    !matches!(method, Method::Invite | Method::Ack | Method::Cancel | Method::Bye)
}

/// What every response copies from its request (§8.2.6.2).
pub(crate) fn head(headers: &Headers) -> Headers {
    headers.select(&["Via", "From", "To", "Call-ID", "CSeq"])
}

/// A response, or the lack of one, that somebody waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    pub(crate) id: TransactionId,
    pub(crate) purpose: Purpose,
}

/// The transactions of one endpoint.
#[derive(Debug, Default)]
pub(crate) struct Table {
    clients: HashMap<TransactionId, Client, ByNumber>,
    servers: HashMap<TransactionId, Server, ByNumber>,
    keys: HashMap<String, TransactionId>,
    merged: HashMap<String, TransactionId>,
    /// How many of `servers` belong to no call, and are none.
    strangers: usize,
    last: u64,
    scratch: Vec<Action>,
}

impl Table {
    /// How many transactions live.
    pub(crate) fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// How many requests that belong to no call live, such as REGISTER and OPTIONS.
    pub(crate) fn strangers(&self) -> usize {
        self.strangers
    }

    /// A number that no transaction had before.
    pub(crate) fn next_id(&mut self) -> TransactionId {
        self.last += 1;
        TransactionId(self.last)
    }

    pub(crate) fn client(&mut self, id: TransactionId) -> Option<&mut Client> {
        self.clients.get_mut(&id)
    }

    pub(crate) fn server(&mut self, id: TransactionId) -> Option<&mut Server> {
        self.servers.get_mut(&id)
    }

    /// The transaction of this key.
    pub(crate) fn find(&self, key: &str) -> Option<TransactionId> {
        self.keys.get(key).copied()
    }

    /// Whether a request with this merge key is being served (§8.2.2.2).
    pub(crate) fn is_merged(&self, key: &str) -> bool {
        self.merged.contains_key(key)
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn start(&mut self, io: &mut Io, now: Instant, outgoing: Outgoing) -> TransactionId {
        let id = self.next_id();
        let Outgoing { request, branch, local, to, purpose } = outgoing;
        let (key, data) = (key::client(&branch, request.method), request.to_bytes());
        let (machine, invite) = match request.method {
            Method::Invite => {
                (ClientMachine::Invite(invite_client::Machine::new(RELIABLE)), Some(Box::new(request)))
            }
            _ => (ClientMachine::Other(client::Machine::new(RELIABLE)), None),
        };
        self.keys.insert(key.clone(), id);
        let (refusal_ack, acks) = (None, Vec::new());
        let client = Client { machine, key, branch, local, to, purpose, data, invite, refusal_ack, acks };
        self.clients.insert(id, client);
        self.run_client(io, now, id, ClientEvent::Start);
        id
    }

    /// A response came in. Answers whom it is for, unless it is absorbed or stray.
    pub(crate) fn response(
        &mut self,
        io: &mut Io,
        now: Instant,
        key: &str,
        response: &Response,
    ) -> Option<Delivery> {
        let id = self.find(key)?;
        let class = Class::of(&response.status);
        let client = self.clients.get_mut(&id)?;
        if class == Class::Failure && client.refusal_ack.is_none() {
            client.refusal_ack =
                client.invite.as_ref().map(|invite| refusal_ack(invite, response).to_bytes());
        }
        let purpose = client.purpose;
        let delivered = self.run_client(io, now, id, ClientEvent::Response(class)).deliver;
        delivered.then_some(Delivery { id, purpose })
    }

    /// Takes in a new request.
    pub(crate) fn accept(&mut self, io: &mut Io, now: Instant, server: Server) -> TransactionId {
        let id = self.next_id();
        self.keys.insert(server.key.clone(), id);
        if let Some(key) = &server.merged {
            self.merged.insert(key.clone(), id);
        }
        self.strangers += usize::from(server.is_stranger());
        self.servers.insert(id, server);
        self.run_server(io, now, id, ServerEvent::Start);
        id
    }

    /// The request came again.
    pub(crate) fn repeated(&mut self, io: &mut Io, now: Instant, id: TransactionId) {
        self.run_server(io, now, id, ServerEvent::Request);
    }

    /// An ACK with this To tag matches this INVITE; answers whether it is for the call, as the ACK of a 2xx.
    pub(crate) fn acknowledged(
        &mut self,
        io: &mut Io,
        now: Instant,
        id: TransactionId,
        tag: Option<&str>,
    ) -> bool {
        let foreign = self.servers.get(&id).is_some_and(|server| {
            key::is_rfc2543(&server.key) && server.new_tag.is_some() && server.new_tag.as_deref() != tag
        });
        !foreign && self.run_server(io, now, id, ServerEvent::Ack)
    }

    /// Sends a response; answers `false` if a final one was sent before or the request is forgotten.
    pub(crate) fn respond(
        &mut self,
        io: &mut Io,
        now: Instant,
        id: TransactionId,
        response: &Response,
    ) -> bool {
        let Some(server) = self.servers.get_mut(&id).filter(|server| !server.is_answered()) else {
            return false;
        };
        server.data = response.to_bytes();
        self.run_server(io, now, id, ServerEvent::Respond(Class::of(&response.status)));
        true
    }

    /// Sends the last response again: a 2xx that waits for its ACK, or a provisional one (§13.3.1).
    pub(crate) fn repeat_response(&mut self, io: &mut Io, id: TransactionId) {
        if let Some(server) = self.servers.get(&id) {
            io.send(server.local, server.reply_to, server.data.clone());
        }
    }

    /// A timer fired; answers whose request nobody has answered.
    pub(crate) fn timer(
        &mut self,
        io: &mut Io,
        now: Instant,
        id: TransactionId,
        timer: Timer,
    ) -> Option<Delivery> {
        if let Some(purpose) = self.clients.get(&id).map(|client| client.purpose) {
            let timed_out = self.run_client(io, now, id, ClientEvent::Timer(timer)).timed_out;
            return timed_out.then_some(Delivery { id, purpose });
        }
        self.run_server(io, now, id, ServerEvent::Timer(timer));
        None
    }

    /// Nobody waits for the answer to this INVITE any more: it is forgotten in 64*T1 if it has none by then.
    pub(crate) fn give_up(&mut self, io: &mut Io, now: Instant, id: TransactionId) {
        if self.clients.contains_key(&id) {
            let at = now + Timer::Cancelled.row().unreliable;
            io.timers.set(Owner::Transaction(id), Timer::Cancelled, at);
        }
    }

    /// Forgets a transaction at once: an INVITE whose CANCEL nobody answers (§9.1).
    pub(crate) fn forget(&mut self, io: &mut Io, id: TransactionId) {
        io.timers.clear_all(Owner::Transaction(id));
        if let Some(client) = self.clients.remove(&id) {
            self.keys.remove(&client.key);
        }
        if let Some(server) = self.servers.remove(&id) {
            self.strangers -= usize::from(server.is_stranger());
            self.keys.remove(&server.key);
            if let Some(key) = server.merged {
                self.merged.remove(&key);
            }
        }
    }

    fn run_client(&mut self, io: &mut Io, now: Instant, id: TransactionId, event: ClientEvent) -> Outcome {
        let Some(client) = self.clients.get_mut(&id) else { return Outcome::default() };
        let mut actions = std::mem::take(&mut self.scratch);
        match &mut client.machine {
            ClientMachine::Invite(machine) => machine.handle(event, &mut actions),
            ClientMachine::Other(machine) => machine.handle(event, &mut actions),
        }
        let mut outcome = Outcome::default();
        for action in actions.drain(..) {
            match action {
                Action::Send => io.send(client.local, client.to, client.data.clone()),
                Action::Acknowledge => {
                    if let Some(ack) = &client.refusal_ack {
                        io.send(client.local, client.to, ack.clone());
                    }
                }
                Action::Deliver => outcome.deliver = true,
                Action::TimedOut => outcome.timed_out = true,
                Action::Set(timer, wait) => io.timers.set(Owner::Transaction(id), timer, now + wait),
                Action::Clear(timer) => io.timers.clear(Owner::Transaction(id), timer),
                Action::Terminate => outcome.terminate = true,
            }
        }
        self.scratch = actions;
        if outcome.terminate {
            self.forget(io, id);
        }
        outcome
    }

    /// Answers whether the message is for the user.
    fn run_server(&mut self, io: &mut Io, now: Instant, id: TransactionId, event: ServerEvent) -> bool {
        let Some(server) = self.servers.get_mut(&id) else { return false };
        let mut actions = std::mem::take(&mut self.scratch);
        match &mut server.machine {
            ServerMachine::Invite(machine) => {
                if let Some(event) = event.for_invite() {
                    machine.handle(event, &mut actions);
                }
            }
            ServerMachine::Other(machine) => {
                if let Some(event) = event.for_other() {
                    machine.handle(event, &mut actions);
                }
            }
        }
        let mut outcome = Outcome::default();
        for action in actions.drain(..) {
            match action {
                Action::Send if server.data.is_empty() => {}
                Action::Send => io.send(server.local, server.reply_to, server.data.clone()),
                Action::Deliver => outcome.deliver = true,
                Action::Set(timer, wait) => io.timers.set(Owner::Transaction(id), timer, now + wait),
                Action::Clear(timer) => io.timers.clear(Owner::Transaction(id), timer),
                Action::Terminate => outcome.terminate = true,
                Action::Acknowledge | Action::TimedOut => {} // client machines only
            }
        }
        self.scratch = actions;
        if outcome.terminate {
            self.forget(io, id);
        }
        outcome.deliver
    }
}

#[derive(Default)]
struct Outcome {
    deliver: bool,
    timed_out: bool,
    terminate: bool,
}

#[derive(Clone, Copy)]
enum ServerEvent {
    Start,
    Request,
    Ack,
    Respond(Class),
    Timer(Timer),
}

impl ServerEvent {
    fn for_invite(self) -> Option<invite_server::Event> {
        match self {
            ServerEvent::Start => None,
            ServerEvent::Request => Some(invite_server::Event::Request),
            ServerEvent::Ack => Some(invite_server::Event::Ack),
            ServerEvent::Respond(class) => Some(invite_server::Event::Respond(class)),
            ServerEvent::Timer(timer) => Some(invite_server::Event::Timer(timer)),
        }
    }

    fn for_other(self) -> Option<server::Event> {
        match self {
            ServerEvent::Start => Some(server::Event::Start),
            ServerEvent::Request => Some(server::Event::Request),
            ServerEvent::Ack => None,
            ServerEvent::Respond(class) => Some(server::Event::Respond(class)),
            ServerEvent::Timer(timer) => Some(server::Event::Timer(timer)),
        }
    }
}

/// The ACK of a failure response: the INVITE's own hop, with the To of the response (§17.1.1.3).
fn refusal_ack(invite: &Request, response: &Response) -> Request {
    let mut ack = from_invite(invite, Method::Ack);
    if let Some(to) = response.headers.get("To") {
        ack.headers.set("To", to);
    }
    ack
}

/// ACK or CANCEL of an INVITE: same Request-URI, top Via, Route, From, To, Call-ID and CSeq number (§9.1).
pub(crate) fn from_invite(invite: &Request, method: Method) -> Request {
    let mut request = Request::new(method, invite.uri.clone());
    let headers = &invite.headers;
    if let Some(via) = headers.get("Via") {
        request.headers.push("Via", via);
    }
    for name in ["Route", "Max-Forwards", "From", "To", "Call-ID"] {
        for value in headers.get_all(name) {
            request.headers.push(name, value);
        }
    }
    let number = headers.cseq().map_or(1, |cseq| cseq.number);
    request.headers.push("CSeq", format!("{number} {}", crate::vocabulary::method_name(method)));
    request
}
