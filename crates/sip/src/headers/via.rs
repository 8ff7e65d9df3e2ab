//! Via (RFC 3261 §20.42), with `rport` (RFC 3581).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::params::{Params, Style, scan};
use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;
use crate::uri::{self, Host, HostRef};

/// The transport of a Via.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// `UDP`
    Udp,
    /// `TCP`
    Tcp,
    /// `TLS`
    Tls,
    /// `SCTP`
    Sctp,
    /// `WS` (RFC 7118)
    Ws,
    /// `WSS` (RFC 7118)
    Wss,
    /// Any other, as written.
    Other(String),
}

/// One Via value: a hop that the request took, and where its responses go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Via {
    /// Transport that the request was sent over.
    pub transport: Transport,
    /// Host of `sent-by`.
    pub host: Host,
    /// Port of `sent-by`, when written.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and all others, in order.
    pub params: Params,
}

/// What a branch of RFC 3261 starts with (§8.1.1.7).
const MAGIC_COOKIE: &str = "z9hG4bK";

impl Via {
    /// A Via of our own with a branch.
    #[must_use]
    pub fn new(transport: Transport, host: Host, port: Option<u16>, branch: &str) -> Self {
        let mut params = Params::default();
        params.set("branch", Some(branch));
        Via { transport, host, port, params }
    }

    /// The branch as written.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch").flatten()
    }

    /// The branch when it identifies a transaction: the magic cookie, compared without regard to case, and
    /// something behind it (§17.2.3). Otherwise RFC 2543 matching applies.
    #[must_use]
    pub fn unique_branch(&self) -> Option<&str> {
        self.branch().filter(|branch| {
            branch.len() > MAGIC_COOKIE.len()
                && branch.get(..MAGIC_COOKIE.len()).is_some_and(|c| c.eq_ignore_ascii_case(MAGIC_COOKIE))
        })
    }

    /// The address that the request was seen to come from; IPv6 with or without brackets (RFC 5118 §4.5).
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        let text = self.params.get("received").flatten()?;
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        inner.parse().ok().or_else(|| uri::ipv6(inner).ok().map(IpAddr::V6))
    }

    /// `rport`: `Some(None)` when asked for, `Some(Some(port))` when filled in (RFC 3581 §3, §4).
    #[must_use]
    pub fn rport(&self) -> Option<Option<u16>> {
        match self.params.get("rport")? {
            Some(digits) => digits.parse().ok().map(Some),
            None => Some(None),
        }
    }

    /// Notes where the request came from (RFC 3261 §18.2.1, RFC 3581 §4): fills `rport` when it was asked
    /// for, and sets `received` when it is needed for that or differs from `sent-by`.
    pub fn note_source(&mut self, address: IpAddr, port: u16) {
        let asked = self.params.contains("rport");
        if asked {
            self.params.set("rport", Some(&port.to_string()));
        }
        if asked || self.host.ip() != Some(address) {
            self.params.set("received", Some(&address.to_string()));
        }
    }
}

impl FromStr for Via {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        Pieces::read(value)?.to_via()
    }
}

impl Transport {
    fn from_token(token: &str) -> Self {
        if token == "UDP" {
            return Transport::Udp; // what nearly every Via says
        }
        let known =
            [Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Sctp, Transport::Ws, Transport::Wss];
        let same = |transport: &Transport| transport.token().eq_ignore_ascii_case(token);
        known.into_iter().find(same).unwrap_or_else(|| Transport::Other(token.to_owned()))
    }

    /// The token as sent.
    #[must_use]
    pub fn token(&self) -> &str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Sctp => "SCTP",
            Transport::Ws => "WS",
            Transport::Wss => "WSS",
            Transport::Other(token) => token,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}

/// The pieces of a Via whose grammar is checked throughout, without copying them.
pub(crate) fn check(value: &str) -> Result<Pieces<&str>, Syntax> {
    let pieces = Pieces::read(value)?;
    scan(pieces.params, Style::Strict, |_, _| ())?;
    Ok(pieces)
}

/// The value cut up, its parameters still unread; `T` is a piece's text or where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pieces<T> {
    transport: T,
    host: HostRef<T>,
    port: Option<u16>,
    params: T,
}

impl<T: Copy> Pieces<T> {
    /// The same pieces in another form; `None` if one has none.
    #[inline]
    pub(super) fn try_map<U>(&self, change: impl Fn(T) -> Option<U>) -> Option<Pieces<U>> {
        Some(Pieces {
            transport: change(self.transport)?,
            host: self.host.try_map(&change)?,
            port: self.port,
            params: change(self.params)?,
        })
    }
}

