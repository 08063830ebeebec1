//! The table of HIP functions, made from the list in `functions.rs`.

use std::ffi::{c_char, c_void};
use std::ptr::NonNull;

use super::hipError_t;

/// What a function that the library does not have answers.
trait Absent {
    const ANSWER: Self;
}

impl Absent for hipError_t {
    const ANSWER: Self = hipError_t::ABSENT;
}

impl Absent for *const c_char {
    const ANSWER: Self = std::ptr::null();
}

macro_rules! table {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty;)*) => {
        /// The functions of a HIP implementation.
        ///
        /// A function that the implementation does not have answers [`hipError_t::ABSENT`], so
        /// that every entry can be called.
        #[derive(Clone, Copy, Debug)]
        #[allow(non_snake_case, reason = "the names of the C interface")]
        pub struct Api {
            $(
                $(#[$meta])*
                pub $name: unsafe extern "C" fn($($arg: $ty),*) -> $ret,
            )*
        }

        /// What stands in for functions that the library does not have.
        #[allow(non_snake_case, reason = "the names of the C interface")]
        mod absent {
            use super::Absent;
            $(
                pub(super) unsafe extern "C" fn $name($(_: $ty),*) -> $ret {
                    Absent::ANSWER
                }
            )*
        }

        impl Api {
            /// A table in which every function is absent, to start one's own from.
            pub const ABSENT: Self = Self { $($name: absent::$name,)* };

            /// The names of all functions of the table.
            pub const NAMES: &[&str] = &[$(stringify!($name),)*];

            /// The table of what `symbol` finds, and the names of what it does not.
            ///
            /// # Safety
            /// Each address that `symbol` answers must be that of a function with HIP's signature
            /// for the name, and stay valid while the table is used.
            pub unsafe fn resolve(
                mut symbol: impl FnMut(&'static str) -> Option<NonNull<c_void>>,
            ) -> (Self, Vec<&'static str>) {
                let mut api = Self::ABSENT;
                let mut missing = Vec::new();
                $(
                    match symbol(stringify!($name)) {
                        // SAFETY: the caller promises that this is a function of that type.
                        Some(address) => api.$name = unsafe {
                            std::mem::transmute::<
                                *mut c_void,
                                unsafe extern "C" fn($($ty),*) -> $ret,
                            >(address.as_ptr())
                        },
                        None => missing.push(stringify!($name)),
                    }
                )*
                (api, missing)
            }
        }
    };
}

crate::hip_functions!(table);
