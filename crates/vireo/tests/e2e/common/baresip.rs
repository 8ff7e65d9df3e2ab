//! baresip 1.0 as a video telephone: configured by files, driven through its `ctrl_tcp` module.
//!
//! Sound comes from a WAV file and is recorded by `sndfile`; pictures come through `avformat` and those
//! received are saved by `snapshot`. Start at [`Phone::start`].

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use media::{Codec, Picture, Size};
use serde_json::{Value, json};

use super::picture::{self, Pattern};
use super::process::Process;
use super::{ADDRESS, Lab, SIP_PORT, sound, wait};

/// Where Debian's `baresip-core` keeps its modules.
const MODULES: &str = "/usr/lib/baresip/modules";
/// From the SIP port to that of `ctrl_tcp`.
const CONTROL: u16 = 1_000;
/// baresip is up within a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long a command over `ctrl_tcp` and what it starts may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// One telephone's properties.
pub(crate) struct Setup {
    /// User part of its address and name of its folder.
    pub(crate) name: &'static str,
    /// SIP port; the one 1000 above it, and 100 ports for media, are its own as well.
    pub(crate) port: u16,
    /// The only audio codec it offers.
    pub(crate) sound: Codec,
    /// The only video codec it offers.
    pub(crate) codec: Codec,
    /// Size of the pictures it sends, and of those it prefers.
    pub(crate) size: Size,
    /// What it shows.
    pub(crate) pattern: Pattern,
    /// What it says: a sine, in Hz.
    pub(crate) tone_hz: f64,
    /// Answers calls at once.
    pub(crate) answers: bool,
}

/// A running baresip.
pub(crate) struct Phone {
    process: Process,
    control: Control,
    dir: PathBuf,
    uri: String,
    shots: u32,
}

impl Setup {
    fn rtp_port(&self) -> u16 {
        // A hundred ports for each port from 5000 up, beyond the gateway's range.
        30_000 + 100 * (self.port - 5_000)
    }

    fn config(&self, dir: &std::path::Path, video: &std::path::Path) -> String {
        let (port, control, rtp) = (self.port, self.port + CONTROL, self.rtp_port());
        let dir = dir.display();
        // baresip always says that it takes H.263 in CIF, so a telephone for QCIF is one with little
        // bandwidth: `b=AS` of its video line is the upper figure less 128.
        let (rate, bandwidth) = if self.size == Size::QCIF { (64_000, 256) } else { (256_000, 1_024) };
        format!(
            "poll_method epoll\ncall_local_timeout 120\ncall_max_calls 4\n\
             sip_listen {ADDRESS}:{port}\nnet_interface v0\nrtp_ports {rtp}-{}\nrtcp_mux no\n\
             rtp_bandwidth 0-{bandwidth}\n\
             audio_source aufile,{dir}/tone.wav\nausrc_srate 8000\nauplay_srate 8000\n\
             ausrc_channels 1\nauplay_channels 1\nsnd_path {dir}\n\
             video_source avformat,{}\nvideo_display fakevideo,nil\nvideo_size {}\n\
             video_bitrate {rate}\nvideo_fps 15\njitter_buffer_delay 1-10\n\
             module_path {MODULES}\nmodule g711.so\nmodule aufile.so\nmodule sndfile.so\n\
             module avcodec.so\nmodule vp8.so\nmodule amr.so\nmodule opus.so\nmodule g722.so\nmodule avformat.so\nmodule fakevideo.so\nmodule snapshot.so\n\
             module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
             ctrl_tcp_listen {ADDRESS}:{control}\n",
            rtp + 99,
            video.display(),
            self.size,
        )
    }

    /// With a password it registers at the gateway, every two minutes.
    fn account(&self, password: Option<&str>) -> String {
        let answer = if self.answers { "auto" } else { "manual" };
        let (port, registers) = match password {
            Some(password) => (SIP_PORT, format!("regint=120;auth_user={};auth_pass={password}", self.name)),
            None => (self.port, "regint=0".to_owned()),
        };
        format!(
            "<sip:{}@{ADDRESS}:{port}>;{registers};answermode={answer};audio_codecs={};video_codecs={}\n",
            self.name,
            name_of(self.sound),
            self.codec
        )
    }
}

/// As baresip writes it, with sampling rate and channels.
fn name_of(sound: Codec) -> &'static str {
    match sound {
        Codec::Pcmu => "PCMU/8000/1",
        Codec::Pcma => "PCMA/8000/1",
        Codec::Amr => "AMR/8000/1",
        Codec::AmrWb => "AMR-WB/16000/1",
        Codec::Opus => "opus/48000/2",
        Codec::G722 => "G722/16000/1",
        Codec::Clearmode | Codec::H263 | Codec::H263p | Codec::H264 | Codec::Mpeg4 | Codec::Vp8 => {
            panic!("{sound} is no sound")
        }
    }
}

impl Phone {
    /// Writes the configuration, starts baresip in the lab's namespace and takes hold of its control port.
    pub(crate) fn start(lab: &Lab, setup: &Setup) -> Phone {
        Phone::with(lab, setup, None)
    }

    /// The same for one that registers at the gateway.
    pub(crate) fn registering(lab: &Lab, setup: &Setup, password: &str) -> Phone {
        Phone::with(lab, setup, Some(password))
    }

