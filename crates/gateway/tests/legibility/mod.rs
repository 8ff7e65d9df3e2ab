//! What tesseract reads off a slide, enlarged four times, before and after coding.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use media::{Asset, Picture, Size};

use crate::{Demo, circuits, decoded, words};

const TEST: &str = "gateway::circuit::the_menu_is_read_by_a_machine";

/// Enlarged as the picture of a phone's screen would be looked at.
const LARGE: Size = Size { width: 4 * 176, height: 4 * 144 };

#[test]
fn the_menu_is_read_by_a_machine() {
    if !reads_chinese() {
        return not_run("tesseract with chi_sim is not installed");
    }
    let demo = Demo::new("legible", circuits());
    let slides = demo.slides();
    demo.prepare(&slides);
    let is_menu = |slide: &&Asset| matches!(slide, Asset::Slide { template, language, .. } if template == "menu.svg" && language == "zh-CN");
    let menus: Vec<&Asset> = slides.iter().filter(is_menu).collect();
    assert!(!menus.is_empty(), "the demo has a Chinese menu");
    for menu in menus {
        let expected = characters(menu);
        for (name, picture) in editions(&demo, menu) {
            let read = read(&demo, &name, &picture);
            let found = found(&expected, &read);
            println!("{name}: {found}% of {} in {read:?}", words(menu));
            assert!(found >= 90, "{name}: {found}% of {expected:?} in {read:?}");
        }
    }
}

/// The slide as it was drawn, and as a phone decodes it: first and last picture of the loop.
fn editions(demo: &Demo, slide: &Asset) -> Vec<(String, Picture)> {
    let Asset::Slide { template, language, values } = slide else { panic!("a slide") };
    let template = demo.library.media_dir().join("slides").join(template);
    let template = std::fs::read_to_string(template).expect("a template of the project");
    let font = std::fs::read("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc").expect("fonts-noto-cjk");
    let renderer = slides::Renderer::new(vec![font]).expect("a font");
    let drawn = renderer.render(&template, values, language, Size::QCIF).expect("drawn");
    let mut all = vec![("drawn".to_owned(), drawn)];
    for format in circuits() {
        let mut seen = decoded(&demo.track(slide, format));
        all.push((format!("{} last", format.codec()), seen.pop().expect("pictures")));
        all.push((format!("{} first", format.codec()), seen.swap_remove(0)));
    }
    all
}

/// Everything that is written on the slide, the keys too.
fn characters(slide: &Asset) -> String {
    let Asset::Slide { values, .. } = slide else { panic!("a slide") };
    let rows = values.rows.iter().chain(&values.footer).map(|row| format!("{}{}", row.key, row.label));
    rows.fold(values.title.clone(), |all, row| all + &row).replace(' ', "")
}

/// Percent of the characters of `expected` that are in `read`, each as often.
fn found(expected: &str, read: &str) -> usize {
    let mut left: BTreeMap<char, usize> = BTreeMap::new();
    read.chars().for_each(|c| *left.entry(c).or_default() += 1);
    let hit = |c: &char| left.get_mut(c).filter(|n| **n > 0).map(|n| *n -= 1).is_some();
    expected.chars().filter(hit).count() * 100 / expected.chars().count()
}

fn read(demo: &Demo, name: &str, picture: &Picture) -> String {
    let path = demo.cache.join(format!("{}.png", name.replace(' ', "-")));
    codec::png::write(&path, &codec::scale(picture, LARGE).expect("scales")).expect("can be written");
    tesseract(&path)
}

fn tesseract(path: &Path) -> String {
    let run = Command::new("tesseract").arg(path).args(["stdout", "-l", "chi_sim"]).output();
    String::from_utf8_lossy(&run.expect("it is installed").stdout).into_owned()
}

fn reads_chinese() -> bool {
    let listed = Command::new("tesseract").arg("--list-langs").output();
    listed.is_ok_and(|listed| String::from_utf8_lossy(&listed.stdout).lines().any(|line| line == "chi_sim"))
}

/// Says so past libtest's capture, and in the file that `cargo xtask test` counts.
fn not_run(why: &str) {
    // A closed stdout is no reason to fail a test.
    let _ = writeln!(std::io::stdout().lock(), "\nNOT RUN: {TEST}: {why}");
    if let Some(list) = std::env::var_os("VIREO_NOT_RUN") {
        let list = std::fs::OpenOptions::new().append(true).open(list);
        writeln!(list.expect("the list exists"), "{TEST}: {why}").expect("the list can be written");
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{TEST} must run in CI, but {why}");
}
