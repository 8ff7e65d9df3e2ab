//! Expressions (`when`, `set`, `language`) and texts, both in minijinja, with nothing in reach but what
//! is listed here: no loader, no globals, bounded size and work.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use minijinja::value::Value;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Template, UndefinedBehavior, escape_formatter, filters, tests,
};

use crate::limits;
use crate::problem::Finding;
use crate::reading::{Manner, Sense, add_filters};
use crate::source::Word;

/// The values of names in an expression.
pub(crate) type Scope = BTreeMap<String, Value>;

/// What every expression can use besides the flow's variables, with what it holds.
pub(crate) const FACTS: [(&str, &str); 4] = [
    ("caller", "the caller's number, empty when it is withheld"),
    ("called", "the number that was called"),
    ("language", "the language spoken now, such as `zh-CN`"),
    ("has_video", "whether the caller can see"),
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(limits::FUEL));
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("length", filters::length);
    environment.add_filter("int", filters::int);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("none", tests::is_none);
    environment
});

/// For texts: an environment for each sense, strict and lenient.
static TEXTS: LazyLock<[[Environment<'static>; 2]; 2]> = LazyLock::new(|| {
    [Sense::Eye, Sense::Ear].map(|sense| {
        [Manner::Strict, Manner::Lenient].map(|manner| {
            let mut environment = ENVIRONMENT.clone();
            add_filters(&mut environment, sense, manner);
            environment.set_formatter(move |out, state, value| match (value.is_none(), manner) {
                // A variable that lists its words has none of them until it is set.
                (true, Manner::Strict) => {
                    Err(Error::new(ErrorKind::InvalidOperation, "a value in it has not been set yet"))
                }
                (true, Manner::Lenient) => Ok(()),
                (false, _) => escape_formatter(out, state, value),
            });
            environment
        })
    })
});

/// A checked expression.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) source: Word,
    compiled: minijinja::Expression<'static, 'static>,
}

impl Expression {
    /// Checks size and syntax.
    pub(crate) fn new(source: Word) -> Result<Self, Finding> {
        if source.value.len() > limits::EXPRESSION_BYTES_MAX {
            let message = format!("an expression has at most {} octets", limits::EXPRESSION_BYTES_MAX);
            return Err(Finding::error("expression", source.span, message, "too long"));
        }
        match ENVIRONMENT.compile_expression_owned(source.value.clone()) {
            Ok(compiled) => Ok(Self { source, compiled }),
            Err(error) => Err(Finding::error(
                "expression",
                source.span,
                format!("this is not an expression: {}", detail(&error)),
                "here",
            )
            .help(
                "for example `has_video`, `language == \"en\"`, `called in [\"10086\"] and not has_video`",
            )),
        }
    }

    /// Its value.
    pub(crate) fn evaluate(&self, scope: &Scope) -> Result<Value, minijinja::Error> {
        self.compiled.eval(Value::from(scope.clone()))
    }

    /// The names that it uses, such as `bill` of `bill.yuan`.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.compiled.undeclared_variables(false).into_iter().collect()
    }

    /// Whether it holds; an expression that fails does not.
    pub(crate) fn holds(&self, scope: &Scope) -> bool {
        self.evaluate(scope).is_ok_and(|value| value.is_true())
    }
}

/// Fills in a text template for eye or ear. The answer is trimmed.
pub(crate) fn render(
    template: &str,
    scope: &Scope,
    sense: Sense,
    manner: Manner,
) -> Result<String, minijinja::Error> {
    if is_plain(template) {
        return Ok(template.trim().to_owned());
    }
    COMPILED.with_borrow_mut(|all| {
        let compiled =
            all[sense as usize][manner as usize].get_or_insert_with(|| Compiled::new(sense, manner));
        Ok(compiled.template(template)?.render(Value::from(scope.clone()))?.trim().to_owned())
    })
}

thread_local! {
    /// What was compiled before: the same texts are told again and again, and compiling one costs more than filling it in.
    static COMPILED: RefCell<[[Option<Compiled>; 2]; 2]> = const { RefCell::new([const { [const { None }; 2] }; 2]) };
}

/// Templates by what they say.
struct Compiled {
    environment: Environment<'static>,
    count: usize,
    sense: Sense,
    manner: Manner,
}

