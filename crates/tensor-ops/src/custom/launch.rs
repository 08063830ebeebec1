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
    shape: LaunchShape,
    error: Option<Error>,
}

/// An argument of a launch.
#[derive(Debug)]
enum Given {
    Pointer(u64),
    Value(Vec<u8>),
}

impl<'a> Launch<'a> {
    pub(super) fn new(kernel: &'a CustomKernel) -> Self {
        Self {
            kernel,
            arguments: Vec::new(),
            shape: LaunchShape {
                grid: [1, 1, 1],
                block: [USUAL_THREADS.min(kernel.max_threads()), 1, 1],
                dynamic_lds: 0,
            },
            error: None,
        }
    }

    /// Passes the address of the first element that a layout names, for reading. The elements must be
    /// adjacent.
    pub fn input(self, x: &'a Storage, layout: &Layout) -> Self {
        let address = self.adjacent(x, layout);
        self.operand(x, address)
    }

    /// Passes the address of the first element that a layout names, for reading by strides: those of
    /// the layout, which the kernel needs to be given as values.
    pub fn strided_input(self, x: &'a Storage, layout: &Layout) -> Self {
        let address = View::new(x, layout).map(|x| x.address());
        self.operand(x, address)
    }

    /// Passes the address of a storage's first element, for writing.
    pub fn output(self, y: &'a mut Storage) -> Self {
        let address = y.address();
        self.operand(y, Ok(address))
    }

    /// Passes the address of the first element that a layout names, for reading and writing. The
    /// elements must be adjacent.
    pub fn in_place(self, x: &'a mut Storage, layout: &Layout) -> Self {
        let address = self.adjacent(x, layout);
        self.operand(x, address)
    }

    /// Passes a value: a number, or a `repr(C)` struct of numbers as the kernel has it.
    pub fn value<T: bytemuck::Pod>(mut self, value: T) -> Self {
        self.arguments
            .push(Given::Value(bytemuck::bytes_of(&value).to_vec()));
        self
    }

    /// The number of blocks in x, y and z; one where not said. None at all launches nothing.
    pub fn blocks(mut self, blocks: [u32; 3]) -> Self {
        self.shape.grid = blocks;
        self
    }

    /// The threads of a block in x, y and z; where not said, 256 in x, or as many as the kernel takes.
    pub fn threads(mut self, threads: [u32; 3]) -> Self {
        self.shape.block = threads;
        self
    }

    /// As many blocks in x as give each of `count` elements a thread. The last block may have more
    /// threads than there are elements left: the kernel has to compare.
    pub fn for_elements(mut self, count: usize) -> Self {
        let threads = self.shape.block[0].max(1);
        match u32::try_from(count.div_ceil(threads as usize)) {
            Ok(blocks) => self.blocks([blocks, 1, 1]),
            Err(_) => {
                self.fail(Error::TooLarge {
                    op: "a launch",
                    what: "the number of elements",
                    value: count,
                    limit: (u32::MAX as usize).saturating_mul(threads as usize),
                });
                self
            }
        }
    }

    /// Bytes of LDS that a block has beside what the kernel declares; none where not said.
    pub fn dynamic_lds(mut self, bytes: u32) -> Self {
        self.shape.dynamic_lds = bytes;
        self
    }

    /// Puts the kernel behind all work before. Nothing waits for it.
    ///
    /// # Errors
    /// The first of these: an operand whose elements are not adjacent ([`Error::NotAdjacent`]), one
    /// on another device ([`Error::Devices`]); arguments that are not the kernel's
    /// ([`Error::KernelArguments`]); a block that it was not compiled for ([`Error::Block`]); the
    /// driver's. A fault of the kernel itself may show at any later call.
    ///
    /// # Safety
    /// With these arguments and this shape, the kernel reads only inside the storages of its inputs
    /// and writes only inside those of its outputs and of what it changes in place; no two of its
    /// threads write to one place without order; it ends.
    pub unsafe fn launch(self) -> Result<()> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let CustomKernel {
            context,
            kernel,
            metadata,
        } = self.kernel;
        let arguments = pack(metadata, &self.arguments)?;
        check_block(metadata, self.shape.block)?;
        let _gate = context.gate();
        if context.is_capturing() {
            context.captured_kernels().push(kernel.clone());
        }
        // SAFETY: the arguments are those that the compiler stated for the kernel, and the caller
        // promises that its accesses stay inside the operands, which were alive until here. A storage
        // that is dropped before the kernel has run is reused only by later work of this stream.
        unsafe { kernel.launch(context.stream(), self.shape, &arguments)? };
        Ok(())
    }

    /// Where a view starts whose elements are adjacent.
    fn adjacent(&self, x: &Storage, layout: &Layout) -> Result<u64> {
        let view = View::new(x, layout)?;
        if layout.is_contiguous() {
            return Ok(view.address());
        }
        Err(Error::NotAdjacent {
            kernel: self.kernel.name().to_owned(),
            layout: layout.clone(),
        })
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
        Given::Pointer(_) => "a pointer".to_owned(),
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
