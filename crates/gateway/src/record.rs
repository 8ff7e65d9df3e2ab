//! The record of a call as a line of the log, under a target of its own.

use call::Cdr;
use tracing::info;

/// Writes the record: one line, with what a 3G phone's terminal counted when it was one.
pub(crate) fn log(cdr: &Cdr) {
    let seconds = cdr.answered.map_or(0.0, |answered| cdr.ended.saturating_sub(answered).as_secs_f64());
    info!(
        target: "vireo::cdr",
        id = cdr.call.0,
        sip_call_id = cdr.sip_call_id,
        caller = cdr.caller.as_deref().unwrap_or("withheld"),
        called = cdr.called,
        cause = %cdr.cause,
        seconds,
        path = cdr.path.join(">"),
        agent = cdr.agent.as_deref().unwrap_or("-"),
        callback = cdr.callback.as_ref().map(|wish| format!("{}@{}", wish.number, wish.queue)),
        digits = cdr.digits,
        sent = cdr.packets.sent,
        received = cdr.packets.received,
        lost = cdr.packets.lost,
        dropped = cdr.packets.dropped,
        skew_ms = cdr.skew_ms,
        terminal = cdr.terminal.as_ref().map(|terminal| tracing::field::display(Line(terminal))),
        "call record"
    );
}

/// A terminal's part of the record; times in milliseconds, `-` for what did not come to be.
struct Line<'a>(&'a call::Terminal);

impl std::fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let call::Terminal { counters, ended } = self.0;
        let or_none = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        write!(
            f,
            "setup_ms={} speech_ms={} round_trips={} round_trip_ms={} level={} srp={} golay_corrected={} \
             golay_failed={} crc_errors={} sdus_lost={} resyncs={} retransmissions={} octets_lost={} \
             bad_speech={} damaged_pictures={} end={:?}",
            or_none(counters.up_after.map(|time| time.as_millis().to_string())),
            or_none(counters.audio_up_after.map(|time| time.as_millis().to_string())),
            or_none(counters.up_round_trips.map(|trips| format!("{trips:.1}"))),
            or_none(counters.round_trip.map(|time| time.as_millis().to_string())),
            or_none(counters.level.map(level)),
            or_none(counters.srp_mode.map(|mode| format!("{mode:?}").to_lowercase())),
            counters.golay_corrected,
            counters.headers_failed,
            counters.crc_errors,
            counters.sdus_lost,
            counters.resyncs,
            counters.retransmissions,
            counters.octets_lost,
            counters.audio_bad,
            counters.pictures_damaged,
            or_none(ended.map(|cause| cause.to_string())),
        )
    }
}

/// As `vireo call --level` has it.
fn level(level: h324m::Level) -> String {
    match level {
        h324m::Level::Zero => "0",
        h324m::Level::One { .. } => "1",
        h324m::Level::Two { optional_header: false } => "2",
        h324m::Level::Two { optional_header: true } => "2oh",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_terminal_is_one_line_of_names_and_values() {
        let none = call::Terminal { counters: h324m::Counters::default(), ended: None };
        let line = Line(&none).to_string();
        assert!(line.starts_with("setup_ms=- speech_ms=- round_trips=- round_trip_ms=- level=- srp=- golay"));
        let counters = h324m::Counters {
            up_after: Some(Duration::from_millis(812)),
            up_round_trips: Some(2.71),
            level: Some(h324m::Level::Two { optional_header: true }),
            srp_mode: Some(h324m::srp::Mode::Wnsrp),
            golay_corrected: 3,
            headers_failed: 1,
            retransmissions: 9,
            ..h324m::Counters::default()
        };
        let ended = Some(h324m::EndCause::PeerEnded);
        let line = Line(&call::Terminal { counters, ended }).to_string();
        for part in [
            "setup_ms=812 ",
            " round_trips=2.7 ",
            " level=2oh srp=wnsrp golay_corrected=3 golay_failed=1 ",
            " retransmissions=9 ",
            " end=\"the peer ended the H.324 session\"",
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
}
