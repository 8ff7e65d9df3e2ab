//! Opus packets: how long their sound lasts, by their first octets (RFC 6716 §3).

use std::time::Duration;

/// A packet lasts at most this long (RFC 6716 §3.2.5, R5).
const DURATION_MAX: Duration = Duration::from_millis(120);

/// How long the sound of one packet lasts: 2.5 to 120 ms. `None` for octets that are no packet.
#[must_use]
pub fn duration(packet: &[u8]) -> Option<Duration> {
    let (&contents, rest) = packet.split_first()?;
    let frames = match contents & 3 {
        0 => 1,
        // Two frames; of one length they halve what follows (§3.2.3, R3).
        1 if rest.len().is_multiple_of(2) => 2,
        1 => return None,
        2 => 2,
        _ => u32::from(rest.first()? & 0x3F),
    };
    let whole = frame_duration(contents >> 3) * frames;
    (frames > 0 && whole <= DURATION_MAX).then_some(whole)
}

/// Length of a frame by the configuration number, 0..=31 (table 2).
fn frame_duration(configuration: u8) -> Duration {
    let micros = match configuration {
        0..=11 => [10_000, 20_000, 40_000, 60_000][usize::from(configuration % 4)],
        12..=15 => [10_000, 20_000][usize::from(configuration % 2)],
        _ => [2_500, 5_000, 10_000, 20_000][usize::from(configuration % 4)],
    };
    Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_last_as_table_2_says() {
        let check = |packet: &[u8], micros: Option<u64>| {
            assert_eq!(duration(packet), micros.map(Duration::from_micros), "{packet:?}");
        };
        check(&[1 << 3, 9], Some(20_000)); // SILK narrow-band
        check(&[3 << 3, 9], Some(60_000));
        check(&[13 << 3, 9], Some(20_000)); // hybrid
        check(&[28 << 3, 9], Some(2_500)); // CELT full-band
        check(&[31 << 3 | 1, 9, 9], Some(40_000));
        check(&[31 << 3 | 1, 9], None);
        check(&[1 << 3 | 3, 3, 9], Some(60_000));
        check(&[1 << 3 | 3, 7, 9], None); // 140 ms
        check(&[1 << 3 | 3, 0], None);
        check(&[1 << 3 | 3], None);
        check(&[], None);
    }
}
