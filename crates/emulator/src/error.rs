//! What a terminal cannot do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why a terminal could not be set up or a call could not be made.
#[derive(Debug, Error)]
pub enum Error {
    /// The text is no `sip:` URI with a host.
    #[error("{uri:?} is not a SIP URI such as sip:1008621@127.0.0.1")]
    Uri {
        /// As given.
        uri: String,
    },
    /// The host of the URI has no address.
    #[error("{host} has no address")]
    Host {
        /// As given.
        host: String,
    },
    /// A socket could not be bound.
    #[error(transparent)]
    Bind(#[from] net::udp::BindError),
    /// No pair of media ports is free.
    #[error(transparent)]
    Ports(#[from] net::ports::PairsError),
    /// The kernel does not watch the media ports.
    #[error(transparent)]
    Watch(#[from] Box<net::Unwatched>),
    /// Waiting for the network failed.
    #[error("the network: {0}")]
    Network(#[from] io::Error),
    /// The codec library refused.
    #[error(transparent)]
    Codec(#[from] codec::Error),
    /// A file that was to be shown holds no pictures.
    #[error("{path} holds no pictures", path = path.display())]
    NoPictures {
        /// Which.
        path: PathBuf,
    },
    /// The call could not be started.
    #[error("the call cannot be started: {0}")]
    Refused(#[from] sip::Refused),
    /// No local address leads to the peer.
    #[error("there is no way to {to}: {why}")]
    Unreachable {
        /// The peer.
        to: SocketAddr,
        /// What the system says.
        why: io::Error,
    },
    /// A folder or file could not be written.
    #[error("{path}: {why}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// More telephones on one thread than [`crate::limits::CROWD_MAX`].
    #[error("one thread holds {max} telephones at most", max = crate::limits::CROWD_MAX)]
    Crowded,
    /// More calls than [`crate::limits::CALLS_MAX`], or none.
    #[error("{0} calls cannot be made, only 1 to {max}", max = crate::limits::CALLS_MAX)]
    Calls(usize),
    /// More keys than [`crate::limits::KEYS_MAX`].
    #[error("{0} keys are too many, the most is {max}", max = crate::limits::KEYS_MAX)]
    TooManyKeys(usize),
    /// More presses than [`crate::limits::PRESSES_MAX`], or none.
    #[error("{0} presses cannot be timed, only 1 to {max}", max = crate::limits::PRESSES_MAX)]
    Presses(usize),
    /// The call brought no picture.
    #[error("no picture came")]
    NoPicture,
}
