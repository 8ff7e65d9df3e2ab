//! Opening hours of queues.yaml: a time zone, the ranges of each day of the week, holidays, and days with ranges of
//! their own.
//!
//! Hours are what the clock on the wall of that zone shows, so that a change to summer time moves nothing: an hour that
//! the clock leaves out cannot be met, one that it shows twice counts twice. A range that ends before it begins goes on
//! past midnight, and belongs to the day it begins on. The time zones are part of the program (the IANA database);
//! no file of the system is read. Start at [`Hours::at`].

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::problem::Finding;
use crate::read::{Reader, unknown};
use crate::source::{Span, Word};
use crate::yaml::{Tree, Value};

/// What can stand under a name of `hours:`.
pub(crate) const FIELDS: [(&str, &str); 4] = [
    ("zone", "the time zone, such as `Asia/Shanghai`"),
    ("open", "by day of the week: `mon-fri: \"09:00-12:00, 13:00-18:00\"`"),
    ("closed", "holidays: `2026-10-01..2026-10-07`, or each year `01-01`"),
    ("special", "days with hours of their own: `2026-10-10: \"10:00-16:00\"`"),
];

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];
const DAY_MINUTES: u16 = 24 * 60;
/// The word for a day of the week on which nobody is there.
const CLOSED: &str = "closed";

/// When somebody is there.
#[derive(Clone, Debug)]
pub(crate) struct Hours {
    zone: TimeZone,
    /// From Monday on.
    week: [Vec<Range>; 7],
    closed: Vec<Days>,
    special: Vec<(Days, Vec<Range>)>,
}

/// What it is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Closed,
    /// Closed, because of a day under `closed`.
    Holiday,
}

/// A part of a day in minutes; when `to` is not after `from`, it ends on the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    from: u16,
    to: u16,
}

/// Days that follow each other, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Days {
    Dates(Date, Date),
    /// Month and day, each year; when the end is before the beginning, over the turn of the year.
    Yearly((i8, i8), (i8, i8)),
}

impl Days {
    fn has(self, date: Date) -> bool {
        match self {
            Days::Dates(first, last) => (first..=last).contains(&date),
            Days::Yearly(first, last) => {
                let day = (date.month(), date.day());
                let (after, before) = (first <= day, day <= last);
                if first <= last { after && before } else { after || before }
            }
        }
    }
}

impl Hours {
    /// Whether somebody is there, so long after 1970-01-01T00:00:00Z.
    pub(crate) fn at(&self, wall: Duration) -> State {
        let DateTimeParts { date, minute } = self.local(wall);
        let today = self.ranges(date).iter().any(|range| range.today(minute));
        let yesterday = date.yesterday().map(|date| self.ranges(date)).unwrap_or_default();
        if today || yesterday.iter().any(|range| range.tomorrow(minute)) {
            return State::Open;
        }
        if self.is_holiday(date) { State::Holiday } else { State::Closed }
    }

    /// The time zone.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn local(&self, wall: Duration) -> DateTimeParts {
        // A clock that is thousands of years wrong shows the first day there is a time zone for.
        let moment = Timestamp::try_from(std::time::UNIX_EPOCH + wall.min(CLOCK_MAX)).unwrap_or_default();
        let local = self.zone.to_datetime(moment);
        DateTimeParts { date: local.date(), minute: minute_of(local) }
    }

    fn ranges(&self, date: Date) -> &[Range] {
        let special = self.special.iter().find(|(days, _)| days.has(date));
        match special {
            Some((_, ranges)) => ranges,
            None if self.is_holiday(date) => &[],
            None => &self.week[date.weekday().to_monday_zero_offset() as usize],
        }
    }

    fn is_holiday(&self, date: Date) -> bool {
        let special = self.special.iter().any(|(days, _)| days.has(date));
        !special && self.closed.iter().any(|days| days.has(date))
    }
}

/// Some 7,000 years, within what a calendar of four digits can tell.
const CLOCK_MAX: Duration = Duration::from_secs(7_000 * 365 * 24 * 60 * 60);

struct DateTimeParts {
    date: Date,
    minute: u16,
}

fn minute_of(local: DateTime) -> u16 {
    u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs())
}

impl Range {
    /// On the day it begins.
    fn today(self, minute: u16) -> bool {
        self.from <= minute && (self.to <= self.from || minute < self.to)
    }

