//! One launch of a user's kernel.

use redwick_code_object::{Argument, KernelMetadata, ValueKind};
use redwick_hip::LaunchShape;

use super::CustomKernel;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::storage::{Storage, View, same_device};

/// The threads of a block where nothing else is asked for, unless the kernel takes fewer.
const USUAL_THREADS: u32 = 256;

/// A launch that is being put together: arguments, in the order of the kernel's, and its shape.
///
/// What does not fit is told by [`Launch::launch`].
#[must_use = "nothing is launched before `launch`"]
#[derive(Debug)]
pub struct Launch<'a> {
    kernel: &'a CustomKernel,
    /// While operands are borrowed, nobody else writes to them, or frees them.
    arguments: Vec<Given>,
    /// What `in_place` was given.
    changed: Vec<&'a Storage>,
    blocks: Blocks,
    threads: [u32; 3],
    dynamic_lds: u32,
    error: Option<Error>,
}

/// An argument of a launch.
#[derive(Debug)]
enum Given {
    Pointer(u64),
    Value(Vec<u8>),
    /// An address in the storage of `in_place`.
    Aliased(Layout, Reads),
}

/// How a kernel reads an operand.
#[derive(Debug, Clone, Copy)]
enum Reads {
    Adjacent,
    Strided,
}

/// How many blocks a launch has.
#[derive(Debug, Clone, Copy)]
enum Blocks {
    Given([u32; 3]),
    /// As many as so many elements take.
    For(usize),
}

impl Blocks {
    /// In x, y and z, with so many threads of a block in x.
    fn of(self, threads: u32) -> Result<[u32; 3]> {
        let count = match self {
            Self::Given(blocks) => return Ok(blocks),
            Self::For(count) => count,
        };
        let threads = threads.max(1) as usize;
        match u32::try_from(count.div_ceil(threads)) {
            Ok(blocks) => Ok([blocks, 1, 1]),
            Err(_) => Err(Error::TooLarge {
                op: "a launch",
                what: "the number of elements",
                value: count,
                limit: (u32::MAX as usize).saturating_mul(threads),
            }),
        }
    }
}

impl<'a> Launch<'a> {
    pub(super) fn new(kernel: &'a CustomKernel) -> Self {
        Self {
            kernel,
            arguments: Vec::new(),
            changed: Vec::new(),
            blocks: Blocks::Given([1, 1, 1]),
            threads: [USUAL_THREADS.min(kernel.max_threads()), 1, 1],
            dynamic_lds: 0,
            error: None,
        }
    }

    /// Passes the address of the first element that a layout names, for reading. The elements must be
    /// adjacent.
    pub fn input(self, x: &'a Storage, layout: &Layout) -> Self {
        let address = self.address(x, layout, Reads::Adjacent);
        self.operand(x, address)
    }

    /// Passes the address of the first element that a layout names, for reading by strides: those of
    /// the layout, which the kernel needs to be given as values.
    pub fn strided_input(self, x: &'a Storage, layout: &Layout) -> Self {
        let address = self.address(x, layout, Reads::Strided);
        self.operand(x, address)
    }

    /// Passes the address of a storage's first element, for writing.
    pub fn output(self, y: &'a mut Storage) -> Self {
        let address = y.address();
        self.operand(y, Ok(address))
    }

    /// Passes the address of the first element that a layout names, for reading and writing. The
    /// elements must be adjacent.
    pub fn in_place(mut self, x: &'a mut Storage, layout: &Layout) -> Self {
        let address = self.address(x, layout, Reads::Adjacent);
        self.changed.push(x);
        self.operand(x, address)
    }

    /// As [`Launch::input`], of a tensor in the storage that [`Launch::in_place`] gets, before or after:
    /// the elements that the kernel changes, or others. Of those that one thread writes, no other
    /// thread may read any.
    pub fn aliased_input(mut self, layout: &Layout) -> Self {
        self.arguments
            .push(Given::Aliased(layout.clone(), Reads::Adjacent));
        self
    }

    /// As [`Launch::aliased_input`], for reading by strides, as [`Launch::strided_input`].
    pub fn strided_aliased_input(mut self, layout: &Layout) -> Self {
        self.arguments
            .push(Given::Aliased(layout.clone(), Reads::Strided));
        self
    }

    /// Passes a value: a number, or a `repr(C)` struct of numbers as the kernel has it.
    pub fn value<T: bytemuck::Pod>(mut self, value: T) -> Self {
        self.arguments
            .push(Given::Value(bytemuck::bytes_of(&value).to_vec()));
        self
    }

    /// The number of blocks in x, y and z; one where not said. None at all launches nothing.
    pub fn blocks(mut self, blocks: [u32; 3]) -> Self {
        self.blocks = Blocks::Given(blocks);
        self
    }

    /// The threads of a block in x, y and z; where not said, 256 in x, or as many as the kernel takes.
    pub fn threads(mut self, threads: [u32; 3]) -> Self {
        self.threads = threads;
        self
    }

    /// As many blocks in x as give each of `count` elements one of their threads in x, whether
    /// [`Launch::threads`] comes before or after. The last block may have more threads than there are
    /// elements left: the kernel has to compare.
    pub fn for_elements(mut self, count: usize) -> Self {
        self.blocks = Blocks::For(count);
        self
    }

    /// Bytes of LDS that a block has beside what the kernel declares; none where not said.
    pub fn dynamic_lds(mut self, bytes: u32) -> Self {
        self.dynamic_lds = bytes;
        self
    }

