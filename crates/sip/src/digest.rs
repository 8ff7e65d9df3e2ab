//! Digest authentication (RFC 7616, in SIP by RFC 3261 §22 and RFC 8760): whoever sends a request proves to know a
//! password without telling it.
//!
//! [`Guard`] is the side that asks. Its nonces say themselves when they were made and that it made them, so a flood of
//! requests that are never proved costs it no memory; only of nonces that served a proof it keeps the count.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::grammar;
use crate::limits;

/// How a response is made. Displays as the `algorithm` of RFC 7616 §3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RFC 8760 §2.
    Sha256,
    /// What older telephones know.
    Md5,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Md5 => "MD5",
        })
    }
}

impl Algorithm {
    /// The stronger one first.
    pub const ALL: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Md5];

    /// In lower-case hex, as responses are.
    fn hash(self, text: &str) -> String {
        match self {
            Algorithm::Sha256 => hex(&Sha256::digest(text)),
            Algorithm::Md5 => hex(&Md5::digest(text)),
        }
    }
}

/// What a response is made of, for `qop=auth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof<'a> {
    /// How.
    pub algorithm: Algorithm,
    /// Who.
    pub user: &'a str,
    /// Where; of the challenge.
    pub realm: &'a str,
    /// Of the challenge.
    pub nonce: &'a str,
    /// How often the nonce has been used, this time included: eight digits of hex.
    pub count: &'a str,
    /// The asked side's own nonce.
    pub cnonce: &'a str,
    /// Of the request.
    pub method: &'a str,
    /// `digest-uri`, as it stands in the credentials.
    pub uri: &'a str,
}

impl Proof<'_> {
    /// The response (RFC 7616 §3.4.1).
    #[must_use]
    pub fn response(&self, password: &str) -> String {
        let Proof { algorithm, user, realm, nonce, count, cnonce, method, uri } = self;
        let secret = algorithm.hash(&format!("{user}:{realm}:{password}"));
        let request = algorithm.hash(&format!("{method}:{uri}"));
        algorithm.hash(&format!("{secret}:{nonce}:{count}:{cnonce}:auth:{request}"))
    }
}

/// What is made of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It comes from this user.
    Known(String),
    /// It proves nothing yet. To be answered 401 with [`Guard::challenge`].
    Unproved {
        /// The password is right, but the nonce has served its time or this request has been seen: the telephone may try
        /// again without asking anybody for the password (RFC 7616 §3.3, `stale`).
        stale: bool,
    },
    /// A wrong password, or nobody of that name, which is not told apart. To be answered as [`Verdict::Unproved`]; who
    /// counts tries counts these.
    Wrong,
}

/// Asks for proofs and checks them.
#[derive(Debug)]
pub struct Guard {
    realm: String,
    key: [u8; 32],
    lifetime: Duration,
    /// By nonce, the highest count that served.
    used: BTreeMap<Nonce, u32>,
    /// Nonces up to this one are not remembered any more.
    forgotten: Option<Nonce>,
}

/// When a nonce was made, and which of that millisecond: in order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Nonce {
    /// Milliseconds.
    made: u64,
    seal: [u8; 16],
}

impl Guard {
    /// For one realm. `key` is random and known to nobody else; a nonce serves for `lifetime`.
    #[must_use]
    pub fn new(realm: &str, key: [u8; 32], lifetime: Duration) -> Guard {
        Guard { realm: realm.to_owned(), key, lifetime, used: BTreeMap::new(), forgotten: None }
    }

