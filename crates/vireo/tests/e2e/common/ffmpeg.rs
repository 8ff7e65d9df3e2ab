//! A video telephone whose pictures are ffmpeg's, both ways, as MPEG-4 by RTP (RFC 6416).
//!
//! Signalling is the few messages that such a call needs, written here; sound is sent as silence and not looked at. The
//! telephone has one port for pictures: what comes there is handed to one ffmpeg, what another one sends goes out from
//! it, since a gateway behind which phones may move sends to where it hears from. Start at [`Telephone::call`].

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use media::{Picture, Size};

use super::gateway::HOTLINE;
use super::picture::{self, Pattern};
use super::process::Process;
use super::{ADDRESS, Lab, SIP_PORT, wait};

/// Its own ports, beyond those of the gateway and of baresip.
const SIP: u16 = 5_790;
const AUDIO: u16 = 45_000;
const VIDEO: u16 = 45_002;
/// Where ffmpeg listens, and where it sends to.
const TO_FFMPEG: u16 = 45_012;
const FROM_FFMPEG: u16 = 45_022;
/// Payload type of its pictures.
const PT: u8 = 97;
/// The size of its pictures, by its profile and level (Simple, level 0).
const SIZE: Size = Size::QCIF;
/// An answer comes at once; a machine may be busy.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// G.711 µ-law of no sound, 20 ms.
const SILENCE: [u8; 160] = [0xFF; 160];

/// A telephone in a call.
pub(crate) struct Telephone {
    sip: UdpSocket,
    dialog: Dialog,
    video: PathBuf,
    /// Kept for their end.
    programs: Vec<Process>,
    lines: Lines,
}

/// What names the call in every message.
struct Dialog {
    call: String,
    to: String,
    target: String,
    number: u32,
}

/// Takes packets where they belong, until it is dropped.
struct Lines {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Telephone {
    /// Calls the hotline, and shows `pattern` once it is answered.
    pub(crate) fn call(lab: &Lab, pattern: Pattern) -> Telephone {
        let bind = |port| lab.net.inside(|| UdpSocket::bind((ADDRESS, port))).expect("the port is free");
        let (sip, audio, video, loopback) = (bind(SIP), bind(AUDIO), bind(VIDEO), bind(FROM_FFMPEG));
        for socket in [&sip, &audio, &video, &loopback] {
            socket.set_nonblocking(true).expect("a socket can be made non-blocking");
        }
        let call = format!("ffmpeg-{}", std::process::id());
        let dialog =
            Dialog { call, to: String::new(), target: format!("sip:{HOTLINE}@{ADDRESS}"), number: 1 };
        let folder = lab.dir.join("ffmpeg");
        std::fs::create_dir_all(&folder).expect("the test's folder is writable");
        let seen = folder.join("seen.y4m");
        let over = Arc::new(AtomicBool::new(false));
        let lines = Lines { over: Arc::clone(&over), thread: None };
        let mut telephone = Telephone { sip, dialog, video: seen, programs: Vec::new(), lines };
        let answer = telephone.invite();
        let description = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
        let [audio_to, video_to] = ["m=audio ", "m=video "].map(|line| peer(&description, line));
        telephone.look(lab, &description);
        telephone.show(lab, pattern);
        let passing = move || pass_packets(&over, &audio, &video, &loopback, audio_to, video_to);
        telephone.lines.thread = Some(std::thread::spawn(passing));
        telephone
    }

    /// One ffmpeg takes what comes, by a description of it, and writes it down as it was decoded.
    fn look(&mut self, lab: &Lab, answer: &str) {
        let prefix = format!("a=fmtp:{PT} ");
        let parameters = answer.lines().find(|line| line.starts_with(&prefix)).unwrap_or_default();
        let text = format!(
            "v=0\r\no=- 0 0 IN IP4 {ADDRESS}\r\ns=-\r\nc=IN IP4 {ADDRESS}\r\nt=0 0\r\nm=video {TO_FFMPEG} RTP/AVP {PT}\r\n\
             a=rtpmap:{PT} MP4V-ES/90000\r\n{parameters}\r\n"
        );
        let folder = self.video.parent().expect("it is in a folder").to_owned();
        std::fs::write(folder.join("in.sdp"), text).expect("the test's folder is writable");
        let words = "-nostdin -hide_banner -loglevel warning -fflags nobuffer -analyzeduration 0 -probesize 32 \
                     -protocol_whitelist file,udp,rtp -i in.sdp -an -vsync passthrough -flush_packets 1 -y seen.y4m";
        let words: Vec<&str> = words.split_whitespace().collect();
        self.programs.push(lab.net.start(&folder, &folder.join("looks.log"), "ffmpeg", &words));
    }

