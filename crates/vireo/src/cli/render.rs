//! `vireo render`: one slide as a picture, as callers of a given screen size see it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use media::{Picture, Row, Size, SlideValues};

use super::slide_weights;

/// Draw one slide as a PNG.
///
/// --set fills it in: `title=TEXT` the heading, `line=TEXT` a line of running text (again for the next
/// line), `KEY=LABEL` a row for a key (0-9, * or #), `footer.KEY=LABEL` a key named at the foot, and
/// any other `NAME=TEXT` a value of the template.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  vireo render menu --set title='Balance' --set '1=Data' \
                             --set 'footer.*=Back' --lang en --size qcif -o menu.png")]
pub(crate) struct Args {
    /// A template: an SVG file, or the name of one in the service's media/slides
    slide: PathBuf,

    /// What is filled in; may be given many times
    #[arg(long = "set", value_name = "NAME=TEXT", value_parser = assignment)]
    values: Vec<(String, String)>,

    /// Language, which chooses the shapes of hanzi
    #[arg(long, value_name = "TAG", default_value = "zh-CN")]
    lang: String,

    /// Size of the caller's screen: 176x144, 352x288 or 640x480
    #[arg(long, value_enum, default_value_t = Screen::Cif)]
    size: Screen,

    /// The folder of the service, for slides given by name
    #[arg(long, value_name = "DIR", default_value = ".")]
    service: PathBuf,

    /// The picture to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Print what the slide's key picture weighs in each codec, and how long it takes at 48 kbit/s, which a 3G phone's
    /// circuit has for it
    #[arg(long)]
    bytes: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Screen {
    Qcif,
    Cif,
    Vga,
}

impl Screen {
    fn size(self) -> Size {
        match self {
            Screen::Qcif => Size::QCIF,
            Screen::Cif => Size::CIF,
            Screen::Vga => Size::VGA,
        }
    }
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let path = self.template();
        let template = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read the slide {}", path.display()))?;
        let renderer = renderer()?;
        let picture = renderer
            .render(&template, &slide_values(&self.values), &self.lang, self.size.size())
            .with_context(|| format!("cannot draw {}", path.display()))?;
        codec::png::write(&self.output, &picture)?;
        println!("{} ({})", self.output.display(), picture.size);
        if self.bytes {
            print!("{}", weights(&picture)?);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// A file as it is given, else one of the service's slides, with or without `.svg`.
    fn template(&self) -> PathBuf {
        if self.slide.is_file() {
            return self.slide.clone();
        }
        let of_service = self.service.join("media").join("slides").join(&self.slide);
        if of_service.extension().is_some() { of_service } else { of_service.with_extension("svg") }
    }
}

/// A line for each way in which callers get the slide: its key picture's octets, quantiser, and time on a circuit.
fn weights(picture: &Picture) -> anyhow::Result<String> {
    let mut lines = String::from("codec     for      octets  quantiser  ms at 48 kbit/s\n");
    for format in slide_weights::formats(picture.size) {
        let (key, quantiser) = gateway::library::key_picture(picture, format)?;
        let octets = key.data.len();
        let ms = octets as f64 * 8_000.0 / slide_weights::CIRCUIT_BPS;
        let (codec, way) = (format.codec.encoding_name(), slide_weights::way(format));
        writeln!(lines, "{codec:9} {way:8} {octets:6}  {quantiser:9}  {ms:15.0}")?;
    }
    Ok(lines)
}

/// Where Debian's `fonts-noto-cjk` puts the face that all slides are drawn in.
const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc";

/// Draws with that face.
pub(crate) fn renderer() -> anyhow::Result<slides::Renderer> {
    let font = std::fs::read(Path::new(FONT));
    let font = font.with_context(|| format!("cannot read {FONT}; install fonts-noto-cjk"))?;
    Ok(slides::Renderer::new(vec![font])?)
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=TEXT".to_owned()),
    }
}

fn slide_values(assignments: &[(String, String)]) -> SlideValues {
    let mut slide = SlideValues::default();
    for (name, text) in assignments {
        let row = |key: &str| Row { key: key.to_owned(), label: text.clone() };
        match (name.as_str(), name.strip_prefix("footer.")) {
            (_, Some(key)) if is_key(key) => slide.footer.push(row(key)),
            (key, _) if is_key(key) => slide.rows.push(row(key)),
            ("title", _) => slide.title.clone_from(text),
            ("line", _) => slide.lines.push(text.clone()),
            (value, _) => {
                slide.values.insert(value.to_owned(), text.clone());
            }
        }
    }
    slide
}

fn is_key(name: &str) -> bool {
    matches!(name.as_bytes(), [b'0'..=b'9' | b'*' | b'#'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_fill_the_parts_of_a_slide() {
        let given =
            ["title=A=B", "line=one", "line=two", "1=Data", "#=More", "footer.*=Back", "price=5", "12=x"];
        let assignments: Vec<_> = given.iter().map(|text| assignment(text).expect("valid")).collect();
        let slide = slide_values(&assignments);
        let row = |key: &str, label: &str| Row { key: key.into(), label: label.into() };
        assert_eq!(slide.title, "A=B");
        assert_eq!(slide.lines, ["one", "two"]);
        assert_eq!(slide.rows, [row("1", "Data"), row("#", "More")]);
        assert_eq!(slide.footer, [row("*", "Back")]);
        assert_eq!(
            slide.values.into_iter().collect::<Vec<_>>(),
            [("12".into(), "x".into()), ("price".into(), "5".into())]
        );
    }

    #[test]
    fn a_slide_is_weighed_in_every_way_that_carries_its_size() {
        let lines = |size| weights(&Picture::black(size)).expect("encodes");
        let starts = |size| -> Vec<String> {
            lines(size).lines().skip(1).map(|line| line[..17].trim_end().to_owned()).collect()
        };
        let packets = ["H263-1998 packets", "MP4V-ES   packets", "H264      packets", "VP8       packets"];
        assert_eq!(starts(Size::QCIF)[..3], ["H263      circuit", "MP4V-ES   circuit", "H263      packets"]);
        assert_eq!(starts(Size::QCIF)[3..], packets);
        assert_eq!(starts(Size::CIF)[1..], packets);
        assert_eq!(starts(Size::VGA), packets);
    }

    #[test]
    fn an_assignment_needs_a_name() {
        assert!(assignment("title").is_err());
        assert!(assignment("=x").is_err());
        assert_eq!(assignment("x="), Ok(("x".into(), String::new())));
    }
}
