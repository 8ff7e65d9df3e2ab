//! Hard cases of every filter, as Chinese and English people say and write them.

use super::*;
use crate::expression::{Scope, render};

/// The text of a filter's use, in the strict manner.
fn read(text: &str, language: &str, sense: Sense) -> Result<String, String> {
    let scope = Scope::from([(LANGUAGE.to_owned(), Value::from(language))]);
    let template = format!("{{{{ {text} }}}}");
    render(&template, &scope, sense, Manner::Strict).map_err(|error| crate::expression::detail(&error))
}

/// What stands in the texts, and how Chinese and English say it.
fn said(table: &[(&str, &str, &str)]) {
    for (text, chinese, english) in table {
        assert_eq!(read(text, "zh-CN", Sense::Ear).as_deref(), Ok(*chinese), "{text}");
        assert_eq!(read(text, "en", Sense::Ear).as_deref(), Ok(*english), "{text}");
    }
}

/// What stands in the texts, and how Chinese and English show it.
fn shown(table: &[(&str, &str, &str)]) {
    for (text, chinese, english) in table {
        assert_eq!(read(text, "zh-CN", Sense::Eye).as_deref(), Ok(*chinese), "{text}");
        assert_eq!(read(text, "en-GB", Sense::Eye).as_deref(), Ok(*english), "{text}");
    }
}

#[test]
fn numbers_are_said_as_people_count() {
    said(&[
        ("0 | number", "零", "zero"),
        ("2 | number", "二", "two"),
        ("10 | number", "十", "ten"),
        ("11 | number", "十一", "eleven"),
        ("20 | number", "二十", "twenty"),
        ("22 | number", "二十二", "twenty-two"),
        ("100 | number", "一百", "one hundred"),
        ("101 | number", "一百零一", "one hundred and one"),
        ("105 | number", "一百零五", "one hundred and five"),
        ("110 | number", "一百一十", "one hundred and ten"),
        ("115 | number", "一百一十五", "one hundred and fifteen"),
        ("200 | number", "两百", "two hundred"),
        ("222 | number", "两百二十二", "two hundred and twenty-two"),
        ("1000 | number", "一千", "one thousand"),
        ("1001 | number", "一千零一", "one thousand and one"),
        ("1010 | number", "一千零一十", "one thousand and ten"),
        ("1100 | number", "一千一百", "one thousand one hundred"),
        ("2222 | number", "两千二百二十二", "two thousand two hundred and twenty-two"),
        ("10000 | number", "一万", "ten thousand"),
        ("10010 | number", "一万零一十", "ten thousand and ten"),
        ("12000 | number", "一万两千", "twelve thousand"),
        ("20000 | number", "两万", "twenty thousand"),
        ("20020 | number", "两万零二十", "twenty thousand and twenty"),
        ("100000 | number", "十万", "one hundred thousand"),
        ("105000 | number", "十万五千", "one hundred and five thousand"),
        ("120000 | number", "十二万", "one hundred and twenty thousand"),
        ("1020304 | number", "一百零二万零三百零四", "one million twenty thousand three hundred and four"),
        ("10000000 | number", "一千万", "ten million"),
        ("100000000 | number", "一亿", "one hundred million"),
        ("100000001 | number", "一亿零一", "one hundred million and one"),
        ("100020000 | number", "一亿零二万", "one hundred million twenty thousand"),
        ("120000000 | number", "一亿两千万", "one hundred and twenty million"),
        ("200000000 | number", "两亿", "two hundred million"),
        ("1000000000000 | number", "一万亿", "one trillion"),
        ("-5 | number", "负五", "minus five"),
        ("12.6 | number", "十二点六", "twelve point six"),
        ("\"58.20\" | number", "五十八点二零", "fifty-eight point two zero"),
        ("0.05 | number", "零点零五", "zero point zero five"),
        ("(0.1 + 0.2) | number", "零点三", "zero point three"),
        ("\"-0\" | number", "零", "zero"),
        ("\"007\" | number", "七", "seven"),
        ("2 | number(\"个\")", "两个", "two 个"),
        ("12 | number(\"个\")", "十二个", "twelve 个"),
    ]);
    shown(&[
        ("\"58.20\" | number", "58.20", "58.20"),
        ("1001 | number", "1001", "1001"),
        ("-5 | number", "-5", "-5"),
        ("2 | number(\"个\")", "2个", "2 个"),
    ]);
}

