//! What one engine holds of its device's memory, and may hold: rows, tables, and what searches need.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use redwick_hip::{Device, DeviceMemory};
use redwick_tensor_ops::memory::Refusal;

/// What an engine holds, in bytes and allocations.
#[derive(Debug)]
pub(super) struct Account {
    limit: Option<usize>,
    bytes: AtomicUsize,
    blocks: AtomicUsize,
}

impl Account {
    pub(super) fn new(limit: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            limit,
            bytes: AtomicUsize::new(0),
            blocks: AtomicUsize::new(0),
        })
    }

    /// What `bytes` may not pass.
    pub(super) fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// Bytes of all allocations.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many allocations there are.
    pub(super) fn blocks(&self) -> usize {
        self.blocks.load(Ordering::Relaxed)
    }

    /// Takes down an allocation; false where it would pass the limit.
    fn take(&self, bytes: usize) -> bool {
        let limit = self.limit.unwrap_or(usize::MAX);
        let more = |held: usize| held.checked_add(bytes).filter(|&held| held <= limit);
        let taken = self
            .bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok();
        self.blocks
            .fetch_add((taken && bytes > 0).into(), Ordering::Relaxed);
        taken
    }

    fn give_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.blocks.fetch_sub((bytes > 0).into(), Ordering::Relaxed);
    }
}

/// Device memory on an account.
pub(super) struct Memory {
    memory: DeviceMemory,
    account: Arc<Account>,
}

impl Memory {
    /// # Errors
    /// [`Refusal::OutOfMemory`] for lack of memory, and where the account's limit would be passed.
    pub(super) fn new(
        device: &Device,
        account: &Arc<Account>,
        bytes: usize,
    ) -> Result<Self, Refusal<redwick_hip::Error>> {
        if !account.take(bytes) {
            return Err(Refusal::OutOfMemory);
        }
        match device.alloc_bytes(bytes) {
            Ok(memory) => Ok(Self {
                memory,
                account: Arc::clone(account),
            }),
            Err(error) => {
                account.give_back(bytes);
                Err(match error {
                    redwick_hip::Error::OutOfMemory { .. } => Refusal::OutOfMemory,
                    other => Refusal::Other(other),
                })
            }
        }
    }
}

impl Deref for Memory {
    type Target = DeviceMemory;

    fn deref(&self) -> &DeviceMemory {
        &self.memory
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.account.give_back(self.memory.bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_not_passed() {
        let account = Account::new(Some(100));
        assert!(account.take(60) && account.take(0) && account.take(40));
        assert!(!account.take(1));
        assert_eq!((account.bytes(), account.blocks()), (100, 2));
        account.give_back(60);
        assert!(account.take(1) && !account.take(usize::MAX));
        assert_eq!((account.bytes(), account.blocks()), (41, 2));
        assert!(Account::new(None).take(usize::MAX));
    }
}
