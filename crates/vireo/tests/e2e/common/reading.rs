//! What a person reads off a picture, by tesseract.

use std::path::Path;
use std::process::Command;

use media::{Picture, Size};

/// The picture in a PNG.
pub(crate) fn picture(file: &Path) -> Picture {
    let clip = codec::file::read(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    clip.pictures.into_iter().next().expect("a PNG holds a picture").1
}

/// Whether `amount`, or any other text without blanks, is read on it. Tesseract is no person: it is shown the picture in several sizes, and asked in several
/// ways. No wrong amount is read by chance, for nobody could guess it.
pub(crate) fn is_read(file: &Path, amount: &str) -> bool {
    let seen = picture(file);
    let ways = [2, 3, 4].into_iter().flat_map(|times| {
        ["chi_sim", "eng"]
            .into_iter()
            .flat_map(move |language| ["6", "11"].map(|mode| (times, language, mode)))
    });
    let mut readings = Vec::new();
    for (times, language, mode) in ways {
        let large = Size { width: seen.size.width * times, height: seen.size.height * times };
        let path = file.with_extension("large.png");
        codec::png::write(&path, &codec::scale(&seen, large).expect("it can be scaled")).expect("writable");
        let run =
            Command::new("tesseract").arg(&path).args(["stdout", "-l", language, "--psm", mode]).output();
        let read = String::from_utf8_lossy(&run.expect("it is installed").stdout).replace(' ', "");
        if read.contains(amount) {
            println!("{amount} is read in {read:?}");
            return true;
        }
        readings.push(read);
    }
    println!("{amount} is not read in any of {readings:?}");
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
