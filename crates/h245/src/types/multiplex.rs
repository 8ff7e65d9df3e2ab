//! Multiplex capabilities (H.245 §7.3.1, §B.2.2.2). H.222 and V.76 are read so that what follows can be.

use rasn::prelude::*;

use super::common::NonStandardParameter;
use super::open::Opaque;

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum MultiplexCapability {
    NonStandard(NonStandardParameter),
    H222Capability(H222Capability),
    H223Capability(Box<H223Capability>),
    V76Capability(Box<V76Capability>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H222Capability {
    #[rasn(value("1..=256"))]
    pub(crate) number_of_vcs: u16,
    pub(crate) vc_capability: Vec<VcCapability>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct VcCapability {
    pub(crate) aal1: Option<Aal1>,
    pub(crate) aal5: Option<Aal5>,
    pub(crate) transport_stream: bool,
    pub(crate) program_stream: bool,
    pub(crate) available_bit_rates: AvailableBitRates,
    #[rasn(extension_addition)]
    pub(crate) aal1_via_gateway: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Aal1 {
    pub(crate) null_clock_recovery: bool,
    pub(crate) srts_clock_recovery: bool,
    pub(crate) adaptive_clock_recovery: bool,
    pub(crate) null_error_correction: bool,
    pub(crate) long_interleaver: bool,
    pub(crate) short_interleaver: bool,
    pub(crate) error_correction_only: bool,
    pub(crate) structured_data_transfer: bool,
    pub(crate) partially_filled_cells: bool,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Aal5 {
    pub(crate) forward_maximum_sdu_size: u16,
    pub(crate) backward_maximum_sdu_size: u16,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct AvailableBitRates {
    pub(crate) kind: BitRates,
}

/// In 64 kbit/s.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum BitRates {
    #[rasn(value("1..=65535"))]
    SingleBitRate(u16),
    RangeOfBitRates(RangeOfBitRates),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct RangeOfBitRates {
    #[rasn(value("1..=65535"))]
    pub(crate) lower_bit_rate: u16,
    #[rasn(value("1..=65535"))]
    pub(crate) higher_bit_rate: u16,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H223Capability {
    pub(crate) transport_with_i_frames: bool,
    pub(crate) video_with_al1: bool,
    pub(crate) video_with_al2: bool,
    pub(crate) video_with_al3: bool,
    pub(crate) audio_with_al1: bool,
    pub(crate) audio_with_al2: bool,
    pub(crate) audio_with_al3: bool,
    pub(crate) data_with_al1: bool,
    pub(crate) data_with_al2: bool,
    pub(crate) data_with_al3: bool,
    pub(crate) maximum_al2_sdu_size: u16,
    pub(crate) maximum_al3_sdu_size: u16,
    #[rasn(value("0..=1023"))]
    pub(crate) maximum_delay_jitter: u16,
    pub(crate) h223_multiplex_table_capability: H223MultiplexTableCapability,
    #[rasn(extension_addition)]
    pub(crate) max_mux_pdu_size_capability: Option<bool>,
    #[rasn(extension_addition)]
    pub(crate) nsrp_support: Option<bool>,
    #[rasn(extension_addition)]
    pub(crate) mobile_operation_transmit_capability: Option<MobileOperationTransmitCapability>,
    #[rasn(extension_addition)]
    pub(crate) h223_annex_c_capability: Option<Opaque>,
    #[rasn(extension_addition, value("1..=19200"))]
    pub(crate) bit_rate: Option<u16>,
    #[rasn(extension_addition)]
    pub(crate) mobile_multilink_frame_capability: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum H223MultiplexTableCapability {
    Basic,
    Enhanced(EnhancedTableCapability),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct EnhancedTableCapability {
    #[rasn(value("1..=15"))]
    pub(crate) maximum_nesting_depth: u8,
    #[rasn(value("2..=255"))]
    pub(crate) maximum_element_list_size: u8,
    #[rasn(value("2..=255"))]
    pub(crate) maximum_sub_element_list_size: u8,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MobileOperationTransmitCapability {
    pub(crate) mode_change_capability: bool,
    pub(crate) h223_annex_a: bool,
    pub(crate) h223_annex_a_double_flag: bool,
    pub(crate) h223_annex_b: bool,
    pub(crate) h223_annex_b_with_header: bool,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct V76Capability {
    pub(crate) suspend_resume_with_address: bool,
    pub(crate) suspend_resume_without_address: bool,
    pub(crate) rej_capability: bool,
    pub(crate) srej_capability: bool,
    pub(crate) mrej_capability: bool,
    pub(crate) crc8bit_capability: bool,
    pub(crate) crc16bit_capability: bool,
    pub(crate) crc32bit_capability: bool,
    pub(crate) uih_capability: bool,
    #[rasn(value("2..=8191"))]
    pub(crate) num_of_dlcs: u16,
    pub(crate) two_octet_address_field_capability: bool,
    pub(crate) loop_back_test_capability: bool,
    #[rasn(value("1..=4095"))]
    pub(crate) n401_capability: u16,
    #[rasn(value("1..=127"))]
    pub(crate) max_window_size_capability: u8,
    pub(crate) v75_capability: V75Capability,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct V75Capability {
    pub(crate) audio_header: bool,
}
