//! `time_keys`: one call that presses keys again and again, and how soon what they lead to is seen.
//!
//! A picture belongs to a key when what it shows differs from the picture before the key; pictures that show the same
//! again are passed over. Packets are counted where pictures have an RTP stream of their own: on a circuit they cannot
//! be told from what else it carries. Start at [`time_keys`].

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use codec::video;
use media::{Frame, Kind, Picture};
use rtp::Digit;

use crate::caller::{local_address, resolve};
use crate::limits::{FIRST_PICTURE_MAX, GOODBYE_MAX, KEYS_MAX, PRESSES_MAX, SETTLE_MAX};
use crate::{Config, Crowd, Error, Event};

/// A picture that has not changed for so long is what the key led to; the next key may be pressed.
const AT_REST: Duration = Duration::from_millis(300);
/// What is added to that, from press to press by so much, round and round within a second: keys must not fall on one
/// place between the pictures with which a slide is shown again.
const STAGGER: u64 = 377;
/// Samples that differ by less do so by rounding.
const DIFFERENCE_MIN: u8 = 16;
/// What is left for pictures of a 3G phone's 64 kbit/s, which the figures for other bearers are compared with.
const BEARER_BPS: u64 = 48_000;
/// The longest time between two looks at the clock.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The RTP header without sources or extension (RFC 3550 §5.1).
const RTP_HEADER: usize = 12;

/// A call that presses keys.
#[derive(Clone, Debug)]
pub struct KeyTrip {
    /// What is called, such as `sip:300@127.0.0.1:5060`.
    pub uri: String,
    /// The telephone.
    pub phone: Config,
    /// Keys, pressed round and round; each should lead to another slide.
    pub keys: Vec<Digit>,
    /// How many are pressed: 1..=[`PRESSES_MAX`].
    pub presses: usize,
    /// How long the call lasts at most.
    pub length: Duration,
}

/// What the keys led to, in the order of the keys of [`KeyTrip::keys`].
#[derive(Clone, Debug)]
pub struct KeyReport {
    /// By key and its place in the round.
    pub rows: Vec<KeyRow>,
}

/// What one key of the round led to, over all rounds.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// The key.
    pub key: Digit,
    /// What each press led to.
    pub answers: Vec<Answer>,
    /// Presses that changed nothing within [`SETTLE_MAX`].
    pub missed: usize,
}

/// What one press led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// From the press to the first packet of the picture that changed; `None` on a circuit.
    pub first: Option<Duration>,
    /// From the press to the last picture that changed.
    pub complete: Duration,
    /// Octets of the pictures that changed something.
    pub octets: usize,
    /// The first of them was a key picture.
    pub key_picture: bool,
}

/// Calls, presses the keys, and hangs up.
///
/// # Errors
/// When the call cannot be made, or no picture comes.
pub fn time_keys(trip: &KeyTrip) -> Result<KeyReport, Error> {
    if !(1..=PRESSES_MAX).contains(&trip.presses) {
        return Err(Error::Presses(trip.presses));
    }
    if !(1..=KEYS_MAX).contains(&trip.keys.len()) {
        return Err(Error::TooManyKeys(trip.keys.len()));
    }
    let (uri, destination) = resolve(&trip.uri)?;
    let here = SocketAddr::new(local_address(destination)?, 0);
    let mut crowd = Crowd::new(here.ip())?;
    let mut phone = Config { decodes: false, ..trip.phone.clone() };
    phone.prepare()?;
    let packets = phone.access.has_pictures_apart();
    crowd.add(here, phone)?;
    crowd.listen(0);
    crowd.phone(0).call(net::clock::now(), &uri, destination)?;
    let mut watcher = Watcher { crowd, screen: Screen::new(packets), over: false };
    let report = watcher.walk(trip)?;
    watcher.hang_up()?;
    Ok(report)
}

/// One telephone, and who looks at it.
struct Watcher {
    crowd: Crowd,
    screen: Screen,
    over: bool,
}

impl Watcher {
    fn walk(&mut self, trip: &KeyTrip) -> Result<KeyReport, Error> {
        let end = net::clock::now().mono + trip.length;
        let mut rows: Vec<_> =
            trip.keys.iter().map(|&key| KeyRow { key, answers: Vec::new(), missed: 0 }).collect();
        if self.until_at_rest(FIRST_PICTURE_MAX, Duration::ZERO)?.is_none() {
            return Err(Error::NoPicture);
        }
        let round = rows.len();
        for press in 0..trip.presses {
            let now = net::clock::now();
            if self.over || now.mono >= end {
                break;
            }
            let row = &mut rows[press % round];
            let stagger = Duration::from_millis(press as u64 * STAGGER % 1_000);
            self.screen.begin(now.mono);
            self.crowd.phone(0).press(now, row.key);
            match self.until_at_rest(SETTLE_MAX, stagger)? {
                Some(answer) => row.answers.push(answer),
                None => row.missed += 1,
            }
        }
        Ok(KeyReport { rows })
    }

