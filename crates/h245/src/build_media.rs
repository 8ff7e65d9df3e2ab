//! Capability sets and channels out of their plain values.

use super::build::number;
use super::oid;
use super::read_media::*;
use super::types::audio::*;
use super::types::capability::*;
use super::types::channel::*;
use super::types::common::*;
use super::types::mode::*;
use super::types::multiplex::*;
use super::types::open::Open;
use super::types::video::*;
use super::view::{self, Direction};

/// A capability set; what is [`Unknown`](view::Capability::Unknown) is left out.
pub(super) fn capabilities(sequence: u8, set: &view::Capabilities) -> TerminalCapabilitySet {
    let table: Vec<_> = set.table.iter().take(256).filter_map(table_entry).collect();
    let descriptors: Vec<_> = set.descriptors.iter().take(256).map(descriptor).collect();
    TerminalCapabilitySet {
        sequence_number: sequence,
        protocol_identifier: oid::protocol().into(),
        multiplex_capability: set
            .multiplex
            .as_ref()
            .map(|h223| Open::Known(MultiplexCapability::H223Capability(Box::new(h223_capability(h223))))),
        capability_table: (!table.is_empty()).then_some(table),
        capability_descriptors: (!descriptors.is_empty()).then_some(descriptors),
        generic_information: None,
    }
}

fn table_entry(entry: &(u16, Option<view::Capability>)) -> Option<CapabilityTableEntry> {
    let capability = match &entry.1 {
        Some(capability) => Some(Open::Known(capability_of(capability)?)),
        None => None,
    };
    Some(CapabilityTableEntry { capability_table_entry_number: EntryNumber(entry.0.max(1)), capability })
}

fn descriptor(descriptor: &(u8, Vec<Vec<u16>>)) -> CapabilityDescriptor {
    let entries = |set: &Vec<u16>| {
        let numbers: Vec<_> = set.iter().take(256).map(|entry| EntryNumber((*entry).max(1))).collect();
        (!numbers.is_empty()).then_some(AlternativeCapabilitySet(numbers))
    };
    let sets: Vec<_> = descriptor.1.iter().take(256).filter_map(entries).collect();
    CapabilityDescriptor {
        capability_descriptor_number: descriptor.0,
        simultaneous_capabilities: (!sets.is_empty()).then_some(sets),
    }
}

fn h223_capability(h223: &view::Multiplex) -> H223Capability {
    H223Capability {
        transport_with_i_frames: false,
        video_with_al1: h223.video.al1,
        video_with_al2: h223.video.al2,
        video_with_al3: h223.video.al3,
        audio_with_al1: h223.audio.al1,
        audio_with_al2: h223.audio.al2,
        audio_with_al3: h223.audio.al3,
        data_with_al1: h223.data.al1,
        data_with_al2: h223.data.al2,
        data_with_al3: h223.data.al3,
        maximum_al2_sdu_size: h223.al2_sdu_max,
        maximum_al3_sdu_size: h223.al3_sdu_max,
        maximum_delay_jitter: h223.delay_jitter_ms.min(1023),
        h223_multiplex_table_capability: match h223.enhanced_table {
            None => H223MultiplexTableCapability::Basic,
            Some(table) => H223MultiplexTableCapability::Enhanced(EnhancedTableCapability {
                maximum_nesting_depth: table.nesting_depth_max.clamp(1, 15),
                maximum_element_list_size: table.elements_max.max(2),
                maximum_sub_element_list_size: table.sub_elements_max.max(2),
            }),
        },
        max_mux_pdu_size_capability: Some(h223.mux_pdu_size),
        nsrp_support: Some(h223.nsrp),
        mobile_operation_transmit_capability: h223.mobile.as_ref().map(mobile_capability),
        h223_annex_c_capability: None,
        bit_rate: None,
        mobile_multilink_frame_capability: None,
    }
}

