//! The thread that owns the agent pool: one for all shards, so that no agent is offered twice.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use call::web::SessionId;
use sip::{LocalId, RequestId};
use store::Store;
use store::tickets::PoolRecord;
use tokio::sync::oneshot;
use tracing::warn;

use crate::limits;
use crate::telephones::{Telephones, is_telephone};
use crate::webrtc::{AgentNow, Hub};
use crate::worker::{Gauges, TellsItsEnd, ToShard, WorkerHandle};

/// What the pool's thread is told.
pub(crate) enum ToPool {
    /// A word of a call.
    Call(acd::Input),
    /// A telephone wants to register.
    Register {
        /// Whose socket it came to; is told the answer.
        shard: WorkerHandle,
        request: RequestId,
        message: Box<sip::Request>,
        local: LocalId,
        from: SocketAddr,
    },
    /// Somebody wants to see who waits and who works.
    Look(oneshot::Sender<PoolNow>),
    /// A supervisor wants something; told whether there is such an agent or queue.
    Order(Order, oneshot::Sender<bool>),
    /// A new version of queues and agents.
    Reload(Arc<dialplan::Service>),
    /// End of work.
    Stop,
}

/// Who waits and who works.
#[derive(Clone, Debug, Default)]
pub struct PoolNow {
    /// In order of their names.
    pub queues: Vec<acd::QueueStatus>,
    /// In order of their names.
    pub agents: Vec<acd::AgentStatus>,
}

/// What a supervisor wants of the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// An agent takes calls from now on, or none; a call in progress goes on.
    Ready {
        /// The agent's name.
        agent: String,
        /// From now on.
        ready: bool,
        /// Why not, in the supervisor's words.
        reason: String,
    },
    /// A queue opens or closes.
    Doors {
        /// The queue's name.
        queue: String,
        /// From now on, until the next such order or the end of the gateway.
        doors: acd::Doors,
    },
}

/// The way to the agent pool, for anyone to clone.
#[derive(Clone)]
pub struct PoolView(pub(crate) mpsc::Sender<ToPool>);

impl PoolView {
    /// What goes on in the pool now; `None` when the gateway is stopping.
    pub async fn look(&self) -> Option<PoolNow> {
        let (tell, told) = oneshot::channel();
        self.0.send(ToPool::Look(tell)).ok()?;
        told.await.ok()
    }

    /// Has something done; false when there is no such agent or queue, `None` when the gateway is stopping.
    pub async fn order(&self, order: Order) -> Option<bool> {
        let (tell, told) = oneshot::channel();
        self.0.send(ToPool::Order(order, tell)).ok()?;
        told.await.ok()
    }
}

/// Starts the pool. Its words go to the shard that drew the ticket: the upper 16 bits of it.
pub(crate) fn start(
    service: Arc<dialplan::Service>,
    inbox: mpsc::Receiver<ToPool>,
    shards: Vec<WorkerHandle>,
    gauges: Arc<Gauges>,
    hub: Hub,
    mut telephones: Telephones,
    store: Option<Store>,
) -> std::io::Result<JoinHandle<()>> {
    let pool = acd::Pool::new(&call::pool_config(&service));
    // Nobody has registered yet, so the pool need not hear of it.
    telephones.know(&service);
    thread::Builder::new().name("pool".into()).spawn(move || {
        let _tells = TellsItsEnd(gauges);
        let hours = Hours { service, shut: BTreeSet::new(), due: now() };
        Desk { pool, telephones, shards, hub, store, hours }.run(&inbox);
    })
}

/// The pool and those whom it talks to.
struct Desk {
    pool: acd::Pool,
    telephones: Telephones,
    shards: Vec<WorkerHandle>,
    hub: Hub,
    store: Option<Store>,
    hours: Hours,
}

/// The hours of queues.
struct Hours {
    service: Arc<dialplan::Service>,
    /// Queues that take nobody new since their hours are over. A supervisor's word holds until they change.
    shut: BTreeSet<String>,
    /// When they are looked at next.
    due: Instant,
}

