//! The database with everything that is asked of it, in SQLite and in PostgreSQL.

mod accounts;
mod orders;
mod places;
mod tickets;
mod writing;

use std::future::Future;

use store::{Place, Store};

/// Runs `test` over an empty database of each kind.
fn everywhere<F: Future<Output = ()>>(name: &str, test: impl Fn(Store, Place) -> F) {
    let file = places::File::new(name);
    run(&file.place(), &test);
    if let Some(server) = places::server(name) {
        run(&server.place(), &test);
    }
}

fn run<F: Future<Output = ()>>(place: &Place, test: impl Fn(Store, Place) -> F) {
    let (store, thread) = Store::open(place).expect("it can be opened");
    runtime().block_on(test(store.clone(), place.clone()));
    store.stop();
    thread.join().expect("it ends");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
