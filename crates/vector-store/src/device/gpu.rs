//! A GPU as the engine uses it: one stream, kernels, buffers that are kept for reuse.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use redwick_hip::{Device, DeviceMemory, Kernel as Loaded, Module, Stream};
use redwick_kernels::{Arguments, Family, Kernel, KernelInfo, all, code_object};
use redwick_tensor_ops::memory::{Lease, Policy, Pool, PoolError, Refusal, Source, Statistics};
use redwick_tensor_ops::{DeviceSpec, Library, driver};

use crate::engine::{Error, Result, Shortage};

/// A device with one stream, on which all its stores' work runs in order.
pub(crate) struct Gpu {
    spec: DeviceSpec,
    device: Device,
    stream: Stream,
    pool: Arc<Pool<Scratch>>,
    modules: [OnceLock<Module>; Family::ALL.len()],
    kernels: Box<[OnceLock<Loaded>]>,
}

/// Memory of one search or append. A block that was let go of serves later work of the stream.
pub(super) type Block = Lease<Scratch>;

/// Where blocks come from.
pub(super) struct Scratch {
    stream: Stream,
}

impl Source for Scratch {
    type Block = DeviceMemory;
    type Error = redwick_hip::Error;

    fn allocate(&self, bytes: usize) -> Result<DeviceMemory, Refusal<redwick_hip::Error>> {
        let answer = self.stream.device().alloc_bytes(bytes);
        answer.map_err(|error| match error {
            redwick_hip::Error::OutOfMemory { .. } => Refusal::OutOfMemory,
            other => Refusal::Other(other),
        })
    }

    fn settle(&self) -> Result<(), redwick_hip::Error> {
        self.stream.synchronize()
    }
}

impl Gpu {
    /// Opens a device, or gives what was opened for it before.
    pub(super) fn open(spec: &DeviceSpec) -> Result<Arc<Self>> {
        static OPENED: OnceLock<Mutex<HashMap<DeviceSpec, Arc<Gpu>>>> = OnceLock::new();
        let opened = OPENED.get_or_init(Mutex::default);
        let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gpu) = opened.get(spec) {
            return Ok(Arc::clone(gpu));
        }
        let gpu = Arc::new(Self::new(spec)?);
        opened.insert(spec.clone(), Arc::clone(&gpu));
        Ok(gpu)
    }

    fn new(spec: &DeviceSpec) -> Result<Self> {
        let device = driver(spec)?.device(spec.ordinal)?;
        redwick_kernels::wave_size(device.target())?;
        let stream = device.create_stream()?;
        let source = Scratch {
            stream: stream.clone(),
        };
        Ok(Self {
            spec: spec.clone(),
            pool: Pool::new(source, policy(&spec.library)),
            modules: [const { OnceLock::new() }; Family::ALL.len()],
            kernels: all().iter().map(|_| OnceLock::new()).collect(),
            device,
            stream,
        })
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// What is lent and kept, of all stores on the device.
    pub(super) fn scratch(&self) -> Statistics {
        self.pool.statistics()
    }

    /// A buffer of at least `bytes` bytes, with anything in it.
    pub(super) fn lease(&self, what: &str, bytes: usize) -> Result<Block> {
        self.pool.lease(bytes.max(1)).map_err(|error| match error {
            PoolError::Source(error) => error.into(),
            PoolError::OutOfMemory(held) => self.shortage(what, bytes, held.in_use, None),
        })
    }

    /// Memory that stays, such as a store's rows; not from the pool.
    pub(super) fn allocate(&self, what: &str, bytes: usize, used: usize) -> Result<DeviceMemory> {
        let first = self.device.alloc_bytes(bytes);
        let answer = match first {
            Err(redwick_hip::Error::OutOfMemory { .. }) => {
                self.pool.trim()?;
                self.device.alloc_bytes(bytes)
            }
            answer => answer,
        };
        answer.map_err(|error| match error {
            redwick_hip::Error::OutOfMemory { .. } => self.shortage(what, bytes, used, None),
            other => other.into(),
        })
    }

    /// The error for memory that is not there.
    pub(super) fn shortage(
        &self,
        what: &str,
        requested: usize,
        used: usize,
        limit: Option<usize>,
    ) -> Error {
        Error::from(Box::new(Shortage {
            what: format!("{what} on {}", self.spec),
            requested,
            used,
            free: self.device.memory_info().ok().map(|info| info.free),
            limit,
        }))
    }

    /// The loaded form of a kernel.
    pub(super) fn kernel<A: Arguments>(&self, kernel: Kernel<A>) -> Result<&Loaded> {
        let cell = &self.kernels[kernel.id()];
        if let Some(loaded) = cell.get() {
            return Ok(loaded);
        }
        let loaded = self.load(kernel.info())?;
        Ok(cell.get_or_init(|| loaded))
    }

    fn load(&self, info: &KernelInfo) -> Result<Loaded> {
        let cell = &self.modules[info.family as usize];
        let module = match cell.get() {
            Some(module) => module,
            None => {
                let image = code_object(self.device.target(), info.family)?;
                let module = self.device.load_module(image)?;
                cell.get_or_init(|| module)
            }
        };
        Ok(module.kernel(info.symbol)?)
    }
}

/// A device that checks accesses sees more where blocks are exact.
fn policy(library: &Library) -> Policy {
    match library {
        Library::Emulated(target) if target.ends_with(":checked") => Policy::Exact,
        _ => Policy::Cached,
    }
}

/// A buffer that is handed out piece by piece, each at a multiple of 256 bytes.
pub(super) struct Layout {
    bytes: usize,
}

impl Layout {
    pub(super) fn new() -> Self {
        Self { bytes: 0 }
    }

    /// The offset of a piece.
    pub(super) fn piece(&mut self, bytes: usize) -> usize {
        let start = self.bytes.next_multiple_of(256);
        self.bytes = start + bytes;
        start
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The memory of a block.
pub(super) fn memory(block: &Block) -> Result<&DeviceMemory> {
    block
        .block()
        .ok_or_else(|| Error::Other("a buffer without memory".to_owned()))
}

/// The address `offset` bytes into a block.
pub(super) fn address(block: &Block, offset: usize) -> Result<u64> {
    Ok(memory(block)?.address().offset(offset).0)
}
