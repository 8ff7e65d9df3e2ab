//! Problems for programs: as JSON of our own, and as SARIF 2.1.0 (OASIS), which code reviews and editors show.
//!
//! Lines and columns are counted from 1, columns in characters; an end is the place behind the last character. Paths are
//! those of the [`SourceFile`](crate::SourceFile)s.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::{Position, Problem, Severity};

/// What a check has found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report<'a> {
    /// What is wrong.
    pub problems: &'a [&'a Problem],
    /// What the service is, when it is sound.
    pub summary: Option<&'a str>,
    /// Why there was nothing to check.
    pub unreadable: Option<&'a str>,
}

impl Report<'_> {
    /// One object: `problems`, each with `severity`, `code`, `message`, `path`, `line`, `column`, `end_line`,
    /// `end_column`, and where there are such `label`, `suggestion` and `related` places; `errors` and `warnings`, their
    /// numbers; `summary` and `unreadable`.
    #[must_use]
    pub fn json(&self) -> Value {
        let errors = self.problems.iter().filter(|problem| problem.severity() == Severity::Error).count();
        json!({
            "problems": self.problems.iter().map(|problem| problem_json(problem)).collect::<Vec<_>>(),
            "errors": errors,
            "warnings": self.problems.len() - errors,
            "summary": self.summary,
            "unreadable": self.unreadable,
        })
    }

    /// A SARIF log with one run of the tool `vireo` in this version.
    #[must_use]
    pub fn sarif(&self, version: &str) -> Value {
        let mut codes: Vec<&str> = Vec::new();
        for problem in self.problems {
            if !codes.contains(&problem.code()) {
                codes.push(problem.code());
            }
        }
        let result = |problem: &&Problem| {
            let rule = codes.iter().position(|code| *code == problem.code()).unwrap_or_default();
            result(problem, rule)
        };
        let notifications: Vec<Value> =
            self.unreadable.iter().map(|why| json!({"level": "error", "message": {"text": why}})).collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "vireo",
                    "semanticVersion": version,
                    "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
                }},
                "invocations": [{
                    "executionSuccessful": self.unreadable.is_none(),
                    "toolExecutionNotifications": notifications,
                }],
                "columnKind": "unicodeCodePoints",
                "results": self.problems.iter().map(result).collect::<Vec<_>>(),
            }],
        })
    }
}

fn problem_json(problem: &Problem) -> Value {
    let mut all = Map::new();
    all.insert("severity".into(), problem.severity().to_string().into());
    all.insert("code".into(), problem.code().into());
    all.insert("message".into(), problem.message().into());
    let mut places = problem.places().map(|place| {
        let mut all = place_json(place.start, place.end);
        if !place.label.is_empty() {
            all.insert("label".into(), place.label.into());
        }
        all
    });
    all.extend(places.next().unwrap_or_default());
    let related: Vec<Value> = places.map(Value::Object).collect();
    if let Some(help) = problem.suggestion() {
        all.insert("suggestion".into(), help.into());
    }
    if !related.is_empty() {
        all.insert("related".into(), related.into());
    }
    Value::Object(all)
}