impl Hours {
    /// Whose doors change now. Who waits when a queue closes is still served.
    fn look(&mut self, now: media::Now) -> Vec<acd::Input> {
        if now.mono < self.due {
            return Vec::new();
        }
        self.due = now.mono + limits::HOURS_EVERY;
        let queues = self.service.queues();
        let is_shut = |name: &&String| !queues.is_open(name, now.wall);
        let shut: BTreeSet<String> = queues.queues.keys().filter(is_shut).cloned().collect();
        let word = |queue: &String, doors| acd::Input::SetDoors { queue: queue.clone(), doors };
        let closes = shut.difference(&self.shut).map(|queue| word(queue, acd::Doors::Closing));
        let opens = self.shut.difference(&shut).map(|queue| word(queue, acd::Doors::Open));
        let words = closes.chain(opens).collect();
        self.shut = shut;
        words
    }
}

impl Desk {
    fn run(&mut self, inbox: &mpsc::Receiver<ToPool>) {
        for word in self.hours.look(net::clock::now()) {
            self.hear(word);
        }
        let mut due = self.drain();
        loop {
            let sleep = net::clock::until(net::clock::now(), due).unwrap_or(limits::SLEEP_LONGEST);
            let heard = inbox.recv_timeout(sleep);
            let mut words = self.telephones.expire(now());
            words.extend(match heard {
                Ok(ToPool::Call(input)) => vec![input],
                Ok(ToPool::Register { shard, request, message, local, from }) => {
                    let (reply, words) = self.telephones.on_register(now(), &message, local, from);
                    shard.send(ToShard::Reply { request, reply: Box::new(reply) });
                    words
                }
                Ok(ToPool::Look(tell)) => {
                    let now = PoolNow { queues: self.pool.queues(now()), agents: self.pool.agents() };
                    // Whoever asked may have gone.
                    let _ = tell.send(now);
                    Vec::new()
                }
                Ok(ToPool::Order(order, tell)) => {
                    let word = self.ordered(order);
                    let _ = tell.send(word.is_some());
                    word.into_iter().collect()
                }
                Ok(ToPool::Reload(service)) => {
                    let decided = self.pool.reload(now(), &call::pool_config(&service));
                    self.keep(decided);
                    let words = self.telephones.know(&service);
                    (self.hours.service, self.hours.due) = (service, now());
                    words
                }
                Err(RecvTimeoutError::Timeout) => vec![acd::Input::Timeout],
                Ok(ToPool::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            });
            words.extend(self.hours.look(net::clock::now()));
            for word in words {
                self.hear(word);
            }
            due = self.drain();
        }
    }

    /// A supervisor's order as the pool knows it; `None` when there is no such agent or queue.
    fn ordered(&self, order: Order) -> Option<acd::Input> {
        match order {
            Order::Ready { agent, ready, reason } => {
                self.pool.agent(&agent).map(|agent| acd::Input::SetAgentReady { agent, ready, reason })
            }
            Order::Doors { queue, doors } => {
                let known = self.pool.queues(now()).iter().any(|status| status.name == queue);
                known.then_some(acd::Input::SetDoors { queue, doors })
            }
        }
    }

    fn hear(&mut self, word: acd::Input) {
        let decided = self.pool.handle_input(now(), word);
        self.keep(decided);
    }

    /// Has what was decided written down.
    fn keep(&self, decided: Vec<acd::Event>) {
        let Some(store) = self.store.as_ref().filter(|_| !decided.is_empty()) else { return };
        let at = net::clock::now().wall;
        let record = |event: acd::Event| {
            let agent = event.what.agent().and_then(|agent| self.pool.agent_name(agent)).map(str::to_owned);
            PoolRecord { at, agent, what: event.what }
        };
        store.keep_pool(decided.into_iter().map(record).collect());
    }

    /// Tells everybody what the pool decided; when it next wants to be told the time.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            let output = self.pool.poll_output();
            let ticket = match &output {
                acd::Output::Offer { ticket, .. }
                | acd::Output::Withdraw { ticket, .. }
                | acd::Output::Dial { ticket, .. }
                | acd::Output::Connected { ticket, .. }
                | acd::Output::Done { ticket, .. }
                | acd::Output::Place { ticket, .. } => *ticket,
                acd::Output::Agent { session, agent, state } => {
                    self.hub.agent(SessionId(*session), AgentNow::signed_in(agent, *state));
                    continue;
                }
                acd::Output::NotSignedIn { session, why } if is_telephone(*session) => {
                    warn!(?why, "a telephone has registered, and its agent is not there");
                    continue;
                }
                acd::Output::NotSignedIn { session, why } => {
                    self.hub.agent(SessionId(*session), AgentNow::signed_out(*why));
                    continue;
                }
                acd::Output::Timeout(due) => {
                    return [*due, self.telephones.next_due()].into_iter().flatten().min();
                }
            };
            let word = self.addressed(output);
            if let (Some(shard), Some(word)) = (self.shards.get((ticket.0 >> 48) as usize), word) {
                shard.send(word);
            }
        }
    }

    /// The word as its shard gets it: an offer to a telephone says where that is now. `None` for one that was there until
    /// a moment ago; the pool tries the next agent.
    fn addressed(&mut self, word: acd::Output) -> Option<ToShard> {
        let acd::Output::Offer { ticket, agent, address: acd::OfferTo::Session(session), .. } = word else {
            return Some(ToShard::Pool(word));
        };
        if !is_telephone(session) {
            return Some(ToShard::Pool(word));
        }
        match self.telephones.reached(now(), session) {
            Some(telephone) => Some(ToShard::OfferTelephone { word, telephone }),
            None => {
                let why = acd::NotAnswered::Unreachable;
                self.hear(acd::Input::NotAnswered { ticket, agent, why });
                None
            }
        }
    }
}

