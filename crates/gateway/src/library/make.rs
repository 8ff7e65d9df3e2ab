//! From an asset to its tracks: finds the files, says what they are made of, encodes.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use media::{Asset, AudioFormat, Format, SlideValues, Track, VideoFormat};
use slides::Renderer;

use super::address::{Address, Content};
use super::{Config, Error, clip, limits, slide, sound, speech};

/// Fonts of the operator, in the media folder; when there are none, [`FONT`].
const FONT_DIR: &str = "fonts";

/// Debian's fonts-noto-cjk.
const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc";

/// The slide of notices where the operator has none.
const CAPTION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/slides/caption.svg"));
const NOTICE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/slides/notice.svg"));

/// Everything that is needed to make tracks.
pub(super) struct Maker {
    /// Changes with the version that is prepared.
    media_dir: RwLock<PathBuf>,
    cache_dir: PathBuf,
    renderer: Renderer,
    /// Names and sizes of the fonts: other fonts make other pictures.
    fonts: Vec<(String, u64)>,
}

/// An asset with what it is made from, read and addressed.
pub(super) struct Source {
    content: Content,
    what: What,
}

enum What {
    Slide { path: PathBuf, template: String, language: String, values: SlideValues },
    Recording(PathBuf),
    Speech { text: String, language: String },
    ClipAudio(PathBuf),
    ClipVideo(PathBuf),
}

impl Source {
    pub(super) fn address(&self, format: Format) -> Address {
        self.content.address(format)
    }

    /// Of a slide: file name and text of its template.
    pub(super) fn template(&self) -> Option<(&str, &str)> {
        match &self.what {
            What::Slide { path, template, .. } => Some((path.file_name()?.to_str()?, template)),
            What::Recording(_) | What::Speech { .. } | What::ClipAudio(_) | What::ClipVideo(_) => None,
        }
    }
}

