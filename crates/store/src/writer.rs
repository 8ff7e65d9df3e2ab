//! The thread that writes: whatever waits, in one transaction.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use call::{Cdr, OrderRecord};
use sqlx::AnyConnection;
use sqlx::Connection;
use tokio::sync::oneshot;
use tracing::{error, info};

use crate::statistics::{self, Editions};
use crate::tickets::{self, FromPool, Start};
use crate::{Place, limits, orders, today};

/// What the thread is told.
pub(crate) enum Word {
    Service(Arc<dialplan::Service>),
    Call(Box<Cdr>),
    Order(Box<OrderRecord>),
    Pool(FromPool),
    Job(Job),
    Stop,
}

/// What came of a group: it is on the disk, or why it is not.
type Fate = Result<(), Arc<sqlx::Error>>;

/// Tells whoever asked what came of a job; `Err` when the job itself failed.
type Answer = Result<Box<dyn FnOnce(Fate)>, Box<dyn FnOnce(Fate)>>;

type Run = dyn for<'c> FnOnce(&'c mut AnyConnection) -> Pin<Box<dyn Future<Output = Answer> + 'c>> + Send;

/// A change that somebody waits for.
pub(crate) struct Job(Box<Run>);

impl Job {
    pub(crate) fn new<T, F>(job: F, tell: oneshot::Sender<Result<T, Arc<sqlx::Error>>>) -> Job
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut AnyConnection) -> Result<T, sqlx::Error> + Send + 'static,
    {
        // Whoever asked may have gone.
        Job(Box::new(move |connection| {
            Box::pin(async move {
                match job(connection).await {
                    Ok(value) => Ok(Box::new(move |fate: Fate| drop(tell.send(fate.map(|()| value))))
                        as Box<dyn FnOnce(Fate)>),
                    Err(why) => {
                        let why = Arc::new(why);
                        Err(Box::new(move |_: Fate| drop(tell.send(Err(why)))) as Box<dyn FnOnce(Fate)>)
                    }
                }
            })
        }))
    }
}

/// What the thread owns.
pub(crate) struct Writer {
    place: Place,
    /// `None` after it broke; the next group opens another.
    connection: Option<AnyConnection>,
    editions: Editions,
    /// Of the gateway whose pool is told of.
    run: Start,
}

/// What is written at once.
#[derive(Default)]
struct Group {
    pool: Vec<FromPool>,
    calls: Vec<Cdr>,
    orders: Vec<OrderRecord>,
    jobs: Vec<Job>,
}

impl Group {
    fn is_empty(&self) -> bool {
        let Group { pool, calls, orders, jobs } = self;
        pool.is_empty() && calls.is_empty() && orders.is_empty() && jobs.is_empty()
    }
}

impl Writer {
    pub(crate) fn new(place: Place, connection: AnyConnection) -> Writer {
        Writer { place, connection: Some(connection), editions: Editions::default(), run: Start::default() }
    }

    /// Until told to stop, or nobody is left who could.
    pub(crate) async fn serve(&mut self, inbox: &Receiver<Word>) {
        while let Ok(first) = inbox.recv() {
            let waiting = inbox.try_iter().take(limits::GROUP_MAX);
            let mut group = Group::default();
            let mut stop = false;
            for word in std::iter::once(first).chain(waiting) {
                match word {
                    Word::Service(service) => self.editions.know(&service),
                    Word::Call(cdr) => group.calls.push(*cdr),
                    Word::Order(order) => group.orders.push(*order),
                    Word::Pool(word) => group.pool.push(word),
                    Word::Job(job) => group.jobs.push(job),
                    Word::Stop => stop = true,
                }
            }
            self.write(group).await;
            if stop {
                return;
            }
        }
    }

    async fn write(&mut self, group: Group) {
        let (calls, orders) = (group.calls.len(), group.orders.len());
        if group.is_empty() {
            return;
        }
        if self.connection.is_none() {
            match self.place.open_again().await {
                Ok(connection) => {
                    info!(place = %self.place, "the database is there again");
                    self.connection = Some(connection);
                }
                // Whoever waits for a job hears that it was dropped.
                Err(why) => return error!(%why, calls, orders, "nothing can be written"),
            }
        }
        let Some(connection) = &mut self.connection else { return };
        let mut answers = Vec::with_capacity(group.jobs.len());
        let written = transact(connection, &self.editions, &mut self.run, group, &mut answers).await;
        let fate = written.map_err(Arc::new);
        if let Err(why) = &fate {
            error!(%why, calls, orders, jobs = answers.len(), "nothing of this group was written");
            self.connection = None;
        }
        answers.into_iter().for_each(|answer| answer(fate.clone()));
    }
}

/// One transaction; each job is a part of it that can be taken back alone, and so are calls and orders.
async fn transact(
    connection: &mut AnyConnection,
    editions: &Editions,
    run: &mut Start,
    group: Group,
    answers: &mut Vec<Box<dyn FnOnce(Fate)>>,
) -> Result<(), sqlx::Error> {
    let Group { pool, calls, orders, jobs } = group;
    let mut transaction = connection.begin().await?;
    if !pool.is_empty() {
        let mut part = transaction.begin().await?;
        match tickets::write(&mut part, run, &pool).await {
            Ok(()) => part.commit().await?,
            Err(why) => {
                error!(%why, words = pool.len(), "what the agent pool decided is missing");
                part.rollback().await?;
            }
        }
    }
    if !calls.is_empty() {
        let mut part = transaction.begin().await?;
        let counted = match statistics::write(&mut part, editions, &calls).await {
            Ok(()) => today::write(&mut part, &calls).await,
            Err(why) => Err(why),
        };
        match counted {
            Ok(()) => part.commit().await?,
            Err(why) => {
                error!(%why, calls = calls.len(), "calls are missing in the statistics");
                part.rollback().await?;
            }
        }
    }
    if !orders.is_empty() {
        let mut part = transaction.begin().await?;
        match orders::write(&mut part, &orders).await {
            Ok(()) => part.commit().await?,
            Err(why) => {
                error!(%why, orders = orders.len(), "orders are in the log only");
                part.rollback().await?;
            }
        }
    }
    for Job(run) in jobs {
        let mut part = transaction.begin().await?;
        match run(&mut part).await {
            Ok(answer) => {
                answers.push(answer);
                part.commit().await?;
            }
            Err(answer) => {
                answers.push(answer);
                part.rollback().await?;
            }
        }
    }
    transaction.commit().await
}
