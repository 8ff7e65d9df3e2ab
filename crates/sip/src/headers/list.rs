//! `Headers`: the ordered list of header fields.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::layout::Layout;
use super::name::{Name, known};

/// Header fields in order; one entry a value.
///
/// Every `name` argument may be in any case or in compact form. Values are taken as one value each: a caller
/// that adds two values of a list header pushes twice.
#[derive(Clone, Default)]
pub struct Headers {
    /// What arrived; values that nobody changed are cut from it instead of being copied one by one.
    received: Option<Arc<Received>>,
    fields: Vec<(Name, Value)>,
}

/// A header section that arrived, shared by all lists that hold values of it.
struct Received {
    text: Box<str>,
    /// How checked values are cut, in the order of their fields when they arrived.
    layouts: Vec<(usize, Layout)>,
}

#[derive(Clone)]
enum Value {
    /// Where it is in `received`, and its place in `layouts` or a place that does not exist there.
    Received {
        start: u32,
        end: u32,
        layout: u32,
    },
    Own(String),
}

/// No place in `layouts`.
const NO_LAYOUT: u32 = u32::MAX;

impl Headers {
    /// No header fields.
    #[must_use]
    pub fn new() -> Self {
        Headers::default()
    }

    pub(crate) fn with_capacity(fields: usize) -> Self {
        Headers { fields: Vec::with_capacity(fields), ..Headers::default() }
    }

    /// Adds a value that lies at `range` of the text that [`Headers::set_received`] is told later.
    pub(crate) fn push_received(&mut self, name: Name, range: Range<u32>) {
        let value = Value::Received { start: range.start, end: range.end, layout: NO_LAYOUT };
        self.fields.push((name, value));
    }

    /// Keeps the layouts of values, each with the index of its field. Fields must not have moved since.
    pub(crate) fn set_layouts(&mut self, layouts: Vec<(usize, Layout)>) {
        for (place, (index, _)) in (0..).zip(&layouts) {
            if let Some((_, Value::Received { layout, .. })) = self.fields.get_mut(*index) {
                *layout = place;
            }
        }
        if let Some(received) = self.received.as_mut().and_then(Arc::get_mut) {
            received.layouts = layouts;
        }
    }

    /// The text that holds all ranges given so far.
    pub(crate) fn set_received(&mut self, text: &str) {
        self.received = Some(Arc::new(Received { text: text.into(), layouts: Vec::new() }));
    }

    pub(crate) fn push_named(&mut self, name: Name, value: String) {
        self.fields.push((name, Value::Own(value)));
    }

    fn text<'a>(&'a self, value: &'a Value) -> &'a str {
        match value {
            Value::Received { start, end, .. } => part(self.received.as_deref(), *start, *end),
            Value::Own(text) => text,
        }
    }

    fn layout(&self, value: &Value) -> Option<&Layout> {
        match value {
            Value::Received { layout, .. } => {
                self.received.as_ref()?.layouts.get(*layout as usize).map(|(_, layout)| layout)
            }
            Value::Own(_) => None,
        }
    }

    /// All values of this header with their layouts, in order.
    pub(super) fn cut_values(&self, name: &'static str) -> impl Iterator<Item = (&str, Option<&Layout>)> {
        let row = known(name);
        let values = self.fields.iter().filter(move |(n, _)| n.is(row, name));
        values.map(|(_, value)| (self.text(value), self.layout(value)))
    }

    /// The values of these headers only, header by header; those that arrived stay shared with this list.
    pub(crate) fn select(&self, names: &[&str]) -> Headers {
        let mut fields = Vec::with_capacity(names.len() + 4);
        for name in names {
            let row = known(name);
            fields.extend(self.fields.iter().filter(|(n, _)| n.is(row, name)).cloned());
        }
        Headers { received: self.received.clone(), fields }
    }

    /// The known headers among `rows` (one bit a row) with their rows and values, by the index of the field.
    pub(crate) fn rows(&self, rows: u128) -> impl Iterator<Item = (usize, usize, &str)> {
        self.fields.iter().enumerate().filter_map(move |(index, (name, value))| match name {
            Name::Known(row) if rows & (1 << row) != 0 => Some((index, *row, self.text(value))),
            Name::Known(_) | Name::Other(_) => None,
        })
    }