    fn with(lab: &Lab, setup: &Setup, password: Option<&str>) -> Phone {
        let dir = lab.dir.join(setup.name);
        std::fs::create_dir_all(&dir).expect("the test's folder is writable");
        let video = picture::write_video(&dir, setup.pattern, setup.size);
        sound::write_tone(&dir.join("tone.wav"), setup.tone_hz, Duration::from_secs(120));
        for (file, text) in [
            ("config", setup.config(&dir, &video)),
            ("accounts", setup.account(password)),
            ("contacts", String::new()),
        ] {
            std::fs::write(dir.join(file), text).expect("the test's folder is writable");
        }
        let folder = dir.to_str().expect("test folders are UTF-8");
        let mut process = lab.net.start(&dir, &dir.join("log"), "baresip", &["-f", folder]);
        process.wait_for_output("baresip is ready", START_LIMIT);
        let address = format!("{ADDRESS}:{}", setup.port + CONTROL);
        let stream = lab.net.inside(|| TcpStream::connect(&address)).expect("ctrl_tcp listens");
        let uri = format!("sip:{}@{ADDRESS}:{}", setup.name, setup.port);
        Phone { process, control: Control::new(stream), dir, uri, shots: 0 }
    }

    /// Ends it as its owner would; it says goodbye where it is registered.
    pub(crate) fn quit(mut self) {
        self.control.command("quit", "");
        wait::until("the end of baresip", ANSWER_LIMIT, || self.process.exited());
    }

    /// Where it can be called.
    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }

    /// Calls `uri` and waits for the 200.
    pub(crate) fn call(&mut self, uri: &str) {
        self.dial(uri);
        self.wait_for("CALL_ESTABLISHED");
    }

    /// Calls `uri`.
    pub(crate) fn dial(&mut self, uri: &str) {
        self.control.command("dial", uri);
    }

    /// Waits for an event that has not been waited for before, such as `CALL_CLOSED`; answers its
    /// parameter.
    pub(crate) fn wait_for(&mut self, event: &str) -> String {
        let what = format!("{event} at {}", self.uri);
        let control = &mut self.control;
        let event = wait::until(&what, ANSWER_LIMIT, || control.take_event(event));
        event["param"].as_str().unwrap_or_default().to_owned()
    }

    /// Sends a key as RFC 4733 events.
    pub(crate) fn press(&mut self, key: char) {
        self.control.command("sndcode", &key.to_string());
    }

    /// Ends the current call and waits until it is gone.
    pub(crate) fn hang_up(&mut self) {
        self.control.command("hangup", "");
        self.wait_for("CALL_CLOSED");
    }

    /// The next picture that it decodes.
    pub(crate) fn picture(&mut self) -> Picture {
        self.shots += 1;
        let path = self.dir.join(format!("received-{}.png", self.shots));
        self.control.command("snapshot_recv", path.to_str().expect("test folders are UTF-8"));
        wait::until("a received picture", ANSWER_LIMIT, || picture::read_snapshot(&path))
    }

    /// All sound heard so far in the latest call, 8 kHz; empty before the first call.
    pub(crate) fn heard(&self) -> Vec<i16> {
        let files = std::fs::read_dir(&self.dir).expect("its folder exists").flatten();
        // dump-YYYY-MM-DD-HH-MM-SS-dec.wav: the names sort by time.
        let dumps = files.filter(|file| file.file_name().to_string_lossy().ends_with("-dec.wav"));
        dumps.map(|file| file.path()).max().map(|path| sound::read_wav(&path)).unwrap_or_default()
    }

    /// Waits until the newest half second of sound pleases `is_it`.
    pub(crate) fn wait_to_hear(&self, what: &str, limit: Duration, is_it: impl Fn(&[i16]) -> bool) {
        wait::until(&format!("{what} at {}", self.uri), limit, || {
            let heard = self.heard();
            let newest = heard.get(heard.len().checked_sub(sound::RATE / 2)?..)?;
            is_it(newest).then_some(())
        });
    }

    /// What it printed; keys received are there.
    pub(crate) fn output(&self) -> String {
        self.process.output()
    }
}

/// The connection to `ctrl_tcp`: JSON objects in netstrings; answers and events share it.
struct Control {
    stream: TcpStream,
    received: Vec<u8>,
    events: Vec<Value>,
    answers: Vec<Value>,
}

impl Control {
    fn new(stream: TcpStream) -> Control {
        stream.set_nonblocking(true).expect("a socket can be made non-blocking");
        Control { stream, received: Vec::new(), events: Vec::new(), answers: Vec::new() }
    }

    fn command(&mut self, command: &str, params: &str) {
        let text = json!({ "command": command, "params": params, "token": command }).to_string();
        self.stream.write_all(format!("{}:{text},", text.len()).as_bytes()).expect("baresip is alive");
        let answer = wait::until(&format!("baresip's answer to {command}"), ANSWER_LIMIT, || {
            self.read();
            self.answers.pop()
        });
        assert_eq!(answer["ok"], json!(true), "{command} {params}: {answer}");
    }

    fn take_event(&mut self, kind: &str) -> Option<Value> {
        self.read();
        let at = self.events.iter().position(|event| event["type"] == *kind)?;
        Some(self.events.remove(at))
    }

    fn read(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.received.extend(&buffer[..count]),
                Err(why) if why.kind() == ErrorKind::WouldBlock => break,
                Err(why) => panic!("ctrl_tcp: {why}"),
            }
        }
        while let Some(text) = take_netstring(&mut self.received) {
            let value: Value = serde_json::from_slice(&text).expect("ctrl_tcp sends JSON");
            if value["event"] == json!(true) { self.events.push(value) } else { self.answers.push(value) }
        }
    }
}

/// Cuts `LENGTH:TEXT,` off the front once it is complete.
fn take_netstring(received: &mut Vec<u8>) -> Option<Vec<u8>> {
    let colon = received.iter().position(|&octet| octet == b':')?;
    let length: usize = std::str::from_utf8(&received[..colon]).ok()?.parse().ok()?;
    let end = colon + 1 + length;
    if received.get(end) != Some(&b',') {
        return None;
    }
    let text = received[colon + 1..end].to_vec();
    received.drain(..=end);
    Some(text)
}
