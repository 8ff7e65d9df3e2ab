//! The project's own templates, drawn: what fits, what is refused, what can be read.

use std::path::Path;
use std::sync::LazyLock;

use media::{Picture, Row, Size, SlideValues};
use slides::{Error, Renderer};

/// Debian's fonts-noto-cjk, which `cargo xtask` installs.
static RENDERER: LazyLock<Renderer> = LazyLock::new(|| {
    let font = std::fs::read("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc");
    Renderer::new(vec![font.expect("fonts-noto-cjk is installed")]).expect("a font")
});

const SIZES: [Size; 3] = [Size::QCIF, Size::CIF, Size::VGA];

fn template(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media/slides").join(name);
    std::fs::read_to_string(path).expect("a template of the project")
}

fn row(key: &str, label: &str) -> Row {
    Row { key: key.into(), label: label.into() }
}

fn menu(count: usize) -> SlideValues {
    let labels =
        ["查询余额", "办理流量包", "故障报修", "人工服务", "营业时间", "密码修改", "积分", "宽带", "投诉"];
    SlideValues {
        title: "视频热线".into(),
        rows: (0..count).map(|n| row(&(n + 1).to_string(), labels[n % labels.len()])).collect(),
        footer: vec![row("0", "人工服务"), row("#", "重听"), row("*", "English")],
        ..SlideValues::default()
    }
}

fn draw(name: &str, values: &SlideValues, language: &str, size: Size) -> Result<Picture, Error> {
    RENDERER.render(&template(name), values, language, size)
}

/// Rows of pixels in which something as bright as text is drawn right of the badges.
fn bright_rows(picture: &Picture) -> Vec<usize> {
    let width = usize::from(picture.size.width);
    let bright = |row: &[u8]| row[width / 5..].iter().filter(|luma| **luma > 200).count() >= 3;
    picture.y.chunks(width).enumerate().filter(|(_, row)| bright(row)).map(|(y, _)| y).collect()
}

/// Lengths of runs of consecutive rows: heights of lines of text.
fn runs(rows: &[usize]) -> Vec<usize> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &row in rows {
        match runs.last_mut() {
            // A gap of one row may be inside a glyph.
            Some((_, end)) if row <= *end + 2 => *end = row,
            _ => runs.push((row, row)),
        }
    }
    runs.into_iter().map(|(start, end)| end - start + 1).collect()
}

#[test]
fn every_template_draws_in_every_size_and_language() {
    let mut values = menu(2);
    values.lines = vec!["您的余额为 42.50 元。".into(), "Thank you for calling.".into()];
    let of_packages = ["bar1", "bar1_label", "part1", "part1_label", "sum", "state", "code"];
    values.values.extend(of_packages.map(|name| (name.to_owned(), "C12".to_owned())));
    let numbers = ["bar1_percent", "part1_share", "step"];
    values.values.extend(numbers.map(|name| (name.to_owned(), "4".to_owned())));
    // One line at the foot of the clip is less than a page, and so is a title.
    let templates = [
        ("menu.svg", 20),
        ("page.svg", 20),
        ("hold.svg", 20),
        ("title.svg", 20),
        ("place.svg", 8),
        ("bars.svg", 20),
        ("bill.svg", 20),
        ("progress.svg", 20),
        ("code.svg", 20),
        ("pin.svg", 8),
        ("stars.svg", 20),
        ("notice.svg", 20),
        ("caption.svg", 12),
    ];
    for (name, rows) in templates {
        for size in SIZES {
            for language in ["zh-CN", "en"] {
                let picture =
                    draw(name, &values, language, size).unwrap_or_else(|why| panic!("{name}: {why}"));
                assert_eq!(picture.size, size);
                assert!(bright_rows(&picture).len() > rows, "{name} at {size} shows text");
            }
        }
    }
}

#[test]
fn four_rows_of_qcif_are_at_least_sixteen_pixels_high_and_apart() {
    for count in 1..=4 {
        let mut values = menu(count);
        values.title = String::new();
        values.footer = Vec::new();
        // Full-height characters, so that the ink is as tall as the glyph box nearly is.
        values.rows.iter_mut().for_each(|row| row.label = "囊圈国囊".into());
        let picture = draw("menu.svg", &values, "zh-CN", Size::QCIF).unwrap();
        let mut lines = runs(&bright_rows(&picture));
        // The rule below the title is bright as well.
        lines.retain(|height| *height > 4);
        assert_eq!(lines.len(), count, "{lines:?}");
        // Ink is about 0.92 of the size for these.
        assert!(lines.iter().all(|height| *height >= 15), "{lines:?}");
    }
}

