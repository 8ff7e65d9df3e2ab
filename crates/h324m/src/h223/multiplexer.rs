//! What goes out: SDUs of the logical channels to octets of the line. Start at `Multiplexer::fill`.

use bytes::Bytes;
use thiserror::Error;

use super::frame::Framer;
use super::sender::Sender;
use super::table::Runs;
use super::{AdaptationLayer, CONTROL, Level, MultiplexEntry, SendStatistics};
use crate::limits;

/// What a channel carries; the order is the one of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// First in every tick.
    Audio,
    /// H.245 and data.
    Control,
    /// What is left of the tick, in PDUs of at most [`VIDEO_PDU_MAX`](crate::limits::VIDEO_PDU_MAX) octets.
    Video,
}

/// Why an SDU was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// The queue of the channel is full: drop what is to be sent, or wait.
    #[error("the queue of the channel is full")]
    Full,
    /// It is empty, too long for an SDU, or on a channel that is not segmentable for a PDU of the peer.
    #[error("an SDU of that length cannot be sent on the channel")]
    Length,
    /// The channel is not open.
    #[error("the channel is not open")]
    Closed,
}

/// Least octets of an SDU worth a PDU of their own, if more of it follows.
const PIECE_MIN: usize = 8;
/// Octets that a control SDU may reach into the next tick rather than be split (4 ms of audio delay).
const CONTROL_OVERHANG: usize = 32;

/// The sending half of a multiplex.
#[derive(Debug)]
pub struct Multiplexer {
    framer: Framer,
    table: [Option<Entry>; 16],
    channels: Vec<Sender>,
    pdu_max: usize,
    /// Octets of stuffing that must go out before anything else.
    stuffing_first: usize,
    /// What was composed, and how much of it has gone out.
    composed: Vec<u8>,
    gone: usize,
    content: Vec<u8>,
    statistics: SendStatistics,
}

#[derive(Debug, Clone)]
enum Entry {
    /// `{channel, until closing flag}`.
    Single(u16),
    List(MultiplexEntry),
}

/// What goes into one PDU: octets of channels by their index, by this code.
struct Plan {
    code: u8,
    parts: Vec<(usize, usize)>,
}

impl Multiplexer {
    /// Nothing to send, control open. [`STUFFING_FIRST`](crate::limits::STUFFING_FIRST) octets of stuffing
    /// go out first and unbroken, whatever is pushed.
    pub fn new(level: Level) -> Self {
        let mut table: [Option<Entry>; 16] = Default::default();
        table[0] = Some(Entry::Single(CONTROL));
        let control = Sender::new(CONTROL, AdaptationLayer::Al1Framed, true, Class::Control);
        let mut multiplexer = Self {
            framer: Framer::new(level),
            table,
            channels: vec![control],
            pdu_max: usize::from(u16::MAX),
            stuffing_first: 0,
            composed: Vec::new(),
            gone: 0,
            content: Vec::new(),
            statistics: SendStatistics::default(),
        };
        multiplexer.set_level(level);
        multiplexer
    }

    /// The level it sends.
    pub fn level(&self) -> Level {
        self.framer.level()
    }

    /// Changes the level; stuffing of the new one goes out first, unbroken, as at the start. SDUs that
    /// were half sent start again.
    pub fn set_level(&mut self, level: Level) {
        self.framer = Framer::new(level);
        self.composed.clear();
        self.gone = 0;
        self.framer.start(&mut self.composed);
        self.stuffing_first = limits::STUFFING_FIRST;
        self.channels.retain(|channel| !channel.closing);
        self.channels.iter_mut().for_each(Sender::restart);
    }

    /// Sets or (`None`) deactivates entry `code` (1..=15; others are passed over) of our table; call it when
    /// the peer has confirmed it. A channel without an entry waits.
    pub fn set_entry(&mut self, code: u8, entry: Option<MultiplexEntry>) {
        let Some(place) = self.table.get_mut(usize::from(code)).filter(|_| code != 0) else { return };
        *place = entry.map(|entry| entry.only_channel().map_or(Entry::List(entry), Entry::Single));
    }

    /// Opens a logical channel (1..=65535; 0 is open from the start). Open again, it starts anew. Beyond
    /// [`CHANNELS_MAX`](crate::limits::CHANNELS_MAX) it is not opened and the answer is false.
    pub fn open(&mut self, channel: u16, layer: AdaptationLayer, segmentable: bool, class: Class) -> bool {
        if channel == CONTROL {
            return false;
        }
        self.channels.retain(|known| known.number != channel);
        if self.channels.len() >= limits::CHANNELS_MAX {
            return false;
        }
        self.channels.push(Sender::new(channel, layer, segmentable, class));
        self.channels.sort_by_key(|channel| channel.class);
        true
    }