    /// Another one sends `pattern`, with a key picture each second.
    fn show(&mut self, lab: &Lab, pattern: Pattern) {
        let folder = self.video.parent().expect("it is in a folder").to_owned();
        let source = picture::write_video(&folder, pattern, SIZE);
        let to = format!("rtp://{ADDRESS}:{FROM_FFMPEG}?pkt_size=900");
        let (source, pt) = (source.to_str().expect("test folders are UTF-8"), PT.to_string());
        let words = format!(
            "-nostdin -hide_banner -loglevel warning -re -f concat -safe 0 -i {source} -an -c:v mpeg4 -b:v 60k -g 15 \
             -payload_type {pt} -f rtp {to}"
        );
        let words: Vec<&str> = words.split_whitespace().collect();
        self.programs.push(lab.net.start(&folder, &folder.join("shows.log"), "ffmpeg", &words));
    }

    /// Presses a key (SIP INFO, `application/dtmf-relay`).
    pub(crate) fn press(&mut self, key: char) {
        let body = format!("Signal={key}\r\nDuration=160\r\n");
        self.say("INFO", "application/dtmf-relay", &body);
        assert_eq!(self.answer().0, 200, "a key is taken");
    }

    /// Asks for a key picture (RFC 5168): ffmpeg never does.
    pub(crate) fn ask_for_picture(&mut self) {
        let body = "<?xml version=\"1.0\"?><media_control><vc_primitive><to_encoder><picture_fast_update/>\
                    </to_encoder></vc_primitive></media_control>";
        self.say("INFO", "application/media_control+xml", body);
        assert_eq!(self.answer().0, 200, "it is asked for a key picture");
    }

    /// Every picture that ffmpeg has decoded so far.
    pub(crate) fn pictures(&mut self) -> Vec<Picture> {
        self.serve();
        let octets = std::fs::read(&self.video).unwrap_or_default();
        let head = octets.iter().position(|&octet| octet == b'\n').map_or(octets.len(), |at| at + 1);
        let (luma, frame) = (SIZE.width as usize * SIZE.height as usize, b"FRAME\n".len());
        let whole = octets[head..].chunks_exact(frame + luma * 3 / 2);
        let picture = |octets: &[u8]| {
            assert_eq!(octets[..frame], *b"FRAME\n", "a picture of {SIZE}");
            let (y, rest) = octets[frame..].split_at(luma);
            let (u, v) = rest.split_at(luma / 4);
            Picture { size: SIZE, y: y.to_vec(), u: u.to_vec(), v: v.to_vec() }
        };
        whole.map(picture).collect()
    }

    /// The newest one that is as it should be; asks for a key picture now and then while there is none.
    pub(crate) fn wait_to_see(
        &mut self,
        what: &str,
        limit: Duration,
        is_it: impl Fn(&Picture) -> bool,
    ) -> Picture {
        let mut looks = 0u32;
        wait::until(what, limit, || {
            let newest = self.pictures().pop();
            looks += 1;
            if newest.is_none() && looks.is_multiple_of(100) {
                self.ask_for_picture();
            }
            newest.filter(&is_it)
        })
    }

    /// What both programs complained of.
    pub(crate) fn complaints(&self) -> String {
        self.programs.iter().map(Process::output).collect()
    }

    /// Ends the call.
    pub(crate) fn hang_up(mut self) {
        self.say("BYE", "", "");
        assert_eq!(self.answer().0, 200, "it is hung up");
    }

