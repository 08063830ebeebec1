//! A HIP library in the host's memory, of which one function can be made to fail.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::without_provenance_mut;
use std::sync::atomic::{AtomicUsize, Ordering};

use redwick_hip::sys::{self, Api, hipError_t};
use redwick_hip::{Device, Driver};

thread_local! {
    /// The function that fails on this thread, and what it answers.
    static FAILS: Cell<Option<(&'static str, hipError_t)>> = const { Cell::new(None) };
    /// The arguments of this thread's last launch.
    static LAUNCHED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Makes a function fail on this thread while something runs.
pub(crate) fn failing<T>(function: &'static str, code: hipError_t, run: impl FnOnce() -> T) -> T {
    FAILS.set(Some((function, code)));
    let result = run();
    FAILS.set(None);
    result
}

/// The arguments of this thread's last launch.
pub(crate) fn launched() -> Option<Vec<u8>> {
    LAUNCHED.take()
}

/// Device 0 or 1 of the library.
pub(crate) fn device(number: usize) -> Device {
    thread_local! {
        // SAFETY: the functions below answer as HIP's do.
        static DRIVER: Driver = unsafe { Driver::from_table(api(), "in the host's memory") };
    }
    DRIVER
        .with(|driver| driver.device(number))
        .expect("there are two devices")
}

/// What a function answers where it is made to fail.
trait Answer: Sized {
    fn or_failure(self, function: &'static str) -> Self;
}

impl Answer for hipError_t {
    fn or_failure(self, function: &'static str) -> Self {
        match FAILS.get() {
            Some((failing, code)) if failing == function => code,
            _ => self,
        }
    }
}

impl Answer for *const c_char {
    fn or_failure(self, _: &'static str) -> Self {
        self
    }
}

macro_rules! injected {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty;)*) => {
        /// Each function of `calls`, unless it is made to fail.
        #[allow(non_snake_case, reason = "the names of the C interface")]
        mod wrapped {
            use super::*;
            $(pub(super) unsafe extern "C" fn $name($($arg: $ty),*) -> $ret {
                // SAFETY: the driver's arguments.
                unsafe { calls::$name($($arg),*) }.or_failure(stringify!($name))
            })*
        }

        fn api() -> Api {
            Api { $($name: wrapped::$name,)* }
        }
    };
}

redwick_hip::hip_functions!(injected);

/// A handle or address that was not given before.
fn fresh<T>() -> *mut T {
    static NEXT: AtomicUsize = AtomicUsize::new(0x1000);
    without_provenance_mut(NEXT.fetch_add(0x1000, Ordering::Relaxed))
}

/// What the functions do. All are unsafe for one reason: they are given the driver's pointers.
#[allow(non_snake_case, reason = "the names of the C interface")]
#[allow(clippy::undocumented_unsafe_blocks, reason = "said above")]
#[allow(clippy::too_many_arguments, reason = "as HIP has it")]
mod calls {
    use super::*;

    const DONE: hipError_t = hipError_t::SUCCESS;

    fn put<T>(to: *mut T, value: T) -> hipError_t {
        unsafe { to.write(value) };
        DONE
    }

    pub(super) unsafe fn hipInit(_: c_uint) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipRuntimeGetVersion(version: *mut c_int) -> hipError_t {
        put(version, 60_342_131)
    }

    pub(super) unsafe fn hipGetErrorString(_: hipError_t) -> *const c_char {
        c"as asked for".as_ptr()
    }

    pub(super) unsafe fn redwickLastFault() -> *const c_char {
        std::ptr::null()
    }

    pub(super) unsafe fn hipGetDeviceCount(count: *mut c_int) -> hipError_t {
        put(count, 2)
    }

    pub(super) unsafe fn hipSetDevice(_: c_int) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipGetDevice(device: *mut c_int) -> hipError_t {
        put(device, 1)
    }

    pub(super) unsafe fn hipGetDevicePropertiesR0600(
        to: *mut sys::hipDeviceProp_tR0600,
        _: c_int,
    ) -> hipError_t {
        let mut properties = sys::hipDeviceProp_tR0600::zeroed();
        for (place, byte) in properties.gcnArchName.iter_mut().zip(b"gfx942") {
            *place = *byte as c_char;
        }
        put(to, properties)
    }

    pub(super) unsafe fn hipDeviceSynchronize() -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipMemGetInfo(free: *mut usize, total: *mut usize) -> hipError_t {
        put(free, 1 << 20);
        put(total, 2 << 20)
    }

    pub(super) unsafe fn hipMalloc(pointer: *mut *mut c_void, size: usize) -> hipError_t {
        // Never freed: tests are short.
        put(
            pointer,
            Vec::leak(vec![0u64; size.div_ceil(8)]).as_mut_ptr().cast(),
        )
    }

    pub(super) unsafe fn hipFree(_: *mut c_void) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipHostMalloc(
        pointer: *mut *mut c_void,
        size: usize,
        _: c_uint,
    ) -> hipError_t {
        unsafe { hipMalloc(pointer, size) }
    }

    pub(super) unsafe fn hipHostFree(_: *mut c_void) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipMallocAsync(
        pointer: *mut *mut c_void,
        size: usize,
        _: sys::hipStream_t,
    ) -> hipError_t {
        unsafe { hipMalloc(pointer, size) }
    }

    pub(super) unsafe fn hipFreeAsync(_: *mut c_void, _: sys::hipStream_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipMemcpyAsync(
        to: *mut c_void,
        from: *const c_void,
        size: usize,
        _: sys::hipMemcpyKind,
        _: sys::hipStream_t,
    ) -> hipError_t {
        unsafe { to.cast::<u8>().copy_from(from.cast(), size) };
        DONE
    }

    pub(super) unsafe fn hipMemsetAsync(
        to: *mut c_void,
        value: c_int,
        size: usize,
        _: sys::hipStream_t,
    ) -> hipError_t {
        unsafe { to.cast::<u8>().write_bytes(value as u8, size) };
        DONE
    }

    pub(super) unsafe fn hipStreamCreateWithFlags(
        stream: *mut sys::hipStream_t,
        _: c_uint,
    ) -> hipError_t {
        put(stream, fresh())
    }

    pub(super) unsafe fn hipStreamDestroy(_: sys::hipStream_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipStreamSynchronize(_: sys::hipStream_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipStreamQuery(_: sys::hipStream_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipStreamWaitEvent(
        _: sys::hipStream_t,
        _: sys::hipEvent_t,
        _: c_uint,
    ) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipEventCreateWithFlags(
        event: *mut sys::hipEvent_t,
        _: c_uint,
    ) -> hipError_t {
        put(event, fresh())
    }

    pub(super) unsafe fn hipEventDestroy(_: sys::hipEvent_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipEventRecord(_: sys::hipEvent_t, _: sys::hipStream_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipEventSynchronize(_: sys::hipEvent_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipEventQuery(_: sys::hipEvent_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipEventElapsedTime(
        milliseconds: *mut f32,
        _: sys::hipEvent_t,
        _: sys::hipEvent_t,
    ) -> hipError_t {
        put(milliseconds, 2.5)
    }

    pub(super) unsafe fn hipModuleLoadData(
        module: *mut sys::hipModule_t,
        _: *const c_void,
    ) -> hipError_t {
        put(module, fresh())
    }

    pub(super) unsafe fn hipModuleUnload(_: sys::hipModule_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipModuleGetFunction(
        function: *mut sys::hipFunction_t,
        _: sys::hipModule_t,
        name: *const c_char,
    ) -> hipError_t {
        put(function, fresh());
        known(name)
    }

    pub(super) unsafe fn hipModuleGetGlobal(
        pointer: *mut sys::hipDeviceptr_t,
        size: *mut usize,
        _: sys::hipModule_t,
        name: *const c_char,
    ) -> hipError_t {
        put(pointer, without_provenance_mut(0x40));
        put(size, 16);
        known(name)
    }

    /// There is one kernel, and one variable, both of this name.
    fn known(name: *const c_char) -> hipError_t {
        match unsafe { CStr::from_ptr(name) } == c"known" {
            true => DONE,
            false => hipError_t::NOT_FOUND,
        }
    }

    pub(super) unsafe fn hipModuleLaunchKernel(
        _: sys::hipFunction_t,
        _: c_uint,
        _: c_uint,
        _: c_uint,
        _: c_uint,
        _: c_uint,
        _: c_uint,
        _: c_uint,
        _: sys::hipStream_t,
        _: *mut *mut c_void,
        extra: *mut *mut c_void,
    ) -> hipError_t {
        let list = unsafe { std::slice::from_raw_parts(extra, 5) };
        let arguments = unsafe {
            let size = list[3].cast::<usize>().read();
            std::slice::from_raw_parts(list[1].cast::<u8>(), size)
        };
        LAUNCHED.set(Some(arguments.to_vec()));
        DONE
    }

    pub(super) unsafe fn hipStreamBeginCapture(
        _: sys::hipStream_t,
        _: sys::hipStreamCaptureMode,
    ) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipStreamEndCapture(
        _: sys::hipStream_t,
        graph: *mut sys::hipGraph_t,
    ) -> hipError_t {
        put(graph, fresh())
    }

    pub(super) unsafe fn hipStreamIsCapturing(
        _: sys::hipStream_t,
        status: *mut sys::hipStreamCaptureStatus,
    ) -> hipError_t {
        put(status, sys::hipStreamCaptureStatusActive)
    }

    pub(super) unsafe fn hipGraphGetNodes(
        _: sys::hipGraph_t,
        _: *mut sys::hipGraphNode_t,
        count: *mut usize,
    ) -> hipError_t {
        put(count, 3)
    }

    pub(super) unsafe fn hipGraphDestroy(_: sys::hipGraph_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipGraphInstantiate(
        ready: *mut sys::hipGraphExec_t,
        _: sys::hipGraph_t,
        _: *mut sys::hipGraphNode_t,
        _: *mut c_char,
        _: usize,
    ) -> hipError_t {
        put(ready, fresh())
    }

    pub(super) unsafe fn hipGraphLaunch(_: sys::hipGraphExec_t, _: sys::hipStream_t) -> hipError_t {
        DONE
    }

    pub(super) unsafe fn hipGraphExecDestroy(_: sys::hipGraphExec_t) -> hipError_t {
        DONE
    }
}
