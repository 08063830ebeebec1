//! Graphs.

use super::{Hip, call};
use crate::error::Result;
use crate::sys;

/// Graphs.
impl Hip {
    /// Starts to note what is put into a stream.
    ///
    /// # Safety
    /// `stream` is valid.
    pub unsafe fn begin_capture(&self, stream: sys::hipStream_t) -> Result<()> {
        let mode = sys::hipStreamCaptureModeRelaxed;
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipStreamBeginCapture(stream, mode)) }
    }

    /// Ends a capture, with a graph of what was noted.
    ///
    /// # Safety
    /// `stream` is valid.
    pub unsafe fn end_capture(&self, stream: sys::hipStream_t) -> Result<sys::hipGraph_t> {
        let mut graph = std::ptr::null_mut();
        // SAFETY: writes one handle; the caller promises that the stream is valid.
        unsafe { call!(self.hipStreamEndCapture(stream, &mut graph)) }?;
        Ok(graph)
    }

    /// Whether a stream notes what is put into it: one of `hipStreamCaptureStatus`.
    ///
    /// # Safety
    /// `stream` is valid.
    pub unsafe fn capture_status(
        &self,
        stream: sys::hipStream_t,
    ) -> Result<sys::hipStreamCaptureStatus> {
        let mut status = sys::hipStreamCaptureStatusNone;
        // SAFETY: writes one number; the caller promises that the stream is valid.
        unsafe { call!(self.hipStreamIsCapturing(stream, &mut status)) }?;
        Ok(status)
    }

    /// The number of nodes of a graph.
    ///
    /// # Safety
    /// `graph` is valid.
    pub unsafe fn node_count(&self, graph: sys::hipGraph_t) -> Result<usize> {
        let mut count = 0;
        // SAFETY: writes one number; the caller promises that the graph is valid.
        unsafe { call!(self.hipGraphGetNodes(graph, std::ptr::null_mut(), &mut count)) }?;
        Ok(count)
    }

    /// Ends a graph.
    ///
    /// # Safety
    /// `graph` is valid, and not used afterwards.
    pub unsafe fn destroy_graph(&self, graph: sys::hipGraph_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipGraphDestroy(graph)) }
    }

    /// Makes a graph ready to be launched.
    ///
    /// # Safety
    /// `graph` is valid.
    pub unsafe fn instantiate(&self, graph: sys::hipGraph_t) -> Result<sys::hipGraphExec_t> {
        let (mut ready, null) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: writes one handle; the caller promises that the graph is valid.
        unsafe {
            call!(self.hipGraphInstantiate(&mut ready, graph, null, std::ptr::null_mut(), 0))
        }?;
        Ok(ready)
    }

    /// Puts all of a graph into a stream.
    ///
    /// # Safety
    /// Both are valid, and all memory and kernels that the graph uses are until it is done.
    pub unsafe fn launch_graph(
        &self,
        graph: sys::hipGraphExec_t,
        stream: sys::hipStream_t,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipGraphLaunch(graph, stream)) }
    }

    /// Ends a graph that was made ready.
    ///
    /// # Safety
    /// `graph` is valid, and not used afterwards.
    pub unsafe fn destroy_ready_graph(&self, graph: sys::hipGraphExec_t) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { call!(self.hipGraphExecDestroy(graph)) }
    }
}
