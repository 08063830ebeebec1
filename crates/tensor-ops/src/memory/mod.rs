//! Device memory: a caching allocator ordered by the stream.
//!
//! Asking a driver for memory is slow, and giving memory back waits for the device. So blocks that
//! tensors let go of are kept and handed out again. No event guards a block that is handed out
//! again: all work of a context runs on one stream, so whatever the new owner submits runs after all
//! that the old owner had submitted.

mod classes;
mod pool;

pub use classes::Policy;
pub use pool::{Lease, Pool, PoolError, Refusal, Reservation, Source, Statistics};
