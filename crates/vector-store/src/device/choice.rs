//! Which rows a search looks at, as kernels read it.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::chunks::TILE;
use super::gpu::{Block, Gpu, address, memory};
use super::lists::{self, Lists};
use crate::bitset::Bitset;
use crate::engine::Result;

/// Copies of bitsets that are kept.
const KEPT: usize = 4;

/// Copies of bitsets on the device, the latest used first.
#[derive(Default)]
pub(super) struct Masks(Mutex<Vec<Mask>>);

/// A copy of a bitset: a word of 32 rows for each tile.
#[derive(Clone)]
pub(super) struct Mask {
    version: u64,
    tiles: usize,
    words: Arc<Block>,
}

impl Mask {
    pub(super) fn address(&self) -> Result<u64> {
        address(&self.words, 0)
    }
}

impl Masks {
    /// A bitset's copy, with rows past its length left out.
    pub(super) fn get(&self, gpu: &Gpu, set: &Bitset, tiles: usize) -> Result<Mask> {
        let version = set.version();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .iter()
            .position(|mask| mask.version == version && mask.tiles == tiles);
        if let Some(at) = found {
            let mask = kept.remove(at);
            kept.insert(0, mask.clone());
            return Ok(mask);
        }
        let words: Vec<u64> = (0..tiles.div_ceil(2)).map(|i| set.word(i)).collect();
        let mask = Mask {
            version,
            tiles,
            words: Arc::new(uploaded(gpu, "a filter", bytemuck::cast_slice(&words))?),
        };
        kept.truncate(KEPT - 1);
        kept.insert(0, mask.clone());
        Ok(mask)
    }

    /// Forgets all copies.
    pub(super) fn clear(&self) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clear();
    }
}

/// A block with these bytes in it.
pub(super) fn uploaded(gpu: &Gpu, what: &str, bytes: &[u8]) -> Result<Block> {
    let block = gpu.lease(what, bytes.len())?;
    gpu.stream().upload(memory(&block)?, 0, bytes)?;
    Ok(block)
}

/// The tiles to look at: all, those that ranges of rows touch, or for each query those of its own
/// ranges.
pub(super) struct Choice {
    /// How many there are; of several queries with ranges of their own, the most.
    pub(super) slots: usize,
    pub(super) live: Mask,
    filter: Option<Mask>,
    which: Which,
}

enum Which {
    All,
    Listed(Listed),
    Each(Lists),
}

struct Listed {
    tiles: Vec<u32>,
    words: Vec<u32>,
    on_device: Block,
}

impl Choice {
    pub(super) fn all(live: Mask, filter: Option<Mask>, tiles: usize) -> Self {
        Self {
            slots: tiles,
            live,
            filter,
            which: Which::All,
        }
    }

    /// The rows of some ranges, which are ascending and disjoint.
    pub(super) fn ranges(
        gpu: &Gpu,
        live: Mask,
        filter: Option<Mask>,
        ranges: &[Range<usize>],
        rows: usize,
    ) -> Result<Self> {
        let (tiles, words) = listed(ranges, rows);
        let both = [tiles.as_slice(), words.as_slice()].concat();
        let on_device = uploaded(gpu, "ranges of rows", bytemuck::cast_slice(&both))?;
        Ok(Self {
            slots: tiles.len(),
            live,
            filter,
            which: Which::Listed(Listed {
                tiles,
                words,
                on_device,
            }),
        })
    }

    /// For each query its own rows.
    pub(super) fn each(live: Mask, filter: Option<Mask>, lists: Lists) -> Self {
        Self {
            slots: lists.counts.iter().copied().max().unwrap_or(0),
            live,
            filter,
            which: Which::Each(lists),
        }
    }

    /// The lists, where each query has its own.
    pub(super) fn lists(&self) -> Option<&Lists> {
        match &self.which {
            Which::Each(lists) => Some(lists),
            Which::All | Which::Listed(_) => None,
        }
    }

    /// How many slots a query has.
    pub(super) fn slots_of(&self, query: usize) -> usize {
        self.lists().map_or(self.slots, |lists| lists.counts[query])
    }

    /// The address of the filter's copy; null where there is no filter.
    pub(super) fn filter(&self) -> Result<u64> {
        self.filter.as_ref().map_or(Ok(0), Mask::address)
    }

    /// Addresses of the tiles' numbers and of their words; null where all tiles are meant.
    pub(super) fn list(&self) -> Result<(u64, u64)> {
        match &self.which {
            Which::All => Ok((0, 0)),
            Which::Listed(list) => Ok((
                address(&list.on_device, 0)?,
                address(&list.on_device, self.slots * 4)?,
            )),
            Which::Each(lists) => lists.own(),
        }
    }

    /// How far the lists of two queries are apart; 0 where they have the same.
    pub(super) fn list_pitch(&self) -> u32 {
        let pitch = self.lists().map_or(0, |_| lists::pitch(self.slots));
        pitch as u32
    }

    /// The tile of a slot, where that is the same for all queries.
    pub(super) fn tile(&self, slot: usize) -> usize {
        match &self.which {
            Which::Listed(list) => list.tiles[slot] as usize,
            Which::All | Which::Each(_) => slot,
        }
    }

    /// Which rows of that tile are meant.
    pub(super) fn word(&self, slot: usize) -> u32 {
        match &self.which {
            Which::Listed(list) => list.words[slot],
            Which::All | Which::Each(_) => u32::MAX,
        }
    }
}

/// The tiles that ranges touch, and the rows of each that they hold.
pub(super) fn listed(ranges: &[Range<usize>], rows: usize) -> (Vec<u32>, Vec<u32>) {
    let (mut tiles, mut words) = (Vec::new(), Vec::new());
    for range in ranges {
        let end = range.end.min(rows);
        let mut at = range.start;
        while at < end {
            let tile = at / TILE;
            let stop = end.min((tile + 1) * TILE);
            let word = ones(stop - tile * TILE) & !ones(at - tile * TILE);
            if tiles.last() == Some(&(tile as u32)) {
                if let Some(last) = words.last_mut() {
                    *last |= word;
                }
            } else {
                tiles.push(tile as u32);
                words.push(word);
            }
            at = stop;
        }
    }
    (tiles, words)
}

/// A word whose lowest `bits` are ones.
fn ones(bits: usize) -> u32 {
    if bits >= 32 {
        u32::MAX
    } else {
        (1 << bits) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_tiles_with_words() {
        let (tiles, words) = listed(&[3..5, 5..6, 31..33, 40..40, 64..200], 130);
        assert_eq!(tiles, [0, 1, 2, 3, 4]);
        assert_eq!(words, [0x8000_0038, 1, u32::MAX, u32::MAX, 3]);
        assert_eq!(listed(&[], 10), (Vec::new(), Vec::new()));
    }
}
