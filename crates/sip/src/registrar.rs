//! A registrar (RFC 3261 §10.3) for the telephones of known users, who prove themselves by digest ([`crate::digest`]).
//!
//! Pure: it is told of each REGISTER and says what to answer and what has changed. What a user's address of record is, is
//! the user part of To; who registers is who the binding is for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use rsip::StatusCode;

use crate::digest::{Algorithm, Guard, Verdict};
use crate::{Headers, LocalId, NameAddr, Reply, Request, Uri, limits};

/// Where a user is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// As the telephone gave it.
    pub contact: Uri,
    /// Where its REGISTER came from. A telephone behind a NAT is reached there and nowhere else.
    pub source: SocketAddr,
    /// The socket that it came to, which its NAT lets in again.
    pub local: LocalId,
    /// It ends by itself then.
    pub until: Duration,
    call_id: String,
    cseq: u32,
    /// The one that came last is the first to be called.
    came: u64,
}

/// A user begins or ceases to be reachable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Has a first binding.
    Reachable(String),
    /// Has none any more.
    Gone(String),
}

/// What comes of a REGISTER.
#[derive(Debug)]
pub struct Outcome {
    /// What to answer.
    pub reply: Reply,
    /// What is different now, what has had its time included.
    pub changes: Vec<Change>,
    /// Who it was, and has a binding now.
    pub reachable: Option<String>,
    /// Somebody gave a wrong password, or a name that nobody has: for who counts tries.
    pub wrong: bool,
}

impl Outcome {
    fn of(reply: Reply) -> Outcome {
        Outcome { reply, changes: Vec::new(), reachable: None, wrong: false }
    }

    fn refused(status: StatusCode) -> Outcome {
        Outcome::of(Reply::new(status))
    }
}

/// A REGISTER that arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// The request.
    pub request: &'a Request,
    /// Where it came from.
    pub source: SocketAddr,
    /// The socket that it came to.
    pub local: LocalId,
    /// What the telephone may prove itself by, in order of preference.
    pub algorithms: &'a [Algorithm],
}

/// Who is reached where.
#[derive(Debug)]
pub struct Registrar {
    guard: Guard,
    users: BTreeMap<String, Vec<Binding>>,
    arrivals: u64,
}

impl Registrar {
    /// With nobody registered. Times are of the clock that [`Guard`] is given.
    #[must_use]
    pub fn new(guard: Guard) -> Registrar {
        Registrar { guard, users: BTreeMap::new(), arrivals: 0 }
    }

