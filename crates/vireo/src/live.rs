//! Live edit: what is saved in the service's folder is checked, encoded and handed on to go live.
//!
//! A thread of its own judges, so that neither calls nor signals wait for it; the gateway's owner publishes
//! what comes out. A mistake leaves the live version as it is. Start at [`start`]; what commands
//! wish comes the same way, by [`take_commands`].

mod watch;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use dialplan::{Notice, Service};
use gateway::library::Library;
use gateway::service::{Folder, ServiceError};
use tokio::sync::mpsc;

use crate::control::{self, Answer, Wish};
use crate::notice::{self, Written};
use crate::service;
use crate::versions::Versions;
use watch::{Looks, Watch};

/// Judged edits that wait to be published; the judge waits when they are more.
const EDITS_WAITING_MAX: usize = 4;

/// Files up to this size are compared by what is in them, larger ones by length and time.
const COMPARED_LEN_MAX: u64 = 1 << 20;

/// What became of a saved change.
pub(crate) enum Edit {
    /// It is sound and everything of it is encoded: it may go live.
    Good(Arc<Service>),
    /// The same of a version that was published; how many calls keep an older one is told there.
    Published { service: Arc<Service>, number: u64, older: SyncSender<usize> },
    /// What new callers are told first is another notice, or none; it is encoded.
    Announced(Option<Arc<Notice>>),
    /// It has mistakes; this is what to tell the person who made them.
    Refused {
        /// Each mistake with its place, several lines.
        report: String,
        /// How many there are, in one line.
        summary: String,
    },
    /// After a mistake the folder holds again what is live.
    Mended,
}

/// Judges a folder.
struct Editor {
    folder: Folder,
    library: Arc<Library>,
    /// Every version that a call may still have, the live one last.
    versions: Vec<(u64, Weak<Service>)>,
    /// What the live version was made of.
    live: Option<u64>,
    refused: bool,
    /// What new callers are told first.
    notice: Option<Arc<Notice>>,
}

/// What is live at the start.
pub(crate) struct Standing<'a> {
    pub(crate) library: &'a Arc<Library>,
    pub(crate) service: &'a Arc<Service>,
    pub(crate) notice: Option<&'a Arc<Notice>>,
}

/// A folder that is being watched, not yet judged. Made before the service is loaded, so that what is saved
/// while its prompts are being encoded is not missed.
pub(crate) struct Watched {
    watch: Watch,
    folder: Folder,
    content: Option<u64>,
}

impl Watched {
    /// Changes in `folder` count from now on.
    pub(crate) fn new(folder: &Folder) -> Watched {
        let watch = Watch::new(vec![folder.dialplans.clone(), folder.media.clone()]);
        Watched { content: content(watch.seen()), watch, folder: folder.clone() }
    }
}

/// Judges what changes after `service` went live, until the receiver is dropped.
///
/// # Errors
/// When the system refuses a thread.
pub(crate) fn start(
    watched: Watched,
    standing: &Standing<'_>,
    data: &Path,
) -> std::io::Result<mpsc::Receiver<Edit>> {
    let Watched { mut watch, folder, content } = watched;
    let (tell, edits) = mpsc::channel(EDITS_WAITING_MAX);
    let editor = Editor { live: content, ..Editor::new(folder, standing) };
    // Of the thread that watches and the one that takes commands, each of which waits for something else.
    let editor = Arc::new(Mutex::new(editor));
    let (commanded, told, own) = (Arc::clone(&editor), tell.clone(), data.to_owned());
    let taken = control::serve(data, move |wish| match wish {
        Wish::Switch(_) => {
            Answer::Refused("what is saved is live at once here, and nothing is published".into())
        }
        Wish::Announce(written) => lock(&commanded).announce(&own, &told, written.as_ref()),
    });
    // A demo does without commands, such as in a folder whose path is too long for a socket.
    if let Err(why) = taken {
        tracing::warn!(%why, "commands are not taken");
    }
    thread::Builder::new().name("live-edit".into()).spawn(move || {
        while watch.changed(|| tell.is_closed()) {
            let mut editor = lock(&editor);
            let edit = catch_unwind(AssertUnwindSafe(|| editor.judge(watch.seen())));
            let edit = edit.unwrap_or_else(|_| Some(editor.faulty()));
            if edit.is_some_and(|edit| tell.blocking_send(edit).is_err()) {
                return;
            }
        }
    })?;
    Ok(edits)
}

/// Makes stored versions live and gives notices when a command wishes it, until the receiver is dropped.
///
/// # Errors
/// When the way for commands cannot be made.
pub(crate) fn take_commands(standing: &Standing<'_>, data: &Path) -> std::io::Result<mpsc::Receiver<Edit>> {
    let (tell, edits) = mpsc::channel(EDITS_WAITING_MAX);
    let (store, own) = (Versions::new(data), data.to_owned());
    let folder = Folder { dialplans: data.to_owned(), media: data.to_owned() };
    let mut editor = Editor::new(folder, standing);
    control::serve(data, move |wish| {
        let done = catch_unwind(AssertUnwindSafe(|| match wish {
            Wish::Switch(number) => editor.switch(&store, &tell, number),
            Wish::Announce(written) => editor.announce(&own, &tell, written.as_ref()),
        }));
        done.unwrap_or_else(|_| Answer::Refused("a fault in vireo itself; its log says where".to_owned()))
    })?;
    Ok(edits)
}

