//! Queries that look at rows of their own, as those of an index do: scanned together wherever they look
//! at the same rows.
//!
//! Where ranges start and end cuts the rows into segments, of which each query looks at some whole. A
//! *job* is a segment's tiles, or a piece of them, and a few of the queries that look at it; a workgroup
//! takes a job. What a query's slots are depends on the segments it looks at, so the scan writes that
//! down for the kernels that follow.

use std::collections::BTreeSet;
use std::ops::Range;

use super::DeviceEngine;
use super::choice::{Mask, listed, uploaded};
use super::chunks::TILE;
use super::gpu::{Block, Gpu, Layout, address};
use super::queries::Form;
use super::scans::{Keys, LIST_PASSES, ListPass, Staged};
use crate::engine::Result;

/// Tiles of a job: eight for each wave of 32 lanes.
const TILES: usize = 64;

/// Queries of a job, as hip/vector_scan.hip has it.
const QUERIES: usize = 10;

/// A job, as the kernel reads it.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
struct Job {
    first: u32,
    slots: u32,
    count: u32,
    reserved: u32,
    queries: [u32; QUERIES],
    at: [u32; QUERIES],
}

/// The tiles of all segments with their words, and the jobs over them.
#[derive(Default)]
struct Draft {
    tiles: Vec<u32>,
    words: Vec<u32>,
    jobs: Vec<Job>,
    /// Slots of each query.
    counts: Vec<usize>,
}

impl Draft {
    fn new(ranges: &[Vec<Range<usize>>], rows: usize) -> Self {
        let cut = |range: &Range<usize>| range.start.min(rows)..range.end.min(rows);
        let ends = ranges.iter().flatten().map(cut);
        let ends: BTreeSet<usize> = ends.flat_map(|range| [range.start, range.end]).collect();
        let ends: Vec<usize> = ends.into_iter().collect();
        let place = |row: usize| ends.partition_point(|&end| end < row);
        let mut members = vec![Vec::new(); ends.len()];
        for (query, ranges) in ranges.iter().enumerate() {
            for range in ranges.iter().map(cut) {
                let (first, end) = (place(range.start), place(range.end));
                for members in members.iter_mut().take(end).skip(first) {
                    members.push(query);
                }
            }
        }
        let mut draft = Self {
            counts: vec![0; ranges.len()],
            ..Self::default()
        };
        for (ends, members) in ends.windows(2).zip(&members) {
            if !members.is_empty() {
                draft.segment(ends[0]..ends[1], members, rows);
            }
        }
        draft
    }

    fn segment(&mut self, range: Range<usize>, members: &[usize], rows: usize) {
        let mut start = range.start;
        while start < range.end {
            let end = ((start / TILE + TILES) * TILE).min(range.end);
            self.piece(start..end, members, rows);
            start = end;
        }
    }

    fn piece(&mut self, range: Range<usize>, members: &[usize], rows: usize) {
        let (tiles, words) = listed(&[range], rows);
        let (first, slots) = (self.tiles.len() as u32, tiles.len() as u32);
        for members in members.chunks(QUERIES) {
            let mut job = Job {
                first,
                slots,
                count: members.len() as u32,
                ..Job::default()
            };
            for (i, &query) in members.iter().enumerate() {
                job.queries[i] = query as u32;
                job.at[i] = self.counts[query] as u32;
                self.counts[query] += tiles.len();
            }
            self.jobs.push(job);
        }
        self.tiles.extend(tiles);
        self.words.extend(words);
    }
}

/// What a batch of queries looks at.
pub(super) struct Lists {
    pub(super) live: Mask,
    filter: Option<Mask>,
    /// Tiles, words and jobs.
    on_device: Block,
    words: usize,
    /// Which jobs each kernel takes: from an offset on, so many.
    passes: Vec<(&'static ListPass, usize, usize)>,
    /// For each query the tiles of its slots, then for each the words.
    own: Block,
    own_words: usize,
    /// Slots of each query.
    pub(super) counts: Vec<usize>,
}

/// Slots from one query to the next.
pub(super) fn pitch(slots: usize) -> usize {
    slots.next_multiple_of(4)
}

/// Whether queries of this form can be scanned for in lists.
pub(super) fn scannable(form: &Form) -> bool {
    LIST_PASSES[0].takes(form)
}

impl Lists {
    /// For queries of a form that can be scanned for.
    pub(super) fn new(
        gpu: &Gpu,
        form: &Form,
        (live, filter): (Mask, Option<Mask>),
        ranges: &[Vec<Range<usize>>],
        rows: usize,
    ) -> Result<Self> {
        let draft = Draft::new(ranges, rows);
        let mut layout = Layout::new();
        let (tiles, words) = (
            layout.piece(draft.tiles.len() * 4),
            layout.piece(draft.words.len() * 4),
        );
        let mut bytes = vec![0; words + draft.words.len() * 4];
        bytes[tiles..][..draft.tiles.len() * 4].copy_from_slice(bytemuck::cast_slice(&draft.tiles));
        bytes[words..].copy_from_slice(bytemuck::cast_slice(&draft.words));
        let mut passes = Vec::new();
        for (pass, jobs) in dealt(&draft.jobs, form) {
            let at = layout.piece(jobs.len() * size_of::<Job>());
            bytes.resize(at, 0);
            bytes.extend_from_slice(bytemuck::cast_slice(&jobs));
            passes.push((pass, at, jobs.len()));
        }
        let most = draft.counts.iter().copied().max().unwrap_or(0);
        let own_words = ranges.len() * pitch(most) * 4;
        Ok(Self {
            live,
            filter,
            on_device: uploaded(gpu, "lists of rows", &bytes)?,
            words,
            passes,
            own: gpu.lease("the lists of each query", 2 * own_words)?,
            own_words,
            counts: draft.counts,
        })
    }

