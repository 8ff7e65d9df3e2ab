//! A browser's offer and what is made of it (RFC 8829 offers, RFC 3264 rules).
//!
//! The offer is cut down to the one format of each line that suits the other side best, and the project's own
//! offer/answer engine says what was agreed, so that a browser and a SIP phone are judged by the same
//! rules. The cut-down offer is what the peer connection gets to see: it can answer nothing else.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use call::web::Media;
use media::{Codec, H264Level, Kind};
use sdp::{
    Agreed, AgreedStream, Capabilities, Description, H264Parameters, Local, MediaLine, Parameters, Payload,
};
use thiserror::Error;

use super::limits;

/// Why an offer leads to no call; the text is for the person at the browser.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unusable {
    #[error("the session description is longer than {} octets", limits::DESCRIPTION_LEN_MAX)]
    TooLong,
    #[error("the session description cannot be read: {0}")]
    Unreadable(String),
    #[error("this browser offers none of G.711, Opus and G.722 for sound, nor H.264 or VP8 for pictures")]
    NothingInCommon,
    #[error("the caller has {0}, and this browser offers none that the gateway knows")]
    NotAsTheCaller(&'static str),
    #[error("the peer connection answers otherwise than was agreed")]
    AnswerDiffers,
}

/// What an offer comes to.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The offer with one media format left in each line that is used.
    pub(crate) offer: String,
    /// As the call is told; addresses are unspecified, since ICE finds them.
    pub(crate) media: Media,
    ours: Description,
}

/// Profile and port of a browser's lines; the port means nothing before ICE (RFC 8829 §5.2.1).
const PROTO: &str = "UDP/TLS/RTP/SAVPF";
const DISCARD: u16 = 9;
/// Stands for the browser while the lines are judged as those of an ordinary phone.
const STAND_IN: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

impl Plan {
    /// Judges `offer`; `like` is what the other side of a call has: what passes to it unchanged is preferred.
    pub(crate) fn new(offer: &str, like: Option<&Media>) -> Result<Self, Unusable> {
        if offer.len() > limits::DESCRIPTION_LEN_MAX {
            return Err(Unusable::TooLong);
        }
        let parsed = Description::parse(offer.as_bytes());
        let mut offered = parsed.map_err(|error| Unusable::Unreadable(error.to_string()))?;
        let wish = Wish::new(like);
        for line in &mut offered.media {
            wish.cut(line);
        }
        let (ours, agreed) = sdp::Session::new(1)
            .answer(&as_plain_rtp(&offered), &wish.local)
            .map_err(|_| Unusable::NothingInCommon)?;
        wish.met(&agreed)?;
        let mut media = Media { audio: agreed.audio().cloned(), video: agreed.video().cloned() };
        for stream in [&mut media.audio, &mut media.video].into_iter().flatten() {
            (stream.remote_rtp, stream.remote_rtcp, stream.rtcp_mux) = (NOWHERE, NOWHERE, true);
        }
        Ok(Plan { offer: text(&offered), media, ours })
    }

    /// The stream of one kind.
    pub(crate) fn stream(&self, kind: Kind) -> Option<&AgreedStream> {
        match kind {
            Kind::Audio => self.media.audio.as_ref(),
            Kind::Video => self.media.video.as_ref(),
        }
    }

    /// The format of ours that answers the line of this kind.
    pub(crate) fn format(&self, kind: Kind) -> Option<&Payload> {
        self.line(kind)?.payloads.first()
    }

    /// The payload type of keys that both sides know.
    pub(crate) fn keys(&self) -> Option<u8> {
        self.media.audio.as_ref()?.dtmf_receive.first().copied()
    }

    fn line(&self, kind: Kind) -> Option<&MediaLine> {
        let index = self.stream(kind)?.index;
        self.ours.media.get(index)
    }

