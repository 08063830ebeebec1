//! Queries in the form that kernels read.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::bounds::Query;
use super::chunks::{Shape, TEAM, UNIT};
use super::scans::{STEP, power_below};
use crate::canonical;
use crate::engine::{Config, Dtype, Metric};

/// The largest number of a query in bytes: two bytes with sign, the first worth 128.
const LARGEST: f32 = 127.0 * 128.0;

/// How queries are laid out for scans in passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    dtype: Dtype,
    normalised: bool,
    units: usize,
    given_units: usize,
}

impl Form {
    pub(super) fn new(config: &Config, shape: &Shape) -> Self {
        Self {
            dtype: config.dtype,
            normalised: config.metric == Metric::Cosine,
            units: shape.units,
            given_units: shape.given_units,
        }
    }

    /// For scans by differences from rows as they were given.
    pub(super) fn of_given(shape: &Shape) -> Self {
        Self {
            dtype: Dtype::F32,
            normalised: false,
            units: shape.given_units,
            given_units: shape.given_units,
        }
    }

    /// Units of a row.
    pub(super) fn units(&self) -> usize {
        self.units
    }

    /// Elements of a unit of a row, and units of the query that belong to it.
    fn parts(&self) -> (usize, usize) {
        match self.dtype {
            Dtype::Int8 => (16, 2),
            dtype => (UNIT / dtype.size(), 4 / dtype.size()),
        }
    }

    /// Bytes of a query as scans stage it in LDS.
    pub(super) fn staged_bytes(&self) -> usize {
        self.units.next_multiple_of(TEAM) * self.parts().1 * UNIT
    }

    /// Numbers from one query to the next, as they were given.
    pub(super) fn given_pitch(&self) -> usize {
        self.given_units * UNIT / 4
    }

    /// Appends a query as scans read it; returns what its products are to be multiplied with, and
    /// what the bound needs to know.
    pub(super) fn stage(&self, query: &[f32], to: &mut Vec<u8>) -> (f32, Query) {
        let norm = canonical::norm(query);
        let scaled: Vec<f32> = match self.normalised && norm > 0.0 {
            true => query
                .iter()
                .map(|&x| (f64::from(x) / norm) as f32)
                .collect(),
            false => query.to_vec(),
        };
        // What normalising rounded: half a unit in the last place, and what is below the normal
        // numbers.
        let rounded = if self.normalised { 1e-7 } else { 0.0 };
        let (weight, lost) = match self.dtype {
            Dtype::Int8 => self.stage_bytes(&scaled, to),
            _ => self.stage_numbers(&scaled, to),
        };
        let length = if self.normalised { 1.0 } else { norm };
        let change = if norm == 0.0 { 0.0 } else { lost / length };
        let change = change + rounded;
        (weight, Query { norm, change })
    }

    /// Steps of the product along a query.
    pub(super) fn steps(&self) -> usize {
        (self.units * self.parts().0).div_ceil(STEP)
    }

    /// Bytes of a query as the product reads it.
    pub(super) fn half_bytes(&self) -> usize {
        self.steps() * STEP * 2
    }

    /// Writes a query in f16, times a power of two, and leaves the rest of `to` as it is; returns as
    /// [`stage`](Self::stage) does.
    pub(super) fn halve(&self, query: &[f32], to: &mut [u8]) -> (f32, Query) {
        let norm = canonical::norm(query);
        let scale = power_below(norm).unwrap_or(1.0);
        let length = if norm == 0.0 { 1.0 } else { norm };
        let scaled: Vec<f32> = query.iter().map(|x| x * scale).collect();
        let mut halves = vec![f16::ZERO; query.len()];
        halves.convert_from_f32_slice(&scaled);
        let mut read = vec![0.0; query.len()];
        halves.convert_to_f32_slice(&mut read);
        let apart = scaled.iter().zip(&read);
        let apart = apart.map(|(&x, &half)| f64::from(half) - f64::from(x));
        let lost: f64 = apart.map(|apart| apart * apart).sum();
        to[..query.len() * 2].copy_from_slice(bytemuck::cast_slice(halves.reinterpret_cast()));
        let scale = f64::from(scale);
        let weight = match self.normalised {
            true => 1.0 / (scale * length),
            false => 1.0 / scale,
        };
        // What the weight's rounding changes, and numbers below the normal ones that may be flushed.
        let flushed = (query.len() as f64).sqrt() / (1u64 << 28) as f64;
        let change = lost.sqrt() / (scale * length) * 1.000_001 + flushed + 1e-7;
        (weight as f32, Query { norm, change })
    }