    /// Closes a logical channel (not control); its queue is dropped, a half-sent SDU is ended.
    pub fn close(&mut self, channel: u16) {
        if channel == CONTROL {
            return;
        }
        self.abandon(channel);
        let Self { channels, table, .. } = self;
        channels.retain_mut(|sender| {
            if sender.number == channel {
                let code = sender.begun_with().and_then(|code| table[usize::from(code & 0xF)].as_ref());
                sender.closing = matches!(code, Some(Entry::Single(number)) if *number == channel);
                return sender.closing;
            }
            true
        });
    }

    /// Queues an SDU.
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn push(&mut self, channel: u16, sdu: Bytes) -> Result<(), Refused> {
        self.queue(None, channel, sdu)
    }

    /// Queues an SDU that goes out by this multiplex code (0..=15), whatever the table says: WNSRP by code 15.
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn push_with(&mut self, code: u8, channel: u16, sdu: Bytes) -> Result<(), Refused> {
        self.queue(Some(code & 0xF), channel, sdu)
    }

    fn queue(&mut self, code: Option<u8>, channel: u16, sdu: Bytes) -> Result<(), Refused> {
        let pdu_max = self.content_max();
        let sender = self.channels.iter_mut().find(|known| known.number == channel).ok_or(Refused::Closed)?;
        let result = sender.push(sdu, code, pdu_max);
        self.statistics.refused += u64::from(result.is_err());
        result
    }

    /// Octets that wait on a channel, what its adaptation layer adds included.
    pub fn queued(&self, channel: u16) -> usize {
        self.channels.iter().find(|known| known.number == channel).map_or(0, Sender::queued)
    }

    /// Drops what waits on a channel. An SDU that is half sent is ended early, with a right CRC and its
    /// packet marker, so that the peer finds the next one. AL3 keeps nothing of what was before.
    pub fn abandon(&mut self, channel: u16) {
        if let Some(sender) = self.channels.iter_mut().find(|known| known.number == channel) {
            sender.abandon(&mut self.statistics);
        }
    }

    /// Answers an SREJ of the peer for an I-PDU of this channel: with the I-PDU while it is kept, else with
    /// DRTX (H.223 §7.4.4).
    pub fn answer_srej(&mut self, channel: u16, sequence: u16) {
        if let Some(sender) = self.channels.iter_mut().find(|known| known.number == channel) {
            sender.answer_srej(sequence, &mut self.statistics);
        }
    }

    /// Asks the peer for an I-PDU again (SREJ), by our channel of an AL3 pair.
    pub fn request_retransmission(&mut self, channel: u16, sequence: u16) {
        if let Some(sender) = self.channels.iter_mut().find(|known| known.number == channel) {
            sender.request(sequence);
        }
    }

    /// The peer's `maxH223MUXPDUsize`: no PDU carries more octets than that, from the next one on. It is
    /// taken for [`PEER_PDU_MIN`](crate::limits::PEER_PDU_MIN) at least.
    pub fn set_max_pdu(&mut self, octets: u16) {
        self.pdu_max = usize::from(octets.max(limits::PEER_PDU_MIN));
    }

    /// Fills exactly `line`, in H.223 order: audio, then control, then video, then stuffing. A PDU that does
    /// not fit goes on in the next one.
    pub fn fill(&mut self, line: &mut [u8]) {
        self.statistics.octets += line.len() as u64;
        let (mut filled, mut fresh) = (0, true);
        loop {
            filled += self.carry(&mut line[filled..]);
            let room = line.len() - filled;
            if room == 0 {
                return;
            }
            self.compose(room, fresh);
            fresh = false;
        }
    }

    /// Copies what was composed, as far as it fits.
    fn carry(&mut self, line: &mut [u8]) -> usize {
        let waiting = &self.composed[self.gone..];
        let count = waiting.len().min(line.len());
        line[..count].copy_from_slice(&waiting[..count]);
        self.gone += count;
        count
    }

    /// Composes the next PDU or stuffing sequence; `room` octets are left of the tick.
    fn compose(&mut self, room: usize, fresh: bool) {
        self.composed.clear();
        self.gone = 0;
        if self.stuffing_first == 0
            && let Some(plan) = (0..self.channels.len()).find_map(|index| self.plan(index, room, fresh))
        {
            return self.send(&plan);
        }
        self.statistics.stuffing += 1;
        self.framer.stuff(&mut self.composed);
        self.stuffing_first = self.stuffing_first.saturating_sub(self.composed.len());
    }

