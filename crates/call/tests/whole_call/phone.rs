//! A video phone in virtual time: signalling by our own endpoint, media by hand-written packets, so that
//! what the gateway sends and takes is seen as octets; one of chosen codecs has [`Lines`] instead.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sdp::{AmrParameters, Capabilities, Description, Local, Parameters, Payload, Want, WantedStream};

use crate::handset::Handset;
use crate::lines::Lines;
use sip::{
    Body, DialogId, Endpoint, HangUp, Host, Invite, LocalId, Method, NameAddr, Reply, StatusCode, Uri,
};

/// What a phone does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Rings so long, then answers.
    Answers(Duration),
    /// Rings so long, then refuses with this status.
    Refuses(Duration, u16),
    /// Rings for ever.
    Rings,
}

/// How key pictures are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feedback {
    /// RFC 4585 §6.3.1, or as [`Feedback::Fir`].
    Pli,
    /// RFC 5104 §4.3.1.
    Fir,
    /// By INFO alone (RFC 5168).
    Info,
}

/// An RTP packet that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) at: Instant,
    pub(crate) video: bool,
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) payload: Bytes,
}

/// One phone.
pub(crate) struct Phone {
    pub(crate) sip: SocketAddr,
    pub(crate) audio: SocketAddr,
    pub(crate) video: SocketAddr,
    pub(crate) manner: Manner,
    pub(crate) dialog: Option<DialogId>,
    /// The last final status of a call it made, or 200.
    pub(crate) status: Option<u16>,
    pub(crate) warning: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) ended: bool,
    pub(crate) heard: Vec<Heard>,
    pub(crate) rtcp_heard: Vec<Bytes>,
    /// Answer-Mode, and whether older phones know it too, of the INVITE that came last (RFC 5373).
    pub(crate) answer_mode: Option<(String, bool)>,
    /// OPTIONS that came: whether it is there.
    pub(crate) questions: u32,
    /// Sends sound every 20 ms and pictures every 80 ms once it is talking.
    pub(crate) talks: bool,
    /// What it offers of AMR, its only sound then; it talks in mode 7.
    pub(crate) amr: Option<AmrParameters>,
    /// The mode it asks for in each packet; 15 for any.
    pub(crate) mode_request: u8,
    /// The next offer is of all that it can, not of what was agreed on.
    change: bool,
    /// Whether it offers and takes pictures.
    pub(crate) camera: bool,
    /// What a 3G phone is; it offers clear mode then, and nothing else.
    pub(crate) terminal: Option<h324m::Config>,
    /// The line of a 3G phone, from the answer on.
    pub(crate) handset: Option<Box<Handset>>,
    /// It says nothing of H.324 on its line.
    pub(crate) dumb: bool,
    /// Media of a phone of chosen codecs.
    pub(crate) lines: Option<Box<Lines>>,
    /// How it asks for key pictures and is asked for them.
    pub(crate) feedback: Feedback,
    /// INFOs that asked for a key picture.
    pub(crate) infos: u32,
    /// When it answered last, or was answered.
    pub(crate) talks_since: Option<Instant>,
    /// Reason header of the BYE that ended the call.
    pub(crate) reason: Option<String>,
    /// Texts of MESSAGEs that came, and the number that each is from.
    pub(crate) messages: Vec<(String, String)>,
    pub(crate) takes_messages: bool,
    /// What its endpoint told it, for a failing seed.
    pub(crate) log: Vec<(Instant, String)>,
    endpoint: Endpoint,
    session: sdp::Session,
    /// What it can.
    pub(crate) caps: Capabilities,
    remote: Option<(SocketAddr, Option<SocketAddr>)>,
    pending: Option<(Instant, sip::RequestId, Box<sip::Request>)>,
    next_audio: Option<Instant>,
    next_video: Option<Instant>,
    key_wanted: bool,
    /// Of sound and of pictures.
    sequences: [u16; 2],
    timestamp: u32,
    out: VecDeque<(SocketAddr, SocketAddr, Bytes)>,
}

/// A phone that shows what is written to it.
fn talkative(mut config: sip::Config) -> sip::Config {
    config.allow.push(Method::Message);
    config
}

