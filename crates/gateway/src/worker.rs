//! The thread of one shard: an epoll loop around `call::Shard`.
//!
//! Datagrams and messages go in, what the shard wants goes out by the sockets it owns. Timers fall on a
//! grid of [`limits::TICK`], so that what is due in all calls is sent with one wake-up. The loop is mio's
//! rather than tokio tasks: a shard is one state machine, and one wait serves all its sockets.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call::web::{FromBrowser, SessionId, ToBrowser};
use call::{CallId, Component, FromTranscoder, MediaPort, PortId, Shard, Telephone};
use dialplan::connector::Answer;
use media::{AssetKey, Now, Track};
use net::{Channel, Drops, PairId, Pairs, Poller, Waker};
use sip::{Reply, RequestId};
use store::Store;
use tracing::{debug, error, warn};

use crate::calls::Calls;
use crate::connector::{Asked, Connectors};
use crate::editions::{Editions, Wanted};
use crate::library::Library;
use crate::limits;
use crate::pool::ToPool;
use crate::record;
use crate::transcoding::Transcoding;
use crate::webrtc::{Delivered, Hub, Underway};

/// What a shard's thread is told by others.
pub(crate) enum ToShard {
    /// A word of the agent pool.
    Pool(acd::Output),
    /// An offer to an agent whose telephone has registered, and where that is.
    OfferTelephone { word: acd::Output, telephone: Telephone },
    /// What a telephone that registers is answered.
    Reply { request: RequestId, reply: Box<Reply> },
    /// A word of a browser.
    Web {
        /// Whose session.
        session: SessionId,
        /// What it says.
        word: Box<FromBrowser>,
        /// A frame's place in its session's backlog, free again once the shard has taken the frame.
        underway: Option<Underway>,
    },
    /// A track that a call waited for; `None` when it cannot be had.
    Track {
        /// Whose.
        call: CallId,
        /// Which.
        key: Box<AssetKey>,
        /// It.
        track: Option<Arc<Track>>,
    },
    /// What came of a question to a connector.
    Answer {
        /// Who asked.
        call: CallId,
        /// The number of the question.
        id: u32,
        /// What came.
        answer: Answer,
    },
    /// A word of a transcoder.
    Transcoded(Box<FromTranscoder>),
    /// A new version of the service.
    Service(Arc<dialplan::Service>),
    /// What new callers are told first.
    Notice(Option<Arc<dialplan::Notice>>),
    /// No new calls.
    Drain,
    /// Hang up, say goodbye, end.
    Stop,
}

/// The way to a shard's thread.
#[derive(Clone)]
pub(crate) struct WorkerHandle {
    sender: mpsc::Sender<ToShard>,
    waker: Waker,
}

impl WorkerHandle {
    pub(crate) fn new(sender: mpsc::Sender<ToShard>, waker: Waker) -> Self {
        WorkerHandle { sender, waker }
    }

    /// Tells the shard; a shard that has ended hears nothing, which is all the same.
    pub(crate) fn send(&self, message: ToShard) {
        if self.sender.send(message).is_ok()
            && let Err(error) = self.waker.wake()
        {
            error!(%error, "a shard could not be woken");
        }
    }
}

/// Counts of all shards, for anyone to read at any time.
#[derive(Debug, Default)]
pub struct Gauges {
    calls: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    faults: AtomicU64,
    drops: [AtomicU64; 4],
    transcoders: AtomicU64,
    not_transcoded: AtomicU64,
    ended: AtomicBool,
}

impl Gauges {
    /// A thread of the gateway has ended: it takes no more calls, or serves them badly.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Calls in progress.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Calls accepted since the start.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Calls refused since the start.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Calls lost to a fault of the gateway since the start.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    /// What the sockets dropped since the start; brought up to date about once a second.
    #[must_use]
    pub fn drops(&self) -> Drops {
        let [send_full, send_failed, oversize, icmp] =
            [0, 1, 2, 3].map(|at: usize| self.drops[at].load(Ordering::Relaxed));
        Drops { send_full, send_failed, oversize, icmp }
    }

    /// Streams that are being transcoded, each direction for itself.
    #[must_use]
    pub fn transcoders(&self) -> u64 {
        self.transcoders.load(Ordering::Relaxed)
    }

    /// Packets of sound and pictures since the start that found no place in a queue of the transcoding threads.
    #[must_use]
    pub fn not_transcoded(&self) -> u64 {
        self.not_transcoded.load(Ordering::Relaxed)
    }

