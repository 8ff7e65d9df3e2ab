//! The threads that transcode: as many as there are cores, each with the transcoders that were given to it.
//!
//! A transcoder stays on its thread, so its frames keep their order. A shard hands frames over and never waits: a
//! queue that is full drops, pictures up to the next key picture, which is asked for. Within a thread sound goes
//! first; a thread that is behind goes on decoding pictures, since later ones build on them, and encodes none. A
//! fault in a codec ends its one stream. Start at [`Transcoding::tell`].

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use call::{FromTranscoder, Job, ToTranscoder, TranscoderId};
use codec::Overlay;
use codec::transcode::{AudioTranscoder, Load, Mixer, VideoTranscoder};
use codec::video::Decoder;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select_biased, unbounded};
use media::{AudioFormat, Format, Frame, Kind, Picture, Track, VideoFormat};
use rustc_hash::FxHashMap;
use tracing::{debug, warn};

use crate::limits;
use crate::worker::{Gauges, TellsItsEnd, ToShard, WorkerHandle};

/// The way to the threads, for one shard; they end with it.
pub(crate) struct Transcoding {
    lanes: Vec<Lane>,
    streams: FxHashMap<TranscoderId, Stream>,
    gauges: Arc<Gauges>,
}

/// The way to one thread.
struct Lane {
    /// Words that must not be lost. Few for each transcoder, whose number the calls bound.
    orders: Sender<Order>,
    sound: Sender<Work>,
    pictures: Sender<Work>,
    /// What its transcoders cost, in those of sound.
    load: u32,
}

/// A transcoder as the shard's thread knows it.
struct Stream {
    lane: usize,
    kind: Kind,
    waiting: Arc<AtomicUsize>,
    /// Frames were dropped; those up to the next key picture are of no use.
    starved: bool,
}

/// What a coder is made for.
enum Task {
    Transcode(Job),
    Mix(AudioFormat),
}

impl Task {
    fn kind(&self) -> Kind {
        match self {
            Task::Transcode(job) => job.kind(),
            Task::Mix(_) => Kind::Audio,
        }
    }
}

enum Order {
    Begin { id: TranscoderId, task: Task, waiting: Arc<AtomicUsize> },
    Key(TranscoderId),
    Rate(TranscoderId, u32),
    Shape(TranscoderId, VideoFormat),
    Overlay(TranscoderId, Arc<Track>),
    EndOverlay(TranscoderId),
    Mode(TranscoderId, u8),
    End(TranscoderId),
}

struct Work {
    id: TranscoderId,
    piece: Piece,
    since: Instant,
}

/// What goes in, in order.
enum Piece {
    Frame(Frame),
    /// Of the second party of a mixture.
    Beside(Frame),
    /// What the pause that begins sounds like.
    Noise(Bytes),
}

/// About what a stream of pictures costs, in streams of sound.
const PICTURES_COST: u32 = 6;

fn cost(kind: Kind) -> u32 {
    match kind {
        Kind::Audio => 1,
        Kind::Video => PICTURES_COST,
    }
}