fn mobile_capability(mobile: &view::Mobile) -> MobileOperationTransmitCapability {
    MobileOperationTransmitCapability {
        mode_change_capability: mobile.mode_change,
        h223_annex_a: mobile.annex_a,
        h223_annex_a_double_flag: mobile.annex_a_double_flag,
        h223_annex_b: mobile.annex_b,
        h223_annex_b_with_header: mobile.annex_b_with_header,
    }
}

fn capability_of(capability: &view::Capability) -> Option<Capability> {
    use Capability as C;
    Some(match capability {
        view::Capability::Audio(direction, one) => {
            let one = Open::Known(audio(one)?);
            match direction {
                Direction::Receive => C::ReceiveAudio(one),
                Direction::Transmit => C::TransmitAudio(one),
                Direction::Both => C::ReceiveAndTransmitAudio(one),
            }
        }
        view::Capability::Video(direction, one) => {
            let one = Open::Known(video(one)?);
            match direction {
                Direction::Receive => C::ReceiveVideo(one),
                Direction::Transmit => C::TransmitVideo(one),
                Direction::Both => C::ReceiveAndTransmitVideo(one),
            }
        }
        view::Capability::UserInput(direction, form) => {
            let one = Open::Known(user_input(*form)?);
            match direction {
                Direction::Receive => C::ReceiveUserInput(one),
                Direction::Transmit => C::TransmitUserInput(one),
                Direction::Both => C::ReceiveAndTransmitUserInput(one),
            }
        }
        view::Capability::Unknown => return None,
    })
}

fn user_input(form: view::UserInputForm) -> Option<UserInputCapability> {
    Some(match form {
        view::UserInputForm::BasicString => UserInputCapability::BasicString,
        view::UserInputForm::Ia5String => UserInputCapability::IA5String,
        view::UserInputForm::GeneralString => UserInputCapability::GeneralString,
        view::UserInputForm::Dtmf => UserInputCapability::Dtmf,
        view::UserInputForm::Hookflash => UserInputCapability::Hookflash,
        view::UserInputForm::Other => return None,
    })
}

/// Units of 100 bit/s, rounded up, at least one and at most `max`.
fn hundreds(bps: u32, max: u32) -> u32 {
    bps.div_ceil(100).clamp(1, max)
}

/// A parameter under a number of the codec's own table.
fn parameter(number: u8, value: ParameterValue) -> Parameter {
    Parameter(Box::new(GenericParameter {
        parameter_identifier: Open::Known(ParameterIdentifier::Standard(number)),
        parameter_value: Open::Known(value),
        supersedes: None,
    }))
}

/// A codec by its object identifier.
fn generic(identifier: &'static [u8], bps_max: u32, collapsing: Vec<Parameter>) -> GenericCapability {
    GenericCapability {
        capability_identifier: Open::Known(CapabilityIdentifier::Standard(identifier.to_vec().into())),
        max_bit_rate: (bps_max > 0).then(|| hundreds(bps_max, u32::MAX)),
        collapsing: (!collapsing.is_empty()).then_some(collapsing),
        non_collapsing: None,
        non_collapsing_raw: None,
        transport: None,
    }
}

/// A speech codec; `None` for one that is only known by name.
fn audio(codec: &view::Audio) -> Option<AudioCapability> {
    match codec {
        view::Audio::Amr { bps_max, frames_max, comfort_noise } => {
            let frames = ParameterValue::UnsignedMin((*frames_max).clamp(1, 256));
            let mut parameters = vec![parameter(AMR_FRAMES, frames)];
            if *comfort_noise {
                parameters.push(parameter(AMR_COMFORT_NOISE, ParameterValue::Logical));
            }
            Some(AudioCapability::Generic(Box::new(generic(oid::AMR, *bps_max, parameters))))
        }
        view::Audio::G7231 { frames_max, silence_suppression } => Some(AudioCapability::G7231(G7231 {
            max_al_sdu_audio_frames: Frames((*frames_max).clamp(1, 256)),
            silence_suppression: *silence_suppression,
        })),
        view::Audio::AmrWideband | view::Audio::Other(_) => None,
    }
}

