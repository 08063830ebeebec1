//! The CUDA driver's C interface: what is called, loaded at run time.
//!
//! Names and signatures are those of `cuda.h` 12.0 and later; `_v2` is the version of a function
//! that the header's plain name stands for.

#![allow(non_snake_case, reason = "the names of the C interface")]

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::OnceLock;

use libloading::Library;

/// What a CUDA function answers: 0, or why it failed.
pub(crate) type CUresult = c_int;
/// A device's number in the driver.
pub(crate) type CUdevice = c_int;
/// An address in device memory.
pub(crate) type CUdeviceptr = u64;
/// Handles: contexts, streams, events, modules, functions, memory pools.
pub(crate) type Handle = *mut c_void;

/// Names of the library, the one that drivers install first.
const NAMES: &[&str] = &["libcuda.so.1", "libcuda.so"];

/// Why there is no CUDA driver to run on.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The library could not be loaded.
    #[error(
        "no CUDA driver found ({reason}); `nvidia:N` needs an NVIDIA GPU with its driver, 525 or \
         newer. It is a development target: for AMD GPUs write `rocm:N`"
    )]
    NoLibrary {
        /// What the system's loader said of each name.
        reason: String,
    },
    /// The library lacks a function.
    #[error("{library} has no function {function}: CUDA 12 (its driver is 525) or newer is needed")]
    TooOld {
        /// The library.
        library: &'static str,
        /// The function.
        function: &'static str,
    },
    /// There is no cuBLAS, which is rocBLAS here.
    #[error(
        "no cuBLAS found ({reason}); it is not needed: own kernels compute matrix products. To have \
         it, install the CUDA toolkit 12 or 13"
    )]
    NoCublas {
        /// What the system's loader said of each name.
        reason: String,
    },
    /// The library refuses to start.
    #[error("the CUDA driver does not start: code {code}; does `nvidia-smi` show a GPU?")]
    Refused {
        /// CUDA's code.
        code: c_int,
    },
}

macro_rules! functions {
    ($(fn $name:ident($($arg:ident: $ty:ty),* $(,)?);)*) => {
        /// The functions.
        pub(crate) struct Cuda {
            $(pub(crate) $name: unsafe extern "C" fn($($arg: $ty),*) -> CUresult,)*
            /// Keeps the functions loaded.
            _library: Library,
        }

        impl Cuda {
            /// Finds the functions of a library.
            fn resolve(library: Library, name: &'static str) -> Result<Self, Error> {
                let absent = |function| Error::TooOld { library: name, function };
                $(
                    // SAFETY: the signature is that of `cuda.h`; the library is kept beside it.
                    let $name = unsafe { library.get(stringify!($name)) };
                    let $name = *$name.map_err(|_| absent(stringify!($name)))?;
                )*
                Ok(Self { $($name,)* _library: library })
            }
        }
    };
}

functions! {
    fn cuInit(flags: c_uint);
    fn cuGetErrorString(code: CUresult, text: *mut *const c_char);
    fn cuDeviceGetCount(count: *mut c_int);
    fn cuDeviceGetName(name: *mut c_char, length: c_int, device: CUdevice);
    fn cuDeviceGetAttribute(value: *mut c_int, attribute: c_int, device: CUdevice);
    fn cuDeviceTotalMem_v2(bytes: *mut usize, device: CUdevice);
    fn cuDeviceGetDefaultMemPool(pool: *mut Handle, device: CUdevice);
    fn cuMemPoolSetAttribute(pool: Handle, attribute: c_int, value: *mut c_void);
    fn cuDevicePrimaryCtxRetain(context: *mut Handle, device: CUdevice);
    fn cuCtxSetCurrent(context: Handle);
    fn cuCtxSynchronize();
    fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize);
    fn cuMemAlloc_v2(address: *mut CUdeviceptr, bytes: usize);
    fn cuMemFree_v2(address: CUdeviceptr);
    fn cuMemHostAlloc(pointer: *mut *mut c_void, bytes: usize, flags: c_uint);
    fn cuMemFreeHost(pointer: *mut c_void);
    fn cuMemAllocAsync(address: *mut CUdeviceptr, bytes: usize, stream: Handle);
    fn cuMemFreeAsync(address: CUdeviceptr, stream: Handle);
    fn cuMemcpyAsync(to: CUdeviceptr, from: CUdeviceptr, bytes: usize, stream: Handle);
    fn cuMemcpyHtoDAsync_v2(to: CUdeviceptr, from: *const c_void, bytes: usize, stream: Handle);
    fn cuMemcpyDtoHAsync_v2(to: *mut c_void, from: CUdeviceptr, bytes: usize, stream: Handle);
    fn cuMemsetD8Async(address: CUdeviceptr, value: u8, count: usize, stream: Handle);
    fn cuStreamCreate(stream: *mut Handle, flags: c_uint);
    fn cuStreamDestroy_v2(stream: Handle);
    fn cuStreamSynchronize(stream: Handle);
    fn cuStreamQuery(stream: Handle);
    fn cuStreamWaitEvent(stream: Handle, event: Handle, flags: c_uint);
    fn cuStreamBeginCapture_v2(stream: Handle, mode: c_int);
    fn cuStreamEndCapture(stream: Handle, graph: *mut Handle);
    fn cuStreamIsCapturing(stream: Handle, status: *mut c_int);
    fn cuGraphGetNodes(graph: Handle, nodes: *mut Handle, count: *mut usize);
    fn cuGraphDestroy(graph: Handle);
    fn cuGraphInstantiateWithFlags(ready: *mut Handle, graph: Handle, flags: u64);
    fn cuGraphLaunch(ready: Handle, stream: Handle);
    fn cuGraphExecDestroy(ready: Handle);
    fn cuEventCreate(event: *mut Handle, flags: c_uint);
    fn cuEventDestroy_v2(event: Handle);
    fn cuEventRecord(event: Handle, stream: Handle);
    fn cuEventSynchronize(event: Handle);
    fn cuEventQuery(event: Handle);
    fn cuEventElapsedTime(milliseconds: *mut f32, start: Handle, stop: Handle);
    fn cuModuleLoadData(module: *mut Handle, image: *const c_void);
    fn cuModuleUnload(module: Handle);
    fn cuModuleGetFunction(function: *mut Handle, module: Handle, name: *const c_char);
    fn cuModuleGetGlobal_v2(
        address: *mut CUdeviceptr,
        bytes: *mut usize,
        module: Handle,
        name: *const c_char,
    );
    fn cuFuncSetAttribute(function: Handle, attribute: c_int, value: c_int);
    fn cuLaunchKernel(
        function: Handle,
        grid_x: c_uint,
        grid_y: c_uint,
        grid_z: c_uint,
        block_x: c_uint,
        block_y: c_uint,
        block_z: c_uint,
        shared_bytes: c_uint,
        stream: Handle,
        parameters: *mut *mut c_void,
        extra: *mut *mut c_void,
    );
}