impl Phone {
    /// A phone at this address. Its seed is its address, since no two endpoints may share one.
    pub(crate) fn new(host: &str) -> Self {
        let ip: IpAddr = host.parse().unwrap();
        let seed = host.bytes().fold(0x5EED_0000, |sum: u64, octet| sum.wrapping_mul(31) + u64::from(octet));
        let sip = SocketAddr::new(ip, 5060);
        Phone {
            sip,
            audio: SocketAddr::new(ip, 40_000),
            video: SocketAddr::new(ip, 40_002),
            manner: Manner::Rings,
            dialog: None,
            status: None,
            warning: None,
            retry_after: None,
            ended: false,
            heard: Vec::new(),
            rtcp_heard: Vec::new(),
            answer_mode: None,
            questions: 0,
            talks: false,
            amr: None,
            mode_request: 15,
            change: false,
            camera: true,
            terminal: None,
            handset: None,
            dumb: false,
            lines: None,
            feedback: Feedback::Pli,
            infos: 0,
            messages: Vec::new(),
            takes_messages: true,
            talks_since: None,
            reason: None,
            log: Vec::new(),
            endpoint: Endpoint::new(talkative(sip::Config::new(vec![sip::Local::new(sip)], seed))),
            session: sdp::Session::new(seed),
            caps: Capabilities::default(),
            remote: None,
            pending: None,
            next_audio: None,
            next_video: None,
            key_wanted: true,
            sequences: [60_000, 30_000],
            timestamp: 1_000,
            out: VecDeque::new(),
        }
    }

    /// A phone with these codecs alone.
    pub(crate) fn of(host: &str, mark: u8, audio: media::Codec, video: media::Codec) -> Self {
        let mut phone = Phone::new(host);
        phone.set_codecs(audio, video);
        phone.lines = Some(Box::new(Lines::new(mark)));
        phone
    }

    pub(crate) fn set_codecs(&mut self, audio: media::Codec, video: media::Codec) {
        (self.caps.audio, self.caps.video) = (vec![audio], vec![video]);
    }

    /// The media of a phone of chosen codecs.
    pub(crate) fn lines(&mut self) -> &mut Lines {
        self.lines.as_mut().expect("a phone of chosen codecs")
    }

    /// A phone with AMR.
    pub(crate) fn with_amr(host: &str, parameters: AmrParameters) -> Self {
        let mut phone = Phone::new(host);
        phone.caps.audio = vec![media::Codec::Amr];
        phone.amr = Some(parameters);
        phone
    }

    /// A 3G phone behind a gateway of its network.
    pub(crate) fn with_circuit(host: &str, terminal: h324m::Config) -> Self {
        let mut phone = Phone::new(host);
        phone.caps.audio = vec![media::Codec::Clearmode];
        phone.caps.telephone_event = false;
        phone.camera = false;
        phone.terminal = Some(terminal);
        phone
    }

    /// Lets a 3G phone's terminal do something.
    pub(crate) fn tell(&mut self, now: Instant, word: h324m::Input) {
        self.handset.as_mut().expect("a 3G phone in a call").terminal.handle_input(now, word);
    }

    fn local(&self) -> Local {
        Local {
            address: self.sip.ip(),
            audio_port: Some(self.audio.port()),
            video_port: self.camera.then_some(self.video.port()),
            caps: self.caps.clone(),
        }
    }

    fn want(&self) -> Want {
        let mut want = Want::all();
        if self.change {
            let all =
                |kind| WantedStream { payloads: Some(self.caps.formats(kind)), ..WantedStream::default() };
            want = Want { audio: Some(all(media::Kind::Audio)), video: Some(all(media::Kind::Video)) };
        }
        if let Some(amr) = &self.amr {
            let speech = Payload::media(98, media::Codec::Amr, Parameters::Amr(amr.clone()));
            let payloads = Some(vec![speech, Payload::telephone_event(101)]);
            want.audio = Some(WantedStream { payloads, ..WantedStream::default() });
        }
        want
    }

