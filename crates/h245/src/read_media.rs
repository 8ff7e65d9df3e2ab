//! Capabilities and channels to their plain values.

use bytes::Bytes;

use super::oid;
use super::types::audio::AudioCapability;
use super::types::capability::*;
use super::types::channel::*;
use super::types::common::*;
use super::types::multiplex::*;
use super::types::open::Open;
use super::types::video::*;
use super::view::{self, Direction};

/// A capability set.
pub(super) fn capabilities(set: &TerminalCapabilitySet) -> view::Capabilities {
    let multiplex = set.multiplex_capability.as_ref().and_then(Open::known);
    let table = set.capability_table.iter().flatten();
    let descriptors = set.capability_descriptors.iter().flatten();
    view::Capabilities {
        version: oid::version(&set.protocol_identifier).unwrap_or(0),
        multiplex: match multiplex {
            Some(MultiplexCapability::H223Capability(h223)) => Some(h223_multiplex(h223)),
            Some(
                MultiplexCapability::NonStandard(_)
                | MultiplexCapability::H222Capability(_)
                | MultiplexCapability::V76Capability(_),
            )
            | None => None,
        },
        table: table
            .map(|entry| {
                let capability = entry.capability.as_ref();
                let known =
                    |one: &Open<Capability>| one.known().map_or(view::Capability::Unknown, capability_of);
                (entry.capability_table_entry_number.0, capability.map(known))
            })
            .collect(),
        descriptors: descriptors
            .map(|descriptor| {
                let sets = descriptor.simultaneous_capabilities.iter().flatten();
                let numbers = |set: &AlternativeCapabilitySet| set.0.iter().map(|number| number.0).collect();
                (descriptor.capability_descriptor_number, sets.map(numbers).collect())
            })
            .collect(),
    }
}

fn h223_multiplex(h223: &H223Capability) -> view::Multiplex {
    view::Multiplex {
        video: view::Layers { al1: h223.video_with_al1, al2: h223.video_with_al2, al3: h223.video_with_al3 },
        audio: view::Layers { al1: h223.audio_with_al1, al2: h223.audio_with_al2, al3: h223.audio_with_al3 },
        data: view::Layers { al1: h223.data_with_al1, al2: h223.data_with_al2, al3: h223.data_with_al3 },
        al2_sdu_max: h223.maximum_al2_sdu_size,
        al3_sdu_max: h223.maximum_al3_sdu_size,
        delay_jitter_ms: h223.maximum_delay_jitter,
        enhanced_table: match &h223.h223_multiplex_table_capability {
            H223MultiplexTableCapability::Basic => None,
            H223MultiplexTableCapability::Enhanced(table) => Some(view::EnhancedTable {
                nesting_depth_max: table.maximum_nesting_depth,
                elements_max: table.maximum_element_list_size,
                sub_elements_max: table.maximum_sub_element_list_size,
            }),
        },
        mux_pdu_size: h223.max_mux_pdu_size_capability.unwrap_or(false),
        nsrp: h223.nsrp_support.unwrap_or(false),
        mobile: h223.mobile_operation_transmit_capability.as_ref().map(|mobile| view::Mobile {
            mode_change: mobile.mode_change_capability,
            annex_a: mobile.h223_annex_a,
            annex_a_double_flag: mobile.h223_annex_a_double_flag,
            annex_b: mobile.h223_annex_b,
            annex_b_with_header: mobile.h223_annex_b_with_header,
        }),
        annex_c: h223.h223_annex_c_capability.is_some(),
    }
}

