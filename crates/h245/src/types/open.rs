//! What is carried undecoded: open types of additions that are not read here ([`Opaque`]), and alternatives
//! that a later version of H.245 adds to an extensible choice ([`Open`]) (X.691 §11.2, §23.8).

use rasn::aper::de::{Decoder as PerDecoder, DecoderOptions};
use rasn::types::constraints::{Bounded, Constraint, Extensible, Size};
use rasn::types::fields::Fields;
use rasn::types::{
    AsnType, BitStr, Choice, Constraints, Constructed, DecodeChoice, Identifier, Tag, TagTree,
};
use rasn::{Decode, Decoder, Encode, Encoder};

/// All octets of an open type, as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opaque(pub(crate) Vec<u8>);

/// An octet string of this size, which stands without a length. An open type begins on an octet, so that
/// nothing is aligned either (X.691 §17.6, §17.7).
const fn of_size(octets: usize) -> Constraints {
    Constraints::new(&[Constraint::Size(Extensible::new(Size::new(Bounded::Single(octets))))])
}

/// Pieces an open type is read in, the largest first.
const PIECES: [Constraints; 3] = [of_size(32), of_size(4), of_size(1)];

impl AsnType for Opaque {
    const TAG: Tag = Tag::OCTET_STRING;
}

impl Encode for Opaque {
    fn encode_with_tag_and_constraints<'b, E: Encoder<'b>>(
        &self,
        encoder: &mut E,
        tag: Tag,
        _: &Constraints,
        identifier: Identifier,
    ) -> Result<(), E::Error> {
        encoder.encode_octet_string(tag, &of_size(self.0.len()), &self.0, identifier).map(drop)
    }
}

impl Decode for Opaque {
    /// Reads to the end of the open type; from within there is no other way to learn its length.
    fn decode_with_tag_and_constraints<D: Decoder>(
        decoder: &mut D,
        tag: Tag,
        _: &Constraints,
    ) -> Result<Self, D::Error> {
        let mut octets = Vec::new();
        for piece in &PIECES {
            while let Ok(part) = decoder.decode_octet_string::<Vec<u8>>(tag, piece) {
                octets.extend_from_slice(&part);
            }
        }
        Ok(Opaque(octets))
    }
}

/// An extensible choice of which any alternative beyond the root may be unknown, or unreadable.
///
/// It must not be used where `T` can hold itself by way of an addition: each reads with a depth of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Open<T> {
    /// One of the root, or an addition that is known.
    Known(T),
    /// Another one.
    Later {
        /// Its number among the additions, 0..=63.
        index: u8,
        /// What it holds.
        octets: Opaque,
    },
}

impl<T> Open<T> {
    /// What is known of it.
    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Open::Known(value) => Some(value),
            Open::Later { .. } => None,
        }
    }
}

/// Additions to one choice that are told apart: those that a short index has room for (X.691 §11.6.1).
const ADDITIONS: usize = 64;

/// The tags that automatic tagging gives to alternatives (X.680 §25.3).
static TAGS: [TagTree; 128] = {
    let mut tags = [TagTree::Leaf(Tag::EOC); 128];
    let mut at = 0;
    while at < tags.len() {
        tags[at] = TagTree::Leaf(Tag::new_context(at as u32));
        at += 1;
    }
    tags
};

/// The tags of the additions to a choice of so many root alternatives.
const fn additions(root: usize) -> &'static [TagTree] {
    TAGS.split_at(root).1.split_at(ADDITIONS).0
}

impl<T: AsnType> AsnType for Open<T> {
    const TAG: Tag = T::TAG;
    const TAG_TREE: TagTree = T::TAG_TREE;
    const CONSTRAINTS: Constraints = T::CONSTRAINTS;
    const IS_CHOICE: bool = true;
}

impl<T: Choice> Choice for Open<T> {
    const VARIANTS: &'static [TagTree] = T::VARIANTS;
    const VARIANCE_CONSTRAINT: Constraints = T::VARIANCE_CONSTRAINT;
    const EXTENDED_VARIANTS: Option<&'static [TagTree]> = Some(additions(T::VARIANTS.len()));
    const IDENTIFIERS: &'static [&'static str] = T::IDENTIFIERS;
}

/// A sequence of nothing, which takes no bits. rasn makes code for every type anew below every sequence of
/// another number of fields; an empty one around each choice lets them all share what is in it.
impl<T> Constructed<0, 0> for Open<T> {
    const FIELDS: Fields<0> = Fields::from_static([]);
}

impl<T: Encode + Choice> Encode for Open<T> {
    fn encode<'b, E: Encoder<'b>>(&self, encoder: &mut E) -> Result<(), E::Error> {
        self.encode_with_tag(encoder, Tag::SEQUENCE)
    }

    fn encode_with_tag_and_constraints<'b, E: Encoder<'b>>(
        &self,
        encoder: &mut E,
        tag: Tag,
        _: &Constraints,
        identifier: Identifier,
    ) -> Result<(), E::Error> {
        encoder.encode_sequence::<0, 0, Self, _>(tag, |inner| self.encode_alone(inner), identifier).map(drop)
    }
}

impl<T: Encode + Choice> Open<T> {
    fn encode_alone<'b, E: Encoder<'b>>(&self, encoder: &mut E) -> Result<(), E::Error> {
        match self {
            Open::Known(value) => value.encode(encoder),
            Open::Later { index, octets } => {
                let tag = Tag::new_context(T::VARIANTS.len() as u32 + u32::from(*index));
                let alternative = |encoder: &mut E| octets.encode(encoder).map(|()| tag);
                encoder
                    .encode_choice::<Self>(&Self::CONSTRAINTS, tag, alternative, Identifier::EMPTY)
                    .map(drop)
            }
        }
    }
}

impl<T: DecodeChoice> Decode for Open<T> {
    fn decode<D: Decoder>(decoder: &mut D) -> Result<Self, D::Error> {
        let alone = |inner: &mut D::AnyDecoder<0, 0>| inner.decode_choice(&Self::CONSTRAINTS);
        decoder.decode_sequence::<0, 0, Self, fn() -> Self, _>(Tag::SEQUENCE, None, alone)
    }

    fn decode_with_tag_and_constraints<D: Decoder>(
        decoder: &mut D,
        _: Tag,
        _: &Constraints,
    ) -> Result<Self, D::Error> {
        Self::decode(decoder)
    }
}

impl<T: DecodeChoice> DecodeChoice for Open<T> {
    fn from_tag<D: Decoder>(decoder: &mut D, tag: Tag) -> Result<Self, D::Error> {
        let Some(index) = (tag.value as usize).checked_sub(T::VARIANTS.len()) else {
            return T::from_tag(decoder, tag).map(Open::Known);
        };
        let octets = Opaque::decode(decoder)?;
        if T::EXTENDED_VARIANTS.is_some_and(|known| index < known.len())
            && let Some(value) = read_again(&octets.0, tag)
        {
            return Ok(Open::Known(value));
        }
        Ok(Open::Later { index: index as u8, octets })
    }
}

/// The addition with this tag, when the octets are that and nothing more.
fn read_again<T: DecodeChoice>(octets: &[u8], tag: Tag) -> Option<T> {
    let mut decoder = PerDecoder::<0, 0>::new(BitStr::from_slice(octets), DecoderOptions::aligned());
    let value = T::from_tag(&mut decoder, tag).ok()?;
    (decoder.input().len() < 8).then_some(value)
}