    /// On the day behind it.
    fn tomorrow(self, minute: u16) -> bool {
        self.to <= self.from && minute < self.to
    }
}

/// A zone of the database that is part of the program.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// Reads `hours:` of queues.yaml.
pub(crate) fn read(reader: &mut Reader, at: Span, tree: &Tree) -> BTreeMap<String, Hours> {
    let mut all = BTreeMap::new();
    for (name, value) in reader.entries("`hours`", at, tree).unwrap_or_default() {
        reader.check_name("a name of `hours`", name);
        let hours = read_one(reader, name, value);
        // What is wrong with it is noted; it is known all the same.
        let nothing =
            || Hours { zone: TimeZone::UTC, week: Default::default(), closed: vec![], special: vec![] };
        all.insert(name.value.clone(), hours.unwrap_or_else(nothing));
    }
    all
}

fn read_one(reader: &mut Reader, name: &Word, tree: &Tree) -> Option<Hours> {
    let known = FIELDS.map(|(field, _)| field);
    let fields = reader.fields(format!("the hours `{}`", name.value), name.span, tree, &known)?;
    let zone = fields.need(reader, "zone").and_then(|tree| read_zone(reader, tree));
    fields.need(reader, "open");
    let week = fields.entry("open").map(|(key, tree)| read_week(reader, key.span, tree)).unwrap_or_default();
    let closed = fields.get("closed").map(|tree| reader.words("`closed`", tree)).unwrap_or_default();
    let closed = closed.iter().filter_map(|word| read_days(reader, word)).collect();
    let mut special = Vec::new();
    if let Some((key, tree)) = fields.entry("special") {
        for (days, value) in reader.entries("`special`", key.span, tree).unwrap_or_default() {
            let ranges = read_ranges(reader, value, false);
            special.extend(read_days(reader, days).map(|days| (days, ranges)));
        }
    }
    Some(Hours { zone: zone?, week, closed, special })
}

fn read_zone(reader: &mut Reader, tree: &Tree) -> Option<TimeZone> {
    let word = reader.word("`zone`", tree)?;
    let found = zone(&word.value);
    if found.is_none() {
        let names: Vec<String> =
            TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
        let finding = unknown("unknown-zone", "time zone", &word, names.iter().map(String::as_str));
        let near = crate::words::nearest(&word.value, names.iter().map(String::as_str));
        let example =
            near.is_none().then(|| "a name of the IANA database, such as `Asia/Shanghai`".to_owned());
        reader.note(finding.maybe_help(example));
    }
    found
}

fn read_week(reader: &mut Reader, at: Span, tree: &Tree) -> [Vec<Range>; 7] {
    let mut week: [Vec<Range>; 7] = Default::default();
    let mut given: [Option<Span>; 7] = [None; 7];
    for (key, value) in reader.entries("`open`", at, tree).unwrap_or_default() {
        let ranges = read_ranges(reader, value, true);
        for day in read_weekdays(reader, key) {
            match given[day] {
                Some(first) => {
                    let message = format!("`{}` has hours already", DAYS[day].0);
                    let finding = Finding::error("duplicate-key", key.span, message, "the second time");
                    reader.note(finding.also(first, "the first time"));
                    break;
                }
                None => (given[day], week[day]) = (Some(key.span), ranges.clone()),
            }
        }
    }
    week
}

/// `mon`, `mon-fri`, `fri-mon`, or several with commas, as places in the week.
fn read_weekdays(reader: &mut Reader, key: &Word) -> Vec<usize> {
    let mut days = Vec::new();
    for part in parts(key) {
        let (first, last) = part.value.split_once('-').unwrap_or((&part.value, &part.value));
        let mut ends = [first, last].map(|name| DAYS.iter().position(|(known, _)| *known == name.trim()));
        for (name, end) in [first, last].iter().zip(&mut ends) {
            if end.is_none() {
                let word = Word { value: name.trim().to_owned(), span: part.span };
                reader.unknown("unknown-value", "day of the week", &word, DAYS.map(|(name, _)| name));
                return Vec::new();
            }
        }
        if let [Some(first), Some(last)] = ends {
            let count = (last + 7 - first) % 7 + 1;
            days.extend((0..count).map(|step| (first + step) % 7));
        }
    }
    days
}

