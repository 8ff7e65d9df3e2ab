//! Whether two legs carry the same thing, and how to make a second leg that does.

use media::{Codec, Kind};

use crate::payload::TELEPHONE_EVENT;
use crate::{
    Agreed, AgreedStream, AmrParameters, Capabilities, Coding, H264Parameters, Mpeg4Parameters,
    OpusParameters, Parameters, Payload, Vp8Parameters, Want, WantedStream,
};

/// Whether what the peer of `source` may send can be handed to the peer of `sink` as it is.
///
/// One direction only: ask twice for a conversation. The same codec, and parameters of the source within
/// those of the sink: H.264 level, packetization mode (units for mode 1 may be too long for mode 0), H.263
/// sizes and rates, MPEG-4 level, VP8 sizes, AMR modes, Opus rate. How AMR is packed makes no difference: frames
/// are packed anew. The source is taken to send the first of its agreed codecs.
#[must_use]
pub fn passthrough(source: &AgreedStream, sink: &AgreedStream) -> bool {
    let Some(sent) = source.receive.iter().find(|payload| payload.codec().is_some()) else { return false };
    if source.kind != sink.kind || sent.codec() != sink.send.codec() {
        return false;
    }
    match (&sent.parameters, &sink.send.parameters) {
        (Parameters::H264(sent), Parameters::H264(taken)) => h264_fits(sent, taken),
        (Parameters::H263(sent), Parameters::H263(taken)) => sent.fits(taken),
        (Parameters::Mpeg4(sent), Parameters::Mpeg4(taken)) => sent.fits(taken),
        (Parameters::Amr(sent), Parameters::Amr(taken)) => sent.fits(taken),
        (Parameters::Opus(sent), Parameters::Opus(taken)) => sent.fits(taken),
        (Parameters::Vp8(sent), Parameters::Vp8(taken)) => sent.fits(taken),
        (
            Parameters::None
            | Parameters::H264(_)
            | Parameters::H263(_)
            | Parameters::Mpeg4(_)
            | Parameters::Amr(_)
            | Parameters::Opus(_)
            | Parameters::Vp8(_)
            | Parameters::TelephoneEvent { .. }
            | Parameters::Raw(_),
            _,
        ) => source.kind == Kind::Audio,
    }
}

fn h264_fits(sent: &H264Parameters, taken: &H264Parameters) -> bool {
    sent.packetization_mode <= taken.packetization_mode && sent.profile_level_id.fits(taken.profile_level_id)
}

/// An offer to a second leg holding exactly what `other` agreed: what we shall hand on to `other` is what
/// its peer can take.
pub(crate) fn want_like(other: &Agreed) -> Want {
    let wanted = |stream: Option<&AgreedStream>| {
        stream.map(|stream| WantedStream { payloads: Some(formats(stream)), ..WantedStream::default() })
    };
    Want { audio: wanted(other.audio()), video: wanted(other.video()) }
}

/// As [`want_like`], with everything else of `caps` after it.
pub(crate) fn want_preferring(other: &Agreed, caps: &Capabilities) -> Want {
    let wanted = |stream: Option<&AgreedStream>| {
        let stream = stream?;
        let (mut payloads, keys): (Vec<_>, Vec<_>) =
            formats(stream).into_iter().partition(|payload| payload.codec().is_some());
        let same = stream.codec();
        let others = caps.formats(stream.kind).into_iter().filter(|payload| payload.codec() != Some(same));
        // A talker who leaves pauses out is of use only to one who takes them as they are.
        let others = others.filter(|payload| payload.coding != Coding::ComfortNoise);
        let (others, other_keys): (Vec<_>, Vec<_>) = others.partition(|payload| payload.codec().is_some());
        payloads.extend(others);
        payloads.extend(keys.iter().cloned());
        let known = |key: &Payload| {
            keys.iter().any(|own| (&own.coding, own.clock_rate) == (&key.coding, key.clock_rate))
        };
        payloads.extend(other_keys.into_iter().filter(|key| !known(key)));
        Some(WantedStream { payloads: Some(payloads), ..WantedStream::default() })
    };
    Want { audio: wanted(other.audio()), video: wanted(other.video()) }
}

/// The sent format, comfort noise where it was agreed on, and the keys: they are handled by us, not bridged.
fn formats(stream: &AgreedStream) -> Vec<Payload> {
    let codec = stream.codec();
    let pt = codec.static_payload_type().unwrap_or(stream.send.pt);
    let mut formats =
        vec![Payload { pt, parameters: bounds(&stream.send.parameters), ..stream.send.clone() }];
    if let Parameters::Amr(amr) = bounds(&stream.send.parameters) {
        // Packed either way: what is in the packets is the same.
        let other = AmrParameters { octet_align: !amr.octet_align, ..amr };
        formats.push(Payload::media(pt, codec, Parameters::Amr(other)));
    }
    if stream.noise_send.is_some() {
        formats.push(Payload::comfort_noise());
    }
    match codec {
        Codec::Pcmu | Codec::Pcma | Codec::Amr | Codec::G722 => formats.push(Payload::telephone_event(101)),
        Codec::AmrWb | Codec::Opus => {
            formats.push(Payload::named(101, TELEPHONE_EVENT, codec.clock_rate(), 1));
        }
        Codec::Clearmode | Codec::H263 | Codec::H263p | Codec::H264 | Codec::Mpeg4 | Codec::Vp8 => {}
    }
    formats
}

/// Without what concerns the one peer only: its parameter sets and unknown extensions.
fn bounds(parameters: &Parameters) -> Parameters {
    match parameters {
        Parameters::H264(h264) => {
            Parameters::H264(H264Parameters { sprop: Vec::new(), others: Vec::new(), ..h264.clone() })
        }
        Parameters::H263(h263) => Parameters::H263(h263.common(h263)),
        Parameters::Mpeg4(mpeg4) => {
            Parameters::Mpeg4(Mpeg4Parameters { config: None, others: Vec::new(), ..mpeg4.clone() })
        }
        Parameters::Amr(amr) => Parameters::Amr(AmrParameters { others: Vec::new(), ..amr.clone() }),
        Parameters::Opus(opus) => Parameters::Opus(OpusParameters { others: Vec::new(), ..opus.clone() }),
        Parameters::Vp8(vp8) => Parameters::Vp8(Vp8Parameters { others: Vec::new(), ..vp8.clone() }),
        Parameters::None | Parameters::TelephoneEvent { .. } | Parameters::Raw(_) => Parameters::None,
    }
}
