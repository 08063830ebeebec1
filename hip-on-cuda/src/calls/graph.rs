//! Graphs. The values of modes and states are CUDA's.

use std::ffi::c_char;

use redwick_hip::sys::{
    hipGraph_t, hipGraphExec_t, hipGraphNode_t, hipStream_t, hipStreamCaptureMode,
    hipStreamCaptureStatus,
};

use super::{Outcome, put};
use crate::cuda::Cuda;
use crate::current;
use crate::failure::check;

pub(crate) unsafe fn hipStreamBeginCapture(
    cuda: &Cuda,
    stream: hipStream_t,
    mode: hipStreamCaptureMode,
) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's stream.
    check(cuda, unsafe {
        (cuda.cuStreamBeginCapture_v2)(stream.cast(), mode)
    })
}

pub(crate) unsafe fn hipStreamEndCapture(
    cuda: &Cuda,
    stream: hipStream_t,
    graph: *mut hipGraph_t,
) -> Outcome {
    current::bind(cuda)?;
    let mut new = std::ptr::null_mut();
    // SAFETY: the pointer takes the result; the caller's stream.
    check(cuda, unsafe {
        (cuda.cuStreamEndCapture)(stream.cast(), &raw mut new)
    })?;
    // SAFETY: the caller's pointer.
    unsafe { put(graph, new.cast()) }
}

pub(crate) unsafe fn hipStreamIsCapturing(
    cuda: &Cuda,
    stream: hipStream_t,
    status: *mut hipStreamCaptureStatus,
) -> Outcome {
    current::bind(cuda)?;
    let mut found = 0;
    // SAFETY: the pointer takes the result; the caller's stream.
    check(cuda, unsafe {
        (cuda.cuStreamIsCapturing)(stream.cast(), &raw mut found)
    })?;
    // SAFETY: the caller's pointer.
    unsafe { put(status, found) }
}

pub(crate) unsafe fn hipGraphGetNodes(
    cuda: &Cuda,
    graph: hipGraph_t,
    nodes: *mut hipGraphNode_t,
    count: *mut usize,
) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's graph and pointers; `nodes` has room for `count`, or is null.
    check(cuda, unsafe {
        (cuda.cuGraphGetNodes)(graph.cast(), nodes.cast(), count)
    })
}

pub(crate) unsafe fn hipGraphDestroy(cuda: &Cuda, graph: hipGraph_t) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's graph.
    check(cuda, unsafe { (cuda.cuGraphDestroy)(graph.cast()) })
}

/// CUDA's function of today takes flags where HIP's has a log, which stays as it is.
pub(crate) unsafe fn hipGraphInstantiate(
    cuda: &Cuda,
    ready: *mut hipGraphExec_t,
    graph: hipGraph_t,
    _error_node: *mut hipGraphNode_t,
    _log: *mut c_char,
    _log_size: usize,
) -> Outcome {
    current::bind(cuda)?;
    let mut new = std::ptr::null_mut();
    // SAFETY: the pointer takes the result; the caller's graph.
    check(cuda, unsafe {
        (cuda.cuGraphInstantiateWithFlags)(&raw mut new, graph.cast(), 0)
    })?;
    // SAFETY: the caller's pointer.
    unsafe { put(ready, new.cast()) }
}

pub(crate) unsafe fn hipGraphLaunch(
    cuda: &Cuda,
    graph: hipGraphExec_t,
    stream: hipStream_t,
) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's graph and stream.
    check(cuda, unsafe {
        (cuda.cuGraphLaunch)(graph.cast(), stream.cast())
    })
}

pub(crate) unsafe fn hipGraphExecDestroy(cuda: &Cuda, graph: hipGraphExec_t) -> Outcome {
    current::bind(cuda)?;
    // SAFETY: the caller's graph.
    check(cuda, unsafe { (cuda.cuGraphExecDestroy)(graph.cast()) })
}
