//! What can go wrong between pristine Candle and the grafted tree.

use std::fmt;
use std::path::PathBuf;

/// A place in Candle's source that names the template backend and that no rule accounts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unaccounted {
    /// The file, as the compiler would print it.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The token that names the backend.
    pub token: String,
}

impl fmt::Display for Unaccounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `{}`", self.file.display(), self.line, self.token)
    }
}

/// Why no grafted tree was produced.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A source file is not Rust as this version of `syn` knows it.
    #[error("{file}:{line}: not understood as Rust: {reason}")]
    Parse {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The parser's reason.
        reason: String,
    },
    /// Candle names CUDA where no rule says what ROCm's twin is. This is what stops an upgrade
    /// of Candle from losing a backend's arm silently.
    #[error(
        "Candle names CUDA where no rule accounts for it; give each place a rule in \
         candle/graft/src/rules or a row in candle/graft/src/by_hand.rs:\n{}",
        lines(.0)
    )]
    Unaccounted(Vec<Unaccounted>),
    /// Rows of the hand-written table that fit nothing in Candle any more.
    #[error(
        "rows of candle/graft/src/by_hand.rs match nothing in this Candle; remove them or \
         correct their address:\n{}",
        lines(.0)
    )]
    Unmatched(Vec<String>),
    /// The pristine release could not be had from Cargo.
    #[error("the pristine source of {package} could not be found: {reason}")]
    Pristine {
        /// The crate asked for.
        package: String,
        /// What each attempt answered.
        reason: String,
    },
    /// A variable that Cargo gives to build scripts is missing.
    #[error("{0} is not set: the graft runs in a build script, where Cargo sets it")]
    NotABuildScript(&'static str),
}

fn lines<T: fmt::Display>(items: &[T]) -> String {
    let lines: Vec<String> = items.iter().map(|item| format!("  {item}")).collect();
    lines.join("\n")
}
