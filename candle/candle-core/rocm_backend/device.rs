//! An AMD GPU, as Candle has devices.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use redwick_tensor_ops::{self as tensor_ops, ops::Random, Context, DeviceSpec};

use super::convert;
use super::error::IntoCandle;
use super::storage::RocmStorage;
use crate::backend::BackendDevice;
use crate::{CpuStorage, DType, DeviceLocation, Result, Shape, WithDType};

/// Tells apart devices opened at one location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceId(u64);

/// An AMD GPU. Clones, and devices over the same context, are the same device.
#[derive(Debug, Clone)]
pub struct RocmDevice {
    context: Context,
    random: Arc<Mutex<Random>>,
}

impl RocmDevice {
    /// Opens a device by name: `rocm:N` (of the HIP library that `REDWICK_HIP` names, else the
    /// system's), `emulated:gfx942`, or `emulated:gfx942:checked` for the emulator's mode that finds
    /// mistakes which hardware does not report. The emulator needs the feature `emulator`.
    ///
    /// # Errors
    /// Where there is no such library or device, or no kernels for its target.
    pub fn open(spec: &str) -> Result<Self> {
        let spec = spec.parse().map_err(tensor_ops::Error::from).candle()?;
        Self::open_spec(&spec)
    }

    /// Like [`RocmDevice::open`], with the library and the device's number taken apart.
    ///
    /// # Errors
    /// As [`RocmDevice::open`].
    pub fn open_spec(spec: &DeviceSpec) -> Result<Self> {
        Ok(Self::from_context(tensor_ops::open(spec).candle()?))
    }

    /// The device over a context that was opened elsewhere.
    pub fn from_context(context: Context) -> Self {
        static RANDOM: OnceLock<Mutex<HashMap<u64, Arc<Mutex<Random>>>>> = OnceLock::new();
        let mut generators = lock(RANDOM.get_or_init(Mutex::default));
        let random = Arc::clone(generators.entry(context.id()).or_default());
        Self { context, random }
    }

    /// Opens the device of that number with a stream of its own. Its tensors do not mix with those of
    /// [`BackendDevice::new`].
    ///
    /// # Errors
    /// As [`RocmDevice::open`].
    pub fn new_with_stream(ordinal: usize) -> Result<Self> {
        let context = tensor_ops::open_another(&DeviceSpec::from_env(ordinal)).candle()?;
        Ok(Self::from_context(context))
    }

    /// This device, told apart from others at its location.
    pub fn id(&self) -> DeviceId {
        DeviceId(self.context.id())
    }

    /// Asks for the same bits from the same work, at some cost in time; or no longer. It concerns
    /// `scatter_add` and `index_add` of floats alone. The environment variable
    /// `REDWICK_DETERMINISTIC` says what new devices do. See [`Context::set_deterministic`].
    pub fn set_deterministic(&self, deterministic: bool) {
        self.context.set_deterministic(deterministic);
    }

    /// What computes: stream, memory and kernels.
    pub fn context(&self) -> &Context {
        &self.context
    }

    pub(super) fn upload(&self, elements: crate::CpuStorageRef<'_>) -> Result<RocmStorage> {
        let (dtype, bytes) = convert::bytes(elements)?;
        let storage = tensor_ops::Storage::upload(&self.context, dtype, &bytes).candle()?;
        Ok(RocmStorage::new(self, storage))
    }
}

/// A panic while drawing numbers leaves a generator that still draws numbers.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BackendDevice for RocmDevice {
    type Storage = RocmStorage;

    fn new(ordinal: usize) -> Result<Self> {
        Self::open_spec(&DeviceSpec::from_env(ordinal))
    }

    fn location(&self) -> DeviceLocation {
        DeviceLocation::Rocm {
            gpu_id: self.context.device().number(),
        }
    }

    fn same_device(&self, other: &Self) -> bool {
        self.context == other.context
    }

    fn zeros_impl(&self, shape: &Shape, dtype: DType) -> Result<RocmStorage> {
        let dtype = convert::dtype("zeros", dtype)?;
        let storage = tensor_ops::Storage::zeroed(&self.context, dtype, shape.elem_count());
        Ok(RocmStorage::new(self, storage.candle()?))
    }

    unsafe fn alloc_uninit(&self, shape: &Shape, dtype: DType) -> Result<RocmStorage> {
        let dtype = convert::dtype("an allocation", dtype)?;
        let storage = tensor_ops::Storage::uninit(&self.context, dtype, shape.elem_count());
        Ok(RocmStorage::new(self, storage.candle()?))
    }

    fn storage_from_slice<T: WithDType>(&self, elements: &[T]) -> Result<RocmStorage> {
        self.upload(T::cpu_storage_ref(elements))
    }

    fn storage_from_cpu_storage(&self, storage: &CpuStorage) -> Result<RocmStorage> {
        self.upload(convert::borrowed(storage))
    }

    fn storage_from_cpu_storage_owned(&self, storage: CpuStorage) -> Result<RocmStorage> {
        self.storage_from_cpu_storage(&storage)
    }

    fn rand_uniform(
        &self,
        shape: &Shape,
        dtype: DType,
        low: f64,
        high: f64,
    ) -> Result<RocmStorage> {
        let (dtype, count) = (convert::dtype("rand_uniform", dtype)?, shape.elem_count());
        let numbers = lock(&self.random).uniform(&self.context, dtype, count, low, high);
        Ok(RocmStorage::new(self, numbers.candle()?))
    }

    fn rand_normal(&self, shape: &Shape, dtype: DType, mean: f64, std: f64) -> Result<RocmStorage> {
        let (dtype, count) = (convert::dtype("rand_normal", dtype)?, shape.elem_count());
        let numbers = lock(&self.random).normal(&self.context, dtype, count, mean, std);
        Ok(RocmStorage::new(self, numbers.candle()?))
    }

    fn set_seed(&self, seed: u64) -> Result<()> {
        *lock(&self.random) = Random::seeded(seed);
        Ok(())
    }

    fn get_current_seed(&self) -> Result<u64> {
        Ok(lock(&self.random).seed())
    }

    fn synchronize(&self) -> Result<()> {
        self.context.synchronize().candle()
    }
}
