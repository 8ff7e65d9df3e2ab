//! Octets of the line into the demultiplexer (H.223).

use h324m::Level;
use h324m::h223::{
    AdaptationLayer, Content, Demultiplexer, Detector, Element, MultiplexEntry, OrderDetector, Repeat,
};

const LEVELS: [Level; 5] = [
    Level::Zero,
    Level::One { double_flag: false },
    Level::One { double_flag: true },
    Level::Two { optional_header: false },
    Level::Two { optional_header: true },
];

/// The first octet chooses level, layers and table; the rest is the line, with gaps where an octet says so.
pub fn demultiplexer(data: &[u8]) {
    let Some((&choice, line)) = data.split_first() else { return };
    let level = LEVELS[usize::from(choice) % LEVELS.len()];
    let mut demux = Demultiplexer::new(level);
    demux.open(1, AdaptationLayer::Al2 { sequence_numbers: choice & 0x10 != 0 }, choice & 0x20 != 0);
    let al3 = AdaptationLayer::Al3 { control_octets: choice >> 6, send_buffer: 4_096 };
    demux.open(2, al3, true);
    demux.open(
        3,
        if choice & 0x40 == 0 { AdaptationLayer::Al1Framed } else { AdaptationLayer::Al1Unframed },
        true,
    );
    for code in 1..=3 {
        demux.set_entry(code, Some(MultiplexEntry::single(code.into())));
    }
    demux.set_entry(4, nested(choice));
    let (mut detector, mut order) = (Detector::new(level), OrderDetector::new());
    let mut delivered = 0;
    for chunk in line.chunks(160) {
        detector.push(chunk);
        order.push(chunk);
        demux.push(chunk);
        if chunk[0] == 0xA5 {
            demux.lost(usize::from(chunk.get(1).copied().unwrap_or(0)) * 40);
        }
        delivered += drain(&mut demux);
    }
    demux.flush();
    delivered += drain(&mut demux);
    assert!(delivered <= 16 * line.len() + 65_536, "{delivered} octets out of {}", line.len());
}

fn drain(demux: &mut Demultiplexer) -> usize {
    let mut octets = 0;
    while let Some(received) = demux.poll() {
        if let h324m::h223::Received::Sdu { data, .. } = received {
            octets += data.len();
        }
    }
    octets
}

/// Two octets of speech, then three times a pair, then pictures up to the flag.
fn nested(choice: u8) -> Option<MultiplexEntry> {
    let channel = |channel, repeat| Element { what: Content::Channel(channel), repeat };
    let pair = vec![channel(1, Repeat::Times(1)), channel(2, Repeat::Times(u16::from(choice).max(1)))];
    let list = vec![
        channel(1, Repeat::Times(2)),
        Element { what: Content::Nested(pair), repeat: Repeat::Times(3) },
        channel(3, Repeat::UntilClosingFlag),
    ];
    MultiplexEntry::new(list).ok()
}
