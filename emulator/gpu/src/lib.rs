//! A software AMD GPU: it executes the machine code of AMD code objects, instruction by instruction.
//!
//! [`Gpu::load`] puts a code object into device memory, [`Gpu::launch`] runs one of its kernels over
//! a grid of workgroups. What runs is what the code object holds: nothing here knows a kernel by
//! name, and no operation is computed any other way than by its instructions.
//!
//! How a launch goes: `program` decodes the kernel once into steps, each with a handler and
//! resolved operands; `dispatch` fills in arguments and hands workgroups to host threads; each
//! workgroup's waves run in turn on one thread and meet at barriers (`group`); a `wave` holds the
//! registers and the handlers in `exec` work on it. What a wave does wrong becomes a [`Fault`],
//! never a panic and never an access outside the arena of [`Memory`].
//!
//! Unsafe code is in two places: `memory`, for raw access to the arena, and `exec::level`, which
//! calls handlers compiled for the host's vector features.
//!
//! `docs/EMULATOR.md` states what is exact, what is better than hardware and what is not modelled.

mod dispatch;
mod exec;
mod fault;
mod gpu;
mod group;
mod lds;
mod memory;
mod module;
mod program;
mod setup;
mod shadow;
mod step;
mod target;
mod wave;

pub use dispatch::{Dispatch, Statistics};
pub use fault::{Error, Fault, FaultKind, LaunchError};
pub use gpu::{Gpu, Options};
pub use memory::{Memory, MemoryError, OutOfMemory};
pub use module::{Kernel, Module};
pub use target::Target;
