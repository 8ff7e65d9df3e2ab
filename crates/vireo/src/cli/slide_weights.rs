//! What the slides of a service weigh in each codec, as a table for the README (`vireo docs slides DIR`).
//!
//! The sizes are those of this machine's codec libraries and font: another version of either may change some octets.

use std::cmp::Reverse;
use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use dialplan::Slide;
use gateway::service::Folder;
use media::{Codec, Frame, Size, Still, VideoFormat};

use super::render;

/// Every way in which callers of this screen size get a slide: on a 3G phone's circuit, then in packets.
pub(crate) fn formats(size: Size) -> Vec<VideoFormat> {
    let circuits = [Codec::H263, Codec::Mpeg4].map(VideoFormat::circuit);
    let packets = [Codec::H263, Codec::H263p, Codec::Mpeg4, Codec::H264, Codec::Vp8]
        .map(|codec| VideoFormat::prompt(codec, size));
    let fits = |format: &VideoFormat| {
        // H.263 of version 1 has no such size.
        format.size == size && (format.codec != Codec::H263 || size != Size::VGA)
    };
    circuits.into_iter().chain(packets).filter(fits).collect()
}

/// What pictures get of a circuit of 64 kbit/s beside AMR of 12.2 kbit/s while nothing else waits, in bit/s.
pub(crate) const CIRCUIT_BPS: f64 = 48_000.0;

/// Where pictures of this format are sent.
pub(crate) fn way(format: VideoFormat) -> &'static str {
    if format.is_circuit() { "circuit" } else { "packets" }
}

/// The heaviest slides of the service in `folder` at QCIF: octets of each key picture in each format, then of the edge
/// that leads to it from the first menu.
pub(crate) fn table(folder: &Path) -> anyhow::Result<String> {
    let mut rows = rows(folder)?;
    rows.sort_by_key(|row| Reverse(row.octets));
    let mut text = String::from("| slide |");
    for format in &formats(Size::QCIF) {
        write!(text, " {}, {} |", format.codec.encoding_name(), way(*format))?;
    }
    text.push_str(" from the menu, H263 | from the menu, MP4V-ES |\n|---|");
    text.push_str(&"--:|".repeat(formats(Size::QCIF).len() + 2));
    text.push('\n');
    rows.iter().take(ROWS).for_each(|row| text.push_str(&row.line));
    Ok(text)
}

/// Rows of the table.
const ROWS: usize = 10;

/// What is told of one slide.
struct Weighed {
    /// Of its key picture on an H.263 circuit.
    octets: usize,
    line: String,
}

/// One for each slide of the service.
fn rows(folder: &Path) -> anyhow::Result<Vec<Weighed>> {
    let folder = Folder::find(folder);
    let service = folder.load().with_context(|| format!("{} is no service", folder.dialplans.display()))?;
    let formats = formats(Size::QCIF);
    let renderer = render::renderer()?;
    let mut rows = Vec::new();
    let mut menu: Option<(String, Vec<Frame>)> = None;
    for slide in in_order(&service.presentations().slides) {
        let keys = key_pictures(&renderer, &folder.media, slide, &formats)?;
        let mut line = format!("| {} |", name(slide));
        keys.iter().try_for_each(|key| write!(line, " {} |", key.data.len()))?;
        // The first row of each language is its menu.
        let from = menu.take_if(|(language, _)| *language == slide.language);
        let (language, from) = from.unwrap_or_else(|| (slide.language.clone(), keys.clone()));
        for (key, menu) in keys.iter().zip(&from).take(2) {
            match edge(menu, key) {
                Some(octets) => write!(line, " {octets} |")?,
                None => line.push_str(" - |"),
            }
        }
        line.push('\n');
        rows.push(Weighed { octets: keys[0].data.len(), line });
        menu = Some((language, from));
    }
    Ok(rows)
}

