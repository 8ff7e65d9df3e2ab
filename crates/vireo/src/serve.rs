//! Bringing a gateway up and down: what `vireo run` and `vireo demo` share.
//!
//! The order is that of a person's patience: ports and service are checked before the long work of
//! encoding prompts begins, calls are taken only when everything can be played.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use dialplan::{Address, Flow, Service};
use gateway::service::Folder;
use gateway::{Gateway, Listen};
use rand::TryRngCore;
use rand::rngs::OsRng;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use web::{Board, Certificate, Edition};

use crate::accounts::{self, Beginning, Given};
use crate::live::{self, Edit, Standing, Watched};
use crate::notice;
use crate::service;
use crate::versions::Versions;

/// What a gateway is started with.
pub(crate) struct Settings {
    /// The folder with `dialplans/` and `media/`.
    pub(crate) service: PathBuf,
    /// Where the cache of encoded prompts, the certificate and the database are kept.
    pub(crate) data: PathBuf,
    /// Where accounts, figures and the audit are kept.
    pub(crate) database: store::Place,
    pub(crate) listen: Vec<Listen>,
    pub(crate) rtp_ports: RangeInclusive<u16>,
    /// Addresses of the web side; at least one.
    pub(crate) http: Vec<SocketAddr>,
    /// Serve HTTPS there, by a certificate of our own.
    pub(crate) https: bool,
    /// STUN and TURN servers for calls of browsers.
    pub(crate) ice_servers: Vec<gateway::webrtc::IceServer>,
    /// Gateways of 3G phones with settings of their own.
    pub(crate) trunks: Vec<gateway::Trunk>,
    /// `None`: the gateway's own limit.
    pub(crate) calls_max: Option<usize>,
    /// What `${NAME}` means in connectors, before the environment of the process.
    pub(crate) environment: BTreeMap<String, String>,
    /// What is saved in the service's folder goes live.
    pub(crate) watch: bool,
    /// Who may sign in at first.
    pub(crate) beginning: Beginning,
}

/// What a person is told when calls are taken.
pub(crate) struct Greeting<'a> {
    /// Where the gateway is called.
    pub(crate) sip: &'a [SocketAddr],
    /// The service that it begins with.
    pub(crate) service: &'a Service,
    /// Addresses of the web side.
    pub(crate) http: &'a [SocketAddr],
    /// The file of the certificate, if HTTPS is served.
    pub(crate) certificate: Option<&'a Path>,
    /// Accounts that a person is told of.
    pub(crate) accounts: &'a [Given],
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
    let web = web::Server::bind(&settings.http)?;
    let http = web.addresses()?;
    let certificate = if settings.https { Some(certificate(&settings.data)?) } else { None };
    let published = if settings.watch { None } else { published(&settings.data)? };
    let folder = published.unwrap_or_else(|| Folder::find(&settings.service));
    let watched = settings.watch.then(|| Watched::new(&folder));
    let service = Arc::new(service::load(&folder)?);
    let library = Arc::new(service::open_library(&folder.media, &settings.data)?);
    service::prepare(&library, &service)?;
    let mut config = gateway::Config::new(
        settings.listen,
        Arc::clone(&service),
        Arc::clone(&library),
        OsRng.try_next_u64()?,
    );
    std::fs::create_dir_all(&settings.data)
        .with_context(|| format!("cannot make {}", settings.data.display()))?;
    let now = net::clock::now().wall;
    let notice =
        notice::kept(&settings.data, now)?.map(|written| written.notice()).transpose()?.map(Arc::new);
    if let Some(notice) = &notice {
        notice::prepare(&library, &service, notice)
            .map_err(|why| anyhow!("the notice cannot be shown: {why}"))?;
        println!("callers are told first: {}", notice.text());
    }
    config.notice.clone_from(&notice);
    config.store = Some(settings.database.clone());
    config.rtp_ports = settings.rtp_ports;
    config.ice_servers = settings.ice_servers;
    config.environment = settings.environment;
    config.trunks = settings.trunks;
    config.calls_max = settings.calls_max.unwrap_or(config.calls_max);
    let gateway = Gateway::start(config)?;
    let store = gateway.store().context("the gateway has its database")?;
    let accounts = accounts::begin(&store, settings.beginning, &settings.data, &service);
    let accounts = runtime.block_on(accounts)?;
    let board = Arc::new(Board::new(edition(&service)));
    let site = web::Site {
        version: env!("CARGO_PKG_VERSION"),
        sip: gateway.addresses().to_vec(),
        board: Arc::clone(&board),
        gauges: gateway.gauges(),
        calls: gateway.calls(),
        pool: Some(gateway.pool()),
        hub: Some(gateway.hub()),
        store,
    };
    let serving = web.serve(site, certificate.as_ref())?;
    let standing = Standing { library: &library, service: &service, notice: notice.as_ref() };
    let mut edits = Some(match watched {
        Some(watched) => live::start(watched, &standing, &settings.data)?,
        None => live::take_commands(&standing, &settings.data)?,
    });

    let path = certificate.as_ref().map(|certificate| certificate.path.as_path());
    let (sip, accounts) = (gateway.addresses(), &accounts[..]);
    greet(&Greeting { sip, service: &service, http: &http, certificate: path, accounts });
    println!("ready");
    // A version lives as long as the calls that have it.
    drop(service);
    let live = Live { gateway, board, folder: settings.service };
    let gauges = live.gateway.gauges();
    let told = runtime.block_on(stop.wait(|| gauges.ended(), &mut edits, |edit| live.take(edit)));
    println!("ending: calls in progress are hung up");
    drop(serving);
    live.gateway.stop();
    if told { Ok(ExitCode::SUCCESS) } else { Err(anyhow!("a thread of the gateway has ended; see the log")) }
}

