//! The library from the outside: the project's own assets, the cache folder, what is wrong with them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use codec::compare::ssim;
use codec::video::Decoder;
use gateway::library::{Config, Error, Library};
use media::{
    Asset, AssetKey, AudioFormat, Codec, Format, Picture, Row, Size, SlideValues, Track, VideoFormat,
};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for the test");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn project_media() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media")
}

fn formats() -> Vec<Format> {
    let mut formats: Vec<Format> =
        [Codec::Pcmu, Codec::Pcma].map(|codec| Format::Audio(AudioFormat::new(codec))).into();
    for codec in [Codec::H264, Codec::H263] {
        formats.extend([Size::QCIF, Size::CIF].map(|size| Format::Video(VideoFormat::prompt(codec, size))));
    }
    formats
}

fn open(media_dir: &Path, cache: &Folder) -> Library {
    let config = Config { media_dir: media_dir.into(), cache_dir: cache.0.clone(), formats: formats() };
    Library::open(config).expect("opens")
}

fn row(key: &str, label: &str) -> Row {
    Row { key: key.into(), label: label.into() }
}

fn slide(title: &str) -> Asset {
    let values = SlideValues {
        title: title.into(),
        rows: vec![row("1", "查询余额"), row("2", "办理流量包"), row("3", "故障报修")],
        footer: vec![row("0", "人工"), row("#", "重听")],
        ..SlideValues::default()
    };
    Asset::Slide { template: "menu.svg".into(), language: "zh-CN".into(), values }
}

fn speech(text: &str, language: &str) -> Asset {
    Asset::Speech { name: Some("greeting".into()), text: text.into(), language: language.into() }
}

fn tracks(library: &Library, asset: &Asset) -> Vec<Arc<Track>> {
    tracks_of(library, 1, asset)
}

fn tracks_of(library: &Library, version: u64, asset: &Asset) -> Vec<Arc<Track>> {
    let key = |format| AssetKey { asset: asset.clone(), format };
    formats().into_iter().filter_map(|format| library.get(version, &key(format))).collect()
}

fn cached(cache: &Folder) -> BTreeSet<PathBuf> {
    fs::read_dir(&cache.0).expect("the cache").map(|entry| entry.expect("an entry").path()).collect()
}

fn decoded(track: &Track) -> Vec<Picture> {
    let Format::Video(format) = track.format else { panic!("pictures") };
    let mut decoder = Decoder::new(format.codec).expect("a decoder").expecting(format.size);
    track.frames.iter().map(|frame| decoder.decode(frame).expect("decodes").expect("a picture")).collect()
}

fn samples(track: &Track) -> Vec<i16> {
    let octets: Vec<u8> = track.frames.iter().flat_map(|frame| frame.data.to_vec()).collect();
    codec::g711::decode(track.format.codec(), &octets).expect("sound")
}

fn level_db(pcm: &[i16]) -> f64 {
    let power = pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / pcm.len() as f64;
    20.0 * (power.sqrt() / 32_768.0).log10()
}

/// What every track promises, whoever made it.
fn assert_sound(track: &Track) {
    let frames = &track.frames;
    assert!(frames[0].keyframe && frames[0].pts == Duration::ZERO, "{:?}", track.format);
    for pair in frames.windows(2) {
        assert!(pair[0].pts < pair[1].pts, "times ascend");
        let gap = pair[1].pts.abs_diff(pair[0].pts + pair[0].duration);
        assert!(gap <= Duration::from_millis(1), "each frame lasts until the next, not {gap:?} off");
    }
    let last = frames.last().expect("frames");
    assert!(track.duration.abs_diff(last.pts + last.duration) <= Duration::from_millis(1));
}

