//! `Shard`: the calls of one core, their SIP endpoint, and the wiring between them.
//!
//! A fault in one call ends that call alone: what must be given back (dialogs, ports, the place in the
//! queue, the record) is kept outside the call in its [`Casualty`]. Start at [`Shard::handle_input`].

mod browsers;
mod offers;
mod ports;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{AssetKey, Kind, Now, Track};
use rustc_hash::FxHashMap;
use sip::{DialogId, Endpoint, HangUp, LocalId, Reply, RequestId, StatusCode};
use tracing::{Span, error, info, info_span, warn};

use crate::call::{self, Call, Invitation, Place, Refusal};
use crate::cdr::{Cause, Cdr, Facts};
use crate::edges::Edges;
use crate::leg::{CALLER, Leg};
use crate::message::OrderRecord;
use crate::transcode::{FromTranscoder, ToTranscoder};
use crate::trunk::Trunk;
use crate::{CallId, Component, LegId, LegPorts, Live, MediaPort, PortId, Telephone, limits, web};

/// What a shard is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// The endpoint's: addresses, limits, seed.
    pub sip: sip::Config,
    /// For each of `sip.locals`, the address that SDP names.
    pub media_addresses: Vec<IpAddr>,
    /// Number of this shard, 0..=4095; part of the tickets it draws.
    pub shard: u16,
    /// Calls at once; one more is refused with 500 and Retry-After.
    pub calls_max: usize,
    /// Seed of everything random in calls.
    pub seed: u64,
    /// What a refused caller is told to wait.
    pub retry_after: Duration,
    /// What the terminals towards 3G phones are made of; their seeds are drawn.
    pub terminals: Arc<h324m::Config>,
    /// The gateways that 3G phones come through, where they need settings of their own.
    pub trunks: Vec<Trunk>,
}

/// What can happen to a shard.
pub enum Input {
    /// A datagram on a SIP socket.
    Sip {
        /// Which socket.
        local: LocalId,
        /// Its source.
        from: SocketAddr,
        /// All of it.
        data: Bytes,
    },
    /// A datagram on a media socket.
    Media {
        /// Which pair.
        port: PortId,
        /// Which socket of it.
        component: Component,
        /// Its source.
        from: SocketAddr,
        /// All of it.
        data: Bytes,
    },
    /// Bound pairs that calls may take from now on.
    Ports(Vec<MediaPort>),
    /// The answer to [`Output::Fetch`]; `None` when it cannot be had.
    Track {
        /// For whom.
        call: CallId,
        /// What was asked for.
        key: AssetKey,
        /// The track.
        track: Option<Arc<Track>>,
    },
    /// The answer to [`Output::Ask`].
    Answer {
        /// For whom.
        call: CallId,
        /// Of the question.
        id: u32,
        /// What came of it.
        answer: dialplan::connector::Answer,
    },
    /// A word of the agent pool about a ticket of this shard.
    Pool(acd::Output),
    /// [`acd::Output::Offer`] to an agent whose telephone has registered.
    OfferTelephone {
        /// The offer; any other word is as in [`Input::Pool`].
        word: acd::Output,
        /// Where the telephone is.
        telephone: Telephone,
    },
    /// The answer to [`Output::Register`].
    Reply {
        /// Of the question.
        request: RequestId,
        /// What to answer.
        reply: Box<Reply>,
    },
    /// A word of a browser's session.
    Web {
        /// Whose.
        session: web::SessionId,
        /// What it says.
        word: web::FromBrowser,
    },
    /// A word of a transcoder.
    Transcoded(FromTranscoder),
    /// A new version of the service; calls in flight keep theirs.
    Service(Arc<dialplan::Service>),
    /// What callers are told first from now on, or that there is nothing any more; calls in flight are left alone.
    Notice(Option<Arc<dialplan::Notice>>),
    /// Take no new calls (OPTIONS is answered 503, RFC 3261 §21.5.4).
    Drain,
    /// End every call.
    HangUpAll,
    /// The time of [`Output::Timeout`] has come; harmless when early.
    Timeout,
}

