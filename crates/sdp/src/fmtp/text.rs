//! Parameters of real-time text: the rate of `t140` (RFC 4103 §6), the blocks of `red` (RFC 2198 §5).

use super::Parameters;
use crate::limits;

/// Characters per second that a receiver takes; what cannot be read or is 0 counts as not said.
pub(crate) fn cps(parameters: &Parameters) -> u16 {
    let said = raw(parameters).split(';').filter_map(|word| word.split_once('='));
    let mut rates = said.filter(|(name, _)| name.trim().eq_ignore_ascii_case("cps"));
    let rate: Option<u32> = rates.next().and_then(|(_, rate)| rate.trim().parse().ok());
    let rate = rate.filter(|rate| *rate > 0).map(|rate| u16::try_from(rate).unwrap_or(u16::MAX));
    rate.unwrap_or(limits::TEXT_CPS_DEFAULT)
}

/// What says so; nothing for the default.
pub(crate) fn of_cps(cps: u16) -> Parameters {
    match cps.max(1) {
        limits::TEXT_CPS_DEFAULT => Parameters::None,
        cps => Parameters::Raw(format!("cps={cps}")),
    }
}

/// How often text is repeated: one less than the list has numbers. `None` where it has other numbers than
/// `t140`, or none to repeat.
pub(crate) fn generations(parameters: &Parameters, t140: u8) -> Option<u8> {
    let list = raw(parameters).trim().split('/');
    let blocks: Vec<Option<u8>> =
        list.take(limits::PAYLOADS_MAX).map(|number| number.trim().parse().ok()).collect();
    let repeated = u8::try_from(blocks.len() - 1).ok()?.min(limits::TEXT_GENERATIONS_MAX);
    (repeated > 0 && blocks.iter().all(|block| *block == Some(t140))).then_some(repeated)
}

/// The list for text and as many repetitions.
pub(crate) fn of_generations(t140: u8, generations: u8) -> Parameters {
    Parameters::Raw(vec![t140.to_string(); 1 + usize::from(generations)].join("/"))
}

fn raw(parameters: &Parameters) -> &str {
    match parameters {
        Parameters::Raw(text) => text,
        Parameters::None
        | Parameters::H264(_)
        | Parameters::H263(_)
        | Parameters::Mpeg4(_)
        | Parameters::Amr(_)
        | Parameters::Opus(_)
        | Parameters::Vp8(_)
        | Parameters::TelephoneEvent { .. } => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Parameters {
        Parameters::Raw(text.to_owned())
    }

    #[test]
    fn a_rate_is_read_and_written() {
        for (text, rate) in
            [("cps=20", 20), (" x=1; CPS = 5 ", 5), ("cps=0", 30), ("cps=x", 30), ("cps", 30), ("", 30)]
        {
            assert_eq!(cps(&said(text)), rate, "{text}");
        }
        assert_eq!((cps(&said("cps=4000000000")), cps(&Parameters::None)), (u16::MAX, 30));
        assert_eq!((of_cps(30), of_cps(12), of_cps(0)), (Parameters::None, said("cps=12"), said("cps=1")));
    }

    #[test]
    fn a_list_of_one_number_is_redundancy() {
        for (text, repeated) in [
            ("98/98/98", Some(2)),
            ("98/98", Some(1)),
            (" 98 / 98/98/98", Some(3)),
            ("98", None),
            ("98/98/99", None),
            ("99/99", None),
            ("98/98/", None),
            ("x/98", None),
            ("", None),
        ] {
            assert_eq!(generations(&said(text), 98), repeated, "{text}");
        }
        assert_eq!(generations(&Parameters::None, 98), None);
        assert_eq!(of_generations(98, 2), said("98/98/98"));
        let long = vec!["98"; 2_000].join("/");
        assert_eq!(generations(&said(&long), 98), Some(limits::TEXT_GENERATIONS_MAX));
    }
}
