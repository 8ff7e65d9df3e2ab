//! Character classes of the SIP grammar (RFC 3261 §25.1) as bits in one table, since every octet of a message
//! is asked for its class at least once.

/// A set of octets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(u16);

impl Class {
    /// `token`.
    pub(crate) const TOKEN: Class = Class(1);
    /// Characters of an unquoted `gen-value`: a token, or a host with an IPv6 reference. Brackets around IPv6
    /// may be missing, as RFC 5118 §4.5 asks to tolerate in `received`.
    pub(crate) const VALUE: Class = Class(1 << 1);
    /// All visible characters that end no parameter value.
    pub(crate) const LOOSE_VALUE: Class = Class(1 << 2);
    /// Printable ASCII other than space.
    pub(crate) const VISIBLE: Class = Class(1 << 3);
    /// Unescaped characters of `user`: `unreserved` and `user-unreserved`.
    pub(crate) const USER: Class = Class(1 << 4);
    /// Unescaped characters of `password`.
    pub(crate) const PASSWORD: Class = Class(1 << 5);
    /// Unescaped `paramchar`.
    pub(crate) const URI_PARAM: Class = Class(1 << 6);
    /// Unescaped characters of `hname` and `hvalue`.
    pub(crate) const URI_HEADER: Class = Class(1 << 7);
    /// Visible characters that RFC 2396 §2.4.3 does not keep out of URIs.
    pub(crate) const URI: Class = Class(1 << 8);
    /// Characters of a label of a host name, and `_`.
    pub(crate) const LABEL: Class = Class(1 << 9);
    /// A display name without quotes: tokens, white space, and beyond the grammar UTF-8, as phones send it.
    pub(crate) const WORDS: Class = Class(1 << 10);
    /// `DIGIT`
    pub(crate) const DIGIT: Class = Class(1 << 11);
    /// Characters of a host name or an IPv4 address.
    pub(crate) const HOST: Class = Class(1 << 12);

    /// Whether the octet is in the set.
    #[inline]
    pub(crate) fn has(self, octet: u8) -> bool {
        TABLE[octet as usize] & self.0 != 0
    }

    /// Whether all octets of the text are in the set.
    #[inline]
    pub(crate) fn all(self, text: &str) -> bool {
        text.bytes().all(|octet| self.has(octet))
    }
}

/// The sets that each octet belongs to.
static TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = classes(octet as u8);
        octet += 1;
    }
    table
}

const fn classes(b: u8) -> u16 {
    let alphanumeric = b.is_ascii_alphanumeric();
    let visible = b > b' ' && b < 0x7f;
    let token = alphanumeric || among(b, b"-.!%*_+`'~");
    let unreserved = alphanumeric || among(b, b"-_.!~*'()");
    bit(Class::TOKEN, token)
        | bit(Class::VALUE, token || among(b, b"[]:"))
        | bit(Class::LOOSE_VALUE, visible && !among(b, b"\";,<>"))
        | bit(Class::VISIBLE, visible)
        | bit(Class::USER, unreserved || among(b, b"&=+$,;?/"))
        | bit(Class::PASSWORD, unreserved || among(b, b"&=+$,"))
        | bit(Class::URI_PARAM, unreserved || among(b, b"[]/:&+$"))
        | bit(Class::URI_HEADER, unreserved || among(b, b"[]/?:+$"))
        | bit(Class::URI, visible && !among(b, b"<>\"{}|\\^`"))
        | bit(Class::LABEL, alphanumeric || among(b, b"-_"))
        | bit(Class::WORDS, token || among(b, b" \t") || b >= 0x80)
        | bit(Class::DIGIT, b.is_ascii_digit())
        | bit(Class::HOST, alphanumeric || among(b, b"-_."))
}

const fn bit(class: Class, member: bool) -> u16 {
    if member { class.0 } else { 0 }
}

const fn among(octet: u8, set: &[u8]) -> bool {
    let mut at = 0;
    while at < set.len() {
        if set[at] == octet {
            return true;
        }
        at += 1;
    }
    false
}
