//! `vireo.toml`: what a gateway is started with, checked as a whole before anything starts.
//!
//! Unknown names are mistakes, every mistake carries its line and column, and a misspelt name is told
//! the right one. Relative folders are taken from the file's own folder. Start at [`Config::load`];
//! [`EXAMPLE`] shows every setting.

mod error;
mod trunk;

use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

pub(crate) use error::ConfigError;
pub(crate) use trunk::Trunk;

/// Every setting with its default; `vireo run --help` shows it.
pub(crate) const EXAMPLE: &str = include_str!("config/example.toml");

/// A whole `vireo.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The folder that holds `dialplans/` and `media/`.
    pub(crate) service: PathBuf,
    /// The folder for what the gateway keeps: the cache of encoded prompts.
    pub(crate) data: PathBuf,
    /// A PostgreSQL server that keeps accounts, figures and the audit, in place of a file in `data`.
    #[serde(default)]
    database: Option<ServerUrl>,
    /// What is saved in the service's folder is checked and goes live.
    #[serde(default)]
    pub(crate) watch: bool,
    /// Signalling.
    #[serde(default)]
    pub(crate) sip: Sip,
    /// Media.
    #[serde(default)]
    pub(crate) rtp: Rtp,
    /// The web side.
    #[serde(default)]
    pub(crate) http: Http,
    /// Calls of browsers.
    #[serde(default)]
    pub(crate) webrtc: Webrtc,
    /// Gateways that 3G phones come through.
    #[serde(default, rename = "trunk")]
    pub(crate) trunks: Vec<Trunk>,
    /// Bounds.
    #[serde(default)]
    pub(crate) limits: Limits,
}

/// The URL of a PostgreSQL server.
#[derive(Clone, Debug)]
struct ServerUrl(String);

impl<'de> Deserialize<'de> for ServerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(ServerUrl(text));
        }
        // What it says may hold a password.
        Err(de::Error::custom(
            "this is no PostgreSQL server; write for example postgres://vireo@db.example.org/vireo",
        ))
    }
}

/// `[sip]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sip {
    listen: Spanned<Vec<SocketAddr>>,
    /// What Via and Contact name instead of the bound address.
    pub(crate) advertise: Option<Advertise>,
}

/// `[rtp]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rtp {
    /// UDP ports of RTP (even) and RTCP (odd).
    pub(crate) ports: PortRange,
    /// What SDP names instead of the bound address.
    pub(crate) address: Option<IpAddr>,
}

/// `[http]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    /// The address of the web side.
    pub(crate) listen: SocketAddr,
    /// HTTPS by a certificate that the gateway signs itself.
    pub(crate) https: bool,
}

/// `[webrtc]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Webrtc {
    ice_servers: Vec<IceServer>,
}

/// One of `ice_servers`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IceServer {
    urls: Vec<IceUrl>,
    #[serde(default)]
    username: String,
    #[serde(default)]
    credential: String,
}

/// A URI of RFC 7064 or RFC 7065.
#[derive(Clone, Debug)]
struct IceUrl(String);

impl<'de> Deserialize<'de> for IceUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let host = ["stun:", "stuns:", "turn:", "turns:"].iter().find_map(|scheme| text.strip_prefix(scheme));
        match host {
            Some(host) if !host.is_empty() => Ok(IceUrl(text)),
            _ => Err(de::Error::custom(format!(
                "`{text}` is no STUN or TURN server; write for example stun:stun.example.org:3478"
            ))),
        }
    }
}

impl Webrtc {
    /// STUN and TURN servers for the gateway and the pages.
    pub(crate) fn ice_servers(&self) -> Vec<gateway::webrtc::IceServer> {
        let server = |server: &IceServer| gateway::webrtc::IceServer {
            urls: server.urls.iter().map(|url| url.0.clone()).collect(),
            username: server.username.clone(),
            credential: server.credential.clone(),
        };
        self.ice_servers.iter().map(server).collect()
    }
}

/// `[limits]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    calls: Spanned<u32>,
}

impl Default for Sip {
    fn default() -> Self {
        let listen = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 5060))];
        Sip { listen: Spanned::new(0..0, listen), advertise: None }
    }
}

impl Default for Rtp {
    fn default() -> Self {
        Rtp { ports: PortRange::DEFAULT, address: None }
    }
}

impl Default for Http {
    fn default() -> Self {
        Http { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)), https: false }
    }
}

/// Calls at once when nothing is configured.
const CALLS: u32 = 2_000;

impl Default for Limits {
    fn default() -> Self {
        Limits { calls: Spanned::new(0..0, CALLS) }
    }
}

