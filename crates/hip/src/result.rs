//! HIP's functions with a `Result` for the code, one method each.
//!
//! Nothing is owned and no device is made current here: that is for [`crate::safe`]. Methods that
//! take handles or addresses are unsafe, since nothing keeps those valid.

use std::ffi::{CStr, c_int, c_uint, c_void};

use crate::error::{CallError, Error, Result};
use crate::sys::{self, Api, hipError_t};

/// A table of HIP functions, and what to call it in errors.
#[derive(Debug)]
pub struct Hip {
    api: Api,
    description: String,
}

impl Hip {
    /// Wraps a table.
    ///
    /// # Safety
    /// The functions of the table do what HIP's documentation says.
    #[must_use]
    pub unsafe fn new(api: Api, description: String) -> Self {
        Self { api, description }
    }

    /// The functions.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Where the functions come from.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Turns a code into a result.
    fn check(&self, function: &'static str, code: hipError_t) -> Result<()> {
        match code {
            hipError_t::SUCCESS => Ok(()),
            hipError_t::ABSENT => Err(Error::Unsupported {
                function,
                library: self.description.clone(),
            }),
            _ => Err(self.failure(function, code)),
        }
    }

    #[cold]
    fn failure(&self, function: &'static str, code: hipError_t) -> Error {
        // SAFETY: both answer null or a string that is valid until this thread's next call.
        let (fault, message) = unsafe {
            (
                text((self.api.redwickLastFault)()),
                text((self.api.hipGetErrorString)(code)),
            )
        };
        Error::Call(CallError {
            function,
            code,
            message: message.unwrap_or_default(),
            fault,
            library: self.description.clone(),
        })
    }
}

/// Copies a C string; null is none.
///
/// # Safety
/// Null, or a valid C string.
unsafe fn text(string: *const std::ffi::c_char) -> Option<String> {
    if string.is_null() {
        return None;
    }
    // SAFETY: the caller promises that it is valid.
    let string = unsafe { CStr::from_ptr(string) };
    Some(string.to_string_lossy().into_owned())
}

/// Calls a function of the table and checks its code.
macro_rules! call {
    ($hip:ident.$function:ident($($arg:expr),* $(,)?)) => {
        $hip.check(stringify!($function), ($hip.api.$function)($($arg),*))
    };
}

/// The runtime and its devices.
impl Hip {
    /// The runtime's version: major × 10 000 000 + minor × 100 000 + patch.
    pub fn runtime_version(&self) -> Result<c_int> {
        let mut version = 0;
        // SAFETY: writes one int.
        unsafe { call!(self.hipRuntimeGetVersion(&mut version)) }?;
        Ok(version)
    }

    /// The number of devices. A library without devices fails with
    /// [`NO_DEVICE`](hipError_t::NO_DEVICE).
    pub fn device_count(&self) -> Result<c_int> {
        let mut count = 0;
        // SAFETY: writes one int.
        unsafe { call!(self.hipGetDeviceCount(&mut count)) }?;
        Ok(count)
    }

    /// Makes a device the calling thread's current one.
    pub fn set_device(&self, device: c_int) -> Result<()> {
        // SAFETY: the function checks the number.
        unsafe { call!(self.hipSetDevice(device)) }
    }

    /// The calling thread's current device.
    pub fn get_device(&self) -> Result<c_int> {
        let mut device = 0;
        // SAFETY: writes one int.
        unsafe { call!(self.hipGetDevice(&mut device)) }?;
        Ok(device)
    }

    /// Properties of a device.
    pub fn properties(&self, device: c_int) -> Result<Box<sys::hipDeviceProp_tR0600>> {
        let mut properties = Box::new(sys::hipDeviceProp_tR0600::zeroed());
        // SAFETY: writes one struct of this layout, which the function's name is versioned by.
        unsafe { call!(self.hipGetDevicePropertiesR0600(&mut *properties, device)) }?;
        Ok(properties)
    }

    /// Waits for all work on the current device.
    pub fn synchronize_device(&self) -> Result<()> {
        // SAFETY: takes nothing.
        unsafe { call!(self.hipDeviceSynchronize()) }
    }
}

/// Memory.
impl Hip {
    /// Bytes that are free, and that there are, on the current device.
    pub fn memory_info(&self) -> Result<(usize, usize)> {
        let (mut free, mut total) = (0, 0);
        // SAFETY: writes two sizes.
        unsafe { call!(self.hipMemGetInfo(&mut free, &mut total)) }?;
        Ok((free, total))
    }

    /// Allocates on the current device.
    pub fn malloc(&self, size: usize) -> Result<*mut c_void> {
        let mut pointer = std::ptr::null_mut();
        // SAFETY: writes one pointer.
        unsafe { call!(self.hipMalloc(&mut pointer, size)) }?;
        Ok(pointer)
    }