#[test]
fn a_slide_is_small_loops_on_a_key_picture_and_looks_like_itself() {
    let cache = Folder::new("slide");
    let library = open(&project_media(), &cache);
    let (asset, other) = (slide("视频热线"), slide("另一张幻灯片"));
    library.prepare(1, &[asset.clone(), other.clone()], &|_, _| {}).unwrap();
    let tracks_of = (tracks(&library, &asset), tracks(&library, &other));
    assert_eq!(tracks_of.0.len(), 4);
    let renderer = renderer();
    for (track, other) in tracks_of.0.iter().zip(&tracks_of.1) {
        assert_sound(track);
        let Format::Video(format) = track.format else { panic!("pictures") };
        let octets: usize = track.frames.iter().map(|frame| frame.data.len()).sum();
        assert!(octets <= 60_000, "{format:?}: {octets} octets");
        assert!(track.frames[0].data.len() <= format.rate_bps as usize / 8, "{format:?}");
        assert_eq!(track.duration, Duration::from_secs(4));
        let Asset::Slide { values, language, .. } = &asset else { panic!("a slide") };
        let template = fs::read_to_string(project_media().join("slides/menu.svg")).unwrap();
        let drawn = renderer.render(&template, values, language, format.size).unwrap();
        let seen = decoded(track);
        let alike = ssim(&drawn, &seen[0]).unwrap();
        assert!(alike > 0.93, "{format:?}: SSIM {alike:.3}");
        // Nothing moves, and nothing pulses when the loop begins again.
        assert!(ssim(&seen[0], seen.last().unwrap()).unwrap() > 0.97, "{format:?}");
        assert!(ssim(&drawn, &decoded(other)[0]).unwrap() < alike, "{format:?}: slides differ");
    }
}

fn renderer() -> slides::Renderer {
    let font = fs::read("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc").expect("fonts-noto-cjk");
    slides::Renderer::new(vec![font]).expect("a font")
}

#[test]
fn a_decoder_that_goes_round_the_loop_sees_the_same_again() {
    let cache = Folder::new("loop");
    let library = open(&project_media(), &cache);
    library.prepare(1, &[slide("循环")], &|_, _| {}).unwrap();
    for track in tracks(&library, &slide("循环")) {
        let twice: Vec<_> = track.frames.iter().chain(track.frames.iter()).cloned().collect();
        let seen = decoded(&Track { frames: twice.into(), ..(*track).clone() });
        let (first, second) = seen.split_at(track.frames.len());
        assert!(first == second, "{:?}", track.format);
    }
}

#[test]
fn speech_in_both_languages_is_heard_at_one_level_and_lasts_as_long_as_its_words() {
    let cache = Folder::new("speech");
    let library = open(&project_media(), &cache);
    // Sixteen hanzi and eight English words: a spelt code point would take several times as long,
    // a voice that skips hanzi next to nothing.
    let chinese = speech("欢迎致电视频热线，查询余额请按一键。", "zh-CN");
    let english = speech("Welcome to the video hotline. Press one.", "en");
    library.prepare(1, &[chinese.clone(), english.clone()], &|_, _| {}).unwrap();
    for (asset, shortest, longest) in [(&chinese, 2.8, 7.5), (&english, 1.6, 5.0)] {
        let tracks = tracks(&library, asset);
        assert_eq!(tracks.len(), 2);
        for track in tracks {
            assert_sound(&track);
            assert!(track.frames.iter().all(|frame| frame.data.len() == 160));
            let seconds = track.duration.as_secs_f64();
            assert!((shortest..longest).contains(&seconds), "{asset:?}: {seconds} s");
            let pcm = samples(&track);
            let level = codec::loudness::measure(&pcm).expect("it is heard");
            assert!((level + 23.0).abs() < 0.5, "{asset:?}: {level:.1} dB");
            assert!(pcm.iter().all(|s| s.unsigned_abs() < 26_000), "not clipped");
            assert!(level_db(&pcm[..1_600]) > -45.0, "the first word comes within 200 ms");
        }
    }
}

