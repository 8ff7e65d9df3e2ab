//! Multiplex tables (H.245 §7.5, §7.6, §B.4, §B.5).

use rasn::prelude::*;

use super::channel::UnspecifiedCause;
use super::open::Open;

/// `MultiplexTableEntryNumber`, 1..=15.
#[derive(AsnType, Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(delegate, value("1..=15"))]
pub(crate) struct TableNumber(pub(crate) u8);

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MultiplexEntrySend {
    pub(crate) sequence_number: u8,
    #[rasn(size("1..=15"))]
    pub(crate) multiplex_entry_descriptors: Vec<MultiplexEntryDescriptor>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct MultiplexEntryDescriptor {
    pub(crate) multiplex_table_entry_number: TableNumber,
    #[rasn(size("1..=256"))]
    pub(crate) element_list: Option<Vec<MultiplexElement>>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
pub(crate) struct MultiplexElement {
    pub(crate) kind: ElementType,
    pub(crate) repeat_count: RepeatCount,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum ElementType {
    LogicalChannelNumber(u16),
    #[rasn(size("2..=255"))]
    SubElementList(Vec<MultiplexElement>),
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
pub(crate) enum RepeatCount {
    #[rasn(value("1..=65535"))]
    Finite(u16),
    UntilClosingFlag,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MultiplexEntrySendAck {
    pub(crate) sequence_number: u8,
    #[rasn(size("1..=15"))]
    pub(crate) multiplex_table_entry_number: Vec<TableNumber>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct MultiplexEntrySendReject {
    pub(crate) sequence_number: u8,
    #[rasn(size("1..=15"))]
    pub(crate) rejection_descriptions: Vec<RejectionDescription>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct RejectionDescription {
    pub(crate) multiplex_table_entry_number: TableNumber,
    pub(crate) cause: Open<RejectionCause>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum RejectionCause {
    UnspecifiedCause,
    DescriptorTooComplex,
}

/// A message that names entries and nothing else: `MultiplexEntrySendRelease`, `RequestMultiplexEntry`, its
/// `Ack` and its `Release`.
#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct EntryNumbers {
    #[rasn(size("1..=15"))]
    pub(crate) entry_numbers: Vec<TableNumber>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct RequestMultiplexEntryReject {
    #[rasn(size("1..=15"))]
    pub(crate) entry_numbers: Vec<TableNumber>,
    #[rasn(size("1..=15"))]
    pub(crate) rejection_descriptions: Vec<RequestRejection>,
}

#[derive(AsnType, Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub(crate) struct RequestRejection {
    pub(crate) multiplex_table_entry_number: TableNumber,
    pub(crate) cause: Open<UnspecifiedCause>,
}
