//! Kernels that a user brings, for the `rocm_fwd` of custom ops.

use redwick_tensor_ops::custom::{Code, CustomKernel, Launch};
use redwick_tensor_ops::hip::Compiler;

use super::convert;
use super::device::RocmDevice;
use super::error::IntoCandle;
use super::storage::RocmStorage;
use crate::{Layout, Result};

/// Kernels of one's own.
impl RocmDevice {
    /// Loads a code object for this device's target: the bytes of a `.hsaco` file, as made by
    /// `hipcc --genco --offload-arch=gfx942`, alone or in a bundle with those of other targets.
    ///
    /// # Errors
    /// Where the bytes are no code object, or one for another target: with both targets' names.
    pub fn load_code_object(&self, image: &[u8]) -> Result<RocmModule> {
        let code = self.context().load_code_object(image).candle()?;
        Ok(RocmModule(code))
    }

    /// Compiles HIP source for this device's target, with the hipRTC library of the machine or that
    /// which `REDWICK_HIPRTC` names. Options are those of clang, such as `-O3` or `-DN=4`. Declare
    /// kernels `extern "C" __global__`, so that they keep their names.
    ///
    /// # Errors
    /// Where there is no hipRTC, with all that was tried; where the source does not compile, with the
    /// compiler's words.
    pub fn compile(&self, source: &str, options: &[&str]) -> Result<RocmModule> {
        let code = self.context().compile(source, options).candle()?;
        Ok(RocmModule(code))
    }

    /// As [`RocmDevice::compile`], with a hipRTC library that was loaded already.
    ///
    /// # Errors
    /// As [`RocmDevice::compile`].
    pub fn compile_with(
        &self,
        compiler: &Compiler,
        source: &str,
        options: &[&str],
    ) -> Result<RocmModule> {
        let code = self.context().compile_with(compiler, source, options);
        Ok(RocmModule(code.candle()?))
    }
}

/// Code on a device. Clones are the same; it stays loaded while a clone or a kernel of it lives.
#[derive(Clone, Debug)]
pub struct RocmModule(Code);

impl RocmModule {
    /// The names of its kernels.
    pub fn kernel_names(&self) -> impl Iterator<Item = &str> {
        self.0.kernel_names()
    }

    /// The kernel of that name.
    ///
    /// # Errors
    /// Where there is none, with the names there are.
    pub fn kernel(&self, name: &str) -> Result<RocmKernel> {
        self.0.kernel(name).candle().map(RocmKernel)
    }
}

/// A kernel of a [`RocmModule`].
#[derive(Clone, Debug)]
pub struct RocmKernel(CustomKernel);

impl RocmKernel {
    /// Its name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The arguments that a launch gives, in words.
    pub fn signature(&self) -> String {
        self.0.signature()
    }

    /// Starts to put together a launch: first the arguments in order, then the shape.
    ///
    /// ```no_run
    /// # use candle_core::{rocm_backend::RocmKernel, Layout, Result, RocmStorage};
    /// # fn example(k: &RocmKernel, x: &RocmStorage, l: &Layout, y: &mut RocmStorage) -> Result<()> {
    /// let n = l.shape().elem_count();
    /// let launch = k.launch_builder().input(x, l).output(y).value(n as u32).for_elements(n);
    /// // SAFETY: the kernel reads and writes `n` elements, of which both storages have as many.
    /// unsafe { launch.launch() }
    /// # }
    /// ```
    pub fn launch_builder(&self) -> RocmLaunch<'_> {
        RocmLaunch(self.0.launch_builder())
    }
}

/// A launch that is being put together: arguments, in the order of the kernel's, and its shape.
///
/// What does not fit is told by [`RocmLaunch::launch`].
#[must_use = "nothing is launched before `launch`"]
#[derive(Debug)]
pub struct RocmLaunch<'a>(Launch<'a>);

impl<'a> RocmLaunch<'a> {
    /// Passes the address of the first element that a layout names, for reading. The layout must be
    /// contiguous.
    pub fn input(self, x: &'a RocmStorage, layout: &Layout) -> Self {
        Self(self.0.input(x.storage(), &convert::layout(layout)))
    }

    /// Passes the address of the first element that a layout names, for reading by strides: those of
    /// the layout, which the kernel needs to be given as values.
    pub fn strided_input(self, x: &'a RocmStorage, layout: &Layout) -> Self {
        Self(self.0.strided_input(x.storage(), &convert::layout(layout)))
    }

    /// Passes the address of a storage's first element, for writing. A result's storage comes from
    /// `BackendDevice::alloc_uninit`, or `zeros_impl`.
    pub fn output(self, y: &'a mut RocmStorage) -> Self {
        Self(self.0.output(y.storage_mut()))
    }

    /// Passes the address of the first element that a layout names, for reading and writing, as
    /// in-place ops do. The layout must be contiguous.
    pub fn in_place(self, x: &'a mut RocmStorage, layout: &Layout) -> Self {
        Self(self.0.in_place(x.storage_mut(), &convert::layout(layout)))
    }

    /// As [`RocmLaunch::input`], of a tensor in the storage that [`RocmLaunch::in_place`] gets, before or
    /// after: the elements that the kernel changes, or others. Of those that one thread writes, no other
    /// thread may read any.
    pub fn aliased_input(self, layout: &Layout) -> Self {
        Self(self.0.aliased_input(&convert::layout(layout)))
    }

    /// As [`RocmLaunch::aliased_input`], for reading by strides, as [`RocmLaunch::strided_input`].
    pub fn strided_aliased_input(self, layout: &Layout) -> Self {
        Self(self.0.strided_aliased_input(&convert::layout(layout)))
    }

    /// Passes a value: a number, or a `repr(C)` struct of numbers as the kernel has it.
    pub fn value<T: redwick_tensor_ops::custom::Value>(self, value: T) -> Self {
        Self(self.0.value(value))
    }

    /// The number of blocks in x, y and z; one where not said. None at all launches nothing.
    pub fn blocks(self, blocks: [u32; 3]) -> Self {
        Self(self.0.blocks(blocks))
    }

    /// The threads of a block in x, y and z; where not said, 256 in x, or as many as the kernel takes.
    pub fn threads(self, threads: [u32; 3]) -> Self {
        Self(self.0.threads(threads))
    }

    /// As many blocks in x as give each of `count` elements one of their threads in x, whether
    /// [`RocmLaunch::threads`] comes before or after. The last block may have more threads than there are
    /// elements left: the kernel has to compare.
    pub fn for_elements(self, count: usize) -> Self {
        Self(self.0.for_elements(count))
    }

    /// Bytes of LDS that a block has beside what the kernel declares; none where not said.
    pub fn dynamic_lds(self, bytes: u32) -> Self {
        Self(self.0.dynamic_lds(bytes))
    }

    /// Puts the kernel behind all work before. Nothing waits for it.
    ///
    /// # Errors
    /// Where arguments are not those that the kernel takes, are on another device or are not
    /// contiguous, where an aliased input is given without the one storage that is changed, or where a
    /// block is not one that it was compiled for. A fault of the kernel itself may show at any later
    /// call.
    ///
    /// # Safety
    /// With these arguments and this shape, the kernel reads only inside the storages of its inputs
    /// and writes only inside those of its outputs and of what it changes in place; no two of its
    /// threads write to one place without order; it ends.
    pub unsafe fn launch(self) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { self.0.launch() }.candle()
    }
}
