//! Why a request to the GPU failed.

use std::fmt::{self, Display};
use std::path::PathBuf;

use crate::sys::hipError_t;

/// A result whose error is this crate's.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request to the GPU failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No HIP library could be loaded.
    #[error(
        "no HIP library found; tried:{}\n\
         install ROCm 6.0 or later (package hip-runtime-amd): \
         https://rocm.docs.amd.com/projects/install-on-linux",
        list(.tried)
    )]
    NoLibrary {
        /// What was tried, in order.
        tried: Vec<Attempt>,
    },
    /// A library was loaded that is not HIP's.
    #[error(
        "{library} is no HIP library: it lacks {}; name a libamdhip64.so",
        .missing.join(", ")
    )]
    NotHip {
        /// The library.
        library: String,
        /// The functions without which nothing works.
        missing: Vec<&'static str>,
    },
    /// No hipRTC library could be loaded.
    #[error(
        "no hipRTC library found to compile HIP source with; tried:{}\n\
         install ROCm 6.0 or later (package hip-runtime-amd), or load code objects that were \
         compiled elsewhere",
        list(.tried)
    )]
    NoCompiler {
        /// What was tried, in order.
        tried: Vec<Attempt>,
    },
    /// hipRTC refused a source.
    #[error("hipRTC did not compile {name} with {}: {reason}\n{log}", .options.join(" "))]
    Compilation {
        /// The source's name.
        name: String,
        /// The options that it was compiled with.
        options: Vec<String>,
        /// What the library says about its code.
        reason: String,
        /// What the compiler says about the source.
        log: String,
    },
    /// No rocBLAS library could be loaded.
    #[error(
        "no rocBLAS library found; tried:{}\n\
         it is not needed: own kernels compute matrix products. To have it, install ROCm's package \
         rocblas",
        list(.tried)
    )]
    NoBlas {
        /// What was tried, in order.
        tried: Vec<Attempt>,
    },
    /// A function of rocBLAS failed.
    #[error("{function} failed: {message} ({status}) [{library}]")]
    Blas {
        /// The function.
        function: &'static str,
        /// What it answered.
        status: i32,
        /// What the library says about the status.
        message: String,
        /// The library.
        library: String,
    },
    /// Text that C cannot take.
    #[error("{what} holds a NUL character, where C strings end")]
    Nul {
        /// The text.
        what: &'static str,
    },
    /// The library lacks a function.
    #[error("{library} has no function {function}: ROCm 6.0 or later is needed")]
    Unsupported {
        /// The function.
        function: &'static str,
        /// The library.
        library: String,
    },
    /// There is no GPU that the library can use.
    #[error(
        "no AMD GPU: {library} reports no device; check that the amdgpu driver is loaded and that \
         you may open /dev/kfd and /dev/dri/renderD* (groups render and video)"
    )]
    NoDevice {
        /// The library.
        library: String,
    },
    /// There is no GPU of that number.
    #[error("no device {asked}: {library} reports {count}, numbered from 0")]
    DeviceNumber {
        /// The number asked for.
        asked: usize,
        /// How many there are.
        count: usize,
        /// The library.
        library: String,
    },
    /// An allocation that the device has no room for.
    #[error(
        "out of device memory: {requested} bytes asked for, {free} of {total} bytes free on \
         device {device}"
    )]
    OutOfMemory {
        /// Bytes asked for.
        requested: usize,
        /// Bytes free at that time; 0 where the library could not say.
        free: usize,
        /// Bytes the device has; 0 where the library could not say.
        total: usize,
        /// The device's number.
        device: usize,
    },
    /// A range outside an allocation.
    #[error("{what}: bytes {offset}..{offset}+{bytes} of an allocation of {size} bytes")]
    OutOfRange {
        /// What was asked for.
        what: &'static str,
        /// Where the range starts.
        offset: usize,
        /// How long it is.
        bytes: usize,
        /// How long the allocation is.
        size: usize,
    },
    /// An allocation's size does not fit the address space.
    #[error("{len} elements of {size} bytes are more than an address can count")]
    TooLarge {
        /// Elements asked for.
        len: usize,
        /// Bytes of an element.
        size: usize,
    },
    /// The objects of one call belong to different devices.
    #[error("{what} belongs to {found}, and is used with {expected}")]
    WrongDevice {
        /// What is on another device.
        what: &'static str,
        /// Where it is.
        found: String,
        /// Where it should be.
        expected: String,
    },
    /// Bytes that are not a code object.
    #[error("not a code object: {reason}; expected the ELF file of a single GPU target")]
    Image {
        /// What is wrong with them.
        reason: &'static str,
    },
    /// A module without the kernel or variable.
    #[error("the module has no {what} named {name:?}")]
    NoSymbol {
        /// A kernel or a variable.
        what: &'static str,
        /// The name asked for.
        name: String,
    },
    /// A call that cannot be part of a graph, while one is captured.
    #[error(
        "{function} cannot be part of a graph, and a graph is being captured [{library}]; it waits \
         for work that has not begun, or needs it done: call it before or after the capture"
    )]
    NotCapturable {
        /// The function.
        function: &'static str,
        /// The library.
        library: String,
    },
    /// A capture that an earlier call ended.
    #[error(
        "the capture gives no graph: a call that cannot be part of one came between [{library}]; \
         its own error says which"
    )]
    CaptureLost {
        /// The library.
        library: String,
    },
    /// A HIP function failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl Error {
    /// HIP's code, where the error comes from one.
    #[must_use]
    pub fn code(&self) -> Option<hipError_t> {
        match self {
            Self::Call(error) => Some(error.code),
            Self::OutOfMemory { .. } => Some(hipError_t::OUT_OF_MEMORY),
            Self::NoDevice { .. } => Some(hipError_t::NO_DEVICE),
            Self::NoSymbol { .. } => Some(hipError_t::NOT_FOUND),
            Self::NotCapturable { .. } => Some(hipError_t::STREAM_CAPTURE_UNSUPPORTED),
            Self::CaptureLost { .. } => Some(hipError_t::STREAM_CAPTURE_INVALIDATED),
            _ => None,
        }
    }
}

/// A HIP function failed.
#[derive(Clone, Debug)]
pub struct CallError {
    /// The function.
    pub function: &'static str,
    /// What it answered.
    pub code: hipError_t,
    /// What the library says about the code.
    pub message: String,
    /// What the implementation says about this failure, where it knows more than the code.
    pub fault: Option<String>,
    /// The library.
    pub library: String,
}

impl std::error::Error for CallError {}

impl Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.code.name().unwrap_or("unknown code");
        write!(f, "{} failed: {name} ({})", self.function, self.code.0)?;
        if !self.message.is_empty() {
            write!(f, ", {}", self.message)?;
        }
        if let Some(fault) = &self.fault {
            write!(f, ": {fault}")?;
        }
        write!(f, " [{}]", self.library)
    }
}

/// A library that could not be loaded.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its name, or its path.
    pub path: PathBuf,
    /// Why not.
    pub reason: String,
}

fn list(tried: &[Attempt]) -> String {
    tried
        .iter()
        .map(|attempt| format!("\n  {}: {}", attempt.path.display(), attempt.reason))
        .collect()
}
