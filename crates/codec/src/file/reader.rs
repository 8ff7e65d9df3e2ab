//! One file, item by item, in the order of the container.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ffmpeg_next::media::Type;
use ffmpeg_next::software::resampling;
use ffmpeg_next::{ChannelLayout, Rational, codec, decoder, format, frame};
use media::{Picture, Size};

use crate::resample::Resampler;
use crate::video::too_large;
use crate::{Error, SAMPLE_RATE, limits, plane, quiet, scale};

/// A piece of a clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A picture, of the size that the file has.
    Picture {
        /// When it is shown, from the start of the clip.
        pts: Duration,
        /// The picture.
        picture: Picture,
    },
    /// Some sound, mono at [`SAMPLE_RATE`].
    Sound {
        /// When its first sample is heard, from the start of the clip.
        pts: Duration,
        /// The samples.
        pcm: Vec<i16>,
    },
}

/// Reads the first usable video and audio stream of a file, holding no more than a few pictures.
pub struct Reader {
    path: PathBuf,
    input: format::context::Input,
    video: Option<Pictures>,
    audio: Option<Sound>,
    ready: VecDeque<Item>,
    drained: bool,
}

struct Pictures {
    stream: Clock,
    decoder: decoder::Video,
    period: Duration,
    end: Duration,
}

struct Sound {
    stream: Clock,
    decoder: decoder::Audio,
    resampler: Option<(resampling::context::Definition, Resampler)>,
    /// Where the next sample belongs, once the first is known.
    next: Option<Duration>,
}

/// A stream's index and how its times map to the clip's.
#[derive(Clone, Copy)]
struct Clock {
    index: usize,
    time_base: Rational,
    /// Microseconds of the container's clock at which the clip starts.
    origin: i64,
}

/// Sound that is missing for longer than this is heard as a pause; less is the container's rounding and
/// what the resampler holds back.
const GAP_MIN: Duration = Duration::from_millis(100);

impl Reader {
    /// Opens a file and its decoders.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be opened, or holds neither pictures nor sound.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        quiet::libav();
        let path = path.as_ref();
        let fail = |why: String| Error::file(path, &why);
        // The library takes "concat:" and "http:" for protocols; a path that is a file is none.
        if !path.is_file() {
            return Err(fail("no such file".into()));
        }
        let input = format::input(path).map_err(|why| fail(why.to_string()))?;
        let best = |kind| input.streams().best(kind);
        let starts = [best(Type::Video), best(Type::Audio)];
        let origin = starts.iter().flatten().filter_map(start_us).min().unwrap_or(0);
        let video = best(Type::Video).map(|stream| Pictures::open(&stream, origin)).transpose();
        let audio = best(Type::Audio).map(|stream| Sound::open(&stream, origin)).transpose();
        let (video, audio) =
            (video.map_err(|why| fail(why.to_string()))?, audio.map_err(|why| fail(why.to_string()))?);
        if video.is_none() && audio.is_none() {
            return Err(fail("holds neither pictures nor sound".into()));
        }
        let path = path.to_owned();
        Ok(Reader { path, input, video, audio, ready: VecDeque::new(), drained: false })
    }

    /// Whether there is a video stream.
    #[must_use]
    pub fn has_pictures(&self) -> bool {
        self.video.is_some()
    }

    /// Whether there is an audio stream.
    #[must_use]
    pub fn has_sound(&self) -> bool {
        self.audio.is_some()
    }

    /// The end of the last picture read so far.
    #[must_use]
    pub fn pictures_end(&self) -> Duration {
        self.video.as_ref().map_or(Duration::ZERO, |video| video.end)
    }

    /// The next piece, `None` at the end. Damaged packets are skipped.
    ///
    /// # Errors
    /// [`Error::File`] when the clip is beyond [`limits::CLIP_DURATION_MAX`] or a picture too large.
    pub fn next_item(&mut self) -> Result<Option<Item>, Error> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                let (Item::Picture { pts, .. } | Item::Sound { pts, .. }) = &item;
                if *pts > limits::CLIP_DURATION_MAX {
                    return Err(Error::file(&self.path, &"too long"));
                }
                return Ok(Some(item));
            }
            if self.drained {
                return Ok(None);
            }
            self.advance().map_err(|why| Error::file(&self.path, &why))?;
        }
    }

    /// Decodes one packet, or what the decoders still hold after the last.
    fn advance(&mut self) -> Result<(), Error> {
        let mut packet = codec::packet::Packet::empty();
        let more = loop {
            match packet.read(&mut self.input) {
                Ok(()) => break true,
                Err(ffmpeg_next::Error::Eof) => break false,
                // A damaged packet in the middle: libavformat finds the next one, or the end.
                Err(ffmpeg_next::Error::InvalidData) => {}
                Err(_) => break false,
            }
        };
        let packet = more.then_some(&packet);
        self.drained = packet.is_none();
        if let Some(video) = &mut self.video {
            video.push(packet, &mut self.ready)?;
        }
        if let Some(audio) = &mut self.audio {
            audio.push(packet, &mut self.ready)?;
        }
        Ok(())
    }
}

impl Pictures {
    fn open(stream: &format::stream::Stream<'_>, origin: i64) -> Result<Self, ffmpeg_next::Error> {
        let context = codec::Context::from_parameters(stream.parameters())?;
        let found = decoder::find(context.id()).ok_or(ffmpeg_next::Error::DecoderNotFound)?;
        let decoder = context.decoder().open_as_with(found, crate::video::decoder_options())?.video()?;
        let rate = f64::from(stream.avg_frame_rate());
        let period = if rate.is_finite() && rate >= 1.0 { 1.0 / rate } else { 0.1 };
        Ok(Pictures {
            stream: Clock::new(stream, origin),
            decoder,
            period: Duration::from_secs_f64(period),
            end: Duration::ZERO,
        })
    }

