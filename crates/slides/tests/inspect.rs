//! What is told of a drawn slide: size of type, contrast, what is cut off.

use std::sync::LazyLock;

use media::{Size, SlideValues};
use slides::{Inspection, Renderer};

/// Debian's fonts-noto-cjk, which `cargo xtask` installs.
static RENDERER: LazyLock<Renderer> = LazyLock::new(|| {
    let font = std::fs::read("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc");
    Renderer::new(vec![font.expect("fonts-noto-cjk is installed")]).expect("a font")
});

/// A slide of one text in view units, on a ground of one colour.
fn inspect(ground: &str, text: &str, size: Size) -> Inspection {
    let template = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {{{{ width }}}} {{{{ height }}}}' font-weight='bold' \
         font-family='{{{{ font }}}}'><rect width='100%' height='100%' fill='{ground}'/>{text}</svg>"
    );
    let values = SlideValues { title: "余额 25.00".into(), ..SlideValues::default() };
    RENDERER.inspect(&template, &values, "zh-CN", size).expect("draws")
}

fn contrast(ground: &str, ink: &str) -> f32 {
    let text = format!("<text x='20' y='60' font-size='20' fill='{ink}'>查询余额</text>");
    let seen = inspect(ground, &text, Size::QCIF);
    let [lettering] = &seen.letterings[..] else { panic!("{:?}", seen.letterings) };
    lettering.contrast
}

#[test]
fn contrast_is_that_of_the_web_guidelines() {
    // Published pairs: black on white 21, #767676 on white 4.54, #777777 on white 4.48.
    for (ground, ink, published) in [
        ("#FFFFFF", "#000000", 21.0),
        ("#000000", "#FFFFFF", 21.0),
        ("#FFFFFF", "#767676", 4.54),
        ("#FFFFFF", "#777777", 4.48),
    ] {
        let measured = contrast(ground, ink);
        assert!((measured - published).abs() < 0.05, "{ink} on {ground}: {measured}");
    }
    assert!((contrast("#224466", "#224466") - 1.0).abs() < 1e-6, "a text of the colour of its ground");
}

#[test]
fn a_text_that_is_half_on_a_bright_ground_counts_by_that_half() {
    let half = "<rect width='50%' height='100%' fill='#FFFFFF'/>\
                <text x='48' y='60' font-size='20' fill='#EEEEEE'>查询余额</text>";
    let seen = inspect("#000000", half, Size::QCIF);
    assert!(seen.letterings[0].contrast < 1.3, "{:?}", seen.letterings);
}

#[test]
fn type_is_measured_in_pixels_of_the_screen() {
    let text = "<g transform='scale(2)'><text x='4' y='30' font-size='10' fill='#fff'>{{ title }}</text></g>";
    for (size, pixels) in [(Size::QCIF, 20.0), (Size::CIF, 20.0), (Size::VGA, 40.0)] {
        let seen = inspect("#000", text, size);
        assert_eq!(seen.letterings[0].text, "余额 25.00");
        assert!((seen.letterings[0].height - pixels).abs() < 0.1, "{size}: {:?}", seen.letterings);
    }
}

#[test]
fn what_is_cut_off_or_outside_is_told() {
    let fits = inspect(
        "#000",
        "{% set t = fit(title, 160, 17, 14) %}<text y='60' font-size='{{ t.size }}' fill='#fff'>{{ t.text }}</text>",
        Size::QCIF,
    );
    assert_eq!(fits.cut, [""; 0]);
    assert!(fits.letterings[0].outside <= 0.0, "{:?}", fits.letterings);
    let narrow = inspect("#000", "{% set t = fit(title, 40, 17, 14) %}{{ t.text and '' }}", Size::QCIF);
    assert_eq!(narrow.cut, ["余额 25.00"]);
    let block = inspect("#000", "{% set b = block([title, title], 60, 20, 20, 12) %}", Size::QCIF);
    assert_eq!(block.cut, ["余额 25.00 余额 25.00"]);
    let outside =
        inspect("#000", "<text x='150' y='60' font-size='20' fill='#fff'>{{ title }}</text>", Size::QCIF);
    assert!(outside.letterings[0].outside > 40.0, "{:?}", outside.letterings);
}

#[test]
fn values_that_no_line_of_a_template_asks_for_are_told() {
    let values = [("state", "on"), ("sate", "off")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let values = SlideValues { values: values.into(), ..SlideValues::default() };
    let spare = |uses: &str| {
        let template = format!("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{uses}</svg>");
        RENDERER.inspect(&template, &values, "en", Size::QCIF).expect("draws").spare
    };
    assert_eq!(spare("<text>{{ values.state }}</text>"), ["sate"]);
    assert_eq!(
        spare("{% if 'sate' in values %}{{ values['state'] and '' }}{{ values.sate and '' }}{% endif %}"),
        [""; 0]
    );
    assert_eq!(spare(""), ["sate", "state"]);
}
