//! `vireo audit`: what callers ordered, and what people did.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp, Zoned};
use store::Place;
use store::audit::Entry;
use store::orders::{self, Line, Order};

use super::demo;
use crate::config::Config;
use crate::service;

/// Lines that are printed at most.
const LINES_MAX: u64 = 100_000;

/// Print what callers ordered, and what people did by the web side and by commands.
///
/// The earliest comes first. Works on the gateway's database, whether it runs or not.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  vireo audit --since 24h\n  vireo audit --since 2026-11-01 --most 10000 --format json --config /etc/vireo/vireo.toml"
)]
pub(crate) struct Args {
    /// From then on: `24h` or `7d` ago, `2026-11-23` or `2026-11-23T18:00` in this machine's zone
    #[arg(long, value_name = "TIME")]
    since: Option<String>,

    /// At most so many lines, the last ones
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=LINES_MAX))]
    most: u64,

    /// The folder of the gateway's data [default: that of `vireo demo`]
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,

    /// The configuration that says where the data is
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Lines for a person, or everything for a program
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let place = match (&self.data, &self.config) {
            (Some(data), _) => service::database(data),
            (None, Some(config)) => Config::load(config)?.database(),
            (None, None) => service::database(&demo::default_data()?),
        };
        if let Place::File(path) = &place
            && !path.exists()
        {
            bail!("there is no audit at {place}: no gateway has run with this folder yet");
        }
        let now = Timestamp::new(i64::try_from(net::clock::now().wall.as_secs())?, 0)?;
        let now = now.to_zoned(jiff::tz::TimeZone::system());
        let since = self.since.as_ref().map(|text| since(text, &now)).transpose()?.unwrap_or(0);
        // One more tells whether there are more.
        let mut lines = orders::read(&place, since, self.most + 1)?;
        if lines.len() as u64 > self.most {
            lines.remove(0);
            eprintln!("only the last {}; --most shows more", self.most);
        }
        match self.format {
            Format::Json => println!("{}", serde_json::to_string_pretty(&lines)?),
            Format::Text => lines.iter().for_each(|line| println!("{}", told(line, &now))),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Seconds since 1970-01-01T00:00:00Z.
fn since(text: &str, now: &Zoned) -> anyhow::Result<u64> {
    let zone = now.time_zone().clone();
    let at = if let Ok(ago) = text.parse::<Span>() {
        now.checked_sub(ago.abs())?
    } else if let Some(at) = text.contains('T').then(|| text.parse::<DateTime>().ok()).flatten() {
        at.to_zoned(zone)?
    } else {
        let day: Date = text
            .parse()
            .map_err(|_| anyhow!("`{text}` is no time: write 24h, 2026-11-23 or 2026-11-23T18:00"))?;
        day.to_zoned(zone)?
    };
    u64::try_from(at.timestamp().as_second()).context("that is before 1970")
}

/// One line for a person, in the zone of `now`.
fn told(line: &Line, now: &Zoned) -> String {
    let time = |at: u64| {
        let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_second(at).ok());
        let at = at.map(|at| at.to_zoned(now.time_zone().clone()));
        at.map_or_else(|| "?".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
    };
    match line {
        Line::Order(order) => {
            let Order { at, caller, called, what, confirmed, code_by, key, outcome, .. } = order;
            let caller = caller.as_deref().unwrap_or("withheld");
            format!(
                "{}  order    {outcome}: {caller} at {called}, {what} {confirmed} by {code_by}, key {key}",
                time(*at)
            )
        }
        Line::Deed(Entry { at, account, what, about, address }) => {
            let about = if about.is_empty() { String::new() } else { format!(": {about}") };
            let from = if address.is_empty() { String::new() } else { format!(", from {address}") };
            format!("{}  account  {account} {what}{about}{from}", time(*at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-11-23T15:00[Asia/Shanghai]".parse().expect("a time")
    }

    #[test]
    fn a_time_is_told_as_a_day_a_time_or_how_long_ago() {
        let told =
            |text: &str| since(text, &now()).map(|at| Timestamp::from_second(at as i64).expect("a time"));
        for (text, expect) in [
            ("24h", "2026-11-22T07:00:00Z"),
            ("7d", "2026-11-16T07:00:00Z"),
            ("2026-11-23", "2026-11-22T16:00:00Z"),
            ("2026-11-23T14:30", "2026-11-23T06:30:00Z"),
        ] {
            assert_eq!(told(text).expect("a time").to_string(), expect, "{text}");
        }
        for wrong in ["", "yesterday", "1960-01-01", "24"] {
            assert!(told(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn orders_and_deeds_are_one_line_each() {
        let text = |text: &str| text.to_owned();
        let order = Line::Order(Order {
            at: 1_795_000_000,
            sip_call_id: text("1@phone"),
            caller: None,
            called: text("10010"),
            what: text("crm.order"),
            confirmed: text("pack=10GB yuan=20"),
            code_by: text("speech"),
            key: text("5f0c"),
            outcome: text("unknown"),
        });
        assert_eq!(
            told_all(&[order]),
            "2026-11-18 19:06:40  order    unknown: withheld at 10010, crm.order pack=10GB yuan=20 by speech, key 5f0c"
        );
        let entry = |about: &str, address: &str| {
            Line::Deed(Entry {
                at: 1_795_000_000,
                account: text("admin"),
                what: text("signed in"),
                about: text(about),
                address: text(address),
            })
        };
        assert_eq!(
            told_all(&[entry("", "127.0.0.1"), entry("desk1", "")]),
            "2026-11-18 19:06:40  account  admin signed in, from 127.0.0.1\n2026-11-18 19:06:40  account  admin signed in: desk1"
        );
    }

    fn told_all(lines: &[Line]) -> String {
        lines.iter().map(|line| told(line, &now())).collect::<Vec<_>>().join("\n")
    }
}
