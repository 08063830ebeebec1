//! Any number of results, and answers that a scan cannot certify: all rows scored canonically, and
//! the best found digit by digit of their keys.

use redwick_kernels::args;

use super::choice::Choice;
use super::chunks::TILE;
use super::gpu::{Block, address, memory};
use super::inputs::Inputs;
use super::plan::{CAPACITY, MOST, NONE};
use super::{DeviceEngine, KEY_BYTES};
use crate::engine::{Hit, Result};
use crate::order;

/// Keys of a workgroup of `histogram` and `collect`.
const KEYS: usize = 4096;

/// Queries that are settled at once, at the most.
const QUERIES: usize = 64;

/// Bits of a digit.
const BITS: u32 = 8;
const DIGITS: usize = 1 << BITS;

impl DeviceEngine {
    /// The best `k` of each query's rows, all of them scored.
    pub(super) fn settle_group(
        &self,
        choice: &Choice,
        queries: &[f32],
        k: usize,
    ) -> Result<Vec<Vec<Hit>>> {
        let dimension = self.config.dimension;
        let n = choice.slots * TILE;
        let room = self
            .gpu
            .room()
            .map_or(KEY_BYTES, |room| KEY_BYTES.min(room / 2));
        let at_once = (room / (n * 4).max(1)).clamp(1, QUERIES) * dimension;
        let mut found = Vec::new();
        for queries in queries.chunks(at_once) {
            if n == 0 {
                found.extend(vec![Vec::new(); queries.len() / dimension]);
                continue;
            }
            let entries = self.settle_few(choice, queries, n, k.min(n))?;
            let hits = entries
                .into_iter()
                .map(|entries| self.hits(choice, entries));
            found.extend(hits);
        }
        Ok(found)
    }

    fn hits(&self, choice: &Choice, mut entries: Vec<u64>) -> Vec<Hit> {
        entries.sort_unstable();
        let hit = |entry: u64| {
            let place = entry as u32 as usize;
            Hit {
                row: (choice.tile(place / TILE) * TILE + place % TILE) as u32,
                score: order::flip(self.config.metric, order::cost(entry)),
            }
        };
        entries.into_iter().map(hit).collect()
    }

    /// Keys above places, of as many queries as there is room for.
    fn settle_few(
        &self,
        choice: &Choice,
        queries: &[f32],
        n: usize,
        k: usize,
    ) -> Result<Vec<Vec<u64>>> {
        let inputs = Inputs::new(self, queries, None)?;
        let keys = self.gpu.lease("keys of all rows", inputs.count * n * 4)?;
        self.score(choice, &inputs, None, choice.slots, address(&keys, 0)?)?;
        let picked = match k <= MOST {
            true => self.picked(&keys, inputs.count, n, k)?,
            false => vec![None; inputs.count],
        };
        let of_query = picked.into_iter().enumerate();
        of_query
            .map(|(query, entries)| match entries {
                Some(entries) => Ok(entries),
                None => self.best(address(&keys, query * n * 4)?, n, k),
            })
            .collect()
    }

    /// The `k` least of each query's keys, where one `pick` finds them.
    fn picked(
        &self,
        keys: &Block,
        queries: usize,
        n: usize,
        k: usize,
    ) -> Result<Vec<Option<Vec<u64>>>> {
        let words = queries * (2 * k + 1);
        let results = self.gpu.lease("results", words * 4)?;
        let counts = 2 * queries * k;
        self.gpu.launch(
            redwick_kernels::vector_pick(),
            [queries as u32, 1, 1],
            0,
            &args::VectorPick {
                keys: address(keys, 0)?,
                slots: 0,
                list: 0,
                best: address(&results, 0)?,
                places: address(&results, queries * k * 4)?,
                counts: address(&results, counts * 4)?,
                n: n as u32,
                pitch: n as u32,
                slot_pitch: 0,
                list_pitch: 0,
                wanted: k as u32,
                reserved: 0,
            },
        )?;
        let mut found = vec![0u32; words];
        let to = bytemuck::cast_slice_mut(&mut found);
        self.gpu.stream().download(to, memory(&results)?, 0)?;
        let of_query = |query: usize| {
            let range = query * k..(query + 1) * k;
            let places = &found[queries * k..][range.clone()];
            let both = found[range].iter().zip(places);
            let entries = both.filter(|&(&key, _)| key != NONE);
            let entries = entries.map(|(&key, &place)| u64::from(key) << 32 | u64::from(place));
            (found[counts + query] <= CAPACITY).then(|| entries.collect())
        };
        Ok((0..queries).map(of_query).collect())
    }

    /// The `k` least of `n` keys, each above its place.
    fn best(&self, keys: u64, n: usize, k: usize) -> Result<Vec<u64>> {
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
                keys,
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
    fn last(&self, keys: u64, n: usize, k: usize) -> Result<(u64, usize)> {
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

    fn histogram(&self, keys: u64, n: usize, shift: u32, above: u64) -> Result<Vec<u32>> {
        let counts = self.gpu.lease("a histogram", DIGITS * 4)?;
        let stream = self.gpu.stream();
        stream.fill(memory(&counts)?, 0, DIGITS * 4, 0)?;
        self.gpu.launch(
            redwick_kernels::vector_histogram(),
            [n.div_ceil(KEYS) as u32, 1, 1],
            0,
            &args::VectorHistogram {
                keys,
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