#[test]
fn an_operators_recording_takes_the_place_of_the_voice() {
    let (media, cache) = (Folder::new("recording-media"), Folder::new("recording"));
    let folder = media.0.join("prompts/en");
    fs::create_dir_all(&folder).unwrap();
    let tone: Vec<i16> =
        (0..32_000).map(|n| (5_000.0 * (f64::from(n) * std::f64::consts::FRAC_PI_8).sin()) as i16).collect();
    codec::file::write_wav(folder.join("greeting.wav"), &tone, 16_000).unwrap();
    let library = open(&media.0, &cache);
    let asset = speech("never spoken", "en");
    library.prepare(1, std::slice::from_ref(&asset), &|_, _| {}).unwrap();
    let track = &tracks(&library, &asset)[0];
    assert_eq!(track.duration, Duration::from_secs(2));
    let pcm = samples(track);
    let level = codec::loudness::measure(&pcm).expect("it is heard");
    assert!((level + 23.0).abs() < 0.5, "as loud as the voice: {level:.1} dB");
    // A tone of 1 kHz crosses zero 2000 times a second.
    let crossings = pcm.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
    assert!(crossings.abs_diff(4_000) < 20, "{crossings}");
}

#[test]
fn sound_and_pictures_of_a_clip_start_and_end_together() {
    let cache = Folder::new("clip");
    let library = open(&project_media(), &cache);
    let (sound, pictures) = (Asset::ClipAudio("hold.mp4".into()), Asset::ClipVideo("hold.mp4".into()));
    library.prepare(1, &[sound.clone(), pictures.clone()], &|_, _| {}).unwrap();
    let (sound, pictures) = (tracks(&library, &sound), tracks(&library, &pictures));
    assert_eq!((sound.len(), pictures.len()), (2, 4));
    for track in sound.iter().chain(&pictures) {
        assert_sound(track);
        assert_eq!(track.duration, sound[0].duration, "{:?}", track.format);
        assert!(track.duration.abs_diff(Duration::from_secs(12)) < Duration::from_millis(80));
    }
    for track in &pictures {
        let Format::Video(format) = track.format else { panic!("pictures") };
        let octets: usize = track.frames.iter().map(|frame| frame.data.len()).sum();
        let rate = octets as f64 * 8.0 / track.duration.as_secs_f64();
        assert!(rate < f64::from(format.rate_bps) * 1.15, "{format:?}: {rate:.0} bit/s");
        let gap = track.frames.iter().map(|frame| frame.duration).max().unwrap();
        assert!(gap <= Duration::from_millis(1_500), "{format:?}: {gap:?} without a picture");
        // The dot moves after half a second: pictures are where the clip has them, within 80 ms.
        let seen = decoded(track);
        let moved = seen.iter().position(|picture| dot(picture) == 1).expect("the second dot lights up");
        let at = track.frames[moved].pts;
        assert!(at.abs_diff(Duration::from_millis(500)) <= Duration::from_millis(80), "{format:?}: {at:?}");
    }
}

/// Which of the three dots of hold.mp4 is lit.
fn dot(picture: &Picture) -> usize {
    let (width, height) = (usize::from(picture.size.width), usize::from(picture.size.height));
    let luma = |n: usize| picture.y[height * 212 / 288 * width + (136 + 40 * n) * width / 352];
    (0..3).max_by_key(|n| luma(*n)).expect("three dots")
}

