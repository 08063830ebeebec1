//! What handles stand for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redwick_hip::sys::hipError_t;

use crate::failure::Failure;

/// What the handles of one kind stand for.
///
/// A handle is a number in a pointer's clothes, never an address, so a wrong one is an error and
/// nothing worse. Numbers are not used twice.
pub(crate) struct Handles<T> {
    what: &'static str,
    entries: RwLock<HashMap<usize, Arc<T>>>,
}

impl<T> Handles<T> {
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            entries: RwLock::default(),
        }
    }

    /// A new handle.
    pub(crate) fn insert<H>(&self, value: T) -> *mut H {
        // Counted over all kinds, so that an event's handle is no stream's.
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        // Multiples of 16 look like addresses to code that tags pointers.
        let number = NEXT.fetch_add(1, Ordering::Relaxed) * 16;
        self.write().insert(number, Arc::new(value));
        std::ptr::without_provenance_mut(number)
    }

    /// What a handle stands for.
    pub(crate) fn get<H>(&self, handle: *mut H) -> Result<Arc<T>, Failure> {
        let entry = self.read().get(&handle.addr()).cloned();
        entry.ok_or_else(|| self.unknown(handle))
    }

    /// Ends a handle.
    pub(crate) fn remove<H>(&self, handle: *mut H) -> Result<Arc<T>, Failure> {
        let entry = self.write().remove(&handle.addr());
        entry.ok_or_else(|| self.unknown(handle))
    }

    /// Ends the handles of which this is not true.
    pub(crate) fn retain(&self, keep: impl Fn(&T) -> bool) {
        self.write().retain(|_, value| keep(value));
    }

    /// Calls a function for each, until one fails.
    pub(crate) fn try_for_each(
        &self,
        f: impl FnMut(&Arc<T>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.read().values().try_for_each(f)
    }

    fn unknown<H>(&self, handle: *mut H) -> Failure {
        let text = format!("{:#x} is no handle of a live {}", handle.addr(), self.what);
        Failure::new(hipError_t::INVALID_HANDLE, text)
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<usize, Arc<T>>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<usize, Arc<T>>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}
