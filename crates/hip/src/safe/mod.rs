//! Types that own what HIP hands out.

mod current;
mod device;
mod driver;
mod event;
mod graph;
mod launch;
mod memory;
mod module;
mod properties;
mod staging;
mod stream;

pub use device::Device;
pub use driver::{Driver, Version};
pub use event::Event;
pub use graph::{Capture, Graph};
pub use launch::Arguments;
pub use memory::{Address, Buffer, DeviceMemory, MemoryInfo};
pub use module::{Kernel, Module};
pub use properties::Properties;
pub use stream::Stream;
