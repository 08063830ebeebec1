//! A loaded code object and its kernels.

use std::ffi::{CString, c_void};
use std::fmt::{self, Debug};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::result::LaunchShape;
use crate::safe::{Address, Device, Stream};
use crate::sys::{self, hipError_t};

/// A code object, loaded on a device.
///
/// Clones are the same module, which is unloaded when the last of them and of its kernels is
/// dropped.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    raw: sys::hipModule_t,
    device: Device,
}

// SAFETY: HIP's functions on modules may be called from any thread; the handle is not dereferenced
// here.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

impl Module {
    pub(super) fn new(device: &Device, image: &[u8]) -> Result<Self> {
        check_image(image)?;
        // SAFETY: the image is as long as its header says.
        let raw = unsafe { device.bind()?.load_module(image)? };
        Ok(Self(Arc::new(Inner {
            raw,
            device: device.clone(),
        })))
    }

    /// The device that it is loaded on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.0.device
    }

    /// The kernel of that name.
    ///
    /// # Errors
    /// [`Error::NoSymbol`] when there is none.
    pub fn kernel(&self, name: &str) -> Result<Kernel> {
        let c_name = c_name("kernel", name)?;
        // SAFETY: the module is alive.
        let raw = unsafe { self.device().bind()?.module_function(self.0.raw, &c_name) }
            .map_err(|error| no_symbol(error, "kernel", name))?;
        Ok(Kernel {
            raw,
            module: self.clone(),
        })
    }

    /// Address and size of the variable of that name.
    ///
    /// # Errors
    /// [`Error::NoSymbol`] when there is none.
    pub fn variable(&self, name: &str) -> Result<(Address, usize)> {
        let c_name = c_name("variable", name)?;
        // SAFETY: the module is alive.
        let (pointer, size) = unsafe { self.device().bind()?.module_global(self.0.raw, &c_name) }
            .map_err(|error| no_symbol(error, "variable", name))?;
        Ok((Address(pointer.addr() as u64), size))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Ok(hip) = self.device.bind() {
            // Unloading frees instructions that running kernels need.
            let _ = hip.synchronize_device();
            // SAFETY: the handle comes from this driver and is dropped once; no kernel uses it.
            let _ = unsafe { hip.unload_module(self.raw) };
        }
    }
}

impl Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Module({:?} on {})", self.0.raw, self.0.device)
    }
}

/// A kernel of a module.
#[derive(Clone, Debug)]
pub struct Kernel {
    raw: sys::hipFunction_t,
    module: Module,
}

// SAFETY: HIP's functions on kernels may be called from any thread; the handle is not dereferenced
// here.
unsafe impl Send for Kernel {}
// SAFETY: as above.
unsafe impl Sync for Kernel {}

impl Kernel {
    /// The module that it belongs to.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Puts a launch into a stream. `arguments` is the kernel's argument buffer, laid out as its
    /// metadata says, without hidden arguments: see [`Arguments`](crate::Arguments). A grid with no
    /// blocks launches nothing.
    ///
    /// # Errors
    /// [`Error::WrongDevice`] when the stream is another device's; as the library says.
    ///
    /// # Safety
    /// The arguments are as many and as large as the kernel's, and with them its accesses stay
    /// inside memory that is valid until it is done.
    pub unsafe fn launch(
        &self,
        stream: &Stream,
        shape: LaunchShape,
        arguments: &[u8],
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe { self.launch_raw(stream, shape, arguments.as_ptr().cast(), arguments.len()) }
    }

    /// As [`Kernel::launch`], with a struct whose layout is that of the arguments. Its padding may
    /// hold anything.
    ///
    /// # Errors
    /// As [`Kernel::launch`].
    ///
    /// # Safety
    /// As [`Kernel::launch`], and `A` is `repr(C)`.
    pub unsafe fn launch_with<A: Copy>(
        &self,
        stream: &Stream,
        shape: LaunchShape,
        arguments: &A,
    ) -> Result<()> {
        // SAFETY: the caller promises so.
        unsafe {
            self.launch_raw(
                stream,
                shape,
                (&raw const *arguments).cast(),
                size_of::<A>(),
            )
        }
    }

    unsafe fn launch_raw(
        &self,
        stream: &Stream,
        shape: LaunchShape,
        arguments: *const c_void,
        size: usize,
    ) -> Result<()> {
        self.module.device().expect("a kernel", stream.device())?;
        if shape.grid.contains(&0) {
            return Ok(());
        }
        let hip = stream.device().bind()?;
        // SAFETY: the caller promises so; the kernel's module and the stream are alive.
        unsafe { hip.launch(self.raw, shape, stream.raw(), arguments, size) }
    }
}

fn c_name(what: &'static str, name: &str) -> Result<CString> {
    CString::new(name).map_err(|_| Error::NoSymbol {
        what,
        name: name.to_owned(),
    })
}

fn no_symbol(error: Error, what: &'static str, name: &str) -> Error {
    match error.code() {
        Some(hipError_t::NOT_FOUND) => Error::NoSymbol {
            what,
            name: name.to_owned(),
        },
        _ => error,
    }
}

/// Checks that an image is as long as its ELF header says: HIP takes no length.
fn check_image(image: &[u8]) -> Result<()> {
    let fault = |reason| Err(Error::Image { reason });
    if !image.starts_with(b"\x7fELF\x02\x01") {
        return fault("not a 64-bit little-endian ELF file");
    }
    if image.len() < 64 {
        return fault("shorter than an ELF header");
    }
    let half = |at: usize| u64::from(u16::from_le_bytes([image[at], image[at + 1]]));
    let offset = |at: usize| (0..4).fold(0, |sum, i| sum | half(at + 2 * i) << (16 * i));
    // Each table is `count` entries of `size` bytes at `start`.
    let fits = |start: u64, size: u64, count: u64| {
        start
            .checked_add(size * count)
            .is_some_and(|end| end <= image.len() as u64)
    };
    if !fits(offset(32), half(54), half(56)) || !fits(offset(40), half(58), half(60)) {
        return fault("truncated");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_as_long_as_their_header_says() {
        let mut image = [0u8; 128];
        image[..6].copy_from_slice(b"\x7fELF\x02\x01");
        image[40] = 64; // One section header of 64 bytes behind the header.
        image[58] = 64;
        image[60] = 1;
        assert!(check_image(&image).is_ok());
        for length in 0..image.len() {
            assert!(check_image(&image[..length]).is_err(), "{length}");
        }
        image[46] = 0xff; // Far outside.
        image[47] = 0xff;
        assert!(check_image(&image).is_err());
    }
}
