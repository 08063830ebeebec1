//! A GPU as the engine uses it: one stream, kernels, buffers that are kept for reuse.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use redwick_hip::{Device, DeviceMemory, Kernel as Loaded, Module, Stream};
use redwick_kernels::{Arguments, Family, Kernel, KernelInfo, all, code_object};
use redwick_tensor_ops::memory::{Lease, Policy, Pool, PoolError, Refusal, Source, Statistics};
use redwick_tensor_ops::{DeviceSpec, Library, driver};

use super::account::{Account, Memory};
use crate::engine::{Error, Result, Shortage};

/// A device with one stream, on which all its stores' work runs in order.
struct Opened {
    spec: DeviceSpec,
    device: Device,
    stream: Stream,
    modules: [OnceLock<Module>; Family::ALL.len()],
    kernels: Box<[OnceLock<Loaded>]>,
    /// The buffers of all engines of the device.
    pools: Mutex<Vec<Weak<Pool<Scratch>>>>,
}

/// A device as one engine uses it, with memory of the engine's own.
pub(crate) struct Gpu {
    opened: Arc<Opened>,
    account: Arc<Account>,
    pool: Arc<Pool<Scratch>>,
}

/// Memory of one search or append. A block that was let go of serves later work of the stream.
pub(super) type Block = Lease<Scratch>;

/// Where blocks come from.
pub(super) struct Scratch {
    stream: Stream,
    account: Arc<Account>,
}

impl Source for Scratch {
    type Block = Memory;
    type Error = redwick_hip::Error;

    fn allocate(&self, bytes: usize) -> Result<Memory, Refusal<redwick_hip::Error>> {
        Memory::new(self.stream.device(), &self.account, bytes)
    }

    fn settle(&self) -> Result<(), redwick_hip::Error> {
        self.stream.synchronize()
    }
}

impl Opened {
    /// Opens a device, or gives what was opened for it before.
    fn get(spec: &DeviceSpec) -> Result<Arc<Self>> {
        static OPENED: OnceLock<Mutex<HashMap<DeviceSpec, Arc<Opened>>>> = OnceLock::new();
        let opened = OPENED.get_or_init(Mutex::default);
        let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = opened.get(spec) {
            return Ok(Arc::clone(device));
        }
        let device = Arc::new(Self::new(spec)?);
        opened.insert(spec.clone(), Arc::clone(&device));
        Ok(device)
    }

    fn new(spec: &DeviceSpec) -> Result<Self> {
        let device = driver(spec)?.device(spec.ordinal)?;
        redwick_kernels::wave_size(device.target())?;
        Ok(Self {
            spec: spec.clone(),
            stream: device.create_stream()?,
            modules: [const { OnceLock::new() }; Family::ALL.len()],
            kernels: all().iter().map(|_| OnceLock::new()).collect(),
            pools: Mutex::default(),
            device,
        })
    }

    /// The pools of the engines that are there.
    fn pools(&self) -> Vec<Arc<Pool<Scratch>>> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| pool.strong_count() > 0);
        pools.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Gpu {
    /// A device, for an engine that holds no more memory than `limit` says.
    pub(super) fn open(spec: &DeviceSpec, limit: Option<usize>) -> Result<Self> {
        let (opened, account) = (Opened::get(spec)?, Account::new(limit));
        let source = Scratch {
            stream: opened.stream.clone(),
            account: Arc::clone(&account),
        };
        let pool = Pool::new(source, policy(&spec.library));
        let mut pools = opened.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.push(Arc::downgrade(&pool));
        drop(pools);
        Ok(Self {
            opened,
            account,
            pool,
        })
    }

    pub(super) fn device(&self) -> &Device {
        &self.opened.device
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.opened.stream
    }

    /// All that the engine holds.
    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// What is lent and kept of the engine's buffers.
    pub(super) fn scratch(&self) -> Statistics {
        self.pool.statistics()
    }

    /// Bytes that can still be lent under the engine's limit, where it has one.
    pub(super) fn room(&self) -> Option<usize> {
        let used = self.account.bytes() - self.scratch().cached;
        self.account.limit().map(|limit| limit.saturating_sub(used))
    }

    /// Gives buffers that are kept for reuse back to the device.
    pub(super) fn trim(&self) -> Result<()> {
        self.pool.trim()?;
        Ok(())
    }

    /// The same for all engines of the device.
    fn trim_all(&self) -> Result<()> {
        for pool in self.opened.pools() {
            pool.trim()?;
        }
        Ok(())
    }

    /// A buffer of at least `bytes` bytes, with anything in it.
    pub(super) fn lease(&self, what: &str, bytes: usize) -> Result<Block> {
        let ask = || self.pool.lease(bytes.max(1));
        let answer = match ask() {
            Err(PoolError::OutOfMemory(_)) => {
                self.trim_all()?;
                ask()
            }
            answer => answer,
        };
        answer.map_err(|error| match error {
            PoolError::Source(error) => error.into(),
            PoolError::OutOfMemory(_) => self.shortage(what, bytes),
        })
    }

    /// Memory that stays, such as a store's rows; not from the pool.
    pub(super) fn allocate(&self, what: &str, bytes: usize) -> Result<Memory> {
        let ask = || Memory::new(&self.opened.device, &self.account, bytes);
        let answer = match ask() {
            Err(Refusal::OutOfMemory) => {
                self.trim_all()?;
                ask()
            }
            answer => answer,
        };
        answer.map_err(|refusal| match refusal {
            Refusal::OutOfMemory => self.shortage(what, bytes),
            Refusal::Other(error) => error.into(),
        })
    }

    /// The error for memory that is not there.
    pub(super) fn shortage(&self, what: &str, requested: usize) -> Error {
        let free = self.opened.device.memory_info().ok().map(|info| info.free);
        Error::from(Box::new(Shortage {
            what: format!("{what} on {}", self.opened.spec),
            requested,
            used: self.account.bytes(),
            free,
            limit: self.account.limit(),
        }))
    }

    /// The loaded form of a kernel.
    pub(super) fn kernel<A: Arguments>(&self, kernel: Kernel<A>) -> Result<&Loaded> {
        let cell = &self.opened.kernels[kernel.id()];
        if let Some(loaded) = cell.get() {
            return Ok(loaded);
        }
        let loaded = self.load(kernel.info())?;
        Ok(cell.get_or_init(|| loaded))
    }

    fn load(&self, info: &KernelInfo) -> Result<Loaded> {
        let cell = &self.opened.modules[info.family as usize];
        let module = match cell.get() {
            Some(module) => module,
            None => {
                let image = code_object(self.opened.device.target(), info.family)?;
                let module = self.opened.device.load_module(image)?;
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
    let memory = block.block().map(|memory| &**memory);
    memory.ok_or_else(|| Error::Other("a buffer without memory".to_owned()))
}

/// The address `offset` bytes into a block.
pub(super) fn address(block: &Block, offset: usize) -> Result<u64> {
    Ok(memory(block)?.address().offset(offset).0)
}
