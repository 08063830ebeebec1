//! Language model engine over Candle: loading, sampling, generation.
//!
//! ```text
//! Source ── files ──> config (normalised) ──> arch::REGISTRY ──> Box<dyn Model>
//!                     weights, checked    ──┘
//! Engine = Model + TextCodec + stop tokens;   Engine::start(request) -> Generation: Iterator
//! ```
//!
//! Who checks what, so that nothing is checked twice:
//! - [`Source`] finds files; `weights.rs` checks that they are whole and hold the tensors an
//!   architecture asks for, with the right shapes;
//! - a file in `arch/` decides whether a `config.json` describes something that it computes, and
//!   refuses every key it would otherwise ignore silently;
//! - [`Engine::start`] checks a request (prompt against the context, sampling parameters);
//! - [`Sequence`] owns the position, so no caller can feed a token at the wrong one.
//!
//! On an AMD GPU the Llama family runs by kernels that fit it (`arch/llama/fused.rs`): caches stay where
//! they are and a token is one graph. Elsewhere, and with heads of other widths than 32, 64 and 128,
//! candle-transformers computes.
//!
//! An architecture is one file in `arch/` and one row in its registry. Batching has its place at
//! [`Model`]: sequences are values apart from the model, so a scheduler can step several of them.

mod arch;
mod config;
mod engine;
mod error;
mod generation;
mod sampling;
mod source;
mod text;
mod weights;

pub use arch::{Model, Sequence, supported_architectures};
pub use engine::{Engine, LoadOptions, Precision};
pub use error::{Error, Result};
pub use generation::{Generation, Request, StopReason, Summary, Token};
pub use sampling::{Sampler, Sampling, fresh_seed};
pub use source::{EmbeddedModel, Source};
pub use text::{StreamDecoder, TextCodec};
pub use weights::LoadProgress;
