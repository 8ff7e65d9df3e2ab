//! Bit strings, first bit in the most significant place.

/// Reads from the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    data: &'a [u8],
    /// Bits read.
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Reader { data, at: 0 }
    }

    /// Bits left.
    pub(super) fn left(&self) -> usize {
        self.data.len() * 8 - self.at
    }

    /// The next `count` bits, 0..=8, in the lowest places.
    pub(super) fn take(&mut self, count: usize) -> Option<u8> {
        if count > 8 || self.left() < count {
            return None;
        }
        let octet = |index: usize| u16::from(self.data.get(index).copied().unwrap_or_default());
        let pair = octet(self.at / 8) << 8 | octet(self.at / 8 + 1);
        let value = u32::from(pair) >> (16 - self.at % 8 - count) & ((1 << count) - 1);
        self.at += count;
        u8::try_from(value).ok()
    }

    /// Appends the next `count` bits to `out` as octets, the last one filled up with zeros.
    pub(super) fn copy(&mut self, count: usize, out: &mut Vec<u8>) -> Option<()> {
        for _ in 0..count / 8 {
            out.push(self.take(8)?);
        }
        let rest = count % 8;
        if rest > 0 {
            out.push(self.take(rest)? << (8 - rest));
        }
        Some(())
    }

    /// Passes over bits up to the next octet; answers whether they are zero.
    pub(super) fn align(&mut self) -> bool {
        let count = self.at.next_multiple_of(8) - self.at;
        self.take(count).is_none_or(|bits| bits == 0)
    }
}

/// Writes to the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    octets: Vec<u8>,
    /// Bits of the last octet that are not used.
    free: usize,
}

impl Writer {
    /// Adds the lowest `count` bits of `value`, 0..=8.
    pub(super) fn put(&mut self, value: u8, count: usize) {
        let value = u16::from(value) & ((1 << count) - 1);
        let high = count.min(self.free);
        if let Some(last) = self.octets.last_mut().filter(|_| high > 0) {
            *last |= (value >> (count - high) << (self.free - high)) as u8;
        }
        self.free -= high;
        let low = count - high;
        if low > 0 {
            self.octets.push((value << (8 - low)) as u8);
            self.free = 8 - low;
        }
    }

    /// Adds the first `count` bits of `octets`.
    pub(super) fn copy(&mut self, octets: &[u8], count: usize) {
        for (index, &octet) in octets.iter().enumerate().take(count.div_ceil(8)) {
            let bits = (count - index * 8).min(8);
            self.put(octet >> (8 - bits), bits);
        }
    }

    /// Fills the last octet up with zeros.
    pub(super) fn align(&mut self) {
        self.free = 0;
    }

    pub(super) fn into_octets(self) -> Vec<u8> {
        self.octets
    }
}
