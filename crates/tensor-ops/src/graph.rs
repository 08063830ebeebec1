//! Ops that are noted once and launched many times.

use std::sync::{Mutex, PoisonError};

use redwick_hip as hip;

use crate::context::{Context, DeviceSource};
use crate::error::{Error, Result};
use crate::memory::Reservation;

/// Ops of a context, noted by [`Context::capture`] and launched by one call.
///
/// The operands are those of the capture: what their storages hold at each launch is what the ops work
/// on, and results are where they were put then. As long as the graph lives, no memory that was in
/// use when it was captured serves anything else, so it may outlive the storages.
#[derive(Debug)]
pub struct Graph {
    context: Context,
    graph: hip::Graph,
    /// Launches of one graph must not overlap on the host.
    launching: Mutex<()>,
    /// Whether a kernel in it may report an index out of range.
    may_fault: bool,
    /// Kernels that users brought.
    _kernels: Vec<hip::Kernel>,
    /// Last: the graph goes before its memory.
    _memory: Reservation<DeviceSource>,
}

impl Context {
    /// Notes the ops that `work` runs, in place of doing them: as a graph, beside what `work` answers.
    ///
    /// What `work` puts into this context becomes part of the graph, and nothing of it is done before
    /// the graph is launched. Uploads, downloads and all that waits fail meanwhile. Other threads wait
    /// with their work on this context until `work` is done, so it must not wait for them. Run the
    /// same work once before: code objects are then loaded, and blocks of memory there.
    ///
    /// # Errors
    /// What `work` answers; [`Error::Capturing`] for a capture within a capture; the driver's, such as
    /// [`redwick_hip::Error::Unsupported`] where the library has no graphs.
    pub fn capture<T, E: From<Error>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<(Graph, T), E> {
        let closed = self.close_gate()?;
        let begun = self.pool().begin_capture();
        debug_assert!(begun, "one capture at a time passes the gate");
        let before = self.set_fault_possible(false);
        let noted = self.noted(work);
        let may_fault = self.set_fault_possible(before);
        let memory = self.pool().end_capture();
        let kernels = std::mem::take(&mut *self.captured_kernels());
        drop(closed);
        let (graph, answer) = noted?;
        let graph = Graph {
            context: self.clone(),
            graph,
            launching: Mutex::default(),
            may_fault,
            _kernels: kernels,
            _memory: memory,
        };
        Ok((graph, answer))
    }

    fn noted<T, E: From<Error>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<(hip::Graph, T), E> {
        let capture = self.stream().capture().map_err(Error::from)?;
        let answer = work()?;
        let graph = capture.finish().map_err(Error::from)?;
        Ok((graph, answer))
    }
}

impl Graph {
    /// Puts all of it behind the work before, by one call.
    ///
    /// # Errors
    /// [`Error::Capturing`] during a capture; the driver's.
    pub fn launch(&self) -> Result<()> {
        if self.context.is_capturing() {
            let device = self.context.name().to_owned();
            return Err(Error::Capturing { device });
        }
        let _one_at_a_time = self
            .launching
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.context.launch_graph(&self.graph)?;
        if self.may_fault {
            self.context.fault_is_possible();
        }
        Ok(())
    }

    /// The number of launches, copies and fills in it.
    pub fn nodes(&self) -> usize {
        self.graph.nodes()
    }

    /// The device.
    pub fn context(&self) -> &Context {
        &self.context
    }
}
