//! Video capabilities (H.245 §7.3.1, §B.2.2.4). Of H.263, the options of its second version are kept undecoded.

use rasn::prelude::*;

use super::common::{GenericCapability, NonStandardParameter};
use super::open::Opaque;

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum VideoCapability {
    NonStandard(NonStandardParameter),
    H261(H261VideoCapability),
    H262(Box<H262VideoCapability>),
    H263(Box<H263VideoCapability>),
    Is11172(Box<Is11172VideoCapability>),
    #[rasn(extension_addition)]
    Generic(Box<GenericCapability>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H261VideoCapability {
    #[rasn(value("1..=4"))]
    pub(crate) qcif_mpi: Option<u8>,
    #[rasn(value("1..=4"))]
    pub(crate) cif_mpi: Option<u8>,
    pub(crate) temporal_spatial_trade_off_capability: bool,
    #[rasn(value("1..=19200"))]
    pub(crate) max_bit_rate: u16,
    pub(crate) still_image_transmission: bool,
    #[rasn(extension_addition)]
    pub(crate) video_bad_mbs_cap: Option<bool>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H262VideoCapability {
    pub(crate) sp_at_ml: bool,
    pub(crate) mp_at_ll: bool,
    pub(crate) mp_at_ml: bool,
    pub(crate) mp_at_h14: bool,
    pub(crate) mp_at_hl: bool,
    pub(crate) snr_at_ll: bool,
    pub(crate) snr_at_ml: bool,
    pub(crate) spatial_at_h14: bool,
    pub(crate) hp_at_ml: bool,
    pub(crate) hp_at_h14: bool,
    pub(crate) hp_at_hl: bool,
    #[rasn(value("0..=1073741823"))]
    pub(crate) video_bit_rate: Option<u32>,
    #[rasn(value("0..=262143"))]
    pub(crate) vbv_buffer_size: Option<u32>,
    #[rasn(value("0..=16383"))]
    pub(crate) samples_per_line: Option<u16>,
    #[rasn(value("0..=16383"))]
    pub(crate) lines_per_frame: Option<u16>,
    #[rasn(value("0..=15"))]
    pub(crate) frames_per_second: Option<u8>,
    pub(crate) luminance_sample_rate: Option<u32>,
    #[rasn(extension_addition)]
    pub(crate) video_bad_mbs_cap: Option<bool>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H263VideoCapability {
    #[rasn(value("1..=32"))]
    pub(crate) sqcif_mpi: Option<u8>,
    #[rasn(value("1..=32"))]
    pub(crate) qcif_mpi: Option<u8>,
    #[rasn(value("1..=32"))]
    pub(crate) cif_mpi: Option<u8>,
    #[rasn(value("1..=32"))]
    pub(crate) cif4_mpi: Option<u8>,
    #[rasn(value("1..=32"))]
    pub(crate) cif16_mpi: Option<u8>,
    #[rasn(value("1..=192400"))]
    pub(crate) max_bit_rate: u32,
    pub(crate) unrestricted_vector: bool,
    pub(crate) arithmetic_coding: bool,
    pub(crate) advanced_prediction: bool,
    pub(crate) pb_frames: bool,
    pub(crate) temporal_spatial_trade_off_capability: bool,
    #[rasn(value("0..=524287"))]
    pub(crate) hrd_b: Option<u32>,
    pub(crate) bpp_max_kb: Option<u16>,
    #[rasn(extension_addition, value("1..=3600"))]
    pub(crate) slow_sqcif_mpi: Option<u16>,
    #[rasn(extension_addition, value("1..=3600"))]
    pub(crate) slow_qcif_mpi: Option<u16>,
    #[rasn(extension_addition, value("1..=3600"))]
    pub(crate) slow_cif_mpi: Option<u16>,
    #[rasn(extension_addition, value("1..=3600"))]
    pub(crate) slow_cif4_mpi: Option<u16>,
    #[rasn(extension_addition, value("1..=3600"))]
    pub(crate) slow_cif16_mpi: Option<u16>,
    #[rasn(extension_addition)]
    pub(crate) error_compensation: Option<bool>,
    #[rasn(extension_addition)]
    pub(crate) enhancement_layer_info: Option<Opaque>,
    #[rasn(extension_addition)]
    pub(crate) h263_options: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct Is11172VideoCapability {
    pub(crate) constrained_bitstream: bool,
    #[rasn(value("0..=1073741823"))]
    pub(crate) video_bit_rate: Option<u32>,
    #[rasn(value("0..=262143"))]
    pub(crate) vbv_buffer_size: Option<u32>,
    #[rasn(value("0..=16383"))]
    pub(crate) samples_per_line: Option<u16>,
    #[rasn(value("0..=16383"))]
    pub(crate) lines_per_frame: Option<u16>,
    #[rasn(value("0..=15"))]
    pub(crate) picture_rate: Option<u8>,
    pub(crate) luminance_sample_rate: Option<u32>,
    #[rasn(extension_addition)]
    pub(crate) video_bad_mbs_cap: Option<bool>,
}
