//! The dialplan language: what an operator writes is parsed, checked as a whole and run as a state
//! machine, one [`Run`] per call.
//!
//! Pure: no file, clock, socket or media is touched; texts come in as [`SourceFile`]s, time as an
//! argument. The way in is [`Service::compile`], which answers either a [`Service`] that is known to
//! hold together or all [`Problems`] at once; then [`Run::new`] for each call. The language is described
//! for operators in `dialplans/README.md`; a step of it is one file under `step/`.

mod ask;
mod check;
mod compile;
pub mod connector;
pub mod docs;
mod expression;
mod flow;
pub mod graph;
mod hours;
pub mod limits;
mod notice;
mod origin;
pub mod pictures;
mod presentation;
mod problem;
mod queues;
mod read;
mod reading;
pub mod report;
mod run;
mod scan;
mod scene;
pub mod schema;
mod service;
pub mod simulate;
mod source;
pub mod step;
mod target;
#[cfg(test)]
mod testing;
mod text;
mod types;
mod typing;
mod words;
mod yaml;

pub use notice::{NOTICE_SLIDE, Notice, NoticeError};
pub use presentation::{Places, Presentation, Presentations, Row, Slide, Utterance};
pub use problem::{Problem, Problems, Severity};
pub use run::{
    Action, CAPTION_SLIDE, Decline, Event, Facts, Journal, Ordered, Priority, Quality, QueueOutcome, Rated,
    Run, Stay, TransferOutcome, Wind,
};
pub use service::{
    Address, Agent, Distribution, Flow, FlowId, Intent, Overflow, Queue, Queues, Service, Skills, Strategy,
    When,
};
pub use source::{Assets, Position, SourceFile};
pub use types::Type;
