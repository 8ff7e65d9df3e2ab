//! The types of expressions and texts: every name is known and has a value where it is used, what is compared can be
//! equal, and no secret gets out. The words of an expression are those of minijinja; its own parser gives the tree.
//!
//! Start at [`condition`], [`value`] and [`template`]; each answers all mistakes with the part of the source they are
//! about. What they let pass does not fail when it is evaluated, but for values that a filter cannot read.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::machinery::ast::{self, BinOpKind, CallArg, CompareOpKind, Expr, Stmt, UnaryOpKind};
use minijinja::machinery::{Span, parse, parse_expr};
use minijinja::value::{Value, ValueKind};

use crate::reading::{FILTERS, Filter};
use crate::types::Type;
use crate::words::suggest;

/// The names that can be used in one place.
pub(crate) type Names = BTreeMap<String, Known>;

/// A name that an expression or text can use.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// What it holds.
    pub(crate) ty: Type,
    /// Why it may have no value yet in this place.
    pub(crate) lacking: Option<String>,
    /// A variable that begins without a value, and may still have none: a text would tell nothing in its place.
    pub(crate) unset: bool,
}

/// Something wrong in an expression or a text.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// The octets it is about.
    pub(crate) at: Range<usize>,
    /// As [`crate::problem::Finding`] has them.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
}

/// Judges a condition.
pub(crate) fn condition(source: &str, names: &Names) -> Vec<Mistake> {
    let Ok(tree) = parse_expr(source) else { return Vec::new() };
    let mut judge = Judge::new(names);
    let ty = judge.expr(&tree);
    judge.flag(&tree, &ty, "a condition holds or does not");
    judge.mistakes
}

/// Judges an expression and says what it gives.
pub(crate) fn value(source: &str, names: &Names) -> (Type, Vec<Mistake>) {
    let Ok(tree) = parse_expr(source) else { return (Type::Unknown, Vec::new()) };
    let mut judge = Judge::new(names);
    let ty = judge.expr(&tree);
    (ty, judge.mistakes)
}

/// Judges a text.
pub(crate) fn template(source: &str, names: &Names) -> Vec<Mistake> {
    let Ok(tree) = parse(source, "text", Default::default()) else { return Vec::new() };
    let mut judge = Judge { of_text: true, is_told: true, ..Judge::new(names) };
    judge.stmt(&tree);
    judge.mistakes
}

/// Judges an expression whose value a filter of texts reads out.
pub(crate) fn told(source: &str, filter: &Filter, names: &Names) -> Vec<Mistake> {
    let Ok(tree) = parse_expr(source) else { return Vec::new() };
    let mut judge = Judge { is_told: true, ..Judge::new(names) };
    let ty = judge.expr(&tree);
    if ty.is_secret() {
        // Whatever else is wrong with it, it does not belong here.
        judge.mistakes.clear();
        judge.never_told(tree.span());
        return judge.mistakes;
    }
    // What stands behind the `;` is of parentheses and quotes, which are of texts.
    let takes = filter.docs.split(';').next().unwrap_or_default();
    judge.read_by(filter, takes, tree.span(), &ty);
    judge.mistakes
}

/// Whether a value of `from` can be one of `to`; words of a list are held against each other.
pub(crate) fn fits(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Unknown, _) | (_, Type::Unknown) => true,
        (Type::Optional(from), Type::Optional(to)) => fits(from, to),
        (_, Type::Optional(to)) => fits(from, to),
        (Type::Number, Type::Money) | (Type::Money, Type::Number) => true,
        // A text of the operator's own may be a day or an amount; it is read when it is used.
        (Type::Date | Type::Time | Type::OneOf(_) | Type::Number | Type::Money, Type::Text) => true,
        (Type::OneOf(from), Type::OneOf(to)) => from.iter().all(|word| to.contains(word)),
        (Type::List(from), Type::List(to)) => fits(from, to),
        (Type::Record(from), Type::Record(to)) => {
            to.iter().all(|(name, ty)| from.get(name).is_some_and(|from| fits(from, ty)))
        }
        // What is no secret may be sent where one is expected: a PIN that was typed as text is checked all the same.
        (Type::Text, Type::Secret) => true,
        (from, to) => from == to,
    }
}