/// `09:00-18:00`, several with commas or as a list; for a day of the week also `closed`.
fn read_ranges(reader: &mut Reader, tree: &Tree, of_week: bool) -> Vec<Range> {
    if of_week && matches!(&tree.value, Value::Scalar(text) if text.trim() == CLOSED) {
        return Vec::new();
    }
    let words = reader.words("hours", tree);
    let parts = words.iter().flat_map(parts);
    parts.filter_map(|part| read_range(reader, &part)).collect()
}

fn read_range(reader: &mut Reader, word: &Word) -> Option<Range> {
    let ends = word.value.split_once('-').and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
    let help = match ends {
        Some((from, to)) if from < DAY_MINUTES && from != to => return Some(Range { from, to }),
        Some((from, to)) if from == to => "for the whole day write `00:00-24:00`",
        Some(_) | None if word.value == CLOSED => "a day without hours stands under `closed:`",
        Some(_) | None => "for example `09:00-18:00`, or `22:00-06:00` for a night",
    };
    let message = format!("`{}` is no range of hours", word.value);
    reader.note(Finding::error("invalid-hours", word.span, message, "not a range").help(help));
    None
}

/// `9:00`, `24:00`.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= DAY_MINUTES).then_some(all)
}

/// One end of [`Days`].
#[derive(Clone, Copy)]
enum Day {
    Date(Date),
    Yearly(i8, i8),
}

fn read_days(reader: &mut Reader, word: &Word) -> Option<Days> {
    let (first, last) = word.value.split_once("..").unwrap_or((&word.value, &word.value));
    let (message, help) = match (day(first), day(last)) {
        (Some(Day::Date(first)), Some(Day::Date(last))) if first <= last => {
            return Some(Days::Dates(first, last));
        }
        (Some(Day::Yearly(m, d)), Some(Day::Yearly(n, e))) => return Some(Days::Yearly((m, d), (n, e))),
        (Some(Day::Date(_)), Some(Day::Date(_))) => {
            (format!("`{}` ends before it begins", word.value), "the first day comes first")
        }
        (Some(_), Some(_)) => {
            let help = "`2026-12-30..2027-01-02` or `12-30..01-02`";
            (format!("`{}` has a year at one end alone", word.value), help)
        }
        (None, _) | (_, None) => {
            let help = "for example `2026-10-01`, `2026-10-01..2026-10-07`, or each year `01-01`";
            (format!("there is no day `{}`", word.value), help)
        }
    };
    reader.note(Finding::error("invalid-day", word.span, message, "not a day").help(help));
    None
}

/// `2026-10-01`, or `10-01` of each year.
fn day(text: &str) -> Option<Day> {
    let parts: Vec<&str> = text.trim().split('-').collect();
    let number = |text: &str, len: usize| {
        let fits = text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse::<i16>().ok()).flatten()
    };
    let two = |text: &str| number(text, 2).and_then(|number| i8::try_from(number).ok());
    match parts[..] {
        [year, month, day] => Date::new(number(year, 4)?, two(month)?, two(day)?).ok().map(Day::Date),
        // Every day of a leap year.
        [month, day] => {
            Date::new(2000, two(month)?, two(day)?).ok().map(|date| Day::Yearly(date.month(), date.day()))
        }
        _ => None,
    }
}

