//! Launches.

use std::ffi::{c_uint, c_void};

use redwick_hip::sys::{
    HIP_LAUNCH_PARAM_BUFFER_POINTER, HIP_LAUNCH_PARAM_BUFFER_SIZE, HIP_LAUNCH_PARAM_END,
    hipFunction_t, hipStream_t,
};

use super::{Function, Outcome};
use crate::capture::Work;
use crate::failure::Failure;
use crate::runtime::Runtime;

#[expect(clippy::too_many_arguments, reason = "as HIP has it")]
pub(crate) unsafe fn hipModuleLaunchKernel(
    runtime: &Runtime,
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
    let function = runtime.functions.get(function)?;
    let device = runtime.device_of(stream)?;
    if device != function.device {
        let text = format!(
            "kernel {} is loaded on device {}, and launched in a stream of device {device}",
            function.kernel.name(),
            function.device
        );
        return Err(Failure::invalid(text));
    }
    // SAFETY: the caller's lists.
    let arguments = unsafe { arguments(&function, parameters, extra)? };
    let launch = Work::Launch {
        function,
        grid: [grid_x, grid_y, grid_z],
        block: [block_x, block_y, block_z],
        dynamic_lds,
        arguments,
    };
    // SAFETY: nothing of the host is used any more.
    unsafe { runtime.submit(stream, launch) }
}

/// The packed arguments, from either of the two lists in which they may come.
unsafe fn arguments(
    function: &Function,
    parameters: *mut *mut c_void,
    extra: *mut *mut c_void,
) -> Result<Vec<u8>, Failure> {
    match (parameters.is_null(), extra.is_null()) {
        // SAFETY: the caller's list, which ends with a mark.
        (true, false) => unsafe { packed(extra) },
        // SAFETY: the caller's list, which has a pointer for each argument.
        (false, true) => unsafe { gathered(function, parameters) },
        (true, true) => Ok(Vec::new()),
        (false, false) => Err(Failure::invalid("arguments come in both lists")),
    }
}

/// The arguments that the `extra` list points to.
unsafe fn packed(extra: *mut *mut c_void) -> Result<Vec<u8>, Failure> {
    let (mut buffer, mut size) = (std::ptr::null_mut::<c_void>(), None);
    let mut at = extra;
    loop {
        // SAFETY: inside the list, whose end was not reached.
        let key = unsafe { at.read() };
        if key == HIP_LAUNCH_PARAM_END {
            break;
        }
        // SAFETY: a value follows each key.
        let value = unsafe { at.add(1).read() };
        if key == HIP_LAUNCH_PARAM_BUFFER_POINTER {
            buffer = value;
        } else if key == HIP_LAUNCH_PARAM_BUFFER_SIZE && !value.is_null() {
            // SAFETY: the value is the address of a size.
            size = Some(unsafe { value.cast::<usize>().read() });
        } else {
            return Err(Failure::invalid(format!("launch list with key {key:?}")));
        }
        // SAFETY: the list goes on until its end mark.
        at = unsafe { at.add(2) };
    }
    match size {
        None | Some(0) => Ok(Vec::new()),
        Some(_) if buffer.is_null() => Err(Failure::invalid("launch list without arguments")),
        // SAFETY: the caller says that the buffer has this size.
        Some(size) => Ok(unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), size) }.to_vec()),
    }
}

/// The arguments that the entries of the `parameters` list point to, laid out as the kernel's
/// metadata says.
unsafe fn gathered(function: &Function, parameters: *mut *mut c_void) -> Result<Vec<u8>, Failure> {
    let metadata = &function.kernel.description().metadata;
    let mut packed = vec![0; metadata.explicit_args_size() as usize];
    for (index, argument) in metadata.explicit_args().enumerate() {
        // SAFETY: the list has an entry for each argument.
        let value = unsafe { parameters.add(index).read() };
        if value.is_null() {
            return Err(Failure::invalid(format!("argument {index} is null")));
        }
        let (start, length) = (argument.offset as usize, argument.size as usize);
        // SAFETY: the entry points to a value of the argument's type.
        let bytes = unsafe { std::slice::from_raw_parts(value.cast::<u8>(), length) };
        packed[start..start + length].copy_from_slice(bytes);
    }
    Ok(packed)
}
