//! What a template can use.
//!
//! Variables: `title`, `lines`, `rows` and `footer` (each entry with `key` and `label`), `values`,
//! `language` and `font` (the family to draw in); `width` and `height` in view units, `scale` (pixels
//! a unit) and `compact` (true for QCIF). Everything inserted is escaped for XML. A variable or value
//! that is not there is an error that names the line; ask with `"x" in values` first.
//!
//! Functions: `fit(text, width, size, min)` gives `text` and `size` for one line that fits;
//! `block(lines, width, height, size, min)` gives `lines` and `size` for running text in a box (lines
//! are `leading` sizes apart); `measure(text, size)` is the width of a line; `fail(why)` ends with that message.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use media::{Row, SlideValues};
use minijinja::value::{Enumerator, Object, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use crate::measure::{Bounds, LEADING, Measure};
use crate::view::View;
use crate::{Error, limits};

/// A template that is filled in.
pub(crate) struct Filled {
    pub(crate) svg: String,
    /// Texts of which only a part has room.
    pub(crate) cut: Vec<String>,
    /// Values that were given and never looked at.
    pub(crate) spare: Vec<String>,
}

/// Notes what `fit` and `block` had to cut off.
type Cuts = Arc<Mutex<Vec<String>>>;

/// What is under `values`, with which of it the template has looked at.
#[derive(Debug)]
struct Values {
    named: BTreeMap<String, Value>,
    seen: Mutex<BTreeSet<String>>,
}

impl Object for Values {
    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        let name = name.as_str()?;
        let value = self.named.get(name)?;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        Some(value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        // Whoever asks for all of them looks at all of them.
        let names: Vec<Value> = self.named.keys().map(|name| Value::from(name.as_str())).collect();
        Enumerator::Values(names)
    }
}

impl Values {
    fn spare(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.named.keys().filter(|name| !seen.contains(*name)).cloned().collect()
    }
}

/// Fills in a template.
pub(crate) fn fill(
    template: &str,
    values: &SlideValues,
    language: &str,
    view: View,
    (family, measure): (&str, &Arc<Measure>),
) -> Result<Filled, Error> {
    let cuts = Cuts::default();
    let environment = environment(family, measure, &cuts);
    let named = values.values.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let known = Arc::new(Values { named, seen: Mutex::default() });
    let context = context(values, &known, language, view, family);
    let svg = environment.render_str(template, context).map_err(|error| explained(&error))?;
    if svg.len() > limits::SVG_LEN_MAX {
        return Err(Error::Template { line: 0, why: "grows beyond the limit".into() });
    }
    let cut = std::mem::take(&mut *cuts.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Filled { svg, cut, spare: known.spare() })
}

fn environment(family: &str, measure: &Arc<Measure>, cuts: &Cuts) -> Environment<'static> {
    let note = |cuts: &Cuts, text: String| cuts.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    let (of_fit, of_block) = (cuts.clone(), cuts.clone());
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_fuel(Some(limits::TEMPLATE_FUEL));
    environment.add_global("leading", f64::from(LEADING));
    let (of, name) = (measure.clone(), family.to_owned());
    environment.add_function("fit", move |text: String, width: f32, size: f32, min: f32| {
        let fitted = of.fit(&name, &text, width.max(1.0), size.max(1.0), min.max(1.0));
        if fitted.text != text {
            note(&of_fit, text);
        }
        Value::from(BTreeMap::from([
            ("text", Value::from(fitted.text)),
            ("size", Value::from(f64::from(fitted.size))),
        ]))
    });
    let (of, name) = (measure.clone(), family.to_owned());
    environment
        .add_function("measure", move |text: String, size: f32| f64::from(of.width(&name, &text) * size));
    let (of, name) = (measure.clone(), family.to_owned());
    environment.add_function(
        "block",
        move |lines: Vec<String>, width: f32, height: f32, size: f32, min: f32| {
            let bounds =
                Bounds { width: width.max(1.0), height, size_max: size.max(1.0), size_min: min.max(1.0) };
            let block = of.block(&name, &lines, bounds);
            if block.cut {
                note(&of_block, lines.join(" "));
            }
            Value::from(BTreeMap::from([
                ("lines", Value::from(block.lines)),
                ("size", Value::from(f64::from(block.size))),
            ]))
        },
    );
    environment.add_function("fail", |why: String| -> Result<Value, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, why))
    });
    environment
}

fn context(values: &SlideValues, named: &Arc<Values>, language: &str, view: View, family: &str) -> Value {
    let rows = |rows: &[Row]| -> Value {
        rows.iter()
            .map(|row| BTreeMap::from([("key", text(&row.key)), ("label", text(&row.label))]))
            .map(Value::from)
            .collect()
    };
    Value::from(BTreeMap::from([
        ("title", text(&values.title)),
        ("lines", values.lines.iter().map(|line| text(line)).collect()),
        ("rows", rows(&values.rows)),
        ("footer", rows(&values.footer)),
        ("values", Value::from_dyn_object(named.clone())),
        ("language", Value::from(language)),
        ("font", Value::from(family)),
        ("width", Value::from(f64::from(view.width))),
        ("height", Value::from(f64::from(view.height))),
        ("scale", Value::from(view.scale)),
        ("compact", Value::from(view.is_compact())),
    ]))
}

/// A text without what XML 1.0 (§2.2) has no way to write, and no longer than the limit.
fn text(raw: &str) -> Value {
    let clean = |c: char| if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') { ' ' } else { c };
    Value::from(raw.chars().take(limits::TEXT_LEN_MAX).map(clean).collect::<String>())
}

fn explained(error: &minijinja::Error) -> Error {
    let why = match (error.kind(), error.detail()) {
        (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (ErrorKind::UndefinedError, _) => "a value that was not given".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    Error::Template { line: error.line().unwrap_or(0), why }
}