    fn send(&mut self, plan: &Plan) {
        self.content.clear();
        let mut ended = false;
        for (index, octets) in &plan.parts {
            let sender = &mut self.channels[*index];
            let (part, _) = sender.rest().split_at(*octets);
            self.content.extend_from_slice(part);
            ended = sender.sent(*octets, plan.code);
            self.statistics.sdus += u64::from(ended);
            ended &= sender.segmentable;
        }
        self.statistics.pdus += 1;
        self.framer.pdu(plan.code, &self.content, ended, &mut self.composed);
        self.channels.retain(|sender| !sender.closing || !sender.rest().is_empty());
    }

    /// Most octets of content that a PDU may have.
    fn content_max(&self) -> usize {
        self.framer.content_max().min(self.pdu_max)
    }

    /// What channel `index` would send now, if anything.
    fn plan(&mut self, index: usize, room: usize, fresh: bool) -> Option<Plan> {
        if !self.channels[index].prepare() {
            return None;
        }
        let space = self.space(index, room, fresh);
        let number = self.channels[index].number;
        let mut single = self.channels[index].code();
        if single.is_none() {
            for code in 0..16_u8 {
                match &self.table[usize::from(code)] {
                    Some(Entry::Single(channel)) if *channel == number => single = single.or(Some(code)),
                    Some(Entry::List(entry))
                        if Runs::new(entry).next().is_some_and(|run| run.channel == number) =>
                    {
                        let entry = entry.clone();
                        let parts = self.deal(&entry, space);
                        // Worth it only for what one channel alone cannot do.
                        if parts.len() > 1 {
                            return Some(Plan { code, parts });
                        }
                    }
                    Some(_) | None => {}
                }
            }
        }
        let parts = self.piece(index, space)?;
        match single {
            Some(code) => Some(Plan { code, parts: vec![parts] }),
            None => self.alone(number, space),
        }
    }

    /// Octets of content that a PDU of channel `index` may have now.
    fn space(&self, index: usize, room: usize, fresh: bool) -> usize {
        let sender = &self.channels[index];
        // A tick shorter than a PDU (5 or 10 ms of the line) is no reason for small ones.
        let room = if fresh { room.max(limits::VIDEO_PDU_MAX) } else { room };
        let room = match sender.class {
            Class::Audio => room.max(limits::VIDEO_PDU_MAX),
            Class::Control => room,
            Class::Video => room.min(limits::VIDEO_PDU_MAX),
        };
        self.framer.content_in(room).min(self.content_max())
    }

    /// The piece of its SDU that a channel sends on its own.
    fn piece(&mut self, index: usize, space: usize) -> Option<(usize, usize)> {
        let content_max = self.content_max();
        let sender = &mut self.channels[index];
        let rest = sender.rest().len();
        if !sender.segmentable {
            if rest > content_max {
                sender.skip();
                return None;
            }
            return Some((index, rest));
        }
        let overhang = if sender.class == Class::Control { CONTROL_OVERHANG } else { 0 };
        if rest <= (space + overhang).min(content_max) && space >= PIECE_MIN.min(rest) {
            return Some((index, rest));
        }
        (space >= PIECE_MIN).then_some((index, space))
    }

    /// Sends by an entry of several elements what goes by no other.
    fn alone(&mut self, number: u16, space: usize) -> Option<Plan> {
        for code in 0..16_u8 {
            let Some(Entry::List(entry)) = self.table[usize::from(code)].clone() else { continue };
            if Runs::new(&entry).next().is_some_and(|run| run.channel == number) {
                let parts = self.deal(&entry, space);
                if !parts.is_empty() {
                    return Some(Plan { code, parts });
                }
            }
        }
        None
    }

    /// Walks an entry as far as the channels have what it wants.
    fn deal(&mut self, entry: &MultiplexEntry, space: usize) -> Vec<(usize, usize)> {
        let (mut parts, mut left) = (Vec::<(usize, usize)>::new(), space);
        for run in Runs::new(entry) {
            let wanted = |sender: &Sender| sender.number == run.channel && !sender.closing;
            let Some(index) = self.channels.iter().position(wanted) else { break };
            if !self.channels[index].prepare() || self.channels[index].code().is_some() {
                break;
            }
            let taken: usize = parts.iter().filter(|part| part.0 == index).map(|part| part.1).sum();
            let rest = self.channels[index].rest().len() - taken;
            let most = run.octets.unwrap_or(usize::MAX);
            let octets = rest.min(most).min(left);
            let segmentable = self.channels[index].segmentable;
            // An SDU that is not segmentable has a run of its own.
            if octets == 0 || (!segmentable && (octets < rest || run.octets.is_some_and(|most| most != rest)))
            {
                break;
            }
            parts.push((index, octets));
            left -= octets;
            // An SDU ends with the PDU, by its marker.
            if segmentable && (octets == rest || octets < most) {
                break;
            }
        }
        parts
    }

    /// Counters.
    pub fn statistics(&self) -> SendStatistics {
        self.statistics
    }
}
