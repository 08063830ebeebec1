//! The memory of a tensor, and views of it.

use crate::context::{self, Block, Context};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;

/// Elements of one dtype on a device. Dropping it lets later tensors have its memory.
#[derive(Debug)]
pub struct Storage {
    context: Context,
    /// None where there are no elements.
    block: Option<Block>,
    dtype: DType,
    len: usize,
}

impl Storage {
    /// Memory for `len` elements, with any content.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and the driver's.
    pub fn uninit(context: &Context, dtype: DType, len: usize) -> Result<Self> {
        let bytes = len.checked_mul(dtype.size()).ok_or(Error::TooLarge {
            op: "an allocation",
            what: "the number of elements",
            value: len,
            limit: usize::MAX / dtype.size(),
        })?;
        let block = match bytes {
            0 => None,
            // Whole words: atomic updates of smaller elements replace the word around them.
            _ => Some(context.lease(bytes.next_multiple_of(4))?),
        };
        Ok(Self {
            context: context.clone(),
            block,
            dtype,
            len,
        })
    }

    /// `len` elements of which every bit is 0.
    ///
    /// # Errors
    /// As [`Storage::uninit`].
    pub fn zeroed(context: &Context, dtype: DType, len: usize) -> Result<Self> {
        let storage = Self::uninit(context, dtype, len)?;
        if let Some(memory) = storage.memory() {
            let _gate = context.gate();
            context.stream().fill(memory, 0, storage.bytes(), 0)?;
        }
        Ok(storage)
    }

    /// A copy of the host's elements, given as bytes.
    ///
    /// # Errors
    /// [`Error::Shape`] where the bytes are no whole number of elements; as [`Storage::uninit`].
    pub fn upload(context: &Context, dtype: DType, bytes: &[u8]) -> Result<Self> {
        if !bytes.len().is_multiple_of(dtype.size()) {
            return Err(Error::Shape {
                op: "upload",
                left: format!("{} bytes", bytes.len()),
                right: format!("elements of {dtype}"),
            });
        }
        let storage = Self::uninit(context, dtype, bytes.len() / dtype.size())?;
        if let Some(memory) = storage.memory() {
            let _gate = context.gate();
            context.stream().upload(memory, 0, bytes)?;
        }
        Ok(storage)
    }

    /// Copies the host's elements, given as bytes, over all there are.
    ///
    /// # Errors
    /// [`Error::Shape`] where they are not as many; the driver's.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<()> {
        if bytes.len() != self.bytes() {
            return Err(Error::Shape {
                op: "upload",
                left: format!("{} bytes", bytes.len()),
                right: format!("{} elements of {}", self.len, self.dtype),
            });
        }
        if let Some(memory) = self.memory() {
            let _gate = self.context.gate();
            self.context.stream().upload(memory, 0, bytes)?;
        }
        Ok(())
    }

    /// Copies all elements to the host, once all work before is done.
    ///
    /// # Errors
    /// [`Error::Shape`] where `to` is not as long as the elements; [`Error::IndexOutOfRange`] where
    /// work before met one; the driver's.
    pub fn download(&self, to: &mut [u8]) -> Result<()> {
        if to.len() != self.bytes() {
            return Err(Error::Shape {
                op: "download",
                left: format!("{} bytes", to.len()),
                right: format!("{} elements of {}", self.len, self.dtype),
            });
        }
        if let Some(memory) = self.memory() {
            let _gate = self.context.gate();
            self.context.stream().download(to, memory, 0)?;
        }
        self.context.check_fault()
    }

    /// A copy of all elements on the same device.
    ///
    /// # Errors
    /// As [`Storage::uninit`].
    pub fn duplicate(&self) -> Result<Self> {
        let copy = Self::uninit(&self.context, self.dtype, self.len)?;
        copy.copy_from(0, self, 0, self.len)?;
        Ok(copy)
    }

    /// A copy of all elements on another device, by way of the host.
    ///
    /// # Errors
    /// Those of [`Storage::download`] and [`Storage::upload`].
    pub fn to_context(&self, context: &Context) -> Result<Self> {
        if *context == self.context {
            return self.duplicate();
        }
        let mut bytes = vec![0; self.bytes()];
        self.download(&mut bytes)?;
        Self::upload(context, self.dtype, &bytes)
    }

    /// Copies adjacent elements from another storage of the same dtype and device.
    pub(crate) fn copy_from(&self, at: usize, from: &Self, start: usize, len: usize) -> Result<()> {
        let (Some(to), Some(source)) = (self.memory(), from.memory()) else {
            return Ok(());
        };
        let size = self.dtype.size();
        let (to, source) = ((to, at * size), (source, start * size));
        let _gate = self.context.gate();
        Ok(self.context.stream().copy_within(to, source, len * size)?)
    }

    /// The device.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The size of the elements in bytes.
    pub fn bytes(&self) -> usize {
        self.len * self.dtype.size()
    }

    /// The address of the first element; 0 where there are none.
    pub fn address(&self) -> u64 {
        self.block.as_ref().map_or(0, context::address)
    }

    fn memory(&self) -> Option<&redwick_hip::DeviceMemory> {
        self.block.as_ref().and_then(Block::block)
    }
}

/// A storage and a layout that stays inside it: what every op takes.
///
/// That the layout stays inside is checked here and nowhere else; kernels trust it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    storage: &'a Storage,
    layout: &'a Layout,
}

impl<'a> View<'a> {
    /// A view of a storage.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] where the layout reaches outside.
    pub fn new(storage: &'a Storage, layout: &'a Layout) -> Result<Self> {
        if layout.end().is_none_or(|end| end > storage.len()) {
            return Err(Error::OutOfBounds {
                layout: layout.clone(),
                elements: storage.len(),
            });
        }
        Ok(Self { storage, layout })
    }

    /// The storage.
    pub fn storage(&self) -> &'a Storage {
        self.storage
    }

    /// The layout.
    pub fn layout(&self) -> &'a Layout {
        self.layout
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.storage.dtype()
    }

    /// The device.
    pub fn context(&self) -> &'a Context {
        self.storage.context()
    }

    /// The address of the first element.
    pub(crate) fn address(&self) -> u64 {
        let offset = self.layout.start() * self.dtype().size();
        self.storage.address() + offset as u64
    }

    /// Fails where two operands are not on one device.
    pub(crate) fn same_device(&self, op: &'static str, other: &View<'_>) -> Result<()> {
        same_device(op, self.context(), other.context())
    }

    /// Fails where two operands differ in dtype or device.
    pub(crate) fn matches(&self, op: &'static str, other: &View<'_>) -> Result<()> {
        self.same_device(op, other)?;
        if self.dtype() != other.dtype() {
            return Err(Error::DTypes {
                op,
                left: self.dtype(),
                right: other.dtype(),
            });
        }
        Ok(())
    }
}

pub(crate) fn same_device(op: &'static str, left: &Context, right: &Context) -> Result<()> {
    if left == right {
        return Ok(());
    }
    if left.name() == right.name() {
        return Err(Error::Contexts {
            op,
            device: left.name().to_owned(),
            left: left.id(),
            right: right.id(),
        });
    }
    Err(Error::Devices {
        op,
        left: left.name().to_owned(),
        right: right.name().to_owned(),
    })
}
