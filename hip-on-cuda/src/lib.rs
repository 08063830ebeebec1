//! HIP's C interface over the CUDA driver, as a function table.
//!
//! **A development target.** Redwick is for AMD GPUs; HIP's interface and its kernel language are
//! defined for NVIDIA GPUs as well, and the same kernel sources compile for both. So the whole stack,
//! from tensors to machine code, can run on an NVIDIA GPU: for races, for real sizes and for speed,
//! where an emulator says nothing.
//!
//! [`driver`] gives a [`redwick_hip::Driver`] whose devices are NVIDIA's; nothing above the driver
//! can tell, but by the name of the target, which is `sm_90` for compute capability 9.0. Code objects
//! are cubins.
//!
//! How a call goes: an `extern "C"` function of `abi`, made by one macro from the driver's list, hands
//! over to the function of the same name in `calls`, a file for each noun, which calls the functions
//! of `cuda`, loaded from `libcuda.so.1`. Status codes pass through: HIP's numbers are CUDA's, and
//! `failure` holds the text that CUDA has for one.

mod abi;
mod calls;
mod cublas;
mod cuda;
mod current;
mod failure;

use std::sync::OnceLock;

use redwick_hip::sys::Api;
use redwick_hip::{Blas, Driver};

pub use cuda::Error;

/// The function table.
///
/// # Errors
/// When there is no CUDA driver, or one that is too old.
pub fn table() -> Result<Api, Error> {
    cuda::api()?;
    Ok(abi::TABLE)
}

/// The driver, whose devices are the machine's NVIDIA GPUs. Every call gives the same.
///
/// # Errors
/// As [`table`].
pub fn driver() -> Result<Driver, Error> {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    let table = table()?;
    // SAFETY: the functions of `abi` do what HIP's documentation says.
    let new = || unsafe { Driver::from_table(table, "HIP over the CUDA driver") };
    Ok(DRIVER.get_or_init(new).clone())
}

/// rocBLAS's functions over cuBLAS.
///
/// # Errors
/// When there is no CUDA driver or no cuBLAS.
pub fn blas() -> Result<Blas, Error> {
    let table = cublas::table()?;
    // SAFETY: the functions of `cublas` do what rocBLAS's documentation says of what is called.
    Ok(unsafe { Blas::from_table(table, "rocBLAS's functions over cuBLAS") })
}
