//! A browser in virtual time, as the shell shows it to call control: words and frames.

use std::time::{Duration, Instant};

use bytes::Bytes;
use call::CallId;
use call::web::{Ended, FromBrowser, Listen, Media, Part, SessionId, StopRinging, ToBrowser};
use media::{AudioFormat, Codec, Format, Frame, Kind, Size, VideoFormat};
use sdp::{AgreedStream, Capabilities, Local, Want};

use crate::live::Maker;
use crate::world::sample;

/// What a desk does when it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Desk {
    /// Rings so long, then accepts.
    Accepts(Duration),
    /// Rings so long, then rejects.
    Rejects(Duration),
    /// Rings for ever.
    Rings,
}

/// How far its leg has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leg {
    None,
    Calling,
    Ringing(CallId),
    /// Agreed on; media flows from then on.
    Agreed,
    Up,
}

/// One browser.
pub(crate) struct Browser {
    pub(crate) session: SessionId,
    pub(crate) desk: Desk,
    pub(crate) leg: Leg,
    /// How long ICE takes; `None`: for ever.
    pub(crate) connects_after: Option<Duration>,
    pub(crate) camera: bool,
    pub(crate) words: Vec<ToBrowser>,
    pub(crate) frames: Vec<(Instant, Frame)>,
    pub(crate) keys_asked: usize,
    /// In each frame it sends.
    pub(crate) mark: u8,
    /// Its next picture is the first after a loss.
    pub(crate) loses: bool,
    /// How it holds its camera.
    pub(crate) rotation: media::Rotation,
    pub(crate) rings: Option<Media>,
    /// What it agrees on when it takes a ring; `None`: exactly what is asked for.
    pub(crate) answers: Option<Media>,
    pub(crate) act_at: Option<Instant>,
    pub(crate) connect_at: Option<Instant>,
    pub(crate) next: [Option<Instant>; 2],
    pub(crate) key_wanted: bool,
    pub(crate) started: Option<Instant>,
    /// Since when its media flows, in the leg that it has.
    pub(crate) up_since: Option<Instant>,
    /// What it calls and answers with; its frames are those of `maker` then.
    pub(crate) codecs: Option<(Codec, Codec)>,
    pub(crate) maker: Maker,
    /// When it was asked for a key picture.
    pub(crate) asked: Vec<Instant>,
    /// How old sound and pictures are, as it was told.
    pub(crate) ages: [Duration; 2],
    /// What it was asked to keep its pictures to.
    pub(crate) limits: Vec<Option<u32>>,
}

impl Browser {
    pub(crate) fn new(session: u64) -> Self {
        Browser {
            session: SessionId(session),
            desk: Desk::Rings,
            leg: Leg::None,
            connects_after: Some(Duration::from_millis(150)),
            camera: true,
            words: Vec::new(),
            frames: Vec::new(),
            keys_asked: 0,
            mark: 100 + session as u8,
            loses: false,
            rotation: media::Rotation::None,
            rings: None,
            answers: None,
            act_at: None,
            connect_at: None,
            next: [None, None],
            key_wanted: true,
            started: None,
            up_since: None,
            codecs: None,
            maker: Maker::new(0),
            asked: Vec::new(),
            ages: [Duration::ZERO; 2],
            limits: Vec::new(),
        }
    }

    /// A browser with these codecs alone.
    pub(crate) fn of(session: u64, mark: u8, audio: Codec, video: Codec) -> Self {
        Browser {
            mark,
            codecs: Some((audio, video)),
            answers: Some(media_of(audio, video)),
            maker: Maker::new(mark),
            ..Browser::new(session)
        }
    }

    /// A supervisor listens.
    pub(crate) fn listen(&mut self, call: CallId, part: Part) -> FromBrowser {
        self.leg = Leg::Calling;
        let media = Box::new(media(self.camera));
        FromBrowser::Listen(Listen { call, by: "lead".into(), part, media })
    }

    /// A visitor calls.
    pub(crate) fn call(&mut self, number: &str) -> FromBrowser {
        self.leg = Leg::Calling;
        let media = self.codecs.map_or_else(|| media(self.camera), |(audio, video)| media_of(audio, video));
        FromBrowser::Call { number: number.into(), name: "Visitor".into(), media: media.into() }
    }

