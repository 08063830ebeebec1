//! The calling thread's current device, and its context.
//!
//! HIP's functions work on the current device; CUDA's on the current context. Each device has one
//! context here, its primary one, which other users of CUDA in the process share.

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::OnceLock;

use redwick_hip::sys::hipError_t;

use crate::cuda::{Cuda, Handle, POOL_RELEASE_THRESHOLD};
use crate::failure::{Failure, check};

/// More than any machine has.
const MAX_DEVICES: usize = 64;

/// A context that any thread may make current.
#[derive(Clone, Copy)]
struct Context(Handle);

// SAFETY: CUDA's contexts may be used from any thread; the handle is not dereferenced here.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

static CONTEXTS: [OnceLock<Context>; MAX_DEVICES] = [const { OnceLock::new() }; MAX_DEVICES];

thread_local! {
    static DEVICE: Cell<c_int> = const { Cell::new(0) };
    /// The device whose context this thread has made current here.
    static BOUND: Cell<Option<c_int>> = const { Cell::new(None) };
}

/// The number of the calling thread's device.
pub(crate) fn device() -> c_int {
    DEVICE.get()
}

/// Makes a device the calling thread's.
pub(crate) fn set(cuda: &Cuda, device: c_int) -> Result<(), Failure> {
    known(cuda, device)?;
    DEVICE.set(device);
    bind(cuda)
}

/// Makes the context of the calling thread's device current.
pub(crate) fn bind(cuda: &Cuda) -> Result<(), Failure> {
    let device = device();
    if BOUND.get() == Some(device) {
        return Ok(());
    }
    let context = context(cuda, device)?;
    // SAFETY: a primary context, which is never released.
    check(cuda, unsafe { (cuda.cuCtxSetCurrent)(context.0) })?;
    BOUND.set(Some(device));
    Ok(())
}

/// The number of devices.
pub(crate) fn count(cuda: &Cuda) -> Result<c_int, Failure> {
    let mut count = 0;
    // SAFETY: the pointer takes the result.
    check(cuda, unsafe { (cuda.cuDeviceGetCount)(&raw mut count) })?;
    Ok(count)
}

/// Checks a device's number.
pub(crate) fn known(cuda: &Cuda, device: c_int) -> Result<usize, Failure> {
    let count = count(cuda)?;
    match usize::try_from(device) {
        Ok(index) if device < count && index < MAX_DEVICES => Ok(index),
        _ => {
            let text = format!("device {device}, and there are {count}");
            Err(Failure::new(hipError_t::INVALID_DEVICE, text))
        }
    }
}

fn context(cuda: &Cuda, device: c_int) -> Result<Context, Failure> {
    let slot = &CONTEXTS[known(cuda, device)?];
    if let Some(context) = slot.get() {
        return Ok(*context);
    }
    let mut context = std::ptr::null_mut();
    // SAFETY: the pointer takes the result; the device exists.
    check(cuda, unsafe {
        (cuda.cuDevicePrimaryCtxRetain)(&raw mut context, device)
    })?;
    keep_freed_memory(cuda, device)?;
    Ok(*slot.get_or_init(|| Context(context)))
}

/// Lets the pool behind stream-ordered allocation keep what is freed, as HIP's does; by default
/// CUDA's gives it back at each synchronisation.
fn keep_freed_memory(cuda: &Cuda, device: c_int) -> Result<(), Failure> {
    let mut pool = std::ptr::null_mut();
    // SAFETY: the pointer takes the result; the device exists.
    check(cuda, unsafe {
        (cuda.cuDeviceGetDefaultMemPool)(&raw mut pool, device)
    })?;
    let mut everything = u64::MAX;
    // SAFETY: the attribute's value is a 64-bit number.
    check(cuda, unsafe {
        let value = (&raw mut everything).cast();
        (cuda.cuMemPoolSetAttribute)(pool, POOL_RELEASE_THRESHOLD, value)
    })
}