    /// The peer connection's answer with our format parameters and bandwidth in it.
    pub(crate) fn finish(&self, answer: &str) -> Result<String, Unusable> {
        let parsed = Description::parse(answer.as_bytes());
        let mut answer = parsed.map_err(|error| Unusable::Unreadable(error.to_string()))?;
        for kind in [Kind::Audio, Kind::Video] {
            let Some((stream, ours)) = self.stream(kind).zip(self.line(kind)) else { continue };
            let line = answer.media.get_mut(stream.index).ok_or(Unusable::AnswerDiffers)?;
            let numbers = |line: &MediaLine| line.payloads.iter().map(|format| format.pt).collect::<Vec<_>>();
            if line.port == 0 || numbers(line) != numbers(ours) {
                return Err(Unusable::AnswerDiffers);
            }
            line.payloads.clone_from(&ours.payloads);
            if kind == Kind::Video {
                line.bandwidth.as_kbps = Some(pictures_kbps(stream));
            }
        }
        Ok(text(&answer))
    }
}

/// What the pictures of a browser may take, in kbit/s.
pub(crate) fn pictures_kbps(stream: &AgreedStream) -> u32 {
    stream.bandwidth_bps.map_or(limits::PICTURES_KBPS, |most| (most / 1_000).min(limits::PICTURES_KBPS))
}

/// What browsers have of sound and pictures, best first where nothing else speaks for one: what passes to most
/// phones, then what costs least to transcode.
const SOUND: [Codec; 4] = [Codec::Pcmu, Codec::Pcma, Codec::Opus, Codec::G722];
const PICTURES: [Codec; 2] = [Codec::H264, Codec::Vp8];

/// What is looked for in an offer.
struct Wish {
    local: Local,
    /// Packetization mode of H.264 that passes; `None`: mode 0 first, since it passes to every agent.
    mode: Option<u8>,
    /// Both sides must have it, because the caller has.
    needed: [Option<Kind>; 2],
}

/// `all` with `first` before the others, if it is one of them.
fn preferring<const N: usize>(all: [Codec; N], first: Option<Codec>) -> Vec<Codec> {
    let mut all = all.to_vec();
    all.sort_by_key(|codec| Some(*codec) != first);
    all
}

/// The sound that goes best with what the caller has: the same, else of the same band. Narrow-band AMR goes with
/// G.711, whose coding costs next to nothing.
fn sound_with(caller: Codec) -> Codec {
    match caller {
        Codec::AmrWb => Codec::Opus,
        Codec::Pcmu | Codec::Pcma | Codec::G722 | Codec::Opus => caller,
        Codec::Amr
        | Codec::Clearmode
        | Codec::H263
        | Codec::H263p
        | Codec::H264
        | Codec::Mpeg4
        | Codec::Vp8 => Codec::Pcmu,
    }
}

impl Wish {
    fn new(like: Option<&Media>) -> Self {
        let mut caps = Capabilities { rtcp_mux: true, comfort_noise: false, ..Capabilities::default() };
        let [audio, video] = [Kind::Audio, Kind::Video].map(|kind| like.and_then(|like| like.stream(kind)));
        caps.audio = preferring(SOUND, audio.map(|audio| sound_with(audio.codec())));
        caps.video = preferring(PICTURES, video.map(AgreedStream::codec));
        let mut wish = Wish {
            local: Local { address: STAND_IN, audio_port: Some(DISCARD), video_port: Some(DISCARD), caps },
            mode: None,
            needed: [audio, video].map(|line| line.map(|line| line.kind)),
        };
        if like.is_some() {
            wish.local.audio_port = audio.map(|_| DISCARD);
            wish.local.video_port = video.map(|_| DISCARD);
        }
        if let Some(video) = video {
            wish.pictures_as(video);
        }
        wish
    }

    /// Within what the caller's phone takes, where pictures pass unchanged.
    fn pictures_as(&mut self, video: &AgreedStream) {
        if PICTURES.contains(&video.codec()) {
            self.local.caps.video_bps = video.bandwidth_bps;
        }
        if let Parameters::H264(taken) = &video.send.parameters {
            self.mode = Some(taken.packetization_mode);
            self.local.caps.h264_level = lower(taken, self.local.caps.h264_level);
        }
    }