struct Judge<'a> {
    names: &'a Names,
    /// Names that a text itself brings in, by `for` and `set`.
    own: Vec<(String, Type)>,
    /// Texts have filters that expressions have not.
    of_text: bool,
    /// The caller is told what it gives, which must be something.
    is_told: bool,
    mistakes: Vec<Mistake>,
}

fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

/// What kind of thing a type is, for comparisons.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Text,
    Number,
    Flag,
    Moment,
    Secret,
    Other,
    Any,
}

fn class(ty: &Type) -> Class {
    match ty {
        Type::Text | Type::OneOf(_) => Class::Text,
        Type::Number | Type::Money => Class::Number,
        Type::Flag => Class::Flag,
        Type::Date | Type::Time => Class::Moment,
        Type::Secret => Class::Secret,
        Type::List(_) | Type::Record(_) => Class::Other,
        Type::Optional(inner) => class(inner),
        Type::Unknown => Class::Any,
    }
}

impl<'a> Judge<'a> {
    fn new(names: &'a Names) -> Self {
        Judge { names, own: Vec::new(), of_text: false, is_told: false, mistakes: Vec::new() }
    }

    fn note(&mut self, at: Span, code: &'static str, message: impl Into<String>, label: impl Into<String>) {
        let (message, label) = (message.into(), label.into());
        self.mistakes.push(Mistake { at: range(at), code, message, label, help: None });
    }

    fn help(&mut self, help: impl Into<String>) {
        if let Some(mistake) = self.mistakes.last_mut() {
            mistake.help = Some(help.into());
        }
    }

    fn wrong(&mut self, at: Span, message: impl Into<String>, ty: &Type) -> Type {
        self.note(at, "wrong-type", message, format!("this is {ty}"));
        Type::Unknown
    }

    fn flag(&mut self, expr: &Expr<'_>, ty: &Type, why: &str) {
        match class(ty) {
            Class::Flag | Class::Any => {}
            Class::Secret => self.leak(expr.span()),
            Class::Text => {
                self.wrong(expr.span(), why, ty);
                self.help("compare it: `... == \"...\"`");
            }
            Class::Number | Class::Moment | Class::Other => {
                self.wrong(expr.span(), why, ty);
                self.help("compare it, for example `... > 0`");
            }
        }
    }

    fn leak(&mut self, at: Span) {
        self.note(
            at,
            "secret-used",
            "a secret can only be compared, or sent where a secret is expected",
            "a secret",
        );
    }

    fn var(&mut self, name: &str, at: Span) -> Type {
        if let Some((_, ty)) = self.own.iter().rev().find(|(own, _)| own == name) {
            return ty.clone();
        }
        let names: &'a Names = self.names;
        match names.get(name) {
            Some(Known { ty, unset: true, .. }) if self.is_told => {
                let message = format!("callers come here on a way on which `{name}` has not been set");
                self.note(at, "value-missing", message, format!("`{name}` may have no value here"));
                self.help(format!("give `{name}` a `default` under `vars:`, or set it on every way"));
                ty.clone()
            }
            Some(Known { ty, lacking: None, .. }) => ty.clone(),
            Some(Known { ty, lacking: Some(why), .. }) => {
                self.note(at, "value-missing", why.clone(), format!("`{name}` may have no value here"));
                ty.clone()
            }
            None => {
                let message = format!("there is no variable `{name}`");
                self.note(at, "unknown-variable", message, format!("`{name}`"));
                match suggest(name, self.names.keys().map(String::as_str)) {
                    Some(help) => self.help(help),
                    None => self.help(format!("declare `{name}` under `vars:` of the flow")),
                }
                Type::Unknown
            }
        }
    }

