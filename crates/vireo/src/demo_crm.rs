//! The demo's CRM beside the gateway: on loopback, on a thread of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// Starts it on a free port of loopback, which is returned; `database` is made when there is none. It serves until the
/// process ends.
///
/// # Errors
/// When no port is free, or the database cannot be used.
pub(crate) fn start(database: &Path) -> anyhow::Result<SocketAddr> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (listener, address) = listen(&runtime, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let database = database.to_owned();
    thread::Builder::new().name("crm".into()).spawn(move || {
        if let Err(why) = runtime.block_on(crm::serve(listener, &database)) {
            // The hotline goes on without it, and says to callers that it cannot look things up.
            eprintln!("warning: no CRM in {}: {why}", database.display());
        }
    })?;
    Ok(address)
}

/// Listens at `address`, of which port 0 is a free one.
///
/// # Errors
/// When it is taken, or not of this machine.
pub(crate) fn listen(runtime: &Runtime, address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = runtime.block_on(TcpListener::bind(address));
    let listener = listener.with_context(|| format!("cannot listen at {address} (TCP)"))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
