//! `vireo notice`: what every caller is told first for a while.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::demo;
use crate::config::Config;
use crate::control::{self, Answer, Wish};
use crate::notice::{self, Written};

/// Tell every caller something first, such as of an outage: shown and said before the first node of each flow.
///
/// It holds for calls that begin from now on until its time, also after a restart; a key skips it. Without a text, prints
/// what callers are told now.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  vireo notice \"国际漫游暂时中断\" --lang en=\"No calls abroad at present.\" --until 18:00\n  vireo notice\n  vireo notice --clear"
)]
pub(crate) struct Args {
    /// In the first language of each flow, 200 characters at most
    #[arg(value_name = "TEXT", requires = "until")]
    text: Option<String>,

    /// The same in another language
    #[arg(long = "lang", value_name = "LANG=TEXT", value_parser = pair, requires = "text")]
    texts: Vec<(String, String)>,

    /// When it is over: `18:00`, today or else tomorrow, or `2026-12-24T18:00`
    #[arg(long, value_name = "TIME", requires = "text")]
    until: Option<String>,

    /// The zone of that time, such as Asia/Shanghai [default: that of this machine]
    #[arg(long, value_name = "ZONE", requires = "until")]
    zone: Option<String>,

    /// Tell nothing any more
    #[arg(long, conflicts_with = "text")]
    clear: bool,

    /// The folder of the gateway's data [default: that of `vireo demo`]
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,

    /// The configuration that says where the data is
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (language, text) = text.split_once('=').ok_or("write LANG=TEXT, such as en=\"No calls abroad.\"")?;
    Ok((language.to_owned(), text.to_owned()))
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let data = match (&self.data, &self.config) {
            (Some(data), _) => data.clone(),
            (None, Some(config)) => Config::load(config)?.data,
            (None, None) => demo::default_data()?,
        };
        let zone = match &self.zone {
            Some(name) => TimeZone::get(name).map_err(|why| anyhow!("{why}"))?,
            None => TimeZone::system(),
        };
        let now = Timestamp::new(i64::try_from(net::clock::now().wall.as_secs())?, 0)?.to_zoned(zone);
        match (&self.text, &self.until) {
            (Some(text), Some(until)) => {
                let until = time(until, &now)?;
                let written = Written {
                    text: text.clone(),
                    texts: self.texts.iter().cloned().collect::<BTreeMap<_, _>>(),
                    until: u64::try_from(until.timestamp().as_second())?,
                };
                written.notice()?;
                announce(&data, Some(&written))?;
                println!("new callers are told it until {}", until.strftime("%Y-%m-%d %H:%M %Z"));
            }
            _ if self.clear => {
                announce(&data, None)?;
                println!("new callers are told nothing first any more");
            }
            _ => print(notice::kept(&data, net::clock::now().wall)?, &now),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Tells the gateway that runs, or the next one.
fn announce(data: &Path, written: Option<&Written>) -> anyhow::Result<()> {
    match control::ask(data, &Wish::Announce(written.cloned()))? {
        Some(Answer::Announced) => Ok(()),
        Some(Answer::Refused(why)) => bail!("{}", why.trim_end()),
        Some(Answer::Live { .. }) => bail!("the gateway answers something else"),
        None => {
            std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
            notice::keep(data, written)?;
            println!("no gateway runs with {}: the next start takes it", data.display());
            Ok(())
        }
    }
}

fn print(kept: Option<Written>, now: &Zoned) {
    let Some(Written { text, texts, until }) = kept else {
        return println!("callers are told nothing first");
    };
    let until = i64::try_from(until).ok().and_then(|until| Timestamp::from_second(until).ok());
    let until = until.map(|until| until.to_zoned(now.time_zone().clone()));
    println!(
        "until {}:",
        until.map_or_else(String::new, |until| until.strftime("%Y-%m-%d %H:%M %Z").to_string())
    );
    println!("  {text}");
    texts.iter().for_each(|(language, text)| println!("  {language}: {text}"));
}

/// The next time that `text` means after `now`, in its zone.
fn time(text: &str, now: &Zoned) -> anyhow::Result<Zoned> {
    let zone = now.time_zone().clone();
    // A day with its time is read as a time, too.
    let of_day = text.parse::<Time>().ok().filter(|_| !text.contains('-'));
    let Some(of_day) = of_day else {
        let at: DateTime = text
            .parse()
            .map_err(|_| anyhow!("`{text}` is no time: write 18:00, or 2026-12-24T18:00 for another day"))?;
        let at = at.to_zoned(zone)?;
        if at <= *now {
            bail!("{text} is over already");
        }
        return Ok(at);
    };
    let today = now.date().to_datetime(of_day).to_zoned(zone.clone())?;
    if today > *now {
        return Ok(today);
    }
    Ok(now.date().checked_add(1.day())?.to_datetime(of_day).to_zoned(zone)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_next_such_time() {
        let now: Zoned = "2026-11-23T15:00[Asia/Shanghai]".parse().expect("a time");
        let told = |text: &str| time(text, &now).map(|at| at.strftime("%d %H:%M").to_string());
        for (text, expect) in [("18:00", "23 18:00"), ("09:30", "24 09:30"), ("2026-12-24T18:00", "24 18:00")]
        {
            assert_eq!(told(text).expect("a time"), expect);
        }
        for wrong in ["6 pm", "25:00", "", "2026-11-23T14:59", "tomorrow"] {
            assert!(told(wrong).is_err(), "{wrong}");
        }
    }
}
