//! Redwick's GPU kernels: HIP sources, manifest, prebuilt code objects and typed arguments.
//!
//! `manifest.toml` lists the kernels. For each row there is a function here, such as [`unary`],
//! that finds the [`Kernel`] for the values of its axes; the kernel says how to launch it and
//! which struct of [`args`] it takes. Its code is in the code object of its [`Family`], which
//! [`code_object`] gives for a target.
//!
//! Addresses in arguments are those of the first element that is meant: an offset of the tensor is
//! already added. All strides and counts are in elements. Kernels check no bounds of tensors; the
//! caller does. Destinations never overlap sources.

mod axis;
mod code;
mod error;
mod launch;
mod packed;
mod products;
mod scalar;
mod walk;

pub use axis::Axis;
pub use code::{FOLDER_VARIABLE, code_object, targets, wave_size};
pub use error::Error;
pub use launch::{Arguments, Field, Grid, Kernel, KernelInfo, Shape, Tiling, all};
pub use packed::{PackedForm, PackedProducts, packed_forms};
pub use products::{LibraryProducts, ProductShape, library_products};
pub use scalar::Scalar;
pub use walk::{Divisor, MAX_DIMS, Walk};

include!(concat!(env!("OUT_DIR"), "/generated.rs"));