    /// Calls `number` at `gateway` with `body` as its offer; `None` sends its own.
    pub(crate) fn call(&mut self, now: Instant, number: &str, gateway: SocketAddr, body: Option<&str>) {
        let offer = match body {
            Some(text) => Bytes::copy_from_slice(text.as_bytes()),
            None => {
                let offer = self.session.offer(&self.local(), &self.want());
                self.as_it_knows(offer).to_bytes().into()
            }
        };
        self.invite(now, number, gateway, Some(Body::new("application/sdp", offer)));
    }

    /// The description without the feedback that it does not know.
    fn as_it_knows(&self, mut description: Description) -> Description {
        for line in &mut description.media {
            line.feedback.retain(|(_, what)| match self.feedback {
                Feedback::Pli => true,
                Feedback::Fir => what == "ccm fir",
                Feedback::Info => false,
            });
        }
        description
    }

    /// Asks the gateway for a key picture by INFO (RFC 5168).
    pub(crate) fn ask_by_info(&mut self, now: Instant) {
        let xml = "<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>";
        let body = Body::new("application/media_control+xml", xml);
        let dialog = self.dialog.unwrap();
        self.endpoint.request(now, dialog, Method::Info, sip::Headers::new(), Some(body)).unwrap();
        self.pump(now);
    }

    /// Asks the gateway for a key picture by PLI, however often it did before (RFC 4585 §6.3.1).
    pub(crate) fn ask_at_once(&mut self) {
        let Some((_, Some(to))) = self.remote else { return };
        let head = [0x80, 201, 0, 1, 0, 0, 0x22, 0x22];
        // Of the stream 0: a session has no other.
        let loss = [0x81, 206, 0, 2, 0, 0, 0x22, 0x22, 0, 0, 0, 0];
        self.out.push_back((self.video, to, [&head[..], &loss].concat().into()));
    }

    /// Calls without an offer.
    pub(crate) fn call_late(&mut self, now: Instant, number: &str, gateway: SocketAddr) {
        self.invite(now, number, gateway, None);
    }

    fn invite(&mut self, now: Instant, number: &str, gateway: SocketAddr, body: Option<Body>) {
        let uri = Uri::sip(number, Host::from(gateway.ip()), Some(gateway.port()));
        let invite = Invite {
            local: LocalId(0),
            uri: uri.clone(),
            destination: gateway,
            from: NameAddr::new(Uri::sip("13800000000", Host::from(self.sip.ip()), None)),
            to: NameAddr::new(uri),
            headers: self.headers(),
            body,
        };
        self.dialog = Some(self.endpoint.invite(now, invite).unwrap());
        self.pump(now);
    }

    /// One without feedback says that it takes INFO.
    fn headers(&self) -> sip::Headers {
        let mut headers = sip::Headers::new();
        if self.feedback == Feedback::Info {
            headers.push("Allow", "INVITE, ACK, BYE, CANCEL, INFO");
        }
        headers
    }

    pub(crate) fn hang_up(&mut self, now: Instant) {
        if let Some(dialog) = self.dialog.take() {
            self.endpoint.hang_up(now, dialog, HangUp::new(StatusCode::BusyHere));
            self.ended = true;
            self.next_audio = None;
            self.next_video = None;
            self.handset = None;
            self.drop_lines();
        }
        self.pump(now);
    }

    /// Sends no media any more: muted, with silence suppression.
    pub(crate) fn fall_silent(&mut self) {
        self.next_audio = None;
        self.next_video = None;
    }

    /// Sends a re-INVITE with these directions.
    pub(crate) fn reinvite(&mut self, now: Instant, direction: sdp::Direction) {
        let offer = self.session.offer(&self.local(), &self.want().with_direction(direction));
        let offer = self.as_it_knows(offer);
        let body = Body::new("application/sdp", offer.to_bytes());
        let dialog = self.dialog.unwrap();
        self.endpoint.request(now, dialog, Method::Invite, sip::Headers::new(), Some(body)).unwrap();
        self.pump(now);
    }

    /// Switches its pictures off or on by a re-INVITE: the line gets port 0, or its port back.
    pub(crate) fn set_camera(&mut self, now: Instant, on: bool) {
        self.camera = on;
        self.reinvite(now, sdp::Direction::SendRecv);
    }

