//! Why a call failed, as a code and in words.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};

use redwick_hip::sys::hipError_t;

use crate::cuda::{CUresult, Cuda};

/// Why a call failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: hipError_t,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(code: hipError_t, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { code, text }
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::new(hipError_t::INVALID_VALUE, text)
    }
}

/// CUDA's answer as a result. HIP took over the numbers of CUDA's codes.
pub(crate) fn check(cuda: &Cuda, code: CUresult) -> Result<(), Failure> {
    if code == 0 {
        return Ok(());
    }
    Err(Failure::new(hipError_t(code), words(cuda, code)))
}

/// What CUDA says a code means.
fn words(cuda: &Cuda, code: CUresult) -> String {
    let mut text = std::ptr::null();
    // SAFETY: the pointer takes the result.
    let found = unsafe { (cuda.cuGetErrorString)(code, &raw mut text) };
    if found != 0 || text.is_null() {
        return format!("CUDA's code {code}");
    }
    // SAFETY: CUDA's texts are C strings that live as long as the library.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

thread_local! {
    /// The text of the calling thread's last failure.
    static LAST: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Keeps a failure's text for the calling thread, and answers its code.
pub(crate) fn note(failure: Failure) -> hipError_t {
    // "Not ready" is an answer, not a failure that anyone asks the text of.
    if failure.code != hipError_t::NOT_READY {
        LAST.set(CString::new(failure.text.replace('\0', "\\0")).ok());
    }
    failure.code
}

/// The text of the calling thread's last failure, or null.
pub(crate) fn last() -> *const c_char {
    LAST.with_borrow(|last| last.as_deref().map_or(std::ptr::null(), CStr::as_ptr))
}
