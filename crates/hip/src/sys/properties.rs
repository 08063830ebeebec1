//! `hipDeviceProp_t` as `hipGetDevicePropertiesR0600` fills it in.
//!
//! The older function of the same purpose fills in a shorter struct with another order, and
//! libraries since ROCm 6 export both: only the versioned name is safe to call.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::mem::offset_of;

/// Properties of a device. Fields that nothing reads are kept as padding of their size.
#[repr(C)]
#[derive(Clone, Debug)]
#[allow(non_snake_case, reason = "the names of the C interface")]
#[expect(missing_docs, reason = "HIP's own names")]
pub struct hipDeviceProp_tR0600 {
    pub name: [c_char; 256],
    pub uuid: [u8; 16],
    pub luid: [u8; 8],
    pub luidDeviceNodeMask: c_uint,
    pub totalGlobalMem: usize,
    pub sharedMemPerBlock: usize,
    pub regsPerBlock: c_int,
    pub warpSize: c_int,
    pub memPitch: usize,
    pub maxThreadsPerBlock: c_int,
    pub maxThreadsDim: [c_int; 3],
    pub maxGridSize: [c_int; 3],
    pub clockRate: c_int,
    pub totalConstMem: usize,
    pub major: c_int,
    pub minor: c_int,
    pub textureAlignment: usize,
    pub texturePitchAlignment: usize,
    pub deviceOverlap: c_int,
    pub multiProcessorCount: c_int,
    pub kernelExecTimeoutEnabled: c_int,
    pub integrated: c_int,
    pub canMapHostMemory: c_int,
    pub computeMode: c_int,
    /// Limits of textures and surfaces.
    pub textureLimits: [c_int; 40],
    pub surfaceAlignment: usize,
    pub concurrentKernels: c_int,
    pub ECCEnabled: c_int,
    pub pciBusID: c_int,
    pub pciDeviceID: c_int,
    pub pciDomainID: c_int,
    pub tccDriver: c_int,
    pub asyncEngineCount: c_int,
    pub unifiedAddressing: c_int,
    pub memoryClockRate: c_int,
    pub memoryBusWidth: c_int,
    pub l2CacheSize: c_int,
    pub persistingL2CacheMaxSize: c_int,
    pub maxThreadsPerMultiProcessor: c_int,
    pub streamPrioritiesSupported: c_int,
    pub globalL1CacheSupported: c_int,
    pub localL1CacheSupported: c_int,
    pub sharedMemPerMultiprocessor: usize,
    pub regsPerMultiprocessor: c_int,
    pub managedMemory: c_int,
    /// From `isMultiGpuBoard` to `unifiedFunctionPointers`, and what is reserved behind it.
    pub otherFeatures: [c_int; 126],
    pub gcnArchName: [c_char; 256],
    pub maxSharedMemoryPerMultiProcessor: usize,
    pub clockInstructionRate: c_int,
    pub arch: c_uint,
    pub hdpMemFlushCntl: *mut c_void,
    pub hdpRegFlushCntl: *mut c_void,
    pub cooperativeMultiDeviceUnmatched: [c_int; 4],
    pub isLargeBar: c_int,
    pub asicRevision: c_int,
}

const _: () = {
    type Properties = hipDeviceProp_tR0600;
    assert!(size_of::<Properties>() == 1472);
    assert!(offset_of!(Properties, totalGlobalMem) == 288);
    assert!(offset_of!(Properties, warpSize) == 308);
    assert!(offset_of!(Properties, multiProcessorCount) == 388);
    assert!(offset_of!(Properties, surfaceAlignment) == 568);
    assert!(offset_of!(Properties, l2CacheSize) == 616);
    assert!(offset_of!(Properties, gcnArchName) == 1160);
};

impl hipDeviceProp_tR0600 {
    /// All zero.
    #[must_use]
    pub fn zeroed() -> Self {
        // SAFETY: every field is an integer, an array of integers or a pointer; zero is a value of
        // each.
        unsafe { std::mem::zeroed() }
    }
}