/// A judge that panicked is as good as before: it writes down what is live when everything else is done.
fn lock(editor: &Mutex<Editor>) -> MutexGuard<'_, Editor> {
    editor.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Editor {
    fn new(folder: Folder, standing: &Standing<'_>) -> Editor {
        let Standing { library, service, notice } = standing;
        let versions = vec![(service.version(), Arc::downgrade(service))];
        let (library, notice) = (Arc::clone(library), notice.cloned());
        Editor { folder, library, versions, live: None, refused: false, notice }
    }

    /// Has new callers told something first, or nothing any more, and keeps that for the next start.
    fn announce(&mut self, data: &Path, tell: &mpsc::Sender<Edit>, written: Option<&Written>) -> Answer {
        let made = written.map(|written| self.made(written)).transpose();
        let notice = match made {
            Ok(notice) => notice,
            Err(why) => return Answer::Refused(why),
        };
        if let Err(why) = notice::keep(data, written) {
            return Answer::Refused(format!("{why:#}"));
        }
        self.notice.clone_from(&notice);
        match tell.blocking_send(Edit::Announced(notice)) {
            Ok(()) => Answer::Announced,
            Err(_) => {
                Answer::Refused("the gateway is ending; it will be told after the next start".to_owned())
            }
        }
    }

    /// A notice with everything of it encoded for the live service.
    fn made(&self, written: &Written) -> Result<Arc<Notice>, String> {
        let notice = written.notice().map_err(|why| why.to_string())?;
        let live = self.versions.last().and_then(|(_, service)| service.upgrade());
        let service = live.ok_or("the gateway is ending")?;
        notice.check(&service).map_err(|why| why.to_string())?;
        notice::prepare(&self.library, &service, &notice)?;
        Ok(Arc::new(notice))
    }

    /// Makes a stored version live; only then it is so for the next start, too.
    fn switch(&mut self, store: &Versions, tell: &mpsc::Sender<Edit>, number: u64) -> Answer {
        self.folder = store.folder(number);
        let service = match self.load() {
            Ok(Edit::Good(service)) => service,
            Err(Edit::Refused { report, .. }) => return Answer::Refused(report),
            Ok(_) | Err(_) => return Answer::Refused("it could not be judged".to_owned()),
        };
        let (older, told) = sync_channel(1);
        if tell.blocking_send(Edit::Published { service, number, older }).is_err() {
            return Answer::Refused("the gateway is ending".to_owned());
        }
        let Ok(older) = told.recv() else { return Answer::Refused("the gateway is ending".to_owned()) };
        match store.switch(number) {
            Ok(()) => Answer::Live { older },
            Err(why) => Answer::Refused(format!("it is live, but will not be after a restart: {why:#}")),
        }
    }

    /// What is to be done about a change; nothing when it is none.
    fn judge(&mut self, looks: &Looks) -> Option<Edit> {
        let content = content(looks);
        if content.is_some() && content == self.live {
            return std::mem::take(&mut self.refused).then_some(Edit::Mended);
        }
        let edit = self.load().unwrap_or_else(|refused| refused);
        self.refused = matches!(edit, Edit::Refused { .. });
        if !self.refused {
            self.live = content;
        }
        Some(edit)
    }

    fn load(&mut self) -> Result<Edit, Edit> {
        let version = self.versions.last().map_or(1, |(version, _)| version + 1);
        self.library.look_in(&self.folder.media);
        let service = self.folder.load().map_err(|error| refused_by_check(&error))?.numbered(version);
        // What only calls of old versions had, and those calls have ended.
        self.versions.retain(|(_, service)| service.strong_count() > 0);
        self.forget_others();
        let mut assets = service::assets(&service);
        if let Some(notice) = &self.notice {
            assets.extend(service::assets_of(&notice.presentations(&service)));
        }
        if let Err(errors) = self.library.prepare(version, &assets, &|_, _| {}) {
            self.forget_others();
            let report = errors.iter().map(|error| format!("error: {error}\n")).collect();
            let summary = format!("{} slides, spoken texts or clips cannot be made", errors.len());
            return Err(Edit::Refused { report, summary });
        }
        let service = Arc::new(service);
        self.versions.push((version, Arc::downgrade(&service)));
        Ok(Edit::Good(service))
    }

    fn forget_others(&self) {
        let versions: Vec<u64> = self.versions.iter().map(|(version, _)| *version).collect();
        self.library.retain(&versions);
    }

    fn faulty(&mut self) -> Edit {
        self.refused = true;
        self.forget_others();
        let report = "error: a fault in vireo itself; its log says where\n".to_owned();
        Edit::Refused { report, summary: "it could not be judged".to_owned() }
    }
}

fn refused_by_check(error: &ServiceError) -> Edit {
    match error {
        ServiceError::Problems(problems) => {
            Edit::Refused { report: problems.report(), summary: problems.to_string() }
        }
        ServiceError::Read { .. } | ServiceError::Empty { .. } => {
            Edit::Refused { report: format!("error: {error}\n"), summary: "it cannot be read".to_owned() }
        }
    }
}

/// A hash over all files, to know the live content again; `None` when one is not to be read just now.
fn content(looks: &Looks) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for (path, look) in looks {
        path.hash(&mut hasher);
        match look.0 <= COMPARED_LEN_MAX {
            true => fs::read(path).ok()?.hash(&mut hasher),
            false => look.hash(&mut hasher),
        }
    }
    Some(hasher.finish())
}

/// `text` with paths told from the service's folder on: for pages, which do not show a machine's folders.
pub(crate) fn without_folder(text: &str, folder: &Path) -> String {
    let with_slash: PathBuf = folder.join("");
    text.replace(&*with_slash.to_string_lossy(), "")
}