    /// Until what changed stands still, for `stagger` longer than it must; `None` when nothing changed.
    fn until_at_rest(&mut self, longest: Duration, stagger: Duration) -> Result<Option<Answer>, Error> {
        let end = net::clock::now().mono + longest;
        loop {
            let now = net::clock::now().mono;
            let resting = self.screen.rests_since().is_some_and(|since| now >= since + AT_REST + stagger);
            if resting || now >= end || self.over {
                return Ok(self.screen.answer());
            }
            let events = self.crowd.turn(end.min(now + LOOK_EVERY))?;
            for (at, packet) in self.crowd.heard() {
                self.screen.packet(at, &packet);
            }
            let now = net::clock::now().mono;
            for (_, event) in events {
                match event {
                    Event::Frame(frame) if frame.codec.kind() == Kind::Video => {
                        self.screen.frame(now, &frame)?;
                    }
                    Event::Over(_) => self.over = true,
                    Event::Ringing(_)
                    | Event::Up
                    | Event::Sound(_)
                    | Event::Picture(_)
                    | Event::Frame(_)
                    | Event::Circuit(_)
                    | Event::Key(_) => {}
                }
            }
        }
    }

    fn hang_up(&mut self) -> Result<(), Error> {
        let now = net::clock::now();
        self.crowd.phone(0).hang_up(now);
        let end = now.mono + GOODBYE_MAX;
        while !self.over && net::clock::now().mono < end {
            let events = self.crowd.turn(end)?;
            self.over |= events.iter().any(|(_, event)| matches!(event, Event::Over(_)));
            self.crowd.heard();
        }
        Ok(())
    }
}

/// What is seen, and since when.
struct Screen {
    decoder: Option<video::Decoder>,
    shown: Option<Picture>,
    /// When the key was pressed; before the first one the time means nothing.
    pressed: Instant,
    /// What has changed since.
    changed: Option<Answer>,
    changed_at: Option<Instant>,
    /// Whether packets of pictures can be seen.
    packets: bool,
    /// Pictures that have come or begun to, and were not handed out yet.
    coming: VecDeque<Coming>,
}

/// The packets of one picture.
struct Coming {
    /// Their timestamp.
    stamp: u32,
    /// When the first one came.
    began: Instant,
    /// The last one has come, which its marker says (RFC 3550 §5.1).
    whole: bool,
}

impl Screen {
    fn new(packets: bool) -> Self {
        Screen {
            decoder: None,
            shown: None,
            pressed: net::clock::now().mono,
            changed: None,
            changed_at: None,
            packets,
            coming: VecDeque::new(),
        }
    }

    fn begin(&mut self, now: Instant) {
        (self.pressed, self.changed, self.changed_at) = (now, None, None);
    }

    fn rests_since(&self) -> Option<Instant> {
        self.changed_at
    }

    fn answer(&self) -> Option<Answer> {
        self.changed
    }

    fn packet(&mut self, at: Instant, packet: &Bytes) {
        let Some(stamp) = packet.get(4..8).filter(|_| packet.len() > RTP_HEADER) else { return };
        let stamp = u32::from_be_bytes([stamp[0], stamp[1], stamp[2], stamp[3]]);
        if self.coming.back().is_none_or(|last| last.stamp != stamp) {
            if self.coming.len() >= KEYS_MAX {
                // Of pictures that were never handed out.
                self.coming.pop_front();
            }
            self.coming.push_back(Coming { stamp, began: at, whole: false });
        }
        if let Some(last) = self.coming.back_mut() {
            last.whole |= packet[1] & 0x80 != 0;
        }
    }

    /// When the picture began that is handed out now: the newest one that is whole. Older ones never were.
    fn take_begun(&mut self) -> Option<Instant> {
        let at = self.coming.iter().rposition(|coming| coming.whole)?;
        self.coming.drain(..=at).next_back().map(|coming| coming.began)
    }

    fn frame(&mut self, now: Instant, frame: &Frame) -> Result<(), Error> {
        let began = self.take_begun();
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => none.insert(video::Decoder::new(frame.codec)?),
        };
        let Some(picture) = decoder.decode(frame)? else { return Ok(()) };
        let differs = self.shown.as_ref().is_none_or(|shown| differ(shown, &picture));
        self.shown = Some(picture);
        if differs {
            self.note(now, began, frame);
        }
        Ok(())
    }

    fn note(&mut self, now: Instant, began: Option<Instant>, frame: &Frame) {
        let since = |at: Instant| at.saturating_duration_since(self.pressed);
        let fresh = Answer {
            first: began.filter(|_| self.packets).map(since),
            complete: since(now),
            octets: 0,
            key_picture: frame.keyframe,
        };
        let octets = frame.data.len();
        let before = self.changed.unwrap_or(fresh);
        self.changed = Some(Answer { complete: fresh.complete, octets: before.octets + octets, ..before });
        self.changed_at = Some(now);
    }
}

