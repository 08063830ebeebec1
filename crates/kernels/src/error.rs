use crate::Family;

/// Why there is no code or no launch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No code objects were built for the target.
    #[error(
        "no kernels for target `{asked}`: this build has {}; add the target to \
         crates/kernels/manifest.toml and run `cargo xtask kernels`",
        there.join(", ")
    )]
    UnknownTarget {
        /// The target asked for.
        asked: String,
        /// The targets there are.
        there: Vec<&'static str>,
    },
    /// The file of a code object is absent or damaged.
    #[error(
        "the code object `{}` for {target} is unusable: {reason}; run `cargo xtask kernels`",
        family.name()
    )]
    DamagedCodeObject {
        /// The target.
        target: &'static str,
        /// The family.
        family: Family,
        /// What is wrong with it.
        reason: String,
    },
    /// More dimensions than a kernel takes, even after collapsing.
    #[error(
        "{dims} dimensions that do not collapse; kernels take at most {}",
        crate::MAX_DIMS
    )]
    TooManyDims {
        /// The dimensions.
        dims: usize,
    },
    /// Each operand needs a stride for each dimension.
    #[error("{strides} strides for {dims} dimensions")]
    StridesMismatch {
        /// The dimensions.
        dims: usize,
        /// The strides of some operand.
        strides: usize,
    },
    /// More workgroups than a launch can have.
    #[error("{what} is {value}; a launch of {kernel} takes at most {limit}")]
    GridTooLarge {
        /// The kernel's symbol, which names its dtypes.
        kernel: &'static str,
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        value: u64,
        /// How many there may be.
        limit: u64,
    },
    /// Kernels index in 32 bits; strided ones divide such indices exactly only below 2^31.
    #[error("{what} is {value}; kernels take at most {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        value: u64,
        /// How large it may be.
        limit: u64,
    },
}
