//! The GPU as its users see it.

use std::sync::Arc;

use crate::dispatch::{self, Dispatch, Statistics};
use crate::exec::Level;
use crate::fault::{Error, LaunchError};
use crate::memory::Memory;
use crate::module::{Kernel, Module};
use crate::target::Target;

/// How a GPU is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Size of device memory. Address space, committed as it is touched.
    pub memory_bytes: u64,
    /// Look for mistakes that hardware does not report: accesses outside allocations, reads of
    /// registers and LDS that were never written, misaligned LDS.
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
