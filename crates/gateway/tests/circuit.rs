//! The demo as a 3G phone gets it: small enough for its circuit, and legible after coding.

mod legibility;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use codec::video::Decoder;
use dialplan::Service;
use gateway::library::{Config, Library};
use gateway::service::Folder;
use media::{Asset, AssetKey, AudioFormat, Codec, Format, Frame, Picture, Size, Track, VideoFormat};

const VIDEO: [Codec; 2] = [Codec::H263, Codec::Mpeg4];

/// The demo in the formats of a 3G phone, and the folder it is cached in, which goes away with it.
struct Demo {
    library: Library,
    service: Service,
    cache: PathBuf,
}

impl Demo {
    fn new(name: &str, formats: Vec<Format>) -> Demo {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
        let folder = Folder::find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../vireo/tests/service"));
        let service = folder.load().expect("the demo is without fault");
        let config = Config { media_dir: folder.media, cache_dir: cache.clone(), formats };
        Demo { library: Library::open(config).expect("opens"), service, cache }
    }

    fn prepare(&self, assets: &[Asset]) {
        self.library.prepare(self.service.version(), assets, &|_, _| ()).expect("everything can be made");
    }

    fn track(&self, asset: &Asset, format: Format) -> Arc<Track> {
        let key = AssetKey { asset: asset.clone(), format };
        self.library.get(self.service.version(), &key).expect("it was prepared")
    }

    fn slides(&self) -> Vec<Asset> {
        self.service.presentations().slides.iter().map(call::slide).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // A leftover folder below target/ harms nobody.
        let _ = fs::remove_dir_all(&self.cache);
    }
}

fn circuits() -> Vec<Format> {
    VIDEO.map(|codec| Format::Video(VideoFormat::circuit(codec))).into()
}

fn octets(frames: &[Frame]) -> usize {
    frames.iter().map(|frame| frame.data.len()).sum()
}

fn decoded(track: &Track) -> Vec<Picture> {
    let mut decoder = Decoder::new(track.format.codec()).expect("a decoder").expecting(Size::QCIF);
    track.frames.iter().map(|frame| decoder.decode(frame).expect("decodes").expect("a picture")).collect()
}

/// What a person calls a slide: the words on it.
fn words(asset: &Asset) -> String {
    let Asset::Slide { template, language, values } = asset else { panic!("a slide") };
    let rows = values.rows.iter().map(|row| row.label.as_str());
    let lines = values.lines.iter().map(String::as_str);
    let all: Vec<&str> = [values.title.as_str()].into_iter().chain(rows).chain(lines).collect();
    format!("{template} {language} {}", all.join("/"))
}

#[test]
fn every_slide_is_soon_there_and_costs_little_after_that() {
    let demo = Demo::new("slides", circuits());
    let slides = demo.slides();
    demo.prepare(&slides);
    for slide in &slides {
        for format in circuits() {
            let track = demo.track(slide, format);
            let seen = decoded(&track);
            let parts = &track.frames[track.loop_from..];
            let (key, loop_bps) =
                (track.frames[0].data.len(), bps(octets(parts), track.duration - parts[0].pts));
            println!("{:8} {key:5} octets, {loop_bps:5.0} bit/s  {}", track.format.codec(), words(slide));
            assert!(key <= 4_000, "{format:?}: {key} octets of {}", words(slide));
            assert!(loop_bps < 5_000.0, "{format:?}: {loop_bps:.0} bit/s of {}", words(slide));
            // The whole slide again by and by, in parts that the next edge waits little for: 160 ms at 44 kbit/s.
            assert_eq!(track.loop_from, 1, "{format:?}");
            let longest = parts.iter().map(|part| part.data.len()).max().expect("parts");
            assert!(octets(parts) > key * 9 / 10 && longest < 900, "{format:?}: up to {longest} octets");
            let periods = track.frames.windows(2).map(|pair| pair[1].pts - pair[0].pts);
            assert!(periods.min().expect("refreshes") >= Duration::from_secs(1));
            assert!(seen.iter().all(|picture| *picture == seen[0]), "{format:?}: it does not pulse");
        }
    }
}

#[test]
fn no_second_of_a_clip_is_more_than_the_circuit_carries() {
    let demo = Demo::new("clips", circuits());
    let clips = demo.service.presentations().clips.clone();
    let assets: Vec<Asset> = clips.iter().map(|clip| Asset::ClipVideo(clip.clone())).collect();
    demo.prepare(&assets);
    for asset in &assets {
        for format in circuits() {
            let track = demo.track(asset, format);
            let mean = bps(octets(&track.frames), track.duration);
            let worst = worst_second(&track.frames);
            let (key, keys) =
                (track.frames[0].data.len(), track.frames.iter().filter(|f| f.keyframe).count());
            let late = late_by(&track.frames);
            println!(
                "{:8} {asset:?}: {} pictures ({keys} keys, first {key}), mean {mean:.0}, worst {worst} bit/s, \
                 last of a picture {late:?} late",
                track.format.codec(),
                track.frames.len()
            );
            assert!(mean < f64::from(VideoFormat::CIRCUIT_BPS), "{format:?}: {mean:.0} bit/s");
            assert!(worst < 50_000, "{format:?}: {worst} bit/s in one second");
            assert!(late < Duration::from_millis(600), "{format:?}: {late:?}");
            decoded(&track);
        }
    }
}

#[test]
fn prompts_are_frames_of_the_best_mode() {
    let format = Format::Audio(AudioFormat::new(Codec::Amr));
    let demo = Demo::new("prompts", vec![format]);
    let said = demo.service.presentations().speech.first().cloned().expect("the demo speaks");
    let asset = call::speech(&said);
    demo.prepare(std::slice::from_ref(&asset));
    let track = demo.track(&asset, format);
    // TOC octet of mode 7 with the Q bit, and its 244 bits (RFC 4867 §5.3).
    assert!(track.frames.iter().all(|frame| frame.data.len() == 32 && frame.data[0] == 0x3C));
    assert_eq!(track.duration, Duration::from_millis(20) * track.frames.len() as u32);
    let mut decoder = codec::audio::Decoder::new(Codec::Amr).unwrap();
    let pcm: Vec<i16> = track.frames.iter().flat_map(|frame| decoder.decode(frame).unwrap()).collect();
    let power = pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / pcm.len() as f64;
    let level = 20.0 * (power.sqrt() / 32_768.0).log10();
    assert!((-30.0..-20.0).contains(&level), "{level:.1} dB");
}

fn bps(octets: usize, duration: Duration) -> f64 {
    octets as f64 * 8.0 / duration.as_secs_f64()
}

/// The most bits that any second of pictures has.
fn worst_second(frames: &[Frame]) -> usize {
    let second = |first: &Frame| {
        let end = first.pts + Duration::from_secs(1);
        8 * octets(&frames.iter().filter(|f| f.pts >= first.pts && f.pts < end).cloned().collect::<Vec<_>>())
    };
    frames.iter().map(second).max().unwrap_or(0)
}

/// How long after its time the last octet of a picture is through at the circuit's rate, at most.
fn late_by(frames: &[Frame]) -> Duration {
    let (mut free, mut late) = (Duration::ZERO, Duration::ZERO);
    for frame in frames {
        let sending =
            Duration::from_secs_f64(frame.data.len() as f64 * 8.0 / f64::from(VideoFormat::CIRCUIT_BPS));
        free = free.max(frame.pts) + sending;
        late = late.max(free - frame.pts);
    }
    late
}
