//! What a leg hears and sees, as a Matroska file: frames go in as they are, nothing is decoded or encoded.
//!
//! Streams are told ahead. Where the headers of the pictures must stand in the head of the file (H.264, MPEG-4), it
//! is written with the first key picture; sound before that waits. Start at [`Recorder::create`].

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ffmpeg_next::codec::{Id, Parameters};
use ffmpeg_next::format::context::Output;
use ffmpeg_next::{Packet, Rational, format};
use media::{Codec, Frame, Kind, Size, h264};

use crate::limits::RECORDED_WAITING_MAX;
use crate::{Error, ffi, quiet};

/// Times in the file, as Matroska has them by default.
const TIME_BASE: Rational = Rational(1, 1_000);

/// A recording that is being written.
pub struct Recorder {
    path: PathBuf,
    output: Output,
    audio: Option<Stream>,
    video: Option<Stream>,
    /// Frames that wait for the head to be written.
    waiting: VecDeque<Frame>,
    open: bool,
    /// The time of the first frame, which is that of the file's beginning.
    begin: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    codec: Codec,
    index: usize,
    size: Size,
    /// Time of the last frame, in units of [`TIME_BASE`].
    last: i64,
}

impl Recorder {
    /// A file for sound of this codec and pictures of this codec and size, of which at least one is there.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for what has no place in a file, [`Error::File`] when it cannot be made.
    pub fn create(
        path: impl AsRef<Path>,
        audio: Option<Codec>,
        video: Option<(Codec, Size)>,
    ) -> Result<Self, Error> {
        quiet::libav();
        let path = path.as_ref().to_owned();
        let output = format::output_as(&path, "matroska").map_err(|why| Error::file(&path, &why))?;
        let stream = |codec, index, size| Stream { codec, index, size, last: -1 };
        let audio = audio.map(|codec| stream(codec, 0, Size::QCIF));
        let video = video.map(|(codec, size)| stream(codec, usize::from(audio.is_some()), size));
        for (stream, kind) in [(audio, Kind::Audio), (video, Kind::Video)] {
            if let Some(stream) = stream
                && (stream.codec.kind() != kind || id(stream.codec).is_none())
            {
                return Err(Error::WrongCodec { codec: stream.codec, job: "a recording" });
            }
        }
        if audio.is_none() && video.is_none() {
            return Err(Error::file(&path, &"neither sound nor pictures"));
        }
        Ok(Recorder { path, output, audio, video, waiting: VecDeque::new(), open: false, begin: None })
    }

    /// Writes a frame, or keeps it until the file has its head. Frames of other codecs are left out, and of those
    /// that wait the oldest when there are more than [`RECORDED_WAITING_MAX`].
    ///
    /// # Errors
    /// [`Error::File`] when the disk does not take it; no further frame will then.
    pub fn push(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.stream(frame).is_none() {
            return Ok(());
        }
        if self.open {
            return self.write(frame);
        }
        if self.waiting.len() >= RECORDED_WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(frame.clone());
        match self.head_of_pictures(frame) {
            Some(head) => self.begin(&head),
            None => Ok(()),
        }
    }

    /// Completes the file.
    ///
    /// # Errors
    /// [`Error::File`] when the disk does not take its end, or nothing was recorded that a file could hold.
    pub fn finish(mut self) -> Result<(), Error> {
        if !self.open {
            if self.waiting.is_empty() || self.video.is_some_and(|video| needs_head(video.codec)) {
                return Err(Error::file(&self.path, &"no key picture and so no recording"));
            }
            self.begin(&[])?;
        }
        self.output.write_trailer().map_err(|why| Error::file(&self.path, &why))
    }

    fn stream(&self, frame: &Frame) -> Option<Stream> {
        let stream = match frame.codec.kind() {
            Kind::Audio => self.audio,
            Kind::Video => self.video,
        };
        stream.filter(|stream| stream.codec == frame.codec)
    }

    /// What the head of the file needs to know of the pictures; `None` while it is not known.
    fn head_of_pictures(&self, frame: &Frame) -> Option<Vec<u8>> {
        match self.video {
            None => Some(Vec::new()),
            Some(video) if !needs_head(video.codec) => Some(Vec::new()),
            Some(video) if video.codec == frame.codec && frame.keyframe => {
                Some(headers(frame)).filter(|head| !head.is_empty())
            }
            Some(_) => None,
        }
    }