/// A video codec; `None` for one that is only known by name.
fn video(codec: &view::Video) -> Option<VideoCapability> {
    match codec {
        view::Video::H263(h263) => Some(VideoCapability::H263(Box::new(h263_capability(h263)))),
        view::Video::Mpeg4(mpeg4) => Some(VideoCapability::Generic(Box::new(mpeg4_capability(mpeg4)))),
        view::Video::H264(h264) => Some(VideoCapability::Generic(Box::new(h264_capability(h264)))),
        view::Video::Other(_) => None,
    }
}

/// One element of a mode request; `None` for what cannot be asked for.
pub(super) fn mode(mode: &view::Mode) -> Option<ModeElement> {
    let kind = match mode {
        view::Mode::Audio(GENERIC_AUDIO) => {
            let amr = Box::new(generic(oid::AMR, 12_200, Vec::new()));
            ModeElementType::AudioMode(Open::Known(AudioMode::Generic(amr)))
        }
        view::Mode::H263 { bps_max, qcif } => {
            let resolution = if *qcif { H263Resolution::Qcif } else { H263Resolution::Sqcif };
            ModeElementType::VideoMode(Open::Known(VideoMode::H263(H263VideoMode {
                resolution: Open::Known(resolution),
                bit_rate: hundreds(*bps_max, 19_200) as u16,
                unrestricted_vector: false,
                arithmetic_coding: false,
                advanced_prediction: false,
                pb_frames: false,
                error_compensation: None,
                enhancement_layer_info: None,
                h263_options: None,
            })))
        }
        view::Mode::GenericVideo(codec) => match video(codec)? {
            VideoCapability::Generic(generic) => {
                ModeElementType::VideoMode(Open::Known(VideoMode::Generic(generic)))
            }
            VideoCapability::NonStandard(_)
            | VideoCapability::H261(_)
            | VideoCapability::H262(_)
            | VideoCapability::H263(_)
            | VideoCapability::Is11172(_) => return None,
        },
        view::Mode::Audio(_) | view::Mode::Other => return None,
    };
    Some(ModeElement {
        kind: Open::Known(kind),
        h223_mode_parameters: None,
        v76_mode_parameters: None,
        h2250_mode_parameters: None,
        generic_mode_parameters: None,
        multiplexed_stream_mode_parameters: None,
        logical_channel_number: None,
    })
}

/// AMR is asked for by the name that the module has for codecs with an object identifier.
const GENERIC_AUDIO: &str = "genericAudioMode";

fn h263_capability(h263: &view::H263) -> H263VideoCapability {
    let mpi = |value: Option<u8>| value.map(|value| value.clamp(1, 32));
    H263VideoCapability {
        sqcif_mpi: mpi(h263.sqcif_mpi),
        qcif_mpi: mpi(h263.qcif_mpi),
        cif_mpi: mpi(h263.cif_mpi),
        cif4_mpi: None,
        cif16_mpi: None,
        max_bit_rate: hundreds(h263.bps_max, 192_400),
        unrestricted_vector: h263.unrestricted_vector,
        arithmetic_coding: h263.arithmetic_coding,
        advanced_prediction: h263.advanced_prediction,
        pb_frames: h263.pb_frames,
        temporal_spatial_trade_off_capability: h263.trade_off,
        hrd_b: None,
        bpp_max_kb: None,
        slow_sqcif_mpi: None,
        slow_qcif_mpi: None,
        slow_cif_mpi: None,
        slow_cif4_mpi: None,
        slow_cif16_mpi: None,
        error_compensation: Some(false),
        enhancement_layer_info: None,
        h263_options: None,
    }
}

