//! The thread that makes editions of prompts while calls wait for them, so that no shard has to encode.
//!
//! A presentation waits for its tracks for some seconds and a change of mode for as long as it takes; the
//! answer comes as the shard's own would. See [`Library::edition`].

use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use call::CallId;
use media::AssetKey;
use tracing::warn;

use crate::library::Library;
use crate::limits;
use crate::worker::{Gauges, TellsItsEnd, ToShard, WorkerHandle};

/// What a call waits for.
pub(crate) struct Wanted {
    pub(crate) call: CallId,
    pub(crate) version: u64,
    pub(crate) key: AssetKey,
    /// Whose call it is.
    pub(crate) shard: WorkerHandle,
}

/// The way to the thread, which ends with the last of these.
#[derive(Clone)]
pub(crate) struct Editions {
    wanted: mpsc::SyncSender<Wanted>,
    /// As long as this lives, somebody waits.
    _somebody: Arc<()>,
}

impl Editions {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system refuses one.
    pub(crate) fn start(library: Arc<Library>, gauges: Arc<Gauges>) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, inbox) = mpsc::sync_channel(limits::EDITIONS_WANTED_MAX);
        let somebody = Arc::new(());
        let waiting = Arc::downgrade(&somebody);
        let run = move || {
            let _tells = TellsItsEnd(gauges);
            // What is left over when the gateway stops is for nobody.
            inbox.iter().take_while(|_| waiting.strong_count() > 0).for_each(|wanted| make(&library, wanted));
        };
        let thread = thread::Builder::new().name("editions".into()).spawn(run)?;
        Ok((Editions { wanted: sender, _somebody: somebody }, thread))
    }

    /// Has it made; false when too many wait already.
    pub(crate) fn want(&self, wanted: Wanted) -> bool {
        self.wanted.try_send(wanted).is_ok()
    }
}

fn make(library: &Library, wanted: Wanted) {
    let Wanted { call, version, key, shard } = wanted;
    let track = library.edition(version, &key).unwrap_or_else(|error| {
        warn!(%error, "an edition for a call cannot be made");
        None
    });
    shard.send(ToShard::Track { call, key: Box::new(key), track });
}