impl Sip {
    /// Local addresses, each with a socket of its own; at least one, all different.
    pub(crate) fn listen(&self) -> &[SocketAddr] {
        self.listen.get_ref()
    }

    /// `HOST:PORT` that stands in Via and Contact of what leaves by `bound`; none for `bound` itself.
    pub(crate) fn advertised(&self, bound: SocketAddr) -> Option<String> {
        let Advertise { host, port } = self.advertise.as_ref()?;
        Some(format!("{host}:{}", port.unwrap_or(bound.port())))
    }
}

impl Limits {
    /// Calls at once, more are refused; at least 1.
    pub(crate) fn calls(&self) -> usize {
        *self.calls.get_ref() as usize
    }
}

impl Config {
    /// Where accounts, figures and the audit are kept.
    pub(crate) fn database(&self) -> store::Place {
        match &self.database {
            Some(ServerUrl(url)) => store::Place::Server(url.clone()),
            None => crate::service::database(&self.data),
        }
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// What cannot be read, or the first mistake with its place.
    pub(crate) fn load(path: &Path) -> Result<Config, ConfigError> {
        let text =
            fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config = Config::parse(&path.display().to_string(), &text)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.service = folder.join(config.service);
        config.data = folder.join(config.data);
        Ok(config)
    }

    /// Checks a text; `name` stands in front of the mistakes.
    fn parse(name: &str, text: &str) -> Result<Config, ConfigError> {
        let config: Config =
            toml::from_str(text).map_err(|error| ConfigError::from_toml(name, text, &error))?;
        match config.contradiction() {
            None => Ok(config),
            Some((span, what, help)) => {
                // A setting that is not written down has no place; its section's absence is told at 1:1.
                Err(ConfigError::mistake(name, text, span.start, what, Some(help)))
            }
        }
    }

    /// What each setting allows alone and all together do not: where, what, and what to do.
    fn contradiction(&self) -> Option<(std::ops::Range<usize>, String, String)> {
        let listen = self.sip.listen();
        let span = self.sip.listen.span();
        if listen.is_empty() {
            let what = "no address to listen on".to_owned();
            return Some((span, what, "write for example `listen = [\"192.0.2.10:5060\"]`".to_owned()));
        }
        if let Some((_, twice)) = listen.iter().enumerate().find(|(at, one)| listen[..*at].contains(one)) {
            return Some((span, format!("{twice} is listed twice"), "remove one of them".to_owned()));
        }
        if !listen.iter().all(SocketAddr::is_ipv4) && !listen.iter().all(SocketAddr::is_ipv6) {
            let what = "IPv4 and IPv6 addresses in one gateway are not served yet".to_owned();
            return Some((span, what, "run one gateway for each".to_owned()));
        }
        let wildcard = listen.iter().find(|address| address.ip().is_unspecified());
        if let Some(wildcard) = wildcard
            && (self.sip.advertise.is_none() || self.rtp.address.is_none())
        {
            let what = format!("{wildcard} means every address, so peers cannot be told where to answer");
            let help = "listen on one address, or set both `advertise` under [sip] and `address` under [rtp]";
            return Some((span, what, help.to_owned()));
        }
        if *self.limits.calls.get_ref() == 0 {
            let help = "at least 1; leave it out for the default".to_owned();
            return Some((self.limits.calls.span(), "a gateway for 0 calls".to_owned(), help));
        }
        None
    }
}

/// `HOST` or `HOST:PORT` as peers are told it; the host is a name or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Advertise {
    host: String,
    port: Option<u16>,
}

impl FromStr for Advertise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Advertise { host: bracketed(address.ip()), port: Some(address.port()) });
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Advertise { host: bracketed(address), port: None });
        }
        let (host, port) = match text.split_once(':') {
            None => (text, None),
            Some((host, port)) => {
                let port = port.parse().map_err(|_| format!("`{port}` is no port number"))?;
                (host, Some(port))
            }
        };
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if host.is_empty() || !host.chars().all(in_name) {
            return Err(format!("`{text}` is no host or address, with or without a port"));
        }
        Ok(Advertise { host: host.to_owned(), port })
    }
}

/// IPv6 addresses stand in brackets in URIs (RFC 3261 §25.1, IPv6reference).
fn bracketed(address: IpAddr) -> String {
    if address.is_ipv6() { format!("[{address}]") } else { address.to_string() }
}