/// What a shard wants done.
pub enum Output {
    /// Send a SIP datagram.
    Sip {
        /// From this socket.
        local: LocalId,
        /// To this address.
        to: SocketAddr,
        /// All of it.
        data: Bytes,
    },
    /// Send a media datagram.
    Media {
        /// From this pair.
        port: PortId,
        /// From this socket of it.
        component: Component,
        /// To this address.
        to: SocketAddr,
        /// All of it.
        data: Bytes,
    },
    /// The peer of this pair's RTP socket is known: the socket may be tied to it.
    Latched {
        /// Which pair.
        port: PortId,
        /// The peer.
        peer: SocketAddr,
    },
    /// The peer of this pair may change: its sockets must listen to anyone again.
    Unlatched(PortId),
    /// This pair is free again.
    Release(PortId),
    /// Ask a connector; answer with [`Input::Answer`].
    Ask {
        /// For whom.
        call: CallId,
        /// Where the connector is described.
        service: Arc<dialplan::Service>,
        /// What to ask.
        question: dialplan::connector::Question,
    },
    /// Get this track; answer with [`Input::Track`].
    Fetch {
        /// For whom.
        call: CallId,
        /// The edition of the service that it is of ([`dialplan::Service::version`]): the same slide may
        /// look different in the next.
        version: u64,
        /// What.
        key: AssetKey,
    },
    /// A word to the agent pool.
    Pool(acd::Input),
    /// A telephone wants to register; answer with [`Input::Reply`].
    Register {
        /// To be named in the answer.
        request: RequestId,
        /// The REGISTER.
        message: Box<sip::Request>,
        /// The socket it came to.
        local: LocalId,
        /// Where it came from.
        from: SocketAddr,
    },
    /// A word to a browser's session.
    Web {
        /// Whose.
        session: web::SessionId,
        /// What it is told.
        word: web::ToBrowser,
    },
    /// A word to the transcoders.
    Transcode(ToTranscoder),
    /// Something for the list of live calls.
    Live(Live),
    /// A caller ordered something; for the audit.
    Ordered(Box<OrderRecord>),
    /// A call has ended; its record.
    Ended(Box<Cdr>),
    /// Nothing more to do before this time.
    Timeout(Option<Instant>),
}

/// How much of a shard is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls in progress.
    pub calls: usize,
    /// Calls that were accepted since the start.
    pub accepted: u64,
    /// Calls that were refused since the start.
    pub refused: u64,
    /// Calls lost to a fault of ours since the start.
    pub faults: u64,
    /// Pairs of media ports that are bound and free.
    pub spare_ports: usize,
}

/// What must be given back when a call is lost to a fault.
struct Casualty {
    dialogs: Vec<DialogId>,
    ports: Vec<LegPorts>,
    sessions: Vec<web::SessionId>,
    ticket: Option<acd::TicketId>,
    facts: Facts,
}

struct Slot {
    call: Box<Call>,
    casualty: Casualty,
    due: Option<Instant>,
    span: Span,
}

/// The calls of one core.
pub struct Shard {
    config: Config,
    service: Arc<dialplan::Service>,
    /// What callers are told first.
    notice: Option<Arc<dialplan::Notice>>,
    endpoint: Endpoint,
    endpoint_due: Option<Instant>,
    // The keys are our own numbers, so that no hash that withstands an attacker is needed.
    calls: FxHashMap<CallId, Slot>,
    by_dialog: FxHashMap<DialogId, (CallId, LegId)>,
    by_port: FxHashMap<PortId, (CallId, LegId, Kind)>,
    by_session: FxHashMap<web::SessionId, browsers::Berth>,
    /// Whose messages these are; each is answered once, at the latest by a time-out.
    by_request: FxHashMap<RequestId, CallId>,
    spare: VecDeque<MediaPort>,
    /// Due times of calls; an entry counts only while it equals its call's `due`.
    timers: BinaryHeap<Reverse<(Instant, CallId)>>,
    out: VecDeque<Output>,
    /// Pictures that lead from one slide to another, for all calls.
    edges: Edges,
    /// What the call that is being told something wants; empty in between.
    wishes: Vec<call::Output>,
    next_call: u64,
    draining: bool,
    usage: Usage,
}

impl Shard {
    /// A shard without calls and ports.
    #[must_use]
    pub fn new(config: Config, service: Arc<dialplan::Service>) -> Self {
        Shard {
            endpoint: Endpoint::new(config.sip.clone()),
            config,
            service,
            notice: None,
            endpoint_due: None,
            calls: FxHashMap::default(),
            by_dialog: FxHashMap::default(),
            by_port: FxHashMap::default(),
            by_session: FxHashMap::default(),
            by_request: FxHashMap::default(),
            spare: VecDeque::new(),
            timers: BinaryHeap::new(),
            out: VecDeque::new(),
            edges: Edges::default(),
            wishes: Vec::new(),
            next_call: 1,
            draining: false,
            usage: Usage::default(),
        }
    }

