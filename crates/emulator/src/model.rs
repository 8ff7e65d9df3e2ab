//! `Model`: telephones as they are met, by the codecs that they have.

use std::fmt;

use media::{Codec, Size};

use crate::{Access, Card, Config, Material, ThreeG};

/// The codecs of a telephone, and how it reaches its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// A 3G phone with AMR and H.263.
    ThreeGH263,
    /// A 3G phone with AMR and MPEG-4.
    ThreeGMpeg4,
    /// A desk telephone: G.711 and H.264, CIF.
    PcmuH264,
    /// An IMS phone: AMR and H.263, QCIF.
    AmrH263,
    /// What has a browser's codecs: Opus and VP8, CIF.
    OpusVp8,
    /// A wide-band IMS phone: AMR-WB and H.263, QCIF.
    AmrWbH263,
    /// A conference room: G.722 and H.263+, CIF.
    G722H263p,
    /// A soft phone of the MPEG-4 years: AMR and MPEG-4, QCIF.
    AmrMpeg4,
}

impl Model {
    /// All of them; the first five are those that every gateway should bridge with each other.
    pub const ALL: [Model; 8] = [
        Model::ThreeGH263,
        Model::ThreeGMpeg4,
        Model::PcmuH264,
        Model::AmrH263,
        Model::OpusVp8,
        Model::AmrWbH263,
        Model::G722H263p,
        Model::AmrMpeg4,
    ];

    /// Its access, which says its codecs.
    #[must_use]
    pub fn access(self) -> Access {
        let circuit = |video| {
            let mut three_g = ThreeG::default();
            three_g.terminal.video = vec![video];
            Access::Circuit(three_g)
        };
        let packets = |audio, video, size| Access::Packets { audio: vec![audio], video, size };
        match self {
            Model::ThreeGH263 => circuit(Codec::H263),
            Model::ThreeGMpeg4 => circuit(Codec::Mpeg4),
            Model::PcmuH264 => packets(Codec::Pcmu, Codec::H264, Size::CIF),
            Model::AmrH263 => packets(Codec::Amr, Codec::H263, Size::QCIF),
            Model::OpusVp8 => packets(Codec::Opus, Codec::Vp8, Size::CIF),
            Model::AmrWbH263 => packets(Codec::AmrWb, Codec::H263, Size::QCIF),
            Model::G722H263p => packets(Codec::G722, Codec::H263p, Size::CIF),
            Model::AmrMpeg4 => packets(Codec::Amr, Codec::Mpeg4, Size::QCIF),
        }
    }

    /// The size of the pictures that it sends.
    #[must_use]
    pub fn size(self) -> Size {
        self.access().size()
    }

    /// Such a telephone, which shows and sounds like `card`, encoded as it is sent.
    #[must_use]
    pub fn with_card(self, user: &str, card: Card) -> Config {
        let plain = Config::new(user, Codec::H263, Size::QCIF);
        Config { access: self.access(), material: Material::live(card), ..plain }
    }

    /// A word for command lines: `3g-h263`, `pcmu-h264`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Model::ThreeGH263 => "3g-h263",
            Model::ThreeGMpeg4 => "3g-mpeg4",
            Model::PcmuH264 => "pcmu-h264",
            Model::AmrH263 => "amr-h263",
            Model::OpusVp8 => "opus-vp8",
            Model::AmrWbH263 => "amrwb-h263",
            Model::G722H263p => "g722-h263p",
            Model::AmrMpeg4 => "amr-mpeg4",
        }
    }

    /// The model of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Model> {
        Model::ALL.into_iter().find(|model| model.name() == name)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
