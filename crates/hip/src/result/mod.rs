//! HIP's functions with a `Result` for the code, one method each.
//!
//! Nothing is owned and no device is made current here: that is for the types at the crate's root. Methods that
//! take handles or addresses are unsafe, since nothing keeps those valid.

mod device;
mod graph;
mod memory;
mod module;
mod stream;

use std::ffi::CStr;

use crate::error::{CallError, Error, Result};
use crate::sys::{Api, hipError_t};

pub use module::LaunchShape;

/// A table of HIP functions, and what to call it in errors.
#[derive(Debug)]
pub struct Hip {
    api: Api,
    description: String,
}

impl Hip {
    /// Wraps a table.
    ///
    /// # Safety
    /// The functions of the table do what HIP's documentation says.
    #[must_use]
    pub unsafe fn new(api: Api, description: String) -> Self {
        Self { api, description }
    }

    /// The functions.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Where the functions come from.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Turns a code into a result.
    fn check(&self, function: &'static str, code: hipError_t) -> Result<()> {
        match code {
            hipError_t::SUCCESS => Ok(()),
            _ => Err(self.failure(function, code)),
        }
    }

    #[cold]
    fn failure(&self, function: &'static str, code: hipError_t) -> Error {
        let library = self.description.clone();
        match code {
            hipError_t::ABSENT => Error::Unsupported { function, library },
            hipError_t::STREAM_CAPTURE_UNSUPPORTED
            | hipError_t::STREAM_CAPTURE_IMPLICIT
            | hipError_t::CAPTURED_EVENT => Error::NotCapturable { function, library },
            hipError_t::STREAM_CAPTURE_INVALIDATED => Error::CaptureLost { library },
            _ => self.other_failure(function, code),
        }
    }

    fn other_failure(&self, function: &'static str, code: hipError_t) -> Error {
        // SAFETY: both answer null or a string that is valid until this thread's next call.
        let (fault, message) = unsafe {
            (
                text((self.api.redwickLastFault)()),
                text((self.api.hipGetErrorString)(code)),
            )
        };
        Error::Call(CallError {
            function,
            code,
            message: message.unwrap_or_default(),
            fault,
            library: self.description.clone(),
        })
    }
}

/// Copies a C string; null is none.
///
/// # Safety
/// Null, or a valid C string.
unsafe fn text(string: *const std::ffi::c_char) -> Option<String> {
    if string.is_null() {
        return None;
    }
    // SAFETY: the caller promises that it is valid.
    let string = unsafe { CStr::from_ptr(string) };
    Some(string.to_string_lossy().into_owned())
}

/// Calls a function of the table and checks its code.
macro_rules! call {
    ($hip:ident.$function:ident($($arg:expr),* $(,)?)) => {
        $hip.check(stringify!($function), ($hip.api.$function)($($arg),*))
    };
}

use call;