#[test]
fn what_was_made_once_is_found_in_the_cache_and_what_is_damaged_is_made_again() {
    let cache = Folder::new("cache");
    let asset = slide("缓存");
    let first = open(&project_media(), &cache);
    first.prepare(1, std::slice::from_ref(&asset), &|_, _| {}).unwrap();
    let made = cached(&cache);
    assert_eq!(made.len(), 4, "a file a format and nothing else: {made:?}");
    // A second library finds what the first made: its files are not written again.
    let written = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let times: Vec<_> = made.iter().map(|path| written(path)).collect();
    let second = open(&project_media(), &cache);
    second.prepare(1, std::slice::from_ref(&asset), &|_, _| {}).unwrap();
    assert_eq!(tracks(&first, &asset), tracks(&second, &asset));
    assert_eq!(times, made.iter().map(|path| written(path)).collect::<Vec<_>>());
    // Damage is noticed and mended.
    for (path, n) in made.iter().zip(0..) {
        let mut data = fs::read(path).unwrap();
        let middle = data.len() / 2;
        data[middle] ^= 1;
        data.truncate(data.len() - n);
        fs::write(path, data).unwrap();
    }
    let third = open(&project_media(), &cache);
    third.prepare(1, std::slice::from_ref(&asset), &|_, _| {}).unwrap();
    assert_eq!(tracks(&first, &asset), tracks(&third, &asset));
    assert_eq!(cached(&cache), made);
    let fourth = open(&project_media(), &cache);
    fourth.prepare(1, std::slice::from_ref(&asset), &|_, _| {}).unwrap();
    assert_eq!(tracks(&first, &asset), tracks(&fourth, &asset));
}

#[test]
fn a_track_is_shared_and_a_changed_template_is_new_in_the_next_version_only() {
    let (media, cache) = (Folder::new("change-media"), Folder::new("change"));
    fs::create_dir_all(media.0.join("slides")).unwrap();
    let template = media.0.join("slides/menu.svg");
    let svg = |fill: &str| {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><rect width='9' height='9' fill='{fill}'/></svg>"
        )
    };
    fs::write(&template, svg("#204060")).unwrap();
    let library = open(&media.0, &cache);
    library.prepare(1, &[slide("")], &|_, _| {}).unwrap();
    let before = tracks(&library, &slide(""));
    library.prepare(1, &[slide("")], &|_, _| {}).unwrap();
    assert!(Arc::ptr_eq(&before[0], &tracks(&library, &slide(""))[0]), "loaded once and shared");
    fs::write(&template, svg("#F0F0F0")).unwrap();
    library.prepare(2, &[slide("")], &|_, _| {}).unwrap();
    let after = tracks_of(&library, 2, &slide(""));
    assert!(decoded(&before[0])[0].y[0] < 100 && decoded(&after[0])[0].y[0] > 180);
    assert!(Arc::ptr_eq(&before[0], &tracks(&library, &slide(""))[0]), "a call in flight keeps the old one");
    library.retain(&[2]);
    assert!(tracks(&library, &slide("")).is_empty());
    assert!(Arc::ptr_eq(&after[0], &tracks_of(&library, 2, &slide(""))[0]));
}

#[test]
fn errors_name_the_file_and_the_rest_is_made_all_the_same() {
    let (media, cache) = (Folder::new("errors-media"), Folder::new("errors"));
    fs::create_dir_all(media.0.join("slides")).unwrap();
    fs::create_dir_all(media.0.join("clips")).unwrap();
    fs::write(media.0.join("slides/bad.svg"), "<svg>\n{{ values.nothing }}</svg>").unwrap();
    fs::copy(project_media().join("slides/menu.svg"), media.0.join("slides/menu.svg")).unwrap();
    fs::write(media.0.join("clips/text.mp4"), "no clip").unwrap();
    let library = open(&media.0, &cache);
    let bad = |template: &str| Asset::Slide {
        template: template.into(),
        language: "en".into(),
        values: SlideValues::default(),
    };
    let assets = [
        bad("bad.svg"),
        bad("missing.svg"),
        bad("../../etc/passwd"),
        Asset::ClipVideo("text.mp4".into()),
        Asset::ClipAudio("missing.mp4".into()),
        speech("x", "xx-nowhere"),
        slide("好"),
    ];
    let seen = RefCell::new(Vec::new());
    let progress = |done, total| seen.borrow_mut().push((done, total));
    let errors = library.prepare(1, &assets, &progress).unwrap_err();
    let text: Vec<String> = errors.iter().map(Error::to_string).collect();
    assert_eq!(errors.len(), 6, "{text:?}");
    for part in ["bad.svg: line 2", "missing.svg", "etc/passwd", "text.mp4", "missing.mp4", "xx-nowhere"] {
        assert!(text.iter().any(|line| line.contains(part)), "{part} in {text:?}");
    }
    assert_eq!(tracks(&library, &slide("好")).len(), 4);
    assert_eq!(*seen.borrow(), (0..=7).map(|done| (done, 7)).collect::<Vec<_>>());
}