fn capability_of(capability: &Capability) -> view::Capability {
    use Capability as C;
    match capability {
        C::ReceiveVideo(one) => view::Capability::Video(Direction::Receive, video(one)),
        C::TransmitVideo(one) => view::Capability::Video(Direction::Transmit, video(one)),
        C::ReceiveAndTransmitVideo(one) => view::Capability::Video(Direction::Both, video(one)),
        C::ReceiveAudio(one) => view::Capability::Audio(Direction::Receive, audio(one)),
        C::TransmitAudio(one) => view::Capability::Audio(Direction::Transmit, audio(one)),
        C::ReceiveAndTransmitAudio(one) => view::Capability::Audio(Direction::Both, audio(one)),
        C::ReceiveUserInput(one) => view::Capability::UserInput(Direction::Receive, user_input(one)),
        C::TransmitUserInput(one) => view::Capability::UserInput(Direction::Transmit, user_input(one)),
        C::ReceiveAndTransmitUserInput(one) => view::Capability::UserInput(Direction::Both, user_input(one)),
        C::NonStandard(_)
        | C::ReceiveDataApplication(_)
        | C::TransmitDataApplication(_)
        | C::ReceiveAndTransmitDataApplication(_)
        | C::H233EncryptionTransmit(_)
        | C::H233EncryptionReceive(_)
        | C::Conference(_)
        | C::H235Security(_)
        | C::MaxPendingReplacementFor(_)
        | C::GenericControl(_) => view::Capability::Unknown,
    }
}

fn user_input(form: &Open<UserInputCapability>) -> view::UserInputForm {
    match form.known() {
        Some(UserInputCapability::BasicString) => view::UserInputForm::BasicString,
        Some(UserInputCapability::IA5String) => view::UserInputForm::Ia5String,
        Some(UserInputCapability::GeneralString) => view::UserInputForm::GeneralString,
        Some(UserInputCapability::Dtmf) => view::UserInputForm::Dtmf,
        Some(UserInputCapability::Hookflash) => view::UserInputForm::Hookflash,
        Some(UserInputCapability::NonStandard(_)) | None => view::UserInputForm::Other,
    }
}

fn audio(capability: &Open<AudioCapability>) -> view::Audio {
    use AudioCapability as A;
    let Some(capability) = capability.known() else { return view::Audio::Other("unknown") };
    view::Audio::Other(match capability {
        A::G7231(g7231) => {
            return view::Audio::G7231 {
                frames_max: g7231.max_al_sdu_audio_frames.0,
                silence_suppression: g7231.silence_suppression,
            };
        }
        A::Generic(generic) => return generic_audio(generic),
        A::NonStandard(_) => "nonStandard",
        A::G711Alaw64k(_) => "g711Alaw64k",
        A::G711Alaw56k(_) => "g711Alaw56k",
        A::G711Ulaw64k(_) => "g711Ulaw64k",
        A::G711Ulaw56k(_) => "g711Ulaw56k",
        A::G722At64k(_) => "g722-64k",
        A::G722At56k(_) => "g722-56k",
        A::G722At48k(_) => "g722-48k",
        A::G728(_) => "g728",
        A::G729(_) => "g729",
        A::G729AnnexA(_) => "g729AnnexA",
        A::Is11172(_) => "is11172AudioCapability",
        A::Is13818(_) => "is13818AudioCapability",
        A::G729wAnnexB(_) => "g729wAnnexB",
        A::G729AnnexAwAnnexB(_) => "g729AnnexAwAnnexB",
        A::G7231AnnexC(_) => "g7231AnnexCCapability",
        A::GsmFullRate(_) => "gsmFullRate",
        A::GsmHalfRate(_) => "gsmHalfRate",
        A::GsmEnhancedFullRate(_) => "gsmEnhancedFullRate",
    })
}

fn generic_audio(generic: &GenericCapability) -> view::Audio {
    match identifier(generic) {
        Some(oid::AMR) => view::Audio::Amr {
            bps_max: generic.max_bit_rate.map_or(AMR_BPS_MAX, |hundreds| hundreds.saturating_mul(100)),
            frames_max: parameter(generic, AMR_FRAMES)
                .and_then(number)
                .map_or(1, |frames| frames.clamp(1, 256) as u16),
            comfort_noise: parameter(generic, AMR_COMFORT_NOISE).is_some(),
        },
        Some(oid::AMR_WIDEBAND) => view::Audio::AmrWideband,
        Some(_) | None => view::Audio::Other("genericAudioCapability"),
    }
}

