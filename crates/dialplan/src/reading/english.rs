//! Values in English words.

use super::quantity::{ByteUnit, Currency, Decimal, Quantity};

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const THOUSANDS: [(u64, &str); 5] = [
    (1_000_000_000_000_000, "quadrillion"),
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// As it is said.
pub(super) fn spoken(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Money { negative, hundredths, currency } => money(*negative, *hundredths, currency),
        Quantity::Number { number, unit } => format!("{} {unit}", decimal(number)).trim_end().to_owned(),
        Quantity::Digits(text) => digits(text),
        Quantity::Date { year, month, day, short } => {
            let day = format!("the {} of {}", ordinal(u64::from(*day)), MONTHS[usize::from(*month) - 1]);
            if *short { day } else { format!("{day}, {}", year_words(*year)) }
        }
        Quantity::Time { hour, minute } => time(*hour, *minute),
        Quantity::Duration { seconds } => duration(*seconds),
        Quantity::Bytes { number, unit } => {
            let unit = match unit {
                ByteUnit::B => "byte",
                ByteUnit::KB => "kilobyte",
                ByteUnit::MB => "megabyte",
                ByteUnit::GB => "gigabyte",
                ByteUnit::TB => "terabyte",
            };
            format!("{} {unit}{}", decimal(number), plural(number.whole == 1 && number.fraction.is_empty()))
        }
    }
}

/// As it is shown.
pub(super) fn shown(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Money { negative, hundredths, currency } => {
            let sign = if *negative { "-" } else { "" };
            format!("{} {sign}{}.{:02}", currency.code, hundredths / 100, hundredths % 100)
        }
        Quantity::Number { number, unit } => format!("{} {unit}", number.figures()).trim_end().to_owned(),
        Quantity::Digits(text) => text.clone(),
        Quantity::Date { year, month, day, short } => {
            let day = format!("{day} {}", &MONTHS[usize::from(*month) - 1][..3]);
            if *short { day } else { format!("{day} {year}") }
        }
        Quantity::Time { hour, minute } => format!("{hour:02}:{minute:02}"),
        Quantity::Duration { seconds } => {
            let parts = super::parts(*seconds, &["d", "h", "min", "s"]);
            parts.into_iter().map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(" ")
        }
        Quantity::Bytes { number, unit } => format!("{} {}", number.figures(), unit.shown()),
    }
}

fn money(negative: bool, hundredths: u64, currency: &Currency) -> String {
    let (units, rest) = (hundredths / 100, hundredths % 100);
    let [unit, units_name, hundredth, hundredths_name] = currency.english;
    let named = |count: u64, one: &str, several: &str| {
        format!("{} {}", whole(count), if count == 1 { one } else { several })
    };
    let sign = if negative { "minus " } else { "" };
    match (units, rest) {
        (_, 0) => format!("{sign}{}", named(units, unit, units_name)),
        (0, _) => format!("{sign}{}", named(rest, hundredth, hundredths_name)),
        _ => {
            let hundredths = named(rest, hundredth, hundredths_name);
            format!("{sign}{} and {hundredths}", named(units, unit, units_name))
        }
    }
}

fn decimal(number: &Decimal) -> String {
    let sign = if number.negative { "minus " } else { "" };
    let mut words = format!("{sign}{}", whole(number.whole));
    if !number.fraction.is_empty() {
        words.push_str(" point");
        for digit in number.fraction.bytes() {
            words.push(' ');
            words.push_str(SMALL[usize::from(digit - b'0')]);
        }
    }
    words
}

fn digits(text: &str) -> String {
    let sign = |c: char| match c {
        '0'..='9' => SMALL[usize::from(c as u8 - b'0')].to_owned(),
        '+' => "plus".to_owned(),
        '*' => "star".to_owned(),
        '#' => "pound".to_owned(),
        other => other.to_string(),
    };
    text.split(['-', ' ', '(', ')'])
        .filter(|group| !group.is_empty())
        .map(|group| group.chars().map(sign).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}

fn time(hour: u8, minute: u8) -> String {
    match (hour, minute) {
        (0, 0) => return "midnight".to_owned(),
        (12, 0) => return "noon".to_owned(),
        _ => {}
    }
    let half = if hour < 12 { "a.m." } else { "p.m." };
    let hours = whole(u64::from((hour + 11) % 12 + 1));
    match minute {
        0 => format!("{hours} {half}"),
        1..=9 => format!("{hours} oh {} {half}", whole(u64::from(minute))),
        _ => format!("{hours} {} {half}", whole(u64::from(minute))),
    }
}

fn duration(seconds: u64) -> String {
    let parts = super::parts(seconds, &["day", "hour", "minute", "second"]);
    let words: Vec<String> = parts
        .into_iter()
        .map(|(count, name)| format!("{} {name}{}", whole(count), plural(count == 1)))
        .collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

fn plural(one: bool) -> &'static str {
    if one { "" } else { "s" }
}

/// 1905 is "nineteen oh five", 2005 "two thousand and five", 2024 "twenty twenty-four".
fn year_words(year: u16) -> String {
    let (century, rest) = (u64::from(year) / 100, u64::from(year) % 100);
    match (century, rest) {
        (0..=9, _) | (20, 0..=9) => whole(u64::from(year)),
        (_, 0) if century % 10 == 0 => whole(u64::from(year)),
        (_, 0) => format!("{} hundred", whole(century)),
        (_, 1..=9) => format!("{} oh {}", whole(century), whole(rest)),
        _ => format!("{} {}", whole(century), whole(rest)),
    }
}

fn ordinal(number: u64) -> String {
    let words = whole(number);
    let (head, last) = match words.rfind(['-', ' ']) {
        Some(at) => words.split_at(at + 1),
        None => ("", words.as_str()),
    };
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        tens if tens.ends_with('y') => format!("{}ieth", &tens[..tens.len() - 1]),
        other => format!("{other}th"),
    };
    format!("{head}{last}")
}

/// A whole number below 10^18.
pub(super) fn whole(number: u64) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = number;
    for (unit, name) in THOUSANDS {
        if rest >= unit {
            parts.push(format!("{} {name}", below_thousand(rest / unit)));
            rest %= unit;
        }
    }
    if rest > 0 || parts.is_empty() {
        // "one thousand and five", but "one thousand one hundred and five".
        let and = if !parts.is_empty() && rest < 100 { "and " } else { "" };
        parts.push(format!("{and}{}", below_thousand(rest)));
    }
    parts.join(" ")
}

fn below_thousand(number: u64) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    match (hundreds, rest) {
        (0, _) => below_hundred(rest),
        (_, 0) => format!("{} hundred", SMALL[hundreds as usize]),
        _ => format!("{} hundred and {}", SMALL[hundreds as usize], below_hundred(rest)),
    }
}

fn below_hundred(number: u64) -> String {
    match (number / 10, number % 10) {
        (0 | 1, _) => SMALL[number as usize].to_owned(),
        (tens, 0) => TENS[tens as usize].to_owned(),
        (tens, ones) => format!("{}-{}", TENS[tens as usize], SMALL[ones as usize]),
    }
}
