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
    /// Bytes of blocks that are in no use but by graphs: see [`Pool::begin_capture`].
    pub reserved: usize,
}

/// Blocks by their sizes.
type Kept<B> = BTreeMap<usize, Vec<B>>;

struct State<B> {
    kept: Kept<B>,
    statistics: Statistics,
    /// What was let go of during the capture that goes on, for its own further use.
    capture: Option<Kept<B>>,
    /// How many captures have ended.
    epoch: u64,
    /// For the graph of each capture, by the epoch that began with it, what may not serve others:
    /// with sizes and the epochs in which blocks were leased.
    graphs: BTreeMap<u64, Vec<(usize, u64, B)>>,
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
                capture: None,
                epoch: 0,
                graphs: BTreeMap::new(),
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
        let (size, epoch, block) = match self.take_kept(size) {
            Some(found) => found,
            None => self.ask(size)?,
        };
        Ok(Lease {
            pool: Arc::clone(self),
            size,
            epoch,
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

    fn take_kept(&self, size: usize) -> Option<(usize, u64, S::Block)> {
        let mut state = self.state();
        let largest = self.policy.largest_for(size);
        let of_capture = state.capture.as_mut();
        let (found, block) = match of_capture.and_then(|kept| take(kept, size, largest)) {
            Some((found, block)) => {
                state.statistics.reserved -= found;
                (found, block)
            }
            None => {
                let (found, block) = take(&mut state.kept, size, largest)?;
                state.statistics.cached -= found;
                (found, block)
            }
        };
        state.statistics.reuses += 1;
        state.statistics.now_in_use(found);
        Some((found, state.epoch, block))
    }

    fn ask(&self, size: usize) -> Result<(usize, u64, S::Block), PoolError<S::Error>> {
        let block = match self.source.allocate(size) {
            Err(Refusal::OutOfMemory) => self.ask_after_trim(size)?,
            Err(Refusal::Other(error)) => return Err(PoolError::Source(error)),
            Ok(block) => block,
        };
        let mut state = self.state();
        state.statistics.allocations += 1;
        state.statistics.now_in_use(size);
        Ok((size, state.epoch, block))
    }

    fn ask_after_trim(&self, size: usize) -> Result<S::Block, PoolError<S::Error>> {
        self.trim().map_err(PoolError::Source)?;
        self.source.allocate(size).map_err(|refusal| match refusal {
            Refusal::OutOfMemory => PoolError::OutOfMemory(self.statistics()),
            Refusal::Other(error) => PoolError::Source(error),
        })
    }

    fn give_back(&self, size: usize, epoch: u64, block: S::Block) {
        let mut state = self.state();
        state.statistics.in_use -= size;
        self.put_away(state, size, epoch, block);
    }

    /// Puts a block where it may serve again: what a graph may use only once that is gone.
    fn put_away(
        &self,
        mut state: MutexGuard<'_, State<S::Block>>,
        size: usize,
        epoch: u64,
        block: S::Block,
    ) {
        let state_now = &mut *state;
        if let Some((_, aside)) = state_now.graphs.range_mut(epoch + 1..).next_back() {
            state_now.statistics.reserved += size;
            aside.push((size, epoch, block));
            return;
        }
        if let Some(capture) = &mut state_now.capture {
            state_now.statistics.reserved += size;
            capture.entry(size).or_default().push(block);
            return;
        }
        if self.policy.keeps() {
            state_now.statistics.cached += size;
            state_now.kept.entry(size).or_default().push(block);
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

/// Work that is noted to be done later, and repeatedly.
impl<S: Source> Pool<S> {
    /// Begins a capture: what is let go of from now on serves the rest of the capture alone, since the
    /// graph will write to it at each launch. False where one goes on already.
    pub fn begin_capture(&self) -> bool {
        let mut state = self.state();
        let begins = state.capture.is_none();
        if begins {
            state.capture = Some(Kept::new());
        }
        begins
    }

    /// Ends the capture. Until the reservation is dropped, no block that was in use before or during
    /// the capture serves anything else: one that is let go of is put aside.
    pub fn end_capture(self: &Arc<Self>) -> Reservation<S> {
        let mut state = self.state();
        let before = state.epoch;
        state.epoch += 1;
        let of_capture = state.capture.take().unwrap_or_default().into_iter();
        let aside = of_capture
            .flat_map(|(size, blocks)| blocks.into_iter().map(move |block| (size, before, block)));
        let (epoch, aside) = (state.epoch, aside.collect());
        state.graphs.insert(epoch, aside);
        drop(state);
        Reservation {
            pool: Arc::clone(self),
            epoch,
        }
    }

    fn release(&self, epoch: u64) {
        let aside = self.state().graphs.remove(&epoch).unwrap_or_default();
        for (size, epoch, block) in aside {
            let mut state = self.state();
            state.statistics.reserved -= size;
            self.put_away(state, size, epoch, block);
        }
    }
}

/// The memory of a graph. Dropping it lets the blocks serve again, in the stream's order.
pub struct Reservation<S: Source> {
    pool: Arc<Pool<S>>,
    epoch: u64,
}

impl<S: Source> Drop for Reservation<S> {
    fn drop(&mut self) {
        self.pool.release(self.epoch);
    }
}

impl<S: Source> std::fmt::Debug for Reservation<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reservation({})", self.epoch)
    }
}

/// Takes a block of a size, or little more.
fn take<B>(kept: &mut Kept<B>, size: usize, largest: usize) -> Option<(usize, B)> {
    let mut fitting = kept.range_mut(size..=largest);
    let (&found, blocks) = fitting.find(|(_, blocks)| !blocks.is_empty())?;
    Some((found, blocks.pop()?))
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
    /// How many captures had ended when it began.
    epoch: u64,
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
            self.pool.give_back(self.size, self.epoch, block);
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