    /// Values of `WWW-Authenticate` for these algorithms, to be sent in this order, each in a field of its own (RFC 8760
    /// §2.4). `now` is any clock that never goes back.
    #[must_use]
    pub fn challenge(&self, now: Duration, stale: bool, algorithms: &[Algorithm]) -> Vec<String> {
        let nonce = self.nonce(millis(now));
        let mut realm = String::new();
        grammar::push_quoted(&mut realm, &self.realm).expect("a String takes everything");
        let stale = if stale { ", stale=true" } else { "" };
        let of = |algorithm: &Algorithm| {
            format!("Digest realm={realm}, nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
        };
        algorithms.iter().map(of).collect()
    }

    /// Looks at the values of `Authorization` in a request with this method: a proof by one of `algorithms` is one.
    /// `password` knows each user's.
    ///
    /// `digest-uri` is taken as it stands in the credentials: telephones write the Request-URI there in several ways, and a
    /// count that has served does not serve again whatever it names.
    pub fn check<'a, 'p>(
        &mut self,
        now: Duration,
        method: &str,
        credentials: impl IntoIterator<Item = &'a str>,
        algorithms: &[Algorithm],
        password: impl Fn(&str) -> Option<&'p str>,
    ) -> Verdict {
        for value in credentials {
            let Some(given) = Credentials::read(value) else { continue };
            if given.realm != self.realm {
                continue;
            }
            let proof = given.proof(method).filter(|proof| algorithms.contains(&proof.algorithm));
            let Some(proof) = proof else { return Verdict::Unproved { stale: false } };
            let known = password(&given.user);
            // Who is not known takes as long as who is.
            let right = proof.response(known.unwrap_or_default()).as_bytes().ct_eq(given.response.as_bytes());
            if known.is_none() || !bool::from(right) {
                return Verdict::Wrong;
            }
            return match self.take(now, &given) {
                true => Verdict::Known(given.user),
                false => Verdict::Unproved { stale: true },
            };
        }
        Verdict::Unproved { stale: false }
    }

    /// Whether the nonce is one of ours that is still good, and its count is new.
    fn take(&mut self, now: Duration, given: &Credentials) -> bool {
        let Some(nonce) = self.read_nonce(&given.nonce) else { return false };
        let Ok(count) = u32::from_str_radix(&given.count, 16) else { return false };
        let now = millis(now);
        let oldest = now.saturating_sub(millis(self.lifetime));
        if nonce.made > now || nonce.made < oldest || self.forgotten.is_some_and(|last| nonce <= last) {
            return false;
        }
        if self.used.get(&nonce).is_some_and(|served| *served >= count) || count == 0 {
            return false;
        }
        self.used.insert(nonce, count);
        // What has served its time is refused by that alone; beyond the limit the oldest are refused from now on.
        self.used.retain(|nonce, _| nonce.made >= oldest);
        while self.used.len() > limits::NONCES_MAX {
            self.forgotten = self.used.pop_first().map(|(nonce, _)| nonce);
        }
        true
    }

    fn nonce(&self, made: u64) -> String {
        format!("{made:016x}{}", hex(&self.seal(made)))
    }

    fn read_nonce(&self, text: &str) -> Option<Nonce> {
        let (made, seal) = text.split_at_checked(16)?;
        let made = u64::from_str_radix(made, 16).ok()?;
        let own = self.seal(made);
        bool::from(hex(&own).as_bytes().ct_eq(seal.as_bytes())).then_some(Nonce { made, seal: own })
    }

    /// That this guard made a nonce at that time.
    fn seal(&self, made: u64) -> [u8; 16] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length will do");
        mac.update(&made.to_be_bytes());
        mac.update(self.realm.as_bytes());
        let sealed = mac.finalize().into_bytes();
        std::array::from_fn(|at| sealed[at])
    }
}

/// What `Authorization` says (RFC 7616 §3.4).
#[derive(Debug, Default)]
struct Credentials {
    user: String,
    realm: String,
    nonce: String,
    uri: String,
    response: String,
    algorithm: Option<String>,
    cnonce: String,
    count: String,
    qop: String,
}

impl Credentials {
    /// `None` for another scheme, and for what cannot be read.
    fn read(value: &str) -> Option<Credentials> {
        let (scheme, rest) = grammar::trim(value).split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("digest") || value.len() > limits::CREDENTIALS_LEN_MAX {
            return None;
        }
        let mut given = Credentials::default();
        for part in grammar::split_list(rest) {
            let (name, value) = part.split_once('=')?;
            let value = grammar::unquote(grammar::trim(value)).into_owned();
            match grammar::trim(name).to_ascii_lowercase().as_str() {
                "username" => given.user = value,
                "realm" => given.realm = value,
                "nonce" => given.nonce = value,
                "uri" => given.uri = value,
                "response" => given.response = value.to_ascii_lowercase(),
                "algorithm" => given.algorithm = Some(value),
                "cnonce" => given.cnonce = value,
                "nc" => given.count = value,
                "qop" => given.qop = value,
                _ => {}
            }
        }
        Some(given)
    }

