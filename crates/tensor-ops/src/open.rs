//! Opening devices by name.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use redwick_hip::{Compiler, Driver};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::memory::Policy;
use crate::products::Origin;
use crate::spec::{COMPILER_VARIABLE, DeviceSpec, Library};

/// Opens a device, or gives the context that was opened for it before: everything that one process
/// does on one device runs on one stream, and shares memory and kernels.
///
/// # Errors
/// Where there is no such library or device, or no kernels for its target.
pub fn open(spec: &DeviceSpec) -> Result<Context> {
    static OPENED: OnceLock<Mutex<HashMap<DeviceSpec, Context>>> = OnceLock::new();
    let mut opened = lock(OPENED.get_or_init(Mutex::default));
    if let Some(context) = opened.get(spec) {
        return Ok(context.clone());
    }
    let context = open_another(spec)?;
    opened.insert(spec.clone(), context.clone());
    Ok(context)
}

/// Opens a device with a stream, memory and kernels of its own. Its tensors do not mix with those of
/// other contexts.
///
/// # Errors
/// As [`open`].
pub fn open_another(spec: &DeviceSpec) -> Result<Context> {
    let device = driver(spec)?.device(spec.ordinal)?;
    let library = Origin::of(&spec.library);
    Context::named(spec.to_string(), device, policy(&spec.library), library)
}

/// The driver of a device, loaded once for each library.
///
/// # Errors
/// Where there is no such library.
pub fn driver(spec: &DeviceSpec) -> Result<Driver> {
    static LOADED: OnceLock<Mutex<HashMap<Library, Driver>>> = OnceLock::new();
    let mut loaded = lock(LOADED.get_or_init(Mutex::default));
    if let Some(driver) = loaded.get(&spec.library) {
        return Ok(driver.clone());
    }
    let driver = match &spec.library {
        Library::System => Driver::load()?,
        Library::Path(path) => Driver::load_from(path)?,
        Library::Emulated(target) => emulated(spec, target)?,
        Library::Nvidia => nvidia(spec)?,
    };
    loaded.insert(spec.library.clone(), driver.clone());
    Ok(driver)
}

/// The hipRTC library that [`COMPILER_VARIABLE`] names, or else the system's; loaded once.
///
/// # Errors
/// [`redwick_hip::Error::NoCompiler`] where there is none.
pub fn compiler() -> Result<Compiler> {
    static LOADED: OnceLock<Compiler> = OnceLock::new();
    if let Some(compiler) = LOADED.get() {
        return Ok(compiler.clone());
    }
    let named = std::env::var_os(COMPILER_VARIABLE).filter(|path| !path.is_empty());
    let compiler = match named {
        Some(path) => Compiler::load_from(path)?,
        None => Compiler::load()?,
    };
    Ok(LOADED.get_or_init(|| compiler).clone())
}

/// Whether opening device 0 of the library that the environment names would find a GPU.
pub fn is_available() -> bool {
    let count = driver(&DeviceSpec::from_env(0)).and_then(|driver| Ok(driver.device_count()?));
    count.is_ok_and(|count| count > 0)
}

/// A device that checks accesses sees more where blocks are exact.
fn policy(library: &Library) -> Policy {
    match library {
        Library::Emulated(target) if target.ends_with(":checked") => Policy::Exact,
        _ => Policy::Cached,
    }
}

fn nvidia(spec: &DeviceSpec) -> Result<Driver> {
    redwick_hip_on_cuda::driver().map_err(|error| Error::Nvidia {
        spec: spec.to_string(),
        reason: error.to_string(),
    })
}

#[cfg(feature = "emulator")]
fn emulated(spec: &DeviceSpec, target: &str) -> Result<Driver> {
    redwick_hip_emulator::driver(target).map_err(|error| Error::Emulator {
        spec: spec.to_string(),
        reason: error.to_string(),
    })
}

#[cfg(not(feature = "emulator"))]
fn emulated(spec: &DeviceSpec, _: &str) -> Result<Driver> {
    Err(Error::NoEmulator {
        spec: spec.to_string(),
    })
}

/// Maps of finished entries: a panic elsewhere leaves them whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
