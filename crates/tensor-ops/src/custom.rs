//! Code that a user brings: code objects, loaded as they are or compiled from HIP source.
//!
//! What the host can check about a launch is checked here: that the code is for the device's target,
//! that the arguments are as many, of the kind and of the size that the compiler stated for the
//! kernel, that operands are on the kernel's device, and that a block is not larger than the kernel
//! was compiled for. What the kernel does with its arguments nobody can check; so a launch is unsafe.

use std::fmt;
use std::sync::Arc;

use redwick_code_object::{CodeObject, KernelMetadata, unbundle};
use redwick_hip as hip;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::open::compiler;

mod launch;

pub use bytemuck::Pod as Value;
pub use launch::Launch;

/// A code object on a device. Clones are the same; the device keeps it while a clone or a kernel of
/// it lives.
#[derive(Clone)]
pub struct Code(Arc<Inner>);

struct Inner {
    context: Context,
    module: hip::Module,
    kernels: Vec<Arc<KernelMetadata>>,
}

impl Context {
    /// Loads a code object: the bytes of a `.hsaco` file, of code object version 4 to 6, for the
    /// device's target, alone or in a bundle.
    ///
    /// # Errors
    /// [`Error::CodeObject`] where the bytes are none, [`Error::CodeTarget`] where it is for another
    /// target; the driver's.
    pub fn load_code_object(&self, image: &[u8]) -> Result<Code> {
        let target = self.device().target();
        let image = of_target(image, target)?;
        let object = CodeObject::parse(image).map_err(no_code_object)?;
        if object.target() != target {
            return Err(Error::CodeTarget {
                found: object.target().to_owned(),
                device: target.to_owned(),
            });
        }
        let kernels = object.kernels().iter();
        Ok(Code(Arc::new(Inner {
            context: self.clone(),
            module: self.device().load_module(image)?,
            kernels: kernels
                .map(|kernel| Arc::new(kernel.metadata.clone()))
                .collect(),
        })))
    }

    /// Compiles HIP source for the device's target, with the hipRTC library that
    /// [`COMPILER_VARIABLE`](crate::COMPILER_VARIABLE) names, or else the system's. Options are
    /// those of clang, such as `-O3` or `-DN=4`.
    ///
    /// # Errors
    /// Where there is no such library, with all that was tried, and where it does not compile, with
    /// the compiler's words; those of [`Context::load_code_object`].
    pub fn compile(&self, source: &str, options: &[&str]) -> Result<Code> {
        self.compile_with(&compiler()?, source, options)
    }

    /// As [`Context::compile`], with a hipRTC library that was loaded already.
    ///
    /// # Errors
    /// As [`Context::compile`].
    pub fn compile_with(
        &self,
        compiler: &hip::Compiler,
        source: &str,
        options: &[&str],
    ) -> Result<Code> {
        const NAME: &str = "source.hip";
        let image = compiler.compile(source, NAME, self.device().target(), options)?;
        self.load_code_object(&image)
    }
}

/// The part of a bundle that is for the target; the bytes themselves where they are no bundle.
fn of_target<'a>(image: &'a [u8], target: &str) -> Result<&'a [u8]> {
    let Some(entries) = unbundle(image).map_err(no_code_object)? else {
        return Ok(image);
    };
    match entries.iter().find(|(name, _)| *name == target) {
        Some((_, image)) => Ok(image),
        None => Err(Error::CodeTarget {
            found: entries
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(", "),
            device: target.to_owned(),
        }),
    }
}

fn no_code_object(error: redwick_code_object::Error) -> Error {
    Error::CodeObject {
        reason: error.to_string(),
    }
}

impl Code {
    /// The names of its kernels.
    pub fn kernel_names(&self) -> impl Iterator<Item = &str> {
        self.0.kernels.iter().map(|kernel| kernel.name.as_str())
    }

    /// The kernel of that name: what its function is called in the source where that is declared
    /// `extern "C"`.
    ///
    /// # Errors
    /// [`Error::NoSuchKernel`] with the names there are; the driver's.
    pub fn kernel(&self, name: &str) -> Result<CustomKernel> {
        let Inner {
            context,
            module,
            kernels,
        } = &*self.0;
        let found = kernels.iter().find(|kernel| kernel.name == name);
        let metadata = found.ok_or_else(|| Error::NoSuchKernel {
            name: name.to_owned(),
            available: self.kernel_names().map(str::to_owned).collect(),
        })?;
        Ok(CustomKernel {
            context: context.clone(),
            kernel: module.kernel(name)?,
            metadata: Arc::clone(metadata),
        })
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.kernel_names().collect();
        write!(f, "Code({names:?} on {})", self.0.context.name())
    }
}

/// A kernel of a [`Code`].
#[derive(Clone)]
pub struct CustomKernel {
    context: Context,
    kernel: hip::Kernel,
    metadata: Arc<KernelMetadata>,
}

impl CustomKernel {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The device that it is on.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The most threads that a block of it can have.
    pub fn max_threads(&self) -> u32 {
        self.metadata.max_flat_workgroup_size
    }

    /// The arguments that a launch gives, in words: what [`Error::KernelArguments`] shows.
    pub fn signature(&self) -> String {
        launch::signature(&self.metadata)
    }

    /// Starts to put together a launch: first the arguments in order, then the shape.
    pub fn launch_builder(&self) -> Launch<'_> {
        Launch::new(self)
    }
}

impl fmt::Debug for CustomKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}({}) on {}",
            self.name(),
            self.signature(),
            self.context.name()
        )
    }
}
