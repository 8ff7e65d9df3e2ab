//! The parameter sets last seen of a source, to be sent again before a picture that lacks them.

use std::collections::VecDeque;

use bytes::Bytes;
use media::h264::nal;

use super::HEADER_TYPE;
use crate::limits;

/// Sequence and picture parameter sets by their identifiers, in the order they were first seen.
#[derive(Clone, Debug, Default)]
pub struct ParameterSets {
    sequence: VecDeque<(u32, Bytes)>,
    picture: VecDeque<(u32, Bytes)>,
}

impl ParameterSets {
    /// Remembers `unit` if it is a parameter set; one with the same identifier is replaced.
    pub fn learn(&mut self, unit: &Bytes) {
        let Some((header, rbsp)) = unit.split_first() else {
            return;
        };
        match header & HEADER_TYPE {
            // profile_idc, constraint flags and level_idc come before the identifier (H.264 §7.3.2.1.1).
            nal::SPS => remember(&mut self.sequence, rbsp.get(3..), unit, limits::SPS_MAX),
            nal::PPS => remember(&mut self.picture, Some(rbsp), unit, limits::PPS_MAX),
            _ => {}
        }
    }

    /// Sequence parameter sets.
    pub fn sequence(&self) -> impl Iterator<Item = &Bytes> {
        self.sequence.iter().map(|(_, unit)| unit)
    }

    /// Picture parameter sets.
    pub fn picture(&self) -> impl Iterator<Item = &Bytes> {
        self.picture.iter().map(|(_, unit)| unit)
    }

    /// Those that an access unit lacks, sequence parameter sets first.
    pub fn missing(&self, has_sequence: bool, has_picture: bool) -> impl Iterator<Item = &Bytes> {
        let sequence = self.sequence().filter(move |_| !has_sequence);
        sequence.chain(self.picture().filter(move |_| !has_picture))
    }
}

fn remember(sets: &mut VecDeque<(u32, Bytes)>, rbsp: Option<&[u8]>, unit: &Bytes, max: usize) {
    let Some(id) = rbsp.and_then(exp_golomb) else {
        return;
    };
    if let Some((_, known)) = sets.iter_mut().find(|(known, _)| *known == id) {
        if known != unit {
            *known = unit.clone();
        }
        return;
    }
    if sets.len() == max {
        sets.pop_front();
    }
    sets.push_back((id, unit.clone()));
}

/// The ue(v) at the start of `data` (H.264 §9.1), for identifiers: at most fifteen leading zeros.
fn exp_golomb(data: &[u8]) -> Option<u32> {
    let mut word = 0u32;
    for index in 0..4 {
        word = word << 8 | u32::from(data.get(index).copied().unwrap_or(0));
    }
    let zeros = word.leading_zeros();
    let len = 2 * zeros + 1;
    (zeros < 16 && data.len() * 8 >= len as usize).then(|| (word >> (32 - len)) - 1)
}
