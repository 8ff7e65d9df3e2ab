//! Start codes in octet-aligned video streams.

/// Where the next `00 00` whose third octet is `wanted` stands, at or after `from`.
pub(super) fn find(data: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let behind = data.get(from..)?;
    let at = behind.windows(3).position(|code| code[0] == 0 && code[1] == 0 && wanted(code[2]))?;
    Some(from + at)
}