    /// Leaves the best usable media format in the line, and the keys at its clock rate.
    fn cut(&self, line: &mut MediaLine) {
        let Some(kind) = line.kind.kind().filter(|&kind| self.local.port(kind).is_some()) else { return };
        let best = line
            .payloads
            .iter()
            .filter(|format| format.codec().is_some_and(|codec| codec.kind() == kind))
            .filter_map(|format| Some((self.rank(format)?, format.pt, format.clock_rate)))
            .min();
        let Some((_, best, clock_rate)) = best else { return };
        let mut keys =
            line.payloads.iter().filter(|it| it.is_telephone_event() && it.clock_rate == clock_rate);
        let keys = keys.next().map(|it| it.pt).filter(|_| kind == Kind::Audio);
        let kept = |pt: u8| pt == best || Some(pt) == keys;
        line.payloads.retain(|format| kept(format.pt));
        line.payloads.sort_by_key(|format| format.pt != best);
        line.feedback.retain(|(pt, _)| pt.is_none_or(kept));
    }

    /// Lower is better; `None` cannot be used.
    fn rank(&self, format: &Payload) -> Option<usize> {
        /// More than the ranks of one codec.
        const CODEC: usize = 8;
        if !self.local.caps.supports(format) {
            return None;
        }
        let codec = format.codec()?;
        let place = self.local.caps.codecs(codec.kind()).iter().position(|&one| one == codec)?;
        Some(match &format.parameters {
            Parameters::H264(h264) => place * CODEC + rank_h264(h264, self.mode.unwrap_or_default()),
            Parameters::None
            | Parameters::H263(_)
            | Parameters::Mpeg4(_)
            | Parameters::Amr(_)
            | Parameters::Opus(_)
            | Parameters::Vp8(_)
            | Parameters::TelephoneEvent { .. }
            | Parameters::Raw(_) => place * CODEC,
        })
    }

    fn met(&self, agreed: &Agreed) -> Result<(), Unusable> {
        let missing = self.needed.into_iter().flatten().find(|&kind| match kind {
            Kind::Audio => agreed.audio().is_none(),
            Kind::Video => agreed.video().is_none(),
        });
        match missing {
            None => Ok(()),
            Some(Kind::Audio) => Err(Unusable::NotAsTheCaller("sound")),
            Some(Kind::Video) => Err(Unusable::NotAsTheCaller("pictures")),
        }
    }
}

/// The mode that passes before the other, and within it constrained baseline (RFC 6184 table 5) before plain
/// baseline.
fn rank_h264(h264: &H264Parameters, mode: u8) -> usize {
    let constrained =
        h264.profile_level_id.profile_idc == 0x42 && h264.profile_level_id.profile_iop & 0x40 != 0;
    usize::from(h264.packetization_mode != mode) * 2 + usize::from(!constrained)
}

fn lower(taken: &H264Parameters, level: H264Level) -> H264Level {
    sdp::ProfileLevelId::level_min(taken.profile_level_id.level(), level)
}

/// The offer as an ordinary phone would have made it: what `sdp` judges.
fn as_plain_rtp(offer: &Description) -> Description {
    let mut plain = offer.clone();
    for line in plain.media.iter_mut().filter(|line| line.proto.eq_ignore_ascii_case(PROTO)) {
        line.proto = "RTP/AVPF".to_owned();
        line.connection = Some(STAND_IN);
        (line.rtcp_port, line.rtcp_address) = (None, None);
    }
    plain
}