#[test]
fn rows_are_on_the_macroblock_grid() {
    // Changing one label of three must change no macroblock row outside its own two.
    let before = draw("menu.svg", &menu(3), "zh-CN", Size::QCIF).unwrap();
    let mut values = menu(3);
    values.rows[1].label = "囊圈".into();
    let after = draw("menu.svg", &values, "zh-CN", Size::QCIF).unwrap();
    let width = usize::from(Size::QCIF.width);
    let changed: Vec<usize> = (0..9)
        .filter(|row| before.y[row * 16 * width..][..16 * width] != after.y[row * 16 * width..][..16 * width])
        .collect();
    assert_eq!(changed, [4, 5]);
}

#[test]
fn more_rows_than_can_be_read_are_refused_with_the_number_that_fits() {
    let refused = draw("menu.svg", &menu(7), "zh-CN", Size::QCIF).unwrap_err().to_string();
    assert!(refused.contains("7 rows do not fit, at most 6"), "{refused}");
    assert!(draw("menu.svg", &menu(12), "zh-CN", Size::CIF).is_ok());
    assert!(draw("menu.svg", &menu(13), "zh-CN", Size::CIF).is_err());
}

#[test]
fn a_missing_value_is_an_error_that_names_the_line() {
    let svg =
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>\n<text>{{ values.yuan }}</text></svg>";
    let error = RENDERER.render(svg, &SlideValues::default(), "en", Size::CIF).unwrap_err();
    assert!(matches!(error, Error::Template { line: 2, .. }), "{error}");
    let error = RENDERER.render("{{ nothing }}", &SlideValues::default(), "en", Size::CIF).unwrap_err();
    assert!(matches!(error, Error::Template { line: 1, .. }), "{error}");
}

#[test]
fn texts_cannot_break_out_of_the_xml() {
    let mut values = menu(1);
    values.title = "</text><rect fill='\"&\u{1}\u{FFFF}]]>".into();
    for size in SIZES {
        draw("menu.svg", &values, "en", size).expect("escaped");
    }
}

#[test]
fn a_text_too_long_is_shortened_inside_its_row() {
    for size in SIZES {
        let mut values = menu(3);
        values.rows[1].label = "宽带故障报修与进度查询和其他很多很多的业务办理".repeat(3);
        values.title = "A title that is far too long for any bar of any slide".repeat(4);
        let svg = RENDERER.fill(&template("menu.svg"), &values, "zh-CN", size).unwrap();
        assert!(svg.matches('…').count() >= 2, "{size}: both end in an ellipsis");
        let picture = RENDERER.render(&template("menu.svg"), &values, "zh-CN", size).unwrap();
        let width = usize::from(size.width);
        let edge = picture.y.chunks(width).any(|row| row[width - 2..].iter().any(|luma| *luma > 220));
        assert!(!edge, "{size}: text reaches the edge");
    }
}

#[test]
fn long_text_is_wrapped_shrunk_and_at_last_cut_with_an_ellipsis() {
    let page = |lines: &str| SlideValues {
        title: "T".into(),
        lines: vec![lines.into()],
        footer: vec![row("0", "Agent")],
        ..SlideValues::default()
    };
    for size in SIZES {
        let fill = |text: &str| RENDERER.fill(&template("page.svg"), &page(text), "en", size).unwrap();
        assert!(!fill(&"Two or three lines of text. ".repeat(3)).contains('…'), "{size} wraps");
        assert!(fill(&"More than any screen can show at once. ".repeat(40)).contains('…'), "{size} cuts");
    }
}

#[test]
fn a_caption_of_the_length_that_is_written_at_once_is_not_cut() {
    for (size, hanzi, letters) in [(Size::QCIF, 30, 60), (Size::CIF, 60, 120)] {
        for text in
            ["国".repeat(hanzi), "WWW wide ".repeat(letters / 9), "ordinary words ".repeat(letters / 15)]
        {
            let values = SlideValues { lines: vec![text.clone()], ..SlideValues::default() };
            let svg = RENDERER.fill(&template("caption.svg"), &values, "en", size).expect("a caption");
            assert!(!svg.contains('…'), "{size}: {text}");
        }
    }
}

#[test]
fn a_notice_that_does_not_fit_is_refused_and_not_cut() {
    let notice = |text: &str, size| {
        let values = SlideValues { lines: vec![text.to_owned()], ..SlideValues::default() };
        draw("notice.svg", &values, "en", size)
    };
    for size in SIZES {
        notice(&"Calls abroad fail. ".repeat(6), size).expect("some lines fit");
        notice("Wait…", size).expect("an ellipsis of the text's own");
    }
    let refused = notice(&"国际漫游".repeat(20), Size::QCIF).expect_err("eighty hanzi").to_string();
    assert!(refused.contains("does not fit a picture of 176x144: shorten it"), "{refused}");
    notice(&"国际漫游".repeat(20), Size::CIF).expect("there is more room");
}