/// The highest mode of AMR.
const AMR_BPS_MAX: u32 = 12_200;
/// `maxAl-sduAudioFrames` (H.245 Annex I).
pub(super) const AMR_FRAMES: u8 = 0;
/// `gsmAmrComfortNoise` (H.245 Annex I).
pub(super) const AMR_COMFORT_NOISE: u8 = 2;
/// `profileAndLevel` (H.245 Annex E).
pub(super) const MPEG4_PROFILE_AND_LEVEL: u8 = 0;
/// `object` (H.245 Annex E).
pub(super) const MPEG4_OBJECT: u8 = 1;
/// `decoderConfigurationInformation` (H.245 Annex E).
pub(super) const MPEG4_CONFIG: u8 = 2;
/// `Profile` (H.241 §8.3.2.4).
pub(super) const H264_PROFILE: u8 = 41;
/// `Level` (H.241 §8.3.2.5).
pub(super) const H264_LEVEL: u8 = 42;
/// `DecoderConfigurationInformation` (3GPP TS 26.111).
pub(super) const H264_CONFIG: u8 = 43;

fn video(capability: &Open<VideoCapability>) -> view::Video {
    match capability.known() {
        Some(VideoCapability::H263(h263)) => view::Video::H263(view::H263 {
            sqcif_mpi: h263.sqcif_mpi,
            qcif_mpi: h263.qcif_mpi,
            cif_mpi: h263.cif_mpi,
            bps_max: h263.max_bit_rate * 100,
            unrestricted_vector: h263.unrestricted_vector,
            arithmetic_coding: h263.arithmetic_coding,
            advanced_prediction: h263.advanced_prediction,
            pb_frames: h263.pb_frames,
            trade_off: h263.temporal_spatial_trade_off_capability,
            further_options: h263.h263_options.is_some(),
        }),
        Some(VideoCapability::Generic(generic)) => generic_video(generic),
        Some(VideoCapability::NonStandard(_)) => view::Video::Other("nonStandard"),
        Some(VideoCapability::H261(_)) => view::Video::Other("h261VideoCapability"),
        Some(VideoCapability::H262(_)) => view::Video::Other("h262VideoCapability"),
        Some(VideoCapability::Is11172(_)) => view::Video::Other("is11172VideoCapability"),
        None => view::Video::Other("unknown"),
    }
}

/// A video codec declared by its object identifier.
pub(super) fn generic_video(generic: &GenericCapability) -> view::Video {
    let bps_max = generic.max_bit_rate.unwrap_or(0).saturating_mul(100);
    let value = |number_: u8| parameter(generic, number_).and_then(number);
    let config = |number: u8| parameter(generic, number).and_then(octets);
    match identifier(generic) {
        Some(oid::MPEG4) => view::Video::Mpeg4(view::Mpeg4 {
            bps_max,
            profile_and_level: value(MPEG4_PROFILE_AND_LEVEL).and_then(|value| u8::try_from(value).ok()),
            object: value(MPEG4_OBJECT).and_then(|value| u16::try_from(value).ok()),
            config: config(MPEG4_CONFIG),
        }),
        Some(oid::H264) => view::Video::H264(view::H264 {
            bps_max,
            profiles: value(H264_PROFILE).map_or(0, |value| value as u8),
            level: value(H264_LEVEL).and_then(|value| u16::try_from(value).ok()).unwrap_or(0),
            config: config(H264_CONFIG),
        }),
        Some(_) | None => view::Video::Other("genericVideoCapability"),
    }
}

/// The object identifier of a generic capability.
fn identifier(generic: &GenericCapability) -> Option<&[u8]> {
    match generic.capability_identifier.known() {
        Some(CapabilityIdentifier::Standard(identifier)) => Some(identifier),
        Some(
            CapabilityIdentifier::H221NonStandard(_)
            | CapabilityIdentifier::Uuid(_)
            | CapabilityIdentifier::DomainBased(_),
        )
        | None => None,
    }
}

