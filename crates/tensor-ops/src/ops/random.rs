//! Random numbers from a counter.
//!
//! The generator is Philox4x32-10 (J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2,
//! 3", 2011): block `n` of four 32-bit words is a function of `n` and the seed alone. Each call takes
//! the blocks after those of the call before, so the numbers depend on the seed and on the calls, but
//! neither on the device nor on how the work is spread: they are the same bits on every target.

use redwick_kernels::{Kernel, Scalar, args};

use super::find;
use crate::context::Context;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::storage::Storage;

/// The seed that Candle's CUDA backend starts with, too.
const FIRST_SEED: u64 = 299_792_458;

const BLOCK_BYTES: usize = 16;

/// Where in its sequence a generator is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Random {
    seed: u64,
    /// The next block.
    position: u64,
}

impl Default for Random {
    /// A generator with a fixed seed.
    fn default() -> Self {
        Self::seeded(FIRST_SEED)
    }
}

impl Random {
    /// The beginning of the sequence of a seed.
    pub fn seeded(seed: u64) -> Self {
        Self { seed, position: 0 }
    }

    /// The seed that it began with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The same sequence from block `position` on.
    #[must_use]
    pub fn at_block(self, position: u64) -> Self {
        Self { position, ..self }
    }

    /// `count` words, as u32.
    ///
    /// # Errors
    /// Those of an allocation.
    pub fn bits(&mut self, context: &Context, count: usize) -> Result<Storage> {
        let parameters = [Scalar(0); 3];
        let kernel = find("random bits", DType::U32, |_| {
            redwick_kernels::random_bits()
        })?;
        self.draw(context, DType::U32, count, kernel, parameters)
    }

    /// `count` numbers evenly spread over `[low, high)`: 24 random bits each, for f64 53. The bounds
    /// are rounded to the dtype first.
    ///
    /// # Errors
    /// [`Error::NoKernel`] for dtypes that are no floats; [`Error::Distribution`] for a range that is
    /// empty or not finite; those of an allocation.
    pub fn uniform(
        &mut self,
        context: &Context,
        dtype: DType,
        count: usize,
        low: f64,
        high: f64,
    ) -> Result<Storage> {
        const OP: &str = "rand_uniform";
        let kernel = find(OP, dtype, redwick_kernels::random_uniform)?;
        let (low, high) = (rounded(dtype, low), rounded(dtype, high));
        let span = high - low;
        let holds_span = match dtype {
            DType::F64 => span.is_finite(),
            _ => (span as f32).is_finite(),
        };
        // Not the opposite comparison: NaN has no place in a range.
        if !(low < high && holds_span) {
            return Err(Error::Distribution {
                op: OP,
                reason: format!("no numbers of {dtype} lie from {low} to below {high}"),
            });
        }
        let parameters = [
            computed(dtype, low),
            computed(dtype, span),
            computed(dtype, below(dtype, high)),
        ];
        self.draw(context, dtype, count, kernel, parameters)
    }

    /// `count` numbers of a normal distribution.
    ///
    /// # Errors
    /// [`Error::NoKernel`] for dtypes that are no floats; [`Error::Distribution`] for a deviation
    /// that is not finite; those of an allocation.
    pub fn normal(
        &mut self,
        context: &Context,
        dtype: DType,
        count: usize,
        mean: f64,
        deviation: f64,
    ) -> Result<Storage> {
        const OP: &str = "rand_normal";
        let kernel = find(OP, dtype, redwick_kernels::random_normal)?;
        let (mean, deviation) = (rounded(dtype, mean), rounded(dtype, deviation));
        if !deviation.is_finite() {
            return Err(Error::Distribution {
                op: OP,
                reason: format!("a deviation of {deviation} is not finite"),
            });
        }
        let parameters = [computed(dtype, mean), computed(dtype, deviation), Scalar(0)];
        self.draw(context, dtype, count, kernel, parameters)
    }

    fn draw(
        &mut self,
        context: &Context,
        dtype: DType,
        count: usize,
        kernel: Kernel<args::Random>,
        [low, span, last]: [Scalar; 3],
    ) -> Result<Storage> {
        let y = Storage::uninit(context, dtype, count)?;
        if count == 0 {
            return Ok(y);
        }
        // Numbers are computed in 32 bits or more.
        let blocks = count.div_ceil(BLOCK_BYTES / dtype.size().max(4));
        let steps = Error::narrow("random numbers", "the number of blocks", blocks)?;
        let arguments = args::Random {
            y: y.address(),
            seed: self.seed,
            first: self.position,
            n: count as u64,
            low,
            span,
            last,
        };
        context.launch(
            kernel,
            kernel.grid_for_steps(steps).of("random numbers")?,
            &arguments,
        )?;
        self.position = self.position.wrapping_add(blocks as u64);
        Ok(y)
    }
}

/// A number in the type that kernels for a dtype compute in.
fn computed(dtype: DType, value: f64) -> Scalar {
    match dtype {
        DType::F64 => Scalar(value.to_bits()),
        _ => Scalar(u64::from((value as f32).to_bits())),
    }
}

/// Bits of the exponent and of the mantissa.
fn format(dtype: DType) -> (i32, i32) {
    match dtype {
        DType::F64 => (11, 52),
        DType::BF16 => (8, 7),
        DType::F16 => (5, 10),
        DType::F8E4M3 => (4, 3),
        _ => (8, 23),
    }
}

/// The nearest number of a float dtype.
fn rounded(dtype: DType, value: f64) -> f64 {
    super::kernel_dtype(dtype).map_or(value, |kind| Scalar::new(kind, value).as_float(kind))
}

/// The next number of a float dtype towards minus infinity.
fn below(dtype: DType, value: f64) -> f64 {
    let (exponent, mantissa) = format(dtype);
    let lowest = 2 - (1 << (exponent - 1));
    let own = value.abs().max(f64::MIN_POSITIVE).log2().floor() as i32;
    // A power of two is one step from what is below it by half of its own step.
    let at_power = value > 0.0 && value == 2f64.powi(own) && own > lowest;
    let step = own.max(lowest) - mantissa - i32::from(at_power);
    match dtype {
        DType::F64 => value.next_down(),
        _ => value - 2f64.powi(step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_below_is_the_next_one() {
        for value in [1.0, 0.75, -1.0, -1.5, 2.5, 0.0, -0.0, 1e-40, 384.0] {
            let next = (value as f32).next_down();
            let found = below(DType::F32, f64::from(value as f32));
            assert_eq!(found as f32, next, "{value}");
        }
        assert_eq!(below(DType::F8E4M3, 1.0), 0.9375);
        assert_eq!(below(DType::F8E4M3, -1.0), -1.125);
        assert_eq!(below(DType::F8E4M3, 0.0), -1.0 / 512.0);
        assert_eq!(below(DType::BF16, 1.0), 1.0 - 1.0 / 256.0);
        assert_eq!(below(DType::F16, 2.0), 2.0 - 1.0 / 1024.0);
        assert_eq!(below(DType::F64, 1.0), 1f64.next_down());
    }

    #[test]
    fn numbers_are_rounded_to_the_dtype() {
        assert_eq!(rounded(DType::F8E4M3, 1.07), 1.125);
        assert_eq!(rounded(DType::F64, 0.1), 0.1);
        assert_eq!(rounded(DType::F32, 0.1), f64::from(0.1f32));
    }
}