fn text(description: &Description) -> String {
    String::from_utf8_lossy(&description.to_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Chromium writes it, cut to what matters.
    const OFFER: &str = "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\na=sendrecv\r\n\
        a=rtpmap:111 opus/48000/2\r\na=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 102 104 106 108\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtcp-mux\r\na=sendrecv\r\n\
        a=rtpmap:96 VP8/90000\r\na=rtpmap:102 H264/90000\r\na=rtcp-fb:102 nack pli\r\na=rtpmap:104 H264/90000\r\n\
        a=rtpmap:106 H264/90000\r\na=rtcp-fb:106 nack pli\r\na=rtpmap:108 H264/90000\r\na=rtcp-fb:108 nack pli\r\n\
        a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n\
        a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f\r\n\
        a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
        a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n";

    fn caller(level: u8, mode: u8) -> Media {
        let mut media = Plan::new(OFFER, None).unwrap().media;
        let video = media.video.as_mut().unwrap();
        let parameters = Parameters::H264(H264Parameters::constrained_baseline(H264Level(level), mode));
        video.send.parameters = parameters.clone();
        video.receive.iter_mut().for_each(|format| format.parameters = parameters.clone());
        media.audio.as_mut().unwrap().send = Payload::media(8, Codec::Pcma, Parameters::None);
        media
    }

    #[test]
    fn a_visitor_gets_constrained_baseline_in_mode_zero_and_pcmu_with_keys_at_eight_kilohertz() {
        let plan = Plan::new(OFFER, None).unwrap();
        assert_eq!(plan.format(Kind::Video).map(|format| format.pt), Some(108));
        assert_eq!(plan.media.audio.as_ref().unwrap().codec(), Codec::Pcmu);
        assert_eq!(plan.keys(), Some(126));
        assert!(plan.offer.contains("m=audio 9 UDP/TLS/RTP/SAVPF 0 126\r\n"), "{}", plan.offer);
        assert!(plan.offer.contains("m=video 9 UDP/TLS/RTP/SAVPF 108\r\n"), "{}", plan.offer);
        let video = plan.media.video.as_ref().unwrap();
        assert!(video.remote_rtp.ip().is_unspecified() && video.feedback.pli && video.rtcp_mux);
        assert_eq!(video.direction, sdp::Direction::SendRecv);
    }

    #[test]
    fn an_agent_gets_exactly_what_the_caller_can_do_so_that_both_ways_pass() {
        for (level, mode) in [(12, 0), (12, 1), (31, 0), (11, 1)] {
            let caller = caller(level, mode);
            let agent = Plan::new(OFFER, Some(&caller)).unwrap().media;
            for (one, other) in [(&caller, &agent), (&agent, &caller)] {
                let pass = |a: &Option<AgreedStream>, b: &Option<AgreedStream>| {
                    sdp::passthrough(a.as_ref().unwrap(), b.as_ref().unwrap())
                };
                assert!(pass(&one.video, &other.video), "pictures at level {level} in mode {mode}");
            }
            assert_eq!(agent.audio.unwrap().codec(), Codec::Pcma);
        }
    }

    #[test]
    fn what_the_caller_needs_and_the_browser_lacks_is_named() {
        let sound_only = OFFER.split("m=video").next().unwrap();
        let refused = Plan::new(sound_only, Some(&caller(31, 1))).map(|_| ());
        assert_eq!(refused, Err(Unusable::NotAsTheCaller("pictures")));
        assert!(Plan::new(sound_only, None).unwrap().media.video.is_none());
    }

    #[test]
    fn a_desk_gets_what_the_caller_has_or_what_goes_best_with_it() {
        let amr = || Payload::named(96, "AMR", 8_000, 1);
        let table = [
            // Narrow-band AMR goes with G.711: coding that costs next to nothing.
            (amr(), Payload::without_rtpmap(34), (0, Some(126)), 108),
            (Payload::named(97, "AMR-WB", 16_000, 1), Payload::without_rtpmap(34), (111, Some(110)), 108),
            (Payload::without_rtpmap(9), Payload::named(96, "VP8", 90_000, 1), (9, Some(126)), 96),
            (
                Payload::named(111, "opus", 48_000, 2),
                Payload::named(96, "VP8", 90_000, 1),
                (111, Some(110)),
                96,
            ),
        ];
        for (sound, pictures, (audio, keys), video) in table {
            let mut like = caller(31, 1);
            like.audio.as_mut().unwrap().send = sound.clone();
            like.video.as_mut().unwrap().send = pictures.clone();
            let plan = Plan::new(OFFER, Some(&like)).unwrap();
            let chosen = |kind| plan.format(kind).map(|format| format.pt);
            assert_eq!((chosen(Kind::Audio), plan.keys()), (Some(audio), keys), "{sound:?}");
            assert_eq!(chosen(Kind::Video), Some(video), "{pictures:?}");
        }
    }

    #[test]
    fn the_answer_carries_our_bounds_and_one_that_differs_is_refused() {
        let plan = Plan::new(OFFER, Some(&caller(12, 0))).unwrap();
        let finished = plan.finish(&plan.offer).unwrap_or_default();
        assert!(finished.contains("a=fmtp:108 profile-level-id=42e00c;packetization-mode=0"), "{finished}");
        assert!(finished.contains("b=AS:512\r\n"), "{finished}");
        assert_eq!(plan.finish(OFFER), Err(Unusable::AnswerDiffers));
    }
}
