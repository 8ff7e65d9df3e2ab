//! `vireo new`: a small service of one's own to begin with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::demo_service;

const FLOW: &str = include_str!("new/flow.yaml");
const QUEUES: &str = include_str!("new/queues.yaml");
const ENGLISH: &str = include_str!("new/en.yaml");
const CHINESE: &str = include_str!("new/zh-CN.yaml");
/// The demo's slide templates that the new service shows.
const SLIDES: [&str; 3] = ["menu.svg", "page.svg", "hold.svg"];

/// Make a small service to begin with: a menu, a page, a queue, and their texts.
///
/// The folder is called NAME. Every line of it is explained where it stands; nothing that is there already is touched.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Example:\n  vireo new care --number 10010\n  vireo check care\n  vireo run --help"
)]
pub(crate) struct Args {
    /// The folder to make; its last part is the name of the flow
    name: PathBuf,

    /// The number that callers dial
    #[arg(long, value_name = "DIGITS", default_value = "1000")]
    number: String,

    /// In English alone; else in Chinese and English
    #[arg(long)]
    english: bool,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let name = self.flow_name()?;
        let digits = self.number.strip_prefix('+').unwrap_or(&self.number);
        if digits.is_empty() || digits.len() > 32 || !digits.chars().all(|sign| sign.is_ascii_digit()) {
            bail!("`{}` is not a number that can be called", self.number);
        }
        if self.name.exists() {
            bail!("{} is there already; nothing was changed", self.name.display());
        }
        for (path, content) in self.files(name)? {
            let path = self.name.join(path);
            let folder = path.parent().unwrap_or(&self.name);
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let shown = self.name.display();
        println!("made {shown}: edit {shown}/dialplans/{name}.yaml, then try `vireo check {shown}`");
        Ok(ExitCode::SUCCESS)
    }

    /// The last part of the folder, which must do as the name of a flow.
    fn flow_name(&self) -> anyhow::Result<&str> {
        let name = self.name.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let fits = |sign: char| sign.is_ascii_alphanumeric() || sign == '_' || sign == '-';
        // A flow's file called queues.yaml would be taken for the queues.
        if name.is_empty() || name.len() > 32 || !name.chars().all(fits) || name == "queues" {
            bail!(
                "`{}` cannot be the name of a flow: use up to 32 letters, digits, `_` and `-`",
                self.name.display()
            );
        }
        Ok(name)
    }

    /// Path below the folder, and content.
    fn files(&self, name: &str) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let (languages, footer) = match self.english {
            true => ("en", "\"#\": $repeat"),
            false => ("zh-CN, en", "\"#\": $repeat, \"*\": $language"),
        };
        let flow = FLOW.replace("NAME", name).replace("NUMBER", &self.number);
        let flow = flow.replace("LANGUAGES", languages).replace("FOOTER", footer);
        let schema = serde_json::to_vec_pretty(&dialplan::schema::schema())?;
        let mut files = vec![
            (format!("dialplans/{name}.yaml"), flow.into_bytes()),
            ("dialplans/queues.yaml".to_owned(), QUEUES.into()),
            ("dialplans/vireo.schema.json".to_owned(), schema),
        ];
        let texts =
            |language: &str, text: String| (format!("dialplans/texts/{language}.yaml"), text.into_bytes());
        if self.english {
            files.push(texts("en", ENGLISH.to_owned()));
        } else {
            files.push(texts("en", format!("{ENGLISH}language: {{ shown: 中文, spoken: Chinese }}\n")));
            files.push(texts("zh-CN", format!("{CHINESE}language: English\n")));
        }
        for slide in SLIDES {
            let path = format!("media/slides/{slide}");
            let content = demo_service::file(Path::new(&path)).context("a slide of the demo is missing")?;
            files.push((path, content.to_vec()));
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use gateway::service::Folder;

    use super::*;

    /// A folder that is not there yet, in one of this test's own.
    fn folder(test: &str) -> PathBuf {
        let parent = std::env::temp_dir().join(format!("vireo-new-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&parent);
        parent.join("care")
    }

    fn args(name: &Path, english: bool) -> Args {
        Args { name: name.to_owned(), number: "10010".to_owned(), english }
    }

    #[test]
    fn what_is_made_has_nothing_to_find() {
        for english in [false, true] {
            let name = folder(if english { "english" } else { "both" });
            args(&name, english).execute().expect("it can be made");
            let service = Folder::find(&name).load().expect("it is sound");
            assert_eq!(service.warnings().report(), "");
            assert_eq!(service.flows()[0].name(), "care");
            assert_eq!(service.flows()[0].numbers(), ["10010"]);
            assert_eq!(service.flows()[0].languages().count(), if english { 1 } else { 2 });
            fs::remove_dir_all(name.parent().expect("ours")).expect("it is ours");
        }
    }

    #[test]
    fn what_is_there_is_not_touched() {
        let name = folder("there");
        args(&name, true).execute().expect("it can be made");
        let flow = name.join("dialplans/care.yaml");
        fs::write(&flow, "mine").expect("it can be written");
        let error = args(&name, false).execute().expect_err("it is there");
        assert!(error.to_string().contains("there already"), "{error}");
        assert_eq!(fs::read_to_string(&flow).expect("it is there"), "mine");
        assert!(!name.join("dialplans/texts/zh-CN.yaml").exists());
        fs::remove_dir_all(name.parent().expect("ours")).expect("it is ours");
    }

    #[test]
    fn names_and_numbers_that_no_flow_can_have_are_refused() {
        for name in ["/", "..", "a b", "queues", "a.b"] {
            let error = args(Path::new(name), true).execute().expect_err(name);
            assert!(error.to_string().contains("name of a flow"), "{error}");
        }
        let wrong = Args { number: "12a".to_owned(), ..args(&folder("number"), true) };
        assert!(wrong.execute().expect_err("no number").to_string().contains("number"));
    }
}
