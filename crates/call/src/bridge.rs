//! How frames of one leg get to another: as they are, or through a transcoder. The one place that decides,
//! from codec *and* parameters, for each direction of sound and pictures apart.

use media::{Codec, Format, Size, VideoFormat};
use sdp::AgreedStream;

use crate::transcode::{Job, Relay};

/// How frames pass from one leg to another.
#[derive(Debug)]
pub(crate) enum Bridge {
    /// Codec and parameters match: the frame goes on as it is.
    Passthrough,
    /// Through a transcoder of the shell.
    Transcode(Box<Relay>),
}

/// What is to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing stands between.
    Passthrough,
    /// A transcoder with this job.
    Transcode(Job),
}

/// One stream of a leg, as the plan needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    /// What was agreed on.
    pub(crate) agreed: &'a AgreedStream,
    /// What prompts for it are encoded as: the best that its peer takes.
    pub(crate) format: Format,
}

/// Chooses the way from `source` to `sink`; `from` is what really comes, when that is known to differ from what was
/// agreed on first. `None` when it is no codec that can be decoded.
pub(crate) fn plan(source: Side<'_>, from: Option<Codec>, sink: Side<'_>) -> Option<Plan> {
    let first = source.agreed.receive.iter().find_map(sdp::Payload::codec)?;
    let from = from.unwrap_or(first);
    let same_kind = source.agreed.kind == sink.agreed.kind && from.kind() == sink.agreed.kind;
    if !same_kind || from == Codec::Clearmode {
        return None;
    }
    if from == first && sdp::passthrough(source.agreed, sink.agreed) {
        return Some(Plan::Passthrough);
    }
    let sizes = source.agreed.sizes();
    let to = match (sink.format, source.format) {
        (Format::Video(to), Format::Video(from)) => Format::Video(no_larger(to, from.size)),
        (to, _) => to,
    };
    Some(Plan::Transcode(Job { from, sizes, to }))
}

/// The way to `sink` when what passes unchanged is too much for it: the same, through a transcoder.
pub(crate) fn plan_within(source: Side<'_>, sink: Side<'_>) -> Option<Plan> {
    match plan(source, None, sink)? {
        Plan::Passthrough => {
            let from = source.agreed.receive.iter().find_map(sdp::Payload::codec)?;
            Some(Plan::Transcode(Job { from, sizes: source.agreed.sizes(), to: sink.format }))
        }
        transcode @ Plan::Transcode(_) => Some(transcode),
    }
}

/// Nothing is gained by scaling up before encoding: the receiver does it for nothing.
fn no_larger(to: VideoFormat, source: Size) -> VideoFormat {
    if to.is_circuit() || to.size.macroblocks() <= source.macroblocks() {
        return to;
    }
    VideoFormat::prompt(to.codec, source)
}

impl Bridge {
    /// Whether it carries out `plan` already.
    pub(crate) fn is(&self, plan: &Plan) -> bool {
        match (self, plan) {
            (Bridge::Passthrough, Plan::Passthrough) => true,
            (Bridge::Transcode(relay), Plan::Transcode(job)) => relay.job.is_like(job),
            (Bridge::Passthrough | Bridge::Transcode(_), _) => false,
        }
    }

    /// The transcoder, if there is one.
    pub(crate) fn relay(&mut self) -> Option<&mut Relay> {
        match self {
            Bridge::Passthrough => None,
            Bridge::Transcode(relay) => Some(relay),
        }
    }
}

#[cfg(test)]
mod tests {
    use media::amr::ModeSet;
    use media::{AudioFormat, H264Level, Kind};
    use sdp::{
        AmrParameters, Direction, Feedback, H263Parameters, H264Parameters, Mpeg4Parameters, OpusParameters,
        Parameters, Payload, Vp8Parameters,
    };

    use super::*;

    const PASSES: &str = "passes";

