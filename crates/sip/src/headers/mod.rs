//! The header fields of a message: an ordered list of names and values, and the typed values in it.
//!
//! Names are canonical (compact forms are expanded where a message is read and by every method here); values
//! are kept as they came, octet for octet, but for unfolding. A header that is a comma list has one entry a
//! value. Start at [`Headers`]; the typed readers are in `typed`, one module a kind of value besides.

mod access;
mod content;
mod cseq;
mod history;
mod layout;
mod list;
mod name;
mod name_addr;
mod params;
mod privacy;
mod reason;
mod session;
mod typed;
mod via;
mod warning;

pub use access::{AccessNetworkInfo, ChargingVector};
pub use content::ContentType;
pub use cseq::{CSeq, RAck};
pub use history::{Diversion, HistoryInfo};
pub use list::Headers;
pub use name::canonical;
pub use name_addr::NameAddr;
pub use params::Params;
pub use privacy::Privacy;
pub use reason::Reason;
pub use session::SessionExpires;
pub use via::{Transport, Via};
pub use warning::{RetryAfter, Warning};

pub(crate) use cseq::check as check_cseq;
pub(crate) use layout::Layout;
pub(crate) use name::{KNOWN, Name, Rule, known, row};
pub(crate) use name_addr::check as check_name_addr;
pub(crate) use params::own_name;
pub(crate) use via::check as check_via;
