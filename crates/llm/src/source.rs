//! Where a model's files come from: a Hugging Face folder, or memory.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Result};

/// The files of a model that is part of a program.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedModel {
    /// A name for messages and for the served model list.
    pub name: &'static str,
    /// `config.json`.
    pub config: &'static [u8],
    /// `generation_config.json`; empty where the model has none.
    pub generation_config: &'static [u8],
    /// `tokenizer.json`.
    pub tokenizer: &'static [u8],
    /// `model.safetensors`.
    pub weights: &'static [u8],
}

/// Where a model's files come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A Hugging Face folder; with `weights`, that file alone instead of what the folder's index says.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// One safetensors file in it.
        weights: Option<PathBuf>,
    },
    /// A model that is part of the program.
    Embedded(EmbeddedModel),
}

/// The bytes of one file, and the name that messages give it.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: std::borrow::Cow<'static, [u8]>,
}

const INDEX: &str = "model.safetensors.index.json";
const SINGLE: &str = "model.safetensors";

impl Source {
    /// Takes a folder, or a safetensors file (or its index) inside one.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let metadata =
            fs::metadata(path).map_err(|source| not_a_model(path, &source.to_string()))?;
        if metadata.is_dir() {
            return Ok(Self::Folder {
                folder: path.to_owned(),
                weights: None,
            });
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        if has_suffix(path, ".safetensors.index.json") {
            return Ok(Self::Folder {
                folder,
                weights: None,
            });
        }
        if !has_suffix(path, ".safetensors") {
            return Err(not_a_model(
                path,
                "the file's name does not end in .safetensors",
            ));
        }
        let shard_of_index =
            shards_of(&folder)?.is_some_and(|shards| shards.contains(&path.to_owned()));
        let weights = (!shard_of_index).then(|| path.to_owned());
        Ok(Self::Folder { folder, weights })
    }

    /// A short name: the folder's, or the embedded model's.
    pub fn name(&self) -> String {
        match self {
            Self::Embedded(model) => model.name.to_owned(),
            Self::Folder { folder, .. } => {
                let full = fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
                full.file_name().map_or_else(
                    || folder.display().to_string(),
                    |name| name.to_string_lossy().into_owned(),
                )
            }
        }
    }

    pub(crate) fn config(&self) -> Result<Value> {
        let advice = "it says what the model is; copy it from where the weights come from";
        parse_json(self.required("config.json", |model| model.config, advice)?)
    }

    pub(crate) fn generation_config(&self) -> Result<Option<Value>> {
        self.optional("generation_config.json", |model| model.generation_config)?
            .map(parse_json)
            .transpose()
    }

    pub(crate) fn tokenizer(&self) -> Result<File> {
        let advice = "copy the tokenizer.json of a fast tokenizer from where the weights come from";
        self.required("tokenizer.json", |model| model.tokenizer, advice)
    }

    /// The weights' files, to be read one after the other: all of them would not fit twice.
    pub(crate) fn weights(&self) -> Result<Vec<WeightsFile>> {
        match self {
            Self::Embedded(model) => Ok(vec![WeightsFile::Embedded(*model)]),
            Self::Folder {
                folder,
                weights: Some(file),
            } => ensure_file(folder, file).map(|file| vec![WeightsFile::Path(file)]),
            Self::Folder {
                folder,
                weights: None,
            } => {
                let files = find_weights(folder)?;
                Ok(files.into_iter().map(WeightsFile::Path).collect())
            }
        }
    }

    fn required(
        &self,
        name: &str,
        embedded: impl FnOnce(&EmbeddedModel) -> &'static [u8],
        advice: &'static str,
    ) -> Result<File> {
        self.optional(name, embedded)?
            .ok_or_else(|| Error::MissingFile {
                file: name.to_owned(),
                path: self.path_of(name),
                advice,
            })
    }

    fn optional(
        &self,
        name: &str,
        embedded: impl FnOnce(&EmbeddedModel) -> &'static [u8],
    ) -> Result<Option<File>> {
        match self {
            Self::Embedded(model) => {
                let bytes = embedded(model);
                let file = || File {
                    name: self.path_of(name),
                    bytes: bytes.into(),
                };
                Ok((!bytes.is_empty()).then(file))
            }
            Self::Folder { folder, .. } => match fs::read(folder.join(name)) {
                Ok(bytes) => Ok(Some(File {
                    name: self.path_of(name),
                    bytes: bytes.into(),
                })),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(source) => Err(Error::Read {
                    path: self.path_of(name),
                    source,
                }),
            },
        }
    }

    fn path_of(&self, name: &str) -> String {
        match self {
            Self::Embedded(model) => format!("{}/{name}", model.name),
            Self::Folder { folder, .. } => folder.join(name).display().to_string(),
        }
    }
}

/// One safetensors file, not yet read.
#[derive(Debug)]
pub(crate) enum WeightsFile {
    Path(PathBuf),
    Embedded(EmbeddedModel),
}

impl WeightsFile {
    /// The size in bytes, for progress; 0 where it cannot be told.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Path(path) => fs::metadata(path).map_or(0, |metadata| metadata.len()),
            Self::Embedded(model) => model.weights.len() as u64,
        }
    }

    pub(crate) fn read(&self) -> Result<File> {
        match self {
            Self::Embedded(model) => Ok(File {
                name: format!("{}/{SINGLE}", model.name),
                bytes: model.weights.into(),
            }),
            Self::Path(path) => {
                let name = path.display().to_string();
                match fs::read(path) {
                    Ok(bytes) => Ok(File {
                        name,
                        bytes: bytes.into(),
                    }),
                    Err(source) => Err(Error::Read { path: name, source }),
                }
            }
        }
    }
}

