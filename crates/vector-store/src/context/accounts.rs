//! What the storages of a context hold.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::engine::{Config, MemoryStats};
use crate::store::Store;

/// What one storage, or one index, holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holding {
    /// What it was made for.
    pub config: Config,
    /// How many vectors it has.
    pub vectors: usize,
    /// What it holds of the device's memory.
    pub memory: MemoryStats,
}

impl Holding {
    pub(super) fn of(store: &Store) -> Self {
        Self {
            config: *store.config(),
            vectors: store.len(),
            memory: store.memory(),
        }
    }
}

/// One storage's entry, which is there as long as the storage is.
#[derive(Debug)]
pub(super) struct Account(Mutex<Holding>);

impl Account {
    pub(super) fn note(&self, store: &Store) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Holding::of(store);
    }

    /// The same after a search, without asking the device what it has.
    pub(super) fn note_searched(&self, store: &Store) {
        let mut holding = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let MemoryStats { total, free, .. } = holding.memory;
        holding.memory = MemoryStats {
            total,
            free,
            ..store.engine().held()
        };
    }
}

/// The storages and indexes that a context has made and that are still there, oldest first.
#[derive(Debug, Default)]
pub(super) struct Accounts(Mutex<Vec<Weak<Account>>>);

impl Accounts {
    pub(super) fn open(&self, holding: Holding) -> Arc<Account> {
        let account = Arc::new(Account(Mutex::new(holding)));
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|account| account.strong_count() > 0);
        accounts.push(Arc::downgrade(&account));
        account
    }

    pub(super) fn holdings(&self) -> Vec<Holding> {
        let accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let there = accounts.iter().filter_map(Weak::upgrade);
        there
            .map(|account| *account.0.lock().unwrap_or_else(PoisonError::into_inner))
            .collect()
    }
}
