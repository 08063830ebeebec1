//! Code objects in device memory.

use std::sync::{Arc, OnceLock};

use redwick_code_object::{self as code_object, CodeObject, Relocation, RelocationKind};

use crate::fault::Error;
use crate::memory::Memory;
use crate::program::{AnyProgram, Code};
use crate::target::Target;

/// A loaded code object.
#[derive(Clone, Debug)]
pub struct Module {
    image: Arc<Image>,
}

/// A kernel of a loaded code object.
#[derive(Clone, Debug)]
pub struct Kernel {
    image: Arc<Image>,
    index: usize,
}

/// What modules and kernels share: the image in device memory and what was decoded of it.
pub(crate) struct Image {
    memory: Arc<Memory>,
    pub(crate) target: &'static Target,
    /// Where the image's address 0 lies in device memory.
    pub(crate) base: u64,
    pub(crate) code: CodeObject,
    /// One for each kernel, decoded at its first launch.
    programs: Vec<OnceLock<AnyProgram>>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kernels = self.code.kernels().len();
        f.debug_struct("Image")
            .field("base", &self.base)
            .field("kernels", &kernels)
            .finish()
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // Nobody else knows the address as an allocation to free; if somebody did, it is gone.
        let _ = self.memory.free(self.base);
    }
}

impl Module {
    pub(crate) fn load(
        bytes: &[u8],
        target: &'static Target,
        memory: &Arc<Memory>,
    ) -> Result<Self, Error> {
        let code = CodeObject::parse(bytes)?;
        if code.target() != target.name {
            return Err(Error::WrongTarget {
                found: code.target().to_owned(),
                expected: target.name.to_owned(),
            });
        }
        let base = memory.alloc(code.image_size(), 4096)?;
        let programs = code.kernels().iter().map(|_| OnceLock::new()).collect();
        let image = Image {
            memory: Arc::clone(memory),
            target,
            base,
            code,
            programs,
        };
        image.place()?;
        Ok(Self {
            image: Arc::new(image),
        })
    }

    /// The kernel of that name.
    pub fn kernel(&self, name: &str) -> Option<Kernel> {
        let index = self
            .image
            .code
            .kernels()
            .iter()
            .position(|kernel| kernel.name == name)?;
        Some(Kernel {
            image: Arc::clone(&self.image),
            index,
        })
    }

    /// Device address and size of a symbol, such as a `__device__` variable.
    pub fn symbol(&self, name: &str) -> Option<(u64, u64)> {
        let symbol = self.image.code.symbol(name)?;
        Some((self.image.base + symbol.address, symbol.size))
    }

    /// The code object.
    pub fn code_object(&self) -> &CodeObject {
        &self.image.code
    }
}

impl Kernel {
    /// The kernel's name.
    pub fn name(&self) -> &str {
        &self.description().name
    }

    /// Descriptor and metadata.
    pub fn description(&self) -> &code_object::Kernel {
        &self.image.code.kernels()[self.index]
    }

    /// The kernel's instructions that would stop a launch, with the reason: empty for a kernel that
    /// this GPU can execute to the end.
    pub fn refused(&self) -> Vec<String> {
        match self.program() {
            AnyProgram::Wave32(program) => program.refused(),
            AnyProgram::Wave64(program) => program.refused(),
        }
    }

    pub(crate) fn image(&self) -> &Image {
        &self.image
    }

    /// The kernel's instructions, decoded at the first call.
    pub(crate) fn program(&self) -> &AnyProgram {
        self.image.programs[self.index]
            .get_or_init(|| AnyProgram::decode(&self.image, self.description()))
    }
}

impl Image {
    /// Copies the segments to device memory and patches them.
    fn place(&self) -> Result<(), Error> {
        for segment in self.code.segments() {
            let address = self.base + segment.address;
            self.memory.store_bytes(address, &segment.bytes);
            let rest = segment.memory_size - segment.bytes.len() as u64;
            // Inside the image by the code object's own checks.
            let _ = self
                .memory
                .fill(address + segment.bytes.len() as u64, rest, &[0]);
        }
        self.code
            .relocations()
            .iter()
            .try_for_each(|relocation| self.relocate(relocation))
    }

    fn relocate(&self, relocation: &Relocation) -> Result<(), Error> {
        let place = self.base + relocation.address;
        let symbol = match &relocation.symbol {
            None => 0,
            Some(name) => {
                let found = self.code.symbol(name);
                self.base
                    + found
                        .ok_or_else(|| Error::UndefinedSymbol(name.clone()))?
                        .address
            }
        };
        let value = symbol.wrapping_add_signed(relocation.addend);
        let relative = value.wrapping_sub(place);
        let base = self.base.wrapping_add_signed(relocation.addend);
        match relocation.kind {
            RelocationKind::Abs32Low | RelocationKind::Abs32 => self.patch32(place, value as u32),
            RelocationKind::Abs32High => self.patch32(place, (value >> 32) as u32),
            RelocationKind::Relative32 => self.patch32(place, relative as u32),
            RelocationKind::Abs64 => self.patch64(place, value),
            RelocationKind::Relative64 => self.patch64(place, relative),
            RelocationKind::Base64 => self.patch64(place, base),
        }
        Ok(())
    }

    fn patch32(&self, place: u64, value: u32) {
        self.memory.store(place, value.to_le_bytes());
    }

    fn patch64(&self, place: u64, value: u64) {
        self.memory.store(place, value.to_le_bytes());
    }
}

impl Code for Image {
    fn target(&self) -> &'static Target {
        self.target
    }

    fn bytes_at(&self, address: u64, out: &mut [u8]) -> usize {
        let end = self.base + self.code.image_size();
        let n = end.saturating_sub(address).min(out.len() as u64) as usize;
        if address < self.base || !self.memory.load_bytes(address, &mut out[..n]) {
            return 0;
        }
        n
    }
}
