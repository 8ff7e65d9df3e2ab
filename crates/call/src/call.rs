//! `Call`: one subscriber, the dialplan run that serves them, and the agent they are put through to.
//!
//! A call owns its legs and their media by value; nothing is shared and nothing is locked. It is handed
//! [`Input`]s and answers [`Output`]s; [`crate::Shard`] wires it to the SIP endpoint, the agent pool and
//! the sockets. Start at [`Call::handle_input`]. The dialplan's wishes are carried out in `script`, agents
//! in `agent_leg`, the end of everything in `teardown`.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{AssetKey, Kind, Now, Track};
use sip::{DialogId, LocalId, Reply, RequestId, StatusCode};
use tracing::{debug, warn};

use crate::agent_leg::Queueing;
use crate::cdr::{Cause, Cdr, Facts};
use crate::desk::Desk;
use crate::echo::Echo;
use crate::edges::Edges;
use crate::governor::Limit;
use crate::leg::{CALLER, Leg, Phase};
use crate::message::OrderRecord;
use crate::script::Showing;
use crate::stream::Source;
use crate::supervise::Lead;
use crate::text::Caption;
use crate::transcode::{FromTranscoder, ToTranscoder};
use crate::trunk::Trunk;
use crate::{Component, LegId, LegPorts, Live, PortId, dtmf, limits, web};

/// A call on its shard; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// What can happen to a call.
pub(crate) enum Input {
    /// An event of one of its dialogs.
    Sip(LegId, sip::Event),
    /// A packet on one of its ports.
    Media {
        leg: LegId,
        kind: Kind,
        component: Component,
        from: SocketAddr,
        data: Bytes,
    },
    /// A track that was fetched; `None` when it cannot be had.
    Track(AssetKey, Option<Arc<Track>>),
    Answer {
        id: u32,
        answer: dialplan::connector::Answer,
    },
    /// The pool offers an agent.
    Offer(AgentOffer),
    /// The dialog of an INVITE that this call asked for.
    Dialed(LegId, Option<DialogId>),
    /// Any other word of the pool.
    Pool(acd::Output),
    /// Whether an [`Output::Message`] was taken.
    Messaged(bool),
    /// The telephone of an [`Output::Transfer`] cannot be called.
    Unreachable(acd::TicketId),
    /// A word of a browser that is one of its parties.
    Web(LegId, web::FromBrowser),
    /// A supervisor wants to listen.
    Listen(web::SessionId, web::Listen),
    /// A word of one of its transcoders.
    Transcoded(FromTranscoder),
    /// The gateway wants the call to end.
    End(Cause),
    /// Time has come.
    Timeout,
}

/// What a call wants done.
pub(crate) enum Output {
    Respond {
        request: RequestId,
        reply: Reply,
    },
    Dial {
        leg: LegId,
        invite: Box<sip::Invite>,
    },
    HangUp {
        dialog: DialogId,
        cause: sip::HangUp,
    },
    Request {
        dialog: DialogId,
        method: sip::Method,
        body: Option<sip::Body>,
    },
    Message(Box<sip::Outside>),
    Media {
        port: PortId,
        component: Component,
        to: SocketAddr,
        data: Bytes,
    },
    Latched {
        port: PortId,
        peer: SocketAddr,
    },
    Unlatched(PortId),
    Release(LegPorts),
    Fetch(AssetKey),
    Ask {
        service: Arc<dialplan::Service>,
        question: dialplan::connector::Question,
    },
    Pool(acd::Input),
    /// A leg towards this telephone is wanted, which comes as an [`Input::Offer`].
    Transfer {
        ticket: acd::TicketId,
        to: String,
    },
    Web {
        session: web::SessionId,
        word: web::ToBrowser,
    },
    Transcode(ToTranscoder),
    Live(Live),
    Ordered(Box<OrderRecord>),
    Ended(Box<Cdr>),
    Timeout(Option<Instant>),
}

/// An agent of the pool for the subscriber who waits.
pub(crate) struct AgentOffer {
    pub(crate) ticket: acd::TicketId,
    pub(crate) agent: acd::AgentId,
    pub(crate) name: String,
    pub(crate) way: Way,
    /// The desk or telephone is to take it by itself.
    pub(crate) auto_answer: bool,
}