#[test]
fn money_is_said_in_its_units_and_shown_in_figures() {
    said(&[
        ("12.34 | money", "十二元三角四分", "twelve yuan and thirty-four fen"),
        ("\"58.20\" | money", "五十八元二角", "fifty-eight yuan and twenty fen"),
        ("0 | money", "零元", "zero yuan"),
        ("2 | money", "两元", "two yuan"),
        ("1 | money", "一元", "one yuan"),
        ("200 | money", "两百元", "two hundred yuan"),
        ("12.04 | money", "十二元零四分", "twelve yuan and four fen"),
        ("0.5 | money", "五角", "fifty fen"),
        ("0.05 | money", "五分", "five fen"),
        ("-3.2 | money", "负三元二角", "minus three yuan and twenty fen"),
        ("1.995 | money", "两元", "two yuan"),
        ("-0.001 | money", "零元", "zero yuan"),
        ("100000000 | money", "一亿元", "one hundred million yuan"),
        ("1.01 | money(\"USD\")", "一美元一美分", "one dollar and one cent"),
        ("2.02 | money(\"EUR\")", "两欧元两欧分", "two euros and two cents"),
    ]);
    shown(&[
        ("12.34 | money", "12.34元", "CNY 12.34"),
        ("0 | money", "0.00元", "CNY 0.00"),
        ("-3.2 | money", "-3.20元", "CNY -3.20"),
        ("1.995 | money", "2.00元", "CNY 2.00"),
        ("2 | money(\"USD\")", "2.00美元", "USD 2.00"),
    ]);
}

#[test]
fn digits_are_said_one_by_one_with_pauses_where_they_are_parted() {
    said(&[
        (
            "\"13800138000\" | digits",
            "幺三八零零幺三八零零零",
            "one three eight zero zero one three eight zero zero zero",
        ),
        ("10086 | digits", "幺零零八六", "one zero zero eight six"),
        ("\"010-62\" | digits", "零幺零，六二", "zero one zero, six two"),
        ("\"+86 10\" | digits", "加八六，幺零", "plus eight six, one zero"),
        ("\"R2041\" | digits", "R二零四幺", "R two zero four one"),
        ("\"*#\" | digits", "星号井号", "star pound"),
        ("\"\" | digits", "", ""),
    ]);
    shown(&[("\"010-62\" | digits", "010-62", "010-62")]);
}

#[test]
fn days_and_times_are_said_and_shown() {
    said(&[
        (
            "\"2028-02-29\" | date",
            "二零二八年二月二十九日",
            "the twenty-ninth of February, twenty twenty-eight",
        ),
        ("\"2000-02-29\" | date", "二零零零年二月二十九日", "the twenty-ninth of February, two thousand"),
        (
            "\"2005-12-31\" | date",
            "二零零五年十二月三十一日",
            "the thirty-first of December, two thousand and five",
        ),
        ("\"1905-10-20\" | date(\"short\")", "十月二十日", "the twentieth of October"),
        ("\"1905-10-12\" | date", "一九零五年十月十二日", "the twelfth of October, nineteen oh five"),
        ("\"2100-01-02T10:00\" | date", "二一零零年一月二日", "the second of January, twenty-one hundred"),
        ("\"14:05\" | time", "十四点零五分", "two oh five p.m."),
        ("\"02:30:59\" | time", "两点三十分", "two thirty a.m."),
        ("\"00:00\" | time", "零点", "midnight"),
        ("\"12:00\" | time", "十二点", "noon"),
        ("\"12:10\" | time", "十二点十分", "twelve ten p.m."),
        ("\"00:10\" | time", "零点十分", "twelve ten a.m."),
        ("\"2028-02-29 14:00\" | time", "十四点", "two p.m."),
    ]);
    shown(&[
        ("\"2028-02-29\" | date", "2028年2月29日", "29 Feb 2028"),
        ("\"2028-02-09\" | date(\"short\")", "2月9日", "9 Feb"),
        ("\"02:30:59\" | time", "02:30", "02:30"),
    ]);
}

#[test]
fn lengths_of_time_and_amounts_of_data_are_said_and_shown() {
    said(&[
        ("90 | duration", "一分钟三十秒", "one minute and thirty seconds"),
        ("0 | duration", "零秒", "zero seconds"),
        ("\"2h\" | duration", "两小时", "two hours"),
        (
            "\"1d2h3m4s\" | duration",
            "一天两小时三分钟四秒",
            "one day, two hours, three minutes and four seconds",
        ),
        ("\"12.6GB\" | bytes", "十二点六G", "twelve point six gigabytes"),
        ("\"10 GB\" | bytes", "十G", "ten gigabytes"),
        ("\"2G\" | bytes", "两G", "two gigabytes"),
        ("1073741824 | bytes", "一G", "one gigabyte"),
        ("524288000 | bytes", "五百兆", "five hundred megabytes"),
        ("1536 | bytes", "一点五K", "one point five kilobytes"),
        ("0 | bytes", "零字节", "zero bytes"),
    ]);
    shown(&[
        ("\"1h30m\" | duration", "1小时30分钟", "1 h 30 min"),
        ("\"12.60gb\" | bytes", "12.6GB", "12.6 GB"),
        ("1073741823 | bytes", "1024MB", "1024 MB"),
    ]);
}

