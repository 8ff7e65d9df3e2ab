//! One logical channel on its way out: its queue, the AL-PDU that is being sent, and what AL3 keeps.

use std::collections::VecDeque;

use bytes::Bytes;

use super::layer::{self, Field, Supervisory};
use super::multiplexer::{Class, Refused};
use super::{AdaptationLayer, SendStatistics};
use crate::limits;

/// The sending end of a logical channel.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) number: u16,
    pub(super) class: Class,
    pub(super) segmentable: bool,
    /// Closed; only the end of a half-sent SDU is still to come.
    pub(super) closing: bool,
    layer: AdaptationLayer,
    queue: VecDeque<Waiting>,
    /// Octets of the SDUs in `queue`, with what the layer adds.
    octets: usize,
    /// Retransmissions and S-PDUs, that go before the queue.
    urgent: VecDeque<Urgent>,
    /// Number of the next SDU.
    next: u16,
    current: Current,
    kept: Kept,
}

#[derive(Debug)]
struct Waiting {
    sdu: Bytes,
    code: Option<u8>,
}

#[derive(Debug)]
enum Urgent {
    Again(u16, Bytes),
    Supervisory(Supervisory, u16),
}

/// The AL-PDU that is being sent; the memory is used again.
#[derive(Debug, Default)]
struct Current {
    pdu: Vec<u8>,
    sent: usize,
    /// The multiplex code it must go by.
    code: Option<u8>,
    /// The code that its last part went by.
    begun_with: Option<u8>,
    /// It has a number of its own, that was not sent before.
    numbered: bool,
}

/// Sent SDUs that AL3 can send again (H.223 §7.4.4).
#[derive(Debug, Default)]
struct Kept {
    sdus: VecDeque<(u16, Bytes)>,
    octets: usize,
    octets_max: usize,
}

impl Sender {
    pub(super) fn new(number: u16, layer: AdaptationLayer, segmentable: bool, class: Class) -> Self {
        let octets_max = match layer {
            AdaptationLayer::Al3 { control_octets: 1.., send_buffer } => {
                send_buffer.min(limits::SEND_BUFFER_MAX)
            }
            AdaptationLayer::Al1Framed
            | AdaptationLayer::Al1Unframed
            | AdaptationLayer::Al2 { .. }
            | AdaptationLayer::Al3 { .. } => 0,
        };
        Self {
            number,
            class,
            segmentable,
            closing: false,
            layer,
            queue: VecDeque::new(),
            octets: 0,
            urgent: VecDeque::new(),
            next: 0,
            current: Current::default(),
            kept: Kept { octets_max: octets_max as usize, ..Kept::default() },
        }
    }

    pub(super) fn push(&mut self, sdu: Bytes, code: Option<u8>, pdu_max: usize) -> Result<(), Refused> {
        let octets = sdu.len() + layer::overhead(self.layer);
        if self.closing {
            return Err(Refused::Closed);
        }
        if sdu.is_empty() || sdu.len() > limits::SDU_MAX || (!self.segmentable && octets > pdu_max) {
            return Err(Refused::Length);
        }
        if self.octets + octets > limits::SEND_QUEUE_MAX || self.queue.len() >= limits::SEND_QUEUE_SDUS_MAX {
            return Err(Refused::Full);
        }
        self.octets += octets;
        self.queue.push_back(Waiting { sdu, code });
        Ok(())
    }

    /// Octets that wait, those of the half-sent SDU included.
    pub(super) fn queued(&self) -> usize {
        self.octets + self.rest().len()
    }

    /// What the AL-PDU in turn still has to send; call `prepare` before.
    pub(super) fn rest(&self) -> &[u8] {
        self.current.pdu.get(self.current.sent..).unwrap_or_default()
    }

    /// The multiplex code that the SDU in turn must go by.
    pub(super) fn code(&self) -> Option<u8> {
        self.current.code.or(self.begun_with().filter(|_| self.closing))
    }

    /// The code that the last part of a half-sent AL-PDU went by.
    pub(super) fn begun_with(&self) -> Option<u8> {
        self.current.begun_with.filter(|_| self.current.sent > 0 && !self.rest().is_empty())
    }

