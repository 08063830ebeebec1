//! Modules and what they define.

use std::ffi::{c_char, c_void};

use redwick_hip::sys::{hipDeviceptr_t, hipError_t, hipFunction_t, hipModule_t};

use super::{Outcome, image, name, put};
use crate::failure::Failure;
use crate::runtime::Runtime;

/// A loaded code object.
pub(crate) struct Module {
    device: usize,
    module: redwick_gpu::Module,
}

/// A kernel of a module.
pub(crate) struct Function {
    pub(crate) device: usize,
    pub(crate) kernel: redwick_gpu::Kernel,
    /// The handle of its module, with which it ends.
    module: usize,
}

pub(crate) unsafe fn hipModuleLoadData(
    runtime: &Runtime,
    module: *mut hipModule_t,
    image: *const c_void,
) -> Outcome {
    let device = runtime.current();
    // SAFETY: the caller says that this is a code object.
    let bytes = unsafe { image::bytes(image)? };
    let loaded = Module {
        device,
        module: runtime.gpu(device)?.load(bytes)?,
    };
    // SAFETY: the caller's pointer.
    unsafe { put(module, runtime.modules.insert(loaded)) }
}

pub(crate) unsafe fn hipModuleUnload(runtime: &Runtime, module: hipModule_t) -> Outcome {
    runtime.modules.remove(module)?;
    runtime
        .functions
        .retain(|function| function.module != module.addr());
    Ok(())
}

pub(crate) unsafe fn hipModuleGetFunction(
    runtime: &Runtime,
    function: *mut hipFunction_t,
    module: hipModule_t,
    kernel: *const c_char,
) -> Outcome {
    let loaded = runtime.modules.get(module)?;
    // SAFETY: the caller's string.
    let kernel = unsafe { name(kernel)? };
    let found = Function {
        device: loaded.device,
        kernel: loaded
            .module
            .kernel(kernel)
            .ok_or_else(|| not_found("kernel", kernel))?,
        module: module.addr(),
    };
    // SAFETY: the caller's pointer.
    unsafe { put(function, runtime.functions.insert(found)) }
}

pub(crate) unsafe fn hipModuleGetGlobal(
    runtime: &Runtime,
    pointer: *mut hipDeviceptr_t,
    size: *mut usize,
    module: hipModule_t,
    variable: *const c_char,
) -> Outcome {
    let loaded = runtime.modules.get(module)?;
    // SAFETY: the caller's string.
    let variable = unsafe { name(variable)? };
    let (address, bytes) = loaded
        .module
        .symbol(variable)
        .ok_or_else(|| not_found("variable", variable))?;
    // SAFETY: the caller's pointers.
    unsafe {
        put(pointer, std::ptr::without_provenance_mut(address as usize))?;
        put(size, bytes as usize)
    }
}

fn not_found(what: &str, name: &str) -> Failure {
    let text = format!("the module has no {what} named {name}");
    Failure::new(hipError_t::NOT_FOUND, text)
}
