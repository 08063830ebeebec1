//! hive-gpu's index for approximate search, over this crate's.

use std::fmt;
use std::sync::Arc;

use super::accounts::Account;
use super::storage::{fits, numbers_of};
use super::{DeviceContext, Holding, Kind, similarity};
use crate::bitset::Bitset;
use crate::engine::{Config, Engine, Scan};
use crate::error::{HiveGpuError, Result};
use crate::ivf::{Ivf, Training};
use crate::store::check;
use crate::types::{GpuDistanceMetric, GpuSearchResult, GpuVector, IvfConfig};

/// An inverted file on a context's device: made empty, built once or again, then searched.
///
/// Of [`IvfConfig`], `training_sample_size` counts vectors of all cells together, and is rounded down to
/// as many for each cell, but to no fewer than one; without a `seed` it is always the same one.
pub struct IvfIndex<K> {
    context: Arc<DeviceContext<K>>,
    config: Config,
    settings: IvfConfig,
    built: Option<Built>,
}

struct Built {
    index: Ivf,
    ids: Vec<String>,
    all: Bitset,
    /// In the context's list as long as this is.
    _account: Arc<Account>,
}

impl<K: Kind> IvfIndex<K> {
    /// An index without vectors.
    ///
    /// # Errors
    /// [`HiveGpuError::InvalidDimension`] for a dimension that no index has, and
    /// [`HiveGpuError::InvalidConfiguration`] for `n_list` 0 or an `nprobe` that is not 1 to `n_list`.
    pub fn new(
        context: Arc<DeviceContext<K>>,
        dimension: usize,
        metric: GpuDistanceMetric,
        config: IvfConfig,
    ) -> Result<Self> {
        if config.n_list == 0 {
            return Err(invalid("n_list is 0; an index has 1 cell or more".into()));
        }
        let index = Self {
            context,
            config: Config::new(dimension, metric.into()).checked()?,
            settings: config,
            built: None,
        };
        index.probes(index.settings.nprobe)?;
        Ok(index)
    }

    /// Trains cells on a sample of the vectors and takes up all of them, in the place of those from
    /// before. A call that fails leaves those.
    ///
    /// # Errors
    /// For fewer vectors than cells, vectors of another length, numbers that are not finite, and where
    /// there is no memory.
    pub fn build(&mut self, vectors: &[GpuVector]) -> Result<()> {
        let (cells, count) = (self.settings.n_list, vectors.len());
        if count < cells {
            let reason = format!("n_list is {cells}, and there are {count} vectors to build from");
            return Err(invalid(reason));
        }
        let rows = numbers_of(vectors, self.config.dimension)?;
        check::vectors(&rows, self.config.dimension, |index| {
            format!("vector `{}`", vectors[index].id)
        })?;
        let make = |config| self.context.engine(config);
        let (training, probes) = (self.training(), self.settings.nprobe);
        let index = Ivf::build(self.config, &make, &rows, &training, probes)?;
        let holding = Holding {
            config: self.config,
            vectors: count,
            memory: index.memory(),
        };
        self.built = Some(Built {
            index,
            ids: vectors.iter().map(|vector| vector.id.clone()).collect(),
            all: Bitset::new(count, true),
            _account: self.context.accounts.open(holding),
        });
        Ok(())
    }

    /// The best `k` vectors of the `nprobe` cells nearest to the query, best first, with the scores of
    /// [`GpuVectorStorage`](crate::traits::GpuVectorStorage); `index` is the vector's place in what was
    /// given to [`build`](Self::build).
    ///
    /// # Errors
    /// Before the index is built, and for a query of another length or with numbers that are not
    /// finite.
    pub fn search(&self, query: &[f32], k: usize) -> Result<Vec<GpuSearchResult>> {
        let Some(built) = &self.built else {
            return Err(invalid("the index is searched before it is built".into()));
        };
        let dimension = self.config.dimension;
        fits(dimension, query, || "the query".to_owned())?;
        check::vectors(query, dimension, |_| "the query".to_owned())?;
        let scan = Scan::new(query, k.min(built.ids.len()), &built.all);
        let found = built.index.search(&scan)?;
        let result = |hit: crate::Hit| GpuSearchResult {
            id: built.ids[hit.row as usize].clone(),
            score: similarity(self.config.metric, hit.score),
            index: hit.row as usize,
        };
        Ok(found.into_iter().flatten().map(result).collect())
    }

    /// Changes how many cells a search looks into.
    ///
    /// # Errors
    /// [`HiveGpuError::InvalidConfiguration`] for a number that is not 1 to `n_list`.
    pub fn set_nprobe(&mut self, nprobe: usize) -> Result<()> {
        self.settings.nprobe = self.probes(nprobe)?;
        if let Some(built) = &self.built {
            built.index.probes().set(nprobe);
        }
        Ok(())
    }

    /// How many cells a search looks into.
    pub fn nprobe(&self) -> usize {
        self.settings.nprobe
    }

    /// How many cells there are.
    pub fn n_list(&self) -> usize {
        self.settings.n_list
    }

    /// How many vectors there are; none before the index is built.
    pub fn vector_count(&self) -> usize {
        self.built.as_ref().map_or(0, |built| built.ids.len())
    }

    /// Whether the index is built.
    pub fn is_trained(&self) -> bool {
        self.built.is_some()
    }

    /// The index itself once it is built, with what hive-gpu's does not have: batches, recall.
    pub fn index(&self) -> Option<&Ivf> {
        self.built.as_ref().map(|built| &built.index)
    }

    fn probes(&self, probes: usize) -> Result<usize> {
        let cells = self.settings.n_list;
        match (1..=cells).contains(&probes) {
            true => Ok(probes),
            false => Err(invalid(format!(
                "nprobe is {probes}; it is 1 to {cells}, which n_list is"
            ))),
        }
    }

    fn training(&self) -> Training {
        let plain = Training::new(self.settings.n_list);
        Training {
            sample: self.settings.training_sample_size / self.settings.n_list,
            rounds: self.settings.kmeans_iters,
            seed: self.settings.seed.unwrap_or(plain.seed),
            ..plain
        }
    }
}

fn invalid(reason: String) -> HiveGpuError {
    HiveGpuError::InvalidConfiguration(reason)
}

impl<K: Kind> fmt::Debug for IvfIndex<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IvfIndex")
            .field("device", &self.context.name())
            .field("config", &self.config)
            .field("settings", &self.settings)
            .field("vectors", &self.vector_count())
            .finish()
    }
}
