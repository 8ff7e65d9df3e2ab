//! The line itself: bit order, level set-up, and the multiplex both ways (H.223; H.324 §C.6).

use std::collections::VecDeque;

use bytes::Bytes;

use crate::h223::{CONTROL, Demultiplexer, Detector, Multiplexer, OrderDetector, Received};
use crate::{BitOrder, Level, limits, srp};

/// Both directions of the circuit.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) mux: Multiplexer,
    pub(super) demux: Demultiplexer,
    order: Order,
    detector: Detector,
    /// Ears for the levels below ours until one is agreed: whoever is understood there is there, though bit
    /// errors break his stuffing.
    lower: Vec<Demultiplexer>,
    /// What such an ear had heard when it was believed.
    overheard: VecDeque<Received>,
    level: Option<Level>,
    /// The peer said which level we are to send (h223MultiplexReconfiguration): each direction has its own.
    commanded: bool,
    /// Nothing but one and the same octet came so far.
    idle: Idle,
}

#[derive(Debug)]
enum Order {
    Known(BitOrder),
    /// What came so far is kept, since it was read as [`BitOrder::Msb`] and may have to be read again.
    Searching(Box<Search>),
}

#[derive(Debug)]
struct Search {
    detector: OrderDetector,
    heard: Vec<u8>,
}

#[derive(Debug)]
enum Idle {
    Nothing,
    Constant(u8),
    Over,
}

impl Line {
    pub(super) fn new(level: Level, order: Option<BitOrder>) -> Self {
        let order = match order {
            Some(order) => Order::Known(order),
            None => Order::Searching(Box::new(Search { detector: OrderDetector::new(), heard: Vec::new() })),
        };
        Line {
            mux: Multiplexer::new(level),
            demux: Demultiplexer::new(level),
            order,
            detector: Detector::new(level),
            lower: lower(level),
            overheard: VecDeque::new(),
            level: None,
            commanded: false,
            idle: Idle::Nothing,
        }
    }

    /// The level both ends agreed on.
    pub(super) fn level(&self) -> Option<Level> {
        self.level
    }

    /// The peer is understood at the level we are at: that is the level, then.
    pub(super) fn settle(&mut self) -> Level {
        let level = self.demux.level();
        self.agree(level);
        level
    }

    /// So many octets of the line never came.
    pub(super) fn lost(&mut self, octets: usize) {
        self.demux.lost(octets);
        self.lower.iter_mut().for_each(|lower| lower.lost(octets));
    }

    /// What came in, in order.
    pub(super) fn poll(&mut self) -> Option<Received> {
        self.overheard.pop_front().or_else(|| self.demux.poll())
    }

    /// The peer's command to send another level (H.324 §C.7). Level 0 has another control channel and is not
    /// gone to in mid-call: false.
    pub(super) fn command(&mut self, level: Level) -> bool {
        if level == Level::Zero || self.mux.level() == Level::Zero {
            return false;
        }
        self.commanded = true;
        if self.mux.level() != level {
            self.mux.set_level(level);
        }
        true
    }

    /// Whether something came that is no idle fill: two different octets, or the flags of level 0.
    pub(super) fn is_alive(&self) -> bool {
        matches!(self.idle, Idle::Over)
    }

    /// Takes octets as RTP carries them. `Some` when they settle the level, or change it.
    /// `settled`: control messages were understood, so that less is taken for another level.
    pub(super) fn push(&mut self, octets: &[u8], settled: bool) -> Option<Level> {
        self.idle.observe(octets);
        if let Idle::Constant(_) = self.idle {
            return None;
        }
        match self.find_order(octets) {
            Found::Order(order) => self.read(octets, order, settled),
            Found::Again(heard) => {
                self.demux.set_level(self.demux.level());
                self.detector = Detector::new(self.detector.level());
                self.lower = lower(self.detector.level());
                self.read(&heard, BitOrder::Lsb, settled)
            }
        }
    }

    /// The next octets of the line, as RTP carries them.
    pub(super) fn take(&mut self, octets: usize) -> Bytes {
        let mut line = vec![0; octets];
        self.mux.fill(&mut line);
        match self.order {
            Order::Known(order) => order.convert(&mut line),
            Order::Searching(_) => BitOrder::Msb.convert(&mut line),
        }
        line.into()
    }

    fn read(&mut self, octets: &[u8], order: BitOrder, settled: bool) -> Option<Level> {
        let mut octets = octets.to_vec();
        order.convert(&mut octets);
        let mut changed = if settled { self.changed_in_call(&octets) } else { self.detector.push(&octets) };
        if let (Some(level), false) = (changed, settled) {
            self.agree(level);
        }
        self.demux.push(&octets);
        if self.level.is_none() {
            changed = self.listen_lower(&octets);
        }
        changed
    }

    /// Another level in mid-call (H.324 §C.7): the peer's stuffing says which. It is followed in what is read.
    /// What is sent falls with it, as at the start, unless the peer commands that by itself.
    fn changed_in_call(&mut self, octets: &[u8]) -> Option<Level> {
        let level = self.detector.follow(octets)?;
        self.demux.set_level(level);
        self.level = Some(level);
        if level < self.mux.level() && !self.commanded {
            self.mux.set_level(level);
        }
        Some(level)
    }