    fn invite(&mut self) -> String {
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 {ADDRESS}\r\ns=-\r\nc=IN IP4 {ADDRESS}\r\nt=0 0\r\nm=audio {AUDIO} RTP/AVP 0\r\n\
             m=video {VIDEO} RTP/AVPF {PT}\r\nb=AS:64\r\na=rtpmap:{PT} MP4V-ES/90000\r\n\
             a=fmtp:{PT} profile-level-id=8\r\na=rtcp-fb:* nack pli\r\n"
        );
        self.say("INVITE", "application/sdp", &body);
        let (status, answer) = self.answer();
        assert_eq!(status, 200, "{answer}");
        let header = |name: &str| {
            let line = answer.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned()).unwrap_or_else(|| panic!("no {name} in {answer}"))
        };
        self.dialog.to = header("To:");
        let contact = header("Contact:");
        self.dialog.target = contact.split(['<', '>']).nth(1).unwrap_or(&contact).to_owned();
        self.dialog.number -= 1;
        self.say("ACK", "", "");
        answer
    }

    fn say(&mut self, method: &str, kind: &str, body: &str) {
        if method != "INVITE" {
            self.dialog.number += 1;
        }
        let Dialog { call, to, target, number } = &self.dialog;
        let to = if to.is_empty() { format!("<{target}>") } else { to.clone() };
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {ADDRESS}:{SIP};branch=z9hG4bK{method}{number};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:13800000000@{ADDRESS}:{SIP}>;tag=ff\r\nTo: {to}\r\nCall-ID: {call}\r\n\
             CSeq: {number} {method}\r\nContact: <sip:13800000000@{ADDRESS}:{SIP}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.sip.send_to(text.as_bytes(), (ADDRESS, SIP_PORT)).expect("there is a way");
    }

    /// The final response to what was said last; the gateway's own requests are answered on the way.
    fn answer(&mut self) -> (u16, String) {
        let number = self.dialog.number;
        wait::until("a final response", ANSWER_LIMIT, || {
            let text = self.hear()?;
            let status: u16 = text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()?;
            let ours = text.lines().any(|line| line.starts_with(&format!("CSeq: {number} ")));
            (ours && status >= 200).then_some((status, text))
        })
    }

    fn serve(&mut self) {
        while self.hear().is_some() {}
    }

    /// The next message; a request is answered first.
    fn hear(&mut self) -> Option<String> {
        let mut buffer = vec![0; 65_536];
        let (length, from) = match self.sip.recv_from(&mut buffer) {
            Ok(heard) => heard,
            Err(why) if why.kind() == ErrorKind::WouldBlock => return None,
            Err(why) => panic!("{why}"),
        };
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if !text.starts_with("SIP/2.0 ") {
            let kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let lines = text.lines().filter(|line| kept.iter().any(|name| line.starts_with(name)));
            let echoed: String = lines.map(|line| format!("{line}\r\n")).collect();
            let reply = format!("SIP/2.0 200 OK\r\n{echoed}Content-Length: 0\r\n\r\n");
            self.sip.send_to(reply.as_bytes(), from).expect("there is a way");
        }
        Some(text)
    }
}

/// Where the line of the description that begins so wants its packets.
fn peer(description: &str, line: &str) -> SocketAddr {
    let port = description.lines().find_map(|it| it.strip_prefix(line)?.split(' ').next()?.parse().ok());
    (ADDRESS.parse::<std::net::IpAddr>().expect("an address"), port.expect("the line was taken")).into()
}

/// Pictures from the gateway to ffmpeg and back, silence every 20 ms.
fn pass_packets(
    over: &AtomicBool,
    audio: &UdpSocket,
    video: &UdpSocket,
    loopback: &UdpSocket,
    audio_to: SocketAddr,
    video_to: SocketAddr,
) {
    let mut buffer = [0; 2_048];
    let mut take =
        |from: &UdpSocket| from.recv_from(&mut buffer).ok().map(|(length, _)| buffer[..length].to_vec());
    let mut packet = [&[0x80, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78][..], &SILENCE].concat();
    let (mut sequence, mut due) = (0u16, net::clock::now().mono);
    while !over.load(Ordering::Relaxed) {
        while let Some(data) = take(video) {
            let _ = video.send_to(&data, (ADDRESS, TO_FFMPEG));
        }
        while let Some(data) = take(loopback) {
            let _ = video.send_to(&data, video_to);
        }
        while take(audio).is_some() {}
        if due <= net::clock::now().mono {
            due += Duration::from_millis(20);
            sequence = sequence.wrapping_add(1);
            packet[2..4].copy_from_slice(&sequence.to_be_bytes());
            packet[4..8].copy_from_slice(&(u32::from(sequence) * 160).to_be_bytes());
            let _ = audio.send_to(&packet, audio_to);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // One that has panicked has failed the test in its own words.
            let _ = thread.join();
        }
    }
}