impl Maker {
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        let mut paths = font_files(&config.media_dir.join(FONT_DIR))?;
        if paths.is_empty() {
            paths.push(FONT.into());
        }
        let mut fonts = Vec::new();
        let mut data = Vec::new();
        for path in &paths {
            let font = fs::read(path).map_err(|why| Error::file(path, why))?;
            fonts.push((file_name(path), font.len() as u64));
            data.push(font);
        }
        let renderer = Renderer::new(data).map_err(|why| Error::asset(&paths[0], &why))?;
        let (media_dir, cache_dir) = (config.media_dir.clone(), config.cache_dir.clone());
        Ok(Maker { media_dir: RwLock::new(media_dir), cache_dir, renderer, fonts })
    }

    /// What is made from now on is made of what lies here.
    pub(super) fn look_in(&self, media: &Path) {
        media.clone_into(&mut self.media_dir.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Reads what the asset is made of.
    pub(super) fn source(&self, asset: &Asset) -> Result<Source, Error> {
        self.source_with(asset, None)
    }

    /// The same, of a slide with what its template said when it was read before.
    pub(super) fn source_with(&self, asset: &Asset, known: Option<&str>) -> Result<Source, Error> {
        match asset {
            Asset::Slide { template, language, values } => self.slide(template, known, language, values),
            Asset::Speech { name, text, language } => self.speech(name.as_deref(), text, language),
            Asset::ClipAudio(name) => self.clip("clip audio", name, What::ClipAudio),
            Asset::ClipVideo(name) => self.clip("clip video", name, What::ClipVideo),
        }
    }

    /// Makes the tracks of all `formats`; what they have in common is done once. A voice that takes longer than
    /// `speech_max` is given up.
    pub(super) fn make(
        &self,
        source: &Source,
        formats: &[Format],
        speech_max: Duration,
    ) -> Result<Vec<(Format, Track)>, Error> {
        if formats.is_empty() {
            return Ok(Vec::new());
        }
        match &source.what {
            What::Slide { path, template, language, values } => video(formats)
                .map(|format| {
                    let picture = self
                        .renderer
                        .render(template, values, language, format.size)
                        .map_err(|why| Error::asset(path, &why))?;
                    let track = slide::track(&picture, format).map_err(|why| Error::codec(path, why))?;
                    Ok((track.format, track))
                })
                .collect(),
            What::Recording(path) => packets(&speech::recording(path)?, formats, path),
            What::Speech { text, language } => packets(
                &speech::synthesise(text, language, &self.cache_dir, speech_max)?,
                formats,
                &self.cache_dir,
            ),
            What::ClipAudio(path) => packets(&clip::pcm(path)?, formats, path),
            What::ClipVideo(path) => clip::pictures(path, &video(formats).collect::<Vec<_>>()),
        }
    }

    fn slide(
        &self,
        template: &str,
        known: Option<&str>,
        language: &str,
        values: &SlideValues,
    ) -> Result<Source, Error> {
        let path = self.file("slides", template)?;
        let text = match known {
            Some(text) => text.to_owned(),
            // A notice is said with whatever service is live, also with one that knows nothing of notices.
            None if template == dialplan::NOTICE_SLIDE && !path.exists() => NOTICE.to_owned(),
            // Nor need it know that agents write.
            None if template == dialplan::CAPTION_SLIDE && !path.exists() => CAPTION.to_owned(),
            None => {
                let data = read(&path, limits::TEMPLATE_LEN_MAX)?;
                String::from_utf8(data).map_err(|_| Error::asset(&path, &"is not UTF-8"))?
            }
        };
        let mut content = Content::new("slide");
        content.add(text.as_bytes());
        content.add(language.as_bytes());
        content.add_values(values);
        for (name, len) in &self.fonts {
            content.add(name.as_bytes());
            content.add(&len.to_be_bytes());
        }
        let (language, values) = (language.to_owned(), values.clone());
        Ok(Source { content, what: What::Slide { path, template: text, language, values } })
    }

    fn speech(&self, name: Option<&str>, text: &str, language: &str) -> Result<Source, Error> {
        if let Some(name) = name {
            let path = self.file("prompts", language)?.join(plain(&format!("{name}.wav"))?);
            if path.is_file() {
                let mut content = Content::new("recording");
                content.add(&read(&path, limits::CLIP_LEN_MAX)?);
                return Ok(Source { content, what: What::Recording(path) });
            }
        }
        let mut content = Content::new("speech");
        content.add(text.as_bytes());
        content.add(language.as_bytes());
        let (text, language) = (text.to_owned(), language.to_owned());
        Ok(Source { content, what: What::Speech { text, language } })
    }

    fn clip(&self, sort: &str, name: &str, what: fn(PathBuf) -> What) -> Result<Source, Error> {
        let path = self.file("clips", name)?;
        let mut content = Content::new(sort);
        content.add(&read(&path, limits::CLIP_LEN_MAX)?);
        Ok(Source { content, what: what(path) })
    }

    fn file(&self, folder: &str, name: &str) -> Result<PathBuf, Error> {
        let media = self.media_dir.read().unwrap_or_else(PoisonError::into_inner);
        Ok(media.join(folder).join(plain(name)?))
    }
}

/// An asset in a few words, for messages.
#[must_use]
pub fn describe(asset: &Asset) -> String {
    match asset {
        Asset::Slide { template, language, .. } => format!("slide {template} ({language})"),
        Asset::Speech { name: Some(name), language, .. } => format!("speech {name} ({language})"),
        Asset::Speech { name: None, text, language } => {
            format!("speech {:?} ({language})", text.chars().take(40).collect::<String>())
        }
        Asset::ClipAudio(name) | Asset::ClipVideo(name) => format!("clip {name}"),
    }
}

fn video(formats: &[Format]) -> impl Iterator<Item = VideoFormat> {
    formats.iter().filter_map(|format| match format {
        Format::Video(video) => Some(*video),
        Format::Audio(_) => None,
    })
}

fn audio(formats: &[Format]) -> impl Iterator<Item = AudioFormat> {
    formats.iter().filter_map(|format| match format {
        Format::Audio(audio) => Some(*audio),
        Format::Video(_) => None,
    })
}

fn packets(pcm: &[i16], formats: &[Format], path: &Path) -> Result<Vec<(Format, Track)>, Error> {
    audio(formats)
        .map(|format| {
            let track = sound::track(pcm, format).map_err(|why| Error::codec(path, why))?;
            Ok((track.format, track))
        })
        .collect()
}

/// A name from a dialplan is one path component: nothing outside the media folder can be named.
fn plain(name: &str) -> Result<&str, Error> {
    let bad = name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']);
    if bad { Err(Error::asset(Path::new(name), &"is not a plain file name")) } else { Ok(name) }
}

fn read(path: &Path, len_max: u64) -> Result<Vec<u8>, Error> {
    let file = fs::File::open(path).map_err(|why| Error::file(path, why))?;
    let mut data = Vec::new();
    file.take(len_max + 1).read_to_end(&mut data).map_err(|why| Error::file(path, why))?;
    if data.len() as u64 > len_max {
        return Err(Error::asset(path, &format!("is larger than {} kB", len_max >> 10)));
    }
    Ok(data)
}

/// Font files of a folder in order of their names; none when it does not exist.
fn font_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(Error::file(folder, why)),
    };
    let is_font = |path: &PathBuf| {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        ["ttf", "otf", "ttc", "otc"].iter().any(|known| extension == *known)
    };
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_font).collect();
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
