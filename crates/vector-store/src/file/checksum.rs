//! A CRC-32 for each block of a section: it finds every change within 32 bits for certain, and tells
//! in which block a file is damaged.

use rayon::prelude::*;

use super::error::Damage;

/// Bytes under one checksum.
pub(super) const BLOCK: usize = 1 << 20;

/// The checksums of a section that is written piece by piece.
#[derive(Default)]
pub(super) struct Sums {
    done: Vec<u8>,
    hasher: crc32fast::Hasher,
    in_block: usize,
    length: usize,
}

impl Sums {
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len();
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.in_block));
            self.hasher.update(now);
            self.in_block += now.len();
            if self.in_block == BLOCK {
                self.end_block();
            }
            bytes = later;
        }
    }

    fn end_block(&mut self) {
        let sum = std::mem::take(&mut self.hasher).finalize();
        self.done.extend(sum.to_le_bytes());
        self.in_block = 0;
    }

    /// The section's length and the bytes of its checksums.
    pub(super) fn finish(mut self) -> (usize, Vec<u8>) {
        if self.in_block > 0 {
            self.end_block();
        }
        (self.length, self.done)
    }
}

/// Bytes of the checksums of a section of this length.
pub(super) fn size(length: usize) -> usize {
    length.div_ceil(BLOCK) * size_of::<u32>()
}

/// Compares a section, which begins at `offset` of the file, with its checksums.
pub(super) fn check(section: &str, offset: usize, bytes: &[u8], sums: &[u8]) -> Result<(), Damage> {
    let sums = sums.par_chunks(size_of::<u32>());
    let blocks = bytes.par_chunks(BLOCK).zip(sums).enumerate();
    let damage = blocks.find_map_first(|(number, (block, sum))| {
        let found = crc32fast::hash(block).to_le_bytes();
        (found != sum).then(|| mismatch(section, offset + number * BLOCK, block.len(), sum, &found))
    });
    damage.map_or(Ok(()), Err)
}

fn mismatch(section: &str, offset: usize, length: usize, expected: &[u8], found: &[u8]) -> Damage {
    let hex = |sum: &[u8]| {
        sum.iter()
            .rev()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    };
    let expected = format!("CRC-32 {} of the next {length} bytes", hex(expected));
    Damage::new(section, offset, expected, hex(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_sums_of_the_whole() {
        let bytes: Vec<u8> = (0..BLOCK * 2 + 77).map(|i| ((i * 31) >> 3) as u8).collect();
        let mut sums = Sums::default();
        for piece in bytes.chunks(BLOCK / 3 + 5) {
            sums.update(piece);
        }
        let (length, sums) = sums.finish();
        assert_eq!((length, sums.len()), (bytes.len(), size(bytes.len())));
        check("rows", 64, &bytes, &sums).unwrap();
        let mut damaged = bytes;
        damaged[BLOCK + 3] ^= 4;
        let damage = check("rows", 64, &damaged, &sums).unwrap_err();
        assert_eq!(damage.offset, 64 + BLOCK as u64);
    }
}
