//! Header names: canonical spelling, compact forms (RFC 3261 §7.3.3, §20) and how often each may occur.

/// How the values of a header are kept and counted (RFC 3261 §7.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A comma list: split into one entry a value.
    List,
    /// At most one; a second one makes the message malformed.
    Single,
    /// May be repeated, but commas belong to the value.
    Repeated,
}

/// A header that this crate knows by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) name: &'static str,
    compact: u8,
    pub(crate) rule: Rule,
}

/// A header's name: one of the table, or another as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// The row in [`KNOWN`].
    Known(usize),
    Other(Box<str>),
}

impl Name {
    pub(crate) fn new(text: &str) -> Self {
        match known(text) {
            Some(at) => Name::Known(at),
            None => Name::Other(text.into()),
        }
    }

    /// The same name, without allocating one to compare with.
    pub(crate) fn is(&self, row: Option<usize>, text: &str) -> bool {
        match self {
            Name::Known(at) => Some(*at) == row,
            Name::Other(own) => row.is_none() && own.eq_ignore_ascii_case(text),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Name::Known(at) => KNOWN[*at].name,
            Name::Other(name) => name,
        }
    }
}

/// The canonical spelling of a header name: `v` and `via` are `Via`; unknown names stay as they are.
#[must_use]
pub fn canonical(name: &str) -> &str {
    known(name).map_or(name, |at| KNOWN[at].name)
}

/// Finds a name or compact form in [`KNOWN`], without regard to case.
pub(crate) fn known(name: &str) -> Option<usize> {
    if let [letter] = name.as_bytes() {
        let letter = letter.to_ascii_lowercase();
        return KNOWN.iter().position(|known| known.compact == letter);
    }
    let at = usize::from(*SLOTS.get(slot(name.as_bytes())?)?);
    let candidate = KNOWN.get(at)?.name;
    // Nearly everybody writes the canonical form, and octets are compared faster than letters.
    (candidate == name || candidate.eq_ignore_ascii_case(name)).then_some(at)
}

/// The row of a canonical name, found when this crate is compiled.
pub(crate) const fn row(name: &str) -> usize {
    let mut at = 0;
    while !same_octets(KNOWN[at].name.as_bytes(), name.as_bytes()) {
        at += 1;
    }
    at
}

