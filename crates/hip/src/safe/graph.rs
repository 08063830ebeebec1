//! Work that is noted once and launched many times.

use std::fmt::{self, Debug};

use crate::error::Result;
use crate::safe::{Device, Stream};
use crate::sys;

/// A capture: while it lives, what is put into its stream is noted and not done.
///
/// What waits for the stream fails meanwhile with [`Error::NotCapturable`](crate::Error), and the
/// capture then gives no graph. Dropping it forgets what was noted.
#[must_use = "dropping it forgets what was noted"]
#[derive(Debug)]
pub struct Capture {
    stream: Stream,
    ended: bool,
}

impl Stream {
    /// Starts to note what is put into this stream, by whichever thread. The default stream cannot.
    ///
    /// # Errors
    /// As the library says: on the default stream, or where a capture has begun already.
    pub fn capture(&self) -> Result<Capture> {
        let hip = self.device().bind()?;
        // SAFETY: the handle is valid while `self` lives.
        let begin = || unsafe { hip.begin_capture(self.raw()) };
        self.staging().begin_capture(begin)?;
        Ok(Capture {
            stream: self.clone(),
            ended: false,
        })
    }

    /// Whether what is put into this stream is noted and not done.
    ///
    /// # Errors
    /// As the library says.
    pub fn is_capturing(&self) -> Result<bool> {
        // SAFETY: the handle is valid while `self` lives.
        let status = unsafe { self.device().bind()?.capture_status(self.raw())? };
        Ok(status != sys::hipStreamCaptureStatusNone)
    }
}

impl Capture {
    /// Ends the capture.
    ///
    /// # Errors
    /// [`Error::CaptureLost`](crate::Error::CaptureLost) where a call that cannot be noted came
    /// between; as the library says.
    pub fn finish(mut self) -> Result<Graph> {
        self.ended = true;
        let hip = self.stream.device().bind()?;
        // SAFETY: the stream is alive.
        let end = || unsafe { hip.end_capture(self.stream.raw()) };
        let graph = self.stream.staging().end_capture(end)?;
        // SAFETY: the graph was made just now.
        let ready = unsafe {
            hip.node_count(graph)
                .and_then(|n| Ok((n, hip.instantiate(graph)?)))
        };
        // SAFETY: the graph was made above and is used no more; what was made ready is apart from it.
        let destroyed = unsafe { hip.destroy_graph(graph) };
        let (nodes, raw) = ready?;
        let graph = Graph {
            raw,
            nodes,
            device: self.stream.device().clone(),
        };
        destroyed.map(|()| graph)
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if let Ok(hip) = self.stream.device().bind() {
            // SAFETY: the stream is alive.
            let end = || unsafe { hip.end_capture(self.stream.raw()) };
            let graph = self.stream.staging().end_capture(end);
            // SAFETY: the graph was made just now, and is used no more.
            let _ = graph.map(|graph| unsafe { hip.destroy_graph(graph) });
        }
    }
}

/// Work that was noted during a [`Capture`], ready to be launched as one.
pub struct Graph {
    raw: sys::hipGraphExec_t,
    nodes: usize,
    device: Device,
}

// SAFETY: HIP's functions on graphs may be called from any thread, one at a time for a launch, which
// `launch` asks for; the handle is not dereferenced here.
unsafe impl Send for Graph {}
// SAFETY: as above.
unsafe impl Sync for Graph {}

impl Graph {
    /// The number of launches, copies and fills in it.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// The device that it belongs to.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Puts all of it into a stream: one call, whatever the number of nodes. Nodes are done in the
    /// order in which they were noted, and a launch of the same graph waits for the one before.
    ///
    /// # Errors
    /// [`Error::WrongDevice`](crate::Error::WrongDevice) when the stream is another device's; as the
    /// library says.
    ///
    /// # Safety
    /// The memory and the kernels that were used during the capture, on the host too where copies came
    /// from there, are still valid until it is done; no other thread launches this graph meanwhile.
    pub unsafe fn launch(&self, stream: &Stream) -> Result<()> {
        self.device.expect("a graph", stream.device())?;
        // SAFETY: both handles are valid while their owners live; the caller promises the rest.
        unsafe { self.device.bind()?.launch_graph(self.raw, stream.raw()) }
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        if let Ok(hip) = self.device.bind() {
            // SAFETY: the handle comes from this driver and is dropped once. HIP keeps what runs until
            // it is done.
            let _ = unsafe { hip.destroy_ready_graph(self.raw) };
        }
    }
}

impl Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Graph({} nodes on {})", self.nodes, self.device)
    }
}
