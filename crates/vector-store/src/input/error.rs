//! Why a file of vectors could not be read.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file of vectors could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused something.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of another kind.
    #[error(
        "{}: vectors are read from files that end in .npy, .fvecs, .bvecs, .jsonl or .ndjson",
        path.display()
    )]
    Ending {
        /// The file.
        path: PathBuf,
    },
    /// A file that is not what its ending says.
    #[error("{}, {at}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where: a line or a byte.
        at: String,
        /// What is wrong there.
        reason: String,
    },
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
}
