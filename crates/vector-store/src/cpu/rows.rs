//! The rows of the CPU's engine: as they were given, and as the scan reads them.

use std::collections::TryReserveError;

use super::chunks::Chunks;
use crate::bitset::Bitset;
use crate::codec::{self, Facts};
use crate::engine::Dtype;

pub(super) struct Rows {
    pub(super) originals: Chunks<f32>,
    pub(super) facts: Chunks<Facts>,
    codes: Codes,
    len: usize,
}

/// What the scan reads, where that is not the originals.
enum Codes {
    Originals,
    F16(Chunks<u16>),
    Bf16(Chunks<u16>),
    Int8(Chunks<i8>),
}

/// Does the same with the codes, whatever their type.
macro_rules! each {
    ($codes:expr, $chunks:ident => $do:expr, $none:expr) => {
        match $codes {
            Codes::Originals => $none,
            Codes::F16($chunks) | Codes::Bf16($chunks) => $do,
            Codes::Int8($chunks) => $do,
        }
    };
}

/// Room to encode a row in.
pub(super) struct Room {
    wide: Vec<u16>,
    narrow: Vec<i8>,
    read: Vec<f32>,
}

impl Room {
    pub(super) fn new(dimension: usize) -> Self {
        Self {
            wide: vec![0; dimension],
            narrow: vec![0; dimension],
            read: vec![0.0; dimension],
        }
    }
}

impl Rows {
    pub(super) fn new(dimension: usize, dtype: Dtype) -> Self {
        Self {
            originals: Chunks::new(dimension),
            facts: Chunks::new(1),
            codes: match dtype {
                Dtype::F32 => Codes::Originals,
                Dtype::F16 => Codes::F16(Chunks::new(dimension)),
                Dtype::Bf16 => Codes::Bf16(Chunks::new(dimension)),
                Dtype::Int8 => Codes::Int8(Chunks::new(dimension)),
            },
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        let codes = each!(&self.codes, codes => codes.bytes(), 0);
        self.originals.bytes() + self.facts.bytes() + codes
    }

    pub(super) fn used_bytes(&self) -> usize {
        let codes = each!(&self.codes, codes => codes.used_bytes(), 0);
        self.originals.used_bytes() + self.facts.used_bytes() + codes
    }

    /// Bytes that so many rows take.
    pub(super) fn bytes_for(&self, rows: usize) -> usize {
        let codes = each!(&self.codes, codes => codes.bytes_for(rows), 0);
        let originals = self.originals.bytes_for(rows);
        originals
            .saturating_add(self.facts.bytes_for(rows))
            .saturating_add(codes)
    }

    pub(super) fn pieces(&self) -> usize {
        let codes = each!(&self.codes, codes => codes.pieces(), 0);
        self.originals.pieces() + self.facts.pieces() + codes
    }

    pub(super) fn reserve(&mut self, rows: usize) -> Result<(), TryReserveError> {
        self.originals.reserve(rows)?;
        self.facts.reserve(rows)?;
        each!(&mut self.codes, codes => codes.reserve(rows), Ok(()))
    }

    /// Appends one row where room was reserved for it. `room` is for vectors of its length.
    #[inline(always)]
    pub(super) fn push(&mut self, row: &[f32], room: &mut Room) {
        let Room { wide, narrow, read } = room;
        let facts = match &mut self.codes {
            Codes::Originals => Facts::exact(row),
            Codes::F16(codes) => {
                let facts = codec::encode_f16(row, wide, read);
                codes.push(wide);
                facts
            }
            Codes::Bf16(codes) => {
                let facts = codec::encode_bf16(row, wide, read);
                codes.push(wide);
                facts
            }
            Codes::Int8(codes) => {
                let facts = codec::encode_int8(row, narrow, read);
                codes.push(narrow);
                facts
            }
        };
        self.originals.push(row);
        self.facts.push(&[facts]);
        self.len += 1;
    }

    /// What the scan reads of a row: itself, or decoded into `room`.
    #[inline(always)]
    pub(super) fn read<'a>(&'a self, row: usize, scale: f32, room: &'a mut [f32]) -> &'a [f32] {
        match &self.codes {
            Codes::Originals => return self.originals.row(row),
            Codes::F16(codes) => codec::decode_f16(codes.row(row), room),
            Codes::Bf16(codes) => codec::decode_bf16(codes.row(row), room),
            Codes::Int8(codes) => codec::decode_int8(codes.row(row), scale, room),
        }
        room
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.len = self.len.min(rows);
        self.originals.truncate(rows);
        self.facts.truncate(rows);
        each!(&mut self.codes, codes => codes.truncate(rows), ());
    }

    pub(super) fn compact(&mut self, keep: &Bitset) {
        self.len = keep.iter().take_while(|&row| row < self.len).count();
        self.originals.compact(keep.iter());
        self.facts.compact(keep.iter());
        each!(&mut self.codes, codes => codes.compact(keep.iter()), ());
    }
}