/// How an agent is reached.
pub(crate) enum Way {
    /// At a SIP URI, by a leg that is to live there.
    Sip {
        address: String,
        place: Place,
        /// What the terminal towards a 3G phone is made of; any other phone has none.
        terminals: Option<Arc<h324m::Config>>,
    },
    /// At a desk.
    Browser(web::SessionId),
}

/// Where a leg towards an agent lives: its ports, its signalling socket, the address in its SDP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) ports: LegPorts,
    pub(crate) local: LocalId,
    pub(crate) address: IpAddr,
    pub(crate) destination: Option<SocketAddr>,
}

/// An INVITE that was admitted: all a call is made of.
pub(crate) struct Invitation {
    pub(crate) id: CallId,
    pub(crate) dialog: DialogId,
    pub(crate) request: RequestId,
    pub(crate) message: Box<sip::Request>,
    pub(crate) called: String,
    /// Where it came from.
    pub(crate) from: SocketAddr,
    pub(crate) place: Place,
    pub(crate) service: Arc<dialplan::Service>,
    pub(crate) notice: Option<Arc<dialplan::Notice>>,
    /// What the terminal towards a 3G phone is made of.
    pub(crate) terminals: Arc<h324m::Config>,
    pub(crate) trunk: Trunk,
    pub(crate) seed: u64,
    /// The tickets this call draws are this number and the 255 after it.
    pub(crate) ticket: u64,
}

/// One call.
pub(crate) struct Call {
    pub(crate) facts: Facts,
    pub(crate) legs: Vec<Leg>,
    pub(crate) run: Walk,
    pub(crate) run_due: Option<Instant>,
    pub(crate) showing: Option<Showing>,
    pub(crate) queueing: Option<Queueing>,
    pub(crate) desk: Desk,
    /// A text that is drawn into the subscriber's picture.
    pub(crate) caption: Option<Caption>,
    /// Who listens to the conversation.
    pub(crate) lead: Option<Lead>,
    /// Where its INVITE came from, and the address of ours that it came to; a browser has neither.
    pub(crate) origin: Option<SocketAddr>,
    pub(crate) address: IpAddr,
    /// The 200 that is held back while the subscriber's phone rings, and when it is due.
    pub(crate) answer: Option<(Instant, RequestId, Reply)>,
    /// The ticket of the queue that was entered last; never used twice in a row of 256.
    pub(crate) ticket: acd::TicketId,
    pub(crate) started: Instant,
    /// A 3G phone is being told that the call is over: until when, and why it is.
    pub(crate) parting: Option<(Instant, Cause)>,
    /// The subscriber has gone and the flow goes on without them: until when at the latest, and why they went.
    pub(crate) epilogue: Option<(Instant, Cause)>,
    pub(crate) seed: u64,
    /// Transcoders that were begun.
    pub(crate) transcoders: u32,
    /// When its parties were last told how far sound and pictures are apart.
    pub(crate) lips_at: Option<Instant>,
    /// The subscriber sees and hears themselves.
    pub(crate) echo: Option<Echo>,
    /// What is talked about is signed: pictures are to come often.
    pub(crate) signs: bool,
    pub(crate) next_leg: u8,
    pub(crate) out: VecDeque<Output>,
    /// The shard's, lent while the call is told something.
    pub(crate) edges: Edges,
    pub(crate) ended: bool,
    pub(crate) panic_planted: bool,
}

/// What a call begins with, whoever the subscriber is.
pub(crate) struct Start {
    pub(crate) facts: Facts,
    /// The subscriber's.
    pub(crate) leg: Leg,
    pub(crate) service: Arc<dialplan::Service>,
    /// What is told first.
    pub(crate) notice: Option<Arc<dialplan::Notice>>,
    pub(crate) flow: dialplan::FlowId,
    /// The tickets this call draws are this number and the 255 after it.
    pub(crate) ticket: u64,
    pub(crate) seed: u64,
    /// What is to be done first.
    pub(crate) out: VecDeque<Output>,
    pub(crate) answer: Option<(Instant, RequestId, Reply)>,
}