fn differ(one: &Picture, other: &Picture) -> bool {
    one.size != other.size
        || one.y.iter().zip(&other.y).any(|(one, other)| one.abs_diff(*other) >= DIFFERENCE_MIN)
}

impl KeyRow {
    /// Of all values the one that `share` (0.0..=1.0) of them stay within; `None` when there are none.
    fn within<T: Ord>(&self, share: f64, value: impl Fn(&Answer) -> Option<T>) -> Option<T> {
        let mut all: Vec<T> = self.answers.iter().filter_map(value).collect();
        all.sort_unstable();
        let at = ((all.len() as f64 * share).ceil() as usize).clamp(1, all.len().max(1)) - 1;
        all.into_iter().nth(at)
    }

    fn spread(&self, value: impl Fn(&Answer) -> Option<Duration> + Copy) -> String {
        let ms = |share| self.within(share, value).map(|time| format!("{:.1}", time.as_secs_f64() * 1e3));
        let all: Option<Vec<String>> = [0.5, 0.9, 0.99, 1.0].into_iter().map(ms).collect();
        all.map_or("-".to_owned(), |all| all.join(" / "))
    }
}

impl fmt::Display for KeyReport {
    /// A table for a person, in Markdown; times in ms as p50 / p90 / p99 / max.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| key | presses | missed | pictures | first packet, ms | complete, ms | octets | at 48 kbit/s |"
        )?;
        writeln!(f, "|---|---:|---:|---|---:|---:|---:|---:|")?;
        for row in &self.rows {
            let keys = row.answers.iter().filter(|answer| answer.key_picture).count();
            let octets = |share| row.within(share, |answer| Some(answer.octets)).unwrap_or(0);
            writeln!(
                f,
                "| {} | {} | {} | {keys} key, {} edges | {} | {} | {} to {} | {} ms |",
                row.key.as_char(),
                row.answers.len() + row.missed,
                row.missed,
                row.answers.len() - keys,
                row.spread(|answer| answer.first),
                row.spread(|answer| Some(answer.complete)),
                octets(0.0),
                octets(1.0),
                octets(0.5) as u64 * 8_000 / BEARER_BPS,
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(ms: u64, octets: usize) -> Answer {
        let time = Duration::from_millis(ms);
        Answer { first: Some(time), complete: time * 10, octets, key_picture: octets > 1_000 }
    }

    fn row(answers: Vec<Answer>) -> KeyRow {
        KeyRow { key: Digit::try_from('1').expect("a key"), answers, missed: 1 }
    }

    #[test]
    fn the_table_says_what_most_and_what_all_presses_stay_within() {
        let rows = vec![row((1..=100).map(|ms| answer(ms, 600)).collect())];
        let text = KeyReport { rows }.to_string();
        let line = text.lines().last().expect("a row");
        assert!(line.contains("| 101 | 1 | 0 key, 100 edges | 50.0 / 90.0 / 99.0 / 100.0 |"), "{line}");
        assert!(line.ends_with("| 600 to 600 | 100 ms |"), "{line}");
    }

    #[test]
    fn a_key_that_never_led_anywhere_has_no_times() {
        let text = KeyReport { rows: vec![row(Vec::new())] }.to_string();
        assert!(text.ends_with("| 1 | 1 | 1 | 0 key, 0 edges | - | - | 0 to 0 | 0 ms |\n"), "{text}");
    }

    #[test]
    fn a_picture_begins_with_its_first_packet_and_lost_ones_do_not_shift_it() {
        let mut screen = Screen::new(true);
        let start = screen.pressed;
        let packet = |stamp: u8, marker: bool| {
            Bytes::from(vec![0x80, if marker { 0xE0 } else { 0x60 }, 0, 0, 0, 0, 0, stamp, 0, 0, 0, 0, 1])
        };
        let at = |ms| start + Duration::from_millis(ms);
        for (ms, stamp, marker) in [(1, 1, true), (5, 2, false), (8, 2, true), (9, 3, false)] {
            screen.packet(at(ms), &packet(stamp, marker));
        }
        assert_eq!(screen.take_begun(), Some(at(5)), "the picture before it was never handed out");
        assert_eq!(screen.take_begun(), None, "the next one is not whole");
        screen.packet(at(12), &packet(3, true));
        assert_eq!(screen.take_begun(), Some(at(9)));
    }

    #[test]
    fn pictures_that_show_the_same_belong_to_no_key() {
        let one = Picture::black(media::Size::QCIF);
        let mut other = one.clone();
        other.y[77] += DIFFERENCE_MIN - 1;
        assert!(!differ(&one, &other));
        other.y[77] += 1;
        assert!(differ(&one, &other));
    }
}
