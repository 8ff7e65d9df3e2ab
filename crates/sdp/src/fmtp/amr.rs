//! AMR and AMR-WB parameters (RFC 4867 §8.1, §8.2) and the rules that pair two sides of them (§8.3.1).
//!
//! Taken are the plain bandwidth-efficient and octet-aligned formats; checksums, sorted bits and
//! interleaving, which belong to links that deliver damaged packets, are not.

use std::fmt;

use media::amr::{Band, ModeSet};

/// What one side declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmrParameters {
    /// Whose modes these are: AMR or AMR-WB.
    pub band: Band,
    /// Octet-aligned packets, else bandwidth-efficient ones. The same for both sides.
    pub octet_align: bool,
    /// The modes that either side may send; `None` allows all. An answer repeats that of the offer.
    pub mode_set: Option<ModeSet>,
    /// The receiver wants mode changes at every second frame only.
    pub mode_change_every_second: bool,
    /// The sender is able to keep to that (`mode-change-capability=2`).
    pub mode_change_capability: bool,
    /// The receiver wants changes to neighbouring modes only.
    pub mode_change_neighbor: bool,
    /// Checksums, robust sorting or interleaving are used: not taken.
    pub elaborate: bool,
    /// Parameters without a field of their own, such as `max-red=0` or those that make it elaborate, in
    /// order.
    pub others: Vec<String>,
}

impl Default for AmrParameters {
    /// What narrow-band AMR without fmtp means (§8.1).
    fn default() -> Self {
        AmrParameters::new(Band::Narrow)
    }
}

impl AmrParameters {
    /// What a format of this band without fmtp means (§8.1).
    #[must_use]
    pub fn new(band: Band) -> Self {
        AmrParameters {
            band,
            octet_align: false,
            mode_set: None,
            mode_change_every_second: false,
            mode_change_capability: false,
            mode_change_neighbor: false,
            elaborate: false,
            others: Vec::new(),
        }
    }

    /// The modes that may be sent.
    #[must_use]
    pub fn modes(&self) -> ModeSet {
        self.mode_set.unwrap_or(self.band.modes())
    }

    /// Whether packets of this kind are written and read here.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !self.elaborate
    }

    /// Each combination is a payload type of its own, and an answer keeps it (§8.3.1).
    #[must_use]
    pub fn same_configuration(&self, other: &Self) -> bool {
        self.octet_align == other.octet_align && self.elaborate == other.elaborate
    }

    /// Whether frames of a side with these parameters may go to one that declares `limit`.
    #[must_use]
    pub fn fits(&self, limit: &AmrParameters) -> bool {
        let changes_fit = !limit.mode_change_every_second || self.mode_change_every_second;
        let steps_fit = !limit.mode_change_neighbor || self.mode_change_neighbor;
        if self.band != limit.band {
            return false;
        }
        let single = self.modes().modes().count() == 1;
        self.modes().is_within(limit.modes()) && (single || changes_fit && steps_fit)
    }

    /// `self` as declared by the receiver, with what the sender's declaration takes away: the mode set
    /// binds both sides (§8.3.1). Where the two have no mode in common, that of the receiver holds.
    #[must_use]
    pub fn bounded(&self, sender: &AmrParameters) -> AmrParameters {
        let mode_set = match (self.mode_set, sender.mode_set) {
            (Some(own), Some(theirs)) => own.common(theirs).or(Some(own)),
            (own, theirs) => own.or(theirs),
        };
        AmrParameters { mode_set, ..self.clone() }
    }

    pub(crate) fn parse(band: Band, text: &str) -> Self {
        let mut parameters = AmrParameters::new(band);
        for word in text.split(';').map(str::trim).filter(|word| !word.is_empty()) {
            let (name, value) =
                word.split_once('=').map_or((word, ""), |(name, value)| (name.trim(), value.trim()));
            match name.to_ascii_lowercase().as_str() {
                "octet-align" => parameters.octet_align = value == "1",
                "mode-set" => parameters.mode_set = mode_set(band, value),
                "mode-change-period" => parameters.mode_change_every_second = value == "2",
                "mode-change-capability" => parameters.mode_change_capability = value == "2",
                "mode-change-neighbor" => parameters.mode_change_neighbor = value == "1",
                "crc" | "robust-sorting" if value == "0" => {}
                "crc" | "robust-sorting" | "interleaving" => {
                    parameters.elaborate = true;
                    // All three imply octet alignment (§8.1).
                    parameters.octet_align = true;
                    parameters.others.push(word.to_owned());
                }
                _ => parameters.others.push(word.to_owned()),
            }
        }
        parameters
    }
}