    /// Adds a value at the end.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.push_named(Name::new(name), value.into());
    }

    /// Adds a value in front of all others, as Via and Record-Route need.
    pub fn push_front(&mut self, name: &str, value: impl Into<String>) {
        self.fields.insert(0, (Name::new(name), Value::Own(value.into())));
    }

    /// The first value of this header.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let row = known(name);
        self.fields.iter().find(|(n, _)| n.is(row, name)).map(|(_, value)| self.text(value))
    }

    /// All values of this header, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let row = known(name);
        self.fields.iter().filter(move |(n, _)| n.is(row, name)).map(|(_, value)| self.text(value))
    }

    /// Whether this header is there at all.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Takes all values of this header out.
    pub fn remove(&mut self, name: &str) {
        let row = known(name);
        self.fields.retain(|(n, _)| !n.is(row, name));
    }

    /// Takes the first value of this header out.
    pub fn remove_first(&mut self, name: &str) -> Option<String> {
        let row = known(name);
        let at = self.fields.iter().position(|(n, _)| n.is(row, name))?;
        match self.fields.remove(at).1 {
            Value::Own(text) => Some(text),
            received @ Value::Received { .. } => Some(self.text(&received).to_owned()),
        }
    }

    /// Makes `value` the only value of this header, in the place of its first one or else at the end.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let row = known(name);
        match self.fields.iter().position(|(n, _)| n.is(row, name)) {
            Some(at) => {
                self.fields[at].1 = Value::Own(value.into());
                let mut index = 0;
                self.fields.retain(|(n, _)| {
                    index += 1;
                    index - 1 <= at || !n.is(row, name)
                });
            }
            None => self.push(name, value),
        }
    }

    /// Replaces the first value of this header only, or adds it in front; what a server does to the top Via.
    pub fn set_first(&mut self, name: &str, value: impl Into<String>) {
        let row = known(name);
        match self.fields.iter().position(|(n, _)| n.is(row, name)) {
            Some(at) => self.fields[at].1 = Value::Own(value.into()),
            None => self.push_front(name, value),
        }
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), self.text(value)))
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Adds all values of another list at the end.
    pub fn append(&mut self, other: Headers) {
        let Headers { received, fields } = other;
        self.fields.extend(fields.into_iter().map(|(name, value)| match value {
            Value::Received { start, end, .. } => {
                (name, Value::Own(part(received.as_deref(), start, end).to_owned()))
            }
            Value::Own(text) => (name, Value::Own(text)),
        }));
    }
}

/// A value that arrived.
fn part(received: Option<&Received>, start: u32, end: u32) -> &str {
    received.map_or("", |received| &received.text[start as usize..end as usize])
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_vias() -> Headers {
        let mut headers = Headers::new();
        for (name, value) in [("Via", "1"), ("To", "t"), ("v", "2"), ("VIA", "3")] {
            headers.push(name, value);
        }
        headers
    }

    #[test]
    fn names_are_found_in_any_spelling() {
        let headers = three_vias();
        assert_eq!(headers.get_all("v").collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(headers.get("tO"), Some("t"));
        assert_eq!(headers.get("X-None"), None);
    }

    #[test]
    fn set_leaves_one_value_in_place() {
        let mut headers = three_vias();
        headers.set("via", "4");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("Via", "4"), ("To", "t")]);
        headers.set("x-new", "5");
        assert_eq!(headers.get("X-NEW"), Some("5"));
    }

    #[test]
    fn set_first_and_remove_first_touch_the_top_only() {
        let mut headers = three_vias();
        headers.set_first("Via", "0");
        assert_eq!(headers.remove_first("Via").as_deref(), Some("0"));
        assert_eq!(headers.get_all("Via").collect::<Vec<_>>(), ["2", "3"]);
        headers.remove("Via");
        assert_eq!(headers.remove_first("Via"), None);
        assert_eq!(headers.len(), 1);
    }
}
