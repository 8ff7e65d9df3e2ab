//! Loading an operator's service and encoding what it shows and says.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, anyhow};
use dialplan::{Flow, Position, Presentations, Service};
use gateway::library::{self, Library};
use gateway::service::{Folder, ServiceError};
use indicatif::{ProgressBar, ProgressStyle};
use media::{Asset, AudioFormat, Codec, Format, Size, VideoFormat};

/// Reads and checks a service at a start; its warnings and mistakes go to standard error.
///
/// # Errors
/// In words for a person.
pub(crate) fn load(folder: &Folder) -> anyhow::Result<Service> {
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

/// The database of a gateway that keeps it beside its other data.
pub(crate) fn database(data: &Path) -> store::Place {
    store::Place::File(data.join("vireo.sqlite"))
}

/// Opens the prompts and slides in `media`, cached below `data`.
///
/// # Errors
/// When a folder or the font cannot be used.
pub(crate) fn open_library(media: &Path, data: &Path) -> anyhow::Result<Library> {
    let config =
        library::Config { media_dir: media.to_owned(), cache_dir: data.join("cache"), formats: formats() };
    Library::open(config).context("cannot open the prompts and slides")
}

/// Every format that a caller's phone can agree to. A 3G phone has AMR and one of the two formats for
/// circuits; where the size of a picture is agreed too, there is one for each.
pub(crate) fn formats() -> Vec<Format> {
    let audio = [Codec::Pcmu, Codec::Pcma, Codec::Amr, Codec::AmrWb, Codec::Opus, Codec::G722]
        .map(|codec| Format::Audio(AudioFormat::new(codec)));
    let packets = [Codec::H264, Codec::H263, Codec::H263p, Codec::Mpeg4, Codec::Vp8]
        .into_iter()
        .flat_map(|codec| [Size::QCIF, Size::CIF].map(|size| VideoFormat::prompt(codec, size)));
    let circuits = [Codec::H263, Codec::Mpeg4].map(VideoFormat::circuit);
    audio.into_iter().chain(packets.chain(circuits).map(Format::Video)).collect()
}

/// Encodes what the service can ever show or say, with a bar for a person to look at.
///
/// # Errors
/// When something cannot be made; standard error says what.
pub(crate) fn prepare(library: &Library, service: &Service) -> anyhow::Result<()> {
    let assets = assets(service);
    let progress = Progress::bar();
    let prepared = library.prepare(service.version(), &assets, &|done, all| progress.step(done, all));
    progress.finish();
    println!("prepared {} slides, spoken texts and clips", assets.len());
    let Err(errors) = prepared else { return Ok(()) };
    for error in &errors {
        eprintln!("error: {error}");
    }
    Err(anyhow!("{} of {} slides, spoken texts and clips cannot be made", errors.len(), assets.len()))
}

/// How far encoding has come, on standard error.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Ten lines in all instead of a bar.
    plain: bool,
}

impl Progress {
    /// A bar on a terminal, elsewhere nothing.
    pub(crate) fn bar() -> Progress {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}").expect("a template of ours");
        bar.set_style(style);
        bar.set_message("preparing slides, speech and clips");
        Progress { bar, plain: false }
    }

    /// A bar on a terminal, elsewhere lines.
    pub(crate) fn plain_or_bar() -> Progress {
        Progress { plain: !std::io::stderr().is_terminal(), ..Progress::bar() }
    }

    pub(crate) fn step(&self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        let tenth = |done: usize| done * 10 / all.max(1);
        if self.plain && done > 0 && tenth(done) > tenth(done - 1) {
            eprintln!("{done} of {all} slides, spoken texts and clips");
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Where in its files the service asks for an asset.
pub(crate) fn origin(service: &Service, asset: &Asset) -> Option<Position> {
    let all = service.presentations();
    match asset {
        Asset::Slide { .. } => {
            service.shown_at(all.slides.iter().find(|slide| call::slide(slide) == *asset)?)
        }
        Asset::Speech { .. } => service.said_at(all.speech.iter().find(|said| call::speech(said) == *asset)?),
        Asset::ClipAudio(name) | Asset::ClipVideo(name) => service.played_at(name),
    }
}

/// Everything the service can ever show or say.
pub(crate) fn assets(service: &Service) -> Vec<Asset> {
    assets_of(service.presentations())
}

/// What is to be made for callers to see and hear these.
pub(crate) fn assets_of(all: &Presentations) -> Vec<Asset> {
    let slides = all.slides.iter().map(call::slide);
    let speech = all.speech.iter().map(call::speech);
    let clips =
        all.clips.iter().flat_map(|clip| [Asset::ClipAudio(clip.clone()), Asset::ClipVideo(clip.clone())]);
    slides.chain(speech).chain(clips).collect()
}

/// The names of its flows, as one line speaks of it.
pub(crate) fn name(service: &Service) -> String {
    service.flows().iter().map(Flow::name).collect::<Vec<_>>().join(", ")
}

/// The numbers it serves.
pub(crate) fn numbers(service: &Service) -> Vec<String> {
    service.flows().iter().flat_map(|flow| flow.numbers().to_vec()).collect()
}
