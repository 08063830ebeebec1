//! Why an op did not run.

use crate::dtype::DType;
use crate::faults::{IndexFault, listed};
use crate::layout::Layout;
use crate::spec::UnknownSpec;

/// A result whose error is this crate's.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an op did not run.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The driver failed.
    #[error(transparent)]
    Hip(#[from] redwick_hip::Error),
    /// There is no code object.
    #[error(transparent)]
    Kernels(redwick_kernels::Error),
    /// More than a launch of a kernel can have.
    #[error("{op}: {reason}")]
    Launch {
        /// The op.
        op: &'static str,
        /// What there is too much of.
        reason: redwick_kernels::Error,
    },
    /// Packed weights cannot be used as asked.
    #[error(transparent)]
    Quantized(#[from] crate::quantized::Error),
    /// A text names no device.
    #[error(transparent)]
    Spec(#[from] UnknownSpec),
    /// No kernel does this op on this dtype.
    #[error("no AMD kernel for {op} of {dtype}{detail}{}", conversions(*dtype, there))]
    NoKernel {
        /// The op.
        op: &'static str,
        /// The dtype of its operands.
        dtype: DType,
        /// What else matters: other dtypes, a shape, which operand it is; empty where nothing does.
        detail: String,
        /// The dtypes that there are kernels for in its place, where it is known.
        there: Vec<DType>,
    },
    /// Operands whose dimensions do not fit each other.
    #[error("{op}: {left} does not fit {right}")]
    Shape {
        /// The op.
        op: &'static str,
        /// One operand's layout, or what was expected.
        left: String,
        /// The other's.
        right: String,
    },
    /// Operands of different dtypes.
    #[error("{op}: operands are of {left} and of {right}; convert one of them")]
    DTypes {
        /// The op.
        op: &'static str,
        /// One operand's dtype.
        left: DType,
        /// The other's.
        right: DType,
    },
    /// Operands on different devices.
    #[error("{op}: operands are on {left} and on {right}; copy one of them first")]
    Devices {
        /// The op.
        op: &'static str,
        /// One operand's device.
        left: String,
        /// The other's.
        right: String,
    },
    /// Operands on one GPU that was opened twice: their work is not in one order.
    #[error(
        "{op}: operands are on {device} as it was opened by two calls (contexts {left} and {right}); \
         open it once and use clones of that, or copy one of them to the other's device first"
    )]
    Contexts {
        /// The op.
        op: &'static str,
        /// The device of both.
        device: String,
        /// The [`Context::id`](crate::Context::id) of one.
        left: u64,
        /// That of the other.
        right: u64,
    },
    /// A layout that reaches outside its storage.
    #[error("a tensor of {layout} reaches outside its storage of {elements} elements")]
    OutOfBounds {
        /// The layout.
        layout: Layout,
        /// The elements that the storage holds.
        elements: usize,
    },
    /// A minimum or maximum over nothing.
    #[error("{op} over a dimension of size 0 has no value")]
    EmptyReduction {
        /// The op.
        op: &'static str,
    },
    /// Parameters from which no random number can be drawn.
    #[error("{op}: {reason}")]
    Distribution {
        /// What was asked.
        op: &'static str,
        /// What is wrong with the parameters.
        reason: String,
    },
    /// Indices outside what they select from. Found by kernels, so they are reported when the device is
    /// next waited for.
    #[error("{}; found since the device was last waited for", listed(faults))]
    IndexOutOfRange {
        /// The ops that met one, in the order in which such ops were first used.
        faults: Vec<IndexFault>,
    },
    /// The device has no room.
    #[error(
        "out of memory on {device}: {requested} bytes asked for; {in_use} bytes are in use by \
         tensors, {free} of {total} bytes are free"
    )]
    OutOfMemory {
        /// The device.
        device: String,
        /// Bytes asked for.
        requested: usize,
        /// Bytes that this process's tensors hold.
        in_use: usize,
        /// Bytes that the device has free.
        free: usize,
        /// Bytes that the device has.
        total: usize,
    },
    /// A capture or the launch of a graph, within a capture.
    #[error("a graph is being captured on {device}; capture or launch others once that has ended")]
    Capturing {
        /// The device.
        device: String,
    },
    /// A size that 32-bit indices, or the host's address space, cannot hold.
    #[error("{op}: {what} is {value}; at most {limit} is possible")]
    TooLarge {
        /// The op.
        op: &'static str,
        /// What is too large.
        what: &'static str,
        /// How large it is.
        value: usize,
        /// How large it may be.
        limit: usize,
    },
    /// Bytes that are no code object.
    #[error("{reason}")]
    CodeObject {
        /// What is wrong with them.
        reason: String,
    },
    /// A code object for another GPU.
    #[error(
        "the code object is for {found}, and the device is a {device}; compile it for {device}"
    )]
    CodeTarget {
        /// The target that it is for.
        found: String,
        /// The device's.
        device: String,
    },
    /// A code object without a kernel of that name.
    #[error(
        "the code object has no kernel {name:?}; it has: {}{}",
        .available.join(", "),
        mangled(name, .available)
    )]
    NoSuchKernel {
        /// The name asked for.
        name: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// Arguments that are not those of the kernel.
    #[error("{kernel} takes ({expected}), and was given ({given})")]
    KernelArguments {
        /// The kernel.
        kernel: String,
        /// What it takes.
        expected: String,
        /// What it was given.
        given: String,
    },
    /// An input in the storage that is changed in place, where not one storage is.
    #[error(
        "{kernel} was given an aliased input, and {changed} storages to change in place; it needs one"
    )]
    Aliased {
        /// The kernel.
        kernel: String,
        /// How many storages it changes in place.
        changed: usize,
    },
    /// A block that the kernel was not compiled for.
    #[error(
        "{kernel} was launched with blocks of {threads:?} threads; it takes 1 to {limit} in all"
    )]
    Block {
        /// The kernel.
        kernel: String,
        /// Threads of a block in x, y and z.
        threads: [u32; 3],
        /// The most that it was compiled for.
        limit: u32,
    },
    /// An operand with gaps, or out of order, for a kernel that takes neither.
    #[error(
        "{kernel}: the elements of {layout} are not adjacent; give it a contiguous tensor, or \
         strides as values"
    )]
    NotAdjacent {
        /// The kernel.
        kernel: String,
        /// The operand's layout.
        layout: Layout,
    },
    /// The emulator was asked for and is not built in.
    #[error("{spec} needs the emulator, which is not built in; build with the feature `emulator`")]
    NoEmulator {
        /// The device asked for.
        spec: String,
    },
    /// The vendor's library was asked for, of a device that has none.
    #[error(
        "{device} has no library for matrix products; own kernels compute them where REDWICK_MATMUL \
         is not `library`, and REDWICK_ROCBLAS may name a rocBLAS for a GPU"
    )]
    NoProductLibrary {
        /// The device.
        device: String,
    },
    /// There is no NVIDIA GPU to develop on.
    #[error("{spec} cannot be opened: {reason}")]
    Nvidia {
        /// The device asked for.
        spec: String,
        /// What is missing.
        reason: String,
    },
    /// The emulator was asked for and refused.
    #[error("{spec} cannot be emulated: {reason}")]
    Emulator {
        /// The device asked for.
        spec: String,
        /// What the emulator says.
        reason: String,
    },
}

