//! Why a command failed, and the exit code that says so.

use std::io;
use std::process::ExitCode;

use crate::device;

/// The exit codes, as `--help` shows them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed: a device, a file that cannot be read, a port in use
  2  bad input: the command line, a model that is damaged, incomplete or not supported, a prompt
     that does not fit, a store that is damaged, vectors that do not fit it";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The model or the request.
    #[error(transparent)]
    Llm(#[from] redwick_llm::Error),
    /// The device could not be opened.
    #[error(transparent)]
    Device(#[from] device::Error),
    /// A store of vectors.
    #[error(transparent)]
    Store(#[from] vector_store::Error),
    /// A file of vectors.
    #[error(transparent)]
    Input(#[from] vector_store::input::Error),
    /// What was asked cannot be.
    #[error("{0}")]
    Usage(String),
    /// The system refused something.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Failure {
    /// 1 for a failure, 2 for bad input: see [`EXIT_CODES`].
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Llm(error) if error.is_bad_input() => 2,
            Self::Store(error) if error.is_bad_input() => 2,
            Self::Input(vector_store::input::Error::Io { .. }) => 1,
            Self::Input(_) | Self::Usage(_) => 2,
            Self::Llm(_) | Self::Store(_) | Self::Device(_) | Self::Io { .. } => 1,
        }
    }

    /// What was tried when the system refused.
    pub fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        |source| Self::Io { doing, source }
    }
}

/// Says why a command failed, and gives its exit code.
pub fn report(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
