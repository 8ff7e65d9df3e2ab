//! What we say we can (TerminalCapabilitySet), and what we may send a peer that said what it can.

use std::collections::HashSet;
use std::hash::Hash;

use media::Codec;

use super::{AudioChoice, Config};
use crate::h245::view::{
    Adaptation, Audio, Capabilities, Capability, Direction, H263, Layers, Media, Mobile, Mpeg4, Multiplex,
    UserInputForm, Video,
};
use crate::{Level, limits};

/// Version of H.245 that is declared. Phones speak 3 to 8; additions of later versions are not used.
const VERSION: u32 = 7;

/// Simple profile, level 0 (ISO/IEC 14496-2 table G.1): QCIF, 15 pictures/s, 64 kbit/s.
const SIMPLE_PROFILE_0: u8 = 8;

/// One way to open a channel of ours.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempt {
    pub(super) codec: Codec,
    pub(super) media: Media,
    pub(super) adaptation: Adaptation,
}

/// What a peer can after a further set, which may tell a difference only (H.245 §7.2.1, §C.3): entries and
/// descriptors of known numbers are replaced, empty ones taken away. `None` when it is the empty set, by which the
/// peer wants no media.
///
/// A set that is told anew under other numbers leaves nothing of the old one: an entry from before stays only while
/// a descriptor names it, or where the peer has no descriptors.
pub(super) fn merged(before: Option<Capabilities>, later: Capabilities) -> Option<Capabilities> {
    let says_nothing = later.table.is_empty() && later.descriptors.is_empty() && later.multiplex.is_none();
    let before = before.filter(|_| !says_nothing).unwrap_or_default();
    let revised = !later.descriptors.is_empty();
    let mut descriptors = replaced(later.descriptors, before.descriptors, |sets| !sets.is_empty());
    descriptors.truncate(limits::DESCRIPTORS_MAX);
    let named: HashSet<u16> =
        descriptors.iter().flat_map(|(_, sets)| sets.iter().flatten().copied()).collect();
    let mut stays = before.table;
    stays.retain(|(number, _)| !revised || named.is_empty() || named.contains(number));
    let mut table = replaced(later.table, stays, Option::is_some);
    table.truncate(limits::CAPABILITIES_MAX);
    let multiplex = later.multiplex.or(before.multiplex);
    let merged = Capabilities { version: later.version, multiplex, table, descriptors };
    (!merged.is_empty()).then_some(merged)
}

/// What is told comes first, then what it does not replace.
fn replaced<N: Copy + Eq + Hash, T>(
    told: Vec<(N, T)>,
    before: Vec<(N, T)>,
    says: impl Fn(&T) -> bool,
) -> Vec<(N, T)> {
    let numbers: HashSet<N> = told.iter().map(|(number, _)| *number).collect();
    let stays = before.into_iter().filter(|(number, _)| !numbers.contains(number));
    told.into_iter().filter(|(_, what)| says(what)).chain(stays).collect()
}

/// Our own set (H.245 §7.3.1).
pub(super) fn ours(config: &Config) -> Capabilities {
    let AudioChoice::Amr { bps_max } = config.audio;
    let amr = Audio::Amr { bps_max, frames_max: 1, comfort_noise: false };
    let mut table = vec![Capability::Audio(Direction::Receive, amr)];
    let video = config.video.iter().filter_map(|&codec| picture(codec, config.video_bps_max));
    table.extend(video.map(|video| Capability::Video(Direction::Receive, video)));
    let pictures = table.len() - 1;
    let forms = [UserInputForm::BasicString, UserInputForm::Dtmf];
    table.extend(forms.map(|form| Capability::UserInput(Direction::Receive, form)));

    let numbers: Vec<u16> = (1..=table.len() as u16).collect();
    let (audio, rest) = numbers.split_at(1);
    let (video, forms) = rest.split_at(pictures);
    let sets = [audio, video].into_iter().filter(|set| !set.is_empty()).map(<[u16]>::to_vec);
    let descriptor = sets.chain(forms.iter().map(|&form| vec![form])).collect();
    Capabilities {
        version: VERSION,
        multiplex: Some(multiplex(config)),
        table: numbers.iter().copied().zip(table.into_iter().map(Some)).collect(),
        descriptors: vec![(0, descriptor)],
    }
}

fn multiplex(config: &Config) -> Multiplex {
    let (annex_a, annex_b) = (config.level > Level::Zero, config.level > Level::One { double_flag: true });
    Multiplex {
        video: Layers { al1: false, al2: true, al3: true },
        audio: Layers { al1: false, al2: true, al3: false },
        data: Layers::default(),
        al2_sdu_max: limits::DECLARED_SDU_MAX,
        al3_sdu_max: limits::DECLARED_SDU_MAX,
        delay_jitter_ms: limits::DECLARED_JITTER_MS,
        enhanced_table: None,
        mux_pdu_size: true,
        nsrp: config.level > Level::Zero,
        mobile: annex_a.then_some(Mobile {
            mode_change: true,
            annex_a,
            annex_a_double_flag: annex_a,
            annex_b,
            annex_b_with_header: config.level == Level::Two { optional_header: true },
        }),
        annex_c: false,
    }
}