    /// Gives the SDU in turn up.
    pub(super) fn skip(&mut self) {
        self.current.sent = self.current.pdu.len();
    }

    /// Takes the next AL-PDU in turn, if there is none; false when there is nothing to send.
    pub(super) fn prepare(&mut self) -> bool {
        if !self.rest().is_empty() {
            return true;
        }
        self.current.pdu.clear();
        self.current = Current { pdu: std::mem::take(&mut self.current.pdu), ..Current::default() };
        match self.urgent.pop_front() {
            Some(Urgent::Again(sequence, sdu)) => {
                layer::wrap(self.layer, sequence, &sdu, &mut self.current.pdu);
                return true;
            }
            Some(Urgent::Supervisory(what, sequence)) => {
                what.wrap(self.field(), sequence, &mut self.current.pdu);
                return true;
            }
            None => {}
        }
        let Some(Waiting { sdu, code }) = self.queue.pop_front() else { return false };
        self.octets -= sdu.len() + layer::overhead(self.layer);
        (self.current.code, self.current.numbered) = (code, true);
        layer::wrap(self.layer, self.next, &sdu, &mut self.current.pdu);
        self.kept.keep(self.next & self.field().mask(), sdu);
        self.next = self.next.wrapping_add(1);
        true
    }

    /// So many octets went out by this code; true when they end the AL-PDU.
    pub(super) fn sent(&mut self, octets: usize, code: u8) -> bool {
        self.current.sent += octets;
        self.current.begun_with = Some(code);
        self.rest().is_empty()
    }

    /// Drops the queue, ends the half-sent AL-PDU early.
    pub(super) fn abandon(&mut self, statistics: &mut SendStatistics) {
        statistics.abandoned += self.queue.len() as u64;
        self.queue.clear();
        self.octets = 0;
        self.urgent.clear();
        if self.rest().is_empty() {
            return;
        }
        if self.current.sent == 0 {
            self.current.pdu.clear();
            // Nobody saw its number.
            self.next = self.next.wrapping_sub(u16::from(self.current.numbered));
            statistics.abandoned += 1;
        } else if layer::cut(self.layer, self.current.sent, &mut self.current.pdu) {
            statistics.abandoned += 1;
        }
        self.kept.sdus.clear();
        self.kept.octets = 0;
    }

    /// The level changed: what was half sent begins again.
    pub(super) fn restart(&mut self) {
        self.current.sent = 0;
    }

    pub(super) fn answer_srej(&mut self, sequence: u16, statistics: &mut SendStatistics) {
        if self.field() == Field::None || self.urgent.len() >= limits::AL3_REQUESTS_MAX || self.closing {
            return;
        }
        let answer = match self.kept.sdus.iter().find(|(kept, _)| *kept == sequence) {
            Some((_, sdu)) => Urgent::Again(sequence, sdu.clone()),
            None => Urgent::Supervisory(Supervisory::Drtx, sequence),
        };
        statistics.retransmissions += u64::from(matches!(answer, Urgent::Again(..)));
        self.urgent.push_back(answer);
    }

    pub(super) fn request(&mut self, sequence: u16) {
        if self.field() != Field::None && self.urgent.len() < limits::AL3_REQUESTS_MAX && !self.closing {
            self.urgent.push_back(Urgent::Supervisory(Supervisory::Srej, sequence));
        }
    }

    fn field(&self) -> Field {
        match self.layer {
            AdaptationLayer::Al3 { control_octets, .. } => Field::new(control_octets),
            AdaptationLayer::Al1Framed | AdaptationLayer::Al1Unframed | AdaptationLayer::Al2 { .. } => {
                Field::None
            }
        }
    }
}

impl Kept {
    fn keep(&mut self, sequence: u16, sdu: Bytes) {
        if sdu.len() > self.octets_max {
            return;
        }
        self.octets += sdu.len();
        self.sdus.push_back((sequence, sdu));
        while self.octets > self.octets_max || self.sdus.len() > limits::SEND_QUEUE_SDUS_MAX {
            let Some((_, oldest)) = self.sdus.pop_front() else { return };
            self.octets -= oldest.len();
        }
    }
}
