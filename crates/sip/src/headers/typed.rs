//! Typed readers over the header list. Mandatory headers answer `Missing`; optional ones answer `None` or an
//! empty list when absent. Headers are read anew at each call: keep the value where it is used twice.

use std::str::FromStr;

use super::{
    AccessNetworkInfo, CSeq, ChargingVector, ContentType, Diversion, Headers, HistoryInfo, NameAddr, Privacy,
    RAck, Reason, RetryAfter, SessionExpires, Via, Warning, layout,
};
use crate::error::{HeaderError, Syntax};
use crate::{Method, grammar, vocabulary};

impl Headers {
    /// The topmost Via.
    pub fn via(&self) -> Result<Via, HeaderError> {
        let (value, layout) = self.cut_values("Via").next().ok_or(HeaderError::Missing("Via"))?;
        layout::read_via(value, layout).map_err(|why| HeaderError::Invalid { name: "Via", why })
    }

    /// All Vias, topmost first.
    pub fn vias(&self) -> Result<Vec<Via>, HeaderError> {
        let all = self.cut_values("Via").map(|(value, layout)| layout::read_via(value, layout));
        all.collect::<Result<_, _>>().map_err(|why| HeaderError::Invalid { name: "Via", why })
    }

    /// From (RFC 3261 §20.20).
    pub fn from_(&self) -> Result<NameAddr, HeaderError> {
        self.required_address("From")
    }

    /// To (§20.39).
    pub fn to(&self) -> Result<NameAddr, HeaderError> {
        self.required_address("To")
    }

    /// Call-ID (§20.8), compared octet by octet.
    pub fn call_id(&self) -> Result<&str, HeaderError> {
        self.get("Call-ID").map(grammar::trim).ok_or(HeaderError::Missing("Call-ID"))
    }

    /// CSeq (§20.16).
    pub fn cseq(&self) -> Result<CSeq, HeaderError> {
        self.required("CSeq")
    }

    /// The first Contact. `*`, which only REGISTER may send, is an error here; see [`Headers::contact_is_star`].
    pub fn contact(&self) -> Result<Option<NameAddr>, HeaderError> {
        self.addresses("Contact").next().transpose()
    }

    /// All Contacts (§20.10).
    pub fn contacts(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.addresses("Contact").collect()
    }

    /// Contact is `*`: all registrations are meant (§10.2.2).
    #[must_use]
    pub fn contact_is_star(&self) -> bool {
        self.get("Contact").is_some_and(|value| grammar::trim(value) == "*")
    }

    /// Route (§20.34), next hop first.
    pub fn routes(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.addresses("Route").collect()
    }

    /// Record-Route (§20.30), topmost first.
    pub fn record_routes(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.addresses("Record-Route").collect()
    }

    /// Max-Forwards (§20.22), 0..=255; `None` when absent or not such a number.
    #[must_use]
    pub fn max_forwards(&self) -> Option<u8> {
        grammar::number(grammar::trim(self.get("Max-Forwards")?)).ok()?.try_into().ok()
    }