    pub(crate) fn show_transcoders(&self, count: usize) {
        self.transcoders.store(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn note_not_transcoded(&self) {
        self.not_transcoded.fetch_add(1, Ordering::Relaxed);
    }

    fn show_drops(&self, drops: Drops) {
        let Drops { send_full, send_failed, oversize, icmp } = drops;
        for (gauge, count) in self.drops.iter().zip([send_full, send_failed, oversize, icmp]) {
            gauge.store(count, Ordering::Relaxed);
        }
    }

    fn show(&self, usage: call::Usage) {
        self.calls.store(usage.calls as u64, Ordering::Relaxed);
        self.accepted.store(usage.accepted, Ordering::Relaxed);
        self.refused.store(usage.refused, Ordering::Relaxed);
        self.faults.store(usage.faults, Ordering::Relaxed);
    }
}

/// Everything the thread owns.
pub(crate) struct Worker {
    pub(crate) poller: Poller,
    pub(crate) shard: Shard,
    pub(crate) pairs: Pairs,
    pub(crate) pairs_max: usize,
    pub(crate) library: Arc<Library>,
    pub(crate) editions: Editions,
    pub(crate) connectors: Connectors,
    pub(crate) store: Option<Store>,
    /// The way to this very thread.
    pub(crate) own: WorkerHandle,
    pub(crate) inbox: mpsc::Receiver<ToShard>,
    pub(crate) pool: mpsc::Sender<ToPool>,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) calls: Calls,
    pub(crate) hub: Hub,
    pub(crate) transcoding: Transcoding,
    pub(crate) supply: Supply,
}

/// The pairs that are bound but with no call.
#[derive(Default)]
pub(crate) struct Supply {
    /// Given back by calls, oldest first, with the time from which another call may have them.
    resting: VecDeque<(Instant, PortId)>,
    /// When binding more pairs is tried again, after it failed.
    refill_from: Option<Instant>,
    /// When the drops are counted again.
    drops_due: Option<Instant>,
}

/// Says that a thread has ended, whether it was told to or panicked.
pub(crate) struct TellsItsEnd(pub(crate) Arc<Gauges>);

impl Drop for TellsItsEnd {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

/// What one turn of the loop received.
type Received = Vec<(Channel, SocketAddr, Bytes)>;

impl Worker {
    /// Runs until told to stop.
    pub(crate) fn run(mut self) {
        let start = net::clock::now().mono;
        let mut received = Received::new();
        let mut stop_at: Option<Instant> = None;
        let _tells = TellsItsEnd(Arc::clone(&self.gauges));
        loop {
            self.refill();
            let due = self.carry_out(net::clock::now());
            let due = [due, stop_at].into_iter().flatten().min();
            let sleep = on_grid(start, net::clock::now().mono, due);
            let waited = self.poller.wait(Some(sleep), &mut |channel, from, data| {
                received.push((channel, from, data));
            });
            if let Err(error) = waited {
                return error!(%error, "the shard cannot wait for its sockets and ends");
            }
            self.take_in(&mut received);
            if self.read_inbox() {
                stop_at.get_or_insert(net::clock::now().mono + limits::GOODBYE);
            }
            let now = net::clock::now();
            if due.is_some_and(|due| due <= now.mono) {
                self.shard.handle_input(now, call::Input::Timeout);
            }
            self.gauges.show(self.shard.usage());
            self.count_drops(now.mono);
            if stop_at.is_some_and(|stop| stop <= now.mono) {
                return;
            }
        }
    }

    fn take_in(&mut self, received: &mut Received) {
        for (channel, from, data) in received.drain(..) {
            let now = net::clock::now();
            let input = match channel {
                Channel::Signalling(local) => call::Input::Sip { local: sip::LocalId(local), from, data },
                Channel::Media(pair, component) => {
                    let component = match component {
                        net::Component::Rtp => Component::Rtp,
                        net::Component::Rtcp => Component::Rtcp,
                    };
                    call::Input::Media { port: PortId(pair.0), component, from, data }
                }
            };
            self.shard.handle_input(now, input);
            self.carry_out(now);
            // A burst of INVITEs takes many pairs before the loop comes round.
            if self.shard.usage().spare_ports < limits::SPARE_PAIRS / 4 {
                self.refill();
            }
        }
    }

