//! A codec with the parameters that two ends must share before a bitstream can pass between them.

use crate::{Codec, Kind, Size, amr};

/// What one direction of a stream carries. Equal formats can be bridged without transcoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Sound.
    Audio(AudioFormat),
    /// Pictures.
    Video(VideoFormat),
}

/// Parameters of encoded sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AudioFormat {
    /// An audio codec.
    pub codec: Codec,
    /// Milliseconds of sound in one packet, 10..=60.
    pub packet_ms: u8,
    /// Of AMR the mode, 0 = 4.75 to 7 = 12.2 kbit/s (TS 26.071 table 1), of AMR-WB 0 = 6.6 to 8 = 23.85 kbit/s
    /// (TS 26.171 table 1); other codecs have none.
    pub amr_mode: Option<u8>,
}

/// Parameters of encoded pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VideoFormat {
    /// A video codec.
    pub codec: Codec,
    /// Picture size.
    pub size: Size,
    /// Pictures a second, 1..=30.
    pub fps: u8,
    /// Target in bit/s of the bitstream, without packet headers.
    pub rate_bps: u32,
    /// Largest slice in octets (RFC 6184 packetization-mode 0 sends each NAL unit in one packet);
    /// used for H.264 only.
    pub slice_len_max: u16,
}

/// H.264 level times ten, as the `level_idc` octet of profile-level-id (RFC 6184 §8.1); 9 stands for 1b.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct H264Level(pub u8);

impl H264Level {
    /// The largest picture that the demo formats use within this level (H.264 table A-1):
    /// CIF at 15 pictures/s needs level 1.2, QCIF at 15 level 1.
    #[must_use]
    pub fn size_max(self) -> Size {
        if self.0 >= 12 { Size::CIF } else { Size::QCIF }
    }

    /// Macroblocks of the largest picture within this level (H.264 table A-1, MaxFS).
    #[must_use]
    pub fn macroblocks_max(self) -> u32 {
        match self.0 {
            0..=10 => 99,
            11..=20 => 396,
            21 => 792,
            22..=30 => 1_620,
            31 => 3_600,
            32 => 5_120,
            33..=41 => 8_192,
            42 => 8_704,
            43..=50 => 22_080,
            51.. => 36_864,
        }
    }
}

impl Format {
    /// The codec alone.
    #[must_use]
    pub fn codec(self) -> Codec {
        match self {
            Format::Audio(audio) => audio.codec,
            Format::Video(video) => video.codec,
        }
    }

    /// Audio or video.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.codec().kind()
    }
}

impl AudioFormat {
    /// `codec` in packets of 20 ms, the default of RFC 3551 §4.2; AMR and AMR-WB in their usual mode
    /// ([`amr::Band::mode_usual`]).
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        AudioFormat { codec, packet_ms: 20, amr_mode: amr::Band::of(codec).map(amr::Band::mode_usual) }
    }

    /// AMR or AMR-WB in one mode; one that the band does not have is taken as its highest.
    #[must_use]
    pub fn in_mode(band: amr::Band, mode: u8) -> Self {
        AudioFormat { amr_mode: Some(mode.min(band.mode_max())), ..AudioFormat::new(band.codec()) }
    }

    /// AMR in one mode, 0..=7; higher ones are taken as 7.
    #[must_use]
    pub fn amr(mode: u8) -> Self {
        AudioFormat::in_mode(amr::Band::Narrow, mode)
    }
}

impl VideoFormat {
    /// Bitstream on a 64 kbit/s circuit beside AMR of 12.2 kbit/s, in bit/s: sound takes 15.2 kbit/s with its
    /// multiplexing (a PDU of 38 octets every 20 ms), the headers of pictures 3, and the rest is for control
    /// and for catching up after a key picture.
    pub const CIRCUIT_BPS: u32 = 42_000;

    /// What a 3G-324M phone is sent: QCIF, the only size that every such phone shows, at 10 pictures/s and at
    /// a rate that leaves room for sound and control on its circuit.
    #[must_use]
    pub fn circuit(codec: Codec) -> Self {
        let (size, rate_bps) = (Size::QCIF, VideoFormat::CIRCUIT_BPS);
        VideoFormat { codec, size, fps: 10, rate_bps, slice_len_max: 1_200 }
    }

    /// Whether it is made for a circuit: what it sends it also waits for.
    #[must_use]
    pub fn is_circuit(self) -> bool {
        self.rate_bps <= VideoFormat::CIRCUIT_BPS
    }

    /// What prompts are encoded as at `size`: 15 pictures/s, a bit rate that the size needs, slices that
    /// fit one packet of an Ethernet path.
    #[must_use]
    pub fn prompt(codec: Codec, size: Size) -> Self {
        let rate_bps = if size.macroblocks() <= Size::QCIF.macroblocks() { 64_000 } else { 256_000 };
        VideoFormat { codec, size, fps: 15, rate_bps, slice_len_max: 1_200 }
    }
}