impl Transcoding {
    /// Starts the threads, which answer to `shard`.
    ///
    /// # Errors
    /// When the system refuses one.
    pub(crate) fn start(
        shard: &WorkerHandle,
        gauges: &Arc<Gauges>,
    ) -> io::Result<(Self, Vec<JoinHandle<()>>)> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (mut lanes, mut threads) = (Vec::new(), Vec::new());
        for number in 0..cores {
            let (orders, order_inbox) = unbounded();
            let (sound, sound_inbox) = bounded(limits::LANE_WAITS_MAX);
            let (pictures, picture_inbox) = bounded(limits::LANE_WAITS_MAX);
            lanes.push(Lane { orders, sound, pictures, load: 0 });
            let bench = Bench {
                orders: order_inbox,
                sound: sound_inbox,
                pictures: picture_inbox,
                running: FxHashMap::default(),
                shard: shard.clone(),
                made: Vec::new(),
                pauses: FxHashMap::default(),
            };
            let tells = TellsItsEnd(Arc::clone(gauges));
            let run = move || {
                let _tells = tells;
                bench.run();
            };
            threads.push(thread::Builder::new().name(format!("codec-{number}")).spawn(run)?);
        }
        let gauges = Arc::clone(gauges);
        Ok((Transcoding { lanes, streams: FxHashMap::default(), gauges }, threads))
    }

    /// Hands a word of a call over. The answer, if there is one, is for the call at once.
    pub(crate) fn tell(&mut self, now: Instant, word: ToTranscoder) -> Option<FromTranscoder> {
        match word {
            ToTranscoder::Begin { id, job } => self.begin(id, Task::Transcode(job)),
            ToTranscoder::BeginMix { id, to } => self.begin(id, Task::Mix(to)),
            ToTranscoder::Beside { id, frame } => return self.hand_over(now, id, Piece::Beside(frame)),
            ToTranscoder::Frame { id, frame } => return self.hand_over(now, id, Piece::Frame(frame)),
            ToTranscoder::Noise { id, noise } => return self.hand_over(now, id, Piece::Noise(noise)),
            ToTranscoder::Key { id } => self.order(id, Order::Key(id)),
            ToTranscoder::Rate { id, bps } => self.order(id, Order::Rate(id, bps)),
            ToTranscoder::Shape { id, to } => self.order(id, Order::Shape(id, to)),
            ToTranscoder::Overlay { id, slide } => self.order(id, Order::Overlay(id, slide)),
            ToTranscoder::EndOverlay { id } => self.order(id, Order::EndOverlay(id)),
            ToTranscoder::Mode { id, mode } => self.order(id, Order::Mode(id, mode)),
            ToTranscoder::End { id } => self.end(id),
            ToTranscoder::EndCall { call } => {
                let own: Vec<_> = self.streams.keys().filter(|id| id.call == call).copied().collect();
                own.into_iter().for_each(|id| self.end(id));
            }
        }
        None
    }

    fn begin(&mut self, id: TranscoderId, task: Task) {
        let Some((lane, least)) = self.lanes.iter_mut().enumerate().min_by_key(|(_, lane)| lane.load) else {
            return;
        };
        let (kind, waiting) = (task.kind(), Arc::new(AtomicUsize::new(0)));
        least.load += cost(kind);
        let stream = Stream { lane, kind, waiting: Arc::clone(&waiting), starved: false };
        self.streams.insert(id, stream);
        self.gauges.show_transcoders(self.streams.len());
        self.order(id, Order::Begin { id, task, waiting });
    }

    fn end(&mut self, id: TranscoderId) {
        self.order(id, Order::End(id));
        if let Some(stream) = self.streams.remove(&id) {
            self.lanes[stream.lane].load -= cost(stream.kind);
            self.gauges.show_transcoders(self.streams.len());
        }
    }

    fn order(&self, id: TranscoderId, order: Order) {
        let Some(stream) = self.streams.get(&id) else { return };
        if self.lanes[stream.lane].orders.send(order).is_err() {
            warn!("a transcoding thread has ended");
        }
    }

    /// Never waits: what does not fit is dropped.
    fn hand_over(&mut self, now: Instant, id: TranscoderId, piece: Piece) -> Option<FromTranscoder> {
        let stream = self.streams.get_mut(&id)?;
        let lane = &self.lanes[stream.lane];
        let (queue, most) = match stream.kind {
            Kind::Audio => (&lane.sound, limits::SOUND_WAITS_MAX),
            Kind::Video => (&lane.pictures, limits::PICTURES_WAIT_MAX),
        };
        let room = stream.waiting.load(Ordering::Relaxed) < most;
        let useful = !stream.starved || matches!(&piece, Piece::Frame(frame) if frame.keyframe);
        if room && useful {
            stream.waiting.fetch_add(1, Ordering::Relaxed);
            match queue.try_send(Work { id, piece, since: now }) {
                Ok(()) => {
                    stream.starved = false;
                    return None;
                }
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                    stream.waiting.fetch_sub(1, Ordering::Relaxed);
                }
            }
        }
        self.gauges.note_not_transcoded();
        match stream.kind {
            Kind::Audio => None,
            Kind::Video => {
                stream.starved = true;
                Some(FromTranscoder::KeyWanted { id })
            }
        }
    }
}

