//! What a gateway needs of its machine, looked at one by one; each finding says how to mend what is amiss.
//!
//! Nothing is changed: ports are bound and given back, one small file is written and removed. Start at
//! [`examine`].

mod machine;
mod media;
mod ports;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::Serialize;

/// Where the gateway is to run.
pub(crate) struct Place {
    pub(crate) sip: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) rtp_ports: RangeInclusive<u16>,
    pub(crate) data: PathBuf,
}

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// As it should be.
    Ok,
    /// The gateway runs, and something will be worse than it could be.
    Warn,
    /// The gateway does not run.
    Fail,
}

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// In two or three words.
    pub(crate) name: &'static str,
    pub(crate) state: State,
    /// One sentence without a full stop.
    pub(crate) says: String,
    /// What to do about it.
    pub(crate) mend: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, says: impl Into<String>) -> Finding {
        Finding { name, state: State::Ok, says: says.into(), mend: None }
    }

    fn warn(name: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { name, state: State::Warn, says: says.into(), mend: Some(mend.into()) }
    }

    fn fail(name: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { name, state: State::Fail, says: says.into(), mend: Some(mend.into()) }
    }
}

/// Looks at everything.
pub(crate) fn examine(place: &Place) -> Vec<Finding> {
    vec![
        ports::sip(place.sip),
        ports::web(place.http),
        ports::rtp(place.sip.ip(), place.rtp_ports.clone()),
        ports::addresses(),
        media::font(),
        media::speech(),
        media::h264(),
        media::h263(),
        media::mpeg4(),
        media::vp8(),
        media::g711(),
        media::amr(),
        media::amr_wb(),
        media::opus(),
        media::g722(),
        machine::files(),
        machine::receive_queue(place.sip.ip()),
        machine::timer(),
        machine::wall_clock(),
        machine::data(&place.data),
        machine::space(&place.data),
        machine::cores(),
    ]
}
