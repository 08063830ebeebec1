//! Launches.

use std::ffi::{c_int, c_uint, c_void};

use redwick_hip::sys::{HIP_LAUNCH_PARAM_END, hipFunction_t, hipStream_t};

use super::Outcome;
use crate::cuda::{Cuda, FUNCTION_MAX_DYNAMIC_SHARED_BYTES};
use crate::current;
use crate::failure::{Failure, check};

/// Entries of a launch's `extra` list: two keys with their values, and the end.
const EXTRA: usize = 5;

/// More shared memory than this a kernel must be given leave for.
const PLAIN_SHARED_BYTES: c_uint = 48 << 10;

#[expect(clippy::too_many_arguments, reason = "as HIP has it")]
pub(crate) unsafe fn hipModuleLaunchKernel(
    cuda: &Cuda,
    function: hipFunction_t,
    grid_x: c_uint,
    grid_y: c_uint,
    grid_z: c_uint,
    block_x: c_uint,
    block_y: c_uint,
    block_z: c_uint,
    dynamic_lds: c_uint,
    stream: hipStream_t,
    parameters: *mut *mut c_void,
    extra: *mut *mut c_void,
) -> Outcome {
    current::bind(cuda)?;
    allow_shared_memory(cuda, function, dynamic_lds)?;
    // SAFETY: the caller's list.
    let mut list = unsafe { with_cuda_end(extra)? };
    let extra = if extra.is_null() {
        extra
    } else {
        list.as_mut_ptr()
    };
    // SAFETY: the caller's kernel, stream and arguments.
    check(cuda, unsafe {
        (cuda.cuLaunchKernel)(
            function.cast(),
            grid_x,
            grid_y,
            grid_z,
            block_x,
            block_y,
            block_z,
            dynamic_lds,
            stream.cast(),
            parameters,
            extra,
        )
    })
}

/// The `extra` list as CUDA ends it: the keys are HIP's, but for the end mark, which is null.
unsafe fn with_cuda_end(extra: *mut *mut c_void) -> Result<[*mut c_void; EXTRA], Failure> {
    let mut list = [std::ptr::null_mut(); EXTRA];
    if extra.is_null() {
        return Ok(list);
    }
    for (index, place) in list.iter_mut().enumerate() {
        // SAFETY: inside the list, whose end was not reached.
        let entry = unsafe { extra.add(index).read() };
        // Keys stand at even places.
        if index % 2 == 0 && entry == HIP_LAUNCH_PARAM_END {
            return Ok(list);
        }
        *place = entry;
    }
    Err(Failure::invalid("a launch list without an end"))
}

fn allow_shared_memory(cuda: &Cuda, function: hipFunction_t, bytes: c_uint) -> Outcome {
    if bytes <= PLAIN_SHARED_BYTES {
        return Ok(());
    }
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    // SAFETY: the caller's kernel.
    check(cuda, unsafe {
        (cuda.cuFuncSetAttribute)(function.cast(), FUNCTION_MAX_DYNAMIC_SHARED_BYTES, bytes)
    })
}
