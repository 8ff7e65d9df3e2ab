//! What the access network says of a call: P-Access-Network-Info and P-Charging-Vector (RFC 7315 §5.4, §5.6).
//!
//! Both are read leniently, since networks write unquoted values that the grammar would have quoted.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::params::{Params, Style, own_name, param};
use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;

/// The kind of access and where in it the caller is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccessNetworkInfo {
    /// `3GPP-UTRAN-FDD`, `3GPP-E-UTRAN-TDD`, `IEEE-802.11` ... as written.
    pub access: String,
    /// `utran-cell-id-3gpp`, `network-provided` and others.
    pub params: Params,
}

/// What joins the charging records of one call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChargingVector {
    /// `icid-value` first, then `icid-generated-at`, `orig-ioi`, `term-ioi` ...
    pub params: Params,
}

impl AccessNetworkInfo {
    /// The cell, whichever access it is written for.
    #[must_use]
    pub fn cell(&self) -> Option<Cow<'_, str>> {
        ["utran-cell-id-3gpp", "cgi-3gpp", "utran-sai-3gpp"]
            .into_iter()
            .find_map(|name| self.params.text(name))
    }
}

impl ChargingVector {
    /// The IMS charging identity.
    #[must_use]
    pub fn icid(&self) -> Option<Cow<'_, str>> {
        self.params.text("icid-value")
    }
}

impl FromStr for AccessNetworkInfo {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        let (access, params) = grammar::take_while(grammar::trim(value), Class::TOKEN);
        if access.is_empty() {
            return Err(Syntax("no access type"));
        }
        Ok(AccessNetworkInfo { access: access.to_owned(), params: Params::read(params, Style::Loose)? })
    }
}

impl FromStr for ChargingVector {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        let (name, icid, rest) = param(grammar::trim(value), Style::Loose)?;
        if !name.eq_ignore_ascii_case("icid-value") {
            return Err(Syntax("no icid-value"));
        }
        let mut params = Params::read(rest, Style::Loose)?;
        params.0.insert(0, (own_name(name), icid.map(str::to_owned)));
        Ok(ChargingVector { params })
    }
}

impl fmt::Display for AccessNetworkInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.access, self.params)
    }
}

impl fmt::Display for ChargingVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.params.to_string().trim_start_matches(';'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cell_is_found() {
        let text = "3GPP-E-UTRAN-FDD; utran-cell-id-3gpp=\"460001234abcd01\";network-provided";
        let info: AccessNetworkInfo = text.parse().expect("well formed");
        assert_eq!(info.access, "3GPP-E-UTRAN-FDD");
        assert_eq!(info.cell().as_deref(), Some("460001234abcd01"));
        assert!(info.params.contains("network-provided"));
    }

    #[test]
    fn the_charging_identity_is_read_quoted_or_not() {
        let text =
            "icid-value=AyretyU0dm+6O2IrT5tAFrbHLso=;icid-generated-at=[2001:db8::1];orig-ioi=home1.net";
        let vector: ChargingVector = text.parse().expect("well formed");
        assert_eq!(vector.icid().as_deref(), Some("AyretyU0dm+6O2IrT5tAFrbHLso="));
        assert_eq!(vector.to_string(), text);
        let quoted: ChargingVector = "icid-value=\"a;b\"".parse().expect("well formed");
        assert_eq!(quoted.icid().as_deref(), Some("a;b"));
        assert!("orig-ioi=x".parse::<ChargingVector>().is_err());
    }
}
