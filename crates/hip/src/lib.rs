//! HIP driver for Rust: loads libamdhip64 at run time, or takes a function table.
//!
//! Three levels, of which most code needs only the last:
//!
//! - [`sys`]: raw types and the table of functions. A function that the library lacks has an entry
//!   that answers [`ABSENT`](sys::hipError_t::ABSENT).
//! - [`result`]: a method per function, with a [`Result`] for the code.
//! - the types at the root of the crate: [`Driver`] → [`Device`] → [`Stream`], [`Event`],
//!   [`DeviceMemory`], [`Buffer`], [`Module`] → [`Kernel`]. Each keeps what it came from alive, so
//!   that things are released in order, from any thread.
//!
//! What was put into a stream during a [`Capture`] becomes a [`Graph`], which one call launches.
//!
//! Beside them, [`Compiler`] makes code objects of HIP source where hipRTC is installed, and
//! [`Blas`] multiplies matrices where rocBLAS is.
//!
//! Who checks what: `result` checks codes. The safe types check ranges, devices and lifetimes; a
//! call on them makes their device the calling thread's current one first. What a kernel does with
//! its arguments nobody can check, so a launch is unsafe. The library behind the table is trusted.
//!
//! ```no_run
//! use redwick_hip::{Arguments, Driver, LaunchShape};
//!
//! # fn main() -> redwick_hip::Result<()> {
//! # let code_object: &[u8] = &[];
//! let device = Driver::load()?.device(0)?;
//! let stream = device.create_stream()?;
//! let data = device.alloc::<f32>(1024)?;
//! stream.write(&data, &[1.0; 1024])?;
//! let kernel = device.load_module(code_object)?.kernel("double")?;
//! let shape = LaunchShape { grid: [4, 1, 1], block: [256, 1, 1], dynamic_lds: 0 };
//! let mut arguments = Arguments::new();
//! arguments.push(data.address()).push(1024u32);
//! // SAFETY: `double` takes a pointer and a count, and stays inside the count.
//! unsafe { kernel.launch(&stream, shape, arguments.bytes())? };
//! let doubled = stream.read(&data)?;
//! # Ok(())
//! # }
//! ```

mod blas;
mod error;
mod loader;
pub mod result;
mod rtc;
mod safe;
pub mod sys;

pub use blas::{Blas, BlasHandle, Factor, MatrixElement, Product};
pub use error::{Attempt, CallError, Error, Result};
pub use result::LaunchShape;
pub use rtc::Compiler;
pub use safe::{
    Address, Arguments, Buffer, Capture, Device, DeviceMemory, Driver, Event, Graph, Kernel,
    MemoryInfo, Module, Properties, Stream, Version,
};