    /// Frees after all work on the device.
    ///
    /// # Safety
    /// `pointer` comes from this table's allocation, and is not used afterwards.
    pub unsafe fn free(&self, pointer: *mut c_void) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipFree(pointer)) }
    }

    /// Allocates in the order of a stream.
    ///
    /// # Safety
    /// `stream` is a stream of the current device.
    pub unsafe fn malloc_async(
        &self,
        size: usize,
        stream: sys::hipStream_t,
    ) -> Result<*mut c_void> {
        let mut pointer = std::ptr::null_mut();
        // SAFETY: writes one pointer; the caller promises that the stream is valid.
        unsafe { call!(self.hipMallocAsync(&mut pointer, size, stream)) }?;
        Ok(pointer)
    }

    /// Frees in the order of a stream.
    ///
    /// # Safety
    /// `pointer` comes from [`Hip::malloc_async`] and is not used by work put into the stream, or
    /// into others that do not wait for it, afterwards; `stream` is valid.
    pub unsafe fn free_async(&self, pointer: *mut c_void, stream: sys::hipStream_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipFreeAsync(pointer, stream)) }
    }

    /// Copies in the order of a stream.
    ///
    /// # Safety
    /// Both ranges are valid for `size` bytes on the side that `kind` says until the copy is done,
    /// and do not overlap; `stream` is valid.
    pub unsafe fn memcpy_async(
        &self,
        destination: *mut c_void,
        source: *const c_void,
        size: usize,
        kind: sys::hipMemcpyKind,
        stream: sys::hipStream_t,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipMemcpyAsync(destination, source, size, kind, stream)) }
    }

    /// Sets bytes in the order of a stream.
    ///
    /// # Safety
    /// The range is valid for `size` bytes of device memory; `stream` is valid.
    pub unsafe fn memset_async(
        &self,
        destination: *mut c_void,
        value: u8,
        size: usize,
        stream: sys::hipStream_t,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipMemsetAsync(destination, value.into(), size, stream)) }
    }
}

/// Streams and events.
impl Hip {
    /// Makes a stream on the current device.
    pub fn create_stream(&self, flags: c_uint) -> Result<sys::hipStream_t> {
        let mut stream = std::ptr::null_mut();
        // SAFETY: writes one handle.
        unsafe { call!(self.hipStreamCreateWithFlags(&mut stream, flags)) }?;
        Ok(stream)
    }

    /// Ends a stream once its work is done.
    ///
    /// # Safety
    /// `stream` is valid, and not used afterwards.
    pub unsafe fn destroy_stream(&self, stream: sys::hipStream_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipStreamDestroy(stream)) }
    }

    /// Waits for a stream's work.
    ///
    /// # Safety
    /// `stream` is valid.
    pub unsafe fn synchronize_stream(&self, stream: sys::hipStream_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipStreamSynchronize(stream)) }
    }

    /// Whether a stream's work is done.
    ///
    /// # Safety
    /// `stream` is valid.
    pub unsafe fn query_stream(&self, stream: sys::hipStream_t) -> Result<bool> {
        // SAFETY: the caller promises so.
        ready(unsafe { call!(self.hipStreamQuery(stream)) })
    }

    /// Makes a stream wait for an event.
    ///
    /// # Safety
    /// Both are valid.
    pub unsafe fn wait_event(
        &self,
        stream: sys::hipStream_t,
        event: sys::hipEvent_t,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipStreamWaitEvent(stream, event, 0)) }
    }

    /// Makes an event on the current device.
    pub fn create_event(&self, flags: c_uint) -> Result<sys::hipEvent_t> {
        let mut event = std::ptr::null_mut();
        // SAFETY: writes one handle.
        unsafe { call!(self.hipEventCreateWithFlags(&mut event, flags)) }?;
        Ok(event)
    }

    /// Ends an event.
    ///
    /// # Safety
    /// `event` is valid, and not used afterwards.
    pub unsafe fn destroy_event(&self, event: sys::hipEvent_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipEventDestroy(event)) }
    }

    /// Puts an event behind the work that a stream holds.
    ///
    /// # Safety
    /// Both are valid, on one device.
    pub unsafe fn record_event(
        &self,
        event: sys::hipEvent_t,
        stream: sys::hipStream_t,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipEventRecord(event, stream)) }
    }

    /// Waits for an event.
    ///
    /// # Safety
    /// `event` is valid.
    pub unsafe fn synchronize_event(&self, event: sys::hipEvent_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipEventSynchronize(event)) }
    }

    /// Whether an event was reached.
    ///
    /// # Safety
    /// `event` is valid.
    pub unsafe fn query_event(&self, event: sys::hipEvent_t) -> Result<bool> {
        // SAFETY: the caller promises so.
        ready(unsafe { call!(self.hipEventQuery(event)) })
    }

    /// Milliseconds between two events.
    ///
    /// # Safety
    /// Both are valid.
    pub unsafe fn elapsed(&self, start: sys::hipEvent_t, stop: sys::hipEvent_t) -> Result<f32> {
        let mut milliseconds = 0.0;
        // SAFETY: writes one float; the caller promises that the events are valid.
        unsafe { call!(self.hipEventElapsedTime(&mut milliseconds, start, stop)) }?;
        Ok(milliseconds)
    }
}

/// Reads "not ready" as an answer.
fn ready(result: Result<()>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Some(hipError_t::NOT_READY) => Ok(false),
        Err(error) => Err(error),
    }
}

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
