//! The thread that owns the agent pool: one for all shards, so that no agent is offered twice.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use call::web::SessionId;

use crate::limits;
use crate::webrtc::{AgentNow, Hub};
use crate::worker::{Gauges, TellsItsEnd, ToShard, WorkerHandle};

/// What the pool's thread is told.
pub(crate) enum ToPool {
    /// A word of a call.
    Call(acd::Input),
    /// A new version of queues and agents.
    Reload(Arc<dialplan::Service>),
    /// End of work.
    Stop,
}

/// Starts the pool. Its words go to the shard that drew the ticket: the upper 16 bits of it.
pub(crate) fn start(
    service: &dialplan::Service,
    inbox: mpsc::Receiver<ToPool>,
    shards: Vec<WorkerHandle>,
    gauges: Arc<Gauges>,
    hub: Hub,
) -> std::io::Result<JoinHandle<()>> {
    let pool = acd::Pool::new(&call::pool_config(service));
    thread::Builder::new().name("pool".into()).spawn(move || {
        let _tells = TellsItsEnd(gauges);
        run(pool, &inbox, &shards, &hub);
    })
}

fn run(mut pool: acd::Pool, inbox: &mpsc::Receiver<ToPool>, shards: &[WorkerHandle], hub: &Hub) {
    let mut due = drain(&mut pool, shards, hub);
    loop {
        let sleep = net::clock::until(net::clock::now(), due).unwrap_or(limits::SLEEP_LONGEST);
        let word = match inbox.recv_timeout(sleep) {
            Ok(ToPool::Call(input)) => input,
            Ok(ToPool::Reload(service)) => {
                pool.reload(now(), &call::pool_config(&service));
                due = drain(&mut pool, shards, hub);
                continue;
            }
            Err(RecvTimeoutError::Timeout) => acd::Input::Timeout,
            Ok(ToPool::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        };
        pool.handle_input(now(), word);
        due = drain(&mut pool, shards, hub);
    }
}

fn drain(pool: &mut acd::Pool, shards: &[WorkerHandle], hub: &Hub) -> Option<Instant> {
    loop {
        let output = pool.poll_output();
        let ticket = match &output {
            acd::Output::Offer { ticket, .. }
            | acd::Output::Withdraw { ticket, .. }
            | acd::Output::Dial { ticket, .. }
            | acd::Output::Connected { ticket, .. }
            | acd::Output::Done { ticket, .. }
            | acd::Output::Place { ticket, .. } => *ticket,
            acd::Output::Agent { session, agent, state } => {
                hub.agent(SessionId(*session), AgentNow::signed_in(agent, *state));
                continue;
            }
            acd::Output::NotSignedIn { session, why } => {
                hub.agent(SessionId(*session), AgentNow::signed_out(*why));
                continue;
            }
            acd::Output::Timeout(due) => return *due,
        };
        if let Some(shard) = shards.get((ticket.0 >> 48) as usize) {
            shard.send(ToShard::Pool(output));
        }
    }
}

fn now() -> Instant {
    net::clock::now().mono
}
