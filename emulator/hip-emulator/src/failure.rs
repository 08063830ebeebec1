//! Why a call failed, as a code and in words.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};

use redwick_gpu::{FaultKind, LaunchError, MemoryError, OutOfMemory};
use redwick_hip::sys::hipError_t;

/// Why a call failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: hipError_t,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(code: hipError_t, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::new(hipError_t::INVALID_VALUE, text)
    }
}

impl From<MemoryError> for Failure {
    fn from(error: MemoryError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<OutOfMemory> for Failure {
    fn from(error: OutOfMemory) -> Self {
        Self::new(hipError_t::OUT_OF_MEMORY, error.to_string())
    }
}

impl From<redwick_gpu::Error> for Failure {
    fn from(error: redwick_gpu::Error) -> Self {
        use redwick_gpu::Error as Gpu;
        let code = match &error {
            Gpu::CodeObject(_) => hipError_t::INVALID_IMAGE,
            Gpu::WrongTarget { .. } => hipError_t::NO_BINARY_FOR_GPU,
            Gpu::UndefinedSymbol(_) => hipError_t::SHARED_OBJECT_SYMBOL_NOT_FOUND,
            Gpu::OutOfMemory(_) => hipError_t::OUT_OF_MEMORY,
            _ => hipError_t::OPERATING_SYSTEM,
        };
        Self::new(code, error.to_string())
    }
}

impl From<LaunchError> for Failure {
    fn from(error: LaunchError) -> Self {
        let code = match &error {
            LaunchError::Fault(fault) => match fault.kind {
                FaultKind::OutOfBounds { .. } => hipError_t::ILLEGAL_ADDRESS,
                _ => hipError_t::LAUNCH_FAILURE,
            },
            LaunchError::Invalid { .. } => hipError_t::INVALID_CONFIGURATION,
            LaunchError::OutOfMemory(_) => hipError_t::OUT_OF_MEMORY,
            _ => hipError_t::UNKNOWN,
        };
        Self::new(code, error.to_string())
    }
}

thread_local! {
    /// The text of the calling thread's last failure, until its next call.
    static LAST: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Forgets the calling thread's last failure.
pub(crate) fn clear() {
    LAST.take();
}

/// Keeps a failure's text for the calling thread, and answers its code.
pub(crate) fn note(failure: Failure) -> hipError_t {
    if std::env::var_os("REDWICK_EMULATOR_VERBOSE").is_some() {
        eprintln!("emulator: {}", failure.text);
    }
    // Texts hold no zero byte, unless one came with a name that a caller passed.
    LAST.set(CString::new(failure.text.replace('\0', "\\0")).ok());
    failure.code
}

/// The text of the calling thread's last failure, or null.
pub(crate) fn last() -> *const c_char {
    LAST.with_borrow(|last| last.as_deref().map_or(std::ptr::null(), CStr::as_ptr))
}

/// What a code means, in words.
pub(crate) fn meaning(code: hipError_t) -> &'static CStr {
    MEANINGS
        .iter()
        .find_map(|&(known, text)| (known == code).then_some(text))
        .unwrap_or(c"unknown error")
}

/// The codes that the emulator answers.
const MEANINGS: &[(hipError_t, &CStr)] = &[
    (hipError_t::SUCCESS, c"no error"),
    (hipError_t::INVALID_VALUE, c"invalid argument"),
    (hipError_t::OUT_OF_MEMORY, c"out of memory"),
    (
        hipError_t::INVALID_CONFIGURATION,
        c"impossible grid, block or LDS size",
    ),
    (
        hipError_t::INVALID_MEMCPY_DIRECTION,
        c"addresses contradict the copy's direction",
    ),
    (hipError_t::INVALID_DEVICE, c"no device of that number"),
    (hipError_t::INVALID_IMAGE, c"not a code object"),
    (
        hipError_t::NO_BINARY_FOR_GPU,
        c"code object for another target",
    ),
    (
        hipError_t::SHARED_OBJECT_SYMBOL_NOT_FOUND,
        c"undefined symbol in a code object",
    ),
    (
        hipError_t::OPERATING_SYSTEM,
        c"the operating system refused",
    ),
    (
        hipError_t::INVALID_HANDLE,
        c"no such stream, event, module or kernel",
    ),
    (hipError_t::NOT_FOUND, c"no such kernel or variable"),
    (hipError_t::NOT_READY, c"not ready"),
    (
        hipError_t::ILLEGAL_ADDRESS,
        c"a kernel accessed memory outside of every allocation",
    ),
    (hipError_t::LAUNCH_FAILURE, c"a kernel stopped with a fault"),
];
