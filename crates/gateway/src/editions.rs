//! The threads that make what calls wait for, so that no shard has to draw, speak or encode.
//!
//! One makes editions of prepared prompts in other modes of AMR ([`Library::edition`]), the others what tells of a
//! call's own values ([`Library::first_use`]): an edition takes milliseconds and must not stand behind a voice. A
//! presentation waits for its tracks for some seconds and a change of mode for as long as it takes; the answer comes
//! as the shard's own would.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use call::CallId;
use media::{AssetKey, Track};
use tracing::warn;

use crate::library::{self, Library};
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

/// The way to the threads, which end with the last of these.
#[derive(Clone)]
pub(crate) struct Editions {
    library: Arc<Library>,
    editions: mpsc::SyncSender<Wanted>,
    /// An asset always goes to the same one, so that who wants it next finds it made.
    first_uses: Vec<mpsc::SyncSender<Wanted>>,
    /// As long as this lives, somebody waits.
    _somebody: Arc<()>,
}

impl Editions {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system refuses one.
    pub(crate) fn start(
        library: Arc<Library>,
        gauges: &Arc<Gauges>,
    ) -> io::Result<(Self, Vec<JoinHandle<()>>)> {
        let somebody = Arc::new(());
        let start = |name: &str, make: Make, waiting_max: usize| {
            let (sender, inbox) = mpsc::sync_channel(waiting_max);
            let (library, gauges) = (Arc::clone(&library), Arc::clone(gauges));
            let waiting = Arc::downgrade(&somebody);
            let run = move || {
                let _tells = TellsItsEnd(gauges);
                // What is left over when the gateway stops is for nobody.
                let inbox = inbox.iter().take_while(|_| waiting.strong_count() > 0);
                inbox.for_each(|wanted| answer(&library, make, wanted));
            };
            Ok::<_, io::Error>((sender, thread::Builder::new().name(name.into()).spawn(run)?))
        };
        let (editions, thread) = start("editions", edition, limits::EDITIONS_WANTED_MAX)?;
        let (mut first_uses, mut threads) = (Vec::new(), vec![thread]);
        for _ in 0..limits::FIRST_USE_THREADS {
            let (sender, thread) = start("first-use", first_use, limits::FIRST_USES_WANTED_MAX)?;
            first_uses.push(sender);
            threads.push(thread);
        }
        Ok((Editions { library, editions, first_uses, _somebody: somebody }, threads))
    }

    /// Has it made; false when it never can be, or too many wait already.
    pub(crate) fn want(&self, wanted: Wanted) -> bool {
        if self.library.has_edition(wanted.version, &wanted.key) {
            return self.editions.try_send(wanted).is_ok();
        }
        if !library::may_be_made(&wanted.key) {
            return false;
        }
        let mut hasher = DefaultHasher::new();
        wanted.key.asset.hash(&mut hasher);
        let at = hasher.finish() as usize % self.first_uses.len();
        self.first_uses[at].try_send(wanted).is_ok()
    }
}

type Make = fn(&Library, u64, &AssetKey) -> Result<Option<Arc<Track>>, library::Error>;

fn edition(library: &Library, version: u64, key: &AssetKey) -> Result<Option<Arc<Track>>, library::Error> {
    library.edition(version, key)
}

fn first_use(library: &Library, version: u64, key: &AssetKey) -> Result<Option<Arc<Track>>, library::Error> {
    library.first_use(version, key).map(Some)
}

fn answer(library: &Library, make: Make, wanted: Wanted) {
    let Wanted { call, version, key, shard } = wanted;
    let track = make(library, version, &key).unwrap_or_else(|error| {
        warn!(%error, "what a call waits for cannot be made");
        None
    });
    shard.send(ToShard::Track { call, key: Box::new(key), track });
}
