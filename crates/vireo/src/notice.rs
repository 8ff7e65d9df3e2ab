//! The notice that callers are told first, as it is kept below the gateway's data and as a command tells it to the gateway.
//!
//! It stands in `notice.json` until another one, or none, takes its place; whether it is over, each call sees for itself.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use dialplan::{Notice, NoticeError, Service};
use gateway::library::Library;
use serde::{Deserialize, Serialize};

use crate::{durable, service};

const FILE: &str = "notice.json";

/// A notice in writing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    /// In the first language of each flow.
    pub(crate) text: String,
    /// By language.
    #[serde(default)]
    pub(crate) texts: BTreeMap<String, String>,
    /// When it is over, in seconds since 1970-01-01T00:00:00Z.
    pub(crate) until: u64,
}

impl Written {
    /// As calls are told it.
    ///
    /// # Errors
    /// When it is too long, or says nothing.
    pub(crate) fn notice(&self) -> Result<Notice, NoticeError> {
        Notice::new(&self.text, self.texts.clone(), Duration::from_secs(self.until))
    }
}

/// What is kept, unless it is over by `now`, wall time since 1970-01-01T00:00:00Z.
///
/// # Errors
/// When the file cannot be read, or holds no notice.
pub(crate) fn kept(data: &Path, now: Duration) -> anyhow::Result<Option<Written>> {
    let path = data.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why).with_context(|| format!("cannot read {}", path.display())),
    };
    let written: Written =
        serde_json::from_str(&text).with_context(|| format!("{} holds no notice", path.display()))?;
    Ok(Some(written).filter(|written| Duration::from_secs(written.until) > now))
}

/// Keeps it, or that there is none any more.
///
/// # Errors
/// When it cannot be written; then it is as it was.
pub(crate) fn keep(data: &Path, written: Option<&Written>) -> anyhow::Result<()> {
    match written {
        Some(written) => durable::replace(data, FILE, &serde_json::to_vec_pretty(written)?),
        None => durable::remove(data, FILE),
    }
}

/// Encodes everything of a notice for the callers of a service.
///
/// # Errors
/// For a person, such as that it does not fit a picture.
pub(crate) fn prepare(library: &Library, service: &Service, notice: &Notice) -> Result<(), String> {
    let assets = service::assets_of(&notice.presentations(service));
    let prepared = library.prepare(service.version(), &assets, &|_, _| {});
    prepared.map_err(|errors| errors.iter().map(|why| format!("{why}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_until_it_is_over_or_taken_back() {
        let data = std::env::temp_dir().join(format!("vireo-notice-{}", std::process::id()));
        fs::create_dir_all(&data).expect("it can be made");
        let at = Duration::from_secs;
        let kept_at = |now| kept(&data, at(now)).expect("it can be read");
        assert_eq!(kept_at(0), None);
        let texts = [("en".to_owned(), "No calls abroad.".to_owned())].into();
        let written = Written { text: "国际漫游中断".to_owned(), texts, until: 100 };
        keep(&data, Some(&written)).expect("it can be written");
        assert_eq!((kept_at(99), kept_at(100)), (Some(written.clone()), None));
        assert_eq!(written.notice().expect("a sound one").until(), at(100));
        // What a write that was broken off leaves beside it.
        fs::write(data.join("notice.json.new"), "{\"text\":").expect("it can be written");
        assert_eq!(kept_at(99), Some(written));
        keep(&data, None).and_then(|()| keep(&data, None)).expect("it can be removed");
        assert_eq!(kept_at(99), None);
        fs::write(data.join(FILE), "{}").expect("it can be written");
        assert!(kept(&data, at(0)).is_err());
        fs::remove_dir_all(&data).expect("it is ours");
    }
}