    pub(crate) fn hear(&mut self, now: Instant, word: ToBrowser) {
        match &word {
            ToBrowser::Frame { frame, .. } => {
                assert_eq!(self.leg, Leg::Up, "a frame for a browser without media");
                return self.frames.push((now, frame.clone()));
            }
            ToBrowser::SourceChanged { .. } => return,
            ToBrowser::RateLimit { bps } => {
                self.limits.push(*bps);
                return;
            }
            ToBrowser::Age { kind, age } => {
                self.ages[*kind as usize] = *age;
                return;
            }
            ToBrowser::KeyPictureWanted => {
                assert_eq!(self.leg, Leg::Up);
                self.keys_asked += 1;
                self.asked.push(now);
                self.key_wanted = true;
                return;
            }
            ToBrowser::Refused { .. } => {
                if self.leg == Leg::Calling {
                    self.leg = Leg::None;
                }
            }
            ToBrowser::Accepted { .. } => {
                assert_eq!(self.leg, Leg::Calling);
                self.agreed(now);
            }
            ToBrowser::Ring { call, media, .. } => {
                assert_eq!(self.leg, Leg::None, "a ring beside another leg");
                self.leg = Leg::Ringing(*call);
                self.rings = Some(media.as_ref().clone());
                self.act_at = match self.desk {
                    Desk::Accepts(after) | Desk::Rejects(after) => Some(now + after),
                    Desk::Rings => None,
                };
            }
            ToBrowser::StopRinging { .. } => {
                assert_ne!(self.leg, Leg::None, "{word:?} without a ring");
                self.over();
            }
            ToBrowser::Ended { .. } => {
                assert_ne!(self.leg, Leg::None, "{word:?} without a leg");
                self.over();
            }
            ToBrowser::Talking { .. }
            | ToBrowser::Desk(_)
            | ToBrowser::Part(_)
            | ToBrowser::Text { .. }
            | ToBrowser::Waiting { .. }
            | ToBrowser::Showing { .. } => {
                assert_eq!(self.leg, Leg::Up, "{word:?}");
            }
        }
        self.words.push(word);
    }

    fn agreed(&mut self, now: Instant) {
        self.leg = Leg::Agreed;
        self.connect_at = self.connects_after.map(|after| now + after);
    }

    fn over(&mut self) {
        self.leg = Leg::None;
        self.act_at = None;
        self.connect_at = None;
        self.next = [None, None];
        self.key_wanted = true;
        self.up_since = None;
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        [self.act_at, self.connect_at, self.next[0], self.next[1]].into_iter().flatten().min()
    }

    /// What it says at this time.
    pub(crate) fn tick(&mut self, now: Instant) -> Vec<FromBrowser> {
        let mut said = Vec::new();
        if self.act_at.take_if(|at| *at <= now).is_some()
            && let Leg::Ringing(call) = self.leg
        {
            if matches!(self.desk, Desk::Rejects(_)) {
                said.push(FromBrowser::Reject { call });
            } else {
                let media = self.answers.clone().unwrap_or_else(|| like(self.rings.as_ref().unwrap()));
                said.push(FromBrowser::Accept { call, media: media.into() });
                self.agreed(now);
            }
        }
        if self.connect_at.take_if(|at| *at <= now).is_some() {
            said.push(FromBrowser::Connected);
            self.leg = Leg::Up;
            self.started.get_or_insert(now);
            self.up_since = Some(now);
            self.next = [Some(now), self.camera.then_some(now)];
        }
        for (at, kind) in [Kind::Audio, Kind::Video].into_iter().enumerate() {
            if self.next[at].take_if(|due| *due <= now).is_some() {
                let every = if kind == Kind::Audio { 20 } else { 80 };
                self.next[at] = Some(now + Duration::from_millis(every));
                said.push(FromBrowser::Frame { kind, frame: self.frame(now, kind) });
            }
        }
        said
    }

