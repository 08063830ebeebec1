//! The pool's bookkeeping, over any source of blocks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::classes::Policy;

/// Where blocks come from: a device's driver, or a test.
pub trait Source {
    /// A block; dropping it gives it back to the driver.
    type Block;
    /// Why the driver failed, other than for lack of memory.
    type Error;

    /// Asks for a block.
    ///
    /// # Errors
    /// [`Refusal::OutOfMemory`] where memory lacks: the pool then lets go of what it keeps and asks
    /// again. Anything else is final.
    fn allocate(&self, bytes: usize) -> Result<Self::Block, Refusal<Self::Error>>;

    /// Waits until no submitted work uses any block.
    ///
    /// # Errors
    /// What the driver reports.
    fn settle(&self) -> Result<(), Self::Error>;
}

/// Why a source gave no block.
#[derive(Debug)]
pub enum Refusal<E> {
    /// Not enough memory is free.
    OutOfMemory,
    /// Anything else.
    Other(E),
}

/// Why a pool gave no block.
#[derive(Debug)]
pub enum PoolError<E> {
    /// Not enough memory, even with nothing kept.
    OutOfMemory(Statistics),
    /// The source failed.
    Source(E),
}

/// What a pool holds, in bytes and blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Bytes of blocks in use.
    pub in_use: usize,
    /// Bytes of blocks kept for reuse.
    pub cached: usize,
    /// The most bytes that were in use at once.
    pub peak: usize,
    /// How often the source was asked and gave a block.
    pub allocations: u64,
    /// How often a kept block served instead.
    pub reuses: u64,
}

struct State<B> {
    kept: BTreeMap<usize, Vec<B>>,
    statistics: Statistics,
}

/// Blocks of one source, kept for reuse.
pub struct Pool<S: Source> {
    source: S,
    policy: Policy,
    state: Mutex<State<S::Block>>,
}

impl<S: Source> Pool<S> {
    /// A pool that holds nothing yet.
    pub fn new(source: S, policy: Policy) -> Arc<Self> {
        Arc::new(Self {
            source,
            policy,
            state: Mutex::new(State {
                kept: BTreeMap::new(),
                statistics: Statistics::default(),
            }),
        })
    }

    /// The source of the blocks.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// A block of at least `bytes` bytes.
    ///
    /// # Errors
    /// [`PoolError::OutOfMemory`] where the source has no such block even after everything kept was
    /// given back, and the source's own errors.
    pub fn lease(self: &Arc<Self>, bytes: usize) -> Result<Lease<S>, PoolError<S::Error>> {
        let Some(size) = self.policy.block_size(bytes) else {
            return Err(PoolError::OutOfMemory(self.statistics()));
        };
        let (size, block) = match self.take_kept(size) {
            Some(found) => found,
            None => (size, self.ask(size)?),
        };
        Ok(Lease {
            pool: Arc::clone(self),
            size,
            block: Some(block),
        })
    }

    /// Gives what is kept back to the driver and says how many bytes that were.
    ///
    /// # Errors
    /// What the driver reports while waiting for work that may still use a block.
    pub fn trim(&self) -> Result<usize, S::Error> {
        self.source.settle()?;
        let (kept, bytes) = {
            let mut state = self.state();
            let bytes = std::mem::take(&mut state.statistics.cached);
            (std::mem::take(&mut state.kept), bytes)
        };
        drop(kept); // Not under the lock: the driver may wait.
        Ok(bytes)
    }

    /// What the pool holds now.
    pub fn statistics(&self) -> Statistics {
        self.state().statistics
    }

    fn take_kept(&self, size: usize) -> Option<(usize, S::Block)> {
        let mut state = self.state();
        let range = size..=self.policy.largest_for(size);
        let (&found, blocks) = state
            .kept
            .range_mut(range)
            .find(|(_, blocks)| !blocks.is_empty())?;
        let block = blocks.pop()?;
        state.statistics.cached -= found;
        state.statistics.reuses += 1;
        state.statistics.now_in_use(found);
        Some((found, block))
    }

    fn ask(&self, size: usize) -> Result<S::Block, PoolError<S::Error>> {
        let block = match self.source.allocate(size) {
            Err(Refusal::OutOfMemory) => self.ask_after_trim(size)?,
            Err(Refusal::Other(error)) => return Err(PoolError::Source(error)),
            Ok(block) => block,
        };
        let mut state = self.state();
        state.statistics.allocations += 1;
        state.statistics.now_in_use(size);
        Ok(block)
    }

    fn ask_after_trim(&self, size: usize) -> Result<S::Block, PoolError<S::Error>> {
        self.trim().map_err(PoolError::Source)?;
        self.source.allocate(size).map_err(|refusal| match refusal {
            Refusal::OutOfMemory => PoolError::OutOfMemory(self.statistics()),
            Refusal::Other(error) => PoolError::Source(error),
        })
    }

    fn give_back(&self, size: usize, block: S::Block) {
        let mut state = self.state();
        state.statistics.in_use -= size;
        if self.policy.keeps() {
            state.statistics.cached += size;
            state.kept.entry(size).or_default().push(block);
            return;
        }
        drop(state);
        // An error here is one of work submitted earlier; the next call that waits reports it.
        let _ = self.source.settle();
        drop(block);
    }

    /// No panic can leave the bookkeeping half done, so a poisoned lock is as good as any.
    fn state(&self) -> MutexGuard<'_, State<S::Block>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Statistics {
    fn now_in_use(&mut self, bytes: usize) {
        self.in_use += bytes;
        self.peak = self.peak.max(self.in_use);
    }
}

/// A block in use; dropping it gives it back to its pool.
pub struct Lease<S: Source> {
    pool: Arc<Pool<S>>,
    size: usize,
    block: Option<S::Block>,
}

impl<S: Source> Lease<S> {
    /// The block. There always is one: only dropping the lease takes it.
    pub fn block(&self) -> Option<&S::Block> {
        self.block.as_ref()
    }

    /// The size of the block in bytes, at least what was asked for.
    pub fn size(&self) -> usize {
        self.size
    }
}

impl<S: Source> Drop for Lease<S> {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            self.pool.give_back(self.size, block);
        }
    }
}

impl<S: Source> std::fmt::Debug for Lease<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lease({} bytes)", self.size)
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
