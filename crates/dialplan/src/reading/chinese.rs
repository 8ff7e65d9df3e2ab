//! Values in Chinese words.
//!
//! 2 is 两 before 千, before what is counted, and at the beginning of a number before 百, 万 and 亿; elsewhere it is
//! 二. A zero within a number is said once for each gap. 1 in a telephone number is 幺.

use super::quantity::{ByteUnit, Currency, Decimal, Quantity};

const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// As it is said.
pub(super) fn spoken(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Money { negative, hundredths, currency } => money(*negative, *hundredths, currency),
        Quantity::Number { number, unit } if unit.is_empty() => decimal(number),
        Quantity::Number { number, unit } => counted(number, unit),
        Quantity::Digits(text) => digits(text),
        Quantity::Date { year, month, day, short } => {
            let day = format!("{}月{}日", whole(u64::from(*month)), whole(u64::from(*day)));
            let years: String = year.to_string().bytes().map(digit).collect();
            if *short { day } else { format!("{years}年{day}") }
        }
        Quantity::Time { hour, minute } => time(*hour, *minute),
        Quantity::Duration { seconds } => duration(*seconds),
        Quantity::Bytes { number, unit } => {
            let unit = match unit {
                ByteUnit::B => "字节",
                ByteUnit::KB => "K",
                ByteUnit::MB => "兆",
                ByteUnit::GB => "G",
                ByteUnit::TB => "T",
            };
            counted(number, unit)
        }
    }
}

/// As it is shown.
pub(super) fn shown(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Money { negative, hundredths, currency } => {
            let sign = if *negative { "-" } else { "" };
            format!("{sign}{}.{:02}{}", hundredths / 100, hundredths % 100, currency.chinese.0)
        }
        Quantity::Number { number, unit } => format!("{}{unit}", number.figures()),
        Quantity::Digits(text) => text.clone(),
        Quantity::Date { month, day, short: true, .. } => format!("{month}月{day}日"),
        Quantity::Date { year, month, day, short: false } => format!("{year}年{month}月{day}日"),
        Quantity::Time { hour, minute } => format!("{hour:02}:{minute:02}"),
        Quantity::Duration { seconds } => super::parts(*seconds, &DURATIONS)
            .into_iter()
            .map(|(count, name)| format!("{count}{name}"))
            .collect(),
        Quantity::Bytes { number, unit } => format!("{}{}", number.figures(), unit.shown()),
    }
}

const DURATIONS: [&str; 4] = ["天", "小时", "分钟", "秒"];

fn money(negative: bool, hundredths: u64, currency: &Currency) -> String {
    let (units, rest) = (hundredths / 100, hundredths % 100);
    let (unit, hundredth) = currency.chinese;
    let mut words = String::from(if negative { "负" } else { "" });
    if units > 0 || rest == 0 {
        words.push_str(&before(units));
        words.push_str(unit);
    }
    match hundredth {
        Some(hundredth) if rest > 0 => {
            words.push_str(&before(rest));
            words.push_str(hundredth);
        }
        Some(_) => {}
        None => {
            let (tenths, cents) = (rest / 10, rest % 10);
            if tenths > 0 {
                words.push_str(&format!("{}角", DIGITS[tenths as usize]));
            } else if cents > 0 && units > 0 {
                words.push_str(DIGITS[0]);
            }
            if cents > 0 {
                words.push_str(&format!("{}分", DIGITS[cents as usize]));
            }
        }
    }
    words
}

fn decimal(number: &Decimal) -> String {
    let sign = if number.negative { "负" } else { "" };
    if number.fraction.is_empty() {
        return format!("{sign}{}", whole(number.whole));
    }
    let fraction: String = number.fraction.bytes().map(digit).collect();
    format!("{sign}{}点{fraction}", whole(number.whole))
}

/// Before what is counted.
fn counted(number: &Decimal, unit: &str) -> String {
    if !number.fraction.is_empty() {
        return format!("{}{unit}", decimal(number));
    }
    format!("{}{}{unit}", if number.negative { "负" } else { "" }, before(number.whole))
}

/// A whole number before what is counted: two is 两.
fn before(number: u64) -> String {
    if number == 2 { "两".to_owned() } else { whole(number) }
}

fn digits(text: &str) -> String {
    let sign = |c: char| match c {
        '1' => "幺".to_owned(),
        '0'..='9' => digit(c as u8).to_owned(),
        '+' => "加".to_owned(),
        '*' => "星号".to_owned(),
        '#' => "井号".to_owned(),
        other => other.to_string(),
    };
    text.split(['-', ' ', '(', ')'])
        .filter(|group| !group.is_empty())
        .map(|group| group.chars().map(sign).collect::<String>())
        .collect::<Vec<_>>()
        .join("，")
}

fn time(hour: u8, minute: u8) -> String {
    let hours = before(u64::from(hour));
    match minute {
        0 => format!("{hours}点"),
        1..=9 => format!("{hours}点零{}分", whole(u64::from(minute))),
        _ => format!("{hours}点{}分", whole(u64::from(minute))),
    }
}

fn duration(seconds: u64) -> String {
    let parts = super::parts(seconds, &DURATIONS);
    parts.into_iter().map(|(count, name)| format!("{}{name}", before(count))).collect()
}

fn digit(ascii: u8) -> &'static str {
    DIGITS[usize::from(ascii - b'0')]
}

/// A whole number below 10^17.
pub(super) fn whole(number: u64) -> String {
    if number == 0 {
        return DIGITS[0].to_owned();
    }
    let mut words = String::new();
    write(number, true, &mut words);
    words
}

/// `first`: nothing of the number has been said yet.
fn write(number: u64, first: bool, words: &mut String) {
    for (unit, name) in [(100_000_000, "亿"), (10_000, "万")] {
        if number >= unit {
            match number / unit {
                2 if first => words.push('两'),
                high => write(high, first, words),
            }
            words.push_str(name);
            let low = number % unit;
            if low > 0 {
                if low < unit / 10 {
                    words.push_str(DIGITS[0]);
                }
                write(low, false, words);
            }
            return;
        }
    }
    group(number as usize, first, words);
}

/// Up to four digits.
fn group(number: usize, first: bool, words: &mut String) {
    let (mut said, mut gap) = (false, false);
    for (unit, name) in [(1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = number / unit % 10;
        if digit == 0 {
            gap = said;
            continue;
        }
        if gap {
            words.push_str(DIGITS[0]);
        }
        let begins = first && !said;
        match (digit, unit) {
            (2, 1_000) => words.push('两'),
            (2, 100) if begins => words.push('两'),
            (1, 10) if begins => {}
            _ => words.push_str(DIGITS[digit]),
        }
        words.push_str(name);
        (said, gap) = (true, false);
    }
}