/// Modes separated by commas; numbers that are no mode are passed over, and an empty list is none.
fn mode_set(band: Band, value: &str) -> Option<ModeSet> {
    let modes = value.split(',').filter_map(|word| word.trim().parse().ok());
    band.mode_set(modes.filter(|&mode| band.modes().contains(mode)))
}

impl fmt::Display for AmrParameters {
    /// Nothing for the default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = [
            (self.octet_align, "octet-align=1"),
            (self.mode_change_every_second, "mode-change-period=2"),
            (self.mode_change_capability, "mode-change-capability=2"),
            (self.mode_change_neighbor, "mode-change-neighbor=1"),
        ];
        let flags = flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned());
        let mut words: Vec<String> = flags.collect();
        if let Some(modes) = self.mode_set {
            words.insert(usize::from(self.octet_align), format!("mode-set={modes}"));
        }
        words.extend(self.others.iter().cloned());
        f.write_str(&words.join(";"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> AmrParameters {
        AmrParameters::parse(Band::Narrow, text)
    }

    #[test]
    fn the_wide_band_has_modes_of_its_own() {
        let wide = |text| AmrParameters::parse(Band::Wide, text);
        assert_eq!(wide("mode-set=0,1,2,8").modes().to_string(), "0,1,2,8");
        assert_eq!((wide("").modes(), wide("mode-set=9").mode_set), (Band::Wide.modes(), None));
        assert!(wide("mode-set=8").fits(&wide("")) && !wide("").fits(&wide("mode-set=0,1,2,3,4,5,6,7")));
        assert!(!parse("").fits(&wide("")), "another codec");
        assert_eq!(parse("mode-set=8").mode_set, None);
    }

    #[test]
    fn nothing_said_means_bandwidth_efficient_with_all_modes() {
        for text in ["", " ; ", "octet-align=0", "octet-align", "mode-set=", "mode-set=8,x", "crc=0"] {
            assert_eq!(parse(text), AmrParameters::default(), "{text}");
        }
        assert_eq!(AmrParameters::default().to_string(), "");
    }

    #[test]
    fn every_parameter_is_read_in_any_case_and_order() {
        let text = "Mode-Set=0, 2,4,7; OCTET-ALIGN=1;mode-change-period=2;mode-change-capability=2;\
                    mode-change-neighbor=1;max-red=220";
        let parameters = parse(text);
        let want = AmrParameters {
            band: Band::Narrow,
            octet_align: true,
            mode_set: ModeSet::new([0, 2, 4, 7]),
            mode_change_every_second: true,
            mode_change_capability: true,
            mode_change_neighbor: true,
            elaborate: false,
            others: vec!["max-red=220".into()],
        };
        assert_eq!(parameters, want);
        assert_eq!(parse(&parameters.to_string()), want);
    }

    #[test]
    fn elaborate_packets_are_not_taken() {
        for text in ["crc=1", "robust-sorting=1;octet-align=1", "octet-align=1; interleaving=30"] {
            let parameters = parse(text);
            assert!(!parameters.is_usable() && parameters.octet_align, "{text}");
            assert_eq!(parse(&parameters.to_string()), parameters, "{text}");
        }
    }

    #[test]
    fn the_modes_of_either_side_bind_both() {
        let gsm = parse("mode-set=0,2,4,7");
        assert_eq!(parse("").bounded(&gsm).mode_set, gsm.mode_set);
        assert_eq!(gsm.bounded(&parse("mode-set=1,2")).mode_set, ModeSet::new([2]));
        assert_eq!(gsm.bounded(&parse("mode-set=1")).mode_set, gsm.mode_set, "nothing in common");
        assert!(gsm.fits(&parse("")) && !parse("").fits(&gsm));
        assert!(parse("mode-set=7").fits(&parse("mode-set=7;mode-change-period=2")), "it never changes");
        assert!(!gsm.fits(&parse("mode-set=0,2,4,7;mode-change-period=2")));
        assert!(!gsm.fits(&parse("mode-change-neighbor=1")));
    }
}
