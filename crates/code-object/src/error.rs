//! Why bytes are not a code object that can be loaded.

/// Why bytes are not a code object that can be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file ends before what its headers announce.
    #[error(
        "code object truncated while reading {what}: {detail} (file of {size} bytes); was it copied completely?"
    )]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// What the ELF reader found.
        detail: String,
        /// Bytes there are.
        size: usize,
    },
    /// The bytes do not start as a 64-bit little-endian ELF file does.
    #[error(
        "not an ELF file: it starts with {start:02x?}; a code object is built by clang with --cuda-device-only --no-gpu-bundle-output"
    )]
    NotElf {
        /// The first bytes, eight at most.
        start: Vec<u8>,
    },
    /// An ELF file for another machine or operating system.
    #[error(
        "an ELF file for machine {machine} and OS ABI {os_abi}, not an AMD GPU code object (machine 224, OS ABI 64)"
    )]
    NotAmdGpu {
        /// `e_machine`.
        machine: u16,
        /// `EI_OSABI`.
        os_abi: u8,
    },
    /// A code object version that this crate does not read.
    #[error(
        "code object version {found} (ABI version {abi_version}) is not supported: build with -mcode-object-version=5"
    )]
    Version {
        /// The version, as compilers count it.
        found: u32,
        /// `EI_ABIVERSION`.
        abi_version: u8,
    },
    /// A target that this crate has no name for.
    #[error("unknown GPU target: EF_AMDGPU_MACH is {mach:#x} in e_flags {flags:#x}")]
    Target {
        /// The machine field of `e_flags`.
        mach: u32,
        /// All of `e_flags`.
        flags: u32,
    },
    /// A part of the file contradicts another or lies outside of it.
    #[error("malformed code object: {what}: {detail}")]
    Malformed {
        /// The part.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// There is no metadata note.
    #[error("code object without NT_AMDGPU_METADATA note: it was stripped, or holds no kernels")]
    NoMetadata,
    /// The metadata is not the MessagePack that the format asks for.
    #[error("kernel metadata does not decode: {0}")]
    Metadata(#[from] rmp_serde::decode::Error),
    /// The metadata names a descriptor that the file does not define.
    #[error("kernel {kernel}: descriptor symbol {symbol} is not in the symbol table")]
    NoDescriptor {
        /// The kernel.
        kernel: String,
        /// The symbol that its metadata names.
        symbol: String,
    },
    /// A descriptor that is not inside a segment.
    #[error("kernel {kernel}: descriptor at {address:#x} is outside all segments")]
    DescriptorOutside {
        /// The kernel.
        kernel: String,
        /// Where its descriptor should be.
        address: u64,
    },
    /// A kernel that starts outside all segments.
    #[error("kernel {kernel}: first instruction at {address:#x} is outside all segments")]
    EntryOutside {
        /// The kernel.
        kernel: String,
        /// Where its first instruction should be.
        address: u64,
    },
}
