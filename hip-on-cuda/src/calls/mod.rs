//! What HIP's functions do, a file for each noun.
//!
//! Each function is the C function of its name, with the CUDA driver as first argument. All are
//! unsafe for the same reason: the pointers and handles that a C caller passes are what HIP's
//! documentation asks for. CUDA checks them as HIP would. A handle of HIP is CUDA's.

#![allow(non_snake_case, reason = "the names of the C interface")]

mod device;
mod event;
mod graph;
mod launch;
mod memory;
mod module;
mod properties;
mod stream;

pub(crate) use device::*;
pub(crate) use event::*;
pub(crate) use graph::*;
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
