//! Reads AMD GPU code objects: ELF, kernel descriptors, argument metadata.
//!
//! A code object (`.hsaco`) is an ELF shared library for one GPU target. A loader copies its
//! [`Segment`]s to device memory, applies its [`Relocation`]s, and starts a [`Kernel`] as its
//! [`KernelDescriptor`] says, with arguments laid out as its [`KernelMetadata`] says.
//!
//! Formats: LLVM's "User Guide for AMDGPU Backend" (code object versions 4 to 6).
//!
//! This crate validates what it reads: every range it hands out lies inside the input, every
//! kernel has a descriptor inside a segment, and truncated or foreign input is an [`Error`].
//!
//! ```
//! # let bytes = include_bytes!("../tests/fixtures/sample.gfx942.hsaco");
//! let code = redwick_code_object::CodeObject::parse(bytes)?;
//! assert_eq!(code.target(), "gfx942");
//! for kernel in code.kernels() {
//!     println!("{}: {} VGPRs", kernel.name, kernel.metadata.vgpr_count);
//! }
//! # Ok::<(), redwick_code_object::Error>(())
//! ```

mod bundle;
mod descriptor;
mod elf;
mod error;
mod metadata;
mod target;

pub use bundle::{Entry, unbundle};
pub use descriptor::{
    DenormMode, FloatMode, KernelDescriptor, KernelProperties, Rsrc1, Rsrc2, Rsrc3,
};
pub use elf::{Access, Relocation, RelocationKind, Segment, Symbol, SymbolKind};
pub use error::Error;
pub use metadata::{Argument, KernelMetadata, ValueKind};

/// A kernel of a code object.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The kernel's name, as `hipModuleGetFunction` takes it.
    pub name: String,
    /// The symbol of the kernel's descriptor, by convention the name and `.kd`.
    pub descriptor_symbol: String,
    /// Where the descriptor lies in the loaded image.
    pub descriptor_address: u64,
    /// How to set up a wave of this kernel.
    pub descriptor: KernelDescriptor,
    /// Arguments and resources, as the compiler states them.
    pub metadata: KernelMetadata,
}

impl Kernel {
    /// Address of the kernel's first instruction in the image, before it is moved to device memory.
    #[must_use]
    pub fn entry_address(&self) -> u64 {
        self.descriptor_address
            .wrapping_add_signed(self.descriptor.entry_byte_offset)
    }
}

/// A parsed code object. It owns what it holds, so the input can go away.
#[derive(Clone, Debug)]
pub struct CodeObject {
    target: &'static str,
    version: u32,
    segments: Vec<Segment>,
    relocations: Vec<Relocation>,
    symbols: Vec<Symbol>,
    kernels: Vec<Kernel>,
}

impl CodeObject {
    /// Reads a code object.
    ///
    /// # Errors
    /// When the bytes are truncated, not an ELF file, not for an AMD GPU, of a code object version
    /// other than 4 to 6, or when their parts contradict one another.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let image = elf::read(bytes)?;
        let kernels = metadata::decode(image.metadata)?
            .into_iter()
            .map(|metadata| kernel(metadata, &image))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            target: image.target,
            version: image.version,
            segments: image.segments,
            relocations: image.relocations,
            symbols: image.symbols,
            kernels,
        })
    }

    /// The GPU target that the code is for, such as `gfx942`.
    #[must_use]
    pub fn target(&self) -> &str {
        self.target
    }

    /// The code object version: 4, 5 or 6.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What to load, in order of address.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What to patch once the image has its address.
    #[must_use]
    pub fn relocations(&self) -> &[Relocation] {
        &self.relocations
    }

    /// The dynamic symbols: kernels, their descriptors, and variables in device memory.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The dynamic symbol of that name.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        self.symbols.iter().find(|symbol| symbol.name == name)
    }

    /// The kernels, in the order of the metadata.
    #[must_use]
    pub fn kernels(&self) -> &[Kernel] {
        &self.kernels
    }

    /// The kernel of that name.
    #[must_use]
    pub fn kernel(&self, name: &str) -> Option<&Kernel> {
        self.kernels.iter().find(|kernel| kernel.name == name)
    }

    /// Bytes of memory that the image takes, from address 0 to the end of its last segment.
    #[must_use]
    pub fn image_size(&self) -> u64 {
        self.segments.iter().map(Segment::end).max().unwrap_or(0)
    }
}

/// Joins a kernel's metadata with the descriptor that it names.
fn kernel(metadata: KernelMetadata, image: &elf::Image<'_>) -> Result<Kernel, Error> {
    let symbol = image
        .symbols
        .iter()
        .find(|symbol| symbol.name == metadata.symbol)
        .ok_or_else(|| Error::NoDescriptor {
            kernel: metadata.name.clone(),
            symbol: metadata.symbol.clone(),
        })?;
    let bytes = elf::bytes_at(&image.segments, symbol.address, KernelDescriptor::SIZE)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Error::DescriptorOutside {
            kernel: metadata.name.clone(),
            address: symbol.address,
        })?;
    let kernel = Kernel {
        name: metadata.name.clone(),
        descriptor_symbol: metadata.symbol.clone(),
        descriptor_address: symbol.address,
        descriptor: KernelDescriptor::decode(bytes),
        metadata,
    };
    let entry = kernel.entry_address();
    match elf::bytes_at(&image.segments, entry, 4) {
        Some(_) => Ok(kernel),
        None => Err(Error::EntryOutside {
            kernel: kernel.name,
            address: entry,
        }),
    }
}
