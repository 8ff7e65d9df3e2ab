//! H.264, H.263 of either version, MPEG-4 and VP8 pictures by libavcodec, guarded against sizes that nobody agreed to.

use ffmpeg_next::codec::{self, Flags};
use ffmpeg_next::{Dictionary, Packet, decoder, frame};
use media::{Codec, Frame, Picture, Size, Sizes, h263, vp8};

use crate::limits::{ENCODED_LEN_MAX, PICTURE_MAX};
use crate::{Error, plane, quiet, scale};

/// One stream of frames being decoded.
///
/// Lost packets are not reported by the library: whoever sees `lost_before` or `damaged` asks the
/// sender for a key picture. Pictures come out as soon as they are in, without reordering.
pub struct Decoder {
    codec: Codec,
    inner: decoder::Video,
    agreed: Sizes,
    /// MPEG-4 headers that came without a picture: the library forgets them unless one follows.
    headers: Vec<u8>,
    /// Frames handed to the library; each carries its number.
    sent: i64,
    /// The last picture that came out was not that of the frame that had gone in. A damaged parameter set or slice can
    /// make the library believe that pictures are reordered, up to sixteen of them, and it never unlearns that.
    is_late: bool,
}

impl Decoder {
    /// A decoder for pictures of any size up to [`PICTURE_MAX`].
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for sound, [`Error::Open`] when the library lacks the codec.
    pub fn new(codec: Codec) -> Result<Self, Error> {
        quiet::libav();
        let open = |why: String| Error::Open { codec, size: PICTURE_MAX, why };
        let id = match codec {
            Codec::H264 => codec::Id::H264,
            // One decoder reads both versions.
            Codec::H263 | Codec::H263p => codec::Id::H263,
            Codec::Mpeg4 => codec::Id::MPEG4,
            Codec::Vp8 => codec::Id::VP8,
            Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode => {
                return Err(Error::WrongCodec { codec, job: "pictures" });
            }
        };
        let found = decoder::find(id).ok_or_else(|| open("libavcodec has none".into()))?;
        let mut context = codec::Context::new_with_codec(found);
        context.set_flags(Flags::LOW_DELAY);
        let inner = context
            .decoder()
            .open_as_with(found, options())
            .and_then(decoder::Opened::video)
            .map_err(|why| open(why.to_string()))?;
        Ok(Decoder { codec, inner, agreed: Sizes::Any, headers: Vec::new(), sent: 0, is_late: false })
    }

    /// The same, for pictures of the sizes that were agreed on: damaged headers yield false sizes, and others
    /// are refused before their first macroblock is decoded where the header tells.
    #[must_use]
    pub fn expecting(self, sizes: impl Into<Sizes>) -> Self {
        Decoder { agreed: sizes.into(), ..self }
    }

    /// Decodes one frame. `None` when it yields no picture (parameter sets alone, or nothing before
    /// the first key picture).
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for a frame of another codec, [`Error::WrongSize`] for a picture that was
    /// not agreed or is beyond [`PICTURE_MAX`], [`Error::Decode`] for a bitstream beyond repair or
    /// longer than [`ENCODED_LEN_MAX`]. The decoder can go on after each of them.
    pub fn decode(&mut self, frame: &Frame) -> Result<Option<Picture>, Error> {
        if frame.codec != self.codec {
            return Err(Error::WrongCodec { codec: frame.codec, job: "this stream" });
        }
        if frame.data.is_empty() {
            return Ok(None);
        }
        if frame.data.len() > ENCODED_LEN_MAX {
            return Err(self.failed(format!("{} octets", frame.data.len())));
        }
        if let Some(got) = announced_size(frame).filter(|&size| !self.agreed.take(size)) {
            return Err(Error::WrongSize { got, want: self.agreed.clone() });
        }
        if frame.codec == Codec::Mpeg4 && !has_vop(&frame.data) {
            self.headers = frame.data.to_vec();
            return Ok(None);
        }
        if self.is_late && frame.keyframe {
            *self = Decoder { headers: std::mem::take(&mut self.headers), ..Decoder::new(self.codec)? }
                .expecting(self.agreed.clone());
        }
        let packet = if self.headers.is_empty() {
            Packet::copy(&frame.data)
        } else {
            Packet::copy(&[&std::mem::take(&mut self.headers), &frame.data[..]].concat())
        };
        self.run(packet)
    }

    /// Has the library decode a packet; the newest picture that comes out.
    fn run(&mut self, mut packet: Packet) -> Result<Option<Picture>, Error> {
        self.sent += 1;
        packet.set_pts(Some(self.sent));
        self.inner.send_packet(&packet).map_err(|why| self.failed(why.to_string()))?;
        let mut newest = None;
        let mut out = frame::Video::empty();
        while self.inner.receive_frame(&mut out).is_ok() {
            self.is_late = out.pts().is_some_and(|number| number < self.sent);
            newest = Some(self.picture(&out)?);
        }
        Ok(newest)
    }

    fn picture(&self, frame: &frame::Video) -> Result<Picture, Error> {
        let size = plane::size_of(frame).ok_or_else(|| self.failed("a picture without pixels".into()))?;
        if too_large(size) {
            return Err(Error::WrongSize { got: size, want: PICTURE_MAX.into() });
        }
        if !self.agreed.take(size) {
            return Err(Error::WrongSize { got: size, want: self.agreed.clone() });
        }
        match plane::from_av(frame) {
            Some(picture) => Ok(picture),
            // High profiles may carry 4:2:2 or 4:4:4.
            None => scale::convert(frame, Size { width: size.width & !1, height: size.height & !1 }),
        }
    }

    fn failed(&self, why: String) -> Error {
        Error::Decode { codec: self.codec, why }
    }
}

/// Whether there is the start code of a VOP (ISO/IEC 14496-2 §6.2.1).
fn has_vop(data: &[u8]) -> bool {
    data.windows(4).any(|octets| octets == [0, 0, 1, 0xB6])
}

/// Whether a picture is beyond what this crate handles.
pub(crate) fn too_large(size: Size) -> bool {
    let area = |size: Size| u32::from(size.width) * u32::from(size.height);
    area(size) > area(PICTURE_MAX)
}

/// Limits that the library itself keeps, so that a false header cannot make it allocate.
pub(crate) fn options() -> Dictionary<'static> {
    let mut options = Dictionary::new();
    let pixels = u32::from(PICTURE_MAX.width) * u32::from(PICTURE_MAX.height);
    options.set("max_pixels", &pixels.to_string());
    options.set("threads", "1");
    options
}

/// The size in an H.263 picture header (§5.1.3, §5.1.5) or a VP8 key frame (RFC 6386 §9.1); H.264 tells it in its
/// parameter set and MPEG-4 in its video object layer, which the library reads.
fn announced_size(frame: &Frame) -> Option<Size> {
    match frame.codec {
        Codec::H263 | Codec::H263p => h263::size(&frame.data),
        Codec::Vp8 => vp8::key_size(&frame.data),
        Codec::H264
        | Codec::Mpeg4
        | Codec::Pcmu
        | Codec::Pcma
        | Codec::Amr
        | Codec::AmrWb
        | Codec::G722
        | Codec::Opus
        | Codec::Clearmode => None,
    }
}
