//! The two backends: how their devices are opened, and how their streams' time is read.

use candle_core::{DType, Device, Result, Tensor};

#[cfg(feature = "redwick")]
pub(crate) use redwick::*;

#[cfg(not(feature = "redwick"))]
pub(crate) use cuda::*;

/// Memory of so many bytes, with nothing in it.
pub(crate) fn allocate(bytes: usize, device: &Device) -> Result<Tensor> {
    // SAFETY: nobody reads the elements.
    unsafe { Tensor::empty(bytes, DType::U8, device) }
}

#[cfg(feature = "redwick")]
mod redwick {
    use anyhow::Result;
    use candle_core::{Device, RocmDevice};
    use redwick_hip::Event;

    pub(crate) const NAME: &str = "redwick";
    pub(crate) const DEFAULT_DEVICE: &str = "nvidia:0";

    pub(crate) fn open(name: &str) -> Result<Device> {
        Ok(Device::Rocm(RocmDevice::open(name)?))
    }

    /// A mark behind the work of the device's stream.
    pub(crate) struct Mark(Event);

    impl Mark {
        pub(crate) fn now(device: &Device) -> Result<Self> {
            let context = device.as_rocm_device()?.context();
            let event = context.device().create_event(true)?;
            context.stream().record(&event)?;
            Ok(Self(event))
        }

        /// Waits for both marks; milliseconds between them.
        pub(crate) fn milliseconds_since(&self, start: &Self) -> Result<f64> {
            self.0.synchronize()?;
            Ok(f64::from(self.0.milliseconds_since(&start.0)?))
        }
    }
}

#[cfg(not(feature = "redwick"))]
mod cuda {
    use anyhow::Result;
    use candle_core::Device;
    use candle_core::cuda_backend::cudarc::driver::sys::{CUevent_flags, CUmemPool_attribute};
    use candle_core::cuda_backend::cudarc::driver::{CudaEvent, result};

    pub(crate) const NAME: &str = "candle_cuda";
    pub(crate) const DEFAULT_DEVICE: &str = "0";

    /// Opens a device in the fastest configuration of that backend.
    pub(crate) fn open(name: &str) -> Result<Device> {
        let device = Device::new_cuda(name.parse()?)?;
        let cuda = device.as_cuda_device()?;
        // Without the events that it records around each use of a tensor.
        // SAFETY: this program uses one stream.
        unsafe { cuda.disable_event_tracking() };
        // The driver's pool keeps what it is given back, whatever waits for the device.
        let mut keep = u64::MAX;
        let ordinal = cuda.cuda_stream().context().cu_device();
        // SAFETY: the attribute is 64 bits; the device is open.
        unsafe {
            let pool = result::device::get_default_mem_pool(ordinal)?;
            let attribute = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
            result::mem_pool::set_attribute(pool, attribute, (&raw mut keep).cast())?;
        }
        Ok(device)
    }

    /// A mark behind the work of the device's stream.
    pub(crate) struct Mark(CudaEvent);

    impl Mark {
        pub(crate) fn now(device: &Device) -> Result<Self> {
            let stream = device.as_cuda_device()?.cuda_stream();
            Ok(Self(
                stream.record_event(Some(CUevent_flags::CU_EVENT_DEFAULT))?,
            ))
        }

        /// Waits for both marks; milliseconds between them.
        pub(crate) fn milliseconds_since(&self, start: &Self) -> Result<f64> {
            self.0.synchronize()?;
            Ok(f64::from(start.0.elapsed_ms(&self.0)?))
        }
    }
}
