//! Terminals of our own for demos, load and tests: a SIP video telephone or a 3G-324M phone that calls, is
//! called, walks a menu by keys, and keeps what it saw and heard.
//!
//! It is built on the gateway's own cores, so it proves that they agree with each other, never that they
//! conform: foreign peers do that. Not done: registration, encryption, transports but UDP.
//!
//! [`Phone`] has no sockets and no clock; what it sends is its [`Material`]. [`Terminal`] gives one phone
//! sockets, [`Crowd`] gives them to many on one thread. [`walk_menu`] is a whole scripted call, [`run_load`]
//! is hundreds of calls at once, [`run_bridges`] calls that are bridged to agents of ours, [`time_keys`] how soon a menu
//! answers. A [`Model`] is a telephone with the codecs of one that exists; what it sends may be a
//! [`Card`], which a [`Record`] at the other end finds and measures. Start at [`Phone`].

mod bridge_load;
mod caller;
mod card;
mod crowd;
mod entry;
mod error;
mod impairments;
mod key_times;
pub mod limits;
mod load;
mod material;
pub mod measure;
mod model;
mod phone;
mod record;
mod source;
mod terminal;
mod timeline;
mod walk;

pub use bridge_load::{Bridges, BridgesReport, Seen, run_bridges};
pub use caller::{Page, Report, Trip, walk_menu};
pub use card::Card;
pub use crowd::Crowd;
pub use entry::Entry;
pub use error::Error;
pub use impairments::Impairments;
pub use key_times::{Answer, KeyReport, KeyRow, KeyTrip, time_keys};
pub use load::{Load, LoadReport, Spread, Totals, run_load};
pub use material::{Material, Pictures, Sound};
pub use model::Model;
pub use phone::{Access, CircuitReport, Config, End, Event, Input, KeyForm, Output, Phone, ThreeG};
pub use record::Record;
pub use terminal::Terminal;
pub use timeline::Timeline;
pub use walk::{Pace, Step, Walk};
