//! How values are packed.

use std::fmt;

use redwick_kernels::BlockType;

use super::error::Error;
use crate::dtype::DType;
use crate::error::Result;

/// What a block of a format is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// One number of a dtype: nothing is packed.
    Numbers(DType),
    /// Quants and scales, as the kernels of this type read them.
    Blocks(BlockType),
}

/// How values are packed.
#[derive(Debug, PartialEq, Eq)]
pub struct Format {
    /// Its number in GGUF files.
    pub number: u32,
    /// Its usual name.
    pub name: &'static str,
    /// Values of a block.
    pub values: usize,
    /// Bytes of a block.
    pub bytes: usize,
    /// What a block is.
    pub content: Content,
}

const fn numbers(number: u32, name: &'static str, dtype: DType) -> Format {
    Format {
        number,
        name,
        values: 1,
        bytes: dtype.size(),
        content: Content::Numbers(dtype),
    }
}

const fn blocks(
    number: u32,
    name: &'static str,
    values: usize,
    bytes: usize,
    block: BlockType,
) -> Format {
    Format {
        number,
        name,
        values,
        bytes,
        content: Content::Blocks(block),
    }
}

/// All formats. Numbers and layouts are those of the GGUF file format; hip/packed.h reads them.
pub static FORMATS: [Format; 15] = [
    numbers(0, "F32", DType::F32),
    numbers(1, "F16", DType::F16),
    blocks(2, "Q4_0", 32, 18, BlockType::Q4_0),
    blocks(3, "Q4_1", 32, 20, BlockType::Q4_1),
    blocks(6, "Q5_0", 32, 22, BlockType::Q5_0),
    blocks(7, "Q5_1", 32, 24, BlockType::Q5_1),
    blocks(8, "Q8_0", 32, 34, BlockType::Q8_0),
    blocks(9, "Q8_1", 32, 36, BlockType::Q8_1),
    blocks(10, "Q2K", 256, 84, BlockType::Q2k),
    blocks(11, "Q3K", 256, 110, BlockType::Q3k),
    blocks(12, "Q4K", 256, 144, BlockType::Q4k),
    blocks(13, "Q5K", 256, 176, BlockType::Q5k),
    blocks(14, "Q6K", 256, 210, BlockType::Q6k),
    blocks(15, "Q8K", 256, 292, BlockType::Q8k),
    numbers(30, "BF16", DType::BF16),
];

impl Format {
    /// The format of a number in GGUF files.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`], with those there are.
    pub fn of_gguf(number: u32) -> Result<&'static Self> {
        let found = FORMATS.iter().find(|format| format.number == number);
        Ok(found.ok_or(Error::UnknownFormat { number })?)
    }

    /// Whether values share scales, and are no numbers of a dtype.
    pub fn is_packed(&self) -> bool {
        matches!(self.content, Content::Blocks(_))
    }

    /// The bytes of a number of elements.
    ///
    /// # Errors
    /// [`Error::PartialBlock`] where they are no whole number of blocks.
    pub fn bytes_of(&'static self, op: &'static str, elements: usize) -> Result<usize> {
        if !elements.is_multiple_of(self.values) {
            return Err(Error::PartialBlock {
                op,
                elements,
                format: self,
                values: self.values,
            }
            .into());
        }
        Ok((elements / self.values).saturating_mul(self.bytes))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_formats() {
        assert_eq!(Format::of_gguf(12).unwrap().name, "Q4K");
        let message = Format::of_gguf(4).unwrap_err().to_string();
        assert!(
            message.contains("type 4") && message.contains("12 (Q4K)"),
            "{message}"
        );
    }

    #[test]
    fn every_type_of_block_has_a_format() {
        for block in BlockType::ALL {
            let with = |format: &&Format| format.content == Content::Blocks(block);
            assert_eq!(FORMATS.iter().filter(with).count(), 1, "{}", block.name());
        }
    }

    #[test]
    fn part_of_a_block_is_an_error() {
        let format = Format::of_gguf(10).unwrap();
        assert_eq!(format.bytes_of("a test", 512).unwrap(), 168);
        let message = format.bytes_of("a test", 300).unwrap_err().to_string();
        assert!(
            message.contains("a test: 300") && message.contains("Q2K"),
            "{message}"
        );
    }
}
