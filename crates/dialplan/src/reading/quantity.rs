//! What a value means, before it is put into any language: parsed once, with its range checked.

use minijinja::value::{Value, ValueKind};

/// Digits before the point; more are spoken one by one, where that makes sense.
const WHOLE_DIGITS_MAX: usize = 16;
/// Digits behind the point; more are refused.
const FRACTION_DIGITS_MAX: usize = 9;
/// Characters of a number that is read digit by digit.
const DIGITS_MAX: usize = 40;

/// Something to be shown or said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// An amount in hundredths of the currency's unit.
    Money { negative: bool, hundredths: u64, currency: &'static Currency },
    /// A number, and what is counted, if that was named.
    Number { number: Decimal, unit: String },
    /// Digits and signs of a telephone or ticket number.
    Digits(String),
    /// A day of the Gregorian calendar; without its year when `short`.
    Date { year: u16, month: u8, day: u8, short: bool },
    /// A time of the day.
    Time { hour: u8, minute: u8 },
    /// A length of time in seconds.
    Duration { seconds: u64 },
    /// An amount of data in a unit of it.
    Bytes { number: Decimal, unit: ByteUnit },
}

/// A decimal number as it was written: `58.20` keeps its zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    pub(super) whole: u64,
    /// Digits behind the point; may be empty.
    pub(super) fraction: String,
}

/// A currency with its names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Currency {
    /// ISO 4217.
    pub(super) code: &'static str,
    /// The unit and its hundredth in Chinese; `None` for the tenths and hundredths of a yuan.
    pub(super) chinese: (&'static str, Option<&'static str>),
    /// One unit, several, one hundredth, several, in English.
    pub(super) english: [&'static str; 4],
}

/// Currencies that `money` knows; the first one is taken when none is named.
pub(super) const CURRENCIES: [Currency; 4] = [
    Currency { code: "CNY", chinese: ("元", None), english: ["yuan", "yuan", "fen", "fen"] },
    Currency {
        code: "USD",
        chinese: ("美元", Some("美分")),
        english: ["dollar", "dollars", "cent", "cents"],
    },
    Currency {
        code: "EUR", chinese: ("欧元", Some("欧分")), english: ["euro", "euros", "cent", "cents"]
    },
    Currency {
        code: "HKD",
        chinese: ("港元", Some("港仙")),
        english: ["dollar", "dollars", "cent", "cents"],
    },
];

/// Units of data, each 1024 times the one before, as network operators count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ByteUnit {
    B,
    KB,
    MB,
    GB,
    TB,
}

impl ByteUnit {
    pub(super) const ALL: [ByteUnit; 5] =
        [ByteUnit::B, ByteUnit::KB, ByteUnit::MB, ByteUnit::GB, ByteUnit::TB];

    pub(super) fn shown(self) -> &'static str {
        ["B", "KB", "MB", "GB", "TB"][self as usize]
    }
}

/// Why a value cannot be read so; for the operator.
pub(super) type Unreadable = String;

