//! fvecs and bvecs: each vector as its length and its numbers.

use super::{Batch, Error, Format, Source};
use crate::engine::MAX_DIMENSION;

/// What the numbers are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    F32,
    U8,
}

pub(super) struct Vecs {
    source: Source,
    number: Number,
    dimension: Option<usize>,
}

impl Vecs {
    pub(super) fn new(source: Source, number: Number) -> Self {
        Self {
            source,
            number,
            dimension: None,
        }
    }

    fn dimension(&mut self) -> Result<usize, Error> {
        let mut bytes = [0; 4];
        self.source.exact(&mut bytes)?;
        let found = i32::from_le_bytes(bytes);
        let dimension = usize::try_from(found).unwrap_or(0);
        let expected = *self.dimension.get_or_insert(dimension);
        if !(1..=MAX_DIMENSION).contains(&dimension) {
            let reason = format!("a vector of {found} numbers; 1 to {MAX_DIMENSION} are possible");
            return Err(self.source.wrong(reason));
        }
        if dimension != expected {
            let reason = format!("a vector of {found} numbers behind ones of {expected}");
            return Err(self.source.wrong(reason));
        }
        Ok(dimension)
    }

    fn numbers(&mut self, dimension: usize, rows: &mut Vec<f32>) -> Result<(), Error> {
        match self.number {
            Number::F32 => {
                let mut bytes = vec![0; dimension * 4];
                self.source.exact(&mut bytes)?;
                let numbers = bytes.chunks_exact(4);
                rows.extend(numbers.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
            }
            Number::U8 => {
                let mut bytes = vec![0; dimension];
                self.source.exact(&mut bytes)?;
                rows.extend(bytes.into_iter().map(f32::from));
            }
        }
        Ok(())
    }
}

impl Format for Vecs {
    fn next(&mut self, count: usize) -> Result<(Batch, u64), Error> {
        let (before, mut rows) = (self.source.offset, Vec::new());
        for _ in 0..count {
            if self.source.is_at_end()? {
                break;
            }
            let dimension = self.dimension()?;
            self.numbers(dimension, &mut rows)?;
        }
        let batch = Batch::plain(rows, self.dimension.unwrap_or(0));
        Ok((batch, self.source.offset - before))
    }
}
