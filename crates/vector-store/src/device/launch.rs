//! The one place that launches kernels.

use redwick_hip::LaunchShape;
use redwick_kernels::{Arguments, Kernel};

use super::gpu::Gpu;
use crate::engine::{Error, Result};

/// The kernel that the manifest's table should have.
pub(super) fn found<A>(kernel: Option<Kernel<A>>) -> Result<Kernel<A>> {
    kernel.ok_or_else(|| Error::Other("a kernel that the manifest does not have".to_owned()))
}

impl Gpu {
    /// Puts a kernel behind all work before, with `lds` bytes of LDS besides its own.
    ///
    /// The callers in this folder promise: addresses in `arguments` are those of chunks of the engine
    /// and of blocks that are given back only after the launch, and counts, pitches and shifts are
    /// those of what lies there.
    pub(super) fn launch<A: Arguments>(
        &self,
        kernel: Option<Kernel<A>>,
        grid: [u32; 3],
        lds: u32,
        arguments: &A,
    ) -> Result<()> {
        let kernel = found(kernel)?;
        let shape = LaunchShape {
            grid,
            block: [kernel.info().block, 1, 1],
            dynamic_lds: lds,
        };
        let loaded = self.kernel(kernel)?;
        // SAFETY: `A` is the struct that the manifest gives this kernel, whose layout is checked
        // against the code object; accesses stay inside memory, as said above. Blocks given back
        // before the kernel has run are reused only by later work of this stream; chunks are freed
        // after all work.
        unsafe { loaded.launch_with(self.stream(), shape, arguments)? };
        Ok(())
    }
}
