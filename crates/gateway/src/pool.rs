//! The thread that owns the agent pool: one for all shards, so that no agent is offered twice.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::limits;
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
) -> std::io::Result<JoinHandle<()>> {
    let pool = acd::Pool::new(&call::pool_config(service));
    thread::Builder::new().name("pool".into()).spawn(move || {
        let _tells = TellsItsEnd(gauges);
        run(pool, &inbox, &shards);
    })
}

fn run(mut pool: acd::Pool, inbox: &mpsc::Receiver<ToPool>, shards: &[WorkerHandle]) {
    let mut due = drain(&mut pool, shards);
    loop {
        let sleep = net::clock::until(net::clock::now(), due).unwrap_or(limits::SLEEP_LONGEST);
        let word = match inbox.recv_timeout(sleep) {
            Ok(ToPool::Call(input)) => input,
            Ok(ToPool::Reload(service)) => {
                pool.reload(now(), &call::pool_config(&service));
                due = drain(&mut pool, shards);
                continue;
            }
            Err(RecvTimeoutError::Timeout) => acd::Input::Timeout,
            Ok(ToPool::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        };
        pool.handle_input(now(), word);
        due = drain(&mut pool, shards);
    }
}

fn drain(pool: &mut acd::Pool, shards: &[WorkerHandle]) -> Option<Instant> {
    loop {
        let output = pool.poll_output();
        let ticket = match &output {
            acd::Output::Offer { ticket, .. }
            | acd::Output::Withdraw { ticket, .. }
            | acd::Output::Connected { ticket, .. }
            | acd::Output::Done { ticket, .. }
            | acd::Output::Place { ticket, .. } => *ticket,
            // Told to nobody until there are sessions.
            acd::Output::Agent { .. } | acd::Output::NotSignedIn { .. } => continue,
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