fn now() -> Instant {
    net::clock::now().mono
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: u64 = 3_600;

    fn service(hours: &str) -> Arc<dialplan::Service> {
        let flow = "flow: f\nnumbers: [\"1\"]\nstart: bye\nlanguages: [en]\nnodes: { bye: { hangup: {} } }\n";
        let queues = format!(
            "agents: {{ anna: {{ browser: true }} }}\nhours: {{ office: {{ zone: UTC, open: {{ mon-sun: \"{hours}\" }} }} }}\n\
             queues: {{ video: {{ agents: [anna], hours: office }}, other: {{ agents: [anna] }} }}\n"
        );
        let files = [("f.yaml", flow), ("queues.yaml", &queues), ("texts/en.yaml", "a: b\n")];
        let files = files.map(|(path, text)| dialplan::SourceFile { path: path.into(), text: text.into() });
        let compiled = dialplan::Service::compile(&files, &dialplan::Assets::default());
        Arc::new(compiled.unwrap_or_else(|problems| panic!("{}", problems.report())))
    }

    #[test]
    fn doors_change_with_the_hours_and_with_their_edition() {
        let began = net::clock::now().mono;
        let mut hours = Hours { service: service("09:00-17:00"), shut: BTreeSet::new(), due: began };
        let look = |hours: &mut Hours, at: u64| {
            let now = media::Now { mono: began + Duration::from_secs(at), wall: Duration::from_secs(at) };
            let doors = |word| match word {
                acd::Input::SetDoors { queue, doors } => (queue, doors),
                word => panic!("{word:?}"),
            };
            hours.look(now).into_iter().map(doors).collect::<Vec<_>>()
        };
        let video = |doors| vec![("video".to_owned(), doors)];
        assert_eq!(look(&mut hours, 8 * HOUR), video(acd::Doors::Closing));
        assert_eq!(look(&mut hours, 8 * HOUR + 2), []);
        assert_eq!(look(&mut hours, 9 * HOUR), video(acd::Doors::Open));
        assert_eq!(look(&mut hours, 17 * HOUR), video(acd::Doors::Closing));
        // An edition with longer hours opens it at once.
        hours.service = service("09:00-18:00");
        assert_eq!(look(&mut hours, 17 * HOUR + 2), video(acd::Doors::Open));
    }
}
