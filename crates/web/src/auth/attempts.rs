//! How often a password may be tried: by name and address together, by name, and by address.
//!
//! Whoever fails more often waits, twice as long each time. That a name alone waits only after many failures keeps a
//! stranger from locking a person out by trying their name.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::limits;

/// What is counted for itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Both(String, IpAddr),
    Name(String),
    Address(IpAddr),
}

impl Key {
    /// Failures that cost nothing.
    fn free(&self) -> u32 {
        match self {
            Key::Both(..) => 5,
            Key::Name(_) => 50,
            Key::Address(_) => 30,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Tally {
    failed: u32,
    last: Instant,
    /// Nothing is tried before.
    until: Instant,
}

/// The longest wait.
const WAIT_MAX: Duration = Duration::from_secs(300);
/// After so long without a failure all is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(900);

/// Failures that are not forgotten yet.
#[derive(Debug, Default)]
pub(crate) struct Attempts(HashMap<Key, Tally>);

impl Attempts {
    /// A password is about to be looked at; it counts as failed until [`Attempts::succeeded`], so that many at once are
    /// no way round.
    ///
    /// # Errors
    /// How long to wait first.
    pub(crate) fn begin(&mut self, name: &str, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let keys = keys(name, address);
        let waits = keys.iter().filter_map(|key| self.0.get(key));
        let wait = waits.map(|tally| tally.until.saturating_duration_since(now)).max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(wait);
        }
        if self.0.len() + keys.len() > limits::ATTEMPTS_KNOWN_MAX {
            self.0.retain(|_, tally| now.saturating_duration_since(tally.last) < FORGOTTEN_AFTER);
            if self.0.len() + keys.len() > limits::ATTEMPTS_KNOWN_MAX {
                // An attack by very many addresses: it is slowed down as a whole.
                return Err(Duration::from_secs(60));
            }
        }
        for key in keys {
            let free = key.free();
            let fresh = Tally { failed: 0, last: now, until: now };
            let tally = self.0.entry(key).or_insert(fresh);
            if now.saturating_duration_since(tally.last) >= FORGOTTEN_AFTER {
                *tally = fresh;
            }
            tally.failed += 1;
            tally.last = now;
            if let Some(over) = tally.failed.checked_sub(free) {
                tally.until = now + Duration::from_secs(1 << over.min(9)).min(WAIT_MAX);
            }
        }
        Ok(())
    }

    /// The password was right.
    pub(crate) fn succeeded(&mut self, name: &str, address: IpAddr) {
        let [both, name, address] = keys(name, address);
        self.0.remove(&both);
        // Others may be trying the same name, or from the same address, meanwhile: only this attempt is taken back.
        for key in [name, address] {
            if let Some(tally) = self.0.get_mut(&key) {
                tally.failed = tally.failed.saturating_sub(1);
            }
        }
    }
}

fn keys(name: &str, address: IpAddr) -> [Key; 3] {
    let address = network(address);
    [Key::Both(name.to_owned(), address), Key::Name(name.to_owned()), Key::Address(address)]
}

/// A household has one IPv4 address, or 2^64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn start() -> Instant {
        Instant::now()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn who_fails_waits_twice_as_long_each_time() {
        let (mut attempts, mut now, here) = (Attempts::default(), start(), ip("127.0.0.1"));
        for _ in 0..5 {
            assert_eq!(attempts.begin("anna", here, now), Ok(()));
        }
        let mut waits = Vec::new();
        for _ in 0..11 {
            let wait = attempts.begin("anna", here, now).err().unwrap_or_default();
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(attempts.begin("anna", here, now), Ok(()));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        // Others at the same place are not touched yet, nor is Anna elsewhere.
        assert_eq!(attempts.begin("bert", here, now), Ok(()));
        assert_eq!(attempts.begin("anna", ip("127.0.0.2"), now), Ok(()));
        assert!(attempts.begin("anna", here, now).is_err());
        assert_eq!(attempts.begin("anna", here, now + FORGOTTEN_AFTER), Ok(()));
        assert_eq!(attempts.begin("anna", here, now + FORGOTTEN_AFTER), Ok(()), "all is forgotten");
    }

    #[test]
    fn many_addresses_and_many_names_are_slowed_down_too() {
        let (mut attempts, now) = (Attempts::default(), start());
        let tried =
            (0..100_u8).take_while(|n| attempts.begin("anna", ip(&format!("10.0.0.{n}")), now).is_ok());
        assert_eq!(tried.count(), 50);
        let mut attempts = Attempts::default();
        let of_one_network = |n: u16| ip(&format!("2001:db8:1:1::{n:x}"));
        let tried =
            (0..100).take_while(|n| attempts.begin(&format!("n{n}"), of_one_network(*n), now).is_ok());
        assert_eq!(tried.count(), 30);
    }

    #[test]
    fn who_knows_the_password_does_not_wait() {
        let (mut attempts, now, here) = (Attempts::default(), start(), ip("127.0.0.1"));
        for _ in 0..1_000 {
            assert_eq!(attempts.begin("anna", here, now), Ok(()));
            attempts.succeeded("anna", here);
        }
    }

    #[test]
    fn memory_is_bounded_and_comes_back() {
        let (mut attempts, now) = (Attempts::default(), start());
        let address = |n: u32| IpAddr::V4((0x0a00_0000 + n).into());
        let tried = (0..u32::MAX).take_while(|n| attempts.begin(&format!("n{n}"), address(*n), now).is_ok());
        assert!(tried.count() <= limits::ATTEMPTS_KNOWN_MAX);
        assert_eq!(attempts.begin("anna", ip("127.0.0.1"), now + FORGOTTEN_AFTER), Ok(()));
    }
}
