//! Models of candle-transformers, unchanged, on emulated GPUs against the CPU in f32: with random
//! weights, and one with real ones. One program, since linking these takes longer than running them.

mod encoders;
mod generation;
mod minilm;
mod packed;