    /// Takes a REGISTER. `password` knows each user's; nobody else can register.
    pub fn on_register<'p>(
        &mut self,
        now: Duration,
        arrived: Arrived<'_>,
        password: impl Fn(&str) -> Option<&'p str>,
    ) -> Outcome {
        let expired = self.expire(now);
        let mut outcome = self.take(now, arrived, password);
        outcome.changes.splice(0..0, expired);
        outcome
    }

    fn take<'p>(
        &mut self,
        now: Duration,
        arrived: Arrived<'_>,
        password: impl Fn(&str) -> Option<&'p str>,
    ) -> Outcome {
        let headers = &arrived.request.headers;
        let algorithms = arrived.algorithms;
        let proofs = headers.get_all("Authorization");
        let user = match self.guard.check(now, "REGISTER", proofs, algorithms, password) {
            Verdict::Known(user) => user,
            Verdict::Unproved { stale } => return self.ask(now, algorithms, stale, false),
            Verdict::Wrong => return self.ask(now, algorithms, false, true),
        };
        // Who it is may register nobody else (§10.3, step 4).
        if headers.to().ok().as_ref().and_then(|to| to.uri.user_text()).as_deref() != Some(user.as_str()) {
            return Outcome::refused(StatusCode::Forbidden);
        }
        let before = self.users.get(&user).cloned().unwrap_or_default();
        let after = match self.changed(now, before.clone(), arrived) {
            Ok(after) => after,
            Err(reply) => return Outcome::of(*reply),
        };
        let reply = told(now, &after);
        let change = match (before.is_empty(), after.is_empty()) {
            (true, false) => Some(Change::Reachable(user.clone())),
            (false, true) => Some(Change::Gone(user.clone())),
            (true, true) | (false, false) => None,
        };
        let reachable = (!after.is_empty()).then(|| user.clone());
        match after.is_empty() {
            true => drop(self.users.remove(&user)),
            false => drop(self.users.insert(user, after)),
        }
        Outcome { reply, changes: change.into_iter().collect(), reachable, wrong: false }
    }

    /// Where a user is to be called: by the binding that came last.
    #[must_use]
    pub fn way_to(&self, now: Duration, user: &str) -> Option<&Binding> {
        let alive = self.users.get(user)?.iter().filter(|binding| binding.until > now);
        alive.max_by_key(|binding| binding.came)
    }

    /// Ends all bindings of a user who may not register any more.
    pub fn forget(&mut self, user: &str) {
        self.users.remove(user);
    }

    /// When the next binding ends by itself.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.users.values().flatten().map(|binding| binding.until).min()
    }

    /// Ends what has had its time.
    pub fn expire(&mut self, now: Duration) -> Vec<Change> {
        let mut gone = Vec::new();
        self.users.retain(|user, bindings| {
            bindings.retain(|binding| binding.until > now);
            if bindings.is_empty() {
                gone.push(Change::Gone(user.clone()));
            }
            !bindings.is_empty()
        });
        gone
    }

    fn ask(&self, now: Duration, algorithms: &[Algorithm], stale: bool, wrong: bool) -> Outcome {
        let mut reply = Reply::new(StatusCode::Unauthorized);
        for challenge in self.guard.challenge(now, stale, algorithms) {
            reply.headers.push("WWW-Authenticate", challenge);
        }
        Outcome { wrong, ..Outcome::of(reply) }
    }

    /// The bindings of a user after a request, which changes all of them that it names, or none (§10.3, step 7).
    fn changed(
        &mut self,
        now: Duration,
        mut bindings: Vec<Binding>,
        arrived: Arrived<'_>,
    ) -> Result<Vec<Binding>, Box<Reply>> {
        let refuse = |status: StatusCode| Box::new(Reply::new(status));
        let headers = &arrived.request.headers;
        let (Ok(call_id), Ok(cseq)) = (headers.call_id(), headers.cseq()) else {
            return Err(refuse(StatusCode::BadRequest));
        };
        // A request that was overtaken by a later one of the same telephone.
        let is_late = |binding: &Binding| binding.call_id == call_id && binding.cseq >= cseq.number;
        if headers.contact_is_star() {
            if headers.expires() != Some(0) {
                return Err(refuse(StatusCode::BadRequest));
            }
            return match bindings.iter().any(is_late) {
                true => Err(refuse(StatusCode::ServerInternalError)),
                false => Ok(Vec::new()),
            };
        }
        let contacts = headers.contacts().map_err(|_| refuse(StatusCode::BadRequest))?;
        for contact in contacts {
            if !contact.uri.is_sip() {
                return Err(refuse(StatusCode::UnsupportedUriScheme));
            }
            let lifetime = lifetime(&contact, headers)?;
            let known = bindings.iter().position(|binding| binding.contact.equivalent(&contact.uri));
            if known.is_some_and(|at| is_late(&bindings[at])) {
                return Err(refuse(StatusCode::ServerInternalError));
            }
            if let Some(at) = known {
                bindings.remove(at);
            }
            if lifetime.is_zero() {
                continue;
            }
            if bindings.len() >= limits::BINDINGS_MAX {
                return Err(refuse(StatusCode::Forbidden));
            }
            self.arrivals += 1;
            bindings.push(Binding {
                contact: contact.uri,
                source: arrived.source,
                local: arrived.local,
                until: now + lifetime,
                call_id: call_id.to_owned(),
                cseq: cseq.number,
                came: self.arrivals,
            });
        }
        Ok(bindings)
    }
}

/// How long a contact is to be kept: by its own `expires`, else that of the request, else the usual time.
fn lifetime(contact: &NameAddr, headers: &Headers) -> Result<Duration, Box<Reply>> {
    let own = contact.params.get("expires").flatten().map(str::parse::<u32>);
    let seconds = match own {
        Some(Ok(seconds)) => seconds,
        // §20.10: what is no number counts as an hour.
        Some(Err(_)) => limits::BINDING_USUAL.as_secs() as u32,
        None => headers.expires().unwrap_or(limits::BINDING_USUAL.as_secs() as u32),
    };
    let wanted = Duration::from_secs(seconds.into());
    if !wanted.is_zero() && wanted < limits::BINDING_SHORTEST {
        let mut reply = Reply::new(StatusCode::IntervalTooBrief);
        reply.headers.push("Min-Expires", limits::BINDING_SHORTEST.as_secs().to_string());
        return Err(Box::new(reply));
    }
    Ok(wanted.min(limits::BINDING_LONGEST))
}

