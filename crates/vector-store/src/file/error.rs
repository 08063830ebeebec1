//! Why a file could not be read or written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::layout::VERSION;

/// Why a store's file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused something.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of another kind.
    #[error(
        "{} is no vector store: its first bytes are {found:02x?}; `redwick vectors create` makes one",
        path.display()
    )]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// Its first bytes, at most eight.
        found: Vec<u8>,
    },
    /// A file of another version of the format.
    #[error(
        "{} has format version {found}, and this program reads version {VERSION}: \
         use a program that knows version {found}",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// A file that is not what was once written.
    #[error("{} is damaged: {damage}; restore it from a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong there.
        damage: Damage,
    },
    /// What should be saved contradicts itself.
    #[error("cannot save {}: {reason}", path.display())]
    Contents {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Where a file is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The section, or `header`, `table of sections`, `checksums`, `padding`.
    pub section: String,
    /// Where in the file.
    pub offset: u64,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            section,
            offset,
            expected,
            found,
        } = self;
        write!(
            f,
            "{section} at byte {offset}: expected {expected}, found {found}"
        )
    }
}

impl Damage {
    pub(super) fn new(
        section: &str,
        offset: usize,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self {
            section: section.to_owned(),
            offset: offset as u64,
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// Two numbers that should be one.
    pub(super) fn unless_equal(
        section: &str,
        offset: usize,
        what: &str,
        expected: u64,
        found: u64,
    ) -> Result<(), Self> {
        if expected == found {
            return Ok(());
        }
        Err(Self::new(
            section,
            offset,
            format_args!("{what} {expected}"),
            found,
        ))
    }
}

impl Error {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }

    pub(super) fn damaged(path: &Path) -> impl FnOnce(Damage) -> Self {
        let path = path.to_owned();
        move |damage| Self::Damaged { path, damage }
    }
}