    fn frame(&mut self, now: Instant, kind: Kind) -> Frame {
        let pts = now - self.started.unwrap_or(now);
        let step = Duration::from_millis(20);
        if let Some((audio, video)) = self.codecs {
            let format = match kind {
                Kind::Audio => Format::Audio(AudioFormat::new(audio)),
                Kind::Video => Format::Video(VideoFormat::prompt(video, Size::CIF)),
            };
            let key = kind == Kind::Video && std::mem::take(&mut self.key_wanted);
            let frame = self.maker.frame(format, pts, key, 0);
            let lost_before = kind == Kind::Video && std::mem::take(&mut self.loses);
            return Frame { lost_before, ..frame };
        }
        let agreed = self.answers.as_ref().and_then(|media| media.stream(kind));
        if let Some(agreed) = agreed.filter(|agreed| !matches!(agreed.codec(), Codec::Pcmu | Codec::H264)) {
            let format = match kind {
                Kind::Audio => agreed.audio_format().map(Format::Audio),
                Kind::Video => agreed.video_format().map(Format::Video),
            };
            let key = std::mem::take(&mut self.key_wanted);
            return sample(format.expect("a codec"), pts, step, key, self.mark);
        }
        if kind == Kind::Audio {
            return Frame::new(Codec::Pcmu, pts, step, true, [0, self.mark].repeat(80).into());
        }
        let key = std::mem::take(&mut self.key_wanted);
        let data = if key {
            [
                &[0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x0D, self.mark][..],
                &[0, 0, 0, 1, 0x68, 0xCE, 1],
                &[0, 0, 0, 1, 0x65, 0x88, self.mark, 0x55],
            ]
            .concat()
        } else {
            vec![0, 0, 0, 1, 0x41, 0x88, self.mark, 0x55]
        };
        let frame = Frame::new(Codec::H264, pts, Duration::ZERO, key, Bytes::from(data));
        Frame { lost_before: std::mem::take(&mut self.loses), rotation: self.rotation, ..frame }
    }

    pub(crate) fn pictures(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().map(|(_, frame)| frame).filter(|frame| frame.codec.kind() == Kind::Video)
    }

    pub(crate) fn sounds(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().map(|(_, frame)| frame).filter(|frame| frame.codec.kind() == Kind::Audio)
    }

    /// The call that it rang for last.
    pub(crate) fn rang_for(&self) -> Option<CallId> {
        self.words.iter().rev().find_map(|word| match word {
            ToBrowser::Ring { call, .. } => Some(*call),
            _ => None,
        })
    }

    pub(crate) fn ended(&self) -> Option<Ended> {
        self.words.iter().rev().find_map(|word| match word {
            ToBrowser::Ended { why } => Some(*why),
            _ => None,
        })
    }

    pub(crate) fn stopped(&self) -> Option<StopRinging> {
        self.words.iter().rev().find_map(|word| match word {
            ToBrowser::StopRinging { why, .. } => Some(*why),
            _ => None,
        })
    }

    pub(crate) fn talks_with(&self) -> Option<&str> {
        self.words.iter().rev().find_map(|word| match word {
            ToBrowser::Talking { with } => Some(with.as_str()),
            _ => None,
        })
    }

    /// What an agent was told of the conversation last.
    pub(crate) fn desk_now(&self) -> Option<&call::web::DeskNow> {
        self.words.iter().rev().find_map(|word| match word {
            ToBrowser::Desk(now) => Some(now),
            _ => None,
        })
    }

    /// The nodes and texts of its captions.
    pub(crate) fn captions(&self) -> Vec<(&str, &str)> {
        let caption = |word: &'_ ToBrowser| matches!(word, ToBrowser::Showing { .. });
        let shown = self.words.iter().filter(|word| caption(word));
        shown
            .filter_map(|word| match word {
                ToBrowser::Showing { node, text, .. } => Some((node.as_str(), text.as_str())),
                _ => None,
            })
            .collect()
    }
}

/// What a browser agrees on with the gateway, by the rules for any phone.
pub(crate) fn media(camera: bool) -> Media {
    let local = |port: u16| Local {
        address: "127.0.0.1".parse().unwrap(),
        audio_port: Some(port),
        video_port: camera.then_some(port + 2),
        caps: Capabilities { video: vec![Codec::H264], ..Capabilities::default() },
    };
    let offer = sdp::Session::new(1).offer(&local(9), &Want::all());
    let (_, agreed) = sdp::Session::new(2).answer(&offer, &local(19)).unwrap();
    Media { audio: agreed.audio().cloned(), video: agreed.video().cloned() }
}

/// The same for a browser with these codecs alone.
pub(crate) fn media_of(audio: Codec, video: Codec) -> Media {
    let local = |port: u16| Local {
        address: "127.0.0.1".parse().unwrap(),
        audio_port: Some(port),
        video_port: Some(port + 2),
        caps: Capabilities { audio: vec![audio], video: vec![video], ..Capabilities::default() },
    };
    let offer = sdp::Session::new(1).offer(&local(9), &Want::all());
    let (_, agreed) = sdp::Session::new(2).answer(&offer, &local(19)).unwrap();
    Media { audio: agreed.audio().cloned(), video: agreed.video().cloned() }
}

/// What a desk agrees on that is rung with this: exactly this.
fn like(media: &Media) -> Media {
    let same = |stream: &AgreedStream| AgreedStream { receive: vec![stream.send.clone()], ..stream.clone() };
    Media { audio: media.audio.as_ref().map(same), video: media.video.as_ref().map(same) }
}