/// What one thread works with.
struct Bench {
    orders: Receiver<Order>,
    sound: Receiver<Work>,
    pictures: Receiver<Work>,
    running: FxHashMap<TranscoderId, Running>,
    shard: WorkerHandle,
    /// Frames of sound just made; empty in between.
    made: Vec<Frame>,
    /// Talkers who pause: when the next 20 ms of their background noise are due, and when nobody waits for more.
    pauses: FxHashMap<TranscoderId, Pause>,
}

struct Pause {
    due: Instant,
    until: Instant,
}

struct Running {
    coder: Coder,
    waiting: Arc<AtomicUsize>,
}

enum Coder {
    Sound(Box<AudioTranscoder>),
    Pictures(Box<VideoTranscoder>),
    Mix(Box<Mixer>),
}

impl Coder {
    fn new(task: Task) -> Result<Self, codec::Error> {
        let job = match task {
            Task::Transcode(job) => job,
            Task::Mix(to) => return Ok(Coder::Mix(Box::new(Mixer::new(to)?))),
        };
        Ok(match job.to {
            Format::Audio(to) => Coder::Sound(Box::new(AudioTranscoder::new(job.from, to)?)),
            Format::Video(to) => Coder::Pictures(Box::new(VideoTranscoder::new(job.from, job.sizes, to)?)),
        })
    }
}

