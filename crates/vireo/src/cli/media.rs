//! `vireo media`: what the gateway makes of a service's slides, texts and clips, ahead of its start.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use dialplan::Service;
use gateway::library::Library;
use gateway::service::{Folder, ServiceError};
use media::{Asset, AssetKey, Format};

use crate::service::{self, Progress};

/// Make what callers see and hear ahead of the gateway's start.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Build(Build),
}

/// Encode every slide, spoken text and clip of a service in every format that callers use.
///
/// Makes only what the cache lacks, and prints how much there is of each kind and format. Exit code 0: everything
/// is there. 1: the service has mistakes, or something cannot be made; each is named with its place. 2: there is no
/// service to be read.
#[derive(Debug, clap::Args)]
struct Build {
    /// The folder of a service, or its dialplans folder
    #[arg(value_name = "DIR", default_value = ".")]
    path: PathBuf,

    /// The folder where the gateway keeps its cache: `data` of vireo.toml, --data of the demo
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,

    /// Say what is lacking, and make nothing
    #[arg(long)]
    dry_run: bool,
}

/// Mistakes in the service, or something that cannot be made.
const MISTAKES: u8 = 1;
/// There is nothing to judge.
const UNREADABLE: u8 = 2;

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            Command::Build(build) => build.execute(),
        }
    }
}

impl Build {
    fn execute(&self) -> anyhow::Result<ExitCode> {
        let folder = Folder::find(&self.path);
        let service = match folder.load() {
            Ok(service) => service,
            Err(ServiceError::Problems(problems)) => {
                print!("{}", problems.report());
                println!("{problems}");
                return Ok(ExitCode::from(MISTAKES));
            }
            Err(error @ (ServiceError::Read { .. } | ServiceError::Empty { .. })) => {
                eprintln!("{error}");
                return Ok(ExitCode::from(UNREADABLE));
            }
        };
        eprint!("{}", service.warnings().report());
        let library = service::open_library(&folder.media, &self.data)?;
        let assets = service::assets(&service);
        // What cannot even be read is named when it is to be made.
        let lacking: Vec<(&Asset, Vec<Format>)> =
            assets.iter().map(|asset| (asset, library.lacking(asset))).collect();
        let count: usize = lacking.iter().map(|(_, formats)| formats.len()).sum();
        if self.dry_run {
            print!("{}", list(&lacking));
            println!("{count} to make");
            return Ok(ExitCode::SUCCESS);
        }
        let progress = Progress::plain_or_bar();
        let failed = library.build(service.version(), &assets, &|done, all| progress.step(done, all));
        progress.finish();
        print!("{}", table(&library, &service, &assets));
        for (asset, error) in &failed {
            match service::origin(&service, asset) {
                Some(place) => println!("{place}: error: {error}"),
                None => println!("error: {error}"),
            }
        }
        match (failed.len(), count) {
            (0, 0) => println!("everything was there"),
            (0, _) => println!("{count} made"),
            (failed, _) => {
                println!("{failed} of {} slides, spoken texts and clips cannot be made", assets.len());
                return Ok(ExitCode::from(MISTAKES));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(lacking: &[(&Asset, Vec<Format>)]) -> String {
    let mut lines = String::new();
    for (asset, formats) in lacking.iter().filter(|(_, formats)| !formats.is_empty()) {
        let formats: Vec<String> = formats.iter().map(|format| name(*format)).collect();
        let what = gateway::library::describe(asset);
        writeln!(lines, "{what}: {}", formats.join(", ")).expect("a String takes everything");
    }
    lines
}

/// How many there are of each kind in each format, and how large they are.
fn table(library: &Library, service: &Service, assets: &[Asset]) -> String {
    let mut rows: BTreeMap<(&str, String), (usize, usize, f64)> = BTreeMap::new();
    for asset in assets {
        for &format in library.formats() {
            let key = AssetKey { asset: asset.clone(), format };
            let Some(track) = library.get(service.version(), &key) else { continue };
            let octets: usize = track.frames.iter().map(|frame| frame.data.len()).sum();
            let row = rows.entry((kind(asset), name(format))).or_default();
            *row = (row.0 + 1, row.1 + octets, row.2 + track.duration.as_secs_f64());
        }
    }
    let mut lines = format!("{:8}{:26}{:>8}{:>12}{:>10}\n", "kind", "format", "number", "kB", "seconds");
    let mut line = |kind: &str, format: &str, (number, octets, seconds): (usize, usize, f64)| {
        let kilobytes = octets as f64 / 1e3;
        writeln!(lines, "{kind:8}{format:26}{number:8}{kilobytes:12.1}{seconds:10.0}")
            .expect("a String takes everything");
    };
    let mut sum = (0, 0, 0.0);
    for ((kind, format), row) in &rows {
        sum = (sum.0 + row.0, sum.1 + row.1, sum.2 + row.2);
        line(kind, format, *row);
    }
    line("all", "", sum);
    lines
}

fn kind(asset: &Asset) -> &'static str {
    match asset {
        Asset::Slide { .. } => "slides",
        Asset::Speech { .. } => "speech",
        Asset::ClipAudio(_) | Asset::ClipVideo(_) => "clips",
    }
}

pub(super) fn name(format: Format) -> String {
    let codec = format.codec().encoding_name();
    match format {
        Format::Audio(audio) => match audio.amr_mode {
            Some(mode) => format!("{codec} mode {mode}"),
            None => codec.to_owned(),
        },
        Format::Video(video) => {
            let way = if video.is_circuit() { " on circuits" } else { "" };
            format!("{codec} {}{way}", video.size)
        }
    }
}

#[cfg(test)]
mod tests {
    use media::{AudioFormat, Codec, Size, VideoFormat};

    use super::*;

    #[test]
    fn formats_are_named_apart() {
        let formats = [
            Format::Audio(AudioFormat::new(Codec::Pcmu)),
            Format::Audio(AudioFormat::amr(2)),
            Format::Video(VideoFormat::prompt(Codec::H263, Size::QCIF)),
            Format::Video(VideoFormat::circuit(Codec::H263)),
        ];
        assert_eq!(formats.map(name), ["PCMU", "AMR mode 2", "H263 176x144", "H263 176x144 on circuits"]);
    }
}
