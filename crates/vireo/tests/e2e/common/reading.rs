//! What a person reads off a picture, by tesseract, and in a text.

use std::path::Path;
use std::process::Command;

use media::{Picture, Size, SlideValues};

use super::slides;

/// The picture in a PNG.
pub(crate) fn picture(file: &Path) -> Picture {
    let clip = codec::file::read(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    clip.pictures.into_iter().next().expect("a PNG holds a picture").1
}

/// Sizes, languages and modes of tesseract; what mostly serves stands first.
const WAYS: [(u16, &str, &str); 12] = [
    (2, "chi_sim", "6"),
    (3, "eng", "6"),
    (2, "chi_sim", "11"),
    (2, "eng", "6"),
    (2, "eng", "11"),
    (3, "chi_sim", "6"),
    (3, "chi_sim", "11"),
    (3, "eng", "11"),
    (4, "chi_sim", "6"),
    (4, "chi_sim", "11"),
    (4, "eng", "6"),
    (4, "eng", "11"),
];

/// Whether `words`, an amount for instance, without blanks, are read on the picture. Tesseract is no person: it is shown the
/// picture in several sizes, and asked in several ways. No wrong amount is read by chance, for nobody could guess it.
pub(crate) fn is_read(file: &Path, words: &str) -> bool {
    is_read_by(&WAYS, file, words)
}

/// The same at a glance: one that fails costs a second, and says little.
pub(crate) fn is_seen(file: &Path, words: &str) -> bool {
    is_read_by(&WAYS[..2], file, words)
}

fn is_read_by(ways: &[(u16, &str, &str)], file: &Path, words: &str) -> bool {
    let seen = picture(file);
    let mut readings = Vec::new();
    for (times, language, mode) in ways {
        let large = Size { width: seen.size.width * times, height: seen.size.height * times };
        let path = file.with_extension("large.png");
        codec::png::write(&path, &codec::scale(&seen, large).expect("it can be scaled")).expect("writable");
        let run =
            Command::new("tesseract").arg(&path).args(["stdout", "-l", language, "--psm", mode]).output();
        let read = String::from_utf8_lossy(&run.expect("it is installed").stdout).replace(' ', "");
        if read.contains(words) {
            println!("{words} is read in {read:?}");
            return true;
        }
        readings.push(read);
    }
    println!("{words} is not read in any of {readings:?}");
    false
}

/// Whether tesseract is here, and reads Chinese.
pub(crate) fn reads_chinese() -> bool {
    let listed = Command::new("tesseract").arg("--list-langs").output();
    listed.is_ok_and(|listed| String::from_utf8_lossy(&listed.stdout).lines().any(|line| line == "chi_sim"))
}

/// An amount that no file of the project knows: four digits drawn by the system.
pub(crate) fn amount() -> String {
    let mut octets = [0; 2];
    use rand::TryRngCore;
    rand::rngs::OsRng.try_fill_bytes(&mut octets).expect("the system has random octets");
    let cents = 1_000 + u32::from(u16::from_ne_bytes(octets)) % 9_000;
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Whether a Chinese text says `amount`, which is below a hundred, to the tenth; nothing is said of no tenths.
pub(crate) fn says(text: &str, amount: &str) -> bool {
    let (yuan, cents) = amount.split_once('.').expect("an amount");
    let tenth = &cents[..1];
    text.contains(&said(yuan)) && (tenth == "0" || text.contains(&said(tenth)))
}

/// A number below a hundred as it is said, or one digit.
fn said(digits: &str) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let of = |at: usize| DIGITS[usize::from(digits.as_bytes()[at] - b'0')];
    match digits.len() {
        1 => of(0).to_owned(),
        _ => {
            let tens = if &digits[..1] == "1" { "" } else { of(0) };
            let ones = if &digits[1..] == "0" { "" } else { of(1) };
            format!("{tens}十{ones}")
        }
    }
}

/// The code of four digits on a CIF picture of `code.svg`: at each place the digit that looks most like it, if it does so
/// clearly. Tesseract is no help here, it takes a bold seven for a one.
pub(crate) fn code(file: &Path) -> Option<String> {
    /// Mean difference of luma, of 0 to 255: coding makes 0.5, and two digits are 4 apart or more.
    const ALIKE: f64 = 2.5;
    let seen = picture(file);
    if seen.size != Size::CIF {
        return None;
    }
    let drawn: Vec<Picture> = (0..10).map(all_of).collect();
    let digit = |place: usize| {
        let apart = |digit: &Picture| difference(&seen, digit, place);
        let mut by_likeness: Vec<(f64, usize)> = drawn.iter().map(apart).zip(0..).collect();
        by_likeness.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (best, second) = (by_likeness[0], by_likeness[1]);
        println!("place {place}: {} differs by {:.1}, {} by {:.1}", best.1, best.0, second.1, second.0);
        (best.0 < ALIKE && best.0 + 1.0 < second.0).then(|| best.1.to_string())
    };
    (0..4).map(digit).collect()
}

/// A slide whose code is one digit four times.
fn all_of(digit: u32) -> Picture {
    let values = [("code", digit.to_string().repeat(4)), ("typed", String::new())];
    let values = values.map(|(name, value)| (name.to_owned(), value)).into();
    slides::draw("code.svg", &SlideValues { title: "code".into(), values, ..SlideValues::default() })
}

/// How far two pictures are apart where one of four boxes stands, in the middle below the title.
fn difference(one: &Picture, other: &Picture, place: usize) -> f64 {
    const BOX: usize = 66;
    const ROWS: std::ops::Range<usize> = 64..144;
    let width = usize::from(one.size.width);
    let left = width / 2 - 2 * BOX + place * BOX;
    let pixels = ROWS.flat_map(|y| (left..left + BOX).map(move |x| y * width + x));
    let apart: Vec<u32> = pixels.map(|at| u32::from(one.y[at].abs_diff(other.y[at]))).collect();
    f64::from(apart.iter().sum::<u32>()) / apart.len() as f64
}
