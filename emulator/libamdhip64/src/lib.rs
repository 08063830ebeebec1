//! The emulator as a shared library named like the real HIP runtime.
//!
//! Programs that load `libamdhip64.so` at run time find an emulated GPU when this library's folder
//! is on their path. `REDWICK_EMULATED_TARGET` chooses the target, `gfx942` or `gfx942:checked`,
//! and is `gfx942` when not set; the other variables are those of `redwick_hip_emulator::Options`.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use redwick_hip::sys::{Api, hipError_t};

/// Chooses the emulated target.
const TARGET: &str = "REDWICK_EMULATED_TARGET";
const DEFAULT_TARGET: &str = "gfx942";

/// The functions of the chosen target, or why there are none.
fn api() -> Result<&'static Api, &'static CString> {
    static API: OnceLock<Result<Api, CString>> = OnceLock::new();
    API.get_or_init(|| load().map_err(|text| CString::new(text).unwrap_or_default()))
        .as_ref()
}

fn load() -> Result<Api, String> {
    let target = std::env::var(TARGET).unwrap_or_else(|_| DEFAULT_TARGET.to_owned());
    match redwick_hip_emulator::driver(&target) {
        Ok(driver) => Ok(*driver.hip().api()),
        Err(error) => Err(format!("{TARGET}={target}: {error}")),
    }
}

/// What a function answers when there is no target to ask.
trait Refusal {
    fn refuse(reason: &'static CString) -> Self;
}

impl Refusal for hipError_t {
    fn refuse(_: &'static CString) -> Self {
        Self::NOT_INITIALIZED
    }
}

/// The functions that answer text are asked about failures.
impl Refusal for *const c_char {
    fn refuse(reason: &'static CString) -> Self {
        reason.as_ptr()
    }
}

/// Exports each function of the list, which calls the chosen target's.
macro_rules! exports {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty;)*) => {
        $(
            $(#[$meta])*
            ///
            /// # Safety
            /// As HIP's documentation says.
            // SAFETY: the name is meant to be that of HIP's function, whose signature this is.
            #[unsafe(no_mangle)]
            #[allow(non_snake_case, reason = "the names of the C interface")]
            pub unsafe extern "C" fn $name($($arg: $ty),*) -> $ret {
                match api() {
                    // SAFETY: the caller's arguments are handed on as they are.
                    Ok(api) => unsafe { (api.$name)($($arg),*) },
                    Err(reason) => Refusal::refuse(reason),
                }
            }
        )*
    };
}

redwick_hip::hip_functions!(exports);