impl<'a> Pieces<&'a str> {
    pub(super) fn to_via(self) -> Result<Via, Syntax> {
        Ok(Via {
            transport: Transport::from_token(self.transport),
            host: self.host.into(),
            port: self.port,
            params: Params::read(self.params, Style::Strict)?,
        })
    }

    /// `sent-protocol LWS sent-by *( SEMI via-params )`; white space may surround every separator.
    fn read(value: &'a str) -> Result<Self, Syntax> {
        let rest = protocol(value)?;
        let (transport, rest) = grammar::take_while(grammar::trim_start(rest), Class::TOKEN);
        let sent_by = grammar::trim_start(rest);
        if transport.is_empty() || sent_by.len() == rest.len() {
            return Err(Syntax("no transport and host"));
        }
        let (host, port, params) = uri::take_sent_by(sent_by)?;
        Ok(Pieces { transport, host, port, params })
    }
}

/// What follows `"SIP" SLASH "2.0" SLASH`.
fn protocol(value: &str) -> Result<&str, Syntax> {
    if let Some(rest) = value.strip_prefix("SIP/2.0/") {
        return Ok(rest);
    }
    let (name, rest) = protocol_part(value)?;
    let (version, rest) = protocol_part(rest)?;
    match name.eq_ignore_ascii_case("SIP") && version == "2.0" {
        true => Ok(rest),
        false => Err(Syntax("not SIP/2.0")),
    }
}

/// `token SLASH`.
fn protocol_part(text: &str) -> Result<(&str, &str), Syntax> {
    let (token, rest) = grammar::cut(text, b'/').ok_or(Syntax("no protocol"))?;
    Ok((grammar::trim(token), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Via {
        value.parse().unwrap_or_else(|why| panic!("{value}: {why}"))
    }

    #[test]
    fn white_space_may_surround_every_separator() {
        let via = parse("SIP  /   2.0 / udp \t 192.0.2.2 : 5070 ; branch = z9hG4bKx");
        assert_eq!(via.to_string(), "SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bKx");
    }

    #[test]
    fn a_branch_needs_more_than_the_cookie() {
        assert_eq!(parse("SIP/2.0/UDP h;branch=z9hG4bK").unique_branch(), None);
        assert_eq!(parse("SIP/2.0/UDP h;branch=390skd").unique_branch(), None);
        assert_eq!(parse("SIP/2.0/UDP h;branch=Z9hg4BK1").unique_branch(), Some("Z9hg4BK1"));
        assert_eq!(parse("SIP/2.0/UDP h").branch(), None);
    }

    #[test]
    fn received_is_read_with_and_without_brackets() {
        let address: IpAddr = "2001:db8::9:255".parse().expect("an address");
        assert_eq!(parse("SIP/2.0/UDP [::1];received=[2001:db8::9:255]").received(), Some(address));
        assert_eq!(parse("SIP/2.0/UDP [::1];received=2001:db8::9:255").received(), Some(address));
        assert_eq!(parse("SIP/2.0/UDP h;received=nonsense").received(), None);
    }

    #[test]
    fn the_source_is_noted_as_rfc_3581_asks() {
        let source: IpAddr = "198.51.100.7".parse().expect("an address");
        let noted = |value: &str| {
            let mut via = parse(value);
            via.note_source(source, 4000);
            via.to_string()
        };
        assert_eq!(
            noted("SIP/2.0/UDP 10.1.1.1:5060;rport;branch=z9hG4bK1"),
            "SIP/2.0/UDP 10.1.1.1:5060;rport=4000;branch=z9hG4bK1;received=198.51.100.7"
        );
        assert_eq!(noted("SIP/2.0/UDP 198.51.100.7"), "SIP/2.0/UDP 198.51.100.7");
        assert_eq!(noted("SIP/2.0/UDP name"), "SIP/2.0/UDP name;received=198.51.100.7");
    }

    #[test]
    fn rport_is_asked_for_or_filled() {
        assert_eq!(parse("SIP/2.0/UDP h").rport(), None);
        assert_eq!(parse("SIP/2.0/UDP h;rport").rport(), Some(None));
        assert_eq!(parse("SIP/2.0/UDP h;rport=9").rport(), Some(Some(9)));
        assert_eq!(parse("SIP/2.0/UDP h;rport=99999").rport(), None);
    }

    #[test]
    fn broken_vias_are_refused() {
        for bad in
            ["", "SIP/2.0/UDP", "SIP/2.0/UDP ;branch=1", "SIP/3.0/UDP h", "SIP/2.0 h", "SIP/2.0/UDP h;;"]
        {
            assert!(bad.parse::<Via>().is_err(), "{bad}");
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
