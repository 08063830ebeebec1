//! Picks the next token from logits: greedy, or by temperature, top-k and top-p with a seed.
//!
//! All of it is arithmetic in a fixed order on the host, so a seed gives the same tokens on every
//! device whose logits are the same.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher, RandomState};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::error::{Error, Result};

/// How to pick tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// 0 picks the likeliest token; above, the higher the more even. 2 at most.
    pub temperature: f32,
    /// Keep the likeliest tokens that together have this probability; 1 keeps all.
    pub top_p: f32,
    /// Keep this many of the likeliest tokens; 0 keeps all.
    pub top_k: usize,
    /// The same seed picks the same tokens.
    pub seed: u64,
}

impl Sampling {
    /// Always the likeliest token.
    pub fn greedy() -> Self {
        Self {
            temperature: 0.0,
            top_p: 1.0,
            top_k: 0,
            seed: 0,
        }
    }

    /// Whether each parameter is in its range.
    pub fn check(&self) -> Result<()> {
        let bad = |parameter, found: f32, expected| Error::BadParameter {
            parameter,
            found: found.to_string(),
            expected,
        };
        if !(0.0..=2.0).contains(&self.temperature) {
            return Err(bad("temperature", self.temperature, "from 0 to 2"));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(bad("top_p", self.top_p, "above 0 and at most 1"));
        }
        Ok(())
    }
}

/// A seed for a request that names none: another one each time.
pub fn fresh_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Picks the tokens of one text.
#[derive(Debug)]
pub struct Sampler {
    sampling: Sampling,
    rng: ChaCha8Rng,
}

impl Sampler {
    /// Starts the seed's sequence of random numbers.
    pub fn new(sampling: Sampling) -> Self {
        Self {
            sampling,
            rng: ChaCha8Rng::seed_from_u64(sampling.seed),
        }
    }

    /// Picks a token; `None` where a logit is not a number.
    pub fn pick(&mut self, logits: &[f32]) -> Option<u32> {
        if logits.iter().any(|logit| logit.is_nan()) {
            return None;
        }
        let best = likeliest(logits)?;
        if self.sampling.temperature == 0.0 {
            return Some(best as u32);
        }
        let candidates = self.candidates(logits, logits[best]);
        Some(self.draw(&candidates))
    }

    /// Tokens with their weights, relative to the likeliest's, as top-k and top-p leave them.
    fn candidates(&self, logits: &[f32], best: f32) -> Vec<(u32, f64)> {
        let temperature = f64::from(self.sampling.temperature);
        let weight = |logit: f32| ((f64::from(logit) - f64::from(best)) / temperature).exp();
        let weighted = logits.iter().enumerate();
        let mut candidates: Vec<_> = weighted
            .map(|(token, &logit)| (token as u32, weight(logit)))
            .collect();
        let Sampling { top_k, top_p, .. } = self.sampling;
        let keep_k = top_k > 0 && top_k < candidates.len();
        if keep_k || top_p < 1.0 {
            candidates.sort_unstable_by(by_weight);
        }
        if keep_k {
            candidates.truncate(top_k);
        }
        if top_p < 1.0 {
            keep_nucleus(&mut candidates, f64::from(top_p));
        }
        candidates
    }

    fn draw(&mut self, candidates: &[(u32, f64)]) -> u32 {
        let total: f64 = candidates.iter().map(|(_, weight)| weight).sum();
        let mut left = self.unit() * total;
        for &(token, weight) in candidates {
            left -= weight;
            if left < 0.0 {
                return token;
            }
        }
        // Rounding can leave a trifle: it belongs to the last token that can be drawn at all.
        let possible = candidates.iter().rev().find(|(_, weight)| *weight > 0.0);
        possible.map_or(0, |(token, _)| *token)
    }

    /// Evenly from 0 (included) to 1 (excluded), with all 53 bits of a double.
    fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.rng.next_u64() >> 11) as f64 * STEP
    }
}

/// The first of the largest, where that is a finite number.
fn likeliest(logits: &[f32]) -> Option<usize> {
    let mut best = 0;
    for (token, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = token;
        }
    }
    logits
        .get(best)
        .filter(|logit| logit.is_finite())
        .map(|_| best)
}

