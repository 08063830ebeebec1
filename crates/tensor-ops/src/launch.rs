//! The one place that launches kernels.

use redwick_hip::LaunchShape;
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
            dynamic_lds: 0,
        };
        let loaded = self.kernel(kernel.id())?;
        // SAFETY: `A` is the struct that the manifest gives this kernel, whose layout is checked
        // against the code object. The ops keep accesses inside storages, as said above. A storage
        // that is dropped before the kernel has run is reused only by later work of this stream.
        unsafe { loaded.launch_with(self.stream(), shape, arguments)? };
        self.count_launch(kernel.id());
        Ok(())
    }
}
