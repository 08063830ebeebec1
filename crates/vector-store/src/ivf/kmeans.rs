//! k-means, whose assignments are an engine's own searches.

use rayon::prelude::*;

use super::Make;
use crate::bitset::Bitset;
use crate::engine::{Config, Engine, Error, Metric, Result, Scan};

/// How centres are trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Training {
    /// How many lists there will be.
    pub lists: usize,
    /// Rows of the sample for each list; all rows where there are fewer.
    pub sample: usize,
    /// The most rounds; fewer where nothing moves any more.
    pub rounds: usize,
    /// The same seed picks the same sample, and gives the same centres on every device.
    pub seed: u64,
}

impl Training {
    /// 128 rows of the sample for each list, 12 rounds.
    pub fn new(lists: usize) -> Self {
        Self {
            lists,
            sample: 128,
            rounds: 12,
            seed: 1,
        }
    }
}

/// Queries of one search: enough to keep a device busy, few enough for its buffers.
const BATCH: usize = 4096;

/// The centres of `training.lists` lists, for `rows` of the vectors of `config`.
///
/// # Errors
/// [`Error::Other`] where there are fewer rows than lists, or no lists; or an engine's own.
pub fn train(
    config: &Config,
    make: Make<'_>,
    rows: &[f32],
    training: &Training,
) -> Result<Vec<f32>> {
    let all = Bitset::new(rows.len() / config.dimension, true);
    train_on(config, make, rows, &all, training)
}

/// The same for those of the rows that are `live`.
///
/// # Errors
/// As [`train`].
pub fn train_on(
    config: &Config,
    make: Make<'_>,
    rows: &[f32],
    live: &Bitset,
    training: &Training,
) -> Result<Vec<f32>> {
    let dimension = config.dimension;
    let count = live.count();
    if training.lists == 0 || training.lists > count {
        let lists = training.lists;
        return Err(Error::Other(format!(
            "{lists} lists for {count} rows: there must be 1 to as many as there are rows"
        )));
    }
    let mut sample = sample(rows, live, config, training);
    if config.metric == Metric::Cosine {
        normalise(&mut sample, dimension);
    }
    // The first rows of a sample in random order are random rows.
    let mut centres = sample[..training.lists * dimension].to_vec();
    let mut last = Vec::new();
    for _ in 0..training.rounds {
        let lists = assign(&centres, dimension, make, &sample)?;
        if lists == last {
            break;
        }
        update(&mut centres, &sample, &lists, dimension);
        if config.metric == Metric::Cosine {
            normalise(&mut centres, dimension);
        }
        last = lists;
    }
    Ok(centres)
}

/// The number of the nearest centre of each row.
pub(super) fn assign(
    centres: &[f32],
    dimension: usize,
    make: Make<'_>,
    rows: &[f32],
) -> Result<Vec<u32>> {
    let mut engine = make(Config::new(dimension, Metric::L2))?;
    engine.append(centres)?;
    assign_with(&*engine, rows)
}

/// The same, with an engine that holds the centres.
pub(super) fn assign_with(centres: &dyn Engine, rows: &[f32]) -> Result<Vec<u32>> {
    let all = Bitset::new(centres.len(), true);
    let mut lists = Vec::with_capacity(rows.len() / centres.config().dimension);
    for batch in rows.chunks(BATCH * centres.config().dimension) {
        let found = centres.search(&Scan::new(batch, 1, &all))?;
        lists.extend(
            found
                .iter()
                .map(|hits| hits.first().map_or(0, |hit| hit.row)),
        );
    }
    Ok(lists)
}

/// Rows in an order that the seed decides, as many as the training wants.
fn sample(rows: &[f32], live: &Bitset, config: &Config, training: &Training) -> Vec<f32> {
    let dimension = config.dimension;
    let mut numbers: Vec<usize> = live.iter().collect();
    let count = numbers.len();
    let wanted = training
        .sample
        .max(1)
        .saturating_mul(training.lists)
        .min(count);
    let mut state = training.seed;
    // Fisher and Yates, as far as needed.
    for place in 0..wanted {
        let other = place + (next(&mut state) % (count - place) as u64) as usize;
        numbers.swap(place, other);
    }
    let row = |number: &usize| &rows[number * dimension..][..dimension];
    numbers[..wanted].iter().flat_map(row).copied().collect()
}

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// Each vector divided by its length; zero stays zero.
pub(super) fn normalise(rows: &mut [f32], dimension: usize) {
    rows.par_chunks_mut(dimension).for_each(|row| {
        let length = row
            .iter()
            .map(|&x| f64::from(x) * f64::from(x))
            .sum::<f64>()
            .sqrt();
        if length > 0.0 {
            row.iter_mut()
                .for_each(|x| *x = (f64::from(*x) / length) as f32);
        }
    });
}

/// Moves each centre to the mean of its rows. One that has none takes a half of the largest list:
/// both centres of it lie close beside its mean, and the next round divides it.
fn update(centres: &mut [f32], rows: &[f32], lists: &[u32], dimension: usize) {
    let mut members = vec![Vec::new(); centres.len() / dimension];
    for (row, list) in lists.iter().enumerate() {
        members[*list as usize].push(row);
    }
    let means = members.par_iter().zip(centres.par_chunks_mut(dimension));
    means.for_each(|(members, centre)| {
        if !members.is_empty() {
            mean(rows, members, centre);
        }
    });
    let mut sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    for list in 0..sizes.len() {
        if sizes[list] == 0 {
            let largest = (0..sizes.len())
                .max_by_key(|&list| sizes[list])
                .unwrap_or(0);
            split(centres, largest, list, dimension);
            sizes[list] = sizes[largest] / 2;
            sizes[largest] -= sizes[list];
        }
    }
}

/// The sums are in f64 and in the order of the rows, so that they are the same everywhere.
fn mean(rows: &[f32], members: &[usize], centre: &mut [f32]) {
    let dimension = centre.len();
    let mut sums = vec![0.0f64; dimension];
    for &row in members {
        let row = &rows[row * dimension..][..dimension];
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum += f64::from(x);
        }
    }
    for (x, sum) in centre.iter_mut().zip(sums) {
        *x = (sum / members.len() as f64) as f32;
    }
}

fn split(centres: &mut [f32], largest: usize, empty: usize, dimension: usize) {
    /// Far above rounding, far below what divides real lists.
    const APART: f32 = 1.0 / 1024.0;
    for i in 0..dimension {
        let centre = centres[largest * dimension + i];
        let sign = if i % 2 == 0 { APART } else { -APART };
        centres[empty * dimension + i] = centre * (1.0 + sign);
        centres[largest * dimension + i] = centre * (1.0 - sign);
    }
}
