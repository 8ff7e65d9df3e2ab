//! What a person reads off a picture, by tesseract, and in a text.

use std::path::Path;
use std::process::Command;

use media::{Picture, Size};

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

/// The code of four digits on a picture of `code.svg`, if most of several readings agree on it.
pub(crate) fn code(file: &Path) -> Option<String> {
    let band = black_on_white(&picture(file));
    let mut readings: Vec<String> = Vec::new();
    for (times, mode) in [(2, "7"), (3, "7"), (4, "7"), (3, "13"), (2, "6")] {
        let large = Size { width: band.size.width * times, height: band.size.height * times };
        let path = file.with_extension("code.png");
        codec::png::write(&path, &codec::scale(&band, large).expect("it can be scaled")).expect("writable");
        let digits = ["-c", "tessedit_char_whitelist=0123456789"];
        let run = Command::new("tesseract").arg(&path).args(["stdout", "--psm", mode]).args(digits).output();
        let read =
            String::from_utf8_lossy(&run.expect("it is installed").stdout).replace(char::is_whitespace, "");
        readings.push(read);
    }
    println!("the code is read as {readings:?}");
    let votes = |code: &String| readings.iter().filter(|reading| *reading == code).count();
    let best = readings.iter().filter(|reading| reading.len() == 4).max_by_key(|code| votes(code))?;
    (votes(best) >= 2).then(|| best.clone())
}

/// The band below the title of a CIF picture, where a code stands, with what is light on it in black: the boxes around
/// the digits are gone.
fn black_on_white(seen: &Picture) -> Picture {
    const TOP: usize = 60;
    const HEIGHT: usize = 88;
    const LIGHT: u8 = 120;
    let width = usize::from(seen.size.width);
    let mut band = Picture::black(Size { width: seen.size.width, height: HEIGHT as u16 });
    let rows = &seen.y[TOP * width..(TOP + HEIGHT) * width];
    band.y = rows.iter().map(|luma| if *luma > LIGHT { 16 } else { 235 }).collect();
    band
}
