//! The options that commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use redwick_llm::{Precision, Sampling, fresh_seed};

use crate::device::DeviceName;

/// Which model to load, and where.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// A Hugging Face folder (config.json, tokenizer.json, *.safetensors), or a safetensors file in
    /// one. Without it the built-in demo model answers.
    #[arg(long, value_name = "PATH")]
    pub model: Option<PathBuf>,
    /// `cpu`, `rocm:N`, `emulated:TARGET` (such as emulated:gfx942), or `auto`: a ROCm GPU if there
    /// is one, else the CPU.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceName,
    /// The precision to compute in; `auto` is what the model's config says on a GPU, f32 on the CPU.
    #[arg(long, value_enum, default_value = "auto")]
    pub dtype: Dtype,
}

/// A precision, as the command line has it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Dtype {
    /// What the model's config says on a GPU, f32 on the CPU.
    Auto,
    /// 32 bits.
    F32,
    /// 16 bits.
    F16,
    /// 16 bits with the range of f32.
    Bf16,
}

impl From<Dtype> for Precision {
    fn from(dtype: Dtype) -> Self {
        match dtype {
            Dtype::Auto => Self::Auto,
            Dtype::F32 => Self::F32,
            Dtype::F16 => Self::F16,
            Dtype::Bf16 => Self::Bf16,
        }
    }
}

/// How to pick tokens.
#[derive(Debug, Args)]
pub struct SamplingArgs {
    /// 0 always takes the likeliest token; 2 at most.
    #[arg(long, default_value_t = 0.0)]
    pub temperature: f32,
    /// Take from the likeliest tokens that together have this probability.
    #[arg(long, default_value_t = 1.0)]
    pub top_p: f32,
    /// Take from this many of the likeliest tokens; 0 takes from all.
    #[arg(long, default_value_t = 0)]
    pub top_k: usize,
    /// The same seed gives the same answer; without one each answer is another.
    #[arg(long)]
    pub seed: Option<u64>,
}

impl SamplingArgs {
    /// With a seed of its own where none was given.
    pub fn sampling(&self) -> Sampling {
        Sampling {
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: self.top_k,
            seed: self.seed.unwrap_or_else(fresh_seed),
        }
    }
}