/// The dialplan's part of a call.
pub(crate) struct Walk {
    pub(crate) run: Box<dialplan::Run>,
    /// Keys of a subscriber who is faster than the flow, as by a number dialled with keys behind it. There until the
    /// flow begins with the ACK, which may bring the answer that says whether the subscriber can see.
    pub(crate) early: Option<Vec<char>>,
}

impl Walk {
    /// The flow has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.early.is_none()
    }
}

/// Why an INVITE is refused: the answer to give.
pub(crate) struct Refusal(pub(crate) Box<Reply>);

impl From<Reply> for Refusal {
    fn from(reply: Reply) -> Self {
        Refusal(Box::new(reply))
    }
}

impl Call {
    /// Answers the INVITE: 200 with an SDP answer (or an offer when it brought none), at once or after the
    /// ringing that the flow asks for.
    ///
    /// # Errors
    /// [`Refusal`] with 400 or 488 when its SDP cannot be served; the call then does not exist.
    pub(crate) fn new(now: Now, invitation: Invitation) -> Result<Self, Refusal> {
        let Invitation { id, dialog, request, message, called, place, service, notice, seed, ticket, .. } =
            invitation;
        let Invitation { terminals, trunk, from, .. } = invitation;
        let mut leg = Leg::new(CALLER, Phase::Answering, place.local, place.address, place.ports);
        leg.dialog = Some(dialog);
        leg.terminals = Some(trunk.terminals(terminals));
        leg.takes_info = crate::offer::allows_info(&message.headers);
        let sip_call_id = message.headers.call_id().unwrap_or_default().to_owned();
        let facts = Facts::new(id, sip_call_id, caller_number(&message), called, now.wall);
        let Some(flow) = service.flow_for(&facts.called) else {
            return Err(Reply::new(StatusCode::NotFound).into());
        };
        let (flow, ring, is_flash) = (flow.id(), flow.ring(), flow.is_flash());
        if is_flash {
            // Nothing is answered, so whatever it offers will do.
            let out = VecDeque::from([Output::Respond { request, reply: Reply::new(StatusCode::Ringing) }]);
            let mut call = Call::begin(
                Start { facts, leg, service, notice, flow, ticket, seed, out, answer: None },
                now,
            );
            (call.origin, call.address) = (Some(from), place.address);
            call.start_flash(now);
            return Ok(call);
        }
        let body = crate::offer::answer(&mut leg, now, &message, &facts.sip_call_id, seed)?;
        let early = trunk.early_circuit && leg.circuit.is_some() && !ring.is_zero();
        let progress = Reply::new(StatusCode::SessionProgress).with_body(body.clone());
        let reply = Reply::new(StatusCode::OK).with_body(body);
        let (first, answer) = match ring {
            Duration::ZERO => (reply, None),
            ring if early => (progress, Some((now.mono + ring, request, reply))),
            ring => (Reply::new(StatusCode::Ringing), Some((now.mono + ring, request, reply))),
        };
        let out = VecDeque::from([Output::Respond { request, reply: first }]);
        let answered = answer.is_none();
        let mut call =
            Call::begin(Start { facts, leg, service, notice, flow, ticket, seed, out, answer }, now);
        (call.origin, call.address) = (Some(from), place.address);
        if early {
            call.open_circuit(now);
        }
        if answered {
            call.start_circuit(now);
        }
        Ok(call)
    }

    pub(crate) fn begin(start: Start, now: Now) -> Self {
        let Start { facts, leg, service, notice, flow, ticket, seed, out, answer } = start;
        let known = dialplan::Facts {
            caller: facts.caller.clone(),
            called: facts.called.clone(),
            has_video: leg.video.is_some(),
            language: None,
            wall: now.wall,
            notice,
        };
        let run = Box::new(dialplan::Run::new(service, flow, known, seed));
        let mut call = Call {
            facts,
            legs: vec![leg],
            run: Walk { run, early: Some(Vec::new()) },
            run_due: None,
            showing: None,
            queueing: None,
            desk: Desk::default(),
            lead: None,
            caption: None,
            origin: None,
            address: Ipv4Addr::UNSPECIFIED.into(),
            answer,
            ticket: acd::TicketId(ticket),
            started: now.mono,
            parting: None,
            epilogue: None,
            seed,
            transcoders: 0,
            lips_at: None,
            echo: None,
            signs: false,
            next_leg: 1,
            out,
            edges: Edges::default(),
            ended: false,
            panic_planted: false,
        };
        call.ask_early(now, dialplan::Event::Ringing);
        call
    }

