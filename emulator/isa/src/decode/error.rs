//! What can be wrong with bytes that should be an instruction.

/// Bytes that are no instruction of the generation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The code ends inside an instruction.
    #[error("{address:#x}: the instruction needs {needed} bytes, only {available} are left")]
    Truncated {
        /// Where the instruction starts.
        address: u64,
        /// Bytes needed to go on.
        needed: usize,
        /// Bytes there.
        available: usize,
    },
    /// The first word belongs to no format of the generation's compute instructions.
    #[error(
        "{address:#x}: {word:#010x} belongs to no {target} instruction format that kernels use"
    )]
    UnknownFormat {
        /// Where the instruction starts.
        address: u64,
        /// Its first word.
        word: u32,
        /// The generation's target.
        target: &'static str,
    },
    /// The format is known, the opcode is not.
    #[error(
        "{address:#x}: {word:#010x} has opcode {code:#x}, which {target} lacks among its {format} instructions"
    )]
    UnknownOpcode {
        /// Where the instruction starts.
        address: u64,
        /// Its first word.
        word: u32,
        /// The opcode field.
        code: u32,
        /// The format's name.
        format: &'static str,
        /// The generation's target.
        target: &'static str,
    },
    /// A field holds a value that means nothing.
    #[error("{address:#x}: {word:#010x} has {what} {value:#x}, which means nothing on {target}")]
    UnknownValue {
        /// Where the instruction starts.
        address: u64,
        /// Its first word.
        word: u32,
        /// Which field.
        what: &'static str,
        /// Its value.
        value: u32,
        /// The generation's target.
        target: &'static str,
    },
}
