//! The thread that asks connectors by HTTP while calls go on.
//!
//! Every question of a call is answered once: by a value of the right type, by a refusal, or by a failure. A connector
//! that does not answer several times in a row is left alone for a while ([`breaker`]), so that calls are told at once
//! and the other side can recover. Start at [`Connectors::ask`].

mod breaker;
mod environment;
mod http;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use call::CallId;
use dialplan::Service;
use dialplan::connector::{Answer, Question};
use tokio::sync::mpsc;
use tracing::{debug, warn};

pub(crate) use self::environment::Environment;
use self::http::Line;
use crate::limits;
use crate::worker::{Gauges, TellsItsEnd, ToShard, WorkerHandle};

/// The way to the thread, which ends with the last of these.
#[derive(Clone)]
pub(crate) struct Connectors(mpsc::Sender<Asked>);

/// A question and who wants the answer.
pub(crate) struct Asked {
    pub(crate) call: CallId,
    /// Where the connector is described.
    pub(crate) service: Arc<Service>,
    pub(crate) question: Question,
    /// Whose call it is.
    pub(crate) shard: WorkerHandle,
}

impl Connectors {
    /// Starts the thread. `environment` goes before the process's own.
    ///
    /// # Errors
    /// When the system refuses it.
    pub(crate) fn start(
        gauges: &Arc<Gauges>,
        environment: BTreeMap<String, String>,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, inbox) = mpsc::channel(limits::QUESTIONS_WAIT_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let tells = TellsItsEnd(Arc::clone(gauges));
        let run = move || {
            let _tells = tells;
            runtime.block_on(serve(inbox, Environment(environment)));
        };
        let thread = thread::Builder::new().name("connectors".into()).spawn(run)?;
        Ok((Connectors(sender), thread))
    }

    /// Has it asked. The answer is at once that it failed when too many wait.
    pub(crate) fn ask(&self, asked: Asked) -> Option<call::Input> {
        let asked = self.0.try_send(asked).err()?.into_inner();
        warn!(question = ?asked.question, "too many questions to connectors wait; this one is not asked");
        Some(call::Input::Answer { call: asked.call, id: asked.question.id, answer: Answer::Failed })
    }
}

/// What is known of the other side of one connector, by its name: it outlives versions of the service.
type Lines = HashMap<String, Arc<Line>>;

async fn serve(mut inbox: mpsc::Receiver<Asked>, environment: Environment) {
    let client = match http::Client::new(environment) {
        Ok(client) => Some(Arc::new(client)),
        Err(error) => {
            warn!(%error, "no connector can be asked");
            None
        }
    };
    let mut lines = Lines::new();
    // What is on its way when the gateway stops is for nobody.
    while let Some(Asked { call, service, question, shard }) = inbox.recv().await {
        let tell = move |id, answer| shard.send(ToShard::Answer { call, id, answer });
        let found = service.connectors().get(&question.connector);
        let (Some(connector), Some(client)) = (found, client.clone()) else {
            tell(question.id, Answer::Failed);
            continue;
        };
        let line = Arc::clone(lines.entry(connector.name.clone()).or_default());
        tokio::spawn(async move {
            let answer = http::ask(&client, &line, &service, &question).await;
            debug!(?question, ?answer, "a connector");
            tell(question.id, answer);
        });
    }
}
