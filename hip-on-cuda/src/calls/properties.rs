//! What a device says about itself, in HIP's terms.

use std::ffi::{c_char, c_int};

use redwick_hip::sys::hipDeviceProp_tR0600;

use crate::cuda::{Cuda, attribute as a};
use crate::failure::{Failure, check};

/// Properties of a device. Shared memory counts as LDS, multiprocessors as compute units, warps as
/// wavefronts.
pub(super) fn of(cuda: &Cuda, device: c_int) -> Result<hipDeviceProp_tR0600, Failure> {
    let get = |attribute| value(cuda, attribute, device);
    let bytes = |attribute| get(attribute).map(|value| usize::try_from(value).unwrap_or(0));
    let mut p = hipDeviceProp_tR0600::zeroed();
    name(cuda, device, &mut p.name)?;
    p.major = get(a::COMPUTE_CAPABILITY_MAJOR)?;
    p.minor = get(a::COMPUTE_CAPABILITY_MINOR)?;
    fill(&mut p.gcnArchName, &format!("sm_{}{}", p.major, p.minor));
    p.totalGlobalMem = memory(cuda, device)?;
    p.sharedMemPerBlock = bytes(a::MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?;
    p.sharedMemPerMultiprocessor = bytes(a::MAX_SHARED_MEMORY_PER_MULTIPROCESSOR)?;
    p.maxSharedMemoryPerMultiProcessor = p.sharedMemPerMultiprocessor;
    p.regsPerBlock = get(a::MAX_REGISTERS_PER_BLOCK)?;
    p.regsPerMultiprocessor = get(a::MAX_REGISTERS_PER_MULTIPROCESSOR)?;
    p.warpSize = get(a::WARP_SIZE)?;
    p.maxThreadsPerBlock = get(a::MAX_THREADS_PER_BLOCK)?;
    for axis in 0..3 {
        p.maxThreadsDim[axis as usize] = get(a::MAX_BLOCK_DIM_X + axis)?;
        p.maxGridSize[axis as usize] = get(a::MAX_GRID_DIM_X + axis)?;
    }
    p.maxThreadsPerMultiProcessor = get(a::MAX_THREADS_PER_MULTIPROCESSOR)?;
    p.totalConstMem = bytes(a::TOTAL_CONSTANT_MEMORY)?;
    p.multiProcessorCount = get(a::MULTIPROCESSOR_COUNT)?;
    p.clockRate = get(a::CLOCK_RATE)?;
    p.l2CacheSize = get(a::L2_CACHE_SIZE)?;
    p.integrated = get(a::INTEGRATED)?;
    p.concurrentKernels = get(a::CONCURRENT_KERNELS)?;
    p.pciBusID = get(a::PCI_BUS_ID)?;
    p.pciDeviceID = get(a::PCI_DEVICE_ID)?;
    p.pciDomainID = get(a::PCI_DOMAIN_ID)?;
    Ok(p)
}

fn value(cuda: &Cuda, attribute: c_int, device: c_int) -> Result<c_int, Failure> {
    let mut value = 0;
    // SAFETY: the pointer takes the result.
    check(cuda, unsafe {
        (cuda.cuDeviceGetAttribute)(&raw mut value, attribute, device)
    })?;
    Ok(value)
}

fn name(cuda: &Cuda, device: c_int, name: &mut [c_char]) -> Result<(), Failure> {
    let length = c_int::try_from(name.len()).unwrap_or(c_int::MAX);
    // SAFETY: the place is as long as said.
    check(cuda, unsafe {
        (cuda.cuDeviceGetName)(name.as_mut_ptr(), length, device)
    })
}

fn memory(cuda: &Cuda, device: c_int) -> Result<usize, Failure> {
    let mut bytes = 0;
    // SAFETY: the pointer takes the result.
    check(cuda, unsafe {
        (cuda.cuDeviceTotalMem_v2)(&raw mut bytes, device)
    })?;
    Ok(bytes)
}

/// Writes a text into a field that holds zeros, leaving one at the end.
fn fill(field: &mut [c_char], text: &str) {
    let room = field.len() - 1;
    for (place, byte) in field[..room].iter_mut().zip(text.bytes()) {
        *place = byte.cast_signed();
    }
}
