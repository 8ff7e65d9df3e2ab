//! A call without a telephone: a flow is walked in virtual time, by the same [`Run`](crate::Run) as live calls.
//!
//! [`Walk`] is one such call: a key, patience, or what became of a queue goes in, and what the caller sees and hears
//! comes out. A transcript (`*.sim`, see [`transcript`]) is a call written down with what must come of it. Nothing is
//! encoded here, so how long speech takes is estimated (see [`length`]).

mod fact;
mod length;
pub mod transcript;
mod walk;
mod wall;

pub use fact::{Fact, FactKind, facts};
pub use length::length;
pub use walk::{ANSWERS, Act, Awaits, Cannot, Moment, OUTCOMES, Setup, Walk, What, outcome_name};
pub use wall::{usual_time, wall_time};

impl crate::Service {
    /// The path of the file that a flow stands in.
    pub fn file_of(&self, flow: &crate::Flow) -> &str {
        &self.sources.0[flow.body.name.span.file].path
    }
}
