//! Memory of the host that a device's copies use directly. Here all of the host's memory is such; what
//! is kept is what was handed out, so that only that is freed.

use std::collections::HashMap;
use std::ffi::{c_uint, c_void};
use std::mem::MaybeUninit;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redwick_hip::sys::{hipError_t, hipHostMallocDefault};

use super::{Outcome, put};
use crate::failure::Failure;
use crate::runtime::Runtime;

/// Such memory starts at a page.
#[repr(align(4096))]
#[expect(
    dead_code,
    reason = "memory is reserved in its size, and given out as it is"
)]
struct Page([u8; PAGE]);

const PAGE: usize = 4096;

/// What was handed out, by its address.
#[derive(Default)]
pub(crate) struct HostMemory(Mutex<HashMap<usize, Vec<MaybeUninit<Page>>>>);

impl HostMemory {
    fn allocate(&self, size: usize) -> Result<*mut c_void, Failure> {
        let mut pages: Vec<MaybeUninit<Page>> = Vec::new();
        let reserved = pages.try_reserve_exact(size.div_ceil(PAGE));
        let full = |_| {
            Failure::new(
                hipError_t::OUT_OF_MEMORY,
                format!("{size} bytes of the host"),
            )
        };
        reserved.map_err(full)?;
        let start: *mut c_void = pages.as_mut_ptr().cast();
        self.pages().insert(start.addr(), pages);
        Ok(start)
    }

    fn free(&self, pointer: *mut c_void) -> Outcome {
        let foreign = || Failure::invalid(format!("{pointer:?} is no memory of hipHostMalloc"));
        let pages = self.pages().remove(&pointer.addr());
        pages.map(drop).ok_or_else(foreign)
    }

    fn pages(&self) -> MutexGuard<'_, HashMap<usize, Vec<MaybeUninit<Page>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) unsafe fn hipHostMalloc(
    runtime: &Runtime,
    pointer: *mut *mut c_void,
    size: usize,
    flags: c_uint,
) -> Outcome {
    if flags != hipHostMallocDefault {
        return Err(Failure::invalid(format!(
            "host memory with flags {flags:#x}"
        )));
    }
    let start = match size {
        0 => std::ptr::null_mut(),
        _ => runtime.host.allocate(size)?,
    };
    // SAFETY: the caller's pointer.
    unsafe { put(pointer, start) }
}

pub(crate) unsafe fn hipHostFree(runtime: &Runtime, pointer: *mut c_void) -> Outcome {
    if pointer.is_null() {
        return Ok(());
    }
    runtime.host.free(pointer)
}
