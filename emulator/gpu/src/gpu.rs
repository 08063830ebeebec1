//! The GPU as its users see it.

use std::sync::Arc;

use crate::dispatch::{self, Dispatch, Statistics};
use crate::exec::Level;
use crate::fault::{Error, LaunchError};
use crate::memory::{Memory, OutOfMemory};
use crate::module::{Kernel, Module};
use crate::target::Target;

/// How a GPU is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Size of device memory. Address space, committed as it is touched.
    pub memory_bytes: u64,
    /// Look for mistakes that hardware does not report: accesses outside allocations, reads of
    /// registers and LDS that were never written, misaligned LDS. Fresh device memory is full of
    /// [`Gpu::POISON`].
    pub checked: bool,
    /// In checked mode, look for accesses of different waves to the same bytes of LDS that no barrier
    /// orders too.
    pub races: bool,
    /// Host threads that run workgroups; as many as there are cores where not given.
    pub threads: Option<usize>,
    /// Stop a wave after this many instructions.
    pub instruction_limit: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory_bytes: 16 << 30,
            checked: false,
            races: false,
            threads: None,
            instruction_limit: None,
        }
    }
}

/// An emulated GPU. It can be used from many threads at once.
#[derive(Debug)]
pub struct Gpu {
    target: &'static Target,
    memory: Arc<Memory>,
    pool: rayon::ThreadPool,
    options: Options,
}

impl Gpu {
    /// Sets up a GPU of a target such as `gfx942`.
    ///
    /// # Errors
    /// When the target is not emulated, or address space or threads cannot be had.
    pub fn new(target: &str, options: Options) -> Result<Self, Error> {
        let target = Target::find(target)?;
        Level::detect().ok_or(Error::Host)?;
        let size = options.memory_bytes;
        let memory = Memory::new(size).map_err(|source| Error::Arena { size, source })?;
        let threads = options.threads.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("gpu-{index}"))
            .build()
            .map_err(|error| Error::Threads {
                threads,
                reason: error.to_string(),
            })?;
        Ok(Self {
            target,
            memory: Arc::new(memory),
            pool,
            options,
        })
    }

    /// The target's name, such as `gfx942`.
    pub fn target(&self) -> &'static str {
        self.target.name
    }

    /// What the target is like.
    pub fn description(&self) -> &'static Target {
        self.target
    }

    /// Lanes of a wave.
    pub fn wave_size(&self) -> u32 {
        self.target.wave_size
    }

    /// Device memory.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What each byte of fresh device memory is in checked mode: NaN in every float dtype, and -1 or
    /// the largest number in integers.
    pub const POISON: u8 = 0xFF;

    /// In checked mode, so many bytes at each end of an allocation are poisoned: filling commits pages.
    pub const POISONED: u64 = 8 << 20;

    /// Allocates device memory for a user, whose content is undefined. In checked mode all of it, or of
    /// a large one [`Gpu::POISONED`] bytes at each end, is [`Gpu::POISON`], so that results of what
    /// nobody wrote look wrong.
    ///
    /// # Errors
    /// Where no gap is large enough.
    pub fn alloc(&self, size: u64, align: u64) -> Result<u64, OutOfMemory> {
        let address = self.memory.alloc(size, align)?;
        if self.options.checked {
            let head = size.min(Self::POISONED);
            let tail = (size - head).min(Self::POISONED);
            for (start, bytes) in [(0, head), (size - tail, tail)] {
                // Inside the allocation, which nobody else knows yet.
                let _ = self.memory.fill(address + start, bytes, &[Self::POISON]);
            }
        }
        Ok(address)
    }

    /// How it was set up.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Loads a code object into device memory. The module frees it when it and its kernels are gone.
    ///
    /// # Errors
    /// When it is no code object, is for another target, or does not fit.
    pub fn load(&self, code_object: &[u8]) -> Result<Module, Error> {
        Module::load(code_object, self.target, &self.memory)
    }

    /// Runs a kernel to its end.
    ///
    /// # Errors
    /// When the dispatch is impossible, or a wave faults; workgroups that had not started then do
    /// not run.
    pub fn launch(
        &self,
        kernel: &Kernel,
        dispatch: &Dispatch<'_>,
    ) -> Result<Statistics, LaunchError> {
        dispatch::launch(
            self.target,
            &self.memory,
            &self.pool,
            &self.options,
            kernel,
            dispatch,
        )
    }
}