/// 200 with all bindings (§10.3, step 8).
fn told(now: Duration, bindings: &[Binding]) -> Reply {
    let mut reply = Reply::new(StatusCode::OK);
    for binding in bindings {
        let mut contact = NameAddr::new(binding.contact.clone());
        let left = binding.until.saturating_sub(now).as_secs();
        contact.params.set("expires", Some(&left.to_string()));
        reply.headers.push("Contact", contact.to_string());
    }
    reply
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::digest::Proof;
    use crate::{Message, wire};

    const MINUTE: Duration = Duration::from_secs(60);
    const START: Duration = Duration::from_secs(1_000);

    /// A telephone that registers as somebody.
    struct Phone {
        user: &'static str,
        secret: &'static str,
        address: &'static str,
        call_id: String,
        cseq: u32,
    }

    struct World {
        registrar: Registrar,
        now: Duration,
        nonces: u32,
    }

    fn password(user: &str) -> Option<&'static str> {
        ["anna", "bo"].contains(&user).then_some("s3cret")
    }

    fn phone(user: &'static str, address: &'static str) -> Phone {
        Phone { user, secret: "s3cret", address, call_id: format!("{user}@{address}"), cseq: 0 }
    }

    fn world() -> World {
        let guard = Guard::new("vireo", [1; 32], 5 * MINUTE);
        World { registrar: Registrar::new(guard), now: START, nonces: 0 }
    }

    impl World {
        fn hear(&mut self, phone: &Phone, to: &str, more: &str) -> Outcome {
            let text = format!(
                "REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
                 From: <sip:{to}@192.0.2.1>;tag=a\r\nTo: <sip:{to}@192.0.2.1>\r\nCall-ID: {}\r\nCSeq: {} REGISTER\r\n\
                 {more}Content-Length: 0\r\n\r\n",
                phone.call_id, phone.cseq
            );
            let message = wire::parse_datagram(&text.clone().into());
            let Ok(Message::Request(request)) = message else { panic!("{message:?}:\n{text}") };
            let arrived = Arrived {
                request: &request,
                source: phone.address.parse().expect("an address"),
                local: LocalId(0),
                algorithms: &Algorithm::ALL,
            };
            self.registrar.on_register(self.now, arrived, password)
        }

        /// Is asked, and proves; `more` are header fields.
        fn register(&mut self, phone: &mut Phone, more: &str) -> Outcome {
            let user = phone.user;
            self.register_as(phone, user, more)
        }

        fn register_as(&mut self, phone: &mut Phone, to: &str, more: &str) -> Outcome {
            phone.cseq += 1;
            let asked = self.hear(phone, to, more);
            assert_eq!(asked.reply.status, StatusCode::Unauthorized);
            let challenge = asked.reply.headers.get("WWW-Authenticate").expect("a challenge").to_owned();
            let nonce =
                challenge.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("one");
            phone.cseq += 1;
            self.nonces += 1;
            let count = format!("{:08x}", self.nonces);
            let proof = Proof {
                algorithm: Algorithm::Sha256,
                user: phone.user,
                realm: "vireo",
                nonce,
                count: &count,
                cnonce: "abc",
                method: "REGISTER",
                uri: "sip:192.0.2.1",
            };
            let field = format!(
                "Authorization: Digest username=\"{}\", realm=\"vireo\", nonce=\"{nonce}\", uri=\"sip:192.0.2.1\", \
                 algorithm=SHA-256, qop=auth, nc={count}, cnonce=\"abc\", response=\"{}\"\r\n",
                phone.user,
                proof.response(phone.secret)
            );
            self.hear(phone, to, &format!("{more}{field}"))
        }

        fn contacts(&self, user: &str) -> Vec<String> {
            let bindings = self.registrar.users.get(user).into_iter().flatten();
            bindings.map(|binding| binding.contact.to_string()).collect()
        }
    }

    fn reachable(user: &str) -> Vec<Change> {
        vec![Change::Reachable(user.to_owned())]
    }

    fn gone(user: &str) -> Vec<Change> {
        vec![Change::Gone(user.to_owned())]
    }

    const ANNA: &str = "Contact: <sip:anna@10.0.0.9:5060>\r\nExpires: 600\r\n";

    #[test]
    fn a_telephone_registers_is_found_and_ends_it() {
        let (mut world, mut anna) = (world(), phone("anna", "203.0.113.5:40000"));
        let outcome = world.register(&mut anna, ANNA);
        assert_eq!((outcome.reply.status, outcome.changes), (StatusCode::OK, reachable("anna")));
        assert_eq!(outcome.reply.headers.get("Contact"), Some("<sip:anna@10.0.0.9:5060>;expires=600"));
        let way = world.registrar.way_to(world.now, "anna").expect("registered");
        assert_eq!(way.source.to_string(), "203.0.113.5:40000", "where its NAT lets us in");
        world.now += MINUTE;
        let again = world.register(&mut anna, ANNA);
        assert_eq!((again.changes, world.contacts("anna").len()), (Vec::new(), 1), "a refresh is no change");
        let ends = world.register(&mut anna, "Contact: <sip:anna@10.0.0.9:5060>;expires=0\r\n");
        assert_eq!((ends.reply.status, ends.changes), (StatusCode::OK, gone("anna")));
        assert_eq!(ends.reply.headers.get("Contact"), None);
        assert!(world.registrar.way_to(world.now, "anna").is_none());
    }

    #[test]
    fn without_a_proof_or_with_a_wrong_one_nothing_changes() {
        let mut world = world();
        let mut guesses = Phone { secret: "guess", ..phone("anna", "10.0.0.9:5060") };
        let wrong = world.register(&mut guesses, ANNA);
        assert!(wrong.wrong && wrong.reply.status == StatusCode::Unauthorized && wrong.changes.is_empty());
        assert_eq!(wrong.reply.headers.get_all("WWW-Authenticate").count(), 2);
        let mut stranger = phone("eve", "10.0.0.9:5060");
        assert!(world.register(&mut stranger, ANNA).wrong);
        let mut bo = phone("bo", "10.0.0.9:5060");
        assert_eq!(world.register_as(&mut bo, "anna", ANNA).reply.status, StatusCode::Forbidden);
        assert!(world.registrar.users.is_empty());
    }

    #[test]
    fn a_registration_ends_with_its_time() {
        let (mut world, mut anna) = (world(), phone("anna", "10.0.0.9:5060"));
        world.register(&mut anna, ANNA);
        assert_eq!(world.registrar.next_due(), Some(START + 10 * MINUTE));
        assert_eq!(world.registrar.expire(START + 9 * MINUTE), []);
        assert!(world.registrar.way_to(START + 10 * MINUTE, "anna").is_none(), "even before it is looked at");
        assert_eq!(world.registrar.expire(START + 10 * MINUTE), gone("anna"));
        assert_eq!(world.registrar.next_due(), None);
        // Told to whoever registers next, if nobody asked before.
        world.register(&mut anna, ANNA);
        world.now += 11 * MINUTE;
        let mut bo = phone("bo", "10.0.0.8:5060");
        bo.cseq += 1;
        assert_eq!(world.hear(&bo, "bo", "").changes, gone("anna"));
    }

    #[test]
    fn the_newest_of_several_telephones_is_called_and_a_star_ends_all() {
        let mut world = world();
        let (mut desk, mut mobile) = (phone("anna", "10.0.0.9:5060"), phone("anna", "10.0.0.7:5060"));
        mobile.call_id = "mobile".into();
        assert_eq!(world.register(&mut desk, ANNA).changes, reachable("anna"));
        let second = world.register(&mut mobile, "Contact: <sip:anna@10.0.0.7>\r\n");
        assert_eq!((second.changes, second.reply.headers.get_all("Contact").count()), (Vec::new(), 2));
        let newest =
            |world: &World| world.registrar.way_to(world.now, "anna").map(|way| way.source.to_string());
        assert_eq!(newest(&world).as_deref(), Some("10.0.0.7:5060"));
        world.register(&mut desk, ANNA);
        assert_eq!(newest(&world).as_deref(), Some("10.0.0.9:5060"));
        let star = world.register(&mut desk, "Contact: *\r\nExpires: 0\r\n");
        assert_eq!(star.changes, gone("anna"));
        assert_eq!(
            world.register(&mut desk, "Contact: *\r\nExpires: 60\r\n").reply.status,
            StatusCode::BadRequest
        );
    }

    #[test]
    fn a_request_without_contacts_asks_what_there_is() {
        let (mut world, mut anna) = (world(), phone("anna", "10.0.0.9:5060"));
        world.register(&mut anna, ANNA);
        let asked = world.register(&mut anna, "");
        assert_eq!(asked.reply.headers.get("Contact"), Some("<sip:anna@10.0.0.9:5060>;expires=600"));
        assert!(asked.changes.is_empty());
    }

    #[test]
    fn too_short_a_time_is_refused_and_too_long_a_one_cut() {
        let (mut world, mut anna) = (world(), phone("anna", "10.0.0.9:5060"));
        let brief = world.register(&mut anna, "Contact: <sip:anna@10.0.0.9>;expires=10\r\n");
        assert_eq!(brief.reply.status, StatusCode::IntervalTooBrief);
        assert_eq!(brief.reply.headers.get("Min-Expires"), Some("60"));
        let long = world.register(&mut anna, "Contact: <sip:anna@10.0.0.9>\r\nExpires: 4000000000\r\n");
        assert_eq!(long.reply.headers.get("Contact"), Some("<sip:anna@10.0.0.9>;expires=3600"));
    }

    #[test]
    fn a_request_that_was_overtaken_changes_nothing() {
        let (mut world, mut anna) = (world(), phone("anna", "10.0.0.9:5060"));
        anna.cseq = 10;
        world.register(&mut anna, ANNA);
        anna.cseq = 3;
        let late = world.register(&mut anna, "Contact: <sip:anna@10.0.0.9:5060>;expires=0\r\n");
        assert_eq!(late.reply.status, StatusCode::ServerInternalError);
        assert_eq!(world.contacts("anna").len(), 1);
    }

    #[test]
    fn of_several_contacts_all_are_taken_or_none() {
        let (mut world, mut anna) = (world(), phone("anna", "10.0.0.9:5060"));
        let mixed = "Contact: <sip:anna@10.0.0.1>, <sip:anna@10.0.0.2>;expires=5\r\n";
        assert_eq!(world.register(&mut anna, mixed).reply.status, StatusCode::IntervalTooBrief);
        assert!(world.contacts("anna").is_empty());
        let many: String =
            (0..=limits::BINDINGS_MAX).map(|n| format!("Contact: <sip:anna@10.0.1.{n}>\r\n")).collect();
        assert_eq!(world.register(&mut anna, &many).reply.status, StatusCode::Forbidden);
        assert!(world.contacts("anna").is_empty());
        let other = world.register(&mut anna, "Contact: <tel:+8613800138000>\r\n");
        assert_eq!(other.reply.status, StatusCode::UnsupportedUriScheme);
    }

    proptest! {
        /// Whatever telephones do, what was told of a user fits what there is.
        #[test]
        fn changes_tell_who_is_reachable(deeds in prop::collection::vec((0_u8..2, 0_u8..4, 0_u64..900), 1..30)) {
            let mut world = world();
            let mut phones = [phone("anna", "10.0.0.9:5060"), phone("bo", "10.0.0.8:5060")];
            let mut told = std::collections::BTreeSet::new();
            for (who, deed, pause) in deeds {
                world.now += Duration::from_secs(pause);
                let phone = &mut phones[usize::from(who)];
                let user = phone.user;
                let more = match deed {
                    0 => format!("Contact: <sip:{user}@10.0.0.1>\r\nExpires: 600\r\n"),
                    1 => format!("Contact: <sip:{user}@10.0.0.2>\r\nExpires: 60\r\n"),
                    2 => "Contact: *\r\nExpires: 0\r\n".to_owned(),
                    _ => format!("Contact: <sip:{user}@10.0.0.1>;expires=0\r\n"),
                };
                world.nonces = 0;
                // The first request of the two tells what has ended meanwhile.
                phone.cseq += 1;
                let asked = world.hear(phone, user, &more);
                let outcome = world.register(phone, &more);
                for change in asked.changes.into_iter().chain(outcome.changes) {
                    match change {
                        Change::Reachable(user) => prop_assert!(told.insert(user)),
                        Change::Gone(user) => prop_assert!(told.remove(&user)),
                    }
                }
                for user in ["anna", "bo"] {
                    prop_assert_eq!(told.contains(user), world.registrar.way_to(world.now, user).is_some());
                }
            }
        }
    }
}
