//! An operator's folder, read and compiled: `*.yaml` and `texts/*.yaml` with the media beside it.
//!
//! The folder given may be the one that holds `dialplans/` and `media/`, or `dialplans/` itself (then
//! `media/` lies beside it), or one flow of it. Start at [`Folder::find`].

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dialplan::simulate::transcript::is_transcript;
use dialplan::{Assets, Problems, Service, SourceFile};
use thiserror::Error;

/// Octets of one dialplan file; a longer one is refused rather than read.
const FILE_LEN_MAX: u64 = 1 << 20;

/// Why a folder is no service.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// Something in it cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no `*.yaml` in it.
    #[error("{path} holds no dialplan: no *.yaml file is in it")]
    Empty {
        /// Where they were looked for.
        path: PathBuf,
    },
    /// It was read and is wrong.
    #[error("the service has mistakes")]
    Problems(Problems),
}

/// Where the parts of a service lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Holds `*.yaml` and `texts/`.
    pub dialplans: PathBuf,
    /// Holds `slides/`, `clips/` and `prompts/`.
    pub media: PathBuf,
}

impl Folder {
    /// The service that `path` means: a folder with `dialplans/` in it, a dialplan folder, or a file of one.
    #[must_use]
    pub fn find(path: &Path) -> Self {
        let path = if path.is_file() { parent(path) } else { path.to_owned() };
        let inside = path.join("dialplans");
        let dialplans = if inside.is_dir() { inside } else { path };
        let own = dialplans.join("media");
        let media = if own.is_dir() { own } else { parent(&dialplans).join("media") };
        Folder { dialplans, media }
    }

    /// Reads and compiles the service.
    ///
    /// # Errors
    /// [`ServiceError::Read`] and [`ServiceError::Empty`] when there is nothing to judge,
    /// [`ServiceError::Problems`] with every mistake otherwise.
    pub fn load(&self) -> Result<Service, ServiceError> {
        let files = self.sources()?;
        Service::compile(&files, &self.assets()?).map_err(ServiceError::Problems)
    }

    /// Reads the transcripts (`*.sim`) beside the flows; they are no part of what goes live.
    ///
    /// # Errors
    /// [`ServiceError::Read`] when one cannot be read.
    pub fn transcripts(&self) -> Result<Vec<SourceFile>, ServiceError> {
        let names = list(&self.dialplans)?;
        let names = names.iter().filter(|name| !name.starts_with('.') && is_transcript(name));
        let source = |path: PathBuf| Ok(SourceFile { path: path.display().to_string(), text: text(&path)? });
        names.map(|name| source(self.dialplans.join(name))).collect()
    }

    fn sources(&self) -> Result<Vec<SourceFile>, ServiceError> {
        let mut paths = yaml_files(&self.dialplans)?;
        if paths.is_empty() {
            return Err(ServiceError::Empty { path: self.dialplans.clone() });
        }
        let texts = self.dialplans.join("texts");
        if texts.is_dir() {
            paths.extend(yaml_files(&texts)?);
        }
        paths
            .iter()
            .map(|path| Ok(SourceFile { path: path.display().to_string(), text: text(path)? }))
            .collect()
    }

    fn assets(&self) -> Result<Assets, ServiceError> {
        let mut prompts = BTreeSet::new();
        for language in names(&self.media.join("prompts"))? {
            for name in names(&self.media.join("prompts").join(&language))? {
                if let Some(stem) = name.strip_suffix(".wav") {
                    prompts.insert((language.clone(), stem.to_owned()));
                }
            }
        }
        let [slides, clips] = ["slides", "clips"].map(|folder| names(&self.media.join(folder)));
        Ok(Assets { slides: slides?, clips: clips?, prompts })
    }
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => path.to_owned(),
    }
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, ServiceError> {
    // Editors keep scratch files and links (`.#hotline.yaml`) beside the one that is open.
    let is_yaml =
        |name: &String| !name.starts_with('.') && (name.ends_with(".yaml") || name.ends_with(".yml"));
    Ok(list(folder)?.into_iter().filter(is_yaml).map(|name| folder.join(name)).collect())
}

/// The names in a folder of media; a folder that does not exist holds none.
fn names(folder: &Path) -> Result<BTreeSet<String>, ServiceError> {
    if folder.is_dir() { list(folder) } else { Ok(BTreeSet::new()) }
}

fn list(folder: &Path) -> Result<BTreeSet<String>, ServiceError> {
    let failed = |error| ServiceError::Read { path: folder.to_owned(), error };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        // A name that is not UTF-8 cannot be written in a dialplan either.
        names.extend(entry.map_err(failed)?.file_name().into_string().ok());
    }
    Ok(names)
}

fn text(path: &Path) -> Result<String, ServiceError> {
    let failed = |error| ServiceError::Read { path: path.to_owned(), error };
    let len = fs::metadata(path).map_err(failed)?.len();
    if len > FILE_LEN_MAX {
        let why = format!("{len} octets are more than the {FILE_LEN_MAX} that a dialplan file may have");
        return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, why)));
    }
    fs::read_to_string(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_root_its_dialplans_or_one_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let want = Folder { dialplans: root.join("dialplans"), media: root.join("media") };
        for path in ["", "dialplans", "dialplans/hotline.yaml"] {
            assert_eq!(Folder::find(&root.join(path)), want, "{path}");
        }
    }

    #[test]
    fn transcripts_lie_beside_the_flows() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let files = Folder::find(&root).transcripts().expect("readable");
        assert!(files.iter().any(|file| file.path.ends_with("dialplans/hotline.sim")), "{files:?}");
        assert!(files.iter().all(|file| file.path.ends_with(".sim")));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = Folder::find(Path::new("no/such/folder")).load().expect_err("there is none");
        assert!(error.to_string().contains("no/such/folder"), "{error}");
    }
}
