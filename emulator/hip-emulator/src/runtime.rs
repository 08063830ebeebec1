//! An emulated HIP implementation: its devices and what its handles stand for.

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use redwick_gpu::{Gpu, Target};
use redwick_hip::sys::hipError_t;

use crate::calls::{Event, Function, Graph, HostMemory, Module, Stream};
use crate::failure::Failure;
use crate::handles::Handles;
use crate::options::{Error, Options};

/// How many HIP implementations a process can have.
pub(crate) const SLOTS: usize = 16;

/// The implementations that were asked for, in that order.
static RUNTIMES: [OnceLock<Runtime>; SLOTS] = [const { OnceLock::new() }; SLOTS];

thread_local! {
    /// The thread's current device in each implementation.
    static CURRENT: Cell<[usize; SLOTS]> = const { Cell::new([0; SLOTS]) };
}

/// An emulated HIP implementation.
pub(crate) struct Runtime {
    slot: usize,
    pub(crate) target: &'static Target,
    pub(crate) options: Options,
    /// Made when first used: each reserves memory and has threads.
    devices: Vec<Mutex<Option<Arc<Gpu>>>>,
    pub(crate) host: HostMemory,
    pub(crate) streams: Handles<Stream>,
    pub(crate) events: Handles<Event>,
    pub(crate) modules: Handles<Module>,
    pub(crate) functions: Handles<Function>,
    pub(crate) graphs: Handles<Graph>,
    pub(crate) ready_graphs: Handles<Graph>,
}

impl Runtime {
    /// The number of the implementation of a target with options; a new one if need be.
    pub(crate) fn slot(target: &str, options: &Options) -> Result<usize, Error> {
        // One at a time, so that nobody takes the same number.
        static NEW: Mutex<()> = Mutex::new(());
        let found = Target::find(target).map_err(|_| Error::Target {
            target: target.to_owned(),
        })?;
        let _guard = NEW.lock().unwrap_or_else(PoisonError::into_inner);
        for (slot, place) in RUNTIMES.iter().enumerate() {
            let runtime = place.get_or_init(|| Self::new(slot, found, options.clone()));
            if runtime.target == found && runtime.options == *options {
                return Ok(slot);
            }
        }
        Err(Error::Full)
    }

    fn new(slot: usize, target: &'static Target, options: Options) -> Self {
        let devices = (0..options.devices.get()).map(|_| Mutex::default());
        Self {
            slot,
            target,
            devices: devices.collect(),
            options,
            host: HostMemory::default(),
            streams: Handles::new("stream"),
            events: Handles::new("event"),
            modules: Handles::new("module"),
            functions: Handles::new("kernel"),
            graphs: Handles::new("graph"),
            ready_graphs: Handles::new("graph that was made ready"),
        }
    }

    /// The implementation of that number. Tables of it are only handed out once it is there.
    pub(crate) fn get(slot: usize) -> Result<&'static Self, Failure> {
        let missing = || Failure::new(hipError_t::NOT_INITIALIZED, "no emulator of that number");
        RUNTIMES[slot].get().ok_or_else(missing)
    }

    /// The number of devices.
    pub(crate) fn device_count(&self) -> usize {
        self.devices.len()
    }

    /// Checks a device's number.
    pub(crate) fn device(&self, number: c_int) -> Result<usize, Failure> {
        let count = self.device_count();
        match usize::try_from(number) {
            Ok(device) if device < count => Ok(device),
            _ => Err(Failure::new(
                hipError_t::INVALID_DEVICE,
                format!("device {number} of {count}"),
            )),
        }
    }

    /// The calling thread's current device.
    pub(crate) fn current(&self) -> usize {
        CURRENT.get()[self.slot]
    }

    /// Makes a device the calling thread's current one.
    pub(crate) fn set_current(&self, device: usize) {
        let mut current = CURRENT.get();
        current[self.slot] = device;
        CURRENT.set(current);
    }

    /// The GPU behind a device.
    pub(crate) fn gpu(&self, device: usize) -> Result<Arc<Gpu>, Failure> {
        let mut place = self.devices[device]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(gpu) = &*place {
            return Ok(Arc::clone(gpu));
        }
        let gpu = Arc::new(self.new_gpu()?);
        Ok(Arc::clone(place.insert(gpu)))
    }

    fn new_gpu(&self) -> Result<Gpu, redwick_gpu::Error> {
        let options = redwick_gpu::Options {
            memory_bytes: self.options.memory_bytes,
            checked: self.options.checked,
            races: self.options.races,
            threads: self.options.threads.map(std::num::NonZeroUsize::get),
            ..redwick_gpu::Options::default()
        };
        Gpu::new(self.target.name, options)
    }

    /// The GPU in whose memory an address lies, if it is an address on a device.
    pub(crate) fn gpu_of(&self, address: u64) -> Option<Arc<Gpu>> {
        self.devices.iter().find_map(|place| {
            let place = place.lock().unwrap_or_else(PoisonError::into_inner);
            let gpu = place.as_ref()?;
            gpu.memory().contains(address).then(|| Arc::clone(gpu))
        })
    }
}
