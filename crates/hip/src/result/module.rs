//! Modules and launches.

use std::ffi::{CStr, c_void};

use super::{Hip, call};
use crate::error::Result;
use crate::sys;

/// The shape of a launch: blocks, threads of a block, bytes of dynamic LDS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaunchShape {
    /// Blocks in x, y and z.
    pub grid: [u32; 3],
    /// Threads of a block in x, y and z.
    pub block: [u32; 3],
    /// Bytes of LDS a block has beside what the kernel declares.
    pub dynamic_lds: u32,
}

/// Modules and launches.
impl Hip {
    /// Loads a code object on the current device.
    ///
    /// # Safety
    /// `image` is a complete code object: the function takes its length from its header.
    pub unsafe fn load_module(&self, image: &[u8]) -> Result<sys::hipModule_t> {
        let mut module = std::ptr::null_mut();
        // SAFETY: writes one handle; the caller promises that the image is complete.
        unsafe { call!(self.hipModuleLoadData(&mut module, image.as_ptr().cast())) }?;
        Ok(module)
    }

    /// Unloads a code object.
    ///
    /// # Safety
    /// `module` is valid, no work uses it, and it is not used afterwards.
    pub unsafe fn unload_module(&self, module: sys::hipModule_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipModuleUnload(module)) }
    }

    /// A kernel of a module.
    ///
    /// # Safety
    /// `module` is valid.
    pub unsafe fn module_function(
        &self,
        module: sys::hipModule_t,
        name: &CStr,
    ) -> Result<sys::hipFunction_t> {
        let mut function = std::ptr::null_mut();
        // SAFETY: writes one handle; the caller promises that the module is valid.
        unsafe { call!(self.hipModuleGetFunction(&mut function, module, name.as_ptr())) }?;
        Ok(function)
    }

    /// Address and size of a variable of a module.
    ///
    /// # Safety
    /// `module` is valid.
    pub unsafe fn module_global(
        &self,
        module: sys::hipModule_t,
        name: &CStr,
    ) -> Result<(sys::hipDeviceptr_t, usize)> {
        let (mut pointer, mut size) = (std::ptr::null_mut(), 0);
        // SAFETY: writes a pointer and a size; the caller promises that the module is valid.
        unsafe { call!(self.hipModuleGetGlobal(&mut pointer, &mut size, module, name.as_ptr())) }?;
        Ok((pointer, size))
    }

    /// Starts a kernel with packed arguments.
    ///
    /// # Safety
    /// `arguments` points to `size` bytes laid out as the kernel's arguments; the kernel's accesses
    /// stay inside memory that is valid until it is done; `function` and `stream` are valid.
    pub unsafe fn launch(
        &self,
        function: sys::hipFunction_t,
        shape: LaunchShape,
        stream: sys::hipStream_t,
        arguments: *const c_void,
        mut size: usize,
    ) -> Result<()> {
        let mut extra = [
            sys::HIP_LAUNCH_PARAM_BUFFER_POINTER,
            arguments.cast_mut(),
            sys::HIP_LAUNCH_PARAM_BUFFER_SIZE,
            (&raw mut size).cast(),
            sys::HIP_LAUNCH_PARAM_END,
        ];
        let ([gx, gy, gz], [bx, by, bz]) = (shape.grid, shape.block);
        // SAFETY: `extra` is a list as the function wants it; the caller promises the rest.
        unsafe {
            call!(self.hipModuleLaunchKernel(
                function,
                gx,
                gy,
                gz,
                bx,
                by,
                bz,
                shape.dynamic_lds,
                stream,
                std::ptr::null_mut(),
                extra.as_mut_ptr(),
            ))
        }
    }
}