impl<'de> Deserialize<'de> for Advertise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// `FIRST-LAST`, both of them included; holds at least one even port with its odd neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// 20000-29999.
    pub(crate) const DEFAULT: PortRange = PortRange { first: 20_000, last: 29_999 };

    /// As a range of numbers.
    pub(crate) fn range(self) -> RangeInclusive<u16> {
        self.first..=self.last
    }
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no port range; write for example 20000-29999");
        let (first, last) = text.split_once('-').ok_or_else(wrong)?;
        let port = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
        let (first, last) = (port(first)?, port(last)?);
        if first == 0 {
            return Err("port 0 cannot be used".to_owned());
        }
        // An even port and the one above it (RFC 3550 §11).
        if first > last || first + first % 2 >= last {
            return Err(format!("{first}-{last} holds no even port with the odd one above it"));
        }
        Ok(PortRange { first, last })
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl<'de> Deserialize<'de> for PortRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "service = \"s\"\ndata = \"d\"\n";

    fn parse(rest: &str) -> Result<Config, String> {
        Config::parse("vireo.toml", &format!("{HEAD}{rest}")).map_err(|error| error.to_string())
    }

    /// The error of `rest` begins with its place (line 1 is the first of `rest`) and holds `words`.
    fn check_error(rest: &str, line: usize, column: usize, words: &[&str]) {
        let error = parse(rest).expect_err(rest);
        let place = format!("vireo.toml:{}:{column}: ", line + 2);
        assert!(error.starts_with(&place), "{place} expected in front of: {error}");
        words.iter().for_each(|word| assert!(error.contains(word), "{word} expected in: {error}"));
    }

    #[test]
    fn two_folders_are_enough() {
        let config = parse("").expect("all else has defaults");
        assert_eq!(config.sip.listen(), ["127.0.0.1:5060".parse::<SocketAddr>().unwrap()]);
        assert_eq!(config.rtp.ports.range(), 20_000..=29_999);
        assert_eq!(config.http.listen, "127.0.0.1:8080".parse::<SocketAddr>().unwrap());
        assert!(!config.http.https && !config.watch);
        assert_eq!(config.limits.calls(), 2_000);
        assert_eq!(config.sip.advertised(config.sip.listen()[0]), None);
    }

    #[test]
    fn the_example_is_valid_and_shows_the_defaults() {
        let example = Config::parse("example.toml", EXAMPLE).expect("the example is valid");
        let default = parse("").expect("all else has defaults");
        assert_eq!(example.rtp.ports, default.rtp.ports);
        assert_eq!(example.http.listen, default.http.listen);
        assert_eq!((example.http.https, example.watch), (default.http.https, default.watch));
        assert_eq!(example.limits.calls(), default.limits.calls());
    }

    #[test]
    fn servers_of_ice_are_read_with_their_passwords() {
        let config = parse(
            "[webrtc]\nice_servers = [{ urls = [\"stun:a:3478\"] }, \
             { urls = [\"turn:b\"], username = \"u\", credential = \"c\" }]",
        );
        let servers = config.expect("it is valid").webrtc.ice_servers();
        assert_eq!(servers[0].urls, ["stun:a:3478"]);
        assert_eq!((servers[1].username.as_str(), servers[1].credential.as_str()), ("u", "c"));
    }

    #[test]
    fn trunks_of_3g_phones_are_read_and_their_mistakes_told() {
        let config = parse(
            "[[trunk]]\naddresses = [\"192.0.2.0/24\"]\nearly_circuit = true\nbit_order = \"lsb\"\n\
             [[trunk]]\naddresses = [\"::1\"]\ncircuits_out = true",
        );
        let trunks: Vec<_> = config.expect("it is valid").trunks.iter().map(Trunk::settings).collect();
        assert!(trunks[0].early_circuit && !trunks[1].early_circuit);
        assert!(trunks[1].circuits_out && !trunks[0].circuits_out);
        assert_eq!(trunks[0].bit_order, Some(gateway::BitOrder::Lsb));
        assert!(trunks[0].networks[0].contains("192.0.2.9".parse().unwrap()));
        let error = parse("[[trunk]]\naddresses = [\"example.org\"]").expect_err("names are not looked up");
        assert!(error.to_string().contains("192.0.2.0/24"), "{error}");
    }

    #[test]
    fn folders_are_taken_from_the_files_own() {
        let dir = std::env::temp_dir().join(format!("vireo-config-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a folder for temporary files");
        let file = dir.join("vireo.toml");
        fs::write(&file, "service = \"hotline\"\ndata = \"/var/lib/vireo\"\n").expect("it can be written");
        let config = Config::load(&file).expect("it is valid");
        fs::remove_dir_all(&dir).expect("it is ours");
        assert_eq!(config.service, dir.join("hotline"));
        assert_eq!(config.data, Path::new("/var/lib/vireo"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Config::load(Path::new("no/vireo.toml")).expect_err("it is not there");
        assert!(error.to_string().contains("no/vireo.toml"), "{error}");
    }

    #[test]
    fn a_misspelt_name_is_told_the_right_one() {
        check_error("[rtp]\nprots = \"1-2\"", 2, 1, &["unknown", "`prots`", "did you mean `ports`?"]);
        check_error("[spi]\nlisten = []", 1, 2, &["`spi`", "did you mean `sip`?"]);
        check_error("[limits]\ncolour = 3", 2, 1, &["`colour`", "known here: `calls`"]);
    }

    #[test]
    fn a_missing_folder_is_told() {
        let error = Config::parse("vireo.toml", "service = \"s\"\n").expect_err("`data` is missing");
        assert!(error.to_string().starts_with("vireo.toml:1:1: "), "{error}");
        assert!(error.to_string().contains("`data`"), "{error}");
    }

    #[test]
    fn values_are_checked_where_they_stand() {
        check_error("[sip]\nlisten = [\"127.0.0.1:5060\", \"here\"]", 2, 29, &["address"]);
        check_error("[rtp]\nports = \"20000\"", 2, 9, &["20000-29999"]);
        check_error("[rtp]\naddress = \"10.0.0\"", 2, 11, &["address"]);
        check_error("[http]\nlisten = 8080", 2, 10, &["8080"]);
        check_error("[limits]\ncalls = -1", 2, 9, &["-1"]);
        check_error("[sip]\nadvertise = \"a b\"", 2, 13, &["a b"]);
        let odd = "[webrtc]\nice_servers = [{ urls = [\"http://a\"] }]";
        check_error(odd, 2, 25, &["http://a", "stun:stun.example.org:3478"]);
        check_error("[sip\n", 1, 5, &["sip"]);
    }

    #[test]
    fn the_line_is_quoted_with_a_mark_under_the_place() {
        let error = parse("[rtp]\nports = \"20000\"").expect_err("no range");
        let quoted: Vec<&str> = error.lines().skip(1).take(2).collect();
        assert_eq!(quoted, ["    ports = \"20000\"", "            ^"], "{error}");
    }

    #[test]
    fn columns_count_characters() {
        check_error("[sip]\nlisten = [\"例\", 5]", 2, 11, &[]);
        check_error("[\"例\"]\n", 1, 2, &["例"]);
    }

    #[test]
    fn settings_that_contradict_each_other_are_told() {
        check_error("[sip]\nlisten = []", 2, 10, &["no address"]);
        check_error("[sip]\nlisten = [\"127.0.0.1:1\", \"127.0.0.1:1\"]", 2, 10, &["twice"]);
        check_error(
            "[sip]\nlisten = [\"0.0.0.0:5060\"]",
            2,
            10,
            &["every address", "`advertise`", "`address`"],
        );
        check_error("[sip]\nlisten = [\"127.0.0.1:1\", \"[::1]:1\"]", 2, 10, &["IPv4 and IPv6"]);
        check_error("[limits]\ncalls = 0", 2, 9, &["0 calls"]);
        let told =
            "[sip]\nlisten = [\"0.0.0.0:5060\"]\nadvertise = \"192.0.2.1\"\n[rtp]\naddress = \"192.0.2.1\"";
        assert!(parse(told).is_ok());
    }

    #[test]
    fn what_is_advertised_takes_the_sockets_port_unless_it_has_one() {
        let bound: SocketAddr = "10.0.0.1:5070".parse().unwrap();
        for (text, told) in [
            ("sip.example.com", "sip.example.com:5070"),
            ("192.0.2.1:5060", "192.0.2.1:5060"),
            ("2001:db8::1", "[2001:db8::1]:5070"),
            ("[2001:db8::1]:5060", "[2001:db8::1]:5060"),
        ] {
            let config = parse(&format!("[sip]\nadvertise = \"{text}\"")).expect(text);
            assert_eq!(config.sip.advertised(bound).as_deref(), Some(told));
        }
    }

    #[test]
    fn a_port_range_holds_a_pair() {
        for good in ["20000-29999", "20000 - 20001", "20001-20003", "65534-65535"] {
            assert!(good.parse::<PortRange>().is_ok(), "{good}");
        }
        for bad in ["", "20000", "0-9", "3-2", "20000-20000", "20001-20002", "20000-70000", "a-b"] {
            assert!(bad.parse::<PortRange>().is_err(), "{bad}");
        }
        assert_eq!(PortRange::DEFAULT.to_string().parse(), Ok(PortRange::DEFAULT));
    }
}