    fn agreed(payload: &Payload) -> AgreedStream {
        let codec = payload.codec().expect("a codec");
        let nowhere = "127.0.0.1:9".parse().expect("an address");
        AgreedStream {
            kind: codec.kind(),
            index: 0,
            remote_rtp: nowhere,
            remote_rtcp: nowhere,
            rtcp_mux: false,
            direction: Direction::SendRecv,
            send: payload.clone(),
            receive: vec![payload.clone()],
            dtmf_send: None,
            dtmf_receive: Vec::new(),
            noise_send: None,
            noise_receive: None,
            feedback: Feedback::default(),
            orientation: sdp::Orientation::default(),
            bandwidth_bps: None,
            ptime_ms: 20,
            held: false,
        }
    }

    fn media(codec: Codec, parameters: Parameters) -> Payload {
        Payload::media(codec.static_payload_type().unwrap_or(96), codec, parameters)
    }

    fn h264(level: u8, mode: u8) -> Payload {
        media(Codec::H264, Parameters::H264(H264Parameters::constrained_baseline(H264Level(level), mode)))
    }

    fn h263(codec: Codec, sizes: &[(Size, u8)]) -> Payload {
        let parameters = H263Parameters { sizes: sizes.to_vec(), ..H263Parameters::default() };
        media(codec, Parameters::H263(parameters))
    }

    fn mpeg4(level: u8) -> Payload {
        let parameters = Mpeg4Parameters { profile_level_id: level, ..Mpeg4Parameters::default() };
        media(Codec::Mpeg4, Parameters::Mpeg4(parameters))
    }

    fn vp8(max_fs: u32) -> Payload {
        let parameters = Vp8Parameters { max_fs: Some(max_fs), ..Vp8Parameters::ours() };
        media(Codec::Vp8, Parameters::Vp8(parameters))
    }

    fn amr(modes: &[u8], octet_align: bool) -> Payload {
        let mode_set = ModeSet::new(modes.iter().copied());
        let parameters =
            AmrParameters { octet_align, mode_set, ..AmrParameters::new(media::amr::Band::Narrow) };
        media(Codec::Amr, Parameters::Amr(parameters))
    }

    fn wide() -> Payload {
        media(Codec::AmrWb, Parameters::Amr(AmrParameters::new(media::amr::Band::Wide)))
    }

    fn plain(codec: Codec) -> Payload {
        media(codec, Parameters::None)
    }

    fn opus() -> Payload {
        media(Codec::Opus, Parameters::Opus(OpusParameters::ours()))
    }

    /// As a leg says it: over a circuit the format for circuits.
    fn format(agreed: &AgreedStream, circuit: bool) -> Format {
        match agreed.kind {
            Kind::Audio => Format::Audio(AudioFormat::new(agreed.codec())),
            Kind::Video if circuit => Format::Video(VideoFormat::circuit(agreed.codec())),
            Kind::Video => Format::Video(agreed.video_format().expect("pictures")),
        }
    }

    fn say(plan: Option<Plan>) -> String {
        match plan {
            None => "cannot".into(),
            Some(Plan::Passthrough) => PASSES.into(),
            Some(Plan::Transcode(job)) => match job.to {
                Format::Audio(to) => format!("{} to {}", job.from, to.codec),
                Format::Video(to) => {
                    let way = if to.is_circuit() { " circuit" } else { "" };
                    format!("{} to {} {}{way}", job.from, to.codec, to.size)
                }
            },
        }
    }