    /// The one entrance.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Sip { local, from, data } => {
                self.endpoint.handle_input(now.mono, sip::Input::Datagram { local, from, data: &data });
                self.settle(now);
            }
            Input::Media { port, component, from, data } => {
                // A packet for a call that has just ended.
                let Some(&(call, leg, kind)) = self.by_port.get(&port) else { return };
                self.tell(now, call, call::Input::Media { leg, kind, component, from, data });
                self.settle(now);
            }
            Input::Ports(ports) => self.spare.extend(ports),
            Input::Track { call, key, track } => {
                self.tell(now, call, call::Input::Track(key, track));
                self.settle(now);
            }
            Input::Answer { call, id, answer } => {
                self.tell(now, call, call::Input::Answer { id, answer });
                self.settle(now);
            }
            Input::Pool(word) => {
                self.on_pool(now, word, None);
                self.settle(now);
            }
            Input::OfferTelephone { word, telephone } => {
                self.on_pool(now, word, Some(telephone));
                self.settle(now);
            }
            Input::Reply { request, reply } => {
                self.respond(now, request, *reply);
                self.settle(now);
            }
            Input::Transcoded(word) => {
                self.tell(now, word.id().call, call::Input::Transcoded(word));
                self.settle(now);
            }
            Input::Web { session, word } => {
                self.on_web(now, session, word);
                self.settle(now);
            }
            Input::Service(service) => self.service = service,
            Input::Notice(notice) => self.notice = notice,
            Input::Drain => {
                self.draining = true;
                self.endpoint.set_draining(true);
            }
            Input::HangUpAll => {
                let calls: Vec<_> = self.calls.keys().copied().collect();
                for call in calls {
                    self.tell(now, call, call::Input::End(Cause::Shutdown));
                }
                self.settle(now);
            }
            Input::Timeout => self.on_timeout(now),
        }
    }

    /// What is to be done next; [`Output::Timeout`] when there is nothing more for now.
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.out.pop_front() {
            return output;
        }
        while let Some(Reverse((due, call))) = self.timers.peek() {
            if self.calls.get(call).is_some_and(|slot| slot.due == Some(*due)) {
                break;
            }
            self.timers.pop();
        }
        let calls_due = self.timers.peek().map(|Reverse((due, _))| *due);
        Output::Timeout([calls_due, self.endpoint_due].into_iter().flatten().min())
    }

    /// How much is in use.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage { calls: self.calls.len(), spare_ports: self.spare.len(), ..self.usage }
    }

    /// Makes the oldest call panic at its next input: a test that only that call is lost.
    #[doc(hidden)]
    pub fn plant_panic(&mut self) {
        if let Some(slot) = self.calls.values_mut().min_by_key(|slot| slot.call.facts.call) {
            slot.call.panic_planted = true;
        }
    }

    fn on_timeout(&mut self, now: Now) {
        while let Some(&Reverse((due, call))) = self.timers.peek() {
            if due > now.mono {
                break;
            }
            self.timers.pop();
            if let Some(slot) = self.calls.get_mut(&call).filter(|slot| slot.due == Some(due)) {
                // Its entry is used up: the same time may be wanted again.
                slot.due = None;
                self.tell(now, call, call::Input::Timeout);
            }
        }
        if self.endpoint_due.is_some_and(|due| due <= now.mono) {
            self.endpoint.handle_input(now.mono, sip::Input::Timeout);
        }
        self.settle(now);
    }

    /// Lets endpoint and calls answer each other until all is quiet.
    fn settle(&mut self, now: Now) {
        for _ in 0..limits::SETTLE_ROUNDS {
            match self.endpoint.poll_output() {
                sip::Output::Send { local, to, data } => self.out.push_back(Output::Sip { local, to, data }),
                sip::Output::Event(event) => self.on_event(now, event),
                sip::Output::Timeout(due) => {
                    self.endpoint_due = due;
                    return;
                }
            }
        }
        // The rest follows at once, after the sockets had their turn.
        self.endpoint_due = Some(now.mono);
    }

    fn on_event(&mut self, now: Now, event: sip::Event) {
        let (dialog, over) = match &event {
            sip::Event::Invite { .. } => return self.on_invite(now, event),
            sip::Event::Cancelled { dialog }
            | sip::Event::Failed { dialog, .. }
            | sip::Event::Ended { dialog, .. } => (Some(*dialog), true),
            sip::Event::Acked { dialog, .. }
            | sip::Event::Progress { dialog, .. }
            | sip::Event::Answered { dialog, .. }
            | sip::Event::Response { dialog, .. } => (Some(*dialog), false),
            sip::Event::Request { dialog, .. } => (*dialog, false),
            sip::Event::Answer { request, status, .. } => {
                let taken = (200..300).contains(&status.code());
                if let Some(call) = self.by_request.remove(request) {
                    self.tell(now, call, call::Input::Messaged(taken));
                }
                return;
            }
        };
        let known = dialog.and_then(|dialog| self.by_dialog.get(&dialog).copied());
        if let Some(dialog) = dialog.filter(|_| over) {
            self.forget_dialog(dialog);
        }
        match (known, event) {
            (Some((call, leg)), event) => self.tell(now, call, call::Input::Sip(leg, event)),
            (None, sip::Event::Request { dialog: None, request, message, local, from })
                if message.method == sip::Method::Register =>
            {
                self.out.push_back(Output::Register { request, message, local, from });
            }
            (None, sip::Event::Request { request, .. }) => {
                self.respond(now, request, Reply::new(StatusCode::CallTransactionDoesNotExist));
            }
            (None, _) => {}
        }
    }

    fn on_invite(&mut self, now: Now, event: sip::Event) {
        let sip::Event::Invite { dialog, request, message, local, from } = event else { return };
        let called = message.uri.user_text().unwrap_or_default().to_string();
        let place = match self.admit(&called, local) {
            Ok(place) => place,
            Err(Refusal(reply)) => {
                info!(called, %from, status = %reply.status, "refused");
                self.usage.refused += 1;
                return self.respond(now, request, *reply);
            }
        };
        let (id, seed, ticket) = self.draw_call();
        let span = info_span!("call", id = id.0, called);
        let (service, notice) = (Arc::clone(&self.service), self.notice.clone());
        let terminals = Arc::clone(&self.config.terminals);
        let trunk = crate::trunk::find(&self.config.trunks, from.ip());
        let invitation = Invitation {
            id,
            dialog,
            request,
            message,
            called,
            from,
            place,
            service,
            notice,
            terminals,
            trunk,
            seed,
            ticket,
        };
        let made = catch_unwind(AssertUnwindSafe(|| span.in_scope(|| Call::new(now, invitation))));
        let refusal = match made {
            Ok(Ok(call)) => return self.begin(now, call, dialog, place, span),
            Ok(Err(Refusal(reply))) => *reply,
            Err(_) => {
                self.usage.faults += 1;
                Reply::new(StatusCode::ServerInternalError)
            }
        };
        span.in_scope(|| info!(status = %refusal.status, "refused"));
        self.usage.refused += 1;
        self.give_back(place.ports);
        self.respond(now, request, refusal);
    }

    /// The next call: its number, its seed, and the first of its tickets.
    fn draw_call(&mut self) -> (CallId, u64, u64) {
        let id = CallId(self.next_call);
        self.next_call += 1;
        let seed = self.config.seed ^ id.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (id, seed, u64::from(self.config.shard) << 48 | id.0 << 8)
    }

    /// Whether there is room and a flow for one more call; the status to refuse it with.
    fn may_begin(&self, called: &str) -> Result<(), StatusCode> {
        if self.draining {
            return Err(StatusCode::ServiceUnavailable);
        }
        if self.service.flow_for(called).is_none() {
            return Err(StatusCode::NotFound);
        }
        if self.calls.len() >= self.config.calls_max {
            return Err(StatusCode::ServerInternalError);
        }
        Ok(())
    }

    /// Where the leg of one more call lives.
    fn admit(&mut self, called: &str, local: LocalId) -> Result<Place, Refusal> {
        let wait = self.config.retry_after.as_secs().max(1).to_string();
        let refuse = |status| Err(Reply::new(status).with_header("Retry-After", wait.clone()).into());
        match self.may_begin(called) {
            Ok(()) => {}
            Err(StatusCode::NotFound) => return Err(Reply::new(StatusCode::NotFound).into()),
            Err(status) => return refuse(status),
        }
        let Some(ports) = self.take_ports() else {
            warn!("no media ports are left");
            return refuse(StatusCode::ServiceUnavailable);
        };
        let address = self.media_address(local);
        Ok(Place { ports, local, address, destination: None })
    }

    fn begin(&mut self, now: Now, mut call: Call, dialog: DialogId, mut place: Place, span: Span) {
        let id = call.facts.call;
        if let Some(idle) = call.leg(CALLER).and_then(Leg::take_idle_port) {
            // Nobody was told of it, so it need not rest.
            self.spare.push_front(idle);
            place.ports.video = None;
        }
        let casualty = Casualty {
            dialogs: vec![dialog],
            ports: Vec::new(),
            sessions: Vec::new(),
            ticket: None,
            facts: call.facts.clone(),
        };
        self.install(now, call, casualty, span);
        self.own_dialog(id, CALLER, dialog);
        self.own_ports(id, CALLER, place.ports);
        self.tell(now, id, call::Input::Timeout);
    }

    fn install(&mut self, now: Now, call: Call, casualty: Casualty, span: Span) {
        let (id, facts) = (call.facts.call, &call.facts);
        span.in_scope(|| info!(caller = facts.caller.as_deref().unwrap_or("withheld"), "calls"));
        let flow = self.service.flow_for(&facts.called);
        self.out.push_back(Output::Live(Live::Began {
            call: id,
            caller: facts.caller.clone(),
            called: facts.called.clone(),
            flow: flow.map(dialplan::Flow::name).unwrap_or_default().to_owned(),
            version: call.version(),
            at: now.wall,
        }));
        self.calls.insert(id, Slot { call: Box::new(call), casualty, due: None, span });
        self.usage.accepted += 1;
    }

    /// Hands an input to a call and does what it then wants. A panic ends this call alone.
    fn tell(&mut self, now: Now, id: CallId, input: call::Input) {
        let Some(Slot { call, span, due: noted, .. }) = self.calls.get_mut(&id) else { return };
        let (out, wishes) = (&mut self.out, &mut self.wishes);
        // Entering a span costs as much as a packet, and a packet that is due has nothing to log.
        let plain = matches!(input, call::Input::Timeout) && call.only_media_is_due(now);
        // Lent, not shared; those of a call that panics are lost with it.
        call.edges = std::mem::take(&mut self.edges);
        let done = catch_unwind(AssertUnwindSafe(|| {
            let _in_call = (!plain).then(|| span.enter());
            call.handle_input(now, input);
            loop {
                match call.poll_output() {
                    call::Output::Timeout(due) => return due,
                    call::Output::Media { port, component, to, data } => {
                        out.push_back(Output::Media { port, component, to, data });
                    }
                    wish => wishes.push(wish),
                }
            }
        }));
        let wishes = std::mem::take(&mut self.wishes);
        match done {
            Ok(due) => {
                self.edges = std::mem::take(&mut call.edges);
                if *noted != due {
                    *noted = due;
                    self.timers.extend(due.map(|due| Reverse((due, id))));
                }
                for wish in wishes {
                    self.grant(now, id, wish);
                }
            }
            Err(_) => self.bury(now, id),
        }
    }

    fn grant(&mut self, now: Now, id: CallId, wish: call::Output) {
        match wish {
            call::Output::Respond { request, reply } => self.respond(now, request, reply),
            call::Output::Dial { leg, invite } => self.dial(now, id, leg, *invite),
            call::Output::HangUp { dialog, cause } => {
                self.forget_dialog(dialog);
                self.endpoint.hang_up(now.mono, dialog, cause);
            }
            call::Output::Request { dialog, method, body } => {
                let sent = self.endpoint.request(now.mono, dialog, method, sip::Headers::new(), body);
                if let Err(why) = sent {
                    warn!(%why, "a request inside a call could not be sent");
                }
            }
            call::Output::Message(message) => self.write(now, id, *message),
            call::Output::Media { port, component, to, data } => {
                self.out.push_back(Output::Media { port, component, to, data });
            }
            call::Output::Latched { port, peer } => self.out.push_back(Output::Latched { port, peer }),
            call::Output::Unlatched(port) => self.out.push_back(Output::Unlatched(port)),
            call::Output::Release(ports) => {
                if let Some(slot) = self.calls.get_mut(&id) {
                    slot.casualty.ports.retain(|own| *own != ports);
                }
                self.give_back(ports);
            }
            call::Output::Ask { service, question } => {
                self.out.push_back(Output::Ask { call: id, service, question });
            }
            call::Output::Fetch(key) => {
                let Some(slot) = self.calls.get(&id) else { return };
                let version = slot.call.version();
                self.out.push_back(Output::Fetch { call: id, version, key });
            }
            call::Output::Pool(word) => self.note_ticket(id, word),
            call::Output::Transfer { ticket, to } => self.transfer(now, id, ticket, &to),
            call::Output::Web { session, word } => self.grant_web(id, session, word),
            call::Output::Transcode(word) => self.out.push_back(Output::Transcode(word)),
            call::Output::Live(word) => self.out.push_back(Output::Live(word)),
            call::Output::Ordered(order) => self.out.push_back(Output::Ordered(order)),
            call::Output::Ended(cdr) => {
                self.calls.remove(&id);
                self.out.push_back(Output::Live(Live::Ended { call: id }));
                self.out.push_back(Output::Ended(cdr));
            }
            call::Output::Timeout(_) => {}
        }
    }

    fn write(&mut self, now: Now, id: CallId, message: sip::Outside) {
        match self.endpoint.send(now.mono, message) {
            Ok(request) => drop(self.by_request.insert(request, id)),
            Err(why) => {
                warn!(%why, "a message could not be sent");
                self.tell(now, id, call::Input::Messaged(false));
            }
        }
    }

    fn dial(&mut self, now: Now, id: CallId, leg: LegId, invite: sip::Invite) {
        let dialog = match self.endpoint.invite(now.mono, invite) {
            Ok(dialog) => {
                self.own_dialog(id, leg, dialog);
                Some(dialog)
            }
            Err(why) => {
                warn!(%why, "an agent could not be called");
                None
            }
        };
        self.tell(now, id, call::Input::Dialed(leg, dialog));
    }

    fn media_address(&self, local: LocalId) -> IpAddr {
        let named = self.config.media_addresses.get(usize::from(local.0));
        *named.expect("one media address is configured for each local")
    }

    fn respond(&mut self, now: Now, request: RequestId, reply: Reply) {
        if self.endpoint.respond(now.mono, request, reply).is_err() {
            info!(?request, "was cancelled before it was answered");
        }
    }

    /// What remains of a call that panicked is given back, and its parties are told.
    fn bury(&mut self, now: Now, id: CallId) {
        let Some(slot) = self.calls.remove(&id) else { return };
        let Casualty { dialogs, ports, sessions, ticket, facts } = slot.casualty;
        slot.span.in_scope(|| error!("lost to a fault; the other calls go on"));
        self.usage.faults += 1;
        for dialog in dialogs {
            self.by_dialog.remove(&dialog);
            self.endpoint.hang_up(now.mono, dialog, HangUp::new(StatusCode::ServerInternalError));
        }
        for ports in ports {
            self.give_back(ports);
        }
        self.bury_sessions(sessions);
        self.out.push_back(Output::Transcode(ToTranscoder::EndCall { call: id }));
        self.out.push_back(Output::Live(Live::Ended { call: id }));
        if let Some(ticket) = ticket {
            self.out.push_back(Output::Pool(acd::Input::Leave { ticket }));
        }
        self.out.push_back(Output::Ended(Box::new(facts.into_cdr(now.wall, Cause::Fault))));
    }

    fn note_ticket(&mut self, id: CallId, word: acd::Input) {
        if let (Some(slot), acd::Input::Enter { ticket, .. }) = (self.calls.get_mut(&id), &word) {
            slot.casualty.ticket = Some(*ticket);
        }
        self.out.push_back(Output::Pool(word));
    }

    fn own_dialog(&mut self, id: CallId, leg: LegId, dialog: DialogId) {
        self.by_dialog.insert(dialog, (id, leg));
        if let Some(slot) = self.calls.get_mut(&id)
            && !slot.casualty.dialogs.contains(&dialog)
        {
            slot.casualty.dialogs.push(dialog);
        }
    }

    fn forget_dialog(&mut self, dialog: DialogId) {
        if let Some((id, _)) = self.by_dialog.remove(&dialog)
            && let Some(slot) = self.calls.get_mut(&id)
        {
            slot.casualty.dialogs.retain(|own| *own != dialog);
        }
    }
}
