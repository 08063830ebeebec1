//! The right to change a store.

use std::path::Path;

use vector_store::file::Lock;

use crate::failure::Failure;

/// What to do where another process has it.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct LockArgs {
    /// Fail where another process has the store open, instead of waiting for it.
    #[arg(long)]
    no_wait: bool,
}

impl LockArgs {
    /// Waits for the store's lock, and says so.
    pub(super) fn acquire(self, store: &Path) -> Result<Lock, Failure> {
        if let Some(lock) = try_acquire(store)? {
            return Ok(lock);
        }
        if self.no_wait {
            return Err(in_use(store));
        }
        eprintln!(
            "waiting for the process that has {} open (is it being served?)",
            store.display()
        );
        Ok(Lock::acquire(store).map_err(vector_store::Error::from)?)
    }
}

/// The store's lock, or none where another process has it.
pub(super) fn try_acquire(store: &Path) -> Result<Option<Lock>, Failure> {
    check_is_no_folder(store)?;
    Ok(Lock::try_acquire(store).map_err(vector_store::Error::from)?)
}

/// That another process has the store.
pub(super) fn in_use(store: &Path) -> Failure {
    let store = store.display();
    Failure::Usage(format!(
        "{store} is in use by another process (is it being served?)"
    ))
}

/// A folder opens as a file does, and fails later with less clear words.
pub(super) fn check_is_no_folder(store: &Path) -> Result<(), Failure> {
    match store.is_dir() {
        true => Err(Failure::Usage(format!(
            "{} is a directory; a store is a file",
            store.display()
        ))),
        false => Ok(()),
    }
}