const fn same_octets(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

const LEN_MAX: usize = 24;

/// Says that no known name falls into a slot: a row that [`KNOWN`] does not have.
const EMPTY: u8 = u8::MAX;

/// The row in [`KNOWN`] of the only known name that falls into each slot.
static SLOTS: [u8; 256] = slots();

const fn slots() -> [u8; 256] {
    assert!(KNOWN.len() < EMPTY as usize);
    let mut slots = [EMPTY; 256];
    let mut at = 0;
    while at < KNOWN.len() {
        let Some(slot) = slot(KNOWN[at].name.as_bytes()) else { panic!("a name is too long or empty") };
        assert!(slots[slot] == EMPTY, "two names fall into one slot: choose another MULTIPLIER");
        slots[slot] = at as u8;
        at += 1;
    }
    slots
}

/// Keeps the known names apart; found by trying random odd numbers.
const MULTIPLIER: u32 = 0xd3e7_2639;

/// Where a name falls by its length and three of its octets, without regard to case; `None` when it is too
/// short or long to be a known one.
const fn slot(name: &[u8]) -> Option<usize> {
    let len = name.len();
    if len == 0 || len > LEN_MAX {
        return None;
    }
    let octets = [name[0] | 0x20, name[len / 2] | 0x20, name[len - 1] | 0x20, len as u8];
    Some((u32::from_le_bytes(octets).wrapping_mul(MULTIPLIER) >> 24) as usize)
}

const fn list(name: &'static str) -> Known {
    Known { name, compact: 0, rule: Rule::List }
}

const fn single(name: &'static str) -> Known {
    Known { name, compact: 0, rule: Rule::Single }
}

const fn repeated(name: &'static str) -> Known {
    Known { name, compact: 0, rule: Rule::Repeated }
}

const fn short(compact: u8, known: Known) -> Known {
    Known { name: known.name, compact, rule: known.rule }
}

/// IANA "SIP Header Fields" as far as they matter to an endpoint, by length of name. Those of the IANA table
/// that are missing here are kept like unknown ones: unsplit and uncounted.
pub(crate) static KNOWN: &[Known] = &[
    short(b't', single("To")),
    short(b'v', list("Via")),
    single("CSeq"),
    single("Date"),
    short(b'f', single("From")),
    list("Path"),
    single("RAck"),
    single("RSeq"),
    list("Allow"),
    short(b'o', single("Event")),
    list("Route"),
    list("Accept"),
    single("Min-SE"),
    list("Reason"),
    single("Server"),
    short(b'i', single("Call-ID")),
    short(b'm', list("Contact")),
    single("Expires"),
    single("Privacy"),
    list("Require"),
    short(b's', single("Subject")),
    list("Warning"),
    short(b'y', repeated("Identity")),
    single("Priority"),
    short(b'r', single("Refer-To")),
    single("Replaces"),
    single("Reply-To"),
    single("SIP-ETag"),
    list("Call-Info"),
    list("Diversion"),
    list("Recv-Info"),
    short(b'k', list("Supported")),
    single("Timestamp"),
    list("Alert-Info"),
    single("Content-ID"),
    list("Error-Info"),
    single("User-Agent"),
    list("Geolocation"),
    list("In-Reply-To"),
    single("Min-Expires"),
    short(b'b', single("Referred-By")),
    single("Retry-After"),
    list("Unsupported"),
    short(b'u', list("Allow-Events")),
    short(b'c', single("Content-Type")),
    list("History-Info"),
    single("Info-Package"),
    single("Max-Forwards"),
    single("MIME-Version"),
    single("Organization"),
    list("Record-Route"),
    single("SIP-If-Match"),
    repeated("User-to-User"),
    repeated("Authorization"),
    list("Proxy-Require"),
    list("Service-Route"),
    short(b'a', list("Accept-Contact")),
    short(b'l', single("Content-Length")),
    short(b'j', list("Reject-Contact")),
    list("Accept-Encoding"),
    list("Accept-Language"),
    list("Security-Client"),
    list("Security-Server"),
    list("Security-Verify"),
    short(b'x', single("Session-Expires")),
    short(b'e', list("Content-Encoding")),
    list("Content-Language"),
    list("P-Associated-URI"),
    repeated("WWW-Authenticate"),
    single("P-Charging-Vector"),
    list("Resource-Priority"),
    repeated("Proxy-Authenticate"),
    single("Subscription-State"),
    repeated("Authentication-Info"),
    single("Content-Disposition"),
    list("P-Asserted-Identity"),
    repeated("Proxy-Authorization"),
    short(b'd', list("Request-Disposition")),
    list("P-Preferred-Identity"),
    list("P-Access-Network-Info"),
    list("Accept-Resource-Priority"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_by_length_and_free_of_duplicates() {
        assert!(KNOWN.windows(2).all(|pair| pair[0].name.len() <= pair[1].name.len()));
        assert!(KNOWN.iter().all(|row| (2..=LEN_MAX).contains(&row.name.len())));
        for (at, row) in KNOWN.iter().enumerate() {
            assert_eq!(known(&row.name.to_ascii_uppercase()), Some(at), "{}", row.name);
        }
    }

    #[test]
    fn compact_forms_are_expanded() {
        let pairs = "aAccept-Contact bReferred-By cContent-Type dRequest-Disposition eContent-Encoding fFrom \
            iCall-ID jReject-Contact kSupported lContent-Length mContact oEvent rRefer-To sSubject tTo \
            uAllow-Events vVia xSession-Expires yIdentity";
        for pair in pairs.split(' ').filter(|pair| !pair.is_empty()) {
            let (compact, name) = pair.split_at(1);
            assert_eq!(canonical(compact), name);
            assert_eq!(canonical(&compact.to_ascii_uppercase()), name);
        }
        assert_eq!(canonical("z"), "z");
    }

    #[test]
    fn unknown_names_stay_as_written() {
        assert_eq!(canonical("x-Foo"), "x-Foo");
        assert_eq!(canonical(""), "");
        assert_eq!(canonical(&"n".repeat(300)), "n".repeat(300));
    }
}
