//! `${NAME}`, `${NAME:-default}` and `${file:/path}` in addresses, headers and passwords: what differs between machines, and what
//! is secret, stands outside the service's files.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::limits;

/// Names that are known here before the process's environment is looked at.
#[derive(Debug, Default)]
pub(crate) struct Environment(pub(crate) BTreeMap<String, String>);

impl Environment {
    /// Puts in what is meant. The error names what is lacking, never a value.
    pub(crate) fn filled<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, String> {
        let value = |name: &str| self.0.get(name).cloned().or_else(|| std::env::var(name).ok());
        filled_from(text, &value, &read)
    }
}

fn filled_from<'t>(
    text: &'t str,
    environment: &dyn Fn(&str) -> Option<String>,
    file: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Cow<'t, str>, String> {
    if !text.contains("${") {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((name, tail)) = behind.split_once('}') else {
            return Err("a `${` is not closed".to_owned());
        };
        out.push_str(before);
        match (name.strip_prefix("file:"), name.split_once(":-")) {
            (Some(path), _) => out.push_str(&file(path)?),
            (None, Some((name, usual))) => {
                out.push_str(&environment(name).unwrap_or_else(|| usual.to_owned()));
            }
            (None, None) => match environment(name) {
                Some(value) => out.push_str(&value),
                None => return Err(format!("the environment has no `{name}`")),
            },
        }
        rest = tail;
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// A secret as container platforms mount them: a small file, its last line end not part of it.
fn read(path: &str) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|why| format!("{path} cannot be read: {why}"))?;
    if text.len() > limits::SECRET_BYTES_MAX {
        return Err(format!("{path} has more than {} octets", limits::SECRET_BYTES_MAX));
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gateway_was_started_with_goes_before_the_environment() {
        let own = Environment(BTreeMap::from([("PATH".to_owned(), "own".to_owned())]));
        assert_eq!(own.filled("${PATH}/x").as_deref(), Ok("own/x"));
        assert_ne!(Environment::default().filled("${PATH}/x").as_deref(), Ok("own/x"));
    }

    #[test]
    fn names_defaults_and_files_are_put_in() {
        let environment = |name: &str| (name == "TOKEN").then(|| "abc".to_owned());
        let file = |path: &str| if path == "/run/key" { Ok("k1".to_owned()) } else { Err("no".to_owned()) };
        let fill = |text: &'static str| filled_from(text, &environment, &file).map(Cow::into_owned);
        assert_eq!(fill("Bearer ${TOKEN} ${file:/run/key}"), Ok("Bearer abc k1".to_owned()));
        assert_eq!(fill("${URL:-http://127.0.0.1:1}/x"), Ok("http://127.0.0.1:1/x".to_owned()));
        assert_eq!(fill("plain $5 }"), Ok("plain $5 }".to_owned()));
        assert_eq!(fill("${NONE}"), Err("the environment has no `NONE`".to_owned()));
        assert!(fill("${TOKEN").is_err() && fill("${file:/else}").is_err());
    }
}
