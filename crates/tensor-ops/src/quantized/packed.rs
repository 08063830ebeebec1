//! Packed weights in a device's memory.

use super::error::Error;
use super::format::{Content, Format};
use crate::context::Context;
use crate::dtype::DType;
use crate::error::Result;
use crate::storage::Storage;

/// A tensor of packed values, its bytes as they lie in a file.
#[derive(Debug)]
pub struct Packed {
    /// Of the format's dtype where its content is numbers, else bytes.
    storage: Storage,
    format: &'static Format,
}

impl Packed {
    /// A copy of the host's blocks.
    ///
    /// # Errors
    /// [`Error::Size`] where the bytes are no whole number of blocks; those of an allocation.
    pub fn upload(context: &Context, format: &'static Format, bytes: &[u8]) -> Result<Self> {
        if !bytes.len().is_multiple_of(format.bytes) {
            let elements = bytes.len().div_ceil(format.bytes) * format.values;
            return Err(size("an upload", format, elements, bytes.len())?.into());
        }
        let storage = Storage::upload(context, stored_as(format), bytes)?;
        Ok(Self { storage, format })
    }

    /// Blocks of which every bit is 0.
    ///
    /// # Errors
    /// [`Error::PartialBlock`] where the elements are no whole number of blocks; those of an
    /// allocation.
    pub fn zeroed(context: &Context, format: &'static Format, elements: usize) -> Result<Self> {
        let dtype = stored_as(format);
        let bytes = format.bytes_of("zeros", elements)?;
        let storage = Storage::zeroed(context, dtype, bytes / dtype.size())?;
        Ok(Self { storage, format })
    }

    /// A copy of the blocks on the host, once all work before is done.
    ///
    /// # Errors
    /// Those of [`Storage::download`].
    pub fn download(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.bytes()];
        self.storage.download(&mut bytes)?;
        Ok(bytes)
    }

    /// The device.
    pub fn context(&self) -> &Context {
        self.storage.context()
    }

    /// How the values are packed.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// The number of values.
    pub fn elements(&self) -> usize {
        self.bytes() / self.format.bytes * self.format.values
    }

    /// The size of the blocks in bytes.
    pub fn bytes(&self) -> usize {
        self.storage.bytes()
    }

    /// The address of the first block; 0 where there is none.
    pub fn address(&self) -> u64 {
        self.storage.address()
    }

    /// The blocks' bytes, or the numbers where nothing is packed.
    pub(super) fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Fails where there are not exactly, or at least, the bytes of a tensor of that many elements.
    pub(super) fn holds(&self, op: &'static str, elements: usize, exactly: bool) -> Result<()> {
        let needed = self.format.bytes_of(op, elements)?;
        if needed > self.bytes() || (exactly && needed != self.bytes()) {
            return Err(size(op, self.format, elements, self.bytes())?.into());
        }
        Ok(())
    }
}

fn stored_as(format: &Format) -> DType {
    match format.content {
        Content::Numbers(dtype) => dtype,
        Content::Blocks(_) => DType::U8,
    }
}

fn size(op: &'static str, format: &'static Format, elements: usize, found: usize) -> Result<Error> {
    Ok(Error::Size {
        op,
        elements,
        format,
        needed: format.bytes_of(op, elements)?,
        found,
    })
}