fn mpeg4_capability(mpeg4: &view::Mpeg4) -> GenericCapability {
    let mut capability = generic(oid::MPEG4, mpeg4.bps_max, Vec::new());
    let mut parameters = Vec::new();
    if let Some(level) = mpeg4.profile_and_level {
        parameters.push(parameter(MPEG4_PROFILE_AND_LEVEL, ParameterValue::UnsignedMax(level.into())));
    }
    if let Some(object) = mpeg4.object {
        parameters.push(parameter(MPEG4_OBJECT, ParameterValue::UnsignedMax(object)));
    }
    if let Some(config) = &mpeg4.config {
        parameters.push(parameter(MPEG4_CONFIG, ParameterValue::OctetString(config.to_vec().into())));
    }
    capability.non_collapsing = (!parameters.is_empty()).then_some(parameters);
    capability
}

fn h264_capability(h264: &view::H264) -> GenericCapability {
    let collapsing = vec![
        parameter(H264_PROFILE, ParameterValue::BooleanArray(h264.profiles)),
        parameter(H264_LEVEL, ParameterValue::UnsignedMin(h264.level)),
    ];
    let mut capability = generic(oid::H264, h264.bps_max, collapsing);
    capability.non_collapsing = h264
        .config
        .as_ref()
        .map(|config| vec![parameter(H264_CONFIG, ParameterValue::OctetString(config.to_vec().into()))]);
    capability
}

/// A request for a channel. Media that are only known by name go as no data, other layers as framed AL1.
pub(super) fn open_logical_channel(request: &view::ChannelRequest) -> OpenLogicalChannel {
    let forward = &request.forward;
    OpenLogicalChannel {
        forward_logical_channel_number: number(request.channel),
        forward_logical_channel_parameters: ForwardParameters {
            port_number: None,
            data_type: Open::Known(data_type(&forward.media)),
            multiplex_parameters: Open::Known(ForwardMultiplexParameters::H223(h223_parameters(forward))),
            forward_logical_channel_dependency: None,
            replacement_for: None,
        },
        reverse_logical_channel_parameters: request.reverse.as_ref().map(|reverse| ReverseParameters {
            data_type: Open::Known(data_type(&reverse.media)),
            multiplex_parameters: Some(Open::Known(ReverseMultiplexParameters::H223(h223_parameters(
                reverse,
            )))),
            reverse_logical_channel_dependency: None,
            replacement_for: None,
        }),
        separate_stack: None,
        encryption_sync: None,
        generic_information: None,
    }
}

fn data_type(media: &view::Media) -> DataType {
    let known = match media {
        view::Media::Audio(codec) => audio(codec).map(|codec| DataType::AudioData(Open::Known(codec))),
        view::Media::Video(codec) => video(codec).map(|codec| DataType::VideoData(Open::Known(codec))),
        view::Media::Null | view::Media::Data | view::Media::Unknown => None,
    };
    known.unwrap_or(DataType::NullData)
}

fn h223_parameters(way: &view::Way) -> H223LogicalChannelParameters {
    let layer = match way.adaptation {
        view::Adaptation::Al1Framed | view::Adaptation::Other => AdaptationLayerType::Al1Framed,
        view::Adaptation::Al1NotFramed => AdaptationLayerType::Al1NotFramed,
        view::Adaptation::Al2 { sequence_numbers: false } => AdaptationLayerType::Al2WithoutSequenceNumbers,
        view::Adaptation::Al2 { sequence_numbers: true } => AdaptationLayerType::Al2WithSequenceNumbers,
        view::Adaptation::Al3 { control_octets, send_buffer } => AdaptationLayerType::Al3(Al3 {
            control_field_octets: control_octets.min(2),
            send_buffer_size: send_buffer.min(0xff_ffff),
        }),
    };
    H223LogicalChannelParameters {
        adaptation_layer_type: Open::Known(layer),
        segmentable_flag: way.segmentable,
    }
}