/// The parameter of this number, in whichever list the peer put it.
fn parameter(generic: &GenericCapability, number: u8) -> Option<&ParameterValue> {
    let lists = generic.collapsing.iter().chain(&generic.non_collapsing).flatten();
    lists
        .map(|one| &one.0)
        .filter(|one| one.parameter_identifier.known() == Some(&ParameterIdentifier::Standard(number)))
        .find_map(|one| one.parameter_value.known())
}

/// The value of a parameter that is a number; which kind of minimum or maximum does not matter.
fn number(value: &ParameterValue) -> Option<u32> {
    match value {
        ParameterValue::BooleanArray(bits) => Some(u32::from(*bits)),
        ParameterValue::UnsignedMin(value) | ParameterValue::UnsignedMax(value) => Some(u32::from(*value)),
        ParameterValue::Unsigned32Min(value) | ParameterValue::Unsigned32Max(value) => Some(*value),
        ParameterValue::Logical | ParameterValue::OctetString(_) | ParameterValue::GenericParameter(_) => {
            None
        }
    }
}

fn octets(value: &ParameterValue) -> Option<Bytes> {
    match value {
        ParameterValue::OctetString(octets) => Some(Bytes::copy_from_slice(octets)),
        ParameterValue::Logical
        | ParameterValue::BooleanArray(_)
        | ParameterValue::UnsignedMin(_)
        | ParameterValue::UnsignedMax(_)
        | ParameterValue::Unsigned32Min(_)
        | ParameterValue::Unsigned32Max(_)
        | ParameterValue::GenericParameter(_) => None,
    }
}

/// A channel that is asked for.
pub(super) fn channel_request(message: &OpenLogicalChannel) -> view::ChannelRequest {
    let forward = &message.forward_logical_channel_parameters;
    let parameters = match forward.multiplex_parameters.known() {
        Some(ForwardMultiplexParameters::H223(h223)) => Some(h223),
        Some(ForwardMultiplexParameters::H222(_) | ForwardMultiplexParameters::V76(_)) | None => None,
    };
    view::ChannelRequest {
        channel: message.forward_logical_channel_number.0,
        forward: way(&forward.data_type, parameters),
        reverse: message.reverse_logical_channel_parameters.as_ref().map(reverse_way),
    }
}

fn reverse_way(reverse: &ReverseParameters) -> view::Way {
    let parameters = match reverse.multiplex_parameters.as_ref().and_then(Open::known) {
        Some(ReverseMultiplexParameters::H223(h223)) => Some(h223),
        Some(ReverseMultiplexParameters::V76(_)) | None => None,
    };
    way(&reverse.data_type, parameters)
}

fn way(data_type: &Open<DataType>, parameters: Option<&H223LogicalChannelParameters>) -> view::Way {
    view::Way {
        media: match data_type.known() {
            Some(DataType::NullData) => view::Media::Null,
            Some(DataType::VideoData(one)) => view::Media::Video(video(one)),
            Some(DataType::AudioData(one)) => view::Media::Audio(audio(one)),
            Some(DataType::Data(_)) => view::Media::Data,
            Some(DataType::NonStandard(_) | DataType::EncryptionData(_)) | None => view::Media::Unknown,
        },
        adaptation: parameters
            .and_then(|h223| h223.adaptation_layer_type.known())
            .map_or(view::Adaptation::Other, adaptation),
        segmentable: parameters.is_some_and(|h223| h223.segmentable_flag),
    }
}

fn adaptation(layer: &AdaptationLayerType) -> view::Adaptation {
    match layer {
        AdaptationLayerType::Al1Framed => view::Adaptation::Al1Framed,
        AdaptationLayerType::Al1NotFramed => view::Adaptation::Al1NotFramed,
        AdaptationLayerType::Al2WithoutSequenceNumbers => view::Adaptation::Al2 { sequence_numbers: false },
        AdaptationLayerType::Al2WithSequenceNumbers => view::Adaptation::Al2 { sequence_numbers: true },
        AdaptationLayerType::Al3(al3) => view::Adaptation::Al3 {
            control_octets: al3.control_field_octets,
            send_buffer: al3.send_buffer_size,
        },
        AdaptationLayerType::NonStandard(_) => view::Adaptation::Other,
    }
}
