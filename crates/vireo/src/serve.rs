//! Bringing a gateway up and down: what `vireo run` and `vireo demo` share.
//!
//! The order is that of a person's patience: ports and service are checked before the long work of
//! encoding prompts begins, calls are taken only when everything can be played.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use dialplan::Service;
use gateway::library::{self, Library};
use gateway::service::{Folder, ServiceError};
use gateway::{Gateway, Listen};
use indicatif::{ProgressBar, ProgressStyle};
use media::{Asset, AudioFormat, Codec, Format, Size, VideoFormat};
use rand::TryRngCore;
use rand::rngs::OsRng;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a gateway is started with.
pub(crate) struct Settings {
    /// The folder with `dialplans/` and `media/`.
    pub(crate) service: PathBuf,
    /// Where the cache of encoded prompts is kept.
    pub(crate) data: PathBuf,
    pub(crate) listen: Vec<Listen>,
    pub(crate) rtp_ports: RangeInclusive<u16>,
    pub(crate) http: SocketAddr,
    /// `None`: the gateway's own limit.
    pub(crate) calls_max: Option<usize>,
}

/// What a person is told when calls are taken.
pub(crate) struct Greeting<'a> {
    /// Where the gateway is called.
    pub(crate) sip: &'a [SocketAddr],
    /// The numbers that it serves.
    pub(crate) numbers: &'a [String],
    /// Where it calls agents.
    pub(crate) agents: &'a [String],
    pub(crate) http: SocketAddr,
}

/// Serves until SIGINT or SIGTERM. `greet` speaks just before `ready`.
///
/// # Errors
/// For a person: what is wrong with the service, which file is missing, which port is busy.
pub(crate) fn until_told_to_stop(
    settings: Settings,
    greet: impl FnOnce(&Greeting<'_>),
) -> anyhow::Result<ExitCode> {
    log_to_stderr();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // From here on a signal is an orderly end, also while prompts are being prepared.
    let mut stop = runtime.block_on(async { Stop::listen() })?;
    let web = web::Server::bind(settings.http)?;
    let http = web.address()?;
    let folder = Folder::find(&settings.service);
    let service = Arc::new(load(&folder)?);
    let library = Arc::new(open_library(&folder.media, &settings.data)?);
    prepare(&library, &service)?;
    let agents: Vec<_> = service.queues().agents.values().map(|agent| agent.address.clone()).collect();
    let numbers: Vec<_> = service.flows().iter().flat_map(|flow| flow.numbers().to_vec()).collect();
    let summary = service.summary();

    let mut config = gateway::Config::new(settings.listen, service, library, OsRng.try_next_u64()?);
    config.rtp_ports = settings.rtp_ports;
    config.calls_max = settings.calls_max.unwrap_or(config.calls_max);
    let gateway = Gateway::start(config)?;
    let about = web::About {
        numbers: numbers.clone(),
        sip: gateway.addresses().to_vec(),
        service: summary,
        version: env!("CARGO_PKG_VERSION"),
    };
    let serving = web.serve(about, gateway.gauges())?;

    greet(&Greeting { sip: gateway.addresses(), numbers: &numbers, agents: &agents, http });
    println!("ready");
    let gauges = gateway.gauges();
    let told = runtime.block_on(stop.wait(|| gauges.ended()));
    println!("ending: calls in progress are hung up");
    drop(serving);
    gateway.stop();
    if told { Ok(ExitCode::SUCCESS) } else { Err(anyhow!("a thread of the gateway has ended; see the log")) }
}

fn load(folder: &Folder) -> anyhow::Result<Service> {
    match folder.load() {
        Ok(service) => {
            eprint!("{}", service.warnings().report());
            Ok(service)
        }
        Err(ServiceError::Problems(problems)) => {
            eprint!("{}", problems.report());
            Err(anyhow!("{problems}: the service in {} is not started", folder.dialplans.display()))
        }
        Err(error @ (ServiceError::Read { .. } | ServiceError::Empty { .. })) => Err(error.into()),
    }
}

fn open_library(media: &Path, data: &Path) -> anyhow::Result<Library> {
    let config =
        library::Config { media_dir: media.to_owned(), cache_dir: data.join("cache"), formats: formats() };
    Library::open(config).context("cannot open the prompts and slides")
}

/// Every format that a caller's phone can agree to.
fn formats() -> Vec<Format> {
    let audio = [Codec::Pcmu, Codec::Pcma].map(|codec| Format::Audio(AudioFormat::new(codec)));
    let video = [Codec::H264, Codec::H263].into_iter().flat_map(|codec| {
        [Size::QCIF, Size::CIF].map(|size| Format::Video(VideoFormat::prompt(codec, size)))
    });
    audio.into_iter().chain(video).collect()
}

/// Encodes what the service can ever show or say, with a bar for a person to look at.
fn prepare(library: &Library, service: &Service) -> anyhow::Result<()> {
    let assets = assets(service);
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}").expect("a template of ours");
    bar.set_style(style);
    bar.set_message("preparing slides, speech and clips");
    let prepared = library.prepare(service.version(), &assets, &|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    println!("prepared {} slides, spoken texts and clips", assets.len());
    let Err(errors) = prepared else { return Ok(()) };
    for error in &errors {
        eprintln!("error: {error}");
    }
    Err(anyhow!("{} of {} slides, spoken texts and clips cannot be made", errors.len(), assets.len()))
}

fn assets(service: &Service) -> Vec<Asset> {
    let all = service.presentations();
    let slides = all.slides.iter().map(call::slide);
    let speech = all.speech.iter().map(call::speech);
    let clips =
        all.clips.iter().flat_map(|clip| [Asset::ClipAudio(clip.clone()), Asset::ClipVideo(clip.clone())]);
    slides.chain(speech).chain(clips).collect()
}

/// `VIREO_LOG` chooses what is logged, as `info` or `call=debug`.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("VIREO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // Ignored: only a test could have set one before.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}

/// The wish of a person or a service manager that the gateway end.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> std::io::Result<Self> {
        Ok(Stop { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// True when told to stop, false when `broken` came true by itself.
    async fn wait(&mut self, broken: impl Fn() -> bool) -> bool {
        let mut look = tokio::time::interval(Duration::from_millis(500));
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return true,
                _ = self.terminate.recv() => return true,
                _ = look.tick() => {
                    if broken() {
                        return false;
                    }
                }
            }
        }
    }
}
