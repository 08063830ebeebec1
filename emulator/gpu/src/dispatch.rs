//! Launching a kernel: arguments, private memory, and workgroups over host threads.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::ThreadPool;

use crate::fault::{Fault, LaunchError};
use crate::gpu::Options;
use crate::group::Group;
use crate::memory::{Memory, OutOfMemory};
use crate::module::Kernel;
use crate::program::{AnyProgram, Program};
use crate::setup::{self, Setup};
use crate::target::Target;

/// One launch of a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch<'a> {
    /// Workgroups in x, y and z.
    pub grid: [u32; 3],
    /// Work-items of a workgroup in x, y and z.
    pub block: [u32; 3],
    /// Bytes of LDS beyond what the kernel declares.
    pub dynamic_lds: u32,
    /// The explicit arguments, laid out as the kernel's metadata says.
    pub arguments: &'a [u8],
}

/// What a launch did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Instructions, each counted once for each wave that executed it.
    pub instructions: u64,
    /// Waves that ran.
    pub waves: u64,
    /// Workgroups that ran.
    pub workgroups: u64,
}

/// An allocation that lives as long as the launch.
pub(crate) struct Temporary<'m> {
    memory: &'m Memory,
    pub(crate) address: u64,
}

impl<'m> Temporary<'m> {
    pub(crate) fn new(memory: &'m Memory, size: u64) -> Result<Self, OutOfMemory> {
        Ok(Self {
            memory,
            address: memory.alloc(size, 256)?,
        })
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // Only fails for an address that is not allocated, and this one is.
        let _ = self.memory.free(self.address);
    }
}

/// What the threads of one launch share.
struct Shared {
    next: AtomicU64,
    instructions: AtomicU64,
    stop: AtomicBool,
    fault: Mutex<Option<Box<Fault>>>,
}

/// Runs a kernel to its end.
pub(crate) fn launch(
    target: &'static Target,
    memory: &Memory,
    pool: &ThreadPool,
    options: &Options,
    kernel: &Kernel,
    dispatch: &Dispatch<'_>,
) -> Result<Statistics, LaunchError> {
    setup::validate(target, kernel, dispatch)?;
    let workgroups = dispatch.grid.iter().map(|&n| u64::from(n)).product::<u64>();
    if workgroups == 0 {
        return Ok(Statistics::default());
    }
    let workers = workgroups.min(pool.current_num_threads() as u64);
    let setup = Setup::new(target, memory, kernel, dispatch, workers)?;
    let shared = Shared {
        next: AtomicU64::new(0),
        instructions: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        fault: Mutex::new(None),
    };
    match kernel.program() {
        AnyProgram::Wave32(program) => spread(pool, workers, |worker| {
            work(program, memory, options, &setup, &shared, worker)
        }),
        AnyProgram::Wave64(program) => spread(pool, workers, |worker| {
            work(program, memory, options, &setup, &shared, worker)
        }),
    }
    match shared
        .fault
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        Some(fault) => Err(LaunchError::Fault(fault)),
        None => Ok(Statistics {
            instructions: shared.instructions.into_inner(),
            waves: workgroups * u64::from(setup.waves),
            workgroups,
        }),
    }
}

/// Runs `work` for each worker, on the calling thread if there is only one.
fn spread(pool: &ThreadPool, workers: u64, work: impl Fn(u64) + Sync) {
    if workers <= 1 {
        return work(0);
    }
    pool.scope(|scope| {
        for worker in 0..workers {
            let work = &work;
            scope.spawn(move |_| work(worker));
        }
    });
}

/// Runs workgroups until there are none left or one faults.
fn work<const L: usize>(
    program: &Program<L>,
    memory: &Memory,
    options: &Options,
    setup: &Setup<'_>,
    shared: &Shared,
    worker: u64,
) {
    let mut group = Group::new(program, memory, options, setup, worker);
    while !shared.stop.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(workgroup) = setup.workgroup(number) else {
            break;
        };
        if let Err(fault) = group.run(workgroup) {
            shared.stop.store(true, Ordering::Relaxed);
            let mut first = shared.fault.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(fault);
        }
    }
    shared
        .instructions
        .fetch_add(group.executed(), Ordering::Relaxed);
}
