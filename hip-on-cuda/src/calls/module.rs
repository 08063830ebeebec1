//! Modules (cubins) and what they define.

use std::ffi::{c_char, c_void};

use redwick_hip::sys::{hipDeviceptr_t, hipFunction_t, hipModule_t};

use super::{Outcome, put};
use crate::cuda::Cuda;
use crate::current;
use crate::failure::check;

pub(crate) unsafe fn hipModuleLoadData(
    cuda: &Cuda,
    module: *mut hipModule_t,
    image: *const c_void,
) -> Outcome {
    current::bind(cuda)?;
    let mut loaded = std::ptr::null_mut();
    // SAFETY: the pointer takes the result; the caller's image, whose header has its length.
    check(cuda, unsafe {
        (cuda.cuModuleLoadData)(&raw mut loaded, image)
    })?;
    // SAFETY: the caller's pointer.
    unsafe { put(module, loaded.cast()) }
}

pub(crate) unsafe fn hipModuleUnload(cuda: &Cuda, module: hipModule_t) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's module.
    check(cuda, unsafe { (cuda.cuModuleUnload)(module.cast()) })
}

pub(crate) unsafe fn hipModuleGetFunction(
    cuda: &Cuda,
    function: *mut hipFunction_t,
    module: hipModule_t,
    name: *const c_char,
) -> Outcome {
    current::bind(cuda)?;
    let mut found = std::ptr::null_mut();
    // SAFETY: the pointer takes the result; the caller's module and name.
    check(cuda, unsafe {
        (cuda.cuModuleGetFunction)(&raw mut found, module.cast(), name)
    })?;
    // SAFETY: the caller's pointer.
    unsafe { put(function, found.cast()) }
}

pub(crate) unsafe fn hipModuleGetGlobal(
    cuda: &Cuda,
    pointer: *mut hipDeviceptr_t,
    size: *mut usize,
    module: hipModule_t,
    name: *const c_char,
) -> Outcome {
    current::bind(cuda)?;
    let (mut address, mut bytes) = (0, 0);
    // SAFETY: the pointers take the results; the caller's module and name.
    check(cuda, unsafe {
        (cuda.cuModuleGetGlobal_v2)(&raw mut address, &raw mut bytes, module.cast(), name)
    })?;
    // SAFETY: the caller's pointers.
    unsafe {
        put(pointer, std::ptr::without_provenance_mut(address as usize))?;
        put(size, bytes)
    }
}