    /// The address of the filter's copy; null where there is no filter.
    pub(super) fn filter(&self) -> Result<u64> {
        self.filter.as_ref().map_or(Ok(0), Mask::address)
    }

    /// Addresses of all segments' tiles and words.
    pub(super) fn list(&self) -> Result<(u64, u64)> {
        Ok((
            address(&self.on_device, 0)?,
            address(&self.on_device, self.words)?,
        ))
    }

    /// Addresses of the first query's tiles and words; those of others follow.
    pub(super) fn own(&self) -> Result<(u64, u64)> {
        Ok((address(&self.own, 0)?, address(&self.own, self.own_words)?))
    }

    /// Puts all scans into the stream.
    pub(super) fn scan(&self, engine: &DeviceEngine, from: &Staged, to: &Keys) -> Result<()> {
        for &(pass, at, count) in &self.passes {
            let jobs = address(&self.on_device, at)?;
            engine.scan_lists(pass, self, (jobs, count), from, to)?;
        }
        Ok(())
    }
}

/// Which jobs go to which kernel: the one for the fewest queries that takes all of a job's. Where no
/// kernel takes as many queries of that form, a job becomes several.
fn dealt(jobs: &[Job], form: &Form) -> Vec<(&'static ListPass, Vec<Job>)> {
    let fitting: Vec<&ListPass> = LIST_PASSES.iter().filter(|pass| pass.takes(form)).collect();
    let most = fitting.last().map_or(QUERIES, |pass| pass.queries);
    let jobs: Vec<Job> = jobs.iter().flat_map(|job| parts(job, most)).collect();
    let of_pass = |(i, pass): (usize, &&'static ListPass)| {
        let fewer = i.checked_sub(1).map_or(0, |before| fitting[before].queries);
        let own = |job: &&Job| (fewer + 1..=pass.queries).contains(&(job.count as usize));
        (*pass, jobs.iter().filter(own).copied().collect())
    };
    fitting.iter().enumerate().map(of_pass).collect()
}

/// A job's queries, so many at a time.
fn parts(job: &Job, most: usize) -> impl Iterator<Item = Job> {
    (0..job.count as usize).step_by(most).map(move |first| {
        let count = most.min(job.count as usize - first);
        let mut part = Job {
            count: count as u32,
            queries: [0; QUERIES],
            at: [0; QUERIES],
            ..*job
        };
        part.queries[..count].copy_from_slice(&job.queries[first..first + count]);
        part.at[..count].copy_from_slice(&job.at[first..first + count]);
        part
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_shared_by_the_queries_that_look_at_them() {
        let ends: [&[(usize, usize)]; 4] = [&[(0, 64)], &[(32, 100)], &[], &[(0, 64), (90, 1000)]];
        let ranges = ends.map(|ends| ends.iter().map(|&(start, end)| start..end).collect());
        let draft = Draft::new(&ranges, 128);
        // 0..32, 32..64, 64..90, 90..100, 100..128.
        assert_eq!(draft.tiles, [0, 1, 2, 2, 3, 3]);
        assert_eq!(draft.words[2..], [(1 << 26) - 1, 0x3f << 26, 0xf, !0xf]);
        assert_eq!(draft.counts, [2, 4, 0, 5]);
        let looked: Vec<(u32, Vec<u32>)> = draft
            .jobs
            .iter()
            .map(|job| (job.first, job.queries[..job.count as usize].to_vec()))
            .collect();
        let expected = [
            (0, vec![0, 3]),
            (1, vec![0, 1, 3]),
            (2, vec![1]),
            (3, vec![1, 3]),
            (5, vec![3]),
        ];
        assert_eq!(looked, expected);
        assert_eq!(draft.jobs[3].at[..2], [2, 2]);
    }

    #[test]
    fn long_segments_and_many_queries_are_several_jobs() {
        let long = std::iter::once(10..TILES * TILE + 50);
        let ranges = vec![long.collect(); 13];
        let draft = Draft::new(&ranges, 1 << 20);
        assert_eq!(draft.jobs.len(), 4);
        assert_eq!(draft.tiles.len(), TILES + 2);
        assert_eq!((draft.jobs[0].count, draft.jobs[1].count), (10, 3));
        assert_eq!(draft.jobs[2].at[0] as usize, TILES);
        let parts: Vec<Job> = parts(&draft.jobs[0], 4).collect();
        assert_eq!(
            (parts.len(), parts[2].queries[1], parts[2].count),
            (3, 9, 2)
        );
    }
}