    /// Expires (§20.19) in seconds; `None` when absent or not a number of 32 bits.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        grammar::number_u32(grammar::trim(self.get("Expires")?)).ok()
    }

    /// P-Asserted-Identity (RFC 3325 §9.1): at most one SIP and one tel URI.
    pub fn p_asserted_identity(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.addresses("P-Asserted-Identity").collect()
    }

    /// P-Access-Network-Info (RFC 7315 §5.4); one from the phone, one from the network.
    pub fn p_access_network_info(&self) -> Result<Vec<AccessNetworkInfo>, HeaderError> {
        self.all("P-Access-Network-Info")
    }

    /// P-Charging-Vector (RFC 7315 §5.6).
    pub fn p_charging_vector(&self) -> Result<Option<ChargingVector>, HeaderError> {
        self.optional("P-Charging-Vector")
    }

    /// Privacy (RFC 3323).
    pub fn privacy(&self) -> Result<Option<Privacy>, HeaderError> {
        self.optional("Privacy")
    }

    /// Reason (RFC 3326): at most one a protocol.
    pub fn reasons(&self) -> Result<Vec<Reason>, HeaderError> {
        self.all("Reason")
    }

    /// History-Info (RFC 7044), oldest first.
    pub fn history_info(&self) -> Result<Vec<HistoryInfo>, HeaderError> {
        self.all("History-Info")
    }

    /// Diversion (RFC 5806), latest first.
    pub fn diversion(&self) -> Result<Vec<Diversion>, HeaderError> {
        self.all("Diversion")
    }

    /// Content-Type (RFC 3261 §20.15).
    pub fn content_type(&self) -> Result<Option<ContentType>, HeaderError> {
        self.optional("Content-Type")
    }

    /// Accept (§20.1): `None` when absent, which for INVITE and OPTIONS means `application/sdp`; an empty list
    /// when nothing is accepted.
    pub fn accept(&self) -> Result<Option<Vec<ContentType>>, HeaderError> {
        if !self.contains("Accept") {
            return Ok(None);
        }
        let values = self.get_all("Accept").filter(|value| !grammar::trim(value).is_empty());
        values.map(|value| read("Accept", value)).collect::<Result<_, _>>().map(Some)
    }

    /// Allow (§20.5): the methods in it that are known here.
    #[must_use]
    pub fn allow(&self) -> Vec<Method> {
        self.tokens("Allow").into_iter().filter_map(vocabulary::method).collect()
    }

    /// Supported (§20.37): option tags.
    #[must_use]
    pub fn supported(&self) -> Vec<&str> {
        self.tokens("Supported")
    }

    /// Require (§20.32): option tags.
    #[must_use]
    pub fn require(&self) -> Vec<&str> {
        self.tokens("Require")
    }

    /// Unsupported (§20.40): option tags.
    #[must_use]
    pub fn unsupported(&self) -> Vec<&str> {
        self.tokens("Unsupported")
    }

    /// Whether an option tag is in Supported or Require.
    #[must_use]
    pub fn offers_option(&self, tag: &str) -> bool {
        ["Supported", "Require"]
            .into_iter()
            .any(|name| self.tokens(name).iter().any(|own| own.eq_ignore_ascii_case(tag)))
    }

    /// RAck (RFC 3262 §7.2).
    pub fn rack(&self) -> Result<Option<RAck>, HeaderError> {
        self.optional("RAck")
    }

    /// RSeq (RFC 3262 §7.1).
    pub fn rseq(&self) -> Result<Option<u32>, HeaderError> {
        let number = |value| grammar::number_u32(grammar::trim(value));
        let value = self.get("RSeq").map(number).transpose();
        value.map_err(|why| HeaderError::Invalid { name: "RSeq", why })
    }

    /// Session-Expires (RFC 4028 §4).
    pub fn session_expires(&self) -> Result<Option<SessionExpires>, HeaderError> {
        self.optional("Session-Expires")
    }

    /// Min-SE (RFC 4028 §5).
    pub fn min_se(&self) -> Result<Option<SessionExpires>, HeaderError> {
        self.optional("Min-SE")
    }

    /// Retry-After (RFC 3261 §20.33).
    pub fn retry_after(&self) -> Result<Option<RetryAfter>, HeaderError> {
        self.optional("Retry-After")
    }

    /// Warning (§20.43).
    pub fn warnings(&self) -> Result<Vec<Warning>, HeaderError> {
        self.all("Warning")
    }

    /// The values of a list of tokens; empty elements are left out.
    fn tokens(&self, name: &'static str) -> Vec<&str> {
        let all = self.get_all(name).map(grammar::trim);
        all.filter(|value| !value.is_empty()).collect()
    }

    /// The tag of From, without reading all of it.
    pub(crate) fn tag_of_from(&self) -> Result<Option<&str>, HeaderError> {
        self.tag("From")
    }

    /// The tag of To, without reading all of it.
    pub(crate) fn tag_of_to(&self) -> Result<Option<&str>, HeaderError> {
        self.tag("To")
    }

    fn tag(&self, name: &'static str) -> Result<Option<&str>, HeaderError> {
        let (value, layout) = self.cut_values(name).next().ok_or(HeaderError::Missing(name))?;
        layout::read_tag(value, layout).map_err(|why| HeaderError::Invalid { name, why })
    }

    fn addresses(&self, name: &'static str) -> impl Iterator<Item = Result<NameAddr, HeaderError>> {
        self.cut_values(name).map(move |(value, layout)| {
            layout::read_address(value, layout).map_err(|why| HeaderError::Invalid { name, why })
        })
    }

    fn required_address(&self, name: &'static str) -> Result<NameAddr, HeaderError> {
        self.addresses(name).next().ok_or(HeaderError::Missing(name))?
    }

    fn required<T: FromStr<Err = Syntax>>(&self, name: &'static str) -> Result<T, HeaderError> {
        read(name, self.get(name).ok_or(HeaderError::Missing(name))?)
    }

    fn optional<T: FromStr<Err = Syntax>>(&self, name: &'static str) -> Result<Option<T>, HeaderError> {
        self.get(name).map(|value| read(name, value)).transpose()
    }

    fn all<T: FromStr<Err = Syntax>>(&self, name: &'static str) -> Result<Vec<T>, HeaderError> {
        self.get_all(name).map(|value| read(name, value)).collect()
    }
}

fn read<T: FromStr<Err = Syntax>>(name: &'static str, value: &str) -> Result<T, HeaderError> {
    value.parse().map_err(|why| HeaderError::Invalid { name, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::new();
        fields.iter().for_each(|(name, value)| headers.push(name, *value));
        headers
    }

    #[test]
    fn missing_and_broken_are_told_apart() {
        assert_eq!(headers(&[]).to(), Err(HeaderError::Missing("To")));
        let broken = headers(&[("t", "\"open <sip:a@b>")]);
        assert_eq!(broken.to().expect_err("broken").to_string(), "bad To: unbalanced quote");
        assert_eq!(headers(&[]).contact(), Ok(None));
    }

    #[test]
    fn max_forwards_ends_at_255() {
        assert_eq!(headers(&[("Max-Forwards", "0068")]).max_forwards(), Some(68));
        assert_eq!(headers(&[("Max-Forwards", "256")]).max_forwards(), None);
    }

    #[test]
    fn an_empty_accept_accepts_nothing() {
        assert_eq!(headers(&[]).accept(), Ok(None));
        assert_eq!(headers(&[("Accept", "")]).accept(), Ok(Some(Vec::new())));
    }

    #[test]
    fn option_tags_compare_without_case() {
        let headers = headers(&[("k", "100rel"), ("Supported", ""), ("Require", "Timer")]);
        assert_eq!(headers.supported(), ["100rel"]);
        assert!(headers.offers_option("timer") && headers.offers_option("100REL"));
        assert!(!headers.offers_option("path"));
    }

    #[test]
    fn allow_leaves_unknown_methods_out() {
        let headers = headers(&[("Allow", "INVITE"), ("Allow", "FROBNICATE"), ("Allow", "PRACK")]);
        assert_eq!(headers.allow(), [Method::Invite, Method::PRack]);
    }

    #[test]
    fn a_star_is_no_address() {
        let headers = headers(&[("m", " * ")]);
        assert!(headers.contact_is_star() && headers.contact().is_err());
    }
}
