//! The shell: threads, sockets and files around the pure cores.
//!
//! [`Gateway::start`] binds the addresses, starts one thread for each shard of calls and one for the
//! agent pool, and wires them by channels. The library holds every prompt and slide in every codec;
//! [`service`] reads an operator's folder. No protocol is spoken here: that is `sip`, `rtp` and `call`.

mod calls;
mod config;
mod connector;
mod editions;
mod gateway;
pub mod library;
mod limits;
mod pool;
mod record;
pub mod service;
mod telephones;
mod transcoding;
pub mod webrtc;
mod worker;

pub use call::{Network, Trunk};
pub use calls::{CallNow, Calls};
pub use config::{Config, Listen};
pub use gateway::{Gateway, StartError};
pub use h324m::BitOrder;
pub use pool::{Order, PoolNow, PoolView};
pub use worker::Gauges;