#[test]
fn a_missing_media_folder_is_named_at_once() {
    let cache = Folder::new("nowhere");
    let media_dir = cache.0.join("not-there");
    let config = Config { media_dir, cache_dir: cache.0.clone(), formats: formats() };
    let error = Library::open(config).err().expect("refused").to_string();
    assert!(error.contains("not-there"), "{error}");
}

#[test]
fn sound_in_a_mode_that_was_not_prepared_is_made_when_it_is_needed_and_kept() {
    let cache = Folder::new("edition");
    let asset = speech("Your balance is twelve.", "en");
    let key = |mode| AssetKey { asset: asset.clone(), format: Format::Audio(AudioFormat::amr(mode)) };
    let library = open(&project_media(), &cache);
    assert!(library.edition(1, &key(2)).unwrap().is_none(), "there is nothing to make it of");
    library.prepare(1, std::slice::from_ref(&asset), &|_, _| {}).unwrap();
    let plain = tracks(&library, &asset).remove(0);
    for mode in [0, 2, 7] {
        assert!(library.get(1, &key(mode)).is_none(), "not before it is asked for");
        let track = library.edition(1, &key(mode)).unwrap().expect("can be made");
        assert_sound(&track);
        assert_eq!((track.format, track.duration), (key(mode).format, plain.duration));
        assert_eq!(track.frames.len(), plain.frames.len(), "frame by frame the same sound");
        assert!(track.frames.iter().all(|frame| media::amr::mode(&frame.data) == Some(mode)));
        let mut decoder = codec::audio::Decoder::new(Codec::Amr).unwrap();
        let heard: Vec<i16> = track.frames.iter().flat_map(|frame| decoder.decode(frame).unwrap()).collect();
        let difference = level_db(&heard) - level_db(&samples(&plain));
        assert!(difference.abs() < 3.0, "mode {mode}: {difference:+.1} dB");
        assert_eq!(library.get(1, &key(mode)), Some(track));
    }
    let files = cached(&cache);
    let again = open(&project_media(), &cache);
    again.prepare(2, std::slice::from_ref(&asset), &|_, _| {}).unwrap();
    assert_eq!(again.edition(2, &key(2)).unwrap(), library.get(1, &key(2)));
    assert!(again.edition(1, &key(2)).unwrap().is_none(), "a version that is not there");
    assert_eq!(cached(&cache), files, "nothing was made twice");
    let picture = AssetKey { asset, format: Format::Video(VideoFormat::circuit(Codec::H263)) };
    assert!(library.edition(1, &picture).unwrap().is_none(), "sound alone is made late");
}