    /// Reads the messages of other threads; true when the shard is to stop.
    fn read_inbox(&mut self) -> bool {
        let mut stop = false;
        while let Ok(message) = self.inbox.try_recv() {
            let now = net::clock::now();
            let input = match message {
                ToShard::Pool(word) => call::Input::Pool(word),
                ToShard::OfferTelephone { word, telephone } => {
                    call::Input::OfferTelephone { word, telephone }
                }
                ToShard::Reply { request, reply } => call::Input::Reply { request, reply },
                ToShard::Web { session, word, underway } => {
                    drop(underway);
                    call::Input::Web { session, word: *word }
                }
                ToShard::Track { call, key, track } => call::Input::Track { call, key: *key, track },
                ToShard::Answer { call, id, answer } => call::Input::Answer { call, id, answer },
                ToShard::Transcoded(word) => call::Input::Transcoded(*word),
                ToShard::Service(service) => call::Input::Service(service),
                ToShard::Notice(notice) => call::Input::Notice(notice),
                ToShard::Drain => call::Input::Drain,
                ToShard::Stop => {
                    stop = true;
                    self.shard.handle_input(now, call::Input::Drain);
                    call::Input::HangUpAll
                }
            };
            self.shard.handle_input(now, input);
            self.carry_out(now);
        }
        stop
    }

    /// Does what the shard wants; returns when it next wants to be told the time.
    fn carry_out(&mut self, now: Now) -> Option<Instant> {
        loop {
            match self.shard.poll_output() {
                call::Output::Sip { local, to, data } => {
                    self.poller.send(Channel::Signalling(local.0), to, &data);
                }
                call::Output::Media { port, component, to, data } => {
                    self.poller.send(Channel::Media(PairId(port.0), of(component)), to, &data);
                }
                call::Output::Latched { port, peer } => {
                    self.poller.connect(PairId(port.0), net::Component::Rtp, peer);
                }
                call::Output::Unlatched(port) => self.poller.dissolve(PairId(port.0)),
                call::Output::Release(port) => {
                    if self.poller.renew_pair(PairId(port.0)) {
                        self.supply.resting.push_back((now.mono + limits::PORT_REST, port));
                    }
                }
                call::Output::Fetch { call, version, key } => {
                    if let Some(answer) = self.fetch(call, version, key) {
                        self.shard.handle_input(now, answer);
                    }
                }
                call::Output::Ask { call, service, question } => {
                    let shard = self.own.clone();
                    if let Some(answer) = self.connectors.ask(Asked { call, service, question, shard }) {
                        self.shard.handle_input(now, answer);
                    }
                }
                call::Output::Pool(word) => self.tell_pool(ToPool::Call(word)),
                call::Output::Register { request, message, local, from } => {
                    let shard = self.own.clone();
                    self.tell_pool(ToPool::Register { shard, request, message, local, from });
                }
                // Told to nobody until there are sessions.
                call::Output::Web { session, word } => self.tell_browser(now, session, word),
                call::Output::Transcode(word) => {
                    if let Some(answer) = self.transcoding.tell(now.mono, word) {
                        self.shard.handle_input(now, call::Input::Transcoded(answer));
                    }
                }
                call::Output::Live(word) => self.calls.note(word),
                call::Output::Ordered(order) => {
                    if let Some(store) = &self.store {
                        store.keep_order(order);
                    }
                }
                call::Output::Ended(cdr) => {
                    record::log(&cdr);
                    if let Some(store) = &self.store {
                        store.keep(cdr);
                    }
                }
                call::Output::Timeout(due) => return due,
            }
        }
    }

    /// The track, or, while it is being made, nothing yet.
    fn fetch(&self, call: CallId, version: u64, key: AssetKey) -> Option<call::Input> {
        let track = self.library.get(version, &key);
        if track.is_none() {
            let shard = self.own.clone();
            if self.editions.want(Wanted { call, version, key: key.clone(), shard }) {
                return None;
            }
        }
        Some(call::Input::Track { call, key, track })
    }

    fn tell_pool(&self, word: ToPool) {
        // The pool ends after the shards, so it is there to listen.
        if self.pool.send(word).is_err() {
            debug!("the pool has ended");
        }
    }

    /// A browser never makes the shard wait: what it cannot take is dropped, and the call hears of it.
    fn tell_browser(&mut self, now: Now, session: SessionId, word: ToBrowser) {
        let word = match self.hub.deliver(session, word) {
            Delivered::Taken => return,
            Delivered::WantsKeyPicture => FromBrowser::KeyPictureWanted,
            Delivered::Gone => FromBrowser::Lost,
        };
        self.shard.handle_input(now, call::Input::Web { session, word });
    }