    /// Changes its codecs in mid-call.
    pub(crate) fn change_codecs(&mut self, now: Instant, audio: media::Codec, video: media::Codec) {
        self.set_codecs(audio, video);
        self.change = true;
        self.reinvite(now, sdp::Direction::SendRecv);
        self.change = false;
    }

    /// Receives and sends its sound at another port from now on.
    pub(crate) fn move_sound(&mut self, now: Instant, port: u16) {
        self.audio.set_port(port);
        self.reinvite(now, sdp::Direction::SendRecv);
    }

    /// Presses a key: three packets of its start, three of its end (RFC 4733 §2.5.1).
    pub(crate) fn press(&mut self, key: char) {
        if let Some(lines) = &mut self.lines {
            return lines.keys.push(rtp::Digit::try_from(key).unwrap());
        }
        let Some((to, _)) = self.remote else { return };
        let event = "0123456789*#ABCD".find(key).unwrap() as u8;
        let timestamp = self.timestamp;
        for (index, end) in [false, false, false, true, true, true].into_iter().enumerate() {
            let duration = (160 * (index as u16 + 1)).min(640).to_be_bytes();
            let payload = [event, if end { 0x8A } else { 0x0A }, duration[0], duration[1]];
            let packet = self.packet(101, index == 0, timestamp, 0x1111, &payload);
            self.out.push_back((self.audio, to, packet));
        }
        self.timestamp += 8_000;
    }

    /// Falls silent and says what that sounds like (RFC 3389), beside G.711.
    pub(crate) fn pause(&mut self, noise: &[u8]) {
        let Some((to, _)) = self.remote else { return };
        self.next_audio = None;
        self.timestamp += 160;
        let packet = self.packet(13, false, self.timestamp, 0x1111, noise);
        self.out.push_back((self.audio, to, packet));
    }

    /// Speaks again after a pause that was a second long.
    pub(crate) fn go_on(&mut self, now: Instant) {
        self.timestamp += 8_000;
        self.next_audio = Some(now);
    }

    /// Sends a Picture Loss Indication to the gateway's video (RFC 4585 §6.3.1).
    pub(crate) fn lose_picture(&mut self, gateway_rtcp: SocketAddr, ssrc: u32) {
        let ssrc = ssrc.to_be_bytes();
        self.feed_back(gateway_rtcp, &[&[0x81, 206, 0, 2, 0, 0, 0x22, 0x22], &ssrc[..]].concat());
    }

    /// Sends an RTCP packet to the gateway's video, after an empty report.
    pub(crate) fn feed_back(&mut self, gateway_rtcp: SocketAddr, packet: &[u8]) {
        let packet = [&[0x80, 201, 0, 1, 0, 0, 0x22, 0x22], packet].concat();
        let from = SocketAddr::new(self.video.ip(), self.video.port() + 1);
        self.out.push_back((from, gateway_rtcp, packet.into()));
    }

    /// Where the gateway receives this phone's media.
    pub(crate) fn remote(&self) -> Option<(SocketAddr, Option<SocketAddr>)> {
        self.remote
    }

    pub(crate) fn pictures(&self) -> impl Iterator<Item = &Heard> {
        self.heard.iter().filter(|heard| heard.video)
    }

    pub(crate) fn sounds(&self) -> impl Iterator<Item = &Heard> {
        self.heard.iter().filter(|heard| !heard.video && heard.payload_type != 101)
    }

    pub(crate) fn take_out(&mut self) -> Option<(SocketAddr, SocketAddr, Bytes)> {
        self.out.pop_front()
    }

    pub(crate) fn due(&self, endpoint_due: Option<Instant>) -> Option<Instant> {
        let pending = self.pending.as_ref().map(|(at, ..)| *at);
        let line = self.handset.as_ref().and_then(|handset| handset.due());
        let lines = self.lines.as_ref().and_then(|lines| lines.due());
        [endpoint_due, pending, self.next_audio, self.next_video, line, lines].into_iter().flatten().min()
    }

