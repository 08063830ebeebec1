//! The model: a list in the order of insertion.

use std::collections::HashSet;

use vector_store::store::Metadata;
use vector_store::{Config, Metric};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) numbers: Vec<f32>,
    pub(crate) metadata: Metadata,
}

pub(crate) struct Plain {
    pub(crate) config: Config,
    pub(crate) entries: Vec<Entry>,
}

/// Why a call failed, as far as the model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Duplicate,
    NoId,
    NotFinite,
    Other,
}

impl Plain {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            entries: Vec::new(),
        }
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.id == id)
    }

    pub(crate) fn add(&mut self, new: &[Entry], replace: bool) -> Result<usize, Failure> {
        if new
            .iter()
            .any(|entry| entry.numbers.iter().any(|number| !number.is_finite()))
        {
            return Err(Failure::NotFinite);
        }
        let ids: HashSet<&str> = new.iter().map(|entry| entry.id.as_str()).collect();
        let there = new
            .iter()
            .filter(|entry| self.position(&entry.id).is_some())
            .count();
        if ids.len() < new.len() || !replace && there > 0 {
            return Err(Failure::Duplicate);
        }
        self.entries
            .retain(|entry| !ids.contains(entry.id.as_str()));
        self.entries.extend_from_slice(new);
        Ok(there)
    }

    pub(crate) fn remove(&mut self, ids: &[String]) -> Result<usize, Failure> {
        if ids.iter().any(|id| self.position(id).is_none()) {
            return Err(Failure::NoId);
        }
        let before = self.entries.len();
        self.entries.retain(|entry| !ids.contains(&entry.id));
        Ok(before - self.entries.len())
    }

    /// Ids and scores by sorting everything.
    pub(crate) fn search(
        &self,
        query: &[f32],
        k: usize,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Vec<(String, f32)> {
        let wanted = self.entries.iter().filter(|entry| wanted(entry));
        let mut found: Vec<(String, f32)> = wanted
            .map(|entry| (entry.id.clone(), self.score(query, &entry.numbers)))
            .collect();
        // A stable sort keeps the order of insertion among equals.
        match self.config.metric {
            Metric::L2 => found.sort_by(|left, right| left.1.total_cmp(&right.1)),
            _ => found.sort_by(|left, right| right.1.total_cmp(&left.1)),
        }
        found.truncate(k);
        found
    }

    /// Numbers are multiples of 1/64 below 2^11, so that sums are exact in any order.
    fn score(&self, query: &[f32], row: &[f32]) -> f32 {
        let sum = |term: fn(f64, f64) -> f64, left: &[f32], right: &[f32]| -> f64 {
            let pairs = left.iter().zip(right);
            pairs.map(|(&l, &r)| term(f64::from(l), f64::from(r))).sum()
        };
        let dot = |left: &[f32], right: &[f32]| sum(|l, r| l * r, left, right);
        let score = match self.config.metric {
            Metric::L2 => sum(|l, r| (l - r) * (l - r), query, row),
            Metric::InnerProduct => dot(query, row),
            Metric::Cosine => {
                let norms = dot(query, query).sqrt() * dot(row, row).sqrt();
                if norms == 0.0 {
                    0.0
                } else {
                    dot(query, row) / norms
                }
            }
        };
        score as f32 + 0.0
    }
}