    fn expr(&mut self, expr: &Expr<'_>) -> Type {
        match expr {
            Expr::Var(var) => self.var(var.id, var.span()),
            Expr::Const(constant) => type_of(&constant.value),
            Expr::Slice(slice) => {
                let ty = self.expr(&slice.expr);
                for part in [&slice.start, &slice.stop, &slice.step].into_iter().flatten() {
                    let ty = self.expr(part);
                    self.number(part, &ty);
                }
                match ty {
                    Type::Secret => {
                        self.leak(slice.span());
                        Type::Unknown
                    }
                    Type::OneOf(_) => Type::Text,
                    ty => ty,
                }
            }
            Expr::UnaryOp(op) => {
                let ty = self.expr(&op.expr);
                match op.op {
                    UnaryOpKind::Not => {
                        self.flag(&op.expr, &ty, "`not` is said of what holds or does not");
                        Type::Flag
                    }
                    UnaryOpKind::Neg => {
                        self.number(&op.expr, &ty);
                        ty
                    }
                }
            }
            Expr::BinOp(op) => self.binary(op),
            Expr::Compare(compare) => {
                let mut left = self.expr(&compare.expr);
                let mut left_expr = &compare.expr;
                for op in &compare.ops {
                    let right = self.expr(&op.expr);
                    self.compare(op.op, (left_expr, &left), (&op.expr, &right));
                    (left, left_expr) = (right, &op.expr);
                }
                Type::Flag
            }
            Expr::IfExpr(choice) => {
                let test = self.expr(&choice.test_expr);
                self.flag(&choice.test_expr, &test, "what stands behind `if` holds or does not");
                let one = self.expr(&choice.true_expr);
                match &choice.false_expr {
                    None => Type::Optional(Box::new(one)),
                    Some(other) => {
                        let other = self.expr(other);
                        if one == other { one } else { joined(one, &other) }
                    }
                }
            }
            Expr::Filter(filter) => self.filter(filter, filter.span()),
            Expr::Test(test) => self.test(test, test.span()),
            Expr::GetAttr(get) => {
                let of = self.expr(&get.expr);
                let end = range(get.span()).end;
                let name_at = end.saturating_sub(get.name.len())..end;
                self.part(&of, get.name, name_at, get.span())
            }
            Expr::GetItem(get) => {
                let of = self.expr(&get.expr);
                let index = self.expr(&get.subscript_expr);
                let constant = match &get.subscript_expr {
                    Expr::Const(constant) => constant.value.as_str().map(str::to_owned),
                    _ => None,
                };
                match (of, constant) {
                    (Type::List(item), _) => {
                        self.number(&get.subscript_expr, &index);
                        Type::Optional(item)
                    }
                    (of, Some(name)) => self.part(&of, &name, range(get.subscript_expr.span()), get.span()),
                    (Type::Unknown, None) => Type::Unknown,
                    (of, None) => self.wrong(get.expr.span(), "only lists have items", &of),
                }
            }
            Expr::Call(call) => {
                let message = "there are no functions in the language";
                self.note(call.span(), "expression", message, "not part of the language");
                Type::Unknown
            }
            Expr::List(list) => self.list(&list.items),
            Expr::Tuple(tuple) => self.list(&tuple.items),
            Expr::Map(map) => {
                let message = "there are no maps in expressions";
                self.note(map.span(), "expression", message, "not part of the language");
                Type::Unknown
            }
        }
    }