/// By language, in each the menu with the most keys first.
fn in_order<'a>(slides: impl IntoIterator<Item = &'a Slide>) -> Vec<&'a Slide> {
    let mut slides: Vec<_> = slides.into_iter().collect();
    slides.sort_by_key(|slide| (slide.language.clone(), usize::MAX - slide.rows.len(), (*slide).clone()));
    slides
}

fn name(slide: &Slide) -> String {
    format!("{} ({})", slide.title, slide.language)
}

fn key_pictures(
    renderer: &slides::Renderer,
    media: &Path,
    slide: &Slide,
    formats: &[VideoFormat],
) -> anyhow::Result<Vec<Frame>> {
    let path = media.join("slides").join(&slide.template);
    let template =
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let media::Asset::Slide { values, language, .. } = call::slide(slide) else { unreachable!("of a slide") };
    let picture = renderer.render(&template, &values, &language, Size::QCIF)?;
    formats.iter().map(|format| Ok(gateway::library::key_picture(&picture, *format)?.0)).collect()
}

/// Octets of the picture that leads from one slide to another, where they are of one quantiser. It may be as large as the
/// slide's own key picture, which is sent then.
pub(crate) fn edge(from: &Frame, to: &Frame) -> Option<usize> {
    Some(Still::parse(to)?.edge_from(&Still::parse(from)?)?.len())
}

#[cfg(test)]
mod tests {
    use gateway::library::key_picture;
    use media::{Picture, Row, SlideValues};

    use super::*;

    /// The demo's menu in Chinese as a 3G phone gets it, with this label on its second key.
    fn menu(label: &str) -> Picture {
        let row = |key: &str, label: &str| Row { key: key.into(), label: label.into() };
        let values = SlideValues {
            title: "请按键".into(),
            rows: vec![row("1", "话费余额"), row("2", label), row("3", "报修进度"), row("4", "使用介绍")],
            footer: vec![row("0", "人工"), row("#", "重听"), row("*", "English")],
            ..SlideValues::default()
        };
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media/slides/menu.svg");
        let template = std::fs::read_to_string(template).expect("the demo's menu");
        let renderer = render::renderer().expect("fonts-noto-cjk");
        renderer.render(&template, &values, "zh-CN", Size::QCIF).expect("fits")
    }

    #[test]
    fn the_menu_of_the_demo_is_small_and_one_line_of_it_much_smaller() {
        for codec in [Codec::H263, Codec::Mpeg4] {
            let key = |label: &str| key_picture(&menu(label), VideoFormat::circuit(codec)).expect("encodes");
            let ((from, quantiser), (to, same)) = (key("流量套餐"), key("国际漫游"));
            assert!(from.data.len() <= 4_200, "{codec:?}: {} octets", from.data.len());
            assert_eq!(quantiser, same, "{codec:?}");
            let line = edge(&from, &to).expect("one line is less than all");
            println!("{codec:?}: key picture {} octets, one changed line {line}", from.data.len());
            assert!(line <= 1_200, "{codec:?}: {line} octets for one line");
        }
    }

    #[test]
    fn each_slide_has_a_row_and_each_codec_a_column() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let all: String =
            rows(&folder).expect("the demo's service").into_iter().map(|row| row.line).collect();
        let columns = formats(Size::QCIF).len() + 3;
        assert!(all.lines().all(|line| line.matches('|').count() == columns + 1), "{all}");
        // Every slide of a language is reached from its menu by an edge, or by its own key picture.
        assert!(all.lines().filter(|line| line.contains("(en)")).count() >= 6, "{all}");
        assert!(!all.contains(" - |"), "one quantiser for all slides on a circuit:\n{all}");
        let table = table(&folder).expect("the same service");
        let shown: Vec<usize> = table
            .lines()
            .skip(2)
            .map(|line| line.split('|').nth(2).and_then(|octets| octets.trim().parse().ok()).expect("octets"))
            .collect();
        assert_eq!(shown.len(), ROWS);
        assert!(shown.is_sorted_by_key(|octets| Reverse(*octets)), "the heaviest first:\n{table}");
    }
}
