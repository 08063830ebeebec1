//! Candle's tensors on AMD GPUs.
//!
//! A thin adapter: it unwraps Candle's layouts and dtypes, and everything else is done by
//! `redwick-tensor-ops`. Ops that have no kernel yet answer [`RocmError::OpUnavailable`] or
//! tensor-ops' own error, each with op and dtype.
//!
//! Kernels of one's own, for the `rocm_fwd` of custom ops, are loaded by
//! [`RocmDevice::load_code_object`] or compiled by [`RocmDevice::compile`].
//!
//! What differs from Candle's other backends:
//!
//! - opening a device twice gives the same device, with one stream and one pool of memory;
//!   [`RocmDevice::new_with_stream`] gives a separate one;
//! - an index out of range shows where the device is next waited for, not at the op itself;
//! - tensors may have 2^31 elements and more in element-wise ops, products, sums, minima and maxima;
//!   elsewhere (by index, argmin and argmax of a row, sorting, pooling, convolutions) they are an error
//!   that names the limit;
//! - random numbers are the same bits on every target: a function of the seed
//!   (`Device::set_seed`) and of how many were drawn before;
//! - sums of floats at indices that come more than once (`scatter_add`, `index_add`) may differ in
//!   their last bits from run to run, unless [`RocmDevice::set_deterministic`] asks otherwise.

#![warn(unused, missing_docs, unreachable_pub, clippy::all)]
#![warn(clippy::undocumented_unsafe_blocks, clippy::unwrap_used)]

mod convert;
mod custom;
mod device;
mod error;
pub mod fused;
pub mod moe;
mod storage;

pub use custom::{RocmKernel, RocmLaunch, RocmModule};
pub use device::{DeviceId, RocmDevice};
pub use error::RocmError;
pub use redwick_tensor_ops as tensor_ops;
pub use redwick_tensor_ops::hip::Compiler as RocmCompiler;
pub use storage::RocmStorage;

use crate::{Layout, Result, Shape};

/// Whether `Device::new_rocm(0)` would find an AMD GPU.
pub fn is_available() -> bool {
    tensor_ops::is_available()
}

/// The order that sorts each row.
pub(crate) fn arg_sort(
    storage: &RocmStorage,
    layout: &Layout,
    ascending: bool,
    _last_dim: usize,
) -> Result<(RocmStorage, Shape)> {
    let order = storage.map(layout, |x| tensor_ops::ops::arg_sort(x, ascending))?;
    Ok((order, layout.shape().clone()))
}