    pub(crate) fn receive(&mut self, now: Instant, from: SocketAddr, to: SocketAddr, data: &Bytes) {
        if to == self.sip {
            self.questions += u32::from(data.starts_with(b"OPTIONS "));
            self.endpoint.handle_input(now, sip::Input::Datagram { local: LocalId(0), from, data });
            self.pump(now);
        } else if let Some(lines) = &mut self.lines {
            let of_video = to.port() & !1 == self.video.port();
            let kind = if of_video { media::Kind::Video } else { media::Kind::Audio };
            lines.receive(now, kind, to.port() & 1 == 1, from, data.clone());
            self.pump(now);
        } else if (to == self.audio || to == self.video) && !(64..=95).contains(&(data[1] & 0x7F)) {
            assert!(data.len() >= 12, "an RTP packet is at least its header");
            assert_eq!(data[0] >> 6, 2, "RTP version");
            if let Some(handset) = self.handset.as_mut().filter(|_| to == self.audio) {
                handset.receive(now, from, data.clone());
            }
            // A header extension is told by a bit (RFC 3550 §5.3.1).
            let extension =
                (data[0] & 0x10 != 0).then(|| 4 + 4 * usize::from(u16::from_be_bytes([data[14], data[15]])));
            let word = |at: usize| u32::from_be_bytes(data[at..at + 4].try_into().unwrap());
            self.heard.push(Heard {
                at: now,
                video: to == self.video,
                payload_type: data[1] & 0x7F,
                marker: data[1] & 0x80 != 0,
                sequence: u16::from_be_bytes([data[2], data[3]]),
                timestamp: word(4),
                ssrc: word(8),
                payload: data.slice(12 + extension.unwrap_or(0)..),
            });
        } else {
            // RTCP, on a port of its own or muxed (RFC 5761 §4): a Picture Loss Indication or a Full Intra Request somewhere in the compound packet.
            self.key_wanted |= data.windows(2).any(|pair| pair == [0x81, 206] || pair == [0x84, 206]);
            self.rtcp_heard.push(data.clone());
        }
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        self.endpoint.handle_input(now, sip::Input::Timeout);
        if self.pending.as_ref().is_some_and(|(at, ..)| *at <= now) {
            let (_, request, message) = self.pending.take().unwrap();
            self.decide(now, request, &message);
        }
        self.talk(now);
        if let Some(lines) = &mut self.lines {
            lines.tick(now);
        }
        if let Some(handset) = &mut self.handset {
            let mut packets = Vec::new();
            handset.tick(now, &mut packets);
            self.out.extend(packets.into_iter().map(|(to, data)| (self.audio, to, data)));
        }
        self.pump(now);
    }

    fn talk(&mut self, now: Instant) {
        let Some((audio_to, video_to)) = self.remote else { return };
        if self.next_audio.is_some_and(|due| due <= now) {
            self.next_audio = Some(now + Duration::from_millis(20));
            self.timestamp += 160;
            let mark = [self.sip.port() as u8; 1];
            let mut payload = [mark[0], self.host_octet()].repeat(80);
            let mut payload_type = 0;
            if self.amr.is_some() {
                payload_type =
                    self.session.agreed().and_then(|agreed| agreed.audio()).map_or(98, |audio| audio.send.pt);
                payload.truncate(33);
                payload[..2].copy_from_slice(&[self.mode_request << 4, 7 << 3 | 4]);
                // The 244 bits of speech leave four.
                payload[32] &= 0xF0;
            }
            let packet = self.packet(payload_type, false, self.timestamp, 0x1111, &payload);
            self.out.push_back((self.audio, audio_to, packet));
        }
        if self.next_video.is_some_and(|due| due <= now) {
            self.next_video = Some(now + Duration::from_millis(80));
            let Some(to) = video_to else { return };
            let key = std::mem::take(&mut self.key_wanted);
            let payload_type =
                self.session.agreed().and_then(|agreed| agreed.video()).map_or(96, |video| video.send.pt);
            let timestamp = self.timestamp.wrapping_mul(9);
            let mut parts: Vec<Vec<u8>> = Vec::new();
            if key {
                parts.push(vec![0x67, 0x42, 0xC0, 0x0D, 0xDA, self.host_octet()]);
                parts.push(vec![0x68, 0xCE, 0x3C, 0x80]);
            }
            parts.push(vec![if key { 0x65 } else { 0x41 }, 0x88, self.host_octet(), 0x55]);
            let last = parts.len() - 1;
            for (at, part) in parts.into_iter().enumerate() {
                let packet = self.packet(payload_type, at == last, timestamp, 0x2222, &part);
                self.out.push_back((self.video, to, packet));
            }
        }
    }

