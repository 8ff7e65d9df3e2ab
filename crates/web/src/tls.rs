//! HTTPS by a certificate that the gateway signs itself.
//!
//! Browsers give cameras to pages of this machine or of HTTPS only. The certificate is kept, so that the
//! exception which a person has made for it lasts; it is made anew when it nears its end or when the
//! machine has an address that it does not name. Start at [`Certificate::open`].

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::limits;

/// Why there is no HTTPS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// No certificate can be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// The kept certificate is of no use.
    #[error("the certificate in {path} cannot be used: {error}; remove that folder")]
    Unusable {
        /// Its folder.
        path: PathBuf,
        /// Why.
        error: rustls::Error,
    },
}

/// A certificate with its key.
pub struct Certificate {
    /// The certificate alone (PEM), which a client may be given as its trust root.
    pub path: PathBuf,
    config: Arc<ServerConfig>,
}

/// What a kept certificate is good for; a file beside it, so that nothing has to be read out of ASN.1.
#[derive(Debug, PartialEq, Eq)]
struct Note {
    /// Days since 1970.
    ends: u64,
    names: BTreeSet<String>,
}

impl Certificate {
    /// Takes the certificate kept in `folder`, or makes one that names `addresses`, `localhost` and the
    /// loopback addresses. `wall` is the time since 1970.
    ///
    /// # Errors
    /// [`TlsError`], which names the file.
    pub fn open(folder: &Path, addresses: &[IpAddr], wall: Duration) -> Result<Certificate, TlsError> {
        let today = wall.as_secs() / 86_400;
        let wanted = names(addresses);
        let [path, key, note] = ["certificate.pem", "key.pem", "names.txt"].map(|name| folder.join(name));
        let kept = fs::read_to_string(&note).ok().and_then(|text| Note::read(&text));
        let good = |kept: &Note| {
            kept.ends >= today + limits::CERTIFICATE_DAYS_LEFT_MIN && kept.names.is_superset(&wanted)
        };
        if !(kept.as_ref().is_some_and(good) && path.is_file() && key.is_file()) {
            // Addresses that come and go, as those of a notebook, stay named.
            let mut names: BTreeSet<String> = kept.map(|kept| kept.names).unwrap_or_default();
            names.extend(wanted.iter().cloned());
            let names = if names.len() > limits::CERTIFICATE_NAMES_MAX { wanted } else { names };
            make(folder, today, names)?;
        }
        let config = server_config(&path, &key)?;
        Ok(Certificate { path, config: Arc::new(config) })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

impl Note {
    fn read(text: &str) -> Option<Note> {
        let mut lines = text.lines();
        let ends = lines.next()?.strip_prefix("ends on day ")?.parse().ok()?;
        Some(Note { ends, names: lines.map(str::to_owned).collect() })
    }

    fn print(&self) -> String {
        let names: String = self.names.iter().map(|name| format!("{name}\n")).collect();
        format!("ends on day {}\n{names}", self.ends)
    }
}

fn names(addresses: &[IpAddr]) -> BTreeSet<String> {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    own.into_iter()
        .chain(addresses.iter().map(ToString::to_string))
        .take(limits::CERTIFICATE_NAMES_MAX)
        .collect()
}

fn make(folder: &Path, today: u64, names: BTreeSet<String>) -> Result<(), TlsError> {
    let mut params = CertificateParams::default();
    params.subject_alt_names = names.iter().map(|name| alt_name(name)).collect::<Result<_, _>>()?;
    params.distinguished_name.push(DnType::CommonName, "Vireo on this machine");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let ends = today + limits::CERTIFICATE_DAYS;
    // A day early: the clock of the browser's machine may be behind.
    for (bound, day) in [(&mut params.not_before, today.saturating_sub(1)), (&mut params.not_after, ends)] {
        let (year, month, day) = date(day);
        *bound = rcgen::date_time_ymd(year, month, day);
    }
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let built = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    built.map_err(|error| TlsError::File { path: folder.to_owned(), error })?;
    // The note goes last: without it the others are made again.
    let note = Note { ends, names };
    write(&folder.join("key.pem"), &key.serialize_pem())?;
    write(&folder.join("certificate.pem"), &certificate.pem())?;
    write(&folder.join("names.txt"), &note.print())
}

fn alt_name(name: &str) -> Result<SanType, rcgen::Error> {
    match name.parse() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => Ok(SanType::DnsName(name.try_into()?)),
    }
}

/// Writes a file that nobody else may read, whole or not at all.
fn write(path: &Path, text: &str) -> Result<(), TlsError> {
    let failed = |error| TlsError::File { path: path.to_owned(), error };
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    fs::rename(&fresh, path).map_err(failed)
}

fn server_config(path: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let unreadable = |path: &Path, error: rustls::pki_types::pem::Error| TlsError::File {
        path: path.to_owned(),
        error: io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
    };
    let certificate = CertificateDer::from_pem_file(path).map_err(|error| unreadable(path, error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error))?;
    let unusable = |error| TlsError::Unusable { path: path.parent().unwrap_or(path).to_owned(), error };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], secret)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Year, month and day of a day counted from 1970-01-01, by the calendar's cycle of 400 years.
fn date(day: u64) -> (i32, u8, u8) {
    const CYCLE: u64 = 146_097;
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970 + day / CYCLE * 400;
    let mut left = day % CYCLE;
    loop {
        let days = if leap(year) { 366 } else { 365 };
        if left < days {
            break;
        }
        left -= days;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    (year as i32, month, left as u8 + 1)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            Folder(std::env::temp_dir().join(format!("vireo-tls-{name}-{}", std::process::id())))
        }

        fn open(&self, addresses: &[&str], day: u32) -> Vec<u8> {
            let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
            fs::read(Certificate::open(&self.0, &addresses, DAY * day).unwrap().path).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_certificate_lasts_until_it_ends_or_an_address_is_new() {
        let folder = Folder::new("lasts");
        let first = folder.open(&["192.0.2.7"], 20_000);
        assert_eq!(folder.open(&["192.0.2.7"], 20_300), first);
        assert_eq!(folder.open(&[], 20_300), first, "an address that has gone is no reason");
        let second = folder.open(&["192.0.2.7", "2001:db8::7"], 20_300);
        assert_ne!(second, first);
        assert_eq!(folder.open(&["192.0.2.7"], 20_301), second);
        assert_ne!(folder.open(&["192.0.2.7"], 20_690), second, "it is about to end");
    }

    #[test]
    fn the_key_is_for_the_owner_alone() {
        let folder = Folder::new("key");
        folder.open(&[], 20_000);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder.0), mode(&folder.0.join("key.pem"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 3);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = Folder::new("damaged");
        folder.open(&[], 20_000);
        fs::write(folder.0.join("key.pem"), "no key").unwrap();
        let Err(error) = Certificate::open(&folder.0, &[], DAY * 20_000) else { panic!("it is damaged") };
        assert!(error.to_string().contains("key.pem"), "{error}");
    }

    #[test]
    fn days_are_dates() {
        let known = [(0, (1970, 1, 1)), (59, (1970, 3, 1)), (789, (1972, 2, 29)), (11_016, (2000, 2, 29))];
        for (day, want) in known {
            assert_eq!(date(day), want, "{day}");
        }
        assert_eq!(date(20_454), (2026, 1, 1));
        assert_eq!(date(20_453), (2025, 12, 31));
        assert_eq!(date(47_541), (2100, 3, 1));
    }
}