    /// The one entrance.
    pub(crate) fn handle_input(&mut self, now: Now, input: Input) {
        assert!(!self.panic_planted, "a planted panic");
        if self.ended {
            return;
        }
        match input {
            Input::Sip(leg, event) => self.on_sip(now, leg, event),
            Input::Media { leg, kind, component, from, data } => {
                self.on_media(now, leg, kind, component, from, data);
            }
            Input::Track(key, track) => self.on_track(now, key, track),
            Input::Answer { id, answer } => self.on_answer(now, dialplan::Event::Answer { id, answer }),
            Input::Offer(offer) => self.dial_agent(now, offer),
            Input::Dialed(leg, dialog) => self.on_dialed(now, leg, dialog),
            Input::Pool(word) => self.on_pool(now, &word),
            Input::Messaged(taken) => self.advance(now, dialplan::Event::Notified(taken)),
            Input::Unreachable(ticket) => self.not_transferred(now, ticket),
            Input::Web(leg, word) => self.on_web(now, leg, word),
            Input::Listen(session, listen) => self.on_listen(now, session, listen),
            Input::Transcoded(word) => self.on_transcoded(now, word),
            Input::End(cause) => self.end(now, cause),
            Input::Timeout => self.on_timeout(now),
        }
        self.drain_media(now);
        let shows = self.check_showing(now);
        if self.serve_key_pictures(now) || shows {
            self.drain_media(now);
        }
        self.pass_on_mode_requests();
        self.pass_on_rates(now);
        self.keep_lips_in_time(now);
    }

    /// The edition of the service that this call keeps to its end.
    pub(crate) fn version(&self) -> u64 {
        self.run.run.version()
    }

