//! The time of the day at which a call without a telephone begins: opening hours depend on it.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;

use crate::{Service, hours};

/// When a call begins that does not say: a Wednesday morning.
const USUAL: DateTime = date(2026, 3, 4).at(10, 0, 0, 0);

/// The time since 1970-01-01T00:00:00Z that `2026-10-01 10:00` means; in the zone of the service's opening hours, or in
/// the one that is named behind it, `2026-10-01 10:00 Europe/Berlin`.
///
/// # Errors
/// What is wrong, in words for an operator.
pub fn wall_time(service: &Service, text: &str) -> Result<Duration, String> {
    let mut words = text.split_whitespace();
    let day_and_time = [words.next(), words.next()].map(Option::unwrap_or_default).join(" ");
    let fits = day_and_time.len() == "2026-10-01 10:00".len();
    let local = fits.then(|| day_and_time.parse::<DateTime>().ok()).flatten();
    let local = local.ok_or_else(|| format!("`{text}` is no time: write it as `2026-10-01 10:00`"))?;
    let zone = match (words.next(), words.next()) {
        (Some(name), None) => hours::zone(name).ok_or_else(|| format!("there is no time zone `{name}`"))?,
        (None, _) => zone_of(service).ok_or_else(|| {
            format!("the hours are of several time zones: name one, as in `{text} Asia/Shanghai`")
        })?,
        (Some(_), Some(_)) => return Err(format!("`{text}` is no time: there is too much behind it")),
    };
    since_1970(local, zone).ok_or_else(|| format!("`{text}` is before 1970"))
}

/// When a call begins that does not say: on Wednesday, 2026-03-04, at 10:00 in the zone of the opening hours, so that a
/// transcript goes the same way every day.
#[must_use]
pub fn usual_time(service: &Service) -> Duration {
    since_1970(USUAL, zone_of(service).unwrap_or(TimeZone::UTC)).unwrap_or_default()
}

/// As [`wall_time`] reads it. None for a service that does not look at the clock.
pub(super) fn told(service: &Service, wall: Duration) -> Option<String> {
    let first = service.queues.hours.values().next()?;
    let zone = zone_of(service);
    let name = match &zone {
        Some(_) => String::new(),
        None => format!(" {}", first.zone().iana_name()?),
    };
    let moment = Timestamp::try_from(UNIX_EPOCH + wall).ok()?;
    let local = zone.as_ref().unwrap_or(first.zone()).to_datetime(moment);
    Some(format!("{}{name}", local.strftime("%Y-%m-%d %H:%M")))
}

/// The zone that all opening hours have; UTC where there are none. None when they differ.
fn zone_of(service: &Service) -> Option<TimeZone> {
    let all = service.queues.hours.values();
    let zones: BTreeMap<Option<&str>, &TimeZone> =
        all.map(|hours| (hours.zone().iana_name(), hours.zone())).collect();
    match zones.len() {
        0 => Some(TimeZone::UTC),
        1 => zones.into_values().next().cloned(),
        _ => None,
    }
}

fn since_1970(local: DateTime, zone: TimeZone) -> Option<Duration> {
    // What the clock shows twice is taken the first time, what it leaves out as if it had gone on.
    let moment = local.to_zoned(zone).ok()?.timestamp();
    u64::try_from(moment.as_second()).ok().map(Duration::from_secs)
}
