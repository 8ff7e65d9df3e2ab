//! Object identifiers that 3G telephones use, and their texts (X.690 §8.19).

/// AMR (H.245 Annex I): 0.0.8.245.1.1.1.
pub(super) const AMR: &[u8] = &[0, 8, 0x81, 0x75, 1, 1, 1];
/// AMR wide-band (H.245 Annex R, ITU-T G.722.2): 0.0.7.7222.1.0. To be met in sets only.
pub(super) const AMR_WIDEBAND: &[u8] = &[0, 7, 0xb8, 0x36, 1, 0];
/// MPEG-4 visual (H.245 Annex E): 0.0.8.245.1.0.0.
pub(super) const MPEG4: &[u8] = &[0, 8, 0x81, 0x75, 1, 0, 0];
/// H.264 (H.241 §8.3.2.1): 0.0.8.241.0.0.1.
pub(super) const H264: &[u8] = &[0, 8, 0x81, 0x71, 0, 0, 1];
/// H.245 itself: 0.0.8.245.0, followed by the version.
const PROTOCOL: &[u8] = &[0, 8, 0x81, 0x75, 0];
/// The version of H.245 that is spoken here.
const VERSION: u8 = 16;

/// The protocol identifier of what is spoken here.
pub(super) fn protocol() -> Vec<u8> {
    let mut octets = PROTOCOL.to_vec();
    octets.push(VERSION);
    octets
}

/// The version of H.245 in a protocol identifier.
pub(super) fn version(identifier: &[u8]) -> Option<u32> {
    match arcs(identifier).as_deref() {
        Some([0, 0, 8, 245, 0, version]) => Some(*version),
        _ => None,
    }
}

/// The arcs as text with dots; hexadecimal where they are none.
pub(super) fn text(identifier: &[u8]) -> String {
    match arcs(identifier) {
        Some(arcs) => arcs.iter().map(u32::to_string).collect::<Vec<_>>().join("."),
        None => hex(identifier),
    }
}

/// Octets in hexadecimal.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The contents octets of an identifier of these arcs.
pub(super) fn octets(arcs: &[u32]) -> Vec<u8> {
    let (first, second, rest) = match arcs {
        [first, second, rest @ ..] => (*first, *second, rest),
        [first] => (*first, 0, &[][..]),
        [] => (0, 0, &[][..]),
    };
    let mut octets = Vec::new();
    push(&mut octets, first.min(2).saturating_mul(40).saturating_add(second));
    rest.iter().for_each(|arc| push(&mut octets, *arc));
    octets
}

/// One arc in base 128, the most significant digit first.
fn push(octets: &mut Vec<u8>, arc: u32) {
    let digits = (1..5).take_while(|digit| arc >> (7 * digit) != 0).count();
    for digit in (1..=digits).rev() {
        octets.push(0x80 | (arc >> (7 * digit)) as u8);
    }
    octets.push((arc & 0x7f) as u8);
}

/// The arcs of contents octets; `None` when they are cut short, or an arc has more than 32 bits.
fn arcs(octets: &[u8]) -> Option<Vec<u32>> {
    let mut arcs = Vec::new();
    let mut arc = 0u32;
    for octet in octets {
        arc = arc.checked_mul(128)? | u32::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.extend([first, arc - first * 40]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    let whole = octets.last().is_some_and(|last| last & 0x80 == 0);
    whole.then_some(arcs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_texts_and_back() {
        assert_eq!(text(AMR), "0.0.8.245.1.1.1");
        assert_eq!(text(MPEG4), "0.0.8.245.1.0.0");
        assert_eq!(text(H264), "0.0.8.241.0.0.1");
        assert_eq!(text(AMR_WIDEBAND), "0.0.7.7222.1.0");
        assert_eq!(octets(&[0, 0, 8, 245, 1, 1, 1]), AMR);
        assert_eq!(octets(&[0, 0, 8, 245, 0, 16]), protocol());
        assert_eq!(arcs(&octets(&[2, 999, u32::MAX])), Some(vec![2, 999, u32::MAX]));
        assert_eq!(version(&protocol()), Some(16));
    }

    #[test]
    fn what_is_no_identifier_is_shown_in_hexadecimal() {
        assert_eq!(text(&[0x81]), "81");
        assert_eq!(text(&[0x8f, 0xff, 0xff, 0xff, 0xff, 0x7f]), "8fffffffff7f");
        assert_eq!(text(&[]), "");
    }
}
