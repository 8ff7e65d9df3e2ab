//! Deals the octets of received PDUs out to the logical channels, and puts their SDUs together.

use std::collections::VecDeque;

use super::layer::{Arrival, Receiver};
use super::table::{Run, Runs};
use super::{AdaptationLayer, CONTROL, MultiplexEntry, ReceiveStatistics, Received, WNSRP_CODE};
use crate::limits;

/// The peer's multiplex table, the open channels, and what came in on them.
#[derive(Debug)]
pub(super) struct Channels {
    table: [Option<Entry>; 16],
    open: Vec<Channel>,
    /// Channel and code of the last octet of the last PDU: what a packet marker speaks of.
    last: Option<(u16, u8)>,
    missing: Missing,
    ready: VecDeque<Received>,
    pub(super) statistics: ReceiveStatistics,
}

#[derive(Debug, Clone)]
enum Entry {
    /// `{channel, until closing flag}`.
    Single(u16),
    List(MultiplexEntry),
}

#[derive(Debug)]
struct Channel {
    number: u16,
    segmentable: bool,
    receiver: Receiver,
    /// What came of an SDU whose end did not.
    partial: Vec<u8>,
    damaged: bool,
    /// The SDU grew too large; the rest of it is passed over.
    oversized: bool,
}

impl Channel {
    fn new(number: u16, layer: AdaptationLayer, segmentable: bool) -> Self {
        let (partial, receiver) = (Vec::new(), Receiver::new(layer));
        Self { number, segmentable, receiver, partial, damaged: false, oversized: false }
    }
}

/// PDUs of late by codes that mean nothing.
#[derive(Debug, Default)]
struct Missing {
    pdus: [u16; 16],
    since: u64,
}

impl Missing {
    fn count(&mut self, code: u8, clock: u64) {
        if clock.saturating_sub(self.since) > limits::MISSING_WINDOW {
            (self.pdus, self.since) = ([0; 16], clock);
        }
        let pdus = &mut self.pdus[usize::from(code & 0xF)];
        *pdus = pdus.saturating_add(1);
    }
}

impl Channels {
    pub(super) fn new() -> Self {
        let mut table: [Option<Entry>; 16] = Default::default();
        table[0] = Some(Entry::Single(CONTROL));
        table[usize::from(WNSRP_CODE)] = Some(Entry::Single(CONTROL));
        let open = vec![Channel::new(CONTROL, AdaptationLayer::Al1Framed, true)];
        Self {
            table,
            open,
            last: None,
            missing: Missing::default(),
            ready: VecDeque::new(),
            statistics: ReceiveStatistics::default(),
        }
    }

    pub(super) fn set_entry(&mut self, code: u8, entry: Option<MultiplexEntry>) {
        let Some(place) = self.table.get_mut(usize::from(code)).filter(|_| code != 0) else { return };
        self.missing.pdus[usize::from(code)] = 0;
        *place = match entry {
            Some(entry) => Some(entry.only_channel().map_or(Entry::List(entry), Entry::Single)),
            None => (code == WNSRP_CODE).then_some(Entry::Single(CONTROL)),
        };
    }

    pub(super) fn open(&mut self, number: u16, layer: AdaptationLayer, segmentable: bool) -> bool {
        if number == CONTROL {
            return false;
        }
        self.close(number);
        if self.open.len() >= limits::CHANNELS_MAX {
            return false;
        }
        self.open.push(Channel::new(number, layer, segmentable));
        true
    }

    pub(super) fn close(&mut self, number: u16) {
        self.open.retain(|channel| channel.number == CONTROL || channel.number != number);
    }

    /// Drops what is half received everywhere.
    pub(super) fn restart(&mut self) {
        self.last = None;
        for channel in &mut self.open {
            channel.partial.clear();
            (channel.damaged, channel.oversized) = (false, false);
        }
    }

    pub(super) fn poll(&mut self) -> Option<Received> {
        self.ready.pop_front()
    }

