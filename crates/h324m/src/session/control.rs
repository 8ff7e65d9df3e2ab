//! The control channel: messages that wait are packed together, as many as fit one SDU (H.245 §6).

use std::collections::VecDeque;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use crate::h223::{CONTROL, Multiplexer, WNSRP_CODE};
use crate::h245::{self, Message};
use crate::srp::{Config, Input, Link, Mode, Output, Statistics};
use crate::{Level, limits};

/// The link with what waits for it.
#[derive(Debug)]
pub(super) struct Control {
    link: Link,
    outbox: VecDeque<Bytes>,
    deadline: Option<Instant>,
    posted: u64,
}

/// What came of the link.
#[derive(Debug)]
pub(super) enum Happened {
    /// A control SDU.
    Messages(Bytes),
    /// The acknowledgement's form is known.
    Mode(Mode),
    /// N401 was reached.
    Failed,
}

impl Control {
    /// For a terminal whose highest level is `level`.
    pub(super) fn new(level: Level, wnsrp: bool) -> Self {
        let config = Config { wnsrp, ccsrl: level != Level::Zero, ..Config::default() };
        Control { link: Link::new(config), outbox: VecDeque::new(), deadline: None, posted: 0 }
    }

    /// CCSRL is used from level 1 upwards (H.324 §C.8).
    pub(super) fn set_level(&mut self, level: Level) {
        self.link.set_ccsrl(level != Level::Zero);
    }

    /// The peer uses multiplex code 15 as an entry of its own.
    pub(super) fn entry_15_defined(&mut self) {
        self.link.entry_15_defined();
    }

    /// The peer declared `nsrpSupport` (H.245, H223Capability).
    pub(super) fn nsrp_supported(&mut self) {
        self.link.nsrp_supported();
    }

    /// Queues a message. Beyond [`limits::OUTBOX_MAX`] it is dropped: whoever asks that much can ask again.
    pub(super) fn post(&mut self, message: &Message) {
        if self.outbox.len() < limits::OUTBOX_MAX {
            self.outbox.push_back(h245::encode(message));
            self.posted += 1;
        }
    }

    /// Forgets what has not been handed to the link.
    pub(super) fn clear(&mut self) {
        self.outbox.clear();
    }

    /// Nothing waits to be sent or acknowledged.
    pub(super) fn is_idle(&self) -> bool {
        self.outbox.is_empty() && self.link.idle()
    }

    /// Takes an SDU of logical channel 0.
    pub(super) fn received(&mut self, now: Instant, data: Bytes, mc: u8) {
        self.link.handle_input(now, Input::Sdu { data, mc });
    }

    /// Hands the link what it has room for, and the time.
    pub(super) fn flush(&mut self, now: Instant) {
        if self.deadline.is_some_and(|at| at <= now) {
            self.link.handle_input(now, Input::Timeout);
        }
        while !self.outbox.is_empty() && !self.link.busy() {
            let sdu = self.next_sdu();
            self.link.handle_input(now, Input::Send(sdu));
        }
    }

    /// The next thing that happened; frames go to the multiplex on the way.
    pub(super) fn poll(&mut self, mux: &mut Multiplexer) -> Option<Happened> {
        loop {
            match self.link.poll_output() {
                // A frame that finds no room is as good as lost, and sent again after T401.
                Output::Frame { data, mc15: true } => drop(mux.push_with(WNSRP_CODE, CONTROL, data)),
                Output::Frame { data, mc15: false } => drop(mux.push(CONTROL, data)),
                Output::Message(sdu) => return Some(Happened::Messages(sdu)),
                Output::Mode(mode) => return Some(Happened::Mode(mode)),
                Output::Failed => return Some(Happened::Failed),
                Output::Timeout(at) => {
                    self.deadline = at;
                    return None;
                }
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Messages that were queued so far.
    pub(super) fn posted(&self) -> u64 {
        self.posted
    }

    pub(super) fn statistics(&self) -> Statistics {
        self.link.statistics()
    }

    /// Nothing waits for the link.
    pub(super) fn is_flowing(&self) -> bool {
        self.outbox.is_empty()
    }

    fn bundle_max(&self) -> usize {
        let statistics = self.link.statistics();
        let rough = statistics.invalid + statistics.retransmitted >= limits::ROUGH_FRAMES;
        if rough { limits::BUNDLE_LEN_ROUGH } else { limits::BUNDLE_LEN_MAX }
    }

    fn next_sdu(&mut self) -> Bytes {
        let len_max = self.bundle_max();
        let mut sdu = BytesMut::new();
        while let Some(message) = self.outbox.front() {
            if !sdu.is_empty() && sdu.len() + message.len() > len_max {
                break;
            }
            sdu.extend_from_slice(message);
            self.outbox.pop_front();
        }
        sdu.freeze()
    }
}
