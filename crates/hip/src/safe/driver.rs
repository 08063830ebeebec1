//! A HIP implementation.

use std::ffi::c_int;
use std::fmt::{self, Debug, Display};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::loader::{self, Loaded};
use crate::result::Hip;
use crate::safe::Device;
use crate::sys::{Api, hipError_t};

/// A HIP implementation: the library of ROCm, or a table of functions from elsewhere.
///
/// Clones are the same driver.
#[derive(Clone)]
pub struct Driver(Arc<Inner>);

struct Inner {
    hip: Hip,
    /// Tells drivers apart where threads remember their current device.
    id: u64,
    /// Dropped after the functions above have been called for the last time.
    _library: Option<libloading::Library>,
}

impl Driver {
    /// Loads the HIP library of this machine: `libamdhip64.so.7`, `.so.6`, `.so.5` or `.so` where
    /// the system's loader finds one, or in `$ROCM_PATH/lib`, `/opt/rocm/lib` or
    /// `/opt/rocm/core-*/lib`.
    ///
    /// Loading says nothing about devices: see [`Driver::device_count`].
    ///
    /// # Errors
    /// [`Error::NoLibrary`] with all that was tried.
    pub fn load() -> Result<Self> {
        loader::load().map(Self::from_loaded)
    }

    /// Loads the HIP library at a path. The library is trusted to be one.
    ///
    /// # Errors
    /// [`Error::NoLibrary`] when it does not load, [`Error::NotHip`] when it is another library.
    pub fn load_from(path: impl AsRef<Path>) -> Result<Self> {
        loader::load_from(path.as_ref()).map(Self::from_loaded)
    }

    /// Takes a table of functions. The description stands for it in errors.
    ///
    /// # Safety
    /// The functions do what HIP's documentation says, for the rest of the process.
    #[must_use]
    pub unsafe fn from_table(api: Api, description: impl Into<String>) -> Self {
        // SAFETY: the caller promises so.
        Self::new(unsafe { Hip::new(api, description.into()) }, None)
    }

    fn from_loaded(loaded: Loaded) -> Self {
        // SAFETY: a HIP library does what HIP's documentation says.
        let hip = unsafe { Hip::new(loaded.api, loaded.description) };
        Self::new(hip, Some(loaded.library))
    }

    fn new(hip: Hip, library: Option<libloading::Library>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(Arc::new(Inner {
            hip,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            _library: library,
        }))
    }

    /// The name or path of the library, or the description of the table.
    #[must_use]
    pub fn description(&self) -> &str {
        self.0.hip.description()
    }

    /// The functions, a level below.
    #[must_use]
    pub fn hip(&self) -> &Hip {
        &self.0.hip
    }

    pub(super) fn id(&self) -> u64 {
        self.0.id
    }

    /// The runtime's version.
    ///
    /// # Errors
    /// As the library says.
    pub fn version(&self) -> Result<Version> {
        self.hip().runtime_version().map(Version::from_number)
    }

    /// The number of devices; 0 where the library says that there are none.
    ///
    /// # Errors
    /// As the library says.
    pub fn device_count(&self) -> Result<usize> {
        match self.hip().device_count() {
            Ok(count) => Ok(usize::try_from(count).unwrap_or(0)),
            Err(error) if error.code() == Some(hipError_t::NO_DEVICE) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// The device of that number, counted from 0.
    ///
    /// # Errors
    /// [`Error::NoDevice`] when there are none, [`Error::DeviceNumber`] when there are fewer.
    pub fn device(&self, number: usize) -> Result<Device> {
        let count = self.device_count()?;
        let library = || self.description().to_owned();
        match c_int::try_from(number) {
            Ok(ordinal) if number < count => Device::new(self.clone(), ordinal),
            _ if count == 0 => Err(Error::NoDevice { library: library() }),
            _ => Err(Error::DeviceNumber {
                asked: number,
                count,
                library: library(),
            }),
        }
    }

    /// All devices.
    ///
    /// # Errors
    /// The first error of [`Driver::device`].
    pub fn devices(&self) -> Result<Vec<Device>> {
        (0..self.device_count()?).map(|n| self.device(n)).collect()
    }
}

impl Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Driver").field(&self.description()).finish()
    }
}

impl PartialEq for Driver {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Driver {}

/// A runtime's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// That of ROCm.
    pub major: u32,
    /// That of ROCm.
    pub minor: u32,
    /// Counted by HIP, not by ROCm.
    pub patch: u32,
}

impl Version {
    fn from_number(number: c_int) -> Self {
        let number = u32::try_from(number).unwrap_or(0);
        Self {
            major: number / 10_000_000,
            minor: number / 100_000 % 100,
            patch: number % 100_000,
        }
    }
}

impl Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
