//! Any number of results, and answers that a scan cannot certify: all rows scored canonically, and
//! the best found digit by digit of their keys.

use redwick_kernels::args;

use super::DeviceEngine;
use super::choice::Choice;
use super::chunks::TILE;
use super::gpu::{Block, address, memory};
use super::plan::Inputs;
use crate::engine::{Hit, Result};
use crate::order;

/// Keys of a workgroup of `histogram` and `collect`.
const KEYS: usize = 4096;

/// Bits of a digit.
const BITS: u32 = 8;
const DIGITS: usize = 1 << BITS;

impl DeviceEngine {
    /// The best `k` of one query's rows, all of them scored.
    pub(super) fn settle_one(&self, choice: &Choice, query: &[f32], k: usize) -> Result<Vec<Hit>> {
        let inputs = Inputs::new(self, query, false)?;
        let n = choice.slots * TILE;
        if n == 0 {
            return Ok(Vec::new());
        }
        let keys = self.gpu.lease("keys of all rows", n * 4)?;
        self.score(choice, &inputs, None, choice.slots, address(&keys, 0)?)?;
        let mut entries = self.best(&keys, n, k.min(n))?;
        entries.sort_unstable();
        let hit = |entry: u64| {
            let place = entry as u32 as usize;
            Hit {
                row: (choice.tile(place / TILE) * TILE + place % TILE) as u32,
                score: order::flip(self.config.metric, order::cost(entry)),
            }
        };
        Ok(entries.into_iter().map(hit).collect())
    }

    /// The `k` least of `n` keys, each above its place.
    fn best(&self, keys: &Block, n: usize, k: usize) -> Result<Vec<u64>> {
        let (last, count) = self.last(keys, n, k)?;
        let capacity = count.max(1);
        let entries = self.gpu.lease("entries", capacity * 8)?;
        let counter = self.gpu.lease("a counter", 4)?;
        let stream = self.gpu.stream();
        stream.fill(memory(&counter)?, 0, 4, 0)?;
        self.gpu.launch(
            redwick_kernels::vector_collect(),
            [n.div_ceil(KEYS) as u32, 1, 1],
            0,
            &args::VectorCollect {
                keys: address(keys, 0)?,
                entries: address(&entries, 0)?,
                count: address(&counter, 0)?,
                n: n as u32,
                capacity: capacity as u32,
                last,
            },
        )?;
        let mut found = vec![0u64; count];
        stream.download(bytemuck::cast_slice_mut(&mut found), memory(&entries)?, 0)?;
        Ok(found)
    }

    /// The `k`-th entry, or one between it and the next, and how many there are up to it: fewer than
    /// `k` where there are no more.
    fn last(&self, keys: &Block, n: usize, k: usize) -> Result<(u64, usize)> {
        let (mut above, mut before) = (0u64, 0);
        for shift in (0..u64::BITS).step_by(BITS as usize).rev() {
            let counts = self.histogram(keys, n, shift, above)?;
            let mut up_to = before;
            let digit = counts.iter().position(|&count| {
                up_to += count as usize;
                up_to >= k
            });
            let Some(digit) = digit else {
                // Only of the first digit: there are fewer than `k`.
                return Ok((u64::MAX, up_to));
            };
            above = above << BITS | digit as u64;
            if up_to == k || shift == 0 {
                let rest = (1u64 << shift) - 1;
                return Ok((above << shift | rest, up_to));
            }
            before = up_to - counts[digit] as usize;
        }
        Ok((u64::MAX, before))
    }

    fn histogram(&self, keys: &Block, n: usize, shift: u32, above: u64) -> Result<Vec<u32>> {
        let counts = self.gpu.lease("a histogram", DIGITS * 4)?;
        let stream = self.gpu.stream();
        stream.fill(memory(&counts)?, 0, DIGITS * 4, 0)?;
        self.gpu.launch(
            redwick_kernels::vector_histogram(),
            [n.div_ceil(KEYS) as u32, 1, 1],
            0,
            &args::VectorHistogram {
                keys: address(keys, 0)?,
                counts: address(&counts, 0)?,
                n: n as u32,
                shift,
                above,
            },
        )?;
        let mut found = vec![0u32; DIGITS];
        stream.download(bytemuck::cast_slice_mut(&mut found), memory(&counts)?, 0)?;
        Ok(found)
    }
}