    /// The content of a PDU.
    pub(super) fn pdu(&mut self, code: u8, payload: &[u8], damaged: bool) {
        if payload.is_empty() {
            self.statistics.stuffing += 1;
            return;
        }
        self.statistics.pdus += 1;
        self.last = None;
        match self.table.get(usize::from(code)).cloned().flatten() {
            Some(Entry::Single(channel)) => self.run(channel, code, payload, damaged),
            Some(Entry::List(entry)) => self.deal(&entry, code, payload, damaged),
            None => {
                self.statistics.unknown_codes += 1;
                if !damaged {
                    self.missing.count(code, self.clock());
                }
            }
        }
    }

    /// Codes without an entry by which PDUs keep coming: [`MISSING_PDUS`](limits::MISSING_PDUS) within
    /// [`MISSING_WINDOW`](limits::MISSING_WINDOW).
    pub(super) fn missing_entries(&self) -> Vec<u8> {
        (1..16).filter(|&code| self.missing.pdus[usize::from(code)] >= limits::MISSING_PDUS).collect()
    }

    /// The packet marker: the last octet of the last PDU ended an SDU.
    pub(super) fn marker(&mut self) {
        let Some((number, code)) = self.last.take() else { return };
        let Some(channel) = self.open.iter_mut().find(|channel| channel.number == number) else { return };
        let sdu = std::mem::take(&mut channel.partial);
        let damaged = std::mem::take(&mut channel.damaged);
        if !std::mem::take(&mut channel.oversized) && !sdu.is_empty() {
            self.complete(number, code, &sdu, damaged);
        }
        // The memory is used again.
        if let Some(channel) = self.open.iter_mut().find(|channel| channel.number == number) {
            channel.partial = sdu;
            channel.partial.clear();
        }
    }

    /// A PDU was there that could not be read.
    pub(super) fn pdu_lost(&mut self) {
        self.last = None;
    }

    /// Whether this content is one right SDU: what level 1 asks where a flag is doubtful.
    pub(super) fn is_whole(&self, code: u8, payload: &[u8]) -> bool {
        let Some(Some(Entry::Single(number))) = self.table.get(usize::from(code)) else { return false };
        let channel = self.open.iter().find(|channel| channel.number == *number);
        channel.is_some_and(|channel| !channel.segmentable && channel.receiver.is_right(payload))
    }

    /// Time passes with the octets of the line.
    pub(super) fn tick(&mut self) {
        let clock = self.clock();
        for channel in &mut self.open {
            if channel.receiver.is_due(clock) {
                let mut out = Arrival::new(channel.number, 0, clock, &mut self.ready, &mut self.statistics);
                channel.receiver.give_up(&mut out);
            }
        }
    }

    /// Octets of the line since the start, lost ones included.
    fn clock(&self) -> u64 {
        self.statistics.octets + self.statistics.octets_lost
    }

    fn deal(&mut self, entry: &MultiplexEntry, code: u8, payload: &[u8], damaged: bool) {
        let mut rest = payload;
        for Run { channel, octets } in Runs::new(entry) {
            let (run, behind) = rest.split_at(octets.unwrap_or(rest.len()).min(rest.len()));
            self.run(channel, code, run, damaged);
            rest = behind;
            if rest.is_empty() {
                return;
            }
        }
        // The list ended before the PDU did.
        self.statistics.malformed += 1;
        self.last = None;
    }

    /// A run of octets of one channel.
    fn run(&mut self, number: u16, code: u8, octets: &[u8], damaged: bool) {
        self.last = None;
        let Some(channel) = self.open.iter_mut().find(|channel| channel.number == number) else {
            self.statistics.unknown_codes += 1;
            return;
        };
        if !channel.segmentable || channel.receiver.is_unframed() {
            return self.complete(number, code, octets, damaged);
        }
        self.last = Some((number, code));
        channel.damaged |= damaged;
        if channel.partial.len() + octets.len() <= limits::SDU_MAX {
            channel.partial.extend_from_slice(octets);
        } else if !channel.oversized {
            channel.oversized = true;
            self.statistics.oversized += 1;
        }
    }

    fn complete(&mut self, number: u16, code: u8, sdu: &[u8], damaged: bool) {
        let clock = self.clock();
        let Some(channel) = self.open.iter_mut().find(|channel| channel.number == number) else { return };
        let mut out = Arrival::new(number, code, clock, &mut self.ready, &mut self.statistics);
        channel.receiver.receive(sdu, damaged, &mut out);
    }
}
