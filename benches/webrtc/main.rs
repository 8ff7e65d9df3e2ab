//! What a browser's leg costs in CPU: the gateway playing its menu to many peers, beside the bare `webrtc` crate
//! sending the same packets to as many.
//!
//! Gateway and bare sender are processes of their own (this program, started again), whose CPU time the kernel
//! counts; the peers live in the first process. Each peer sends sound and pictures, as a page does. Prints, asserts
//! nothing. Start at `measure`.

mod answerers;
mod link;
mod recording;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::link::{Counts, Happening, Link};
use crate::recording::Recording;

/// Names the part of a process that is started again.
const ROLE: &str = "VIREO_BENCH_ROLE";
/// Peers at once, measured one after the other.
const LEGS: [usize; 2] = [20, 50];
/// What is measured.
const WINDOW: Duration = Duration::from_secs(10);
/// Before it: ICE, DTLS, the first pictures.
const SETTLE: Duration = Duration::from_secs(3);
/// Longest wait for all peers.
const CONNECT: Duration = Duration::from_secs(60);

/// A line between the processes, as JSON.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    /// The process takes offers.
    Ready,
    Offer {
        peer: usize,
        sdp: String,
    },
    Answer {
        peer: usize,
        sdp: String,
    },
    Candidate {
        peer: usize,
        candidate: String,
        mid: Option<String>,
        line: Option<u16>,
    },
    /// Send this file's packets to every peer from now on.
    Play {
        file: String,
    },
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    match std::env::var(ROLE).as_deref() {
        Ok("gateway") => runtime.block_on(answerers::gateway()),
        Ok("bare") => runtime.block_on(answerers::bare()),
        _ => runtime.block_on(compare()),
    }
}

async fn compare() {
    for legs in LEGS {
        let ours = measure("gateway", legs, None).await;
        let bare = measure("bare", legs, Some(&ours.recording)).await;
        for (who, cost) in [("gateway", &ours), ("bare webrtc crate", &bare)] {
            println!(
                "{legs} legs, {who}: {:.2} ms of CPU a leg-second ({:.0} packets/s sent, {:.0} taken a leg)",
                cost.ms, cost.sent, cost.taken
            );
        }
        println!("{legs} legs, ratio: {:.2}", ours.ms / bare.ms);
    }
}

/// What one process cost.
struct Cost {
    /// CPU a leg-second.
    ms: f64,
    /// Packets a leg-second to and from each peer.
    sent: f64,
    taken: f64,
    /// What the first peer got in the window.
    recording: Recording,
}

/// Connects `legs` peers to a process of this role and counts its CPU for [`WINDOW`].
async fn measure(role: &str, legs: usize, play: Option<&Recording>) -> Cost {
    let mut process = Process::start(role);
    process.wait_until_ready().await;
    let counts = Arc::new(Counts::default());
    let links = connect(&mut process, legs, &counts).await;
    if let Some(recording) = play {
        process.say(&Word::Play { file: recording.save() });
    }
    let senders: Vec<_> =
        links.iter().map(|link| tokio::spawn(recording::talk(link.tracks.clone()))).collect();
    tokio::time::sleep(SETTLE).await;
    counts.record.store(true, Ordering::Relaxed);
    let (cpu, sent, taken) = (process.cpu(), counts.rtp(), counts.sent());
    tokio::time::sleep(WINDOW).await;
    let (cpu, sent, taken) = (process.cpu() - cpu, counts.rtp() - sent, counts.sent() - taken);
    senders.iter().for_each(tokio::task::JoinHandle::abort);
    let leg_seconds = legs as f64 * WINDOW.as_secs_f64();
    for link in links {
        link.close().await;
    }
    Cost {
        ms: cpu.as_secs_f64() * 1_000.0 / leg_seconds,
        sent: sent as f64 / leg_seconds,
        taken: taken as f64 / leg_seconds,
        recording: counts.recording(),
    }
}

/// Makes the offers and carries answers and candidates to and fro until everybody is connected.
async fn connect(process: &mut Process, legs: usize, counts: &Arc<Counts>) -> Vec<Link> {
    let (told, mut happenings) = mpsc::unbounded_channel();
    let mut links = Vec::new();
    for peer in 0..legs {
        let link = Link::new(peer, Arc::clone(counts), told.clone()).await;
        process.say(&Word::Offer { peer, sdp: link.offer().await });
        links.push(link);
    }
    let mut early: HashMap<usize, Vec<Word>> = HashMap::new();
    let mut connected = 0;
    let all = async {
        while connected < legs {
            tokio::select! {
                Some(happening) = happenings.recv() => match happening {
                    Happening::Candidate(word) => process.say(&word),
                    Happening::Connected => connected += 1,
                },
                Some(word) = process.words.recv() => match word {
                    Word::Answer { peer, sdp } => {
                        links[peer].accept(sdp).await;
                        for word in early.remove(&peer).unwrap_or_default() {
                            links[peer].candidate(word).await;
                        }
                    }
                    Word::Candidate { peer, .. } if links[peer].answered => links[peer].candidate(word).await,
                    Word::Candidate { peer, .. } => early.entry(peer).or_default().push(word),
                    Word::Ready | Word::Offer { .. } | Word::Play { .. } => {}
                },
            }
        }
    };
    tokio::time::timeout(CONNECT, all).await.expect("all peers connect");
    links
}

/// Reads the lines of another process on a thread of its own; ends with them.
fn words_of(source: impl Read + Send + 'static) -> mpsc::UnboundedReceiver<Word> {
    let (to, words) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(source).lines().map_while(Result::ok);
        // A library may print lines of its own.
        for word in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
            if to.send(word).is_err() {
                return;
            }
        }
    });
    words
}

/// This program in another role; ended when dropped.
struct Process {
    child: Child,
    stdin: ChildStdin,
    words: mpsc::UnboundedReceiver<Word>,
}

impl Process {
    fn start(role: &str) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut child = Command::new(program)
            .env(ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let (stdin, stdout) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let words = words_of(stdout);
        Process { child, stdin, words }
    }

    async fn wait_until_ready(&mut self) {
        while !matches!(self.words.recv().await.expect("the process runs"), Word::Ready) {}
    }

    fn say(&mut self, word: &Word) {
        let line = serde_json::to_string(word).expect("it is plain data");
        writeln!(self.stdin, "{line}").expect("the process runs");
    }

    /// User and system time so far, in the kernel's steps of 10 ms (proc(5), fields 14 and 15).
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        let fields: Vec<&str> = stat.rsplit(") ").next().expect("a name").split(' ').collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(10 * ticks)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; nothing is lost by that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