    fn host_octet(&self) -> u8 {
        match self.sip.ip() {
            IpAddr::V4(ip) => ip.octets()[3],
            IpAddr::V6(ip) => ip.octets()[15],
        }
    }

    fn packet(&mut self, payload_type: u8, marker: bool, timestamp: u32, ssrc: u32, payload: &[u8]) -> Bytes {
        let next = &mut self.sequences[usize::from(ssrc == 0x2222)];
        *next = next.wrapping_add(1);
        let sequence = *next;
        let mut packet = vec![0x80, payload_type | if marker { 0x80 } else { 0 }];
        packet.extend(sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(ssrc.to_be_bytes());
        packet.extend(payload);
        packet.into()
    }

    /// Lets the endpoint speak; returns when it wants to be woken.
    pub(crate) fn pump(&mut self, now: Instant) -> Option<Instant> {
        if let Some(lines) = &mut self.lines {
            let (audio, video, out) = (self.audio, self.video, &mut self.out);
            lines.pump(now, |kind, next, to, data| {
                let from = if kind == media::Kind::Audio { audio } else { video };
                let from = SocketAddr::new(from.ip(), from.port() + u16::from(next));
                out.push_back((from, to, data));
            });
        }
        loop {
            match self.endpoint.poll_output() {
                sip::Output::Send { to, data, .. } => self.out.push_back((self.sip, to, data)),
                sip::Output::Event(event) => self.on_event(now, event),
                sip::Output::Timeout(due) => return self.due(due),
            }
        }
    }

    fn on_event(&mut self, now: Instant, event: sip::Event) {
        let told = format!("{event:?}");
        self.log.push((now, told.chars().take(90).collect()));
        match event {
            sip::Event::Invite { dialog, request, message, .. } => {
                self.dialog = Some(dialog);
                let header = |name| message.headers.get(name);
                let older = header("Call-Info").is_some_and(|info| info.ends_with(";answer-after=0"))
                    && header("Alert-Info").is_some_and(|info| info.contains("alert-autoanswer"));
                self.answer_mode = header("Answer-Mode").map(|mode| (mode.to_owned(), older));
                self.endpoint.respond(now, request, Reply::new(StatusCode::Ringing)).unwrap();
                let after = match self.manner {
                    Manner::Answers(after) | Manner::Refuses(after, _) => after,
                    Manner::Rings => return,
                };
                self.pending = Some((now + after, request, message));
            }
            sip::Event::Answered { dialog, message } => {
                self.status = Some(message.status.code());
                if self.session.agreed().is_none() && !message.body.is_empty() {
                    let text = Description::parse(&message.body).unwrap();
                    match self.session.accept(&text) {
                        Ok(agreed) => self.start_media(now, &agreed),
                        // The gateway made the offer.
                        Err(_) => {
                            let (answer, agreed) = self.session.answer(&text, &self.local()).unwrap();
                            let body = Body::new("application/sdp", answer.to_bytes());
                            self.endpoint.ack(now, dialog, Some(body));
                            self.start_media(now, &agreed);
                        }
                    }
                }
            }
            sip::Event::Failed { status, message, .. } => {
                self.status = Some(status.code());
                let header = |name| message.as_ref().and_then(|m| m.headers.get(name)).map(str::to_owned);
                self.warning = header("Warning");
                self.retry_after = header("Retry-After");
                self.over();
            }
            sip::Event::Ended { by: sip::Ended::Bye { reason, .. }, .. } => {
                self.reason = reason;
                self.over();
            }
            sip::Event::Cancelled { .. } | sip::Event::Ended { .. } => self.over(),
            sip::Event::Request { request, message, .. } => {
                let reply = if message.method == Method::Info {
                    self.key_wanted = true;
                    self.infos += 1;
                    if let Some(lines) = &mut self.lines {
                        lines.key_wanted = true;
                        lines.asked.push(now);
                    }
                    Reply::new(StatusCode::OK)
                } else if message.method == Method::Message && self.takes_messages {
                    let from = message.headers.from_().unwrap().uri.user_text().unwrap().to_string();
                    self.messages.push((from, String::from_utf8(message.body.to_vec()).unwrap()));
                    Reply::new(StatusCode::OK)
                } else {
                    Reply::new(StatusCode::NotImplemented)
                };
                self.endpoint.respond(now, request, reply).unwrap();
            }
            sip::Event::Response { message, .. } => {
                let Some(message) = message.filter(|message| !message.body.is_empty()) else { return };
                if let Ok(agreed) = self.session.accept(&Description::parse(&message.body).unwrap()) {
                    self.learn(&agreed);
                    self.agree_lines(now, &agreed);
                }
            }
            sip::Event::Progress { message, .. } if self.terminal.is_some() && !message.body.is_empty() => {
                let answer = Description::parse(&message.body).unwrap();
                if let Ok(agreed) = self.session.accept(&answer) {
                    self.start_media(now, &agreed);
                }
            }
            sip::Event::Acked { .. } | sip::Event::Progress { .. } | sip::Event::Answer { .. } => {}
        }
    }

    fn decide(&mut self, now: Instant, request: sip::RequestId, message: &sip::Request) {
        let reply = match self.manner {
            Manner::Refuses(_, status) => {
                self.dialog = None;
                Reply::new(StatusCode::from(status))
            }
            Manner::Answers(_) | Manner::Rings => {
                let offer = Description::parse(&message.body).unwrap();
                let (answer, agreed) = self.session.answer(&offer, &self.local()).unwrap();
                self.start_media(now, &agreed);
                let body = Body::new("application/sdp", self.as_it_knows(answer).to_bytes());
                let mut reply = Reply::new(StatusCode::OK).with_body(body);
                if self.feedback == Feedback::Info {
                    reply = reply.with_header("Allow", "INVITE, ACK, BYE, CANCEL, INFO");
                }
                reply
            }
        };
        // The caller may have given up meanwhile.
        let _ = self.endpoint.respond(now, request, reply);
    }

    fn start_media(&mut self, now: Instant, agreed: &sdp::Agreed) {
        self.learn(agreed);
        self.talks_since = Some(now);
        self.agree_lines(now, agreed);
        let line = agreed.audio().filter(|audio| audio.is_circuit());
        if let (Some(terminal), Some(line)) = (&self.terminal, line) {
            let line = call::rtp_config(line, "handset", 77);
            let mut handset = Handset::new(now, terminal.clone(), line);
            handset.dumb = self.dumb;
            self.handset = Some(Box::new(handset));
            return;
        }
        if self.talks && self.lines.is_none() {
            self.next_audio = Some(now);
            self.next_video = Some(now + Duration::from_millis(7));
        }
    }

    /// What it agreed on takes effect, as far as it knows feedback.
    fn agree_lines(&mut self, now: Instant, agreed: &sdp::Agreed) {
        let mut agreed = agreed.clone();
        for stream in &mut agreed.streams {
            stream.feedback.pli &= self.feedback == Feedback::Pli;
            stream.feedback.fir &= self.feedback != Feedback::Info;
        }
        if let Some(lines) = &mut self.lines {
            lines.agree(now, &agreed);
        }
    }

    fn drop_lines(&mut self) {
        self.talks_since = None;
        if let Some(lines) = &mut self.lines {
            lines.hang_up();
        }
    }

    fn learn(&mut self, agreed: &sdp::Agreed) {
        let audio = agreed.audio().expect("the gateway takes our sound");
        self.remote = Some((audio.remote_rtp, agreed.video().map(|video| video.remote_rtp)));
    }

    fn over(&mut self) {
        self.dialog = None;
        self.ended = true;
        self.pending = None;
        self.next_audio = None;
        self.next_video = None;
        self.drop_lines();
        self.session = sdp::Session::new(self.session_seed());
    }

    fn session_seed(&self) -> u64 {
        u64::from(self.sequences[0])
    }
}
