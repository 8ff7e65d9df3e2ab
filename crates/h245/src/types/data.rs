//! Data application capabilities (H.245 §7.3.1, §B.2.2.6): read so that what follows them can be read.

use rasn::prelude::*;

use super::common::NonStandardParameter;
use super::open::Open;

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct DataApplicationCapability {
    pub(crate) application: Open<DataApplication>,
    pub(crate) max_bit_rate: u32,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum DataApplication {
    NonStandard(NonStandardParameter),
    T120(Open<DataProtocolCapability>),
    DsmCc(Open<DataProtocolCapability>),
    UserData(Open<DataProtocolCapability>),
    T84(T84),
    T434(Open<DataProtocolCapability>),
    H224(Open<DataProtocolCapability>),
    Nlpid(Nlpid),
    DsvdControl,
    H222DataPartitioning(Open<DataProtocolCapability>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct T84 {
    pub(crate) t84_protocol: Open<DataProtocolCapability>,
    pub(crate) t84_profile: T84Profile,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct Nlpid {
    pub(crate) nlpid_protocol: Open<DataProtocolCapability>,
    pub(crate) nlpid_data: OctetString,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum DataProtocolCapability {
    NonStandard(NonStandardParameter),
    V14Buffered,
    V42Lapm,
    HdlcFrameTunnelling,
    H310SeparateVcStack,
    H310SingleVcStack,
    Transparent,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum T84Profile {
    T84Unrestricted,
    T84Restricted(T84Restricted),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct T84Restricted {
    pub(crate) qcif: bool,
    pub(crate) cif: bool,
    pub(crate) ccir601_seq: bool,
    pub(crate) ccir601_prog: bool,
    pub(crate) hdtv_seq: bool,
    pub(crate) hdtv_prog: bool,
    pub(crate) g3_facs_mh200x100: bool,
    pub(crate) g3_facs_mh200x200: bool,
    pub(crate) g4_facs_mmr200x100: bool,
    pub(crate) g4_facs_mmr200x200: bool,
    pub(crate) jbig200x200_seq: bool,
    pub(crate) jbig200x200_prog: bool,
    pub(crate) jbig300x300_seq: bool,
    pub(crate) jbig300x300_prog: bool,
    pub(crate) dig_photo_low: bool,
    pub(crate) dig_photo_med_seq: bool,
    pub(crate) dig_photo_med_prog: bool,
    pub(crate) dig_photo_high_seq: bool,
    pub(crate) dig_photo_high_prog: bool,
}