impl Bench {
    /// Runs until the shard is gone.
    fn run(mut self) {
        loop {
            let wait = self.fill_pauses();
            // The first that is ready in this order.
            select_biased! {
                recv(self.orders) -> order => match order {
                    Ok(order) => self.obey(order),
                    Err(_) => return,
                },
                recv(self.sound) -> work => self.work(work.ok()),
                recv(self.pictures) -> work => self.work(work.ok()),
                default(wait) => {}
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Begin { id, task, waiting } => self.begin(id, task, waiting),
            Order::Key(id) => {
                if let Some(Running { coder: Coder::Pictures(coder), .. }) = self.running.get_mut(&id) {
                    coder.force_key();
                }
            }
            Order::Rate(id, bps) => {
                if let Some(Running { coder: Coder::Pictures(coder), .. }) = self.running.get_mut(&id)
                    && let Err(error) = coder.set_rate(bps)
                {
                    debug!(%error, "an encoder keeps its bit rate");
                }
            }
            Order::Shape(id, to) => {
                if let Some(Running { coder: Coder::Pictures(coder), .. }) = self.running.get_mut(&id)
                    && let Err(error) = coder.set_format(to)
                {
                    debug!(%error, "an encoder keeps its size");
                }
            }
            Order::Overlay(id, slide) => {
                if let Some(Running { coder: Coder::Pictures(coder), .. }) = self.running.get_mut(&id) {
                    match first_picture(&slide) {
                        Ok(picture) => coder.set_overlay(picture.map(Overlay::new)),
                        Err(error) => debug!(%error, "a slide is not drawn over the film"),
                    }
                }
            }
            Order::EndOverlay(id) => {
                if let Some(Running { coder: Coder::Pictures(coder), .. }) = self.running.get_mut(&id) {
                    coder.set_overlay(None);
                }
            }
            Order::Mode(id, mode) => {
                if let Some(Running { coder: Coder::Sound(coder), .. }) = self.running.get_mut(&id) {
                    coder.set_mode(mode);
                } else if let Some(Running { coder: Coder::Mix(mixer), .. }) = self.running.get_mut(&id) {
                    mixer.set_mode(mode);
                }
            }
            Order::End(id) => {
                self.pauses.remove(&id);
                if let Some(Running { coder, .. }) = self.running.remove(&id) {
                    tell_counters(id, &coder);
                }
            }
        }
    }

    fn begin(&mut self, id: TranscoderId, task: Task, waiting: Arc<AtomicUsize>) {
        match Coder::new(task) {
            Ok(coder) => {
                self.running.insert(id, Running { coder, waiting });
            }
            Err(error) => self.say(FromTranscoder::Failed { id, why: error.to_string() }),
        }
    }

    fn work(&mut self, work: Option<Work>) {
        let Some(Work { id, piece, since }) = work else { return };
        // It may have been begun after this thread last looked.
        while let Ok(order) = self.orders.try_recv() {
            self.obey(order);
        }
        let Some(running) = self.running.get_mut(&id) else { return };
        running.waiting.fetch_sub(1, Ordering::Relaxed);
        let now = net::clock::now().mono;
        let waited = now.saturating_duration_since(since);
        let made = &mut self.made;
        let done = catch_unwind(AssertUnwindSafe(|| push(&mut running.coder, &piece, waited, made)));
        let key_wanted = match done {
            Ok(Ok(key_wanted)) => key_wanted,
            Ok(Err(error)) => {
                debug!(%error, call = id.call.0, "a frame is not transcoded");
                false
            }
            Err(_) => {
                self.made.clear();
                self.pauses.remove(&id);
                self.running.remove(&id);
                return self.say(FromTranscoder::Failed { id, why: "a fault in a codec".into() });
            }
        };
        match &running.coder {
            Coder::Sound(coder) if coder.is_pausing() => {
                let until = now + limits::PAUSE_LONGEST;
                let due = match piece {
                    Piece::Frame(frame) | Piece::Beside(frame) => now + frame.duration + limits::PAUSE_SLACK,
                    // It stands where a frame would, or says anew how a pause goes on.
                    Piece::Noise(_) => self.pauses.get(&id).map_or(now, |pause| pause.due),
                };
                self.pauses.insert(id, Pause { due, until });
            }
            Coder::Sound(_) => {
                self.pauses.remove(&id);
            }
            Coder::Pictures(_) | Coder::Mix(_) => {}
        }
        self.say_made(id);
        if key_wanted {
            self.say(FromTranscoder::KeyWanted { id });
        }
    }

    /// Goes on with the background noise of talkers who pause; how long until the next is due.
    fn fill_pauses(&mut self) -> Duration {
        if self.pauses.is_empty() {
            return limits::SLEEP_LONGEST;
        }
        let now = net::clock::now().mono;
        self.pauses.retain(|_, pause| now < pause.until);
        let due: Vec<_> =
            self.pauses.iter().filter(|(_, pause)| pause.due <= now).map(|(id, _)| *id).collect();
        for id in due {
            if let Some(pause) = self.pauses.get_mut(&id) {
                pause.due += limits::PAUSE_STEP;
            }
            if let Some(Running { coder: Coder::Sound(coder), .. }) = self.running.get_mut(&id)
                && let Err(error) = coder.conceal(limits::PAUSE_STEP, &mut self.made)
            {
                debug!(%error, "a pause is not filled");
            }
            self.say_made(id);
        }
        let next = self.pauses.values().map(|pause| pause.due.saturating_duration_since(now)).min();
        next.unwrap_or(limits::SLEEP_LONGEST)
    }

    fn say_made(&mut self, id: TranscoderId) {
        let mut made = std::mem::take(&mut self.made);
        for frame in made.drain(..) {
            self.say(FromTranscoder::Frame { id, frame });
        }
        self.made = made;
    }

    fn say(&self, word: FromTranscoder) {
        self.shard.send(ToShard::Transcoded(Box::new(word)));
    }
}

/// What a slide looks like.
fn first_picture(slide: &Track) -> Result<Option<Picture>, codec::Error> {
    let Some(frame) = slide.frames.first() else { return Ok(None) };
    Decoder::new(frame.codec)?.decode(frame)
}

/// Whether the source is to be asked for a key picture.
fn push(
    coder: &mut Coder,
    piece: &Piece,
    waited: Duration,
    made: &mut Vec<Frame>,
) -> Result<bool, codec::Error> {
    match (coder, piece) {
        (Coder::Sound(coder), Piece::Frame(frame)) => {
            coder.push(frame, made)?;
            Ok(false)
        }
        (Coder::Sound(coder), Piece::Noise(noise)) => {
            coder.comfort_noise(noise);
            Ok(false)
        }
        (Coder::Mix(mixer), Piece::Frame(frame)) => mixer.push(0, frame, made).map(|()| false),
        (Coder::Mix(mixer), Piece::Beside(frame)) => mixer.push(1, frame, made).map(|()| false),
        // A pause is silence in a mixture; what belongs beside stands alone nowhere.
        (Coder::Mix(_) | Coder::Pictures(_), Piece::Noise(_))
        | (Coder::Sound(_) | Coder::Pictures(_), Piece::Beside(_)) => Ok(false),
        (Coder::Pictures(coder), Piece::Frame(frame)) => {
            let load = if waited > limits::BEHIND_AFTER { Load::Behind } else { Load::Normal };
            made.extend(coder.push(frame, load)?);
            Ok(coder.take_key_wanted())
        }
    }
}

fn tell_counters(id: TranscoderId, coder: &Coder) {
    match coder {
        Coder::Sound(coder) => {
            debug!(call = id.call.0, counters = ?coder.counters(), "transcoded sound");
        }
        Coder::Pictures(coder) => {
            debug!(call = id.call.0, counters = ?coder.counters(), "transcoded pictures");
        }
        Coder::Mix(_) => debug!(call = id.call.0, "mixed sound"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use media::{AudioFormat, Codec, Sizes};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn a_pause_is_filled_with_the_noise_that_the_talker_described() {
        let poller = net::poll::Poller::new().expect("a poller");
        let (sender, made) = mpsc::channel();
        let shard = WorkerHandle::new(sender, poller.waker());
        let (mut transcoding, threads) =
            Transcoding::start(&shard, &Arc::new(Gauges::default())).expect("threads");
        let id = TranscoderId { call: call::CallId(1), number: 0 };
        let to = Format::Audio(AudioFormat::new(Codec::Pcma));
        let job = Job { from: Codec::Pcmu, sizes: Sizes::Any, to };
        let now = net::clock::now().mono;
        let mut tell = |word| assert_eq!(transcoding.tell(now, word), None);
        tell(ToTranscoder::Begin { id, job });
        let lasts = Duration::from_millis(20);
        let silence = Frame::new(Codec::Pcmu, Duration::ZERO, lasts, true, vec![0xFF; 160].into());
        tell(ToTranscoder::Frame { id, frame: silence });
        tell(ToTranscoder::Noise { id, noise: Bytes::from_static(&[30]) });
        let next = || {
            let ToShard::Transcoded(word) = made.recv_timeout(PATIENCE).expect("a frame") else {
                panic!("no word of a transcoder");
            };
            let FromTranscoder::Frame { frame, .. } = *word else { panic!("{word:?}") };
            frame
        };
        // 0xD5 and 0x55 are the two zeros of PCMA, a step apart.
        let is_silent = |frame: &Frame| frame.data.iter().all(|octet| matches!(octet, 0xD5 | 0x55));
        assert!(is_silent(&next()));
        for number in 1..=5 {
            let frame = next();
            assert_eq!((frame.pts, frame.data.len()), (lasts * number, 160));
            assert!(!is_silent(&frame), "noise of -30 dBov");
        }
        tell(ToTranscoder::End { id });
        drop(transcoding);
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    }
}