    /// Puts the kernel behind all work before. Nothing waits for it.
    ///
    /// # Errors
    /// The first of these: an operand whose elements are not adjacent ([`Error::NotAdjacent`]), one
    /// on another device ([`Error::Devices`]); an aliased input without the one storage that is changed
    /// ([`Error::Aliased`]); more blocks than there can be ([`Error::TooLarge`]); arguments that are not
    /// the kernel's ([`Error::KernelArguments`]); a block that it was not compiled for
    /// ([`Error::Block`]); the driver's. A fault of the kernel itself may show at any later call.
    ///
    /// # Safety
    /// With these arguments and this shape, the kernel reads only inside the storages of its inputs
    /// and writes only inside those of its outputs and of what it changes in place; no two of its
    /// threads write to one place without order; it ends.
    pub unsafe fn launch(mut self) -> Result<()> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.resolve_aliases()?;
        let shape = self.shape()?;
        let CustomKernel {
            context,
            kernel,
            metadata,
        } = self.kernel;
        let arguments = pack(metadata, &self.arguments)?;
        check_block(metadata, shape.block)?;
        let _gate = context.gate();
        if context.is_capturing() {
            context.captured_kernels().push(kernel.clone());
        }
        // SAFETY: the arguments are those that the compiler stated for the kernel, and the caller
        // promises that its accesses stay inside the operands, which were alive until here. A storage
        // that is dropped before the kernel has run is reused only by later work of this stream.
        unsafe { kernel.launch(context.stream(), shape, &arguments)? };
        Ok(())
    }

    fn shape(&self) -> Result<LaunchShape> {
        Ok(LaunchShape {
            grid: self.blocks.of(self.threads[0])?,
            block: self.threads,
            dynamic_lds: self.dynamic_lds,
        })
    }

    /// Where a view starts; its elements are adjacent where the kernel reads them so.
    fn address(&self, x: &Storage, layout: &Layout, reads: Reads) -> Result<u64> {
        let view = View::new(x, layout)?;
        match reads {
            Reads::Adjacent if !layout.is_contiguous() => Err(Error::NotAdjacent {
                kernel: self.kernel.name().to_owned(),
                layout: layout.clone(),
            }),
            _ => Ok(view.address()),
        }
    }

    /// Finds the addresses of aliased inputs, now that the storage is known.
    fn resolve_aliases(&mut self) -> Result<()> {
        for at in 0..self.arguments.len() {
            let Given::Aliased(layout, reads) = &self.arguments[at] else {
                continue;
            };
            let &[x] = &self.changed[..] else {
                return Err(Error::Aliased {
                    kernel: self.kernel.name().to_owned(),
                    changed: self.changed.len(),
                });
            };
            self.arguments[at] = Given::Pointer(self.address(x, layout, *reads)?);
        }
        Ok(())
    }

    fn operand(mut self, storage: &Storage, address: Result<u64>) -> Self {
        let on_device = same_device("a launch", self.kernel.context(), storage.context());
        match on_device.and(address) {
            Ok(address) => self.arguments.push(Given::Pointer(address)),
            Err(error) => self.fail(error),
        }
        self
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

/// Lays arguments out as the compiler stated.
fn pack(metadata: &KernelMetadata, given: &[Given]) -> Result<Vec<u8>> {
    let expected: Vec<_> = metadata.explicit_args().collect();
    let fit = expected.len() == given.len() && expected.iter().zip(given).all(|(a, g)| fits(a, g));
    if !fit {
        return Err(Error::KernelArguments {
            kernel: metadata.name.clone(),
            expected: signature(metadata),
            given: given.iter().map(describe).collect::<Vec<_>>().join(", "),
        });
    }
    let mut packed = vec![0; metadata.explicit_args_size() as usize];
    for (argument, given) in expected.into_iter().zip(given) {
        let start = argument.offset as usize;
        let to = &mut packed[start..start + argument.size as usize];
        match given {
            Given::Pointer(address) => to.copy_from_slice(&address.to_le_bytes()),
            Given::Value(bytes) => to.copy_from_slice(bytes),
            // Was resolved, or did not fit.
            Given::Aliased(..) => {}
        }
    }
    Ok(packed)
}

fn fits(argument: &Argument, given: &Given) -> bool {
    let size = argument.size as usize;
    match (argument.value_kind, given) {
        (ValueKind::GlobalBuffer, Given::Pointer(_)) => size == size_of::<u64>(),
        (ValueKind::ByValue, Given::Value(bytes)) => size == bytes.len(),
        _ => false,
    }
}

/// What a kernel takes, in words.
pub(super) fn signature(metadata: &KernelMetadata) -> String {
    let words = metadata.explicit_args().map(|argument| {
        let kind = match argument.value_kind {
            ValueKind::GlobalBuffer => "a pointer".to_owned(),
            ValueKind::ByValue => format!("{} bytes by value", argument.size),
            other => format!("{other:?}, which cannot be given"),
        };
        match &argument.name {
            Some(name) => format!("{name}: {kind}"),
            None => kind,
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

fn describe(given: &Given) -> String {
    match given {
        Given::Pointer(_) | Given::Aliased(..) => "a pointer".to_owned(),
        Given::Value(bytes) => format!("{} bytes by value", bytes.len()),
    }
}

fn check_block(metadata: &KernelMetadata, threads: [u32; 3]) -> Result<()> {
    let count = threads.iter().map(|&n| u64::from(n)).product::<u64>();
    let limit = metadata.max_flat_workgroup_size;
    if (1..=u64::from(limit)).contains(&count) {
        return Ok(());
    }
    Err(Error::Block {
        kernel: metadata.name.clone(),
        threads,
        limit,
    })
}