    /// A control frame with a right check at a lower level is as good as its stuffing.
    fn listen_lower(&mut self, octets: &[u8]) -> Option<Level> {
        for at in 0..self.lower.len() {
            let lower = &mut self.lower[at];
            lower.push(octets);
            let mut heard = VecDeque::new();
            while let Some(received) = lower.poll() {
                heard.push_back(received);
            }
            if heard.iter().any(is_frame) {
                self.demux = self.lower.swap_remove(at);
                self.overheard = heard;
                return Some(self.settle());
            }
        }
        None
    }

    fn agree(&mut self, level: Level) {
        if self.mux.level() != level {
            self.mux.set_level(level);
        }
        if self.demux.level() != level {
            self.demux.set_level(level);
        }
        self.detector.settle(level);
        self.lower.clear();
        self.level = Some(level);
    }

    fn find_order(&mut self, octets: &[u8]) -> Found {
        let search = match &mut self.order {
            Order::Known(order) => return Found::Order(*order),
            Order::Searching(search) => search,
        };
        search.heard.extend_from_slice(octets);
        match search.detector.push(octets) {
            Some(BitOrder::Msb) => self.order = Order::Known(BitOrder::Msb),
            Some(BitOrder::Lsb) => {
                let heard = std::mem::take(&mut search.heard);
                self.order = Order::Known(BitOrder::Lsb);
                return Found::Again(heard);
            }
            None => {
                let beyond = search.heard.len().saturating_sub(limits::ORDER_KEPT_MAX);
                search.heard.drain(..beyond);
            }
        }
        Found::Order(BitOrder::Msb)
    }
}

/// The levels below this one, each with its own reader.
fn lower(level: Level) -> Vec<Demultiplexer> {
    let below: &[Level] = match level {
        Level::Zero => &[],
        Level::One { .. } => &[Level::Zero],
        Level::Two { optional_header: false } => &[Level::One { double_flag: false }, Level::Zero],
        Level::Two { optional_header: true } => {
            &[Level::Two { optional_header: false }, Level::One { double_flag: false }, Level::Zero]
        }
    };
    below.iter().copied().map(Demultiplexer::new).collect()
}

fn is_frame(received: &Received) -> bool {
    match received {
        Received::Sdu { channel: CONTROL, data, .. } => srp::is_frame(data),
        Received::Sdu { .. } | Received::RetransmissionWanted { .. } | Received::Srej { .. } => false,
    }
}

enum Found {
    /// Read it in this order.
    Order(BitOrder),
    /// The least significant bit comes first: read all of this again.
    Again(Vec<u8>),
}

impl Idle {
    fn observe(&mut self, octets: &[u8]) {
        /// The flag of level 0 reads the same in both bit orders.
        const FLAG: u8 = 0x7E;
        let Some(&first) = octets.first() else { return };
        let constant = match self {
            Idle::Nothing => first,
            Idle::Constant(constant) => *constant,
            Idle::Over => return,
        };
        *self = if constant == FLAG || octets.iter().any(|&octet| octet != constant) {
            Idle::Over
        } else {
            Idle::Constant(constant)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Level = Level::Two { optional_header: false };

    #[test]
    fn idle_fill_is_not_life() {
        let mut line = Line::new(TWO, None);
        for fill in [0x55, 0x55] {
            line.push(&[fill; 160], false);
            assert!(!line.is_alive());
        }
        line.push(&[0xFF; 160], false);
        assert!(line.is_alive(), "the fill changed");
        let mut flags = Line::new(TWO, None);
        flags.push(&[0x7E; 160], false);
        assert!(flags.is_alive());
    }

    #[test]
    fn a_control_frame_settles_a_level_whose_stuffing_is_broken() {
        for level in [Level::One { double_flag: false }, Level::Zero] {
            let mut peer = Line::new(level, Some(BitOrder::Msb));
            let mut line = Line::new(TWO, Some(BitOrder::Msb));
            peer.mux.push(CONTROL, Bytes::from_static(&[0xF7, 0x00, 0x47, 0x3E])).unwrap();
            // Three wrong bits in every seventh octet: too many for the stuffing to be believed.
            let mut agreed = Vec::new();
            for tick in 0..6 {
                let mut octets = peer.take(160).to_vec();
                if tick < 2 {
                    octets.iter_mut().step_by(7).for_each(|octet| *octet ^= 0x1C);
                }
                agreed.extend(line.push(&octets[..if tick < 2 { 160 } else { 20 }], false));
                if !agreed.is_empty() {
                    break;
                }
            }
            assert_eq!(agreed, [level]);
            assert!(line.poll().is_some_and(|received| is_frame(&received)), "what was heard is not lost");
        }
    }

    #[test]
    fn levels_meet_in_either_bit_order() {
        for order in [BitOrder::Msb, BitOrder::Lsb] {
            let mut peer = Line::new(Level::One { double_flag: false }, Some(order));
            let mut line = Line::new(TWO, None);
            let agreed: Vec<Level> = (0..10).filter_map(|_| line.push(&peer.take(160), false)).collect();
            assert_eq!(agreed, [Level::One { double_flag: false }], "{order:?}");
            assert_eq!(line.take(160).len(), 160);
        }
    }
}