    fn list(&mut self, items: &[Expr<'_>]) -> Type {
        let types: Vec<Type> = items.iter().map(|item| self.expr(item)).collect();
        Type::List(Box::new(
            types.into_iter().reduce(|one, other| joined(one, &other)).unwrap_or(Type::Unknown),
        ))
    }

    /// A named part of a record.
    fn part(&mut self, of: &Type, name: &str, at: Range<usize>, whole: Span) -> Type {
        let (of, optional) = match of {
            Type::Optional(inner) => (&**inner, true),
            of => (of, false),
        };
        match of {
            Type::Record(fields) => match fields.get(name) {
                Some(ty) if optional => Type::Optional(Box::new(ty.clone())),
                Some(ty) => ty.clone(),
                None => {
                    let help = suggest(name, fields.keys().map(String::as_str));
                    let message = format!("it has no part `{name}`");
                    let label = format!("`{name}`");
                    self.mistakes.push(Mistake { at, code: "unknown-variable", message, label, help });
                    Type::Unknown
                }
            },
            Type::Unknown => Type::Unknown,
            of => self.wrong(whole, format!("it has no parts, so that there is no `{name}`"), of),
        }
    }

    fn number(&mut self, expr: &Expr<'_>, ty: &Type) {
        match class(ty) {
            Class::Number | Class::Any => {}
            Class::Secret => self.leak(expr.span()),
            Class::Text => {
                self.wrong(expr.span(), "this is calculated with", ty);
                self.help("declare the variable as `{ type: number }` or `{ type: money }`, or read it with `| int`");
            }
            Class::Flag | Class::Moment | Class::Other => {
                self.wrong(expr.span(), "this is calculated with", ty);
            }
        }
    }

    fn binary(&mut self, op: &ast::BinOp<'_>) -> Type {
        let (left, right) = (self.expr(&op.left), self.expr(&op.right));
        let sides = ((&op.left, &left), (&op.right, &right));
        let compare = |kind| (kind, sides.0, sides.1);
        let (kind, one, other) = match op.op {
            BinOpKind::Eq => compare(CompareOpKind::Eq),
            BinOpKind::Ne => compare(CompareOpKind::Ne),
            BinOpKind::Lt => compare(CompareOpKind::Lt),
            BinOpKind::Lte => compare(CompareOpKind::Lte),
            BinOpKind::Gt => compare(CompareOpKind::Gt),
            BinOpKind::Gte => compare(CompareOpKind::Gte),
            BinOpKind::In => compare(CompareOpKind::In),
            BinOpKind::ScAnd | BinOpKind::ScOr => {
                let word = if matches!(op.op, BinOpKind::ScAnd) { "and" } else { "or" };
                let why = format!("`{word}` stands between what holds or does not");
                self.flag(&op.left, &left, &why);
                self.flag(&op.right, &right, &why);
                return Type::Flag;
            }
            BinOpKind::Concat => {
                for (expr, ty) in [(&op.left, &left), (&op.right, &right)] {
                    match class(ty) {
                        Class::Secret => self.leak(expr.span()),
                        Class::Other => {
                            self.wrong(expr.span(), "`~` joins texts", ty);
                        }
                        Class::Text | Class::Number | Class::Flag | Class::Moment | Class::Any => {}
                    }
                }
                return Type::Text;
            }
            BinOpKind::Add
            | BinOpKind::Sub
            | BinOpKind::Mul
            | BinOpKind::Div
            | BinOpKind::FloorDiv
            | BinOpKind::Rem
            | BinOpKind::Pow => {
                self.number(&op.left, &left);
                self.number(&op.right, &right);
                return if left == Type::Money || right == Type::Money { Type::Money } else { Type::Number };
            }
        };
        self.compare(kind, one, other);
        Type::Flag
    }

    fn compare(&mut self, op: CompareOpKind, left: (&Expr<'_>, &Type), right: (&Expr<'_>, &Type)) {
        let ordered =
            matches!(op, CompareOpKind::Lt | CompareOpKind::Lte | CompareOpKind::Gt | CompareOpKind::Gte);
        if matches!(op, CompareOpKind::In | CompareOpKind::NotIn) {
            match right.1 {
                Type::List(item) => match right.0 {
                    Expr::List(list) => self.among(left, &list.items),
                    Expr::Tuple(tuple) => self.among(left, &tuple.items),
                    _ => self.equal(left, (right.0, item)),
                },
                Type::Text | Type::OneOf(_) | Type::Unknown => {
                    if !matches!(class(left.1), Class::Text | Class::Any) {
                        self.wrong(left.0.span(), "only a text can be part of a text", left.1);
                    }
                }
                Type::Secret => self.leak(right.0.span()),
                ty => {
                    self.wrong(right.0.span(), "`in` looks into a list", ty);
                    self.help("for example `called in [\"10086\", \"10010\"]`");
                }
            }
        } else if ordered {
            match (class(left.1), class(right.1)) {
                (Class::Secret, _) => self.leak(left.0.span()),
                (_, Class::Secret) => self.leak(right.0.span()),
                (Class::Any, _) | (_, Class::Any) => {}
                (Class::Number, Class::Number) | (Class::Moment, Class::Moment | Class::Text) => {}
                (Class::Text, Class::Moment) => {}
                (Class::Number, _) => self.unlike(right, left.1),
                (_, Class::Number) => self.unlike(left, right.1),
                (
                    Class::Text | Class::Flag | Class::Moment | Class::Other,
                    Class::Text | Class::Flag | Class::Moment | Class::Other,
                ) => {
                    self.wrong(
                        left.0.span(),
                        "only numbers, days and times are more or less than others",
                        left.1,
                    );
                }
            }
        } else {
            self.equal(left, right);
        }
    }

    /// Each of a list that is written out.
    fn among(&mut self, left: (&Expr<'_>, &Type), items: &[Expr<'_>]) {
        for item in items {
            // What is wrong with the item itself has been noted.
            let count = self.mistakes.len();
            let ty = self.expr(item);
            self.mistakes.truncate(count);
            self.equal(left, (item, &ty));
        }
    }

    fn unlike(&mut self, (expr, ty): (&Expr<'_>, &Type), other: &Type) {
        self.wrong(expr.span(), format!("this is compared with {other}, and is never like it"), ty);
        if class(ty) == Class::Text {
            self.help("a number is written without quotes; a variable is declared as `{ type: number }` or `{ type: money }`");
        }
    }

    /// Whether two things can ever be equal.
    fn equal(&mut self, left: (&Expr<'_>, &Type), right: (&Expr<'_>, &Type)) {
        for (one, other) in [(left, right), (right, left)] {
            if let (Some(words), Some(word)) = (words(one.1), written(other.0))
                && written(one.0).is_none()
                && !words.contains(&word)
            {
                self.note(
                    other.0.span(),
                    "unknown-value",
                    format!("it can never be `{word}`"),
                    "not one of its words",
                );
                if let Some(help) = suggest(&word, words.iter().map(String::as_str)) {
                    self.help(help);
                }
                return;
            }
        }
        match (class(left.1), class(right.1)) {
            (Class::Any, _) | (_, Class::Any) => {}
            (one, other) if one == other => {}
            (Class::Secret, Class::Text) | (Class::Text, Class::Secret) => {}
            (Class::Moment, Class::Text) | (Class::Text, Class::Moment) => {}
            (_, _) => self.unlike(right, left.1),
        }
    }

    /// The name of a filter or test, which stands at the end of what it is applied to but for its arguments.
    fn unknown_word<'n>(
        &mut self,
        what: &str,
        name: &str,
        at: Span,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        self.note(at, "expression", format!("there is no {what} `{name}`"), format!("`{name}`"));
        if let Some(help) = suggest(name, known) {
            self.help(help);
        }
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) -> Vec<Type> {
        arguments
            .iter()
            .map(|argument| match argument {
                CallArg::Pos(expr)
                | CallArg::Kwarg(_, expr)
                | CallArg::PosSplat(expr)
                | CallArg::KwargSplat(expr) => self.expr(expr),
            })
            .collect()
    }

    fn filter(&mut self, filter: &ast::Filter<'_>, at: Span) -> Type {
        let ty = filter.expr.as_ref().map_or(Type::Text, |expr| self.expr(expr));
        self.arguments(&filter.args);
        let operand = filter.expr.as_ref().map_or(at, Expr::span);
        if ty == Type::Secret && filter.name != "length" {
            self.leak(operand);
            return Type::Unknown;
        }
        let of_texts = FILTERS.iter().filter(|_| self.of_text);
        if let Some(known) = of_texts.into_iter().find(|known| known.name == filter.name) {
            self.read_by(known, known.docs, operand, &ty);
            return Type::Text;
        }
        match (filter.name, class(&ty)) {
            ("upper" | "lower" | "trim", Class::Text | Class::Any) => Type::Text,
            ("upper" | "lower" | "trim", _) => {
                self.wrong(operand, format!("`{}` takes a text", filter.name), &ty)
            }
            ("length", Class::Text | Class::Secret | Class::Any) => Type::Number,
            ("length", _) if matches!(ty, Type::List(_)) => Type::Number,
            ("length", _) => self.wrong(operand, "only texts and lists have a length", &ty),
            ("int", Class::Text | Class::Number | Class::Any) => Type::Number,
            ("int", _) => self.wrong(operand, "`int` takes a text or a number", &ty),
            (name, _) => {
                let own = ["upper", "lower", "trim", "length", "int"];
                let of_text = self.of_text;
                let of_texts = FILTERS.iter().map(|filter| filter.name).filter(|_| of_text);
                self.unknown_word("filter", name, at, own.into_iter().chain(of_texts));
                Type::Unknown
            }
        }
    }

    /// A filter of texts can read it; `takes` says what it can.
    fn read_by(&mut self, filter: &Filter, takes: &str, at: Span, ty: &Type) {
        let inner = match ty {
            Type::Optional(inner) => inner,
            ty => ty,
        };
        let reads =
            matches!(inner, Type::Text | Type::OneOf(_) | Type::Unknown) || filter.reads.contains(inner);
        if !reads {
            self.wrong(at, format!("`{}` takes {takes}", filter.name), ty);
        }
    }

    fn never_told(&mut self, at: Span) {
        self.note(at, "secret-used", "a secret cannot be shown or said", "a secret");
    }

    fn test(&mut self, test: &ast::Test<'_>, at: Span) -> Type {
        let ty = self.expr(&test.expr);
        let arguments = self.arguments(&test.args);
        if !["startingwith", "endingwith", "none"].contains(&test.name) {
            self.unknown_word("test", test.name, at, ["startingwith", "endingwith", "none"]);
        }
        if matches!(test.name, "startingwith" | "endingwith") {
            if ty == Type::Secret {
                self.leak(at);
            } else if !matches!(class(&ty), Class::Text | Class::Moment | Class::Any) {
                self.wrong(test.expr.span(), format!("`{}` is said of a text", test.name), &ty);
            }
            for (argument, ty) in test.args.iter().zip(arguments) {
                if let CallArg::Pos(expr) = argument
                    && !matches!(class(&ty), Class::Text | Class::Any)
                {
                    self.wrong(expr.span(), format!("`{}` needs a text in quotes", test.name), &ty);
                }
            }
        }
        Type::Flag
    }

    fn stmt(&mut self, stmt: &Stmt<'_>) {
        match stmt {
            Stmt::Template(template) => self.body(&template.children),
            Stmt::EmitExpr(emit) => {
                let ty = self.expr(&emit.expr);
                match ty {
                    Type::List(_) | Type::Record(_) => {
                        self.wrong(emit.expr.span(), "this cannot be put into a text", &ty);
                        self.help("name one part of it, or go through a list by `{% for item in ... %}`");
                    }
                    Type::Secret => self.never_told(emit.expr.span()),
                    _ => {}
                }
            }
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(each) => {
                let item = match self.expr(&each.iter) {
                    Type::List(item) => *item,
                    Type::Unknown => Type::Unknown,
                    ty => self.wrong(each.iter.span(), "`for` goes through a list", &ty),
                };
                let before = self.own.len();
                self.bind(&each.target, item);
                self.own.push(("loop".to_owned(), Type::Unknown));
                if let Some(filter) = &each.filter_expr {
                    let ty = self.expr(filter);
                    self.flag(filter, &ty, "what stands behind `if` holds or does not");
                }
                self.body(&each.body);
                self.own.truncate(before);
                self.body(&each.else_body);
            }
            Stmt::IfCond(choice) => {
                let ty = self.expr(&choice.expr);
                self.flag(&choice.expr, &ty, "what stands behind `if` holds or does not");
                self.body(&choice.true_body);
                self.body(&choice.false_body);
            }
            Stmt::WithBlock(with) => {
                let before = self.own.len();
                for (target, expr) in &with.assignments {
                    let ty = self.expr(expr);
                    self.bind(target, ty);
                }
                self.body(&with.body);
                self.own.truncate(before);
            }
            Stmt::Set(set) => {
                let ty = self.expr(&set.expr);
                self.bind(&set.target, ty);
            }
            Stmt::SetBlock(set) => {
                self.body(&set.body);
                self.bind(&set.target, Type::Text);
            }
            Stmt::AutoEscape(escape) => self.body(&escape.body),
            Stmt::FilterBlock(block) => self.body(&block.body),
            // Of other statements the engine says that they are not known.
            _ => {}
        }
    }

    fn body(&mut self, body: &[Stmt<'_>]) {
        body.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn bind(&mut self, target: &Expr<'_>, ty: Type) {
        if let Expr::Var(var) = target {
            self.own.push((var.id.to_owned(), ty));
        }
    }
}

/// The words that it can be, if they are listed.
fn words(ty: &Type) -> Option<&[String]> {
    match ty {
        Type::OneOf(words) => Some(words),
        Type::Optional(inner) => words(inner),
        Type::Text
        | Type::Number
        | Type::Money
        | Type::Flag
        | Type::Date
        | Type::Time
        | Type::Secret
        | Type::List(_)
        | Type::Record(_)
        | Type::Unknown => None,
    }
}

/// A text that is written out.
fn written(expr: &Expr<'_>) -> Option<String> {
    match expr {
        Expr::Const(constant) => constant.value.as_str().map(str::to_owned),
        _ => None,
    }
}

/// The type of a value that is written out.
fn type_of(value: &Value) -> Type {
    match value.kind() {
        ValueKind::Bool => Type::Flag,
        ValueKind::Number => Type::Number,
        ValueKind::String => Type::Text,
        _ => Type::Unknown,
    }
}

/// What is known of a value that is of one type or the other.
fn joined(one: Type, other: &Type) -> Type {
    match (class(&one), class(other)) {
        _ if one == *other => one,
        (Class::Secret, _) | (_, Class::Secret) => Type::Secret,
        (Class::Text, Class::Text) => Type::Text,
        (Class::Number, Class::Number) => Type::Number,
        (_, _) => Type::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let bill = Type::Record(BTreeMap::from([
            ("yuan".to_owned(), Type::Money),
            ("until".to_owned(), Type::Date),
            (
                "rows".to_owned(),
                Type::List(Box::new(Type::Record(BTreeMap::from([("name".to_owned(), Type::Text)])))),
            ),
        ]));
        let known = |ty| Known { ty, lacking: None, unset: false };
        Names::from([
            ("caller".to_owned(), known(Type::Text)),
            ("has_video".to_owned(), known(Type::Flag)),
            ("times".to_owned(), known(Type::Number)),
            ("pin".to_owned(), known(Type::Secret)),
            ("pack".to_owned(), known(Type::OneOf(["10GB".to_owned(), "30GB".to_owned()].into()))),
            ("bill".to_owned(), known(bill.clone())),
            ("late".to_owned(), Known { ty: bill, lacking: Some("fetched later".to_owned()), unset: false }),
        ])
    }

    /// Each mistake as what it is about and its code.
    fn told(mistakes: &[Mistake], source: &str) -> Vec<String> {
        mistakes.iter().map(|mistake| format!("{} {}", &source[mistake.at.clone()], mistake.code)).collect()
    }

    fn wrong(source: &str) -> Vec<String> {
        told(&condition(source, &names()), source)
    }

    fn wrong_text(source: &str) -> Vec<String> {
        told(&template(source, &names()), source)
    }

    #[test]
    fn what_is_right_is_let_pass() {
        for source in [
            "has_video and not (caller is startingwith \"138\")",
            "times + 1 > 3 or caller in [\"10086\", \"10010\"]",
            "pack == \"10GB\" or pack in [\"10GB\", \"30GB\"]",
            "bill.yuan < 10 and bill.rows | length > 0",
            "pin == \"1234\" and pin | length == 4",
            "bill.until == \"2028-02-29\" or bill.rows[0].name == \"a\"",
            "(caller if has_video else \"\") == \"138\"",
            "caller | int > 3",
        ] {
            assert_eq!(wrong(source), Vec::<String>::new(), "{source}");
        }
        for source in [
            "{{ bill.yuan | money }} {{ bill.until | date }} {{ caller | digits }} {{ times }}",
            "{% for row in bill.rows %}{{ row.name }}{% endfor %}",
            "{% if times > 3 %}{{ pack }}{% endif %}{% set x = times %}{{ x | number }}",
        ] {
            assert_eq!(wrong_text(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn a_mistake_is_told_where_it_stands() {
        for (source, expect) in [
            ("has_vidoe", "has_vidoe unknown-variable"),
            ("times", "times wrong-type"),
            ("has_video and times", "times wrong-type"),
            ("times == \"3\"", "\"3\" wrong-type"),
            ("caller > 3", "caller wrong-type"),
            ("pack == \"20GB\"", "\"20GB\" unknown-value"),
            ("pack in [\"10GB\", \"20GB\"]", "\"20GB\" unknown-value"),
            ("bill.yaun > 3", "yaun unknown-variable"),
            ("bill > 3", "bill wrong-type"),
            ("caller.name == \"a\"", "caller.name wrong-type"),
            ("caller + 1 > 2", "caller wrong-type"),
            ("pin > \"1\"", "pin secret-used"),
            ("pin | upper == \"A\"", "pin secret-used"),
            ("late.yuan > 3", "late value-missing"),
            ("caller is startingwith 138", "138 wrong-type"),
            ("range(3) == 3", "range(3) expression"),
            ("times | money == \"3\"", "money expression"),
            ("caller is startingwit \"138\"", "startingwit \"138\" expression"),
        ] {
            assert_eq!(wrong(source), [expect], "{source}");
        }
    }

    #[test]
    fn texts_tell_no_secrets_and_no_lists() {
        for (source, expect) in [
            ("{{ pin }}", "pin secret-used"),
            ("{{ pin | digits }}", "pin secret-used"),
            ("{{ pin ~ \"x\" }}", "pin secret-used"),
            ("{{ bill.rows }}", "bill.rows wrong-type"),
            ("{{ has_video | money }}", "has_video wrong-type"),
            ("{{ bill.yuan | date }}", "bill.yuan wrong-type"),
            ("{% for row in bill.rows %}{{ row.nam }}{% endfor %}", "nam unknown-variable"),
            ("{% if times %}x{% endif %}", "times wrong-type"),
            ("{% for x in caller %}{% endfor %}", "caller wrong-type"),
        ] {
            assert_eq!(wrong_text(source), [expect], "{source}");
        }
        assert_eq!(wrong_text("{% set x = pin %}{{ x }}"), ["x secret-used"]);
    }

    #[test]
    fn what_a_value_can_be_given_to() {
        let ty = |source: &str| value(source, &names()).0;
        assert!(fits(&ty("times + 1"), &Type::Money) && fits(&ty("\"a\""), &Type::Secret));
        assert!(!fits(&ty("pin"), &Type::Text) && !fits(&ty("caller"), &Type::Number));
        assert!(fits(&ty("pack"), &Type::Text) && !fits(&ty("caller"), &ty("pack")));
        assert!(!fits(&ty("pin if has_video else \"\""), &Type::Text));
    }
}