/// Heavier first, and the smaller token first among equals: the order is the same everywhere.
fn by_weight(a: &(u32, f64), b: &(u32, f64)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

/// Keeps the shortest prefix whose weight reaches the share, one token at least.
fn keep_nucleus(sorted: &mut Vec<(u32, f64)>, share: f64) {
    let wanted = share * sorted.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut sum = 0.0;
    let reached = sorted.iter().position(|(_, weight)| {
        sum += weight;
        sum >= wanted
    });
    sorted.truncate(reached.map_or(sorted.len(), |last| last + 1));
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [0.0, 2.0, 1.0, -1.0, 2.0];

    fn sampler(temperature: f32, top_p: f32, top_k: usize, seed: u64) -> Sampler {
        Sampler::new(Sampling {
            temperature,
            top_p,
            top_k,
            seed,
        })
    }

    fn picks(sampler: &mut Sampler, count: usize) -> Vec<u32> {
        (0..count).map(|_| sampler.pick(&LOGITS).unwrap()).collect()
    }

    #[test]
    fn greedy_takes_the_first_of_the_largest() {
        assert_eq!(Sampler::new(Sampling::greedy()).pick(&LOGITS), Some(1));
    }

    #[test]
    fn a_seed_repeats_and_another_differs() {
        let run = |seed| picks(&mut sampler(1.0, 1.0, 0, seed), 64);
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    /// Numbers drawn once and written down: a release that changes them breaks everybody's seeds.
    #[test]
    fn seeds_mean_the_same_in_every_release() {
        assert_eq!(picks(&mut sampler(1.0, 1.0, 0, 42), 12), SEED_42);
    }
    const SEED_42: [u32; 12] = [4, 4, 1, 4, 1, 1, 1, 4, 4, 1, 2, 4];

    #[test]
    fn frequencies_follow_the_softmax() {
        let mut sampler = sampler(0.5, 1.0, 0, 3);
        let mut counts = [0f64; 5];
        for token in picks(&mut sampler, 20_000) {
            counts[token as usize] += 1.0 / 20_000.0;
        }
        let weights = LOGITS.map(|logit| f64::from(logit / 0.5).exp());
        let total: f64 = weights.iter().sum();
        for (count, weight) in counts.iter().zip(weights) {
            assert!((count - weight / total).abs() < 0.015, "{counts:?}");
        }
    }

    #[test]
    fn top_k_and_top_p_leave_only_the_likeliest() {
        let seen = |mut sampler: Sampler| {
            let mut seen = picks(&mut sampler, 500);
            seen.sort_unstable();
            seen.dedup();
            seen
        };
        assert_eq!(seen(sampler(1.0, 1.0, 1, 0)), [1]);
        assert_eq!(seen(sampler(1.0, 1.0, 2, 0)), [1, 4]);
        assert_eq!(seen(sampler(2.0, 1.0, 3, 0)), [1, 2, 4]);
        assert_eq!(seen(sampler(1.0, 0.01, 0, 0)), [1]);
        assert_eq!(seen(sampler(1.0, 0.75, 0, 0)), [1, 4]);
        assert_eq!(seen(sampler(2.0, 1.0, 99, 0)), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn what_is_not_a_number_is_not_picked() {
        for temperature in [0.0, 1.0] {
            let mut sampler = sampler(temperature, 1.0, 0, 0);
            assert_eq!(sampler.pick(&[0.0, f32::NAN]), None);
            assert_eq!(sampler.pick(&[f32::NEG_INFINITY; 3]), None);
            assert_eq!(sampler.pick(&[]), None);
            assert_eq!(sampler.pick(&[f32::NEG_INFINITY, 1.0]), Some(1));
        }
    }

    #[test]
    fn parameters_out_of_range_are_named() {
        let bad = [
            (-0.1, 1.0, "temperature"),
            (2.1, 1.0, "temperature"),
            (f32::NAN, 1.0, "temperature"),
            (1.0, 0.0, "top_p"),
            (1.0, 1.1, "top_p"),
            (1.0, f32::NAN, "top_p"),
        ];
        for (temperature, top_p, name) in bad {
            let error = Sampling {
                temperature,
                top_p,
                top_k: 0,
                seed: 0,
            }
            .check()
            .unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