impl Decimal {
    /// Optional sign, digits, and digits behind a point: `-12.50`.
    fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix(['-', '−']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|c| c.is_ascii_digit());
        let point_without_digits = digits.contains('.') && fraction.is_empty();
        let whole_digits = whole.trim_start_matches('0');
        if whole.is_empty()
            || point_without_digits
            || !all_digits(whole)
            || !all_digits(fraction)
            || whole_digits.len() > WHOLE_DIGITS_MAX
            || fraction.len() > FRACTION_DIGITS_MAX
        {
            return None;
        }
        let whole = if whole_digits.is_empty() { 0 } else { whole_digits.parse().ok()? };
        Some(Decimal { negative, whole, fraction: fraction.to_owned() }.without_minus_zero())
    }

    /// A number or a text with one; a float loses the zeros that it never had.
    fn of(value: &Value) -> Option<Decimal> {
        match value.kind() {
            ValueKind::Number if value.is_integer() => Decimal::parse(&value.to_string()),
            ValueKind::Number => {
                // Sums of decimals are off by a little: 0.1 + 0.2 is to be read as 0.3.
                let float = f64::try_from(value.clone()).ok().filter(|float| float.is_finite())?;
                let text = format!("{float:.FRACTION_DIGITS_MAX$}");
                Decimal::parse(text.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => Decimal::parse(value.as_str()?),
        }
    }

    fn without_minus_zero(self) -> Decimal {
        let zero = self.whole == 0 && self.fraction.bytes().all(|digit| digit == b'0');
        Decimal { negative: self.negative && !zero, ..self }
    }

    /// Without zeros at the end of the fraction.
    fn shortest(self) -> Decimal {
        Decimal { fraction: self.fraction.trim_end_matches('0').to_owned(), ..self }
    }

    /// In hundredths, rounded half up.
    fn hundredths(&self) -> Option<u64> {
        let digit = |at: usize| self.fraction.as_bytes().get(at).map_or(0, |digit| u64::from(digit - b'0'));
        let rounded = digit(0) * 10 + digit(1) + u64::from(digit(2) >= 5);
        self.whole.checked_mul(100)?.checked_add(rounded)
    }

    /// In figures: `-12.5`.
    pub(super) fn figures(&self) -> String {
        let (sign, point) =
            (if self.negative { "-" } else { "" }, if self.fraction.is_empty() { "" } else { "." });
        format!("{sign}{}{point}{}", self.whole, self.fraction)
    }
}

impl Quantity {
    /// An amount of money; `currency` is a code of ISO 4217, empty for the first of [`CURRENCIES`].
    pub(super) fn money(value: &Value, currency: &str) -> Result<Quantity, Unreadable> {
        let wanted = if currency.is_empty() { CURRENCIES[0].code } else { currency };
        let currency = CURRENCIES.iter().find(|known| known.code == wanted).ok_or_else(|| {
            let known = CURRENCIES.map(|known| known.code).join(", ");
            format!("`{wanted}` is not a currency that is known here; there is: {known}")
        })?;
        let number = Decimal::of(value).ok_or_else(|| not(value, "an amount of money"))?;
        let hundredths = number.hundredths().ok_or_else(|| not(value, "an amount of money"))?;
        Ok(Quantity::Money { negative: number.negative && hundredths > 0, hundredths, currency })
    }

    /// A number; `unit` is what is counted, or empty.
    pub(super) fn number(value: &Value, unit: &str) -> Result<Quantity, Unreadable> {
        let number = Decimal::of(value).ok_or_else(|| not(value, "a number"))?;
        Ok(Quantity::Number { number, unit: unit.to_owned() })
    }

    /// Letters, digits and the signs `+ * # - ( )` and spaces.
    pub(super) fn digits(value: &Value) -> Result<Quantity, Unreadable> {
        let fit = |c: char| c.is_ascii_alphanumeric() || "+*#-() ".contains(c);
        let plain = matches!(value.kind(), ValueKind::String) || value.is_integer();
        let text = value.to_string().trim().to_owned();
        if !plain || text.chars().count() > DIGITS_MAX || !text.chars().all(fit) {
            return Err(not(value, "a number of digits, letters and `+ * # - ( )`"));
        }
        Ok(Quantity::Digits(text))
    }

    /// `2026-02-28`, or the day of `2026-02-28T14:05`; `form` is empty or `short`.
    pub(super) fn date(value: &Value, form: &str) -> Result<Quantity, Unreadable> {
        if !matches!(form, "" | "short") {
            return Err(format!("a date has the form `short` or none, not `{form}`"));
        }
        let wrong = || not(value, "a day such as `2026-02-28`");
        let (day, rest) = value.as_str().map(str::trim).and_then(split_moment).ok_or_else(wrong)?;
        if !rest.is_empty() && clock(rest).is_none() {
            return Err(wrong());
        }
        let mut parts = day.split('-');
        let mut part = |len: usize| parts.next().filter(|part| part.len() == len).and_then(figures);
        let (Some(year), Some(month), Some(day), None) = (part(4), part(2), part(2), parts.next()) else {
            return Err(wrong());
        };
        let (year, month, day) = (year as u16, month as u8, day as u8);
        if year == 0 || day == 0 || day > days_of(year, month) {
            return Err(wrong());
        }
        Ok(Quantity::Date { year, month, day, short: form == "short" })
    }

    /// `14:05`, `14:05:30`, or the time of `2026-02-28T14:05`. Seconds are left out.
    pub(super) fn time(value: &Value) -> Result<Quantity, Unreadable> {
        let text = value.as_str().map(str::trim).unwrap_or_default();
        let clock_part = match split_moment(text) {
            Some((_, rest)) if !rest.is_empty() => rest,
            Some(_) | None => text,
        };
        let (hour, minute) = clock(clock_part).ok_or_else(|| not(value, "a time such as `14:05`"))?;
        Ok(Quantity::Time { hour, minute })
    }

    /// Seconds, or a text such as `90s` or `1h30m`. Parts of a second are left out.
    pub(super) fn duration(value: &Value) -> Result<Quantity, Unreadable> {
        let wrong = || not(value, "a duration such as `90`, `90s` or `1h30m`");
        if let Some(number) = Decimal::of(value) {
            let fits = !number.negative && number.whole <= DURATION_SECONDS_MAX;
            return if fits { Ok(Quantity::Duration { seconds: number.whole }) } else { Err(wrong()) };
        }
        let seconds = value.as_str().and_then(|text| seconds(text.trim())).ok_or_else(wrong)?;
        Ok(Quantity::Duration { seconds })
    }

    /// Octets, or a text such as `12.6GB`.
    pub(super) fn bytes(value: &Value) -> Result<Quantity, Unreadable> {
        let wrong = || not(value, "an amount of data such as `12.6GB`");
        if matches!(value.kind(), ValueKind::Number) {
            let octets = Decimal::of(value).filter(|number| !number.negative).ok_or_else(wrong)?;
            return Ok(of_octets(octets.whole));
        }
        let text = value.as_str().map(str::trim).ok_or_else(wrong)?;
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let name = text[digits.len()..].to_ascii_uppercase();
        let number = Decimal::parse(digits).filter(|number| !number.negative).ok_or_else(wrong)?;
        let unit = ByteUnit::ALL.into_iter().find(|unit| {
            let shown = unit.shown();
            // A bare number counts octets; `10G` is what people write.
            name == shown
                || (*unit != ByteUnit::B && name == shown[..1])
                || (*unit == ByteUnit::B && name.is_empty())
        });
        match unit.ok_or_else(wrong)? {
            ByteUnit::B if number.fraction.is_empty() => Ok(of_octets(number.whole)),
            ByteUnit::B => Err(wrong()),
            unit => Ok(Quantity::Bytes { number: number.shortest(), unit }),
        }
    }
}

/// A hundred years.
const DURATION_SECONDS_MAX: u64 = 100 * 366 * 86_400;

/// In the largest unit of which it is at least one, with at most two digits behind the point.
fn of_octets(octets: u64) -> Quantity {
    let unit = ByteUnit::ALL.into_iter().rev().find(|unit| octets >= 1 << (10 * *unit as u32));
    let unit = unit.unwrap_or(ByteUnit::B);
    let hundredths = (u128::from(octets) * 100 + (1 << (10 * unit as u32)) / 2) >> (10 * unit as u32);
    let (whole, fraction) = ((hundredths / 100) as u64, format!("{:02}", hundredths % 100));
    Quantity::Bytes { number: Decimal { negative: false, whole, fraction }.shortest(), unit }
}

fn not(value: &Value, what: &str) -> Unreadable {
    let text: String = value.to_string().chars().take(40).collect();
    format!("`{text}` is not {what}")
}

fn figures(text: &str) -> Option<u32> {
    text.bytes().all(|c| c.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Day and what follows it after `T` or a space; `None` when there is no day.
fn split_moment(text: &str) -> Option<(&str, &str)> {
    let (day, rest) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    day.contains('-').then_some((day, rest))
}

/// Hour and minute of `14:05` or `14:05:30`.
fn clock(text: &str) -> Option<(u8, u8)> {
    let mut parts = text.split(':');
    let mut part =
        |max: u32| parts.next().filter(|part| part.len() == 2).and_then(figures).filter(|n| *n <= max);
    let (hour, minute) = (part(23)?, part(59)?);
    match parts.next() {
        None => Some((hour as u8, minute as u8)),
        // Some clocks count a leap second.
        Some(second) if second.len() == 2 && figures(second).is_some_and(|second| second <= 60) => {
            parts.next().is_none().then_some((hour as u8, minute as u8))
        }
        Some(_) => None,
    }
}

fn days_of(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// Seconds of `1h30m`: numbers, each with its unit, from large to small.
fn seconds(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let (mut rest, mut sum, mut units) = (text, 0_u64, &UNITS[..]);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: u64 = rest[..digits].parse().ok()?;
        let letters = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let at = units.iter().position(|(name, _)| *name == &rest[digits..digits + letters])?;
        sum = sum.checked_add(count.checked_mul(units[at].1)?)?;
        units = &units[at + 1..];
        rest = &rest[digits + letters..];
    }
    (!text.is_empty() && sum <= DURATION_SECONDS_MAX).then_some(sum)
}