impl Compiled {
    fn new(sense: Sense, manner: Manner) -> Self {
        let mut environment = TEXTS[sense as usize][manner as usize].clone();
        // Not by the name, which is the text itself.
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        Compiled { environment, count: 0, sense, manner }
    }

    fn template(&mut self, text: &str) -> Result<Template<'_, '_>, minijinja::Error> {
        if self.environment.get_template(text).is_err() {
            if self.count >= limits::TEMPLATES_KEPT {
                *self = Compiled::new(self.sense, self.manner);
            }
            self.environment.add_template_owned(text.to_owned(), text.to_owned())?;
            self.count += 1;
        }
        self.environment.get_template(text)
    }
}

/// Whether it says the same whatever is known: every tag of a template begins with a brace.
fn is_plain(template: &str) -> bool {
    !template.contains('{')
}

/// The names a text template uses, in alphabetical order.
pub(crate) fn template_variables(template: &str) -> Result<Vec<String>, minijinja::Error> {
    if is_plain(template) {
        return Ok(Vec::new());
    }
    let compiled = TEXTS[0][0].template_from_str(template)?;
    let mut names: Vec<String> = compiled.undeclared_variables(false).into_iter().collect();
    names.sort();
    Ok(names)
}

/// A minijinja error in one line, without its debug listing.
pub(crate) fn detail(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

/// A scalar of the dialplan as an expression sees it: `true` and `false`, whole numbers, else text. What begins
/// with a zero, as a telephone number may, and what has a point, as an amount of money has, is text: it keeps
/// its zeros.
pub(crate) fn literal(word: &str) -> Value {
    match word {
        "true" => Value::from(true),
        "false" => Value::from(false),
        _ => match word.parse::<i64>() {
            Ok(number) if number.to_string() == word => Value::from(number),
            Ok(_) | Err(_) => Value::from(word),
        },
    }
}

#[cfg(test)]
mod bounds {
    use super::*;
    use crate::source::Span;

    fn expression(text: &str) -> Result<Expression, Finding> {
        Expression::new(Word { value: text.to_owned(), span: Span { file: 0, start: 0, end: 0 } })
    }

    fn spoken(template: &str, values: &[(&str, &str)]) -> Result<String, minijinja::Error> {
        let scope = values.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        render(template, &scope, Sense::Ear, Manner::Strict)
    }

    #[test]
    fn conditions_read_facts_and_variables() {
        let scope = Scope::from([
            ("has_video".to_owned(), Value::from(true)),
            ("caller".to_owned(), Value::from("13800138000")),
        ]);
        let holds = |text: &str| expression(text).expect("syntax").holds(&scope);
        assert!(holds("has_video and caller is startingwith '138'"));
        assert!(!holds("not has_video"));
        assert!(holds("caller | length == 11"));
        assert!(!holds("no_such_name"), "an expression that fails does not hold");
    }

    #[test]
    fn work_and_size_are_bounded() {
        assert!(expression(&"(".repeat(limits::EXPRESSION_BYTES_MAX)).is_err());
        assert!(expression(&format!("1{}", "+1".repeat(limits::EXPRESSION_BYTES_MAX))).is_err());
        let endless = "{% for a in 'aaaaaaaaaa' * 10000 %}{{ a }}{% endfor %}";
        assert!(spoken(endless, &[]).is_err(), "fuel");
        assert!(spoken(&"{{".repeat(500), &[]).is_err());
        assert!(spoken(&format!("{{{{ {} }}}}", "(".repeat(900)), &[]).is_err());
    }

    #[test]
    fn nothing_is_in_reach_of_a_text() {
        for template in
            ["{% include 'x' %}", "{{ range(10) }}", "{{ debug() }}", "{{ x }}", "{{ 1 | pprint }}"]
        {
            assert!(spoken(template, &[]).is_err(), "{template}");
        }
        assert_eq!(
            spoken(" {{ label }}请按{{ key }} ", &[("label", "余额"), ("key", "1")]).expect("ok"),
            "余额请按1"
        );
    }

    #[test]
    fn what_is_written_with_zeros_keeps_them() {
        assert_eq!([literal("12"), literal("-3")].map(|value| value.is_integer()), [true, true]);
        for word in ["010086", "+5", "58.20", "-0"] {
            assert_eq!(literal(word).as_str(), Some(word));
        }
    }
}
