//! A store and its file.

use std::path::Path;

use super::{Metadata, Store, next_stamp};
use crate::bitset::Bitset;
use crate::engine::{Config, Engine, Error, Result};
use crate::file::{self, Contents, Description, Lists, Lock, Stored};

/// Numbers of type f32 that go to a device at a time: 64 MiB.
const PIECE: usize = 1 << 24;

impl Store {
    /// Saves the store to a file that is replaced in one step: see [`crate::file`].
    ///
    /// # Errors
    /// [`Error::File`]; then the file is as it was.
    pub fn save(&self, path: &Path) -> Result<()> {
        Ok(file::save(path, self)?)
    }

    /// The same under a lock that was held since the file was read.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_under(&self, lock: &Lock) -> Result<()> {
        Ok(lock.save(self)?)
    }

    /// Loads a store on a device ([`crate::open()`]).
    ///
    /// # Errors
    /// [`Error::File`] where the file is damaged or another, and as [`crate::open()`].
    pub fn load(path: &Path, device: &str) -> Result<Self> {
        let stored = Stored::open(path)?;
        let engine = crate::open(device, stored.config())?;
        Self::restore(&stored, engine)
    }

    /// Takes over what a file holds. The engine either is empty or has the file's rows already.
    ///
    /// # Errors
    /// [`Error::Length`] and [`Error::Count`] for an engine of another dimension or with other rows,
    /// [`Error::Duplicate`] and [`Error::Id`] for a file with ids that cannot be, and the engine's own.
    pub fn restore(stored: &Stored, engine: Box<dyn Engine>) -> Result<Self> {
        Self::restore_with(stored, engine, &mut |_| ())
    }

    /// The same; `progress` hears how many rows are on the device.
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    pub fn restore_with(
        stored: &Stored,
        mut engine: Box<dyn Engine>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Self> {
        fill(&mut *engine, stored, progress)?;
        let mut store = Self {
            engine,
            ids: super::Ids::default(),
            metadata: Vec::new(),
            live: Bitset::new(0, true),
            compaction: Some(super::Compaction::default()),
            stamp: next_stamp(),
        };
        let rows = stored.description().rows;
        let live = Bitset::from_words(stored.live_words().to_vec(), rows);
        let ids: Vec<&str> = live.iter().map(|row| stored.id(row)).collect();
        store.ids.check(&ids, false)?;
        store
            .ids
            .restore((0..rows).map(|row| live.get(row).then(|| stored.id(row))));
        store.metadata = (0..rows)
            .map(|row| Some(stored.metadata(row)).filter(|map| !map.is_empty()))
            .map(|map| map.map(Box::new))
            .collect();
        store.live = live;
        Ok(store)
    }
}

impl Stored {
    /// What an engine for the file is made for.
    pub fn config(&self) -> Config {
        let Description {
            dimension,
            metric,
            dtype,
            ..
        } = self.description();
        Config::new(dimension, metric).dtype(dtype)
    }
}

fn fill(engine: &mut dyn Engine, stored: &Stored, progress: &mut dyn FnMut(usize)) -> Result<()> {
    let (dimension, rows) = (engine.config().dimension, stored.description().rows);
    if dimension != stored.description().dimension {
        return Err(Error::Length {
            what: format!("each vector of {}", stored.path().display()),
            expected: dimension,
            found: stored.description().dimension,
        });
    }
    super::check::vectors(stored.rows(), dimension, |row| {
        format!("row {row} of the file")
    })?;
    if engine.is_empty() {
        for piece in stored.rows().chunks((PIECE / dimension).max(1) * dimension) {
            engine.append(piece)?;
            progress(engine.len());
        }
    }
    super::check::count("rows on the device", rows, engine.len())
}

impl Contents for Store {
    fn description(&self) -> Description {
        let Config {
            dimension,
            metric,
            dtype,
            ..
        } = *self.config();
        Description {
            dimension,
            rows: self.rows(),
            metric,
            dtype,
        }
    }

    fn is_live(&self, row: usize) -> bool {
        self.live.get(row)
    }

    fn rows(&self, first: usize, out: &mut [f32]) -> Result<(), String> {
        self.engine
            .rows(first, out)
            .map_err(|error| error.to_string())
    }

    fn id(&self, row: usize) -> &str {
        self.ids.name(row).map_or("", |name| name)
    }

    fn metadata(&self, row: usize) -> Option<&Metadata> {
        self.metadata.get(row)?.as_deref()
    }

    fn lists(&self) -> Option<Lists<'_>> {
        self.engine.lists()
    }
}