fn place_json(start: &Position, end: &Position) -> Map<String, Value> {
    let all = [
        ("path", json!(*start.path)),
        ("line", json!(start.line)),
        ("column", json!(start.column)),
        ("end_line", json!(end.line)),
        ("end_column", json!(end.column)),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// SARIF §3.49. Viewers want words besides the code; the code is made of such.
fn rule(code: &str) -> Value {
    let words = code.replace('-', " ");
    json!({
        "id": code,
        "shortDescription": {"text": words},
        "fullDescription": {"text": words},
        "help": {"text": "The manual of dialplans tells how a service is written."},
    })
}

/// SARIF §3.27.
fn result(problem: &Problem, rule: usize) -> Value {
    let mut text = problem.message().to_owned();
    if let Some(help) = problem.suggestion() {
        text.push_str("; ");
        text.push_str(help);
    }
    let mut places = problem.places();
    let first = places.next().map(|place| json!({"physicalLocation": physical(place.start, place.end)}));
    let related: Vec<Value> = (1..)
        .zip(places)
        .map(|(id, place)| {
            json!({
                "id": id,
                "physicalLocation": physical(place.start, place.end),
                "message": {"text": place.label},
            })
        })
        .collect();
    json!({
        "ruleId": problem.code(),
        "ruleIndex": rule,
        "level": problem.severity().to_string(),
        "message": {"text": text},
        "locations": first.into_iter().collect::<Vec<_>>(),
        "relatedLocations": related,
    })
}

/// SARIF §3.29.
fn physical(start: &Position, end: &Position) -> Value {
    json!({
        "artifactLocation": {"uri": uri(&start.path)},
        "region": {
            "startLine": start.line, "startColumn": start.column,
            "endLine": end.line, "endColumn": end.column,
        },
    })
}

/// A path as a URI reference (RFC 3986 §4.2): relative as it is, absolute as a file.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => write!(uri, "%{byte:02X}").expect("a String takes everything"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Assets, Problems, Service, SourceFile};

    /// Two mistakes and a warning; one of them has a second place.
    fn problems() -> Problems {
        let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
        let files = [
            file(
                "flüsse/a b.yaml",
                "flow: a\nnumbers: [\"1\"]\nstart: main\nlanguages: [en]\nnodes:\n  main: { hangup: { say: 余额, sya: x } }\n",
            ),
            file(
                "b.yaml",
                "flow: a\nnumbers: [\"2\"]\nstart: main\nlanguages: [en]\nnodes: { main: { hangup: {} } }\n",
            ),
            file("c.yaml", "flow: a\nflow: c\n"),
            file("texts/en.yaml", "余额: \"Your {{ balance }}\"\n"),
        ];
        Service::compile(&files, &Assets::default()).expect_err("broken")
    }

    #[test]
    fn every_problem_is_told_with_its_place() {
        let problems = problems();
        let all: Vec<&Problem> = problems.iter().collect();
        let json = Report { problems: &all, ..Report::default() }.json();
        assert_eq!(json["errors"].as_u64(), Some(problems.errors().count() as u64));
        let told = json["problems"].as_array().expect("a list");
        assert_eq!(told.len(), problems.len());
        for (told, problem) in told.iter().zip(problems.iter()) {
            let place =
                format!("{}:{}:{}", told["path"].as_str().expect("text"), told["line"], told["column"]);
            assert_eq!(place, problem.position().to_string());
            assert_eq!(told["code"], problem.code());
            assert_eq!(told["suggestion"].as_str(), problem.suggestion());
        }
        let field = told.iter().find(|told| told["code"] == "unknown-field").expect("one");
        // Columns count characters, and the end is behind the last one.
        assert_eq!(
            (&field["line"], &field["column"], &field["end_column"]),
            (&json!(6), &json!(30), &json!(33))
        );
        assert_eq!(field["label"], "not a field of it");
        let twice = told.iter().find(|told| told["code"] == "duplicate-key").expect("one");
        assert_eq!((&twice["line"], &twice["related"][0]["line"]), (&json!(2), &json!(1)));
        let unreadable = Report { unreadable: Some("no file"), ..Report::default() }.json();
        assert_eq!((&unreadable["unreadable"], &unreadable["errors"]), (&json!("no file"), &json!(0)));
    }

    /// What the standard demands of the parts that are used (SARIF 2.1.0 §3), and what code review sites demand besides.
    fn shape() -> Value {
        let text = json!({"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}});
        let number = json!({"type": "integer", "minimum": 1});
        let place = json!({
            "type": "object", "required": ["artifactLocation", "region"], "additionalProperties": false,
            "properties": {
                "artifactLocation": {"type": "object", "required": ["uri"], "properties": {
                    "uri": {"type": "string", "pattern": "^(file:///)?[A-Za-z0-9._~/%-]+$"},
                }},
                "region": {"type": "object", "required": ["startLine"], "additionalProperties": false, "properties": {
                    "startLine": number, "startColumn": number, "endLine": number, "endColumn": number,
                }},
            },
        });
        let level = json!({"enum": ["none", "note", "warning", "error"]});
        let result = json!({
            "type": "object", "required": ["ruleId", "message", "locations"],
            "properties": {
                "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0}, "level": level, "message": text,
                "locations": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["physicalLocation"], "properties": {"physicalLocation": place}}},
                "relatedLocations": {"type": "array", "items": {"type": "object", "required": ["id", "physicalLocation", "message"], "properties": {"physicalLocation": place, "message": text}}},
            },
        });
        let rule = json!({
            "type": "object", "required": ["id", "shortDescription", "fullDescription", "help"],
            "properties": {"id": {"type": "string"}, "shortDescription": text, "fullDescription": text, "help": text},
        });
        let driver = json!({
            "type": "object", "required": ["name", "rules"],
            "properties": {"name": {"type": "string"}, "semanticVersion": {"type": "string"}, "rules": {"type": "array", "uniqueItems": true, "items": rule}},
        });
        let invocation = json!({
            "type": "object", "required": ["executionSuccessful"],
            "properties": {"executionSuccessful": {"type": "boolean"}, "toolExecutionNotifications": {"type": "array", "items": {"type": "object", "required": ["message"], "properties": {"level": level, "message": text}}}},
        });
        json!({
            "type": "object", "required": ["version", "runs"],
            "properties": {
                "version": {"const": "2.1.0"}, "$schema": {"type": "string"},
                "runs": {"type": "array", "minItems": 1, "items": {
                    "type": "object", "required": ["tool", "results"],
                    "properties": {
                        "tool": {"type": "object", "required": ["driver"], "properties": {"driver": driver}},
                        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                        "invocations": {"type": "array", "items": invocation},
                        "results": {"type": "array", "items": result},
                    },
                }},
            },
        })
    }

    #[test]
    fn sarif_has_the_shape_that_viewers_require() {
        let validator = jsonschema::draft7::new(&shape()).expect("a schema");
        let problems = problems();
        let all: Vec<&Problem> = problems.iter().collect();
        let reports = [
            Report { problems: &all, ..Report::default() },
            Report { summary: Some("1 flow"), ..Report::default() },
            Report { unreadable: Some("no file"), ..Report::default() },
        ];
        for report in reports {
            let log = report.sarif("1.2.3");
            let faults: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
            assert_eq!(faults, [""; 0], "{log:#}");
        }
        let mut log = reports[0].sarif("1.2.3");
        let run = &log["runs"][0];
        for result in run["results"].as_array().expect("a list") {
            let index = result["ruleIndex"].as_u64().expect("a number") as usize;
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
        log["runs"][0]["results"][0]["message"] = json!("text alone");
        assert!(!validator.is_valid(&log), "the shape is judged at all");
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("flüsse/a b.yaml"), "fl%C3%BCsse/a%20b.yaml");
        assert_eq!(uri("/srv/a#1.yaml"), "file:///srv/a%231.yaml");
    }
}