#[test]
fn what_cannot_be_read_so_is_named_and_left_as_it_is_in_a_call() {
    let table = [
        ("\"abc\" | money", "`abc` is not an amount of money"),
        ("\"1,000\" | money", "`1,000` is not an amount of money"),
        ("\"1.\" | money", "`1.` is not an amount of money"),
        ("True | money", "`True` is not an amount of money"),
        ("1 | money(\"XXX\")", "`XXX` is not a currency that is known here; there is: CNY, USD, EUR, HKD"),
        ("12345678901234567 | number", "`12345678901234567` is not a number"),
        ("\"a b/c\" | digits", "`a b/c` is not a number of digits, letters and `+ * # - ( )`"),
        ("\"2027-02-29\" | date", "`2027-02-29` is not a day such as `2026-02-28`"),
        ("\"1900-02-29\" | date", "`1900-02-29` is not a day such as `2026-02-28`"),
        ("\"2026-2-3\" | date", "`2026-2-3` is not a day such as `2026-02-28`"),
        ("\"2026-04-31\" | date", "`2026-04-31` is not a day such as `2026-02-28`"),
        ("\"2026-13-01\" | date", "`2026-13-01` is not a day such as `2026-02-28`"),
        ("\"2026-04-01\" | date(\"long\")", "a date has the form `short` or none, not `long`"),
        ("\"24:00\" | time", "`24:00` is not a time such as `14:05`"),
        ("\"9:30\" | time", "`9:30` is not a time such as `14:05`"),
        ("-1 | duration", "`-1` is not a duration such as `90`, `90s` or `1h30m`"),
        ("\"30m1h\" | duration", "`30m1h` is not a duration such as `90`, `90s` or `1h30m`"),
        ("\"12GX\" | bytes", "`12GX` is not an amount of data such as `12.6GB`"),
        ("-1 | bytes", "`-1` is not an amount of data such as `12.6GB`"),
    ];
    for (text, why) in table {
        assert_eq!(read(text, "en", Sense::Ear).as_ref().map_err(String::as_str), Err(why), "{text}");
        let scope = Scope::from([(LANGUAGE.to_owned(), Value::from("en"))]);
        let plain =
            render(&format!("{{{{ {text} }}}}"), &scope, Sense::Ear, Manner::Lenient).expect("never fails");
        let value = text.split(" | ").next().expect("a value");
        assert_eq!(plain, value.trim_matches('"'), "{text}");
    }
}

#[test]
fn other_languages_are_given_figures() {
    assert_eq!(read("12.34 | money", "fr", Sense::Ear).as_deref(), Ok("CNY 12.34"));
    assert_eq!(read("12 | number", "fr-CA", Sense::Eye).as_deref(), Ok("12"));
}

proptest::proptest! {
    #[test]
    fn every_number_is_said_differently(a in 0..10_u64.pow(16), b in 0..10_u64.pow(16)) {
        proptest::prop_assume!(a != b);
        proptest::prop_assert_ne!(chinese::whole(a), chinese::whole(b));
        proptest::prop_assert_ne!(english::whole(a), english::whole(b));
    }

    #[test]
    fn no_value_makes_a_filter_panic(text in ".{0,24}", word in "[a-zA-Z]{0,6}") {
        for filter in &FILTERS {
            for language in ["zh-CN", "en", "fr"] {
                if let Ok(quantity) = (filter.parse)(&Value::from(text.as_str()), &word) {
                    rendered(&quantity, Sense::Ear, language);
                    rendered(&quantity, Sense::Eye, language);
                }
            }
        }
    }

    #[test]
    fn no_number_makes_a_filter_panic(number in proptest::num::f64::ANY, whole: i64) {
        for (filter, value) in FILTERS.iter().flat_map(|f| [(f, Value::from(number)), (f, Value::from(whole))]) {
            if let Ok(quantity) = (filter.parse)(&value, "") {
                rendered(&quantity, Sense::Ear, "zh-CN");
                rendered(&quantity, Sense::Ear, "en");
            }
        }
    }
}