/// What stands between commas.
fn parts(word: &Word) -> Vec<Word> {
    let mut at = 0;
    let part = |text: &str| {
        let start = word.span.start + at + (text.len() - text.trim_start().len());
        at += text.len() + 1;
        let value = text.trim().to_owned();
        // Where it stands in quotes or over lines, the places are near enough.
        let end = (start + value.len()).min(word.span.end);
        Word { span: Span { start: start.min(end), end, ..word.span }, value }
    };
    match word.value.contains(',') {
        true => word.value.split(',').map(part).collect(),
        false => vec![word.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads hours in JSON's clothes; the mistakes as codes.
    fn hours(text: &str) -> Result<Hours, Vec<String>> {
        let tree = crate::yaml::parse(0, text).expect("YAML").expect("something");
        let mut reader = Reader::default();
        let name = Word { value: "business".to_owned(), span: tree.span };
        let read = read_one(&mut reader, &name, &tree);
        let codes: Vec<String> = reader.findings.iter().map(|finding| finding.what().to_owned()).collect();
        read.filter(|_| codes.is_empty()).ok_or(codes)
    }

    fn at(hours: &Hours, utc: &str) -> State {
        let moment: Timestamp = utc.parse().expect("a moment");
        hours.at(Duration::from_secs(moment.as_second().unsigned_abs()))
    }

    const SHANGHAI: &str = "zone: Asia/Shanghai
open: { mon-fri: \"09:00-12:00, 13:30-18:00\", sat: [\"10:00-16:00\"] }
closed: [2026-10-01..2026-10-07, 01-01, 02-29]
special: { 2026-10-10: \"10:00-12:00\", 2026-10-05: \"08:00-09:00\" }
";

    #[test]
    fn hours_are_those_of_the_zone() {
        let hours = hours(SHANGHAI).expect("sound");
        // 2026-11-23 is a Monday; Shanghai is eight hours ahead.
        for (utc, state) in [
            ("2026-11-23T00:59:59Z", State::Closed),
            ("2026-11-23T01:00:00Z", State::Open),
            ("2026-11-23T03:59:59Z", State::Open),
            ("2026-11-23T04:00:00Z", State::Closed),
            ("2026-11-23T05:30:00Z", State::Open),
            ("2026-11-23T09:59:59Z", State::Open),
            ("2026-11-23T10:00:00Z", State::Closed),
            ("2026-11-28T02:00:00Z", State::Open),
            ("2026-11-28T08:00:00Z", State::Closed),
            ("2026-11-29T02:00:00Z", State::Closed),
            // Still Sunday in London, Monday morning in Shanghai.
            ("2026-11-30T01:30:00Z", State::Open),
        ] {
            assert_eq!(at(&hours, utc), state, "{utc}");
        }
    }

    #[test]
    fn holidays_come_before_the_week_and_special_days_before_holidays() {
        let hours = hours(SHANGHAI).expect("sound");
        for (utc, state) in [
            ("2026-09-30T02:00:00Z", State::Open),
            ("2026-09-30T15:59:00Z", State::Closed),
            ("2026-09-30T16:00:00Z", State::Holiday),
            ("2026-10-01T02:00:00Z", State::Holiday),
            ("2026-10-05T00:30:00Z", State::Open),
            ("2026-10-05T02:00:00Z", State::Closed),
            ("2026-10-07T15:59:00Z", State::Holiday),
            ("2026-10-08T02:00:00Z", State::Open),
            // A Saturday that is worked on by other hours.
            ("2026-10-10T02:00:00Z", State::Open),
            ("2026-10-10T06:00:00Z", State::Closed),
            ("2027-01-01T02:00:00Z", State::Holiday),
            ("2031-01-01T02:00:00Z", State::Holiday),
            // There is a 29 February in 2028, and none in 2027 and 2100.
            ("2028-02-29T02:00:00Z", State::Holiday),
            ("2028-02-28T02:00:00Z", State::Open),
            ("2027-03-01T02:00:00Z", State::Open),
            ("2100-03-01T02:00:00Z", State::Open),
        ] {
            assert_eq!(at(&hours, utc), state, "{utc}");
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_it_begins_on() {
        let text = "zone: Asia/Shanghai\nopen: { fri: \"22:00-06:00\", sun: \"00:00-24:00\" }\nclosed: [2026-11-28]\n";
        let hours = hours(text).expect("sound");
        for (utc, state) in [
            ("2026-11-27T13:59:00Z", State::Closed),
            ("2026-11-27T14:00:00Z", State::Open),
            ("2026-11-27T16:00:00Z", State::Open),
            // Saturday is a holiday, and the night of Friday goes on into it.
            ("2026-11-27T21:59:00Z", State::Open),
            ("2026-11-27T22:00:00Z", State::Holiday),
            ("2026-11-28T16:00:00Z", State::Open),
            ("2026-11-29T15:59:59Z", State::Open),
            ("2026-11-29T16:00:00Z", State::Closed),
        ] {
            assert_eq!(at(&hours, utc), state, "{utc}");
        }
    }

    #[test]
    fn a_night_before_a_holiday_is_not_begun_on_it() {
        let text = "zone: UTC\nopen: { mon-sun: \"22:00-06:00\" }\nclosed: [12-31..01-01]\n";
        let hours = hours(text).expect("sound");
        for (utc, state) in [
            ("2026-12-31T05:59:00Z", State::Open),
            ("2026-12-31T06:00:00Z", State::Holiday),
            ("2026-12-31T23:00:00Z", State::Holiday),
            ("2027-01-01T03:00:00Z", State::Holiday),
            ("2027-01-02T03:00:00Z", State::Closed),
            ("2027-01-02T22:00:00Z", State::Open),
        ] {
            assert_eq!(at(&hours, utc), state, "{utc}");
        }
    }

    #[test]
    fn summer_time_moves_nothing() {
        let text = "zone: Europe/Berlin\nopen: { mon-sun: \"09:00-17:00\" }\n";
        let day = hours(text).expect("sound");
        for (utc, state) in [
            // Winter is one hour ahead, summer two; the change is on 2026-03-29 and 2026-10-25.
            ("2026-03-28T07:59:00Z", State::Closed),
            ("2026-03-28T08:00:00Z", State::Open),
            ("2026-03-29T06:59:00Z", State::Closed),
            ("2026-03-29T07:00:00Z", State::Open),
            ("2026-10-24T07:00:00Z", State::Open),
            ("2026-10-25T07:00:00Z", State::Closed),
            ("2026-10-25T08:00:00Z", State::Open),
        ] {
            assert_eq!(at(&day, utc), state, "{utc}");
        }
        let night = hours(&text.replace("09:00-17:00", "02:00-03:00")).expect("sound");
        for (utc, state) in [
            // The clock leaves 02:00 to 03:00 out in spring, and shows it twice in autumn.
            ("2026-03-29T00:59:00Z", State::Closed),
            ("2026-03-29T01:00:00Z", State::Closed),
            ("2026-10-25T00:00:00Z", State::Open),
            ("2026-10-25T00:59:00Z", State::Open),
            ("2026-10-25T01:00:00Z", State::Open),
            ("2026-10-25T01:59:00Z", State::Open),
            ("2026-10-25T02:00:00Z", State::Closed),
        ] {
            assert_eq!(at(&night, utc), state, "{utc}");
        }
    }

    #[test]
    fn days_of_the_week_may_turn_round() {
        let hours =
            hours("zone: UTC\nopen: { \"sat-mon, wed\": \"00:00-24:00\", fri: closed }\n").expect("sound");
        let open: Vec<u8> = (22..29_u8)
            .filter(|day| at(&hours, &format!("2026-11-{day}T12:00:00Z")) == State::Open)
            .collect();
        assert_eq!(open, [22, 23, 25, 28], "Sunday, Monday, Wednesday and Saturday");
    }

    #[test]
    fn a_clock_that_is_wrong_breaks_nothing() {
        let hours = hours(SHANGHAI).expect("sound");
        for wall in [Duration::ZERO, Duration::MAX] {
            assert_ne!(hours.at(wall), State::Open, "{wall:?}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let open = |range: &str| hours(&format!("zone: UTC\nopen: {{ mon: \"{range}\" }}\n")).map(|_| ());
        for good in ["9:00-18:00", "00:00-24:00", "22:00-06:00", " 09:00 - 12:00 ,13:00-14:30"] {
            assert_eq!(open(good), Ok(()), "{good}");
        }
        for bad in [
            "09:00",
            "9-18",
            "09:00-25:00",
            "24:00-06:00",
            "09:00-09:00",
            "09:60-10:00",
            "9:0-10:00",
            "+9:00-10:00",
        ] {
            assert!(open(bad).is_err(), "{bad}");
        }
        let closed = |days: &str| {
            hours(&format!("zone: UTC\nopen: {{ mon: 09:00-18:00 }}\nclosed: [{days}]\n")).map(|_| ())
        };
        for good in ["2028-02-29", "02-29", "2026-10-01..2026-10-01", "12-30..01-02"] {
            assert_eq!(closed(good), Ok(()), "{good}");
        }
        for bad in [
            "2027-02-29",
            "02-30",
            "13-01",
            "2026-10-07..2026-10-01",
            "2026-12-30..01-02",
            "1.10.",
            "26-10-01",
        ] {
            assert!(closed(bad).is_err(), "{bad}");
        }
    }
}
