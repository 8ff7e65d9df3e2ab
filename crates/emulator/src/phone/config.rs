//! What a telephone is: its address, its access, what it sends, and how bad its line is.

use std::net::{Ipv4Addr, SocketAddr};

use media::{Codec, Size, VideoFormat};
use sdp::{Capabilities, Want, WantedStream};

use crate::impairments::Impairments;
use crate::material::{AMR_MODE_MAX, Material};

/// What a telephone is.
#[derive(Clone, Debug)]
pub struct Config {
    /// User part of its address: the caller's number.
    pub user: String,
    /// The address of its SIP socket, as others reach it; a [`Terminal`](crate::Terminal) sets it.
    pub sip: SocketAddr,
    /// RTP port of sound or circuit at the same address, RTCP being one above; a terminal sets it.
    pub audio_port: u16,
    /// As `audio_port`, for pictures; unused on a circuit.
    pub video_port: u16,
    /// How it reaches its network.
    pub access: Access,
    /// What it sends.
    pub material: Material,
    /// How bad its line is.
    pub impairments: Impairments,
    /// Whether it answers calls; else it is busy.
    pub answers: bool,
    /// Whether it decodes what it receives; else it hands out frames as they come.
    pub decodes: bool,
    /// Seed of everything random.
    pub seed: u64,
}

/// The access of a telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// A SIP or IMS telephone: sound and pictures by RTP.
    Packets {
        /// The sound codecs that it offers and takes, best first.
        audio: Vec<Codec>,
        /// The one video codec that it offers and takes.
        video: Codec,
        /// The largest pictures it sends and, for H.263, takes.
        size: Size,
    },
    /// A 3G-324M phone behind a trunk gateway: one 64 kbit/s circuit by RTP (RFC 4040).
    Circuit(ThreeG),
}

/// A 3G-324M phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreeG {
    /// The terminal.
    pub terminal: h324m::Config,
    /// How it says its keys.
    pub keys: KeyForm,
}

/// How keys are said in H.245 user input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyForm {
    /// As text, as most phones do.
    #[default]
    Alphanumeric,
    /// As a signal with a duration.
    Signal,
    /// Both for each key, as some phones do.
    Both,
}

impl Config {
    /// A telephone that sends a test picture and no sound, by packets with G.711 and `video` of at most
    /// `size`; it calls, and decodes what it receives.
    #[must_use]
    pub fn new(user: &str, video: Codec, size: Size) -> Self {
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        Config {
            user: user.to_owned(),
            sip: nowhere,
            audio_port: 0,
            video_port: 0,
            access: Access::Packets { audio: vec![Codec::Pcmu, Codec::Pcma], video, size },
            material: Material::test(0),
            impairments: Impairments::default(),
            answers: false,
            decodes: true,
            seed: 0,
        }
    }

    /// The same as a 3G phone with an ordinary terminal.
    #[must_use]
    pub fn three_g(user: &str) -> Self {
        let access = Access::Circuit(ThreeG::default());
        Config { access, ..Config::new(user, Codec::H263, Size::QCIF) }
    }

    /// Encodes what will be sent if the peer agrees, so that copies of this configuration need not.
    ///
    /// # Errors
    /// For a codec or size that cannot be encoded.
    pub fn prepare(&mut self) -> Result<(), codec::Error> {
        match &mut self.access {
            Access::Packets { audio, video, size } => {
                for &codec in audio.iter() {
                    self.material.sound(codec, AMR_MODE_MAX)?;
                }
                self.material.film(VideoFormat::prompt(*video, *size))?;
            }
            Access::Circuit(three_g) => {
                self.material.sound(Codec::Amr, AMR_MODE_MAX)?;
                let terminal = &mut three_g.terminal;
                for &codec in &terminal.video {
                    let format = VideoFormat::circuit(codec);
                    self.material.film(format)?;
                    if codec == Codec::Mpeg4 && terminal.mpeg4_config.is_none() {
                        terminal.mpeg4_config = Some(codec::video::mpeg4_config(format)?);
                    }
                }
            }
        }
        Ok(())
    }

    /// What it says of itself in an offer or answer.
    pub(crate) fn local(&self) -> sdp::Local {
        sdp::Local {
            address: self.sip.ip(),
            audio_port: Some(self.audio_port),
            video_port: self.access.has_pictures_apart().then_some(self.video_port),
            caps: self.access.capabilities(),
        }
    }
}

impl Access {
    /// Whether pictures have ports of their own.
    #[must_use]
    pub fn has_pictures_apart(&self) -> bool {
        match self {
            Access::Packets { .. } => true,
            Access::Circuit(_) => false,
        }
    }

    /// The largest picture.
    #[must_use]
    pub fn size(&self) -> Size {
        match self {
            Access::Packets { size, .. } => *size,
            Access::Circuit(_) => Size::QCIF,
        }
    }

    /// What an offer holds.
    pub(crate) fn wants(&self) -> Want {
        match self {
            Access::Packets { .. } => Want::all(),
            Access::Circuit(_) => Want { audio: Some(WantedStream::default()), video: None },
        }
    }

    fn capabilities(&self) -> Capabilities {
        match self {
            Access::Packets { audio, video, size } => packets(audio, *video, *size),
            Access::Circuit(_) => Capabilities::circuit(),
        }
    }
}

fn packets(audio: &[Codec], video: Codec, size: Size) -> Capabilities {
    let (audio, video) = (audio.to_vec(), vec![video]);
    let mut caps = Capabilities { audio, video, circuits: false, ..Capabilities::default() };
    caps.h263.sizes.retain(|(of, _)| of.macroblocks() <= size.macroblocks());
    if size.macroblocks() <= Size::QCIF.macroblocks() {
        // Level 1 holds QCIF and no more (H.264 table A-1).
        caps.h264_level = media::H264Level(10);
    }
    caps
}

impl Default for ThreeG {
    /// What most phones are: level 2, WNSRP, keys as text, H.263.
    fn default() -> Self {
        let terminal =
            h324m::Config { terminal_type: 128, video: vec![Codec::H263], ..h324m::Config::default() };
        ThreeG { terminal, keys: KeyForm::Alphanumeric }
    }
}