    /// Keeps some pairs of media ports bound ahead of calls.
    fn refill(&mut self) {
        let now = net::clock::now();
        let spare = self.shard.usage().spare_ports;
        let mut fresh = Vec::new();
        while spare + fresh.len() < limits::SPARE_PAIRS {
            let Some(port) = self.rested(now.mono).or_else(|| self.bind(now.mono)) else { break };
            fresh.push(port);
        }
        if !fresh.is_empty() {
            self.shard.handle_input(now, call::Input::Ports(fresh));
        }
        self.close_idle(now.mono);
    }

    /// The pair that has rested longest, once it may be used again.
    fn rested(&mut self, now: Instant) -> Option<MediaPort> {
        let (from, id) = *self.supply.resting.front()?;
        // Late packets are likelier to hurt than a caller who is refused, but not much.
        let nothing_else = self.supply.refill_from.is_some() || self.pairs.in_use() >= self.pairs_max;
        if from > now && !nothing_else {
            return None;
        }
        self.supply.resting.pop_front();
        let rtp = self.poller.local(Channel::Media(PairId(id.0), net::Component::Rtp))?.port();
        Some(MediaPort { id, rtp })
    }

    /// One more pair, if ports and files allow it.
    fn bind(&mut self, now: Instant) -> Option<MediaPort> {
        let wait = self.supply.refill_from.is_some_and(|from| now < from);
        if wait || self.pairs.in_use() >= self.pairs_max {
            return None;
        }
        let pair = match self.pairs.take() {
            Ok(pair) => pair,
            Err(error) => {
                if self.supply.refill_from.is_none() {
                    warn!(%error, "no more media ports can be bound");
                }
                self.supply.refill_from = Some(now + limits::REFILL_AGAIN_AFTER);
                return None;
            }
        };
        let port = MediaPort { id: PortId(pair.id.0), rtp: pair.rtp.local().port() };
        if let Err(unwatched) = self.poller.add_pair(pair) {
            warn!(error = %unwatched, "no more media sockets");
            self.supply.refill_from = Some(now + limits::REFILL_AGAIN_AFTER);
            self.pairs.give_back(unwatched.pair);
            return None;
        }
        self.supply.refill_from = None;
        Some(port)
    }

    /// Closes a pair that no call has wanted for long: what is left of a busy hour.
    fn close_idle(&mut self, now: Instant) {
        let idle = self.supply.resting.front().filter(|(from, _)| now > *from + limits::PORT_IDLE);
        let Some(&(_, id)) = idle else { return };
        self.supply.resting.pop_front();
        if let Some(pair) = self.poller.remove_pair(PairId(id.0)) {
            self.pairs.give_back(pair);
        }
    }

    /// Tells the gauges what the sockets dropped; looking at every socket is no work for each turn.
    fn count_drops(&mut self, now: Instant) {
        if self.supply.drops_due.is_none_or(|due| due <= now) {
            self.supply.drops_due = Some(now + limits::DROPS_EVERY);
            self.gauges.show_drops(self.poller.drops());
        }
    }
}

fn of(component: Component) -> net::Component {
    match component {
        Component::Rtp => net::Component::Rtp,
        Component::Rtcp => net::Component::Rtcp,
    }
}

/// How long to sleep so that the loop wakes at the first tick at or after `due`.
fn on_grid(start: Instant, now: Instant, due: Option<Instant>) -> Duration {
    let Some(due) = due else { return limits::SLEEP_LONGEST };
    if due <= now {
        return Duration::ZERO;
    }
    let tick = limits::TICK.as_nanos();
    let ticks = (due - start).as_nanos().div_ceil(tick);
    let wake = start + Duration::from_nanos((ticks * tick) as u64);
    wake.saturating_duration_since(now).min(limits::SLEEP_LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_on_the_first_tick_at_or_after_the_due_time() {
        let start = net::clock::now().mono;
        let ms = |ms: u64| start + Duration::from_millis(ms);
        for (now, due, sleep) in [(0, 20, 20), (1, 21, 24), (3, 4, 2), (10, 10, 0), (12, 3, 0)] {
            let slept = on_grid(start, ms(now), Some(ms(due)));
            assert_eq!(slept, Duration::from_millis(sleep), "now {now} due {due}");
        }
        assert_eq!(on_grid(start, start, None), limits::SLEEP_LONGEST);
    }
}
