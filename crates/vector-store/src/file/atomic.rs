//! One writer at a time, and a file that is replaced in one step.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::Error;

/// The right to replace a store's file, held by one process at a time.
///
/// Held over loading, changing and saving, it keeps two processes from losing each other's changes.
/// It is a lock on the file `.NAME.lock` beside the store, which stays there; the system releases
/// it when the process ends in whatever way.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    folder: PathBuf,
    /// Closing it releases the lock.
    _file: File,
}

impl Lock {
    /// Waits until no other process holds the lock of the store at `path`, which need not exist.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder is not there or cannot be written to.
    pub fn acquire(path: &Path) -> Result<Self, Error> {
        let lock = Self::open(path)?;
        lock._file.lock().map_err(Error::io("locking", path))?;
        Ok(lock)
    }

    /// As [`Lock::acquire`], but `None` at once where another holds the lock.
    ///
    /// # Errors
    /// As [`Lock::acquire`].
    pub fn try_acquire(path: &Path) -> Result<Option<Self>, Error> {
        let lock = Self::open(path)?;
        match lock._file.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::io("locking", path)(source)),
        }
    }

    fn open(path: &Path) -> Result<Self, Error> {
        let path = target(path)?;
        let folder = folder(&path);
        let file = folder.join(hidden(&path, ".lock"));
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(&file);
        Ok(Self {
            _file: file.map_err(Error::io("making a lock file for", &path))?,
            path,
            folder,
        })
    }

    /// The store's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the store's file by what `write` writes, or leaves it as it is.
    pub(super) fn replace(
        &self,
        write: impl FnOnce(&mut File) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.sweep();
        let mut temporary = self.temporary()?;
        write(temporary.as_file_mut())?;
        let path = &self.path;
        temporary
            .as_file()
            .sync_all()
            .map_err(Error::io("flushing", path))?;
        let renamed = temporary.persist(path);
        renamed.map_err(|error| Error::io("replacing", path)(error.error))?;
        sync_folder(&self.folder).map_err(Error::io("flushing the folder", &self.folder))
    }

    fn temporary(&self) -> Result<NamedTempFile, Error> {
        let (prefix, mut builder) = (hidden(&self.path, "."), tempfile::Builder::new());
        builder.prefix(&prefix).suffix(TEMPORARY);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // What a file made in the ordinary way has; the process's mask takes its part off.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(&self.folder);
        let file = file.map_err(Error::io("making a temporary file for", &self.path))?;
        if let Ok(old) = fs::metadata(&self.path) {
            let kept = file.as_file().set_permissions(old.permissions());
            kept.map_err(Error::io("keeping the permissions of", &self.path))?;
        }
        Ok(file)
    }

    /// Removes what writers that were killed left behind; nobody else writes while the lock is held.
    fn sweep(&self) {
        let prefix = hidden(&self.path, ".");
        let Ok(files) = fs::read_dir(&self.folder) else {
            return;
        };
        for file in files.flatten() {
            let name = file.file_name();
            let name = name.as_encoded_bytes();
            let is_left =
                name.starts_with(prefix.as_encoded_bytes()) && name.ends_with(TEMPORARY.as_bytes());
            if is_left {
                // A file that cannot be removed does no harm.
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

const TEMPORARY: &str = ".writing";

/// Where the file really is: a link to it stays a link.
fn target(path: &Path) -> Result<PathBuf, Error> {
    match fs::canonicalize(path) {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(Error::io("finding", path)(error)),
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// `.NAME` and an ending.
fn hidden(path: &Path, ending: &str) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or(OsStr::new("store")));
    name.push(ending);
    name
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder is no file that could be flushed.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