    /// `None` where something is used that was not offered.
    fn proof<'a>(&'a self, method: &'a str) -> Option<Proof<'a>> {
        let algorithm = match &self.algorithm {
            // RFC 7616 §3.4: MD5 where nothing is said.
            None => Algorithm::Md5,
            Some(name) => {
                Algorithm::ALL.into_iter().find(|known| known.to_string().eq_ignore_ascii_case(name))?
            }
        };
        let is_count = self.count.len() == 8 && self.count.bytes().all(|octet| octet.is_ascii_hexdigit());
        if !self.qop.eq_ignore_ascii_case("auth") || !is_count || self.cnonce.is_empty() {
            return None;
        }
        let Credentials { user, realm, nonce, count, cnonce, uri, .. } = self;
        Some(Proof { algorithm, user, realm, nonce, count, cnonce, method, uri })
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const START: Duration = Duration::from_secs(1_000);

    #[test]
    fn responses_are_those_of_the_standards() {
        // RFC 2617 §3.5.
        let old = Proof {
            algorithm: Algorithm::Md5,
            user: "Mufasa",
            realm: "testrealm@host.com",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            count: "00000001",
            cnonce: "0a4f113b",
            method: "GET",
            uri: "/dir/index.html",
        };
        assert_eq!(old.response("Circle Of Life"), "6629fae49393a05397450978507c4ef1");
        // RFC 7616 §3.9.1.
        let new = Proof {
            realm: "http-auth@example.org",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            ..old
        };
        assert_eq!(new.response("Circle of Life"), "8ca523f5e9506fed4657c9700eebdbec");
        let sha = Proof { algorithm: Algorithm::Sha256, ..new };
        assert_eq!(
            sha.response("Circle of Life"),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }

    fn guard() -> Guard {
        Guard::new("vireo", [7; 32], 5 * MINUTE)
    }

    fn password(user: &str) -> Option<&'static str> {
        (user == "anna").then_some("s3cret")
    }

    fn nonce(guard: &Guard, now: Duration) -> String {
        guard.challenge(now, false, &Algorithm::ALL)[0]
            .split("nonce=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a nonce")
            .to_owned()
    }

    /// What a telephone answers.
    fn answer(algorithm: Algorithm, user: &str, secret: &str, nonce: &str, count: u32) -> String {
        let count = format!("{count:08x}");
        let proof = Proof {
            algorithm,
            user,
            realm: "vireo",
            nonce,
            count: &count,
            cnonce: "abc",
            method: "REGISTER",
            uri: "sip:192.0.2.1",
        };
        format!(
            "Digest username=\"{user}\", realm=\"vireo\", nonce=\"{nonce}\", uri=\"sip:192.0.2.1\", \
             algorithm={algorithm}, qop=auth, nc={count}, cnonce=\"abc\", response=\"{}\"",
            proof.response(secret)
        )
    }

    fn check(guard: &mut Guard, now: Duration, value: &str) -> Verdict {
        guard.check(now, "REGISTER", [value], &Algorithm::ALL, password)
    }

    const STALE: Verdict = Verdict::Unproved { stale: true };

    #[test]
    fn both_algorithms_are_offered_the_better_first() {
        let both = guard().challenge(START, false, &Algorithm::ALL);
        let [first, second] = &both[..] else { panic!("{both:?}") };
        assert!(first.contains("algorithm=SHA-256") && second.contains("algorithm=MD5"), "{first}\n{second}");
        assert!(
            first.starts_with("Digest realm=\"vireo\", nonce=\"") && first.ends_with("qop=\"auth\""),
            "{first}"
        );
        assert!(guard().challenge(START, true, &[Algorithm::Md5])[0].ends_with("stale=true"));
    }

    #[test]
    fn who_knows_the_password_is_known_and_nobody_else() {
        for algorithm in Algorithm::ALL {
            let mut guard = guard();
            let nonce = nonce(&guard, START);
            let right = answer(algorithm, "anna", "s3cret", &nonce, 1);
            assert_eq!(check(&mut guard, START, &right), Verdict::Known("anna".into()));
            let wrong = answer(algorithm, "anna", "secret", &nonce, 2);
            assert_eq!(check(&mut guard, START, &wrong), Verdict::Wrong);
            let nobody = answer(algorithm, "bob", "s3cret", &nonce, 2);
            assert_eq!(check(&mut guard, START, &nobody), Verdict::Wrong);
            let empty = answer(algorithm, "bob", "", &nonce, 2);
            assert_eq!(
                check(&mut guard, START, &empty),
                Verdict::Wrong,
                "of nobody the empty one is wrong, too"
            );
            let method = guard.check(
                START,
                "INVITE",
                [answer(algorithm, "anna", "s3cret", &nonce, 3).as_str()],
                &Algorithm::ALL,
                password,
            );
            assert_eq!(method, Verdict::Wrong, "made for another method");
        }
    }

    #[test]
    fn of_several_realms_our_own_counts() {
        let mut guard = guard();
        let nonce = nonce(&guard, START);
        let own = answer(Algorithm::Md5, "anna", "s3cret", &nonce, 1);
        let foreign = own.replace("realm=\"vireo\"", "realm=\"elsewhere\"");
        let all = [foreign.as_str(), "Basic YTpi", own.as_str()];
        assert_eq!(
            guard.check(START, "REGISTER", all, &Algorithm::ALL, password),
            Verdict::Known("anna".into())
        );
        assert_eq!(check(&mut guard, START, &foreign), Verdict::Unproved { stale: false });
    }

    #[test]
    fn a_request_that_was_seen_and_a_nonce_that_is_old_are_stale() {
        let mut guard = guard();
        let nonce = nonce(&guard, START);
        let first = answer(Algorithm::Sha256, "anna", "s3cret", &nonce, 1);
        assert_eq!(check(&mut guard, START, &first), Verdict::Known("anna".into()));
        assert_eq!(check(&mut guard, START, &first), STALE, "it is played again");
        let third = answer(Algorithm::Sha256, "anna", "s3cret", &nonce, 3);
        assert_eq!(check(&mut guard, START + MINUTE, &third), Verdict::Known("anna".into()));
        let second = answer(Algorithm::Sha256, "anna", "s3cret", &nonce, 2);
        assert_eq!(check(&mut guard, START + MINUTE, &second), STALE, "counts only grow");
        let late = answer(Algorithm::Sha256, "anna", "s3cret", &nonce, 4);
        assert_eq!(check(&mut guard, START + 6 * MINUTE, &late), STALE);
        assert_eq!(check(&mut guard, START + 6 * MINUTE, &first), STALE, "nor when it is forgotten");
        let early = answer(Algorithm::Sha256, "anna", "s3cret", &nonce, 5);
        assert_eq!(check(&mut guard, START - MINUTE, &early), STALE, "made in the future");
    }

    #[test]
    fn a_nonce_that_somebody_else_made_is_stale_for_who_knows_the_password() {
        // As after a restart with another key.
        let foreign = nonce(&Guard::new("vireo", [8; 32], MINUTE), START);
        let mut own = guard();
        assert_eq!(check(&mut own, START, &answer(Algorithm::Md5, "anna", "s3cret", &foreign, 1)), STALE);
        assert_eq!(
            check(&mut own, START, &answer(Algorithm::Md5, "anna", "guess", &foreign, 1)),
            Verdict::Wrong
        );
        assert_eq!(check(&mut own, START, &answer(Algorithm::Md5, "anna", "s3cret", "", 1)), STALE);
    }

    #[test]
    fn what_was_not_offered_is_not_taken() {
        let mut guard = guard();
        let nonce = nonce(&guard, START);
        let good = answer(Algorithm::Md5, "anna", "s3cret", &nonce, 1);
        for (part, other) in [
            ("qop=auth", "qop=auth-int"),
            ("qop=auth, ", ""),
            ("algorithm=MD5", "algorithm=MD5-sess"),
            ("nc=00000001", "nc=1"),
            ("cnonce=\"abc\"", "cnonce=\"\""),
        ] {
            let bad = good.replace(part, other);
            assert_ne!(bad, good);
            assert_eq!(check(&mut guard, START, &bad), Verdict::Unproved { stale: false }, "{bad}");
        }
        // RFC 7616 §3.4: without an algorithm it is MD5.
        assert_eq!(
            check(&mut guard, START, &good.replace("algorithm=MD5, ", "")),
            Verdict::Known("anna".into())
        );
    }

    #[test]
    fn a_flood_of_nonces_is_forgotten_from_the_oldest_and_none_serves_twice() {
        let mut guard = guard();
        let at = |n: u64| START + Duration::from_millis(n);
        let mut answers = Vec::new();
        for n in 0..limits::NONCES_MAX as u64 + 10 {
            let answer = answer(Algorithm::Md5, "anna", "s3cret", &nonce(&guard, at(n)), 1);
            assert_eq!(check(&mut guard, at(n), &answer), Verdict::Known("anna".into()));
            answers.push(answer);
        }
        assert_eq!(guard.used.len(), limits::NONCES_MAX);
        let end = at(limits::NONCES_MAX as u64 + 10);
        for answer in answers.iter().take(20).chain(answers.last()) {
            assert_eq!(check(&mut guard, end, answer), STALE);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_is_too_strange(value in "(Digest |digest|)[ -~]{0,200}") {
            let mut guard = guard();
            prop_assert_ne!(check(&mut guard, START, &value), Verdict::Known("anna".into()));
        }
    }
}
