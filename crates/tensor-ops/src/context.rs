//! A device ready to compute: its stream, its memory, its loaded kernels.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

use redwick_hip as hip;
use redwick_kernels as kernels;

use crate::error::{Error, Result};
use crate::faults::{self, Faults, IndexFault};
use crate::memory::{Lease, Policy, Pool, PoolError, Refusal, Source, Statistics};
use crate::products::{Origin, Products};

/// A device with one stream, on which all its work runs in order. Clones are the same context.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    id: u64,
    name: String,
    device: hip::Device,
    stream: hip::Stream,
    pool: Arc<Pool<DeviceSource>>,
    modules: [OnceLock<hip::Module>; kernels::Family::ALL.len()],
    kernels: Box<[OnceLock<hip::Kernel>]>,
    /// How often each kernel was launched.
    launches: Box<[AtomicU64]>,
    /// Where kernels report indices out of range.
    faults: Faults,
    /// Whether ops whose results may differ from run to run take a form whose results do not.
    deterministic: AtomicBool,
    products: Products,
    /// Held by whoever puts work into the stream, and all of it by who captures a graph.
    gate: RwLock<()>,
    /// The thread that captures a graph; 0 for none.
    capturing: AtomicU64,
    /// Kernels that users brought and the capture has used.
    captured_kernels: Mutex<Vec<hip::Kernel>>,
}

/// A block of device memory in use.
pub(crate) type Block = Lease<DeviceSource>;

/// Blocks from the driver.
pub(crate) struct DeviceSource {
    stream: hip::Stream,
}

impl Source for DeviceSource {
    type Block = hip::DeviceMemory;
    type Error = hip::Error;

    fn allocate(&self, bytes: usize) -> Result<hip::DeviceMemory, Refusal<hip::Error>> {
        let answer = self.stream.device().alloc_bytes(bytes);
        answer.map_err(|error| match error {
            hip::Error::OutOfMemory { .. } => Refusal::OutOfMemory,
            other => Refusal::Other(other),
        })
    }

    fn settle(&self) -> Result<(), hip::Error> {
        self.stream.synchronize()
    }
}

impl Context {
    /// A context on a device of any driver. Kernels for its target must be built in.
    ///
    /// # Errors
    /// For a target without code objects, with those there are; the driver's errors.
    pub fn new(device: hip::Device, policy: Policy) -> Result<Self> {
        Self::named(device.to_string(), device, policy, Origin::None)
    }

    pub(crate) fn named(
        name: String,
        device: hip::Device,
        policy: Policy,
        library: Origin,
    ) -> Result<Self> {
        kernels::wave_size(device.target()).map_err(Error::Kernels)?;
        let stream = device.create_stream()?;
        let source = DeviceSource {
            stream: stream.clone(),
        };
        let pool = Pool::new(source, policy);
        let faults = Faults::new(lease(&pool, &name, faults::BYTES)?, &stream)?;
        let products = Products::new(device.target(), library);
        let inner = Inner {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            name,
            device,
            stream,
            pool,
            modules: [const { OnceLock::new() }; kernels::Family::ALL.len()],
            kernels: kernels::all().iter().map(|_| OnceLock::new()).collect(),
            launches: kernels::all().iter().map(|_| AtomicU64::new(0)).collect(),
            faults,
            deterministic: AtomicBool::new(deterministic_by_default()),
            products,
            gate: RwLock::default(),
            capturing: AtomicU64::new(0),
            captured_kernels: Mutex::default(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Tells contexts of this process apart.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// What the device was called when it was opened.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The device.
    pub fn device(&self) -> &hip::Device {
        &self.0.device
    }

    /// The stream on which all work runs.
    pub fn stream(&self) -> &hip::Stream {
        &self.0.stream
    }

    /// Memory in use and kept for reuse.
    pub fn memory(&self) -> Statistics {
        self.0.pool.statistics()
    }

    /// Gives memory that is kept for reuse back to the driver, and says how many bytes that were.
    ///
    /// # Errors
    /// The driver's.
    pub fn trim(&self) -> Result<usize> {
        Ok(self.0.pool.trim()?)
    }

    /// Waits until all work is done.
    ///
    /// # Errors
    /// The driver's, and [`Error::IndexOutOfRange`] where a kernel met such an index since the last
    /// check.
    pub fn synchronize(&self) -> Result<()> {
        {
            let _gate = self.gate();
            self.0.stream.synchronize()?;
        }
        self.check_fault()
    }

    /// Asks for the same bits from the same work, at some cost in time; or no longer.
    ///
    /// It concerns [`ops::scatter_add`](crate::ops::scatter_add) and
    /// [`ops::index_add`](crate::ops::index_add) of floats, which else add in any order; all other
    /// ops give the same bits anyway. [`DETERMINISTIC_VARIABLE`] says what new contexts do.
    pub fn set_deterministic(&self, deterministic: bool) {
        self.0.deterministic.store(deterministic, Ordering::Relaxed);
    }

    /// Whether the same work gives the same bits: see [`Context::set_deterministic`].
    pub fn is_deterministic(&self) -> bool {
        self.0.deterministic.load(Ordering::Relaxed)
    }

    pub(crate) fn products(&self) -> &Products {
        &self.0.products
    }

    pub(crate) fn lease(&self, bytes: usize) -> Result<Block> {
        let _gate = self.gate();
        lease(&self.0.pool, &self.0.name, bytes)
    }

    /// Where kernels report an index out of range, by what is to be said of it. Whoever launches such a
    /// kernel says so afterwards: see [`Context::fault_is_possible`].
    pub(crate) fn fault_word(&self, fault: IndexFault) -> u64 {
        self.0.faults.word(fault)
    }

    /// Notes that a kernel was launched that may report a fault. Not earlier: a check in between would
    /// take the note and read the word too soon.
    pub(crate) fn fault_is_possible(&self) {
        self.0.faults.set_possible(true);
    }

    /// Reports indices that kernels found out of range, once.
    pub(crate) fn check_fault(&self) -> Result<()> {
        if !self.0.faults.set_possible(false) {
            return Ok(());
        }
        let _gate = self.gate();
        let faults = self.0.faults.take(&self.0.stream)?;
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Error::IndexOutOfRange { faults }),
        }
    }

    /// The pool, for captures.
    pub(crate) fn pool(&self) -> &Arc<Pool<DeviceSource>> {
        &self.0.pool
    }

    /// Lets the calling thread put work into the stream: waits where another captures a graph, which
    /// the work would become part of. Not to be asked for while it is held.
    pub(crate) fn gate(&self) -> Option<RwLockReadGuard<'_, ()>> {
        let open = || self.0.gate.read().unwrap_or_else(PoisonError::into_inner);
        (!self.is_capturing()).then(open)
    }

