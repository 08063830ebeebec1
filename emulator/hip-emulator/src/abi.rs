//! The `extern "C"` functions, one of each for every implementation, and their tables.

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redwick_hip::sys::{Api, hipError_t};

use crate::calls;
use crate::failure::{self, Failure};
use crate::runtime::{Runtime, SLOTS};

/// Turns what a call comes to into what its C function answers.
trait Answer<T> {
    fn answer(self) -> T;
}

impl Answer<hipError_t> for Result<(), Failure> {
    fn answer(self) -> hipError_t {
        match self {
            Ok(()) => {
                failure::clear();
                hipError_t::SUCCESS
            }
            Err(failure) => failure::note(failure),
        }
    }
}

impl Answer<*const c_char> for Result<*const c_char, Failure> {
    fn answer(self) -> *const c_char {
        self.unwrap_or(std::ptr::null())
    }
}

/// Runs a call on an implementation. A panic would be a mistake in the emulator; it must not cross
/// into C.
fn enter<T>(slot: usize, call: impl FnOnce(&Runtime) -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(|| call(Runtime::get(slot)?))).unwrap_or_else(|_| {
        let text = "the emulator panicked; its message is on stderr";
        Err(Failure::new(hipError_t::UNKNOWN, text))
    })
}

/// Makes a C function for each of the list, whose work is done by the function of the same name in
/// `calls`.
macro_rules! abi {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty;)*) => {
        $(
            #[allow(non_snake_case, reason = "the names of the C interface")]
            unsafe extern "C" fn $name<const SLOT: usize>($($arg: $ty),*) -> $ret {
                // SAFETY: C callers keep to HIP's documentation, which is what the functions of
                // `calls` ask for.
                Answer::answer(enter(SLOT, |runtime| unsafe { calls::$name(runtime, $($arg),*) }))
            }
        )*

        const fn table<const SLOT: usize>() -> Api {
            Api { $($name: $name::<SLOT>,)* }
        }
    };
}

redwick_hip::hip_functions!(abi);

/// The function table of each implementation.
pub(crate) static TABLES: [Api; SLOTS] = [
    table::<0>(),
    table::<1>(),
    table::<2>(),
    table::<3>(),
    table::<4>(),
    table::<5>(),
    table::<6>(),
    table::<7>(),
    table::<8>(),
    table::<9>(),
    table::<10>(),
    table::<11>(),
    table::<12>(),
    table::<13>(),
    table::<14>(),
    table::<15>(),
];