    #[test]
    fn codec_and_parameters_decide() {
        const BOTH: [(Size, u8); 2] = [(Size::CIF, 2), (Size::QCIF, 1)];
        const QCIF: [(Size, u8); 1] = [(Size::QCIF, 2)];
        let table = [
            // H.264: level and packetization mode of the source within those of the sink.
            (h264(31, 1), h264(31, 1), PASSES),
            (h264(12, 0), h264(31, 1), PASSES),
            (h264(31, 1), h264(12, 1), "H264 to H264 352x288"),
            (h264(31, 1), h264(10, 1), "H264 to H264 176x144"),
            (h264(12, 1), h264(12, 0), "H264 to H264 352x288"),
            // H.263: sizes and rates; packets of RFC 4629 are another codec.
            (h263(Codec::H263, &QCIF), h263(Codec::H263, &BOTH), PASSES),
            (h263(Codec::H263, &BOTH), h263(Codec::H263, &QCIF), "H263 to H263 176x144"),
            (h263(Codec::H263, &[(Size::QCIF, 1)]), h263(Codec::H263, &QCIF), "H263 to H263 176x144"),
            (h263(Codec::H263p, &QCIF), h263(Codec::H263, &QCIF), "H263-1998 to H263 176x144"),
            // MPEG-4: the level.
            (mpeg4(8), mpeg4(1), PASSES),
            (mpeg4(3), mpeg4(1), "MP4V-ES to MP4V-ES 176x144"),
            // VP8: the frame size.
            (vp8(396), vp8(3_600), PASSES),
            (vp8(3_600), vp8(396), "VP8 to VP8 352x288"),
            // Across codecs: as large as both.
            (h263(Codec::H263, &QCIF), h264(31, 1), "H263 to H264 176x144"),
            (h264(31, 1), h263(Codec::H263, &BOTH), "H264 to H263 352x288"),
            (vp8(3_600), h264(12, 0), "VP8 to H264 352x288"),
            (mpeg4(1), vp8(3_600), "MP4V-ES to VP8 176x144"),
            // Sound: AMR by its modes, however it is packed.
            (amr(&[0, 2, 4, 7], true), amr(&[0, 2, 4, 7], false), PASSES),
            (amr(&[0, 2, 4, 7], false), amr(&[0, 1, 2, 3, 4, 5, 6, 7], false), PASSES),
            (amr(&[0, 1, 2, 3, 4, 5, 6, 7], false), amr(&[7], false), "AMR to AMR"),
            (plain(Codec::Pcmu), plain(Codec::Pcmu), PASSES),
            (plain(Codec::Pcmu), plain(Codec::Pcma), "PCMU to PCMA"),
            (amr(&[7], false), opus(), "AMR to opus"),
            (wide(), plain(Codec::G722), "AMR-WB to G722"),
            (opus(), wide(), "opus to AMR-WB"),
            // Nothing to decode.
            (plain(Codec::Clearmode), plain(Codec::Pcmu), "cannot"),
            (plain(Codec::Pcmu), h264(31, 1), "cannot"),
        ];
        for (source, sink, expected) in table {
            let (source, sink) = (agreed(&source), agreed(&sink));
            let side = |agreed| Side { agreed, format: format(agreed, false) };
            let decided = say(plan(side(&source), None, side(&sink)));
            assert_eq!(decided, expected, "{:?} to {:?}", source.send, sink.send);
        }
    }

    #[test]
    fn towards_a_circuit_pictures_are_made_for_its_bearer() {
        let (source, sink) = (agreed(&h264(31, 1)), agreed(&h263(Codec::H263, &[(Size::QCIF, 2)])));
        let source = Side { agreed: &source, format: format(&source, false) };
        let sink = Side { agreed: &sink, format: format(&sink, true) };
        assert_eq!(say(plan(source, None, sink)), "H264 to H263 176x144 circuit");
        let Some(Plan::Transcode(job)) = plan(sink, None, source) else { panic!("a transcoder") };
        assert!(job.sizes.take(Size::QCIF) && !job.sizes.take(Size::CIF));
        assert!(
            !job.to.codec().kind().eq(&Kind::Audio)
                && !matches!(job.to, Format::Video(to) if to.is_circuit())
        );
    }

    #[test]
    fn what_really_comes_counts() {
        let (source, sink) = (agreed(&plain(Codec::Pcmu)), agreed(&plain(Codec::Pcmu)));
        let side = |agreed| Side { agreed, format: format(agreed, false) };
        assert_eq!(say(plan(side(&source), Some(Codec::Pcma), side(&sink))), "PCMA to PCMU");
    }
}