/// A hint to which dtypes to convert.
fn conversions(dtype: DType, there: &[DType]) -> String {
    match there {
        [] if dtype == DType::F32 => String::new(),
        [] => "; convert to a dtype that has one, such as f32".to_owned(),
        [one] => format!("; convert to {one}"),
        [dtypes @ .., last] => {
            let dtypes: Vec<_> = dtypes.iter().map(|dtype| dtype.name()).collect();
            format!("; convert to {} or {last}", dtypes.join(", "))
        }
    }
}

/// A hint where a name is there as C++ changes names.
fn mangled(name: &str, available: &[String]) -> &'static str {
    let inside = |found: &String| found.starts_with("_Z") && found.contains(name);
    match available.iter().any(inside) {
        true => "; declare it extern \"C\" to keep its name",
        false => "",
    }
}

/// Says for which op a launch was not possible.
pub(crate) trait OfOp<T> {
    /// The error with the op's name.
    fn of(self, op: &'static str) -> Result<T>;
}

impl<T> OfOp<T> for Result<T, redwick_kernels::Error> {
    fn of(self, op: &'static str) -> Result<T> {
        self.map_err(|reason| Error::Launch { op, reason })
    }
}

impl Error {
    /// A number of steps: kernels divide them by dimensions, exactly only below 2^31.
    pub(crate) fn steps(op: &'static str, value: usize) -> Result<u32> {
        const LIMIT: usize = (1 << 31) - 1;
        if value > LIMIT {
            return Err(Self::TooLarge {
                op,
                what: "the number of elements",
                value,
                limit: LIMIT,
            });
        }
        Self::narrow(op, "the number of elements", value)
    }

    /// A number as 32-bit indices hold it.
    pub(crate) fn narrow(op: &'static str, what: &'static str, value: usize) -> Result<u32> {
        u32::try_from(value).map_err(|_| Self::TooLarge {
            op,
            what,
            value,
            limit: u32::MAX as usize,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_are_to_dtypes_that_there_are() {
        let text = |dtype, there: &[DType]| conversions(dtype, there);
        assert_eq!(text(DType::F32, &[]), "");
        assert!(text(DType::U8, &[]).ends_with("such as f32"));
        assert_eq!(text(DType::I64, &[DType::U32]), "; convert to u32");
        let integers = [DType::U8, DType::U32, DType::I64];
        assert_eq!(text(DType::F32, &integers), "; convert to u8, u32 or i64");
    }

    #[test]
    fn numbers_that_kernels_do_not_take_are_errors() {
        let limit = (1 << 31) - 1;
        assert_eq!(Error::steps("sum", limit).unwrap(), limit as u32);
        let text = Error::steps("sum", limit + 1).unwrap_err().to_string();
        for words in ["sum", "2147483648", "2147483647"] {
            assert!(text.contains(words), "{text}");
        }
        assert_eq!(Error::narrow("sum", "a stride", 7).unwrap(), 7);
        let text = Error::narrow("sum", "a stride", 1 << 32).unwrap_err();
        assert!(text.to_string().contains("a stride"), "{text}");
    }
}
