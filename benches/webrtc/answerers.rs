//! The two processes that are measured: a gateway, and the bare crate.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use gateway::library::{self, Library};
use gateway::service::Folder;
use gateway::webrtc::{Candidate, Command, Event, Role, Session};
use gateway::{Config, Gateway, Listen};
use media::{Asset, AudioFormat, Codec, Format, Size, VideoFormat};
use tokio::sync::mpsc;

use crate::link::{Counts, Happening, Link};
use crate::recording::Recording;
use crate::{Word, words_of};

/// The demo's number.
const HOTLINE: &str = "1008621";

fn say(word: &Word) {
    let line = serde_json::to_string(word).expect("it is plain data");
    // Whoever does not read has ended, and this process will be, too.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The demo's service, called by every peer: as the binary has it, without its web server.
pub(crate) async fn gateway() {
    let gateway = start();
    let hub = gateway.hub();
    let mut sessions = HashMap::new();
    let mut words = words_of(std::io::stdin());
    say(&Word::Ready);
    while let Some(word) = words.recv().await {
        match word {
            Word::Offer { peer, sdp } => {
                let mut session = hub.open(Role::Phone).expect("there is room");
                let call = Command::Call { number: HOTLINE.into(), sdp, name: None };
                session.commands.send(call).await.expect("the session is new");
                session.state().await.expect("the session is new");
                let Session { commands, events, .. } = session;
                sessions.insert(peer, commands);
                tokio::spawn(pass_on(peer, events));
            }
            Word::Candidate { peer, candidate, mid, line } => {
                let command = Command::Candidate(Candidate { candidate, mid, line });
                sessions[&peer].send(command).await.expect("the session lives");
            }
            Word::Ready | Word::Answer { .. } | Word::Play { .. } => {}
        }
    }
    gateway.stop();
}

async fn pass_on(peer: usize, mut events: mpsc::Receiver<Event>) {
    while let Some(event) = events.recv().await {
        match event {
            Event::Answer { sdp, .. } => say(&Word::Answer { peer, sdp }),
            Event::Candidate(Candidate { candidate, mid, line }) => {
                say(&Word::Candidate { peer, candidate, mid, line });
            }
            Event::Refused { reason, .. } => panic!("refused: {reason}"),
            _ => {} // what a page draws
        }
    }
}

fn start() -> Gateway {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vireo/tests/service");
    let folder = Folder::find(&project);
    let service = Arc::new(folder.load().expect("the demo is without fault"));
    let formats = vec![
        Format::Audio(AudioFormat::new(Codec::Pcmu)),
        Format::Video(VideoFormat::prompt(Codec::H264, Size::CIF)),
    ];
    let cache_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let config = library::Config { media_dir: folder.media, cache_dir, formats };
    let library = Arc::new(Library::open(config).expect("fonts and voices are installed"));
    let all = service.presentations();
    let clips =
        all.clips.iter().flat_map(|clip| [Asset::ClipAudio(clip.clone()), Asset::ClipVideo(clip.clone())]);
    let shown = all.slides.iter().map(call::slide).chain(all.speech.iter().map(call::speech)).chain(clips);
    library.prepare(service.version(), &shown.collect::<Vec<_>>(), &|_, _| ()).expect("it can be made");
    let listen = vec![Listen::new("127.0.0.1:0".parse().expect("an address"))];
    Gateway::start(Config::new(listen, service, library, 1)).expect("it starts")
}

/// The crate alone: it sends what it is given and takes what comes.
pub(crate) async fn bare() {
    let (told, mut happenings) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(happening) = happenings.recv().await {
            if let Happening::Candidate(word) = happening {
                say(&word);
            }
        }
    });
    let counts = Arc::new(Counts::default());
    let mut links: HashMap<usize, Link> = HashMap::new();
    let mut words = words_of(std::io::stdin());
    say(&Word::Ready);
    while let Some(word) = words.recv().await {
        match word {
            Word::Offer { peer, sdp } => {
                let mut link = Link::new(peer, Arc::clone(&counts), told.clone()).await;
                say(&Word::Answer { peer, sdp: link.answer(sdp).await });
                links.insert(peer, link);
            }
            Word::Candidate { peer, .. } => links[&peer].candidate(word).await,
            Word::Play { file } => {
                let recording = Recording::load(&file);
                for link in links.values() {
                    tokio::spawn(recording.clone().play(link.tracks.clone()));
                }
            }
            Word::Ready | Word::Answer { .. } => {}
        }
    }
}