    fn push(&mut self, packet: Option<&codec::packet::Packet>, to: &mut VecDeque<Item>) -> Result<(), Error> {
        let sent = match packet {
            Some(packet) if packet.stream() == self.stream.index => self.decoder.send_packet(packet),
            Some(_) => return Ok(()),
            None => self.decoder.send_eof(),
        };
        if sent.is_err() {
            return Ok(());
        }
        let mut frame = frame::Video::empty();
        while self.decoder.receive_frame(&mut frame).is_ok() {
            let pts = frame.timestamp().map_or(self.end, |pts| self.stream.time(pts));
            self.end = pts + self.period;
            to.push_back(Item::Picture { pts, picture: picture(&frame)? });
        }
        Ok(())
    }
}

impl Sound {
    fn open(stream: &format::stream::Stream<'_>, origin: i64) -> Result<Self, ffmpeg_next::Error> {
        let decoder = codec::Context::from_parameters(stream.parameters())?.decoder().audio()?;
        Ok(Sound { stream: Clock::new(stream, origin), decoder, resampler: None, next: None })
    }

    fn push(&mut self, packet: Option<&codec::packet::Packet>, to: &mut VecDeque<Item>) -> Result<(), Error> {
        let sent = match packet {
            Some(packet) if packet.stream() == self.stream.index => self.decoder.send_packet(packet),
            Some(_) => return Ok(()),
            None => self.decoder.send_eof(),
        };
        let mut frame = frame::Audio::empty();
        while sent.is_ok() && self.decoder.receive_frame(&mut frame).is_ok() {
            self.convert(&mut frame, to)?;
        }
        if packet.is_none() {
            self.finish(to)?;
        }
        Ok(())
    }

    fn convert(&mut self, frame: &mut frame::Audio, to: &mut VecDeque<Item>) -> Result<(), Error> {
        // WAV files often leave the layout out.
        if frame.channel_layout().is_empty() {
            frame.set_channel_layout(ChannelLayout::default(i32::from(frame.channels())));
        }
        let shape = resampling::context::Definition {
            format: frame.format(),
            channel_layout: frame.channel_layout(),
            rate: frame.rate(),
        };
        let pts = frame.timestamp().map(|pts| self.stream.time(pts));
        let gap = matches!((pts, self.next), (Some(pts), Some(next)) if pts > next + GAP_MIN);
        if gap || self.resampler.as_ref().is_none_or(|(of, _)| *of != shape) {
            self.finish(to)?;
            let resampler = Resampler::new(shape.format, shape.channel_layout, shape.rate, SAMPLE_RATE)?;
            self.resampler = Some((shape, resampler));
            self.next = Some(pts.or(self.next).unwrap_or_default());
        }
        let Some((_, resampler)) = &mut self.resampler else { return Ok(()) };
        let mut pcm = Vec::new();
        resampler.push(frame, &mut pcm)?;
        self.emit(pcm, to);
        Ok(())
    }

    fn finish(&mut self, to: &mut VecDeque<Item>) -> Result<(), Error> {
        let Some((_, mut resampler)) = self.resampler.take() else { return Ok(()) };
        let mut pcm = Vec::new();
        resampler.finish(&mut pcm)?;
        self.emit(pcm, to);
        Ok(())
    }

    fn emit(&mut self, pcm: Vec<i16>, to: &mut VecDeque<Item>) {
        if pcm.is_empty() {
            return;
        }
        // Counted in samples: what the filter holds back then counts for the next piece.
        let pts = self.next.unwrap_or_default();
        self.next = Some(pts + Duration::from_secs(pcm.len() as u64) / SAMPLE_RATE);
        to.push_back(Item::Sound { pts, pcm });
    }
}

impl Clock {
    fn new(stream: &format::stream::Stream<'_>, origin: i64) -> Self {
        Clock { index: stream.index(), time_base: stream.time_base(), origin }
    }

    /// Time from the start of the clip; what lies before it counts as its start.
    fn time(self, pts: i64) -> Duration {
        let us = micros(pts, self.time_base).saturating_sub(self.origin);
        Duration::from_micros(u64::try_from(us).unwrap_or(0))
    }
}

/// When a stream starts, in microseconds; `None` when its container does not say.
fn start_us(stream: &format::stream::Stream<'_>) -> Option<i64> {
    // AV_NOPTS_VALUE.
    (stream.start_time() != i64::MIN).then(|| micros(stream.start_time(), stream.time_base()))
}

fn micros(pts: i64, time_base: Rational) -> i64 {
    let us = i128::from(pts) * 1_000_000 * i128::from(time_base.0) / i128::from(time_base.1.max(1));
    us.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

fn picture(frame: &frame::Video) -> Result<Picture, Error> {
    let bad = |why: &str| Error::Convert { what: "a picture", why: why.into() };
    let size = plane::size_of(frame).ok_or_else(|| bad("without pixels"))?;
    if too_large(size) {
        return Err(Error::WrongSize { got: size, want: limits::PICTURE_MAX.into() });
    }
    let even = Size { width: size.width & !1, height: size.height & !1 };
    match frame.format() {
        format::Pixel::YUV420P => plane::from_av(frame).ok_or_else(|| bad("without planes")),
        _ => scale::convert(frame, even),
    }
}
