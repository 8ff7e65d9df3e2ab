//! Content addresses: SHA-256 over everything a track is made from.

use std::fmt;

use media::amr::Band;
use media::{AudioFormat, Format, SlideValues, VideoFormat};
use sha2::{Digest, Sha256};

/// Changes whenever the same input would be encoded differently, so that old cache files are not
/// taken for new ones.
const ENCODING_VERSION: u32 = 8;

/// The name of a track in the cache folder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Address(pub(super) [u8; 32]);

impl Address {
    /// Of the edition in a mode of AMR or AMR-WB that is made out of this track.
    pub(super) fn edition(self, band: Band, mode: u8) -> Address {
        let band = match band {
            Band::Narrow => 0,
            Band::Wide => 0x10,
        };
        let mut content = Content::new("edition");
        content.add(&self.0);
        content.add(&[band | mode]);
        Address(content.0.finalize().into())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Collects the parts of a content; each is preceded by its length, so that parts cannot run together.
#[derive(Clone)]
pub(super) struct Content(Sha256);

impl Content {
    /// For an asset of this sort.
    pub(super) fn new(sort: &str) -> Self {
        let mut content = Content(Sha256::new());
        content.add(&ENCODING_VERSION.to_be_bytes());
        content.add(sort.as_bytes());
        content
    }

    pub(super) fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    pub(super) fn add_values(&mut self, values: &SlideValues) {
        self.add(values.title.as_bytes());
        self.add_count(values.lines.len());
        values.lines.iter().for_each(|line| self.add(line.as_bytes()));
        for rows in [&values.rows, &values.footer] {
            self.add_count(rows.len());
            for row in rows {
                self.add(row.key.as_bytes());
                self.add(row.label.as_bytes());
            }
        }
        self.add_count(values.values.len());
        for (name, value) in &values.values {
            self.add(name.as_bytes());
            self.add(value.as_bytes());
        }
    }

    /// The address of this content in `format`.
    pub(super) fn address(&self, format: Format) -> Address {
        let mut content = self.clone();
        content.add(format.codec().encoding_name().as_bytes());
        match format {
            Format::Audio(AudioFormat { codec, packet_ms, amr_mode }) => {
                content.add(&[packet_ms]);
                // The usual mode is the codec itself.
                let usual = Band::of(codec).map(Band::mode_usual);
                if let Some(mode) = amr_mode.filter(|mode| Some(*mode) != usual) {
                    content.add(&[mode]);
                }
            }
            Format::Video(VideoFormat { codec: _, size, fps, rate_bps, slice_len_max }) => {
                content.add(&size.width.to_be_bytes());
                content.add(&size.height.to_be_bytes());
                content.add(&[fps]);
                content.add(&rate_bps.to_be_bytes());
                content.add(&slice_len_max.to_be_bytes());
            }
        }
        Address(content.0.finalize().into())
    }

    fn add_count(&mut self, count: usize) {
        self.add(&(count as u64).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use media::{Codec, Row, Size};

    use super::*;

    fn address(values: &SlideValues) -> Address {
        let mut content = Content::new("slide");
        content.add_values(values);
        content.address(Format::Video(VideoFormat::prompt(Codec::H264, Size::CIF)))
    }

    #[test]
    fn any_part_that_changes_changes_the_address() {
        let row = |key: &str, label: &str| Row { key: key.into(), label: label.into() };
        let base = SlideValues { rows: vec![row("1", "ab")], ..SlideValues::default() };
        let moved = SlideValues { footer: base.rows.clone(), ..SlideValues::default() };
        let shifted = SlideValues { rows: vec![row("1a", "b")], ..SlideValues::default() };
        assert_eq!(address(&base), address(&base.clone()));
        assert_ne!(address(&base), address(&moved));
        assert_ne!(address(&base), address(&shifted));
    }

    #[test]
    fn each_format_has_its_own_address() {
        let content = Content::new("slide");
        let small = VideoFormat::prompt(Codec::H264, Size::QCIF);
        let formats = [
            Format::Video(small),
            Format::Video(VideoFormat { slice_len_max: 900, ..small }),
            Format::Video(VideoFormat::prompt(Codec::H264, Size::CIF)),
            Format::Video(VideoFormat::prompt(Codec::H263, Size::QCIF)),
            Format::Audio(AudioFormat::new(Codec::Pcmu)),
            Format::Video(VideoFormat::circuit(Codec::H263)),
            Format::Video(VideoFormat::circuit(Codec::Mpeg4)),
            Format::Audio(AudioFormat::new(Codec::Pcma)),
            Format::Audio(AudioFormat::new(Codec::Amr)),
            Format::Audio(AudioFormat::amr(0)),
            Format::Audio(AudioFormat::amr(4)),
        ];
        let all: std::collections::HashSet<_> = formats.iter().map(|f| content.address(*f)).collect();
        assert_eq!(all.len(), formats.len());
        let origin = content.address(Format::Audio(AudioFormat::new(Codec::Pcmu)));
        let editions: std::collections::HashSet<_> = [Band::Narrow, Band::Wide]
            .into_iter()
            .flat_map(|band| (0..8).map(move |mode| origin.edition(band, mode)))
            .collect();
        assert!(editions.len() == 16 && editions.is_disjoint(&all));
        assert_eq!(content.address(formats[0]).to_string().len(), 64);
    }
}
