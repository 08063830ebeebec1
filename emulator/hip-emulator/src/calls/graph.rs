//! Graphs: what a stream noted while it was captured, to be done later, in the order of the calls.
//!
//! One stream takes part in a capture: another that waits for an event of it is refused, where HIP
//! would make it part of the capture. Neither is memory allocated or freed as part of a graph.

use std::ffi::c_char;
use std::sync::Arc;

use redwick_hip::sys::{
    hipError_t, hipGraph_t, hipGraphExec_t, hipGraphNode_t, hipStream_t, hipStreamCaptureMode,
    hipStreamCaptureModeRelaxed, hipStreamCaptureStatus, hipStreamCaptureStatusActive,
    hipStreamCaptureStatusInvalidated, hipStreamCaptureStatusNone,
};

use super::{Outcome, put};
use crate::capture::Work;
use crate::failure::Failure;
use crate::runtime::Runtime;

/// Work of a device, as a graph and as one that was made ready.
#[derive(Clone)]
pub(crate) struct Graph {
    device: usize,
    work: Arc<[Work]>,
}

pub(crate) unsafe fn hipStreamBeginCapture(
    runtime: &Runtime,
    stream: hipStream_t,
    mode: hipStreamCaptureMode,
) -> Outcome {
    if !(0..=hipStreamCaptureModeRelaxed).contains(&mode) {
        return Err(Failure::invalid(format!("capture mode {mode}")));
    }
    if stream.is_null() {
        let text = "the default stream cannot be captured";
        return Err(Failure::new(hipError_t::STREAM_CAPTURE_UNSUPPORTED, text));
    }
    runtime
        .streams
        .get(stream)?
        .capture
        .begin(mode != hipStreamCaptureModeRelaxed)
}

pub(crate) unsafe fn hipStreamEndCapture(
    runtime: &Runtime,
    stream: hipStream_t,
    graph: *mut hipGraph_t,
) -> Outcome {
    let stream = runtime.streams.get(stream)?;
    let new = Graph {
        device: stream.device,
        work: stream.capture.end()?.into(),
    };
    // SAFETY: the caller's pointer.
    unsafe { put(graph, runtime.graphs.insert(new)) }
}

pub(crate) unsafe fn hipStreamIsCapturing(
    runtime: &Runtime,
    stream: hipStream_t,
    status: *mut hipStreamCaptureStatus,
) -> Outcome {
    let state = match stream.is_null() {
        true => None,
        false => runtime.streams.get(stream)?.capture.state(),
    };
    let state = match state {
        None => hipStreamCaptureStatusNone,
        Some(false) => hipStreamCaptureStatusActive,
        Some(true) => hipStreamCaptureStatusInvalidated,
    };
    // SAFETY: the caller's pointer.
    unsafe { put(status, state) }
}

/// Nodes are numbers from 1 on, which no other function takes.
pub(crate) unsafe fn hipGraphGetNodes(
    runtime: &Runtime,
    graph: hipGraph_t,
    nodes: *mut hipGraphNode_t,
    count: *mut usize,
) -> Outcome {
    let there = runtime.graphs.get(graph)?.work.len();
    if count.is_null() {
        return Err(Failure::invalid("null cannot take a count"));
    }
    if nodes.is_null() {
        // SAFETY: the caller's pointer.
        return unsafe { put(count, there) };
    }
    // SAFETY: not null; the caller says that it holds the room behind `nodes`.
    let room = unsafe { count.read() };
    for number in 0..there.min(room) {
        // SAFETY: inside the room that the caller says there is.
        unsafe {
            put(
                nodes.add(number),
                std::ptr::without_provenance_mut(number + 1),
            )?
        };
    }
    // SAFETY: the caller's pointer.
    unsafe { put(count, there.min(room)) }
}

pub(crate) unsafe fn hipGraphDestroy(runtime: &Runtime, graph: hipGraph_t) -> Outcome {
    runtime.graphs.remove(graph).map(drop)
}

pub(crate) unsafe fn hipGraphInstantiate(
    runtime: &Runtime,
    ready: *mut hipGraphExec_t,
    graph: hipGraph_t,
    _error_node: *mut hipGraphNode_t,
    _log: *mut c_char,
    _log_size: usize,
) -> Outcome {
    let graph = Graph::clone(&*runtime.graphs.get(graph)?);
    // SAFETY: the caller's pointer.
    unsafe { put(ready, runtime.ready_graphs.insert(graph)) }
}

pub(crate) unsafe fn hipGraphLaunch(
    runtime: &Runtime,
    graph: hipGraphExec_t,
    stream: hipStream_t,
) -> Outcome {
    let graph = runtime.ready_graphs.get(graph)?;
    let device = runtime.device_of(stream)?;
    if device != graph.device {
        let text = format!("a graph of device {} on device {device}", graph.device);
        return Err(Failure::invalid(text));
    }
    runtime.needs_no_capture("hipGraphLaunch", stream)?;
    // SAFETY: the caller says that what was noted is still valid.
    graph
        .work
        .iter()
        .try_for_each(|work| unsafe { work.run(runtime) })
}

pub(crate) unsafe fn hipGraphExecDestroy(runtime: &Runtime, graph: hipGraphExec_t) -> Outcome {
    runtime.ready_graphs.remove(graph).map(drop)
}
