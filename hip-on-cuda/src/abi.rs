//! The `extern "C"` functions and their table.

use std::ffi::c_char;

use redwick_hip::sys::{Api, hipError_t};

use crate::calls;
use crate::cuda::{self, Cuda};
use crate::failure::{self, Failure};

/// Turns what a call comes to into what its C function answers.
trait Answer<T> {
    fn answer(self) -> T;
}

impl Answer<hipError_t> for Result<(), Failure> {
    fn answer(self) -> hipError_t {
        self.map_or_else(failure::note, |()| hipError_t::SUCCESS)
    }
}

impl Answer<*const c_char> for Result<*const c_char, Failure> {
    fn answer(self) -> *const c_char {
        self.unwrap_or(std::ptr::null())
    }
}

/// Runs a call on the CUDA driver, which was loaded before the table was given out.
fn enter<T>(call: impl FnOnce(&'static Cuda) -> Result<T, Failure>) -> Result<T, Failure> {
    let absent = |error: cuda::Error| Failure::new(hipError_t::NOT_INITIALIZED, error.to_string());
    call(cuda::api().map_err(absent)?)
}

/// Makes a C function for each of the list, whose work is done by the function of the same name in
/// `calls`.
macro_rules! abi {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty;)*) => {
        $(
            #[allow(non_snake_case, reason = "the names of the C interface")]
            unsafe extern "C" fn $name($($arg: $ty),*) -> $ret {
                // SAFETY: C callers keep to HIP's documentation, which is what the functions of
                // `calls` ask for.
                Answer::answer(enter(|cuda| unsafe { calls::$name(cuda, $($arg),*) }))
            }
        )*

        /// The function table.
        pub(crate) const TABLE: Api = Api { $($name,)* };
    };
}

redwick_hip::hip_functions!(abi);
