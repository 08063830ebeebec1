//! Which row has which id.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::bitset::Bitset;
use crate::engine::{Error, Result};

/// Bytes of the longest id.
pub const MAX_ID: usize = 1024;

/// The ids of rows. Removed rows keep their place, without a name that leads to them.
#[derive(Debug, Default)]
pub(super) struct Ids {
    rows: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Ids {
    pub(super) fn row(&self, id: &str) -> Option<usize> {
        self.rows.get(id).map(|&row| row as usize)
    }

    pub(super) fn name(&self, row: usize) -> Option<&Arc<str>> {
        self.names.get(row)
    }

    /// How many rows have an id that leads to them.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows of ids, each once.
    ///
    /// # Errors
    /// [`Error::NoId`] for the first that has none.
    pub(super) fn rows(&self, ids: &[impl AsRef<str>]) -> Result<HashSet<usize>> {
        let row = |id: &str| {
            self.row(id)
                .ok_or_else(|| Error::NoId { id: id.to_owned() })
        };
        ids.iter().map(|id| row(id.as_ref())).collect()
    }

    /// Whether these could be appended.
    ///
    /// # Errors
    /// [`Error::Id`] and [`Error::Duplicate`]. Where `replace` is set, an id may be there already.
    pub(super) fn check(&self, ids: &[impl AsRef<str>], replace: bool) -> Result<()> {
        let mut seen = HashSet::with_capacity(ids.len());
        for id in ids.iter().map(AsRef::as_ref) {
            if id.is_empty() || id.len() > MAX_ID {
                return Err(Error::Id {
                    length: id.len(),
                    max: MAX_ID,
                });
            }
            let twice = !seen.insert(id);
            if twice || !replace && self.rows.contains_key(id) {
                return Err(Error::Duplicate {
                    id: id.to_owned(),
                    place: if twice {
                        "is in the batch twice"
                    } else {
                        "is in the store"
                    },
                });
            }
        }
        Ok(())
    }

    /// Appends ids that were checked, and gives the rows that had them before.
    pub(super) fn append(&mut self, ids: &[impl AsRef<str>]) -> Vec<usize> {
        let mut replaced = Vec::new();
        for id in ids {
            let name: Arc<str> = Arc::from(id.as_ref());
            let row = self.names.len() as u32;
            let before = self.rows.insert(name.clone(), row);
            replaced.extend(before.map(|row| row as usize));
            self.names.push(name);
        }
        replaced
    }

    /// Takes over the ids of all rows, in their order; of removed ones there are none.
    pub(super) fn restore<'a>(&mut self, ids: impl Iterator<Item = Option<&'a str>>) {
        for id in ids {
            let name: Arc<str> = Arc::from(id.unwrap_or_default());
            if id.is_some() {
                self.rows.insert(name.clone(), self.names.len() as u32);
            }
            self.names.push(name);
        }
    }

    /// Forgets the id of a row.
    pub(super) fn remove(&mut self, row: usize) {
        if let Some(name) = self.names.get(row) {
            self.rows.remove(name);
        }
    }

    /// Renumbers: the rows of `keep`, in their order, from 0.
    pub(super) fn compact(&mut self, keep: &Bitset) {
        let mut row = 0;
        self.names.retain(|_| {
            row += 1;
            keep.get(row - 1)
        });
        let names = self.names.iter().enumerate();
        self.rows = names
            .map(|(row, name)| (name.clone(), row as u32))
            .collect();
    }
}
