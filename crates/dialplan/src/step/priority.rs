//! `priority` and `stars` of `queue`: how soon it is a caller's turn among those who wait, and the level that an agent sees.
//!
//! The expressions are evaluated once, when the caller enters the queue; from there on waiting adds to the points.

use crate::Priority;
use crate::check::Checker;
use crate::expression::{Expression, Scope};
use crate::limits;
use crate::read::{Fields, Reader};
use crate::types::Type;

/// The points as they are written in a node.
#[derive(Debug, Default)]
pub(super) struct Points {
    base: Option<Expression>,
    per_minute: Option<u32>,
}

impl Points {
    /// Reads the field, if it is there.
    pub(super) fn read(reader: &mut Reader, fields: &Fields<'_>) -> Self {
        let Some((key, tree)) = fields.entry("priority") else { return Self::default() };
        let Some(fields) = reader.fields("`priority`", key.span, tree, &["base", "per_minute"]) else {
            return Self::default();
        };
        let base = fields.need(reader, "base").and_then(|tree| reader.word("`base`", tree));
        let per_minute = fields
            .get("per_minute")
            .and_then(|tree| reader.number("`per_minute`", tree, 1..=limits::PER_MINUTE_MAX));
        let base = base.and_then(|base| Expression::new(base).map_err(|finding| reader.note(finding)).ok());
        Points { base, per_minute }
    }

    pub(super) fn check(&self, checker: &mut Checker<'_>) {
        if let Some(base) = &self.base {
            checker.value(base, &Type::Number, "`base`");
        }
    }

    /// Of a caller who enters now; what cannot be calculated is no points.
    pub(super) fn now(&self, scope: &Scope) -> Priority {
        let value = self.base.as_ref().and_then(|base| base.evaluate(scope).ok());
        let points = value.and_then(|value| f64::try_from(value).ok()).unwrap_or(0.0);
        let most = f64::from(limits::PRIORITY_MAX);
        Priority {
            base: points.round().clamp(-most, most) as i32,
            per_minute: self.per_minute.unwrap_or(limits::PER_MINUTE),
        }
    }
}

/// The caller's level as it is written in a node.
#[derive(Debug, Default)]
pub(super) struct Stars(Option<Expression>);

impl Stars {
    /// Reads the field, if it is there.
    pub(super) fn read(reader: &mut Reader, fields: &Fields<'_>) -> Self {
        let word = fields.get("stars").and_then(|tree| reader.word("`stars`", tree));
        Stars(word.and_then(|word| Expression::new(word).map_err(|finding| reader.note(finding)).ok()))
    }

    pub(super) fn check(&self, checker: &mut Checker<'_>) {
        if let Some(stars) = &self.0 {
            checker.value(stars, &Type::Number, "`stars`");
        }
    }

    /// Of a caller who enters now, 1 to [`limits::LEVEL_MAX`]; what cannot be calculated is no level.
    pub(super) fn now(&self, scope: &Scope) -> Option<u8> {
        let value = f64::try_from(self.0.as_ref()?.evaluate(scope).ok()?).ok()?;
        Some(value.round().clamp(0.0, f64::from(limits::LEVEL_MAX)) as u8).filter(|stars| *stars > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Span, Word};

    fn base(expression: &str, star: i64) -> i32 {
        let word = Word { value: expression.to_owned(), span: Span { file: 0, start: 0, end: 0 } };
        let base = Some(Expression::new(word).expect("an expression"));
        let scope = Scope::from([("star".to_owned(), star.into())]);
        Points { base, per_minute: None }.now(&scope).base
    }

    #[test]
    fn points_are_calculated_once_and_bounded() {
        assert_eq!((base("10 * star", 3), base("star / 2", 5), base("-star", 3)), (30, 3, -3));
        assert_eq!((base("star * 1000000000000", 1), base("star * -1000000000000", 1)), (100_000, -100_000));
        assert_eq!((base("nobody", 1), base("1 / 0 * star", 0)), (0, 0), "no points rather than no queue");
    }
}
