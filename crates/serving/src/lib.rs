//! Serving core without GPU: queue, jobs, cancellation, server-sent events.
//!
//! ```text
//! routes/* ── Params ──> Queue ── one thread ──> Engine::start ─> Run::step, step, …
//!     ^                    │                          │
//!     └── JSON, or SSE <── Job { events } <───────────┘
//! ```
//!
//! Who does what:
//! - a route (a file each in `routes/`) parses a body and shapes an answer; it never waits for the engine
//!   other than through its [`Job`];
//! - [`Queue`] owns the engine on a thread of its own, bounds what waits, drops jobs whose client
//!   has gone, and turns errors and panics of the engine into an error event. It goes on serving after each;
//! - an [`Engine`] computes. It knows nothing of HTTP, of queues and of other jobs. It is asked for
//!   one step at a time, so cancelling is not asking, and stepping several runs in turn, or as one
//!   batch, is a matter of the queue's loop alone.
//!
//! [`ApiError`] is the one error type that becomes an HTTP response; what it shares with those of other
//! servers is in [`http`].

mod engine;
mod error;
mod event;
pub mod http;
mod job;
mod params;
mod queue;
mod routes;
mod server;
mod sse;

pub use engine::{Engine, EngineError, EngineInfo, Fault, Run, Step};
pub use error::ApiError;
pub use event::{Event, StopReason};
pub use job::{Job, Outcome};
pub use params::Params;
pub use queue::{Queue, QueueOptions};
pub use routes::router;
pub use server::{ServeOptions, serve};