#[test]
fn what_tells_a_value_is_made_at_its_first_use_and_kept() {
    let cache = Folder::new("first-use");
    let library = open(&project_media(), &cache);
    library.prepare(1, &[slide("余额")], &|_, _| {}).unwrap();
    let prepared = cached(&cache);
    let said = |text: &str, language: &str| {
        let asset = Asset::Speech { name: None, text: text.into(), language: language.into() };
        AssetKey { asset, format: Format::Audio(AudioFormat::new(Codec::Pcmu)) }
    };
    let drawn =
        AssetKey { asset: slide("63.20元"), format: Format::Video(VideoFormat::circuit(Codec::H263)) };
    let keys = [
        said("您的话费余额是六十三元二角，剩余流量十二点六G。", "zh-CN"),
        said(
            "Your balance is sixty-three yuan and twenty fen. You have twelve point six gigabytes left.",
            "en",
        ),
        drawn.clone(),
    ];
    for key in &keys {
        assert!(library.get(1, key).is_none(), "not before it is asked for");
        #[allow(clippy::disallowed_methods, reason = "what it costs is to be printed")]
        let begin = std::time::Instant::now();
        let track = library.first_use(1, key).unwrap();
        println!(
            "{:?}: {} ms for {} s",
            key.format,
            begin.elapsed().as_millis(),
            track.duration.as_secs_f64()
        );
        assert_sound(&track);
        assert_eq!(library.get(1, key), Some(track));
    }
    assert!(library.get(2, &keys[0]).is_none(), "another version may look different");
    let folder = cache.0.join("passing");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "speech is kept on disk, slides are not");
    assert_eq!(cached(&cache).len(), prepared.len() + 1);
    let again = open(&project_media(), &cache);
    assert_eq!(again.first_use(1, &keys[0]).unwrap(), library.get(1, &keys[0]).unwrap());
    assert!(again.get(1, &keys[0]).is_none(), "a version that is not there keeps nothing");
    library.retain(&[]);
    assert!(keys.iter().all(|key| library.get(1, key).is_none()));
}

#[test]
fn a_slide_at_its_first_use_is_that_of_its_version() {
    let (media, cache) = (Folder::new("first-use-media"), Folder::new("first-use-version"));
    fs::create_dir_all(media.0.join("slides")).unwrap();
    let template = media.0.join("slides/menu.svg");
    fs::copy(project_media().join("slides/menu.svg"), &template).unwrap();
    let library = open(&media.0, &cache);
    library.prepare(1, &[slide("一")], &|_, _| {}).unwrap();
    fs::write(&template, "<svg").unwrap();
    let key =
        AssetKey { asset: slide("二"), format: Format::Video(VideoFormat::prompt(Codec::H264, Size::QCIF)) };
    assert_sound(&library.first_use(1, &key).unwrap());
    let error = library.first_use(2, &key).unwrap_err().to_string();
    assert!(error.contains("menu.svg"), "{error}");
}

#[test]
fn a_service_without_a_slide_for_notices_gets_one() {
    let (media, cache) = (Folder::new("notice-media"), Folder::new("notice-cache"));
    let library = open(&media.0, &cache);
    let notice = |text: &str| {
        let values = SlideValues { lines: vec![text.into()], ..SlideValues::default() };
        Asset::Slide { template: dialplan::NOTICE_SLIDE.into(), language: "en".into(), values }
    };
    let short = notice("No calls abroad.");
    library.prepare(1, std::slice::from_ref(&short), &|_, _| {}).expect("it is drawn");
    let drawn = tracks(&library, &short);
    assert_eq!(drawn.len(), 4);
    let long = notice(&"国际漫游".repeat(20));
    let refused = library.prepare(1, &[long], &|_, _| {}).expect_err("eighty hanzi in QCIF");
    assert!(refused[0].to_string().contains("shorten it"), "{}", refused[0]);

    // The operator's own comes first.
    fs::create_dir(media.0.join("slides")).expect("a fresh folder");
    let page = fs::read(project_media().join("slides/page.svg")).expect("the project has it");
    fs::write(media.0.join("slides").join(dialplan::NOTICE_SLIDE), page).expect("a fresh folder");
    library.prepare(2, std::slice::from_ref(&short), &|_, _| {}).expect("it is drawn");
    let own = tracks_of(&library, 2, &short);
    let alike = ssim(&decoded(&drawn[0])[0], &decoded(&own[0])[0]).expect("the same size");
    assert!(alike < 0.9, "{alike}");
}