/// What we decode of a codec, if we do: QCIF at 15 pictures/s.
fn picture(codec: Codec, bps_max: u32) -> Option<Video> {
    match codec {
        Codec::H263 => {
            Some(Video::H263(H263 { sqcif_mpi: Some(2), qcif_mpi: Some(2), bps_max, ..H263::default() }))
        }
        Codec::Mpeg4 => Some(Video::Mpeg4(Mpeg4 {
            bps_max,
            profile_and_level: Some(SIMPLE_PROFILE_0),
            object: None,
            config: None,
        })),
        Codec::Pcmu
        | Codec::Pcma
        | Codec::Amr
        | Codec::AmrWb
        | Codec::G722
        | Codec::Opus
        | Codec::Clearmode
        | Codec::H263p
        | Codec::H264
        | Codec::Vp8 => None,
    }
}

/// The codec of a medium that the peer wants to send us, if we take it.
pub(super) fn accepts(config: &Config, media: &Media) -> Option<Codec> {
    let codec = match media {
        Media::Audio(Audio::Amr { .. }) => return Some(Codec::Amr),
        Media::Video(Video::H263(_)) => Codec::H263,
        Media::Video(Video::Mpeg4(_)) => Codec::Mpeg4,
        Media::Video(Video::H264(_) | Video::Other(_))
        | Media::Audio(Audio::AmrWideband | Audio::G7231 { .. } | Audio::Other(_))
        | Media::Null
        | Media::Data
        | Media::Unknown => return None,
    };
    config.video.contains(&codec).then_some(codec)
}

/// How our speech channel can be opened, best first. Empty: the peer takes none of our codecs.
pub(super) fn audio_attempts(config: &Config, peer: &Capabilities) -> Vec<Attempt> {
    let AudioChoice::Amr { bps_max: ours } = config.audio;
    let theirs = peer.audio().find_map(|audio| match audio {
        Audio::Amr { bps_max, .. } => Some(*bps_max),
        Audio::AmrWideband | Audio::G7231 { .. } | Audio::Other(_) => None,
    });
    let Some(theirs) = theirs else { return Vec::new() };
    let media = Media::Audio(Audio::Amr { bps_max: ours.min(theirs), frames_max: 1, comfort_noise: false });
    let layers = al2(config.al2_sequence_numbers);
    layers.map(|adaptation| Attempt { codec: Codec::Amr, media: media.clone(), adaptation }).to_vec()
}

/// How our picture channel can be opened, best first.
pub(super) fn video_attempts(config: &Config, peer: &Capabilities) -> Vec<Attempt> {
    let al3 = config.al3_video && peer.multiplex.is_none_or(|multiplex| multiplex.video.al3);
    let mut attempts = Vec::new();
    for &codec in &config.video {
        let Some(video) = peer.video().find_map(|video| common(config, codec, video)) else { continue };
        let media = Media::Video(video);
        let layers = al3.then_some(AL3).into_iter().chain(al2(config.al2_sequence_numbers));
        attempts.extend(layers.map(|adaptation| Attempt { codec, media: media.clone(), adaptation }));
    }
    attempts
}

/// What we offer for retransmission: numbers of one octet, and as much as a picture kept.
pub(super) const AL3: Adaptation = Adaptation::Al3 { control_octets: 1, send_buffer: 4_096 };

fn al2(sequence_numbers: bool) -> [Adaptation; 2] {
    [sequence_numbers, !sequence_numbers].map(|sequence_numbers| Adaptation::Al2 { sequence_numbers })
}

/// What we send in `codec` to a peer that decodes `video`.
fn common(config: &Config, codec: Codec, video: &Video) -> Option<Video> {
    let rate =
        |theirs: u32| if theirs == 0 { config.video_bps_max } else { theirs.min(config.video_bps_max) };
    match (codec, video) {
        (Codec::H263, Video::H263(theirs)) => {
            let qcif_mpi = Some(theirs.qcif_mpi?.max(2));
            let bps_max = rate(theirs.bps_max);
            Some(Video::H263(H263 { qcif_mpi, bps_max, trade_off: config.trade_off, ..H263::default() }))
        }
        (Codec::Mpeg4, Video::Mpeg4(theirs)) => Some(Video::Mpeg4(Mpeg4 {
            bps_max: rate(theirs.bps_max),
            profile_and_level: Some(SIMPLE_PROFILE_0),
            object: None,
            config: Some(config.mpeg4_config.clone()?),
        })),
        (
            Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263
            | Codec::H263p
            | Codec::H264
            | Codec::Mpeg4
            | Codec::Vp8,
            Video::H263(_) | Video::Mpeg4(_) | Video::H264(_) | Video::Other(_),
        ) => None,
    }
}
