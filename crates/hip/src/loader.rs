//! Finds and loads HIP's libraries.

use std::ffi::{OsStr, c_void};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use libloading::Library;

use crate::error::{Attempt, Error};
use crate::sys::Api;

/// Names of the library, newest first. Recent ROCm ships only the first.
const NAMES: &[&str] = &[
    "libamdhip64.so.7",
    "libamdhip64.so.6",
    "libamdhip64.so.5",
    "libamdhip64.so",
];

/// A library without these is not HIP's, or is of no use.
const ESSENTIAL: &[&str] = &[
    "hipGetDeviceCount",
    "hipMalloc",
    "hipModuleLoadData",
    "hipModuleLaunchKernel",
];

/// A loaded library and its functions.
pub(crate) struct Loaded {
    pub(crate) api: Api,
    pub(crate) library: Library,
    pub(crate) description: String,
}

/// A loaded library, and its name or path.
pub(crate) struct Found {
    pub(crate) library: Library,
    pub(crate) description: String,
}

impl Found {
    /// The address of a function.
    pub(crate) fn symbol(&self, name: &str) -> Option<NonNull<c_void>> {
        // SAFETY: the address is only handed on; whoever calls it knows its type.
        let symbol = unsafe { self.library.get::<*mut c_void>(name) }.ok()?;
        NonNull::new(*symbol)
    }
}

/// Loads the first HIP library that there is.
pub(crate) fn load() -> Result<Loaded, Error> {
    let mut tried = Vec::new();
    match search(NAMES, &mut tried) {
        Some(found) => resolve(found),
        None => Err(Error::NoLibrary { tried }),
    }
}

/// Loads the HIP library at a path, or of a name that the system's loader knows.
pub(crate) fn load_from(path: &Path) -> Result<Loaded, Error> {
    match open_at(path) {
        Ok(found) => resolve(found),
        Err(attempt) => Err(Error::NoLibrary {
            tried: vec![attempt],
        }),
    }
}

/// Loads the first library of those names that there is: by name where the system's loader finds
/// it, then in ROCm's folders. Notes what was tried in vain.
pub(crate) fn search(names: &[&str], tried: &mut Vec<Attempt>) -> Option<Found> {
    let mut open = |path: &Path| open_at(path).map_err(|attempt| tried.push(attempt)).ok();
    if let Some(found) = names.iter().find_map(|name| open(Path::new(name))) {
        return Some(found);
    }
    let rocm_path = std::env::var_os("ROCM_PATH");
    for folder in folders(Path::new("/opt/rocm"), rocm_path.as_deref()) {
        let mut there = names.iter().map(|name| folder.join(name));
        if !there.clone().any(|path| path.exists()) {
            let reason = format!("has no {}", names.last().unwrap_or(&"library"));
            tried.push(attempt(&folder, &reason));
            continue;
        }
        let mut open = |path: &Path| open_at(path).map_err(|attempt| tried.push(attempt)).ok();
        let found = there.find_map(|path| path.exists().then(|| open(&path)).flatten());
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Loads the library at a path, or of a name that the system's loader knows.
pub(crate) fn open_at(path: &Path) -> Result<Found, Attempt> {
    match open(path.as_os_str()) {
        Ok(library) => Ok(Found {
            library,
            description: path.display().to_string(),
        }),
        Err(reason) => Err(attempt(path, &reason)),
    }
}

/// Where ROCm puts its libraries: under `ROCM_PATH`, in the folder of older releases, then in those
/// of newer ones, newest first.
fn folders(root: &Path, rocm_path: Option<&OsStr>) -> Vec<PathBuf> {
    let mut folders: Vec<_> = rocm_path
        .map(|path| Path::new(path).join("lib"))
        .into_iter()
        .collect();
    folders.push(root.join("lib"));
    let mut cores: Vec<_> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("core-"))
        .map(|entry| entry.path().join("lib"))
        .collect();
    cores.sort();
    folders.extend(cores.into_iter().rev());
    folders
}

pub(crate) fn attempt(path: &Path, reason: &str) -> Attempt {
    // The loader's message starts with the path, which the attempt names already.
    let prefix = format!("{}: ", path.display());
    let reason = reason.strip_prefix(&prefix).unwrap_or(reason).to_owned();
    Attempt {
        path: path.to_owned(),
        reason,
    }
}

/// Loads a library for the rest of the process: the HIP runtime has threads and exit handlers of
/// its own, which must not lose their code when the last driver goes away.
fn open(name: &OsStr) -> Result<Library, String> {
    #[cfg(target_os = "linux")]
    // SAFETY: loading runs the library's initialisers; the caller chose a HIP library.
    let library = unsafe {
        use libloading::os::unix;
        const RTLD_NODELETE: i32 = 0x1000;
        let flags = unix::RTLD_NOW | unix::RTLD_LOCAL | RTLD_NODELETE;
        unix::Library::open(Some(name), flags).map(Library::from)
    };
    #[cfg(not(target_os = "linux"))]
    // SAFETY: as above.
    let library = unsafe { Library::new(name) };
    // The system's words are in the error's source.
    library.map_err(|error| match std::error::Error::source(&error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    })
}

/// Finds the functions of a library.
fn resolve(found: Found) -> Result<Loaded, Error> {
    // SAFETY: only HIP libraries export these names, with HIP's signatures; `Loaded` keeps the
    // library loaded.
    let (api, missing) = unsafe { Api::resolve(|name| found.symbol(name)) };
    let Found {
        library,
        description,
    } = found;
    let missing: Vec<_> = missing
        .into_iter()
        .filter(|name| ESSENTIAL.contains(name))
        .collect();
    if missing.is_empty() {
        Ok(Loaded {
            api,
            library,
            description,
        })
    } else {
        Err(Error::NotHip {
            library: description,
            missing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_in_order() {
        let root = std::env::temp_dir().join(format!("redwick-hip-{}", std::process::id()));
        for folder in ["core-7.0", "core-7.1", "lib", "share"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let found = folders(&root, Some(OsStr::new("/mine")));
        std::fs::remove_dir_all(&root).unwrap();
        let expected = [
            PathBuf::from("/mine/lib"),
            root.join("lib"),
            root.join("core-7.1/lib"),
            root.join("core-7.0/lib"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn absent_library_names_what_was_tried() {
        let error = load_from(Path::new("/nowhere/libamdhip64.so"))
            .err()
            .unwrap();
        let text = error.to_string();
        assert!(matches!(error, Error::NoLibrary { .. }), "{text}");
        assert!(text.contains("/nowhere/libamdhip64.so"), "{text}");
        assert!(text.contains("No such file"), "{text}");
        assert!(text.contains("install ROCm"), "{text}");
    }

    #[test]
    fn another_library_is_not_hip() {
        let Err(error) = load_from(Path::new("libc.so.6")) else {
            panic!("the C library is no HIP library");
        };
        assert!(matches!(error, Error::NotHip { .. }), "{error}");
    }
}