    /// What is to be done next; [`Output::Timeout`] when there is nothing more for now.
    pub(crate) fn poll_output(&mut self) -> Output {
        match self.out.pop_front() {
            Some(output) => output,
            None => Output::Timeout(self.next_timeout()),
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        if self.ended {
            return None;
        }
        let streams = self.legs.iter().map(Leg::next_due);
        streams.chain(self.own_dues()).flatten().min()
    }

    /// When there is something to do that is not a packet.
    fn own_dues(&self) -> [Option<Instant>; 13] {
        [
            self.run_due,
            self.answer.as_ref().map(|(due, ..)| *due),
            self.showing.as_ref().and_then(Showing::next_due),
            self.pool_word_due(),
            self.place_due(),
            self.connect_due(),
            self.parting.map(|(due, _)| due),
            self.epilogue.map(|(due, _)| due),
            self.transfer_due(),
            self.coming_on_due(),
            self.caption_due(),
            self.legs.iter().filter_map(|leg| leg.vigil.next_due()).min(),
            Some(self.started + limits::CALL_LONGEST),
        ]
    }

    /// Whether the time that has come is for packets alone.
    pub(crate) fn only_media_is_due(&self, now: Now) -> bool {
        !self.own_dues().into_iter().flatten().any(|due| due <= now.mono)
    }

    fn on_timeout(&mut self, now: Now) {
        if now.mono >= self.started + limits::CALL_LONGEST {
            return self.end(now, Cause::TooLong);
        }
        if let Some((_, request, reply)) = self.answer.take_if(|(due, ..)| *due <= now.mono) {
            self.out.push_back(Output::Respond { request, reply });
            self.start_circuit(now);
        }
        if let Some((_, cause)) = self.parting.filter(|(due, _)| *due <= now.mono) {
            return self.end(now, cause);
        }
        if self.epilogue.is_some_and(|(due, _)| due <= now.mono) {
            warn!("the flow of a call that was not answered does not come to its end");
            return self.end(now, Cause::Fault);
        }
        for leg in &mut self.legs {
            if let Some(circuit) = &mut leg.circuit {
                circuit.run_timers(now);
            }
            for stream in leg.streams() {
                stream.play_due(now);
                stream.carrier.run_timers(now);
            }
        }
        if self.run_due.is_some_and(|due| due <= now.mono) {
            self.run_due = None;
            self.advance(now, dialplan::Event::Timeout);
        }
        if self.pool_word_due().is_some_and(|due| due <= now.mono) {
            self.give_up_on_pool(now);
        }
        self.give_up_on_transfer(now);
        self.check_coming_on(now);
        self.check_caption(now);
        self.swap_place(now);
        self.drop_unconnected(now);
        self.ask_the_silent(now);
    }

    fn on_media(
        &mut self,
        now: Now,
        leg: LegId,
        kind: Kind,
        component: Component,
        from: SocketAddr,
        data: Bytes,
    ) {
        let Some(leg) = self.leg(leg) else { return };
        let input = match component {
            Component::Rtp => rtp::Input::Rtp { from, data },
            Component::Rtcp => rtp::Input::Rtcp { from, data },
        };
        match (&mut leg.circuit, kind) {
            (Some(circuit), Kind::Audio) => circuit.take_datagram(now, input),
            // The other pair of ports, of a leg that became a circuit later, is nobody's.
            (Some(_), Kind::Video) => {}
            (None, kind) => {
                if let Some(stream) = leg.stream(kind) {
                    stream.carrier.take_datagram(now, input);
                }
            }
        }
    }

    /// Takes what the RTP sessions have: packets to the sockets, events to where they belong; until every
    /// session is quiet, because an event of one may be a packet of another.
    fn drain_media(&mut self, now: Now) {
        self.end_streams(now);
        let mut quiet = false;
        while !quiet {
            quiet = true;
            for at in 0..self.legs.len() {
                while let Some((leg, news)) = self.next_news(now, at) {
                    quiet = false;
                    self.on_news(now, leg, news);
                }
                for kind in [Kind::Audio, Kind::Video] {
                    while let Some((leg, event)) = self.next_event(at, kind) {
                        quiet = false;
                        self.on_rtp_event(now, leg, kind, event);
                    }
                }
            }
        }
    }

    /// Sends what a session has to send, up to its next event.
    fn next_event(&mut self, at: usize, kind: Kind) -> Option<(LegId, rtp::Event)> {
        let leg = self.legs.get_mut(at)?;
        let id = leg.id;
        let event = leg.stream(kind)?.flush(&mut self.out)?;
        Some((id, event))
    }

    fn on_rtp_event(&mut self, now: Now, leg: LegId, kind: Kind, event: rtp::Event) {
        match event {
            rtp::Event::Frame(frame) => self.forward(now, leg, kind, &frame),
            rtp::Event::ComfortNoise { pts, noise } => self.forward_noise(now, leg, pts, &noise),
            rtp::Event::Digit(digit) => self.on_digit(now, leg, digit.as_char(), dtmf::Way::Rtp),
            rtp::Event::KeyFrameWanted => {
                if let Some(stream) = self.leg(leg).and_then(|leg| leg.stream(kind)) {
                    stream.keys.want(now.mono);
                }
            }
            // A socket tied to any other address could not hear the phone move, or an impostor leave.
            rtp::Event::Latched { from } => {
                let stream = self.leg(leg).and_then(|leg| leg.stream(kind));
                if let Some(stream) = stream.filter(|stream| stream.agreed.remote_rtp == from) {
                    let latched = stream.carrier.port().map(|port| Output::Latched { port, peer: from });
                    self.out.extend(latched);
                }
            }
            rtp::Event::ModeRequest { mode } => self.on_mode_request(leg, mode),
            rtp::Event::RateLimit { bps, by } => self.on_rate_limit(leg, by.into(), Some(bps)),
            rtp::Event::Report { fraction_lost, rtt } => self.on_report(now, leg, fraction_lost, rtt),
            rtp::Event::DigitEnd { .. } | rtp::Event::Bye => {}
        }
    }

    /// A party tells how the pictures that it is sent fare.
    pub(crate) fn on_report(&mut self, now: Now, leg: LegId, fraction_lost: u8, rtt: Option<Duration>) {
        if let Some(video) = self.leg(leg).and_then(|leg| leg.video.as_mut()) {
            video.reported(now, fraction_lost, rtt);
        }
    }

    /// A party says how much it takes of pictures.
    pub(crate) fn on_rate_limit(&mut self, leg: LegId, by: Limit, bps: Option<u32>) {
        debug!(?by, ?bps, "pictures are limited");
        if let Some(video) = self.leg(leg).and_then(|leg| leg.video.as_mut()) {
            video.governor.limit(by, bps);
        }
    }

    /// A party wants AMR of another mode: of prompts that edition is fetched, another party is asked for it.
    fn on_mode_request(&mut self, leg: LegId, mode: Option<u8>) {
        let audio = self.leg(leg).and_then(|leg| leg.audio.as_mut());
        let news = audio.and_then(|audio| audio.modes.as_mut()).is_some_and(|modes| modes.ask(mode));
        if news && leg == CALLER {
            self.fetch_editions();
        }
    }

    pub(crate) fn ask_for_key_picture(&mut self, now: Now, leg: LegId) {
        let Some(leg) = self.leg(leg) else { return };
        let dialog = leg.dialog.filter(|_| leg.takes_info);
        let Some(stream) = leg.video.as_mut() else { return };
        let by_rtcp = stream.carrier.request_key_frame(now);
        // A peer that agreed to no feedback may still know RFC 5168.
        if let (false, Some(dialog), Phase::Up) = (by_rtcp, dialog, leg.phase) {
            let body = crate::offer::fast_update_body();
            self.out.push_back(Output::Request { dialog, method: sip::Method::Info, body: Some(body) });
        }
    }

    /// A key, by whatever way it came: to the dialplan, or to the party at the other end of the bridge.
    pub(crate) fn on_digit(&mut self, now: Now, from: LegId, key: char, way: dtmf::Way) {
        let Some(key) = self.leg(from).and_then(|leg| leg.digits.accept(now.mono, key, way)) else { return };
        if let Some(peer) = self.talking_to(from) {
            let digit = rtp::Digit::try_from(key).ok();
            let audio = self.leg(peer).and_then(|leg| leg.audio.as_mut()).filter(|audio| audio.may_send());
            if let (Some(digit), Some(audio)) = (digit, audio) {
                audio.carrier.send_digit(now, digit, Duration::from_millis(160));
            }
            return;
        }
        if from == CALLER {
            self.facts.digits += 1;
            match &mut self.run.early {
                Some(early) if early.len() < limits::EARLY_DIGITS => early.push(key),
                Some(_) => {}
                None => self.advance(now, dialplan::Event::Digit(key)),
            }
        }
    }

    /// Who hears this leg; in an echo nobody but itself does.
    fn talking_to(&self, leg: LegId) -> Option<LegId> {
        // Of a mixture the first is the other party, the second a supervisor.
        self.legs.iter().filter(|other| other.id != leg && !other.listens).find_map(|other| {
            let audio = other.audio.as_ref()?;
            let hears = match &audio.source {
                Source::Leg { from, .. } | Source::Mix { parties: [from, _], .. } => *from == leg,
                Source::Silence | Source::Still(_) | Source::Prompt(_) | Source::Drawn { .. } => false,
            };
            hears.then_some(other.id)
        })
    }

    /// The socket of the subscriber's signalling.
    pub(crate) fn local(&self) -> LocalId {
        self.legs.first().map_or(LocalId(0), |leg| leg.local)
    }

    /// The leg of a browser's session.
    pub(crate) fn leg_of(&self, session: web::SessionId) -> Option<LegId> {
        self.legs.iter().find(|leg| leg.session() == Some(session)).map(|leg| leg.id)
    }

    pub(crate) fn leg(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id == id)
    }
}

/// Who calls: the asserted identity of a trusted network (RFC 3325), else From; `None` when withheld.
fn caller_number(message: &sip::Request) -> Option<String> {
    let asserted = message.headers.p_asserted_identity().ok().and_then(|list| list.into_iter().next());
    let from = asserted.or_else(|| message.headers.from_().ok())?;
    let user = from.uri.user_text()?;
    (!user.is_empty() && !user.eq_ignore_ascii_case("anonymous")).then(|| user.to_string())
}
