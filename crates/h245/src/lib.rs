//! Control messages (ITU-T H.245, version 16), in aligned PER.
//!
//! [`decode`] takes the octets of one control SDU apart into [`Message`]s, [`Message::view`] tells what one
//! says, [`build`] makes the ones that a terminal sends, [`encode`] turns them into octets.
//! The types behind [`Message`] follow the module of the Recommendation by name; of what no 3G telephone uses,
//! the octets are kept undecoded. Whatever a later version of H.245 adds is kept undecoded as well and never
//! costs more than itself.
//! It is a crate of its own because the derived readers and writers take long to build. Deviation: every extension addition may be absent, also those that the module
//! demands, because peers speak older versions.
//!
//! Start at [`View`].

pub mod build;
mod build_media;
mod codec;
pub mod limits;
mod names;
mod oid;
mod read;
mod read_media;
mod types;
pub mod view;

pub use codec::{Error, Message, decode, encode};
pub use view::View;

/// What `signalType` may be.
const KEYS: &str = "0123456789#*ABCD!";

#[cfg(test)]
mod tests;
