//! A GPU.

use std::ffi::c_int;
use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::result::Hip;
use crate::safe::{
    Buffer, DeviceMemory, Driver, Event, MemoryInfo, Module, Properties, Stream, current,
};

/// A GPU of a driver.
///
/// Clones, and devices of the same number, are the same GPU.
#[derive(Clone)]
pub struct Device(Arc<Inner>);

struct Inner {
    driver: Driver,
    ordinal: c_int,
    properties: Properties,
}

impl Device {
    pub(super) fn new(driver: Driver, ordinal: c_int) -> Result<Self> {
        let properties = Properties::from_raw(&*driver.hip().properties(ordinal)?);
        Ok(Self(Arc::new(Inner {
            driver,
            ordinal,
            properties,
        })))
    }

    /// The driver that it belongs to.
    #[must_use]
    pub fn driver(&self) -> &Driver {
        &self.0.driver
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> usize {
        // A device's number was a usize before it was an int.
        self.0.ordinal.unsigned_abs() as usize
    }

    /// What it is.
    #[must_use]
    pub fn properties(&self) -> &Properties {
        &self.0.properties
    }

    /// The target that its code objects are for, such as `gfx942`.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.0.properties.target
    }

    /// The functions, with this device current on the calling thread.
    ///
    /// # Errors
    /// As the library says.
    pub fn bind(&self) -> Result<&Hip> {
        let (driver, ordinal) = (&self.0.driver, self.0.ordinal);
        if !current::is(driver.id(), ordinal) {
            driver.hip().set_device(ordinal)?;
            current::note(driver.id(), ordinal);
        }
        Ok(driver.hip())
    }

    /// Waits for all work on the device.
    ///
    /// # Errors
    /// As the library says; failures of earlier kernels show here.
    pub fn synchronize(&self) -> Result<()> {
        self.bind()?.synchronize_device()
    }

    /// Bytes of memory that are free, and that there are.
    ///
    /// # Errors
    /// As the library says.
    pub fn memory_info(&self) -> Result<MemoryInfo> {
        let (free, total) = self.bind()?.memory_info()?;
        Ok(MemoryInfo { free, total })
    }

    /// Allocates memory, not initialised.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the device has no room.
    pub fn alloc_bytes(&self, bytes: usize) -> Result<DeviceMemory> {
        DeviceMemory::new(self, bytes)
    }

    /// Allocates memory for `len` elements, not initialised.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the device has no room.
    pub fn alloc<T: bytemuck::Pod>(&self, len: usize) -> Result<Buffer<T>> {
        Buffer::new(self, len)
    }

    /// The default stream, which waits for and is waited for by streams that are not non-blocking.
    #[must_use]
    pub fn default_stream(&self) -> Stream {
        Stream::default_of(self)
    }

    /// Makes a stream that waits for no other.
    ///
    /// # Errors
    /// As the library says.
    pub fn create_stream(&self) -> Result<Stream> {
        Stream::new(self)
    }

    /// Makes an event. One that measures time costs more to record.
    ///
    /// # Errors
    /// As the library says.
    pub fn create_event(&self, timing: bool) -> Result<Event> {
        Event::new(self, timing)
    }

    /// Loads a code object.
    ///
    /// # Errors
    /// [`Error::Image`] when the bytes are not a whole ELF file; as the library says when it is for
    /// another target.
    pub fn load_module(&self, image: &[u8]) -> Result<Module> {
        Module::new(self, image)
    }

    /// Checks that another object's device is this one.
    pub(super) fn expect(&self, what: &'static str, found: &Self) -> Result<()> {
        if self == found {
            return Ok(());
        }
        Err(Error::WrongDevice {
            what,
            found: found.to_string(),
            expected: self.to_string(),
        })
    }
}

impl PartialEq for Device {
    fn eq(&self, other: &Self) -> bool {
        self.0.driver == other.0.driver && self.0.ordinal == other.0.ordinal
    }
}

impl Eq for Device {}

impl Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            driver,
            ordinal,
            properties,
        } = &*self.0;
        write!(
            f,
            "device {ordinal} ({}, {}) of {}",
            properties.name,
            properties.target,
            driver.description()
        )
    }
}

impl Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({self})")
    }
}