/// The CUDA driver, loaded and started once for the process.
pub(crate) fn api() -> Result<&'static Cuda, Error> {
    static LOADED: OnceLock<Result<Cuda, Error>> = OnceLock::new();
    LOADED.get_or_init(load).as_ref().map_err(Clone::clone)
}

fn load() -> Result<Cuda, Error> {
    let mut reasons = Vec::new();
    for name in NAMES {
        // SAFETY: loading runs the initialisers of the CUDA driver.
        match unsafe { Library::new(*name) } {
            Ok(library) => return start(Cuda::resolve(library, name)?),
            Err(reason) => reasons.push(words(&reason)),
        }
    }
    let reason = reasons.join("; ");
    Err(Error::NoLibrary { reason })
}

/// The system's words on a library that does not load, which are in the error's source.
pub(crate) fn words(error: &libloading::Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), ToString::to_string)
}

fn start(cuda: Cuda) -> Result<Cuda, Error> {
    // SAFETY: the function may be called at any time.
    match unsafe { (cuda.cuInit)(0) } {
        // Without a device the count is 0, which HIP's callers are told by the count.
        0 | NO_DEVICE => Ok(cuda),
        code => Err(Error::Refused { code }),
    }
}

const NO_DEVICE: c_int = 100;

/// `CUdevice_attribute`, from `cuda.h`.
pub(crate) mod attribute {
    use std::ffi::c_int;

    pub(crate) const MAX_THREADS_PER_BLOCK: c_int = 1;
    pub(crate) const MAX_BLOCK_DIM_X: c_int = 2;
    pub(crate) const MAX_GRID_DIM_X: c_int = 5;
    pub(crate) const TOTAL_CONSTANT_MEMORY: c_int = 9;
    pub(crate) const WARP_SIZE: c_int = 10;
    pub(crate) const MAX_REGISTERS_PER_BLOCK: c_int = 12;
    pub(crate) const CLOCK_RATE: c_int = 13;
    pub(crate) const MULTIPROCESSOR_COUNT: c_int = 16;
    pub(crate) const INTEGRATED: c_int = 18;
    pub(crate) const CONCURRENT_KERNELS: c_int = 31;
    pub(crate) const PCI_BUS_ID: c_int = 33;
    pub(crate) const PCI_DEVICE_ID: c_int = 34;
    pub(crate) const L2_CACHE_SIZE: c_int = 38;
    pub(crate) const MAX_THREADS_PER_MULTIPROCESSOR: c_int = 39;
    pub(crate) const PCI_DOMAIN_ID: c_int = 50;
    pub(crate) const COMPUTE_CAPABILITY_MAJOR: c_int = 75;
    pub(crate) const COMPUTE_CAPABILITY_MINOR: c_int = 76;
    pub(crate) const MAX_SHARED_MEMORY_PER_MULTIPROCESSOR: c_int = 81;
    pub(crate) const MAX_REGISTERS_PER_MULTIPROCESSOR: c_int = 82;
    pub(crate) const MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: c_int = 97;
}

/// `CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES`.
pub(crate) const FUNCTION_MAX_DYNAMIC_SHARED_BYTES: c_int = 8;
/// `CU_MEMPOOL_ATTR_RELEASE_THRESHOLD`.
pub(crate) const POOL_RELEASE_THRESHOLD: c_int = 4;
