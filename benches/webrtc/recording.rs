//! Packets with their times: what one peer got of the gateway, and sending it to others.

use std::time::Duration;

use bytes::Bytes;
use rtc::rtp::Packet;
use tokio::time::{Instant, sleep_until};
use webrtc::media_stream::track_local::TrackLocal;

use crate::link::{PAYLOAD_TYPES, Tracks, source_of};

/// One packet: when it came, whether it was a picture's, its marker, its payload.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Taken {
    at: Duration,
    video: bool,
    marker: bool,
    payload: Vec<u8>,
}

/// Packets in their order.
#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Recording(Vec<Taken>);

impl Recording {
    pub(crate) fn push(&mut self, packet: &Packet) {
        // Times count from the first one; here they are wall time of this process.
        let at = net::clock::now().wall;
        let video = packet.header.payload_type == PAYLOAD_TYPES[1];
        self.0.push(Taken { at, video, marker: packet.header.marker, payload: packet.payload.to_vec() });
    }

    /// Writes it where the other process reads it; returns that file.
    pub(crate) fn save(&self) -> String {
        let file = format!("{}/webrtc-bench.json", env!("CARGO_TARGET_TMPDIR"));
        let text = serde_json::to_string(self).expect("it is plain data");
        std::fs::write(&file, text).expect("the target folder is writable");
        file
    }

    pub(crate) fn load(file: &str) -> Self {
        let text = std::fs::read_to_string(file).expect("it was just written");
        serde_json::from_str(&text).expect("it was just written")
    }

    /// Sends all of it again and again, at the pace at which it came.
    pub(crate) async fn play(self, tracks: Tracks) {
        let Some(first) = self.0.first().map(|taken| taken.at) else { return };
        let payloads: Vec<Bytes> = self.0.iter().map(|taken| taken.payload.clone().into()).collect();
        let mut writer = Writer::new(tracks);
        let mut began = Instant::now();
        loop {
            for (taken, payload) in self.0.iter().zip(&payloads) {
                let at = taken.at.saturating_sub(first);
                sleep_until(began + at).await;
                writer.write(taken.video, taken.marker, at, payload.clone()).await;
            }
            began = Instant::now();
        }
    }
}

/// What every page sends: 50 packets of sound a second, and 15 pictures of two packets.
pub(crate) async fn talk(tracks: Tracks) {
    let (sound, picture) = (Bytes::from(vec![0x55; 160]), {
        let mut slice = vec![0x41];
        slice.resize(1_000, 0x5A);
        Bytes::from(slice)
    });
    let mut writer = Writer::new(tracks);
    let began = Instant::now();
    for count in 0_u32.. {
        let at = Duration::from_millis(20) * count;
        sleep_until(began + at).await;
        writer.write(false, false, at, sound.clone()).await;
        // 15 of 50: three pictures in ten steps.
        if [0, 3, 6].contains(&(count % 10)) {
            writer.write(true, false, at, picture.clone()).await;
            writer.write(true, true, at, picture.clone()).await;
        }
    }
}

/// Numbers packets.
struct Writer {
    tracks: Tracks,
    numbers: [u16; 2],
}

impl Writer {
    fn new(tracks: Tracks) -> Self {
        Writer { tracks, numbers: [0, 0] }
    }

    async fn write(&mut self, video: bool, marker: bool, at: Duration, payload: Bytes) {
        let index = usize::from(video);
        let clock = [8_000, 90_000][index];
        self.numbers[index] = self.numbers[index].wrapping_add(1);
        let mut packet = Packet { payload, ..Packet::default() };
        packet.header.version = 2;
        packet.header.marker = marker;
        packet.header.payload_type = PAYLOAD_TYPES[index];
        packet.header.sequence_number = self.numbers[index];
        packet.header.timestamp = (at.as_micros() * clock / 1_000_000) as u32;
        packet.header.ssrc = source_of(PAYLOAD_TYPES[index]);
        // A connection that is closing takes nothing more.
        let _ = self.tracks[index].write_rtp(packet).await;
    }
}