pub(crate) fn parse_json(file: File) -> Result<Value> {
    serde_json::from_slice(&file.bytes).map_err(|source| Error::Json {
        file: file.name,
        source,
    })
}

fn not_a_model(path: &Path, reason: &str) -> Error {
    Error::NotAModel {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}

fn has_suffix(path: &Path, suffix: &str) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().ends_with(suffix))
}

/// The index's shards, else `model.safetensors`, else every safetensors file of the folder.
fn find_weights(folder: &Path) -> Result<Vec<PathBuf>> {
    if let Some(shards) = shards_of(folder)? {
        return shards
            .iter()
            .map(|shard| ensure_file(folder, shard))
            .collect();
    }
    let single = folder.join(SINGLE);
    if single.is_file() {
        return Ok(vec![single]);
    }
    let mut files = list(folder)?;
    files.retain(|file| has_suffix(file, ".safetensors"));
    files.sort();
    if files.is_empty() {
        return Err(missing_weights(folder, &single));
    }
    Ok(files)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()
    });
    entries.map_err(|source| Error::Read {
        path: folder.display().to_string(),
        source,
    })
}

/// The files that the folder's index names, if it has an index.
fn shards_of(folder: &Path) -> Result<Option<BTreeSet<PathBuf>>> {
    let source = Source::Folder {
        folder: folder.to_owned(),
        weights: None,
    };
    let Some(file) = source.optional(INDEX, |_| &[])? else {
        return Ok(None);
    };
    let name = file.name.clone();
    let index = parse_json(file)?;
    let bad = |found: String| Error::BadValue {
        file: name.clone(),
        key: "weight_map".to_owned(),
        found,
        expected: "a map from tensor names to file names in the same folder".to_owned(),
    };
    let map = index.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| bad("missing".to_owned()))?;
    let shards = map.values().map(|shard| {
        let plain = shard.as_str().filter(|name| is_plain_name(name));
        plain
            .map(|name| folder.join(name))
            .ok_or_else(|| bad(shard.to_string()))
    });
    shards.collect::<Result<_>>().map(Some)
}

/// A shard lies beside its index: a name with folders in it could point anywhere.
fn is_plain_name(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name)
}

fn ensure_file(folder: &Path, file: &Path) -> Result<PathBuf> {
    if file.is_file() {
        Ok(file.to_owned())
    } else {
        Err(missing_weights(folder, file))
    }
}

fn missing_weights(folder: &Path, file: &Path) -> Error {
    let name = file.strip_prefix(folder).unwrap_or(file);
    Error::MissingFile {
        file: name.display().to_string(),
        path: file.display().to_string(),
        advice: "copy the model's safetensors files, every shard of them, into its folder",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn weights_of(path: &Path) -> Vec<String> {
        let files = Source::from_path(path).unwrap().weights().unwrap();
        let name = |file: &WeightsFile| match file {
            WeightsFile::Path(path) => path.file_name().unwrap().to_string_lossy().into_owned(),
            WeightsFile::Embedded(_) => unreachable!(),
        };
        files.iter().map(name).collect()
    }

    const TWO_SHARDS: &str = r#"{"weight_map": {"a": "x-1.safetensors", "b": "x-2.safetensors", "c": "x-1.safetensors"}}"#;

    #[test]
    fn an_index_names_each_shard_once() {
        let folder = folder_with(&[
            (INDEX, TWO_SHARDS),
            ("x-1.safetensors", ""),
            ("x-2.safetensors", ""),
        ]);
        let expected = ["x-1.safetensors", "x-2.safetensors"];
        assert_eq!(weights_of(folder.path()), expected);
        assert_eq!(weights_of(&folder.path().join("x-2.safetensors")), expected);
        assert_eq!(weights_of(&folder.path().join(INDEX)), expected);
    }

    #[test]
    fn a_missing_shard_is_named() {
        let folder = folder_with(&[(INDEX, TWO_SHARDS), ("x-1.safetensors", "")]);
        let error = Source::from_path(folder.path())
            .unwrap()
            .weights()
            .unwrap_err();
        assert!(error.to_string().contains("`x-2.safetensors`"), "{error}");
    }

    #[test]
    fn an_index_cannot_point_out_of_its_folder() {
        let folder = folder_with(&[(INDEX, r#"{"weight_map": {"a": "../secret"}}"#)]);
        let error = Source::from_path(folder.path())
            .unwrap()
            .weights()
            .unwrap_err();
        assert!(matches!(error, Error::BadValue { .. }), "{error}");
    }

    #[test]
    fn a_file_alone_is_taken_alone() {
        let folder = folder_with(&[("model.safetensors", ""), ("other.safetensors", "")]);
        assert_eq!(weights_of(folder.path()), ["model.safetensors"]);
        assert_eq!(
            weights_of(&folder.path().join("other.safetensors")),
            ["other.safetensors"]
        );
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let folder = folder_with(&[("notes.txt", "")]);
        for path in [
            folder.path().join("nowhere"),
            folder.path().join("notes.txt"),
        ] {
            assert!(matches!(
                Source::from_path(&path),
                Err(Error::NotAModel { .. })
            ));
        }
        let error = Source::from_path(folder.path())
            .unwrap()
            .weights()
            .unwrap_err();
        assert!(error.to_string().contains("`model.safetensors`"), "{error}");
    }
}
