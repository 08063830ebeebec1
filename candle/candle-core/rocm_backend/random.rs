//! Random numbers, drawn on the CPU.

use half::{bf16, f16};
use rand::rngs::StdRng;
use rand::SeedableRng;
use rand_distr::{Distribution, Normal, Uniform};

use super::error::RocmError;
use crate::{CpuStorage, DType, Result};

/// The seed that Candle's CUDA backend starts with, too.
const FIRST_SEED: u64 = 299_792_458;

/// A generator that can be started over.
#[derive(Debug)]
pub(super) struct Random {
    seed: u64,
    generator: StdRng,
}

impl Default for Random {
    fn default() -> Self {
        Self::seeded(FIRST_SEED)
    }
}

impl Random {
    pub(super) fn seeded(seed: u64) -> Self {
        Self {
            seed,
            generator: StdRng::seed_from_u64(seed),
        }
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// Numbers evenly spread over `[low, high)`.
    pub(super) fn uniform(
        &mut self,
        count: usize,
        dtype: DType,
        low: f64,
        high: f64,
    ) -> Result<CpuStorage> {
        let distribution = Uniform::new(low, high).map_err(|e| invalid("rand_uniform", e))?;
        self.draw("rand_uniform", count, dtype, distribution)
    }

    /// Numbers of a normal distribution.
    pub(super) fn normal(
        &mut self,
        count: usize,
        dtype: DType,
        mean: f64,
        deviation: f64,
    ) -> Result<CpuStorage> {
        let distribution = Normal::new(mean, deviation).map_err(|e| invalid("rand_normal", e))?;
        self.draw("rand_normal", count, dtype, distribution)
    }

    fn draw(
        &mut self,
        op: &'static str,
        count: usize,
        dtype: DType,
        distribution: impl Distribution<f64>,
    ) -> Result<CpuStorage> {
        let numbers = distribution.sample_iter(&mut self.generator).take(count);
        Ok(match dtype {
            DType::BF16 => CpuStorage::BF16(numbers.map(bf16::from_f64).collect()),
            DType::F16 => CpuStorage::F16(numbers.map(f16::from_f64).collect()),
            DType::F32 => CpuStorage::F32(numbers.map(|x| x as f32).collect()),
            DType::F64 => CpuStorage::F64(numbers.collect()),
            dtype => return Err(RocmError::UnsupportedDType { op, dtype }.into()),
        })
    }
}

fn invalid(op: &'static str, error: impl std::fmt::Display) -> RocmError {
    RocmError::Distribution {
        op,
        reason: error.to_string(),
    }
}