    fn stage_numbers(&self, query: &[f32], to: &mut Vec<u8>) -> (f32, f64) {
        let (elements, parts) = self.parts();
        for group in 0..self.units.div_ceil(TEAM) {
            for (part, lane) in places(parts) {
                let first = (group * TEAM + lane) * elements + part * 4;
                for at in first..first + 4 {
                    let number = query.get(at).copied().unwrap_or(0.0);
                    to.extend_from_slice(&number.to_le_bytes());
                }
            }
        }
        (1.0, 0.0)
    }

    fn stage_bytes(&self, query: &[f32], to: &mut Vec<u8>) -> (f32, f64) {
        let largest = query.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let weight = (largest / LARGEST).max(f32::MIN_POSITIVE);
        let numbers: Vec<i32> = query
            .iter()
            .map(|&x| (x / weight).round_ties_even().clamp(-LARGEST, LARGEST) as i32)
            .collect();
        let lost: f64 = query
            .iter()
            .zip(&numbers)
            .map(|(&x, &n)| f64::from(x) - f64::from(n) * f64::from(weight))
            .map(|lost| lost * lost)
            .sum();
        for group in 0..self.units.div_ceil(TEAM) {
            for (part, lane) in places(2) {
                let first = (group * TEAM + lane) * 16;
                for at in first..first + 16 {
                    let number = numbers.get(at).copied().unwrap_or(0);
                    let high = (number + 64) >> 7;
                    let byte = if part == 0 { high } else { number - high * 128 };
                    to.push(byte as i8 as u8);
                }
            }
        }
        (weight, lost.sqrt() * 1.000_001)
    }
}

/// Parts and lanes in the order in which they lie in LDS.
fn places(parts: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..parts).flat_map(|part| (0..TEAM).map(move |lane| (part, lane)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_query_give_it_back() {
        let config = Config::new(20, Metric::InnerProduct).dtype(Dtype::Int8);
        let form = Form::new(&config, &Shape::of(&config, None));
        let query: Vec<f32> = (0..20).map(|i| (i as f32 - 9.5) * 0.31).collect();
        let mut staged = Vec::new();
        let (weight, facts) = form.stage(&query, &mut staged);
        assert_eq!(staged.len(), form.staged_bytes());
        for (i, &x) in query.iter().enumerate() {
            let (lane, at) = (i / 16, i % 16);
            let high = staged[lane * 16 + at] as i8;
            let low = staged[128 + lane * 16 + at] as i8;
            let number = f32::from(high) * 128.0 + f32::from(low);
            assert!((number * weight - x).abs() <= weight * 0.51, "{i}");
        }
        assert!(facts.change > 0.0 && facts.change < 1e-4);
    }

    #[test]
    fn numbers_lie_part_by_part() {
        let config = Config::new(64, Metric::L2).dtype(Dtype::F16);
        let form = Form::new(&config, &Shape::of(&config, None));
        let query: Vec<f32> = (0..64u8).map(f32::from).collect();
        let mut staged = Vec::new();
        form.stage(&query, &mut staged);
        let numbers: &[f32] = bytemuck::cast_slice(&staged);
        assert_eq!(numbers[..8], [0.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 11.0]);
        assert_eq!(numbers[32..36], [4.0, 5.0, 6.0, 7.0]);
    }
}