    /// Makes the calling thread the only one that puts work into the stream, for a capture.
    ///
    /// # Errors
    /// [`Error::Capturing`] where it is that already.
    pub(crate) fn close_gate(&self) -> Result<Closed<'_>> {
        if self.is_capturing() {
            let device = self.0.name.clone();
            return Err(Error::Capturing { device });
        }
        let guard = self.0.gate.write().unwrap_or_else(PoisonError::into_inner);
        self.0.capturing.store(this_thread(), Ordering::Relaxed);
        Ok(Closed {
            capturing: &self.0.capturing,
            _guard: guard,
        })
    }

    /// Whether the calling thread captures a graph.
    pub(crate) fn is_capturing(&self) -> bool {
        self.0.capturing.load(Ordering::Relaxed) == this_thread()
    }

    /// Kernels that a capture has used and that may else be gone before its graph.
    pub(crate) fn captured_kernels(&self) -> MutexGuard<'_, Vec<hip::Kernel>> {
        let kernels = &self.0.captured_kernels;
        kernels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes, or forgets, that kernels may have reported a fault; answers what was noted before.
    pub(crate) fn set_fault_possible(&self, possible: bool) -> bool {
        self.0.faults.set_possible(possible)
    }

    /// All kernels, each with the number of its launches through this context: what ran, and what
    /// nothing has run yet.
    pub fn launches(&self) -> impl Iterator<Item = (&'static kernels::KernelInfo, u64)> {
        let counts = self.0.launches.iter();
        let counts = counts.map(|count| count.load(Ordering::Relaxed));
        kernels::all().iter().zip(counts)
    }

    /// Counts a launch of a kernel.
    pub(crate) fn count_launch(&self, id: usize) {
        self.0.launches[id].fetch_add(1, Ordering::Relaxed);
    }

    /// The loaded form of a kernel; its code object is loaded where it is not yet.
    pub(crate) fn kernel(&self, id: usize) -> Result<&hip::Kernel> {
        let cell = &self.0.kernels[id];
        if let Some(kernel) = cell.get() {
            return Ok(kernel);
        }
        let info = &kernels::all()[id];
        let kernel = self.module(info.family)?.kernel(info.symbol)?;
        Ok(cell.get_or_init(|| kernel))
    }

    fn module(&self, family: kernels::Family) -> Result<&hip::Module> {
        let cell = &self.0.modules[family as usize];
        if let Some(module) = cell.get() {
            return Ok(module);
        }
        let image = kernels::code_object(self.0.device.target(), family).map_err(Error::Kernels)?;
        let module = self.0.device.load_module(image)?;
        Ok(cell.get_or_init(|| module))
    }
}

/// The calling thread captures a graph, until this is dropped.
pub(crate) struct Closed<'a> {
    capturing: &'a AtomicU64,
    _guard: RwLockWriteGuard<'a, ()>,
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.capturing.store(0, Ordering::Relaxed);
    }
}

/// A number other than 0 that tells the calling thread from others that live.
fn this_thread() -> u64 {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| (&raw const *place).addr() as u64)
}

/// The environment variable that makes new contexts deterministic, where it is neither empty nor 0:
/// see [`Context::set_deterministic`].
pub const DETERMINISTIC_VARIABLE: &str = "REDWICK_DETERMINISTIC";

fn deterministic_by_default() -> bool {
    std::env::var_os(DETERMINISTIC_VARIABLE).is_some_and(|value| !value.is_empty() && value != "0")
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// Where a block starts.
pub(crate) fn address(block: &Block) -> u64 {
    block.block().map_or(0, |memory| memory.address().0)
}

fn lease(pool: &Arc<Pool<DeviceSource>>, name: &str, bytes: usize) -> Result<Block> {
    pool.lease(bytes).map_err(|error| match error {
        PoolError::Source(error) => Error::Hip(error),
        PoolError::OutOfMemory(statistics) => {
            let info = pool.source().stream.device().memory_info();
            Error::OutOfMemory {
                device: name.to_owned(),
                requested: bytes,
                in_use: statistics.in_use,
                free: info.as_ref().map_or(0, |info| info.free),
                total: info.as_ref().map_or(0, |info| info.total),
            }
        }
    })
}

impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Context {}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({})", self.0.name)
    }
}