#[test]
fn hanzi_have_the_shapes_of_their_region() {
    let values = SlideValues { title: "骨直角".into(), ..SlideValues::default() };
    let mainland = draw("title.svg", &values, "zh-CN", Size::CIF).unwrap();
    let japan = draw("title.svg", &values, "ja-JP", Size::CIF).unwrap();
    assert_ne!(mainland.y, japan.y);
}

/// The digits of a caller stand where a balance would, and each one is seen as it comes.
#[test]
fn what_is_typed_is_seen_digit_by_digit() {
    let page = |typed: &str| SlideValues {
        title: "请输入卡号".into(),
        values: [("typed".to_owned(), typed.to_owned())].into(),
        ..SlideValues::default()
    };
    for size in SIZES {
        let digits = ["", "1", "12", "12345678901234", "123456789012345", "1234567890123456", "•", "••"];
        let drawn = digits.map(|typed| draw("page.svg", &page(typed), "zh-CN", size).expect("it fits").y);
        for (at, picture) in drawn.iter().enumerate() {
            assert!(!drawn[..at].contains(picture), "{}", digits[at]);
        }
    }
}

#[test]
fn odd_and_extreme_sizes_and_files_that_are_no_fonts_are_refused() {
    for (width, height) in [(175, 144), (16, 16), (4000, 3000)] {
        let refused = draw("menu.svg", &menu(1), "en", Size { width, height });
        assert!(matches!(refused, Err(Error::Size(_))));
    }
    assert!(matches!(Renderer::new(vec![b"not a font".to_vec()]), Err(Error::NoFont(1))));
    assert!(matches!(RENDERER.render("<svg", &SlideValues::default(), "en", Size::CIF), Err(Error::Svg(_))));
}

#[test]
fn a_template_cannot_run_for_ever() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    let error = RENDERER.render(endless, &SlideValues::default(), "en", Size::CIF).unwrap_err();
    assert!(matches!(error, Error::Template { .. }), "{error}");
}

/// How many pixels are about as bright as `luma`.
fn filled(picture: &Picture, luma: std::ops::RangeInclusive<u8>) -> usize {
    picture.y.iter().filter(|found| luma.contains(found)).count()
}

fn with(values: &[(&str, &str)]) -> SlideValues {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    SlideValues { values: values.collect(), ..SlideValues::default() }
}

#[test]
fn bars_points_rings_and_stars_are_as_many_as_their_values_say() {
    // Every value of a kind shows more of its colour than the one before.
    let bars = ["0", "20", "60", "100", "250"]
        .map(|percent| with(&[("bar1", ""), ("bar1_label", ""), ("bar1_percent", percent)]));
    let steps = ["1", "2", "3", "4", "9"].map(|step| with(&[("step", step), ("state", "")]));
    let digits = ["", "●", "●●", "●●●", "●●●●"].map(|typed| with(&[("typed", typed)]));
    let stars = ["1", "2", "3", "4", "5"].map(|stars| with(&[("stars", stars)]));
    let kinds = [
        ("bars.svg", bars, true),
        ("progress.svg", steps, true),
        ("pin.svg", digits, false),
        ("stars.svg", stars, false),
    ];
    for (name, cases, last_is_the_same) in kinds {
        for size in SIZES {
            let drawn =
                cases.each_ref().map(|values| filled(&draw(name, values, "en", size).unwrap(), 150..=220));
            let rising = if last_is_the_same { &drawn[..4] } else { &drawn[..] };
            assert!(rising.is_sorted_by(|one, next| one < next), "{name} at {size}: {drawn:?}");
            assert!(!last_is_the_same || drawn[4] == drawn[3], "{name} at {size}: {drawn:?}");
        }
    }
}

#[test]
fn words_beside_bars_are_sixteen_pixels_high_in_qcif() {
    let mut values = with(&[("bar1", "囊圈国"), ("bar1_label", ""), ("bar1_percent", "0")]);
    for n in ["2", "3"] {
        let more = [("", "囊圈国"), ("_label", ""), ("_percent", "0")];
        values.values.extend(more.map(|(kind, value)| (format!("bar{n}{kind}"), value.to_owned())));
    }
    values.rows = vec![row("1", "")];
    values.footer = vec![row("0", "")];
    let picture = draw("bars.svg", &values, "zh-CN", Size::QCIF).unwrap();
    let lines: Vec<usize> = runs(&bright_rows(&picture)).into_iter().filter(|height| *height > 4).collect();
    assert!(lines.len() == 3 && lines.iter().all(|height| *height >= 15), "{lines:?}");
}
