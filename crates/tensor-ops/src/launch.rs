//! The one place that launches kernels, own ones and those of the vendor's library.

use redwick_hip::{BlasHandle, LaunchShape, Product};
use redwick_kernels::{Arguments, Grid, Kernel};

use crate::context::Context;
use crate::error::Result;

impl Context {
    /// Puts a kernel behind all work before.
    ///
    /// The ops of this crate promise: addresses in `arguments` are those of views (which stay inside
    /// their storages) or of storages made for the output, counts and strides are those of the
    /// views, and no output overlaps an input.
    pub(crate) fn launch<A: Arguments>(
        &self,
        kernel: Kernel<A>,
        grid: Grid,
        arguments: &A,
    ) -> Result<()> {
        let shape = LaunchShape {
            grid: grid.blocks,
            block: [kernel.info().block, 1, 1],
            dynamic_lds: kernel.info().dynamic_lds_on(self.device().target()),
        };
        let loaded = self.kernel(kernel.id())?;
        let _gate = self.gate();
        // SAFETY: `A` is the struct that the manifest gives this kernel, whose layout is checked
        // against the code object. The ops keep accesses inside storages, as said above. A storage
        // that is dropped before the kernel has run is reused only by later work of this stream.
        unsafe { loaded.launch_with(self.stream(), shape, arguments)? };
        self.count_launch(kernel.id());
        Ok(())
    }

    /// Puts a product by the vendor's library behind all work before. Callers promise what those of
    /// [`Context::launch`] do.
    pub(crate) fn multiply(&self, library: &BlasHandle, product: &Product) -> Result<()> {
        let _gate = self.gate();
        // SAFETY: the op takes addresses, sizes and strides from views and from the storage made
        // for the output. The library's work is on this context's stream, as that of kernels.
        unsafe { library.multiply(product)? };
        Ok(())
    }

    /// Puts a captured graph behind all work before.
    ///
    /// [`Graph`](crate::Graph) promises: no other thread launches it at once, and what it holds keeps
    /// kernels loaded and memory from serving anything else.
    pub(crate) fn launch_graph(&self, graph: &redwick_hip::Graph) -> Result<()> {
        let _gate = self.gate();
        // SAFETY: as said above; nothing on the host is part of it, since copies from and to the host
        // wait, and so cannot be captured.
        unsafe { graph.launch(self.stream())? };
        Ok(())
    }
}