    /// Writes the head, then what waited.
    fn begin(&mut self, head: &[u8]) -> Result<(), Error> {
        let failed = |why: ffmpeg_next::Error| Error::file(&self.path, &why);
        for (stream, head) in [(self.audio, &[][..]), (self.video, head)] {
            let Some(stream) = stream else { continue };
            let id = id(stream.codec).expect("`create` took the codec");
            let mut added = self.output.add_stream(Id::None).map_err(failed)?;
            added.set_time_base(TIME_BASE);
            added.set_parameters(parameters(stream, id, head));
        }
        self.output.write_header().map_err(failed)?;
        self.open = true;
        // A recording begins with what was first, of either kind.
        self.begin = self.waiting.iter().map(|frame| frame.pts).min();
        for frame in std::mem::take(&mut self.waiting) {
            self.write(&frame)?;
        }
        Ok(())
    }

    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let Some(mut stream) = self.stream(frame) else { return Ok(()) };
        let begin = *self.begin.get_or_insert(frame.pts);
        let at = i64::try_from(frame.pts.saturating_sub(begin).as_millis()).unwrap_or(i64::MAX / 2);
        stream.last = at.max(stream.last + 1);
        let mut packet = Packet::copy(&frame.data);
        packet.set_stream(stream.index);
        packet.set_pts(Some(stream.last));
        packet.set_dts(Some(stream.last));
        packet.set_duration(i64::try_from(frame.duration.as_millis()).unwrap_or(0));
        if frame.keyframe {
            packet.set_flags(ffmpeg_next::packet::Flags::KEY);
        }
        match frame.codec.kind() {
            Kind::Audio => self.audio = Some(stream),
            Kind::Video => self.video = Some(stream),
        }
        let of_file = self.output.stream(stream.index).map_or(TIME_BASE, |stream| stream.time_base());
        packet.rescale_ts(TIME_BASE, of_file);
        packet.write_interleaved(&mut self.output).map_err(|why| Error::file(&self.path, &why))
    }
}

fn id(codec: Codec) -> Option<Id> {
    match codec {
        Codec::Pcmu => Some(Id::PCM_MULAW),
        Codec::Pcma => Some(Id::PCM_ALAW),
        Codec::Amr => Some(Id::AMR_NB),
        Codec::AmrWb => Some(Id::AMR_WB),
        Codec::G722 => Some(Id::ADPCM_G722),
        Codec::Opus => Some(Id::OPUS),
        Codec::Clearmode => None,
        Codec::H263 | Codec::H263p => Some(Id::H263),
        Codec::H264 => Some(Id::H264),
        Codec::Mpeg4 => Some(Id::MPEG4),
        Codec::Vp8 => Some(Id::VP8),
    }
}

/// Whether the pictures' headers stand in the head of the file.
fn needs_head(codec: Codec) -> bool {
    matches!(codec, Codec::H264 | Codec::Mpeg4)
}

/// Parameter sets of H.264, or what stands before the first VOP of MPEG-4.
fn headers(frame: &Frame) -> Vec<u8> {
    if frame.codec == Codec::Mpeg4 {
        let starts = |code: u8| frame.data.windows(4).position(|octets| octets == [0, 0, 1, code]);
        let end = starts(0xB3).into_iter().chain(starts(0xB6)).min().unwrap_or(0);
        return frame.data[..end].to_vec();
    }
    let is_set = |unit: &&[u8]| matches!(h264::nal_type(unit), Some(h264::nal::SPS | h264::nal::PPS));
    let sets = h264::nal_units(&frame.data).filter(is_set);
    sets.flat_map(|unit| [&h264::START_CODE[..], unit].concat()).collect()
}

fn parameters(stream: Stream, id: Id, head: &[u8]) -> Parameters {
    match stream.codec.kind() {
        Kind::Video => ffi::picture_parameters(id, stream.size, head),
        Kind::Audio if stream.codec == Codec::Opus => {
            // RFC 7845 §5.1: version 1, one channel, nothing to skip, 48 kHz, no gain, mapping family 0.
            let head = [&b"OpusHead"[..], &[1, 1, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0]].concat();
            ffi::sound_parameters(id, 48_000, &head)
        }
        Kind::Audio => {
            let rate = crate::audio::native_rate(stream.codec).unwrap_or(crate::SAMPLE_RATE);
            ffi::sound_parameters(id, rate, &[])
        }
    }
}