/// The version that was published last, if any was: it is what is live, whatever lies in the service's folder.
fn published(data: &Path) -> anyhow::Result<Option<Folder>> {
    let versions = Versions::new(data);
    let live = versions.live()?;
    if let Some(number) = live {
        println!("version {number} was published, and is live");
    }
    Ok(live.map(|number| versions.folder(number)))
}

/// The certificate for all addresses of this machine.
fn certificate(data: &Path) -> anyhow::Result<Certificate> {
    let addresses = net::interfaces::addresses()?;
    Ok(Certificate::open(&data.join("tls"), &addresses, net::clock::now().wall)?)
}

/// What the pages say of a service that goes live now.
fn edition(service: &Service) -> Edition {
    let browser = |address: &Address| match address {
        Address::Browser => true,
        Address::Sip(_) | Address::Registered { .. } => false,
    };
    let agent = |(name, agent): (&String, &dialplan::Agent)| web::Agent {
        name: name.clone(),
        browser: browser(&agent.address),
    };
    Edition {
        name: service::name(service),
        version: service.version(),
        summary: service.summary(),
        loaded_at: net::clock::now().wall.as_secs(),
        diagnostics: None,
        numbers: service::numbers(service),
        sheets: Arc::new(service.flows().iter().filter_map(|flow| sheet(service, flow)).collect()),
        agents: service.queues().agents.iter().map(agent).collect(),
    }
}

/// A flow as the page of dialplans shows it.
fn sheet(service: &Service, flow: &Flow) -> Option<web::Sheet> {
    let drawn = service.graph(flow.id())?.ok();
    let graph = drawn.and_then(|graph| serde_json::to_value(graph).ok()).unwrap_or_default();
    // The folder above is the machine's business.
    let path = Path::new(service.path(flow.id())?).file_name()?.to_string_lossy().into_owned();
    Some(web::Sheet {
        name: flow.name().to_owned(),
        path,
        source: service.source(flow.id())?.to_owned(),
        graph,
    })
}

/// The running gateway, which takes edits.
struct Live {
    gateway: Gateway,
    board: Arc<Board>,
    folder: PathBuf,
}

impl Live {
    /// Makes a sound edit live, and says what became of any.
    fn take(&self, edit: Edit) {
        let Edition { name, version, .. } = self.board.edition();
        match edit {
            Edit::Good(service) => {
                eprint!("{}", service.warnings().report());
                self.gateway.publish(&service);
                self.board.publish(edition(&service));
                println!("{}: version {} is live", service::name(&service), service.version());
            }
            Edit::Published { service, number, older } => {
                self.gateway.publish(&service);
                self.board.publish(edition(&service));
                let keep = self
                    .gateway
                    .calls()
                    .list()
                    .iter()
                    .filter(|call| call.version != service.version())
                    .count();
                println!("{}: published version {number} is live", service::name(&service));
                // Ignored: a command that has gone away needs no answer.
                let _ = older.send(keep);
            }
            Edit::Refused { report, summary } => {
                let stays = format!("{name}: version {version} stays live: {summary}");
                println!("{}\n{stays}", report.trim_end());
                let text = format!("{}\n{summary}", report.trim_end());
                self.board.diagnose(Some(live::without_folder(&text, &self.folder)));
            }
            Edit::Announced(notice) => {
                self.gateway.announce(notice.as_ref());
                match notice {
                    Some(notice) => println!("callers are told first: {}", notice.text()),
                    None => println!("callers are told nothing first any more"),
                }
            }
            Edit::Mended => {
                self.board.diagnose(None);
                println!("{name}: the mistake is gone; version {version} is what the folder holds");
            }
        }
    }
}

/// What is logged unless `VIREO_LOG` says otherwise. The `webrtc` crate's parts warn in every call: of checks before
/// the browser's first candidate, of packets before the keys are there, of a server name that DTLS has none of.
/// What is wrong with a call shows in our own log. A name stands for all that begin with it.
const LOGGED: &str = "info,rtc=error";

/// `VIREO_LOG` chooses what is logged, as `info` or `call=debug`.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("VIREO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(LOGGED));
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

    /// True when told to stop, false when `broken` came true by itself. Edits are taken meanwhile.
    async fn wait(
        &mut self,
        broken: impl Fn() -> bool,
        edits: &mut Option<Receiver<Edit>>,
        take: impl Fn(Edit),
    ) -> bool {
        let mut look = tokio::time::interval(Duration::from_millis(500));
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return true,
                _ = self.terminate.recv() => return true,
                edit = next(edits) => take(edit),
                _ = look.tick() => {
                    if broken() {
                        return false;
                    }
                }
            }
        }
    }
}

/// The next edit; never, when nothing is watched.
async fn next(edits: &mut Option<Receiver<Edit>>) -> Edit {
    if let Some(receiver) = edits {
        if let Some(edit) = receiver.recv().await {
            return edit;
        }
        // The judge has ended: what is saved from now on needs a new start.
        tracing::error!("live edit has ended");
        *edits = None;
    }
    std::future::pending().await
}
