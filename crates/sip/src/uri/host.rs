//! `host` and `hostport` of RFC 3261 §25.1, with the IPv6 findings of RFC 5118.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;

/// Where a URI or a Via points.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A domain name as written; compared without regard to case by [`Host::same`].
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, written in brackets.
    V6(Ipv6Addr),
    /// The scheme knows no host (`tel:` and the unknown ones).
    None,
}

/// A host whose name still lies in the text it was read from; `T` is the name or where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HostRef<T> {
    Name(T),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

impl<T: Copy> HostRef<T> {
    /// The same with another form of the name; `None` if that has none.
    #[inline]
    pub(crate) fn try_map<U>(&self, change: impl Fn(T) -> Option<U>) -> Option<HostRef<U>> {
        Some(match self {
            HostRef::Name(name) => HostRef::Name(change(*name)?),
            HostRef::V4(address) => HostRef::V4(*address),
            HostRef::V6(address) => HostRef::V6(*address),
        })
    }
}

impl Host {
    /// The address, when the host is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Host::V4(address) => Some(IpAddr::V4(*address)),
            Host::V6(address) => Some(IpAddr::V6(*address)),
            Host::Name(_) | Host::None => None,
        }
    }

    /// The same host: names without regard to case (RFC 3261 §19.1.4), addresses by value.
    #[must_use]
    pub fn same(&self, other: &Host) -> bool {
        match (self, other) {
            (Host::Name(a), Host::Name(b)) => a.eq_ignore_ascii_case(b),
            (Host::V4(a), Host::V4(b)) => a == b,
            (Host::V6(a), Host::V6(b)) => a == b,
            (Host::None, Host::None) => true,
            (Host::Name(_) | Host::V4(_) | Host::V6(_) | Host::None, _) => false,
        }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Host::V4(address),
            IpAddr::V6(address) => Host::V6(address),
        }
    }
}

impl From<HostRef<&str>> for Host {
    fn from(host: HostRef<&str>) -> Self {
        match host {
            HostRef::Name(name) => Host::Name(name.to_owned()),
            HostRef::V4(address) => Host::V4(address),
            HostRef::V6(address) => Host::V6(address),
        }
    }
}

impl std::str::FromStr for Host {
    type Err = Syntax;

    fn from_str(text: &str) -> Result<Self, Syntax> {
        host(text).map(Host::from)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::V4(address) => write!(f, "{address}"),
            Host::V6(address) => write!(f, "[{address}]"),
            Host::None => Ok(()),
        }
    }
}

/// `hostport` and nothing else.
pub(crate) fn host_port(text: &str) -> Result<(HostRef<&str>, Option<u16>), Syntax> {
    let (host, port, rest) = take_host_port(text)?;
    match rest.is_empty() {
        true => Ok((host, port)),
        false => Err(Syntax("text after the host")),
    }
}

/// `hostport` and the text after it.
pub(crate) fn take_host_port(text: &str) -> Result<(HostRef<&str>, Option<u16>, &str), Syntax> {
    let (name, rest) = split_host(text)?;
    let host = host(name)?;
    match rest.strip_prefix(':') {
        Some(digits) => take_port(digits).map(|(port, rest)| (host, Some(port), rest)),
        None => Ok((host, None, rest)),
    }
}

/// `sent-by` and the text after it: a `hostport` with white space around its colon.
pub(crate) fn take_sent_by(text: &str) -> Result<(HostRef<&str>, Option<u16>, &str), Syntax> {
    let (name, rest) = split_host(text)?;
    let (host, rest) = (host(name)?, grammar::trim_start(rest));
    match rest.strip_prefix(':') {
        Some(digits) => take_port(grammar::trim_start(digits)).map(|(port, rest)| (host, Some(port), rest)),
        None => Ok((host, None, rest)),
    }
}

/// Splits after what can be a host.
fn split_host(text: &str) -> Result<(&str, &str), Syntax> {
    if text.starts_with('[') {
        let end = grammar::find(text.as_bytes(), b']').ok_or(Syntax("unclosed IPv6 reference"))?;
        return Ok(text.split_at(end + 1));
    }
    Ok(grammar::take_while(text, Class::HOST))
}

fn take_port(text: &str) -> Result<(u16, &str), Syntax> {
    let (digits, rest) = grammar::take_while(text, Class::DIGIT);
    let port = grammar::number(digits).ok().and_then(|port| u16::try_from(port).ok());
    port.map(|port| (port, rest)).ok_or(Syntax("bad port"))
}

/// `host`. Beyond the grammar, names may hold underscores, as container platforms make them.
pub(crate) fn host(text: &str) -> Result<HostRef<&str>, Syntax> {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or(Syntax("unclosed IPv6 reference"))?;
        return ipv6(inner).map(HostRef::V6);
    }
    if text.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && let Ok(address) = text.parse()
    {
        return Ok(HostRef::V4(address));
    }
    name(text)
}

/// Reads an IPv6 address without brackets. A third colon in front of an embedded IPv4 address is what the
/// grammar of RFC 3261 literally produces; RFC 5118 §4.10 wants it tolerated.
pub(crate) fn ipv6(text: &str) -> Result<Ipv6Addr, Syntax> {
    let parsed = text.parse().or_else(|error| match text.contains(":::") {
        true => text.replacen(":::", "::", 1).parse(),
        false => Err(error),
    });
    parsed.map_err(|_| Syntax("bad IPv6 address"))
}

/// `hostname`: labels of letters, digits and hyphens; the last one starts with a letter, so that a wrong IPv4
/// address is no name.
fn name(text: &str) -> Result<HostRef<&str>, Syntax> {
    const BAD: Syntax = Syntax("bad host");
    let labels = text.strip_suffix('.').unwrap_or(text).as_bytes();
    // `before` is a dot at the start of each label; `first` is the first octet of the last label so far.
    let (mut before, mut first) = (b'.', 0);
    for &octet in labels {
        match octet {
            b'.' if matches!(before, b'.' | b'-') => return Err(BAD),
            b'.' => {}
            b'-' if before == b'.' => return Err(BAD),
            _ if !Class::LABEL.has(octet) => return Err(BAD),
            _ if before == b'.' => first = octet,
            _ => {}
        }
        before = octet;
    }
    let starts_well = first.is_ascii_alphabetic() || first == b'_';
    match starts_well && !matches!(before, b'.' | b'-') {
        true => Ok(HostRef::Name(text)),
        false => Err(BAD),
    }
}
