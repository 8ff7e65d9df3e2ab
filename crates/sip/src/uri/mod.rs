//! SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966).
//!
//! Parts keep their escapes as written, so that printing a parsed URI gives the same text (an IPv6 address
//! may come out in its shorter form); [`Uri::user_text`] gives the meaning. URIs of other schemes are kept
//! whole and unread. Start at [`Uri`]; its [`FromStr`] is the reader, [`Uri::equivalent`] the comparison.

mod compare;
mod escape;
mod host;
mod parts;

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

pub(crate) use escape::decode;
pub use host::Host;
pub(crate) use host::{HostRef, host_port, ipv6, take_sent_by};
pub(crate) use parts::Parts;

use crate::error::Syntax;
use crate::headers::own_name;

/// What kind of URI it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip`
    Sip,
    /// `sips`: every hop secured.
    Sips,
    /// `tel`: a telephone number (RFC 3966).
    Tel,
    /// Any other scheme, as written.
    Other(String),
}

/// A URI. Two are `==` when they are written alike; see [`Uri::equivalent`] for the meaning.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    /// The part before the first colon.
    pub scheme: Scheme,
    /// SIP: the user part without password, escapes as written. tel: the number with its separators.
    /// Other schemes: all that follows the colon.
    pub user: Option<String>,
    /// The deprecated password, escapes as written.
    pub password: Option<String>,
    /// Host; [`Host::None`] unless the scheme is SIP or SIPS.
    pub host: Host,
    /// Port, when written.
    pub port: Option<u16>,
    /// `;name=value` parameters in order, escapes as written.
    pub params: Vec<(Cow<'static, str>, Option<String>)>,
    /// `?name=value` header fields in order, escapes as written.
    pub headers: Vec<(String, String)>,
}

impl Uri {
    /// `sip:user@host` from the meaning of a user part (what needs it is escaped; empty means none).
    #[must_use]
    pub fn sip(user: &str, host: Host, port: Option<u16>) -> Self {
        let user = (!user.is_empty()).then(|| escape::user(user));
        Uri { scheme: Scheme::Sip, user, password: None, host, port, params: Vec::new(), headers: Vec::new() }
    }

    /// `sip:user@address:port`.
    #[must_use]
    pub fn sip_at(user: &str, address: SocketAddr) -> Self {
        Uri::sip(user, Host::from(address.ip()), Some(address.port()))
    }

    /// The same URI with one more parameter (both texts already escaped).
    #[must_use]
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> Self {
        self.params.push((own_name(name), value.map(str::to_owned)));
        self
    }

    /// What the user part stands for: escapes decoded. Octets that are not UTF-8 show as U+FFFD.
    #[must_use]
    pub fn user_text(&self) -> Option<Cow<'_, str>> {
        self.user.as_deref().map(escape::decode)
    }

    /// The value of a parameter: `None` when absent, `Some(None)` when it has no value.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Option<&str>> {
        self.params
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name) || escape::decode(n).eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_deref())
    }

    /// Has the `lr` parameter: the proxy routes loosely (RFC 3261 §16.12.1.1).
    #[must_use]
    pub fn is_loose_router(&self) -> bool {
        self.param("lr").is_some()
    }

    /// SIP or SIPS.
    #[must_use]
    pub fn is_sip(&self) -> bool {
        match self.scheme {
            Scheme::Sip | Scheme::Sips => true,
            Scheme::Tel | Scheme::Other(_) => false,
        }
    }
}

impl FromStr for Uri {
    type Err = Syntax;

    fn from_str(text: &str) -> Result<Self, Syntax> {
        Ok(Parts::read(text)?.to_uri())
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheme::Sip => "sip",
            Scheme::Sips => "sips",
            Scheme::Tel => "tel",
            Scheme::Other(name) => name,
        })
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            if self.is_sip() {
                f.write_str("@")?;
            }
        }
        write!(f, "{}", self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        for (name, value) in &self.params {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        for (i, (name, value)) in self.headers.iter().enumerate() {
            write!(f, "{}{name}={value}", if i == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
