//! What several messages are made of: non-standard and generic parameters (H.245 §8.2, §B.2.2, §B.2.3).

use rasn::prelude::*;

use super::open::Open;

/// `LogicalChannelNumber`, 1..=65535.
#[derive(AsnType, Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(delegate, value("1..=65535"))]
pub(crate) struct Channel(pub(crate) u16);

/// The contents octets of an object identifier (X.690 §8.19), which is how PER carries it (X.691 §24).
pub(crate) type Oid = OctetString;

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct NonStandardParameter {
    pub(crate) non_standard_identifier: NonStandardIdentifier,
    pub(crate) data: OctetString,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum NonStandardIdentifier {
    Object(Oid),
    H221NonStandard(H221NonStandard),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct H221NonStandard {
    pub(crate) t35_country_code: u8,
    pub(crate) t35_extension: u8,
    pub(crate) manufacturer_code: u16,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct NonStandardMessage {
    pub(crate) non_standard_data: NonStandardParameter,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct GenericCapability {
    pub(crate) capability_identifier: Open<CapabilityIdentifier>,
    pub(crate) max_bit_rate: Option<u32>,
    pub(crate) collapsing: Option<Vec<Parameter>>,
    pub(crate) non_collapsing: Option<Vec<Parameter>>,
    pub(crate) non_collapsing_raw: Option<OctetString>,
    pub(crate) transport: Option<Open<super::data::DataProtocolCapability>>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum CapabilityIdentifier {
    Standard(Oid),
    H221NonStandard(NonStandardParameter),
    #[rasn(size("16"))]
    Uuid(OctetString),
    #[rasn(size("1..=64"))]
    DomainBased(OctetString),
}

/// A parameter in a list. It is kept elsewhere, so that a count alone cannot reserve much.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(delegate)]
pub(crate) struct Parameter(pub(crate) Box<GenericParameter>);

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct GenericParameter {
    pub(crate) parameter_identifier: Open<ParameterIdentifier>,
    pub(crate) parameter_value: Open<ParameterValue>,
    pub(crate) supersedes: Option<Vec<Open<ParameterIdentifier>>>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ParameterIdentifier {
    #[rasn(value("0..=127"))]
    Standard(u8),
    H221NonStandard(NonStandardParameter),
    #[rasn(size("16"))]
    Uuid(OctetString),
    #[rasn(size("1..=64"))]
    DomainBased(OctetString),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum ParameterValue {
    Logical,
    BooleanArray(u8),
    UnsignedMin(u16),
    UnsignedMax(u16),
    Unsigned32Min(u32),
    Unsigned32Max(u32),
    OctetString(OctetString),
    GenericParameter(Vec<Parameter>),
}
