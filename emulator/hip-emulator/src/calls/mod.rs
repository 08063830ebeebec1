//! What HIP's functions do, a file for each noun.
//!
//! Each function is the C function of its name, with the implementation as first argument. All are
//! unsafe for the same reason: the pointers that a C caller passes are what HIP's documentation
//! asks for. Handles and device addresses are checked.

#![allow(non_snake_case, reason = "the names of the C interface")]

mod device;
mod event;
mod graph;
mod host;
mod image;
mod launch;
mod memory;
mod module;
mod properties;
mod stream;

use std::ffi::{CStr, c_char};

pub(crate) use device::*;
pub(crate) use event::*;
pub(crate) use graph::*;
pub(crate) use host::*;
pub(crate) use launch::*;
pub(crate) use memory::*;
pub(crate) use module::*;
pub(crate) use stream::*;

use crate::failure::Failure;

/// What a call comes to.
type Outcome = Result<(), Failure>;

/// Writes a result where the caller asked for it.
unsafe fn put<T>(out: *mut T, value: T) -> Outcome {
    // SAFETY: the caller says that it is a place for a `T`, if it is any.
    unsafe { redwick_hip::sys::write_result(out, value) }.map_err(Failure::invalid)
}

/// A name that the caller passed.
unsafe fn name<'a>(name: *const c_char) -> Result<&'a str, Failure> {
    if name.is_null() {
        return Err(Failure::invalid("null is no name"));
    }
    // SAFETY: not null, and the caller says that it is a C string.
    let name = unsafe { CStr::from_ptr(name) };
    name.to_str()
        .map_err(|_| Failure::invalid(format!("{name:?} is not UTF-8")))
}
