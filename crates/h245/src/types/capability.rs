//! Capability exchange (H.245 §7.3, §B.2).

use rasn::prelude::*;

use super::audio::AudioCapability;
use super::common::{GenericCapability, NonStandardParameter, Oid};
use super::data::DataApplicationCapability;
use super::multiplex::MultiplexCapability;
use super::open::{Opaque, Open};
use super::video::VideoCapability;

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct TerminalCapabilitySet {
    pub(crate) sequence_number: u8,
    pub(crate) protocol_identifier: Oid,
    pub(crate) multiplex_capability: Option<Open<MultiplexCapability>>,
    #[rasn(size("1..=256"))]
    pub(crate) capability_table: Option<Vec<CapabilityTableEntry>>,
    #[rasn(size("1..=256"))]
    pub(crate) capability_descriptors: Option<Vec<CapabilityDescriptor>>,
    #[rasn(extension_addition)]
    pub(crate) generic_information: Option<Opaque>,
}

/// `CapabilityTableEntryNumber`, 1..=65535.
#[derive(AsnType, Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(delegate, value("1..=65535"))]
pub(crate) struct EntryNumber(pub(crate) u16);

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct CapabilityTableEntry {
    pub(crate) capability_table_entry_number: EntryNumber,
    pub(crate) capability: Option<Open<Capability>>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct CapabilityDescriptor {
    pub(crate) capability_descriptor_number: u8,
    #[rasn(size("1..=256"))]
    pub(crate) simultaneous_capabilities: Option<Vec<AlternativeCapabilitySet>>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(delegate, size("1..=256"))]
pub(crate) struct AlternativeCapabilitySet(pub(crate) Vec<EntryNumber>);

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum Capability {
    NonStandard(NonStandardParameter),
    ReceiveVideo(Open<VideoCapability>),
    TransmitVideo(Open<VideoCapability>),
    ReceiveAndTransmitVideo(Open<VideoCapability>),
    ReceiveAudio(Open<AudioCapability>),
    TransmitAudio(Open<AudioCapability>),
    ReceiveAndTransmitAudio(Open<AudioCapability>),
    ReceiveDataApplication(DataApplicationCapability),
    TransmitDataApplication(DataApplicationCapability),
    ReceiveAndTransmitDataApplication(DataApplicationCapability),
    H233EncryptionTransmit(bool),
    H233EncryptionReceive(H233EncryptionReceiveCapability),
    #[rasn(extension_addition)]
    Conference(Opaque),
    #[rasn(extension_addition)]
    H235Security(Opaque),
    #[rasn(extension_addition)]
    MaxPendingReplacementFor(u8),
    #[rasn(extension_addition)]
    ReceiveUserInput(Open<UserInputCapability>),
    #[rasn(extension_addition)]
    TransmitUserInput(Open<UserInputCapability>),
    #[rasn(extension_addition)]
    ReceiveAndTransmitUserInput(Open<UserInputCapability>),
    #[rasn(extension_addition)]
    GenericControl(Box<GenericCapability>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct H233EncryptionReceiveCapability {
    pub(crate) h233_iv_response_time: u8,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum UserInputCapability {
    #[rasn(size("1..=16"))]
    NonStandard(Vec<NonStandardParameter>),
    BasicString,
    IA5String,
    GeneralString,
    Dtmf,
    Hookflash,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct TerminalCapabilitySetAck {
    pub(crate) sequence_number: u8,
    #[rasn(extension_addition)]
    pub(crate) generic_information: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct TerminalCapabilitySetReject {
    pub(crate) sequence_number: u8,
    pub(crate) cause: Open<CapabilityRejectCause>,
    #[rasn(extension_addition)]
    pub(crate) generic_information: Option<Opaque>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum CapabilityRejectCause {
    Unspecified,
    UndefinedTableEntryUsed,
    DescriptorCapacityExceeded,
    TableEntryCapacityExceeded(TableEntryCapacityExceeded),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum TableEntryCapacityExceeded {
    HighestEntryNumberProcessed(EntryNumber),
    NoneProcessed,
}

#[derive(AsnType, Clone, Debug, Default, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct TerminalCapabilitySetRelease {
    #[rasn(extension_addition)]
    pub(crate) generic_information: Option<Opaque>,
}
