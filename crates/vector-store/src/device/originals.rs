//! Rows as they were given in the host's memory: the device chooses tiles, the host scores their rows.

use rayon::prelude::*;

use super::choice::Choice;
use super::chunks::TILE;
use super::plan::NONE;
use crate::canonical;
use crate::cpu::CpuEngine;
use crate::engine::{Config, Dtype, Engine, Hit, Originals, Result, Scan};

/// The rows of an engine for `config`, where they are to be in the host's memory.
pub(super) fn on_host(config: &Config) -> Result<Option<CpuEngine>> {
    if config.originals == Originals::Device || config.dtype == Dtype::F32 {
        return Ok(None);
    }
    let plain = Config::new(config.dimension, config.metric);
    Ok(Some(CpuEngine::new(plain)?))
}

/// Hits of all rows of some tiles, `each` slots for each query of the scan.
pub(super) fn hits(
    host: &CpuEngine,
    scan: &Scan<'_>,
    choice: &Choice,
    queries: &[f32],
    slots: &[u32],
    each: usize,
) -> Vec<Vec<Hit>> {
    let queries = queries.par_chunks_exact(host.config().dimension);
    let of_query = |(query, slots): (&[f32], &[u32])| {
        let norm = canonical::norm(query);
        let slots = slots.iter().filter(|&&slot| slot != NONE);
        let rows = slots.flat_map(|&slot| rows(scan, choice, slot as usize));
        let hit = |row: usize| Hit {
            row: row as u32,
            score: host.score(query, norm, row),
        };
        rows.map(hit).collect()
    };
    queries
        .zip(slots.par_chunks_exact(each))
        .map(of_query)
        .collect()
}

/// The chosen rows of a slot's tile.
fn rows(scan: &Scan<'_>, choice: &Choice, slot: usize) -> impl Iterator<Item = usize> {
    let tile = choice.tile(slot);
    let word = (scan.word(tile / 2) >> (tile % 2 * TILE)) as u32 & choice.word(slot);
    (0..TILE)
        .filter(move |bit| word >> bit & 1 != 0)
        .map(move |bit| tile * TILE + bit)
}
